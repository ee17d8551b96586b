//! Settings `auth.*`: whose tokens are believed, and for what.
//!
//! By default only the embedded issuer is believed. An external OpenID provider is named by its issuer URL
//! (OpenID Connect Discovery 1.0 §4); `https://login.microsoftonline.com/organizations/v2.0` and the like
//! vouch for every tenant in the world, so they are taken only together with a list of tenants.

use std::fmt;

use odata::value::guid;
use ring::hmac;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected};
use uuid::Uuid;

/// The word in `auth.issuer` that stands for the issuer inside this program.
pub const EMBEDDED: &str = "embedded";

/// The audience of Microsoft Graph as a URL, as v1.0 tokens name it.
pub const GRAPH: &str = "https://graph.microsoft.com";

/// The audience of Microsoft Graph as an application id, as v2.0 tokens name it.
pub const GRAPH_APPLICATION: &str = "00000003-0000-0000-c000-000000000000";

/// The settings `auth.*`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// Whose tokens are believed: issuer URLs, or `embedded` for the issuer inside this program.
    pub issuer: Vec<String>,
    /// What a token's `aud` may be; one match is enough.
    pub audience: Vec<String>,
    /// The tenants that may use this service; empty: every tenant that the issuer vouches for.
    #[serde(deserialize_with = "tenants")]
    pub tenants: Vec<Uuid>,
    /// Accept an `http:` issuer, on a loopback address only. For tests of an issuer on the same machine.
    pub allow_http_issuer: bool,
    /// Signature algorithms a token may use: `RS256`, `ES256`, `PS256`. A key is used only with its own.
    pub algorithms: Vec<String>,
    /// The client id that the embedded issuer accepts; default: one generated at its first start.
    pub client_id: Option<String>,
    /// The client secret that the embedded issuer accepts; default: one generated at its first start.
    pub client_secret: Option<Secret>,
    /// How users sign in with a device code.
    #[serde(deserialize_with = "super::word")]
    pub device_code: DeviceCode,
}

/// How users sign in at the embedded issuer with a device code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceCode {
    /// On the page that the client names.
    #[default]
    Page,
    /// Not at all: every code is approved at once, by the tenant's first user. For tests without a browser.
    Approve,
}

impl Auth {
    /// Whether the issuer inside this program is believed; where it is not, it has no reason to run.
    pub fn believes_embedded(&self) -> bool {
        self.issuer.iter().any(|entry| entry == EMBEDDED)
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            issuer: vec![EMBEDDED.to_owned()],
            audience: vec![GRAPH.to_owned(), GRAPH_APPLICATION.to_owned()],
            tenants: Vec::new(),
            allow_http_issuer: false,
            algorithms: vec!["RS256".to_owned(), "ES256".to_owned()],
            client_id: None,
            client_secret: None,
            device_code: DeviceCode::Page,
        }
    }
}

/// Text that neither a log nor an error message may show.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text, for the one place that has to send or store it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `given` is this secret, in a time that says nothing about where they differ: both are keyed
    /// with a random key first and the results compared in constant time.
    pub fn matches(&self, given: &str) -> bool {
        let Ok(key) = hmac::Key::generate(hmac::HMAC_SHA256, &ring::rand::SystemRandom::new()) else {
            return false;
        };
        let own = hmac::sign(&key, self.0.as_bytes());
        hmac::verify(&key, given.as_bytes(), own.as_ref()).is_ok()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

/// A tenant has one spelling: without braces, `urn:uuid:` or missing hyphens.
fn tenants<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Uuid>, D::Error> {
    let read =
        |text: &String| guid(text).ok_or_else(|| Error::invalid_value(Unexpected::Str(text), &"a GUID"));
    Vec::<String>::deserialize(deserializer)?.iter().map(read).collect()
}
