//! Texts as JSON strings (RFC 8259 §7).

/// Bytes that are looked at together.
const WORD: usize = 16;

/// A JSON string.
pub(in crate::json) fn text(out: &mut Vec<u8>, value: &str) {
    joined(out, &[value]);
}

/// Several texts as one JSON string.
pub(in crate::json) fn joined(out: &mut Vec<u8>, parts: &[&str]) {
    if parts.iter().any(|part| needs_escapes(part.as_bytes())) {
        // Writing into memory cannot fail, and a string has no other way to.
        let _ = serde_json::to_writer(out, &parts.concat());
        return;
    }
    quoted(out, parts);
}

/// The name of a member that the model declares, and a colon. It is an identifier (OData CSDL 4.01 §17.2), in which nothing
/// has to be escaped.
pub(in crate::json) fn name(out: &mut Vec<u8>, name: &str) {
    debug_assert!(!needs_escapes(name.as_bytes()), "{name:?} is no identifier");
    quoted(out, &[name]);
    out.push(b':');
}

fn quoted(out: &mut Vec<u8>, parts: &[&str]) {
    out.reserve(parts.iter().map(|part| part.len()).sum::<usize>() + 2);
    out.push(b'"');
    parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
    out.push(b'"');
}

/// Most texts have nothing to escape; to see that, a word of bytes at a time is looked at without a branch.
fn needs_escapes(text: &[u8]) -> bool {
    let is_special = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    let any = |bytes: &[u8]| bytes.iter().fold(false, |any, byte| any | is_special(*byte));
    let (words, rest) = text.as_chunks::<WORD>();
    words.iter().any(|word| any(word)) || any(rest)
}
