//! The files in `examples/` are what the generator writes, and say what they claim to say.

#[path = "../examples/generate/files.rs"]
mod files;
#[path = "../examples/generate/machines.rs"]
mod machines;

use autopilot::check::{Severity, check_record, check_sheet, corrected};
use autopilot::csv::{self, Header};
use std::collections::BTreeSet;

fn example(name: &str) -> std::io::Result<Vec<u8>> {
    let path = format!("{}/../../examples/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path)
}

#[test]
fn the_files_are_what_the_generator_writes() {
    let hint = "cargo run -p autopilot --example generate -- examples";
    assert!(example("devices.csv").unwrap() == files::devices().into_bytes(), "{hint}");
    assert!(example("mistakes.csv").unwrap() == files::mistakes().into_bytes(), "{hint}");
}

#[test]
fn nothing_is_wrong_with_devices() {
    let sheet = csv::read(files::devices().as_bytes());
    assert_eq!(check_sheet(&sheet), []);
    assert_eq!(sheet.form.header, Header::Intune);
    assert_eq!(sheet.rows.len(), 240);
    let hashes: BTreeSet<&str> = sheet.rows.iter().map(|row| row.record.hardware_hash.as_str()).collect();
    assert_eq!(hashes.len(), 240);
    assert!(hashes.iter().all(|hash| hash.len() == 4_000));
    let serials: BTreeSet<&str> = sheet.rows.iter().map(|row| row.record.serial_number.as_str()).collect();
    assert_eq!(serials.len(), 240);
}

#[test]
fn each_mistake_has_its_code_and_no_other() {
    let sheet = csv::read(files::mistakes().as_bytes());
    let problems = check_sheet(&sheet);
    for row in &sheet.rows {
        let found: Vec<&str> = problems
            .iter()
            .filter(|problem| problem.line == Some(row.line))
            .map(|problem| problem.code)
            .collect();
        // Where columns are swapped or missing the tag still stands in its place.
        let expected = row.record.group_tag.split([' ', ',']).next().unwrap();
        let expected: &[&str] = if expected == "good" { &[] } else { &[expected] };
        assert_eq!(found, expected, "line {}", row.line);
    }
    let lines: BTreeSet<u64> = sheet.rows.iter().map(|row| row.line).collect();
    let elsewhere: Vec<&str> = problems
        .iter()
        .filter(|problem| problem.line.is_none_or(|line| !lines.contains(&line)))
        .map(|problem| problem.code)
        .collect();
    assert_eq!(elsewhere, ["file-encoding", "row-blank"]);
}

#[test]
fn repaired_means_that_the_correction_removes_it() {
    let sheet = csv::read(files::mistakes().as_bytes());
    for (row, fixed) in sheet.rows.iter().zip(corrected(&sheet)) {
        let expected: Vec<&str> = check_record(&row.record)
            .iter()
            .filter(|problem| problem.severity != Severity::Repaired)
            .map(|problem| problem.code)
            .collect();
        let left: Vec<&str> = check_record(&fixed.record).iter().map(|problem| problem.code).collect();
        assert_eq!(left, expected, "line {}", row.line);
    }
}
