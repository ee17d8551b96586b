//! One program of the deployment: its store, its worker, and the requests that it is at.
//!
//! The store, the writers, the queue and the worker's steps are the product's own. They ask for units of work; these wait
//! in [`Steps`] until the program commits some of them, with or without a fault.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::hooks::{AuthContext, Authorization};
use tailmark::config::import::Import;
use tailmark::store::{Error, Examined, Queue, Steps, Store};
use tailmark::worker::Step;

use super::model::{Act, Done};
use super::stock::{grant, kinds};
use super::time::{self, SECOND};

/// What goes wrong while units of work are committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// One statement, of whichever kind, is refused, and nothing else.
    Statement(u32),
    /// A statement is broken off after so many of SQLite's instructions: if it writes, SQLite undoes the transaction.
    Interruption(u32),
    /// The same, and so is every statement after it, `ROLLBACK` among them.
    LastingInterruption(u32),
    /// `COMMIT` fails.
    Commit,
}

/// What state the disk is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disk {
    Well,
    Full,
    ReadOnly,
    /// Another process holds the lock.
    Locked,
}

/// Who asks for a unit of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A client, by the number of the request.
    Client(usize),
    Worker,
    /// The program's start.
    Start,
}

/// How a unit of work ended.
enum Answer {
    Plain(Result<(), Error>),
    Worker(Box<Result<Step, (Error, Step)>>),
}

/// A unit of work that was asked for.
struct Unit {
    act: Act,
    asker: Asker,
    future: Pin<Box<dyn Future<Output = Answer>>>,
}

/// One that has been answered.
pub struct Ended {
    pub act: Act,
    pub asker: Asker,
    pub result: Result<Done, Error>,
}

/// A program that runs.
pub struct Program {
    store: Store,
    queue: Queue,
    settings: Import,
    /// In the order in which they were asked for, as in the steps.
    units: VecDeque<Unit>,
    steps: Steps,
    /// Nothing while it waits for a unit of work.
    step: Option<Step>,
    /// Its latest claim, and what it found out about these records.
    holder: u64,
    examined: Arc<Vec<Examined>>,
}

impl Program {
    pub fn start(database: &str, settings: &Import, assignment_time: i64) -> Self {
        let (store, steps) = Store::in_steps(database, time::now).unwrap();
        steps.connection().busy_timeout(Duration::ZERO).unwrap();
        let store = store.assigning_after(assignment_time);
        Self {
            queue: store.queue(),
            store,
            settings: settings.clone(),
            units: VecDeque::new(),
            steps,
            step: Some(Step::Claim),
            holder: 0,
            examined: Arc::default(),
        }
    }

    pub fn waiting(&self) -> usize {
        self.units.len()
    }

    /// Whether a transaction is open that could not be rolled back.
    pub fn is_in_transaction(&self) -> bool {
        !self.steps.connection().is_autocommit()
    }

    /// Whether the worker found nothing to do the last time it looked.
    pub fn is_resting(&self) -> bool {
        matches!(self.step, Some(Step::Rest))
    }

    /// Whether the worker waits for a unit of work.
    pub fn is_working(&self) -> bool {
        self.step.is_none()
    }

    /// Asks for what a client or the start of the program wants.
    pub fn ask(&mut self, act: Act, asker: Asker) {
        let future = self.future(act.clone());
        let unit = Unit { act, asker, future };
        assert!(self.submit(unit).is_none(), "a request waits for its unit of work");
    }

    fn future(&self, act: Act) -> Pin<Box<dyn Future<Output = Answer>>> {
        let (store, queue) = (self.store.clone(), self.queue.clone());
        let writer = move |tenant: usize| store.writer(&grant(tenant));
        let plain = async move {
            match act {
                Act::Import { tenant, upload, batch, records } => {
                    let devices = records.iter().map(|(id, content)| {
                        kinds()[content.kind].imported(id, upload.as_deref(), &batch, content.tag)
                    });
                    writer(tenant).save_imports(upload.as_deref(), devices.collect()).await
                }
                Act::Upload { tenant, id, records } => {
                    let devices = records.iter().map(|(device, content)| {
                        kinds()[content.kind].imported(device, Some(&id), &id, content.tag)
                    });
                    let devices = devices.collect();
                    let upload =
                        autopilot::upload::Upload { created: time::now(), declared_status: 0, devices, id };
                    writer(tenant).save_upload(upload).await
                }
                Act::Change { tenant, id, content } => {
                    let change = kinds()[content.kind].change(content.tag);
                    writer(tenant).update_import(None, &id, change).await
                }
                Act::DeleteRecord { tenant, id } => writer(tenant).delete_import(None, &id).await,
                Act::DeleteUpload { tenant, id } => writer(tenant).delete_upload(&id).await,
                Act::Register { tenant, id, content } => {
                    let device = kinds()[content.kind].new_device(&id, content.tag);
                    writer(tenant).register_device(device).await
                }
                Act::DeleteDevice { tenant, id } => writer(tenant).delete_device(&id).await,
                Act::TakeOver => queue.take_over().await,
                Act::Migrate | Act::Claim { .. } | Act::Settle { .. } | Act::Deliver => Ok(()),
            }
        };
        Box::pin(async move { Answer::Plain(plain.await) })
    }

    /// Brings the tables up to date.
    pub fn migrate(&mut self) {
        let store = self.store.clone();
        let future = Box::pin(async move { Answer::Plain(store.migrate().await) });
        assert!(self.submit(Unit { act: Act::Migrate, asker: Asker::Start, future }).is_none());
    }

    /// Has the worker do its next step, as far as it gets without the database. `claim` is a number for a new claim.
    pub fn work(&mut self, claim: u64) -> &'static str {
        let Some(step) = self.step.take() else { return "waits" };
        let (name, act) = match &step {
            Step::Claim => {
                self.holder = claim;
                let lease = i64::try_from(self.settings.lease).unwrap() * SECOND;
                ("claim", Act::Claim { holder: claim, now: time::now().ticks, lease })
            }
            Step::Examine(_) => ("examine", Act::Deliver),
            Step::Settle(examined) => {
                self.examined = Arc::clone(examined);
                let records = examined.iter().map(|(claim, _)| claim.device.id.clone()).collect();
                ("settle", Act::Settle { holder: self.holder, records })
            }
            Step::Deliver => ("deliver", Act::Deliver),
            Step::Rest => ("rest", Act::Deliver),
        };
        let (queue, settings, now) = (self.queue.clone(), self.settings.clone(), time::now().ticks);
        let future = Box::pin(async move {
            Answer::Worker(Box::new(step.take(&queue, &settings, now, time::new_id).await))
        });
        if let Some(Answer::Worker(done)) = self.submit(Unit { act, asker: Asker::Worker, future }) {
            self.step = Some(done.unwrap_or_else(|(_, next)| next));
        }
        name
    }

    fn submit(&mut self, mut unit: Unit) -> Option<Answer> {
        match poll(&mut unit) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => {
                self.units.push_back(unit);
                assert_eq!(self.steps.waiting(), self.units.len(), "one unit of work for each");
                None
            }
        }
    }

    /// The worker does not hear that its unit of work was done, and takes it for one that can be tried again: what a
    /// connection that breaks at the end of a `COMMIT` looks like.
    pub fn miss(&mut self, act: &Act) {
        self.step = Some(match act {
            Act::Settle { .. } => Step::Settle(Arc::clone(&self.examined)),
            _ => Step::Claim,
        });
    }

    /// Commits the first units that wait, at most so many, and says how they ended, and whether the fault came about.
    pub fn commit(&mut self, most: usize, fault: Fault) -> (Vec<Ended>, bool) {
        let most = most.min(self.units.len());
        let came = arm(self.steps.connection_mut(), fault);
        self.steps.commit(most);
        if fault != Fault::None {
            disarm(self.steps.connection_mut());
        }
        let mut ended = Vec::new();
        for mut unit in self.units.drain(..most).collect::<Vec<_>>() {
            match poll(&mut unit) {
                Poll::Pending => self.units.push_back(unit),
                Poll::Ready(answer) => {
                    let Unit { act, asker, .. } = unit;
                    let result = self.end(answer);
                    ended.push(Ended { act, asker, result });
                }
            }
        }
        assert_eq!(self.steps.waiting(), self.units.len(), "one unit of work for each");
        (ended, came.load(Ordering::Relaxed))
    }

    fn end(&mut self, answer: Answer) -> Result<Done, Error> {
        match answer {
            Answer::Plain(result) => result.map(|()| Done::It),
            Answer::Worker(taken) => {
                let (next, result) = match *taken {
                    Ok(next) => (next, Ok(())),
                    Err((error, next)) => (next, Err(error)),
                };
                let done = match &next {
                    Step::Examine(claims) => {
                        let claims = claims.iter().map(|claim| (claim.device.id.clone(), claim.attempts));
                        Done::Claimed(claims.collect())
                    }
                    // Only a claim of nothing leads there.
                    Step::Deliver => Done::Claimed(Vec::new()),
                    _ => Done::It,
                };
                self.step = Some(next);
                result.map(|()| done)
            }
        }
    }

    /// Lets it feel the state of the disk. `pages` is the size of the database.
    pub fn feel(&mut self, disk: Disk, pages: i64) {
        let connection = self.steps.connection();
        let most = if disk == Disk::Full { pages } else { i64::from(u32::MAX) - 1 };
        connection.pragma_update_and_check(None, "max_page_count", most, |_| Ok(())).unwrap();
        connection.pragma_update(None, "query_only", disk == Disk::ReadOnly).unwrap();
    }
}

fn poll(unit: &mut Unit) -> Poll<Answer> {
    unit.future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// Sets SQLite's hooks; says later whether the fault came about.
fn arm(connection: &mut Connection, fault: Fault) -> Arc<AtomicBool> {
    let came = Arc::new(AtomicBool::new(false));
    let (seen, count) = (Arc::clone(&came), AtomicU32::new(0));
    // True from the `at`th time on, or then only.
    let is_time = move |at: u32, is_lasting: bool| {
        let now = count.fetch_add(1, Ordering::Relaxed);
        let is_time = now == at || (is_lasting && now > at);
        seen.fetch_or(is_time, Ordering::Relaxed);
        is_time
    };
    match fault {
        Fault::None => Ok(()),
        Fault::Statement(at) => connection.authorizer(Some(move |_: AuthContext<'_>| {
            if is_time(at, false) { Authorization::Deny } else { Authorization::Allow }
        })),
        Fault::Interruption(at) | Fault::LastingInterruption(at) => {
            let is_lasting = matches!(fault, Fault::LastingInterruption(_));
            // SQLite asks once more when a commit is done, and would call it interrupted.
            let commits = Arc::new(AtomicBool::new(false));
            let begun = Arc::clone(&commits);
            let note = move || {
                begun.store(true, Ordering::Relaxed);
                false
            };
            connection.commit_hook(Some(note)).unwrap();
            let breaks_off = move || !commits.load(Ordering::Relaxed) && is_time(at, is_lasting);
            connection.progress_handler(1, Some(breaks_off))
        }
        Fault::Commit => connection.commit_hook(Some(move || is_time(0, true))),
    }
    .unwrap();
    came
}

fn disarm(connection: &mut Connection) {
    connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>).unwrap();
    connection.progress_handler(0, None::<fn() -> bool>).unwrap();
    connection.commit_hook(None::<fn() -> bool>).unwrap();
}
