//! `$apply`, bound: a sequence of stages, each from rows to rows.
//!
//! Rows begin as instances of the addressed collection. A stage may add numbered columns; [`Stage::Group`] leaves
//! nothing but columns. What a client called a column is known to the shape alone.
//! Specification: OData Extension for Data Aggregation 4.0, 3.

use super::{Expr, Order, TextSearch};
use crate::syntax::ast::Extreme;

/// One stage.
#[derive(Debug, Clone)]
pub enum Stage<'m> {
    /// Keeps the rows that pass.
    Filter(Expr<'m>),
    /// Keeps the rows in which the terms are found.
    Search(TextSearch<'m>),
    /// Adds columns.
    Compute(Vec<Column<'m>>),
    /// One row for each combination of the columns `by`, with aggregates; one row in all where `by` is empty.
    Group {
        /// Columns made before.
        by: Vec<usize>,
        /// New columns.
        aggregates: Vec<Aggregate<'m>>,
    },
    /// In this order, a part of the rows: of each combination of the columns `within`.
    Part {
        /// Columns made before.
        within: Vec<usize>,
        /// What the order is.
        order: Vec<Order<'m>>,
        /// Rows left out.
        skip: u64,
        /// The most rows.
        top: Option<u64>,
    },
    /// The rows with the greatest or least values: of each combination of the columns `within`.
    Extreme {
        /// Columns made before.
        within: Vec<usize>,
        /// Which.
        method: Extreme,
        /// How many, how much or how many percent: a constant.
        limit: Expr<'m>,
        /// By this, and the rest of the order where that is the same.
        order: Vec<Order<'m>>,
    },
    /// What several sequences make of the rows, one behind the other. All make the same columns; those that a
    /// sequence does not make are null in its rows.
    Concat {
        /// The sequences, each with the columns that it makes.
        branches: Vec<(Vec<Stage<'m>>, Vec<usize>)>,
        /// The columns of all.
        columns: Vec<usize>,
        /// A new column: the number of the sequence that made the row.
        branch: usize,
    },
}

/// A new column.
#[derive(Debug, Clone)]
pub struct Column<'m> {
    /// Its number.
    pub number: usize,
    /// What it holds.
    pub expr: Expr<'m>,
}

/// A new column over the rows of a group.
#[derive(Debug, Clone)]
pub struct Aggregate<'m> {
    /// Its number.
    pub number: usize,
    /// How values become one.
    pub method: Method,
    /// The values; nothing where rows are counted.
    pub expr: Option<Expr<'m>>,
}

/// The standard aggregation methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `sum`
    Sum,
    /// `min`
    Min,
    /// `max`
    Max,
    /// `average`
    Average,
    /// `countdistinct`
    CountDistinct,
    /// `$count`
    Count,
}
