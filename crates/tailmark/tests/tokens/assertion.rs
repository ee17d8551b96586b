//! Applications that show who they are by a certificate, and everybody who would like to be one.

use serde_json::{Value, json};

use super::forge::{NOW, OTHER_TENANT, Pair, TENANT, der, encode, hmac_sha256, signed, with};
use super::house::{House, SCOPE, SERVICE, TOOL, changed, claims, contoso};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn thumbprint(algorithm: &'static ring::digest::Algorithm, pem: &str) -> String {
    encode(ring::digest::digest(algorithm, &der(pem)))
}

fn sha256(pem: &str) -> String {
    thumbprint(&ring::digest::SHA256, pem)
}

const RSA: &str = include_str!("rsa.crt.pem");
const EC: &str = include_str!("ec.crt.pem");
const EXPIRED: &str = include_str!("rsa-expired.crt.pem");

fn assertion(house: &House) -> Value {
    json!({
        "aud": format!("http://{}/{TENANT}/oauth2/v2.0/token", house.host),
        "iss": SERVICE, "sub": SERVICE, "jti": "1", "nbf": NOW, "iat": NOW, "exp": NOW + 600,
    })
}

async fn ask(house: &House, assertion: &str) -> super::house::Reply {
    house.token(&form(assertion)).await
}

fn form(assertion: &str) -> [(&str, &str); 5] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", SERVICE),
        ("client_assertion_type", TYPE),
        ("client_assertion", assertion),
        ("scope", SCOPE),
    ]
}

#[tokio::test]
async fn every_algorithm_and_thumbprint() {
    let house = House::start().await;
    let claims_of = assertion(&house).to_string();
    let (rsa, ec) = (Pair::rsa(), Pair::certified_ec());
    let sha1 = thumbprint(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, RSA);
    let headers = [
        json!({ "alg": "RS256", "typ": "JWT", "x5t": sha1 }),
        // As PyJWT's users encode it: with padding.
        json!({ "alg": "RS256", "x5t": format!("{sha1}=") }),
        json!({ "alg": "RS256", "x5t#S256": sha256(RSA), "x5t": sha1, "x5c": ["AAAA"] }),
    ];
    for header in headers {
        let token = signed(&header.to_string(), &claims_of, |message| rsa.sign(message));
        let answer = ask(&house, &token).await.good();
        let said = claims(&answer["access_token"]);
        assert_eq!((&said["azpacr"], &said["azp"]), (&json!("2"), &json!(SERVICE)));
    }
    let header = json!({ "alg": "PS256", "x5t#S256": sha256(RSA) }).to_string();
    let pss = signed(&header, &claims_of, |message| rsa.sign_pss(message));
    ask(&house, &pss).await.good();
    let header = json!({ "alg": "ES256", "x5t#S256": sha256(EC) }).to_string();
    ask(&house, &signed(&header, &claims_of, |message| ec.sign(message))).await.good();
    // Libraries send the same one until it expires.
    ask(&house, &pss).await.good();
}

#[tokio::test]
async fn every_form_of_the_audience() {
    let mut seed = contoso();
    seed["domains"] = json!(["contoso.example", "contoso.onmicrosoft.com"]);
    let house =
        House::with(&json!([seed, { "tenant": OTHER_TENANT }]), json!({}), "https://sign-in.example:8443")
            .await;
    let ask = async |audience: Value| {
        let claims = with(&assertion(&house), &json!({ "aud": audience })).to_string();
        let header = json!({ "alg": "RS256", "x5t#S256": sha256(RSA) }).to_string();
        ask(&house, &signed(&header, &claims, |message| Pair::rsa().sign(message))).await
    };
    let here = format!("http://{}", house.host);
    for audience in [
        format!("{here}/{TENANT}/oauth2/token"),
        format!("{here}/{TENANT}/v2.0"),
        format!("{here}/{TENANT}/"),
        format!("{here}/contoso.onmicrosoft.com/oauth2/v2.0/token"),
        format!("{here}/common/oauth2/v2.0/token"),
        format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"),
        format!("https://sts.windows.net/{TENANT}/"),
        format!("https://sign-in.example/{TENANT}/oauth2/v2.0/token"),
        format!("http://tailmark.internal:4280/{TENANT}/v2.0"),
    ] {
        ask(json!(audience)).await.good();
    }
    ask(json!(["https://a.example", format!("{here}/{TENANT}/v2.0")])).await.good();
    for audience in [
        json!("https://graph.microsoft.com"),
        json!(format!("https://evil.example/{TENANT}/oauth2/v2.0/token")),
        json!(format!("{here}/{OTHER_TENANT}/oauth2/v2.0/token")),
        json!(format!("{here}/{TENANT}/oauth2/v2.0/authorize")),
        json!(format!("https://login.microsoftonline.com.evil.example/{TENANT}/v2.0")),
        json!(format!("https://login.microsoftonline.com@evil.example/{TENANT}/v2.0")),
        json!(SERVICE),
        json!(""),
        json!([]),
        json!(5),
        Value::Null,
    ] {
        ask(audience).await.refused(401, "invalid_client", 50027);
    }
}

#[tokio::test]
async fn forgeries() {
    let house = House::start().await;
    let rsa = Pair::rsa();
    let good = json!({ "alg": "RS256", "x5t#S256": sha256(RSA) });
    let token = |header: &Value, claims: &Value| {
        signed(&header.to_string(), &claims.to_string(), |message| rsa.sign(message))
    };
    let own = assertion(&house);
    ask(&house, &token(&good, &own)).await.good();

    // What is claimed.
    for (change, code) in [
        (json!({ "exp": NOW - 60 }), 700_024),
        (json!({ "nbf": NOW + 61 }), 700_024),
        (json!({ "iat": NOW + 61 }), 700_024),
        (json!({ "exp": null }), 50027),
        (json!({ "exp": "soon" }), 50027),
        (json!({ "jti": null }), 50027),
        (json!({ "jti": "" }), 50027),
        (json!({ "iss": TOOL }), 50048),
        (json!({ "sub": TOOL }), 50048),
        (json!({ "iss": TOOL, "sub": TOOL }), 50048),
        (json!({ "sub": null }), 50027),
    ] {
        ask(&house, &token(&good, &with(&own, &change))).await.refused(401, "invalid_client", code);
    }
    // How it is signed.
    let none = format!(
        "{}.{}.",
        encode(json!({ "alg": "none", "x5t#S256": sha256(RSA) }).to_string()),
        encode(own.to_string())
    );
    ask(&house, &none).await.refused(401, "invalid_client", 50027);
    let header = with(&good, &json!({ "alg": "HS256" }));
    for secret in
        [rsa.public_bytes(), der(RSA), RSA.as_bytes().to_vec(), super::house::SECRET.as_bytes().to_vec()]
    {
        let hmac = signed(&header.to_string(), &own.to_string(), |message| hmac_sha256(&secret, message));
        ask(&house, &hmac).await.refused(401, "invalid_client", 50027);
    }
    let other = Pair::ec();
    let jwk = with(&other.jwk("own"), &json!({ "use": null }));
    for (header, code) in [
        // Another's certificate, an expired one, none, one that is not registered, a key for another algorithm.
        (json!({ "alg": "RS256", "x5t#S256": sha256(EXPIRED) }), 700_027),
        (json!({ "alg": "RS256", "x5t#S256": encode([7; 32]) }), 700_027),
        (json!({ "alg": "RS256", "x5t#S256": sha256(RSA), "x5t": encode([7; 20]) }), 700_027),
        (json!({ "alg": "RS256" }), 700_027),
        (json!({ "alg": "RS256", "kid": sha256(RSA) }), 700_027),
        (json!({ "alg": "RS256", "x5t#S256": sha256(EC) }), 700_027),
        (json!({ "alg": "PS256", "x5t#S256": sha256(RSA) }), 700_027),
        (json!({ "alg": "RS256", "x5t#S256": sha256(RSA), "crit": ["x"] }), 50027),
        (json!({ "alg": "RS256", "x5t#S256": 5 }), 50027),
    ] {
        ask(&house, &token(&header, &own)).await.refused(401, "invalid_client", code);
    }
    for header in [
        json!({ "alg": "ES256", "x5t#S256": sha256(EC) }),
        json!({ "alg": "ES256", "x5t#S256": sha256(EC), "jwk": jwk }),
        json!({ "alg": "ES256", "x5t#S256": sha256(RSA) }),
    ] {
        let forged = signed(&header.to_string(), &own.to_string(), |message| other.sign(message));
        ask(&house, &forged).await.refused(401, "invalid_client", 700_027);
    }
    for nonsense in ["x", "a.b", "a.b.c", "..", "e30.e30.AAAA"] {
        ask(&house, nonsense).await.refused(401, "invalid_client", 50027);
    }
    let good_header = good;
    let good = token(&good_header, &own);
    let other_type = changed(&form(&good), "client_assertion_type", Some("urn:x"));
    house.token(&other_type).await.refused(401, "invalid_client", 50027);
    let no_type = changed(&form(&good), "client_assertion_type", None);
    house.token(&no_type).await.refused(400, "invalid_request", 900_144);
    // One that was made for another server, by whoever runs that and calls us by its name.
    let theirs = with(&own, &json!({ "aud": format!("https://evil.example/{TENANT}/oauth2/v2.0/token") }));
    let theirs = token(&good_header, &theirs);
    let path = format!("/{TENANT}/oauth2/v2.0/token");
    let sent = house.send("POST", &path, &[("host", "evil.example")], Some(&form(&theirs))).await;
    sent.refused(401, "invalid_client", 50027);
    // For another application: it has no certificate.
    let stolen = changed(&form(&good), "client_id", Some(TOOL));
    house.token(&stolen).await.refused(401, "invalid_client", 700_025);
    house.pass(700);
    ask(&house, &good).await.refused(401, "invalid_client", 700_024);
}
