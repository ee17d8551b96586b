//! The intercepting proxy: Microsoft's hosts are answered here, others are refused or passed on.

use reqwest::Version;
use serde_json::Value;
use tailmark::config::intercept::Others;
use tailmark::config::tls::Mode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::IMPORTED;
use crate::support::Secured;

const GRAPH: &str = "https://graph.microsoft.com";
const LOGIN: &str = "https://login.microsoftonline.com";
const TENANT: &str = "10000000-0000-4000-8000-000000000001";

/// What comes back when these bytes are all that is sent.
async fn raw(site: &Secured, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(site.proxy()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// A tunnel to a host, and the head of the answer.
async fn tunnel(site: &Secured, target: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(site.proxy()).await.unwrap();
    stream
        .write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(char::from(stream.read_u8().await.unwrap()));
    }
    (stream, head)
}

#[tokio::test]
async fn microsofts_hosts_are_answered_under_their_own_names() {
    // What the service calls itself is of no matter to who calls somebody else.
    let site =
        Secured::intercepting(|config| config.http.public_url = "https://tailmark.example".to_owned()).await;
    let issuer = site.issuer();
    for (client, version) in
        [(site.intercepted().http1_only(), Version::HTTP_11), (site.intercepted(), Version::HTTP_2)]
    {
        let client = client.build().unwrap();
        let json = async |url: &str, token: Option<&str>| {
            let mut request = client.get(url);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let answer = request.send().await.unwrap();
            assert_eq!((answer.status().as_u16(), answer.version()), (200, version), "{url}");
            serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap()
        };
        let metadata = client.get(format!("{GRAPH}/beta/$metadata")).send().await.unwrap();
        assert_eq!((metadata.status().as_u16(), metadata.version()), (200, version));
        assert_eq!(metadata.headers()["strict-transport-security"], "max-age=31536000");

        // As client libraries sign in, one address after the other.
        let query = format!("api-version=1.1&authorization_endpoint={LOGIN}/{TENANT}/oauth2/v2.0/authorize");
        let instance = json(&format!("{LOGIN}/common/discovery/instance?{query}"), None).await;
        let discovery = format!("{LOGIN}/{TENANT}/v2.0/.well-known/openid-configuration");
        assert_eq!(instance["tenant_discovery_endpoint"], discovery);
        let document = json(&discovery, None).await;
        assert_eq!(document["issuer"], format!("{LOGIN}/{TENANT}/v2.0"));
        let endpoint = document["token_endpoint"].as_str().unwrap();
        assert_eq!(endpoint, format!("{LOGIN}/{TENANT}/oauth2/v2.0/token"));
        assert!(json(document["jwks_uri"].as_str().unwrap(), None).await["keys"].is_array());
        for graph in [GRAPH, "https://graph.microsoft.us", "https://microsoftgraph.chinacloudapi.cn"] {
            let form = format!(
                "grant_type=client_credentials&client_id={}&client_secret={}&scope={graph}/.default",
                issuer.client_id(),
                issuer.client_secret().expose()
            );
            let request = client.post(endpoint).header("content-type", "application/x-www-form-urlencoded");
            let token = request.body(form).send().await.unwrap();
            let token: Value = serde_json::from_str(&token.text().await.unwrap()).unwrap();
            let token = token["access_token"].as_str().unwrap_or_else(|| panic!("{token}"));
            let list = json(&format!("{graph}/v1.0/deviceManagement/{IMPORTED}"), Some(token)).await;
            let context = format!("{graph}/v1.0/$metadata#deviceManagement/{IMPORTED}");
            assert_eq!(list["@odata.context"], context);
        }
    }
    // Under its own name it goes on calling itself so.
    let own = site.client().get(format!("https://{}/beta", site.running.address)).send().await.unwrap();
    assert!(own.text().await.unwrap().contains("https://tailmark.example/beta/$metadata"));
}

#[tokio::test]
async fn a_root_with_a_slash_at_its_end() {
    // As Microsoft's SDK for Python writes addresses.
    let site = Secured::intercepting(|_| {}).await;
    let url = format!("{GRAPH}/beta//deviceManagement/{IMPORTED}?$top=1");
    let answer = site.intercepted().build().unwrap().get(url).bearer_auth(site.token()).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let context = format!("{GRAPH}/beta/$metadata#deviceManagement/{IMPORTED}");
    assert!(answer.text().await.unwrap().contains(&context));
}

#[tokio::test]
async fn a_tunnel_speaks_tls_for_these_hosts_only() {
    let site = Secured::intercepting(|_| {}).await;
    for (target, host) in [
        ("graph.microsoft.com:443", "graph.microsoft.com"),
        ("GRAPH.Microsoft.COM.:443", "graph.microsoft.com"),
        ("login.chinacloudapi.cn:443", "login.chinacloudapi.cn"),
        ("sts.windows.net:443", "sts.windows.net"),
    ] {
        let (stream, head) = tunnel(&site, target).await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{target}: {head}");
        assert!(site.handshake(stream, host, &[]).await.is_ok(), "{target}");
    }
    let (stream, _) = tunnel(&site, "graph.microsoft.com:443").await;
    assert!(site.handshake(stream, "example.com", &[]).await.is_err());
    let (mut stream, _) = tunnel(&site, "graph.microsoft.com:443").await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: graph.microsoft.com\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "nothing is answered in the clear");
}

#[tokio::test]
async fn other_hosts_and_plain_http_are_refused() {
    let site = Secured::intercepting(|_| {}).await;
    for (target, host) in [
        ("example.com:443", "example.com:443"),
        ("graph.microsoft.com.example:443", "graph.microsoft.com.example:443"),
        ("xgraph.microsoft.com:443", "xgraph.microsoft.com:443"),
        ("graph.microsoft.com:8443", "graph.microsoft.com:8443"),
        ("127.0.0.1:22", "127.0.0.1:22"),
        ("[::1]:443", "::1:443"),
    ] {
        let answer =
            raw(&site, format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{target}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let error: Value = serde_json::from_str(body).unwrap();
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(host) && message.contains("intercept.others"), "{message}");
    }
    for target in ["http://graph.microsoft.com/beta", "http://example.com/"] {
        let answer = raw(&site, format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await;
        assert!(
            answer.starts_with("HTTP/1.1 403 ") && answer.contains("not answered by plain HTTP"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn what_is_no_proxy_request() {
    let site = Secured::intercepting(|_| {}).await;
    let ca = raw(&site, b"GET /ca.pem HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(ca.ends_with(&std::fs::read_to_string(site.pem_file()).unwrap()), "{ca}");
    let long = format!("CONNECT {}:443 HTTP/1.1", "a".repeat(100_000));
    let many = format!("CONNECT graph.microsoft.com:443 HTTP/1.1\r\n{}", "X: y\r\n".repeat(500));
    for line in [
        "CONNECT graph.microsoft.com HTTP/1.1",
        "CONNECT graph.microsoft.com: HTTP/1.1",
        "CONNECT graph.microsoft.com:0 HTTP/1.1",
        "CONNECT graph.microsoft.com:65536 HTTP/1.1",
        "CONNECT graph.microsoft.com:https HTTP/1.1",
        "CONNECT user@graph.microsoft.com:443 HTTP/1.1",
        "CONNECT :443 HTTP/1.1",
        "CONNECT /graph.microsoft.com:443 HTTP/1.1",
        "CONNECT https://graph.microsoft.com HTTP/1.1",
        "CONNECT * HTTP/1.1",
        "CONNECT  HTTP/1.1",
        "CONNECT graph.microsoft.com:443 HTTP/9.9",
        "CONNECT graph.microsoft.com:443",
        "CONNECT graph\u{0}.microsoft.com:443 HTTP/1.1",
        "CONNECT [::1 HTTP/1.1",
        "CONNECT []:443 HTTP/1.1",
        "GET / HTTP/1.1",
        "GET /beta/$metadata HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "\u{16}\u{3}\u{1}",
        &long,
        &many,
    ] {
        let answer = raw(&site, format!("{line}\r\nHost: x\r\n\r\n").as_bytes()).await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        let shown = &line[..line.len().min(60)];
        assert!(["400", "414", "431"].contains(&status), "{shown}: {}", &answer[..answer.len().min(200)]);
    }
    assert_eq!(raw(&site, b"").await, "");
    // Whoever goes away in the middle takes nothing with him.
    let (stream, _) = tunnel(&site, "graph.microsoft.com:443").await;
    drop(stream);
    let answer = site.intercepted().build().unwrap().get(format!("{GRAPH}/beta")).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
}

#[tokio::test]
async fn other_hosts_are_passed_on_if_asked() {
    let site = Secured::intercepting(|config| config.intercept.others = Others::Pass).await;
    let there = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = there.local_addr().unwrap().to_string();
    let echo = tokio::spawn(async move {
        let (mut stream, _) = there.accept().await.unwrap();
        let mut bytes = [0; 5];
        stream.read_exact(&mut bytes).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
    });
    let (mut stream, head) = tunnel(&site, &target).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    stream.write_all(b"hello").await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    assert_eq!(bytes, b"hello", "and the end of the other side is the end of this one");
    echo.await.unwrap();

    let (_, gone) = tunnel(&site, &target).await;
    assert!(gone.starts_with("HTTP/1.1 502 "), "{gone}");
    let answer = site.intercepted().build().unwrap().get(format!("{GRAPH}/beta")).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "ours are ours all the same");

    let open = Secured::try_with(|config| {
        config.intercept.listen = Some("0.0.0.0:0".parse().unwrap());
        config.intercept.others = Others::Pass;
    });
    let error = open.await.err().unwrap().to_string();
    assert!(error.contains("intercept.listen is 0.0.0.0:0"), "{error}");
}

#[tokio::test]
async fn the_proxy_has_its_own_ca_where_the_service_has_files() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let pem = |name: &str, label: &str, der: &[u8]| {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        let path = folder.path().join(name);
        std::fs::write(&path, format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")).unwrap();
        path
    };
    let (cert, key) = (
        pem("cert.pem", "CERTIFICATE", certificate.der()),
        pem("key.pem", "PRIVATE KEY", &key.serialize_der()),
    );
    let site = Secured::intercepting(|config| {
        config.tls.mode = Mode::Files;
        (config.tls.cert, config.tls.key) = (cert, key);
    })
    .await;
    let answer = site.intercepted().build().unwrap().get(format!("{GRAPH}/beta")).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    assert!(site.client().get(site.url("/beta")).send().await.is_err(), "that certificate is not of our CA");
}
