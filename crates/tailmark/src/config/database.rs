//! `database.*`: where the data is.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Deserialize;

use crate::store::Place;

/// Where the data is.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:` (a file in the data folder), `sqlite:PATH`, `sqlite::memory:`, or `postgres://USER:PASSWORD@HOST/NAME`.
    pub url: String,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite:".to_owned() }
    }
}

impl Database {
    /// Where the database is.
    ///
    /// # Errors
    /// Where the address is none of the above.
    pub fn place(&self, data: &Path) -> anyhow::Result<Place> {
        if ["postgres://", "postgresql://"].iter().any(|scheme| self.url.starts_with(scheme)) {
            return Ok(Place::Postgres(self.url.clone()));
        }
        match self.url.strip_prefix("sqlite:") {
            Some("") => Ok(Place::File(data.join("tailmark.db"))),
            Some(":memory:") => Ok(Place::Memory),
            Some(path) => Ok(Place::File(PathBuf::from(path))),
            None => bail!("database.url must begin with `sqlite:` or `postgres://`"),
        }
    }
}
