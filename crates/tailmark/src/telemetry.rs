//! What the service says of itself: the log, to standard error, as text for people or JSON for programs; figures
//! ([`metrics`]); and how its time is divided ([`stage`]).
//!
//! Field names are listed in `docs/logging.md`. No token, password or hardware hash is ever a field: types that hold
//! one show a digest instead.

pub mod metrics;
pub mod stage;

use std::io::{IsTerminal as _, stderr};

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;

use crate::config::log::{Format, Log};

/// Starts logging; once for a process.
///
/// # Errors
/// Where the level is none, or logging has begun already.
pub fn start(settings: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.level).context("log.level cannot be understood")?;
    let as_text = match settings.format {
        Format::Auto => stderr().is_terminal(),
        Format::Text => true,
        Format::Json => false,
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let started = if as_text { builder.try_init() } else { builder.json().flatten_event(true).try_init() };
    started.map_err(|error| anyhow::anyhow!(error)).context("logging cannot be started")
}

#[cfg(test)]
pub mod caught;
