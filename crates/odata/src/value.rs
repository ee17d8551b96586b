//! Values of the Edm primitive types.
//!
//! In comes the text of a literal, from a URL or out of a JSON string; out comes a [`Value`], which prints
//! itself as a URL literal ([`Display`](fmt::Display)) or bare ([`Value::text`], the form in JSON strings and
//! `$value`). One submodule per family of types; each parser answers `None` for text that is not such a
//! literal.
//! Specification: OData 4.01 ABNF section 7 "Literal Data Values"; CSDL 4.01, 3.3 "Primitive Types".

use std::fmt;

use time::{Date, Time};
use uuid::Uuid;

pub mod binary;
pub mod calendar;
pub mod date_time_offset;
pub mod duration;
pub mod number;
mod typed;

pub use date_time_offset::DateTimeOffset;

/// A value of a primitive type, as it was written; the binder may convert it to the type it meets.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true`
    Boolean(bool),
    /// `42`: any of the integer types.
    Integer(i64),
    /// `3.14`, and integers beyond 64 bits. In canonical form, see [`number::decimal`].
    Decimal(String),
    /// `1e3`, `INF`, `NaN`
    Double(f64),
    /// `'it''s'`; also enumeration members and durations written without their prefix.
    String(String),
    /// `01234567-89ab-cdef-0123-456789abcdef`
    Guid(Uuid),
    /// `2012-09-03`
    Date(Date),
    /// `2012-09-03T23:59:45.1-08:00`
    DateTimeOffset(DateTimeOffset),
    /// `23:59:59.9`
    TimeOfDay(Time),
    /// `duration'P1DT2H'`, in units of 100 ns.
    Duration(i64),
    /// `binary'Zm9v'`
    Binary(Vec<u8>),
    /// `["a",1]`, `{"a":1}`: a collection, a complex value, a place on earth.
    Json(serde_json::Value),
}

impl Value {
    /// The value without quotes or prefix, as `$value` and JSON strings show it. `null` is the empty text.
    pub fn text(&self) -> String {
        match self {
            Value::Null => String::new(),
            Value::Boolean(boolean) => boolean.to_string(),
            Value::Integer(integer) => integer.to_string(),
            Value::Decimal(decimal) => decimal.clone(),
            Value::Double(double) => number::print_double(*double),
            Value::String(string) => string.clone(),
            Value::Guid(guid) => guid.hyphenated().to_string(),
            Value::Date(date) => calendar::print_date(*date),
            Value::DateTimeOffset(instant) => instant.to_string(),
            Value::TimeOfDay(time) => calendar::print_time_of_day(*time),
            Value::Duration(ticks) => duration::print(*ticks),
            Value::Binary(bytes) => binary::encode(bytes),
            Value::Json(json) => json.to_string(),
        }
    }
}

impl fmt::Display for Value {
    /// Prints the literal of the URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::String(string) => write!(f, "'{}'", string.replace('\'', "''")),
            Value::Duration(_) => write!(f, "duration'{}'", self.text()),
            Value::Binary(_) => write!(f, "binary'{}'", self.text().replace('+', "-").replace('/', "_")),
            Value::Boolean(_)
            | Value::Integer(_)
            | Value::Decimal(_)
            | Value::Double(_)
            | Value::Guid(_)
            | Value::Date(_)
            | Value::DateTimeOffset(_)
            | Value::TimeOfDay(_)
            | Value::Json(_) => f.write_str(&self.text()),
        }
    }
}

/// A Guid in its one textual form, 8-4-4-4-12 hexadecimal digits of either case.
pub fn guid(text: &str) -> Option<Uuid> {
    let hyphenated = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    hyphenated.then(|| Uuid::try_parse(text).ok()).flatten()
}

/// `true` or `false` in any letter case, as in URLs.
pub fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}
