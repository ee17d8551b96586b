//! What all pages have: the frame around them, and how they become an answer.

use askama::Template;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

use super::cookie::Jar;
use super::provider::Identity;

/// The name of the cookie that holds the theme.
pub const THEME: &str = "theme";

/// The rooms of the console, as its navigation shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// What goes on.
    Overview,
    /// Bringing devices in.
    Import,
    /// What was brought in.
    Uploads,
    /// What is registered.
    Devices,
    /// The API, by hand.
    Query,
    /// None of them.
    None,
}

/// What surrounds a page.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The title.
    pub title: String,
    /// Where in the navigation.
    pub room: Room,
    /// Who is signed in.
    pub identity: Option<Identity>,
    /// `light`, `dark`, or empty for what the system says.
    pub theme: &'static str,
    /// The address of the page, below the host.
    pub here: String,
    /// The address of the page of ours from which this one was asked for; empty where there is none.
    pub back: String,
    /// Seconds after which a browser without script asks again.
    pub refresh: Option<u32>,
}

fn back(headers: &HeaderMap, here: &str) -> String {
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let below = referer.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
    below.filter(|below| below.starts_with("/console") && *below != here).unwrap_or_default().to_owned()
}

/// An entry of the navigation.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its address.
    pub address: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Whether this is where we are.
    pub current: bool,
}

impl Frame {
    /// A frame around a page for nobody in particular.
    pub fn new(headers: &HeaderMap, jar: &Jar, here: &str) -> Self {
        let theme = match jar.find(headers, THEME).as_deref() {
            Some("light") => "light",
            Some("dark") => "dark",
            _ => "",
        };
        Self {
            title: String::new(),
            room: Room::None,
            identity: None,
            theme,
            here: here.to_owned(),
            back: back(headers, here),
            refresh: None,
        }
    }

    /// The navigation.
    pub fn entries(&self) -> [Entry; 5] {
        let entry = |address, name, room| Entry { address, name, current: room == self.room };
        [
            entry("/console", "Overview", Room::Overview),
            entry("/console/import", "Import", Room::Import),
            entry("/console/uploads", "Uploads", Room::Uploads),
            entry("/console/devices", "Devices", Room::Devices),
            entry("/console/query", "Query", Room::Query),
        ]
    }
}

/// A page that says something.
#[derive(Template)]
#[template(path = "message.html")]
pub struct Message<'a> {
    /// Around it.
    pub frame: Frame,
    /// What it says.
    pub text: &'a str,
    /// Whether there is a way to sign in.
    pub sign_in: bool,
    /// Where more is said about it.
    pub help: Option<String>,
}

/// A page as an answer. Templates hold nothing that can fail.
pub fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(_) => StatusCode::NO_CONTENT.into_response(),
    }
}

/// A file to keep.
pub fn file(name: &str, media_type: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(header::CONTENT_TYPE, media_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, bytes).into_response()
}
