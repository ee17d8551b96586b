//! Imports that are interrupted, and go on: no device twice, none lost.
//!
//! A relay stands between the program and the service and spoils one POST: it keeps the answer, cuts the
//! connection before or after the service has the request, or refuses; or it keeps a request of any kind.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{Ran, Service, devices, source};

/// What becomes of a POST.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Spoiled {
    /// The service has it, and its answer does not come.
    Held,
    /// The service has it, and the connection is cut.
    CutAfter,
    /// The service never sees it, and the connection is cut.
    CutBefore,
    /// It is refused, and so are those after it.
    Busy,
    /// The service never sees it, and nothing comes; so of every request, not POST alone.
    Mute,
}

/// Which POST is spoiled, counted from one, and how.
type Plan = Arc<Mutex<Option<(u32, Spoiled)>>>;

struct Relay {
    address: String,
    plan: Plan,
    held: Receiver<()>,
}

impl Relay {
    fn before(server: &str) -> Relay {
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", door.local_addr().unwrap());
        let upstream = server.trim_start_matches("http://").to_owned();
        let (plan, (hold, held)) = (Plan::default(), mpsc::channel());
        let of_relay = Arc::clone(&plan);
        std::thread::spawn(move || {
            for client in door.incoming() {
                let (upstream, plan, hold) = (upstream.clone(), Arc::clone(&of_relay), hold.clone());
                std::thread::spawn(move || pass(client.unwrap(), &upstream, &plan, &hold));
            }
        });
        Relay { address, plan, held }
    }

    fn spoil(&self, post: u32, how: Spoiled) {
        *self.plan.lock().unwrap() = Some((post, how));
    }

    fn spoil_no_more(&self) {
        *self.plan.lock().unwrap() = None;
    }
}

fn pass(client: TcpStream, upstream: &str, plan: &Plan, hold: &Sender<()>) {
    let mut client = BufReader::new(client);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if client.read_line(&mut line).unwrap_or_default() == 0 {
            return;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    if client.read_exact(&mut body).is_err() {
        return;
    }
    let how = spoiled(plan, head.starts_with("POST "));
    if how == Some(Spoiled::CutBefore) {
        return;
    }
    let mut answer = Vec::new();
    if how == Some(Spoiled::Busy) {
        let busy = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 0.01\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        answer.extend(busy.as_bytes());
    } else if how != Some(Spoiled::Mute) {
        let mut service = TcpStream::connect(upstream).unwrap();
        service.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).unwrap();
        service.write_all(&body).unwrap();
        service.read_to_end(&mut answer).unwrap();
    }
    match how {
        // Until the client is gone, which is seen here as the end of its requests.
        Some(Spoiled::Held | Spoiled::Mute) => {
            hold.send(()).unwrap();
            let _ = client.read_line(&mut String::new());
        }
        Some(Spoiled::CutAfter) => {}
        // The client may be gone.
        _ => _ = client.get_mut().write_all(&answer),
    }
}

fn spoiled(plan: &Plan, is_post: bool) -> Option<Spoiled> {
    let mut plan = plan.lock().unwrap();
    let (left, how) = plan.filter(|(_, how)| is_post || *how == Spoiled::Mute)?;
    match (left, how) {
        (0 | 1, Spoiled::Busy) => Some(how),
        (1, _) => {
            *plan = None;
            Some(how)
        }
        _ => {
            *plan = Some((left - 1, how));
            None
        }
    }
}

/// Three files with forty devices each, and the arguments that import them.
fn three_files(service: &Service, name: &str, route: &str) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["import", "--as", route, "--per-request", "10", "--timeout", "60s"].map(str::to_owned).into();
    for file in ["a", "b", "c"] {
        let serials: Vec<_> = (0..40).map(|number| format!("{name}-{file}-{number:03}")).collect();
        let serials: Vec<_> = serials.iter().map(String::as_str).collect();
        let file = format!("{name}-{file}.csv");
        service.desk.file(&file, devices(&serials));
        arguments.push(file);
    }
    arguments
}

fn run(service: &Service, arguments: &[String]) -> Ran {
    service.desk.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Every device of the three files is registered, and was imported once.
#[track_caller]
fn all_once(service: &Service, name: &str) {
    let filter = format!("startswith(serialNumber,'{name}-')");
    for set in ["devices", "imported"] {
        let ran = service.desk.run(&[set, "list", "--filter", &filter, "--query", "[].serialNumber"]).ends(0);
        let mut serials: Vec<String> = serde_json::from_value(ran.json()).unwrap();
        assert_eq!(serials.len(), 120, "{set} of {name}");
        serials.sort();
        serials.dedup();
        assert_eq!(serials.len(), 120, "{set} of {name}");
    }
}

fn kept(service: &Service) -> usize {
    fs::read_dir(service.desk.folder.path().join("state/tailmark/imports")).map_or(0, Iterator::count)
}

fn through_a_relay() -> (Service, Relay) {
    let mut service = Service::start();
    let relay = Relay::before(&service.desk.server);
    service.desk.server.clone_from(&relay.address);
    (service, relay)
}

/// In the middle of the second file, when the service has a request and the program has no answer.
#[cfg(unix)]
#[test]
fn a_killed_import_goes_on_where_it_was() {
    let (service, relay) = through_a_relay();
    for (route, post) in [("upload", 7), ("import", 7), ("each", 57)] {
        let arguments = three_files(&service, route, route);
        relay.spoil(post, Spoiled::Held);
        let words: Vec<_> = arguments.iter().map(String::as_str).collect();
        let mut killed =
            service.desk.command(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        relay.held.recv().unwrap();
        // One run at a time: the second would send the same.
        if route == "upload" {
            run(&service, &arguments).ends(1).says("another run");
        }
        killed.kill().unwrap();
        killed.wait().unwrap();
        let left = fs::read_dir(service.desk.folder.path().join("state/tailmark/imports")).unwrap();
        for file in left {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            assert!(!text.contains(&format!("{route}-a-0")), "no serial number is kept: {text}");
        }

        let ran = run(&service, &arguments).ends(0).says("-a.csv: going on with the import of ");
        let ran = ran.says(&format!("{route}-a.csv: 40 of 40 devices complete"));
        let report = ran.json();
        assert_eq!((&report["devices"], &report["complete"]), (&json!(120), &json!(120)), "{report:#}");
        let files = report["files"].as_array().unwrap();
        assert!(files.len() == 3 && files.iter().all(|file| file["complete"] == 40), "{report:#}");
        all_once(&service, route);
        assert_eq!(kept(&service), 0, "what is done is forgotten");
        // Of an upload whose answer never came, too.
        for upload in report["uploads"].as_array().unwrap() {
            let source = source(&service, upload.as_str().unwrap());
            assert_eq!(source["lines"].as_object().map(serde_json::Map::len), Some(10), "{source}");
        }
    }
    // So a third run is a new import, and every device is registered already.
    let again = run(&service, &three_files(&service, "import", "import")).ends(5).json();
    assert_eq!(again["failed"].as_array().unwrap().len(), 120);
    assert_eq!(
        (&again["failed"][40]["file"], &again["failed"][40]["line"]),
        (&json!("import-b.csv"), &json!(2))
    );
}

#[test]
fn a_cut_connection_is_no_end() {
    let (service, relay) = through_a_relay();
    for (name, route, how) in [
        ("ua", "upload", Spoiled::CutAfter),
        ("ia", "import", Spoiled::CutAfter),
        ("ea", "each", Spoiled::CutAfter),
        ("ub", "upload", Spoiled::CutBefore),
    ] {
        let arguments = three_files(&service, name, route);
        relay.spoil(7, how);
        let ran = run(&service, &arguments).ends(0).says("trying again");
        assert_eq!(ran.json()["complete"], 120, "{name}");
        all_once(&service, name);
    }
}

#[test]
fn an_import_that_was_throttled_out_goes_on() {
    let (service, relay) = through_a_relay();
    for route in ["upload", "import", "each"] {
        let arguments = three_files(&service, route, route);
        relay.spoil(6, Spoiled::Busy);
        let ran = run(&service, &arguments).ends(8).says("after 8 attempts");
        let ran = ran.says("of 120 devices were sent; run the same command again");
        assert!(kept(&service) > 0, "{ran:#?}");
        relay.spoil_no_more();
        run(&service, &arguments).ends(0).says("going on");
        all_once(&service, route);
    }
}

#[cfg(unix)]
#[test]
fn a_stopped_import_says_how_it_goes_on_and_a_restart_forgets() {
    let (service, relay) = through_a_relay();
    let arguments = three_files(&service, "int", "import");
    relay.spoil(5, Spoiled::Held);
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let child = service.desk.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    relay.held.recv().unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ran = Ran::new(child.wait_with_output().unwrap()).ends(130);
    ran.says("interrupted after 40 of 120 devices; run the same command again to go on");
    // In another folder nothing is known of it.
    let elsewhere = [&words[..], &["--state", "elsewhere", "--dry-run"]].concat();
    service.desk.run(&elsewhere).ends(0);
    let restarted = [&words[..], &["--restart"]].concat();
    let report = service.desk.run(&restarted).ends(5).json();
    assert_eq!((&report["complete"], &report["error"]), (&json!(70), &json!(50)), "{report:#}");
    assert_eq!(kept(&service), 0);
}

/// Before it sends anything, it asks what the service has of the run before.
#[cfg(unix)]
#[test]
fn an_import_that_looks_back_can_be_stopped() {
    let (service, relay) = through_a_relay();
    let arguments = three_files(&service, "back", "import");
    relay.spoil(6, Spoiled::Busy);
    run(&service, &arguments).ends(8);
    let before = kept(&service);
    relay.spoil(1, Spoiled::Mute);
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let child = service.desk.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    relay.held.recv().unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ran = Ran::new(child.wait_with_output().unwrap()).ends(130);
    ran.says("interrupted before anything was sent");
    assert_eq!(kept(&service), before);
    run(&service, &arguments).ends(0).says("going on");
    all_once(&service, "back");
}

/// As with a service that was started on another folder.
#[cfg(unix)]
#[test]
fn what_is_gone_is_imported_anew() {
    let (service, relay) = through_a_relay();
    for route in ["upload", "import"] {
        let arguments = three_files(&service, route, route);
        relay.spoil(6, Spoiled::Busy);
        run(&service, &arguments).ends(8);
        relay.spoil_no_more();
        let filter = format!("startswith(serialNumber,'{route}-')");
        let all = ["--filter", filter.as_str(), "--yes"];
        service.desk.run(&["uploads", "delete", "--filter", "id ne ''", "--yes"]).ends(0);
        service.desk.run(&[&["imported", "delete"], &all[..]].concat()).ends(0);
        service.desk.run(&[&["devices", "delete"], &all[..]].concat()).ends(0);
        run(&service, &arguments).ends(0).says("any more; beginning anew");
        all_once(&service, route);
    }
}

/// A home that cannot be written to keeps nobody from importing; a folder that was named must be usable.
#[test]
fn without_a_place_for_its_state_an_import_goes_on_with_a_warning() {
    let service = Service::start();
    let no_folder = service.desk.file("occupied", "");
    let import = |serial: &str, more: &[&str]| {
        service.desk.file("devices.csv", devices(&[serial]));
        let mut command = service.desk.command(&["import", "devices.csv", "--timeout", "60s"]);
        Ran::new(command.args(more).env("XDG_STATE_HOME", &no_folder).output().unwrap())
    };
    import("ST-1", &[]).ends(0).says("warning: cannot keep the state");
    import("ST-2", &["--state", "occupied/x"]).ends(1).says("cannot keep the state");
    import("ST-2", &["--state", "elsewhere"]).ends(0);
    let twice = devices(&["ST-3", "ST-4"]);
    let ran = service.desk.run_with_input(&["import", "-", "--timeout", "60s"], &twice).ends(0);
    assert_eq!(ran.says("stdin: 2 of 2, sent").json()["files"][0]["file"], "stdin");
}

#[test]
fn a_wrong_address_leaves_nothing_behind() {
    let service = Service::start();
    let arguments = three_files(&service, "no", "upload");
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let ran = service.desk.run(&[&words[..], &["--server", "http://127.0.0.1:9"]].concat()).ends(1);
    ran.says("cannot reach");
    assert_eq!(kept(&service), 0);
    let none: Value = service.desk.run(&["uploads", "list"]).ends(0).json();
    assert_eq!(none, json!([]));
}
