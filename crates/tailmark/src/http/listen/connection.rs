//! One connection: the handshake, the protocol, the requests, the end.
//!
//! In: a stream and a router. Every request gets to the router with its [`Transport`] and with a `Host`, which HTTP/2
//! calls `:authority` (RFC 9113 §8.3.1), and is answered within the limits of its connection. HTTP/2 has limits on
//! streams, headers and resets in flight besides, and its pings find clients that are gone.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, Response, Version, header};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use super::client::{Client, Line};
use super::limits::{LARGEST_HEAD, Limits, MOST_HEADERS, Timed};
use super::streams::{Spent, Streams};
use crate::http::error::Error;
use crate::http::plain::Unserved;
use crate::origin::Peer;
use crate::telemetry::metrics::Open;
use crate::tls::{ALPN_HTTP_2, Transport};

/// Requests at a time on one HTTP/2 connection.
const STREAMS: u32 = 100;
/// Streams that a client has reset and that are not yet forgotten; more end the connection (CVE-2023-44487).
const PENDING_RESETS: usize = 20;
/// Streams that we reset because of what a client did, on one connection; more end it.
const ERROR_RESETS: usize = 100;
/// An HTTP/2 client is asked for a sign of life this often, and has as long to give it.
const PULSE: Duration = Duration::from_secs(20);

/// What a connection is held to, whatever is spoken on it. The listener's end waits for every copy to be dropped.
#[derive(Clone)]
pub struct Connection {
    pub(super) limits: Limits,
    pub(super) peer: Option<Peer>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) _alive: mpsc::Sender<()>,
    /// Its place among those that there may be at a time.
    pub(super) _place: Arc<OwnedSemaphorePermit>,
    /// Counts it for as long as any copy is there.
    pub(super) _open: Option<Arc<Open>>,
}

impl Connection {
    /// What it is held to.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns when the service stops.
    pub async fn stopped(&self) {
        // Without anyone to say so it is the end as well.
        let _ = self.stop.clone().wait_for(|stop| *stop).await;
    }

    /// The outcome, unless it takes longer than the head of a request may, or the service stops.
    pub async fn in_time<T>(&self, outcome: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            outcome = tokio::time::timeout(self.limits.head, outcome) => outcome.ok(),
            () = self.stopped() => None,
        }
    }

    /// A handshake, and then what both have agreed on.
    pub async fn tls<S>(self, stream: S, acceptor: &TlsAcceptor, router: Router, transport: Transport)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        match self.in_time(acceptor.accept(stream)).await {
            Some(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(ALPN_HTTP_2) => {
                self.http_2(stream, router, transport).await;
            }
            Some(Ok(stream)) => self.http_1(stream, router, transport).await,
            // What the client said last is the hint at why it does not trust us.
            Some(Err(error)) => tracing::info!(%error, "a TLS handshake failed"),
            None => {}
        }
    }

    /// HTTP/1.1.
    pub async fn http_1<S>(self, stream: S, router: Router, transport: Transport)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let client = Arc::new(Client::default());
        let (asking, limits, peer) = (Arc::clone(&client), self.limits, self.peer);
        let service = service_fn(move |request: Request<Incoming>| {
            let client = Arc::clone(&asking);
            let request = arrived(request, transport, &limits, peer).map(|body| Body::new(client.asks(body)));
            let answer = answer(router.clone(), request, limits.request);
            async move { told(answer.await, |body| Body::new(client.is_told(body))) }
        });
        let mut http = http1::Builder::new();
        // What is read is the next request from the end of an answer on: this is the limit of both idleness and head,
        // and `Line` has that of the head alone.
        http.timer(TokioTimer::new())
            .header_read_timeout(self.limits.idle.max(self.limits.head))
            .max_header_size(LARGEST_HEAD as usize);
        let line = Line::new(stream, Arc::clone(&client), self.limits);
        let mut requests = pin!(http.serve_connection(TokioIo::new(line), service));
        tokio::select! {
            ended = requests.as_mut() => return said(ended),
            () = self.stopped() => requests.as_mut().graceful_shutdown(),
        }
        tokio::select! {
            ended = requests => said(ended),
            () = client.let_go() => {}
        }
    }

    /// HTTP/2.
    async fn http_2<S>(self, stream: S, router: Router, transport: Transport)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let streams = Arc::new(Streams::new());
        let (asking, limits, peer) = (Arc::clone(&streams), self.limits, self.peer);
        let service = service_fn(move |request: Request<Incoming>| {
            let streams = Arc::clone(&asking);
            let request =
                arrived(request, transport, &limits, peer).map(|body| Body::new(streams.asks(body)));
            let answer = answer(router.clone(), request, limits.request);
            let owed = streams.owes();
            async move { told(answer.await, |body| Body::new(owed.until_told(body))) }
        });
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(LARGEST_HEAD)
            .max_pending_accept_reset_streams(PENDING_RESETS)
            .max_local_error_reset_streams(ERROR_RESETS)
            .keep_alive_interval(PULSE)
            .keep_alive_timeout(PULSE);
        let line = streams.watched(stream);
        let mut requests = pin!(http.serve_connection(TokioIo::new(line), service));
        tokio::select! {
            ended = requests.as_mut() => return said(ended),
            () = self.stopped() => {}
            spent = streams.spent(&self.limits) => {
                if spent == Spent::Stuck {
                    return;
                }
            }
        }
        requests.as_mut().graceful_shutdown();
        tokio::select! {
            ended = requests => said(ended),
            () = streams.let_go() => {}
        }
    }
}

/// The request as the router takes it.
fn arrived(
    mut request: Request<Incoming>,
    transport: Transport,
    limits: &Limits,
    peer: Option<Peer>,
) -> Request<Timed<Incoming>> {
    request.extensions_mut().insert(transport);
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
    if request.version() == Version::HTTP_2
        && let Some(host) =
            request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok())
        && request.headers().get(header::HOST) != Some(&host)
    {
        // Another Host than the authority makes two of them, which is refused.
        request.headers_mut().append(header::HOST, host);
    }
    request.map(|body| Timed::new(body, limits))
}

/// The router's answer, or another where it does not come in time.
async fn answer(
    mut router: Router,
    request: Request<Body>,
    limit: Duration,
) -> Result<Response<Body>, Infallible> {
    let unserved = Unserved::of(&request);
    if request.headers().len() > MOST_HEADERS {
        return Ok(unserved.refuse(Error::Head));
    }
    if !is_plainly_framed(request.headers()) {
        return Ok(unserved.refuse(Error::Framing));
    }
    match tokio::time::timeout(limit, router.call(request)).await {
        Ok(answer) => answer,
        Err(_) => Ok(unserved.refuse(Error::Late)),
    }
}

/// Whether there is no doubt where the body ends. Only `chunked` is decoded; with other encodings around it, or it twice,
/// somebody in front could see another end (RFC 9112 §6.1, §11.2).
fn is_plainly_framed(headers: &HeaderMap) -> bool {
    let mut encodings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let first = encodings.next();
    encodings.next().is_none()
        && first.is_none_or(|encoding| encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"))
}

fn told<B>(
    answer: Result<Response<B>, Infallible>,
    body: impl FnOnce(B) -> Body,
) -> Result<Response<Body>, Infallible> {
    answer.map(|response| response.map(body))
}

fn said(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
