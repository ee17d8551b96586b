//! Serial number, product key, group tag and user of a record.
//!
//! In: tidy texts and what the hash says. Out: problems. A serial number that a spreadsheet has ruined is told
//! with the one from the hash, but never replaced: which of them is right is for a person to say.
//! Source: <https://learn.microsoft.com/en-us/autopilot/add-devices>;
//! <https://learn.microsoft.com/en-us/entra/identity/hybrid/connect/plan-connect-userprincipalname> for users.

use super::placeholder::is_placeholder;
use super::{MAX_ASSIGNED_USER, MAX_GROUP_TAG, MAX_PRODUCT_KEY, MAX_SERIAL_NUMBER};
use crate::device_record::{DeviceRecord, Field};
use crate::hardware_identifier::{HardwareIdentifier, HardwareReport};
use crate::problem::{Problem, shown};

/// Whether the serial number's cell holds a hash and the hash's cell does not.
pub(super) fn are_swapped(record: &DeviceRecord) -> bool {
    let is_report = |text: &str| {
        HardwareIdentifier::from_base64(text).is_ok_and(|(identifier, _)| {
            identifier.unwrapped().unwrap_or(identifier).bytes().starts_with(b"OA")
        })
    };
    record.serial_number.len() > 200 && is_report(&record.serial_number) && !is_report(&record.hardware_hash)
}

pub(super) fn serial_number(text: &str, report: Option<&HardwareReport>, problems: &mut Vec<Problem>) {
    let in_hash = report.and_then(|report| report.serial_number.as_deref());
    let mut add = |problem: Problem| problems.push(problem.on(Field::SerialNumber));
    if text.is_empty() {
        let fix = in_hash.map_or("Give the serial number as the firmware has it.".to_owned(), |serial| {
            format!("The hash says {}.", shown(serial))
        });
        return add(Problem::error("serial-missing", "there is no serial number").fix(fix));
    }
    if let Some(problem) = too_long("serial-too-long", "serial number", text, MAX_SERIAL_NUMBER) {
        return add(problem);
    }
    if is_scientific(text) {
        let message = format!("a spreadsheet has turned the serial number into the number {}", shown(text));
        let fix = match in_hash {
            Some(serial) => format!(
                "The hash says {}. Format the column as text before you open the file.",
                shown(serial)
            ),
            None => "Export again and keep the file out of spreadsheets.".to_owned(),
        };
        return add(Problem::error("serial-scientific", message).fix(fix));
    }
    if is_placeholder(text) {
        let message = format!(
            "{} is what makers leave in place of a serial number; many machines have it",
            shown(text)
        );
        let fix =
            "The device is told from others by its UUID. Better have the maker's tool write a serial number.";
        add(Problem::warning("serial-placeholder", message).fix(fix));
    }
    if let Some(serial) = in_hash
        && !is_same_serial_number(serial, text)
    {
        let zeros = plain(serial).trim_start_matches('0') == plain(text).trim_start_matches('0');
        let (code, message) = if zeros && serial.len() > text.len() {
            (
                "serial-leading-zeros",
                format!("{} has lost its leading zeros: the hash says {}", shown(text), shown(serial)),
            )
        } else {
            ("serial-mismatch", format!("the row says {} and the hash says {}", shown(text), shown(serial)))
        };
        let fix = "The hash decides which device is registered. If it is the wrong one, rows were mixed up.";
        add(Problem::warning(code, message).fix(fix));
    }
}

pub(super) fn product_key(text: &str, report: Option<&HardwareReport>, problems: &mut Vec<Problem>) {
    let mut add = |problem: Problem| problems.push(problem.on(Field::ProductKey));
    if text.is_empty() {
        return;
    }
    if let Some(problem) = too_long("product-key-too-long", "product key", text, MAX_PRODUCT_KEY) {
        return add(problem);
    }
    let is_id = text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit());
    let groups = || text.split('-');
    let in_groups = matches!(groups().count(), 4 | 5)
        && groups().all(|group| group.len() == 5 && group.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if !is_id && !in_groups {
        let message =
            format!("{} is neither a product key id (13 digits) nor a Windows product id", shown(text));
        let fix = "Leave it empty: with a hash it is not needed.";
        return add(Problem::warning("product-key-shape", message).fix(fix));
    }
    let in_hash = report.and_then(|report| report.product_key_id.as_deref());
    if let Some(key) = in_hash.filter(|key| is_id && *key != text) {
        let message = format!("the row says {} and the hash says {}", shown(text), shown(key));
        let fix = "The hash tells which device it is. If it is the wrong one, rows were mixed up.";
        add(Problem::warning("product-key-mismatch", message).fix(fix));
    }
}

pub(super) fn group_tag(text: &str, problems: &mut Vec<Problem>) {
    let problem = too_long("group-tag-too-long", "group tag", text, MAX_GROUP_TAG);
    problems.extend(problem.map(|problem| problem.on(Field::GroupTag)));
}

pub(super) fn assigned_user(text: &str, problems: &mut Vec<Problem>) {
    let mut problem = too_long("assigned-user-too-long", "user", text, MAX_ASSIGNED_USER);
    if problem.is_none() && !text.is_empty() && !is_principal_name(text) {
        let message = format!("{} is no user principal name", shown(text));
        let fix = "Write the sign-in name, user@domain.tld; neither a display name nor DOMAIN\\user.";
        problem = Some(Problem::error("assigned-user-shape", message).fix(fix));
    }
    problems.extend(problem.map(|problem| problem.on(Field::AssignedUser)));
}

fn too_long(code: &'static str, what: &str, text: &str, limit: usize) -> Option<Problem> {
    // No character is shorter than a byte, so most texts are not counted.
    if text.len() <= limit {
        return None;
    }
    let length = text.chars().count();
    let message = format!("the {what} has {length} characters; {limit} are allowed");
    (length > limit).then(|| Problem::error(code, message).fix("Shorten it."))
}

/// `1.23457E+11`, and `1,23457E+11` where the comma is for decimals.
fn is_scientific(text: &str) -> bool {
    let Some((number, power)) = text.split_once("E+").or_else(|| text.split_once("e+")) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, decimals) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    digits(whole) && digits(decimals) && digits(power)
}

/// `user@domain.tld`
fn is_principal_name(text: &str) -> bool {
    let Some((user, domain)) = text.split_once('@') else { return false };
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let odd = |c: char| {
        c.is_whitespace() || matches!(c, '\\' | '/' | '"' | ',' | ';' | ':' | '<' | '>' | '(' | ')')
    };
    !user.is_empty() && !user.contains(odd) && domain.contains('.') && domain.split('.').all(label)
}

/// Whether two serial numbers are one: blanks around them, letter case, commas and quotation marks do not count.
pub fn is_same_serial_number(first: &str, second: &str) -> bool {
    first.trim() == second.trim() || plain(first) == plain(second)
}

/// A serial number for comparing: scripts drop commas and quotation marks, firmware varies in letter case.
fn plain(text: &str) -> String {
    text.trim().chars().filter(|c| !matches!(c, ',' | '"')).flat_map(char::to_lowercase).collect()
}
