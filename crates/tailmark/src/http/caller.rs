//! Who calls: a bearer token becomes a [`Caller`], or a [`TokenRefusal`].
//!
//! In come a request's headers and the time, out comes the tenant, the subject and the permissions that a
//! believed issuer has signed for. RFC 6750 §2.1 for the header, RFC 7515 §5.2 and RFC 7519 §7.2 for the token,
//! RFC 8725 for what to distrust: the token names neither its algorithm nor its key, it only has to agree with
//! the configuration and the issuer's key set. Tokens seen before are recognised by their digest until they
//! expire or the issuer's keys change. Whether the permissions suffice is decided by the room that knows what
//! is asked.

mod claims;
mod refusal;
mod token;
mod who;

use std::sync::Arc;

use axum::http::HeaderMap;
use quick_cache::sync::Cache;

use self::claims::{Claims, Validity};
pub use self::refusal::{Part, TokenRefusal};
use self::token::Token;
pub use self::who::{Caller, CallerKind, Tenant};
use super::keys::{NoKey, Pacing, Provider, Source, SourceError};
use crate::config::auth::{Auth, EMBEDDED, GRAPH_APPLICATION};
use crate::jwt::{self, Algorithm};
use crate::telemetry::metrics::TokenMetrics;

/// Where Graph sends users to sign in, when the issuer does not say.
const MICROSOFT: &str = "https://login.microsoftonline.com/common/oauth2/authorize";

const VERIFIED_TOKENS: usize = 4096;

/// Judges tokens.
pub struct Verifier {
    providers: Vec<Arc<Provider>>,
    audiences: Vec<String>,
    algorithms: Vec<Algorithm>,
    verified: Cache<[u8; 32], Arc<Verified>>,
    metrics: TokenMetrics,
}

/// A token that was found good, and until when that holds.
struct Verified {
    caller: Arc<Caller>,
    validity: Validity,
    provider: Arc<Provider>,
    /// The provider's keys with which it was verified.
    generation: u64,
}

/// Where the embedded issuer is and what it is called.
#[derive(Debug, Clone)]
pub struct Embedded {
    /// The service's own address as this process reaches it: `http://127.0.0.1:4280`.
    pub address: String,
    /// The permanent beginning of its name, `Issuer::base`.
    pub base: String,
}

/// Why the settings `auth.*` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// An entry of `auth.issuer`.
    #[error("auth.issuer: {0}")]
    Issuer(#[from] SourceError),
    /// An entry of `auth.algorithms`.
    #[error("auth.algorithms: `{0}` is none of RS256, ES256, PS256")]
    Algorithm(String),
    /// Nothing could ever be accepted.
    #[error("{0} is empty: no token could be accepted")]
    Empty(&'static str),
}

impl Verifier {
    /// A verifier for these settings; `embedded` is there when [`Auth::believes_embedded`].
    ///
    /// # Errors
    /// What in the settings cannot work.
    pub fn new(auth: &Auth, embedded: Option<&Embedded>) -> Result<Self, AuthError> {
        let (mut providers, metrics) = (Vec::new(), TokenMetrics::default());
        for entry in &auth.issuer {
            let source = match embedded {
                Some(embedded) if entry == EMBEDDED => {
                    Source::embedded(&embedded.address, &embedded.base, auth)?
                }
                _ => Source::external(entry, auth)?,
            };
            providers.push(Provider::counted(source, Pacing::default(), metrics.clone())?);
        }
        Ok(Self { metrics, ..Self::with_providers(providers, auth)? })
    }

    /// A verifier for these issuers and the audiences and algorithms of the settings.
    ///
    /// # Errors
    /// What in the settings cannot work.
    pub fn with_providers(providers: Vec<Arc<Provider>>, auth: &Auth) -> Result<Self, AuthError> {
        jwt::install();
        let named = |name: &String| Algorithm::named(name).ok_or_else(|| AuthError::Algorithm(name.clone()));
        let algorithms = auth.algorithms.iter().map(named).collect::<Result<Vec<_>, _>>()?;
        let empty = [
            ("auth.issuer", providers.is_empty()),
            ("auth.audience", auth.audience.is_empty()),
            ("auth.algorithms", algorithms.is_empty()),
        ];
        if let Some((setting, _)) = empty.into_iter().find(|(_, empty)| *empty) {
            return Err(AuthError::Empty(setting));
        }
        let verified = Cache::new(VERIFIED_TOKENS);
        let metrics = TokenMetrics::default();
        Ok(Self { providers, audiences: auth.audience.clone(), algorithms, verified, metrics })
    }

    /// What it counts.
    #[must_use]
    pub fn metrics(&self) -> &TokenMetrics {
        &self.metrics
    }

    /// Fetches every issuer's keys, so that the first caller need not wait.
    pub async fn warm(&self) {
        for provider in &self.providers {
            provider.warm().await;
        }
    }

    /// The caller that these headers prove, at this time (Unix, seconds).
    ///
    /// # Errors
    /// Why the token is refused.
    pub async fn verify(&self, headers: &HeaderMap, now: i64) -> Result<Arc<Caller>, TokenRefusal> {
        let token = Token::of(headers)?;
        let digest = token.digest();
        if let Some(verified) = self.verified.get(&digest)
            && verified.provider.look().generation() == verified.generation
        {
            self.metrics.hits.inc();
            verified.validity.check(now)?;
            return Ok(Arc::clone(&verified.caller));
        }
        self.metrics.misses.inc();
        let verified = self.examine(&token, now).await?;
        let caller = Arc::clone(&verified.caller);
        self.verified.insert(digest, Arc::new(verified));
        Ok(caller)
    }

    async fn examine(&self, token: &Token<'_>, now: i64) -> Result<Verified, TokenRefusal> {
        let parts = token.parts()?;
        let header = parts.header(&self.algorithms)?;
        let claims = Claims::read(parts.payload)?;
        let provider = self.providers.iter().find(|provider| provider.issues(&claims.iss, claims.tenant.0));
        let provider = provider.ok_or(TokenRefusal::UnknownIssuer)?;
        let snapshot = provider.find(&header.kid).await.map_err(|missing| match missing {
            NoKey::Unknown => TokenRefusal::UnknownKey,
            NoKey::Unavailable => TokenRefusal::KeysUnavailable,
        })?;
        let key = snapshot
            .keys(&header.kid)
            .find(|key| key.verifies(header.algorithm) && key.vouches_for(&claims.iss, claims.tenant.0))
            .ok_or(TokenRefusal::KeyMismatch)?;
        parts.verify(key.public(), header.algorithm)?;
        // From here on the issuer has said what the token says.
        claims.validity.check(now)?;
        if !claims.aud.iter().any(|audience| self.audiences.contains(audience)) {
            return Err(TokenRefusal::WrongAudience);
        }
        if !provider.allows(claims.tenant.0) {
            return Err(TokenRefusal::WrongTenant);
        }
        Ok(Verified {
            validity: claims.validity,
            caller: Arc::new(claims.into_caller()),
            provider: Arc::clone(provider),
            generation: snapshot.generation(),
        })
    }

    /// `WWW-Authenticate` of a 401 (RFC 9110 §11.6.1, with Graph's parameters in Graph's order): where to sign
    /// in, and for what. `public_base` is the address under which clients know the service.
    pub fn www_authenticate(&self, public_base: &str) -> String {
        let own = || format!("{}/common/oauth2/authorize", public_base.trim_end_matches('/'));
        let first = self.providers.first();
        let uri = match first {
            Some(provider) if provider.is_embedded() => Some(own()),
            Some(provider) => provider.authorization_endpoint(),
            None => None,
        };
        let quotable =
            |uri: &String| uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
        let uri = uri.filter(quotable).unwrap_or_else(|| MICROSOFT.to_owned());
        format!(r#"Bearer realm="", authorization_uri="{uri}", client_id="{GRAPH_APPLICATION}""#)
    }
}
