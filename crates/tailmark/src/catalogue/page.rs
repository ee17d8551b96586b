//! The pages of the catalogue in HTML: for everybody, readable without script, in the console's style.
//!
//! Links are relative, so that the pages hold below any address that something in front gives them.

use askama::Template;
use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;

use super::{Entry, Family, PLACE, entries, find};
use crate::browser;

#[derive(Template)]
#[template(path = "errors.html")]
struct List {
    title: &'static str,
    /// From here to [`PLACE`].
    up: &'static str,
    families: [(&'static str, Vec<&'static Entry>); 2],
}

#[derive(Template)]
#[template(path = "error.html")]
struct One {
    title: &'static str,
    up: &'static str,
    entry: &'static Entry,
}

#[derive(Template)]
#[template(path = "no_error.html")]
struct Unknown {
    title: &'static str,
    up: &'static str,
}

/// The addresses of the catalogue.
pub fn routes() -> Router {
    Router::new()
        .route(PLACE, get(list))
        .route(&format!("{PLACE}/"), get(|| async { Redirect::to("../errors") }))
        .route(&format!("{PLACE}/{{code}}"), get(one))
}

async fn list() -> Response {
    let of = |family| entries().iter().filter(|entry| entry.family == family).collect();
    let families = [("Imports and devices", of(Family::Import)), ("Answers of the API", of(Family::Api))];
    rendered(StatusCode::OK, &List { title: "Error codes", up: "errors/", families })
}

async fn one(Path(code): Path<String>, RawQuery(query): RawQuery) -> Response {
    if code == "style.css" {
        let keeping = browser::keeping(query.as_deref());
        let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, keeping)];
        return hardened((headers, browser::STYLE).into_response());
    }
    match find(&code) {
        Some(entry) => rendered(StatusCode::OK, &One { title: &entry.name, up: "", entry }),
        None => rendered(StatusCode::NOT_FOUND, &Unknown { title: "No such code", up: "" }),
    }
}

fn rendered(status: StatusCode, page: &impl Template) -> Response {
    // Templates hold nothing that can fail.
    hardened((status, Html(page.render().unwrap_or_default())).into_response())
}

fn hardened(mut response: Response) -> Response {
    browser::restrict(response.headers_mut());
    response
}
