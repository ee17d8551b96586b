//! Filters and orders that can be bound, and rows to try them on.

use proptest::prelude::*;
use proptest::sample::select;

use crate::oracle::{Key, Node, Row, Val};

/// Values that compare with each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Text,
    Number,
    Truth,
    Color,
    Mood,
    Date,
    TimeOfDay,
    Instant,
    Length,
    Guid,
}

/// A property of the demo's people and the column that holds it.
pub const PEOPLE: &[(&str, &str, Kind)] = &[
    ("id", "id", Kind::Text),
    ("name", "name", Kind::Text),
    ("nick", "nick", Kind::Text),
    ("age", "age", Kind::Number),
    ("size", "size", Kind::Number),
    ("score", "score", Kind::Number),
    ("active", "active", Kind::Truth),
    ("vip", "vip", Kind::Truth),
    ("favourite", "favourite", Kind::Color),
    ("mood", "wild", Kind::Mood),
    ("born", "born", Kind::Date),
    ("wakes", "wakes", Kind::TimeOfDay),
    ("seen", "seen", Kind::Instant),
    ("joined", "joined", Kind::Instant),
    ("code", "code", Kind::Guid),
    ("shift", "shift", Kind::Length),
    ("home/city", "city", Kind::Text),
    ("home/street", "street", Kind::Text),
    ("home/paint", "paint", Kind::Color),
];

/// The same of their pets.
pub const PETS: &[(&str, &str, Kind)] =
    &[("id", "id", Kind::Text), ("name", "name", Kind::Text), ("weight", "weight", Kind::Number)];

const TEXTS: &[&str] = &[
    "", "a", "A", "ab", "aB", "b", "Straße", "STRASSE", "straße", "ß", "İ", "i", "I", "ı", "i̇", "%", "_",
    "a%b", "a_b", "\\", "it's", "''", "\"", "é", "e\u{301}", "😀", "a😀b", " ", "  a", "Z", "Σ", "ς", "σας",
    "null", "NULL", "ﬁ", "\t",
];

const INTS: &[i64] = &[0, 1, -1, 2, 5, 100, 2_147_483_647, -2_147_483_648];
const LONGS: &[i64] = &[0, 1, -1, 5, i64::MAX, i64::MIN, 9_007_199_254_740_993, 9_007_199_254_740_992, 3];
const REALS: &[f64] =
    &[0.0, -0.0, 1.0, 1.5, -1.5, 0.1, 5.0, 1e300, -1e-300, f64::INFINITY, f64::NEG_INFINITY];
const DATES: &[&str] = &["0001-01-01", "1969-12-31", "1970-01-01", "2020-02-29", "2020-03-01", "9999-12-31"];
const TIMES: &[&str] = &["00:00:00", "07:30:00", "07:30:00.5", "07:30:00.45", "23:59:59.9999999"];
const GUIDS: &[&str] = &[
    "00000000-0000-0000-0000-000000000000",
    "7f6c5b4a-0000-4000-8000-0123456789ab",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
];
const LENGTHS: &[(&str, i64)] = &[
    ("PT0S", 0),
    ("-PT0.0000001S", -1),
    ("P1D", 864_000_000_000),
    ("PT24H", 864_000_000_000),
    ("PT1S", 10_000_000),
];
const COLORS: &[(&str, i64)] = &[("red", 0), ("green", 1), ("deepBlue", 5)];
const MOODS: &[(&str, i64)] = &[("calm", -1), ("wild", 1)];

/// As a URL may write them, with their number of 100 ns since 1970. The bare date is midnight in UTC.
const INSTANTS: &[(&str, i64)] = &[
    ("1970-01-01T00:00:00Z", 0),
    ("1970-01-01T02:00:00+02:00", 0),
    ("1969-12-31T13:30:00-10:30", 0),
    ("1969-12-31T23:59:59.9999999Z", -1),
    ("2020-02-29T12:30:00.5-08:00", 15_830_082_005_000_000),
    ("2020-02-29T20:30:00.5000000Z", 15_830_082_005_000_000),
    ("2020-02-29T00:00Z", 15_829_344_000_000_000),
    ("0001-01-01T00:00:00Z", -621_355_968_000_000_000),
    ("9999-12-31T23:59:59.9999999Z", 2_534_023_007_999_999_999),
];

/// Rows in which every value of the lists above occurs, and null wherever it may.
pub fn people(count: usize) -> Vec<Row> {
    fn nth<T: Clone>(all: &[T], place: usize) -> T {
        all[place % all.len()].clone()
    }
    let or_null = |value: Val, place: usize| if place.is_multiple_of(5) { Val::Null } else { value };
    let text = |place: usize| Val::Text(nth(TEXTS, place).to_owned());
    (0..count)
        .map(|n| {
            let member = |all: &[(&str, i64)], place| Val::Count(nth(all, place).1);
            Row::from([
                // Neither in the order of the rows nor of anything else.
                ("id", Val::Text(format!("{:02}", n * 37 % 101))),
                ("name", or_null(text(n), n * 7 + 3)),
                ("nick", text(n * 11 + 1)),
                ("age", or_null(Val::Int(nth(INTS, n)), n + 1)),
                ("size", Val::Int(nth(LONGS, n * 5))),
                ("score", or_null(Val::Real(nth(REALS, n * 3)), n + 2)),
                ("active", or_null(Val::Truth(n % 3 == 1), n + 4)),
                ("vip", Val::Truth(n % 2 == 1)),
                ("favourite", or_null(member(COLORS, n / 2), n / 2)),
                ("mood", member(MOODS, n / 3)),
                ("born", or_null(Val::Text(nth(DATES, n).to_owned()), n / 3)),
                ("wakes", or_null(Val::Text(nth(TIMES, n).to_owned()), n / 4)),
                ("seen", or_null(member(INSTANTS, n), n / 5)),
                ("joined", member(INSTANTS, n * 2 + 1)),
                ("code", or_null(Val::Text(nth(GUIDS, n).to_owned()), n / 2 + 3)),
                ("shift", or_null(member(LENGTHS, n), n / 2 + 1)),
                ("price", or_null(Val::Text("1.5".to_owned()), n / 7)),
                ("photo", or_null(Val::Bytes(vec![0]), n / 6)),
                ("home/city", or_null(text(n * 3 + 2), n / 3 + 2)),
                ("home/street", text(n / 2)),
                ("home/paint", or_null(member(COLORS, n), n + 3)),
            ])
        })
        .collect()
}

/// Pets of the first few people; some have none.
pub fn pets(count: usize) -> Vec<Row> {
    (0..count)
        .map(|n| {
            let weight = INTS[n % INTS.len()];
            Row::from([
                ("id", Val::Text(format!("{:02}", n * 41 % 101))),
                ("name", if n % 4 == 0 { Val::Null } else { Val::Text(TEXTS[n % 9].to_owned()) }),
                ("weight", if n % 3 == 0 { Val::Null } else { Val::Int(weight) }),
                ("owner", Val::Text(format!("{:02}", n % 7 * 37 % 101))),
            ])
        })
        .collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Literals that have their type by themselves.
fn typed_literals(kind: Kind) -> Vec<Node> {
    let literal = |text: &str, value: Val| Node::Literal(text.to_owned(), value);
    let mut all: Vec<Node> = match kind {
        Kind::Text => {
            TEXTS.iter().map(|text| literal(&quoted(text), Val::Text((*text).to_owned()))).collect()
        }
        Kind::Number => {
            let integers =
                INTS.iter().chain(LONGS).map(|number| literal(&number.to_string(), Val::Int(*number)));
            let decimals = [1.0, 1.5, -1.5, 0.1, 0.5, -0.5]
                .map(|number| literal(&format!("{number:?}"), Val::Real(number)));
            let doubles = [("1e300", 1e300), ("-1e-300", -1e-300), ("INF", f64::INFINITY), ("NaN", f64::NAN)];
            let large = [
                ("-INF", f64::NEG_INFINITY),
                ("9223372036854775808", 9_223_372_036_854_775_808.0),
                ("-99999999999999999999", -1e20),
                ("+5", 5.0),
            ];
            let others =
                doubles.into_iter().chain(large).map(|(text, number)| literal(text, Val::Real(number)));
            integers.chain(decimals).chain(others).collect()
        }
        Kind::Truth => vec![literal("true", Val::Truth(true)), literal("False", Val::Truth(false))],
        Kind::Color => members("demo.registry.color", COLORS),
        Kind::Mood => members("d.mood", MOODS),
        Kind::Date => DATES.iter().map(|text| literal(text, Val::Text((*text).to_owned()))).collect(),
        Kind::TimeOfDay => TIMES.iter().map(|text| literal(text, Val::Text((*text).to_owned()))).collect(),
        Kind::Instant => INSTANTS.iter().map(|(text, ticks)| literal(text, Val::Count(*ticks))).collect(),
        Kind::Length => LENGTHS
            .iter()
            .map(|(text, ticks)| literal(&format!("duration'{text}'"), Val::Count(*ticks)))
            .collect(),
        Kind::Guid => {
            GUIDS.iter().map(|text| literal(&text.to_uppercase(), Val::Text((*text).to_owned()))).collect()
        }
    };
    all.push(literal("null", Val::Null));
    all
}

fn members(type_name: &str, all: &[(&str, i64)]) -> Vec<Node> {
    all.iter()
        .map(|(name, number)| Node::Literal(format!("{type_name}'{name}'"), Val::Count(*number)))
        .collect()
}

/// Literals that take the type of what they are compared with.
fn fitting_literals(kind: Kind) -> Vec<Node> {
    let text = |text: &str| Node::Literal(quoted(text), Val::Text(text.to_owned()));
    let counted = |all: &[(&str, i64)]| -> Vec<Node> {
        all.iter().map(|(text, count)| Node::Literal(quoted(text), Val::Count(*count))).collect()
    };
    match kind {
        Kind::Text | Kind::Truth => typed_literals(kind),
        Kind::Number => {
            [0, 1, -1, 5].map(|number| Node::Literal(format!("'{number}'"), Val::Int(number))).to_vec()
        }
        Kind::Color => [counted(COLORS), counted(&[("GREEN", 1), ("5", 5)])].concat(),
        Kind::Mood => counted(MOODS),
        Kind::Date => DATES.iter().map(|date| text(date)).collect(),
        Kind::TimeOfDay => TIMES.iter().map(|time| text(time)).collect(),
        Kind::Guid => GUIDS.iter().map(|guid| text(guid)).collect(),
        Kind::Instant => {
            let mut all = counted(INSTANTS);
            all.push(Node::Literal("2020-02-29".to_owned(), Val::Count(15_829_344_000_000_000)));
            all
        }
        Kind::Length => counted(LENGTHS),
    }
}

type Properties = &'static [(&'static str, &'static str, Kind)];

/// Anything of a kind that is no literal.
fn variable(properties: Properties, kind: Kind) -> BoxedStrategy<Node> {
    let named: Vec<&str> = properties.iter().filter(|one| one.2 == kind).map(|one| one.0).collect();
    let property = select(named).prop_map(Node::Property).boxed();
    match kind {
        Kind::Text => {
            let call = select(vec!["tolower", "toUpper"]);
            prop_oneof![
                3 => property.clone(),
                1 => (call, operand_of(property, Kind::Text))
                    .prop_map(|(name, text)| Node::Call(name, vec![text])),
            ]
            .boxed()
        }
        Kind::Number => prop_oneof![
            3 => property,
            1 => operand(properties, Kind::Text).prop_map(|text| Node::Call("length", vec![text])),
        ]
        .boxed(),
        _ => property,
    }
}

fn operand_of(variable: BoxedStrategy<Node>, kind: Kind) -> BoxedStrategy<Node> {
    prop_oneof![3 => variable, 1 => select(typed_literals(kind))].boxed()
}

fn operand(properties: Properties, kind: Kind) -> BoxedStrategy<Node> {
    operand_of(variable(properties, kind), kind)
}

const OPERATORS: &[&str] = &["eq", "ne", "gt", "ge", "lt", "le", "EQ", "Ge"];

fn comparison(properties: Properties, kind: Kind) -> BoxedStrategy<Node> {
    let one = variable(properties, kind);
    let fitting = prop_oneof![2 => select(typed_literals(kind)), 1 => select(fitting_literals(kind))];
    let sides = prop_oneof![
        3 => (one.clone(), fitting.clone()),
        1 => (fitting, one).prop_map(|(left, right)| (right, left)),
        2 => (operand(properties, kind), operand(properties, kind)),
    ];
    (select(OPERATORS), sides)
        .prop_map(|(operator, (left, right))| Node::Compare(operator, Box::new(left), Box::new(right)))
        .boxed()
}

fn membership(properties: Properties, kind: Kind) -> BoxedStrategy<Node> {
    let list = |literals: Vec<Node>| prop::collection::vec(select(literals), 0..4);
    prop_oneof![
        (variable(properties, kind), list([typed_literals(kind), fitting_literals(kind)].concat())),
        (operand(properties, kind), list(typed_literals(kind))),
    ]
    .prop_map(|(one, list)| Node::In(Box::new(one), list))
    .boxed()
}

/// A condition without conditions in it.
fn simple(properties: Properties) -> BoxedStrategy<Node> {
    let kinds: Vec<Kind> = properties.iter().map(|one| one.2).collect();
    let text = || operand(properties, Kind::Text);
    let call = (select(vec!["contains", "startswith", "endsWith", "CONTAINS"]), text(), text())
        .prop_map(|(name, left, right)| Node::Call(name, vec![left, right]));
    let literal = select(typed_literals(Kind::Truth));
    let mut all = vec![
        (6, select(kinds.clone()).prop_flat_map(move |kind| comparison(properties, kind)).boxed()),
        (2, select(kinds.clone()).prop_flat_map(move |kind| membership(properties, kind)).boxed()),
        (3, call.boxed()),
        (1, literal.boxed()),
    ];
    if kinds.contains(&Kind::Truth) {
        all.push((1, variable(properties, Kind::Truth)));
        // Of these it can only be told whether they are there.
        let opaque = (select(vec!["eq", "ne", "lt", "ge"]), select(vec!["price", "photo"])).prop_map(
            |(operator, property)| {
                let null = Node::Literal("null".to_owned(), Val::Null);
                Node::Compare(operator, Box::new(Node::Property(property)), Box::new(null))
            },
        );
        all.push((1, opaque.boxed()));
    }
    prop::strategy::Union::new_weighted(all).boxed()
}

/// Any condition.
pub fn condition(properties: Properties) -> BoxedStrategy<Node> {
    simple(properties)
        .prop_recursive(4, 24, 4, move |inner| {
            let boxed = || inner.clone().prop_map(Box::new);
            let some = || prop::collection::vec(inner.clone(), 2..5);
            let list = prop::collection::vec(select(typed_literals(Kind::Truth)), 0..3);
            prop_oneof![
                3 => some().prop_map(Node::And),
                3 => some().prop_map(Node::Or),
                3 => boxed().prop_map(Node::Not),
                1 => (select(vec!["eq", "ne", "lt", "gt"]), boxed(), boxed())
                    .prop_map(|(operator, left, right)| Node::Compare(operator, left, right)),
                // The order of conditions made of conditions is not served.
                1 => (select(OPERATORS), simple(properties), simple(properties)).prop_map(
                    |(operator, left, right)| Node::Compare(operator, Box::new(left), Box::new(right))
                ),
                1 => (boxed(), list).prop_map(|(one, list)| Node::In(one, list)),
                1 => boxed().prop_map(Node::Alias),
            ]
        })
        .boxed()
}

/// Any order.
pub fn keys(properties: Properties) -> impl Strategy<Value = Vec<Key>> {
    let kinds: Vec<Kind> = properties.iter().map(|one| one.2).collect();
    let variable = select(kinds).prop_flat_map(move |kind| variable(properties, kind));
    let contains = operand(properties, Kind::Text)
        .prop_map(|text| Node::Call("contains", vec![Node::Property("name"), text]));
    let key = prop_oneof![6 => variable, 1 => contains];
    prop::collection::vec((key, any::<bool>()), 0..4)
}
