//! The streams of one HTTP/2 connection: whether anybody is owed an answer, and whether anything moves.
//!
//! In: what passes over the connection. Out: [`Streams::spent`] and [`Streams::let_go`], which return once nobody would
//! miss the connection. What HTTP/1.1 has once for a connection (`client.rs`), HTTP/2 has for each stream.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::HttpBody;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::client::SILENCE;
use super::limits::Limits;

/// The streams of one connection.
#[derive(Debug)]
pub(super) struct Streams {
    /// When the connection began.
    began: Instant,
    /// When a request or an answer last began, went on or ended: milliseconds since then.
    went_on: AtomicU64,
    /// Requests so far.
    asked: AtomicUsize,
    /// Requests whose body is still arriving.
    arriving: AtomicUsize,
    /// Requests that have no whole answer yet.
    open: AtomicUsize,
    /// Times that bytes went in or out.
    moved: AtomicUsize,
}

/// Why a connection has no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spent {
    /// Its client asks nothing.
    Idle,
    /// Its client takes nothing of what it has asked for.
    Stuck,
}

impl Streams {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            went_on: AtomicU64::default(),
            asked: AtomicUsize::default(),
            arriving: AtomicUsize::default(),
            open: AtomicUsize::default(),
            moved: AtomicUsize::default(),
        }
    }

    /// Returns when no stream has been open for as long as that may be, or none that is has gone on.
    pub(super) async fn spent(&self, limits: &Limits) -> Spent {
        let shortest = limits.head.min(limits.idle).min(limits.request + limits.body);
        loop {
            let is_open = self.open.load(Ordering::Relaxed) > 0;
            let limit = if is_open {
                limits.request + limits.body
            } else if self.asked.load(Ordering::Relaxed) == 0 {
                limits.head
            } else {
                limits.idle
            };
            let end = self.began + Duration::from_millis(self.went_on.load(Ordering::Relaxed)) + limit;
            let now = Instant::now();
            if now >= end {
                return if is_open { Spent::Stuck } else { Spent::Idle };
            }
            // Which limit holds may have changed by then.
            tokio::time::sleep_until(end.min(now + shortest)).await;
        }
    }

    fn goes_on(&self) {
        let since = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.went_on.store(since, Ordering::Relaxed);
    }

    /// Returns when nothing has moved for a while, and whoever is owed an answer has not yet asked to the end.
    pub(super) async fn let_go(&self) {
        loop {
            let moved = self.moved.load(Ordering::Relaxed);
            tokio::time::sleep(SILENCE).await;
            let owed = self.open.load(Ordering::Relaxed) > self.arriving.load(Ordering::Relaxed);
            if !owed && moved == self.moved.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    /// The body of a request.
    pub(super) fn asks<B: HttpBody>(self: &Arc<Self>, body: B) -> Counted<B> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let is_whole = body.is_end_stream();
        let one = (!is_whole).then(|| One::of(self, |streams| &streams.arriving));
        Counted { one, body, streams: Arc::clone(self) }
    }

    /// A request that is to be answered.
    pub(super) fn owes(self: &Arc<Self>) -> One {
        One::of(self, |streams| &streams.open)
    }

    /// The connection itself.
    pub(super) fn watched<S>(self: &Arc<Self>, stream: S) -> Watched<S> {
        Watched { stream, streams: Arc::clone(self) }
    }
}

/// One in a count, until it is dropped.
pub(super) struct One {
    streams: Arc<Streams>,
    count: fn(&Streams) -> &AtomicUsize,
}

impl One {
    fn of(streams: &Arc<Streams>, count: fn(&Streams) -> &AtomicUsize) -> Self {
        streams.goes_on();
        count(streams).fetch_add(1, Ordering::Relaxed);
        Self { streams: Arc::clone(streams), count }
    }

    /// The body of the answer, at whose end it is not counted any more.
    pub(super) fn until_told<B: HttpBody>(self, body: B) -> Counted<B> {
        let streams = Arc::clone(&self.streams);
        Counted { one: Some(self), body, streams }
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.streams.goes_on();
        (self.count)(&self.streams).fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body that is counted until its end.
pub(super) struct Counted<B> {
    one: Option<One>,
    body: B,
    streams: Arc<Streams>,
}

impl<B: HttpBody + Unpin> HttpBody for Counted<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match polled {
            Poll::Ready(None | Some(Err(_))) => self.one = None,
            Poll::Ready(Some(Ok(_))) => self.streams.goes_on(),
            Poll::Pending => {}
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

/// A connection whose bytes are noticed.
pub(super) struct Watched<S> {
    stream: S,
    streams: Arc<Streams>,
}

impl<S> Watched<S> {
    fn noticed<T>(&self, polled: Poll<T>) -> Poll<T> {
        if polled.is_ready() {
            self.streams.moved.fetch_add(1, Ordering::Relaxed);
        }
        polled
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.noticed(polled)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.noticed(polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
