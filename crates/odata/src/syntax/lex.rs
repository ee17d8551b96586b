//! Characters to tokens.
//!
//! Comes in: the percent-decoded text of one option's value and a position in it. Goes out: one [`Token`] at
//! a time, because the text of `$search` and a few others follows other rules and only the parser knows where
//! they begin. A word is a name here; whether `and` is an operator or a property depends on where it stands.
//! Literals are told by their form alone, as the grammar intends: `10:30` is always a time.
//! Specification: OData 4.01 ABNF, sections 6 "Names and identifiers" and 7 "Literal Data Values".

use crate::error::{Error, Span};
use crate::value::{self, DateTimeOffset, Value, binary, calendar, duration, number};

use super::ast::Literal;
use super::geo;
use super::literal;
use super::scan::Scan;

/// The smallest piece of text with a meaning.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'t> {
    pub kind: TokenKind<'t>,
    pub span: Span,
    /// Whether blanks stand before it.
    pub after_blank: bool,
}

impl Token<'_> {
    /// The end of nothing.
    pub const END: Self = Token { kind: TokenKind::End, span: Span { start: 0, end: 0 }, after_blank: false };

    /// Whether it is this symbol.
    pub fn is_symbol(&self, symbol: char) -> bool {
        matches!(self.kind, TokenKind::Symbol(found) if found == symbol)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind<'t> {
    /// `serialNumber`, `microsoft.graph.device`, `and`
    Name(&'t str),
    /// `$it`, `$count`; without the dollar sign.
    Dollar(&'t str),
    /// `@p`, `@Core.Messages`; without the at sign.
    At(&'t str),
    /// `'blue'`, `-5`, `2012-09-03`, `Ns.Color'red'`
    Literal(Literal),
    /// `"blue"`, legal only inside arrays and objects.
    Text(String),
    /// One of `( ) [ ] { } , ; : = / * - . #`
    Symbol(char),
    /// Behind the last character.
    End,
}

/// The token that begins at byte `at`, after any blanks.
pub(super) fn token(text: &str, at: usize) -> Result<Token<'_>, Error> {
    let rest = text.get(at..).unwrap_or_default();
    let blanks = rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let trimmed = rest.get(blanks..).unwrap_or_default();
    let start = at + blanks;
    let (kind, length) = match trimmed.chars().next() {
        None => (TokenKind::End, 0),
        Some(first) => kind(text, start, trimmed, first)?,
    };
    Ok(Token { kind, span: Span::new(start, start + length), after_blank: blanks > 0 })
}

/// The kind of the token at the start of `rest`, and its length.
fn kind<'t>(text: &str, start: usize, rest: &'t str, first: char) -> Result<(TokenKind<'t>, usize), Error> {
    let unexpected = |offset: usize| {
        let at = start + offset;
        match text.get(at..).unwrap_or_default().chars().next() {
            Some(character) => Error::unexpected_character(character, at, text),
            None => Error::expected("a name", "the end", Span::new(at, at), text),
        }
    };
    let (kind, length) = match first {
        '\'' => {
            let (string, length) =
                quoted(rest).ok_or_else(|| Error::unterminated("string literal", start, text))?;
            (value_token(Value::String(string)), length)
        }
        '"' => {
            json_string(rest).ok_or_else(|| Error::unterminated("or malformed JSON string", start, text))?
        }
        '0'..='9' => number_or_time(text, start, rest)?,
        '+' | '-' if rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => {
            number_or_time(text, start, rest)?
        }
        '-' if name_length(rest.get(1..).unwrap_or_default()) == 3 && rest.starts_with("-INF") => {
            (value_token(Value::Double(f64::NEG_INFINITY)), 4)
        }
        '$' => match name_part_length(rest.get(1..).unwrap_or_default()) {
            0 => return Err(unexpected(1)),
            length => (TokenKind::Dollar(rest.get(1..=length).unwrap_or_default()), length + 1),
        },
        '@' => match name_length(rest.get(1..).unwrap_or_default()) {
            0 => return Err(unexpected(1)),
            length => (TokenKind::At(rest.get(1..=length).unwrap_or_default()), length + 1),
        },
        _ if starts_name(first) => name_or_prefixed(text, start, rest)?,
        '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | ':' | '=' | '/' | '*' | '-' | '.' | '#' => {
            (TokenKind::Symbol(first), 1)
        }
        _ => return Err(unexpected(0)),
    };
    // `5eq 5` is not two tokens, and neither is `'a'b`.
    if matches!(kind, TokenKind::Literal(_) | TokenKind::Text(_))
        && rest.get(length..).unwrap_or_default().starts_with(continues_name)
    {
        return Err(unexpected(length));
    }
    Ok((kind, length))
}

fn value_token<'t>(value: Value) -> TokenKind<'t> {
    TokenKind::Literal(Literal::Value(value))
}

fn not_a(what: &str, found: &str, at: usize, text: &str) -> Error {
    Error::expected(what, &format!("'{found}'"), Span::new(at, at + found.len()), text)
}

/// A string between single quotes at the start of `rest`, with doubled quotes undone, and its length.
pub(super) fn quoted(rest: &str) -> Option<(String, usize)> {
    let mut string = String::new();
    let mut left = rest.strip_prefix('\'')?;
    loop {
        let (piece, behind) = left.split_once('\'')?;
        string.push_str(piece);
        match behind.strip_prefix('\'') {
            Some(behind) => {
                string.push('\'');
                left = behind;
            }
            None => return Some((string, rest.len() - behind.len())),
        }
    }
}

/// A string between double quotes; the escapes are JSON's.
fn json_string<'t>(rest: &str) -> Option<(TokenKind<'t>, usize)> {
    let mut escaped = false;
    let (last, _) = rest.char_indices().skip(1).find(|&(_, character)| {
        let closes = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        closes
    })?;
    let string: String = serde_json::from_str(rest.get(..=last)?).ok()?;
    // An escape is the one way left for U+0000 to get in.
    (!string.contains('\0')).then(|| (TokenKind::Text(string), last + 1))
}

/// What begins with a digit or a sign: a Guid, a date, a time or a number.
fn number_or_time<'t>(text: &str, start: usize, rest: &str) -> Result<(TokenKind<'t>, usize), Error> {
    if let Some(guid) = leading_guid(rest) {
        return Ok((guid, 36));
    }
    let looks_like = |pattern: &str| {
        pattern.bytes().enumerate().all(|(at, wanted)| match (wanted, rest.as_bytes().get(at)) {
            (b'0', Some(found)) => found.is_ascii_digit(),
            (b'T', Some(found)) => found.eq_ignore_ascii_case(&b'T'),
            (wanted, Some(found)) => wanted == *found,
            (_, None) => false,
        })
    };
    if looks_like("0000-00-00T00:00") {
        let (literal, length) = date_time(rest);
        let token = match DateTimeOffset::parse(&literal) {
            Some(instant) => value_token(Value::DateTimeOffset(instant)),
            None => out_of_range("Edm.DateTimeOffset", &literal, literal::date_time_offset)
                .ok_or_else(|| not_a("a date and time with its offset", &literal, start, text))?,
        };
        return Ok((token, length));
    }
    if looks_like("0000-00-00") {
        let literal = rest.get(..10).unwrap_or_default();
        let token = match calendar::date(literal) {
            Some(date) => value_token(Value::Date(date)),
            None => out_of_range("Edm.Date", literal, literal::date)
                .ok_or_else(|| not_a("a date", literal, start, text))?,
        };
        return Ok((token, 10));
    }
    // What is left of dates has a sign, or more than four digits for the year.
    for (type_name, form) in
        [("Edm.DateTimeOffset", literal::date_time_offset as Form), ("Edm.Date", literal::date)]
    {
        if let Some(literal) = Scan::length(rest, form).and_then(|length| rest.get(..length)) {
            let token = Literal::OutOfRange { type_name, text: literal.to_owned() };
            return Ok((TokenKind::Literal(token), literal.len()));
        }
    }
    if looks_like("00:00") {
        let literal = rest.get(..clock_length(rest)).unwrap_or_default();
        let token = match calendar::time_of_day(literal) {
            Some(time) => value_token(Value::TimeOfDay(time)),
            None => out_of_range("Edm.TimeOfDay", literal, literal::time_of_day)
                .ok_or_else(|| not_a("a time of day", literal, start, text))?,
        };
        return Ok((token, literal.len()));
    }
    let literal = rest.get(..number_length(rest)).unwrap_or_default();
    let number = number::parse(literal).ok_or_else(|| not_a("a number", literal, start, text))?;
    Ok((value_token(number), literal.len()))
}

type Form = fn(&mut Scan<'_>) -> Option<()>;

/// A literal that has the form, but is no value here: a day that the month does not have, a leap second.
fn out_of_range<'t>(type_name: &'static str, literal: &str, form: Form) -> Option<TokenKind<'t>> {
    Scan::matches(literal, form)
        .then(|| TokenKind::Literal(Literal::OutOfRange { type_name, text: literal.to_owned() }))
}

fn leading_guid<'t>(rest: &str) -> Option<TokenKind<'t>> {
    let guid = value::guid(rest.get(..36)?)?;
    let ends = !rest.get(36..)?.starts_with(continues_name);
    ends.then(|| value_token(Value::Guid(guid)))
}

/// The text of a date and time, and how much of `rest` it takes.
fn date_time(rest: &str) -> (String, usize) {
    let behind_date = rest.get(11..).unwrap_or_default();
    let local = 11 + clock_length(behind_date);
    let zone = rest.get(local..).unwrap_or_default();
    let is_offset = zone.len() >= 6 && zone.as_bytes().get(3) == Some(&b':');
    let length = match zone.bytes().next() {
        Some(b'Z' | b'z') => local + 1,
        Some(b'+' | b'-' | b' ') if is_offset => local + 6,
        _ => local,
    };
    // Clients forget to encode the plus sign of an offset, and in a query a bare plus is a blank.
    let literal = rest.get(..length).unwrap_or_default();
    (literal.replacen(' ', "+", 1), length)
}

/// The length of a leading `hh:mm[:ss[.f]]`, going by its characters.
fn clock_length(rest: &str) -> usize {
    let clock = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b':').count();
    // A colon at its end is not its own: in `case(a eq 10:30:b)` it belongs to the case.
    let clock = rest.get(..clock).unwrap_or_default().trim_end_matches(':').len();
    match rest.get(clock..).unwrap_or_default().strip_prefix('.') {
        Some(fraction) => clock + 1 + digits_length(fraction),
        None => clock,
    }
}

fn number_length(rest: &str) -> usize {
    let behind = |at: usize| rest.get(at..).unwrap_or_default();
    let mut length = usize::from(rest.starts_with(['+', '-']));
    length += digits_length(behind(length));
    if behind(length).starts_with('.') && digits_length(behind(length + 1)) > 0 {
        length += 1 + digits_length(behind(length + 1));
    }
    if behind(length).starts_with(['e', 'E']) {
        let sign = usize::from(behind(length + 1).starts_with(['+', '-']));
        match digits_length(behind(length + 1 + sign)) {
            0 => {}
            digits => length += 1 + sign + digits,
        }
    }
    length
}

fn digits_length(rest: &str) -> usize {
    rest.bytes().take_while(u8::is_ascii_digit).count()
}

/// What begins with a letter: a name, a Guid, or a literal with its type before the quote.
fn name_or_prefixed<'t>(text: &str, start: usize, rest: &'t str) -> Result<(TokenKind<'t>, usize), Error> {
    if let Some(guid) = leading_guid(rest) {
        return Ok((guid, 36));
    }
    let name = rest.get(..name_length(rest)).unwrap_or_default();
    let behind = rest.get(name.len()..).unwrap_or_default();
    if !behind.starts_with('\'') {
        return Ok((TokenKind::Name(name), name.len()));
    }
    let at = start + name.len();
    let (body, length) = quoted(behind).ok_or_else(|| Error::unterminated("literal", at, text))?;
    let literal = match name.to_ascii_lowercase().as_str() {
        "duration" => match duration::parse(&body) {
            Some(ticks) => Some(Literal::Value(Value::Duration(ticks))),
            None => Scan::matches(&body, literal::duration).then(|| Literal::OutOfRange {
                type_name: "Edm.Duration",
                text: rest.get(..name.len() + length).unwrap_or_default().to_owned(),
            }),
        },
        "binary" => binary::decode(&body).map(|bytes| Literal::Value(Value::Binary(bytes))),
        "geography" | "geometry" => {
            geo::shape(&body).map(|_| Literal::Geo { prefix: name.to_ascii_lowercase(), text: body.clone() })
        }
        _ if name.contains('.') => {
            is_members(&body).then(|| Literal::Enum { type_name: name.to_owned(), members: body.clone() })
        }
        _ => return Err(Error::unexpected_character('\'', at, text)),
    };
    let literal = literal.ok_or_else(|| not_a(&format!("a literal of type {name}"), &body, at + 1, text))?;
    Ok((TokenKind::Literal(literal), name.len() + length))
}

/// Whether the text lists members of an enumeration, by name or number.
fn is_members(text: &str) -> bool {
    text.split(',').all(|member| is_identifier(member) || number::integer(member).is_some())
}

/// Whether the text is one `odataIdentifier`.
pub(super) fn is_identifier(text: &str) -> bool {
    !text.is_empty() && name_part_length(text) == text.len()
}

/// Whether the text is one or more identifiers with points between them.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && name_length(text) == text.len()
}

/// The length of the leading identifiers with points between them.
pub(super) fn name_length(rest: &str) -> usize {
    let mut length = name_part_length(rest);
    while length > 0 {
        let Some(behind) = rest.get(length..).unwrap_or_default().strip_prefix('.') else { break };
        match name_part_length(behind) {
            0 => break,
            part => length += 1 + part,
        }
    }
    length
}

/// The length of the leading identifier, 0 if there is none.
pub(super) fn name_part_length(rest: &str) -> usize {
    if !rest.starts_with(starts_name) {
        return 0;
    }
    // Most names are ASCII.
    let ascii = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    match rest.as_bytes().get(ascii) {
        Some(byte) if !byte.is_ascii() => {
            rest.find(|character| !continues_name(character)).unwrap_or(rest.len())
        }
        _ => ascii,
    }
}

fn starts_name(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

fn continues_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
