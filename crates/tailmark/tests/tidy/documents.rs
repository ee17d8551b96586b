//! Documents that list what the sources say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use tailmark::catalogue;
use tailmark::telemetry::metrics::{Metrics, StoreMetrics, TokenMetrics};

use crate::{Source, document, nothing, quoted, root, rows, rust_files, sources};

#[test]
fn every_difference_from_graph_is_listed() {
    let mut marked: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources() {
        let count = source.text.lines().filter(|line| line.trim_start().starts_with("// Differs:")).count();
        if count > 0 {
            marked.insert(source.path, count);
        }
    }
    let protocol = document("docs/protocol.md");
    let mut listed: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows(&protocol, "## Where we differ") {
        let path = quoted(row[0]).next().unwrap_or_else(|| panic!("no path in backticks: {row:?}"));
        *listed.entry(path.to_owned()).or_default() += 1;
    }
    assert_eq!(listed, marked, "left: rows of docs/protocol.md; right: `// Differs:` in the sources");
}

#[test]
fn every_setting_is_documented() {
    let text = document("docs/configuration.md");
    let listed: BTreeSet<&str> = rows(&text, "## Settings").iter().flat_map(|row| quoted(row[0])).collect();
    let settings = settings();
    assert!(settings.len() > 10, "{settings:?}");
    assert_eq!(
        listed,
        settings.iter().map(String::as_str).collect(),
        "left: docs/configuration.md; right: config/*.rs"
    );
    for row in rows(&text, "## Settings") {
        let variable = format!("TAILMARK_{}", row[0].trim_matches('`').replace('.', "_").to_uppercase());
        assert!(quoted(row[2]).eq([variable.as_str()]), "{row:?} should say {variable}");
    }
}

/// The settings as the structs of `config/*.rs` have them.
fn settings() -> BTreeSet<String> {
    let mut settings = BTreeSet::new();
    for source in rust_files("crates/tailmark/src/config") {
        let section = source.stem();
        let is_section = |line: &&str| {
            line.strip_prefix("pub struct ")
                .is_some_and(|rest| rest.to_lowercase() == format!("{section} {{"))
        };
        assert!(source.text.lines().any(|line| is_section(&line)), "{} has no section", source.path);
        let fields = source.text.lines().skip_while(|line| !is_section(line)).take_while(|line| *line != "}");
        let names = fields.filter_map(|line| line.strip_prefix("    pub ")?.split(':').next());
        settings.extend(names.map(|name| format!("{section}.{name}")));
    }
    settings
}

/// With `UPDATE_DOCS` set they are written instead.
#[test]
fn the_error_pages_are_the_catalogues() {
    let folder = root().join("docs/errors");
    let list = document("docs/errors.md");
    for entry in catalogue::entries() {
        let (name, wanted) = (format!("{}.md", entry.name), catalogue::markdown(entry));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(&name), &wanted).unwrap();
        }
        let found = document(&format!("docs/errors/{name}"));
        assert_eq!(found, wanted, "docs/errors/{name}: UPDATE_DOCS=1 cargo test -p tailmark --test tidy");
        assert!(list.contains(&format!("(errors/{name})")), "docs/errors.md does not lead to {name}");
    }
    let found = fs::read_dir(folder).unwrap().count();
    assert_eq!(found, catalogue::entries().len(), "a page in docs/errors is of no code");
}

#[test]
fn every_code_of_the_api_is_in_the_catalogue() {
    let mut sent = BTreeSet::new();
    for path in ["crates/tailmark/src/http/error.rs", "crates/tailmark/src/http/error/told.rs"] {
        let source = document(path);
        // `StatusCode::NOT_FOUND, "ResourceNotFound"`, `(other, "BadRequest")`, `code: "UnknownError"`
        for (place, _) in source.match_indices('"') {
            let before = source[..place].trim_end();
            let is_code = before.ends_with("code:")
                || before.strip_suffix(',').is_some_and(|before| {
                    let words = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
                    let word = before.rsplit(|c: char| !words(c)).next().unwrap_or_default();
                    word.starts_with("StatusCode::") || ["status", "other"].contains(&word)
                });
            if is_code {
                sent.insert(source[place + 1..].split('"').next().unwrap().to_owned());
            }
        }
    }
    assert!(sent.len() > 15, "{sent:?}");
    let api = catalogue::entries().iter().filter(|entry| entry.family == catalogue::Family::Api);
    let known: BTreeSet<String> =
        api.flat_map(|entry| &entry.reasons).map(|reason| reason.code.to_owned()).collect();
    assert_eq!(known, sent, "left: catalogue/refusals.rs; right: http/error.rs and http/error/told.rs");
    let protocol = document("docs/protocol.md");
    let rows = rows(&protocol, "### Errors");
    let listed: BTreeSet<String> = rows.iter().flat_map(|row| quoted(row[1])).map(str::to_owned).collect();
    assert_eq!(listed, known, "left: docs/protocol.md; right: catalogue/refusals.rs");
}

#[test]
fn every_figure_is_documented() {
    let metrics = Metrics::new(&StoreMetrics::default(), &TokenMetrics::default());
    let text = document("docs/operations.md");
    let listed: BTreeSet<&str> = rows(&text, "## Figures").iter().flat_map(|row| quoted(row[0])).collect();
    let printed = metrics.names().iter().map(String::as_str).collect();
    assert_eq!(listed, printed, "left: docs/operations.md; right: telemetry/metrics.rs");
}

#[test]
fn every_field_and_message_of_the_log_is_documented() {
    let (mut fields, mut messages) = (BTreeSet::new(), BTreeSet::new());
    for source in sources() {
        for (level, arguments) in log_lines(&source) {
            for argument in arguments {
                match argument.strip_prefix('"') {
                    Some(message) => {
                        _ = messages.insert(format!("{level}: {}", message.trim_end_matches('"')));
                    }
                    None => {
                        let name = argument.split('=').next().unwrap().trim().trim_start_matches(['%', '?']);
                        fields.insert(name.to_owned());
                    }
                }
            }
        }
    }
    let text = document("docs/logging.md");
    let (mut listed_fields, mut listed_messages) = (BTreeSet::new(), BTreeSet::new());
    for row in rows(&text, "# The log") {
        match row[..] {
            [field, _, _] => listed_fields.extend(quoted(field).map(str::to_owned)),
            [message, level] => {
                listed_messages.extend(quoted(message).map(|message| format!("{level}: {message}")));
            }
            _ => panic!("{row:?}"),
        }
    }
    assert_eq!(listed_fields, fields, "fields; left: docs/logging.md; right: the sources");
    assert_eq!(listed_messages, messages, "messages; left: docs/logging.md; right: the sources");
}

/// What a file logs: levels, and the arguments of the macros.
fn log_lines(source: &Source) -> Vec<(&str, Vec<String>)> {
    let code = &source.text;
    let mut lines = Vec::new();
    for (start, _) in code.match_indices("tracing::") {
        let Some((level, rest)) = code[start + "tracing::".len()..].split_once("!(") else { continue };
        if ["trace", "debug", "info", "warn", "error"].contains(&level) {
            lines.push((level, arguments(rest)));
        }
    }
    lines
}

/// What stands before the closing parenthesis, split at the commas that are neither in brackets nor in a text.
fn arguments(code: &str) -> Vec<String> {
    let (mut arguments, mut depth, mut in_text) = (vec![String::new()], 0, false);
    for character in code.chars() {
        match character {
            '"' => in_text = !in_text,
            '(' | '[' | '{' if !in_text => depth += 1,
            ')' if !in_text && depth == 0 => break,
            ')' | ']' | '}' if !in_text => depth -= 1,
            ',' if !in_text && depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        arguments.last_mut().unwrap().push(character);
    }
    arguments
        .iter()
        .map(|argument| argument.trim().to_owned())
        .filter(|argument| !argument.is_empty())
        .collect()
}

/// The document is what `e2e/run.py` saw: of the versions that are locked, and of every sequence that there is.
#[test]
fn the_clients_are_those_that_were_run() {
    let text = document("docs/clients.md");
    assert!(
        text.lines().nth(2).unwrap().starts_with("Written by `e2e/run.py`"),
        "who wrote docs/clients.md?"
    );
    let locks = ["small", "large"].map(|kit| {
        let [pip, npm] = ["requirements.txt", "package-lock.json"]
            .map(|name| document(&format!("e2e/sdk/{kit}/{name}")).to_lowercase());
        let npm: serde_json::Value = serde_json::from_str(&npm).unwrap();
        (pip, npm)
    });
    let is_locked = |package: &str, version: &str| {
        locks.iter().any(|(pip, npm)| {
            let installed = &npm["packages"][format!("node_modules/{package}")]["version"];
            installed == version || pip.lines().any(|line| line == format!("{package}=={version}"))
        })
    };
    let clients: Vec<_> = rows(&text, "## SDKs").into_iter().filter(|row| row.len() > 2).collect();
    assert!(clients.len() > 3, "{clients:?}");
    for row in clients {
        let names = row[0].split(" (").next().unwrap();
        for (package, version) in names.split(", ").zip(row[1].split(", ")) {
            assert!(
                is_locked(package, version),
                "{package} {version} is not what e2e/sdk locks: run e2e/run.py"
            );
        }
    }
    let replay = document("e2e/community/replay.py");
    let titles = replay.lines().filter_map(|line| line.strip_prefix("    \"\"\"")?.split_once("\"\"\""));
    let said: BTreeSet<String> =
        titles.map(|(title, _)| title.to_owned()).filter(|title| title.contains(": ")).collect();
    let sequences = rows(&text, "## Sequences of scripts");
    let listed: BTreeSet<String> = sequences.iter().map(|row| format!("{}: {}", row[0], row[1])).collect();
    assert_eq!(listed, said, "left: docs/clients.md; right: e2e/community/replay.py: run e2e/run.py");
}

#[test]
fn every_guarantee_names_its_tests() {
    let text = document("docs/guarantees.md");
    let tests = rust_files("crates");
    let (mut named, mut wrong) = (BTreeSet::new(), Vec::new());
    let numbers = |heading: &str, letter: char, all: std::ops::RangeInclusive<usize>| {
        let listed: Vec<String> = rows(&text, heading).iter().map(|row| row[0].to_owned()).collect();
        let missing = all.map(|number| format!("{letter}{number}")).filter(|name| !listed.contains(name));
        missing.map(|name| format!("{name} has no row")).collect::<Vec<_>>()
    };
    wrong.extend(numbers("## Figures", 'G', 1..=17));
    wrong.extend(numbers("## Requirements", 'R', 1..=40));
    for heading in ["## Figures", "## Requirements"] {
        for row in rows(&text, heading) {
            let last = row.last().unwrap();
            let names: Vec<_> = quoted(last).filter_map(|name| name.split_once("::")).collect();
            if names.is_empty() && !last.contains("not yet: ") {
                wrong.push(format!("{} names no test, and does not say \"not yet: …\"", row[0]));
            }
            named.extend(names);
        }
    }
    for (file, function) in named {
        let places =
            ["crates", "crates/tailmark/tests", "crates/tailmark"].map(|place| format!("{place}/{file}"));
        let is_test = |source: &Source| {
            let mut lines = source.text.lines().map(str::trim);
            let mut is_marked = false;
            lines.any(|line| {
                let found = is_marked && line.contains(&format!("fn {function}("));
                // Other attributes and comments may stand between.
                let marks = line.starts_with("#[") && (line.contains("test]") || line.contains("test("));
                is_marked = marks || is_marked && !line.contains("fn ");
                found
            })
        };
        if !tests.iter().any(|source| places.contains(&source.path) && is_test(source)) {
            wrong.push(format!("there is no test {file}::{function}"));
        }
    }
    nothing("docs/guarantees.md", &wrong);
}

#[test]
fn documents_name_files_that_are_there() {
    let (root, sources) = (root(), sources());
    let mut missing = Vec::new();
    for path in [
        "README.md",
        "docs/architecture.md",
        "docs/console.md",
        "docs/guarantees.md",
        "docs/operations.md",
        "docs/protocol.md",
        "docs/logging.md",
        "docs/configuration.md",
    ] {
        for name in document(path).lines().flat_map(quoted) {
            let file = name.split("::").next().unwrap();
            let is_file = file.ends_with(".rs") || file.ends_with(".sql");
            if !is_file || file.contains(['…', '*', ' ', '{', '<']) {
                continue;
            }
            let places =
                ["", "crates/", "crates/tailmark/", "crates/tailmark/src/", "crates/tailmark/tests/"];
            let by_name =
                sources.iter().any(|source| Path::new(&source.path).file_name() == Some(file.as_ref()));
            if !by_name && !places.iter().any(|place| root.join(place).join(file).exists()) {
                missing.push(format!("{path}: {name}"));
            }
        }
    }
    nothing("no such file", &missing);
}
