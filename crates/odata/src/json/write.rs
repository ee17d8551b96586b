//! An answer as JSON, written straight into bytes in one pass.

use super::{Envelope, MetadataLevel, context};
use crate::answer::{Answer, Entity, Page};
use crate::model::{Model, Type};
use crate::query::{Expansion, Query, Selected, Shape, key_predicate};
use crate::skiptoken;
use crate::syntax::percent::encode_query;
use crate::value::Value;

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
}

/// Renders the answer to a query. A count is plain text, everything else JSON.
#[must_use]
pub fn write(query: &Query<'_>, answer: &Answer, writing: &Writing) -> Vec<u8> {
    let writer = Writer { model: query.model, writing };
    let mut out = Vec::with_capacity(1024);
    match answer {
        Answer::Count(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Answer::Entity(entity) => writer.root_entity(&mut out, query, entity),
        Answer::Page(page) => {
            out.push(b'{');
            writer.context(&mut out, query);
            // Differs: some of Intune's lists show the number of rows in the page unasked; here it is the total, and
            // only with `$count=true`.
            if let Some(count) = page.count {
                out.extend_from_slice(b"\"@odata.count\":");
                out.extend_from_slice(count.to_string().as_bytes());
                out.push(b',');
            }
            let list = query.resource.canonical();
            if let Some(cursor) = &page.next {
                let token = skiptoken::write(&list, &query.listing.order, cursor);
                out.extend_from_slice(b"\"@odata.nextLink\":");
                text(&mut out, &with_token(&writing.request_url, &token));
                out.push(b',');
            }
            out.extend_from_slice(b"\"value\":");
            writer.entities(&mut out, &query.listing.shape, &page.entities, &list);
            out.push(b'}');
        }
    }
    out
}

struct Writer<'a> {
    model: &'a Model,
    writing: &'a Writing,
}

impl Writer<'_> {
    fn context(&self, out: &mut Vec<u8>, query: &Query<'_>) {
        if self.writing.metadata == MetadataLevel::Minimal {
            out.extend_from_slice(b"\"@odata.context\":");
            text(out, &format!("{}/{}", self.writing.service_root, context(query)));
            out.push(b',');
        }
    }

    fn root_entity(&self, out: &mut Vec<u8>, query: &Query<'_>, entity: &Entity) {
        let enveloped = query.resource.navigation().is_some_and(|navigation| navigation.envelope);
        let envelope = if enveloped { self.writing.envelope } else { Envelope::Bare };
        out.push(b'{');
        self.context(out, query);
        let list = query.resource.canonical();
        if envelope != Envelope::Documented {
            self.members(out, &query.listing.shape, entity, &list);
        }
        if envelope != Envelope::Bare {
            out.extend_from_slice(b"\"value\":{");
            self.members(out, &query.listing.shape, entity, &list);
            close(out, b'}');
        }
        close(out, b'}');
    }

    /// The entities of the list with the canonical path `list`.
    fn entities(&self, out: &mut Vec<u8>, shape: &Shape<'_>, entities: &[Entity], list: &str) {
        out.push(b'[');
        for entity in entities {
            out.push(b'{');
            self.members(out, shape, entity, list);
            close(out, b'}');
            out.push(b',');
        }
        close(out, b']');
    }

    /// Every member with a comma behind it.
    fn members(&self, out: &mut Vec<u8>, shape: &Shape<'_>, entity: &Entity, list: &str) {
        if shape.entity(self.model).always_typed && self.writing.metadata != MetadataLevel::None {
            out.extend_from_slice(b"\"@odata.type\":");
            text(out, &format!("#{}", self.model.entity_name(shape.ty)));
            out.push(b',');
        }
        let mut values = entity.values.iter();
        self.properties(out, &shape.properties, &mut values);
        for (expansion, page) in shape.expand.iter().zip(&entity.expanded) {
            let list = format!("{list}{}/{}", key_predicate(&entity.key), expansion.navigation.name);
            self.expanded(out, expansion, page, &list);
        }
    }

    fn properties<'v>(
        &self,
        out: &mut Vec<u8>,
        properties: &[Selected<'_>],
        values: &mut impl Iterator<Item = &'v Value>,
    ) {
        for selected in properties {
            text(out, &selected.property.name);
            out.push(b':');
            if selected.members.is_empty() {
                self.value(out, values.next().unwrap_or(&Value::Null), &selected.property.ty);
            } else {
                out.push(b'{');
                self.properties(out, &selected.members, values);
                close(out, b'}');
            }
            out.push(b',');
        }
    }

    fn expanded(&self, out: &mut Vec<u8>, expansion: &Expansion<'_>, page: &Page, list: &str) {
        let name = &expansion.navigation.name;
        if let Some(count) = page.count {
            text(out, &format!("{name}@odata.count"));
            out.push(b':');
            out.extend_from_slice(count.to_string().as_bytes());
            out.push(b',');
        }
        if let Some(cursor) = &page.next {
            let token = skiptoken::write(list, &expansion.listing.order, cursor);
            let mut url = format!("{}/{}", self.writing.service_root, encode_list(list));
            if !expansion.options.is_empty() {
                url.push('?');
                url.push_str(&expansion.options);
            }
            text(out, &format!("{name}@odata.nextLink"));
            out.push(b':');
            text(out, &with_token(&url, &token));
            out.push(b',');
        }
        text(out, name);
        out.push(b':');
        self.entities(out, &expansion.listing.shape, &page.entities, list);
        out.push(b',');
    }

    fn value(&self, out: &mut Vec<u8>, value: &Value, ty: &Type) {
        match (value, ty) {
            (Value::Integer(number), Type::Enum(id)) => match self.model.enumeration(*id).name_of(*number) {
                Some(name) => text(out, &name),
                None => text(out, &number.to_string()),
            },
            (Value::Null, _) => out.extend_from_slice(b"null"),
            (Value::Boolean(truth), _) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
            (Value::Integer(number), _) => out.extend_from_slice(number.to_string().as_bytes()),
            (Value::Double(number), _) if number.is_finite() => {
                out.extend_from_slice(number.to_string().as_bytes());
            }
            (Value::Decimal(digits), _) => out.extend_from_slice(digits.as_bytes()),
            (Value::String(value), _) => text(out, value),
            (other, _) => text(out, &other.text()),
        }
    }
}

/// The canonical path of a list as it stands in a URL: a slash in the quotes of a key divides no segments.
fn encode_list(list: &str) -> String {
    let parts = list.split('\'').enumerate().map(|(index, part)| {
        let part = encode_query(part);
        if index % 2 == 0 { part } else { part.replace('/', "%2F") }
    });
    parts.collect::<Vec<_>>().join("'")
}

fn with_token(url: &str, token: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}$skiptoken={token}")
}

/// Takes the comma off the last member and closes.
fn close(out: &mut Vec<u8>, bracket: u8) {
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.push(bracket);
}

/// A JSON string.
fn text(out: &mut Vec<u8>, value: &str) {
    // Writing into memory cannot fail, and a string has no other way to.
    let _ = serde_json::to_writer(out, value);
}
