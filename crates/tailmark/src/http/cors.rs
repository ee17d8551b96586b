//! Cross-origin requests: a page of any origin may call the API with its own token, as Microsoft Graph allows.
//!
//! Nothing is lost by it: there are no cookies here, and a token is sent only by who has it.
//! Specification: Fetch, *CORS protocol*.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};

/// What a page may read of an answer beside what it always may.
const EXPOSED: &str = "ETag, Location, Preference-Applied, Content-Range, request-id, client-request-id, \
                       OData-Version, Link, WWW-Authenticate, Retry-After, Tailmark-Verdict";
const METHODS: &str = "GET, HEAD, POST, PATCH, PUT, DELETE, OPTIONS";
/// Seconds for which a browser need not ask again.
const AGE: &str = "86400";

/// The answer to a browser that asks whether it may ask.
pub fn preflight(method: &Method, headers: &HeaderMap) -> Option<Response<Body>> {
    let asked = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    if *method != Method::OPTIONS || asked.is_empty() || !headers.contains_key(header::ORIGIN) {
        return None;
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let answers = response.headers_mut();
    answers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    answers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(AGE));
    if let Some(wanted) = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        answers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    Some(response)
}

/// Lets a page of another origin read the answer.
pub fn allow(answer: &mut HeaderMap) {
    const ALLOW: HeaderName = header::ACCESS_CONTROL_ALLOW_ORIGIN;
    answer.insert(ALLOW, HeaderValue::from_static("*"));
    answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}
