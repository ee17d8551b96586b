//! Brief reads, on the thread that asks: to hand a unit of work to another thread and to be woken again costs more than
//! most reads do.
//!
//! In: a unit of work that reads. Out: its result; nothing where it is no brief read after all, or no connection is free.
//! Then a reader's thread does it from the beginning, so that no thread that serves requests is held up: a read has
//! [`STEPS`] steps of SQLite's machine, a tenth of a millisecond's worth, and does not wait for locks.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, TryLockError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use rusqlite::Connection;

use super::{attempt, say, undo};
use crate::store::Error;
use crate::store::db::Tx;

/// Steps after which SQLite asks whether to go on.
const PACE: u16 = 1000;
/// The steps of a brief read, in units of [`PACE`].
const STEPS: u32 = 8;

/// Connections for brief reads.
#[derive(Debug)]
pub(in crate::store) struct Brief {
    lanes: Vec<Mutex<Lane>>,
    panics: Counter,
}

#[derive(Debug)]
struct Lane {
    connection: Connection,
    /// How often SQLite has asked during this read.
    asked: Arc<AtomicU32>,
}

impl Brief {
    /// For as many reads at a time as there are connections.
    ///
    /// # Errors
    /// SQLite's.
    pub fn new(connections: Vec<Connection>, panics: Counter) -> Result<Self, Error> {
        let lanes = connections.into_iter().map(|mut connection| {
            let asked = Arc::new(AtomicU32::new(0));
            let asking = Arc::clone(&asked);
            let is_too_long = move || asking.fetch_add(1, Ordering::Relaxed) >= STEPS;
            connection.progress_handler(i32::from(PACE), Some(is_too_long))?;
            connection.busy_timeout(Duration::ZERO)?;
            Ok(Mutex::new(Lane { connection, asked }))
        });
        Ok(Self { lanes: lanes.collect::<Result<_, Error>>()?, panics })
    }

    /// The result of a unit of work, with one snapshot of the data, unless it takes too long.
    pub fn read<T>(
        &self,
        is_alone: bool,
        work: &impl Fn(&Tx<'_>) -> Result<T, Error>,
    ) -> Option<Result<T, Error>> {
        let lane = self.lanes.iter().find_map(|lane| match lane.try_lock() {
            Ok(lane) => Some(lane),
            Err(TryLockError::Poisoned(lane)) => Some(lane.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        })?;
        lane.read(is_alone, work, &self.panics)
    }
}

impl Lane {
    fn read<T>(
        &self,
        is_alone: bool,
        work: &impl Fn(&Tx<'_>) -> Result<T, Error>,
        panics: &Counter,
    ) -> Option<Result<T, Error>> {
        self.asked.store(0, Ordering::Relaxed);
        let begun = if is_alone { Ok(()) } else { say(&self.connection, "BEGIN") };
        let result = begun.and_then(|()| attempt(work, &Tx::Sqlite(&self.connection), panics));
        let is_too_long = self.asked.swap(0, Ordering::Relaxed) > STEPS;
        undo(&self.connection);
        match result {
            Err(Error::Busy) => None,
            Err(_) if is_too_long => None,
            result => Some(result),
        }
    }
}

#[cfg(test)]
mod tests {
    use odata::sql::{Scalar, Statement};

    use super::*;

    const COUNT: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
        SELECT COUNT(*) FROM n";

    fn count(brief: &Brief, most: i64) -> Option<i64> {
        let read = brief.read(true, &|tx: &Tx<'_>| tx.row(&Statement::new(COUNT, vec![most.into()])));
        match read?.unwrap().as_deref() {
            Some([Scalar::Integer(number)]) => Some(*number),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_takes_long_is_left_to_others() {
        let brief = Brief::new(vec![Connection::open_in_memory().unwrap()], Counter::default()).unwrap();
        for _ in 0..500 {
            assert_eq!(count(&brief, 100), Some(100));
        }
        for _ in 0..3 {
            assert_eq!(count(&brief, 1_000_000), None);
            assert_eq!(count(&brief, 100), Some(100));
        }
    }

    #[test]
    fn who_finds_every_connection_in_use_goes_elsewhere() {
        let brief = Brief::new(vec![Connection::open_in_memory().unwrap()], Counter::default()).unwrap();
        let inner = brief.read(false, &|_: &Tx<'_>| Ok(count(&brief, 1)));
        assert_eq!((inner.unwrap().unwrap(), count(&brief, 1)), (None, Some(1)));
    }
}
