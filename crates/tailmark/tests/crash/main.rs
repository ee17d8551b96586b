//! What survives: the real program is killed, stopped and started wrongly, and two workers share one queue.
//!
//! Nothing that was acknowledged is lost, nothing happens twice, an end is clean and a failed start says why. Nor do a
//! hostile client, a full disk or a clock that jumps do any harm. `TAILMARK_FAULTS=full` reaches the figures of
//! docs/guarantees.md and prints them with `--nocapture`; without it there is a part of each.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod backup;
mod bodies;
mod clock;
#[path = "../../../odata/tests/bound/cluster.rs"]
#[expect(dead_code, reason = "no test here has more than a few databases")]
mod cluster;
mod crowd;
mod devices;
mod disk;
mod framing;
mod kills;
mod log;
mod program;
mod queue;
mod replicas;
mod secured_database;
mod simulation;
mod start;
mod stop;
mod sync;
#[cfg(feature = "otlp")]
mod traces;
