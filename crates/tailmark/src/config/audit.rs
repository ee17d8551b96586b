//! `audit.*`: how long it is known who did what.

use serde::Deserialize;

/// How long it is known who did what.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// Days after which events are deleted; 0: never.
    pub retention_days: u32,
}

impl Default for Audit {
    fn default() -> Self {
        Self { retention_days: 365 }
    }
}
