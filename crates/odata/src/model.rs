//! The entity data model: what there is to ask for, as plain data.
//!
//! A [`Model`] is built once, by code or from CSDL, and never changes afterwards. Types refer to each
//! other by small ids, so that a model owns itself and can be shared. Binding, JSON, `$metadata` and the
//! permission check all read it; nothing else lists properties.
//! Specification: OData CSDL 4.01, <https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/>.

mod build;
pub mod csdl;
mod find;

/// The place of an [`EntityType`] in its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntityTypeId(usize);

/// The place of a [`ComplexType`] in its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ComplexTypeId(usize);

/// The place of an [`EnumType`] in its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EnumTypeId(usize);

/// An entity data model: the types of its schemas and one entity container.
#[derive(Debug, Default)]
pub struct Model {
    /// The namespaces of its schemas; the first is the one that declarations by code go to.
    pub schemas: Vec<SchemaName>,
    entity_types: Vec<EntityType>,
    complex_types: Vec<ComplexType>,
    enum_types: Vec<EnumType>,
    /// Other names for primitive types, with facets of their own.
    pub type_definitions: Vec<TypeDefinition>,
    /// Actions and functions.
    pub operations: Vec<Operation>,
    /// What stands at the service root.
    pub container: Container,
}

/// How a schema is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaName {
    /// `microsoft.graph`
    pub namespace: String,
    /// A shorter name that requests may use for the namespace: `graph`.
    pub alias: Option<String>,
}

/// The entity container: what stands at the service root, CSDL 4.01 §13.
#[derive(Debug)]
pub struct Container {
    /// The namespace of the schema that declares it.
    pub namespace: String,
    /// Without the namespace.
    pub name: String,
    /// Entity sets and singletons, as navigation properties of the service root: a set is a contained collection, a
    /// singleton a contained single entity.
    pub members: Vec<NavigationProperty>,
    /// Unbound operations that can be called at the service root.
    pub imports: Vec<Import>,
    /// Names of entity sets that the service document leaves out.
    pub unlisted: Vec<String>,
}

impl Default for Container {
    fn default() -> Self {
        Self {
            namespace: String::new(),
            name: "Container".to_owned(),
            members: Vec::new(),
            imports: Vec::new(),
            unlisted: Vec::new(),
        }
    }
}

/// A function or action import, CSDL 4.01 §13.5 and §13.6.
#[derive(Clone, Debug)]
pub struct Import {
    /// As it is written in URLs.
    pub name: String,
    /// The qualified name of the unbound operation, all overloads of a function.
    pub operation: String,
    /// The entity set (or path) that what it answers belongs to.
    pub entity_set: Option<String>,
    /// Whether the service document names it; only functions without parameters may be named there.
    pub listed: bool,
}

/// A type definition, CSDL 4.01 §11.
#[derive(Clone, Debug)]
pub struct TypeDefinition {
    /// The schema's namespace.
    pub namespace: String,
    /// Without the namespace.
    pub name: String,
    /// What it is a name for.
    pub underlying: Primitive,
    /// What its values are limited to.
    pub facets: Facets,
}

/// What the values of a primitive type are limited to, CSDL 4.01 §7.2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// The longest text in characters; the largest binary in bytes.
    pub max_length: Option<usize>,
    /// Digits of a decimal; digits of a fraction of a second.
    pub precision: Option<u32>,
    /// Digits right of a decimal's point; nothing where any number is allowed (`variable`).
    pub scale: Option<u32>,
    /// The reference system of a geo value.
    pub srid: Option<String>,
    /// `false` where only ASCII is allowed.
    pub unicode: Option<bool>,
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `Edm.String` and its like.
    Primitive(Primitive),
    /// One of a list of names.
    Enum(EnumTypeId),
    /// A structure without a key.
    Complex(ComplexTypeId),
    /// A structure with a key.
    Entity(EntityTypeId),
    /// Any number of the same.
    Collection(Box<Type>),
}

/// The primitive types, CSDL 4.01 §3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Primitive {
    Binary,
    Boolean,
    Byte,
    Date,
    DateTimeOffset,
    Decimal,
    Double,
    Duration,
    Guid,
    Int16,
    Int32,
    Int64,
    SByte,
    Single,
    Stream,
    String,
    TimeOfDay,
    Geography,
    GeographyCollection,
    GeographyLineString,
    GeographyMultiLineString,
    GeographyMultiPoint,
    GeographyMultiPolygon,
    GeographyPoint,
    GeographyPolygon,
    Geometry,
    GeometryCollection,
    GeometryLineString,
    GeometryMultiLineString,
    GeometryMultiPoint,
    GeometryMultiPolygon,
    GeometryPoint,
    GeometryPolygon,
}

/// A structural property.
#[derive(Clone, Debug)]
pub struct Property {
    /// As it is written in URLs and JSON.
    pub name: String,
    /// What it holds.
    pub ty: Type,
    /// Whether it may be null; of a collection, whether its members may be.
    pub nullable: bool,
    /// What its values are limited to.
    pub facets: Facets,
    /// The qualified name of the type definition it was declared with.
    pub definition: Option<String>,
    /// The value of an entity that is created without one, as it stands in the schema.
    pub default: Option<String>,
    /// Whether `$search` looks into it.
    pub searchable: bool,
    /// The service decides its value: a client may send one, and it is not honoured (Org.OData.Core.V1.Computed).
    pub computed: bool,
    /// When a read carries its value.
    pub returned: Returned,
}

/// When a read carries the value of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// Unless `$select` leaves it out.
    Always,
    /// In lists only when `$select` names it, else null: for values too large to be sent a thousand times.
    OnRequest,
}

/// A property that leads to other entities.
#[derive(Clone, Debug)]
pub struct NavigationProperty {
    /// As it is written in URLs and JSON.
    pub name: String,
    /// The type of what it leads to.
    pub target: EntityTypeId,
    /// To many (true) or to one.
    pub collection: bool,
    /// To one: whether there may be none.
    pub nullable: bool,
    /// What it leads to lives and dies with its owner.
    pub contains_target: bool,
    /// The navigation property that leads back.
    pub partner: Option<String>,
    /// Pairs of a property of the owner and the property of the target that it equals (CSDL 4.01 §8.5).
    pub constraints: Vec<(String, String)>,
    /// Of a member of the container: pairs of a path of navigation properties and the entity set or singleton that
    /// what it leads to belongs to (CSDL 4.01 §13.4).
    pub bindings: Vec<(String, String)>,
    /// One entity reached through it is answered under a member `value` instead of at the root of the JSON.
    pub envelope: bool,
    /// What may be done there and by whom; an absent act has no route.
    pub acts: Acts,
}

/// What may be done with the entities behind a navigation property, and by whom.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the four acts")]
pub struct Acts {
    pub read: Option<Permission>,
    pub insert: Option<Permission>,
    pub update: Option<Permission>,
    pub delete: Option<Permission>,
}

/// Who may do something: any one of these scopes (delegated) or roles (application) suffices.
///
/// The order is from least to most privileged. An empty list means that this kind of caller is not supported.
/// Vocabulary: Org.OData.Capabilities.V1.PermissionType.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permission {
    /// Scopes of tokens that act for a signed-in user.
    pub delegated: Vec<String>,
    /// Roles of tokens that act for an application alone.
    pub application: Vec<String>,
}

/// A type with a key.
#[derive(Clone, Debug)]
pub struct EntityType {
    /// The schema's namespace.
    pub namespace: String,
    /// Without the namespace.
    pub name: String,
    /// The type it extends.
    pub base: Option<EntityTypeId>,
    /// No entity is of exactly this type.
    pub is_abstract: bool,
    /// Entities may have properties that are not declared.
    pub is_open: bool,
    /// Entities are media entities: they have a `$value`.
    pub has_stream: bool,
    /// Names of the key properties.
    pub key: Vec<String>,
    /// Names of properties that identify an entity as well (Org.OData.Core.V1.AlternateKeys).
    pub alternate_keys: Vec<Vec<String>>,
    /// All properties, inherited ones first.
    pub properties: Vec<Property>,
    /// How many of `properties` are inherited.
    pub inherited: usize,
    /// All navigation properties, inherited ones first.
    pub navigation: Vec<NavigationProperty>,
    /// How many of `navigation` are inherited.
    pub inherited_navigation: usize,
    /// Carries `@odata.type` at every metadata level but `none`, as published examples of some types do.
    pub always_typed: bool,
}

/// A type without a key.
#[derive(Clone, Debug)]
pub struct ComplexType {
    /// The schema's namespace.
    pub namespace: String,
    /// Without the namespace.
    pub name: String,
    /// The type it extends.
    pub base: Option<ComplexTypeId>,
    /// No value is of exactly this type.
    pub is_abstract: bool,
    /// Values may have members that are not declared.
    pub is_open: bool,
    /// Its members, inherited ones first.
    pub properties: Vec<Property>,
    /// How many of `properties` are inherited.
    pub inherited: usize,
    /// Its navigation properties, inherited ones first.
    pub navigation: Vec<NavigationProperty>,
    /// How many of `navigation` are inherited.
    pub inherited_navigation: usize,
}

/// A list of names with numbers.
#[derive(Clone, Debug)]
pub struct EnumType {
    /// The schema's namespace.
    pub namespace: String,
    /// Without the namespace.
    pub name: String,
    /// The type of the numbers.
    pub underlying: Primitive,
    /// Values are any combination of members.
    pub is_flags: bool,
    /// In the order of their declaration.
    pub members: Vec<(String, i64)>,
}

/// An action or a function, CSDL 4.01 §12.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The schema's namespace.
    pub namespace: String,
    /// Without the namespace.
    pub name: String,
    /// Whether it changes anything.
    pub kind: OperationKind,
    /// What it is called on; nothing where it is unbound.
    pub binding: Option<Type>,
    /// More path may follow what a function answers.
    pub is_composable: bool,
    /// What the body (action) or the parentheses (function) hold.
    pub parameters: Vec<Parameter>,
    /// What it answers; nothing means 204.
    pub returns: Option<Type>,
    /// Whether the answer, or a member of it, may be null.
    pub returns_nullable: bool,
    /// The path from what it is bound to (the empty path) to the entities that it answers (CSDL 4.01 §12.6).
    pub entity_set_path: Option<String>,
    /// Who may call it.
    pub permission: Permission,
}

/// Action or function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// May change something; called with POST.
    Action,
    /// Changes nothing; called with GET.
    Function,
}

/// One parameter of an operation.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// As it is written in the body.
    pub name: String,
    /// What it holds.
    pub ty: Type,
    /// Whether it may be null.
    pub nullable: bool,
    /// What its values are limited to.
    pub facets: Facets,
    /// The qualified name of the type definition it was declared with.
    pub definition: Option<String>,
}
