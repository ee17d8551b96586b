//! What the worker says of devices whose request is not quite what it seems.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::json;

use crate::devices::{IMPORT, IMPORTED, hardware_identifier, import, serial_number};
use crate::program::{Site, poll};

#[test]
fn the_log_says_where_the_hash_decides() {
    let site = Site::new();
    let service = site.start();
    let once = hardware_identifier(1).to_base64();
    let devices = json!([
        { "serialNumber": serial_number(1), "hardwareIdentifier": BASE64_STANDARD.encode(&once) },
        { "serialNumber": "another", "hardwareIdentifier": hardware_identifier(2).to_base64() },
        { "serialNumber": "a\r\nb\u{1b}[2J", "hardwareIdentifier": hardware_identifier(3).to_base64() },
    ]);
    assert_eq!(service.post(IMPORT, &import(&devices)).status, 200);
    let complete = "state/deviceImportStatus eq 'complete'";
    poll("the devices", || (service.count(IMPORTED, complete) == 3).then_some(()));
    let ids = service.all(&format!("{IMPORTED}?$select=id,serialNumber"));
    let log = site.log();
    let said = |serial: &str, message: &str| {
        let id = ids.iter().find(|record| record["serialNumber"] == serial).unwrap()["id"].as_str().unwrap();
        log.lines().any(|line| line.contains(message) && line.contains(id))
    };
    assert!(said(&serial_number(1), "the hardware hash was encoded twice"), "{log}");
    assert!(said("another", "the serial number sent is not that of the hardware hash"), "{log}");
    assert!(!said("another", "encoded twice"), "{log}");
    assert!(!log.contains(&once[..40]), "a hash was logged");
    // What a client sends stays in its line, and steers no terminal.
    assert!(log.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{log}");
    assert!(!log.contains('\u{1b}') && log.contains("2J"), "{log}");
}
