//! Expressions: names become properties, literals take the type they are compared with.
//!
//! In: the tree of an expression and the [`Subject`] it speaks of. Out: a bound [`Expr`]. Limits are taken before
//! descending, since aliases and computed names put values into values.
//! Specification: OData URL Conventions 4.01 §5.1.1; Part 1 §13.4.3 item 9 (strings cast to primitive types).

mod budget;
mod call;
mod fit;
mod operator;
mod path;

use std::cell::Cell;

use super::options::Scope;
use crate::error::Error;
use crate::model::{Primitive, Type};
use crate::query::{Expr, ExprKind, Variable};
use crate::syntax::ast::{self, Literal};
use crate::value::Value;
use budget::Budget;
pub(super) use fit::result_type;
use operator::comparison;
pub(super) use operator::is_opaque;

pub(super) const BOOLEAN: Type = Type::Primitive(Primitive::Boolean);

/// What an expression speaks of: a row of a collection.
#[derive(Clone, Debug, Default)]
pub(super) struct Subject<'m> {
    /// The type of the instance; nothing behind a grouping, where there are columns only.
    pub ty: Option<Type>,
    /// Names that `$compute` and `$apply` gave.
    pub named: Vec<Named<'m>>,
}

/// A name that is no property.
#[derive(Clone, Debug)]
pub(super) struct Named<'m> {
    /// The name; of grouped values the path.
    pub path: Vec<String>,
    /// What it stands for.
    pub expr: Expr<'m>,
}

impl<'m> Subject<'m> {
    /// An instance, and nothing computed.
    pub fn of(ty: &Type) -> Self {
        Self { ty: Some(ty.clone()), named: Vec::new() }
    }
}

impl<'m> Scope<'_, 'm> {
    /// A condition on instances of a type.
    pub fn condition(&self, ty: &Type, named: &[Named<'m>], expr: &ast::Expr) -> Result<Expr<'m>, Error> {
        self.holds(&Subject { ty: Some(ty.clone()), named: named.to_vec() }, expr)
    }

    /// A condition: an expression of type Boolean.
    pub fn holds(&self, subject: &Subject<'m>, expr: &ast::Expr) -> Result<Expr<'m>, Error> {
        self.with_binder(subject, |binder| binder.boolean(expr))
    }

    /// An expression of any type.
    pub fn value(&self, subject: &Subject<'m>, expr: &ast::Expr) -> Result<Expr<'m>, Error> {
        self.with_binder(subject, |binder| binder.expr(expr))
    }

    /// An expression that instances can be ordered by.
    pub fn sortable(&self, subject: &Subject<'m>, expr: &ast::Expr) -> Result<Expr<'m>, Error> {
        let bound = self.value(subject, expr)?;
        match &bound.ty {
            None => Ok(bound),
            Some(ty) if !is_opaque(ty) => Ok(bound),
            Some(_) => Err(Error::invalid("A property of this type cannot be ordered by.").at(expr.span)),
        }
    }

    fn with_binder<T>(
        &self,
        subject: &Subject<'m>,
        work: impl FnOnce(&Binder<'_, 'm>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        work(&Binder {
            scope: *self,
            subject,
            implicit: (Variable::IT, subject.ty.clone()),
            lambdas: Vec::new(),
            next: &Cell::new(1),
            budget: &Budget::new(self.parts),
        })
    }
}

/// Binds one expression.
pub(super) struct Binder<'a, 'm> {
    scope: Scope<'a, 'm>,
    subject: &'a Subject<'m>,
    /// The instance whose properties need no prefix.
    implicit: (Variable, Option<Type>),
    /// The variables of `any` and `all` around, innermost last.
    lambdas: Vec<(String, Variable, Type)>,
    /// The number of the next variable.
    next: &'a Cell<usize>,
    budget: &'a Budget<'a>,
}

impl<'m> Binder<'_, 'm> {
    pub(super) fn boolean(&self, expr: &ast::Expr) -> Result<Expr<'m>, Error> {
        let bound = self.expr(expr)?;
        match bound.ty {
            Some(BOOLEAN) | None => Ok(bound),
            Some(ty) => Err(Error::invalid(format!(
                "An expression of type 'Edm.Boolean' is expected, but '{expr}' is of type '{}'.",
                self.scope.model.type_name(&ty)
            ))
            .at(expr.span)),
        }
    }

    pub(super) fn expr(&self, expr: &ast::Expr) -> Result<Expr<'m>, Error> {
        self.budget.enter(expr.span)?;
        let bound = self.node(expr);
        self.budget.leave();
        bound
    }

    fn node(&self, expr: &ast::Expr) -> Result<Expr<'m>, Error> {
        match &expr.kind {
            ast::ExprKind::Literal(literal) => self.literal(literal).map_err(|error| error.at(expr.span)),
            ast::ExprKind::Path(path) => self.path(path, expr),
            ast::ExprKind::Call { name, arguments } => self.call(name, arguments, expr),
            ast::ExprKind::Not(operand) => {
                let operand = self.boolean(operand)?;
                let nullable = operand.nullable;
                Ok(Expr { kind: ExprKind::Not(Box::new(operand)), ty: Some(BOOLEAN), nullable })
            }
            ast::ExprKind::And(operands) => self.junction(operands, ExprKind::And),
            ast::ExprKind::Or(operands) => self.junction(operands, ExprKind::Or),
            ast::ExprKind::Binary { operator: ast::BinaryOperator::Has, left, right } => {
                self.has(left, right, expr)
            }
            ast::ExprKind::Binary { operator, left, right } => match comparison(*operator) {
                Some(comparison) => self.compare(comparison, left, right, expr),
                None => self.arithmetic(*operator, left, right, expr),
            },
            ast::ExprKind::In(operand, list) => self.membership(operand, list),
            ast::ExprKind::Negate(operand) => self.negate(operand, expr),
            ast::ExprKind::List(_) => Err(Error::invalid("A list can only follow 'in'.").at(expr.span)),
            ast::ExprKind::Cast(operand, ty) => self.cast(operand.as_deref(), ty, expr),
            ast::ExprKind::IsOf(operand, ty) => self.is_of(operand.as_deref(), ty, expr),
            ast::ExprKind::Case(cases) => self.case(cases, expr),
            ast::ExprKind::Array(_) => self.json(expr).map(|json| {
                // A collection of no type in particular: what it is compared with gives it one.
                Expr::literal(Value::Json(json), Type::Primitive(Primitive::String).collection())
            }),
            ast::ExprKind::Object(_) => {
                Err(Error::unsupported("A JSON object in an expression").at(expr.span))
            }
        }
    }

    fn literal(&self, literal: &Literal) -> Result<Expr<'m>, Error> {
        match literal {
            Literal::Value(value) => Ok(constant(value.clone())),
            Literal::Enum { type_name, members } => {
                let model = self.scope.model;
                let (id, ty) = model
                    .find_enum(type_name)
                    .ok_or_else(|| Error::invalid(format!("The type '{type_name}' does not exist.")))?;
                let number = ty.value_of(members).ok_or_else(|| no_member(members, type_name))?;
                Ok(Expr::literal(Value::Integer(number), Type::Enum(id)))
            }
            Literal::OutOfRange { type_name, text } => {
                Err(Error::invalid(format!("The literal '{text}' is out of the range of '{type_name}'.")))
            }
            Literal::Geo { .. } => Err(Error::unsupported("A geographic literal")),
        }
    }

    /// A JSON literal as values are stored.
    fn json(&self, expr: &ast::Expr) -> Result<serde_json::Value, Error> {
        Ok(match &expr.kind {
            ast::ExprKind::Array(members) => {
                members.iter().map(|member| self.json(member)).collect::<Result<Vec<_>, _>>()?.into()
            }
            ast::ExprKind::Object(members) => {
                let members = members.iter().map(|(name, value)| Ok((name.clone(), self.json(value)?)));
                serde_json::Value::Object(members.collect::<Result<_, Error>>()?)
            }
            ast::ExprKind::Literal(Literal::Value(value)) => crate::sql::stored::to_json(value),
            _ => return Err(Error::unsupported("An expression in a JSON literal").at(expr.span)),
        })
    }

    fn junction(
        &self,
        operands: &[ast::Expr],
        kind: impl FnOnce(Vec<Expr<'m>>) -> ExprKind<'m>,
    ) -> Result<Expr<'m>, Error> {
        let operands: Result<Vec<_>, _> = operands.iter().map(|operand| self.boolean(operand)).collect();
        let operands = operands?;
        let nullable = operands.iter().any(|operand| operand.nullable);
        Ok(Expr { kind: kind(operands), ty: Some(BOOLEAN), nullable })
    }

    /// A variable that no other part of the expression uses.
    fn fresh(&self) -> Variable {
        let number = self.next.get();
        self.next.set(number + 1);
        Variable(number)
    }
}

/// A literal of the type that its form has.
pub(super) fn constant(value: Value) -> Expr<'static> {
    let primitive = match &value {
        Value::Null | Value::Json(_) => None,
        Value::Boolean(_) => Some(Primitive::Boolean),
        Value::Integer(_) => Some(Primitive::Int64),
        Value::Decimal(_) => Some(Primitive::Decimal),
        Value::Double(_) => Some(Primitive::Double),
        Value::String(_) => Some(Primitive::String),
        Value::Guid(_) => Some(Primitive::Guid),
        Value::Date(_) => Some(Primitive::Date),
        Value::DateTimeOffset(_) => Some(Primitive::DateTimeOffset),
        Value::TimeOfDay(_) => Some(Primitive::TimeOfDay),
        Value::Duration(_) => Some(Primitive::Duration),
        Value::Binary(_) => Some(Primitive::Binary),
    };
    Expr {
        nullable: value == Value::Null,
        kind: ExprKind::Literal(value),
        ty: primitive.map(Type::Primitive),
    }
}

pub(super) fn no_member(members: &str, type_name: &str) -> Error {
    Error::invalid(format!("'{members}' is not a member of '{type_name}'."))
}
