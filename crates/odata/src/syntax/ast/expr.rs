//! The tree of an expression.
//!
//! One variant per thing that can be said, each with an example of the text that produces it. The names in it
//! are not looked up yet, and neither are the types of its literals settled.
//! Specification: OData 4.01 URL Conventions, 5.1.1 "System Query Option $filter"; ABNF section 4
//! "Expressions".

use crate::error::Span;
use crate::value::Value;

use super::{AggregateExpr, Argument, Name, Options, Segment};

/// An expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, without parentheses around it.
    pub span: Span,
    height: usize,
}

/// What an expression is. Parentheses leave no node; printing puts them back where they matter.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `'blue'`, `5`, `null`, `Ns.Color'red'`
    Literal(Literal),
    /// `a`, `a/b/c`, `$it/a`, `@p/b`, `a/any(x:x eq 1)`, `a/$count`, `$root/Set('k')/a`
    Path(Path),
    /// `contains(a,'b')`, `Ns.func(p=1)`, `Nav('k')`: one name with parentheses at the start of a path, and
    /// no more path behind it. Names keep their letter case.
    Call {
        /// The name as written.
        name: Name,
        /// The arguments or the key.
        arguments: Vec<Argument>,
    },
    /// `-a`; but `-5` is a literal.
    Negate(Box<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `a and b and c`; at least two.
    And(Vec<Expr>),
    /// `a or b or c`; at least two.
    Or(Vec<Expr>),
    /// `a eq 1`, `a add b`, `a has Ns.Color'red'`; operators of one precedence lean to the left.
    Binary {
        /// Between the operands.
        operator: BinaryOperator,
        /// The operand before it.
        left: Box<Expr>,
        /// The operand behind it.
        right: Box<Expr>,
    },
    /// `a in ('x','y')`, `a in b`; the second is a [`List`](ExprKind::List) or any other expression.
    In(Box<Expr>, Box<Expr>),
    /// `('x','y')` behind `in`; literals only, may be empty.
    List(Vec<Expr>),
    /// `cast(a,Edm.String)`, `cast(Edm.String)`
    Cast(Option<Box<Expr>>, TypeName),
    /// `isof(a,Ns.Type)`, `isof(Ns.Type)`, `isof('Ns.Type')`
    IsOf(Option<Box<Expr>>, TypeName),
    /// `case(a gt 0:1,true:0)`: pairs of a condition and a value.
    Case(Vec<(Expr, Expr)>),
    /// `["a",1,b]`
    Array(Vec<Expr>),
    /// `{"a":1,"b":c}`
    Object(Vec<(String, Expr)>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `5`, `'blue'`, `null`
    Value(Value),
    /// `Ns.Color'red,blue'`
    Enum {
        /// The qualified name of the enumeration type.
        type_name: String,
        /// The members as written, with commas between them.
        members: String,
    },
    /// `-0044-03-15`, `2012-02-30`, `23:59:60`: well-formed, but no value of its type here.
    OutOfRange {
        /// `Edm.Date`, `Edm.TimeOfDay`, `Edm.DateTimeOffset` or `Edm.Duration`.
        type_name: &'static str,
        /// As written.
        text: String,
    },
    /// `geography'SRID=0;Point(1 2)'`
    Geo {
        /// `geography` or `geometry`.
        prefix: String,
        /// The text between the quotes.
        text: String,
    },
}

/// A type named in an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeName {
    /// `Edm.String`, `Ns.Type`, `Type`
    Single(Name),
    /// `Collection(Edm.String)`
    Collection(Name),
}

/// A path inside an expression. Its steps are empty only if the root is not [`Root::Instance`].
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Where it begins.
    pub root: Root,
    /// What follows, between slashes.
    pub steps: Vec<Step>,
}

/// Where a path begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Root {
    /// `a/b`: at the current instance, or at a lambda variable that is then the first step.
    Instance,
    /// `$it/a`
    It,
    /// `$this/a`
    This,
    /// `$root/Set('k')/a`
    Service,
    /// `$these/aggregate($count)`: the whole collection that the option or transformation is applied to.
    These,
    /// `@p/a`; the name without the `@`. A lone unqualified annotation looks the same.
    Alias(String),
}

/// One step of a path in an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `a`, `Ns.Type`, `Nav('k')`, `Ns.func(p=1)`, `Ns.func(p=1)('k')`
    Named(Segment),
    /// `@Measures.Currency`, `@Measures.Currency#local`
    Annotation {
        /// The term, without the `@`.
        term: String,
        /// The name behind `#`.
        qualifier: Option<String>,
        /// Where it stands.
        span: Span,
    },
    /// `any()`, `any(x:x/a eq 1)`, `all(x:x/a eq 1)`; always the last step.
    Lambda(Lambda),
    /// `$filter(a eq 1)`, `$filter(a eq 1)('k')`
    Filter {
        /// The condition.
        condition: Box<Expr>,
        /// The key in a second pair of parentheses.
        key: Option<Vec<Argument>>,
        /// Where it stands.
        span: Span,
    },
    /// `aggregate(a with sum)`; always the last step, never the first of a path that begins at an instance.
    Aggregate {
        /// What is aggregated.
        expr: AggregateExpr,
        /// Where it stands.
        span: Span,
    },
    /// `$count`, `$count($filter=a eq 1)`; always the last step.
    Count {
        /// `$filter` and `$search` in parentheses.
        options: Option<Box<Options>>,
        /// Where it stands.
        span: Span,
    },
}

/// A test on the members of a collection.
#[derive(Clone, Debug, PartialEq)]
pub struct Lambda {
    /// `any` or `all`
    pub quantifier: Quantifier,
    /// Variable and predicate; only `any()` has none.
    pub predicate: Option<(Name, Box<Expr>)>,
    /// Where it stands.
    pub span: Span,
}

/// How many members must pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// At least one.
    Any,
    /// Every one.
    All,
}

/// An operator with two operands, other than `and`, `or` and `in`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `eq`
    Equal,
    /// `ne`
    NotEqual,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
    /// `has`
    Has,
    /// `add`
    Add,
    /// `sub`
    Subtract,
    /// `mul`
    Multiply,
    /// `div`
    Divide,
    /// `divby`
    DivideBy,
    /// `mod`
    Modulo,
}

impl Expr {
    /// A node over its operands.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        let mut below = 0;
        kind.each_operand(&mut |operand| below = below.max(operand.height));
        Expr { kind, span, height: below + 1 }
    }

    /// A literal.
    pub fn value(value: Value, span: Span) -> Self {
        Expr::new(ExprKind::Literal(Literal::Value(value)), span)
    }

    /// The longest way down from here to a leaf; 1 for a leaf.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The value, if this is a plain literal.
    pub fn as_value(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Literal(Literal::Value(value)) => Some(value),
            _ => None,
        }
    }

    /// The name, if this is a parameter alias and nothing else.
    pub fn as_alias(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Path(Path { root: Root::Alias(name), steps }) if steps.is_empty() => Some(name),
            _ => None,
        }
    }
}

impl ExprKind {
    /// Shows the expressions directly below this one, in order.
    pub fn each_operand(&self, visit: &mut dyn FnMut(&Expr)) {
        match self {
            ExprKind::Literal(_) => {}
            ExprKind::Path(path) => path.steps.iter().for_each(|step| step.each_operand(visit)),
            ExprKind::Call { arguments, .. } => arguments.iter().for_each(|argument| visit(&argument.value)),
            ExprKind::Negate(operand) | ExprKind::Not(operand) => visit(operand),
            ExprKind::And(operands)
            | ExprKind::Or(operands)
            | ExprKind::List(operands)
            | ExprKind::Array(operands) => operands.iter().for_each(visit),
            ExprKind::Binary { left, right, .. } | ExprKind::In(left, right) => {
                visit(left);
                visit(right);
            }
            ExprKind::Cast(operand, _) | ExprKind::IsOf(operand, _) => {
                operand.as_deref().into_iter().for_each(visit);
            }
            ExprKind::Case(cases) => cases.iter().for_each(|(when, then)| {
                visit(when);
                visit(then);
            }),
            ExprKind::Object(members) => members.iter().for_each(|(_, value)| visit(value)),
        }
    }
}

impl Step {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Step::Named(segment) => segment.span,
            Step::Lambda(lambda) => lambda.span,
            Step::Annotation { span, .. }
            | Step::Filter { span, .. }
            | Step::Aggregate { span, .. }
            | Step::Count { span, .. } => *span,
        }
    }

    fn each_operand(&self, visit: &mut dyn FnMut(&Expr)) {
        match self {
            Step::Named(Segment { arguments, key, .. }) => {
                arguments.iter().chain(key).flatten().for_each(|argument| visit(&argument.value));
            }
            Step::Annotation { .. } => {}
            Step::Lambda(lambda) => lambda.predicate.iter().for_each(|(_, predicate)| visit(predicate)),
            Step::Filter { condition, key, .. } => {
                visit(condition);
                key.iter().flatten().for_each(|argument| visit(&argument.value));
            }
            Step::Aggregate { expr, .. } => expr.operand().into_iter().for_each(visit),
            Step::Count { options, .. } => {
                options.as_deref().and_then(|options| options.filter.as_ref()).into_iter().for_each(visit);
            }
        }
    }
}
