//! The canonical functions: name, parameters, result. One row for each way to call one; their SQL is in
//! [`crate::sql`].
//!
//! Specification: OData URL Conventions 4.01 §5.1.1.5 to §5.1.1.10.

use crate::model::{Primitive, Type};

/// A canonical function that can be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the functions' own names")]
pub enum Function {
    Ceiling,
    Concat,
    Contains,
    Date,
    Day,
    EndsWith,
    Floor,
    FractionalSeconds,
    HasSubsequence,
    HasSubset,
    Hour,
    IndexOf,
    Length,
    MatchesPattern,
    MaxDateTime,
    MinDateTime,
    Minute,
    Month,
    Now,
    Round,
    Second,
    StartsWith,
    Substring,
    Time,
    ToLower,
    ToUpper,
    TotalOffsetMinutes,
    TotalSeconds,
    Trim,
    Year,
}

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of this primitive type.
    Of(Primitive),
    /// A whole number.
    Integer,
    /// `Edm.Double` or `Edm.Single`.
    Real,
    /// A collection of primitive values.
    Collection,
}

/// What binding needs to know of one way to call a function.
#[derive(Debug)]
pub struct Signature {
    /// In lower case; requests may write it in any.
    pub name: &'static str,
    /// The function.
    pub function: Function,
    /// Its arguments.
    pub parameters: &'static [Kind],
    /// The type of its result.
    pub returns: Primitive,
}

const STRING: Kind = Kind::Of(Primitive::String);
const DECIMAL: Kind = Kind::Of(Primitive::Decimal);
const DATE: Kind = Kind::Of(Primitive::Date);
const TIME: Kind = Kind::Of(Primitive::TimeOfDay);
const INSTANT: Kind = Kind::Of(Primitive::DateTimeOffset);
const DURATION: Kind = Kind::Of(Primitive::Duration);

const fn row(
    name: &'static str,
    function: Function,
    parameters: &'static [Kind],
    returns: Primitive,
) -> Signature {
    Signature { name, function, parameters, returns }
}

/// The functions that can be bound.
pub const FUNCTIONS: &[Signature] = &[
    row("ceiling", Function::Ceiling, &[Kind::Integer], Primitive::Int64),
    row("ceiling", Function::Ceiling, &[DECIMAL], Primitive::Decimal),
    row("ceiling", Function::Ceiling, &[Kind::Real], Primitive::Double),
    row("concat", Function::Concat, &[STRING, STRING], Primitive::String),
    row("contains", Function::Contains, &[STRING, STRING], Primitive::Boolean),
    row("date", Function::Date, &[INSTANT], Primitive::Date),
    row("day", Function::Day, &[DATE], Primitive::Int32),
    row("day", Function::Day, &[INSTANT], Primitive::Int32),
    row("endswith", Function::EndsWith, &[STRING, STRING], Primitive::Boolean),
    row("floor", Function::Floor, &[Kind::Integer], Primitive::Int64),
    row("floor", Function::Floor, &[DECIMAL], Primitive::Decimal),
    row("floor", Function::Floor, &[Kind::Real], Primitive::Double),
    row("fractionalseconds", Function::FractionalSeconds, &[TIME], Primitive::Decimal),
    row("fractionalseconds", Function::FractionalSeconds, &[INSTANT], Primitive::Decimal),
    row(
        "hassubsequence",
        Function::HasSubsequence,
        &[Kind::Collection, Kind::Collection],
        Primitive::Boolean,
    ),
    row("hassubset", Function::HasSubset, &[Kind::Collection, Kind::Collection], Primitive::Boolean),
    row("hour", Function::Hour, &[TIME], Primitive::Int32),
    row("hour", Function::Hour, &[INSTANT], Primitive::Int32),
    row("indexof", Function::IndexOf, &[STRING, STRING], Primitive::Int32),
    row("length", Function::Length, &[STRING], Primitive::Int32),
    row("matchespattern", Function::MatchesPattern, &[STRING, STRING], Primitive::Boolean),
    row("maxdatetime", Function::MaxDateTime, &[], Primitive::DateTimeOffset),
    row("mindatetime", Function::MinDateTime, &[], Primitive::DateTimeOffset),
    row("minute", Function::Minute, &[TIME], Primitive::Int32),
    row("minute", Function::Minute, &[INSTANT], Primitive::Int32),
    row("month", Function::Month, &[DATE], Primitive::Int32),
    row("month", Function::Month, &[INSTANT], Primitive::Int32),
    row("now", Function::Now, &[], Primitive::DateTimeOffset),
    row("round", Function::Round, &[Kind::Integer], Primitive::Int64),
    row("round", Function::Round, &[DECIMAL], Primitive::Decimal),
    row("round", Function::Round, &[Kind::Real], Primitive::Double),
    row("second", Function::Second, &[TIME], Primitive::Int32),
    row("second", Function::Second, &[INSTANT], Primitive::Int32),
    row("startswith", Function::StartsWith, &[STRING, STRING], Primitive::Boolean),
    row("substring", Function::Substring, &[STRING, Kind::Integer], Primitive::String),
    row("substring", Function::Substring, &[STRING, Kind::Integer, Kind::Integer], Primitive::String),
    row("time", Function::Time, &[INSTANT], Primitive::TimeOfDay),
    row("tolower", Function::ToLower, &[STRING], Primitive::String),
    row("totaloffsetminutes", Function::TotalOffsetMinutes, &[INSTANT], Primitive::Int32),
    row("totalseconds", Function::TotalSeconds, &[DURATION], Primitive::Decimal),
    row("toupper", Function::ToUpper, &[STRING], Primitive::String),
    row("trim", Function::Trim, &[STRING], Primitive::String),
    row("year", Function::Year, &[DATE], Primitive::Int32),
    row("year", Function::Year, &[INSTANT], Primitive::Int32),
];

/// Canonical functions of the standard that are not bound: they answer 501 instead of 400.
pub const KNOWN: &[&str] = &["geo.distance", "geo.intersects", "geo.length"];

impl Kind {
    /// Whether an argument of this type will do as it is; nothing stands for null.
    #[must_use]
    pub fn takes(self, ty: Option<&Type>) -> bool {
        match (self, ty) {
            (_, None) => true,
            (Self::Of(wanted), Some(Type::Primitive(given))) => wanted == *given,
            (Self::Integer, Some(Type::Primitive(given))) => given.is_integer(),
            (Self::Real, Some(Type::Primitive(given))) => {
                matches!(given, Primitive::Double | Primitive::Single)
            }
            (Self::Collection, Some(ty)) => matches!(ty, Type::Collection(_)),
            _ => false,
        }
    }

    /// The type that a literal is read as.
    #[must_use]
    pub fn literal_type(self) -> Option<Type> {
        match self {
            Self::Of(primitive) => Some(Type::Primitive(primitive)),
            Self::Integer => Some(Type::Primitive(Primitive::Int64)),
            Self::Real => Some(Type::Primitive(Primitive::Double)),
            Self::Collection => None,
        }
    }
}
