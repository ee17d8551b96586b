//! Which names the rules of the grammar may match, in the place of a model.
//!
//! Comes in: an object whose members are names of rules, each with the list of all strings the rule matches, as
//! the test cases of OASIS have it. Goes out: for a rule and a name whether it may be. A rule that is not listed
//! matches every name; a rule with an empty list none.
//! Specification: OData ABNF Test Cases 4.01, "Constraints".

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::syntax::cursor::Strictness;
use crate::syntax::percent::Decoded;

/// The names that rules may match.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    names: BTreeMap<String, BTreeSet<String>>,
}

impl Constraints {
    /// Every rule matches every name.
    #[must_use]
    pub fn none() -> Self {
        Constraints::default()
    }

    /// Reads `{"entitySetName":["Products"],…}`, or an object that has such a one as its member `Constraints`.
    /// `None` if it is neither.
    #[must_use]
    pub fn from_json(json: &Json) -> Option<Self> {
        let rules = json.get("Constraints").unwrap_or(json).as_object()?;
        let mut names = BTreeMap::new();
        for (rule, allowed) in rules {
            let allowed: Option<BTreeSet<String>> =
                allowed.as_array()?.iter().map(|name| name.as_str().map(decoded)).collect();
            names.insert(rule.clone(), allowed?);
        }
        Some(Constraints { names })
    }

    /// Whether the rule may match the name.
    pub(super) fn allow(&self, rule: &str, name: &str) -> bool {
        self.names.get(rule).is_none_or(|allowed| allowed.contains(name))
    }

    /// Whether the rule has a list of its own.
    pub(super) fn has(&self, rule: &str) -> bool {
        self.names.contains_key(rule)
    }
}

/// Some lists have names as they stand in a URL.
fn decoded(name: &str) -> String {
    Decoded::query(name, Strictness::Strict)
        .map_or_else(|_| name.to_owned(), |decoded| decoded.text.into_owned())
}
