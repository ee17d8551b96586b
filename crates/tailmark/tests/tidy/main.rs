//! What holds for the source tree and the documents as a whole, so that nobody has to remember it.
//!
//! Sizes and names of files, which room may know what, and documents that list what the sources say: a module each. Here
//! is how they read both.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod documents;
mod files;
mod rooms;

use std::fs;
use std::path::{Path, PathBuf};

/// A file with its path below the root of the repository.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The lines that are no comments, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }

    fn stem(&self) -> &str {
        Path::new(&self.path).file_stem().unwrap().to_str().unwrap()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// All Rust files below a folder, in order.
fn rust_files(folder: &str) -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let (root, mut found) = (root(), Vec::new());
    walk(&root.join(folder), &mut found);
    found.sort();
    let source = |path: PathBuf| Source {
        text: fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/"),
    };
    found.into_iter().map(source).collect()
}

/// The Rust files of the product, without tests, benchmarks and examples.
fn sources() -> Vec<Source> {
    ["autopilot", "odata", "tailmark"]
        .map(|name| rust_files(&format!("crates/{name}/src")))
        .into_iter()
        .flatten()
        .collect()
}

#[track_caller]
fn document(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The cells of the tables below a heading (to the next one of its level), rows of headings left out.
#[track_caller]
fn rows<'d>(document: &'d str, heading: &str) -> Vec<Vec<&'d str>> {
    let mut lines = document.lines().skip_while(|line| *line != heading).skip(1).peekable();
    assert!(lines.peek().is_some(), "there is no heading {heading:?}");
    let level = format!("{} ", heading.split(' ').next().unwrap());
    let cells = |line: &'d str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    let table: Vec<_> =
        lines.take_while(|line| !line.starts_with(&level)).filter(|line| line.starts_with('|')).collect();
    let is_rule = |line: &str| line.starts_with("|---");
    let kept = table
        .iter()
        .enumerate()
        .filter(|(place, line)| !is_rule(line) && !table.get(place + 1).is_some_and(|next| is_rule(next)));
    kept.map(|(_, line)| cells(line)).collect()
}

/// The texts between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[track_caller]
fn nothing(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}
