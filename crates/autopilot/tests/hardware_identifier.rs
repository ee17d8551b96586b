//! Hashes as they arrive, and what is said of each.

use autopilot::hardware_identifier::{
    HardwareFacts, HardwareFault, HardwareIdentifier, HardwareReport, Inspection, NotBase64, Repair,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use uuid::{Uuid, uuid};

fn facts() -> HardwareFacts {
    HardwareFacts {
        serial_number: "5CV1234XYZ".to_owned(),
        manufacturer: "Corvid Systems".to_owned(),
        product_name: "Magpie X1".to_owned(),
        smbios_uuid: uuid!("00112233-4455-6677-8899-aabbccddeeff"),
        product_key_id: "3300123456789".to_owned(),
        sku_number: "CV-42".to_owned(),
        system_family: "Magpie".to_owned(),
        tpm_version: "2.0".to_owned(),
        os_build: 26_100,
        processor: "Halde Kern 9".to_owned(),
        disk_serial_number: "D1S2K3".to_owned(),
        captured: 7,
    }
}

fn bytes() -> Vec<u8> {
    HardwareIdentifier::encode(&facts()).into_bytes()
}

fn end(bytes: &[u8]) -> usize {
    usize::from(u16::from_le_bytes([bytes[2], bytes[3]]))
}

fn sign(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = end(&bytes);
    let digest = Sha256::digest(&bytes[..end]);
    bytes[end + 4..end + 36].copy_from_slice(&digest);
    bytes
}

/// A report of these records and a true checksum.
fn report_of(records: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, data) in records {
        body.extend(kind.to_le_bytes());
        body.extend((data.len() as u16 + 4).to_le_bytes());
        body.extend(*data);
    }
    let mut bytes = b"OA".to_vec();
    bytes.extend((body.len() as u16 + 4).to_le_bytes());
    bytes.extend(body);
    let digest = Sha256::digest(&bytes);
    bytes.extend(b"CS\x24\0");
    bytes.extend(digest);
    bytes
}

#[test]
fn a_report_reads_back_as_its_facts() {
    let report = HardwareIdentifier::encode(&facts()).decode().unwrap();
    let records: Vec<(u16, &str, usize)> =
        report.records.iter().map(|record| (record.kind, record.name(), record.length)).collect();
    insta::assert_compact_debug_snapshot!(records, @r#"[(1, "versions and time", 28), (4, "processor", 52), (7, "disk", 17), (12, "SMBIOS UUID", 20), (13, "TPM", 43), (14, "serial number", 15), (16, "manufacturer", 19), (17, "product name", 14), (18, "SKU number", 10), (19, "system family", 11), (24, "product key id", 18)]"#);
    let expected = HardwareReport {
        serial_number: Some("5CV1234XYZ".to_owned()),
        manufacturer: Some("Corvid Systems".to_owned()),
        product_name: Some("Magpie X1".to_owned()),
        smbios_uuid: Some(uuid!("00112233-4455-6677-8899-aabbccddeeff")),
        product_key_id: Some("3300123456789".to_owned()),
        sku_number: Some("CV-42".to_owned()),
        system_family: Some("Magpie".to_owned()),
        tpm_version: Some("2.0".to_owned()),
        os_version: Some("10.0.26100.1".to_owned()),
        processor: Some("Halde Kern 9".to_owned()),
        disk_serial_number: Some("D1S2K3".to_owned()),
        records: report.records.clone(),
    };
    assert_eq!(report, expected);
}

#[test]
fn the_container_is_as_windows_writes_it() {
    let bytes = bytes();
    assert_eq!(bytes.len(), 3_000);
    assert_eq!(HardwareIdentifier::from_bytes(bytes.clone()).to_base64().len(), 4_000);
    let end = end(&bytes);
    assert_eq!(&bytes[..2], b"OA");
    assert_eq!(&bytes[end..end + 4], b"CS\x24\0");
    assert_eq!(&bytes[end + 4..end + 36], Sha256::digest(&bytes[..end]).as_slice());
    assert!(bytes[end + 36..].iter().all(|byte| *byte == 0));
    // SMBIOS writes the first three groups of a UUID little-endian.
    let uuid =
        [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF];
    assert!(bytes.windows(20).any(|window| window[..4] == [12, 0, 20, 0] && window[4..] == uuid));
}

#[test]
fn two_captures_are_one_machine() {
    let capture = |captured| HardwareIdentifier::encode(&HardwareFacts { captured, ..facts() });
    let (first, second) = (capture(1), capture(2));
    assert_ne!(first, second);
    let identity = |hash: &HardwareIdentifier| hash.decode().unwrap().identity();
    assert_eq!(identity(&first), identity(&second));
    let different: [fn(&mut HardwareFacts); 4] = [
        |facts| facts.serial_number.push('1'),
        |facts| facts.manufacturer.push('1'),
        |facts| facts.product_name.push('1'),
        |facts| facts.smbios_uuid = uuid!("00112233-4455-6677-8899-aabbccddeef0"),
    ];
    for change in different {
        let mut facts = facts();
        change(&mut facts);
        assert_ne!(identity(&first), identity(&HardwareIdentifier::encode(&facts)));
    }
}

#[test]
fn base64_is_read_in_every_form() {
    let check = |text: &str, bytes: &[u8], repairs: &[Repair]| {
        let (identifier, found) = HardwareIdentifier::from_base64(text).unwrap();
        assert_eq!((identifier.bytes(), found.as_slice()), (bytes, repairs), "{text:?}");
    };
    check("T0E=", b"OA", &[]);
    check("T0FB", b"OAA", &[]);
    check("T0E", b"OA", &[Repair::Padding]);
    check("T0E==", b"OA", &[Repair::Padding]);
    check("T0FB=", b"OAA", &[Repair::Padding]);
    check("++//", &[0xFB, 0xEF, 0xFF], &[]);
    check("--__", &[0xFB, 0xEF, 0xFF], &[Repair::UrlAlphabet]);
    check("-+/_", &[0xFB, 0xEF, 0xFF], &[Repair::UrlAlphabet]);
    check(" T0\r\nFB\t", b"OAA", &[Repair::Blanks]);
    check("T0\u{200B}F\u{A0}B", b"OAA", &[Repair::Blanks]);
    check("T0F=", b"OA", &[Repair::TrailingBits]);
    check("T0 F", b"OA", &[Repair::Blanks, Repair::Padding, Repair::TrailingBits]);
    // The example of the troubleshooting page, and the padding that the page arrives at.
    check("Q29udG9zbwAAA", b"Contoso\0\0\0", &[Repair::ZeroFill, Repair::Padding]);
    check("Q29udG9zbwAAAA==", b"Contoso\0\0\0", &[]);
}

#[test]
fn what_is_no_base64_is_said_with_its_place() {
    let check = |text: &str, position: usize, found: Option<char>, message: &str| {
        let fault = HardwareIdentifier::from_base64(text).unwrap_err();
        assert_eq!(
            (fault.to_string().as_str(), &fault),
            (message, &NotBase64 { position, found }),
            "{text:?}"
        );
    };
    check("", 1, None, "there is no Base64 in it");
    check(" \n", 3, None, "there is no Base64 in it");
    check("==", 3, None, "there is no Base64 in it");
    check("T0E*", 4, Some('*'), "character 4 is \"*\", which is not Base64");
    check("T 0é", 4, Some('é'), "character 4 is \"é\", which is not Base64");
    check("T0\u{1b}", 3, Some('\u{1b}'), "character 3 is \"\\u{1b}\", which is not Base64");
    check("T0E\0", 4, Some('\0'), "character 4 is \"\\0\", which is not Base64");
    check("T0E=T0E=", 4, Some('='), "character 4 is \"=\", which may stand at the end only");
}

#[test]
fn every_fault_is_named() {
    let check = |bytes: Vec<u8>, faults: &[HardwareFault]| {
        let identifier = HardwareIdentifier::from_bytes(bytes);
        let inspection = identifier.inspect();
        assert_eq!(inspection.faults, faults);
        match faults.first() {
            None => assert_eq!(identifier.decode(), Ok(inspection.report)),
            Some(fault) => assert_eq!(identifier.decode(), Err(fault.clone())),
        }
        assert!(faults.iter().all(|fault| !fault.to_string().is_empty()));
    };
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes();
        change(&mut bytes);
        bytes
    };
    let end = end(&bytes());

    check(bytes(), &[]);
    // Zero fill at the end may be cut or added.
    check(changed(&|bytes| bytes.truncate(end + 36)), &[]);
    check(changed(&|bytes| bytes.extend([0; 100])), &[]);
    // A minimal report of the records that the service needs.
    let minimal: [(u16, &[u8]); 4] = [(12, &[1; 16]), (14, b"S\0"), (16, b"M\0"), (17, b"P\0")];
    check(report_of(&minimal), &[]);

    check(Vec::new(), &[HardwareFault::NotAReport]);
    check(b"Contoso".to_vec(), &[HardwareFault::NotAReport]);
    check(b"OA".to_vec(), &[HardwareFault::Truncated { needed: 40, present: 2 }]);
    check(b"OA\x06".to_vec(), &[HardwareFault::Truncated { needed: 40, present: 3 }]);
    check(
        changed(&|bytes| bytes.truncate(100)),
        &[HardwareFault::Truncated { needed: end + 36, present: 100 }],
    );
    check(
        changed(&|bytes| bytes.truncate(end + 35)),
        &[HardwareFault::Truncated { needed: end + 36, present: end + 35 }],
    );
    check(sign(changed(&|bytes| bytes[6] = 3)), &[HardwareFault::BadRecord { at: 4 }]);
    check(sign(changed(&|bytes| bytes[7] = 0xFF)), &[HardwareFault::BadRecord { at: 4 }]);
    check(
        changed(&|bytes| bytes[6] = 0),
        &[HardwareFault::BadRecord { at: 4 }, HardwareFault::ChecksumMismatch],
    );
    check(report_of(&[(14, b"S\0"), (16, b"M\0")]), &[]);
    check(changed(&|bytes| bytes[end] = b'D'), &[HardwareFault::MissingChecksum { at: end }]);
    check(changed(&|bytes| bytes[end + 2] = 35), &[HardwareFault::MissingChecksum { at: end }]);
    check(changed(&|bytes| bytes[20] ^= 1), &[HardwareFault::ChecksumMismatch]);
    check(changed(&|bytes| bytes[end + 4] ^= 1), &[HardwareFault::ChecksumMismatch]);
    check(changed(&|bytes| bytes[2_999] = 1), &[HardwareFault::BytesAfterChecksum { at: 2_999 }]);
    check(report_of(&[(16, b"M\0")]), &[HardwareFault::MissingSerialNumber]);
    check(report_of(&[(14, b" \0"), (16, b"M\0")]), &[HardwareFault::MissingSerialNumber]);
    check(report_of(&[(14, b"S\0")]), &[HardwareFault::MissingManufacturer]);
    check(report_of(&[]), &[HardwareFault::MissingSerialNumber, HardwareFault::MissingManufacturer]);
    // The head says that the report ends before its first record.
    check(
        b"OA\0\0".iter().chain(&[0; 60]).copied().collect(),
        &[
            HardwareFault::MissingChecksum { at: 0 },
            HardwareFault::MissingSerialNumber,
            HardwareFault::MissingManufacturer,
        ],
    );

    check(b"T0 is how a report starts, but this is none".to_vec(), &[HardwareFault::NotAReport]);
}

#[test]
fn a_report_that_was_encoded_twice_is_read() {
    let check = |bytes: Vec<u8>, faults: &[HardwareFault]| {
        let identifier = HardwareIdentifier::from_bytes(bytes.clone());
        let inspection = identifier.inspect();
        assert_eq!((inspection.repair, &inspection.faults[..]), (Some(Repair::EncodedTwice), faults));
        assert_eq!(inspection.report.serial_number.as_deref(), Some("5CV1234XYZ"));
        assert_eq!(identifier.decode().is_ok(), faults.is_empty());
        assert_eq!(identifier.bytes(), bytes, "what was sent stays");
    };
    let mut changed = bytes();
    changed[20] ^= 1;
    let once = BASE64_STANDARD.encode(bytes());
    let wide: Vec<u8> = once.encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(once.clone().into_bytes(), &[]);
    check(BASE64_STANDARD.encode(&once).into_bytes(), &[]);
    check(wide, &[]);
    check(BASE64_STANDARD.encode(changed).into_bytes(), &[HardwareFault::ChecksumMismatch]);
}

#[test]
fn a_broken_report_still_says_who_it_is() {
    let mut bytes = bytes();
    bytes[20] ^= 1;
    let Inspection { report, faults, .. } = HardwareIdentifier::from_bytes(bytes).inspect();
    assert_eq!(faults, [HardwareFault::ChecksumMismatch]);
    assert_eq!(report.serial_number.as_deref(), Some("5CV1234XYZ"));
}

#[test]
fn texts_and_uuids_are_read_as_firmware_writes_them() {
    let report =
        |records: &[(u16, &[u8])]| HardwareIdentifier::from_bytes(report_of(records)).inspect().report;
    let serial = |data: &[u8]| report(&[(14, data)]).serial_number;
    assert_eq!(serial(b"ABC\0rest").as_deref(), Some("ABC"));
    assert_eq!(serial(b"  ABC  \0").as_deref(), Some("ABC"));
    assert_eq!(serial(b"ABC").as_deref(), Some("ABC"));
    assert_eq!(serial("Zürich\0".as_bytes()).as_deref(), Some("Zürich"));
    assert_eq!(serial(b"Z\xFCrich\0").as_deref(), Some("Zürich"));
    assert_eq!(serial(b"A\x1B[31m\0").as_deref(), Some("A\u{FFFD}[31m"));
    assert_eq!(serial(b"\0ABC"), None);
    assert_eq!(serial(b""), None);
    assert_eq!(report(&[(14, b"first\0"), (14, b"second\0")]).serial_number.as_deref(), Some("first"));
    assert_eq!(report(&[(12, &[0; 16])]).smbios_uuid, None);
    assert_eq!(report(&[(12, &[0xFF; 16])]).smbios_uuid, None);
    assert_eq!(report(&[(12, &[1; 15])]).smbios_uuid, None);
    assert_eq!(report(&[(12, &[1; 16])]).smbios_uuid, Some(Uuid::from_bytes([1; 16])));
    assert_eq!(report(&[(24, b"12345\0")]).product_key_id, None);
    assert_eq!(report(&[(13, b"TPM-Version:1.2 -Level:2\0")]).tpm_version.as_deref(), Some("1.2"));
    assert_eq!(report(&[(13, b"none\0")]).tpm_version, None);
    assert_eq!(report(&[(1, &[0; 24])]).os_version, None);
}

#[test]
fn debug_shows_no_hash() {
    let identifier = HardwareIdentifier::from_bytes(b"OA".to_vec());
    assert_eq!(format!("{identifier:?}"), "HardwareIdentifier(2 bytes, SHA-256 a677a155…)");
}

fn any_facts() -> impl Strategy<Value = HardwareFacts> {
    let text = "[!-~]([ -~]{0,60}[!-~])?|\u{fc}{1,90}|";
    ((text, text, text), any::<[u8; 16]>(), "[0-9]{13}|", (text, text, "[0-9.]{0,5}"), any::<(u16, u64)>())
        .prop_map(
            |(
                (serial_number, manufacturer, product_name),
                uuid,
                product_key_id,
                (sku_number, system_family, tpm_version),
                (os_build, captured),
            )| HardwareFacts {
                serial_number,
                manufacturer,
                product_name,
                smbios_uuid: Uuid::from_bytes(uuid),
                product_key_id,
                sku_number,
                system_family,
                tpm_version,
                os_build,
                captured,
                ..HardwareFacts::default()
            },
        )
}

proptest! {
    #[test]
    fn encode_then_inspect_is_identity(facts in any_facts()) {
        let identifier = HardwareIdentifier::encode(&facts);
        prop_assert_eq!(identifier.bytes().len(), HardwareIdentifier::LENGTH);
        let Inspection { report, repair, faults } = identifier.inspect();
        let some = |text: String| (!text.is_empty()).then_some(text);
        prop_assert_eq!(report.serial_number.is_none(), faults.contains(&HardwareFault::MissingSerialNumber));
        prop_assert_eq!(report.manufacturer.is_none(), faults.contains(&HardwareFault::MissingManufacturer));
        prop_assert!(faults.len() <= 2);
        prop_assert_eq!(repair, None);
        prop_assert_eq!(report.serial_number, some(facts.serial_number));
        prop_assert_eq!(report.manufacturer, some(facts.manufacturer));
        prop_assert_eq!(report.product_name, some(facts.product_name));
        prop_assert_eq!(report.smbios_uuid, Some(facts.smbios_uuid).filter(|uuid| !uuid.is_nil() && !uuid.is_max()));
        prop_assert_eq!(report.product_key_id, some(facts.product_key_id));
        prop_assert_eq!(report.sku_number, some(facts.sku_number));
        prop_assert_eq!(report.system_family, some(facts.system_family));
        prop_assert_eq!(report.tpm_version, some(facts.tpm_version));
        prop_assert_eq!(report.os_version, Some(format!("10.0.{}.1", facts.os_build)));
    }

    #[test]
    fn base64_round_trips_in_every_form(bytes in proptest::collection::vec(any::<u8>(), 1..200), blank in 0usize..200) {
        let identifier = HardwareIdentifier::from_bytes(bytes);
        let text = identifier.to_base64();
        let mut broken = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
        broken.insert_str(blank.min(broken.len()), "\r\n");
        prop_assert_eq!(HardwareIdentifier::from_base64(&text), Ok((identifier.clone(), Vec::new())));
        prop_assert_eq!(HardwareIdentifier::from_base64(&broken).map(|(read, _)| read), Ok(identifier));
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let identifier = HardwareIdentifier::from_bytes(bytes);
        prop_assert_eq!(identifier.decode().is_ok(), identifier.inspect().faults.is_empty());
    }

    #[test]
    fn no_changed_report_panics(changes in proptest::collection::vec((0usize..400, any::<u8>()), 0..20), length in 0usize..3_000) {
        let mut bytes = bytes();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes.truncate(length);
        let identifier = HardwareIdentifier::from_bytes(bytes);
        prop_assert_eq!(identifier.decode().is_ok(), identifier.inspect().faults.is_empty());
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        if let Err(fault) = HardwareIdentifier::from_base64(&text) {
            prop_assert!(fault.position >= 1 && fault.position <= text.chars().count() + 1);
        }
    }
}
