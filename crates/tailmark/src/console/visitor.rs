//! Who asks: a request becomes a [`Visitor`] with the API in hand, or is sent to the sign-in.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::header::{self, HeaderValue};
use axum::http::request::Parts;
use axum::response::Response;

use super::Console;
use super::api::Api;
use super::cookie::Jar;
use super::page::{Frame, Room};
use super::refusal::Refusal;
use super::session::Session;
use crate::{clock, origin};

/// The name of the cookie that holds the session.
pub const SESSION: &str = "tailmark-session";

/// Somebody who has signed in, with what a page needs.
pub struct Visitor {
    /// The session.
    pub session: Arc<Session>,
    /// Everything there is.
    pub console: Arc<Console>,
    /// The data.
    pub api: Api,
    /// Around pages.
    pub frame: Frame,
}

/// A request of anybody.
pub struct Guest {
    /// The service's address, `https://host:port`.
    pub base: String,
    /// Cookies.
    pub jar: Jar,
    /// Around pages.
    pub frame: Frame,
}

impl Guest {
    /// Reads a request.
    ///
    /// # Errors
    /// It does not say for which host it is.
    pub fn of(console: &Console, parts: &Parts) -> Result<Self, Refusal> {
        let base = origin::base(&console.config, parts).ok_or(Refusal::Host)?;
        let here = parts.uri.path_and_query().map_or("/console", |here| here.as_str());
        let jar = Jar::of(&base);
        let frame = Frame::new(&parts.headers, &jar, here);
        Ok(Self { base, jar, frame })
    }
}

/// The page of a refusal before anything is known of who asks.
pub fn refused(refusal: &Refusal, parts: &Parts) -> Response {
    refusal.respond(Frame::new(&parts.headers, &Jar::of(""), "/console"))
}

impl FromRequestParts<Arc<Console>> for Guest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Response> {
        Self::of(console, parts).map_err(|refusal| refused(&refusal, parts))
    }
}

impl FromRequestParts<Arc<Console>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Response> {
        let guest = Guest::of(console, parts).map_err(|refusal| refused(&refusal, parts))?;
        let now = clock::unix_seconds();
        let id = guest.jar.find(&parts.headers, SESSION);
        let session = id.as_deref().and_then(|id| console.sessions.find(id, now));
        let signed_out = || {
            if parts.method == Method::GET {
                Refusal::sign_in(&guest.frame.here)
            } else {
                Refusal::SignedOut.respond(guest.frame.clone())
            }
        };
        let session = session.ok_or_else(signed_out)?;
        let token = session.token(&console.provider, now).await.map_err(|_| signed_out())?;
        let host = parts.headers.get(header::HOST).cloned();
        let api = Api {
            router: console.api.clone(),
            token,
            host: host.unwrap_or_else(|| HeaderValue::from_static("localhost")),
            transport: origin::transport(parts),
            peer: origin::client(&console.config, parts).map(origin::Peer),
        };
        let frame = Frame { identity: Some(session.identity.clone()), ..guest.frame };
        Ok(Self { session, console: Arc::clone(console), api, frame })
    }
}

impl Visitor {
    /// The frame of a page.
    pub fn frame(&self, room: Room, title: impl Into<String>) -> Frame {
        Frame { room, title: title.into(), ..self.frame.clone() }
    }

    /// The page, or the one that says why not.
    pub fn answer(&self, result: Result<Response, Refusal>) -> Response {
        result.unwrap_or_else(|refusal| match refusal {
            Refusal::SignedOut => Refusal::sign_in("/console"),
            other => other.respond(self.frame.clone()),
        })
    }
}
