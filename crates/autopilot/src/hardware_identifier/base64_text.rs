//! Base64 as it arrives: unpadded, URL-safe, broken over lines, cut within a group of four.
//!
//! In: text. Out: bytes and the list of repairs, or the place of the first character that cannot be meant.
//! Clean text takes the fast path of the `base64` crate and is touched once.
//! Source: <https://learn.microsoft.com/en-us/autopilot/troubleshooting-faq>, which explains that devices
//! write Base64 unpadded, that `A`s at the end are empty data, and how to add an `A` and then `=`.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use std::fmt;

/// Something about Base64 text that was put right without changing what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Repair {
    /// Blanks, line breaks or invisible characters were left out: `T0E GBA EA`.
    Blanks,
    /// `-` and `_` were read as `+` and `/`: `T0E-_w`.
    UrlAlphabet,
    /// One character was missing in the last group of four, so an `A`, six zero bits, was added.
    ZeroFill,
    /// `=` at the end was added or taken away: `T0EGBA`.
    Padding,
    /// The last character carried bits beyond the last byte, which were dropped: `T0F=`.
    TrailingBits,
    /// The bytes were Base64 text themselves, and the report was inside: an SDK took text for bytes.
    EncodedTwice,
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blanks => "blanks or line breaks inside were left out",
            Self::UrlAlphabet => "\"-\" and \"_\" were read as \"+\" and \"/\"",
            Self::ZeroFill => "an \"A\" (zero bits) was added to complete the last group",
            Self::Padding => "the padding (\"=\" at the end) was set right",
            Self::TrailingBits => "bits beyond the last byte were dropped",
            Self::EncodedTwice => "the hash was encoded twice; the report inside was read",
        })
    }
}

/// The text is not Base64.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct NotBase64 {
    /// The first character that does not belong, counted in characters from 1; after the end for empty text.
    pub position: usize,
    /// That character; none when the text has no Base64 at all.
    pub found: Option<char>,
}

impl fmt::Display for NotBase64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.found {
            Some('=') => write!(f, "character {} is \"=\", which may stand at the end only", self.position),
            Some(found) => {
                write!(f, "character {} is \"{}\", which is not Base64", self.position, found.escape_debug())
            }
            None => f.write_str("there is no Base64 in it"),
        }
    }
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn read(text: &str) -> Result<(Vec<u8>, Vec<Repair>), NotBase64> {
    if !text.is_empty()
        && let Ok(bytes) = BASE64_STANDARD.decode(text)
    {
        return Ok((bytes, Vec::new()));
    }
    let mut repairs = Vec::new();
    let mut repair = |needed, kind| {
        if needed {
            repairs.push(kind);
        }
    };

    let Symbols { mut symbols, padding, blanks, url_alphabet } = symbols(text)?;
    repair(blanks, Repair::Blanks);
    repair(url_alphabet, Repair::UrlAlphabet);
    let misaligned = symbols.len() % 4 == 1;
    if misaligned {
        symbols.push(b'A');
    }
    repair(misaligned, Repair::ZeroFill);
    repair(padding != symbols.len().wrapping_neg() % 4, Repair::Padding);
    let bytes = BASE64_STANDARD_NO_PAD.decode(&symbols).or_else(|_| {
        repair(true, Repair::TrailingBits);
        LENIENT.decode(&symbols)
    });
    bytes
        .map(|bytes| (bytes, repairs))
        .map_err(|_| NotBase64 { position: text.chars().count() + 1, found: None })
}

/// The bytes within Base64 text that is itself given as bytes, in ASCII or UTF-16.
pub(super) fn inner(bytes: &[u8]) -> Option<Vec<u8>> {
    // A report in Base64 starts with "T0", the same encoded again with "VD": most bytes end here.
    let start = bytes.trim_ascii_start();
    if !(start.starts_with(b"T") || start.starts_with(b"V")) {
        return None;
    }
    let text = if start.get(1) == Some(&0) {
        let units = start.chunks(2).map(|pair| match pair {
            [low, 0] => Some(*low),
            _ => None,
        });
        String::from_utf8(units.collect::<Option<Vec<u8>>>()?).ok()?
    } else {
        str::from_utf8(start).ok()?.to_owned()
    };
    // Zero fill around the text is no part of it.
    read(text.trim_end_matches('\0')).ok().map(|(bytes, _)| bytes)
}

struct Symbols {
    symbols: Vec<u8>,
    padding: usize,
    blanks: bool,
    url_alphabet: bool,
}

fn symbols(text: &str) -> Result<Symbols, NotBase64> {
    let mut read =
        Symbols { symbols: Vec::with_capacity(text.len()), padding: 0, blanks: false, url_alphabet: false };
    let mut first_padding = 0;
    for (position, found) in (1..).zip(text.chars()) {
        let symbol = match found {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/' => found as u8,
            '-' => b'+',
            '_' => b'/',
            '=' => {
                if read.padding == 0 {
                    first_padding = position;
                }
                read.padding += 1;
                continue;
            }
            _ if is_blank(found) => {
                read.blanks = true;
                continue;
            }
            _ => return Err(NotBase64 { position, found: Some(found) }),
        };
        if read.padding > 0 {
            return Err(NotBase64 { position: first_padding, found: Some('=') });
        }
        read.url_alphabet |= matches!(found, '-' | '_');
        read.symbols.push(symbol);
    }
    if read.symbols.is_empty() {
        return Err(NotBase64 { position: text.chars().count() + 1, found: None });
    }
    Ok(read)
}

/// White space, and the invisible characters that mail and chat programs put into long words.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}
