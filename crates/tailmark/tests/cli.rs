//! The program as a script uses it: the real binary, its output, its exit codes.
//!
//! The first half needs no service. The second half starts `tailmark serve` on a free port with a folder of
//! its own, reads the ready line, mints a token, and drives it through the same binary. `acts` changes and
//! deletes, `resume` interrupts imports, `graph` signs in as to Microsoft's service, `help` holds the help and
//! docs/cli.md to the program, `documents` does what README.md and docs/ say, in a terminal.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends here")]

#[path = "cli/acts.rs"]
mod acts;
#[cfg(unix)]
#[path = "cli/documents.rs"]
mod documents;
#[path = "cli/graph.rs"]
mod graph;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/resume.rs"]
mod resume;
#[path = "cli/settings.rs"]
mod settings;
#[cfg(unix)]
#[path = "cli/terminal.rs"]
mod terminal;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use autopilot::hardware_identifier::{HardwareFacts, HardwareIdentifier};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

const HEADER: &str = "Device Serial Number,Windows Product ID,Hardware Hash,Group Tag,Assigned User";

/// A folder with files, and the program run in it.
struct Desk {
    folder: TempDir,
    server: String,
    token: Option<String>,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        // Nobody listens on the discard port: whoever calls the service without being told to fails.
        Desk { folder, server: "http://127.0.0.1:9".to_owned(), token: None }
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tailmark"));
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null());
        command.env("TAILMARK_SERVER", &self.server).env_remove("TAILMARK_TOKEN");
        command.env("XDG_STATE_HOME", self.folder.path().join("state"));
        if let Some(token) = &self.token {
            command.env("TAILMARK_TOKEN", token);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::new(self.command(arguments).output().unwrap())
    }

    fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ran::new(child.wait_with_output().unwrap())
    }
}

#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn new(output: Output) -> Ran {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    fn ends(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Ran {
        assert!(self.err.contains(text), "{text:?} is missing in {self:#?}");
        self
    }

    #[track_caller]
    fn prints(self, text: &str) -> Ran {
        assert!(self.out.contains(text), "{text:?} is missing in {self:#?}");
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

fn hash(serial_number: &str) -> String {
    let facts = HardwareFacts {
        serial_number: serial_number.to_owned(),
        manufacturer: "Fabrikam".to_owned(),
        product_name: "Notebook 7".to_owned(),
        smbios_uuid: Uuid::from_u128(
            serial_number.bytes().fold(1, |number, byte| number * 257 + u128::from(byte)),
        ),
        ..HardwareFacts::default()
    };
    HardwareIdentifier::encode(&facts).to_base64()
}

/// A hash file of good devices.
fn devices(serial_numbers: &[&str]) -> String {
    let rows = serial_numbers.iter().map(|serial| format!("{serial},,{},Sales,\r\n", hash(serial)));
    format!("{HEADER}\r\n{}", rows.collect::<String>())
}

/// A hash file with one mistake of each severity.
fn mistakes() -> String {
    let (a, b) = (hash("FK-0001"), hash("FK-0002"));
    format!(
        "{HEADER}\r\nFK-0001,,{a},=Sales,\r\nFK-0002,,{},,\r\nFK-0003,,bm9uZQ==,,\r\n",
        b.trim_end_matches('A')
    )
}

// ---- without a service

#[test]
fn help_teaches_by_example_and_lists_the_exit_codes() {
    let desk = Desk::new();
    let help = desk.run(&["--help"]).ends(0).prints("tailmark import devices.csv").prints("130  interrupted");
    for command in ["import", "check", "hash", "explain", "demo", "completion"] {
        assert!(help.out.contains(&format!("  {command} ")), "{command}");
        desk.run(&[command, "--help"]).ends(0).prints("Examples:\n  ");
    }
    desk.run(&["devices", "list", "--help"]).ends(0).prints("Examples:");
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let desk = Desk::new();
    desk.run(&[]).ends(2);
    desk.run(&["imprt"]).ends(2).says("import");
    desk.run(&["devices", "list", "--query", "[?"]).ends(2);
    desk.run(&["import", "x.csv", "--token", "secret"]).ends(2);
    desk.run(&["import", "x.csv", "--timeout", "soon"]).ends(2).says("15m");
    desk.run(&["devices", "list", "--server", "localhost:1"]).ends(2).says("http://");
}

#[test]
fn check_says_line_column_code_and_fix() {
    let desk = Desk::new();
    desk.file("devices.csv", mistakes());
    let ran = desk.run(&["check", "devices.csv"]).ends(6).says("3 devices in 1 file: 1 error, ");
    let found = ran.json();
    let place = |code: &str| {
        let problem = found.as_array().unwrap().iter().find(|problem| problem["code"] == code);
        problem.map(|p| json!([p["file"], p["line"], p["column"], p["severity"]])).unwrap_or_default()
    };
    assert_eq!(place("cell-formula-start"), json!(["devices.csv", 2, 4, "warning"]));
    assert_eq!(place("hash-not-a-report"), json!(["devices.csv", 4, 3, "error"]));
    assert!(found.as_array().unwrap().iter().any(|problem| problem["fix"].is_string()));
    desk.run(&["check", "devices.csv", "-o", "table"]).ends(6).prints("Line").prints("hash-not-a-report");
    desk.run(&["check", "nowhere.csv"]).ends(3);
}

#[test]
fn check_of_a_good_file_finds_nothing() {
    let desk = Desk::new();
    desk.file("devices.csv", devices(&["FK-0001", "FK-0002"]));
    let ran = desk.run(&["check", "devices.csv"]).ends(0).says("2 devices in 1 file: nothing wrong");
    assert_eq!(ran.json(), json!([]));
    desk.run_with_input(&["check", "-"], &devices(&["FK-0003"])).ends(0).says("1 device in 1 file");
}

#[test]
fn a_device_in_two_files_is_noticed() {
    let desk = Desk::new();
    desk.file("a.csv", devices(&["FK-0001"]));
    desk.file("b.csv", devices(&["FK-0002", "FK-0001"]));
    let ran = desk.run(&["check", "a.csv", "b.csv", "--query", "[].[file, line, code]"]).ends(0);
    assert_eq!(ran.json(), json!([["b.csv", 3, "serial-duplicate"]]));
}

#[test]
fn fix_writes_what_the_portal_takes_and_nothing_over_a_file() {
    let desk = Desk::new();
    let untidy = format!("\u{feff}device serial number;Hardware Hash\n\"FK-0001\";{}\n", hash("FK-0001"));
    desk.file("untidy.csv", untidy);
    desk.run(&["check", "untidy.csv", "--fix", "strict.csv"]).ends(0).says("wrote strict.csv");
    assert_eq!(desk.run(&["check", "strict.csv"]).ends(0).json(), json!([]));
    let strict = fs::read_to_string(desk.folder.path().join("strict.csv")).unwrap();
    assert_eq!(strict, format!("{HEADER}\r\nFK-0001,,{},,\r\n", hash("FK-0001")));
    desk.run(&["check", "untidy.csv", "--fix", "strict.csv"]).ends(2).says("exists already");

    let many: Vec<_> = (0..501).map(|number| format!("FK-{number:04}")).collect();
    desk.file("many.csv", devices(&many.iter().map(String::as_str).collect::<Vec<_>>()));
    desk.run(&["check", "many.csv", "--fix", "part.csv", "-q"]).ends(0);
    let lines = |name: &str| fs::read_to_string(desk.folder.path().join(name)).unwrap().lines().count();
    assert_eq!((lines("part.csv"), lines("part-2.csv")), (501, 2));
}

#[test]
fn nothing_is_sent_while_a_file_has_errors() {
    let desk = Desk::new();
    desk.file("devices.csv", mistakes());
    let ran = desk.run(&["import", "devices.csv"]).ends(6);
    assert_eq!(
        ran.json().as_array().unwrap().len(),
        desk.run(&["check", "devices.csv"]).json().as_array().unwrap().len()
    );
    desk.run(&["import", "devices.csv", "-q", "-o", "table"]).ends(6).prints("hash-not-a-report");
    ran.says("devices.csv:4:3: error: Hardware Hash: ").says("[hash-not-a-report]").says("nothing was sent");
}

#[test]
fn a_dry_run_sends_nothing() {
    let desk = Desk::new();
    desk.file("devices.csv", devices(&["FK-0001", "FK-0002", "FK-0003"]));
    let ran =
        desk.run(&["import", "devices.csv", "--dry-run", "--as", "import", "--per-request", "2"]).ends(0);
    let file = json!({ "file": "devices.csv", "devices": 3, "requests": 2 });
    assert_eq!(ran.json(), json!({ "devices": 3, "requests": 2, "sent": false, "files": [file] }));
}

#[test]
fn a_service_that_is_not_there() {
    let desk = Desk::new();
    desk.run(&["devices", "list"]).ends(1).says("cannot reach http://127.0.0.1:9");
    let ran = desk.run(&["devices", "list", "-o", "json"]).ends(1);
    let error: Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(error["error"]["exitCode"], 1);
}

#[test]
fn a_token_that_is_none_is_not_shown() {
    let mut desk = Desk::new();
    desk.token = Some("not a token".to_owned());
    let ran = desk.run(&["devices", "list"]).ends(4).says("TAILMARK_TOKEN does not hold a token");
    assert!(!ran.err.contains("not a token"));
    desk.file("token", "not a token");
    desk.run(&["devices", "list", "--token-file", "token"]).ends(4).says("token does not hold a token");
}

#[test]
fn a_file_that_is_not_there_ends_with_3() {
    let desk = Desk::new();
    for arguments in [
        &["check", "nowhere.x"][..],
        &["import", "nowhere.x"],
        &["hash", "nowhere.x"],
        &["devices", "list", "--token-file", "nowhere.x"],
        &["serve", "--listen", "127.0.0.1:0", "--data", "data", "--seed", "nowhere.x"],
        &["serve", "--listen", "127.0.0.1:0", "--data", "data", "--config", "nowhere.x"],
    ] {
        desk.run(arguments).ends(3).says("nowhere.x");
    }
    // There, but not to be read.
    desk.run(&["hash", "."]).ends(1).says("cannot read .");
}

#[test]
fn hash_reads_base64_bytes_and_hash_files() {
    let desk = Desk::new();
    let base64 = hash("FK-0001");
    let one = desk.run_with_input(&["hash", "-"], &base64).ends(0).json();
    assert_eq!(
        json!([one["serialNumber"], one["manufacturer"], one["model"], one["valid"], one["bytes"]]),
        json!(["FK-0001", "Fabrikam", "Notebook 7", true, 3000])
    );
    desk.file("hash.bin", HardwareIdentifier::from_base64(&base64).unwrap().0.into_bytes());
    assert_eq!(desk.run(&["hash", "hash.bin"]).ends(0).json(), one);
    desk.file("devices.csv", mistakes());
    let all = desk.run(&["hash", "devices.csv", "--query", "[].[line, serialNumber, valid]"]).ends(6).json();
    assert_eq!(all[0], json!([2, "FK-0001", true]));
    assert_eq!(all[2], json!([4, null, false]));
    desk.run_with_input(&["hash", "-"], "nothing of the kind!").ends(6);
}

#[test]
fn hash_reads_what_was_encoded_twice_and_says_so() {
    let desk = Desk::new();
    let twice = BASE64_STANDARD.encode(hash("FK-0001"));
    let one = desk.run_with_input(&["hash", "-"], &twice).ends(0).json();
    assert_eq!(json!([one["serialNumber"], one["valid"], one["problems"]]), json!(["FK-0001", true, []]));
    let repairs = one["repairs"].to_string();
    assert!(repairs.contains("encoded twice"), "{repairs}");
    desk.file("devices.csv", format!("{HEADER}\r\nFK-0001,,{twice},,\r\n"));
    let all = desk.run(&["hash", "devices.csv"]).ends(0).json();
    assert_eq!(all[0]["repairs"], one["repairs"]);
}

#[test]
fn explain_knows_codes_and_names() {
    let desk = Desk::new();
    let by_code = desk.run(&["explain", "808"]).ends(0).json();
    assert_eq!(by_code[0]["name"], "ZtdDeviceAssignedToOtherTenant");
    assert_eq!(desk.run(&["explain", "ztddeviceassignedtoothertenant"]).ends(0).json(), by_code);
    let shown = desk.run(&["explain", "806", "-o", "table"]).ends(0).prints("Remedy   ");
    shown.prints("Page     http://127.0.0.1:9/docs/errors/806\n");
    assert_eq!(by_code[0]["page"], "http://127.0.0.1:9/docs/errors/808");
    desk.run(&["explain", "999"]).ends(3);
    desk.run(&["explain", "NoSuchThing"]).ends(3);
}

#[test]
fn every_form_of_output() {
    let desk = Desk::new();
    let form = |form: &str| {
        desk.run(&["explain", "640", "-o", form, "--query", "[].{code: code, name: name}"]).ends(0).out
    };
    assert_eq!(form("jsonl"), "{\"code\":640,\"name\":\"StorageError\"}\n");
    assert_eq!(form("tsv"), "640\tStorageError\n");
    assert_eq!(form("csv"), "code,name\n640,StorageError\n");
    assert_eq!(form("table"), "code  name\n640   StorageError\n");
    assert_eq!(form("yaml"), "- code: 640\n  name: StorageError\n");
    assert_eq!(form("none"), "");
}

#[test]
fn completion_for_every_shell() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = desk.run(&["completion", shell]).ends(0).prints("tailmark").prints("explain");
        script.prints("unassign-user").prints("logout").prints("restart").prints("graph-url");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let desk = Desk::new();
    let mut child = desk.command(&["explain"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!((child.wait().unwrap().code(), errors.as_str()), (Some(0), ""));
}

// ---- with a service

/// A running service and a desk that is signed in to it.
struct Service {
    desk: Desk,
    process: Child,
    // Kept open: the service may still write to it.
    _stdout: BufReader<std::process::ChildStdout>,
}

impl Service {
    fn start() -> Service {
        Service::start_with(Desk::new(), &[])
    }

    fn start_with(mut desk: Desk, arguments: &[&str]) -> Service {
        let data = desk.folder.path().join("data");
        let data = data.to_str().unwrap();
        let mut command = desk.command(&["serve", "--listen", "127.0.0.1:0", "--data", data]);
        command.args(arguments);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("Tailmark is listening on ") {
            line.clear();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "the service ended before it was ready");
        }
        let address = line.trim_start_matches("Tailmark is listening on ").split_whitespace().next().unwrap();
        desk.server = address.trim_end_matches('/').to_owned();
        desk.token = Some(desk.run(&["token", "--data", data]).ends(0).out.trim().to_owned());
        Service { desk, process, _stdout: stdout }
    }

    fn import(&self, arguments: &[&str]) -> Ran {
        self.desk.run(&[&["import", "devices.csv", "--timeout", "60s"], arguments].concat())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Already gone is as good as stopped.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const SERIALS: [&str; 5] = ["FK-0001", "FK-0002", "FK-0003", "FK-0004", "FK-0005"];

#[test]
fn three_routes_bring_the_same_devices_and_a_second_run_is_refused() {
    let query = "sort_by([], &serialNumber)[].[serialNumber, manufacturer, model, groupTag]";
    let expected: Vec<_> =
        SERIALS.iter().map(|serial| json!([serial, "Fabrikam", "Notebook 7", "Sales"])).collect();
    for route in ["upload", "import", "each"] {
        let service = Service::start();
        service.desk.file("devices.csv", devices(&SERIALS));
        let report = service.import(&["--as", route, "--per-request", "3"]).ends(0).json();
        assert_eq!(
            json!([report["devices"], report["complete"], report["pending"]]),
            json!([5, 5, 0]),
            "{route}"
        );
        let found = service.desk.run(&["devices", "list", "--query", query]).ends(0).json();
        assert_eq!(found, json!(expected), "{route}");

        let again = service.import(&["--as", route]).ends(5).says("0 of 5 devices complete, 5 failed").json();
        let failed = again["failed"].as_array().unwrap();
        let mut lines: Vec<_> =
            failed.iter().map(|it| (it["line"].as_u64(), it["serialNumber"].as_str())).collect();
        lines.sort();
        let each: Vec<_> = (2..).zip(SERIALS).map(|(line, serial)| (Some(line), Some(serial))).collect();
        assert_eq!(lines, each, "{route}");
        assert!(
            failed.iter().all(|it| it["code"] == 806 && it["name"] == "ZtdDeviceAlreadyAssigned"),
            "{again:#}"
        );
    }
}

/// What the service says of the file that an upload came from.
fn source(service: &Service, upload: &str) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = format!("{}/_tailmark/uploads/{upload}/source", service.desk.server);
    let answer = runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let answer =
            client.get(url).bearer_auth(service.desk.token.as_deref().unwrap()).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        answer.text().await.unwrap()
    });
    serde_json::from_str(&answer).unwrap()
}

#[test]
fn the_service_knows_from_which_lines_an_upload_came() {
    let service = Service::start();
    let folder = service.desk.folder.path().join("ann's files");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("devices.csv"), devices(&SERIALS)).unwrap();
    let arguments = ["import", "ann's files/devices.csv", "--per-request", "3", "--timeout", "60s"];
    let ran = service.desk.run(&arguments).ends(0);
    assert!(!ran.err.contains("warning"), "{ran:#?}");
    let report = ran.json();
    let sources =
        report["uploads"].as_array().unwrap().iter().map(|id| source(&service, id.as_str().unwrap()));
    let expected = [
        json!({ "fileName": "devices.csv", "lines": { "FK-0001": 2, "FK-0002": 3, "FK-0003": 4 } }),
        json!({ "fileName": "devices.csv", "lines": { "FK-0004": 5, "FK-0005": 6 } }),
    ];
    assert_eq!(sources.collect::<Vec<_>>(), expected);
}

#[test]
fn an_import_that_nobody_waits_for_can_be_watched_later() {
    let service = Service::start();
    service.desk.file("devices.csv", devices(&SERIALS));
    let sent = service.import(&["--no-wait"]).ends(0).says("tailmark uploads wait ").json();
    let upload = sent["uploads"][0].as_str().unwrap();
    let waited = service.desk.run(&["uploads", "wait", upload, "--timeout", "60s"]).ends(0).json();
    assert_eq!(waited["complete"], 5);
    let shown = service.desk.run(&["uploads", "show", upload]).ends(0).json();
    assert_eq!(json!([shown["id"], shown["status"]]), json!([upload, "complete"]));

    service.desk.file("devices.csv", devices(&["FK-0006"]));
    let sent =
        service.import(&["--no-wait", "--as", "import"]).ends(0).says("tailmark imported wait ").json();
    let group = sent["importIds"][0].as_str().unwrap();
    service.desk.run(&["imported", "wait", group, "--timeout", "60s"]).ends(0);
    let id = format!("importId eq '{group}'");
    let record = service.desk.run(&["imported", "list", "--filter", &id]).ends(0).json();
    let device = record[0]["state"]["deviceRegistrationId"].as_str().unwrap();
    assert_eq!(service.desk.run(&["devices", "wait", device]).ends(0).json()["serialNumber"], "FK-0006");
    service.desk.run(&["imported", "wait", "nothing"]).ends(3);
    service.desk.run(&["devices", "wait", "nothing", "--timeout", "0s"]).ends(7);
}

#[test]
fn lists_are_filtered_ordered_cut_and_deleted() {
    let service = Service::start();
    let desk = &service.desk;
    desk.file("devices.csv", devices(&SERIALS));
    service.import(&["-q"]).ends(0);
    let list =
        |arguments: &[&str]| desk.run(&[&["devices", "list", "-o", "tsv"], arguments].concat()).ends(0).out;
    assert_eq!(
        list(&["--orderby", "serialNumber desc", "--top", "2", "--query", "[].serialNumber"]),
        "FK-0005\nFK-0004\n"
    );
    let filter = "contains(serialNumber,'0003')";
    let id = list(&["--filter", filter, "--select", "id,serialNumber", "--query", "[].id"]);
    let id = id.trim();
    assert_eq!(desk.run(&["devices", "show", id]).ends(0).json()["serialNumber"], "FK-0003");
    desk.run(&["devices", "delete", id]).ends(2);
    desk.run(&["devices", "show", id]).ends(0);
    desk.run(&["devices", "delete", id, "--yes"]).ends(0).says("deleted");
    let none = desk.run(&["devices", "show", id]).ends(3).says("request-id");
    none.says(&format!("tailmark devices list --filter \"serialNumber eq '{id}'\""));
    desk.run(&["devices", "delete", id, "--yes"]).ends(3);
    desk.run(&["devices", "list", "--filter", "colour eq 'red'"])
        .ends(1)
        .says("colour")
        .says("/docs/errors/BadRequest");
}

#[test]
fn a_missing_or_forged_token_is_refused() {
    let mut service = Service::start();
    service.desk.token = None;
    service.desk.run(&["devices", "list"]).ends(4).says("TAILMARK_TOKEN");
    service.desk.token = Some("eyJhbGciOiJub25lIn0.e30.".to_owned());
    let ran = service.desk.run(&["devices", "list"]).ends(4);
    assert!(!ran.err.contains("eyJ"), "{ran:#?}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_wait_ends_with_130() {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut desk = Desk::new();
    (desk.server, desk.token) = (format!("http://{}", door.local_addr().unwrap()), Some("token".to_owned()));
    let (told, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in door.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = stream.by_ref().lines().map(Result::unwrap);
            head.find(String::is_empty).unwrap();
            // Once the test is over nobody hears it.
            let _ = told.send(());
            let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    let mut command = desk.command(&["devices", "wait", "8d639524-9524-8d63-2495-638d2495638d"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Who asks listens for signals by then; one that came before would end the program without a code.
    asked.recv().unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    Ran::new(child.wait_with_output().unwrap()).ends(130).says("interrupted");
}

#[test]
fn the_demonstration_ends_well_wherever_it_is_started() {
    let desk = Desk::new();
    let ran = desk.run(&["demo", "--exit", "--listen", "127.0.0.1:0"]).ends(0);
    let ran =
        ran.prints("\"@odata.context\": ").prints("complete").prints("curl -H \"Authorization: Bearer ");
    assert!(!ran.out.contains(" error "), "{ran:#?}");
    assert!(Path::new(desk.folder.path()).read_dir().unwrap().next().is_none(), "it left something behind");
}

#[cfg(unix)]
#[test]
fn the_demonstration_takes_its_folder_with_it_when_it_is_terminated() {
    for (line, codes) in [("Tailmark is listening on ", &[130, 0][..]), ("Serving until ", &[0])] {
        let (desk, temporary) = (Desk::new(), tempfile::tempdir().unwrap());
        let mut command = desk.command(&["demo", "--listen", "127.0.0.1:0"]);
        command.env("TMPDIR", temporary.path()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|found| found.starts_with(line)), "it ended before it said {line:?}");
        assert_eq!(temporary.path().read_dir().unwrap().count(), 1);
        let sent = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
        assert!(sent.success());
        // It goes on writing until it has stopped.
        lines.for_each(drop);
        let code = process.wait().unwrap().code();
        assert!(code.is_some_and(|code| codes.contains(&code)), "{line:?}: {code:?}");
        assert_eq!(temporary.path().read_dir().unwrap().count(), 0, "it left something behind");
    }
}

#[test]
fn env_prints_what_points_a_tool_here() {
    let desk = Desk::new();
    let printed =
        |arguments: &[&str]| desk.run(&[&["env", "--data", "data"], arguments].concat()).ends(0).out;
    let all = printed(&[]);
    let issuer: Value =
        serde_json::from_str(&fs::read_to_string(desk.folder.path().join("data/issuer.json")).unwrap())
            .unwrap();
    let ca = desk.folder.path().canonicalize().unwrap().join("data/ca.pem");
    assert!(fs::read_to_string(&ca).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    for (name, value) in [
        ("HTTPS_PROXY", "http://127.0.0.1:4281"),
        ("NO_PROXY", "localhost,127.0.0.1,::1"),
        ("REQUESTS_CA_BUNDLE", ca.to_str().unwrap()),
        ("SSL_CERT_FILE", ca.to_str().unwrap()),
        ("NODE_EXTRA_CA_CERTS", ca.to_str().unwrap()),
        ("NODE_USE_ENV_PROXY", "1"),
        ("CURL_CA_BUNDLE", ca.to_str().unwrap()),
        ("AZURE_CLIENT_ID", issuer["client_id"].as_str().unwrap()),
        ("AZURE_CLIENT_SECRET", issuer["client_secret"].as_str().unwrap()),
        ("AZURE_TENANT_ID", "10000000-0000-4000-8000-000000000001"),
        ("M365_AUTH_METHOD", "client_secret"),
        ("ARM_CLIENT_SECRET", issuer["client_secret"].as_str().unwrap()),
    ] {
        assert!(all.contains(&format!("\nexport {name}='{value}'\n")), "{name}: {all}");
    }
    // Once each, and a shell takes them as they are.
    let script = format!("{all}\nprintf %s \"$AZURE_CLIENT_SECRET\"");
    #[cfg(unix)]
    assert_eq!(
        String::from_utf8(Command::new("sh").args(["-c", &script]).output().unwrap().stdout).unwrap(),
        issuer["client_secret"].as_str().unwrap()
    );
    let mut names: Vec<&str> =
        all.lines().filter_map(|line| line.strip_prefix("export ")?.split('=').next()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), count), (count, count));

    let curl = printed(&["curl", "--format", "dotenv"]);
    assert!(curl.contains("\nHTTPS_PROXY='http://127.0.0.1:4281'\n") && !curl.contains("AZURE"), "{curl}");
    assert!(printed(&["powershell"]).contains("\n$env:AZURE_TENANT_ID = '"));
    let direct = printed(&["javascript", "--direct"]);
    assert!(direct.contains("\nexport AZURE_AUTHORITY_HOST='https://localhost:4280'\n"), "{direct}");
    assert!(!direct.contains("PROXY="), "{direct}");
    let settings = desk.file("files.toml", "[tls]\nmode = \"files\"\n");
    let files = printed(&["python", "--direct", "--config", settings.to_str().unwrap()]);
    assert!(files.contains("AZURE_CLIENT_ID") && !files.contains("ca.pem"), "{files}");
    desk.run(&["env", "cobol"]).ends(2).says("cobol");

    fs::write(desk.folder.path().join("data/ca.json"), "{}").unwrap();
    desk.run(&["env", "--data", "data"]).ends(1).says("ca.json is broken");
}

#[test]
fn the_ready_line_names_the_proxy() {
    let desk = Desk::new();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--intercept", "127.0.0.1:0", "--data", "data"];
    let mut command = desk.command(&arguments);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    let addresses = line.trim().strip_prefix("Tailmark is listening on https://localhost:").unwrap();
    let (port, proxy) = addresses.split_once(" and intercepting on http://127.0.0.1:").unwrap();
    assert!(port.parse::<u16>().is_ok() && proxy.parse::<u16>().is_ok(), "{line}");
}
