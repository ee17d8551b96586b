//! Why a device is refused: the codes that clients meet in `state.deviceErrorCode` and `deviceErrorName`.
//!
//! In: a code or a name. Out: what it means, where it comes from, what an administrator can do. One table for
//! the service, the console and `tailmark explain`.
//! Source: <https://learn.microsoft.com/en-us/autopilot/add-devices>,
//! <https://learn.microsoft.com/en-us/autopilot/troubleshooting-faq> and
//! <https://learn.microsoft.com/en-us/troubleshoot/mem/intune/device-enrollment/import-windows-autopilot-device-csv-files-errors>.

mod texts;

use std::fmt;

/// One reason. The variants are called as the service calls them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// 640: the service could not store the device; try again.
    StorageError,
    /// 801: the request is malformed or names no tenant.
    InvalidZtdRequestBody,
    /// 802: the hardware hash is no valid report, or lacks serial number or manufacturer.
    InvalidZtdHardwareHash,
    /// The hash has not the length of 4,000 characters; listed here for its name, never sent.
    HashNot4k,
    /// 803: no hash that tells which device it is, and neither serial number nor product key.
    MissingZtdSerialNumberAndProductKey,
    /// 806: the tenant has the device already.
    ZtdDeviceAlreadyAssigned,
    /// The same device is twice in one import.
    // Differs: no number is published for this name; the number of its nearest relative, 806, is sent.
    ZtdDeviceDuplicated,
    /// 807: a device that is not registered was to be changed.
    ZtdDeviceIsNotRegistered,
    /// 808: another tenant has the device.
    ZtdDeviceAssignedToOtherTenant,
    /// 809: the deployment profile is not registered.
    ZtdProfileIsNotRegistered,
    /// 810: the deployment profile is another tenant's.
    ZtdProfileAssignedToOtherTenant,
    /// 811: only the tenant that registered the device can remove it.
    ZtdDeviceRegisteredByOtherTenant,
    /// 812: manufacturer, model and serial number fit no known device.
    ZtdDeviceNotFound,
    /// 813: more than one device fits.
    ZtdDeviceIsNotUnique,
    /// 814: the directory has an object of the device already.
    ZtdDeviceAlreadyAadRegistered,
    /// 815, on the device: no profile is assigned and there is no default.
    ZtdDeviceHasNoAssignedProfile,
    /// 908, on the device: its hardware is not what was registered.
    HardwareMismatchDetected,
    /// 908, on the device: its serial number is not what was registered.
    SerialNumberMismatch,
    /// 908, on the device: its product key id is not what was registered.
    ProductKeyIdMismatch,
    /// A device is being deleted since a moment ago (spelt with one `r` by the service).
    ZtdDeviceDeletionInProgess,
    /// A device that is deleted was to be deleted.
    ZtdDeviceAlreadyDeleted,
}

/// Where a reason is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// In the state of an imported device.
    Import,
    /// In the answer to a change of a registered device or its profile.
    Change,
    /// In the answer to a deletion.
    Deletion,
    /// On the device itself, in its event log or on its screen.
    Device,
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Import => "import",
            Self::Change => "change",
            Self::Deletion => "deletion",
            Self::Device => "device",
        })
    }
}

impl Rejection {
    /// All of them, by number, those without one beside their relatives or at the end.
    pub const ALL: [Self; 21] = [
        Self::StorageError,
        Self::InvalidZtdRequestBody,
        Self::InvalidZtdHardwareHash,
        Self::HashNot4k,
        Self::MissingZtdSerialNumberAndProductKey,
        Self::ZtdDeviceAlreadyAssigned,
        Self::ZtdDeviceDuplicated,
        Self::ZtdDeviceIsNotRegistered,
        Self::ZtdDeviceAssignedToOtherTenant,
        Self::ZtdProfileIsNotRegistered,
        Self::ZtdProfileAssignedToOtherTenant,
        Self::ZtdDeviceRegisteredByOtherTenant,
        Self::ZtdDeviceNotFound,
        Self::ZtdDeviceIsNotUnique,
        Self::ZtdDeviceAlreadyAadRegistered,
        Self::ZtdDeviceHasNoAssignedProfile,
        Self::HardwareMismatchDetected,
        Self::SerialNumberMismatch,
        Self::ProductKeyIdMismatch,
        Self::ZtdDeviceDeletionInProgess,
        Self::ZtdDeviceAlreadyDeleted,
    ];

    /// The number in `deviceErrorCode`; 0 for what is only met as an error of a deletion.
    pub fn code(self) -> i32 {
        match self {
            Self::HashNot4k => 802,
            Self::ZtdDeviceDuplicated => 806,
            published => published.published_code().unwrap_or(0),
        }
    }

    /// The number that is published for the name; none for four of them.
    pub fn published_code(self) -> Option<i32> {
        Some(match self {
            Self::StorageError => 640,
            Self::InvalidZtdRequestBody => 801,
            Self::InvalidZtdHardwareHash => 802,
            Self::MissingZtdSerialNumberAndProductKey => 803,
            Self::ZtdDeviceAlreadyAssigned => 806,
            Self::ZtdDeviceIsNotRegistered => 807,
            Self::ZtdDeviceAssignedToOtherTenant => 808,
            Self::ZtdProfileIsNotRegistered => 809,
            Self::ZtdProfileAssignedToOtherTenant => 810,
            Self::ZtdDeviceRegisteredByOtherTenant => 811,
            Self::ZtdDeviceNotFound => 812,
            Self::ZtdDeviceIsNotUnique => 813,
            Self::ZtdDeviceAlreadyAadRegistered => 814,
            Self::ZtdDeviceHasNoAssignedProfile => 815,
            Self::HardwareMismatchDetected | Self::SerialNumberMismatch | Self::ProductKeyIdMismatch => 908,
            Self::HashNot4k
            | Self::ZtdDeviceDuplicated
            | Self::ZtdDeviceDeletionInProgess
            | Self::ZtdDeviceAlreadyDeleted => return None,
        })
    }

    /// The text in `deviceErrorName`.
    pub fn name(self) -> &'static str {
        match self {
            Self::StorageError => "StorageError",
            Self::InvalidZtdRequestBody => "InvalidZtdRequestBody",
            Self::InvalidZtdHardwareHash => "InvalidZtdHardwareHash",
            Self::HashNot4k => "HashNot4k",
            Self::MissingZtdSerialNumberAndProductKey => "MissingZtdSerialNumberAndProductKey",
            Self::ZtdDeviceAlreadyAssigned => "ZtdDeviceAlreadyAssigned",
            Self::ZtdDeviceDuplicated => "ZtdDeviceDuplicated",
            Self::ZtdDeviceIsNotRegistered => "ZtdDeviceIsNotRegistered",
            Self::ZtdDeviceAssignedToOtherTenant => "ZtdDeviceAssignedToOtherTenant",
            Self::ZtdProfileIsNotRegistered => "ZtdProfileIsNotRegistered",
            Self::ZtdProfileAssignedToOtherTenant => "ZtdProfileAssignedToOtherTenant",
            Self::ZtdDeviceRegisteredByOtherTenant => "ZtdDeviceRegisteredByOtherTenant",
            Self::ZtdDeviceNotFound => "ZtdDeviceNotFound",
            Self::ZtdDeviceIsNotUnique => "ZtdDeviceIsNotUnique",
            Self::ZtdDeviceAlreadyAadRegistered => "ZtdDeviceAlreadyAadRegistered",
            Self::ZtdDeviceHasNoAssignedProfile => "ZtdDeviceHasNoAssignedProfile",
            Self::HardwareMismatchDetected => "HardwareMismatchDetected",
            Self::SerialNumberMismatch => "SerialNumberMismatch",
            Self::ProductKeyIdMismatch => "ProductKeyIdMismatch",
            Self::ZtdDeviceDeletionInProgess => "ZtdDeviceDeletionInProgess",
            Self::ZtdDeviceAlreadyDeleted => "ZtdDeviceAlreadyDeleted",
        }
    }

    /// A second spelling that Microsoft's pages use for the name.
    pub fn other_name(self) -> Option<&'static str> {
        match self {
            Self::ZtdDeviceAssignedToOtherTenant => Some("ZtdDeviceAssignedToAnotherTenant"),
            Self::ZtdDeviceDeletionInProgess => Some("ZtdDeviceDeletionInProgress"),
            _ => None,
        }
    }

    /// Where it is met.
    pub fn occasion(self) -> Occasion {
        match self {
            Self::ZtdDeviceIsNotRegistered
            | Self::ZtdProfileIsNotRegistered
            | Self::ZtdProfileAssignedToOtherTenant => Occasion::Change,
            Self::ZtdDeviceRegisteredByOtherTenant
            | Self::ZtdDeviceDeletionInProgess
            | Self::ZtdDeviceAlreadyDeleted => Occasion::Deletion,
            Self::ZtdDeviceHasNoAssignedProfile
            | Self::HardwareMismatchDetected
            | Self::SerialNumberMismatch
            | Self::ProductKeyIdMismatch => Occasion::Device,
            _ => Occasion::Import,
        }
    }

    /// All with a code, the one that the service gives under that number first; 0 has none.
    pub fn by_code(code: i32) -> impl Iterator<Item = Self> {
        let published = Self::ALL.into_iter().filter(move |each| each.published_code() == Some(code));
        let sent = Self::ALL
            .into_iter()
            .filter(move |each| code != 0 && each.published_code().is_none() && each.code() == code);
        published.chain(sent)
    }

    /// The one with a name, in any letter case and either spelling.
    pub fn by_name(name: &str) -> Option<Self> {
        let is = |candidate: &str| candidate.eq_ignore_ascii_case(name.trim());
        Self::ALL.into_iter().find(|each| is(each.name()) || each.other_name().is_some_and(is))
    }
}

/// `806 ZtdDeviceAlreadyAssigned`
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            0 => f.write_str(self.name()),
            code => write!(f, "{code} {}", self.name()),
        }
    }
}

impl std::error::Error for Rejection {}
