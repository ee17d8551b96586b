//! The answer to a bound query: page, count, what is expanded. One path for every entity.

use std::collections::HashMap;
use std::sync::Arc;

use odata::Value;
use odata::answer::{Answer, Entity, Page};
use odata::query::{Cursor, Ending, Listing, Query, Shape};
use odata::sql::{self, Row, SQLITE, Scalar, Select, Source};

use super::db::Tx;
use super::{Error, Reader, SCHEMA};

/// Owners whose expanded entities are read with one statement.
const OWNERS: usize = 500;

impl Reader {
    /// Answers a query; nothing where the path names an entity that is not there.
    ///
    /// # Errors
    /// The database's.
    pub async fn answer(&self, query: Arc<Query<'static>>) -> Result<Option<Answer>, Error> {
        let tenant = self.tenant.clone();
        self.db.read(move |tx| answer(tx, &query, &SCHEMA.part_of(tenant.as_str()))).await
    }
}

pub(super) fn answer(tx: &Tx<'_>, query: &Query<'_>, source: &Source<'_>) -> Result<Option<Answer>, Error> {
    match query.resource.ending {
        Ending::Count => {
            if !owner_exists(tx, query, source)? {
                return Ok(None);
            }
            count(tx, query, source).map(|number| Some(Answer::Count(number)))
        }
        Ending::Plain | Ending::Operation(_) if query.resource.is_collection() => {
            let page = page(tx, query, source)?;
            // Only an empty page can be that of an owner that is not there.
            if page.entities.is_empty() && !owner_exists(tx, query, source)? {
                return Ok(None);
            }
            Ok(Some(Answer::Page(page)))
        }
        Ending::Plain | Ending::Operation(_) => {
            entity(tx, query, source).map(|entity| entity.map(Answer::Entity))
        }
    }
}

fn owner_exists(tx: &Tx<'_>, query: &Query<'_>, source: &Source<'_>) -> Result<bool, Error> {
    match sql::owner(query.model, &query.resource, source, &SQLITE)? {
        Some(statement) => Ok(tx.row(&statement)?.is_some()),
        None => Ok(true),
    }
}

fn count(tx: &Tx<'_>, query: &Query<'_>, source: &Source<'_>) -> Result<u64, Error> {
    let row = tx.row(&sql::count(query, source, &SQLITE)?)?.unwrap_or_default();
    Ok(number(row.first()))
}

fn number(scalar: Option<&Scalar>) -> u64 {
    match scalar {
        Some(Scalar::Integer(number)) => u64::try_from(*number).unwrap_or(0),
        _ => 0,
    }
}

fn entity(tx: &Tx<'_>, query: &Query<'_>, source: &Source<'_>) -> Result<Option<Entity>, Error> {
    let rows = rows(tx, &sql::entities(query, source, &SQLITE)?)?;
    let mut entities = with_expanded(tx, query, &query.listing.shape, rows, source)?;
    Ok(entities.pop())
}

fn page(tx: &Tx<'_>, query: &Query<'_>, source: &Source<'_>) -> Result<Page, Error> {
    let listing = &query.listing;
    let mut rows = rows(tx, &sql::entities(query, source, &SQLITE)?)?;
    let seen = query.after.as_ref().map_or(0, |cursor| cursor.seen);
    let next = cut(&mut rows, listing, seen);
    let count = if listing.count { Some(count(tx, query, source)?) } else { None };
    Ok(Page { entities: with_expanded(tx, query, &listing.shape, rows, source)?, count, next })
}

/// Takes off what is beyond the page, and says where the next one begins.
fn cut(rows: &mut Vec<Row>, listing: &Listing<'_>, seen: u64) -> Option<Cursor> {
    let size = usize::try_from(listing.page_size).unwrap_or(usize::MAX);
    if rows.len() <= size {
        return None;
    }
    rows.truncate(size);
    let values = rows.last()?.order.clone();
    Some(Cursor { values, seen: seen.saturating_add(listing.page_size) })
}

fn rows(tx: &Tx<'_>, select: &Select<'_>) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    tx.each(&select.statement, |scalars| {
        rows.push(select.layout.row(scalars)?);
        Ok(())
    })?;
    Ok(rows)
}

/// Rows as entities, with a page of each expanded navigation property.
fn with_expanded(
    tx: &Tx<'_>,
    query: &Query<'_>,
    shape: &Shape<'_>,
    rows: Vec<Row>,
    source: &Source<'_>,
) -> Result<Vec<Entity>, Error> {
    let owners: Vec<Value> = rows.iter().filter_map(|row| row.key.first().cloned()).collect();
    let mut pages: Vec<HashMap<String, Page>> = Vec::with_capacity(shape.expand.len());
    for expansion in &shape.expand {
        let listing = &expansion.listing;
        let mut by_owner: HashMap<String, Vec<Row>> = HashMap::new();
        let mut counts: HashMap<String, u64> = HashMap::new();
        for owners in owners.chunks(OWNERS) {
            let select = sql::expansion(query.model, shape.ty, expansion, owners, source, &SQLITE)?;
            for mut row in self::rows(tx, &select)? {
                let owner = row.owner.take().map(|owner| owner.text()).unwrap_or_default();
                by_owner.entry(owner).or_default().push(row);
            }
            if listing.count {
                let statement =
                    sql::expansion_count(query.model, shape.ty, expansion, owners, source, &SQLITE)?;
                for row in tx.rows(&statement)? {
                    if let [Scalar::Text(owner), count] = row.as_slice() {
                        counts.insert(owner.clone(), number(Some(count)));
                    }
                }
            }
        }
        let mut done = HashMap::new();
        for owner in &owners {
            let owner = owner.text();
            let mut rows = by_owner.remove(&owner).unwrap_or_default();
            let next = cut(&mut rows, listing, 0);
            let count = listing.count.then(|| counts.get(&owner).copied().unwrap_or(0));
            let entities = with_expanded(tx, query, &listing.shape, rows, source)?;
            done.insert(owner, Page { entities, count, next });
        }
        pages.push(done);
    }
    let entities = rows.into_iter().map(|row| {
        let owner = row.key.first().map(Value::text).unwrap_or_default();
        let expanded = pages.iter_mut().map(|pages| pages.remove(&owner).unwrap_or_default()).collect();
        Entity { key: row.key, values: row.values, expanded }
    });
    Ok(entities.collect())
}
