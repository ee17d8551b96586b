//! From text to lines of cells: which delimiter, which quotes, which line.
//!
//! In: text. Out: [`Line`]s numbered as an editor numbers them, whatever breaks the lines (CRLF, LF, CR), and
//! what is odd. First lines that are no data (`sep=;`, `#TYPE …`) are taken off here; a quote that is never
//! closed does not swallow the rest of the file.
//! Source: RFC 4180 through the `csv` crate; `sep=` is Excel's, `#TYPE` is `Export-Csv`'s of PowerShell 5.

use super::{MAX_ROWS, header};
use crate::problem::Problem;
use ::csv::{ReaderBuilder, StringRecord};
use std::fmt;

/// What parts the cells of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delimiter {
    /// `,`, the only one that the portal takes.
    Comma,
    /// `;`, which Excel writes where the comma is for decimals.
    Semicolon,
    /// The tabulator, as in Excel's "Unicode text".
    Tab,
}

impl Delimiter {
    const ALL: [Self; 3] = [Self::Comma, Self::Semicolon, Self::Tab];

    fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
        })
    }
}

/// The most lines that are kept: all rows, a header, and some that are blank.
pub(super) const MAX_LINES: usize = MAX_ROWS + 1_000;
/// The most cells of a line.
const MAX_CELLS: usize = 1_000;

/// A record of the file: mostly one line, more where a quoted cell has line breaks.
pub(super) struct Line {
    pub number: u64,
    /// Where it starts, in bytes from the start of the text.
    at: usize,
    cells: StringRecord,
}

impl Line {
    /// A cell, counted from 1; empty beyond the end.
    pub fn cell(&self, number: usize) -> &str {
        number.checked_sub(1).and_then(|index| self.cells.get(index)).unwrap_or_default()
    }

    /// How many cells there are.
    pub fn width(&self) -> usize {
        self.cells.len()
    }

    /// Whether no cell has text.
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

pub(super) fn split(text: &str, problems: &mut Vec<Problem>) -> (Vec<Line>, Delimiter) {
    let (start, stated) = preface(text, problems);
    let body = text.get(start..).unwrap_or_default();
    let first = body.split(['\r', '\n']).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let delimiter = stated.unwrap_or_else(|| sniff(first));
    let first_line = line_number(text, start);
    if let Some(problem) = too_wide(text, delimiter) {
        problems.push(problem);
        return (Vec::new(), delimiter);
    }

    let mut lines = records(text, start, delimiter, true);
    let first_quote = body.find('"').map(|at| line_number(text, start + at));
    let is_whole = lines.len() < MAX_LINES;
    if is_whole && swallowed(&lines, text, delimiter) {
        lines = records(text, start, delimiter, false);
        lines.iter_mut().for_each(unquote);
        let line = unclosed_line(text).or(first_quote).unwrap_or(first_line);
        problems.push(
            Problem::repaired("file-quote-unclosed", "a quotation mark is opened here and never closed")
                .line(line)
                .fix("All quotation marks were taken as text and cut off around cells."),
        );
    } else if let Some(line) = first_quote {
        let message = "the file has quotation marks, from here on; the portal takes none";
        problems.push(
            Problem::repaired("file-quoted", message).line(line).fix("Quotation marks were taken off."),
        );
    }
    if delimiter != Delimiter::Comma {
        let message = format!("the cells are parted by {delimiter}; the portal takes commas only");
        let fix = "Read as it is; the corrected file is written with commas.";
        problems.push(Problem::repaired("file-delimiter", message).line(first_line).fix(fix));
    }
    (lines, delimiter)
}

/// No hash file is that wide; each cell costs memory.
fn too_wide(text: &str, delimiter: Delimiter) -> Option<Problem> {
    let sign = char::from(delimiter.byte());
    let widest = text.split(['\r', '\n']).find(|line| line.matches(sign).count() > MAX_CELLS)?;
    let message = format!("a line has more than {MAX_CELLS} cells, which no file of hashes has");
    let problem = Problem::error("file-not-hashes", message).fix("Choose the file with the hashes.");
    Some(problem.line(line_number(text, text.find(widest)?)))
}

/// Skips what spreadsheet programs and PowerShell write above the header.
fn preface(text: &str, problems: &mut Vec<Problem>) -> (usize, Option<Delimiter>) {
    let mut start = 0;
    let mut stated = None;
    // Each once: a file of such lines is no preface.
    let (mut separated, mut typed) = (false, false);
    loop {
        let rest = text.get(start..).unwrap_or_default();
        let line = rest.split(['\r', '\n']).next().unwrap_or_default();
        let plain = line.trim().trim_matches('"');
        let is_separator = plain.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("sep="));
        let (code, message) = if line.trim().is_empty() && !rest.is_empty() {
            start += line.len() + line_break(rest.get(line.len()..).unwrap_or_default());
            continue;
        } else if is_separator && !separated {
            separated = true;
            let sign = line.trim_start().trim_start_matches('"').as_bytes().get(4).copied();
            stated = Delimiter::ALL.into_iter().find(|delimiter| Some(delimiter.byte()) == sign);
            (
                "file-separator-line",
                "this line is for a spreadsheet program; the portal takes it for the header",
            )
        } else if plain.starts_with("#TYPE") && !typed {
            typed = true;
            (
                "file-type-line",
                "PowerShell wrote this line above the header; the portal takes it for the header",
            )
        } else {
            return (start, stated);
        };
        problems
            .push(Problem::repaired(code, message).line(line_number(text, start)).fix("It was left out."));
        start += line.len() + line_break(rest.get(line.len()..).unwrap_or_default());
    }
}

fn line_break(text: &str) -> usize {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// The delimiter that finds most of the known names in the first line, else the most frequent one.
fn sniff(first: &str) -> Delimiter {
    let mut best = (Delimiter::Comma, (0, 0));
    for delimiter in Delimiter::ALL {
        let sign = char::from(delimiter.byte());
        let known = first.split(sign).filter(|name| header::is_known(name)).count();
        let score = (known, first.matches(sign).count());
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    best.0
}

fn records(text: &str, start: usize, delimiter: Delimiter, quoting: bool) -> Vec<Line> {
    let body = text.get(start..).unwrap_or_default();
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.byte())
        .quoting(quoting)
        .from_reader(body.as_bytes());
    let mut counter = Counter { bytes: text.as_bytes(), at: 0, line: 1 };
    let mut lines = Vec::new();
    let mut cells = StringRecord::new();
    // Text is valid UTF-8 and records may have any length, so that reading cannot fail.
    while lines.len() < MAX_LINES && reader.read_record(&mut cells).is_ok_and(|more| more) {
        let at = cells.position().map_or(0, ::csv::Position::byte);
        let number = counter.line_at(start.saturating_add(usize::try_from(at).unwrap_or(usize::MAX)));
        lines.push(Line { number, at: counter.at, cells: cells.clone() });
    }
    lines
}

/// Counts lines as an editor does; the `csv` crate counts LF only.
struct Counter<'t> {
    bytes: &'t [u8],
    at: usize,
    line: u64,
}

impl Counter<'_> {
    /// The line of a record that starts at `at` or after the line breaks there.
    fn line_at(&mut self, at: usize) -> u64 {
        while let Some(byte) = self.bytes.get(self.at) {
            let is_break = matches!(byte, b'\r' | b'\n');
            if self.at >= at && !is_break {
                break;
            }
            let next_is_lf = self.bytes.get(self.at + 1) == Some(&b'\n');
            if is_break && !(*byte == b'\r' && next_is_lf) {
                self.line += 1;
            }
            self.at += 1;
        }
        self.line
    }
}

fn line_number(text: &str, at: usize) -> u64 {
    let before = text.get(..at).unwrap_or(text).as_bytes();
    let mut counter = Counter { bytes: before, at: 0, line: 1 };
    counter.line_at(before.len())
}

/// Whether a quote that is never closed has eaten lines: then a cell has a line break and a delimiter in it, or
/// the text ends within quotes.
fn swallowed(lines: &[Line], text: &str, delimiter: Delimiter) -> bool {
    let sign = char::from(delimiter.byte());
    let over_lines =
        |line: &Line| line.cells.iter().any(|cell| cell.contains(['\r', '\n']) && cell.contains(sign));
    let ends_open = |line: &Line| {
        let probe = format!("{}\nend", text.get(line.at..).unwrap_or_default());
        records(&probe, 0, delimiter, true)
            .last()
            .is_none_or(|line| line.cell(1) != "end" || line.width() > 1)
    };
    lines.iter().any(over_lines) || lines.last().is_some_and(ends_open)
}

fn unclosed_line(text: &str) -> Option<u64> {
    let mut counter = Counter { bytes: text.as_bytes(), at: 0, line: 1 };
    let mut start = 0;
    for line in text.split_inclusive(['\r', '\n']) {
        if line.matches('"').count() % 2 == 1 {
            return Some(counter.line_at(start));
        }
        start += line.len();
    }
    None
}

/// Takes the quotes off the cells of a line that was read without regard to them.
fn unquote(line: &mut Line) {
    line.cells = line
        .cells
        .iter()
        .map(|cell| {
            let inner = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            inner.map_or_else(|| cell.to_owned(), |inner| inner.replace("\"\"", "\""))
        })
        .collect();
}
