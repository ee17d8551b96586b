//! Who is at work on a SQLite file: programs share a lock beside it, and who puts another file in its place has it alone.
//!
//! The lock ends with the program, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::store::Error;

/// `tailmark.db.lock`
fn path(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    file.with_file_name(name)
}

fn open(file: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path(file))
}

/// Says that this program is at work on the file, until what is answered is dropped.
///
/// # Errors
/// Where another file is being put in its place.
pub(in crate::store) fn share(file: &Path) -> Result<Option<File>, Error> {
    // Where no lock can be made nothing can be put in a place either, and why shows when the database is opened.
    let Ok(lock) = open(file) else { return Ok(None) };
    match lock.try_lock_shared() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => {
            Err(Error::Database("another program is restoring this database".to_owned()))
        }
        // A file system without locks.
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// A database file that nobody is at work on, for as long as this lasts.
#[derive(Debug)]
pub struct Alone {
    _lock: File,
}

impl Alone {
    /// Keeps all programs from working on the file.
    ///
    /// # Errors
    /// [`Error::Busy`] where one is at work on it; else what the system says.
    pub fn with(file: &Path) -> Result<Self, Error> {
        let lock = open(file).map_err(|error| Error::Database(error.to_string()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::Busy),
            Err(TryLockError::Error(error)) => Err(Error::Database(error.to_string())),
        }
    }
}
