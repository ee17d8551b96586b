//! Keys of entities in paths: in parentheses, or as segments of their own.
//!
//! Specification: OData URL Conventions 4.01 §4.3.1, §4.3.6.

use super::options::Scope;
use super::path::not_found;
use crate::error::Error;
use crate::model::{EntityTypeId, Model, Property, Type};
use crate::query::{Ending, Resource};
use crate::syntax::ast::{Argument, Segment};
use crate::value::Value;

/// The key written as a segment: the bare text of the only key property.
pub(super) fn key_segment<'m>(
    model: &'m Model,
    ty: EntityTypeId,
    segment: &Segment,
) -> Result<Vec<(&'m Property, Value)>, Error> {
    let mut properties = model.entity(ty).key_properties();
    match (properties.next(), properties.next()) {
        (Some(property), None) => {
            let value = key_value(model, property, &segment.name).ok_or_else(|| not_found(segment))?;
            Ok(vec![(property, value)])
        }
        _ => Err(not_found(segment)),
    }
}

/// A key of several properties, a segment for each in the order of the type; says how many segments it took.
pub(super) fn key_segments<'m>(model: &'m Model, resource: &mut Resource<'m>, segments: &[Segment]) -> usize {
    let is_plain = resource.is_collection() && matches!(resource.ending, Ending::Plain);
    let Some(ty) = resource.entity_type().filter(|_| is_plain) else { return 0 };
    let properties: Vec<&Property> = model.entity(ty).key_properties().collect();
    let (count, Some(segments)) = (properties.len(), segments.get(..properties.len())) else { return 0 };
    let is_value = |segment: &Segment| {
        segment.arguments.is_none() && segment.key.is_none() && !segment.name.starts_with('$')
    };
    let is_operation = |name: &str| model.operation(name, &Type::Entity(ty).collection()).is_some();
    let is_type = |name: &str| model.unqualified(name).is_some() && model.find_type(name).is_some();
    let is_name = |name: &str| is_type(name) || is_operation(name);
    if count < 2 || !segments.iter().all(is_value) || segments.iter().take(1).any(|one| is_name(&one.name)) {
        return 0;
    }
    let values: Option<Vec<Value>> = properties
        .iter()
        .zip(segments)
        .map(|(property, segment)| key_value(model, property, &segment.name))
        .collect();
    let (Some(values), Some(step)) = (values, resource.steps.last_mut()) else { return 0 };
    step.key = model.entity(ty).key_properties().zip(values).collect();
    count
}

/// The key in parentheses: `('x')`, or `(a='x',b=1)` in any order; an alternate key by its names.
pub(super) fn key_predicate<'m>(
    scope: &Scope<'_, 'm>,
    ty: EntityTypeId,
    segment: &Segment,
    arguments: &[Argument],
) -> Result<Vec<(&'m Property, Value)>, Error> {
    let ty = scope.model.entity(ty);
    let named = |name: &str| {
        arguments
            .iter()
            .find(|argument| argument.name.as_deref().is_some_and(|given| given.eq_ignore_ascii_case(name)))
    };
    let keys = std::iter::once(&ty.key).chain(&ty.alternate_keys);
    let mut fitting = keys.filter(|key| key.len() == arguments.len());
    let found = if let [Argument { name: None, value }] = arguments {
        (ty.key.len() == 1).then(|| (&ty.key, vec![value]))
    } else {
        fitting.find_map(|key| {
            let values: Option<Vec<_>> =
                key.iter().map(|name| named(name).map(|argument| &argument.value)).collect();
            Some((key, values?))
        })
    };
    let Some((key, values)) = found else { return Err(not_found(segment)) };
    let pairs = key.iter().zip(values).map(|(name, value)| {
        let property = ty.property(name).ok_or_else(|| not_found(segment))?;
        let aliased = value
            .as_alias()
            .map(|alias| scope.aliases.iter().find(|(name, _)| name == alias).map(|(_, value)| value));
        let literal = match aliased {
            Some(Some(value)) => value,
            Some(None) => return Err(not_found(segment)),
            None => value,
        };
        let text = match &literal.kind {
            crate::syntax::ast::ExprKind::Literal(crate::syntax::ast::Literal::Enum { members, .. }) => {
                members.clone()
            }
            _ => match literal.as_value() {
                Some(Value::Null) => return Err(not_found(segment)),
                Some(value) => value.text(),
                None => {
                    return Err(Error::unsupported("A key that is not a literal").at(value.span));
                }
            },
        };
        let value = key_value(scope.model, property, &text).ok_or_else(|| not_found(segment))?;
        Ok((property, value))
    });
    pairs.collect()
}

fn key_value(model: &Model, property: &Property, text: &str) -> Option<Value> {
    match &property.ty {
        Type::Primitive(primitive) => Value::parse(*primitive, text),
        Type::Enum(id) => model.enumeration(*id).value_of(text).map(Value::Integer),
        Type::Complex(_) | Type::Entity(_) | Type::Collection(_) => None,
    }
}
