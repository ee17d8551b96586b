//! No token gets in that should not, and every right one does.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod assertion;
mod authorize;
mod device_code;
mod discovery;
mod embedded;
mod forge;
mod grants;
mod house;
mod rotation;
mod seeds;
mod settings;
mod table;
mod upstream;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use odata::value::guid;
use serde_json::{Value, json};
use tailmark::config::auth::Auth;
use tailmark::http::caller::{Caller, TokenRefusal, Verifier};
use tailmark::http::keys::{Pacing, Provider, Source};

use self::forge::{NOW, Pair, TENANT, bearer, claims, token};
use self::upstream::Upstream;

/// An issuer with an RSA and an EC key, and a verifier that believes it and whose clock stands still.
struct World {
    pub upstream: Arc<Upstream>,
    pub provider: Arc<Provider>,
    pub verifier: Verifier,
    pub rsa: Pair,
    pub ec: Pair,
    seconds: Arc<AtomicU64>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Auth)) -> Self {
        let (rsa, ec) = (Pair::rsa(), Pair::ec());
        let upstream = Upstream::start(vec![rsa.jwk("rsa"), ec.jwk("ec")]).await;
        let mut auth = Auth {
            tenants: vec![guid(TENANT).unwrap()],
            allow_http_issuer: true,
            algorithms: ["RS256", "ES256", "PS256"].map(str::to_owned).to_vec(),
            ..Auth::default()
        };
        change(&mut auth);
        let seconds = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&seconds);
        let pacing = Pacing {
            timeout: Duration::from_millis(500),
            clock: Arc::new(move || Duration::from_secs(clock.load(Ordering::SeqCst))),
            ..Pacing::default()
        };
        let source = Source::external(&format!("{}/common/v2.0", upstream.address), &auth).unwrap();
        let provider = Provider::new(source, pacing).unwrap();
        let verifier = Verifier::with_providers(vec![Arc::clone(&provider)], &auth).unwrap();
        Self { upstream, provider, verifier, rsa, ec, seconds }
    }

    /// Lets the provider's clock go on.
    pub fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn claims(&self) -> Value {
        claims(&self.upstream.address)
    }

    /// A good token, by the EC key unless `pair` is another.
    pub fn good(&self, pair: &Pair, kid: &str) -> String {
        let alg = if matches!(pair, Pair::Rsa(_)) { "RS256" } else { "ES256" };
        token(pair, &json!({ "typ": "JWT", "alg": alg, "kid": kid }).to_string(), &self.claims().to_string())
    }

    pub async fn verify(&self, token: &str) -> Result<Arc<Caller>, TokenRefusal> {
        self.verifier.verify(&bearer(token), NOW).await
    }
}
