//! Traces for a collector: requests and their stages as spans, by OTLP over HTTP.
//!
//! In: settings, and else the variables of the standard. Out: a layer of the log's subscriber, and a hold on it that sends
//! what is left at the end. A request that says in `traceparent` to which trace it belongs becomes part of that one. What
//! sends takes a minute to build, so it is there with the feature `otlp` only.
//! Specifications: OpenTelemetry Protocol 1.x; *OpenTelemetry environment variables*; W3C Trace Context.

#[cfg(not(feature = "otlp"))]
mod absent;
#[cfg(feature = "otlp")]
mod otlp;

use std::env;

#[cfg(not(feature = "otlp"))]
pub use self::absent::{Traces, follow};
#[cfg(feature = "otlp")]
pub use self::otlp::{Traces, follow};
use crate::config::telemetry::Telemetry;

/// Where a collector is named that the settings do not name.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// Whether someone asks for traces.
fn is_wanted(settings: &Telemetry) -> bool {
    let says = |name: &str, value: &str| env::var(name).is_ok_and(|said| said.eq_ignore_ascii_case(value));
    let is_named = !settings.otlp_endpoint.is_empty() || ENDPOINTS.into_iter().any(is_said);
    is_named && !says("OTEL_SDK_DISABLED", "true") && !says("OTEL_TRACES_EXPORTER", "none")
}

/// Whether a variable has a value.
fn is_said(name: &str) -> bool {
    env::var(name).is_ok_and(|said| !said.trim().is_empty())
}
