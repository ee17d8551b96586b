//! `tailmark login` and `logout`: who talks to Microsoft's service.
//!
//! With `--graph` every command signs in by itself. `login` does it beforehand, so that a script does not stop
//! at a device code, or just to see whether the credentials are good; `logout` forgets the user.

use clap::Args;
use serde_json::json;

use super::{Common, kept_sign_ins};
use crate::exit::Exit;
use crate::graph_client;
use crate::output::Kind;

const LOGIN: &str = "\
How one signs in follows from the variables that are set, as in Azure's SDKs:
  AZURE_TENANT_ID, AZURE_CLIENT_ID               whose, and as which application
  AZURE_CLIENT_SECRET                            its secret
  AZURE_CLIENT_CERTIFICATE_PATH                  or its certificate and key, in PEM without a password
  AZURE_FEDERATED_TOKEN_FILE                     or a file with a token of somebody it trusts
  AZURE_AUTHORITY_HOST                           another cloud than the global one
Without secret, certificate and token a user signs in with a device code, and is remembered in sign-in.json in the
state folder, which only its owner can read. Of applications nothing is kept.

Examples:
  tailmark login
  tailmark devices list --graph --top 5
  AZURE_TENANT_ID=contoso.example tailmark login
  tailmark login --graph-url https://graph.microsoft.us";
const LOGOUT: &str = "\
Examples:
  tailmark logout";

/// `tailmark login`
#[derive(Debug, Args)]
#[command(after_help = LOGIN)]
pub struct LoginArgs {}

/// `tailmark logout`
#[derive(Debug, Args)]
#[command(after_help = LOGOUT)]
pub struct LogoutArgs {}

/// Signs in and says who it is.
pub async fn login(common: &Common) -> anyhow::Result<Exit> {
    let output = common.output();
    let sign_in = common.sign_in()?;
    sign_in.forget().map_err(graph_client::Error::from)?;
    sign_in.token().await.map_err(graph_client::Error::from)?;
    let user = sign_in.user().map_err(graph_client::Error::from)?;
    let who = user.clone().unwrap_or_else(|| format!("the application {}", sign_in.client_id()));
    output.show(
        &json!({
            "tenant": sign_in.tenant(),
            "clientId": sign_in.client_id(),
            "user": user,
            "how": sign_in.how(),
        }),
        Kind::Plain,
    )?;
    output.say(&format!("signed in as {}", crate::output::cell::printable(&who)));
    Ok(Exit::Done)
}

/// Forgets the users who signed in.
pub fn logout(common: &Common) -> anyhow::Result<Exit> {
    let (output, kept) = (common.output(), kept_sign_ins());
    let had_any = kept.forget_all().map_err(graph_client::Error::from)?;
    output.say(if had_any { "signed out" } else { "nobody was signed in" });
    Ok(Exit::Done)
}
