//! `log.*`: what the service says of itself, on standard error.

use serde::Deserialize;

/// What the service says of itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `text`, `json`, or `auto`: text on a terminal, else JSON.
    #[serde(deserialize_with = "super::word")]
    pub format: Format,
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,tailmark=debug`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: Format::Auto, level: "info".to_owned() }
    }
}

/// The form of the log.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Text on a terminal, else JSON.
    Auto,
    /// For people.
    Text,
    /// For programs, a line each.
    Json,
}
