//! G3: what is acknowledged is on the disk; R8: what cannot be synced is not acknowledged. strace watches the program, and
//! makes its syncs fail; where it is not installed, or may not do so, the tests say so and are left out.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use rusqlite::Connection;
use serde_json::Value;

use crate::devices::{DEVICES, IMPORT, IMPORTED, UPLOADS, import, sent};
use crate::program::{Service, Site, figure, in_full, poll};

const REQUESTS: usize = 20;

#[test]
fn every_success_is_synced_before_it_is_told() {
    let mut site = Site::new();
    let trace = site.place("trace");
    let options =
        ["-f", "-qq", "-e", "trace=fsync,fdatasync,write,writev,sendto,sendmsg", "-e", "signal=none", "-o"];
    let strace = |end: &[&str]| {
        let options = options.map(str::to_owned);
        let trace = trace.to_str().unwrap().to_owned();
        [
            vec!["strace".to_owned()],
            end.iter().copied().map(str::to_owned).collect(),
            options.to_vec(),
            vec![trace],
        ]
        .concat()
    };
    let line = strace(&[]);
    if !Command::new(&line[0])
        .args(&line[1..])
        .arg("true")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        println!("left out, for there is no strace that may watch a program (Debian's package `strace`)");
        return;
    }
    // As a grandchild, so that the program is our child and gets our signals.
    site.starter = strace(&["-D"]);
    let mut service = site.start();
    for _ in 0..REQUESTS {
        // Without devices, so that the worker has nothing to sync meanwhile.
        assert_eq!(service.post(UPLOADS, "{}").status, 201);
    }
    service.process.terminate();
    assert_eq!(service.process.ended().0.code(), Some(0));
    let trace = fs::read_to_string(&trace).unwrap();
    let (mut told, mut is_synced) = (0, false);
    for line in trace.lines() {
        if line.contains("sync") && line.ends_with("= 0") {
            is_synced = true;
        } else if line.contains("\"HTTP/1.1 201") {
            assert!(is_synced, "answer {told} came before its sync");
            (told, is_synced) = (told + 1, false);
        }
    }
    assert_eq!(told, REQUESTS, "{trace:.2000}");
    figure("G3", format_args!("{told} of {REQUESTS} synced before the answer"));
}

/// While it lasts, syncs of a running program fail.
struct Failing {
    strace: Child,
    trace: PathBuf,
    /// Closed, strace would end at its next word.
    _words: BufReader<ChildStderr>,
}

impl Failing {
    /// All of them, or those of one file; nothing where strace may not do that.
    fn of(service: &Service, trace: PathBuf, file: Option<&Path>) -> Option<Self> {
        let mut command = Command::new("strace");
        command.args(["-f", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO"]);
        command.args(["-e", "signal=none", "-o"]).arg(&trace).args(["-p", &service.process.id().to_string()]);
        if let Some(file) = file {
            command.arg("-P").arg(file);
        }
        let mut strace = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().ok()?;
        let mut words = BufReader::new(strace.stderr.take()?);
        let mut word = String::new();
        while !word.contains("attached") {
            word.clear();
            if words.read_line(&mut word).ok()? == 0 {
                strace.wait().ok()?;
                return None;
            }
        }
        Some(Self { strace, trace, _words: words })
    }

    /// How many have failed.
    fn times(&self) -> usize {
        let trace = fs::read_to_string(&self.trace).unwrap();
        trace.lines().filter(|line| line.ends_with("(INJECTED)")).count()
    }
}

impl Drop for Failing {
    fn drop(&mut self) {
        // It lets go of the program.
        let _ = Command::new("kill").args(["-INT", &self.strace.id().to_string()]).status();
        let _ = self.strace.wait();
    }
}

const EACH: usize = 20;

/// What was acknowledged and what was not, by its tag.
#[derive(Default)]
struct Ledger {
    acknowledged: Vec<String>,
    refused: Vec<String>,
}

impl Ledger {
    fn send(&mut self, service: &Service) -> u16 {
        let number = self.acknowledged.len() + self.refused.len();
        let tag = format!("S{number:04}");
        let answer = service.post(IMPORT, &import(&sent(number * EACH..(number + 1) * EACH, &tag)));
        if answer.status == 200 {
            self.acknowledged.push(tag);
        } else {
            let said: Value = serde_json::from_str(&answer.body).unwrap();
            let error = &said["error"];
            assert!(error["code"].is_string() && error["innerError"]["request-id"].is_string(), "{answer:?}");
            self.refused.push(tag);
        }
        answer.status
    }

    /// Everything that was acknowledged is there, and nothing else.
    fn check(&self, service: &Service) {
        let count = |tag: &String| service.count(IMPORTED, &format!("groupTag eq '{tag}'"));
        for tag in &self.acknowledged {
            assert_eq!(count(tag), EACH, "{tag} was acknowledged");
        }
        for tag in &self.refused {
            assert_eq!(count(tag), 0, "{tag} was not acknowledged");
        }
        assert_eq!(service.count(IMPORTED, "true"), self.acknowledged.len() * EACH);
    }

    /// The same, once every import has come to its end.
    fn check_in_the_end(&self, service: &Service) {
        let all = self.acknowledged.len() * EACH;
        let complete = "state/deviceImportStatus eq 'complete'";
        poll("the end of all imports", || (service.count(IMPORTED, complete) == all).then_some(()));
        self.check(service);
        assert_eq!(service.count(DEVICES, "true"), all);
    }
}

fn left_out() {
    println!(
        "left out, for there is no strace that may make a program's syncs fail (Debian's package `strace`)"
    );
}

#[test]
fn what_cannot_be_synced_is_refused_and_leaves_nothing_behind() {
    let site = Site::new();
    let mut service = site.start();
    let (mut ledger, mut failed) = (Ledger::default(), 0);
    for round in 0..if in_full() { 20 } else { 4 } {
        // The worker has something to store meanwhile.
        assert_eq!(ledger.send(&service), 200);
        let trace = site.place(&format!("trace-{round}"));
        let Some(failing) = Failing::of(&service, trace, None) else { return left_out() };
        for _ in 0..3 {
            assert_eq!(ledger.send(&service), 503);
            // Reads go on, and show nothing of it.
            ledger.check(&service);
            assert_eq!(service.get("/readyz").body, "ready");
        }
        assert!(failing.times() >= 3);
        failed += failing.times();
        if round % 2 == 0 {
            // What was refused still stands in the write-ahead log when the program dies.
            service.process.kill();
            drop(failing);
            service = site.start();
            ledger.check(&service);
        } else {
            drop(failing);
            // At once, and without a restart.
            assert_eq!(ledger.send(&service), 200);
        }
    }
    ledger.check_in_the_end(&service);
    service.process.terminate();
    assert_eq!(service.process.ended().0.code(), Some(0));
    let database = Connection::open(site.database()).unwrap();
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let (refused, acknowledged) = (ledger.refused.len(), ledger.acknowledged.len());
    figure(
        "R8",
        format_args!(
            "{failed} syncs failed, {refused} requests refused, {acknowledged} acknowledged, 0 lost"
        ),
    );
}

/// The log is copied into the database's file now and then; where that cannot be synced, it stays in the log.
#[test]
fn a_checkpoint_that_cannot_be_synced_loses_nothing() {
    let site = Site::new();
    let service = site.start();
    let mut ledger = Ledger::default();
    let Some(failing) = Failing::of(&service, site.place("trace"), Some(&site.database())) else {
        return left_out();
    };
    // Until it was tried twice.
    while failing.times() < 2 {
        assert_eq!(ledger.send(&service), 200);
        assert!(ledger.acknowledged.len() < 500, "nothing was copied");
    }
    ledger.check_in_the_end(&service);
    service.process.kill();
    drop(failing);
    let service = site.start();
    ledger.check_in_the_end(&service);
}
