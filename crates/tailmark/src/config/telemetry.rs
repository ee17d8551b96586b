//! `telemetry.*`: where traces go.

use serde::Deserialize;

/// Where traces go.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// The collector's address for OTLP over HTTP, without a path of its own: `http://127.0.0.1:4318`. Empty: what
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` says, and no traces where it says nothing.
    pub otlp_endpoint: String,
}
