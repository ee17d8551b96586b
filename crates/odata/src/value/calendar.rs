//! `Edm.Date` and `Edm.TimeOfDay`, and the arithmetic of days they share with `Edm.DateTimeOffset`.
//!
//! Text in, `time::Date` and `time::Time` out, and back. Fractions of a second are kept to seven digits, the
//! resolution of Graph's own times.
//! Specification: OData 4.01 ABNF `dateValue` and `timeOfDayValue`; CSDL 4.01, 3.3 "Primitive Types".

use std::fmt;

use time::{Date, Month, Time};

/// Units of 100 ns in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;
/// Units of 100 ns in a minute.
pub const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
/// Units of 100 ns in a day.
pub const TICKS_PER_DAY: i64 = 24 * 60 * TICKS_PER_MINUTE;

/// Reads `YYYY-MM-DD`, years 0000 to 9999.
pub fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    let day = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    if parts.next().is_some() {
        return None;
    }
    Date::from_calendar_date(i32::try_from(year).ok()?, Month::try_from(month).ok()?, day).ok()
}

/// Reads `hh:mm[:ss[.f]]` with one to twelve fraction digits, of which seven are kept.
pub fn time_of_day(text: &str) -> Option<Time> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let mut parts = clock.split(':');
    let hour = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    let minute = u8::try_from(digits(parts.next()?, 2)?).ok()?;
    let second = match parts.next() {
        Some(second) => u8::try_from(digits(second, 2)?).ok()?,
        None if fraction.is_some() => return None,
        None => 0,
    };
    if parts.next().is_some() {
        return None;
    }
    let ticks = match fraction {
        Some(fraction) if fraction.len() > 12 => return None,
        Some(fraction) => fraction_ticks(fraction)?,
        None => 0,
    };
    Time::from_hms_nano(hour, minute, second, ticks * 100).ok()
}

/// Prints `YYYY-MM-DD`.
pub fn print_date(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// Prints `hh:mm:ss[.f]`, without trailing zeros in the fraction.
pub fn print_time_of_day(time: Time) -> String {
    let (hour, minute, second) = time.as_hms();
    let fraction = Fraction(i64::from(time.nanosecond() / 100));
    format!("{hour:02}:{minute:02}:{second:02}{fraction}")
}

/// Units of 100 ns since midnight.
pub fn ticks_of_day(time: Time) -> i64 {
    let (hour, minute, second) = time.as_hms();
    (i64::from(hour) * 60 + i64::from(minute)) * TICKS_PER_MINUTE
        + i64::from(second) * TICKS_PER_SECOND
        + i64::from(time.nanosecond() / 100)
}

/// The digits behind a decimal point as units of 100 ns; digits beyond the seventh are dropped.
pub(super) fn fraction_ticks(fraction: &str) -> Option<u32> {
    let kept = fraction.get(..7).unwrap_or(fraction);
    let all_digits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| format!("{kept:0<7}").parse().ok()).flatten()
}

/// Writes a fraction of a second as `.f`, or nothing when it is zero.
pub(super) fn print_fraction(f: &mut impl fmt::Write, ticks: i64) -> fmt::Result {
    write!(f, "{}", Fraction(ticks))
}

struct Fraction(i64);

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            ticks => write!(f, ".{}", format!("{ticks:07}").trim_end_matches('0')),
        }
    }
}

/// Year, month and day of the proleptic Gregorian calendar, `days` after 1970-01-01.
///
/// Eras of 400 years that begin in March, as in Howard Hinnant's `civil_from_days`. `time::Date` would do,
/// but it ends at year 9999 and a tick count does not.
pub(crate) fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

fn digits(text: &str, count: usize) -> Option<u32> {
    let exact = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    exact.then(|| text.parse().ok()).flatten()
}
