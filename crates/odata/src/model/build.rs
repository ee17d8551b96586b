//! Declaring a model: types before their use, each declaration handing back an id.

use super::{
    Acts, ComplexType, ComplexTypeId, EntityType, EntityTypeId, EnumType, EnumTypeId, Model,
    NavigationProperty, Operation, OperationKind, Parameter, Permission, Primitive, Property, Returned,
    Singleton, Type,
};

impl Model {
    /// An empty model.
    #[must_use]
    pub fn new(namespace: &str, alias: Option<&str>) -> Self {
        Self { namespace: namespace.to_owned(), alias: alias.map(str::to_owned), ..Self::default() }
    }

    /// Declares an enum type.
    pub fn add_enum(&mut self, name: &str, members: &[(&str, i64)]) -> EnumTypeId {
        let members = members.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        self.enum_types.push(EnumType { name: name.to_owned(), members });
        EnumTypeId(self.enum_types.len() - 1)
    }

    /// Declares a complex type.
    pub fn add_complex(&mut self, name: &str, properties: Vec<Property>) -> ComplexTypeId {
        self.complex_types.push(ComplexType { name: name.to_owned(), properties });
        ComplexTypeId(self.complex_types.len() - 1)
    }

    /// Declares an entity type that is its own root, with its key.
    pub fn add_entity(&mut self, name: &str, key: &[&str], properties: Vec<Property>) -> EntityTypeId {
        self.entity_types.push(EntityType {
            name: name.to_owned(),
            base: None,
            is_abstract: false,
            key: key.iter().map(|name| (*name).to_owned()).collect(),
            properties,
            inherited: 0,
            navigation: Vec::new(),
            always_typed: false,
        });
        EntityTypeId(self.entity_types.len() - 1)
    }

    /// Declares an entity type that extends another; the base must be complete.
    pub fn extend_entity(
        &mut self,
        name: &str,
        base: EntityTypeId,
        properties: Vec<Property>,
    ) -> EntityTypeId {
        let mut derived = self.entity(base).clone();
        name.clone_into(&mut derived.name);
        derived.base = Some(base);
        derived.is_abstract = false;
        derived.inherited = derived.properties.len();
        derived.properties.extend(properties);
        self.entity_types.push(derived);
        EntityTypeId(self.entity_types.len() - 1)
    }

    /// Changes an entity type after its declaration.
    pub fn entity_mut(&mut self, id: EntityTypeId) -> &mut EntityType {
        #[expect(clippy::indexing_slicing, reason = "ids are made by this model alone")]
        &mut self.entity_types[id.0]
    }

    /// Declares a singleton.
    pub fn add_singleton(&mut self, name: &str, ty: EntityTypeId) {
        self.singletons.push(Singleton { name: name.to_owned(), ty });
    }

    /// The entity type behind an id of this model.
    #[must_use]
    pub fn entity(&self, id: EntityTypeId) -> &EntityType {
        #[expect(clippy::indexing_slicing, reason = "ids are made by this model alone")]
        &self.entity_types[id.0]
    }

    /// The complex type behind an id of this model.
    #[must_use]
    pub fn complex(&self, id: ComplexTypeId) -> &ComplexType {
        #[expect(clippy::indexing_slicing, reason = "ids are made by this model alone")]
        &self.complex_types[id.0]
    }

    /// The enum type behind an id of this model.
    #[must_use]
    pub fn enumeration(&self, id: EnumTypeId) -> &EnumType {
        #[expect(clippy::indexing_slicing, reason = "ids are made by this model alone")]
        &self.enum_types[id.0]
    }

    /// All entity types, in the order of their declaration.
    pub fn entity_types(&self) -> impl Iterator<Item = &EntityType> {
        self.entity_types.iter()
    }

    /// All complex types, in the order of their declaration.
    pub fn complex_types(&self) -> impl Iterator<Item = &ComplexType> {
        self.complex_types.iter()
    }

    /// All enum types, in the order of their declaration.
    pub fn enum_types(&self) -> impl Iterator<Item = &EnumType> {
        self.enum_types.iter()
    }
}

impl Property {
    /// A nullable property that clients may set.
    #[must_use]
    pub fn new(name: &str, ty: Type) -> Self {
        let nullable = !matches!(ty, Type::Collection(_));
        Self {
            name: name.to_owned(),
            ty,
            nullable,
            max_length: None,
            computed: false,
            returned: Returned::Always,
        }
    }

    /// An `Edm.String` of at most this many characters.
    #[must_use]
    pub fn string(name: &str, max_length: usize) -> Self {
        Self { max_length: Some(max_length), ..Self::new(name, Type::Primitive(Primitive::String)) }
    }

    /// Never null.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// Decided by the service.
    #[must_use]
    pub fn computed(mut self) -> Self {
        self.computed = true;
        self
    }

    /// In lists only when `$select` names it.
    #[must_use]
    pub fn on_request(mut self) -> Self {
        self.returned = Returned::OnRequest;
        self
    }

    /// At most this many characters or bytes.
    #[must_use]
    pub fn at_most(mut self, max_length: usize) -> Self {
        self.max_length = Some(max_length);
        self
    }
}

impl NavigationProperty {
    /// A contained collection.
    #[must_use]
    pub fn contained(name: &str, target: EntityTypeId, acts: Acts) -> Self {
        Self { name: name.to_owned(), target, collection: true, contains_target: true, envelope: false, acts }
    }

    /// One entity reached through it is answered under a member `value`.
    #[must_use]
    pub fn enveloped(mut self) -> Self {
        self.envelope = true;
        self
    }
}

impl Permission {
    /// Any of these, for delegated and application tokens alike.
    #[must_use]
    pub fn any_of(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Self { delegated: names.clone(), application: names }
    }

    /// Any of these scopes, for delegated tokens only.
    #[must_use]
    pub fn delegated(names: &[&str]) -> Self {
        Self { delegated: names.iter().map(|name| (*name).to_owned()).collect(), application: Vec::new() }
    }
}

impl Operation {
    /// An action that answers nothing.
    #[must_use]
    pub fn action(name: &str, binding: Type, parameters: Vec<Parameter>, permission: Permission) -> Self {
        Self {
            name: name.to_owned(),
            kind: OperationKind::Action,
            binding,
            parameters,
            returns: None,
            permission,
        }
    }

    /// A function without parameters.
    #[must_use]
    pub fn function(name: &str, binding: Type, returns: Type, permission: Permission) -> Self {
        Self {
            name: name.to_owned(),
            kind: OperationKind::Function,
            binding,
            parameters: Vec::new(),
            returns: Some(returns),
            permission,
        }
    }

    /// Answers this.
    #[must_use]
    pub fn returning(mut self, ty: Type) -> Self {
        self.returns = Some(ty);
        self
    }
}

impl Parameter {
    /// A parameter of any type.
    #[must_use]
    pub fn new(name: &str, ty: Type) -> Self {
        Self { name: name.to_owned(), ty, max_length: None }
    }

    /// An `Edm.String` of at most this many characters.
    #[must_use]
    pub fn string(name: &str, max_length: usize) -> Self {
        Self { max_length: Some(max_length), ..Self::new(name, Type::Primitive(Primitive::String)) }
    }
}
