//! Backups by the real program: made while a service writes, restored elsewhere and in its own place.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use rusqlite::Connection;

use crate::devices::IMPORTED;
use crate::program::{Process, Service, Site};

fn tailmark(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tailmark"));
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
fn done(arguments: &[&str]) -> String {
    let output = tailmark(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command says that does not do it.
#[track_caller]
fn refused(code: i32, arguments: &[&str]) -> String {
    let output = tailmark(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[track_caller]
fn stop(mut service: Service) {
    service.process.terminate();
    assert_eq!(service.process.ended().0.code(), Some(0));
}

/// One device, sent by itself.
fn write(service: &Service, number: usize) {
    let answer = service.post(IMPORTED, &format!("{{\"serialNumber\":\"B-{number}\"}}"));
    assert_eq!(answer.status, 201, "{answer:?}");
}

fn serial_numbers(service: &Service) -> Vec<String> {
    let all = service.all(&format!("{IMPORTED}?$select=serialNumber"));
    all.iter().map(|record| record["serialNumber"].as_str().unwrap().to_owned()).collect()
}

/// How many import records a database has.
fn records(database: &Connection) -> usize {
    let count = database.query_row("SELECT COUNT(*) FROM imported_devices", [], |row| row.get::<_, i64>(0));
    usize::try_from(count.unwrap()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_backup_under_writes_has_all_that_was_acknowledged_before() {
    let (site, elsewhere) = (Site::new(), tempfile::tempdir().unwrap());
    let service = site.start();
    (0..50).for_each(|number| write(&service, number));
    let (acknowledged, is_over) = (AtomicUsize::new(50), AtomicBool::new(false));
    let kept: Vec<(usize, String)> = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                write(&service, acknowledged.load(Ordering::Relaxed));
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
        });
        let backups = (0..5).map(|number| {
            let (before, to) =
                (acknowledged.load(Ordering::Relaxed), elsewhere.path().join(number.to_string()));
            done(&["backup", path(&to), "--data", path(&site.data())]);
            (before, path(&to).to_owned())
        });
        let backups = backups.collect();
        is_over.store(true, Ordering::Relaxed);
        backups
    });
    let written = acknowledged.load(Ordering::Relaxed);
    assert!(written > 60, "there was nothing to disturb the backups: {written}");
    // The service went on meanwhile, and goes on.
    write(&service, written);
    stop(service);
    for (before, backup) in &kept {
        let folder = Path::new(backup);
        assert_eq!(names(folder), ["issuer.json", "tailmark.db"]);
        assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
        for name in names(folder) {
            let mode = fs::metadata(folder.join(&name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let database = Connection::open(folder.join("tailmark.db")).unwrap();
        let one = |pragma: &str| database.query_row(pragma, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(
            (one("PRAGMA integrity_check"), one("PRAGMA journal_mode")),
            ("ok".into(), "delete".into())
        );
        let count = records(&database);
        assert!(count >= *before && count <= written, "{before} were acknowledged, {count} are there");
    }
    // Restored into a new folder it is a service on which the old token works.
    let (before, last) = kept.last().unwrap();
    let data = elsewhere.path().join("restored");
    let said = done(&["restore", last, "--data", path(&data)]);
    assert_eq!(said.lines().count(), 1, "nothing was there before: {said}");
    let restored = Process::spawn(&data, "127.0.0.1:0", &elsewhere.path().join("log")).ready(&site.token);
    let there = serial_numbers(&restored);
    for number in 0..*before {
        assert!(there.contains(&format!("B-{number}")), "{number} of {before}");
    }
    write(&restored, written + 1);
    stop(restored);
}

#[test]
fn a_restore_waits_for_nobody_and_keeps_what_was_there() {
    let (site, elsewhere) = (Site::new(), tempfile::tempdir().unwrap());
    let backup = elsewhere.path().join("backup");
    let arguments = ["restore", path(&backup), "--data", path(&site.data())].map(str::to_owned);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let confirmed: Vec<&str> = arguments.iter().copied().chain(["--yes"]).collect();
    let service = site.start();
    write(&service, 1);
    done(&["backup", path(&backup), "--data", path(&site.data())]);
    write(&service, 2);
    let said = refused(1, &confirmed);
    assert!(said.contains("a program is at work on") && said.contains("stop it first"), "{said}");
    assert_eq!(serial_numbers(&service), ["B-1", "B-2"], "the service goes on");
    // Its lock goes with it, however it ends.
    service.process.kill();
    let said = refused(2, &arguments);
    assert!(said.contains("--yes is needed"), "{said}");
    let said = done(&confirmed);
    let aside = said
        .lines()
        .find_map(|line| line.strip_prefix("what was there is ").filter(|name| name.contains(".db")));
    let aside = Path::new(aside.unwrap());
    let old = Connection::open(aside).unwrap();
    assert_eq!(records(&old), 2, "what was there before is whole, and has what was in its log");
    drop(old);
    let service = site.start();
    assert_eq!(serial_numbers(&service), ["B-1"]);
    stop(service);
    let left = names(&site.data());
    assert!(left.iter().all(|name| !name.contains("restoring")), "{left:?}");
}

#[test]
fn what_is_broken_or_newer_is_refused_with_nothing_touched() {
    let (site, elsewhere) = (Site::new(), tempfile::tempdir().unwrap());
    let service = site.start();
    (0..200).for_each(|number| write(&service, number));
    stop(service);
    let good = elsewhere.path().join("good");
    done(&["backup", path(&good), "--data", path(&site.data())]);
    let state = || -> Vec<(String, Vec<u8>)> {
        names(&site.data())
            .into_iter()
            .map(|name| (name.clone(), fs::read(site.data().join(name)).unwrap()))
            .collect()
    };
    let before = state();
    let database = good.join("tailmark.db");
    let whole = fs::read(&database).unwrap();
    let restore = |code, part: &str| {
        let said = refused(code, &["restore", path(&good), "--data", path(&site.data()), "--yes"]);
        assert!(said.contains(part), "{part}: {said}");
        assert_eq!(state(), before);
    };
    // Cut off, a page of something else in the middle, no database at all, one of somebody else.
    fs::write(&database, &whole[..whole.len() / 2]).unwrap();
    restore(1, "cannot be restored");
    let mut torn = whole.clone();
    torn[whole.len() / 2..][..4096].fill(0xA5);
    fs::write(&database, &torn).unwrap();
    restore(1, "cannot be restored");
    fs::write(&database, "These are the devices of Contoso.\n".repeat(100)).unwrap();
    restore(1, "not a database");
    fs::remove_file(&database).unwrap();
    Connection::open(&database).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    restore(1, "no database of Tailmark");
    fs::write(&database, &whole).unwrap();
    Connection::open(&database).unwrap().execute("UPDATE schema_version SET version = 99", []).unwrap();
    restore(1, "made by a newer program");
    fs::write(&database, &whole).unwrap();
    let issuer = fs::read(good.join("issuer.json")).unwrap();
    fs::write(good.join("issuer.json"), &issuer[..20]).unwrap();
    restore(1, "issuer.json is broken");
    fs::remove_file(&database).unwrap();
    restore(3, "is no backup");

    let said = refused(2, &["backup", path(&good), "--data", path(&site.data())]);
    assert!(said.contains("is there already"), "{said}");
    let nowhere = elsewhere.path().join("nowhere");
    refused(3, &["backup", path(&elsewhere.path().join("new")), "--data", path(&nowhere)]);
    assert!(!nowhere.exists());
}

#[test]
fn postgresql_is_told_by_name_what_to_run() {
    let folder = tempfile::tempdir().unwrap();
    for (command, tool) in [("backup", "pg_dump --format=custom"), ("restore", "pg_restore --clean")] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_tailmark"));
        program.args([command, "x", "--data", path(folder.path())]);
        program.env("TAILMARK_DATABASE_URL", "postgres://tailmark:s3cret@db.example/tailmark");
        let output = program.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(tool) && said.contains("'postgres://tailmark@db.example/tailmark'"), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
}
