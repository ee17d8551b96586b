//! `Edm.Duration`: days, hours, minutes and seconds as one count of 100 ns.
//!
//! Years and months are not part of it, since their length is not fixed. A zero is printed `PT0S`.
//! Specification: OData 4.01 ABNF `durationValue`; XML Schema 1.1 Part 2, 3.4.27 "dayTimeDuration".

use super::calendar::{TICKS_PER_DAY, TICKS_PER_MINUTE, TICKS_PER_SECOND, fraction_ticks, print_fraction};

/// Reads `[-]P[nD][T[nH][nM][n[.f]S]]`, of which at least one part must be there. `None` also when it does
/// not fit 64 bits of 100 ns, about 29 000 years.
pub fn parse(text: &str) -> Option<i64> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let rest = rest.strip_prefix(['P', 'p'])?;
    let (date, time) = match rest.split_once(['T', 't']) {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None if rest.is_empty() => return None,
        None => (rest, ""),
    };

    let mut date = Parts(date);
    let mut time = Parts(time);
    // In 128 bits: each part has at most 19 digits, so no sum or product here can leave them.
    let mut ticks = date.take('D')?.unwrap_or(0) * i128::from(TICKS_PER_DAY);
    ticks += time.take('H')?.unwrap_or(0) * 60 * i128::from(TICKS_PER_MINUTE);
    ticks += time.take('M')?.unwrap_or(0) * i128::from(TICKS_PER_MINUTE);
    ticks += time.take_seconds()?;
    let whole = date.0.is_empty() && time.0.is_empty();
    whole.then(|| i64::try_from(if negative { -ticks } else { ticks }).ok()).flatten()
}

/// Prints the shortest form: `P1DT2H`, `-PT0.5S`, `PT0S`.
pub fn print(ticks: i64) -> String {
    let mut text = String::from(if ticks < 0 { "-P" } else { "P" });
    let left = ticks.unsigned_abs();
    let (day, minute, second) =
        (TICKS_PER_DAY.unsigned_abs(), TICKS_PER_MINUTE.unsigned_abs(), TICKS_PER_SECOND.unsigned_abs());
    let (days, left) = (left / day, left % day);
    if days > 0 {
        text.push_str(&format!("{days}D"));
    }
    if left > 0 || days == 0 {
        text.push('T');
    }
    let (hours, left) = (left / (60 * minute), left % (60 * minute));
    if hours > 0 {
        text.push_str(&format!("{hours}H"));
    }
    let (minutes, left) = (left / minute, left % minute);
    if minutes > 0 {
        text.push_str(&format!("{minutes}M"));
    }
    if left > 0 || ticks == 0 {
        text.push_str(&(left / second).to_string());
        // Writing to a string cannot fail.
        let _ = print_fraction(&mut text, i64::try_from(left % second).unwrap_or_default());
        text.push('S');
    }
    text
}

/// What is left to read of one half of a duration.
struct Parts<'t>(&'t str);

impl Parts<'_> {
    /// Takes `n` and its `unit`. `Some(None)` when this part is not next, `None` when its number is broken.
    fn take(&mut self, unit: char) -> Option<Option<i128>> {
        let end = self.0.find(|character: char| !character.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at_checked(end)?;
        let mut rest = rest.chars();
        match rest.next() {
            Some(found) if found.eq_ignore_ascii_case(&unit) => {
                self.0 = rest.as_str();
                (digits.len() <= 19).then(|| digits.parse().ok()).flatten().map(Some)
            }
            _ => Some(None),
        }
    }

    fn take_seconds(&mut self) -> Option<i128> {
        let Some((whole, rest)) = self.0.split_once('.') else {
            return Some(self.take('S')?.unwrap_or(0) * i128::from(TICKS_PER_SECOND));
        };
        let fraction = rest.strip_suffix(['S', 's'])?;
        let digits = whole.len() <= 19 && whole.bytes().all(|byte| byte.is_ascii_digit());
        let seconds: i128 = digits.then(|| whole.parse().ok()).flatten()?;
        self.0 = "";
        Some(seconds * i128::from(TICKS_PER_SECOND) + i128::from(fraction_ticks(fraction)?))
    }
}
