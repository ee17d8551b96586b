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
pub mod list;
pub mod migrate;
pub mod restore;
pub mod serve;
pub mod token;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::exit::Exit;
use crate::graph_client::{self, GraphClient, Retry, Token, Waiting};
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
    #[command(subcommand)]
    Uploads(list::Act),
    /// Registered devices
    #[command(subcommand)]
    Devices(list::Act),
    /// Import records: one for every device that was ever imported, with its outcome
    #[command(subcommand)]
    Imported(list::Act),
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
pub async fn run(line: CommandLine) -> anyhow::Result<Exit> {
    let common = line.common;
    match line.command {
        Command::Demo(args) => demo::run(args, &common).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Token(args) => token::run(args).await,
        Command::Import(args) => import::run(args, &common).await,
        Command::Check(args) => check::run(&args, &common),
        Command::Uploads(act) => list::run(list::Set::Uploads, act, &common).await,
        Command::Devices(act) => list::run(list::Set::Devices, act, &common).await,
        Command::Imported(act) => list::run(list::Set::Imported, act, &common).await,
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

    /// A client of the service that was named, signed in if there is a token.
    pub fn client(&self, output: &Output) -> anyhow::Result<GraphClient> {
        let client = client(&self.server, self.token()?, output)?;
        if client.exposes_token() {
            output.say("warning: the token goes over the network unencrypted; use an https:// address");
        }
        Ok(client)
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

/// A client that tells people when it waits for a busy service.
pub fn client(
    server: &str,
    token: Option<Token>,
    output: &Output,
) -> Result<GraphClient, graph_client::Error> {
    let on_wait: Option<fn(Waiting)> = (!output.is_quiet()).then_some(say_waiting);
    GraphClient::new(server, token, Retry { on_wait, ..Retry::default() })
}

fn say_waiting(waiting: Waiting) {
    let (seconds, status) = (waiting.delay.as_secs_f32(), waiting.status.as_u16());
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(io::stderr(), "the service is busy ({status}); trying again in {seconds:.1} s");
}

/// Tells people on stderr why a command failed, and finds its exit code.
pub fn report(error: &anyhow::Error, output: &Output) -> Exit {
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
