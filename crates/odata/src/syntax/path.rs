//! The resource path: text between slashes to segments.
//!
//! Comes in: the percent-encoded path below the service root. Goes out: one [`Segment`] per step. What a
//! segment means is for the binder to say; here only names, parentheses and what may stand in them are told
//! apart. A segment that does not look like a name is taken as a key of its own (`People/O'Neil`).
//! Specification: OData 4.01 URL Conventions, 2 "URL Components" and 4 "Resource Path"; ABNF section 1.

use crate::error::{Error, Span};

use super::ast::{Argument, ExprKind, Segment};
use super::cursor::{Cursor, Strictness};
use super::expr::{expression, key};
use super::lex;
use super::percent::Decoded;
use super::{MAX_LENGTH, MAX_SEGMENTS};

/// Reads a path.
pub(super) fn path(raw: &str, strictness: Strictness) -> Result<Vec<Segment>, Error> {
    let mut raw = raw;
    if !strictness.is_strict() {
        raw = raw.strip_prefix('/').unwrap_or(raw);
        // Clients write `…Identities/?$filter=`: one empty segment at the end says nothing.
        raw = raw.strip_suffix('/').unwrap_or(raw);
    }
    if raw.is_empty() {
        return Ok(Vec::new());
    }
    if raw.len() > MAX_LENGTH {
        return Err(Error::too_complex(format_args!("the path is longer than {MAX_LENGTH} bytes")));
    }
    let mut decoded = Decoded::default();
    decoded.text.to_mut().reserve(raw.len() + 1);
    let mut segments = Vec::new();
    for part in parts(raw) {
        if segments.len() == MAX_SEGMENTS {
            return Err(Error::too_complex(format_args!("the path has more than {MAX_SEGMENTS} segments")));
        }
        // The slash is part of the path that spans count in, and the first is not said in strict reading.
        if !(strictness.is_strict() && segments.is_empty()) {
            decoded.text.to_mut().push('/');
        }
        if part.is_empty() {
            let at = Span::new(decoded.text.len(), decoded.text.len());
            return Err(Error::expected("a name", "an empty segment", at, &decoded.text));
        }
        let start = decoded.text.len();
        decoded.push_path(part, strictness)?;
        let segment = segment(&decoded, start, strictness)?;
        if segments.last().is_some_and(ends_path) {
            return Err(Error::segment_not_found(&segment.name).at(segment.span));
        }
        segments.push(segment);
    }
    Ok(segments)
}

/// Whether nothing can follow the segment.
fn ends_path(segment: &Segment) -> bool {
    matches!(segment.name.as_str(), "$count" | "$ref" | "$value" | "$query" | "$batch" | "$metadata")
}

/// The text between slashes, but for slashes inside `$filter(...)`, which belong to its expression.
fn parts(raw: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut left = raw;
    loop {
        // A condition without end takes all that is left, which then is looked at only once.
        let end = match left.strip_prefix("$filter(").or_else(|| left.strip_prefix("$filter%28")) {
            Some(inside) => left.len() - inside.len() + length_of_condition(inside).unwrap_or(inside.len()),
            None => 0,
        };
        match left.get(end..).unwrap_or_default().find('/') {
            Some(slash) => {
                let (part, behind) = left.split_at(end + slash);
                parts.push(part);
                left = behind.strip_prefix('/').unwrap_or(behind);
            }
            None => {
                parts.push(left);
                return parts;
            }
        }
    }
}

/// How far it is to the parenthesis that closes `$filter(`.
fn length_of_condition(inside: &str) -> Option<usize> {
    let (mut open, mut in_quotes, mut at) = (1_usize, false, 0);
    while let Some(left) = inside.get(at..).filter(|left| !left.is_empty()) {
        let (character, length) = match left.get(..3) {
            Some("%27") => ('\'', 3),
            Some("%28") => ('(', 3),
            Some("%29") => (')', 3),
            _ => left.chars().next().map_or((' ', 1), |character| (character, character.len_utf8())),
        };
        match character {
            '\'' => in_quotes = !in_quotes,
            '(' if !in_quotes => open += 1,
            ')' if !in_quotes => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
        at += length;
    }
    None
}

/// Reads the segment that begins at byte `start` of the path and ends with it.
fn segment(source: &Decoded<'_>, start: usize, strictness: Strictness) -> Result<Segment, Error> {
    let path = source.text.as_ref();
    let text = path.get(start..).unwrap_or_default();
    let whole = Span::new(start, path.len());
    let name = match text.strip_prefix('$') {
        Some(behind) => text.get(..1 + lex::name_part_length(behind)),
        None => text.get(..lex::name_length(text)),
    };
    let name = name.unwrap_or_default();
    let behind = text.get(name.len()..).unwrap_or_default();
    let is_first = !path.get(1..start).is_some_and(|before| before.contains('/'));
    match behind.chars().next() {
        None => return Ok(Segment { name: name.to_owned(), arguments: None, key: None, span: whole }),
        Some('(') if !name.is_empty() => {}
        Some(character) if is_first => {
            return Err(Error::unexpected_character(character, start + name.len(), path));
        }
        Some(_) => return Ok(Segment { name: text.to_owned(), arguments: None, key: None, span: whole }),
    }

    let mut cursor = Cursor::new(source, start + name.len(), strictness)?;
    let start = cursor.peek()?.span;
    let arguments = if name == "$filter" {
        cursor.expect_symbol('(')?;
        cursor.tight()?;
        let condition = cursor.deeper(expression)?;
        cursor.tight()?;
        cursor.expect_symbol(')')?;
        Some(vec![Argument { name: None, value: condition }])
    } else {
        let (arguments, _) = key(&mut cursor, start)?;
        if name != "$crossjoin" {
            constants(arguments.as_deref(), path)?;
        }
        arguments
    };
    let (key, _) = key(&mut cursor, start)?;
    constants(key.as_deref(), path)?;
    cursor.expect_end()?;
    Ok(Segment { name: name.to_owned(), arguments, key, span: whole })
}

/// Keys and arguments in a path are literals or aliases; anything else has to go through an alias.
fn constants(arguments: Option<&[Argument]>, path: &str) -> Result<(), Error> {
    for argument in arguments.unwrap_or_default() {
        let value = &argument.value;
        if !matches!(value.kind, ExprKind::Literal(_)) && value.as_alias().is_none() {
            let found = path.get(value.span.start..value.span.end).unwrap_or_default();
            return Err(Error::expected(
                "a literal or a parameter alias",
                &format!("'{found}'"),
                value.span,
                path,
            ));
        }
    }
    Ok(())
}
