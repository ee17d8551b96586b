//! What a store answers to a query: values in the order of the query's shape, not yet JSON.

use crate::query::Cursor;
use crate::value::Value;

/// The answer to a query.
#[derive(Debug)]
pub enum Answer {
    /// The number of matching entities, for `/$count`.
    Count(u64),
    /// The one entity that was addressed.
    Entity(Entity),
    /// A page of a collection.
    Page(Page),
}

/// Part of a collection.
#[derive(Debug, Default)]
pub struct Page {
    /// The entities, in order.
    pub entities: Vec<Entity>,
    /// The number of all entities that match, where `$count=true` asked for it.
    pub count: Option<u64>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<Cursor>,
}

/// One entity.
#[derive(Debug)]
pub struct Entity {
    /// Its key; empty unless something is expanded.
    pub key: Vec<Value>,
    /// One value for each selected property, complex ones flattened.
    pub values: Vec<Value>,
    /// One page for each expanded navigation property.
    pub expanded: Vec<Page>,
}
