//! Certificates at one time and another, and what a client that trusts the CA makes of them.

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::{ServerName, UnixTime};

use super::*;
use crate::tls;

const NOW: i64 = 1_790_000_000;
const DAY: i64 = 86_400;

/// Whether a client that trusts the CA takes the certificate for this host at this time.
fn is_taken(authority: &Authority, certified: &CertifiedKey, host: &'static str, now: i64) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(provider())).build().unwrap();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(u64::try_from(now).unwrap()));
    let (own, chain) = certified.cert.split_first().unwrap();
    verifier.verify_server_cert(own, chain, &ServerName::try_from(host).unwrap(), &[], now).is_ok()
}

#[test]
fn a_certificate_is_renewed_before_it_ends_and_the_ca_stays() {
    let folder = tempfile::tempdir().unwrap();
    let names = tls::names(&["tailmark.example".to_owned()]);
    let authority = Arc::new(Authority::open_or_create(folder.path(), &names, NOW).unwrap());
    let renewed = Renewed::new(Arc::clone(&authority), NOW).unwrap();
    let at = |now| renewed.at(instant(now));
    let first = at(NOW);
    let hosts =
        ["localhost", "127.0.0.1", "::1", "graph.microsoft.com", "login.windows.net", "tailmark.example"];
    for host in hosts {
        assert!(is_taken(&authority, &first, host, NOW), "{host}");
    }
    assert!(!is_taken(&authority, &first, "example.com", NOW));
    assert!(!is_taken(&authority, &first, "localhost", NOW + 397 * DAY), "it ends");

    assert!(Arc::ptr_eq(&first, &at(NOW + 200 * DAY)));
    let later = NOW + 300 * DAY;
    let second = at(later);
    assert_ne!(first.cert, second.cert);
    assert!(Arc::ptr_eq(&second, &at(later + DAY)));
    assert!(
        is_taken(&authority, &second, "localhost", later)
            && is_taken(&authority, &second, "localhost", NOW + 600 * DAY)
    );

    let again = Authority::open_or_create(folder.path(), &names, later).unwrap();
    assert_eq!(again.der(), authority.der());
    let last = Authority::open_or_create(folder.path(), &names, NOW + 3630 * DAY).unwrap();
    assert_ne!(last.der(), authority.der(), "it has come to its end");
    assert_eq!(std::fs::read_to_string(last.pem_file()).unwrap(), last.pem());
}

#[test]
fn the_ca_cannot_vouch_for_other_names() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open_or_create(folder.path(), &tls::names(&[]), NOW).unwrap();
    let error = Authority::open_or_create(folder.path(), &tls::names(&["other.example".to_owned()]), NOW)
        .err()
        .unwrap();
    assert!(error.to_string().contains("ca.json") && error.to_string().contains("other.example"), "{error}");

    // Whoever has the key can sign what he likes, and clients refuse it.
    let mut stored: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("ca.json")).unwrap()).unwrap();
    stored["names"] = serde_json::json!(["localhost", "bank.example", "10.0.0.1"]);
    std::fs::write(folder.path().join("ca.json"), stored.to_string()).unwrap();
    let forger = Authority::open_or_create(folder.path(), &[], NOW).unwrap();
    let forged = forger.issue(instant(NOW)).unwrap().certified;
    for host in ["bank.example", "10.0.0.1", "localhost"] {
        assert!(!is_taken(&authority, &forged, host, NOW), "{host}");
    }
}

#[test]
fn a_broken_state_is_named_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.json");
    let _ = Authority::open_or_create(folder.path(), &tls::names(&[]), NOW).unwrap();
    let good: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let other = tempfile::tempdir().unwrap();
    let _ = Authority::open_or_create(other.path(), &tls::names(&[]), NOW).unwrap();
    let other: serde_json::Value =
        serde_json::from_slice(&std::fs::read(other.path().join("ca.json")).unwrap()).unwrap();
    for (member, value, said) in [
        ("version", serde_json::json!(2), "another version"),
        ("key", serde_json::json!("%"), "not Base64"),
        ("key", other["key"].clone(), "not that of its certificate"),
        ("certificate", serde_json::json!("AAAA"), "not that of its certificate"),
    ] {
        let mut broken = good.clone();
        broken[member] = value;
        std::fs::write(&file, broken.to_string()).unwrap();
        let error =
            Authority::open_or_create(folder.path(), &tls::names(&[]), NOW).err().unwrap().to_string();
        assert!(error.contains(said) && error.contains("ca.json"), "{error}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), broken.to_string());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::remove_file(&file).unwrap();
        let _ = Authority::open_or_create(folder.path(), &tls::names(&[]), NOW).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
