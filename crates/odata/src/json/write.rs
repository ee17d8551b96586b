//! An answer as JSON, written straight into bytes in one pass.

mod address;
mod computed;
mod expanded;
mod property;
mod text;

use super::context::{context, expanded_address, home, list_address};
use super::{Envelope, MetadataLevel};
use crate::answer::{Answer, Cell, Entity, Expanded, Page};
use crate::model::{Model, Primitive, Type};
use crate::profile::{Profile, Version};
use crate::query::{Ending, Query, Selected, Shape, key_predicate};
use crate::skiptoken;
use crate::syntax::percent::encode_query;
use crate::value::Value;
use address::Address;
pub(super) use text::{joined, name, text};

/// How an answer is to be written.
#[derive(Clone, Debug)]
pub struct Writing {
    /// The address of the service root, without a slash at the end: `https://graph.example/beta`.
    pub service_root: String,
    /// The address of this very request without its `$skiptoken`, to which the next page's is appended.
    pub request_url: String,
    /// How much control information.
    pub metadata: MetadataLevel,
    /// Where an enveloped entity stands.
    pub envelope: Envelope,
    /// Whose manners.
    pub profile: &'static Profile,
    /// The version that the answer has.
    pub version: Version,
    /// Whether 64-bit and decimal numbers are written as texts.
    pub ieee754_compatible: bool,
}

/// A body.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// What it is.
    pub form: Form,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON.
    Json,
    /// Plain text.
    Text,
    /// Bytes of no known type.
    Bytes,
    /// There is none: 204.
    Nothing,
}

/// Renders the answer to a query.
#[must_use]
pub fn write(query: &Query<'_>, answer: &Answer, writing: &Writing) -> Written {
    let writer = Writer { model: query.model, writing };
    let mut out = Vec::with_capacity(1024);
    let form = match answer {
        Answer::Count(number) => {
            out.extend_from_slice(number.to_string().as_bytes());
            Form::Text
        }
        Answer::Nothing => Form::Nothing,
        Answer::Entity(entity) => match &query.resource.ending {
            Ending::Property { raw, .. } => writer.property(&mut out, query, entity, *raw),
            _ => {
                writer.root_entity(&mut out, query, entity);
                Form::Json
            }
        },
        Answer::Page(page) => {
            writer.root_page(&mut out, query, page);
            Form::Json
        }
    };
    Written { form, bytes: out }
}

/// Renders what an operation returns: a collection of structures, each as a JSON text keeps it
/// ([`crate::sql::stored`]), entities with their key among the members.
#[must_use]
pub fn write_structures(
    model: &Model,
    element: &Type,
    structures: &[serde_json::Map<String, serde_json::Value>],
    writing: &Writing,
) -> Written {
    let writer = Writer { model, writing };
    let mut out = Vec::with_capacity(1024);
    out.push(b'{');
    writer.context_url(&mut out, || format!("$metadata#{}", model.type_name(&element.clone().collection())));
    out.extend_from_slice(b"\"value\":[");
    for members in structures {
        out.push(b'{');
        writer.complex(&mut out, members, element, None);
        close(&mut out, b'}');
        out.push(b',');
    }
    close(&mut out, b']');
    out.push(b'}');
    Written { form: Form::Json, bytes: out }
}

pub(super) struct Writer<'a> {
    pub model: &'a Model,
    pub writing: &'a Writing,
}

impl Writer<'_> {
    /// The name of control information and a colon: `"@odata.type":`, `"name@odata.type":`.
    pub fn control(&self, out: &mut Vec<u8>, name: &str, information: &str) {
        joined(out, &[name, self.writing.version.prefix(), information]);
        out.push(b':');
    }

    fn context(&self, out: &mut Vec<u8>, query: &Query<'_>) {
        self.context_url(out, || context(query, self.writing.profile));
    }

    fn context_url(&self, out: &mut Vec<u8>, context: impl FnOnce() -> String) {
        if self.writing.metadata != MetadataLevel::None {
            self.control(out, "", "context");
            joined(out, &[&self.writing.service_root, "/", &context()]);
            out.push(b',');
        }
    }

    fn count(&self, out: &mut Vec<u8>, name: &str, count: u64) {
        self.control(out, name, "count");
        if self.writing.ieee754_compatible {
            text(out, &count.to_string());
        } else {
            out.extend_from_slice(count.to_string().as_bytes());
        }
        out.push(b',');
    }

    fn root_page(&self, out: &mut Vec<u8>, query: &Query<'_>, page: &Page) {
        out.push(b'{');
        self.context(out, query);
        // Differs: some of Intune's lists show the number of rows in the page unasked; here it is the total, and
        // only with `$count=true`.
        if let Some(count) = page.count {
            self.count(out, "", count);
        }
        if let Some(cursor) = &page.next {
            let token = skiptoken::write(&query.resource.canonical(), &query.listing.order, cursor);
            self.control(out, "", "nextLink");
            text(out, &with_token(&self.writing.request_url, &token));
            out.push(b',');
        }
        out.extend_from_slice(b"\"value\":");
        let list = list_address(self.model, &query.resource);
        if matches!(query.resource.ending, Ending::References) {
            self.references(out, &query.listing.shape, &page.entities, &list);
        } else {
            self.entities(out, &query.listing.shape, &page.entities, &list);
        }
        out.push(b'}');
    }

    fn root_entity(&self, out: &mut Vec<u8>, query: &Query<'_>, entity: &Entity) {
        let enveloped = query.resource.navigation().is_some_and(|navigation| navigation.envelope);
        let envelope = if enveloped { self.writing.envelope } else { Envelope::Bare };
        let shape = &query.listing.shape;
        out.push(b'{');
        self.context(out, query);
        let make = || self.root_address(query, entity);
        let address = Address::made_by(&make);
        if matches!(query.resource.ending, Ending::References) {
            self.id(out, address.text());
            close(out, b'}');
            return;
        }
        if envelope != Envelope::Documented {
            self.members(out, shape, entity, &address);
        }
        if envelope != Envelope::Bare {
            out.extend_from_slice(b"\"value\":{");
            self.members(out, shape, entity, &address);
            close(out, b'}');
        }
        close(out, b'}');
    }

    /// The instances of a list with this address.
    fn entities(&self, out: &mut Vec<u8>, shape: &Shape<'_>, entities: &[Entity], list: &str) {
        out.push(b'[');
        for entity in entities {
            match (&shape.ty, entity.values.first()) {
                (Type::Entity(_) | Type::Complex(_), _) => {
                    out.push(b'{');
                    let make = || self.address(shape, entity, list);
                    self.members(out, shape, entity, &Address::made_by(&make));
                    close(out, b'}');
                }
                // A member of a collection is a bare value; with something computed it would have no place.
                (ty, Some(Cell::One(value))) => self.value(out, value, ty, None),
                _ => {
                    out.push(b'{');
                    self.computed(out, &shape.computed, &entity.computed);
                    close(out, b'}');
                }
            }
            out.push(b',');
        }
        close(out, b']');
    }

    fn references(&self, out: &mut Vec<u8>, shape: &Shape<'_>, entities: &[Entity], list: &str) {
        out.push(b'[');
        for entity in entities {
            out.push(b'{');
            self.id(out, &self.address(shape, entity, list));
            close(out, b'}');
            out.push(b',');
        }
        close(out, b']');
    }

    fn id(&self, out: &mut Vec<u8>, address: &str) {
        self.control(out, "", "id");
        text(out, &format!("{}/{}", self.writing.service_root, encode_list(address)));
        out.push(b',');
    }

    /// The canonical address of the one entity that was addressed: a singleton's and a contained single one's is that of
    /// its path.
    fn root_address(&self, query: &Query<'_>, entity: &Entity) -> String {
        let list = list_address(self.model, &query.resource);
        let is_single = query.resource.navigation().is_some_and(|navigation| !navigation.collection);
        if is_single && home(self.model, &list).is_none_or(|home| !home.collection) {
            return list;
        }
        self.address(&query.listing.shape, entity, &list)
    }

    /// The canonical address of an entity in a list.
    fn address(&self, shape: &Shape<'_>, entity: &Entity, list: &str) -> String {
        let Some(ty) = shape.entity(self.model) else { return list.to_owned() };
        if entity.key.is_empty() {
            return list.to_owned();
        }
        let values: Vec<&Value> = entity.key.iter().collect();
        format!("{list}{}", key_predicate(ty.key_properties(), &values))
    }

    /// Every member with a comma behind it.
    fn members(&self, out: &mut Vec<u8>, shape: &Shape<'_>, entity: &Entity, address: &Address<'_>) {
        let actual = entity.type_name.as_deref().and_then(|name| self.model.find_type(name));
        let actual = actual.unwrap_or_else(|| shape.ty.clone());
        let has_instance = !entity.values.is_empty() || shape.computed.is_empty() || !shape.expand.is_empty();
        if has_instance {
            self.entity_control(out, shape, entity, &actual, address);
        }
        if let Type::Complex(_) = shape.ty
            && let [Cell::One(Value::Json(serde_json::Value::Object(members)))] = entity.values.as_slice()
        {
            self.complex(out, members, &shape.ty, None);
        } else {
            self.cells(out, &shape.properties, &entity.values, Some(&actual));
        }
        if let Some(serde_json::Value::Object(members)) = &entity.document {
            self.undeclared(out, members, &actual);
        }
        self.computed(out, &shape.computed, &entity.computed);
        for (expansion, found) in shape.expand.iter().zip(&entity.expanded) {
            let address = address.text();
            let list = expanded_address(self.model, address, expansion.navigation);
            if self.writing.metadata == MetadataLevel::Full && !matches!(found, Expanded::Absent) {
                self.navigation_link(out, &expansion.navigation.name, address);
            }
            self.expanded(out, expansion, found, &list, address);
        }
        if let (MetadataLevel::Full, Type::Entity(id)) = (self.writing.metadata, &actual)
            && has_instance
        {
            self.navigation_links(out, shape, *id, address.text());
        }
    }

    fn entity_control(
        &self,
        out: &mut Vec<u8>,
        shape: &Shape<'_>,
        entity: &Entity,
        actual: &Type,
        address: &Address<'_>,
    ) {
        let level = self.writing.metadata;
        if level == MetadataLevel::None {
            return;
        }
        let always = shape.entity(self.model).is_some_and(|ty| ty.always_typed);
        if always || *actual != shape.ty || level == MetadataLevel::Full {
            self.control(out, "", "type");
            joined(out, &["#", &self.model.type_name(actual)]);
            out.push(b',');
        }
        let Type::Entity(_) = actual else { return };
        let is_keyless = || {
            let key = shape.entity(self.model).map(|ty| ty.key.as_slice()).unwrap_or_default();
            let is_there = |name: &String| shape.properties.iter().any(|one| one.property.name == *name);
            !key.iter().all(is_there)
        };
        if level == MetadataLevel::Full || (self.writing.profile.id_without_key && is_keyless()) {
            self.id(out, address.text());
        }
        if let (Some(version), true) = (&entity.version, self.writing.profile.etags) {
            self.control(out, "", "etag");
            text(out, &etag(version));
            out.push(b',');
        }
        if level == MetadataLevel::Full {
            self.control(out, "", "editLink");
            text(out, &encode_list(address.text()));
            out.push(b',');
        }
    }

    /// Structural properties; those of derived types for instances of these only.
    fn cells(&self, out: &mut Vec<u8>, properties: &[Selected<'_>], cells: &[Cell], actual: Option<&Type>) {
        for (selected, cell) in properties.iter().zip(cells) {
            if let (Some(of), Some(actual)) = (&selected.of, actual)
                && !self.model.extends(actual, of)
            {
                continue;
            }
            let property = selected.property;
            if property.ty == Type::Primitive(Primitive::Stream) {
                continue;
            }
            if let Cell::Counted(_, count) = cell {
                self.count(out, &property.name, *count);
            }
            self.type_annotation(out, property);
            name(out, &property.name);
            match cell {
                Cell::One(value) | Cell::Counted(value, _) => {
                    self.value(out, value, &property.ty, Some(selected));
                }
                Cell::Members(cells) => {
                    out.push(b'{');
                    self.complex_type(out, &property.ty);
                    self.cells(out, &selected.members, cells, None);
                    close(out, b'}');
                }
            }
            out.push(b',');
        }
    }
}

/// A version as an ETag: weak, since the same entity can be written in many ways.
#[must_use]
pub fn etag(version: &str) -> String {
    let plain: String = version
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || "-._".contains(*character))
        .collect();
    format!("W/\"{plain}\"")
}

/// The canonical path of a list as it stands in a URL: a slash in the quotes of a key divides no segments.
fn encode_list(list: &str) -> String {
    let parts = list.split('\'').enumerate().map(|(index, part)| {
        let part = encode_query(part).replace("%3D", "=");
        if index % 2 == 0 { part } else { part.replace('/', "%2F") }
    });
    parts.collect::<Vec<_>>().join("'")
}

fn with_token(url: &str, token: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}$skiptoken={token}")
}

/// Takes the comma off the last member and closes.
pub(super) fn close(out: &mut Vec<u8>, bracket: u8) {
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.push(bracket);
}
