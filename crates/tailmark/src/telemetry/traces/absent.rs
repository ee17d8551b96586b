//! No traces, in a program built without the feature `otlp`.

use anyhow::bail;
use axum::http::HeaderMap;
use tracing::Span;
use tracing_subscriber::layer::Identity;

use super::is_wanted;
use crate::config::telemetry::Telemetry;

/// What sends spans; there is none.
#[derive(Debug)]
pub struct Traces(());

impl Traces {
    /// Nothing.
    ///
    /// # Errors
    /// The settings ask for traces.
    pub fn new(settings: &Telemetry) -> anyhow::Result<Option<Self>> {
        // The variables of the standard may be there for other programs.
        if !settings.otlp_endpoint.is_empty() && is_wanted(settings) {
            bail!(
                "telemetry.otlp_endpoint is set, but this program was built without traces; build it with --features otlp"
            );
        }
        Ok(None)
    }

    /// What gets spans from the subscriber.
    #[must_use]
    pub fn layer(&self) -> Identity {
        Identity::new()
    }

    /// Sends what is left.
    pub async fn end(self) {}
}

/// Makes a span part of the trace that a request's headers name.
pub fn follow(_: &Span, _: &HeaderMap) {}
