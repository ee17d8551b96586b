//! `devices sync`: the service compares its devices with what it has of them elsewhere, once in ten minutes.
//!
//! <https://learn.microsoft.com/graph/api/intune-enrollment-windowsautopilotsettings-sync>

use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use crate::commands::Common;
use crate::commands::import::watch;
use crate::commands::interrupt::Interrupt;
use crate::exit::Exit;
use crate::graph_client::Retry;
use crate::output::Kind;

const SETTINGS: &str = "deviceManagement/windowsAutopilotSettings";

/// `devices sync`
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Wait until it is done
    #[arg(long)]
    wait: bool,
    /// How long to wait: 90s, 15m, 2h
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = crate::commands::duration)]
    timeout: Duration,
    /// Show the state of the last one, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// Begins a synchronisation and shows its state.
pub async fn run(args: &SyncArgs, common: &Common) -> anyhow::Result<Exit> {
    let output = common.output();
    let client = common.client(&output).await?;
    if !args.dry_run {
        // "Too soon" is for minutes; whoever asked wants to know it now.
        let once = client.clone().retrying(Retry { attempts: 1, ..Retry::default() });
        once.post(&format!("{SETTINGS}/sync"), &json!({})).await?;
    }
    let (interrupt, start, mut pause) = (Interrupt::listen(), Instant::now(), watch::FIRST_PAUSE);
    loop {
        let settings = client.get(SETTINGS).await?;
        let status = settings.get("syncStatus").and_then(Value::as_str).unwrap_or_default();
        let (under_way, failed) = (status == "inProgress", status == "failed");
        let is_late = start.elapsed() >= args.timeout;
        if args.dry_run || !args.wait || !under_way || is_late {
            output.show(&settings, Kind::Plain)?;
            return Ok(match (args.wait && !args.dry_run, under_way, failed) {
                (true, true, _) => Exit::StillPending,
                (true, _, true) => Exit::Failure,
                _ => Exit::Done,
            });
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = interrupt.raised() => return Err(Exit::Interrupted.because("interrupted")),
        }
        pause = watch::longer(pause);
    }
}
