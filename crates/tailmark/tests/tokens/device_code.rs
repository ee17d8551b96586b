//! Signing in with a device code, as the client and as the user see it.

use serde_json::{Value, json};

use super::forge::{GRAPH, NOW, TENANT};
use super::house::{House, READ, Reply, SCOPE, SERVICE, TOOL, WRITE, changed, claims, contoso};

const URN: &str = "urn:ietf:params:oauth:grant-type:device_code";
const PAGE: &str = "/common/oauth2/deviceauth";

async fn begin(house: &House) -> Value {
    let path = format!("/{TENANT}/oauth2/v2.0/devicecode");
    let scope = format!("openid offline_access {SCOPE}");
    house.post(&path, &[("client_id", TOOL), ("scope", &scope)]).await.good()
}

async fn poll(house: &House, device_code: &Value) -> Reply {
    let code = device_code.as_str().unwrap();
    house.token(&[("grant_type", URN), ("client_id", TOOL), ("device_code", code)]).await
}

#[tokio::test]
async fn the_whole_way() {
    let house = House::start().await;
    let begun = begin(&house).await;
    let user_code = begun["user_code"].as_str().unwrap();
    assert_eq!(begun["verification_uri"], format!("http://{}{PAGE}", house.host));
    assert_eq!((&begun["expires_in"], &begun["interval"]), (&json!(900), &json!(5)));
    assert!(begun["message"].as_str().unwrap().contains(user_code));
    poll(&house, &begun["device_code"]).await.refused(400, "authorization_pending", 70016);
    poll(&house, &begun["device_code"]).await.refused(400, "slow_down", 70016);
    house.pass(5);
    poll(&house, &begun["device_code"]).await.refused(400, "authorization_pending", 70016);

    let entered = house.get(&format!("{PAGE}?otc={user_code}")).await;
    assert!(entered.status == 200 && entered.text.contains(user_code));
    // As people type it.
    let typed = format!("{}-{} ", user_code[..4].to_lowercase(), &user_code[4..]);
    let choice = house.post(PAGE, &[("user_code", &typed)]).await;
    assert_eq!(choice.status, 200, "{}", choice.text);
    assert!(choice.text.contains("Ada &lt;i&gt;&amp;amp;&lt;/i&gt; Co"), "{}", choice.text);
    assert!(!choice.text.contains("outlook.example"), "no personal account at a tenant");
    let policy = choice.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let form = [
        ("user_code", user_code),
        ("user", "ada@contoso.example"),
        ("password", "pa55 wörd"),
        ("decision", "approve"),
    ];
    for (name, value, number) in [
        ("password", "x", "AADSTS50126"),
        ("user", "eve@contoso.example", "AADSTS50034"),
        ("user", "gone@contoso.example", "AADSTS50057"),
    ] {
        let refused = house.post(PAGE, &changed(&form, name, Some(value))).await;
        assert!(refused.status == 400 && refused.text.contains(number), "{}", refused.text);
    }
    poll(&house, &begun["device_code"]).await.refused(400, "slow_down", 70016);
    assert_eq!(house.post(PAGE, &form).await.status, 200);
    let answer = poll(&house, &begun["device_code"]).await.good();
    assert_eq!(claims(&answer["access_token"])["scp"], format!("{READ} {WRITE}"));
    assert_eq!(house.caller(&answer["access_token"]).await.user.as_deref(), Some("ada@contoso.example"));
    assert!(answer["id_token"].is_string() && answer["refresh_token"].is_string());
    poll(&house, &begun["device_code"]).await.refused(400, "invalid_grant", 54005);
    // What is done is done.
    assert_eq!(house.post(PAGE, &form).await.status, 400);
}

#[tokio::test]
async fn what_goes_wrong() {
    let house = House::start().await;
    let begun = begin(&house).await;
    let code = begun["device_code"].as_str().unwrap();
    let user_code = begun["user_code"].as_str().unwrap();
    let form = [("user_code", user_code), ("user", "open@contoso.example"), ("decision", "approve")];
    // A page elsewhere that sends its visitor's browser here.
    for headers in [
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
        [("origin", "https://evil.example")],
        [("origin", "null")],
    ] {
        assert_eq!(house.send("POST", PAGE, &headers, Some(&form)).await.status, 400, "{headers:?}");
    }
    poll(&house, &begun["device_code"]).await.refused(400, "authorization_pending", 70016);
    let stolen = [
        ("grant_type", URN),
        ("client_id", SERVICE),
        ("client_secret", super::house::SECRET),
        ("device_code", code),
    ];
    house.token(&stolen).await.refused(400, "invalid_grant", 70000);
    poll(&house, &json!("nonsense")).await.refused(400, "bad_verification_code", 70018);
    let unknown = house.post(PAGE, &changed(&form, "user_code", Some("BBBBBBBBB"))).await;
    assert!(unknown.status == 400 && unknown.text.contains("AADSTS70018"));

    let own = format!("http://{}", house.host);
    let headers = [("sec-fetch-site", "same-origin"), ("origin", own.as_str())];
    let declined = changed(&form, "decision", Some("decline"));
    assert_eq!(house.send("POST", PAGE, &headers, Some(&declined)).await.status, 200);
    for _ in 0..2 {
        poll(&house, &begun["device_code"]).await.refused(400, "authorization_declined", 65004);
    }

    let begun = begin(&house).await;
    house.pass(900);
    poll(&house, &begun["device_code"]).await.refused(400, "expired_token", 70019);
    let late = house.post(PAGE, &changed(&form, "user_code", begun["user_code"].as_str())).await;
    assert!(late.status == 400 && late.text.contains("AADSTS70019"));

    let path = format!("/{TENANT}/oauth2/v2.0/devicecode");
    house.post(&path, &[("client_id", TOOL)]).await.refused(400, "invalid_request", 900_144);
    house.post(&path, &[("client_id", "x"), ("scope", SCOPE)]).await.refused(
        400,
        "unauthorized_client",
        700_016,
    );
    house.post(&path, &[("client_id", TOOL), ("scope", "Mail.Read")]).await.refused(
        400,
        "invalid_grant",
        65001,
    );
}

/// v1.0's names and words, and the names of personal accounts at `common`.
#[tokio::test]
async fn version_1_and_common() {
    let house = House::start().await;
    let path = format!("/{TENANT}/oauth2/devicecode");
    let begun = house.post(&path, &[("client_id", TOOL), ("resource", GRAPH)]).await.good();
    assert!(begun["verification_url"].is_string() && begun["expires_in"] == "900");
    let (code, user_code) = (begun["device_code"].as_str().unwrap(), begun["user_code"].as_str().unwrap());
    let token = format!("/{TENANT}/oauth2/token");
    let form = [("grant_type", "device_code"), ("client_id", TOOL), ("code", code), ("resource", GRAPH)];
    house.post(&token, &form).await.refused(400, "authorization_pending", 70016);
    let approve = [("user_code", user_code), ("user", "open@contoso.example"), ("decision", "approve")];
    assert_eq!(house.post(PAGE, &approve).await.status, 200);
    let answer = house.post(&token, &form).await.good();
    assert_eq!(claims(&answer["access_token"])["ver"], "1.0");
    let begun = house.post(&path, &[("client_id", TOOL), ("resource", GRAPH)]).await.good();
    house.pass(900);
    let form = changed(&form, "code", begun["device_code"].as_str());
    house.post(&token, &form).await.refused(400, "code_expired", 70019);

    let form = [("client_id", TOOL), ("scope", READ)];
    let begun = house.post("/common/oauth2/v2.0/devicecode", &form).await.good();
    let approve = [
        ("user_code", begun["user_code"].as_str().unwrap()),
        ("user", "me@outlook.example"),
        ("password", "x"),
        ("decision", "approve"),
    ];
    assert_eq!(house.post(PAGE, &approve).await.status, 200);
    let form =
        [("grant_type", URN), ("client_id", TOOL), ("device_code", begun["device_code"].as_str().unwrap())];
    let answer = house.post("/common/oauth2/v2.0/token", &form).await.good();
    let caller = house.caller(&answer["access_token"]).await;
    assert_eq!(caller.kind, tailmark::http::caller::CallerKind::Personal);
}

#[tokio::test]
async fn approved_at_once() {
    let house = House::with(&json!([contoso()]), json!({ "device_code": "approve" }), "").await;
    let begun = begin(&house).await;
    let answer = poll(&house, &begun["device_code"]).await.good();
    let said = claims(&answer["access_token"]);
    assert_eq!((&said["upn"], &said["iat"]), (&json!("ada@contoso.example"), &json!(NOW)));
    assert!(
        serde_json::from_value::<tailmark::config::auth::Auth>(json!({ "device_code": "always" })).is_err()
    );
}
