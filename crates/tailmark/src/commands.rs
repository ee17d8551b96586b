//! The command line: every command, what they share, and how a failed one is reported.
//!
//! The names, outputs and exit codes are an interface that scripts rely on; the README shows them in use.
//! Each command lives in a file of its name and ends in an [`Exit`] or an error. A token comes from the
//! environment or a file, never from an argument, where other users of the machine could read it.

pub mod backup;
pub mod check;
pub mod completion;
pub mod demo;
pub mod env;
pub mod explain;
pub mod hash;
pub mod import;
pub mod interrupt;
pub mod login;
pub mod migrate;
pub mod restore;
pub mod serve;
pub mod set;
pub mod token;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use etcetera::BaseStrategy as _;
use reqwest::Url;

use crate::exit::Exit;
use crate::graph_client::sign_in::kept::Kept;
use crate::graph_client::sign_in::variables::Variables;
use crate::graph_client::{self, Bearer, GraphClient, Retry, SignIn, Token, Waiting};
use crate::output::{Format, Output, cell};

const EXAMPLES: &str = "\
Examples:
  tailmark demo                                  everything in one go: service, import, result
  tailmark serve                                 the service on http://127.0.0.1:4280
  export TAILMARK_TOKEN=$(tailmark token)        sign in to it
  tailmark check devices.csv                     find mistakes before anything is sent
  tailmark import devices.csv                    check, upload, wait, report
  tailmark devices list --filter \"groupTag eq 'Sales'\"
  tailmark devices list --query '[].serialNumber' -o tsv
  eval \"$(tailmark env python)\"                  point an SDK at `tailmark serve --intercept`
  tailmark explain 806                           what an error code means and what to do";

const EXIT_CODES: &str = "\
Exit codes:
    0  done                                       5  finished, and some devices failed
    1  failure                                    6  validation failed, nothing was sent
    2  usage, or a deletion was not confirmed     7  time is up, something is still pending
    3  not found                                  8  the service kept saying that it is too busy
    4  sign-in needed or refused                130  interrupted";

/// The program: reads the command line, runs the command, prints the cause chain, ends with its code.
#[tokio::main]
pub async fn main() -> ExitCode {
    let line = CommandLine::parse();
    // Already installed is as good as installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let output = line.common.output();
    match run(line).await {
        Ok(exit) => exit.into(),
        Err(error) => report(&error, &output).into(),
    }
}

/// Windows Autopilot device import, self-hosted: the service and its command line.
#[derive(Debug, Parser)]
#[command(name = "tailmark", version, arg_required_else_help = true)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct CommandLine {
    /// What all commands share.
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    command: Command,
}

/// The options that every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Form of the result: a table on a terminal, JSON when piped
    #[arg(short, long, global = true, value_name = "FORM")]
    output: Option<Format>,
    /// JMESPath expression that picks from the result: '[].{serial: serialNumber, tag: groupTag}'
    #[arg(long, global = true, value_name = "JMESPATH", value_parser = crate::output::checked_query)]
    query: Option<String>,
    /// Address of the service
    #[arg(long, global = true, value_name = "URL", env = "TAILMARK_SERVER")]
    #[arg(default_value = "http://127.0.0.1:4280")]
    server: String,
    /// Microsoft's own service instead; signs in as the AZURE_* variables say, else with a device code
    #[arg(long, global = true)]
    graph: bool,
    /// The same at another address, such as that of a national cloud or of a stand-in
    #[arg(long, global = true, value_name = "URL")]
    graph_url: Option<String>,
    /// File with the access token, instead of the variable TAILMARK_TOKEN
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Answer yes to every question
    #[arg(long, global = true)]
    yes: bool,
    /// No progress and no notices, only results and errors
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the service in a temporary folder, import sample devices and show the result
    Demo(demo::DemoArgs),
    /// Run the service
    Serve(serve::ServeArgs),
    /// Print an access token of the embedded issuer
    Token(token::TokenArgs),
    /// Check files of devices, upload them, wait for the outcome and report it
    Import(import::ImportArgs),
    /// Validate files of devices without sending anything
    Check(check::CheckArgs),
    /// Uploads: batches of imported devices
    #[command(subcommand, after_help = set::UPLOADS)]
    Uploads(set::UploadsAct),
    /// Registered devices
    #[command(subcommand, after_help = set::DEVICES)]
    Devices(set::DevicesAct),
    /// Import records: one for every device that was ever imported, with its outcome
    #[command(subcommand, after_help = set::IMPORTED)]
    Imported(set::ImportedAct),
    /// Sign in to Microsoft's service, for commands with --graph
    Login(login::LoginArgs),
    /// Forget who has signed in to Microsoft's service
    Logout(login::LogoutArgs),
    /// Decode a hardware hash: manufacturer, model, serial number, checksum
    Hash(hash::HashArgs),
    /// Explain an error code of an import
    Explain(explain::ExplainArgs),
    /// Print the settings by which SDKs and tools talk to this service
    Env(env::EnvArgs),
    /// Bring the store up to date
    Migrate(migrate::MigrateArgs),
    /// Copy the database and the keys of a service that goes on serving
    Backup(backup::BackupArgs),
    /// Put a backup in the place of what a stopped service has
    Restore(restore::RestoreArgs),
    /// Print a completion script for a shell
    Completion(completion::CompletionArgs),
}

/// Runs the command that was asked for.
async fn run(line: CommandLine) -> anyhow::Result<Exit> {
    let common = line.common;
    match line.command {
        Command::Demo(args) => demo::run(args, &common).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Token(args) => token::run(args).await,
        Command::Import(args) => import::run(args, &common).await,
        Command::Check(args) => check::run(&args, &common),
        Command::Uploads(act) => set::uploads(act, &common).await,
        Command::Devices(act) => set::devices(act, &common).await,
        Command::Imported(act) => set::imported(act, &common).await,
        Command::Login(_) => login::login(&common).await,
        Command::Logout(_) => login::logout(&common),
        Command::Hash(args) => hash::run(&args, &common),
        Command::Explain(args) => explain::run(&args, &common),
        Command::Env(args) => env::run(&args),
        Command::Migrate(args) => migrate::run(args).await,
        Command::Backup(args) => backup::run(args).await,
        Command::Restore(args) => restore::run(args, &common).await,
        Command::Completion(args) => completion::run(&args),
    }
}

impl Common {
    /// Where results go.
    pub fn output(&self) -> Output {
        Output::new(self.output, self.query.clone(), self.quiet)
    }

    /// Whether every question is answered with yes.
    pub fn yes(&self) -> bool {
        self.yes
    }

    /// Whether commands go to Microsoft's service, or to one that stands in for it.
    pub fn is_graph(&self) -> bool {
        self.graph || self.graph_url.is_some()
    }

    /// A client of the service that was named, signed in if there is a token; to Microsoft's somebody signs in.
    pub async fn client(&self, output: &Output) -> anyhow::Result<GraphClient> {
        if self.is_graph() {
            return self.graph_client(output).await;
        }
        let client = client(&self.server, self.token()?, output)?;
        if client.exposes_token() {
            output.say("warning: the token goes over the network unencrypted; use an https:// address");
        }
        Ok(client)
    }

    async fn graph_client(&self, output: &Output) -> anyhow::Result<GraphClient> {
        let address = self.graph_address()?;
        let bearer = match &self.token_file {
            Some(_) => self.token()?.map_or(Bearer::Nobody, Bearer::Token),
            None => Bearer::SignIn(Arc::new(self.sign_in()?)),
        };
        if let Bearer::SignIn(sign_in) = &bearer {
            // Here and now, before bars are drawn over the code to enter.
            sign_in.token().await.map_err(graph_client::Error::from)?;
        }
        Ok(GraphClient::of_real(address.as_str(), bearer, patience(output))?)
    }

    /// Who signs in to Microsoft's service.
    pub fn sign_in(&self) -> anyhow::Result<SignIn> {
        let graph = self.graph_address()?;
        let sign_in = SignIn::new(&Variables::of_environment(), &graph, kept_sign_ins());
        Ok(sign_in.map_err(graph_client::Error::from)?)
    }

    fn graph_address(&self) -> anyhow::Result<Url> {
        let address = match &self.graph_url {
            Some(address) => address.clone(),
            None => Variables::of_environment().graph().map_err(graph_client::Error::from)?.to_owned(),
        };
        let client = GraphClient::new(&address, None, Retry::default())?;
        if !client.is_private() {
            return Err(
                Exit::Usage.because("--graph-url is no https:// address: the token would be anybody's")
            );
        }
        Ok(client.base().clone())
    }

    fn token(&self) -> anyhow::Result<Option<Token>> {
        let (text, origin) = match &self.token_file {
            Some(path) => {
                let text = std::fs::read_to_string(path);
                (text.map_err(|error| Exit::unreadable(path, &error))?, path.display().to_string())
            }
            None => match std::env::var("TAILMARK_TOKEN") {
                Ok(text) if !text.trim().is_empty() => (text, "TAILMARK_TOKEN".to_owned()),
                _ => return Ok(None),
            },
        };
        let token = Token::parse(&text);
        token.map(Some).ok_or_else(|| Exit::SignIn.because(format!("{origin} does not hold a token")))
    }
}

/// Where users who signed in to Microsoft's service are remembered.
pub fn kept_sign_ins() -> Kept {
    Kept::new(state_folder().map(|folder| folder.join("sign-in.json")))
}

/// A client that tells people when it waits for a busy service.
pub fn client(
    server: &str,
    token: Option<Token>,
    output: &Output,
) -> Result<GraphClient, graph_client::Error> {
    GraphClient::new(server, token, patience(output))
}

fn patience(output: &Output) -> Retry {
    let on_wait: Option<fn(Waiting)> = (!output.is_quiet()).then_some(say_waiting);
    Retry { on_wait, ..Retry::default() }
}

fn say_waiting(waiting: Waiting) {
    let (seconds, status) = (waiting.delay.as_secs_f32(), waiting.status.as_u16());
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(io::stderr(), "the service is busy ({status}); trying again in {seconds:.1} s");
}

/// Tells people on stderr why a command failed, and finds its exit code.
fn report(error: &anyhow::Error, output: &Output) -> Exit {
    let exit = Exit::of(error);
    let refusal = error.chain().find_map(|cause| cause.downcast_ref::<graph_client::Error>()?.refusal());
    let text = if output.wants_json_errors() {
        let message = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
        let json = serde_json::json!({ "error": {
            "code": refusal.map_or("Failed", |refused| &refused.code),
            "message": message,
            "status": refusal.map(|refused| refused.status),
            "requestId": refusal.map(|refused| &refused.request_id),
            "exitCode": exit.code(),
        }});
        json.to_string()
    } else {
        let mut causes = error.chain().map(ToString::to_string);
        let mut text = format!("error: {}", causes.next().unwrap_or_default());
        for cause in causes {
            text.push_str("\n  because: ");
            text.push_str(&cause);
        }
        text.lines().map(cell::printable).collect::<Vec<_>>().join("\n")
    };
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
    exit
}

/// Where what outlives a run is kept: `tailmark` in the platform's folder for the state of programs.
pub fn state_folder() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.state_dir().unwrap_or_else(|| folders.data_dir()).join("tailmark"))
}

/// `90`, `90s`, `15m` or `2h` as a command-line value.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.trim_end_matches(char::is_alphabetic).len());
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err("write 90s, 15m or 2h".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "write 90s, 15m or 2h".to_owned())?;
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn durations() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("15m"), Ok(Duration::from_secs(900)));
        assert!(duration("15d").is_err() && duration("-1s").is_err() && duration("s").is_err());
    }
}
