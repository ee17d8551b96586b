//! Names and what they may stand for: the part of the grammar that needs a model.
//!
//! Comes in: a tree and the [`Constraints`] that take the place of a model. Goes out: nothing, or the first name
//! that can stand for nothing the grammar has in its place. Since one name may be several things, a path is
//! followed in all of them at once: from a set of [`Kind`]s, by one step, to the next set. The submodules have
//! the rules of resource paths, of expressions, of `$select` and `$expand`, and of `$apply`.
//! Specification: OData 4.01 ABNF, sections 1, 2, 4 and 6; aggregation ABNF.

mod apply;
mod expr;
mod options;
mod path;

use crate::error::{Error, Span};

use super::Constraints;
use crate::syntax::ast::{Argument, Expr, ExprKind, Literal, Name, Segment};
use crate::syntax::lex;

/// What a path or an expression stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    EntityCol,
    Entity,
    ComplexCol,
    Complex,
    PrimitiveCol,
    Primitive,
    Stream,
}

impl Kind {
    fn is_collection(self) -> bool {
        matches!(self, Kind::EntityCol | Kind::ComplexCol | Kind::PrimitiveCol)
    }
}

type Rules = &'static [(&'static str, Kind)];

const PROPERTIES: Rules = &[
    ("entityColNavigationProperty", Kind::EntityCol),
    ("entityNavigationProperty", Kind::Entity),
    ("complexColProperty", Kind::ComplexCol),
    ("complexProperty", Kind::Complex),
    ("primitiveColProperty", Kind::PrimitiveCol),
    ("primitiveKeyProperty", Kind::Primitive),
    ("primitiveNonKeyProperty", Kind::Primitive),
    ("customAggregate", Kind::Primitive),
    ("streamProperty", Kind::Stream),
];

const FUNCTIONS: Rules = &[
    ("entityColFunction", Kind::EntityCol),
    ("entityFunction", Kind::Entity),
    ("complexColFunction", Kind::ComplexCol),
    ("complexFunction", Kind::Complex),
    ("primitiveColFunction", Kind::PrimitiveCol),
    ("primitiveFunction", Kind::Primitive),
];

const FUNCTION_IMPORTS: Rules = &[
    ("entityColFunctionImport", Kind::EntityCol),
    ("entityFunctionImport", Kind::Entity),
    ("complexColFunctionImport", Kind::ComplexCol),
    ("complexFunctionImport", Kind::Complex),
    ("primitiveColFunctionImport", Kind::PrimitiveCol),
    ("primitiveFunctionImport", Kind::Primitive),
];

/// Checks names against constraints.
pub(super) struct Names<'c> {
    pub constraints: &'c Constraints,
}

impl Names<'_> {
    /// What the identifier can be by these rules.
    fn kinds(&self, rules: Rules, name: &str) -> Vec<Kind> {
        let mut kinds = Vec::new();
        if lex::is_identifier(name) {
            let allowed = rules.iter().filter(|(rule, _)| self.constraints.allow(rule, name));
            for (_, kind) in allowed {
                push(&mut kinds, *kind);
            }
        }
        kinds
    }

    /// The same for a name that may have a namespace.
    fn qualified_kinds(&self, rules: Rules, name: &str) -> Vec<Kind> {
        self.in_namespace(name).map_or_else(Vec::new, |name| self.kinds(rules, name))
    }

    /// Whether the rule matches the identifier.
    pub fn is(&self, rule: &str, name: &str) -> bool {
        lex::is_identifier(name) && self.constraints.allow(rule, name)
    }

    /// Whether the rule matches the name behind its namespace, if it has one.
    fn is_qualified(&self, rule: &str, name: &str) -> bool {
        self.in_namespace(name).is_some_and(|name| self.is(rule, name))
    }

    /// Whether the rule matches the name behind its namespace, which it must have.
    pub fn is_qualified_type(&self, rule: &str, name: &str) -> bool {
        name.contains('.') && self.is_qualified(rule, name)
    }

    /// Whether a function has this name, with its namespace.
    pub fn is_qualified_function(&self, name: &str) -> bool {
        name.contains('.') && !self.qualified_kinds(FUNCTIONS, name).is_empty()
    }

    /// What the property of this name can be.
    pub fn properties(&self, name: &str) -> Vec<Kind> {
        self.kinds(PROPERTIES, name)
    }

    fn is_entity_type(&self, name: &str) -> bool {
        self.is_qualified("entityTypeName", name)
    }

    fn is_complex_type(&self, name: &str) -> bool {
        self.is_qualified("complexTypeName", name)
    }

    /// Whether the name is that of any type.
    pub fn is_type(&self, name: &str) -> bool {
        const TYPES: [&str; 4] =
            ["entityTypeName", "complexTypeName", "typeDefinitionName", "enumerationTypeName"];
        match name.strip_prefix("Edm.") {
            Some(name) if super::literal::is_primitive_type(name) => true,
            _ => TYPES.iter().any(|rule| self.is_qualified(rule, name)),
        }
    }

    /// What stands behind the namespace, which must be one, or the whole name if it has none.
    fn in_namespace<'n>(&self, name: &'n str) -> Option<&'n str> {
        match name.rsplit_once('.') {
            None => Some(name),
            Some((namespace, name)) => self.is_namespace(namespace).then_some(name),
        }
    }

    pub fn is_namespace(&self, namespace: &str) -> bool {
        namespace.split('.').all(|part| self.is("namespacePart", part))
    }

    /// The same for one in a fragment.
    pub fn is_fragment_annotation(&self, rule: &str, name: &str) -> bool {
        self.is_annotation(rule, name)
    }

    /// Whether the annotation is one of this rule: `@Ns.Term`, `@Term#Qualifier`.
    fn is_annotation(&self, rule: &str, name: &str) -> bool {
        let Some(term) = name.strip_prefix('@') else { return false };
        let (term, qualifier) = match term.split_once('#') {
            Some((term, qualifier)) => (term, Some(qualifier)),
            None => (term, None),
        };
        match self.constraints.has(rule) {
            true => self.constraints.allow(rule, name),
            false => self.is_term(term) && qualifier.is_none_or(lex::is_identifier),
        }
    }

    fn is_term(&self, term: &str) -> bool {
        self.is_qualified("termName", term)
    }

    /// Whether these values are a key by themselves: behind one parenthesis.
    pub fn is_key_predicate(&self, arguments: &[Argument], inside: Span) -> bool {
        self.is_key(arguments, inside)
    }

    /// Whether the values in parentheses are a key; `inside` is the place between the parentheses.
    fn is_key(&self, arguments: &[Argument], inside: Span) -> bool {
        let is_value = |argument: &Argument| match &argument.value.kind {
            ExprKind::Literal(literal) => self.is_key_literal(literal),
            _ => argument.value.as_alias().is_some(),
        };
        let is_named = |argument: &Argument| {
            argument.name.as_deref().is_some_and(|name| {
                self.is("primitiveKeyProperty", name) || self.is("keyPropertyAlias", name)
            })
        };
        let simple = matches!(arguments, [Argument { name: None, .. }]);
        let compound = !arguments.is_empty() && arguments.iter().all(is_named);
        (simple || compound) && arguments.iter().all(is_value) && is_tight(arguments, inside)
    }

    fn is_key_literal(&self, literal: &Literal) -> bool {
        use crate::value::Value;
        match literal {
            Literal::Value(Value::Null | Value::Binary(_)) | Literal::Geo { .. } => false,
            Literal::Value(_) | Literal::OutOfRange { .. } => true,
            Literal::Enum { .. } => self.literal(literal),
        }
    }

    /// Whether the names in a literal are what they should be.
    fn literal(&self, literal: &Literal) -> bool {
        let Literal::Enum { type_name, members } = literal else { return true };
        let member = |member: &str| !lex::is_identifier(member) || self.is("enumerationMember", member);
        type_name.contains('.')
            && self.is_qualified("enumerationTypeName", type_name)
            && members.split(',').all(member)
    }
}

/// Whether no blanks stand between the values: only parameters of functions may have them.
fn is_tight(arguments: &[Argument], inside: Span) -> bool {
    let mut at = inside.start;
    let between = arguments.iter().all(|Argument { name, value }| {
        let named = name.as_deref().map_or(0, |name| name.len() + 1);
        let tight = value.span.start == at + named;
        at = value.span.end + 1;
        tight
    });
    between && at == inside.end + 1
}

/// The place between the first parentheses behind a name, if nothing stands behind them.
fn inside(segment: &Segment) -> Span {
    Span::new(segment.span.start + segment.name.len() + 1, segment.span.end - 1)
}

/// The place between the last parentheses. Blanks behind the opening one stay unseen.
fn inside_last(arguments: &[Argument], end: usize) -> Span {
    let start = arguments.first().map_or(end, |Argument { name, value }| {
        value.span.start - name.as_deref().map_or(0, |name| name.len() + 1)
    });
    Span::new(start, end - 1)
}

fn push<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// The next set: what every member of this one becomes.
fn advance<T: Copy, U: PartialEq>(all: &[T], step: impl Fn(T) -> Vec<U>) -> Vec<U> {
    let mut next = Vec::new();
    for found in all.iter().copied().flat_map(step) {
        push(&mut next, found);
    }
    next
}

/// The error that a name stands for nothing that could be in its place.
fn misplaced(name: &str, expected: &str, span: Span) -> Error {
    Error::syntax(format!("Syntax error: expected {expected} but found '{name}' at position {}.", span.start))
        .at(span)
}

/// The error for an expression of the wrong sort.
fn misplaced_expr(expr: &Expr, expected: &str) -> Error {
    misplaced(&expr.to_string(), expected, expr.span)
}

/// Names as they stand in the text.
fn slashed(path: &[Name]) -> String {
    path.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join("/")
}
