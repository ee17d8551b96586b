//! The token as it is sent: one header, three parts.
//!
//! In come a request's headers, out comes the text of a bearer token (RFC 6750 §2.1), its parts (RFC 7515 §7.1)
//! and what its header says about algorithm and key (§4.1). Everything in the header that could point to a key
//! (`jwk`, `jku`, `x5u`, `x5c`) is passed over unread; what asks for a meaning that is not implemented (`crit`,
//! `b64`) is refused, as §4.1.11 and RFC 7797 §6 demand.

use std::fmt;

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::refusal::{Part, TokenRefusal};
use crate::jwt::Algorithm;

/// The longest Authorization header that is looked at.
const MAX_HEADER: usize = 16 * 1024;

/// The text of a token. It prints as nothing: whoever has it can be its bearer.
pub(super) struct Token<'a>(&'a str);

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

impl<'a> Token<'a> {
    /// The bearer token of a request: from exactly one Authorization header and from nowhere else.
    pub fn of(headers: &'a HeaderMap) -> Result<Self, TokenRefusal> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next().ok_or(TokenRefusal::NoToken)?;
        if values.next().is_some() {
            return Err(TokenRefusal::SeveralHeaders);
        }
        if value.len() > MAX_HEADER {
            return Err(TokenRefusal::TooLong);
        }
        let value = value.to_str().map_err(|_| TokenRefusal::Malformed(Part::Token))?;
        let value = value.trim_matches([' ', '\t']);
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        if scheme.is_empty() {
            return Err(TokenRefusal::NoToken);
        }
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(TokenRefusal::OtherScheme);
        }
        match token.trim_start_matches(' ') {
            "" => Err(TokenRefusal::NoToken),
            token => Ok(Self(token)),
        }
    }

    /// By which a token is recognised that was verified before.
    pub fn digest(&self) -> [u8; 32] {
        let digest = ring::digest::digest(&ring::digest::SHA256, self.0.as_bytes());
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(digest.as_ref()).for_each(|(byte, digest)| *byte = *digest);
        bytes
    }

    /// The three parts of the compact serialization.
    pub fn parts(&self) -> Result<Parts<'a>, TokenRefusal> {
        let (message, signature) = self.0.rsplit_once('.').ok_or(TokenRefusal::NoDots)?;
        let (header, payload) = message.split_once('.').ok_or(TokenRefusal::OneDot)?;
        if payload.contains('.') {
            return Err(TokenRefusal::Malformed(Part::Token));
        }
        Ok(Parts { message, header, payload, signature })
    }
}

/// The parts of a token, still encoded.
pub(super) struct Parts<'a> {
    message: &'a str,
    header: &'a str,
    pub payload: &'a str,
    signature: &'a str,
}

/// What the header of a token says.
pub(super) struct Header {
    pub algorithm: Algorithm,
    pub kid: String,
}

impl Parts<'_> {
    /// Reads the header and refuses what may not be in it.
    pub fn header(&self, allowed: &[Algorithm]) -> Result<Header, TokenRefusal> {
        let members = object(self.header, Part::Header)?;
        if members.contains_key("crit") || members.contains_key("b64") {
            return Err(TokenRefusal::CriticalHeader);
        }
        let ours = |typ: &str| ["JWT", "at+jwt"].iter().any(|ours| ours.eq_ignore_ascii_case(typ));
        if !members.get("typ").is_none_or(|typ| typ.as_str().is_some_and(ours)) {
            return Err(TokenRefusal::WrongType);
        }
        let algorithm = members.get("alg").and_then(Value::as_str).and_then(Algorithm::named);
        let algorithm = algorithm.filter(|algorithm| allowed.contains(algorithm));
        let algorithm = algorithm.ok_or(TokenRefusal::UnsupportedAlgorithm)?;
        // Differs: RFC 7515 leaves `kid` out at will; here no key is tried that the token does not name.
        let kid = members.get("kid").and_then(Value::as_str).filter(|kid| !kid.is_empty());
        Ok(Header { algorithm, kid: kid.ok_or(TokenRefusal::NoKeyId)?.to_owned() })
    }

    /// Checks the signature over the parts as they were sent (RFC 7515 §5.2).
    pub fn verify(&self, key: &DecodingKey, algorithm: Algorithm) -> Result<(), TokenRefusal> {
        match jsonwebtoken::crypto::verify(self.signature, self.message.as_bytes(), key, algorithm.into()) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(TokenRefusal::BadSignature),
        }
    }
}

/// The JSON object in a part. Members with one name twice are refused (RFC 7515 §4, RFC 7519 §4): two readers
/// could take different ones.
pub(super) fn object(encoded: &str, part: Part) -> Result<Map<String, Value>, TokenRefusal> {
    let json = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| TokenRefusal::Malformed(part))?;
    let members: Members = serde_json::from_slice(&json).map_err(|_| TokenRefusal::Malformed(part))?;
    if members.duplicate { Err(TokenRefusal::DuplicateMember(part)) } else { Ok(members.map) }
}

struct Members {
    map: Map<String, Value>,
    duplicate: bool,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Members, A::Error> {
        let mut members = Members { map: Map::new(), duplicate: false };
        while let Some((name, value)) = entries.next_entry()? {
            members.duplicate |= members.map.insert(name, value).is_some();
        }
        Ok(members)
    }
}
