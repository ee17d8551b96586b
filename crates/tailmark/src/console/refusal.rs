//! The console's one door for errors: what went wrong, as a page with its status.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::page::{self, Frame, Room};
use crate::catalogue;

/// Why a page is not shown or a change not made.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// Nobody is signed in.
    SignedOut,
    /// The request does not come from a page of this console.
    CrossSite,
    /// A sign-in that was not begun here, or too long ago.
    UnknownVisit,
    /// The issuer refuses, or cannot be understood: why.
    Issuer(String),
    /// Too many are here.
    Busy,
    /// The system gives no random numbers.
    Randomness,
    /// There is no such page, device or file.
    NotFound,
    /// The form does not make sense: why.
    Form(String),
    /// The API refuses: status, code and message.
    Api(u16, String, String),
    /// The `Host` header.
    Host,
    /// A bug.
    Panicked,
}

impl Refusal {
    fn told(&self) -> (StatusCode, &'static str, String) {
        match self {
            Self::SignedOut => {
                (StatusCode::UNAUTHORIZED, "Please sign in", "Your session has ended.".to_owned())
            }
            Self::CrossSite => (
                StatusCode::FORBIDDEN,
                "Not from here",
                "Changes are taken from this console's own pages only. Go back, reload the page and try again."
                    .to_owned(),
            ),
            Self::UnknownVisit => (
                StatusCode::BAD_REQUEST,
                "Please sign in again",
                "This sign-in was not begun in this browser, or took too long.".to_owned(),
            ),
            Self::Issuer(why) => {
                (StatusCode::BAD_GATEWAY, "The sign-in did not work", format!("The issuer: {why}"))
            }
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Too many people are here",
                "Please try again in a while.".to_owned(),
            ),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "There is nothing here",
                "It may have been deleted, or the address is mistyped.".to_owned(),
            ),
            Self::Form(why) => (StatusCode::BAD_REQUEST, "That cannot be done", why.clone()),
            Self::Api(status, code, message) => (
                StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY),
                "The API refuses that",
                format!("{code}: {message}"),
            ),
            Self::Host => (
                StatusCode::BAD_REQUEST,
                "Which host?",
                "The Host header is missing or malformed.".to_owned(),
            ),
            Self::Randomness | Self::Panicked => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong here",
                "The log says more.".to_owned(),
            ),
        }
    }

    /// Why, in a sentence.
    pub fn reason(&self) -> String {
        self.told().2
    }

    /// The page on which more is said about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Api(_, code, _) => catalogue::address(code),
            _ => None,
        }
    }

    /// A page of its own that says so among other things, with the status.
    pub fn mark(&self, mut response: Response) -> Response {
        *response.status_mut() = self.told().0;
        response
    }

    /// The page that says so.
    pub fn respond(&self, mut frame: Frame) -> Response {
        let (_, title, text) = self.told();
        title.clone_into(&mut frame.title);
        frame.room = Room::None;
        let sign_in = matches!(self, Self::SignedOut | Self::UnknownVisit | Self::Issuer(_));
        let help = self.help();
        self.mark(page::render(&page::Message { frame, text: &text, sign_in, help }))
    }

    /// To the sign-in, and from there to `to`.
    pub fn sign_in(to: &str) -> Response {
        let to: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
        Redirect::to(&format!("/console/sign-in?to={to}")).into_response()
    }
}
