//! Writes a hardware report that reads back as the facts it was made of.
//!
//! In: [`HardwareFacts`]. Out: 3,000 bytes with a true checksum, for tests, benchmarks and example files.
//! An empty text leaves its record out, so that reports without a serial number can be made as well.
//! Source: the container as in `record`.

use super::HardwareIdentifier;
use super::record::{self, CHECKSUM_LENGTH, CHECKSUM_MAGIC, HEAD, MAGIC};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The facts of a machine that does not exist. Texts are cut at 200 bytes; control characters are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HardwareFacts {
    /// The serial number.
    pub serial_number: String,
    /// The manufacturer.
    pub manufacturer: String,
    /// The model.
    pub product_name: String,
    /// The UUID; nil for firmware without one.
    pub smbios_uuid: Uuid,
    /// 13 digits, or empty.
    pub product_key_id: String,
    /// The SKU number.
    pub sku_number: String,
    /// The family.
    pub system_family: String,
    /// `2.0`
    pub tpm_version: String,
    /// The build of Windows 10.0, `26100`.
    pub os_build: u16,
    /// The processor's brand, at most 48 bytes.
    pub processor: String,
    /// The disk's serial number.
    pub disk_serial_number: String,
    /// The time of the capture: two captures of one machine differ in it.
    pub captured: u64,
}

pub(super) fn report(facts: &HardwareFacts) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HardwareIdentifier::LENGTH);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[0, 0]);

    push(&mut bytes, record::VERSIONS, &versions(facts));
    push_fixed(&mut bytes, record::PROCESSOR, &facts.processor, 48);
    if !facts.disk_serial_number.is_empty() {
        push_text(&mut bytes, record::DISK, &format!("{}|Disk|", clean(&facts.disk_serial_number)));
    }
    push(&mut bytes, record::SMBIOS_UUID, &facts.smbios_uuid.to_bytes_le());
    if !facts.tpm_version.is_empty() {
        let tpm = format!("TPM-Version:{} -Level:0-Revision:1.38", facts.tpm_version);
        push_text(&mut bytes, record::TPM, &tpm);
    }
    push_text(&mut bytes, record::SERIAL_NUMBER, &facts.serial_number);
    push_text(&mut bytes, record::MANUFACTURER, &facts.manufacturer);
    push_text(&mut bytes, record::PRODUCT_NAME, &facts.product_name);
    push_text(&mut bytes, record::SKU_NUMBER, &facts.sku_number);
    push_text(&mut bytes, record::SYSTEM_FAMILY, &facts.system_family);
    push_text(&mut bytes, record::PRODUCT_KEY_ID, &facts.product_key_id);

    let end = short(bytes.len()).to_le_bytes();
    if let Some(place) = bytes.get_mut(MAGIC.len()..HEAD) {
        place.copy_from_slice(&end);
    }
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(CHECKSUM_MAGIC);
    bytes.extend_from_slice(&CHECKSUM_LENGTH.to_le_bytes());
    bytes.extend_from_slice(&digest);
    bytes.resize(HardwareIdentifier::LENGTH, 0);
    bytes
}

fn versions(facts: &HardwareFacts) -> Vec<u8> {
    let [build, version] = [facts.os_build, 10].map(u16::to_le_bytes);
    let quad = [[0, 0], version, [1, 0], build].concat();
    [quad.clone(), quad, facts.captured.to_le_bytes().to_vec()].concat()
}

fn push_text(bytes: &mut Vec<u8>, kind: u16, text: &str) {
    let text = clean(text);
    if !text.is_empty() {
        push(bytes, kind, &[text.as_bytes(), &[0]].concat());
    }
}

/// Fills up with blanks, as processors do with their brand.
fn push_fixed(bytes: &mut Vec<u8>, kind: u16, text: &str, length: usize) {
    let mut text = clean(text);
    text.truncate(text.floor_char_boundary(length));
    let mut data = text.into_bytes();
    data.resize(length, b' ');
    push(bytes, kind, &data);
}

fn push(bytes: &mut Vec<u8>, kind: u16, data: &[u8]) {
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.extend_from_slice(&short(HEAD + data.len()).to_le_bytes());
    bytes.extend_from_slice(data);
}

/// At most 200 bytes, so that all records together stay well within 3,000.
fn clean(text: &str) -> String {
    let mut text = text.trim().replace(char::is_control, "");
    text.truncate(text.floor_char_boundary(200));
    text
}

fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}
