//! Who asks too often: 429 with the seconds after which it may be asked again.
//!
//! In: a caller and what is asked. Out: nothing, or the error. A tenant is counted, and each of its applications; requests of a
//! batch count one by one, the batch around them does not. Each replica counts for itself.
//! Source: Microsoft Graph, *Throttling guidance*; `limiter.rs` has the rule.

mod limiter;

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::http::Method;
use prometheus_client::metrics::counter::Counter;

use self::limiter::{Kind, Limiter, Scope};
use super::caller::Caller;
use super::error::Error;
use super::{batch, read};
use crate::config;
use crate::telemetry::metrics::Metrics;

/// Windows that are kept at most: two for an application that is the only one of its tenant. About a megabyte.
const MOST_WINDOWS: usize = 16_384;

/// Counts callers' requests.
#[derive(Debug)]
pub struct Throttle {
    limiter: Mutex<Limiter>,
    /// What time is counted from.
    start: Instant,
    applications: Counter,
    tenants: Counter,
}

impl Throttle {
    /// With these settings; nothing where they turn it off.
    #[must_use]
    pub fn new(settings: &config::throttle::Throttle, metrics: &Metrics) -> Option<Self> {
        settings.enabled.then(|| Self {
            limiter: Mutex::new(Limiter::new(settings, MOST_WINDOWS)),
            start: Instant::now(),
            applications: metrics.throttled_applications.clone(),
            tenants: metrics.throttled_tenants.clone(),
        })
    }

    /// Counts a request for a path below a service root, unless it is one too many.
    ///
    /// # Errors
    /// When it may be sent again.
    pub fn admit(&self, caller: &Caller, method: &Method, path: &str) -> Result<(), Error> {
        let kind = match *method {
            Method::GET | Method::HEAD => Kind::Read,
            Method::POST if batch::is_addressed(path) => return Ok(()),
            Method::POST if read::is_query(path) => Kind::Read,
            _ => Kind::Write,
        };
        let now = self.start.elapsed();
        // What is in it is right at every moment, whoever panicked.
        let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
        limiter.take(caller.tenant.0, caller.app.as_deref(), kind, now).map_err(|throttled| {
            match throttled.scope {
                Scope::Application => self.applications.inc(),
                Scope::Tenant => self.tenants.inc(),
            };
            Error::Throttled(throttled.retry_after)
        })
    }
}
