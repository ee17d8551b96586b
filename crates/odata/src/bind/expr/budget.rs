//! What an expression may use up. The parser bounds each value by itself, but aliases and computed names put values
//! into values: a few hundred bytes of them could stand for billions of operators.

use std::cell::Cell;

use crate::error::{Error, Span};
use crate::query::{Expr, ExprKind};
use crate::syntax::{MAX_DEPTH, MAX_TOKENS};

/// The most parts of all expressions of a request together.
const MAX_PARTS: usize = 8 * MAX_TOKENS;
/// The greatest height of an expression with the values of computed names in it.
const MAX_HEIGHT: usize = 4 * MAX_DEPTH;

/// How deep and how large an expression has become.
pub(super) struct Budget<'a> {
    depth: Cell<usize>,
    parts: Cell<usize>,
    /// The parts of all expressions of the request.
    all: &'a Cell<usize>,
}

impl<'a> Budget<'a> {
    /// That of one more expression of a request.
    pub fn new(all: &'a Cell<usize>) -> Self {
        Self { depth: Cell::new(0), parts: Cell::new(0), all }
    }

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
        let (size, height) = measured(expr);
        if self.depth.get() + height > MAX_HEIGHT {
            return Err(Error::too_complex(format_args!(
                "with its computed names, a value is nested deeper than {MAX_HEIGHT} levels"
            ))
            .at(span));
        }
        self.spend(size, span)
    }

    fn spend(&self, parts: usize, span: Span) -> Result<(), Error> {
        self.parts.set(self.parts.get().saturating_add(parts));
        self.all.set(self.all.get().saturating_add(parts));
        let limit = if self.parts.get() > MAX_TOKENS {
            MAX_TOKENS
        } else if self.all.get() > MAX_PARTS {
            MAX_PARTS
        } else {
            return Ok(());
        };
        Err(Error::too_complex(format_args!(
            "with its parameter aliases and computed names, a value has more than {limit} parts"
        ))
        .at(span))
    }
}

/// The number of nodes, and of those on the longest way down.
fn measured(expr: &Expr<'_>) -> (usize, usize) {
    let all = |operands: &mut dyn Iterator<Item = &Expr<'_>>| {
        operands.fold((0, 0), |(size, height), operand| {
            let (more, other) = measured(operand);
            (size + more, height.max(other))
        })
    };
    let (size, height) = match &expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Property(_)
        | ExprKind::Column(_)
        | ExprKind::Position
        | ExprKind::Exists(_)
        | ExprKind::IsOf(..) => (0, 0),
        ExprKind::Compare(_, left, right)
        | ExprKind::Has(left, right)
        | ExprKind::Arithmetic(_, left, right) => all(&mut [&**left, &**right].into_iter()),
        ExprKind::And(operands) | ExprKind::Or(operands) | ExprKind::Call(_, operands) => {
            all(&mut operands.iter())
        }
        ExprKind::Not(operand)
        | ExprKind::Negate(operand)
        | ExprKind::Cast(operand, _)
        | ExprKind::All(_, _, operand) => measured(operand),
        ExprKind::In(operand, values) => {
            let (size, height) = measured(operand);
            (size + values.len(), height)
        }
        ExprKind::Case(cases) => all(&mut cases.iter().flat_map(|(when, then)| [when, then])),
        ExprKind::Any(_, _, operand) | ExprKind::Count(_, _, operand, _) => {
            operand.as_deref().map_or((0, 0), measured)
        }
    };
    (size + 1, height + 1)
}
