//! `--graph`: the commands as they go to Microsoft's service, against our own by TLS, with its issuer's grants.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use super::{Desk, Ran, SERIALS, Service, devices};

const TENANT: &str = "5e4c1f66-0d0a-4c39-9a4a-6f1f5e4c1f66";
const APPLICATION: &str = "6b9f3b2e-0c4f-4d0e-9a55-1b1f4a6f7001";
const SECRET: &str = "s3cret value+/%";
const READ_WRITE: &str = "DeviceManagementServiceConfig.ReadWrite.All";
const CERTIFICATE: &str = include_str!("../tokens/rsa.crt.pem");
const KEY: &str = include_str!("../tokens/rsa.pem");

/// A service with TLS, an application that can show who it is in every way, and a user without password.
fn service() -> Service {
    let desk = Desk::new();
    let settings = desk.file("settings.toml", "[tls]\nmode = \"own-ca\"\n");
    let seed = json!({
        "tenant": TENANT,
        "applications": [{
            "appId": APPLICATION,
            "passwordCredentials": [{ "secretText": SECRET }],
            "keyCredentials": [{ "key": CERTIFICATE }],
            "applicationPermissions": [READ_WRITE],
        }],
        "users": [{ "userPrincipalName": "ada@contoso.example" }],
    });
    let seed = desk.file("seed.json", seed.to_string());
    let arguments = ["--config", settings.to_str().unwrap(), "--seed", seed.to_str().unwrap()];
    let service = Service::start_with(desk, &arguments);
    assert!(service.desk.server.starts_with("https://localhost:"), "{}", service.desk.server);
    service
}

/// The variables that every way to sign in needs here.
fn signing_in(service: &Service, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let ca = service.desk.folder.path().join("data/ca.pem");
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut variables: Vec<_> = more.iter().map(own).collect();
    variables.push(("SSL_CERT_FILE".to_owned(), ca.to_str().unwrap().to_owned()));
    variables.push(("AZURE_AUTHORITY_HOST".to_owned(), service.desk.server.clone()));
    variables
}

fn run(service: &Service, variables: &[(String, String)], arguments: &[&str]) -> Ran {
    let mut command = service.desk.command(arguments);
    command.env_remove("TAILMARK_TOKEN").envs(variables.iter().cloned());
    Ran::new(command.args(["--graph-url", &service.desk.server]).output().unwrap())
}

fn application() -> [(&'static str, &'static str); 2] {
    [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", APPLICATION)]
}

#[test]
fn an_application_with_a_secret_imports_lists_changes_and_deletes() {
    let service = service();
    let [tenant, client] = application();
    let variables = signing_in(&service, &[tenant, client, ("AZURE_CLIENT_SECRET", SECRET)]);
    let run = |arguments: &[&str]| run(&service, &variables, arguments);
    let login = run(&["login"]).ends(0).says("signed in as the application 6b9f3b2e").json();
    assert_eq!((&login["how"], &login["user"]), (&json!("client secret"), &Value::Null));
    let kept = service.desk.folder.path().join("state/tailmark/sign-in.json");
    assert!(!kept.exists(), "of applications nothing is kept");

    service.desk.file("devices.csv", devices(&SERIALS));
    let import = ["import", "devices.csv", "--timeout", "60s"];
    let report = run(&import).ends(0).json();
    assert_eq!((&report["complete"], &report["uploads"]), (&json!(5), &json!([])), "by the import action");
    let failed = run(&import).ends(5).json();
    assert_eq!((&failed["failed"][4]["line"], &failed["failed"][4]["code"]), (&json!(6), &json!(806)));
    let group = report["importIds"][0].as_str().unwrap();
    run(&["imported", "wait", group, "--timeout", "60s"]).ends(0);
    let ids = run(&["devices", "list", "--query", "[].id", "-o", "tsv"]).ends(0).out;
    let first = ids.lines().next().unwrap();
    run(&["devices", "update", first, "--group-tag", "New"]).ends(0);
    run(&["devices", "delete", "--filter", "contains(serialNumber,'FK-')", "--yes"])
        .ends(0)
        .says("5 deleted");
    // Uploads are for users.
    run(&["uploads", "list"]).ends(4).says("403");
}

#[test]
fn a_certificate_and_a_federated_token() {
    let service = service();
    let [tenant, client] = application();
    let pem = service.desk.file("both.pem", format!("{KEY}{CERTIFICATE}"));
    let with = |name, value: &str| signing_in(&service, &[tenant, client, (name, value)]);
    let by_certificate = with("AZURE_CLIENT_CERTIFICATE_PATH", pem.to_str().unwrap());
    run(&service, &by_certificate, &["devices", "list"]).ends(0);
    assert_eq!(run(&service, &by_certificate, &["login"]).ends(0).json()["how"], "certificate");

    // What a platform hands its programs: an assertion that the application trusts.
    let file = service.desk.file("token", assertion(&service.desk.server));
    let federated = with("AZURE_FEDERATED_TOKEN_FILE", file.to_str().unwrap());
    run(&service, &federated, &["devices", "list"]).ends(0);
    fs::write(&file, "e30.e30.c2VjcmV0").unwrap();
    let ran = run(&service, &federated, &["devices", "list"]).ends(4).says("sign-in refused: AADSTS");
    assert!(!ran.err.contains("c2VjcmV0"), "{ran:#?}");
    fs::remove_file(&file).unwrap();
    run(&service, &federated, &["devices", "list"]).ends(4).says("token: ");

    let only_key = service.desk.file("key.pem", KEY);
    let broken = with("AZURE_CLIENT_CERTIFICATE_PATH", only_key.to_str().unwrap());
    run(&service, &broken, &["devices", "list"]).ends(4).says("no certificate in PEM");
    let pfx = service.desk.file("both.pfx", [0x30, 0x82, 9, 0xcf, 2, 1, 3, 0x30]);
    let unread = with("AZURE_CLIENT_CERTIFICATE_PATH", pfx.to_str().unwrap());
    run(&service, &unread, &["devices", "list"]).ends(4).says("openssl pkcs12 -in");
}

/// Signed with the application's own key, which is all that the embedded issuer trusts.
fn assertion(server: &str) -> String {
    let encoded = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let der = |pem: &str| {
        let lines: String = pem.lines().skip_while(|line| !line.starts_with("-----")).collect();
        base64::prelude::BASE64_STANDARD.decode(lines.split("-----").nth(2).unwrap()).unwrap()
    };
    let thumbprint = encoded(ring::digest::digest(&ring::digest::SHA256, &der(CERTIFICATE)).as_ref());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({
        "aud": format!("{server}/{TENANT}/v2.0"), "iss": APPLICATION, "sub": APPLICATION, "jti": "1",
        "exp": now + 600,
    });
    let header = json!({ "alg": "PS256", "x5t#S256": thumbprint });
    let message =
        format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(claims.to_string().as_bytes()));
    let key = RsaKeyPair::from_pkcs8(&der(KEY)).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", encoded(&signature))
}

#[test]
fn what_is_wrong_is_said_without_the_secret() {
    let service = service();
    let [tenant, client] = application();
    let list = |variables: &[(&str, &str)]| {
        run(&service, &signing_in(&service, variables), &["devices", "list", "-o", "json"])
    };
    let ran = list(&[tenant, client, ("AZURE_CLIENT_SECRET", "wr0ng")]).ends(4).says("AADSTS7000215");
    assert!(!ran.err.contains("wr0ng"), "{ran:#?}");
    list(&[client, ("AZURE_CLIENT_SECRET", SECRET)]).ends(2).says("AZURE_TENANT_ID is not");
    list(&[("AZURE_TENANT_ID", "a/b"), client, ("AZURE_CLIENT_SECRET", SECRET)])
        .ends(2)
        .says("AZURE_TENANT_ID");
    let desk = Desk::new();
    let bare = |arguments: &[&str], host: &str| {
        let mut command = desk.command(arguments);
        Ran::new(command.env("AZURE_AUTHORITY_HOST", host).output().unwrap())
    };
    bare(&["devices", "list", "--graph"], "https://sign-in.example").ends(2).says("--graph-url");
    bare(&["devices", "list", "--graph"], "http://login.microsoftonline.com").ends(2).says("https://");
    let open = ["devices", "list", "--graph-url", "http://graph.example"];
    bare(&open, "login.microsoftonline.com").ends(2).says("https://");
}

/// A user: the code is entered on the page, remembered in a file for its owner, and forgotten by `logout`.
#[test]
fn a_user_signs_in_with_a_device_code_once() {
    let service = service();
    let variables = signing_in(&service, &[("AZURE_TENANT_ID", TENANT)]);
    let mut command = service.desk.command(&["login", "--graph-url", &service.desk.server]);
    command.envs(variables.iter().cloned()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    let (page, code) =
        line.trim().strip_prefix("To sign in, open ").unwrap().split_once(" and enter the code ").unwrap();
    let form = format!("user_code={code}&user=ada%40contoso.example&decision=approve");
    approve(&service, page, form);
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert!(child.wait().unwrap().success(), "{out}");
    let login: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&login["user"], &login["how"]), (&json!("ada@contoso.example"), &json!("device code")));

    let kept = service.desk.folder.path().join("state/tailmark/sign-in.json");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let text = fs::read_to_string(&kept).unwrap();
    assert!(text.contains("refreshToken") && !text.contains("access"), "{text}");

    // Delegated, so uploads are there; and no code is asked for.
    service.desk.file("devices.csv", devices(&SERIALS));
    let import = ["import", "devices.csv", "--as", "upload", "--timeout", "60s"];
    let ran = run(&service, &variables, &import).ends(0);
    assert!(!ran.err.contains("enter the code"), "{ran:#?}");
    assert_eq!(ran.json()["uploads"].as_array().unwrap().len(), 1);
    run(&service, &variables, &["uploads", "list"]).ends(0);
    // To Microsoft's service nothing is sent that it does not have.
    let database = rusqlite::Connection::open(service.desk.folder.path().join("data/tailmark.db")).unwrap();
    let sources: i64 =
        database.query_row("SELECT COUNT(*) FROM upload_sources", [], |row| row.get(0)).unwrap();
    assert_eq!(sources, 0);

    // Expired or revoked: the user is asked again.
    let mut remembered: Value = serde_json::from_str(&text).unwrap();
    remembered[0]["refreshToken"] = json!("expired");
    fs::write(&kept, remembered.to_string()).unwrap();
    let mut command = service.desk.command(&["uploads", "list", "--graph-url", &service.desk.server]);
    let command = command.envs(variables.iter().cloned()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    line.clear();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("To sign in, open "), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&kept, fs::Permissions::from_mode(0o644)).unwrap();
        run(&service, &variables, &["uploads", "list"]).ends(4).says("others can read it");
    }
    service.desk.run(&["logout"]).ends(0).says("signed out");
    assert!(!kept.exists());
    service.desk.run(&["logout"]).ends(0).says("nobody was signed in");
}

fn approve(service: &Service, page: &str, form: String) {
    let ca = fs::read(service.desk.folder.path().join("data/ca.pem")).unwrap();
    let ca = reqwest::Certificate::from_pem(&ca).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
        let request = client.post(page).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    });
}

/// Whole, fractional, dated and missing `Retry-After`; and in the end patience ends.
#[test]
fn a_busy_service_is_waited_for_and_in_the_end_given_up() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (after, said) in
        [(Some("1"), "1.0 s"), (Some("0.02"), "0.0 s"), (Some(date), "0.0 s"), (None, "0.5 s")]
    {
        let mut desk = Desk::new();
        desk.server = scripted(after, 1);
        desk.token = Some("token".to_owned());
        let ran = desk.run(&["devices", "list"]).ends(0).says("the service is busy (429)").says(said);
        assert_eq!(ran.json(), json!([]));
        desk.server = scripted(after, 1);
        let ran = desk.run(&["devices", "list", "-q"]).ends(0);
        assert_eq!(ran.err, "");
    }
    let mut desk = Desk::new();
    desk.server = scripted(Some("0.01"), u32::MAX);
    desk.run(&["devices", "list"]).ends(8).says("after 8 attempts");
    desk.server = scripted(Some("3600"), u32::MAX);
    let start = std::time::Instant::now();
    desk.run(&["devices", "list"]).ends(8).says("after 1 attempt");
    assert!(start.elapsed() < Duration::from_secs(60), "an hour is more than anybody's patience");
}

/// A service that is busy so many times, and then has no devices.
fn scripted(after: Option<&'static str>, busy: u32) -> String {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", door.local_addr().unwrap());
    std::thread::spawn(move || {
        for (number, stream) in (0..).zip(door.incoming()) {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = stream.by_ref().lines().map(Result::unwrap);
            head.find(String::is_empty).unwrap();
            let after = after.map(|after| format!("Retry-After: {after}\r\n")).unwrap_or_default();
            let answer = match number < busy {
                true => format!(
                    "HTTP/1.1 429 Too Many Requests\r\n{after}Content-Length: 0\r\nConnection: close\r\n\r\n"
                ),
                false => "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{\"value\":[]}"
                    .to_owned(),
            };
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    address
}
