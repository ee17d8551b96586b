//! `import.*`: how devices are imported.

use autopilot::import_status::ImportStatus;
use autopilot::registration::HashRule;
use serde::Deserialize;

/// How devices are imported.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Import {
    /// Seconds for which a worker holds the records that it has claimed.
    pub lease: u64,
    /// How often a record is tried before it ends with code 640.
    pub attempts: u32,
    /// The first `deviceImportStatus`.
    #[serde(deserialize_with = "super::word")]
    pub profile: Profile,
    /// What a hardware hash must be.
    #[serde(deserialize_with = "super::word")]
    pub hardware_hash: HardwareHash,
}

impl Default for Import {
    fn default() -> Self {
        Self { lease: 30, attempts: 5, profile: Profile::Unknown, hardware_hash: HardwareHash::Checked }
    }
}

/// The first `deviceImportStatus`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// As the real service answers.
    Unknown,
    /// As the documentation has it.
    Pending,
}

impl From<Profile> for ImportStatus {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::Unknown => Self::Unknown,
            Profile::Pending => Self::Pending,
        }
    }
}

/// What a hardware hash must be.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HardwareHash {
    /// A whole report; else 802.
    Checked,
    /// Any Base64.
    Any,
}

impl From<HardwareHash> for HashRule {
    fn from(rule: HardwareHash) -> Self {
        match rule {
            HardwareHash::Checked => Self::Checked,
            HardwareHash::Any => Self::Any,
        }
    }
}
