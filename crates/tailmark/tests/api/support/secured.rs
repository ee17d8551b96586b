//! The service with TLS and, if asked, its proxy; and clients that trust its CA and nothing else.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use reqwest::{Certificate, Client, ClientBuilder, Proxy};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tailmark::commands::serve::{self, Running};
use tailmark::config::Config;
use tailmark::config::tls::Mode;
use tailmark::issuer::Issuer;
use tailmark::jwt;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Caller;
use super::database::memory;

/// A running service.
pub struct Secured {
    pub running: Running,
    folder: TempDir,
}

impl Secured {
    /// With its own CA, on free ports.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With a proxy, too.
    pub async fn intercepting(change: impl FnOnce(&mut Config)) -> Self {
        Self::with(|config| {
            config.tls.mode = Mode::Off;
            config.intercept.listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
            change(config);
        })
        .await
    }

    /// With other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::try_with(change).await.unwrap()
    }

    /// With other settings, which may keep it from starting.
    pub async fn try_with(change: impl FnOnce(&mut Config)) -> anyhow::Result<Self> {
        Self::in_folder(TempDir::new_in(memory::place()).unwrap(), change).await
    }

    async fn in_folder(folder: TempDir, change: impl FnOnce(&mut Config)) -> anyhow::Result<Self> {
        jwt::install();
        let mut config = Config { data: folder.path().to_owned(), ..Config::default() };
        config.http.listen.set_port(0);
        config.throttle.enabled = false;
        config.tls.mode = Mode::OwnCa;
        change(&mut config);
        Ok(Self { running: serve::start(config).await?, folder })
    }

    /// Stops the service and starts it on the same data.
    pub async fn restarted(self) -> Self {
        self.running.stop().await;
        Self::in_folder(self.folder, |_| {}).await.unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.base_url)
    }

    pub fn pem_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    pub fn issuer(&self) -> Issuer {
        Issuer::open_or_create(self.folder.path(), &self.running.base_url).unwrap()
    }

    pub fn token(&self) -> String {
        Caller::writer().token(&self.issuer())
    }

    /// A client that trusts the service's CA alone and goes straight to it.
    pub fn builder(&self) -> ClientBuilder {
        let ca = Certificate::from_pem(&fs::read(self.pem_file()).unwrap()).unwrap();
        Client::builder().no_proxy().tls_certs_only([ca])
    }

    pub fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    /// A client that goes through the proxy.
    pub fn intercepted(&self) -> ClientBuilder {
        self.builder().proxy(Proxy::https(format!("http://{}", self.proxy())).unwrap())
    }

    pub fn proxy(&self) -> SocketAddr {
        self.running.proxy.unwrap()
    }

    /// A handshake over a connection that is there, for this host and with these protocols.
    pub async fn handshake(
        &self,
        stream: TcpStream,
        host: &'static str,
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.pem_file()).unwrap()).unwrap();
        let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(host).unwrap(), stream).await
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.running.address).await.unwrap()
    }
}
