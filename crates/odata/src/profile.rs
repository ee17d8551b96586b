//! Where Microsoft Graph and the standard contradict each other, as data: one engine, two profiles.
//!
//! Whoever writes an answer or an error asks the profile; nothing else in the house asks whose manners are followed.
//! Sources: OData 4.01 Parts 1 and 2 and JSON Format 4.01; for Graph its published pages and answers seen on the wire.

use crate::batch::{self, Rules};
use crate::bind::Top;

/// One set of manners.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile {
    /// How it is called in settings.
    pub name: &'static str,
    /// The status of a path segment that names nothing.
    pub unknown_segment: u16,
    /// The status of a method that an address does not take; 405 comes with `Allow`.
    pub wrong_method: u16,
    /// The member of an error that holds what is inside.
    pub inner_error: &'static str,
    /// Whether what is refused behind the gateway is told by a document inside the message, as Intune does.
    pub enveloped_errors: bool,
    /// Whether errors have what the standard asks of them: `target` beside the message, `Content-Language`,
    /// `OData-Version`.
    pub complete_errors: bool,
    /// The newest version of OData that answers have.
    pub newest: Version,
    /// What `$top` means.
    pub top: Top,
    /// Whether the context URL of a contained single entity ends in `/$entity`.
    pub contained_single_is_entity: bool,
    /// Whether bytes are written in the URL-safe alphabet.
    pub url_safe_binary: bool,
    /// Whether entities carry their ETag.
    pub etags: bool,
    /// Whether an entity says its id where its key is not among the selected properties.
    pub id_without_key: bool,
    /// What batches are held to.
    pub batch: &'static Rules,
    /// Whether media types of answers name everything there is to name.
    pub full_media_type: bool,
}

/// A version of OData, as in `OData-Version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// `4.0`
    V4,
    /// `4.01`
    V401,
}

impl Version {
    /// As it stands in a header.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::V4 => "4.0",
            Self::V401 => "4.01",
        }
    }

    /// What stands before the name of control information.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::V4 => "@odata.",
            Self::V401 => "@",
        }
    }
}

/// Microsoft Graph's.
pub const GRAPH: Profile = Profile {
    name: "graph",
    unknown_segment: 400,
    wrong_method: 400,
    inner_error: "innerError",
    enveloped_errors: true,
    complete_errors: false,
    newest: Version::V4,
    top: Top::PageSize,
    contained_single_is_entity: true,
    url_safe_binary: false,
    etags: false,
    id_without_key: false,
    batch: &batch::GRAPH,
    full_media_type: true,
};

/// The standard's.
pub const ODATA: Profile = Profile {
    name: "odata",
    unknown_segment: 404,
    wrong_method: 405,
    inner_error: "innererror",
    enveloped_errors: false,
    complete_errors: true,
    newest: Version::V401,
    top: Top::Limit,
    contained_single_is_entity: false,
    url_safe_binary: true,
    etags: true,
    id_without_key: true,
    batch: &batch::ODATA,
    full_media_type: false,
};
