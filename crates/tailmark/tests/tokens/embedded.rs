//! The embedded issuer as its clients see it, and as the verifier believes it.

use std::sync::Arc;
use std::thread;

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use odata::value::guid;
use serde_json::{Value, json};
use tailmark::config::auth::Auth;
use tailmark::http::caller::{CallerKind, Embedded, TokenRefusal, Verifier};
use tailmark::issuer::{self, DEFAULT_TENANT, Issuer, TokenKind, TokenRequest};

use super::forge::{GRAPH, NOW, TENANT, bearer};

const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const BASE: &str = "http://tailmark.internal:4280";

/// A running issuer, its name other than its address.
struct Running {
    issuer: Arc<Issuer>,
    host: String,
    client: reqwest::Client,
    _folder: tempfile::TempDir,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Running {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Arc::new(Issuer::open_or_create(folder.path(), BASE).unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let routes = issuer::routes(Arc::clone(&issuer));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        Self { issuer, host, client, _folder: folder }
    }

    fn verifier(&self, auth: &Auth) -> Verifier {
        let here = Embedded { address: format!("http://{}", self.host), base: self.issuer.base().to_owned() };
        Verifier::new(auth, Some(&here)).unwrap()
    }

    async fn get(&self, path: &str, host: &str) -> Answer {
        let request = self.client.get(format!("http://{}{path}", self.host)).header("host", host);
        answer(request).await
    }

    async fn post(&self, tenant: &str, form: &[(&str, &str)], basic: Option<(&str, &str)>) -> Answer {
        let mut url = reqwest::Url::parse("form:").unwrap();
        url.query_pairs_mut().extend_pairs(form);
        let mut request = self
            .client
            .post(format!("http://{}/{tenant}/oauth2/v2.0/token", self.host))
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .header("client-request-id", "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
            .body(url.query().unwrap_or("").to_owned());
        if let Some((id, secret)) = basic {
            let credentials = STANDARD.encode(format!("{id}:{secret}"));
            request = request.header("authorization", format!("Basic {credentials}"));
        }
        answer(request).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.unwrap();
    Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
}

fn decoded(token: &str, part: usize) -> Value {
    let part = token.split('.').nth(part).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn request(kind: TokenKind) -> TokenRequest {
    TokenRequest::new(guid(TENANT).unwrap(), kind, NOW)
}

fn ada() -> TokenKind {
    TokenKind::Delegated { user: "ada@contoso.example".to_owned() }
}

#[tokio::test]
async fn its_documents() {
    let running = Running::start().await;
    let at = |tenant: &str| format!("/{tenant}/v2.0/.well-known/openid-configuration");
    let found = running.get(&at(TENANT), "proxy.example:8443").await;
    assert_eq!(found.status, 200);
    let here = format!("http://proxy.example:8443/{TENANT}");
    assert_eq!(found.body["issuer"], format!("{here}/v2.0"));
    assert_eq!(found.body["token_endpoint"], format!("{here}/oauth2/v2.0/token"));
    assert_eq!(found.body["authorization_endpoint"], format!("{here}/oauth2/v2.0/authorize"));
    assert_eq!(found.body["jwks_uri"], format!("{here}/discovery/v2.0/keys"));
    for shared in ["common", "organizations"] {
        let found = running.get(&at(shared), "localhost:1").await;
        assert_eq!(found.body["issuer"], "http://localhost:1/{tenantid}/v2.0");
        assert_eq!(found.body["jwks_uri"], format!("http://localhost:1/{shared}/discovery/v2.0/keys"));
    }
    for path in [at("contoso.example"), "/contoso/discovery/v2.0/keys".to_owned()] {
        let found = running.get(&path, "localhost").await;
        assert_eq!((found.status, &found.body["error_codes"]), (400, &json!([90002])), "{path}");
    }
    for host in ["a/b", "user@host", "a b", "a\"b", "", "a,b"] {
        assert_eq!(running.get(&at(TENANT), host).await.status, 400, "{host}");
    }
    let keys = running.get(&format!("/{TENANT}/discovery/v2.0/keys"), "localhost").await.body;
    assert_eq!(keys, running.get("/common/discovery/v2.0/keys", "localhost").await.body);
    let key = &keys["keys"][0];
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
        (&json!("EC"), &json!("P-256"), &json!("ES256"), &json!("sig"))
    );
    assert!(key.get("d").is_none());

    let asked = format!(
        "/common/discovery/instance?api-version=1.1&authorization_endpoint=https%3A%2F%2Flocalhost%2F{TENANT}%2Foauth2%2Fv2.0%2Fauthorize"
    );
    let found = running.get(&asked, "localhost:7").await.body;
    assert_eq!(found["tenant_discovery_endpoint"], format!("http://localhost:7{}", at(TENANT)));
    assert_eq!(found["metadata"][0]["aliases"], json!(["localhost:7"]));
}

#[tokio::test]
async fn its_tokens_say_what_entra_s_say() {
    let running = Running::start().await;
    let token = running.issuer.sign(&request(ada())).unwrap();
    let header = decoded(&token, 0);
    let keys = running.get("/common/discovery/v2.0/keys", "localhost").await.body;
    assert_eq!(header, json!({ "typ": "JWT", "alg": "ES256", "kid": keys["keys"][0]["kid"] }));
    let claims = decoded(&token, 1);
    let client = running.issuer.client_id();
    for (name, value) in [
        ("aud", json!(GRAPH)),
        ("iss", json!(format!("{BASE}/{TENANT}/v2.0"))),
        ("tid", json!(TENANT)),
        ("azp", json!(client)),
        ("appid", json!(client)),
        ("azpacr", json!("0")),
        ("idtyp", json!("user")),
        ("scp", json!("DeviceManagementServiceConfig.ReadWrite.All")),
        ("upn", json!("ada@contoso.example")),
        ("preferred_username", json!("ada@contoso.example")),
        ("ver", json!("2.0")),
        ("iat", json!(NOW)),
        ("nbf", json!(NOW)),
        ("exp", json!(NOW + 3599)),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    assert!(claims.get("roles").is_none() && guid(claims["oid"].as_str().unwrap()).is_some());
    let again = decoded(&running.issuer.sign(&request(ada())).unwrap(), 1);
    assert_eq!((&claims["oid"], &claims["sub"]), (&again["oid"], &again["sub"]));
    assert_ne!(claims["uti"], again["uti"]);

    let mut wanted = request(TokenKind::Application);
    wanted.permissions = vec!["A.Read.All".to_owned(), "B.Read.All".to_owned()];
    let claims = decoded(&running.issuer.sign(&wanted).unwrap(), 1);
    assert_eq!(claims["roles"], json!(["A.Read.All", "B.Read.All"]));
    assert_eq!(
        (&claims["idtyp"], &claims["azpacr"], &claims["sub"]),
        (&json!("app"), &json!("1"), &claims["oid"])
    );
    assert!(["scp", "upn", "preferred_username"].iter().all(|name| claims.get(name).is_none()));

    for expires_in in [0, -1, -100_000, i64::MIN] {
        wanted.expires_in = expires_in;
        let claims = decoded(&running.issuer.sign(&wanted).unwrap(), 1);
        let date = |name| claims[name].as_i64().unwrap();
        assert!(
            date("iat") <= date("exp") && date("nbf") <= date("exp") && date("exp") <= NOW,
            "{expires_in}"
        );
        assert!(expires_in == i64::MIN || date("iat") < date("exp"));
    }
}

#[tokio::test]
async fn the_verifier_believes_it_like_any_other() {
    let running = Running::start().await;
    let verifier = running.verifier(&Auth::default());
    let verify = async |request: &TokenRequest| {
        verifier.verify(&bearer(&running.issuer.sign(request).unwrap()), NOW).await
    };
    let caller = verify(&request(ada())).await.unwrap();
    assert_eq!((caller.kind, caller.tenant.to_string().as_str()), (CallerKind::Delegated, TENANT));
    assert_eq!(caller.permissions, ["DeviceManagementServiceConfig.ReadWrite.All"]);
    assert_eq!(caller.user.as_deref(), Some("ada@contoso.example"));
    let caller = verify(&TokenRequest::new(DEFAULT_TENANT, TokenKind::Application, NOW)).await.unwrap();
    assert_eq!((caller.kind, caller.tenant.0), (CallerKind::Application, DEFAULT_TENANT));
    assert_eq!(caller.app.as_deref(), Some(running.issuer.client_id()));
    let personal = TokenKind::Personal { user: "ada@outlook.example".to_owned() };
    let caller = verify(&request(personal)).await.unwrap();
    assert_eq!((caller.kind, caller.tenant.to_string().as_str()), (CallerKind::Personal, PERSONAL));

    let mut expired = request(ada());
    expired.expires_in = -61;
    assert_eq!(verify(&expired).await, Err(TokenRefusal::Expired));
    let mut elsewhere = request(ada());
    elsewhere.audience = "https://vault.azure.net".to_owned();
    assert_eq!(verify(&elsewhere).await, Err(TokenRefusal::WrongAudience));

    let choosy = running.verifier(&Auth { tenants: vec![DEFAULT_TENANT], ..Auth::default() });
    let token = bearer(&running.issuer.sign(&request(ada())).unwrap());
    assert_eq!(choosy.verify(&token, NOW).await, Err(TokenRefusal::WrongTenant));
    // Another installation's issuer of the same name has another key.
    let other = Running::start().await;
    let token = bearer(&other.issuer.sign(&request(ada())).unwrap());
    assert_eq!(verifier.verify(&token, NOW).await, Err(TokenRefusal::UnknownKey));
}

#[tokio::test]
async fn client_credentials() {
    let running = Running::start().await;
    let (id, secret) = (running.issuer.client_id(), running.issuer.client_secret().expose());
    let scope = format!("{GRAPH}/.default");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
        ("scope", &scope),
    ];
    let here = format!("http://{}/.default", running.host);
    let own_address = [form[0], form[1], form[2], ("scope", here.as_str())];
    let basic = [form[0], form[3]];
    for (name, found) in [
        ("form", running.post(TENANT, &form, None).await),
        ("Basic", running.post(TENANT, &basic, Some((id, secret))).await),
        ("this service's own address", running.post(TENANT, &own_address, None).await),
    ] {
        assert_eq!(found.status, 200, "{name}: {}", found.body);
        assert_eq!(found.headers["cache-control"], "no-store");
        let token = found.body["access_token"].as_str().unwrap();
        assert_eq!((&found.body["token_type"], &found.body["expires_in"]), (&json!("Bearer"), &json!(3599)));
        let claims = decoded(token, 1);
        assert_eq!((&claims["aud"], &claims["tid"]), (&json!(GRAPH), &json!(TENANT)));
        let now = claims["iat"].as_i64().unwrap();
        let caller = running.verifier(&Auth::default()).verify(&bearer(token), now).await.unwrap();
        assert_eq!(caller.kind, CallerKind::Application);
    }

    // (tenant, what is different in the form, Basic) → (status, error, AADSTS number)
    let swap = |name: &str, value: Option<&'static str>| {
        let kept = form.iter().filter(|(key, _)| *key != name).copied();
        kept.chain(value.map(|value| {
            (
                if name == "scope" { "scope" } else { form.iter().find(|(key, _)| *key == name).unwrap().0 },
                value,
            )
        }))
        .collect::<Vec<_>>()
    };
    let twice = [&form[..], &form[3..]].concat();
    for (tenant, form, basic, status, error, code) in [
        (TENANT, swap("client_secret", Some("wrong")), None, 401, "invalid_client", 7_000_215),
        (TENANT, swap("client_secret", None), None, 401, "invalid_client", 7_000_218),
        (TENANT, basic.to_vec(), Some((id, "wrong")), 401, "invalid_client", 7_000_215),
        (TENANT, basic.to_vec(), Some((id, "")), 401, "invalid_client", 7_000_218),
        (TENANT, form.to_vec(), Some((id, secret)), 400, "invalid_request", 9_000_411),
        (TENANT, swap("client_id", Some("nobody")), None, 400, "unauthorized_client", 700_016),
        (TENANT, swap("client_id", None), None, 400, "invalid_request", 900_144),
        (
            TENANT,
            swap("scope", Some("https://graph.microsoft.com/User.Read")),
            None,
            400,
            "invalid_scope",
            70011,
        ),
        (
            TENANT,
            swap("scope", Some("https://evil.example/.default")),
            None,
            400,
            "invalid_resource",
            500_011,
        ),
        (TENANT, swap("scope", None), None, 400, "invalid_request", 900_144),
        (TENANT, swap("grant_type", Some("implicit")), None, 400, "unsupported_grant_type", 70003),
        (TENANT, swap("grant_type", None), None, 400, "invalid_request", 900_144),
        (TENANT, Vec::new(), None, 400, "invalid_request", 900_144),
        (TENANT, twice, None, 400, "invalid_request", 9_000_411),
        ("contoso.example", form.to_vec(), None, 400, "invalid_tenant", 90002),
        ("common", form.to_vec(), None, 400, "invalid_request", 50059),
    ] {
        let found = running.post(tenant, &form, basic).await;
        let said = found.body["error_description"].as_str().unwrap_or_default();
        assert_eq!((found.status, &found.body["error"]), (status, &json!(error)), "{said}");
        assert_eq!(found.body["error_codes"], json!([code]));
        assert!(said.starts_with(&format!("AADSTS{code}: ")), "{said}");
        assert!(!said.contains(secret) && found.headers["cache-control"] == "no-store");
        assert_eq!(found.body["correlation_id"], "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee");
        assert_eq!(found.body["timestamp"].as_str().unwrap().len(), "2026-11-24 04:01:00Z".len());
    }
}

#[test]
fn a_client_named_in_the_settings_is_the_one_known() {
    let folder = tempfile::tempdir().unwrap();
    let settings = json!({ "client_id": "my-client", "client_secret": "my-secret" });
    let settings: Auth = serde_json::from_value(settings).unwrap();
    let issuer = Issuer::open_or_create(folder.path(), BASE).unwrap().configured(&settings);
    assert_eq!((issuer.client_id(), issuer.client_secret().expose()), ("my-client", "my-secret"));
    let empty: Auth = serde_json::from_value(json!({ "client_id": "", "client_secret": "" })).unwrap();
    let issuer = Issuer::open_or_create(folder.path(), BASE).unwrap().configured(&empty);
    assert!(issuer.client_id().len() == 36 && issuer.client_secret().expose().len() == 40);
}

#[test]
fn many_first_starts_agree_on_one_identity() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("not/there/yet");
    let starts: Vec<_> = (0..16)
        .map(|n| {
            let data = data.clone();
            thread::spawn(move || {
                let issuer =
                    Issuer::open_or_create(&data, &format!("http://127.0.0.1:{}/", 5000 + n)).unwrap();
                let secret = issuer.client_secret().expose().to_owned();
                (issuer.base().to_owned(), issuer.client_id().to_owned(), secret)
            })
        })
        .collect();
    let mut identities: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
    identities.dedup();
    assert_eq!(identities.len(), 1);
    assert!(!identities[0].0.ends_with('/'));
    let files: Vec<_> = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["issuer.json"]);
    // Later the name stays, whatever the address is.
    let later = Issuer::open_or_create(&data, "http://elsewhere.example").unwrap();
    assert_eq!(later.base(), identities[0].0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(data.join("issuer.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_broken_state_is_named_and_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("issuer.json");
    drop(Issuer::open_or_create(folder.path(), BASE).unwrap());
    let good = std::fs::read_to_string(&path).unwrap();
    for broken in [
        String::new(),
        "{}".to_owned(),
        good[..good.len() / 2].to_owned(),
        good.replace("\"version\": 1", "\"version\": 2"),
        good.replace("\"key\": \"", "\"key\": \"AAAA"),
        good.replace("\"key\": \"", "\"key\": \"*"),
    ] {
        std::fs::write(&path, &broken).unwrap();
        let error = Issuer::open_or_create(folder.path(), BASE).err().unwrap().to_string();
        assert!(error.contains("issuer.json") && error.contains("is broken"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), broken);
    }
    for base in ["", "tailmark", "ftp://a.example", "http://a.example/?q", "http://a.example/#f"] {
        assert!(Issuer::open_or_create(folder.path(), base).is_err(), "{base}");
    }
}
