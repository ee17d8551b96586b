//! One line of a hash file, or one device of a request, before anything is believed about it.
//!
//! In: five texts as a client or a file gave them. Out: the same five texts, addressed by [`Field`].
//! Nothing is trimmed or decoded here; `check` says what is wrong and what it would repair.
//! Source: <https://learn.microsoft.com/en-us/autopilot/add-devices> (the five columns) and
//! <https://learn.microsoft.com/en-us/graph/api/resources/intune-enrollment-importedwindowsautopilotdeviceidentity>.

use std::fmt;

/// The five texts that describe a device to be imported.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DeviceRecord {
    /// The firmware's serial number, `5CG1234XYZ`.
    pub serial_number: String,
    /// The product key id (13 digits) or Windows product id; mostly empty.
    pub product_key: String,
    /// The hardware hash as text, mostly 4,000 characters of Base64.
    pub hardware_hash: String,
    /// The group tag, by which groups and profiles find the device.
    pub group_tag: String,
    /// The user principal name of the person who will use the device.
    pub assigned_user: String,
}

impl DeviceRecord {
    /// The text of one field.
    pub fn text(&self, field: Field) -> &str {
        match field {
            Field::SerialNumber => &self.serial_number,
            Field::ProductKey => &self.product_key,
            Field::HardwareHash => &self.hardware_hash,
            Field::GroupTag => &self.group_tag,
            Field::AssignedUser => &self.assigned_user,
        }
    }

    /// The text of one field, to be changed.
    pub fn text_mut(&mut self, field: Field) -> &mut String {
        match field {
            Field::SerialNumber => &mut self.serial_number,
            Field::ProductKey => &mut self.product_key,
            Field::HardwareHash => &mut self.hardware_hash,
            Field::GroupTag => &mut self.group_tag,
            Field::AssignedUser => &mut self.assigned_user,
        }
    }
}

/// Never shows the hardware hash, so that a record may be logged.
impl fmt::Debug for DeviceRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceRecord")
            .field("serial_number", &self.serial_number)
            .field("product_key", &self.product_key)
            .field("hardware_hash", &format_args!("{} characters", self.hardware_hash.chars().count()))
            .field("group_tag", &self.group_tag)
            .field("assigned_user", &self.assigned_user)
            .finish()
    }
}

/// One of the five texts of a [`DeviceRecord`], in the order of Intune's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// `Device Serial Number`
    SerialNumber,
    /// `Windows Product ID`
    ProductKey,
    /// `Hardware Hash`
    HardwareHash,
    /// `Group Tag`
    GroupTag,
    /// `Assigned User`
    AssignedUser,
}

impl Field {
    /// All five, in the order of Intune's header.
    pub const ALL: [Self; 5] =
        [Self::SerialNumber, Self::ProductKey, Self::HardwareHash, Self::GroupTag, Self::AssignedUser];

    /// The name of the column in Intune's hash file.
    pub fn header(self) -> &'static str {
        match self {
            Self::SerialNumber => "Device Serial Number",
            Self::ProductKey => "Windows Product ID",
            Self::HardwareHash => "Hardware Hash",
            Self::GroupTag => "Group Tag",
            Self::AssignedUser => "Assigned User",
        }
    }

    /// The name of the property in the API.
    pub fn property(self) -> &'static str {
        match self {
            Self::SerialNumber => "serialNumber",
            Self::ProductKey => "productKey",
            Self::HardwareHash => "hardwareIdentifier",
            Self::GroupTag => "groupTag",
            Self::AssignedUser => "assignedUserPrincipalName",
        }
    }
}
