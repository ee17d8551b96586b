//! Writes the example files of the repository: `cargo run -p autopilot --example generate -- DIR`.
//!
//! In: a folder. Out: `devices.csv`, a clean file of 240 machines that do not exist, and `mistakes.csv`, one
//! row for each mistake that people make. Both come out the same every time; `tests/examples.rs` compares them
//! with the ones in `examples/`.

mod files;
mod machines;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: generate DIR");
        return ExitCode::from(2);
    };
    for (name, text) in [("devices.csv", files::devices()), ("mistakes.csv", files::mistakes())] {
        let path = Path::new(&folder).join(name);
        if let Err(error) = std::fs::write(&path, text) {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
