//! The speed kit: the release program beside two ceilings, in one run.
//!
//! `cargo bench -p tailmark --bench speed` starts `tailmark serve` with authentication on, a hyper server that gives the
//! same bytes back from memory (`memory.rs`), and an axum server with hand-written SQL on the same SQLite file
//! (`written.rs`), loads them in alternating rounds and prints a table of goals, figures and verdicts as Markdown.
//!
//! CPU is user and system time of the server's process from `/proc`, so this runs on Linux only. A figure is the median
//! of the rounds, a ratio the median of the ratios within each round: what else the machine does meanwhile hits all
//! servers alike. The databases lie in `target/speed` and are made at the first run.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on ends here")]

#[path = "../../../odata/tests/bound/cluster.rs"]
#[expect(dead_code, reason = "nothing here kills the server")]
mod cluster;
#[path = "../../tests/tokens/forge.rs"]
#[expect(dead_code, clippy::panic, reason = "a test's file, of which only good tokens are wanted here")]
mod forge;
mod growth;
mod issuer;
mod load;
mod memory;
mod postgresql;
mod program;
mod reads;
mod report;
mod standing;
mod stock;
mod walk;
mod writes;
mod written;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use report::Report;
use stock::Stock;

/// Measures one row of the table, or several.
type Measure = fn(&Options, &mut Report);

/// The rows of the table, in their order.
const ROWS: &[(&str, Measure)] = &[
    ("get", reads::get),
    ("page", reads::page),
    ("filter", reads::filter),
    ("contains", reads::contains),
    ("walk", walk::walk),
    ("import", writes::import),
    ("pipeline", writes::pipeline),
    ("standing", standing::standing),
    ("growth", growth::growth),
    ("postgres", postgresql::postgres),
];

/// Tailmark beside two ceilings.
#[derive(Debug, Parser)]
pub struct Options {
    /// Only these rows: get, page, filter, contains, walk, import, pipeline, standing, growth, postgres.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Rounds that count; one more goes before them.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds of one round of one server.
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Registered devices.
    #[arg(long, default_value_t = 100_000)]
    devices: usize,
    /// Growth goes on to 1,000,000 devices, without hashes; the first time takes ten minutes and a gigabyte.
    #[arg(long)]
    million: bool,
    /// Another program than the one just built, such as an older one.
    #[arg(long)]
    binary: Option<PathBuf>,
    #[command(subcommand)]
    role: Option<Role>,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What this program is when it starts itself.
#[derive(Debug, Subcommand)]
enum Role {
    /// The ceiling that answers from memory.
    #[command(hide = true)]
    Memory {
        /// The answers.
        file: PathBuf,
    },
    /// The ceiling with hand-written SQL.
    #[command(hide = true)]
    Written {
        /// The database.
        file: PathBuf,
    },
}

impl Options {
    /// The devices that rows work on, where they do not say otherwise.
    fn stock(&self) -> Stock {
        Stock::of(self.devices)
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    match &options.role {
        Some(Role::Memory { file }) => memory::serve(file),
        Some(Role::Written { file }) => written::serve(file),
        None => {}
    }
    if let Some(binary) = &options.binary {
        program::BINARY.set(binary.clone()).unwrap();
    }
    let mut report = Report::begin();
    for (name, row) in ROWS {
        if options.only.is_empty() || options.only.iter().any(|only| only == name) {
            eprintln!("{name} …");
            row(&options, &mut report);
        }
    }
    report.print(&options);
    if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
