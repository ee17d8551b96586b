//! The settings `auth.*`: what they mean, what they refuse, and what they never print.

use std::io::Write;
use std::sync::{Arc, Mutex};

use odata::value::guid;
use serde_json::{Value, json};
use tailmark::config::auth::Auth;
use tailmark::http::caller::{Embedded, TokenRefusal, Verifier};

use super::World;
use super::forge::{NOW, OTHER_TENANT, TENANT, bearer, token, with};

/// Lists are separated by commas in these tests, as they are in the environment.
fn auth(mut settings: Value) -> Result<Auth, serde_json::Error> {
    for list in ["issuer", "audience", "tenants", "algorithms"] {
        if let Some(text) = settings.get(list).and_then(Value::as_str) {
            settings[list] = text.split(',').filter(|entry| !entry.is_empty()).collect();
        }
    }
    serde_json::from_value(settings)
}

fn verifier(settings: Value) -> Result<Verifier, String> {
    let here =
        Embedded { address: "http://127.0.0.1:4280".to_owned(), base: "http://localhost:4280".to_owned() };
    Verifier::new(&auth(settings).unwrap(), Some(&here)).map_err(|error| error.to_string())
}

#[test]
fn defaults_and_lists() {
    let defaults = auth(json!({})).unwrap();
    assert_eq!(defaults.issuer, ["embedded"]);
    assert_eq!(defaults.audience, ["https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"]);
    assert_eq!(defaults.algorithms, ["RS256", "ES256"]);
    assert!(defaults.tenants.is_empty() && !defaults.allow_http_issuer);

    let lists = auth(json!({ "issuer": "embedded,https://a.example", "tenants": [TENANT] })).unwrap();
    assert_eq!(lists.issuer, ["embedded", "https://a.example"]);
    let environment = auth(json!({ "tenants": format!("{TENANT},{OTHER_TENANT}"), "algorithms": ["PS256"] }));
    assert_eq!(environment.unwrap().tenants, [guid(TENANT).unwrap(), guid(OTHER_TENANT).unwrap()]);
    for wrong in [
        json!({ "isuer": "embedded" }),
        json!({ "tenants": "contoso.onmicrosoft.com" }),
        json!({ "tenants": [TENANT.replace('-', "")] }),
        json!({ "audience": 5 }),
        json!({ "allow_http_issuer": "sometimes" }),
    ] {
        assert!(auth(wrong.clone()).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_the_start() {
    let entra = "https://login.microsoftonline.com";
    for good in [
        json!({}),
        json!({ "issuer": format!("{entra}/{TENANT}/v2.0") }),
        json!({ "issuer": format!("embedded,{entra}/organizations/v2.0"), "tenants": TENANT }),
        json!({ "issuer": "https://idp.example", "algorithms": "PS256" }),
        json!({ "issuer": "http://127.0.0.1:9/a", "allow_http_issuer": true }),
        json!({ "issuer": "http://localhost:9/a", "allow_http_issuer": true }),
        json!({ "issuer": "http://[::1]:9/a", "allow_http_issuer": true }),
    ] {
        assert!(verifier(good.clone()).is_ok(), "{good}");
    }
    for (wrong, said) in [
        (json!({ "issuer": format!("{entra}/common/v2.0") }), "vouches for every tenant"),
        (json!({ "issuer": format!("{entra}/organizations/v2.0") }), "vouches for every tenant"),
        (json!({ "issuer": "http://127.0.0.1:9/a" }), "is not https"),
        (json!({ "issuer": "http://idp.example", "allow_http_issuer": true }), "is not https"),
        (json!({ "issuer": "http://127.0.0.1.evil.example", "allow_http_issuer": true }), "is not https"),
        (json!({ "issuer": "http://10.0.0.1", "allow_http_issuer": true }), "is not https"),
        (json!({ "issuer": "ftp://idp.example" }), "is not https"),
        (json!({ "issuer": "Embedded" }), "is not the URL"),
        (json!({ "issuer": "https://user:pass@idp.example" }), "is not the URL"),
        (json!({ "issuer": "https://idp.example/?a=b" }), "is not the URL"),
        (json!({ "issuer": "https://idp.example/{tenantid}/v2.0" }), "is not the URL"),
        (json!({ "issuer": "" }), "auth.issuer is empty"),
        (json!({ "audience": [] }), "auth.audience is empty"),
        (json!({ "algorithms": [] }), "auth.algorithms is empty"),
        (json!({ "algorithms": "RS256,HS256" }), "`HS256` is none of"),
        (json!({ "algorithms": "none" }), "`none` is none of"),
    ] {
        let error = verifier(wrong.clone()).err().unwrap_or_default();
        assert!(error.contains(said), "{wrong}: {error}");
    }
}

#[tokio::test]
async fn an_algorithm_that_is_not_configured_is_refused() {
    let world = World::with(|auth| auth.algorithms = vec!["ES256".to_owned()]).await;
    assert!(world.verify(&world.good(&world.ec, "ec")).await.is_ok());
    let rsa = world.good(&world.rsa, "rsa");
    assert_eq!(world.verify(&rsa).await, Err(TokenRefusal::UnsupportedAlgorithm));
}

#[tokio::test]
async fn the_issuer_of_one_tenant_vouches_for_that_one_only() {
    let shared = World::new().await;
    let base = &shared.upstream.address;
    let name = format!("{base}/{TENANT}/v2.0");
    let auth = auth(json!({ "issuer": name, "allow_http_issuer": true })).unwrap();
    let here = Embedded { address: "http://127.0.0.1:1".to_owned(), base: "http://localhost".to_owned() };
    let verifier = Verifier::new(&auth, Some(&here)).unwrap();
    let of = |tenant: &str| {
        let claims = with(&shared.claims(), &json!({ "tid": tenant })).to_string();
        bearer(&token(&shared.ec, r#"{"alg":"ES256","kid":"ec"}"#, &claims))
    };
    assert!(verifier.verify(&of(TENANT), NOW).await.is_ok());
    assert_eq!(verifier.verify(&of(OTHER_TENANT), NOW).await, Err(TokenRefusal::WrongTenant));
}

#[tokio::test]
async fn where_to_sign_in() {
    let challenge = |uri: &str| {
        format!(
            "Bearer realm=\"\", authorization_uri=\"{uri}\", client_id=\"00000003-0000-0000-c000-000000000000\""
        )
    };
    let embedded = verifier(json!({})).unwrap();
    let here = "https://tailmark.example";
    assert_eq!(
        embedded.www_authenticate(here),
        challenge("https://tailmark.example/common/oauth2/authorize")
    );
    let microsoft = challenge("https://login.microsoftonline.com/common/oauth2/authorize");
    assert_eq!(embedded.www_authenticate("http://a\"b\r\n"), microsoft, "never a broken header");

    let world = World::new().await;
    assert_eq!(world.verifier.www_authenticate(here), microsoft, "before discovery");
    world.verifier.warm().await;
    let told = world.verifier.www_authenticate(here);
    let uri = format!("{}/%7Btenantid%7D/oauth2/v2.0/authorize", world.upstream.address);
    assert_eq!(told, challenge(&uri));
}

#[test]
fn secrets_are_not_printed() {
    let settings = auth(json!({ "client_secret": "hunter2hunter2" })).unwrap();
    assert!(!format!("{settings:?} {settings:#?}").contains("hunter2"));
    let secret = settings.client_secret.unwrap();
    assert!(secret.matches("hunter2hunter2"));
    for other in ["", "hunter2hunter", "hunter2hunter2 ", "Hunter2hunter2"] {
        assert!(!secret.matches(other), "{other}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_token_is_in_the_log_at_any_level() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    // While there is only one, other tests' threads would switch callsites off for everybody.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    let world = World::new().await;
    let tokens =
        [world.good(&world.ec, "ec"), world.good(&world.rsa, "rsa"), world.good(&world.ec, "unknown")];
    for token in &tokens {
        let outcome = world.verify(token).await;
        tracing::debug!(?outcome, "verified");
        let outcome = world.verify(&token[..token.len() - 4]).await;
        tracing::debug!(?outcome, "verified");
    }
    drop(guard);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("new signing keys"), "the log was not caught");
    for part in tokens.iter().flat_map(|token| token.split('.').skip(1)) {
        assert!(!log.contains(&part[..part.len().min(40)]), "a part of a token was logged");
    }
}
