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
/// How long the worker waits after the bell: devices that clients import one by one then share its commits.
const GATHERING: Duration = Duration::from_millis(10);
/// How long the worker waits for the bell before it looks by itself.
const POLL: Duration = Duration::from_secs(1);
/// How long it waits after the database has failed it.
const PAUSE: Duration = Duration::from_millis(500);
const TICKS_PER_SECOND: i64 = 10_000_000;

/// How often the worker looks for events that are too old, and how many it forgets at a time.
const FORGETTING: Duration = Duration::from_secs(3600);
const FORGOTTEN: i64 = 1000;

/// What a worker does next. All that it knows between two steps is in here: it may be killed or kept waiting there.
#[derive(Debug)]
pub enum Step {
    /// Take records that nobody holds.
    Claim,
    /// Find out who the devices are.
    Examine(Vec<Claim>),
    /// Store what becomes of them.
    Settle(Arc<Vec<Examined>>),
    /// Give devices the profiles that are due.
    Deliver,
    /// Nothing, until the bell rings or some time has passed.
    Rest,
}

impl Step {
    /// Does it, and says what comes next. `now` is in units of 100 ns since 1970; `new_id` names devices.
    ///
    /// # Errors
    /// The database's, and what comes after a pause.
    pub async fn take(
        self,
        queue: &Queue,
        settings: &Import,
        now: i64,
        new_id: fn() -> String,
    ) -> Result<Self, (Error, Self)> {
        match self {
            Self::Claim => {
                let lease =
                    i64::try_from(settings.lease).unwrap_or(i64::MAX).saturating_mul(TICKS_PER_SECOND);
                let claims = queue.claim(CHUNK, now, lease).await.map_err(|error| (error, Self::Claim))?;
                Ok(if claims.is_empty() { Self::Deliver } else { Self::Examine(claims) })
            }
            Self::Examine(claims) => Ok(Self::Settle(Arc::new(examine_all(claims, queue, settings)))),
            Self::Settle(examined) => match queue.settle(Arc::clone(&examined), now, new_id).await {
                Ok(settled) => {
                    tracing::debug!(claimed = examined.len(), settled, "settled");
                    Ok(Self::Claim)
                }
                // Not the devices' fault, so it counts as no attempt. If it takes longer than the lease, someone else
                // may have settled them by then; settling decides that.
                Err(error @ (Error::Full | Error::ReadOnly | Error::Disk(_) | Error::Busy)) => {
                    Err((error, Self::Settle(examined)))
                }
                Err(error) => Err((error, Self::Claim)),
            },
            Self::Deliver => match queue.deliver(now).await {
                Ok(0) => Ok(Self::Rest),
                Ok(_) => Ok(Self::Claim),
                Err(error) => Err((error, Self::Claim)),
            },
            Self::Rest => Ok(Self::Claim),
        }
    }
}

/// Forgets some of the events that are too old; says how many.
async fn forget(queue: &Queue, audit: &Audit) -> Result<usize, Error> {
    let kept = i64::from(audit.retention_days).saturating_mul(24 * 3600 * TICKS_PER_SECOND);
    queue.forget_events(clock::now().ticks.saturating_sub(kept), FORGOTTEN).await
}

/// Works until `stop` says so; what is claimed then is settled first. Events are forgotten when nothing else is to do.
pub async fn run(queue: Queue, settings: Import, audit: Audit, mut stop: watch::Receiver<bool>) {
    let (mut step, mut forgetting) = (Step::Claim, Instant::now());
    while !*stop.borrow() || matches!(step, Step::Examine(_) | Step::Settle(_)) {
        step = match step {
            Step::Rest if audit.retention_days > 0 && forgetting <= Instant::now() => {
                let forgotten = forget(&queue, &audit).await;
                if let Err(error) = &forgotten {
                    tracing::error!(%error, "old events cannot be forgotten");
                }
                if !matches!(forgotten, Ok(1..)) {
                    forgetting = Instant::now() + FORGETTING;
                }
                Step::Claim
            }
            Step::Rest => {
                rest(&queue, POLL, &mut stop).await;
                Step::Claim
            }
            // Reading hashes takes milliseconds: not on a thread that serves requests.
            Step::Examine(claims) => {
                let (queue, settings) = (queue.clone(), settings.clone());
                match tokio::task::spawn_blocking(move || examine_all(claims, &queue, &settings)).await {
                    Ok(examined) => Step::Settle(Arc::new(examined)),
                    // The runtime is about to end.
                    Err(_) => return,
                }
            }
            step => match step.take(&queue, &settings, clock::now().ticks, ids::next).await {
                Ok(next) => next,
                Err((error, next)) => {
                    if let Step::Settle(examined) = &next {
                        tracing::error!(%error, claimed = examined.len(), "what is done cannot be stored yet");
                    } else {
                        tracing::error!(%error, "the import queue cannot be worked on");
                    }
                    if *stop.borrow() {
                        return;
                    }
                    // Whoever rings the bell has just written something: the database works again.
                    rest(&queue, PAUSE, &mut stop).await;
                    next
                }
            },
        };
    }
}

/// Waits so long, or until the bell rings or the program is to stop.
async fn rest(queue: &Queue, time: Duration, stop: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = queue.rung() => tokio::time::sleep(GATHERING).await,
        () = tokio::time::sleep(time) => {}
        _ = stop.changed() => {}
    }
}

fn examine_all(claims: Vec<Claim>, queue: &Queue, settings: &Import) -> Vec<Examined> {
    let (rule, attempts) = (settings.hardware_hash.into(), i64::from(settings.attempts));
    let panics = &queue.metrics().worker_panics;
    claims.into_iter().map(|claim| examine(claim, rule, attempts, panics)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    /// For ever, as far as this test is concerned.
    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn the_bell_ends_every_pause_and_so_does_the_end() {
        let (store, _steps) = Store::in_steps("bell", clock::now).unwrap();
        let (queue, (tell, mut stop)) = (store.queue(), watch::channel(false));
        queue.ring();
        rest(&queue, LONG, &mut stop).await;
        tokio::join!(rest(&queue, LONG, &mut stop), async { queue.ring() });
        // It rang once: the next one is waited for.
        rest(&queue, Duration::from_millis(1), &mut stop).await;
        tokio::join!(rest(&queue, LONG, &mut stop), async { tell.send(true).unwrap() });
    }
}
