//! An import of some 2,000 devices during which the service is killed ten times.
//!
//! The ledger of what was acknowledged is kept here, outside. In the end every acknowledged device is registered
//! once, what was not acknowledged is there wholly or not at all, and what was once final has not changed.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::time::Duration;

use rusqlite::Connection;

use crate::devices::{DEVICES, IMPORT, IMPORTED, UPLOADS, import, sent, upload};
use crate::program::{Answer, Process, Service, Site, answer, poll};

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
const PER_REQUEST: usize = 100;
const FINAL: &str = "state/deviceImportStatus eq 'complete' or state/deviceImportStatus eq 'error'";

#[derive(Default)]
struct Ledger {
    requests: usize,
    /// The tags of acknowledged requests.
    acknowledged: HashSet<String>,
    /// The tags of requests of which nobody knows.
    open: HashSet<String>,
    /// The tags of requests that cannot have been stored.
    never: HashSet<String>,
    /// Import record to registered device, as first seen.
    registrations: HashMap<String, String>,
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
        let devices = sent(number * PER_REQUEST..(number + 1) * PER_REQUEST, &tag);
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

    /// Compares what is registered with what was seen before, and keeps what is new.
    fn look(&mut self, service: &Service) {
        for record in service.all(&format!("{IMPORTED}?$filter={FINAL}&$select=id,state")) {
            let state = &record["state"];
            assert_eq!(state["deviceImportStatus"], "complete", "{record}");
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let (id, device) = (text(&record["id"]), text(&state["deviceRegistrationId"]));
            assert!(!device.is_empty(), "{record}");
            let first = self.registrations.entry(id).or_insert_with(|| device.clone());
            assert_eq!(*first, device, "{record} was registered otherwise before");
        }
    }
}

/// A round in which the service is killed at its moment.
fn round(site: &Site, ledger: &mut Ledger, moment: Moment) {
    let service = site.start();
    assert!(service.ready_after < Duration::from_secs(5), "ready after {:?}", service.ready_after);
    let before = service.count(IMPORTED, FINAL);
    ledger.look(&service);
    ledger.send(&service);
    ledger.send(&service);
    match moment {
        Moment::Settled(number) => {
            ledger.send(&service);
            poll("the settled devices", || (service.count(IMPORTED, FINAL) >= before + number).then_some(()));
            ledger.look(&service);
            service.process.kill();
        }
        Moment::HalfSent | Moment::Sent | Moment::Stored => during_post(service, ledger, moment),
        Moment::Spawned | Moment::DatabaseOpen | Moment::Ready => {
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
        assert_eq!(stored, PER_REQUEST, "a request is visible in part");
    }
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
    for moment in PLAN {
        round(&site, &mut ledger, moment);
    }
    let mut service = site.start();
    assert!(service.ready_after < Duration::from_secs(5), "ready after {:?}", service.ready_after);
    assert_eq!(service.get("/readyz").body, "ready");
    poll("the end of all imports", || {
        (service.count(IMPORTED, &format!("not ({FINAL})")) == 0).then_some(())
    });
    ledger.look(&service);
    assert_eq!(service.count(DEVICES, "serialNumber ne ''"), ledger.registrations.len());
    service.process.terminate();
    assert_eq!(service.process.ended().0.code(), Some(0));
    assert!(ledger.acknowledged.len() * PER_REQUEST >= 2_000, "{} requests", ledger.acknowledged.len());
    check(&Connection::open(site.database()).unwrap(), &ledger);
}

/// What the database holds, read without the program.
fn check(database: &Connection, ledger: &Ledger) {
    let text = |query: &str| database.query_row(query, [], |row| row.get::<_, String>(0)).unwrap();
    let number = |query: &str| database.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(text("PRAGMA integrity_check"), "ok");
    assert_eq!(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);

    let mut query = database.prepare("SELECT group_tag, count(*) FROM imported_devices GROUP BY 1").unwrap();
    let stored: HashMap<String, i64> =
        query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    for (tag, count) in &stored {
        assert_eq!(*count, PER_REQUEST as i64, "{tag} is stored in part");
        let possible = ledger.acknowledged.contains(tag) || ledger.open.contains(tag);
        assert!(possible && !ledger.never.contains(tag), "{tag} was never sent");
    }
    for tag in &ledger.acknowledged {
        assert!(stored.contains_key(tag), "{tag} was acknowledged and is lost");
    }

    let records = stored.values().sum::<i64>();
    assert_eq!(number("SELECT count(*) FROM imported_devices WHERE status = 3"), records);
    assert_eq!(number("SELECT count(DISTINCT serial_number) FROM imported_devices"), records);
    assert_eq!(number("SELECT count(*) FROM hardware_hashes"), records);
    assert_eq!(number("SELECT count(*) FROM devices"), records);
    assert_eq!(number("SELECT count(DISTINCT serial_number) FROM devices"), records);
    let joined = "SELECT count(DISTINCT d.id) FROM imported_devices i JOIN devices d
                  ON d.tenant = i.tenant AND d.id = i.registration_id AND d.serial_number = i.serial_number";
    assert_eq!(number(joined), records, "a record and its device do not belong together");
    let (id, device) = ledger.registrations.iter().next().unwrap();
    let query = "SELECT registration_id FROM imported_devices WHERE id = ?1";
    assert_eq!(database.query_row(query, [id], |row| row.get::<_, String>(0)).unwrap(), *device);
}
