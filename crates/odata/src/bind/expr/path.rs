//! Paths in expressions: properties, navigation, type casts, `any`, `all`, `$count` and parameter aliases.
//!
//! A path is walked name by name. What it has walked over so far is a [`Walk`]; it ends as a value of an instance, as
//! an instance, or as a collection that a test or a number is made of.
//! Specification: OData URL Conventions 4.01 §5.1.1.13 (lambda), §5.1.1.14 (path expressions), §5.3 (aliases).

use super::{BOOLEAN, Binder, Named, constant};
use crate::bind::key::key_predicate;
use crate::bind::options::Scope;
use crate::error::{Error, Span};
use crate::model::{Model, NavigationProperty, Primitive, Property, Type};
use crate::query::{Expr, ExprKind, Path, Step, TextSearch, Variable};
use crate::syntax::ast::{self, Lambda, Options, Quantifier, Root, Segment};
use crate::value::Value;

/// The most navigation properties in one path: each is a table in one statement.
const MAX_STEPS: usize = 16;

/// How far a path has been walked.
#[derive(Clone)]
struct Walk<'m> {
    path: Path<'m>,
    /// Of what it has come to; a collection where that is one.
    ty: Type,
    nullable: bool,
}

impl<'m> Binder<'_, 'm> {
    pub(super) fn path(&self, path: &ast::Path, whole: &ast::Expr) -> Result<Expr<'m>, Error> {
        if let (Root::Alias(name), []) = (&path.root, path.steps.as_slice()) {
            return self.alias(name, whole);
        }
        if let Some((named, rest)) = self.named(path) {
            return match rest {
                [] => {
                    self.budget.take(&named.expr, whole.span)?;
                    Ok(named.expr.clone())
                }
                _ => Err(Error::unsupported("A path behind a computed name").at(whole.span)),
            };
        }
        let (mut walk, rest) = self.begin(path, whole)?;
        for step in rest {
            match step {
                ast::Step::Named(segment) => self.go(&mut walk, segment)?,
                ast::Step::Filter { condition, key, span } => {
                    self.filter(&mut walk, condition, *span)?;
                    if let (Some(key), Type::Collection(element)) = (key, walk.ty.clone())
                        && let Type::Entity(id) = *element
                    {
                        let segment =
                            Segment { name: "$filter".to_owned(), arguments: None, key: None, span: *span };
                        let key = key_predicate(&self.scope, id, &segment, key)?;
                        if let Some(step) = walk.path.steps.last_mut() {
                            step.key = key;
                        }
                        (walk.ty, walk.nullable) = (Type::Entity(id), true);
                    }
                }
                ast::Step::Lambda(lambda) => return self.lambda(walk, lambda),
                ast::Step::Count { options, span } => return self.count(walk, options.as_deref(), *span),
                ast::Step::Annotation { span, .. } => {
                    return Err(Error::unsupported("An annotation in an expression").at(*span));
                }
                ast::Step::Aggregate { .. } => {
                    return Err(Error::unsupported("'aggregate' in an expression").at(step.span()));
                }
            }
        }
        let nullable = walk.nullable;
        Ok(Expr { ty: Some(walk.ty), nullable, kind: ExprKind::Property(walk.path) })
    }

    /// The collection at the end of a path, a variable for its members, and the type of one.
    pub(in crate::bind) fn collection(&self, expr: &ast::Expr) -> Result<(Path<'m>, Variable, Type), Error> {
        let bound = self.expr(expr)?;
        match (bound.kind, bound.ty) {
            (ExprKind::Property(path), Some(Type::Collection(element))) => {
                let nullable = bound.nullable;
                let walk = Walk { path, ty: Type::Collection(element), nullable };
                let (path, element) = into_members(walk, expr.span, self.scope.model)?;
                Ok((path, self.fresh(), element))
            }
            _ => Err(Error::invalid(format!("'{expr}' is no collection.")).at(expr.span)),
        }
    }

    /// A computed name that the path begins with, and what is behind it.
    fn named<'p>(&self, path: &'p ast::Path) -> Option<(&Named<'m>, &'p [ast::Step])> {
        let from_it = match path.root {
            Root::It => true,
            Root::Instance => self.implicit.0 == Variable::IT,
            _ => false,
        };
        if !from_it || self.subject.named.is_empty() {
            return None;
        }
        if path.root == Root::Instance
            && path.steps.first().and_then(name_of).is_some_and(|name| self.variable(name).is_some())
        {
            return None;
        }
        let names: Vec<&str> = path.steps.iter().map_while(name_of).collect();
        let fits = |named: &&Named<'m>| {
            named.path.len() <= names.len() && named.path.iter().zip(&names).all(|(one, other)| one == other)
        };
        let named = self.subject.named.iter().filter(fits).max_by_key(|named| named.path.len())?;
        Some((named, path.steps.get(named.path.len()..).unwrap_or_default()))
    }

    fn variable(&self, name: &str) -> Option<(Variable, &Type)> {
        let found = self.lambdas.iter().rev().find(|(variable, ..)| variable == name)?;
        Some((found.1, &found.2))
    }

    /// Where a path begins, and the steps that are left.
    fn begin<'p>(
        &self,
        path: &'p ast::Path,
        whole: &ast::Expr,
    ) -> Result<(Walk<'m>, &'p [ast::Step]), Error> {
        let at = |variable: Variable, ty: Option<&Type>| {
            let ty = ty.cloned().ok_or_else(|| self.no_instance(path, whole))?;
            // A member of a collection may be null, an entity that is listed may not.
            let nullable = !matches!(ty, Type::Entity(_));
            Ok(Walk { path: Path::at(variable), ty, nullable })
        };
        let steps = path.steps.as_slice();
        match &path.root {
            Root::Instance => {
                if let Some(ast::Step::Named(Segment { name, arguments: None, .. })) = steps.first()
                    && let Some((variable, ty)) = self.variable(name)
                {
                    return Ok((at(variable, Some(ty))?, steps.get(1..).unwrap_or_default()));
                }
                Ok((at(self.implicit.0, self.implicit.1.as_ref())?, steps))
            }
            Root::It if self.scope.nested => {
                Err(Error::unsupported("'$it' inside other options").at(whole.span))
            }
            Root::It => Ok((at(Variable::IT, self.subject.ty.as_ref())?, steps)),
            Root::This => Ok((at(self.implicit.0, self.implicit.1.as_ref())?, steps)),
            Root::Alias(_) => Err(Error::unsupported("A path behind a parameter alias").at(whole.span)),
            Root::Service => Err(Error::unsupported("'$root'").at(whole.span)),
            Root::These => Err(Error::unsupported("'$these'").at(whole.span)),
        }
    }

    fn no_instance(&self, path: &ast::Path, whole: &ast::Expr) -> Error {
        let name = path.steps.first().and_then(name_of).unwrap_or_default();
        Error::property_not_found(name, "the result of $apply").at(whole.span)
    }

    /// Goes one name on.
    fn go(&self, walk: &mut Walk<'m>, segment: &Segment) -> Result<(), Error> {
        let model = self.scope.model;
        let missing = |ty: &Type| Err(self.scope.no_name(ty, &segment.name).at(segment.span));
        if model.unqualified(&segment.name).is_some() {
            return self.narrow(walk, segment);
        }
        match &walk.ty {
            Type::Entity(id) => {
                let ty = model.entity(*id);
                if let Some(navigation) = ty.navigation_property(&segment.name) {
                    return self.navigate(walk, navigation, segment);
                }
                match ty.property(&segment.name) {
                    Some(property) => take(walk, property, segment),
                    None => missing(&walk.ty),
                }
            }
            Type::Complex(id) => match model.complex(*id).property(&segment.name) {
                Some(property) => take(walk, property, segment),
                None => missing(&walk.ty),
            },
            Type::Collection(_) => Err(Error::invalid(format!(
                "'{}' stands behind a collection; 'any', 'all' or '$count' is expected there.",
                segment.name
            ))
            .at(segment.span)),
            ty => missing(ty),
        }
    }

    fn navigate(
        &self,
        walk: &mut Walk<'m>,
        navigation: &'m NavigationProperty,
        segment: &Segment,
    ) -> Result<(), Error> {
        if walk.path.steps.len() == MAX_STEPS {
            return Err(Error::too_complex(format_args!(
                "a path leads along more than {MAX_STEPS} navigation properties"
            ))
            .at(segment.span));
        }
        let key = match &segment.arguments {
            Some(arguments) if navigation.collection => {
                key_predicate(&self.scope, navigation.target, segment, arguments)?
            }
            Some(_) => return Err(Error::segment_not_found(&segment.name).at(segment.span)),
            None => Vec::new(),
        };
        let step = Step { key, within: std::mem::take(&mut walk.path.properties), ..Step::along(navigation) };
        walk.ty = if step.is_collection() { step.ty.clone().collection() } else { step.ty.clone() };
        // One that is not there has no properties.
        walk.nullable = true;
        walk.path.steps.push(step);
        Ok(())
    }

    /// A type name in a path: only instances of that type are meant.
    fn narrow(&self, walk: &mut Walk<'m>, segment: &Segment) -> Result<(), Error> {
        let model = self.scope.model;
        let ty = model.find_type(&segment.name).filter(|_| segment.arguments.is_none());
        let Some(ty) = ty else {
            let known = model.operations.iter().any(|operation| model.is_called(operation, &segment.name));
            return Err(if known {
                Error::unsupported(format!("The function '{}'", segment.name)).at(segment.span)
            } else {
                Error::property_not_found(&segment.name, &model.type_name(&walk.ty)).at(segment.span)
            });
        };
        let element = walk.ty.element();
        if !model.extends(&ty, element) && !model.extends(element, &ty) {
            return Err(Error::invalid(format!(
                "'{}' is not related to the type '{}'.",
                segment.name,
                model.type_name(element)
            ))
            .at(segment.span));
        }
        let is_collection = matches!(walk.ty, Type::Collection(_));
        if walk.path.properties.is_empty()
            && let Some(step) = walk.path.steps.last_mut()
        {
            step.is_cast = true;
            step.ty = ty.clone();
        } else if is_collection {
            return Err(Error::unsupported("A type cast behind a collection property").at(segment.span));
        }
        walk.ty = if is_collection { ty.collection() } else { ty };
        walk.nullable = true;
        Ok(())
    }

    fn filter(&self, walk: &mut Walk<'m>, condition: &ast::Expr, span: Span) -> Result<(), Error> {
        let (path, element) = into_members(walk.clone(), span, self.scope.model)?;
        let scope = Scope { nested: true, ..self.scope };
        let condition = scope.condition(&element, &[], condition)?;
        walk.path = path;
        walk.ty = element.collection();
        if let Some(step) = walk.path.steps.last_mut() {
            if step.filter.is_some() {
                return Err(Error::unsupported("More than one '$filter' in a path").at(span));
            }
            step.filter = Some(Box::new(condition));
        }
        Ok(())
    }

    fn lambda(&self, walk: Walk<'m>, lambda: &Lambda) -> Result<Expr<'m>, Error> {
        let (path, element) = into_members(walk, lambda.span, self.scope.model)?;
        let variable = self.fresh();
        let predicate = match &lambda.predicate {
            Some((name, predicate)) => {
                let mut lambdas = self.lambdas.clone();
                lambdas.push((name.text.clone(), variable, element));
                let inner = Binder { lambdas, implicit: self.implicit.clone(), ..*self };
                Some(Box::new(inner.boolean(predicate)?))
            }
            None => None,
        };
        let kind = match (lambda.quantifier, predicate) {
            (Quantifier::Any, predicate) => ExprKind::Any(path, variable, predicate),
            (Quantifier::All, Some(predicate)) => ExprKind::All(path, variable, predicate),
            (Quantifier::All, None) => {
                return Err(Error::invalid("'all' needs a condition.").at(lambda.span));
            }
        };
        Ok(Expr { kind, ty: Some(BOOLEAN), nullable: false })
    }

    fn count(&self, walk: Walk<'m>, options: Option<&Options>, span: Span) -> Result<Expr<'m>, Error> {
        let (path, element) = into_members(walk, span, self.scope.model)?;
        let variable = self.fresh();
        let filter = options.and_then(|options| options.filter.as_ref());
        let filter = match filter {
            Some(filter) => {
                let implicit = (variable, Some(element.clone()));
                let inner = Binder { implicit, lambdas: self.lambdas.clone(), ..*self };
                Some(Box::new(inner.boolean(filter)?))
            }
            None => None,
        };
        let search = match options.and_then(|options| options.search.as_ref()) {
            Some(terms) => Some(Box::new(self.scope.text_search(&element, terms)?)),
            None => None,
        };
        let kind = ExprKind::Count(path, variable, filter, search);
        Ok(Expr { kind, ty: Some(Type::Primitive(Primitive::Int64)), nullable: false })
    }

    /// `Products('k')` by itself: the entity of that key.
    pub(super) fn keyed(
        &self,
        name: &ast::Name,
        arguments: &[ast::Argument],
        whole: &ast::Expr,
    ) -> Result<Option<Expr<'m>>, Error> {
        let Some(Type::Entity(id)) = &self.implicit.1 else { return Ok(None) };
        if self.scope.model.entity(*id).navigation_property(&name.text).is_none() {
            return Ok(None);
        }
        let segment = Segment {
            name: name.text.clone(),
            arguments: Some(arguments.to_vec()),
            key: None,
            span: name.span,
        };
        let path = ast::Path { root: Root::Instance, steps: vec![ast::Step::Named(segment)] };
        self.path(&path, whole).map(Some)
    }

    /// A missing alias is null (OData URL Conventions 4.01 §5.3).
    fn alias(&self, name: &str, whole: &ast::Expr) -> Result<Expr<'m>, Error> {
        match self.alias_value(name) {
            // Places inside the alias mean nothing where it is used.
            Some(value) => self.expr(value).map_err(|error| Error { span: Some(whole.span), ..error }),
            None => Ok(constant(Value::Null)),
        }
    }

    pub(super) fn alias_value(&self, name: &str) -> Option<&ast::Expr> {
        self.scope.aliases.iter().find(|(alias, _)| alias == name).map(|(_, value)| value)
    }
}

impl<'m> super::Scope<'_, 'm> {
    /// `$search` in instances of a type.
    pub fn text_search(&self, ty: &Type, terms: &ast::Search) -> Result<TextSearch<'m>, Error> {
        let properties = match ty {
            Type::Entity(id) => &self.model.entity(*id).properties,
            Type::Complex(id) => &self.model.complex(*id).properties,
            _ => {
                return Err(
                    Error::unsupported("'$search' in values that are no entities").in_target("$search")
                );
            }
        };
        let within: Vec<&'m Property> = properties.iter().filter(|property| property.searchable).collect();
        if within.is_empty() {
            let name = self.model.type_name(ty);
            return Err(Error::unsupported(format!("'$search' in '{name}'")).in_target("$search"));
        }
        Ok(TextSearch { terms: terms.clone(), ty: ty.clone(), within })
    }
}

/// A property of what the walk has come to.
fn take<'m>(walk: &mut Walk<'m>, property: &'m Property, segment: &Segment) -> Result<(), Error> {
    if segment.arguments.is_some() {
        return Err(Error::unsupported(format!("'{}' with parentheses", segment.name)).at(segment.span));
    }
    walk.path.properties.push(property);
    walk.ty = property.ty.clone();
    walk.nullable = walk.nullable || property.nullable;
    Ok(())
}

/// A walk to a collection as steps, the last to its members.
fn into_members<'m>(mut walk: Walk<'m>, span: Span, model: &Model) -> Result<(Path<'m>, Type), Error> {
    let Type::Collection(element) = walk.ty else {
        return Err(Error::invalid(format!(
            "A collection is expected before '/', but there is a value of the type '{}'.",
            model.type_name(&walk.ty)
        ))
        .at(span));
    };
    if let Some(property) = walk.path.properties.pop() {
        let within = std::mem::take(&mut walk.path.properties);
        walk.path.steps.push(Step::into_members(within, property));
    }
    Ok((walk.path, *element))
}

fn name_of(step: &ast::Step) -> Option<&str> {
    match step {
        ast::Step::Named(Segment { name, arguments: None, .. }) => Some(name),
        _ => None,
    }
}
