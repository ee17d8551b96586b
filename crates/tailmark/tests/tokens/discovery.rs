//! The documents by which libraries find their way, in both versions and under every name.

use serde_json::json;

use super::forge::TENANT;
use super::house::{House, contoso};

const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

#[tokio::test]
async fn of_both_versions() {
    let house = House::start().await;
    let here = format!("http://{}", house.host);
    for (segment, name) in [
        (TENANT, TENANT),
        ("contoso.example", TENANT),
        ("common", "{tenantid}"),
        ("Organizations", "{tenantid}"),
        ("consumers", PERSONAL),
        (PERSONAL, PERSONAL),
    ] {
        let v2 = house.get(&format!("/{segment}/v2.0/.well-known/openid-configuration")).await.good();
        assert_eq!(v2["issuer"], format!("{here}/{name}/v2.0"));
        let v1 = house.get(&format!("/{segment}/.well-known/openid-configuration")).await.good();
        assert_eq!(v1["issuer"], format!("{here}/{name}/"));
        for (document, part) in [(&v2, "oauth2/v2.0"), (&v1, "oauth2")] {
            let at = |member: &str| document[member].as_str().unwrap().to_owned();
            for (member, last) in [
                ("token_endpoint", "token"),
                ("authorization_endpoint", "authorize"),
                ("device_authorization_endpoint", "devicecode"),
                ("end_session_endpoint", "logout"),
            ] {
                assert!(
                    at(member).starts_with(&here) && at(member).ends_with(&format!("/{part}/{last}")),
                    "{}",
                    at(member)
                );
            }
            let keys = at("jwks_uri");
            let keys = house.get(keys.strip_prefix(&here).unwrap()).await.good();
            assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
        }
    }
    let refused = house.get("/fabrikam.example/v2.0/.well-known/openid-configuration").await;
    refused.refused(400, "invalid_tenant", 90002);
}

/// What something in front of the service, or of the network, makes of its name.
#[tokio::test]
async fn under_other_names() {
    let house = House::with(&json!([contoso()]), json!({}), "https://sign-in.example:8443").await;
    let path = format!("/{TENANT}/v2.0/.well-known/openid-configuration");
    for (host, base) in [
        ("sign-in.example:8443", "https://sign-in.example:8443"),
        ("login.microsoftonline.com", "http://login.microsoftonline.com"),
        ("localhost:1", "http://localhost:1"),
    ] {
        let found = house.send("GET", &path, &[("host", host)], None).await.good();
        assert_eq!(found["issuer"], format!("{base}/{TENANT}/v2.0"));
    }
    // Libraries ask by host name alone, the service knows its port.
    let asked = |host: &str| {
        format!(
            "/common/discovery/instance?api-version=1.1&authorization_endpoint=https://{host}/{TENANT}/oauth2/v2.0/authorize"
        )
    };
    let microsoft = [("host", "login.microsoftonline.com")];
    let found = house.send("GET", &asked("sign-in.example"), &microsoft, None).await.good();
    assert_eq!(found["tenant_discovery_endpoint"], format!("https://sign-in.example:8443{path}"));
    let aliases = |place: usize| found["metadata"][place]["aliases"].as_array().unwrap().clone();
    assert_eq!(aliases(0), ["sign-in.example:8443"]);
    assert!(aliases(1).contains(&json!("login.microsoftonline.com")));
    let found = house.send("GET", &asked("login.microsoftonline.com"), &microsoft, None).await.good();
    assert_eq!(found["metadata"][0]["preferred_cache"], "login.windows.net");
    assert_eq!(found["metadata"].as_array().unwrap().len(), 1);
    let stranger = house.send("GET", &asked("evil.example"), &microsoft, None).await;
    stranger.refused(400, "invalid_instance", 50049);
}

/// Marked by whoever ended TLS in this program.
#[tokio::test]
async fn through_tls() {
    use tower_service::Service as _;

    let house = House::start().await;
    let mut routes = tailmark::issuer::routes(house.issuer.clone());
    let request = axum::http::Request::get(format!("/{TENANT}/v2.0/.well-known/openid-configuration"))
        .header("host", "login.microsoftonline.com")
        .extension(tailmark::tls::Transport::Intercepted)
        .body(axum::body::Body::empty())
        .unwrap();
    let response = routes.call(request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    let found: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(found["issuer"], format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
}

#[tokio::test]
async fn the_realm_of_a_user() {
    let house = House::start().await;
    for path in [
        "/common/userrealm/ada@contoso.example?api-version=1.0",
        "/common/UserRealm/ada%40contoso.example?api-version=1.0",
        "/common/userrealm/?user=ada%40contoso.example&api-version=2.1",
    ] {
        let found = house.get(path).await.good();
        assert_eq!(
            (&found["account_type"], &found["domain_name"]),
            (&json!("Managed"), &json!("contoso.example")),
            "{path}"
        );
    }
    assert_eq!(house.get("/common/userrealm/nobody").await.good()["account_type"], "Unknown");
    house.get("/common/userrealm/").await.refused(400, "invalid_request", 900_144);
}

/// Whatever comes, the answer is one of the issuer's own.
#[tokio::test]
async fn nothing_makes_it_fail() {
    let house = House::start().await;
    let long = "a".repeat(4000);
    let values = ["", "\0", "é", "{}", "1.AAAA", "a b", "%ff", "../..", "https://[::1", &long];
    let names = [
        "grant_type",
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
        "scope",
        "resource",
        "code",
        "device_code",
        "refresh_token",
        "username",
        "password",
        "redirect_uri",
        "response_type",
        "user_code",
        "user",
        "decision",
        "state",
        "nonce",
        "code_challenge",
        "authorization_endpoint",
        "post_logout_redirect_uri",
    ];
    let good = [
        ("client_id", super::house::TOOL),
        ("scope", super::house::SCOPE),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost/back"),
        ("code_challenge", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        ("code_challenge_method", "S256"),
        ("decision", "approve"),
        ("user", "open@contoso.example"),
    ];
    for path in [
        "oauth2/v2.0/token",
        "oauth2/token",
        "oauth2/v2.0/devicecode",
        "oauth2/devicecode",
        "oauth2/deviceauth",
        "oauth2/v2.0/authorize",
        "oauth2/authorize",
        "oauth2/v2.0/logout",
        "discovery/instance",
        "userrealm/",
        "v2.0/.well-known/openid-configuration",
    ] {
        for (place, name) in names.iter().enumerate() {
            let value = values[place % values.len()];
            let form = super::house::changed(&good, name, Some(value));
            let tenant = [TENANT, "common", "%00", "contoso.example"][place % 4];
            let query = format!("/{tenant}/{path}?{}", super::house::encoded(&form));
            for reply in [house.get(&query).await, house.post(&format!("/{tenant}/{path}"), &form).await] {
                assert!(reply.status < 500, "{query}: {}", reply.text);
                let media = reply.headers.get("content-type").map(|media| media.to_str().unwrap().to_owned());
                let media = media.unwrap_or_default();
                let own = media.starts_with("application/json") || media.starts_with("text/html");
                assert!(own || reply.status == 303, "{query}: {} {media}", reply.status);
            }
        }
    }
}
