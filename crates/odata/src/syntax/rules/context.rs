//! Context URLs: the fragment that says what an answer is.
//!
//! Comes in: the fragment with its `#`. Goes out: the text itself, if it is one. Like a resource path it is
//! followed segment by segment through all that its names may be; what stands in parentheses is a key or a
//! list of what was selected, or either.
//! Specification: OData 4.01 ABNF, section 3 "Context URL Fragments"; OData 4.01 Protocol, 10.

use crate::error::{Error, Span};

use super::names::{Kind, Names};
use super::{read, wrong};
use crate::syntax::MAX_DEPTH;
use crate::syntax::cursor::Strictness;
use crate::syntax::expr::key;
use crate::syntax::percent::Decoded;

/// What the fragment stands for so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// An entity set, or what is contained in one.
    Set(Origin),
    /// The same behind a cast.
    Cast(Origin),
    /// The same behind the list of what was selected.
    Listed(Origin),
    /// One entity of it.
    Keyed(Origin),
    /// The same behind a cast: only a containment navigation follows.
    KeyedCast(Origin),
    /// A singleton.
    Singleton,
    /// A complex value on the way to a navigation property.
    Way(Origin),
    /// The same behind a cast.
    WayCast(Origin),
    /// A property of an entity.
    Property,
    /// A complex property of one: more may follow.
    Complex,
    /// The same behind a cast: more must follow.
    ComplexCast,
    /// Nothing follows.
    End,
}

/// Where a containment began: only sets have changes and single entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Set,
    Singleton,
}

/// `context`
pub(super) fn context(input: &str, names: &Names<'_>) -> Result<String, Error> {
    const WHOLE: [&str; 4] =
        ["Collection($ref)", "$ref", "Collection(Edm.EntityType)", "Collection(Edm.ComplexType)"];
    let Some(fragment) = input.strip_prefix('#').filter(|fragment| fragment.is_ascii()) else {
        return Err(wrong("'#' and ASCII text", input, Span::new(0, 0), input));
    };
    if WHOLE.contains(&fragment) || is_type(fragment, names) {
        return Ok(input.to_owned());
    }
    let mut states: Vec<At> = Vec::new();
    let mut start = 1;
    for (index, part) in split(fragment, '/').enumerate() {
        let span = Span::new(start, start + part.len());
        let (name, inside) = parentheses(part);
        let before = std::mem::take(&mut states);
        match index {
            0 => first(names, name, &mut states),
            _ => before.iter().for_each(|at| next(names, *at, name, &mut states)),
        }
        if let Some(inside) = inside {
            states = in_parentheses(names, &states, inside);
        }
        if states.is_empty() {
            return Err(wrong("what can follow in a context URL", part, span, input));
        }
        start = span.end + 1;
    }
    let is_whole = |at: &At| match at {
        At::Set(_) | At::Cast(_) | At::Listed(_) | At::Singleton | At::Property | At::Complex | At::End => {
            true
        }
        At::Keyed(_) | At::KeyedCast(_) | At::Way(_) | At::WayCast(_) | At::ComplexCast => false,
    };
    match states.iter().any(is_whole) {
        true => Ok(input.to_owned()),
        false => Err(wrong("more of a context URL", "", Span::new(input.len(), input.len()), input)),
    }
}

fn push(states: &mut Vec<At>, at: At) {
    if !states.contains(&at) {
        states.push(at);
    }
}

fn first(names: &Names<'_>, name: &str, states: &mut Vec<At>) {
    if names.is("entitySetName", name) {
        push(states, At::Set(Origin::Set));
    }
    if names.is("singletonEntity", name) {
        push(states, At::Singleton);
    }
}

fn next(names: &Names<'_>, at: At, name: &str, states: &mut Vec<At>) {
    match at {
        At::Set(origin) => {
            if names.is_qualified_type("entityTypeName", name) {
                push(states, At::Cast(origin));
            }
            changes(origin, name, states);
        }
        At::Cast(origin) => changes(origin, name, states),
        At::Listed(Origin::Set) if matches!(name, "$entity" | "$delta") => push(states, At::End),
        At::Keyed(origin) => {
            if names.is_qualified_type("entityTypeName", name) {
                push(states, At::KeyedCast(origin));
            }
            navigation(names, origin, name, states);
            if origin == Origin::Set {
                property(names, name, states);
            }
        }
        At::KeyedCast(origin) => navigation(names, origin, name, states),
        At::Singleton => navigation(names, Origin::Singleton, name, states),
        At::Way(origin) => {
            if names.is_qualified_type("complexTypeName", name) {
                push(states, At::WayCast(origin));
            }
            navigation(names, origin, name, states);
        }
        At::WayCast(origin) => navigation(names, origin, name, states),
        At::Complex => {
            if names.is_qualified_type("complexTypeName", name) {
                push(states, At::ComplexCast);
            }
            property(names, name, states);
        }
        At::ComplexCast => property(names, name, states),
        At::Listed(_) | At::Property | At::End => {}
    }
}

fn changes(origin: Origin, name: &str, states: &mut Vec<At>) {
    const CHANGES: [&str; 5] = ["$entity", "$delta", "$deletedEntity", "$link", "$deletedLink"];
    if origin == Origin::Set && CHANGES.contains(&name) {
        push(states, At::End);
    }
}

fn navigation(names: &Names<'_>, origin: Origin, name: &str, states: &mut Vec<At>) {
    for kind in names.properties(name) {
        match kind {
            Kind::EntityCol | Kind::Entity => push(states, At::Set(origin)),
            Kind::Complex => push(states, At::Way(origin)),
            Kind::ComplexCol | Kind::PrimitiveCol | Kind::Primitive | Kind::Stream => {}
        }
    }
}

/// `contextPropertyPath`
fn property(names: &Names<'_>, name: &str, states: &mut Vec<At>) {
    for kind in names.properties(name) {
        match kind {
            Kind::Complex => push(states, At::Complex),
            Kind::ComplexCol | Kind::PrimitiveCol | Kind::Primitive => push(states, At::Property),
            Kind::EntityCol | Kind::Entity | Kind::Stream => {}
        }
    }
}

/// What becomes of the states by a key or a list of what was selected.
fn in_parentheses(names: &Names<'_>, before: &[At], inside: &str) -> Vec<At> {
    let (is_key, is_list) = (is_key(names, inside), is_list(names, inside, MAX_DEPTH));
    let mut states = Vec::new();
    for at in before {
        if let At::Set(origin) = at
            && is_key
        {
            push(&mut states, At::Keyed(*origin));
        }
        match at {
            At::Set(origin) | At::Cast(origin) if is_list => push(&mut states, At::Listed(*origin)),
            At::Singleton | At::Property | At::Complex if is_list => push(&mut states, At::End),
            _ => {}
        }
    }
    states
}

fn is_key(names: &Names<'_>, inside: &str) -> bool {
    // No fragment stands in a key, but a list may have a qualifier.
    let text = format!("({inside})");
    let key = read(&text, |cursor| Ok((key(cursor, Span::default())?.0, cursor.text.len())));
    key.is_ok_and(|(key, length)| {
        key.is_some_and(|key| names.is_key_predicate(&key, Span::new(1, length.saturating_sub(1))))
    })
}

/// The inside of a `selectList`.
fn is_list(names: &Names<'_>, inside: &str, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    inside.is_empty() || split(inside, ',').all(|item| is_item(names, item, depth))
}

/// `selectListItem`
fn is_item(names: &Names<'_>, item: &str, depth: usize) -> bool {
    if item == "*" || item.strip_suffix(".*").is_some_and(|namespace| names.is_namespace(namespace)) {
        return true;
    }
    let is_type = |name: &str| {
        names.is_qualified_type("entityTypeName", name) || names.is_qualified_type("complexTypeName", name)
    };
    let parts: Vec<&str> = split(item, '/').collect();
    let below = match parts.as_slice() {
        [cast, below @ ..] if !below.is_empty() && is_type(cast) => below,
        whole => whole,
    };
    match below {
        [operation] if is_operation(names, operation) => true,
        _ => is_property(names, below, depth),
    }
}

/// `selectListProperty`
fn is_property(names: &Names<'_>, parts: &[&str], depth: usize) -> bool {
    let (Some(depth), Some((first, below))) = (depth.checked_sub(1), parts.split_first()) else {
        return false;
    };
    let (name, list) = parentheses(first);
    let is_navigation = |name: &str| {
        let kinds = names.properties(name);
        kinds.iter().any(|kind| matches!(kind, Kind::EntityCol | Kind::Entity))
            || names.is_fragment_annotation("entityAnnotationInFragment", name)
    };
    let kinds = names.properties(name);
    let is_complex = kinds.iter().any(|kind| matches!(kind, Kind::ComplexCol | Kind::Complex))
        || names.is_fragment_annotation("complexAnnotationInFragment", name);
    let is_primitive = kinds.iter().any(|kind| matches!(kind, Kind::PrimitiveCol | Kind::Primitive));
    match below {
        [] if list.is_none() && (is_complex || is_primitive) => true,
        [] => {
            is_navigation(name.strip_suffix('+').unwrap_or(name))
                && list.is_none_or(|list| is_list(names, list, depth))
        }
        _ if !is_complex || list.is_some() => false,
        [cast, below @ ..] if names.is_qualified_type("complexTypeName", cast) => {
            below.is_empty() || is_property(names, below, depth)
        }
        below => is_property(names, below, depth),
    }
}

/// `qualifiedActionName`, `qualifiedFunctionName`
fn is_operation(names: &Names<'_>, operation: &str) -> bool {
    let (name, parameters) = parentheses(operation);
    let is_parameters = |list: &str| list.split(',').all(|name| names.is("parameterName", name));
    match parameters {
        None => names.is_qualified_type("action", name) || names.is_qualified_function(name),
        Some(list) => names.is_qualified_function(name) && is_parameters(list),
    }
}

/// `qualifiedTypeName [ selectList ]`
fn is_type(fragment: &str, names: &Names<'_>) -> bool {
    let (name, behind) = match fragment.find(['(', '%']) {
        Some(at) => fragment.split_at(at),
        None => (fragment, ""),
    };
    let listed = |behind: &str| match parentheses(behind) {
        ("", None) => true,
        ("", Some(list)) => is_list(names, list, MAX_DEPTH),
        _ => false,
    };
    if name == "Collection" {
        let inside = behind.strip_prefix('(').or_else(|| behind.strip_prefix("%28")).unwrap_or_default();
        let end = inside.find(')').map(|at| (at, 1)).or_else(|| inside.find("%29").map(|at| (at, 3)));
        return end.is_some_and(|(at, length)| {
            let (member, behind) = inside.split_at(at);
            member.contains('.') && names.is_type(member) && listed(behind.get(length..).unwrap_or_default())
        });
    }
    name.contains('.') && names.is_type(name) && listed(behind)
}

/// A name, and what stands in the parentheses behind it up to the end.
fn parentheses(part: &str) -> (&str, Option<&str>) {
    let open = [("(", part.find('(')), ("%28", part.find("%28"))];
    let open = open.into_iter().filter_map(|(mark, at)| Some((at?, mark.len()))).min();
    let close = part.strip_suffix(')').or_else(|| part.strip_suffix("%29"));
    match (open, close) {
        (Some((at, length)), Some(whole)) => match whole.get(at + length..) {
            Some(inside) => (part.get(..at).unwrap_or_default(), Some(inside)),
            None => (part, None),
        },
        _ => (part, None),
    }
}

/// The parts between separators that stand neither in parentheses nor in quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut depth, mut in_quotes) = (0_usize, false);
    let mut ends = Vec::new();
    let mut rest = text;
    while let Some(found) = rest.chars().next() {
        let at = text.len() - rest.len();
        let (found, length) = match rest.get(..3) {
            Some(escape) if escape.starts_with('%') => (escaped(escape), 3),
            _ => (found, found.len_utf8()),
        };
        match found {
            '\'' => in_quotes = !in_quotes,
            '(' if !in_quotes => depth += 1,
            ')' if !in_quotes => depth = depth.saturating_sub(1),
            found if found == separator && depth == 0 && !in_quotes && (length == 1 || found == ',') => {
                ends.push((at, length));
            }
            _ => {}
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    ends.push((text.len(), 0));
    let mut start = 0;
    ends.into_iter().map(move |(at, length)| {
        let part = text.get(start..at).unwrap_or_default();
        start = at + length;
        part
    })
}

/// The character that an escape stands for.
fn escaped(escape: &str) -> char {
    let decoded = Decoded::query(escape, Strictness::Strict).map(|decoded| decoded.text);
    decoded.ok().and_then(|text| text.chars().next()).unwrap_or('%')
}
