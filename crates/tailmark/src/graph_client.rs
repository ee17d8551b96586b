//! The client of the API that the command line uses, the same for Tailmark and for the real service.
//!
//! In: a path below `{server}/beta` and, for writes, a JSON body. Out: the entity or the page that the
//! service answered, or one [`Error`] that says what to do. It adds the bearer token, its own or one of somebody
//! who signs in ([`sign_in`]), and a `client-request-id`, repeats what was throttled ([`retry`]), follows next
//! links ([`pages`]) and takes the service's error texts apart ([`error`]). Redirects are not followed: a token
//! stays with its host.
//!
//! <https://learn.microsoft.com/graph/use-the-api>

pub mod error;
pub mod pages;
pub mod retry;
pub mod sign_in;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Method, Response, StatusCode, Url};
use serde_json::Value;

pub use error::{Error, Holder};
pub use pages::Pages;
pub use retry::{Retry, Waiting};
pub use sign_in::SignIn;

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// A bearer token. It is never printed: not by `Debug`, not in an error, not in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(HeaderValue);

impl Token {
    /// Takes a token as it stands in a file or a variable; `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Token> {
        let text = text.trim();
        let text = text.strip_prefix("Bearer ").unwrap_or(text).trim_start();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {text}")).ok()?;
        value.set_sensitive(true);
        Some(Token(value))
    }

    /// The tenant that it is of. Nothing is checked: the token is for the service to judge.
    fn tenant(&self) -> Option<String> {
        let claims = self.0.to_str().ok()?.split('.').nth(1)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
        let claims: Value = serde_json::from_slice(&claims).ok()?;
        Some(claims.get("tid")?.as_str()?.to_owned())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Where the tokens come from.
#[derive(Clone, Debug)]
pub enum Bearer {
    /// There is none.
    Nobody,
    /// One that was given.
    Token(Token),
    /// Somebody who can sign in to Microsoft's service.
    SignIn(Arc<SignIn>),
}

impl Bearer {
    async fn token(&self) -> Result<Option<Token>, Error> {
        match self {
            Bearer::Nobody => Ok(None),
            Bearer::Token(token) => Ok(Some(token.clone())),
            Bearer::SignIn(sign_in) => Ok(Some(sign_in.token().await?)),
        }
    }
}

/// A client of one server. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct GraphClient {
    http: reqwest::Client,
    base: Url,
    bearer: Bearer,
    retry: Retry,
    real: bool,
}

impl GraphClient {
    /// A client of the server at this address, with or without a path: `http://127.0.0.1:4280`.
    pub fn new(server: &str, token: Option<Token>, retry: Retry) -> Result<GraphClient, Error> {
        GraphClient::with(server, token.map_or(Bearer::Nobody, Bearer::Token), retry)
    }

    /// A client of Microsoft's service, or of one that stands in for it.
    pub fn of_real(server: &str, bearer: Bearer, retry: Retry) -> Result<GraphClient, Error> {
        Ok(GraphClient { real: true, ..GraphClient::with(server, bearer, retry)? })
    }

    fn with(server: &str, bearer: Bearer, retry: Retry) -> Result<GraphClient, Error> {
        let mut base = Url::parse(server).map_err(|_| Error::Address(server.to_owned()))?;
        let usable =
            matches!(base.scheme(), "http" | "https") && base.has_host() && base.username().is_empty();
        if !usable || base.password().is_some() {
            return Err(Error::Address(
                "an address begins with http:// or https:// and has no user name".into(),
            ));
        }
        let path = format!("{}/beta/", base.path().trim_end_matches('/').trim_end_matches("/beta"));
        base.set_path(&path);
        base.set_query(None);
        base.set_fragment(None);
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(120))
            .build()
            .map_err(Error::Setup)?;
        Ok(GraphClient { http, base, bearer, retry, real: false })
    }

    /// The same client with another patience.
    pub fn retrying(self, retry: Retry) -> GraphClient {
        GraphClient { retry, ..self }
    }

    /// The address that paths are below: `http://127.0.0.1:4280/beta/`.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Whether this is Microsoft's service, which knows fewer query options than the specification.
    pub fn is_real(&self) -> bool {
        self.real
    }

    /// The tenant that the token is of, if it says so.
    pub fn tenant(&self) -> Option<String> {
        match &self.bearer {
            Bearer::Nobody => None,
            Bearer::Token(token) => token.tenant(),
            Bearer::SignIn(sign_in) => Some(sign_in.tenant().to_owned()),
        }
    }

    /// Whether the token would travel unencrypted over a network.
    pub fn exposes_token(&self) -> bool {
        !matches!(self.bearer, Bearer::Nobody) && !self.is_private()
    }

    /// Whether nobody else sees what goes to the server.
    pub fn is_private(&self) -> bool {
        let host = self.base.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let loopback = host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        self.base.scheme() == "https" || loopback
    }

    /// GET of one entity. The published pages show uploads as `{"value":{entity}}`; this asks for the bare
    /// entity and accepts both.
    pub async fn get(&self, path: &str) -> Result<Value, Error> {
        let prefer = (PREFER, HeaderValue::from_static("envelope=bare"));
        let response = self.request(Method::GET, self.url(path)?, None, Some(prefer)).await?;
        Ok(unwrapped(json(response).await?))
    }

    /// GET of the text of an answer, as it stands, asking for nothing special.
    pub async fn text(&self, path: &str) -> Result<String, Error> {
        let response = self.request(Method::GET, self.url(path)?, None, None).await?;
        response.text().await.map_err(Error::from_transport)
    }

    /// GET of a collection, page by page.
    pub fn pages(&self, path: &str) -> Result<Pages<'_>, Error> {
        Ok(Pages::new(self, self.url(path)?))
    }

    /// How many entities a collection path addresses: `$count=true` of a page of one.
    pub async fn count(&self, path: &str, filter: Option<&str>) -> Result<u64, Error> {
        let mut options = vec![("$select", "id"), ("$top", "1"), ("$count", "true")];
        options.extend(filter.map(|filter| ("$filter", filter)));
        let query = pages::query(&options);
        let page = self.page(self.url(&format!("{path}{query}"))?).await?;
        page.get("@odata.count").and_then(Value::as_u64).ok_or(Error::NoCount)
    }

    /// POST; the answer is `Null` where the service says 204.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        json(self.request(Method::POST, self.url(path)?, Some(body), None).await?).await
    }

    /// PATCH; the answer is `Null` where the service says 204.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value, Error> {
        json(self.request(Method::PATCH, self.url(path)?, Some(body), None).await?).await
    }

    /// PUT; the answer is `Null` where the service says 204.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, Error> {
        json(self.request(Method::PUT, self.url(path)?, Some(body), None).await?).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Result<(), Error> {
        self.request(Method::DELETE, self.url(path)?, None, None).await.map(drop)
    }

    /// GET of one page of a collection at an address of the service's own making.
    pub(crate) async fn page(&self, url: Url) -> Result<Value, Error> {
        json(self.request(Method::GET, url, None, None).await?).await
    }

    fn holder(&self, signed_in: bool) -> Holder {
        match (&self.bearer, signed_in) {
            (Bearer::SignIn(_), _) => Holder::SignedIn,
            (_, true) => Holder::OfToken,
            (_, false) => Holder::Nobody,
        }
    }

    fn url(&self, path: &str) -> Result<Url, Error> {
        self.base.join(path.trim_start_matches('/')).map_err(|_| Error::Address(path.to_owned()))
    }

    async fn request(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        extra: Option<(HeaderName, HeaderValue)>,
    ) -> Result<Response, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("tailmark/", env!("CARGO_PKG_VERSION"))));
        headers.extend(extra);
        let body = match body {
            Some(body) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Some(serde_json::to_vec(body).map_err(Error::Body)?)
            }
            None => None,
        };
        let (mut pause, mut renewed) = (self.retry.start(), false);
        loop {
            let token = self.bearer.token().await?;
            if let Some(token) = &token {
                headers.insert(AUTHORIZATION, token.0.clone());
            }
            let id = uuid::Uuid::new_v4().to_string();
            let mut request = self.http.request(method.clone(), url.clone()).headers(headers.clone());
            request = request.header(CLIENT_REQUEST_ID, &id);
            if let Some(body) = &body {
                request = request.body(body.clone());
            }
            let response = request.send().await.map_err(Error::from_transport)?;
            let status = response.status();
            if status.is_success() {
                return Ok(response);
            }
            if let (Bearer::SignIn(sign_in), Some(token), StatusCode::UNAUTHORIZED, false) =
                (&self.bearer, &token, status, renewed)
            {
                // It was revoked, or it expired by another clock.
                sign_in.refused(token).await;
                renewed = true;
                continue;
            }
            let retryable = worth_repeating(&method, status);
            let asked = retryable.then(|| retry::retry_after(response.headers()));
            let refused = error::Refused::read(&url, &id, response, self.holder(token.is_some())).await;
            let Some(asked) = asked else { return Err(Error::Refused(Box::new(refused))) };
            let Some(delay) = pause.next(asked, status) else {
                return Err(Error::Throttled { attempts: pause.attempts(), last: Box::new(refused) });
            };
            tokio::time::sleep(delay).await;
        }
    }
}

/// Whether a refusal says "later" rather than "no". A gateway that gave up waiting (504) may still have
/// passed a POST on, and a device that is imported twice fails with 806; so that one is not repeated here:
/// who sent it asks first what has become of it.
fn worth_repeating(method: &Method, status: StatusCode) -> bool {
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => true,
        StatusCode::GATEWAY_TIMEOUT => method != Method::POST,
        _ => false,
    }
}

async fn json(response: Response) -> Result<Value, Error> {
    let status = response.status();
    let bytes = response.bytes().await.map_err(Error::from_transport)?;
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&bytes).map_err(|source| Error::NotJson { status: status.as_u16(), source })
}

/// The entity at the root, whether the service wrapped it in `value`, left it bare, or did both.
fn unwrapped(mut answer: Value) -> Value {
    let Some(root) = answer.as_object_mut() else { return answer };
    // Plain `remove` would put the last member in its place.
    root.shift_remove("@odata.context");
    match root.get("value") {
        Some(Value::Object(_)) if root.contains_key("id") => drop(root.shift_remove("value")),
        Some(Value::Object(_)) => return root.remove("value").unwrap_or_default(),
        _ => {}
    }
    answer
}

#[cfg(test)]
mod tests;
