//! Coming and going: to the issuer, back from it, out of the console; and the theme, which is for guests, too.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::Console;
use super::form::Fields;
use super::page::{self, Frame, THEME};
use super::refusal::Refusal;
use super::session::Visit;
use super::visitor::{Guest, SESSION};
use crate::clock;

/// The cookie of somebody who is at the issuer's.
const VISIT: &str = "tailmark-visit";
/// A year.
const LONG: u64 = 365 * 24 * 60 * 60;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    frame: Frame,
    to: String,
    /// Whether the one user is the one whom every new service has, with the password that it made.
    is_new: bool,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOut {
    frame: Frame,
}

/// `GET /console/sign-in`
pub async fn page(State(console): State<Arc<Console>>, guest: Guest, RawQuery(query): RawQuery) -> Response {
    let to = local(Fields::of_query(query.as_deref()).one("to"));
    let config = &console.config;
    let is_new =
        console.provider.is_embedded() && config.seed.is_empty() && config.auth.client_secret.is_none();
    page::render(&SignIn { frame: Frame { title: "Sign in".to_owned(), ..guest.frame }, to, is_new })
}

/// `GET /console/sign-in/start`: to the issuer. A form could not lead there, past our own policy.
pub async fn set_out(
    State(console): State<Arc<Console>>,
    guest: Guest,
    RawQuery(query): RawQuery,
) -> Response {
    let to = local(Fields::of_query(query.as_deref()).one("to"));
    let now = clock::unix_seconds();
    let begin = async {
        let visit = Visit::new(to, now)?;
        let way = console.provider.way_there(&visit, &guest.base).await?;
        Ok((console.sessions.set_out(visit, now)?, way))
    };
    match begin.await {
        Ok((id, way)) => with_cookie(&guest, VISIT, &id, Some(600), Redirect::to(&way).into_response()),
        Err(refusal) => Refusal::respond(&refusal, guest.frame),
    }
}

/// `GET /console/signed-in`: back from the issuer (RFC 6749 §4.1.2).
pub async fn come_back(
    State(console): State<Arc<Console>>,
    guest: Guest,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let said = Fields::of_query(query.as_deref());
    let now = clock::unix_seconds();
    let arrive = async {
        let id = guest.jar.find(&headers, VISIT).ok_or(Refusal::UnknownVisit)?;
        let visit = console.sessions.come_back(&id, now).ok_or(Refusal::UnknownVisit)?;
        if said.one("state") != visit.state {
            return Err(Refusal::UnknownVisit);
        }
        if !said.one("error").is_empty() {
            let why = said.one("error_description").lines().next().unwrap_or_default().to_owned();
            return Err(Refusal::Issuer(if why.is_empty() { said.one("error").to_owned() } else { why }));
        }
        let (identity, tokens) = console.provider.redeem(&visit, said.one("code"), &guest.base, now).await?;
        Ok((console.sessions.begin(identity, tokens, now)?, visit.to))
    };
    match arrive.await {
        Ok((id, to)) => {
            let response = with_cookie(&guest, VISIT, "", Some(0), Redirect::to(&to).into_response());
            with_cookie(&guest, SESSION, &id, None, response)
        }
        Err(refusal) => Refusal::respond(&refusal, guest.frame),
    }
}

/// `POST /console/sign-out`
pub async fn sign_out(State(console): State<Arc<Console>>, guest: Guest, headers: HeaderMap) -> Response {
    if let Some(id) = guest.jar.find(&headers, SESSION) {
        console.sessions.end(&id);
    }
    with_cookie(&guest, SESSION, "", Some(0), Redirect::to("/console/signed-out").into_response())
}

/// `GET /console/signed-out`
pub async fn signed_out(guest: Guest) -> Response {
    page::render(&SignedOut { frame: Frame { title: "Signed out".to_owned(), ..guest.frame } })
}

/// `POST /console/theme`
pub async fn theme(guest: Guest, body: Bytes) -> Response {
    let fields = Fields::of_body(&body);
    let chosen = match fields.one("theme") {
        "light" => "light",
        "dark" => "dark",
        _ => "",
    };
    let age = if chosen.is_empty() { 0 } else { LONG };
    let back = Redirect::to(&local(fields.one("to"))).into_response();
    with_cookie(&guest, THEME, chosen, Some(age), back)
}

fn with_cookie(guest: &Guest, name: &str, value: &str, age: Option<u64>, mut response: Response) -> Response {
    response.headers_mut().extend(guest.jar.set(name, value, age).map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

/// An address of this console, whatever was asked: nobody is sent elsewhere.
fn local(to: &str) -> String {
    let is_own = to == "/console" || ["/console/", "/console?"].iter().any(|start| to.starts_with(start));
    let is_plain = to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_own && is_plain { to.to_owned() } else { "/console".to_owned() }
}
