//! Whole URIs and their query strings.
//!
//! Comes in: the text of a URI, absolute or below the service root. Goes out: what was read, printed. Which part
//! of an absolute URI is the service root only its rest can tell, so every slash is tried.
//! Specification: OData 4.01 ABNF `odataUri`, `odataRelativeUri`, `queryOptions`; RFC 3986, 3.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::error::{Error, Span};

use super::names::Names;
use super::{Given, context, in_raw, resource_path, tree, whole, wrong};
use crate::syntax::ast::{Options, SystemOption};
use crate::syntax::cursor::{Cursor, Strictness};
use crate::syntax::expr::expression;
use crate::syntax::percent::Decoded;
use crate::syntax::scan::Scan;
use crate::syntax::{MAX_OPTIONS, MAX_SEGMENTS, options, path};

/// `odataUri`
pub(super) fn absolute(input: &str, names: &Names<'_>) -> Result<String, Error> {
    let mut scan = Scan::new(input);
    let root = (|| {
        scan.take_folded("http")?;
        scan.take_folded("s");
        scan.take("://")?;
        host(&mut scan)?;
        if scan.take(":").is_some() {
            scan.take_while(|found| found.is_ascii_digit());
        }
        scan.take("/")
    })();
    let start = scan.position();
    if root.is_none() {
        let found = scan.peek().map_or_else(|| "the end".to_owned(), |found| format!("'{found}'"));
        return Err(Error::expected("'http://' and a host", &found, Span::new(start, start), input));
    }
    let rest = scan.rest();
    let path = rest.get(..rest.find(['?', '#']).unwrap_or(rest.len())).unwrap_or_default();
    if path.matches('/').count() > MAX_SEGMENTS {
        return Err(Error::too_complex(format_args!("the path has more than {MAX_SEGMENTS} segments")));
    }
    let below = path.match_indices('/').map(|(at, _)| at + 1);
    let mut at_fault: Option<Error> = None;
    for at in std::iter::once(0).chain(below) {
        let relative = rest.get(at..).unwrap_or_default();
        if relative.is_empty() {
            return Ok(format!("service root {input}"));
        }
        match self::relative(relative, names) {
            Ok(tree) => return Ok(tree),
            Err(error) => {
                let error = error.moved(start + at);
                // What got furthest says most.
                let gets_further =
                    |other: &Error| other.span.map(|span| span.start) < error.span.map(|span| span.start);
                if at_fault.as_ref().is_none_or(gets_further) {
                    at_fault = Some(error);
                }
            }
        }
        // What stands before the next slash must then be a segment of the root.
        let segment = relative.split(['/', '?', '#']).next().unwrap_or_default();
        if segment.is_empty() || !segment.chars().all(is_path_character) || !has_whole_escapes(segment) {
            break;
        }
    }
    Err(at_fault.unwrap_or_else(|| Error::syntax("Syntax error: expected a path.")))
}

/// `host`
pub(super) fn host(scan: &mut Scan<'_>) -> Option<()> {
    if scan.take("[").is_some() {
        let address = scan.take_while(|found| found != ']');
        scan.take("]")?;
        return (address.parse::<Ipv6Addr>().is_ok() || is_future(address)).then_some(());
    }
    let name = scan.take_while(|found| is_unreserved(found) || "%!$&'()*+,;=".contains(found));
    (name.parse::<Ipv4Addr>().is_ok() || has_whole_escapes(name)).then_some(())
}

/// `IPvFuture`
fn is_future(address: &str) -> bool {
    Scan::matches(address, |scan| {
        scan.take_folded("v")?;
        scan.take_run(|found| found.is_ascii_hexdigit(), 1, usize::MAX)?;
        scan.take(".")?;
        scan.take_run(|found| is_unreserved(found) || "!$&'()*+,;=:".contains(found), 1, usize::MAX).map(drop)
    })
}

pub(super) fn is_unreserved(found: char) -> bool {
    found.is_ascii_alphanumeric() || "-._~".contains(found)
}

/// `pchar`, with the percent sign of an escape.
pub(super) fn is_path_character(found: char) -> bool {
    is_unreserved(found) || "%!$&'()*+,;=:@".contains(found)
}

/// Whether two digits stand behind every percent sign.
pub(super) fn has_whole_escapes(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|behind| behind.get(..2).is_some_and(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit())))
}

/// `odataRelativeUri`
pub(super) fn relative(input: &str, names: &Names<'_>) -> Result<String, Error> {
    let (path, query) = match input.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (input, None),
    };
    let behind_path = |error: Error| error.moved(path.len() + 1);
    match path {
        "$batch" => with_options(path, query, names).map_err(behind_path),
        "$entity" => with_id(path, query, names, &[]).map_err(behind_path),
        _ if path.starts_with("$entity/") => {
            let segments = path::path(path, Strictness::Strict).map_err(in_raw(path))?;
            match segments.as_slice() {
                [_, cast] => names.entity_type(cast).map_err(in_raw(path))?,
                _ => return Err(whole("one type behind $entity", path)),
            }
            with_id(path, query, names, &[SystemOption::Expand, SystemOption::Select]).map_err(behind_path)
        }
        _ if input == "$metadata" || input.starts_with("$metadata?") || input.starts_with("$metadata#") => {
            let end = input.find('#').unwrap_or(input.len());
            let (before, fragment) = input.split_at(end);
            let query = before.split_once('?').map(|(_, query)| query);
            let tree = with_options("$metadata", query, names).map_err(behind_path)?;
            if fragment.is_empty() {
                return Ok(tree);
            }
            let fragment = context::context(fragment, names).map_err(|error| error.moved(end))?;
            Ok(format!("{tree}{fragment}"))
        }
        _ => {
            let path = resource_path(path, names)?;
            match query {
                None | Some("") => Ok(path),
                Some(query) => Ok(format!("{path}\n{}", query_options(query, names).map_err(behind_path)?)),
            }
        }
    }
}

/// `batchOptions`, `metadataOptions`: formats and custom options.
fn with_options(path: &str, query: Option<&str>, names: &Names<'_>) -> Result<String, Error> {
    let Some(query) = query else { return Ok(path.to_owned()) };
    let options = only(query, names, &[SystemOption::Format])?;
    Ok(format!("{path}\n{}", trees(&options)))
}

/// `entityOptions`, `entityCastOptions`: exactly one `$id` among them.
fn with_id(
    path: &str,
    query: Option<&str>,
    names: &Names<'_>,
    more: &[SystemOption],
) -> Result<String, Error> {
    let query = query.unwrap_or_default();
    let permitted: Vec<_> = [SystemOption::Id, SystemOption::Format].iter().chain(more).copied().collect();
    let options = only(query, names, &permitted)?;
    match options.iter().filter(|options| options.id.is_some()).count() {
        1 => Ok(format!("{path}\n{}", trees(&options))),
        _ => Err(whole("'$id' once", query)),
    }
}

/// Options of which only these, and custom ones, are permitted.
fn only(query: &str, names: &Names<'_>, permitted: &[SystemOption]) -> Result<Vec<Options>, Error> {
    each(query, |part| {
        let options = option(part, names)?;
        let suits = match options.given.first() {
            Some(given) => permitted.contains(&given.option),
            None => options.aliases.is_empty(),
        };
        if !suits {
            return Err(whole("an option that suits the path", part));
        }
        if !options.custom.is_empty() {
            custom(part, names)?;
        }
        Ok(options)
    })
}

/// `queryOptions`
pub(super) fn query_options(input: &str, names: &Names<'_>) -> Result<String, Error> {
    let options = each(input, |part| {
        let options = option(part, names)?;
        if !options.custom.is_empty()
            && let Err(error) = custom(part, names)
        {
            name_and_value(part, names).map_err(|_| error)?;
        }
        Ok(options)
    })?;
    Ok(trees(&options))
}

/// `customQueryOption`
pub(super) fn custom_query_option(input: &str, names: &Names<'_>) -> Result<String, Error> {
    if let Some(at) = input.find('&') {
        return Err(Error::unexpected_character('&', at, input));
    }
    let options = option(input, names)?;
    custom(input, names)?;
    Ok(trees(&[options]))
}

/// Reads every option of a query.
fn each(query: &str, mut read: impl FnMut(&str) -> Result<Options, Error>) -> Result<Vec<Options>, Error> {
    let mut all = Vec::new();
    let mut start = 0;
    for part in query.split('&') {
        if all.len() == MAX_OPTIONS {
            return Err(Error::too_complex(format_args!("there are more than {MAX_OPTIONS} query options")));
        }
        all.push(read(part).map_err(|error| error.moved(start))?);
        start += part.len() + 1;
    }
    Ok(all)
}

fn trees(all: &[Options]) -> String {
    all.iter().map(|options| tree(&Given(options))).collect::<Vec<_>>().join("\n")
}

/// Reads one option, and checks the names in it.
pub(super) fn option(part: &str, names: &Names<'_>) -> Result<Options, Error> {
    let options = options::query(part, Strictness::Strict);
    let checked = options.and_then(|options| names.options(&options).map(|()| options));
    checked.map_err(|error| match part.split_once('=') {
        // Places count in the value.
        Some((name, value)) => in_raw(value)(error).moved(name.len() + 1),
        None => error,
    })
}

/// Checks a custom query option: its characters, and its name.
fn custom(part: &str, names: &Names<'_>) -> Result<(), Error> {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    let is_legal = |found: char| is_unreserved(found) || "%!()*+,;:@/?$'".contains(found);
    let is_name = !name.is_empty() && !name.starts_with(['@', '$']) && name.chars().all(is_legal);
    let is_value = value.chars().all(|found| is_legal(found) || found == '=');
    let decoded = Decoded::query(name, Strictness::Strict)?;
    if is_name && is_value && names.constraints.allow("customName", &decoded.text) {
        return Ok(());
    }
    Err(wrong("a query option", name, Span::new(0, name.len()), part))
}

/// `nameAndValue`: a parameter of a function in the path.
fn name_and_value(part: &str, names: &Names<'_>) -> Result<(), Error> {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    if !names.is("parameterName", name) {
        return Err(wrong("a parameter", name, Span::new(0, name.len()), part));
    }
    let source = Decoded::query(value, Strictness::Strict)?;
    let mut cursor = Cursor::new(&source, 0, Strictness::Strict)?;
    cursor.tight()?;
    let value = expression(&mut cursor)?;
    cursor.expect_end()?;
    names.expr(&value)
}
