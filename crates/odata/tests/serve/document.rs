//! `docs/odata-conformance.md` names tests that are there.

use std::fs;
use std::path::Path;

/// The texts between backticks that name a test: `crates/…/file.rs::function`.
fn named(document: &str) -> Vec<(&str, &str)> {
    document.split('`').skip(1).step_by(2).filter_map(|text| text.split_once("::")).collect()
}

#[test]
fn every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let document = fs::read_to_string(root.join("docs/odata-conformance.md")).unwrap();
    let named = named(&document);
    assert!(named.len() > 50, "{}", named.len());
    let mut missing = Vec::new();
    for (file, function) in named {
        let short = Path::new("crates/odata/tests/serve").join(file);
        let path = if file.starts_with("crates/") { file.into() } else { short };
        let source = fs::read_to_string(root.join(&path)).unwrap_or_default();
        if !source.contains(&format!("fn {function}(")) {
            missing.push(format!("{}::{function}", path.display()));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_test_of_a_row_is_named() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("../../docs/odata-conformance.md")).unwrap();
    let mut unnamed = Vec::new();
    for entry in fs::read_dir(root.join("tests/serve")).unwrap() {
        let path = entry.unwrap().path();
        let source = fs::read_to_string(&path).unwrap();
        let functions = source.split("\nfn ").skip(1).filter_map(|rest| rest.split('(').next());
        let file = path.file_name().unwrap().to_str().unwrap();
        for function in functions.filter(|name| name.starts_with("r40") || name.starts_with("r41")) {
            if !document.contains(&format!("`{file}::{function}`")) {
                unnamed.push(format!("{file}::{function}"));
            }
        }
    }
    assert!(unnamed.is_empty(), "{unnamed:#?}");
}
