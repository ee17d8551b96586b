//! The names of the system query options.
//!
//! Specification: OData 4.01 URL Conventions, 5.1 "System Query Options"; Data Aggregation Extension, 3.1
//! `$apply`.

/// A query option that OData defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SystemOption {
    /// `$apply`
    Apply,
    /// `$compute`
    Compute,
    /// `$count`
    Count,
    /// `$deltatoken`
    Deltatoken,
    /// `$expand`
    Expand,
    /// `$filter`
    Filter,
    /// `$format`
    Format,
    /// `$id`
    Id,
    /// `$index`
    Index,
    /// `$levels`
    Levels,
    /// `$orderby`
    Orderby,
    /// `$schemaversion`
    Schemaversion,
    /// `$search`
    Search,
    /// `$select`
    Select,
    /// `$skip`
    Skip,
    /// `$skiptoken`
    Skiptoken,
    /// `$top`
    Top,
}

impl SystemOption {
    /// All of them.
    pub const ALL: [SystemOption; 17] = [
        SystemOption::Apply,
        SystemOption::Compute,
        SystemOption::Count,
        SystemOption::Deltatoken,
        SystemOption::Expand,
        SystemOption::Filter,
        SystemOption::Format,
        SystemOption::Id,
        SystemOption::Index,
        SystemOption::Levels,
        SystemOption::Orderby,
        SystemOption::Schemaversion,
        SystemOption::Search,
        SystemOption::Select,
        SystemOption::Skip,
        SystemOption::Skiptoken,
        SystemOption::Top,
    ];

    /// The name in lower case, with `$`.
    pub fn name(self) -> &'static str {
        match self {
            SystemOption::Apply => "$apply",
            SystemOption::Compute => "$compute",
            SystemOption::Count => "$count",
            SystemOption::Deltatoken => "$deltatoken",
            SystemOption::Expand => "$expand",
            SystemOption::Filter => "$filter",
            SystemOption::Format => "$format",
            SystemOption::Id => "$id",
            SystemOption::Index => "$index",
            SystemOption::Levels => "$levels",
            SystemOption::Orderby => "$orderby",
            SystemOption::Schemaversion => "$schemaversion",
            SystemOption::Search => "$search",
            SystemOption::Select => "$select",
            SystemOption::Skip => "$skip",
            SystemOption::Skiptoken => "$skiptoken",
            SystemOption::Top => "$top",
        }
    }

    /// The name in lower case, without `$`.
    pub(super) fn bare_name(self) -> &'static str {
        self.name().get(1..).unwrap_or_default()
    }

    /// The option of this name, with or without `$`, in any letter case.
    pub fn named(spelling: &str) -> Option<Self> {
        let bare = spelling.strip_prefix('$').unwrap_or(spelling);
        SystemOption::ALL.into_iter().find(|option| option.bare_name().eq_ignore_ascii_case(bare))
    }

    /// What its value has to be, for error messages.
    pub(super) fn expects(self) -> &'static str {
        match self {
            SystemOption::Top | SystemOption::Skip => "a non-negative integer",
            SystemOption::Count => "'true' or 'false'",
            SystemOption::Index => "an integer",
            SystemOption::Levels => "a positive integer or 'max'",
            _ => "a value",
        }
    }
}
