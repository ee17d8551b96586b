//! A request body as a record, checked against a type of the model while it is read.
//!
//! The text is read once, without a tree in between: a body of tens of megabytes costs its values and no more.
//! An error names the member at fault as a path (`deviceIdentities[3].serialNumber`), or the line and column
//! where the text stops being JSON. Annotations are accepted and skipped; an `@odata.type` must fit.
//! Specification: OData JSON Format 4.01 §4.6, §7, §8.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};

use super::fault;
use crate::error::Error;
use crate::model::{EntityTypeId, Model, Operation, Primitive, Type};
use crate::value::Value;

/// The members of a JSON object, in the order of their arrival; each at most once.
#[derive(Debug, Default)]
pub struct Record<'m> {
    members: Vec<(&'m str, Datum<'m>)>,
}

/// What a member holds.
#[derive(Debug)]
pub enum Datum<'m> {
    /// A primitive or enum value, or null.
    Value(Value),
    /// A complex value.
    Record(Record<'m>),
    /// A collection of values.
    Values(Vec<Value>),
    /// A collection of entities.
    Records(Vec<Record<'m>>),
}

/// Reads an entity.
///
/// # Errors
/// Where the body is no JSON, or does not fit the type.
pub fn entity<'m>(model: &'m Model, ty: EntityTypeId, body: &[u8]) -> Result<Record<'m>, Error> {
    read(model, Members::Type(Type::Entity(ty)), body)
}

/// Reads the parameters of an action. An empty body means no parameters (OData Part 1 §11.5.5.1).
///
/// # Errors
/// Where the body is no JSON, or does not fit the action.
pub fn parameters<'m>(model: &'m Model, operation: &'m Operation, body: &[u8]) -> Result<Record<'m>, Error> {
    if body.iter().all(u8::is_ascii_whitespace) && operation.parameters.is_empty() {
        return Ok(Record::default());
    }
    read(model, Members::Parameters(operation), body)
}

fn read<'m>(model: &'m Model, members: Members<'m>, body: &[u8]) -> Result<Record<'m>, Error> {
    let context = Context { model, path: RefCell::new(Vec::new()), fault: RefCell::new(None) };
    let mut json = serde_json::Deserializer::from_slice(body);
    let result = ObjectSeed { context: &context, members }
        .deserialize(&mut json)
        .and_then(|record| json.end().map(|()| record));
    result.map_err(|error| match context.fault.take() {
        Some(fault) => fault,
        None => fault::unreadable_body(&error.to_string()),
    })
}

impl<'m> Record<'m> {
    /// Whether the member was sent, null included.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(member, _)| *member == name)
    }

    /// Takes a member out.
    pub fn take(&mut self, name: &str) -> Option<Datum<'m>> {
        let place = self.members.iter().position(|(member, _)| *member == name)?;
        Some(self.members.swap_remove(place).1)
    }

    /// Takes a text out; null and absent are nothing.
    pub fn take_string(&mut self, name: &str) -> Option<String> {
        match self.take(name) {
            Some(Datum::Value(Value::String(text))) => Some(text),
            _ => None,
        }
    }

    /// Takes bytes out; null and absent are nothing.
    pub fn take_binary(&mut self, name: &str) -> Option<Vec<u8>> {
        match self.take(name) {
            Some(Datum::Value(Value::Binary(bytes))) => Some(bytes),
            _ => None,
        }
    }

    /// Takes a number or the number of an enum member out; null and absent are nothing.
    pub fn take_integer(&mut self, name: &str) -> Option<i64> {
        match self.take(name) {
            Some(Datum::Value(Value::Integer(number))) => Some(number),
            _ => None,
        }
    }

    /// Takes a collection of entities out; null and absent are nothing.
    pub fn take_records(&mut self, name: &str) -> Option<Vec<Record<'m>>> {
        match self.take(name) {
            Some(Datum::Records(records)) => Some(records),
            _ => None,
        }
    }
}

/// What the members of an object may be.
#[derive(Clone)]
enum Members<'m> {
    Type(Type),
    Parameters(&'m Operation),
}

/// One member that an object may have.
struct Slot<'m> {
    name: &'m str,
    ty: Type,
    nullable: bool,
    max_length: Option<usize>,
}

struct Context<'m> {
    model: &'m Model,
    path: RefCell<Vec<Part<'m>>>,
    fault: RefCell<Option<Error>>,
}

#[derive(Clone, Copy)]
enum Part<'m> {
    Member(&'m str),
    Index(usize),
}

impl<'m> Context<'m> {
    /// Keeps the error that a client shall see and ends the reading.
    fn fail<E: serde::de::Error>(&self, error: Error) -> E {
        self.fault.borrow_mut().get_or_insert(error);
        E::custom("")
    }

    /// The path of the member at hand.
    fn target(&self) -> String {
        let mut target = String::new();
        for part in self.path.borrow().iter() {
            match part {
                Part::Member(name) if target.is_empty() => target.push_str(name),
                Part::Member(name) => target.push_str(&format!(".{name}")),
                Part::Index(index) => target.push_str(&format!("[{index}]")),
            }
        }
        target
    }

    /// Reads something with `part` on the path.
    fn within<T>(&self, part: Part<'m>, read: impl FnOnce() -> T) -> T {
        self.path.borrow_mut().push(part);
        let result = read();
        // After an error the path is left as it is: `fail` has used it already.
        self.path.borrow_mut().pop();
        result
    }

    fn slot(&self, members: &Members<'m>, name: &str) -> Option<Slot<'m>> {
        let of_property = |property: &'m crate::model::Property| Slot {
            name: &property.name,
            ty: property.ty.clone(),
            nullable: property.nullable || property.computed,
            max_length: property.facets.max_length,
        };
        match members {
            Members::Type(Type::Entity(id)) => {
                let ty = self.model.entity(*id);
                ty.property(name).map(of_property).or_else(|| {
                    let navigation = ty.navigation_property(name)?;
                    let target = Type::Entity(navigation.target);
                    Some(Slot {
                        name: &navigation.name,
                        ty: if navigation.collection { target.collection() } else { target },
                        nullable: !navigation.collection,
                        max_length: None,
                    })
                })
            }
            Members::Type(Type::Complex(id)) => self.model.complex(*id).property(name).map(of_property),
            Members::Type(_) => None,
            Members::Parameters(operation) => {
                operation.parameters.iter().find(|parameter| parameter.name.eq_ignore_ascii_case(name)).map(
                    |parameter| Slot {
                        name: &parameter.name,
                        ty: parameter.ty.clone(),
                        nullable: !matches!(parameter.ty, Type::Collection(_)),
                        max_length: parameter.facets.max_length,
                    },
                )
            }
        }
    }

    fn owner_name(&self, members: &Members<'m>) -> String {
        match members {
            Members::Type(ty) => self.model.type_name(ty),
            Members::Parameters(operation) => format!("{}.{}", operation.namespace, operation.name),
        }
    }
}

/// Reads one object.
struct ObjectSeed<'c, 'm> {
    context: &'c Context<'m>,
    members: Members<'m>,
}

impl<'de, 'm> DeserializeSeed<'de> for ObjectSeed<'_, 'm> {
    type Value = Record<'m>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, 'm> Visitor<'de> for ObjectSeed<'_, 'm> {
    type Value = Record<'m>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    /// As the default, but for quoting the whole text.
    fn visit_str<E: serde::de::Error>(self, _text: &str) -> Result<Self::Value, E> {
        Err(E::invalid_type(Unexpected::Other("string"), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut record = Record::default();
        while let Some(name) = map.next_key_seed(TextSeed)? {
            if let Some((owner, annotation)) = name.split_once('@') {
                self.annotation(&mut map, owner, annotation)?;
                continue;
            }
            let Some(slot) = self.context.slot(&self.members, &name) else {
                let owner = self.context.owner_name(&self.members);
                let target = self.context.target();
                return Err(self.context.fail(fault::unknown_member(&name, &owner, &target)));
            };
            let datum = self.context.within(Part::Member(slot.name), || {
                if record.has(slot.name) {
                    return Err(self.context.fail(fault::repeated_member(&self.context.target())));
                }
                map.next_value_seed(DatumSeed { context: self.context, slot: &slot })
            })?;
            record.members.push((slot.name, datum));
        }
        Ok(record)
    }
}

impl ObjectSeed<'_, '_> {
    /// Skips an annotation; the type annotation of the object itself must name the object's type.
    fn annotation<'de, A: MapAccess<'de>>(
        &self,
        map: &mut A,
        owner: &str,
        term: &str,
    ) -> Result<(), A::Error> {
        let declared = match &self.members {
            Members::Type(Type::Entity(id)) => &self.context.model.entity(*id).name,
            Members::Type(Type::Complex(id)) => &self.context.model.complex(*id).name,
            _ => return map.next_value::<IgnoredAny>().map(|_| ()),
        };
        if !owner.is_empty() || !matches!(term, "odata.type" | "type") {
            return map.next_value::<IgnoredAny>().map(|_| ());
        }
        let name = map.next_value_seed(TextSeed)?;
        if self.context.model.names_type(&name, declared) {
            return Ok(());
        }
        let expected = self.context.owner_name(&self.members);
        Err(self.context.fail(fault::unfit_type(&name, &expected, &self.context.target())))
    }
}

/// Reads a text without copying it where the body has it in one piece.
struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Reads what one member holds.
struct DatumSeed<'c, 'm> {
    context: &'c Context<'m>,
    slot: &'c Slot<'m>,
}

impl<'de, 'm> DeserializeSeed<'de> for DatumSeed<'_, 'm> {
    type Value = Datum<'m>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
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
            Type::Primitive(Primitive::Decimal) => Ok(Datum::Value(Value::Decimal(number.to_string()))),
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
