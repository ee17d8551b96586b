//! Why the proxy does not do what it is asked, in Graph's form of errors.
//!
//! These are the proxy's own answers (RFC 9110 §15.5, §15.6.3): the service behind it has not seen the request.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

/// Why a request to the proxy was refused.
#[derive(Debug)]
pub(super) enum Refusal {
    /// What CONNECT names is not a host and a port.
    Target,
    /// A host that is not answered here, and its port.
    OtherHost(String, u16),
    /// Plain HTTP to a host.
    Plain(String),
    /// A host that cannot be reached from here.
    Unreachable(String),
    /// The proxy itself was asked as if it were the service.
    NoProxyRequest,
}

impl Refusal {
    /// The answer.
    pub fn respond(self) -> Response<Body> {
        let (status, code, message) = match self {
            Self::Target => (
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "CONNECT names a host and a port: CONNECT graph.microsoft.com:443.".to_owned(),
            ),
            Self::OtherHost(host, port) => (
                StatusCode::FORBIDDEN,
                "Forbidden",
                format!(
                    "{host}:{port} is none of the hosts that Tailmark answers for, and intercept.others is refuse: set \
                     it to pass, or name the host in NO_PROXY."
                ),
            ),
            Self::Plain(host) => (
                StatusCode::FORBIDDEN,
                "Forbidden",
                format!("{host} is not answered by plain HTTP; use https, or name the host in NO_PROXY."),
            ),
            Self::Unreachable(host) => {
                (StatusCode::BAD_GATEWAY, "BadGateway", format!("{host} cannot be reached from here."))
            }
            Self::NoProxyRequest => (
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "This is a proxy: name it in HTTPS_PROXY. The certificate to trust is at /ca.pem.".to_owned(),
            ),
        };
        let body = json!({ "error": { "code": code, "message": message } }).to_string();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}
