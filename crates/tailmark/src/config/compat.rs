//! `compat.*`: where published pages and observed behaviour differ.

use odata::json::Envelope;
use odata::profile::{self, Profile};
use serde::Deserialize;

/// Where published pages and observed behaviour differ.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Compat {
    /// How GET of one upload is answered, unless the request says `Prefer: envelope=…`.
    #[serde(deserialize_with = "super::word")]
    pub upload_envelope: UploadEnvelope,
    /// Whose manners are followed where Graph and the standard contradict each other; also `--profile`.
    #[serde(deserialize_with = "super::word")]
    pub profile: ProfileName,
    /// Whether what the real service refuses is refused.
    #[serde(deserialize_with = "super::word")]
    pub strictness: Strictness,
    /// Oddities of the real service that are off by default.
    #[serde(deserialize_with = "super::words")]
    pub quirks: Vec<Quirk>,
}

impl Compat {
    /// Whether an oddity is switched on.
    #[must_use]
    pub fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }
}

/// Whether what the real service refuses is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strictness {
    /// With the text of the real service.
    #[default]
    Strict,
    /// No: documented operations that it does not route work.
    Lenient,
}

/// An oddity of the real service that was seen and that a client should survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quirk {
    /// Lists of registered devices go on with a readable cursor that repeats the last device, and a full page has a next
    /// link even where nothing follows.
    PagingBySerial,
    /// 429 and 503 come without `Retry-After`.
    NoRetryAfter,
    /// What Intune refuses with 401 or 403 is wrapped once more, under the code `UnknownError`.
    DoubleWrappedErrors,
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
