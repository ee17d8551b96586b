//! Context URLs, and the canonical addresses of entities.
//!
//! Specification: OData Part 1 §10 (context URL); URL Conventions 4.01 §4.3.1 (canonical URL).

use crate::model::{Model, NavigationProperty, Operation};
use crate::profile::Profile;
use crate::query::{Ending, Query, Resource, Shape, Step, Target};
use crate::syntax::ast::ExpandForm;

/// The context URL of an answer, below the service root.
///
/// Keys are written in parentheses whatever the request used; one entity ends in `/$entity`; what an operation
/// returns is named by its type.
#[must_use]
pub fn context(query: &Query<'_>, profile: &Profile) -> String {
    let resource = &query.resource;
    match &resource.ending {
        Ending::Operation(Operation { returns: Some(returns), .. }) => {
            return format!("$metadata#{}", query.model.type_name(returns));
        }
        Ending::References if resource.is_collection() => {
            return "$metadata#Collection($ref)".to_owned();
        }
        Ending::References => return "$metadata#$ref".to_owned(),
        _ => {}
    }
    let selected = select_list(query.model, &query.listing.shape);
    if let Ending::Property { .. } = &resource.ending {
        return property_context(query, &entity_address(query.model, resource));
    }
    let mut context = format!("$metadata#{}", list_address(query.model, resource));
    if let Some(step) = resource.steps.last()
        && step.is_cast
    {
        context.push('/');
        context.push_str(&query.model.type_name(&step.ty));
    }
    context.push_str(&selected);
    if !resource.is_collection() && is_one_of_many(resource, profile) {
        context.push_str("/$entity");
    }
    context
}

/// The context URL of a structural property of the entity with this address.
#[must_use]
pub fn property_context(query: &Query<'_>, owner: &str) -> String {
    let names: Vec<&str> = match &query.resource.ending {
        Ending::Property { path, .. } => path.iter().map(|property| property.name.as_str()).collect(),
        _ => Vec::new(),
    };
    let last = query.resource.steps.last();
    let cast = last.and_then(|step| cast_before(query.model, step, names.first()?)).unwrap_or_default();
    let selected = select_list(query.model, &query.listing.shape);
    let names = with_casts(query.model, &names, last);
    format!("$metadata#{owner}{cast}/{names}{selected}")
}

/// Names of structural properties as a path, with the types that complex ones behind a step were narrowed to.
fn with_casts(model: &Model, names: &[&str], step: Option<&Step<'_>>) -> String {
    let casts = step.map(|step| step.casts.as_slice()).unwrap_or_default();
    let mut path = String::new();
    for (depth, name) in (1..).zip(names) {
        path.push_str(if depth == 1 { "" } else { "/" });
        path.push_str(name);
        for (_, ty) in casts.iter().filter(|(place, _)| *place == depth) {
            path.push('/');
            path.push_str(&model.type_name(ty));
        }
    }
    path
}

/// Whether a single entity belongs to a set, so that the context URL says which of both is meant.
fn is_one_of_many(resource: &Resource<'_>, profile: &Profile) -> bool {
    let last = resource.steps.last().and_then(Step::navigation);
    last.is_some_and(|last| last.collection || !last.contains_target || profile.contained_single_is_entity)
}

/// `(id,status,deviceIdentities(serialNumber))`, or nothing where all structural properties are there.
fn select_list(model: &Model, shape: &Shape<'_>) -> String {
    let mut list: Vec<String> = shape.selected.clone().unwrap_or_default();
    for expansion in &shape.expand {
        let nested = match expansion.form {
            ExpandForm::Entities => select_list(model, &expansion.listing.shape),
            ExpandForm::References => "/$ref".to_owned(),
            ExpandForm::Count => continue,
        };
        let nested = if nested.is_empty() { "()" } else { nested.as_str() };
        let name = &expansion.navigation.name;
        let of = expansion.of.map(|of| format!("{}/", model.entity_name(of))).unwrap_or_default();
        let narrower = expansion.listing.shape.entity_id().filter(|ty| *ty != expansion.navigation.target);
        let narrower = narrower.map(|ty| format!("/{}", model.entity_name(ty))).unwrap_or_default();
        list.push(format!("{of}{name}{narrower}{nested}"));
    }
    if shape.selected.is_none() && shape.properties.is_empty() && !shape.computed.is_empty() {
        for computed in &shape.computed {
            let name = nested_name(&computed.path);
            if !list.contains(&name) {
                list.push(name);
            }
        }
    }
    if list.is_empty() { String::new() } else { format!("({})", list.join(",")) }
}

/// `Category(Name)`
fn nested_name(path: &[String]) -> String {
    match path.split_first() {
        Some((first, [])) => first.clone(),
        Some((first, rest)) => format!("{first}({})", nested_name(rest)),
        None => String::new(),
    }
}

/// The address of the list that what is addressed belongs to, or of the singleton.
#[must_use]
pub fn list_address(model: &Model, resource: &Resource<'_>) -> String {
    address(model, resource, false)
}

/// The canonical address of the one entity that is addressed.
#[must_use]
pub fn entity_address(model: &Model, resource: &Resource<'_>) -> String {
    address(model, resource, true)
}

/// Room for most addresses, in bytes.
const USUAL_LENGTH: usize = 256;

/// Walks the steps; where one leads to another entity set, the address begins anew there.
fn address(model: &Model, resource: &Resource<'_>, with_last_key: bool) -> String {
    let mut address = String::with_capacity(USUAL_LENGTH);
    // The way as it was gone, for what is below an entity of a set whose key the way does not say.
    let mut gone = String::with_capacity(USUAL_LENGTH);
    let mut is_keyless = false;
    // The set or singleton that the address begins with, and the navigation properties since.
    let mut home: Option<&NavigationProperty> = None;
    let mut since: Vec<&str> = Vec::new();
    let mut before: Option<&Step<'_>> = None;
    for (index, step) in resource.steps.iter().enumerate() {
        let mut names: Vec<&str> = step.within.iter().map(|property| property.name.as_str()).collect();
        names.push(step.name());
        let cast = before.zip(names.first()).and_then(|(before, name)| cast_before(model, before, name));
        let mut segments = cast.unwrap_or_default();
        if index > 0 {
            segments.push('/');
        }
        segments.push_str(&with_casts(model, &names, before));
        before = Some(step);
        let target = step.navigation().and_then(|navigation| {
            since.push(&navigation.name);
            match index {
                0 => Some(navigation),
                _ if navigation.contains_target => None,
                _ => bound(model, home?, &since),
            }
        });
        match target {
            Some(target) => {
                address.clone_from(&target.name);
                home = Some(target);
                since.clear();
            }
            None => {
                if is_keyless {
                    address.clone_from(&gone);
                }
                address.push_str(&segments);
            }
        }
        is_keyless = step.key.is_empty() && target.is_some_and(|target| target.collection);
        gone.push_str(&segments);
        let key = if step.key.is_empty() { String::new() } else { step.key_predicate() };
        gone.push_str(&key);
        if index + 1 < resource.steps.len() || with_last_key {
            address.push_str(&key);
        }
    }
    address
}

/// `/Namespace.Type`, where a path goes on with a name that only the type has which it was narrowed to.
fn cast_before(model: &Model, step: &Step<'_>, name: &str) -> Option<String> {
    let (Target::Navigation(navigation), true) = (step.to, step.is_cast) else { return None };
    let declared = model.entity(navigation.target);
    let is_known = declared.property(name).is_some() || declared.navigation_property(name).is_some();
    (!is_known).then(|| format!("/{}", model.type_name(&step.ty)))
}

/// The set or singleton that a navigation property of one is bound to.
fn bound<'m>(model: &'m Model, home: &NavigationProperty, path: &[&str]) -> Option<&'m NavigationProperty> {
    let last = path.last()?;
    let path = path.join("/");
    let binding = home.bindings.iter().find(|(binding, _)| {
        // A type cast on the way changes nothing.
        let names: Vec<&str> = binding.split('/').filter(|name| !name.contains('.')).collect();
        names.join("/") == path || (names.len() == 1 && names.last() == Some(last) && !path.contains('/'))
    })?;
    model.member(binding.1.rsplit('/').next()?)
}

/// The address of the list behind an expanded navigation property of the entity with the address `owner`: of the set
/// it is bound to, or below its owner.
#[must_use]
pub fn expanded_address(model: &Model, owner: &str, navigation: &NavigationProperty) -> String {
    let target = || {
        let mut names = names(owner).into_iter();
        let home = home(model, names.next()?)?;
        let path: Vec<&str> = names.chain([navigation.name.as_str()]).collect();
        bound(model, home, &path)
    };
    match if navigation.contains_target { None } else { target() } {
        Some(target) => target.name.clone(),
        None => format!("{owner}/{}", navigation.name),
    }
}

/// The segments of an address without their keys; what stands in quotes divides nothing.
fn names(address: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let segments = address.split(|character| {
        is_quoted ^= character == '\'';
        character == '/' && !is_quoted
    });
    segments.map(|segment| segment.split('(').next().unwrap_or(segment)).collect()
}

/// The set or singleton that instances of a list belong to, where its address is one.
#[must_use]
pub fn home<'m>(model: &'m Model, list: &str) -> Option<&'m NavigationProperty> {
    model.container.members.iter().find(|member| member.name == list)
}
