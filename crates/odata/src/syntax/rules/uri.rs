//! Whole URIs and their query strings.
//!
//! Comes in: the text of a URI, absolute or below the service root. Goes out: what was read, printed. Which part
//! of an absolute URI is the service root only its rest can tell, so every slash is tried.
//! Specification: OData 4.01 ABNF `odataUri`, `odataRelativeUri`, `queryOptions`; RFC 3986, 3.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::error::{Error, Span};

use super::names::Names;
use super::{Given, context, tree, wrong};
use crate::syntax::ast::{Options, SystemOption};
use crate::syntax::cursor::{Cursor, Strictness};
use crate::syntax::expr::expression;
use crate::syntax::percent::Decoded;
use crate::syntax::scan::Scan;
use crate::syntax::{MAX_SEGMENTS, options, path};

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
    let below = path.match_indices('/').map(|(at, _)| at + 1);
    let mut at_fault = None;
    for (count, at) in std::iter::once(0).chain(below).enumerate() {
        if count > MAX_SEGMENTS {
            return Err(Error::too_complex(format_args!("the path has more than {MAX_SEGMENTS} segments")));
        }
        let relative = rest.get(at..).unwrap_or_default();
        if relative.is_empty() {
            return Ok(format!("service root {input}"));
        }
        match self::relative(relative, names) {
            Ok(tree) => return Ok(tree),
            Err(error) => at_fault = Some(error.moved(start + at)),
        }
        // What stands before the slash must then be a segment of the root.
        if relative.starts_with('/') {
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
    match path {
        "$batch" => with_options(path, query, names, &[SystemOption::Format]),
        "$entity" => with_id(path, query, names, &[]),
        _ if path.starts_with("$entity/") => {
            let segments = path::path(path, Strictness::Strict)?;
            match segments.as_slice() {
                [_, cast] => names.entity_type(cast)?,
                _ => return Err(wrong("one type behind $entity", path, Span::new(0, path.len()), input)),
            }
            with_id(path, query, names, &[SystemOption::Expand, SystemOption::Select])
        }
        _ if input == "$metadata" || input.starts_with("$metadata?") || input.starts_with("$metadata#") => {
            let (before, fragment) = match input.find('#') {
                Some(at) => (input.get(..at).unwrap_or_default(), input.get(at..)),
                None => (input, None),
            };
            let query = before.split_once('?').map(|(_, query)| query);
            let tree = with_options("$metadata", query, names, &[SystemOption::Format])?;
            let fragment = fragment.map(|fragment| context::context(fragment, names)).transpose()?;
            Ok(format!("{tree}{}", fragment.unwrap_or_default()))
        }
        _ => {
            let segments = path::path(path, Strictness::Strict)?;
            names.path(&segments)?;
            let options = match query {
                None | Some("") => String::new(),
                Some(query) => format!("\n{}", query_options(query, names)?),
            };
            Ok(format!("{}{options}", tree(&segments)))
        }
    }
}

/// `batchOptions`, `metadataOptions`: a few system query options and custom ones.
fn with_options(
    path: &str,
    query: Option<&str>,
    names: &Names<'_>,
    permitted: &[SystemOption],
) -> Result<String, Error> {
    let Some(query) = query else { return Ok(path.to_owned()) };
    let options = only(query, names, permitted)?;
    Ok(format!("{path}\n{}", tree(&Given(&options))))
}

/// `entityOptions`, `entityCastOptions`: exactly one `$id` among them.
fn with_id(
    path: &str,
    query: Option<&str>,
    names: &Names<'_>,
    permitted: &[SystemOption],
) -> Result<String, Error> {
    let query = query.unwrap_or_default();
    let permitted: Vec<_> =
        [SystemOption::Id, SystemOption::Format].iter().chain(permitted).copied().collect();
    let options = only(query, names, &permitted)?;
    let ids = options.given.iter().filter(|given| given.option == SystemOption::Id).count();
    match ids {
        1 => Ok(format!("{path}\n{}", tree(&Given(&options)))),
        _ => Err(wrong("'$id' once", query, Span::new(0, query.len()), query)),
    }
}

fn only(query: &str, names: &Names<'_>, permitted: &[SystemOption]) -> Result<Options, Error> {
    let options = options::query(query, Strictness::Strict)?;
    names.options(&options)?;
    if let Some(given) = options.given.iter().find(|given| !permitted.contains(&given.option)) {
        return Err(wrong("an option that suits the path", &given.spelling, Span::default(), query));
    }
    if let Some((alias, _)) = options.aliases.first() {
        return Err(wrong("an option that suits the path", alias, Span::default(), query));
    }
    customs(query).try_for_each(|part| custom(part, names))?;
    Ok(options)
}

/// `queryOptions`
pub(super) fn query_options(input: &str, names: &Names<'_>) -> Result<String, Error> {
    let options = options::query(input, Strictness::Strict)?;
    names.options(&options)?;
    customs(input).try_for_each(|part| match custom(part, names) {
        Ok(()) => Ok(()),
        Err(error) => name_and_value(part, names).map_err(|_| error),
    })?;
    Ok(tree(&Given(&options)))
}

/// `customQueryOption`
pub(super) fn custom_query_option(input: &str, names: &Names<'_>) -> Result<String, Error> {
    if let Some(at) = input.find('&') {
        return Err(Error::unexpected_character('&', at, input));
    }
    let options = options::query(input, Strictness::Strict)?;
    custom(input, names)?;
    Ok(tree(&Given(&options)))
}

/// The parts of a query that are neither system query options nor aliases.
fn customs(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|part| {
        let name = part.split('=').next().unwrap_or_default();
        let is_system = SystemOption::named(name).is_some_and(|option| match option {
            SystemOption::Deltatoken | SystemOption::Skiptoken => name.starts_with('$'),
            option => option != SystemOption::Levels,
        });
        !is_system && !name.starts_with('@') && !name.starts_with("%40")
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
