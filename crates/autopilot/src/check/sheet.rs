//! A whole file: each row, and rows that describe one device.
//!
//! In: a [`Sheet`]. Out: all its problems with line and column, ordered by line. Rows are compared by what
//! their hashes say (two captures of one machine have different texts), without a hash by serial number and
//! product key.
//! Source: <https://learn.microsoft.com/en-us/autopilot/add-devices> (duplicates; 500 rows).

use super::{Examination, examine, is_placeholder};
use crate::csv::write::PORTAL_ROWS;
use crate::csv::{Row, Sheet};
use crate::device_record::Field;
use crate::problem::{Problem, shown};
use std::collections::BTreeMap;

pub(super) fn check(sheet: &Sheet) -> Vec<Problem> {
    let mut problems = sheet.problems.clone();
    let mut seen = Seen::default();
    for row in &sheet.rows {
        let examination = examine(&row.record);
        let duplicate = seen.duplicate(row, &examination);
        let found = examination.problems.into_iter().filter(|problem| !is_of_header(problem, row));
        problems.extend(found.chain(duplicate).map(|problem| place(problem, row)));
    }
    if let Some(row) = sheet.rows.get(PORTAL_ROWS) {
        let message =
            format!("the file has {} rows; the portal takes {PORTAL_ROWS} at a time", sheet.rows.len());
        let fix = "The service takes them all; the corrected file is split.";
        problems.push(Problem::warning("rows-over-500", message).line(row.line).fix(fix));
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}

/// What is missing in every row because the header lacks the column is said once, of the header.
fn is_of_header(problem: &Problem, row: &Row) -> bool {
    let lacks = |field| row.columns.number(field).is_none();
    match problem.code {
        "serial-missing" => lacks(Field::SerialNumber),
        "hash-missing" => lacks(Field::HardwareHash) && lacks(Field::ProductKey),
        _ => false,
    }
}

fn place(mut problem: Problem, row: &Row) -> Problem {
    if let Some(column) = &mut problem.column {
        column.number = column.field.and_then(|field| row.columns.number(field));
    }
    problem.line(row.line)
}

/// Which devices were met, and on which line first.
#[derive(Default)]
struct Seen {
    devices: BTreeMap<Identity, u64>,
    serial_numbers: BTreeMap<String, u64>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Hardware([u8; 32]),
    SerialAndKey(String, String),
}

impl Seen {
    fn duplicate(&mut self, row: &Row, examination: &Examination) -> Option<Problem> {
        let record = &examination.corrected;
        let serial_number = record.serial_number.to_lowercase();
        let identity = match &examination.report {
            Some(report) => Some(Identity::Hardware(report.identity())),
            None if record.hardware_hash.is_empty() && !record.product_key.is_empty() => {
                Some(Identity::SerialAndKey(serial_number.clone(), record.product_key.to_lowercase()))
            }
            None => None,
        };
        if let Some(first) = identity.and_then(|identity| first(&mut self.devices, identity, row.line)) {
            let message = format!("this is the same device as on line {first}");
            let fix = "Leave one row for each device; the service takes one of them and refuses the others.";
            return Some(Problem::error("device-duplicate", message).on(Field::HardwareHash).fix(fix));
        }
        if serial_number.is_empty() || is_placeholder(&serial_number) {
            return None;
        }
        let first = first(&mut self.serial_numbers, serial_number, row.line)?;
        let message =
            format!("the serial number {} is on line {first} already", shown(&record.serial_number));
        let fix = "Some makers ship one serial number on several machines; otherwise rows were mixed up.";
        Some(Problem::warning("serial-duplicate", message).on(Field::SerialNumber).fix(fix))
    }
}

fn first<K: Ord>(seen: &mut BTreeMap<K, u64>, key: K, line: u64) -> Option<u64> {
    let first = *seen.entry(key).or_insert(line);
    (first != line).then_some(first)
}
