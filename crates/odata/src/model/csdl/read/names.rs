//! The schemas of a document, what they declare, and what names in them mean.
//!
//! In goes the root element, out come the declarations of each kind, types in the order that the model will have
//! them in, so that a name can be turned into the id of a type that is not built yet.
//! Specification: OData CSDL XML 4.01 §3 to §5 and §15,
//! <https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/>.

use std::collections::HashMap;

use super::{Element, Error, elements, exact_primitive, fault, is_identifier, name, order, required};
use crate::model::{ComplexTypeId, EntityTypeId, EnumTypeId, SchemaName, Type};

const EDMX: &str = "http://docs.oasis-open.org/odata/ns/edmx";
const EDM: &str = "http://docs.oasis-open.org/odata/ns/edm";
/// What the namespaces of OData 1 to 3 begin with.
const OLD: &str = "http://schemas.microsoft.com/ado/";

/// What can be declared in a schema and is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Definition,
    Enum,
    Complex,
    Entity,
    Operation,
    Container,
}

impl Kind {
    fn of(element: Element<'_>) -> Option<Self> {
        match element.tag_name().name() {
            "TypeDefinition" => Some(Self::Definition),
            "EnumType" => Some(Self::Enum),
            "ComplexType" => Some(Self::Complex),
            "EntityType" => Some(Self::Entity),
            "Action" | "Function" => Some(Self::Operation),
            "EntityContainer" => Some(Self::Container),
            _ => None,
        }
    }
}

/// A declaration and the namespace of its schema.
pub(super) type Declared<'a> = (&'a str, Element<'a>);

/// A type as an attribute names it.
pub(super) struct Named {
    pub ty: Type,
    /// The place of the type definition that it was named by.
    pub definition: Option<usize>,
}

/// What the schemas declare.
pub(super) struct Names<'a> {
    pub schemas: Vec<SchemaName>,
    /// Aliases and namespaces, each with the namespace that it means.
    namespaces: HashMap<&'a str, &'a str>,
    declared: HashMap<Kind, Vec<Declared<'a>>>,
    /// Full names of types, and their places among the declarations of their kind.
    types: HashMap<String, (Kind, usize)>,
    /// Annotations that stand apart from their target, by its full name.
    pub annotations: HashMap<String, Vec<Element<'a>>>,
}

impl<'a> Names<'a> {
    pub fn of(root: Element<'a>) -> Result<Self, Error> {
        let mut names = Self {
            schemas: Vec::new(),
            namespaces: HashMap::new(),
            declared: HashMap::new(),
            types: HashMap::new(),
            annotations: HashMap::new(),
        };
        let schemas = schemas(root)?;
        for include in root.descendants().filter(|element| element.tag_name().name() == "Include") {
            if let Some(namespace) = include.attribute("Namespace") {
                names.namespaces.insert(namespace, namespace);
                names.namespaces.extend(include.attribute("Alias").map(|alias| (alias, namespace)));
            }
        }
        for schema in &schemas {
            names.add_schema(*schema)?;
        }
        for schema in &schemas {
            names.add_declarations(*schema)?;
        }
        for kind in [Kind::Complex, Kind::Entity] {
            let unordered = names.declared.remove(&kind).unwrap_or_default();
            let ordered = order::bases_first(&names, &unordered)?;
            names.declared.insert(kind, ordered);
        }
        for kind in [Kind::Definition, Kind::Enum, Kind::Complex, Kind::Entity] {
            for (place, (namespace, element)) in names.all(kind).collect::<Vec<_>>().into_iter().enumerate() {
                names.types.insert(format!("{namespace}.{}", name(element)?), (kind, place));
            }
        }
        Ok(names)
    }

    fn add_schema(&mut self, schema: Element<'a>) -> Result<(), Error> {
        let namespace = required(schema, "Namespace")?;
        if !namespace.split('.').all(is_identifier)
            || matches!(namespace, "Edm" | "odata" | "System" | "Transient")
        {
            return Err(fault(schema, format!("'{namespace}' cannot be a namespace")));
        }
        // A schema may be given in pieces by old tools; OData 4 asks for one.
        if self.schemas.iter().any(|other| other.namespace == namespace) {
            return Err(fault(schema, format!("the schema '{namespace}' is there twice")));
        }
        let alias = schema.attribute("Alias");
        if let Some(alias) = alias.filter(|alias| !is_identifier(alias)) {
            return Err(fault(schema, format!("'{alias}' cannot be an alias")));
        }
        self.namespaces.insert(namespace, namespace);
        self.namespaces.extend(alias.map(|alias| (alias, namespace)));
        self.schemas.push(SchemaName { namespace: namespace.to_owned(), alias: alias.map(str::to_owned) });
        Ok(())
    }

    fn add_declarations(&mut self, schema: Element<'a>) -> Result<(), Error> {
        let namespace = required(schema, "Namespace")?;
        let mut seen = HashMap::new();
        let own = |element: &Element<'_>| {
            element.is_element() && element.tag_name().namespace() == schema.tag_name().namespace()
        };
        for element in schema.children().filter(own) {
            let Some(kind) = Kind::of(element) else { continue };
            let name = name(element)?;
            // Operations may be overloaded; nothing else shares its name.
            let other = seen.insert(name, kind);
            if other.is_some_and(|other| (other, kind) != (Kind::Operation, Kind::Operation)) {
                return Err(fault(element, format!("'{namespace}.{name}' is declared twice")));
            }
            self.declared.entry(kind).or_default().push((namespace, element));
        }
        for apart in elements(schema, "Annotations").filter(|apart| apart.attribute("Qualifier").is_none()) {
            let target = self.full_path(required(apart, "Target")?);
            self.annotations.entry(target).or_default().push(apart);
        }
        Ok(())
    }

    /// The declarations of a kind.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = Declared<'a>> {
        self.declared.get(&kind).into_iter().flatten().copied()
    }

    /// A qualified name with its namespace instead of an alias.
    pub fn full_name(&self, name: &str) -> String {
        match name.rsplit_once('.') {
            Some((qualifier, last)) => {
                format!("{}.{last}", self.namespaces.get(qualifier).copied().unwrap_or(qualifier))
            }
            None => name.to_owned(),
        }
    }

    /// A path, each of whose segments may be a qualified name.
    pub fn full_path(&self, path: &str) -> String {
        path.split('/').map(|segment| self.full_name(segment)).collect::<Vec<_>>().join("/")
    }

    /// The type that an attribute names.
    pub fn type_of(&self, element: Element<'_>, attribute: &str) -> Result<Named, Error> {
        let text = required(element, attribute)?.trim();
        match text.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')')) {
            Some(name) => {
                let Named { ty, definition } = self.single(element, name.trim())?;
                Ok(Named { ty: ty.collection(), definition })
            }
            None => self.single(element, text),
        }
    }

    fn single(&self, element: Element<'_>, name: &str) -> Result<Named, Error> {
        if let Some(primitive) = name.strip_prefix("Edm.") {
            let unsupported = || fault(element, format!("the type '{name}' is not supported here"));
            let primitive = exact_primitive(primitive).ok_or_else(unsupported)?;
            return Ok(Named { ty: Type::Primitive(primitive), definition: None });
        }
        let (ty, definition) = match self.types.get(&self.full_name(name)) {
            Some((Kind::Enum, place)) => (Type::Enum(EnumTypeId(*place)), None),
            Some((Kind::Complex, place)) => (Type::Complex(ComplexTypeId(*place)), None),
            Some((Kind::Entity, place)) => (Type::Entity(EntityTypeId(*place)), None),
            Some((Kind::Definition, place)) => {
                let definition = self.declared.get(&Kind::Definition).and_then(|all| all.get(*place));
                let underlying = definition.and_then(|(_, element)| element.attribute("UnderlyingType"));
                match underlying.and_then(|name| exact_primitive(name.strip_prefix("Edm.")?)) {
                    Some(primitive) => (Type::Primitive(primitive), Some(*place)),
                    None => return Err(self.unknown(element, name)),
                }
            }
            _ => return Err(self.unknown(element, name)),
        };
        Ok(Named { ty, definition })
    }

    fn unknown(&self, element: Element<'_>, name: &str) -> Error {
        let elsewhere = name.rsplit_once('.').is_some_and(|(qualifier, _)| {
            let namespace = self.namespaces.get(qualifier);
            namespace
                .is_some_and(|namespace| self.schemas.iter().all(|schema| schema.namespace != *namespace))
        });
        let hint = if elsewhere { "; its schema is only referenced" } else { "" };
        fault(element, format!("unknown type '{name}'{hint}"))
    }

    /// The entity type that an attribute names.
    pub fn entity_of(&self, element: Element<'_>, attribute: &str) -> Result<(EntityTypeId, bool), Error> {
        match self.type_of(element, attribute)?.ty {
            Type::Entity(id) => Ok((id, false)),
            Type::Collection(ty) if matches!(*ty, Type::Entity(_)) => match *ty {
                Type::Entity(id) => Ok((id, true)),
                _ => Err(fault(element, "not an entity type")),
            },
            _ => {
                let name = required(element, attribute)?;
                Err(fault(element, format!("'{name}' is not an entity type")))
            }
        }
    }
}

/// The schemas of a document whose root is `Edmx`, or the root itself where it is a schema.
fn schemas(root: Element<'_>) -> Result<Vec<Element<'_>>, Error> {
    let in_namespace =
        |element: &Element<'_>, namespace: &str| element.tag_name().namespace() == Some(namespace);
    let old = |element: &Element<'_>| {
        element.tag_name().namespace().is_some_and(|namespace| namespace.starts_with(OLD))
    };
    let found: Vec<Element<'_>> = if root.has_tag_name((EDMX, "Edmx")) {
        let services = elements(root, "DataServices");
        services.flat_map(|services| services.children().filter(Element::is_element)).collect()
    } else {
        vec![root]
    };
    let (schemas, others): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|element| element.tag_name().name() == "Schema" && in_namespace(element, EDM));
    if let Some(old) = others.iter().find(|element| old(element)) {
        return Err(fault(
            *old,
            "the document is of OData 3 or older; CSDL of OData 4.0 or 4.01 is expected",
        ));
    }
    if schemas.is_empty() {
        return Err(fault(root, "there is no Schema of OData 4.0 or 4.01"));
    }
    Ok(schemas)
}
