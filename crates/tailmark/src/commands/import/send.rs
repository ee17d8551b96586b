//! Sending: the three routes by which clients bring devices in.
//!
//! In: the checked devices of a file and its journal. Out: what to watch (by the journal), and which record
//! belongs to which line. `upload` makes one upload with all its devices in one request, which the service
//! takes whole or not at all; `import` calls the import action in pieces; `each` posts device by device,
//! several at a time, as most scripts do. A connection that breaks on the way is no end: what did not arrive
//! is sent again.
//!
//! <https://learn.microsoft.com/graph/api/resources/intune-enrollment-importedwindowsautopilotdeviceidentity>

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::arrived::{self, Arrived};
use super::journal::{Journal, Part, State};
use super::read::Device;
use super::report::Failure;
use super::source;
use crate::commands::set::Set;
use crate::graph_client::error::Refused;
use crate::graph_client::{Error, GraphClient};
use crate::output::Output;

/// How many single requests are under way at a time.
const AT_ONCE: usize = 8;
/// The pauses before a part is tried again whose connection broke.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// The routes of `--as`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// One upload with all its devices in one request
    Upload,
    /// The import action, 500 devices a request
    Import,
    /// One request a device
    Each,
}

impl Route {
    /// How many devices are sent and noted together unless told otherwise.
    pub fn devices_per_part(self) -> usize {
        match self {
            Route::Upload => 10_000,
            Route::Import => 500,
            Route::Each => 100,
        }
    }
}

/// One file on its way.
#[derive(Debug)]
pub struct Job {
    /// The file's name.
    pub file: String,
    /// Its devices.
    pub devices: Arc<[Device]>,
    /// What of them has been sent.
    pub journal: Journal,
    /// Devices that the service refused outright.
    pub refused: Vec<Failure>,
    /// Which device an import record belongs to, where the service's answer told.
    pub records: HashMap<String, usize>,
}

impl Job {
    /// A file of which nothing has been sent in this run.
    pub fn new(file: String, devices: Vec<Device>, journal: Journal) -> Job {
        Job { file, devices: devices.into(), journal, refused: Vec::new(), records: HashMap::new() }
    }

    /// How many devices the service has for certain.
    pub fn taken(&self) -> u64 {
        self.journal.taken().saturating_sub(self.refused.len()) as u64
    }
}

/// Sends files, one after the other.
#[derive(Debug)]
pub struct Sender<'a> {
    client: &'a GraphClient,
    output: &'a Output,
    /// Whether the service has answered before; where it never has, the address may be wrong.
    reached: bool,
}

impl<'a> Sender<'a> {
    /// One that has not sent anything yet.
    pub fn new(client: &'a GraphClient, output: &'a Output) -> Sender<'a> {
        Sender { client, output, reached: false }
    }

    /// Sends what the service does not have of a file; `progress` hears how many devices were dealt with.
    pub async fn send(&mut self, job: &mut Job, progress: impl Fn(u64)) -> anyhow::Result<()> {
        for at in 0..job.journal.parts().len() {
            let Some(part) = job.journal.parts().get(at).cloned() else { break };
            if part.state != State::Taken {
                self.send_part(job, at).await?;
            }
            progress(part.devices.len() as u64);
        }
        Ok(())
    }

    async fn send_part(&mut self, job: &mut Job, at: usize) -> anyhow::Result<()> {
        let mut pauses = PAUSES.iter();
        loop {
            let error = match try_part(self.client, self.output, job, at).await {
                Ok(()) => {
                    self.reached = true;
                    return Ok(());
                }
                Err(Failed::Here(error)) => return Err(error),
                Err(Failed::There(error)) => error,
            };
            let again = may_pass(&error, self.reached).then(|| pauses.next()).flatten();
            let Some(pause) = again else { return Err(error.into()) };
            let seconds = pause.as_secs_f32();
            self.output.say(&format!("{}: {error}; trying again in {seconds:.1} s", job.file));
            tokio::time::sleep(*pause).await;
        }
    }
}

/// What kept a part from arriving.
enum Failed {
    /// The answer, or that there was none.
    There(Error),
    /// This machine.
    Here(anyhow::Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed::There(error)
    }
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Failed {
        Failed::Here(error)
    }
}

async fn try_part(client: &GraphClient, output: &Output, job: &mut Job, at: usize) -> Result<(), Failed> {
    let Some(part) = job.journal.parts().get(at).cloned() else { return Ok(()) };
    let route = job.journal.route();
    let arrived = match part.state {
        State::Taken => return Ok(()),
        State::Waiting => Arrived { missing: part.devices.clone().collect(), ..Arrived::default() },
        State::Begun => arrived::ask(client, route, &part, &job.devices).await?,
    };
    job.records.extend(arrived.records);
    let mut upload = arrived.upload;
    if !arrived.missing.is_empty() {
        let mark = job.journal.begin(at)?;
        let is_whole = arrived.missing.len() == part.devices.len();
        let posted = match route {
            Route::Upload => post_upload(client, job, &part, &mark).await.map(|id| upload = Some(id)),
            Route::Import => post_import(client, job, &arrived.missing, &mark).await,
            Route::Each => post_each(client, job, arrived.missing, &mark).await,
        };
        if let Err(Failed::There(error)) = &posted
            && is_whole
            && route != Route::Each
            && certainly_did_not_arrive(error)
        {
            job.journal.undo(at)?;
        }
        posted?;
    }
    if let Some(upload) = &upload {
        // Before the part is noted as taken: a run that is killed between does it again when it goes on.
        source::tell(client, output, job, &part, upload).await;
    }
    job.journal.take(at, upload)?;
    Ok(())
}

async fn post_upload(client: &GraphClient, job: &Job, part: &Part, mark: &str) -> Result<String, Failed> {
    let devices: Vec<_> = job
        .devices
        .get(part.devices.clone())
        .unwrap_or_default()
        .iter()
        .map(|device| device.body(None))
        .collect();
    let body = json!({ "createdDateTimeUtc": mark, "deviceIdentities": devices });
    let upload = client.post(Set::Uploads.path(), &body).await?;
    Ok(id(&upload).context("the service answered an upload without an id")?.to_owned())
}

async fn post_import(client: &GraphClient, job: &mut Job, which: &[usize], mark: &str) -> Result<(), Failed> {
    let devices = which.iter().filter_map(|at| job.devices.get(*at));
    let records: Vec<_> = devices.map(|device| device.body(Some(mark))).collect();
    let body = json!({ "importedWindowsAutopilotDeviceIdentities": records });
    let answer = client.post(&format!("{}/import", Set::Imported.path()), &body).await?;
    let made = answer.get("value").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if made.len() == which.len() {
        job.records
            .extend(made.iter().zip(which).filter_map(|(record, at)| Some((id(record)?.to_owned(), *at))));
    }
    Ok(())
}

/// A device that the service refuses does not keep the others from being sent; a refused sign-in or a
/// broken connection does.
async fn post_each(client: &GraphClient, job: &mut Job, which: Vec<usize>, mark: &str) -> Result<(), Failed> {
    let mark: Arc<str> = mark.into();
    let (mut running, mut waiting) = (JoinSet::new(), which.into_iter());
    loop {
        while running.len() < AT_ONCE
            && let Some(at) = waiting.next()
        {
            let (client, devices, mark) = (client.clone(), Arc::clone(&job.devices), Arc::clone(&mark));
            running.spawn(async move {
                let body = devices.get(at).map(|device| device.body(Some(&mark))).unwrap_or_default();
                (at, client.post(Set::Imported.path(), &body).await)
            });
        }
        let Some(done) = running.join_next().await else { return Ok(()) };
        let (at, answer) = done.map_err(anyhow::Error::from)?;
        match answer {
            Ok(record) => job.records.extend(id(&record).map(|id| (id.to_owned(), at))),
            Err(error) => {
                let (Some(refused), Some(device)) = (refusal_of_device(&error), job.devices.get(at)) else {
                    return Err(error.into());
                };
                job.refused.push(Failure::refused(device, refused));
            }
        }
    }
}

fn refusal_of_device(error: &Error) -> Option<&Refused> {
    match error {
        Error::Refused(refused) if matches!(refused.status, 400 | 409 | 422) => Some(refused),
        _ => None,
    }
}

/// Whether a request was refused as a whole, or never left.
fn certainly_did_not_arrive(error: &Error) -> bool {
    match error {
        Error::Refused(refused) => refused.status < 500,
        Error::Unreachable { unsent, .. } => *unsent,
        Error::Throttled { .. } => true,
        _ => false,
    }
}

/// Whether a broken connection, or a gateway that lost patience, is worth another try. Where nobody listens and
/// nobody ever did, the address is wrong.
fn may_pass(error: &Error, reached: bool) -> bool {
    match error {
        Error::Unreachable { unsent, .. } => reached || !unsent,
        Error::Refused(refused) => matches!(refused.status, 502 | 504),
        _ => false,
    }
}

fn id(entity: &Value) -> Option<&str> {
    entity.get("id").and_then(Value::as_str)
}
