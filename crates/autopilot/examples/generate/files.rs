//! The text of the two example files.
//!
//! In: the machines. Out: `devices.csv`, in which nothing is wrong, and `mistakes.csv`, whose every row has the
//! code of its one mistake at the start of its group tag (`good` for none).

use crate::machines::{hash, machine};
use autopilot::csv::write::device_stream;
use autopilot::device_record::DeviceRecord;
use autopilot::hardware_identifier::{HardwareFacts, HardwareIdentifier};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

const TAGS: [&str; 8] = [
    "Berlin-Office",
    "Berlin-Office",
    "Lisbon-Office",
    "Field-Sales",
    "Warehouse-Kiosk",
    "Classroom",
    "Shared Reception",
    "",
];
const PEOPLE: [&str; 6] =
    ["amara.okafor", "bruno.keller", "chiara.rossi", "dev.patel", "elin.berg", "farid.haddad"];

/// 240 machines, each with a hash of 4,000 characters; one in twelve has a user.
pub fn devices() -> String {
    let records: Vec<DeviceRecord> = (0..240)
        .map(|number| {
            let facts = machine(number);
            let index = usize::try_from(number).unwrap_or_default();
            let user = match index % 12 {
                5 => format!("{}@contoso.example", PEOPLE[index / 12 % PEOPLE.len()]),
                _ => String::new(),
            };
            DeviceRecord {
                hardware_hash: hash(&facts),
                serial_number: facts.serial_number,
                product_key: String::new(),
                group_tag: TAGS[index % TAGS.len()].to_owned(),
                assigned_user: user,
            }
        })
        .collect();
    device_stream(&records)
}

/// One row for each mistake, between rows without any.
pub fn mistakes() -> String {
    let mut file = File {
        text: "Device Serial Number,Windows Product ID,Hardware Hash,Group Tag,Assigned User\r\n".to_owned(),
        next: 1_000,
    };
    let first = file.machine();
    file.row(&[&first.serial_number, "", &hash(&first), "good", "amara.okafor@contoso.example"]);
    file.good();
    serial_numbers(&mut file);
    cells(&mut file);
    hashes(&mut file);
    reports(&mut file);
    other_columns(&mut file);

    let recaptured = HardwareFacts { captured: first.captured + 1, ..first.clone() };
    file.row(&[&first.serial_number, "", &hash(&recaptured), "device-duplicate", ""]);
    let second = HardwareFacts { serial_number: first.serial_number.clone(), ..file.machine() };
    file.row(&[&first.serial_number, "", &hash(&second), "serial-duplicate", ""]);
    file.text += ",,,,\r\n";
    file.good();
    file.text
}

fn serial_numbers(file: &mut File) {
    file.with("serial-missing", |row| row.serial_number.clear());
    for placeholder in ["Default string", "To be filled by O.E.M.", "System Serial Number", "None", "0"] {
        let facts = HardwareFacts { serial_number: placeholder.to_owned(), ..file.machine() };
        file.row(&[placeholder, "", &hash(&facts), "serial-placeholder", ""]);
    }
    let facts = HardwareFacts { serial_number: "123456789012".to_owned(), ..file.machine() };
    file.row(&["1.23457E+11", "", &hash(&facts), "serial-scientific", ""]);
    let facts = HardwareFacts { serial_number: "0034718265".to_owned(), ..file.machine() };
    file.row(&["34718265", "", &hash(&facts), "serial-leading-zeros", ""]);
    file.with("serial-mismatch", |row| row.serial_number = "OTHER42".to_owned());
    file.with("serial-too-long", |row| row.serial_number = "A1".repeat(129));
    file.with("columns-swapped", |row| std::mem::swap(&mut row.serial_number, &mut row.hardware_hash));
}

fn cells(file: &mut File) {
    file.with("file-quoted", |row| row.serial_number = format!("\"{}\"", row.serial_number));
    file.with("cell-quoted", |row| row.serial_number = format!("\"\"\"{}\"\"\"", row.serial_number));
    file.with("cell-blanks", |row| row.serial_number += "  ");
    file.with("cell-apostrophe", |row| row.serial_number.insert(0, '\''));
    file.with("cell-formula", |row| row.serial_number = format!("=\"{}\"", row.serial_number));
    file.with("cell-invisible", |row| row.serial_number.insert(3, '\u{200B}'));
    file.with("cell-control-character", |row| row.group_tag += " \u{7}");
    file.with("cell-not-ansi", |row| row.group_tag += " Αθήνα");
    file.with("cell-comma", |row| row.group_tag = format!("\"{}, Berlin\"", row.group_tag));
    file.with("row-too-long", |row| row.assigned_user = ",Berlin".to_owned());
    let facts = HardwareFacts { serial_number: "=5CV0815".to_owned(), ..file.machine() };
    file.row(&["=5CV0815", "", &hash(&facts), "cell-formula-start", ""]);
}

fn hashes(file: &mut File) {
    file.with("hash-missing", |row| row.hardware_hash.clear());
    file.with("hash-missing with a product key", |row| {
        row.hardware_hash.clear();
        row.product_key = "3300123456789".to_owned();
    });
    file.with("hash-not-base64", |row| row.hardware_hash.replace_range(16..17, "*"));
    // Without two zeros at the end there are two characters of padding to forget.
    file.with("hash-not-padded", |row| row.hardware_hash.truncate(3_998));
    file.with("hash-misaligned", |row| row.hardware_hash.truncate(3_997));
    file.with("hash-trailing-bits", |row| row.hardware_hash.replace_range(3_998.., "B="));
    file.with("hash-blanks", |row| {
        row.hardware_hash.insert_str(2_000, "\r\n");
        row.hardware_hash = format!("\"{}\"", row.hardware_hash);
    });
    file.url_alphabet();
    file.with("hash-encoded-twice", |row| row.hardware_hash = BASE64_STANDARD.encode(&row.hardware_hash));
    file.with("hash-too-long", |row| row.hardware_hash += &"A".repeat(16_000));
}

fn reports(file: &mut File) {
    file.with("hash-not-a-report", |row| {
        row.hardware_hash = BASE64_STANDARD.encode("not a report on a machine");
    });
    file.with("hash-truncated", |row| row.hardware_hash.truncate(400));
    file.with_bytes("hash-bad-record", |bytes| {
        bytes[6] = 2;
        sign(bytes);
    });
    file.with_bytes("hash-missing-checksum", |bytes| {
        let end = usize::from(u16::from_le_bytes([bytes[2], bytes[3]]));
        bytes[end] = b'X';
    });
    file.with_bytes("hash-checksum-mismatch", |bytes| bytes[20] ^= 1);
    file.with_bytes("hash-bytes-after-checksum", |bytes| bytes.extend_from_slice(b"OA"));
    let nameless = HardwareFacts { serial_number: String::new(), ..file.machine() };
    file.row(&["5CV1111QRS", "", &hash(&nameless), "hash-missing-serial-number", ""]);
    let unmade = HardwareFacts { manufacturer: String::new(), ..file.machine() };
    file.row(&[&unmade.serial_number, "", &hash(&unmade), "hash-missing-manufacturer", ""]);
}

/// Makes the checksum true again, so that it is not the mistake.
fn sign(bytes: &mut [u8]) {
    let end = usize::from(u16::from_le_bytes([bytes[2], bytes[3]]));
    let digest = Sha256::digest(&bytes[..end]);
    bytes[end + 4..end + 36].copy_from_slice(&digest);
}

fn other_columns(file: &mut File) {
    file.with("product-key-shape", |row| row.product_key = "Windows 11 Pro".to_owned());
    file.with("product-key-mismatch", |row| row.product_key = "9900000000001".to_owned());
    file.with("product-key-too-long", |row| row.product_key = "1".repeat(129));
    file.with("group-tag-too-long", |row| row.group_tag = format!("{} {}", row.group_tag, "x".repeat(2_048)));
    file.with("assigned-user-shape display name", |row| row.assigned_user = "Amara Okafor".to_owned());
    file.with("assigned-user-shape domain", |row| row.assigned_user = "CONTOSO\\amara".to_owned());
    file.with("assigned-user-too-long", |row| {
        row.assigned_user = format!("{}@contoso.example", "a".repeat(1_024));
    });
}

/// A file that grows by rows; their cells are written as they are, so that each can be wrong in its own way.
struct File {
    text: String,
    next: u64,
}

impl File {
    /// A machine that no other row has.
    fn machine(&mut self) -> HardwareFacts {
        self.next += 1;
        // Serial numbers with blanks and leading zeros would be a mistake of their own in some rows.
        if self.next % 20 == 19 || self.next % 4 == 3 {
            return self.machine();
        }
        machine(self.next)
    }

    fn row(&mut self, cells: &[&str; 5]) {
        self.text += &cells.join(",");
        self.text += "\r\n";
    }

    fn good(&mut self) {
        self.with("good", |_| {});
    }

    /// A row with one thing changed.
    fn with(&mut self, tag: &str, change: impl FnOnce(&mut DeviceRecord)) {
        let facts = self.machine();
        let mut record = DeviceRecord {
            hardware_hash: hash(&facts),
            serial_number: facts.serial_number,
            group_tag: tag.to_owned(),
            ..DeviceRecord::default()
        };
        change(&mut record);
        let DeviceRecord { serial_number, product_key, hardware_hash, group_tag, assigned_user } = &record;
        self.row(&[serial_number, product_key, hardware_hash, group_tag, assigned_user]);
    }

    /// A row whose report has one thing changed.
    fn with_bytes(&mut self, tag: &str, change: impl FnOnce(&mut Vec<u8>)) {
        self.with(tag, |record| {
            if let Ok((identifier, _)) = HardwareIdentifier::from_base64(&record.hardware_hash) {
                let mut bytes = identifier.into_bytes();
                change(&mut bytes);
                record.hardware_hash = BASE64_STANDARD.encode(bytes);
            }
        });
    }

    /// A hash that has `+` or `/` in it, which not every one has.
    fn url_alphabet(&mut self) {
        let facts = self.machine();
        let captures = (0..).map(|later| HardwareFacts { captured: facts.captured + later, ..facts.clone() });
        if let Some(text) = captures.map(|facts| hash(&facts)).find(|text| text.contains(['+', '/'])) {
            let text = text.replace('+', "-").replace('/', "_");
            self.row(&[&facts.serial_number, "", &text, "hash-url-alphabet", ""]);
        }
    }
}
