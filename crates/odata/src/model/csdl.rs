//! The model as the documents that clients read, and back: CSDL and the service document.
//!
//! Out come CSDL XML ([`xml`]), CSDL JSON ([`json`]) and the service document; CSDL XML also comes in ([`read`]).
//! A document says what the model says and nothing that is not so: what cannot be done with a collection is written
//! where [`Options`] ask for it, derived from the same acts that decide about routes.
//! Specification: OData CSDL XML 4.01, <https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/>; OData CSDL JSON
//! 4.01, <https://docs.oasis-open.org/odata/odata-csdl-json/v4.01/>; vocabularies,
//! <https://oasis-tcs.github.io/odata-vocabularies/>.

mod annotations;
mod element;
mod json;
mod read;
mod service_document;
mod xml;

pub use json::json;
pub use read::{Error, MAX_BYTES, read};
pub use service_document::service_document;
pub use xml::xml;

/// Terms and types that describe the service's protocol and its properties.
const CORE: &str = "Org.OData.Core.V1";
/// Terms and types that describe what can be done.
const CAPABILITIES: &str = "Org.OData.Capabilities.V1";
/// The scheme of permissions of tokens that act for a signed-in user.
const DELEGATED: &str = "Delegated";
/// The scheme of permissions of tokens that act for an application alone.
const APPLICATION: &str = "Application";

/// The version of CSDL that a document is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 4.0, for clients that know no other.
    V40,
    /// 4.01
    V401,
}

impl Version {
    /// `4.01`
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::V40 => "4.0",
            Self::V401 => "4.01",
        }
    }
}

/// How much of OData a service does (Org.OData.Capabilities.V1.ConformanceLevelType).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the vocabulary's")]
pub enum Conformance {
    Minimal,
    Intermediate,
    Advanced,
}

/// What a document says beyond names and types.
#[derive(Clone, Debug)]
pub struct Options {
    /// What it is written in; CSDL JSON is always 4.01.
    pub version: Version,
    /// Says of each collection and singleton which acts it lacks.
    pub acts: bool,
    /// Says who may do what.
    pub permissions: bool,
    /// The versions of the protocol, with spaces between: `4.0 4.01`.
    pub protocol: Option<String>,
    /// What the service as a whole conforms to.
    pub conformance: Option<Conformance>,
    /// The functions that `$filter` understands; none: nothing is said.
    pub filter_functions: Vec<String>,
    /// Names of terms of the Capabilities vocabulary that are true of the whole service: `BatchSupported`.
    pub supports: Vec<String>,
}

impl Options {
    /// Names and types only.
    #[must_use]
    pub fn new(version: Version) -> Self {
        Self {
            version,
            acts: false,
            permissions: false,
            protocol: None,
            conformance: None,
            filter_functions: Vec::new(),
            supports: Vec::new(),
        }
    }

    /// With the acts that each collection and singleton lacks.
    #[must_use]
    pub fn with_acts(mut self) -> Self {
        self.acts = true;
        self
    }

    /// With who may do what.
    #[must_use]
    pub fn with_permissions(mut self) -> Self {
        self.permissions = true;
        self
    }
}
