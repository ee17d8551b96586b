//! The console's own files: one style sheet, one script, one icon. Part of the program.

use axum::http::header;
use axum::response::{IntoResponse as _, Response};

/// `/console/console.css`
pub async fn style() -> Response {
    of("text/css; charset=utf-8", include_str!("../../static/console.css"))
}

/// `/console/console.js`
pub async fn script() -> Response {
    of("text/javascript; charset=utf-8", include_str!("../../static/console.js"))
}

/// `/console/icon.svg`
pub async fn icon() -> Response {
    of("image/svg+xml", include_str!("../../static/icon.svg"))
}

fn of(media_type: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}
