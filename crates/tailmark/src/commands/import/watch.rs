//! Waiting for the outcome: how many devices are complete, how many failed, how many are on their way.
//!
//! Only counts are asked for (`$count=true` of a page of one, by state), at intervals that grow from 50 ms to
//! 2 s. Whoever stops watching, by Ctrl-C or when the time is up, is told how to go on: the import itself
//! runs at the service. A connection that breaks for a moment does not end the watch.

use std::time::{Duration, Instant};

use anyhow::Context;

use super::progress;
use crate::commands::interrupt::Interrupt;
use crate::commands::list::Set;
use crate::graph_client::{self, GraphClient, pages};
use crate::output::Output;

/// The first interval between two questions.
pub const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How often in a row the service may be out of reach.
const MISSES: u32 = 10;

/// The interval after this one.
pub fn longer(pause: Duration) -> Duration {
    pause.mul_f32(1.5).min(LONGEST_PAUSE)
}

/// The import records that are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// Those of these uploads.
    Uploads(Vec<String>),
    /// Those with this importId, or the one with this id.
    Group(String),
}

impl Watched {
    /// Every collection that holds such records, with the condition that picks them out.
    pub fn parts(&self) -> Vec<(String, Option<String>)> {
        match self {
            Watched::Uploads(ids) => {
                ids.iter().map(|id| (format!("{}/deviceIdentities", Set::Uploads.entity(id)), None)).collect()
            }
            Watched::Group(id) => {
                let id = pages::literal(id);
                vec![(Set::Imported.path().to_owned(), Some(format!("(importId eq {id} or id eq {id})")))]
            }
        }
    }

    /// How many records there are.
    pub async fn total(&self, client: &GraphClient) -> Result<u64, graph_client::Error> {
        let mut total = 0;
        for (path, condition) in self.parts() {
            total += client.count(&path, condition.as_deref()).await?;
        }
        Ok(total)
    }

    /// What to tell somebody who stops watching.
    pub fn resume(&self) -> String {
        let commands: Vec<_> = match self {
            Watched::Uploads(ids) => ids.iter().map(|id| format!("tailmark uploads wait {id}")).collect(),
            Watched::Group(id) => vec![format!("tailmark imported wait {id}")],
        };
        format!("the import goes on at the service; to watch it again: {}", commands.join("; "))
    }

    async fn counts(&self, client: &GraphClient, total: u64) -> Result<Counts, graph_client::Error> {
        let mut counts = Counts { total, ..Counts::default() };
        for (path, condition) in self.parts() {
            for (state, count) in [("complete", &mut counts.complete), ("error", &mut counts.error)] {
                *count += client.count(&path, Some(&in_state(state, condition.as_deref()))).await?;
            }
        }
        Ok(counts)
    }
}

/// The condition for one state, together with another one.
pub fn in_state(state: &str, condition: Option<&str>) -> String {
    let state = format!("state/deviceImportStatus eq {}", pages::literal(state));
    condition.map_or_else(|| state.clone(), |condition| format!("{condition} and {state}"))
}

/// Devices by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub total: u64,
    /// Registered.
    pub complete: u64,
    /// Failed.
    pub error: u64,
}

impl Counts {
    /// Still on their way.
    pub fn pending(self) -> u64 {
        self.total.saturating_sub(self.complete).saturating_sub(self.error)
    }
}

/// How the watch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every device has its outcome.
    Settled,
    /// The time is up.
    TimedOut,
    /// Somebody pressed Ctrl-C.
    Interrupted,
    /// Nobody wanted to wait.
    NotWatched,
}

/// How the watch ended, and what was known then.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Why it ended.
    pub end: End,
    /// The devices at that time.
    pub counts: Counts,
    /// How long it took.
    pub took: Duration,
}

/// Watches until every device has its outcome, the time is up, or Ctrl-C.
pub async fn until_settled(
    client: &GraphClient,
    output: &Output,
    watched: &Watched,
    mut total: u64,
    timeout: Duration,
    interrupt: &Interrupt,
) -> anyhow::Result<Ended> {
    let bar = progress::watching(output, total);
    let (start, mut pause, mut misses) = (Instant::now(), FIRST_PAUSE, 0);
    let mut counts = Counts { total, ..Counts::default() };
    let end = loop {
        let asked = tokio::select! {
            asked = watched.counts(client, total) => asked,
            () = interrupt.raised() => break End::Interrupted,
        };
        match asked {
            Ok(now) => (counts, misses) = (now, 0),
            Err(graph_client::Error::Unreachable { .. }) if misses < MISSES => misses += 1,
            Err(error) => return Err(error).with_context(|| watched.resume()),
        }
        progress::show(&bar, counts);
        if misses == 0 && counts.pending() == 0 {
            // Devices may be added to an upload until it is final, and one without devices is not.
            total = watched.total(client).await.with_context(|| watched.resume())?;
            if total > 0 && total == counts.total {
                break End::Settled;
            }
        }
        let left = timeout.saturating_sub(start.elapsed());
        if left.is_zero() {
            break End::TimedOut;
        }
        tokio::select! {
            () = tokio::time::sleep(pause.min(left)) => pause = longer(pause),
            () = interrupt.raised() => break End::Interrupted,
        }
    };
    bar.finish_and_clear();
    Ok(Ended { end, counts, took: start.elapsed() })
}
