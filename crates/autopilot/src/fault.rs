//! What a rule of the domain has against an entity.

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The property at fault.
    pub property: String,
    /// What is wrong with it, as a sentence.
    pub message: String,
}

impl Fault {
    /// A fault of a property.
    #[must_use]
    pub fn new(property: &str, message: impl Into<String>) -> Self {
        Self { property: property.to_owned(), message: message.into() }
    }
}

impl From<Fault> for odata::Error {
    fn from(fault: Fault) -> Self {
        Self::invalid(fault.message).in_target(&fault.property)
    }
}
