//! SQL text of a schema, in which aliases and values are put: looked through once, when the schema is made.

use std::borrow::Cow;
use std::fmt;

/// SQL text in which `{t}` stands for the alias of a table, `{o}` for that of its owner, `{p}` for the owner whose part of
/// the tables is seen, and `{q}` for a phrase that is searched.
#[derive(Clone, Debug)]
pub struct Template {
    /// The text without its marks.
    text: Cow<'static, str>,
    /// Where there is which.
    marks: Vec<(usize, Mark)>,
}

/// What stands for something that a statement knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// `{t}`
    Table,
    /// `{o}`
    Owner,
    /// `{p}`
    Part,
    /// `{q}`
    Phrase,
}

impl Mark {
    fn at(text: &str) -> Option<Self> {
        match text.get(..3)? {
            "{t}" => Some(Self::Table),
            "{o}" => Some(Self::Owner),
            "{p}" => Some(Self::Part),
            "{q}" => Some(Self::Phrase),
            _ => None,
        }
    }
}

impl Template {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.marks.is_empty()
    }

    /// Each piece of text, and the mark behind it; the last has none.
    pub(super) fn pieces(&self) -> impl Iterator<Item = (&str, Option<Mark>)> {
        let ends = self.marks.iter().map(|(end, mark)| (*end, Some(*mark)));
        let mut from = 0;
        ends.chain([(self.text.len(), None)]).map(move |(end, mark)| {
            let piece = self.text.get(from..end).unwrap_or_default();
            from = end;
            (piece, mark)
        })
    }
}

impl From<Cow<'static, str>> for Template {
    fn from(source: Cow<'static, str>) -> Self {
        if !source.contains('{') {
            return Self { text: source, marks: Vec::new() };
        }
        let (mut text, mut marks, mut rest) = (String::with_capacity(source.len()), Vec::new(), &*source);
        while let Some(place) = rest.find('{') {
            let (before, at) = rest.split_at(place);
            text.push_str(before);
            rest = match Mark::at(at) {
                Some(mark) => {
                    marks.push((text.len(), mark));
                    at.get(3..).unwrap_or_default()
                }
                None => {
                    text.push('{');
                    at.get(1..).unwrap_or_default()
                }
            };
        }
        text.push_str(rest);
        Self { text: Cow::Owned(text), marks }
    }
}

impl From<&'static str> for Template {
    fn from(source: &'static str) -> Self {
        Cow::Borrowed(source).into()
    }
}

impl From<String> for Template {
    fn from(source: String) -> Self {
        Cow::<'static, str>::Owned(source).into()
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
