//! What must hold of an entity for it to be changed: looked at in the unit of work that changes it, so that nobody
//! comes between.

use std::sync::Arc;

use odata::answer::{self, Answer};
use odata::json::etag;
use odata::query::Query;

use super::db::Tx;
use super::tables::{dialect, schema};
use super::{Error, Writer};

/// Versions that a client knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Whichever there is.
    Any,
    /// Those with these tags.
    These(Vec<String>),
}

/// Of which version an entity must be, and of which it must not be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`
    pub only_if: Option<Known>,
    /// `If-None-Match`
    pub only_if_not: Option<Known>,
}

/// Conditions on one entity.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The query that reads it with its version.
    pub entity: Arc<Query<'static>>,
    /// What must hold.
    pub conditions: Conditions,
}

impl Known {
    fn has(&self, version: &str) -> bool {
        let tag = etag(version);
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|known| tag == format!("W/\"{known}\"")),
        }
    }
}

impl Conditions {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a version is none of those that must be there.
    #[must_use]
    pub fn miss(&self, version: &str) -> bool {
        self.only_if.as_ref().is_some_and(|known| !known.has(version))
    }

    /// Whether a version is one of those that must not be there.
    #[must_use]
    pub fn exclude(&self, version: &str) -> bool {
        self.only_if_not.as_ref().is_some_and(|known| known.has(version))
    }
}

impl Writer {
    /// The same, for as long as this holds of what is changed.
    #[must_use]
    pub fn provided(self, condition: Option<Condition>) -> Self {
        Self { condition, ..self }
    }
}

/// Refuses to go on where the entity is not there, or is of another version.
pub(super) fn met(condition: Option<&Condition>, tx: &Tx<'_>, tenant: &str) -> Result<(), Error> {
    let Some(Condition { entity, conditions }) = condition else { return Ok(()) };
    let source = schema(tx.engine()).part_of(tenant);
    match answer::answer(entity, &source, dialect(tx.engine()), &mut |statement| tx.rows(statement))? {
        Some(Answer::Entity(entity)) => {
            let version = entity.version.unwrap_or_default();
            if conditions.miss(&version) || conditions.exclude(&version) {
                return Err(Error::ConditionNotMet);
            }
            Ok(())
        }
        _ => Err(Error::NotFound),
    }
}
