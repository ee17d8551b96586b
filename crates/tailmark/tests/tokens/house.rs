//! A running issuer with a directory, a clock that stands still, and a verifier that believes it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tailmark::config::auth::Auth;
use tailmark::http::caller::{Caller, Embedded, Verifier};
use tailmark::issuer::{self, Issuer};
use tailmark::seed;

use super::forge::{NOW, TENANT, bearer};

/// Its name is other than its address.
pub const BASE: &str = "http://tailmark.internal:4280";
pub const SERVICE: &str = "6b9f3b2e-0c4f-4d0e-9a55-1b1f4a6f7001";
pub const TOOL: &str = "6b9f3b2e-0c4f-4d0e-9a55-1b1f4a6f7002";
pub const SECRET: &str = "s3cret value+/%";
pub const READ: &str = "DeviceManagementServiceConfig.Read.All";
pub const WRITE: &str = "DeviceManagementServiceConfig.ReadWrite.All";
pub const SCOPE: &str = "https://graph.microsoft.com/.default";

/// A tenant with a service that has secrets and certificates, a tool without, and users of every sort.
pub fn contoso() -> Value {
    json!({
        "tenant": TENANT,
        "domains": ["contoso.example"],
        "applications": [
            {
                "appId": SERVICE, "displayName": "Inventory <b>service</b>",
                "passwordCredentials": [
                    { "secretText": SECRET },
                    { "secretText": "old", "endDateTime": "2020-01-01T00:00:00Z" },
                ],
                "keyCredentials": [
                    { "key": include_str!("rsa.crt.pem") },
                    { "key": "ec.crt.pem" },
                    { "key": "rsa-expired.crt.pem" },
                ],
                "web": { "redirectUris": ["https://inventory.example/back?from=here"] },
                "delegatedPermissions": [READ],
                "applicationPermissions": [READ, WRITE],
            },
            {
                "appId": TOOL,
                "publicClient": { "redirectUris": ["http://localhost/back", "http://127.0.0.1"] },
                "delegatedPermissions": [READ, WRITE],
            },
        ],
        "users": [
            {
                "userPrincipalName": "ada@contoso.example", "displayName": "Ada <i>&amp;</i> Co",
                "id": "11111111-2222-4333-8444-555555555555", "passwordProfile": { "password": "pa55 wörd" },
            },
            { "userPrincipalName": "open@contoso.example" },
            { "userPrincipalName": "gone@contoso.example", "accountEnabled": false, "passwordProfile": { "password": "x" } },
            { "userPrincipalName": "safe@contoso.example", "mfa": true, "passwordProfile": { "password": "x" } },
            { "userPrincipalName": "me@outlook.example", "personal": true, "passwordProfile": { "password": "x" } },
        ],
    })
}

/// The issuer of a seed, running.
pub struct House {
    pub issuer: Arc<Issuer>,
    pub host: String,
    seconds: Arc<AtomicI64>,
    client: reqwest::Client,
    folder: Arc<tempfile::TempDir>,
}

pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}: {}", self.status, self.text))
    }

    /// A good answer.
    #[track_caller]
    pub fn good(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }

    /// A refusal: status, `error`, number.
    #[track_caller]
    pub fn refused(self, status: u16, error: &str, code: u32) -> Value {
        let body = self.json();
        assert_eq!(
            (self.status, &body["error"], &body["error_codes"]),
            (status, &json!(error), &json!([code])),
            "{body}"
        );
        let said = body["error_description"].as_str().unwrap();
        assert!(said.starts_with(&format!("AADSTS{code}: ")) && said.contains("Trace ID: "), "{said}");
        assert_eq!(self.headers["cache-control"], "no-store");
        body
    }

    pub fn location(&self) -> reqwest::Url {
        assert_eq!(self.status, 303, "{}", self.text);
        self.headers["location"].to_str().unwrap().parse().unwrap()
    }
}

/// The claims of a token.
pub fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

pub fn encoded(form: &[(&str, &str)]) -> String {
    let mut url = reqwest::Url::parse("form:").unwrap();
    url.query_pairs_mut().extend_pairs(form);
    url.query().unwrap_or_default().to_owned()
}

impl House {
    /// With Contoso.
    pub async fn start() -> Self {
        Self::seeded(&json!([contoso()])).await
    }

    pub async fn seeded(seed: &Value) -> Self {
        Self::open(Arc::new(tempfile::tempdir().unwrap()), seed, &Auth::default(), "").await
    }

    pub async fn with(seed: &Value, auth: Value, public: &str) -> Self {
        let auth = serde_json::from_value(auth).unwrap();
        Self::open(Arc::new(tempfile::tempdir().unwrap()), seed, &auth, public).await
    }

    /// The same data, another start.
    pub async fn again(&self, seed: &Value) -> Self {
        Self::open(Arc::clone(&self.folder), seed, &Auth::default(), "").await
    }

    async fn open(folder: Arc<tempfile::TempDir>, seed: &Value, auth: &Auth, public: &str) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tokens");
        let tenants =
            seed::read(&seed.to_string(), Some(&here)).unwrap().into_iter().map(|seeded| seeded.directory);
        let seconds = Arc::new(AtomicI64::new(NOW));
        let clock = Arc::clone(&seconds);
        let issuer = Issuer::open_or_create(folder.path(), BASE).unwrap().configured(auth);
        let issuer = issuer.known_as(public).with_clock(Arc::new(move || clock.load(Ordering::SeqCst)));
        let issuer = Arc::new(issuer);
        issuer.learn(tenants);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let routes = issuer::routes(Arc::clone(&issuer));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
        let client = client.redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { issuer, host, seconds, client, folder }
    }

    pub fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn now(&self) -> i64 {
        self.seconds.load(Ordering::SeqCst)
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        form: Option<&[(&str, &str)]>,
    ) -> Reply {
        let mut request = self.client.request(method.parse().unwrap(), format!("http://{}{path}", self.host));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(form) = form {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(encoded(form));
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Reply { status, headers, text: response.text().await.unwrap() }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        self.send("POST", path, &[], Some(form)).await
    }

    /// POST to the v2.0 token endpoint of Contoso.
    pub async fn token(&self, form: &[(&str, &str)]) -> Reply {
        self.post(&format!("/{TENANT}/oauth2/v2.0/token"), form).await
    }

    /// What the service's own verifier makes of a token.
    pub async fn caller(&self, token: &Value) -> Arc<Caller> {
        let embedded = Embedded { address: format!("http://{}", self.host), base: BASE.to_owned() };
        let verifier = Verifier::new(&Auth::default(), Some(&embedded)).unwrap();
        verifier.verify(&bearer(token.as_str().unwrap()), self.now()).await.unwrap()
    }
}

/// A form with one member replaced, added, or (by nothing) left out.
pub fn changed<'a>(
    form: &[(&'a str, &'a str)],
    name: &'a str,
    value: Option<&'a str>,
) -> Vec<(&'a str, &'a str)> {
    let kept = form.iter().filter(|(key, _)| *key != name).copied();
    kept.chain(value.map(|value| (name, value))).collect()
}
