//! An import of some 2,000 devices during which the service is killed ten times, and one request of 2,000 devices
//! that is killed five times.
//!
//! The ledger of what was acknowledged is kept here, outside. In the end every acknowledged device is registered
//! once, what was not acknowledged is there wholly or not at all, and what was once final, refusals among it, has not
//! changed. That the kills meet work is looked up in the files that they leave behind.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Write as _;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;

use crate::devices::{DEVICES, IMPORT, IMPORTED, UPLOADS, import, sent, upload};
use crate::program::{Answer, Process, Service, Site, answer, figure, in_full, poll};

/// When the service is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// The program was just started, with work in the queue.
    Spawned,
    /// It has opened the database.
    DatabaseOpen,
    /// It says that it is ready.
    Ready,
    /// At least so many devices have been settled since its start.
    Settled(usize),
    /// Half of a request has been sent.
    HalfSent,
    /// A request has been sent and not been answered.
    Sent,
    /// The devices of a request are there, and its answer has not been read.
    Stored,
}

const PLAN: [Moment; 10] = [
    Moment::Settled(1),
    Moment::HalfSent,
    Moment::Spawned,
    Moment::Settled(150),
    Moment::Sent,
    Moment::Ready,
    Moment::Stored,
    Moment::DatabaseOpen,
    Moment::Sent,
    Moment::Settled(201),
];
/// The tag of the devices that are refused.
const REFUSED: &str = "refused";
const FINAL: &str = "state/deviceImportStatus eq 'complete' or state/deviceImportStatus eq 'error'";

/// How often the service is killed, and among how many requests.
struct Size {
    /// How often the plan is gone through.
    plans: usize,
    /// Devices of a request.
    per_request: usize,
    /// Requests of a round besides those of its moment.
    requests: usize,
    /// At so many of the kills, at least, something is under way.
    interrupted: usize,
}

fn size() -> &'static Size {
    if in_full() {
        &Size { plans: 10, per_request: 30, requests: 6, interrupted: 60 }
    } else {
        &Size { plans: 1, per_request: 100, requests: 2, interrupted: 7 }
    }
}

#[derive(Default)]
struct Ledger {
    requests: usize,
    /// The tags of acknowledged requests.
    acknowledged: HashSet<String>,
    /// The tags of requests of which nobody knows.
    open: HashSet<String>,
    /// The tags of requests that cannot have been stored.
    never: HashSet<String>,
    /// Import record to final state, as first seen.
    finals: HashMap<String, Value>,
    /// How many records were under way at each kill.
    under_way: Vec<i64>,
}

/// A request with a tag and devices of its own.
struct Request {
    tag: String,
    path: &'static str,
    body: String,
}

impl Ledger {
    fn next(&mut self) -> Request {
        let number = self.requests;
        self.requests += 1;
        let tag = format!("R{number:03}");
        let each = size().per_request;
        let devices = sent(number * each..(number + 1) * each, &tag);
        match number % 2 {
            0 => Request { tag, path: UPLOADS, body: upload(&devices) },
            _ => Request { tag, path: IMPORT, body: import(&devices) },
        }
    }

    fn send(&mut self, service: &Service) {
        let request = self.next();
        let answer = service.post(request.path, &request.body);
        self.acknowledge(request.tag, &answer);
    }

    fn acknowledge(&mut self, tag: String, answer: &Answer) {
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        self.acknowledged.insert(tag);
    }

    /// Devices that are refused: one for its hash, one because it is registered already.
    fn refuse(&mut self, service: &Service) {
        let mut devices = sent([0, 900_000], REFUSED);
        devices[1]["hardwareIdentifier"] = "AAECAw==".into();
        self.acknowledge(REFUSED.to_owned(), &service.post(IMPORT, &import(&devices)));
        let refused = format!("groupTag eq '{REFUSED}' and state/deviceImportStatus eq 'error'");
        poll("the refusals", || (service.count(IMPORTED, &refused) == 2).then_some(()));
        self.look(service);
        assert_eq!(self.refusals(), [802, 806]);
    }

    fn refusals(&self) -> Vec<i64> {
        let codes = self.finals.values().filter_map(|state| state["deviceErrorCode"].as_i64());
        let mut codes: Vec<i64> = codes.filter(|code| *code != 0).collect();
        codes.sort_unstable();
        codes
    }

    /// Compares final states with those seen before, and keeps what is new.
    fn look(&mut self, service: &Service) {
        for record in service.all(&format!("{IMPORTED}?$filter={FINAL}&$select=id,groupTag,state")) {
            let (state, id) = (&record["state"], record["id"].as_str().unwrap().to_owned());
            let is_refused = record["groupTag"] == REFUSED;
            assert_eq!(state["deviceImportStatus"] == "error", is_refused, "{record}");
            assert_eq!(state["deviceRegistrationId"] == "", is_refused, "{record}");
            let first = self.finals.entry(id).or_insert_with(|| state.clone());
            assert_eq!(first, state, "{record} had ended otherwise before");
        }
    }

    fn registered(&self) -> usize {
        self.finals.len() - self.refusals().len()
    }
}

/// A round in which the service is killed at its moment.
fn round(site: &Site, ledger: &mut Ledger, moment: Moment) {
    let service = site.start();
    assert!(service.ready_after < Duration::from_secs(5), "ready after {:?}", service.ready_after);
    let before = service.count(IMPORTED, FINAL);
    ledger.look(&service);
    for _ in 0..size().requests {
        ledger.send(&service);
    }
    match moment {
        Moment::Settled(number) => {
            ledger.send(&service);
            ledger.send(&service);
            poll("the settled devices", || (service.count(IMPORTED, FINAL) >= before + number).then_some(()));
            service.process.kill();
        }
        Moment::HalfSent | Moment::Sent | Moment::Stored => during_post(service, ledger, moment),
        Moment::Spawned | Moment::DatabaseOpen | Moment::Ready => {
            ledger.send(&service);
            service.process.kill();
            let process: Process = site.spawn();
            match moment {
                Moment::DatabaseOpen => {
                    poll("the opened database", || process.has_open(&site.database()).then_some(()));
                    process.kill();
                }
                Moment::Ready => process.ready(&site.token).process.kill(),
                _ => process.kill(),
            }
        }
    }
}

fn during_post(service: Service, ledger: &mut Ledger, moment: Moment) {
    let request = ledger.next();
    let mut stream = service.connect();
    stream.write_all(service.head("POST", request.path, request.body.len()).as_bytes()).unwrap();
    let sent = match moment {
        Moment::HalfSent => &request.body[..request.body.len() / 2],
        _ => &request.body,
    };
    stream.write_all(sent.as_bytes()).unwrap();
    if let Moment::Stored = moment {
        let filter = format!("groupTag eq '{}'", request.tag);
        let stored =
            poll("the stored request", || Some(service.count(IMPORTED, &filter)).filter(|count| *count > 0));
        assert_eq!(stored, size().per_request, "a request is visible in part");
    }
    // So that there is work at the kill, whatever has become of the request.
    ledger.send(&service);
    service.process.kill();
    match (answer(stream), moment) {
        (Ok(answer), _) => ledger.acknowledge(request.tag, &answer),
        (Err(_), Moment::HalfSent) => _ = ledger.never.insert(request.tag),
        (Err(_), Moment::Stored) => _ = ledger.acknowledged.insert(request.tag),
        (Err(_), _) => _ = ledger.open.insert(request.tag),
    }
}

#[test]
fn ten_kills_lose_nothing_and_do_nothing_twice() {
    let site = Site::new();
    let mut ledger = Ledger::default();
    let service = site.start();
    ledger.send(&service);
    poll("the first devices", || (service.count(IMPORTED, FINAL) == size().per_request).then_some(()));
    ledger.refuse(&service);
    service.process.kill();
    for moment in PLAN.into_iter().cycle().take(size().plans * PLAN.len()) {
        round(&site, &mut ledger, moment);
        ledger.under_way.push(under_way(&site));
    }
    let interrupted = ledger.under_way.iter().filter(|records| **records > 0).count();
    assert!(interrupted >= size().interrupted, "records under way at the kills: {:?}", ledger.under_way);
    let mut service = site.start();
    assert!(service.ready_after < Duration::from_secs(5), "ready after {:?}", service.ready_after);
    assert_eq!(service.get("/readyz").body, "ready");
    poll("the end of all imports", || {
        (service.count(IMPORTED, &format!("not ({FINAL})")) == 0).then_some(())
    });
    ledger.look(&service);
    assert_eq!(service.count(DEVICES, "serialNumber ne ''"), ledger.registered());
    assert_eq!(ledger.refusals(), [802, 806]);
    service.process.terminate();
    assert_eq!(service.process.ended().0.code(), Some(0));
    let devices = ledger.acknowledged.len() * size().per_request;
    assert!(devices >= 2_000, "{} requests", ledger.acknowledged.len());
    let (kills, requests) = (ledger.under_way.len() + 1, ledger.acknowledged.len());
    figure(
        "G1",
        format_args!(
            "{kills} kills, {interrupted} of them among work; {requests} requests acknowledged, {devices} devices, 0 lost"
        ),
    );
    figure(
        "G2",
        format_args!("ready {:.2?} after the last start, with {devices} devices", service.ready_after),
    );
    check(&Connection::open(site.database()).unwrap(), &ledger);
}

/// One request, killed again and again while its devices are registered.
#[test]
fn kills_within_one_request_of_2000_devices() {
    const DEVICES_SENT: usize = 2_000;
    let (site, mut ledger) = (Site::new(), Ledger::default());
    let service = site.start();
    let answer = service.post(IMPORT, &import(&sent(0..DEVICES_SENT, "R")));
    assert_eq!(answer.status, 200, "{answer:?}");
    service.process.kill();
    for _ in 0..4 {
        let before = ledger.finals.len();
        let service = site.start();
        ledger.look(&service);
        poll("some devices", || (service.count(IMPORTED, FINAL) > before).then_some(()));
        service.process.kill();
        ledger.under_way.push(under_way(&site));
    }
    let interrupted = ledger.under_way.iter().filter(|records| **records > 0).count();
    assert!(interrupted >= 2, "records under way at the kills: {:?}", ledger.under_way);
    let mut service = site.start();
    poll("the end of the import", || (service.count(IMPORTED, FINAL) == DEVICES_SENT).then_some(()));
    ledger.look(&service);
    assert_eq!(ledger.finals.len(), DEVICES_SENT);
    assert_eq!(service.count(DEVICES, "serialNumber ne ''"), DEVICES_SENT);
    service.process.terminate();
    assert_eq!(service.process.ended().0.code(), Some(0));
    check_registrations(&Connection::open(site.database()).unwrap(), DEVICES_SENT as i64);
}

/// How many records a killed program has left unfinished. It reads a copy: opening the files would repair them.
fn under_way(site: &Site) -> i64 {
    let copy = tempfile::tempdir().unwrap();
    for suffix in ["", "-wal"] {
        let name = format!("tailmark.db{suffix}");
        fs::copy(site.data().join(&name), copy.path().join(&name)).unwrap();
    }
    let database = Connection::open(copy.path().join("tailmark.db")).unwrap();
    database
        .query_row("SELECT count(*) FROM imported_devices WHERE status < 3", [], |row| row.get(0))
        .unwrap()
}

/// What the database holds, read without the program.
fn check(database: &Connection, ledger: &Ledger) {
    let text = |query: &str| database.query_row(query, [], |row| row.get::<_, String>(0)).unwrap();
    let number = |query: &str| database.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(text("PRAGMA integrity_check"), "ok");
    assert_eq!(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);

    let mut query = database.prepare("SELECT group_tag, count(*) FROM imported_devices GROUP BY 1").unwrap();
    let mut stored: HashMap<String, i64> =
        query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    assert_eq!(stored.remove(REFUSED), Some(2));
    for (tag, count) in &stored {
        assert_eq!(*count, size().per_request as i64, "{tag} is stored in part");
        let possible = ledger.acknowledged.contains(tag) || ledger.open.contains(tag);
        assert!(possible && !ledger.never.contains(tag), "{tag} was never sent");
    }
    for tag in ledger.acknowledged.iter().filter(|tag| *tag != REFUSED) {
        assert!(stored.contains_key(tag), "{tag} was acknowledged and is lost");
    }

    check_registrations(database, stored.values().sum());
    let refused = "SELECT count(*) FROM imported_devices WHERE status = 4 AND registration_id = ''
                   AND error_code IN (802, 806) AND group_tag = 'refused'";
    assert_eq!(number(refused), 2);
    for (id, state) in &ledger.finals {
        let query = "SELECT registration_id FROM imported_devices WHERE id = ?1";
        let device: String = database.query_row(query, [id], |row| row.get(0)).unwrap();
        assert_eq!(state["deviceRegistrationId"], device);
    }
}

/// So many records are complete, each with a device of its own.
fn check_registrations(database: &Connection, records: i64) {
    let number = |query: &str| database.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("SELECT count(*) FROM imported_devices WHERE status = 3"), records);
    let serial_numbers = "SELECT count(DISTINCT serial_number) FROM imported_devices WHERE status = 3";
    assert_eq!(number(serial_numbers), records);
    assert_eq!(
        number("SELECT count(*) FROM hardware_hashes"),
        number("SELECT count(*) FROM imported_devices")
    );
    assert_eq!(number("SELECT count(*) FROM devices"), records);
    assert_eq!(number("SELECT count(DISTINCT serial_number) FROM devices"), records);
    let joined = "SELECT count(DISTINCT d.id) FROM imported_devices i JOIN devices d
                  ON d.tenant = i.tenant AND d.id = i.registration_id AND d.serial_number = i.serial_number";
    assert_eq!(number(joined), records, "a record and its device do not belong together");
}
