//! SQLite without threads: units of work wait until somebody has them done, on the thread that says so. For simulations,
//! in which one seed decides what happens when.
//!
//! What is then done is what the writer's thread does. The database is in memory; programs that name it alike share it,
//! and it is gone with its last connection.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use rusqlite::{Connection, OpenFlags};

use super::{Db, Job, LONGEST_QUEUE, sqlite};
use crate::store::{Engine, Error};

/// The units of work that wait for one program's only connection. Dropped, the connection is closed, and what waits is
/// never done.
pub struct Steps {
    connection: Connection,
    queue: Receiver<Job>,
    waiting: VecDeque<Job>,
}

/// Opens the database of this name.
pub(in crate::store) fn open(name: &str) -> Result<(Db, Steps), Error> {
    let connection = Connection::open_with_flags(
        format!("file:/{name}?vfs=memdb"),
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    let connection = sqlite::prepared(connection)?;
    let (writer, queue) = sync_channel(LONGEST_QUEUE);
    let db = Db {
        engine: Engine::Sqlite,
        writer,
        readers: None,
        metrics: Arc::default(),
        is_stage: false,
        brief: None,
    };
    Ok((db, Steps { connection, queue, waiting: VecDeque::new() }))
}

impl Steps {
    /// How many units of work wait.
    pub fn waiting(&mut self) -> usize {
        self.waiting.extend(self.queue.try_iter());
        self.waiting.len()
    }

    /// Does the first of them, at most so many, in one transaction, and answers them.
    pub fn commit(&mut self, most: usize) {
        let most = most.min(self.waiting());
        // Everybody has been told.
        let _ = sqlite::write_together(&self.connection, self.waiting.drain(..most).collect());
    }

    /// The connection.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The same, to set its hooks: they can make any statement or commit fail.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}
