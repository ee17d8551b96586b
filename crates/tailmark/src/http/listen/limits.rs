//! How slow, how large and how many: what every connection is held to.
//!
//! In: the settings `http.*`. Out: [`Limits`], and [`Timed`], a request body that ends with [`TooSlow`] when it does not
//! arrive in time. A connection that passes another limit is closed.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::HttpBody;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::config::http::Http;

/// The largest head of a request, in bytes; with HTTP/2 decoded, as RFC 9113 §6.5.2 counts them.
pub(super) const LARGEST_HEAD: u32 = 64 * 1024;
/// The most headers of a request. What HTTP/1.1 is read with has the same limit of its own.
pub(super) const MOST_HEADERS: usize = 100;

/// What every connection is held to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For a handshake and for the head of a request; for the first one from the beginning of the connection.
    pub head: Duration,
    /// Between two pieces of a request's body, and of an answer that is not taken.
    pub body: Duration,
    /// Between an answer and the next request.
    pub idle: Duration,
    /// From the head of a request to the head of its answer.
    pub request: Duration,
    /// Connections at a time.
    pub connections: usize,
}

impl Limits {
    /// As the settings say.
    ///
    /// # Errors
    /// The name of a setting that is 0, with which nobody could be answered.
    pub fn new(settings: &Http) -> Result<Self, &'static str> {
        let seconds = |value, name| if value == 0 { Err(name) } else { Ok(Duration::from_secs(value)) };
        let connections = usize::try_from(settings.max_connections).unwrap_or(usize::MAX);
        Ok(Self {
            head: seconds(settings.header_timeout, "http.header_timeout")?,
            body: seconds(settings.body_timeout, "http.body_timeout")?,
            idle: seconds(settings.idle_timeout, "http.idle_timeout")?,
            request: seconds(settings.request_timeout, "http.request_timeout")?,
            connections: if connections == 0 { Err("http.max_connections") } else { Ok(connections) }?,
        })
    }
}

/// A request body did not arrive in time.
#[derive(Debug, thiserror::Error)]
#[error("it did not arrive in time")]
pub struct TooSlow;

/// How long something that is waited for may take; begins with the first look that finds it missing.
#[derive(Debug, Default)]
pub(super) struct Patience(Option<Pin<Box<Sleep>>>);

impl Patience {
    /// Nothing is waited for.
    pub(super) fn rest(&mut self) {
        self.0 = None;
    }

    /// Whether it has taken longer than the limit, which ends at `end` in any case. Wakes the task when it has.
    pub(super) fn is_over(
        &mut self,
        limit: Duration,
        end: Option<Instant>,
        context: &mut Context<'_>,
    ) -> bool {
        let sleep = self.0.get_or_insert_with(|| {
            let until = Instant::now() + limit;
            Box::pin(tokio::time::sleep_until(end.map_or(until, |end| end.min(until))))
        });
        sleep.as_mut().poll(context).is_ready()
    }
}

/// A request body that must arrive in time.
pub(super) struct Timed<B> {
    body: B,
    between: Duration,
    /// When all of it must be there; nothing where all of it is.
    end: Option<Instant>,
    patience: Patience,
}

impl<B: HttpBody> Timed<B> {
    /// The body of a request whose head has just arrived.
    pub(super) fn new(body: B, limits: &Limits) -> Self {
        let end = (!body.is_end_stream()).then(|| Instant::now() + limits.request);
        Self { body, between: limits.body, end, patience: Patience::default() }
    }
}

impl<B> HttpBody for Timed<B>
where
    B: HttpBody + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let Self { body, between, end, patience } = &mut *self;
        match Pin::new(body).poll_frame(context) {
            Poll::Ready(frame) => {
                patience.rest();
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending if patience.is_over(*between, *end, context) => {
                Poll::Ready(Some(Err(TooSlow.into())))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
