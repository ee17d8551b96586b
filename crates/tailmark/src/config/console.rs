//! `console.*`: the pages for people, and how they sign in there.

use serde::Deserialize;

use super::auth::Secret;

/// The console's client id at the embedded issuer, which knows it in every tenant.
pub const EMBEDDED_CLIENT: &str = "5f2d1c0e-6b7a-4e0b-9d52-c025013a11a4";

/// The address below the console's origin to which an issuer sends users back.
pub const SIGNED_IN: &str = "/console/signed-in";

/// The console.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Console {
    /// Whether there is one.
    pub enabled: bool,
    /// At which issuer users sign in: an entry of `auth.issuer`. Empty: the first of them.
    pub issuer: String,
    /// The console's client id there; empty: the embedded issuer's own. Its redirect address is the service's
    /// address and [`SIGNED_IN`].
    pub client_id: String,
    /// Its secret, where it is no public client.
    pub client_secret: Option<Secret>,
    /// For what it asks; empty: the first audience's `DeviceManagementServiceConfig.ReadWrite.All`.
    pub scope: String,
    /// Seconds after which a session ends in which nothing was asked.
    pub idle: u64,
    /// Seconds after which a session ends in any case.
    pub lifetime: u64,
}

impl Default for Console {
    fn default() -> Self {
        Self {
            enabled: true,
            issuer: String::new(),
            client_id: String::new(),
            client_secret: None,
            scope: String::new(),
            idle: 60 * 60,
            lifetime: 12 * 60 * 60,
        }
    }
}
