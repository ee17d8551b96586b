//! Printing of `$apply`.
//!
//! Specification: OData aggregation ABNF, section 2.

use std::fmt;

use crate::syntax::ast::{
    AggregateExpr, AggregateFrom, AggregateItem, GroupKey, Hierarchy, Name, NestItem, Relatives, Rollup,
    Transformation, TransformationKind,
};

use crate::syntax::apply::is_transformation;
use crate::syntax::lex;

use super::expr::parentheses;
use super::request::separated;

/// Names with slashes between them.
struct Slashed<'n>(&'n [Name]);

impl fmt::Display for Slashed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        separated(f, "/", self.0)
    }
}

/// Transformations, one behind the other.
pub(super) struct Sequence<'t>(pub &'t [Transformation]);

impl fmt::Display for Sequence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        separated(f, "/", self.0)
    }
}

/// A sequence behind a comma, if there is one.
struct Then<'t>(&'t [Transformation]);

impl fmt::Display for Then<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, ",{}", Sequence(self.0)) }
    }
}

fn call<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    inside: impl IntoIterator<Item = T>,
) -> fmt::Result {
    write!(f, "{name}(")?;
    separated(f, ",", inside)?;
    f.write_str(")")
}

impl fmt::Display for Transformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TransformationKind::Identity => f.write_str("identity"),
            TransformationKind::Filter(condition) => write!(f, "filter({condition})"),
            TransformationKind::Search(search) => write!(f, "search({search})"),
            TransformationKind::Compute(items) => call(f, "compute", items),
            TransformationKind::OrderBy(items) => call(f, "orderby", items),
            TransformationKind::Skip(count) => write!(f, "skip({count})"),
            TransformationKind::Top(count) => write!(f, "top({count})"),
            TransformationKind::Aggregate(items) => call(f, "aggregate", items),
            TransformationKind::GroupBy { keys, then } => {
                call(f, "groupby(", keys)?;
                write!(f, "{})", Then(then))
            }
            TransformationKind::Concat(sequences) => {
                call(f, "concat", sequences.iter().map(|sequence| Sequence(sequence)))
            }
            TransformationKind::Extreme { method, limit, by } => write!(f, "{}({limit},{by})", method.name()),
            TransformationKind::Join { outer, path, alias, then } => {
                let outer = if *outer { "outer" } else { "" };
                write!(f, "{outer}join({} as {alias}{})", Slashed(path), Then(then))
            }
            TransformationKind::Nest { path: None, nested } => call(f, "nest", nested),
            TransformationKind::Nest { path: Some(path), nested } => {
                write!(f, "addnested({},", Slashed(path))?;
                separated(f, ",", nested)?;
                f.write_str(")")
            }
            TransformationKind::Ancestors(relatives) => write!(f, "ancestors({relatives})"),
            TransformationKind::Descendants(relatives) => write!(f, "descendants({relatives})"),
            TransformationKind::Traverse { hierarchy, order, start, orderby } => {
                write!(f, "traverse({hierarchy},{}{}", order.name(), Then(start))?;
                for (index, item) in orderby.iter().enumerate() {
                    let expr = item.expr.to_string();
                    // An order that looks like the transformations that may stand before it.
                    match index == 0 && start.is_empty() && begins_transformation(&expr) {
                        true => write!(f, ",({expr}){}", if item.descending { " desc" } else { "" })?,
                        false => write!(f, ",{item}")?,
                    }
                }
                f.write_str(")")
            }
            TransformationKind::Function { name, arguments } => {
                f.write_str(&name.text)?;
                parentheses(f, arguments)
            }
        }
    }
}

impl fmt::Display for AggregateItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expr)?;
        self.alias.as_ref().map_or(Ok(()), |alias| write!(f, " as {alias}"))
    }
}

impl fmt::Display for AggregateExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = match self {
            AggregateExpr::Count { path, from } => {
                path.iter().try_for_each(|name| write!(f, "{name}/"))?;
                f.write_str("$count")?;
                from
            }
            AggregateExpr::With { expr, method, from } => {
                write!(f, "{expr} with {method}")?;
                from
            }
            AggregateExpr::Custom { path, from } => {
                write!(f, "{}", Slashed(path))?;
                from
            }
        };
        from.iter().try_for_each(|stage| write!(f, " {stage}"))
    }
}

impl fmt::Display for AggregateFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("from ")?;
        separated(f, ",", self.keys.iter().map(|key| Slashed(key)))?;
        self.method.as_ref().map_or(Ok(()), |method| write!(f, " with {method}"))
    }
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GroupKey::Path(path) => write!(f, "{}", Slashed(path)),
            GroupKey::Rollup(Rollup::Levels(levels)) => {
                call(f, "rollup", levels.iter().map(|level| Slashed(level)))
            }
            GroupKey::Rollup(Rollup::Named(qualifier)) => write!(f, "rollup({qualifier})"),
            GroupKey::Rollup(Rollup::Recursive { hierarchy, start }) => {
                write!(f, "rolluprecursive({hierarchy}{})", Then(start))
            }
        }
    }
}

impl fmt::Display for Hierarchy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.nodes, self.qualifier, Slashed(&self.property))
    }
}

impl fmt::Display for Relatives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.hierarchy, Then(&self.start))?;
        self.distance.map_or(Ok(()), |distance| write!(f, ",{distance}"))?;
        if self.keep_start { f.write_str(",keep start") } else { Ok(()) }
    }
}

impl fmt::Display for NestItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", Sequence(&self.then), self.alias)
    }
}

/// Whether the parser would take the text for a transformation where one may stand.
fn begins_transformation(text: &str) -> bool {
    let (name, behind) = text.split_at(lex::name_length(text));
    name == "identity" || behind.starts_with('(') && (name.contains('.') || is_transformation(name))
}
