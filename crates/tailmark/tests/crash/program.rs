//! The real program in a process of its own, and the plainest of clients.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tailmark::commands::token::{MintRequest, mint};
use tempfile::TempDir;

/// A started program gives in to a poll this often.
const STEP: Duration = Duration::from_millis(2);
/// How long anything may take before the test gives it up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder for the data of one service after the other.
pub struct Site {
    folder: TempDir,
    pub token: String,
    /// Settings of its programs, as variables.
    pub settings: Vec<(&'static str, String)>,
    /// What its programs are started by; nothing where it is us.
    pub starter: Vec<String>,
}

/// A started program, ready or not.
pub struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
    since: Instant,
}

/// A service that is ready.
pub struct Service {
    pub process: Process,
    pub address: String,
    /// How long it took from its start.
    pub ready_after: Duration,
    pub token: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// Whether the figures of docs/guarantees.md are to be reached, not a part of them.
pub fn in_full() -> bool {
    std::env::var("TAILMARK_FAULTS").is_ok_and(|value| value == "full")
}

/// What came of it, where it was asked for in full: for docs/guarantees.md.
pub fn figure(name: &str, what: std::fmt::Arguments<'_>) {
    if in_full() {
        println!("{name}: {what}");
    }
}

/// Asks again and again until there is an answer.
#[track_caller]
pub fn poll<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(since.elapsed() < PATIENCE, "{what} does not come");
        thread::sleep(STEP);
    }
}

impl Site {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let token = mint(&folder.path().join("data"), MintRequest::default()).unwrap();
        Self { folder, token, settings: Vec::new(), starter: Vec::new() }
    }

    /// With a setting, `section.key`.
    pub fn with(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.settings.push((name, value.to_string()));
        self
    }

    /// A place in its folder.
    pub fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn database(&self) -> PathBuf {
        self.data().canonicalize().unwrap().join("tailmark.db")
    }

    /// What every program started here has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    pub fn spawn(&self) -> Process {
        Process::spawn_by(&self.starter, &self.data(), "127.0.0.1:0", &self.place("log"), &self.settings)
    }

    pub fn start(&self) -> Service {
        self.spawn().ready(&self.token)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let log = self.log();
        if thread::panicking() {
            eprintln!("{log}");
        } else {
            assert!(!log.contains("panicked at"), "the program panicked:\n{log}");
        }
    }
}

impl Process {
    pub fn spawn(data: &Path, listen: &str, log: &Path) -> Self {
        Self::spawn_by(&[], data, listen, log, &[])
    }

    /// By a program that becomes ours.
    pub fn spawn_by(
        starter: &[String],
        data: &Path,
        listen: &str,
        log: &Path,
        settings: &[(&str, String)],
    ) -> Self {
        let stderr = File::options().create(true).append(true).open(log).unwrap();
        let own = [env!("CARGO_BIN_EXE_tailmark").to_owned()];
        let mut line = starter.iter().chain(&own);
        let mut command = Command::new(line.next().unwrap());
        command.args(line);
        command.args(["serve", "--listen", listen, "--data"]).arg(data);
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
        let since = Instant::now();
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout, log: log.to_owned(), since }
    }

    /// Waits for the line that says so.
    #[track_caller]
    pub fn ready(mut self, token: &str) -> Service {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let Some(url) = line.trim().strip_prefix("Tailmark is listening on http://") else {
            panic!("not ready but {line:?}; {}", fs::read_to_string(&self.log).unwrap_or_default());
        };
        Service {
            address: url.to_owned(),
            ready_after: self.since.elapsed(),
            token: token.to_owned(),
            process: self,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has a file open; true where the system does not say.
    pub fn has_open(&self, file: &Path) -> bool {
        let Ok(open) = fs::read_dir(format!("/proc/{}/fd", self.id())) else { return true };
        open.flatten().any(|entry| fs::read_link(entry.path()).is_ok_and(|target| target == file))
    }

    /// How many files and connections it has open; nothing where the system does not say.
    pub fn descriptors(&self) -> Option<usize> {
        Some(fs::read_dir(format!("/proc/{}/fd", self.id())).ok()?.count())
    }

    /// The most memory it has had so far, in bytes; nothing where the system does not say.
    pub fn largest_memory(&self) -> Option<usize> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<usize>().ok()? * 1024)
    }

    /// SIGKILL.
    #[track_caller]
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        assert_eq!(self.child.wait().unwrap().signal(), Some(9), "it had ended by itself");
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end and says how and when it came.
    #[track_caller]
    pub fn ended(&mut self) -> (ExitStatus, Duration) {
        let since = Instant::now();
        let status = poll("the end of the program", || self.child.try_wait().unwrap());
        (status, since.elapsed())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone is as good as stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// The head of a request; the connection ends after it.
    pub fn head(&self, method: &str, path: &str, length: usize) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: \
             application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n",
            self.address, self.token,
        )
    }

    /// Sends a request and reads the whole answer; an error where there was none, or half of one.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(self.head(method, path, body.len()).as_bytes())?;
        stream.write_all(body.as_bytes())?;
        answer(stream)
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, body).unwrap()
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        let answer = self.ask("GET", &path.replace(' ', "%20"), "").unwrap();
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer
    }

    #[track_caller]
    pub fn count(&self, set: &str, filter: &str) -> usize {
        self.get(&format!("{set}/$count?$filter={filter}"))
            .body
            .trim_start_matches('\u{feff}')
            .parse()
            .unwrap()
    }

    /// All entities of a set, page by page.
    #[track_caller]
    pub fn all(&self, path: &str) -> Vec<Value> {
        let (mut entities, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(path) = next {
            let mut page: Value = serde_json::from_str(&self.get(&path).body).unwrap();
            entities.append(page["value"].as_array_mut().unwrap());
            let here = format!("http://{}", self.address);
            next = page["@odata.nextLink"].as_str().map(|link| link.strip_prefix(&here).unwrap().to_owned());
        }
        entities
    }
}

/// Reads an answer to its end.
pub fn answer(mut stream: TcpStream) -> io::Result<Answer> {
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let cut =
        || io::Error::new(io::ErrorKind::UnexpectedEof, format!("the answer was cut: {} bytes", text.len()));
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    if length != Some(body.len()) {
        return Err(cut());
    }
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
    Ok(Answer { status, body: body.to_owned() })
}
