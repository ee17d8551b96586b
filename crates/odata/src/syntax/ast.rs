//! The tree of a request: what was said, before anyone asks what it means.
//!
//! Comes out of [`parse`](super::parse) and goes into binding. Nothing here knows the model, so a name may be
//! a property, a navigation property or a type; and parentheses may hold a key or the arguments of a
//! function. The height of an expression is bounded by [`MAX_DEPTH`](super::MAX_DEPTH), so walking it may
//! recurse. Every node prints back as canonical text (see `print.rs`).
//! Specification: OData 4.01 URL Conventions, sections 4 "Resource Path" and 5 "Query Options".

mod apply;
mod expr;

pub use crate::error::Span;
pub use crate::value::Value;

pub use super::options::SystemOption;
pub use apply::{
    AggregateExpr, AggregateFrom, AggregateItem, Extreme, GroupKey, Hierarchy, NestItem, Relatives, Rollup,
    Transformation, TransformationKind, Traversal,
};
pub use expr::{BinaryOperator, Expr, ExprKind, Lambda, Literal, Path, Quantifier, Root, Step, TypeName};

/// A whole request: `Set('k')/Nav?$top=1`
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Request {
    /// The resource path below the service root; empty for the service root itself.
    pub path: Vec<Segment>,
    /// The query string.
    pub options: Options,
}

/// One step of a resource path: `Set`, `Set('k')`, `Ns.func(a=1)`, `$count`, `$filter(a eq 1)`, or a key that
/// is written as a segment of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The percent-decoded text before the parentheses.
    pub name: String,
    /// What stands in the parentheses, if there are any: a key or the arguments of a function.
    pub arguments: Option<Vec<Argument>>,
    /// A second pair of parentheses: the key in `func(a=1)('k')` and in `$filter(a eq 1)('k')`.
    pub key: Option<Vec<Argument>>,
    /// Where it stands in the percent-decoded path.
    pub span: Span,
}

/// One value in parentheses: `'k'`, `A=1`, `p=@a`
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The name before the equals sign, if there is one.
    pub name: Option<String>,
    /// The value.
    pub value: Expr,
}

/// The query options, of a request or of one item in `$select` or `$expand`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Options {
    /// `$filter=a eq 1`
    pub filter: Option<Expr>,
    /// `$orderby=a,b desc`
    pub orderby: Vec<OrderItem>,
    /// `$select=a,b/c`
    pub select: Vec<SelectItem>,
    /// `$expand=a($top=1),b/$ref`
    pub expand: Vec<ExpandItem>,
    /// `$top=5`
    pub top: Option<u64>,
    /// `$skip=5`
    pub skip: Option<u64>,
    /// `$count=true`
    pub count: Option<bool>,
    /// `$search=blue OR "light green"`
    pub search: Option<Search>,
    /// `$compute=a mul b as c`
    pub compute: Vec<ComputeItem>,
    /// `$apply=filter(a eq 1)/groupby((b))`
    pub apply: Vec<Transformation>,
    /// `$format=json`
    pub format: Option<String>,
    /// `$skiptoken=opaque`
    pub skiptoken: Option<String>,
    /// `$deltatoken=opaque`
    pub deltatoken: Option<String>,
    /// `$schemaversion=*`
    pub schemaversion: Option<String>,
    /// `$index=-1`
    pub index: Option<i64>,
    /// `$id=Products(0)`
    pub id: Option<String>,
    /// `$levels=max`, only inside `$expand`.
    pub levels: Option<Levels>,
    /// `@a=1`, by name without the `@`.
    pub aliases: Vec<(String, Expr)>,
    /// Options that are not OData's, in order; to be ignored.
    pub custom: Vec<(String, String)>,
    /// Which system query options were given, in order, and how they were spelled.
    pub given: Vec<Given>,
}

impl Options {
    /// How the option was spelled in this request (`$Filter`, `filter`), if it was given.
    pub fn spelling(&self, option: SystemOption) -> Option<&str> {
        self.given.iter().find(|given| given.option == option).map(|given| given.spelling.as_str())
    }

    /// The value of a parameter alias, by name without the `@`.
    pub fn alias(&self, name: &str) -> Option<&Expr> {
        self.aliases.iter().find(|(alias, _)| alias == name).map(|(_, value)| value)
    }
}

/// A system query option that is present.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// Which one.
    pub option: SystemOption,
    /// How the client wrote it: `$filter`, `Filter`.
    pub spelling: String,
}

/// One key of an order: `name desc`
#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
    /// What to order by.
    pub expr: Expr,
    /// Whether `desc` was said.
    pub descending: bool,
    /// Where it stands.
    pub span: Span,
}

/// One computed property: `a mul b as c`
#[derive(Clone, Debug, PartialEq)]
pub struct ComputeItem {
    /// What to compute.
    pub expr: Expr,
    /// The name behind `as`.
    pub alias: String,
    /// Where it stands.
    pub span: Span,
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// `serialNumber`, `microsoft.graph.device`, `@Core.Messages`, `*`, `$value`
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// One item of `$select`: `a/b`, `*`, `Ns.*`, `Ns.func(p,q)`, `addresses($top=5)`
#[derive(Clone, Debug, PartialEq)]
pub struct SelectItem {
    /// The names between slashes; never empty. Types may be among them.
    pub path: Vec<Name>,
    /// What the last name selects.
    pub form: SelectForm,
    /// The options in parentheses.
    pub options: Option<Box<Options>>,
    /// Where it stands.
    pub span: Span,
}

/// What the end of a `$select` item selects.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectForm {
    /// `a/b`: a property, action or function.
    Named,
    /// `*`: all structural properties; the path is that one name.
    Everything,
    /// `Ns.*`: all operations of a namespace; the path is the namespace.
    Operations,
    /// `Ns.func(p,q)`: one overload, told by its parameter names.
    Overload(Vec<Name>),
}

/// One item of `$expand`: `a/b`, `a($top=1)`, `*`, `a/$ref`, `a/$count($filter=b eq 1)`, `$value`
#[derive(Clone, Debug, PartialEq)]
pub struct ExpandItem {
    /// The names between slashes, without `$ref` and `$count`; never empty. The last may be `*` or `$value`.
    pub path: Vec<Name>,
    /// What to put in the place of the property.
    pub form: ExpandForm,
    /// The options in parentheses.
    pub options: Option<Box<Options>>,
    /// Where it stands.
    pub span: Span,
}

/// What an expansion shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpandForm {
    /// `a`: the related entities.
    Entities,
    /// `a/$ref`: references to them.
    References,
    /// `a/$count`: their number.
    Count,
}

/// How deep to expand recursively.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levels {
    /// `$levels=2`, at least one.
    Exactly(u64),
    /// `$levels=max`
    Max,
}

/// A search expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Search {
    /// `blue`
    Word(String),
    /// `"light blue"`
    Phrase(String),
    /// `'"blu'`: what a person has typed so far, not yet well-formed.
    Incomplete(String),
    /// `NOT blue`
    Not(Box<Search>),
    /// `blue AND green`, `blue green`; at least two.
    And(Vec<Search>),
    /// `blue OR green`; at least two.
    Or(Vec<Search>),
}
