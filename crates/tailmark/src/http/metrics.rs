//! `/metrics`: the figures, for whoever reads them.
//!
//! In: a GET without a token. Out: text for Prometheus. What only the database knows is asked then, briefly: the figures
//! of a service whose database is away are those that are wanted most.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::store::Queue;
use crate::telemetry::metrics::{CONTENT_TYPE, Metrics};

/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// The address.
pub fn routes(metrics: Arc<Metrics>, queue: Queue) -> Router {
    Router::new().route("/metrics", get(print)).with_state((metrics, queue))
}

async fn print(State((metrics, queue)): State<(Arc<Metrics>, Queue)>) -> impl IntoResponse {
    let count = tokio::time::timeout(PATIENCE, queue.under_way()).await;
    let under_way = count.ok().and_then(Result::ok).and_then(|count| u32::try_from(count).ok());
    queue.metrics().imports.under_way.set(under_way.map_or(f64::NAN, f64::from));
    ([(header::CONTENT_TYPE, CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")], metrics.print())
}
