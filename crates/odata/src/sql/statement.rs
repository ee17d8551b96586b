//! A statement: SQL text and the values bound to its placeholders.
//!
//! Text comes from the program (`&'static str`) and from a [`super::Schema`], values from wherever they like:
//! there is no way to make a client's literal part of the text. Placeholders are written `$1`, `$2`, …, which
//! both SQLite and PostgreSQL read.

use std::borrow::Cow;

/// Room for the text of a statement in the beginning, in bytes.
const USUAL_LENGTH: usize = 1024;

use super::dialect::{Dialect, Kinds};
use super::template::{Mark, Template};

/// A value as databases know it.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// `NULL`.
    Null,
    /// Whole numbers, booleans (0 and 1), enum members, points in time.
    Integer(i64),
    /// Floating-point numbers.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// The alias of a table in a statement: `t0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alias(pub usize);

/// Text of a statement, taken out of it.
#[derive(Debug)]
pub(super) struct Fragment(Cow<'static, str>);

impl Fragment {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// SQL text with bound values.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    text: Cow<'static, str>,
    binds: Vec<Scalar>,
    /// What stands behind placeholders, where that is anything.
    bound: Option<Kinds>,
}

impl Default for Statement {
    /// Nothing yet.
    fn default() -> Self {
        Self::new("", Vec::new())
    }
}

impl Statement {
    /// A statement written by hand; the values in the order of their numbers.
    #[must_use]
    pub fn new(text: &'static str, binds: Vec<Scalar>) -> Self {
        Self { text: Cow::Borrowed(text), binds, bound: None }
    }

    /// An empty one, in a dialect.
    pub(super) fn of(dialect: &Dialect) -> Self {
        Self { bound: (!dialect.binds_null).then_some(dialect.bound), ..Self::default() }
    }

    /// The SQL text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bound values, `$1` first.
    #[must_use]
    pub fn binds(&self) -> &[Scalar] {
        &self.binds
    }

    /// Appends text of the program.
    pub(super) fn push(&mut self, text: &'static str) -> &mut Self {
        self.append(text)
    }

    fn append(&mut self, text: &str) -> &mut Self {
        match &mut self.text {
            Cow::Owned(before) => before.push_str(text),
            // Statements are rarely shorter, and growing there by doubling would copy each several times.
            Cow::Borrowed(before) => {
                let mut longer = String::with_capacity(USUAL_LENGTH);
                longer.push_str(before);
                longer.push_str(text);
                self.text = Cow::Owned(longer);
            }
        }
        self
    }

    /// Appends a name of the schema.
    pub(super) fn push_name(&mut self, name: &str) -> &mut Self {
        self.append(name)
    }

    /// Appends text of the schema that speaks of one table.
    pub(super) fn push_schema(&mut self, text: &Template, table: Alias) -> &mut Self {
        self.push_join(text, table, table)
    }

    /// Appends text of the schema that speaks of a table and its owner.
    pub(super) fn push_join(&mut self, text: &Template, owner: Alias, table: Alias) -> &mut Self {
        self.push_filled(text, |to, mark| match mark {
            Mark::Owner => _ = to.push_alias(owner),
            _ => _ = to.push_alias(table),
        })
    }

    /// Appends text of the schema, with `fill` writing what stands for its marks.
    pub(super) fn push_filled(
        &mut self,
        text: &Template,
        mut fill: impl FnMut(&mut Self, Mark),
    ) -> &mut Self {
        for (piece, mark) in text.pieces() {
            self.append(piece);
            if let Some(mark) = mark {
                fill(self, mark);
            }
        }
        self
    }

    /// Appends the alias of a table.
    pub(super) fn push_alias(&mut self, alias: Alias) -> &mut Self {
        self.push("t").push_number(alias.0)
    }

    /// Appends a number of the program, such as that of a result column.
    pub(super) fn push_number(&mut self, number: usize) -> &mut Self {
        if number >= 10 {
            self.push_number(number / 10);
        }
        // There are many, mostly of one digit: formatting machinery would take a quarter of the time of it all.
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        self.push(DIGITS.get(number % 10).copied().unwrap_or_default())
    }

    /// Takes back what was appended behind this many bytes.
    pub(super) fn cut(&mut self, length: usize) {
        if let Cow::Owned(text) = &mut self.text {
            text.truncate(length);
        }
    }

    /// Takes the text out, to be put behind or into another; the bound values stay.
    pub(super) fn take(&mut self) -> Fragment {
        Fragment(std::mem::replace(&mut self.text, Cow::Borrowed("")))
    }

    /// Puts back text that was taken out of this statement.
    pub(super) fn put(&mut self, fragment: &Fragment) -> &mut Self {
        self.append(&fragment.0)
    }

    /// Appends a placeholder and binds its value.
    pub(super) fn bind(&mut self, value: Scalar) -> &mut Self {
        let behind = match (&self.bound, &value) {
            (None, _) => "",
            // Where it stands alone it is of every type.
            (Some(_), Scalar::Null) => return self.push("NULL"),
            (Some(kinds), Scalar::Integer(_)) => kinds.integer,
            (Some(kinds), Scalar::Real(_)) => kinds.real,
            (Some(kinds), Scalar::Text(_)) => kinds.text,
            (Some(kinds), Scalar::Blob(_)) => kinds.bytes,
        };
        self.binds.push(value);
        let number = self.binds.len();
        self.push("$").push_number(number).push(behind)
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Scalar {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Scalar {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<Vec<u8>> for Scalar {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl<T: Into<Scalar>> From<Option<T>> for Scalar {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
