//! The entity data model: what there is to ask for, as plain data.
//!
//! A [`Model`] is built once, by code or (later) from CSDL, and never changes afterwards. Types refer to each
//! other by small ids, so that a model owns itself and can be shared. Binding, JSON, `$metadata` and the
//! permission check all read it; nothing else lists properties.
//! Specification: OData CSDL 4.01, <https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/>.

mod build;
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

/// An entity data model with one schema and one entity container.
#[derive(Debug, Default)]
pub struct Model {
    /// The schema's namespace: `microsoft.graph`.
    pub namespace: String,
    /// A shorter name that requests may use for the namespace: `graph`.
    pub alias: Option<String>,
    entity_types: Vec<EntityType>,
    complex_types: Vec<ComplexType>,
    enum_types: Vec<EnumType>,
    /// Entities that stand at the service root by themselves.
    pub singletons: Vec<Singleton>,
    /// Actions and functions, each bound to a type.
    pub operations: Vec<Operation>,
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
    String,
    TimeOfDay,
}

/// A structural property.
#[derive(Clone, Debug)]
pub struct Property {
    /// As it is written in URLs and JSON.
    pub name: String,
    /// What it holds.
    pub ty: Type,
    /// Whether it may be null.
    pub nullable: bool,
    /// The longest text accepted in a body, in characters; the largest binary, in bytes.
    pub max_length: Option<usize>,
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
    /// What it leads to lives and dies with its owner.
    pub contains_target: bool,
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
    /// Without the namespace.
    pub name: String,
    /// The type it extends.
    pub base: Option<EntityTypeId>,
    /// No entity is of exactly this type.
    pub is_abstract: bool,
    /// Names of the key properties.
    pub key: Vec<String>,
    /// All properties, inherited ones first.
    pub properties: Vec<Property>,
    /// How many of `properties` are inherited.
    pub inherited: usize,
    /// All navigation properties, inherited ones first.
    pub navigation: Vec<NavigationProperty>,
    /// Carries `@odata.type` at every metadata level but `none`, as published examples of some types do.
    pub always_typed: bool,
}

/// A type without a key.
#[derive(Clone, Debug)]
pub struct ComplexType {
    /// Without the namespace.
    pub name: String,
    /// Its members.
    pub properties: Vec<Property>,
}

/// A list of names with numbers.
#[derive(Clone, Debug)]
pub struct EnumType {
    /// Without the namespace.
    pub name: String,
    /// In the order of their declaration.
    pub members: Vec<(String, i64)>,
}

/// An entity that stands at the service root by itself.
#[derive(Clone, Debug)]
pub struct Singleton {
    /// As it is written in URLs.
    pub name: String,
    /// Its type.
    pub ty: EntityTypeId,
}

/// An action or a function bound to an entity type or to a collection of it.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Without the namespace.
    pub name: String,
    /// Whether it changes anything.
    pub kind: OperationKind,
    /// What it is called on.
    pub binding: Type,
    /// What the body (action) or the parentheses (function) hold.
    pub parameters: Vec<Parameter>,
    /// What it answers; nothing means 204.
    pub returns: Option<Type>,
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
    /// The longest text accepted, in characters.
    pub max_length: Option<usize>,
}
