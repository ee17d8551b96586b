//! The service's own CA: made at the first start, kept in `ca.json`, and the certificate that it issues.
//!
//! RFC 5280 §4.2.1: a CA with path length 0 that may vouch for nothing but the names it was made for (name
//! constraints), so that whoever trusts it trusts it with these names alone. The key never leaves the data folder;
//! `ca.pem` beside it is the certificate, for clients. The keys of issued certificates are in memory only.

use std::fs;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PKCS_ECDSA_P256_SHA256,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{TlsError, provider};

const FILE: &str = "ca.json";
const VERSION: u32 = 1;
/// How long the CA lives.
const CA_LIFE: Duration = Duration::days(3650);
/// A CA with less than this left is replaced at the next start.
const CA_REST: Duration = Duration::days(30);
/// How long an issued certificate lives, in all: what clients take at most is 398 days.
const LIFE: Duration = Duration::days(397);
/// Certificates begin a little before now: clients' clocks go wrong.
const GRACE: Duration = Duration::days(1);

/// What `ca.json` holds.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    /// DNS names and IP addresses that it may vouch for.
    names: Vec<String>,
    /// Unix time, seconds.
    not_after: i64,
    /// DER, in Base64.
    certificate: String,
    /// PKCS#8, in Base64.
    key: String,
}

/// The service's own CA.
pub struct Authority {
    file: PathBuf,
    names: Vec<String>,
    not_after: OffsetDateTime,
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

/// An issued certificate with its key.
pub(super) struct Issued {
    pub certified: CertifiedKey,
    pub not_after: OffsetDateTime,
}

impl Authority {
    /// The CA whose state is in `folder`; made when there is none yet, or the one there has come to its end.
    /// `names` is what it must be able to vouch for, `now` Unix time in seconds.
    ///
    /// # Errors
    /// The state cannot be read or written, makes no sense, or is of a CA for other names.
    pub fn open_or_create(folder: &Path, names: &[String], now: i64) -> Result<Self, TlsError> {
        let file = folder.join(FILE);
        let now = instant(now);
        let mut authority = Self::open(&file)?;
        if let Some(old) = &authority
            && old.not_after - now < CA_REST
        {
            tracing::warn!("the CA has come to its end; clients must be told to trust the new one");
            fs::remove_file(&file).map_err(|cause| TlsError::file(&file, cause))?;
            authority = None;
        }
        let authority = match authority {
            Some(authority) => authority,
            None => {
                publish(&file, &invent(names, now)?).map_err(|cause| TlsError::file(&file, cause))?;
                // Read back: another start may have been first, and then its CA is the one that counts.
                let vanished = || TlsError::broken(&file, "it vanished while it was being made");
                Self::open(&file)?.ok_or_else(vanished)?
            }
        };
        if let Some(name) = names.iter().find(|name| !authority.names.contains(name)) {
            return Err(TlsError::OtherNames { path: file, name: name.clone() });
        }
        authority.export()?;
        Ok(authority)
    }

    fn open(file: &Path) -> Result<Option<Self>, TlsError> {
        let text = match fs::read(file) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(TlsError::file(file, cause)),
        };
        let broken = |what| TlsError::broken(file, what);
        // The parser's own message could quote the key, so it goes no further.
        let stored: Stored =
            serde_json::from_slice(&text).map_err(|_| broken("it is not what was written"))?;
        if stored.version != VERSION {
            return Err(broken("it was written by another version"));
        }
        let bytes = |text: &str| STANDARD.decode(text).map_err(|_| broken("it is not Base64 inside"));
        let certificate = CertificateDer::from(bytes(&stored.certificate)?);
        let key = PrivatePkcs8KeyDer::from(bytes(&stored.key)?);
        CertifiedKey::from_der(vec![certificate.clone()], key.clone_key().into(), &provider())
            .map_err(|_| broken("its key is not that of its certificate"))?;
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256)
            .map_err(|_| broken("its key is not an ECDSA key"))?;
        Ok(Some(Self {
            file: file.to_owned(),
            names: stored.names,
            not_after: instant(stored.not_after),
            certificate,
            key,
        }))
    }

    /// The certificate, for clients: DER.
    #[must_use]
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The certificate, for clients: PEM (RFC 7468 §5).
    #[must_use]
    pub fn pem(&self) -> String {
        let text = STANDARD.encode(&self.certificate);
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// The file with the certificate, for clients.
    #[must_use]
    pub fn pem_file(&self) -> PathBuf {
        self.file.with_extension("pem")
    }

    fn export(&self) -> Result<(), TlsError> {
        let (file, pem) = (self.pem_file(), self.pem());
        if fs::read(&file).is_ok_and(|there| there == pem.as_bytes()) {
            return Ok(());
        }
        fs::write(&file, pem).map_err(|cause| TlsError::file(&file, cause))
    }

    /// A new certificate for all its names, from a new key.
    pub(super) fn issue(&self, now: OffsetDateTime) -> Result<Issued, TlsError> {
        let not_before = now - GRACE;
        let not_after = (not_before + LIFE).min(self.not_after);
        let mut params = CertificateParams::new(self.names.clone())?;
        params.distinguished_name = called("Tailmark");
        (params.not_before, params.not_after) = (not_before, not_after);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let mut issuer = CertificateParams::default();
        issuer.distinguished_name = ca_name(&self.key);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.signed_by(&key, &Issuer::from_params(&issuer, &self.key))?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let certified = CertifiedKey::from_der(vec![certificate.into()], key, &provider())?;
        Ok(Issued { certified, not_after })
    }
}

fn invent(names: &[String], now: OffsetDateTime) -> Result<Stored, TlsError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let not_after = now + CA_LIFE;
    let mut params = CertificateParams::default();
    params.distinguished_name = ca_name(&key);
    (params.not_before, params.not_after) = (now - GRACE, not_after);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: names.iter().map(|name| subtree(name)).collect(),
        excluded_subtrees: vec![],
    });
    Ok(Stored {
        version: VERSION,
        names: names.to_vec(),
        not_after: not_after.unix_timestamp(),
        certificate: STANDARD.encode(params.self_signed(&key)?.der()),
        key: STANDARD.encode(key.serialize_der()),
    })
}

/// One name, and those below it.
fn subtree(name: &str) -> GeneralSubtree {
    match name.parse() {
        Ok(address @ IpAddr::V4(_)) => GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, 32)),
        Ok(address @ IpAddr::V6(_)) => GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, 128)),
        Err(_) => GeneralSubtree::DnsName(name.to_owned()),
    }
}

/// Every CA has a name of its own: clients look for the one that signed by its name.
fn ca_name(key: &KeyPair) -> DistinguishedName {
    let digest = ring::digest::digest(&ring::digest::SHA256, key.public_key_raw());
    let mark: String = digest.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    called(&format!("Tailmark CA {mark}"))
}

fn called(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// Makes the file appear whole under its name and for its owner alone, unless one is there already.
fn publish(file: &Path, stored: &Stored) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(&serde_json::to_vec_pretty(stored)?)?;
    draft.as_file().sync_all()?;
    match draft.persist_noclobber(file) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(error.error),
        _ => {}
    }
    // Where a folder can be synced (not on Windows), so that the name survives a power cut.
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// A time that certificates can hold; what is out of range is the nearest end of it.
fn instant(unix: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(unix.clamp(0, 253_370_764_800)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
