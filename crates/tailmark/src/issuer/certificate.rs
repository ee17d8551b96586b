//! A certificate by which an application shows who it is.
//!
//! In comes PEM (RFC 7468), out come the thumbprints by which a client assertion names the certificate (RFC 7515
//! §4.1.7 and §4.1.8), its public key and the time in which it is valid (RFC 5280 §4.1.2.5). Nobody has to have
//! issued it: it is believed because it is registered, as in Entra.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use x509_cert::Certificate as X509Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::{ObjectIdentifier, UintRef};
use x509_cert::der::oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1};
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::Time;

use crate::jwt::Algorithm;

/// A certificate as it is registered.
#[derive(Clone)]
pub struct Certificate {
    /// `x5t`, base64url without padding.
    pub sha1: String,
    /// `x5t#S256`, the same.
    pub sha256: String,
    /// The public key.
    pub key: DecodingKey,
    /// What the key may verify.
    pub algorithms: &'static [Algorithm],
    /// Unix times, seconds: not before, not after.
    pub validity: (i64, i64),
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Certificate").field(&self.sha256).finish()
    }
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file cannot be read.
    #[error("{0} cannot be read: {1}")]
    File(String, std::io::Error),
    /// There is no certificate in it.
    #[error("there is no certificate in PEM, `-----BEGIN CERTIFICATE-----`")]
    NoPem,
    /// It is not X.509.
    #[error("the certificate is not X.509")]
    NotX509,
    /// Its key is of another kind.
    #[error("the certificate's key is neither RSA of 2048 to 8192 bits nor EC on P-256")]
    Key,
}

impl Certificate {
    /// The first certificate in a text that is PEM, or else the path of a PEM file, seen from `folder` if there is one.
    ///
    /// # Errors
    /// What cannot be read or used.
    pub fn read(pem_or_path: &str, folder: Option<&Path>) -> Result<Self, CertificateError> {
        if pem_or_path.contains("-----BEGIN") {
            return Self::from_pem(pem_or_path.as_bytes());
        }
        let folder = folder.ok_or(CertificateError::NoPem)?;
        let pem = std::fs::read(folder.join(pem_or_path))
            .map_err(|cause| CertificateError::File(pem_or_path.to_owned(), cause))?;
        Self::from_pem(&pem)
    }

    fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|_| CertificateError::NoPem)?;
        let certificate =
            X509Certificate::from_der(&der).map_err(|_| CertificateError::NotX509)?.tbs_certificate;
        let (key, algorithms) = key(&certificate.subject_public_key_info).ok_or(CertificateError::Key)?;
        let validity = certificate.validity;
        Ok(Self {
            sha1: URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &der)),
            sha256: URL_SAFE_NO_PAD.encode(digest(&SHA256, &der)),
            key,
            algorithms,
            validity: (seconds(validity.not_before), seconds(validity.not_after)),
        })
    }
}

fn seconds(time: Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
}

fn key(info: &SubjectPublicKeyInfoOwned) -> Option<(DecodingKey, &'static [Algorithm])> {
    let bytes = info.subject_public_key.as_bytes()?;
    match info.algorithm.oid {
        RSA_ENCRYPTION => {
            // RFC 8017 appendix A.1.1: modulus, exponent.
            let [modulus, exponent] = <[UintRef<'_>; 2]>::from_der(bytes).ok()?;
            let key = (256..=1024)
                .contains(&modulus.as_bytes().len())
                .then(|| DecodingKey::from_rsa_raw_components(modulus.as_bytes(), exponent.as_bytes()))?;
            Some((key, &[Algorithm::Rs256, Algorithm::Ps256]))
        }
        ID_EC_PUBLIC_KEY => {
            let curve = info.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok()?;
            // RFC 5480 §2.2: a point, not compressed.
            (curve == SECP_256_R_1 && bytes.len() == 65)
                .then(|| (DecodingKey::from_ec_der(bytes), &[Algorithm::Es256][..]))
        }
        _ => None,
    }
}
