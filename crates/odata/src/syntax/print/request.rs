//! Printing of requests, options and their items.
//!
//! Options come out in one fixed order with `$`, separated by `&` at the top and by `;` inside parentheses.
//! Specification: OData 4.01 ABNF, sections 1 "Resource Path" and 2 "Query Options".

use std::fmt;

use crate::syntax::ast::{
    ComputeItem, ExpandForm, ExpandItem, Levels, Name, Options, OrderItem, Request, Search, SelectForm,
    SelectItem,
};
use crate::syntax::percent::encode_query;

use super::apply::Sequence;

/// Writes all of them with a separator between.
pub(super) fn separated<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    separator: &str,
    all: impl IntoIterator<Item = T>,
) -> fmt::Result {
    for (index, one) in all.into_iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        write!(f, "{one}")?;
    }
    Ok(())
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        separated(f, "/", &self.path)?;
        let options = self.options.to_string();
        if options.is_empty() { Ok(()) } else { write!(f, "?{options}") }
    }
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        separated(f, "&", parts(self))
    }
}

impl Options {
    /// The options as the query of a URL, percent-encoded: parsing it gives the same options.
    #[must_use]
    pub fn to_query(&self) -> String {
        let encoded = parts(self).into_iter().map(|part| {
            let name = encode_query(&part.name);
            part.value.map_or(name.clone(), |value| format!("{name}={}", encode_query(&value)))
        });
        encoded.collect::<Vec<_>>().join("&")
    }
}

/// Options inside parentheses.
pub(super) struct Nested<'o>(pub &'o Options);

impl fmt::Display for Nested<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        separated(f, ";", parts(self.0))
    }
}

/// An option that is set.
struct Part {
    name: String,
    /// Nothing for a custom option that is only a name.
    value: Option<String>,
}

impl Part {
    fn new(name: &str, value: String) -> Self {
        Self { name: name.to_owned(), value: Some(value) }
    }
}

/// `name=value`
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.value.iter().try_for_each(|value| write!(f, "={value}"))
    }
}

/// The options that are set.
fn parts(options: &Options) -> Vec<Part> {
    fn one(name: &str, value: Option<&impl fmt::Display>) -> Option<Part> {
        value.map(|value| Part::new(name, value.to_string()))
    }
    fn many(name: &str, values: &[impl fmt::Display]) -> Option<Part> {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        (!values.is_empty()).then(|| Part::new(name, values.join(",")))
    }
    let system = [
        one("$schemaversion", options.schemaversion.as_ref()),
        one("$apply", Some(&Sequence(&options.apply)).filter(|sequence| !sequence.0.is_empty())),
        many("$compute", &options.compute),
        one("$search", options.search.as_ref()),
        one("$filter", options.filter.as_ref()),
        one("$count", options.count.as_ref()),
        many("$orderby", &options.orderby),
        one("$skip", options.skip.as_ref()),
        one("$top", options.top.as_ref()),
        one("$levels", options.levels.as_ref()),
        many("$select", &options.select),
        many("$expand", &options.expand),
        one("$format", options.format.as_ref()),
        one("$index", options.index.as_ref()),
        one("$id", options.id.as_ref()),
        one("$skiptoken", options.skiptoken.as_ref()),
        one("$deltatoken", options.deltatoken.as_ref()),
    ];
    let aliases =
        options.aliases.iter().map(|(name, value)| Part::new(&format!("@{name}"), value.to_string()));
    let custom = options.custom.iter().map(|(name, value)| Part {
        name: name.clone(),
        value: Some(value.clone()).filter(|value| !value.is_empty()),
    });
    system.into_iter().flatten().chain(aliases).chain(custom).collect()
}

impl fmt::Display for OrderItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.descending { " desc" } else { "" };
        write!(f, "{}{direction}", self.expr)
    }
}

impl fmt::Display for ComputeItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.expr, self.alias)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Levels::Exactly(count) => write!(f, "{count}"),
            Levels::Max => f.write_str("max"),
        }
    }
}

impl fmt::Display for SelectItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        separated(f, "/", &self.path)?;
        match &self.form {
            SelectForm::Named | SelectForm::Everything => {}
            SelectForm::Operations => f.write_str(".*")?,
            SelectForm::Overload(parameters) => {
                f.write_str("(")?;
                separated(f, ",", parameters)?;
                f.write_str(")")?;
            }
        }
        in_parentheses(f, self.options.as_deref())
    }
}

impl fmt::Display for ExpandItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        separated(f, "/", &self.path)?;
        f.write_str(match self.form {
            ExpandForm::Entities => "",
            ExpandForm::References => "/$ref",
            ExpandForm::Count => "/$count",
        })?;
        in_parentheses(f, self.options.as_deref())
    }
}

fn in_parentheses(f: &mut fmt::Formatter<'_>, options: Option<&Options>) -> fmt::Result {
    options.map_or(Ok(()), |options| write!(f, "({})", Nested(options)))
}

impl fmt::Display for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // In parentheses nothing follows or precedes it, so that it cannot be an operator.
            Search::Word(word) if matches!(word.as_str(), "AND" | "OR" | "NOT") => write!(f, "({word})"),
            Search::Word(word) => f.write_str(word),
            Search::Phrase(phrase) => write!(f, "\"{phrase}\""),
            Search::Incomplete(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Search::Not(negated) => write!(f, "NOT {}", Term(negated)),
            Search::And(terms) => separated(f, " AND ", terms.iter().map(Term)),
            Search::Or(terms) => separated(f, " OR ", terms.iter().map(Alternative)),
        }
    }
}

/// A term of `AND` or `NOT`.
struct Term<'s>(&'s Search);

impl fmt::Display for Term<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Search::And(_) | Search::Or(_) => write!(f, "({})", self.0),
            Search::Word(_) | Search::Phrase(_) | Search::Incomplete(_) | Search::Not(_) => self.0.fmt(f),
        }
    }
}

/// A term of `OR`.
struct Alternative<'s>(&'s Search);

impl fmt::Display for Alternative<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Search::Or(_) => write!(f, "({})", self.0),
            Search::Word(_) | Search::Phrase(_) | Search::Incomplete(_) | Search::Not(_) | Search::And(_) => {
                self.0.fmt(f)
            }
        }
    }
}
