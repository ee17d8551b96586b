//! `metrics.*`: figures for Prometheus.

use std::net::SocketAddr;

use serde::Deserialize;

/// Figures for Prometheus.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Whether there is `/metrics`.
    pub enabled: bool,
    /// Address and port where it is, and where nothing else is, by plain HTTP; port 0 is any free one. None: with the
    /// service.
    pub listen: Option<SocketAddr>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { enabled: true, listen: None }
    }
}
