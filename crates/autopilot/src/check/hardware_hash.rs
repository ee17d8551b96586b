//! The hardware hash of a record: Base64, report, and whether either was repaired.
//!
//! In: a record whose cells are tidy. Out: what the hash says, if it is valid; the record's hash in the form
//! that the service takes; a problem for each repair and each fault.
//! Source: <https://learn.microsoft.com/en-us/autopilot/troubleshooting-faq> and `hardware_identifier`.

use super::MAX_HARDWARE_HASH;
use crate::device_record::{DeviceRecord, Field};
use crate::hardware_identifier::{HardwareFault, HardwareIdentifier, HardwareReport, Inspection, Repair};
use crate::problem::Problem;

pub(super) fn check(record: &mut DeviceRecord, problems: &mut Vec<Problem>) -> Option<HardwareReport> {
    let mut add = |problem: Problem| problems.push(problem.on(Field::HardwareHash));
    let length = record.hardware_hash.chars().count();
    if record.hardware_hash.trim().is_empty() {
        record.hardware_hash.clear();
        add(missing(!record.product_key.is_empty()));
        return None;
    }
    if length > MAX_HARDWARE_HASH {
        let message =
            format!("the hash has {length} characters, more than {MAX_HARDWARE_HASH}; real ones have 4000");
        add(Problem::error("hash-too-long", message).fix(CAPTURE_AGAIN));
        return None;
    }
    let (identifier, repairs) = match HardwareIdentifier::from_base64(&record.hardware_hash) {
        Ok(read) => read,
        Err(fault) => {
            add(Problem::error("hash-not-base64", format!("the hash is not Base64: {fault}"))
                .fix(CAPTURE_AGAIN));
            return None;
        }
    };
    for repair in &repairs {
        // An `A` that was missing needs padding after it: one slip, not two.
        let is_one = *repair == Repair::Padding && repairs.contains(&Repair::ZeroFill);
        if !is_one {
            add(repaired(*repair));
        }
    }
    let Inspection { report, repair, faults } = identifier.inspect();
    if !repairs.is_empty() || repair.is_some() {
        record.hardware_hash = identifier.unwrapped().unwrap_or(identifier).to_base64();
    }
    repair.into_iter().for_each(|repair| add(repaired(repair)));
    faults.iter().for_each(|fault| add(fault_problem(fault)));
    faults.is_empty().then_some(report)
}

const CAPTURE_AGAIN: &str = "Capture the hash on the device again, and keep the file out of spreadsheets.";

fn missing(has_product_key: bool) -> Problem {
    let message = "there is no hardware hash";
    if has_product_key {
        let fix =
            "Partners may register a device by serial number and product key; the portal wants the hash.";
        Problem::warning("hash-missing", message).fix(fix)
    } else {
        let fix =
            "Capture it on the device. If the next or last line looks cut, a hash was broken over two lines.";
        Problem::error("hash-missing", message).fix(fix)
    }
}

fn repaired(repair: Repair) -> Problem {
    let code = match repair {
        Repair::Blanks => "hash-blanks",
        Repair::UrlAlphabet => "hash-url-alphabet",
        Repair::ZeroFill => "hash-misaligned",
        Repair::Padding => "hash-not-padded",
        Repair::TrailingBits => "hash-trailing-bits",
        Repair::EncodedTwice => "hash-encoded-twice",
    };
    let message = match repair {
        Repair::Blanks => "the hash has blanks or line breaks",
        Repair::UrlAlphabet => "the hash is in the URL-safe alphabet of Base64",
        Repair::ZeroFill => "the hash ends within a group of four characters",
        Repair::Padding => "the hash is not padded as the service wants it",
        Repair::TrailingBits => "the last character of the hash has bits that belong to no byte",
        Repair::EncodedTwice => "the hash was encoded twice: its bytes are Base64 text that holds the report",
    };
    if repair == Repair::EncodedTwice {
        let fix = "The inner text was taken. Tools that want bytes encode them themselves: give them bytes.";
        return Problem::repaired(code, message).fix(fix);
    }
    let done = repair.to_string();
    let mut letters = done.chars();
    let fix =
        letters.next().map(|first| first.to_uppercase().chain(letters).chain(['.']).collect::<String>());
    Problem::repaired(code, message).fix(fix.unwrap_or_default())
}

fn fault_problem(fault: &HardwareFault) -> Problem {
    let (code, fix) = match fault {
        HardwareFault::NotAReport => ("hash-not-a-report", CAPTURE_AGAIN),
        HardwareFault::Truncated { .. } => ("hash-truncated", CAPTURE_AGAIN),
        HardwareFault::BadRecord { .. } => ("hash-bad-record", CAPTURE_AGAIN),
        HardwareFault::MissingChecksum { .. } => ("hash-missing-checksum", CAPTURE_AGAIN),
        HardwareFault::ChecksumMismatch => ("hash-checksum-mismatch", CAPTURE_AGAIN),
        HardwareFault::BytesAfterChecksum { .. } => {
            ("hash-bytes-after-checksum", "Give each device its own row with one hash.")
        }
        HardwareFault::MissingSerialNumber => ("hash-missing-serial-number", FIRMWARE),
        HardwareFault::MissingManufacturer => ("hash-missing-manufacturer", FIRMWARE),
    };
    Problem::error(code, fault.to_string()).fix(fix)
}

const FIRMWARE: &str =
    "Write it into the firmware with the maker's tool, then capture the hash again (else code 802).";
