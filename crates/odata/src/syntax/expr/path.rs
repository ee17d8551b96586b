//! Paths inside expressions, with the calls, keys and lambdas that occur in them.
//!
//! Comes in: a cursor at a name, `$it`, `$this`, `$root` or `@name`. Goes out: a [`Path`](ExprKind::Path), or
//! a [`Call`](ExprKind::Call) when it is a single name with parentheses. Blanks around slashes and before
//! parentheses end a path, as the grammar has it.
//! Specification: OData 4.01 ABNF `firstMemberExpr`, `rootExpr`, `functionExpr`, `collectionPathExpr`.

use crate::error::{Error, Span};

use super::expression;
use crate::syntax::apply::aggregate_call;
use crate::syntax::ast::{
    Argument, Expr, ExprKind, Lambda, Name, Path, Quantifier, Root, Segment, Step, SystemOption,
};
use crate::syntax::cursor::Cursor;
use crate::syntax::lex::TokenKind;
use crate::syntax::options;

/// Reads a path.
pub(super) fn path(cursor: &mut Cursor<'_>) -> Result<Expr, Error> {
    let first = cursor.peek()?.clone();
    let start = first.span;
    // Most paths have one.
    let mut steps = Vec::with_capacity(1);
    let root = match first.kind {
        TokenKind::Dollar("it") => Root::It,
        TokenKind::Dollar("this") => Root::This,
        TokenKind::Dollar("root") => Root::Service,
        TokenKind::Dollar("these") => Root::These,
        // A term has a namespace, an alias has not. An unqualified term with nothing to tell it is for the
        // binder.
        TokenKind::At(name) if !name.contains('.') && !cursor.behind_is('#') => Root::Alias(name.to_owned()),
        TokenKind::At(_) => Root::Instance,
        TokenKind::Name(name) if quantifier(name).is_some() && cursor.behind_is('(') => {
            return Err(cursor.expected("a path to a collection", &first));
        }
        TokenKind::Name(_) => Root::Instance,
        _ => return Err(cursor.expected("an expression", &first)),
    };
    match root {
        Root::Instance => steps.push(step(cursor, true)?),
        _ => {
            cursor.take()?;
        }
    }
    let mut end = steps.last().map_or(start.end, |step| step.span().end);
    let mut open = true;
    while open && cursor.take_adjacent('/')? {
        if cursor.peek()?.after_blank {
            let found = cursor.take()?;
            return Err(cursor.expected("a name directly behind '/'", &found));
        }
        let step = step(cursor, false)?;
        open = !matches!(step, Step::Lambda(_) | Step::Count { .. } | Step::Aggregate { .. });
        end = step.span().end;
        steps.push(step);
    }
    if matches!(root, Root::Service | Root::These) && steps.is_empty() {
        let found = cursor.take()?;
        return Err(cursor.expected("'/'", &found));
    }
    cursor.node(call_or_path(Path { root, steps }), Span::new(start.start, end))
}

/// A lone name with parentheses is a call; the binder knows whether it is one.
fn call_or_path(mut path: Path) -> ExprKind {
    match path.steps.pop() {
        Some(Step::Named(Segment { name, arguments: Some(arguments), key: None, span }))
            if path.root == Root::Instance && path.steps.is_empty() =>
        {
            let span = Span::new(span.start, span.start + name.len());
            ExprKind::Call { name: Name { text: name, span }, arguments }
        }
        last => {
            path.steps.extend(last);
            ExprKind::Path(path)
        }
    }
}

/// Reads what stands between two slashes.
fn step(cursor: &mut Cursor<'_>, is_first: bool) -> Result<Step, Error> {
    let token = cursor.take()?;
    let start = token.span;
    match token.kind {
        TokenKind::Name(name) => match quantifier(name) {
            Some(quantifier) if cursor.take_adjacent('(')? => {
                cursor.deeper(|cursor| lambda(cursor, quantifier, start)).map(Step::Lambda)
            }
            None if name == "aggregate" && !is_first && cursor.take_adjacent('(')? => {
                let (expr, end) = cursor.deeper(aggregate_call)?;
                Ok(Step::Aggregate { expr, span: start.to(end) })
            }
            _ => segment(cursor, name, start).map(Step::Named),
        },
        TokenKind::At(term) => {
            let qualifier = match cursor.take_adjacent('#')? {
                true => Some(cursor.expect_identifier("a qualifier")?),
                false => None,
            };
            let span = qualifier.as_ref().map_or(start, |name| start.to(name.span));
            let qualifier = qualifier.map(|name| name.text);
            Ok(Step::Annotation { term: term.to_owned(), qualifier, span })
        }
        TokenKind::Dollar("filter") if cursor.take_adjacent('(')? => {
            let (condition, end) = cursor.deeper(|cursor| {
                cursor.tight()?;
                let condition = expression(cursor)?;
                cursor.tight()?;
                Ok((condition, cursor.expect_symbol(')')?))
            })?;
            let (key, end) = key(cursor, end)?;
            Ok(Step::Filter { condition: Box::new(condition), key, span: start.to(end) })
        }
        TokenKind::Dollar("count") => {
            let mut span = start;
            let mut options = None;
            if cursor.take_adjacent('(')? {
                let permitted = &[SystemOption::Filter, SystemOption::Search];
                let (nested, end) = options::nested(cursor, permitted, "$count")?;
                (options, span) = (Some(nested), start.to(end));
            }
            Ok(Step::Count { options, span })
        }
        _ => Err(cursor.expected("a name", &token)),
    }
}

/// Reads `any(…)` or `all(…)` as a step of its own.
pub(in crate::syntax) fn quantified(cursor: &mut Cursor<'_>) -> Result<Step, Error> {
    let first = cursor.peek()?.clone();
    match step(cursor, false)? {
        step @ Step::Lambda(_) => Ok(step),
        _ => Err(cursor.expected("'any' or 'all'", &first)),
    }
}

fn quantifier(name: &str) -> Option<Quantifier> {
    if name.eq_ignore_ascii_case("any") {
        Some(Quantifier::Any)
    } else if name.eq_ignore_ascii_case("all") {
        Some(Quantifier::All)
    } else {
        None
    }
}

/// Reads the inside of the parentheses of `any` and `all`.
fn lambda(cursor: &mut Cursor<'_>, quantifier: Quantifier, start: Span) -> Result<Lambda, Error> {
    let mut predicate = None;
    if quantifier == Quantifier::All || !cursor.at_symbol(')')? {
        let variable = cursor.expect_name("a variable")?;
        cursor.expect_symbol(':')?;
        predicate = Some((variable, Box::new(expression(cursor)?)));
    }
    let end = cursor.expect_symbol(')')?;
    Ok(Lambda { quantifier, predicate, span: start.to(end) })
}

/// Reads what may follow a name: arguments, and a key behind them.
fn segment(cursor: &mut Cursor<'_>, name: &str, start: Span) -> Result<Segment, Error> {
    let (arguments, end) = key(cursor, start)?;
    let (key, end) = if arguments.is_some() { key(cursor, end)? } else { (None, end) };
    Ok(Segment { name: name.to_owned(), arguments, key, span: start.to(end) })
}

/// Reads values in parentheses, if an opening one is next; `end` is what comes before it.
pub(in crate::syntax) fn key(
    cursor: &mut Cursor<'_>,
    end: Span,
) -> Result<(Option<Vec<Argument>>, Span), Error> {
    if !cursor.take_adjacent('(')? {
        return Ok((None, end));
    }
    let (arguments, end) = cursor.deeper(arguments)?;
    Ok((Some(arguments), end))
}

/// Reads values with commas between them up to the closing parenthesis.
pub(in crate::syntax) fn arguments(cursor: &mut Cursor<'_>) -> Result<(Vec<Argument>, Span), Error> {
    let mut arguments = Vec::new();
    if !cursor.at_symbol(')')? {
        arguments.push(argument(cursor)?);
        while cursor.take_symbol(',')? {
            arguments.push(argument(cursor)?);
        }
    }
    Ok((arguments, cursor.expect_symbol(')')?))
}

pub(in crate::syntax) fn argument(cursor: &mut Cursor<'_>) -> Result<Argument, Error> {
    let name = cursor.peek_name()?.filter(|_| cursor.behind_is('=')).map(str::to_owned);
    if name.is_some() {
        cursor.take()?;
        cursor.expect_symbol('=')?;
        cursor.tight()?;
    }
    Ok(Argument { name, value: expression(cursor)? })
}
