//! `backup`: a copy of everything that a service has, while it goes on serving.
//!
//! What comes of it is a data folder like the service's own: the database in one file, and the keys without which tokens and
//! certificates that are out there would be worth nothing. It appears under its name when it is complete and on disk.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::config::Config;
use crate::exit::Exit;
use crate::store::{Place, backup};

const EXAMPLES: &str = "\
Examples:
  tailmark backup ./backup --data ./data
  tailmark serve --data ./backup --listen 127.0.0.1:0   look at it, or at a copy of it";

/// Copy the database and the keys into a new folder, while the service goes on
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct BackupArgs {
    /// The folder that is made; `restore` takes it, and so does `serve --data`
    #[arg(value_name = "DIR")]
    to: PathBuf,
    /// The data folder of the service
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The file of settings of that service (TOML)
    #[arg(long, value_name = "FILE", env = "TAILMARK_CONFIG")]
    config: Option<PathBuf>,
}

/// The database in a backup.
pub(super) const DATABASE: &str = "tailmark.db";
/// What belongs to a service besides: its issuer, and its CA.
pub(super) const KEYS: [&str; 3] = ["issuer.json", "ca.json", "ca.pem"];

/// Makes the backup.
///
/// # Errors
/// Why there is none; then nothing is left of it.
pub async fn run(args: BackupArgs) -> anyhow::Result<Exit> {
    let config = Config::load(args.config.as_deref(), args.data.as_deref())?;
    let to = args.to;
    let database =
        file_of(&config, |url| format!("pg_dump --format=custom --file={}.dump '{url}'", to.display()))?;
    if !database.is_file() {
        return Err(Exit::NotFound.because(format!("there is no database at {}", database.display())));
    }
    if to.exists() {
        return Err(
            Exit::Usage.because(format!("{} is there already; a backup is a new folder", to.display()))
        );
    }
    let folder = parent(&to);
    let failed = || format!("no backup can be made in {}", folder.display());
    let draft =
        tempfile::Builder::new().prefix(".tailmark-backup-").tempdir_in(folder).with_context(failed)?;
    #[cfg(unix)]
    fs::set_permissions(draft.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .with_context(failed)?;
    let version = backup::back_up(database.clone(), draft.path().join(DATABASE))
        .await
        .with_context(|| format!("{} cannot be copied", database.display()))?;
    for name in KEYS {
        let key = config.data.join(name);
        if key.is_file() {
            let copied = copy_for_owner(&key, &draft.path().join(name));
            copied.with_context(|| format!("{} cannot be copied", key.display()))?;
        }
    }
    sync(&draft.path().join(DATABASE)).and_then(|()| sync(draft.path())).with_context(failed)?;
    fs::rename(draft.path(), &to).with_context(failed)?;
    sync(folder).with_context(failed)?;
    // It has another name now: there is nothing left to remove.
    let _ = draft.keep();
    println!("{} is backed up in {}, at version {version}", database.display(), to.display());
    Ok(Exit::Done)
}

/// The database file; for another kind of database an error that says what to do instead.
pub(super) fn file_of(config: &Config, instead: impl FnOnce(&str) -> String) -> anyhow::Result<PathBuf> {
    match config.database.place(&config.data)? {
        Place::File(file) => Ok(file),
        Place::Memory => Err(Exit::Usage.because("the database is in memory: it ends with its program")),
        Place::Postgres(url) => Err(Exit::Usage.because(format!(
            "the database is PostgreSQL, which has a tool of its own; run: {}; and copy {} of {} besides",
            instead(&without_password(&url)),
            KEYS.join(", "),
            config.data.display()
        ))),
    }
}

/// An address without what lets one in.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return String::new() };
    match rest.rsplit_once('@') {
        Some((user, host)) => format!("{scheme}://{}@{host}", user.split(':').next().unwrap_or_default()),
        None => url.to_owned(),
    }
}

/// The folder that something is in.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Copies a file for its owner alone, and has it on disk.
pub(super) fn copy_for_owner(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    #[cfg(unix)]
    fs::set_permissions(to, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    sync(to)
}

/// Has a file or a folder on disk.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened as a file.
    if path.is_dir() && !cfg!(unix) {
        return Ok(());
    }
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_without_passwords() {
        for (url, told) in [
            ("postgres://a:s3cret@db.example:5432/t?x=1", "postgres://a@db.example:5432/t?x=1"),
            ("postgres://a:p@ss@h/t", "postgres://a@h/t"),
            ("postgresql://h/t", "postgresql://h/t"),
        ] {
            assert_eq!(without_password(url), told);
        }
    }
}
