//! What form of answer headers and `$format` ask for, row by row.

use odata::negotiate::{Asked, Kind, Wants};
use odata::profile::{GRAPH, ODATA, Profile};

use crate::demo;

/// What is wanted of an answer in JSON, or the refusal.
fn told(wants: &Wants, profile: &Profile) -> String {
    match wants.accepting(Kind::Json) {
        Ok(()) => format!("{} as {}", wants.version.text(), wants.json_type(profile)),
        Err(refusal) => refusal.to_string(),
    }
}

#[track_caller]
fn check(profile: &Profile, rows: &[(&str, &str)]) {
    demo::compare(rows, |input| {
        let mut asked = Asked::default();
        let mut format = None;
        for part in input.split(" | ").filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once(": ").unwrap();
            match name {
                "Accept" => asked.accept = value,
                "Max" => asked.max_version = value,
                "Version" => asked.version = value,
                "$format" => format = Some(value),
                other => panic!("{other}"),
            }
        }
        match Wants::of(&asked, profile) {
            Ok(wants) => told(&format.map_or(wants.clone(), |format| wants.with_format(format)), profile),
            Err(refusal) => refusal.to_string(),
        }
    });
}

#[test]
fn media_types() {
    check(
        &ODATA,
        &[
            ("", "4.0 as application/json;odata.metadata=minimal"),
            ("Accept: */*", "4.0 as application/json;odata.metadata=minimal"),
            ("Accept: application/json", "4.0 as application/json;odata.metadata=minimal"),
            ("Accept: APPLICATION/JSON ; Metadata=Full", "4.0 as application/json;odata.metadata=full"),
            ("Accept: application/json;odata.metadata=none", "4.0 as application/json;odata.metadata=none"),
            (
                "Accept: application/json;metadata=full;IEEE754Compatible=true",
                "4.0 as application/json;odata.metadata=full;IEEE754Compatible=true",
            ),
            (
                "Accept: application/json;odata.streaming=true;charset=utf-8",
                "4.0 as application/json;odata.metadata=minimal",
            ),
            (
                "Accept: application/json;metadata=most",
                "None of the media types 'application/json' can be answered here.",
            ),
            (
                "Accept: application/json;flavour=sweet",
                "None of the media types 'application/json' can be answered here.",
            ),
            ("Accept: application/xml", "None of the media types 'application/xml' can be answered here."),
            ("Accept: text/html, */*;q=0.1", "4.0 as application/json;odata.metadata=minimal"),
            (
                "Accept: application/json;metadata=none;q=0.2, application/json;metadata=full;q=0.9",
                "4.0 as application/json;odata.metadata=full",
            ),
            (
                "Accept: application/json;q=0",
                "None of the media types 'application/json' can be answered here.",
            ),
            ("Accept: application/json;metadata=\"full\"", "4.0 as application/json;odata.metadata=full"),
            ("Accept: application/xml | $format: json", "4.0 as application/json;odata.metadata=minimal"),
            (
                "Accept: application/json | $format: xml",
                "None of the media types 'application/xml' can be answered here.",
            ),
            ("$format: application/json;metadata=full", "4.0 as application/json;odata.metadata=full"),
            ("$format: JSON", "4.0 as application/json;odata.metadata=minimal"),
            ("$format: atom", "None of the media types 'application/atom+xml' can be answered here."),
            ("$format: x", "None of the media types 'x' can be answered here."),
        ],
    );
    check(
        &GRAPH,
        &[
            (
                "",
                "4.0 as \
             application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
            ),
            (
                "Accept: application/json;odata.metadata=full;IEEE754Compatible=true",
                "4.0 as \
             application/json;odata.metadata=full;odata.streaming=true;IEEE754Compatible=true;charset=utf-8",
            ),
        ],
    );
}

#[test]
fn versions() {
    check(
        &ODATA,
        &[
            ("Max: 4.0", "4.0 as application/json;odata.metadata=minimal"),
            ("Max: 4.01", "4.01 as application/json;metadata=minimal"),
            ("Max: 4.02", "4.01 as application/json;metadata=minimal"),
            ("Max: 5.0", "4.01 as application/json;metadata=minimal"),
            ("Max: 3.0", "The OData version '3.0' is not supported; '4.0' and '4.01' are."),
            ("Max: four", "The OData version 'four' is not supported; '4.0' and '4.01' are."),
            ("Version: 4.01", "4.0 as application/json;odata.metadata=minimal"),
            ("Version: 4.0 | Max: 4.01", "4.01 as application/json;metadata=minimal"),
            ("Version: 3.0", "The OData version '3.0' is not supported; '4.0' and '4.01' are."),
        ],
    );
    check(
        &GRAPH,
        &[
            (
                "Max: 4.01",
                "4.0 as \
             application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
            ),
            ("Max: 3.0", "The OData version '3.0' is not supported; '4.0' and '4.01' are."),
        ],
    );
}

#[test]
fn preferences() {
    let of = |prefer| Wants::of(&Asked { prefer, ..Asked::default() }, &ODATA).unwrap().preferences;
    assert_eq!(of("odata.maxpagesize=50").max_page_size, Some(50));
    assert_eq!(of("MaxPageSize = 7 , maxpagesize=9").max_page_size, Some(7));
    assert_eq!(of("maxpagesize=0").max_page_size, None);
    assert_eq!(of("maxpagesize=many, respond-async, x;y=z").max_page_size, None);
    assert_eq!(of("return=minimal").returned, Some(odata::negotiate::Return::Minimal));
    assert_eq!(of("return=\"representation\"").returned, Some(odata::negotiate::Return::Representation));
    assert_eq!(of("odata.continue-on-error").continue_on_error, Some(true));
    assert_eq!(of("continue-on-error=false").continue_on_error, Some(false));
    assert_eq!(of("odata.include-annotations=\"*,-a.b\"").include_annotations.as_deref(), Some("*,-a.b"));
    assert_eq!(of("").max_page_size, None);
}
