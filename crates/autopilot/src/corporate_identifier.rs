//! Corporate identifiers: by which a company knows a device before it enrolls.
//!
//! Source: `importedDeviceIdentity` of Microsoft Graph. Its page separates maker, model and serial number with semicolons;
//! the community's script, which works, with commas. Both are taken.

use serde_json::{Map, Value as Json};

/// `importedDeviceIdentityType`: an IMEI, 14 to 16 digits.
const IMEI: i64 = 1;
/// `importedDeviceIdentityType`: a serial number.
const SERIAL_NUMBER: i64 = 2;
/// `importedDeviceIdentityType`: maker, model and serial number.
const MANUFACTURER_MODEL_SERIAL: i64 = 3;

/// Whether an identifier is one of its type.
#[must_use]
pub fn is_valid(kind: i64, identifier: &str) -> bool {
    let separator = if identifier.contains(';') { ';' } else { ',' };
    let mut parts = identifier.split(separator);
    match kind {
        IMEI => (14..=16).contains(&identifier.len()) && identifier.bytes().all(|byte| byte.is_ascii_digit()),
        SERIAL_NUMBER => !identifier.trim().is_empty(),
        MANUFACTURER_MODEL_SERIAL => parts.clone().count() == 3 && parts.all(|part| !part.trim().is_empty()),
        _ => false,
    }
}

/// What tells a kept identifier from others: its type and its text, case aside.
#[must_use]
pub fn key(identity: &Map<String, Json>) -> (i64, String) {
    let kind = identity.get("importedDeviceIdentityType").and_then(Json::as_i64).unwrap_or_default();
    let text = identity.get("importedDeviceIdentifier").and_then(Json::as_str).unwrap_or_default();
    (kind, text.to_lowercase())
}
