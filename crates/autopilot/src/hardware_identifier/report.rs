//! What a hardware report says, and everything that can be wrong with one.
//!
//! In: the bytes of a [`super::HardwareIdentifier`]. Out: [`HardwareReport`] and a list of [`HardwareFault`].
//! Reads as much as it can: a report with a wrong checksum still names its machine. Never panics.
//! Source: the container as in `record`; that serial number and manufacturer must be present is from
//! <https://learn.microsoft.com/en-us/autopilot/add-devices> (code 802).

use super::base64_text::Repair;
use super::record::{self, CHECKSUM_LENGTH, CHECKSUM_MAGIC, HEAD, MAGIC, Record};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What a report says of its machine. Texts are trimmed; control characters in them show as U+FFFD.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HardwareReport {
    /// The system's serial number.
    pub serial_number: Option<String>,
    /// The system's manufacturer.
    pub manufacturer: Option<String>,
    /// The system's product name: the model.
    pub product_name: Option<String>,
    /// The system's UUID; none when the firmware has none (all zeros or all ones).
    pub smbios_uuid: Option<Uuid>,
    /// The 13 digits that partners call PKID.
    pub product_key_id: Option<String>,
    /// The system's SKU number.
    pub sku_number: Option<String>,
    /// The system's family.
    pub system_family: Option<String>,
    /// The version of the TPM, `2.0`.
    pub tpm_version: Option<String>,
    /// The version of Windows that wrote the report, `10.0.26100.1`.
    pub os_version: Option<String>,
    /// The processor's brand.
    pub processor: Option<String>,
    /// The first disk's serial number.
    pub disk_serial_number: Option<String>,
    /// All records, in order.
    pub records: Vec<Record>,
}

impl HardwareReport {
    /// A digest of what tells one machine from another: serial number, manufacturer, product name, UUID.
    ///
    /// Two captures of one machine agree in it; it is none of the report's own bytes.
    pub fn identity(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for text in [&self.serial_number, &self.manufacturer, &self.product_name] {
            let text = text.as_deref().unwrap_or_default();
            digest.update((text.len() as u64).to_le_bytes());
            digest.update(text);
        }
        digest.update(self.smbios_uuid.unwrap_or_default());
        digest.finalize().into()
    }
}

/// Whatever could be read, and everything that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// What could be read.
    pub report: HardwareReport,
    /// What was put right before it could be read; where bytes are given, only [`Repair::EncodedTwice`] can be.
    pub repair: Option<Repair>,
    /// What is wrong, the outermost first; empty for a report that `decode` takes.
    pub faults: Vec<HardwareFault>,
}

/// Why the bytes are no valid report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HardwareFault {
    /// The bytes do not start with `OA`.
    #[error("this is Base64, but not of a hardware report (it does not start with \"OA\")")]
    NotAReport,
    /// The report says that it is longer than it is.
    #[error("the report is cut off: it takes {needed} bytes and only {present} are here")]
    Truncated {
        /// Bytes up to the end of the checksum.
        needed: usize,
        /// Bytes there are.
        present: usize,
    },
    /// A record's length is impossible.
    #[error("the record at byte {at} has an impossible length")]
    BadRecord {
        /// Where the record starts.
        at: usize,
    },
    /// No checksum block where it should be.
    #[error("there is no checksum at byte {at}, where the report says it ends")]
    MissingChecksum {
        /// Where the checksum block should start.
        at: usize,
    },
    /// The checksum belongs to other bytes.
    #[error("the checksum is wrong: something in the report was changed after it was written")]
    ChecksumMismatch,
    /// Something other than zeros follows the checksum.
    #[error("something follows the report's end at byte {at}, perhaps a second hash")]
    BytesAfterChecksum {
        /// The first byte that is not zero.
        at: usize,
    },
    /// The firmware of the machine has no serial number.
    #[error("the report has no serial number in it")]
    MissingSerialNumber,
    /// The firmware of the machine has no manufacturer.
    #[error("the report has no manufacturer in it")]
    MissingManufacturer,
}

pub(super) fn inspect(bytes: &[u8]) -> Inspection {
    let mut report = HardwareReport::default();
    let mut faults = Vec::new();
    if !bytes.starts_with(MAGIC) {
        return Inspection { report, repair: None, faults: vec![HardwareFault::NotAReport] };
    }
    let Some(end) = record::number(bytes, MAGIC.len()).map(usize::from) else {
        let needed = HEAD + usize::from(CHECKSUM_LENGTH);
        return Inspection {
            report,
            repair: None,
            faults: vec![HardwareFault::Truncated { needed, present: bytes.len() }],
        };
    };

    if let Some(fault) = checksum_fault(bytes, end) {
        faults.push(fault);
    }
    let mut complete = !matches!(faults.first(), Some(HardwareFault::Truncated { .. }));
    for read in record::records(bytes, end) {
        match read {
            Ok((record, data)) => {
                report.records.push(record);
                report.take(record.kind, data);
            }
            // The last record of a report that is cut off is broken for that reason.
            Err(at) if complete => {
                faults.insert(0, HardwareFault::BadRecord { at });
                complete = false;
            }
            Err(_) => {}
        }
    }
    if complete && report.serial_number.is_none() {
        faults.push(HardwareFault::MissingSerialNumber);
    }
    if complete && report.manufacturer.is_none() {
        faults.push(HardwareFault::MissingManufacturer);
    }
    Inspection { report, repair: None, faults }
}

fn checksum_fault(bytes: &[u8], end: usize) -> Option<HardwareFault> {
    let needed = end + usize::from(CHECKSUM_LENGTH);
    let Some(block) = bytes.get(end..needed) else {
        return Some(HardwareFault::Truncated { needed, present: bytes.len() });
    };
    let (head, digest) = block.split_at_checked(HEAD)?;
    if end < HEAD || !head.starts_with(CHECKSUM_MAGIC) || record::number(head, 2) != Some(CHECKSUM_LENGTH) {
        return Some(HardwareFault::MissingChecksum { at: end });
    }
    if Sha256::digest(bytes.get(..end)?).as_slice() != digest {
        return Some(HardwareFault::ChecksumMismatch);
    }
    let after = bytes.get(needed..)?.iter().position(|byte| *byte != 0)?;
    Some(HardwareFault::BytesAfterChecksum { at: needed + after })
}

impl HardwareReport {
    /// Takes the data of one record; of several of one type, the first counts.
    fn take(&mut self, kind: u16, data: &[u8]) {
        match kind {
            record::VERSIONS => set(&mut self.os_version, os_version(data)),
            record::PROCESSOR => set(&mut self.processor, text(data)),
            record::DISK => set(&mut self.disk_serial_number, text(before(data, b'|'))),
            record::SMBIOS_UUID => set(&mut self.smbios_uuid, smbios_uuid(data)),
            record::TPM => set(&mut self.tpm_version, tpm_version(data)),
            record::SERIAL_NUMBER => set(&mut self.serial_number, text(data)),
            record::MANUFACTURER => set(&mut self.manufacturer, text(data)),
            record::PRODUCT_NAME => set(&mut self.product_name, text(data)),
            record::SKU_NUMBER => set(&mut self.sku_number, text(data)),
            record::SYSTEM_FAMILY => set(&mut self.system_family, text(data)),
            record::PRODUCT_KEY_ID => set(&mut self.product_key_id, product_key_id(data)),
            _ => {}
        }
    }
}

fn set<T>(place: &mut Option<T>, found: Option<T>) {
    if place.is_none() {
        *place = found;
    }
}

/// Text up to the first NUL; firmware writes ASCII, a few makers UTF-8 or their code page.
fn text(data: &[u8]) -> Option<String> {
    let data = before(data, 0);
    let text = match str::from_utf8(data) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(data).0,
    };
    let text = text.trim().replace(char::is_control, "\u{FFFD}");
    (!text.is_empty()).then_some(text)
}

fn before(data: &[u8], end: u8) -> &[u8] {
    data.split(|byte| *byte == end).next().unwrap_or_default()
}

/// SMBIOS writes the first three groups little-endian, since its version 2.6.
fn smbios_uuid(data: &[u8]) -> Option<Uuid> {
    let uuid = Uuid::from_bytes_le(*data.first_chunk()?);
    (!uuid.is_nil() && !uuid.is_max()).then_some(uuid)
}

/// Two versions as in Windows' `VS_FIXEDFILEINFO` (minor, major, revision, build); the second is the system's.
fn os_version(data: &[u8]) -> Option<String> {
    let part = |at| record::number(data, at);
    let (minor, major, revision, build) = (part(8)?, part(10)?, part(12)?, part(14)?);
    (major >= 10).then(|| format!("{major}.{minor}.{build}.{revision}"))
}

/// `TPM-Version:2.0 -Level:0-Revision:1.38-VendorID:'INTC'`
fn tpm_version(data: &[u8]) -> Option<String> {
    let text = text(data)?;
    let version = text.strip_prefix("TPM-Version:")?;
    version.split([' ', '-']).next().filter(|version| !version.is_empty()).map(str::to_owned)
}

fn product_key_id(data: &[u8]) -> Option<String> {
    text(data).filter(|text| text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit()))
}
