//! Users who have signed in, by their refresh tokens, in a file that only its owner can read.
//!
//! Without it every command would ask for a device code again. Of applications nothing is kept: their
//! credentials are there anyway, and a new token costs one request. Access tokens are never kept.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Error, Granted};

/// Who signed in where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    pub authority: String,
    pub tenant: String,
    pub client_id: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Found {
    #[serde(flatten)]
    account: Account,
    pub user: Option<String>,
    pub refresh_token: String,
}

/// The file, or none: then nobody is remembered.
#[derive(Clone, Debug)]
pub struct Kept(Option<PathBuf>);

impl Kept {
    /// In this file.
    pub fn new(file: Option<PathBuf>) -> Kept {
        Kept(file)
    }

    /// Where it is.
    pub fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    /// Forgets everybody; whether there was anybody.
    ///
    /// # Errors
    /// Where the file cannot be removed.
    pub fn forget_all(&self) -> Result<bool, Error> {
        let Some(path) = &self.0 else { return Ok(false) };
        match fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(wrong(path, &error)),
        }
    }

    pub(super) fn find(&self, account: &Account) -> Result<Option<Found>, Error> {
        Ok(self.all()?.into_iter().find(|found| found.account == *account))
    }

    pub(super) fn forget(&self, account: &Account) -> Result<(), Error> {
        let mut all = self.all()?;
        let count = all.len();
        all.retain(|found| found.account != *account);
        if all.len() == count { Ok(()) } else { self.write(&all) }
    }

    pub(super) fn keep(
        &self,
        account: &Account,
        granted: &Granted,
        before: Option<String>,
    ) -> Result<(), Error> {
        let Some(refresh_token) = granted.refresh_token.clone() else { return Ok(()) };
        let mut all = self.all()?;
        all.retain(|found| found.account != *account);
        let user = granted.id_token.as_deref().and_then(user_of).or(before);
        all.push(Found { account: account.clone(), user, refresh_token });
        self.write(&all)
    }

    fn all(&self) -> Result<Vec<Found>, Error> {
        let Some(path) = &self.0 else { return Ok(Vec::new()) };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(wrong(path, &error)),
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(path).map_err(|error| wrong(path, &error))?.permissions().mode();
            if mode & 0o077 != 0 {
                let why = "others can read it; remove it by `tailmark logout` and sign in again".to_owned();
                return Err(Error::File { path: path.clone(), why });
            }
        }
        // What cannot be read is as good as nothing: the user signs in again.
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Replaces the file as a whole; temporary files are readable by their owner only.
    fn write(&self, all: &[Found]) -> Result<(), Error> {
        let Some(path) = &self.0 else { return Ok(()) };
        let folder = path.parent().unwrap_or(Path::new("."));
        let text = serde_json::to_vec_pretty(all).unwrap_or_default();
        let written = fs::create_dir_all(folder).and_then(|()| {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&text)?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|error| error.error)?;
            Ok(())
        });
        written.map_err(|error| wrong(path, &error))
    }
}

/// Who the id token says it is. It came straight from the issuer, by TLS, so its signature need not be checked
/// (OpenID Connect Core 1.0 §3.1.3.7); it is only shown.
fn user_of(id_token: &str) -> Option<String> {
    let claims: Value = serde_json::from_slice(&BASE64.decode(id_token.split('.').nth(1)?).ok()?).ok()?;
    let name = ["preferred_username", "upn", "email"].iter().find_map(|name| claims.get(name)?.as_str());
    name.map(str::to_owned)
}

/// The bytes of a file with a secret.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|error| wrong(path, &error))
}

/// The text of a file with a secret.
pub(super) fn read_text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| wrong(path, &error))
}

fn wrong(path: &Path, error: &io::Error) -> Error {
    Error::File { path: path.to_owned(), why: error.to_string() }
}
