//! The rules of the grammar by their names: is this text an `odataRelativeUri`, a `commonExpr`, a `preference`?
//!
//! Comes in: the name of a rule, a text and the [`Constraints`] on names that stand for a model. Goes out: what
//! was read, printed, or the error. Where the service has a parser for the rule it is that parser, read
//! strictly: what [`parse`](super::parse) forgives clients (blanks around values, `+` for a blank, a slash at
//! the end, options without a value between `&`) is refused, and what it refuses beyond the grammar (an option
//! given twice) is accepted. Rules of headers, of payload values and of context URLs are read here alone.
//! Specification: OData 4.01 ABNF and aggregation ABNF; OData ABNF Test Cases 4.01.

mod constraints;
mod context;
mod header;
mod literal;
mod names;
mod uri;

use crate::error::{Error, Span};

pub use constraints::Constraints;

use super::ast::{Expr, ExprKind, Options, SystemOption};
use super::cursor::{Cursor, Strictness};
use super::expr::{argument, expression, quantified};
use super::lex::TokenKind;
use super::percent::Decoded;
use super::{lex, path, search};
use names::Names;

/// What reads a rule: the text, and the names that may stand in it.
type Check = fn(&str, &Names<'_>) -> Result<String, Error>;

/// The rules that are neither literals, headers nor plain names.
const RULES: &[(&str, Check)] = &[
    ("odataUri", uri::absolute),
    ("odataRelativeUri", uri::relative),
    ("resourcePath", resource_path),
    ("queryOptions", uri::query_options),
    ("systemQueryOption", |input, names| one_option(input, names, None)),
    ("apply", |input, names| one_option(input, names, Some(SystemOption::Apply))),
    ("compute", |input, names| one_option(input, names, Some(SystemOption::Compute))),
    ("deltatoken", |input, names| one_option(input, names, Some(SystemOption::Deltatoken))),
    ("expand", |input, names| one_option(input, names, Some(SystemOption::Expand))),
    ("filter", |input, names| one_option(input, names, Some(SystemOption::Filter))),
    ("format", |input, names| one_option(input, names, Some(SystemOption::Format))),
    ("id", |input, names| one_option(input, names, Some(SystemOption::Id))),
    ("index", |input, names| one_option(input, names, Some(SystemOption::Index))),
    ("inlinecount", |input, names| one_option(input, names, Some(SystemOption::Count))),
    ("orderby", |input, names| one_option(input, names, Some(SystemOption::Orderby))),
    ("schemaversion", |input, names| one_option(input, names, Some(SystemOption::Schemaversion))),
    ("search", |input, names| one_option(input, names, Some(SystemOption::Search))),
    ("select", |input, names| one_option(input, names, Some(SystemOption::Select))),
    ("skip", |input, names| one_option(input, names, Some(SystemOption::Skip))),
    ("skiptoken", |input, names| one_option(input, names, Some(SystemOption::Skiptoken))),
    ("top", |input, names| one_option(input, names, Some(SystemOption::Top))),
    ("customQueryOption", uri::custom_query_option),
    ("context", context::context),
    ("commonExpr", |input, names| expr(input, names, |_| true)),
    ("boolCommonExpr", |input, names| expr(input, names, |_| true)),
    ("isofExpr", |input, names| expr(input, names, |kind| matches!(kind, ExprKind::IsOf(..)))),
    ("castExpr", |input, names| expr(input, names, |kind| matches!(kind, ExprKind::Cast(..)))),
    ("notExpr", |input, names| expr(input, names, |kind| matches!(kind, ExprKind::Not(_)))),
    ("negateExpr", |input, names| expr(input, names, |kind| matches!(kind, ExprKind::Negate(_)))),
    ("methodCallExpr", |input, names| expr(input, names, |kind| matches!(kind, ExprKind::Call { .. }))),
    ("firstMemberExpr", |input, names| {
        let expr = read(input, expression)?;
        names.first_member_expr(&expr).map_err(in_raw(input))?;
        Ok(tree(&expr))
    }),
    ("propertyPathExpr", |input, names| {
        let expr = read(input, expression)?;
        names.property_path_expr(&expr).map_err(in_raw(input))?;
        Ok(tree(&expr))
    }),
    ("anyExpr", quantified_expr),
    ("allExpr", quantified_expr),
    ("searchExpr", |input, _| read(input, search::search).map(|search| tree(&search))),
    ("stringInUrl", string_in_url),
    ("functionParameter", function_parameter),
];

/// Reads `input` by the rule of this name, whose letter case does not matter, and prints what it is. The place of
/// an error counts in `input` as it is; the position in its message counts in the part that it quotes, decoded.
///
/// ```
/// use odata::syntax::rules::{Constraints, check};
///
/// assert!(check("guid", "7f6c5b4a-0000-4000-8000-0123456789ab", &Constraints::none()).is_ok());
/// assert!(check("commonExpr", "price gt", &Constraints::none()).is_err());
/// ```
pub fn check(rule: &str, input: &str, constraints: &Constraints) -> Result<String, Error> {
    let names = Names { constraints };
    let found = RULES.iter().chain(literal::RULES).chain(header::RULES);
    if let Some((_, check)) = found.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(rule)) {
        return check(input, &names);
    }
    match NAMES.iter().find(|name| name.eq_ignore_ascii_case(rule)) {
        Some(rule) => name(rule, input, &names),
        None => Err(Error::unsupported(format_args!("The rule '{rule}'"))),
    }
}

/// The names of all rules that [`check`] knows.
pub fn all() -> impl Iterator<Item = &'static str> {
    let tables = RULES.iter().chain(literal::RULES).chain(header::RULES);
    tables.map(|(name, _)| *name).chain(NAMES.iter().copied())
}

/// The rules that are one identifier.
const NAMES: &[&str] = &[
    "odataIdentifier",
    "action",
    "actionImport",
    "annotationQualifier",
    "complexColFunction",
    "complexColFunctionImport",
    "complexColProperty",
    "complexFunction",
    "complexFunctionImport",
    "complexProperty",
    "complexTypeName",
    "computedProperty",
    "customAggregate",
    "entityColFunction",
    "entityColFunctionImport",
    "entityColNavigationProperty",
    "entityFunction",
    "entityFunctionImport",
    "entityNavigationProperty",
    "entitySetName",
    "entityTypeName",
    "enumerationMember",
    "enumerationTypeName",
    "expressionAlias",
    "keyPropertyAlias",
    "lambdaVariableExpr",
    "namespacePart",
    "parameterName",
    "primitiveColFunction",
    "primitiveColFunctionImport",
    "primitiveColProperty",
    "primitiveFunction",
    "primitiveFunctionImport",
    "primitiveKeyProperty",
    "primitiveNonKeyProperty",
    "singletonEntity",
    "streamProperty",
    "termName",
    "typeDefinitionName",
];

fn name(rule: &str, input: &str, names: &Names<'_>) -> Result<String, Error> {
    read(input, |cursor| {
        let name = cursor.expect_identifier("an identifier")?;
        match names.is(rule, &name.text) {
            true => Ok(name.text),
            false => Err(Error::expected(rule, &format!("'{}'", name.text), name.span, cursor.text)),
        }
    })
}

/// Reads the whole text strictly.
fn read<T>(input: &str, read: impl FnOnce(&mut Cursor<'_>) -> Result<T, Error>) -> Result<T, Error> {
    let source = Decoded::query(input, Strictness::Strict)?;
    let mut cursor = Cursor::new(&source, 0, Strictness::Strict)?;
    if source.text.starts_with([' ', '\t']) {
        cursor.tight()?;
    }
    let found = read(&mut cursor).and_then(|found| cursor.expect_end().map(|()| found));
    found.map_err(|error| error.placed(|span| source.raw_span(span)))
}

/// Lays the place of a fault from the decoded text into the text as it was given.
fn in_raw(input: &str) -> impl FnOnce(Error) -> Error {
    move |error| match Decoded::query(input, Strictness::Strict) {
        Ok(source) => error.placed(|span| source.raw_span(span)),
        Err(_) => error,
    }
}

fn tree(node: &impl std::fmt::Debug) -> String {
    format!("{node:#?}")
}

fn expr(input: &str, names: &Names<'_>, is_one: fn(&ExprKind) -> bool) -> Result<String, Error> {
    let expr: Expr = read(input, expression)?;
    names.expr(&expr).map_err(in_raw(input))?;
    match is_one(&expr.kind) {
        true => Ok(tree(&expr)),
        false => Err(whole("such an expression", input)),
    }
}

fn quantified_expr(input: &str, names: &Names<'_>) -> Result<String, Error> {
    let step = read(input, quantified)?;
    names.step_operands(&step).map_err(in_raw(input))?;
    Ok(tree(&step))
}

fn string_in_url(input: &str, _: &Names<'_>) -> Result<String, Error> {
    read(input, |cursor| {
        let token = cursor.take()?;
        match &token.kind {
            TokenKind::Text(text) => Ok(tree(text)),
            _ => Err(cursor.expected("a string in double quotes", &token)),
        }
    })
}

fn function_parameter(input: &str, names: &Names<'_>) -> Result<String, Error> {
    let parameter = read(input, argument)?;
    let value = &parameter.value;
    names.expr(value).map_err(in_raw(input))?;
    let is_named = parameter.name.as_deref().is_some_and(|name| names.is("parameterName", name));
    if is_named && (matches!(value.kind, ExprKind::Literal(_)) || value.as_alias().is_some()) {
        return Ok(tree(&parameter));
    }
    Err(whole("a parameter with its name", input))
}

fn resource_path(input: &str, names: &Names<'_>) -> Result<String, Error> {
    let segments = path::path(input, Strictness::Strict);
    let checked = segments.and_then(|segments| names.path(&segments).map(|()| segments));
    checked.map(|segments| tree(&segments)).map_err(in_raw(input))
}

/// Reads one option; which one, if that matters.
fn one_option(input: &str, names: &Names<'_>, wanted: Option<SystemOption>) -> Result<String, Error> {
    if let Some(at) = input.find('&') {
        return Err(Error::unexpected_character('&', at, input));
    }
    let options = uri::option(input, names)?;
    match options.given.as_slice() {
        [given] if wanted.is_none_or(|wanted| wanted == given.option) => Ok(tree(&Given(&options))),
        _ => Err(whole(wanted.map_or("a system query option", SystemOption::name), input)),
    }
}

/// Options without those that are not there.
struct Given<'o>(&'o Options);

impl std::fmt::Debug for Given<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Given(options) = self;
        let mut shown = f.debug_struct("Options");
        macro_rules! show {
            ($($field:ident)*) => {
                $(if options.$field != Options::default().$field { shown.field(stringify!($field), &options.$field); })*
            };
        }
        show!(filter orderby select expand top skip count search compute apply format skiptoken deltatoken);
        show!(schemaversion index id levels aliases custom);
        shown.finish()
    }
}

/// The error that something else stands in the text.
fn wrong(expected: &str, found: &str, span: Span, text: &str) -> Error {
    Error::expected(expected, &format!("'{found}'"), span, text)
}

/// The error that the whole text is something else.
fn whole(expected: &str, input: &str) -> Error {
    wrong(expected, input, Span::new(0, input.len()), input)
}

/// Whether the text is one identifier of legal length.
fn is_identifier(text: &str) -> bool {
    lex::is_identifier(text) && text.chars().count() <= 128
}
