//! What a page of ours looks like and what it may do in a browser: one style sheet, one policy.
//!
//! Content Security Policy Level 3; Fetch Metadata; what OWASP's *Secure Headers* names.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{Context, SHA256};

/// The style of all pages.
pub const STYLE: &str = include_str!("../static/console.css");
/// The script of the console's pages.
pub const SCRIPT: &str = include_str!("../static/console.js");
/// The console's icon.
pub const ICON: &str = include_str!("../static/icon.svg");

/// Another text whenever one of these files is another: the query of their addresses, so that browsers may keep them.
static EDITION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Context::new(&SHA256);
    [STYLE, SCRIPT, ICON].iter().for_each(|file| digest.update(file.as_bytes()));
    URL_SAFE_NO_PAD.encode(digest.finish()).chars().take(12).collect()
});

/// The query of the addresses of our files.
#[must_use]
pub fn edition() -> &'static str {
    &EDITION
}

/// How long a browser may keep a file that was asked for with this query.
#[must_use]
pub fn keeping(query: Option<&str>) -> &'static str {
    if query == Some(edition()) { "public, max-age=31536000, immutable" } else { "no-cache" }
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Says in an answer that nothing but what is ours may run, and that nobody may frame it.
pub fn restrict(headers: &mut HeaderMap) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // Not `no-referrer`: browsers would send `Origin: null` with our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
