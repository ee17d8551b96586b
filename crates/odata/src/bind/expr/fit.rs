//! Making types meet: literals read as the type they stand beside, numbers promoted to the wider type.
//!
//! Specification: OData URL Conventions 4.01 §5.1.1.11 (numeric promotion); Part 1 §13.4.3 item 9.

use super::{Binder, Expr, no_member};
use crate::error::Error;
use crate::model::{Primitive, Type};
use crate::query::ExprKind;
use crate::value::{DateTimeOffset, Value, calendar, number};

impl<'m> Binder<'_, 'm> {
    /// A literal as another type, where its text is one of that type; anything else as it is.
    pub(super) fn fit(&self, expr: Expr<'m>, ty: Option<&Type>) -> Result<Expr<'m>, Error> {
        let (ExprKind::Literal(value), Some(ty)) = (&expr.kind, ty) else { return Ok(expr) };
        let unreadable = || {
            Error::invalid(format!("{value} is no value of the type '{}'.", self.scope.model.type_name(ty)))
        };
        let fitted = match (value, ty) {
            (Value::String(text), Type::Enum(id)) => {
                let number = self.scope.model.enumeration(*id).value_of(text);
                Value::Integer(number.ok_or_else(|| no_member(text, &self.scope.model.type_name(ty)))?)
            }
            (Value::String(_), Type::Primitive(Primitive::String)) => return Ok(expr),
            (Value::String(text), Type::Primitive(primitive)) => {
                Value::parse(*primitive, text).ok_or_else(unreadable)?
            }
            (Value::Guid(_), Type::Primitive(Primitive::String)) => Value::String(value.text()),
            (Value::Date(date), Type::Primitive(Primitive::DateTimeOffset)) => {
                let midnight = format!("{}T00:00:00Z", calendar::print_date(*date));
                Value::DateTimeOffset(DateTimeOffset::parse(&midnight).ok_or_else(unreadable)?)
            }
            (
                Value::Integer(_) | Value::Decimal(_),
                Type::Primitive(Primitive::Double | Primitive::Single),
            ) => Value::Double(number::double(&value.text()).ok_or_else(unreadable)?),
            (Value::Integer(integer), Type::Primitive(Primitive::Decimal)) => {
                Value::Decimal(integer.to_string())
            }
            // Short decimals are exact enough as doubles to stand beside whole numbers, and leave indexes usable.
            (Value::Decimal(digits), Type::Primitive(primitive))
                if primitive.is_integer() && digits.len() <= 15 =>
            {
                // 3.0 is as whole as 3.
                if let Some(integer) = digits.strip_suffix(".0").and_then(number::integer) {
                    return Ok(Expr::literal(Value::Integer(integer), Type::Primitive(Primitive::Int64)));
                }
                let double = number::double(digits).ok_or_else(unreadable)?;
                let ty = Type::Primitive(Primitive::Double);
                return Ok(Expr::literal(Value::Double(double), ty));
            }
            _ => return Ok(expr),
        };
        Ok(Expr::literal(fitted, ty.clone()))
    }

    /// An expression as a wider numeric type.
    pub(super) fn promote(&self, expr: Expr<'m>, to: Primitive) -> Result<Expr<'m>, Error> {
        let wanted = Type::Primitive(to);
        if expr.ty.as_ref() == Some(&wanted) || expr.ty.is_none() {
            return Ok(expr);
        }
        if let Some(Type::Primitive(from)) = expr.ty
            && rank(from) == rank(to)
        {
            return Ok(expr);
        }
        let expr = self.fit(expr, Some(&wanted))?;
        if expr.ty.as_ref() == Some(&wanted) {
            return Ok(expr);
        }
        Ok(Expr {
            nullable: expr.nullable,
            kind: ExprKind::Cast(Box::new(expr), wanted.clone()),
            ty: Some(wanted),
        })
    }

    /// Two numbers as types whose values can be compared: whole and floating-point ones are compared exactly as they
    /// are, decimals with decimals.
    pub(super) fn balanced(&self, left: Expr<'m>, right: Expr<'m>) -> Result<(Expr<'m>, Expr<'m>), Error> {
        let (Some(Type::Primitive(one)), Some(Type::Primitive(other))) = (&left.ty, &right.ty) else {
            return Ok((left, right));
        };
        match (rank(*one), rank(*other)) {
            (DECIMAL, DECIMAL) | (INTEGER | REAL, INTEGER | REAL) | (0, _) | (_, 0) => Ok((left, right)),
            (DECIMAL, INTEGER) | (INTEGER, DECIMAL) => {
                Ok((self.promote(left, Primitive::Decimal)?, self.promote(right, Primitive::Decimal)?))
            }
            _ => Ok((self.promote(left, Primitive::Double)?, self.promote(right, Primitive::Double)?)),
        }
    }

    /// An argument as the type that its parameter has.
    pub(super) fn mismatch(&self, expr: &crate::syntax::ast::Expr, ty: &Type) -> Error {
        Error::invalid(format!(
            "'{expr}' is not of the type '{}', which is expected there.",
            self.scope.model.type_name(ty)
        ))
        .at(expr.span)
    }
}

const INTEGER: u8 = 1;
const DECIMAL: u8 = 2;
const REAL: u8 = 3;

/// The order in which numeric types are promoted; 0 for what is no number.
pub(super) fn rank(primitive: Primitive) -> u8 {
    match primitive {
        Primitive::Decimal => DECIMAL,
        Primitive::Double | Primitive::Single => REAL,
        primitive if primitive.is_integer() => INTEGER,
        _ => 0,
    }
}

/// The type of a calculation with numbers of these types.
pub(in crate::bind) fn result_type(left: Primitive, right: Primitive) -> Primitive {
    match rank(left).max(rank(right)) {
        REAL => Primitive::Double,
        DECIMAL => Primitive::Decimal,
        _ => Primitive::Int64,
    }
}
