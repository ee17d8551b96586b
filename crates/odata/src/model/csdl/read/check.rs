//! What must hold between parts of a model that each are well declared.
//!
//! Keys are made of properties that identify, sets hold entities with keys, constraints and bindings lead somewhere.
//! Specification: OData CSDL XML 4.01 §6.5, §8.5, §13.4,
//! <https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/>.

use super::names::{Kind, Names};
use super::{Element, Error, elements, fault};
use crate::model::{EntityType, Model, NavigationProperty, Primitive, Property, Type};

pub(super) fn check(names: &Names<'_>, model: &Model) -> Result<(), Error> {
    for ((_, element), ty) in names.all(Kind::Complex).zip(model.complex_types()) {
        let own = ty.navigation.iter().skip(ty.inherited_navigation);
        constraints(model, element, own, |name| ty.property(name).is_some())?;
    }
    for ((_, element), ty) in names.all(Kind::Entity).zip(model.entity_types()) {
        key(element, ty)?;
        let own = ty.navigation.iter().skip(ty.inherited_navigation);
        constraints(model, element, own, |name| ty.property(name).is_some())?;
    }
    let containers = names.all(Kind::Container);
    let members = containers.flat_map(|(_, container)| container.children());
    for element in members {
        let Some(name) = element.attribute("Name") else { continue };
        let Some(member) = model.container.members.iter().find(|member| member.name == name) else {
            continue;
        };
        let ty = model.entity(member.target);
        if member.collection && ty.key.is_empty() {
            return Err(fault(element, format!("the entity type '{}' of an entity set has no key", ty.name)));
        }
        bindings(model, element, member)?;
    }
    Ok(())
}

fn key(element: Element<'_>, ty: &EntityType) -> Result<(), Error> {
    let place = elements(element, "Key").next().unwrap_or(element);
    for name in ty.key.iter().chain(ty.alternate_keys.iter().flatten()) {
        let Some(property) = ty.properties.iter().find(|property| property.name == *name) else {
            return Err(fault(place, format!("'{}' has no key property '{name}'", ty.name)));
        };
        if !identifies(property) {
            return Err(fault(place, format!("the type of '{name}' cannot be that of a key")));
        }
    }
    for name in &ty.key {
        if ty.property(name).is_some_and(|property| property.nullable) {
            return Err(fault(place, format!("the key property '{name}' may be null")));
        }
    }
    Ok(())
}

/// The types that keys may have.
fn identifies(property: &Property) -> bool {
    match &property.ty {
        Type::Enum(_) => true,
        Type::Primitive(primitive) => {
            let no_key = matches!(
                primitive,
                Primitive::Binary | Primitive::Stream | Primitive::Double | Primitive::Single
            );
            !no_key && !primitive.is_geo()
        }
        Type::Complex(_) | Type::Entity(_) | Type::Collection(_) => false,
    }
}

fn constraints<'m>(
    model: &Model,
    element: Element<'_>,
    own: impl Iterator<Item = &'m NavigationProperty>,
    has: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    // A path leads through complex properties; that it leads somewhere is seen where it is used.
    let is_path = |name: &str| name.contains('/');
    for (navigation, element) in own.zip(elements(element, "NavigationProperty")) {
        let target = model.entity(navigation.target);
        for (property, referenced) in &navigation.constraints {
            let missing = if !is_path(property) && !has(property) {
                property
            } else if !is_path(referenced) && target.property(referenced).is_none() {
                referenced
            } else {
                continue;
            };
            return Err(fault(element, format!("the constraint names an unknown property '{missing}'")));
        }
    }
    Ok(())
}

/// The target of each binding is in the container, or in another one, which is not looked at.
fn bindings(model: &Model, element: Element<'_>, member: &NavigationProperty) -> Result<(), Error> {
    for (path, target) in &member.bindings {
        let first = target.split('/').next().unwrap_or_default();
        if !first.contains('.') && model.container.members.iter().all(|member| member.name != first) {
            return Err(fault(element, format!("the binding of '{path}' has an unknown target '{target}'")));
        }
    }
    Ok(())
}
