//! What one member holds: checked against its type while it is read.

use std::fmt;

use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Datum;
use super::object::{Context, Members, ObjectSeed, Part, Slot};
use crate::json::fault;
use crate::model::{Primitive, Type};
use crate::value::Value;

/// Reads what one member holds.
pub(super) struct DatumSeed<'c, 'm> {
    pub context: &'c Context<'m>,
    pub slot: &'c Slot<'m>,
}

impl<'de, 'm> DeserializeSeed<'de> for DatumSeed<'_, 'm> {
    type Value = Datum<'m>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if !self.context.has_variants(&self.slot.ty) {
            return deserializer.deserialize_any(self);
        }
        let text = <&RawValue>::deserialize(deserializer)?;
        if text.get().starts_with('{') {
            let object = ObjectSeed { context: self.context, members: Members::Type(self.slot.ty.clone()) };
            return object.variant(&self.slot.ty, text).map(Datum::Record);
        }
        let mut json = serde_json::Deserializer::from_str(text.get());
        json.deserialize_any(self).map_err(D::Error::custom)
    }
}

impl DatumSeed<'_, '_> {
    fn unfit<E: serde::de::Error>(&self, found: &str) -> E {
        let expected = self.context.model.type_name(&self.slot.ty);
        self.context.fail(fault::unfit_value(found, &expected, &self.context.target()))
    }

    fn invalid<E: serde::de::Error>(&self, message: String) -> E {
        self.context.fail(fault::invalid_member(message, &self.context.target()))
    }

    fn integer<E: serde::de::Error>(&self, number: Option<i64>, text: &str) -> Result<Value, E> {
        let range = match &self.slot.ty {
            Type::Primitive(Primitive::Byte) => 0..=255,
            Type::Primitive(Primitive::SByte) => -128..=127,
            Type::Primitive(Primitive::Int16) => -32_768..=32_767,
            Type::Primitive(Primitive::Int32) => i64::from(i32::MIN)..=i64::from(i32::MAX),
            Type::Primitive(Primitive::Int64) => i64::MIN..=i64::MAX,
            Type::Primitive(Primitive::Decimal) => return Ok(Value::Decimal(text.to_owned())),
            #[expect(clippy::cast_precision_loss, reason = "a double is what was asked for")]
            Type::Primitive(Primitive::Double | Primitive::Single) => {
                return number
                    .map(|number| Value::Double(number as f64))
                    .ok_or_else(|| self.unfit("a number"));
            }
            _ => return Err(self.unfit("a number")),
        };
        match number {
            Some(number) if range.contains(&number) => Ok(Value::Integer(number)),
            _ => Err(self.invalid(format!(
                "The number {text} is out of the range of '{}'.",
                self.context.model.type_name(&self.slot.ty)
            ))),
        }
    }

    fn text<E: serde::de::Error>(&self, text: &str) -> Result<Value, E> {
        let too_long = |unit: &str, length: usize, most: usize| {
            format!("The value has {length} {unit}; at most {most} are accepted.")
        };
        match &self.slot.ty {
            Type::Primitive(Primitive::String) => {
                if text.contains('\0') {
                    return Err(self.invalid("The value contains the character U+0000.".to_owned()));
                }
                match self.slot.max_length {
                    // The number of bytes is never less than that of characters, and known at once.
                    Some(most) if text.len() > most && text.chars().count() > most => {
                        Err(self.invalid(too_long("characters", text.chars().count(), most)))
                    }
                    _ => Ok(Value::String(text.to_owned())),
                }
            }
            Type::Primitive(Primitive::Binary) => {
                let Some(Value::Binary(bytes)) = Value::parse(Primitive::Binary, text) else {
                    return Err(self.context.fail(fault::unreadable_literal(
                        text,
                        "Edm.Binary",
                        &self.context.target(),
                    )));
                };
                match self.slot.max_length {
                    Some(most) if bytes.len() > most => {
                        Err(self.invalid(too_long("bytes", bytes.len(), most)))
                    }
                    _ => Ok(Value::Binary(bytes)),
                }
            }
            Type::Primitive(primitive) if !primitive.is_integer() && *primitive != Primitive::Boolean => {
                Value::parse(*primitive, text).ok_or_else(|| {
                    let expected = self.context.model.type_name(&self.slot.ty);
                    self.context.fail(fault::unreadable_literal(text, &expected, &self.context.target()))
                })
            }
            Type::Enum(id) => match self.context.model.enumeration(*id).value_of(text) {
                Some(number) => Ok(Value::Integer(number)),
                None => {
                    let names: Vec<&str> = self
                        .context
                        .model
                        .enumeration(*id)
                        .members
                        .iter()
                        .map(|(name, _)| name.as_str())
                        .collect();
                    Err(self.invalid(format!(
                        "'{}' is not a member of '{}', which has: {}.",
                        fault::shortened(text),
                        self.context.model.type_name(&self.slot.ty),
                        names.join(", ")
                    )))
                }
            },
            _ => Err(self.unfit("a string")),
        }
    }
}

impl<'de, 'm> Visitor<'de> for DatumSeed<'_, 'm> {
    type Value = Datum<'m>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        if self.slot.nullable { Ok(Datum::Value(Value::Null)) } else { Err(self.unfit("null")) }
    }

    fn visit_bool<E: serde::de::Error>(self, truth: bool) -> Result<Self::Value, E> {
        match self.slot.ty {
            Type::Primitive(Primitive::Boolean) => Ok(Datum::Value(Value::Boolean(truth))),
            _ => Err(self.unfit("a boolean")),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
        self.integer(Some(number), &number.to_string()).map(Datum::Value)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
        self.integer(i64::try_from(number).ok(), &number.to_string()).map(Datum::Value)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Self::Value, E> {
        match self.slot.ty {
            Type::Primitive(Primitive::Double | Primitive::Single) => Ok(Datum::Value(Value::Double(number))),
            // Digits are what this makes of any finite number; a decimal zero has no sign, though.
            Type::Primitive(Primitive::Decimal) => Value::parse(Primitive::Decimal, &number.to_string())
                .map(Datum::Value)
                .ok_or_else(|| self.unfit("a number")),
            Type::Primitive(primitive) if primitive.is_integer() => {
                Err(self.unfit("a number that is no integer of 64 bits"))
            }
            _ => Err(self.unfit("a number")),
        }
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        self.text(text).map(Datum::Value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let Type::Collection(element) = &self.slot.ty else { return Err(self.unfit("an array")) };
        let slot = Slot {
            name: self.slot.name,
            ty: (**element).clone(),
            nullable: false,
            max_length: self.slot.max_length,
        };
        let mut index = 0;
        let mut next = || {
            let part = Part::Index(index);
            index += 1;
            self.context
                .within(part, || seq.next_element_seed(DatumSeed { context: self.context, slot: &slot }))
        };
        if matches!(slot.ty, Type::Entity(_) | Type::Complex(_)) {
            let mut records = Vec::new();
            while let Some(datum) = next()? {
                if let Datum::Record(record) = datum {
                    records.push(record);
                }
            }
            return Ok(Datum::Records(records));
        }
        let mut values = Vec::new();
        while let Some(datum) = next()? {
            if let Datum::Value(value) = datum {
                values.push(value);
            }
        }
        Ok(Datum::Values(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        match &self.slot.ty {
            Type::Entity(_) | Type::Complex(_) => {
                let object =
                    ObjectSeed { context: self.context, members: Members::Type(self.slot.ty.clone()) };
                object.visit_map(map).map(Datum::Record)
            }
            _ => Err(self.unfit("an object")),
        }
    }
}
