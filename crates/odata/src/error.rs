//! What is wrong with a request, in the words the client gets to read.
//!
//! Every stage (parse, bind, select, read) answers with this one type. It carries no HTTP status: the server
//! maps the [`ErrorKind`] to one in a single place. Messages follow the wording of Microsoft Graph where that
//! is known and otherwise say what was expected, what was there and where.
//! Specification: OData 4.01 Protocol, 9.4 "Error Response Body".

use std::fmt;

/// A stretch of text: byte offsets into the percent-decoded value of one query option, or into the path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Span {
    /// The stretch from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Span { start, end }
    }

    /// The stretch from the start of this one to the end of `other`.
    pub fn to(self, other: Span) -> Self {
        Span { start: self.start, end: other.end }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// What sort of fault it is; decides the status of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text does not follow the grammar: 400.
    Syntax,
    /// A path segment names nothing: 400 in Graph, 404 in OData.
    NotFound,
    /// Well-formed, but not for this model: an unknown property, a wrong type, a wrong value. 400.
    Invalid,
    /// Legal OData that this service does not do; the message names it. 501.
    Unsupported,
    /// A limit on size or nesting was passed: 400.
    TooComplex,
}

/// A fault in a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What sort of fault it is.
    pub kind: ErrorKind,
    /// The sentence for the client.
    pub message: String,
    /// The query option, property or parameter at fault: `$filter`, `serialNumber`.
    pub target: Option<String>,
    /// Where in the target's text.
    pub span: Option<Span>,
}

/// Texts quoted in a message are cut after this many characters.
const LONGEST_QUOTE: usize = 200;

impl Error {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), target: None, span: None }
    }

    /// The text breaks the grammar; `message` says how.
    pub fn syntax(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Syntax, message)
    }

    /// Well-formed, but wrong for the model; `message` says how.
    pub fn invalid(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Invalid, message)
    }

    /// `character` cannot stand at byte `position` of `text`.
    pub fn unexpected_character(character: char, position: usize, text: &str) -> Self {
        let quote = shorten(text);
        Error::syntax(format!(
            "Syntax error: character '{character}' is not valid at position {position} in '{quote}'."
        ))
        .at(Span::new(position, position + character.len_utf8()))
    }

    /// `what` begins at byte `position` of `text` and has no proper end.
    pub fn unterminated(what: &str, position: usize, text: &str) -> Self {
        let quote = shorten(text);
        Error::syntax(format!("Syntax error: unterminated {what} at position {position} in '{quote}'."))
            .at(Span::new(position, text.len()))
    }

    /// `found` stands at `span` of `text` where the grammar asks for `expected`.
    pub fn expected(expected: &str, found: &str, span: Span, text: &str) -> Self {
        let (found, quote, position) = (shorten(found), shorten(text), span.start);
        Error::syntax(format!(
            "Syntax error: expected {expected} but found {found} at position {position} in '{quote}'."
        ))
        .at(span)
    }

    /// A system query option was given twice. `spelling` is `$top`, or `$top/top` when both forms were used.
    pub fn option_repeated(spelling: &str) -> Self {
        let quote = shorten(spelling);
        Error::syntax(format!(
            "Query option '{quote}' was specified more than once, but it must be specified at most once."
        ))
        .in_target(spelling)
    }

    /// A name with `$` that is no system query option.
    pub fn option_unknown(spelling: &str) -> Self {
        let quote = shorten(spelling);
        Error::invalid(format!("The query parameter '{quote}' is not supported.")).in_target(spelling)
    }

    /// `value` is not a legal value of the query option; `expected` says what is.
    pub fn option_value(spelling: &str, value: &str, expected: &str) -> Self {
        let quote = shorten(value);
        Error::invalid(format!(
            "Invalid value '{quote}' for query option '{spelling}'; {expected} is expected."
        ))
        .in_target(spelling)
    }

    /// The path segment `name` addresses nothing.
    pub fn segment_not_found(name: &str) -> Self {
        let quote = shorten(name);
        Error::new(ErrorKind::NotFound, format!("Resource not found for the segment '{quote}'."))
            .in_target(name)
    }

    /// The schema has no such version.
    pub fn no_schema_version(version: &str) -> Self {
        let quote = shorten(version);
        Error::new(ErrorKind::NotFound, format!("The schema has no version '{quote}'."))
            .in_target("$schemaversion")
    }

    /// The type `type_name` has no property `name`.
    pub fn property_not_found(name: &str, type_name: &str) -> Self {
        let quote = shorten(name);
        Error::invalid(format!("Could not find a property named '{quote}' on type '{type_name}'."))
            .in_target(name)
    }

    /// Legal OData that this service does not do. `what` is its name: `$apply`, `the function 'geo.length'`.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Error::new(ErrorKind::Unsupported, format!("{what} is not supported by the service."))
    }

    /// A limit was passed. `what` is what there is too much of: "The expression is nested deeper than 32
    /// levels".
    pub fn too_complex(what: impl fmt::Display) -> Self {
        Error::new(ErrorKind::TooComplex, format!("The request is too complex: {what}."))
    }

    /// The same fault, laid at the door of a query option or property. A target already set stays.
    #[must_use]
    pub fn in_target(mut self, target: &str) -> Self {
        self.target.get_or_insert_with(|| shorten(target));
        self
    }

    /// The same fault, its place counted in another text.
    #[must_use]
    pub(crate) fn placed(mut self, place: impl FnOnce(Span) -> Span) -> Self {
        self.span = self.span.map(place);
        self
    }

    /// The same fault in a text that begins `offset` bytes earlier.
    #[must_use]
    pub(crate) fn moved(self, offset: usize) -> Self {
        self.placed(|span| Span::new(span.start + offset, span.end + offset))
    }

    /// The same fault, at this place. A place already set stays.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
