//! In what the batches of Microsoft Graph and of the standard differ, as data.
//!
//! Source: Microsoft Graph, *Combine multiple HTTP requests using JSON batching*; OData JSON Format 4.01, 19.1.

/// What holds for the batches of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The most requests, up to [`Rules::LARGEST`].
    pub max_requests: usize,
    /// Whether ids that differ in letter case only are the same.
    pub ids_ignore_case: bool,
    /// Whether some requests may depend on others while later ones depend on none.
    pub mixed_dependencies: bool,
    /// Whether a body in JSON needs a `Content-Type` beside it.
    pub content_type_required: bool,
    /// Whether `$<id>` at the beginning of a URL is what the request with that id made; in multipart it always is.
    pub json_references: bool,
    /// What a URL with a slash at its beginning is below.
    pub leading_slash: LeadingSlash,
    /// The headers of the batch that hold for requests without them (OData 4.01 Protocol, 8), in small letters.
    pub inherited: &'static [&'static str],
    /// How names of headers are written in JSON.
    pub header_names: HeaderNames,
}

/// What a URL with a slash at its beginning is below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadingSlash {
    /// The service root, unless it names a service root itself.
    ServiceRoot,
    /// The host.
    Host,
}

/// How names of headers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderNames {
    /// `Content-Type`, `OData-Version`
    Mixed,
    /// `content-type`, `odata-version`
    Lower,
}

impl Rules {
    /// No batch has more requests than this, whatever its rules are.
    pub const LARGEST: usize = 1000;
}

/// Microsoft Graph's.
// Differs: Graph has neither `multipart/mixed` nor atomicity groups; both are understood here.
pub const GRAPH: Rules = Rules {
    max_requests: 20,
    ids_ignore_case: true,
    mixed_dependencies: false,
    content_type_required: true,
    json_references: false,
    leading_slash: LeadingSlash::ServiceRoot,
    inherited: &[],
    header_names: HeaderNames::Mixed,
};

/// The standard's.
pub const ODATA: Rules = Rules {
    max_requests: Rules::LARGEST,
    ids_ignore_case: false,
    mixed_dependencies: true,
    content_type_required: false,
    json_references: true,
    leading_slash: LeadingSlash::Host,
    inherited: &["accept", "isolation", "odata-isolation", "odata-maxversion", "odata-version", "prefer"],
    header_names: HeaderNames::Lower,
};
