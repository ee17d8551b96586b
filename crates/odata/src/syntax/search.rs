//! `$search`: words and phrases with `NOT`, `AND` and `OR`.
//!
//! Comes in: a cursor at the text, which has a grammar of its own and no tokens in common with expressions.
//! Goes out: a [`Search`]. It ends before a semicolon or a closing parenthesis inside nested options. `AND`,
//! `OR` and `NOT` are operators only where both sides (for `NOT`, the one) can be found, else they are words.
//! Specification: OData 4.01 URL Conventions, 5.1.7; ABNF `searchExpr`.

use crate::error::{Error, Span};

use super::ast::Search;
use super::cursor::Cursor;
use super::lex;

/// Reads a search expression.
pub(super) fn search(cursor: &mut Cursor<'_>) -> Result<Search, Error> {
    skip_blanks(cursor);
    let search = if cursor.raw().starts_with('\'') { incomplete(cursor)? } else { alternatives(cursor)? };
    if !cursor.strictness.is_strict() {
        skip_blanks(cursor);
    }
    Ok(search)
}

/// What a person has typed so far, in single quotes.
fn incomplete(cursor: &mut Cursor<'_>) -> Result<Search, Error> {
    match lex::quoted(cursor.raw()) {
        Some((text, length)) => {
            legal(cursor, length)?;
            cursor.take_raw(length);
            Ok(Search::Incomplete(text))
        }
        None => Err(expected(cursor, "a closing single quote")),
    }
}

fn alternatives(cursor: &mut Cursor<'_>) -> Result<Search, Error> {
    let mut terms = vec![conjunction(cursor)?];
    while take_operator(cursor, "OR")? {
        terms.push(conjunction(cursor)?);
    }
    Ok(one_or(terms, Search::Or))
}

fn conjunction(cursor: &mut Cursor<'_>) -> Result<Search, Error> {
    let mut terms = vec![term(cursor)?];
    loop {
        let gap = blanks(cursor.raw());
        if gap == 0 || ends(cursor, gap) || is_operator(cursor, gap, "OR") {
            return Ok(one_or(terms, Search::And));
        }
        if !take_operator(cursor, "AND")? {
            // Two terms side by side are both wanted.
            cursor.count_operator()?;
            skip_blanks(cursor);
        }
        terms.push(term(cursor)?);
    }
}

fn one_or(mut terms: Vec<Search>, many: fn(Vec<Search>) -> Search) -> Search {
    match terms.pop() {
        Some(only) if terms.is_empty() => only,
        last => {
            terms.extend(last);
            many(terms)
        }
    }
}

fn term(cursor: &mut Cursor<'_>) -> Result<Search, Error> {
    let raw = cursor.raw();
    if is_operator(cursor, 0, "NOT") {
        cursor.count_operator()?;
        cursor.take_raw("NOT".len());
        skip_blanks(cursor);
        return cursor.deeper(term).map(|negated| Search::Not(Box::new(negated)));
    }
    if raw.starts_with('(') {
        cursor.take_raw(1);
        return cursor.deeper(|cursor| {
            skip_blanks(cursor);
            let inside = alternatives(cursor)?;
            skip_blanks(cursor);
            match cursor.take_raw(1) {
                ")" => Ok(inside),
                _ => Err(expected(cursor, "')'")),
            }
        });
    }
    if let Some(phrase) = raw.strip_prefix('"') {
        return match phrase.split_once('"') {
            Some((phrase, _)) if !phrase.is_empty() => {
                legal(cursor, phrase.len())?;
                cursor.take_raw(phrase.len() + 2);
                Ok(Search::Phrase(phrase.to_owned()))
            }
            _ => Err(expected(cursor, "a phrase and a closing double quote")),
        };
    }
    match word_length(cursor) {
        0 => Err(expected(cursor, "a word")),
        length => Ok(match cursor.take_raw(length).to_owned() {
            // Printed as a word it could not be told from the end of an option.
            word if word.contains(';') => Search::Phrase(word),
            word => Search::Word(word),
        }),
    }
}

/// In strict reading, what is next may have few characters besides letters and digits that are not escaped.
fn legal(cursor: &Cursor<'_>, length: usize) -> Result<(), Error> {
    let is_legal = |found: char| found.is_ascii_alphanumeric() || "-._~!()*+,;:@/?$='\" ".contains(found);
    let start = cursor.position();
    let text = cursor.raw().get(..length).unwrap_or_default();
    let illegal = |&(at, found): &(usize, char)| !is_legal(found) && !cursor.is_escaped(start + at);
    match text.char_indices().find(illegal).filter(|_| cursor.strictness.is_strict()) {
        Some((at, found)) => Err(Error::unexpected_character(found, start + at, cursor.text)),
        None => Ok(()),
    }
}

fn word_length(cursor: &Cursor<'_>) -> usize {
    let raw = cursor.raw();
    if raw.starts_with('\'') {
        return 0;
    }
    // A semicolon that was percent-encoded separates nothing, and neither does any at the top.
    let separates = cursor.in_options() || cursor.strictness.is_strict();
    let ends_word = |&(at, found): &(usize, char)| match found {
        ' ' | '\t' | '"' | '(' | ')' => true,
        ';' => separates && !cursor.is_escaped(cursor.position() + at),
        '&' | '\\' | '{' | '}' | '[' | ']' => {
            cursor.strictness.is_strict() && !cursor.is_escaped(cursor.position() + at)
        }
        _ => false,
    };
    raw.char_indices().find(ends_word).map_or(raw.len(), |(at, _)| at)
}

/// Takes the operator with the blanks around it, if it is next and something to apply it to follows.
fn take_operator(cursor: &mut Cursor<'_>, operator: &str) -> Result<bool, Error> {
    let gap = blanks(cursor.raw());
    let found = gap > 0 && is_operator(cursor, gap, operator);
    if found {
        cursor.count_operator()?;
        cursor.take_raw(gap + operator.len());
        skip_blanks(cursor);
    }
    Ok(found)
}

/// Whether the operator stands this far ahead, and something to apply it to behind it.
fn is_operator(cursor: &Cursor<'_>, ahead: usize, operator: &str) -> bool {
    let Some(behind) = cursor.raw().get(ahead..).and_then(|raw| raw.strip_prefix(operator)) else {
        return false;
    };
    let gap = blanks(behind);
    gap > 0 && !ends(cursor, ahead + operator.len() + gap)
}

/// Whether the search ends this far ahead. A semicolon that was percent-encoded is part of a word.
fn ends(cursor: &Cursor<'_>, ahead: usize) -> bool {
    match cursor.raw().get(ahead..).unwrap_or_default().chars().next() {
        None | Some(')') => true,
        Some(';') => !cursor.is_escaped(cursor.position() + ahead),
        Some(_) => false,
    }
}

fn blanks(raw: &str) -> usize {
    raw.len() - raw.trim_start_matches([' ', '\t']).len()
}

fn skip_blanks(cursor: &mut Cursor<'_>) {
    cursor.take_raw(blanks(cursor.raw()));
}

fn expected(cursor: &Cursor<'_>, expected: &str) -> Error {
    let at = cursor.position();
    match cursor.raw().chars().next() {
        Some(found) => {
            let span = Span::new(at, at + found.len_utf8());
            Error::expected(expected, &format!("'{found}'"), span, cursor.text)
        }
        None => Error::expected(expected, "the end", Span::new(at, at), cursor.text),
    }
}
