//! A request body as a record, checked against a type of the model while it is read.
//!
//! The text is read once, without a tree in between: a body of tens of megabytes costs its values and no more.
//! An error names the member at fault as a path (`deviceIdentities[3].serialNumber`), or the line and column
//! where the text stops being JSON. Annotations are accepted and skipped; an `@odata.type` must fit, and says which of
//! the types that extend the declared one an object is of.
//! Specification: OData JSON Format 4.01 §4.6, §7, §8.

mod datum;
mod kept;
mod object;

use std::fmt;

use serde::de::DeserializeSeed as _;

pub use self::kept::{complete, merge};
use self::object::{Context, Members, ObjectSeed};
use super::fault;
use crate::error::Error;
use crate::model::{EntityTypeId, Model, Operation, Type};
use crate::value::Value;

/// The members of a JSON object, in the order of their arrival; each at most once.
#[derive(Default)]
pub struct Record<'m> {
    members: Vec<(&'m str, Datum<'m>)>,
    /// Of which type it is; nothing for the parameters of an operation.
    ty: Option<Type>,
    /// It is of a type that extends the declared one.
    is_derived: bool,
}

/// Shows the members, and the type where it is not the declared one.
impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Record");
        shown.field("members", &self.members);
        if self.is_derived {
            shown.field("ty", &self.ty);
        }
        shown.finish()
    }
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
    read(&Context::new(model), Members::Type(Type::Entity(ty)), body)
}

/// Reads a change to an entity that is there: it need not say which of the types that extend an abstract one it is of.
///
/// # Errors
/// Where the body is no JSON, or does not fit the type.
pub fn change<'m>(model: &'m Model, ty: EntityTypeId, body: &[u8]) -> Result<Record<'m>, Error> {
    read(&Context::new(model).changing(), Members::Type(Type::Entity(ty)), body)
}

/// Reads the parameters of an action. An empty body means no parameters (OData Part 1 §11.5.5.1).
///
/// # Errors
/// Where the body is no JSON, or does not fit the action.
pub fn parameters<'m>(model: &'m Model, operation: &'m Operation, body: &[u8]) -> Result<Record<'m>, Error> {
    if body.iter().all(u8::is_ascii_whitespace) && operation.parameters.is_empty() {
        return Ok(Record::default());
    }
    read(&Context::new(model), Members::Parameters(operation), body)
}

fn read<'m>(context: &Context<'m>, members: Members<'m>, body: &[u8]) -> Result<Record<'m>, Error> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let result =
        ObjectSeed { context, members }.deserialize(&mut json).and_then(|record| json.end().map(|()| record));
    result.map_err(|error| match context.fault() {
        Some(fault) => fault,
        None => fault::unreadable_body(&error.to_string()),
    })
}

impl<'m> Record<'m> {
    /// The type that it is of: the declared one, or one that extends it; nothing for parameters.
    #[must_use]
    pub fn ty(&self) -> Option<&Type> {
        self.ty.as_ref()
    }

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
