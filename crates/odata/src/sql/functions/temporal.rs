//! Dates, times and durations.
//!
//! An instant comes as a count of 100 ns in its own offset, so that its parts are those that were written; a date and a
//! time of day as their texts.
//! Specification: OData URL Conventions 4.01 §5.1.1.8.

use time::{Date, Duration, Time};

use super::calculate::{BY_ZERO, OVERFLOW};
use super::{Outcome, decimal};
use crate::sql::Scalar;
use crate::value::calendar::{
    self, TICKS_PER_DAY, TICKS_PER_MINUTE, TICKS_PER_SECOND, civil_from_days, print_date, print_time_of_day,
};

/// The instants of the years 0 to 9999.
const INSTANTS: std::ops::RangeInclusive<i64> = -621_672_192_000_000_000..=2_534_023_007_999_999_999;

/// Year, month and day.
fn civil(arguments: &[Scalar]) -> Option<(i64, i64, i64)> {
    match arguments {
        [Scalar::Integer(ticks)] => Some(civil_from_days(ticks.div_euclid(TICKS_PER_DAY))),
        [Scalar::Text(text)] => {
            let date = calendar::date(text)?;
            Some((i64::from(date.year()), i64::from(u8::from(date.month())), i64::from(date.day())))
        }
        _ => None,
    }
}

/// Units of 100 ns since midnight.
fn of_day(arguments: &[Scalar]) -> Option<i64> {
    match arguments {
        [Scalar::Integer(ticks)] => Some(ticks.rem_euclid(TICKS_PER_DAY)),
        [Scalar::Text(text)] => calendar::time_of_day(text).map(calendar::ticks_of_day),
        _ => None,
    }
}

fn number(number: Option<i64>) -> Outcome {
    Ok(number.map_or(Scalar::Null, Scalar::Integer))
}

pub(super) fn year(arguments: &[Scalar]) -> Outcome {
    number(civil(arguments).map(|(year, ..)| year))
}

pub(super) fn month(arguments: &[Scalar]) -> Outcome {
    number(civil(arguments).map(|(_, month, _)| month))
}

pub(super) fn day(arguments: &[Scalar]) -> Outcome {
    number(civil(arguments).map(|(.., day)| day))
}

pub(super) fn hour(arguments: &[Scalar]) -> Outcome {
    number(of_day(arguments).map(|ticks| ticks / TICKS_PER_MINUTE / 60))
}

pub(super) fn minute(arguments: &[Scalar]) -> Outcome {
    number(of_day(arguments).map(|ticks| ticks / TICKS_PER_MINUTE % 60))
}

pub(super) fn second(arguments: &[Scalar]) -> Outcome {
    number(of_day(arguments).map(|ticks| ticks / TICKS_PER_SECOND % 60))
}

/// `fractionalseconds`: a decimal below one.
pub(super) fn fraction(arguments: &[Scalar]) -> Outcome {
    Ok(of_day(arguments).map_or(Scalar::Null, |ticks| in_seconds(ticks % TICKS_PER_SECOND)))
}

/// `totalseconds`: a decimal.
pub(super) fn seconds(arguments: &[Scalar]) -> Outcome {
    Ok(match arguments {
        [Scalar::Integer(ticks)] => in_seconds(*ticks),
        _ => Scalar::Null,
    })
}

/// Units of 100 ns as seconds.
fn in_seconds(ticks: i64) -> Scalar {
    let sign = if ticks < 0 { "-" } else { "" };
    let (whole, fraction) = (
        ticks.unsigned_abs() / TICKS_PER_SECOND.unsigned_abs(),
        ticks.unsigned_abs() % TICKS_PER_SECOND.unsigned_abs(),
    );
    let text = match fraction {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{}", format!("{fraction:07}").trim_end_matches('0')),
    };
    Scalar::Text(text)
}

/// The day of an instant.
pub(super) fn date(arguments: &[Scalar]) -> Outcome {
    Ok(match civil(arguments) {
        Some((year, month, day)) => Scalar::Text(format!("{year:04}-{month:02}-{day:02}")),
        None => Scalar::Null,
    })
}

/// The time of day of an instant.
pub(super) fn time(arguments: &[Scalar]) -> Outcome {
    let Some(ticks) = of_day(arguments) else { return Ok(Scalar::Null) };
    let time = Time::MIDNIGHT + Duration::microseconds(ticks / 10) + Duration::nanoseconds(ticks % 10 * 100);
    Ok(Scalar::Text(print_time_of_day(time)))
}

/// An instant and a duration, in any order.
pub(super) fn instant_add(arguments: &[Scalar]) -> Outcome {
    moved(arguments, i64::checked_add)
}

/// An instant less a duration.
pub(super) fn instant_sub(arguments: &[Scalar]) -> Outcome {
    moved(arguments, i64::checked_sub)
}

fn moved(arguments: &[Scalar], work: fn(i64, i64) -> Option<i64>) -> Outcome {
    let [Scalar::Integer(left), Scalar::Integer(right)] = arguments else { return Ok(Scalar::Null) };
    work(*left, *right).filter(|ticks| INSTANTS.contains(ticks)).map(Scalar::Integer).ok_or(OVERFLOW)
}

/// A day and a duration: the day that many whole days on.
pub(super) fn date_add(arguments: &[Scalar]) -> Outcome {
    let [Scalar::Text(text), Scalar::Integer(ticks)] = arguments else { return Ok(Scalar::Null) };
    let Some(date) = calendar::date(text) else { return Ok(Scalar::Null) };
    let days = Duration::days(ticks.div_euclid(TICKS_PER_DAY));
    let moved: Date = date.checked_add(days).ok_or(OVERFLOW)?;
    if !(0..=9999).contains(&moved.year()) {
        return Err(OVERFLOW);
    }
    Ok(Scalar::Text(print_date(moved)))
}

/// The duration between two days.
pub(super) fn date_sub(arguments: &[Scalar]) -> Outcome {
    let [Scalar::Text(left), Scalar::Text(right)] = arguments else { return Ok(Scalar::Null) };
    let (Some(left), Some(right)) = (calendar::date(left), calendar::date(right)) else {
        return Ok(Scalar::Null);
    };
    let days = i64::from(left.to_julian_day()) - i64::from(right.to_julian_day());
    Ok(Scalar::Integer(days * TICKS_PER_DAY))
}

/// A duration times a number.
pub(super) fn scale(arguments: &[Scalar]) -> Outcome {
    match arguments {
        [Scalar::Integer(_), Scalar::Text(_)] => whole(decimal::multiply(arguments)),
        _ => scaled(arguments, |ticks, factor| ticks * factor),
    }
}

/// The whole of a decimal as a count of 100 ns.
fn whole(outcome: Outcome) -> Outcome {
    match outcome? {
        Scalar::Text(digits) => {
            let whole = digits.split('.').next().unwrap_or_default();
            whole.parse().map(Scalar::Integer).map_err(|_| OVERFLOW)
        }
        other => Ok(other),
    }
}

/// A duration divided by a number.
pub(super) fn divide(arguments: &[Scalar]) -> Outcome {
    match arguments {
        [_, Scalar::Integer(0)] => Err(BY_ZERO),
        [_, Scalar::Real(number)] if *number == 0.0 => Err(BY_ZERO),
        [Scalar::Integer(_), Scalar::Text(_)] => whole(decimal::divide(arguments)),
        [Scalar::Integer(ticks), Scalar::Integer(divisor)] => {
            ticks.checked_div(*divisor).map(Scalar::Integer).ok_or(OVERFLOW)
        }
        _ => scaled(arguments, |ticks, divisor| ticks / divisor),
    }
}

fn scaled(arguments: &[Scalar], work: fn(f64, f64) -> f64) -> Outcome {
    let [Scalar::Integer(ticks), factor] = arguments else { return Ok(Scalar::Null) };
    if let Scalar::Integer(factor) = factor {
        return ticks.checked_mul(*factor).map(Scalar::Integer).ok_or(OVERFLOW);
    }
    let factor = match factor {
        Scalar::Real(number) => *number,
        _ => return Ok(Scalar::Null),
    };
    let Ok(ticks) = ticks.to_string().parse::<f64>() else { return Ok(Scalar::Null) };
    let result = work(ticks, factor).trunc();
    format!("{result:.0}").parse().map(Scalar::Integer).map_err(|_| OVERFLOW)
}
