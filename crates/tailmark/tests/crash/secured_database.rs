//! TLS to PostgreSQL: the right server is spoken to, and no other.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::cluster::Cluster;
use crate::program::{Process, Site};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Certificate and key for a name.
    fn issue(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (pem("CERTIFICATE", certificate.der()), pem("PRIVATE KEY", key.serialized_der()))
    }
}

fn pem(what: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    format!("-----BEGIN {what}-----\n{body}\n-----END {what}-----\n")
}

/// What a start says that ends with 1.
#[track_caller]
fn refused(url: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let settings = [("TAILMARK_DATABASE_URL", url.to_owned())];
    let mut process = Process::spawn_by(&[], &folder.path().join("data"), "127.0.0.1:0", &log, &settings);
    assert_eq!(process.ended().0.code(), Some(1));
    fs::read_to_string(log).unwrap()
}

#[test]
fn a_server_is_known_by_its_certificate() {
    let mut cluster = match Cluster::start() {
        Ok(cluster) => cluster,
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "not tested here: TLS to PostgreSQL ({reason})");
            return;
        }
    };
    let (own, strange) = (Authority::new(), Authority::new());
    let files = tempfile::tempdir().unwrap();
    let root = |name: &str, authority: &Authority| {
        let file = files.path().join(name);
        fs::write(&file, pem("CERTIFICATE", authority.0.der())).unwrap();
        file.display().to_string()
    };
    let (own_root, strange_root) = (root("own.pem", &own), root("strange.pem", &strange));

    cluster.run("postgres", "CREATE DATABASE tailmark TEMPLATE template0").unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (certificate, key) = own.issue("localhost");
    cluster.secure(port, &certificate, &key).unwrap();
    let url = |host: &str, root: &str| {
        format!("postgres://postgres@{host}:{port}/tailmark?sslmode=verify-full&sslrootcert={root}")
    };

    let mut site = Site::new();
    site.settings = vec![("TAILMARK_DATABASE_URL", url("localhost", &own_root))];
    let service = site.start();
    assert_eq!(service.ask("GET", "/readyz", "").unwrap().status, 200);
    // Every connection is, the listener's too.
    let all_are = "DO $$ BEGIN IF (SELECT count(*) FILTER (WHERE ssl) < 2 OR bool_or(NOT ssl) FROM pg_stat_ssl \
                   JOIN pg_stat_activity USING (pid) WHERE application_name = 'tailmark') \
                   THEN RAISE EXCEPTION 'a connection is plain'; END IF; END $$";
    cluster.run("postgres", all_are).unwrap();

    let said = refused(&url("localhost", &strange_root));
    assert!(said.contains("invalid peer certificate"), "{said}");
    let said = refused(&url("127.0.0.1", &own_root));
    assert!(said.contains("certificate not valid for name"), "{said}");

    cluster.run("postgres", "ALTER SYSTEM SET ssl = off").unwrap();
    cluster.kill().unwrap();
    cluster.restart().unwrap();
    let said = refused(&url("localhost", &own_root));
    assert!(said.contains("server does not support TLS"), "{said}");
}
