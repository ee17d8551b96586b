//! What form of answer a request wants: `Accept`, `Prefer`, and the form there is.
//!
//! Specification: RFC 9110 §12.5.1; OData Part 1 §8.2.1, §8.2.8; OData JSON Format 4.01 §3.1.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use odata::json::{Envelope, MetadataLevel};

use super::error::Error;

/// The form of answer that a request wants.
#[derive(Clone, Copy, Debug)]
pub struct Wants {
    /// How much control information.
    pub metadata: MetadataLevel,
    /// `Prefer: envelope=…`
    pub envelope: Option<Envelope>,
    accepts_text: bool,
    accepts_json: Option<MetadataLevel>,
}

impl Wants {
    /// Reads the headers.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let accept = joined(headers, header::ACCEPT.as_str());
        let ranges =
            || accept.split(',').map(str::trim).filter(|range| !range.is_empty() && !excluded(range));
        let accepts_json = if accept.trim().is_empty() {
            Some(MetadataLevel::Minimal)
        } else {
            ranges().find_map(json_level)
        };
        let accepts_text = accept.trim().is_empty()
            || ranges().any(|range| matches!(essence(range).as_str(), "*/*" | "text/*" | "text/plain"));
        let envelope = joined(headers, "prefer").split(',').find_map(|preference| {
            let (name, value) = preference.split_once('=')?;
            if !name.trim().eq_ignore_ascii_case("envelope") {
                return None;
            }
            match value.trim().trim_matches('"').to_ascii_lowercase().as_str() {
                "documented" => Some(Envelope::Documented),
                "bare" => Some(Envelope::Bare),
                "both" => Some(Envelope::Both),
                _ => None,
            }
        });
        Self { metadata: accepts_json.unwrap_or_default(), envelope, accepts_text, accepts_json }
    }

    /// Refuses a request that accepts no JSON.
    ///
    /// # Errors
    /// 406
    pub fn json(&self, headers: &HeaderMap) -> Result<(), Error> {
        match self.accepts_json {
            Some(_) => Ok(()),
            None => Err(Error::NotAcceptable(joined(headers, header::ACCEPT.as_str()))),
        }
    }

    /// Refuses a request for a count that accepts neither plain text nor JSON, which clients ask for by habit.
    ///
    /// # Errors
    /// 406
    pub fn text(&self, headers: &HeaderMap) -> Result<(), Error> {
        if self.accepts_text { Ok(()) } else { self.json(headers) }
    }

    /// A JSON answer.
    #[must_use]
    pub fn respond(&self, status: StatusCode, body: Vec<u8>) -> Response<Body> {
        let content_type = match self.metadata {
            MetadataLevel::Minimal => {
                "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
            }
            MetadataLevel::None => {
                "application/json;odata.metadata=none;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
            }
        };
        let mut response = answer(status, content_type, Body::from(body));
        if let Some(envelope) = self.envelope {
            let applied = match envelope {
                Envelope::Documented => "envelope=documented",
                Envelope::Bare => "envelope=bare",
                Envelope::Both => "envelope=both",
            };
            response.headers_mut().insert("preference-applied", HeaderValue::from_static(applied));
        }
        response
    }
}

/// Whether a request accepts one of these media ranges.
#[must_use]
pub fn accepts(headers: &HeaderMap, ranges: &[&str]) -> bool {
    let accept = joined(headers, header::ACCEPT.as_str());
    let mut wanted = accept.split(',').map(str::trim).filter(|range| !range.is_empty()).peekable();
    wanted.peek().is_none()
        || wanted.any(|range| !excluded(range) && ranges.contains(&essence(range).as_str()))
}

/// A count, which is plain text.
#[must_use]
pub fn respond_text(body: Vec<u8>) -> Response<Body> {
    answer(StatusCode::OK, "text/plain;charset=utf-8", Body::from(body))
}

/// Done, and nothing to say.
#[must_use]
pub fn respond_empty() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn answer(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert("odata-version", HeaderValue::from_static("4.0"));
    response
}

/// All values of a header as one list.
pub fn joined(headers: &HeaderMap, name: &str) -> String {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join(",")
}

fn essence(range: &str) -> String {
    range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// `;q=0` means never.
fn excluded(range: &str) -> bool {
    parameters(range)
        .any(|(name, value)| name == "q" && value.parse::<f32>().is_ok_and(|quality| quality <= 0.0))
}

fn parameters(range: &str) -> impl Iterator<Item = (String, String)> {
    range.split(';').skip(1).filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        Some((name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_ascii_lowercase()))
    })
}

/// The metadata level that a media range asks for; nothing where it is no JSON or asks for a level that is not done.
fn json_level(range: &str) -> Option<MetadataLevel> {
    if !matches!(essence(range).as_str(), "*/*" | "application/*" | "application/json") {
        return None;
    }
    let level = parameters(range).find(|(name, _)| name == "odata.metadata" || name == "metadata");
    match level.as_ref().map(|(_, value)| value.as_str()) {
        None | Some("minimal") => Some(MetadataLevel::Minimal),
        // Differs: Graph answers `full` as well; here a request that accepts nothing else gets 406.
        Some("none") => Some(MetadataLevel::None),
        Some(_) => None,
    }
}
