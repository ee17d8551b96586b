//! Query options → a listing: which instances, in which order, and what of each.

use std::cell::Cell;

use super::Terms;
use super::apply::Applied;
use super::expr::{Named, Subject, is_opaque};
use crate::error::Error;
use crate::model::{Model, Property, Type};
use crate::query::{Computed, Expr, ExprKind, Listing, Order, Resource, Shape, Stage};
use crate::syntax::SystemOption;
use crate::syntax::ast::{self, Options};

/// What options are bound with: the model, the parameter aliases that may be named, and the terms.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a, 'm> {
    pub model: &'m Model,
    pub aliases: &'a [(String, ast::Expr)],
    pub terms: &'a Terms,
    /// Navigation properties expanded so far, in the whole request.
    pub expanded: &'a Cell<usize>,
    /// Parts of all expressions so far, in the whole request.
    pub parts: &'a Cell<usize>,
    /// Whether the options stand inside others, where `$it` is another instance than the one they speak of.
    pub nested: bool,
}

/// The most keys that `$orderby` may name. The condition that continues a list grows with their square.
const MAX_KEYS: usize = 32;

/// Options that the grammar knows and that are not done.
// Differs: Graph may ignore an option that an address does not support; here it is always refused by its name.
const UNSUPPORTED: &[SystemOption] = &[SystemOption::Deltatoken, SystemOption::Index, SystemOption::Levels];

/// Options that mean something for collections only.
const COLLECTIONS: &[SystemOption] = &[
    SystemOption::Apply,
    SystemOption::Search,
    SystemOption::Filter,
    SystemOption::Orderby,
    SystemOption::Top,
    SystemOption::Skip,
    SystemOption::Count,
];

/// Options that mean something for structures only.
const STRUCTURES: &[SystemOption] = &[SystemOption::Select, SystemOption::Expand, SystemOption::Compute];

/// Whether one instance is read or a list of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Breadth {
    One,
    List,
}

impl<'m> Scope<'_, 'm> {
    /// The options of an addressed collection.
    pub fn list(&self, resource: &Resource<'m>, options: &Options) -> Result<Listing<'m>, Error> {
        self.listing(&type_of(resource), options)
    }

    /// The options of a collection of instances of a type.
    pub fn listing(&self, ty: &Type, options: &Options) -> Result<Listing<'m>, Error> {
        self.supported(options, ty)?;
        let Applied { stages, mut subject, order } = self.applied(ty, options)?;
        self.compute(&mut subject, options)?;
        let search = match &options.search {
            Some(terms) if subject.ty.is_some() => Some(self.text_search(ty, terms)?),
            Some(_) => {
                return Err(Error::unsupported("'$search' in the result of a grouping").in_target("$search"));
            }
            None => None,
        };
        let (limit, page_size) = self.sizes(options);
        Ok(Listing {
            search,
            filter: self.filter(&subject, options)?,
            order: self.order(&subject, &stages, order, options)?,
            apply: stages,
            skip: options.skip.unwrap_or(0),
            limit,
            page_size,
            count: options.count.unwrap_or(false),
            shape: self.shape(ty, &subject, options, Breadth::List)?,
        })
    }

    fn applied(&self, ty: &Type, options: &Options) -> Result<Applied<'m>, Error> {
        self.apply(ty, &options.apply).map_err(|error| error.in_target("$apply"))
    }

    /// `$top` and the size of pages.
    fn sizes(&self, options: &Options) -> (Option<u64>, u64) {
        let Terms { default_page, largest_page, top, .. } = *self.terms;
        match top {
            super::Top::PageSize => (None, options.top.unwrap_or(default_page).min(largest_page)),
            super::Top::Limit => (options.top, default_page.min(largest_page)),
        }
    }

    /// The options of `/$count`: what selects counts, paging and shape do not (OData Part 1 §11.2.10).
    pub fn counted(&self, resource: &Resource<'m>, options: &Options) -> Result<Listing<'m>, Error> {
        let ty = type_of(resource);
        self.supported(options, &ty)?;
        let Applied { stages, mut subject, .. } = self.applied(&ty, options)?;
        self.compute(&mut subject, options)?;
        let search = options.search.as_ref().map(|terms| self.text_search(&ty, terms)).transpose()?;
        Ok(Listing {
            apply: stages,
            search,
            filter: self.filter(&subject, options)?,
            order: Vec::new(),
            skip: 0,
            limit: None,
            page_size: 0,
            count: false,
            shape: Shape::empty(ty),
        })
    }

    /// The options of one instance.
    pub fn single(&self, resource: &Resource<'m>, options: &Options) -> Result<Listing<'m>, Error> {
        let ty = type_of(resource);
        self.supported(options, &ty)?;
        one_only(options)?;
        let mut subject = Subject::of(&ty);
        self.compute(&mut subject, options)?;
        Ok(of_one(self.shape(&ty, &subject, options, Breadth::One)?))
    }

    /// The options of a structural property of one instance.
    pub fn property(
        &self,
        resource: &Resource<'m>,
        path: &[&'m Property],
        raw: bool,
        options: &Options,
    ) -> Result<Listing<'m>, Error> {
        let owner = type_of(resource);
        let Some(last) = path.last() else { return Err(Error::unsupported("An empty path")) };
        self.supported(options, &last.ty)?;
        one_only(options)?;
        if raw && let Some(spelling) = options.spelling(SystemOption::Select) {
            return Err(Error::invalid("A bare value has no properties.").in_target(spelling));
        }
        if let Some(spelling) = options.spelling(SystemOption::Expand) {
            return Err(Error::unsupported("Expanding inside a complex property").in_target(spelling));
        }
        let narrowed = resource.steps.last().and_then(|step| step.narrowed(path.len()));
        let ty = narrowed.unwrap_or(&last.ty);
        let mut shape = Shape::empty(owner);
        shape.properties = vec![self.selected_path(path, ty, options)?];
        shape.selected = self.selected_names(ty, options)?;
        Ok(of_one(shape))
    }

    /// The options of `/$ref`.
    pub fn references(&self, resource: &Resource<'m>, options: &Options) -> Result<Listing<'m>, Error> {
        for option in STRUCTURES {
            if let Some(spelling) = options.spelling(*option) {
                return Err(Error::invalid(format!(
                    "The query option '{spelling}' cannot be applied to references."
                ))
                .in_target(spelling));
            }
        }
        let listing = if resource.is_collection() {
            self.list(resource, options)?
        } else {
            self.single(resource, options)?
        };
        let shape = Shape::empty(listing.shape.ty.clone());
        Ok(Listing { shape, ..listing })
    }

    fn supported(&self, options: &Options, ty: &Type) -> Result<(), Error> {
        for option in UNSUPPORTED {
            if let Some(spelling) = options.spelling(*option) {
                return Err(Error::unsupported(format!("The query option '{spelling}'")).in_target(spelling));
            }
        }
        if let Some(version) = options.schemaversion.as_deref().filter(|version| *version != "*") {
            return Err(Error::no_schema_version(version));
        }
        if !matches!(ty, Type::Entity(_) | Type::Complex(_)) {
            for option in STRUCTURES {
                if let Some(spelling) = options.spelling(*option) {
                    let ty = self.model.type_name(ty);
                    return Err(Error::invalid(format!(
                        "The query option '{spelling}' cannot be applied to values of the type '{ty}'."
                    ))
                    .in_target(spelling));
                }
            }
        }
        Ok(())
    }

    fn filter(&self, subject: &Subject<'m>, options: &Options) -> Result<Option<Expr<'m>>, Error> {
        let Some(filter) = &options.filter else { return Ok(None) };
        self.holds(subject, filter).map(Some).map_err(|error| error.in_target("$filter"))
    }

    /// `$compute`: names for expressions, usable from here on.
    fn compute(&self, subject: &mut Subject<'m>, options: &Options) -> Result<(), Error> {
        for item in &options.compute {
            let expr = self.value(subject, &item.expr).map_err(|error| error.in_target("$compute"))?;
            self.free_name(subject, &item.alias)
                .map_err(|error| error.at(item.span).in_target("$compute"))?;
            subject.named.push(Named { path: vec![item.alias.clone()], expr });
        }
        Ok(())
    }

    /// Refuses a name that a property or another computed value has.
    pub(super) fn free_name(&self, subject: &Subject<'m>, name: &str) -> Result<(), Error> {
        let declared = match &subject.ty {
            Some(Type::Entity(id)) => {
                let ty = self.model.entity(*id);
                ty.property(name).is_some() || ty.navigation_property(name).is_some()
            }
            Some(Type::Complex(id)) => self.model.complex(*id).property(name).is_some(),
            _ => false,
        };
        if declared || subject.named.iter().any(|named| named.path.len() == 1 && named.path[0..1] == [name]) {
            return Err(Error::invalid(format!("There is a property called '{name}' already.")));
        }
        Ok(())
    }

    /// `$orderby`, and behind it what tells the rows apart, so that the order is total.
    fn order(
        &self,
        subject: &Subject<'m>,
        apply: &[Stage<'m>],
        before: Vec<Order<'m>>,
        options: &Options,
    ) -> Result<Vec<Order<'m>>, Error> {
        let mut order =
            self.order_items(subject, &options.orderby).map_err(|error| error.in_target("$orderby"))?;
        // What `$apply` put in order stays so, as far as nothing else is said.
        order.extend(before);
        self.completed(subject, apply, &mut order);
        Ok(order)
    }

    /// The keys of an order, without what completes it.
    pub(super) fn order_items(
        &self,
        subject: &Subject<'m>,
        items: &[ast::OrderItem],
    ) -> Result<Vec<Order<'m>>, Error> {
        if items.len() > MAX_KEYS {
            return Err(Error::too_complex(format_args!("it is ordered by more than {MAX_KEYS} keys")));
        }
        let mut order: Vec<Order<'m>> = Vec::new();
        for item in items {
            let expr = self.sortable(subject, &item.expr)?;
            // A constant decides nothing, and a property nothing the second time.
            let decides = expr.as_literal().is_none();
            if decides && !order.iter().any(|key| is_same_property(&key.expr, &expr)) {
                order.push(Order { expr, descending: item.descending });
            }
        }
        Ok(order)
    }

    /// Adds what tells the rows apart: the key, the place in a collection, or the columns of groups.
    pub(super) fn completed(&self, subject: &Subject<'m>, apply: &[Stage<'m>], order: &mut Vec<Order<'m>>) {
        let mut add = |expr: Expr<'m>| {
            if !order.iter().any(|key| is_same_property(&key.expr, &expr)) {
                order.push(Order { expr, descending: false });
            }
        };
        let column = |number: &usize| Expr { kind: ExprKind::Column(*number), ty: None, nullable: true };
        match &subject.ty {
            Some(Type::Entity(id)) => {
                for property in self.model.entity(*id).key_properties() {
                    add(Expr { nullable: false, ..Expr::property(property) });
                }
            }
            Some(_) => add(Expr {
                kind: ExprKind::Position,
                ty: Some(Type::Primitive(crate::model::Primitive::Int64)),
                nullable: false,
            }),
            None => {
                // What was put behind each other stays so.
                if let Some(Stage::Concat { branch, .. }) = apply.last() {
                    add(Expr { ty: Some(Type::Primitive(crate::model::Primitive::Int64)), ..column(branch) });
                }
                // Whatever cannot be put in order belongs to an instance, which its key tells from others.
                let sortable = |named: &&Named<'m>| named.expr.ty.as_ref().is_none_or(|ty| !is_opaque(ty));
                subject.named.iter().filter(sortable).for_each(|named| add(named.expr.clone()));
            }
        }
    }
}

/// What was computed, as far as it is wanted.
pub(super) fn computed<'m>(subject: &Subject<'m>, wanted: impl Fn(&[String]) -> bool) -> Vec<Computed<'m>> {
    let named = subject.named.iter().filter(|named| wanted(&named.path));
    named.map(|named| Computed { path: named.path.clone(), expr: named.expr.clone() }).collect()
}

fn of_one(shape: Shape<'_>) -> Listing<'_> {
    Listing {
        apply: Vec::new(),
        search: None,
        filter: None,
        order: Vec::new(),
        skip: 0,
        limit: None,
        page_size: 1,
        count: false,
        shape,
    }
}

fn one_only(options: &Options) -> Result<(), Error> {
    match COLLECTIONS.iter().find(|option| options.spelling(**option).is_some()) {
        Some(option) => Err(collections_only(options, *option)),
        None => Ok(()),
    }
}

fn type_of(resource: &Resource<'_>) -> Type {
    resource.ty().cloned().unwrap_or(Type::Primitive(crate::model::Primitive::String))
}

fn is_same_property(one: &Expr<'_>, other: &Expr<'_>) -> bool {
    match (&one.kind, &other.kind) {
        (ExprKind::Property(one), ExprKind::Property(other)) => {
            let [ones, others] =
                [one, other].map(|path| path.properties.iter().map(|property| &property.name));
            one.steps.is_empty() && other.steps.is_empty() && ones.eq(others)
        }
        (ExprKind::Column(one), ExprKind::Column(other)) => one == other,
        (ExprKind::Position, ExprKind::Position) => true,
        _ => false,
    }
}

/// An option that means nothing for one entity.
pub(super) fn collections_only(options: &Options, option: SystemOption) -> Error {
    let spelling = options.spelling(option).unwrap_or_default();
    Error::invalid(format!("The query option '{spelling}' can be applied to collections only."))
        .in_target(spelling)
}
