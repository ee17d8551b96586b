//! One key of a JWK set: what it is and what it may be used for.
//!
//! RFC 7517 §4 and RFC 7518 §6. A key is taken when it can verify one of our algorithms; everything else in the
//! set (encryption keys, other curves, symmetric keys, keys without `kid`) is passed over. The algorithms of a
//! key come from its `kty` and `alg`, so that a token cannot choose how a key is used (RFC 8725 §3.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::Value;
use uuid::Uuid;

use crate::jwt::Algorithm;

/// A public key that verifies tokens.
pub struct Key {
    pub(super) kid: String,
    /// What the key may verify.
    algorithms: Vec<Algorithm>,
    /// For whose tokens, where the set says so: Entra names the issuer at each key of a set of many tenants.
    issuer: Option<String>,
    public: DecodingKey,
    /// Of the whole JWK, to tell one set from the next.
    digest: Vec<u8>,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Key {
    /// Whether the key may verify this algorithm.
    pub fn verifies(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// Whether the key may vouch for this issuer and tenant.
    pub fn vouches_for(&self, iss: &str, tenant: Uuid) -> bool {
        self.issuer.as_ref().is_none_or(|name| name.replace("{tenantid}", &tenant.to_string()) == iss)
    }

    /// The key as the verifier takes it.
    pub fn public(&self) -> &DecodingKey {
        &self.public
    }
}

/// The key in a member of `keys`, when it is one for us.
pub(super) fn read(jwk: &Value) -> Option<Key> {
    let text = |name| jwk.get(name).and_then(Value::as_str);
    let kid = text("kid").filter(|kid| !kid.is_empty())?;
    let purpose = jwk.get("use").is_none_or(|purpose| purpose == "sig");
    let operations = jwk.get("key_ops").is_none_or(|operations| {
        operations
            .as_array()
            .is_some_and(|operations| operations.iter().any(|operation| operation == "verify"))
    });
    if !purpose || !operations {
        return None;
    }
    let (public, mut algorithms) = match text("kty")? {
        "RSA" => (rsa(text("n")?, text("e")?)?, vec![Algorithm::Rs256, Algorithm::Ps256]),
        "EC" if text("crv")? == "P-256" => (p256(text("x")?, text("y")?)?, vec![Algorithm::Es256]),
        _ => return None,
    };
    if let Some(named) = jwk.get("alg") {
        let named = Algorithm::named(named.as_str()?)?;
        algorithms.retain(|algorithm| *algorithm == named);
    }
    if algorithms.is_empty() {
        return None;
    }
    let digest = ring::digest::digest(&ring::digest::SHA256, jwk.to_string().as_bytes()).as_ref().to_vec();
    Some(Key { kid: kid.to_owned(), algorithms, issuer: text("issuer").map(str::to_owned), public, digest })
}

/// 2048 to 8192 bits: less is refused by RFC 7518 §3.3, more costs too much to verify.
fn rsa(modulus: &str, exponent: &str) -> Option<DecodingKey> {
    let modulus = integer(modulus)?;
    let exponent = integer(exponent)?;
    if !(256..=1024).contains(&modulus.len()) || exponent.is_empty() {
        return None;
    }
    Some(DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

/// RFC 7518 §6.2.1.2: each coordinate has its full length. That the point is on the curve is seen at its use.
fn p256(x: &str, y: &str) -> Option<DecodingKey> {
    let coordinates = [URL_SAFE_NO_PAD.decode(x).ok()?, URL_SAFE_NO_PAD.decode(y).ok()?];
    if coordinates.iter().any(|coordinate| coordinate.len() != 32) {
        return None;
    }
    // SEC 1 §2.3.3: 0x04 marks an uncompressed point.
    let point = [&[4_u8][..], coordinates.concat().as_slice()].concat();
    Some(DecodingKey::from_ec_der(&point))
}

/// A Base64urlUInt without the leading zeros that some issuers write in spite of RFC 7518 §2.
fn integer(text: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}
