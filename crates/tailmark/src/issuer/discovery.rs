//! The embedded issuer's public documents: metadata, key set, instance discovery.
//!
//! OpenID Connect Discovery 1.0 §4 and RFC 8414 §3 for the metadata, RFC 7517 §5 for the key set. Addresses in
//! them are those under which the client has reached the service (its Host header), so that they work through
//! any port or name; `issuer` is the permanent name. Under `common` and `organizations` the name is a template
//! with the literal text `{tenantid}`, as Entra answers it.

use std::sync::Arc;

use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::{HeaderMap, header, uri};
use axum::response::{IntoResponse, Response};
use odata::value::guid;
use reqwest::Url;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Issuer;
use super::refusal::Refusal;
use crate::tls::Transport;

/// Whom the first segment of the path names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Authority {
    /// One tenant.
    Tenant(Uuid),
    /// `common` or `organizations`: whichever tenant the user turns out to be of.
    Shared(&'static str),
}

impl Authority {
    /// Reads the first segment of the path.
    pub fn parse(segment: &str) -> Result<Self, Refusal> {
        match segment {
            "common" => Ok(Self::Shared("common")),
            "organizations" => Ok(Self::Shared("organizations")),
            _ => guid(segment).map(Self::Tenant).ok_or_else(|| Refusal::NoSuchTenant(segment.to_owned())),
        }
    }

    fn segment(self) -> String {
        match self {
            Self::Tenant(tenant) => tenant.to_string(),
            Self::Shared(name) => name.to_owned(),
        }
    }
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`
pub(super) async fn configuration(
    State(issuer): State<Arc<Issuer>>,
    Path(tenant): Path<String>,
    transport: Option<Extension<Transport>>,
    headers: HeaderMap,
) -> Response {
    let answer = || {
        let authority = Authority::parse(&tenant)?;
        let name = match authority {
            Authority::Tenant(tenant) => issuer.name(tenant),
            Authority::Shared(_) => format!("{}/{{tenantid}}/v2.0", issuer.base()),
        };
        let host = host(&headers)?;
        let at = format!("{}://{host}/{}", scheme(transport), authority.segment());
        Ok(json!({
            "issuer": name,
            // Differs: named because discovery demands a name (§3), and not answered: nobody signs in here by browser.
            "authorization_endpoint": format!("{at}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{at}/oauth2/v2.0/token"),
            "jwks_uri": format!("{at}/discovery/v2.0/keys"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "scopes_supported": ["openid"],
            "tenant_region_scope": null,
            "cloud_instance_name": host,
            "msgraph_host": host,
        }))
    };
    document(answer(), &headers)
}

/// `GET /{tenant}/discovery/v2.0/keys`
pub(super) async fn keys(
    State(issuer): State<Arc<Issuer>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
) -> Response {
    let key = || issuer.identity.public.jwk(&issuer.identity.kid);
    document(Authority::parse(&tenant).map(|_| json!({ "keys": [key()] })), &headers)
}

/// `GET /common/discovery/instance`: which hosts are one cloud. This one is a cloud by itself.
pub(super) async fn instance(
    RawQuery(query): RawQuery,
    transport: Option<Extension<Transport>>,
    headers: HeaderMap,
) -> Response {
    let answer = || {
        let host = host(&headers)?;
        let authority = asked_authority(query.as_deref()).unwrap_or(Authority::Shared("common"));
        let at = format!("{}://{host}/{}", scheme(transport), authority.segment());
        Ok(json!({
            "tenant_discovery_endpoint": format!("{at}/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
        }))
    };
    document(answer(), &headers)
}

/// The tenant in `authorization_endpoint=https://host/{tenant}/oauth2/v2.0/authorize`.
fn asked_authority(query: Option<&str>) -> Option<Authority> {
    let (_, endpoint) = parameters(query?).into_iter().find(|(name, _)| name == "authorization_endpoint")?;
    let endpoint = Url::parse(&endpoint).ok()?;
    Authority::parse(endpoint.path_segments()?.next()?).ok()
}

/// The pairs of a query or a form body (`application/x-www-form-urlencoded`).
pub(super) fn parameters(encoded: &str) -> Vec<(String, String)> {
    let Ok(mut url) = Url::parse("form:") else {
        return Vec::new();
    };
    url.set_query(Some(encoded));
    url.query_pairs().into_owned().collect()
}

/// The host under which the client reached us, fit to be part of a URL (RFC 9110 §7.2).
pub(super) fn host(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Refusal::BadHost);
    };
    let host = host.to_str().map_err(|_| Refusal::BadHost)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let valid = host.len() <= 255
        && host.chars().all(plain)
        && host.parse::<uri::Authority>().is_ok_and(|authority| !authority.host().is_empty());
    if valid { Ok(host) } else { Err(Refusal::BadHost) }
}

/// Of addresses that work for this client.
fn scheme(transport: Option<Extension<Transport>>) -> &'static str {
    transport.map(|Extension(transport)| transport).unwrap_or_default().scheme()
}

fn document(answer: Result<Value, Refusal>, request: &HeaderMap) -> Response {
    match answer {
        Ok(document) => {
            let headers = [
                (header::CONTENT_TYPE, "application/json; charset=utf-8"),
                (header::CACHE_CONTROL, "max-age=300, private"),
            ];
            (headers, document.to_string()).into_response()
        }
        Err(refusal) => refusal.respond(request),
    }
}
