//! Tokens of every sort, made by hand: the text of header and claims is given, whatever it is.

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding,
    RsaKeyPair,
};
use serde_json::{Value, json};

pub const NOW: i64 = 1_800_000_000;
pub const TENANT: &str = "5e4c1f66-0d0a-4c39-9a4a-6f1f5e4c1f66";
pub const OTHER_TENANT: &str = "7b1d2c33-1111-4222-8333-944455566677";
pub const GRAPH: &str = "https://graph.microsoft.com";

/// A pair of keys.
pub enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl Pair {
    pub fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::from_pkcs8(&der(include_str!("rsa.pem"))).unwrap())
    }

    /// The EC key of `ec.crt.pem`.
    pub fn certified_ec() -> Self {
        let pkcs8 = der(include_str!("ec.pem"));
        let random = SystemRandom::new();
        Self::Ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random).unwrap())
    }

    pub fn ec() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self::Ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap())
    }

    /// The public key in a JWK set, without `alg`.
    pub fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Rsa(pair) => {
                let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "kty": "RSA", "use": "sig", "kid": kid, "n": encode(public.n), "e": encode(public.e) })
            }
            Self::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "use": "sig", "kid": kid, "crv": "P-256", "x": encode(x), "y": encode(y) })
            }
        }
    }

    /// A signature as the pair's own algorithm makes it.
    pub fn sign(&self, message: &str) -> Vec<u8> {
        match self {
            Self::Rsa(_) => self.sign_rsa(&RSA_PKCS1_SHA256, message),
            Self::Ec(pair) => pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec(),
        }
    }

    pub fn sign_pss(&self, message: &str) -> Vec<u8> {
        self.sign_rsa(&RSA_PSS_SHA256, message)
    }

    fn sign_rsa(&self, scheme: &'static dyn RsaEncoding, message: &str) -> Vec<u8> {
        let Self::Rsa(pair) = self else { panic!("not an RSA key") };
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(scheme, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        signature
    }

    /// The public key as the bytes that an attacker would use as an HMAC secret.
    pub fn public_bytes(&self) -> Vec<u8> {
        match self {
            Self::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Self::Ec(pair) => pair.public_key().as_ref().to_vec(),
        }
    }
}

/// What is inside a PEM text.
pub fn der(pem: &str) -> Vec<u8> {
    let text: String = pem.lines().skip_while(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(text.split("-----").nth(2).unwrap()).unwrap()
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The claims of a good delegated token.
pub fn claims(base: &str) -> Value {
    json!({
        "aud": GRAPH,
        "iss": format!("{base}/{TENANT}/v2.0"),
        "tid": TENANT,
        "oid": "11111111-2222-4333-8444-555555555555",
        "sub": "pairwise",
        "azp": "22222222-3333-4444-8555-666666666666",
        "preferred_username": "ada@contoso.example",
        "scp": "openid DeviceManagementServiceConfig.ReadWrite.All",
        "iat": NOW - 10,
        "nbf": NOW - 10,
        "exp": NOW + 3600,
    })
}

/// With members replaced, and those that are null removed.
pub fn with(base: &Value, changes: &Value) -> Value {
    let mut changed = base.clone();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            changed.as_object_mut().unwrap().remove(name);
        } else {
            changed[name] = value.clone();
        }
    }
    changed
}

/// Header and claims as given, signed as the pair's own algorithm does.
pub fn token(pair: &Pair, header: &str, claims: &str) -> String {
    signed(header, claims, |message| pair.sign(message))
}

pub fn signed(header: &str, claims: &str, sign: impl FnOnce(&str) -> Vec<u8>) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = encode(sign(&message));
    format!("{message}.{signature}")
}

pub fn hmac_sha256(secret: &[u8], message: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes()).as_ref().to_vec()
}

/// A request with this token.
pub fn bearer(token: &str) -> HeaderMap {
    authorization(&[&format!("Bearer {token}")])
}

/// A request with these Authorization headers.
pub fn authorization(values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append("authorization", HeaderValue::from_str(value).unwrap());
    }
    headers
}
