//! One row for each way in which a token can be right or wrong.

use axum::http::HeaderMap;
use serde_json::{Value, json};
use tailmark::http::caller::TokenRefusal as No;
use tailmark::http::caller::{CallerKind, Part};

use super::World;
use super::forge::{
    GRAPH, NOW, OTHER_TENANT, Pair, TENANT, authorization, bearer, encode, hmac_sha256, signed, token, with,
};

/// What comes in and what must come out.
struct Row {
    name: String,
    headers: HeaderMap,
    expected: Result<(), No>,
}

struct Table {
    world: World,
    rows: Vec<Row>,
}

const ES256: &str = r#"{"typ":"JWT","alg":"ES256","kid":"ec"}"#;

impl Table {
    fn row(&mut self, name: impl Into<String>, headers: HeaderMap, expected: Result<(), No>) {
        self.rows.push(Row { name: name.into(), headers, expected });
    }

    /// A token with this header and good claims, signed by the EC key.
    fn header(&mut self, header: &str, expected: Result<(), No>) {
        let token = token(&self.world.ec, header, &self.world.claims().to_string());
        self.row(format!("header {header}"), bearer(&token), expected);
    }

    /// A token with good claims but for these, signed by the EC key.
    fn claims(&mut self, changes: &Value, expected: Result<(), No>) {
        let claims = with(&self.world.claims(), changes).to_string();
        self.text(&format!("claims {changes}"), &claims, expected);
    }

    /// A token with this payload, signed by the EC key.
    fn text(&mut self, name: &str, claims: &str, expected: Result<(), No>) {
        let token = token(&self.world.ec, ES256, claims);
        self.row(name, bearer(&token), expected);
    }

    async fn check(self, at_least: usize) {
        assert!(self.rows.len() >= at_least, "only {} rows", self.rows.len());
        let mut wrong = Vec::new();
        for row in &self.rows {
            // Twice: what was verified may not be judged otherwise when it is remembered.
            for _ in 0..2 {
                let actual = self.world.verifier.verify(&row.headers, NOW).await.map(drop);
                if actual != row.expected {
                    wrong.push(format!("{}: {actual:?}, expected {:?}", row.name, row.expected));
                }
            }
        }
        assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), self.rows.len(), wrong.join("\n"));
    }
}

async fn table() -> Table {
    Table { world: World::new().await, rows: Vec::new() }
}

#[tokio::test]
async fn the_authorization_header() {
    let mut table = table().await;
    let good = table.world.good(&table.world.ec, "ec");
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        table.row(scheme, authorization(&[&format!("{scheme} {good}")]), Ok(()));
        table.row("spaces", authorization(&[&format!("  {scheme}    {good}  ")]), Ok(()));
        table.row("only the scheme", authorization(&[scheme]), Err(No::NoToken));
        table.row("nothing after it", authorization(&[&format!("{scheme}    ")]), Err(No::NoToken));
    }
    table.row("none", HeaderMap::new(), Err(No::NoToken));
    table.row("empty", authorization(&[""]), Err(No::NoToken));
    for scheme in ["Basic", "Digest", "Negotiate", "PoP", "DPoP", "Bearers", "Bearer:", "Token", "b"] {
        table.row(scheme, authorization(&[&format!("{scheme} {good}")]), Err(No::OtherScheme));
    }
    table.row("no space", authorization(&[&format!("Bearer{good}")]), Err(No::OtherScheme));
    table.row("a tab", authorization(&[&format!("Bearer\t{good}")]), Err(No::OtherScheme));
    table.row("no scheme", authorization(&[&good]), Err(No::OtherScheme));
    let header = format!("Bearer {good}");
    table.row("twice the same", authorization(&[&header, &header]), Err(No::SeveralHeaders));
    table.row("good and empty", authorization(&[&header, ""]), Err(No::SeveralHeaders));
    table.row("Basic and good", authorization(&["Basic QTpC", &header]), Err(No::SeveralHeaders));
    let both = format!("{header}, {header}");
    table.row("a list", authorization(&[&both]), Err(No::Malformed(Part::Token)));
    let mut elsewhere = HeaderMap::new();
    for name in ["cookie", "x-access-token", "proxy-authorization", "x-ms-token-aad-access-token"] {
        elsewhere.insert(name, header.parse().unwrap());
    }
    table.row("other headers", elsewhere, Err(No::NoToken));
    let mut binary = HeaderMap::new();
    binary.insert("authorization", axum::http::HeaderValue::from_bytes(b"Bearer \xff\xfe").unwrap());
    table.row("not text", binary, Err(No::Malformed(Part::Token)));
    table.check(35).await;
}

#[tokio::test]
async fn the_size() {
    let mut table = table().await;
    // The payload grows until the header is as long as it may be, or a little longer.
    let fit = |table: &Table, wanted: usize| {
        let mut padding = 8_000;
        loop {
            let claims = with(&table.world.claims(), &json!({ "pad": "x".repeat(padding) }));
            let value = format!("Bearer {}", token(&table.world.ec, ES256, &claims.to_string()));
            if value.len() >= wanted {
                return value;
            }
            padding += ((wanted - value.len()) * 3 / 4).max(1);
        }
    };
    let longest = (16_380..=16_384).map(|wanted| fit(&table, wanted)).find(|value| value.len() <= 16_384);
    table.row("as long as it may be", authorization(&[&longest.unwrap()]), Ok(()));
    let longer = fit(&table, 16_385);
    table.row("longer", authorization(&[&longer]), Err(No::TooLong));
    table.row(
        "much longer",
        authorization(&[&format!("Bearer {}", "a".repeat(1_000_000))]),
        Err(No::TooLong),
    );
    table.check(3).await;
}

#[tokio::test]
async fn what_is_no_jwt() {
    let mut table = table().await;
    let good = table.world.good(&table.world.ec, "ec");
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    for opaque in ["abc", "EwBAA8l6BAAU", "null", "undefined", "{}", "=", "%20", "$TOKEN", "<token>"] {
        table.row(opaque, bearer(opaque), Err(No::NoDots));
    }
    table.row("one dot", bearer(&format!("{header}.{payload}")), Err(No::OneDot));
    table.row("a dot", bearer("."), Err(No::OneDot));
    for dots in ["...", "....", "a.b.c.d", "a.b.c.d.e"] {
        table.row(dots, bearer(dots), Err(No::Malformed(Part::Token)));
    }
    table.row("one part more", bearer(&format!("{good}.{signature}")), Err(No::Malformed(Part::Token)));
    table.row("a dot more", bearer(&format!("{good}.")), Err(No::Malformed(Part::Token)));
    table.row("two dots", bearer(".."), Err(No::Malformed(Part::Header)));
    let headers = [
        "",
        "e30",
        "W10",
        "bnVsbA",
        "IiI",
        "eyJ",
        "e30=",
        "e3 0",
        "e+/0",
        "e30\u{7f}",
        "MQ",
        "//8",
        // [], a string, a number, text that is not UTF-8, an object with something after it
        &encode("[]"),
        &encode("\"JWT\""),
        &encode("5"),
        &encode(b"{\"alg\":\"\xff\"}"),
        &encode("{} x"),
        &encode("{\"alg\":\"ES256\""),
        &encode("\u{feff}{}"),
    ]
    .map(str::to_owned);
    for other in headers {
        let decoded_object = other == "e30";
        let expected = if decoded_object { No::UnsupportedAlgorithm } else { No::Malformed(Part::Header) };
        if other.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
            table.row(
                format!("header {other}"),
                bearer(&format!("{other}.{payload}.{signature}")),
                Err(expected),
            );
        }
    }
    for other in ["", "W10", "bnVsbA", "IiI", "eyJ", "e30=", "MQ", "e+/0"] {
        let token = signed(ES256, "", |_| Vec::new());
        let token = format!("{}.{other}.{signature}", token.split('.').next().unwrap());
        table.row(format!("payload {other}"), bearer(&token), Err(No::Malformed(Part::Claims)));
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(4_000), "]".repeat(4_000));
    table.text("deep claims", &deep, Err(No::Malformed(Part::Claims)));
    table.row("deep header", bearer(&token(&table.world.ec, &deep, "{}")), Err(No::Malformed(Part::Header)));
    let huge = "{\"exp\":1e999}";
    table.text("a number beyond measure", huge, Err(No::Malformed(Part::Claims)));
    table.check(40).await;
}

#[tokio::test]
async fn the_signature() {
    let mut table = table().await;
    let (rsa, ec) = (table.world.good(&table.world.rsa, "rsa"), table.world.good(&table.world.ec, "ec"));
    table.row("RS256", bearer(&rsa), Ok(()));
    table.row("ES256", bearer(&ec), Ok(()));
    let claims = table.world.claims().to_string();
    let pss = r#"{"alg":"PS256","kid":"rsa"}"#;
    let good = signed(pss, &claims, |message| table.world.rsa.sign_pss(message));
    table.row("PS256", bearer(&good), Ok(()));
    table.row("PS256 that is RS256", bearer(&token(&table.world.rsa, pss, &claims)), Err(No::BadSignature));
    let swapped =
        signed(r#"{"alg":"RS256","kid":"rsa"}"#, &claims, |message| table.world.rsa.sign_pss(message));
    table.row("RS256 that is PS256", bearer(&swapped), Err(No::BadSignature));

    let stranger = Pair::ec();
    table.row("another key", bearer(&token(&stranger, ES256, &claims)), Err(No::BadSignature));
    for (name, signature) in [
        ("none", Vec::new()),
        ("zeros", vec![0; 64]),
        ("r = s = 1", [[0; 31].as_slice(), &[1], &[0; 31], &[1]].concat()),
        ("short", vec![1; 63]),
        ("long", vec![1; 65]),
        ("as DER", vec![0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01]),
        ("as RSA", vec![7; 256]),
    ] {
        let forged = signed(ES256, &claims, |_| signature.clone());
        table.row(format!("signature {name}"), bearer(&forged), Err(No::BadSignature));
        let forged = signed(r#"{"alg":"RS256","kid":"rsa"}"#, &claims, |_| signature);
        table.row(format!("RSA signature {name}"), bearer(&forged), Err(No::BadSignature));
    }
    let message = ec.rsplit_once('.').unwrap().0;
    for signature in ["", "%", "AA=", "A", "+/+/"] {
        let forged = format!("{message}.{signature}");
        table.row(format!("signature text {signature}"), bearer(&forged), Err(No::BadSignature));
    }
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (rsa, ec) = (parts(&rsa), parts(&ec));
    let mixed = format!("{}.{}.{}", ec[0], ec[1], rsa[2]);
    table.row("the other's signature", bearer(&mixed), Err(No::BadSignature));
    let changed = with(&table.world.claims(), &json!({ "scp": "Everything.ReadWrite.All" })).to_string();
    let mixed = format!("{}.{}.{}", ec[0], encode(changed), ec[2]);
    table.row("other claims", bearer(&mixed), Err(No::BadSignature));
    // The same key says the same in other words: another spelling of a signature is another token.
    for cut in 1..ec[2].len() {
        if cut % 9 == 0 {
            let forged = format!("{}.{}.{}", ec[0], ec[1], &ec[2][..cut]);
            table.row(format!("cut at {cut}"), bearer(&forged), Err(No::BadSignature));
        }
    }
    table.check(35).await;
}

#[tokio::test]
async fn every_changed_letter_is_refused() {
    let world = World::new().await;
    let mut tried = 0;
    for good in [world.good(&world.rsa, "rsa"), world.good(&world.ec, "ec")] {
        world.verify(&good).await.unwrap();
        for (at, letter) in good.char_indices().filter(|(at, _)| at % 3 == 0) {
            for other in ["A", "B", "_", ".", ""] {
                let changed = format!("{}{other}{}", &good[..at], &good[at + 1..]);
                if !other.starts_with(letter) {
                    assert!(world.verify(&changed).await.is_err(), "letter {at} as {other:?}");
                    tried += 1;
                }
            }
        }
        // The last letter of a part carries bits that mean nothing: those must be zero.
        let last = good.len() - 1;
        for other in ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']) {
            let changed = format!("{}{other}", &good[..last]);
            assert_eq!(world.verify(&changed).await.is_ok(), changed == good, "last letter {other}");
            tried += 1;
        }
    }
    assert!(tried > 1_000, "only {tried}");
}

#[tokio::test]
async fn the_algorithm() {
    let mut table = table().await;
    let claims = table.world.claims().to_string();
    for alg in [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        " ",
        "HS256",
        "HS384",
        "HS512",
        "hs256",
        "RS384",
        "RS512",
        "PS384",
        "PS512",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
        "Ed25519",
        "rs256",
        "es256",
        "ES256 ",
        "RSA-OAEP",
        "dir",
        "A128KW",
        "RS1",
        "MD5",
        "ES256\\u0000",
        "../keys",
        "http://evil.example",
    ] {
        for kid in ["ec", "rsa"] {
            let header = format!(r#"{{"typ":"JWT","alg":"{alg}","kid":"{kid}"}}"#);
            table.header(&header, Err(No::UnsupportedAlgorithm));
            let unsigned = signed(&header, &claims, |_| Vec::new());
            table.row(format!("unsigned {alg}"), bearer(&unsigned), Err(No::UnsupportedAlgorithm));
        }
    }
    for alg in ["null", "5", "true", "[\"ES256\"]", "{\"alg\":\"ES256\"}"] {
        table.header(&format!(r#"{{"alg":{alg},"kid":"ec"}}"#), Err(No::UnsupportedAlgorithm));
    }
    table.header(r#"{"kid":"ec"}"#, Err(No::UnsupportedAlgorithm));
    // The public key as the secret of an HMAC: the classic confusion.
    let secrets = [
        table.world.rsa.public_bytes(),
        table.world.ec.public_bytes(),
        table.world.rsa.jwk("rsa").to_string().into_bytes(),
        table.world.ec.jwk("ec").to_string().into_bytes(),
        Vec::new(),
        b"secret".to_vec(),
    ];
    for secret in secrets {
        for kid in ["ec", "rsa"] {
            let header = format!(r#"{{"typ":"JWT","alg":"HS256","kid":"{kid}"}}"#);
            let forged = signed(&header, &claims, |message| hmac_sha256(&secret, message));
            table.row("HS256 by public key", bearer(&forged), Err(No::UnsupportedAlgorithm));
        }
        // …and the same under a name that is allowed.
        let forged = signed(ES256, &claims, |message| hmac_sha256(&secret, message));
        table.row("HMAC as ES256", bearer(&forged), Err(No::BadSignature));
    }
    // A key does what its type says, whatever the token says.
    table.header(r#"{"alg":"ES256","kid":"rsa"}"#, Err(No::KeyMismatch));
    table.header(r#"{"alg":"RS256","kid":"ec"}"#, Err(No::KeyMismatch));
    table.header(r#"{"alg":"PS256","kid":"ec"}"#, Err(No::KeyMismatch));
    table.check(140).await;
}

#[tokio::test]
async fn the_key() {
    let mut table = table().await;
    for kid in [
        "EC",
        "ec ",
        " ec",
        "rsa2",
        "../ec",
        "ec\\u0000",
        "' or '1'='1",
        "/dev/null",
        "http://evil.example/k",
    ] {
        table.header(&format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#), Err(No::UnknownKey));
    }
    for kid in ["null", "5", "[\"ec\"]", "{}", "\"\"", "true"] {
        table.header(&format!(r#"{{"alg":"ES256","kid":{kid}}}"#), Err(No::NoKeyId));
    }
    table.header(r#"{"alg":"ES256"}"#, Err(No::NoKeyId));
    table.header(r#"{"alg":"ES256","x5t":"ec"}"#, Err(No::NoKeyId));

    // A key that comes with the token is not looked at, neither for good nor for ill.
    let stranger = Pair::ec();
    let claims = table.world.claims().to_string();
    let evil = format!("{}/keys", table.world.upstream.address);
    for (name, value) in [
        ("jwk", stranger.jwk("ec")),
        ("jku", json!(evil)),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
        ("x5c", json!(5)),
        ("jwk", json!("nonsense")),
    ] {
        let header = with(&serde_json::from_str(ES256).unwrap(), &json!({ name: value })).to_string();
        table.row(
            format!("stranger with {name}"),
            bearer(&token(&stranger, &header, &claims)),
            Err(No::BadSignature),
        );
        table.row(format!("own with {name}"), bearer(&token(&table.world.ec, &header, &claims)), Ok(()));
    }
    let unknown = with(&json!({ "alg": "ES256", "kid": "mine" }), &json!({ "jwk": stranger.jwk("mine") }));
    table.row("own kid", bearer(&token(&stranger, &unknown.to_string(), &claims)), Err(No::UnknownKey));
    table.check(30).await;
}

#[tokio::test]
async fn the_other_members_of_the_header() {
    let mut table = table().await;
    for typ in ["JWT", "jwt", "Jwt", "at+jwt", "AT+JWT", "at+JWT"] {
        table.header(&format!(r#"{{"typ":"{typ}","alg":"ES256","kid":"ec"}}"#), Ok(()));
    }
    table.header(r#"{"alg":"ES256","kid":"ec"}"#, Ok(()));
    table.header(r#"{"alg":"ES256","kid":"ec","nonce":"x","x5t":"y","cty":"z","extra":{"a":[1]}}"#, Ok(()));
    table.header(" {\n\"alg\" : \"ES256\",\t\"kid\":\"ec\" } ", Ok(()));
    for typ in [
        "\"JWE\"",
        "\"JOSE\"",
        "\"dpop+jwt\"",
        "\"id+jwt\"",
        "\"\"",
        "\" JWT\"",
        "null",
        "5",
        "[\"JWT\"]",
        "\"logout+jwt\"",
    ] {
        table.header(&format!(r#"{{"typ":{typ},"alg":"ES256","kid":"ec"}}"#), Err(No::WrongType));
    }
    for crit in ["[]", "[\"exp\"]", "[\"b64\"]", "null", "false", "\"exp\"", "{}"] {
        table.header(&format!(r#"{{"alg":"ES256","kid":"ec","crit":{crit}}}"#), Err(No::CriticalHeader));
    }
    for b64 in ["true", "false", "null"] {
        table.header(&format!(r#"{{"alg":"ES256","kid":"ec","b64":{b64}}}"#), Err(No::CriticalHeader));
    }
    let twice = Err(No::DuplicateMember(Part::Header));
    table.header(r#"{"alg":"ES256","alg":"ES256","kid":"ec"}"#, twice);
    table.header(r#"{"alg":"none","kid":"ec","alg":"ES256"}"#, twice);
    table.header(r#"{"alg":"ES256","kid":"ec","kid":"rsa"}"#, twice);
    table.header(r#"{"alg":"ES256","kid":"ec","\u0061lg":"none"}"#, twice);
    table.header(r#"{"alg":"ES256","kid":"ec","x":1,"x":1}"#, twice);
    table.check(33).await;
}

#[tokio::test]
async fn the_lifetime() {
    let mut table = table().await;
    let (expired, early, future) = (Err(No::Expired), Err(No::NotYetValid), Err(No::IssuedInFuture));
    for (exp, expected) in [
        (json!(NOW + 1), Ok(())),
        (json!(NOW), Ok(())),
        (json!(NOW - 59), Ok(())),
        (json!(NOW as f64 - 59.5), Ok(())),
        (json!(NOW as f64 + 0.25), Ok(())),
        (json!(1e300), Ok(())),
        (json!(i64::MAX), Ok(())),
        (json!(u64::MAX), Ok(())),
        (json!(NOW - 60), expired),
        (json!(NOW as f64 - 60.5), expired),
        (json!(NOW - 61), expired),
        (json!(NOW - 86_400), expired),
        (json!(0), expired),
        (json!(-0.0), expired),
        (json!(-1), expired),
        (json!(i64::MIN), expired),
        (json!(-1e300), expired),
    ] {
        table.claims(&json!({ "exp": exp }), expected);
    }
    for (name, refused) in [("nbf", early), ("iat", future)] {
        for (date, expected) in [
            (json!(0), Ok(())),
            (json!(-5), Ok(())),
            (json!(NOW + 60), Ok(())),
            (json!(NOW as f64 + 59.9), Ok(())),
            (json!(NOW + 61), refused),
            (json!(NOW as f64 + 60.5), refused),
            (json!(NOW + 3_000), refused),
            (json!(1e300), refused),
            (json!(u64::MAX), refused),
        ] {
            table.claims(&json!({ name: date }), expected);
        }
        table.claims(&json!({ name: null }), Ok(()));
    }
    for name in ["exp", "nbf", "iat"] {
        for wrong in ["\"1800003600\"", "\"\"", "null", "true", "[]", "[1800003600]", "{}", "{\"a\":1}"] {
            let claims = with(&table.world.claims(), &json!({ name: "REPLACE" })).to_string();
            let claims = claims.replace("\"REPLACE\"", wrong);
            table.text(&format!("{name} is {wrong}"), &claims, Err(No::InvalidClaim(name)));
        }
    }
    table.claims(&json!({ "exp": null }), Err(No::MissingClaim("exp")));
    table.check(60).await;
}

#[tokio::test]
async fn the_audience() {
    let mut table = table().await;
    let id = "00000003-0000-0000-c000-000000000000";
    for aud in
        [json!(GRAPH), json!(id), json!([GRAPH]), json!(["https://other.example", id]), json!([GRAPH, GRAPH])]
    {
        table.claims(&json!({ "aud": aud }), Ok(()));
    }
    for aud in [
        json!(""),
        json!("https://graph.microsoft.com/"),
        json!("https://graph.microsoft.com.evil.example"),
        json!("HTTPS://graph.microsoft.com"),
        json!("http://graph.microsoft.com"),
        json!("graph.microsoft.com"),
        json!("*"),
        json!("https://management.azure.com"),
        json!("https://graph.microsoft.com 00000003-0000-0000-c000-000000000000"),
        json!("00000002-0000-0000-c000-000000000000"),
        json!([]),
        json!(["https://other.example"]),
        json!([""]),
    ] {
        table.claims(&json!({ "aud": aud }), Err(No::WrongAudience));
    }
    for aud in
        [json!(5), json!(true), json!({ "aud": GRAPH }), json!([5]), json!([GRAPH, 5]), json!([[GRAPH]])]
    {
        table.claims(&json!({ "aud": aud }), Err(No::InvalidClaim("aud")));
    }
    table.claims(&json!({ "aud": null }), Err(No::MissingClaim("aud")));
    table.check(25).await;
}

#[tokio::test]
async fn the_issuer_and_the_tenant() {
    let mut table = table().await;
    let base = table.world.upstream.address.clone();
    let unknown = Err(No::UnknownIssuer);
    for iss in [
        format!("{base}/{OTHER_TENANT}/v2.0"),
        format!("{base}/{TENANT}/v2.0/"),
        format!("{base}/{TENANT}/v1.0"),
        format!("{base}/{TENANT}"),
        format!("{base}//{TENANT}/v2.0"),
        format!("{base}/{}/v2.0", TENANT.to_uppercase()),
        format!("{base}/{{tenantid}}/v2.0"),
        format!("{base}/common/v2.0"),
        format!("{}/{TENANT}/v2.0", base.to_uppercase()),
        format!("{base}@evil.example/{TENANT}/v2.0"),
        format!(" {base}/{TENANT}/v2.0"),
        format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        format!("https://sts.windows.net/{TENANT}/"),
        String::new(),
    ] {
        table.claims(&json!({ "iss": iss }), unknown);
    }
    for iss in [json!(5), json!(true), json!({}), json!([format!("{base}/{TENANT}/v2.0")])] {
        table.claims(&json!({ "iss": iss }), Err(No::InvalidClaim("iss")));
    }
    table.claims(&json!({ "iss": null }), Err(No::MissingClaim("iss")));

    table.claims(&json!({ "tid": OTHER_TENANT }), unknown);
    let other = format!("{base}/{OTHER_TENANT}/v2.0");
    table.claims(&json!({ "tid": OTHER_TENANT, "iss": other }), Err(No::WrongTenant));
    table.claims(&json!({ "tid": TENANT.to_uppercase() }), Ok(()));
    for tid in [
        json!(""),
        json!("common"),
        json!("contoso.onmicrosoft.com"),
        json!(format!("{{{TENANT}}}")),
        json!(format!("urn:uuid:{TENANT}")),
        json!(TENANT.replace('-', "")),
        json!(format!("{TENANT} ")),
        json!(format!("{TENANT}' or 1=1 --")),
        json!(5),
        json!(true),
        json!([TENANT]),
        json!({ "tid": TENANT }),
    ] {
        table.claims(&json!({ "tid": tid }), Err(No::InvalidClaim("tid")));
    }
    table.claims(&json!({ "tid": null }), Err(No::MissingClaim("tid")));
    table.check(34).await;
}

#[tokio::test]
async fn the_remaining_claims() {
    let mut table = table().await;
    for name in ["oid", "sub", "azp", "appid", "upn", "preferred_username", "scp", "idtyp"] {
        for wrong in [json!(5), json!(["x"]), json!({}), json!(false)] {
            table.claims(&json!({ name: wrong }), Err(No::InvalidClaim(name)));
        }
        table.claims(&json!({ name: null }), Ok(()));
    }
    for wrong in [json!("Device.Read.All"), json!([5]), json!({}), json!(true)] {
        table.claims(&json!({ "roles": wrong }), Err(No::InvalidClaim("roles")));
    }
    table.claims(&json!({ "idtyp": "app" }), Err(No::InvalidClaim("scp")));
    table.claims(&json!({ "unheard": { "of": [1, 2.5, null] } }), Ok(()));
    let good = table.world.claims().to_string();
    let twice = Err(No::DuplicateMember(Part::Claims));
    for member in ["exp", "aud", "tid", "scp", "\\u0074id", "oid"] {
        let member = format!("{{\"{member}\":1,");
        table.text(&member, &good.replacen('{', &member, 1), twice);
    }
    let both = good.replacen('{', "{\"x\":1,\"x\":1,", 1);
    table.text("an unknown one twice", &both, twice);
    table.text("nothing", "{}", Err(No::MissingClaim("exp")));
    table.check(50).await;
}

#[tokio::test]
async fn who_calls() {
    let world = World::new().await;
    let caller = async |changes: Value| {
        let claims = with(&world.claims(), &changes).to_string();
        world.verify(&token(&world.ec, ES256, &claims)).await.unwrap()
    };
    let delegated = caller(json!({})).await;
    assert_eq!(delegated.tenant.to_string(), TENANT);
    assert_eq!(delegated.subject, "11111111-2222-4333-8444-555555555555");
    assert_eq!(delegated.app.as_deref(), Some("22222222-3333-4444-8555-666666666666"));
    assert_eq!(delegated.user.as_deref(), Some("ada@contoso.example"));
    assert_eq!(delegated.kind, CallerKind::Delegated);
    assert_eq!(delegated.permissions, ["openid", "DeviceManagementServiceConfig.ReadWrite.All"]);

    // (scp, roles, idtyp) → (kind, permissions)
    let (d, a) = (CallerKind::Delegated, CallerKind::Application);
    for (scp, roles, idtyp, kind, permissions) in [
        (json!("a b"), json!(null), json!(null), d, vec!["a", "b"]),
        (json!("a  b "), json!(null), json!(null), d, vec!["a", "b"]),
        (json!("a\tb\nc,d"), json!(null), json!(null), d, vec!["a\tb\nc,d"]),
        (json!(""), json!(null), json!(null), d, vec![]),
        (json!("a"), json!(["Admin"]), json!(null), d, vec!["a"]),
        (json!("a"), json!(["Admin"]), json!("user"), d, vec!["a"]),
        (json!(null), json!(["Admin"]), json!("user"), d, vec![]),
        (json!(null), json!(["a", "b c"]), json!(null), a, vec!["a", "b c"]),
        (json!(null), json!(["a"]), json!("app"), a, vec!["a"]),
        (json!(null), json!([]), json!(null), a, vec![]),
        (json!(null), json!(null), json!("app"), a, vec![]),
        (json!(null), json!(null), json!(null), d, vec![]),
    ] {
        let found = caller(json!({ "scp": scp, "roles": roles, "idtyp": idtyp })).await;
        assert_eq!(
            (found.kind, &found.permissions[..]),
            (kind, &permissions.map_to_owned()[..]),
            "{scp} {roles}"
        );
    }
    assert_eq!(caller(json!({ "oid": null })).await.subject, "pairwise");
    let bare = caller(json!({ "oid": null, "sub": null, "preferred_username": null })).await;
    assert_eq!((bare.subject.as_str(), &bare.user), ("22222222-3333-4444-8555-666666666666", &None));
}

trait MapToOwned {
    fn map_to_owned(self) -> Vec<String>;
}

impl MapToOwned for Vec<&str> {
    fn map_to_owned(self) -> Vec<String> {
        self.into_iter().map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn a_remembered_token_still_grows_old() {
    let world = World::new().await;
    let headers = bearer(&world.good(&world.ec, "ec"));
    assert!(world.verifier.verify(&headers, NOW).await.is_ok());
    assert!(world.verifier.verify(&headers, NOW + 3_659).await.is_ok());
    assert_eq!(world.verifier.verify(&headers, NOW + 3_660).await, Err(No::Expired));
    assert_eq!(world.verifier.verify(&headers, NOW - 7_200).await, Err(No::NotYetValid));
    assert!(world.verifier.verify(&headers, NOW).await.is_ok());
    assert_eq!(world.upstream.fetches(), 1);
}

#[tokio::test]
async fn every_refusal_has_words() {
    let world = World::new().await;
    let said = async |headers: &HeaderMap| world.verifier.verify(headers, NOW).await.unwrap_err().message();
    assert_eq!(said(&HeaderMap::new()).await, "Access token is empty.");
    assert!(
        said(&bearer("opaque"))
            .await
            .starts_with("IDX14100: JWT is not well formed, there are no dots (.). The token")
    );
    let with_claims =
        |changes: Value| bearer(&token(&world.ec, ES256, &with(&world.claims(), &changes).to_string()));
    let expired = with_claims(json!({ "exp": 5 }));
    assert_eq!(said(&expired).await, "Lifetime validation failed, the token is expired.");
    let elsewhere = with_claims(json!({ "aud": "https://vault.azure.net" }));
    assert_eq!(said(&elsewhere).await, "Access token validation failure. Invalid audience.");
    let forged = bearer(&token(&Pair::ec(), ES256, &world.claims().to_string()));
    assert_eq!(said(&forged).await, "Access token validation failure.");
    assert_eq!(No::BadSignature.to_string(), No::BadSignature.message());
    assert_eq!(No::BadSignature.reason(), "bad_signature");
}
