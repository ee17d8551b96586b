//! `If-Match`, `If-None-Match` and `ETag`: a request that depends on what its sender has seen.
//!
//! Comes in: the headers. Goes out: [`Conditions`], which `read` compares with what it found, and which the store looks
//! at in the unit of work that writes. Tags compare weakly: the same entity is written in many forms.
//! Specification: RFC 9110 §8.8.3, §13.1; OData Part 1 §8.2.4, §8.2.5.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use odata::answer::Answer;
use odata::json::etag;
use odata::query::{Ending, Query};

use super::error::Error;
use super::negotiate::joined;
use crate::store::{Conditions, Known};

/// The conditions of a request.
///
/// # Errors
/// Where a header is no list of tags.
pub fn of(headers: &HeaderMap) -> Result<Conditions, Error> {
    Ok(Conditions {
        only_if: known(headers, &header::IF_MATCH)?,
        only_if_not: known(headers, &header::IF_NONE_MATCH)?,
    })
}

/// Whether an answer is one entity or a part of it and nothing else, so that the entity's tag is the answer's.
pub fn are_for(query: &Query<'_>) -> bool {
    let shape = &query.listing.shape;
    let is_one = !query.resource.is_collection()
        && matches!(query.resource.ending, Ending::Plain | Ending::Property { .. });
    is_one && shape.expand.is_empty() && shape.computed.is_empty()
}

/// The version of the one entity that was read.
pub fn version(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Entity(entity) => entity.version.as_deref(),
        _ => None,
    }
}

/// An answer with the tag of a version.
pub fn tagged(mut response: Response<Body>, version: Option<&str>) -> Response<Body> {
    if let Some(version) = version
        && let Ok(tag) = HeaderValue::from_str(&etag(version))
    {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The answer to whoever has it already, out of the one for whoever has not.
pub fn not_modified(mut response: Response<Body>) -> Response<Body> {
    *response.body_mut() = Body::empty();
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response.headers_mut().remove(header::CONTENT_TYPE);
    response
}

fn known(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Known>, Error> {
    if !headers.contains_key(name) {
        return Ok(None);
    }
    let text = joined(headers, name);
    if text.trim() == "*" {
        return Ok(Some(Known::Any));
    }
    let malformed = || {
        let message = format!("The header '{name}' is '*' or a list of ETags, such as W/\"1\".");
        Error::from(odata::Error::invalid(message).in_target(name.as_str()))
    };
    tags(&text).filter(|tags| !tags.is_empty()).map(|tags| Some(Known::These(tags))).ok_or_else(malformed)
}

/// The tags of a list, without what makes them weak; nothing where it is no list.
fn tags(text: &str) -> Option<Vec<String>> {
    let (mut tags, mut rest) = (Vec::new(), text.trim_start());
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix(',') {
            rest = behind.trim_start();
            continue;
        }
        let quoted = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
        let (tag, behind) = quoted.split_once('"')?;
        let is_legal =
            |character: char| character == '!' || ('#'..='~').contains(&character) || !character.is_ascii();
        if !tag.chars().all(is_legal) {
            return None;
        }
        tags.push(tag.to_owned());
        rest = behind.trim_start();
        if !(rest.is_empty() || rest.starts_with(',')) {
            return None;
        }
    }
    Some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_tags_are_read() {
        let listed = |text: &str| tags(text).map(|tags| tags.join("|"));
        for (text, expected) in [
            ("\"a\"", Some("a")),
            ("W/\"a\"", Some("a")),
            ("W/\"a\" , \"b,c\"", Some("a|b,c")),
            (",\"a\",,\"b\",", Some("a|b")),
            ("\"\"", Some("")),
            ("a", None),
            ("\"a", None),
            ("w/\"a\"", None),
            ("\"a\"\"b\"", None),
            ("\"a b\"", None),
            ("*, \"a\"", None),
        ] {
            assert_eq!(listed(text).as_deref(), expected, "{text}");
        }
    }
}
