//! JSON in and out, and the control information around it.
//!
//! [`write()`] renders an [`Answer`](crate::answer::Answer) to a [`Query`](crate::query::Query); [`read`] checks request
//! bodies. The order of control information follows Microsoft Graph's wire: `@odata.context`, `@odata.count`,
//! `@odata.nextLink`, `value`.
//! Specification: OData JSON Format 4.01; OData Part 1 §10 (context URL).

mod context;
mod fault;
pub mod read;
pub mod stored;
mod value;
mod write;

pub use context::{context, entity_address, list_address};
pub use write::{Form, Writing, Written, etag, write, write_structures};

/// How much control information an answer carries (OData JSON Format 4.01 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MetadataLevel {
    /// Counts and next links only.
    None,
    /// What clients cannot compute.
    #[default]
    Minimal,
    /// Everything.
    Full,
}

/// Where one entity stands in the body, for navigation properties that are declared with an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Envelope {
    /// Under `value`, as the published example of the upload page shows.
    #[default]
    Documented,
    /// At the root, as every other entity.
    Bare,
    /// At the root, with a copy under `value`.
    Both,
}
