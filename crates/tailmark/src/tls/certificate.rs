//! The certificate that a handshake is answered with: our CA's, renewed before it ends, or that of two files.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use time::{Duration, OffsetDateTime};

use super::{Authority, TlsError, provider};
use crate::clock;

/// A certificate is renewed when it has less than this left; at that time its successor has four months more.
const RENEWAL: Duration = Duration::days(130);

/// The certificate of our own CA.
pub(super) struct Renewed {
    authority: Arc<Authority>,
    current: RwLock<Current>,
}

struct Current {
    certified: Arc<CertifiedKey>,
    renew_at: OffsetDateTime,
}

impl Renewed {
    /// Issues the first one; `now` is Unix time in seconds.
    pub fn new(authority: Arc<Authority>, now: i64) -> Result<Self, TlsError> {
        let current = RwLock::new(issue(&authority, instant(now))?);
        Ok(Self { authority, current })
    }

    /// The certificate at this time.
    fn at(&self, now: OffsetDateTime) -> Arc<CertifiedKey> {
        {
            let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
            if now < current.renew_at {
                return Arc::clone(&current.certified);
            }
        }
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        // Another handshake may have been first.
        if now >= current.renew_at {
            match issue(&self.authority, now) {
                Ok(next) => *current = next,
                Err(error) => tracing::error!(%error, "the TLS certificate cannot be renewed"),
            }
        }
        Arc::clone(&current.certified)
    }
}

fn issue(authority: &Authority, now: OffsetDateTime) -> Result<Current, TlsError> {
    let issued = authority.issue(now)?;
    // Near the CA's own end nothing is gained by renewing at every handshake.
    let renew_at = (issued.not_after - RENEWAL).max(now + Duration::days(1));
    Ok(Current { certified: Arc::new(issued.certified), renew_at })
}

fn instant(unix: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(unix).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

impl fmt::Debug for Renewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renewed(redacted)")
    }
}

impl ResolvesServerCert for Renewed {
    /// The same one whatever name the client asks for: it is for all of them, and the client judges.
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.at(instant(clock::unix_seconds())))
    }
}

/// The certificate and the key that two files hold.
///
/// # Errors
/// What is wrong, with the setting and the file.
pub(super) fn of_files(certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let unusable =
        |setting, path: &Path, what: String| TlsError::Unusable { setting, path: path.to_owned(), what };
    for (setting, path) in [("tls.cert", certificate), ("tls.key", key)] {
        if path.as_os_str().is_empty() {
            return Err(TlsError::Missing(setting));
        }
    }
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|error| unusable("tls.cert", certificate, said(&error)))?;
    if chain.is_empty() {
        return Err(unusable("tls.cert", certificate, "there is no certificate in PEM in it".to_owned()));
    }
    let secret = PrivateKeyDer::from_pem_file(key);
    let secret = secret.map_err(|error| unusable("tls.key", key, said(&error)))?;
    CertifiedKey::from_der(chain, secret, &provider()).map_err(|error| match error {
        rustls::Error::InvalidCertificate(error) => unusable("tls.cert", certificate, format!("{error:?}")),
        rustls::Error::InconsistentKeys(_) => unusable(
            "tls.key",
            key,
            format!("it is not the key of the certificate in {}", certificate.display()),
        ),
        error => unusable("tls.key", key, error.to_string()),
    })
}

/// What the reader of PEM says, without the bytes that it quotes.
fn said(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "there is nothing of that kind in PEM in it".to_owned(),
        pem::Error::MissingSectionEnd { .. } => "a PEM section in it has no end".to_owned(),
        pem::Error::IllegalSectionStart { .. } => "a PEM section in it has no proper beginning".to_owned(),
        _ => "its PEM is malformed".to_owned(),
    }
}

#[cfg(test)]
mod tests;
