//! Parameters of a request, and who the client shows itself to be.
//!
//! In come a form body and headers, out come single values (RFC 6749 §3.2: empty counts as absent, twice is an
//! error) and an authenticated application: by secret in the form or as Basic (§2.3.1), by an assertion signed
//! with its certificate (RFC 7523 §2.2), or, as a public client, by its name alone. Secrets are compared in
//! constant time and named in no error and no log.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;

use super::assertion;
use super::authority::{Authority, Visit};
use super::claims::Proof;
use super::directory::Application;
use super::refusal::Refusal;

/// RFC 7523 §2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The pairs of a query or a form body (`application/x-www-form-urlencoded`).
pub(super) fn parameters(encoded: &str) -> Vec<(String, String)> {
    let Ok(mut url) = Url::parse("form:") else {
        return Vec::new();
    };
    url.set_query(Some(encoded));
    url.query_pairs().into_owned().collect()
}

/// The parameters of a request.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Those of a query.
    pub fn of_query(query: Option<&str>) -> Self {
        Self(query.map(parameters).unwrap_or_default())
    }

    /// A parameter; an empty one counts as absent.
    pub fn one(&self, name: &'static str) -> Result<Option<String>, Refusal> {
        let mut found = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(Refusal::Duplicated(name)),
            (value, None) => Ok(value.filter(|value| !value.is_empty()).cloned()),
        }
    }

    /// A parameter that must be there.
    pub fn need(&self, name: &'static str) -> Result<String, Refusal> {
        self.one(name)?.ok_or(Refusal::Missing(name))
    }

    /// All of them, in order.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

/// The parameters of a body; none when it is something else than a form.
pub(super) struct Posted(pub Form);

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let headers = request.headers().clone();
        let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let media = media.split(';').next().unwrap_or("").trim();
        let is_form = media.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let malformed = || Refusal::Malformed.respond(&headers);
        // Too large, or cut off.
        let body = Bytes::from_request(request, state).await.map_err(|_| malformed())?;
        if !is_form {
            return Ok(Self(Form(Vec::new())));
        }
        let text = std::str::from_utf8(&body).map_err(|_| malformed())?;
        Ok(Self(Form(parameters(text))))
    }
}

struct Named {
    id: String,
    secret: Option<String>,
}

/// The client by Basic or by the form, never by both.
fn named(form: &Form, headers: &HeaderMap) -> Result<Named, Refusal> {
    let id = form.one("client_id")?;
    let secret = form.one("client_secret")?;
    match basic(headers) {
        None => Ok(Named { id: id.ok_or(Refusal::Missing("client_id"))?, secret }),
        Some(_) if secret.is_some() => Err(Refusal::Duplicated("client_secret")),
        Some(client) if id.is_some_and(|id| id != client.id) => Err(Refusal::Duplicated("client_id")),
        Some(client) => Ok(client),
    }
}

/// RFC 6749 §2.3.1: id and secret are each form-encoded, then joined and encoded as RFC 7617 says.
fn basic(headers: &HeaderMap) -> Option<Named> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let credentials = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = credentials.split_once(':')?;
    let decoded = |text: &str| parameters(&format!("v={text}")).into_iter().next().map(|(_, value)| value);
    Some(Named { id: decoded(id)?, secret: decoded(secret).filter(|secret| !secret.is_empty()) })
}

/// The client of a request, and how it has shown that it is it.
pub(super) fn client<'v>(
    visit: &'v Visit,
    authority: Authority,
    form: &Form,
) -> Result<(&'v Application, Proof), Refusal> {
    let client = named(form, &visit.headers)?;
    let application = visit.directory.application(authority, &client.id);
    let application = application.ok_or(Refusal::UnknownClient(client.id))?;
    match (client.secret, form.one("client_assertion")?) {
        (Some(_), Some(_)) => Err(Refusal::Duplicated("client_secret")),
        (None, None) if application.public => Ok((application, Proof::None)),
        (None, None) => Err(Refusal::NoSecret),
        _ if application.secrets.is_empty() && application.certificates.is_empty() => {
            Err(Refusal::PublicClient)
        }
        (Some(secret), None) => {
            by_secret(application, &secret, visit.issuer.now())?;
            Ok((application, Proof::Secret))
        }
        (None, Some(assertion)) => {
            let kind = form.need("client_assertion_type")?;
            if kind != JWT_BEARER {
                return Err(Refusal::AssertionForm("its client_assertion_type is not jwt-bearer"));
            }
            assertion::check(&assertion, application, visit, authority)?;
            Ok((application, Proof::Certificate))
        }
    }
}

fn by_secret(application: &Application, secret: &str, now: i64) -> Result<(), Refusal> {
    let mut known = application.secrets.iter().filter(|known| known.value.matches(secret)).peekable();
    if known.peek().is_none() {
        return Err(Refusal::WrongSecret(application.app_id.clone()));
    }
    let mut valid = known.filter(|known| known.expires.is_none_or(|expires| now < expires));
    valid.next().map(|_| ()).ok_or_else(|| Refusal::ExpiredSecret(application.app_id.clone()))
}
