//! The embedded issuer's errors, worded as Entra words them.
//!
//! In comes what was wrong with a request to the issuer, out goes the JSON of RFC 6749 §5.2 with Entra's extra
//! members: the `AADSTS` number, a time and two ids. Client libraries read `error`, `suberror` and `error_codes`,
//! people search for the number. Which error has which number and text stands in `wording`; where the numbers are
//! from, in docs/signing-in.md.

mod wording;

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use odata::value::guid;
use serde_json::{Value, json};
use uuid::Uuid;

use super::page;
use crate::clock;

/// Where Microsoft explains a number.
const EXPLAINED_AT: &str = "https://login.microsoftonline.com/error?code=";

/// What was wrong with a request to the issuer.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// No such tenant is known.
    NoSuchTenant(String),
    /// Several tenants where one must be named.
    TenantNeeded,
    /// The grant is none for personal accounts.
    NotForPersonal,
    /// The Host header is absent or not a host.
    BadHost,
    /// The address takes other methods.
    WrongMethod(String),
    /// The request cannot be read, or is too large.
    Malformed,
    /// A parameter is missing.
    Missing(&'static str),
    /// A parameter is there twice (RFC 6749 §3.2), or the client is named in two ways (§2.3).
    Duplicated(&'static str),
    /// `resource` where `scope` belongs.
    ResourceHere,
    /// A grant that is not answered.
    UnsupportedGrant(String),
    /// A client that is not known.
    UnknownClient(String),
    /// Neither a secret nor an assertion.
    NoSecret,
    /// The secret is another one.
    WrongSecret(String),
    /// The secret was right once.
    ExpiredSecret(String),
    /// A public client shows a secret or an assertion.
    PublicClient,
    /// The assertion is no JWT of the form asked for, or not for us.
    AssertionForm(&'static str),
    /// The assertion names two applications.
    AssertionSubject,
    /// The assertion has expired or is not valid yet.
    AssertionTime,
    /// The assertion is not signed by one of the application's certificates.
    AssertionKey(&'static str),
    /// The scope cannot be asked for in this way.
    BadScope(String),
    /// The scope names more than one resource.
    SeveralResources(String),
    /// No such resource is here.
    UnknownResource(String),
    /// What is asked for was not granted to the application.
    ConsentRequired(String),
    /// Nobody has signed in with the code yet.
    AuthorizationPending,
    /// The same, and asked too soon (RFC 8628 §3.5).
    SlowDown,
    /// The user did not sign in with the code in time; with v1.0's word for it.
    DeviceCodeExpired {
        /// Asked at the v1.0 address.
        v1: bool,
    },
    /// The user did not want to.
    Declined,
    /// No such device code or user code.
    BadVerificationCode,
    /// The code was redeemed before.
    Redeemed,
    /// The authorization code has expired.
    CodeExpired,
    /// The code or refresh token is none of ours, or of another client, tenant or address.
    BadGrant(&'static str),
    /// The code or refresh token cannot be read.
    MalformedGrant,
    /// The refresh token was not used for too long.
    RefreshExpired,
    /// There is no challenge where one is required, or one of another size or method.
    BadChallenge,
    /// The verifier is not the challenge's.
    WrongVerifier,
    /// The address is not registered.
    Redirect(String),
    /// Another `response_type` than `code`.
    ResponseType(String),
    /// Another `response_mode` than there are.
    ResponseMode(String),
    /// `prompt=none`, and nobody is ever signed in.
    LoginRequired,
    /// No such user.
    UnknownUser(String),
    /// A personal account where only work accounts are.
    PersonalAccount(String),
    /// The password is another one.
    WrongPassword,
    /// The user has no password.
    NoPassword,
    /// The account may not sign in.
    Disabled,
    /// A password is not enough.
    MultifactorNeeded,
    /// A host that is not of this cloud.
    UnknownInstance,
    /// The request is from a page of somebody else.
    CrossSite,
    /// The issuer itself failed.
    Internal,
}

/// What is said of a refusal, apart from ids and times.
struct Wording {
    error: &'static str,
    code: u32,
    text: String,
    suberror: Option<&'static str>,
}

impl Refusal {
    /// The answer; `client-request-id` comes back as the correlation id.
    pub fn respond(&self, request: &HeaderMap) -> Response {
        let body = self.body(request);
        let trace = body.get("trace_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let headers = [
            (header::CONTENT_TYPE, "application/json; charset=utf-8".to_owned()),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::PRAGMA, "no-cache".to_owned()),
            (HeaderName::from_static("x-ms-request-id"), trace),
        ];
        (self.status(), headers, body.to_string()).into_response()
    }

    /// The answer for people.
    pub fn page(&self, request: &HeaderMap) -> Response {
        let body = self.body(request);
        let text = body.get("error_description").and_then(Value::as_str).unwrap_or_default();
        let mut response = page::message("Sorry, that did not work", text);
        *response.status_mut() = self.status();
        response
    }

    /// `error` and `error_description`, for an address that the user is sent back to (RFC 6749 §4.1.2.1).
    pub fn parameters(&self, request: &HeaderMap) -> [(&'static str, String); 2] {
        let body = self.body(request);
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        [("error", text("error")), ("error_description", text("error_description"))]
    }

    fn body(&self, request: &HeaderMap) -> Value {
        let Wording { error, code, text, suberror } = self.wording();
        let sent = request.get("client-request-id").and_then(|id| id.to_str().ok()).and_then(guid);
        let correlation = sent.unwrap_or_else(Uuid::new_v4);
        let trace = Uuid::new_v4();
        let now = timestamp();
        let mut body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
            ),
            "error_codes": [code],
            "timestamp": now,
            "trace_id": trace.to_string(),
            "correlation_id": correlation.to_string(),
            "error_uri": format!("{EXPLAINED_AT}{code}"),
        });
        if let (Some(suberror), Some(members)) = (suberror, body.as_object_mut()) {
            members.insert("suberror".to_owned(), suberror.into());
        }
        body
    }

    /// RFC 6749 §5.2: 401 where the client is not believed.
    fn status(&self) -> StatusCode {
        match self.wording().error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// `2026-11-24 04:01:00Z`
fn timestamp() -> String {
    let now = clock::now().to_string();
    format!("{}Z", now.get(..19).unwrap_or(&now).replace('T', " "))
}
