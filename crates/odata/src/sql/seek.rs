//! The condition that continues a list after a given place: keyset paging.
//!
//! For keys a, b the rows after (x, y) are `a > x OR (a = x AND b > y)`, each comparison turned round for a
//! descending key, and nulls first (ascending) as OData Part 1 §11.2.6.2 orders them.

use super::writer::Writer;
use super::{Error, Statement};
use crate::query::{Cursor, Expr, Order};
use crate::value::Value;

impl Writer<'_> {
    /// Appends the condition; `order` and `cursor` have the same length.
    pub fn after(&mut self, to: &mut Statement, order: &[Order<'_>], cursor: &Cursor) -> Result<(), Error> {
        let keys: Vec<_> = order.iter().zip(&cursor.values).collect();
        to.push("(");
        for last in 0..keys.len() {
            to.push(if last == 0 { "(" } else { " OR (" });
            for (index, (key, value)) in keys.iter().take(last + 1).enumerate() {
                to.push(if index == 0 { "" } else { " AND " });
                if index < last {
                    self.same(to, &key.expr, value)?;
                } else {
                    self.beyond(to, key, value)?;
                }
            }
            to.push(")");
        }
        to.push(")");
        Ok(())
    }

    fn same(&mut self, to: &mut Statement, expr: &Expr<'_>, value: &Value) -> Result<(), Error> {
        self.comparable(to, expr)?;
        if *value == Value::Null {
            to.push(" IS NULL");
        } else {
            to.push(" = ");
            self.constant(to, value, expr);
        }
        Ok(())
    }

    fn beyond(&mut self, to: &mut Statement, key: &Order<'_>, value: &Value) -> Result<(), Error> {
        match (key.descending, *value == Value::Null) {
            (false, true) => {
                self.comparable(to, &key.expr)?;
                to.push(" IS NOT NULL");
            }
            (true, true) => {
                to.push("FALSE");
            }
            (false, false) => {
                self.comparable(to, &key.expr)?;
                to.push(" > ");
                self.constant(to, value, &key.expr);
            }
            (true, false) => {
                to.push(if key.expr.nullable { "(" } else { "" });
                self.comparable(to, &key.expr)?;
                to.push(" < ");
                self.constant(to, value, &key.expr);
                if key.expr.nullable {
                    to.push(" OR ");
                    self.comparable(to, &key.expr)?;
                    to.push(" IS NULL)");
                }
            }
        }
        Ok(())
    }
}
