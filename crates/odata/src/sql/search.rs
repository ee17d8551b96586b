//! `$search` as SQL: every term is somewhere in the searched properties, whatever its letter case. And what an index of
//! the parts of texts does for a filter with `contains`.
//!
//! Specification: OData URL Conventions 4.01 §5.1.8.

use super::expr::Condition;
use super::schema::PartIndex;
use super::statement::Alias;
use super::template::{Mark, Template};
use super::writer::{Part, Place, Writer};
use super::{Error, Scalar, Statement};
use crate::bind::Function;
use crate::query::{Expr, ExprKind, TextSearch};
use crate::syntax::ast::Search;
use crate::value::Value;

impl<'s> Writer<'s> {
    /// `$search`: every term is somewhere in the searched properties, whatever its letter case.
    pub fn search(
        &mut self,
        condition: &mut Condition,
        to: &mut Statement,
        search: &TextSearch<'_>,
        place: Place<'s>,
    ) -> Result<(), Error> {
        condition.and(to);
        self.terms(to, search, &search.terms, place)
    }

    fn terms(
        &mut self,
        to: &mut Statement,
        search: &TextSearch<'_>,
        terms: &Search,
        place: Place<'s>,
    ) -> Result<(), Error> {
        let junction = |writer: &mut Self, to: &mut Statement, operator: &'static str, all: &[Search]| {
            to.push("(");
            for (index, one) in all.iter().enumerate() {
                to.push(if index == 0 { "" } else { operator });
                writer.terms(to, search, one, place)?;
            }
            to.push(")");
            Ok(())
        };
        match terms {
            Search::And(all) => junction(self, to, " AND ", all),
            Search::Or(all) => junction(self, to, " OR ", all),
            Search::Not(one) => {
                to.push("(NOT ");
                self.terms(to, search, one, place)?;
                to.push(")");
                Ok(())
            }
            Search::Word(text) | Search::Phrase(text) | Search::Incomplete(text) => {
                self.term(to, search, text, place)
            }
        }
    }

    fn term(
        &mut self,
        to: &mut Statement,
        search: &TextSearch<'_>,
        text: &str,
        place: Place<'s>,
    ) -> Result<(), Error> {
        if let Place::Row(alias, table) = place
            && let Some(index) = &table.search
            && is_indexed(text)
        {
            to.push("(");
            indexed(to, index, alias, text);
            to.push(")");
            return Ok(());
        }
        to.push("(");
        for (index, property) in search.within.iter().enumerate() {
            to.push(if index == 0 { "" } else { " OR " });
            to.push("COALESCE(").push(self.dialect.position).push("(").push(self.dialect.lower).push("(");
            self.column(to, place, &[property], Part::Value)?;
            to.push("), ").bind(text.to_lowercase().into()).push(") > 0, FALSE)");
        }
        to.push(")");
        Ok(())
    }

    /// The rows among which those of a filter are, by an index of parts of texts; nothing where none can say.
    pub fn hint<'e>(&self, filter: &'e Expr<'_>) -> Option<Hint<'s, 'e>> {
        match &filter.kind {
            ExprKind::And(operands) => operands.iter().find_map(|operand| self.hint(operand)),
            ExprKind::Call(Function::Contains, arguments) => {
                let [text, part] = arguments.as_slice() else { return None };
                let (ExprKind::Property(path), ExprKind::Literal(Value::String(part))) =
                    (&text.kind, &part.kind)
                else {
                    return None;
                };
                let Ok(Place::Row(alias, table)) = self.place_of(path.from) else { return None };
                let index = table.parts_of(&path.properties)?;
                (path.steps.is_empty() && is_indexed(part)).then_some(Hint { alias, index, part })
            }
            _ => None,
        }
    }
}

/// Rows by an index of parts of texts.
pub(super) struct Hint<'s, 'e> {
    alias: Alias,
    index: &'s PartIndex,
    part: &'e str,
}

impl Hint<'_, '_> {
    /// A condition: the row is among them.
    pub fn condition(&self, to: &mut Statement) {
        to.push_schema(&self.index.row, self.alias).push(" IN (");
        indexed(to, &self.index.rows, self.alias, self.part);
        to.push(")");
    }

    /// How many they are, counted no further than to `most`.
    pub fn count(&self, to: &mut Statement, most: i64) {
        to.push("SELECT COUNT(*) FROM (");
        indexed(to, &self.index.rows, self.alias, self.part);
        to.push(" LIMIT ").bind(Scalar::Integer(most)).push(") found");
    }
}

/// Whether a filter asks for parts of texts in every row.
pub(super) fn has_part(filter: &Expr<'_>) -> bool {
    match &filter.kind {
        ExprKind::And(operands) => operands.iter().any(has_part),
        ExprKind::Call(function, _) => *function == Function::Contains,
        _ => false,
    }
}

/// Whether an index of every three letters knows it.
fn is_indexed(text: &str) -> bool {
    text.chars().nth(2).is_some()
}

fn indexed(to: &mut Statement, index: &Template, alias: Alias, text: &str) {
    // A phrase of the index's own query language: in double quotes, those inside doubled.
    let phrase = format!("\"{}\"", text.replace('"', "\"\""));
    to.push_filled(index, |to, mark| match mark {
        Mark::Phrase => _ = to.bind(phrase.as_str().into()),
        _ => _ = to.push_alias(alias),
    });
}
