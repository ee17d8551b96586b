//! The obvious evaluator: what an expression means, straight from the specification and with no regard for speed.
//! It shares no code with the crate, neither the parser nor the types of values.
//!
//! OData URL Conventions 4.01 §5.1.1.1 (null equals itself and nothing else, `ge` is `gt` or `eq`, `and`, `or` and
//! `not` are three-valued), §5.1.1.2 (arithmetic), §5.1.1.5 to §5.1.1.10 (functions of null are null), §5.1.1.11
//! (promotion), §5.1.1.13 (`any`, `all`); Part 1 §11.2.6.1 (only what is true stays) and §11.2.6.2 (null comes before
//! all values).

pub mod calendar;
pub mod decimal;
pub mod functions;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use decimal::Decimal;

/// A value of an entity or of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Val {
    Null,
    Truth(bool),
    Int(i64),
    Dec(Decimal),
    Real(f64),
    /// Texts, and what is compared by its text: Guids.
    Text(String),
    /// A member of an enumeration.
    Member(i64),
    /// Days since 1970-01-01.
    Day(i64),
    /// Units of 100 ns since midnight.
    Clock(i64),
    /// Units of 100 ns since 1970 in UTC, and the minutes of the offset.
    Instant(i64, i64),
    /// Units of 100 ns.
    Span(i64),
    Bytes(Vec<u8>),
    List(Vec<Val>),
    Struct(BTreeMap<&'static str, Val>),
    /// An entity of a set, by its place.
    Entity(Set, usize),
}

/// The sets of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Set {
    Items,
    Parts,
    Makers,
}

/// An entity: values by the names of its properties, and under names with `#` the keys it refers to.
#[derive(Clone, Debug)]
pub struct Entity {
    pub type_name: &'static str,
    pub values: BTreeMap<&'static str, Val>,
}

/// All entities.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub sets: BTreeMap<Set, Vec<Entity>>,
}

/// What has no value at all, such as a division by zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault;

pub type Outcome = Result<Val, Fault>;

/// An expression.
#[derive(Clone, Debug)]
pub enum Node {
    /// Names, the first perhaps `$it`, `$this` or a variable.
    Path(Vec<String>),
    /// Its text in a URL, and what that means.
    Literal(String, Val),
    /// The operator in any letter case.
    Binary(&'static str, Box<Node>, Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    In(Box<Node>, Vec<Node>),
    Within(Box<Node>, Box<Node>),
    Call(&'static str, Vec<Node>),
    Cast(Box<Node>, &'static str),
    IsOf(Option<Box<Node>>, &'static str),
    /// Numbers become floating-point ones where one of them is, or else decimals.
    Case(Vec<(Node, Node)>, &'static str),
    /// `any` or `all`, the path to the collection, a variable and a condition.
    Lambda(&'static str, Box<Node>, String, Option<Box<Node>>),
    Count(Box<Node>, Option<Box<Node>>),
    /// The same expression as the value of a parameter alias.
    Alias(Box<Node>),
}

/// One key of an order, and whether it descends.
pub type Key = (Node, bool);

/// What names stand for.
#[derive(Clone)]
pub struct Scope<'w> {
    pub world: &'w World,
    /// The entity that is listed.
    pub it: Val,
    /// What bare names belong to.
    pub implicit: Val,
    pub variables: Vec<(String, Val)>,
}

impl<'w> Scope<'w> {
    pub fn of(world: &'w World, set: Set, place: usize) -> Self {
        let it = Val::Entity(set, place);
        Self { world, it: it.clone(), implicit: it, variables: Vec::new() }
    }
}

impl World {
    fn with(&self, set: Set, name: &str, value: &Val) -> Vec<Val> {
        let all = self.sets[&set].iter().enumerate();
        let found = all.filter(|(_, entity)| entity.values.get(name) == Some(value));
        found.map(|(place, _)| Val::Entity(set, place)).collect()
    }

    /// What a name leads to from a value.
    fn member(&self, from: &Val, name: &str) -> Val {
        let first = |found: Vec<Val>| found.into_iter().next().unwrap_or(Val::Null);
        match from {
            Val::Null => Val::Null,
            Val::Struct(members) => members.get(name).cloned().unwrap_or(Val::Null),
            Val::Entity(set, place) => {
                let entity = &self.sets[set][*place];
                let of = |name: &str| entity.values.get(name).cloned().unwrap_or(Val::Null);
                match (set, name) {
                    (_, "stock.gadget") if entity.type_name != name => Val::Null,
                    (_, "stock.gadget") => from.clone(),
                    (Set::Items, "maker") => first(self.with(Set::Makers, "id", &of("#maker"))),
                    (Set::Items, "next") => first(self.with(Set::Items, "id", &of("#next"))),
                    (Set::Items, "parts") => Val::List(self.with(Set::Parts, "#item", &of("id"))),
                    (Set::Parts, "item") => first(self.with(Set::Items, "id", &of("#item"))),
                    (Set::Makers, "items") => Val::List(self.with(Set::Items, "#maker", &of("id"))),
                    _ => of(name),
                }
            }
            other => panic!("{other:?} has no {name}"),
        }
    }
}

impl Node {
    /// The expression as a URL has it, before percent-encoding. The values of aliases go to `aliases`.
    pub fn text(&self, aliases: &mut Vec<String>) -> String {
        fn list(nodes: &[Node], separator: &str, aliases: &mut Vec<String>) -> String {
            nodes.iter().map(|node| node.text(aliases)).collect::<Vec<_>>().join(separator)
        }
        match self {
            Self::Path(names) => names.join("/"),
            Self::Literal(text, _) => text.clone(),
            Self::Binary(operator, left, right) => {
                format!("({} {operator} {})", left.text(aliases), right.text(aliases))
            }
            Self::And(nodes) => format!("({})", list(nodes, " and ", aliases)),
            Self::Or(nodes) => format!("({})", list(nodes, " or ", aliases)),
            Self::Not(node) => format!("(not {})", node.text(aliases)),
            // A space, lest it be a negative literal.
            Self::Negate(node) => format!("(- {})", node.text(aliases)),
            Self::In(node, nodes) => {
                format!("({} in ({}))", node.text(aliases), list(nodes, ",", aliases))
            }
            Self::Within(node, list) => format!("({} in {})", node.text(aliases), list.text(aliases)),
            Self::Call(name, nodes) => format!("{name}({})", list(nodes, ",", aliases)),
            Self::Cast(node, ty) => format!("cast({},{ty})", node.text(aliases)),
            Self::IsOf(None, ty) => format!("isof({ty})"),
            Self::IsOf(Some(node), ty) => format!("isof({},{ty})", node.text(aliases)),
            Self::Case(cases, _) => {
                let cases =
                    cases.iter().map(|(when, then)| format!("{}:{}", when.text(aliases), then.text(aliases)));
                format!("case({})", cases.collect::<Vec<_>>().join(","))
            }
            Self::Lambda(quantifier, path, variable, predicate) => {
                let inside = predicate
                    .as_ref()
                    .map_or(String::new(), |predicate| format!("{variable}:{}", predicate.text(aliases)));
                format!("{}/{quantifier}({inside})", path.text(aliases))
            }
            Self::Count(path, None) => format!("{}/$count", path.text(aliases)),
            Self::Count(path, Some(filter)) => {
                format!("{}/$count($filter={})", path.text(aliases), filter.text(aliases))
            }
            Self::Alias(node) => {
                let value = node.text(aliases);
                aliases.push(value);
                format!("@p{}", aliases.len() - 1)
            }
        }
    }

    /// What the expression is in a scope.
    pub fn value(&self, scope: &Scope<'_>) -> Outcome {
        let all = |nodes: &[Node]| nodes.iter().map(|node| node.value(scope)).collect::<Result<Vec<_>, _>>();
        Ok(match self {
            Self::Path(names) => path(names, scope),
            Self::Literal(_, value) => value.clone(),
            Self::Binary(operator, left, right) => {
                let (left, right) = (left.value(scope)?, right.value(scope)?);
                match operator.to_lowercase().as_str() {
                    "has" => match (left, right) {
                        (Val::Member(left), Val::Member(right)) => Val::Truth(left & right == right),
                        _ => Val::Null,
                    },
                    "add" | "sub" | "mul" | "div" | "divby" | "mod" => {
                        functions::arithmetic(&operator.to_lowercase(), left, right)?
                    }
                    comparison => Val::Truth(compare(comparison, &left, &right)),
                }
            }
            Self::And(nodes) => junction(&all(nodes)?, false),
            Self::Or(nodes) => junction(&all(nodes)?, true),
            Self::Not(node) => truth(&node.value(scope)?).map_or(Val::Null, |truth| Val::Truth(!truth)),
            Self::Negate(node) => functions::negate(node.value(scope)?)?,
            Self::In(node, nodes) => {
                let value = node.value(scope)?;
                Val::Truth(all(nodes)?.iter().any(|one| compare("eq", &value, one)))
            }
            Self::Within(node, list) => {
                let value = node.value(scope)?;
                Val::Truth(members(list, scope)?.iter().any(|one| compare("eq", &value, one)))
            }
            Self::Call(name, nodes) => functions::call(&name.to_lowercase(), &all(nodes)?)?,
            Self::Cast(node, ty) => functions::cast(node.value(scope)?, ty),
            Self::IsOf(node, ty) => {
                let value = match node {
                    Some(node) => node.value(scope)?,
                    None => scope.implicit.clone(),
                };
                Val::Truth(match value {
                    Val::Null => false,
                    Val::Entity(set, place) => {
                        let actual = scope.world.sets[&set][place].type_name;
                        actual == *ty || (actual == "stock.gadget" && *ty == "stock.item")
                    }
                    _ => true,
                })
            }
            Self::Case(cases, ty) => {
                // All of them, since a fault in any may or may not be noticed.
                let mut chosen = None;
                for (when, then) in cases {
                    let (when, then) = (truth(&when.value(scope)?), then.value(scope)?);
                    if when == Some(true) {
                        chosen.get_or_insert(then);
                    }
                }
                functions::widened(chosen.unwrap_or(Val::Null), ty)
            }
            Self::Lambda(quantifier, path, variable, predicate) => {
                let mut passed = Vec::new();
                let members = members(path, scope)?;
                if let (Some(predicate), []) = (predicate, members.as_slice()) {
                    noticed(
                        predicate,
                        &Scope { variables: with(scope, variable, Val::Null), ..scope.clone() },
                    )?;
                }
                for member in members {
                    let scope = Scope { variables: with(scope, variable, member), ..scope.clone() };
                    passed.push(match predicate {
                        Some(predicate) => predicate.keeps(&scope)?,
                        None => true,
                    });
                }
                Val::Truth(match *quantifier {
                    "any" => passed.contains(&true),
                    _ => !passed.contains(&false),
                })
            }
            Self::Count(path, filter) => {
                let mut count = 0;
                let members = members(path, scope)?;
                if let (Some(filter), []) = (filter, members.as_slice()) {
                    noticed(filter, &Scope { implicit: Val::Null, ..scope.clone() })?;
                }
                for member in members {
                    let scope = Scope { implicit: member, ..scope.clone() };
                    count += i64::from(match filter {
                        Some(filter) => filter.keeps(&scope)?,
                        None => true,
                    });
                }
                Val::Int(count)
            }
            Self::Alias(node) => node.value(scope)?,
        })
    }

    /// Whether it is true.
    pub fn keeps(&self, scope: &Scope<'_>) -> Result<bool, Fault> {
        Ok(truth(&self.value(scope)?) == Some(true))
    }
}

fn with(scope: &Scope<'_>, variable: &str, value: Val) -> Vec<(String, Val)> {
    scope.variables.iter().cloned().chain([(variable.to_owned(), value)]).collect()
}

/// What a condition on no members says of none of them may be calculated all the same.
fn noticed(condition: &Node, scope: &Scope<'_>) -> Result<(), Fault> {
    condition.value(scope).map(drop)
}

fn path(names: &[String], scope: &Scope<'_>) -> Val {
    let variable =
        |name: &String| scope.variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value);
    let (from, rest) = match names.split_first() {
        Some((first, rest)) if first == "$it" => (&scope.it, rest),
        Some((first, rest)) if first == "$this" => (&scope.implicit, rest),
        Some((first, rest)) => variable(first).map_or((&scope.implicit, names), |value| (value, rest)),
        None => (&scope.implicit, names),
    };
    rest.iter().fold(from.clone(), |from, name| scope.world.member(&from, name))
}

/// The members of the collection at the end of a path; where there is none it has none.
fn members(path: &Node, scope: &Scope<'_>) -> Result<Vec<Val>, Fault> {
    Ok(match path.value(scope)? {
        Val::List(members) => members,
        Val::Null => Vec::new(),
        other => panic!("{other:?} is no collection"),
    })
}

fn truth(value: &Val) -> Option<bool> {
    match value {
        Val::Null => None,
        Val::Truth(truth) => Some(*truth),
        other => panic!("{other:?} is no truth value"),
    }
}

/// `decisive` decides alone: false for `and`, true for `or`.
fn junction(values: &[Val], decisive: bool) -> Val {
    let values: Vec<Option<bool>> = values.iter().map(truth).collect();
    if values.contains(&Some(decisive)) {
        Val::Truth(decisive)
    } else if values.contains(&None) {
        Val::Null
    } else {
        Val::Truth(!decisive)
    }
}

pub fn compare(operator: &str, left: &Val, right: &Val) -> bool {
    let either_null = matches!(left, Val::Null) || matches!(right, Val::Null);
    let order = if either_null { None } else { order(left, right) };
    let equal = match (left, right) {
        (Val::Null, Val::Null) => true,
        _ => order == Some(Ordering::Equal),
    };
    match operator {
        "eq" => equal,
        "ne" => !equal,
        "gt" => order == Some(Ordering::Greater),
        "lt" => order == Some(Ordering::Less),
        "ge" => order == Some(Ordering::Greater) || equal,
        "le" => order == Some(Ordering::Less) || equal,
        other => panic!("no operator {other}"),
    }
}

/// The order of two values that are not null; nothing where one is not a number (`NaN`).
pub fn order(left: &Val, right: &Val) -> Option<Ordering> {
    match (left, right) {
        (Val::Truth(left), Val::Truth(right)) => Some(u8::from(*left).cmp(&u8::from(*right))),
        (Val::Int(left), Val::Int(right))
        | (Val::Member(left), Val::Member(right))
        | (Val::Day(left), Val::Day(right))
        | (Val::Clock(left), Val::Clock(right))
        | (Val::Span(left), Val::Span(right))
        | (Val::Instant(left, _), Val::Instant(right, _)) => Some(left.cmp(right)),
        (Val::Dec(left), Val::Dec(right)) => Some(left.order(right)),
        (Val::Int(left), Val::Dec(right)) => Some(Decimal::of(*left).order(right)),
        (Val::Dec(left), Val::Int(right)) => Some(left.order(&Decimal::of(*right))),
        (Val::Real(left), Val::Real(right)) => left.partial_cmp(right),
        (Val::Int(left), Val::Real(right)) => integer_against(*left, *right),
        (Val::Real(left), Val::Int(right)) => integer_against(*right, *left).map(Ordering::reverse),
        (Val::Dec(left), Val::Real(right)) => left.text().parse::<f64>().unwrap().partial_cmp(right),
        (Val::Real(left), Val::Dec(right)) => left.partial_cmp(&right.text().parse::<f64>().unwrap()),
        // By the numbers of their characters.
        (Val::Text(left), Val::Text(right)) => Some(left.chars().cmp(right.chars())),
        // They are only compared with null; the same is the same.
        (left, right) => Some(if left == right { Ordering::Equal } else { Ordering::Less }),
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

/// The places of the entities that stay, in order; those that are equal in all keys are ordered by `id`.
pub fn answer(world: &World, set: Set, filter: &Node, keys: &[Key]) -> Result<Vec<usize>, Fault> {
    let mut kept: Vec<(usize, Vec<(Val, bool)>)> = Vec::new();
    let by_id = (Node::Path(vec!["id".to_owned()]), false);
    for place in 0..world.sets[&set].len() {
        let scope = Scope::of(world, set, place);
        if filter.keeps(&scope)? {
            let keys =
                keys.iter().chain([&by_id]).map(|(node, descending)| Ok((node.value(&scope)?, *descending)));
            kept.push((place, keys.collect::<Result<_, Fault>>()?));
        }
    }
    kept.sort_by(|(_, left), (_, right)| {
        let mut places = left.iter().zip(right).map(|((left, descending), (right, _))| {
            let place = match (left, right) {
                (Val::Null, Val::Null) => Ordering::Equal,
                (Val::Null, _) => Ordering::Less,
                (_, Val::Null) => Ordering::Greater,
                (left, right) => order(left, right).unwrap(),
            };
            if *descending { place.reverse() } else { place }
        });
        places.find(|place| place.is_ne()).unwrap_or(Ordering::Equal)
    });
    Ok(kept.into_iter().map(|(place, _)| place).collect())
}
