//! The filter of the list: fields of a form on one side, one OData expression on the other.
//!
//! What the fields cannot say stays as it was written, in `rest`. OData URL Conventions 4.01 §5.1.1.

use super::super::api::literal;
use super::super::form::Fields;

/// What the form asks: field, label, property, whether a part of the text is enough.
const ASKED: [(&str, &str, &str, bool); 8] = [
    ("serial", "Serial number contains", "serialNumber", true),
    ("manufacturer", "Manufacturer contains", "manufacturer", true),
    ("model", "Model contains", "model", true),
    ("tag", "Group tag is", "groupTag", false),
    ("user", "User contains", "userPrincipalName", true),
    ("order", "Purchase order is", "purchaseOrderIdentifier", false),
    ("status", "Profile status", "deploymentProfileAssignmentStatus", false),
    ("enrollment", "Enrollment state", "enrollmentState", false),
];

/// The profile statuses to choose from.
pub const STATUSES: [(&str, &str); 4] = [
    ("notAssigned", "Not assigned"),
    ("pending", "Assigning"),
    ("assignedInSync", "Assigned"),
    ("failed", "Failed"),
];

/// The enrollment states to choose from.
const ENROLLMENTS: [(&str, &str); 5] = [
    ("notContacted", "Not contacted"),
    ("enrolled", "Enrolled"),
    ("pendingReset", "Pending reset"),
    ("failed", "Failed"),
    ("blocked", "Blocked"),
];

/// A field of the form, filled in.
pub struct Field {
    /// Its name in the form.
    pub name: &'static str,
    /// What stands above it.
    pub label: &'static str,
    /// What is in it.
    pub value: String,
    /// What may be chosen; empty where anything can be typed.
    pub choices: &'static [(&'static str, &'static str)],
}

/// A filter, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    values: [String; ASKED.len()],
    /// What the fields cannot say.
    pub rest: String,
}

impl Filter {
    /// Of a form.
    pub fn of_fields(fields: &Fields) -> Self {
        let values = ASKED.map(|(name, ..)| fields.one(name).trim().to_owned());
        Self { values, rest: fields.one("rest").trim().to_owned() }
    }

    /// Of an expression.
    pub fn parse(text: &str) -> Self {
        let mut filter = Self::default();
        let mut rest = Vec::new();
        for clause in clauses(text) {
            let found = ASKED.iter().zip(&mut filter.values).find_map(|((_, _, property, part), value)| {
                said(clause, property, *part).filter(|_| value.is_empty()).map(|said| *value = said)
            });
            if found.is_none() && !clause.is_empty() {
                rest.push(clause);
            }
        }
        filter.rest = rest.join(" and ");
        filter
    }

    /// As an expression; empty where nothing is asked.
    pub fn text(&self) -> String {
        let asked = ASKED.iter().zip(&self.values).filter(|(_, value)| !value.is_empty());
        let mut clauses: Vec<String> = asked
            .map(|((_, _, property, part), value)| {
                let value = literal(value);
                if *part { format!("contains({property},{value})") } else { format!("{property} eq {value}") }
            })
            .collect();
        if !self.rest.is_empty() {
            // One `or` of it must not swallow the others.
            let alone = clauses.is_empty() || self::clauses(&self.rest).len() > 1 || is_closed(&self.rest);
            clauses.push(if alone { self.rest.clone() } else { format!("({})", self.rest) });
        }
        clauses.join(" and ")
    }

    /// The fields of the form.
    pub fn fields(&self) -> Vec<Field> {
        let choices = |name: &str| match name {
            "status" => STATUSES.as_slice(),
            "enrollment" => &ENROLLMENTS,
            _ => &[],
        };
        let fields = ASKED.iter().zip(&self.values);
        fields
            .map(|((name, label, ..), value)| Field {
                name,
                label,
                value: value.clone(),
                choices: choices(name),
            })
            .collect()
    }
}

fn is_closed(text: &str) -> bool {
    !text.contains(" or ") || text.starts_with('(') && text.ends_with(')')
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

/// What a clause of our own form says of a property.
fn said(clause: &str, property: &str, part: bool) -> Option<String> {
    let literal = if part {
        clause.strip_prefix("contains(")?.strip_prefix(property)?.strip_prefix(',')?.strip_suffix(')')?
    } else {
        clause.strip_prefix(property)?.strip_prefix(" eq ")?
    };
    let inner = literal.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    let plain = inner.replace("''", "");
    (!plain.contains('\'')).then(|| inner.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::Filter;

    #[test]
    fn a_filter_survives_its_form() {
        for text in [
            "",
            "contains(serialNumber,'a b')",
            "groupTag eq 'O''Neil and sons' and contains(userPrincipalName,'x')",
            "groupTag eq 'A' and startswith(model,'Q')",
            "groupTag eq 'A' and (model eq 'Q' or model eq 'R')",
            "groupTag eq 'A' or model eq 'Q'",
        ] {
            assert_eq!(Filter::parse(text).text(), text, "{text}");
        }
        let both =
            Filter { rest: "model eq 'Q' or model eq 'R'".to_owned(), ..Filter::parse("groupTag eq 'A'") };
        assert_eq!(both.text(), "groupTag eq 'A' and (model eq 'Q' or model eq 'R')");
    }
}
