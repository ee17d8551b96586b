//! `compat.*`: where published pages and observed behaviour differ.

use odata::json::Envelope;
use serde::Deserialize;

/// Where published pages and observed behaviour differ.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Compat {
    /// How GET of one upload is answered, unless the request says `Prefer: envelope=…`.
    pub upload_envelope: UploadEnvelope,
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
