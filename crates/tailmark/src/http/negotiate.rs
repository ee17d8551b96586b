//! The form of answers: what a request wants is read by [`odata::negotiate`], and answered here.
//!
//! Specification: OData Part 1 §8.1, §8.2.8.

use axum::body::Body;
use axum::http::header::AsHeaderName;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use odata::json::{Form, Written};
use odata::negotiate::{Asked, Refusal, Return, Wants};
use odata::profile::Profile;

use super::Exchange;
use super::error::Error;

/// The header with the version of an answer or a body.
pub static ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");

/// What form of answer the headers ask for.
///
/// # Errors
/// Where they ask for a version that there is not.
pub fn wants(headers: &HeaderMap, profile: &Profile) -> Result<Wants, Error> {
    let (accept, prefer) = (joined(headers, header::ACCEPT), joined(headers, "prefer"));
    let (version, max_version) = (joined(headers, &ODATA_VERSION), joined(headers, "odata-maxversion"));
    let asked = Asked { accept: &accept, prefer: &prefer, version: &version, max_version: &max_version };
    Ok(Wants::of(&asked, profile)?)
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotAcceptable(found) => Self::NotAcceptable(found),
            Refusal::Version(_) => Self::Version(refusal.to_string()),
        }
    }
}

impl Exchange {
    /// An answer with a body as the request wants it.
    #[must_use]
    pub fn respond(&self, status: StatusCode, written: Written) -> Response<Body> {
        let content_type = match written.form {
            Form::Nothing => return self.respond_empty(),
            Form::Json => self.wants.json_type(self.profile),
            Form::Text => "text/plain;charset=utf-8".to_owned(),
            Form::Bytes => "application/octet-stream".to_owned(),
        };
        let mut response = self.respond_empty();
        *response.body_mut() = Body::from(written.bytes);
        *response.status_mut() = status;
        if let Ok(value) = HeaderValue::from_str(&content_type) {
            response.headers_mut().insert(header::CONTENT_TYPE, value);
        }
        response
    }

    /// A JSON answer.
    #[must_use]
    pub fn respond_json(&self, status: StatusCode, bytes: Vec<u8>) -> Response<Body> {
        self.respond(status, Written { form: Form::Json, bytes })
    }

    /// Done, and nothing to say.
    #[must_use]
    pub fn respond_empty(&self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(&ODATA_VERSION, HeaderValue::from_static(self.wants.version.text()));
        response
    }

    /// An answer that says which preferences it honours.
    #[must_use]
    pub fn applied(&self, mut response: Response<Body>, preferences: &[String]) -> Response<Body> {
        if let (false, Ok(value)) = (preferences.is_empty(), HeaderValue::from_str(&preferences.join(", "))) {
            response.headers_mut().insert("preference-applied", value);
        }
        response
    }

    /// The answer to a write that has something to show, unless the request prefers not to see it.
    #[must_use]
    pub fn shown(&self, status: StatusCode, written: Written) -> Response<Body> {
        match self.wants.preferences.returned {
            Some(Return::Minimal) => self.applied(self.respond_empty(), &["return=minimal".to_owned()]),
            Some(Return::Representation) => {
                self.applied(self.respond(status, written), &["return=representation".to_owned()])
            }
            None => self.respond(status, written),
        }
    }
}

/// All values of a header as one list.
pub fn joined(headers: &HeaderMap, name: impl AsHeaderName) -> String {
    let mut values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let mut list = values.next().unwrap_or_default().to_owned();
    for value in values {
        list.push(',');
        list.push_str(value);
    }
    list
}
