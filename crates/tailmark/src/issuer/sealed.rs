//! Texts that only this issuer can write and read: refresh tokens and authorization codes.
//!
//! What a token stands for is inside it, encrypted and authenticated (AES-256-GCM, NIST SP 800-38D), so nothing has
//! to be kept for it. The key of refresh tokens follows from the issuer's own and survives a restart; that of
//! codes is made at each start.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::IssuerError;

/// Seals and opens.
pub(super) struct Seal {
    key: LessSafeKey,
    random: SystemRandom,
}

impl Seal {
    /// A seal whose key follows from a secret and what it is for.
    pub fn from_secret(secret: &[u8], purpose: &str) -> Result<Self, IssuerError> {
        let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), purpose.as_bytes());
        Self::new(key.as_ref())
    }

    /// A seal that nobody can open after this process.
    pub fn random() -> Result<Self, IssuerError> {
        let mut key = [0; 32];
        SystemRandom::new().fill(&mut key).map_err(|_| IssuerError::Randomness)?;
        Self::new(&key)
    }

    fn new(key: &[u8]) -> Result<Self, IssuerError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| IssuerError::Randomness)?;
        Ok(Self { key: LessSafeKey::new(key), random: SystemRandom::new() })
    }

    /// A text that stands for a value.
    pub fn seal<T: Serialize>(&self, value: &T) -> Result<String, IssuerError> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| IssuerError::Randomness)?;
        let mut sealed = serde_json::to_vec(value).map_err(|_| IssuerError::Randomness)?;
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
            .map_err(|_| IssuerError::Randomness)?;
        Ok(format!("1.{}", URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())))
    }

    /// The value that a text stands for, where it is one of ours.
    pub fn open<T: DeserializeOwned>(&self, text: &str) -> Option<T> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix("1.")?).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let opened = self.key.open_in_place(nonce, Aad::empty(), &mut sealed).ok()?;
        serde_json::from_slice(opened).ok()
    }
}
