//! Copies of a SQLite file: made while programs are at work on it, and looked through before anybody relies on them.
//!
//! SQLite's online backup, <https://www.sqlite.org/backup.html>, in steps within one snapshot: writers go on, what they
//! commit meanwhile is not in the copy, and the write-ahead log grows until the copy is done.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use super::sqlite::{BUSY, create_for_owner};
use crate::store::Error;

/// Pages of a step, of 4 KiB each, and the pause between two: readers of the disk get their turn.
const STEP: i32 = 4096;
const PAUSE: Duration = Duration::from_millis(1);

/// Copies a database, as it is at this moment, into a file that is not there yet.
///
/// # Errors
/// The database's.
pub(in crate::store) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let source = open(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Without a transaction every commit of others would begin the copy anew.
    source.execute_batch("BEGIN")?;
    source.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
    create_for_owner(to);
    let mut copy = open(to, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    copy.pragma_update(None, "synchronous", "FULL")?;
    Backup::new(&source, &mut copy)?.run_to_completion(STEP, PAUSE, None)?;
    // One file with everything in it, which can be read where nothing can be written.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    copy.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Looks through a whole database that nobody writes, and says of which version it is.
///
/// # Errors
/// Where it is damaged, or none of Tailmark's.
pub(in crate::store) fn examine(file: &Path) -> Result<i64, Error> {
    let database = open(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found: String = database.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(Error::Database(format!("it is damaged: {found}")));
    }
    let mut stray = database.prepare("PRAGMA foreign_key_check")?;
    if stray.query([])?.next()?.is_some() {
        return Err(Error::Database("it is damaged: rows belong to others that are not there".to_owned()));
    }
    let version = database.query_row("SELECT MAX(version) FROM schema_version", [], |row| row.get(0));
    version.map_err(|_| Error::Database("it is no database of Tailmark".to_owned()))
}

/// Puts into the file what stands in the write-ahead log, which is gone then; for a database that nobody has open.
///
/// # Errors
/// The database's.
pub(in crate::store) fn settle(file: &Path) -> Result<(), Error> {
    let database = open(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    database.close().map_err(|(_, error)| error)?;
    Ok(())
}

fn open(file: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    let connection = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}
