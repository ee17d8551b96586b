//! What a command prints, in the form that was asked for.
//!
//! In: a JSON value and its [`Kind`]. Out: a table on a terminal and JSON when piped, or what `-o` says,
//! after the JMESPath of `--query`. Results go to stdout; progress, notices and errors to stderr. Colours
//! appear on a terminal only and never with `NO_COLOR` (<https://no-color.org>). A reader that goes away
//! (`tailmark devices list | head`) is no error.

pub mod cell;
pub mod columns;
mod delimited;
pub mod json;
pub mod table;

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

pub use columns::Kind;

/// The forms of `-o`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One indented JSON value
    Json,
    /// One JSON value a line, one line a row
    Jsonl,
    /// Aligned columns for people
    Table,
    /// The columns of the table, separated by tabs, without a heading
    Tsv,
    /// Every member as a column, safe to open in a spreadsheet
    Csv,
    /// YAML
    Yaml,
    /// Nothing: only the exit code
    None,
}

/// Why a result cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `--query` failed on this value.
    #[error("--query: {0}")]
    Query(String),
    /// YAML cannot say it.
    #[error("cannot write YAML")]
    Yaml(#[from] yaml_serde::Error),
    /// JSON cannot say it.
    #[error("cannot write JSON")]
    Json(#[from] serde_json::Error),
    /// stdout is closed or full.
    #[error("cannot write the output")]
    Io(#[from] io::Error),
}

/// Where and how results and notices are printed.
#[derive(Clone, Debug)]
pub struct Output {
    format: Format,
    query: Option<String>,
    quiet: bool,
    terminal: bool,
    explicit: bool,
}

impl Output {
    /// The form that was asked for, or the one that suits where stdout leads.
    pub fn new(format: Option<Format>, query: Option<String>, quiet: bool) -> Output {
        let terminal = io::stdout().is_terminal();
        let fitting = if terminal { Format::Table } else { Format::Json };
        Output { format: format.unwrap_or(fitting), query, quiet, terminal, explicit: format.is_some() }
    }

    /// The same destination, always as a table.
    pub fn as_table(&self) -> Output {
        Output { format: Format::Table, query: None, ..self.clone() }
    }

    /// Whether people read the result rather than programs.
    pub fn is_table(&self) -> bool {
        self.format == Format::Table
    }

    /// Whether the result is a list of rows rather than one document with everything in it.
    pub fn wants_rows(&self) -> bool {
        self.query.is_none() && !matches!(self.format, Format::Json | Format::Yaml)
    }

    /// Whether prose serves better than a table: people read it and nothing was picked.
    pub fn wants_prose(&self) -> bool {
        self.query.is_none() && self.is_table()
    }

    /// Whether errors are to be JSON too: only where JSON was asked for by name.
    pub fn wants_json_errors(&self) -> bool {
        self.explicit && matches!(self.format, Format::Json | Format::Jsonl)
    }

    /// Prints a result on stdout.
    pub fn show(&self, value: &Value, kind: Kind) -> Result<(), Error> {
        let queried = self.query.as_deref().map(|query| search(query, value)).transpose()?;
        let (value, kind) = match &queried {
            Some(value) => (value, Kind::Plain),
            None => (value, kind),
        };
        let text = match self.format {
            Format::Json => json::pretty(value)?,
            Format::Jsonl => json::lines(value)?,
            Format::Table => table::write(value, kind, self.paper()),
            Format::Tsv => delimited::tsv(value, kind),
            Format::Csv => delimited::csv(value, self.terminal),
            Format::Yaml => yaml_serde::to_string(value)?,
            Format::None => String::new(),
        };
        print(&text)
    }

    /// Prints a line of prose on stdout, for commands whose result is meant for people.
    pub fn line(&self, text: &str) -> Result<(), Error> {
        print(&format!("{text}\n"))
    }

    /// Tells people something on stderr, unless `-q`.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            // A closed stderr leaves nobody to tell.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Whether notices and progress are unwanted.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    fn paper(&self) -> table::Paper {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        table::Paper { width: width.filter(|_| self.terminal), colours: self.terminal && !plain }
    }
}

/// Whether an expression is JMESPath, for the command line to say so at once.
pub fn checked_query(expression: &str) -> Result<String, String> {
    jmespath::compile(expression).map(|_| expression.to_owned()).map_err(|error| error.to_string())
}

fn search(query: &str, value: &Value) -> Result<Value, Error> {
    let failed = |error: jmespath::JmespathError| Error::Query(error.to_string());
    let found = jmespath::compile(query).and_then(|query| query.search(value)).map_err(failed)?;
    Ok(serde_json::to_value(&found)?)
}

fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}
