//! `$search` as SQL: every term is somewhere in the searched properties, whatever its letter case.
//!
//! Specification: OData URL Conventions 4.01 §5.1.8.

use super::expr::Condition;
use super::writer::{Part, Place, Writer};
use super::{Error, Statement};
use crate::query::TextSearch;
use crate::syntax::ast::Search;

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
            && text.chars().count() >= 3
        {
            // A phrase of the index's own query language: in double quotes, those inside doubled.
            let phrase = format!("\"{}\"", text.replace('"', "\"\""));
            let mut parts = index.split("{q}");
            to.push("(").push_schema(parts.next().unwrap_or_default(), alias);
            for part in parts {
                to.bind(phrase.as_str().into()).push_schema(part, alias);
            }
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
}
