//! The embedded issuer: an OpenID provider for local use and CI, in the manners of Microsoft Entra ID.
//!
//! It signs access tokens (RFC 9068 in spirit, the claims of Entra's v2.0 tokens with v1.0's beside them), and
//! answers discovery (OpenID Connect Discovery 1.0), the key set (RFC 7517), the token endpoint (RFC 6749) and the
//! two at which users sign in: authorization (RFC 6749 §4.1) and device code (RFC 8628). Applications and users are
//! those of the directory, which seed files fill. The rest of the house has no short cut to it: `http::caller`
//! believes it through the same discovery and key set as any other issuer. `tailmark token` signs with the same
//! file, with or without a service running.

mod assertion;
mod authority;
mod authorize;
mod certificate;
mod claims;
mod device_code;
pub mod directory;
mod discovery;
mod form;
mod grants;
mod key;
mod page;
mod refusal;
mod scope;
mod sealed;
mod token;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;
use uuid::{Builder, Uuid};

pub use self::certificate::CertificateError;
pub use self::claims::{Proof, TokenKind, TokenRequest, TokenVersion};

use self::authority::Origin;
use self::device_code::DeviceCodes;
use self::directory::{Directory, Tenant};
use self::grants::Redeemed;
use self::key::Identity;
use self::sealed::Seal;
use crate::clock;
use crate::config::auth::{Auth, DeviceCode, GRAPH, GRAPH_APPLICATION, Secret};
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
    /// Exchanged as a whole where a running service is seeded.
    directory: RwLock<Arc<Directory>>,
    /// The address that the settings give the service, if they do.
    public: Option<Origin>,
    device_code: DeviceCode,
    device_codes: DeviceCodes,
    refresh_tokens: Seal,
    codes: Seal,
    redeemed: Redeemed,
    /// Unix time, seconds.
    clock: Arc<dyn Fn() -> i64 + Send + Sync>,
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
        Ok(Self {
            audiences: vec![GRAPH.to_owned(), GRAPH_APPLICATION.to_owned()],
            directory: RwLock::new(Arc::new(Directory::new(&identity.client_id, &identity.client_secret))),
            public: None,
            device_code: DeviceCode::default(),
            device_codes: DeviceCodes::default(),
            refresh_tokens: Seal::from_secret(identity.signing.as_bytes(), "refresh tokens")?,
            codes: Seal::random()?,
            redeemed: Redeemed::default(),
            clock: Arc::new(clock::unix_seconds),
            identity,
        })
    }

    /// With the audiences that the service accepts and the client that the settings name, if they do. An empty
    /// setting names nothing: it must not become an empty secret.
    pub fn configured(mut self, auth: &Auth) -> Self {
        self.audiences.clone_from(&auth.audience);
        self.device_code = auth.device_code;
        if let Some(client_id) = auth.client_id.as_ref().filter(|id| !id.is_empty()) {
            self.identity.client_id.clone_from(client_id);
        }
        if let Some(client_secret) = auth.client_secret.as_ref().filter(|secret| !secret.expose().is_empty())
        {
            self.identity.client_secret = client_secret.clone();
        }
        let directory = Directory::new(&self.identity.client_id, &self.identity.client_secret);
        self.directory = RwLock::new(Arc::new(directory));
        self
    }

    /// Adds the tenants of a seed. From the first one on, only tenants that were seeded exist.
    pub fn learn(&self, tenants: impl IntoIterator<Item = Tenant>) {
        self.change(|directory| tenants.into_iter().for_each(|tenant| directory.add(tenant)));
    }

    /// Forgets what seeds have said of a tenant, or of all where none is named.
    pub fn forget(&self, tenant: Option<Uuid>) {
        self.change(|directory| directory.remove(tenant));
    }

    fn change(&self, change: impl FnOnce(&mut Directory)) {
        let mut current = self.directory.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut current));
    }

    fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// With the address under which clients know the service, where it is another than they call: something in
    /// front takes care of TLS. Empty: there is none.
    pub fn known_as(mut self, public_url: &str) -> Self {
        self.public = Origin::of(public_url);
        self
    }

    /// With another clock: Unix time, seconds.
    pub fn with_clock(mut self, clock: Arc<dyn Fn() -> i64 + Send + Sync>) -> Self {
        self.clock = clock;
        self
    }

    fn now(&self) -> i64 {
        (self.clock)()
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
        self.signed(&request.claims(self.base(), self.client_id()))
    }

    fn signed<T: Serialize>(&self, claims: &T) -> Result<String, IssuerError> {
        // Differs: Entra signs with RS256; `ring` cannot make an RSA key.
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.identity.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.identity.signing).map_err(IssuerError::Signing)
    }
}

/// The same user or application of a tenant has the same object id in every token, without a directory.
fn object_id(tenant: Uuid, name: &str) -> Uuid {
    let digest = sha256(&format!("object {tenant} {}", name.to_lowercase()));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.as_ref()).for_each(|(byte, digest)| *byte = *digest);
    Builder::from_custom_bytes(bytes).into_uuid()
}

fn sha256(text: &str) -> ring::digest::Digest {
    ring::digest::digest(&ring::digest::SHA256, text.as_bytes())
}

/// The issuer's addresses, `/{tenant}/…` and `/common/…`, beside the service's own.
pub fn routes(issuer: Arc<Issuer>) -> Router {
    Router::new()
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::v2))
        .route("/{tenant}/.well-known/openid-configuration", get(discovery::v1))
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/{tenant}/discovery/keys", get(discovery::keys))
        .route("/{tenant}/discovery/instance", get(discovery::instance))
        .route("/{tenant}/userrealm/{user}", get(discovery::realm))
        .route("/{tenant}/UserRealm/{user}", get(discovery::realm))
        .route("/{tenant}/userrealm/", get(discovery::realm_asked))
        .route("/{tenant}/UserRealm/", get(discovery::realm_asked))
        .route("/{tenant}/oauth2/v2.0/token", post(token::v2))
        .route("/{tenant}/oauth2/token", post(token::v1))
        .route("/{tenant}/oauth2/v2.0/devicecode", post(device_code::v2))
        .route("/{tenant}/oauth2/devicecode", post(device_code::v1))
        .route("/{tenant}/oauth2/deviceauth", get(device_code::page).post(device_code::answer))
        .route("/{tenant}/oauth2/v2.0/authorize", get(authorize::v2).post(authorize::v2_answer))
        .route("/{tenant}/oauth2/authorize", get(authorize::v1).post(authorize::v1_answer))
        .route("/{tenant}/oauth2/v2.0/logout", get(authorize::logout))
        .route("/{tenant}/oauth2/logout", get(authorize::logout))
        .method_not_allowed_fallback(token::wrong_method)
        // A token request is a few hundred bytes, one with an assertion a few thousand.
        .layer(DefaultBodyLimit::max(64 * 1024))
        .with_state(issuer)
}
