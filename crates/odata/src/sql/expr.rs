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
use crate::query::{Expr, ExprKind, Path, Variable};
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

    /// Appends a value that has a type by what it belongs to, where it has none by itself.
    pub(super) fn value_as(
        &mut self,
        to: &mut Statement,
        expr: &Expr<'_>,
        ty: Option<&Type>,
    ) -> Result<(), Error> {
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

/// Whether it can be written twice without harm.
pub(super) fn is_short(expr: &Expr<'_>) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::Position => true,
        ExprKind::Property(path) => path.steps.is_empty(),
        _ => false,
    }
}
