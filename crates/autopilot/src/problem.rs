//! What is wrong with a hash file or a device, said once for the command line, the importer and the server.
//!
//! In: a finding of `csv` or `check`. Out: severity, a stable code, the place (line and column), a message
//! and what to do about it. Codes are a promise: scripts compare them, so they are added, never renamed.
//! Source of the rules: <https://learn.microsoft.com/en-us/autopilot/add-devices>.

use crate::device_record::Field;
use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The device would be refused, or is not the one that was meant.
    Error,
    /// The device can be imported; somebody should look at it.
    Warning,
    /// A slip of form that `check::corrected` undoes without loss.
    Repaired,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Repaired => "repaired",
        })
    }
}

/// The column a problem is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Which of the five texts, if it is one of them.
    pub field: Option<Field>,
    /// Its place in the file, counted from 1; none where there is no file.
    pub number: Option<usize>,
    /// Its name: Intune's for one of the five, else as the file has it.
    pub name: String,
}

/// Intune's name plain, a name from the file quoted.
impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            Some(field) if field.header() == self.name => f.write_str(&self.name),
            _ => f.write_str(&shown(&self.name)),
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Which kind, in kebab-case; one of [`CODES`].
    pub code: &'static str,
    /// The line of the file, counted from 1; of a record over several lines, the first.
    pub line: Option<u64>,
    /// The column.
    pub column: Option<Column>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do, or what was done.
    pub fix: Option<String>,
}

impl Problem {
    /// A problem that refuses the device.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// A problem that somebody should look at.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    /// A problem that `check::corrected` undoes.
    pub fn repaired(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Repaired, code, message.into())
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// The same, on a line.
    #[must_use]
    pub fn line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The same, in one of the five columns.
    #[must_use]
    pub fn on(mut self, field: Field) -> Self {
        self.column = Some(Column { field: Some(field), number: None, name: field.header().to_owned() });
        self
    }

    /// The same, in a column of the file.
    #[must_use]
    pub fn column(mut self, number: usize, name: impl Into<String>) -> Self {
        let field = self.column.take().and_then(|column| column.field);
        self.column = Some(Column { field, number: Some(number), name: name.into() });
        self
    }

    /// The same as JSON, alike in the output of the command line and in the service's answers: `line`, `column` (its
    /// number), `columnName`, `severity`, `code`, `message`, `fix`; null where there is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "line": self.line,
            "column": self.column.as_ref().and_then(|column| column.number),
            "columnName": self.column.as_ref().map(|column| &column.name),
            "severity": self.severity.to_string(),
            "code": self.code,
            "message": self.message,
            "fix": self.fix,
        })
    }

    fn new(severity: Severity, code: &'static str, message: String) -> Self {
        debug_assert!(CODES.contains(&code), "{code} is missing in CODES");
        Self { severity, code, line: None, column: None, message, fix: None }
    }
}

/// `line 7, Hardware Hash: the report's checksum is wrong (hash-checksum-mismatch)`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, &self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, {column}: ")?,
            (Some(line), None) => write!(f, "line {line}: ")?,
            (None, Some(column)) => write!(f, "{column}: ")?,
            (None, None) => {}
        }
        write!(f, "{} ({})", self.message, self.code)
    }
}

/// Somebody else's text within a message: quoted, cut at 40 characters, control characters escaped.
pub(crate) fn shown(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    let dots = if start.len() < text.len() { "…" } else { "" };
    format!("\"{}{dots}\"", start.escape_debug())
}

/// Every code, in alphabetical order.
pub const CODES: &[&str] = &[
    "assigned-user-shape",
    "assigned-user-too-long",
    "cell-apostrophe",
    "cell-blanks",
    "cell-comma",
    "cell-control-character",
    "cell-formula",
    "cell-formula-start",
    "cell-invisible",
    "cell-not-ansi",
    "cell-quoted",
    "columns-swapped",
    "device-duplicate",
    "file-delimiter",
    "file-empty",
    "file-encoding",
    "file-no-rows",
    "file-not-hashes",
    "file-not-text",
    "file-quote-unclosed",
    "file-quoted",
    "file-separator-line",
    "file-too-many-rows",
    "file-type-line",
    "group-tag-too-long",
    "hash-bad-record",
    "hash-blanks",
    "hash-bytes-after-checksum",
    "hash-checksum-mismatch",
    "hash-encoded-twice",
    "hash-misaligned",
    "hash-missing",
    "hash-missing-checksum",
    "hash-missing-manufacturer",
    "hash-missing-serial-number",
    "hash-not-a-report",
    "hash-not-base64",
    "hash-not-padded",
    "hash-too-long",
    "hash-trailing-bits",
    "hash-truncated",
    "hash-url-alphabet",
    "header-column-duplicate",
    "header-column-missing",
    "header-column-unknown",
    "header-missing",
    "header-name",
    "header-order",
    "header-order-id",
    "header-partner-center",
    "header-repeated",
    "product-key-mismatch",
    "product-key-shape",
    "product-key-too-long",
    "row-blank",
    "row-too-long",
    "rows-over-500",
    "serial-duplicate",
    "serial-leading-zeros",
    "serial-mismatch",
    "serial-missing",
    "serial-placeholder",
    "serial-scientific",
    "serial-too-long",
];
