//! `database.*`: where the data is.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Deserialize;

/// Where the data is.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:` (a file in the data folder), `sqlite:PATH` or `sqlite::memory:`.
    pub url: String,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite:".to_owned() }
    }
}

impl Database {
    /// The database's file; nothing for one in memory.
    ///
    /// # Errors
    /// Where the address is none of the above.
    pub fn file(&self, data: &Path) -> anyhow::Result<Option<PathBuf>> {
        match self.url.strip_prefix("sqlite:") {
            Some("") => Ok(Some(data.join("tailmark.db"))),
            Some(":memory:") => Ok(None),
            Some(path) => Ok(Some(PathBuf::from(path))),
            None => bail!("database.url must begin with `sqlite:`; other databases are not supported yet"),
        }
    }
}
