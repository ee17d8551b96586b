//! `env`: the settings by which a tool or an SDK that knows nothing of Tailmark talks to it.
//!
//! Two ways: through the proxy, where programs keep the addresses of Microsoft that they have built in, or straight to
//! the service, where they are told another. What each tool reads is a row in `env/variables.rs`.

mod format;
mod variables;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;

pub use self::format::Format;
use self::variables::{Place, Tool, Variable};
use super::serve::{self, doors};
use crate::config::{Config, intercept, make_data_folder, tls};
use crate::exit::Exit;
use crate::issuer::{DEFAULT_TENANT, Issuer};

const EXAMPLES: &str = "\
Examples:
  eval \"$(tailmark env python)\"
  tailmark env powershell
  tailmark env javascript --direct --format dotenv > .env";

/// Print settings to paste, for an SDK or a tool.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct EnvArgs {
    /// For what.
    #[arg(value_enum, default_value_t = Tool::All)]
    pub tool: Tool,
    /// How they are written [default: powershell for powershell, else shell].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// For the service's own address instead of the proxy: the tool is told another authority, and its Graph address
    /// has to be set in code.
    #[arg(long)]
    pub direct: bool,
    /// The data folder of the service.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The file of settings of that service (TOML).
    #[arg(long, value_name = "FILE", env = "TAILMARK_CONFIG")]
    pub config: Option<PathBuf>,
}

/// Prints them. They hold the client secret of the embedded issuer, which is worth nothing elsewhere.
///
/// # Errors
/// Where the issuer's or the CA's state cannot be read or made.
pub fn run(args: &EnvArgs) -> anyhow::Result<Exit> {
    let mut config = Config::load(args.config.as_deref(), args.data.as_deref())?;
    make_data_folder(&config.data)?;
    config.data = std::path::absolute(&config.data).context("the data folder cannot be found")?;
    if config.tls_mode() == tls::Mode::Off {
        // Both ways are by TLS. Whether the running service was told so by a flag cannot be seen from here.
        config.tls.mode = tls::Mode::OwnCa;
    }
    let server = serve::public_url(&config, config.http.listen);
    let issuer = Issuer::open_or_create(&config.data, &server)?.configured(&config.auth);
    // Straight to a service with somebody's certificate there is no CA of ours to trust.
    let has_own_ca = !args.direct || config.tls_mode() == tls::Mode::OwnCa;
    let ca = has_own_ca.then(|| doors::authority(&config)).transpose()?;
    let place = Place {
        proxy: (!args.direct).then(|| format!("http://{}", proxy(&config))),
        server,
        ca: ca.map(|authority| authority.pem_file().display().to_string()),
        tenant: DEFAULT_TENANT.to_string(),
        client_id: issuer.client_id().to_owned(),
        client_secret: issuer.client_secret().expose().to_owned(),
    };
    let fallback = if args.tool == Tool::Powershell { Format::Powershell } else { Format::Shell };
    let format = args.format.unwrap_or(fallback);
    for note in variables::notes(args.tool, &place) {
        println!("# {note}");
    }
    for Variable { name, value } in variables::of(args.tool, &place) {
        println!("{}", format.line(name, &value));
    }
    Ok(Exit::Done)
}

/// Where the proxy listens, by the settings or by default.
fn proxy(config: &Config) -> String {
    let usual = || intercept::DEFAULT_LISTEN.to_owned();
    config.intercept.listen.map(serve::reachable).as_ref().map_or_else(usual, SocketAddr::to_string)
}
