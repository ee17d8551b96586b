//! Texts as JSON strings (RFC 8259 §7).

/// A JSON string.
pub(in crate::json) fn text(out: &mut Vec<u8>, value: &str) {
    joined(out, &[value]);
}

/// Several texts as one JSON string.
pub(in crate::json) fn joined(out: &mut Vec<u8>, parts: &[&str]) {
    if parts.iter().any(|part| needs_escapes(part)) {
        // Writing into memory cannot fail, and a string has no other way to.
        let _ = serde_json::to_writer(out, &parts.concat());
        return;
    }
    out.reserve(parts.iter().map(|part| part.len()).sum::<usize>() + 2);
    out.push(b'"');
    parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
    out.push(b'"');
}

/// Most texts have nothing to escape; to see that, every byte is looked at without a branch.
fn needs_escapes(text: &str) -> bool {
    text.bytes().fold(false, |any, byte| any | (byte < 0x20) | (byte == b'"') | (byte == b'\\'))
}
