//! The accept loop: connections in, requests to the router, a graceful end.
//!
//! hyper serves each connection with a time limit for the head of a request (slow clients hold nothing), and on
//! stop every connection finishes the request it is at; who has asked nothing, or half of something, is not waited
//! for.

mod client;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use client::{Client, Line};
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
        let (client, router) = (Arc::new(Client::default()), router.clone());
        let line = Line { stream, client: Arc::clone(&client) };
        let asking = Arc::clone(&client);
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let (client, mut router) = (Arc::clone(&asking), router.clone());
            async move {
                let request = request.map(|body| Body::new(client.asks(body)));
                router.call(request).await.map(|response| response.map(|body| client.is_told(body)))
            }
        });
        let connection = connections.watch(http.serve_connection(TokioIo::new(line), service));
        let mut stop = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                },
                () = async {
                    // Without anyone to say so it is the end as well.
                    let _ = stop.wait_for(|stop| *stop).await;
                    client.let_go().await;
                } => {}
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, connections.shutdown()).await.is_err() {
        tracing::warn!("connections were cut at the end of the time for their farewell");
    }
}
