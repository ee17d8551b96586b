//! A hash file between being dropped and being imported, and from which lines the devices of an upload came.
//!
//! In comes a file's bytes, out come its devices and everything that is wrong with them, by the same code as the
//! command line and the server. A waiting file is kept in its session; lines are kept for the latest uploads until the
//! service ends, after which devices are known by their serial numbers alone.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use autopilot::check::{self, Problem, Severity};
use autopilot::csv::{self, DeviceRecord, Field, Sheet};
use serde_json::{Map, Value};

use super::form::Fields;

/// For how many uploads the lines are kept.
const KEPT: usize = 200;

/// A file that was read and not imported yet.
pub struct Waiting {
    /// Its name in addresses.
    pub id: String,
    /// The file's own name.
    pub name: String,
    /// What is in it.
    pub sheet: Sheet,
    /// What is wrong with it, by line.
    pub problems: Vec<Problem>,
}

/// From which file an upload came.
#[derive(Debug)]
pub struct FileLines {
    /// The file's own name.
    pub name: String,
    /// The lines, by serial number.
    pub lines: HashMap<String, u64>,
}

/// From which files the latest uploads came.
#[derive(Debug, Default)]
pub struct Origins(Mutex<VecDeque<(String, Arc<FileLines>)>>);

impl Waiting {
    /// Checks a file.
    pub fn new(id: String, name: String, sheet: Sheet) -> Self {
        let problems = check::check_sheet(&sheet);
        Self { id, name, sheet, problems }
    }

    /// How many problems are this bad.
    pub fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity == severity).count()
    }

    /// Whether something about the file as a whole keeps it from being imported.
    pub fn is_unusable(&self) -> bool {
        let whole = |problem: &&Problem| problem.severity == Severity::Error && !self.has_row(problem.line);
        self.sheet.rows.is_empty() || self.problems.iter().any(|problem| whole(&problem))
    }

    fn has_row(&self, line: Option<u64>) -> bool {
        line.is_some_and(|line| self.sheet.rows.iter().any(|row| row.line == line))
    }

    /// Whether the device of a line would be refused.
    pub fn is_bad(&self, line: u64) -> bool {
        let mut of_line = self.problems.iter().filter(|problem| problem.line == Some(line));
        of_line.any(|problem| problem.severity == Severity::Error)
    }

    /// The devices that can be imported, repaired, with their lines.
    pub fn good(&self) -> Vec<(u64, DeviceRecord)> {
        let bad: HashSet<u64> = self
            .problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            .filter_map(|problem| problem.line)
            .collect();
        let rows = check::corrected(&self.sheet).into_iter();
        rows.filter(|row| !bad.contains(&row.line)).map(|row| (row.line, row.record)).collect()
    }

    /// The file with the changes of a form: `FIELD-LINE` is a text, `drop-LINE` leaves a line out.
    pub fn changed(&self, fields: &Fields) -> Self {
        let mut sheet = self.sheet.clone();
        let changes: HashMap<&str, &str> = fields.pairs().collect();
        // What was wrong with the form of these lines is wrong no more.
        let mut settled = HashSet::new();
        sheet.rows.retain(|row| {
            let is_dropped = changes.contains_key(format!("drop-{}", row.line).as_str());
            if is_dropped {
                settled.insert(Some(row.line));
            }
            !is_dropped
        });
        for row in &mut sheet.rows {
            for field in Field::ALL {
                let name = format!("{}-{}", field.property(), row.line);
                let text = changes.get(name.as_str()).map(|text| text.trim());
                if let Some(text) = text.filter(|text| *text != row.record.text(field).trim()) {
                    text.clone_into(row.record.text_mut(field));
                    settled.insert(Some(row.line));
                }
            }
        }
        sheet.problems.retain(|problem| !settled.contains(&problem.line));
        Self::new(self.id.clone(), self.name.clone(), sheet)
    }
}

/// Reads a file.
pub fn read(id: String, name: &str, bytes: &[u8]) -> Waiting {
    Waiting::new(id, name.chars().take(200).collect(), csv::read(bytes))
}

/// A device as the API takes it.
pub fn body(record: &DeviceRecord) -> Value {
    let texts = Field::ALL.map(|field| (field.property().to_owned(), record.text(field)));
    let given = texts.into_iter().filter(|(_, text)| !text.is_empty());
    Value::Object(given.map(|(name, text)| (name, text.into())).collect::<Map<_, _>>())
}

impl Origins {
    /// Remembers from where an upload came.
    pub fn keep(&self, upload: &str, lines: FileLines) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((upload.to_owned(), Arc::new(lines)));
        if kept.len() > KEPT {
            kept.pop_front();
        }
    }

    /// From where an upload came, if that is known.
    pub fn of(&self, upload: &str) -> Option<Arc<FileLines>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(id, _)| id == upload).map(|(_, lines)| Arc::clone(lines))
    }
}
