//! SQLite: one writer's thread, several readers' threads, a connection each, and some for whoever reads briefly.
//!
//! WAL, `synchronous=FULL`, foreign keys on. What has queued up for the writer is committed together, each unit in its own
//! savepoint.
//!
//! When a sync fails, the system may have dropped what was to be written, and a second sync says that all is well. SQLite
//! relies on none: a commit whose sync failed is rolled back and the next one writes its pages anew, in the same place of
//! the log; a checkpoint whose sync failed leaves the log as it is, and the next one copies all of it anew. So nobody reads
//! what is not on the disk, and no connection need be opened again. What remains is the failed commit itself, whole, behind
//! the end of the log: a program that starts after a kill would take it for committed. Therefore something else is written
//! in its place at once ([`write_over`]). <https://www.sqlite.org/walformat.html#recovery>

mod brief;

use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use odata::sql::{Scalar, Statement, functions};
use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, ToSql};

use super::{Db, Job, LONGEST_QUEUE, Row, Tx, attempt, lock, spawn};
use crate::store::{Engine, Error};
use crate::telemetry::metrics::{Histogram, StoreMetrics};
pub(in crate::store) use brief::Brief;

/// Units of work committed together.
const LARGEST_GROUP: usize = 64;
/// Prepared statements kept by each connection.
const STATEMENTS: usize = 256;
/// How long a connection waits for a lock of another process.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// Opens or creates the database in a file; nothing for one in memory.
///
/// # Errors
/// Where the file cannot be opened or is no database.
pub(in crate::store) fn open(file: Option<&Path>) -> Result<Db, Error> {
    let lock = file.map(lock::share).transpose()?.flatten();
    let writer = connect(file)?;
    let (writer_queue, work) = sync_channel(LONGEST_QUEUE);
    let metrics = Arc::<StoreMetrics>::default();
    let groups = metrics.groups.clone();
    spawn("writer", move || {
        write_all(&writer, &work, &groups);
        drop((writer, lock));
    })?;
    let (readers, brief) = match file {
        Some(file) => {
            let (queue, work) = sync_channel(LONGEST_QUEUE);
            let work = Arc::new(Mutex::new(work));
            let cores = thread::available_parallelism().map_or(2, NonZero::get).max(2);
            for _ in 0..cores {
                let (connection, work) = (connect(Some(file))?, Arc::clone(&work));
                spawn("reader", move || read_all(&connection, &work))?;
            }
            let connections = (0..cores).map(|_| connect(Some(file)));
            let brief = Brief::new(connections.collect::<Result<_, _>>()?, metrics.panics.clone())?;
            (Some(queue), Some(Arc::new(brief)))
        }
        None => (None, None),
    };
    Ok(Db { engine: Engine::Sqlite, writer: writer_queue, readers, metrics, is_stage: false, brief })
}

/// The writer's loop: takes what has queued up and does it together.
fn write_all(connection: &Connection, work: &Receiver<Job>, groups: &Histogram) {
    while let Ok(first) = work.recv() {
        let more = std::iter::from_fn(|| work.try_recv().ok());
        let group: Vec<Job> = std::iter::once(first).chain(more).take(LARGEST_GROUP).collect();
        groups.count(u64::try_from(group.len()).unwrap_or_default());
        if let Err(Error::Disk(_)) = write_together(connection, group) {
            write_over(connection);
        }
    }
}

/// Commits something else where a failed commit stands in the write-ahead log. Should it fail as well, it has taken that
/// place all the same.
fn write_over(connection: &Connection) {
    // A number in the file's first page that nobody reads.
    let _ = connection.pragma_update(None, "user_version", 1);
}

/// Does units of work, commits them together, tells everyone; answers how the commit went.
pub(super) fn write_together(connection: &Connection, mut group: Vec<Job>) -> Result<(), Error> {
    let mut done = 0;
    let committed = commit(connection, &mut group, &mut done);
    if let Err(error) = &committed {
        tracing::error!(%error, "a transaction was rolled back");
        // Some errors roll back by themselves; the others must not leave the transaction open.
        undo(connection);
        group.iter_mut().skip(done).for_each(|job| {
            job.run(Err(error.clone()));
        });
    }
    for job in group {
        job.conclude(committed.clone());
    }
    committed
}

/// Does the units; `done` counts those that were tried.
fn commit(connection: &Connection, group: &mut [Job], done: &mut usize) -> Result<(), Error> {
    say(connection, "BEGIN IMMEDIATE")?;
    for job in group {
        say(connection, "SAVEPOINT work")?;
        *done += 1;
        if !job.run(Ok(&Tx::Sqlite(connection))) {
            say(connection, "ROLLBACK TO work")?;
        }
        say(connection, "RELEASE work")?;
    }
    say(connection, "COMMIT")
}

/// A reader's loop: each unit sees one snapshot.
fn read_all(connection: &Connection, work: &Mutex<Receiver<Job>>) {
    loop {
        let job = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut job) = job else { return };
        let begun = if job.is_alone() { Ok(()) } else { say(connection, "BEGIN") };
        match begun {
            Ok(()) => job.run(Ok(&Tx::Sqlite(connection))),
            Err(error) => job.run(Err(error)),
        };
        undo(connection);
        job.conclude(Ok(()));
    }
}

/// Runs a statement without values that comes again and again.
fn say(connection: &Connection, text: &'static str) -> Result<(), Error> {
    connection.prepare_cached(text)?.execute([])?;
    Ok(())
}

/// Ends a transaction, where there is one, as if it had not been.
fn undo(connection: &Connection) {
    if !connection.is_autocommit() {
        let _ = say(connection, "ROLLBACK");
    }
}

/// Each row of a query in turn.
pub(super) fn each(
    connection: &Connection,
    statement: &Statement,
    mut take: impl FnMut(Row) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut prepared = prepare(connection, statement)?;
    let width = prepared.column_count();
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next()? {
        let mut values = Row::with_capacity(width);
        for column in 0..width {
            values.push(from_sqlite(row.get_ref(column)?));
        }
        take(values)?;
    }
    Ok(())
}

/// Runs a statement that answers no rows, and says how many it changed.
pub(super) fn run(connection: &Connection, statement: &Statement) -> Result<usize, Error> {
    Ok(prepare(connection, statement)?.raw_execute()?)
}

/// Runs statements without values.
pub(super) fn batch(connection: &Connection, text: &str) -> Result<(), Error> {
    Ok(connection.execute_batch(text)?)
}

fn prepare<'c>(connection: &'c Connection, statement: &Statement) -> Result<CachedStatement<'c>, Error> {
    let mut prepared = connection.prepare_cached(statement.text())?;
    for index in 1..=prepared.parameter_count() {
        // Placeholders are called `$1`, `$2`, …; SQLite numbers them by their first appearance.
        let number: usize =
            prepared.parameter_name(index).and_then(|name| name.get(1..)?.parse().ok()).unwrap_or(index);
        let value = statement.binds().get(number.saturating_sub(1)).unwrap_or(&Scalar::Null);
        prepared.raw_bind_parameter(index, Bound(value))?;
    }
    Ok(prepared)
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
        // What is stored is UTF-8; to check that is quicker than to look for what is none.
        ValueRef::Text(text) => Scalar::Text(match std::str::from_utf8(text) {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(text).into_owned(),
        }),
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
    // SQLite takes what it gets where a file cannot be written; a service that can store nothing had better not start.
    if connection.is_readonly("main")? {
        return Err(Error::ReadOnly);
    }
    prepared(connection)
}

/// The connection with everything set that a unit of work relies on.
pub(super) fn prepared(connection: Connection) -> Result<Connection, Error> {
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
pub(super) fn create_for_owner(file: &Path) {
    use std::os::unix::fs::OpenOptionsExt as _;

    // Where it cannot be created, opening it says why.
    _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
}

/// Nothing to do: the folder's rights count.
#[cfg(not(unix))]
pub(super) fn create_for_owner(_: &Path) {}

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
            Some(ErrorCode::SystemIoFailure) => Self::Disk(error.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            _ => Self::Database(error.to_string()),
        }
    }
}
