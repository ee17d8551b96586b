//! The form of literals: what their characters may be, whatever they stand for.
//!
//! Comes in: a [`Scan`] at the literal's text. Goes out: whether it is one; it is then behind the scan. The form
//! of dates, times and durations allows more than [`crate::Value`] can hold: years before 0000 and behind 9999,
//! days that a month does not have, leap seconds.
//! Specification: OData 4.01 ABNF, section 7 "Literal Data Values".

use super::scan::Scan;

/// `date`: `2012-09-03`, `-0044-03-15`, `10000-01-01`
pub(super) fn date(scan: &mut Scan<'_>) -> Option<()> {
    scan.take_any(&['-']);
    let year = scan.digits(4, usize::MAX)?;
    if year.len() > 4 && year.starts_with('0') {
        return None;
    }
    scan.take("-")?;
    number(scan, 1, 12)?;
    scan.take("-")?;
    number(scan, 1, 31)
}

/// `timeOfDayValue`: `23:59`, `23:59:60.123`
pub(super) fn time_of_day(scan: &mut Scan<'_>) -> Option<()> {
    hour_and_minute(scan)?;
    scan.try_take(|scan| {
        scan.take(":")?;
        number(scan, 0, 60)?;
        scan.try_take(|scan| {
            scan.take(".")?;
            scan.digits(1, 12).map(drop)
        });
        Some(())
    });
    Some(())
}

/// `dateTimeOffsetValue`: `2012-09-03T23:59:60Z`
pub(super) fn date_time_offset(scan: &mut Scan<'_>) -> Option<()> {
    date(scan)?;
    scan.take_folded("T")?;
    time_of_day(scan)?;
    if scan.take_folded("Z").is_some() {
        return Some(());
    }
    scan.take_any(&['+', '-'])?;
    hour_and_minute(scan)
}

/// `durationValue`: `-P6DT23H59M59.9999S`. The grammar only approximates XML Schema, which asks for at least one
/// part, and for one behind `T`.
pub(super) fn duration(scan: &mut Scan<'_>) -> Option<()> {
    scan.take_any(&['-']);
    scan.take_folded("P")?;
    let days = part(scan, "D");
    if scan.take_folded("T").is_none() {
        return days.then_some(());
    }
    let (hours, minutes) = (part(scan, "H"), part(scan, "M"));
    let seconds = scan.try_take(|scan| {
        scan.digits(1, usize::MAX)?;
        scan.try_take(|scan| {
            scan.take(".")?;
            scan.digits(1, usize::MAX).map(drop)
        });
        scan.take_folded("S")
    });
    (hours || minutes || seconds).then_some(())
}

/// `decimalValue`: `-1.5e3`, `INF`
pub(super) fn decimal(scan: &mut Scan<'_>) -> Option<()> {
    if ["NaN", "-INF", "INF"].into_iter().any(|word| scan.take(word).is_some()) {
        return Some(());
    }
    scan.take_any(&['+', '-']);
    scan.digits(1, usize::MAX)?;
    scan.try_take(|scan| {
        scan.take(".")?;
        scan.digits(1, usize::MAX).map(drop)
    });
    scan.try_take(|scan| {
        scan.take_folded("e")?;
        scan.take_any(&['+', '-']);
        scan.digits(1, usize::MAX).map(drop)
    });
    Some(())
}

/// `sbyteValue` to `int64Value`: a sign and up to `most` digits.
pub(super) fn integer(scan: &mut Scan<'_>, most: usize) -> Option<()> {
    scan.take_any(&['+', '-']);
    scan.digits(1, most).map(drop)
}

/// `binaryValue`: base64url, whose last character leaves no bits over.
pub(super) fn binary(scan: &mut Scan<'_>) -> Option<()> {
    let body = scan.take_while(|found| found.is_ascii_alphanumeric() || matches!(found, '-' | '_'));
    let last = body.chars().next_back().unwrap_or_default();
    match body.len() % 4 {
        0 => {}
        2 if "AQgw".contains(last) => {
            scan.take("==");
        }
        3 if "AEIMQUYcgkosw048".contains(last) => {
            scan.take("=");
        }
        _ => return None,
    }
    Some(())
}

/// `guid`
pub(super) fn guid(scan: &mut Scan<'_>) -> Option<()> {
    let hexadecimal = |found: char| found.is_ascii_hexdigit();
    scan.take_run(hexadecimal, 8, 8)?;
    for _ in 0..3 {
        scan.take("-")?;
        scan.take_run(hexadecimal, 4, 4)?;
    }
    scan.take("-")?;
    scan.take_run(hexadecimal, 12, 12).map(drop)
}

fn hour_and_minute(scan: &mut Scan<'_>) -> Option<()> {
    number(scan, 0, 23)?;
    scan.take(":")?;
    number(scan, 0, 59)
}

/// Two digits in this range.
fn number(scan: &mut Scan<'_>, least: u8, most: u8) -> Option<()> {
    let number: u8 = scan.digits(2, 2)?.parse().ok()?;
    (least..=most).contains(&number).then_some(())
}

fn part(scan: &mut Scan<'_>, unit: &str) -> bool {
    scan.try_take(|scan| {
        scan.digits(1, usize::MAX)?;
        scan.take_folded(unit)
    })
}
