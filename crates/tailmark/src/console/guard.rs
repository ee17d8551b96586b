//! What every request of the console meets: changes from elsewhere are refused, and answers say what they allow.
//!
//! A change must come from a page of ours: browsers say so in `Sec-Fetch-Site` (Fetch Metadata), or else in `Origin`
//! (RFC 6454 §7.3), which they send with every POST. What answers allow is in `browser`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;

use super::Console;
use super::refusal::Refusal;
use super::visitor::{Guest, refused};
use crate::browser;

/// Around every route.
pub async fn guard(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let (parts, body) = request.into_parts();
    let guest = Guest::of(&console, &parts);
    let mut response = match guest {
        Err(refusal) => refused(&refusal, &parts),
        Ok(guest) if !changes_nothing(&method) && !is_own(&parts.headers, &guest.base) => {
            Refusal::CrossSite.respond(guest.frame)
        }
        Ok(guest) => {
            let answer = next.run(Request::from_parts(parts, body));
            // A panic is one request's failure; its message is on standard error.
            let answer = AssertUnwindSafe(answer).catch_unwind().await;
            answer.unwrap_or_else(|_| Refusal::Panicked.respond(guest.frame))
        }
    };
    browser::restrict(response.headers_mut());
    tracing::info!(%method, path, status = response.status().as_u16(), "answered");
    response
}

fn changes_nothing(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn is_own(headers: &HeaderMap, base: &str) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(&header::ORIGIN);
    match text(&HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        None => origin.is_some_and(|origin| origin.eq_ignore_ascii_case(base)),
    }
}
