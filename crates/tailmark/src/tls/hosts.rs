//! The hosts of Microsoft Graph and of its sign-in, for which the service can stand in.
//!
//! Sources: Microsoft Graph, *National cloud deployments* (<https://learn.microsoft.com/graph/deployments>), for Graph
//! and the authorities of each cloud; the other names of the authorities as instance discovery
//! (`/common/discovery/instance`) lists them, and *Microsoft Enterprise SSO plug-in for Apple devices*
//! (<https://learn.microsoft.com/entra/identity-platform/apple-sso-plugin>). Germany's cloud was closed in 2021.

/// Graph's hosts and those at which one signs in to it, in lower case.
pub const HOSTS: [&str; 13] = [
    // The global service.
    "graph.microsoft.com",
    "login.microsoftonline.com",
    "login.microsoft.com",
    "login.windows.net",
    "sts.windows.net",
    // US Government, and its Department of Defense.
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "login.microsoftonline.us",
    "login.usgovcloudapi.net",
    "login-us.microsoftonline.com",
    // China, operated by 21Vianet.
    "microsoftgraph.chinacloudapi.cn",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
];

/// Whether this is one of them, in whatever letter case and with the root's dot or without it.
#[must_use]
pub fn is_answered(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    HOSTS.iter().any(|answered| answered.eq_ignore_ascii_case(host))
}
