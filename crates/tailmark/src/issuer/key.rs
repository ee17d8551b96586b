//! The embedded issuer's identity on disk: `issuer.json` in the data folder.
//!
//! In comes a folder, out comes the one identity that lives there: the permanent `base` of its issuer names,
//! an ES256 key (RFC 7518 §6.2, PKCS#8 as RFC 5208) and the pair of client id and secret. The first start
//! writes the file; it appears whole or not at all, readable by its owner only, and when two programs start at
//! once both end up with the same one. `kid` is the key's thumbprint (RFC 7638).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::EncodingKey;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::IssuerError;
use crate::config::auth::Secret;

const FILE: &str = "issuer.json";
const VERSION: u32 = 1;

/// What `issuer.json` holds.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    base: String,
    /// PKCS#8, in Base64.
    key: String,
    kid: String,
    client_id: String,
    client_secret: String,
}

/// The identity as the issuer uses it.
pub(super) struct Identity {
    pub base: String,
    pub kid: String,
    pub signing: EncodingKey,
    pub public: PublicPoint,
    pub client_id: String,
    pub client_secret: Secret,
}

/// The public half of the key, coordinates in base64url.
pub(super) struct PublicPoint {
    x: String,
    y: String,
}

impl PublicPoint {
    /// The key as one member of a JWK set (RFC 7517 §4).
    pub fn jwk(&self, kid: &str) -> Value {
        json!({ "kty": "EC", "use": "sig", "alg": "ES256", "kid": kid, "crv": "P-256", "x": self.x, "y": self.y })
    }

    /// RFC 7638 §3: the digest of the required members in lexical order without spaces.
    fn thumbprint(&self) -> String {
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, self.x, self.y);
        URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, canonical.as_bytes()))
    }
}

impl Identity {
    /// The identity in `folder`; made up with the name `base` when there is none yet.
    pub fn open_or_create(folder: &Path, base: &str) -> Result<Self, IssuerError> {
        let path = folder.join(FILE);
        if let Some(identity) = Self::open(&path)? {
            return Ok(identity);
        }
        fs::create_dir_all(folder).map_err(|cause| IssuerError::File { path: folder.to_owned(), cause })?;
        publish(&path, &invent(base)?).map_err(|cause| IssuerError::File { path: path.clone(), cause })?;
        // Read back: another start may have been first, and then its identity is the one that counts.
        Self::open(&path)?.ok_or(IssuerError::Broken { path, what: "it vanished while it was being made" })
    }

    fn open(path: &Path) -> Result<Option<Self>, IssuerError> {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(IssuerError::File { path: path.to_owned(), cause }),
        };
        warn_if_readable_by_others(path);
        let broken = |what| IssuerError::Broken { path: path.to_owned(), what };
        // The parser's own message could quote the secret, so it goes no further.
        let stored: Stored =
            serde_json::from_slice(&text).map_err(|_| broken("it is not what was written"))?;
        if stored.version != VERSION {
            return Err(broken("it was written by another version"));
        }
        let pkcs8 = STANDARD.decode(&stored.key).map_err(|_| broken("its key is not Base64"))?;
        let public = public_point(&pkcs8).ok_or_else(|| broken("its key is not an ES256 key"))?;
        Ok(Some(Self {
            base: stored.base,
            kid: stored.kid,
            signing: EncodingKey::from_ec_der(&pkcs8),
            public,
            client_id: stored.client_id,
            client_secret: Secret::from(stored.client_secret),
        }))
    }
}

fn invent(base: &str) -> Result<Stored, IssuerError> {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
        .map_err(|_| IssuerError::Randomness)?;
    let point = public_point(document.as_ref()).ok_or(IssuerError::Randomness)?;
    let mut secret = [0; 30];
    random.fill(&mut secret).map_err(|_| IssuerError::Randomness)?;
    Ok(Stored {
        version: VERSION,
        base: base.to_owned(),
        key: STANDARD.encode(document.as_ref()),
        kid: point.thumbprint(),
        client_id: Uuid::new_v4().to_string(),
        client_secret: URL_SAFE_NO_PAD.encode(secret),
    })
}

fn public_point(pkcs8: &[u8]) -> Option<PublicPoint> {
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new()).ok()?;
    // SEC 1 §2.3.3: 0x04, then the two coordinates of 32 bytes.
    let (x, y) = pair.public_key().as_ref().strip_prefix(&[4])?.split_at_checked(32)?;
    Some(PublicPoint { x: URL_SAFE_NO_PAD.encode(x), y: URL_SAFE_NO_PAD.encode(y) })
}

/// Makes the file appear whole under its name, unless one is there already.
fn publish(path: &Path, stored: &Stored) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.tmp", Uuid::new_v4()));
    let published = write_private(&draft, stored).and_then(|()| match fs::hard_link(&draft, path) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Ok(()) => Ok(()),
        // A file system without hard links: the second of two first starts wins, and both read it back.
        Err(_) => fs::rename(&draft, path),
    });
    // After a rename there is nothing left to remove.
    let _ = fs::remove_file(&draft);
    // Where a folder can be synced (not on Windows), so that the name survives a power cut.
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        let _ = folder.sync_all();
    }
    published
}

fn write_private(path: &PathBuf, stored: &Stored) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(&serde_json::to_vec_pretty(stored)?)?;
    file.sync_all()
}

#[cfg(unix)]
fn warn_if_readable_by_others(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0) {
        tracing::warn!(path = %path.display(), "the embedded issuer's key can be read by others; chmod 600 it");
    }
}

#[cfg(not(unix))]
fn warn_if_readable_by_others(_path: &Path) {}
