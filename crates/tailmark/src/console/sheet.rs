//! A hash file between being dropped and being imported.
//!
//! In comes a file's bytes, out come its devices and everything that is wrong with them, by the same code as the
//! command line and the server. A waiting file is kept in its session; from which file and lines an upload came the API
//! is told.

use std::collections::{HashMap, HashSet};

use autopilot::check::{self, Problem, Severity};
use autopilot::csv::{self, DeviceRecord, Field, Sheet};
use serde_json::{Map, Value, json};

use super::form::Fields;

/// A file that was read and not imported yet.
pub struct Waiting {
    /// Its name in addresses.
    pub id: String,
    /// The file's own name.
    pub name: String,
    /// How many bytes it had.
    pub size: usize,
    /// What is in it.
    pub sheet: Sheet,
    /// What is wrong with it, by line.
    pub problems: Vec<Problem>,
    /// The devices that can be imported, repaired, with their lines.
    pub good: Vec<(u64, DeviceRecord)>,
    /// The lines of devices that would be refused.
    pub bad: HashSet<u64>,
    /// Whether something about the file as a whole keeps it from being imported.
    pub is_unusable: bool,
}

impl Waiting {
    /// Checks a file.
    pub fn new(id: String, name: String, size: usize, sheet: Sheet) -> Self {
        let problems = check::check_sheet(&sheet);
        let lines: HashSet<u64> = sheet.rows.iter().map(|row| row.line).collect();
        let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
        let bad: HashSet<Option<u64>> = errors.map(|problem| problem.line).collect();
        let is_of_row = |line: &Option<u64>| line.is_some_and(|line| lines.contains(&line));
        let is_unusable = lines.is_empty() || !bad.iter().all(is_of_row);
        let bad: HashSet<u64> = bad.into_iter().flatten().collect();
        let rows = check::corrected(&sheet).into_iter();
        let good = rows.filter(|row| !bad.contains(&row.line)).map(|row| (row.line, row.record)).collect();
        Self { id, name, size, sheet, problems, good, bad, is_unusable }
    }

    /// From which file and lines the devices come that can be imported, as the API takes it. Of a serial number that is
    /// there twice it is the last line: the first device is registered, and the others are refused.
    pub fn source(&self) -> Value {
        let lines = self.good.iter().map(|(line, record)| (record.serial_number.clone(), (*line).into()));
        json!({ "fileName": self.name, "lines": lines.collect::<Map<String, Value>>() })
    }

    /// How many problems are this bad.
    pub fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity == severity).count()
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
        Self::new(self.id.clone(), self.name.clone(), self.size, sheet)
    }
}

/// Reads a file.
pub fn read(id: String, name: &str, bytes: &[u8]) -> Waiting {
    Waiting::new(id, name.chars().take(200).collect(), bytes.len(), csv::read(bytes))
}

/// A device as the API takes it.
pub fn body(record: &DeviceRecord) -> Value {
    let texts = Field::ALL.map(|field| (field.property().to_owned(), record.text(field)));
    let given = texts.into_iter().filter(|(_, text)| !text.is_empty());
    Value::Object(given.map(|(name, text)| (name, text.into())).collect::<Map<_, _>>())
}
