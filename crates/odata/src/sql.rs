//! A bound query as SQL statements.
//!
//! In: a [`Query`] and the [`Source`] it may see. Out: a [`Select`], which is a [`Statement`] and the [`Layout`]
//! that turns its result rows into values again. Only bound queries can be written, every literal is bound to a
//! placeholder, and where tables belong to many owners the owner's part is pinned here and nowhere else.
//! [`crate::answer`] runs them in the right order.

mod arithmetic;
mod call;
mod column;
mod compare;
mod dialect;
mod expr;
pub mod functions;
mod layout;
mod schema;
mod search;
mod seek;
mod stages;
mod statement;
pub mod stored;
mod template;
mod writer;

pub use dialect::{Dialect, Extract, Kinds, POSTGRES, SQLITE};
pub use layout::{Layout, Row};
pub use schema::{Column, Join, Schema, Source, Table};
pub use statement::{Scalar, Statement};
pub use template::Template;

use expr::Condition;
use layout::Beside;
use writer::{Place, Writer};

use crate::model::{Model, Property};
use crate::query::{Ending, Expansion, Listing, Query, Resource, Step, Variable};
use crate::value::Value;

/// Fewer rows than these are looked at one by one rather than in the order of an index.
pub const FEW: i64 = 2000;

/// Why a query cannot be written or a row cannot be read: the schema does not fit the model.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An entity type has no table.
    #[error("no table for the entity type '{0}'")]
    NoTable(String),
    /// A property has no column.
    #[error("no column for the property '{path}' in the table '{table}'")]
    NoColumn {
        /// The table.
        table: String,
        /// The property's path.
        path: String,
    },
    /// A navigation property has no join.
    #[error("no join for the navigation property '{0}'")]
    NoJoin(String),
    /// An expression speaks of what is in no table.
    #[error("an expression speaks of an instance that is in no table")]
    NoPlace,
    /// A function was bound with too few arguments.
    #[error("a function lacks an argument")]
    MissingArgument,
    /// The database cannot do it.
    #[error("'{0}' is not supported by the service's database")]
    Unsupported(&'static str),
    /// A stored value is not of the type that the model says.
    #[error("a stored value of the property '{0}' is not of its type")]
    Inconsistent(String),
}

impl Error {
    fn no_column(table: &Table, path: &[&Property]) -> Self {
        let path: Vec<&str> = path.iter().map(|property| property.name.as_str()).collect();
        Self::NoColumn { table: table.name.to_string(), path: path.join("/") }
    }
}

/// A statement that reads instances, and how to read its rows.
#[derive(Debug)]
pub struct Select<'q> {
    /// The statement.
    pub statement: Statement,
    /// The meaning of its columns.
    pub layout: Layout<'q>,
}

/// The page of instances (or the one) that a query asks for, with one row more than a page holds.
///
/// # Errors
/// Where the schema does not fit the model.
pub fn entities<'q>(
    query: &'q Query<'_>,
    source: &Source<'_>,
    dialect: &Dialect,
) -> Result<Select<'q>, Error> {
    let listing = &query.listing;
    let mut writer = Writer::new(query.model, source, dialect);
    let mut to = Statement::of(dialect);
    let (place, mut condition) = writer.resource(&mut to, &query.resource)?;
    writer.listed(place);
    if query.resource.is_list() {
        selected(&mut writer, &mut to, listing, &mut condition)?;
        if let Some(cursor) = &query.after {
            condition.and(&mut to);
            writer.after(&mut to, &listing.order, cursor)?;
        }
        writer.ordered(&mut to, &listing.order)?;
        let (size, offset) = window(listing, query.after.as_ref().map_or(0, |cursor| cursor.seen));
        to.push(" LIMIT ").bind(Scalar::Integer(clamped(size.saturating_add(1))));
        if query.after.is_none() && offset > 0 {
            to.push(" OFFSET ").bind(Scalar::Integer(clamped(offset)));
        }
    }
    let behind = to.take();
    to.push("SELECT ");
    let beside = Beside { owner: None, versions: query.versions };
    let keys = keys(query.model, listing);
    let layout = layout::columns(&mut writer, &mut to, listing, keys, &beside)?;
    to.put(&behind);
    Ok(Select { statement: to, layout })
}

/// How many rows a page holds at most after so many were handed out, and how many are skipped before the first.
#[must_use]
pub fn window(listing: &Listing<'_>, seen: u64) -> (u64, u64) {
    let left = listing.limit.map_or(u64::MAX, |limit| limit.saturating_sub(seen));
    (listing.page_size.min(left), listing.skip)
}

/// The number of instances that match, regardless of paging.
///
/// # Errors
/// Where the schema does not fit the model.
pub fn count(query: &Query<'_>, source: &Source<'_>, dialect: &Dialect) -> Result<Statement, Error> {
    let mut writer = Writer::new(query.model, source, dialect);
    let mut to = Statement::of(dialect);
    let (place, mut condition) = writer.resource(&mut to, &query.resource)?;
    writer.listed(place);
    selected(&mut writer, &mut to, &query.listing, &mut condition)?;
    let behind = to.take();
    to.push("SELECT COUNT(*)").put(&behind);
    Ok(to)
}

/// How many rows an index of parts of texts would have a list look at, [`FEW`] where they are as many or more: a row of
/// one number. Nothing where there is no such index for its filter. Where there are few, a statement of
/// [`Source::asking_parts`] is the quicker one; where there are many, looking at all in the list's order is.
///
/// # Errors
/// Where the schema does not fit the model.
pub fn hinted(query: &Query<'_>, source: &Source<'_>, dialect: &Dialect) -> Result<Option<Statement>, Error> {
    let listing = &query.listing;
    let Some(filter) = listing.filter.as_ref().filter(|_| may_hint(listing)) else { return Ok(None) };
    let mut writer = Writer::new(query.model, source, dialect);
    let (place, _) = writer.resource(&mut Statement::of(dialect), &query.resource)?;
    writer.listed(place);
    Ok(writer.hint(filter).map(|hint| {
        let mut to = Statement::of(dialect);
        hint.count(&mut to, FEW);
        to
    }))
}

/// Whether [`hinted`] is worth asking.
pub(crate) fn may_hint(listing: &Listing<'_>) -> bool {
    listing.apply.is_empty() && listing.filter.as_ref().is_some_and(search::has_part)
}

/// Whether [`owner`] has a statement.
pub(crate) fn has_owner(model: &Model, resource: &Resource<'_>, schema: &Schema) -> bool {
    let owner = resource.steps.split_last().and_then(|(_, owners)| owners.last());
    let navigation = owner.and_then(Step::navigation);
    let is_rowless = |ty| schema.table_of(model, ty).is_some_and(|table| table.name.is_empty());
    owner.is_some() && !navigation.is_some_and(|navigation| is_rowless(navigation.target))
}

/// Whether the entity that owns what is addressed exists: a row or none. Nothing where there is no owner.
///
/// # Errors
/// Where the schema does not fit the model.
pub fn owner(
    model: &Model,
    resource: &Resource<'_>,
    source: &Source<'_>,
    dialect: &Dialect,
) -> Result<Option<Statement>, Error> {
    let Some((_, owners)) = resource.steps.split_last() else { return Ok(None) };
    if !has_owner(model, resource, source.schema()) {
        return Ok(None);
    }
    exists(model, owners, source, dialect).map(Some)
}

/// A row where there is an instance at the end of a walk from the service root.
fn exists(
    model: &Model,
    steps: &[Step<'_>],
    source: &Source<'_>,
    dialect: &Dialect,
) -> Result<Statement, Error> {
    let mut writer = Writer::new(model, source, dialect);
    let mut to = Statement::of(dialect);
    to.push("SELECT 1");
    writer.resource(
        &mut to,
        &Resource { steps: steps.to_vec(), ending: Ending::Plain, arguments: Vec::new() },
    )?;
    Ok(to)
}

/// The instances behind an expanded navigation property, for owners of which the identities are given; at most a page
/// for each.
///
/// # Errors
/// Where the schema does not fit the model.
pub fn expansion<'q>(
    model: &'q Model,
    owner: crate::model::EntityTypeId,
    expansion: &'q Expansion<'_>,
    identities: &[Value],
    source: &Source<'_>,
    dialect: &Dialect,
    versions: bool,
) -> Result<Select<'q>, Error> {
    let listing = &expansion.listing;
    let mut writer = Writer::new(model, source, dialect);
    let mut to = Statement::of(dialect);
    let owner = behind_owners(&mut writer, &mut to, owner, expansion, identities)?;
    let behind = to.take();
    to.push("SELECT ");
    let beside = Beside { owner: Some(owner), versions };
    let layout = layout::columns(&mut writer, &mut to, listing, keys(model, listing), &beside)?;
    if expansion.navigation.collection {
        to.push(", ROW_NUMBER() OVER (PARTITION BY ");
        if let Place::Row(alias, table) = owner {
            to.push_schema(&table.identity, alias);
        }
        writer.ordered(&mut to, &listing.order)?;
        to.push(") AS place").put(&behind);
        // The inner query numbers each owner's instances, the outer one takes a page of each.
        let inner = to.take();
        let (size, offset) = window(listing, 0);
        to.push("SELECT * FROM (").put(&inner).push(") numbered WHERE place > ");
        to.bind(Scalar::Integer(clamped(offset)));
        let end = offset.saturating_add(size).saturating_add(1);
        to.push(" AND place <= ").bind(Scalar::Integer(clamped(end)));
        to.push(" ORDER BY place");
    } else {
        to.put(&behind);
    }
    Ok(Select { statement: to, layout })
}

/// How many instances each owner has behind an expanded navigation property: rows of (owner, number).
///
/// # Errors
/// Where the schema does not fit the model.
pub fn expansion_count(
    model: &Model,
    owner: crate::model::EntityTypeId,
    expansion: &Expansion<'_>,
    identities: &[Value],
    source: &Source<'_>,
    dialect: &Dialect,
) -> Result<Statement, Error> {
    let mut writer = Writer::new(model, source, dialect);
    let mut to = Statement::of(dialect);
    let owner = behind_owners(&mut writer, &mut to, owner, expansion, identities)?;
    let behind = to.take();
    let Place::Row(alias, table) = owner else { return Err(Error::NoPlace) };
    to.push("SELECT ").push_schema(&table.identity, alias).push(", COUNT(*)").put(&behind);
    to.push(" GROUP BY ").push_schema(&table.identity, alias);
    Ok(to)
}

/// `FROM … WHERE …` of what is behind a navigation property of some owners; says where the owner is.
fn behind_owners<'s>(
    writer: &mut Writer<'s>,
    to: &mut Statement,
    owner: crate::model::EntityTypeId,
    expansion: &Expansion<'_>,
    identities: &[Value],
) -> Result<Place<'s>, Error> {
    let listing = &expansion.listing;
    let table = writer.table(owner)?;
    let target = writer.alias();
    let alias = writer.alias();
    let owner = Place::Row(alias, table);
    let mut step = Step::along(expansion.navigation);
    step.is_cast = listing.shape.ty != step.ty;
    step.ty = listing.shape.ty.clone();
    to.push(" FROM ").push_schema(&table.name, alias).push(" ").push_alias(alias).push(", ");
    let place = Place::Row(target, writer.table(expansion.navigation.target)?);
    if let Place::Row(_, table) = place {
        to.push_schema(&table.name, target).push(" ").push_alias(target);
    }
    let mut condition = Condition::of_where();
    writer.pinned(&mut condition, to, alias);
    condition.and(to).push_schema(&table.identity, alias).push(if identities.is_empty() {
        " IN (NULL"
    } else {
        " IN ("
    });
    for (index, identity) in identities.iter().enumerate() {
        to.push(if index == 0 { "" } else { ", " }).bind(stored::scalar(identity));
    }
    to.push(")");
    writer.conditions(&mut condition, to, Some(owner), std::slice::from_ref(&step), &[place])?;
    writer.listed(place);
    if !listing.apply.is_empty() {
        return Err(Error::NoPlace);
    }
    selected(writer, to, listing, &mut condition)?;
    Ok(owner)
}

/// Stages, search and filter: which instances there are at all.
fn selected(
    writer: &mut Writer<'_>,
    to: &mut Statement,
    listing: &Listing<'_>,
    condition: &mut Condition,
) -> Result<(), Error> {
    if !listing.apply.is_empty() {
        let behind = to.take();
        let place = writer.place_of(Variable::IT)?;
        to.push("SELECT ").push_alias(place.alias()).push(".*").put(&behind);
        writer.stages(to, &listing.apply)?;
        let from = writer.enclosed(to);
        to.put(&from);
        *condition = Condition::of_where();
    }
    if let Some(search) = &listing.search {
        let place = writer.place_of(Variable::IT)?;
        writer.search(condition, to, search, place)?;
    }
    if let Some(filter) = &listing.filter {
        if let Some(hint) = writer.hint(filter).filter(|_| writer.source.asks_parts()) {
            hint.condition(condition.and(to));
        }
        condition.and(to);
        writer.condition(to, filter)?;
    }
    Ok(())
}

/// The key properties of what is listed.
fn keys<'q>(model: &'q Model, listing: &'q Listing<'_>) -> Vec<&'q Property> {
    listing.shape.entity(model).map(|ty| ty.key_properties().collect()).unwrap_or_default()
}

fn clamped(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
