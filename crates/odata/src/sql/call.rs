//! Calls of canonical functions as SQL.
//!
//! Specification: OData URL Conventions 4.01 §5.1.1.5 to §5.1.1.10.

use super::expr::is_short;
use super::writer::{Part, Writer};
use super::{Error, Statement};
use crate::bind::Function;
use crate::model::{Primitive, Type};
use crate::query::{Expr, ExprKind};
use crate::value::Value;
use crate::value::calendar::TICKS_PER_MINUTE;

const INSTANT: Type = Type::Primitive(Primitive::DateTimeOffset);

impl Writer<'_> {
    /// Appends a call.
    pub fn call(
        &mut self,
        to: &mut Statement,
        function: Function,
        arguments: &[Expr<'_>],
    ) -> Result<(), Error> {
        match (function, arguments) {
            (Function::Contains, [text, part]) => {
                to.push("(").push(self.dialect.position).push("(");
                self.value(to, text)?;
                to.push(", ");
                self.value(to, part)?;
                to.push(") > 0)");
            }
            (Function::IndexOf, [text, part]) => {
                to.push("(").push(self.dialect.position).push("(");
                self.value(to, text)?;
                to.push(", ");
                self.value(to, part)?;
                to.push(") - 1)");
            }
            (Function::StartsWith, [text, start]) if is_short(start) => {
                to.push("(substr(");
                self.value(to, text)?;
                to.push(", 1, length(");
                self.value(to, start)?;
                to.push(")) = ");
                self.value(to, start)?;
                to.push(")");
            }
            (Function::StartsWith, _) => self.named(to, "odata_startswith", arguments)?,
            // Where the text is the shorter one the piece taken is too, and so never equal.
            (Function::EndsWith, [text, end]) if is_short(text) && is_short(end) => {
                to.push("(substr(");
                self.value(to, text)?;
                to.push(", length(");
                self.value(to, text)?;
                to.push(") - length(");
                self.value(to, end)?;
                to.push(") + 1) = ");
                self.value(to, end)?;
                to.push(")");
            }
            (Function::EndsWith, _) => self.named(to, "odata_endswith", arguments)?,
            (Function::Concat, [left, right]) => {
                to.push("(");
                self.value(to, left)?;
                to.push(" || ");
                self.value(to, right)?;
                to.push(")");
            }
            (Function::Length, [text]) => self.named(to, "length", std::slice::from_ref(text))?,
            (Function::ToLower, _) => self.named(to, self.dialect.lower, arguments)?,
            (Function::ToUpper, _) => self.named(to, self.dialect.upper, arguments)?,
            (Function::Trim, _) => self.named(to, "odata_trim", arguments)?,
            (Function::Substring, _) => self.named(to, "odata_substring", arguments)?,
            (Function::MatchesPattern, _) => {
                let name = self.dialect.matches.ok_or(Error::Unsupported("matchesPattern"))?;
                self.named(to, name, arguments)?;
            }
            (Function::HasSubset, _) => self.named(to, "odata_hassubset", arguments)?,
            (Function::HasSubsequence, _) => self.named(to, "odata_hassubsequence", arguments)?,
            (Function::Year, [when]) => self.temporal(to, "odata_year", when)?,
            (Function::Month, [when]) => self.temporal(to, "odata_month", when)?,
            (Function::Day, [when]) => self.temporal(to, "odata_day", when)?,
            (Function::Hour, [when]) => self.temporal(to, "odata_hour", when)?,
            (Function::Minute, [when]) => self.temporal(to, "odata_minute", when)?,
            (Function::Second, [when]) => self.temporal(to, "odata_second", when)?,
            (Function::FractionalSeconds, [when]) => self.temporal(to, "odata_fraction", when)?,
            (Function::Date, [when]) => self.temporal(to, "odata_date", when)?,
            (Function::Time, [when]) => self.temporal(to, "odata_time", when)?,
            (Function::TotalSeconds, _) => self.named(to, "odata_seconds", arguments)?,
            (Function::TotalOffsetMinutes, [when]) => {
                // Null where the instant is.
                to.push("(CASE WHEN ");
                self.value(to, when)?;
                to.push(" IS NULL THEN NULL ELSE COALESCE(");
                self.offset(to, when)?;
                to.push(", 0) END)");
            }
            (Function::Round, [number]) => self.rounded(to, number, "odata_dec_round", "odata_real_round")?,
            (Function::Floor, [number]) => self.rounded(to, number, "odata_dec_floor", "odata_real_floor")?,
            (Function::Ceiling, [number]) => {
                self.rounded(to, number, "odata_dec_ceiling", "odata_real_ceiling")?;
            }
            _ => return Err(Error::MissingArgument),
        }
        Ok(())
    }

    fn named(&mut self, to: &mut Statement, name: &'static str, arguments: &[Expr<'_>]) -> Result<(), Error> {
        to.push(name).push("(");
        for (index, argument) in arguments.iter().enumerate() {
            to.push(if index == 0 { "" } else { ", " });
            self.value(to, argument)?;
        }
        to.push(")");
        Ok(())
    }

    fn rounded(
        &mut self,
        to: &mut Statement,
        number: &Expr<'_>,
        decimal: &'static str,
        real: &'static str,
    ) -> Result<(), Error> {
        let name = match &number.ty {
            Some(Type::Primitive(Primitive::Decimal)) => decimal,
            Some(Type::Primitive(Primitive::Double | Primitive::Single)) => real,
            // A whole number is round.
            _ => return self.value(to, number),
        };
        self.named(to, name, std::slice::from_ref(number))
    }

    /// A function of a day, a time of day, or an instant as its own offset shows it.
    fn temporal(&mut self, to: &mut Statement, name: &'static str, when: &Expr<'_>) -> Result<(), Error> {
        to.push(name).push("(");
        match &when.kind {
            _ if when.ty.as_ref() != Some(&INSTANT) => self.value(to, when)?,
            ExprKind::Literal(Value::DateTimeOffset(instant)) => {
                let moved = i64::from(instant.offset_minutes) * TICKS_PER_MINUTE;
                to.bind(instant.ticks.saturating_add(moved).into());
            }
            ExprKind::Property(_) => {
                self.value(to, when)?;
                to.push(" + COALESCE(");
                self.offset(to, when)?;
                to.push(", 0) * ").bind(TICKS_PER_MINUTE.into());
            }
            _ => self.value(to, when)?,
        }
        to.push(")");
        Ok(())
    }

    /// The offset of an instant in minutes: that of a property or a literal; what is calculated is in UTC.
    fn offset(&mut self, to: &mut Statement, when: &Expr<'_>) -> Result<(), Error> {
        match &when.kind {
            ExprKind::Literal(Value::DateTimeOffset(instant)) => {
                to.bind(i64::from(instant.offset_minutes).into());
            }
            ExprKind::Property(path) => self.path(to, path, &INSTANT, Part::Offset)?,
            _ => {
                to.push("0");
            }
        }
        Ok(())
    }
}
