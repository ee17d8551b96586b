//! `throttle.*`: how often one may ask.

use serde::Deserialize;

/// How often one may ask. The numbers are those that Microsoft publishes for Intune's device enrollment service
/// (Microsoft Graph, *Service-specific throttling limits*).
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Throttle {
    /// Whether requests are counted, and refused with 429 beyond these numbers.
    pub enabled: bool,
    /// Seconds for which they are counted.
    pub window: u64,
    /// Requests that change something, of one application in one tenant.
    pub writes_per_app: u32,
    /// Requests of all kinds, of one application in one tenant.
    pub requests_per_app: u32,
    /// Requests that change something, of all applications in one tenant.
    pub writes_per_tenant: u32,
    /// Requests of all kinds, of all applications in one tenant.
    pub requests_per_tenant: u32,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            enabled: false,
            window: 20,
            writes_per_app: 100,
            requests_per_app: 1000,
            writes_per_tenant: 200,
            requests_per_tenant: 2000,
        }
    }
}
