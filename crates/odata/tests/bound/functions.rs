//! The functions that statements call: those for PostgreSQL give what those for SQLite give, to the digit.

use odata::sql::Scalar;
use odata::sql::functions::FUNCTIONS;

use crate::database::{self, Database};

/// What an argument is.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Int,
    Real,
    Dec,
    Text,
    Place,
    Day,
    Clock,
    Instant,
    Minutes,
    Base64,
    Duration,
    Bytes,
    List,
    Members,
    Names,
    From(&'static str),
    To(&'static str),
}

use Kind::{
    Base64, Bytes, Clock, Day, Dec, Duration, From, Instant, Int, List, Members, Minutes, Names, Place, Real,
    Text, To,
};

const INTS: &[i64] = &[
    0,
    1,
    -1,
    2,
    -7,
    1000,
    65_536,
    5_000_000_000,
    864_000_000_000,
    -864_000_000_001,
    15_830_082_005_000_001,
    -621_355_968_000_000_000,
    2_534_023_007_999_999_999,
    9_007_199_254_740_993,
    i64::MAX,
    i64::MIN,
];
const REALS: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    -1.5,
    2.5,
    0.1,
    0.3,
    0.499_999_999_999_999_94,
    -0.5,
    1e300,
    -1e300,
    1e-300,
    1e23,
    123_456.789e20,
    4_503_599_627_370_497.5,
    9_007_199_254_740_993.0,
    9_223_372_036_854_775_807.0,
    -9_223_372_036_854_775_808.0,
    f64::MAX,
    f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    f64::INFINITY,
    f64::NEG_INFINITY,
];
const DECIMALS: &[&str] = &[
    "0",
    "1",
    "-1",
    "1.5",
    "-2.5",
    "0.5",
    "7.0",
    "3",
    "0.0000001",
    "99.99",
    "-0.0",
    "12345678901234567890.123456789",
    "9223372036854775808",
    "99999999999999999999999999999999995",
    "0.00000000000000000000000000000000012345678901234567890123456789012345678901",
    "",
    "x",
    "1e5",
];
const TEXTS: &[&str] = &[
    "",
    "a",
    "ab",
    "aB",
    "Straße",
    "İ",
    "Σ",
    "σας",
    "ΑΣ b",
    "ﬁ",
    "e\u{301}",
    "😀",
    "a😀b",
    " \t a\u{a0}\u{3000}",
    "%",
    "_",
    "\\",
    "'",
    "12",
    "+5",
    "-3",
    "1.5",
    "0012",
    "00000000000000000000000000000042",
    "9223372036854775808",
    "true",
    "FALSE",
    "NaN",
    "INF",
    "-INF",
    "1e3",
    "1e400",
    "-1e-400",
    "1.",
    "AAEC",
    "_-8=",
    "A",
    "7F6C5B4A-0000-4000-8000-0123456789AB",
    "x",
];
const PLACES: &[i64] = &[0, 1, 2, 5, -1, -2, -100, i64::MAX, i64::MIN];
const DAYS: &[&str] = &[
    "0000-01-01",
    "0001-01-01",
    "1969-12-31",
    "1970-01-01",
    "2000-02-29",
    "2020-03-01",
    "2021-02-29",
    "9999-12-31",
    "2020-1-1",
    "",
];
const CLOCKS: &[&str] = &[
    "00:00",
    "07:30",
    "07:30:00.5",
    "23:59:59.9999999",
    "12:00:00.123456789012",
    "12:00:00.1234567890123",
    "24:00",
    "12:60:00",
    "12:00:",
    "12:00:00.",
    "",
];
const INSTANTS: &[&str] = &[
    "1970-01-01T00:00:00Z",
    "1970-01-01T02:00+02:00",
    "2020-02-29t12:30:00.5-10:30",
    "0000-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.9999999Z",
    "2021-02-29T00:00:00Z",
    "2020-02-28T24:00:00Z",
    "2020-02-28T00:00:00",
    "2020-02-28T00:00:00+2:00",
    "2020-02-28 00:00:00Z",
    "2020-02-28T00:00:00+24:00",
    "x",
    "",
];
const MINUTES: &[i64] = &[0, 1, -90, 840, -630, 1439];
const BASE64: &[&str] = &["", "AA==", "AA", "AAA=", "AAAA", "_-8=", "/+8=", "A", "AA=", "Ä", "AA AA", "_+8="];
const DURATIONS: &[&str] = &[
    "PT0S",
    "-PT0.5S",
    "P1DT2H3M4.5S",
    "p1d",
    "P",
    "PT",
    "P1DT",
    "P1H",
    "PT1.S",
    "P10675199DT2H48M5.4775807S",
    "-P10675199DT2H48M5.4775808S",
    "P10675200D",
    "PT12345678901234567890S",
    "PT0.00000019S",
    "--P1D",
    "",
];
const LISTS: &[&str] = &[
    "[]",
    "[1]",
    "[1,2,3]",
    "[3,1]",
    "[1,1]",
    "[\"a\",\"b\",\"a\"]",
    "[\"a\",\"a\"]",
    "[\"1\"]",
    "[null]",
    "[{\"a\":1,\"b\":2}]",
    "[{\"b\":2,\"a\":1}]",
    "[9007199254740993]",
    "[9007199254740992]",
];
const NUMBERS: &[&str] =
    &["[]", "[null]", "[\"1.5\",null,\"2.5\"]", "[\"1\",\"2\",\"2\"]", "[\"7.0\"]", "[\"-0.1\"]"];
const NAMES: &[&str] =
    &["read", "READ, write", "none", "", "4", "read,x", " write ,share", "-1", "read,,write"];

fn values(kind: Kind) -> Vec<Scalar> {
    let texts = |all: &[&str]| all.iter().map(|text| Scalar::Text((*text).to_owned())).collect();
    let ints = |all: &[i64]| all.iter().map(|number| Scalar::Integer(*number)).collect();
    match kind {
        Int => ints(INTS),
        Place => ints(PLACES),
        Minutes => ints(MINUTES),
        Real => REALS.iter().map(|number| Scalar::Real(*number)).collect(),
        Dec => texts(DECIMALS),
        Text => texts(TEXTS),
        Day => texts(DAYS),
        Clock => texts(CLOCKS),
        Instant => texts(INSTANTS),
        Base64 => texts(BASE64),
        Duration => texts(DURATIONS),
        Bytes => (0..100).step_by(33).map(|length| Scalar::Blob((0..length).collect())).collect(),
        List => texts(LISTS),
        Members => texts(&["none=0,read=1,write=2,share=4", "read=1,both=3,Read=8"]),
        Names => texts(NAMES),
        From(name) | To(name) => texts(&[name]),
    }
}

/// Every function with what it is called with; `odata_dec_sum` and its like have lists of their own.
const CALLS: &[(&str, &[&[Kind]])] = &[
    ("unicode_lower", &[&[Text]]),
    ("unicode_upper", &[&[Text]]),
    ("odata_startswith", &[&[Text, Text]]),
    ("odata_endswith", &[&[Text, Text]]),
    ("odata_trim", &[&[Text]]),
    ("odata_substring", &[&[Text, Place], &[Text, Place, Place]]),
    ("odata_hassubset", &[&[List, List]]),
    ("odata_hassubsequence", &[&[List, List]]),
    ("odata_int_add", &[&[Int, Int]]),
    ("odata_int_sub", &[&[Int, Int]]),
    ("odata_int_mul", &[&[Int, Int]]),
    ("odata_int_div", &[&[Int, Int]]),
    ("odata_int_mod", &[&[Int, Int]]),
    ("odata_int_neg", &[&[Int]]),
    ("odata_real_add", &[&[Real, Real]]),
    ("odata_real_sub", &[&[Real, Real]]),
    ("odata_real_mul", &[&[Real, Real]]),
    ("odata_real_div", &[&[Real, Real]]),
    ("odata_real_mod", &[&[Real, Real]]),
    ("odata_real_neg", &[&[Real]]),
    ("odata_real_round", &[&[Real]]),
    ("odata_real_floor", &[&[Real]]),
    ("odata_real_ceiling", &[&[Real]]),
    ("odata_dec_add", &[&[Dec, Dec]]),
    ("odata_dec_sub", &[&[Dec, Dec]]),
    ("odata_dec_mul", &[&[Dec, Dec]]),
    ("odata_dec_div", &[&[Dec, Dec]]),
    ("odata_dec_mod", &[&[Dec, Dec]]),
    ("odata_dec_neg", &[&[Dec]]),
    ("odata_dec_round", &[&[Dec]]),
    ("odata_dec_floor", &[&[Dec]]),
    ("odata_dec_ceiling", &[&[Dec]]),
    ("odata_dec_sum", &[]),
    ("odata_dec_average", &[]),
    ("odata_year", &[&[Int], &[Day]]),
    ("odata_month", &[&[Int], &[Day]]),
    ("odata_day", &[&[Int], &[Day]]),
    ("odata_hour", &[&[Int], &[Clock]]),
    ("odata_minute", &[&[Int], &[Clock]]),
    ("odata_second", &[&[Int], &[Clock]]),
    ("odata_fraction", &[&[Int], &[Clock]]),
    ("odata_date", &[&[Int]]),
    ("odata_time", &[&[Int]]),
    ("odata_seconds", &[&[Int]]),
    ("odata_instant_add", &[&[Int, Int]]),
    ("odata_instant_sub", &[&[Int, Int]]),
    ("odata_date_add", &[&[Day, Int]]),
    ("odata_date_sub", &[&[Day, Day]]),
    ("odata_ticks_scale", &[&[Int, Int], &[Int, Dec], &[Int, Real]]),
    ("odata_ticks_divide", &[&[Int, Int], &[Int, Dec], &[Int, Real]]),
    ("odata_ticks", &[&[Instant], &[Text]]),
    ("odata_offset", &[&[Instant], &[Text]]),
    ("odata_bytes", &[&[Base64], &[Text]]),
    ("odata_instant_text", &[&[Int, Minutes]]),
    ("odata_bytes_text", &[&[Bytes]]),
    ("odata_real", &[&[Text], &[Dec]]),
    (
        "odata_cast_text",
        &[
            &[Int, From("Int64"), To("String")],
            &[Int, From("Int64"), To("Decimal")],
            &[Int, From("Int64"), To("Date")],
            &[Int, From("DateTimeOffset"), To("String")],
            &[Int, From("DateTimeOffset"), To("Date")],
            &[Int, From("DateTimeOffset"), To("TimeOfDay")],
            &[Int, From("Duration"), To("String")],
            &[Int, From("Duration"), To("Decimal")],
            &[Real, From("Double"), To("String")],
            &[Real, From("Double"), To("Decimal")],
            &[Text, From("String"), To("Decimal")],
            &[Dec, From("String"), To("Decimal")],
            &[Text, From("String"), To("Guid")],
            &[Day, From("String"), To("Date")],
            &[Clock, From("String"), To("TimeOfDay")],
            &[Bytes, From("Binary"), To("String")],
        ],
    ),
    (
        "odata_cast_integer",
        &[
            &[Int, From("Int64"), To("Byte")],
            &[Int, From("Int64"), To("SByte")],
            &[Int, From("Int64"), To("Int16")],
            &[Int, From("Int64"), To("Int32")],
            &[Int, From("Int64"), To("Duration")],
            &[Int, From("DateTimeOffset"), To("DateTimeOffset")],
            &[Int, From("Duration"), To("Int64")],
            &[Real, From("Double"), To("Int64")],
            &[Real, From("Double"), To("Byte")],
            &[Text, From("String"), To("Int64")],
            &[Text, From("String"), To("Int16")],
            &[Instant, From("String"), To("DateTimeOffset")],
            &[Duration, From("String"), To("Duration")],
            &[Day, From("Date"), To("DateTimeOffset")],
        ],
    ),
    (
        "odata_cast_real",
        &[
            &[Int, From("Int64"), To("Double")],
            &[Int, From("Duration"), To("Double")],
            &[Real, From("Double"), To("Single")],
            &[Text, From("String"), To("Double")],
        ],
    ),
    ("odata_cast_truth", &[&[Text, From("String"), To("Boolean")], &[Real, From("Double"), To("Boolean")]]),
    ("odata_cast_bytes", &[&[Base64, From("String"), To("Binary")], &[Bytes, From("Binary"), To("Binary")]]),
    ("odata_flags", &[&[Minutes, Members], &[Place, Members]]),
    ("odata_flags_of", &[&[Names, Members]]),
];

/// All combinations.
fn product(kinds: &[Kind]) -> Vec<Vec<Scalar>> {
    kinds.iter().fold(vec![vec![]], |all, kind| {
        let next = values(*kind);
        let longer =
            |one: Vec<Scalar>| next.iter().map(move |value| [one.clone(), vec![value.clone()]].concat());
        all.into_iter().flat_map(longer).collect()
    })
}

/// What a call gives; of errors the text.
fn told(outcome: &Result<Scalar, String>) -> String {
    match outcome {
        // SQLite has no NaN.
        Ok(Scalar::Real(number)) if number.is_nan() => "Null".to_owned(),
        Ok(scalar) => format!("{scalar:?}"),
        Err(text) => text.clone(),
    }
}

#[test]
fn functions_agree() {
    let mut missing: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    missing.retain(|name| CALLS.iter().all(|(called, _)| called != name));
    assert_eq!(missing, ["odata_matches"], "a function is not called here");
    let databases = database::open();
    let Some(database) = databases.iter().find(|database| matches!(database, Database::Postgres(_))) else {
        return;
    };
    let (mut calls, mut wrong) = (0, Vec::new());
    for (name, ways) in CALLS {
        let lists = NUMBERS.iter().map(|text| vec![Scalar::Text((*text).to_owned())]);
        let products = ways.iter().flat_map(|kinds| product(kinds));
        for arguments in products.chain(ways.is_empty().then_some(lists).into_iter().flatten()) {
            let function = FUNCTIONS
                .iter()
                .find(|function| function.name == *name && function.arguments == arguments.len())
                .unwrap();
            let wanted = (function.call)(&arguments).map_err(|error| error.to_string());
            let found = database.call(name, &arguments);
            calls += 1;
            if told(&found) != told(&wanted) {
                wrong.push(format!(
                    "{name}{arguments:?}\n   found {}\n   wants {}",
                    told(&found),
                    told(&wanted)
                ));
            }
        }
    }
    eprintln!("{calls} calls");
    assert!(
        wrong.is_empty(),
        "{} of {calls} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}
