//! Everything in which databases differ, as data on one page.
//!
//! PostgreSQL gets its own row here when its store arrives; nothing else in the crate asks which database it is.
//! Where a database has no function with the standard's meaning, [`super::functions`] has one that the store
//! registers: those are called by name from everywhere.

/// How one database writes what the others write differently.
#[derive(Debug)]
pub struct Dialect {
    /// The place of one text in another, 1 for its beginning, 0 for absent: name of a function of two arguments.
    pub position: &'static str,
    /// Unicode lower case: name of a function of one argument.
    pub lower: &'static str,
    /// Unicode upper case: name of a function of one argument.
    pub upper: &'static str,
    /// Before and behind a decimal that is compared or put in order.
    pub decimal: (&'static str, &'static str),
    /// Before and behind any other text that is compared or put in order, where a decimal is compared inside it.
    pub plain: (&'static str, &'static str),
    /// A member of a JSON text: before the text, before the path, behind it.
    pub extract: (&'static str, &'static str, &'static str),
    /// The members of a JSON array as a table: before the text and behind it.
    pub members: (&'static str, &'static str),
    /// The column of that table with a member.
    pub member: &'static str,
    /// The column of that table with a member's place.
    pub place: &'static str,
    /// Values of many rows as a JSON array: name of an aggregate function.
    pub gather: &'static str,
    /// A JSON array out of rows of JSON texts: before the member and behind it.
    pub gather_json: (&'static str, &'static str),
    /// A JSON object out of names and values: before them and behind.
    pub object: (&'static str, &'static str),
    /// The type of floating-point numbers in a cast.
    pub real: &'static str,
    /// A `LIMIT` that is none, for an `OFFSET` to follow.
    pub no_limit: &'static str,
}

/// SQLite 3.39 or later.
pub const SQLITE: Dialect = Dialect {
    position: "instr",
    lower: "unicode_lower",
    upper: "unicode_upper",
    decimal: ("", " COLLATE odata_decimal"),
    plain: ("", " COLLATE BINARY"),
    extract: ("json_extract(", ", ", ")"),
    members: ("json_each(", ")"),
    member: ".value",
    place: ".key",
    gather: "json_group_array",
    gather_json: ("json_group_array(json(", "))"),
    object: ("json_object(", ")"),
    real: "REAL",
    no_limit: "-1",
};
