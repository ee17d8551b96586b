//! Devices as people hand them over: hash files, and hardware hashes.

use autopilot::check::{Severity, check_record, check_sheet, corrected};
use autopilot::csv::{self, DeviceRecord, write};
use autopilot::hardware_identifier::{HardwareFacts, HardwareIdentifier};
use uuid::Uuid;

/// A hash file of any form. What was put right needs no more of it, and what is written of it is read as the same.
pub fn hash_file(data: &[u8]) {
    let sheet = csv::read(data);
    for problem in check_sheet(&sheet) {
        assert!(!problem.to_string().contains(char::is_control), "{problem}");
    }
    let rows = corrected(&sheet);
    assert_eq!(rows.len(), sheet.rows.len());
    let records: Vec<DeviceRecord> = rows.into_iter().map(|row| row.record).collect();
    for record in &records {
        let left = check_record(record).into_iter().find(|problem| problem.severity == Severity::Repaired);
        assert!(left.is_none(), "{left:?} is left of {record:?}");
    }
    let stream = csv::read(write::device_stream(&records).as_bytes());
    follows(stream.rows.iter().map(|row| &row.record), &records);
    // Bytes above 127 may be another encoding's.
    if let Ok(files) = write::portal_files(&records)
        && files.iter().all(|file| file.is_ascii())
    {
        let read: Vec<_> = files.iter().flat_map(|file| csv::read(file).rows).collect();
        follows(read.iter().map(|row| &row.record), &records);
    }
}

/// What was read is what was written, in its order; rows without text or with that of a header are left out.
fn follows<'r>(read: impl Iterator<Item = &'r DeviceRecord>, written: &[DeviceRecord]) {
    let mut written = written.iter();
    for record in read {
        assert!(written.any(|one| one == record), "{record:?} was not written, or not there");
    }
}

/// A hash as text or as bytes, or one of ours with some of its bytes changed.
pub fn hardware_hash(data: &[u8]) {
    let Some((first, data)) = data.split_first() else { return };
    let hash = match first % 3 {
        0 => {
            let Ok(text) = std::str::from_utf8(data) else { return };
            let Ok((hash, _)) = HardwareIdentifier::from_base64(text) else { return };
            let (again, repairs) =
                HardwareIdentifier::from_base64(&hash.to_base64()).expect("our own Base64");
            assert!(repairs.is_empty() && again == hash, "{repairs:?}");
            hash
        }
        1 => HardwareIdentifier::from_bytes(data),
        _ => {
            let facts = HardwareFacts {
                serial_number: "5CG1234XYZ".to_owned(),
                manufacturer: "Contoso".to_owned(),
                product_name: "Slate 7".to_owned(),
                smbios_uuid: Uuid::from_u128(7),
                product_key_id: "3300123456789".to_owned(),
                ..HardwareFacts::default()
            };
            let mut bytes = HardwareIdentifier::encode(&facts).into_bytes();
            // Mostly where the records are.
            for change in data.chunks_exact(3) {
                let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % bytes.len().min(512);
                bytes[place] = change[2];
            }
            HardwareIdentifier::from_bytes(bytes)
        }
    };
    let inspection = hash.inspect();
    match hash.decode() {
        Ok(report) => {
            assert!(inspection.faults.is_empty(), "{:?}", inspection.faults);
            assert!(report.serial_number.is_some() && report.manufacturer.is_some(), "{report:?}");
        }
        Err(fault) => assert_eq!(inspection.faults.first(), Some(&fault)),
    }
    let shown = format!("{hash:?}");
    assert!(shown.len() < 100, "{shown}");
}
