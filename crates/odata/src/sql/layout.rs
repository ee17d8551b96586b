//! The result columns of a statement, and rows as values again.

use std::ops::Range;

use super::writer::{Part, Place, Writer};
use super::{Error, Scalar, Statement, stored};
use crate::answer::Cell;
use crate::model::{Primitive, Property, Type};
use crate::query::{Cursor, Listing, Narrowed, Order, Selected, Shape, Stage, Variable};
use crate::value::Value;

/// The meaning of a statement's columns.
#[derive(Debug)]
pub struct Layout<'q> {
    reads: Vec<Read>,
    leaves: Vec<Leaf<'q>>,
    computed: Vec<Type>,
    /// For rows that several sequences made: which columns each made, in the order of `computed`.
    branches: Vec<Vec<bool>>,
    keys: Vec<&'q Property>,
    /// What the list is ordered by, and in which columns that is.
    order: (&'q [Order<'q>], Vec<usize>),
    /// The column of the identity of the entity that this one was expanded under.
    owner: Option<usize>,
    has: Has,
}

/// Columns that not every statement has.
#[derive(Debug, Default, Clone, Copy)]
struct Has {
    type_name: bool,
    document: bool,
    identity: bool,
    /// The parts of the version.
    versions: usize,
}

/// One reading of a column: several parts of a row may be in the same.
#[derive(Debug, Clone, Copy)]
struct Read {
    column: usize,
    is_last: bool,
}

#[derive(Debug)]
enum Leaf<'q> {
    /// Not read: null is written.
    Nowhere,
    /// In one column.
    One(&'q Property),
    /// An instant and its offset.
    Zoned(&'q Property),
    /// The members of a complex property, in columns of their own.
    Members(Vec<Leaf<'q>>),
    /// Some members of a collection, and their number where that is wanted.
    Narrowed(&'q Property, bool),
    /// The instance, which is no structure.
    Itself(&'q Type),
}

/// One row, as values.
#[derive(Debug)]
pub struct Row {
    /// The full name of the entity's type, where the table tells.
    pub type_name: Option<String>,
    /// The values of the selected properties.
    pub values: Vec<Cell>,
    /// The computed values; nothing where the row has no such value at all.
    pub computed: Vec<Option<Value>>,
    /// Everything that is kept of the entity, for members that are not declared.
    pub document: Option<serde_json::Value>,
    /// What tells the row apart from others of its table, where something is expanded of it.
    pub identity: Value,
    /// The entity's key.
    pub key: Vec<Value>,
    /// What changes whenever the entity does.
    pub version: Option<String>,
}

/// Columns beside those of the shape.
pub(super) struct Beside<'t> {
    /// The identity of the owner: where the owner is.
    pub owner: Option<Place<'t>>,
    /// Whether versions are read.
    pub versions: bool,
}

/// Appends the result columns, each once and with a number for a name, and says what they mean.
pub(super) fn columns<'q, 's>(
    writer: &mut Writer<'s>,
    to: &mut Statement,
    listing: &'q Listing<'_>,
    keys: Vec<&'q Property>,
    beside: &Beside<'s>,
) -> Result<Layout<'q>, Error> {
    let place = writer.place_of(Variable::IT)?;
    let mut names = Names::behind(to);
    let shape = &listing.shape;
    let mut leaves = Vec::with_capacity(shape.properties.len());
    let mut path = Vec::new();
    for selected in &shape.properties {
        leaves.push(leaf(writer, to, place, selected, &mut path, &mut names)?);
    }
    if !is_structure(shape) && listing.apply.iter().all(keeps_instances) {
        if let Place::Member(alias) = place {
            writer.member(to, alias, &shape.ty, Part::Written)?;
            names.named(to);
            writer.member(to, alias, &shape.ty, Part::Offset)?;
            names.named(to);
        }
        leaves.push(Leaf::Itself(&shape.ty));
    }
    let mut computed = Vec::with_capacity(shape.computed.len());
    for one in &shape.computed {
        writer.value(to, &one.expr)?;
        names.named(to);
        computed.push(one.expr.ty.clone().unwrap_or(Type::Primitive(Primitive::String)));
    }
    let branches = branches(shape, &listing.apply);
    if let Some(Stage::Concat { branch, .. }) = listing.apply.last() {
        to.push_alias(place.alias()).push(".a").push_number(*branch);
        names.named(to);
    }
    let mut has = Has::default();
    let mut kept = Vec::new();
    if let Place::Row(alias, table) = place {
        has.identity = !shape.expand.is_empty();
        if has.identity {
            to.push_schema(&table.identity, alias);
            names.named(to);
        }
        for property in keys {
            writer.column(to, place, &[property], Part::Value)?;
            names.named(to);
            kept.push(property);
        }
        if let Some(type_name) = &table.type_name {
            has.type_name = true;
            to.push_schema(type_name, alias);
            names.named(to);
        }
        if let (Some(document), true) = (&table.document, shape.dynamic) {
            has.document = true;
            to.push_schema(document, alias);
            names.named(to);
        }
        if beside.versions {
            has.versions = table.version.len();
            for part in &table.version {
                to.push_schema(part, alias);
                names.named(to);
            }
        }
    }
    if let (Place::Member(alias), Type::Complex(_)) = (place, &shape.ty) {
        has.type_name = true;
        writer.member_type(to, alias);
        names.named(to);
        if shape.dynamic {
            has.document = true;
            to.push_alias(alias).push(writer.dialect.member);
            names.named(to);
        }
    }
    let mut order = Vec::with_capacity(listing.order.len());
    for key in &listing.order {
        writer.value(to, &key.expr)?;
        order.push(names.column(to));
    }
    let owner = beside.owner.and_then(|owner| match owner {
        Place::Row(alias, table) => {
            to.push_schema(&table.identity, alias);
            Some(names.column(to))
        }
        _ => None,
    });
    names.close(to);
    let order = (listing.order.as_slice(), order);
    Ok(Layout { reads: names.reads, leaves, computed, branches, keys: kept, order, owner, has })
}

/// Whether a stage leaves instances what they are.
fn keeps_instances(stage: &Stage<'_>) -> bool {
    !matches!(stage, Stage::Group { .. } | Stage::Concat { .. })
}

fn is_structure(shape: &Shape<'_>) -> bool {
    matches!(shape.ty, Type::Entity(_) | Type::Complex(_))
}

/// Which computed columns each sequence of a concatenation makes.
fn branches(shape: &Shape<'_>, stages: &[Stage<'_>]) -> Vec<Vec<bool>> {
    let Some(Stage::Concat { branches, .. }) = stages.last() else { return Vec::new() };
    let made = |own: &[usize]| {
        let made = shape.computed.iter().map(|one| match one.expr.kind {
            crate::query::ExprKind::Column(number) => own.contains(&number),
            _ => true,
        });
        made.collect()
    };
    branches.iter().map(|(_, own)| made(own)).collect()
}

/// What stands behind every column.
const SEPARATOR: &str = ", ";

/// Names result columns `c0`, `c1`, …, and keeps what is written once more from being read twice.
struct Names {
    reads: Vec<Read>,
    /// Where the text of each column is.
    columns: Vec<Range<usize>>,
    /// Where the next one begins.
    begin: usize,
    binds: usize,
}

impl Names {
    fn behind(to: &Statement) -> Self {
        Self { reads: Vec::new(), columns: Vec::new(), begin: to.text().len(), binds: to.binds().len() }
    }

    /// What was written last is a column that each row reads once more.
    fn named(&mut self, to: &mut Statement) {
        let column = self.column(to);
        let earlier = self.reads.iter_mut().filter(|read| read.column == column);
        earlier.for_each(|read| read.is_last = false);
        self.reads.push(Read { column, is_last: true });
    }

    /// What was written last is a column: which one.
    fn column(&mut self, to: &mut Statement) -> usize {
        let (text, end) = (to.text().as_bytes(), to.text().len());
        let is_known = |column: &Range<usize>| {
            column.len() == end - self.begin && text.get(column.clone()) == text.get(self.begin..end)
        };
        let known = self.columns.iter().position(is_known).filter(|_| to.binds().len() == self.binds);
        if let Some(column) = known {
            to.cut(self.begin);
            return column;
        }
        let column = self.columns.len();
        self.columns.push(self.begin..end);
        to.push(" AS c").push_number(column).push(SEPARATOR);
        (self.begin, self.binds) = (to.text().len(), to.binds().len());
        column
    }

    /// Ends the list, which must not be empty.
    fn close(&self, to: &mut Statement) {
        if self.columns.is_empty() {
            to.push("1");
        } else {
            to.cut(self.begin - SEPARATOR.len());
        }
    }
}

fn leaf<'q, 's>(
    writer: &mut Writer<'s>,
    to: &mut Statement,
    place: Place<'s>,
    selected: &'q Selected<'_>,
    path: &mut Vec<&'q Property>,
    names: &mut Names,
) -> Result<Leaf<'q>, Error> {
    path.push(selected.property);
    let made = leaf_below(writer, to, place, selected, path, names);
    path.pop();
    made
}

fn leaf_below<'q, 's>(
    writer: &mut Writer<'s>,
    to: &mut Statement,
    place: Place<'s>,
    selected: &'q Selected<'_>,
    path: &mut Vec<&'q Property>,
    names: &mut Names,
) -> Result<Leaf<'q>, Error> {
    let property = selected.property;
    if !selected.fetched {
        return Ok(Leaf::Nowhere);
    }
    if let Some(narrowed) = &selected.narrowed {
        members_of(writer, to, property, narrowed)?;
        names.named(to);
        if narrowed.count {
            number_of(writer, to, narrowed)?;
            names.named(to);
        }
        return Ok(Leaf::Narrowed(property, narrowed.count));
    }
    if let (Type::Complex(_), Place::Row(_, table)) = (&property.ty, place)
        && table.document.is_none()
        && (1..=path.len())
            .all(|length| path.get(..length).is_none_or(|path| table.column_of(path).is_none()))
    {
        let members = selected.members.iter().map(|member| leaf(writer, to, place, member, path, names));
        return Ok(Leaf::Members(members.collect::<Result<_, _>>()?));
    }
    writer.column(to, place, path, Part::Written)?;
    names.named(to);
    if property.ty == Type::Primitive(Primitive::DateTimeOffset) && Writer::keeps_offset(place, path) {
        writer.column(to, place, path, Part::Offset)?;
        names.named(to);
        return Ok(Leaf::Zoned(property));
    }
    Ok(Leaf::One(property))
}

/// The members of a collection that a nested option leaves, as a JSON array.
fn members_of(
    writer: &mut Writer<'_>,
    to: &mut Statement,
    property: &Property,
    narrowed: &Narrowed<'_>,
) -> Result<(), Error> {
    let is_structure = matches!(property.ty.element(), Type::Complex(_));
    let (open, close) = if is_structure { writer.dialect.gather_json } else { writer.dialect.gather };
    to.push("(SELECT ").push(open).push("v").push(close).push(" FROM (");
    let member = |writer: &Writer<'_>, to: &mut Statement, place: Place<'_>| {
        to.push_alias(place.alias()).push(writer.dialect.whole).push(" AS v");
    };
    writer.select_members(to, &narrowed.path, member, |writer, condition, to, place| {
        writer.with(narrowed.variable, place, |writer| {
            if let Some(filter) = &narrowed.filter {
                condition.and(to);
                writer.condition(to, filter)?;
            }
            writer.ordered(to, &narrowed.order)?;
            to.push(if narrowed.order.is_empty() { " ORDER BY " } else { ", " });
            to.push_alias(place.alias()).push(writer.dialect.place);
            Ok(())
        })
    })?;
    match narrowed.top {
        Some(top) => {
            to.push(" LIMIT ").bind(Scalar::Integer(super::clamped(top)));
        }
        None => {
            to.push(" LIMIT ").push(writer.dialect.no_limit);
        }
    }
    if narrowed.skip > 0 {
        to.push(" OFFSET ").bind(Scalar::Integer(super::clamped(narrowed.skip)));
    }
    to.push(") narrowed)");
    Ok(())
}

/// How many members a nested `$filter` leaves.
fn number_of(writer: &mut Writer<'_>, to: &mut Statement, narrowed: &Narrowed<'_>) -> Result<(), Error> {
    to.push("(");
    writer.select_members(to, &narrowed.path, Writer::number, |writer, condition, to, place| {
        let Some(filter) = &narrowed.filter else { return Ok(()) };
        condition.and(to);
        writer.with(narrowed.variable, place, |writer| writer.condition(to, filter))
    })?;
    to.push(")");
    Ok(())
}

impl Layout<'_> {
    /// Reads one result row.
    ///
    /// # Errors
    /// Where a stored value is not of the type that the model says.
    pub fn row(&self, mut scalars: Vec<Scalar>) -> Result<Row, Error> {
        let mut reads = self.reads.iter();
        let next = &mut || match reads.next().and_then(|read| Some((scalars.get_mut(read.column)?, read))) {
            Some((scalar, Read { is_last: true, .. })) => std::mem::replace(scalar, Scalar::Null),
            Some((scalar, _)) => scalar.clone(),
            None => Scalar::Null,
        };
        let values = cells(&self.leaves, next)?;
        let mut computed = Vec::with_capacity(self.computed.len());
        for ty in &self.computed {
            let value = stored::value(next(), ty);
            computed.push(Some(value.ok_or_else(|| Error::Inconsistent("$compute".to_owned()))?));
        }
        if !self.branches.is_empty() {
            let branch = match next() {
                Scalar::Integer(number) => usize::try_from(number).unwrap_or(usize::MAX),
                _ => usize::MAX,
            };
            for (value, made) in computed.iter_mut().zip(self.branches.get(branch).into_iter().flatten()) {
                if !made {
                    *value = None;
                }
            }
        }
        let identity = if self.has.identity { plain(next()) } else { Value::Null };
        let mut key = Vec::with_capacity(self.keys.len());
        for property in &self.keys {
            key.push(stored::value(next(), &property.ty).ok_or_else(|| inconsistent(property))?);
        }
        let type_name = self.has.type_name.then(|| plain(next()).text().trim_start_matches('#').to_owned());
        let document = if self.has.document {
            match next() {
                Scalar::Text(text) => serde_json::from_str(&text).ok(),
                _ => None,
            }
        } else {
            None
        };
        let mut version = None;
        for _ in 0..self.has.versions {
            let part = plain(next()).text();
            version = Some(version.map_or(part.clone(), |before: String| before + "-" + &part));
        }
        Ok(Row { type_name, values, computed, document, identity, key, version })
    }

    /// Where the page behind a row begins, of which so many entities were handed out before.
    ///
    /// # Errors
    /// Where a stored value is not of the type that the model says.
    pub fn cursor(&self, scalars: &[Scalar], seen: u64) -> Result<Cursor, Error> {
        let (order, columns) = &self.order;
        let mut values = Vec::with_capacity(columns.len());
        for (one, column) in order.iter().zip(columns) {
            let scalar = scalars.get(*column).cloned().unwrap_or(Scalar::Null);
            let value = match &one.expr.ty {
                Some(ty) => stored::value(scalar, ty),
                None => Some(plain(scalar)),
            };
            values.push(value.ok_or_else(|| Error::Inconsistent("$orderby".to_owned()))?);
        }
        Ok(Cursor { values, seen })
    }

    /// The identity of the entity that a row was expanded under, as text.
    #[must_use]
    pub fn owner(&self, scalars: &[Scalar]) -> String {
        let owner = self.owner.and_then(|column| scalars.get(column));
        owner.map(|owner| plain(owner.clone()).text()).unwrap_or_default()
    }
}

fn cells(leaves: &[Leaf<'_>], next: &mut dyn FnMut() -> Scalar) -> Result<Vec<Cell>, Error> {
    let mut cells = Vec::with_capacity(leaves.len());
    for leaf in leaves {
        cells.push(cell(leaf, next)?);
    }
    Ok(cells)
}

fn cell(leaf: &Leaf<'_>, next: &mut dyn FnMut() -> Scalar) -> Result<Cell, Error> {
    Ok(match leaf {
        Leaf::Nowhere => Cell::One(Value::Null),
        Leaf::One(property) => {
            Cell::One(stored::value(next(), &property.ty).ok_or_else(|| inconsistent(property))?)
        }
        Leaf::Zoned(property) => {
            Cell::One(stored::zoned(&next(), &next()).ok_or_else(|| inconsistent(property))?)
        }
        Leaf::Members(members) => Cell::Members(cells(members, next)?),
        Leaf::Narrowed(property, counted) => {
            let members = stored::value(next(), &property.ty).ok_or_else(|| inconsistent(property))?;
            match (counted, members) {
                (true, members) => Cell::Counted(members, next_number(&next())),
                (false, members) => Cell::One(members),
            }
        }
        Leaf::Itself(ty) => {
            let (scalar, offset) = (next(), next());
            let value = match ty {
                Type::Primitive(Primitive::DateTimeOffset) => stored::zoned(&scalar, &offset),
                ty => stored::value(scalar, ty),
            };
            Cell::One(value.ok_or_else(|| Error::Inconsistent("a member of a collection".to_owned()))?)
        }
    })
}

fn next_number(scalar: &Scalar) -> u64 {
    match scalar {
        Scalar::Integer(number) => u64::try_from(*number).unwrap_or(0),
        _ => 0,
    }
}

fn inconsistent(property: &Property) -> Error {
    Error::Inconsistent(property.name.clone())
}

/// A scalar for comparison with others.
fn plain(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Integer(number) => Value::Integer(number),
        Scalar::Real(number) => Value::Double(number),
        Scalar::Text(text) => Value::String(text),
        Scalar::Blob(bytes) => Value::Binary(bytes),
    }
}
