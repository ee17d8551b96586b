//! One imported device identity: what a client sent about a device, and what came of it.
//!
//! In: a checked request body. Out: an [`ImportedDevice`] in its first state. What becomes of it is decided by
//! [`crate::registration`].
//! Source: `importedWindowsAutopilotDeviceIdentity` of Microsoft Graph.

use odata::Value;
use odata::json::read::Record;

use crate::device_record::DeviceRecord;
use crate::hardware_identifier::HardwareIdentifier;
use crate::import_status::ImportStatus;
use crate::rejection::Rejection;

/// A device as it was sent to be imported.
#[derive(Clone, Debug)]
pub struct ImportedDevice {
    /// Its id, made by the service.
    pub id: String,
    /// The upload that it belongs to, if any.
    pub upload_id: Option<String>,
    /// One request, or one upload: within it, a device counts once.
    pub batch_id: String,
    /// What the client groups records by.
    pub import_id: String,
    /// As sent; may be empty.
    pub serial_number: String,
    /// As sent; may be empty.
    pub product_key: String,
    /// As sent; may be empty.
    pub group_tag: String,
    /// As sent; may be empty.
    pub assigned_user_principal_name: String,
    /// The hardware hash, where one was sent.
    pub hardware_identifier: Option<HardwareIdentifier>,
    /// Where the import stands.
    pub state: ImportState,
}

/// `importedWindowsAutopilotDeviceIdentityState`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportState {
    /// Where the import stands.
    pub status: ImportStatus,
    /// The id of the registered device; empty until there is one.
    pub registration_id: String,
    /// 0, or why the device was refused.
    pub error_code: i32,
    /// Empty at first, `None` after success, or why the device was refused.
    pub error_name: String,
}

/// The ids that a new record gets.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its own.
    pub id: String,
    /// Its upload's.
    pub upload_id: Option<String>,
    /// Its upload's, or one for the whole request.
    pub batch_id: String,
}

impl ImportedDevice {
    /// A new record out of what a client sent.
    ///
    /// `id` and `state` of the body are ignored. The import id is the upload's id, else the client's, else the
    /// record's own.
    #[must_use]
    pub fn open(mut sent: Record<'_>, place: Place, first: ImportStatus) -> Self {
        let mut text = |name| sent.take_string(name).unwrap_or_default();
        let import_id = Some(text("importId")).filter(|id| !id.is_empty());
        let serial_number = text("serialNumber");
        let product_key = text("productKey");
        let group_tag = text("groupTag");
        let assigned_user_principal_name = text("assignedUserPrincipalName");
        // Differs: where the client sent no product key the real service shows the record's id in its place; here it
        // stays empty.
        Self {
            import_id: place.upload_id.clone().or(import_id).unwrap_or_else(|| place.id.clone()),
            id: place.id,
            upload_id: place.upload_id,
            batch_id: place.batch_id,
            serial_number,
            product_key,
            group_tag,
            assigned_user_principal_name,
            hardware_identifier: hardware_identifier(&mut sent),
            state: ImportState::first(first),
        }
    }

    /// The record as one line of a hash file.
    #[must_use]
    pub fn record(&self) -> DeviceRecord {
        DeviceRecord {
            serial_number: self.serial_number.clone(),
            product_key: self.product_key.clone(),
            hardware_hash: self
                .hardware_identifier
                .as_ref()
                .map(HardwareIdentifier::to_base64)
                .unwrap_or_default(),
            group_tag: self.group_tag.clone(),
            assigned_user: self.assigned_user_principal_name.clone(),
        }
    }

    /// The value of a property, by its path in the model. The hardware hash is not handed back to who sent it.
    #[must_use]
    pub fn value(&self, path: &str) -> Value {
        let text = |text: &str| Value::String(text.to_owned());
        match path {
            "id" => text(&self.id),
            "groupTag" => text(&self.group_tag),
            "serialNumber" => text(&self.serial_number),
            "productKey" => text(&self.product_key),
            "importId" => text(&self.import_id),
            "assignedUserPrincipalName" => text(&self.assigned_user_principal_name),
            "state/deviceImportStatus" => Value::Integer(self.state.status.number()),
            "state/deviceRegistrationId" => text(&self.state.registration_id),
            "state/deviceErrorCode" => Value::Integer(i64::from(self.state.error_code)),
            "state/deviceErrorName" => text(&self.state.error_name),
            _ => Value::Null,
        }
    }
}

/// The hash of a body; an empty one is none.
#[must_use]
pub fn hardware_identifier(sent: &mut Record<'_>) -> Option<HardwareIdentifier> {
    sent.take_binary("hardwareIdentifier")
        .filter(|bytes| !bytes.is_empty())
        .map(HardwareIdentifier::from_bytes)
}

impl ImportState {
    /// The state of a record that nobody has looked at.
    #[must_use]
    pub fn first(status: ImportStatus) -> Self {
        Self { status, registration_id: String::new(), error_code: 0, error_name: String::new() }
    }

    /// The state of a record whose device is registered.
    ///
    /// Clients see the name `None`, as the real service shows it.
    #[must_use]
    pub fn complete(registration_id: String) -> Self {
        Self { status: ImportStatus::Complete, registration_id, error_code: 0, error_name: "None".to_owned() }
    }

    /// The state of a record whose device was refused.
    #[must_use]
    pub fn refused(rejection: Rejection) -> Self {
        Self {
            status: ImportStatus::Error,
            registration_id: String::new(),
            error_code: rejection.code(),
            error_name: rejection.name().to_owned(),
        }
    }
}
