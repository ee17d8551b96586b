//! A change of many devices under way: it goes through them in portions, and says at any time how far it is.
//!
//! It is its session's: made with that user's token, seen by nobody else, and it goes on when its page is left. It ends
//! when it is through, when somebody stops it or signs out, and with the service. What was changed by then stays changed,
//! and the audit log has it; of the change itself nothing is kept on disk.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::super::Console;
use super::super::api::{Api, text};
use super::super::form::Fields;
use super::super::refusal::Refusal;
use super::super::session::{self, Session};
use super::change::Change;
use super::choice::Choice;
use crate::clock;

/// How many devices are being changed at a time.
const AT_ONCE: usize = 32;
/// How many failures are kept with their reasons; the others are counted.
const KEPT: usize = 1000;
/// Pauses before another try where the API is too busy.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(10), Duration::from_secs(30)];

/// A change under way, or one that has ended.
pub struct Job {
    /// Its name in addresses.
    pub id: String,
    /// What is done.
    pub change: Change,
    /// To which devices.
    pub choice: Choice,
    /// How many these were when it began; no more are changed.
    pub total: u64,
    fields: Fields,
    state: watch::Sender<State>,
    is_stopped: watch::Sender<bool>,
}

/// How far it is.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Devices that were changed.
    pub done: u64,
    /// Devices that were not.
    pub failed: u64,
    /// The first of them: serial number and reason.
    pub failures: Vec<(String, String)>,
    /// Why it goes no further.
    pub end: Option<End>,
}

/// Why a change goes no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// There is no device left.
    Through,
    /// Somebody has stopped it.
    Stopped,
    /// It cannot go on: why.
    Broken(String),
}

impl Job {
    /// One that has not begun.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn new(change: Change, choice: Choice, total: u64, fields: Fields) -> Result<Self, Refusal> {
        let (state, is_stopped) = (watch::Sender::default(), watch::Sender::new(false));
        Ok(Self { id: session::random()?, change, choice, total, fields, state, is_stopped })
    }

    /// How far it is now.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Whether it goes no further.
    pub fn has_ended(&self) -> bool {
        self.state.borrow().end.is_some()
    }

    /// Returns when it goes no further, or after so long.
    pub async fn wait(&self, most: Duration) {
        let mut state = self.state.subscribe();
        let ended = state.wait_for(|state| state.end.is_some());
        // Either is as good.
        let _ = tokio::time::timeout(most, ended).await;
    }

    /// It shall go no further; what is being changed just now still is.
    pub fn stop(&self) {
        self.is_stopped.send_replace(true);
    }

    /// An event for a page that is open: how far it is, and whether that is the end.
    pub fn told(&self) -> (Value, bool) {
        let state = self.state.borrow();
        let states = json!({ "complete": state.done, "error": state.failed });
        let done = state.done + state.failed;
        let item = json!({ "id": self.id, "total": self.total, "done": done, "states": states });
        (json!({ "items": [item], "over": state.end.is_some() }), state.end.is_some())
    }

    /// Goes through all of it.
    pub async fn run(self: Arc<Self>, session: Arc<Session>, console: Arc<Console>, api: Api) {
        let mut stop = console.stop.clone();
        let end = tokio::select! {
            end = self.work(&session, &console, api) => end.unwrap_or_else(|refusal| End::Broken(refusal.reason())),
            _ = stop.wait_for(|stop| *stop) => End::Broken("The service is being stopped.".to_owned()),
        };
        let state = self.state();
        let (change, done, failed) = (self.change.name(), state.done, state.failed);
        tracing::info!(change, done, failed, user = session.identity.upn, "a change of devices has ended");
        self.state.send_modify(|state| state.end = Some(end));
    }

    async fn work(&self, session: &Session, console: &Console, mut api: Api) -> Result<End, Refusal> {
        let (mut walk, mut left) = (self.choice.walk(), self.total);
        while left > 0 {
            api.token = session.token(&console.provider, clock::unix_seconds()).await?;
            let Some(mut devices) = walk.next(&api).await? else { break };
            devices.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            left -= devices.len() as u64;
            let devices = devices.into_iter().take_while(|_| !*self.is_stopped.borrow());
            let changes = devices.map(|device| self.change_one(&api, device));
            let mut changes = stream::iter(changes).buffer_unordered(AT_ONCE);
            while let Some(outcome) = changes.next().await {
                match outcome {
                    // Stopped before it was its turn.
                    None => {}
                    // As this one, so all that follow.
                    Some(Err((_, refusal @ (Refusal::SignedOut | Refusal::Api(403, ..))))) => {
                        return Err(refusal);
                    }
                    Some(outcome) => self.state.send_modify(|state| state.count(outcome)),
                }
            }
            if *self.is_stopped.borrow() {
                return Ok(End::Stopped);
            }
        }
        Ok(End::Through)
    }

    /// Nothing where the job was stopped while the API was too busy.
    async fn change_one(&self, api: &Api, device: Value) -> Option<Result<(), (String, Refusal)>> {
        let mut pauses = PAUSES.iter();
        loop {
            match self.change.make(api, text(&device, "/id"), &self.fields).await {
                Err(Refusal::Api(429 | 503, ..)) if let Some(pause) = pauses.next() => {
                    let mut is_stopped = self.is_stopped.subscribe();
                    if tokio::time::timeout(*pause, is_stopped.wait_for(|stopped| *stopped)).await.is_ok() {
                        return None;
                    }
                }
                made => {
                    let serial_number = || text(&device, "/serialNumber").to_owned();
                    return Some(made.map_err(|refusal| (serial_number(), refusal)));
                }
            }
        }
    }
}

impl State {
    fn count(&mut self, outcome: Result<(), (String, Refusal)>) {
        match outcome {
            Ok(()) => self.done += 1,
            Err((serial_number, refusal)) => {
                self.failed += 1;
                if self.failures.len() < KEPT {
                    self.failures.push((serial_number, refusal.reason()));
                }
            }
        }
    }
}
