//! A disk that is full, and one that can only be read. Both are small ones in memory, in a namespace of the tests' own.
//!
//! That takes `unshare` and `nsenter` and a system that lets everybody have user namespaces; where one of them is
//! missing the tests say so and are left out.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::devices::{DEVICES, IMPORT, IMPORTED, import, sent};
use crate::program::{Service, Site, figure, in_full, poll};

const MEGABYTE: usize = 1 << 20;

/// A disk of a certain size. Programs that are started by [`Disk::starter`] see it.
struct Disk {
    holder: Child,
    place: PathBuf,
}

impl Disk {
    /// At a place that there is not yet; nothing, and a word about it, where the system has none to give.
    fn new(place: PathBuf, megabytes: usize) -> Option<Self> {
        fs::create_dir_all(&place).unwrap();
        let script = "mount -t tmpfs -o mode=700,size=$2m none \"$1\" && echo mounted && read -r _";
        let mut command = Command::new("unshare");
        command.args(["-Urm", "sh", "-c", script, "sh"]).arg(&place).arg(megabytes.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let missing = |what: &str| println!("left out, for there is no disk to fill: {what}");
        let mut holder = match command.spawn() {
            Ok(holder) => holder,
            Err(error) => {
                missing(&format!("unshare cannot be run ({error})"));
                return None;
            }
        };
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let disk = Self { holder, place };
        if said.trim() != "mounted" {
            missing("unshare -Urm may not mount a tmpfs, since user namespaces are not for everybody here");
            return None;
        }
        if !disk.run(&["true"]) {
            missing("nsenter cannot enter the namespace");
            return None;
        }
        Some(disk)
    }

    /// What programs on it are started by.
    fn starter(&self) -> Vec<String> {
        let holder = self.holder.id().to_string();
        ["nsenter", "-t", &holder, "-U", "-m", "--preserve-credentials", "--"].map(str::to_owned).to_vec()
    }

    fn run(&self, command: &[&str]) -> bool {
        let starter = self.starter();
        Command::new(&starter[0])
            .args(&starter[1..])
            .args(command)
            .status()
            .is_ok_and(|status| status.success())
    }

    /// The same place as others see it.
    fn seen(&self) -> PathBuf {
        let root = Path::new("/proc").join(self.holder.id().to_string()).join("root");
        root.join(self.place.strip_prefix("/").unwrap())
    }

    /// Leaves no byte free.
    fn fill(&self) {
        let mut ballast = File::create(self.seen().join("ballast")).unwrap();
        for size in [MEGABYTE, 4096] {
            let full = loop {
                if let Err(error) = ballast.write_all(&vec![0; size]) {
                    break error;
                }
            };
            assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
        }
    }

    fn empty(&self) {
        fs::remove_file(self.seen().join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Its end is that of the namespace, once no program is left in it.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// A site whose database is on a disk of its own.
fn site(megabytes: usize) -> Option<(Site, Disk)> {
    let mut site = Site::new();
    let disk = Disk::new(site.place("disk"), megabytes)?;
    site.starter = disk.starter();
    let database = disk.place.join("tailmark.db");
    Some((site.with("TAILMARK_DATABASE_URL", &format!("sqlite:{}", database.display())), disk))
}

const EACH: usize = 20;

/// What was acknowledged, and under which tags.
#[derive(Default)]
struct Ledger {
    requests: usize,
    acknowledged: Vec<String>,
}

impl Ledger {
    /// Sends devices; the status of the answer, and how long it took.
    fn send(&mut self, service: &Service) -> (u16, Duration) {
        let number = self.requests;
        self.requests += 1;
        let tag = format!("D{number:04}");
        let body = import(&sent(number * EACH..(number + 1) * EACH, &tag));
        let since = Instant::now();
        let answer = service.post(IMPORT, &body);
        match answer.status {
            200 => self.acknowledged.push(tag),
            503 | 507 => assert!(answer.body.starts_with("{\"error\":{\"code\":"), "{answer:?}"),
            _ => panic!("{answer:?}"),
        }
        (answer.status, since.elapsed())
    }

    /// All of what was acknowledged is there, wholly, and comes to its end; what was refused is not there at all.
    fn check(&self, service: &Service) {
        let under_way = "state/deviceImportStatus in ('unknown','pending')";
        poll("the end of the imports", || (service.count(IMPORTED, under_way) == 0).then_some(()));
        for tag in &self.acknowledged {
            assert_eq!(service.count(IMPORTED, &format!("groupTag eq '{tag}'")), EACH, "{tag}");
        }
        let records = service.count(IMPORTED, "state/deviceImportStatus eq 'complete'");
        assert_eq!(records, self.acknowledged.len() * EACH);
        assert_eq!(service.count(DEVICES, "serialNumber ne ''"), records);
    }
}

#[test]
fn a_full_disk_is_said_and_got_over() {
    const IN_TIME: Duration = Duration::from_secs(6);
    let Some((site, disk)) = site(24) else { return };
    let service = site.start();
    let mut ledger = Ledger::default();
    let (mut refused, mut slowest) = (0, Duration::ZERO);
    for round in 0..if in_full() { 10 } else { 2 } {
        assert_eq!(ledger.send(&service).0, 200);
        disk.fill();
        // What is free inside of the database's files is still used up.
        let mut refusals = 0;
        while refusals < 5 {
            let (status, took) = ledger.send(&service);
            assert!(took < IN_TIME, "{status} after {took:?}");
            slowest = slowest.max(took);
            refusals += usize::from(status != 200);
            // Reads go on.
            assert_eq!(service.get("/readyz").body, "ready");
            let kept = format!("groupTag eq '{}'", ledger.acknowledged.last().unwrap());
            assert_eq!(service.count(IMPORTED, &kept), EACH, "round {round}");
        }
        refused += refusals;
        disk.empty();
        // Writes go on, at once and without a restart.
        assert_eq!(ledger.send(&service).0, 200);
        ledger.check(&service);
    }
    // The same after a kill while the disk is full.
    disk.fill();
    ledger.send(&service);
    service.process.kill();
    disk.empty();
    let mut service = site.start();
    ledger.check(&service);
    service.process.terminate();
    assert_eq!(service.process.ended().0.code(), Some(0));
    // A copy: SQLite follows the links of /proc to a place that is not there for us. Its log, where there is one: the
    // program may have ended while it was being copied into the database.
    for name in ["tailmark.db", "tailmark.db-wal"] {
        if let Err(error) = fs::copy(disk.seen().join(name), site.place(name)) {
            assert!(error.kind() == ErrorKind::NotFound && name.ends_with("-wal"), "{name}: {error}");
        }
    }
    let database = Connection::open(site.place("tailmark.db")).unwrap();
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    figure(
        "G13",
        format_args!(
            "{refused} requests refused (slowest answer {slowest:.1?}), {} acknowledged, 0 lost",
            ledger.acknowledged.len()
        ),
    );
}

/// It says why it does not start; and what was there is there when the disk can be written again.
#[test]
fn a_disk_that_can_only_be_read_is_said() {
    let Some((site, disk)) = site(24) else { return };
    let remount = |mode: &str| {
        let place = disk.place.to_str().unwrap();
        assert!(disk.run(&["mount", "-o", &format!("remount,{mode}"), place]), "remount,{mode}");
    };
    let refuses = || {
        let mut process = site.spawn();
        let (status, after) = process.ended();
        assert_eq!(status.code(), Some(1), "{}", site.log());
        let log = site.log();
        let said = log.lines().rfind(|line| line.starts_with("error: ")).unwrap_or_default();
        assert!(said.contains("tailmark.db") && said.contains("cannot be opened"), "{log}");
        after
    };
    // With nothing on it yet.
    remount("ro");
    refuses();
    remount("rw");
    let mut ledger = Ledger::default();
    let mut service = site.start();
    ledger.send(&service);
    ledger.check(&service);
    service.process.terminate();
    assert_eq!(service.process.ended().0.code(), Some(0));
    // With a database that was left in order, and with one that was not.
    remount("ro");
    refuses();
    remount("rw");
    let service = site.start();
    ledger.send(&service);
    service.process.kill();
    remount("ro");
    let after = refuses();
    remount("rw");
    ledger.check(&site.start());
    figure("G14", format_args!("ends with 1 and the reason after {after:.1?}, three times of three; 0 lost"));
}
