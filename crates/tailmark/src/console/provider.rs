//! The issuer at which people sign in: authorization code with PKCE, and new tokens for old.
//!
//! OpenID Connect Discovery 1.0 for its addresses, RFC 6749 §4.1 and §6, RFC 7636; what the id token says is checked
//! as OpenID Connect Core 1.0 §3.1.3.7 asks of one that came straight from the token endpoint. The access token is for
//! the API to judge. The embedded issuer is one like any other, but that its pages are on the service's own origin.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Client, Url, redirect};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::refusal::Refusal;
use super::session::Visit;
use crate::config::Config;
use crate::config::auth::{EMBEDDED, Secret};
use crate::config::console::{EMBEDDED_CLIENT, SIGNED_IN};

/// How long the issuer may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer, in bytes.
const MOST: usize = 1_000_000;
const PERMISSION: &str = "DeviceManagementServiceConfig.ReadWrite.All";

/// The issuer.
pub struct Provider {
    discovery: String,
    is_embedded: bool,
    client_id: String,
    client_secret: Option<Secret>,
    scope: String,
    http: Client,
    endpoints: OnceCell<Endpoints>,
}

/// Its addresses.
#[derive(Clone, Debug, Deserialize)]
struct Endpoints {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
}

/// Who has signed in.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The name to greet them with.
    pub name: String,
    /// The user principal name.
    pub upn: String,
    /// The tenant.
    pub tenant: String,
}

/// What the token endpoint gave.
pub struct Tokens {
    /// For the API.
    pub access: String,
    /// For the next ones.
    pub refresh: Option<String>,
    /// Unix time, seconds.
    pub expires: i64,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    id_token: Option<String>,
    #[serde(default)]
    expires_in: Option<i64>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Value,
    exp: i64,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    tid: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    preferred_username: String,
    #[serde(default)]
    sub: String,
}

impl Provider {
    /// Whether it is the issuer inside this program.
    pub fn is_embedded(&self) -> bool {
        self.is_embedded
    }

    /// The issuer that the settings name; `embedded` is where this process reaches the embedded one.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn new(config: &Config, embedded: &str) -> Result<Self, reqwest::Error> {
        let settings = &config.console;
        let first = || config.auth.issuer.first().cloned().unwrap_or_default();
        let issuer = if settings.issuer.is_empty() { first() } else { settings.issuer.clone() };
        let is_embedded = issuer == EMBEDDED;
        let root = if is_embedded { format!("{embedded}/organizations/v2.0") } else { issuer };
        let client_id = if settings.client_id.is_empty() && is_embedded {
            EMBEDDED_CLIENT.to_owned()
        } else {
            settings.client_id.clone()
        };
        let scope = if settings.scope.is_empty() {
            let audience = config.auth.audience.first().map(String::as_str).unwrap_or_default();
            format!("openid profile offline_access {audience}/{PERMISSION}")
        } else {
            settings.scope.clone()
        };
        let http = Client::builder().redirect(redirect::Policy::none()).timeout(PATIENCE);
        let http = if root.starts_with("http:") {
            // The environment's proxy cannot reach our loopback, and there may be no system certificates to load.
            http.no_proxy().tls_certs_only([]).build()?
        } else {
            http.https_only(true).build()?
        };
        Ok(Self {
            discovery: format!("{}/.well-known/openid-configuration", root.trim_end_matches('/')),
            is_embedded,
            client_id,
            client_secret: settings.client_secret.clone(),
            scope,
            http,
            endpoints: OnceCell::new(),
        })
    }

    async fn endpoints(&self) -> Result<&Endpoints, Refusal> {
        let fetch = || async {
            let found = self.http.get(&self.discovery).header("accept", "application/json").send().await;
            read(found, "its discovery document").await
        };
        self.endpoints.get_or_try_init(fetch).await
    }

    /// Where somebody is sent to sign in; `base` is the service's address.
    ///
    /// # Errors
    /// The issuer does not say.
    pub async fn way_there(&self, visit: &Visit, base: &str) -> Result<String, Refusal> {
        if self.client_id.is_empty() {
            return Err(Refusal::Issuer("console.client_id is not set".to_owned()));
        }
        let endpoint = &self.endpoints().await?.authorization_endpoint;
        let mut url = Url::parse(endpoint).map_err(|_| Refusal::Issuer("it has no address".to_owned()))?;
        let challenge = ring::digest::digest(&ring::digest::SHA256, visit.verifier.as_bytes());
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", &format!("{base}{SIGNED_IN}"))
            .append_pair("scope", &self.scope)
            .append_pair("state", &visit.state)
            .append_pair("nonce", &visit.nonce)
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
            .append_pair("code_challenge_method", "S256");
        if self.is_embedded {
            return Ok(format!("{}?{}", url.path(), url.query().unwrap_or_default()));
        }
        Ok(url.into())
    }

    /// What a code is good for.
    ///
    /// # Errors
    /// The issuer refuses it, or says something that cannot be believed.
    pub async fn redeem(
        &self,
        visit: &Visit,
        code: &str,
        base: &str,
        now: i64,
    ) -> Result<(Identity, Tokens), Refusal> {
        let redirect = format!("{base}{SIGNED_IN}");
        let grant = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect),
            ("code_verifier", &visit.verifier),
        ];
        let answer = self.ask(&grant).await?;
        let claims = answer.id_token.as_deref().and_then(claims);
        let claims = claims.ok_or_else(|| Refusal::Issuer("it gave no id token".to_owned()))?;
        self.believe(&claims, visit, now).await?;
        let name = [&claims.name, &claims.preferred_username, &claims.sub];
        let name = name.into_iter().find(|name| !name.is_empty()).cloned().unwrap_or_default();
        let identity = Identity { name, upn: claims.preferred_username, tenant: claims.tid };
        Ok((identity, tokens(answer, now)))
    }

    /// New tokens for old.
    ///
    /// # Errors
    /// The issuer refuses.
    pub async fn renew(&self, refresh: &str, now: i64) -> Result<Tokens, Refusal> {
        let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", &self.scope)];
        Ok(tokens(self.ask(&grant).await?, now))
    }

    async fn ask(&self, grant: &[(&str, &str)]) -> Result<Answer, Refusal> {
        let secret = self.client_secret.as_ref().map(|secret| ("client_secret", secret.expose()));
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &self.client_id)
            .extend_pairs(grant)
            .extend_pairs(secret)
            .finish();
        let request = self.http.post(&self.endpoints().await?.token_endpoint);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        read(request.send().await, "its token endpoint").await
    }

    async fn believe(&self, claims: &Claims, visit: &Visit, now: i64) -> Result<(), Refusal> {
        let issuer = self.endpoints().await?.issuer.replace("{tenantid}", &claims.tid);
        let audience = match &claims.aud {
            Value::Array(all) => all.iter().any(|one| one == &self.client_id),
            one => one == &self.client_id,
        };
        let checks = [
            (claims.iss == issuer, "the id token is another issuer's"),
            (audience, "the id token is another client's"),
            (now < claims.exp, "the id token has expired"),
            (claims.nonce.as_deref() == Some(&*visit.nonce), "the id token is of another sign-in"),
        ];
        match checks.into_iter().find(|(holds, _)| !holds) {
            None => Ok(()),
            Some((_, what)) => Err(Refusal::Issuer(what.to_owned())),
        }
    }
}

fn tokens(answer: Answer, now: i64) -> Tokens {
    let lasts = answer.expires_in.unwrap_or(300);
    Tokens { access: answer.access_token, refresh: answer.refresh_token, expires: now.saturating_add(lasts) }
}

fn claims(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

async fn read<T: serde::de::DeserializeOwned>(
    answer: Result<reqwest::Response, reqwest::Error>,
    what: &str,
) -> Result<T, Refusal> {
    let unreadable = || Refusal::Issuer(format!("{what} does not answer as it should"));
    let mut answer = answer.map_err(|_| Refusal::Issuer(format!("{what} does not answer")))?;
    let succeeded = answer.status().is_success();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|_| unreadable())? {
        if body.len() + chunk.len() > MOST {
            return Err(unreadable());
        }
        body.extend_from_slice(&chunk);
    }
    if succeeded {
        return serde_json::from_slice(&body).map_err(|_| unreadable());
    }
    let said = serde_json::from_slice::<Value>(&body).ok();
    let said = said.as_ref().and_then(|said| said.get("error_description").or_else(|| said.get("error")));
    let said = said.and_then(Value::as_str).unwrap_or("it refuses").lines().next().unwrap_or_default();
    Err(Refusal::Issuer(said.chars().take(300).collect()))
}
