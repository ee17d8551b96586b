//! The embedded issuer's errors, worded as Entra words them.
//!
//! In comes what was wrong with a request to the issuer, out goes the JSON of RFC 6749 §5.2 with Entra's extra
//! members: the `AADSTS` number, a time and two ids. Client libraries read `error` and `error_codes`, people
//! search for the number. Texts are those of Entra's error reference.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use odata::value::guid;
use serde_json::json;
use uuid::Uuid;

use crate::clock;

/// What was wrong with a request to the issuer.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// The tenant in the path is no GUID.
    NoSuchTenant(String),
    /// `common` or `organizations` where one tenant must be named.
    TenantNeeded,
    /// The Host header is absent or not a host.
    BadHost,
    /// A parameter is missing.
    Missing(&'static str),
    /// A parameter is there twice (RFC 6749 §3.2), or the client is named in two ways (§2.3).
    Duplicated(&'static str),
    /// A grant that is not answered.
    UnsupportedGrant(String),
    /// A client that is not known.
    UnknownClient(String),
    /// Neither a secret nor an assertion.
    NoSecret,
    /// The secret is another one.
    WrongSecret(String),
    /// The scope is not `<audience>/.default`.
    BadScope(String),
    /// The issuer itself failed.
    Internal,
}

impl Refusal {
    /// The answer; `client-request-id` comes back as the correlation id.
    pub fn respond(&self, request: &HeaderMap) -> Response {
        let (status, error, code, text) = self.wording();
        let sent = request.get("client-request-id").and_then(|id| id.to_str().ok()).and_then(guid);
        let correlation = sent.unwrap_or_else(Uuid::new_v4);
        let trace = Uuid::new_v4();
        let now = timestamp();
        let body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
            ),
            "error_codes": [code],
            "timestamp": now,
            "trace_id": trace.to_string(),
            "correlation_id": correlation.to_string(),
        });
        let headers = [
            (header::CONTENT_TYPE, "application/json; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::PRAGMA, "no-cache"),
        ];
        (status, headers, body.to_string()).into_response()
    }

    fn wording(&self) -> (StatusCode, &'static str, u32, String) {
        let refused = StatusCode::BAD_REQUEST;
        let unknown = StatusCode::UNAUTHORIZED;
        match self {
            Self::NoSuchTenant(name) => {
                let text = format!("Tenant '{}' not found. A tenant is named by its GUID here.", shown(name));
                (refused, "invalid_tenant", 90002, text)
            }
            Self::TenantNeeded => {
                let text = "No tenant-identifying information found in either the request or implied by any \
                            provided credentials.";
                (refused, "invalid_request", 50059, text.to_owned())
            }
            Self::BadHost => {
                let text = "The request's Host header is missing or is not a host.";
                (refused, "invalid_request", 900_023, text.to_owned())
            }
            Self::Missing(name) => {
                let text = format!("The request body must contain the following parameter: '{name}'.");
                (refused, "invalid_request", 900_144, text)
            }
            Self::Duplicated(name) => {
                let text =
                    format!("The request is not properly formatted. The parameter '{name}' is duplicated.");
                (refused, "invalid_request", 9_000_411, text)
            }
            Self::UnsupportedGrant(grant) => {
                let text = format!("The app requested an unsupported grant type '{}'.", shown(grant));
                (refused, "unsupported_grant_type", 70003, text)
            }
            Self::UnknownClient(client) => {
                let text = format!(
                    "Application with identifier '{}' was not found in the directory.",
                    shown(client)
                );
                (refused, "unauthorized_client", 700_016, text)
            }
            Self::NoSecret => {
                let text = "The request body must contain the following parameter: 'client_assertion' or \
                            'client_secret'.";
                (unknown, "invalid_client", 7_000_218, text.to_owned())
            }
            Self::WrongSecret(client) => {
                let text = format!(
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client \
                     secret value, not the client secret ID, for a secret added to app '{}'.",
                    shown(client)
                );
                (unknown, "invalid_client", 7_000_215, text)
            }
            Self::BadScope(scope) => {
                let text = format!(
                    "The provided request must include a 'scope' input parameter. The provided value for the \
                     input parameter 'scope' is not valid. The scope {} is not valid.",
                    shown(scope)
                );
                (refused, "invalid_scope", 70011, text)
            }
            Self::Internal => {
                let text = "The token could not be issued.";
                (StatusCode::INTERNAL_SERVER_ERROR, "server_error", 90006, text.to_owned())
            }
        }
    }
}

/// What the client sent, short and without control characters.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// `2026-11-24 04:01:00Z`
fn timestamp() -> String {
    let now = clock::now().to_string();
    format!("{}Z", now.get(..19).unwrap_or(&now).replace('T', " "))
}
