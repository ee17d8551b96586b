//! The `tailmark` program. All of it is in the library, so that it is compiled once for the program and its tests.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A page of rows is thousands of small texts, with which the system's allocator spends a quarter of the time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    tailmark::commands::main()
}
