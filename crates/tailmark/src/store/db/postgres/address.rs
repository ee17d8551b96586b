//! Where PostgreSQL is, and whether the way there is TLS.
//!
//! An address is libpq's (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>). Of its
//! `sslmode` and `sslrootcert` the stricter reading is taken: with TLS the server's certificate is always checked,
//! for its name, too. Where nothing is said that is so for every server but those on this machine.

use std::net::IpAddr;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::store::Error;

/// An address at which connections can be had.
#[derive(Clone)]
pub(super) struct Address {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Address {
    /// Reads `postgres://user:password@host/name?sslmode=…&sslrootcert=…`; `limit` is set on what comes of it.
    ///
    /// # Errors
    /// What is wrong with it. The address is not repeated: there is a password in it.
    pub fn read(url: &str, limit: impl FnOnce(&mut Config)) -> Result<Self, Error> {
        let wrong = |what: String| Error::Database(format!("database.url: {what}"));
        let (place, options) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut root, mut others) = (None, None, Vec::new());
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let value = || percent_decode_str(value).decode_utf8_lossy().into_owned();
            match name {
                "sslmode" => mode = Some(value()),
                "sslrootcert" => root = Some(value()),
                _ => others.push(option),
            }
        }
        let mut config: Config = format!("{place}?{}", others.join("&"))
            .parse()
            .map_err(|_| wrong("it is no address of PostgreSQL".to_owned()))?;
        let secured = match mode.as_deref() {
            None => !config.get_hosts().iter().all(is_here),
            Some("disable") => false,
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(other) => {
                let known = "there are disable, require, verify-ca and verify-full";
                return Err(wrong(format!("sslmode={other:?} would keep nobody out; {known}")));
            }
        };
        config.ssl_mode(if secured { SslMode::Require } else { SslMode::Disable });
        limit(&mut config);
        let tls = if secured { Some(connector(root.as_deref()).map_err(wrong)?) } else { None };
        Ok(Self { config, tls })
    }

    /// A new connection.
    ///
    /// # Errors
    /// Why there is none.
    pub fn connect(&self) -> Result<Client, postgres::Error> {
        match &self.tls {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(NoTls),
        }
    }
}

/// Whether nobody else can be between us and there.
fn is_here(host: &Host) -> bool {
    match host {
        #[cfg(unix)]
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
    }
}

/// Trusts the certificates of a file in PEM, or those that the system trusts.
fn connector(root: Option<&str>) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match root {
        None => builder.with_platform_verifier().map_err(|error| error.to_string())?,
        Some(file) => {
            let unusable = |what: String| format!("sslrootcert: {file} cannot be used: {what}");
            let mut roots = RootCertStore::empty();
            let certificates: Result<Vec<_>, _> =
                CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
            for certificate in certificates.map_err(|error| unusable(error.to_string()))? {
                roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(unusable("there is no certificate in PEM in it".to_owned()));
            }
            builder.with_root_certificates(roots)
        }
    };
    Ok(MakeRustlsConnect::new(builder.with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is_secured(url: &str) -> bool {
        let secured = Address::read(url, |_| ()).unwrap();
        assert_eq!(secured.tls.is_some(), secured.config.get_ssl_mode() == SslMode::Require);
        secured.tls.is_some()
    }

    #[test]
    fn tls_is_left_out_on_this_machine_only() {
        for here in ["localhost", "127.0.0.1", "%2Frun%2Fpostgresql", "localhost,127.0.0.1:5433"] {
            assert!(!is_secured(&format!("postgres://u:p@{here}/tailmark")), "{here}");
            assert!(is_secured(&format!("postgres://u:p@{here}/tailmark?sslmode=require")), "{here}");
        }
        for there in ["db.example", "10.0.0.1:5433", "localhost,db.example"] {
            assert!(is_secured(&format!("postgres://u:p@{there}/tailmark")), "{there}");
            assert!(!is_secured(&format!("postgres://u:p@{there}/tailmark?sslmode=disable")), "{there}");
        }
    }

    #[test]
    fn other_options_are_the_drivers() {
        let url = "postgres://u@db.example/tailmark?target_session_attrs=read-write&sslmode=verify-full&keepalives=1";
        assert!(is_secured(url));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        let refused = |url: &str| match Address::read(url, |_| ()) {
            Ok(_) => panic!("{url} was taken"),
            Err(error) => error.to_string(),
        };
        for (url, reason) in [
            ("postgres://u:secret@db.example/t?sslmode=prefer", "sslmode=\"prefer\" would keep nobody out"),
            (
                "postgres://u:secret@db.example/t?sslrootcert=/nowhere/ca.pem",
                "/nowhere/ca.pem cannot be used",
            ),
            ("postgres://u:secret@db.example/t?sslrootcert=/dev/null", "no certificate in PEM"),
            ("postgres://u:secret@db.example/t?colour=blue", "no address of PostgreSQL"),
        ] {
            let said = refused(url);
            assert!(said.contains(reason) && !said.contains("secret"), "{said}");
        }
    }
}
