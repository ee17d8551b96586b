//! Why a token is refused: what the client is told, and what the log says.
//!
//! All but one are 401 `InvalidAuthenticationToken` with the texts that Graph has been seen to send; the exception
//! is an issuer whose keys cannot be had, which is not the client's fault. The log's reason is finer than the
//! client's message and stable, so that it can be counted. Neither holds any part of the token.

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub enum TokenRefusal {
    /// No Authorization header, an empty one, or `Bearer` with nothing after it.
    NoToken,
    /// More than one Authorization header.
    SeveralHeaders,
    /// Another scheme than Bearer.
    OtherScheme,
    /// More than 16 KB.
    TooLong,
    /// No dot: an opaque token, or no token at all.
    NoDots,
    /// One dot only.
    OneDot,
    /// More than three parts, or one that is not base64url of a JSON object.
    Malformed(Part),
    /// A member is there twice.
    DuplicateMember(Part),
    /// `crit` or `b64`.
    CriticalHeader,
    /// `typ` is neither `JWT` nor `at+jwt`.
    WrongType,
    /// `alg` is missing or not among those configured.
    UnsupportedAlgorithm,
    /// No `kid`.
    NoKeyId,
    /// A claim that must be there is not.
    MissingClaim(&'static str),
    /// A claim is not of its type.
    InvalidClaim(&'static str),
    /// No issuer that is believed has this name.
    UnknownIssuer,
    /// The issuer has no key of that id.
    UnknownKey,
    /// The issuer's keys have never been fetched, so nothing can be said. A 503 rather than a 401.
    KeysUnavailable,
    /// The key is not for that algorithm, or not for that issuer.
    KeyMismatch,
    /// The signature is not over these parts, or not by that key.
    BadSignature,
    /// `exp` has passed.
    Expired,
    /// `nbf` has not come.
    NotYetValid,
    /// `iat` has not come.
    IssuedInFuture,
    /// `aud` is not this service.
    WrongAudience,
    /// The tenant is not the issuer's, or not allowed.
    WrongTenant,
}

/// A part of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The token as a whole.
    Token,
    /// The first part.
    Header,
    /// The second part.
    Claims,
}

/// The end of the texts about a token that is no JWT.
macro_rules! not_a_jwt {
    ($beginning:literal) => {
        concat!(
            $beginning,
            " The token needs to be in JWS or JWE Compact Serialization Format. (JWS): \
             'EncodedHeader.EncodedPayload.EncodedSignature'. (JWE): 'EncodedProtectedHeader.EncodedEncryptedKey.\
             EncodedInitializationVector.EncodedCiphertext.EncodedAuthenticationTag'."
        )
    };
}

impl TokenRefusal {
    /// What the client is told.
    pub fn message(&self) -> &'static str {
        match self {
            Self::NoToken | Self::OtherScheme => "Access token is empty.",
            Self::NoDots => not_a_jwt!("IDX14100: JWT is not well formed, there are no dots (.)."),
            Self::OneDot => not_a_jwt!("IDX14120: JWT is not well formed, there is only one dot (.)."),
            Self::Malformed(Part::Token) => not_a_jwt!("IDX14100: JWT is not well formed."),
            Self::Malformed(Part::Header) => {
                "IDX14102: Unable to decode the header as Base64Url encoded string."
            }
            Self::Malformed(Part::Claims) => {
                "IDX14101: Unable to decode the payload as Base64Url encoded string."
            }
            Self::TooLong => "Access token validation failure. The token is too long.",
            Self::SeveralHeaders => "Access token validation failure. There is more than one token.",
            Self::Expired => "Lifetime validation failed, the token is expired.",
            Self::NotYetValid | Self::IssuedInFuture => {
                "Lifetime validation failed, the token is not yet valid."
            }
            Self::WrongAudience | Self::MissingClaim("aud") | Self::InvalidClaim("aud") => {
                "Access token validation failure. Invalid audience."
            }
            Self::KeysUnavailable => "The access token cannot be validated at the moment.",
            Self::DuplicateMember(_)
            | Self::CriticalHeader
            | Self::WrongType
            | Self::UnsupportedAlgorithm
            | Self::NoKeyId
            | Self::MissingClaim(_)
            | Self::InvalidClaim(_)
            | Self::UnknownIssuer
            | Self::UnknownKey
            | Self::KeyMismatch
            | Self::BadSignature
            | Self::WrongTenant => "Access token validation failure.",
        }
    }

    /// What the log says: one stable word for each.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::SeveralHeaders => "several_headers",
            Self::OtherScheme => "other_scheme",
            Self::TooLong => "too_long",
            Self::NoDots | Self::OneDot | Self::Malformed(Part::Token) => "not_a_jwt",
            Self::Malformed(Part::Header) => "malformed_header",
            Self::Malformed(Part::Claims) => "malformed_claims",
            Self::DuplicateMember(_) => "duplicate_member",
            Self::CriticalHeader => "critical_header",
            Self::WrongType => "wrong_type",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::NoKeyId => "no_key_id",
            Self::MissingClaim(_) => "missing_claim",
            Self::InvalidClaim(_) => "invalid_claim",
            Self::UnknownIssuer => "unknown_issuer",
            Self::UnknownKey => "unknown_key",
            Self::KeysUnavailable => "keys_unavailable",
            Self::KeyMismatch => "key_mismatch",
            Self::BadSignature => "bad_signature",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::IssuedInFuture => "issued_in_future",
            Self::WrongAudience => "wrong_audience",
            Self::WrongTenant => "wrong_tenant",
        }
    }
}
