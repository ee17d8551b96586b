//! Reads a text by a rule of the OData grammar and prints the tree, or says where it is wrong.
//!
//! ```text
//! cargo run -p odata --example parse -- commonExpr "price gt 3 and contains(name,'a')"
//! cargo run -p odata --example parse -- --constraints cases.json odataRelativeUri "Products(1)"
//! cargo run -p odata --example parse -- --lines < rules-and-inputs.tsv
//! ```
//!
//! With `--lines` each line of the input is `RULE<TAB>INPUT`, and each gets one line: `accept`, or `reject`, a tab
//! and the reason. A line without a tab that is no rule's name is the rest of an input with a line break, which was
//! answered already. The file of `--constraints` says which names the rules may match, see
//! [`odata::syntax::rules::Constraints`].

use std::io::{self, BufRead as _, Write as _};
use std::process::ExitCode;

use odata::Error;
use odata::syntax::rules::{self, Constraints};

const USAGE: &str = "usage: parse [--constraints FILE] (RULE INPUT | --lines | --rules)";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Vec<String>) -> Result<ExitCode, String> {
    let mut constraints = Constraints::none();
    let mut left = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--constraints" => constraints = read_constraints(&arguments.next().ok_or(USAGE)?)?,
            _ => left.push(argument),
        }
    }
    match left.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--rules"] => {
            rules::all().for_each(|rule| println!("{rule}"));
            Ok(ExitCode::SUCCESS)
        }
        ["--lines"] => answer_lines(&constraints).map_err(|error| error.to_string()),
        [rule, input] => Ok(answer(rule, input, &constraints)),
        _ => Err(USAGE.to_owned()),
    }
}

fn read_constraints(file: &str) -> Result<Constraints, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let json = serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
    Constraints::from_json(&json).ok_or_else(|| format!("{file}: no lists of names by rules"))
}

fn answer(rule: &str, input: &str, constraints: &Constraints) -> ExitCode {
    match rules::check(rule, input, constraints) {
        Ok(tree) => {
            println!("{tree}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{}", marked(&error, input));
            ExitCode::FAILURE
        }
    }
}

/// The message, and the input with a caret below the place. Places count in decoded text.
fn marked(error: &Error, input: &str) -> String {
    let Some(span) = error.span else { return error.to_string() };
    let (before, length) = match input.get(..span.start) {
        Some(before) => {
            (before.chars().count(), input.get(span.start..span.end).map_or(1, |at| at.chars().count()))
        }
        None => (input.chars().count(), 1),
    };
    format!("{error}\n  {input}\n  {}{}", " ".repeat(before), "^".repeat(length.max(1)))
}

fn answer_lines(constraints: &Constraints) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (rule, input) = match line.split_once('\t') {
            Some(row) => row,
            None if rules::all().any(|rule| rule.eq_ignore_ascii_case(&line)) => (line.as_str(), ""),
            None => continue,
        };
        match rules::check(rule, input, constraints) {
            Ok(_) => writeln!(out, "accept")?,
            Err(error) => writeln!(out, "reject\t{}", error.to_string().replace(['\n', '\r', '\t'], " "))?,
        }
    }
    Ok(ExitCode::SUCCESS)
}
