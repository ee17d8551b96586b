//! Literals in URLs, and values in payloads.
//!
//! Comes in: the text of one. Goes out: the literal, printed. In a URL it is read by the lexer and then asked
//! which it is; a value in a payload is not percent-encoded and has its form checked alone.
//! Specification: OData 4.01 ABNF, section 7 "Literal Data Values".

use crate::error::{Error, Span};

use super::names::Names;
use super::{Check, in_raw, is_identifier, read, tree, whole};
use crate::syntax::ast::{ExprKind, Literal, Value};
use crate::syntax::expr::expression;
use crate::syntax::geo::{self, Shape};
use crate::syntax::literal as form;
use crate::syntax::scan::Scan;

/// The rules of literals and values.
pub(super) const RULES: &[(&str, Check)] = &[
    ("primitiveLiteral", |input, names| literal(input, names, |_, _| true)),
    ("null", |input, names| literal(input, names, |found, _| *found == Literal::Value(Value::Null))),
    ("boolean", |input, names| {
        literal(input, names, |found, _| matches!(found, Literal::Value(Value::Boolean(_))))
    }),
    ("binaryLiteral", |input, names| {
        literal(input, names, |found, _| matches!(found, Literal::Value(Value::Binary(_))))
    }),
    ("stringLiteral", |input, names| {
        literal(input, names, |found, _| matches!(found, Literal::Value(Value::String(_))))
    }),
    ("guid", |input, names| {
        literal(input, names, |found, _| matches!(found, Literal::Value(Value::Guid(_))))
    }),
    ("date", |input, names| {
        literal(input, names, |found, _| {
            matches!(
                found,
                Literal::Value(Value::Date(_)) | Literal::OutOfRange { type_name: "Edm.Date", .. }
            )
        })
    }),
    ("dateTimeOffsetLiteral", |input, names| literal(input, names, is_instant)),
    ("dateTimeOffsetValueInUrl", |input, names| literal(input, names, is_instant)),
    ("timeOfDayLiteral", |input, names| {
        literal(input, names, |found, _| match found {
            Literal::OutOfRange { type_name, .. } => *type_name == "Edm.TimeOfDay",
            found => matches!(found, Literal::Value(Value::TimeOfDay(_))),
        })
    }),
    ("durationLiteral", |input, names| {
        literal(input, names, |found, _| match found {
            Literal::Value(Value::Duration(_)) | Literal::OutOfRange { type_name: "Edm.Duration", .. } => {
                true
            }
            Literal::Value(Value::String(text)) => Scan::matches(text, form::duration),
            _ => false,
        })
    }),
    ("decimalLiteral", |input, names| literal(input, names, is_number)),
    ("doubleLiteral", |input, names| literal(input, names, is_number)),
    ("singleLiteral", |input, names| literal(input, names, is_number)),
    ("byte", |input, names| literal(input, names, |_, text| is_digits(text, 3))),
    ("sbyteLiteral", |input, names| literal(input, names, |_, text| is_integer(text, 3))),
    ("int16Literal", |input, names| literal(input, names, |_, text| is_integer(text, 5))),
    ("int32Literal", |input, names| literal(input, names, |_, text| is_integer(text, 10))),
    ("int64Literal", |input, names| literal(input, names, |_, text| is_integer(text, 19))),
    ("enumLiteral", enum_literal),
    ("geographyCollection", |input, names| geo_literal(input, names, "geography", Shape::Collection)),
    ("geographyLineString", |input, names| geo_literal(input, names, "geography", Shape::LineString)),
    ("geographyMultiLineString", |input, names| {
        geo_literal(input, names, "geography", Shape::MultiLineString)
    }),
    ("geographyMultiPoint", |input, names| geo_literal(input, names, "geography", Shape::MultiPoint)),
    ("geographyMultiPolygon", |input, names| geo_literal(input, names, "geography", Shape::MultiPolygon)),
    ("geographyPoint", |input, names| geo_literal(input, names, "geography", Shape::Point)),
    ("geographyPolygon", |input, names| geo_literal(input, names, "geography", Shape::Polygon)),
    ("geometryCollection", |input, names| geo_literal(input, names, "geometry", Shape::Collection)),
    ("geometryLineString", |input, names| geo_literal(input, names, "geometry", Shape::LineString)),
    ("geometryMultiLineString", |input, names| geo_literal(input, names, "geometry", Shape::MultiLineString)),
    ("geometryMultiPoint", |input, names| geo_literal(input, names, "geometry", Shape::MultiPoint)),
    ("geometryMultiPolygon", |input, names| geo_literal(input, names, "geometry", Shape::MultiPolygon)),
    ("geometryPoint", |input, names| geo_literal(input, names, "geometry", Shape::Point)),
    ("geometryPolygon", |input, names| geo_literal(input, names, "geometry", Shape::Polygon)),
    ("primitiveValue", primitive_value),
    ("binaryValue", |input, _| value(input, Scan::matches(input, form::binary))),
    ("booleanValue", |input, _| value(input, is_boolean(input))),
    ("guidValue", |input, _| value(input, Scan::matches(input, form::guid))),
    ("dateValue", |input, _| value(input, Scan::matches(input, form::date))),
    ("dateTimeOffsetValue", |input, _| value(input, Scan::matches(input, form::date_time_offset))),
    ("timeOfDayValue", |input, _| value(input, Scan::matches(input, form::time_of_day))),
    ("durationValue", |input, _| value(input, Scan::matches(input, form::duration))),
    ("decimalValue", |input, _| value(input, Scan::matches(input, form::decimal))),
    ("doubleValue", |input, _| value(input, Scan::matches(input, form::decimal))),
    ("singleValue", |input, _| value(input, Scan::matches(input, form::decimal))),
    ("byteValue", |input, _| value(input, is_digits(input, 3))),
    ("sbyteValue", |input, _| value(input, is_integer(input, 3))),
    ("int16Value", |input, _| value(input, is_integer(input, 5))),
    ("int32Value", |input, _| value(input, is_integer(input, 10))),
    ("int64Value", |input, _| value(input, is_integer(input, 19))),
    ("enumValue", |input, names| value(input, names.are_members(input))),
    ("fullCollectionLiteral", |input, _| value(input, geo::shape(input) == Some(Shape::Collection))),
    ("fullLineStringLiteral", |input, _| value(input, geo::shape(input) == Some(Shape::LineString))),
    ("fullMultiLineStringLiteral", |input, _| {
        value(input, geo::shape(input) == Some(Shape::MultiLineString))
    }),
    ("fullMultiPointLiteral", |input, _| value(input, geo::shape(input) == Some(Shape::MultiPoint))),
    ("fullMultiPolygonLiteral", |input, _| value(input, geo::shape(input) == Some(Shape::MultiPolygon))),
    ("fullPointLiteral", |input, _| value(input, geo::shape(input) == Some(Shape::Point))),
    ("fullPolygonLiteral", |input, _| value(input, geo::shape(input) == Some(Shape::Polygon))),
    ("primitiveTypeName", |input, _| value(input, input.strip_prefix("Edm.").is_some_and(is_primitive_type))),
];

/// Reads a literal, which with its text must be one of those asked for.
fn literal(
    input: &str,
    names: &Names<'_>,
    is_one: impl FnOnce(&Literal, &str) -> bool,
) -> Result<String, Error> {
    let (expr, text) = read(input, |cursor| Ok((expression(cursor)?, cursor.text.to_owned())))?;
    names.expr(&expr).map_err(in_raw(input))?;
    match &expr.kind {
        // Parentheses leave no node, but a literal has none.
        ExprKind::Literal(found) if expr.span == Span::new(0, text.len()) && is_one(found, &text) => {
            Ok(tree(found))
        }
        _ => Err(whole("such a literal", input)),
    }
}

fn enum_literal(input: &str, names: &Names<'_>) -> Result<String, Error> {
    literal(input, names, |found, _| match found {
        Literal::Enum { .. } => true,
        Literal::Value(Value::String(text)) => names.are_members(text),
        _ => false,
    })
}

fn geo_literal(input: &str, names: &Names<'_>, wanted: &str, shape: Shape) -> Result<String, Error> {
    literal(input, names, |found, _| match found {
        Literal::Geo { prefix, text } => prefix == wanted && geo::shape(text) == Some(shape),
        _ => false,
    })
}

fn is_instant(found: &Literal, _: &str) -> bool {
    matches!(
        found,
        Literal::Value(Value::DateTimeOffset(_))
            | Literal::OutOfRange { type_name: "Edm.DateTimeOffset", .. }
    )
}

fn is_number(found: &Literal, _: &str) -> bool {
    matches!(found, Literal::Value(Value::Integer(_) | Value::Decimal(_) | Value::Double(_)))
}

fn is_integer(text: &str, most: usize) -> bool {
    Scan::matches(text, |scan| form::integer(scan, most))
}

fn is_digits(text: &str, most: usize) -> bool {
    Scan::matches(text, |scan| scan.digits(1, most).map(drop))
}

fn is_boolean(text: &str) -> bool {
    matches!(text, "true" | "false")
}

fn primitive_value(input: &str, names: &Names<'_>) -> Result<String, Error> {
    let forms = [form::guid, form::duration, form::date_time_offset, form::date, form::time_of_day];
    let is_one =
        forms.into_iter().chain([form::decimal, form::binary]).any(|form| Scan::matches(input, form))
            || is_boolean(input)
            || geo::shape(input).is_some()
            || names.are_members(input);
    value(input, is_one)
}

/// Answers with the value itself.
fn value(input: &str, is_one: bool) -> Result<String, Error> {
    match is_one {
        true => Ok(input.to_owned()),
        false => Err(whole("such a value", input)),
    }
}

/// Whether a primitive type has this name behind `Edm.`.
pub(super) fn is_primitive_type(name: &str) -> bool {
    const PLAIN: [&str; 17] = [
        "Binary",
        "Boolean",
        "Byte",
        "Date",
        "DateTimeOffset",
        "Decimal",
        "Double",
        "Duration",
        "Guid",
        "Int16",
        "Int32",
        "Int64",
        "SByte",
        "Single",
        "Stream",
        "String",
        "TimeOfDay",
    ];
    const SHAPES: [&str; 8] =
        ["", "Collection", "LineString", "MultiLineString", "MultiPoint", "MultiPolygon", "Point", "Polygon"];
    let spatial = name.strip_prefix("Geography").or_else(|| name.strip_prefix("Geometry"));
    is_identifier(name) && (PLAIN.contains(&name) || spatial.is_some_and(|shape| SHAPES.contains(&shape)))
}
