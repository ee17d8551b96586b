//! What spreadsheets, mail programs and scripts put around a text, and how to take it off.
//!
//! In: a cell as in the file. Out: the text that was meant, with a problem for each thing taken off or found
//! inside. Only what cannot be part of a serial number, key, tag or name is taken off.
//! Source: damage that people report; `="…"` and `'` are how spreadsheets keep digits as text.

use crate::csv::write::is_ansi;
use crate::device_record::Field;
use crate::problem::{Problem, shown};
use std::borrow::Cow;

/// The text that was meant.
pub(super) fn tidy(text: &str, field: Field, problems: &mut Vec<Problem>) -> String {
    let visible = match field {
        // Those in a hash are blanks of Base64.
        Field::HardwareHash => Cow::Borrowed(text),
        _ => without_invisible(text),
    };
    let mut found = Vec::new();
    if visible.len() < text.len() {
        found.push("cell-invisible");
    }
    let mut rest = visible.as_ref();
    // Wrappers come in any order, `"'ABC "`; each round takes one off.
    while let Some((inner, code)) = unwrap(rest, field) {
        rest = inner;
        if !found.contains(&code) {
            found.push(code);
        }
    }
    problems.extend(found.into_iter().map(|code| wrapper(code).on(field)));
    if field != Field::HardwareHash {
        problems.extend(inside(rest, field).map(|problem| problem.on(field)));
    }
    rest.to_owned()
}

fn without_invisible(text: &str) -> Cow<'_, str> {
    if text.contains(is_invisible) { Cow::Owned(text.replace(is_invisible, "")) } else { Cow::Borrowed(text) }
}

fn unwrap(text: &str, field: Field) -> Option<(&str, &'static str)> {
    let is_hash = field == Field::HardwareHash;
    let inner = text.trim_matches(is_blank);
    // The blanks of a hash are told by its own code, `hash-blanks`.
    if inner.len() < text.len() && (!is_hash || is_wrapped(inner)) {
        return Some((inner, "cell-blanks"));
    }
    if field != Field::GroupTag {
        if let Some(inner) = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
            return Some((inner, "cell-formula"));
        }
        let after = text.strip_prefix(['\'', '’', '`']);
        if let Some(rest) = after.filter(|rest| !rest.is_empty()) {
            return Some((rest.trim_end_matches(['\'', '’', '`']), "cell-apostrophe"));
        }
    } else if let Some(rest) = text.strip_prefix('\'')
        && rest.starts_with(['=', '+', '-', '@'])
    {
        return Some((rest, "cell-apostrophe"));
    }
    let inner = text.trim_matches(QUOTES);
    (inner.len() < text.len()).then_some((inner, "cell-quoted"))
}

fn is_wrapped(text: &str) -> bool {
    text.starts_with(['"', '“', '”', '„', '\'', '’', '`', '=']) || text.ends_with(QUOTES)
}

const QUOTES: [char; 4] = ['"', '“', '”', '„'];

fn wrapper(code: &'static str) -> Problem {
    let (message, fix) = match code {
        "cell-formula" => {
            ("the text is written as a spreadsheet formula, =\"…\"", "The text inside was taken.")
        }
        "cell-apostrophe" => {
            ("the text starts with an apostrophe, which spreadsheets put before text", "Taken off.")
        }
        "cell-quoted" => ("the text has quotation marks around it", "Taken off."),
        "cell-invisible" => {
            ("the text has invisible characters in it, as copied from a web page", "Taken out.")
        }
        _ => ("the text has blanks before or after it", "Taken off."),
    };
    Problem::repaired(code, message).fix(fix)
}

/// What is wrong with the text itself.
fn inside(text: &str, field: Field) -> impl Iterator<Item = Problem> {
    let control = text.chars().zip(1..).find(|(character, _)| character.is_control()).map(|(found, at)| {
        let message = format!("character {at} is the control character {}", found.escape_unicode());
        Problem::error("cell-control-character", message).fix("Take it out; a line break may be one, too.")
    });
    let formula = text.starts_with('=').then(|| {
        let message = format!("{} starts with \"=\": a spreadsheet would take it for a formula", shown(text));
        Problem::warning("cell-formula-start", message).fix("Check what was meant; it is taken as it stands.")
    });
    let comma = text.contains([',', '"']).then(|| {
        let message = format!("{} has a comma or quotation mark in it", shown(text));
        let fix = "The service takes it; the portal's file cannot hold it, for it allows no quotation marks.";
        Problem::warning("cell-comma", message).fix(fix)
    });
    let ansi = text.chars().find(|character| !character.is_control() && !is_ansi(*character)).map(|found| {
        let message = format!("{} is no character of the ANSI code page", shown(&found.to_string()));
        Problem::warning("cell-not-ansi", message)
            .fix("The service takes it; the portal's file cannot hold it.")
    });
    // A serial number or user with these is refused elsewhere or not at all; a user is told by its shape.
    let comma = comma.filter(|_| field != Field::AssignedUser);
    control.into_iter().chain(formula).chain(comma).chain(ansi)
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || is_invisible(character)
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
}
