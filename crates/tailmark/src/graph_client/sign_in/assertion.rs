//! A client's assertion: a short-lived JWT, signed with the key of a certificate that is registered with the
//! application.
//!
//! <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PSS_SHA256, RsaKeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use time::OffsetDateTime;

use super::{Error, kept};

/// Seconds for which an assertion is good.
const LIFETIME: i64 = 600;

enum Key {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

/// A certificate with its private key.
pub(super) struct Certificate {
    key: Key,
    /// SHA-256 of the certificate, in base64url.
    thumbprint: String,
}

impl Certificate {
    /// Reads a PEM file with both, in any order; the first certificate counts.
    pub fn read(path: &Path) -> Result<Certificate, Error> {
        let wrong = |why: &str| Error::File { path: path.to_owned(), why: why.to_owned() };
        let pem = kept::read(path)?;
        if is_pfx(&pem) {
            return Err(wrong(&format!("it is a PFX file, and only PEM is read; {}", conversion(path))));
        }
        let certificate = CertificateDer::pem_slice_iter(&pem).next().and_then(Result::ok);
        let certificate = certificate.ok_or_else(|| wrong("there is no certificate in PEM in it"))?;
        let key = PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|_| wrong("there is no private key in PEM in it, or it needs a password"))?;
        let key = match &key {
            PrivateKeyDer::Pkcs8(der) => {
                let (der, random) = (der.secret_pkcs8_der(), SystemRandom::new());
                RsaKeyPair::from_pkcs8(der).map(Key::Rsa).or_else(|_| {
                    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &random).map(Key::Ec)
                })
            }
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).map(Key::Rsa),
            _ => return Err(wrong("its private key is neither PKCS#8 nor PKCS#1")),
        };
        let key =
            key.map_err(|_| wrong("its private key is neither RSA of 2048 bits or more nor EC on P-256"))?;
        Ok(Certificate { key, thumbprint: BASE64.encode(digest(&SHA256, &certificate)) })
    }

    /// An assertion for this endpoint.
    pub fn assertion(&self, client_id: &str, endpoint: &str) -> Result<String, Error> {
        let algorithm = match self.key {
            Key::Rsa(_) => "PS256",
            Key::Ec(_) => "ES256",
        };
        let header = json!({ "alg": algorithm, "typ": "JWT", "x5t#S256": self.thumbprint });
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let claims = json!({
            "aud": endpoint, "iss": client_id, "sub": client_id, "jti": uuid::Uuid::new_v4(),
            "nbf": now, "iat": now, "exp": now + LIFETIME,
        });
        let encoded = |json: serde_json::Value| BASE64.encode(json.to_string());
        let message = format!("{}.{}", encoded(header), encoded(claims));
        let failed = |_| Error::Variables("the certificate's key cannot sign".to_owned());
        let random = SystemRandom::new();
        let signature = match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PSS_SHA256, &random, message.as_bytes(), &mut signature).map_err(failed)?;
                signature
            }
            Key::Ec(key) => key.sign(&random, message.as_bytes()).map_err(failed)?.as_ref().to_vec(),
        };
        Ok(format!("{message}.{}", BASE64.encode(signature)))
    }
}

/// Whether a file begins as PKCS#12 does: a sequence whose first member is the version 3. RFC 7292 §4.
fn is_pfx(bytes: &[u8]) -> bool {
    // They come after a length of one byte to four.
    let members = match bytes {
        [0x30, 0x81, _, members @ ..] => members,
        [0x30, 0x82, _, _, members @ ..] => members,
        [0x30, 0x83, _, _, _, members @ ..] => members,
        [0x30, _, members @ ..] => members,
        _ => &[],
    };
    members.starts_with(&[2, 1, 3])
}

/// How one makes a file that is read of one that is not.
pub(super) fn conversion(path: &Path) -> String {
    let (from, to) = (path.display(), path.with_extension("pem"));
    format!(
        "make one by: openssl pkcs12 -in {from} -nodes -out {} \
         (with -legacy, where OpenSSL 3 says that RC2-40-CBC is unsupported)",
        to.display()
    )
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    fn read(folder: &tempfile::TempDir, bytes: &[u8]) -> Result<Certificate, String> {
        let path = folder.path().join("service.pfx");
        std::fs::write(&path, bytes).unwrap();
        Certificate::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn what_openssl_makes_of_a_pfx_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["x".to_owned()]).unwrap();
        let pem = |kind: &str, der: &[u8]| {
            format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", BASE64_STANDARD.encode(der))
        };
        let certificate = pem("CERTIFICATE", made.cert.der());
        let key = pem("PRIVATE KEY", &made.signing_key.serialize_der());
        // As `openssl pkcs12 -nodes` writes it: with attributes around both.
        let about = "Bag Attributes\n    localKeyID: 21 18 E4 69 FD B5\n";
        let text = format!(
            "{about}subject=CN = x\nissuer=CN = x\n{certificate}{about}Key Attributes: <No Attributes>\n{key}"
        );
        let read_back = read(&folder, text.as_bytes()).ok().unwrap();
        assert_eq!(read_back.thumbprint, BASE64.encode(digest(&SHA256, made.cert.der())));
        assert!(
            read(&folder, key.as_bytes()).err().unwrap().ends_with("there is no certificate in PEM in it")
        );
    }

    #[test]
    fn a_pfx_file_is_named_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        // The first bytes of files by `openssl pkcs12 -export`, by Windows, and of a short one.
        for start in
            [&[0x30, 0x82, 0x09, 0xcf, 2, 1, 3, 0x30][..], &[0x30, 0x80, 2, 1, 3], &[0x30, 0x81, 99, 2, 1, 3]]
        {
            let error = read(&folder, start).err().unwrap();
            let pem = folder.path().join("service.pem");
            assert!(error.contains("service.pfx: it is a PFX file, and only PEM is read"), "{error}");
            assert!(error.contains(&format!("service.pfx -nodes -out {}", pem.display())), "{error}");
        }
        // A certificate alone begins with a sequence, too.
        let made = rcgen::generate_simple_self_signed(vec!["x".to_owned()]).unwrap();
        assert!(!is_pfx(made.cert.der()) && !is_pfx(b"") && !is_pfx(b"0"));
    }
}
