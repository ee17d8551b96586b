//! The intercepting proxy: programs that have Microsoft's hosts built in talk to this service instead.
//!
//! In: `CONNECT host:443` (RFC 9110 §9.3.6). For Graph's hosts and those of its sign-in ([`tls::HOSTS`]) the tunnel
//! ends here, in TLS with our own CA's certificate and the same router as the service's; `Host` stays what the client
//! says, so that links and discovery documents name the host it knows. Connections to others are refused, or passed on
//! as they are. Plain HTTP through the proxy is refused always; asked itself, it serves the CA's certificate.

mod refusal;

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use self::refusal::Refusal;
use crate::config::intercept::Others;
use crate::http::listen::{self, Connection, Limits};
use crate::telemetry::metrics::ConnectionMetrics;
use crate::tls::{self, Transport};

/// How long another host may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a client may take to hear the last answer once the service stops.
const FAREWELL: Duration = Duration::from_secs(1);
/// The port of https.
const HTTPS: u16 = 443;

/// The proxy.
#[derive(Clone)]
pub struct Interceptor {
    /// Answers handshakes for Microsoft's hosts.
    pub acceptor: TlsAcceptor,
    /// The service.
    pub router: Router,
    /// What becomes of connections to other hosts.
    pub others: Others,
    /// What is answered to those who ask the proxy itself.
    pub own: Router,
    /// Where its connections are counted.
    pub metrics: ConnectionMetrics,
}

/// Serves until `stop` says so.
pub async fn serve(listener: TcpListener, proxy: Interceptor, limits: Limits, stop: watch::Receiver<bool>) {
    let own = proxy.own.clone().fallback(|| async { Refusal::NoProxyRequest.respond() });
    let proxy = Arc::new(Interceptor { own, ..proxy });
    let metrics = proxy.metrics.clone();
    listen::accept(listener, limits, stop, &metrics, move |stream, connection| {
        tokio::spawn(Arc::clone(&proxy).open(stream, connection));
    })
    .await;
}

impl Interceptor {
    async fn open(self: Arc<Self>, stream: TcpStream, connection: Connection) {
        let asked = connection.clone();
        let service = service_fn(move |request| Arc::clone(&self).answer(request, asked.clone()));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(connection.limits().head);
        let requests = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let mut requests = pin!(requests);
        tokio::select! {
            // How it ended is of no interest: what was asked has been answered or taken over.
            _ = requests.as_mut() => return,
            () = connection.stopped() => requests.as_mut().graceful_shutdown(),
        }
        let _ = tokio::time::timeout(FAREWELL, requests).await;
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        connection: Connection,
    ) -> Result<Response<Body>, Infallible> {
        if request.method() == Method::CONNECT {
            return Ok(self.connect(request, connection).await.unwrap_or_else(Refusal::respond));
        }
        if let Some(host) = request.uri().host() {
            return Ok(Refusal::Plain(host.to_owned()).respond());
        }
        self.own.clone().call(request).await
    }

    async fn connect(
        self: Arc<Self>,
        request: Request<Incoming>,
        connection: Connection,
    ) -> Result<Response<Body>, Refusal> {
        let (host, port) = target(&request).ok_or(Refusal::Target)?;
        if port == HTTPS && tls::is_answered(&host) {
            tokio::spawn(async move {
                if let Ok(tunnel) = upgrade::on(request).await {
                    let tunnel = TokioIo::new(tunnel);
                    connection.tls(tunnel, &self.acceptor, self.router.clone(), Transport::Intercepted).await;
                }
            });
        } else if self.others == Others::Pass {
            let there = tokio::time::timeout(PATIENCE, TcpStream::connect((&*host, port))).await;
            let Ok(Ok(mut there)) = there else { return Err(Refusal::Unreachable(host)) };
            tokio::spawn(async move {
                if let Ok(tunnel) = upgrade::on(request).await {
                    let mut tunnel = TokioIo::new(tunnel);
                    tokio::select! {
                        // Either end may hang up as it likes.
                        _ = tokio::io::copy_bidirectional(&mut tunnel, &mut there) => {}
                        () = connection.stopped() => {}
                    }
                }
            });
        } else {
            tracing::info!(host, port, "a connection to another host was refused");
            return Err(Refusal::OtherHost(host, port));
        }
        Ok(Response::new(Body::empty()))
    }
}

/// `host:port`, and nothing else (RFC 9112 §3.2.3). An IPv6 address comes without its brackets.
fn target(request: &Request<Incoming>) -> Option<(String, u16)> {
    let authority = request.uri().authority()?;
    let port = authority.port_u16().filter(|port| *port > 0)?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_whole = !host.is_empty() && !authority.as_str().contains('@');
    is_whole.then(|| (host.to_owned(), port))
}
