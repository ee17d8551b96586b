//! The embedded issuer's token endpoint: `POST /{tenant}/oauth2/v2.0/token`.
//!
//! RFC 6749 §4.4, client credentials: a client shows its secret in the form or as Basic (§2.3.1) and gets an
//! application's token for `<audience>/.default`, with the one permission that covers this service. Other
//! grants are refused. Nothing of the answer may be kept by a cache (§5.1); secrets are compared in constant
//! time and named in no error and no log.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use uuid::Uuid;

use super::discovery::{Authority, host, parameters};
use super::refusal::Refusal;
use super::{Issuer, TokenKind, TokenRequest};
use crate::{clock, tls};

/// As long as Entra says that a token lives: an hour less the second it took.
const LIFETIME: i64 = 3599;

/// `POST /{tenant}/oauth2/v2.0/token`
pub(super) async fn token(
    State(issuer): State<Arc<Issuer>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match grant(&issuer, &tenant, &headers, &body) {
        Ok(token) => {
            let answer = json!({
                "token_type": "Bearer",
                "expires_in": LIFETIME,
                "ext_expires_in": LIFETIME,
                "access_token": token,
            });
            let headers = [
                (header::CONTENT_TYPE, "application/json; charset=utf-8"),
                (header::CACHE_CONTROL, "no-store"),
                (header::PRAGMA, "no-cache"),
            ];
            (headers, answer.to_string()).into_response()
        }
        Err(refusal) => refusal.respond(&headers),
    }
}

fn grant(issuer: &Issuer, tenant: &str, headers: &HeaderMap, body: &[u8]) -> Result<String, Refusal> {
    let authority = Authority::parse(tenant)?;
    let form = Form::read(headers, body);
    match form.one("grant_type")?.as_deref() {
        None => return Err(Refusal::Missing("grant_type")),
        Some("client_credentials") => {}
        Some(other) => return Err(Refusal::UnsupportedGrant(other.to_owned())),
    }
    authenticate(issuer, &client(&form, headers)?)?;
    let scope = form.one("scope")?.ok_or(Refusal::Missing("scope"))?;
    let audience = audience(issuer, &scope, headers).ok_or(Refusal::BadScope(scope))?;
    let Authority::Tenant(tenant) = authority else {
        return Err(Refusal::TenantNeeded);
    };
    sign(issuer, tenant, audience)
}

fn sign(issuer: &Issuer, tenant: Uuid, audience: String) -> Result<String, Refusal> {
    let mut request = TokenRequest::new(tenant, TokenKind::Application, clock::unix_seconds());
    request.expires_in = LIFETIME;
    request.audience = audience;
    issuer.sign(&request).map_err(|error| {
        tracing::error!(?error, "the embedded issuer cannot sign");
        Refusal::Internal
    })
}

/// The form of a token request; empty when the body is something else.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let media = media.split(';').next().unwrap_or("").trim();
        if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Self(Vec::new());
        }
        Self(std::str::from_utf8(body).map(parameters).unwrap_or_default())
    }

    /// A parameter; an empty one counts as absent (RFC 6749 §3.2).
    fn one(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        let mut found = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(Refusal::Duplicated(name)),
            (value, None) => Ok(value.filter(|value| !value.is_empty()).cloned()),
        }
    }
}

struct Client {
    id: String,
    secret: Option<String>,
}

/// The client by Basic or by the form, never by both.
fn client(form: &Form, headers: &HeaderMap) -> Result<Client, Refusal> {
    let id = form.one("client_id")?;
    let secret = form.one("client_secret")?;
    match basic(headers) {
        None => Ok(Client { id: id.ok_or(Refusal::Missing("client_id"))?, secret }),
        Some(_) if secret.is_some() => Err(Refusal::Duplicated("client_secret")),
        Some(client) if id.is_some_and(|id| id != client.id) => Err(Refusal::Duplicated("client_id")),
        Some(client) => Ok(client),
    }
}

/// RFC 6749 §2.3.1: id and secret are each form-encoded, then joined and encoded as RFC 7617 says.
fn basic(headers: &HeaderMap) -> Option<Client> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let credentials = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = credentials.split_once(':')?;
    let decoded = |text: &str| parameters(&format!("v={text}")).into_iter().next().map(|(_, value)| value);
    Some(Client { id: decoded(id)?, secret: decoded(secret).filter(|secret| !secret.is_empty()) })
}

fn authenticate(issuer: &Issuer, client: &Client) -> Result<(), Refusal> {
    if !client.id.eq_ignore_ascii_case(issuer.client_id()) {
        return Err(Refusal::UnknownClient(client.id.clone()));
    }
    let secret = client.secret.as_ref().ok_or(Refusal::NoSecret)?;
    if issuer.client_secret().matches(secret) { Ok(()) } else { Err(Refusal::WrongSecret(client.id.clone())) }
}

/// The audience of `<audience>/.default`. SDKs that are pointed at another Graph ask for its own address,
/// which is the same resource here.
fn audience(issuer: &Issuer, scope: &str, headers: &HeaderMap) -> Option<String> {
    let resource = scope.strip_suffix("/.default")?;
    if let Some(audience) = issuer.audiences.iter().find(|audience| *audience == resource) {
        return Some(audience.clone());
    }
    let here = host(headers).ok()?;
    let resource = resource.strip_prefix("http://").or_else(|| resource.strip_prefix("https://"))?;
    // The Graph of a national cloud is another audience, and here the same service.
    if resource.eq_ignore_ascii_case(here) || tls::is_answered(resource) {
        issuer.audiences.first().cloned()
    } else {
        None
    }
}
