//! The grants of the token endpoint: each turns a form into what a token is to say, or refuses.
//!
//! RFC 6749 §4.1.3 (authorization code, with RFC 7636), §4.3 (password), §4.4 (client credentials), §6 (refresh
//! token), RFC 8628 §3.4 (device code). Refresh tokens and codes are sealed texts; a code is good once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::authority::{Authority, Visit};
use super::claims::{Proof, TokenVersion};
use super::directory::{Application, User};
use super::form::{self, Form};
use super::refusal::Refusal;
use super::scope::Scope;
use super::sha256;

/// How long a refresh token may lie unused, in seconds: Entra's 90 days.
const REFRESH_LIFETIME: i64 = 90 * 24 * 3600;

/// How long an authorization code is good, in seconds.
pub(super) const CODE_LIFETIME: i64 = 600;

/// What was granted.
pub(super) struct Granted<'v> {
    pub application: &'v Application,
    pub proof: Proof,
    pub tenant: Uuid,
    /// On whose behalf; nobody: the application's own.
    pub user: Option<&'v User>,
    pub scope: Scope,
    pub permissions: Vec<String>,
    pub nonce: Option<String>,
}

/// Someone who has signed in, for a client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SignIn {
    pub client: String,
    pub tenant: Uuid,
    pub upn: String,
    pub scope: String,
}

/// What a refresh token stands for.
#[derive(Serialize, Deserialize)]
struct Refresh {
    sign_in: SignIn,
    expires: i64,
}

/// What an authorization code stands for.
#[derive(Serialize, Deserialize)]
pub(super) struct Code {
    pub id: Uuid,
    pub sign_in: SignIn,
    pub expires: i64,
    pub redirect: String,
    /// Of a program on the user's machine.
    pub public: bool,
    /// The S256 challenge.
    pub challenge: Option<String>,
    pub nonce: Option<String>,
}

/// The codes that were redeemed, until they expire.
#[derive(Default)]
pub(super) struct Redeemed(Mutex<HashMap<Uuid, i64>>);

impl Redeemed {
    fn redeem(&self, code: &Code, now: i64) -> Result<(), Refusal> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, expires| now < *expires);
        match known.insert(code.id, code.expires) {
            None => Ok(()),
            Some(_) => Err(Refusal::Redeemed),
        }
    }
}

/// A request to the token endpoint.
pub(super) struct Ask<'v> {
    pub visit: &'v Visit,
    pub authority: Authority,
    pub version: TokenVersion,
    pub form: Form,
}

impl<'v> Ask<'v> {
    /// What the request's grant grants.
    pub fn grant(&self) -> Result<Granted<'v>, Refusal> {
        let kind = self.form.need("grant_type")?;
        match kind.as_str() {
            "client_credentials" => self.client_credentials(),
            "password" => self.password(),
            "refresh_token" => self.refresh_token(),
            "authorization_code" => self.authorization_code(),
            // The first by libraries for JavaScript and at v1.0, the second by RFC 8628.
            "device_code" | "urn:ietf:params:oauth:grant-type:device_code" => self.device_code(),
            _ => Err(Refusal::UnsupportedGrant(kind)),
        }
    }

    fn client(&self) -> Result<(&'v Application, Proof), Refusal> {
        form::client(self.visit, self.authority, &self.form)
    }

    /// What is asked for; `before`: what was asked for when the user signed in.
    fn scope(&self, before: Option<&str>) -> Result<Scope, Refusal> {
        let scope = self.form.one("scope")?;
        match (self.version, self.form.one("resource")?) {
            (TokenVersion::V1, Some(resource)) => Scope::of_resource(&resource, self.visit),
            (TokenVersion::V2, Some(_)) => Err(Refusal::ResourceHere),
            (version, None) => match (scope.as_deref().or(before), version) {
                (Some(scope), _) => Scope::parse(scope, self.visit),
                (None, TokenVersion::V1) => Err(Refusal::Missing("resource")),
                (None, TokenVersion::V2) => Err(Refusal::Missing("scope")),
            },
        }
    }

    fn client_credentials(&self) -> Result<Granted<'v>, Refusal> {
        let (application, proof) = self.client()?;
        if proof == Proof::None {
            return Err(Refusal::NoSecret);
        }
        let scope = self.scope(None)?;
        let permissions = scope.roles(application)?;
        let Authority::Tenant(tenant) = self.authority else {
            return Err(Refusal::TenantNeeded);
        };
        Ok(Granted { application, proof, tenant, user: None, scope, permissions, nonce: None })
    }

    fn password(&self) -> Result<Granted<'v>, Refusal> {
        let (application, proof) = self.client()?;
        if matches!(self.authority, Authority::Common | Authority::Consumers) {
            return Err(Refusal::NotForPersonal);
        }
        let scope = self.scope(None)?;
        let upn = self.form.need("username")?;
        let password = self.form.need("password")?;
        let (tenant, user) = self.user(&upn)?;
        may_sign_in(user)?;
        match &user.password {
            None => return Err(Refusal::NoPassword),
            Some(own) if !own.matches(&password) => return Err(Refusal::WrongPassword),
            Some(_) if user.mfa => return Err(Refusal::MultifactorNeeded),
            Some(_) => {}
        }
        let permissions = scope.delegated(application)?;
        Ok(Granted { application, proof, tenant, user: Some(user), scope, permissions, nonce: None })
    }

    fn refresh_token(&self) -> Result<Granted<'v>, Refusal> {
        let (application, proof) = self.client()?;
        let token = self.form.need("refresh_token")?;
        let Refresh { sign_in, expires } =
            self.visit.issuer.refresh_tokens.open(&token).ok_or(Refusal::MalformedGrant)?;
        if self.visit.issuer.now() >= expires {
            return Err(Refusal::RefreshExpired);
        }
        // As in Entra each use gives a new one, and the old one stays good.
        let scope = self.scope(Some(&sign_in.scope))?.lasting();
        self.signed_in(application, proof, &sign_in, scope, None)
    }

    fn authorization_code(&self) -> Result<Granted<'v>, Refusal> {
        let (application, proof) = self.client()?;
        let issuer = &self.visit.issuer;
        let code: Code = issuer.codes.open(&self.form.need("code")?).ok_or(Refusal::MalformedGrant)?;
        if issuer.now() >= code.expires {
            return Err(Refusal::CodeExpired);
        }
        let redirect = self.form.need("redirect_uri")?;
        if redirect != code.redirect {
            return Err(Refusal::Redirect(redirect));
        }
        match (&code.challenge, self.form.one("code_verifier")?) {
            (None, None) => {}
            (Some(challenge), Some(verifier)) if challenged(&verifier) == *challenge => {}
            (_, _) => return Err(Refusal::WrongVerifier),
        }
        if !code.public && proof == Proof::None {
            return Err(Refusal::NoSecret);
        }
        // Only now: whoever has the code alone cannot use it up.
        self.same_client(application, &code.sign_in)?;
        issuer.redeemed.redeem(&code, issuer.now())?;
        let scope = self.scope(Some(&code.sign_in.scope))?;
        self.signed_in(application, proof, &code.sign_in, scope, code.nonce)
    }

    fn device_code(&self) -> Result<Granted<'v>, Refusal> {
        let (application, proof) = self.client()?;
        // v1.0 calls it `code`.
        let code = match self.form.one("device_code")? {
            Some(code) => code,
            None => self.form.one("code")?.ok_or(Refusal::Missing("device_code"))?,
        };
        let issuer = &self.visit.issuer;
        let sign_in = issuer.device_codes.poll(&code, &application.app_id, issuer.now(), self.version)?;
        let scope = self.scope(Some(&sign_in.scope))?;
        self.signed_in(application, proof, &sign_in, scope, None)
    }

    fn user(&self, upn: &str) -> Result<(Uuid, &'v User), Refusal> {
        let directory = &self.visit.directory;
        if let Some(found) = directory.user(self.authority, upn) {
            return Ok(found);
        }
        let unknown = || Refusal::UnknownUser(upn.to_owned());
        Err(directory
            .user(Authority::Consumers, upn)
            .map_or_else(unknown, |_| Refusal::PersonalAccount(upn.to_owned())))
    }

    fn same_client(&self, application: &Application, sign_in: &SignIn) -> Result<(), Refusal> {
        if !sign_in.client.eq_ignore_ascii_case(&application.app_id) {
            return Err(Refusal::BadGrant("it was issued to another client"));
        }
        match self.authority {
            Authority::Tenant(tenant) if tenant != sign_in.tenant => {
                Err(Refusal::BadGrant("it was issued by another tenant"))
            }
            _ => Ok(()),
        }
    }

    /// What somebody gets who has signed in before. The account must still be there and may still sign in.
    fn signed_in(
        &self,
        application: &'v Application,
        proof: Proof,
        sign_in: &SignIn,
        scope: Scope,
        nonce: Option<String>,
    ) -> Result<Granted<'v>, Refusal> {
        self.same_client(application, sign_in)?;
        let (tenant, user) = self
            .visit
            .directory
            .account(sign_in.tenant, &sign_in.upn)
            .ok_or_else(|| Refusal::UnknownUser(sign_in.upn.clone()))?;
        may_sign_in(user)?;
        let permissions = scope.delegated(application)?;
        Ok(Granted { application, proof, tenant, user: Some(user), scope, permissions, nonce })
    }
}

impl Granted<'_> {
    /// A refresh token, where one was asked for and there is somebody to whom it would belong.
    pub fn refresh_token(&self, visit: &Visit) -> Result<Option<String>, Refusal> {
        let Some(user) = self.user.filter(|_| self.scope.has("offline_access")) else { return Ok(None) };
        let sign_in = SignIn {
            client: self.application.app_id.clone(),
            tenant: self.tenant,
            upn: user.upn.clone(),
            scope: self.scope.text(),
        };
        let refresh = Refresh { sign_in, expires: visit.issuer.now().saturating_add(REFRESH_LIFETIME) };
        visit.issuer.refresh_tokens.seal(&refresh).map(Some).map_err(|error| failed(&error))
    }
}

/// RFC 7636 §4.6.
fn challenged(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(verifier))
}

/// Whether an account may be used at all.
pub(super) fn may_sign_in(user: &User) -> Result<(), Refusal> {
    if user.enabled { Ok(()) } else { Err(Refusal::Disabled) }
}

/// A failure of the issuer itself: for the log, and for the client without its cause.
pub(super) fn failed(error: &super::IssuerError) -> Refusal {
    tracing::error!(?error, "the embedded issuer cannot sign");
    Refusal::Internal
}
