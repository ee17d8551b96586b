//! The embedded issuer's public documents: metadata, key set, instance discovery, user realm.
//!
//! OpenID Connect Discovery 1.0 §4 and RFC 8414 §3 for the metadata, RFC 7517 §5 for the key set. Addresses in
//! them, and the issuer's name, begin with scheme and host under which the client has reached the service, so that
//! they work through any port or name and the name is that of the authority which the client was given. Under
//! `common` and `organizations` the tenant in the name is the literal text `{tenantid}`, as Entra answers it.

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use reqwest::Url;
use serde_json::{Value, json};

use super::authority::{Authority, Origin, PUBLIC_CLOUD, Visit, without_port};
use super::claims::TokenVersion;
use super::form::Form;
use super::refusal::Refusal;

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`
pub(super) async fn v2(visit: Visit) -> Response {
    document(configuration(&visit, TokenVersion::V2), &visit.headers)
}

/// `GET /{tenant}/.well-known/openid-configuration`
pub(super) async fn v1(visit: Visit) -> Response {
    document(configuration(&visit, TokenVersion::V1), &visit.headers)
}

fn configuration(visit: &Visit, version: TokenVersion) -> Result<Value, Refusal> {
    let authority = visit.authority()?;
    let base = visit.origin.base();
    let at = format!("{base}/{}", authority.segment());
    let (oauth2, keys) = match version {
        TokenVersion::V1 => (format!("{at}/oauth2"), format!("{at}/discovery/keys")),
        TokenVersion::V2 => (format!("{at}/oauth2/v2.0"), format!("{at}/discovery/v2.0/keys")),
    };
    Ok(json!({
        "issuer": version.issuer(&base, &authority.tenant_in_name()),
        "authorization_endpoint": format!("{oauth2}/authorize"),
        "token_endpoint": format!("{oauth2}/token"),
        "device_authorization_endpoint": format!("{oauth2}/devicecode"),
        "end_session_endpoint": format!("{oauth2}/logout"),
        "jwks_uri": keys,
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
        "grant_types_supported": [
            "authorization_code", "client_credentials", "refresh_token", "password",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "oid", "ver", "email",
        ],
        "request_uri_parameter_supported": false,
        "tenant_region_scope": null,
        "cloud_instance_name": visit.origin.host(),
        "cloud_graph_host_name": visit.origin.host(),
        "msgraph_host": visit.origin.host(),
    }))
}

/// `GET /{tenant}/discovery/v2.0/keys` and `GET /{tenant}/discovery/keys`
pub(super) async fn keys(visit: Visit) -> Response {
    let identity = &visit.issuer.identity;
    let keys = visit.authority().map(|_| json!({ "keys": [identity.public.jwk(&identity.kid)] }));
    document(keys, &visit.headers)
}

/// `GET /common/discovery/instance`: which hosts are one cloud. Called by a name of Entra's public cloud, the
/// service is that cloud; by its own name, it is a cloud by itself.
pub(super) async fn instance(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let answer = || {
        let form = Form::of_query(query.as_deref());
        let asked = form.one("authorization_endpoint")?.and_then(|endpoint| Url::parse(&endpoint).ok());
        let (origin, authority) = match &asked {
            None => (visit.origin.clone(), Authority::Common),
            Some(endpoint) => {
                let own = |host: &&str| {
                    visit.is_ours(host) || without_port(visit.origin.host()) == without_port(host)
                };
                let host = endpoint.host_str().filter(own).ok_or(Refusal::UnknownInstance)?;
                let tenant = endpoint.path_segments().and_then(|mut segments| segments.next());
                (origin_of(&visit, host), visit.named(tenant.unwrap_or("common"))?)
            }
        };
        let metadata =
            format!("{}/{}/v2.0/.well-known/openid-configuration", origin.base(), authority.segment());
        let [network, cache, ..] = PUBLIC_CLOUD;
        let mut clouds = vec![
            json!({ "preferred_network": origin.host(), "preferred_cache": origin.host(), "aliases": [origin.host()] }),
        ];
        let public =
            json!({ "preferred_network": network, "preferred_cache": cache, "aliases": PUBLIC_CLOUD });
        if PUBLIC_CLOUD.contains(&origin.host()) {
            clouds = vec![public];
        } else if PUBLIC_CLOUD.contains(&visit.origin.host()) {
            clouds.push(public);
        }
        Ok(json!({ "tenant_discovery_endpoint": metadata, "api-version": "1.1", "metadata": clouds }))
    };
    document(answer(), &visit.headers)
}

/// The origin with this host name. Libraries ask without the port, which only we know.
fn origin_of(visit: &Visit, host: &str) -> Origin {
    let known = [Some(visit.origin.clone()), visit.issuer.public.clone(), Origin::of(visit.issuer.base())];
    let named = known.into_iter().flatten().find(|origin| without_port(origin.host()) == without_port(host));
    named.or_else(|| Origin::of(&format!("https://{host}"))).unwrap_or_else(|| visit.origin.clone())
}

/// `GET /common/userrealm/{user}`: where a user's password is checked. Here.
pub(super) async fn realm(
    visit: Visit,
    user: Result<Path<(String, String)>, axum::extract::rejection::PathRejection>,
) -> Response {
    let realm = user.map(|Path((_, user))| realm_of(&user)).map_err(|_| Refusal::Malformed);
    document(realm, &visit.headers)
}

/// `GET /common/UserRealm/?user=…`
pub(super) async fn realm_asked(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let user = Form::of_query(query.as_deref()).need("user");
    document(user.map(|user| realm_of(&user)), &visit.headers)
}

fn realm_of(user: &str) -> Value {
    let domain = user.rsplit_once('@').map_or("", |(_, domain)| domain);
    json!({
        "ver": "1.0",
        "account_type": if domain.is_empty() { "Unknown" } else { "Managed" },
        "domain_name": domain,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    })
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
