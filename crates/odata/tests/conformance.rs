//! The test cases that OASIS publishes with the OData grammar, run against the parser.
//!
//! The cases are not part of this repository: they are read from the directory in `ODATA_ABNF`, or from
//! `shared/odata-abnf` beside the workspace, and without them the test passes and says so. A parser without a
//! model accepts more than a grammar whose names are bound to one, and some rules are deliberately different;
//! [`EXCLUSIONS`] names every such case with its reason, and a case that starts to pass has to leave the
//! table.
//! Specification: OData ABNF Test Cases 4.01, <https://github.com/oasis-tcs/odata-abnf>.

use std::collections::BTreeMap;
use std::path::PathBuf;

use odata::syntax::{self, ast};
use odata::value::{DateTimeOffset, Value, calendar, duration, number};
use serde_json::Value as Json;

const CASES: &[&str] = &["odata-abnf-testcases.json", "odata-aggregation-testcases.json"];

/// Names of cases, numbered where the name was there before, and why we do not agree.
const EXCLUSIONS: &[(&str, &str)] = &[
    ("Date: negative", "years go from 0000 to 9999, as everywhere in Graph"),
    ("DateTimeOffset: negative", "years go from 0000 to 9999, as everywhere in Graph"),
    ("DateTimeOffset: leap second", "an instant is a count of ticks, which has no leap seconds"),
    (
        "4.3.4 $entity with OData URL, $select and $expand fails without type-cast",
        "which options suit the addressed thing is for the binder to say",
    ),
    ("4.3.4 $entity without $id fails", "which options suit the addressed thing is for the binder to say"),
    ("4.5.1 Call action at service root", "only the model knows that the name is no action import"),
    (
        "4.5.2 Call function import - only at service root",
        "only the model knows where functions are imported",
    ),
    ("4.7 Addressing a Property Value - complex", "only the model knows that the property is complex"),
    (
        "4.7 Named Stream Property - $value does not make sense here",
        "only the model knows that the property is a stream",
    ),
    (
        "4.11 Inheritance - key access, then cast to subtype - only once",
        "only the model knows that the name is a type",
    ),
    ("Functions in commonExpr #2", "only the model knows that the name is a function"),
    ("5.1.1 Filter: no spaces #2", "blanks around a value do no harm, and scripts send them"),
    (
        "5.1.7 Search - simple term with unencoded ampersand",
        "what follows the ampersand is a custom query option, of which any name is allowed",
    ),
    (
        "Next Link: no Ampersand",
        "what follows the ampersand is a custom query option, of which any name is allowed",
    ),
    (
        "5.1.7 Search - simple term with unencoded semicolon",
        "values are decoded before they are parsed, so an encoded semicolon, which is legal, looks the same",
    ),
    (
        "5.1.7 Search - nested $search simple term with percent-encoded semicolon",
        "values are decoded before they are parsed, so an unencoded semicolon, which separates, looks the same",
    ),
    ("5.1.8 Format", "the text of the specification forbids to give an option twice; the grammar cannot"),
    (
        "5.1.8 Format - value is case-insensitive",
        "the text of the specification forbids to give an option twice; the grammar cannot",
    ),
];

#[test]
fn oasis_cases() {
    let directory = std::env::var_os("ODATA_ABNF").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/odata-abnf"),
        PathBuf::from,
    );
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut uncovered: BTreeMap<String, usize> = BTreeMap::new();
    let mut complaints = Vec::new();
    let mut used = Vec::new();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for file in CASES {
        let Ok(text) = std::fs::read_to_string(directory.join(file)) else {
            println!("{file} is not in {}; nothing to test", directory.display());
            return;
        };
        let json: Json = serde_json::from_str(&text).expect("the case file is JSON");
        for case in json["TestCases"].as_array().expect("a list of cases") {
            let text = |name: &str| case[name].as_str().unwrap_or_default();
            let (rule, input) = (text("Rule"), text("Input"));
            let times = names.entry(text("Name").to_owned()).or_default();
            *times += 1;
            let name =
                if *times == 1 { text("Name").to_owned() } else { format!("{} #{times}", text("Name")) };
            let expected = case.get("FailAt").is_none();
            let Some(accepted) = accepts(rule, input) else {
                *counts.entry("not covered").or_default() += 1;
                *uncovered.entry(rule.to_owned()).or_default() += 1;
                continue;
            };
            let exclusion = EXCLUSIONS.iter().find(|(excluded, _)| *excluded == name);
            let verdict = match (accepted == expected, exclusion) {
                (true, None) => "passed",
                (false, Some((name, _))) => {
                    used.push(*name);
                    "excluded"
                }
                (true, Some(_)) => {
                    complaints.push(format!("excluded, but passes: {name} | {rule} | {input}"));
                    "passed"
                }
                (false, None) => {
                    let said = if accepted { "accepted" } else { "refused" };
                    complaints.push(format!("wrongly {said}: {name} | {rule} | {input}"));
                    "failed"
                }
            };
            *counts.entry(verdict).or_default() += 1;
        }
    }
    println!("{counts:?}\nnot covered: {uncovered:?}");
    for (name, reason) in EXCLUSIONS {
        if !used.contains(name) {
            complaints.push(format!("no such case: {name} ({reason})"));
        }
    }
    assert!(complaints.is_empty(), "{} complaints\n{}", complaints.len(), complaints.join("\n"));
}

/// Whether the parser accepts the input for the rule; `None` when it has no such rule.
fn accepts(rule: &str, input: &str) -> Option<bool> {
    // `$apply` is kept as text and answered with 501, so its grammar is nobody's concern here.
    let aggregates = ["$apply=", "/aggregate(", "$these", "=aggregate("];
    if aggregates.iter().any(|part| input.contains(part)) {
        return None;
    }
    let accepted = match rule {
        // What follows `#` is never sent to a service.
        "odataRelativeUri" if input.contains("$metadata#") => return None,
        "odataRelativeUri" | "resourcePath" | "entitySetName" => {
            let (path, query) = match input.split_once('?') {
                Some((path, query)) => (path, Some(query)),
                None => (input, None),
            };
            syntax::parse(path, query).is_ok()
        }
        "queryOptions" | "systemQueryOption" | "customQueryOption" | "filter" | "expand" | "select"
        | "orderby" | "orderBy" | "compute" | "search" | "deltatoken" | "skiptoken" => {
            syntax::parse("", Some(input)).is_ok()
        }
        "commonExpr" | "boolCommonExpr" | "boolcommonExpr" | "firstMemberExpr" | "propertyPathExpr"
        | "isofExpr" | "notExpr" => filter(input).is_some(),
        "anyExpr" => filter(&format!("X/{input}")).is_some(),
        "stringInUrl" => filter(&format!("[{input}]")).is_some(),
        "searchExpr" => syntax::parse("", Some(&format!("$search={input}"))).is_ok(),
        "functionParameter" => syntax::parse(&format!("f({input})"), None).is_ok(),
        "odataIdentifier" => syntax::parse("", Some(&format!("@{input}=1"))).is_ok(),
        "dateTimeOffsetValue" => DateTimeOffset::parse(input).is_some(),
        "dateValue" => calendar::date(input).is_some(),
        "timeOfDayValue" => calendar::time_of_day(input).is_some(),
        "durationValue" => duration::parse(input).is_some(),
        "decimalValue" | "doubleValue" | "singleValue" => number::parse(input).is_some(),
        "byteValue" | "sbyteValue" | "int16Value" | "int32Value" | "int64Value" => {
            number::integer(input).is_some()
        }
        "enumValue" => literal(&format!("Ns.E'{}'", input.replace('%', "%25"))).is_some(),
        "enumLiteral" => {
            matches!(literal(input), Some(ast::Literal::Enum { .. } | ast::Literal::Value(Value::String(_))))
        }
        _ => return accepts_literal(rule, input),
    };
    Some(accepted)
}

fn accepts_literal(rule: &str, input: &str) -> Option<bool> {
    if rule.starts_with("geo") {
        return Some(matches!(literal(input), Some(ast::Literal::Geo { .. })));
    }
    let value = match literal(input) {
        Some(ast::Literal::Value(value)) => Some(value),
        _ => None,
    };
    let accepted = match rule {
        "primitiveLiteral" => value.is_some(),
        "null" => matches!(value, Some(Value::Null)),
        "boolean" => matches!(value, Some(Value::Boolean(_))),
        "binaryLiteral" => matches!(value, Some(Value::Binary(_))),
        "stringLiteral" => matches!(value, Some(Value::String(_))),
        "guid" => matches!(value, Some(Value::Guid(_))),
        "date" => matches!(value, Some(Value::Date(_))),
        "dateTimeOffsetLiteral" | "dateTimeOffsetValueInUrl" => {
            matches!(value, Some(Value::DateTimeOffset(_)))
        }
        "timeOfDayLiteral" => matches!(value, Some(Value::TimeOfDay(_))),
        // Without its prefix it is a string until it meets a property.
        "durationLiteral" => matches!(value, Some(Value::Duration(_) | Value::String(_))),
        "decimalLiteral" | "doubleLiteral" | "singleLiteral" => {
            matches!(value, Some(Value::Integer(_) | Value::Decimal(_) | Value::Double(_)))
        }
        "sbyteLiteral" | "int16Literal" | "int32Literal" | "int64Literal" => {
            matches!(value, Some(Value::Integer(_)))
        }
        _ => return None,
    };
    Some(accepted)
}

fn filter(input: &str) -> Option<ast::Expr> {
    // A rule is tested on its own, where `&` and `+` mean themselves.
    let encoded = input.replace('&', "%26").replace('+', "%2B");
    syntax::parse("", Some(&format!("$filter={encoded}"))).ok()?.options.filter
}

fn literal(input: &str) -> Option<ast::Literal> {
    match filter(input)?.kind {
        ast::ExprKind::Literal(literal) => Some(literal),
        _ => None,
    }
}
