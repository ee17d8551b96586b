//! Everything in which databases differ, as data on one page; nothing else in the crate asks which database it is.
//!
//! What both read is written in one way. Where a database has no function with the standard's meaning, there is one of
//! the same name for all: SQLite gets those of [`super::functions`], PostgreSQL those of
//! `migrations/postgres/0001_functions.sql`.

use crate::model::{Primitive, Type};

/// How one database writes what the others write differently. Of two texts, one stands before and one behind.
#[derive(Debug)]
pub struct Dialect {
    /// The place of one text in another, 1 for its beginning, 0 for absent: name of a function of two arguments.
    pub position: &'static str,
    /// Unicode lower case: name of a function of one argument.
    pub lower: &'static str,
    /// Unicode upper case: name of a function of one argument.
    pub upper: &'static str,
    /// Whether a text matches a pattern, in time linear in the text: name of a function of two arguments, if there is one.
    pub matches: Option<&'static str>,
    /// Around a decimal that is compared or put in order.
    pub decimal: (&'static str, &'static str),
    /// Around any other text that is compared or put in order.
    pub text: (&'static str, &'static str),
    /// Around any other value that is compared or put in order, where a decimal is compared inside it; empty where that
    /// does not matter.
    pub plain: (&'static str, &'static str),
    /// Whether constants that something is compared with need the same around them.
    pub both_sides: bool,
    /// Around a floating-point number that is compared with a whole one.
    pub exact: (&'static str, &'static str),
    /// Around a decimal that becomes a column of its own.
    pub column: (&'static str, &'static str),
    /// Around a truth value that is kept, as 0 or 1, to be a condition.
    pub truth: (&'static str, &'static str),
    /// Around the least or greatest decimal.
    pub extreme: (&'static str, &'static str),
    /// Around bytes of which there shall be a least or greatest one, and around that one.
    pub bytes: [(&'static str, &'static str); 2],
    /// Around the sum of whole numbers.
    pub total: (&'static str, &'static str),
    /// Around a sum or an average of floating-point numbers.
    pub measure: (&'static str, &'static str),
    /// A member of a JSON text.
    pub extract: Extract,
    /// Around a member of a JSON text that is a whole number or a truth value.
    pub integer: (&'static str, &'static str),
    /// Around a member of a JSON text that is a floating-point number, to be written.
    pub double: (&'static str, &'static str),
    /// Around a JSON array, whose members are a table.
    pub members: (&'static str, &'static str),
    /// The column of that table with a member, structures as JSON texts.
    pub member: &'static str,
    /// The column of that table with a member as JSON has it.
    pub whole: &'static str,
    /// The column of that table with a member's place.
    pub place: &'static str,
    /// Around values of many rows: a JSON array, as text.
    pub gather: (&'static str, &'static str),
    /// Around JSON values of many rows: a JSON array, as text.
    pub gather_json: (&'static str, &'static str),
    /// Around names and values: a JSON object, as text.
    pub object: (&'static str, &'static str),
    /// Around a JSON text that becomes a part of another.
    pub json: (&'static str, &'static str),
    /// Around a number that becomes a floating-point one.
    pub real: (&'static str, &'static str),
    /// A `LIMIT` that is none, for an `OFFSET` to follow.
    pub no_limit: &'static str,
    /// What stands behind a placeholder.
    pub bound: Kinds,
    /// Null of a type.
    pub null: Kinds,
    /// Whether null is bound to a placeholder, rather than written.
    pub binds_null: bool,
}

/// Something for each kind of value that columns hold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Kinds {
    /// Conditions.
    pub truth: &'static str,
    /// Whole numbers.
    pub integer: &'static str,
    /// Floating-point numbers.
    pub real: &'static str,
    /// Texts.
    pub text: &'static str,
    /// Bytes.
    pub bytes: &'static str,
}

impl Kinds {
    const fn all(text: &'static str) -> Self {
        Self { truth: text, integer: text, real: text, text, bytes: text }
    }

    /// That for the values of a type.
    #[must_use]
    pub fn of(&self, ty: &Type) -> &'static str {
        match ty {
            Type::Enum(_) => self.integer,
            Type::Primitive(primitive) => match primitive {
                Primitive::Boolean => self.truth,
                Primitive::Double | Primitive::Single => self.real,
                Primitive::Binary => self.bytes,
                Primitive::DateTimeOffset | Primitive::Duration => self.integer,
                primitive if primitive.is_integer() => self.integer,
                _ => self.text,
            },
            Type::Complex(_) | Type::Entity(_) | Type::Collection(_) => self.text,
        }
    }
}

/// How a member of a JSON text is reached.
#[derive(Debug)]
pub enum Extract {
    /// Before the text, before a path (`$."a"."b"`), behind it.
    Path(&'static str, &'static str, &'static str),
    /// Before the text, behind it, before each name but the last, before the last one, behind it.
    Names(&'static str, &'static str, &'static str, &'static str, &'static str),
}

/// SQLite 3.39 or later.
pub const SQLITE: Dialect = Dialect {
    position: "instr",
    lower: "unicode_lower",
    upper: "unicode_upper",
    matches: Some("odata_matches"),
    decimal: ("", " COLLATE odata_decimal"),
    text: ("", ""),
    plain: ("", " COLLATE BINARY"),
    both_sides: false,
    exact: ("", ""),
    column: ("", " COLLATE odata_decimal"),
    truth: ("", ""),
    extreme: ("", ""),
    bytes: [("", ""); 2],
    total: ("", ""),
    measure: ("", ""),
    extract: Extract::Path("json_extract(", ", ", ")"),
    integer: ("", ""),
    double: ("", ""),
    members: ("json_each(", ")"),
    member: ".value",
    whole: ".value",
    place: ".key",
    gather: ("json_group_array(", ")"),
    gather_json: ("json_group_array(json(", "))"),
    object: ("json_object(", ")"),
    json: ("json(", ")"),
    real: ("CAST(", " AS REAL)"),
    no_limit: "-1",
    bound: Kinds::all(""),
    null: Kinds::all("NULL"),
    binds_null: true,
};

/// PostgreSQL 15 or later. Truth values are kept as numbers, as in SQLite, and conditions are conditions; texts are
/// compared by their bytes, whatever the database's own order is; the types of parameters are written, because a
/// statement is prepared before they are known.
///
/// What the store must see to: columns are `BIGINT`, `DOUBLE PRECISION`, `TEXT COLLATE "C"` and `BYTEA`; NaN is bound as
/// null, which SQLite makes of it; a text with U+0000 in it is refused before it is bound, because none can be kept.
///
/// `matchesPattern` is not supported: no limit holds for the time that a regular expression takes there.
pub const POSTGRES: Dialect = Dialect {
    position: "strpos",
    lower: "unicode_lower",
    upper: "unicode_upper",
    matches: None,
    decimal: ("(", ")::numeric"),
    text: ("", " COLLATE \"C\""),
    plain: ("", ""),
    both_sides: true,
    exact: ("odata_exact(", ")"),
    column: ("CAST(trim_scale((", ")::numeric) AS TEXT)"),
    truth: ("(", " <> 0)"),
    extreme: ("CAST(", " AS TEXT)"),
    bytes: [("encode(", ", 'hex')"), ("decode(", ", 'hex')")],
    total: ("odata_whole(", ")"),
    measure: ("NULLIF(CAST(", " AS DOUBLE PRECISION), 'NaN')"),
    extract: Extract::Names("(CAST(", " AS JSON)", " -> ", " ->> ", ")"),
    integer: ("odata_integer(", ")"),
    double: ("odata_double(", ")"),
    members: ("odata_members(", ")"),
    member: ".value",
    whole: ".json",
    place: ".key",
    gather: ("COALESCE(CAST(json_agg(", ") AS TEXT), '[]')"),
    gather_json: ("COALESCE(CAST(json_agg(", ") AS TEXT), '[]')"),
    object: ("CAST(json_build_object(", ") AS TEXT)"),
    json: ("CAST(", " AS JSON)"),
    real: ("odata_double(", ")"),
    no_limit: "ALL",
    bound: Kinds {
        truth: "::boolean",
        integer: "::bigint",
        real: "::float8",
        text: "::text",
        bytes: "::bytea",
    },
    null: Kinds {
        truth: "NULL::boolean",
        integer: "NULL::bigint",
        real: "NULL::float8",
        text: "NULL::text",
        bytes: "NULL::bytea",
    },
    binds_null: false,
};
