//! The few pages on which users sign in at the embedded issuer: plain HTML, no script, nothing from elsewhere.
//!
//! In come texts, out come documents. Everything that a client or a seed says is escaped; a policy
//! (Content Security Policy Level 3) keeps anything else from running.

use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::directory::User;
use super::sha256;

const STYLE: &str = ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;\
margin:3rem auto;padding:0 1rem;background:light-dark(#fff,#16181d);color:light-dark(#1a1d22,#e8eaee)}\
h1{font-size:1.4rem}code{overflow-wrap:anywhere}label{display:block;margin:.6rem 0}\
fieldset{border:1px solid light-dark(#bbb,#555);border-radius:4px;margin:1rem 0}\
input[type=text],input[type=password]{font:inherit;padding:.3rem;width:100%;box-sizing:border-box}\
button{font:inherit;padding:.4rem 1rem;margin-right:.5rem}small{color:light-dark(#545b66,#a9b1be)}";

/// Sends the form of a page that has nothing else to do.
const SEND: &str = "document.forms[0].submit()";

/// Text as HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A document with this in its body.
fn document(title: &str, body: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title} · Tailmark</title><style>{STYLE}</style></head>\
         <body><h1>{title}</h1>{body}</body></html>",
        title = escaped(title)
    );
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; frame-ancestors 'none'",
        digest(STYLE),
        digest(SEND)
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (HeaderName::from_static("x-content-type-options"), "nosniff".to_owned()),
    ];
    (headers, html).into_response()
}

fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(sha256(text)))
}

/// A page that says something.
pub(super) fn message(title: &str, text: &str) -> Response {
    document(title, &format!("<p>{}</p>", escaped(text)))
}

/// The page that asks for the code which a device shows.
pub(super) fn enter_code(code: &str) -> Response {
    let body = format!(
        "<form method=\"post\"><label>The code that your device or program shows \
         <input type=\"text\" name=\"user_code\" value=\"{}\" autocomplete=\"off\" autofocus required></label>\
         <button>Next</button></form>",
        escaped(code)
    );
    document("Enter the code", &body)
}

/// The page on which a user is chosen, with what else the form must say.
pub(super) fn choose_user(
    application: &str,
    scope: &str,
    users: &[(Uuid, &User)],
    hidden: &[(&str, &str)],
    hint: Option<&str>,
) -> Response {
    let hidden: String = hidden
        .iter()
        .map(|(name, value)| {
            format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
        })
        .collect();
    let chosen = |place: usize, user: &User| match hint {
        Some(hint) => user.upn.eq_ignore_ascii_case(hint),
        None => place == 0,
    };
    let users: String = users
        .iter()
        .enumerate()
        .map(|(place, (_, user))| {
            format!(
                "<label><input type=\"radio\" name=\"user\" value=\"{upn}\" required{checked}> {name} \
                 <small>{upn}{password}{enabled}</small></label>",
                upn = escaped(&user.upn),
                name = escaped(&user.display_name),
                checked = if chosen(place, user) { " checked" } else { "" },
                password = if user.password.is_some() { ", password needed" } else { "" },
                enabled = if user.enabled { "" } else { ", disabled" },
            )
        })
        .collect();
    let body = format!(
        "<p><strong>{}</strong> asks for <code>{}</code>.</p><form method=\"post\">{hidden}<fieldset><legend>As \
         whom?</legend>{users}</fieldset><label>Password, where the user has one <input type=\"password\" \
         name=\"password\" autocomplete=\"off\"></label><button name=\"decision\" value=\"approve\">Sign in</button>\
         <button name=\"decision\" value=\"decline\" formnovalidate>Decline</button></form>",
        escaped(application),
        escaped(scope)
    );
    document("Sign in", &body)
}

/// The page that posts an answer to an application (OAuth 2.0 Form Post Response Mode).
pub(super) fn post_to(address: &str, parameters: &[(&str, String)]) -> Response {
    let inputs: String = parameters
        .iter()
        .map(|(name, value)| {
            format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
        })
        .collect();
    let body = format!(
        "<form method=\"post\" action=\"{}\">{inputs}<button>Continue</button></form><script>{SEND}</script>",
        escaped(address)
    );
    document("Signed in", &body)
}
