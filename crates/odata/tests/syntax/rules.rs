//! Rules of the grammar, one by one: what each accepts and what it does not.
//!
//! The rows are our own; those of OASIS are run by `conformance.rs`. Names are free unless a row needs a model.

mod expressions;
mod urls;
mod values;

use odata::syntax::rules::{Constraints, all, check};
use odata::{ErrorKind, Span};

/// A small model of a library.
fn library() -> Constraints {
    let json = serde_json::json!({
        "entitySetName": ["Books", "Authors"],
        "singletonEntity": ["Catalogue"],
        "entityTypeName": ["Book", "Atlas", "Author"],
        "complexTypeName": ["Place", "Shelf"],
        "typeDefinitionName": ["Isbn"],
        "enumerationTypeName": ["Genre"],
        "enumerationMember": ["Novel", "Poem"],
        "namespacePart": ["Lib", "Ext", "Core"],
        "primitiveKeyProperty": ["Id"],
        "primitiveNonKeyProperty": ["Title", "Pages", "Year", "Row"],
        "primitiveColProperty": ["Tags"],
        "complexProperty": ["Place"],
        "complexColProperty": ["Copies"],
        "streamProperty": ["Cover"],
        "entityNavigationProperty": ["Author"],
        "entityColNavigationProperty": ["Books", "Sequels"],
        "customAggregate": ["Worth"],
        "expressionAlias": ["Total", "Count", "Year"],
        "lambdaVariableExpr": ["b"],
        "keyPathLiteral": ["7", "O'Neil"],
        "keyPropertyAlias": [],
        "action": ["Lend"],
        "actionImport": ["Reset"],
        "entityFunction": ["Best"],
        "entityColFunction": ["Similar"],
        "complexFunction": ["Whereabouts"],
        "complexColFunction": ["Moves"],
        "primitiveFunction": ["Score"],
        "primitiveColFunction": ["Words"],
        "entityFunctionImport": ["BookOfTheDay"],
        "entityColFunctionImport": ["Overdue"],
        "complexFunctionImport": [],
        "complexColFunctionImport": [],
        "primitiveFunctionImport": ["Size"],
        "primitiveColFunctionImport": [],
        "parameterName": ["days", "to"],
        "customName": ["debug"],
        "complexAnnotationInQuery": [],
        "entityAnnotationInQuery": [],
        "primitiveColAnnotationInQuery": [],
    });
    Constraints::from_json(&json).expect("the constraints are well-formed")
}

/// Every row must be accepted by the rule.
#[track_caller]
fn accepts(rule: &str, rows: &[&str]) {
    for row in rows {
        if let Err(error) = check(rule, row, &library()) {
            panic!("{rule} refuses {row:?}: {error}");
        }
    }
}

/// Every row must be refused by the rule.
#[track_caller]
fn refuses(rule: &str, rows: &[&str]) {
    for row in rows {
        assert!(check(rule, row, &library()).is_err(), "{rule} accepts {row:?}");
    }
}

#[test]
fn constraints() {
    let none = Constraints::none();
    assert!(check("resourcePath", "anything(1)/goes", &none).is_ok());
    assert!(check("resourcePath", "a(1)/$count/b", &none).is_err());
    let whole = serde_json::json!({ "Constraints": { "entitySetName": ["a"] }, "TestCases": [] });
    let some = Constraints::from_json(&whole).unwrap();
    assert!(check("entitySetName", "a", &some).is_ok() && check("entitySetName", "b", &some).is_err());
    for broken in ["[]", "{\"a\":1}", "{\"a\":[1]}", "1"] {
        let json = serde_json::from_str(broken).unwrap();
        assert!(Constraints::from_json(&json).is_none(), "{broken}");
    }
}

#[test]
fn errors() {
    let error = |rule: &str, input: &str| check(rule, input, &library()).unwrap_err();
    let unknown = error("noSuchRule", "");
    assert_eq!(unknown.kind, ErrorKind::Unsupported);
    for (rule, input, message, span) in [
        (
            "commonExpr",
            "Title eq ",
            "Syntax error: expected an expression but found the end at position 9 in 'Title eq '.",
            Span::new(9, 9),
        ),
        (
            "commonExpr",
            "Author/Unknown",
            "Syntax error: expected what can follow the step before but found 'Unknown' at position 7.",
            Span::new(7, 14),
        ),
        (
            "odataUri",
            "http://h/Books(1)/Unknown",
            "Syntax error: expected what can follow the segment before but found 'Unknown' at position 9.",
            Span::new(18, 25),
        ),
        (
            "preference",
            "wait=x",
            "Syntax error: expected a preference but found 'w' at position 0 in 'wait=x'.",
            Span::new(0, 0),
        ),
    ] {
        let error = error(rule, input);
        assert_eq!(error.message, message, "{rule} {input}");
        assert_eq!(error.span, Some(span), "{rule} {input}");
    }
}

#[test]
fn every_rule_survives_anything() {
    let long = "(".repeat(20_000);
    let inputs =
        ["", " ", "%", "%zz", "%ff", "\u{0}", "é", "''", "((((", "a/b", "$", "@", "#", "=", &long, "a=b&c"];
    for rule in all() {
        for input in inputs {
            let start = std::time::Instant::now();
            let _ = check(rule, input, &library());
            let _ = check(rule, input, &Constraints::none());
            assert!(start.elapsed().as_millis() < 500, "{rule} {input:.20}");
        }
    }
}
