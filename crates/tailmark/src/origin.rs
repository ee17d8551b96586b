//! Under which address the client knows the service: the beginning of every address in answers.
//!
//! RFC 9110 §7.2, RFC 9112 §3.2.

use axum::http::header;
use axum::http::request::Parts;

use crate::config::Config;
use crate::tls::Transport;

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
