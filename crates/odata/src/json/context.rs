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
    let selected = select_list(&query.listing.shape);
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
    format!("$metadata#{owner}/{}{}", names.join("/"), select_list(&query.listing.shape))
}

/// Whether a single entity belongs to a set, so that the context URL says which of both is meant.
fn is_one_of_many(resource: &Resource<'_>, profile: &Profile) -> bool {
    let last = resource.steps.last().and_then(Step::navigation);
    last.is_some_and(|last| last.collection || !last.contains_target || profile.contained_single_is_entity)
}

/// `(id,status,deviceIdentities(serialNumber))`, or nothing where all structural properties are there.
fn select_list(shape: &Shape<'_>) -> String {
    let mut list: Vec<String> = shape.selected.clone().unwrap_or_default();
    for expansion in &shape.expand {
        let nested = match expansion.form {
            ExpandForm::Entities => select_list(&expansion.listing.shape),
            ExpandForm::References => "/$ref".to_owned(),
            ExpandForm::Count => continue,
        };
        let nested = if nested.is_empty() { "()" } else { nested.as_str() };
        list.push(format!("{}{nested}", expansion.navigation.name));
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

/// Walks the steps; where one leads to another entity set, the address begins anew there.
fn address(model: &Model, resource: &Resource<'_>, with_last_key: bool) -> String {
    let mut address = String::new();
    // The set or singleton that the address begins with, and the navigation properties since.
    let mut home: Option<&NavigationProperty> = None;
    let mut since: Vec<&str> = Vec::new();
    for (index, step) in resource.steps.iter().enumerate() {
        match step.to {
            Target::Navigation(navigation) if index == 0 => {
                address.clone_from(&navigation.name);
                home = Some(navigation);
            }
            Target::Navigation(navigation) => {
                since.push(&navigation.name);
                match home.and_then(|home| bound(model, home, &since)).filter(|_| !navigation.contains_target)
                {
                    Some(target) => {
                        address.clone_from(&target.name);
                        home = Some(target);
                        since.clear();
                    }
                    None => {
                        address.push('/');
                        address.push_str(&navigation.name);
                    }
                }
            }
            Target::Members(property) => {
                for property in &step.within {
                    address.push('/');
                    address.push_str(&property.name);
                }
                address.push('/');
                address.push_str(&property.name);
            }
        }
        if !step.key.is_empty() && (index + 1 < resource.steps.len() || with_last_key) {
            address.push_str(&step.key_predicate());
        }
    }
    address
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

/// The address of the list behind an expanded navigation property: of the set it is bound to, or below its owner.
#[must_use]
pub fn expanded_address(
    model: &Model,
    home: Option<&NavigationProperty>,
    owner: &str,
    navigation: &NavigationProperty,
) -> String {
    match home
        .and_then(|home| bound(model, home, &[&navigation.name]))
        .filter(|_| !navigation.contains_target)
    {
        Some(target) => target.name.clone(),
        None => format!("{owner}/{}", navigation.name),
    }
}

/// The set or singleton that instances of a list belong to, where its address is one.
#[must_use]
pub fn home<'m>(model: &'m Model, list: &str) -> Option<&'m NavigationProperty> {
    model.container.members.iter().find(|member| member.name == list)
}
