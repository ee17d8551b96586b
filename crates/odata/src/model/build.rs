//! Declaring a model: types before their use, each declaration handing back an id.

use super::{
    Acts, ComplexType, ComplexTypeId, Container, EntityType, EntityTypeId, EnumType, EnumTypeId, Facets,
    Model, NavigationProperty, Operation, OperationKind, Parameter, Permission, Primitive, Property,
    Returned, SchemaName, Type,
};

impl Model {
    /// An empty model.
    #[must_use]
    pub fn new(namespace: &str, alias: Option<&str>) -> Self {
        Self {
            schemas: vec![SchemaName { namespace: namespace.to_owned(), alias: alias.map(str::to_owned) }],
            container: Container { namespace: namespace.to_owned(), ..Container::default() },
            ..Self::default()
        }
    }

    /// The namespace that declarations by code go to.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.schemas.first().map_or("", |schema| &schema.namespace)
    }

    /// Declares an enum type.
    pub fn add_enum(&mut self, name: &str, members: &[(&str, i64)]) -> EnumTypeId {
        let members = members.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        self.push_enum(EnumType {
            namespace: self.namespace().to_owned(),
            name: name.to_owned(),
            underlying: Primitive::Int32,
            is_flags: false,
            members,
        })
    }

    /// Declares an enum type of any kind.
    pub fn push_enum(&mut self, ty: EnumType) -> EnumTypeId {
        self.enum_types.push(ty);
        EnumTypeId(self.enum_types.len() - 1)
    }

    /// Declares an operation in the namespace that declarations by code go to.
    pub fn add_operation(&mut self, operation: Operation) {
        let namespace = self.namespace().to_owned();
        self.operations.push(Operation { namespace, ..operation });
    }

    /// Declares a complex type.
    pub fn add_complex(&mut self, name: &str, properties: Vec<Property>) -> ComplexTypeId {
        self.push_complex(ComplexType {
            namespace: self.namespace().to_owned(),
            name: name.to_owned(),
            base: None,
            is_abstract: false,
            is_open: false,
            properties,
            inherited: 0,
            navigation: Vec::new(),
            inherited_navigation: 0,
        })
    }

    /// Declares a complex type of any kind.
    pub fn push_complex(&mut self, ty: ComplexType) -> ComplexTypeId {
        self.complex_types.push(ty);
        ComplexTypeId(self.complex_types.len() - 1)
    }

    /// Declares an entity type that is its own root, with its key.
    pub fn add_entity(&mut self, name: &str, key: &[&str], properties: Vec<Property>) -> EntityTypeId {
        self.push_entity(EntityType {
            namespace: self.namespace().to_owned(),
            name: name.to_owned(),
            base: None,
            is_abstract: false,
            is_open: false,
            has_stream: false,
            key: key.iter().map(|name| (*name).to_owned()).collect(),
            alternate_keys: Vec::new(),
            properties,
            inherited: 0,
            navigation: Vec::new(),
            inherited_navigation: 0,
            always_typed: false,
        })
    }

    /// Declares an entity type of any kind.
    pub fn push_entity(&mut self, ty: EntityType) -> EntityTypeId {
        self.entity_types.push(ty);
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
        self.namespace().clone_into(&mut derived.namespace);
        name.clone_into(&mut derived.name);
        derived.base = Some(base);
        derived.is_abstract = false;
        derived.inherited = derived.properties.len();
        derived.inherited_navigation = derived.navigation.len();
        derived.properties.extend(properties);
        self.push_entity(derived)
    }

    /// Declares a complex type that extends another; the base must be complete.
    pub fn extend_complex(
        &mut self,
        name: &str,
        base: ComplexTypeId,
        properties: Vec<Property>,
    ) -> ComplexTypeId {
        let mut derived = self.complex(base).clone();
        self.namespace().clone_into(&mut derived.namespace);
        name.clone_into(&mut derived.name);
        derived.base = Some(base);
        derived.is_abstract = false;
        derived.inherited = derived.properties.len();
        derived.inherited_navigation = derived.navigation.len();
        derived.properties.extend(properties);
        self.push_complex(derived)
    }

    /// Changes an entity type after its declaration.
    pub fn entity_mut(&mut self, id: EntityTypeId) -> &mut EntityType {
        #[expect(clippy::indexing_slicing, reason = "ids are made by this model alone")]
        &mut self.entity_types[id.0]
    }

    /// Changes a complex type after its declaration.
    pub fn complex_mut(&mut self, id: ComplexTypeId) -> &mut ComplexType {
        #[expect(clippy::indexing_slicing, reason = "ids are made by this model alone")]
        &mut self.complex_types[id.0]
    }

    /// Declares a singleton. Who may read it by itself is up to its acts.
    pub fn add_singleton(&mut self, name: &str, ty: EntityTypeId) {
        let singleton = NavigationProperty {
            collection: false,
            ..NavigationProperty::contained(name, ty, Acts::default())
        };
        self.container.members.push(singleton);
    }

    /// Declares an entity set.
    pub fn add_entity_set(&mut self, name: &str, ty: EntityTypeId, acts: Acts) {
        self.container.members.push(NavigationProperty::contained(name, ty, acts));
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

    /// The ids of all entity types, in the order of their declaration.
    pub fn entity_type_ids(&self) -> impl Iterator<Item = EntityTypeId> + use<> {
        (0..self.entity_types.len()).map(EntityTypeId)
    }

    /// The ids of all complex types, in the order of their declaration.
    pub fn complex_type_ids(&self) -> impl Iterator<Item = ComplexTypeId> + use<> {
        (0..self.complex_types.len()).map(ComplexTypeId)
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
            facets: Facets::default(),
            definition: None,
            default: None,
            searchable: false,
            computed: false,
            returned: Returned::Always,
        }
    }

    /// An `Edm.String` of at most this many characters.
    #[must_use]
    pub fn string(name: &str, max_length: usize) -> Self {
        Self::new(name, Type::Primitive(Primitive::String)).at_most(max_length)
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
        self.facets.max_length = Some(max_length);
        self
    }

    /// `$search` looks into it.
    #[must_use]
    pub fn searchable(mut self) -> Self {
        self.searchable = true;
        self
    }
}

impl NavigationProperty {
    /// A contained collection.
    #[must_use]
    pub fn contained(name: &str, target: EntityTypeId, acts: Acts) -> Self {
        Self {
            name: name.to_owned(),
            target,
            collection: true,
            nullable: false,
            contains_target: true,
            partner: None,
            constraints: Vec::new(),
            bindings: Vec::new(),
            envelope: false,
            acts,
        }
    }

    /// A contained single entity.
    #[must_use]
    pub fn contained_one(name: &str, target: EntityTypeId, acts: Acts) -> Self {
        Self { collection: false, nullable: true, ..Self::contained(name, target, acts) }
    }

    /// One entity that lives elsewhere, or none.
    #[must_use]
    pub fn to_one(name: &str, target: EntityTypeId, acts: Acts) -> Self {
        Self { contains_target: false, ..Self::contained_one(name, target, acts) }
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
            namespace: String::new(),
            name: name.to_owned(),
            kind: OperationKind::Action,
            binding: Some(binding),
            is_composable: false,
            parameters,
            returns: None,
            returns_nullable: true,
            entity_set_path: None,
            permission,
        }
    }

    /// A function without parameters.
    #[must_use]
    pub fn function(name: &str, binding: Type, returns: Type, permission: Permission) -> Self {
        Self {
            namespace: String::new(),
            name: name.to_owned(),
            kind: OperationKind::Function,
            binding: Some(binding),
            is_composable: false,
            parameters: Vec::new(),
            returns: Some(returns),
            returns_nullable: true,
            entity_set_path: None,
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
        Self { name: name.to_owned(), ty, nullable: true, facets: Facets::default(), definition: None }
    }

    /// An `Edm.String` of at most this many characters.
    #[must_use]
    pub fn string(name: &str, max_length: usize) -> Self {
        let facets = Facets { max_length: Some(max_length), ..Facets::default() };
        Self { facets, ..Self::new(name, Type::Primitive(Primitive::String)) }
    }
}
