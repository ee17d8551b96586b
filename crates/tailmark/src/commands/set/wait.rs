//! `wait`: until what was named is settled, with progress on stderr.
//!
//! An upload or import record is settled when every device in it is complete or has failed; a registered device
//! when it is there. Exit code 0, 5 where devices failed, 7 where time is up.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;

use super::Set;
use super::chosen::ids;
use crate::commands::Common;
use crate::commands::import::report::{self, Outcome, Report};
use crate::commands::import::watch::{self, Under, Watched};
use crate::commands::interrupt::Interrupt;
use crate::exit::Exit;
use crate::graph_client::GraphClient;
use crate::output::{Kind, Output};

/// `wait`
#[derive(Debug, Args)]
pub struct WaitArgs {
    /// Their ids; - reads them from stdin, one a line
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// How long to wait: 90s, 15m, 2h
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = crate::commands::duration)]
    timeout: Duration,
}

/// Waits, and shows what came of it.
pub async fn run(set: Set, args: WaitArgs, common: &Common) -> anyhow::Result<Exit> {
    let output = common.output();
    let ids = ids(&args.ids)?;
    let client = common.client(&output).await?;
    match set {
        Set::Devices => wait_for_devices(&client, &output, &ids, args.timeout).await,
        Set::Uploads | Set::Imported => wait(&client, &output, set, ids, args.timeout).await,
    }
}

async fn wait(
    client: &GraphClient,
    output: &Output,
    set: Set,
    ids: Vec<String>,
    timeout: Duration,
) -> anyhow::Result<Exit> {
    let interrupt = Interrupt::listen();
    let mut names = Vec::new();
    for id in ids {
        let watched = if set == Set::Uploads {
            client.get(&set.entity(&id)).await?;
            Watched::Uploads(vec![id.clone()])
        } else {
            Watched::Groups(vec![id.clone()])
        };
        let total = watched.total(client).await?;
        if total == 0 && set == Set::Imported {
            return Err(Exit::NotFound.because(format!("no import record has the id or importId {id}")));
        }
        names.push(Under { name: id, watched, total });
    }
    let ended = watch::until_settled(client, output, &names, timeout, &interrupt).await?;
    let (mut outcomes, mut failed) = (Vec::new(), Vec::new());
    for (under, counts) in names.iter().zip(&ended.counts) {
        if counts.error > 0 {
            failed.extend(report::failures(client, &under.watched, &[], &HashMap::new()).await?);
        }
        outcomes.push(Outcome::new(under, *counts, 0));
    }
    report::show(output, &Report::new(&ended, outcomes, failed))
}

/// A device is registered some time after its import; until then its id answers 404.
async fn wait_for_devices(
    client: &GraphClient,
    output: &Output,
    ids: &[String],
    timeout: Duration,
) -> anyhow::Result<Exit> {
    let (interrupt, start, mut pause) = (Interrupt::listen(), Instant::now(), watch::FIRST_PAUSE);
    let mut devices = Vec::new();
    for id in ids {
        loop {
            match client.get(&Set::Devices.entity(id)).await {
                Ok(device) => {
                    devices.push(device);
                    break;
                }
                Err(error) if !error.is_not_found() => return Err(error.into()),
                Err(_) if start.elapsed() >= timeout => {
                    let message = format!("{id} is not registered yet, and the time is up");
                    return Err(Exit::StillPending.because(message));
                }
                Err(_) => {}
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = interrupt.raised() => return Err(Exit::Interrupted.because("interrupted")),
            }
            pause = watch::longer(pause);
        }
    }
    // One device is shown as `show` would.
    match <[Value; 1]>::try_from(devices) {
        Ok([device]) => output.show(&device, Kind::Devices)?,
        Err(devices) => output.show(&Value::Array(devices), Kind::Devices)?,
    }
    Ok(Exit::Done)
}
