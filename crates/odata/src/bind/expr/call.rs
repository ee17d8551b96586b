//! Calls of canonical functions.
//!
//! Specification: OData URL Conventions 4.01 §5.1.1.5 to §5.1.1.10.

use super::{Binder, constant};
use crate::bind::Function;
use crate::bind::functions::{FUNCTIONS, KNOWN, Signature};
use crate::error::Error;
use crate::model::Type;
use crate::query::{Expr, ExprKind};
use crate::syntax::ast;
use crate::value::{DateTimeOffset, Value};

/// 9999-12-31T23:59:59.9999999Z
const LATEST: DateTimeOffset = DateTimeOffset { ticks: 2_534_023_007_999_999_999, offset_minutes: 0 };

/// Whether a function of texts is one of collections too (OData URL Conventions 4.01 §5.1.1.5), and gets one.
fn of_collections(name: &str, argument: Option<&Type>) -> bool {
    let both = ["concat", "contains", "endswith", "indexof", "length", "startswith", "substring"];
    matches!(argument, Some(Type::Collection(_))) && both.contains(&name)
}

/// Functions that the standard has for collections, too, and that are done for texts only.
const COLLECTIONS: &[&str] =
    &["concat", "contains", "endswith", "indexof", "length", "startswith", "substring"];

impl<'m> Binder<'_, 'm> {
    pub(super) fn call(
        &self,
        name: &ast::Name,
        arguments: &[ast::Argument],
        whole: &ast::Expr,
    ) -> Result<Expr<'m>, Error> {
        let lower = name.text.to_ascii_lowercase();
        let ways: Vec<&Signature> = FUNCTIONS.iter().filter(|signature| signature.name == lower).collect();
        let Some(first) = ways.first() else {
            if let Some(bound) = self.keyed(name, arguments, whole)? {
                return Ok(bound);
            }
            let known = KNOWN.contains(&lower.as_str()) || self.is_operation(&name.text);
            return Err(if known {
                Error::unsupported(format!("The function '{}'", name.text)).at(name.span)
            } else {
                Error::invalid(format!("The function '{}' does not exist.", name.text)).at(name.span)
            });
        };
        if !ways.iter().any(|way| way.parameters.len() == arguments.len()) {
            return Err(Error::invalid(format!(
                "The function '{}' takes {} argument(s), but {} were given.",
                first.name,
                first.parameters.len(),
                arguments.len()
            ))
            .at(name.span));
        }
        if arguments.iter().any(|argument| argument.name.is_some()) {
            return Err(Error::invalid(format!(
                "The function '{}' takes its arguments without names.",
                first.name
            ))
            .at(name.span));
        }
        let bound: Vec<Expr<'m>> =
            arguments.iter().map(|argument| self.expr(&argument.value)).collect::<Result<_, _>>()?;
        let is_collection = |argument: &Expr<'_>| matches!(argument.ty, Some(Type::Collection(_)));
        if COLLECTIONS.contains(&first.name) && bound.iter().any(is_collection) {
            return Err(
                Error::unsupported(format!("The function '{}' of collections", first.name)).at(name.span)
            );
        }
        self.called(&ways, bound, arguments)
    }

    /// The first way of calling that the arguments fit, literals read as what they should be.
    fn called(
        &self,
        ways: &[&Signature],
        bound: Vec<Expr<'m>>,
        arguments: &[ast::Argument],
    ) -> Result<Expr<'m>, Error> {
        let ways: Vec<&Signature> =
            ways.iter().copied().filter(|way| way.parameters.len() == bound.len()).collect();
        for way in &ways {
            if way.parameters.iter().zip(&bound).all(|(kind, argument)| kind.takes(argument.ty.as_ref())) {
                return self.finish(way, bound, arguments);
            }
        }
        let mut first = None;
        for way in &ways {
            let fitted: Result<Vec<Expr<'m>>, Error> = way
                .parameters
                .iter()
                .zip(bound.iter().zip(arguments))
                .map(|(kind, (argument, written))| {
                    let wanted = kind.literal_type();
                    let fitted = self
                        .fit(argument.clone(), wanted.as_ref())
                        .map_err(|error| error.at(written.value.span))?;
                    if kind.takes(fitted.ty.as_ref()) {
                        return Ok(fitted);
                    }
                    Err(match &wanted {
                        Some(_) if of_collections(way.name, argument.ty.as_ref()) => {
                            Error::unsupported(format!("'{}' of a collection", way.name))
                                .at(written.value.span)
                        }
                        Some(wanted) => self.mismatch(&written.value, wanted),
                        None => Error::invalid(format!("'{}' is no collection.", written.value))
                            .at(written.value.span),
                    })
                })
                .collect();
            match fitted {
                Ok(fitted) => return self.finish(way, fitted, arguments),
                Err(error) => {
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.unwrap_or_else(|| Error::invalid("The arguments do not fit the function.")))
    }

    fn finish(
        &self,
        way: &Signature,
        bound: Vec<Expr<'m>>,
        arguments: &[ast::Argument],
    ) -> Result<Expr<'m>, Error> {
        let ty = Type::Primitive(way.returns);
        match way.function {
            Function::Now => return Ok(Expr::literal(Value::DateTimeOffset(self.scope.terms.now), ty)),
            Function::MinDateTime => {
                return Ok(Expr::literal(Value::DateTimeOffset(DateTimeOffset::NEVER), ty));
            }
            Function::MaxDateTime => return Ok(Expr::literal(Value::DateTimeOffset(LATEST), ty)),
            Function::MatchesPattern => {
                if let [_, pattern] = bound.as_slice()
                    && let Some(Value::String(text)) = pattern.as_literal()
                    && let Err(reason) = crate::sql::functions::pattern(text)
                {
                    let place = arguments.last().map(|argument| argument.value.span).unwrap_or_default();
                    return Err(
                        Error::invalid(format!("'{text}' is no regular expression: {reason}")).at(place)
                    );
                }
            }
            Function::Substring => {
                if let Some(Value::Integer(length)) = bound.get(2).and_then(Expr::as_literal)
                    && *length < 0
                {
                    let place = arguments.last().map(|argument| argument.value.span).unwrap_or_default();
                    return Err(Error::invalid("The length of a substring cannot be negative.").at(place));
                }
            }
            _ => {}
        }
        if bound.iter().any(|argument| argument.ty.is_none()) {
            return Ok(Expr { ty: Some(ty), ..constant(Value::Null) });
        }
        Ok(Expr {
            nullable: bound.iter().any(|argument| argument.nullable),
            kind: ExprKind::Call(way.function, bound),
            ty: Some(ty),
        })
    }

    fn is_operation(&self, name: &str) -> bool {
        let model = self.scope.model;
        model.operations.iter().any(|operation| model.is_called(operation, name))
    }
}
