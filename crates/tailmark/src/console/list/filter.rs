//! The filter of a list: fields of a form on one side, one OData expression on the other.
//!
//! What the fields cannot say stays as it was written, in `rest`. OData URL Conventions 4.01 §5.1.1.

use super::super::api::literal;
use super::super::form::Fields;

/// A code of the API, and the console's word for it.
pub type Choice = (&'static str, &'static str);

/// What a field takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// A text.
    Text,
    /// A day of UTC, `2026-11-26`.
    Day,
    /// A whole number.
    Number,
    /// One of these.
    OneOf(&'static [Choice]),
}

/// A field of a form, and the clause that it stands for: the value between `before` and `after`.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Its name in the form.
    pub name: &'static str,
    /// What stands above it.
    pub label: &'static str,
    /// What is meant, or an example, where nothing is typed.
    pub hint: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What comes before the value in the clause.
    pub before: &'static str,
    /// What comes after it.
    pub after: &'static str,
}

/// A field of the form, filled in.
#[derive(Clone, Debug)]
pub struct Field {
    /// What it asks.
    pub question: Question,
    /// What is in it.
    pub value: String,
}

/// A filter, taken apart.
#[derive(Clone, Debug)]
pub struct Filter {
    /// A value for each question; empty where nothing is asked.
    pub fields: Vec<Field>,
    /// What the fields cannot say.
    pub rest: String,
}

impl Question {
    fn clause(&self, value: &str) -> String {
        let value = match self.takes {
            Takes::Text | Takes::OneOf(_) => literal(value),
            Takes::Day | Takes::Number => value.to_owned(),
        };
        format!("{}{value}{}", self.before, self.after)
    }

    /// What a clause of our own form says.
    fn said(&self, clause: &str) -> Option<String> {
        let value = clause.strip_prefix(self.before)?.strip_suffix(self.after)?.trim();
        match self.takes {
            Takes::Text => unquoted(value),
            Takes::OneOf(choices) => {
                unquoted(value).filter(|value| choices.iter().any(|(code, _)| code == value))
            }
            Takes::Day => is_day(value).then(|| value.to_owned()),
            Takes::Number => {
                let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                is_number.then(|| value.to_owned())
            }
        }
    }
}

impl Field {
    /// What may be chosen; empty where anything can be typed.
    pub fn choices(&self) -> &'static [Choice] {
        if let Takes::OneOf(choices) = self.question.takes { choices } else { &[] }
    }

    /// The type of the input in HTML.
    pub fn input(&self) -> &'static str {
        match self.question.takes {
            Takes::Number => "number",
            // Not "date": its parts take a browser some 15 ms, and it asks for a day as the browser's language writes it, where
            // tables and addresses say 2026-11-26.
            Takes::Day | Takes::Text | Takes::OneOf(_) => "text",
        }
    }
}

impl Filter {
    /// Of a form.
    pub fn of_fields(questions: &[Question], fields: &Fields) -> Self {
        let field = |question: &Question| Field {
            question: *question,
            value: fields.one(question.name).trim().to_owned(),
        };
        Self { fields: questions.iter().map(field).collect(), rest: fields.one("rest").trim().to_owned() }
    }

    /// Of an expression.
    pub fn parse(questions: &[Question], text: &str) -> Self {
        let mut filter = Self::of_fields(questions, &Fields::default());
        let mut rest = Vec::new();
        for clause in clauses(text) {
            let mut free = filter.fields.iter_mut().filter(|field| field.value.is_empty());
            let found = free.find_map(|field| field.question.said(clause).map(|said| field.value = said));
            if found.is_none() && !clause.is_empty() {
                rest.push(clause);
            }
        }
        filter.rest = rest.join(" and ");
        filter
    }

    /// As an expression; empty where nothing is asked.
    pub fn text(&self) -> String {
        let asked = self.fields.iter().filter(|field| !field.value.is_empty());
        let mut clauses: Vec<String> = asked.map(|field| field.question.clause(&field.value)).collect();
        if !self.rest.is_empty() {
            // One `or` of it must not swallow the others.
            let alone = clauses.is_empty() || self::clauses(&self.rest).len() > 1 || is_closed(&self.rest);
            clauses.push(if alone { self.rest.clone() } else { format!("({})", self.rest) });
        }
        clauses.join(" and ")
    }
}

fn is_closed(text: &str) -> bool {
    !text.contains(" or ") || text.starts_with('(') && text.ends_with(')')
}

/// `2026-11-26`, be there such a day or not.
fn is_day(text: &str) -> bool {
    let is_right = |(place, byte): (usize, u8)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    text.len() == 10 && text.bytes().enumerate().all(is_right)
}

/// The parts of an expression between ` and `s that stand neither in texts nor in parentheses; the whole where an `or`
/// stands beside them.
fn clauses(text: &str) -> Vec<&str> {
    let (mut clauses, mut start, mut depth, mut in_text) = (Vec::new(), 0, 0_i32, false);
    for (place, character) in text.char_indices() {
        match character {
            '\'' => in_text = !in_text,
            '(' if !in_text => depth += 1,
            ')' if !in_text => depth -= 1,
            ' ' if !in_text && depth == 0 => {
                let after = text.get(place..).unwrap_or_default();
                if after.starts_with(" or ") {
                    return vec![text];
                }
                if after.starts_with(" and ") && place >= start {
                    clauses.push(text.get(start..place).unwrap_or_default().trim());
                    start = place + " and ".len();
                }
            }
            _ => {}
        }
    }
    clauses.push(text.get(start..).unwrap_or_default().trim());
    clauses
}

/// The text that a literal of OData stands for.
fn unquoted(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let plain = inner.replace("''", "");
    (!plain.contains('\'')).then(|| inner.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::super::super::{devices, uploads};
    use super::{Fields, Filter, Question};

    fn survive(questions: &[Question], texts: &[&str]) {
        for text in texts {
            assert_eq!(Filter::parse(questions, text).text(), *text, "{text}");
        }
    }

    #[test]
    fn a_filter_survives_its_form() {
        survive(
            devices::LIST.questions,
            &[
                "",
                "contains(serialNumber,'a b')",
                "groupTag eq 'O''Neil and sons' and contains(userPrincipalName,'x')",
                "groupTag eq 'A' and startswith(model,'Q')",
                "groupTag eq 'A' and (model eq 'Q' or model eq 'R')",
                "groupTag eq 'A' or model eq 'Q'",
                "enrollmentState eq 'new words'",
            ],
        );
        let filter = Filter::parse(devices::LIST.questions, "groupTag eq 'A'");
        let both = Filter { rest: "model eq 'Q' or model eq 'R'".to_owned(), ..filter };
        assert_eq!(both.text(), "groupTag eq 'A' and (model eq 'Q' or model eq 'R')");
    }

    #[test]
    fn days_and_numbers_survive_too() {
        let questions = uploads::LIST.questions;
        let days = "createdDateTimeUtc ge 2026-11-01T00:00:00Z and \
            createdDateTimeUtc le 2026-11-26T23:59:59.9999999Z and deviceIdentities/$count ge 500";
        survive(
            questions,
            &[
                days,
                "status eq 'error' and deviceIdentities/any(d:contains(d/serialNumber,'a) or (b''c'))",
                "createdDateTimeUtc ge 2026-11-01T12:00:00Z",
                "deviceIdentities/$count ge 5 add 1",
            ],
        );
        let values: Vec<_> =
            Filter::parse(questions, days).fields.into_iter().map(|field| field.value).collect();
        assert!(
            ["2026-11-01", "2026-11-26", "500"].iter().all(|value| values.iter().any(|one| one == value))
        );
        let fields = Fields::of_query(Some("from=2026-11-01&serial=A'1&rest=+id+ne+'x'+"));
        assert_eq!(
            Filter::of_fields(questions, &fields).text(),
            "createdDateTimeUtc ge 2026-11-01T00:00:00Z and \
             deviceIdentities/any(d:contains(d/serialNumber,'A''1')) and id ne 'x'"
        );
    }
}
