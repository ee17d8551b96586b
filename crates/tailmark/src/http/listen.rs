//! The accept loop: connections in, requests to the router, a graceful end.
//!
//! A door is plain HTTP/1.1, or TLS with HTTP/2 or HTTP/1.1 as client and server agree. Slow clients hold nothing for
//! long ([`Limits`]), and there are so many connections at a time: the next is accepted when one ends. On stop every
//! connection finishes the requests it is at; who has asked nothing, or half of something, is not waited for.

mod client;
mod connection;
mod limits;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_rustls::TlsAcceptor;

pub use self::connection::Connection;
pub use self::limits::{Limits, TooSlow};
use super::plain;
use crate::origin::Peer;
use crate::telemetry::metrics::ConnectionMetrics;
use crate::tls::Transport;

/// How long connections get to finish once the service stops.
const FAREWELL: Duration = Duration::from_secs(20);
/// How long the loop rests when the system can give no connection (too many open files).
const REST: Duration = Duration::from_millis(50);
/// The first byte of a TLS connection: a handshake record (RFC 8446 §5.1). No HTTP method begins with it.
const HANDSHAKE: u8 = 22;

/// What stands behind a listener.
#[derive(Clone)]
pub struct Door {
    /// The service.
    pub router: Router,
    /// What its connections are held to.
    pub limits: Limits,
    /// Where it is a door for TLS.
    pub tls: Option<Secured>,
    /// Where its connections are counted.
    pub metrics: ConnectionMetrics,
}

/// What a door for TLS has besides.
#[derive(Clone)]
pub struct Secured {
    /// Answers handshakes.
    pub acceptor: TlsAcceptor,
    /// What clients on this machine may ask by plain HTTP all the same.
    pub plain: Router,
}

/// Serves until `stop` says so.
pub async fn serve(listener: TcpListener, door: Door, stop: watch::Receiver<bool>) {
    let (limits, metrics) = (door.limits, door.metrics.clone());
    accept(listener, limits, stop, &metrics, move |stream, connection| {
        tokio::spawn(door.clone().open(stream, connection));
    })
    .await;
}

/// Accepts connections until `stop` says so, and then waits until all of them have ended, but not for ever.
pub async fn accept(
    listener: TcpListener,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
    metrics: &ConnectionMetrics,
    mut each: impl FnMut(TcpStream, Connection),
) {
    let (alive, mut ended) = mpsc::channel(1);
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut is_crowded = false;
    loop {
        let free = places.available_permits();
        if free == 0 && !is_crowded {
            tracing::warn!(
                connections = limits.connections,
                "no more connections are accepted until one ends"
            );
        }
        // Said once, not at every place that is given away again.
        is_crowded = free == 0 || is_crowded && free < limits.connections / 2;
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let accepted = tokio::select! {
            accepted = next => accepted,
            // Without anyone to say so it is the end as well.
            _ = stop.changed() => break,
        };
        match accepted {
            (Some(place), Ok((stream, peer))) => {
                // Answers are written whole: waiting for more to send would only delay them.
                let _ = stream.set_nodelay(true);
                let (stop, _alive, _place) = (stop.clone(), alive.clone(), Arc::new(place));
                let (peer, _open) = (Some(Peer(peer.ip().to_canonical())), Some(Arc::new(metrics.accept())));
                each(stream, Connection { limits, peer, stop, _alive, _place, _open });
            }
            (_, Err(error)) => {
                metrics.refused.inc();
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(REST).await;
            }
            // The semaphore is never closed.
            (None, Ok(_)) => {}
        }
    }
    drop((listener, alive, each));
    if tokio::time::timeout(FAREWELL, ended.recv()).await.is_err() {
        tracing::warn!("connections were cut at the end of the time for their farewell");
    }
}

impl Door {
    async fn open(self, stream: TcpStream, connection: Connection) {
        let Some(secured) = self.tls else {
            return connection.http_1(stream, self.router, Transport::Plain).await;
        };
        let mut first = [0];
        match connection.in_time(stream.peek(&mut first)).await {
            Some(Ok(1..)) if first == [HANDSHAKE] => {
                connection.tls(stream, &secured.acceptor, self.router, Transport::Tls).await;
            }
            Some(Ok(1..)) => {
                let is_here = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
                let router = plain::router(if is_here { secured.plain } else { Router::new() });
                connection.http_1(stream, router, Transport::Plain).await;
            }
            // Nothing was said.
            _ => {}
        }
    }
}
