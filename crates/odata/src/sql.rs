//! A bound query as SQL statements.
//!
//! In: a [`Query`] and the [`Source`] it may see. Out: a [`Select`], which is a [`Statement`] and the [`Layout`]
//! that turns its result rows into values again. Only bound queries can be written, every literal is bound to a
//! placeholder, and where tables belong to many owners the owner's part is pinned here and nowhere else.

mod dialect;
mod expr;
mod schema;
mod seek;
mod statement;

pub use dialect::{Dialect, SQLITE};
pub use schema::{Column, Join, Schema, Source, Table};
pub use statement::{Scalar, Statement};

use expr::{Place, Writer, scalar};

use crate::model::{EntityType, EntityTypeId, Model, Primitive, Property, Type};
use crate::query::{Expansion, Listing, Order, Query, Resource, Selected, Step};
use crate::value::{DateTimeOffset, Value};

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
    /// A function was bound with too few arguments.
    #[error("a function lacks an argument")]
    MissingArgument,
    /// A stored value is not of the type that the model says.
    #[error("a stored value of the property '{0}' is not of its type")]
    Inconsistent(String),
}

impl Error {
    fn no_column(table: &Table, path: &[&Property]) -> Self {
        let path: Vec<&str> = path.iter().map(|property| property.name.as_str()).collect();
        Self::NoColumn { table: table.name.clone().into_owned(), path: path.join("/") }
    }
}

/// A statement that reads entities, and how to read its rows.
#[derive(Debug)]
pub struct Select<'q> {
    /// The statement.
    pub statement: Statement,
    /// The meaning of its columns.
    pub layout: Layout<'q>,
}

/// The meaning of a statement's columns.
#[derive(Debug)]
pub struct Layout<'q> {
    leaves: Vec<Leaf<'q>>,
    keys: Vec<&'q Property>,
    order: &'q [Order<'q>],
    has_owner: bool,
}

#[derive(Debug)]
struct Leaf<'q> {
    property: &'q Property,
    stored: Stored,
}

#[derive(Debug, PartialEq)]
enum Stored {
    /// Not read: null is written.
    Nowhere,
    /// In one column.
    One,
    /// An instant and its offset.
    Zoned,
}

/// One row, as values.
#[derive(Debug)]
pub struct Row {
    /// The values of the selected properties, complex ones flattened, in their order.
    pub values: Vec<Value>,
    /// The entity's key; empty unless something is expanded.
    pub key: Vec<Value>,
    /// The values that the list is ordered by.
    pub order: Vec<Value>,
    /// The key of the entity that this one was expanded under.
    pub owner: Option<Value>,
}

/// The page of entities (or the one entity) that a query asks for, with one row more than a page holds.
///
/// # Errors
/// Where the schema does not fit the model.
pub fn entities<'q>(
    query: &'q Query<'_>,
    source: &Source<'_>,
    dialect: &Dialect,
) -> Result<Select<'q>, Error> {
    let listing = &query.listing;
    let writer = writer(query.model, listing.shape.ty, source, dialect, "t0")?;
    let mut to = Statement::default();
    to.push("SELECT ");
    let layout = columns(&writer, &mut to, query.model, listing, None)?;
    to.push(" FROM ").push_schema(&writer.table.name, "").push(" t0 WHERE ");
    matching(&writer, &mut to, query.model, &query.resource, source, dialect)?;
    if query.resource.is_collection() {
        filtered(&writer, &mut to, listing)?;
        if let Some(cursor) = &query.after {
            to.push(" AND ");
            seek::after(&writer, &mut to, &listing.order, cursor)?;
        }
        ordered(&writer, &mut to, &listing.order)?;
        to.push(" LIMIT ").bind(Scalar::Integer(clamped(listing.page_size.saturating_add(1))));
        if query.after.is_none() && listing.skip > 0 {
            to.push(" OFFSET ").bind(Scalar::Integer(clamped(listing.skip)));
        }
    }
    Ok(Select { statement: to, layout })
}

/// The number of entities that match, regardless of paging.
///
/// # Errors
/// Where the schema does not fit the model.
pub fn count(query: &Query<'_>, source: &Source<'_>, dialect: &Dialect) -> Result<Statement, Error> {
    let writer = writer(query.model, query.listing.shape.ty, source, dialect, "t0")?;
    let mut to = Statement::default();
    to.push("SELECT COUNT(*) FROM ").push_schema(&writer.table.name, "").push(" t0 WHERE ");
    matching(&writer, &mut to, query.model, &query.resource, source, dialect)?;
    filtered(&writer, &mut to, &query.listing)?;
    Ok(to)
}

/// Whether the entity that owns the addressed collection exists: a row or none. Nothing where there is no owner.
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
    let Some(last) = owners.last() else { return Ok(None) };
    let owners = Resource { steps: owners.to_vec(), ..resource.clone() };
    let writer = writer(model, last.navigation.target, source, dialect, "t0")?;
    let mut to = Statement::default();
    to.push("SELECT 1 FROM ").push_schema(&writer.table.name, "").push(" t0 WHERE ");
    matching(&writer, &mut to, model, &owners, source, dialect)?;
    Ok(Some(to))
}

/// The entities behind an expanded navigation property, for a page of owners, at most a page for each.
///
/// # Errors
/// Where the schema does not fit the model.
pub fn expansion<'q>(
    model: &'q Model,
    owner: EntityTypeId,
    expansion: &'q Expansion<'_>,
    keys: &[Value],
    source: &Source<'_>,
    dialect: &Dialect,
) -> Result<Select<'q>, Error> {
    let listing = &expansion.listing;
    let writer = writer(model, listing.shape.ty, source, dialect, "t0")?;
    let owned = owned_by(model, owner, expansion, source)?;
    let mut to = Statement::default();
    // The inner query numbers each owner's entities, the outer one takes a page of each.
    let mut inner = Statement::default();
    let layout = columns(&writer, &mut inner, model, listing, Some(owned))?;
    to.push("SELECT ");
    for column in 0..layout.width() {
        to.push(if column == 0 { "c" } else { ", c" }).push_number(column);
    }
    to.push(" FROM (SELECT ");
    columns(&writer, &mut to, model, listing, Some(owned))?;
    to.push(", ROW_NUMBER() OVER (PARTITION BY ").push_schema(owned, "t0");
    ordered(&writer, &mut to, &listing.order)?;
    to.push(") AS place FROM ").push_schema(&writer.table.name, "").push(" t0 WHERE ");
    pinned(&mut to, source, "t0");
    to.push_schema(owned, "t0").push(" IN (");
    for (index, key) in keys.iter().enumerate() {
        to.push(if index == 0 { "" } else { ", " }).bind(scalar(key));
    }
    to.push(")");
    filtered(&writer, &mut to, listing)?;
    to.push(") numbered WHERE place > ").bind(Scalar::Integer(clamped(listing.skip)));
    let end = listing.skip.saturating_add(listing.page_size).saturating_add(1);
    to.push(" AND place <= ").bind(Scalar::Integer(clamped(end)));
    to.push(" ORDER BY place");
    Ok(Select { statement: to, layout })
}

/// How many entities each owner of a page has behind an expanded navigation property: rows of (owner, number).
///
/// # Errors
/// Where the schema does not fit the model.
pub fn expansion_count(
    model: &Model,
    owner: EntityTypeId,
    expansion: &Expansion<'_>,
    keys: &[Value],
    source: &Source<'_>,
    dialect: &Dialect,
) -> Result<Statement, Error> {
    let writer = writer(model, expansion.listing.shape.ty, source, dialect, "t0")?;
    let owned = owned_by(model, owner, expansion, source)?;
    let mut to = Statement::default();
    to.push("SELECT ").push_schema(owned, "t0").push(", COUNT(*) FROM ");
    to.push_schema(&writer.table.name, "").push(" t0 WHERE ");
    pinned(&mut to, source, "t0");
    to.push_schema(owned, "t0").push(" IN (");
    for (index, key) in keys.iter().enumerate() {
        to.push(if index == 0 { "" } else { ", " }).bind(scalar(key));
    }
    to.push(")");
    filtered(&writer, &mut to, &expansion.listing)?;
    to.push(" GROUP BY ").push_schema(owned, "t0");
    Ok(to)
}

fn writer<'s>(
    model: &Model,
    ty: EntityTypeId,
    source: &Source<'s>,
    dialect: &'s Dialect,
    alias: &'static str,
) -> Result<Writer<'s>, Error> {
    Ok(Writer { table: table(model.entity(ty), source)?, alias, dialect })
}

fn table<'s>(ty: &EntityType, source: &Source<'s>) -> Result<&'s Table, Error> {
    source.table(&ty.name).ok_or_else(|| Error::NoTable(ty.name.clone()))
}

fn join<'s>(
    model: &Model,
    owner: EntityTypeId,
    navigation: &str,
    source: &Source<'s>,
) -> Result<&'s Join, Error> {
    table(model.entity(owner), source)?
        .join_of(navigation)
        .ok_or_else(|| Error::NoJoin(navigation.to_owned()))
}

fn owned_by<'s>(
    model: &Model,
    owner: EntityTypeId,
    expansion: &Expansion<'_>,
    source: &Source<'s>,
) -> Result<&'s str, Error> {
    match join(model, owner, &expansion.navigation.name, source)? {
        Join::Children { column } => Ok(column),
        Join::All => Err(Error::NoJoin(expansion.navigation.name.clone())),
    }
}

/// `t.tenant = $1 AND `
fn pinned(to: &mut Statement, source: &Source<'_>, alias: &'static str) {
    if let Some((column, owner)) = source.partition() {
        to.push(alias).push(".").push_schema(column, alias).push(" = ").bind(owner).push(" AND ");
    }
}

/// The condition that rows are what the path addresses.
fn matching(
    writer: &Writer<'_>,
    to: &mut Statement,
    model: &Model,
    resource: &Resource<'_>,
    source: &Source<'_>,
    dialect: &Dialect,
) -> Result<(), Error> {
    pinned(to, source, writer.alias);
    let Some((step, owners)) = resource.steps.split_last() else {
        return Err(Error::NoTable(model.entity(resource.singleton.target).name.clone()));
    };
    let owner_type = owners.last().map_or(resource.singleton.target, |owner| owner.navigation.target);
    match join(model, owner_type, &step.navigation.name, source)? {
        Join::All => to.push("TRUE"),
        Join::Children { column } => {
            let key = owners.last().and_then(|owner| owner.key.first()).unwrap_or(&Value::Null);
            to.push_schema(column, writer.alias).push(" = ").bind(scalar(key))
        }
    };
    keyed(writer, to, model, step)?;
    // Below an owner that is itself owned, the owner must be where the path says it is.
    if owners.len() > 1 {
        let alias = if writer.alias == "t0" { "t1" } else { "t0" };
        let owner = Resource { steps: owners.to_vec(), ..resource.clone() };
        let writer = Writer { table: table(model.entity(owner_type), source)?, alias, dialect };
        to.push(" AND EXISTS (SELECT 1 FROM ").push_schema(&writer.table.name, "").push(" ").push(alias);
        to.push(" WHERE ");
        matching(&writer, to, model, &owner, source, dialect)?;
        to.push(")");
    }
    Ok(())
}

fn keyed(writer: &Writer<'_>, to: &mut Statement, model: &Model, step: &Step<'_>) -> Result<(), Error> {
    for (property, value) in model.entity(step.navigation.target).key_properties().zip(&step.key) {
        let column =
            writer.table.column_of(&[property]).ok_or_else(|| Error::no_column(writer.table, &[property]))?;
        to.push(" AND ").push_schema(&column.value, writer.alias).push(" = ").bind(scalar(value));
    }
    Ok(())
}

fn filtered(writer: &Writer<'_>, to: &mut Statement, listing: &Listing<'_>) -> Result<(), Error> {
    if let Some(filter) = &listing.filter {
        to.push(" AND ");
        writer.expr(to, filter, Place::Condition)?;
    }
    Ok(())
}

fn ordered(writer: &Writer<'_>, to: &mut Statement, order: &[Order<'_>]) -> Result<(), Error> {
    for (index, key) in order.iter().enumerate() {
        to.push(if index == 0 { " ORDER BY " } else { ", " });
        writer.expr(to, &key.expr, Place::Exact)?;
        to.push(match (key.descending, key.expr.nullable) {
            (false, false) => "",
            (false, true) => " ASC NULLS FIRST",
            (true, false) => " DESC",
            (true, true) => " DESC NULLS LAST",
        });
    }
    Ok(())
}

fn clamped(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Appends the result columns, each with a number for a name, and says what they mean.
fn columns<'q>(
    writer: &Writer<'_>,
    to: &mut Statement,
    model: &'q Model,
    listing: &'q Listing<'_>,
    owned: Option<&str>,
) -> Result<Layout<'q>, Error> {
    let mut number = 0;
    let mut named = |to: &mut Statement| {
        to.push(" AS c").push_number(number).push(", ");
        number += 1;
    };
    let mut leaves = Vec::new();
    let mut path = Vec::new();
    for selected in &listing.shape.properties {
        leaf_columns(writer, to, selected, &mut path, &mut leaves, &mut named)?;
    }
    let mut keys = Vec::new();
    if !listing.shape.expand.is_empty() {
        for property in model.entity(listing.shape.ty).key_properties() {
            let column = writer
                .table
                .column_of(&[property])
                .ok_or_else(|| Error::no_column(writer.table, &[property]))?;
            to.push_schema(&column.value, writer.alias);
            named(to);
            keys.push(property);
        }
    }
    for key in &listing.order {
        writer.expr(to, &key.expr, Place::Exact)?;
        named(to);
    }
    if let Some(owned) = owned {
        to.push_schema(owned, writer.alias);
        named(to);
    }
    // Every column is followed by a comma: a constant closes the list.
    to.push("1");
    Ok(Layout { leaves, keys, order: &listing.order, has_owner: owned.is_some() })
}

fn leaf_columns<'q>(
    writer: &Writer<'_>,
    to: &mut Statement,
    selected: &'q Selected<'_>,
    path: &mut Vec<&'q Property>,
    leaves: &mut Vec<Leaf<'q>>,
    named: &mut impl FnMut(&mut Statement),
) -> Result<(), Error> {
    path.push(selected.property);
    if !selected.members.is_empty() {
        for member in &selected.members {
            leaf_columns(writer, to, member, path, leaves, named)?;
        }
    } else if !selected.fetched {
        leaves.push(Leaf { property: selected.property, stored: Stored::Nowhere });
    } else {
        let column = writer.table.column_of(path).ok_or_else(|| Error::no_column(writer.table, path))?;
        to.push_schema(&column.value, writer.alias);
        named(to);
        let stored = if let Some(offset) = &column.offset {
            to.push_schema(offset, writer.alias);
            named(to);
            Stored::Zoned
        } else {
            Stored::One
        };
        leaves.push(Leaf { property: selected.property, stored });
    }
    path.pop();
    Ok(())
}

impl Layout<'_> {
    fn width(&self) -> usize {
        let leaves: usize = self
            .leaves
            .iter()
            .map(|leaf| match leaf.stored {
                Stored::Nowhere => 0,
                Stored::One => 1,
                Stored::Zoned => 2,
            })
            .sum();
        leaves + self.keys.len() + self.order.len() + usize::from(self.has_owner)
    }

    /// Reads one result row.
    ///
    /// # Errors
    /// Where a stored value is not of the type that the model says.
    pub fn row(&self, scalars: Vec<Scalar>) -> Result<Row, Error> {
        let mut scalars = scalars.into_iter();
        let mut next = || scalars.next().unwrap_or(Scalar::Null);
        let mut values = Vec::with_capacity(self.leaves.len());
        for leaf in &self.leaves {
            values.push(match leaf.stored {
                Stored::Nowhere => Value::Null,
                Stored::One => value(next(), &leaf.property.ty).ok_or_else(|| inconsistent(leaf.property))?,
                Stored::Zoned => zoned(&next(), &next()).ok_or_else(|| inconsistent(leaf.property))?,
            });
        }
        let mut key = Vec::with_capacity(self.keys.len());
        for property in &self.keys {
            key.push(value(next(), &property.ty).ok_or_else(|| inconsistent(property))?);
        }
        let mut order = Vec::with_capacity(self.order.len());
        for one in self.order {
            let ty = one.expr.ty.as_ref().unwrap_or(&Type::Primitive(Primitive::String));
            order.push(value(next(), ty).ok_or_else(|| Error::Inconsistent("$orderby".to_owned()))?);
        }
        let owner = self.has_owner.then(|| plain(next()));
        Ok(Row { values, key, order, owner })
    }
}

fn inconsistent(property: &Property) -> Error {
    Error::Inconsistent(property.name.clone())
}

/// A stored scalar as a value of a type; nothing where it cannot be one.
fn value(scalar: Scalar, ty: &Type) -> Option<Value> {
    let primitive = match ty {
        Type::Enum(_) => Primitive::Int64,
        Type::Primitive(primitive) => *primitive,
        Type::Complex(_) | Type::Entity(_) | Type::Collection(_) => return None,
    };
    Some(match (scalar, primitive) {
        (Scalar::Null, _) => Value::Null,
        (Scalar::Text(text), Primitive::String) => Value::String(text),
        (Scalar::Blob(bytes), Primitive::Binary) => Value::Binary(bytes),
        (Scalar::Integer(number), Primitive::Boolean) => Value::Boolean(number != 0),
        (Scalar::Integer(ticks), Primitive::DateTimeOffset) => {
            Value::DateTimeOffset(DateTimeOffset { ticks, offset_minutes: 0 })
        }
        (Scalar::Integer(ticks), Primitive::Duration) => Value::Duration(ticks),
        (Scalar::Integer(number), primitive) if primitive.is_integer() => Value::Integer(number),
        (Scalar::Real(number), Primitive::Double | Primitive::Single) => Value::Double(number),
        (Scalar::Text(text), Primitive::Decimal) => Value::Decimal(text),
        (Scalar::Text(text), primitive) => Value::parse(primitive, &text)?,
        _ => return None,
    })
}

/// A scalar for comparison with keys.
fn plain(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Integer(number) => Value::Integer(number),
        Scalar::Real(number) => Value::Double(number),
        Scalar::Text(text) => Value::String(text),
        Scalar::Blob(bytes) => Value::Binary(bytes),
    }
}

fn zoned(ticks: &Scalar, offset: &Scalar) -> Option<Value> {
    match (ticks, offset) {
        (Scalar::Null, _) => Some(Value::Null),
        (Scalar::Integer(ticks), Scalar::Integer(offset)) => {
            let offset_minutes = i16::try_from(*offset).ok()?;
            Some(Value::DateTimeOffset(DateTimeOffset { ticks: *ticks, offset_minutes }))
        }
        _ => None,
    }
}
