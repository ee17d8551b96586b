//! Servers in processes of their own, and what the system says of them.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Ticks of a second in `/proc/PID/stat`, on every Linux.
const TICKS: f64 = 100.0;

/// The Tailmark that is measured.
pub static BINARY: OnceLock<PathBuf> = OnceLock::new();

/// A server that listens.
pub struct Program {
    child: Child,
    /// Address and port.
    pub address: String,
    /// How long it took from its start until it said so.
    pub ready_after: Duration,
}

impl Program {
    /// Tailmark with its data in a folder, and its log in a file beside.
    pub fn tailmark(data: &Path, settings: &[(&str, &str)]) -> Self {
        let built = || Path::new(env!("CARGO_BIN_EXE_tailmark")).to_owned();
        let mut command = Command::new(BINARY.get_or_init(built));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        command.envs(settings.iter().copied());
        command.stderr(File::create(data.with_extension("log")).unwrap());
        Self::start(&mut command)
    }

    /// One of the ceilings.
    pub fn ceiling(role: &str, file: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        Self::start(command.arg(role).arg(file).stderr(Stdio::inherit()))
    }

    /// The first line of each ends in its address.
    fn start(command: &mut Command) -> Self {
        let since = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready_after = since.elapsed();
        let address = line.trim().rsplit("http://").next().unwrap_or_default().to_owned();
        assert!(!address.is_empty(), "a server did not start");
        Self { child, address, ready_after }
    }

    /// User and system time so far, in seconds.
    pub fn cpu(&self) -> f64 {
        cpu_of(self.child.id()).unwrap()
    }

    /// A figure of `/proc/PID/status`, in MiB: `VmRSS`, `VmHWM`.
    pub fn memory(&self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }

    /// Ends it as an administrator would.
    pub fn stop(mut self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Already gone is as good as stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// User and system time of a process and of its children that have ended, in seconds.
fn cpu_of(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold anything; behind it the state is the third field.
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks: f64 = fields.get(11..15)?.iter().filter_map(|field| field.parse::<f64>().ok()).sum();
    Some(ticks / TICKS)
}

/// The same of a process and of everything below it.
pub fn cpu_of_family(process: u32) -> f64 {
    let file = format!("/proc/{process}/task/{process}/children");
    let children = fs::read_to_string(file).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|child| child.parse().ok());
    cpu_of(process).unwrap_or_default() + children.map(cpu_of_family).sum::<f64>()
}

/// The load average over the last minute.
pub fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}
