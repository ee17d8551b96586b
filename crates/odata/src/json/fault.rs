//! What is wrong with a body, in words; each names the member at fault by its path.

use crate::error::Error;

/// Texts of clients quoted in a message are cut after this many characters.
const LONGEST_QUOTE: usize = 100;

/// `reason` is the reader's own, with line and column.
pub(in crate::json) fn unreadable_body(reason: &str) -> Error {
    Error::syntax(format!(
        "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid \
         JSON format: {reason}."
    ))
}

/// A member that the type `owner` does not have.
pub(in crate::json) fn unknown_member(name: &str, owner: &str, path: &str) -> Error {
    let target = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    Error::invalid(format!(
        "The property '{}' does not exist on type '{owner}'. Only properties that the type defines may be sent.",
        shortened(name)
    ))
    .in_target(&target)
}

/// The same member twice.
pub(in crate::json) fn repeated_member(path: &str) -> Error {
    Error::invalid(format!("The property '{path}' was sent more than once.")).in_target(path)
}

/// An `@odata.type` that names another type.
pub(in crate::json) fn unfit_type(name: &str, expected: &str, path: &str) -> Error {
    let target = if path.is_empty() { "@odata.type".to_owned() } else { format!("{path}.@odata.type") };
    Error::invalid(format!("The type '{}' is not '{expected}', which is expected here.", shortened(name)))
        .in_target(&target)
}

/// An object of a type of which there are none.
pub(in crate::json) fn abstract_type(name: &str, path: &str) -> Error {
    let target = if path.is_empty() { "@odata.type".to_owned() } else { format!("{path}.@odata.type") };
    Error::invalid(format!(
        "The type '{name}' is abstract; say with '@odata.type' which of the types that extend it this is."
    ))
    .in_target(&target)
}

/// A JSON value of another kind than the type wants.
pub(in crate::json) fn unfit_value(found: &str, expected: &str, path: &str) -> Error {
    let path = if path.is_empty() { "the request body" } else { path };
    Error::invalid(format!("Cannot read {found} as '{expected}' at '{path}'.")).in_target(path)
}

/// A text that is no value of the type, in the words Microsoft publishes for a hash that is no Base64.
pub(in crate::json) fn unreadable_literal(literal: &str, expected: &str, path: &str) -> Error {
    let quote = shortened(literal);
    Error::invalid(format!("Cannot convert the literal '{quote}' to the expected type '{expected}'."))
        .in_target(path)
}

/// Anything else that is wrong with one value.
pub(in crate::json) fn invalid_member(message: impl Into<String>, path: &str) -> Error {
    Error::invalid(message).in_target(path)
}

pub(in crate::json) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
