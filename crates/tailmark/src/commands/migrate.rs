//! `migrate`: brings the database up to date without serving.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::config::{Config, make_data_folder};
use crate::exit::Exit;
use crate::store::Store;

/// Create the database or bring it up to date, without serving.
#[derive(Debug, clap::Args)]
pub struct MigrateArgs {
    /// The folder of the database.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// A file of settings (TOML).
    #[arg(long, value_name = "FILE", env = "TAILMARK_CONFIG")]
    pub config: Option<PathBuf>,
}

/// Migrates and says what version there is.
///
/// # Errors
/// Where the database cannot be opened, or is of a newer version.
pub async fn run(args: MigrateArgs) -> anyhow::Result<Exit> {
    let config = Config::load(args.config.as_deref(), args.data.as_deref())?;
    make_data_folder(&config.data)?;
    let file = config.database.file(&config.data)?;
    let store = Store::open(file.as_deref()).await.context("the database cannot be opened")?;
    let version = store.version().await?;
    match file {
        Some(file) => println!("{} is at version {version}", file.display()),
        None => println!("a database in memory is at version {version}"),
    }
    Ok(Exit::Done)
}
