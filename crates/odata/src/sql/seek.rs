//! The condition that continues a list after a given place: keyset paging.
//!
//! For keys a, b the rows after (x, y) are `a > x OR (a = x AND b > y)`, each comparison turned round for a
//! descending key, and nulls first (ascending) as OData Part 1 §11.2.6.2 orders them.

use super::expr::{Place, Writer, scalar};
use super::{Error, Statement};
use crate::query::{Cursor, Expr, Order};
use crate::value::Value;

/// Appends the condition; `order` and `cursor` have the same length.
pub(super) fn after(
    writer: &Writer<'_>,
    to: &mut Statement,
    order: &[Order<'_>],
    cursor: &Cursor,
) -> Result<(), Error> {
    let keys: Vec<_> = order.iter().zip(&cursor.values).collect();
    to.push("(");
    for last in 0..keys.len() {
        to.push(if last == 0 { "(" } else { " OR (" });
        for (index, (key, value)) in keys.iter().take(last + 1).enumerate() {
            to.push(if index == 0 { "" } else { " AND " });
            if index < last {
                same(writer, to, &key.expr, value)?;
            } else {
                beyond(writer, to, key, value)?;
            }
        }
        to.push(")");
    }
    to.push(")");
    Ok(())
}

fn same(writer: &Writer<'_>, to: &mut Statement, expr: &Expr<'_>, value: &Value) -> Result<(), Error> {
    writer.expr(to, expr, Place::Exact)?;
    if *value == Value::Null {
        to.push(" IS NULL");
    } else {
        to.push(" = ").bind(scalar(value));
    }
    Ok(())
}

fn beyond(writer: &Writer<'_>, to: &mut Statement, key: &Order<'_>, value: &Value) -> Result<(), Error> {
    match (key.descending, *value == Value::Null) {
        (false, true) => {
            writer.expr(to, &key.expr, Place::Exact)?;
            to.push(" IS NOT NULL");
        }
        (true, true) => {
            to.push("FALSE");
        }
        (false, false) => {
            writer.expr(to, &key.expr, Place::Exact)?;
            to.push(" > ").bind(scalar(value));
        }
        (true, false) => {
            to.push(if key.expr.nullable { "(" } else { "" });
            writer.expr(to, &key.expr, Place::Exact)?;
            to.push(" < ").bind(scalar(value));
            if key.expr.nullable {
                to.push(" OR ");
                writer.expr(to, &key.expr, Place::Exact)?;
                to.push(" IS NULL)");
            }
        }
    }
    Ok(())
}
