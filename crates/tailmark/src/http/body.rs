//! Request bodies: their type and size are checked before and while they are read.
//!
//! Specification: RFC 9110 §8.3, §8.4, §15.5.14.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;

use super::error::Error;

/// Reads a JSON body of at most `limit` bytes.
///
/// # Errors
/// Where it is of another type, compressed, too large or cut off.
pub async fn json(headers: &HeaderMap, body: Body, limit: usize) -> Result<Vec<u8>, Error> {
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING) {
        let encoding = encoding.to_str().unwrap_or_default();
        if !encoding.eq_ignore_ascii_case("identity") {
            return Err(Error::ContentEncoding(encoding.to_owned()));
        }
    }
    let bytes = bytes(headers, body, limit).await?;
    match headers.get(header::CONTENT_TYPE) {
        Some(_) if bytes.is_empty() => Ok(bytes),
        // Some clients send no type at all; then it can only be JSON.
        None => Ok(bytes),
        Some(found) => {
            let found = found.to_str().unwrap_or_default();
            let essence = found.split(';').next().unwrap_or_default().trim();
            if essence.eq_ignore_ascii_case("application/json") {
                Ok(bytes)
            } else {
                Err(Error::MediaType(found.to_owned()))
            }
        }
    }
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
        let frame = frame.map_err(|error| Error::Unreadable(error.to_string()))?;
        if let Some(data) = frame.data_ref() {
            if bytes.len().saturating_add(data.len()) > limit {
                return Err(Error::TooLarge(limit));
            }
            bytes.extend_from_slice(data);
        }
    }
    Ok(bytes)
}
