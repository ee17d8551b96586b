//! `$apply`: paths of three flavours, and what may be aggregated.
//!
//! Specification: OData aggregation ABNF, section 2 "System Query Option $apply".

use crate::error::Error;

use super::{FUNCTIONS, Kind, Names, PROPERTIES, advance, misplaced, push, slashed};
use crate::syntax::ast::{
    AggregateExpr, AggregateFrom, Expr, ExprKind, GroupKey, Hierarchy, Name, Path, Relatives, Rollup, Root,
    Segment, Step, Transformation, TransformationKind,
};

/// What a path of names stands for so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Along {
    /// Nothing but a cast at its start.
    Start,
    /// Something of this kind, which a cast may follow.
    Of(Kind),
    /// The same behind a cast, which is not repeated.
    Cast(Kind),
}

/// What the segments of a path may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavor {
    /// In `aggregate`: anything.
    Any,
    /// In `groupby`: single values.
    Single,
    /// In `addnested`: no entities, but at the end.
    Nested,
}

impl Names<'_> {
    /// Checks the names in transformations.
    pub fn transformations(&self, all: &[Transformation]) -> Result<(), Error> {
        all.iter().try_for_each(|one| self.transformation(one))
    }

    fn transformation(&self, transformation: &Transformation) -> Result<(), Error> {
        match &transformation.kind {
            TransformationKind::Identity
            | TransformationKind::Search(_)
            | TransformationKind::Skip(_)
            | TransformationKind::Top(_) => Ok(()),
            TransformationKind::Filter(condition) => self.expr(condition),
            TransformationKind::Compute(items) => items.iter().try_for_each(|item| {
                self.expr(&item.expr)?;
                let alias = Name { text: item.alias.clone(), span: item.span };
                self.alias(&alias)
            }),
            TransformationKind::OrderBy(items) => items.iter().try_for_each(|item| self.expr(&item.expr)),
            TransformationKind::Aggregate(items) => items.iter().try_for_each(|item| {
                self.aggregate(&item.expr)?;
                item.alias.iter().try_for_each(|alias| self.alias(alias))
            }),
            TransformationKind::GroupBy { keys, then } => {
                keys.iter().try_for_each(|key| self.group_key(key))?;
                self.transformations(then)
            }
            TransformationKind::Concat(sequences) => {
                sequences.iter().try_for_each(|sequence| self.transformations(sequence))
            }
            TransformationKind::Extreme { limit, by, .. } => {
                self.expr(limit)?;
                self.expr(by)
            }
            TransformationKind::Join { path, alias, then, .. } => {
                self.join(path)?;
                self.alias(alias)?;
                self.transformations(then)
            }
            TransformationKind::Nest { path, nested } => {
                path.iter().try_for_each(|path| self.nest(path))?;
                nested.iter().try_for_each(|item| {
                    self.transformations(&item.then)?;
                    self.alias(&item.alias)
                })
            }
            TransformationKind::Ancestors(relatives) | TransformationKind::Descendants(relatives) => {
                let Relatives { hierarchy, start, .. } = relatives;
                self.hierarchy(hierarchy)?;
                self.transformations(start)
            }
            TransformationKind::Traverse { hierarchy, start, orderby, .. } => {
                self.hierarchy(hierarchy)?;
                self.transformations(start)?;
                orderby.iter().try_for_each(|item| self.expr(&item.expr))
            }
            TransformationKind::Function { name, arguments } => {
                arguments.iter().try_for_each(|argument| self.expr(&argument.value))?;
                let kinds = self.qualified_kinds(FUNCTIONS, &name.text);
                match kinds.into_iter().any(Kind::is_collection) && self.are_parameters(arguments) {
                    true => Ok(()),
                    false => Err(misplaced(&name.text, "a function of a collection", name.span)),
                }
            }
        }
    }

    fn alias(&self, alias: &Name) -> Result<(), Error> {
        match self.is("expressionAlias", &alias.text) {
            true => Ok(()),
            false => Err(misplaced(&alias.text, "an alias", alias.span)),
        }
    }

    /// Checks an aggregate, in the transformation or behind a slash.
    pub(super) fn aggregate(&self, aggregate: &AggregateExpr) -> Result<(), Error> {
        let from = match aggregate {
            AggregateExpr::Count { path, from } => {
                if !path.is_empty() && self.along(path, Flavor::Any).is_empty() {
                    return Err(wrong(path, "a path to what can be counted"));
                }
                from
            }
            AggregateExpr::With { expr, method, from } => {
                let is_path = names(expr).is_some_and(|path| self.takes_path(&path, &method.text));
                if !is_path {
                    self.expr(expr)?;
                }
                if let Some((namespace, _)) = method.text.rsplit_once('.')
                    && !self.is_namespace(namespace)
                {
                    return Err(misplaced(&method.text, "an aggregation method", method.span));
                }
                from
            }
            AggregateExpr::Custom { path, from } => {
                let is_custom = match path.split_last() {
                    Some((last, [])) => self.is("customAggregate", &last.text),
                    Some((last, prefix)) => {
                        let leads =
                            |place: &Along| !matches!(place, Along::Of(Kind::Primitive | Kind::Stream));
                        self.is("customAggregate", &last.text)
                            && self.along(prefix, Flavor::Any).iter().any(leads)
                    }
                    None => false,
                };
                if !is_custom {
                    return Err(wrong(path, "a custom aggregate"));
                }
                from
            }
        };
        from.iter().flat_map(|AggregateFrom { keys, .. }| keys).try_for_each(|key| self.grouping(key))
    }

    /// Whether the method takes what the path leads to: values, or instances if it can.
    fn takes_path(&self, path: &[Name], method: &str) -> bool {
        let of_instances = method == "countdistinct" || method.contains('.');
        self.along(path, Flavor::Any).into_iter().any(|place| match place {
            Along::Of(Kind::Primitive | Kind::PrimitiveCol | Kind::Stream) => true,
            Along::Start | Along::Of(_) | Along::Cast(_) => of_instances,
        })
    }

    fn group_key(&self, key: &GroupKey) -> Result<(), Error> {
        match key {
            GroupKey::Path(path) => self.grouping(path),
            GroupKey::Rollup(Rollup::Levels(levels)) => {
                levels.iter().try_for_each(|level| self.grouping(level))
            }
            GroupKey::Rollup(Rollup::Named(_)) => Ok(()),
            GroupKey::Rollup(Rollup::Recursive { hierarchy, start }) => {
                self.hierarchy(hierarchy)?;
                self.transformations(start)
            }
        }
    }

    /// `groupingProperty`
    fn grouping(&self, path: &[Name]) -> Result<(), Error> {
        let ends = |place: &Along| matches!(place, Along::Of(_));
        match self.along(path, Flavor::Single).iter().any(ends) {
            true => Ok(()),
            false => Err(wrong(path, "a property to group by")),
        }
    }

    /// `joinProperty`
    fn join(&self, path: &[Name]) -> Result<(), Error> {
        let is_one = match path {
            [name] => {
                self.is("complexColProperty", &name.text)
                    || self.is("entityColNavigationProperty", &name.text)
                    || self.is_annotation("complexAnnotationInQuery", &name.text)
                    || self.is_annotation("entityAnnotationInQuery", &name.text)
            }
            [name, cast] => {
                self.is("entityColNavigationProperty", &name.text) && self.is_entity_type(&cast.text)
            }
            _ => false,
        };
        if is_one { Ok(()) } else { Err(wrong(path, "a collection to join")) }
    }

    /// `nestPath`
    fn nest(&self, path: &[Name]) -> Result<(), Error> {
        let ends = |place: &Along| match place {
            Along::Of(_) | Along::Cast(Kind::EntityCol | Kind::Entity) => true,
            Along::Start | Along::Cast(_) => false,
        };
        match self.along(path, Flavor::Nested).iter().any(ends) {
            true => Ok(()),
            false => Err(wrong(path, "a path to nest into")),
        }
    }

    /// `recHierReference`
    fn hierarchy(&self, hierarchy: &Hierarchy) -> Result<(), Error> {
        self.expr(&hierarchy.nodes)?;
        let ends =
            |place: &Along| matches!(place, Along::Of(Kind::Primitive | Kind::PrimitiveCol | Kind::Stream));
        match self.along(&hierarchy.property, Flavor::Any).iter().any(ends) {
            true => Ok(()),
            false => Err(wrong(&hierarchy.property, "a path to the identifier of a node")),
        }
    }

    /// Follows the names of a path.
    fn along(&self, path: &[Name], flavor: Flavor) -> Vec<Along> {
        let Some((first, others)) = path.split_first() else { return Vec::new() };
        let mut places = self.property(&first.text, flavor);
        if self.is_entity_type(&first.text) || self.is_complex_type(&first.text) {
            push(&mut places, Along::Start);
        }
        for Name { text, .. } in others {
            places = advance(&places, |place| self.next(place, text, flavor));
        }
        places
    }

    fn next(&self, place: Along, name: &str, flavor: Flavor) -> Vec<Along> {
        let (kind, is_cast) = match place {
            Along::Start => return self.property(name, flavor),
            Along::Of(kind) => (kind, false),
            Along::Cast(kind) => (kind, true),
        };
        let is_entity = matches!(kind, Kind::EntityCol | Kind::Entity);
        let is_complex = matches!(kind, Kind::ComplexCol | Kind::Complex);
        let mut places = Vec::new();
        if is_complex || is_entity && flavor != Flavor::Nested {
            places = self.property(name, flavor);
        }
        let is_type = match flavor {
            Flavor::Any | Flavor::Single => self.is_entity_type(name) || self.is_complex_type(name),
            Flavor::Nested if is_entity => self.is_entity_type(name),
            Flavor::Nested => self.is_complex_type(name),
        };
        if (is_entity || is_complex) && !is_cast && is_type {
            push(&mut places, Along::Cast(kind));
        }
        places
    }

    fn property(&self, name: &str, flavor: Flavor) -> Vec<Along> {
        let permitted = |kind: &Kind| match flavor {
            Flavor::Any => true,
            Flavor::Single => !kind.is_collection(),
            Flavor::Nested => !matches!(kind, Kind::Primitive | Kind::PrimitiveCol | Kind::Stream),
        };
        self.kinds(PROPERTIES, name).into_iter().filter(permitted).map(Along::Of).collect()
    }
}

/// The names of a path that is nothing but names.
fn names(expr: &Expr) -> Option<Vec<Name>> {
    let ExprKind::Path(Path { root: Root::Instance, steps }) = &expr.kind else { return None };
    let name = |step: &Step| match step {
        Step::Named(Segment { name, arguments: None, span, .. }) => {
            Some(Name { text: name.clone(), span: *span })
        }
        _ => None,
    };
    steps.iter().map(name).collect()
}

fn wrong(path: &[Name], expected: &str) -> Error {
    let span = path.first().zip(path.last()).map(|(first, last)| first.span.to(last.span));
    misplaced(&slashed(path), expected, span.unwrap_or_default())
}
