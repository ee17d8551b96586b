//! Waiting for the outcome: how many devices are complete, how many failed, how many are on their way.
//!
//! Only counts are asked for (`$count=true` of a page of one, by state), at intervals that grow from 50 ms to
//! 2 s, and no longer where all is settled. The real service filters by importId alone, so its records are
//! listed and counted here. Whoever stops watching, by Ctrl-C or when the time is up, is told how to go on: the
//! import itself runs at the service. A connection that breaks for a moment does not end the watch.

use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::Value;

use super::progress::Board;
use crate::commands::interrupt::Interrupt;
use crate::commands::set::Set;
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
    /// Those with these importIds, or the ones with these ids.
    Groups(Vec<String>),
}

impl Watched {
    /// Every collection that holds such records, with the condition that picks them out.
    pub fn parts(&self, client: &GraphClient) -> Vec<(String, Option<String>)> {
        let group = |id: &String| {
            let id = pages::literal(id);
            let condition = if client.is_real() {
                format!("importId eq {id}")
            } else {
                format!("(importId eq {id} or id eq {id})")
            };
            (Set::Imported.path().to_owned(), Some(condition))
        };
        match self {
            Watched::Uploads(ids) => {
                ids.iter().map(|id| (format!("{}/deviceIdentities", Set::Uploads.entity(id)), None)).collect()
            }
            Watched::Groups(ids) => ids.iter().map(group).collect(),
        }
    }

    /// How many records there are.
    pub async fn total(&self, client: &GraphClient) -> Result<u64, graph_client::Error> {
        let mut total = 0;
        for (path, condition) in self.parts(client) {
            total += match client.is_real() {
                true => listed(client, &path, condition.as_deref()).await?.total,
                false => client.count(&path, condition.as_deref()).await?,
            };
        }
        Ok(total)
    }

    /// What to tell somebody who stops watching.
    pub fn resume(&self) -> String {
        let (set, ids) = match self {
            Watched::Uploads(ids) => ("uploads", ids),
            Watched::Groups(ids) => ("imported", ids),
        };
        format!("the import goes on at the service; to watch it again: tailmark {set} wait {}", ids.join(" "))
    }

    async fn counts(&self, client: &GraphClient, total: u64) -> Result<Counts, graph_client::Error> {
        let mut counts = Counts { total, ..Counts::default() };
        for (path, condition) in self.parts(client) {
            if client.is_real() {
                let listed = listed(client, &path, condition.as_deref()).await?;
                counts.complete += listed.complete;
                counts.error += listed.error;
                continue;
            }
            for (state, count) in [("complete", &mut counts.complete), ("error", &mut counts.error)] {
                *count += client.count(&path, Some(&in_state(state, condition.as_deref()))).await?;
            }
        }
        Ok(counts)
    }
}

/// Counts what a collection lists.
async fn listed(
    client: &GraphClient,
    path: &str,
    condition: Option<&str>,
) -> Result<Counts, graph_client::Error> {
    let options: Vec<_> = condition.map(|condition| ("$filter", condition)).into_iter().collect();
    let mut pages = client.pages(&format!("{path}{}", pages::query(&options)))?;
    let mut counts = Counts::default();
    while let Some(page) = pages.next().await? {
        let state = |record: &Value| record.pointer("/state/deviceImportStatus")?.as_str().map(str::to_owned);
        let of = |wanted: &str| page.iter().filter(|record| state(record).as_deref() == Some(wanted)).count();
        counts.total += page.len() as u64;
        counts.complete += of("complete") as u64;
        counts.error += of("error") as u64;
    }
    Ok(counts)
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

/// What is watched under one name.
#[derive(Clone, Debug)]
pub struct Under {
    /// A file, or an id.
    pub name: String,
    /// Its records.
    pub watched: Watched,
    /// How many they are.
    pub total: u64,
}

/// How the watch ended, and what was known then.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Why it ended.
    pub end: End,
    /// The devices at that time, name by name.
    pub counts: Vec<Counts>,
    /// How long it took.
    pub took: Duration,
}

/// Watches until every device has its outcome, the time is up, or Ctrl-C.
pub async fn until_settled(
    client: &GraphClient,
    output: &Output,
    names: &[Under],
    timeout: Duration,
    interrupt: &Interrupt,
) -> anyhow::Result<Ended> {
    let totals: Vec<_> = names.iter().map(|under| (under.name.clone(), under.total)).collect();
    let board = Board::new(output, "registering", &totals);
    let (start, mut pause, mut misses) = (Instant::now(), FIRST_PAUSE, 0);
    let unknown = |under: &Under| (Counts { total: under.total, ..Counts::default() }, false);
    let mut states: Vec<_> = names.iter().map(unknown).collect();
    let end = 'watch: loop {
        for ((at, under), (counts, is_settled)) in names.iter().enumerate().zip(&mut states) {
            if *is_settled {
                continue;
            }
            let asked = tokio::select! {
                asked = ask(client, under, counts.total) => asked,
                () = interrupt.raised() => break 'watch End::Interrupted,
            };
            match asked {
                Ok(now) => ((*counts, *is_settled), misses) = (now, 0),
                Err(graph_client::Error::Unreachable { .. }) if misses < MISSES => {
                    misses += 1;
                    break;
                }
                Err(error) => return Err(error).with_context(|| under.watched.resume()),
            }
            board.set(at, *counts);
        }
        if states.iter().all(|(_, is_settled)| *is_settled) {
            break End::Settled;
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
    board.end();
    Ok(Ended { end, counts: states.into_iter().map(|(counts, _)| counts).collect(), took: start.elapsed() })
}

/// The counts, and whether they will not change any more.
async fn ask(client: &GraphClient, under: &Under, total: u64) -> Result<(Counts, bool), graph_client::Error> {
    let counts = under.watched.counts(client, total).await?;
    if counts.pending() > 0 {
        return Ok((counts, false));
    }
    // Devices may be added to an upload until it is final, and one without devices is not.
    let total = under.watched.total(client).await?;
    Ok((Counts { total, ..counts }, total > 0 && total == counts.total))
}
