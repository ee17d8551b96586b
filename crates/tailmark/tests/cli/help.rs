//! The help is true: every example in it parses, and docs/cli.md says what it says.
//!
//! `TAILMARK_WRITE_DOCS=1 cargo test -p tailmark --test cli` writes the reference anew.

use std::fmt::Write as _;
use std::path::Path;

use clap::builder::PossibleValue;
use clap::{Arg, Command, CommandFactory as _};
use tailmark::commands::CommandLine;

/// Where the generated part of docs/cli.md begins.
const MARK: &str = "<!-- Below: written from the program; see tests/cli/help.rs. -->\n";

fn root() -> Command {
    let mut root = CommandLine::command();
    root.build();
    root
}

/// Every command that does something, with its path: `tailmark devices list`.
fn commands(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
    let path = format!("{path}{}", command.get_name());
    let inner: Vec<_> = command.get_subcommands().filter(|inner| inner.get_name() != "help").collect();
    if inner.is_empty() {
        found.push((path, command.clone()));
    } else {
        inner.into_iter().for_each(|inner| commands(inner, &format!("{path} "), found));
    }
}

fn all() -> Vec<(String, Command)> {
    let mut found = Vec::new();
    commands(&root(), "", &mut found);
    found
}

fn help_below(command: &Command) -> String {
    command.get_after_help().map(ToString::to_string).unwrap_or_default()
}

/// The example lines of a help, a continued one as one.
fn examples(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    let text: Vec<_> = lines.take_while(|line| line.starts_with("  ")).map(str::trim).collect();
    text.join("\n").replace("\\\n", " ").lines().map(str::to_owned).collect()
}

/// The calls of the program in a line of shell: words as a shell would split them.
fn calls(line: &str) -> Vec<Vec<String>> {
    let (mut calls, mut words, mut word) = (Vec::new(), Vec::new(), None::<String>);
    let mut quote = None;
    let mut end = |words: &mut Vec<String>| {
        let words = std::mem::take(words);
        let start = words.iter().position(|word| word == "tailmark");
        calls.extend(start.map(|start| words[start..].to_vec()));
    };
    let line = line.replace("$(", " ( ").replace("<(", " ( ");
    for (at, character) in line.char_indices() {
        match (quote, character) {
            // What stands after many blanks explains the line.
            (None, ' ') if line[at..].starts_with("   ") => break,
            // A command inside quotation marks.
            (Some('"'), '(') if line[at..].starts_with("( tailmark") => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(character),
            (None, ' ') => words.extend(word.take()),
            (None, '|' | '(' | ')' | '&' | ';' | '>' | '<') => {
                words.extend(word.take());
                end(&mut words);
            }
            (None, _) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    end(&mut words);
    calls
}

#[test]
fn words_are_split_as_a_shell_does() {
    let split = |line: &str| calls(line).iter().map(|words| words.join("·")).collect::<Vec<_>>();
    assert_eq!(split("export T=$(tailmark token --app)"), ["tailmark·token·--app"]);
    assert_eq!(
        split("tailmark a --x \"b 'c'\" -o tsv | tailmark d -     a word"),
        ["tailmark·a·--x·b 'c'·-o·tsv", "tailmark·d·-"]
    );
    assert_eq!(split("eval \"$(tailmark env python)\""), ["tailmark·env·python"]);
    assert_eq!(split("tailmark d - < ids.txt"), ["tailmark·d·-"]);
    assert_eq!(split("A=b tailmark login"), ["tailmark·login"]);
}

#[test]
fn every_command_teaches_by_examples_that_parse() {
    let mut helps = vec![("tailmark".to_owned(), root())];
    helps.extend(all());
    for (path, command) in helps {
        let examples = examples(&help_below(&command));
        assert!(!examples.is_empty(), "{path} has no examples");
        let mut own = 0;
        for line in &examples {
            let calls = calls(line);
            assert!(!calls.is_empty(), "{path}: {line}");
            for words in calls {
                own += usize::from(words.join(" ").starts_with(&path));
                if let Err(error) = root().try_get_matches_from(&words) {
                    panic!("{path}: {line}\n{words:?}: {error}");
                }
            }
        }
        assert!(own > 0, "{path}: no example shows it");
    }
}

#[test]
fn the_reference_is_what_the_program_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (prose, _) = text.split_once(MARK).unwrap_or_else(|| panic!("docs/cli.md has no line {MARK}"));
    let wanted = format!("{prose}{MARK}{}", reference());
    if std::env::var_os("TAILMARK_WRITE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text == wanted, "docs/cli.md is not what the program says: TAILMARK_WRITE_DOCS=1 writes it anew");
}

/// Every command with its arguments and examples, in Markdown.
fn reference() -> String {
    let mut out = String::from("\n## Options of all commands\n\n");
    let root = root();
    arguments(&mut out, root.get_arguments().filter(|argument| argument.is_global_set()));
    for (path, command) in all() {
        let about =
            command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
        write!(out, "\n## {path}\n\n{}.\n", about.trim_end_matches('.')).unwrap();
        let own: Vec<_> = command.get_arguments().filter(|argument| !argument.is_global_set()).collect();
        let own: Vec<_> = own.into_iter().filter(|argument| argument.get_id() != "help").collect();
        if !own.is_empty() {
            out.push('\n');
            arguments(&mut out, own.into_iter());
        }
        let help = help_below(&command);
        let (before, examples) = help.split_once("Examples:\n").unwrap();
        let before = before.trim_end();
        match before.lines().any(|line| line.starts_with(' ')) {
            // Columns stay as they are.
            true => write!(out, "\n```text\n{before}\n```\n").unwrap(),
            false if before.is_empty() => {}
            false => write!(out, "\n{before}\n").unwrap(),
        }
        let examples: Vec<_> = examples.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
        write!(out, "\n```text\n{}\n```\n", examples.join("\n").trim()).unwrap();
    }
    out
}

fn arguments<'a>(out: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    out.push_str("| | |\n|---|---|\n");
    for argument in arguments.filter(|argument| !argument.is_hide_set()) {
        let mut name = match (argument.get_short(), argument.get_long()) {
            (Some(short), Some(long)) => format!("-{short}, --{long}"),
            (None, Some(long)) => format!("--{long}"),
            _ => String::new(),
        };
        if argument.get_action().takes_values() {
            let value = argument.get_value_names().and_then(|names| names.first());
            let value = value.map_or_else(|| argument.get_id().to_string(), ToString::to_string);
            let several =
                if argument.is_positional() && argument.get_num_args().is_some_and(|n| n.max_values() > 1) {
                    "…"
                } else {
                    ""
                };
            name = format!("{name} {value}{several}").trim().to_owned();
        }
        let mut says = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let defaults: Vec<_> =
            argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        if !defaults.is_empty() && argument.get_action().takes_values() {
            write!(says, " [default: {}]", defaults.join(", ")).unwrap();
        }
        if let Some(variable) = argument.get_env() {
            write!(says, " [variable: {}]", variable.to_string_lossy()).unwrap();
        }
        let possible = argument.get_possible_values();
        if argument.get_action().takes_values() && !possible.is_empty() {
            let names: Vec<_> = possible.iter().map(PossibleValue::get_name).collect();
            write!(says, " [{}]", names.join(", ")).unwrap();
        }
        writeln!(out, "| `{name}` | {} |", says.replace('|', "\\|").replace('\n', " ")).unwrap();
    }
}
