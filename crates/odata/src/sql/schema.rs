//! Where a model's entities are kept: entity type → table, property → column, navigation property → join.

use super::Scalar;
use super::template::Template;
use crate::model::{EntityTypeId, Model, Property};
use std::borrow::Cow;

type Sql = Cow<'static, str>;

/// The tables of a model.
#[derive(Debug, Default)]
pub struct Schema {
    tables: ByName<Table>,
    members: ByName<Join>,
    partition: Option<Sql>,
}

/// Tables of which one part may be seen: no statement can be made without one.
#[derive(Clone, Debug)]
pub struct Source<'s> {
    schema: &'s Schema,
    partition: Option<Scalar>,
    asks_parts: bool,
}

/// Things in the order of their names. There are few, and each statement looks up many: to compare is quicker than to hash.
#[derive(Debug)]
struct ByName<T>(Vec<(Sql, T)>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByName<T> {
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_ref().cmp(name))
    }

    /// Adds a thing, in the place of another of this name.
    fn insert(&mut self, name: Sql, thing: T) {
        let (place, end) = match self.place(&name) {
            Ok(place) => (place, place + 1),
            Err(place) => (place, place),
        };
        self.0.splice(place..end, [(name, thing)]);
    }

    fn get(&self, name: &str) -> Option<&T> {
        self.place(name).ok().and_then(|place| self.0.get(place)).map(|(_, thing)| thing)
    }
}

/// One table, for an entity type and all that extend it.
#[derive(Debug)]
pub struct Table {
    /// Its name in SQL, or a `SELECT` in parentheses in which `{p}` stands for the owner whose part is seen: for
    /// entities that every owner has. Empty for entities that have no row, such as a singleton that only leads to others.
    pub name: Template,
    columns: ByName<Column>,
    joins: ByName<Join>,
    /// What tells its rows apart, in one value.
    pub(super) identity: Template,
    /// A JSON text with every property that has no column.
    pub(super) document: Option<Template>,
    /// The full name of the row's entity type.
    pub(super) type_name: Option<Template>,
    /// One of these changes whenever the entity does.
    pub(super) version: Vec<Template>,
    /// A condition that finds a phrase by an index: `{q}` stands for the phrase.
    pub(super) search: Option<Template>,
    parts: ByName<PartIndex>,
}

/// An index of the parts of texts.
#[derive(Debug)]
pub(super) struct PartIndex {
    /// What the index calls a row.
    pub row: Template,
    /// A `SELECT` of rows, by what the index calls them; `{q}` stands for the part.
    pub rows: Template,
}

/// Where a property's value is: an SQL expression in which `{t}` stands for the table.
#[derive(Debug, Clone)]
pub struct Column {
    /// The value: a column or a scalar expression.
    pub value: Template,
    /// For a point in time that remembers its zone: the offset from UTC in minutes.
    pub offset: Option<Template>,
}

/// How the rows behind a navigation property are found.
#[derive(Debug, Clone)]
pub enum Join {
    /// All rows of the target's table.
    All,
    /// Those for which this holds, in which `{o}` stands for the owner's table and `{t}` for the target's.
    On(Template),
}

impl Schema {
    /// Tables that belong to one owner.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tables that belong to many owners: `column` is in each of them, and every statement pins it.
    #[must_use]
    pub fn partitioned_by(column: &'static str) -> Self {
        Self { partition: Some(Cow::Borrowed(column)), ..Self::default() }
    }

    /// Adds the table of an entity type and all that extend it.
    #[must_use]
    pub fn table(mut self, entity_type: impl Into<Sql>, table: Table) -> Self {
        self.tables.insert(entity_type.into(), table);
        self
    }

    /// How the rows of an entity set or singleton are found; all of the table's, where this is not said.
    #[must_use]
    pub fn member(mut self, name: impl Into<Sql>, join: Join) -> Self {
        self.members.insert(name.into(), join);
        self
    }

    /// The table of an entity type: its own, or that of the nearest type it extends.
    pub(super) fn table_of(&self, model: &Model, ty: EntityTypeId) -> Option<&Table> {
        let entity = model.entity(ty);
        match self.tables.get(&entity.name) {
            Some(table) => Some(table),
            None => self.table_of(model, entity.base?),
        }
    }

    /// The part of the tables that belongs to `owner`.
    #[must_use]
    pub fn part_of(&self, owner: impl Into<Scalar>) -> Source<'_> {
        Source { schema: self, partition: Some(owner.into()), asks_parts: false }
    }

    /// All of the tables; nothing where they belong to many owners.
    #[must_use]
    pub fn whole(&self) -> Option<Source<'_>> {
        self.partition.is_none().then_some(Source { schema: self, partition: None, asks_parts: false })
    }
}

impl<'s> Source<'s> {
    pub(super) fn schema(&self) -> &'s Schema {
        self.schema
    }

    pub(super) fn table(&self, model: &Model, ty: EntityTypeId) -> Option<&'s Table> {
        self.schema.table_of(model, ty)
    }

    /// The same, whose statements look where an index of parts of texts points them to.
    #[must_use]
    pub fn asking_parts(&self) -> Self {
        Self { asks_parts: true, ..self.clone() }
    }

    pub(super) fn asks_parts(&self) -> bool {
        self.asks_parts
    }

    pub(super) fn member(&self, name: &str) -> &'s Join {
        self.schema.members.get(name).unwrap_or(&Join::All)
    }

    /// The column that must be pinned, and to what.
    pub(super) fn partition(&self) -> Option<(&'s str, Scalar)> {
        Some((self.schema.partition.as_deref()?, self.partition.clone()?))
    }
}

impl Table {
    /// A table without columns yet, whose rows are told apart by `{t}.id`.
    #[must_use]
    pub fn new(name: impl Into<Template>) -> Self {
        Self {
            name: name.into(),
            columns: ByName::default(),
            joins: ByName::default(),
            identity: "{t}.id".into(),
            document: None,
            type_name: None,
            version: Vec::new(),
            search: None,
            parts: ByName::default(),
        }
    }

    /// A property (`serialNumber`, or `state/deviceErrorCode` inside a complex one) and its SQL expression. Of a
    /// collection, or of a complex property that has members of its own nowhere else, that is a JSON text.
    #[must_use]
    pub fn column(mut self, path: impl Into<Sql>, value: impl Into<Template>) -> Self {
        self.columns.insert(path.into(), Column { value: value.into(), offset: None });
        self
    }

    /// A point in time that remembers its zone.
    #[must_use]
    pub fn zoned(
        mut self,
        path: impl Into<Sql>,
        value: impl Into<Template>,
        offset: impl Into<Template>,
    ) -> Self {
        self.columns.insert(path.into(), Column { value: value.into(), offset: Some(offset.into()) });
        self
    }

    /// How the rows behind a navigation property are found.
    #[must_use]
    pub fn join(mut self, navigation: impl Into<Sql>, join: Join) -> Self {
        self.joins.insert(navigation.into(), join);
        self
    }

    /// An SQL expression of one value that tells the rows apart, where that is not `{t}.id`.
    #[must_use]
    pub fn told_apart_by(mut self, identity: impl Into<Template>) -> Self {
        self.identity = identity.into();
        self
    }

    /// An SQL expression of a JSON text that holds every property without a column, as [`super::stored`] says.
    #[must_use]
    pub fn document(mut self, document: impl Into<Template>) -> Self {
        self.document = Some(document.into());
        self
    }

    /// An SQL expression of the full name of a row's entity type.
    #[must_use]
    pub fn typed_by(mut self, type_name: impl Into<Template>) -> Self {
        self.type_name = Some(type_name.into());
        self
    }

    /// SQL expressions of which one changes whenever the entity does, for its ETag. One that is a property's, too, is read
    /// once.
    #[must_use]
    pub fn versioned_by<const N: usize>(mut self, parts: [impl Into<Template>; N]) -> Self {
        self.version = parts.into_iter().map(Into::into).collect();
        self
    }

    /// A condition that finds a phrase of three characters or more by an index; `{q}` stands for the phrase.
    #[must_use]
    pub fn searched_by(mut self, condition: impl Into<Template>) -> Self {
        self.search = Some(condition.into());
        self
    }

    /// An index of what is in a property's texts. `rows` is a `SELECT` that finds every row whose property contains a part
    /// of three characters or more, and perhaps others: `{q}` stands for the part as a phrase, in double quotes with those
    /// inside doubled. `row` is what it calls a row.
    #[must_use]
    pub fn parts_found_by(
        mut self,
        property: impl Into<Sql>,
        row: impl Into<Template>,
        rows: impl Into<Template>,
    ) -> Self {
        self.parts.insert(property.into(), PartIndex { row: row.into(), rows: rows.into() });
        self
    }

    /// The paths of all properties that have a column.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.columns.0.iter().map(|(path, _)| path.as_ref())
    }

    pub(super) fn column_of(&self, path: &[&Property]) -> Option<&Column> {
        match path {
            [one] => self.columns.get(&one.name),
            _ => {
                let path: Vec<&str> = path.iter().map(|property| property.name.as_str()).collect();
                self.columns.get(&path.join("/"))
            }
        }
    }

    pub(super) fn parts_of(&self, path: &[&Property]) -> Option<&PartIndex> {
        match path {
            [property] => self.parts.get(&property.name),
            _ => None,
        }
    }

    pub(super) fn join_of(&self, navigation: &str) -> Option<&Join> {
        self.joins.get(navigation)
    }
}
