//! What of a file has been sent, kept beside the import so that the next run goes on where this one ended.
//!
//! One small file for each hash file, in the state folder, named after what is imported where: the same file
//! to the same service and tenant finds it again, under whatever name and beside whatever other files. It
//! holds numbers and ids, no serial number, no hash, no token. Lines of JSON are added and never changed:
//!
//! ```json
//! {"version":1,"file":"devices.csv","server":"…","route":"import","perPart":500,"devices":1200,"began":"…"}
//! {"begun":0,"mark":"5a1f0c9e-…"}
//! {"taken":0,"id":null}
//! ```
//!
//! `begun` is on disk before a part is sent, with the mark by which the service can be asked for it later;
//! `taken` follows the answer. What is begun and not taken is unknown, and is asked for (`arrived`).
//! The file is locked while it is in use, so that two runs do not send the same, and removed at the end.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::send::Route;
use super::watch::Watched;
use crate::exit::Exit;

const VERSION: u32 = 1;

/// How a file is divided, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The file's name, for people.
    pub file: String,
    /// The base address of the service.
    pub server: String,
    /// The route that the devices take.
    pub route: Route,
    /// How many devices a part has.
    pub per_part: usize,
    /// How many devices there are.
    pub devices: usize,
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    version: u32,
    file: String,
    server: String,
    route: Route,
    per_part: usize,
    devices: usize,
    began: String,
}

/// Every other line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Event {
    Begun { begun: usize, mark: String },
    Taken { taken: usize, id: Option<String> },
    Undone { undone: usize },
}

/// What is known of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was not sent.
    Waiting,
    /// It was sent, and whether it arrived is not known.
    Begun,
    /// The service has it.
    Taken,
}

/// The devices of one request, or of a series of single ones.
#[derive(Clone, Debug)]
pub struct Part {
    /// Which of the file's devices.
    pub devices: Range<usize>,
    /// What is known of it.
    pub state: State,
    /// By what the service knows it: an importId, or the time at which an upload says it was created.
    pub mark: String,
    /// The upload's id, where there is one.
    pub upload: Option<String>,
}

/// The journal of one file.
#[derive(Debug)]
pub struct Journal {
    kept: Option<(File, PathBuf)>,
    plan: Plan,
    parts: Vec<Part>,
    began: Option<String>,
}

impl Journal {
    /// One that is forgotten at the end of the run.
    pub fn unkept(plan: Plan) -> Journal {
        Journal { kept: None, parts: parts(&plan), plan, began: None }
    }

    /// The one in this file, or a new one; a `restart` forgets what is in it.
    pub fn open(path: &Path, plan: Plan, start: Start) -> anyhow::Result<Journal> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let cannot = || format!("cannot keep the state of the import in {}", path.display());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(cannot)?;
        }
        let mut file = options.open(path).with_context(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message =
                    format!("another run is importing {}; its state is in {}", plan.file, path.display());
                return Err(Exit::Failure.because(message));
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
        }
        let mut text = String::new();
        if start == Start::GoOn {
            file.read_to_string(&mut text).with_context(cannot)?;
        }
        // A line without its end was cut off while it was written.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        text.truncate(whole);
        file.set_len(whole as u64).and_then(|()| file.seek(SeekFrom::End(0))).with_context(cannot)?;
        let mut lines = text.lines();
        let mut journal = match lines.next() {
            Some(line) => Journal::read(line, plan, path)?,
            None => Journal::begun_now(plan, &mut file).with_context(cannot)?,
        };
        for line in lines {
            let event = serde_json::from_str(line);
            journal.apply(&event.map_err(|error| broken(path, &error.to_string()))?);
        }
        journal.kept = Some((file, path.to_owned()));
        Ok(journal)
    }

    /// The same file with nothing in it.
    pub fn anew(mut self, plan: Plan) -> anyhow::Result<Journal> {
        let Some((mut file, path)) = self.kept.take() else { return Ok(Journal::unkept(plan)) };
        let emptied = file.set_len(0).and_then(|()| file.rewind());
        let fresh = emptied.and_then(|()| Journal::begun_now(plan, &mut file));
        let fresh =
            fresh.with_context(|| format!("cannot keep the state of the import in {}", path.display()))?;
        Ok(Journal { kept: Some((file, path)), ..fresh })
    }

    fn begun_now(plan: Plan, file: &mut File) -> std::io::Result<Journal> {
        let head = Head {
            version: VERSION,
            file: plan.file.clone(),
            server: plan.server.clone(),
            route: plan.route,
            per_part: plan.per_part,
            devices: plan.devices,
            began: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
        };
        writeln!(file, "{}", serde_json::to_string(&head)?)?;
        Ok(Journal { kept: None, parts: parts(&plan), plan, began: None })
    }

    /// What was begun is ended in the same way, whatever is asked for now.
    fn read(line: &str, plan: Plan, path: &Path) -> anyhow::Result<Journal> {
        let head: Head = serde_json::from_str(line).map_err(|error| broken(path, &error.to_string()))?;
        if head.version != VERSION || head.devices != plan.devices || head.per_part == 0 {
            return Err(broken(path, "it is of another version of this program"));
        }
        let plan = Plan { route: head.route, per_part: head.per_part, ..plan };
        Ok(Journal { kept: None, parts: parts(&plan), plan, began: Some(head.began) })
    }

    fn apply(&mut self, event: &Event) {
        let (at, state) = match event {
            Event::Begun { begun, .. } => (*begun, State::Begun),
            Event::Taken { taken, .. } => (*taken, State::Taken),
            Event::Undone { undone } => (*undone, State::Waiting),
        };
        let Some(part) = self.parts.get_mut(at) else { return };
        part.state = state;
        match event {
            Event::Begun { mark, .. } => part.mark.clone_from(mark),
            Event::Taken { id, .. } => part.upload.clone_from(id),
            Event::Undone { .. } => {}
        }
    }

    fn write(&mut self, event: &Event, lasting: Lasting) -> anyhow::Result<()> {
        self.apply(event);
        let Some((file, path)) = &mut self.kept else { return Ok(()) };
        let line = serde_json::to_string(event)? + "\n";
        let written = file.write_all(line.as_bytes()).and_then(|()| match lasting {
            Lasting::OnDisk => file.sync_data(),
            Lasting::Soon => Ok(()),
        });
        written.with_context(|| format!("cannot keep the state of the import in {}", path.display()))
    }

    /// Notes that a part is about to be sent, before it is; gives its mark.
    pub fn begin(&mut self, at: usize) -> anyhow::Result<String> {
        let mark = match self.parts.get(at) {
            Some(part) if !part.mark.is_empty() => part.mark.clone(),
            _ => self.new_mark(),
        };
        self.write(&Event::Begun { begun: at, mark: mark.clone() }, Lasting::OnDisk)?;
        Ok(mark)
    }

    /// Notes that the service has a part. Lost, it is found out again.
    pub fn take(&mut self, at: usize, id: Option<String>) -> anyhow::Result<()> {
        self.write(&Event::Taken { taken: at, id }, Lasting::Soon)
    }

    /// Notes that a part certainly did not arrive.
    pub fn undo(&mut self, at: usize) -> anyhow::Result<()> {
        self.write(&Event::Undone { undone: at }, Lasting::Soon)
    }

    /// An upload's id is the service's; what a client chooses of it is when it was created, to 100 ns.
    fn new_mark(&self) -> String {
        if self.plan.route != Route::Upload {
            return Uuid::new_v4().to_string();
        }
        let now = OffsetDateTime::now_utc();
        let seconds = now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default();
        format!("{}.{:07}Z", seconds.trim_end_matches('Z'), now.nanosecond() / 100)
    }

    /// The route that the devices take.
    pub fn route(&self) -> Route {
        self.plan.route
    }

    /// The parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// How many devices the service has for certain.
    pub fn taken(&self) -> usize {
        self.parts.iter().filter(|part| part.state == State::Taken).map(|part| part.devices.len()).sum()
    }

    /// Whether no part was ever sent.
    pub fn is_untouched(&self) -> bool {
        self.parts.iter().all(|part| part.state == State::Waiting)
    }

    /// When it began, if that was in an earlier run.
    pub fn began(&self) -> Option<&str> {
        self.began.as_deref()
    }

    /// Whether it outlives the run.
    pub fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// Where the outcome shows.
    pub fn watched(&self) -> Watched {
        let taken = self.parts.iter().filter(|part| part.state == State::Taken);
        match self.plan.route {
            Route::Upload => Watched::Uploads(taken.filter_map(|part| part.upload.clone()).collect()),
            Route::Import | Route::Each => Watched::Groups(taken.map(|part| part.mark.clone()).collect()),
        }
    }

    /// Forgets it: there is nothing to go on with.
    pub fn remove(&mut self) {
        if let Some((file, path)) = self.kept.take() {
            // What stays behind is found to be done by the next run.
            let _ = fs::remove_file(path);
            drop(file);
        }
    }
}

/// Whether an earlier run is gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Where it ended.
    GoOn,
    /// From the beginning.
    Anew,
}

#[derive(Clone, Copy)]
enum Lasting {
    OnDisk,
    Soon,
}

fn parts(plan: &Plan) -> Vec<Part> {
    let first = (0..plan.devices).step_by(plan.per_part.max(1));
    let part = |first: usize| Part {
        devices: first..plan.devices.min(first + plan.per_part),
        state: State::Waiting,
        mark: String::new(),
        upload: None,
    };
    first.map(part).collect()
}

fn broken(path: &Path, why: &str) -> anyhow::Error {
    let path = path.display();
    Exit::Failure.because(format!("the state in {path} cannot be read: {why}; --restart begins anew"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(route: Route) -> Plan {
        Plan { file: "a.csv".to_owned(), server: "http://x/beta/".to_owned(), route, per_part: 2, devices: 5 }
    }

    fn states(journal: &Journal) -> Vec<State> {
        journal.parts().iter().map(|part| part.state).collect()
    }

    #[test]
    fn the_next_run_knows_what_this_one_did() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/a.jsonl");
        let mut journal = Journal::open(&path, plan(Route::Import), Start::GoOn).unwrap();
        assert!(journal.began().is_none() && journal.is_untouched());
        let first = journal.begin(0).unwrap();
        journal.take(0, None).unwrap();
        let second = journal.begin(1).unwrap();
        let busy = Journal::open(&path, plan(Route::Import), Start::GoOn).unwrap_err();
        assert!(busy.to_string().contains("another run"), "{busy}");
        drop(journal);
        // As a program leaves it that was killed while it wrote.
        let mut text = fs::read_to_string(&path).unwrap();
        text.push_str("{\"taken\":1,\"i");
        fs::write(&path, text).unwrap();

        let mut journal = Journal::open(&path, plan(Route::Upload), Start::GoOn).unwrap();
        assert_eq!(states(&journal), [State::Taken, State::Begun, State::Waiting]);
        assert_eq!((journal.route(), journal.taken()), (Route::Import, 2), "as it was begun");
        assert_eq!(journal.begin(1).unwrap(), second, "under the mark by which it can be found");
        assert_eq!(journal.watched(), Watched::Groups(vec![first]));
        journal.undo(1).unwrap();
        drop(journal);
        let mut journal = Journal::open(&path, plan(Route::Import), Start::GoOn).unwrap();
        assert_eq!(states(&journal), [State::Taken, State::Waiting, State::Waiting]);
        journal.remove();
        assert!(!path.exists());
    }

    #[test]
    fn a_restart_forgets_and_a_broken_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let mut journal = Journal::open(&path, plan(Route::Upload), Start::GoOn).unwrap();
        let mark = journal.begin(0).unwrap();
        assert!(mark.len() == 28 && mark.ends_with('Z'), "{mark}");
        drop(journal);
        assert!(Journal::open(&path, plan(Route::Upload), Start::Anew).unwrap().is_untouched());
        let mut journal = Journal::open(&path, plan(Route::Import), Start::GoOn).unwrap();
        journal.begin(0).unwrap();
        let journal = journal.anew(plan(Route::Import)).unwrap();
        assert!(journal.is_untouched() && journal.is_kept() && journal.route() == Route::Import);
        drop(journal);
        assert!(Journal::open(&path, plan(Route::Upload), Start::GoOn).unwrap().is_untouched());
        fs::write(&path, "{}\n").unwrap();
        let error = Journal::open(&path, plan(Route::Upload), Start::GoOn).unwrap_err();
        assert!(error.to_string().contains("--restart"), "{error}");
    }
}
