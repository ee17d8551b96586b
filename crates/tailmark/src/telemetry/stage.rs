//! The stages of a request, by the names they have everywhere: in figures, traces and documents.
//!
//! In: a piece of a request's work. Out: its result; its time is counted, and where traces are wanted it is a span. That
//! costs two looks at the clock and two atomic additions, and takes no lock.

use std::sync::Arc;
use std::time::Instant;

use tracing::{Instrument as _, Span};

use super::metrics::Histogram;

/// The target of all spans.
pub const TARGET: &str = "tailmark::stages";

/// A span of the lowest level, so that it costs nothing unless someone asks for it.
macro_rules! span {
    ($name:literal $($fields:tt)*) => {
        tracing::span!(target: $crate::telemetry::stage::TARGET, tracing::Level::TRACE, $name $($fields)*)
    };
}
pub(crate) use span;

/// A stage of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Token → caller.
    Verify,
    /// Text → what was said.
    Parse,
    /// What was said → what it means.
    Bind,
    /// What it means → what there is: the database, the wait for it included. What a request changes, too.
    Answer,
    /// What there is → bytes.
    Write,
}

impl Stage {
    /// All of them, in the order in which a request meets them.
    pub const ALL: [Self; 5] = [Self::Verify, Self::Parse, Self::Bind, Self::Answer, Self::Write];

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Parse => "parse",
            Self::Bind => "bind",
            Self::Answer => "answer",
            Self::Write => "write",
        }
    }

    fn span(self) -> Span {
        // A span's name belongs to the place in the code where it is made.
        match self {
            Self::Verify => span!("verify"),
            Self::Parse => span!("parse"),
            Self::Bind => span!("bind"),
            Self::Answer => span!("answer"),
            Self::Write => span!("write"),
        }
    }
}

/// How long each stage takes; clones count together.
#[derive(Clone, Debug)]
pub struct Stages(Arc<[Histogram; 5]>);

impl Default for Stages {
    fn default() -> Self {
        Self(Arc::new(Stage::ALL.map(|_| Histogram::of_short_times())))
    }
}

impl Stages {
    /// Does it.
    pub fn run<T>(&self, stage: Stage, act: impl FnOnce() -> T) -> T {
        let _span = stage.span().entered();
        let since = Instant::now();
        let result = act();
        self.of(stage).observe(since.elapsed());
        result
    }

    /// Waits for it.
    pub async fn wait<T>(&self, stage: Stage, work: impl Future<Output = T>) -> T {
        let since = Instant::now();
        let result = work.instrument(stage.span()).await;
        self.of(stage).observe(since.elapsed());
        result
    }

    /// The times of one stage.
    #[must_use]
    pub fn of(&self, stage: Stage) -> &Histogram {
        let [verify, parse, bind, answer, write] = &*self.0;
        match stage {
            Stage::Verify => verify,
            Stage::Parse => parse,
            Stage::Bind => bind,
            Stage::Answer => answer,
            Stage::Write => write,
        }
    }
}
