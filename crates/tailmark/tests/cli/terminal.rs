//! A terminal with bash in it: lines are typed, and what it shows is read as a person would.
//!
//! A pseudo-terminal, so that programs take it for what it is and draw tables, colours and progress bars. bash is
//! interactive and reads no files of anybody's; after each command it shows a mark that no program prints.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::io::FdFlags;
use rustix::process::{Pid, Signal};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};

/// How wide the window is; what the documents show fits.
pub const COLUMNS: u16 = 100;
/// Longer than any command of a document takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(120);
/// What bash shows around the exit code of a command.
const MARK: char = '\u{1e}';

pub struct Terminal {
    keyboard: File,
    shown: Receiver<Vec<u8>>,
    bash: Child,
}

impl Terminal {
    /// A window in a folder, with nothing in its environment but this.
    pub fn open(folder: &Path, environment: &[(&str, String)]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        rustix::io::fcntl_setfd(&master, FdFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        // Not the controlling terminal of whoever runs the tests.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let slave = rustix::fs::open(&name, flags, Mode::empty()).unwrap();
        let mut modes = tcgetattr(&slave).unwrap();
        modes.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&slave, OptionalActions::Now, &modes).unwrap();
        tcsetwinsize(&slave, Winsize { ws_row: 50, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let end = || File::from(slave.try_clone().unwrap());
        let mut command = Command::new("bash");
        command.args(["--norc", "--noprofile", "--noediting", "-i"]).current_dir(folder).env_clear();
        command.envs(environment.iter().map(|(name, value)| (*name, value.as_str())));
        command.env("PS1", "").env("PS2", "").env("PROMPT_COMMAND", "printf '\\036%d\\036' $?");
        command.env("TERM", "xterm-256color").env("LANG", "C.UTF-8").env("HISTFILE", "/dev/null");
        command.stdin(end()).stdout(end()).stderr(end()).process_group(0);
        let bash = command.spawn().unwrap_or_else(|error| panic!("there is no bash: {error}"));
        drop(slave);
        let mut terminal =
            Self { shown: read(master.try_clone().unwrap()), keyboard: File::from(master), bash };
        // It complains that it controls no jobs, which nobody here wants to read.
        terminal.until_done();
        terminal
    }

    /// Types lines.
    pub fn enter(&mut self, lines: &[String]) {
        for line in lines {
            self.keyboard.write_all(format!("{line}\n").as_bytes()).unwrap();
        }
    }

    /// Reads until the command has ended: what it has shown, and its exit code.
    pub fn until_done(&mut self) -> (Vec<String>, i32) {
        let text = self.until(|text| text.matches(MARK).count() == 2);
        let (shown, code) = text.split_once(MARK).unwrap();
        (screen(shown), code.trim_end_matches(MARK).parse().unwrap())
    }

    /// Reads until a line with this in it has been shown whole.
    pub fn until_says(&mut self, words: &str) -> Vec<String> {
        screen(&self.until(|text| {
            text.split_once(words).is_some_and(|(_, rest)| rest.contains('\n')) || text.contains(MARK)
        }))
    }

    fn until(&mut self, is_enough: impl Fn(&str) -> bool) -> String {
        let since = Instant::now();
        let mut bytes = Vec::new();
        loop {
            match self.shown.recv_timeout(PATIENCE.saturating_sub(since.elapsed())) {
                Ok(more) => bytes.extend(more),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("nothing more after {PATIENCE:?}: {}", String::from_utf8_lossy(&bytes))
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("bash has ended: {}", String::from_utf8_lossy(&bytes))
                }
            }
            let text = String::from_utf8_lossy(&bytes);
            if is_enough(&text) {
                return text.into_owned();
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // bash and whatever runs in it; without job control they are one group.
        if let Some(group) = i32::try_from(self.bash.id()).ok().and_then(Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
        let _ = self.bash.wait();
    }
}

/// What comes out of the terminal, piece by piece, so that waiting for it can end.
fn read(master: OwnedFd) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    let mut master = File::from(master);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = master.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// What is to be seen after all this was shown: lines that were drawn over are gone, colours are left out.
fn screen(text: &str) -> Vec<String> {
    let mut lines: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column) = (0_usize, 0_usize);
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '\r' => column = 0,
            '\n' => row += 1,
            '\u{8}' => column = column.saturating_sub(1),
            '\u{7}' => {}
            '\u{1b}' => {
                if rest.next() != Some('[') {
                    continue;
                }
                let mut number = String::new();
                let end = loop {
                    match rest.next() {
                        Some(digit @ ('0'..='9' | ';' | '?')) => number.push(digit),
                        other => break other,
                    }
                };
                let count: usize = number.parse().unwrap_or(1);
                match end {
                    Some('A') => row = row.saturating_sub(count),
                    Some('B') => row += count,
                    Some('G') => column = count - 1,
                    Some('K') if number == "2" => lines[row].clear(),
                    Some('K') => lines[row].truncate(column),
                    Some('J') => {
                        lines[row].truncate(column);
                        lines.truncate(row + 1);
                    }
                    _ => {}
                }
            }
            shown => {
                let line = &mut lines[row];
                if line.len() <= column {
                    line.resize(column + 1, ' ');
                }
                line[column] = shown;
                column += 1;
            }
        }
        if lines.len() <= row {
            lines.resize(row + 1, Vec::new());
        }
    }
    let text = |line: Vec<char>| line.into_iter().collect::<String>().trim_end().to_owned();
    let mut lines: Vec<String> = lines.into_iter().map(text).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

#[test]
fn a_screen_shows_what_was_drawn_last() {
    let shown = |text: &str, lines: &[&str]| assert_eq!(screen(text), lines, "{text:?}");
    shown("one\r\ntwo\r\n", &["one", "two"]);
    shown("\u{1b}[1mone\u{1b}[0m", &["one"]);
    shown("  1/2\r  2/2\r\u{1b}[2Kdone\r\n", &["done"]);
    shown("a bar\r\n\u{1b}[1A\r\u{1b}[2Kgone\r\n", &["gone"]);
    shown("longer\rshort\u{1b}[K\n", &["short"]);
    shown("", &[]);
}
