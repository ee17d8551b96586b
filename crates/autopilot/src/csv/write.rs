//! Hash files as others want to read them: the strict one for the portal, a plain one, safe spreadsheet cells.
//!
//! In: [`DeviceRecord`]s, corrected ones where they came from a file. Out: the bytes of files of at most 500
//! rows with Intune's header, CRLF, no quotation marks, ANSI; or text with quotes where needed.
//! Source: <https://learn.microsoft.com/en-us/autopilot/add-devices>;
//! <https://owasp.org/www-community/attacks/CSV_Injection> for cells that a spreadsheet would run.

use crate::device_record::{DeviceRecord, Field};
use encoding_rs::WINDOWS_1252;
use std::borrow::Cow;

/// The most rows that the portal takes in one file.
pub const PORTAL_ROWS: usize = 500;

/// A text that the portal's file has no way to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, {}: {found:?} cannot be written without quotation marks and in ANSI", .field.header())]
pub struct NotWritable {
    /// Which record, counted from 1.
    pub row: usize,
    /// Which text.
    pub field: Field,
    /// The first character of it that cannot be written.
    pub found: char,
}

/// The files that the portal takes, as bytes: none without records, one for every 500.
///
/// # Errors
/// The first text with a comma, a quotation mark, a line break or a character outside ANSI.
pub fn portal_files<'r>(
    records: impl IntoIterator<Item = &'r DeviceRecord>,
) -> Result<Vec<Vec<u8>>, NotWritable> {
    let mut files: Vec<Vec<u8>> = Vec::new();
    for (index, record) in records.into_iter().enumerate() {
        let row = index + 1;
        for field in Field::ALL {
            if let Some(found) = record.text(field).chars().find(|c| !fits_portal(*c)) {
                return Err(NotWritable { row, field, found });
            }
        }
        if index % PORTAL_ROWS == 0 {
            files.push(ansi(&line(&Field::ALL.map(Field::header))).into_owned());
        }
        if let Some(file) = files.last_mut() {
            file.extend_from_slice(&ansi(&line(&Field::ALL.map(|field| record.text(field)))));
        }
    }
    Ok(files)
}

/// Whether a cell of the portal's file may have the character.
pub fn fits_portal(character: char) -> bool {
    !matches!(character, ',' | '"') && !character.is_control() && is_ansi(character)
}

/// Whether the Western European code page has the character.
pub(crate) fn is_ansi(character: char) -> bool {
    let mut place = [0; 4];
    character.is_ascii() || !WINDOWS_1252.encode(character.encode_utf8(&mut place)).2
}

/// One text of five columns with Intune's header, CRLF, and quotation marks around cells that need them.
pub fn device_stream<'r>(records: impl IntoIterator<Item = &'r DeviceRecord>) -> String {
    let mut text = line(&Field::ALL.map(Field::header));
    for record in records {
        text += &line(&Field::ALL.map(|field| quoted(record.text(field))));
    }
    text
}

/// A cell that no spreadsheet program takes for a formula: `'` is put before `= + - @`, TAB and CR, where they
/// start the cell or, after spaces, a line of it.
pub fn spreadsheet_cell(text: &str) -> Cow<'_, str> {
    let is_formula = |line: &str| {
        let start = line.trim_start_matches([' ', '\u{A0}']);
        start.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
    };
    if !text.split_inclusive(['\r', '\n']).any(is_formula) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 4);
    for line in text.split_inclusive(['\r', '\n']) {
        if is_formula(line) {
            safe.push('\'');
        }
        safe.push_str(line);
    }
    Cow::Owned(safe)
}

fn line<T: AsRef<str>>(cells: &[T; 5]) -> String {
    let mut line = cells.each_ref().map(AsRef::as_ref).join(",");
    line.push_str("\r\n");
    line
}

fn ansi(text: &str) -> Cow<'_, [u8]> {
    WINDOWS_1252.encode(text).0
}

fn quoted(text: &str) -> Cow<'_, str> {
    // Blanks at the ends are quoted too: readers may trim them.
    let plain = text.trim() == text && !text.contains([',', ';', '"', '\r', '\n', '\t']);
    if plain { Cow::Borrowed(text) } else { Cow::Owned(format!("\"{}\"", text.replace('"', "\"\""))) }
}
