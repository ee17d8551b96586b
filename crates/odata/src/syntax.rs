//! From the text of a URL to the tree of a request: what was said, not yet what it means.
//!
//! Comes in: the percent-encoded path below the service root and the percent-encoded query string. Goes out:
//! a [`Request`], with the place of everything in it, for the binder to look up in the model. The URL is
//! split at `/`, `&` and `=` first and each part decoded then; from there on it is a hand-written lexer
//! (`lex`), a cursor with one token of lookahead that keeps the limits (`cursor`), and recursive descent with
//! operator precedence (`path`, `options`, `shape`, `expr`, `search`, `apply`). Everything parsed prints back
//! (`print`). [`rules`] reads a text by any one rule of the grammar, to the letter.
//!
//! ```text
//! request     = "/" [ segment *( "/" segment ) [ "/" ] ] [ "?" option *( "&" option ) ]
//! segment     = name [ "(" arguments ")" [ "(" arguments ")" ] ]  |  key as text
//! arguments   = [ [ name "=" ] expression *( "," [ name "=" ] expression ) ]
//! option      = [ "$" ] system-name "=" value  |  "@" alias "=" expression  |  custom [ "=" text ]
//! nested      = "(" option *( ";" option ) ")"
//! expand-item = name *( "/" name ) [ "/$ref" | "/$count" ] [ nested ]
//! expression  = prefix operand *( infix operand )
//! operand     = literal | path | call | "(" expression ")" | array | object
//! apply       = transformation *( "/" transformation )
//! path        = ( name | "$it" | "$this" | "$root" | "$these" | "@" name ) *( "/" step )
//! ```
//!
//! Specification: OData 4.01 URL Conventions,
//! <https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html>, and the OData
//! ABNF.

mod apply;
pub mod ast;
mod cursor;
mod expr;
mod geo;
mod lex;
mod literal;
mod options;
mod path;
pub(crate) mod percent;
mod precedence;
mod print;
pub mod rules;
mod scan;
mod search;
mod shape;

use crate::error::Error;

use cursor::Strictness;

pub use ast::{Options, Request};
pub use options::SystemOption;

/// The deepest nesting of parentheses and nested options, and the greatest height of an expression.
pub const MAX_DEPTH: usize = 32;
/// The longest value of an option, in bytes after decoding.
pub const MAX_LENGTH: usize = 64 * 1024;
/// The most tokens in the value of one option.
pub const MAX_TOKENS: usize = 4096;
/// The most operators in the value of one option.
pub const MAX_OPERATORS: usize = 1024;
/// The most query options in a request.
pub const MAX_OPTIONS: usize = 256;
/// The most segments in a path.
pub const MAX_SEGMENTS: usize = 64;

/// Parses a request.
///
/// `path` is the percent-encoded path below the service root, `query` the percent-encoded query string.
///
/// ```
/// let request = odata::syntax::parse("/people('O%27%27Neil')/friends", Some("$filter=age+gt+30&$top=5"))?;
/// assert_eq!(request.to_string(), "people('O''Neil')/friends?$filter=age gt 30&$top=5");
/// # Ok::<(), odata::Error>(())
/// ```
pub fn parse(path: &str, query: Option<&str>) -> Result<Request, Error> {
    let lenient = Strictness::Lenient;
    Ok(Request {
        path: path::path(path, lenient)?,
        options: options::query(query.unwrap_or_default(), lenient)?,
    })
}
