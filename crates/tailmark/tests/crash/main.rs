//! What survives: the real program is killed, stopped and started wrongly, and two workers share one queue.
//!
//! Nothing that was acknowledged is lost, nothing happens twice, an end is clean and a failed start says why.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../../../odata/tests/bound/cluster.rs"]
mod cluster;
mod devices;
mod kills;
mod log;
mod program;
mod queue;
mod replicas;
mod simulation;
mod start;
mod stop;
