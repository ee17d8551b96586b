//! Values in which things can go wrong, and the texts that URLs have for them.

use super::Chance;
use crate::oracle::calendar::{self, DAY, MINUTE, SECOND};
use crate::oracle::decimal::Decimal;
use crate::oracle::functions::COLORS;
use crate::oracle::{Node, Val};

/// Values that compare with each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Text,
    Int,
    Dec,
    Real,
    Truth,
    Color,
    Rights,
    Day,
    Clock,
    Instant,
    Span,
    Code,
}

/// Those that can be compared and put in order: all.
pub const SORTED: &[Kind] = &[
    Kind::Text,
    Kind::Text,
    Kind::Int,
    Kind::Int,
    Kind::Dec,
    Kind::Dec,
    Kind::Real,
    Kind::Truth,
    Kind::Color,
    Kind::Rights,
    Kind::Day,
    Kind::Clock,
    Kind::Instant,
    Kind::Span,
    Kind::Code,
];

const TEXTS: &[&str] = &[
    "",
    "a",
    "A",
    "ab",
    "aB",
    "b",
    "Straße",
    "STRASSE",
    "straße",
    "ß",
    "İ",
    "i",
    "I",
    "ı",
    "i̇",
    "%",
    "_",
    "a%b",
    "a_b",
    "\\",
    "it's",
    "''",
    "\"",
    "é",
    "e\u{301}",
    "😀",
    "a😀b",
    " ",
    "  a",
    "a \t",
    "Z",
    "Σ",
    "ς",
    "σας",
    "null",
    "NULL",
    "ﬁ",
    "\t",
    "12",
    "-3",
    "1.5",
    "0012",
    "true",
    "\n",
    "{\"a\":1}",
    "[1]",
];
const SMALLS: &[i64] = &[0, 1, -1, 2, 3, 5, 7, 100, 2_147_483_647, -2_147_483_648];
const LONGS: &[i64] = &[
    0,
    1,
    -1,
    2,
    3,
    5,
    12,
    i64::MAX,
    i64::MIN,
    9_007_199_254_740_993,
    9_007_199_254_740_992,
    -9_007_199_254_740_993,
];
const DECIMALS: &[&str] = &[
    "0",
    "1",
    "-1",
    "1.5",
    "-1.5",
    "2.5",
    "-2.5",
    "0.1",
    "0.2",
    "0.3",
    "-0.5",
    "0.5",
    "100",
    "10",
    "9",
    "99.99",
    "7.0",
    "12345678901234567890.123456789",
    "-12345678901234567890.123456789",
    "0.0000001",
    "9223372036854775807",
    "9223372036854775808",
];
const REALS: &[f64] = &[
    0.0,
    1.0,
    1.5,
    -1.5,
    2.5,
    0.1,
    0.5,
    -0.5,
    5.0,
    1e300,
    -1e-300,
    9_007_199_254_740_992.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
];
const DAYS: &[&str] = &["0001-01-01", "1969-12-31", "1970-01-01", "2020-02-29", "2020-03-01", "9999-12-31"];
const CLOCKS: &[i64] =
    &[0, 450 * MINUTE, 450 * MINUTE + SECOND / 2, 450 * MINUTE + SECOND / 100 * 45, DAY - 1, 3 * SECOND];
const CODES: &[&str] = &[
    "00000000-0000-0000-0000-000000000000",
    "7f6c5b4a-0000-4000-8000-0123456789ab",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
];
const SPANS: &[(&str, i64)] = &[
    ("PT0S", 0),
    ("-PT0.0000001S", -1),
    ("P1D", DAY),
    ("PT24H", DAY),
    ("-PT1H", -60 * MINUTE),
    ("PT1.5S", SECOND / 2 * 3),
    ("P400D", 400 * DAY),
    ("-P1DT1S", -DAY - SECOND),
];
const INSTANTS: &[(i64, i64)] = &[
    (0, 0),
    (0, 120),
    (0, -630),
    (-1, 0),
    (15_830_082_005_000_000, -480),
    (15_830_082_005_000_000, 0),
    (15_829_344_000_000_000, 0),
    (15_830_082_005_000_001, 840),
    (-621_355_968_000_000_000, 0),
    (2_534_023_007_999_999_999, 0),
];

/// One that fits 32 bits.
pub fn small(chance: &mut Chance) -> Val {
    Val::Int(chance.of(SMALLS))
}

/// Any value of a kind.
pub fn any(chance: &mut Chance, kind: Kind) -> Val {
    match kind {
        Kind::Text => Val::Text(chance.of(TEXTS).to_owned()),
        Kind::Int => Val::Int(chance.of(LONGS)),
        Kind::Dec => Val::Dec(Decimal::parse(chance.of(DECIMALS)).unwrap()),
        Kind::Real => Val::Real(chance.of(REALS)),
        Kind::Truth => Val::Truth(chance.percent(50)),
        Kind::Color => Val::Member(chance.of(COLORS).1),
        Kind::Rights => Val::Member(i64::try_from(chance.below(8)).unwrap()),
        Kind::Day => Val::Day(calendar::days(chance.of(DAYS)).unwrap()),
        Kind::Clock => Val::Clock(chance.of(CLOCKS)),
        Kind::Instant => {
            let (ticks, offset) = chance.of(INSTANTS);
            Val::Instant(ticks, offset)
        }
        Kind::Span => Val::Span(chance.of(SPANS).1),
        Kind::Code => Val::Text(chance.of(CODES).to_owned()),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The bare text of a value.
fn bare(value: &Val) -> String {
    match value {
        Val::Span(ticks) => SPANS.iter().find(|(_, span)| span == ticks).unwrap().0.to_owned(),
        Val::Real(number) if number.is_infinite() => if *number > 0.0 { "INF" } else { "-INF" }.to_owned(),
        Val::Real(number) => format!("{number:e}"),
        other => crate::oracle::functions::text(other).unwrap(),
    }
}

/// A literal that has its type by itself, and now and then null.
pub fn literal(chance: &mut Chance, kind: Kind) -> Node {
    if chance.percent(7) { Node::Literal("null".to_owned(), Val::Null) } else { literal_of(chance, kind) }
}

/// A literal that has its type by itself.
pub fn literal_of(chance: &mut Chance, kind: Kind) -> Node {
    let value = any(chance, kind);
    let text = match kind {
        Kind::Text => quoted(&bare(&value)),
        Kind::Color => format!("stock.color{}", quoted(&bare(&value))),
        Kind::Rights => format!("stock.rights{}", quoted(&bare(&value))),
        Kind::Span => format!("duration'{}'", bare(&value)),
        Kind::Code => bare(&value).to_uppercase(),
        Kind::Truth if chance.percent(30) => bare(&value).to_uppercase(),
        Kind::Dec => {
            let text = bare(&value);
            if text.contains('.') { text } else { format!("{text}.0") }
        }
        _ => bare(&value),
    };
    Node::Literal(text, value)
}

/// A literal that takes the type of what it is compared with.
pub fn fitting(chance: &mut Chance, kind: Kind) -> Node {
    match kind {
        Kind::Int => {
            let value = small(chance);
            Node::Literal(quoted(&bare(&value)), value)
        }
        Kind::Instant if chance.percent(20) => {
            let day = calendar::days(chance.of(DAYS)).unwrap();
            Node::Literal(calendar::date_text(day), Val::Instant(day * DAY, 0))
        }
        Kind::Dec if chance.percent(30) => {
            let value = small(chance);
            Node::Literal(bare(&value), value)
        }
        Kind::Rights | Kind::Color if chance.percent(30) => {
            let value = any(chance, kind);
            Node::Literal(quoted(&bare(&value).to_uppercase()), value)
        }
        kind => {
            let value = any(chance, kind);
            Node::Literal(quoted(&bare(&value)), value)
        }
    }
}

/// A number to divide by, seldom zero.
pub fn divisor(chance: &mut Chance, kind: Kind) -> Node {
    let (text, value) = match kind {
        Kind::Int => {
            let number = chance.of(&[2, 3, -2, 7, 10, 1]);
            (number.to_string(), Val::Int(number))
        }
        Kind::Dec => {
            let text = chance.of(&["2.5", "-0.5", "3.0", "0.1", "7.25"]);
            (text.to_owned(), Val::Dec(Decimal::parse(text).unwrap()))
        }
        _ => {
            let number = chance.of(&[2.0, -0.5, 1e3, 3.0]);
            (format!("{number:e}"), Val::Real(number))
        }
    };
    Node::Literal(text, value)
}

/// Where a substring begins.
pub fn place(chance: &mut Chance) -> Node {
    let number = chance.of(&[0, 1, 2, 5, -1, -2, -100]);
    Node::Literal(number.to_string(), Val::Int(number))
}

/// How long a substring is.
pub fn length(chance: &mut Chance) -> Node {
    let number = chance.of(&[0, 1, 2, 100]);
    Node::Literal(number.to_string(), Val::Int(number))
}
