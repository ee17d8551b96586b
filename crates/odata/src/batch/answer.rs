//! The answer to a batch, in either format.
//!
//! Comes in: the requests and their responses. Goes out: the body. What is JSON stands in JSON as it is, text as a
//! string, everything else base64url-encoded.
//! Specification: OData JSON Format 4.01, 19.6 "Batch Response"; OData 4.01 Protocol, 11.7.7.6.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::{Batch, Format, HeaderNames, Response, essence, is_json};

pub(super) fn json(batch: &Batch, answers: &[Option<Response>]) -> Vec<u8> {
    let mut body = b"{\"responses\":[".to_vec();
    let mut separator = "";
    for (part, response) in batch.requests.iter().zip(answers) {
        let Some(response) = response else { continue };
        let mut object = separator.to_owned() + "{";
        if let Some(id) = &part.id {
            object += &format!("\"id\":{},", json!(id));
        }
        if let Some(group) = part.group.and_then(|group| batch.groups.get(group)) {
            object += &format!("\"atomicityGroup\":{},", json!(group.name));
        }
        object += &format!("\"status\":{}", response.status);
        if !response.headers.is_empty() {
            let headers: Vec<String> = response
                .headers
                .iter()
                .map(|(name, value)| {
                    format!("{}:{}", json!(written(name, batch.rules.header_names)), json!(value))
                })
                .collect();
            object += &format!(",\"headers\":{{{}}}", headers.join(","));
        }
        body.extend_from_slice(object.as_bytes());
        if !response.body.is_empty() {
            body.extend_from_slice(b",\"body\":");
            value(response, &mut body);
        }
        body.push(b'}');
        separator = ",";
    }
    body.extend_from_slice(b"]}");
    body
}

/// A body as a JSON value.
fn value(response: &Response, to: &mut Vec<u8>) {
    let kind = essence(response.header("content-type").unwrap_or_default());
    if is_json(&kind) && serde_json::from_slice::<&RawValue>(&response.body).is_ok() {
        return to.extend_from_slice(&response.body);
    }
    let text = match std::str::from_utf8(&response.body) {
        Ok(text) if kind.starts_with("text/") => text.to_owned(),
        _ => URL_SAFE_NO_PAD.encode(&response.body),
    };
    to.extend_from_slice(json!(text).to_string().as_bytes());
}

pub(super) fn multipart(
    batch: &Batch,
    answers: &[Option<Response>],
    failures: &[Option<usize>],
) -> (String, Vec<u8>) {
    let token = token(answers);
    let boundary = format!("batchresponse_{token}");
    let mut body = Vec::new();
    let mut at = 0;
    while let Some(part) = batch.requests.get(at) {
        // One body part for each request where they came as JSON.
        let number = part.group.filter(|_| batch.format == Format::Multipart);
        let Some((number, group)) = number.and_then(|number| Some((number, batch.groups.get(number)?)))
        else {
            message(batch, answers, at, &boundary, &mut body);
            at += 1;
            continue;
        };
        let members = group.members.clone();
        at = members.end.max(at + 1);
        if let Some(failed) = failures.get(number).copied().flatten() {
            message(batch, answers, failed, &boundary, &mut body);
        } else if answers.get(members.start).is_some_and(Option::is_some) {
            let inner = format!("changesetresponse_{token}_{number}");
            let head = format!("--{boundary}\r\nContent-Type: multipart/mixed; boundary={inner}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            for member in members {
                message(batch, answers, member, &inner, &mut body);
            }
            body.extend_from_slice(format!("--{inner}--\r\n").as_bytes());
        }
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/mixed; boundary={boundary}"), body)
}

/// One response as a body part; nothing where there is none.
fn message(batch: &Batch, answers: &[Option<Response>], at: usize, boundary: &str, to: &mut Vec<u8>) {
    let Some(response) = answers.get(at).and_then(Option::as_ref) else { return };
    let mut head =
        format!("--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n");
    if let Some(id) = batch.requests.get(at).and_then(|part| part.id.as_deref()) {
        head += &format!("Content-ID: {id}\r\n");
    }
    head += &format!("\r\nHTTP/1.1 {} {}\r\n", response.status, reason(response.status));
    for (name, value) in &response.headers {
        head += &format!("{}: {value}\r\n", written(name, HeaderNames::Mixed));
    }
    if !response.body.is_empty() {
        head += &format!("Content-Length: {}\r\n", response.body.len());
    }
    to.extend_from_slice(head.as_bytes());
    to.extend_from_slice(b"\r\n");
    to.extend_from_slice(&response.body);
    to.extend_from_slice(b"\r\n");
}

/// What stands in no response: their digest, which none of them can foresee.
fn token(answers: &[Option<Response>]) -> String {
    let mut digest = Sha256::new();
    for response in answers.iter().flatten() {
        digest.update(&response.body);
        response.headers.iter().for_each(|(name, value)| {
            digest.update(name);
            digest.update(value);
        });
    }
    digest.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// A header's name in the letter case that the rules want.
fn written(name: &str, names: HeaderNames) -> String {
    /// Those that are not a capital behind every hyphen.
    const SPECIAL: [&str; 6] =
        ["ETag", "OData-EntityId", "OData-Version", "WWW-Authenticate", "client-request-id", "request-id"];
    let lower = name.to_ascii_lowercase();
    match names {
        HeaderNames::Lower => lower,
        HeaderNames::Mixed => match SPECIAL.iter().find(|special| special.eq_ignore_ascii_case(name)) {
            Some(special) => (*special).to_owned(),
            None => {
                let mut is_first = true;
                let capital = |letter: char| {
                    let written = if is_first { letter.to_ascii_uppercase() } else { letter };
                    is_first = letter == '-';
                    written
                };
                lower.chars().map(capital).collect()
            }
        },
    }
}

/// The words beside a status (RFC 9110, 15), for people; none where it is a rare one.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        424 => "Failed Dependency",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        507 => "Insufficient Storage",
        _ => "",
    }
}
