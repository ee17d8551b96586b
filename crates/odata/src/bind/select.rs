//! `$select` → the shape of what is written.
//!
//! Specification: OData URL Conventions 4.01 §5.1.4.

use super::expr::Subject;
use super::options::{Breadth, Scope, computed};
use crate::error::Error;
use crate::model::{Property, Returned, Type};
use crate::query::{Narrowed, Selected, Shape};
use crate::syntax::SystemOption;
use crate::syntax::ast::{ExpandItem, Name, Options, SelectForm, SelectItem};

/// What `$select` names, as a tree in the model's spelling.
#[derive(Default)]
struct Wanted<'o> {
    /// `*`, or the name by itself: everything below.
    everything: bool,
    children: Vec<Child<'o>>,
    /// Navigation properties, named for the links to them.
    navigation: Vec<String>,
    /// The items as the context URL lists them.
    listed: Vec<String>,
}

struct Child<'o> {
    name: String,
    below: Wanted<'o>,
    options: Option<&'o Options>,
}

impl<'o> Wanted<'o> {
    fn child(&mut self, name: &str) -> &mut Child<'o> {
        let place = self.children.iter().position(|child| child.name == name).unwrap_or_else(|| {
            self.children.push(Child { name: name.to_owned(), below: Wanted::default(), options: None });
            self.children.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the place of a child that is there")]
        &mut self.children[place]
    }

    fn find(&self, name: &str) -> Option<&Child<'o>> {
        self.children.iter().find(|child| child.name == name)
    }

    fn list(&mut self, name: String) {
        if !self.listed.contains(&name) {
            self.listed.push(name);
        }
    }
}

impl<'m> Scope<'_, 'm> {
    /// What is written of an instance.
    pub(super) fn shape(
        &self,
        ty: &Type,
        subject: &Subject<'m>,
        options: &Options,
        breadth: Breadth,
    ) -> Result<Shape<'m>, Error> {
        let mut shape = Shape::empty(ty.clone());
        let grouped = subject.ty.is_none();
        if let (Some(item), true) = (options.expand.first(), grouped) {
            return Err(Error::invalid("The result of a grouping has no navigation properties.")
                .at(item.span)
                .in_target("$expand"));
        }
        let mut wanted = Wanted::default();
        for item in &options.select {
            self.select(ty, subject, item, &mut wanted).map_err(|error| error.in_target("$select"))?;
        }
        let everything = options.select.is_empty() || wanted.everything;
        if let Type::Entity(id) = ty
            && !grouped
        {
            // What is named with options of its own is not what `*` stands for.
            let (stars, named): (Vec<_>, Vec<_>) = options.expand.iter().partition(|item| is_star(item));
            for item in named.into_iter().chain(stars) {
                self.expansion(*id, item, &mut shape.expand).map_err(|error| error.in_target("$expand"))?;
            }
        }
        if !grouped {
            shape.properties = self
                .properties_of(ty)
                .into_iter()
                .filter(|(property, _)| everything || wanted.find(&property.name).is_some())
                .map(|(property, of)| {
                    let child = wanted.find(&property.name);
                    let fetched =
                        property.returned == Returned::Always || breadth == Breadth::One || child.is_some();
                    let selected = self.selected(property, child, everything && child.is_none())?;
                    Ok(Selected { of, fetched, ..selected })
                })
                .collect::<Result<_, Error>>()
                .map_err(|error| error.in_target("$select"))?;
            shape.dynamic = everything && self.is_open(ty);
        }
        shape.computed = computed(subject, |path| {
            everything || path.first().is_some_and(|name| wanted.find(name).is_some())
        });
        if !(options.select.is_empty() || wanted.everything && wanted.listed.len() == 1 && grouped) {
            // The context URL lists it once, with the parentheses of what is expanded.
            wanted.listed.extend(std::mem::take(&mut wanted.navigation));
            wanted.listed.retain(|name| !shape.expand.iter().any(|one| one.navigation.name == *name));
            shape.selected = Some(wanted.listed);
        }
        Ok(shape)
    }

    /// The properties of a type and of all that extend it, with the type that declares the latter.
    fn properties_of(&self, ty: &Type) -> Vec<(&'m Property, Option<Type>)> {
        let model = self.model;
        let mut all: Vec<(&'m Property, Option<Type>)> = Vec::new();
        match ty {
            Type::Entity(base) => {
                for id in model.entities_of(*base) {
                    let declared = model.entity(id);
                    let own = if id == *base { 0 } else { declared.inherited };
                    let of = (id != *base).then_some(Type::Entity(id));
                    let properties = declared.properties.iter().skip(own);
                    all.extend(properties.map(|property| (property, of.clone())));
                }
            }
            Type::Complex(base) => {
                for id in model.complexes_of(*base) {
                    let declared = model.complex(id);
                    let own = if id == *base { 0 } else { declared.inherited };
                    let of = (id != *base).then_some(Type::Complex(id));
                    let properties = declared.properties.iter().skip(own);
                    all.extend(properties.map(|property| (property, of.clone())));
                }
            }
            _ => {}
        }
        all
    }

    fn is_open(&self, ty: &Type) -> bool {
        match ty {
            Type::Entity(base) => self.model.entities_of(*base).any(|id| self.model.entity(id).is_open),
            Type::Complex(base) => self.model.complexes_of(*base).any(|id| self.model.complex(id).is_open),
            _ => false,
        }
    }

    /// One property; `whole` where nothing was said of what is inside.
    fn selected(
        &self,
        property: &'m Property,
        child: Option<&Child<'_>>,
        whole: bool,
    ) -> Result<Selected<'m>, Error> {
        let mut selected = Selected::all_of(property);
        let below = child.map(|child| &child.below).filter(|below| !below.everything && !whole);
        selected.whole = below.is_none();
        if let Type::Complex(id) = property.ty.element() {
            let members = self.properties_of(&Type::Complex(*id)).into_iter();
            // What derived types add is there where it is named; of a whole value the writer knows it.
            selected.members = members
                .filter(|(member, of)| match below {
                    Some(below) => below.find(&member.name).is_some(),
                    None => of.is_none(),
                })
                .map(|(member, _)| {
                    let child = below.and_then(|below| below.find(&member.name));
                    self.selected(member, child, below.is_none())
                })
                .collect::<Result<_, Error>>()?;
        }
        if let Some(options) = child.and_then(|child| child.options) {
            selected.narrowed = self.narrowed(property, options)?;
        }
        Ok(selected)
    }

    /// The options of a selected collection other than `$select`.
    fn narrowed(
        &self,
        property: &'m Property,
        options: &Options,
    ) -> Result<Option<Box<Narrowed<'m>>>, Error> {
        let known = [
            SystemOption::Select,
            SystemOption::Filter,
            SystemOption::Orderby,
            SystemOption::Skip,
            SystemOption::Top,
            SystemOption::Count,
        ];
        if let Some(given) = options.given.iter().find(|given| !known.contains(&given.option)) {
            return Err(Error::unsupported(format!("'{}' inside $select", given.spelling)));
        }
        let Some(given) = options.given.iter().find(|given| given.option != SystemOption::Select) else {
            return Ok(None);
        };
        let Type::Collection(element) = &property.ty else {
            return Err(Error::invalid(format!(
                "The query option '{}' can be applied to collections only.",
                given.spelling
            )));
        };
        let path = crate::query::Path {
            from: crate::query::Variable::IT,
            steps: vec![crate::query::Step::into_members(Vec::new(), property)],
            properties: Vec::new(),
        };
        let scope = Self { nested: true, ..*self };
        let subject = Subject::of(element);
        let filter = options.filter.as_ref().map(|filter| scope.holds(&subject, filter)).transpose()?;
        Ok(Some(Box::new(Narrowed {
            path,
            variable: crate::query::Variable::IT,
            filter,
            order: scope.order_items(&subject, &options.orderby)?,
            skip: options.skip.unwrap_or(0),
            top: options.top,
            count: options.count.unwrap_or(false),
        })))
    }

    /// A property addressed by a path, with what `$select` wants of a complex one that is of the type `ty`.
    pub(super) fn selected_path(
        &self,
        path: &[&'m Property],
        ty: &Type,
        options: &Options,
    ) -> Result<Selected<'m>, Error> {
        let Some((first, rest)) = path.split_first() else {
            return Err(Error::unsupported("An empty path"));
        };
        if rest.is_empty() {
            let subject = Subject::of(ty);
            let mut wanted = Wanted::default();
            for item in &options.select {
                self.select(ty, &subject, item, &mut wanted).map_err(|error| error.in_target("$select"))?;
            }
            let whole = options.select.is_empty() || wanted.everything;
            let child = Child { name: String::new(), below: wanted, options: None };
            return self.selected(first, Some(&child), whole);
        }
        let below = self.selected_path(rest, ty, options)?;
        Ok(Selected { members: vec![below], whole: false, ..Selected::all_of(first) })
    }

    /// The names that `$select` lists, for the context URL.
    pub(super) fn selected_names(&self, ty: &Type, options: &Options) -> Result<Option<Vec<String>>, Error> {
        if options.select.is_empty() {
            return Ok(None);
        }
        let mut wanted = Wanted::default();
        for item in &options.select {
            self.select(ty, &Subject::of(ty), item, &mut wanted)
                .map_err(|error| error.in_target("$select"))?;
        }
        Ok(Some(wanted.listed))
    }

    /// Notes one item of `$select`.
    fn select<'o>(
        &self,
        ty: &Type,
        subject: &Subject<'m>,
        item: &'o SelectItem,
        wanted: &mut Wanted<'o>,
    ) -> Result<(), Error> {
        match item.form {
            SelectForm::Named => {}
            SelectForm::Everything => {
                wanted.everything = true;
                wanted.list("*".to_owned());
                return Ok(());
            }
            // Actions and functions are advertised in no answer.
            SelectForm::Operations | SelectForm::Overload(_) => return Ok(()),
        }
        let Some((first, rest)) = item.path.split_first() else { return Ok(()) };
        if rest.is_empty() && subject.named.iter().any(|named| named.path.first() == Some(&first.text)) {
            wanted.child(&first.text);
            wanted.list(first.text.clone());
            return Ok(());
        }
        if subject.ty.is_none() {
            return Err(Error::property_not_found(&first.text, "the result of $apply").at(first.span));
        }
        self.select_path(ty, first, rest, item, wanted)
    }

    fn select_path<'o>(
        &self,
        ty: &Type,
        first: &Name,
        rest: &[Name],
        item: &'o SelectItem,
        wanted: &mut Wanted<'o>,
    ) -> Result<(), Error> {
        if self.model.unqualified(&first.text).is_some() {
            let narrower =
                self.model.find_type(&first.text).filter(|narrower| self.model.extends(narrower, ty));
            return match (narrower, rest.split_first()) {
                (Some(narrower), Some((next, rest))) => {
                    let before = wanted.listed.len();
                    self.select_path(&narrower, next, rest, item, wanted)?;
                    if self.property_of(ty, &next.text).is_none() {
                        let added = wanted.listed.iter_mut().skip(before);
                        added.for_each(|name| *name = format!("{}/{name}", self.model.type_name(&narrower)));
                    }
                    Ok(())
                }
                (None, None) if self.is_operation(&first.text) => Ok(()),
                _ => Err(self.no_property(ty, first)),
            };
        }
        if let Type::Entity(id) = ty
            && let Some(navigation) = self.model.entity(*id).navigation_property(&first.text)
        {
            if !rest.is_empty() {
                return Err(
                    Error::unsupported("A path through a navigation property in $select").at(item.span)
                );
            }
            if !wanted.navigation.contains(&navigation.name) {
                wanted.navigation.push(navigation.name.clone());
            }
            return Ok(());
        }
        let Some(property) = self.property_of(ty, &first.text) else {
            return if rest.is_empty() && self.is_operation(&first.text) {
                Ok(())
            } else {
                Err(self.no_property(ty, first))
            };
        };
        let listed = wanted_below(wanted, property, |child| {
            if rest.is_empty() {
                self.select_whole(property, item, child)
            } else {
                match property.ty.element() {
                    Type::Complex(_) => {
                        let (Some(next), rest) = (rest.first(), rest.get(1..).unwrap_or_default()) else {
                            return Ok(());
                        };
                        self.select_path(property.ty.element(), next, rest, item, &mut child.below)
                    }
                    element => {
                        let owner = self.model.type_name(element);
                        let name = rest.first().unwrap_or(first);
                        Err(Error::property_not_found(&name.text, &owner).at(name.span))
                    }
                }
            }
        })?;
        listed.into_iter().for_each(|name| wanted.list(name));
        Ok(())
    }

    /// A property named as the last of its path: all of it, or what the options in its parentheses say.
    fn select_whole<'o>(
        &self,
        property: &'m Property,
        item: &'o SelectItem,
        child: &mut Child<'o>,
    ) -> Result<(), Error> {
        let Some(options) = item.options.as_deref() else {
            child.below.everything = true;
            return Ok(());
        };
        child.options = Some(options);
        let element = property.ty.element();
        if options.select.is_empty() {
            child.below.everything = true;
        }
        for nested in &options.select {
            self.select(element, &Subject::of(element), nested, &mut child.below)?;
        }
        Ok(())
    }

    fn property_of(&self, ty: &Type, name: &str) -> Option<&'m Property> {
        match ty {
            Type::Entity(id) => self.model.entity(*id).property(name),
            Type::Complex(id) => self.model.complex(*id).property(name),
            _ => None,
        }
    }

    fn is_operation(&self, name: &str) -> bool {
        self.model.operations.iter().any(|operation| self.model.is_called(operation, name))
    }

    pub(super) fn no_property(&self, ty: &Type, name: &Name) -> Error {
        self.no_name(ty, &name.text).at(name.span)
    }

    /// A name that is not declared; an open type may have such a property all the same.
    pub(super) fn no_name(&self, ty: &Type, name: &str) -> Error {
        let is_open = match ty {
            Type::Entity(id) => self.model.entity(*id).is_open,
            Type::Complex(id) => self.model.complex(*id).is_open,
            _ => false,
        };
        if is_open && self.model.unqualified(name).is_none() {
            return Error::unsupported(format!("The dynamic property '{name}'")).in_target(name);
        }
        Error::property_not_found(name, &self.model.type_name(ty))
    }
}

/// Works on what is wanted of a property, and says how the context URL lists what was added.
fn wanted_below<'o>(
    wanted: &mut Wanted<'o>,
    property: &Property,
    work: impl FnOnce(&mut Child<'o>) -> Result<(), Error>,
) -> Result<Vec<String>, Error> {
    let child = wanted.child(&property.name);
    let before = child.below.listed.len();
    work(child)?;
    let added = child.below.listed.get(before..).unwrap_or_default();
    // Something below that is listed already is no reason to list the whole.
    Ok(if added.is_empty() && child.below.everything {
        vec![property.name.clone()]
    } else {
        added.iter().map(|name| format!("{}/{name}", property.name)).collect()
    })
}

pub(super) fn is_star(item: &ExpandItem) -> bool {
    matches!(item.path.as_slice(), [name] if name.text == "*")
}
