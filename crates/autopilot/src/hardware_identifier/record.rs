//! The container of a hardware report: `OA`, its length, records, a checksum, zeros.
//!
//! In: bytes. Out: the records one after another, or the place where they stop making sense. All numbers are
//! little-endian `u16`; a record's length counts its own four bytes of head.
//! Source: read from reports that their authors published; no specification is public.

/// What a report starts with.
pub(super) const MAGIC: &[u8] = b"OA";
/// What the checksum block starts with.
pub(super) const CHECKSUM_MAGIC: &[u8] = b"CS";
/// The length of the checksum block: its head and a SHA-256.
pub(super) const CHECKSUM_LENGTH: u16 = 36;
/// The length of the head of the report and of each record.
pub(super) const HEAD: usize = 4;

pub(super) const VERSIONS: u16 = 1;
pub(super) const PROCESSOR: u16 = 4;
pub(super) const DISK: u16 = 7;
pub(super) const SMBIOS_UUID: u16 = 12;
pub(super) const TPM: u16 = 13;
pub(super) const SERIAL_NUMBER: u16 = 14;
pub(super) const MANUFACTURER: u16 = 16;
pub(super) const PRODUCT_NAME: u16 = 17;
pub(super) const SKU_NUMBER: u16 = 18;
pub(super) const SYSTEM_FAMILY: u16 = 19;
pub(super) const PRODUCT_KEY_ID: u16 = 24;

/// One record of a report: what kind it is and where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// The type number, 14 for the serial number.
    pub kind: u16,
    /// The offset of its first byte.
    pub at: usize,
    /// Its length with the four bytes of head.
    pub length: usize,
}

impl Record {
    /// What is known of the type; the less certain ones were read by inspection.
    pub fn name(self) -> &'static str {
        match self.kind {
            VERSIONS => "versions and time",
            2 => "processor numbers",
            3 => "processor vendor",
            PROCESSOR => "processor",
            5 => "memory",
            6 => "disk size",
            DISK => "disk",
            8 => "network adapter",
            9 => "display",
            11 => "endorsement key digest",
            SMBIOS_UUID => "SMBIOS UUID",
            TPM => "TPM",
            SERIAL_NUMBER => "serial number",
            15 => "firmware vendor",
            MANUFACTURER => "manufacturer",
            PRODUCT_NAME => "product name",
            SKU_NUMBER => "SKU number",
            SYSTEM_FAMILY => "system family",
            20 => "board manufacturer",
            21 => "board product",
            22 => "board version",
            23 => "system version",
            PRODUCT_KEY_ID => "product key id",
            25 => "endorsement key",
            26 => "operating system part",
            27 => "screen size",
            28 => "disk (second)",
            _ => "unknown",
        }
    }
}

/// The records between `HEAD` and `end`, each with its data; the last may be the place of a broken one.
pub(super) fn records(bytes: &[u8], end: usize) -> impl Iterator<Item = Result<(Record, &[u8]), usize>> {
    let mut next = HEAD;
    std::iter::from_fn(move || {
        let at = next;
        if at >= end {
            return None;
        }
        let read = record(bytes, at, end);
        next = read.as_ref().map_or(end, |(record, _)| at + record.length);
        Some(read.ok_or(at))
    })
}

/// The little-endian number at an offset.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|pair| u16::from_le_bytes(*pair))
}

fn record(bytes: &[u8], at: usize, end: usize) -> Option<(Record, &[u8])> {
    let (kind, length) = (number(bytes, at)?, usize::from(number(bytes, at + 2)?));
    let within = length >= HEAD && at + length <= end;
    let data = bytes.get(at + HEAD..at + length).filter(|_| within)?;
    Some((Record { kind, at, length }, data))
}
