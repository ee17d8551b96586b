//! Aligned columns for people: a heading, a row a line, cut to the width of the terminal.
//!
//! One entity becomes two columns, its members and their values. Where the terminal is too narrow, the
//! widest columns give way first, and identifiers last, because people copy them. Sentences continue on
//! the next line; everything else is cut.

use serde_json::Value;

use super::cell;
use super::columns::{Kind, Rows, properties};

/// What the table is printed on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paper {
    /// The columns of the terminal; none when the table goes into a file.
    pub width: Option<usize>,
    /// Whether colours may be used.
    pub colours: bool,
}

const GAP: &str = "  ";
/// No column becomes narrower than this before identifiers are cut too.
const NARROW: usize = 8;
/// The columns that hold sentences.
const SENTENCES: [&str; 4] = ["Problem", "Fix", "Meaning", "Problems"];

/// The value as a table; a bare value as a line.
pub fn write(value: &Value, kind: Kind, paper: Paper) -> String {
    let mut rows = match value {
        Value::Null => return String::new(),
        Value::Object(_) => Rows {
            headings: Vec::new(),
            cells: properties(value, kind).into_iter().map(|(name, text)| vec![name, text]).collect(),
        },
        _ => Rows::of_kind(value, kind),
    };
    for text in rows.cells.iter_mut().flatten() {
        *text = cell::printable(text);
    }
    let widths = fitted(&rows, paper.width);
    let mut out = String::new();
    if !rows.headings.is_empty() {
        line(&mut out, &rows.headings, &widths, |text| paint(text, "1", paper.colours));
    }
    let is_sentence = |at: usize| match rows.headings.get(at) {
        Some(heading) => SENTENCES.contains(&heading.as_str()),
        None => at == 1,
    };
    for cells in &rows.cells {
        for cells in lines(cells, &widths, is_sentence) {
            line(&mut out, &cells, &widths, |text| match colour(text.trim_end()) {
                Some(code) => paint(text, code, paper.colours),
                None => text.to_owned(),
            });
        }
    }
    out
}

/// One row as the lines it takes.
fn lines(cells: &[String], widths: &[usize], is_sentence: impl Fn(usize) -> bool) -> Vec<Vec<String>> {
    let mut lines = vec![vec![String::new(); cells.len()]];
    for (at, (text, width)) in cells.iter().zip(widths).enumerate() {
        let parts = if is_sentence(at) { wrapped(text, *width) } else { vec![cell::cut(text, *width)] };
        for (number, part) in parts.into_iter().enumerate() {
            if lines.len() == number {
                lines.push(vec![String::new(); cells.len()]);
            }
            if let Some(place) = lines.get_mut(number).and_then(|line| line.get_mut(at)) {
                *place = part;
            }
        }
    }
    lines
}

/// A sentence in lines of at most so many columns, parted between words where that is possible.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            *line = cell::cut(word, columns);
        } else if cell::width(line) + 1 + cell::width(word) <= columns {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(cell::cut(word, columns));
        }
    }
    lines
}

fn line(out: &mut String, cells: &[String], widths: &[usize], paint: impl Fn(&str) -> String) {
    let last = cells.len().saturating_sub(1);
    for (at, (text, width)) in cells.iter().zip(widths).enumerate() {
        let mut text = cell::cut(text, *width);
        if at < last {
            text.push_str(&" ".repeat(width.saturating_sub(cell::width(&text))));
        }
        out.push_str(&paint(&text));
        if at < last {
            out.push_str(GAP);
        }
    }
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

/// The width of each column, together at most what the paper has.
fn fitted(rows: &Rows, paper: Option<usize>) -> Vec<usize> {
    let columns = rows.cells.iter().map(Vec::len).max().unwrap_or(0).max(rows.headings.len());
    let mut widths = vec![0; columns];
    for cells in std::iter::once(&rows.headings).chain(&rows.cells) {
        for (width, text) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell::width(text));
        }
    }
    let Some(paper) = paper else { return widths };
    let room = paper.saturating_sub(GAP.len() * columns.saturating_sub(1));
    let is_id = |index: usize| rows.headings.get(index).is_some_and(|heading| heading == "Id");
    for (narrowest, spare_ids) in [(NARROW, true), (3, false)] {
        while widths.iter().sum::<usize>() > room {
            let widest = widths.iter_mut().enumerate().filter(|(index, _)| !(spare_ids && is_id(*index)));
            match widest.map(|(_, width)| width).max_by_key(|width| **width) {
                Some(width) if *width > narrowest => *width -= 1,
                _ => break,
            }
        }
    }
    widths
}

fn colour(text: &str) -> Option<&'static str> {
    match text {
        "complete" | "enrolled" => Some("32"),
        "error" | "failed" => Some("31"),
        "unknown" | "pending" | "partial" | "warning" => Some("33"),
        _ => None,
    }
}

fn paint(text: &str, code: &str, colours: bool) -> String {
    if colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_align_and_fit() {
        let uploads = json!([
            { "id": "8d639524-9524-8d63-2495-638d2495638d", "status": "pending", "createdDateTimeUtc": "2016" },
            { "id": "東京", "status": "error\u{1b}[0m", "createdDateTimeUtc": "2017" },
        ]);
        insta::assert_snapshot!(write(&uploads, Kind::Uploads, Paper::default()), @r"
        Id                                    Created  Status
        8d639524-9524-8d63-2495-638d2495638d  2016     pending
        東京                                  2017     error\u{1b}[0m
        ");
        let narrow = write(&uploads, Kind::Uploads, Paper { width: Some(30), colours: false });
        assert!(narrow.lines().all(|line| cell::width(line) <= 30), "{narrow}");
    }

    #[test]
    fn one_entity_is_a_list_of_its_members() {
        let device = json!({ "id": "x", "state": { "deviceErrorCode": 0 } });
        insta::assert_snapshot!(write(&device, Kind::Imported, Paper::default()), @r"
        state.deviceErrorCode  0
        id                     x
        ");
    }

    #[test]
    fn sentences_go_on_in_the_next_line() {
        let problems =
            json!([{ "line": 7, "message": "the row says A1 and the hash says B2", "code": "serial" }]);
        insta::assert_snapshot!(write(&problems, Kind::Problems, Paper { width: Some(32), colours: false }), @r"
        Line  Code    Problem
        7     serial  the row says A1
                      and the hash says
                      B2
        ");
    }

    #[test]
    fn colours_are_for_whole_cells_of_known_words() {
        let paper = Paper { width: None, colours: true };
        let text = write(&json!([{ "id": "error-free", "status": "error" }]), Kind::Uploads, paper);
        assert!(text.ends_with("error-free  \u{1b}[31merror\u{1b}[0m\n"), "{text:?}");
    }
}
