//! The sources that read a token before its signature is checked, built here as they are: the whole service with its
//! databases and its TLS would take minutes to build for them.

#[path = "../../crates/tailmark/src/http/caller/claims.rs"]
#[expect(dead_code, reason = "nobody compares issuer and audience here")]
pub mod claims;
#[path = "../../crates/tailmark/src/http/caller/refusal.rs"]
#[expect(dead_code, reason = "the rest is said by those who know issuers and keys")]
pub mod refusal;
#[path = "../../crates/tailmark/src/http/caller/token.rs"]
#[expect(dead_code, reason = "no signature is verified here")]
pub mod token;
#[path = "../../crates/tailmark/src/http/caller/who.rs"]
pub mod who;

pub use self::who::{Caller, CallerKind, Tenant};

/// What was read of a token of which nothing has been verified.
#[derive(Debug)]
pub struct Unverified {
    /// The identifier of the key.
    pub kid: String,
    /// Who it says that calls.
    pub caller: Caller,
}

/// Reads what a request says, up to the signature.
pub fn read(headers: &axum::http::HeaderMap, now: i64) -> Result<Unverified, refusal::TokenRefusal> {
    use crate::jwt::Algorithm::{Es256, Rs256};

    let token = token::Token::of(headers)?;
    token.digest();
    let parts = token.parts()?;
    let header = parts.header(&[Rs256, Es256])?;
    assert!(matches!(header.algorithm, Rs256 | Es256));
    let claims = claims::Claims::read(parts.payload)?;
    claims.validity.check(now)?;
    Ok(Unverified { kid: header.kid, caller: claims.into_caller() })
}
