//! Entity types and complex types, with what they inherit.
//!
//! In come declarations with base types first, into the model go types whose members begin with the inherited ones.
//! Specification: OData CSDL XML 4.01 §6 to §9, <https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/>.

use std::collections::HashSet;

use super::names::{Kind, Named, Names};
use super::{Element, Error, MAX_MEMBERS, elements, facets, fault, flag, name, required};
use crate::model::{
    ComplexType, ComplexTypeId, EntityType, EntityTypeId, Model, NavigationProperty, Property, Returned, Type,
};

/// The members of a type, inherited ones first.
#[derive(Default)]
struct Members {
    properties: Vec<Property>,
    inherited: usize,
    navigation: Vec<NavigationProperty>,
    inherited_navigation: usize,
}

pub(super) fn complex_types(names: &Names<'_>, model: &mut Model) -> Result<(), Error> {
    let mut left = MAX_MEMBERS;
    for (namespace, element) in names.all(Kind::Complex).collect::<Vec<_>>() {
        let base = base(names, element)?;
        let base = base.map(|ty| match ty {
            Type::Complex(id) => Ok(id),
            _ => Err(fault(element, "the base type of a complex type must be one")),
        });
        let base: Option<ComplexTypeId> = base.transpose()?;
        let inherited = base.map(|base| model.complex(base));
        let mut members = Members::default();
        if let Some(inherited) = inherited {
            take(&mut left, element, inherited.properties.len() + inherited.navigation.len())?;
            members.inherit(&inherited.properties, &inherited.navigation);
        }
        let is_open = flag(element, "OpenType", false)? || inherited.is_some_and(|base| base.is_open);
        members.declare(names, model, namespace, element, &mut left)?;
        let Members { properties, inherited, navigation, inherited_navigation } = members;
        model.push_complex(ComplexType {
            namespace: namespace.to_owned(),
            name: name(element)?.to_owned(),
            base,
            is_abstract: flag(element, "Abstract", false)?,
            is_open,
            properties,
            inherited,
            navigation,
            inherited_navigation,
        });
    }
    Ok(())
}

pub(super) fn entity_types(names: &Names<'_>, model: &mut Model) -> Result<(), Error> {
    let mut left = MAX_MEMBERS;
    for (namespace, element) in names.all(Kind::Entity).collect::<Vec<_>>() {
        let base = base(names, element)?;
        let base = base.map(|ty| match ty {
            Type::Entity(id) => Ok(id),
            _ => Err(fault(element, "the base type of an entity type must be one")),
        });
        let base: Option<EntityTypeId> = base.transpose()?;
        let inherited = base.map(|base| model.entity(base));
        let mut members = Members::default();
        let (mut key, mut alternate_keys) = (Vec::new(), Vec::new());
        if let Some(inherited) = inherited {
            take(&mut left, element, inherited.properties.len() + inherited.navigation.len())?;
            members.inherit(&inherited.properties, &inherited.navigation);
            key.clone_from(&inherited.key);
            alternate_keys.clone_from(&inherited.alternate_keys);
        }
        let is_open = flag(element, "OpenType", false)? || inherited.is_some_and(|base| base.is_open);
        let has_stream = flag(element, "HasStream", false)? || inherited.is_some_and(|base| base.has_stream);
        if let Some(own) = elements(element, "Key").next() {
            let own = self::key(own)?;
            if !key.is_empty() && key != own {
                return Err(fault(element, "the type has a key although the type that it extends has one"));
            }
            key = own;
        }
        members.declare(names, model, namespace, element, &mut left)?;
        let name = name(element)?.to_owned();
        alternate_keys.extend(names.alternate_keys(element, &format!("{namespace}.{name}")));
        let Members { properties, inherited, navigation, inherited_navigation } = members;
        model.push_entity(EntityType {
            namespace: namespace.to_owned(),
            name,
            base,
            is_abstract: flag(element, "Abstract", false)?,
            is_open,
            has_stream,
            key,
            alternate_keys,
            properties,
            inherited,
            navigation,
            inherited_navigation,
            always_typed: false,
        });
    }
    Ok(())
}

fn base(names: &Names<'_>, element: Element<'_>) -> Result<Option<Type>, Error> {
    match element.attribute("BaseType") {
        Some(_) => Ok(Some(names.type_of(element, "BaseType")?.ty)),
        None => Ok(None),
    }
}

fn key(element: Element<'_>) -> Result<Vec<String>, Error> {
    let parts: Result<Vec<String>, Error> = elements(element, "PropertyRef")
        .map(|part| {
            let name = required(part, "Name")?;
            if name.contains('/') {
                return Err(fault(
                    part,
                    format!("the key property '{name}' of a complex property is not supported"),
                ));
            }
            Ok(name.to_owned())
        })
        .collect();
    let parts = parts?;
    if parts.is_empty() {
        return Err(fault(element, "the key has no property"));
    }
    Ok(parts)
}

/// Counts what a type adds to the model, so that a short document does not become a huge one.
fn take(left: &mut usize, element: Element<'_>, members: usize) -> Result<(), Error> {
    *left = left
        .checked_sub(members)
        .ok_or_else(|| fault(element, format!("all types together have more than {MAX_MEMBERS} members")))?;
    Ok(())
}

impl Members {
    fn inherit(&mut self, properties: &[Property], navigation: &[NavigationProperty]) {
        self.properties = properties.to_vec();
        self.inherited = properties.len();
        self.navigation = navigation.to_vec();
        self.inherited_navigation = navigation.len();
    }

    fn declare(
        &mut self,
        names: &Names<'_>,
        model: &Model,
        namespace: &str,
        element: Element<'_>,
        left: &mut usize,
    ) -> Result<(), Error> {
        let ty = name(element)?;
        let mut seen: HashSet<String> =
            self.properties.iter().map(|property| property.name.clone()).collect();
        seen.extend(self.navigation.iter().map(|property| property.name.clone()));
        let mut first_time = |element| {
            let name = name(element)?;
            take(left, element, 1)?;
            if seen.insert(name.to_owned()) {
                return Ok(());
            }
            Err(fault(element, format!("'{ty}' has the property '{name}' twice")))
        };
        for property in elements(element, "Property") {
            first_time(property)?;
            let target = format!("{namespace}.{ty}/{}", name(property)?);
            self.properties.push(self::property(names, model, property, &target)?);
        }
        for property in elements(element, "NavigationProperty") {
            first_time(property)?;
            let target = format!("{namespace}.{ty}/{}", name(property)?);
            self.navigation.push(navigation(names, property, &target)?);
        }
        Ok(())
    }
}

fn property<'a>(
    names: &Names<'a>,
    model: &Model,
    element: Element<'a>,
    target: &str,
) -> Result<Property, Error> {
    let Named { ty, definition } = names.type_of(element, "Type")?;
    let primitive = match ty.element() {
        Type::Primitive(primitive) => Some(*primitive),
        Type::Entity(_) => return Err(fault(element, "an entity type needs a NavigationProperty")),
        _ => None,
    };
    let definition = definition.and_then(|place| model.type_definitions.get(place));
    Ok(Property {
        name: name(element)?.to_owned(),
        // Of a collection nothing may be concluded from silence (CSDL 4.01 §7.2.1); null members are rare.
        nullable: flag(element, "Nullable", !matches!(ty, Type::Collection(_)))?,
        ty,
        facets: facets::facets(element, primitive, definition.map(|definition| &definition.facets))?,
        definition: definition.map(|definition| format!("{}.{}", definition.namespace, definition.name)),
        default: element.attribute("DefaultValue").map(str::to_owned),
        searchable: false,
        computed: names.is_computed(element, target),
        returned: Returned::Always,
    })
}

fn navigation<'a>(
    names: &Names<'a>,
    element: Element<'a>,
    target: &str,
) -> Result<NavigationProperty, Error> {
    let (entity, collection) = names.entity_of(element, "Type")?;
    let constraints: Result<Vec<(String, String)>, Error> = elements(element, "ReferentialConstraint")
        .map(|one| {
            Ok((required(one, "Property")?.to_owned(), required(one, "ReferencedProperty")?.to_owned()))
        })
        .collect();
    let mut acts = names.acts(element, target);
    if !collection {
        acts.insert = None;
    }
    Ok(NavigationProperty {
        name: name(element)?.to_owned(),
        target: entity,
        collection,
        nullable: !collection && flag(element, "Nullable", true)?,
        contains_target: flag(element, "ContainsTarget", false)?,
        partner: element.attribute("Partner").map(str::to_owned),
        constraints: constraints?,
        bindings: Vec::new(),
        envelope: false,
        acts,
    })
}
