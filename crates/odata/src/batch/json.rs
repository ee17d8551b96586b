//! The JSON format, read: `{"requests":[{"id","method","url","headers","body","dependsOn","atomicityGroup"}]}`.
//!
//! Unknown members are passed over, as clients of Graph send some. A body stays the text that it is: what is in it is
//! for the request's own reader to judge.
//! Specification: OData JSON Format 4.01, 19.1 "Batch Request".

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::names::Names;
use super::{Batch, Dependency, Format, Part, Rules, essence, head, header, is_json};
use crate::error::{Error, Span};

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow)]
    requests: Requests<'a>,
}

/// The requests, unread. No more are kept than any batch may have.
struct Requests<'a> {
    first: Vec<&'a RawValue>,
    count: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent<'a> {
    id: Id,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    url: Cow<'a, str>,
    atomicity_group: Option<Id>,
    depends_on: Option<Ids>,
    #[serde(rename = "if", borrow)]
    condition: Option<&'a RawValue>,
    headers: Option<Headers>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

/// A text; clients of Graph send whole numbers too.
struct Id(String);

/// No more than a batch may have requests and groups.
struct Ids(Vec<Id>);

struct Headers(head::Headers);

pub(super) fn batch(body: &[u8], rules: &Rules) -> Result<Batch, Error> {
    let whole: Whole<'_> = serde_json::from_slice(body).map_err(|error| malformed(&error, body, 0))?;
    let most = rules.max_requests.min(Rules::LARGEST);
    if whole.requests.count > most {
        return Err(too_many(most));
    }
    let mut names = Names::new(rules);
    let mut requests = Vec::with_capacity(whole.requests.first.len());
    for (at, raw) in whole.requests.first.into_iter().enumerate() {
        let place = format!("requests[{at}]");
        let offset = (raw.get().as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
        let sent: Sent<'_> = serde_json::from_str(raw.get())
            .map_err(|error| malformed(&error, raw.get().as_bytes(), offset).in_target(&place))?;
        requests.push(part(sent, at, &mut names, rules).map_err(|error| error.in_target(&place))?);
    }
    if !rules.mixed_dependencies {
        one_way(&requests)?;
    }
    Ok(Batch { format: Format::Json, rules: *rules, requests, groups: names.groups })
}

pub(super) fn too_many(most: usize) -> Error {
    Error::invalid(format!("Number of batch request steps exceeds the maximum value of {most}."))
        .in_target("requests")
}

fn part(sent: Sent<'_>, at: usize, names: &mut Names<'_>, rules: &Rules) -> Result<Part, Error> {
    let id = sent.id.0;
    // The request's own id is not known yet: it cannot wait for itself.
    let group = sent.atomicity_group.map(|name| names.member(&name.0, at)).transpose()?;
    let mut depends_on = HashSet::new();
    for name in sent.depends_on.map(|ids| ids.0).unwrap_or_default() {
        let found =
            names.find(&name.0).filter(|found| group.is_none_or(|own| *found != Dependency::Group(own)));
        depends_on.insert(found.ok_or_else(|| {
            Error::invalid(format!(
                "Invalid dependency for request Id {id}: '{}' is not the id of a preceding request.",
                name.0
            ))
        })?);
    }
    names.request(&id, at)?;
    let headers = sent.headers.map(|headers| headers.0).unwrap_or_default();
    let body = match sent.body {
        Some(raw) => content(raw, header(&headers, "content-type"), &id, rules)?,
        None => Vec::new(),
    };
    let method = sent.method.to_ascii_uppercase();
    if !body.is_empty() && matches!(method.as_str(), "GET" | "DELETE") {
        return Err(Error::invalid(format!("The {method} request with the id '{id}' has a body.")));
    }
    let mut part = Part {
        id: Some(id),
        method,
        url: sent.url.into_owned(),
        body,
        group,
        depends_on: depends_on.into_iter().collect(),
        is_conditional: sent.condition.is_some(),
        ..Part::default()
    };
    // Graph's clients copy headers of a request by itself; those say nothing here.
    part.take_headers(headers);
    Ok(part)
}

impl Part {
    /// Keeps the headers that have a meaning for one request.
    pub(super) fn take_headers(&mut self, headers: head::Headers) {
        for (name, value) in headers {
            if head::belongs_to_batch(&name) {
                continue;
            }
            if head::is_sendable(&name, &value) {
                self.headers.push((name, value));
            } else {
                let error =
                    Error::invalid("A header's name or value has characters that headers cannot have.");
                self.fault.get_or_insert(error.in_target("headers"));
            }
        }
    }
}

/// Graph wants all requests in a chain, or none.
fn one_way(requests: &[Part]) -> Result<(), Error> {
    let waiting = requests.iter().filter(|part| !part.depends_on.is_empty()).count();
    if waiting > 0 && waiting + 1 < requests.len() {
        return Err(Error::invalid("Batch should be either fully sequential or fully parallel"));
    }
    Ok(())
}

/// The body as it would have been sent by itself.
fn content(raw: &RawValue, content_type: Option<&str>, id: &str, rules: &Rules) -> Result<Vec<u8>, Error> {
    let kind = content_type.map(essence);
    match kind.as_deref() {
        None if rules.content_type_required => Err(Error::invalid(format!(
            "Write request id : {id} does not contain Content-Type header or body."
        ))),
        None => Ok(raw.get().as_bytes().to_vec()),
        Some(kind) if is_json(kind) => Ok(raw.get().as_bytes().to_vec()),
        Some(kind) => {
            let text: String = serde_json::from_str(raw.get())
                .map_err(|_| Error::invalid(format!("A body of the type '{kind}' is sent as a string.")))?;
            if kind.starts_with("text/") {
                return Ok(text.into_bytes());
            }
            binary(&text).ok_or_else(|| {
                Error::invalid(format!("A body of the type '{kind}' is sent as a base64url string."))
            })
        }
    }
}

/// base64url, padded or not; clients of Graph send the other alphabet too.
fn binary(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['+', '/']) { &STANDARD } else { &URL_SAFE };
    GeneralPurpose::new(alphabet, LENIENT).decode(text).ok()
}

/// What is wrong with the JSON, and where in the whole body: `offset` is where `text` begins.
fn malformed(error: &serde_json::Error, text: &[u8], offset: usize) -> Error {
    let lines = text.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    let position = offset + lines.map(<[u8]>::len).sum::<usize>() + error.column().saturating_sub(1);
    // The library adds line and column of a part of the body, which would mislead.
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    Error::syntax(format!("Invalid batch payload format: {reason} at position {position}."))
        .at(Span::new(position, position))
}

impl<'de: 'a, 'a> Deserialize<'de> for Requests<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Array;
        impl<'de> Visitor<'de> for Array {
            type Value = Requests<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of requests")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Requests<'de>, A::Error> {
                let mut first = Vec::new();
                while first.len() < Rules::LARGEST {
                    match array.next_element::<&'de RawValue>()? {
                        Some(request) => first.push(request),
                        None => return Ok(Requests { count: first.len(), first }),
                    }
                }
                let mut count = first.len();
                while array.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Requests { first, count })
            }
        }
        deserializer.deserialize_seq(Array)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Id, E> {
                Ok(Id(text.to_owned()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Id, E> {
                Ok(Id(number.to_string()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Id, E> {
                Ok(Id(number.to_string()))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Array;
        impl<'de> Visitor<'de> for Array {
            type Value = Ids;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of ids")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Ids, A::Error> {
                let mut ids = Vec::new();
                while let Some(id) = array.next_element::<Id>()? {
                    if ids.len() == 2 * Rules::LARGEST {
                        return Err(A::Error::custom("more ids than a batch has"));
                    }
                    ids.push(id);
                }
                Ok(Ids(ids))
            }
        }
        deserializer.deserialize_seq(Array)
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of headers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Headers, A::Error> {
                let mut headers = head::Headers::new();
                while let Some((name, value)) = object.next_entry::<String, String>()? {
                    if headers.len() == head::MOST {
                        return Err(A::Error::custom(format_args!("more than {} headers", head::MOST)));
                    }
                    if header(&headers, &name).is_some() {
                        return Err(A::Error::custom(format_args!("the header '{name}' is there twice")));
                    }
                    headers.push((name, value));
                }
                Ok(Headers(headers))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
