//! `tailmark demo`: the whole story in one command, for somebody who has just built the program.
//!
//! It starts the service in this process on a database in a temporary folder, imports the sample devices
//! through the same code as `tailmark import`, and shows the upload as the service answers it, the devices
//! with their outcome, where the console is, and a `curl` line that works. It serves until Ctrl-C or SIGTERM; the folder goes
//! with it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use super::import::send::Route;
use super::import::{How, import, read, unkept};
use super::interrupt::Interrupt;
use super::set::Set;
use super::{Common, client, serve, token};
use crate::config::Config;
use crate::exit::Exit;
use crate::graph_client::{GraphClient, Token};
use crate::issuer::Issuer;
use crate::issuer::directory::DEFAULT_USER;
use crate::output::{self, Kind, Output};

/// The sample devices, for wherever the program runs without its sources.
const SAMPLE: &[u8] = include_bytes!("../../../../examples/devices.csv");
const SAMPLE_PATH: &str = "examples/devices.csv";
const PORT: u16 = 4280;
/// Seconds for which the shown token works.
const TOKEN_LIFETIME: i64 = 8 * 60 * 60;
const ROWS: usize = 10;

const EXAMPLES: &str = "\
Examples:
  tailmark demo                    and then open another terminal
  tailmark demo --exit             for scripts: 0 when every device is registered
  tailmark demo --listen 127.0.0.1:0";

/// `tailmark demo`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DemoArgs {
    /// End after the report; the exit code is 0 when every device is registered
    #[arg(long)]
    exit: bool,
    /// Address to serve on [default: 127.0.0.1:4280, or a free port where that is taken]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// Tells the story and serves on.
pub async fn run(args: DemoArgs, common: &Common) -> anyhow::Result<Exit> {
    let output = common.output().as_table();
    // Before there is a folder: a signal must not leave it behind, with the issuer's key in it.
    let interrupt = Interrupt::listen();
    let folder =
        tempfile::Builder::new().prefix("tailmark-demo-").tempdir().context("cannot make a folder")?;
    let mut config = Config { data: folder.path().to_owned(), ..Config::default() };
    // Whoever tries it out shall not have to wait.
    config.throttle.enabled = false;
    config.http.listen = args.listen.unwrap_or_else(|| free_address(&output));
    let running = serve::start(config).await?;
    let told = tell(&running.base_url, folder.path(), &output, &interrupt).await;
    if !args.exit && told.is_ok() {
        output.line("\nServing until Ctrl-C.")?;
        interrupt.raised().await;
    }
    running.stop().await;
    let exit = told?;
    Ok(if args.exit { exit } else { Exit::Done })
}

async fn tell(base_url: &str, data: &Path, output: &Output, interrupt: &Interrupt) -> anyhow::Result<Exit> {
    let base_url = base_url.trim_end_matches('/');
    let token = token::mint(data, token::MintRequest { expires_in: TOKEN_LIFETIME, ..Default::default() })?;
    let client = client(base_url, Token::parse(&token), output)?;
    output.line(&format!("Tailmark is listening on {base_url}; its data is in {}", data.display()))?;

    let reading = read::sample(SAMPLE_PATH, SAMPLE);
    output.line(&format!("\n$ tailmark import {SAMPLE_PATH}"))?;
    reading.say_problems(output);
    if reading.has_errors() {
        return Err(Exit::Invalid.because(format!("{SAMPLE_PATH} has errors")));
    }
    let how = How {
        route: Route::Upload,
        per_part: Route::Upload.devices_per_part(),
        wait: Some(Duration::from_secs(60)),
    };
    let report = import(&client, output, unkept(reading, how, &client), how, interrupt).await?;
    output.line(&report.sentence())?;

    let upload = report.uploads().first().context("the import made no upload")?;
    let path = Set::Uploads.entity(upload);
    output.line(&format!("\nGET /beta/{path}"))?;
    output.line(&output::json::indented(&client.text(&path).await?))?;
    output.line("")?;
    show_devices(&client, &path, output).await?;

    let issuer = Issuer::open_or_create(data, base_url)?;
    output.line(&format!(
        "\nThe console is at {base_url}/console; sign in as {DEFAULT_USER} with the password {}",
        issuer.client_secret().expose()
    ))?;
    output.line(&format!("\nThe API is at {base_url}/beta. Try it:"))?;
    output.line(&format!(
        "\ncurl -H \"Authorization: Bearer {token}\" \\\n  '{base_url}/beta/{}?$select=serialNumber,manufacturer,model,groupTag'",
        Set::Devices.path()
    ))?;
    Ok(report.exit())
}

/// The first devices with their outcome, and how many more there are.
async fn show_devices(client: &GraphClient, upload: &str, output: &Output) -> anyhow::Result<()> {
    let records = client.pages(&format!("{upload}/deviceIdentities"))?.collect(usize::MAX).await?;
    let devices = client.pages(Set::Devices.path())?.collect(usize::MAX).await?;
    let shown = if records.len() > ROWS + 2 { ROWS } else { records.len() };
    let rows = records.iter().take(shown).map(|record| outcome(record, &devices)).collect();
    output.show(&rows, Kind::Outcomes)?;
    if shown < records.len() {
        output.line(&format!("… {} devices in all", records.len()))?;
    }
    Ok(())
}

/// An import record with what its registered device says about manufacturer and model.
fn outcome(record: &Value, devices: &[Value]) -> Value {
    let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let registered = text("/state/deviceRegistrationId");
    let device = devices.iter().find(|device| device.get("id").and_then(Value::as_str) == Some(registered));
    let failed = text("/state/deviceImportStatus") == "error";
    json!({
        "serialNumber": text("/serialNumber"),
        "manufacturer": device.and_then(|device| device.get("manufacturer")),
        "model": device.and_then(|device| device.get("model")),
        "groupTag": text("/groupTag"),
        "assignedUserPrincipalName": text("/assignedUserPrincipalName"),
        "state": text("/state/deviceImportStatus"),
        "error": if failed { text("/state/deviceErrorName") } else { "" },
    })
}

fn free_address(output: &Output) -> SocketAddr {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
    match TcpListener::bind(usual) {
        Ok(_) => usual,
        Err(_) => {
            output.say(&format!("port {PORT} is taken; using a free one"));
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
        }
    }
}
