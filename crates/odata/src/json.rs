//! JSON in and out, and the control information around it.
//!
//! [`write()`] renders an [`Answer`](crate::answer::Answer) to a [`Query`]; [`read`] checks request bodies. The context URL and the order
//! of control information follow Microsoft Graph's wire: `@odata.context`, `@odata.count`, `@odata.nextLink`,
//! `value`.
//! Specification: OData JSON Format 4.01; OData Part 1 §10 (context URL).

mod fault;
pub mod read;
mod write;

pub use write::{Writing, write};

use crate::model::Operation;
use crate::query::{Ending, Query, Shape};

/// How much control information an answer carries (OData JSON Format 4.01 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MetadataLevel {
    /// Counts and next links only.
    None,
    /// What clients cannot compute.
    #[default]
    Minimal,
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

/// The context URL of an answer, below the service root.
///
/// Keys are written in parentheses whatever the request used; one entity ends in `/$entity`; what an operation
/// returns is named by its type.
#[must_use]
pub fn context(query: &Query<'_>) -> String {
    if let Ending::Operation(Operation { returns: Some(returns), .. }) = query.resource.ending {
        return format!("$metadata#{}", query.model.type_name(returns));
    }
    let ending = if query.resource.is_collection() { "" } else { "/$entity" };
    format!("$metadata#{}{}{ending}", query.resource.canonical(), select_list(&query.listing.shape))
}

/// `(id,status,deviceIdentities(serialNumber))`, or nothing where all structural properties are there.
fn select_list(shape: &Shape<'_>) -> String {
    let mut list: Vec<String> = shape.selected.clone().unwrap_or_default();
    for expansion in &shape.expand {
        let nested = select_list(&expansion.listing.shape);
        let nested = if nested.is_empty() { "()" } else { nested.as_str() };
        list.push(format!("{}{nested}", expansion.navigation.name));
    }
    if list.is_empty() { String::new() } else { format!("({})", list.join(",")) }
}
