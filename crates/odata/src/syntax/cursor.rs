//! A place in the text, with one token of lookahead and the budgets of a request.
//!
//! Every parser below shares one cursor per option value or path segment. The limits live here, and each is
//! taken before anything is built or descended into, so that hostile text is refused after a bounded amount
//! of work.
//! Specification: none; OData 4.01 Protocol, 12 leaves limits to the service.

mod strict;

use crate::error::{Error, Span};

use super::ast::{Expr, ExprKind, Name};
use super::lex::{self, Token, TokenKind};
use super::percent::Decoded;
use super::{MAX_DEPTH, MAX_LENGTH, MAX_OPERATORS, MAX_TOKENS};

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// As clients send it: blanks around values, `+` for a blank, an option given twice refused.
    Lenient,
    /// To the letter of the grammar.
    Strict,
}

impl Strictness {
    pub fn is_strict(self) -> bool {
        self == Strictness::Strict
    }
}

pub(super) struct Cursor<'t> {
    /// The text up to where reading ends.
    pub text: &'t str,
    /// How it is read.
    pub strictness: Strictness,
    source: &'t Decoded<'t>,
    /// Behind the token that was looked at last.
    at: usize,
    ahead: Option<Token<'t>>,
    tokens: usize,
    operators: usize,
    depth: usize,
    options: usize,
}

/// A place to return to.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

impl<'t> Cursor<'t> {
    /// Stands at byte `start` of the text.
    pub fn new(source: &'t Decoded<'t>, start: usize, strictness: Strictness) -> Result<Self, Error> {
        let text = source.text.as_ref();
        if text.len() - start > MAX_LENGTH {
            return Err(Error::too_complex(format_args!("a value is longer than {MAX_LENGTH} bytes")));
        }
        Ok(Cursor {
            text,
            strictness,
            source,
            at: start,
            ahead: None,
            tokens: 0,
            operators: 0,
            depth: 0,
            options: 0,
        })
    }

    /// The next token, which stays the next.
    pub fn peek(&mut self) -> Result<&Token<'t>, Error> {
        if self.ahead.is_none() {
            self.ahead = Some(self.next()?);
        }
        // It is there: moving it out and back would cost more than the rest.
        Ok(self.ahead.get_or_insert(Token::END))
    }

    /// The name that is next, if the next token is one.
    pub fn peek_name(&mut self) -> Result<Option<&'t str>, Error> {
        Ok(match self.peek()?.kind {
            TokenKind::Name(name) => Some(name),
            _ => None,
        })
    }

    /// The next token, which is then behind.
    pub fn take(&mut self) -> Result<Token<'t>, Error> {
        match self.ahead.take() {
            Some(token) => Ok(token),
            None => self.next(),
        }
    }

    /// Reads a token.
    fn next(&mut self) -> Result<Token<'t>, Error> {
        self.tokens += 1;
        if self.tokens > MAX_TOKENS {
            return Err(Error::too_complex(format_args!("a value has more than {MAX_TOKENS} parts")));
        }
        let token = lex::token(self.text, self.at)?;
        if self.strictness.is_strict() {
            strict::token(self, &token)?;
        }
        self.at = token.span.end;
        Ok(token)
    }

    /// Whether the next token is this symbol.
    pub fn at_symbol(&mut self, symbol: char) -> Result<bool, Error> {
        Ok(self.peek()?.is_symbol(symbol))
    }

    /// Whether the next token is this symbol and stands without blanks before it.
    pub fn at_adjacent(&mut self, symbol: char) -> Result<bool, Error> {
        let token = self.peek()?;
        Ok(token.is_symbol(symbol) && !token.after_blank)
    }

    /// Takes the symbol if it is next.
    pub fn take_symbol(&mut self, symbol: char) -> Result<bool, Error> {
        let found = self.at_symbol(symbol)?;
        if found {
            self.ahead = None;
        }
        Ok(found)
    }

    /// Takes the symbol if it is next without blanks before it.
    pub fn take_adjacent(&mut self, symbol: char) -> Result<bool, Error> {
        let found = self.at_adjacent(symbol)?;
        if found {
            self.ahead = None;
        }
        Ok(found)
    }

    /// Takes the symbol, which must be next.
    pub fn expect_symbol(&mut self, symbol: char) -> Result<Span, Error> {
        match self.take()? {
            Token { kind: TokenKind::Symbol(found), span, .. } if found == symbol => Ok(span),
            found => Err(self.expected(&format!("'{symbol}'"), &found)),
        }
    }

    /// Takes a name, which must be next; `expected` says of what.
    pub fn expect_name(&mut self, expected: &str) -> Result<Name, Error> {
        match self.take()? {
            Token { kind: TokenKind::Name(text), span, .. } => Ok(Name { text: text.to_owned(), span }),
            found => Err(self.expected(expected, &found)),
        }
    }

    /// Takes a name without points, which must be next; `expected` says of what.
    pub fn expect_identifier(&mut self, expected: &str) -> Result<Name, Error> {
        match self.peek()?.kind {
            TokenKind::Name(name) if !name.contains('.') => self.expect_name(expected),
            _ => {
                let found = self.take()?;
                Err(self.expected(expected, &found))
            }
        }
    }

    /// In strict reading, no blanks may stand before the next token. Brackets and braces bring their own.
    pub fn tight(&mut self) -> Result<(), Error> {
        if !self.strictness.is_strict() {
            return Ok(());
        }
        let next = self.peek()?;
        match next.after_blank && !matches!(next.kind, TokenKind::Symbol('[' | '{')) {
            true => Err(self.blanks("no blanks")),
            false => Ok(()),
        }
    }

    /// In strict reading, blanks must stand before the next token.
    pub fn spaced(&mut self) -> Result<(), Error> {
        if !self.strictness.is_strict() {
            return Ok(());
        }
        let next = self.peek()?;
        // At the end it is not the blank that is missing.
        match next.after_blank || next.kind == TokenKind::End {
            true => Ok(()),
            false => Err(self.blanks("a blank")),
        }
    }

    fn blanks(&mut self, expected: &str) -> Error {
        match self.take() {
            Ok(found) => {
                let at = Span::new(found.span.start, found.span.start);
                let quoted = self.expected(expected, &found);
                Error { span: Some(at), ..quoted }
            }
            Err(error) => error,
        }
    }

    /// Whether the byte at this place was percent-encoded.
    pub fn is_escaped(&self, at: usize) -> bool {
        self.source.is_escaped(at)
    }

    /// Nothing may be left.
    pub fn expect_end(&mut self) -> Result<(), Error> {
        match self.take()? {
            Token { kind: TokenKind::End, after_blank: true, span } if self.strictness.is_strict() => {
                Err(Error::expected("no blanks", "the end", span, self.text))
            }
            Token { kind: TokenKind::End, .. } => Ok(()),
            found => Err(self.expected("an operator or the end", &found)),
        }
    }

    /// The text of this stretch.
    pub fn text_of(&self, span: Span) -> &'t str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The error that `found` stands where the grammar asks for `expected`.
    pub fn expected(&self, expected: &str, found: &Token<'_>) -> Error {
        let text = match self.text_of(found.span) {
            "" => "the end".to_owned(),
            text => format!("'{text}'"),
        };
        Error::expected(expected, &text, found.span, self.text)
    }

    /// Whether this character directly follows the token that was looked at last.
    pub fn behind_is(&self, character: char) -> bool {
        self.raw().starts_with(character)
    }

    /// A place to return to, before the next token.
    pub fn mark(&self) -> Mark {
        Mark(self.ahead.as_ref().map_or(self.at, |token| token.span.start))
    }

    /// Goes back.
    pub fn reset(&mut self, mark: Mark) {
        self.ahead = None;
        self.at = mark.0;
    }

    /// What lies behind the last token, for values that have a grammar of their own. Nothing may be looked at
    /// ahead.
    pub fn raw(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// How far it is to the place of [`raw`](Self::raw).
    pub fn position(&self) -> usize {
        self.at
    }

    /// Takes the first `length` bytes of [`raw`](Self::raw).
    pub fn take_raw(&mut self, length: usize) -> &'t str {
        let taken = self.raw().get(..length).unwrap_or_default();
        self.at += taken.len();
        self.ahead = None;
        taken
    }

    /// Reads something one level deeper.
    pub fn deeper<T>(&mut self, inside: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth == MAX_DEPTH {
            return Err(Error::too_complex(format_args!("a value is nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    /// Reads options in parentheses.
    pub fn nested<T>(&mut self, inside: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.options += 1;
        let result = self.deeper(inside);
        self.options -= 1;
        result
    }

    /// Whether this is inside options in parentheses, where a semicolon ends a value.
    pub fn in_options(&self) -> bool {
        self.options > 0
    }

    /// Takes an operator.
    pub fn take_operator(&mut self) -> Result<Span, Error> {
        self.count_operator()?;
        Ok(self.take()?.span)
    }

    /// One operator more.
    pub fn count_operator(&mut self) -> Result<(), Error> {
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            return Err(Error::too_complex(format_args!("a value has more than {MAX_OPERATORS} operators")));
        }
        Ok(())
    }

    /// A node, unless the tree grows too high. Operators of one precedence lean to the left without nesting,
    /// so that [`deeper`](Self::deeper) alone would not bound it.
    pub fn node(&self, kind: ExprKind, span: Span) -> Result<Expr, Error> {
        let expr = Expr::new(kind, span);
        if expr.height() > MAX_DEPTH {
            return Err(Error::too_complex(format_args!("a value is nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(expr)
    }
}
