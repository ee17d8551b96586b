//! The hardware identifier, which everybody calls the hardware hash: a report on a machine, not a digest.
//!
//! In: Base64 as people and tools really hand it over, or bytes. Out: the bytes, and what they say
//! ([`HardwareReport`]: serial number, maker, model, SMBIOS UUID) or why they say nothing ([`HardwareFault`]).
//! The report holds a time, so it differs at every capture: compare what it says, never its text.
//! Source: <https://learn.microsoft.com/en-us/autopilot/troubleshooting-faq> (padding) and the layout as read
//! from published reports; no specification of the container is public.

mod base64_text;
mod encode;
mod record;
mod report;

pub use base64_text::{NotBase64, Repair};
pub use encode::HardwareFacts;
pub use record::Record;
pub use report::{HardwareFault, HardwareReport, Inspection};

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use std::fmt;

/// The bytes of a hardware report, whether they can be read or not.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HardwareIdentifier(Vec<u8>);

impl HardwareIdentifier {
    /// How many bytes Windows writes: the report, its checksum and zeros; 4,000 characters of Base64.
    pub const LENGTH: usize = 3_000;

    /// Takes bytes as they are.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Reads Base64: standard or URL-safe alphabet, padded or not, with blanks and line breaks anywhere.
    ///
    /// Says what had to be repaired; a text that `Edm.Binary` would take as it stands needs no repair.
    ///
    /// ```
    /// use autopilot::hardware_identifier::{HardwareIdentifier, Repair};
    ///
    /// let (hash, repairs) = HardwareIdentifier::from_base64("Q29udG9zbwAAA").unwrap();
    /// assert_eq!(hash.to_base64(), "Q29udG9zbwAAAA==");
    /// assert_eq!(repairs, [Repair::ZeroFill, Repair::Padding]);
    /// ```
    ///
    /// # Errors
    /// The first character that is no Base64, or a text without any.
    pub fn from_base64(text: &str) -> Result<(Self, Vec<Repair>), NotBase64> {
        base64_text::read(text).map(|(bytes, repairs)| (Self(bytes), repairs))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, given away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Standard Base64 with padding, the form that the service takes.
    pub fn to_base64(&self) -> String {
        BASE64_STANDARD.encode(&self.0)
    }

    /// Reads the report, strictly: container, records, checksum, serial number and manufacturer.
    ///
    /// # Errors
    /// The first thing that is wrong; each is a reason for code 802, `InvalidZtdHardwareHash`.
    pub fn decode(&self) -> Result<HardwareReport, HardwareFault> {
        let Inspection { report, faults, .. } = self.inspect();
        faults.into_iter().next().map_or(Ok(report), Err)
    }

    /// Reads whatever can be read, and lists everything that is wrong. Where the bytes hold a report that was encoded
    /// twice, that is the report; the bytes stay as they are.
    pub fn inspect(&self) -> Inspection {
        match self.unwrapped() {
            Some(inner) => {
                Inspection { repair: Some(Repair::EncodedTwice), ..report::inspect(inner.bytes()) }
            }
            None => report::inspect(&self.0),
        }
    }

    /// What is inside when the bytes are Base64 text themselves, as some SDKs make them from a string.
    pub fn unwrapped(&self) -> Option<Self> {
        let mut bytes = base64_text::inner(&self.0)?;
        while !bytes.starts_with(record::MAGIC) {
            bytes = base64_text::inner(&bytes)?;
        }
        Some(Self(bytes))
    }

    /// Builds a valid report of [`Self::LENGTH`] bytes, for tests, benchmarks and examples.
    pub fn encode(facts: &HardwareFacts) -> Self {
        Self(encode::report(facts))
    }
}

/// Shows the length and the start of a digest: the full hash belongs in no log.
impl fmt::Debug for HardwareIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HardwareIdentifier({} bytes, SHA-256 ", self.0.len())?;
        for byte in Sha256::digest(&self.0).iter().take(4) {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("…)")
    }
}
