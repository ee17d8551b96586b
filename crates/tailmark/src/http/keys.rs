//! The signing keys of the issuers that are believed, kept current.
//!
//! One [`Provider`] for each issuer. It learns the keys through discovery (OpenID Connect Discovery 1.0 §4,
//! RFC 8414 §3) and the key set (RFC 7517 §5), and keeps the last good answer: a failed or senseless one
//! changes nothing, so that known keys go on working while the issuer is away. Old answers are refreshed in
//! the background; an unknown `kid` fetches at once, but seldom, and whoever comes meanwhile shares the result.
//! In goes a `kid`, out comes the [`Snapshot`] that has it; `http::caller` decides what the key may sign.

mod fetch;
mod jwk;
mod source;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

use self::fetch::{FetchError, Fetched};
pub use self::jwk::Key;
pub use self::source::{Source, SourceError};
use crate::telemetry::metrics::TokenMetrics;

/// One issuer and its keys.
pub struct Provider {
    source: Source,
    pacing: Pacing,
    client: reqwest::Client,
    current: RwLock<Arc<Snapshot>>,
    /// Held while a fetch is under way, so there is one at a time.
    gate: Arc<Mutex<Attempts>>,
    metrics: TokenMetrics,
}

/// How often an issuer is asked, and how long it may take to answer.
#[derive(Clone)]
pub struct Pacing {
    /// For discovery and key set together.
    pub timeout: Duration,
    /// At least this long between the end of one attempt and the next.
    pub interval: Duration,
    /// Keys older than this are refreshed, unless the issuer says otherwise by `max-age`.
    pub lifetime: Duration,
    /// Time since some fixed moment; never goes back.
    pub clock: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl Default for Pacing {
    fn default() -> Self {
        let start = Instant::now();
        Self {
            timeout: Duration::from_secs(5),
            interval: Duration::from_secs(5),
            lifetime: Duration::from_secs(300),
            clock: Arc::new(move || start.elapsed()),
        }
    }
}

/// The keys of an issuer at one time.
#[derive(Default)]
pub struct Snapshot {
    keys: Vec<Key>,
    /// Grows whenever the keys change; 0: there never were any.
    generation: u64,
    stale_at: Duration,
    authorization_endpoint: Option<String>,
}

impl Snapshot {
    /// The keys called `kid`. A set may hold two that differ in type (RFC 7517 §4.5).
    pub fn keys(&self, kid: &str) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.kid == kid)
    }

    /// Which set of keys this is: another number, other keys.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

#[derive(Default)]
struct Attempts {
    last_end: Option<Duration>,
}

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoKey {
    /// The issuer's keys are known and this is none of them.
    Unknown,
    /// The issuer has not told its keys yet, so nothing can be said about the token.
    Unavailable,
}

impl Provider {
    /// A provider that knows no key yet; nothing is fetched before the first use or [`Provider::warm`].
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn new(source: Source, pacing: Pacing) -> Result<Arc<Self>, SourceError> {
        Self::counted(source, pacing, TokenMetrics::default())
    }

    /// The same; its fetches are counted there.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn counted(source: Source, pacing: Pacing, metrics: TokenMetrics) -> Result<Arc<Self>, SourceError> {
        let client = fetch::client(&source, pacing.timeout)?;
        let current = RwLock::default();
        Ok(Arc::new(Self { source, pacing, client, current, gate: Arc::default(), metrics }))
    }

    /// Whether a token of this tenant and with this `iss` claims to come from here.
    pub fn issues(&self, iss: &str, tenant: Uuid) -> bool {
        self.source.issues(iss, tenant)
    }

    /// Whether the tenant may be vouched for: it is the issuer's, and among those allowed.
    pub fn allows(&self, tenant: Uuid) -> bool {
        self.source.allows(tenant)
    }

    /// What discovery says about where a user signs in.
    pub fn authorization_endpoint(&self) -> Option<String> {
        self.snapshot().authorization_endpoint.clone()
    }

    /// Whether this is the issuer inside this program.
    pub fn is_embedded(&self) -> bool {
        self.source.is_embedded()
    }

    /// The keys as they are known now, refreshed in the background when they have aged. For tokens that were
    /// verified before and need no key, only the assurance that theirs is still there.
    pub fn look(self: &Arc<Self>) -> Arc<Snapshot> {
        let snapshot = self.snapshot();
        if snapshot.generation > 0 && (self.pacing.clock)() >= snapshot.stale_at {
            self.refresh_in_background();
        }
        snapshot
    }

    /// The snapshot with a key called `kid`. An unknown one is asked for, at most once in an interval.
    ///
    /// # Errors
    /// There is no such key, or the issuer has never answered.
    pub async fn find(self: &Arc<Self>, kid: &str) -> Result<Arc<Snapshot>, NoKey> {
        let snapshot = self.look();
        if snapshot.keys(kid).next().is_some() {
            return Ok(snapshot);
        }
        let gate = Arc::clone(&self.gate).lock_owned().await;
        // Whoever held the gate may have brought it.
        if self.snapshot().keys(kid).next().is_none() && self.due(&gate) {
            self.fetch_detached(gate).await;
        }
        let snapshot = self.snapshot();
        let known = snapshot.keys(kid).next().is_some();
        match snapshot.generation {
            0 => Err(NoKey::Unavailable),
            _ if known => Ok(snapshot),
            _ => Err(NoKey::Unknown),
        }
    }

    /// Fetches the keys ahead of the first token. A failure is logged and forgotten.
    pub async fn warm(self: &Arc<Self>) {
        let gate = Arc::clone(&self.gate).lock_owned().await;
        self.fetch_detached(gate).await;
    }

    /// Waits until no fetch is under way.
    pub async fn settled(&self) {
        drop(self.gate.lock().await);
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn due(&self, attempts: &Attempts) -> bool {
        attempts.last_end.is_none_or(|end| (self.pacing.clock)() >= end + self.pacing.interval)
    }

    fn refresh_in_background(self: &Arc<Self>) {
        if let Ok(gate) = Arc::clone(&self.gate).try_lock_owned()
            && self.due(&gate)
        {
            drop(tokio::spawn(Arc::clone(self).fetch(gate)));
        }
    }

    /// A task of its own: a client that hangs up neither stops the fetch nor makes it go uncounted.
    async fn fetch_detached(self: &Arc<Self>, gate: OwnedMutexGuard<Attempts>) {
        // It fails only when the runtime stops, and then nobody waits for a key.
        let _ = tokio::spawn(Arc::clone(self).fetch(gate)).await;
    }

    async fn fetch(self: Arc<Self>, mut gate: OwnedMutexGuard<Attempts>) {
        let answer =
            tokio::time::timeout(self.pacing.timeout, fetch::fetch(&self.client, &self.source)).await;
        let now = (self.pacing.clock)();
        gate.last_end = Some(now);
        match answer.unwrap_or(Err(FetchError::Timeout)) {
            Ok(fetched) => {
                self.metrics.fetched.inc();
                self.replace(fetched, now);
            }
            Err(error) => {
                self.metrics.not_fetched.inc();
                let error: &dyn std::error::Error = &error;
                tracing::warn!(
                    issuer = self.source.discovery(),
                    error,
                    "the issuer's keys were not refreshed"
                );
            }
        }
    }

    fn replace(&self, fetched: Fetched, now: Duration) {
        let before = self.snapshot();
        let generation = if before.keys == fetched.keys { before.generation } else { before.generation + 1 };
        let (issuer, keys) = (self.source.discovery(), fetched.keys.len());
        match before.generation {
            known if known == generation => {}
            // That there are some is no news.
            0 => tracing::debug!(issuer, keys, "new signing keys"),
            _ => tracing::info!(issuer, keys, "new signing keys"),
        }
        let after = Snapshot {
            keys: fetched.keys,
            generation,
            stale_at: now + fetched.lifetime.unwrap_or(self.pacing.lifetime),
            authorization_endpoint: fetched.authorization_endpoint,
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
    }
}
