//! What strict reading refuses in a single token.
//!
//! Comes in: a token, and the cursor that knows which of its characters were percent-encoded. The grammar says of
//! every character outside the unreserved set whether its escape means the same; the lexer, which reads decoded
//! text, does not ask.
//! Specification: OData 4.01 ABNF, "Overview", sections 6, 7 and 9.

use crate::error::{Error, Span};
use crate::value::Value;

use super::Cursor;
use crate::syntax::ast::Literal;
use crate::syntax::lex::{Token, TokenKind};
use crate::syntax::literal;
use crate::syntax::scan::Scan;

/// The most characters in a name between two points.
const LONGEST_NAME: usize = 128;

pub(super) fn token(cursor: &Cursor<'_>, token: &Token<'_>) -> Result<(), Error> {
    let Span { start, .. } = token.span;
    let text = cursor.text_of(token.span);
    match &token.kind {
        TokenKind::Symbol(symbol @ ('/' | '=')) if cursor.is_escaped(start) => {
            Err(Error::unexpected_character(*symbol, start, cursor.text))
        }
        TokenKind::Dollar(_) if cursor.is_escaped(start) => {
            Err(Error::unexpected_character('$', start, cursor.text))
        }
        TokenKind::Name(name) | TokenKind::At(name) => match name.split('.').find(|part| is_long(part)) {
            Some(_) => Err(cursor.expected("a name of at most 128 characters", token)),
            None => Ok(()),
        },
        TokenKind::Literal(Literal::Value(Value::Binary(_))) => {
            let body = text.trim_start_matches(|found| found != '\'').trim_matches('\'');
            match Scan::matches(body, literal::binary) {
                true => Ok(()),
                false => Err(cursor.expected("a literal in base64url", token)),
            }
        }
        // The blanks between the numbers of a position are the only ones that must not be escaped.
        TokenKind::Literal(Literal::Geo { .. }) => {
            refuse(cursor, token.span, |found, is_escaped| found == ' ' && is_escaped)
        }
        // Read leniently, a blank is the plus sign of an offset that a client forgot to escape.
        TokenKind::Literal(Literal::Value(Value::DateTimeOffset(_))) => {
            refuse(cursor, token.span, |found, _| found == ' ')
        }
        TokenKind::Literal(_) => refuse(cursor, token.span, |found, is_escaped| {
            !is_escaped && !found.is_ascii_alphanumeric() && !"-._~!$&'()*+,;=:@".contains(found)
        }),
        TokenKind::Text(_) => refuse(cursor, token.span, |found, is_escaped| found == '&' && !is_escaped),
        _ => Ok(()),
    }
}

/// The error at the first character that is wrong as it stands, escaped or not.
fn refuse(cursor: &Cursor<'_>, span: Span, is_wrong: impl Fn(char, bool) -> bool) -> Result<(), Error> {
    let wrong = |(at, found): (usize, char)| {
        is_wrong(found, cursor.is_escaped(span.start + at)).then_some((span.start + at, found))
    };
    match cursor.text_of(span).char_indices().find_map(wrong) {
        Some((at, found)) => Err(Error::unexpected_character(found, at, cursor.text)),
        None => Ok(()),
    }
}

fn is_long(part: &str) -> bool {
    part.chars().count() > LONGEST_NAME
}
