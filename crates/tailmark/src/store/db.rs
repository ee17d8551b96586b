//! The database: one writer, several readers, and statements in between. The only file that names a driver.
//!
//! A unit of work is a closure that runs statements in one transaction and may be run again after it was rolled
//! back. Work that writes queues for one thread; what has queued up meanwhile is committed together, each in its
//! own savepoint, and nothing is answered before the commit is on disk. Work that reads runs on threads with a
//! connection each and sees one snapshot.
//! SQLite: WAL, `synchronous=FULL`, foreign keys on.

mod joint;

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use odata::sql::{Scalar, Statement, functions};
use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};
use tokio::sync::oneshot;

use super::Error;
pub use joint::Joint;

/// Units of work that may wait; the next one is told that the database is too busy.
const LONGEST_QUEUE: usize = 4096;
/// Units of work committed together.
const LARGEST_GROUP: usize = 64;
/// Prepared statements kept by each connection.
const STATEMENTS: usize = 256;
/// How long a connection waits for a lock of another process.
const BUSY: Duration = Duration::from_secs(5);

/// An open database.
#[derive(Clone, Debug)]
pub struct Db {
    writer: SyncSender<Job>,
    /// Nothing for a database in memory, which has one connection for everything.
    readers: Option<SyncSender<Job>>,
}

/// The statements of one unit of work.
#[derive(Debug)]
pub struct Tx<'c> {
    connection: &'c Connection,
}

/// A result row.
pub type Row = Vec<Scalar>;

/// Runs in the transaction (or hears why there is none), and says what to do once its fate is known.
type Job = Box<dyn FnOnce(Result<&Tx<'_>, Error>) -> Outcome + Send>;

struct Outcome {
    keep: bool,
    answer: Answer,
}

/// Tells whoever waits, given how the commit went.
type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;

impl Db {
    /// Opens or creates the SQLite database in a file; nothing for one in memory.
    ///
    /// # Errors
    /// Where the file cannot be opened or is no database.
    pub fn sqlite(file: Option<&Path>) -> Result<Self, Error> {
        let writer = connect(file)?;
        let (writer_queue, work) = sync_channel(LONGEST_QUEUE);
        spawn("writer", move || write_all(&writer, &work))?;
        let readers = match file {
            Some(file) => {
                let (queue, work) = sync_channel(LONGEST_QUEUE);
                let work = Arc::new(Mutex::new(work));
                for _ in 0..thread::available_parallelism().map_or(2, NonZero::get).max(2) {
                    let (connection, work) = (connect(Some(file))?, Arc::clone(&work));
                    spawn("reader", move || read_all(&connection, &work))?;
                }
                Some(queue)
            }
            None => None,
        };
        Ok(Self { writer: writer_queue, readers })
    }

    /// Does something in a transaction and commits it.
    ///
    /// # Errors
    /// What the work says, or why it could not be committed; in both cases nothing is stored.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        submit(&self.writer, work).await
    }

    /// Does something with one snapshot of the data.
    ///
    /// # Errors
    /// What the work says, or why it could not run.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        submit(self.readers.as_ref().unwrap_or(&self.writer), work).await
    }
}

async fn submit<T: Send + 'static>(
    queue: &SyncSender<Job>,
    work: impl Fn(&Tx<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (answer, answered) = oneshot::channel();
    let job: Job = Box::new(move |tx| {
        // A panic is one unit's failure: the thread serves the next.
        let result = tx.and_then(|tx| {
            catch_unwind(AssertUnwindSafe(|| work(tx)))
                .unwrap_or_else(|_| Err(Error::Database("a unit of work panicked".to_owned())))
        });
        Outcome {
            keep: result.is_ok(),
            answer: Box::new(move |commit| {
                // Nobody waits any more where the request was given up.
                let _ = answer.send(commit.and(result));
            }),
        }
    });
    queue.try_send(job).map_err(|error| match error {
        TrySendError::Full(_) => Error::Busy,
        TrySendError::Disconnected(_) => Error::Closed,
    })?;
    answered.await.map_err(|_| Error::Closed)?
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let spawned = thread::Builder::new().name(format!("database {name}")).spawn(body);
    spawned.map(drop).map_err(|error| Error::Database(error.to_string()))
}

/// The writer's loop: takes what has queued up, commits it together, answers.
fn write_all(connection: &Connection, work: &Receiver<Job>) {
    while let Ok(first) = work.recv() {
        let more = std::iter::from_fn(|| work.try_recv().ok());
        let mut group =
            std::iter::once(first).chain(more).take(LARGEST_GROUP).collect::<Vec<Job>>().into_iter();
        let mut answers = Vec::with_capacity(group.len());
        let committed = commit(connection, &mut group, &mut answers);
        if let Err(error) = &committed {
            tracing::error!(%error, "a transaction was rolled back");
            // Some errors roll back by themselves; the others must not leave the transaction open.
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
            answers.extend(group.map(|job| job(Err(error.clone())).answer));
        }
        for answer in answers {
            answer(committed.clone());
        }
    }
}

fn commit(
    connection: &Connection,
    group: &mut impl Iterator<Item = Job>,
    answers: &mut Vec<Answer>,
) -> Result<(), Error> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    for job in group {
        connection.execute_batch("SAVEPOINT work")?;
        let outcome = job(Ok(&Tx { connection }));
        answers.push(outcome.answer);
        connection.execute_batch(if outcome.keep {
            "RELEASE work"
        } else {
            "ROLLBACK TO work; RELEASE work"
        })?;
    }
    Ok(connection.execute_batch("COMMIT")?)
}

/// A reader's loop: each job sees one snapshot.
fn read_all(connection: &Connection, work: &Mutex<Receiver<Job>>) {
    loop {
        let job = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let began = connection.execute_batch("BEGIN").map_err(Error::from);
        let outcome = job(began.map(|()| Tx { connection }).as_ref().map_err(Clone::clone));
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        (outcome.answer)(Ok(()));
    }
}

impl Tx<'_> {
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
        mut take: impl FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut prepared = self.prepare(statement)?;
        let width = prepared.column_count();
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next()? {
            let values: Result<Row, rusqlite::Error> =
                (0..width).map(|column| row.get_ref(column).map(from_sqlite)).collect();
            take(values?)?;
        }
        Ok(())
    }

    /// Runs a statement that answers no rows, and says how many it changed.
    ///
    /// # Errors
    /// The database's.
    pub fn run(&self, statement: &Statement) -> Result<usize, Error> {
        Ok(self.prepare(statement)?.raw_execute()?)
    }

    /// Runs statements without values, such as a migration.
    ///
    /// # Errors
    /// The database's.
    pub fn batch(&self, text: &'static str) -> Result<(), Error> {
        Ok(self.connection.execute_batch(text)?)
    }

    fn prepare(&self, statement: &Statement) -> Result<rusqlite::CachedStatement<'_>, Error> {
        let mut prepared = self.connection.prepare_cached(statement.text())?;
        for index in 1..=prepared.parameter_count() {
            // Placeholders are called `$1`, `$2`, …; SQLite numbers them by their first appearance.
            let number: usize =
                prepared.parameter_name(index).and_then(|name| name.get(1..)?.parse().ok()).unwrap_or(index);
            let value = statement.binds().get(number.saturating_sub(1)).unwrap_or(&Scalar::Null);
            prepared.raw_bind_parameter(index, Bound(value))?;
        }
        Ok(prepared)
    }
}

struct Bound<'a>(&'a Scalar);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Scalar::Null => ToSqlOutput::Owned(Value::Null),
            Scalar::Integer(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Scalar::Real(number) => ToSqlOutput::Owned(Value::Real(*number)),
            Scalar::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Scalar::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

fn from_sqlite(value: ValueRef<'_>) -> Scalar {
    match value {
        ValueRef::Null => Scalar::Null,
        ValueRef::Integer(number) => Scalar::Integer(number),
        ValueRef::Real(number) => Scalar::Real(number),
        ValueRef::Text(text) => Scalar::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Scalar::Blob(bytes.to_vec()),
    }
}

fn connect(file: Option<&Path>) -> Result<Connection, Error> {
    let connection = match file {
        Some(file) => {
            create_for_owner(file);
            Connection::open_with_flags(
                file,
                OpenFlags::SQLITE_OPEN_READ_WRITE
                    | OpenFlags::SQLITE_OPEN_CREATE
                    | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?
        }
        None => Connection::open_in_memory()?,
    };
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    write_ahead(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // A plan must not depend on bound values, else every statement is planned anew when they change.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    register(&connection)?;
    Ok(connection)
}

/// Makes a file that is not there yet readable for its owner only: it holds hardware hashes. SQLite gives the files
/// beside it the same rights.
///
/// A file that is there is not opened: closing it would give up the locks that this process has on it.
#[cfg(unix)]
fn create_for_owner(file: &Path) {
    use std::os::unix::fs::OpenOptionsExt as _;

    // Where it cannot be created, opening it says why.
    _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
}

/// Nothing to do: the folder's rights count.
#[cfg(not(unix))]
fn create_for_owner(_: &Path) {}

/// Turns on the write-ahead log. Changing the journal needs the file for itself, and SQLite says "busy" at once, not
/// after the busy time-out, where two programs that start together stand in each other's way.
fn write_ahead(connection: &Connection) -> Result<(), Error> {
    let until = Instant::now() + BUSY;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL").map_err(Error::from) {
            Err(Error::Busy) if Instant::now() < until => thread::sleep(Duration::from_millis(5)),
            outcome => return outcome,
        }
    }
}

/// Gives SQLite the functions that it lacks.
fn register(connection: &Connection) -> Result<(), Error> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    for function in functions::FUNCTIONS {
        let arguments = i32::try_from(function.arguments).unwrap_or(-1);
        connection.create_scalar_function(function.name, arguments, flags, move |context| {
            let values: Vec<Scalar> =
                (0..context.len()).map(|index| from_sqlite(context.get_raw(index))).collect();
            if values.contains(&Scalar::Null) {
                return Ok(Value::Null);
            }
            let value = (function.call)(&values)
                .map_err(|error| rusqlite::Error::UserFunctionError(Box::new(error)))?;
            Ok(to_sqlite(value))
        })?;
    }
    connection.create_collation("odata_decimal", functions::compare_decimals)?;
    Ok(())
}

fn to_sqlite(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Integer(number) => Value::Integer(number),
        Scalar::Real(number) => Value::Real(number),
        Scalar::Text(text) => Value::Text(text),
        Scalar::Blob(bytes) => Value::Blob(bytes),
    }
}

/// The text of an error that an expression of a request is to blame for.
fn evaluation(error: &rusqlite::Error) -> Option<String> {
    let text = error.to_string();
    if text == "integer overflow" {
        return Some("The result of a calculation is too large for its type.".to_owned());
    }
    text.strip_prefix(functions::PREFIX).map(str::to_owned)
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        if let Some(text) = evaluation(&error) {
            return Self::Evaluation(text);
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            _ => Self::Database(error.to_string()),
        }
    }
}
