//! The console's own files: one style sheet, one script, one icon. Part of the program.

use axum::extract::RawQuery;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use crate::browser;

/// `/console/console.css`
pub async fn style(query: RawQuery) -> Response {
    of("text/css; charset=utf-8", browser::STYLE, &query)
}

/// `/console/console.js`
pub async fn script(query: RawQuery) -> Response {
    of("text/javascript; charset=utf-8", browser::SCRIPT, &query)
}

/// `/console/icon.svg`
pub async fn icon(query: RawQuery) -> Response {
    of("image/svg+xml", browser::ICON, &query)
}

fn of(media_type: &'static str, text: &'static str, RawQuery(query): &RawQuery) -> Response {
    let keeping = browser::keeping(query.as_deref());
    ([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, keeping)], text).into_response()
}
