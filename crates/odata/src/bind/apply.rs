//! `$apply` → stages, and what later options may name.
//!
//! Names given by `compute`, `aggregate` and `groupby` become numbered columns; what a client calls them is kept in
//! the [`Subject`]. Inside `groupby` every stage works on each group by itself: the columns that are grouped by go
//! along as `within`.
//! Specification: OData Extension for Data Aggregation 4.0, 3.

use super::expr::{Named, Subject, result_type};
use super::options::Scope;
use crate::error::{Error, Span};
use crate::model::{Primitive, Type};
use crate::query::{Aggregate, Column, Expr, ExprKind, Method, Order, Stage};
use crate::syntax::ast::{
    self, AggregateExpr, AggregateItem, GroupKey, Name, Segment, Transformation, TransformationKind,
};
use crate::value::Value;

/// What `$apply` comes to: its stages, what options behind it may name, and the order it left the rows in.
pub(super) struct Applied<'m> {
    pub stages: Vec<Stage<'m>>,
    pub subject: Subject<'m>,
    pub order: Vec<Order<'m>>,
}

/// The most stages and columns of one `$apply`.
const MAX_COLUMNS: usize = 256;
/// The most sequences of one `concat`.
const MAX_BRANCHES: usize = 32;

#[derive(Clone)]
struct Pipeline<'m> {
    stages: Vec<Stage<'m>>,
    subject: Subject<'m>,
    order: Vec<Order<'m>>,
    /// What is grouped by around here: names and their columns.
    keys: Vec<(Named<'m>, usize)>,
    next: usize,
}

impl<'m> Scope<'_, 'm> {
    /// Binds the transformations on a collection of instances of a type.
    pub(super) fn apply(&self, ty: &Type, transformations: &[Transformation]) -> Result<Applied<'m>, Error> {
        let mut pipeline = Pipeline {
            stages: Vec::new(),
            subject: Subject::of(ty),
            order: Vec::new(),
            keys: Vec::new(),
            next: 0,
        };
        self.transform_all(&mut pipeline, transformations)?;
        Ok(Applied { stages: pipeline.stages, subject: pipeline.subject, order: pipeline.order })
    }

    fn transform_all(&self, to: &mut Pipeline<'m>, all: &[Transformation]) -> Result<(), Error> {
        for one in all {
            self.transform(to, one).map_err(|error| error.at(one.span))?;
            if to.next > MAX_COLUMNS || to.stages.len() > MAX_COLUMNS {
                return Err(Error::too_complex(format_args!("$apply makes more than {MAX_COLUMNS} columns")));
            }
        }
        Ok(())
    }

    fn transform(&self, to: &mut Pipeline<'m>, one: &Transformation) -> Result<(), Error> {
        match &one.kind {
            TransformationKind::Identity => {}
            TransformationKind::Filter(condition) => {
                let condition = self.holds(&to.subject, condition)?;
                to.stages.push(Stage::Filter(condition));
            }
            TransformationKind::Search(terms) => {
                let ty =
                    to.subject.ty.clone().ok_or_else(|| Error::unsupported("'search' behind a grouping"))?;
                to.stages.push(Stage::Search(self.text_search(&ty, terms)?));
            }
            TransformationKind::Compute(items) => {
                let mut columns = Vec::with_capacity(items.len());
                let mut named = Vec::with_capacity(items.len());
                for item in items {
                    let expr = self.value(&to.subject, &item.expr)?;
                    self.free_name(&to.subject, &item.alias).map_err(|error| error.at(item.span))?;
                    named.push(to.name(vec![item.alias.clone()], &expr));
                    columns.push(Column { number: to.next - 1, expr });
                }
                to.subject.named.extend(named);
                to.stages.push(Stage::Compute(columns));
            }
            TransformationKind::OrderBy(items) => to.order = self.order_items(&to.subject, items)?,
            TransformationKind::Skip(skip) => self.part(to, *skip, None),
            TransformationKind::Top(top) => self.part(to, 0, Some(*top)),
            TransformationKind::Aggregate(items) => self.aggregate(to, items)?,
            TransformationKind::GroupBy { keys, then } => self.group(to, keys, then)?,
            TransformationKind::Concat(branches) => self.concat(to, branches)?,
            TransformationKind::Extreme { method, limit, by } => {
                let limit = self.value(&to.subject, limit)?;
                let positive = match limit.as_literal() {
                    Some(Value::Integer(number)) => *number >= 0,
                    Some(Value::Double(number)) => *number >= 0.0,
                    Some(Value::Decimal(digits)) => !digits.starts_with('-'),
                    _ => false,
                };
                if !positive {
                    return Err(Error::invalid(format!(
                        "The first argument of '{}' must be a number that is not negative.",
                        method.name()
                    )));
                }
                let by = self.sortable(&to.subject, by)?;
                let descending = method.name().starts_with("top");
                let mut order = vec![Order { expr: by, descending }];
                self.completed(&to.subject, &to.stages, &mut order);
                let within = to.within();
                to.stages.push(Stage::Extreme { within, method: *method, limit, order });
            }
            TransformationKind::Join { outer: true, .. } => {
                return Err(Error::unsupported("The transformation 'outerjoin'"));
            }
            TransformationKind::Join { .. } => return Err(Error::unsupported("The transformation 'join'")),
            TransformationKind::Nest { path: None, .. } => {
                return Err(Error::unsupported("The transformation 'nest'"));
            }
            TransformationKind::Nest { .. } => {
                return Err(Error::unsupported("The transformation 'addnested'"));
            }
            TransformationKind::Ancestors(_) => {
                return Err(Error::unsupported("The transformation 'ancestors'"));
            }
            TransformationKind::Descendants(_) => {
                return Err(Error::unsupported("The transformation 'descendants'"));
            }
            TransformationKind::Traverse { .. } => {
                return Err(Error::unsupported("The transformation 'traverse'"));
            }
            TransformationKind::Function { name, .. } => {
                return Err(Error::unsupported(format!("The function '{}'", name.text)));
            }
        }
        Ok(())
    }

    /// `skip` and `top`, in the order that was said before.
    fn part(&self, to: &mut Pipeline<'m>, skip: u64, top: Option<u64>) {
        let mut order = to.order.clone();
        self.completed(&to.subject, &to.stages, &mut order);
        let within = to.within();
        to.stages.push(Stage::Part { within, order, skip, top });
    }

    fn group(&self, to: &mut Pipeline<'m>, keys: &[GroupKey], then: &[Transformation]) -> Result<(), Error> {
        let around = to.keys.clone();
        let mut columns = Vec::with_capacity(keys.len());
        for key in keys {
            let GroupKey::Path(path) = key else { return Err(Error::unsupported("'rollup'")) };
            let expr = self.value(&to.subject, &path_expr(path))?;
            let span = path.first().map(|name| name.span).unwrap_or_default();
            if !matches!(expr.ty, Some(Type::Primitive(_) | Type::Enum(_))) {
                return Err(Error::unsupported("Grouping by anything but a primitive value").at(span));
            }
            let spelled = match &expr.kind {
                ExprKind::Property(found) => found
                    .steps
                    .iter()
                    .flat_map(|step| {
                        step.within.iter().map(|one| one.name.clone()).chain([step.name().to_owned()])
                    })
                    .chain(found.properties.iter().map(|property| property.name.clone()))
                    .collect(),
                _ => path.iter().map(|name| name.text.clone()).collect(),
            };
            let named = to.name(spelled, &expr);
            let number = to.next - 1;
            columns.push(Column { number, expr });
            to.keys.push((named, number));
        }
        to.stages.push(Stage::Compute(columns));
        if then.is_empty() {
            to.collapse(Vec::new(), Vec::new());
        } else {
            self.transform_all(to, then)?;
        }
        to.keys = around;
        Ok(())
    }

    fn aggregate(&self, to: &mut Pipeline<'m>, items: &[AggregateItem]) -> Result<(), Error> {
        let (mut aggregates, mut named) = (Vec::new(), Vec::<Named<'m>>::new());
        for item in items {
            let Some(alias) = &item.alias else {
                return Err(Error::unsupported("A custom aggregate").at(item.span));
            };
            let taken = |one: &Named<'m>| one.path.first() == Some(&alias.text);
            if named.iter().any(taken) || to.keys.iter().any(|(key, _)| taken(key)) {
                return Err(Error::invalid(format!("There is a property called '{}' already.", alias.text))
                    .at(alias.span));
            }
            let (method, expr, ty) = self.aggregated(&to.subject, item)?;
            let whole = Expr { kind: ExprKind::Column(0), nullable: method != Method::Count, ty: Some(ty) };
            named.push(to.name(vec![alias.text.clone()], &whole));
            aggregates.push(Aggregate { number: to.next - 1, method, expr });
        }
        to.collapse(aggregates, named);
        Ok(())
    }

    /// The method, what it is applied to and the type of what comes out.
    fn aggregated(
        &self,
        subject: &Subject<'m>,
        item: &AggregateItem,
    ) -> Result<(Method, Option<Expr<'m>>, Type), Error> {
        let int64 = Type::Primitive(Primitive::Int64);
        let (expr, method, from) = match &item.expr {
            AggregateExpr::Count { path, from } if path.is_empty() && from.is_empty() => {
                return Ok((Method::Count, None, int64));
            }
            AggregateExpr::Count { path, from } => {
                let span = path.first().map_or(item.span, |name| name.span);
                let mut counted = path_expr(path);
                if let ast::ExprKind::Path(path) = &mut counted.kind {
                    path.steps.push(ast::Step::Count { options: None, span });
                }
                (self.value(subject, &counted)?, "sum", from)
            }
            AggregateExpr::With { expr, method, from } => {
                (self.value(subject, expr)?, method.text.as_str(), from)
            }
            AggregateExpr::Custom { .. } => {
                return Err(Error::unsupported("A custom aggregate").at(item.span));
            }
        };
        if !from.is_empty() {
            return Err(Error::unsupported("'from' in an aggregate").at(item.span));
        }
        let primitive = match &expr.ty {
            Some(Type::Primitive(primitive)) => Some(*primitive),
            _ => None,
        };
        let numeric = primitive.filter(|primitive| primitive.is_numeric());
        let not_numeric =
            || Error::invalid(format!("The aggregation method '{method}' takes numbers.")).at(item.span);
        let (method, ty) = match method.to_ascii_lowercase().as_str() {
            "sum" => {
                let wide = match numeric.ok_or_else(not_numeric)? {
                    Primitive::Decimal => Primitive::Decimal,
                    Primitive::Double | Primitive::Single => Primitive::Double,
                    _ => Primitive::Int64,
                };
                (Method::Sum, Type::Primitive(wide))
            }
            "average" => {
                let wide = match numeric.ok_or_else(not_numeric)? {
                    Primitive::Decimal => Primitive::Decimal,
                    _ => Primitive::Double,
                };
                (Method::Average, Type::Primitive(wide))
            }
            "min" | "max" => {
                let ty = match &expr.ty {
                    Some(ty @ (Type::Primitive(_) | Type::Enum(_))) => ty.clone(),
                    _ => return Err(Error::unsupported("'min' and 'max' of such values").at(item.span)),
                };
                (if method.eq_ignore_ascii_case("min") { Method::Min } else { Method::Max }, ty)
            }
            "countdistinct" => {
                if !matches!(expr.ty, Some(Type::Primitive(_) | Type::Enum(_))) {
                    return Err(Error::unsupported("'countdistinct' of such values").at(item.span));
                }
                (Method::CountDistinct, int64)
            }
            _ => {
                return Err(Error::unsupported(format!("The aggregation method '{method}'")).at(item.span));
            }
        };
        Ok((method, Some(expr), ty))
    }

    fn concat(&self, to: &mut Pipeline<'m>, branches: &[Vec<Transformation>]) -> Result<(), Error> {
        if branches.len() > MAX_BRANCHES {
            return Err(Error::too_complex(format_args!("'concat' has more than {MAX_BRANCHES} sequences")));
        }
        let mut done = Vec::with_capacity(branches.len());
        for transformations in branches {
            let mut branch = Pipeline { stages: Vec::new(), order: Vec::new(), ..to.clone() };
            self.transform_all(&mut branch, transformations)?;
            to.next = branch.next;
            done.push(branch);
        }
        let mut shared: Vec<Named<'m>> = Vec::new();
        let mut numbers: Vec<usize> = Vec::new();
        let mut parts = Vec::with_capacity(done.len());
        for mut branch in done {
            let mut named = std::mem::take(&mut branch.subject.named);
            if let Some(Type::Entity(id)) = &branch.subject.ty {
                // Beside rows of columns an instance is a row of columns, too.
                let properties = self.model.entity(*id).properties.iter();
                let properties = properties.map(|property| Named {
                    path: vec![property.name.clone()],
                    expr: Expr::property(property),
                });
                named = properties.chain(named).collect();
            }
            let (mut columns, mut own) = (Vec::new(), Vec::new());
            for one in named {
                let place = match shared.iter().position(|other| other.path == one.path) {
                    Some(place) => {
                        widen(&mut shared, place, &one)?;
                        place
                    }
                    None => {
                        let name = to.name(one.path, &Expr { nullable: true, ..one.expr.clone() });
                        numbers.push(to.next - 1);
                        shared.push(name);
                        shared.len() - 1
                    }
                };
                if let Some(number) = numbers.get(place) {
                    own.push(*number);
                    columns.push(Column { number: *number, expr: one.expr });
                }
            }
            parts.push((branch.stages, own, columns));
        }
        let parts = parts.into_iter().map(|(mut stages, own, columns)| {
            let of = |number: usize| {
                let place = numbers.iter().position(|other| *other == number);
                place.and_then(|place| shared.get(place)).and_then(|name| name.expr.ty.clone())
            };
            let columns = columns.into_iter().map(|column| match of(column.number) {
                Some(ty) => Column { expr: cast_to(column.expr, ty), ..column },
                None => column,
            });
            stages.push(Stage::Compute(columns.collect()));
            (stages, own)
        });
        let parts = parts.collect();
        let branch = to.next;
        to.next += 1;
        to.stages.push(Stage::Concat { branches: parts, columns: numbers, branch });
        to.subject = Subject { ty: None, named: shared };
        to.order = Vec::new();
        Ok(())
    }
}

/// Gives a name that several sequences have the wider type of the two.
fn widen<'m>(shared: &mut [Named<'m>], place: usize, other: &Named<'m>) -> Result<(), Error> {
    let Some(known) = shared.get_mut(place) else { return Ok(()) };
    known.expr.ty = match (known.expr.ty.take(), &other.expr.ty) {
        (None, ty) => ty.clone(),
        (ty, None) => ty,
        (Some(Type::Primitive(one)), Some(Type::Primitive(another)))
            if one != *another && one.is_numeric() && another.is_numeric() =>
        {
            Some(Type::Primitive(result_type(one, *another)))
        }
        (Some(one), Some(another)) if one == *another => Some(one),
        _ => {
            let name = other.path.join("/");
            return Err(Error::invalid(format!(
                "The sequences of 'concat' have '{name}' of different types."
            )));
        }
    };
    Ok(())
}

fn cast_to(expr: Expr<'_>, ty: Type) -> Expr<'_> {
    match &expr.ty {
        Some(own) if *own != ty => {
            Expr { nullable: expr.nullable, kind: ExprKind::Cast(Box::new(expr), ty.clone()), ty: Some(ty) }
        }
        _ => expr,
    }
}

impl<'m> Pipeline<'m> {
    /// A name for a new column with this value.
    fn name(&mut self, path: Vec<String>, value: &Expr<'m>) -> Named<'m> {
        let kind = ExprKind::Column(self.next);
        self.next += 1;
        Named { path, expr: Expr { kind, ty: value.ty.clone(), nullable: value.nullable } }
    }

    fn within(&self) -> Vec<usize> {
        self.keys.iter().map(|(_, number)| *number).collect()
    }

    /// Instances become groups.
    fn collapse(&mut self, aggregates: Vec<Aggregate<'m>>, named: Vec<Named<'m>>) {
        self.stages.push(Stage::Group { by: self.within(), aggregates });
        let keys = self.keys.iter().map(|(key, _)| key.clone());
        self.subject = Subject { ty: None, named: keys.chain(named).collect() };
        self.order = Vec::new();
    }
}

/// Names between slashes as an expression.
fn path_expr(path: &[Name]) -> ast::Expr {
    let steps = path.iter().map(|name| {
        ast::Step::Named(Segment { name: name.text.clone(), arguments: None, key: None, span: name.span })
    });
    let span = path.iter().map(|name| name.span).reduce(Span::to).unwrap_or_default();
    let path = ast::Path { root: ast::Root::Instance, steps: steps.collect() };
    ast::Expr::new(ast::ExprKind::Path(path), span)
}
