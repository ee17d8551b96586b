//! `migrate`: brings the database up to date without serving.

use std::path::PathBuf;

use super::serve::open_store;
use crate::config::Config;
use crate::exit::Exit;

const EXAMPLES: &str = "\
Examples:
  tailmark migrate
  tailmark migrate --data /var/lib/tailmark --config /etc/tailmark.toml";

/// Create the database or bring it up to date, without serving.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
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
    let version = open_store(&config).await?.version().await?;
    println!("{} is at version {version}", config.database.place(&config.data)?);
    Ok(Exit::Done)
}
