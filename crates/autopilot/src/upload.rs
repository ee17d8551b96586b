//! An upload: devices that are imported together, with one status for all of them.
//!
//! While an upload has no devices its status is what the client declared. From the first device on it follows from
//! them: `pending` while any of them is under way, then `error` when at least one was refused, else `complete`.
//! That rule is written once, as the expression that reads the status from the devices' rows.
//! Source: `importedWindowsAutopilotDeviceIdentityUpload` of Microsoft Graph (2018-08 to 2019-07); how its status
//! moves was never published.

use odata::Value;
use odata::json::read::{Datum, Record};
use odata::value::DateTimeOffset;

use crate::import_status::ImportStatus;
use crate::imported_device::{ImportedDevice, Place};

/// `importedWindowsAutopilotDeviceIdentityUploadStatus`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadStatus {
    /// Nothing to do.
    NoUpload,
    /// Some device is under way.
    Pending,
    /// Every device is registered.
    Complete,
    /// Every device is final and at least one was refused.
    Error,
}

impl UploadStatus {
    /// The number in the published enumeration, by which it is stored.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::NoUpload => 0,
            Self::Pending => 1,
            Self::Complete => 2,
            Self::Error => 3,
        }
    }
}

/// A new upload.
#[derive(Debug)]
pub struct Upload {
    /// Its id, made by the service.
    pub id: String,
    /// When it was made, or when the client says that it was.
    pub created: DateTimeOffset,
    /// The number of the status that the client declared; `noUpload` where it declared none.
    pub declared_status: i64,
    /// The devices sent inside.
    pub devices: Vec<ImportedDevice>,
}

/// What a client changes about an upload; nothing where it says nothing.
#[derive(Debug, Default)]
pub struct UploadChange {
    /// When it was made.
    pub created: Option<DateTimeOffset>,
    /// The number of its declared status, which shows for as long as it has no devices.
    pub declared_status: Option<i64>,
}

impl Upload {
    /// A new upload out of what a client sent. The body's `id` is ignored.
    pub fn open(
        mut sent: Record<'_>,
        now: DateTimeOffset,
        first: ImportStatus,
        mut next_id: impl FnMut() -> String,
    ) -> Self {
        let id = next_id();
        let change = UploadChange::read(&mut sent);
        let devices = sent.take_records("deviceIdentities").unwrap_or_default();
        let devices = devices
            .into_iter()
            .map(|device| {
                let place = Place { id: next_id(), upload_id: Some(id.clone()), batch_id: id.clone() };
                ImportedDevice::open(device, place, first)
            })
            .collect();
        Self {
            created: change.created.unwrap_or(now),
            declared_status: change.declared_status.unwrap_or(UploadStatus::NoUpload.number()),
            id,
            devices,
        }
    }
}

impl UploadChange {
    /// What a client sent about an upload itself.
    pub fn read(sent: &mut Record<'_>) -> Self {
        let created = match sent.take("createdDateTimeUtc") {
            Some(Datum::Value(Value::DateTimeOffset(instant))) => Some(instant),
            _ => None,
        };
        Self { created, declared_status: sent.take_integer("status") }
    }
}
