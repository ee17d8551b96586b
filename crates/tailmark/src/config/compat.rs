//! `compat.*`: where published pages and observed behaviour differ.

use odata::json::Envelope;
use odata::profile::{self, Profile};
use serde::Deserialize;

/// Where published pages and observed behaviour differ.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Compat {
    /// How GET of one upload is answered, unless the request says `Prefer: envelope=…`.
    pub upload_envelope: UploadEnvelope,
    /// Whose manners are followed where Graph and the standard contradict each other; also `--profile`.
    pub profile: ProfileName,
}

/// Whose manners are followed where Graph and the standard contradict each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ProfileName {
    /// Microsoft Graph's.
    #[default]
    Graph,
    /// The standard's.
    Odata,
}

impl From<ProfileName> for &'static Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Graph => &profile::GRAPH,
            ProfileName::Odata => &profile::ODATA,
        }
    }
}

/// How GET of one upload is answered.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UploadEnvelope {
    /// `{"@odata.context":…,"value":{entity}}`, as its published page shows.
    #[default]
    Documented,
    /// The entity at the root, as every other entity is answered.
    Bare,
    /// The entity at the root with a copy under `value`.
    Both,
}

impl From<UploadEnvelope> for Envelope {
    fn from(envelope: UploadEnvelope) -> Self {
        match envelope {
            UploadEnvelope::Documented => Self::Documented,
            UploadEnvelope::Bare => Self::Bare,
            UploadEnvelope::Both => Self::Both,
        }
    }
}
