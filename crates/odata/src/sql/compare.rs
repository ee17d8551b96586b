//! Comparisons as SQL: what stands around values that are compared, and the two-valued operators.
//!
//! Specification: OData URL Conventions 4.01 §5.1.1.1.

use super::expr::{Truth, is_short};
use super::writer::{Part, Writer};
use super::{Error, Statement};
use crate::model::{Primitive, Type};
use crate::query::{Comparison, Expr, ExprKind};
use crate::value::Value;

impl Writer<'_> {
    /// Appends a value that is compared or put in order.
    pub fn comparable(&mut self, to: &mut Statement, expr: &Expr<'_>) -> Result<(), Error> {
        let (open, close) = self.collated(expr);
        to.push(open);
        self.value(to, expr)?;
        to.push(close);
        Ok(())
    }

    /// Appends a value that is compared with another.
    fn beside(&mut self, to: &mut Statement, expr: &Expr<'_>, other: &Expr<'_>) -> Result<(), Error> {
        let (open, close) = if is_real(expr) && is_whole(other) { self.dialect.exact } else { ("", "") };
        to.push(open);
        self.comparable(to, expr)?;
        to.push(close);
        Ok(())
    }

    /// Appends a constant that an expression is compared with.
    pub fn constant(&self, to: &mut Statement, value: &Value, expr: &Expr<'_>) {
        let (open, close) = match value {
            Value::Double(_) if is_whole(expr) => self.dialect.exact,
            Value::Decimal(_) if self.dialect.both_sides => self.dialect.decimal,
            _ if self.dialect.both_sides => self.collated(expr),
            _ => ("", ""),
        };
        to.push(open);
        self.literal(to, value, expr.ty.as_ref());
        to.push(close);
    }

    /// What stands around a value of this type where it is compared.
    pub(super) fn collated(&self, expr: &Expr<'_>) -> (&'static str, &'static str) {
        let Some(Type::Primitive(primitive)) = &expr.ty else { return ("", "") };
        match primitive {
            Primitive::Decimal => self.dialect.decimal,
            _ if !self.dialect.plain.1.is_empty() && holds_condition(expr) => self.dialect.plain,
            Primitive::String | Primitive::Guid | Primitive::Date | Primitive::TimeOfDay => self.dialect.text,
            _ => ("", ""),
        }
    }

    pub(super) fn compare(
        &mut self,
        to: &mut Statement,
        comparison: Comparison,
        left: &Expr<'_>,
        right: &Expr<'_>,
        truth: Truth,
    ) -> Result<(), Error> {
        if matches!(comparison, Comparison::Le | Comparison::Ge) && left.nullable && right.nullable {
            return self.compare_or_both_null(to, comparison, left, right);
        }
        for (side, other) in [(left, right), (right, left)] {
            // NaN is a value, even where the database has none to calculate with.
            if let (ExprKind::Property(path), Some(Value::Null)) = (&side.kind, other.as_literal())
                && let Some(ty @ Type::Primitive(Primitive::Double | Primitive::Single)) = &side.ty
                && matches!(comparison, Comparison::Eq | Comparison::Ne)
            {
                to.push("(");
                self.path(to, path, ty, Part::Written)?;
                to.push(if comparison == Comparison::Eq { " IS NULL)" } else { " IS NOT NULL)" });
                return Ok(());
            }
        }
        let nullable = left.nullable || right.nullable;
        let plain = truth == Truth::Condition || !nullable;
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
        self.beside(to, left, right)?;
        to.push(operator);
        self.beside(to, right, left)?;
        to.push(close);
        Ok(())
    }

    /// `ge` is `gt` or `eq`, and null equals itself (OData URL Conventions 4.01 §5.1.1.1.4); so with `le`.
    fn compare_or_both_null(
        &mut self,
        to: &mut Statement,
        comparison: Comparison,
        left: &Expr<'_>,
        right: &Expr<'_>,
    ) -> Result<(), Error> {
        let operator = if comparison == Comparison::Le { " <= " } else { " >= " };
        if !(is_short(left) && is_short(right)) {
            // Written twice, conditions inside conditions would multiply beyond measure.
            let sides = [(left, "l", right, operator), (right, "r", left, "")];
            to.push("(SELECT COALESCE(");
            for (side, name, other, behind) in sides {
                let exact = if is_real(side) && is_whole(other) { self.dialect.exact } else { ("", "") };
                let (open, close) = self.collated(if side.ty.is_some() { side } else { other });
                to.push(exact.0).push(open).push(name).push(close).push(exact.1).push(behind);
            }
            to.push(", l IS NULL AND r IS NULL) FROM (SELECT ");
            self.value_as(to, left, right.ty.as_ref())?;
            to.push(" AS l, ");
            self.value_as(to, right, left.ty.as_ref())?;
            to.push(" AS r) pair)");
            return Ok(());
        }
        to.push("COALESCE(");
        self.beside(to, left, right)?;
        to.push(operator);
        self.beside(to, right, left)?;
        to.push(", ");
        self.value(to, left)?;
        to.push(" IS NULL AND ");
        self.value(to, right)?;
        to.push(" IS NULL)");
        Ok(())
    }

    /// `x in (a,b)` is `x eq a or x eq b`, null among the list included.
    pub(super) fn membership(
        &mut self,
        to: &mut Statement,
        operand: &Expr<'_>,
        list: &[Value],
        truth: Truth,
    ) -> Result<(), Error> {
        let values: Vec<&Value> = list.iter().filter(|value| **value != Value::Null).collect();
        let wants_null = operand.nullable && values.len() < list.len();
        let is_property = is_short(operand);
        // A property is written twice, for the sake of indexes; a condition may hold another `in` and is not.
        let (open, close) = match values.is_empty() {
            true => ("(", ")"),
            false if is_property && wants_null => ("(", ")"),
            false if wants_null => ("COALESCE(", ", TRUE)"),
            false if truth == Truth::Exact && operand.nullable => ("COALESCE(", ", FALSE)"),
            false => ("(", ")"),
        };
        to.push(open);
        if values.is_empty() {
            if wants_null {
                self.value(to, operand)?;
                to.push(" IS NULL");
            } else {
                to.push("1 = 0");
            }
        } else {
            self.comparable(to, operand)?;
            to.push(" IN (");
            for (index, value) in values.into_iter().enumerate() {
                to.push(if index == 0 { "" } else { ", " });
                self.constant(to, value, operand);
            }
            to.push(")");
            if wants_null && is_property {
                to.push(" OR ");
                self.value(to, operand)?;
                to.push(" IS NULL");
            }
        }
        to.push(close);
        Ok(())
    }
}

fn is_whole(expr: &Expr<'_>) -> bool {
    matches!(&expr.ty, Some(Type::Primitive(primitive)) if primitive.is_integer())
}

fn is_real(expr: &Expr<'_>) -> bool {
    matches!(&expr.ty, Some(Type::Primitive(Primitive::Double | Primitive::Single)))
}

/// Whether a condition is part of the value: databases take the collation that decimals have in there for its own.
fn holds_condition(expr: &Expr<'_>) -> bool {
    match &expr.kind {
        ExprKind::Case(_) => true,
        ExprKind::Call(_, arguments) => arguments.iter().any(holds_condition),
        ExprKind::Cast(operand, _) => {
            holds_condition(operand)
                || (operand.ty == Some(Type::Primitive(Primitive::Boolean)) && !is_short(operand))
        }
        _ => false,
    }
}
