//! The entity container: sets, singletons and imports.
//!
//! A document has one container; others may only be there to be extended by it.
//! Specification: OData CSDL XML 4.01 §13, <https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/>.

use std::collections::HashSet;

use super::names::{Declared, Kind, Names};
use super::{Element, Error, elements, fault, flag, name, required};
use crate::model::{Import, Model, NavigationProperty};

pub(super) fn container(names: &Names<'_>, model: &mut Model) -> Result<(), Error> {
    let all: Vec<Declared<'_>> = names.all(Kind::Container).collect();
    let full_name =
        |declared: &Declared<'_>| Some(format!("{}.{}", declared.0, declared.1.attribute("Name")?));
    let extended: Vec<String> = all
        .iter()
        .filter_map(|(_, element)| element.attribute("Extends"))
        .map(|name| names.full_name(name))
        .collect();
    let mut tops =
        all.iter().filter(|declared| full_name(declared).is_none_or(|name| !extended.contains(&name)));
    let Some(top) = tops.next() else {
        return match all.first() {
            Some((_, element)) => Err(fault(*element, "the container extends itself")),
            None => Ok(()),
        };
    };
    if let Some((_, second)) = tops.next() {
        return Err(fault(*second, "there is a second container"));
    }
    top.0.clone_into(&mut model.container.namespace);
    name(top.1)?.clone_into(&mut model.container.name);
    // From the last that is extended to the one on top. Each is there once, or the top would not be one.
    let mut chain = vec![*top];
    while let Some((_, last)) = chain.last()
        && let Some(base) = last.attribute("Extends")
    {
        let base_name = names.full_name(base);
        let base = all.iter().find(|declared| full_name(declared).as_deref() == Some(&base_name));
        let base =
            base.ok_or_else(|| fault(*last, format!("the container '{base_name}' is not in this document")))?;
        if chain.contains(base) {
            return Err(fault(base.1, "the container extends itself"));
        }
        chain.push(*base);
    }
    let mut seen = HashSet::new();
    for (namespace, element) in chain.into_iter().rev() {
        let container = format!("{namespace}.{}", name(element)?);
        for child in element.children().filter(Element::is_element) {
            if child.tag_name().namespace() != element.tag_name().namespace() {
                continue;
            }
            match child.tag_name().name() {
                "EntitySet" | "Singleton" => member(names, model, &container, child)?,
                "ActionImport" => import(names, model, child, "Action")?,
                "FunctionImport" => import(names, model, child, "Function")?,
                _ => continue,
            }
            let name = name(child)?;
            if !seen.insert(name) {
                return Err(fault(child, format!("the container has '{name}' twice")));
            }
        }
    }
    Ok(())
}

fn member<'a>(
    names: &Names<'a>,
    model: &mut Model,
    container: &str,
    element: Element<'a>,
) -> Result<(), Error> {
    let name = name(element)?.to_owned();
    let collection = element.tag_name().name() == "EntitySet";
    let attribute = if collection { "EntityType" } else { "Type" };
    let (target, many) = names.entity_of(element, attribute)?;
    if many {
        return Err(fault(element, format!("{attribute} is a collection")));
    }
    if collection && !flag(element, "IncludeInServiceDocument", true)? {
        model.container.unlisted.push(name.clone());
    }
    let mut acts = names.acts(element, &format!("{container}/{name}"));
    if !collection {
        (acts.insert, acts.delete) = (None, None);
    }
    let bindings: Result<Vec<(String, String)>, Error> = elements(element, "NavigationPropertyBinding")
        .map(|binding| {
            let path = names.full_path(required(binding, "Path")?);
            let target = names.full_path(required(binding, "Target")?);
            // A target in this container needs no container's name.
            let target = target.strip_prefix(&format!("{container}/")).map(str::to_owned).unwrap_or(target);
            Ok((path, target))
        })
        .collect();
    model.container.members.push(NavigationProperty {
        name,
        target,
        collection,
        nullable: false,
        contains_target: true,
        partner: None,
        constraints: Vec::new(),
        bindings: bindings?,
        envelope: false,
        acts,
    });
    Ok(())
}

fn import(names: &Names<'_>, model: &mut Model, element: Element<'_>, kind: &str) -> Result<(), Error> {
    let operation = names.full_name(required(element, kind)?);
    if model.unbound(&operation).next().is_none() {
        return Err(fault(element, format!("there is no unbound {} '{operation}'", kind.to_lowercase())));
    }
    model.container.imports.push(Import {
        name: name(element)?.to_owned(),
        operation,
        entity_set: element.attribute("EntitySet").map(|path| names.full_path(path)),
        listed: flag(element, "IncludeInServiceDocument", false)?,
    });
    Ok(())
}
