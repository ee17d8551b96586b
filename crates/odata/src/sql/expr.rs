//! A typed expression as SQL.
//!
//! OData's comparisons are two-valued (`null lt 1` is false, `null eq null` is true) where SQL's are not. In a
//! place where null and false mean the same (a condition's conjuncts), the plain operator is written, which
//! indexes serve; anywhere else the exact form.
//! Specification: OData URL Conventions 4.01 §5.1.1.1.

use super::{Dialect, Error, Scalar, Statement, Table};
use crate::bind::Function;
use crate::query::{Comparison, Expr, ExprKind};
use crate::value::Value;

/// Where an expression stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Null and false mean the same.
    Condition,
    /// Null and false differ: under `not`, or as a value.
    Exact,
}

/// What expressions are written with: the table they speak of, under which alias, for which database.
#[derive(Clone, Copy)]
pub(super) struct Writer<'s> {
    pub table: &'s Table,
    pub alias: &'static str,
    pub dialect: &'s Dialect,
}

impl Writer<'_> {
    /// Appends `expr`.
    pub fn expr(&self, to: &mut Statement, expr: &Expr<'_>, place: Place) -> Result<(), Error> {
        match &expr.kind {
            ExprKind::Literal(value) => {
                to.bind(scalar(value));
            }
            ExprKind::Property(path) => {
                let column = self.table.column_of(path).ok_or_else(|| Error::no_column(self.table, path))?;
                to.push_schema(&column.value, self.alias);
            }
            ExprKind::Compare(comparison, left, right) => {
                self.compare(to, *comparison, left, right, place)?;
            }
            ExprKind::And(operands) => self.infix(to, " AND ", operands, place)?,
            ExprKind::Or(operands) => self.infix(to, " OR ", operands, place)?,
            ExprKind::Not(operand) => {
                to.push("(NOT ");
                self.expr(to, operand, Place::Exact)?;
                to.push(")");
            }
            ExprKind::In(operand, list) => self.membership(to, operand, list, place)?,
            ExprKind::Call(function, arguments) => self.call(to, *function, arguments)?,
        }
        Ok(())
    }

    /// Halves nested in parentheses: databases limit how deep an expression may lean to one side.
    fn infix(
        &self,
        to: &mut Statement,
        operator: &'static str,
        operands: &[Expr<'_>],
        place: Place,
    ) -> Result<(), Error> {
        if let [operand] = operands {
            return self.expr(to, operand, place);
        }
        let (left, right) = operands.split_at(operands.len() / 2);
        to.push("(");
        self.infix(to, operator, left, place)?;
        to.push(operator);
        self.infix(to, operator, right, place)?;
        to.push(")");
        Ok(())
    }

    fn compare(
        &self,
        to: &mut Statement,
        comparison: Comparison,
        left: &Expr<'_>,
        right: &Expr<'_>,
        place: Place,
    ) -> Result<(), Error> {
        if matches!(comparison, Comparison::Le | Comparison::Ge) && left.nullable && right.nullable {
            return self.compare_or_both_null(to, comparison, left, right);
        }
        let nullable = left.nullable || right.nullable;
        let plain = place == Place::Condition || !nullable;
        let (open, operator, close) = match comparison {
            Comparison::Eq if plain && !(left.nullable && right.nullable) => ("(", " = ", ")"),
            Comparison::Eq => ("(", " IS NOT DISTINCT FROM ", ")"),
            Comparison::Ne if !nullable => ("(", " <> ", ")"),
            Comparison::Ne => ("(", " IS DISTINCT FROM ", ")"),
            Comparison::Lt if plain => ("(", " < ", ")"),
            Comparison::Le if plain => ("(", " <= ", ")"),
            Comparison::Gt if plain => ("(", " > ", ")"),
            Comparison::Ge if plain => ("(", " >= ", ")"),
            Comparison::Lt => ("COALESCE(", " < ", ", FALSE)"),
            Comparison::Le => ("COALESCE(", " <= ", ", FALSE)"),
            Comparison::Gt => ("COALESCE(", " > ", ", FALSE)"),
            Comparison::Ge => ("COALESCE(", " >= ", ", FALSE)"),
        };
        to.push(open);
        self.expr(to, left, Place::Exact)?;
        to.push(operator);
        self.expr(to, right, Place::Exact)?;
        to.push(close);
        Ok(())
    }

    /// `ge` is `gt` or `eq`, and null equals itself (OData URL Conventions 4.01 §5.1.1.1.4); so with `le`.
    fn compare_or_both_null(
        &self,
        to: &mut Statement,
        comparison: Comparison,
        left: &Expr<'_>,
        right: &Expr<'_>,
    ) -> Result<(), Error> {
        to.push("COALESCE(");
        self.expr(to, left, Place::Exact)?;
        to.push(if comparison == Comparison::Le { " <= " } else { " >= " });
        self.expr(to, right, Place::Exact)?;
        to.push(", ");
        self.expr(to, left, Place::Exact)?;
        to.push(" IS NULL AND ");
        self.expr(to, right, Place::Exact)?;
        to.push(" IS NULL)");
        Ok(())
    }

    /// `x in (a,b)` is `x eq a or x eq b`, null among the list included.
    fn membership(
        &self,
        to: &mut Statement,
        operand: &Expr<'_>,
        list: &[Value],
        place: Place,
    ) -> Result<(), Error> {
        let values: Vec<&Value> = list.iter().filter(|value| **value != Value::Null).collect();
        let wants_null = operand.nullable && values.len() < list.len();
        // A property is written twice, for the sake of indexes; a condition may hold another `in` and is not.
        let (open, close) = match &operand.kind {
            _ if values.is_empty() => ("(", ")"),
            ExprKind::Property(_) if wants_null => ("(", ")"),
            _ if wants_null => ("COALESCE(", ", TRUE)"),
            _ if place == Place::Exact && operand.nullable => ("COALESCE(", ", FALSE)"),
            _ => ("(", ")"),
        };
        to.push(open);
        if values.is_empty() {
            if wants_null {
                self.expr(to, operand, Place::Exact)?;
                to.push(" IS NULL");
            } else {
                to.push("FALSE");
            }
        } else {
            self.expr(to, operand, Place::Exact)?;
            to.push(" IN (");
            for (index, value) in values.into_iter().enumerate() {
                to.push(if index == 0 { "" } else { ", " });
                to.bind(scalar(value));
            }
            to.push(")");
            if wants_null && matches!(operand.kind, ExprKind::Property(_)) {
                to.push(" OR ");
                self.expr(to, operand, Place::Exact)?;
                to.push(" IS NULL");
            }
        }
        to.push(close);
        Ok(())
    }

    fn call(&self, to: &mut Statement, function: Function, arguments: &[Expr<'_>]) -> Result<(), Error> {
        let argument = |to: &mut Statement, index: usize| match arguments.get(index) {
            Some(argument) => self.expr(to, argument, Place::Exact),
            None => Err(Error::MissingArgument),
        };
        match function {
            Function::Contains => {
                to.push("(").push(self.dialect.position).push("(");
                argument(to, 0)?;
                to.push(", ");
                argument(to, 1)?;
                to.push(") > 0)");
            }
            Function::StartsWith => {
                to.push("(substr(");
                argument(to, 0)?;
                to.push(", 1, length(");
                argument(to, 1)?;
                to.push(")) = ");
                argument(to, 1)?;
                to.push(")");
            }
            // Where the text is the shorter one the piece taken is too, and so never equal.
            Function::EndsWith => {
                to.push("(substr(");
                argument(to, 0)?;
                to.push(", length(");
                argument(to, 0)?;
                to.push(") - length(");
                argument(to, 1)?;
                to.push(") + 1) = ");
                argument(to, 1)?;
                to.push(")");
            }
            Function::Length => self.unary(to, "length", argument)?,
            Function::ToLower => self.unary(to, self.dialect.lower, argument)?,
            Function::ToUpper => self.unary(to, self.dialect.upper, argument)?,
        }
        Ok(())
    }

    fn unary(
        &self,
        to: &mut Statement,
        name: &'static str,
        argument: impl Fn(&mut Statement, usize) -> Result<(), Error>,
    ) -> Result<(), Error> {
        to.push(name).push("(");
        argument(to, 0)?;
        to.push(")");
        Ok(())
    }
}

/// A value as it is stored.
pub(super) fn scalar(value: &Value) -> Scalar {
    match value {
        Value::Null => Scalar::Null,
        Value::Boolean(truth) => Scalar::Integer(i64::from(*truth)),
        Value::Integer(number) | Value::Duration(number) => Scalar::Integer(*number),
        Value::Double(number) => Scalar::Real(*number),
        Value::Decimal(digits) => Scalar::Text(digits.clone()),
        Value::String(text) => Scalar::Text(text.clone()),
        Value::Guid(_) | Value::Date(_) | Value::TimeOfDay(_) => Scalar::Text(value.text()),
        Value::DateTimeOffset(instant) => Scalar::Integer(instant.ticks),
        Value::Binary(bytes) => Scalar::Blob(bytes.clone()),
        Value::Json(json) => Scalar::Text(json.to_string()),
    }
}
