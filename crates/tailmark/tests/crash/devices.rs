//! Devices that do not exist, and requests that import them.

use autopilot::hardware_identifier::{HardwareFacts, HardwareIdentifier};
use serde_json::{Value, json};
use uuid::Uuid;

pub const UPLOADS: &str = "/beta/deviceManagement/importedWindowsAutopilotDeviceIdentityUploads";
pub const IMPORTED: &str = "/beta/deviceManagement/importedWindowsAutopilotDeviceIdentities";
pub const IMPORT: &str = "/beta/deviceManagement/importedWindowsAutopilotDeviceIdentities/import";
pub const DEVICES: &str = "/beta/deviceManagement/windowsAutopilotDeviceIdentities";

pub fn serial_number(number: usize) -> String {
    format!("FK-{number:06}")
}

pub fn hardware_identifier(number: usize) -> HardwareIdentifier {
    HardwareIdentifier::encode(&HardwareFacts {
        serial_number: serial_number(number),
        manufacturer: "Fabrikam".to_owned(),
        product_name: "Notebook 7".to_owned(),
        smbios_uuid: Uuid::from_u128(number as u128 + 1),
        ..HardwareFacts::default()
    })
}

/// Devices as a client sends them, all with one tag.
pub fn sent(numbers: impl IntoIterator<Item = usize>, tag: &str) -> Value {
    let device = |number| {
        json!({
            "serialNumber": serial_number(number),
            "groupTag": tag,
            "hardwareIdentifier": hardware_identifier(number).to_base64(),
        })
    };
    numbers.into_iter().map(device).collect()
}

/// The body of an upload with its devices.
pub fn upload(devices: &Value) -> String {
    json!({ "deviceIdentities": devices }).to_string()
}

/// The body of the action `import`.
pub fn import(devices: &Value) -> String {
    json!({ "importedWindowsAutopilotDeviceIdentities": devices }).to_string()
}
