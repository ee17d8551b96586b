//! The query string: system query options, parameter aliases, and the rest.
//!
//! Comes in: the raw query string, or a cursor behind the opening parenthesis of nested options. Goes out:
//! [`Options`]. System query options are known with and without `$` and in any letter case; giving one twice
//! is an error, whatever the spelling. What OData does not know is kept aside if it has no `$` and refused if
//! it has.
//! Specification: OData 4.01 URL Conventions, 5 "Query Options"; ABNF section 2.

mod strict;
mod system;

use crate::error::{Error, Span};

use super::MAX_OPTIONS;
use super::apply::transformations;
use super::ast::{ComputeItem, Given, Levels, Options, OrderItem};
use super::cursor::{Cursor, Strictness};
use super::expr::expression;
use super::lex::{self, Token, TokenKind};
use super::percent::Decoded;
use super::search::search;
use super::shape;

pub use system::SystemOption;

/// Reads a query string.
pub(super) fn query(raw: &str, strictness: Strictness) -> Result<Options, Error> {
    let mut options = Options::default();
    let parts = raw.split('&').filter(|part| strictness.is_strict() || !part.is_empty());
    for (count, part) in parts.enumerate() {
        if count == MAX_OPTIONS {
            return Err(Error::too_complex(format_args!("there are more than {MAX_OPTIONS} query options")));
        }
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (part, None),
        };
        if strictness.is_strict() {
            strict::option(name, value)?;
        }
        let name = Decoded::query(name, strictness)?.text;
        let value = value.map(|value| Decoded::query(value, strictness)).transpose();
        let value = value.map_err(|error| error.in_target(&name))?;
        top_level(&mut options, &name, value, strictness).map_err(|error| error.in_target(&name))?;
    }
    Ok(options)
}

fn top_level(
    options: &mut Options,
    name: &str,
    value: Option<Decoded<'_>>,
    strictness: Strictness,
) -> Result<(), Error> {
    if let Some(alias) = name.strip_prefix('@') {
        let source = value.ok_or_else(|| Error::option_value(name, "", "an expression"))?;
        let mut cursor = Cursor::new(&source, 0, strictness)?;
        set_alias(options, alias, &mut cursor)?;
        return cursor.expect_end();
    }
    let option = SystemOption::named(name).filter(|option| *option != SystemOption::Levels);
    match (option, value) {
        (Some(option), _) if strictness.is_strict() && !strict::knows(option, name) => {
            Err(Error::option_unknown(name))
        }
        (Some(option), Some(source)) => {
            give(options, option, name, strictness)?;
            if set_text(options, option, name, &source.text)? {
                return Ok(());
            }
            let mut cursor = Cursor::new(&source, 0, strictness)?;
            set(options, option, name, &mut cursor)?;
            cursor.expect_end()
        }
        (Some(option), None) => Err(Error::option_value(name, "", option.expects())),
        (None, _) if name.starts_with('$') => Err(Error::option_unknown(name)),
        (None, value) => {
            options.custom.push((name.to_owned(), value.unwrap_or_default().text.into_owned()));
            Ok(())
        }
    }
}

/// Reads options with semicolons between them up to the closing parenthesis. `permitted` are the ones that
/// may stand there and `place` names the place.
pub(super) fn nested(
    cursor: &mut Cursor<'_>,
    permitted: &[SystemOption],
    place: &str,
) -> Result<(Box<Options>, Span), Error> {
    cursor.nested(|cursor| {
        // In a box from the start: options are large, and this recurses.
        let mut options = Box::<Options>::default();
        loop {
            nested_option(cursor, &mut options, permitted, place)?;
            cursor.tight()?;
            if !cursor.take_symbol(';')? {
                break;
            }
        }
        Ok((options, cursor.expect_symbol(')')?))
    })
}

fn nested_option(
    cursor: &mut Cursor<'_>,
    options: &mut Options,
    permitted: &[SystemOption],
    place: &str,
) -> Result<(), Error> {
    cursor.tight()?;
    let token = cursor.take()?;
    let (name, option) = match token {
        Token { kind: TokenKind::At(alias), .. } if permitted.contains(&SystemOption::Select) => {
            cursor.tight()?;
            cursor.expect_symbol('=')?;
            return set_alias(options, alias, cursor);
        }
        Token { kind: TokenKind::Dollar(name) | TokenKind::Name(name), .. } => {
            (cursor.text_of(token.span), SystemOption::named(name))
        }
        _ => return Err(cursor.expected("a query option", &token)),
    };
    let Some(option) = option else {
        return Err(cursor.expected("a query option", &token));
    };
    if !permitted.contains(&option) {
        let message = format!("Query option '{}' is not valid inside '{place}'.", option.name());
        return Err(Error::syntax(message).at(token.span));
    }
    cursor.tight()?;
    cursor.expect_symbol('=')?;
    give(options, option, name, cursor.strictness)?;
    set(options, option, name, cursor)
}

/// Notes that an option is present, which it must not be already.
///
/// The grammar alone would allow it: that one option stands at most once is the text of the specification.
fn give(
    options: &mut Options,
    option: SystemOption,
    spelling: &str,
    strictness: Strictness,
) -> Result<(), Error> {
    if let Some(before) = options.spelling(option).filter(|_| !strictness.is_strict()) {
        let spellings = match (before.starts_with('$'), spelling.starts_with('$')) {
            (true, true) => option.name().to_owned(),
            (false, false) => option.bare_name().to_owned(),
            _ => format!("{}/{}", option.name(), option.bare_name()),
        };
        return Err(Error::option_repeated(&spellings));
    }
    options.given.push(Given { option, spelling: spelling.to_owned() });
    Ok(())
}

fn set_alias(options: &mut Options, alias: &str, cursor: &mut Cursor<'_>) -> Result<(), Error> {
    if !lex::is_identifier(alias) {
        return Err(Error::option_unknown(&format!("@{alias}")));
    }
    if options.alias(alias).is_some() && !cursor.strictness.is_strict() {
        return Err(Error::option_repeated(&format!("@{alias}")));
    }
    cursor.tight()?;
    let value = expression(cursor)?;
    options.aliases.push((alias.to_owned(), value));
    Ok(())
}

/// Sets an option whose value is taken as it is. Answers whether it was one.
fn set_text(options: &mut Options, option: SystemOption, name: &str, text: &str) -> Result<bool, Error> {
    let place = match option {
        SystemOption::Deltatoken => &mut options.deltatoken,
        SystemOption::Format => &mut options.format,
        SystemOption::Id => &mut options.id,
        SystemOption::Schemaversion => &mut options.schemaversion,
        SystemOption::Skiptoken => &mut options.skiptoken,
        _ => return Ok(false),
    };
    if text.is_empty() {
        return Err(Error::option_value(name, "", option.expects()));
    }
    *place = Some(text.to_owned());
    Ok(true)
}

/// Reads the value of any other option and sets it.
fn set(
    options: &mut Options,
    option: SystemOption,
    name: &str,
    cursor: &mut Cursor<'_>,
) -> Result<(), Error> {
    // Only a search may have blanks before it.
    if option != SystemOption::Search {
        strict::no_blank(cursor)?;
    }
    match option {
        SystemOption::Filter => options.filter = Some(expression(cursor)?),
        SystemOption::Orderby => options.orderby = tight_list(cursor, order_item)?,
        SystemOption::Compute => options.compute = tight_list(cursor, compute_item)?,
        SystemOption::Select => options.select = tight_list(cursor, shape::select_item)?,
        SystemOption::Expand => options.expand = tight_list(cursor, shape::expand_item)?,
        SystemOption::Search => options.search = Some(search(cursor)?),
        SystemOption::Top => options.top = Some(word(cursor, option, name, unsigned)?),
        SystemOption::Skip => options.skip = Some(word(cursor, option, name, unsigned)?),
        SystemOption::Count => options.count = Some(word(cursor, option, name, crate::value::boolean)?),
        SystemOption::Index => options.index = Some(word(cursor, option, name, signed)?),
        SystemOption::Levels => options.levels = Some(word(cursor, option, name, levels)?),
        SystemOption::Apply => options.apply = transformations(cursor)?,
        SystemOption::Deltatoken
        | SystemOption::Format
        | SystemOption::Id
        | SystemOption::Schemaversion
        | SystemOption::Skiptoken => {}
    }
    Ok(())
}

pub(super) fn list<T>(
    cursor: &mut Cursor<'_>,
    one: fn(&mut Cursor<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut all = vec![one(cursor)?];
    while cursor.take_symbol(',')? {
        all.push(one(cursor)?);
    }
    Ok(all)
}

/// The same, where the grammar has no blanks around commas.
pub(super) fn tight_list<T>(
    cursor: &mut Cursor<'_>,
    one: fn(&mut Cursor<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut all = vec![one(cursor)?];
    while cursor.at_symbol(',')? {
        cursor.tight()?;
        cursor.take()?;
        cursor.tight()?;
        all.push(one(cursor)?);
    }
    Ok(all)
}

pub(super) fn order_item(cursor: &mut Cursor<'_>) -> Result<OrderItem, Error> {
    let expr = expression(cursor)?;
    let descending = match cursor.peek()?.kind {
        TokenKind::Name(name) if name.eq_ignore_ascii_case("desc") => Some(true),
        TokenKind::Name(name) if name.eq_ignore_ascii_case("asc") => Some(false),
        _ => None,
    };
    if descending.is_some() {
        cursor.spaced()?;
    }
    let end = if descending.is_some() { cursor.take()?.span } else { expr.span };
    let span = expr.span.to(end);
    Ok(OrderItem { expr, descending: descending.unwrap_or(false), span })
}

pub(super) fn compute_item(cursor: &mut Cursor<'_>) -> Result<ComputeItem, Error> {
    let expr = expression(cursor)?;
    cursor.spaced()?;
    match cursor.take()? {
        Token { kind: TokenKind::Name(name), .. } if name.eq_ignore_ascii_case("as") => {}
        found => return Err(cursor.expected("'as'", &found)),
    }
    let alias = cursor.expect_identifier("the name of the computed property")?;
    let span = expr.span.to(alias.span);
    Ok(ComputeItem { expr, alias: alias.text, span })
}

/// Reads the characters up to a semicolon or parenthesis. Numbers go this way, not through the lexer, because
/// their grammar here is narrower than that of literals: no sign, no fraction, no exponent.
fn word<T>(
    cursor: &mut Cursor<'_>,
    option: SystemOption,
    name: &str,
    read: fn(&str) -> Option<T>,
) -> Result<T, Error> {
    let start = cursor.position();
    let length = cursor.raw().find([';', ')']).unwrap_or(cursor.raw().len());
    let text = cursor.take_raw(length);
    let span = Span::new(start, start + length);
    let trimmed = if cursor.strictness.is_strict() { text } else { text.trim_matches([' ', '\t']) };
    read(trimmed).ok_or_else(|| Error::option_value(name, text, option.expects()).at(span))
}

pub(super) fn unsigned(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn signed(text: &str) -> Option<i64> {
    unsigned(text.strip_prefix('-').unwrap_or(text))?;
    text.parse().ok()
}

fn levels(text: &str) -> Option<Levels> {
    if text.eq_ignore_ascii_case("max") {
        return Some(Levels::Max);
    }
    unsigned(text).filter(|_| !text.starts_with('0')).map(Levels::Exactly)
}
