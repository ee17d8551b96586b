//! Percent-decoding of one part of a URL.
//!
//! Comes in: a path segment, or the name or value of a query option, already split from its neighbours. Goes
//! out: its text. Splitting first is what keeps `%2F` and `%26` from being taken for separators.
//! Specification: OData 4.01 URL Conventions, 2 "URL Components"; RFC 3986, 2.1; blanks as `+` are the custom
//! of HTML forms (URL Living Standard, 5.1) that Graph and its clients follow.

use std::borrow::Cow;

use crate::error::{Error, Span};

use super::cursor::Strictness;

/// Text that was percent-encoded.
#[derive(Default)]
pub(super) struct Decoded<'r> {
    /// What it says: the encoded text itself where nothing is escaped, which is most often.
    pub text: Cow<'r, str>,
    /// Where in it the bytes stand that were escaped, in order. Some characters separate only when they were
    /// not.
    escaped: Vec<usize>,
}

impl<'r> Decoded<'r> {
    /// Decodes a part of the query, where `+` is a blank, unless the reading is strict.
    pub fn query(raw: &'r str, strictness: Strictness) -> Result<Self, Error> {
        let plus = if strictness.is_strict() { b'+' } else { b' ' };
        let mut decoded = Decoded::default();
        if is_plain(raw) && !strictness.is_strict() {
            decoded.text = Cow::Borrowed(raw);
        } else {
            decoded.push(raw, plus, strictness)?;
        }
        Ok(decoded)
    }

    /// Decodes a part of the path, where `+` is a plus, behind what is there.
    pub fn push_path(&mut self, raw: &str, strictness: Strictness) -> Result<(), Error> {
        self.push(raw, b'+', strictness)
    }

    /// Whether the byte at this place was escaped.
    pub fn is_escaped(&self, at: usize) -> bool {
        self.escaped.binary_search(&at).is_ok()
    }

    /// The place in the encoded text of a place in this. Every escape has two bytes more than what it says.
    pub fn raw_span(&self, span: Span) -> Span {
        let raw = |at: usize| at + 2 * self.escaped.partition_point(|escaped| *escaped < at);
        Span::new(raw(span.start), raw(span.end))
    }

    fn push(&mut self, raw: &str, plus: u8, strictness: Strictness) -> Result<(), Error> {
        if is_plain(raw) && !strictness.is_strict() {
            self.text.to_mut().push_str(raw);
            return Ok(());
        }
        let start = self.text.len();
        let mut decoded = Vec::with_capacity(raw.len());
        let mut bytes = raw.bytes().enumerate();
        while let Some((at, byte)) = bytes.next() {
            decoded.push(match byte {
                b'%' => {
                    let code =
                        [bytes.next(), bytes.next()].map(|digit| digit.and_then(|(_, digit)| hex(digit)));
                    let [Some(high), Some(low)] = code else { return Err(broken_escape(raw, at)) };
                    self.escaped.push(start + decoded.len());
                    high * 16 + low
                }
                b'+' => plus,
                // A fragment is never sent; its mark in a URL is a client's mistake and hides what follows.
                b'#' => return Err(Error::unexpected_character('#', at, raw)),
                byte if strictness.is_strict() && !is_legal(byte) => {
                    let found = raw.get(at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
                    return Err(Error::unexpected_character(found, at, raw));
                }
                byte => byte,
            });
        }
        let text = String::from_utf8(decoded)
            .map_err(|_| Error::syntax("Syntax error: the percent-encoding is not valid UTF-8."))?;
        if let Some(at) = text.find('\0') {
            // PostgreSQL cannot hold it in a text, and no legal value has it.
            let message = format!("Syntax error: the character U+0000 at position {at} is not valid.");
            return Err(Error::syntax(message).at(Span::new(at, at + 1)));
        }
        if self.text.is_empty() {
            self.text = Cow::Owned(text);
        } else {
            self.text.to_mut().push_str(&text);
        }
        Ok(())
    }
}

/// Whether the text says what it is, leniently read.
fn is_plain(raw: &str) -> bool {
    memchr::memchr3(b'%', b'+', b'#', raw.as_bytes()).is_none() && !raw.contains('\0')
}

/// Whether the byte may stand unescaped anywhere in a URL as the grammar has it: RFC 3986, and what JSON and
/// phrases need besides.
fn is_legal(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t') || byte.is_ascii_graphic() && !b"<>^`|".contains(&byte)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn broken_escape(raw: &str, at: usize) -> Error {
    let expected = "two hexadecimal digits behind '%'";
    let found = match raw.get(at + 1..).and_then(|behind| behind.chars().next()) {
        Some(character) => format!("'{character}'"),
        None => "the end".to_owned(),
    };
    Error::expected(expected, &found, Span::new(at, at + 1), raw)
}

/// The value of a query option as it stands in a URL: everything but unreserved characters and harmless
/// punctuation percent-encoded (RFC 3986 §2.1, §3.4).
pub(crate) fn encode_query(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!*'(),;:@/$".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
