//! Backups of a SQLite database: made while programs are at work on it, examined, put back.

use std::path::{Path, PathBuf};

use super::db::{copy, lock};
use super::migrate::known;
use super::{Engine, Error};

pub use lock::Alone;

/// Copies the database into a file that is not there yet, looks the copy through, and says of which version it is.
///
/// # Errors
/// The database's, or that the copy is not sound.
pub async fn back_up(from: PathBuf, to: PathBuf) -> Result<i64, Error> {
    blocking(move || {
        copy::copy(&from, &to)?;
        copy::examine(&to)
    })
    .await
}

/// Looks a database through that nobody writes, and says of which version it is.
///
/// # Errors
/// Where it is damaged, none of Tailmark's, or of a newer version than this program knows.
pub async fn examine(file: PathBuf) -> Result<i64, Error> {
    let (version, known) = (blocking(move || copy::examine(&file)).await?, known(Engine::Sqlite));
    if version > known {
        return Err(Error::Database(format!(
            "it has version {version}, made by a newer program; this one knows {known}"
        )));
    }
    Ok(version)
}

/// Leaves a database that nobody has open in one file; a damaged one stays as it is.
pub fn settle(file: &Path, _alone: &Alone) {
    // What is damaged is put aside with its log.
    _ = copy::settle(file);
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Closed)?
}
