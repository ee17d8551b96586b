//! Headers and preferences.
//!
//! Comes in: a header with its name, or one preference. Goes out: the text itself, if it is one.
//! Specification: OData 4.01 ABNF, section 8 "Header values"; RFC 7240.

use crate::error::{Error, Span};

use super::names::Names;
use super::uri::{has_whole_escapes, host, is_path_character, is_unreserved};
use super::{Check, is_identifier};
use crate::syntax::scan::Scan;

/// The rules of headers.
pub(super) const RULES: &[(&str, Check)] = &[
    ("header", |input, names| whole(input, "a header", |scan| header(scan, names))),
    ("prefer", |input, names| whole(input, "the header Prefer", |scan| prefer(scan, names))),
    ("preference", |input, names| whole(input, "a preference", |scan| preference(scan, names))),
    ("request-id", |input, _| whole(input, "a request id", request_id)),
    ("asyncresult", |input, _| whole(input, "the header AsyncResult", async_result)),
    ("content-id", |input, _| whole(input, "the header Content-ID", content_id)),
    ("isolation", |input, _| whole(input, "the header Isolation", isolation)),
    ("odata-entityid", |input, _| whole(input, "the header OData-EntityID", entity_id)),
    ("odata-error", |input, _| whole(input, "the header OData-Error", error)),
    ("odata-maxversion", |input, _| whole(input, "the header OData-MaxVersion", max_version)),
    ("odata-version", |input, _| whole(input, "the header OData-Version", version)),
    ("allowEntityReferencesPreference", |input, _| {
        whole(input, "a preference", |scan| plain(scan, "allow-entityreferences"))
    }),
    ("callbackPreference", |input, _| whole(input, "a preference", callback)),
    ("continueOnErrorPreference", |input, _| whole(input, "a preference", continue_on_error)),
    ("includeAnnotationsPreference", |input, names| {
        whole(input, "a preference", |scan| include_annotations(scan, names))
    }),
    ("maxpagesizePreference", |input, _| whole(input, "a preference", max_page_size)),
    ("omitValuesPreference", |input, _| whole(input, "a preference", omit_values)),
    ("respondAsyncPreference", |input, _| {
        whole(input, "a preference", |scan| scan.take_folded("respond-async"))
    }),
    ("returnPreference", |input, _| whole(input, "a preference", return_)),
    ("trackChangesPreference", |input, _| whole(input, "a preference", |scan| plain(scan, "track-changes"))),
    ("waitPreference", |input, _| whole(input, "a preference", wait)),
];

fn whole(
    input: &str,
    expected: &str,
    grammar: impl FnOnce(&mut Scan<'_>) -> Option<()>,
) -> Result<String, Error> {
    let mut scan = Scan::new(input);
    if grammar(&mut scan).is_some() && scan.rest().is_empty() {
        return Ok(input.to_owned());
    }
    let at = scan.position();
    let found = scan.peek().map_or_else(|| "the end".to_owned(), |found| format!("'{found}'"));
    Err(Error::expected(expected, &found, Span::new(at, at), input))
}

type Grammar<'g> = dyn Fn(&mut Scan<'_>) -> Option<()> + 'g;

/// Takes the first that is there.
fn one_of(scan: &mut Scan<'_>, grammars: &[&Grammar<'_>]) -> Option<()> {
    grammars.iter().any(|grammar| scan.try_take(grammar)).then_some(())
}

fn header(scan: &mut Scan<'_>, names: &Names<'_>) -> Option<()> {
    let prefer = |scan: &mut Scan<'_>| prefer(scan, names);
    one_of(
        scan,
        &[&async_result, &content_id, &isolation, &entity_id, &error, &max_version, &version, &prefer],
    )
}

/// The name of a header with its colon, and blanks.
fn name(scan: &mut Scan<'_>, name: &str) -> Option<()> {
    scan.take_folded(name)?;
    scan.take(":")?;
    blanks(scan);
    Some(())
}

fn blanks(scan: &mut Scan<'_>) {
    scan.take_while(|found| matches!(found, ' ' | '\t'));
}

/// An equals sign with blanks around it.
fn equals(scan: &mut Scan<'_>) -> Option<()> {
    blanks(scan);
    scan.take("=")?;
    blanks(scan);
    Some(())
}

fn async_result(scan: &mut Scan<'_>) -> Option<()> {
    name(scan, "AsyncResult")?;
    scan.digits(3, 3).map(drop)
}

fn content_id(scan: &mut Scan<'_>) -> Option<()> {
    name(scan, "Content-ID")?;
    request_id(scan)
}

fn request_id(scan: &mut Scan<'_>) -> Option<()> {
    scan.take_run(is_unreserved, 1, usize::MAX).map(drop)
}

fn isolation(scan: &mut Scan<'_>) -> Option<()> {
    scan.take_folded("OData-");
    name(scan, "Isolation")?;
    scan.take_folded("snapshot")
}

fn entity_id(scan: &mut Scan<'_>) -> Option<()> {
    name(scan, "OData-EntityID")?;
    let is_legal = |found: char| found.is_ascii_graphic() || matches!(found, '\u{80}'..='\u{ff}');
    scan.take_run(is_legal, 1, usize::MAX).map(drop)
}

fn error(scan: &mut Scan<'_>) -> Option<()> {
    name(scan, "OData-Error")?;
    scan.take("{\"code\":")?;
    scan.take_while(|found| found.is_ascii_graphic() || found == ' ');
    Some(())
}

fn max_version(scan: &mut Scan<'_>) -> Option<()> {
    name(scan, "OData-MaxVersion")?;
    scan.digits(1, usize::MAX)?;
    scan.take(".")?;
    scan.digits(1, usize::MAX).map(drop)
}

fn version(scan: &mut Scan<'_>) -> Option<()> {
    name(scan, "OData-Version")?;
    scan.take("4.0")?;
    scan.take_any(&['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    Some(())
}

fn prefer(scan: &mut Scan<'_>, names: &Names<'_>) -> Option<()> {
    name(scan, "Prefer")?;
    preference(scan, names)?;
    while scan.try_take(|scan| {
        blanks(scan);
        scan.take(",")?;
        blanks(scan);
        preference(scan, names)
    }) {}
    Some(())
}

fn preference(scan: &mut Scan<'_>, names: &Names<'_>) -> Option<()> {
    let include_annotations = |scan: &mut Scan<'_>| include_annotations(scan, names);
    one_of(
        scan,
        &[
            &|scan| plain(scan, "allow-entityreferences"),
            &callback,
            &continue_on_error,
            &include_annotations,
            &max_page_size,
            &omit_values,
            &|scan| scan.take_folded("respond-async"),
            &return_,
            &|scan| plain(scan, "track-changes"),
            &wait,
        ],
    )
}

/// A preference that may have the prefix `odata.`.
fn plain(scan: &mut Scan<'_>, name: &str) -> Option<()> {
    scan.take_folded("odata.");
    scan.take_folded(name)
}

fn callback(scan: &mut Scan<'_>) -> Option<()> {
    plain(scan, "callback")?;
    blanks(scan);
    scan.take(";")?;
    blanks(scan);
    scan.take_folded("url")?;
    equals(scan)?;
    scan.take("\"")?;
    uri(scan)?;
    scan.take("\"")
}

/// RFC 3986 `URI`, whose path is not empty.
fn uri(scan: &mut Scan<'_>) -> Option<()> {
    scan.take_run(|found| found.is_ascii_alphabetic(), 1, usize::MAX)?;
    scan.take_while(|found| found.is_ascii_alphanumeric() || "+-.".contains(found));
    scan.take(":")?;
    if scan.take("//").is_some() {
        scan.try_take(|scan| {
            scan.take_while(|found| is_unreserved(found) || "%!$&'()*+,;=:".contains(found));
            scan.take("@")
        });
        host(scan)?;
        if scan.take(":").is_some() {
            scan.take_while(|found| found.is_ascii_digit());
        }
        if scan.peek().is_some_and(is_path_character) {
            return None;
        }
    } else if !scan.peek().is_some_and(|found| found == '/' || is_path_character(found)) {
        return None;
    }
    let path = scan.take_while(|found| found == '/' || is_path_character(found));
    let mut is_whole = has_whole_escapes(path);
    for mark in ["?", "#"] {
        if scan.take(mark).is_some() {
            let part = scan.take_while(|found| "/?".contains(found) || is_path_character(found));
            is_whole = is_whole && has_whole_escapes(part);
        }
    }
    is_whole.then_some(())
}

fn continue_on_error(scan: &mut Scan<'_>) -> Option<()> {
    plain(scan, "continue-on-error")?;
    scan.try_take(|scan| {
        equals(scan)?;
        one_of(scan, &[&|scan| scan.take_folded("true"), &|scan| scan.take_folded("false")])
    });
    Some(())
}

fn include_annotations(scan: &mut Scan<'_>, names: &Names<'_>) -> Option<()> {
    plain(scan, "include-annotations")?;
    equals(scan)?;
    scan.take("\"")?;
    scan.list(",", |scan| annotation(scan, names))?;
    scan.take("\"")
}

/// `annotationIdentifier`
fn annotation(scan: &mut Scan<'_>, names: &Names<'_>) -> Option<()> {
    scan.take_any(&['-']);
    if scan.take("*").is_none() {
        let name = scan.take_while(|found| found.is_ascii_alphanumeric() || "_.".contains(found));
        let (namespace, term) = name.rsplit_once('.')?;
        let is_term = match term {
            "" => scan.take("*").is_some(),
            term => names.is("termName", term),
        };
        if !is_term || !names.is_namespace(namespace) {
            return None;
        }
    }
    if scan.take("#").is_some() {
        let qualifier = scan.take_while(|found| found.is_ascii_alphanumeric() || found == '_');
        return is_identifier(qualifier).then_some(());
    }
    Some(())
}

fn max_page_size(scan: &mut Scan<'_>) -> Option<()> {
    plain(scan, "maxpagesize")?;
    equals(scan)?;
    let digits = scan.digits(1, usize::MAX)?;
    (!digits.starts_with('0')).then_some(())
}

fn omit_values(scan: &mut Scan<'_>) -> Option<()> {
    scan.take_folded("omit-values")?;
    equals(scan)?;
    one_of(scan, &[&|scan| scan.take_folded("nulls"), &|scan| scan.take_folded("defaults")])
}

fn return_(scan: &mut Scan<'_>) -> Option<()> {
    scan.take_folded("return")?;
    equals(scan)?;
    one_of(scan, &[&|scan| scan.take("representation"), &|scan| scan.take("minimal")])
}

fn wait(scan: &mut Scan<'_>) -> Option<()> {
    scan.take_folded("wait")?;
    equals(scan)?;
    scan.digits(1, usize::MAX).map(drop)
}
