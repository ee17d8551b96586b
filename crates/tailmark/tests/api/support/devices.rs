//! Machines that do not exist, as clients send them.

use autopilot::hardware_identifier::{HardwareFacts, HardwareIdentifier};
use serde_json::{Value, json};

/// What the machine with this serial number says of itself.
pub fn machine(serial_number: &str) -> HardwareFacts {
    HardwareFacts {
        serial_number: serial_number.to_owned(),
        manufacturer: "Contoso".to_owned(),
        product_name: "Slate 7".to_owned(),
        sku_number: "SLATE-7-16".to_owned(),
        system_family: "Slate".to_owned(),
        ..HardwareFacts::default()
    }
}

/// The hardware hash of the machine with this serial number.
pub fn hash(serial_number: &str) -> String {
    HardwareIdentifier::encode(&machine(serial_number)).to_base64()
}

/// A device whose serial number is also in its hash.
pub fn hashed(serial_number: &str) -> Value {
    hashed_as(serial_number, serial_number)
}

/// A device whose request says another serial number than its hash.
pub fn hashed_as(serial_number: &str, in_hash: &str) -> Value {
    json!({ "serialNumber": serial_number, "hardwareIdentifier": hash(in_hash) })
}

/// A device without a hash.
pub fn bare(serial_number: &str, product_key: &str) -> Value {
    json!({ "serialNumber": serial_number, "productKey": product_key })
}
