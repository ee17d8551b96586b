//! What an expression may use up. The parser bounds each value by itself, but aliases and computed names put values
//! into values: a few hundred bytes of them could stand for billions of operators.

use std::cell::Cell;

use crate::error::{Error, Span};
use crate::query::{Expr, ExprKind};
use crate::syntax::{MAX_DEPTH, MAX_TOKENS};

/// How deep and how large an expression has become.
#[derive(Default)]
pub(super) struct Budget {
    depth: Cell<usize>,
    parts: Cell<usize>,
}

impl Budget {
    /// One level down.
    pub fn enter(&self, span: Span) -> Result<(), Error> {
        self.depth.set(self.depth.get() + 1);
        if self.depth.get() > MAX_DEPTH {
            return Err(Error::too_complex(format_args!(
                "with its parameter aliases, a value is nested deeper than {MAX_DEPTH} levels"
            ))
            .at(span));
        }
        self.spend(1, span)
    }

    /// One level up again.
    pub fn leave(&self) {
        self.depth.set(self.depth.get() - 1);
    }

    /// Pays for what a name stands for.
    pub fn take(&self, expr: &Expr<'_>, span: Span) -> Result<(), Error> {
        self.spend(size(expr), span)
    }

    fn spend(&self, parts: usize, span: Span) -> Result<(), Error> {
        self.parts.set(self.parts.get().saturating_add(parts));
        if self.parts.get() > MAX_TOKENS {
            return Err(Error::too_complex(format_args!(
                "with its parameter aliases and computed names, a value has more than {MAX_TOKENS} parts"
            ))
            .at(span));
        }
        Ok(())
    }
}

/// The number of nodes.
fn size(expr: &Expr<'_>) -> usize {
    let all = |operands: &[Expr<'_>]| operands.iter().map(size).sum::<usize>();
    1 + match &expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Property(_)
        | ExprKind::Column(_)
        | ExprKind::Position
        | ExprKind::Exists(_)
        | ExprKind::IsOf(..) => 0,
        ExprKind::Compare(_, left, right)
        | ExprKind::Has(left, right)
        | ExprKind::Arithmetic(_, left, right) => size(left) + size(right),
        ExprKind::And(operands) | ExprKind::Or(operands) | ExprKind::Call(_, operands) => all(operands),
        ExprKind::Not(operand)
        | ExprKind::Negate(operand)
        | ExprKind::Cast(operand, _)
        | ExprKind::All(_, _, operand) => size(operand),
        ExprKind::In(operand, values) => size(operand) + values.len(),
        ExprKind::Case(cases) => cases.iter().map(|(when, then)| size(when) + size(then)).sum(),
        ExprKind::Any(_, _, operand) | ExprKind::Count(_, _, operand, _) => {
            operand.as_deref().map_or(0, size)
        }
    }
}
