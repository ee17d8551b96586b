//! One HTTP/1.1 connection's client: whether it is owed an answer when the service stops, and whether it takes too long.
//!
//! In: what passes over the connection. Out: [`Client::let_go`], which returns once nobody would miss the connection,
//! and errors of [`Line`] where the head of a request does not arrive in time or an answer is not taken.
//! From the end of a request to the last byte of its answer the client is owed something; before that it is the
//! client who has to go on.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::HttpBody;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::limits::{Limits, Patience};

/// How long a client whose turn it is may say nothing once the service stops.
pub(super) const SILENCE: Duration = Duration::from_secs(1);

/// The head of a request is arriving, or the first one is awaited.
const HEAD: u8 = 0;
/// The body of a request is arriving.
const ARRIVING: u8 = 1;
/// A request has arrived.
const OWED: u8 = 2;
/// The answer is complete and not yet sent to its end.
const LEAVING: u8 = 3;
/// All that was asked is answered, and nothing has been said since.
const QUIET: u8 = 4;

/// The client at the other end of a connection.
#[derive(Debug, Default)]
pub(super) struct Client {
    stage: AtomicU8,
    /// Pieces of request bodies so far.
    heard: AtomicUsize,
}

impl Client {
    /// Returns when the client has not said anything for a while although it is its turn.
    pub(super) async fn let_go(&self) {
        loop {
            let heard = self.heard.load(Ordering::Relaxed);
            tokio::time::sleep(SILENCE).await;
            match self.stage.load(Ordering::Relaxed) {
                HEAD | QUIET => return,
                ARRIVING if heard == self.heard.load(Ordering::Relaxed) => return,
                _ => {}
            }
        }
    }

    /// The body of a request, which is a whole one when the body has been read or given up.
    pub(super) fn asks<B: HttpBody>(self: &Arc<Self>, body: B) -> Watched<B> {
        self.stage.store(if body.is_end_stream() { OWED } else { ARRIVING }, Ordering::Relaxed);
        let heard = |client: &Self| _ = client.heard.fetch_add(1, Ordering::Relaxed);
        Watched {
            body,
            client: Arc::clone(self),
            passed: heard,
            ended: |client| _ = client.moves(ARRIVING, OWED),
        }
    }

    /// The body of an answer.
    pub(super) fn is_told<B: HttpBody>(self: &Arc<Self>, body: B) -> Watched<B> {
        let ended = |client: &Self| client.stage.store(LEAVING, Ordering::Relaxed);
        Watched { body, client: Arc::clone(self), passed: |_| {}, ended }
    }

    /// Where it is at another stage already, it stays there.
    fn moves(&self, from: u8, to: u8) -> bool {
        self.stage.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// A body whose pieces and end the client's stage follows.
pub(super) struct Watched<B> {
    body: B,
    client: Arc<Client>,
    passed: fn(&Client),
    ended: fn(&Client),
}

impl<B: HttpBody + Unpin> HttpBody for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(_)) = &polled {
            (self.passed)(&self.client);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for Watched<B> {
    fn drop(&mut self) {
        (self.ended)(&self.client);
    }
}

/// The connection itself. It is flushed when all that there was to write has been given to the system.
pub(super) struct Line<S> {
    stream: S,
    client: Arc<Client>,
    limits: Limits,
    /// With the head of a request.
    head: Patience,
    /// With somebody who does not take what is written.
    taken: Patience,
}

impl<S> Line<S> {
    pub(super) fn new(stream: S, client: Arc<Client>, limits: Limits) -> Self {
        Self { stream, client, limits, head: Patience::default(), taken: Patience::default() }
    }

    fn written<T>(&mut self, polled: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.taken.rest();
        } else if self.taken.is_over(self.limits.body, None, context) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if polled.is_ready() {
            if buffer.filled().len() > before && self.client.moves(QUIET, HEAD) {
                self.head.rest();
            }
        } else if self.client.stage.load(Ordering::Relaxed) != HEAD {
            self.head.rest();
        } else {
            let limit = self.limits.head;
            if self.head.is_over(limit, None, context) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(polled, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.written(polled, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        if polled.is_ready() {
            self.client.moves(LEAVING, QUIET);
        }
        self.written(polled, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        self.written(polled, context)
    }
}
