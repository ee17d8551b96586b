//! From the bytes of a file to text, whatever wrote it.
//!
//! In: bytes. Out: text without byte order mark, and which encoding it was. PowerShell 5 writes UTF-16 by
//! default, Excel UTF-8 with a mark or the machine's ANSI code page, everything newer UTF-8.
//! Source: <https://learn.microsoft.com/en-us/autopilot/add-devices> (the portal takes ANSI text only);
//! without a mark we look, as the WHATWG encoding standard does, at what the bytes can be.

use crate::problem::Problem;
use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::fmt;

/// How the characters of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, or ASCII, which is the same there.
    Utf8,
    /// UTF-16, low byte first, as Windows writes it.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// The Western European code page; taken for everything that is no valid UTF-8.
    Windows1252,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Windows1252 => "Windows-1252",
        })
    }
}

pub(super) struct Text {
    /// None when the file is not text at all.
    pub text: Option<String>,
    pub encoding: Encoding,
    pub byte_order_mark: bool,
    pub problem: Option<Problem>,
}

pub(super) fn decode(bytes: &[u8]) -> Text {
    let (encoding, mark) = sniff(bytes);
    let body = bytes.get(mark..).unwrap_or_default();
    let byte_order_mark = mark > 0;
    if let Some(problem) = not_text(body, encoding) {
        return Text { text: None, encoding, byte_order_mark, problem: Some(problem) };
    }
    let (text, _) = match encoding {
        Encoding::Utf8 => (String::from_utf8_lossy(body), false),
        Encoding::Utf16Le => UTF_16LE.decode_without_bom_handling(body),
        Encoding::Utf16Be => UTF_16BE.decode_without_bom_handling(body),
        Encoding::Windows1252 => WINDOWS_1252.decode_without_bom_handling(body),
    };
    let unicode = byte_order_mark
        || match encoding {
            Encoding::Utf8 => !text.is_ascii(),
            Encoding::Utf16Le | Encoding::Utf16Be => true,
            Encoding::Windows1252 => false,
        };
    let problem = unicode.then(|| {
        let mark = if byte_order_mark { " with a byte order mark" } else { "" };
        Problem::repaired(
            "file-encoding",
            format!("the file is {encoding}{mark}; the portal takes ANSI text only"),
        )
        .fix("Read as it is; the corrected file is written as ANSI.")
    });
    Text { text: Some(text.into_owned()), encoding, byte_order_mark, problem }
}

/// The encoding, and the length of the mark.
fn sniff(bytes: &[u8]) -> (Encoding, usize) {
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return (Encoding::Utf8, 3);
    }
    if bytes.starts_with(&[0xFF, 0xFE]) {
        return (Encoding::Utf16Le, 2);
    }
    if bytes.starts_with(&[0xFE, 0xFF]) {
        return (Encoding::Utf16Be, 2);
    }
    // Serial numbers, Base64 and headers are nearly all ASCII: in UTF-16 every other byte is zero.
    let start = bytes.get(..4_096).unwrap_or(bytes);
    let zeros = |place| start.iter().skip(place).step_by(2).filter(|byte| **byte == 0).count();
    let (first, second, half) = (zeros(0), zeros(1), start.len() / 4);
    if second > half && first <= second / 8 {
        return (Encoding::Utf16Le, 0);
    }
    if first > half && second <= first / 8 {
        return (Encoding::Utf16Be, 0);
    }
    let encoding = if str::from_utf8(bytes).is_ok() { Encoding::Utf8 } else { Encoding::Windows1252 };
    (encoding, 0)
}

fn not_text(body: &[u8], encoding: Encoding) -> Option<Problem> {
    let (message, fix) = if body.starts_with(b"PK\x03\x04") || body.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        ("this is a workbook, not a CSV file", "Save it from the spreadsheet program as CSV.")
    } else if body.trim_ascii().is_empty() {
        let message = "the file is empty";
        return Some(Problem::error("file-empty", message).fix("Export the hashes again."));
    } else if matches!(encoding, Encoding::Utf8 | Encoding::Windows1252) && is_binary(body) {
        ("this is a binary file, not a CSV file", "Choose the file with the hashes.")
    } else {
        return None;
    };
    Some(Problem::error("file-not-text", message).fix(fix))
}

fn is_binary(body: &[u8]) -> bool {
    let start = body.get(..4_096).unwrap_or(body);
    let control = |byte: &&u8| **byte < 32 && !matches!(**byte, b'\t' | b'\r' | b'\n');
    start.iter().filter(control).count() * 10 > start.len()
}
