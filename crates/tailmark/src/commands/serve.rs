//! `serve`: wires the house together, and takes it apart again without cutting anyone short.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::interrupt::Signals;
use crate::config::compat::ProfileName;
use crate::config::{Config, make_data_folder};
use crate::exit::Exit;
use crate::http::caller::{Embedded, Verifier};
use crate::http::{self, App, listen};
use crate::issuer::{self, Issuer};
use crate::store::Store;
use crate::{emulation, seed, telemetry, worker};

/// Run the service.
#[derive(Debug, Default, clap::Args)]
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
    telemetry::start(&config.log)?;
    // From here on: whoever reads that it listens may tell it to stop at once.
    let mut signals = Signals::listen().context("signals cannot be listened to")?;
    let running = start(config).await?;
    println!("Tailmark is listening on {}", running.base_url);
    signals.next().await;
    tracing::info!("stopping");
    running.stop().await;
    Ok(Exit::Done)
}

/// Starts the service.
///
/// # Errors
/// What kept it from starting.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    let wanted = config.http.listen;
    if !wanted.ip().is_loopback() && !config.http.allow_plain {
        bail!(
            "http.listen is {wanted}, which others can reach, and there is no TLS; set http.allow_plain to true if \
             something in front of Tailmark takes care of that"
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

    let listener =
        TcpListener::bind(wanted).await.with_context(|| format!("{wanted} cannot be listened on"))?;
    let address = listener.local_addr()?;
    let base_url = public_url(&config, address);
    let issuer = Issuer::open_or_create(&config.data, &base_url)?.configured(&config.auth);
    let issuer = Arc::new(issuer.known_as(&config.http.public_url));
    issuer.learn(tenants);
    let embedded =
        Embedded { address: format!("http://{}", reachable(address)), base: issuer.base().to_owned() };
    let verifier = Verifier::new(&config.auth, Some(&embedded))?;
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

    let (stop, stopped) = watch::channel(false);
    let queue = store.queue();
    queue.take_over().await.context("the import queue cannot be taken over")?;
    let verifier = Arc::new(verifier);
    let app = App { config: Arc::new(config), store, verifier: Arc::clone(&verifier) };
    let settings = app.config.import.clone();
    let header_timeout = app.config.http.header_timeout;
    let tasks = vec![
        tokio::spawn(worker::run(queue, settings, stopped.clone())),
        tokio::spawn(listen::serve(listener, http::router(app, beside), header_timeout, stopped)),
    ];
    verifier.warm().await;
    Ok(Running { address, base_url, stop, tasks })
}

/// Opens the database, or makes it, and brings it up to date.
///
/// # Errors
/// What kept it from doing so, with the place.
pub async fn open_store(config: &Config) -> anyhow::Result<Store> {
    make_data_folder(&config.data)?;
    let file = config.database.file(&config.data)?;
    let place = file.as_ref().map_or("in memory".to_owned(), |file| file.display().to_string());
    Store::open(file.as_deref()).await.with_context(|| format!("the database {place} cannot be opened"))
}

/// The address for clients: as configured, or where we listen.
fn public_url(config: &Config, address: SocketAddr) -> String {
    if config.http.public_url.is_empty() {
        format!("http://{}", reachable(address))
    } else {
        config.http.public_url.trim_end_matches('/').to_owned()
    }
}

/// An address under which this machine reaches itself: nobody can connect to `0.0.0.0`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
