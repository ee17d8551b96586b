//! Serial numbers that are none: what makers leave in the firmware when nobody fills it in.
//!
//! In: a serial number. Out: whether it is a placeholder. Compared without letter case, blanks and signs.
//! Source: texts collected from hardware inventories and public threads; the first one from boards of many makers.

/// Whether a serial number is a placeholder: `Default string`, `To be filled by O.E.M.`, `0`, `XXXXXXXX`.
pub fn is_placeholder(serial_number: &str) -> bool {
    let letters: String =
        serial_number.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    PLACEHOLDERS.contains(&letters.as_str()) || is_one_character(&letters)
}

const PLACEHOLDERS: &[&str] = &[
    "",
    "0123456789",
    "123456789",
    "1234567890",
    "12345678",
    "baseboardserialnumber",
    "chassisserialnumber",
    "default",
    "defaultstring",
    "empty",
    "filledbyoem",
    "invalid",
    "na",
    "none",
    "notapplicable",
    "notavailable",
    "notsettable",
    "notspecified",
    "null",
    "oem",
    "serial",
    "serialnumber",
    "sernum",
    "systemserial",
    "systemserialnumber",
    "tbd",
    "tobefilled",
    "tobefilledbyoem",
    "undefined",
    "unknown",
    "unspecified",
];

/// `0`, `00000000`, `XXXXXXXX`, `1111111`; a single letter or digit other than these may be meant.
fn is_one_character(letters: &str) -> bool {
    let Some(first) = letters.chars().next() else { return false };
    letters.chars().all(|each| each == first) && (letters.len() >= 5 || matches!(first, '0' | 'x'))
}
