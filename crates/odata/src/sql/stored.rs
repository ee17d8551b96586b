//! How values are kept: as scalars in columns, and inside JSON texts.
//!
//! Columns: booleans and enum members are whole numbers, times and durations counts of 100 ns, decimals their digits,
//! guids, dates and times of day their texts. JSON: the same, but a time with its offset is its text, bytes are
//! base64, and infinities and NaN are texts.

use super::Scalar;
use crate::model::{Primitive, Type};
use crate::value::{DateTimeOffset, Value, number};

/// A value as it is stored in a column.
#[must_use]
pub fn scalar(value: &Value) -> Scalar {
    match value {
        Value::Null => Scalar::Null,
        Value::Boolean(truth) => Scalar::Integer(i64::from(*truth)),
        Value::Integer(number) | Value::Duration(number) => Scalar::Integer(*number),
        Value::Double(number) => Scalar::Real(*number),
        Value::Decimal(digits) => Scalar::Text(digits.clone()),
        Value::String(text) => Scalar::Text(text.clone()),
        Value::Guid(_) | Value::Date(_) | Value::TimeOfDay(_) => Scalar::Text(value.text()),
        Value::DateTimeOffset(instant) => Scalar::Integer(instant.ticks),
        Value::Binary(bytes) => Scalar::Blob(bytes.clone()),
        Value::Json(json) => Scalar::Text(json.to_string()),
    }
}

/// A value as it is stored inside a JSON text.
#[must_use]
pub fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Boolean(truth) => (*truth).into(),
        Value::Integer(number) | Value::Duration(number) => (*number).into(),
        Value::Double(number) if number.is_finite() => (*number).into(),
        Value::Json(json) => json.clone(),
        other => other.text().into(),
    }
}

/// A value of a type out of a JSON text; nothing where it cannot be one.
#[must_use]
pub fn from_json(json: &serde_json::Value, ty: &Type) -> Option<Value> {
    let primitive = match ty {
        Type::Enum(_) => Primitive::Int64,
        Type::Primitive(primitive) => *primitive,
        Type::Complex(_) | Type::Entity(_) | Type::Collection(_) => return Some(Value::Json(json.clone())),
    };
    Some(match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => Value::Boolean(*truth),
        serde_json::Value::Number(number) => match (primitive, number.as_i64()) {
            (Primitive::Duration, Some(ticks)) => Value::Duration(ticks),
            (Primitive::Boolean, Some(truth)) => Value::Boolean(truth != 0),
            (Primitive::Double | Primitive::Single, _) => Value::Double(number.as_f64()?),
            (Primitive::Decimal, _) => Value::Decimal(number::decimal(&number.to_string())?),
            (_, Some(number)) => Value::Integer(number),
            _ => return None,
        },
        serde_json::Value::String(text) => Value::parse(primitive, text)?,
        other => Value::Json(other.clone()),
    })
}

/// A stored scalar as a value of a type; nothing where it cannot be one.
#[must_use]
pub fn value(scalar: Scalar, ty: &Type) -> Option<Value> {
    let primitive = match ty {
        Type::Enum(_) => Primitive::Int64,
        Type::Primitive(primitive) => *primitive,
        Type::Complex(_) | Type::Entity(_) | Type::Collection(_) => {
            return match scalar {
                Scalar::Null => Some(Value::Null),
                Scalar::Text(text) => serde_json::from_str(&text).ok().map(Value::Json),
                _ => None,
            };
        }
    };
    Some(match (scalar, primitive) {
        (Scalar::Null, _) => Value::Null,
        (Scalar::Text(text), Primitive::String) => Value::String(text),
        (Scalar::Blob(bytes), Primitive::Binary) => Value::Binary(bytes),
        (Scalar::Integer(number), Primitive::Boolean) => Value::Boolean(number != 0),
        (Scalar::Integer(ticks), Primitive::DateTimeOffset) => {
            Value::DateTimeOffset(DateTimeOffset { ticks, offset_minutes: 0 })
        }
        (Scalar::Integer(ticks), Primitive::Duration) => Value::Duration(ticks),
        (Scalar::Integer(number), primitive) if primitive.is_integer() => Value::Integer(number),
        (Scalar::Integer(number), Primitive::Double | Primitive::Single) => {
            Value::Double(number::double(&number.to_string())?)
        }
        (Scalar::Integer(number), Primitive::Decimal) => Value::Decimal(number.to_string()),
        (Scalar::Real(number), Primitive::Double | Primitive::Single) => Value::Double(number),
        (Scalar::Text(text), Primitive::Decimal) => Value::Decimal(text),
        (Scalar::Text(text), primitive) => Value::parse(primitive, &text)?,
        _ => return None,
    })
}

/// An instant with its offset.
#[must_use]
pub fn zoned(ticks: &Scalar, offset: &Scalar) -> Option<Value> {
    match (ticks, offset) {
        (Scalar::Null, _) => Some(Value::Null),
        (Scalar::Integer(ticks), Scalar::Integer(offset)) => {
            let offset_minutes = i16::try_from(*offset).ok()?;
            Some(Value::DateTimeOffset(DateTimeOffset { ticks: *ticks, offset_minutes }))
        }
        (Scalar::Integer(ticks), Scalar::Null) => {
            Some(Value::DateTimeOffset(DateTimeOffset { ticks: *ticks, offset_minutes: 0 }))
        }
        _ => None,
    }
}
