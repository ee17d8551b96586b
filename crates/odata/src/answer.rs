//! The answer to a query: values in the order of the query's shape, not yet JSON.
//!
//! [`answer`] runs the statements of a query, one after the other, through a function of the caller's: the only thing
//! that it does not know is the database. What it finds is an [`Answer`].

use std::collections::{HashMap, HashSet};

use crate::model::EntityTypeId;
use crate::query::{Cursor, Ending, Expansion, Listing, Query, Shape, Step};
use crate::sql::{self, Dialect, Layout, Row, Scalar, Schema, Source, Statement};
use crate::syntax::ast::ExpandForm;
use crate::value::Value;

/// The answer to a query.
#[derive(Debug)]
pub enum Answer {
    /// The number of matching instances, for `/$count`.
    Count(u64),
    /// The one entity that was addressed, or that the addressed property belongs to.
    Entity(Entity),
    /// A page of a collection.
    Page(Page),
    /// A single-valued navigation property that leads to nothing.
    Nothing,
}

/// Part of a collection.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The instances, in order.
    pub entities: Vec<Entity>,
    /// The number of all that match, where `$count=true` asked for it.
    pub count: Option<u64>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<Cursor>,
}

/// One instance.
#[derive(Clone, Debug, Default)]
pub struct Entity {
    /// The full name of its type, where that is not the declared one.
    pub type_name: Option<String>,
    /// Its key.
    pub key: Vec<Value>,
    /// One for each selected property.
    pub values: Vec<Cell>,
    /// One for each computed value; nothing where the instance has no such value at all.
    pub computed: Vec<Option<Value>>,
    /// Everything that is kept of it, for members that are not declared.
    pub document: Option<serde_json::Value>,
    /// What changes whenever it does.
    pub version: Option<String>,
    /// One for each expanded navigation property.
    pub expanded: Vec<Expanded>,
}

/// The value of a selected property.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A value.
    One(Value),
    /// The members of a complex property.
    Members(Vec<Cell>),
    /// Some members of a collection, and how many there are.
    Counted(Value, u64),
}

/// What is behind an expanded navigation property.
#[derive(Clone, Debug)]
pub enum Expanded {
    /// Many.
    Page(Page),
    /// One, or none.
    One(Option<Box<Entity>>),
    /// The owner is of a type that has no such property.
    Absent,
}

/// All rows of a statement, from the caller's database.
pub type Run<'r, E> = dyn FnMut(&Statement) -> Result<Vec<Vec<Scalar>>, E> + 'r;

/// Owners whose expanded entities are read with one statement.
const OWNERS: usize = 500;

/// Answers a query; nothing where the path names an entity that is not there. `run` gives all rows of a statement.
///
/// # Errors
/// The database's, and where the schema does not fit the model.
pub fn answer<E: From<sql::Error>>(
    query: &Query<'_>,
    source: &Source<'_>,
    dialect: &Dialect,
    run: &mut Run<'_, E>,
) -> Result<Option<Answer>, E> {
    let asking = match sql::hinted(query, source, dialect)? {
        Some(hinted) => {
            let rows = run(&hinted)?;
            let is_few = matches!(rows.first().map(Vec::as_slice), Some([Scalar::Integer(found)]) if *found < sql::FEW);
            is_few.then(|| source.asking_parts())
        }
        None => None,
    };
    let source = asking.as_ref().unwrap_or(source);
    let mut runner = Runner { query, source, dialect, run };
    if matches!(query.resource.ending, Ending::Count) {
        let number = runner.count()?;
        return Ok(if number > 0 || runner.owner_exists()? { Some(Answer::Count(number)) } else { None });
    }
    if query.resource.is_list() {
        let page = runner.page()?;
        // Only an empty page can be that of an owner that is not there.
        return Ok(if page.entities.is_empty() && !runner.owner_exists()? {
            None
        } else {
            Some(Answer::Page(page))
        });
    }
    let select = sql::entities(query, source, dialect)?;
    let rows = read(&select.layout, (runner.run)(&select.statement)?)?;
    let entity = runner.with_expanded(&query.listing.shape, rows)?.pop();
    if let Some(entity) = entity {
        return Ok(Some(Answer::Entity(entity)));
    }
    Ok(if may_be_nothing(query) && runner.owner_exists()? { Some(Answer::Nothing) } else { None })
}

/// Whether a query is answered by one statement, whatever there is.
#[must_use]
pub fn is_one_statement(query: &Query<'_>, schema: &Schema) -> bool {
    let listing = &query.listing;
    let is_owned = || sql::has_owner(query.model, &query.resource, schema);
    let is_plain = listing.shape.expand.is_empty() && !listing.count && !sql::may_hint(listing);
    is_plain && if query.resource.is_list() || may_be_nothing(query) { !is_owned() } else { true }
}

/// Whether there may be an owner and nothing behind its navigation property.
fn may_be_nothing(query: &Query<'_>) -> bool {
    let steps = &query.resource.steps;
    steps.len() > 1
        && steps.last().and_then(Step::navigation).is_some_and(|last| !last.collection)
        && matches!(query.resource.ending, Ending::Plain | Ending::References)
}

struct Runner<'r, 'q, E> {
    query: &'r Query<'q>,
    source: &'r Source<'r>,
    dialect: &'r Dialect,
    run: &'r mut Run<'r, E>,
}

impl<E: From<sql::Error>> Runner<'_, '_, E> {
    fn owner_exists(&mut self) -> Result<bool, E> {
        match sql::owner(self.query.model, &self.query.resource, self.source, self.dialect)? {
            Some(statement) => Ok(!(self.run)(&statement)?.is_empty()),
            None => Ok(true),
        }
    }

    fn count(&mut self) -> Result<u64, E> {
        let rows = (self.run)(&sql::count(self.query, self.source, self.dialect)?)?;
        Ok(number(rows.first().and_then(|row| row.first())))
    }

    fn page(&mut self) -> Result<Page, E> {
        let listing = &self.query.listing;
        let select = sql::entities(self.query, self.source, self.dialect)?;
        let seen = self.query.after.as_ref().map_or(0, |cursor| cursor.seen);
        let mut found = (self.run)(&select.statement)?;
        let next = next(&select.layout, &mut found, listing, seen)?;
        let rows = read(&select.layout, found)?;
        let count = if listing.count { Some(self.count()?) } else { None };
        Ok(Page { entities: self.with_expanded(&listing.shape, rows)?, count, next })
    }

    /// Rows as entities, with what is expanded of each.
    fn with_expanded(&mut self, shape: &Shape<'_>, rows: Vec<Row>) -> Result<Vec<Entity>, E> {
        if shape.expand.is_empty() {
            return Ok(rows.into_iter().map(|row| entity(row, Vec::new())).collect());
        }
        let owners: Vec<Value> = rows.iter().map(|row| row.identity.clone()).collect();
        let mut expanded: Vec<HashMap<String, Expanded>> = Vec::with_capacity(shape.expand.len());
        for expansion in &shape.expand {
            expanded.push(match shape.entity_id() {
                Some(ty) => self.expand(ty, expansion, &owners)?,
                None => HashMap::new(),
            });
        }
        // The same entity may be there more than once, below different owners.
        let mut left: HashMap<String, usize> = HashMap::new();
        owners.iter().for_each(|owner| *left.entry(owner.text()).or_default() += 1);
        let entities = rows.into_iter().map(|row| {
            let identity = row.identity.text();
            let of = |expansion: &Expansion<'_>| {
                expansion.of.is_none_or(|of| self.is_of(row.type_name.as_deref(), of))
            };
            let remaining = left.entry(identity.clone()).and_modify(|left| *left -= 1).or_default();
            let is_last = *remaining == 0;
            let expanded = shape.expand.iter().zip(&mut expanded).map(|(expansion, found)| {
                let found = if is_last { found.remove(&identity) } else { found.get(&identity).cloned() };
                found.filter(|_| of(expansion)).unwrap_or(Expanded::Absent)
            });
            let expanded = expanded.collect();
            entity(row, expanded)
        });
        Ok(entities.collect())
    }

    fn is_of(&self, type_name: Option<&str>, ty: EntityTypeId) -> bool {
        let model = self.query.model;
        match type_name.and_then(|name| model.find_type(name)) {
            Some(crate::model::Type::Entity(actual)) => model.is_entity(actual, ty),
            _ => false,
        }
    }

    /// What is behind a navigation property of each owner.
    fn expand(
        &mut self,
        ty: EntityTypeId,
        expansion: &Expansion<'_>,
        owners: &[Value],
    ) -> Result<HashMap<String, Expanded>, E> {
        let listing = &expansion.listing;
        let (model, source, dialect) = (self.query.model, self.source, self.dialect);
        let ty = expansion.of.unwrap_or(ty);
        let mut by_owner: HashMap<String, Vec<Vec<Scalar>>> = HashMap::new();
        // That of all statements, which differ in the owners only.
        let mut layout = None;
        let mut counts: HashMap<String, u64> = HashMap::new();
        for owners in owners.chunks(OWNERS) {
            if expansion.form != ExpandForm::Count {
                let versions = self.query.versions;
                let select = sql::expansion(model, ty, expansion, owners, source, dialect, versions)?;
                for row in (self.run)(&select.statement)? {
                    by_owner.entry(select.layout.owner(&row)).or_default().push(row);
                }
                layout = Some(select.layout);
            }
            if listing.count || expansion.form == ExpandForm::Count {
                let statement = sql::expansion_count(model, ty, expansion, owners, source, dialect)?;
                for row in (self.run)(&statement)? {
                    if let [owner, count] = row.as_slice() {
                        counts.insert(text(owner), number(Some(count)));
                    }
                }
            }
        }
        // All owners' rows together, so that what is expanded below takes one statement, too.
        let (mut parts, mut all) = (Vec::with_capacity(owners.len()), Vec::new());
        let mut counted: HashSet<String> = HashSet::new();
        for owner in owners {
            let owner = owner.text();
            if !counted.insert(owner.clone()) {
                continue;
            }
            let before = all.len();
            let mut found = by_owner.remove(&owner).unwrap_or_default();
            let next = match &layout {
                Some(layout) => {
                    let next = next(layout, &mut found, listing, 0)?;
                    all.extend(read(layout, found)?);
                    next
                }
                None => None,
            };
            parts.push((owner, all.len() - before, next));
        }
        let mut entities = self.with_expanded(&listing.shape, all)?.into_iter();
        let done = parts.into_iter().map(|(owner, length, next)| {
            let mut entities: Vec<Entity> = entities.by_ref().take(length).collect();
            let expanded = if expansion.navigation.collection {
                let wanted = listing.count || expansion.form == ExpandForm::Count;
                let count = wanted.then(|| counts.get(&owner).copied().unwrap_or(0));
                Expanded::Page(Page { entities, count, next })
            } else {
                Expanded::One(entities.pop().map(Box::new))
            };
            (owner, expanded)
        });
        Ok(done.collect())
    }
}

fn entity(row: Row, expanded: Vec<Expanded>) -> Entity {
    Entity {
        expanded,
        type_name: row.type_name,
        key: row.key,
        values: row.values,
        computed: row.computed,
        document: row.document,
        version: row.version,
    }
}

/// Rows as values.
fn read(layout: &Layout<'_>, found: Vec<Vec<Scalar>>) -> Result<Vec<Row>, sql::Error> {
    let mut rows = Vec::with_capacity(found.len());
    for row in found {
        rows.push(layout.row(row)?);
    }
    Ok(rows)
}

/// Takes off what is beyond the page, and says where the next one begins.
fn next(
    layout: &Layout<'_>,
    found: &mut Vec<Vec<Scalar>>,
    listing: &Listing<'_>,
    seen: u64,
) -> Result<Option<Cursor>, sql::Error> {
    let (size, _) = sql::window(listing, seen);
    let length = usize::try_from(size).unwrap_or(usize::MAX);
    if found.len() <= length {
        return Ok(None);
    }
    found.truncate(length);
    let seen = seen.saturating_add(size);
    // What `$top` does not want is no next page.
    if listing.limit.is_some_and(|limit| seen >= limit) {
        return Ok(None);
    }
    found.last().map(|last| layout.cursor(last, seen)).transpose()
}

fn number(scalar: Option<&Scalar>) -> u64 {
    match scalar {
        Some(Scalar::Integer(number)) => u64::try_from(*number).unwrap_or(0),
        _ => 0,
    }
}

fn text(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Text(text) => text.clone(),
        Scalar::Integer(number) => number.to_string(),
        _ => String::new(),
    }
}
