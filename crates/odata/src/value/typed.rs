//! The text of a value, read as one given type: what stands in JSON strings, in stored text and in quotes.

use super::{DateTimeOffset, Value, binary, boolean, calendar, duration, guid, number};
use crate::model::Primitive;

impl Value {
    /// Reads the bare text of a value of the type `primitive`; nothing where it is no such text.
    #[must_use]
    pub fn parse(primitive: Primitive, text: &str) -> Option<Self> {
        match primitive {
            Primitive::Binary => binary::decode(text).map(Self::Binary),
            Primitive::Boolean => boolean(text).map(Self::Boolean),
            Primitive::Byte | Primitive::SByte | Primitive::Int16 | Primitive::Int32 | Primitive::Int64 => {
                number::integer(text).map(Self::Integer)
            }
            Primitive::Date => calendar::date(text).map(Self::Date),
            Primitive::DateTimeOffset => DateTimeOffset::parse(text).map(Self::DateTimeOffset),
            Primitive::Decimal => number::decimal(text).map(Self::Decimal),
            Primitive::Double | Primitive::Single => number::double(text).map(Self::Double),
            Primitive::Duration => duration::parse(text).map(Self::Duration),
            Primitive::Guid => guid(text).map(Self::Guid),
            Primitive::String => Some(Self::String(text.to_owned())),
            Primitive::TimeOfDay => calendar::time_of_day(text).map(Self::TimeOfDay),
            Primitive::Stream => None,
            // GeoJSON is all that is left.
            _ => serde_json::from_str(text).ok().filter(serde_json::Value::is_object).map(Self::Json),
        }
    }
}
