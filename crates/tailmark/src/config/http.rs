//! `http.*`: where the service listens and what it takes.

use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

/// Where the service listens and what it takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Address and port; port 0 is any free one.
    pub listen: SocketAddr,
    /// The beginning of every address in answers, without a slash at the end: `https://graph.example`. Empty: taken
    /// from the request's `Host`.
    pub public_url: String,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// The largest request body, in bytes.
    pub max_body: usize,
    /// Seconds within which a request's head must have arrived.
    pub header_timeout: u64,
    /// Seconds for which nothing of a request's body may come, and nothing of an answer be taken.
    pub body_timeout: u64,
    /// Seconds for which a connection may ask nothing once it has been answered.
    pub idle_timeout: u64,
    /// Seconds within which a request must have arrived and its answer have begun.
    pub request_timeout: u64,
    /// Connections at a time to one address that is listened on; more wait until one ends.
    pub max_connections: u32,
    /// Listen on other addresses than loopback without TLS.
    pub allow_plain: bool,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 4280)),
            public_url: String::new(),
            trusted_proxies: Vec::new(),
            max_body: 64 * 1024 * 1024,
            header_timeout: 10,
            body_timeout: 30,
            idle_timeout: 75,
            request_timeout: 60,
            max_connections: 4096,
            allow_plain: false,
        }
    }
}
