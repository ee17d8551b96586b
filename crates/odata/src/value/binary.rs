//! `Edm.Binary`: bytes as base64.
//!
//! OData asks for base64url in URLs and JSON, Graph sends the standard alphabet. Both are read, with or
//! without padding; the standard alphabet with padding is written, as Graph does.
//! Specification: OData 4.01 ABNF `binaryValue`; JSON Format 4.01, 7.1; RFC 4648, 4 and 5.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const EITHER_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD_ALPHABET: GeneralPurpose = GeneralPurpose::new(&STANDARD, EITHER_PADDING);
const URL_ALPHABET: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, EITHER_PADDING);

/// The bytes that `text` stands for, in either alphabet (but not both at once).
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let engine = if text.contains(['-', '_']) { &URL_ALPHABET } else { &STANDARD_ALPHABET };
    engine.decode(text).ok()
}

/// The standard alphabet, padded.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD_ALPHABET.encode(bytes)
}
