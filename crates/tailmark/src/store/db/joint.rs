//! Several units of work as one: a transaction that stays open between them, kept or undone as a whole.
//!
//! The writer's thread gives itself to one queue for a while: units that come there run one after the other, see what
//! those before them wrote, and are told at once; what was written lasts only if the end says so. Meanwhile nobody else
//! writes, so the time is limited, and who holds it does nothing in between but compute.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{Db, Job, LONGEST_QUEUE, Tx, Unit, full};
use crate::store::Error;
use crate::telemetry::metrics::{QueueMetrics, StoreMetrics};

/// How long the writer's thread is held at most.
const LONGEST: Duration = Duration::from_secs(10);

/// An open transaction. Dropped, it is undone.
#[derive(Debug)]
pub struct Joint {
    db: Db,
    is_kept: Arc<AtomicBool>,
    ended: oneshot::Receiver<Result<(), Error>>,
}

impl Db {
    /// Begins a transaction for several units of work.
    ///
    /// # Errors
    /// Where too much is waiting.
    pub fn joint(&self) -> Result<Joint, Error> {
        let (queue, work) = sync_channel(LONGEST_QUEUE);
        let (end, ended) = oneshot::channel();
        let is_kept = Arc::new(AtomicBool::new(false));
        let whole = Whole { work: Some(work), is_kept: Arc::clone(&is_kept), result: Ok(()), end };
        self.writer.try_send(Box::new(whole)).map_err(|error| full(&error))?;
        // Its units read through the same queue: nobody else sees what they wrote.
        // Nor do they wait for a connection: it is theirs.
        let metrics =
            Arc::new(StoreMetrics { writer: QueueMetrics::default(), ..StoreMetrics::clone(&self.metrics) });
        let db =
            Db { engine: self.engine, writer: queue, readers: None, metrics, is_stage: false, brief: None };
        Ok(Joint { db, is_kept, ended })
    }
}

/// The transaction, for the thread that has it.
struct Whole {
    /// The units; taken at the one time that they can be served.
    work: Option<Receiver<Job>>,
    is_kept: Arc<AtomicBool>,
    result: Result<(), Error>,
    end: oneshot::Sender<Result<(), Error>>,
}

impl Unit for Whole {
    fn run(&mut self, tx: Result<&Tx<'_>, Error>) -> bool {
        self.result = match (tx, self.work.take()) {
            (Ok(tx), Some(work)) => serve(tx, &work),
            (Err(error), _) => Err(error),
            (Ok(_), None) => Err(Error::Busy),
        };
        self.result.is_ok() && self.is_kept.load(Ordering::Acquire)
    }

    /// Its units have been answered: it cannot be run again.
    fn collided(&self) -> bool {
        false
    }

    fn conclude(self: Box<Self>, commit: Result<(), Error>) {
        let _ = self.end.send(commit.and(self.result));
    }
}

impl Joint {
    /// The database as the units of this transaction see it.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Keeps what the units wrote.
    ///
    /// # Errors
    /// Why it could not be committed, or that it took too long; then nothing is stored.
    pub async fn keep(self) -> Result<(), Error> {
        self.is_kept.store(true, Ordering::Release);
        // The end of the queue is the end of the transaction.
        drop(self.db);
        self.ended.await.map_err(|_| Error::Closed)?
    }
}

/// Does what comes, each in a savepoint of its own, until nobody can send any more.
fn serve(tx: &Tx<'_>, work: &Receiver<Job>) -> Result<(), Error> {
    let until = Instant::now() + LONGEST;
    loop {
        let mut job = match work.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(job) => job,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => return Err(Error::Busy),
        };
        if let Err(error) = tx.batch("SAVEPOINT joint") {
            job.run(Err(error.clone()));
            job.conclude(Ok(()));
            return Err(error);
        }
        let keep = job.run(Ok(tx));
        let done = tx.batch(if keep { "RELEASE SAVEPOINT joint" } else { UNDO });
        job.conclude(done.clone());
        done?;
    }
}

const UNDO: &str = "ROLLBACK TO SAVEPOINT joint; RELEASE SAVEPOINT joint";
