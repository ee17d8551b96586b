//! The opaque page token: the place of a page's last entity in the order of its list.
//!
//! A token is base64url of a digest and the values as JSON. The digest covers the values, the address and the
//! order, so that a token that was altered, cut or carried to another list is refused; it is no secret and need
//! not be, since a token can only say where to go on in a list that the caller may read anyway.
//! Specification: OData Part 1 §11.2.6.7 (server-driven paging).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::model::{Primitive, Type};
use crate::query::{Cursor, ExprKind, Order};
use crate::value::{DateTimeOffset, Value};

const DIGEST: usize = 12;

/// The token for a place in a list; `list` is its canonical path.
// Differs: the real service's token is a readable, inclusive cursor (`LastSerialNumber='…'`) that repeats rows.
#[must_use]
pub fn write(list: &str, order: &[Order<'_>], cursor: &Cursor) -> String {
    let values: Vec<serde_json::Value> = cursor.values.iter().map(to_json).collect();
    let text = serde_json::json!([cursor.seen, values]).to_string();
    let mut bytes = digest(list, order, &text);
    bytes.extend_from_slice(text.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place that a token of this very list means.
///
/// # Errors
/// Where the token is not one of ours, or of another list or order.
pub fn read(list: &str, order: &[Order<'_>], token: &str) -> Result<Cursor, Error> {
    let refused = || Error::option_value("$skiptoken", token, "a token of this very list, unaltered,");
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| refused())?;
    let (given, text) = bytes.split_at_checked(DIGEST).ok_or_else(refused)?;
    let text = std::str::from_utf8(text).map_err(|_| refused())?;
    if given != digest(list, order, text) {
        return Err(refused());
    }
    let (seen, values): (u64, Vec<serde_json::Value>) = serde_json::from_str(text).map_err(|_| refused())?;
    if values.len() != order.len() {
        return Err(refused());
    }
    let values: Option<Vec<Value>> =
        order.iter().zip(&values).map(|(key, value)| from_json(value, key.expr.ty.as_ref())).collect();
    Ok(Cursor { values: values.ok_or_else(refused)?, seen })
}

fn digest(list: &str, order: &[Order<'_>], text: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(list);
    for key in order {
        hash.update([0, u8::from(key.descending)]);
        match &key.expr.kind {
            ExprKind::Property(path) if path.steps.is_empty() => {
                for property in &path.properties {
                    hash.update(&property.name);
                    hash.update([0]);
                }
            }
            other => hash.update(format!("{other:?}")),
        }
    }
    hash.update([0]);
    hash.update(text);
    hash.finalize().get(..DIGEST).unwrap_or_default().to_vec()
}

fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Boolean(truth) => (*truth).into(),
        Value::Integer(number) | Value::Duration(number) => (*number).into(),
        Value::DateTimeOffset(instant) => instant.ticks.into(),
        Value::Double(number) => number.to_bits().into(),
        Value::String(text) | Value::Decimal(text) => text.as_str().into(),
        other => other.text().into(),
    }
}

fn from_json(value: &serde_json::Value, ty: Option<&Type>) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Null);
    }
    let primitive = match ty {
        Some(Type::Primitive(primitive)) => *primitive,
        Some(Type::Enum(_)) => Primitive::Int64,
        _ => return None,
    };
    Some(match primitive {
        Primitive::Boolean => Value::Boolean(value.as_bool()?),
        Primitive::Duration => Value::Duration(value.as_i64()?),
        Primitive::DateTimeOffset => {
            Value::DateTimeOffset(DateTimeOffset { ticks: value.as_i64()?, offset_minutes: 0 })
        }
        Primitive::Double | Primitive::Single => Value::Double(f64::from_bits(value.as_u64()?)),
        Primitive::String => Value::String(value.as_str()?.to_owned()),
        Primitive::Decimal => Value::Decimal(value.as_str()?.to_owned()),
        primitive if primitive.is_integer() => Value::Integer(value.as_i64()?),
        primitive => Value::parse(primitive, value.as_str()?)?,
    })
}
