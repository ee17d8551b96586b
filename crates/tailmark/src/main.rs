//! The `tailmark` program: read the command line, run the command, print the cause chain, end with its code.

use std::process::ExitCode;

use clap::Parser;
use tailmark::commands::{self, CommandLine};

#[tokio::main]
async fn main() -> ExitCode {
    let line = CommandLine::parse();
    // Already installed is as good as installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let output = line.common.output();
    match commands::run(line).await {
        Ok(exit) => exit.into(),
        Err(error) => commands::report(&error, &output).into(),
    }
}
