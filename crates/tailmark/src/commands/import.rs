//! `tailmark import`: check the files, send the devices, wait for the outcome, report it.
//!
//! In: hash files as people have them. Out: registered devices, or a list of what failed with line, code and
//! remedy. Nothing is sent while one file has an error (exit code 6); slips of form are repaired and said.
//! [`read`] checks, [`send`] sends, [`watch`] waits, [`report`] reports; `tailmark demo` takes the same way.

pub mod progress;
pub mod read;
pub mod report;
pub mod send;
pub mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::Common;
use super::interrupt::Interrupt;
use crate::exit::Exit;
use crate::graph_client::GraphClient;
use crate::output::{Kind, Output};
use read::Device;
use report::Report;
use send::Route;
use watch::{Counts, End, Ended};

const EXAMPLES: &str = "\
Examples:
  export TAILMARK_TOKEN=$(tailmark token)
  tailmark import devices.csv
  tailmark import site-a.csv site-b.csv --as import --no-wait
  tailmark import devices.csv --query 'failed[].{line: line, why: name}' -o table";

/// `tailmark import`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ImportArgs {
    /// Hash files; - for stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The route that the devices take
    #[arg(long = "as", value_enum, default_value = "upload", value_name = "ROUTE")]
    route: Route,
    /// How many devices one request takes at most [default: 10000 for uploads, 500 for the import action]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    per_request: Option<u32>,
    /// How long to wait for the outcome: 90s, 15m, 2h
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = super::duration)]
    timeout: Duration,
    /// Do not wait for the outcome
    #[arg(long)]
    no_wait: bool,
    /// Check the files and say what would be sent
    #[arg(long)]
    dry_run: bool,
}

/// How an import is made.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// The route that the devices take.
    pub route: Route,
    /// How many devices one request takes at most.
    pub per_request: usize,
    /// How long to wait for the outcome, if at all.
    pub wait: Option<Duration>,
}

/// Runs the whole import.
pub async fn run(args: ImportArgs, common: &Common) -> anyhow::Result<Exit> {
    let output = common.output();
    let reading = read::files(&args.files)?;
    if reading.has_errors() {
        if !output.is_table() || output.is_quiet() {
            output.show(&reading.problems(), Kind::Problems)?;
        }
        reading.say_problems(&output);
        return Err(Exit::Invalid.because("nothing was sent, because the files have errors"));
    }
    reading.say_problems(&output);
    let usual = args.route.devices_per_request();
    let per_request = args.per_request.map_or(usual, |number| usize::try_from(number).unwrap_or(usual));
    let how = How { route: args.route, per_request, wait: (!args.no_wait).then_some(args.timeout) };
    if args.dry_run {
        let devices = reading.devices.len();
        let requests = if how.route == Route::Each { devices } else { devices.div_ceil(how.per_request) };
        output.show(&json!({ "devices": devices, "requests": requests, "sent": false }), Kind::Plain)?;
        return Ok(Exit::Done);
    }
    let client = common.client(&output)?;
    let report = import(&client, &output, reading.devices, how, &Interrupt::listen()).await?;
    report::show(&output, &report)
}

/// Sends checked devices and waits for their outcome.
pub async fn import(
    client: &GraphClient,
    output: &Output,
    devices: Vec<Device>,
    how: How,
    interrupt: &Interrupt,
) -> anyhow::Result<Report> {
    let devices: Arc<[Device]> = devices.into();
    let bar = progress::sending(output, devices.len() as u64);
    let sent =
        send::send(client, how.route, how.per_request, &devices, interrupt, |count| bar.inc(count)).await;
    bar.finish_and_clear();
    let sent = sent?;
    let ended = match how.wait {
        Some(timeout) if sent.taken > 0 => {
            watch::until_settled(client, output, &sent.watched, sent.taken, timeout, interrupt).await?
        }
        wait => Ended {
            end: if wait.is_some() { End::Settled } else { End::NotWatched },
            counts: Counts { total: sent.taken, ..Counts::default() },
            took: Duration::ZERO,
        },
    };
    let failures = match ended.counts.error {
        0 => Vec::new(),
        _ => report::failures(client, &sent.watched, &devices, &sent.records).await?,
    };
    Ok(Report::new(sent.watched.clone(), ended, failures).with_refused(sent))
}
