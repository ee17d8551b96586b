//! Sending: the three routes by which clients bring devices in.
//!
//! In: checked devices. Out: what to watch, and which record belongs to which line. `upload` makes one
//! upload with all its devices in one request, which the service takes whole or not at all; `import` calls
//! the import action in pieces; `each` posts device by device, several at a time, as most scripts do.
//!
//! <https://learn.microsoft.com/graph/api/resources/intune-enrollment-importedwindowsautopilotdeviceidentity>

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::read::Device;
use super::report::Failure;
use super::watch::Watched;
use crate::commands::interrupt::Interrupt;
use crate::commands::list::Set;
use crate::exit::Exit;
use crate::graph_client::{self, GraphClient};

/// How many single requests are under way at a time.
const AT_ONCE: usize = 8;

/// The routes of `--as`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Route {
    /// One upload with all its devices in one request
    Upload,
    /// The import action, 500 devices a request
    Import,
    /// One request a device
    Each,
}

impl Route {
    /// How many devices one request takes unless told otherwise.
    pub fn devices_per_request(self) -> usize {
        match self {
            Route::Upload => 10_000,
            Route::Import => 500,
            Route::Each => 1,
        }
    }
}

/// What was sent.
#[derive(Debug)]
pub struct Sent {
    /// Where the outcome shows.
    pub watched: Watched,
    /// How many devices the service took.
    pub taken: u64,
    /// Devices that it refused outright.
    pub refused: Vec<Failure>,
    /// Which device an import record belongs to, where the service's answer told.
    pub records: HashMap<String, usize>,
}

impl Sent {
    fn new(watched: Watched) -> Sent {
        Sent { watched, taken: 0, refused: Vec::new(), records: HashMap::new() }
    }
}

/// Sends all devices; `progress` hears how many were sent since the last time.
pub async fn send(
    client: &GraphClient,
    route: Route,
    per_request: usize,
    devices: &Arc<[Device]>,
    interrupt: &Interrupt,
    progress: impl Fn(u64),
) -> anyhow::Result<Sent> {
    let group = uuid::Uuid::new_v4().to_string();
    let mut sent = Sent::new(match route {
        Route::Upload => Watched::Uploads(Vec::new()),
        Route::Import | Route::Each => Watched::Group(group),
    });
    let finished = tokio::select! {
        result = run(client, route, per_request, devices, &mut sent, progress) => Some(result),
        () = interrupt.raised() => None,
    };
    match finished {
        Some(Ok(())) => Ok(sent),
        Some(Err(error)) if sent.taken == 0 => Err(error),
        Some(Err(error)) => {
            let devices = devices.len();
            Err(error.context(format!(
                "{} of {devices} devices were sent; {}",
                sent.taken,
                sent.watched.resume()
            )))
        }
        None if sent.taken == 0 => {
            Err(Exit::Interrupted.because("interrupted; nothing is known to have arrived"))
        }
        None => Err(Exit::Interrupted.because(format!(
            "interrupted after {} of {} devices; {}",
            sent.taken,
            devices.len(),
            sent.watched.resume()
        ))),
    }
}

async fn run(
    client: &GraphClient,
    route: Route,
    per_request: usize,
    devices: &Arc<[Device]>,
    sent: &mut Sent,
    progress: impl Fn(u64),
) -> anyhow::Result<()> {
    if route == Route::Each {
        return each(client, devices, sent, progress).await;
    }
    let mut first = 0;
    for chunk in devices.chunks(per_request.max(1)) {
        match &mut sent.watched {
            Watched::Uploads(ids) => {
                let body =
                    json!({ "deviceIdentities": chunk.iter().map(|d| d.body(None)).collect::<Vec<_>>() });
                let upload = client.post(Set::Uploads.path(), &body).await?;
                ids.push(id(&upload).context("the service answered an upload without an id")?.to_owned());
            }
            Watched::Group(group) => {
                let records: Vec<_> = chunk.iter().map(|device| device.body(Some(group))).collect();
                let body = json!({ "importedWindowsAutopilotDeviceIdentities": records });
                let answer = client.post(&format!("{}/import", Set::Imported.path()), &body).await?;
                let made =
                    answer.get("value").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
                if made.len() == chunk.len() {
                    sent.records
                        .extend(made.iter().zip(first..).filter_map(|(r, at)| Some((id(r)?.into(), at))));
                }
            }
        }
        first += chunk.len();
        sent.taken += chunk.len() as u64;
        progress(chunk.len() as u64);
    }
    Ok(())
}

/// A device that the service refuses does not keep the others from being sent; a refused sign-in or a
/// broken connection does.
async fn each(
    client: &GraphClient,
    devices: &Arc<[Device]>,
    sent: &mut Sent,
    progress: impl Fn(u64),
) -> anyhow::Result<()> {
    let group: Arc<str> = match &sent.watched {
        Watched::Group(group) => group.as_str().into(),
        Watched::Uploads(_) => return Ok(()),
    };
    let mut running = JoinSet::new();
    let mut waiting = 0..devices.len();
    loop {
        while running.len() < AT_ONCE
            && let Some(at) = waiting.next()
        {
            let (client, devices, group) = (client.clone(), Arc::clone(devices), Arc::clone(&group));
            running.spawn(async move {
                let body = devices.get(at).map(|device| device.body(Some(&group))).unwrap_or_default();
                (at, client.post(Set::Imported.path(), &body).await)
            });
        }
        let Some(done) = running.join_next().await else { return Ok(()) };
        let (at, answer) = done?;
        match answer {
            Ok(record) => {
                sent.records.extend(id(&record).map(|id| (id.to_owned(), at)));
                sent.taken += 1;
            }
            Err(error) => {
                let (Some(refused), Some(device)) = (refusal_of_device(&error), devices.get(at)) else {
                    return Err(error.into());
                };
                sent.refused.push(Failure::refused(device, refused));
            }
        }
        progress(1);
    }
}

fn refusal_of_device(error: &graph_client::Error) -> Option<&graph_client::error::Refused> {
    match error {
        graph_client::Error::Refused(refused) => {
            Some(refused).filter(|it| matches!(it.status, 400 | 409 | 422))
        }
        _ => None,
    }
    .map(|refused| &**refused)
}

fn id(entity: &Value) -> Option<&str> {
    entity.get("id").and_then(Value::as_str)
}
