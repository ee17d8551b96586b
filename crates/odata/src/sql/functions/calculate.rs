//! Arithmetic of whole and floating-point numbers.
//!
//! Whole numbers are 64 bits wide and do not wrap. Floating-point ones follow IEEE 754, except that NaN is null, which
//! databases make of it.
//! Specification: OData URL Conventions 4.01 §5.1.1.2, §5.1.1.9.

use super::{Evaluation, Outcome};
use crate::sql::Scalar;

pub(super) const OVERFLOW: Evaluation = Evaluation("The result of a calculation is too large for its type.");
pub(super) const BY_ZERO: Evaluation = Evaluation("A number is divided by zero.");

fn ints(arguments: &[Scalar], work: fn(i64, i64) -> Option<i64>) -> Outcome {
    match arguments {
        [Scalar::Integer(left), Scalar::Integer(right)] => {
            work(*left, *right).map(Scalar::Integer).ok_or(OVERFLOW)
        }
        _ => Ok(Scalar::Null),
    }
}

fn divided(arguments: &[Scalar], work: fn(i64, i64) -> Option<i64>) -> Outcome {
    match arguments {
        [_, Scalar::Integer(0)] => Err(BY_ZERO),
        _ => ints(arguments, work),
    }
}

pub(super) fn int_add(arguments: &[Scalar]) -> Outcome {
    ints(arguments, i64::checked_add)
}

pub(super) fn int_sub(arguments: &[Scalar]) -> Outcome {
    ints(arguments, i64::checked_sub)
}

pub(super) fn int_mul(arguments: &[Scalar]) -> Outcome {
    ints(arguments, i64::checked_mul)
}

pub(super) fn int_div(arguments: &[Scalar]) -> Outcome {
    divided(arguments, i64::checked_div)
}

/// The sign is that of the left operand.
pub(super) fn int_mod(arguments: &[Scalar]) -> Outcome {
    divided(arguments, |left, right| Some(left.checked_rem(right).unwrap_or(0)))
}

pub(super) fn int_neg(arguments: &[Scalar]) -> Outcome {
    match arguments {
        [Scalar::Integer(number)] => number.checked_neg().map(Scalar::Integer).ok_or(OVERFLOW),
        _ => Ok(Scalar::Null),
    }
}

fn real_of(scalar: &Scalar) -> Option<f64> {
    match scalar {
        Scalar::Real(number) => Some(*number),
        Scalar::Integer(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

fn reals(arguments: &[Scalar], work: fn(f64, f64) -> f64) -> Outcome {
    Ok(match arguments {
        [left, right] => match (real_of(left), real_of(right)) {
            (Some(left), Some(right)) => real(work(left, right)),
            _ => Scalar::Null,
        },
        _ => Scalar::Null,
    })
}

fn one_real(arguments: &[Scalar], work: fn(f64) -> f64) -> Outcome {
    Ok(arguments.first().and_then(real_of).map_or(Scalar::Null, |number| real(work(number))))
}

fn real(number: f64) -> Scalar {
    if number.is_nan() { Scalar::Null } else { Scalar::Real(number) }
}

pub(super) fn real_add(arguments: &[Scalar]) -> Outcome {
    reals(arguments, |left, right| left + right)
}

pub(super) fn real_sub(arguments: &[Scalar]) -> Outcome {
    reals(arguments, |left, right| left - right)
}

pub(super) fn real_mul(arguments: &[Scalar]) -> Outcome {
    reals(arguments, |left, right| left * right)
}

pub(super) fn real_div(arguments: &[Scalar]) -> Outcome {
    reals(arguments, |left, right| left / right)
}

pub(super) fn real_mod(arguments: &[Scalar]) -> Outcome {
    if arguments.get(1).and_then(real_of) == Some(0.0) && arguments.first().and_then(real_of).is_some() {
        return Err(BY_ZERO);
    }
    reals(arguments, |left, right| left % right)
}

pub(super) fn real_neg(arguments: &[Scalar]) -> Outcome {
    one_real(arguments, |number| -number)
}

/// Half away from zero.
pub(super) fn real_round(arguments: &[Scalar]) -> Outcome {
    one_real(arguments, f64::round)
}

pub(super) fn real_floor(arguments: &[Scalar]) -> Outcome {
    one_real(arguments, f64::floor)
}

pub(super) fn real_ceiling(arguments: &[Scalar]) -> Outcome {
    one_real(arguments, f64::ceil)
}
