//! Where the import of one device stands.
//!
//! The real service answers `unknown` while it works and clients wait for as long as they read it; a setting makes
//! it `pending`. `partial` is in the published enumeration and is never written. `complete` and `error` are final.
//! Source: `importedWindowsAutopilotDeviceIdentityImportStatus` of Microsoft Graph.

/// `importedWindowsAutopilotDeviceIdentityImportStatus`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportStatus {
    /// Under way, as the real service shows it.
    Unknown,
    /// Under way, as the documentation has it.
    Pending,
    /// The device is registered.
    Complete,
    /// The device was refused.
    Error,
}

impl ImportStatus {
    /// The number in the published enumeration, by which it is stored.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Unknown => 0,
            Self::Pending => 1,
            Self::Complete => 3,
            Self::Error => 4,
        }
    }

    /// The status with this number in the published enumeration; `partial` and unknown numbers are under way.
    #[must_use]
    pub fn of_number(number: i64) -> Self {
        match number {
            1 => Self::Pending,
            3 => Self::Complete,
            4 => Self::Error,
            _ => Self::Unknown,
        }
    }
}
