//! Finding things in a model by the names that requests use.
//!
//! Names match as declared; where no name does, letter case is ignored (OData 4.01 Part 1 §13.4.3 allows the
//! fallback, and clients of Graph rely on it).

use std::borrow::Cow;

use super::{
    ComplexType, ComplexTypeId, EntityType, EntityTypeId, EnumType, EnumTypeId, Model, NavigationProperty,
    Operation, Primitive, Property, Type, TypeDefinition,
};

/// The element called `name`, by exact match or else ignoring ASCII letter case.
fn named<'a, T>(all: &'a [T], name: &str, name_of: impl Fn(&'a T) -> &'a str) -> Option<&'a T> {
    all.iter()
        .find(|one| name_of(one) == name)
        .or_else(|| all.iter().find(|one| name_of(one).eq_ignore_ascii_case(name)))
}

impl Model {
    /// The entity set or singleton called `name`.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&NavigationProperty> {
        named(&self.container.members, name, |member| &member.name)
    }

    /// The operation called `name` (qualified with namespace or alias, or not) bound to `binding` or to a type that it
    /// extends.
    #[must_use]
    pub fn operation(&self, name: &str, binding: &Type) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|operation| self.binds(operation, binding) && self.is_called(operation, name))
    }

    /// The operations that can be called on a type, those of the types it extends included.
    pub fn operations_bound_to<'a>(&'a self, binding: &'a Type) -> impl Iterator<Item = &'a Operation> {
        self.operations.iter().filter(|operation| self.binds(operation, binding))
    }

    /// The unbound operations of a name: one action, or all overloads of a function.
    pub fn unbound<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Operation> {
        self.operations
            .iter()
            .filter(move |operation| operation.binding.is_none() && self.is_called(operation, name))
    }

    /// The type definition with this qualified name.
    #[must_use]
    pub fn definition(&self, name: &str) -> Option<&TypeDefinition> {
        let (qualifier, name) = name.rsplit_once('.')?;
        self.type_definitions
            .iter()
            .find(|definition| definition.name == name && self.is_namespace(qualifier, &definition.namespace))
    }

    fn binds(&self, operation: &Operation, binding: &Type) -> bool {
        operation.binding.as_ref().is_some_and(|base| self.extends(binding, base))
    }

    /// Whether an operation is called `name`, qualified or not.
    #[must_use]
    pub fn is_called(&self, operation: &Operation, name: &str) -> bool {
        let name = match name.rsplit_once('.') {
            Some((qualifier, name)) if self.is_namespace(qualifier, &operation.namespace) => name,
            Some(_) => return false,
            None => name,
        };
        operation.name.eq_ignore_ascii_case(name)
    }

    /// Whether `qualifier` is a namespace, or the alias of it.
    fn is_namespace(&self, qualifier: &str, namespace: &str) -> bool {
        qualifier.eq_ignore_ascii_case(namespace)
            || self.schemas.iter().any(|schema| {
                schema.namespace == namespace
                    && schema.alias.as_deref().is_some_and(|alias| alias.eq_ignore_ascii_case(qualifier))
            })
    }

    /// Whether values of type `ty` are values of type `base`.
    #[must_use]
    pub fn extends(&self, ty: &Type, base: &Type) -> bool {
        match (ty, base) {
            (Type::Entity(ty), Type::Entity(base)) => self.is_entity(*ty, *base),
            (Type::Complex(ty), Type::Complex(base)) => self.is_complex(*ty, *base),
            (Type::Collection(ty), Type::Collection(base)) => self.extends(ty, base),
            _ => ty == base,
        }
    }

    /// Whether an entity of type `ty` is one of type `base`.
    #[must_use]
    pub fn is_entity(&self, ty: EntityTypeId, base: EntityTypeId) -> bool {
        ty == base || self.entity(ty).base.is_some_and(|parent| self.is_entity(parent, base))
    }

    /// Whether a value of type `ty` is one of type `base`.
    #[must_use]
    pub fn is_complex(&self, ty: ComplexTypeId, base: ComplexTypeId) -> bool {
        ty == base || self.complex(ty).base.is_some_and(|parent| self.is_complex(parent, base))
    }

    /// A type and all that extend it, itself first.
    pub fn entities_of(&self, base: EntityTypeId) -> impl Iterator<Item = EntityTypeId> {
        let others = self.entity_type_ids().filter(move |ty| *ty != base && self.is_entity(*ty, base));
        std::iter::once(base).chain(others)
    }

    /// A type and all that extend it, itself first.
    pub fn complexes_of(&self, base: ComplexTypeId) -> impl Iterator<Item = ComplexTypeId> {
        let others = self.complex_type_ids().filter(move |ty| *ty != base && self.is_complex(*ty, base));
        std::iter::once(base).chain(others)
    }

    /// The type called `name`: `Edm.String`, `microsoft.graph.entity`, `graph.entity`, `Collection(Edm.String)`. A name
    /// without namespace means one of the container's.
    #[must_use]
    pub fn find_type(&self, name: &str) -> Option<Type> {
        if let Some(element) = name.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')')) {
            return self.find_type(element).map(Type::collection);
        }
        let (qualifier, name) = match name.rsplit_once('.') {
            Some((qualifier, name)) => (Some(qualifier), name),
            None => (None, name),
        };
        if qualifier.is_some_and(|qualifier| qualifier.eq_ignore_ascii_case("Edm")) {
            return Primitive::named(name).map(Type::Primitive);
        }
        let matches = |namespace: &str, declared: &str| {
            declared.eq_ignore_ascii_case(name)
                && qualifier.map_or(namespace == self.container.namespace, |qualifier| {
                    self.is_namespace(qualifier, namespace)
                })
        };
        if let Some(place) = self.entity_types.iter().position(|ty| matches(&ty.namespace, &ty.name)) {
            return Some(Type::Entity(EntityTypeId(place)));
        }
        if let Some(place) = self.complex_types.iter().position(|ty| matches(&ty.namespace, &ty.name)) {
            return Some(Type::Complex(ComplexTypeId(place)));
        }
        if let Some(place) = self.enum_types.iter().position(|ty| matches(&ty.namespace, &ty.name)) {
            return Some(Type::Enum(EnumTypeId(place)));
        }
        let definition = self.type_definitions.iter().find(|ty| matches(&ty.namespace, &ty.name))?;
        Some(Type::Primitive(definition.underlying))
    }

    /// The enum type called `name`, with or without its namespace.
    #[must_use]
    pub fn find_enum(&self, name: &str) -> Option<(EnumTypeId, &EnumType)> {
        match self.find_type(name)? {
            Type::Enum(id) => Some((id, self.enumeration(id))),
            _ => None,
        }
    }

    /// The name without its namespace or alias; nothing where it is qualified with neither.
    #[must_use]
    pub fn unqualified<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (qualifier, last) = name.rsplit_once('.')?;
        self.schemas.iter().any(|schema| self.is_namespace(qualifier, &schema.namespace)).then_some(last)
    }

    /// The full name of a type: `microsoft.graph.entity`, `Edm.String`, `Collection(Edm.String)`.
    #[must_use]
    pub fn type_name(&self, ty: &Type) -> String {
        match ty {
            Type::Primitive(primitive) => format!("Edm.{}", primitive.name()),
            Type::Enum(id) => {
                let ty = self.enumeration(*id);
                format!("{}.{}", ty.namespace, ty.name)
            }
            Type::Complex(id) => {
                let ty = self.complex(*id);
                format!("{}.{}", ty.namespace, ty.name)
            }
            Type::Entity(id) => self.entity_name(*id),
            Type::Collection(element) => format!("Collection({})", self.type_name(element)),
        }
    }

    /// The full name of an entity type.
    #[must_use]
    pub fn entity_name(&self, id: EntityTypeId) -> String {
        let ty = self.entity(id);
        format!("{}.{}", ty.namespace, ty.name)
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

    /// The navigation property called `name`.
    #[must_use]
    pub fn navigation_property(&self, name: &str) -> Option<&NavigationProperty> {
        named(&self.navigation, name, |navigation| &navigation.name)
    }
}

impl EnumType {
    /// The number of a member, by its name or by the number written out; of flags, that of several with commas between.
    #[must_use]
    pub fn value_of(&self, text: &str) -> Option<i64> {
        if self.is_flags {
            return text.split(',').try_fold(0, |sum, part| Some(sum | self.member_value(part.trim())?));
        }
        self.member_value(text)
    }

    fn member_value(&self, text: &str) -> Option<i64> {
        named(&self.members, text, |(name, _)| name).map(|(_, value)| *value).or_else(|| {
            let number = text.parse().ok()?;
            (self.is_flags || self.members.iter().any(|(_, value)| *value == number)).then_some(number)
        })
    }

    /// The name of a number; of flags, names with commas between. The number itself where there is none.
    #[must_use]
    pub fn name_of(&self, number: i64) -> Option<Cow<'_, str>> {
        if let Some((name, _)) = self.members.iter().find(|(_, value)| *value == number) {
            return Some(Cow::Borrowed(name));
        }
        if !self.is_flags {
            return None;
        }
        let (mut rest, mut names) = (number, Vec::new());
        for (name, value) in self.members.iter().rev() {
            if *value != 0 && rest & value == *value {
                rest &= !value;
                names.push(name.as_str());
            }
        }
        names.reverse();
        (rest == 0 && !names.is_empty()).then(|| Cow::Owned(names.join(",")))
    }
}

impl Primitive {
    /// All of them.
    pub const ALL: [Self; 33] = [
        Self::Binary,
        Self::Boolean,
        Self::Byte,
        Self::Date,
        Self::DateTimeOffset,
        Self::Decimal,
        Self::Double,
        Self::Duration,
        Self::Guid,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::SByte,
        Self::Single,
        Self::Stream,
        Self::String,
        Self::TimeOfDay,
        Self::Geography,
        Self::GeographyCollection,
        Self::GeographyLineString,
        Self::GeographyMultiLineString,
        Self::GeographyMultiPoint,
        Self::GeographyMultiPolygon,
        Self::GeographyPoint,
        Self::GeographyPolygon,
        Self::Geometry,
        Self::GeometryCollection,
        Self::GeometryLineString,
        Self::GeometryMultiLineString,
        Self::GeometryMultiPoint,
        Self::GeometryMultiPolygon,
        Self::GeometryPoint,
        Self::GeometryPolygon,
    ];

    /// The type of this name without `Edm.`, in any letter case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|primitive| primitive.name().eq_ignore_ascii_case(name))
    }

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
            Self::Stream => "Stream",
            Self::String => "String",
            Self::TimeOfDay => "TimeOfDay",
            Self::Geography => "Geography",
            Self::GeographyCollection => "GeographyCollection",
            Self::GeographyLineString => "GeographyLineString",
            Self::GeographyMultiLineString => "GeographyMultiLineString",
            Self::GeographyMultiPoint => "GeographyMultiPoint",
            Self::GeographyMultiPolygon => "GeographyMultiPolygon",
            Self::GeographyPoint => "GeographyPoint",
            Self::GeographyPolygon => "GeographyPolygon",
            Self::Geometry => "Geometry",
            Self::GeometryCollection => "GeometryCollection",
            Self::GeometryLineString => "GeometryLineString",
            Self::GeometryMultiLineString => "GeometryMultiLineString",
            Self::GeometryMultiPoint => "GeometryMultiPoint",
            Self::GeometryMultiPolygon => "GeometryMultiPolygon",
            Self::GeometryPoint => "GeometryPoint",
            Self::GeometryPolygon => "GeometryPolygon",
        }
    }

    /// Whether it is a place or a shape on the earth or on a plane.
    #[must_use]
    pub fn is_geo(self) -> bool {
        self.name().starts_with("Geo")
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

    /// What a collection is a collection of; anything else itself.
    #[must_use]
    pub fn element(&self) -> &Self {
        match self {
            Self::Collection(element) => element,
            other => other,
        }
    }
}
