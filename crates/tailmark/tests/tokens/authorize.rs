//! Signing in by browser: the page, the way back with a code, and what a code is good for.

use serde_json::json;

use super::forge::{TENANT, encode};
use super::house::{House, READ, SECRET, SERVICE, TOOL, changed, claims, encoded};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const BACK: &str = "http://localhost:51234/back";
const WEB: &str = "https://inventory.example/back?from=here";

fn challenge() -> String {
    encode(ring::digest::digest(&ring::digest::SHA256, VERIFIER.as_bytes()))
}

fn at() -> String {
    format!("/{TENANT}/oauth2/v2.0/authorize")
}

/// A tool's request; the challenge is RFC 7636's own example.
fn request(challenge: &str) -> Vec<(&str, &str)> {
    vec![
        ("client_id", TOOL),
        ("response_type", "code"),
        ("redirect_uri", BACK),
        ("scope", "openid offline_access https://graph.microsoft.com/.default"),
        ("state", "a b&c"),
        ("nonce", "n-1"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ]
}

fn as_ada<'a>(request: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [request, &[("user", "ada@contoso.example"), ("password", "pa55 wörd"), ("decision", "approve")]].concat()
}

fn pair(url: &reqwest::Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

async fn code(house: &House, challenge: &str) -> String {
    let back = house.post(&at(), &as_ada(&request(challenge))).await.location();
    pair(&back, "code").unwrap()
}

#[tokio::test]
async fn a_tool() {
    let house = House::start().await;
    let challenge = challenge();
    let request = request(&challenge);
    let page = house.get(&format!("{}?{}", at(), encoded(&request))).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for there in ["ada@contoso.example", "open@contoso.example", "value=\"a b&amp;c\"", "value=\"n-1\""] {
        assert!(page.text.contains(there), "{there}: {}", page.text);
    }
    let back = house.post(&at(), &as_ada(&request)).await.location();
    assert!(back.as_str().starts_with(&format!("{BACK}?code=")), "{back}");
    assert_eq!(pair(&back, "state").as_deref(), Some("a b&c"));
    assert_eq!(pair(&back, "client_info"), None);
    let asked = [&as_ada(&request)[..], &[("client_info", "1")]].concat();
    assert!(pair(&house.post(&at(), &asked).await.location(), "client_info").is_some());
    let code = pair(&back, "code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", TOOL),
        ("code", &code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let wrong = VERIFIER.replace('d', "e");
    house.token(&changed(&form, "code_verifier", Some(&wrong))).await.refused(400, "invalid_grant", 501_481);
    house.token(&changed(&form, "code_verifier", None)).await.refused(400, "invalid_grant", 501_481);
    house.token(&changed(&form, "redirect_uri", Some("http://localhost/back"))).await.refused(
        400,
        "invalid_request",
        50011,
    );
    let stolen = [&changed(&form, "client_id", Some(SERVICE))[..], &[("client_secret", SECRET)]].concat();
    house.token(&stolen).await.refused(400, "invalid_grant", 70000);
    house.token(&changed(&form, "code", Some("1.AAAA"))).await.refused(400, "invalid_grant", 9_002_313);
    // None of these has used it up.
    let answer = house.token(&form).await.good();
    assert_eq!(claims(&answer["id_token"])["nonce"], "n-1");
    assert_eq!(house.caller(&answer["access_token"]).await.user.as_deref(), Some("ada@contoso.example"));
    assert!(answer["refresh_token"].is_string());
    house.token(&form).await.refused(400, "invalid_grant", 54005);
    // A refresh token is no code.
    let other = changed(&form, "code", answer["refresh_token"].as_str());
    house.token(&other).await.refused(400, "invalid_grant", 9_002_313);
}

#[tokio::test]
async fn codes_end() {
    let house = House::start().await;
    let challenge = challenge();
    let code = code(&house, &challenge).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", TOOL),
        ("code", &code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let again = house.again(&json!([super::house::contoso()])).await;
    again.token(&form).await.refused(400, "invalid_grant", 9_002_313);
    house.pass(600);
    house.token(&form).await.refused(400, "invalid_grant", 70008);
}

#[tokio::test]
async fn a_web_application() {
    let house = House::start().await;
    let request = [
        ("client_id", SERVICE),
        ("response_type", "code"),
        ("redirect_uri", WEB),
        ("scope", READ),
        ("response_mode", "form_post"),
        ("state", "\"><script>"),
    ];
    let page = house.post(&at(), &as_ada(&request)).await;
    assert!(page.status == 200 && page.text.contains("action=\"https://inventory.example/back?from=here\""));
    assert!(page.text.contains("&quot;&gt;&lt;script&gt;") && !page.text.contains("\"><script>\""));
    let found = |page: &str| {
        page.split("name=\"code\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let code = found(&page.text);
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", SERVICE),
        ("client_secret", SECRET),
        ("code", &code),
        ("redirect_uri", WEB),
    ];
    house.token(&changed(&form, "client_secret", None)).await.refused(401, "invalid_client", 7_000_218);
    let answer = house.token(&form).await.good();
    assert_eq!(claims(&answer["access_token"])["azpacr"], "1");

    let query = changed(&request, "response_mode", Some("query"));
    let back = house.post(&at(), &as_ada(&query)).await.location();
    assert_eq!(pair(&back, "from").as_deref(), Some("here"), "its own query stays");
    let fragment = changed(&request, "response_mode", Some("fragment"));
    let back = house.post(&at(), &as_ada(&fragment)).await.location();
    assert!(back.fragment().unwrap().starts_with("code=") && back.query() == Some("from=here"), "{back}");
}

/// Nobody is sent to an address that is not registered; who is, learns why.
#[tokio::test]
async fn what_is_refused() {
    let house = House::start().await;
    let challenge = challenge();
    let request = request(&challenge);
    let get = async |form: Vec<(&str, &str)>| house.get(&format!("{}?{}", at(), encoded(&form))).await;
    for (name, value, number) in [
        ("redirect_uri", Some("https://evil.example/back"), "AADSTS50011"),
        ("redirect_uri", Some("http://localhost:1/other"), "AADSTS50011"),
        ("redirect_uri", Some("http://localhost.evil.example/back"), "AADSTS50011"),
        ("redirect_uri", Some("http://localhost@evil.example/back"), "AADSTS50011"),
        ("redirect_uri", Some("https://localhost:1/back"), "AADSTS50011"),
        ("redirect_uri", None, "AADSTS900144"),
        ("client_id", Some("nobody"), "AADSTS700016"),
        ("client_id", None, "AADSTS900144"),
    ] {
        let page = get(changed(&request, name, value)).await;
        assert!(page.status == 400 && page.text.contains(number), "{value:?}: {}", page.text);
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    }
    for (name, value, error) in [
        ("response_type", Some("token"), "unsupported_response_type"),
        ("response_type", None, "invalid_request"),
        ("response_mode", Some("pigeon"), "invalid_request"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("scope", Some("Mail.Read"), "invalid_grant"),
        ("scope", None, "invalid_request"),
        ("prompt", Some("none"), "login_required"),
        ("decision", Some("decline"), "authorization_declined"),
    ] {
        let back = get(changed(&request, name, value)).await.location();
        assert!(back.as_str().starts_with(BACK), "{back}");
        assert_eq!(pair(&back, "error").as_deref(), Some(error), "{name} {value:?}: {back}");
        assert_eq!(pair(&back, "state").as_deref(), Some("a b&c"));
    }
    let ada = as_ada(&request);
    let wrong = house.post(&at(), &changed(&ada, "password", Some("x"))).await;
    assert!(wrong.status == 400 && wrong.text.contains("AADSTS50126"));
    let strange = house.send("POST", &at(), &[("origin", "https://evil.example")], Some(&ada)).await;
    assert!(strange.status == 400 && strange.text.contains("AADSTS90023"));
}

#[tokio::test]
async fn signing_out() {
    let house = House::start().await;
    let path = format!("/{TENANT}/oauth2/v2.0/logout?post_logout_redirect_uri=");
    let back =
        house.get(&format!("{path}https%3A%2F%2Finventory.example%2Fback%3Ffrom%3Dhere")).await.location();
    assert_eq!(back.as_str(), WEB);
    assert_eq!(house.get(&format!("{path}https%3A%2F%2Fevil.example")).await.status, 200);
}
