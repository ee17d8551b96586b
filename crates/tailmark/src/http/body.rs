//! Request bodies: their type and size are checked before and while they are read.
//!
//! Specification: RFC 9110 §8.3, §8.4, §15.5.14.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;

use super::error::Error;
use super::listen::TooSlow;

/// Reads a body of at most `limit` bytes, whatever its type.
///
/// # Errors
/// Where it is compressed, too large, too slow or cut off.
pub async fn whole(headers: &HeaderMap, body: Body, limit: usize) -> Result<Vec<u8>, Error> {
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING) {
        let encoding = encoding.to_str().unwrap_or_default();
        if !encoding.eq_ignore_ascii_case("identity") {
            return Err(Error::ContentEncoding(encoding.to_owned()));
        }
    }
    if headers.get_all(header::CONTENT_TYPE).iter().count() > 1 {
        return Err(Error::Unreadable("there is more than one Content-Type".to_owned()));
    }
    bytes(headers, body, limit).await
}

/// Reads a JSON body of at most `limit` bytes.
///
/// # Errors
/// Where it is of another type, compressed, too large, too slow or cut off.
pub async fn json(headers: &HeaderMap, body: Body, limit: usize) -> Result<Vec<u8>, Error> {
    let bytes = whole(headers, body, limit).await?;
    match headers.get(header::CONTENT_TYPE) {
        Some(_) if bytes.is_empty() => Ok(bytes),
        // Some clients send no type at all; then it can only be JSON.
        None => Ok(bytes),
        Some(found) => {
            let found = found.to_str().unwrap_or_default();
            if is_json_in_utf_8(found) { Ok(bytes) } else { Err(Error::MediaType(found.to_owned())) }
        }
    }
}

/// `application/json`, and if it names a charset then UTF-8 or its part ASCII: JSON has no other (RFC 8259 §8.1).
fn is_json_in_utf_8(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let mut charsets = parts.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    let is_taken = |name: &str| ["utf-8", "utf8", "us-ascii"].iter().any(|it| it.eq_ignore_ascii_case(name));
    is_json && charsets.all(is_taken)
}

async fn bytes(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Vec<u8>, Error> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|announced| announced > limit) {
        return Err(Error::TooLarge(limit));
    }
    // One piece from the start: growing it would need twice the memory for a moment.
    let mut bytes = Vec::with_capacity(announced.unwrap_or(0));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| cut_off(&error))?;
        if let Some(data) = frame.data_ref() {
            if bytes.len().saturating_add(data.len()) > limit {
                return Err(Error::TooLarge(limit));
            }
            bytes.extend_from_slice(data);
        }
    }
    Ok(bytes)
}

fn cut_off(error: &axum::Error) -> Error {
    let first: &(dyn std::error::Error + 'static) = error;
    let mut causes = std::iter::successors(Some(first), |error| error.source());
    if causes.any(<dyn std::error::Error + 'static>::is::<TooSlow>) {
        Error::TooSlow
    } else {
        Error::Unreadable(error.to_string())
    }
}

/// The same JSON with quotation marks around the names of members that have none: the community's PowerShell module
/// sends `{ groupTag: "x" }`.
pub fn with_quoted_names(body: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(body.len());
    let mut rest = body;
    let mut may_be_name = false;
    while let Some(&first) = rest.first() {
        let name = if may_be_name { name_length(rest) } else { None };
        let length = name.unwrap_or_else(|| if first == b'"' { string_length(rest) } else { 1 });
        let (piece, behind) = rest.split_at(length);
        let marks: &[u8] = if name.is_some() { b"\"" } else { b"" };
        quoted.extend_from_slice(marks);
        quoted.extend_from_slice(piece);
        quoted.extend_from_slice(marks);
        may_be_name = matches!(first, b'{' | b',') || (may_be_name && first.is_ascii_whitespace());
        rest = behind;
    }
    quoted
}

/// The same JSON with `groupTag` where a member is called `orderIdentifier`, its name until March 2021, which scripts
/// still send. Blanks fill up, so that the places in messages are those of the body as it was sent.
// Differs: Graph has forgotten the old name.
pub fn with_group_tags(mut body: Vec<u8>) -> Vec<u8> {
    const LENGTH: usize = 17;
    const OLD: &[u8; LENGTH] = b"\"orderIdentifier\"";
    const NEW: &[u8; LENGTH] = b"\"groupTag\"       ";
    let Ok(text) = str::from_utf8(&body) else { return body };
    let is_old_name = |place: &usize| {
        let (before, rest) = text.as_bytes().split_at_checked(*place)?;
        let (name, behind) = rest.split_at_checked(LENGTH)?;
        // A value has no colon behind it, and a quotation mark that is escaped begins no name.
        let is_name = || behind.trim_ascii_start().starts_with(b":") && !before.ends_with(b"\\");
        (name.eq_ignore_ascii_case(OLD) && is_name()).then_some(())
    };
    let quotes = text.match_indices('"').map(|(place, _)| place);
    let places: Vec<usize> = quotes.filter(|place| is_old_name(place).is_some()).collect();
    for place in places {
        if let Some(name) = body.get_mut(place..).and_then(|rest| rest.first_chunk_mut()) {
            *name = *NEW;
        }
    }
    body
}

/// The length of the word with a colon behind it that `text` starts with.
fn name_length(text: &[u8]) -> Option<usize> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = text.iter().take_while(|byte| is_part(byte)).count();
    // Without this, blanks would be gone over again from each of them.
    if length == 0 {
        return None;
    }
    let behind = text.iter().skip(length).find(|byte| !byte.is_ascii_whitespace());
    (behind == Some(&b':')).then_some(length)
}

/// The length of the string that `text` starts with, quotation marks included.
fn string_length(text: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 2)
}
