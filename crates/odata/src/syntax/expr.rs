//! Expressions: operators by precedence, and what stands between them.
//!
//! Comes in: a cursor at the first token. Goes out: an [`Expr`]; the cursor then stands at the first token
//! that does not belong to it. Paths, calls and lambdas are next door in `expr/path.rs`.
//! Operators bind, from loose to tight: `or`; `and`; `eq ne`; `gt ge lt le`; `add sub`; `mul div divby mod`;
//! unary `-` and `not`; `has in`. So `not a eq b` is `(not a) eq b`, as the table of precedence has it.
//! Specification: OData 4.01 URL Conventions, 5.1.1; 5.1.1.14 "Operator Precedence"; ABNF section 4.

mod path;

use crate::error::{Error, Span};
use crate::value::Value;

use super::ast::{BinaryOperator, Expr, ExprKind, Literal, Name, TypeName};
use super::cursor::Cursor;
use super::lex::{self, Token, TokenKind};
use super::precedence::{AND, MEMBERSHIP, OR, UNARY};

pub(super) use path::{argument, arguments, key, quantified};

/// Reads one expression.
pub(super) fn expression(cursor: &mut Cursor<'_>) -> Result<Expr, Error> {
    climb(cursor, OR)
}

enum Infix {
    Or,
    And,
    In,
    Binary(BinaryOperator),
}

impl Infix {
    fn named(name: &str) -> Option<Infix> {
        let is = |word: &str| name.eq_ignore_ascii_case(word);
        if is("or") {
            return Some(Infix::Or);
        }
        if is("and") {
            return Some(Infix::And);
        }
        if is("in") {
            return Some(Infix::In);
        }
        BinaryOperator::ALL.into_iter().find(|operator| is(operator.name())).map(Infix::Binary)
    }

    fn precedence(&self) -> u8 {
        match self {
            Infix::Or => OR,
            Infix::And => AND,
            Infix::In => MEMBERSHIP,
            Infix::Binary(operator) => operator.precedence(),
        }
    }
}

/// An operator whose right operand is still to come, with what stands to its left.
enum Pending {
    /// A run of `and` or of `or`. Its operands stay side by side: a long run makes no high tree.
    Run(Infix, Vec<Expr>),
    Binary(BinaryOperator, Expr),
}

impl Pending {
    fn precedence(&self) -> u8 {
        match self {
            Pending::Run(infix, _) => infix.precedence(),
            Pending::Binary(operator, _) => operator.precedence(),
        }
    }

    /// Whether `next` must wait until this has its right operand.
    fn comes_before(&self, next: Option<&Infix>) -> bool {
        let Some(next) = next else { return true };
        match self {
            Pending::Run(..) => next.precedence() < self.precedence(),
            Pending::Binary(..) => next.precedence() <= self.precedence(),
        }
    }

    fn complete(self, cursor: &Cursor<'_>, right: Expr) -> Result<Expr, Error> {
        match self {
            Pending::Run(infix, mut operands) => {
                operands.push(right);
                let kind = if infix.precedence() == OR { ExprKind::Or } else { ExprKind::And };
                kind(operands).over(cursor)
            }
            Pending::Binary(operator, left) => binary(cursor, operator, left, right),
        }
    }
}

/// Reads operands and the operators between them, as long as these bind at least as tightly as `least`.
///
/// Operators that wait for their right operand are kept in a list, not in the stack of calls: one level of
/// parentheses then costs one call of this function, however many precedences it goes through.
fn climb(cursor: &mut Cursor<'_>, least: u8) -> Result<Expr, Error> {
    let mut pending: Vec<Pending> = Vec::new();
    let mut right = operand(cursor)?;
    loop {
        let next = infix_ahead(cursor, least)?;
        while let Some(last) = pending.pop_if(|last| last.comes_before(next.as_ref())) {
            right = last.complete(cursor, right)?;
        }
        let Some(next) = next else { return Ok(right) };
        cursor.spaced()?;
        cursor.take_operator()?;
        cursor.spaced()?;
        match next {
            Infix::In => {
                let candidates = candidates(cursor)?;
                right = ExprKind::In(Box::new(right), Box::new(candidates)).over(cursor)?;
                continue;
            }
            Infix::Binary(BinaryOperator::Has) => {
                let member = primary(cursor)?;
                right = binary(cursor, BinaryOperator::Has, right, member)?;
                continue;
            }
            Infix::Binary(operator) => pending.push(Pending::Binary(operator, right)),
            Infix::Or | Infix::And => match pending.last_mut() {
                Some(Pending::Run(run, operands)) if run.precedence() == next.precedence() => {
                    operands.push(right);
                }
                _ => pending.push(Pending::Run(next, vec![right])),
            },
        }
        right = operand(cursor)?;
    }
}

fn binary(cursor: &Cursor<'_>, operator: BinaryOperator, left: Expr, right: Expr) -> Result<Expr, Error> {
    ExprKind::Binary { operator, left: Box::new(left), right: Box::new(right) }.over(cursor)
}

impl ExprKind {
    /// A node that reaches from its first operand to its last.
    fn over(self, cursor: &Cursor<'_>) -> Result<Expr, Error> {
        let mut span: Option<Span> = None;
        self.each_operand(&mut |operand| {
            span = Some(span.map_or(operand.span, |span| span.to(operand.span)));
        });
        cursor.node(self, span.unwrap_or_default())
    }
}

fn infix_ahead(cursor: &mut Cursor<'_>, least: u8) -> Result<Option<Infix>, Error> {
    let infix = cursor.peek_name()?.and_then(Infix::named);
    Ok(infix.filter(|infix| infix.precedence() >= least))
}

fn operand(cursor: &mut Cursor<'_>) -> Result<Expr, Error> {
    let prefix: fn(Box<Expr>) -> ExprKind = match cursor.peek_name()? {
        Some(name) if name.eq_ignore_ascii_case("not") && is_prefix(cursor) => ExprKind::Not,
        None if cursor.at_symbol('-')? => ExprKind::Negate,
        _ => return primary(cursor),
    };
    let is_word = cursor.peek_name()?.is_some();
    let start = cursor.take_operator()?;
    if is_word {
        cursor.spaced()?;
    }
    let operand = cursor.deeper(|cursor| climb(cursor, UNARY))?;
    let span = start.to(operand.span);
    cursor.node(prefix(Box::new(operand)), span)
}

/// `not` may also be the name of a property; it is one if nothing follows that could be an operand.
fn is_prefix(cursor: &Cursor<'_>) -> bool {
    let behind = cursor.raw();
    let operand = behind.trim_start_matches([' ', '\t']);
    behind.starts_with('(')
        || operand.len() < behind.len() && !operand.is_empty() && !operand.starts_with([')', ','])
}

fn primary(cursor: &mut Cursor<'_>) -> Result<Expr, Error> {
    if let Some(name) = cursor.peek_name()? {
        return named(cursor, name);
    }
    match cursor.peek()?.kind {
        TokenKind::Symbol('[') => return array(cursor),
        TokenKind::Symbol('{') => return object(cursor),
        TokenKind::At(_) | TokenKind::Dollar(_) => return path::path(cursor),
        _ => {}
    }
    match cursor.take()? {
        Token { kind: TokenKind::Literal(literal), span, .. } => {
            cursor.node(ExprKind::Literal(literal), span)
        }
        Token { kind: TokenKind::Symbol('('), .. } => cursor.deeper(|cursor| {
            let expr = expression(cursor)?;
            cursor.expect_symbol(')')?;
            Ok(expr)
        }),
        found => Err(cursor.expected("an expression", &found)),
    }
}

/// Reads what begins with a name: a constant, a call of one of the functions that take a type, or a path.
fn named(cursor: &mut Cursor<'_>, name: &str) -> Result<Expr, Error> {
    if cursor.behind_is('(') {
        let is = |word: &str| name.eq_ignore_ascii_case(word);
        return if is("cast") {
            typed(cursor, ExprKind::Cast)
        } else if is("isof") {
            typed(cursor, ExprKind::IsOf)
        } else if is("case") {
            case(cursor)
        } else {
            path::path(cursor)
        };
    }
    match constant(name) {
        Some(value) if !cursor.behind_is('/') => {
            let span = cursor.take()?.span;
            cursor.node(ExprKind::Literal(Literal::Value(value)), span)
        }
        _ => path::path(cursor),
    }
}

/// The words that are literals.
fn constant(name: &str) -> Option<Value> {
    match name {
        "null" => Some(Value::Null),
        "NaN" => Some(Value::Double(f64::NAN)),
        "INF" => Some(Value::Double(f64::INFINITY)),
        _ => crate::value::boolean(name).map(Value::Boolean),
    }
}

/// What stands behind `in`: literals in parentheses, or one expression.
fn candidates(cursor: &mut Cursor<'_>) -> Result<Expr, Error> {
    if !cursor.at_symbol('(')? {
        return operand(cursor);
    }
    let start = cursor.take()?.span;
    cursor.deeper(|cursor| {
        let mut literals = Vec::new();
        if !cursor.at_symbol(')')? {
            let first = expression(cursor)?;
            if !matches!(first.kind, ExprKind::Literal(_)) {
                cursor.expect_symbol(')')?;
                return Ok(first);
            }
            literals.push(first);
            while cursor.take_symbol(',')? {
                literals.push(literal(cursor)?);
            }
        }
        let end = cursor.expect_symbol(')')?;
        cursor.node(ExprKind::List(literals), start.to(end))
    })
}

fn literal(cursor: &mut Cursor<'_>) -> Result<Expr, Error> {
    let found = cursor.peek()?.clone();
    let expr = primary(cursor)?;
    match expr.kind {
        ExprKind::Literal(_) => Ok(expr),
        _ => Err(cursor.expected("a literal", &found)),
    }
}

/// `cast(a,Type)` and `isof(Type)`.
fn typed(cursor: &mut Cursor<'_>, kind: fn(Option<Box<Expr>>, TypeName) -> ExprKind) -> Result<Expr, Error> {
    let start = cursor.take()?.span;
    cursor.expect_symbol('(')?;
    let (kind, end) = cursor.deeper(|cursor| {
        // Only the closing parenthesis tells whether a first name was the type or a property.
        let mark = cursor.mark();
        if let Ok(type_name) = type_name(cursor)
            && cursor.at_symbol(')')?
        {
            return Ok((kind(None, type_name), cursor.expect_symbol(')')?));
        }
        cursor.reset(mark);
        let operand = expression(cursor)?;
        cursor.expect_symbol(',')?;
        let type_name = type_name(cursor)?;
        Ok((kind(Some(Box::new(operand)), type_name), cursor.expect_symbol(')')?))
    })?;
    cursor.node(kind, start.to(end))
}

/// `Edm.String`, `Collection(Edm.String)`; also `'microsoft.graph.device'`, which Graph's clients quote.
fn type_name(cursor: &mut Cursor<'_>) -> Result<TypeName, Error> {
    if let TokenKind::Literal(Literal::Value(Value::String(text))) = &cursor.peek()?.kind
        && lex::is_name(text)
    {
        let text = text.clone();
        let span = cursor.take()?.span;
        return Ok(TypeName::Single(Name { text, span }));
    }
    let name = cursor.expect_name("the name of a type")?;
    if name.text == "Collection" && cursor.take_adjacent('(')? {
        let member = cursor.expect_name("the name of a type")?;
        cursor.expect_symbol(')')?;
        return Ok(TypeName::Collection(member));
    }
    Ok(TypeName::Single(name))
}

fn case(cursor: &mut Cursor<'_>) -> Result<Expr, Error> {
    let start = cursor.take()?.span;
    cursor.expect_symbol('(')?;
    let (cases, end) = cursor.deeper(|cursor| {
        let mut cases = Vec::new();
        loop {
            let condition = expression(cursor)?;
            cursor.expect_symbol(':')?;
            cases.push((condition, expression(cursor)?));
            if !cursor.take_symbol(',')? {
                break;
            }
        }
        Ok((cases, cursor.expect_symbol(')')?))
    })?;
    cursor.node(ExprKind::Case(cases), start.to(end))
}

fn array(cursor: &mut Cursor<'_>) -> Result<Expr, Error> {
    let start = cursor.take()?.span;
    let (members, end) = cursor.deeper(|cursor| {
        let mut members = Vec::new();
        if !cursor.at_symbol(']')? {
            members.push(member(cursor)?);
            while cursor.take_symbol(',')? {
                members.push(member(cursor)?);
            }
        }
        Ok((members, cursor.expect_symbol(']')?))
    })?;
    cursor.node(ExprKind::Array(members), start.to(end))
}

fn object(cursor: &mut Cursor<'_>) -> Result<Expr, Error> {
    let start = cursor.take()?.span;
    let (members, end) = cursor.deeper(|cursor| {
        let mut members = Vec::new();
        while !cursor.at_symbol('}')? {
            if !members.is_empty() {
                cursor.expect_symbol(',')?;
            }
            let name = match cursor.take()? {
                Token { kind: TokenKind::Text(name), .. } => name,
                found => return Err(cursor.expected("a name in double quotes", &found)),
            };
            cursor.expect_symbol(':')?;
            members.push((name, member(cursor)?));
        }
        Ok((members, cursor.expect_symbol('}')?))
    })?;
    cursor.node(ExprKind::Object(members), start.to(end))
}

/// A value inside an array or object: here, and only here, strings may have double quotes.
fn member(cursor: &mut Cursor<'_>) -> Result<Expr, Error> {
    match cursor.peek()? {
        Token { kind: TokenKind::Text(text), span, .. } => {
            let expr = Expr::value(Value::String(text.clone()), *span);
            cursor.take()?;
            Ok(expr)
        }
        _ => expression(cursor),
    }
}
