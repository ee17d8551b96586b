//! How tightly each operator binds, and what it is called.
//!
//! One table for reading and for printing, so that the two cannot disagree. Calls, paths, literals and
//! whatever has its own brackets bind tightest.
//! Specification: OData 4.01 URL Conventions, 5.1.1.14 "Operator Precedence".

use std::fmt;

use super::ast::{BinaryOperator, ExprKind};

/// `or`
pub(super) const OR: u8 = 1;
/// `and`
pub(super) const AND: u8 = 2;
/// `-` and `not` before their operand
pub(super) const UNARY: u8 = 7;
/// `has` and `in`
pub(super) const MEMBERSHIP: u8 = 8;
/// What needs no parentheses anywhere.
pub(super) const PRIMARY: u8 = 9;

impl BinaryOperator {
    /// All of them.
    pub const ALL: [BinaryOperator; 13] = [
        BinaryOperator::Equal,
        BinaryOperator::NotEqual,
        BinaryOperator::Greater,
        BinaryOperator::GreaterOrEqual,
        BinaryOperator::Less,
        BinaryOperator::LessOrEqual,
        BinaryOperator::Has,
        BinaryOperator::Add,
        BinaryOperator::Subtract,
        BinaryOperator::Multiply,
        BinaryOperator::Divide,
        BinaryOperator::DivideBy,
        BinaryOperator::Modulo,
    ];

    /// The word in the URL.
    pub fn name(self) -> &'static str {
        match self {
            BinaryOperator::Equal => "eq",
            BinaryOperator::NotEqual => "ne",
            BinaryOperator::Greater => "gt",
            BinaryOperator::GreaterOrEqual => "ge",
            BinaryOperator::Less => "lt",
            BinaryOperator::LessOrEqual => "le",
            BinaryOperator::Has => "has",
            BinaryOperator::Add => "add",
            BinaryOperator::Subtract => "sub",
            BinaryOperator::Multiply => "mul",
            BinaryOperator::Divide => "div",
            BinaryOperator::DivideBy => "divby",
            BinaryOperator::Modulo => "mod",
        }
    }

    pub(super) fn precedence(self) -> u8 {
        match self {
            BinaryOperator::Equal | BinaryOperator::NotEqual => 3,
            BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual
            | BinaryOperator::Less
            | BinaryOperator::LessOrEqual => 4,
            BinaryOperator::Add | BinaryOperator::Subtract => 5,
            BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::DivideBy
            | BinaryOperator::Modulo => 6,
            BinaryOperator::Has => MEMBERSHIP,
        }
    }
}

impl fmt::Display for BinaryOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ExprKind {
    pub(super) fn precedence(&self) -> u8 {
        match self {
            ExprKind::Or(_) => OR,
            ExprKind::And(_) => AND,
            ExprKind::Binary { operator, .. } => operator.precedence(),
            ExprKind::Negate(_) | ExprKind::Not(_) => UNARY,
            ExprKind::In(..) => MEMBERSHIP,
            ExprKind::Literal(_)
            | ExprKind::Path(_)
            | ExprKind::Call { .. }
            | ExprKind::List(_)
            | ExprKind::Cast(..)
            | ExprKind::IsOf(..)
            | ExprKind::Case(_)
            | ExprKind::Array(_)
            | ExprKind::Object(_) => PRIMARY,
        }
    }
}
