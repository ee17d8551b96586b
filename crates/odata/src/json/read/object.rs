//! One JSON object, member by member.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Unexpected, Visitor};
use serde_json::value::RawValue;

use super::Record;
use super::datum::DatumSeed;
use crate::error::Error;
use crate::json::fault;
use crate::model::{Model, Operation, Property, Type};

/// What the members of an object may be.
#[derive(Clone)]
pub(super) enum Members<'m> {
    Type(Type),
    Parameters(&'m Operation),
}

/// One member that an object may have.
pub(super) struct Slot<'m> {
    pub name: &'m str,
    pub ty: Type,
    pub nullable: bool,
    pub max_length: Option<usize>,
}

/// What is known on the way through a body.
pub(super) struct Context<'m> {
    pub model: &'m Model,
    /// The body changes an entity that is there.
    is_change: bool,
    path: RefCell<Vec<Part<'m>>>,
    fault: RefCell<Option<Error>>,
}

#[derive(Clone, Copy)]
pub(super) enum Part<'m> {
    Member(&'m str),
    Index(usize),
}

impl<'m> Context<'m> {
    pub fn new(model: &'m Model) -> Self {
        Self { model, is_change: false, path: RefCell::new(Vec::new()), fault: RefCell::new(None) }
    }

    /// For a body that changes an entity that is there.
    pub fn changing(self) -> Self {
        Self { is_change: true, ..self }
    }

    /// The error that a client shall see, if there is one.
    pub fn fault(&self) -> Option<Error> {
        self.fault.take()
    }

    /// Keeps the error that a client shall see and ends the reading.
    pub fn fail<E: serde::de::Error>(&self, error: Error) -> E {
        self.fault.borrow_mut().get_or_insert(error);
        E::custom("")
    }

    /// The path of the member at hand.
    pub fn target(&self) -> String {
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
    pub fn within<T>(&self, part: Part<'m>, read: impl FnOnce() -> T) -> T {
        self.path.borrow_mut().push(part);
        let result = read();
        // After an error the path is left as it is: `fail` has used it already.
        self.path.borrow_mut().pop();
        result
    }

    fn slot(&self, members: &Members<'m>, name: &str) -> Option<Slot<'m>> {
        let of_property = |property: &'m Property| Slot {
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

    /// Whether an object of this type may be of one that extends it.
    pub fn has_variants(&self, ty: &Type) -> bool {
        match ty {
            Type::Entity(id) => self.model.entities_of(*id).nth(1).is_some(),
            Type::Complex(id) => self.model.complexes_of(*id).nth(1).is_some(),
            _ => false,
        }
    }

    fn variant_called(&self, declared: &Type, name: &str) -> Option<Type> {
        let is_called = |own: &str| self.model.names_type(name, own);
        match declared {
            Type::Entity(base) => {
                let mut all = self.model.entities_of(*base);
                all.find(|id| is_called(&self.model.entity(*id).name)).map(Type::Entity)
            }
            Type::Complex(base) => {
                let mut all = self.model.complexes_of(*base);
                all.find(|id| is_called(&self.model.complex(*id).name)).map(Type::Complex)
            }
            _ => None,
        }
    }

    fn is_abstract(&self, ty: &Type) -> bool {
        match ty {
            Type::Entity(id) => self.model.entity(*id).is_abstract,
            Type::Complex(id) => self.model.complex(*id).is_abstract,
            _ => false,
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
pub(super) struct ObjectSeed<'c, 'm> {
    pub context: &'c Context<'m>,
    pub members: Members<'m>,
}

impl<'de, 'm> DeserializeSeed<'de> for ObjectSeed<'_, 'm> {
    type Value = Record<'m>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match &self.members {
            Members::Type(declared) if self.context.has_variants(declared) => {
                let declared = declared.clone();
                self.variant(&declared, <&RawValue>::deserialize(deserializer)?)
            }
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'m> ObjectSeed<'_, 'm> {
    /// Reads an object of the declared type or of one that extends it. Which one may be said anywhere in the object, so
    /// its text is looked through first; such objects are small.
    pub fn variant<'de, E: serde::de::Error>(
        self,
        declared: &Type,
        text: &'de RawValue,
    ) -> Result<Record<'m>, E> {
        let context = self.context;
        let annotations: HashMap<Cow<'de, str>, &RawValue> =
            serde_json::from_str(text.get()).unwrap_or_default();
        let named = annotations.get("@odata.type").or_else(|| annotations.get("@type"));
        let named = named.and_then(|name| serde_json::from_str::<String>(name.get()).ok());
        let actual = match &named {
            None => declared.clone(),
            Some(name) => context.variant_called(declared, name).ok_or_else(|| {
                let expected = context.model.type_name(declared);
                context.fail::<E>(fault::unfit_type(name, &expected, &context.target()))
            })?,
        };
        let is_known = context.is_change && context.path.borrow().is_empty();
        if context.is_abstract(&actual) && !is_known {
            let name = context.model.type_name(&actual);
            return Err(context.fail(fault::abstract_type(&name, &context.target())));
        }
        let is_derived = actual != *declared;
        let object = ObjectSeed { context, members: Members::Type(actual) };
        let mut json = serde_json::Deserializer::from_str(text.get());
        let record = json.deserialize_any(object).map_err(E::custom)?;
        Ok(Record { is_derived, ..record })
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
        let ty = match &self.members {
            Members::Type(ty) => Some(ty.clone()),
            Members::Parameters(_) => None,
        };
        let mut record = Record { ty, ..Record::default() };
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
