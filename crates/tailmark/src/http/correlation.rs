//! The ids by which a request is found again: ours (`request-id`) and the client's (`client-request-id`).
//!
//! Source: Microsoft Graph, *Best practices*; recorded answers show the client's id echoed, or ours where it sent
//! none.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The ids of one request.
#[derive(Clone, Debug)]
pub struct Correlation {
    /// Ours; a new GUID.
    pub request_id: String,
    /// The client's, or ours.
    pub client_request_id: String,
}

/// The header with our id.
static REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
/// The header with the client's id.
pub static CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");

/// The longest id of a client that is echoed, in bytes.
const LONGEST: usize = 128;

impl Correlation {
    /// The ids of the request with these headers.
    #[must_use]
    pub fn new(headers: &HeaderMap) -> Self {
        let request_id = Uuid::new_v4().hyphenated().to_string();
        let sent = headers.get(&CLIENT_REQUEST_ID).and_then(|value| value.to_str().ok());
        let sent = sent.filter(|id| !id.is_empty() && id.len() <= LONGEST);
        Self { client_request_id: sent.unwrap_or(&request_id).to_owned(), request_id }
    }

    /// Puts both on an answer.
    pub fn label(&self, headers: &mut HeaderMap) {
        for (name, id) in [(&REQUEST_ID, &self.request_id), (&CLIENT_REQUEST_ID, &self.client_request_id)] {
            if let Ok(value) = HeaderValue::from_str(id) {
                headers.insert(name, value);
            }
        }
    }
}
