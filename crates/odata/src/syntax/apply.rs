//! `$apply`: transformations, and the aggregates in them.
//!
//! Comes in: a cursor at the first transformation. Goes out: a sequence of [`Transformation`]s; the cursor then
//! stands behind the last. Aggregates are read by `apply/aggregate.rs`, hierarchies by `apply/hierarchy.rs`.
//! Names of transformations are in lower case, unlike those of functions.
//! Specification: OData Extension for Data Aggregation 4.0, 3; aggregation ABNF, section 2.
//!
//! ```text
//! apply          = transformation *( "/" transformation )
//! transformation = "identity" | name "(" ... ")"
//! aggregate-item = aggregate [ "as" name ]
//! aggregate      = ( [ path "/" ] "$count" | expression "with" method | path ) *( "from" path *( "," path ) [ "with" method ] )
//! hierarchy      = "$root" path "," qualifier "," path
//! ```

mod aggregate;
mod hierarchy;

use crate::error::{Error, Span};

use super::ast::{Extreme, GroupKey, Name, NestItem, Transformation, TransformationKind};
use super::cursor::Cursor;
use super::expr::{self, expression};
use super::lex::{Token, TokenKind};
use super::options::{compute_item, list, order_item};
use super::search::search;
use super::shape;

pub(super) use aggregate::call as aggregate_call;

/// Reads transformations with slashes between them.
pub(super) fn transformations(cursor: &mut Cursor<'_>) -> Result<Vec<Transformation>, Error> {
    let mut all = vec![transformation(cursor)?];
    while cursor.take_adjacent('/')? {
        cursor.tight()?;
        all.push(transformation(cursor)?);
    }
    Ok(all)
}

fn transformation(cursor: &mut Cursor<'_>) -> Result<Transformation, Error> {
    let token = cursor.take()?;
    let TokenKind::Name(name) = token.kind else {
        return Err(cursor.expected("a transformation", &token));
    };
    if name == "identity" {
        return Ok(Transformation { kind: TransformationKind::Identity, span: token.span });
    }
    if !cursor.take_adjacent('(')? {
        return Err(match is_transformation(name) {
            true => {
                let found = cursor.take()?;
                cursor.expected("'('", &found)
            }
            false => cursor.expected("a transformation", &token),
        });
    }
    // In a box of its own frame: the inside recurses.
    cursor.deeper(|cursor| inside(cursor, name, &token))
}

/// Whether transformations have this name.
pub(super) fn is_transformation(name: &str) -> bool {
    const NAMES: [&str; 17] = [
        "aggregate",
        "ancestors",
        "addnested",
        "compute",
        "concat",
        "descendants",
        "filter",
        "groupby",
        "identity",
        "join",
        "nest",
        "orderby",
        "outerjoin",
        "search",
        "skip",
        "top",
        "traverse",
    ];
    NAMES.contains(&name) || extreme(name).is_some()
}

fn extreme(name: &str) -> Option<Extreme> {
    Extreme::ALL.into_iter().find(|extreme| extreme.name() == name)
}

/// Reads what stands behind the opening parenthesis, and the closing one.
fn inside(cursor: &mut Cursor<'_>, name: &str, token: &Token<'_>) -> Result<Transformation, Error> {
    let kind = match name {
        "filter" => TransformationKind::Filter(expression(cursor)?),
        "search" => TransformationKind::Search(search(cursor)?),
        "compute" => TransformationKind::Compute(list(cursor, compute_item)?),
        "orderby" => {
            cursor.tight()?;
            let items = list(cursor, order_item)?;
            cursor.tight()?;
            TransformationKind::OrderBy(items)
        }
        "skip" => TransformationKind::Skip(digits(cursor)?),
        "top" => TransformationKind::Top(digits(cursor)?),
        "aggregate" => TransformationKind::Aggregate(list(cursor, aggregate::item)?),
        "groupby" => group_by(cursor)?,
        "concat" => concat(cursor)?,
        "join" | "outerjoin" => join(cursor, name == "outerjoin")?,
        "nest" => TransformationKind::Nest { path: None, nested: list(cursor, nest_item)? },
        "addnested" => {
            let path = Some(path(cursor)?);
            cursor.expect_symbol(',')?;
            TransformationKind::Nest { path, nested: list(cursor, nest_item)? }
        }
        "ancestors" => TransformationKind::Ancestors(hierarchy::relatives(cursor)?),
        "descendants" => TransformationKind::Descendants(hierarchy::relatives(cursor)?),
        "traverse" => hierarchy::traverse(cursor)?,
        _ => match extreme(name) {
            Some(method) => {
                let limit = expression(cursor)?;
                cursor.expect_symbol(',')?;
                TransformationKind::Extreme { method, limit, by: expression(cursor)? }
            }
            None if name.contains('.') => {
                let (arguments, end) = expr::arguments(cursor)?;
                let name = Name { text: name.to_owned(), span: token.span };
                let kind = TransformationKind::Function { name, arguments };
                return Ok(Transformation { kind, span: token.span.to(end) });
            }
            None => return Err(cursor.expected("a transformation", token)),
        },
    };
    let end = cursor.expect_symbol(')')?;
    Ok(Transformation { kind, span: token.span.to(end) })
}

fn group_by(cursor: &mut Cursor<'_>) -> Result<TransformationKind, Error> {
    cursor.expect_symbol('(')?;
    let keys = cursor.deeper(|cursor| list(cursor, group_key))?;
    cursor.expect_symbol(')')?;
    Ok(TransformationKind::GroupBy { keys, then: then(cursor)? })
}

/// Reads a sequence behind a comma, if there is one.
fn then(cursor: &mut Cursor<'_>) -> Result<Vec<Transformation>, Error> {
    match cursor.take_symbol(',')? {
        true => transformations(cursor),
        false => Ok(Vec::new()),
    }
}

fn group_key(cursor: &mut Cursor<'_>) -> Result<GroupKey, Error> {
    match cursor.peek_name()? {
        Some("rollup") if cursor.behind_is('(') => hierarchy::rollup(cursor).map(GroupKey::Rollup),
        Some("rolluprecursive") if cursor.behind_is('(') => {
            hierarchy::rollup_recursive(cursor).map(GroupKey::Rollup)
        }
        _ => path(cursor).map(GroupKey::Path),
    }
}

fn concat(cursor: &mut Cursor<'_>) -> Result<TransformationKind, Error> {
    let mut sequences = vec![transformations(cursor)?];
    cursor.expect_symbol(',')?;
    sequences.extend(list(cursor, transformations)?);
    Ok(TransformationKind::Concat(sequences))
}

fn join(cursor: &mut Cursor<'_>, outer: bool) -> Result<TransformationKind, Error> {
    let path = path(cursor)?;
    let alias = alias(cursor)?;
    Ok(TransformationKind::Join { outer, path, alias, then: then(cursor)? })
}

fn nest_item(cursor: &mut Cursor<'_>) -> Result<NestItem, Error> {
    Ok(NestItem { then: transformations(cursor)?, alias: alias(cursor)? })
}

/// Reads `as` and the name behind it.
fn alias(cursor: &mut Cursor<'_>) -> Result<Name, Error> {
    cursor.spaced()?;
    expect_word(cursor, "as")?;
    cursor.expect_identifier("an alias")
}

/// Takes this word, which must be next.
fn expect_word(cursor: &mut Cursor<'_>, word: &str) -> Result<Span, Error> {
    match cursor.take()? {
        Token { kind: TokenKind::Name(name), span, .. } if name == word => Ok(span),
        found => Err(cursor.expected(&format!("'{word}'"), &found)),
    }
}

/// Takes this word, if it is next.
fn take_word(cursor: &mut Cursor<'_>, word: &str) -> Result<bool, Error> {
    let found = cursor.peek_name()? == Some(word);
    if found {
        cursor.take()?;
    }
    Ok(found)
}

/// Reads names with slashes between them.
fn path(cursor: &mut Cursor<'_>) -> Result<Vec<Name>, Error> {
    let mut names = Vec::new();
    loop {
        if !names.is_empty() {
            cursor.tight()?;
        }
        let token = cursor.take()?;
        names.push(shape::name(cursor, &token)?);
        if !cursor.take_adjacent('/')? {
            return Ok(names);
        }
    }
}

/// Reads a number without sign, fraction and exponent.
fn digits(cursor: &mut Cursor<'_>) -> Result<u64, Error> {
    let token = cursor.take()?;
    super::options::unsigned(cursor.text_of(token.span))
        .ok_or_else(|| cursor.expected("a non-negative integer", &token))
}
