//! Bound expressions: names are properties, literals have the type they are compared with.

use super::{Step, TextSearch};
use crate::bind::Function;
use crate::model::{Property, Type};
use crate::value::Value;

/// An expression whose type is known.
#[derive(Debug, Clone)]
pub struct Expr<'m> {
    /// What it is.
    pub kind: ExprKind<'m>,
    /// Its type; nothing for the literal `null`.
    pub ty: Option<Type>,
    /// Whether it can be null.
    pub nullable: bool,
}

/// The kinds of a bound expression.
#[derive(Debug, Clone)]
pub enum ExprKind<'m> {
    /// A constant.
    Literal(Value),
    /// A value found by walking from an instance: `serialNumber`, `state/deviceErrorCode`, `Category/Name`, `x/Price`.
    Property(Path<'m>),
    /// A column that `$apply` made.
    Column(usize),
    /// The place of the listed instance among the members of its collection property.
    Position,
    /// `eq`, `ne`, `lt`, `le`, `gt`, `ge`.
    Compare(Comparison, Box<Expr<'m>>, Box<Expr<'m>>),
    /// `and`; at least two.
    And(Vec<Expr<'m>>),
    /// `or`; at least two.
    Or(Vec<Expr<'m>>),
    /// `not`.
    Not(Box<Expr<'m>>),
    /// `in` with a list of literals.
    In(Box<Expr<'m>>, Vec<Value>),
    /// Whether there is an instance at the end of a path to a single one: `Category ne null`.
    Exists(Path<'m>),
    /// `has`: all of these flags are set.
    Has(Box<Expr<'m>>, Box<Expr<'m>>),
    /// `add`, `sub`, `mul`, `div`, `divby`, `mod`; both operands have the type of the result, unless it is of dates.
    Arithmetic(Arithmetic, Box<Expr<'m>>, Box<Expr<'m>>),
    /// `-`
    Negate(Box<Expr<'m>>),
    /// A canonical function.
    Call(Function, Vec<Expr<'m>>),
    /// `cast`: null where the value has no counterpart in the type.
    Cast(Box<Expr<'m>>, Type),
    /// `isof` of an instance: whether the one at the end of the path is of this type.
    IsOf(Path<'m>, Type),
    /// `case`: the value of the first condition that is true.
    Case(Vec<(Expr<'m>, Expr<'m>)>),
    /// `any`: whether a member passes; without a condition whether there is one.
    Any(Path<'m>, Variable, Option<Box<Expr<'m>>>),
    /// `all`: whether no member fails.
    All(Path<'m>, Variable, Box<Expr<'m>>),
    /// `$count`: how many members pass.
    Count(Path<'m>, Variable, Option<Box<Expr<'m>>>, Option<Box<TextSearch<'m>>>),
}

/// An instance that an expression may speak of: 0 is the one that is listed, the others stand for members of
/// collections inside `any`, `all` and the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Variable(pub usize);

impl Variable {
    /// The instance that is listed.
    pub const IT: Self = Self(0);
}

/// A walk from an instance: to others along steps, then to a value of the last one.
#[derive(Debug, Clone)]
pub struct Path<'m> {
    /// Where it begins.
    pub from: Variable,
    /// To other instances. Each is to a single one, except the last of a path to a collection.
    pub steps: Vec<Step<'m>>,
    /// Structural properties, through complex ones where there is more than one; empty where the instance is meant.
    pub properties: Vec<&'m Property>,
}

/// The comparison operators, OData URL Conventions 4.01 §5.1.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operators' own names")]
pub enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// The arithmetic operators, OData URL Conventions 4.01 §5.1.1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operators' own names")]
pub enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    DivBy,
    Mod,
}

impl<'m> Path<'m> {
    /// A property of the listed instance.
    #[must_use]
    pub fn of_it(property: &'m Property) -> Self {
        Self { from: Variable::IT, steps: Vec::new(), properties: vec![property] }
    }

    /// The instance itself.
    #[must_use]
    pub fn at(from: Variable) -> Self {
        Self { from, steps: Vec::new(), properties: Vec::new() }
    }
}

impl<'m> Expr<'m> {
    /// A constant of a known type.
    #[must_use]
    pub fn literal(value: Value, ty: Type) -> Self {
        Self { nullable: value == Value::Null, kind: ExprKind::Literal(value), ty: Some(ty) }
    }

    /// A property of the listed instance.
    #[must_use]
    pub fn property(property: &'m Property) -> Self {
        Self {
            kind: ExprKind::Property(Path::of_it(property)),
            ty: Some(property.ty.clone()),
            nullable: property.nullable,
        }
    }

    /// The constant that it is; nothing where it depends on an instance.
    #[must_use]
    pub fn as_literal(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Literal(value) => Some(value),
            _ => None,
        }
    }
}
