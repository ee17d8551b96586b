//! The bound query: what a request means, with every name resolved against a model and every type known.
//!
//! [`crate::bind`] makes it out of a [`crate::syntax::Request`]; [`crate::sql`] turns it into statements and
//! [`crate::json`] tells from it how rows are written. Nothing in here came unchecked from a client.

mod expr;
mod resource;
mod stage;

pub use expr::{Arithmetic, Comparison, Expr, ExprKind, Path, Variable};
pub use resource::{Ending, Resource, Step, Target, key_predicate};
pub use stage::{Aggregate, Column, Method, Stage};

use crate::model::{EntityType, EntityTypeId, Model, NavigationProperty, Property, Type};
use crate::syntax::ast::{ExpandForm, Search};
use crate::value::Value;

/// A bound GET: what is addressed and what is wanted of it.
#[derive(Debug)]
pub struct Query<'m> {
    /// The model that names were resolved against.
    pub model: &'m Model,
    /// What the path addresses.
    pub resource: Resource<'m>,
    /// Which entities, in which order, with which properties.
    pub listing: Listing<'m>,
    /// Where the page before this one ended.
    pub after: Option<Cursor>,
    /// Whether the versions of entities are read, for ETags.
    pub versions: bool,
}

/// Which entities of a collection, in which order, how many, and what of each.
#[derive(Debug)]
pub struct Listing<'m> {
    /// `$apply`: what becomes of the collection before anything else.
    pub apply: Vec<Stage<'m>>,
    /// `$search`.
    pub search: Option<TextSearch<'m>>,
    /// `$filter`.
    pub filter: Option<Expr<'m>>,
    /// `$orderby`, completed by the key, so that it is total.
    pub order: Vec<Order<'m>>,
    /// `$skip`.
    pub skip: u64,
    /// The most entities in all pages together; nothing where there is no limit.
    pub limit: Option<u64>,
    /// The most entities in one page.
    pub page_size: u64,
    /// Whether the total is wanted.
    pub count: bool,
    /// What of each entity.
    pub shape: Shape<'m>,
}

/// `$search`, and the properties of the model that are searched.
#[derive(Debug, Clone)]
pub struct TextSearch<'m> {
    /// What is looked for.
    pub terms: Search,
    /// The type that is searched.
    pub ty: Type,
    /// Where.
    pub within: Vec<&'m Property>,
}

/// What is written of an instance.
#[derive(Debug)]
pub struct Shape<'m> {
    /// Its declared type: an entity's, or that of the members of a collection property.
    pub ty: Type,
    /// The structural properties, in the model's order.
    pub properties: Vec<Selected<'m>>,
    /// Whether members that are not declared are written too, as open types have them.
    pub dynamic: bool,
    /// What was computed or aggregated.
    pub computed: Vec<Computed<'m>>,
    /// The properties named by `$select` as the context URL lists them; nothing where there was no `$select`.
    pub selected: Option<Vec<String>>,
    /// The navigation properties wanted inside.
    pub expand: Vec<Expansion<'m>>,
}

/// One structural property that is written.
#[derive(Debug)]
pub struct Selected<'m> {
    /// The property.
    pub property: &'m Property,
    /// The derived type that declares it: instances of other types do not have it.
    pub of: Option<Type>,
    /// For a complex property those of its members that are wanted.
    pub members: Vec<Selected<'m>>,
    /// Whether all members of a complex property are wanted, those of derived types included.
    pub whole: bool,
    /// Whether its value is read; else null is written.
    pub fetched: bool,
    /// For a collection which of its members; nothing where all of them.
    pub narrowed: Option<Box<Narrowed<'m>>>,
}

/// Which members of a collection property, for `$select=tags($filter=…;$top=2)`.
#[derive(Debug)]
pub struct Narrowed<'m> {
    /// From the owner to its members: one step.
    pub path: Path<'m>,
    /// A member.
    pub variable: Variable,
    /// `$filter`
    pub filter: Option<Expr<'m>>,
    /// `$orderby`
    pub order: Vec<Order<'m>>,
    /// `$skip`
    pub skip: u64,
    /// `$top`
    pub top: Option<u64>,
    /// `$count`
    pub count: bool,
}

/// A value with a name of its own: of `$compute` or `$apply`.
#[derive(Debug)]
pub struct Computed<'m> {
    /// Its name; of grouped values the path to it.
    pub path: Vec<String>,
    /// What it is.
    pub expr: Expr<'m>,
}

/// A navigation property wanted inside its owner.
#[derive(Debug)]
pub struct Expansion<'m> {
    /// The navigation property.
    pub navigation: &'m NavigationProperty,
    /// The derived type that declares it: owners of other types do not have it.
    pub of: Option<EntityTypeId>,
    /// The entities, links to them, or their number.
    pub form: ExpandForm,
    /// Which of the entities behind it, and what of each.
    pub listing: Listing<'m>,
    /// The options inside its parentheses as the query of a URL, for the link to its next page.
    pub options: String,
}

/// One key of an order.
#[derive(Debug, Clone)]
pub struct Order<'m> {
    /// What is compared.
    pub expr: Expr<'m>,
    /// Largest first.
    pub descending: bool,
}

/// The place of the last entity of a page in a total order: one value for each [`Order`].
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// The values, in the order of the keys.
    pub values: Vec<Value>,
    /// How many entities were handed out before, which a client's `$skip` no longer concerns.
    pub seen: u64,
}

impl<'m> Shape<'m> {
    /// A shape in which nothing is written.
    #[must_use]
    pub fn empty(ty: Type) -> Self {
        Self {
            ty,
            properties: Vec::new(),
            dynamic: false,
            computed: Vec::new(),
            selected: None,
            expand: Vec::new(),
        }
    }

    /// The id of its entity type; nothing where its instances are no entities.
    #[must_use]
    pub fn entity_id(&self) -> Option<EntityTypeId> {
        match self.ty {
            Type::Entity(id) => Some(id),
            _ => None,
        }
    }

    /// The entity type, looked up.
    #[must_use]
    pub fn entity<'a>(&self, model: &'a Model) -> Option<&'a EntityType> {
        self.entity_id().map(|id| model.entity(id))
    }
}

impl<'m> Selected<'m> {
    /// A property, whole.
    #[must_use]
    pub fn all_of(property: &'m Property) -> Self {
        Self { property, of: None, members: Vec::new(), whole: true, fetched: true, narrowed: None }
    }
}
