//! Finding things in a model by the names that requests use.
//!
//! Names match as declared; where no name does, letter case is ignored (OData 4.01 Part 1 §13.4.3 allows the
//! fallback, and clients of Graph rely on it).

use super::{
    ComplexType, EntityType, EntityTypeId, EnumType, EnumTypeId, Model, NavigationProperty, Operation,
    Primitive, Property, Singleton, Type,
};

/// The element called `name`, by exact match or else ignoring ASCII letter case.
fn named<'a, T>(all: &'a [T], name: &str, name_of: impl Fn(&'a T) -> &'a str) -> Option<&'a T> {
    all.iter()
        .find(|one| name_of(one) == name)
        .or_else(|| all.iter().find(|one| name_of(one).eq_ignore_ascii_case(name)))
}

impl Model {
    /// The singleton called `name`.
    #[must_use]
    pub fn singleton(&self, name: &str) -> Option<&Singleton> {
        named(&self.singletons, name, |singleton| &singleton.name)
    }

    /// The operation called `name` (qualified with namespace or alias, or not) bound to `binding`.
    #[must_use]
    pub fn operation(&self, name: &str, binding: &Type) -> Option<&Operation> {
        let name = self.unqualified(name).unwrap_or(name);
        self.operations
            .iter()
            .find(|operation| operation.binding == *binding && operation.name.eq_ignore_ascii_case(name))
    }

    /// The enum type called `name`, without its namespace.
    #[must_use]
    pub fn find_enum(&self, name: &str) -> Option<(EnumTypeId, &EnumType)> {
        let place = self.enum_types.iter().position(|ty| ty.name.eq_ignore_ascii_case(name))?;
        Some((EnumTypeId(place), self.enum_types.get(place)?))
    }

    /// The name without its namespace or alias; nothing where it is qualified with neither.
    #[must_use]
    pub fn unqualified<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (qualifier, last) = name.rsplit_once('.')?;
        let known = qualifier.eq_ignore_ascii_case(&self.namespace)
            || self.alias.as_deref().is_some_and(|alias| qualifier.eq_ignore_ascii_case(alias));
        known.then_some(last)
    }

    /// The full name of a type: `microsoft.graph.entity`, `Edm.String`, `Collection(Edm.String)`.
    #[must_use]
    pub fn type_name(&self, ty: &Type) -> String {
        match ty {
            Type::Primitive(primitive) => format!("Edm.{}", primitive.name()),
            Type::Enum(id) => format!("{}.{}", self.namespace, self.enumeration(*id).name),
            Type::Complex(id) => format!("{}.{}", self.namespace, self.complex(*id).name),
            Type::Entity(id) => self.entity_name(*id),
            Type::Collection(element) => format!("Collection({})", self.type_name(element)),
        }
    }

    /// The full name of an entity type.
    #[must_use]
    pub fn entity_name(&self, id: EntityTypeId) -> String {
        format!("{}.{}", self.namespace, self.entity(id).name)
    }

    /// Whether `text`, as found in an `@odata.type`, names a type: with or without `#`, in any letter case.
    #[must_use]
    pub fn names_type(&self, text: &str, declared: &str) -> bool {
        let text = text.strip_prefix('#').unwrap_or(text);
        self.unqualified(text).is_some_and(|name| name.eq_ignore_ascii_case(declared))
    }
}

impl EntityType {
    /// The structural property called `name`.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Property> {
        named(&self.properties, name, |property| &property.name)
    }

    /// The navigation property called `name`.
    #[must_use]
    pub fn navigation_property(&self, name: &str) -> Option<&NavigationProperty> {
        named(&self.navigation, name, |navigation| &navigation.name)
    }

    /// The properties of the key, in the key's order.
    pub fn key_properties(&self) -> impl Iterator<Item = &Property> {
        self.key.iter().filter_map(|name| self.property(name))
    }
}

impl ComplexType {
    /// The member called `name`.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Property> {
        named(&self.properties, name, |property| &property.name)
    }
}

impl EnumType {
    /// The number of a member, by its name or by the number written out.
    #[must_use]
    pub fn value_of(&self, text: &str) -> Option<i64> {
        named(&self.members, text, |(name, _)| name).map(|(_, value)| *value).or_else(|| {
            let number = text.parse().ok()?;
            self.members.iter().any(|(_, value)| *value == number).then_some(number)
        })
    }

    /// The name of a number.
    #[must_use]
    pub fn name_of(&self, number: i64) -> Option<&str> {
        self.members.iter().find(|(_, value)| *value == number).map(|(name, _)| name.as_str())
    }
}

impl Primitive {
    /// Without `Edm.`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Binary => "Binary",
            Self::Boolean => "Boolean",
            Self::Byte => "Byte",
            Self::Date => "Date",
            Self::DateTimeOffset => "DateTimeOffset",
            Self::Decimal => "Decimal",
            Self::Double => "Double",
            Self::Duration => "Duration",
            Self::Guid => "Guid",
            Self::Int16 => "Int16",
            Self::Int32 => "Int32",
            Self::Int64 => "Int64",
            Self::SByte => "SByte",
            Self::Single => "Single",
            Self::String => "String",
            Self::TimeOfDay => "TimeOfDay",
        }
    }

    /// Whether values compare and calculate as whole numbers.
    #[must_use]
    pub fn is_integer(self) -> bool {
        matches!(self, Self::Byte | Self::SByte | Self::Int16 | Self::Int32 | Self::Int64)
    }

    /// Whether values compare and calculate as numbers.
    #[must_use]
    pub fn is_numeric(self) -> bool {
        self.is_integer() || matches!(self, Self::Decimal | Self::Double | Self::Single)
    }
}

impl Type {
    /// Any number of this.
    #[must_use]
    pub fn collection(self) -> Self {
        Self::Collection(Box::new(self))
    }
}
