//! Resource path segments → what they address.
//!
//! Keys may stand in parentheses or as segments of their own. A segment behind a collection is, in this order, a
//! `$` segment, an operation bound to the collection, or a key (OData URL Conventions 4.01 §4.3.6).

use crate::error::Error;
use crate::model::{EntityTypeId, Model, Property, Type};
use crate::query::{Ending, Resource, Step};
use crate::syntax::ast::{Argument, Segment};
use crate::value::Value;

/// What a path addresses.
///
/// # Errors
/// Where a segment names nothing, or something that is not served.
pub fn resource<'m>(model: &'m Model, path: &[Segment]) -> Result<Resource<'m>, Error> {
    let Some((first, rest)) = path.split_first() else {
        return Err(Error::unsupported("The service document"));
    };
    let singleton = match model.member(&first.name) {
        Some(singleton) if first.arguments.is_none() && first.key.is_none() => singleton,
        _ if first.name.starts_with('$') => return Err(unsupported(first)),
        _ => return Err(not_found(first)),
    };
    let mut resource = Resource { singleton, steps: Vec::new(), ending: Ending::Plain };
    for segment in rest {
        if !matches!(resource.ending, Ending::Plain) || segment.key.is_some() {
            return Err(not_found(segment));
        }
        if resource.is_collection() {
            behind_collection(model, &mut resource, segment)?;
        } else {
            behind_entity(model, &mut resource, segment)?;
        }
    }
    Ok(resource)
}

fn behind_collection<'m>(
    model: &'m Model,
    resource: &mut Resource<'m>,
    segment: &Segment,
) -> Result<(), Error> {
    let ty = resource.entity_type();
    if segment.name == "$count" {
        resource.ending = Ending::Count;
        return Ok(());
    }
    if segment.name.starts_with('$') {
        return Err(unsupported(segment));
    }
    if let Some(operation) = model.operation(&segment.name, &Type::Entity(ty).collection()) {
        resource.ending = Ending::Operation(operation);
        return without_arguments(segment);
    }
    if model.unqualified(&segment.name).is_some() {
        return Err(qualified(model, segment));
    }
    if segment.arguments.is_some() {
        return Err(not_found(segment));
    }
    let key = key_segment(model, ty, segment)?;
    if let Some(step) = resource.steps.last_mut() {
        step.key = key;
    }
    Ok(())
}

fn behind_entity<'m>(model: &'m Model, resource: &mut Resource<'m>, segment: &Segment) -> Result<(), Error> {
    let ty = model.entity(resource.entity_type());
    if let Some(navigation) = ty.navigation_property(&segment.name) {
        let key = match &segment.arguments {
            Some(arguments) if navigation.collection => {
                key_predicate(model, navigation.target, segment, arguments)?
            }
            Some(_) => return Err(not_found(segment)),
            None => Vec::new(),
        };
        if resource.navigation().is_some_and(|owner| !owner.collection) {
            return Err(
                Error::unsupported("A path through a single-valued navigation property").at(segment.span)
            );
        }
        resource.steps.push(Step { navigation, key });
        return Ok(());
    }
    if let Some(operation) = model.operation(&segment.name, &Type::Entity(resource.entity_type())) {
        resource.ending = Ending::Operation(operation);
        return without_arguments(segment);
    }
    if let Some(property) = ty.property(&segment.name) {
        return Err(
            Error::unsupported(format!("The path to the property '{}'", property.name)).at(segment.span)
        );
    }
    if model.unqualified(&segment.name).is_some() {
        return Err(qualified(model, segment));
    }
    Err(if matches!(segment.name.as_str(), "$ref" | "$value") {
        unsupported(segment)
    } else {
        not_found(segment)
    })
}

/// A qualified name that is no operation here: a type cast, or nothing.
fn qualified(model: &Model, segment: &Segment) -> Error {
    let name = model.unqualified(&segment.name).unwrap_or_default();
    if model.entity_types().any(|ty| ty.name.eq_ignore_ascii_case(name)) {
        return Error::unsupported(format!("The type-cast segment '{}'", segment.name)).at(segment.span);
    }
    not_found(segment)
}

/// Operations here take their parameters in the body or have none.
fn without_arguments(segment: &Segment) -> Result<(), Error> {
    match &segment.arguments {
        Some(arguments) if !arguments.is_empty() => Err(not_found(segment)),
        _ => Ok(()),
    }
}

/// The key written as a segment: the bare text of the only key property.
fn key_segment(model: &Model, ty: EntityTypeId, segment: &Segment) -> Result<Vec<Value>, Error> {
    let mut properties = model.entity(ty).key_properties();
    match (properties.next(), properties.next()) {
        (Some(property), None) => {
            Ok(vec![key_value(property, &segment.name).ok_or_else(|| not_found(segment))?])
        }
        _ => Err(not_found(segment)),
    }
}

/// The key in parentheses: `('x')`, or `(a='x',b=1)` in any order.
fn key_predicate(
    model: &Model,
    ty: EntityTypeId,
    segment: &Segment,
    arguments: &[Argument],
) -> Result<Vec<Value>, Error> {
    let ty = model.entity(ty);
    if arguments.len() != ty.key.len() {
        return Err(not_found(segment));
    }
    ty.key_properties()
        .map(|property| {
            let argument = arguments
                .iter()
                .find(|argument| match &argument.name {
                    Some(name) => name.eq_ignore_ascii_case(&property.name),
                    None => arguments.len() == 1,
                })
                .ok_or_else(|| not_found(segment))?;
            let value = argument
                .value
                .as_value()
                .ok_or_else(|| Error::unsupported("A key that is not a literal").at(argument.value.span))?;
            key_value(property, &value.text())
                .filter(|_| *value != Value::Null)
                .ok_or_else(|| not_found(segment))
        })
        .collect()
}

fn key_value(property: &Property, text: &str) -> Option<Value> {
    match &property.ty {
        Type::Primitive(primitive) => Value::parse(*primitive, text),
        Type::Enum(_) | Type::Complex(_) | Type::Entity(_) | Type::Collection(_) => None,
    }
}

fn unsupported(segment: &Segment) -> Error {
    Error::unsupported(format!("The path segment '{}'", segment.name)).at(segment.span)
}

fn not_found(segment: &Segment) -> Error {
    Error::segment_not_found(&segment.name).at(segment.span)
}
