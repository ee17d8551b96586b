//! How the service is reached, as the settings say: plain, by TLS, and through the proxy.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::Uri;
use tokio_rustls::TlsAcceptor;

use crate::clock;
use crate::config::Config;
use crate::config::intercept::Others;
use crate::config::tls::Mode;
use crate::http::listen::Secured;
use crate::intercept::Interceptor;
use crate::telemetry::metrics::ConnectionMetrics;
use crate::tls::{self, Authority, TlsError};

/// What answers handshakes.
pub struct Doors {
    /// Our own CA, and what shows its certificate.
    own: Option<(Arc<Authority>, TlsAcceptor)>,
    /// For the service's own port.
    service: Option<TlsAcceptor>,
}

impl Doors {
    /// What the settings ask for; a CA is made where there is none yet.
    ///
    /// # Errors
    /// What is wrong with a certificate or a key, and where.
    pub fn new(config: &Config) -> Result<Self, TlsError> {
        let mode = config.tls_mode();
        let own = if mode == Mode::OwnCa || config.intercept.listen.is_some() {
            let authority = Arc::new(authority(config)?);
            Some((Arc::clone(&authority), tls::of_authority(authority)?))
        } else {
            None
        };
        let service = match mode {
            Mode::Off => None,
            Mode::OwnCa => own.as_ref().map(|(_, acceptor)| acceptor.clone()),
            Mode::Files => Some(tls::of_files(&config.tls.cert, &config.tls.key)?),
        };
        Ok(Self { own, service })
    }

    /// Whether the service's own port speaks TLS.
    pub fn is_secured(&self) -> bool {
        self.service.is_some()
    }

    /// The addresses of our own CA's certificate, if there is one.
    pub fn certificate(&self) -> Router {
        self.own.as_ref().map(|(authority, _)| tls::routes(authority)).unwrap_or_default()
    }

    /// What the service's own port needs for TLS.
    pub fn secured(&self) -> Option<Secured> {
        let acceptor = self.service.clone()?;
        Some(Secured { acceptor, plain: self.certificate() })
    }

    /// The proxy.
    pub fn interceptor(
        &self,
        router: &Router,
        others: Others,
        metrics: ConnectionMetrics,
    ) -> Option<Interceptor> {
        let (_, acceptor) = self.own.as_ref()?;
        Some(Interceptor {
            acceptor: acceptor.clone(),
            router: router.clone(),
            others,
            own: self.certificate(),
            metrics,
        })
    }
}

/// The CA in the data folder, made where there is none yet, for the names that these settings need.
///
/// # Errors
/// It cannot be read or made, or is for other names.
pub fn authority(config: &Config) -> Result<Authority, TlsError> {
    let url = config.http.public_url.parse::<Uri>().ok();
    let host = url.as_ref().and_then(Uri::host).map(|host| host.trim_matches(['[', ']']).to_owned());
    let listens =
        Some(config.http.listen.ip()).filter(|ip| !ip.is_unspecified()).as_ref().map(IpAddr::to_string);
    let own: Vec<String> = host.into_iter().chain(listens).collect();
    Authority::open_or_create(&config.data, &tls::names(&own), clock::unix_seconds())
}
