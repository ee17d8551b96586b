//! The test cases that OASIS publishes with the OData grammar, run against the parser.
//!
//! The cases are not part of this repository: they are read from the directory in `ODATA_ABNF`, or from
//! `shared/odata-abnf` beside the workspace, and without them the test passes and says so. The names that a rule
//! may match come from the case file itself, see [`Constraints`]. [`EXCLUSIONS`] names every case whose verdict
//! is not ours with the clause that is, and a case that starts to pass has to leave the table.
//! Specification: OData ABNF Test Cases 4.01, <https://github.com/oasis-tcs/odata-abnf>.

use std::collections::BTreeMap;
use std::path::PathBuf;

use odata::syntax::rules::{Constraints, check};
use serde_json::Value as Json;

const CASES: &[&str] = &["odata-abnf-testcases.json", "odata-aggregation-testcases.json"];

/// Names of cases, numbered where the name was there before, and why we do not agree.
const EXCLUSIONS: &[(&str, &str)] = &[];

#[test]
fn oasis_cases() {
    let directory = std::env::var_os("ODATA_ABNF").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/odata-abnf"),
        PathBuf::from,
    );
    let mut complaints = Vec::new();
    let mut used = Vec::new();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for file in CASES {
        let Ok(text) = std::fs::read_to_string(directory.join(file)) else {
            println!("{file} is not in {}; nothing to test", directory.display());
            return;
        };
        let json: Json = serde_json::from_str(&text).expect("the case file is JSON");
        let constraints = Constraints::from_json(&json).expect("the case file has constraints");
        let cases = json["TestCases"].as_array().expect("a list of cases");
        let mut passed = 0;
        for case in cases {
            let text = |name: &str| case[name].as_str().unwrap_or_default();
            let (rule, input) = (text("Rule"), text("Input"));
            let times = names.entry(text("Name").to_owned()).or_default();
            *times += 1;
            let name =
                if *times == 1 { text("Name").to_owned() } else { format!("{} #{times}", text("Name")) };
            let expected = case.get("FailAt").is_none();
            let found = check(rule, input, &constraints);
            let exclusion = EXCLUSIONS.iter().find(|(excluded, _)| *excluded == name);
            match (found.is_ok() == expected, exclusion) {
                (true, None) => passed += 1,
                (false, Some((name, _))) => used.push(*name),
                (true, Some(_)) => {
                    complaints.push(format!("excluded, but passes: {name} | {rule} | {input}"));
                }
                (false, None) => {
                    let said =
                        found.map_or_else(|error| format!("refused: {error}"), |_| "accepted".to_owned());
                    complaints.push(format!("wrongly {said}\n   {name} | {rule} | {input}"));
                }
            }
        }
        println!("{file}: {passed} of {} passed", cases.len());
    }
    for (name, reason) in EXCLUSIONS {
        if !used.contains(name) {
            complaints.push(format!("no such case: {name} ({reason})"));
        }
    }
    assert!(complaints.is_empty(), "{} complaints\n{}", complaints.len(), complaints.join("\n"));
}
