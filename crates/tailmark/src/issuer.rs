//! The embedded issuer: an OpenID provider for local use and CI, in the manners of Microsoft Entra ID.
//!
//! It signs access tokens (RFC 9068 in spirit, the claims of Entra's v2.0 tokens with v1.0's beside them), and
//! answers discovery (OpenID Connect Discovery 1.0), the key set (RFC 7517) and the token endpoint (RFC 6749).
//! The rest of the house has no short cut to it: `http::caller` believes it through the same discovery and key
//! set as any other issuer. `tailmark token` signs with the same file, with or without a service running.

mod discovery;
mod key;
mod refusal;
mod token;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;
use uuid::{Builder, Uuid};

use self::key::Identity;
use crate::config::auth::{Auth, GRAPH, GRAPH_APPLICATION, Secret};
use crate::jwt;

/// The tenant of a token when none is named.
pub const DEFAULT_TENANT: Uuid = Uuid::from_u128(0x1000_0000_0000_4000_8000_0000_0000_0001);

/// The tenant of all personal Microsoft accounts.
pub const PERSONAL_TENANT: Uuid = Uuid::from_u128(0x9188_040d_6c67_4c5b_b112_36a3_04b6_6dad);

/// The permission that a token has when none is named: it covers reading, too.
pub const DEFAULT_PERMISSION: &str = "DeviceManagementServiceConfig.ReadWrite.All";

/// The embedded issuer.
pub struct Issuer {
    identity: Identity,
    audiences: Vec<String>,
}

/// Why the embedded issuer cannot work.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The state cannot be read or written.
    #[error("the embedded issuer's state at {path} cannot be used")]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The state is there and makes no sense.
    #[error("the embedded issuer's state at {path} is broken: {what}; move it away to start with a new one")]
    Broken {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The name for a new issuer is not a URL.
    #[error("an issuer's base must be an http or https URL without query or fragment, not `{0}`")]
    Base(String),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Randomness,
    /// The token could not be signed.
    #[error("the token could not be signed")]
    Signing(#[source] jsonwebtoken::errors::Error),
}

/// What a token is to say.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// `tid`; a personal token is always of [`PERSONAL_TENANT`].
    pub tenant: Uuid,
    /// For whom.
    pub kind: TokenKind,
    /// `scp` of a user's token, `roles` of an application's.
    pub permissions: Vec<String>,
    /// Seconds from `now`; negative for a token that has expired.
    pub expires_in: i64,
    /// Unix time, seconds.
    pub now: i64,
    /// `aud`.
    pub audience: String,
}

/// For whom a token is.
#[derive(Debug, Clone)]
pub enum TokenKind {
    /// An application acting for a user with a work or school account.
    Delegated {
        /// The user principal name.
        user: String,
    },
    /// An application acting for a user with a personal account.
    Personal {
        /// The account's address.
        user: String,
    },
    /// An application acting for itself.
    Application,
}

impl TokenRequest {
    /// An hour from `now` for Microsoft Graph, with the default permission.
    pub fn new(tenant: Uuid, kind: TokenKind, now: i64) -> Self {
        let permissions = vec![DEFAULT_PERMISSION.to_owned()];
        Self { tenant, kind, permissions, expires_in: 3599, now, audience: GRAPH.to_owned() }
    }
}

impl Issuer {
    /// The issuer whose state is in `folder`. When there is none yet it is created, and `base_if_new` becomes
    /// the permanent beginning of its name: addresses may change later, `iss` does not.
    ///
    /// # Errors
    /// The state cannot be read or written or makes no sense, or the base is no URL.
    pub fn open_or_create(folder: &Path, base_if_new: &str) -> Result<Self, IssuerError> {
        jwt::install();
        let base = base_if_new.trim_end_matches('/');
        let url = reqwest::Url::parse(base).map_err(|_| IssuerError::Base(base_if_new.to_owned()))?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
            return Err(IssuerError::Base(base_if_new.to_owned()));
        }
        let identity = Identity::open_or_create(folder, base)?;
        Ok(Self { identity, audiences: vec![GRAPH.to_owned(), GRAPH_APPLICATION.to_owned()] })
    }

    /// With the audiences that the service accepts and the client that the settings name, if they do. An empty
    /// setting names nothing: it must not become an empty secret.
    pub fn configured(mut self, auth: &Auth) -> Self {
        self.audiences.clone_from(&auth.audience);
        if let Some(client_id) = auth.client_id.as_ref().filter(|id| !id.is_empty()) {
            self.identity.client_id.clone_from(client_id);
        }
        if let Some(client_secret) = auth.client_secret.as_ref().filter(|secret| !secret.expose().is_empty())
        {
            self.identity.client_secret = client_secret.clone();
        }
        self
    }

    /// The permanent beginning of `iss`.
    pub fn base(&self) -> &str {
        &self.identity.base
    }

    /// The client that the token endpoint knows.
    pub fn client_id(&self) -> &str {
        &self.identity.client_id
    }

    /// The secret of that client.
    pub fn client_secret(&self) -> &Secret {
        &self.identity.client_secret
    }

    /// `iss` of a tenant's tokens.
    pub fn name(&self, tenant: Uuid) -> String {
        format!("{}/{tenant}/v2.0", self.identity.base)
    }

    /// A signed access token.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn sign(&self, request: &TokenRequest) -> Result<String, IssuerError> {
        // Differs: Entra signs with RS256; `ring` cannot make an RSA key.
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.identity.kid.clone());
        jsonwebtoken::encode(&header, &self.claims(request), &self.identity.signing)
            .map_err(IssuerError::Signing)
    }

    fn claims<'a>(&'a self, request: &'a TokenRequest) -> Claims<'a> {
        let client = self.client_id();
        let (tenant, user) = match &request.kind {
            TokenKind::Delegated { user } => (request.tenant, Some(user.as_str())),
            TokenKind::Personal { user } => (PERSONAL_TENANT, Some(user.as_str())),
            TokenKind::Application => (request.tenant, None),
        };
        let exp = request.now.saturating_add(request.expires_in);
        // A token that has expired was issued before it did.
        let issued = if request.expires_in > 0 { request.now } else { exp.saturating_sub(3600) };
        let oid = object_id(tenant, user.unwrap_or(client));
        let permissions = Some(&request.permissions).filter(|permissions| !permissions.is_empty());
        Claims {
            aud: &request.audience,
            iss: self.name(tenant),
            iat: issued,
            nbf: issued,
            exp,
            appid: client,
            azp: client,
            azpacr: if user.is_some() { "0" } else { "1" },
            idtyp: if user.is_some() { "user" } else { "app" },
            oid,
            preferred_username: user,
            upn: user,
            roles: permissions.filter(|_| user.is_none()),
            scp: permissions.filter(|_| user.is_some()).map(|permissions| permissions.join(" ")),
            sub: user.map_or_else(|| oid.to_string(), |_| pairwise(oid, client)),
            tid: tenant,
            uti: URL_SAFE_NO_PAD.encode(Uuid::new_v4()),
            ver: "2.0",
        }
    }
}

/// The claims of Entra's access tokens, v2.0 with those of v1.0 that clients and policies look for.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    appid: &'a str,
    azp: &'a str,
    azpacr: &'static str,
    idtyp: &'static str,
    #[serde(serialize_with = "as_text")]
    oid: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<&'a Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scp: Option<String>,
    sub: String,
    #[serde(serialize_with = "as_text")]
    tid: Uuid,
    uti: String,
    ver: &'static str,
}

fn as_text<S: serde::Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// The same user or application of a tenant has the same object id in every token, without a directory.
fn object_id(tenant: Uuid, name: &str) -> Uuid {
    let digest = sha256(&format!("object {tenant} {}", name.to_lowercase()));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.as_ref()).for_each(|(byte, digest)| *byte = *digest);
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// OpenID Connect Core 1.0 §8.1: a subject that two applications cannot compare.
fn pairwise(oid: Uuid, client: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(&format!("subject {oid} {client}")))
}

fn sha256(text: &str) -> ring::digest::Digest {
    ring::digest::digest(&ring::digest::SHA256, text.as_bytes())
}

/// The issuer's addresses, `/{tenant}/…` and `/common/…`, beside the service's own.
pub fn routes(issuer: Arc<Issuer>) -> Router {
    Router::new()
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::configuration))
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/{tenant}/oauth2/v2.0/token", post(token::token))
        .route("/common/discovery/instance", get(discovery::instance))
        // A token request is a few hundred bytes.
        .layer(DefaultBodyLimit::max(64 * 1024))
        .with_state(issuer)
}
