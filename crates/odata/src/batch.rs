//! Batches: several requests in one, as JSON or as multipart, and the answers to them in one answer.
//!
//! Comes in: the body of a POST to `$batch`. Goes out: its requests in their order, and, once each is answered, the
//! body of the answer. Whoever uses this does the requests; here nothing is sent and nothing fetched.
//! Specification: OData 4.01 Protocol, 11.7 "Batch Requests"; OData JSON Format 4.01, 19 "Batch Requests and
//! Responses"; RFC 2046, 5.1 "Multipart Media Type". Where Microsoft Graph has rules of its own, [`Rules`] says so.
//!
//! | step | from | to |
//! |---|---|---|
//! | [`Format::of`] | `Content-Type` | which of the two formats |
//! | [`parse`] | the body | a [`Batch`] |
//! | [`Batch::run`] | the addresses of the service | a [`Run`] |
//! | [`Run::next`], [`Run::answer`] | what was answered so far | the next [`Step`] |
//! | [`Run::finish`] | | the answer's `Content-Type` and body |
//!
//! A service without transactions leaves the steps to [`Run::answer_each`]:
//!
//! ```
//! use odata::batch::{self, Format, OnError, Response, Service};
//!
//! let body = br#"{"requests":[{"id":"1","method":"get","url":"People/$count"}]}"#;
//! let batch = batch::parse("application/json", body, &batch::ODATA)?;
//! let service = Service::new("http://localhost:8080", "/service");
//! let mut run = batch.run(service, OnError::Continue);
//! run.answer_each(|request| {
//!     assert_eq!((&*request.method, &*request.target), ("GET", "/service/People/$count"));
//!     Response { status: 200, headers: vec![("Content-Type".into(), "text/plain".into())], body: b"2".to_vec() }
//! });
//! let (content_type, body) = run.finish(Format::Json);
//! assert_eq!(content_type, "application/json");
//! assert_eq!(
//!     String::from_utf8(body)?,
//!     r#"{"responses":[{"id":"1","status":200,"headers":{"content-type":"text/plain"},"body":"2"}]}"#
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod head;
mod json;
mod multipart;
mod names;
mod rules;
mod run;
mod url;

use std::ops::Range;

pub use rules::{GRAPH, HeaderNames, LeadingSlash, ODATA, Rules};
pub use run::{OnError, Run, Step};
pub use url::Service;

use crate::error::Error;

/// How a batch is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `application/json`
    Json,
    /// `multipart/mixed`
    Multipart,
}

impl Format {
    /// The format that a `Content-Type` names; nothing where it is another.
    #[must_use]
    pub fn of(content_type: &str) -> Option<Self> {
        match essence(content_type).as_str() {
            "application/json" => Some(Self::Json),
            "multipart/mixed" => Some(Self::Multipart),
            _ => None,
        }
    }
}

/// A batch that was read: requests, and what holds between them.
#[derive(Clone, Debug)]
pub struct Batch {
    format: Format,
    rules: Rules,
    requests: Vec<Part>,
    groups: Vec<Group>,
}

/// One request of a batch, as it was written.
#[derive(Clone, Debug, Default)]
struct Part {
    id: Option<String>,
    method: String,
    url: String,
    /// The `Host` that a path belongs to; in multipart only.
    host: Option<String>,
    /// Its `Authorization`, where it is not known to be the batch's; in multipart only.
    authorization: Option<String>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    group: Option<usize>,
    depends_on: Vec<Dependency>,
    /// There is a condition, `if`.
    is_conditional: bool,
    /// What is wrong with this request alone.
    fault: Option<Error>,
}

/// What a request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Dependency {
    Request(usize),
    Group(usize),
}

/// Requests that are done all or none: an atomicity group, a change set.
#[derive(Clone, Debug)]
struct Group {
    name: String,
    members: Range<usize>,
}

/// A request of a batch that can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method in capitals.
    pub method: String,
    /// Path and query below the service's host, percent-encoded: `/service/People?$top=1`.
    pub target: String,
    /// The headers. None of them says who asks: the batch's own do.
    pub headers: Vec<(String, String)>,
    /// The body as it would have been sent by itself.
    pub body: Vec<u8>,
}

/// What one request was answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// Reads a batch.
///
/// What is wrong with one request alone (its URL, its headers) is no error here: that request's answer says it, and
/// the others are done.
///
/// # Errors
/// What is wrong with the batch as a whole, with the place as target: `requests[2].id`.
pub fn parse(content_type: &str, body: &[u8], rules: &Rules) -> Result<Batch, Error> {
    match Format::of(content_type) {
        Some(Format::Json) => json::batch(body, rules),
        Some(Format::Multipart) => multipart::batch(content_type, body, rules),
        None => Err(Error::invalid("A batch is application/json or multipart/mixed.")),
    }
}

impl Batch {
    /// How it was written.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// How many requests it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// What its format does after an error where no preference is sent: JSON goes on, multipart stops.
    #[must_use]
    pub fn on_error(&self) -> OnError {
        match self.format {
            Format::Json => OnError::Continue,
            Format::Multipart => OnError::Stop,
        }
    }

    /// Takes requests that repeat the `Authorization` of the batch itself, as some clients write it into every part.
    /// Any other stays refused: no request is done as somebody else. In JSON it is not looked at.
    #[must_use]
    pub fn sent_with(mut self, authorization: Option<&str>) -> Self {
        for part in &mut self.requests {
            if part.authorization.as_deref() == authorization {
                part.authorization = None;
            }
        }
        self
    }

    /// Begins to do it.
    #[must_use]
    pub fn run(self, service: Service, on_error: OnError) -> Run {
        Run::new(self, service, on_error)
    }
}

/// A media type without its parameters, in small letters.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(essence: &str) -> bool {
    essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json")
}

/// Of a request that says who asks, and not as the batch does.
fn another_caller() -> Error {
    Error::invalid("The header 'Authorization' of a request in a batch is the batch's own or is not there.")
}

/// The first value of a header.
fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(sent, _)| sent.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}
