//! `tailmark uploads`, `devices` and `imported`: list, show, wait for and delete what the service holds.
//!
//! The three entity sets differ in their path, their columns and in what "settled" means; everything else
//! is the same, so it is written once. Lists follow the service's pages to the end or to `--top`.

use std::collections::HashMap;
use std::io::{self, BufRead, IsTerminal, Write};
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use serde_json::Value;

use super::Common;
use super::import::{report, watch};
use super::interrupt::Interrupt;
use crate::exit::Exit;
use crate::graph_client::{GraphClient, pages};
use crate::output::{Kind, Output};

const LIST_EXAMPLES: &str = "\
Examples:
  … list --filter \"contains(serialNumber,'AB12')\" --orderby serialNumber
  … list --top 5 -o json
  … list --query 'length(@)'";

/// An entity set of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// importedWindowsAutopilotDeviceIdentityUploads
    Uploads,
    /// windowsAutopilotDeviceIdentities
    Devices,
    /// importedWindowsAutopilotDeviceIdentities
    Imported,
}

impl Set {
    /// Its path below `/beta`.
    pub fn path(self) -> &'static str {
        match self {
            Set::Uploads => "deviceManagement/importedWindowsAutopilotDeviceIdentityUploads",
            Set::Devices => "deviceManagement/windowsAutopilotDeviceIdentities",
            Set::Imported => "deviceManagement/importedWindowsAutopilotDeviceIdentities",
        }
    }

    /// The path of one of its entities.
    pub fn entity(self, id: &str) -> String {
        format!("{}/{}", self.path(), pages::escaped(id))
    }

    fn kind(self) -> Kind {
        match self {
            Set::Uploads => Kind::Uploads,
            Set::Devices => Kind::Devices,
            Set::Imported => Kind::Imported,
        }
    }

    fn noun(self, count: usize) -> String {
        let (one, many) = match self {
            Set::Uploads => ("upload", "uploads"),
            Set::Devices => ("registered device", "registered devices"),
            Set::Imported => ("import record", "import records"),
        };
        if count == 1 { one.to_owned() } else { format!("{count} {many}") }
    }
}

/// What to do with a set.
#[derive(Debug, Subcommand)]
pub enum Act {
    /// List them, all pages
    List(ListArgs),
    /// Show one
    Show {
        /// Its id
        id: String,
        /// Members to show, separated by commas
        #[arg(long, value_name = "MEMBERS")]
        select: Option<String>,
    },
    /// Wait until it is settled: an upload or import record complete or failed, a device registered
    Wait {
        /// Its id; with `imported` also the importId that a group of records shares
        id: String,
        /// How long to wait: 90s, 15m, 2h
        #[arg(long, value_name = "TIME", default_value = "30m", value_parser = super::duration)]
        timeout: Duration,
    },
    /// Delete some; asks first
    Delete {
        /// Their ids
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
}

/// `list`
#[derive(Debug, Args)]
#[command(after_help = LIST_EXAMPLES)]
pub struct ListArgs {
    /// OData condition: "serialNumber eq '1234'"
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
    /// Members to show, separated by commas
    #[arg(long, value_name = "MEMBERS")]
    select: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER")]
    top: Option<usize>,
    /// Order: "serialNumber desc"
    #[arg(long, value_name = "MEMBERS")]
    orderby: Option<String>,
}

/// Runs one act on one set.
pub async fn run(set: Set, act: Act, common: &Common) -> anyhow::Result<Exit> {
    let output = common.output();
    if let Act::Delete { ids } = &act {
        // Asked before anything else, so that an unattended script never gets half way.
        confirm(&set.noun(ids.len()), common.yes())?;
    }
    let client = common.client(&output)?;
    match act {
        Act::List(args) => {
            let entities = list(&client, set, &args).await?;
            let count = entities.len();
            output.show(&Value::Array(entities), set.kind())?;
            if count == 0 && output.is_table() {
                output.say("none");
            }
            Ok(Exit::Done)
        }
        Act::Show { id, select } => {
            let query = select.as_deref().map(|members| pages::query(&[("$select", members)]));
            let entity = client.get(&(set.entity(&id) + &query.unwrap_or_default())).await?;
            output.show(&entity, set.kind())?;
            Ok(Exit::Done)
        }
        Act::Wait { id, timeout } if set == Set::Devices => {
            wait_for_device(&client, &output, &id, timeout).await
        }
        Act::Wait { id, timeout } => wait(&client, &output, set, id, timeout).await,
        Act::Delete { ids } => delete(&client, &output, set, &ids).await,
    }
}

async fn list(client: &GraphClient, set: Set, args: &ListArgs) -> anyhow::Result<Vec<Value>> {
    let page = args.top.map(|top| top.min(1000).to_string());
    let options = [
        ("$filter", args.filter.as_deref()),
        ("$select", args.select.as_deref()),
        ("$orderby", args.orderby.as_deref()),
        ("$top", page.as_deref()),
    ];
    let given: Vec<_> = options.iter().filter_map(|(name, value)| Some((*name, (*value)?))).collect();
    let path = format!("{}{}", set.path(), pages::query(&given));
    Ok(client.pages(&path)?.collect(args.top.unwrap_or(usize::MAX)).await?)
}

async fn wait(
    client: &GraphClient,
    output: &Output,
    set: Set,
    id: String,
    timeout: Duration,
) -> anyhow::Result<Exit> {
    let interrupt = Interrupt::listen();
    let watched = if set == Set::Uploads {
        client.get(&set.entity(&id)).await?;
        watch::Watched::Uploads(vec![id])
    } else {
        watch::Watched::Group(id)
    };
    let total = watched.total(client).await?;
    if total == 0 && set == Set::Imported {
        return Err(Exit::NotFound.because("there is no import record with this id or importId"));
    }
    let ended = watch::until_settled(client, output, &watched, total, timeout, &interrupt).await?;
    let failures = report::failures(client, &watched, &[], &HashMap::new()).await?;
    report::show(output, &report::Report::new(watched, ended, failures))
}

/// A device is registered some time after its import; until then its id answers 404.
async fn wait_for_device(
    client: &GraphClient,
    output: &Output,
    id: &str,
    timeout: Duration,
) -> anyhow::Result<Exit> {
    let (interrupt, start, mut pause) = (Interrupt::listen(), Instant::now(), watch::FIRST_PAUSE);
    loop {
        match client.get(&Set::Devices.entity(id)).await {
            Ok(device) => {
                output.show(&device, Kind::Devices)?;
                return Ok(Exit::Done);
            }
            Err(error) if !error.is_not_found() => return Err(error.into()),
            Err(_) if start.elapsed() >= timeout => {
                return Err(Exit::StillPending.because("the device is not registered yet"));
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

async fn delete(client: &GraphClient, output: &Output, set: Set, ids: &[String]) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    for id in ids {
        match client.delete(&set.entity(id)).await {
            Ok(()) => output.say(&format!("deleted {id}")),
            Err(error) if error.is_not_found() => {
                output.say(&format!("not found: {id}"));
                exit = Exit::NotFound;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(exit)
}

fn confirm(what: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Exit::Usage.because("nothing was deleted: without a terminal to ask on, --yes is needed"));
    }
    write!(io::stderr(), "Delete {what}? [y/N] ")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Exit::Usage.because("nothing was deleted")),
    }
}
