//! Query options → a listing: which entities, in which order, and what of each.

use super::Paging;
use crate::error::Error;
use crate::model::{ComplexTypeId, EntityTypeId, Model, NavigationProperty, Property, Returned, Type};
use crate::query::{Expansion, Expr, ExprKind, Listing, Order, Selected, Shape};
use crate::syntax::SystemOption;
use crate::syntax::ast::{self, ExpandForm, ExpandItem, Name, Options, SelectForm, SelectItem};

/// What options are bound with: the model, the parameter aliases that may be named, and page sizes.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a, 'm> {
    pub model: &'m Model,
    pub aliases: &'a [(String, ast::Expr)],
    pub paging: Paging,
}

/// The most keys that `$orderby` may name. The condition that continues a list grows with their square.
const MAX_KEYS: usize = 32;

/// Options that the grammar knows and this service does not do.
// Differs: Graph may ignore an option that an address does not support; here it is always refused by its name.
const UNSUPPORTED: &[SystemOption] = &[
    SystemOption::Search,
    SystemOption::Compute,
    SystemOption::Apply,
    SystemOption::Deltatoken,
    SystemOption::Schemaversion,
    SystemOption::Index,
    SystemOption::Id,
    SystemOption::Levels,
];

/// Options that mean something for collections only.
const COLLECTIONS: &[SystemOption] = &[
    SystemOption::Filter,
    SystemOption::Orderby,
    SystemOption::Top,
    SystemOption::Skip,
    SystemOption::Count,
];

impl<'m> Scope<'_, 'm> {
    /// The options of a collection.
    pub fn listing(&self, ty: EntityTypeId, options: &Options) -> Result<Listing<'m>, Error> {
        self.supported(options)?;
        Ok(Listing {
            filter: self.filter(ty, options)?,
            order: self.order(ty, options)?,
            skip: options.skip.unwrap_or(0),
            page_size: options.top.unwrap_or(self.paging.default).min(self.paging.largest),
            count: options.count.unwrap_or(false),
            shape: self.shape(ty, options, Breadth::List)?,
        })
    }

    /// The options of `/$count`: `$filter` counts, paging and shape do not (OData Part 1 §11.2.10).
    pub fn counted(&self, ty: EntityTypeId, options: &Options) -> Result<Listing<'m>, Error> {
        self.supported(options)?;
        let shape = Shape { ty, properties: Vec::new(), selected: None, expand: Vec::new() };
        let filter = self.filter(ty, options)?;
        Ok(Listing { filter, order: Vec::new(), skip: 0, page_size: 0, count: false, shape })
    }

    /// The options of one entity.
    pub fn single(&self, ty: EntityTypeId, options: &Options) -> Result<Listing<'m>, Error> {
        self.supported(options)?;
        if let Some(option) = COLLECTIONS.iter().find(|option| options.spelling(**option).is_some()) {
            return Err(collections_only(options, *option));
        }
        let shape = self.shape(ty, options, Breadth::One)?;
        Ok(Listing { filter: None, order: Vec::new(), skip: 0, page_size: 1, count: false, shape })
    }

    fn supported(&self, options: &Options) -> Result<(), Error> {
        for option in UNSUPPORTED {
            if let Some(spelling) = options.spelling(*option) {
                return Err(Error::unsupported(format!("The query option '{spelling}'")).in_target(spelling));
            }
        }
        match &options.format {
            Some(format) if !matches!(format.to_ascii_lowercase().as_str(), "json" | "application/json") => {
                Err(Error::unsupported(format!("The format '{format}'")).in_target("$format"))
            }
            _ => Ok(()),
        }
    }

    fn filter(&self, ty: EntityTypeId, options: &Options) -> Result<Option<Expr<'m>>, Error> {
        let Some(filter) = &options.filter else { return Ok(None) };
        self.condition(ty, filter).map(Some).map_err(|error| error.in_target("$filter"))
    }

    /// `$orderby`, and behind it the key's properties that it does not name, so that the order is total.
    fn order(&self, ty: EntityTypeId, options: &Options) -> Result<Vec<Order<'m>>, Error> {
        if options.orderby.len() > MAX_KEYS {
            return Err(Error::too_complex(format_args!("it is ordered by more than {MAX_KEYS} keys"))
                .in_target("$orderby"));
        }
        let mut order: Vec<Order<'m>> = Vec::new();
        // A property decides nothing the second time.
        let mut add = |expr: Expr<'m>, descending| {
            if !order.iter().any(|key| is_same_property(&key.expr, &expr)) {
                order.push(Order { expr, descending });
            }
        };
        for item in &options.orderby {
            let expr = self.sortable(ty, &item.expr).map_err(|error| error.in_target("$orderby"))?;
            add(expr, item.descending);
        }
        for property in self.model.entity(ty).key_properties() {
            let kind = ExprKind::Property(vec![property]);
            add(Expr { kind, ty: Some(property.ty.clone()), nullable: false }, false);
        }
        Ok(order)
    }

    fn shape(&self, ty: EntityTypeId, options: &Options, breadth: Breadth) -> Result<Shape<'m>, Error> {
        let mut expand: Vec<Expansion<'m>> = Vec::new();
        // What is named with options of its own is not what `*` stands for.
        let (stars, named): (Vec<_>, Vec<_>) = options.expand.iter().partition(|item| is_star(item));
        for item in named.into_iter().chain(stars) {
            self.expansion(ty, item, &mut expand).map_err(|error| error.in_target("$expand"))?;
        }
        let (properties, mut selected) =
            self.selection(ty, &options.select, breadth).map_err(|error| error.in_target("$select"))?;
        if let Some(selected) = &mut selected {
            // The context URL lists it once, with the parentheses of what is expanded.
            selected.retain(|name| !expand.iter().any(|one| one.navigation.name == *name));
        }
        Ok(Shape { ty, properties, selected, expand })
    }

    fn selection(
        &self,
        ty: EntityTypeId,
        items: &[SelectItem],
        breadth: Breadth,
    ) -> Result<(Vec<Selected<'m>>, Option<Vec<String>>), Error> {
        let mut wanted = Wanted::default();
        for item in items {
            self.select(ty, item, &mut wanted)?;
        }
        let everything = items.is_empty() || wanted.everything;
        let properties = self
            .model
            .entity(ty)
            .properties
            .iter()
            .filter(|property| everything || wanted.starts_with(&property.name))
            .map(|property| {
                let named = wanted.names(&property.name);
                let fetched = property.returned == Returned::Always || breadth == Breadth::One || named;
                let members = match &property.ty {
                    Type::Complex(id) => {
                        let whole = named || !wanted.starts_with(&property.name);
                        self.members(*id, property, whole, &wanted)
                    }
                    _ => Vec::new(),
                };
                Selected { property, members, fetched }
            })
            .collect();
        let selected = if everything && !wanted.everything { None } else { Some(wanted.listed()) };
        Ok((properties, selected))
    }

    /// The members of a complex property: all of them, or those that were named.
    fn members(
        &self,
        id: ComplexTypeId,
        owner: &Property,
        whole: bool,
        wanted: &Wanted,
    ) -> Vec<Selected<'m>> {
        let members = self.model.complex(id).properties.iter();
        members
            .filter(|member| whole || wanted.names(&format!("{}/{}", owner.name, member.name)))
            .map(|property| Selected { property, members: Vec::new(), fetched: true })
            .collect()
    }

    fn select(&self, ty: EntityTypeId, item: &SelectItem, wanted: &mut Wanted) -> Result<(), Error> {
        if item.options.is_some() {
            return Err(Error::unsupported("Options inside $select").at(item.span));
        }
        let entity = self.model.entity(ty);
        let add = |names: &mut Vec<String>, name: String| {
            if !names.contains(&name) {
                names.push(name);
            }
        };
        match (&item.form, item.path.as_slice()) {
            (SelectForm::Everything, _) => wanted.everything = true,
            (SelectForm::Named, [name]) => {
                if let Some(property) = entity.property(&name.text) {
                    add(&mut wanted.paths, property.name.clone());
                } else if let Some(navigation) = entity.navigation_property(&name.text) {
                    add(&mut wanted.navigation, navigation.name.clone());
                } else {
                    return Err(self.no_property(ty, name));
                }
            }
            (SelectForm::Named, [name, member]) => {
                if entity.navigation_property(&name.text).is_some() {
                    return Err(
                        Error::unsupported("A path through a navigation property in $select").at(item.span)
                    );
                }
                let property = entity.property(&name.text).ok_or_else(|| self.no_property(ty, name))?;
                let found = match &property.ty {
                    Type::Complex(id) => self.model.complex(*id).property(&member.text),
                    _ => None,
                };
                let member = found.ok_or_else(|| {
                    Error::property_not_found(&member.text, &self.model.type_name(&property.ty))
                        .at(member.span)
                })?;
                add(&mut wanted.paths, format!("{}/{}", property.name, member.name));
            }
            _ => return Err(Error::unsupported("This form of $select").at(item.span)),
        }
        Ok(())
    }

    fn expansion(
        &self,
        ty: EntityTypeId,
        item: &ExpandItem,
        expand: &mut Vec<Expansion<'m>>,
    ) -> Result<(), Error> {
        let entity = self.model.entity(ty);
        if item.form != ExpandForm::Entities {
            return Err(Error::unsupported("$ref and $count inside $expand").at(item.span));
        }
        let none = Options::default();
        let options = item.options.as_deref().unwrap_or(&none);
        let [name] = item.path.as_slice() else {
            return Err(Error::unsupported("A path of several segments inside $expand").at(item.span));
        };
        let is_expanded = |navigation: &NavigationProperty| {
            expand.iter().any(|other| other.navigation.name == navigation.name)
        };
        let navigation: Vec<&NavigationProperty> = if is_star(item) {
            entity.navigation.iter().filter(|navigation| !is_expanded(navigation)).collect()
        } else {
            let navigation =
                entity.navigation_property(&name.text).ok_or_else(|| self.no_property(ty, name))?;
            if is_expanded(navigation) {
                return Err(Error::invalid(format!("'{}' is expanded more than once.", navigation.name))
                    .at(item.span));
            }
            vec![navigation]
        };
        // Aliases may be given in the parentheses too, and hide those of the request there.
        let outer = self.aliases.iter().filter(|(name, _)| options.alias(name).is_none());
        let aliases: Vec<_> = options.aliases.iter().chain(outer).cloned().collect();
        let scope = Scope { aliases: &aliases, ..*self };
        for navigation in navigation {
            if !navigation.collection {
                return Err(Error::unsupported(format!("Expanding the single-valued '{}'", navigation.name))
                    .at(item.span));
            }
            let listing = scope.listing(navigation.target, options)?;
            let options = Options { aliases: aliases.clone(), ..options.clone() }.to_query();
            expand.push(Expansion { navigation, listing, options });
        }
        Ok(())
    }

    fn no_property(&self, ty: EntityTypeId, name: &Name) -> Error {
        if self.model.unqualified(&name.text).is_some() {
            return Error::unsupported(format!("The qualified name '{}' there", name.text)).at(name.span);
        }
        Error::property_not_found(&name.text, &self.model.entity_name(ty)).at(name.span)
    }
}

fn is_star(item: &ExpandItem) -> bool {
    matches!(item.path.as_slice(), [name] if name.text == "*")
}

fn is_same_property(one: &Expr<'_>, other: &Expr<'_>) -> bool {
    match (&one.kind, &other.kind) {
        (ExprKind::Property(one), ExprKind::Property(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.name == other.name)
        }
        _ => false,
    }
}

/// Whether one entity is read or a list of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breadth {
    One,
    List,
}

/// What `$select` names, in the model's spelling.
#[derive(Default)]
struct Wanted {
    everything: bool,
    paths: Vec<String>,
    navigation: Vec<String>,
}

impl Wanted {
    fn names(&self, path: &str) -> bool {
        self.paths.iter().any(|wanted| wanted == path)
    }

    fn starts_with(&self, name: &str) -> bool {
        self.paths.iter().any(|wanted| wanted.split('/').next() == Some(name))
    }

    fn listed(self) -> Vec<String> {
        let everything = self.everything.then(|| "*".to_owned());
        everything.into_iter().chain(self.paths).chain(self.navigation).collect()
    }
}

/// An option that means nothing for one entity.
pub(super) fn collections_only(options: &Options, option: SystemOption) -> Error {
    let spelling = options.spelling(option).unwrap_or_default();
    Error::invalid(format!("The query option '{spelling}' can be applied to collections only."))
        .in_target(spelling)
}
