//! Arithmetic and casts as SQL.
//!
//! Specification: OData URL Conventions 4.01 §5.1.1.2, §5.1.1.10.

use super::dialect::Kinds;
use super::writer::Writer;
use super::{Error, Statement};
use crate::model::{EnumTypeId, Primitive, Type};
use crate::query::{Arithmetic, Expr};

/// The functions that make one kind of value of any other.
const CAST: Kinds = Kinds {
    truth: "odata_cast_truth(",
    integer: "odata_cast_integer(",
    real: "odata_cast_real(",
    text: "odata_cast_text(",
    bytes: "odata_cast_bytes(",
};

impl Writer<'_> {
    pub(super) fn arithmetic(
        &mut self,
        to: &mut Statement,
        operator: Arithmetic,
        left: &Expr<'_>,
        right: &Expr<'_>,
        ty: Option<&Type>,
    ) -> Result<(), Error> {
        let primitive = |ty: Option<&Type>| match ty {
            Some(Type::Primitive(primitive)) => *primitive,
            _ => Primitive::Int64,
        };
        let (one, other, result) = (primitive(left.ty.as_ref()), primitive(right.ty.as_ref()), primitive(ty));
        let function = match (result, operator) {
            (Primitive::Decimal, Arithmetic::Add) => "odata_dec_add(",
            (Primitive::Decimal, Arithmetic::Sub) => "odata_dec_sub(",
            (Primitive::Decimal, Arithmetic::Mul) => "odata_dec_mul(",
            (Primitive::Decimal, Arithmetic::Div | Arithmetic::DivBy) => "odata_dec_div(",
            (Primitive::Decimal, Arithmetic::Mod) => "odata_dec_mod(",
            (Primitive::Double, Arithmetic::Add) => "odata_real_add(",
            (Primitive::Double, Arithmetic::Sub) => "odata_real_sub(",
            (Primitive::Double, Arithmetic::Mul) => "odata_real_mul(",
            (Primitive::Double, Arithmetic::Div | Arithmetic::DivBy) => "odata_real_div(",
            (Primitive::Double, Arithmetic::Mod) => "odata_real_mod(",
            (Primitive::DateTimeOffset, Arithmetic::Sub) => "odata_instant_sub(",
            (Primitive::DateTimeOffset, _) => "odata_instant_add(",
            (Primitive::Date, _) => "odata_date_add(",
            (Primitive::Duration, Arithmetic::Sub) if one == Primitive::Date => "odata_date_sub(",
            (Primitive::Duration, Arithmetic::Mul) => "odata_ticks_scale(",
            (Primitive::Duration, Arithmetic::Div | Arithmetic::DivBy) => "odata_ticks_divide(",
            (_, Arithmetic::Add) => "odata_int_add(",
            (_, Arithmetic::Sub) => "odata_int_sub(",
            (_, Arithmetic::Mul) => "odata_int_mul(",
            (_, Arithmetic::Div | Arithmetic::DivBy) => "odata_int_div(",
            (_, Arithmetic::Mod) => "odata_int_mod(",
        };
        // The function takes the duration second where there is a day, first where there is a number.
        let swapped = (result == Primitive::Date && one == Primitive::Duration)
            || (result == Primitive::Duration && operator == Arithmetic::Mul && other == Primitive::Duration);
        let (first, second) = if swapped { (right, left) } else { (left, right) };
        to.push(function);
        self.value(to, first)?;
        to.push(", ");
        if result == Primitive::Date && operator == Arithmetic::Sub {
            to.push("odata_int_neg(");
            self.value(to, second)?;
            to.push(")");
        } else {
            self.value(to, second)?;
        }
        to.push(")");
        Ok(())
    }

    pub(super) fn cast(&mut self, to: &mut Statement, operand: &Expr<'_>, ty: &Type) -> Result<(), Error> {
        match (&operand.ty, ty) {
            (Some(Type::Primitive(from)), Type::Primitive(Primitive::Double)) if from.is_numeric() => {
                let (open, close) = self.dialect.real;
                to.push(open);
                self.value(to, operand)?;
                to.push(close);
            }
            (Some(Type::Primitive(from)), Type::Primitive(Primitive::Decimal)) if from.is_integer() => {
                to.push("CAST(");
                self.value(to, operand)?;
                to.push(" AS TEXT)");
            }
            (Some(Type::Enum(id)), Type::Primitive(Primitive::String)) if self.is_flags(*id) => {
                to.push("odata_flags(");
                self.value(to, operand)?;
                to.push(", ").bind(self.members(*id).into()).push(")");
            }
            (Some(Type::Primitive(Primitive::String)), Type::Enum(id)) if self.is_flags(*id) => {
                to.push("odata_flags_of(");
                self.value(to, operand)?;
                to.push(", ").bind(self.members(*id).into()).push(")");
            }
            (Some(Type::Enum(id)), Type::Primitive(Primitive::String)) => {
                to.push("(CASE ");
                self.value(to, operand)?;
                for (name, number) in &self.model.enumeration(*id).members {
                    to.push(" WHEN ").bind((*number).into()).push(" THEN ").bind(name.as_str().into());
                }
                to.push(" END)");
            }
            (Some(Type::Primitive(Primitive::String)), Type::Enum(id)) => {
                to.push("(CASE ");
                self.value(to, operand)?;
                for (name, number) in &self.model.enumeration(*id).members {
                    to.push(" WHEN ").bind(name.as_str().into()).push(" THEN ").bind((*number).into());
                }
                to.push(" END)");
            }
            (Some(Type::Primitive(_)), Type::Enum(_)) => self.value(to, operand)?,
            (Some(from @ (Type::Primitive(_) | Type::Enum(_))), Type::Primitive(target)) => {
                let from = match from {
                    Type::Primitive(from) => *from,
                    _ => Primitive::Int64,
                };
                to.push(CAST.of(ty));
                self.value(to, operand)?;
                to.push(", ").bind(from.name().into()).push(", ").bind(target.name().into()).push(")");
            }
            _ => return Err(Error::NoPlace),
        }
        Ok(())
    }

    fn is_flags(&self, id: EnumTypeId) -> bool {
        self.model.enumeration(id).is_flags
    }

    /// `read=1,write=2`
    fn members(&self, id: EnumTypeId) -> String {
        let members = self.model.enumeration(id).members.iter();
        members.map(|(name, number)| format!("{name}={number}")).collect::<Vec<_>>().join(",")
    }
}
