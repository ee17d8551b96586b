//! `intercept.*`: the proxy that answers for Microsoft's hosts.

use std::net::SocketAddr;

use serde::Deserialize;

/// Where the proxy listens when `--intercept` names no address.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:4281";

/// The proxy that answers for Microsoft's hosts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Intercept {
    /// Address and port; port 0 is any free one. None: there is no proxy.
    pub listen: Option<SocketAddr>,
    /// What becomes of connections to other hosts.
    #[serde(deserialize_with = "super::word")]
    pub others: Others,
}

/// What becomes of connections to other hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Others {
    /// They are refused, so that a test reaches nothing that it should not.
    #[default]
    Refuse,
    /// They are passed on, as they are.
    Pass,
}
