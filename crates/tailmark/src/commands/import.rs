//! `tailmark import`: check the files, send the devices, wait for the outcome, report it.
//!
//! In: hash files as people have them. Out: registered devices, or a list of what failed with line, code and
//! remedy. Nothing is sent while one file has an error (exit code 6); slips of form are repaired and said.
//! [`read`] checks, [`send`] sends, [`watch`] waits, [`report`] reports; `tailmark demo` takes the same way.
//! An import that was interrupted goes on where it was when the same command runs again ([`journal`]).

mod arrived;
pub mod journal;
pub mod progress;
pub mod read;
pub mod report;
pub mod send;
mod source;
pub mod watch;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::interrupt::Interrupt;
use super::{Common, state_folder};
use crate::exit::Exit;
use crate::graph_client::GraphClient;
use crate::output::{Kind, Output};
use journal::{Journal, Plan, Start};
use progress::Board;
use read::{Device, InFile, Reading};
use report::{Outcome, Report};
use send::{Job, Route, Sender};
use watch::{Counts, End, Ended, Under};

const EXAMPLES: &str = "\
An import that did not come to its end (Ctrl-C, a killed program, a service that was away or too busy, time that
was up) goes on where it was when the same files are imported to the same service again. No device is sent twice.

Examples:
  export TAILMARK_TOKEN=$(tailmark token)
  tailmark import devices.csv
  tailmark import devices.csv --dry-run
  tailmark import site-a.csv site-b.csv --as import --no-wait
  tailmark import devices.csv --query 'failed[].{line: line, why: name}' -o table
  tailmark import site-a.csv site-b.csv -o json --query 'files[].[file, complete, error]'
  tailmark import devices.csv --graph            to Microsoft's service; see tailmark login --help";

/// `tailmark import`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ImportArgs {
    /// Hash files; - for stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The route that the devices take [default: upload, and import with --graph]
    #[arg(long = "as", value_enum, value_name = "ROUTE")]
    route: Option<Route>,
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
    /// Folder for what an interrupted import needs to go on [default: imports in the state folder]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Begin anew, whatever an interrupted import has sent
    #[arg(long)]
    restart: bool,
}

/// How an import is made.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// The route that the devices take.
    pub route: Route,
    /// How many devices are sent and noted together at most.
    pub per_part: usize,
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
    let route = args.route.unwrap_or(if common.is_graph() { Route::Import } else { Route::Upload });
    let per_request = args.per_request.and_then(|number| usize::try_from(number).ok());
    let per_part = per_request.filter(|_| route != Route::Each).unwrap_or(route.devices_per_part());
    let how = How { route, per_part, wait: (!args.no_wait).then_some(args.timeout) };
    if args.dry_run {
        let requests =
            |devices: usize| if route == Route::Each { devices } else { devices.div_ceil(per_part) };
        let files = reading.files.iter().map(|file| {
            let devices = file.devices.len();
            json!({ "file": file.name, "devices": devices, "requests": requests(devices) })
        });
        let all = reading.files.iter().map(|file| requests(file.devices.len())).sum::<usize>();
        let files: Vec<_> = files.collect();
        let devices = reading.devices.len();
        let told = json!({ "devices": devices, "requests": all, "sent": false, "files": files });
        output.show(&told, Kind::Plain)?;
        return Ok(Exit::Done);
    }
    let client = common.client(&output).await?;
    let interrupt = Interrupt::listen();
    let start = if args.restart { Start::Anew } else { Start::GoOn };
    let mut journals =
        Journals { client: &client, output: &output, folder: args.state, start, names: HashMap::new() };
    let mut jobs = Vec::new();
    let opened = tokio::select! {
        opened = journals.open_all(reading, how, &mut jobs) => opened,
        () = interrupt.raised() => Err(Exit::Interrupted.because("interrupted before anything was sent")),
    };
    if let Err(error) = opened {
        forget_untouched(&mut jobs);
        return Err(error);
    }
    let report = import(&client, &output, jobs, how, &interrupt).await?;
    report::show(&output, &report)
}

impl How {
    fn plan(self, file: &InFile, client: &GraphClient) -> Plan {
        Plan {
            file: file.name.clone(),
            server: client.base().to_string(),
            route: self.route,
            per_part: self.per_part,
            devices: file.devices.len(),
        }
    }
}

/// Each file with its devices.
fn by_file(reading: Reading) -> impl Iterator<Item = (InFile, Vec<Device>)> {
    let mut devices = reading.devices.into_iter();
    reading.files.into_iter().map(move |file| {
        let its = devices.by_ref().take(file.devices.len()).collect();
        (file, its)
    })
}

/// The files of a reading for an import that does not go on after its end.
pub fn unkept(reading: Reading, how: How, client: &GraphClient) -> Vec<Job> {
    let job = |(file, devices): (InFile, _)| {
        let journal = Journal::unkept(how.plan(&file, client));
        Job::new(file.name, devices, journal)
    };
    by_file(reading).map(job).collect()
}

/// Finds the journals of files.
struct Journals<'a> {
    client: &'a GraphClient,
    output: &'a Output,
    folder: Option<PathBuf>,
    start: Start,
    /// How often a journal was wanted: the same content may be there twice.
    names: HashMap<String, u32>,
}

impl Journals<'_> {
    /// Of what an earlier run has sent the service is asked, which may take as long as it likes.
    async fn open_all(&mut self, reading: Reading, how: How, jobs: &mut Vec<Job>) -> anyhow::Result<()> {
        for (file, devices) in by_file(reading) {
            let journal = self.open(&file, how.plan(&file, self.client)).await?;
            jobs.push(Job::new(file.name, devices, journal));
        }
        Ok(())
    }

    async fn open(&mut self, file: &InFile, plan: Plan) -> anyhow::Result<Journal> {
        let tenant = self.client.tenant().unwrap_or_default();
        let what = format!("{}\n{tenant}\n{}", self.client.base(), file.digest);
        let digest = ring::digest::digest(&ring::digest::SHA256, what.as_bytes());
        let name: String = digest.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let times = self.names.entry(name.clone()).or_default();
        *times += 1;
        let name = if *times == 1 { format!("{name}.jsonl") } else { format!("{name}-{times}.jsonl") };
        let journal = match (&self.folder, state_folder()) {
            (Some(folder), _) => Journal::open(&folder.join(name), plan.clone(), self.start)?,
            (None, Some(folder)) => self.open_usual(&folder.join("imports").join(name), plan.clone())?,
            (None, None) => Journal::unkept(plan.clone()),
        };
        if let Some(began) = journal.began() {
            if journal.taken() > 0 && !arrived::is_there(self.client, &journal).await? {
                let name = &file.name;
                self.output.say(&format!(
                    "{name}: nothing of the import of {began} is at the service any more; beginning anew"
                ));
                return journal.anew(plan);
            }
            let (taken, all) = (journal.taken(), file.devices.len());
            self.output.say(&format!(
                "{}: going on with the import of {began}; {taken} of {all} devices were sent",
                file.name
            ));
        }
        Ok(journal)
    }

    /// A home that cannot be written to keeps nobody from importing.
    fn open_usual(&self, path: &Path, plan: Plan) -> anyhow::Result<Journal> {
        match Journal::open(path, plan.clone(), self.start) {
            Err(error) if error.downcast_ref::<std::io::Error>().is_some() => {
                self.output.say(&format!("warning: {error:#}; if it is interrupted, it cannot go on"));
                Ok(Journal::unkept(plan))
            }
            result => result,
        }
    }
}

/// Of files of which nothing was ever sent there is nothing to go on with.
fn forget_untouched(jobs: &mut [Job]) {
    jobs.iter_mut().filter(|job| job.journal.is_untouched()).for_each(|job| job.journal.remove());
}

/// Sends checked devices and waits for their outcome.
pub async fn import(
    client: &GraphClient,
    output: &Output,
    mut jobs: Vec<Job>,
    how: How,
    interrupt: &Interrupt,
) -> anyhow::Result<Report> {
    send_all(client, output, &mut jobs, interrupt).await?;
    let under =
        |job: &Job| Under { name: job.file.clone(), watched: job.journal.watched(), total: job.taken() };
    let names: Vec<_> = jobs.iter().map(under).collect();
    // One of which nothing was taken has nothing to wait for.
    let awaited: Vec<_> = names.iter().filter(|under| under.total > 0).cloned().collect();
    let ended = match how.wait {
        Some(timeout) => watch::until_settled(client, output, &awaited, timeout, interrupt).await?,
        None => Ended {
            end: End::NotWatched,
            counts: awaited.iter().map(|under| Counts { total: under.total, ..Counts::default() }).collect(),
            took: Duration::ZERO,
        },
    };
    let (mut outcomes, mut failed, mut counted) = (Vec::new(), Vec::new(), ended.counts.iter().copied());
    for (job, under) in jobs.iter_mut().zip(&names) {
        let counts = if under.total > 0 { counted.next().unwrap_or_default() } else { Counts::default() };
        if counts.error > 0 {
            failed.extend(report::failures(client, &under.watched, &job.devices, &job.records).await?);
        }
        outcomes.push(Outcome::new(under, counts, job.refused.len() as u64));
        failed.append(&mut job.refused);
    }
    let report = Report::new(&ended, outcomes, failed);
    if matches!(ended.end, End::Settled | End::NotWatched) {
        jobs.iter_mut().for_each(|job| job.journal.remove());
        return Ok(report);
    }
    Ok(if jobs.iter().all(|job| job.journal.is_kept()) { report.resumed_by_command() } else { report })
}

async fn send_all(
    client: &GraphClient,
    output: &Output,
    jobs: &mut [Job],
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    let files: Vec<_> = jobs.iter().map(|job| (job.file.clone(), job.devices.len() as u64)).collect();
    let board = Board::new(output, "sent", &files);
    let sending = async {
        let mut sender = Sender::new(client, output);
        for (at, job) in jobs.iter_mut().enumerate() {
            sender.send(job, |devices| board.add(at, devices)).await?;
        }
        anyhow::Ok(())
    };
    let finished = tokio::select! {
        finished = sending => Some(finished),
        () = interrupt.raised() => None,
    };
    board.end();
    let (taken, all) =
        (jobs.iter().map(Job::taken).sum::<u64>(), files.iter().map(|(_, devices)| devices).sum::<u64>());
    let is_kept = jobs.iter().all(|job| job.journal.is_kept());
    let is_untouched = jobs.iter().all(|job| job.journal.is_untouched());
    if !matches!(finished, Some(Ok(()))) {
        forget_untouched(jobs);
    }
    let how = match is_kept {
        true => "run the same command again to go on",
        false => "what arrived goes on at the service",
    };
    match finished {
        Some(Ok(())) => Ok(()),
        Some(Err(error)) if is_untouched => Err(error),
        Some(Err(error)) => Err(error).with_context(|| format!("{taken} of {all} devices were sent; {how}")),
        None if is_untouched => Err(Exit::Interrupted.because("interrupted; nothing was sent")),
        None => {
            let message = format!("interrupted after {taken} of {all} devices; {how}");
            Err(Exit::Interrupted.because(message))
        }
    }
}
