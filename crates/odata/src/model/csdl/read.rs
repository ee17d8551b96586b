//! CSDL XML in.
//!
//! In goes a metadata document of OData 4.0 or 4.01, out comes a model or the first fault with its place. Types may
//! stand in any order, in any number of schemas, and be named with namespace or alias; the model holds them base
//! types first. Annotations are read where the model has a field for what they say, and skipped elsewhere, as are
//! elements that are not CSDL's. Nothing is fetched: types of documents that are only referenced are unknown.
//! Specification: OData CSDL XML 4.01, <https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/>.

mod annotation;
mod check;
mod container;
mod facets;
mod names;
mod operation;
mod order;
mod structure;

use std::collections::HashSet;

use roxmltree::{Document, Node, ParsingOptions};

use self::names::{Kind, Names};
use crate::model::{EnumType, Model, Primitive, TypeDefinition};

/// The largest document that is read.
pub const MAX_BYTES: usize = 32 << 20;
/// Elements, texts and comments of a document.
const MAX_NODES: u32 = 2_000_000;
/// Types between a type and the last that it extends.
const MAX_DEPTH: usize = 64;
/// Members of all types, inherited ones counted again for each type that has them.
const MAX_MEMBERS: usize = 500_000;
/// Characters of a name (CSDL 4.01 §15.2).
const MAX_NAME: usize = 128;

/// A fault in a metadata document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct Error {
    /// Counted from 1.
    pub line: u32,
    /// Counted in characters from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

/// A part of the document.
type Element<'a> = Node<'a, 'a>;

/// The fault `message` at an element.
fn fault(element: Element<'_>, message: impl Into<String>) -> Error {
    let place = element.document().text_pos_at(element.range().start);
    Error { line: place.row, column: place.col, message: message.into() }
}

/// Reads a metadata document.
///
/// Acts that no capability annotation denies are there, with the permissions that annotations name, which may be
/// none.
///
/// # Errors
///
/// When the text is not CSDL XML of OData 4, contradicts itself, or is larger than is ever needed.
pub fn read(xml: &str) -> Result<Model, Error> {
    let at_start = |message: String| Error { line: 1, column: 1, message };
    if xml.len() > MAX_BYTES {
        return Err(at_start(format!("the document is larger than {MAX_BYTES} bytes")));
    }
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(xml, options).map_err(|error| {
        let (place, message) = (error.pos(), error.to_string());
        // The parser says the place as well, in its own way.
        let message = message.rsplit_once(" at ").map_or(message.as_str(), |(message, _)| message);
        Error { line: place.row, column: place.col, message: format!("not well-formed XML: {message}") }
    })?;
    let names = Names::of(document.root_element())?;
    let mut model = Model { schemas: names.schemas.clone(), ..Model::default() };
    names.schemas.first().map_or("", |schema| &schema.namespace).clone_into(&mut model.container.namespace);
    for (namespace, element) in names.all(Kind::Definition) {
        let definition = definition(namespace, element)?;
        model.type_definitions.push(definition);
    }
    for (namespace, element) in names.all(Kind::Enum) {
        model.push_enum(enum_type(namespace, element)?);
    }
    structure::complex_types(&names, &mut model)?;
    structure::entity_types(&names, &mut model)?;
    operation::operations(&names, &mut model)?;
    container::container(&names, &mut model)?;
    check::check(&names, &model)?;
    Ok(model)
}

fn definition(namespace: &str, element: Element<'_>) -> Result<TypeDefinition, Error> {
    let underlying = required(element, "UnderlyingType")?;
    let primitive = underlying.strip_prefix("Edm.").and_then(exact_primitive);
    let underlying = primitive.ok_or_else(|| {
        fault(element, format!("the underlying type '{underlying}' is not a primitive type"))
    })?;
    Ok(TypeDefinition {
        namespace: namespace.to_owned(),
        name: name(element)?.to_owned(),
        underlying,
        facets: facets::facets(element, Some(underlying), None)?,
    })
}

fn enum_type(namespace: &str, element: Element<'_>) -> Result<EnumType, Error> {
    let underlying = element.attribute("UnderlyingType").unwrap_or("Edm.Int32");
    let (primitive, values) = match underlying {
        "Edm.Byte" => (Primitive::Byte, 0..=i64::from(u8::MAX)),
        "Edm.SByte" => (Primitive::SByte, i64::from(i8::MIN)..=i64::from(i8::MAX)),
        "Edm.Int16" => (Primitive::Int16, i64::from(i16::MIN)..=i64::from(i16::MAX)),
        "Edm.Int32" => (Primitive::Int32, i64::from(i32::MIN)..=i64::from(i32::MAX)),
        "Edm.Int64" => (Primitive::Int64, i64::MIN..=i64::MAX),
        _ => {
            return Err(fault(element, format!("the underlying type '{underlying}' is not an integer type")));
        }
    };
    let is_flags = flag(element, "IsFlags", false)?;
    let (mut members, mut seen) = (Vec::new(), HashSet::new());
    let mut next = Some(0_i64);
    for member in elements(element, "Member") {
        let name = name(member)?;
        if !seen.insert(name) {
            return Err(fault(member, format!("the member '{name}' is declared twice")));
        }
        let value = match member.attribute("Value") {
            Some(text) => text.trim().parse().ok(),
            None if is_flags => {
                return Err(fault(member, format!("the flag '{name}' has no value")));
            }
            None => next,
        };
        let value = value.filter(|value| values.contains(value));
        let value =
            value.ok_or_else(|| fault(member, format!("the value of '{name}' is not an {underlying}")))?;
        next = value.checked_add(1);
        members.push((name.to_owned(), value));
    }
    let name = name(element)?.to_owned();
    Ok(EnumType { namespace: namespace.to_owned(), name, underlying: primitive, is_flags, members })
}

/// The primitive type of this name in exactly this spelling, without `Edm.`.
fn exact_primitive(name: &str) -> Option<Primitive> {
    Primitive::named(name).filter(|primitive| primitive.name() == name)
}

/// The children of CSDL with this name.
fn elements<'a>(parent: Element<'a>, name: &'static str) -> impl Iterator<Item = Element<'a>> {
    parent.children().filter(move |child| {
        child.is_element()
            && child.tag_name().name() == name
            && child.tag_name().namespace() == parent.tag_name().namespace()
    })
}

/// An attribute that must be there.
fn required<'a>(element: Element<'a>, attribute: &str) -> Result<&'a str, Error> {
    let missing = || fault(element, format!("{} has no {attribute}", element.tag_name().name()));
    element.attribute(attribute).ok_or_else(missing)
}

/// The attribute `Name`, an identifier.
fn name(element: Element<'_>) -> Result<&str, Error> {
    let name = required(element, "Name")?;
    if is_identifier(name) {
        return Ok(name);
    }
    let shown: String = name.chars().take(MAX_NAME).collect();
    Err(fault(element, format!("'{shown}' is not an identifier")))
}

/// A letter or underscore, then letters, digits and underscores.
fn is_identifier(name: &str) -> bool {
    name.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_alphanumeric() || character == '_')
        && name.chars().count() <= MAX_NAME
}

/// An attribute that is `true` or `false`.
fn flag(element: Element<'_>, attribute: &str, default: bool) -> Result<bool, Error> {
    match element.attribute(attribute).map(str::trim) {
        None => Ok(default),
        Some("true" | "1") => Ok(true),
        Some("false" | "0") => Ok(false),
        Some(other) => Err(fault(element, format!("{attribute} is '{other}', neither true nor false"))),
    }
}
