//! `/_tailmark/reset` and `/_tailmark/seed`: a clean slate for tests, where `emulation.enabled` says so.

use std::path::PathBuf;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;

use crate::seed;
use crate::store::Store;

/// What is reset and seeded.
#[derive(Clone)]
struct Emulation {
    store: Store,
    seeds: Vec<PathBuf>,
}

/// The addresses, beside the service's own; `seeds` are the files that the program was started with.
pub fn routes(store: Store, seeds: Vec<PathBuf>, max_body: usize) -> Router {
    Router::new()
        .route("/_tailmark/reset", post(reset))
        .route("/_tailmark/seed", post(seed))
        .layer(DefaultBodyLimit::max(max_body))
        .with_state(Emulation { store, seeds })
}

/// `POST /_tailmark/reset?tenant=GUID`: deletes all data of a tenant, or of all where none is said, and loads the seeds that
/// the program was started with.
async fn reset(State(own): State<Emulation>, RawQuery(query): RawQuery) -> Response {
    let done = async {
        let tenant = match query.as_deref().filter(|query| !query.is_empty()) {
            None => None,
            Some(query) => {
                let tenant = query.strip_prefix("tenant=").and_then(odata::value::guid);
                Some(tenant.context("the query may be tenant=GUID")?.to_string())
            }
        };
        own.store.seeding().clear(tenant).await?;
        for file in &own.seeds {
            seed::load(&own.store, file).await?;
        }
        anyhow::Ok(())
    };
    concluded(done.await)
}

/// `POST /_tailmark/seed`: loads a seed file's text.
async fn seed(State(own): State<Emulation>, body: Bytes) -> Response {
    let done = async { seed::load_text(&own.store, std::str::from_utf8(&body)?).await };
    concluded(done.await)
}

fn concluded(done: anyhow::Result<()>) -> Response {
    match done {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            let error = json!({ "error": { "code": "BadRequest", "message": format!("{error:#}") } });
            let json = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::BAD_REQUEST, json, error.to_string()).into_response()
        }
    }
}
