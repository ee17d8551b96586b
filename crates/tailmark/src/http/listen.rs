//! The accept loop: connections in, requests to the router, a graceful end.
//!
//! hyper serves each connection with a time limit for the head of a request (slow clients hold nothing), and on
//! stop every connection finishes the request it is at.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_service::Service as _;

/// How long connections get to finish once the service stops.
const FAREWELL: Duration = Duration::from_secs(20);
/// How long the loop rests when the system can give no connection (too many open files).
const REST: Duration = Duration::from_millis(50);

/// Serves until `stop` says so.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    header_timeout: u64,
    mut stop: watch::Receiver<bool>,
) {
    let connections = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(header_timeout)).max_headers(100);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(REST).await;
                continue;
            }
        };
        // Answers are written whole: waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let service =
            service_fn(move |request: hyper::Request<Incoming>| router.clone().call(request.map(Body::new)));
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, connections.shutdown()).await.is_err() {
        tracing::warn!("connections were cut at the end of the time for their farewell");
    }
}
