//! The canonical functions: name, parameters, result. One row each; their SQL is in [`crate::sql`].
//!
//! Specification: OData URL Conventions 4.01 §5.1.1.5 to §5.1.1.10.

use crate::model::Primitive;

/// A canonical function that can be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `contains(a,b)`: b is somewhere in a.
    Contains,
    /// `startswith(a,b)`: a begins with b.
    StartsWith,
    /// `endswith(a,b)`: a ends with b.
    EndsWith,
    /// `length(a)`: the number of characters.
    Length,
    /// `tolower(a)`.
    ToLower,
    /// `toupper(a)`.
    ToUpper,
}

/// What binding needs to know of a function.
#[derive(Debug)]
pub struct Signature {
    /// In lower case; requests may write it in any.
    pub name: &'static str,
    /// The function.
    pub function: Function,
    /// The types of its arguments.
    pub parameters: &'static [Primitive],
    /// The type of its result.
    pub returns: Primitive,
}

const fn row(
    name: &'static str,
    function: Function,
    parameters: &'static [Primitive],
    returns: Primitive,
) -> Signature {
    Signature { name, function, parameters, returns }
}

/// The functions that can be bound.
pub const FUNCTIONS: &[Signature] = &[
    row("contains", Function::Contains, &[Primitive::String, Primitive::String], Primitive::Boolean),
    row("startswith", Function::StartsWith, &[Primitive::String, Primitive::String], Primitive::Boolean),
    row("endswith", Function::EndsWith, &[Primitive::String, Primitive::String], Primitive::Boolean),
    row("length", Function::Length, &[Primitive::String], Primitive::Int32),
    row("tolower", Function::ToLower, &[Primitive::String], Primitive::String),
    row("toupper", Function::ToUpper, &[Primitive::String], Primitive::String),
];

/// Canonical functions of the standard that are not bound yet: they answer 501 instead of 400.
pub const KNOWN: &[&str] = &[
    "case",
    "ceiling",
    "concat",
    "date",
    "day",
    "floor",
    "fractionalseconds",
    "geo.distance",
    "geo.intersects",
    "geo.length",
    "hassubsequence",
    "hassubset",
    "hour",
    "indexof",
    "matchespattern",
    "maxdatetime",
    "mindatetime",
    "minute",
    "month",
    "now",
    "round",
    "second",
    "substring",
    "time",
    "totaloffsetminutes",
    "totalseconds",
    "trim",
    "year",
];
