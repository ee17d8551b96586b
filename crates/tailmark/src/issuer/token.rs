//! The embedded issuer's token endpoint: `POST /{tenant}/oauth2/v2.0/token`, and `POST /{tenant}/oauth2/token`.
//!
//! RFC 6749 §5: what a grant has granted becomes an answer with an access token, and where it was asked for an id
//! token (OpenID Connect Core 1.0 §3.1.3.3), a refresh token and Entra's `client_info`. Nothing of it may be kept
//! by a cache (§5.1).

use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::authority::Visit;
use super::claims::{IdRequest, TokenKind, TokenRequest, TokenVersion};
use super::directory::User;
use super::form::{Form, Posted};
use super::grants::{Ask, Granted, failed};
use super::refusal::Refusal;

/// As long as Entra says that a token lives: an hour less the second it took.
const LIFETIME: i64 = 3599;

/// `POST /{tenant}/oauth2/v2.0/token`
pub(super) async fn v2(visit: Visit, Posted(form): Posted) -> Response {
    respond(&visit, form, TokenVersion::V2)
}

/// `POST /{tenant}/oauth2/token`
pub(super) async fn v1(visit: Visit, Posted(form): Posted) -> Response {
    respond(&visit, form, TokenVersion::V1)
}

/// A method that an address does not take.
pub(super) async fn wrong_method(method: Method, headers: HeaderMap) -> Response {
    Refusal::WrongMethod(method.to_string()).respond(&headers)
}

fn respond(visit: &Visit, form: Form, version: TokenVersion) -> Response {
    let answer = || {
        let authority = visit.authority()?;
        let wants_client_info = form.one("client_info")?.as_deref() == Some("1");
        let granted = Ask { visit, authority, version, form }.grant()?;
        let mut answer = answer(visit, &granted, version)?;
        if let Some(user) = granted.user.filter(|_| wants_client_info) {
            answer.insert("client_info".to_owned(), client_info(user, granted.tenant).into());
        }
        Ok(answer)
    };
    match answer() {
        Ok(answer) => private(&Value::Object(answer)),
        Err(refusal) => Refusal::respond(&refusal, &visit.headers),
    }
}

/// Entra's `client_info`: the account's ids, from which msal makes the key of its cache.
pub(super) fn client_info(user: &User, tenant: Uuid) -> String {
    let account = json!({ "uid": user.object_id(tenant).to_string(), "utid": tenant.to_string() });
    URL_SAFE_NO_PAD.encode(account.to_string())
}

/// A JSON answer that nobody may keep.
pub(super) fn private(answer: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
    ];
    (headers, answer.to_string()).into_response()
}

fn answer(
    visit: &Visit,
    granted: &Granted<'_>,
    version: TokenVersion,
) -> Result<Map<String, Value>, Refusal> {
    let issuer = &visit.issuer;
    let now = issuer.now();
    let kind = match granted.user {
        None => TokenKind::Application,
        Some(user) if user.personal => TokenKind::Personal { user: user.upn.clone() },
        Some(user) => TokenKind::Delegated { user: user.upn.clone() },
    };
    let request = TokenRequest {
        permissions: granted.permissions.clone(),
        expires_in: LIFETIME,
        audience: granted.scope.audience.clone(),
        client: Some(granted.application.app_id.clone()),
        proof: granted.proof,
        account: granted.user.map(|user| (user.object_id(granted.tenant), user.display_name.clone())),
        version,
        ..TokenRequest::new(granted.tenant, kind, now)
    };
    let token = issuer.sign(&request).map_err(|error| failed(&error))?;
    let mut answer = Map::new();
    let mut say = |name: &str, value: Value| {
        answer.insert(name.to_owned(), value);
    };
    say("token_type", "Bearer".into());
    match version {
        TokenVersion::V2 => {
            if granted.user.is_some() {
                say("scope", granted.scope.answered(&granted.permissions).into());
            }
            say("expires_in", LIFETIME.into());
            say("ext_expires_in", LIFETIME.into());
        }
        // v1.0 writes numbers as texts.
        TokenVersion::V1 => {
            if granted.user.is_some() {
                say("scope", granted.permissions.join(" ").into());
            }
            say("expires_in", LIFETIME.to_string().into());
            say("ext_expires_in", LIFETIME.to_string().into());
            say("expires_on", now.saturating_add(LIFETIME).to_string().into());
            say("not_before", now.to_string().into());
            say("resource", granted.scope.audience.as_str().into());
        }
    }
    say("access_token", token.into());
    if let Some(token) = granted.refresh_token(visit)? {
        say("refresh_token", token.into());
    }
    if let Some(user) = granted.user.filter(|_| granted.scope.has("openid")) {
        let request = IdRequest {
            iss: version.issuer(&visit.origin.base(), &granted.tenant.to_string()),
            client: &granted.application.app_id,
            tenant: granted.tenant,
            oid: user.object_id(granted.tenant),
            upn: &user.upn,
            name: &user.display_name,
            nonce: granted.nonce.as_deref(),
            email: granted.scope.has("email"),
            now,
            expires_in: LIFETIME,
            version,
        };
        let token = issuer.signed(&request.claims()).map_err(|error| failed(&error))?;
        say("id_token", token.into());
    }
    Ok(answer)
}
