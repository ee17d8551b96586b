//! Progress on stderr: a bar for each file and one for all of them on a terminal, else plain lines now and then.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::watch::Counts;
use crate::output::{Output, cell};

/// How long nothing is said where there is no terminal, but for what is done.
const SILENCE: Duration = Duration::from_secs(10);
/// The longest name that is shown whole, in characters.
const NAME: usize = 24;

/// What is going on with several files.
#[derive(Debug)]
pub struct Board {
    act: &'static str,
    rows: Vec<Row>,
    total: Option<ProgressBar>,
    _bars: MultiProgress,
}

#[derive(Debug)]
struct Row {
    name: String,
    bar: ProgressBar,
    lines: Option<Lines>,
}

/// What was said of a file where there is no terminal.
#[derive(Debug)]
struct Lines(Mutex<(Instant, u64)>);

impl Board {
    /// A board for an act (`sending`) on files with so many devices each.
    pub fn new(output: &Output, act: &'static str, files: &[(String, u64)]) -> Board {
        let (bars, is_terminal) = (MultiProgress::new(), io::stderr().is_terminal());
        let shown = is_terminal && !output.is_quiet();
        let row = |(name, devices): &(String, u64)| Row {
            name: cell::printable(name),
            bar: if shown { bars.add(bar(*devices, &short(name))) } else { ProgressBar::hidden() },
            lines: (!is_terminal && !output.is_quiet()).then(|| Lines(Mutex::new((Instant::now(), 0)))),
        };
        let rows: Vec<_> = files.iter().map(row).collect();
        for (row, (_, devices)) in rows.iter().zip(files) {
            row.bar.set_length(*devices);
            row.bar.set_message(act);
        }
        let devices = files.iter().map(|(_, devices)| devices).sum();
        let total = (shown && files.len() > 1).then(|| bars.add(bar(devices, "total")));
        Board { act, rows, total, _bars: bars }
    }

    /// So many devices more of a file were dealt with.
    pub fn add(&self, file: usize, devices: u64) {
        let Some(row) = self.rows.get(file) else { return };
        row.bar.inc(devices);
        self.total.iter().for_each(|total| total.inc(devices));
        row.say(row.bar.position(), row.bar.length().unwrap_or_default(), self.act);
    }

    /// How the devices of a file are.
    pub fn set(&self, file: usize, counts: Counts) {
        let Some(row) = self.rows.get(file) else { return };
        let done = counts.complete + counts.error;
        self.total.iter().for_each(|total| total.inc(done.saturating_sub(row.bar.position())));
        row.bar.set_length(counts.total);
        row.bar.set_position(done);
        let mut message = format!("{} complete", counts.complete);
        for (count, word) in [(counts.error, "failed"), (counts.pending(), "in progress")] {
            if count > 0 {
                message.push_str(&format!(" · {count} {word}"));
            }
        }
        row.bar.set_message(message.clone());
        row.say(done, counts.total, &message);
    }

    /// Takes the bars away.
    pub fn end(self) {
        self.rows.iter().map(|row| &row.bar).chain(&self.total).for_each(ProgressBar::finish_and_clear);
    }
}

impl Row {
    fn say(&self, done: u64, of: u64, how: &str) {
        let Some(Lines(said)) = &self.lines else { return };
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, before) = *said;
        if done != before && (done >= of || at.elapsed() >= SILENCE) {
            *said = (Instant::now(), done);
            // A closed stderr leaves nobody to tell.
            let _ = writeln!(io::stderr(), "{}: {done} of {of}, {how}", self.name);
        }
    }
}

/// A bar that counts entities as they are acted on.
pub fn acting(output: &Output, entities: u64) -> ProgressBar {
    // A bar is not drawn where stderr is no terminal.
    if output.is_quiet() || entities < 2 { ProgressBar::hidden() } else { bar(entities, "") }
}

fn bar(length: u64, name: &str) -> ProgressBar {
    let bar = ProgressBar::new(length).with_prefix(name.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{prefix:>24} [{bar:24}] {pos}/{len}  {wide_msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// The end of a long name, which says more than its beginning.
fn short(name: &str) -> String {
    let name = cell::printable(name);
    let length = name.chars().count();
    if length <= NAME {
        return name;
    }
    format!("…{}", name.chars().skip(length - NAME + 1).collect::<String>())
}
