//! A run: programs on one database, clients, and what one seed has happen to them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rand::RngExt as _;
use rand::rngs::Xoshiro256PlusPlus as Rng;
use rusqlite::Connection;
use tailmark::store::Error;

use super::model::{Act, Done, Id, Model, State, list, refusal, registered, said};
use super::plan::{Plan, Turn, rng};
use super::program::{Asker, Disk, Ended, Fault, Program};
use super::stock::{Content, MACHINES, bare_kinds, kinds, tenant};
use super::template;
use super::time::{self, BEGINNING, SECOND};

const DAY: i64 = 86_400 * SECOND;

/// How a run went.
pub struct Run {
    /// What happened, a line each; the same for the same seed.
    pub trace: String,
    /// How often what.
    pub figures: BTreeMap<&'static str, u64>,
    /// What does not hold.
    pub violation: Option<String>,
}

/// Runs a seed. `number` is no other run's of this process.
pub fn run(seed: u64, number: u64) -> Run {
    let mut world = World::new(seed, number);
    let turns = (0..world.plan.turns).try_for_each(|_| world.turn());
    let violation = turns.and_then(|()| world.settle()).and_then(|()| world.judge()).err();
    if let Some(violation) = &violation {
        world.say(&format!("VIOLATION {violation}"));
    }
    let World { trace, mut figures, model, .. } = world;
    let counted = [
        ("devices registered", model.registered),
        ("records refused", model.refused),
        ("records given up", model.given_up),
        ("records settled too late", model.stale),
    ];
    figures.extend(counted);
    Run { trace, figures, violation }
}

/// What a client was told about a request; nothing if it has heard nothing.
struct Request {
    act: Act,
    told: Option<bool>,
}

/// A machine for one program.
struct Host {
    program: Option<Program>,
    is_stalled: bool,
    /// How far its clock is off.
    skew: i64,
}

struct World {
    plan: Plan,
    rng: Rng,
    /// The time, whatever the clocks say.
    now: i64,
    database: String,
    /// Keeps the database, looks into it, and locks it where the plan says so.
    observer: Connection,
    disk: Disk,
    /// The size of the database when the disk got what it is.
    pages: i64,
    hosts: Vec<Host>,
    /// No more trouble.
    is_calm: bool,
    model: Model,
    requests: Vec<Request>,
    claims: u64,
    trace: String,
    figures: BTreeMap<&'static str, u64>,
}

impl World {
    fn new(seed: u64, number: u64) -> Self {
        time::reset();
        let mut rng = rng(seed);
        let plan = Plan::new(&mut rng);
        let (database, observer) = template::copy(number, plan.assignment_time.is_some());
        // Replicas never quite agree.
        let hosts = (0..plan.programs)
            .map(|_| Host { program: None, is_stalled: false, skew: rng.random_range(-SECOND..SECOND) })
            .collect();
        Self {
            model: Model::new(i64::from(plan.settings.attempts)),
            plan,
            rng,
            now: BEGINNING,
            database,
            observer,
            disk: Disk::Well,
            pages: 0,
            hosts,
            is_calm: false,
            requests: Vec::new(),
            claims: 0,
            trace: String::new(),
            figures: BTreeMap::new(),
        }
    }

    fn say(&mut self, what: &str) {
        let since = (self.now - BEGINNING) / (SECOND / 1000);
        writeln!(self.trace, "{:>9}.{:03} {what}", since / 1000, since % 1000).unwrap();
    }

    fn count(&mut self, what: &'static str) {
        *self.figures.entry(what).or_default() += 1;
    }

    /// One of the hosts of which this holds.
    fn host(&mut self, holds: impl Fn(&Host) -> bool) -> Option<usize> {
        let found: Vec<usize> = (0..self.hosts.len()).filter(|host| holds(&self.hosts[*host])).collect();
        (!found.is_empty()).then(|| found[self.rng.random_range(0..found.len())])
    }

    fn turn(&mut self) -> Result<(), String> {
        let is_up = |host: &Host| host.program.is_some() && !host.is_stalled;
        match self.plan.turn(&mut self.rng) {
            Turn::Ask => {
                if let Some(host) = self.host(is_up) {
                    self.ask(host);
                }
            }
            Turn::Work => {
                if let Some(host) =
                    self.host(|host| is_up(host) && !host.program.as_ref().unwrap().is_working())
                {
                    self.work(host);
                }
            }
            Turn::Commit => {
                if let Some(host) =
                    self.host(|host| is_up(host) && host.program.as_ref().unwrap().waiting() > 0)
                {
                    let most = self.hosts[host].program.as_ref().unwrap().waiting();
                    let most = self.rng.random_range(1..=most);
                    let fault = self.plan.fault(&mut self.rng);
                    self.commit(host, most, fault)?;
                    if self.rng.random_ratio(self.plan.deadly, 100) {
                        self.kill(host);
                    }
                }
            }
            Turn::Tick => {
                let lease = i64::try_from(self.plan.settings.lease).unwrap() * SECOND;
                let passed = match self.rng.random_range(0..4) {
                    0 => lease + self.rng.random_range(-SECOND..3 * SECOND),
                    1 => self.rng.random_range(0..lease),
                    _ => self.rng.random_range(0..2 * SECOND),
                };
                self.now += passed;
                self.say("time passes");
            }
            Turn::Jump => {
                let jumps = [3 * DAY, -2 * 3600 * SECOND, 400 * DAY, -30 * DAY, 45 * SECOND, -45 * SECOND, 0];
                let jump = jumps[self.rng.random_range(0..jumps.len())];
                if let Some(host) = self.host(|_| true) {
                    self.hosts[host].skew = jump;
                    self.say(&format!("p{host}: the clock is off by {} s", jump / SECOND));
                    self.count("clocks set");
                }
            }
            Turn::Stall => {
                if let Some(host) = self.host(is_up) {
                    self.hosts[host].is_stalled = true;
                    self.say(&format!("p{host}: stalls"));
                    self.count("stalls");
                }
            }
            Turn::Wake => {
                if let Some(host) = self.host(|host| host.is_stalled) {
                    self.hosts[host].is_stalled = false;
                    self.say(&format!("p{host}: wakes up"));
                }
            }
            Turn::Kill => {
                if let Some(host) = self.host(|host| host.program.is_some()) {
                    self.kill(host);
                }
            }
            Turn::Start => {
                // It would wait for the lock.
                let is_locked = self.is_held() || self.disk == Disk::Locked;
                if let Some(host) = self.host(|host| host.program.is_none() && !is_locked) {
                    let faults = [self.plan.fault(&mut self.rng), self.plan.fault(&mut self.rng)];
                    self.start(host, faults)?;
                }
            }
            Turn::Disk => {
                let disk =
                    [Disk::Well, Disk::Full, Disk::ReadOnly, Disk::Locked][self.rng.random_range(0..4)];
                self.set_disk(disk)?;
            }
        }
        Ok(())
    }

    fn set_clock(&self, host: usize) {
        time::set(self.now + self.hosts[host].skew);
    }

    fn kill(&mut self, host: usize) {
        self.hosts[host].program = None;
        self.hosts[host].is_stalled = false;
        self.say(&format!("p{host}: is killed"));
        self.count("kills");
    }

    /// As `tailmark serve` does it.
    fn start(&mut self, host: usize, faults: [Fault; 2]) -> Result<(), String> {
        self.set_clock(host);
        let mut program = Program::start(
            &self.database,
            &self.plan.settings,
            self.plan.assignment_time.unwrap_or_default(),
        );
        program.feel(self.disk, self.pages);
        program.migrate();
        self.hosts[host].program = Some(program);
        self.say(&format!("p{host}: starts"));
        self.count("starts");
        let mut is_up = self.commit(host, 1, faults[0])?;
        // One that has the database to itself.
        if is_up && self.hosts.len() == 1 {
            self.hosts[host].program.as_mut().unwrap().ask(Act::TakeOver, Asker::Start);
            is_up = self.commit(host, 1, faults[1])?;
        }
        if !is_up {
            self.hosts[host].program = None;
            self.say(&format!("p{host}: gives up its start"));
        }
        Ok(())
    }

    fn set_disk(&mut self, disk: Disk) -> Result<(), String> {
        // Nobody else can look into the database.
        if self.is_held() {
            return Ok(());
        }
        if self.disk == Disk::Locked {
            self.observer.execute_batch("ROLLBACK").map_err(said)?;
        }
        let pages = self.observer.pragma_query_value(None, "page_count", |row| row.get(0));
        (self.disk, self.pages) = (disk, pages.map_err(said)?);
        for host in &mut self.hosts {
            if let Some(program) = &mut host.program {
                program.feel(disk, self.pages);
            }
        }
        if disk == Disk::Locked {
            self.observer.execute_batch("BEGIN IMMEDIATE").map_err(said)?;
        }
        self.say(&format!("the disk is {disk:?}"));
        self.count("changes of the disk");
        Ok(())
    }

    /// Whether some program could not even roll back, and holds the lock until it tries again.
    fn is_held(&self) -> bool {
        self.hosts.iter().any(|host| host.program.as_ref().is_some_and(Program::is_in_transaction))
    }

    fn work(&mut self, host: usize) {
        self.set_clock(host);
        self.claims += 1;
        let claim = self.claims;
        let step = self.hosts[host].program.as_mut().unwrap().work(claim);
        self.say(&format!("p{host}: worker {step}"));
    }

    /// A client asks a program for something.
    fn ask(&mut self, host: usize) {
        self.set_clock(host);
        let act = self.act();
        let number = self.requests.len();
        self.say(&format!("p{host}: request {number}: {act:?}"));
        self.hosts[host].program.as_mut().unwrap().ask(act.clone(), Asker::Client(number));
        self.requests.push(Request { act, told: None });
        self.count("requests");
    }

    fn act(&mut self) -> Act {
        let tenant = self.rng.random_range(0..self.plan.tenants);
        let own_upload = self.any(|model| &model.uploads, |owner| *owner == tenant);
        let own_record = self.any(|model| &model.records, |record| record.tenant == tenant);
        let own_device = self.any(|model| &model.devices, |device| device.tenant == tenant);
        // Now and then somebody asks for what is another tenant's.
        let tenant =
            if self.rng.random_ratio(1, 20) { self.rng.random_range(0..self.plan.tenants) } else { tenant };
        match (self.rng.random_range(0..16), own_upload, own_record, own_device) {
            (0..=2, Some(upload), _, _) => {
                let most = self.rng.random_range(1..=4);
                let records = self.records(most);
                Act::Import { tenant, batch: upload.clone(), upload: Some(upload), records }
            }
            (3..=5, ..) => {
                let most = self.rng.random_range(0..=6);
                Act::Upload { tenant, id: time::new_id(), records: self.records(most) }
            }
            (6..=7, _, Some(id), _) => Act::Change { tenant, id, content: self.content() },
            (8, _, Some(id), _) => Act::DeleteRecord { tenant, id },
            (9, Some(id), _, _) if self.rng.random_ratio(1, 2) => Act::DeleteUpload { tenant, id },
            (10, ..) => {
                let kind = self.rng.random_range(bare_kinds());
                Act::Register { tenant, id: time::new_id(), content: Content { kind, tag: 0 } }
            }
            (11, _, _, Some(id)) => Act::DeleteDevice { tenant, id },
            (12, ..) => Act::Import { tenant, upload: None, batch: time::new_id(), records: self.records(1) },
            _ => {
                let most = self.rng.random_range(1..=8);
                Act::Import { tenant, upload: None, batch: time::new_id(), records: self.records(most) }
            }
        }
    }

    /// The id of one of those of which this holds.
    fn any<T>(&mut self, all: impl Fn(&Model) -> &BTreeMap<Id, T>, holds: impl Fn(&T) -> bool) -> Option<Id> {
        let found: Vec<&Id> =
            all(&self.model).iter().filter(|(_, one)| holds(one)).map(|(id, _)| id).collect();
        if found.is_empty() { None } else { Some(found[self.rng.random_range(0..found.len())].clone()) }
    }

    fn records(&mut self, count: usize) -> Vec<(Id, Content)> {
        (0..count).map(|_| (time::new_id(), self.content())).collect()
    }

    fn content(&mut self) -> Content {
        let kind = match self.rng.random_range(0..10) {
            0..=6 => self.rng.random_range(0..2 * self.plan.machines),
            _ => self.rng.random_range(2 * MACHINES..kinds().len()),
        };
        Content { kind, tag: self.rng.random_range(0..4) }
    }

    /// Commits what waits at a program, looks at what came of it, and says whether all was done.
    fn commit(&mut self, host: usize, most: usize, fault: Fault) -> Result<bool, String> {
        self.set_clock(host);
        let was_held = self.is_held();
        let (ended, came) = self.hosts[host].program.as_mut().unwrap().commit(most, fault);
        let may_fail = came || was_held || self.disk != Disk::Well;
        if came {
            self.count(match fault {
                Fault::None => "",
                Fault::Statement(_) => "statements refused",
                Fault::Interruption(_) => "statements interrupted",
                Fault::LastingInterruption(_) => "connections that failed for a while",
                Fault::Commit => "commits refused",
            });
        }
        self.count("commits");
        let mut line = format!("p{host}: commits");
        if came {
            write!(line, " with {fault:?}").unwrap();
        }
        for Ended { asker, result, .. } in &ended {
            write!(line, ", {asker:?} {}", outcome(result)).unwrap();
        }
        self.say(&line);
        // What is held can be seen by nobody, and so nothing may have been done.
        let is_held = self.is_held();
        let settles = ended.iter().any(|one| matches!(one.act, Act::Settle { .. }));
        let keys = if settles && !is_held { registered(&self.observer)? } else { BTreeMap::new() };
        let mut is_done = true;
        for Ended { act, asker, result } in ended {
            is_done &= result.is_ok();
            let expected = self.model.expected(&act);
            match &result {
                Ok(_) if is_held => {
                    return Err(format!("{act:?} was done in a transaction that is not over"));
                }
                Ok(done) => {
                    if let Some(refusal) = expected {
                        return Err(format!("{act:?} was done, and is to be refused: {refusal}"));
                    }
                    self.model.apply(&act, done, &keys)?;
                }
                Err(error) => match refusal(error) {
                    Some(_) if refusal(error) == expected => {}
                    None if may_fail => self.count("units of work that failed"),
                    _ => return Err(format!("{act:?} was answered {error:?}, not {expected:?}")),
                },
            }
            let is_heard = self.is_calm || !self.rng.random_ratio(self.plan.unheard, 100);
            match asker {
                Asker::Client(number) if is_heard => self.requests[number].told = Some(result.is_ok()),
                Asker::Client(_) => self.count("answers that reached nobody"),
                Asker::Worker if result.is_ok() && !is_heard => {
                    self.hosts[host].program.as_mut().unwrap().miss(&act);
                    self.say(&format!("p{host}: the worker does not hear of it"));
                    self.count("commits that the worker did not hear of");
                }
                Asker::Worker | Asker::Start => {}
            }
        }
        if !is_held {
            self.model.compare(&self.observer)?;
        }
        Ok(is_done)
    }

    /// No more trouble: everything must come to its end, within two leases.
    fn settle(&mut self) -> Result<(), String> {
        self.say("no more trouble");
        self.is_calm = true;
        for host in &mut self.hosts {
            host.is_stalled = false;
            host.skew = 0;
        }
        for host in 0..self.hosts.len() {
            // The next commit rolls back what could not be rolled back.
            if self.hosts[host].program.as_ref().is_some_and(Program::is_in_transaction) {
                self.commit(host, 1, Fault::None)?;
            }
        }
        if self.is_held() {
            return Err("a transaction stays open".to_owned());
        }
        self.set_disk(Disk::Well)?;
        for host in 0..self.hosts.len() {
            if self.hosts[host].program.is_none() {
                self.start(host, [Fault::None; 2])?;
            }
        }
        let lease = i64::try_from(self.plan.settings.lease).unwrap() * SECOND;
        let until = self.now + 2 * lease + 2 * SECOND;
        loop {
            for host in 0..self.hosts.len() {
                self.exhaust(host)?;
            }
            if self.is_settled()? {
                return Ok(());
            }
            if self.now > until {
                return Err(format!("not everything is final after two leases: {:?}", self.under_way()));
            }
            self.now += SECOND;
        }
    }

    /// Has a program do what there is to do.
    fn exhaust(&mut self, host: usize) -> Result<(), String> {
        // What is found resting looks once more.
        for turn in 0..1000 {
            let program = self.hosts[host].program.as_mut().unwrap();
            if program.waiting() > 0 {
                let all = program.waiting();
                self.commit(host, all, Fault::None)?;
            } else if turn > 1 && program.is_resting() {
                return Ok(());
            } else {
                self.work(host);
            }
        }
        Err("a worker finds no rest".to_owned())
    }

    fn under_way(&self) -> Vec<&Id> {
        let records = self.model.records.iter().filter(|(_, record)| record.state == State::UnderWay);
        records.map(|(id, _)| id).collect()
    }

    fn is_settled(&self) -> Result<bool, String> {
        let due = list(&self.observer, "SELECT id, id FROM devices WHERE profile_due_ticks IS NOT NULL");
        Ok(self.under_way().is_empty() && due.map_err(said)?.is_empty())
    }

    /// What clients were told must be so, whatever the model says.
    fn judge(&self) -> Result<(), String> {
        let rows =
            list(&self.observer, "SELECT id, CAST(status AS TEXT) FROM imported_devices").map_err(said)?;
        let records: BTreeMap<Id, String> = rows.into_iter().collect();
        let devices: BTreeSet<Id> = registered(&self.observer)?.into_values().collect();
        // What some client has asked to be gone, or may have.
        let asked =
            self.requests.iter().filter(|request| request.told != Some(false)).map(|request| &request.act);
        let (mut gone, mut gone_uploads) = (BTreeSet::new(), BTreeSet::new());
        for act in asked {
            match act {
                Act::DeleteRecord { id, .. } | Act::DeleteDevice { id, .. } => _ = gone.insert(id),
                Act::DeleteUpload { id, .. } => _ = gone_uploads.insert(id),
                _ => {}
            }
        }
        for Request { act, told } in &self.requests {
            let (upload, sent) = match act {
                Act::Import { upload, records, .. } => (upload.as_ref(), records),
                Act::Upload { id, records, .. } => (Some(id), records),
                Act::Register { id, .. }
                    if *told == Some(true) && !gone.contains(id) && !devices.contains(id) =>
                {
                    return Err(format!("the device {id} is lost"));
                }
                _ => continue,
            };
            let is_gone = upload.is_some_and(|upload| gone_uploads.contains(upload));
            let there = sent.iter().filter(|(id, _)| records.contains_key(id)).count();
            let kept = sent.iter().filter(|(id, _)| records.contains_key(id) || gone.contains(id)).count();
            let is_right = match told {
                Some(true) => is_gone || kept == sent.len(),
                Some(false) => there == 0,
                None => is_gone || there == 0 || kept == sent.len(),
            };
            if !is_right {
                return Err(format!("told {told:?}, {there} of {}: {act:?}", sent.len()));
            }
        }
        if let Some((id, status)) = records.iter().find(|(_, status)| !["3", "4"].contains(&status.as_str()))
        {
            return Err(format!("{id} is not final: {status}"));
        }
        for (id, record) in &self.model.records {
            if let State::Complete(device) = &record.state
                && !devices.contains(device)
                && !gone.contains(device)
            {
                return Err(format!("{id} is complete and its device {device} is not there"));
            }
        }
        self.sound()
    }

    /// What holds of the database as a whole.
    fn sound(&self) -> Result<(), String> {
        let nothing = [
            ("PRAGMA integrity_check", "ok"),
            ("SELECT count(*) FROM pragma_foreign_key_check", "0"),
            ("SELECT count(*) FROM (SELECT 1 FROM devices GROUP BY key HAVING count(*) > 1)", "0"),
            ("SELECT count(*) FROM devices WHERE number NOT IN (SELECT rowid FROM devices_search)", "0"),
            ("SELECT count(*) FROM devices_search WHERE rowid NOT IN (SELECT number FROM devices)", "0"),
        ];
        for (query, expected) in nothing {
            let found: rusqlite::types::Value =
                self.observer.query_row(query, [], |row| row.get(0)).map_err(said)?;
            let found = match found {
                rusqlite::types::Value::Text(text) => text,
                rusqlite::types::Value::Integer(number) => number.to_string(),
                other => format!("{other:?}"),
            };
            if found != expected {
                return Err(format!("{query}: {found}"));
            }
        }
        if self.plan.assignment_time.is_some() {
            let without = "SELECT id, id FROM devices WHERE tenant = '00000000-0000-0000-0000-000000000001'
                AND (profile_status <> 1 OR profile_id IS NULL)";
            let without = list(&self.observer, without).map_err(said)?;
            if !without.is_empty() {
                return Err(format!("without the profile of {}: {without:?}", tenant(0)));
            }
        }
        Ok(())
    }
}

fn outcome(result: &Result<Done, Error>) -> String {
    match result {
        Ok(Done::It) => "ok".to_owned(),
        Ok(Done::Claimed(claimed)) => format!("claims {}", claimed.len()),
        Err(error) => format!("fails: {error}"),
    }
}
