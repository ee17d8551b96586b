//! `serve`: wires the house together, and takes it apart again without cutting anyone short.

pub mod doors;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::doors::Doors;
use super::interrupt::Signals;
use crate::config::compat::ProfileName;
use crate::config::{Config, intercept, make_data_folder, tls};
use crate::console::{self, Console};
use crate::exit::Exit;
use crate::http::caller::{Embedded, Verifier};
use crate::http::throttle::Throttle;
use crate::http::{self, App, listen};
use crate::issuer::{self, Issuer};
use crate::store::Store;
use crate::telemetry::metrics::{ConnectionMetrics, Metrics};
use crate::{catalogue, emulation, seed, telemetry, worker};

const EXAMPLES: &str = "\
Examples:
  tailmark serve
  tailmark serve --listen 127.0.0.1:0 --data ./data --seed seed.json
  tailmark serve --intercept                     answer for graph.microsoft.com, through a proxy";

/// Run the service.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// Address and port to listen on; port 0 is any free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// The folder of the database and of the embedded issuer's key.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// A file of settings (TOML).
    #[arg(long, value_name = "FILE", env = "TAILMARK_CONFIG")]
    pub config: Option<PathBuf>,
    /// A file of tenants to begin with, JSON or YAML: who may sign in, and entities; may be given several times, and
    /// again at every start.
    #[arg(long, value_name = "FILE")]
    pub seed: Vec<PathBuf>,
    /// Whose manners are followed where Microsoft Graph and the OData standard contradict each other.
    #[arg(long, value_enum)]
    pub profile: Option<ProfileName>,
    /// Also be an HTTP proxy that answers for graph.microsoft.com, login.microsoftonline.com and the like. Implies TLS
    /// with an own CA.
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = intercept::DEFAULT_LISTEN)]
    pub intercept: Option<SocketAddr>,
}

impl ServeArgs {
    /// The settings: file, then environment, then these flags.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn config(self) -> anyhow::Result<Config> {
        let mut config = Config::load(self.config.as_deref(), self.data.as_deref())?;
        if let Some(listen) = self.listen {
            config.http.listen = listen;
        }
        if let Some(profile) = self.profile {
            config.compat.profile = profile;
        }
        config.intercept.listen = self.intercept.or(config.intercept.listen);
        config.seed = self.seed;
        Ok(config)
    }
}

/// A running service.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its address for clients, without a slash at the end.
    pub base_url: String,
    /// Where the proxy listens, if there is one.
    pub proxy: Option<SocketAddr>,
    /// Where the figures are, if not with the service.
    pub metrics: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Finishes what is under way and ends.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

/// Serves until it is told to stop by Ctrl-C or SIGTERM.
///
/// # Errors
/// What kept it from starting.
pub async fn run(args: ServeArgs) -> anyhow::Result<Exit> {
    let config = args.config()?;
    let traces = telemetry::start(&config.log, &config.telemetry)?;
    // From here on: whoever reads that it listens may tell it to stop at once.
    let mut signals = Signals::listen().context("signals cannot be listened to")?;
    let running = start(config).await?;
    let intercepting = running.proxy.map(|proxy| format!(" and intercepting on http://{proxy}"));
    println!("Tailmark is listening on {}{}", running.base_url, intercepting.unwrap_or_default());
    signals.next().await;
    tracing::info!("stopping");
    running.stop().await;
    if let Some(traces) = traces {
        traces.end().await;
    }
    Ok(Exit::Done)
}

/// Starts the service.
///
/// # Errors
/// What kept it from starting.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    let wanted = config.http.listen;
    if !wanted.ip().is_loopback() && !config.http.allow_plain && config.tls_mode() == tls::Mode::Off {
        bail!(
            "http.listen is {wanted}, which others can reach, and there is no TLS; set tls.mode to own-ca or files, or \
             http.allow_plain to true if something in front of Tailmark takes care of that"
        );
    }
    if let Some(proxy) = config.intercept.listen
        && !proxy.ip().is_loopback()
        && config.intercept.others == intercept::Others::Pass
    {
        bail!(
            "intercept.listen is {proxy}, which others can reach, and intercept.others is pass: that is a proxy to \
             everywhere for everybody; let it listen on a loopback address, or set intercept.others to refuse"
        );
    }
    let assignment_time = i64::try_from(config.emulation.assignment_time).unwrap_or(i64::MAX);
    let store = open_store(&config).await?.assigning_after(assignment_time.saturating_mul(10_000_000));
    let mut tenants = Vec::new();
    for file in &config.seed {
        let seeded = seed::load(&store, file)
            .await
            .with_context(|| format!("the seed {} cannot be loaded", file.display()))?;
        tenants.extend(seeded);
    }

    let listener = listen_on(wanted).await?;
    let address = listener.local_addr()?;
    let base_url = public_url(&config, address);
    let doors = Doors::new(&config)?;
    let proxy = match config.intercept.listen {
        Some(wanted) => Some(listen_on(wanted).await?),
        None => None,
    };
    let figures = match config.metrics.listen.filter(|_| config.metrics.enabled) {
        Some(wanted) => Some(listen_on(wanted).await?),
        None => None,
    };
    let issuer = Issuer::open_or_create(&config.data, &base_url)?.configured(&config.auth);
    let issuer = Arc::new(issuer.known_as(&base_url));
    issuer.learn(tenants);
    let (stop, stopped) = watch::channel(false);
    let limits = listen::Limits::new(&config.http)
        .map_err(|setting| anyhow!("{setting} is 0, with which nobody could be answered"))?;
    let mut tasks = Vec::new();
    let mut embedded = Embedded { address: format!("http://{address}"), base: issuer.base().to_owned() };
    if config.auth.believes_embedded() && (doors.is_secured() || !address.ip().is_loopback()) {
        // The verifier asks the issuer as it asks every other one. Where the service's own address has a certificate
        // that this process need not trust, or is out on the network, the issuer has one more, on loopback.
        let own = listen_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        embedded.address = format!("http://{}", own.local_addr()?);
        let router = issuer::routes(Arc::clone(&issuer));
        // The service itself is the only one who comes there.
        let metrics = ConnectionMetrics::default();
        let door = listen::Door { router, limits, tls: None, metrics };
        tasks.push(tokio::spawn(listen::serve(own, door, stopped.clone())));
    }
    let verifier = Arc::new(Verifier::new(&config.auth, Some(&embedded))?);
    // An issuer that nobody believes has no reason to answer.
    let mut beside = if config.auth.believes_embedded() {
        issuer::routes(Arc::clone(&issuer))
    } else {
        axum::Router::new()
    };
    if config.emulation.enabled {
        let seeds = config.seed.clone();
        beside = beside.merge(emulation::routes(store.clone(), issuer, seeds, config.http.max_body));
    }

    let queue = store.queue();
    queue.take_over().await.context("the import queue cannot be taken over")?;
    let metrics = Arc::new(Metrics::new(store.metrics(), verifier.metrics()));
    let connections = metrics.connections.clone();
    let metrics_address = figures.as_ref().map(TcpListener::local_addr).transpose()?;
    if config.metrics.enabled {
        let router = http::metrics::routes(Arc::clone(&metrics), queue.clone());
        match figures {
            Some(listener) => {
                let door = listen::Door { router, limits, tls: None, metrics: connections.clone() };
                tasks.push(tokio::spawn(listen::serve(listener, door, stopped.clone())));
            }
            None => beside = beside.merge(router),
        }
    }
    let throttle = Throttle::new(&config.throttle, &metrics).map(Arc::new);
    let app = App { config: Arc::new(config), store, verifier: Arc::clone(&verifier), metrics, throttle };
    let (settings, audit) = (app.config.import.clone(), app.config.audit.clone());
    tasks.push(tokio::spawn(worker::run(queue, settings, audit, stopped.clone())));
    let others = app.config.intercept.others;
    let config = Arc::clone(&app.config);
    let mut router = http::router(app, beside.merge(doors.certificate()).merge(catalogue::routes()));
    if config.console.enabled {
        let console = Console::new(config, router.clone(), &embedded.address, stopped.clone())?;
        router = router.merge(console::routes(console));
    }
    let proxy_address = proxy.as_ref().map(TcpListener::local_addr).transpose()?;
    if let (Some(listener), Some(proxy)) = (proxy, doors.interceptor(&router, others, connections.clone())) {
        tasks.push(tokio::spawn(crate::intercept::serve(listener, proxy, limits, stopped.clone())));
    }
    let door = listen::Door { router, limits, tls: doors.secured(), metrics: connections };
    tasks.push(tokio::spawn(listen::serve(listener, door, stopped)));
    verifier.warm().await;
    Ok(Running { address, base_url, proxy: proxy_address, metrics: metrics_address, stop, tasks })
}

async fn listen_on(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{address} cannot be listened on"))
}

/// Opens the database, or makes it, and brings it up to date.
///
/// # Errors
/// What kept it from doing so, with the place.
pub async fn open_store(config: &Config) -> anyhow::Result<Store> {
    make_data_folder(&config.data)?;
    let place = config.database.place(&config.data)?;
    Store::open(&place).await.with_context(|| format!("{place} cannot be opened"))
}

/// The address for clients: as configured, or where we listen; without a slash at the end.
#[must_use]
pub fn public_url(config: &Config, address: SocketAddr) -> String {
    let address = reachable(address);
    if !config.http.public_url.is_empty() {
        config.http.public_url.trim_end_matches('/').to_owned()
    } else if config.tls_mode() == tls::Mode::Off {
        format!("http://{address}")
    } else if address.ip().is_loopback() {
        // Certificates from files are for names, as a rule.
        format!("https://localhost:{}", address.port())
    } else {
        format!("https://{address}")
    }
}

/// An address under which this machine reaches itself: nobody can connect to `0.0.0.0`.
#[must_use]
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
