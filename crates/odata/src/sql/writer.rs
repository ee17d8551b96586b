//! Where instances are: the tables of a statement, and the ways between them.
//!
//! Each variable of a bound expression stands for a row of some table of the statement, or for a member of a JSON
//! array. A walk adds tables to `FROM` and conditions to `WHERE`.

use super::expr::Condition;
use super::statement::Alias;
use super::template::Mark;
use super::{Dialect, Error, Join, Source, Statement, Table, stored};
use crate::model::{EntityTypeId, Model, Type};
use crate::query::{Path, Resource, Step, Target, Variable};
use crate::value::Value;

/// Where an instance is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'s> {
    /// A row of a table.
    Row(Alias, &'s Table),
    /// A member of a JSON array.
    Member(Alias),
    /// A row that has columns of `$apply` only.
    Columns(Alias),
    /// Nowhere: an entity without a row.
    Nowhere,
}

impl Place<'_> {
    pub fn alias(self) -> Alias {
        match self {
            Self::Row(alias, _) | Self::Member(alias) | Self::Columns(alias) => alias,
            Self::Nowhere => Alias(0),
        }
    }
}

/// What statements are written with.
pub(super) struct Writer<'s> {
    pub model: &'s Model,
    pub source: &'s Source<'s>,
    pub dialect: &'s Dialect,
    places: Vec<(Variable, Place<'s>)>,
    next: usize,
}

/// Which part of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The value.
    Value,
    /// Of an instant, its offset in minutes; 0 where none is kept.
    Offset,
    /// The value to be written rather than calculated with: databases may have no NaN.
    Written,
}

impl<'s> Writer<'s> {
    pub fn new(model: &'s Model, source: &'s Source<'s>, dialect: &'s Dialect) -> Self {
        Self { model, source, dialect, places: Vec::new(), next: 0 }
    }

    /// An alias that the statement has not used yet.
    pub fn alias(&mut self) -> Alias {
        self.next += 1;
        Alias(self.next - 1)
    }

    /// Does something while a variable stands for an instance.
    pub fn with<T>(
        &mut self,
        variable: Variable,
        place: Place<'s>,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.places.push((variable, place));
        let done = work(self);
        self.places.pop();
        done
    }

    /// The instance that is listed, from now on.
    pub fn listed(&mut self, place: Place<'s>) {
        self.places.retain(|(variable, _)| *variable != Variable::IT);
        self.places.push((Variable::IT, place));
    }

    pub fn place_of(&self, variable: Variable) -> Result<Place<'s>, Error> {
        let found = self.places.iter().rev().find(|(known, _)| *known == variable);
        found.map(|(_, place)| *place).ok_or(Error::NoPlace)
    }

    pub fn table(&self, ty: EntityTypeId) -> Result<&'s Table, Error> {
        self.source.table(self.model, ty).ok_or_else(|| Error::NoTable(self.model.entity(ty).name.clone()))
    }

    /// Adds the tables of a walk to `FROM`, with a comma before each but the very first, and says where each step is.
    pub fn tables(
        &mut self,
        to: &mut Statement,
        from: Option<Place<'s>>,
        steps: &[Step<'_>],
        mut is_first: bool,
    ) -> Result<Vec<Place<'s>>, Error> {
        let mut places: Vec<Place<'s>> = Vec::with_capacity(steps.len());
        // The last table of the first walk is called t0: it is what is read.
        let base = self.next;
        self.next += steps.len();
        for (index, step) in steps.iter().enumerate() {
            let owner = places.last().copied().or(from);
            let alias = Alias(base + steps.len() - 1 - index);
            let comma = if is_first { "" } else { ", " };
            let place = match step.to {
                Target::Navigation(navigation) => {
                    let table = self.table(navigation.target)?;
                    if table.name.is_empty() {
                        places.push(Place::Nowhere);
                        continue;
                    }
                    to.push(comma);
                    self.rows_of(to, table, alias);
                    to.push(" ").push_alias(alias);
                    Place::Row(alias, table)
                }
                Target::Members(property) => {
                    let owner = owner.ok_or(Error::NoPlace)?;
                    let mut path = step.within.clone();
                    path.push(property);
                    to.push(comma).push(self.dialect.members.0);
                    self.column(to, owner, &path, Part::Value)?;
                    to.push(self.dialect.members.1).push(" ").push_alias(alias);
                    Place::Member(alias)
                }
            };
            is_first = false;
            places.push(place);
        }
        Ok(places)
    }

    /// Adds the conditions of a walk to `WHERE`.
    pub fn conditions(
        &mut self,
        to: &mut Condition,
        statement: &mut Statement,
        from: Option<Place<'s>>,
        steps: &[Step<'_>],
        places: &[Place<'s>],
    ) -> Result<(), Error> {
        let mut owner = from;
        for (step, place) in steps.iter().zip(places.iter().copied()) {
            if let (Place::Row(alias, _), Target::Navigation(navigation)) = (place, step.to) {
                self.pinned(to, statement, alias);
                let join = match owner {
                    None => self.source.member(&navigation.name),
                    Some(Place::Row(_, table)) => self.join(table, step, &navigation.name)?,
                    Some(Place::Nowhere) => &Join::All,
                    Some(Place::Member(_) | Place::Columns(_)) => {
                        return Err(Error::NoJoin(navigation.name.clone()));
                    }
                };
                if let Join::On(condition) = join {
                    let owner = owner.map_or(alias, Place::alias);
                    to.and(statement).push_join(condition, owner, alias);
                }
            }
            for (property, value) in &step.key {
                to.and(statement);
                self.column(statement, place, &[property], Part::Value)?;
                statement.push(" = ").bind(stored::scalar(value));
            }
            if step.is_cast {
                to.and(statement);
                self.is_of(statement, place, &step.ty)?;
            }
            if let Some(filter) = &step.filter {
                to.and(statement);
                self.with(Variable::IT, place, |writer| writer.condition(statement, filter))?;
            }
            owner = Some(place);
        }
        Ok(())
    }

    fn join(&self, table: &'s Table, step: &Step<'_>, navigation: &str) -> Result<&'s Join, Error> {
        let mut path: String = step.within.iter().map(|property| format!("{}/", property.name)).collect();
        path.push_str(navigation);
        table.join_of(&path).ok_or(Error::NoJoin(path))
    }

    /// The table, or the expression that stands for one.
    fn rows_of(&self, to: &mut Statement, table: &Table, alias: Alias) {
        to.push_filled(&table.name, |to, mark| match (mark, self.source.partition()) {
            (Mark::Part, Some((_, owner))) => _ = to.bind(owner),
            (Mark::Part, None) => _ = to.push("NULL"),
            _ => _ = to.push_alias(alias),
        });
    }

    /// `t.tenant = $1`
    pub fn pinned(&self, to: &mut Condition, statement: &mut Statement, alias: Alias) {
        if let Some((column, owner)) = self.source.partition() {
            // The sign keeps SQLite from finding the owner's rows by another index than the one that was asked: it has no
            // idea that an owner has more rows than a part of a text.
            to.and(statement).push(if self.source.asks_parts() { "+" } else { "" });
            statement.push_alias(alias).push(".").push_name(column).push(" = ").bind(owner);
        }
    }

    /// Whether an instance is of a type, or of one that extends it.
    pub fn is_of(&mut self, to: &mut Statement, place: Place<'s>, ty: &Type) -> Result<(), Error> {
        match place {
            Place::Row(alias, table) => match &table.type_name {
                Some(type_name) => {
                    to.push_schema(type_name, alias);
                }
                // All rows are of the one type that there is.
                None => {
                    to.push("(1 = 1)");
                    return Ok(());
                }
            },
            Place::Member(alias) => {
                to.push("COALESCE(");
                self.member_type(to, alias);
                to.push(" IN (");
                self.type_names(to, ty)?;
                to.push("), FALSE)");
                return Ok(());
            }
            Place::Columns(_) | Place::Nowhere => return Err(Error::NoPlace),
        }
        to.push(" IN (");
        self.type_names(to, ty)?;
        to.push(")");
        Ok(())
    }

    /// The names of a type and of all that extend it, with commas between.
    pub fn type_names(&self, to: &mut Statement, ty: &Type) -> Result<(), Error> {
        let names: Vec<String> = match ty {
            Type::Entity(id) => self.model.entities_of(*id).map(|id| self.model.entity_name(id)).collect(),
            Type::Complex(id) => {
                let types = self.model.complexes_of(*id);
                types.map(|id| format!("#{}", self.model.type_name(&Type::Complex(id)))).collect()
            }
            _ => return Err(Error::NoPlace),
        };
        for (index, name) in names.into_iter().enumerate() {
            to.push(if index == 0 { "" } else { ", " }).bind(name.into());
        }
        Ok(())
    }

    /// A value at the end of a walk.
    pub fn path(&mut self, to: &mut Statement, path: &Path<'_>, ty: &Type, part: Part) -> Result<(), Error> {
        let from = self.place_of(path.from)?;
        if path.steps.is_empty() {
            return self.value_at(to, from, path, ty, part);
        }
        let before = to.take();
        to.push(" FROM ");
        let places = self.tables(to, Some(from), &path.steps, true)?;
        let mut condition = Condition::of_where();
        self.conditions(&mut condition, to, Some(from), &path.steps, &places)?;
        let behind = to.take();
        let last = places.last().copied().ok_or(Error::NoPlace)?;
        to.put(&before).push("(SELECT ");
        self.value_at(to, last, path, ty, part)?;
        to.put(&behind).push(" LIMIT 1)");
        Ok(())
    }

    fn value_at(
        &self,
        to: &mut Statement,
        place: Place<'s>,
        path: &Path<'_>,
        ty: &Type,
        part: Part,
    ) -> Result<(), Error> {
        if !path.properties.is_empty() {
            return self.column(to, place, &path.properties, part);
        }
        match place {
            Place::Member(alias) => self.member(to, alias, ty, part),
            Place::Row(alias, table) => {
                to.push_schema(&table.identity, alias);
                Ok(())
            }
            Place::Columns(_) | Place::Nowhere => Err(Error::NoPlace),
        }
    }

    /// `SELECT … FROM … WHERE …` over the instances at the end of a walk: `what` writes what is selected, and `work`
    /// adds to the condition and behind it, both with the place of such an instance.
    pub fn select_members(
        &mut self,
        to: &mut Statement,
        path: &Path<'_>,
        what: impl FnOnce(&Self, &mut Statement, Place<'s>),
        work: impl FnOnce(&mut Self, &mut Condition, &mut Statement, Place<'s>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let from = self.place_of(path.from)?;
        let before = to.take();
        to.push(" FROM ");
        let places = self.tables(to, Some(from), &path.steps, true)?;
        let mut condition = Condition::of_where();
        self.conditions(&mut condition, to, Some(from), &path.steps, &places)?;
        let last = places.last().copied().ok_or(Error::NoPlace)?;
        work(self, &mut condition, to, last)?;
        let behind = to.take();
        to.put(&before).push("SELECT ");
        what(self, to, last);
        to.put(&behind);
        Ok(())
    }

    /// Selects nothing in particular.
    pub fn any(&self, to: &mut Statement, _: Place<'s>) {
        to.push("1");
    }

    /// Selects the number of rows.
    pub fn number(&self, to: &mut Statement, _: Place<'s>) {
        to.push("COUNT(*)");
    }

    /// `FROM … WHERE …` of what a resource path addresses; says where the last step is.
    pub fn resource(
        &mut self,
        to: &mut Statement,
        resource: &Resource<'_>,
    ) -> Result<(Place<'s>, Condition), Error> {
        let before = to.take();
        let places = self.tables(to, None, &resource.steps, true)?;
        // What has no row is read from no table.
        let tables = to.take();
        to.put(&before).push(if tables.is_empty() { "" } else { " FROM " }).put(&tables);
        let mut condition = Condition::of_where();
        self.conditions(&mut condition, to, None, &resource.steps, &places)?;
        let last = places.last().copied().ok_or(Error::NoPlace)?;
        Ok((last, condition))
    }

    /// A constant of a type.
    pub fn literal(&self, to: &mut Statement, value: &Value, ty: Option<&Type>) {
        match (value, ty) {
            (Value::Null, Some(ty)) if !self.dialect.binds_null => {
                to.push(self.dialect.null.of(ty));
            }
            (Value::Boolean(_), _) => {
                let (open, close) = self.dialect.truth;
                to.push(open).bind(stored::scalar(value)).push(close);
            }
            _ => {
                to.bind(stored::scalar(value));
            }
        }
    }
}
