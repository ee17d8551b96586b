//! What the service says of itself: the log, to standard error, as text for people or JSON for programs; figures
//! ([`metrics`]); how its time is divided ([`stage`]), and traces of that ([`traces`]).
//!
//! Field names are listed in `docs/logging.md`. No token, password or hardware hash is ever a field: types that hold
//! one show a digest instead.

pub mod metrics;
pub mod stage;
pub mod traces;

use std::io::{IsTerminal as _, stderr};

use anyhow::Context as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use self::traces::Traces;
use crate::config::log::{Format, Log};
use crate::config::telemetry::Telemetry;

/// Starts logging and, where they are asked for, traces; once for a process, inside its runtime.
///
/// # Errors
/// Where the level is none, the collector's address is none, or logging has begun already.
pub fn start(log: &Log, telemetry: &Telemetry) -> anyhow::Result<Option<Traces>> {
    let filter = EnvFilter::try_new(&log.level).context("log.level cannot be understood")?;
    let as_text = match log.format {
        Format::Auto => stderr().is_terminal(),
        Format::Text => true,
        Format::Json => false,
    };
    let traces = Traces::new(telemetry)?;
    let lines = fmt::layer().with_writer(stderr);
    let lines: Box<dyn Layer<Registry> + Send + Sync> =
        if as_text { lines.boxed() } else { lines.json().flatten_event(true).boxed() };
    let lines = lines.with_filter(filter);
    let spans = traces.as_ref().map(Traces::layer);
    let started = Registry::default().with(lines).with(spans).try_init();
    started.map_err(|error| anyhow::anyhow!(error)).context("logging cannot be started")?;
    Ok(traces)
}

#[cfg(test)]
pub mod caught;
