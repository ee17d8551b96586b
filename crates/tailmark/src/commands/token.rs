//! `token`: prints a token signed by the embedded issuer.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use autopilot::model::READ_WRITE;
use uuid::Uuid;

use super::serve;
use crate::clock;
use crate::config::{Config, make_data_folder};
use crate::exit::Exit;
use crate::issuer::directory::DEFAULT_USER;
use crate::issuer::{DEFAULT_TENANT, Issuer, TokenKind, TokenRequest};

const EXAMPLES: &str = "\
Examples:
  export TAILMARK_TOKEN=$(tailmark token)
  tailmark token --data ./data --user ada@contoso.example --expires-in 60
  tailmark token --app --scope DeviceManagementServiceConfig.Read.All";

/// Print a token signed by the embedded issuer.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct TokenArgs {
    /// A scope (or role, with --app) to put in; may be given several times. Default: the one that reads and writes.
    #[arg(long, value_name = "PERMISSION")]
    pub scope: Vec<String>,
    /// A token of an application, with roles instead of scopes.
    #[arg(long)]
    pub app: bool,
    /// A token of a personal account, which the API refuses.
    #[arg(long, conflicts_with = "app")]
    pub personal: bool,
    /// The tenant.
    #[arg(long, value_name = "GUID", default_value_t = DEFAULT_TENANT)]
    pub tenant: Uuid,
    /// The user's principal name.
    #[arg(long, value_name = "UPN", default_value = DEFAULT_USER)]
    pub user: String,
    /// Seconds until it expires; negative for one that has expired.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, allow_negative_numbers = true)]
    pub expires_in: i64,
    /// The data folder of the service that shall take it.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The file of settings of that service (TOML).
    #[arg(long, value_name = "FILE", env = "TAILMARK_CONFIG")]
    pub config: Option<PathBuf>,
}

/// What a token shall say.
#[derive(Clone, Debug)]
pub struct MintRequest {
    /// Scopes or roles.
    pub permissions: Vec<String>,
    /// Of an application instead of a user.
    pub app: bool,
    /// Of a personal account.
    pub personal: bool,
    /// The tenant.
    pub tenant: Uuid,
    /// The user's principal name.
    pub user: String,
    /// Seconds until it expires.
    pub expires_in: i64,
}

impl Default for MintRequest {
    fn default() -> Self {
        Self {
            permissions: vec![READ_WRITE.to_owned()],
            app: false,
            personal: false,
            tenant: DEFAULT_TENANT,
            user: DEFAULT_USER.to_owned(),
            expires_in: 3600,
        }
    }
}

/// Prints the token.
///
/// # Errors
/// Where the issuer's key cannot be read or made.
pub async fn run(args: TokenArgs) -> anyhow::Result<Exit> {
    let config = Config::load(args.config.as_deref(), args.data.as_deref())?;
    let permissions = if args.scope.is_empty() { vec![READ_WRITE.to_owned()] } else { args.scope };
    let permissions = permissions.iter().flat_map(|scope| scope.split(' ')).map(str::to_owned).collect();
    let request = MintRequest {
        permissions,
        app: args.app,
        personal: args.personal,
        tenant: args.tenant,
        user: args.user,
        expires_in: args.expires_in,
    };
    println!("{}", signed(&config, request)?);
    Ok(Exit::Done)
}

/// A token signed by the issuer in a data folder, which is made where there is none yet.
///
/// # Errors
/// Where the issuer's key cannot be read or made.
pub fn mint(data: &Path, request: MintRequest) -> anyhow::Result<String> {
    signed(&Config::load(None, Some(data))?, request)
}

fn signed(config: &Config, request: MintRequest) -> anyhow::Result<String> {
    make_data_folder(&config.data)?;
    let base = serve::public_url(config, config.http.listen);
    let issuer = Issuer::open_or_create(&config.data, &base)?;
    let kind = match (request.app, request.personal) {
        (true, _) => TokenKind::Application,
        (false, true) => TokenKind::Personal { user: request.user },
        (false, false) => TokenKind::Delegated { user: request.user },
    };
    issuer
        .sign(&TokenRequest {
            permissions: request.permissions,
            expires_in: request.expires_in,
            audience: config.auth.audience.first().cloned().unwrap_or_default(),
            ..TokenRequest::new(request.tenant, kind, clock::unix_seconds())
        })
        .context("the token cannot be signed")
}
