//! `emulation.*`: what stands in for a real tenant.

use serde::Deserialize;

/// What stands in for a real tenant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Emulation {
    /// Answer `POST /_tailmark/reset` and `POST /_tailmark/seed`, for everybody who can reach the service. For tests.
    pub enabled: bool,
    /// Seconds for which a device that is to have a deployment profile is `pending`.
    pub assignment_time: u64,
    /// Seconds that a synchronisation takes.
    pub sync_time: u64,
}
