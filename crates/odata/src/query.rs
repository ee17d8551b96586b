//! The bound query: what a request means, with every name resolved against a model and every type known.
//!
//! [`crate::bind`] makes it out of a [`crate::syntax::Request`]; [`crate::sql`] turns it into statements and
//! [`crate::json`] tells from it how rows are written. Nothing in here came unchecked from a client.

use crate::model::{EntityType, EntityTypeId, Model, NavigationProperty, Operation, Property, Type};
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
}

/// What a resource path addresses: a singleton, and a walk from it along navigation properties.
#[derive(Debug, Clone)]
pub struct Resource<'m> {
    /// Where the walk begins.
    pub singleton: &'m NavigationProperty,
    /// Each navigation property on the way, with the key that was given for it.
    pub steps: Vec<Step<'m>>,
    /// What stands at the end of the path.
    pub ending: Ending<'m>,
}

/// What stands at the end of a resource path.
#[derive(Debug, Clone, Copy)]
pub enum Ending<'m> {
    /// The last step itself.
    Plain,
    /// `/$count`.
    Count,
    /// An action or a function bound to the last step.
    Operation(&'m Operation),
}

/// One navigation property of a path, with a key where one entity of a collection is meant.
#[derive(Debug, Clone)]
pub struct Step<'m> {
    /// The navigation property.
    pub navigation: &'m NavigationProperty,
    /// The key's values in the order of the key's properties; empty where none was given.
    pub key: Vec<Value>,
}

/// Which entities of a collection, in which order, how many, and what of each.
#[derive(Debug)]
pub struct Listing<'m> {
    /// `$filter`.
    pub filter: Option<Expr<'m>>,
    /// `$orderby`, completed by the key, so that it is total.
    pub order: Vec<Order<'m>>,
    /// `$skip`.
    pub skip: u64,
    /// The most entities in one page.
    pub page_size: u64,
    /// Whether the total is wanted.
    pub count: bool,
    /// What of each entity.
    pub shape: Shape<'m>,
}

/// What is written of an entity.
#[derive(Debug)]
pub struct Shape<'m> {
    /// Its type.
    pub ty: EntityTypeId,
    /// The structural properties, in the model's order.
    pub properties: Vec<Selected<'m>>,
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
    /// For a complex property its members; empty for others.
    pub members: Vec<Selected<'m>>,
    /// Whether its value is read; else null is written.
    pub fetched: bool,
}

/// A navigation property wanted inside its owner.
#[derive(Debug)]
pub struct Expansion<'m> {
    /// The navigation property.
    pub navigation: &'m NavigationProperty,
    /// Which of the entities behind it, and what of each.
    pub listing: Listing<'m>,
    /// The options inside its parentheses as the query of a URL, for the link to its next page.
    pub options: String,
}

/// One key of an order.
#[derive(Debug)]
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

/// An expression whose type is known.
#[derive(Debug, Clone)]
pub struct Expr<'m> {
    /// What it is.
    pub kind: ExprKind<'m>,
    /// Its type; nothing for the literal `null`.
    pub ty: Option<Type>,
    /// Whether it can be null.
    pub nullable: bool,
}

/// The kinds of a bound expression.
#[derive(Debug, Clone)]
pub enum ExprKind<'m> {
    /// A constant.
    Literal(Value),
    /// A structural property, through complex ones where there is more than one.
    Property(Vec<&'m Property>),
    /// `eq`, `ne`, `lt`, `le`, `gt`, `ge`.
    Compare(Comparison, Box<Expr<'m>>, Box<Expr<'m>>),
    /// `and`; at least two.
    And(Vec<Expr<'m>>),
    /// `or`; at least two.
    Or(Vec<Expr<'m>>),
    /// `not`.
    Not(Box<Expr<'m>>),
    /// `in` with a list of literals.
    In(Box<Expr<'m>>, Vec<Value>),
    /// A canonical function.
    Call(crate::bind::Function, Vec<Expr<'m>>),
}

/// The comparison operators, OData URL Conventions 4.01 §5.1.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operators' own names")]
pub enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl<'m> Resource<'m> {
    /// The type of the entity or entities that the last step leads to.
    #[must_use]
    pub fn entity_type(&self) -> EntityTypeId {
        self.steps.last().map_or(self.singleton.target, |step| step.navigation.target)
    }

    /// Whether the last step is a collection (without a key) rather than one entity.
    #[must_use]
    pub fn is_collection(&self) -> bool {
        self.steps.last().is_some_and(Step::is_collection)
    }

    /// The last navigation property, unless the path ends at its singleton.
    #[must_use]
    pub fn navigation(&self) -> Option<&'m NavigationProperty> {
        self.steps.last().map(|step| step.navigation)
    }

    /// The key of the last step, where it is a single text.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.steps.last().and_then(Step::text_key)
    }

    /// The key of the entity that owns the last step's collection, where it is a single text.
    #[must_use]
    pub fn owner_key(&self) -> Option<&str> {
        self.steps.iter().rev().nth(1).and_then(Step::text_key)
    }

    /// The path's template as Intune's errors print it: `~/singleton/navigation/key/action`.
    #[must_use]
    pub fn template(&self) -> String {
        let mut template = "~/singleton".to_owned();
        for step in &self.steps {
            template.push_str("/navigation");
            if !step.key.is_empty() {
                template.push_str("/key");
            }
        }
        match self.ending {
            Ending::Plain => {}
            Ending::Count => template.push_str("/$count"),
            Ending::Operation(_) => template.push_str("/action"),
        }
        template
    }

    /// The path in canonical form, keys in parentheses, without the last key and the ending: what a context URL shows
    /// after `#`.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut path = self.singleton.name.clone();
        for (index, step) in self.steps.iter().enumerate() {
            path.push('/');
            path.push_str(&step.navigation.name);
            if index + 1 < self.steps.len() && !step.key.is_empty() {
                path.push_str(&key_predicate(&step.key));
            }
        }
        path
    }
}

impl Step<'_> {
    /// Whether it means all entities behind the navigation property.
    #[must_use]
    pub fn is_collection(&self) -> bool {
        self.navigation.collection && self.key.is_empty()
    }

    fn text_key(&self) -> Option<&str> {
        match self.key.as_slice() {
            [Value::String(text)] => Some(text),
            _ => None,
        }
    }
}

impl<'m> Shape<'m> {
    /// The entity type, looked up.
    #[must_use]
    pub fn entity<'a>(&self, model: &'a Model) -> &'a EntityType {
        model.entity(self.ty)
    }
}

/// A key in parentheses, as a path shows it: `('x')`.
#[must_use]
pub fn key_predicate(key: &[Value]) -> String {
    let key: Vec<String> = key.iter().map(Value::to_string).collect();
    format!("({})", key.join(","))
}
