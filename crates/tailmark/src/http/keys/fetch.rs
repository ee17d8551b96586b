//! Fetching an issuer's metadata and key set.
//!
//! In comes a [`Source`], out come its keys, or why not. Nothing is believed that the standards do not ask for:
//! `issuer` must be the expected name to the letter (RFC 8414 §3.3), no redirect is followed, a body ends at
//! 1 MB while it is being read, and `jwks_uri` obeys the same rule about `http:` as the issuer itself.

use std::time::Duration;

use reqwest::header::{CACHE_CONTROL, HeaderMap};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::jwk::{self, Key};
use super::source::Source;

const MAX_BODY: usize = 1_000_000;

/// The shortest and the longest time for which an issuer can ask that its keys be kept.
const LIFETIMES: (u64, u64) = (60, 86_400);

/// A good answer.
pub(super) struct Fetched {
    pub keys: Vec<Key>,
    /// By `max-age` of the key set, when it has one.
    pub lifetime: Option<Duration>,
    pub authorization_endpoint: Option<String>,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("no answer")]
    Transport(#[from] reqwest::Error),
    #[error("no answer in time")]
    Timeout,
    #[error("status {0}")]
    Status(StatusCode),
    #[error("an answer of more than {MAX_BODY} bytes")]
    TooLarge,
    #[error("an answer that is not the JSON expected")]
    NotJson(#[from] serde_json::Error),
    #[error("the issuer calls itself {0:?}")]
    OtherIssuer(String),
    #[error("its jwks_uri may not be fetched: {0:?}")]
    JwksUri(String),
    #[error("no key that can be used")]
    NoKeys,
}

/// OpenID Connect Discovery 1.0 §3, the members that matter here.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
    #[serde(default)]
    authorization_endpoint: Option<String>,
}

/// RFC 7517 §5.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// An HTTP client for this issuer. It keeps no connection: it is used once in minutes, and one to ourselves
/// would be in the way when the service stops.
pub(super) fn client(source: &Source, timeout: Duration) -> Result<Client, reqwest::Error> {
    // reqwest panics without a provider; the program installs this one at its start, so it is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client =
        Client::builder().redirect(redirect::Policy::none()).timeout(timeout).pool_max_idle_per_host(0);
    if source.is_plain() {
        // The environment's proxy cannot reach our loopback, and there may be no system certificates to load.
        client.no_proxy().tls_certs_only([]).build()
    } else {
        client.https_only(true).build()
    }
}

/// The issuer's keys as it tells them now.
pub(super) async fn fetch(client: &Client, source: &Source) -> Result<Fetched, FetchError> {
    let (metadata, _) = get::<Metadata>(client, source.discovery()).await?;
    if metadata.issuer != source.name() {
        return Err(FetchError::OtherIssuer(shortened(&metadata.issuer)));
    }
    let jwks = Url::parse(&metadata.jwks_uri).ok().filter(|url| source.reachable(url));
    let jwks = jwks.ok_or_else(|| FetchError::JwksUri(shortened(&metadata.jwks_uri)))?;
    let (set, headers) = get::<KeySet>(client, jwks.as_str()).await?;
    let keys: Vec<Key> = set.keys.iter().filter_map(jwk::read).collect();
    // An empty set would lock everybody out; it is more likely a fault than a wish.
    if keys.is_empty() {
        return Err(FetchError::NoKeys);
    }
    let endpoint = metadata.authorization_endpoint.and_then(|endpoint| Url::parse(&endpoint).ok());
    Ok(Fetched {
        keys,
        lifetime: max_age(&headers),
        // As the URL prints itself: without quotes or control characters, fit for a header.
        authorization_endpoint: endpoint.filter(|url| source.reachable(url)).map(String::from),
    })
}

async fn get<T: DeserializeOwned>(client: &Client, url: &str) -> Result<(T, HeaderMap), FetchError> {
    let mut response = client.get(url).header("accept", "application/json").send().await?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status()));
    }
    let headers = std::mem::take(response.headers_mut());
    let body = bounded(response).await?;
    Ok((serde_json::from_slice(&body)?, headers))
}

async fn bounded(mut response: Response) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// `max-age` of RFC 9111 §5.2.2.1, within reason.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let age = directives.flat_map(|value| value.split(',')).find_map(|directive| {
        let (name, age) = directive.trim().split_once('=')?;
        if name.eq_ignore_ascii_case("max-age") { age.trim_matches('"').parse::<u64>().ok() } else { None }
    })?;
    let (shortest, longest) = LIFETIMES;
    Some(Duration::from_secs(age.clamp(shortest, longest)))
}

/// For the log: what a stranger's document says, not all of it.
fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}
