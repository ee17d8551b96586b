//! The obvious evaluator: what a filter and an order mean, straight from the specification and with no regard
//! for speed. It shares no code with the crate, neither the parser nor the types of values.
//!
//! OData URL Conventions 4.01 §5.1.1.1 (null equals itself and nothing else, `ge` is `gt` or `eq`, `and`,
//! `or` and `not` are three-valued), §5.1.1.5 and §5.1.1.7 (functions of null are null); Part 1 §11.2.6.1
//! (only what is true stays) and §11.2.6.2 (null comes before all values).

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A value of a row or of an expression.
#[derive(Clone, Debug)]
pub enum Val {
    Null,
    Truth(bool),
    Int(i64),
    Real(f64),
    /// Texts, and what is compared by its text: Guids, dates, times of day.
    Text(String),
    /// Points in time and lengths of time in 100 ns, members of an enumeration.
    Count(i64),
    Bytes(Vec<u8>),
}

/// One row: values by the path of their property.
pub type Row = BTreeMap<&'static str, Val>;

/// An expression.
#[derive(Clone, Debug)]
pub enum Node {
    Property(&'static str),
    /// Its text in a URL, and what that means.
    Literal(String, Val),
    /// The operator in any letter case.
    Compare(&'static str, Box<Node>, Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    In(Box<Node>, Vec<Node>),
    Call(&'static str, Vec<Node>),
    /// The same expression as the value of a parameter alias.
    Alias(Box<Node>),
}

/// One key of an order, and whether it descends.
pub type Key = (Node, bool);

impl Node {
    /// The expression as a URL has it, before percent-encoding. The values of aliases go to `aliases`.
    pub fn text(&self, aliases: &mut Vec<String>) -> String {
        let mut list = |nodes: &[Node], separator: &str| -> String {
            nodes.iter().map(|node| node.text(aliases)).collect::<Vec<_>>().join(separator)
        };
        match self {
            Self::Property(path) => (*path).to_owned(),
            Self::Literal(text, _) => text.clone(),
            Self::Compare(operator, left, right) => {
                format!("({} {operator} {})", left.text(aliases), right.text(aliases))
            }
            Self::And(nodes) => format!("({})", list(nodes, " and ")),
            Self::Or(nodes) => format!("({})", list(nodes, " or ")),
            Self::Not(node) => format!("(not {})", node.text(aliases)),
            Self::In(node, nodes) => format!("({} in ({}))", node.text(aliases), {
                let texts: Vec<String> = nodes.iter().map(|node| node.text(aliases)).collect();
                texts.join(",")
            }),
            Self::Call(name, nodes) => format!("{name}({})", list(nodes, ",")),
            Self::Alias(node) => {
                let value = node.text(aliases);
                aliases.push(value);
                format!("@p{}", aliases.len() - 1)
            }
        }
    }

    /// What the expression is for a row.
    pub fn value(&self, row: &Row) -> Val {
        match self {
            Self::Property(path) => row[path].clone(),
            Self::Literal(_, value) => value.clone(),
            Self::Compare(operator, left, right) => {
                Val::Truth(compare(&operator.to_lowercase(), &left.value(row), &right.value(row)))
            }
            Self::And(nodes) => {
                let values: Vec<Option<bool>> = nodes.iter().map(|node| truth(&node.value(row))).collect();
                if values.contains(&Some(false)) {
                    Val::Truth(false)
                } else if values.contains(&None) {
                    Val::Null
                } else {
                    Val::Truth(true)
                }
            }
            Self::Or(nodes) => {
                let values: Vec<Option<bool>> = nodes.iter().map(|node| truth(&node.value(row))).collect();
                if values.contains(&Some(true)) {
                    Val::Truth(true)
                } else if values.contains(&None) {
                    Val::Null
                } else {
                    Val::Truth(false)
                }
            }
            Self::Not(node) => match truth(&node.value(row)) {
                Some(truth) => Val::Truth(!truth),
                None => Val::Null,
            },
            Self::In(node, nodes) => {
                let value = node.value(row);
                Val::Truth(nodes.iter().any(|node| compare("eq", &value, &node.value(row))))
            }
            Self::Call(name, nodes) => {
                call(&name.to_lowercase(), &nodes.iter().map(|node| node.value(row)).collect::<Vec<_>>())
            }
            Self::Alias(node) => node.value(row),
        }
    }

    /// Whether the row stays.
    pub fn keeps(&self, row: &Row) -> bool {
        truth(&self.value(row)) == Some(true)
    }
}

fn truth(value: &Val) -> Option<bool> {
    match value {
        Val::Null => None,
        Val::Truth(truth) => Some(*truth),
        other => panic!("{other:?} is no truth value"),
    }
}

fn compare(operator: &str, left: &Val, right: &Val) -> bool {
    let equal = match (left, right) {
        (Val::Null, Val::Null) => true,
        (Val::Null, _) | (_, Val::Null) => false,
        _ => order(left, right) == Some(Ordering::Equal),
    };
    let either_null = matches!(left, Val::Null) || matches!(right, Val::Null);
    let greater = !either_null && order(left, right) == Some(Ordering::Greater);
    let less = !either_null && order(left, right) == Some(Ordering::Less);
    match operator {
        "eq" => equal,
        "ne" => !equal,
        "gt" => greater,
        "lt" => less,
        "ge" => greater || equal,
        "le" => less || equal,
        other => panic!("no operator {other}"),
    }
}

/// The order of two values that are not null; nothing where one is not a number (`NaN`).
fn order(left: &Val, right: &Val) -> Option<Ordering> {
    match (left, right) {
        (Val::Truth(left), Val::Truth(right)) => Some(u8::from(*left).cmp(&u8::from(*right))),
        (Val::Int(left), Val::Int(right)) | (Val::Count(left), Val::Count(right)) => Some(left.cmp(right)),
        (Val::Real(left), Val::Real(right)) => left.partial_cmp(right),
        (Val::Int(left), Val::Real(right)) => integer_against(*left, *right),
        (Val::Real(left), Val::Int(right)) => integer_against(*right, *left).map(Ordering::reverse),
        // By the numbers of their characters.
        (Val::Text(left), Val::Text(right)) => Some(left.chars().cmp(right.chars())),
        other => panic!("{other:?} do not compare"),
    }
}

/// Exact, where turning the integer into a double would round it.
fn integer_against(integer: i64, real: f64) -> Option<Ordering> {
    if real.is_nan() {
        return None;
    }
    // Beyond 128 bits the conversion stops at their ends, far outside of an integer's 64.
    #[expect(clippy::cast_possible_truncation, reason = "it is what is wanted")]
    let whole = real.trunc() as i128;
    let fraction = if real.is_finite() { real.fract() } else { 0.0 };
    Some(i128::from(integer).cmp(&whole).then(0.0.partial_cmp(&fraction)?))
}

fn call(name: &str, arguments: &[Val]) -> Val {
    let mut texts = Vec::new();
    for argument in arguments {
        match argument {
            Val::Text(text) => texts.push(text.as_str()),
            Val::Null => return Val::Null,
            other => panic!("{other:?} is no text"),
        }
    }
    let characters = |text: &str| text.chars().collect::<Vec<_>>();
    match (name, texts.as_slice()) {
        ("contains", [text, part]) => {
            let (text, part) = (characters(text), characters(part));
            Val::Truth((0..=text.len()).any(|start| text[start..].starts_with(&part)))
        }
        ("startswith", [text, part]) => Val::Truth(characters(text).starts_with(&characters(part))),
        ("endswith", [text, part]) => Val::Truth(characters(text).ends_with(&characters(part))),
        ("length", [text]) => Val::Int(i64::try_from(text.chars().count()).unwrap()),
        ("tolower", [text]) => Val::Text(text.to_lowercase()),
        ("toupper", [text]) => Val::Text(text.to_uppercase()),
        other => panic!("no function {other:?}"),
    }
}

/// The rows that stay, in order; rows that are equal in all keys are ordered by `id`.
pub fn answer<'r>(rows: &'r [Row], filter: &Node, keys: &[Key]) -> Vec<&'r Row> {
    let mut kept: Vec<&Row> = rows.iter().filter(|row| filter.keeps(row)).collect();
    kept.sort_by(|left, right| {
        let by_id = (Node::Property("id"), false);
        let mut places = keys.iter().chain([&by_id]).map(|(node, descending)| {
            let place = match (node.value(left), node.value(right)) {
                (Val::Null, Val::Null) => Ordering::Equal,
                (Val::Null, _) => Ordering::Less,
                (_, Val::Null) => Ordering::Greater,
                (left, right) => order(&left, &right).unwrap(),
            };
            if *descending { place.reverse() } else { place }
        });
        places.find(|place| place.is_ne()).unwrap_or(Ordering::Equal)
    });
    kept
}
