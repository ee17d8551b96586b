//! The hash file that people really have: any encoding, delimiter, header and spelling of it.
//!
//! In: the bytes of a file. Out: a [`Sheet`] of [`Row`]s whose cells are as in the file (quotes of the format
//! taken off, nothing trimmed), and a list of what was odd about its form. No row is dropped in silence.
//! What is in the cells is judged by `check`; `write` makes the strict file that the portal takes.
//! Source: <https://learn.microsoft.com/en-us/autopilot/add-devices> (Intune's rules: five columns,
//! case-sensitive header, no quotation marks, ANSI, 500 rows); older headers as the community scripts write.

mod encoding;
mod header;
mod lines;
pub mod write;

pub use crate::device_record::{DeviceRecord, Field};
pub use encoding::Encoding;
pub use header::{Columns, Header};
pub use lines::Delimiter;

use crate::problem::Problem;
use header::Recognised;
use lines::Line;

/// The most rows that are read from one file.
pub const MAX_ROWS: usize = 100_000;

/// A hash file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The devices, in order.
    pub rows: Vec<Row>,
    /// What is odd about the file's form, in the order of lines.
    pub problems: Vec<Problem>,
    /// Which form that is.
    pub form: Form,
}

/// A device and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line, counted from 1; for a record over several lines, the first.
    pub line: u64,
    /// The texts as in the file.
    pub record: DeviceRecord,
    /// Which column each of them came from.
    pub columns: Columns,
}

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// How its characters are written.
    pub encoding: Encoding,
    /// Whether a byte order mark came first.
    pub byte_order_mark: bool,
    /// What parts its cells.
    pub delimiter: Delimiter,
    /// Which header it has.
    pub header: Header,
}

/// Reads a hash file. Never fails: what cannot be read is a problem of the sheet.
///
/// ```
/// let sheet = autopilot::csv::read(b"Serial Number;Hardware Hash\r\nABC;T0E\r\n");
/// assert_eq!(sheet.rows[0].record.serial_number, "ABC");
/// assert_eq!(sheet.rows[0].line, 2);
/// ```
pub fn read(bytes: &[u8]) -> Sheet {
    let text = encoding::decode(bytes);
    let mut problems: Vec<Problem> = text.problem.into_iter().collect();
    let (lines, delimiter) = match text.text {
        Some(text) => lines::split(&text, &mut problems),
        None => (Vec::new(), Delimiter::Comma),
    };
    let recognised = header::recognise(&lines);
    problems.extend(recognised.problems.iter().cloned());
    let rows = rows(&lines, &recognised, &mut problems);

    // The sort is stable: what was found first on a line stays first.
    problems.sort_by_key(|problem| problem.line);
    let Recognised { header, .. } = recognised;
    let form = Form { encoding: text.encoding, byte_order_mark: text.byte_order_mark, delimiter, header };
    Sheet { rows, problems, form }
}

fn rows(lines: &[Line], recognised: &Recognised, problems: &mut Vec<Problem>) -> Vec<Row> {
    let Some(columns) = recognised.columns else { return Vec::new() };
    let mut rows = Vec::new();
    let mut blank = Vec::new();
    for line in lines.iter().skip(recognised.header_lines) {
        if line.is_blank() {
            blank.push(line.number);
        } else if header::is_header_again(line) {
            let message = "this is a header again, as when files are put together";
            problems.push(
                Problem::repaired("header-repeated", message).line(line.number).fix("It was left out."),
            );
        } else if rows.len() == MAX_ROWS {
            let message = format!("the file has more than {MAX_ROWS} rows; the rest was not read");
            problems
                .push(Problem::error("file-too-many-rows", message).line(line.number).fix("Split the file."));
            break;
        } else {
            problems.extend(recognised.width.and_then(|width| too_long(line, width)));
            rows.push(row(line, columns, recognised.order_id));
        }
    }
    if lines.len() == lines::MAX_LINES && rows.len() < MAX_ROWS {
        let message = "the file has too many lines; those beyond were not read";
        problems.push(Problem::error("file-too-many-rows", message).fix("Take the lines without text out."));
    }
    if let Some(first) = blank.first() {
        let message = match blank.len() {
            1 => "the row has delimiters and no text".to_owned(),
            count => format!("{count} rows have delimiters and no text; this is the first"),
        };
        problems.push(Problem::repaired("row-blank", message).line(*first).fix("Left out."));
    }
    if rows.is_empty() {
        problems.push(
            Problem::error("file-no-rows", "the file has a header and no devices")
                .fix("Export the hashes again."),
        );
    }
    rows
}

fn row(line: &Line, mut columns: Columns, order_id: Option<usize>) -> Row {
    // Older files have both columns and fill one of them.
    if order_id.is_some()
        && columns.number(Field::GroupTag).is_none_or(|tag| line.cell(tag).trim().is_empty())
    {
        columns.set(Field::GroupTag, order_id);
    }
    let mut record = DeviceRecord::default();
    for field in Field::ALL {
        if let Some(number) = columns.number(field) {
            line.cell(number).clone_into(record.text_mut(field));
        }
    }
    Row { line: line.number, record, columns }
}

fn too_long(line: &Line, width: usize) -> Option<Problem> {
    let beyond = (width + 1..=line.width()).find(|number| !line.cell(*number).trim().is_empty())?;
    let message =
        format!("the row has {} cells and the header has {width}: the cells have shifted", line.width());
    let problem = Problem::error("row-too-long", message).line(line.number).column(beyond, "(no header)");
    Some(problem.fix("A delimiter inside a text, often in the group tag: take it out."))
}
