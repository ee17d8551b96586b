//! The database: units of work and statements in between. Only the files below it name a driver.
//!
//! A unit of work is a closure that runs statements in one transaction and may be run again after it was rolled
//! back. Units queue for threads that have a connection each; nothing is answered before the commit is on disk. Work
//! that reads sees one snapshot. Two engines: SQLite in a file of its own (`db/sqlite.rs`), PostgreSQL, which several programs
//! may share (`db/postgres.rs`).

pub(super) mod copy;
mod joint;
pub(super) mod lock;
pub(super) mod postgres;
pub(super) mod sqlite;
pub(super) mod steps;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::thread;

use odata::sql::{Scalar, Statement};
use prometheus_client::metrics::counter::Counter;
use tokio::sync::oneshot;

use super::{Engine, Error};
use crate::telemetry::metrics::{QueueMetrics, StoreMetrics, Waiting};
use crate::telemetry::stage::Stage;
pub use joint::Joint;
use sqlite::Brief;

/// Units of work that may wait; the next one is told that the database is too busy.
const LONGEST_QUEUE: usize = 4096;

/// An open database.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
    writer: SyncSender<Job>,
    /// Nothing where there is one connection for everything.
    readers: Option<SyncSender<Job>>,
    metrics: Arc<StoreMetrics>,
    /// What is done with it is a stage of a request.
    is_stage: bool,
    /// For reads that take a moment only.
    brief: Option<Arc<Brief>>,
}

/// The statements of one unit of work.
#[derive(Debug)]
pub enum Tx<'c> {
    /// On SQLite.
    Sqlite(&'c rusqlite::Connection),
    /// On PostgreSQL.
    Postgres(&'c postgres::Session),
}

/// A result row.
pub type Row = Vec<Scalar>;

/// A unit of work with somebody who waits for it.
type Job = Box<dyn Unit>;

/// What a thread does with a unit of work.
trait Unit: Send {
    /// Runs in the transaction, or hears why there is none; may come again after a rollback. Says whether what it did is
    /// to be kept.
    fn run(&mut self, tx: Result<&Tx<'_>, Error>) -> bool;
    /// Whether it is one statement that reads, which sees one state of the data without a transaction around it.
    fn is_alone(&self) -> bool {
        false
    }
    /// Whether the last run met others that change the same, so that another may succeed.
    fn collided(&self) -> bool;
    /// Tells whoever waits, given how the commit went.
    fn conclude(self: Box<Self>, commit: Result<(), Error>);
}

struct Work<T, W> {
    work: W,
    is_alone: bool,
    metrics: Arc<StoreMetrics>,
    waiting: Option<Waiting>,
    result: Option<Result<T, Error>>,
    answer: oneshot::Sender<Result<T, Error>>,
}

impl<T, W> Unit for Work<T, W>
where
    T: Send,
    W: Fn(&Tx<'_>) -> Result<T, Error> + Send,
{
    fn run(&mut self, tx: Result<&Tx<'_>, Error>) -> bool {
        if let Some(waiting) = self.waiting.take() {
            waiting.end();
        }
        let result = tx.and_then(|tx| attempt(&self.work, tx, &self.metrics.panics));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn is_alone(&self) -> bool {
        self.is_alone
    }

    fn collided(&self) -> bool {
        matches!(self.result, Some(Err(Error::Collision)))
    }

    fn conclude(self: Box<Self>, commit: Result<(), Error>) {
        let result = self.result.unwrap_or(Err(Error::Closed));
        // Nobody waits any more where the request was given up.
        let _ = self.answer.send(commit.and(result));
    }
}

/// What is known of a read beforehand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Foreseen {
    /// It probably takes a moment only: where it does, it is done on the very thread that asks.
    pub is_brief: bool,
    /// It is one statement.
    pub is_alone: bool,
}

/// Runs a unit of work once. A panic is that unit's failure, and counted: whoever ran it goes on.
fn attempt<T>(
    work: &impl Fn(&Tx<'_>) -> Result<T, Error>,
    tx: &Tx<'_>,
    panics: &Counter,
) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(|| work(tx))).unwrap_or_else(|_| {
        panics.inc();
        Err(Error::Panicked)
    })
}

impl Db {
    /// Which database it is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Does something in a transaction and commits it.
    ///
    /// # Errors
    /// What the work says, or why it could not be committed; in both cases nothing is stored.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.timed(self.submit(&self.writer, &self.metrics.writer, false, work)).await
    }

    /// Does something with one snapshot of the data.
    ///
    /// # Errors
    /// What the work says, or why it could not run.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.read_foreseen(Foreseen::default(), work).await
    }

    /// The same, where something is known of the work.
    ///
    /// # Errors
    /// What the work says, or why it could not run.
    pub async fn read_foreseen<T: Send + 'static>(
        &self,
        foreseen: Foreseen,
        work: impl Fn(&Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let done = async {
            let brief = self.brief.as_ref().filter(|_| foreseen.is_brief);
            if let Some(result) = brief.and_then(|brief| brief.read(foreseen.is_alone, &work)) {
                return result;
            }
            let (queue, metrics) = match &self.readers {
                Some(readers) => (readers, &self.metrics.readers),
                None => (&self.writer, &self.metrics.writer),
            };
            self.submit(queue, metrics, foreseen.is_alone, work).await
        };
        self.timed(done).await
    }

    /// The same database, for requests: its work is their stage `answer`.
    #[must_use]
    pub fn for_requests(&self) -> Self {
        Self { is_stage: true, ..self.clone() }
    }

    /// What it counts.
    #[must_use]
    pub fn metrics(&self) -> &Arc<StoreMetrics> {
        &self.metrics
    }

    async fn submit<T: Send + 'static>(
        &self,
        queue: &SyncSender<Job>,
        metrics: &QueueMetrics,
        is_alone: bool,
        work: impl Fn(&Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let (waiting, metrics) = (Some(metrics.enter()), Arc::clone(&self.metrics));
        let work = Work { work, is_alone, metrics, waiting, result: None, answer };
        queue.try_send(Box::new(work)).map_err(|error| full(&error))?;
        answered.await.map_err(|_| Error::Closed)?
    }

    async fn timed<T>(&self, done: impl Future<Output = T>) -> T {
        if self.is_stage { self.metrics.stages.wait(Stage::Answer, done).await } else { done.await }
    }
}

fn full(error: &TrySendError<Job>) -> Error {
    match error {
        TrySendError::Full(_) => Error::Busy,
        TrySendError::Disconnected(_) => Error::Closed,
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let spawned = thread::Builder::new().name(format!("database {name}")).spawn(body);
    spawned.map(drop).map_err(|error| Error::Database(error.to_string()))
}

impl Tx<'_> {
    /// Which database it is in.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// The database's.
    pub fn rows(&self, statement: &Statement) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        self.each(statement, |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row of a query.
    ///
    /// # Errors
    /// The database's.
    pub fn row(&self, statement: &Statement) -> Result<Option<Row>, Error> {
        Ok(self.rows(statement)?.into_iter().next())
    }

    /// Each row of a query in turn.
    ///
    /// # Errors
    /// The database's, or what `take` says.
    pub fn each(
        &self,
        statement: &Statement,
        take: impl FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => sqlite::each(connection, statement, take),
            Self::Postgres(session) => session.each(statement, take),
        }
    }

    /// Runs a statement that answers no rows, and says how many it changed.
    ///
    /// # Errors
    /// The database's.
    pub fn run(&self, statement: &Statement) -> Result<usize, Error> {
        match self {
            Self::Sqlite(connection) => sqlite::run(connection, statement),
            Self::Postgres(session) => session.run(statement),
        }
    }

    /// Says to other programs on the same database, once this is committed, that there is something to do.
    ///
    /// # Errors
    /// The database's.
    pub fn announce(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(session) => session.announce(),
        }
    }

    /// Runs statements without values, such as a migration.
    ///
    /// # Errors
    /// The database's.
    pub fn batch(&self, text: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => sqlite::batch(connection, text),
            Self::Postgres(session) => session.batch(text),
        }
    }
}

#[cfg(test)]
mod tests;
