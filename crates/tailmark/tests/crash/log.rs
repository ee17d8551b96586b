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
    ]);
    assert_eq!(service.post(IMPORT, &import(&devices)).status, 200);
    let complete = "state/deviceImportStatus eq 'complete'";
    poll("the devices", || (service.count(IMPORTED, complete) == 2).then_some(()));
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
}
