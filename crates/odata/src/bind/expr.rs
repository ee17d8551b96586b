//! Expressions: names become properties, literals take the type they are compared with.
//!
//! Specification: OData URL Conventions 4.01 §5.1.1; Part 1 §13.4.3 item 9 (strings cast to primitive types).

use std::cell::Cell;

use super::functions::{FUNCTIONS, KNOWN};
use super::options::Scope;
use crate::error::{Error, Span};
use crate::model::{EntityTypeId, Primitive, Property, Type};
use crate::query::{Comparison, Expr, ExprKind};
use crate::syntax::ast::{self, BinaryOperator, Literal, Path, Root, Step};
use crate::syntax::{MAX_DEPTH, MAX_TOKENS};
use crate::value::{DateTimeOffset, Value, calendar, number};

const BOOLEAN: Type = Type::Primitive(Primitive::Boolean);

impl<'m> Scope<'_, 'm> {
    /// A condition: an expression of type Boolean.
    pub fn condition(&self, ty: EntityTypeId, expr: &ast::Expr) -> Result<Expr<'m>, Error> {
        Binder { scope: *self, ty, budget: &Budget::default() }.boolean(expr)
    }

    /// An expression that entities can be ordered by.
    pub fn sortable(&self, ty: EntityTypeId, expr: &ast::Expr) -> Result<Expr<'m>, Error> {
        let bound = Binder { scope: *self, ty, budget: &Budget::default() }.expr(expr)?;
        match (&bound.kind, &bound.ty) {
            (ExprKind::Property(_) | ExprKind::Call(..), Some(ty)) if sorts(ty) => Ok(bound),
            (ExprKind::Property(_), _) => {
                Err(Error::invalid("A property of this type cannot be ordered by.").at(expr.span))
            }
            _ => Err(Error::unsupported("Ordering by such an expression").at(expr.span)),
        }
    }
}

fn sorts(ty: &Type) -> bool {
    matches!(ty, Type::Enum(_) | Type::Primitive(_)) && !is_opaque(ty)
}

/// Whether no more can be told of values than that one is there: of bytes, streams and the like, and of decimals,
/// which are kept as their digits; as text 10 stands before 9.
fn is_opaque(ty: &Type) -> bool {
    match ty {
        Type::Primitive(Primitive::Decimal) => true,
        Type::Primitive(primitive) => {
            let ordered = matches!(
                primitive,
                Primitive::Boolean
                    | Primitive::Date
                    | Primitive::DateTimeOffset
                    | Primitive::Duration
                    | Primitive::Guid
                    | Primitive::String
                    | Primitive::TimeOfDay
            );
            !ordered && !primitive.is_numeric()
        }
        Type::Enum(_) => false,
        Type::Complex(_) | Type::Entity(_) | Type::Collection(_) => true,
    }
}

struct Binder<'a, 'm> {
    scope: Scope<'a, 'm>,
    ty: EntityTypeId,
    budget: &'a Budget,
}

/// What an expression has used up. The parser bounds each value by itself, but aliases put values into
/// values: a few hundred bytes of them could stand for billions of operators.
#[derive(Default)]
struct Budget {
    depth: Cell<usize>,
    parts: Cell<usize>,
}

impl Budget {
    fn enter(&self, span: Span) -> Result<(), Error> {
        self.depth.set(self.depth.get() + 1);
        self.parts.set(self.parts.get() + 1);
        if self.depth.get() > MAX_DEPTH {
            return Err(Error::too_complex(format_args!(
                "with its parameter aliases, a value is nested deeper than {MAX_DEPTH} levels"
            ))
            .at(span));
        }
        if self.parts.get() > MAX_TOKENS {
            return Err(Error::too_complex(format_args!(
                "with its parameter aliases, a value has more than {MAX_TOKENS} parts"
            ))
            .at(span));
        }
        Ok(())
    }

    fn leave(&self) {
        self.depth.set(self.depth.get() - 1);
    }
}

impl<'m> Binder<'_, 'm> {
    fn boolean(&self, expr: &ast::Expr) -> Result<Expr<'m>, Error> {
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

    fn expr(&self, expr: &ast::Expr) -> Result<Expr<'m>, Error> {
        self.budget.enter(expr.span)?;
        let bound = self.node(expr)?;
        self.budget.leave();
        Ok(bound)
    }

    fn node(&self, expr: &ast::Expr) -> Result<Expr<'m>, Error> {
        let unsupported = |what: &str| Err(Error::unsupported(what).at(expr.span));
        match &expr.kind {
            ast::ExprKind::Literal(literal) => self.literal(literal).map_err(|error| error.at(expr.span)),
            ast::ExprKind::Path(path) => self.path(path, expr),
            ast::ExprKind::Call { name, arguments } => self.call(name, arguments),
            ast::ExprKind::Not(operand) => {
                let operand = self.boolean(operand)?;
                let nullable = operand.nullable;
                Ok(Expr { kind: ExprKind::Not(Box::new(operand)), ty: Some(BOOLEAN), nullable })
            }
            ast::ExprKind::And(operands) => self.junction(operands, ExprKind::And),
            ast::ExprKind::Or(operands) => self.junction(operands, ExprKind::Or),
            ast::ExprKind::Binary { operator, left, right } => match comparison(*operator) {
                Some(comparison) => self.compare(comparison, left, right, expr),
                None => Err(Error::unsupported(format!("The operator '{operator}'")).at(expr.span)),
            },
            ast::ExprKind::In(operand, list) => self.membership(operand, list),
            ast::ExprKind::Negate(_) => unsupported("Negation"),
            ast::ExprKind::List(_) => unsupported("A list outside 'in'"),
            ast::ExprKind::Cast(..) => unsupported("The function 'cast'"),
            ast::ExprKind::IsOf(..) => unsupported("The function 'isof'"),
            ast::ExprKind::Case(_) => unsupported("The function 'case'"),
            ast::ExprKind::Array(_) | ast::ExprKind::Object(_) => unsupported("A JSON literal"),
        }
    }

    fn literal(&self, literal: &Literal) -> Result<Expr<'m>, Error> {
        match literal {
            Literal::Value(value) => Ok(constant(value.clone())),
            Literal::Enum { type_name, members } => {
                let model = self.scope.model;
                let name = model.unqualified(type_name).unwrap_or(type_name);
                let (id, ty) = model
                    .find_enum(name)
                    .ok_or_else(|| Error::invalid(format!("The type '{type_name}' does not exist.")))?;
                let number = ty.value_of(members).ok_or_else(|| no_member(members, type_name))?;
                Ok(Expr {
                    kind: ExprKind::Literal(Value::Integer(number)),
                    ty: Some(Type::Enum(id)),
                    nullable: false,
                })
            }
            Literal::OutOfRange { type_name, text } => {
                Err(Error::invalid(format!("The literal '{text}' is out of the range of '{type_name}'.")))
            }
            Literal::Geo { .. } => Err(Error::unsupported("A geographic literal")),
        }
    }

    fn path(&self, path: &Path, whole: &ast::Expr) -> Result<Expr<'m>, Error> {
        match &path.root {
            Root::Instance | Root::It => {}
            Root::Alias(name) if path.steps.is_empty() => return self.alias(name, whole),
            Root::Alias(_) => {
                return Err(Error::unsupported("A path behind a parameter alias").at(whole.span));
            }
            Root::This => return Err(Error::unsupported("'$this'").at(whole.span)),
            Root::Service => return Err(Error::unsupported("'$root'").at(whole.span)),
            Root::These => return Err(Error::unsupported("'$these'").at(whole.span)),
        }
        let mut properties: Vec<&'m Property> = Vec::new();
        for step in &path.steps {
            let segment = match step {
                Step::Named(segment) if segment.arguments.is_none() => segment,
                Step::Named(segment) => {
                    return Err(
                        Error::unsupported(format!("'{}' with parentheses", segment.name)).at(segment.span)
                    );
                }
                Step::Annotation { span, .. } => {
                    return Err(Error::unsupported("An annotation in an expression").at(*span));
                }
                Step::Lambda(lambda) => return Err(Error::unsupported("'any' and 'all'").at(lambda.span)),
                Step::Filter { span, .. } => {
                    return Err(Error::unsupported("'$filter' in an expression").at(*span));
                }
                Step::Aggregate { span, .. } => {
                    return Err(Error::unsupported("The function 'aggregate'").at(*span));
                }
                Step::Count { span, .. } => {
                    return Err(Error::unsupported("'$count' in an expression").at(*span));
                }
            };
            properties.push(self.step(&properties, segment)?);
        }
        let Some(last) = properties.last() else {
            return Err(Error::unsupported("'$it' by itself").at(whole.span));
        };
        Ok(Expr {
            ty: Some(last.ty.clone()),
            nullable: properties.iter().any(|property| property.nullable),
            kind: ExprKind::Property(properties),
        })
    }

    /// The property that one more name of a path leads to.
    fn step(&self, so_far: &[&'m Property], segment: &ast::Segment) -> Result<&'m Property, Error> {
        let model = self.scope.model;
        let missing = |type_name: &str| Error::property_not_found(&segment.name, type_name).at(segment.span);
        if model.unqualified(&segment.name).is_some() {
            return Err(Error::unsupported(format!("The type cast '{}'", segment.name)).at(segment.span));
        }
        match so_far.last() {
            None => {
                let entity = model.entity(self.ty);
                if entity.navigation_property(&segment.name).is_some() {
                    return Err(Error::unsupported(format!(
                        "The navigation property '{}' in an expression",
                        segment.name
                    ))
                    .at(segment.span));
                }
                entity.property(&segment.name).ok_or_else(|| missing(&model.entity_name(self.ty)))
            }
            Some(owner) => match &owner.ty {
                Type::Complex(id) => model
                    .complex(*id)
                    .property(&segment.name)
                    .ok_or_else(|| missing(&model.type_name(&owner.ty))),
                ty => Err(missing(&model.type_name(ty))),
            },
        }
    }

    /// A missing alias is null (OData URL Conventions 4.01 §5.3).
    fn alias(&self, name: &str, whole: &ast::Expr) -> Result<Expr<'m>, Error> {
        match self.scope.aliases.iter().find(|(alias, _)| alias == name) {
            // Places inside the alias mean nothing where it is used.
            Some((_, value)) => self.expr(value).map_err(|error| Error { span: Some(whole.span), ..error }),
            None => Ok(constant(Value::Null)),
        }
    }

    fn call(&self, name: &ast::Name, arguments: &[ast::Argument]) -> Result<Expr<'m>, Error> {
        let lower = name.text.to_ascii_lowercase();
        let Some(signature) = FUNCTIONS.iter().find(|signature| signature.name == lower) else {
            let known = KNOWN.contains(&lower.as_str());
            return Err(if known {
                Error::unsupported(format!("The function '{}'", name.text)).at(name.span)
            } else {
                Error::invalid(format!("The function '{}' does not exist.", name.text)).at(name.span)
            });
        };
        if arguments.len() != signature.parameters.len() {
            return Err(Error::invalid(format!(
                "The function '{}' takes {} argument(s), but {} were given.",
                signature.name,
                signature.parameters.len(),
                arguments.len()
            ))
            .at(name.span));
        }
        if arguments.iter().any(|argument| argument.name.is_some()) {
            return Err(Error::invalid(format!(
                "The function '{}' takes its arguments without names.",
                signature.name
            ))
            .at(name.span));
        }
        let mut bound = Vec::with_capacity(arguments.len());
        for (argument, parameter) in arguments.iter().zip(signature.parameters) {
            bound.push(self.coerced(&argument.value, &Type::Primitive(*parameter))?);
        }
        Ok(Expr {
            nullable: bound.iter().any(|argument| argument.nullable),
            kind: ExprKind::Call(signature.function, bound),
            ty: Some(Type::Primitive(signature.returns)),
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

    fn compare(
        &self,
        comparison: Comparison,
        left: &ast::Expr,
        right: &ast::Expr,
        whole: &ast::Expr,
    ) -> Result<Expr<'m>, Error> {
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let (left, right) = match (&left.kind, &right.kind) {
            (ExprKind::Literal(_), ExprKind::Literal(_)) => (left, right),
            (_, ExprKind::Literal(_)) => {
                let right = self.fit(right, left.ty.as_ref()).map_err(|error| error.at(whole.span))?;
                (left, right)
            }
            (ExprKind::Literal(_), _) => {
                (self.fit(left, right.ty.as_ref()).map_err(|error| error.at(whole.span))?, right)
            }
            _ => (left, right),
        };
        let against_null = left.ty.is_none() || right.ty.is_none();
        if [&left, &right].iter().any(|side| !compares(side, against_null)) {
            return Err(Error::unsupported("Comparing values of this type").at(whole.span));
        }
        if !comparable(left.ty.as_ref(), right.ty.as_ref()) {
            let name = |ty: &Option<Type>| {
                ty.as_ref().map_or("null".to_owned(), |ty| self.scope.model.type_name(ty))
            };
            return Err(Error::invalid(format!(
                "The operator in '{whole}' cannot compare '{}' with '{}'.",
                name(&left.ty),
                name(&right.ty)
            ))
            .at(whole.span));
        }
        if is_nan(&left) || is_nan(&right) {
            return Ok(constant(Value::Boolean(comparison == Comparison::Ne)));
        }
        // Written with each side twice, which conditions inside conditions would multiply beyond measure.
        let twice = matches!(comparison, Comparison::Le | Comparison::Ge) && left.nullable && right.nullable;
        if twice && (is_junction(&left) || is_junction(&right)) {
            return Err(Error::unsupported(format!("The order of conditions in '{whole}'")).at(whole.span));
        }
        let kind = ExprKind::Compare(comparison, Box::new(left), Box::new(right));
        Ok(Expr { kind, ty: Some(BOOLEAN), nullable: false })
    }

    fn membership(&self, operand: &ast::Expr, list: &ast::Expr) -> Result<Expr<'m>, Error> {
        let ast::ExprKind::List(items) = &list.kind else {
            return Err(Error::unsupported("'in' with anything but a list of literals").at(list.span));
        };
        let place = operand.span;
        let operand = self.expr(operand)?;
        let mut values = Vec::with_capacity(items.len());
        let nulls = items.iter().all(|item| item.as_value() == Some(&Value::Null));
        if !compares(&operand, nulls) {
            return Err(Error::unsupported("Comparing values of this type").at(place));
        }
        for item in items {
            let bound = self.expr(item)?;
            let bound = self.fit(bound, operand.ty.as_ref()).map_err(|error| error.at(item.span))?;
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
        Ok(Expr { kind: ExprKind::In(Box::new(operand), values), ty: Some(BOOLEAN), nullable: false })
    }

    /// An argument as the type that its parameter has.
    fn coerced(&self, expr: &ast::Expr, ty: &Type) -> Result<Expr<'m>, Error> {
        let bound = self.expr(expr)?;
        let bound = self.fit(bound, Some(ty)).map_err(|error| error.at(expr.span))?;
        if comparable(bound.ty.as_ref(), Some(ty)) {
            return Ok(bound);
        }
        Err(Error::invalid(format!(
            "'{expr}' is not of the type '{}', which is expected there.",
            self.scope.model.type_name(ty)
        ))
        .at(expr.span))
    }

    /// A literal as another type, where its text is one of that type; anything else as it is.
    fn fit(&self, expr: Expr<'m>, ty: Option<&Type>) -> Result<Expr<'m>, Error> {
        let (ExprKind::Literal(value), Some(ty)) = (&expr.kind, ty) else { return Ok(expr) };
        let unreadable = || {
            Error::invalid(format!("{value} is no value of the type '{}'.", self.scope.model.type_name(ty)))
        };
        let fitted = match (value, ty) {
            (Value::String(text), Type::Enum(id)) => {
                let number = self.scope.model.enumeration(*id).value_of(text);
                Value::Integer(number.ok_or_else(|| no_member(text, &self.scope.model.type_name(ty)))?)
            }
            (Value::String(_), Type::Primitive(Primitive::String)) => return Ok(expr),
            (Value::String(text), Type::Primitive(primitive)) => {
                Value::parse(*primitive, text).ok_or_else(unreadable)?
            }
            (Value::Guid(_), Type::Primitive(Primitive::String)) => Value::String(value.text()),
            (Value::Date(date), Type::Primitive(Primitive::DateTimeOffset)) => {
                let midnight = format!("{}T00:00:00Z", calendar::print_date(*date));
                Value::DateTimeOffset(DateTimeOffset::parse(&midnight).ok_or_else(unreadable)?)
            }
            _ => return Ok(expr),
        };
        Ok(Expr { kind: ExprKind::Literal(fitted), ty: Some(ty.clone()), nullable: false })
    }
}

/// Whether a side can be compared: opaque values with null only, and those of several columns not at all.
fn compares(side: &Expr<'_>, against_null: bool) -> bool {
    match &side.ty {
        Some(ty) if is_opaque(ty) => against_null && matches!(ty, Type::Primitive(_)),
        _ => true,
    }
}

/// NaN equals nothing, itself included (OData URL Conventions 4.01 §5.1.1.1.1); databases may take it for null.
fn is_nan(expr: &Expr<'_>) -> bool {
    matches!(&expr.kind, ExprKind::Literal(Value::Double(number)) if number.is_nan())
}

fn is_junction(expr: &Expr<'_>) -> bool {
    matches!(expr.kind, ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_))
}

/// A decimal literal as a number that compares with integers and doubles alike.
fn decimal(digits: &str) -> Value {
    let whole = digits.strip_suffix(".0").unwrap_or(digits);
    match number::integer(whole) {
        Some(integer) => Value::Integer(integer),
        None => Value::Double(number::double(digits).unwrap_or(f64::NAN)),
    }
}

fn constant(value: Value) -> Expr<'static> {
    let value = match value {
        Value::Decimal(digits) => decimal(&digits),
        other => other,
    };
    let primitive = match &value {
        Value::Null => None,
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
    Expr { nullable: primitive.is_none(), kind: ExprKind::Literal(value), ty: primitive.map(Type::Primitive) }
}

fn comparable(left: Option<&Type>, right: Option<&Type>) -> bool {
    match (left, right) {
        (None, _) | (_, None) => true,
        (Some(Type::Primitive(left)), Some(Type::Primitive(right))) => {
            left == right || (left.is_numeric() && right.is_numeric())
        }
        (Some(left), Some(right)) => left == right,
    }
}

fn comparison(operator: BinaryOperator) -> Option<Comparison> {
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

fn no_member(members: &str, type_name: &str) -> Error {
    Error::invalid(format!("'{members}' is not a member of '{type_name}'."))
}
