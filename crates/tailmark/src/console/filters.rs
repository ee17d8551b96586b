//! How templates write numbers, ids and times.

use askama::Values;

/// `12,345`
#[askama::filter_fn]
pub fn grouped(number: &u64, _: &dyn Values) -> askama::Result<String> {
    Ok(thousands(*number))
}

/// `12,345`
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The last part of a GUID: the first ones tell the time.
pub fn end(id: &str) -> &str {
    id.rsplit('-').next().unwrap_or(id)
}

/// Whether a text is so long that a list cuts it off, and shows all of it to who points at it.
pub fn is_long(text: &str) -> bool {
    text.chars().nth(32).is_some()
}

/// `2026-11-26 03:00:12Z`, as people read it; empty where a time says that there is none.
pub fn moment(text: &str) -> String {
    if text.starts_with("0001-") {
        return String::new();
    }
    let (seconds, rest) = text.split_at_checked(19).unwrap_or((text, ""));
    let offset = rest.trim_start_matches(|character: char| character == '.' || character.is_ascii_digit());
    let offset = if offset == "Z" { " UTC" } else { offset };
    format!("{}{offset}", seconds.replace('T', " "))
}
