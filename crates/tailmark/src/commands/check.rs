//! `tailmark check`: what is wrong with hash files, before anything is sent.
//!
//! In: hash files as people have them. Out: every problem with line, column, code and fix, from the same
//! check that `tailmark import` and the service make; exit code 6 when a device would be refused. `--fix`
//! writes the strict form that the portal takes: Intune's header, no quotation marks, ANSI, 500 rows a file.

use std::path::PathBuf;

use clap::Args;

use super::Common;
use super::import::read;
use crate::exit::Exit;
use crate::output::Kind;

const EXAMPLES: &str = "\
Examples:
  tailmark check devices.csv
  tailmark check *.csv -o json --query \"[?severity=='error']\"
  tailmark check from-excel.csv --fix devices.csv";

/// `tailmark check`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// Hash files; - for stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the devices of all files in the form that the portal takes; more than 500 go to OUT-2 and so on
    #[arg(long, value_name = "OUT")]
    fix: Option<PathBuf>,
}

/// Checks, prints, and writes the strict files if asked to.
pub fn run(args: &CheckArgs, common: &Common) -> anyhow::Result<Exit> {
    let output = common.output();
    let reading = read::files(&args.files)?;
    output.show(&reading.problems(), Kind::Problems)?;
    output.say(&reading.summary());
    if let Some(out) = &args.fix {
        for written in read::write_strict(&reading, out, common.yes())? {
            output.say(&format!("wrote {}", written.display()));
        }
        if reading.has_errors() {
            output.say("the errors above are still in it: only slips of form can be repaired");
        }
    }
    Ok(if reading.has_errors() { Exit::Invalid } else { Exit::Done })
}
