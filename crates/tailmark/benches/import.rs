//! One upload of 10,000 devices, each with a hash of 4,000 characters, in one request to the real program.
//!
//! Prints how long the answer and the imports take and what memory and disk they cost, and fails where a goal is
//! missed. Memory is read from `/proc`, so this runs on Linux only.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on ends here")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use autopilot::hardware_identifier::{HardwareFacts, HardwareIdentifier};
use tailmark::commands::token::{MintRequest, mint};
use uuid::Uuid;

const DEVICES: usize = 10_000;
const SECONDS: f64 = 30.0;
const MEGABYTES: f64 = 150.0;
const UPLOADS: &str = "/beta/deviceManagement/importedWindowsAutopilotDeviceIdentityUploads";
const UNDER_WAY: &str = "/beta/deviceManagement/importedWindowsAutopilotDeviceIdentities/$count?$filter=not%20(\
                         state/deviceImportStatus%20eq%20'complete'%20or%20state/deviceImportStatus%20eq%20'error')";
const REGISTERED: &str = "/beta/deviceManagement/windowsAutopilotDeviceIdentities/$count";

struct Service {
    process: Child,
    address: String,
    token: String,
}

impl Service {
    fn start(data: &Path) -> Self {
        let token = mint(data, MintRequest::default()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tailmark"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().trim_start_matches("Tailmark is listening on http://").to_owned();
        Self { process, address, token }
    }

    /// The status and the body of an answer.
    fn ask(&self, method: &str, path: &str, body: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            self.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().to_owned(), body.trim_start_matches('\u{feff}').to_owned())
    }

    /// A figure of the process, in megabytes.
    fn memory(&self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Already gone is as good as stopped.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn upload() -> String {
    let devices: Vec<String> = (0..DEVICES).map(device).collect();
    format!("{{\"deviceIdentities\":[{}]}}", devices.join(","))
}

fn device(number: usize) -> String {
    let facts = HardwareFacts {
        serial_number: format!("FK-{number:06}"),
        manufacturer: "Fabrikam".to_owned(),
        product_name: "Notebook 7".to_owned(),
        smbios_uuid: Uuid::from_u128(number as u128 + 1),
        ..HardwareFacts::default()
    };
    let hash = HardwareIdentifier::encode(&facts).to_base64();
    format!("{{\"serialNumber\":\"{}\",\"hardwareIdentifier\":\"{hash}\"}}", facts.serial_number)
}

fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let body = upload();
    let service = Service::start(folder.path());
    let before = service.memory("VmRSS");

    let since = Instant::now();
    let (status, answer) = service.ask("POST", UPLOADS, &body);
    let answered = since.elapsed().as_secs_f64();
    let growth_until_answer = service.memory("VmHWM") - before;
    assert_eq!(status, "201", "{answer}");
    while service.ask("GET", UNDER_WAY, "").1 != "0" {
        thread::sleep(Duration::from_millis(20));
    }
    let all_final = since.elapsed().as_secs_f64();
    let growth = service.memory("VmHWM") - before;
    assert_eq!(service.ask("GET", REGISTERED, "").1, DEVICES.to_string());

    let size =
        |name| fs::metadata(folder.path().join(name)).map_or(0.0, |file| file.len() as f64 / 1_048_576.0);
    println!("one upload of {DEVICES} devices, {:.1} MB", body.len() as f64 / 1_048_576.0);
    println!("  answered with 201 after   {answered:8.2} s");
    println!("  all devices final after   {all_final:8.2} s     goal: below {SECONDS}");
    println!("  devices per second        {:8.0}", DEVICES as f64 / all_final);
    println!("  memory when ready         {before:8.1} MB");
    println!("  its peak growth           {growth:8.1} MB    goal: below {MEGABYTES}");
    println!("    of it until the answer  {growth_until_answer:8.1} MB");
    println!("  memory in the end         {:8.1} MB", service.memory("VmRSS"));
    println!(
        "  database                  {:8.1} MB, its log {:.1} MB",
        size("tailmark.db"),
        size("tailmark.db-wal")
    );
    if all_final < SECONDS && growth < MEGABYTES { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
