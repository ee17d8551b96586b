//! Properties of the parser: a tree that is printed and parsed is the same tree, and no input makes it panic.
//!
//! Trees are compared by their debug text without places and spellings, which printing does not keep.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a failure in a helper fails the test")]

mod apply;

use odata::syntax::ast::{
    AggregateExpr, Argument, BinaryOperator, Expr, ExprKind, Lambda, Literal, Name, Options, Path,
    Quantifier, Root, Segment, Step, TypeName,
};
use odata::syntax::rules::{Constraints, all, check};
use odata::syntax::{Request, parse};
use odata::value::{DateTimeOffset, Value, calendar, number};
use odata::{ErrorKind, Span};
use proptest::prelude::*;

fn whole(kind: ExprKind) -> Expr {
    Expr::new(kind, Span::default())
}

fn name() -> impl Strategy<Value = String> {
    let reserved = [
        "null", "true", "false", "not", "any", "all", "cast", "isof", "case", "as", "with", "from", "desc",
        "asc",
    ];
    "[a-zé_][a-z0-9_]{0,5}".prop_filter("reserved", move |name| !reserved.contains(&name.as_str()))
}

fn qualified() -> impl Strategy<Value = String> {
    (name(), name()).prop_map(|(namespace, name)| format!("{namespace}.{name}"))
}

fn named(text: String) -> Name {
    Name { text, span: Span::default() }
}

fn value() -> impl Strategy<Value = Value> {
    let day = 24 * 60 * 60 * 10_000_000_i64;
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        "-?[0-9]{1,25}\\.[0-9]{1,25}".prop_map(|text| Value::Decimal(number::decimal(&text).unwrap())),
        any::<f64>().prop_map(Value::Double),
        "[^\\x00]{0,12}".prop_map(Value::String),
        any::<[u8; 16]>().prop_map(|bytes| Value::Guid(uuid::Uuid::from_bytes(bytes))),
        (0..=9999_i32, 1..=365_u16)
            .prop_map(|(year, day)| Value::Date(time::Date::from_ordinal_date(year, day).unwrap())),
        (-62_000_000_000_i64..253_000_000_000, 0..1_000_000_000_u32, -1439..=1439_i16).prop_map(
            |(seconds, nanos, offset_minutes)| {
                let ticks = DateTimeOffset::utc_from_unix(seconds, nanos).ticks;
                Value::DateTimeOffset(DateTimeOffset { ticks, offset_minutes })
            }
        ),
        (0..day).prop_map(|ticks| {
            let nanos = u64::try_from(ticks * 100).unwrap();
            Value::TimeOfDay(time::Time::MIDNIGHT + std::time::Duration::from_nanos(nanos))
        }),
        any::<i64>().prop_map(Value::Duration),
        prop::collection::vec(any::<u8>(), 0..8).prop_map(Value::Binary),
    ]
}

fn literal() -> impl Strategy<Value = Expr> {
    let literal = prop_oneof![
        8 => value().prop_map(Literal::Value),
        1 => (qualified(), name()).prop_map(|(type_name, members)| Literal::Enum { type_name, members }),
        1 => (-180..180_i32, -90..90_i32).prop_map(|(x, y)| Literal::Geo {
            prefix: "geometry".to_owned(),
            text: format!("SRID=0;Point({x} {y}.5)"),
        }),
        1 => (-9999..=-1_i32).prop_map(|year| Literal::OutOfRange {
            type_name: "Edm.Date",
            text: format!("-{:04}-02-28", -year),
        }),
    ];
    literal.prop_map(|literal| whole(ExprKind::Literal(literal)))
}

fn segment(name: String, arguments: Option<Vec<Argument>>, key: Option<Vec<Argument>>) -> Step {
    Step::Named(Segment { name, arguments, key, span: Span::default() })
}

fn arguments(expr: BoxedStrategy<Expr>) -> impl Strategy<Value = Vec<Argument>> {
    let argument = (prop::option::of(name()), expr).prop_map(|(name, value)| Argument { name, value });
    prop::collection::vec(argument, 0..3)
}

fn step(expr: BoxedStrategy<Expr>) -> impl Strategy<Value = Step> {
    let span = Span::default();
    let annotation = (qualified(), prop::option::of(name()))
        .prop_map(move |(term, qualifier)| Step::Annotation { term, qualifier, span });
    let filter = (expr.clone(), prop::option::of(arguments(expr.clone())))
        .prop_map(move |(condition, key)| Step::Filter { condition: Box::new(condition), key, span });
    prop_oneof![
        name().prop_map(|name| segment(name, None, None)),
        (qualified(), arguments(expr.clone())).prop_map(|(name, some)| segment(name, Some(some), None)),
        (name(), arguments(expr.clone()), arguments(expr)).prop_map(|(name, some, key)| segment(
            name,
            Some(some),
            Some(key)
        )),
        annotation,
        filter,
    ]
}

fn last_step(expr: BoxedStrategy<Expr>) -> impl Strategy<Value = Step> {
    let lambda = |quantifier, predicate: Option<(String, Expr)>| {
        let predicate = predicate.map(|(variable, predicate)| (named(variable), Box::new(predicate)));
        Step::Lambda(Lambda { quantifier, predicate, span: Span::default() })
    };
    let method = prop::sample::select(vec!["sum", "max", "Ns.custom"]);
    let aggregate = (expr.clone(), method).prop_map(|(expr, method)| Step::Aggregate {
        expr: AggregateExpr::With {
            expr: Box::new(expr),
            method: named(method.to_owned()),
            from: Vec::new(),
        },
        span: Span::default(),
    });
    prop_oneof![
        aggregate,
        Just(Step::Count { options: None, span: Span::default() }),
        prop::option::of((name(), expr.clone())).prop_map(move |test| lambda(Quantifier::Any, test)),
        (name(), expr).prop_map(move |test| lambda(Quantifier::All, Some(test))),
    ]
}

fn path(expr: BoxedStrategy<Expr>) -> impl Strategy<Value = Expr> {
    let root = prop_oneof![
        name().prop_map(|name| (Root::Instance, vec![segment(name, None, None)])),
        qualified().prop_map(|name| (Root::Service, vec![segment(name, None, None)])),
        name().prop_map(|name| (Root::Alias(name), Vec::new())),
        Just((Root::It, Vec::new())),
        Just((Root::This, Vec::new())),
    ];
    let steps = prop::collection::vec(step(expr.clone()), 0..3);
    (root, steps, prop::option::of(last_step(expr))).prop_map(|((root, mut steps), more, last)| {
        steps.extend(more);
        steps.extend(last);
        whole(ExprKind::Path(Path { root, steps }))
    })
}

fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        literal(),
        name().prop_map(|name| {
            whole(ExprKind::Path(Path { root: Root::Instance, steps: vec![segment(name, None, None)] }))
        })
    ];
    leaf.prop_recursive(5, 40, 4, |expr| {
        let expr = expr.boxed();
        let one = || expr.clone().prop_map(Box::new);
        let some = || prop::collection::vec(expr.clone(), 0..4);
        let many = || prop::collection::vec(expr.clone(), 2..4);
        let type_name = || prop_oneof![
            qualified().prop_map(|name| TypeName::Single(named(name))),
            qualified().prop_map(|name| TypeName::Collection(named(name))),
        ];
        let operator = prop::sample::select(BinaryOperator::ALL.to_vec());
        let list = prop::collection::vec(literal(), 0..4).prop_map(|all| Box::new(whole(ExprKind::List(all))));
        let kind = prop_oneof![
            3 => (operator, one(), one())
                .prop_map(|(operator, left, right)| ExprKind::Binary { operator, left, right }),
            1 => many().prop_map(ExprKind::And),
            1 => many().prop_map(ExprKind::Or),
            1 => one().prop_map(ExprKind::Not),
            1 => one().prop_map(ExprKind::Negate),
            1 => (one(), list).prop_map(|(left, right)| ExprKind::In(left, right)),
            1 => (one(), one()).prop_map(|(left, right)| ExprKind::In(left, right)),
            1 => (qualified(), arguments(expr.clone()))
                .prop_map(|(name, arguments)| ExprKind::Call { name: named(name), arguments }),
            1 => (prop::option::of(one()), type_name()).prop_map(|(operand, name)| ExprKind::Cast(operand, name)),
            1 => (prop::option::of(one()), type_name()).prop_map(|(operand, name)| ExprKind::IsOf(operand, name)),
            1 => prop::collection::vec((expr.clone(), expr.clone()), 1..3).prop_map(ExprKind::Case),
            1 => some().prop_map(ExprKind::Array),
            1 => prop::collection::vec(("[^\\x00]{0,5}", expr.clone()), 0..3).prop_map(ExprKind::Object),
        ];
        prop_oneof![kind.prop_map(whole), path(expr.clone())]
    })
}

/// The debug text without the places, and without how options were spelled.
fn tree(node: &impl std::fmt::Debug) -> String {
    let text = format!("{node:?}");
    let mut pieces = text.split("span: ");
    let mut bare = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        bare.push_str(piece.trim_start_matches(|found: char| found.is_ascii_digit() || found == '.'));
    }
    let mut pieces = bare.split("given: [");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        plain.push_str(piece.split_once(']').map_or("", |(_, behind)| behind));
    }
    plain
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

/// Prints the request option by option, so that each can be encoded by itself, and parses that.
fn again(request: &Request) -> Request {
    let path: Vec<String> = request.path.iter().map(|segment| encode(&segment.to_string())).collect();
    let query: Vec<String> = request
        .options
        .to_string()
        .split('&')
        .map(|option| match option.split_once('=') {
            Some((name, value)) => format!("{}={}", encode(name), encode(value)),
            None => encode(option),
        })
        .collect();
    parse(&path.join("/"), Some(&query.join("&")))
        .unwrap_or_else(|error| panic!("{request} does not parse again: {error}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printed_expressions_parse_to_the_same_tree(expr in expr()) {
        prop_assume!(expr.height() <= 12);
        let printed = expr.to_string();
        let request = parse("", Some(&format!("$filter={}", encode(&printed))));
        let parsed = request.map(|request| request.options.filter);
        prop_assert_eq!(parsed.map(|parsed| tree(&parsed)), Ok(tree(&Some(expr))), "{}", printed);
    }

    #[test]
    fn printed_transformations_parse_to_the_same_tree(apply in apply::transformations()) {
        let options = Options { apply, ..Options::default() };
        let printed = options.to_string();
        match parse("", Some(&options.to_query())) {
            Ok(request) => prop_assert_eq!(tree(&request.options), tree(&options), "{}", printed),
            Err(error) => prop_assert_eq!(error.kind, ErrorKind::TooComplex, "{}: {}", printed, error),
        }
    }

    #[test]
    fn what_a_rule_accepts_the_service_does(
        tokens in prop::collection::vec(prop::sample::select(vec![
            "$filter=", "$orderby=", "$select=", "$expand=", "$apply=", "$compute=", "$search=", "a", "b", "'x'", "1",
            "(", ")", "/", ",", ";", " ", " eq ", " and ", "not ", "any(x:", "$count", "$it", "*", "identity", " as ",
            "filter(", "aggregate(", " with sum", "top(1)", "Ns.f()", "groupby((", "$top=1", "%20", "%3B", "%27",
        ]), 1..9),
    ) {
        let text = tokens.concat();
        if check("systemQueryOption", &text, &Constraints::none()).is_ok() {
            let found = parse("", Some(&text)).map(drop);
            prop_assert_eq!(found, Ok(()), "{}", text);
        }
    }

    #[test]
    fn rules_never_panic(rule in prop::sample::select(all().collect::<Vec<_>>()), input in "\\PC{0,40}") {
        let _ = check(rule, &input, &Constraints::none());
    }

    #[test]
    fn arbitrary_text_never_panics(path in "\\PC{0,60}", query in "\\PC{0,60}") {
        let _ = parse(&path, Some(&query));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let text = String::from_utf8_lossy(&bytes);
        let encoded: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
        for option in ["filter", "orderby", "expand", "select", "search", "compute", "apply", "@a", "top", "index"] {
            let _ = parse(&text, Some(&format!("{option}={text}")));
            let _ = parse(&encoded, Some(&format!("{option}={encoded}")));
        }
    }

    #[test]
    fn mixed_tokens_never_panic_and_round_trip(
        option in prop::sample::select(vec![
            "$filter", "orderby", "$expand", "select", "$search", "@a", "$compute", "$apply",
        ]),
        tokens in prop::collection::vec(prop::sample::select(vec![
            "a", "b", "Ns.T", "'x'", "1", "-", "(", ")", "/", ",", ";", "=", " ", " ", " eq ", " and ", " or ", "not ",
            " in ", "any(x:", "$count", "$ref", "$it", "@p", "*", "[", "]", "{", "}", ":", "\"k\"", "$filter=", "top=",
            "2012-09-03", "10:30", "T", "Z", "null", "cast(", "isof(", "case(", " desc", " as ", "$filter(", "é", "#",
            "AND", "OR", "NOT", "%27", ".", "INF", "1e3", "duration'P1D'", "$expand=", "$search=", "levels=max", "'",
            "identity", "filter(", "aggregate(", " with sum", " from ", "groupby((", "concat(", "$these/", "top(1)", "nest(",
        ]), 0..14),
    ) {
        let text = tokens.concat();
        let path = text.replace("%27", "'");
        for (path, query) in [("", Some(format!("{option}={}", text.replace('#', "%23")))), (path.as_str(), None)] {
            if let Ok(request) = parse(path, query.as_deref()) {
                prop_assert_eq!(tree(&again(&request)), tree(&request), "{}", request);
            }
        }
    }
}

#[test]
fn the_calendar_agrees_with_the_crate_time() {
    for day in (-719_528..=2_932_896).step_by(97) {
        let date = time::Date::from_julian_day(day + 2_440_588).unwrap();
        let instant = DateTimeOffset::utc_from_unix(i64::from(day) * 86_400, 0);
        assert_eq!(instant.to_string(), format!("{}T00:00:00Z", calendar::print_date(date)));
    }
}

/// Found by fuzzing: an equals sign in the name of a custom option stays in the name.
#[test]
fn names_of_custom_options_are_printed_whole() {
    for (query, printed) in [("a%3Db", "a%3Db"), ("a%3D=1%3D2", "a%3D=1%3D2"), ("a", "a"), ("a=1", "a=1")] {
        let options = parse("", Some(query)).unwrap().options;
        assert_eq!(options.to_query(), printed);
        assert_eq!(parse("", Some(&options.to_query())).unwrap().options.custom, options.custom);
    }
}
