//! Aggregates: in `aggregate(…)` as a transformation, and behind a slash as a function.
//!
//! Comes in: a cursor at the first token of one. Goes out: an [`AggregateExpr`]. What it is shows only behind
//! its expression: `with` makes it an aggregate of values, `/$count` at the end a count, and anything else the
//! name of a custom aggregate.
//! Specification: OData Extension for Data Aggregation 4.0, 3.2.1 and 5; aggregation ABNF `aggregateExpr`,
//! `aggregateFunctionExpr`.

use crate::error::{Error, Span};

use super::{alias, path, take_word};
use crate::syntax::ast::{
    AggregateExpr, AggregateFrom, AggregateItem, Expr, ExprKind, Name, Path, Root, Step,
};
use crate::syntax::cursor::Cursor;
use crate::syntax::expr::expression;
use crate::syntax::lex::TokenKind;
use crate::syntax::shape;

/// Reads one item of the transformation.
pub(super) fn item(cursor: &mut Cursor<'_>) -> Result<AggregateItem, Error> {
    let start = cursor.peek()?.span;
    let expr = aggregate(cursor)?;
    let needs_alias = match &expr {
        AggregateExpr::Custom { from, .. } => !from.is_empty(),
        AggregateExpr::Count { .. } | AggregateExpr::With { .. } => true,
    };
    let alias = match needs_alias || cursor.peek_name()? == Some("as") {
        true => Some(alias(cursor)?),
        false => None,
    };
    let end = alias.as_ref().map_or_else(|| end_of(&expr, start), |alias| alias.span);
    Ok(AggregateItem { expr, alias, span: start.to(end) })
}

/// Without alias there is nothing behind the path.
fn end_of(expr: &AggregateExpr, start: Span) -> Span {
    match expr {
        AggregateExpr::Custom { path, .. } => path.last().map_or(start, |name| name.span),
        AggregateExpr::Count { .. } | AggregateExpr::With { .. } => start,
    }
}

/// Reads the inside of the function and its closing parenthesis.
pub(in crate::syntax) fn call(cursor: &mut Cursor<'_>) -> Result<(AggregateExpr, Span), Error> {
    Ok((aggregate(cursor)?, cursor.expect_symbol(')')?))
}

fn aggregate(cursor: &mut Cursor<'_>) -> Result<AggregateExpr, Error> {
    if cursor.peek()?.kind == TokenKind::Dollar("count") {
        cursor.take()?;
        return Ok(AggregateExpr::Count { path: Vec::new(), from: stages(cursor, Method::Required)? });
    }
    let expr = expression(cursor)?;
    if take_spaced(cursor, "with")? {
        let method = method(cursor)?;
        let from = stages(cursor, Method::Required)?;
        return Ok(AggregateExpr::With { expr: Box::new(expr), method, from });
    }
    match plain(&expr) {
        Some((path, false)) => Ok(AggregateExpr::Custom { path, from: stages(cursor, Method::Optional)? }),
        Some((path, true)) => Ok(AggregateExpr::Count { path, from: stages(cursor, Method::Required)? }),
        None => {
            let found = cursor.take()?;
            Err(cursor.expected("'with'", &found))
        }
    }
}

/// The names of a path that is nothing but names, and whether `$count` follows them.
fn plain(expr: &Expr) -> Option<(Vec<Name>, bool)> {
    let ExprKind::Path(Path { root: Root::Instance, steps }) = &expr.kind else { return None };
    let (names, counts) = match steps.split_last()? {
        (Step::Count { options: None, .. }, names) => (names, true),
        _ => (steps.as_slice(), false),
    };
    let name = |step: &Step| match step {
        Step::Named(segment) if segment.arguments.is_none() => {
            Some(Name { text: segment.name.clone(), span: segment.span })
        }
        _ => None,
    };
    Some((names.iter().map(name).collect::<Option<_>>()?, counts))
}

/// Takes this word, if it is next; it needs blanks before it.
fn take_spaced(cursor: &mut Cursor<'_>, word: &str) -> Result<bool, Error> {
    if cursor.peek_name()? == Some(word) {
        cursor.spaced()?;
    }
    take_word(cursor, word)
}

fn method(cursor: &mut Cursor<'_>) -> Result<Name, Error> {
    const KNOWN: [&str; 5] = ["sum", "min", "max", "average", "countdistinct"];
    match cursor.peek_name()? {
        Some(name) if KNOWN.contains(&name) || name.contains('.') => {
            cursor.expect_name("an aggregation method")
        }
        _ => {
            let found = cursor.take()?;
            Err(cursor.expected("an aggregation method", &found))
        }
    }
}

/// Whether a stage must name its method.
#[derive(Clone, Copy, PartialEq)]
enum Method {
    Required,
    Optional,
}

fn stages(cursor: &mut Cursor<'_>, wanted: Method) -> Result<Vec<AggregateFrom>, Error> {
    let mut stages = Vec::new();
    while take_spaced(cursor, "from")? {
        let mut keys = vec![path(cursor)?];
        while let Some(key) = next_key(cursor)? {
            keys.push(key);
        }
        let method = match take_spaced(cursor, "with")? {
            true => Some(method(cursor)?),
            false if wanted == Method::Optional => None,
            false => {
                let found = cursor.take()?;
                return Err(cursor.expected("'with'", &found));
            }
        };
        stages.push(AggregateFrom { keys, method });
    }
    Ok(stages)
}

/// Reads a comma and one more key, unless what follows is the next aggregate: that begins with `$count` or has
/// more than a path before its `with`.
fn next_key(cursor: &mut Cursor<'_>) -> Result<Option<Vec<Name>>, Error> {
    let mark = cursor.mark();
    if !cursor.take_symbol(',')? {
        return Ok(None);
    }
    let mut names = Vec::new();
    while let TokenKind::Name(_) = cursor.peek()?.kind {
        let token = cursor.take()?;
        names.push(shape::name(cursor, &token)?);
        if cursor.take_adjacent('/')? {
            continue;
        }
        let ends = match cursor.peek()?.kind {
            TokenKind::Name(word) => matches!(word, "with" | "from" | "as"),
            TokenKind::Symbol(symbol) => matches!(symbol, ',' | ')'),
            _ => false,
        };
        if ends {
            return Ok(Some(names));
        }
        break;
    }
    cursor.reset(mark);
    Ok(None)
}
