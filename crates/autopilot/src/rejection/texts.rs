//! What each reason means, where it comes from, and what to do: the words of `tailmark explain`.
//!
//! In: a [`Rejection`]. Out: three short texts for an administrator, in our own words.
//! Source: the pages named in `rejection`, and what people report of each code in public threads.

use super::Rejection;

impl Rejection {
    /// What it means, in a sentence.
    pub fn meaning(self) -> &'static str {
        self.texts().0
    }

    /// How it mostly comes about.
    pub fn cause(self) -> &'static str {
        self.texts().1
    }

    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        self.texts().2
    }

    fn texts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::StorageError => (
                "The service could not store the device.",
                "A passing failure on the service's side. Nothing is wrong with the device or the file.",
                "Wait some minutes and import the same device again. If it happens for hours, look at the \
                 service's health page before you change anything.",
            ),
            Self::InvalidZtdRequestBody => (
                "The request was malformed or named no tenant.",
                "A tool put the request together wrongly. Imports through a portal do not meet this.",
                "Look at what your tool sends: property names, the type annotation, and that the token is of \
                 the tenant you mean. Then send it again.",
            ),
            Self::InvalidZtdHardwareHash => (
                "The hardware hash is not a valid report on a machine.",
                "The hash was cut, changed by a spreadsheet or encoded twice; or the firmware leaves serial \
                 number or manufacturer empty, which both must be in it.",
                "Run `tailmark hash` on it to see what is wrong. Capture the hash again on the device and keep \
                 the file out of spreadsheets. If serial number or manufacturer are missing in the hash, the \
                 maker's tool must write them into the firmware first.",
            ),
            Self::HashNot4k => (
                "The hardware hash does not have the length that was expected, 4,000 characters.",
                "Characters at the end were lost or added when the hash was copied.",
                "Capture the hash again. Tailmark itself asks for no length and does not send this.",
            ),
            Self::MissingZtdSerialNumberAndProductKey => (
                "Nothing in the request says which device is meant.",
                "There is no hardware hash that tells it, and neither a serial number nor a product key.",
                "Give the hardware hash. A partner who has none gives serial number and product key id.",
            ),
            Self::ZtdDeviceAlreadyAssigned => (
                "The device is registered to your tenant already.",
                "Somebody imported it before, or your reseller registered it when it was sold.",
                "Nothing needs to be imported. Find the device by its serial number and change its group tag \
                 or user there. To start afresh, delete it, wait until it is gone, and import it again.",
            ),
            Self::ZtdDeviceDuplicated => (
                "The same device is more than once in this import.",
                "Two lines of the file, or two captures of one machine, describe one device. One of them was \
                 taken, the others get this code.",
                "Leave one line for each device; the upload's other line tells how it went. Two captures of \
                 one machine have different texts, so compare them with `tailmark check`.",
            ),
            Self::ZtdDeviceIsNotRegistered => (
                "The device that was to be changed is not registered to your tenant.",
                "It was deleted meanwhile, never imported, or belongs to somebody else. On a device, event 807 \
                 says the same.",
                "Look it up by serial number. If it is not there, import it.",
            ),
            Self::ZtdDeviceAssignedToOtherTenant => (
                "The device is registered to another organisation.",
                "It was bought second-hand, leased or repaired with a used board, or it was registered to a \
                 test tenant and not removed.",
                "The other organisation must delete the registration; only it can. If you cannot reach it, ask \
                 the seller or Microsoft's support with the proof of purchase. Then import again.",
            ),
            Self::ZtdProfileIsNotRegistered => (
                "The deployment profile is not registered to your tenant.",
                "The profile was deleted, or an identifier of another tenant was used. On a device, event 809 \
                 means that no profile is assigned.",
                "Choose a profile that exists and assign it again.",
            ),
            Self::ZtdProfileAssignedToOtherTenant => (
                "The deployment profile belongs to another organisation.",
                "An identifier was copied from another tenant.",
                "Use a profile of the tenant that the device is registered to.",
            ),
            Self::ZtdDeviceRegisteredByOtherTenant => (
                "The device was registered by another organisation, so you cannot delete it.",
                "A partner or another tenant registered it, and only the one who did can remove it.",
                "Ask that partner or organisation to remove it.",
            ),
            Self::ZtdDeviceNotFound => (
                "No known device has this manufacturer, model and serial number.",
                "The three texts must be those of the firmware to the letter, and the maker must have reported \
                 the device.",
                "Compare them with what the device says (`Get-CimInstance Win32_ComputerSystem`), or import \
                 with the hardware hash instead.",
            ),
            Self::ZtdDeviceIsNotUnique => (
                "More than one device fits what was given.",
                "Machines with the same serial number exist, mostly with placeholder texts in the firmware.",
                "Import with a freshly captured hardware hash. If the firmware has no serial number of its \
                 own, the maker's tool must write one.",
            ),
            Self::ZtdDeviceAlreadyAadRegistered => (
                "The directory has an object of this device already, so none can be made in advance.",
                "The device was joined to the directory before it was imported.",
                "Delete the device's object in the directory if the device will be set up anew, then import \
                 it again.",
            ),
            Self::ZtdDeviceHasNoAssignedProfile => (
                "The device is registered, but no deployment profile is assigned and there is no default.",
                "It is in no group that a profile is assigned to, or the assignment is not through yet.",
                "Check the group tag against the groups' rules, wait until the profile shows as assigned, then \
                 restart the device.",
            ),
            Self::HardwareMismatchDetected => (
                "The hardware of the device is not what was registered.",
                "The board was replaced in a repair.",
                "Delete the registration, capture the hardware hash anew and import it.",
            ),
            Self::SerialNumberMismatch => (
                "The device's serial number is not the one it was registered with.",
                "The board was replaced, or the firmware's serial number was rewritten after the import.",
                "Delete the registration, capture the hardware hash anew and import it.",
            ),
            Self::ProductKeyIdMismatch => (
                "The device's product key id is not the one it was registered with.",
                "The board, which holds the product key, was replaced or a new key was written to it.",
                "Delete the registration, capture the hardware hash anew and import it.",
            ),
            Self::ZtdDeviceDeletionInProgess => (
                "The device is being deleted already.",
                "A deletion was accepted a moment ago; it can take half an hour.",
                "Wait until the device is gone from the list. Do not delete it again.",
            ),
            Self::ZtdDeviceAlreadyDeleted => (
                "The device has been deleted already.",
                "An earlier deletion is through, and the list that you saw was older.",
                "Nothing is left to do. Read the list again.",
            ),
        }
    }
}
