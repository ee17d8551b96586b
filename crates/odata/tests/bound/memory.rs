//! Where tests keep what need not last: in memory, where the system has a place for files there. A disk would make them
//! wait for every sync, and for the thousand files of each database of PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Linux has it in memory.
const SHARED: &str = "/dev/shm";
/// The least that must be free there, in KiB: containers may have next to nothing.
const ENOUGH: u64 = 1 << 20;

/// A folder for temporary files, in memory if there is enough room. Who sets `TMPDIR` gets that.
pub fn place() -> &'static Path {
    static PLACE: LazyLock<PathBuf> = LazyLock::new(|| {
        let is_chosen = std::env::var_os("TMPDIR").is_some();
        let is_there = || free(SHARED).is_some_and(|kibibytes| kibibytes >= ENOUGH);
        if !is_chosen && is_there() { PathBuf::from(SHARED) } else { std::env::temp_dir() }
    });
    &PLACE
}

/// What POSIX's `df` says: a heading, then device, size, used, available, in KiB.
fn free(place: &str) -> Option<u64> {
    let said = Command::new("df").args(["-Pk", place]).output().ok()?.stdout;
    String::from_utf8(said).ok()?.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}
