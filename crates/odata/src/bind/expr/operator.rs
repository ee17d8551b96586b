//! Comparison, membership, arithmetic, `has`, `case`, `cast` and `isof`.
//!
//! Specification: OData URL Conventions 4.01 §5.1.1.1 to §5.1.1.4, §5.1.1.10, §5.1.1.12.

use super::fit::{rank, result_type};
use super::{BOOLEAN, Binder, constant};
use crate::error::Error;
use crate::model::{Primitive, Type};
use crate::query::{Arithmetic, Comparison, Expr, ExprKind, Path};
use crate::syntax::ast::{self, BinaryOperator, TypeName};
use crate::value::Value;

impl<'m> Binder<'_, 'm> {
    pub(super) fn compare(
        &self,
        comparison: Comparison,
        left: &ast::Expr,
        right: &ast::Expr,
        whole: &ast::Expr,
    ) -> Result<Expr<'m>, Error> {
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let at = |error: Error| error.at(whole.span);
        let (left, right) = match (&left.kind, &right.kind) {
            (ExprKind::Literal(one), ExprKind::Literal(other)) if is_text(one) == is_text(other) => {
                (left, right)
            }
            (ExprKind::Literal(one), ExprKind::Literal(_)) if is_text(one) => {
                (self.fit(left, right.ty.as_ref()).map_err(at)?, right)
            }
            (_, ExprKind::Literal(_)) => {
                let right = self.fit(right, left.ty.as_ref()).map_err(at)?;
                (left, right)
            }
            (ExprKind::Literal(_), _) => (self.fit(left, right.ty.as_ref()).map_err(at)?, right),
            _ => (left, right),
        };
        if let Some(bound) = existence(comparison, &left, &right) {
            return Ok(bound);
        }
        let is_null =
            |side: &Expr<'_>| side.ty.is_none() && !matches!(side.as_literal(), Some(Value::Json(_)));
        let against_null = is_null(&left) || is_null(&right);
        let equality = matches!(comparison, Comparison::Eq | Comparison::Ne);
        let compares = |side: &&Expr<'m>| compares(side, against_null) || (equality && is_binary(side));
        if ![&left, &right].iter().all(compares) {
            return Err(at(Error::unsupported("Comparing values of this type")));
        }
        if !comparable(left.ty.as_ref(), right.ty.as_ref()) {
            let name = |ty: &Option<Type>| {
                ty.as_ref().map_or("null".to_owned(), |ty| self.scope.model.type_name(ty))
            };
            return Err(at(Error::invalid(format!(
                "The operator in '{whole}' cannot compare '{}' with '{}'.",
                name(&left.ty),
                name(&right.ty)
            ))));
        }
        if is_nan(&left) || is_nan(&right) {
            return Ok(constant(Value::Boolean(comparison == Comparison::Ne)));
        }
        let (left, right) = self.balanced(left, right)?;
        let kind = ExprKind::Compare(comparison, Box::new(left), Box::new(right));
        Ok(Expr { kind, ty: Some(BOOLEAN), nullable: false })
    }

    pub(super) fn membership(&self, operand: &ast::Expr, list: &ast::Expr) -> Result<Expr<'m>, Error> {
        let items: Vec<&ast::Expr> = match &list.kind {
            ast::ExprKind::List(items) | ast::ExprKind::Array(items) => items.iter().collect(),
            ast::ExprKind::Path(_) if list.as_alias().is_some() => {
                let alias = list.as_alias().and_then(|name| self.alias_value(name));
                match alias {
                    Some(value) => return self.membership(operand, value),
                    None => return Ok(constant(Value::Boolean(false))),
                }
            }
            _ => return self.within(operand, list),
        };
        let place = operand.span;
        let operand = self.expr(operand)?;
        let (mut values, mut others) = (Vec::with_capacity(items.len()), Vec::new());
        let nulls = items.iter().all(|item| item.as_value() == Some(&Value::Null));
        if !compares(&operand, nulls) && !is_binary(&operand) {
            return Err(Error::unsupported("Comparing values of this type").at(place));
        }
        for item in items {
            let bound = self.expr(item)?;
            let bound = self.fit(bound, operand.ty.as_ref()).map_err(|error| error.at(item.span))?;
            let is_whole = matches!(operand.ty, Some(Type::Primitive(primitive)) if primitive.is_integer());
            if is_of(&operand, Primitive::Decimal) && is_of(&bound, Primitive::Double)
                || is_whole && is_of(&bound, Primitive::Decimal)
            {
                // Decimals are kept in another form than other numbers: these are compared one by one.
                self.budget.take(&operand, place)?;
                let (left, right) = self.balanced(operand.clone(), bound)?;
                if !is_nan(&right) {
                    let kind = ExprKind::Compare(Comparison::Eq, Box::new(left), Box::new(right));
                    others.push(Expr { kind, ty: Some(BOOLEAN), nullable: false });
                }
                continue;
            }
            match bound.kind {
                ExprKind::Literal(value) if comparable(operand.ty.as_ref(), bound.ty.as_ref()) => {
                    // NaN equals nothing.
                    if !matches!(value, Value::Double(number) if number.is_nan()) {
                        values.push(value);
                    }
                }
                _ => {
                    return Err(Error::invalid(format!("'{item}' is not of the type of the other side."))
                        .at(item.span));
                }
            }
        }
        if is_nan(&operand) {
            return Ok(constant(Value::Boolean(false)));
        }
        let within =
            Expr { kind: ExprKind::In(Box::new(operand), values), ty: Some(BOOLEAN), nullable: false };
        if others.is_empty() {
            return Ok(within);
        }
        others.push(within);
        Ok(Expr { kind: ExprKind::Or(others), ty: Some(BOOLEAN), nullable: false })
    }

    /// `a in b` where b is a path to a collection.
    fn within(&self, operand: &ast::Expr, list: &ast::Expr) -> Result<Expr<'m>, Error> {
        let (path, variable, member) = self.collection(list)?;
        let bound = self.expr(operand)?;
        let bound = self.fit(bound, Some(&member)).map_err(|error| error.at(operand.span))?;
        if !comparable(bound.ty.as_ref(), Some(&member)) || is_opaque(&member) {
            return Err(self.mismatch(operand, &member));
        }
        if is_nan(&bound) {
            return Ok(constant(Value::Boolean(false)));
        }
        let one = Expr { kind: ExprKind::Property(Path::at(variable)), ty: Some(member), nullable: true };
        let (one, bound) = self.balanced(one, bound)?;
        let kind = ExprKind::Compare(Comparison::Eq, Box::new(one), Box::new(bound));
        let is_equal = Expr { kind, ty: Some(BOOLEAN), nullable: false };
        let kind = ExprKind::Any(path, variable, Some(Box::new(is_equal)));
        Ok(Expr { kind, ty: Some(BOOLEAN), nullable: false })
    }

    pub(super) fn has(
        &self,
        left: &ast::Expr,
        right: &ast::Expr,
        whole: &ast::Expr,
    ) -> Result<Expr<'m>, Error> {
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let right = self.fit(right, left.ty.as_ref()).map_err(|error| error.at(whole.span))?;
        match (&left.ty, &right.ty) {
            (Some(Type::Enum(one)), Some(Type::Enum(other))) if one == other => {}
            _ => {
                return Err(
                    Error::invalid("'has' takes a value and a member of one enumeration.").at(whole.span)
                );
            }
        }
        let nullable = left.nullable || right.nullable;
        Ok(Expr { kind: ExprKind::Has(Box::new(left), Box::new(right)), ty: Some(BOOLEAN), nullable })
    }

    pub(super) fn arithmetic(
        &self,
        operator: BinaryOperator,
        left: &ast::Expr,
        right: &ast::Expr,
        whole: &ast::Expr,
    ) -> Result<Expr<'m>, Error> {
        let Some(operator) = arithmetic(operator) else {
            return Err(Error::unsupported(format!("The operator '{operator}'")).at(whole.span));
        };
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let (one, other) = match (&left.ty, &right.ty) {
            (Some(Type::Primitive(one)), Some(Type::Primitive(other))) => (*one, *other),
            // Calculating with null gives null.
            (None, Some(ty)) | (Some(ty), None) => {
                return Ok(Expr { ty: Some(ty.clone()), ..constant(Value::Null) });
            }
            (None, None) => return Ok(constant(Value::Null)),
            _ => return Err(cannot(whole)),
        };
        let (left, right, ty) = if one.is_numeric() && other.is_numeric() {
            let mut ty = result_type(one, other);
            if operator == Arithmetic::DivBy && ty == Primitive::Int64 {
                ty = Primitive::Double;
            }
            (self.promote(left, ty)?, self.promote(right, ty)?, ty)
        } else {
            (left, right, temporal(operator, one, other).ok_or_else(|| cannot(whole))?)
        };
        // Division has no result where the divisor is zero and the database says null.
        let nullable = left.nullable || right.nullable || ty == Primitive::Double;
        let kind = ExprKind::Arithmetic(operator, Box::new(left), Box::new(right));
        Ok(Expr { kind, ty: Some(Type::Primitive(ty)), nullable })
    }

    pub(super) fn negate(&self, operand: &ast::Expr, whole: &ast::Expr) -> Result<Expr<'m>, Error> {
        let bound = self.expr(operand)?;
        let ty = match bound.ty {
            None => return Ok(bound),
            Some(Type::Primitive(primitive)) if primitive.is_integer() => Primitive::Int64,
            Some(Type::Primitive(Primitive::Single)) => Primitive::Double,
            Some(Type::Primitive(
                primitive @ (Primitive::Decimal | Primitive::Double | Primitive::Duration),
            )) => primitive,
            _ => return Err(cannot(whole)),
        };
        let nullable = bound.nullable;
        Ok(Expr { kind: ExprKind::Negate(Box::new(bound)), ty: Some(Type::Primitive(ty)), nullable })
    }

    pub(super) fn case(
        &self,
        cases: &[(ast::Expr, ast::Expr)],
        whole: &ast::Expr,
    ) -> Result<Expr<'m>, Error> {
        let mut bound = Vec::with_capacity(cases.len());
        for (when, then) in cases {
            bound.push((self.boolean(when)?, self.expr(then)?));
        }
        let ty = bound.iter().filter_map(|(_, then)| then.ty.clone()).try_fold(
            None,
            |ty: Option<Type>, next| match (&ty, &next) {
                (None, _) => Ok(Some(next)),
                (Some(Type::Primitive(one)), Type::Primitive(other))
                    if one != other && one.is_numeric() && other.is_numeric() =>
                {
                    Ok(Some(Type::Primitive(result_type(*one, *other))))
                }
                (Some(one), other) if one == other => Ok(ty),
                _ => Err(Error::invalid("The values of 'case' are of different types.").at(whole.span)),
            },
        )?;
        if let Some(Type::Primitive(primitive)) = &ty
            && rank(*primitive) > 0
        {
            bound = bound
                .into_iter()
                .map(|(when, then)| Ok((when, self.promote(then, *primitive)?)))
                .collect::<Result<_, Error>>()?;
        }
        let certain = bound.last().is_some_and(|(when, _)| when.as_literal() == Some(&Value::Boolean(true)));
        let nullable = !certain || bound.iter().any(|(_, then)| then.nullable);
        Ok(Expr { kind: ExprKind::Case(bound), ty, nullable })
    }

    pub(super) fn cast(
        &self,
        operand: Option<&ast::Expr>,
        ty: &TypeName,
        whole: &ast::Expr,
    ) -> Result<Expr<'m>, Error> {
        let ty = self.type_named(ty)?;
        let bound = operand.map_or_else(|| self.itself(whole), |operand| self.expr(operand))?;
        match (&bound.ty, &ty) {
            (None, _) => return Ok(Expr { ty: Some(ty), ..constant(Value::Null) }),
            (Some(from), to) if from == to => return Ok(bound),
            (Some(Type::Primitive(_) | Type::Enum(_)), Type::Primitive(to))
                if !to.is_geo() && *to != Primitive::Stream => {}
            (Some(Type::Primitive(Primitive::String)), Type::Enum(_)) => {}
            (Some(Type::Primitive(from)), Type::Enum(_)) if from.is_integer() => {}
            _ => return Err(Error::unsupported("Casting values of this type").at(whole.span)),
        }
        let kind = ExprKind::Cast(Box::new(bound), ty.clone());
        Ok(Expr { kind, ty: Some(ty), nullable: true })
    }

    pub(super) fn is_of(
        &self,
        operand: Option<&ast::Expr>,
        ty: &TypeName,
        whole: &ast::Expr,
    ) -> Result<Expr<'m>, Error> {
        let ty = self.type_named(ty)?;
        let bound = operand.map_or_else(|| self.itself(whole), |operand| self.expr(operand))?;
        let answer = |truth| Ok(constant(Value::Boolean(truth)));
        // An entity is of no complex type, and of no primitive one.
        let is_asked_of_rows = match (&bound.ty, &ty) {
            (Some(Type::Entity(_)), Type::Entity(_)) => true,
            (Some(Type::Complex(declared)), Type::Complex(asked)) => declared != asked,
            _ => false,
        };
        match (&bound.ty, &bound.kind) {
            (_, ExprKind::Property(path)) if is_asked_of_rows => {
                Ok(Expr { kind: ExprKind::IsOf(path.clone(), ty), ty: Some(BOOLEAN), nullable: false })
            }
            (Some(static_type), _) if *static_type == ty => {
                // What is null is of no type.
                let (left, right) = (Box::new(bound), Box::new(constant(Value::Null)));
                let kind = ExprKind::Compare(Comparison::Ne, left, right);
                Ok(Expr { kind, ty: Some(BOOLEAN), nullable: false })
            }
            _ => answer(false),
        }
    }

    /// The instance that bare names belong to.
    pub(super) fn itself(&self, whole: &ast::Expr) -> Result<Expr<'m>, Error> {
        let (variable, ty) = &self.implicit;
        let ty =
            ty.clone().ok_or_else(|| Error::invalid("There is no instance to speak of.").at(whole.span))?;
        Ok(Expr { kind: ExprKind::Property(Path::at(*variable)), ty: Some(ty), nullable: false })
    }

    fn type_named(&self, name: &TypeName) -> Result<Type, Error> {
        let model = self.scope.model;
        let (name, is_collection) = match name {
            TypeName::Single(name) => (name, false),
            TypeName::Collection(name) => (name, true),
        };
        let ty = model.find_type(&name.text).ok_or_else(|| {
            Error::invalid(format!("The type '{}' does not exist.", name.text)).at(name.span)
        })?;
        Ok(if is_collection { ty.collection() } else { ty })
    }
}

fn is_of(expr: &Expr<'_>, primitive: Primitive) -> bool {
    expr.ty == Some(Type::Primitive(primitive))
}

fn is_text(value: &Value) -> bool {
    matches!(value, Value::String(_))
}

fn cannot(whole: &ast::Expr) -> Error {
    Error::invalid(format!("The operator in '{whole}' cannot take operands of these types.")).at(whole.span)
}

/// The type of a calculation with times and durations.
fn temporal(operator: Arithmetic, left: Primitive, right: Primitive) -> Option<Primitive> {
    use Primitive::{Date, DateTimeOffset, Duration};
    Some(match (operator, left, right) {
        (Arithmetic::Add | Arithmetic::Sub, DateTimeOffset, Duration) => DateTimeOffset,
        (Arithmetic::Add, Duration, DateTimeOffset) => DateTimeOffset,
        (Arithmetic::Add | Arithmetic::Sub, Date, Duration) => Date,
        (Arithmetic::Add, Duration, Date) => Date,
        (Arithmetic::Sub, DateTimeOffset, DateTimeOffset) | (Arithmetic::Sub, Date, Date) => Duration,
        (Arithmetic::Add | Arithmetic::Sub, Duration, Duration) => Duration,
        (Arithmetic::Mul | Arithmetic::Div | Arithmetic::DivBy, Duration, number) if number.is_numeric() => {
            Duration
        }
        (Arithmetic::Mul, number, Duration) if number.is_numeric() => Duration,
        _ => return None,
    })
}

/// `Category eq null` asks whether there is a category.
fn existence<'m>(comparison: Comparison, left: &Expr<'m>, right: &Expr<'m>) -> Option<Expr<'m>> {
    let entity = match (&left.ty, &right.ty) {
        (Some(Type::Entity(_)), None) => left,
        (None, Some(Type::Entity(_))) => right,
        _ => return None,
    };
    let ExprKind::Property(path) = &entity.kind else { return None };
    let exists = Expr { kind: ExprKind::Exists(path.clone()), ty: Some(BOOLEAN), nullable: false };
    match comparison {
        Comparison::Ne => Some(exists),
        Comparison::Eq => {
            Some(Expr { kind: ExprKind::Not(Box::new(exists)), ty: Some(BOOLEAN), nullable: false })
        }
        _ => None,
    }
}

/// Whether no more can be told of values than that one is there: of bytes, streams, shapes and structures.
pub(in crate::bind) fn is_opaque(ty: &Type) -> bool {
    match ty {
        Type::Primitive(primitive) => {
            matches!(primitive, Primitive::Binary | Primitive::Stream) || primitive.is_geo()
        }
        Type::Enum(_) => false,
        Type::Complex(_) | Type::Entity(_) | Type::Collection(_) => true,
    }
}

/// Whether a side can be compared: opaque values with null only.
fn compares(side: &Expr<'_>, against_null: bool) -> bool {
    match &side.ty {
        Some(ty) if is_opaque(ty) => against_null && !matches!(ty, Type::Entity(_) | Type::Collection(_)),
        _ => true,
    }
}

/// Bytes are equal or not, and have no order.
fn is_binary(side: &Expr<'_>) -> bool {
    side.ty == Some(Type::Primitive(Primitive::Binary))
}

/// NaN equals nothing, itself included (OData URL Conventions 4.01 §5.1.1.1.1); databases may take it for null.
fn is_nan(expr: &Expr<'_>) -> bool {
    matches!(&expr.kind, ExprKind::Literal(Value::Double(number)) if number.is_nan())
}

pub(super) fn comparable(left: Option<&Type>, right: Option<&Type>) -> bool {
    match (left, right) {
        (None, _) | (_, None) => true,
        (Some(Type::Primitive(left)), Some(Type::Primitive(right))) => {
            left == right || (left.is_numeric() && right.is_numeric())
        }
        (Some(left), Some(right)) => left == right,
    }
}

pub(super) fn comparison(operator: BinaryOperator) -> Option<Comparison> {
    Some(match operator {
        BinaryOperator::Equal => Comparison::Eq,
        BinaryOperator::NotEqual => Comparison::Ne,
        BinaryOperator::Less => Comparison::Lt,
        BinaryOperator::LessOrEqual => Comparison::Le,
        BinaryOperator::Greater => Comparison::Gt,
        BinaryOperator::GreaterOrEqual => Comparison::Ge,
        BinaryOperator::Has
        | BinaryOperator::Add
        | BinaryOperator::Subtract
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::DivideBy
        | BinaryOperator::Modulo => return None,
    })
}

fn arithmetic(operator: BinaryOperator) -> Option<Arithmetic> {
    Some(match operator {
        BinaryOperator::Add => Arithmetic::Add,
        BinaryOperator::Subtract => Arithmetic::Sub,
        BinaryOperator::Multiply => Arithmetic::Mul,
        BinaryOperator::Divide => Arithmetic::Div,
        BinaryOperator::DivideBy => Arithmetic::DivBy,
        BinaryOperator::Modulo => Arithmetic::Mod,
        _ => return None,
    })
}
