//! Transformations and group keys that follow a hierarchy.
//!
//! Comes in: a cursor behind the opening parenthesis, or at the name of a rollup. Goes out: the nodes of
//! `ast/apply.rs`.
//! Specification: OData Extension for Data Aggregation 4.0, 5.5 and 6; aggregation ABNF `recHierReference`,
//! `rollupLevels`, `rollupRecursive`.

use crate::error::Error;

use super::{digits, expect_word, is_transformation, path, take_word, transformations};
use crate::syntax::ast::{
    ExprKind, Hierarchy, OrderItem, Path, Relatives, Rollup, Root, Transformation, TransformationKind,
    Traversal,
};
use crate::syntax::cursor::Cursor;
use crate::syntax::expr::expression;
use crate::syntax::lex::TokenKind;
use crate::syntax::options::{list, order_item};

fn hierarchy(cursor: &mut Cursor<'_>) -> Result<Hierarchy, Error> {
    let first = cursor.peek()?.clone();
    let nodes = expression(cursor)?;
    if !matches!(&nodes.kind, ExprKind::Path(Path { root: Root::Service, .. })) {
        return Err(cursor.expected("a path that begins with '$root'", &first));
    }
    cursor.expect_symbol(',')?;
    let qualifier = cursor.expect_identifier("the qualifier of a hierarchy")?;
    cursor.expect_symbol(',')?;
    Ok(Hierarchy { nodes, qualifier, property: path(cursor)? })
}

/// Reads the inside of `ancestors` and `descendants`.
pub(super) fn relatives(cursor: &mut Cursor<'_>) -> Result<Relatives, Error> {
    let hierarchy = hierarchy(cursor)?;
    cursor.expect_symbol(',')?;
    let start = preserving(cursor)?;
    let (mut distance, mut keep_start) = (None, false);
    let mut more = cursor.take_symbol(',')?;
    if more && matches!(cursor.peek()?.kind, TokenKind::Literal(_)) {
        distance = Some(digits(cursor)?);
        more = cursor.take_symbol(',')?;
    }
    if more {
        let keep = expect_word(cursor, "keep")?;
        let word = cursor.peek()?.clone();
        expect_word(cursor, "start")?;
        let is_one_blank = word.span.start == keep.end + 1 && !cursor.is_escaped(keep.end);
        if cursor.strictness.is_strict() && !is_one_blank {
            return Err(cursor.expected("one blank between 'keep' and 'start'", &word));
        }
        keep_start = true;
    }
    Ok(Relatives { hierarchy, start, distance, keep_start })
}

/// Reads transformations that keep instances as they are.
fn preserving(cursor: &mut Cursor<'_>) -> Result<Vec<Transformation>, Error> {
    let start = cursor.peek()?.clone();
    let all = transformations(cursor)?;
    match all.iter().all(preserves) {
        true => Ok(all),
        false => Err(cursor.expected("transformations that preserve instances", &start)),
    }
}

fn preserves(transformation: &Transformation) -> bool {
    match transformation.kind {
        TransformationKind::Identity
        | TransformationKind::Filter(_)
        | TransformationKind::Search(_)
        | TransformationKind::OrderBy(_)
        | TransformationKind::Skip(_)
        | TransformationKind::Top(_)
        | TransformationKind::Extreme { .. }
        | TransformationKind::Ancestors(_)
        | TransformationKind::Descendants(_)
        | TransformationKind::Traverse { .. }
        | TransformationKind::Function { .. } => true,
        TransformationKind::Compute(_)
        | TransformationKind::Aggregate(_)
        | TransformationKind::GroupBy { .. }
        | TransformationKind::Concat(_)
        | TransformationKind::Join { .. }
        | TransformationKind::Nest { .. } => false,
    }
}

/// Reads the inside of `traverse`.
pub(super) fn traverse(cursor: &mut Cursor<'_>) -> Result<TransformationKind, Error> {
    let hierarchy = hierarchy(cursor)?;
    cursor.expect_symbol(',')?;
    let order = match take_word(cursor, "preorder")? {
        true => Traversal::Preorder,
        false => {
            expect_word(cursor, "postorder")?;
            Traversal::Postorder
        }
    };
    let (mut start, mut orderby) = (Vec::new(), Vec::new());
    if cursor.take_symbol(',')? {
        if at_transformation(cursor)? {
            start = preserving(cursor)?;
            if cursor.take_symbol(',')? {
                orderby = orders(cursor)?;
            }
        } else {
            orderby = orders(cursor)?;
        }
    }
    Ok(TransformationKind::Traverse { hierarchy, order, start, orderby })
}

fn orders(cursor: &mut Cursor<'_>) -> Result<Vec<OrderItem>, Error> {
    list(cursor, order_item)
}

/// Whether a transformation is next, not an expression to order by. A qualified function is one only if an
/// order could not be.
fn at_transformation(cursor: &mut Cursor<'_>) -> Result<bool, Error> {
    Ok(match cursor.peek_name()? {
        Some("identity") => true,
        Some(name) => (is_transformation(name) || name.contains('.')) && cursor.behind_is('('),
        None => false,
    })
}

/// Reads `rollup(…)`.
pub(super) fn rollup(cursor: &mut Cursor<'_>) -> Result<Rollup, Error> {
    cursor.take()?;
    cursor.expect_symbol('(')?;
    let mut levels = list(cursor, path)?;
    cursor.expect_symbol(')')?;
    if levels.len() > 1 {
        return Ok(Rollup::Levels(levels));
    }
    match levels.pop().unwrap_or_default().as_slice() {
        [qualifier] => Ok(Rollup::Named(qualifier.clone())),
        _ => Err(Error::syntax("Syntax error: a rollup needs two levels or the qualifier of a hierarchy.")),
    }
}

/// Reads `rolluprecursive(…)`.
pub(super) fn rollup_recursive(cursor: &mut Cursor<'_>) -> Result<Rollup, Error> {
    cursor.take()?;
    cursor.expect_symbol('(')?;
    let rollup = cursor.deeper(|cursor| {
        let hierarchy = hierarchy(cursor)?;
        let start = if cursor.take_symbol(',')? { preserving(cursor)? } else { Vec::new() };
        Ok(Rollup::Recursive { hierarchy, start })
    })?;
    cursor.expect_symbol(')')?;
    Ok(rollup)
}
