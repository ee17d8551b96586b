//! `/_tailmark/reset` and `/_tailmark/seed`: a clean slate for tests, where `emulation.enabled` says so.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;

use crate::issuer::Issuer;
use crate::issuer::directory::Tenant;
use crate::seed;
use crate::store::Store;

/// What is reset and seeded.
#[derive(Clone)]
struct Emulation {
    store: Store,
    issuer: Arc<Issuer>,
    seeds: Vec<PathBuf>,
}

/// The addresses, beside the service's own; `seeds` are the files that the program was started with.
pub fn routes(store: Store, issuer: Arc<Issuer>, seeds: Vec<PathBuf>, max_body: usize) -> Router {
    Router::new()
        .route("/_tailmark/reset", post(reset))
        .route("/_tailmark/seed", post(seed))
        .layer(DefaultBodyLimit::max(max_body))
        .with_state(Emulation { store, issuer, seeds })
}

/// `POST /_tailmark/reset?tenant=GUID`: deletes all data of a tenant, or of all where none is said, and loads the seeds that
/// the program was started with.
async fn reset(State(own): State<Emulation>, RawQuery(query): RawQuery) -> Response {
    let done = async {
        let tenant = match query.as_deref().filter(|query| !query.is_empty()) {
            None => None,
            Some(query) => {
                let tenant = query.strip_prefix("tenant=").and_then(odata::value::guid);
                Some(tenant.context("the query may be tenant=GUID")?)
            }
        };
        own.store.seeding().clear(tenant.map(|tenant| tenant.to_string())).await?;
        let mut seeded = Vec::new();
        for file in &own.seeds {
            seeded.extend(seed::load(&own.store, file).await?);
        }
        own.issuer.forget(tenant);
        own.issuer.learn(seeded);
        anyhow::Ok(())
    };
    concluded(done.await)
}

/// `POST /_tailmark/seed`: loads a seed file's text.
async fn seed(State(own): State<Emulation>, body: Bytes) -> Response {
    let done = async {
        // Whoever may send a text may not have files read.
        let seeded: Vec<Tenant> = seed::load_text(&own.store, std::str::from_utf8(&body)?, None).await?;
        own.issuer.learn(seeded);
        anyhow::Ok(())
    };
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
