//! Printing of expressions.
//!
//! An operand gets parentheses when it binds more loosely than its place asks for; both sides of that
//! comparison come from the table the parser goes by.
//! Specification: OData 4.01 ABNF, section 4 "Expressions".

use std::fmt;

use crate::syntax::ast::{
    Argument, Expr, ExprKind, Lambda, Literal, Path, Quantifier, Root, Segment, Step, TypeName,
};
use crate::syntax::precedence::{AND, MEMBERSHIP, OR, PRIMARY, UNARY};

use super::request::{Nested, separated};

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Literal(literal) => write!(f, "{literal}"),
            ExprKind::Path(path) => write!(f, "{path}"),
            ExprKind::Call { name, arguments } => {
                f.write_str(&name.text)?;
                parentheses(f, arguments)
            }
            ExprKind::Negate(operand) => match &operand.kind {
                // `-5` would read back as a literal.
                ExprKind::Literal(literal) if takes_sign(literal) => write!(f, "-({literal})"),
                // Parentheses count as a level, and text that was read shall not print as text that is too deep.
                ExprKind::Negate(_) | ExprKind::Not(_) => write!(f, "-{operand}"),
                _ => write!(f, "-{}", At(PRIMARY, operand)),
            },
            ExprKind::Not(operand) => write!(f, "not {}", At(UNARY, operand)),
            ExprKind::And(operands) => {
                separated(f, " and ", operands.iter().map(|operand| At(AND + 1, operand)))
            }
            ExprKind::Or(operands) => {
                separated(f, " or ", operands.iter().map(|operand| At(OR + 1, operand)))
            }
            ExprKind::Binary { operator, left, right } => {
                let precedence = operator.precedence();
                write!(f, "{} {} {}", At(precedence, left), operator.name(), At(precedence + 1, right))
            }
            ExprKind::In(left, right) => write!(f, "{} in {}", At(MEMBERSHIP, left), At(PRIMARY, right)),
            ExprKind::List(literals) => {
                f.write_str("(")?;
                separated(f, ",", literals)?;
                f.write_str(")")
            }
            ExprKind::Cast(operand, type_name) => typed(f, "cast", operand.as_deref(), type_name),
            ExprKind::IsOf(operand, type_name) => typed(f, "isof", operand.as_deref(), type_name),
            ExprKind::Case(cases) => {
                f.write_str("case(")?;
                // With blanks, because `10:30` is a time of day.
                separated(f, ",", cases.iter().map(|(when, then)| format!("{when} : {then}")))?;
                f.write_str(")")
            }
            ExprKind::Array(members) => {
                f.write_str("[")?;
                separated(f, ",", members)?;
                f.write_str("]")
            }
            ExprKind::Object(members) => {
                let quoted = |name: &str| serde_json::Value::from(name).to_string();
                f.write_str("{")?;
                separated(f, ",", members.iter().map(|(name, value)| format!("{}:{value}", quoted(name))))?;
                f.write_str("}")
            }
        }
    }
}

/// Whether a minus sign before the literal would belong to it.
fn takes_sign(literal: &Literal) -> bool {
    let text = literal.to_string();
    text == "INF" || text.starts_with(|first: char| first.is_ascii_digit())
}

/// An operand in a place that asks for at least this precedence.
struct At<'e>(u8, &'e Expr);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let At(least, operand) = self;
        if operand.kind.precedence() < *least { write!(f, "({operand})") } else { write!(f, "{operand}") }
    }
}

fn typed(
    f: &mut fmt::Formatter<'_>,
    function: &str,
    operand: Option<&Expr>,
    type_name: &TypeName,
) -> fmt::Result {
    match operand {
        Some(operand) => write!(f, "{function}({operand},{type_name})"),
        None => write!(f, "{function}({type_name})"),
    }
}

pub(super) fn parentheses(f: &mut fmt::Formatter<'_>, arguments: &[Argument]) -> fmt::Result {
    f.write_str("(")?;
    separated(f, ",", arguments)?;
    f.write_str(")")
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name}={}", self.value),
            None => write!(f, "{}", self.value),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Value(value) => write!(f, "{value}"),
            Literal::OutOfRange { text, .. } => f.write_str(text),
            Literal::Enum { type_name: prefix, members: text } | Literal::Geo { prefix, text } => {
                write!(f, "{prefix}'{}'", text.replace('\'', "''"))
            }
        }
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeName::Single(name) => f.write_str(&name.text),
            TypeName::Collection(name) => write!(f, "Collection({})", name.text),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.root {
            Root::Instance => return separated(f, "/", &self.steps),
            Root::It => f.write_str("$it")?,
            Root::This => f.write_str("$this")?,
            Root::Service => f.write_str("$root")?,
            Root::These => f.write_str("$these")?,
            Root::Alias(name) => write!(f, "@{name}")?,
        }
        self.steps.iter().try_for_each(|step| write!(f, "/{step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Named(segment) => write!(f, "{segment}"),
            Step::Annotation { term, qualifier: None, .. } => write!(f, "@{term}"),
            Step::Annotation { term, qualifier: Some(qualifier), .. } => write!(f, "@{term}#{qualifier}"),
            Step::Lambda(lambda) => write!(f, "{lambda}"),
            Step::Filter { condition, key, .. } => {
                write!(f, "$filter({condition})")?;
                key.as_deref().map_or(Ok(()), |key| parentheses(f, key))
            }
            Step::Aggregate { expr, .. } => write!(f, "aggregate({expr})"),
            Step::Count { options: None, .. } => f.write_str("$count"),
            Step::Count { options: Some(options), .. } => write!(f, "$count({})", Nested(options)),
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        [&self.arguments, &self.key].into_iter().flatten().try_for_each(|arguments| parentheses(f, arguments))
    }
}

impl fmt::Display for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quantifier = match self.quantifier {
            Quantifier::Any => "any",
            Quantifier::All => "all",
        };
        match &self.predicate {
            Some((variable, predicate)) => write!(f, "{quantifier}({} : {predicate})", variable.text),
            None => write!(f, "{quantifier}()"),
        }
    }
}
