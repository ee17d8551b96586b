//! Keys of entities in paths, in parentheses or as segments of their own; parameters of functions, which are written alike.
//!
//! Specification: OData URL Conventions 4.01 §4.3.1, §4.3.6, §4.5.

use super::options::Scope;
use super::path::not_found;
use crate::error::Error;
use crate::model::{EntityTypeId, Model, Operation, OperationKind, Parameter, Property, Type};
use crate::query::{Ending, Resource};
use crate::syntax::ast::{self, Argument, Segment};
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
        let text = match literal(scope, value) {
            Some(Literal::Text(text)) => text,
            Some(Literal::Null) | None => return Err(not_found(segment)),
            Some(Literal::Other) => {
                return Err(Error::unsupported("A key that is not a literal").at(value.span));
            }
        };
        let value = key_value(scope.model, property, &text).ok_or_else(|| not_found(segment))?;
        Ok((property, value))
    });
    pairs.collect()
}

/// The values of an operation's parameters in parentheses: of a function every one by its name, of an action none, since
/// those are in the body (OData URL Conventions 4.01 §4.5).
pub(super) fn arguments<'m>(
    scope: &Scope<'_, 'm>,
    operation: &'m Operation,
    segment: &Segment,
) -> Result<Vec<(&'m Parameter, Value)>, Error> {
    let given = segment.arguments.as_deref().unwrap_or_default();
    if operation.kind == OperationKind::Action {
        return if given.is_empty() { Ok(Vec::new()) } else { Err(not_found(segment)) };
    }
    let is_called = |argument: &Argument, name: &str| {
        argument.name.as_deref().is_some_and(|given| given.eq_ignore_ascii_case(name))
    };
    let is_declared = |argument: &Argument| {
        operation.parameters.iter().any(|parameter| is_called(argument, &parameter.name))
    };
    if given.len() > operation.parameters.len() || !given.iter().all(is_declared) {
        return Err(not_found(segment));
    }
    let values = operation.parameters.iter().map(|parameter| {
        let invalid = |what: &str| {
            let message = format!("The parameter '{}' of '{}' {what}.", parameter.name, operation.name);
            Error::invalid(message).in_target(&parameter.name).at(segment.span)
        };
        let argument = given.iter().find(|argument| is_called(argument, &parameter.name));
        let value = &argument.ok_or_else(|| invalid("is missing"))?.value;
        let value = match literal(scope, value) {
            Some(Literal::Text(text)) => value_of(scope.model, &parameter.ty, &text),
            Some(Literal::Null) if parameter.nullable => Some(Value::Null),
            Some(Literal::Null) | None => None,
            Some(Literal::Other) => {
                return Err(Error::unsupported("A parameter that is not a literal").at(value.span));
            }
        };
        Ok((parameter, value.ok_or_else(|| invalid("has a value that is not of its type"))?))
    });
    values.collect()
}

/// What stands where a literal is expected.
enum Literal {
    /// The text of a value.
    Text(String),
    /// `null`
    Null,
    /// An expression of another kind.
    Other,
}

/// A literal, or what the alias in its place stands for; nothing where that is not said.
fn literal(scope: &Scope<'_, '_>, value: &ast::Expr) -> Option<Literal> {
    let value = match value.as_alias() {
        Some(alias) => scope.aliases.iter().find(|(name, _)| name == alias).map(|(_, value)| value)?,
        None => value,
    };
    Some(match &value.kind {
        ast::ExprKind::Literal(ast::Literal::Enum { members, .. }) => Literal::Text(members.clone()),
        _ => match value.as_value() {
            Some(Value::Null) => Literal::Null,
            Some(value) => Literal::Text(value.text()),
            None => Literal::Other,
        },
    })
}

fn key_value(model: &Model, property: &Property, text: &str) -> Option<Value> {
    value_of(model, &property.ty, text)
}

fn value_of(model: &Model, ty: &Type, text: &str) -> Option<Value> {
    match ty {
        Type::Primitive(primitive) => Value::parse(*primitive, text),
        Type::Enum(id) => model.enumeration(*id).value_of(text).map(Value::Integer),
        Type::Complex(_) | Type::Entity(_) | Type::Collection(_) => None,
    }
}
