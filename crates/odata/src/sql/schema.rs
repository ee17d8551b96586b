//! Where a model's entities are kept: entity type → table, property → column, navigation property → join.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Scalar;
use crate::model::Property;

/// The tables of a model.
#[derive(Debug, Default)]
pub struct Schema {
    tables: HashMap<Cow<'static, str>, Table>,
    partition: Option<Cow<'static, str>>,
}

/// Tables of which one part may be seen: no statement can be made without one.
#[derive(Clone, Debug)]
pub struct Source<'s> {
    schema: &'s Schema,
    partition: Option<Scalar>,
}

/// One table.
#[derive(Debug)]
pub struct Table {
    /// Its name in SQL.
    pub name: Cow<'static, str>,
    columns: HashMap<Cow<'static, str>, Column>,
    joins: HashMap<Cow<'static, str>, Join>,
}

/// Where a property's value is: an SQL expression in which `{t}` stands for the table.
#[derive(Debug, Clone)]
pub struct Column {
    /// The value: a column or a scalar expression.
    pub value: Cow<'static, str>,
    /// For a point in time that remembers its zone: the offset from UTC in minutes.
    pub offset: Option<Cow<'static, str>>,
}

/// How the rows behind a navigation property are found.
#[derive(Debug, Clone)]
pub enum Join {
    /// All rows of the target's table: the navigation properties of a singleton that has no row itself.
    All,
    /// The target's rows that hold the owner's key in this column.
    Children {
        /// An expression on the target's table.
        column: Cow<'static, str>,
    },
}

impl Schema {
    /// Tables that belong to many owners: `column` is in each of them, and every statement pins it.
    #[must_use]
    pub fn partitioned_by(column: &'static str) -> Self {
        Self { tables: HashMap::new(), partition: Some(Cow::Borrowed(column)) }
    }

    /// Adds the table of an entity type.
    #[must_use]
    pub fn table(mut self, entity_type: &'static str, table: Table) -> Self {
        self.tables.insert(Cow::Borrowed(entity_type), table);
        self
    }

    /// The part of the tables that belongs to `owner`.
    #[must_use]
    pub fn part_of(&self, owner: impl Into<Scalar>) -> Source<'_> {
        Source { schema: self, partition: Some(owner.into()) }
    }

    /// All of the tables; nothing where they belong to many owners.
    #[must_use]
    pub fn whole(&self) -> Option<Source<'_>> {
        self.partition.is_none().then_some(Source { schema: self, partition: None })
    }
}

impl<'s> Source<'s> {
    pub(super) fn table(&self, entity_type: &str) -> Option<&'s Table> {
        self.schema.tables.get(entity_type)
    }

    /// The column that must be pinned, and to what.
    pub(super) fn partition(&self) -> Option<(&'s str, Scalar)> {
        Some((self.schema.partition.as_deref()?, self.partition.clone()?))
    }
}

impl Table {
    /// A table without columns yet.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), columns: HashMap::new(), joins: HashMap::new() }
    }

    /// A property (`serialNumber`, or `state/deviceErrorCode` inside a complex one) and its SQL expression.
    #[must_use]
    pub fn column(mut self, path: &'static str, value: &'static str) -> Self {
        self.columns.insert(Cow::Borrowed(path), Column { value: Cow::Borrowed(value), offset: None });
        self
    }

    /// A point in time that remembers its zone.
    #[must_use]
    pub fn zoned(mut self, path: &'static str, value: &'static str, offset: &'static str) -> Self {
        let column = Column { value: Cow::Borrowed(value), offset: Some(Cow::Borrowed(offset)) };
        self.columns.insert(Cow::Borrowed(path), column);
        self
    }

    /// How the rows behind a navigation property are found.
    #[must_use]
    pub fn join(mut self, navigation: &'static str, join: Join) -> Self {
        self.joins.insert(Cow::Borrowed(navigation), join);
        self
    }

    /// The paths of all properties that have a column.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(AsRef::as_ref)
    }

    pub(super) fn column_of(&self, path: &[&Property]) -> Option<&Column> {
        match path {
            [one] => self.columns.get(one.name.as_str()),
            _ => {
                let path: Vec<&str> = path.iter().map(|property| property.name.as_str()).collect();
                self.columns.get(path.join("/").as_str())
            }
        }
    }

    pub(super) fn join_of(&self, navigation: &str) -> Option<&Join> {
        self.joins.get(navigation)
    }
}
