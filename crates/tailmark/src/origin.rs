//! Under which address the client knows the service, which is the beginning of every address in answers, and from which it
//! comes.
//!
//! RFC 9110 §7.2, RFC 9112 §3.2.

use std::net::IpAddr;

use axum::http::header;
use axum::http::request::Parts;

use crate::config::Config;
use crate::tls::Transport;

/// The address that a request came from. In the extensions of every request that came over a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// As configured, or as the client called us; without a slash at the end. Who was intercepted has called somebody
/// else, whatever is configured.
pub fn base(config: &Config, request: &Parts) -> Option<String> {
    let transport = transport(request);
    if !config.http.public_url.is_empty() && transport != Transport::Intercepted {
        return Some(config.http.public_url.trim_end_matches('/').to_owned());
    }
    let mut hosts = request.headers.get_all(header::HOST).iter();
    // More than one is a smuggler's (RFC 9112 §3.2).
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return None };
    let host = host.to_str().ok()?;
    let plausible = !host.is_empty()
        && host.len() <= 255
        && host.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
        });
    plausible.then(|| format!("{}://{host}", transport.scheme()))
}

/// How the request reached us.
pub fn transport(request: &Parts) -> Transport {
    request.extensions.get().copied().unwrap_or_default()
}

/// Where the request comes from: the other end of its connection, or whom the proxies say that are trusted. Of a chain the
/// last one counts that is no proxy of ours: what stands before it anybody may have written.
pub fn client(config: &Config, request: &Parts) -> Option<IpAddr> {
    let mut client = request.extensions.get::<Peer>()?.0;
    let is_trusted = |address: &IpAddr| config.http.trusted_proxies.contains(address);
    if !is_trusted(&client) {
        return Some(client);
    }
    let chain = request.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let chain: Vec<&str> = chain.flat_map(|value| value.split(',')).map(str::trim).collect();
    for said in chain.into_iter().rev() {
        match said.parse::<IpAddr>() {
            Ok(before) if is_trusted(&client) => client = before.to_canonical(),
            _ => break,
        }
    }
    Some(client)
}
