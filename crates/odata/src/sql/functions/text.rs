//! Texts and collections.
//!
//! Specification: OData URL Conventions 4.01 §5.1.1.5 to §5.1.1.7.

use std::cell::RefCell;

use regex::Regex;

use super::{Evaluation, Outcome};
use crate::sql::Scalar;

/// The largest regular expression, compiled, in bytes.
const LARGEST_PATTERN: usize = 256 * 1024;
/// Compiled patterns that a thread keeps.
const PATTERNS: usize = 8;

fn one(arguments: &[Scalar], work: impl FnOnce(&str) -> String) -> Outcome {
    Ok(match arguments {
        [Scalar::Text(text)] => Scalar::Text(work(text)),
        _ => Scalar::Null,
    })
}

pub(super) fn lower(arguments: &[Scalar]) -> Outcome {
    one(arguments, str::to_lowercase)
}

pub(super) fn upper(arguments: &[Scalar]) -> Outcome {
    one(arguments, str::to_uppercase)
}

pub(super) fn starts_with(arguments: &[Scalar]) -> Outcome {
    two(arguments, |text, start| text.starts_with(start))
}

pub(super) fn ends_with(arguments: &[Scalar]) -> Outcome {
    two(arguments, |text, end| text.ends_with(end))
}

fn two(arguments: &[Scalar], work: impl FnOnce(&str, &str) -> bool) -> Outcome {
    Ok(match arguments {
        [Scalar::Text(left), Scalar::Text(right)] => Scalar::Integer(i64::from(work(left, right))),
        _ => Scalar::Null,
    })
}

pub(super) fn trim(arguments: &[Scalar]) -> Outcome {
    one(arguments, |text| text.trim().to_owned())
}

/// From a place on, counted from zero, or from the end where it is negative; at most so many characters.
pub(super) fn substring(arguments: &[Scalar]) -> Outcome {
    let (text, start, length) = match arguments {
        [Scalar::Text(text), Scalar::Integer(start)] => (text, *start, i64::MAX),
        [Scalar::Text(text), Scalar::Integer(start), Scalar::Integer(length)] => (text, *start, *length),
        _ => return Ok(Scalar::Null),
    };
    if length < 0 {
        return Err(Evaluation("The length of a substring cannot be negative."));
    }
    let start = if start < 0 {
        let all = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        all.saturating_add(start).max(0)
    } else {
        start
    };
    let place = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(Scalar::Text(text.chars().skip(place(start)).take(place(length)).collect()))
}

thread_local! {
    static COMPILED: RefCell<Vec<(String, Regex)>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn matches(arguments: &[Scalar]) -> Outcome {
    let [Scalar::Text(text), Scalar::Text(wanted)] = arguments else { return Ok(Scalar::Null) };
    COMPILED.with_borrow_mut(|compiled| {
        let place = match compiled.iter().position(|(known, _)| known == wanted) {
            Some(place) => place,
            None => {
                let regex = pattern(wanted)
                    .map_err(|_| Evaluation("A text that is used as a pattern is no regular expression."))?;
                if compiled.len() == PATTERNS {
                    compiled.remove(0);
                }
                compiled.push((wanted.clone(), regex));
                compiled.len() - 1
            }
        };
        let found = compiled.get(place).is_some_and(|(_, regex)| regex.is_match(text));
        Ok(Scalar::Integer(i64::from(found)))
    })
}

/// A regular expression, compiled within limits; it takes time linear in the text.
// Differs: look-around and back-references of ECMAScript are refused; nothing linear can do them.
///
/// # Errors
/// What is wrong with it.
pub fn pattern(text: &str) -> Result<Regex, String> {
    regex::RegexBuilder::new(text)
        .size_limit(LARGEST_PATTERN)
        .dfa_size_limit(LARGEST_PATTERN)
        .nest_limit(32)
        .build()
        .map_err(|error| error.to_string().lines().last().unwrap_or_default().to_owned())
}

fn collections(arguments: &[Scalar]) -> Option<(Vec<serde_json::Value>, Vec<serde_json::Value>)> {
    match arguments {
        [Scalar::Text(left), Scalar::Text(right)] => {
            Some((serde_json::from_str(left).ok()?, serde_json::from_str(right).ok()?))
        }
        _ => None,
    }
}

/// Whether every member of the second, as often as it is there, is in the first.
pub(super) fn has_subset(arguments: &[Scalar]) -> Outcome {
    let Some((mut all, wanted)) = collections(arguments) else { return Ok(Scalar::Null) };
    let contained = wanted.iter().all(|member| match all.iter().position(|other| other == member) {
        Some(place) => {
            all.swap_remove(place);
            true
        }
        None => false,
    });
    Ok(Scalar::Integer(i64::from(contained)))
}

/// Whether the members of the second are in the first in their order, others between them or not.
pub(super) fn has_subsequence(arguments: &[Scalar]) -> Outcome {
    let Some((all, wanted)) = collections(arguments) else { return Ok(Scalar::Null) };
    let mut rest = all.iter();
    let contained = wanted.iter().all(|member| rest.any(|other| other == member));
    Ok(Scalar::Integer(i64::from(contained)))
}
