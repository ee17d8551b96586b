//! Functions with the standard's meaning, for databases that have none of their own.
//!
//! A store registers all of [`FUNCTIONS`] and the collation [`compare_decimals`] on each SQLite connection, and runs
//! `migrations/postgres/0001_functions.sql`, which has the same functions, once in each PostgreSQL database; the names
//! begin with `odata_`, so that they meet no others. Every function is pure, and null where an argument is. What has
//! no result for these values (a division by zero, an overflow) is an [`Evaluation`] error, whose text begins with
//! [`PREFIX`] so that it is known again when it comes back out of the database: the request is at fault (400).
//! Specification: OData URL Conventions 4.01 §5.1.1.

mod calculate;
mod decimal;
mod temporal;
mod text;

pub use decimal::compare as compare_decimals;
pub use text::pattern;

use super::Scalar;
use super::stored;
use crate::model::{EnumType, Primitive, Type};
use crate::value::{Value, calendar, number};

/// The beginning of the text of every [`Evaluation`] error.
pub const PREFIX: &str = "odata: ";

/// An expression has no value for some row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("odata: {0}")]
pub struct Evaluation(pub &'static str);

type Outcome = Result<Scalar, Evaluation>;

/// A function of SQL, in Rust.
#[derive(Clone, Copy, Debug)]
pub struct ScalarFunction {
    /// Its name in SQL.
    pub name: &'static str,
    /// The number of its arguments.
    pub arguments: usize,
    /// What it does with arguments that are not null.
    pub call: fn(&[Scalar]) -> Outcome,
}

const fn row(name: &'static str, arguments: usize, call: fn(&[Scalar]) -> Outcome) -> ScalarFunction {
    ScalarFunction { name, arguments, call }
}

/// All of them.
pub const FUNCTIONS: &[ScalarFunction] = &[
    row("unicode_lower", 1, text::lower),
    row("unicode_upper", 1, text::upper),
    row("odata_startswith", 2, text::starts_with),
    row("odata_endswith", 2, text::ends_with),
    row("odata_trim", 1, text::trim),
    row("odata_substring", 2, text::substring),
    row("odata_substring", 3, text::substring),
    row("odata_matches", 2, text::matches),
    row("odata_hassubset", 2, text::has_subset),
    row("odata_hassubsequence", 2, text::has_subsequence),
    row("odata_int_add", 2, calculate::int_add),
    row("odata_int_sub", 2, calculate::int_sub),
    row("odata_int_mul", 2, calculate::int_mul),
    row("odata_int_div", 2, calculate::int_div),
    row("odata_int_mod", 2, calculate::int_mod),
    row("odata_int_neg", 1, calculate::int_neg),
    row("odata_real_add", 2, calculate::real_add),
    row("odata_real_sub", 2, calculate::real_sub),
    row("odata_real_mul", 2, calculate::real_mul),
    row("odata_real_div", 2, calculate::real_div),
    row("odata_real_mod", 2, calculate::real_mod),
    row("odata_real_neg", 1, calculate::real_neg),
    row("odata_real_round", 1, calculate::real_round),
    row("odata_real_floor", 1, calculate::real_floor),
    row("odata_real_ceiling", 1, calculate::real_ceiling),
    row("odata_dec_add", 2, decimal::add),
    row("odata_dec_sub", 2, decimal::subtract),
    row("odata_dec_mul", 2, decimal::multiply),
    row("odata_dec_div", 2, decimal::divide),
    row("odata_dec_mod", 2, decimal::remainder),
    row("odata_dec_neg", 1, decimal::negate),
    row("odata_dec_round", 1, decimal::round),
    row("odata_dec_floor", 1, decimal::floor),
    row("odata_dec_ceiling", 1, decimal::ceiling),
    row("odata_dec_sum", 1, decimal::sum),
    row("odata_dec_average", 1, decimal::average),
    row("odata_year", 1, temporal::year),
    row("odata_month", 1, temporal::month),
    row("odata_day", 1, temporal::day),
    row("odata_hour", 1, temporal::hour),
    row("odata_minute", 1, temporal::minute),
    row("odata_second", 1, temporal::second),
    row("odata_fraction", 1, temporal::fraction),
    row("odata_date", 1, temporal::date),
    row("odata_time", 1, temporal::time),
    row("odata_seconds", 1, temporal::seconds),
    row("odata_instant_add", 2, temporal::instant_add),
    row("odata_instant_sub", 2, temporal::instant_sub),
    row("odata_date_add", 2, temporal::date_add),
    row("odata_date_sub", 2, temporal::date_sub),
    row("odata_ticks_scale", 2, temporal::scale),
    row("odata_ticks_divide", 2, temporal::divide),
    row("odata_ticks", 1, ticks),
    row("odata_offset", 1, offset),
    row("odata_bytes", 1, bytes),
    row("odata_instant_text", 2, instant_text),
    row("odata_bytes_text", 1, bytes_text),
    row("odata_real", 1, real),
    row("odata_cast_truth", 3, cast),
    row("odata_cast_integer", 3, cast),
    row("odata_cast_real", 3, cast),
    row("odata_cast_text", 3, cast),
    row("odata_cast_bytes", 3, cast),
    row("odata_flags", 2, flags),
    row("odata_flags_of", 2, flags_of),
];

/// An instant out of a JSON text.
fn ticks(arguments: &[Scalar]) -> Outcome {
    Ok(match instant(arguments) {
        Some(instant) => Scalar::Integer(instant.ticks),
        None => Scalar::Null,
    })
}

/// The offset of an instant out of a JSON text, in minutes.
fn offset(arguments: &[Scalar]) -> Outcome {
    Ok(match instant(arguments) {
        Some(instant) => Scalar::Integer(i64::from(instant.offset_minutes)),
        None => Scalar::Null,
    })
}

fn instant(arguments: &[Scalar]) -> Option<crate::value::DateTimeOffset> {
    match arguments {
        [Scalar::Text(text)] => crate::value::DateTimeOffset::parse(text),
        _ => None,
    }
}

/// An instant and its offset in minutes as JSON texts have them.
fn instant_text(arguments: &[Scalar]) -> Outcome {
    let [ticks, offset] = arguments else { return Ok(Scalar::Null) };
    Ok(stored::zoned(ticks, offset).map_or(Scalar::Null, |instant| Scalar::Text(instant.text())))
}

/// Bytes as JSON texts have them.
fn bytes_text(arguments: &[Scalar]) -> Outcome {
    Ok(match arguments {
        [Scalar::Blob(bytes)] => Scalar::Text(Value::Binary(bytes.clone()).text()),
        _ => Scalar::Null,
    })
}

/// Bytes out of a JSON text.
fn bytes(arguments: &[Scalar]) -> Outcome {
    Ok(match arguments {
        [Scalar::Text(text)] => crate::value::binary::decode(text).map_or(Scalar::Null, Scalar::Blob),
        _ => Scalar::Null,
    })
}

/// A floating-point number out of a JSON text: infinities are written as texts.
fn real(arguments: &[Scalar]) -> Outcome {
    Ok(match arguments {
        [Scalar::Text(text)] => number::double(text).map_or(Scalar::Null, Scalar::Real),
        [Scalar::Integer(number)] => number::double(&number.to_string()).map_or(Scalar::Null, Scalar::Real),
        [other] => other.clone(),
        _ => Scalar::Null,
    })
}

/// `odata_cast_text(x, 'Int32', 'String')`: a value of one primitive type as one of another, null where there is none.
fn cast(arguments: &[Scalar]) -> Outcome {
    let [value, Scalar::Text(from), Scalar::Text(to)] = arguments else { return Ok(Scalar::Null) };
    let (Some(from), Some(to)) = (Primitive::named(from), Primitive::named(to)) else {
        return Ok(Scalar::Null);
    };
    let Some(value) = stored::value(value.clone(), &Type::Primitive(from)) else { return Ok(Scalar::Null) };
    Ok(convert(&value, to).map_or(Scalar::Null, |value| stored::scalar(&value)))
}

/// `odata_flags(3, 'read=1,write=2')`: the names of flags that are set; null where some have no name.
fn flags(arguments: &[Scalar]) -> Outcome {
    let [Scalar::Integer(number), Scalar::Text(members)] = arguments else { return Ok(Scalar::Null) };
    Ok(enumeration(members).name_of(*number).map_or(Scalar::Null, |name| Scalar::Text(name.into_owned())))
}

/// `odata_flags_of('read,write', 'read=1,write=2')`: the number that stands for flags; null where one does not exist.
fn flags_of(arguments: &[Scalar]) -> Outcome {
    let [Scalar::Text(names), Scalar::Text(members)] = arguments else { return Ok(Scalar::Null) };
    Ok(enumeration(members).value_of(names).map_or(Scalar::Null, Scalar::Integer))
}

fn enumeration(members: &str) -> EnumType {
    let members = members.split(',').filter_map(|member| {
        let (name, number) = member.split_once('=')?;
        Some((name.to_owned(), number.parse().ok()?))
    });
    EnumType {
        namespace: String::new(),
        name: String::new(),
        underlying: Primitive::Int64,
        is_flags: true,
        members: members.collect(),
    }
}

/// A value as one of another primitive type (OData URL Conventions 4.01 §5.1.1.10.1).
fn convert(value: &Value, to: Primitive) -> Option<Value> {
    match (value, to) {
        (Value::Double(double), Primitive::String) => {
            // Plain where that is exact and short, as people write numbers.
            let plain = double.to_string();
            Some(Value::String(if double.is_finite() && plain.len() <= 24 { plain } else { value.text() }))
        }
        (_, Primitive::String) => Some(Value::String(value.text())),
        (Value::Integer(number), to) if to.is_integer() => in_range(*number, to).map(Value::Integer),
        (Value::Integer(number), Primitive::Decimal) => Some(Value::Decimal(number.to_string())),
        (Value::Decimal(digits), to) if to.is_integer() => {
            let whole = digits.split('.').next().unwrap_or_default();
            in_range(number::integer(whole)?, to).map(Value::Integer)
        }
        (Value::Double(double), to) if to.is_integer() => {
            let whole = number::decimal(&format!("{:.0}", double.trunc()))?;
            in_range(number::integer(&whole)?, to).map(Value::Integer)
        }
        (Value::Double(double), Primitive::Decimal) if double.is_finite() => {
            number::decimal(&double.to_string()).map(Value::Decimal)
        }
        (Value::Double(double), Primitive::Double | Primitive::Single) => Some(Value::Double(*double)),
        (Value::Decimal(_), Primitive::Decimal) => Some(value.clone()),
        (Value::Integer(_) | Value::Decimal(_), Primitive::Double | Primitive::Single) => {
            number::double(&value.text()).map(Value::Double)
        }
        (Value::DateTimeOffset(_), Primitive::Date) => Value::parse(Primitive::Date, value.text().get(..10)?),
        (Value::DateTimeOffset(instant), Primitive::TimeOfDay) => {
            let Ok(Scalar::Text(time)) = temporal::time(&[Scalar::Integer(instant.ticks)]) else {
                return None;
            };
            Value::parse(Primitive::TimeOfDay, &time)
        }
        (Value::Date(date), Primitive::DateTimeOffset) => {
            Value::parse(to, &format!("{}T00:00:00Z", calendar::print_date(*date)))
        }
        (Value::String(text), to) => {
            let value = Value::parse(to, text)?;
            match value {
                Value::Integer(number) => in_range(number, to).map(Value::Integer),
                value => Some(value),
            }
        }
        (Value::Boolean(_), Primitive::Boolean)
        | (Value::Guid(_), Primitive::Guid)
        | (Value::Date(_), Primitive::Date)
        | (Value::DateTimeOffset(_), Primitive::DateTimeOffset)
        | (Value::TimeOfDay(_), Primitive::TimeOfDay)
        | (Value::Duration(_), Primitive::Duration)
        | (Value::Binary(_), Primitive::Binary) => Some(value.clone()),
        _ => None,
    }
}

fn in_range(number: i64, to: Primitive) -> Option<i64> {
    let (least, greatest) = match to {
        Primitive::Byte => (0, 255),
        Primitive::SByte => (-128, 127),
        Primitive::Int16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        Primitive::Int32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    (least..=greatest).contains(&number).then_some(number)
}
