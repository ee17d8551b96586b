//! A typed expression as SQL.
//!
//! OData's comparisons are two-valued (`null lt 1` is false, `null eq null` is true) where SQL's are not. In a
//! place where null and false mean the same (a condition's conjuncts), the plain operator is written, which
//! indexes serve; anywhere else the exact form.
//! Specification: OData URL Conventions 4.01 §5.1.1.1.

use std::sync::LazyLock;

use super::writer::{Part, Writer};
use super::{Error, Statement};
use crate::model::{Primitive, Property, Type};
use crate::query::{Comparison, Expr, ExprKind, Path, Variable};
use crate::value::Value;

/// The member of a complex value that says its type.
pub(super) static TYPE: LazyLock<Property> =
    LazyLock::new(|| Property::new("@odata.type", Type::Primitive(Primitive::String)));

/// Where an expression stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// Null and false mean the same.
    Condition,
    /// Null and false differ: under `not`, or as a value.
    Exact,
}

/// Joins conditions with `AND`, the first behind `WHERE`.
pub(super) struct Condition {
    next: &'static str,
}

impl Condition {
    pub fn of_where() -> Self {
        Self { next: " WHERE " }
    }

    /// One more condition.
    pub fn and<'t>(&mut self, to: &'t mut Statement) -> &'t mut Statement {
        to.push(std::mem::replace(&mut self.next, " AND "))
    }
}

impl<'s> Writer<'s> {
    /// Appends a condition.
    pub fn condition(&mut self, to: &mut Statement, expr: &Expr<'_>) -> Result<(), Error> {
        self.expr(to, expr, Truth::Condition)
    }

    /// Appends a value.
    pub fn value(&mut self, to: &mut Statement, expr: &Expr<'_>) -> Result<(), Error> {
        self.expr(to, expr, Truth::Exact)
    }

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

    /// Appends a value that has a type by what it belongs to, where it has none by itself.
    fn value_as(&mut self, to: &mut Statement, expr: &Expr<'_>, ty: Option<&Type>) -> Result<(), Error> {
        if expr.ty.is_some() {
            return self.value(to, expr);
        }
        self.literal(to, &Value::Null, ty);
        Ok(())
    }

    /// Appends `expr`.
    pub fn expr(&mut self, to: &mut Statement, expr: &Expr<'_>, truth: Truth) -> Result<(), Error> {
        match &expr.kind {
            ExprKind::Literal(value) => self.literal(to, value, expr.ty.as_ref()),
            // All of its values are null.
            ExprKind::Case(_) if expr.ty.is_none() => self.literal(to, &Value::Null, None),
            ExprKind::Property(path) => {
                let ty = expr.ty.as_ref().unwrap_or(&Type::Primitive(Primitive::String));
                let is_truth = *ty == Type::Primitive(Primitive::Boolean);
                let (open, close) = if is_truth { self.dialect.truth } else { ("", "") };
                to.push(open);
                self.path(to, path, ty, Part::Value)?;
                to.push(close);
            }
            ExprKind::Column(number) => {
                let alias = self.place_of(Variable::IT)?.alias();
                to.push_alias(alias).push(".a").push_number(*number);
            }
            ExprKind::Position => {
                let alias = self.place_of(Variable::IT)?.alias();
                to.push_alias(alias).push(self.dialect.place);
            }
            ExprKind::Compare(comparison, left, right) => {
                self.compare(to, *comparison, left, right, truth)?;
            }
            ExprKind::And(operands) => self.infix(to, " AND ", operands, truth)?,
            ExprKind::Or(operands) => self.infix(to, " OR ", operands, truth)?,
            ExprKind::Not(operand) => {
                to.push("(NOT ");
                self.value(to, operand)?;
                to.push(")");
            }
            ExprKind::In(operand, list) => self.membership(to, operand, list, truth)?,
            ExprKind::Exists(path) => {
                if path.steps.is_empty() {
                    to.push("(1 = 1)");
                } else {
                    to.push("EXISTS (");
                    self.select_members(to, path, Writer::any, |_, _, _, _| Ok(()))?;
                    to.push(")");
                }
            }
            ExprKind::Has(left, right) => {
                // No flag is wanted that is not set.
                to.push("((~");
                self.value(to, left)?;
                to.push(" & ");
                self.value(to, right)?;
                to.push(") = 0)");
            }
            ExprKind::Arithmetic(operator, left, right) => {
                self.arithmetic(to, *operator, left, right, expr.ty.as_ref())?;
            }
            ExprKind::Negate(operand) => {
                to.push(match &expr.ty {
                    Some(Type::Primitive(Primitive::Decimal)) => "odata_dec_neg(",
                    Some(Type::Primitive(Primitive::Double)) => "odata_real_neg(",
                    _ => "odata_int_neg(",
                });
                self.value(to, operand)?;
                to.push(")");
            }
            ExprKind::Call(function, arguments) => self.call(to, *function, arguments)?,
            ExprKind::Cast(operand, ty) => self.cast(to, operand, ty)?,
            ExprKind::IsOf(path, ty) => self.instance_of(to, path, ty)?,
            ExprKind::Case(cases) => {
                to.push("(CASE");
                for (when, then) in cases {
                    to.push(" WHEN ");
                    self.condition(to, when)?;
                    to.push(" THEN ");
                    self.value_as(to, then, expr.ty.as_ref())?;
                }
                to.push(" END)");
            }
            ExprKind::Any(path, variable, predicate) => {
                to.push("EXISTS (");
                self.select_members(to, path, Writer::any, |writer, condition, to, place| {
                    let Some(predicate) = predicate else { return Ok(()) };
                    condition.and(to);
                    writer.with(*variable, place, |writer| writer.condition(to, predicate))
                })?;
                to.push(")");
            }
            ExprKind::All(path, variable, predicate) => {
                to.push("(NOT EXISTS (");
                self.select_members(to, path, Writer::any, |writer, condition, to, place| {
                    // What is neither true nor false fails, too.
                    condition.and(to).push("NOT COALESCE(");
                    writer.with(*variable, place, |writer| writer.value(to, predicate))?;
                    to.push(", FALSE)");
                    Ok(())
                })?;
                to.push("))");
            }
            ExprKind::Count(path, variable, filter, search) => {
                to.push("(");
                self.select_members(to, path, Writer::number, |writer, condition, to, place| {
                    if let Some(filter) = filter {
                        condition.and(to);
                        writer.with(*variable, place, |writer| writer.condition(to, filter))?;
                    }
                    match search {
                        Some(search) => writer.search(condition, to, search, place),
                        None => Ok(()),
                    }
                })?;
                to.push(")");
            }
        }
        Ok(())
    }

    /// Halves nested in parentheses: databases limit how deep an expression may lean to one side.
    fn infix(
        &mut self,
        to: &mut Statement,
        operator: &'static str,
        operands: &[Expr<'_>],
        truth: Truth,
    ) -> Result<(), Error> {
        if let [operand] = operands {
            return self.expr(to, operand, truth);
        }
        let (left, right) = operands.split_at(operands.len() / 2);
        to.push("(");
        self.infix(to, operator, left, truth)?;
        to.push(operator);
        self.infix(to, operator, right, truth)?;
        to.push(")");
        Ok(())
    }

    fn compare(
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
    fn membership(
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

    fn instance_of(&mut self, to: &mut Statement, path: &Path<'_>, ty: &Type) -> Result<(), Error> {
        if !path.properties.is_empty() {
            // The type that a complex value says it has; none where it is the declared one.
            let mut said = path.clone();
            said.properties.push(&TYPE);
            to.push("COALESCE(");
            self.path(to, &said, &TYPE.ty, Part::Written)?;
            to.push(" IN (");
            self.type_names(to, ty)?;
            to.push("), FALSE)");
            return Ok(());
        }
        if path.steps.is_empty() {
            let place = self.place_of(path.from)?;
            return self.is_of(to, place, ty);
        }
        to.push("EXISTS (");
        self.select_members(to, path, Writer::any, |writer, condition, to, place| {
            condition.and(to);
            writer.is_of(to, place, ty)
        })?;
        to.push(")");
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

/// Whether it can be written twice without harm.
pub(super) fn is_short(expr: &Expr<'_>) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::Position => true,
        ExprKind::Property(path) => path.steps.is_empty(),
        _ => false,
    }
}
