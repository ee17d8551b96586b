//! TLS: our own CA with the certificate it issues, or somebody's certificate from files.
//!
//! In: the settings and the data folder. Out: an acceptor of handshakes, for HTTP/2 and HTTP/1.1 by ALPN (RFC 7301),
//! TLS 1.2 and 1.3 with rustls and ring. Who listens is `http::listen` and `intercept`; this room opens no socket.

mod authority;
mod certificate;
mod hosts;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::ResolvesServerCert;
use tokio_rustls::TlsAcceptor;

pub use self::authority::Authority;
pub use self::hosts::{HOSTS, is_answered};
use crate::clock;

/// The protocols that are spoken over TLS, the one preferred first.
pub const ALPN_HTTP_2: &[u8] = b"h2";
const ALPN_HTTP_1_1: &[u8] = b"http/1.1";

/// How a request reached the service. In the extensions of every request that came over a listener.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// By plain HTTP.
    #[default]
    Plain,
    /// By TLS.
    Tls,
    /// By TLS, through the proxy, to a host that somebody else has.
    Intercepted,
}

impl Transport {
    /// The scheme of the addresses that the client knows.
    #[must_use]
    pub fn scheme(self) -> &'static str {
        if self == Self::Plain { "http" } else { "https" }
    }
}

/// Why there can be no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A setting that `tls.mode = "files"` needs.
    #[error("tls.mode is files, and {0} names no file")]
    Missing(&'static str),
    /// A file that a setting names.
    #[error("{setting}: {path} cannot be used: {what}")]
    Unusable {
        /// Which setting.
        setting: &'static str,
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The CA's state cannot be read or written.
    #[error("the CA's state at {path} cannot be used")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The CA's state is there and makes no sense.
    #[error("the CA's state at {path} is broken: {what}; move it away to start with a new CA")]
    Broken {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The CA may not vouch for a name that the settings ask for.
    #[error(
        "the CA in {path} was made for other names and cannot vouch for {name}; move the file away to start with a new \
         CA, which clients must be told to trust"
    )]
    OtherNames {
        /// Which file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// A certificate cannot be made.
    #[error("a certificate cannot be made")]
    Make(#[from] rcgen::Error),
    /// A certificate cannot be used.
    #[error("the certificate cannot be used")]
    Use(#[from] rustls::Error),
}

impl TlsError {
    fn file(path: &Path, cause: std::io::Error) -> Self {
        Self::File { path: path.to_owned(), cause }
    }

    fn broken(path: &Path, what: &'static str) -> Self {
        Self::Broken { path: path.to_owned(), what }
    }
}

/// The names that our CA vouches for: this machine, Microsoft's hosts, and the service's own.
#[must_use]
pub fn names(own: &[String]) -> Vec<String> {
    let machine = ["localhost", "127.0.0.1", "::1"];
    let mut names: Vec<String> = machine.iter().chain(&HOSTS).map(ToString::to_string).collect();
    for name in own {
        // As an address prints itself, or a DNS name in lower case.
        let name =
            name.parse::<IpAddr>().map_or_else(|_| name.to_ascii_lowercase(), |address| address.to_string());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// An acceptor that shows our own CA's certificate.
///
/// # Errors
/// A certificate cannot be made.
pub fn of_authority(authority: Arc<Authority>) -> Result<TlsAcceptor, TlsError> {
    acceptor(Arc::new(certificate::Renewed::new(authority, clock::unix_seconds())?))
}

/// An acceptor that shows the certificate of two files.
///
/// # Errors
/// What is wrong with them.
pub fn of_files(certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let certified = certificate::of_files(certificate, key)?;
    acceptor(Arc::new(rustls::sign::SingleCertAndKey::from(certified)))
}

fn acceptor(resolver: Arc<dyn ResolvesServerCert>) -> Result<TlsAcceptor, TlsError> {
    let builder =
        ServerConfig::builder_with_provider(Arc::new(provider())).with_safe_default_protocol_versions()?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
    config.alpn_protocols = vec![ALPN_HTTP_2.to_vec(), ALPN_HTTP_1_1.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

/// The CA's certificate at addresses of its own, for whoever is to trust it: PEM, and DER for Windows.
pub fn routes(authority: &Authority) -> Router {
    let (pem, der) = (authority.pem(), authority.der().to_vec());
    let as_pem = || async { ([(header::CONTENT_TYPE, "application/x-pem-file")], pem) };
    let as_der = || async { ([(header::CONTENT_TYPE, "application/pkix-cert")], der) };
    Router::new().route("/ca.pem", get(as_pem)).route("/ca.crt", get(as_der))
}
