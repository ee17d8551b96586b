//! `Edm.Decimal`: digits as text, calculated exactly.
//!
//! A quotient that does not end is rounded to 34 digits, as IEEE 754 decimal128 holds.
//! Specification: OData URL Conventions 4.01 §5.1.1.2, §5.1.1.9.

use std::cmp::Ordering;
use std::num::NonZeroU64;
use std::str::FromStr as _;

use bigdecimal::{BigDecimal, RoundingMode, Zero as _};

use super::calculate::{BY_ZERO, OVERFLOW};
use super::{Evaluation, Outcome};
use crate::sql::Scalar;
use crate::value::number;

/// Digits of a quotient.
const PRECISION: NonZeroU64 = match NonZeroU64::new(34) {
    Some(digits) => digits,
    None => NonZeroU64::MIN,
};
/// The longest text that is calculated with.
const LONGEST: usize = 1024;

fn read(scalar: Option<&Scalar>) -> Result<Option<BigDecimal>, Evaluation> {
    let text = match scalar {
        Some(Scalar::Text(text)) => text.clone(),
        Some(Scalar::Integer(number)) => number.to_string(),
        Some(Scalar::Real(number)) => number.to_string(),
        _ => return Ok(None),
    };
    if text.len() > LONGEST {
        return Err(OVERFLOW);
    }
    // The value layer's grammar: no exponents, which would stand for more digits than memory has.
    Ok(number::decimal(&text).and_then(|text| BigDecimal::from_str(&text).ok()))
}

fn write(number: &BigDecimal) -> Outcome {
    let text = number.normalized().to_plain_string();
    if text.len() > LONGEST {
        return Err(OVERFLOW);
    }
    Ok(number::decimal(&text).map_or(Scalar::Null, Scalar::Text))
}

fn two(arguments: &[Scalar], work: fn(BigDecimal, BigDecimal) -> Result<BigDecimal, Evaluation>) -> Outcome {
    match (read(arguments.first())?, read(arguments.get(1))?) {
        (Some(left), Some(right)) => write(&work(left, right)?),
        _ => Ok(Scalar::Null),
    }
}

fn one(arguments: &[Scalar], work: fn(&BigDecimal) -> BigDecimal) -> Outcome {
    match read(arguments.first())? {
        Some(number) => write(&work(&number)),
        None => Ok(Scalar::Null),
    }
}

pub(super) fn add(arguments: &[Scalar]) -> Outcome {
    two(arguments, |left, right| Ok(left + right))
}

pub(super) fn subtract(arguments: &[Scalar]) -> Outcome {
    two(arguments, |left, right| Ok(left - right))
}

pub(super) fn multiply(arguments: &[Scalar]) -> Outcome {
    two(arguments, |left, right| Ok(left * right))
}

pub(super) fn divide(arguments: &[Scalar]) -> Outcome {
    two(arguments, |left, right| {
        if right.is_zero() {
            return Err(BY_ZERO);
        }
        Ok((left / right).with_precision_round(PRECISION, RoundingMode::HalfUp))
    })
}

pub(super) fn remainder(arguments: &[Scalar]) -> Outcome {
    two(arguments, |left, right| if right.is_zero() { Err(BY_ZERO) } else { Ok(left % right) })
}

pub(super) fn negate(arguments: &[Scalar]) -> Outcome {
    one(arguments, |number| -number.clone())
}

/// Half away from zero.
pub(super) fn round(arguments: &[Scalar]) -> Outcome {
    one(arguments, |number| number.with_scale_round(0, RoundingMode::HalfUp))
}

pub(super) fn floor(arguments: &[Scalar]) -> Outcome {
    one(arguments, |number| number.with_scale_round(0, RoundingMode::Floor))
}

pub(super) fn ceiling(arguments: &[Scalar]) -> Outcome {
    one(arguments, |number| number.with_scale_round(0, RoundingMode::Ceiling))
}

/// The sum of a JSON array; nothing where there is no number in it.
pub(super) fn sum(arguments: &[Scalar]) -> Outcome {
    match total(arguments)? {
        Some((sum, _)) => write(&sum),
        None => Ok(Scalar::Null),
    }
}

/// The average of a JSON array.
pub(super) fn average(arguments: &[Scalar]) -> Outcome {
    match total(arguments)? {
        Some((sum, count)) => {
            write(&(sum / BigDecimal::from(count)).with_precision_round(PRECISION, RoundingMode::HalfUp))
        }
        None => Ok(Scalar::Null),
    }
}

fn total(arguments: &[Scalar]) -> Result<Option<(BigDecimal, u64)>, Evaluation> {
    let [Scalar::Text(json)] = arguments else { return Ok(None) };
    let values: Vec<Option<String>> = serde_json::from_str(json).unwrap_or_default();
    let (mut sum, mut count) = (BigDecimal::zero(), 0);
    for value in values.into_iter().flatten() {
        if let Some(number) = read(Some(&Scalar::Text(value)))? {
            sum += number;
            count += 1;
        }
    }
    Ok((count > 0).then_some((sum, count)))
}

/// The order of two decimals as they are stored, by their digits: no number of them is too large.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    let negative = |text: &str| text.starts_with('-');
    match (negative(left), negative(right)) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => magnitude(left, right),
        (true, true) => magnitude(right.trim_start_matches('-'), left.trim_start_matches('-')),
    }
}

fn magnitude(left: &str, right: &str) -> Ordering {
    fn parts(text: &str) -> (&str, &str) {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        (whole.trim_start_matches('0'), fraction.trim_end_matches('0'))
    }
    let ((left, left_fraction), (right, right_fraction)) = (parts(left), parts(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right)).then_with(|| left_fraction.cmp(right_fraction))
}
