//! What strict reading refuses in a query option, before it is decoded.
//!
//! Comes in: name and value as they stand in the URL. The names of options are not percent-encoded, and the
//! values that are taken as they are may hold some characters only.
//! Specification: OData 4.01 ABNF, section 2 "Query Options".

use crate::error::Error;

use super::SystemOption;
use crate::syntax::cursor::Cursor;
use crate::syntax::scan::Scan;

/// Checks what must be true of the raw text.
pub(super) fn option(name: &str, value: Option<&str>) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::syntax("Syntax error: expected a query option but found nothing between '&'."));
    }
    if name.starts_with("%24") {
        return Err(Error::option_unknown(name));
    }
    let (Some(option), Some(value)) = (SystemOption::named(name), value) else { return Ok(()) };
    let legal = match option {
        SystemOption::Format => is_format(value),
        SystemOption::Schemaversion => value == "*" || value == "%2A" || value.chars().all(is_unreserved),
        SystemOption::Deltatoken | SystemOption::Id | SystemOption::Skiptoken => {
            value.chars().all(|found| !matches!(found, ' ' | '\t') && is_query_character(found))
        }
        _ => true,
    };
    if legal { Ok(()) } else { Err(Error::option_value(name, value, option.expects())) }
}

/// Whether the name is one of the option: two are never given without `$`.
pub(super) fn knows(option: SystemOption, name: &str) -> bool {
    !matches!(option, SystemOption::Deltatoken | SystemOption::Skiptoken) || name.starts_with('$')
}

/// Checks that no blanks stand where the cursor is. Nothing may be looked at ahead, since some values are no
/// tokens.
pub(super) fn no_blank(cursor: &Cursor<'_>) -> Result<(), Error> {
    let brings_its_own = cursor.raw().trim_start_matches([' ', '\t']).starts_with(['[', '{']);
    match cursor.raw().chars().next() {
        Some(found @ (' ' | '\t')) if cursor.strictness.is_strict() && !brings_its_own => {
            Err(Error::unexpected_character(found, cursor.position(), cursor.text))
        }
        _ => Ok(()),
    }
}

fn is_format(value: &str) -> bool {
    let known = ["atom", "json", "xml"].iter().any(|known| value.eq_ignore_ascii_case(known));
    let part = |scan: &mut Scan<'_>| {
        scan.take_run(|found| found != '/' && found != '?' && is_path_character(found), 1, usize::MAX)
            .map(drop)
    };
    known
        || Scan::matches(value, |scan| {
            part(scan)?;
            scan.take("/")?;
            part(scan)
        })
}

fn is_unreserved(found: char) -> bool {
    found.is_ascii_alphanumeric() || "-._~".contains(found)
}

/// `pchar`, with the percent sign of an escape.
fn is_path_character(found: char) -> bool {
    is_unreserved(found) || "%!$&'()*+,;=:@".contains(found)
}

/// `qchar-no-AMP`
fn is_query_character(found: char) -> bool {
    is_path_character(found) && found != '&' || "/?".contains(found)
}
