//! Everything in which databases differ, as data on one page.
//!
//! PostgreSQL gets its own row here when its store arrives; nothing else in the crate asks which database it is.

/// How one database writes what the others write differently.
#[derive(Debug)]
pub struct Dialect {
    /// The place of one text in another, 1 for its beginning, 0 for absent: name of a function of two arguments.
    pub position: &'static str,
    /// Unicode lower case: name of a function of one argument.
    pub lower: &'static str,
    /// Unicode upper case: name of a function of one argument.
    pub upper: &'static str,
}

/// SQLite 3.39 or later. Its own `lower` and `upper` know ASCII only, so the store registers these two.
pub const SQLITE: Dialect = Dialect { position: "instr", lower: "unicode_lower", upper: "unicode_upper" };
