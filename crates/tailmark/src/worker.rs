//! The worker: claim → examine → settle, then deliver the profiles that are due, then forget old events, until told to stop.
//!
//! It answers no client. What it needs is in the database, what it does is there too; when it is killed between
//! any two steps the next run does the rest. A bell shortens the wait, polling makes sure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use autopilot::registration::{HashRule, Identity, Refusal, identify, other_serial_number};
use autopilot::rejection::Rejection;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::watch;

use crate::config::audit::Audit;
use crate::config::import::Import;
use crate::store::{Claim, Error, Examined, Queue};
use crate::{clock, ids};

/// Records claimed at a time: one transaction's worth.
const CHUNK: i64 = 200;
/// How long the worker waits for the bell before it looks by itself.
const POLL: Duration = Duration::from_secs(1);
/// How long it waits after the database has failed it.
const PAUSE: Duration = Duration::from_millis(500);
const TICKS_PER_SECOND: i64 = 10_000_000;

/// How often the worker looks for events that are too old, and how many it forgets at a time.
const FORGETTING: Duration = Duration::from_secs(3600);
const FORGOTTEN: i64 = 1000;

/// Works until `stop` says so; what is claimed then is settled first. Events are forgotten when nothing else is to do.
pub async fn run(queue: Queue, settings: Import, audit: Audit, mut stop: watch::Receiver<bool>) {
    let mut forgetting = Instant::now();
    while !*stop.borrow() {
        let done = match chunk(&queue, &settings, &mut stop).await {
            Ok(0) => queue.deliver(clock::now().ticks).await,
            done => done,
        };
        let done = match done {
            Ok(0) if audit.retention_days > 0 && forgetting <= Instant::now() => {
                let forgotten = forget(&queue, &audit).await;
                if !matches!(forgotten, Ok(1..)) {
                    forgetting = Instant::now() + FORGETTING;
                }
                forgotten
            }
            done => done,
        };
        let wait = match done {
            Ok(0) => POLL,
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(%error, "the import queue cannot be worked on");
                PAUSE
            }
        };
        tokio::select! {
            () = queue.rung() => {}
            () = tokio::time::sleep(wait) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Forgets some of the events that are too old; says how many.
async fn forget(queue: &Queue, audit: &Audit) -> Result<usize, Error> {
    let kept = i64::from(audit.retention_days).saturating_mul(24 * 3600 * TICKS_PER_SECOND);
    queue.forget_events(clock::now().ticks.saturating_sub(kept), FORGOTTEN).await
}

/// Settles one chunk; says how many records were claimed.
async fn chunk(queue: &Queue, settings: &Import, stop: &mut watch::Receiver<bool>) -> Result<usize, Error> {
    let lease = i64::try_from(settings.lease).unwrap_or(i64::MAX).saturating_mul(TICKS_PER_SECOND);
    let claims = queue.claim(CHUNK, clock::now().ticks, lease).await?;
    let claimed = claims.len();
    if claimed == 0 {
        return Ok(0);
    }
    let (rule, attempts) = (settings.hardware_hash.into(), i64::from(settings.attempts));
    // Reading hashes takes milliseconds: not on a thread that serves requests.
    let panics = queue.metrics().worker_panics.clone();
    let examined = tokio::task::spawn_blocking(move || {
        claims.into_iter().map(|claim| examine(claim, rule, attempts, &panics)).collect::<Vec<_>>()
    });
    let examined = Arc::new(examined.await.map_err(|_| Error::Closed)?);
    loop {
        match queue.settle(Arc::clone(&examined), clock::now().ticks, ids::next).await {
            Ok(settled) => {
                tracing::debug!(claimed, settled, "settled");
                return Ok(claimed);
            }
            // Not the devices' fault, so it counts as no attempt. If it takes longer than the lease, someone else
            // may have settled them by then; settling decides that.
            Err(error @ (Error::Full | Error::ReadOnly | Error::Busy)) if !*stop.borrow() => {
                tracing::error!(%error, claimed, "what is done cannot be stored yet");
                let _ = tokio::time::timeout(PAUSE, stop.changed()).await;
            }
            Err(error) => return Err(error),
        }
    }
}

fn examine(claim: Claim, rule: HashRule, attempts: i64, panics: &Counter) -> Examined {
    if claim.attempts > attempts {
        let detail = format!("given up after {attempts} attempts");
        return (claim, Err(Refusal { rejection: Rejection::StorageError, detail }));
    }
    let identity = catch_unwind(AssertUnwindSafe(|| identify(&claim.device, rule))).unwrap_or_else(|_| {
        // A bug that one hash brings out must not keep the others from being imported.
        panics.inc();
        let detail = "reading its hardware hash panicked".to_owned();
        Err(Refusal { rejection: Rejection::StorageError, detail })
    });
    if let Ok(Identity { repair: Some(_), .. }) = &identity {
        tracing::warn!(
            tenant = claim.tenant,
            imported_device = claim.device.id,
            "the hardware hash was encoded twice; the report inside decides"
        );
    }
    if let Ok(identity) = &identity
        && let Some(reported) = other_serial_number(&claim.device, identity)
    {
        tracing::warn!(
            tenant = claim.tenant,
            imported_device = claim.device.id,
            sent = ?claim.device.serial_number,
            ?reported,
            "the serial number sent is not that of the hardware hash, which decides"
        );
    }
    (claim, identity)
}
