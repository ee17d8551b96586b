//! The tree of `$apply`: a sequence of transformations, each from one collection to the next.
//!
//! Paths are the names between slashes: properties, navigation properties and types are told apart by the
//! binder. What may stand where an aggregate is asked for is less than an expression and more than a path, so
//! it has a type of its own.
//! Specification: OData Extension for Data Aggregation 4.0, 3 "System Query Option $apply"; aggregation ABNF,
//! section 2.

use crate::error::Span;

use super::{Argument, ComputeItem, Expr, Name, OrderItem, Search};

/// One step of `$apply` and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Transformation {
    /// What it is.
    pub kind: TransformationKind,
    /// Where it stands.
    pub span: Span,
}

/// What a transformation does.
#[derive(Clone, Debug, PartialEq)]
pub enum TransformationKind {
    /// `identity`
    Identity,
    /// `filter(a eq 1)`
    Filter(Expr),
    /// `search(blue OR green)`
    Search(Search),
    /// `compute(a mul b as c)`
    Compute(Vec<ComputeItem>),
    /// `orderby(a,b desc)`
    OrderBy(Vec<OrderItem>),
    /// `skip(5)`
    Skip(u64),
    /// `top(5)`
    Top(u64),
    /// `aggregate(a with sum as b,$count as c)`
    Aggregate(Vec<AggregateItem>),
    /// `groupby((a,b/c))`, `groupby((a),aggregate($count as c))`
    GroupBy {
        /// By what; never empty.
        keys: Vec<GroupKey>,
        /// What is done with each group; empty if nothing.
        then: Vec<Transformation>,
    },
    /// `concat(identity,aggregate($count as c))`; at least two sequences.
    Concat(Vec<Vec<Transformation>>),
    /// `topcount(2,a)`, `bottompercent(5,a)`
    Extreme {
        /// Which of them.
        method: Extreme,
        /// How many, how much, or how many percent; evaluated on the whole collection.
        limit: Expr,
        /// The value to compare instances by.
        by: Expr,
    },
    /// `join(a as b,filter(c eq 1))`, `outerjoin(a as b)`
    Join {
        /// Whether instances without a match stay.
        outer: bool,
        /// To the collection that is joined; an annotation may be its last name.
        path: Vec<Name>,
        /// The name behind `as`.
        alias: Name,
        /// What is done with the joined collection first; empty if nothing.
        then: Vec<Transformation>,
    },
    /// `nest(identity as a)`, `addnested(a/b,filter(c eq 1) as d)`
    Nest {
        /// To what is nested into; `None` for `nest`, which nests the collection itself.
        path: Option<Vec<Name>>,
        /// The nested collections, each with its alias; never empty.
        nested: Vec<NestItem>,
    },
    /// `ancestors($root/Set,H,ID,filter(a eq 1),2,keep start)`
    Ancestors(Relatives),
    /// `descendants($root/Set,H,ID,filter(a eq 1),2,keep start)`
    Descendants(Relatives),
    /// `traverse($root/Set,H,ID,preorder,filter(a eq 1),b desc)`
    Traverse {
        /// Through what.
        hierarchy: Hierarchy,
        /// Parents first or last.
        order: Traversal,
        /// The nodes that count; empty if all.
        start: Vec<Transformation>,
        /// The order among siblings; may be empty.
        orderby: Vec<OrderItem>,
    },
    /// `Ns.func(a=1)`: a function bound to the collection.
    Function {
        /// The qualified name.
        name: Name,
        /// The arguments, each with its name.
        arguments: Vec<Argument>,
    },
}

/// One of the six transformations that keep the instances with the greatest or least values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extreme {
    /// `topcount`
    TopCount,
    /// `topsum`
    TopSum,
    /// `toppercent`
    TopPercent,
    /// `bottomcount`
    BottomCount,
    /// `bottomsum`
    BottomSum,
    /// `bottompercent`
    BottomPercent,
}

impl Extreme {
    /// All of them.
    pub const ALL: [Extreme; 6] = [
        Extreme::TopCount,
        Extreme::TopSum,
        Extreme::TopPercent,
        Extreme::BottomCount,
        Extreme::BottomSum,
        Extreme::BottomPercent,
    ];

    /// The word in the URL.
    pub fn name(self) -> &'static str {
        match self {
            Extreme::TopCount => "topcount",
            Extreme::TopSum => "topsum",
            Extreme::TopPercent => "toppercent",
            Extreme::BottomCount => "bottomcount",
            Extreme::BottomSum => "bottomsum",
            Extreme::BottomPercent => "bottompercent",
        }
    }
}

/// In which order a tree is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Traversal {
    /// `preorder`: a node before its descendants.
    Preorder,
    /// `postorder`: a node behind its descendants.
    Postorder,
}

impl Traversal {
    /// The word in the URL.
    pub fn name(self) -> &'static str {
        match self {
            Traversal::Preorder => "preorder",
            Traversal::Postorder => "postorder",
        }
    }
}

/// One aggregate: `a with sum as b`, `$count as c`, `Forecast`
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateItem {
    /// What is aggregated, and how.
    pub expr: AggregateExpr,
    /// The name behind `as`; only custom aggregates may go without.
    pub alias: Option<Name>,
    /// Where it stands.
    pub span: Span,
}

/// What is aggregated.
#[derive(Clone, Debug, PartialEq)]
pub enum AggregateExpr {
    /// `$count`, `a/b/$count`
    Count {
        /// To the collection whose instances are counted; empty for the input set itself.
        path: Vec<Name>,
        /// Coarser groups to go through.
        from: Vec<AggregateFrom>,
    },
    /// `a with sum`, `a/b mul 2 with max`, `a with average from b with max`
    With {
        /// The value, or a path to instances for methods that take these.
        expr: Box<Expr>,
        /// `sum`, `min`, `max`, `average`, `countdistinct` or `Ns.custom`.
        method: Name,
        /// Coarser groups to go through.
        from: Vec<AggregateFrom>,
    },
    /// `Forecast`, `a/Forecast`: a custom aggregate.
    Custom {
        /// Its name behind the path to where it is declared; never empty.
        path: Vec<Name>,
        /// Coarser groups to go through.
        from: Vec<AggregateFrom>,
    },
}

/// One stage of an aggregation: `from a,b/c with max`
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateFrom {
    /// By what the values are grouped for this stage; never empty.
    pub keys: Vec<Vec<Name>>,
    /// How the groups' values are aggregated; only custom aggregates may go without.
    pub method: Option<Name>,
}

/// One member of the list of `groupby`.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupKey {
    /// `a`, `a/b`
    Path(Vec<Name>),
    /// `rollup(a,b)`, `rollup(H)`, `rolluprecursive($root/Set,H,ID)`
    Rollup(Rollup),
}

/// How groups are rolled up.
#[derive(Clone, Debug, PartialEq)]
pub enum Rollup {
    /// `rollup(a,b)`; at least two, from coarse to fine.
    Levels(Vec<Vec<Name>>),
    /// `rollup(H)`: the qualifier of a leveled hierarchy.
    Named(Name),
    /// `rolluprecursive($root/Set,H,ID,descendants(…))`
    Recursive {
        /// Along what.
        hierarchy: Hierarchy,
        /// The nodes that get a group; empty if all.
        start: Vec<Transformation>,
    },
}

/// A recursive hierarchy and how the input set refers to it: `$root/Set,H,ID`
#[derive(Clone, Debug, PartialEq)]
pub struct Hierarchy {
    /// The collection of nodes; a path that begins at `$root`.
    pub nodes: Expr,
    /// The qualifier of the annotation.
    pub qualifier: Name,
    /// To the property with the node identifier.
    pub property: Vec<Name>,
}

/// The inside of `ancestors` and `descendants`.
#[derive(Clone, Debug, PartialEq)]
pub struct Relatives {
    /// In what.
    pub hierarchy: Hierarchy,
    /// The nodes to begin at; never empty.
    pub start: Vec<Transformation>,
    /// How far to go, if there is a limit.
    pub distance: Option<u64>,
    /// Whether `keep start` was said.
    pub keep_start: bool,
}

/// One nested collection: `filter(a eq 1) as b`
#[derive(Clone, Debug, PartialEq)]
pub struct NestItem {
    /// How it is made; never empty.
    pub then: Vec<Transformation>,
    /// The name behind `as`.
    pub alias: Name,
}

impl AggregateExpr {
    /// The expression in it, if there is one.
    pub fn operand(&self) -> Option<&Expr> {
        match self {
            AggregateExpr::With { expr, .. } => Some(expr),
            AggregateExpr::Count { .. } | AggregateExpr::Custom { .. } => None,
        }
    }
}
