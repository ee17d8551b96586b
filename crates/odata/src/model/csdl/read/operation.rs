//! Actions and functions.
//!
//! Specification: OData CSDL XML 4.01 §12, <https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/>.

use super::names::{Kind, Named, Names};
use super::{Element, Error, elements, facets, fault, flag, name};
use crate::model::{Model, Operation, OperationKind, Parameter, Type};

pub(super) fn operations(names: &Names<'_>, model: &mut Model) -> Result<(), Error> {
    for (namespace, element) in names.all(Kind::Operation).collect::<Vec<_>>() {
        let operation = operation(names, model, namespace, element)?;
        model.operations.push(operation);
    }
    Ok(())
}

fn operation<'a>(
    names: &Names<'a>,
    model: &Model,
    namespace: &str,
    element: Element<'a>,
) -> Result<Operation, Error> {
    let name = name(element)?.to_owned();
    let kind = match element.tag_name().name() {
        "Action" => OperationKind::Action,
        _ => OperationKind::Function,
    };
    let mut declared = elements(element, "Parameter");
    let (mut binding, mut entity_set_path) = (None, None);
    if flag(element, "IsBound", false)? {
        let first = declared.next();
        let first = first.ok_or_else(|| fault(element, format!("'{name}' is bound to no parameter")))?;
        binding = Some(names.type_of(first, "Type")?.ty);
        entity_set_path = element.attribute("EntitySetPath").map(|path| {
            // The first segment is the parameter's name.
            let rest = path.split_once('/').map_or("", |(_, rest)| rest);
            names.full_path(rest)
        });
    }
    let parameters: Result<Vec<Parameter>, Error> =
        declared.map(|parameter| self::parameter(names, model, parameter)).collect();
    let returned = elements(element, "ReturnType").next();
    if returned.is_none() && kind == OperationKind::Function {
        return Err(fault(element, format!("the function '{name}' has no ReturnType")));
    }
    let returns_nullable = returned.map_or(Ok(true), |returned| flag(returned, "Nullable", true))?;
    let returns = returned.map(|returned| names.type_of(returned, "Type")).transpose()?;
    Ok(Operation {
        namespace: namespace.to_owned(),
        name,
        kind,
        binding,
        is_composable: flag(element, "IsComposable", false)?,
        parameters: parameters?,
        returns: returns.map(|returns| returns.ty),
        returns_nullable,
        entity_set_path,
        permission: names.callers(element),
    })
}

fn parameter(names: &Names<'_>, model: &Model, element: Element<'_>) -> Result<Parameter, Error> {
    let Named { ty, definition } = names.type_of(element, "Type")?;
    let primitive = match ty.element() {
        Type::Primitive(primitive) => Some(*primitive),
        _ => None,
    };
    let definition = definition.and_then(|place| model.type_definitions.get(place));
    Ok(Parameter {
        name: name(element)?.to_owned(),
        nullable: flag(element, "Nullable", true)?,
        ty,
        facets: facets::facets(element, primitive, definition.map(|definition| &definition.facets))?,
        definition: definition.map(|definition| format!("{}.{}", definition.namespace, definition.name)),
    })
}
