//! What is wrong with devices before they are imported; the same answer for command line, importer and server.
//!
//! In: a [`DeviceRecord`] or a whole [`Sheet`]. Out: [`Problem`]s with code, line, column and remedy, and
//! ([`corrected`]) the rows with every repair made that loses nothing. Judges text only: whether a device is
//! registered already is for `registration` to say.
//! Source: <https://learn.microsoft.com/en-us/autopilot/add-devices>; placeholder serial numbers and damage by
//! spreadsheets as people report them. The limits are ours, for Microsoft publishes none.

mod cell;
mod hardware_hash;
mod identifiers;
mod placeholder;
mod sheet;

pub use crate::problem::{CODES, Column, Problem, Severity};
pub use identifiers::is_same_serial_number;
pub use placeholder::is_placeholder;

use crate::csv::{Row, Sheet};
use crate::device_record::{DeviceRecord, Field};
use crate::hardware_identifier::HardwareReport;

/// The most characters of a serial number.
pub const MAX_SERIAL_NUMBER: usize = 256;
/// The most characters of a product key.
pub const MAX_PRODUCT_KEY: usize = 128;
/// The most characters of a hardware hash in Base64; real ones have 4,000.
pub const MAX_HARDWARE_HASH: usize = 16_384;
/// The most characters of a group tag.
pub const MAX_GROUP_TAG: usize = 2_048;
/// The most characters of a user principal name.
pub const MAX_ASSIGNED_USER: usize = 1_024;

/// The most characters of one of the five texts.
pub const fn limit(field: Field) -> usize {
    match field {
        Field::SerialNumber => MAX_SERIAL_NUMBER,
        Field::ProductKey => MAX_PRODUCT_KEY,
        Field::HardwareHash => MAX_HARDWARE_HASH,
        Field::GroupTag => MAX_GROUP_TAG,
        Field::AssignedUser => MAX_ASSIGNED_USER,
    }
}

/// Everything that is wrong with one device.
pub fn check_record(record: &DeviceRecord) -> Vec<Problem> {
    examine(record).problems
}

/// Everything that is wrong with a file: its form, each row, rows that describe one device; ordered by line.
pub fn check_sheet(sheet: &Sheet) -> Vec<Problem> {
    sheet::check(sheet)
}

/// The device with every repair made that loses nothing. Never invents a text.
pub fn corrected_record(record: &DeviceRecord) -> DeviceRecord {
    examine(record).corrected
}

/// The rows of a file with every repair made that loses nothing.
pub fn corrected(sheet: &Sheet) -> Vec<Row> {
    let repair = |row: &Row| Row { record: corrected_record(&row.record), ..row.clone() };
    sheet.rows.iter().map(repair).collect()
}

/// What came out of looking at one device.
struct Examination {
    problems: Vec<Problem>,
    corrected: DeviceRecord,
    /// What the hash says, if it is valid.
    report: Option<HardwareReport>,
}

fn examine(record: &DeviceRecord) -> Examination {
    let mut problems = Vec::new();
    let mut corrected = DeviceRecord::default();
    for field in Field::ALL {
        *corrected.text_mut(field) = cell::tidy(record.text(field), field, &mut problems);
    }
    if identifiers::are_swapped(&corrected) {
        let message = "the hardware hash is in the column of the serial number";
        let fix = "Put the columns in the order of the header.";
        problems.push(Problem::error("columns-swapped", message).on(Field::SerialNumber).fix(fix));
        return Examination { problems, corrected, report: None };
    }
    let report = hardware_hash::check(&mut corrected, &mut problems);
    identifiers::serial_number(&corrected.serial_number, report.as_ref(), &mut problems);
    identifiers::product_key(&corrected.product_key, report.as_ref(), &mut problems);
    identifiers::group_tag(&corrected.group_tag, &mut problems);
    identifiers::assigned_user(&corrected.assigned_user, &mut problems);
    Examination { problems, corrected, report }
}
