//! `restore`: a backup takes the place of what a service has. What was there stays beside it under another name.
//!
//! The backup is looked through before anything is touched, and no program may be at work on the database. Each file takes
//! its place in one step, so that whoever is cut off in between has the old one or the new one, whole.

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempPath;

use super::Common;
use super::backup::{DATABASE, KEYS, copy_for_owner, file_of, parent, sync};
use crate::clock;
use crate::config::{Config, make_data_folder};
use crate::exit::Exit;
use crate::store::{self, backup};

const EXAMPLES: &str = "\
Examples:
  tailmark restore ./backup --data ./data
  tailmark restore ./backup --data ./data --yes           where there is no terminal to ask on";

/// Put a backup in the place of the database and the keys of a service that does not run
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct RestoreArgs {
    /// The folder that `backup` made
    #[arg(value_name = "DIR")]
    from: PathBuf,
    /// The data folder of the service; it is made where there is none
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The file of settings of that service (TOML)
    #[arg(long, value_name = "FILE", env = "TAILMARK_CONFIG")]
    config: Option<PathBuf>,
}

/// Restores the backup.
///
/// # Errors
/// Why not; then nothing has changed.
pub async fn run(args: RestoreArgs, common: &Common) -> anyhow::Result<Exit> {
    let config = Config::load(args.config.as_deref(), args.data.as_deref())?;
    let from = args.from;
    let database = file_of(&config, |url| {
        format!("pg_restore --clean --if-exists --dbname='{url}' {}.dump", from.display())
    })?;
    let saved = from.join(DATABASE);
    if !saved.is_file() {
        return Err(Exit::NotFound.because(format!("{} is no backup: it has no {DATABASE}", from.display())));
    }
    let refused = || format!("{} cannot be restored", from.display());
    backup::examine(saved.clone()).await.with_context(refused)?;
    let keys: Vec<&str> = KEYS.into_iter().filter(|name| from.join(name).is_file()).collect();
    keys.iter().try_for_each(|name| is_whole(&from.join(name))).with_context(refused)?;
    make_data_folder(&config.data)?;
    let alone = backup::Alone::with(&database).map_err(|error| match error {
        store::Error::Busy => {
            let text = format!("a program is at work on {}; stop it first", database.display());
            Exit::Failure.because(text)
        }
        error => anyhow::Error::new(error).context(format!("{} cannot be locked", database.display())),
    })?;
    if database.exists() {
        confirm(&format!("Put {} in the place of {}?", from.display(), database.display()), common.yes())?;
    }
    let mut places = vec![(saved, database.clone())];
    places.extend(keys.iter().map(|name| (from.join(name), config.data.join(name))));
    let staged = places.iter().map(|(from, to)| Ok((stage(from, to)?, to.as_path())));
    let staged = staged.collect::<anyhow::Result<Vec<(TempPath, &Path)>>>()?;
    // What is read back is what counts.
    backup::examine(staged.first().map(|(draft, _)| draft.to_path_buf()).unwrap_or_default())
        .await
        .with_context(refused)?;
    if database.exists() {
        backup::settle(&database, &alone);
    }
    let suffix = format!(".before-{}", stamp());
    let mut aside = Vec::new();
    for (draft, place) in staged {
        aside.extend(
            replace(draft, place, &suffix)
                .with_context(|| format!("{} cannot be replaced", place.display()))?,
        );
    }
    for folder in [parent(&database), &config.data] {
        sync(folder).with_context(|| format!("{} cannot be written", folder.display()))?;
    }
    println!("{} is restored to {}", from.display(), database.display());
    for aside in aside {
        println!("what was there is {}", aside.display());
    }
    Ok(Exit::Done)
}

/// Whether a file of keys can be read as what it says it is.
fn is_whole(file: &Path) -> anyhow::Result<()> {
    let text = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let is_json = file.extension().is_some_and(|extension| extension == "json");
    // The parser's own message could quote a secret.
    if is_json && serde_json::from_slice::<serde_json::Value>(&text).is_err() {
        return Err(Exit::Failure.because(format!("{} is broken", file.display())));
    }
    Ok(())
}

/// A copy beside the place that it is to take.
fn stage(from: &Path, to: &Path) -> anyhow::Result<TempPath> {
    let folder = parent(to);
    let draft = tempfile::Builder::new().prefix(".tailmark-restoring-").tempfile_in(folder);
    let draft = draft.with_context(|| format!("{} cannot be written", folder.display()))?.into_temp_path();
    copy_for_owner(from, &draft).with_context(|| format!("{} cannot be copied", from.display()))?;
    Ok(draft)
}

/// Puts a file in the place of another, and says under which name the other one is now.
fn replace(draft: TempPath, place: &Path, suffix: &str) -> anyhow::Result<Option<PathBuf>> {
    let named = |end: &str| {
        let mut name = place.file_name().unwrap_or_default().to_owned();
        name.push(end);
        place.with_file_name(name)
    };
    let aside = place.exists().then(|| named(suffix));
    if let Some(aside) = &aside {
        // The old file has both names until the new one takes the first; without hard links there is a moment without.
        fs::hard_link(place, aside).or_else(|_| fs::rename(place, aside))?;
    }
    // Only a damaged database has a log left; beside another database it would be taken for that one's.
    for end in ["-wal", "-shm"] {
        if named(end).exists() {
            fs::rename(named(end), named(&format!("{suffix}{end}")))?;
        }
    }
    draft.persist(place)?;
    Ok(aside)
}

/// Now, as a part of a name: `20261126T051200`.
fn stamp() -> String {
    clock::now().to_string().chars().filter(char::is_ascii_alphanumeric).take(15).collect()
}

fn confirm(question: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(
            Exit::Usage.because("nothing was restored: without a terminal to ask on, --yes is needed")
        );
    }
    write!(io::stderr(), "{question} [y/N] ")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Exit::Usage.because("nothing was restored")),
    }
}
