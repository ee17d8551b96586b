//! The grants of the token endpoint: secrets, passwords, refresh tokens, and what is in the tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tailmark::http::caller::CallerKind;
use tailmark::issuer::directory::DEFAULT_USER;

use super::forge::{GRAPH, NOW, OTHER_TENANT, TENANT};
use super::house::{BASE, House, READ, SCOPE, SECRET, SERVICE, TOOL, WRITE, changed, claims, contoso};

const DELEGATED: &str = "openid profile offline_access https://graph.microsoft.com/.default";

fn secret() -> [(&'static str, &'static str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", SERVICE),
        ("client_secret", SECRET),
        ("scope", SCOPE),
    ]
}

fn password() -> [(&'static str, &'static str); 5] {
    [
        ("grant_type", "password"),
        ("client_id", TOOL),
        ("username", "ADA@contoso.example"),
        ("password", "pa55 wörd"),
        ("scope", DELEGATED),
    ]
}

#[tokio::test]
async fn a_secret() {
    let house = House::start().await;
    let answer = house.token(&secret()).await.good();
    let said = claims(&answer["access_token"]);
    assert_eq!(said["roles"], json!([READ, WRITE]), "what was granted, all of it");
    assert_eq!(
        (&said["azp"], &said["azpacr"], &said["idtyp"]),
        (&json!(SERVICE), &json!("1"), &json!("app"))
    );
    assert!(answer.get("refresh_token").is_none() && answer.get("id_token").is_none());
    let caller = house.caller(&answer["access_token"]).await;
    assert_eq!((caller.kind, caller.app.as_deref()), (CallerKind::Application, Some(SERVICE)));
    // The tenant by its domain, which is the same tenant.
    let by_domain = house.post("/contoso.example/oauth2/v2.0/token", &secret()).await.good();
    assert_eq!(claims(&by_domain["access_token"])["tid"], TENANT);

    let old = changed(&secret(), "client_secret", Some("old"));
    house.token(&old).await.refused(401, "invalid_client", 7_000_222);
    let wrong = changed(&secret(), "client_secret", Some("other"));
    let body = house.token(&wrong).await.refused(401, "invalid_client", 7_000_215);
    assert_eq!(body["error_uri"], "https://login.microsoftonline.com/error?code=7000215");
    house.token(&changed(&secret(), "client_secret", None)).await.refused(401, "invalid_client", 7_000_218);
    let public = changed(&secret(), "client_id", Some(TOOL));
    house.token(&public).await.refused(401, "invalid_client", 700_025);
    let both = [&secret()[..], &[("client_assertion", "x")]].concat();
    house.token(&both).await.refused(400, "invalid_request", 9_000_411);
    for (scope, error, code) in [
        ("https://graph.microsoft.com/User.Read", "invalid_scope", 70011),
        ("https://vault.azure.net/.default", "invalid_resource", 500_011),
        ("https://graph.microsoft.com/", "invalid_scope", 70011),
        ("a\"b", "invalid_scope", 70011),
        ("https://graph.microsoft.com/.default https://vault.azure.net/.default", "invalid_scope", 700_022),
        (
            "https://graph.microsoft.com/.default https://graph.microsoft.com/User.Read",
            "invalid_scope",
            70011,
        ),
    ] {
        house.token(&changed(&secret(), "scope", Some(scope))).await.refused(400, error, code);
    }
    let resource = [&secret()[..], &[("resource", GRAPH)]].concat();
    house.token(&resource).await.refused(400, "invalid_request", 901_002);
    let elsewhere = format!("/{OTHER_TENANT}/oauth2/v2.0/token");
    house.post(&elsewhere, &secret()).await.refused(400, "invalid_tenant", 90002);
    let large = "a".repeat(70_000);
    house.token(&changed(&secret(), "scope", Some(&large))).await.refused(400, "invalid_request", 9_002_313);
    house.get("/%ff/oauth2/v2.0/token").await.refused(400, "invalid_request", 900_561);
    house.post("/%ff/oauth2/v2.0/token", &secret()).await.refused(400, "invalid_tenant", 90002);
    house.post("/common/discovery/keys", &secret()).await.refused(400, "invalid_request", 900_561);
    house.get("/common/userrealm/%ff").await.refused(400, "invalid_request", 9_002_313);
    house.send("GET", &format!("/{TENANT}/oauth2/v2.0/token"), &[], None).await.refused(
        400,
        "invalid_request",
        900_561,
    );
}

#[tokio::test]
async fn a_password() {
    let house = House::start().await;
    let asked = [&password()[..], &[("client_info", "1")]].concat();
    let answer = house.token(&asked).await.good();
    let said = claims(&answer["access_token"]);
    for (name, value) in [
        ("scp", json!(format!("{READ} {WRITE}"))),
        ("iss", json!(format!("{BASE}/{TENANT}/v2.0"))),
        ("oid", json!("11111111-2222-4333-8444-555555555555")),
        ("upn", json!("ada@contoso.example")),
        ("azpacr", json!("0")),
        ("ver", json!("2.0")),
        ("exp", json!(NOW + 3599)),
    ] {
        assert_eq!(said[name], value, "{name}");
    }
    let caller = house.caller(&answer["access_token"]).await;
    assert_eq!((caller.kind, caller.user.as_deref()), (CallerKind::Delegated, Some("ada@contoso.example")));
    let prefixed = |name: &str| format!("https://graph.microsoft.com/{name}");
    let scope = format!("openid profile {} {} {SCOPE}", prefixed(READ), prefixed(WRITE));
    assert_eq!(answer["scope"], scope, "in the client's own spelling");
    let identity = claims(&answer["id_token"]);
    for (name, value) in [
        ("aud", json!(TOOL)),
        ("iss", json!(format!("http://{}/{TENANT}/v2.0", house.host))),
        ("oid", said["oid"].clone()),
        ("sub", said["sub"].clone()),
        ("preferred_username", json!("ada@contoso.example")),
        ("tid", json!(TENANT)),
    ] {
        assert_eq!(identity[name], value, "{name}");
    }
    let account = URL_SAFE_NO_PAD.decode(answer["client_info"].as_str().unwrap()).unwrap();
    let account: Value = serde_json::from_slice(&account).unwrap();
    assert_eq!(account, json!({ "uid": said["oid"], "utid": TENANT }));
    assert!(house.token(&password()).await.good().get("client_info").is_none(), "only where it is asked for");

    // One permission is one permission; none of OpenID Connect's is neither id token nor refresh token.
    let answer = house.token(&changed(&password(), "scope", Some(READ))).await.good();
    assert_eq!((&claims(&answer["access_token"])["scp"], &answer["scope"]), (&json!(READ), &json!(READ)));
    assert!(answer.get("id_token").is_none() && answer.get("refresh_token").is_none());

    let service =
        [&changed(&password(), "client_id", Some(SERVICE))[..], &[("client_secret", SECRET)]].concat();
    assert_eq!(claims(&house.token(&service).await.good()["access_token"])["scp"], READ);
    let body =
        house.token(&changed(&service, "scope", Some(WRITE))).await.refused(400, "invalid_grant", 65001);
    assert_eq!(body["suberror"], "consent_required");
    let unproven = changed(&service, "client_secret", None);
    house.token(&unproven).await.refused(401, "invalid_client", 7_000_218);

    let by = |name, value| changed(&password(), name, Some(value));
    house.token(&by("password", "pa55 word")).await.refused(400, "invalid_grant", 50126);
    house.token(&by("username", "eve@contoso.example")).await.refused(400, "invalid_grant", 50034);
    for (user, code) in [
        ("gone@contoso.example", 50057),
        ("safe@contoso.example", 50076),
        ("open@contoso.example", 50056),
        ("me@outlook.example", 50020),
    ] {
        let form = changed(&by("username", user), "password", Some("x"));
        house.token(&form).await.refused(400, "invalid_grant", code);
    }
    for shared in ["common", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"] {
        let path = format!("/{shared}/oauth2/v2.0/token");
        house.post(&path, &password()).await.refused(400, "invalid_request", 9_001_023);
    }
    let answer = house.post("/organizations/oauth2/v2.0/token", &password()).await.good();
    assert_eq!(claims(&answer["access_token"])["tid"], TENANT);
}

#[tokio::test]
async fn version_1() {
    let house = House::start().await;
    let path = format!("/{TENANT}/oauth2/token");
    let form =
        [&changed(&secret(), "scope", None)[..], &[("resource", "https://graph.microsoft.com/")]].concat();
    let answer = house.post(&path, &form).await.good();
    let said = claims(&answer["access_token"]);
    for (name, value) in [
        ("ver", json!("1.0")),
        ("iss", json!(format!("{BASE}/{TENANT}/"))),
        ("aud", json!(GRAPH)),
        ("appid", json!(SERVICE)),
        ("appidacr", json!("1")),
    ] {
        assert_eq!(said[name], value, "{name}");
    }
    assert!(said.get("azp").is_none());
    let seconds = |text: &str| json!(text);
    assert_eq!((&answer["expires_in"], &answer["resource"]), (&seconds("3599"), &json!(GRAPH)));
    assert_eq!(answer["expires_on"], (NOW + 3599).to_string());
    assert_eq!(house.caller(&answer["access_token"]).await.kind, CallerKind::Application);

    let form = [&changed(&password(), "scope", None)[..], &[("resource", GRAPH)]].concat();
    let answer = house.post(&path, &form).await.good();
    let said = claims(&answer["access_token"]);
    assert_eq!(
        (&said["unique_name"], &said["upn"]),
        (&json!("ada@contoso.example"), &json!("ada@contoso.example"))
    );
    assert_eq!(said["scp"], format!("{READ} {WRITE}"));
    assert!(answer["refresh_token"].is_string());
    assert_eq!(claims(&answer["id_token"])["iss"], format!("http://{}/{TENANT}/", house.host));
    assert_eq!(house.caller(&answer["access_token"]).await.user.as_deref(), Some("ada@contoso.example"));
    house.post(&path, &changed(&form, "resource", None)).await.refused(400, "invalid_request", 900_144);
    let elsewhere = changed(&form, "resource", Some("https://vault.azure.net"));
    house.post(&path, &elsewhere).await.refused(400, "invalid_resource", 500_011);
}

#[tokio::test]
async fn refresh_tokens() {
    let house = House::start().await;
    let first = house.token(&password()).await.good();
    let token = first["refresh_token"].as_str().unwrap();
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", TOOL),
        ("refresh_token", token),
        ("scope", DELEGATED),
    ];
    let second = house.token(&form).await.good();
    assert_eq!(claims(&second["access_token"])["oid"], claims(&first["access_token"])["oid"]);
    assert_ne!(second["refresh_token"], first["refresh_token"], "each use gives a new one");
    house.token(&form).await.good();
    // Without scope: what was asked for then. With another: of what was granted to the application.
    let same = house.token(&changed(&form, "scope", None)).await.good();
    assert_eq!(claims(&same["access_token"])["scp"], format!("{READ} {WRITE}"));
    let less = house.token(&changed(&form, "scope", Some(READ))).await.good();
    assert_eq!(claims(&less["access_token"])["scp"], READ);
    assert!(less["refresh_token"].is_string());
    house.token(&changed(&form, "scope", Some("Mail.Read"))).await.refused(400, "invalid_grant", 65001);

    let stolen = [&changed(&form, "client_id", Some(SERVICE))[..], &[("client_secret", SECRET)]].concat();
    house.token(&stolen).await.refused(400, "invalid_grant", 70000);
    let mut altered = token.to_owned();
    let last = if altered.pop() == Some('A') { 'B' } else { 'A' };
    altered.push(last);
    for broken in [altered.as_str(), "1.", "nonsense", "1.AAAA"] {
        house.token(&changed(&form, "refresh_token", Some(broken))).await.refused(
            400,
            "invalid_grant",
            9_002_313,
        );
    }
    // It survives a restart, and the user's end ends it.
    let again = house.again(&json!([contoso()])).await;
    again.token(&form).await.good();
    let mut seed = contoso();
    seed["users"][0]["accountEnabled"] = json!(false);
    house.again(&json!([seed])).await.token(&form).await.refused(400, "invalid_grant", 50057);
    seed["users"].as_array_mut().unwrap().remove(0);
    house.again(&json!([seed])).await.token(&form).await.refused(400, "invalid_grant", 50034);
    house.pass(90 * 24 * 3600 - 1);
    house.token(&form).await.good();
    house.pass(1);
    house.token(&form).await.refused(400, "invalid_grant", 700_082);
}

/// Without a seed: any tenant, the generated client, one user.
#[tokio::test]
async fn without_a_seed() {
    let house = House::seeded(&json!([])).await;
    let (id, secret) = (house.issuer.client_id(), house.issuer.client_secret().expose());
    let form = [
        ("grant_type", "password"),
        ("client_id", id),
        ("username", DEFAULT_USER),
        ("password", secret),
        ("scope", DELEGATED),
    ];
    for tenant in [TENANT, OTHER_TENANT] {
        let answer = house.post(&format!("/{tenant}/oauth2/v2.0/token"), &form).await.good();
        assert_eq!(claims(&answer["access_token"])["tid"], tenant);
        assert!(house.caller(&answer["access_token"]).await.permissions.contains(&WRITE.to_owned()));
    }
    let wrong = changed(&form, "password", Some("password"));
    house.token(&wrong).await.refused(400, "invalid_grant", 50126);
    // Microsoft's own public clients.
    let tool = changed(&form, "client_id", Some("14d82eec-204b-4c2f-b7e8-296a70dab67e"));
    house.token(&tool).await.good();
    // A seed that says nothing of users leaves the one there is; its tenants are the only ones.
    let house = house.again(&json!([{ "tenant": TENANT }])).await;
    house.token(&form).await.good();
    house.post(&format!("/{OTHER_TENANT}/oauth2/v2.0/token"), &form).await.refused(
        400,
        "invalid_tenant",
        90002,
    );
}
