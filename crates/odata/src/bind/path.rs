//! Resource path segments → what they address.
//!
//! Keys may stand in parentheses or as segments of their own. A segment behind a collection is, in this order, a
//! `$` segment, a type cast, an operation bound to the collection, or a key (OData URL Conventions 4.01 §4.3.6).

use std::cell::Cell;

use super::Terms;
use super::expr::BOOLEAN;
use super::key::{arguments, key_predicate, key_segment, key_segments};
use super::options::Scope;
use crate::error::Error;
use crate::model::{Model, NavigationProperty, Operation, Property, Type};
use crate::query::{Ending, Expr, ExprKind, Path, Resource, Step, Variable};
use crate::syntax::ast::{Argument, Segment};
use crate::syntax::{Request, SystemOption};
use crate::value::DateTimeOffset;

/// Terms for a path by itself, in which nothing depends on them.
const NO_TERMS: Terms =
    Terms { default_page: 0, largest_page: 0, top: super::Top::PageSize, now: DateTimeOffset::NEVER };

/// What a path without aliases addresses.
///
/// # Errors
/// Where a segment names nothing, or something that is not served.
pub fn resource<'m>(model: &'m Model, path: &[Segment]) -> Result<Resource<'m>, Error> {
    walk(
        &Scope {
            model,
            aliases: &[],
            terms: &NO_TERMS,
            expanded: &Cell::new(0),
            parts: &Cell::new(0),
            nested: false,
        },
        path,
    )
}

/// What a request addresses; `$entity` is what its `$id` says (OData URL Conventions 4.01 §4.3.4).
pub(super) fn addressed<'m>(scope: &Scope<'_, 'm>, request: &Request) -> Result<Resource<'m>, Error> {
    let (Some(first), Some(id)) = (request.path.first(), &request.options.id) else {
        return walk(scope, &request.path);
    };
    if first.name != "$entity" {
        let spelling = request.options.spelling(SystemOption::Id).unwrap_or("$id");
        return Err(Error::unsupported(format!("The query option '{spelling}'")).in_target(spelling));
    }
    let path = crate::syntax::parse(below_root(scope.model, id), None)
        .map_err(|error| Error { span: None, ..error }.in_target("$id"))?
        .path;
    let mut resource = walk(scope, &path).map_err(|error| Error { span: None, ..error }.in_target("$id"))?;
    if resource.is_collection() || !matches!(resource.ending, Ending::Plain) {
        return Err(Error::option_value("$id", id, "the address of an entity"));
    }
    let casts = request.path.get(1..).unwrap_or_default();
    casts.iter().try_for_each(|segment| segment_behind(scope, &mut resource, &mut Vec::new(), segment))?;
    Ok(resource)
}

/// The part of an entity's address that begins with a set or a singleton.
fn below_root<'t>(model: &Model, id: &'t str) -> &'t str {
    let begins = |text: &str| {
        let name = text.split(['/', '(', '?']).next().unwrap_or_default();
        model.member(name).is_some()
    };
    if begins(id) {
        return id;
    }
    let slashes = id.match_indices('/').filter_map(|(place, _)| id.get(place + 1..));
    slashes.into_iter().find(|rest| begins(rest)).unwrap_or(id)
}

fn walk<'m>(scope: &Scope<'_, 'm>, path: &[Segment]) -> Result<Resource<'m>, Error> {
    let model = scope.model;
    let Some((first, rest)) = path.split_first() else {
        return Err(Error::unsupported("The service document"));
    };
    let mut resource = Resource { steps: Vec::new(), ending: Ending::Plain, arguments: Vec::new() };
    match model.member(&first.name) {
        Some(member) if first.key.is_none() => step_along(scope, &mut resource, Vec::new(), member, first)?,
        _ if first.name.starts_with('$') => return Err(unsupported(first)),
        _ if model.container.imports.iter().any(|import| import.name == first.name) => {
            return Err(Error::unsupported(format!("The import '{}'", first.name)).at(first.span));
        }
        _ => return Err(not_found(first)),
    }
    let mut within = Vec::new();
    let mut rest = rest;
    while let Some((segment, behind)) = rest.split_first() {
        let taken = key_segments(scope.model, &mut resource, rest);
        if taken == 0 {
            segment_behind(scope, &mut resource, &mut within, segment)?;
            rest = behind;
        } else {
            rest = rest.get(taken..).unwrap_or_default();
        }
    }
    if !within.is_empty() {
        resource.ending = Ending::Property { path: within, raw: false };
    }
    Ok(resource)
}

/// Goes one segment on; `within` is the complex property that the path stands in.
fn segment_behind<'m>(
    scope: &Scope<'_, 'm>,
    resource: &mut Resource<'m>,
    within: &mut Vec<&'m Property>,
    segment: &Segment,
) -> Result<(), Error> {
    match &mut resource.ending {
        Ending::Plain => {}
        Ending::Property { raw, path } if segment.name == "$value" && !*raw => {
            return match path.last().map(|property| &property.ty) {
                Some(Type::Primitive(_) | Type::Enum(_)) => {
                    *raw = true;
                    Ok(())
                }
                _ => Err(not_found(segment)),
            };
        }
        Ending::Operation(Operation { is_composable: true, .. }) => {
            return Err(Error::unsupported("A path behind a function").at(segment.span));
        }
        _ => return Err(not_found(segment)),
    }
    if segment.key.is_some() && segment.name != "$filter" {
        return Err(not_found(segment));
    }
    if resource.is_collection() {
        behind_collection(scope, resource, segment)
    } else if within.is_empty() {
        behind_entity(scope, resource, within, segment)
    } else {
        behind_complex(scope, resource, within, segment)
    }
}

fn behind_collection<'m>(
    scope: &Scope<'_, 'm>,
    resource: &mut Resource<'m>,
    segment: &Segment,
) -> Result<(), Error> {
    let Some(ty) = resource.ty().cloned() else { return Err(not_found(segment)) };
    match segment.name.as_str() {
        "$count" => {
            resource.ending = Ending::Count;
            return Ok(());
        }
        "$ref" if matches!(ty, Type::Entity(_)) => {
            resource.ending = Ending::References;
            return Ok(());
        }
        "$filter" => return filter(scope, resource, &ty, segment),
        name if name.starts_with('$') => return Err(unsupported(segment)),
        _ => {}
    }
    if scope.model.unqualified(&segment.name).is_some()
        && let Some(narrower) = scope.model.find_type(&segment.name)
    {
        return cast(scope, resource, narrower, segment);
    }
    if let Some(operation) = scope.model.operation(&segment.name, &ty.clone().collection()) {
        resource.ending = Ending::Operation(operation);
        resource.arguments = arguments(scope, operation, segment)?;
        return Ok(());
    }
    let Type::Entity(ty) = ty else {
        return Err(match segment.name.trim_start_matches('-').parse::<u64>() {
            Ok(_) => Error::unsupported("Addressing a member of a collection by its place").at(segment.span),
            Err(_) => not_found(segment),
        });
    };
    if segment.arguments.is_some() || scope.model.unqualified(&segment.name).is_some() {
        return Err(not_found(segment));
    }
    let key = key_segment(scope.model, ty, segment)?;
    if let Some(step) = resource.steps.last_mut() {
        step.key = key;
    }
    Ok(())
}

/// `$filter(…)` in the path: the collection is narrowed, or with a key one of what is left is meant.
fn filter<'m>(
    scope: &Scope<'_, 'm>,
    resource: &mut Resource<'m>,
    ty: &Type,
    segment: &Segment,
) -> Result<(), Error> {
    let Some([Argument { name: None, value }]) = segment.arguments.as_deref() else {
        return Err(not_found(segment));
    };
    let condition = scope.condition(ty, &[], value)?;
    let key = match (&segment.key, ty) {
        (Some(arguments), Type::Entity(ty)) => key_predicate(scope, *ty, segment, arguments)?,
        (Some(_), _) => return Err(not_found(segment)),
        (None, _) => Vec::new(),
    };
    if let Some(step) = resource.steps.last_mut() {
        narrow(step, condition);
        step.key = key;
    }
    Ok(())
}

/// Adds a condition to those of a step.
fn narrow<'m>(step: &mut Step<'m>, condition: Expr<'m>) {
    step.filter = Some(Box::new(match step.filter.take() {
        Some(before) => Expr {
            ty: condition.ty.clone(),
            nullable: before.nullable || condition.nullable,
            kind: ExprKind::And(vec![*before, condition]),
        },
        None => condition,
    }));
}

fn cast<'m>(
    scope: &Scope<'_, 'm>,
    resource: &mut Resource<'m>,
    narrower: Type,
    segment: &Segment,
) -> Result<(), Error> {
    let Some(step) = resource.steps.last_mut() else { return Err(not_found(segment)) };
    if !matches!(narrower, Type::Entity(_) | Type::Complex(_)) || !scope.model.extends(&narrower, &step.ty) {
        return Err(Error::segment_not_found(&segment.name).at(segment.span));
    }
    if let (Some(arguments), Type::Entity(ty)) = (&segment.arguments, &narrower) {
        if !step.is_collection() {
            return Err(not_found(segment));
        }
        step.key = key_predicate(scope, *ty, segment, arguments)?;
    }
    step.is_cast = step.is_cast || narrower != step.ty;
    step.ty = narrower;
    Ok(())
}

fn behind_entity<'m>(
    scope: &Scope<'_, 'm>,
    resource: &mut Resource<'m>,
    within: &mut Vec<&'m Property>,
    segment: &Segment,
) -> Result<(), Error> {
    let model = scope.model;
    let Some(id) = resource.entity_type() else { return Err(not_found(segment)) };
    let ty = model.entity(id);
    if let Some(navigation) = ty.navigation_property(&segment.name) {
        return step_along(scope, resource, Vec::new(), navigation, segment);
    }
    if let Some(property) = ty.property(&segment.name)
        && segment.arguments.is_none()
    {
        return into_property(resource, within, property);
    }
    if let Some(operation) = model.operation(&segment.name, &Type::Entity(id)) {
        resource.ending = Ending::Operation(operation);
        resource.arguments = arguments(scope, operation, segment)?;
        return Ok(());
    }
    if model.unqualified(&segment.name).is_some()
        && let Some(narrower) = model.find_type(&segment.name)
    {
        return cast(scope, resource, narrower, segment);
    }
    match segment.name.as_str() {
        "$ref" => {
            resource.ending = Ending::References;
            Ok(())
        }
        "$value" if ty.has_stream => Err(unsupported(segment)),
        "$value" => {
            Err(Error::invalid(format!("'{}' is no media entity; it has no $value.", ty.name))
                .at(segment.span))
        }
        name if ty.is_open && !name.starts_with('$') => {
            Err(Error::unsupported(format!("The dynamic property '{name}'")).at(segment.span))
        }
        _ => Err(not_found(segment)),
    }
}

fn behind_complex<'m>(
    scope: &Scope<'_, 'm>,
    resource: &mut Resource<'m>,
    within: &mut Vec<&'m Property>,
    segment: &Segment,
) -> Result<(), Error> {
    let narrowed = resource.steps.last().and_then(|step| step.narrowed(within.len()));
    let Some(declared) = narrowed.or_else(|| Some(&within.last()?.ty)).cloned() else {
        return Err(not_found(segment));
    };
    let Type::Complex(id) = declared else { return Err(not_found(segment)) };
    if let Some(property) = scope.model.complex(id).property(&segment.name)
        && segment.arguments.is_none()
    {
        return into_property(resource, within, property);
    }
    if scope.model.unqualified(&segment.name).is_some()
        && let Some(narrower) = scope.model.find_type(&segment.name)
        && let Some(step) = resource.steps.last_mut()
    {
        if segment.arguments.is_some() || !scope.model.extends(&narrower, &declared) {
            return Err(not_found(segment));
        }
        if narrower != declared {
            let path = Path { properties: within.clone(), ..Path::at(Variable::IT) };
            let kind = ExprKind::IsOf(path, narrower.clone());
            narrow(step, Expr { kind, ty: Some(BOOLEAN), nullable: false });
            step.casts.push((within.len(), narrower));
        }
        return Ok(());
    }
    if segment.name == "$value" {
        return Err(Error::invalid("A complex property has no $value.").at(segment.span));
    }
    Err(not_found(segment))
}

fn into_property<'m>(
    resource: &mut Resource<'m>,
    within: &mut Vec<&'m Property>,
    property: &'m Property,
) -> Result<(), Error> {
    match &property.ty {
        Type::Complex(_) => within.push(property),
        Type::Collection(_) => resource.steps.push(Step::into_members(std::mem::take(within), property)),
        _ => {
            let mut path = std::mem::take(within);
            path.push(property);
            resource.ending = Ending::Property { path, raw: false };
        }
    }
    Ok(())
}

fn step_along<'m>(
    scope: &Scope<'_, 'm>,
    resource: &mut Resource<'m>,
    within: Vec<&'m Property>,
    navigation: &'m NavigationProperty,
    segment: &Segment,
) -> Result<(), Error> {
    let key = match &segment.arguments {
        Some(arguments) if navigation.collection => {
            key_predicate(scope, navigation.target, segment, arguments)?
        }
        Some(_) => return Err(not_found(segment)),
        None => Vec::new(),
    };
    resource.steps.push(Step { within, key, ..Step::along(navigation) });
    Ok(())
}

fn unsupported(segment: &Segment) -> Error {
    Error::unsupported(format!("The path segment '{}'", segment.name)).at(segment.span)
}

pub(super) fn not_found(segment: &Segment) -> Error {
    Error::segment_not_found(&segment.name).at(segment.span)
}
