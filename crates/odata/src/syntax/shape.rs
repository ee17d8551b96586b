//! `$select` and `$expand`: what of the answer to show.
//!
//! Comes in: a cursor at one item. Goes out: a [`SelectItem`] or [`ExpandItem`], its nested options parsed by
//! the same code as the query string. Which options may stand in the parentheses depends on what is before
//! them.
//! Specification: OData 4.01 URL Conventions, 5.1.3 "System Query Option $expand" and 5.1.4 "$select".

use crate::error::{Error, Span};

use super::ast::{ExpandForm, ExpandItem, Name, Options, SelectForm, SelectItem, SystemOption};
use super::cursor::Cursor;
use super::lex::{Token, TokenKind};
use super::options;

const OF_SELECT: &[SystemOption] = &[
    SystemOption::Filter,
    SystemOption::Search,
    SystemOption::Count,
    SystemOption::Orderby,
    SystemOption::Skip,
    SystemOption::Top,
    SystemOption::Compute,
    SystemOption::Select,
];

const OF_ENTITIES: &[SystemOption] = &[
    SystemOption::Filter,
    SystemOption::Search,
    SystemOption::Orderby,
    SystemOption::Skip,
    SystemOption::Top,
    SystemOption::Count,
    SystemOption::Select,
    SystemOption::Expand,
    SystemOption::Compute,
    SystemOption::Levels,
    SystemOption::Apply,
];

const OF_REFERENCES: &[SystemOption] = &[
    SystemOption::Filter,
    SystemOption::Search,
    SystemOption::Orderby,
    SystemOption::Skip,
    SystemOption::Top,
    SystemOption::Count,
];

const OF_COUNT: &[SystemOption] = &[SystemOption::Filter, SystemOption::Search];

const OF_STAR: &[SystemOption] = &[SystemOption::Levels];

/// Reads one item of `$select`.
pub(super) fn select_item(cursor: &mut Cursor<'_>) -> Result<SelectItem, Error> {
    cursor.tight()?;
    let first = cursor.take()?;
    if first.kind == TokenKind::Symbol('*') {
        let star = Name { text: "*".to_owned(), span: first.span };
        return Ok(SelectItem {
            path: vec![star],
            form: SelectForm::Everything,
            options: None,
            span: first.span,
        });
    }
    let mut path = vec![name(cursor, &first)?];
    while cursor.take_adjacent('/')? {
        cursor.tight()?;
        let next = cursor.take()?;
        path.push(name(cursor, &next)?);
    }
    let whole = |end: Span, path: &[Name]| path.first().map_or(end, |first| first.span.to(end));
    let last = path.last().map(|name| name.span).unwrap_or_default();

    if cursor.take_adjacent('.')? {
        let star = cursor.expect_symbol('*')?;
        let span = whole(star, &path);
        return Ok(SelectItem { path, form: SelectForm::Operations, options: None, span });
    }
    if !cursor.take_adjacent('(')? {
        let span = whole(last, &path);
        return Ok(SelectItem { path, form: SelectForm::Named, options: None, span });
    }
    // Parameter names look like nested options without `$`, but for the equals sign.
    let is_overload = matches!(cursor.peek()?.kind, TokenKind::Name(_)) && !cursor.behind_is('=');
    if is_overload {
        let (parameters, end) = parameters(cursor)?;
        let span = whole(end, &path);
        return Ok(SelectItem { path, form: SelectForm::Overload(parameters), options: None, span });
    }
    let (options, end) = options::nested(cursor, OF_SELECT, "$select")?;
    let span = whole(end, &path);
    Ok(SelectItem { path, form: SelectForm::Named, options: Some(options), span })
}

fn parameters(cursor: &mut Cursor<'_>) -> Result<(Vec<Name>, Span), Error> {
    cursor.tight()?;
    let names = options::tight_list(cursor, |cursor| cursor.expect_identifier("a parameter"))?;
    cursor.tight()?;
    Ok((names, cursor.expect_symbol(')')?))
}

/// Reads one item of `$expand`.
pub(super) fn expand_item(cursor: &mut Cursor<'_>) -> Result<ExpandItem, Error> {
    let mut path = Vec::new();
    let mut form = ExpandForm::Entities;
    let start = cursor.peek()?.span;
    let mut end;
    loop {
        cursor.tight()?;
        let token = cursor.take()?;
        end = token.span;
        match token.kind {
            TokenKind::Dollar("value") if path.is_empty() => {
                path.push(Name { text: "$value".to_owned(), span: end });
                return Ok(ExpandItem { path, form, options: None, span: end });
            }
            TokenKind::Dollar("ref") if !path.is_empty() => form = ExpandForm::References,
            TokenKind::Dollar("count") if !path.is_empty() && !ends_in_star(&path) => {
                form = ExpandForm::Count;
            }
            _ if ends_in_star(&path) => return Err(cursor.expected("'$ref'", &token)),
            TokenKind::Symbol('*') => path.push(Name { text: "*".to_owned(), span: end }),
            _ => {
                path.push(name(cursor, &token)?);
                end = path.last().map_or(end, |name| name.span);
            }
        }
        if form != ExpandForm::Entities || !cursor.take_adjacent('/')? {
            break;
        }
    }
    let (options, end) = expand_options(cursor, &path, form, end)?;
    Ok(ExpandItem { path, form, options, span: start.to(end) })
}

fn expand_options(
    cursor: &mut Cursor<'_>,
    path: &[Name],
    form: ExpandForm,
    end: Span,
) -> Result<(Option<Box<Options>>, Span), Error> {
    let (permitted, place) = match form {
        ExpandForm::References if ends_in_star(path) => return Ok((None, end)),
        ExpandForm::References => (OF_REFERENCES, "$ref"),
        ExpandForm::Count => (OF_COUNT, "$count"),
        ExpandForm::Entities if ends_in_star(path) => (OF_STAR, "*"),
        ExpandForm::Entities => (OF_ENTITIES, "$expand"),
    };
    if !cursor.take_adjacent('(')? {
        return Ok((None, end));
    }
    let (options, end) = options::nested(cursor, permitted, place)?;
    Ok((Some(options), end))
}

fn ends_in_star(path: &[Name]) -> bool {
    path.last().is_some_and(|name| name.text == "*")
}

/// A name in a path, which may be an annotation: `@Core.Messages#local`.
pub(super) fn name(cursor: &mut Cursor<'_>, token: &Token<'_>) -> Result<Name, Error> {
    let mut span = token.span;
    match token.kind {
        TokenKind::Name(_) => {}
        TokenKind::At(_) if cursor.take_adjacent('#')? => {
            cursor.tight()?;
            span = span.to(cursor.expect_identifier("a qualifier")?.span);
        }
        TokenKind::At(_) => {}
        _ => return Err(cursor.expected("the name of a property", token)),
    }
    Ok(Name { text: cursor.text_of(span).to_owned(), span })
}
