//! Cookies: reading one of a request, writing one of an answer (RFC 6265bis).
//!
//! Over TLS a name begins with `__Host-`, so that no other host and no plain page can have set it (§4.1.3.2). Browsers
//! refuse that by plain HTTP, where the port takes its place: a browser keeps cookies of all ports together.

use axum::http::header::{COOKIE, HeaderMap, HeaderValue};

/// The origin for which cookies are.
#[derive(Clone, Debug)]
pub struct Jar {
    secure: bool,
    port: String,
}

impl Jar {
    /// For the service's address, `https://host:port`.
    pub fn of(base: &str) -> Self {
        let port = base.rsplit(':').next().filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
        Self { secure: base.starts_with("https:"), port: port.unwrap_or("80").to_owned() }
    }

    fn name(&self, name: &str) -> String {
        if self.secure { format!("__Host-{name}") } else { format!("{name}-{}", self.port) }
    }

    /// The value of a cookie.
    pub fn find(&self, headers: &HeaderMap, name: &str) -> Option<String> {
        let name = self.name(name);
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
    }

    /// A cookie that scripts cannot read, for so many seconds; without a time, until the browser ends. 0 takes it away.
    pub fn set(&self, name: &str, value: &str, seconds: Option<u64>) -> Option<HeaderValue> {
        let name = self.name(name);
        let secure = if self.secure { "; Secure" } else { "" };
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        // Lax: the way back from an issuer elsewhere is a navigation from another site.
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")).ok()
    }
}
