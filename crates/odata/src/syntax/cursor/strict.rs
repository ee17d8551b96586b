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
        // The grammar has blanks between the numbers of a position, and nowhere else.
        TokenKind::Literal(Literal::Geo { .. }) => Ok(()),
        TokenKind::Literal(_) => {
            let blank = |(at, found): (usize, char)| {
                (matches!(found, ' ' | '\t') && !cursor.is_escaped(start + at)).then_some((start + at, found))
            };
            match text.char_indices().find_map(blank) {
                Some((at, found)) => Err(Error::unexpected_character(found, at, cursor.text)),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn is_long(part: &str) -> bool {
    part.chars().count() > LONGEST_NAME
}
