//! Arithmetic, canonical functions and casts of the oracle.

use super::calendar::{self, DAY, MINUTE, SECOND};
use super::decimal::Decimal;
use super::{Fault, Outcome, Val};

/// The years 0 to 9999 as units of 100 ns, and as days.
const INSTANTS: std::ops::RangeInclusive<i64> = -621_672_192_000_000_000..=2_534_023_007_999_999_999;
const DAYS: std::ops::RangeInclusive<i64> = -719_528..=2_932_896;

fn real(number: f64) -> Val {
    if number.is_nan() { Val::Null } else { Val::Real(number) }
}

fn float(value: &Val) -> f64 {
    match value {
        Val::Int(number) => number.to_string().parse().unwrap(),
        Val::Dec(number) => number.text().parse().unwrap(),
        Val::Real(number) => *number,
        other => panic!("{other:?} is no number"),
    }
}

fn int(number: Option<i64>) -> Outcome {
    number.map(Val::Int).ok_or(Fault)
}

fn instant(ticks: Option<i64>) -> Outcome {
    ticks.filter(|ticks| INSTANTS.contains(ticks)).map(|ticks| Val::Instant(ticks, 0)).ok_or(Fault)
}

pub fn arithmetic(operator: &str, left: Val, right: Val) -> Outcome {
    use Val::{Clock, Day, Dec, Instant, Int, Null, Real, Span};
    match (left, right) {
        (Null, _) | (_, Null) => Ok(Null),
        (Int(left), Int(right)) => match operator {
            "add" => int(left.checked_add(right)),
            "sub" => int(left.checked_sub(right)),
            "mul" => int(left.checked_mul(right)),
            "divby" => Ok(real(float(&Int(left)) / float(&Int(right)))),
            _ if right == 0 => Err(Fault),
            "div" => int(left.checked_div(right)),
            // The least integer divided by -1 leaves nothing, although the quotient is too large.
            _ => Ok(Int(left.checked_rem(right).unwrap_or(0))),
        },
        (left @ Real(_), right @ (Int(_) | Dec(_) | Real(_)))
        | (left @ (Int(_) | Dec(_)), right @ Real(_)) => {
            let (left, right) = (float(&left), float(&right));
            Ok(real(match operator {
                "add" => left + right,
                "sub" => left - right,
                "mul" => left * right,
                "mod" if right == 0.0 => return Err(Fault),
                "mod" => left % right,
                _ => left / right,
            }))
        }
        (Int(left), right @ Dec(_)) => arithmetic(operator, Dec(Decimal::of(left)), right),
        (left @ Dec(_), Int(right)) => arithmetic(operator, left, Dec(Decimal::of(right))),
        (Dec(left), Dec(right)) => Ok(Dec(match operator {
            "add" => left.plus(&right),
            "sub" => left.plus(&right.negated()),
            "mul" => left.times(&right),
            _ if right.is_zero() => return Err(Fault),
            "mod" => left.rest(&right),
            _ => left.over(&right),
        })),
        (Instant(left, _), Span(right)) if operator == "add" => instant(left.checked_add(right)),
        (Instant(left, _), Span(right)) => instant(left.checked_sub(right)),
        (Span(left), Instant(right, _)) => instant(left.checked_add(right)),
        (Instant(left, _), Instant(right, _)) => Ok(Span(left.checked_sub(right).ok_or(Fault)?)),
        (Day(left), Day(right)) => Ok(Span((left - right) * DAY)),
        (Day(day), Span(span)) | (Span(span), Day(day)) => {
            let span = if operator == "add" { span } else { span.checked_neg().ok_or(Fault)? };
            // From midnight on, and what is then the day.
            let day = (day * DAY).checked_add(span).map(|ticks| ticks.div_euclid(DAY));
            day.filter(|day| DAYS.contains(day)).map(Day).ok_or(Fault)
        }
        (Span(left), Span(right)) if operator == "add" => left.checked_add(right).map(Span).ok_or(Fault),
        (Span(left), Span(right)) => left.checked_sub(right).map(Span).ok_or(Fault),
        (Span(span), Int(number)) | (Int(number), Span(span)) => match operator {
            "mul" => span.checked_mul(number).map(Span).ok_or(Fault),
            _ => span.checked_div(number).map(Span).ok_or(Fault),
        },
        (Span(span), Dec(number)) | (Dec(number), Span(span)) if operator == "mul" => {
            whole_span(&Decimal::of(span).times(&number))
        }
        (Span(_), Dec(number)) if number.is_zero() => Err(Fault),
        (Span(span), Dec(number)) => whole_span(&Decimal::of(span).over(&number)),
        (Span(span), Real(number)) | (Real(number), Span(span)) => {
            let span = float(&Int(span));
            match operator {
                _ if number.is_nan() => Ok(Null),
                "mul" => real_span(span * number),
                _ if number == 0.0 => Err(Fault),
                _ => real_span(span / number),
            }
        }
        (Clock(_), _) | (_, Clock(_)) => panic!("times of day are not calculated with"),
        other => panic!("{other:?} {operator}"),
    }
}

fn whole_span(ticks: &Decimal) -> Outcome {
    ticks.truncated().text().parse().map(Val::Span).map_err(|_| Fault)
}

fn real_span(ticks: f64) -> Outcome {
    if ticks.is_finite() {
        whole_span(&Decimal::parse(&format!("{:.0}", ticks.trunc())).unwrap())
    } else {
        Err(Fault)
    }
}

pub fn negate(value: Val) -> Outcome {
    Ok(match value {
        Val::Null => Val::Null,
        Val::Int(number) => Val::Int(number.checked_neg().ok_or(Fault)?),
        Val::Span(number) => Val::Span(number.checked_neg().ok_or(Fault)?),
        Val::Dec(number) => Val::Dec(number.negated()),
        Val::Real(number) => Val::Real(-number),
        other => panic!("-{other:?}"),
    })
}

fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap()
}

fn place_of(text: &str, part: &str) -> Option<usize> {
    let (text, part): (Vec<char>, Vec<char>) = (text.chars().collect(), part.chars().collect());
    (0..=text.len()).find(|start| text[*start..].starts_with(&part))
}

pub fn call(name: &str, arguments: &[Val]) -> Outcome {
    if arguments.contains(&Val::Null) {
        return Ok(Val::Null);
    }
    Ok(match (name, arguments) {
        ("contains", [Val::Text(text), Val::Text(part)]) => Val::Truth(place_of(text, part).is_some()),
        ("indexof", [Val::Text(text), Val::Text(part)]) => {
            Val::Int(place_of(text, part).map_or(-1, |place| i64::try_from(place).unwrap()))
        }
        ("startswith", [Val::Text(text), Val::Text(part)]) => Val::Truth(place_of(text, part) == Some(0)),
        ("endswith", [Val::Text(text), Val::Text(part)]) => {
            let back = |text: &str| text.chars().rev().collect::<String>();
            Val::Truth(place_of(&back(text), &back(part)) == Some(0))
        }
        ("length", [Val::Text(text)]) => Val::Int(length(text)),
        ("tolower", [Val::Text(text)]) => Val::Text(text.to_lowercase()),
        ("toupper", [Val::Text(text)]) => Val::Text(text.to_uppercase()),
        ("trim", [Val::Text(text)]) => Val::Text(text.trim().to_owned()),
        ("concat", [Val::Text(left), Val::Text(right)]) => Val::Text([left.as_str(), right].concat()),
        ("substring", [Val::Text(text), Val::Int(start), rest @ ..]) => {
            let all: Vec<char> = text.chars().collect();
            let count = length(text);
            let start = if *start < 0 { (count + start.max(&-count)).max(0) } else { (*start).min(count) };
            let taken = match rest {
                [Val::Int(taken)] if *taken < 0 => return Err(Fault),
                [Val::Int(taken)] => *taken,
                _ => i64::MAX,
            };
            let from = usize::try_from(start).unwrap();
            Val::Text(all[from..].iter().take(usize::try_from(taken).unwrap()).collect())
        }
        ("matchespattern", [Val::Text(text), Val::Text(pattern)]) => Val::Truth(match pattern.as_str() {
            "^a" => text.starts_with('a'),
            "b$" => text.ends_with('b'),
            "^[ab]+$" => !text.is_empty() && text.chars().all(|one| matches!(one, 'a' | 'b')),
            "^.?$" => text.chars().count() <= 1 && text != "\n",
            other => panic!("{other}"),
        }),
        ("round", [number]) => rounded(number, Decimal::rounded, f64::round),
        ("floor", [number]) => rounded(number, Decimal::floor, f64::floor),
        ("ceiling", [number]) => rounded(number, Decimal::ceiling, f64::ceil),
        ("totalseconds", [Val::Span(ticks)]) => seconds(*ticks),
        ("totaloffsetminutes", [Val::Instant(_, offset)]) => Val::Int(*offset),
        (_, [Val::Instant(ticks, offset)]) => {
            let local = ticks + offset * MINUTE;
            let (day, clock) = (local.div_euclid(DAY), local.rem_euclid(DAY));
            match name {
                "date" => Val::Day(day),
                "time" => Val::Clock(clock),
                _ => part(name, day, clock),
            }
        }
        (_, [Val::Day(day)]) => part(name, *day, 0),
        (_, [Val::Clock(clock)]) => part(name, 0, *clock),
        ("now", []) => Val::Instant(17_092_080_000_000_000, 0),
        ("mindatetime", []) => Val::Instant(-621_355_968_000_000_000, 0),
        ("maxdatetime", []) => Val::Instant(*INSTANTS.end(), 0),
        other => panic!("no function {other:?}"),
    })
}

fn part(name: &str, day: i64, clock: i64) -> Val {
    let (year, month, of_month) = calendar::civil(day);
    Val::Int(match name {
        "year" => year,
        "month" => month,
        "day" => of_month,
        "hour" => clock / MINUTE / 60,
        "minute" => clock / MINUTE % 60,
        "second" => clock / SECOND % 60,
        "fractionalseconds" => return seconds(clock % SECOND),
        other => panic!("no function {other}"),
    })
}

fn seconds(ticks: i64) -> Val {
    Val::Dec(Decimal::of(ticks).times(&Decimal::parse("0.0000001").unwrap()))
}

fn rounded(number: &Val, decimal: fn(&Decimal) -> Decimal, real: fn(f64) -> f64) -> Val {
    match number {
        Val::Int(number) => Val::Int(*number),
        Val::Dec(number) => Val::Dec(decimal(number)),
        Val::Real(number) => Val::Real(real(*number)),
        other => panic!("{other:?} is no number"),
    }
}

/// A number as one of the type, where it is not of a wider one.
pub fn widened(value: Val, ty: &str) -> Val {
    match (ty, value) {
        ("Edm.Double", value @ (Val::Int(_) | Val::Dec(_))) => Val::Real(float(&value)),
        ("Edm.Decimal", Val::Int(number)) => Val::Dec(Decimal::of(number)),
        (_, value) => value,
    }
}

/// The members of the flags `rights` and of `color`, each with its number.
pub const RIGHTS: &[(&str, i64)] = &[("none", 0), ("read", 1), ("write", 2), ("share", 4)];
pub const COLORS: &[(&str, i64)] = &[("red", -1), ("green", 8), ("deepBlue", 16)];

/// A value as another type; null where it has no counterpart there.
pub fn cast(value: Val, ty: &str) -> Val {
    let least_and_most = match ty {
        "Edm.Int32" => i64::from(i32::MIN)..=i64::from(i32::MAX),
        "Edm.Byte" => 0..=255,
        _ => i64::MIN..=i64::MAX,
    };
    let int = |number: Option<i64>| {
        number.filter(|number| least_and_most.contains(number)).map_or(Val::Null, Val::Int)
    };
    match (ty, value) {
        (_, Val::Null) => Val::Null,
        // Plain where that is short, as people write numbers.
        ("Edm.String", Val::Real(number)) => Val::Text(match number.to_string() {
            _ if number.is_infinite() => if number > 0.0 { "INF" } else { "-INF" }.to_owned(),
            plain if plain.len() <= 24 => plain,
            _ => format!("{number:e}"),
        }),
        ("Edm.String", value) => text(&value).map_or(Val::Null, Val::Text),
        ("Edm.Int32" | "Edm.Int64" | "Edm.Byte", value) => match value {
            Val::Int(number) | Val::Member(number) => int(Some(number)),
            Val::Dec(number) => int(number.truncated().text().parse().ok()),
            Val::Real(number) => int(format!("{:.0}", number.trunc()).parse().ok()),
            Val::Text(text) => int(text.parse().ok()),
            _ => Val::Null,
        },
        ("Edm.Decimal", Val::Int(number)) => Val::Dec(Decimal::of(number)),
        ("Edm.Decimal", Val::Text(text)) => Decimal::parse(&text).map_or(Val::Null, Val::Dec),
        ("Edm.Decimal", Val::Real(number)) if number.is_finite() => {
            Decimal::parse(&number.to_string()).map_or(Val::Null, Val::Dec)
        }
        ("Edm.Decimal", Val::Real(_)) => Val::Null,
        ("Edm.Double", value @ (Val::Int(_) | Val::Dec(_))) => Val::Real(float(&value)),
        ("Edm.Date", Val::Instant(ticks, _)) => Val::Day(ticks.div_euclid(DAY)),
        ("Edm.TimeOfDay", Val::Instant(ticks, _)) => Val::Clock(ticks.rem_euclid(DAY)),
        ("Edm.DateTimeOffset", Val::Day(day)) => Val::Instant(day * DAY, 0),
        (_, value) => value,
    }
}

/// As JSON writes it.
pub fn text(value: &Val) -> Option<String> {
    Some(match value {
        Val::Truth(truth) => truth.to_string(),
        Val::Int(number) => number.to_string(),
        Val::Dec(number) => number.text(),
        Val::Text(text) => text.clone(),
        Val::Day(day) => calendar::date_text(*day),
        Val::Clock(ticks) => calendar::clock_text(*ticks),
        Val::Instant(ticks, offset) => calendar::instant_text(*ticks, *offset),
        Val::Member(number) => {
            let exactly = RIGHTS.iter().chain(COLORS).find(|(_, value)| value == number);
            let flags = RIGHTS.iter().filter(|(_, flag)| number & flag != 0).map(|(name, _)| *name);
            exactly.map_or(flags.collect::<Vec<_>>().join(","), |(name, _)| (*name).to_owned())
        }
        _ => return None,
    })
}
