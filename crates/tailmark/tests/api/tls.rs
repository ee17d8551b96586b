//! TLS: both versions of HTTP, our own CA, files, and those who do not speak it.

use std::fs;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use reqwest::Version;
use serde_json::{Value, json};
use tailmark::config::tls::Mode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::IMPORTED;
use crate::support::Secured;

#[tokio::test]
async fn both_versions_of_http_and_every_address_is_https() {
    let site = Secured::start().await;
    let base = site.running.base_url.clone();
    assert!(base.starts_with("https://localhost:"), "{base}");
    let token = site.token();
    for (client, version) in [
        (site.builder().http1_only(), Version::HTTP_11),
        (site.builder(), Version::HTTP_2),
        (site.builder().http2_prior_knowledge(), Version::HTTP_2),
    ] {
        let client = client.build().unwrap();
        let records = site.url(&format!("/beta/deviceManagement/{IMPORTED}"));
        for serial in ["A", "B"] {
            let body = json!({ "serialNumber": serial, "productKey": "1" }).to_string();
            let request =
                client.post(&records).bearer_auth(&token).header("content-type", "application/json");
            let created = request.body(body).send().await.unwrap();
            assert_eq!((created.status().as_u16(), created.version()), (201, version));
            assert!(created.headers()["location"].to_str().unwrap().starts_with(&format!("{base}/beta/")));
        }
        let page = client.get(format!("{records}?$top=1")).bearer_auth(&token).send().await.unwrap();
        assert_eq!((page.status().as_u16(), page.version()), (200, version));
        let page: Value = serde_json::from_str(&page.text().await.unwrap()).unwrap();
        assert_eq!(page["@odata.context"], format!("{base}/beta/$metadata#deviceManagement/{IMPORTED}"));
        let next = page["@odata.nextLink"].as_str().unwrap();
        assert!(next.starts_with(&format!("{records}?")), "{next}");
        assert_eq!(client.get(next).bearer_auth(&token).send().await.unwrap().status().as_u16(), 200);

        let absolute = format!("{base}/beta/deviceManagement/{IMPORTED}/$count");
        let batch = json!({ "requests": [{ "id": "1", "method": "GET", "url": absolute }] }).to_string();
        let request = client.post(site.url("/beta/$batch")).bearer_auth(&token);
        let answer = request.header("content-type", "application/json").body(batch).send().await.unwrap();
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(answer["responses"][0]["status"], 200, "{answer}");

        let metadata = site.url("/common/v2.0/.well-known/openid-configuration");
        let metadata: Value =
            serde_json::from_str(&client.get(metadata).send().await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(metadata["token_endpoint"], format!("{base}/common/oauth2/v2.0/token"));
        assert_eq!(metadata["issuer"], format!("{base}/{{tenantid}}/v2.0"));
        let refused = client.get(&records).send().await.unwrap();
        let challenge = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert!(refused.headers().get("strict-transport-security").is_none(), "it would bind every port");
        assert!(challenge.contains(&format!("\"{base}/common/oauth2/authorize\"")), "{challenge}");
    }
    let stranger = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    assert!(
        stranger.get(site.url("/readyz")).send().await.is_err(),
        "who does not know the CA does not trust it"
    );
}

#[tokio::test]
async fn many_requests_share_a_connection() {
    let site = Secured::start().await;
    let client = site.client();
    let asks = (0..150).map(|_| client.get(site.url("/beta")).send());
    for answer in futures_util::future::join_all(asks).await {
        let answer = answer.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_2));
    }
}

#[tokio::test]
async fn a_host_that_is_not_the_authority_is_refused() {
    let site = Secured::start().await;
    let request = site.client().get(site.url("/beta")).header("host", "elsewhere.example");
    let answer = request.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (400, Version::HTTP_2));
    assert!(answer.text().await.unwrap().contains("The Host header is missing or malformed."));
}

#[tokio::test]
async fn the_ca_stays_and_its_certificates_do_not() {
    let site = Secured::start().await;
    let shown = async |site: &Secured| {
        let stream = site.handshake(site.connect().await, "localhost", &[]).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap().to_vec()
    };
    let (ca, certificates) = (fs::read(site.pem_file()).unwrap(), shown(&site).await);
    let site = site.restarted().await;
    assert_eq!(fs::read(site.pem_file()).unwrap(), ca);
    assert_ne!(shown(&site).await, certificates);
    for host in ["127.0.0.1", "graph.microsoft.com"] {
        assert!(site.handshake(site.connect().await, host, &[]).await.is_ok(), "{host}");
    }
    for host in ["example.com", "microsoft.com", "127.0.0.2"] {
        assert!(site.handshake(site.connect().await, host, &[]).await.is_err(), "{host}");
    }
}

#[tokio::test]
async fn the_certificate_of_another_name_needs_another_ca() {
    let site =
        Secured::with(|config| config.http.public_url = "https://Graph.Example:4280/".to_owned()).await;
    assert!(site.handshake(site.connect().await, "graph.example", &[]).await.is_ok());
    let client = site.client();
    let service = client.get(format!("https://{}/beta", site.running.address)).send().await.unwrap();
    assert!(service.text().await.unwrap().contains("\"https://Graph.Example:4280/beta/$metadata\""));
}

#[tokio::test]
async fn plain_http_on_a_port_for_tls() {
    let site = Secured::start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let plain = format!("http://{}", site.running.address);
    for base in [&plain, &site.running.base_url] {
        let client = site.client();
        let pem = client.get(format!("{base}/ca.pem")).send().await.unwrap();
        assert_eq!(pem.headers()["content-type"], "application/x-pem-file");
        assert_eq!(pem.bytes().await.unwrap(), fs::read(site.pem_file()).unwrap());
        let der = client.get(format!("{base}/ca.crt")).send().await.unwrap();
        assert_eq!(der.headers()["content-type"], "application/pkix-cert");
        assert!(reqwest::Certificate::from_der(&der.bytes().await.unwrap()).is_ok());
    }
    for path in [
        "/",
        "/beta/$metadata",
        "/readyz",
        "/common/v2.0/.well-known/openid-configuration",
        "/ca.json",
        "/ca.pem/",
    ] {
        let answer =
            client.get(format!("{plain}{path}")).header("client-request-id", "x").send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["client-request-id"]),
            (400, &"x".parse().unwrap())
        );
        let error: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(error["error"]["code"], "BadRequest");
        assert!(error["error"]["message"].as_str().unwrap().starts_with("This port speaks TLS"), "{error}");
    }
}

#[tokio::test]
async fn who_does_not_finish_a_handshake_is_let_go() {
    let site = Secured::with(|config| config.http.header_timeout = 1).await;
    let silent = site.connect().await;
    let mut half = site.connect().await;
    half.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
    let mut garbage = site.connect().await;
    garbage.write_all(&[22, 0, 0, 0, 5, 1, 2, 3, 4, 5]).await.unwrap();
    // A handshake, and then nothing: neither HTTP/1.1 nor HTTP/2 waits for ever.
    let first = site.handshake(site.connect().await, "localhost", &["http/1.1"]).await.unwrap();
    let second = site.handshake(site.connect().await, "localhost", &["h2"]).await.unwrap();
    assert_eq!(second.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let ended = async |mut stream: Box<dyn tokio::io::AsyncRead + Unpin>| {
        let mut bytes = Vec::new();
        // Cut or closed is the same here.
        let _ = stream.read_to_end(&mut bytes).await;
    };
    let all_ended = async {
        tokio::join!(
            ended(Box::new(silent)),
            ended(Box::new(half)),
            ended(Box::new(garbage)),
            ended(Box::new(first)),
            ended(Box::new(second))
        )
    };
    let patience = Duration::from_secs(10);
    assert!(
        tokio::time::timeout(patience, all_ended).await.is_ok(),
        "somebody is still held after {patience:?}"
    );
    assert_eq!(site.client().get(site.url("/readyz")).send().await.unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn the_service_stops_though_connections_are_open() {
    let site = Secured::intercepting(|_| {}).await;
    let (direct, through) = (site.client(), site.intercepted().build().unwrap());
    assert_eq!(direct.get(site.url("/readyz")).send().await.unwrap().version(), Version::HTTP_2);
    assert_eq!(
        through.get("https://graph.microsoft.com/beta").send().await.unwrap().version(),
        Version::HTTP_2
    );
    let half = site.connect().await;
    let since = Instant::now();
    site.running.stop().await;
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    drop((direct, through, half));
}

#[tokio::test]
async fn others_may_reach_it_by_tls_only() {
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let refused = Secured::try_with(|config| {
        config.http.listen = everywhere;
        config.tls.mode = Mode::Off;
    })
    .await;
    let error = refused.err().unwrap().to_string();
    assert!(error.contains("http.listen is 0.0.0.0:0") && error.contains("tls.mode"), "{error}");
    let site = Secured::with(|config| config.http.listen = everywhere).await;
    let url = format!("https://127.0.0.1:{}/beta/deviceManagement/{IMPORTED}", site.running.address.port());
    let answer = site.client().get(url).bearer_auth(site.token()).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "the embedded issuer is believed all the same");
}

#[tokio::test]
async fn certificates_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let pem = |label: &str, der: &[u8]| {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = pem("CERTIFICATE", params.self_signed(&key).unwrap().der());
    let cert = file("cert.pem", &certificate);
    let good = file("key.pem", &pem("PRIVATE KEY", &key.serialize_der()));
    let none = folder.path().join("none.pem");

    let started = Secured::with(|config| {
        config.tls.mode = Mode::Files;
        (config.tls.cert, config.tls.key) = (cert.clone(), good.clone());
    })
    .await;
    assert!(!started.pem_file().exists(), "there is no CA of our own");
    let root = reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([root]).build().unwrap();
    let answer = client.get(started.url("/beta")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_2));
    assert_eq!(client.get(started.url("/ca.pem")).send().await.unwrap().status().as_u16(), 404);
    let url = started.url(&format!("/beta/deviceManagement/{IMPORTED}"));
    assert_eq!(client.get(url).bearer_auth(started.token()).send().await.unwrap().status().as_u16(), 200);

    let other = file("other.pem", &pem("PRIVATE KEY", &KeyPair::generate().unwrap().serialize_der()));
    let broken = file("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let cut = file("cut.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    let text = file("text.pem", "not PEM at all");
    let letters = file("letters.pem", "-----BEGIN PRIVATE KEY-----\n%%%%\n-----END PRIVATE KEY-----\n");
    let empty = std::path::PathBuf::new();
    for (cert, key, said) in [
        (&empty, &good, "tls.cert names no file".to_owned()),
        (&cert, &empty, "tls.key names no file".to_owned()),
        (&none, &good, format!("tls.cert: {} cannot be used: No such file", none.display())),
        (&text, &good, format!("tls.cert: {} cannot be used: there is no certificate", text.display())),
        (&cut, &good, format!("tls.cert: {} cannot be used: a PEM section in it has no end", cut.display())),
        (&broken, &good, format!("tls.cert: {} cannot be used", broken.display())),
        (&cert, &none, format!("tls.key: {} cannot be used: No such file", none.display())),
        (&cert, &text, format!("tls.key: {} cannot be used: there is nothing of that kind", text.display())),
        (&cert, &cert, format!("tls.key: {} cannot be used: there is nothing of that kind", cert.display())),
        (&cert, &letters, format!("tls.key: {} cannot be used: its PEM is malformed", letters.display())),
        (
            &cert,
            &other,
            format!("tls.key: {} cannot be used: it is not the key of the certificate", other.display()),
        ),
    ] {
        let started = Secured::try_with(|config| {
            config.tls.mode = Mode::Files;
            (config.tls.cert, config.tls.key) = (cert.clone(), key.clone());
        });
        let error = started.await.err().unwrap().to_string();
        assert!(error.contains(&said), "{said}\n{error}");
    }
}
