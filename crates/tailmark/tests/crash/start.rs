//! Starts that fail say why and end with 1; two at once do not get in each other's way.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rusqlite::Connection;

use crate::program::{Process, Site};

/// Starts the program where it cannot start; what it says.
#[track_caller]
fn refused(data: &Path, listen: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut process = Process::spawn(data, listen, &log);
    assert_eq!(process.ended().0.code(), Some(1));
    let said = fs::read_to_string(log).unwrap();
    assert!(said.starts_with("error: ") && said.lines().count() <= 4, "{said}");
    said
}

#[track_caller]
fn says(said: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| said.contains(part)), "{parts:?} in {said}");
}

#[test]
fn a_data_folder_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let data = file.join("data");
    says(&refused(&data, "127.0.0.1:0"), &["data folder", data.to_str().unwrap(), "cannot be made"]);
    // A place in which nothing can be created, whoever asks.
    if Path::new("/proc/self").exists() {
        says(&refused(Path::new("/proc/self"), "127.0.0.1:0"), &["/proc/self", "cannot be opened"]);
    }
}

#[test]
fn a_database_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("tailmark.db");
    fs::write(&database, "These are the devices of Contoso.\n".repeat(100)).unwrap();
    let said = refused(folder.path(), "127.0.0.1:0");
    says(&said, &[database.to_str().unwrap(), "cannot be opened", "not a database"]);
    fs::remove_file(&database).unwrap();
    fs::create_dir(&database).unwrap();
    says(&refused(folder.path(), "127.0.0.1:0"), &[database.to_str().unwrap(), "cannot be opened"]);
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let site = Site::new();
    let mut service = site.start();
    service.process.terminate();
    assert_eq!(service.process.ended().0.code(), Some(0));
    let database = Connection::open(site.database()).unwrap();
    database.execute("UPDATE schema_version SET version = 99", []).unwrap();
    says(&refused(&site.data(), "127.0.0.1:0"), &["version 99", "newer program"]);
    let version: i64 =
        database.query_row("SELECT version FROM schema_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 99);
}

#[test]
fn a_port_that_is_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    says(&refused(folder.path(), &address), &[&address, "cannot be listened on", "in use"]);
}

#[test]
fn two_programs_that_start_at_once_in_an_empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let started = [0, 1].map(|_| Process::spawn(&data, "127.0.0.1:0", &log));
    let ready = started.map(|process| process.ready(""));
    for service in &ready {
        assert_eq!(service.ask("GET", "/readyz", "").unwrap().status, 200);
    }
}

#[test]
fn the_database_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    // A folder that was there before, with whatever rights it had.
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let service =
        Process::spawn(folder.path(), "127.0.0.1:0", &folder.path().with_extension("log")).ready("");
    assert_eq!(service.ask("GET", "/readyz", "").unwrap().status, 200);
    for name in ["tailmark.db", "tailmark.db-wal", "tailmark.db-shm"] {
        let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}: {mode:o}");
    }
}
