//! Sizes and names of files.

use crate::{nothing, rust_files, sources};

#[test]
fn no_file_is_too_long() {
    let lengths = sources().into_iter().map(|source| (source.text.lines().count(), source.path));
    let (mut long, mut too_long) = (Vec::new(), Vec::new());
    for (length, path) in lengths.filter(|(length, _)| *length > 400) {
        if length > 600 { &mut too_long } else { &mut long }.push(format!("{path}: {length} lines"));
    }
    if !long.is_empty() {
        eprintln!("getting long:\n  {}", long.join("\n  "));
    }
    nothing("files with more than 600 lines hold two things", &too_long);
}

#[test]
fn files_are_named_after_what_they_are_about() {
    const BANNED: &[&str] = &[
        "util",
        "utils",
        "common",
        "helper",
        "helpers",
        "misc",
        "core",
        "shared",
        "types",
        "manager",
        "service",
        "services",
        "handler",
        "handlers",
        "processor",
        "data",
        "info",
        "item",
        "mod",
    ];
    let mut found = rust_files("crates");
    found.retain(|source| BANNED.contains(&source.stem()));
    nothing("say what the file is about", &found.into_iter().map(|source| source.path).collect::<Vec<_>>());
}

#[test]
fn every_file_begins_by_saying_what_it_is() {
    let mut silent = sources();
    silent.retain(|source| !source.text.starts_with("//! "));
    nothing("begin with `//!`", &silent.into_iter().map(|source| source.path).collect::<Vec<_>>());
}
