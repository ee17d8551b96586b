//! What the embedded issuer's tokens say.
//!
//! Access tokens have the claims of Entra's v2.0 tokens with those of v1.0 that clients and policies look for, or
//! those of v1.0 tokens; id tokens those of OpenID Connect Core 1.0 §2. In comes what a token is to say, out come
//! claims that serialize in Entra's names.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use uuid::Uuid;

use super::{DEFAULT_PERMISSION, PERSONAL_TENANT, object_id, sha256};
use crate::config::auth::GRAPH;

/// What an access token is to say.
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
    /// `appid` and `azp`; the issuer's own client where nothing is said.
    pub client: Option<String>,
    /// `appidacr` and `azpacr`.
    pub proof: Proof,
    /// `oid` and `name` of a user whom the directory has.
    pub account: Option<(Uuid, String)>,
    /// In which form.
    pub version: TokenVersion,
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

/// How a client has shown who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Not at all.
    None,
    /// By a secret.
    Secret,
    /// By an assertion signed with a certificate.
    Certificate,
}

impl Proof {
    fn claim(self) -> &'static str {
        match self {
            Self::None => "0",
            Self::Secret => "1",
            Self::Certificate => "2",
        }
    }
}

/// The two forms of Entra's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenVersion {
    /// `ver` is `1.0`, and the issuer's name ends with the tenant.
    V1,
    /// `ver` is `2.0`.
    V2,
}

impl TokenVersion {
    /// The name of a tenant's issuer at this base.
    pub(super) fn issuer(self, base: &str, tenant: &str) -> String {
        match self {
            Self::V1 => format!("{base}/{tenant}/"),
            Self::V2 => format!("{base}/{tenant}/v2.0"),
        }
    }

    fn claim(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V2 => "2.0",
        }
    }
}

impl TokenRequest {
    /// An hour from `now` for Microsoft Graph, with the default permission.
    pub fn new(tenant: Uuid, kind: TokenKind, now: i64) -> Self {
        let permissions = vec![DEFAULT_PERMISSION.to_owned()];
        let proof = if matches!(kind, TokenKind::Application) { Proof::Secret } else { Proof::None };
        Self {
            tenant,
            kind,
            permissions,
            expires_in: 3599,
            now,
            audience: GRAPH.to_owned(),
            client: None,
            proof,
            account: None,
            version: TokenVersion::V2,
        }
    }

    /// The claims, signed in the name of `base` by a client.
    pub(super) fn claims<'a>(&'a self, base: &str, own_client: &'a str) -> Access<'a> {
        let client = self.client.as_deref().unwrap_or(own_client);
        let (tenant, user) = match &self.kind {
            TokenKind::Delegated { user } => (self.tenant, Some(user.as_str())),
            TokenKind::Personal { user } => (PERSONAL_TENANT, Some(user.as_str())),
            TokenKind::Application => (self.tenant, None),
        };
        let exp = self.now.saturating_add(self.expires_in);
        // A token that has expired was issued before it did.
        let issued = if self.expires_in > 0 { self.now } else { exp.saturating_sub(3600) };
        let given = self.account.as_ref().filter(|_| user.is_some());
        let oid = given.map_or_else(|| object_id(tenant, user.unwrap_or(client)), |(oid, _)| *oid);
        let permissions = Some(&self.permissions).filter(|permissions| !permissions.is_empty());
        let (v1, v2) = (self.version == TokenVersion::V1, self.version == TokenVersion::V2);
        Access {
            aud: &self.audience,
            iss: self.version.issuer(base, &tenant.to_string()),
            iat: issued,
            nbf: issued,
            exp,
            appid: client,
            appidacr: v1.then(|| self.proof.claim()),
            azp: v2.then_some(client),
            azpacr: v2.then(|| self.proof.claim()),
            idtyp: if user.is_some() { "user" } else { "app" },
            name: given.map(|(_, name)| name.as_str()),
            oid,
            preferred_username: user.filter(|_| v2),
            unique_name: user.filter(|_| v1),
            upn: user,
            roles: permissions.filter(|_| user.is_none()),
            scp: permissions.filter(|_| user.is_some()).map(|permissions| permissions.join(" ")),
            sub: user.map_or_else(|| oid.to_string(), |_| pairwise(oid, client)),
            tid: tenant,
            uti: URL_SAFE_NO_PAD.encode(Uuid::new_v4()),
            ver: self.version.claim(),
        }
    }
}

/// The claims of an access token.
#[derive(Serialize)]
pub(super) struct Access<'a> {
    aud: &'a str,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    appid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    appidacr: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    azp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    azpacr: Option<&'static str>,
    idtyp: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(serialize_with = "as_text")]
    oid: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_name: Option<&'a str>,
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

/// What an id token is to say.
pub(super) struct IdRequest<'a> {
    /// The issuer's name, as the client knows it.
    pub iss: String,
    pub client: &'a str,
    pub tenant: Uuid,
    pub oid: Uuid,
    pub upn: &'a str,
    pub name: &'a str,
    pub nonce: Option<&'a str>,
    pub email: bool,
    pub now: i64,
    pub expires_in: i64,
    pub version: TokenVersion,
}

/// The claims of an id token.
#[derive(Serialize)]
pub(super) struct Identity<'a> {
    aud: &'a str,
    iss: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(serialize_with = "as_text")]
    oid: Uuid,
    preferred_username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upn: Option<&'a str>,
    sub: String,
    #[serde(serialize_with = "as_text")]
    tid: Uuid,
    uti: String,
    ver: &'static str,
}

impl IdRequest<'_> {
    /// The claims.
    pub fn claims(&self) -> Identity<'_> {
        let v1 = self.version == TokenVersion::V1;
        Identity {
            aud: self.client,
            iss: &self.iss,
            iat: self.now,
            nbf: self.now,
            exp: self.now.saturating_add(self.expires_in),
            name: self.name,
            nonce: self.nonce,
            email: self.email.then_some(self.upn),
            oid: self.oid,
            preferred_username: self.upn,
            unique_name: v1.then_some(self.upn),
            upn: v1.then_some(self.upn),
            sub: pairwise(self.oid, self.client),
            tid: self.tenant,
            uti: URL_SAFE_NO_PAD.encode(Uuid::new_v4()),
            ver: self.version.claim(),
        }
    }
}

/// OpenID Connect Core 1.0 §8.1: a subject that two applications cannot compare.
fn pairwise(oid: Uuid, client: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(&format!("subject {oid} {client}")))
}

fn as_text<S: serde::Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}
