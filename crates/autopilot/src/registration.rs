//! The rule of import: what becomes of a device that was sent, given what is registered already.
//!
//! In: an [`ImportedDevice`], and the device that is registered under the same identity, if any. Out: an
//! [`Outcome`]. Pure: the same arguments give the same answer, however often it is asked.
//! Source: the meanings of the codes 802, 803, 806 and 808 as published; who a device is, across tenants, is told
//! by its hardware report (serial number, manufacturer, product, SMBIOS UUID), never by the text of the hash.

use sha2::{Digest as _, Sha256};

use crate::check::is_same_serial_number;
use crate::device::Device;
use crate::hardware_identifier::{HardwareIdentifier, HardwareReport, Inspection, Repair};
use crate::imported_device::ImportedDevice;
use crate::rejection::Rejection;

/// What a hardware hash must be (setting `import.hardware_hash`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum HashRule {
    /// A whole report with checksum, serial number and manufacturer; else 802. It decides who the device is.
    #[default]
    Checked,
    /// Any bytes. Who the device is follows from serial number and product key.
    Any,
}

/// Who a device is, as far as it says so itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Equal for equal devices, whoever sends them.
    pub key: [u8; 32],
    /// What its hardware report says.
    pub report: HardwareReport,
    /// What was put right before the report could be read.
    pub repair: Option<Repair>,
}

/// A device that is registered under the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    /// Whether it belongs to the tenant of the import.
    pub same_tenant: bool,
    /// The request or upload that registered it.
    pub batch_id: String,
}

/// What becomes of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is registered.
    Registered(Box<Device>),
    /// It is not.
    Refused(Refusal),
}

/// Why a device is not registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code and name that clients see.
    pub rejection: Rejection,
    /// What exactly was wrong, where there is more to say than the code does.
    pub detail: String,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self { rejection, detail: String::new() }
    }
}

/// Who the device is.
///
/// # Errors
/// 802 where the hash is no whole report; 803 where there is no hash and neither serial number nor product key.
pub fn identify(imported: &ImportedDevice, rule: HashRule) -> Result<Identity, Refusal> {
    let inspection = imported.hardware_identifier.as_ref().map(HardwareIdentifier::inspect);
    let (report, repair) = match inspection {
        Some(Inspection { report, repair, faults }) if rule == HashRule::Checked => {
            return match faults.first() {
                None => Ok(Identity { key: report.identity(), report, repair }),
                Some(fault) => {
                    Err(Refusal { rejection: Rejection::InvalidZtdHardwareHash, detail: fault.to_string() })
                }
            };
        }
        Some(Inspection { report, repair, .. }) => (report, repair),
        None => (HardwareReport::default(), None),
    };
    if imported.serial_number.is_empty() && imported.product_key.is_empty() {
        return Err(Rejection::MissingZtdSerialNumberAndProductKey.into());
    }
    let mut digest = Sha256::new();
    for text in ["serial number and product key", &imported.serial_number, &imported.product_key] {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text);
    }
    Ok(Identity { key: digest.finalize().into(), report, repair })
}

/// What becomes of the device, given what is registered under its key.
#[must_use]
pub fn decide(
    imported: &ImportedDevice,
    identity: Identity,
    existing: Option<&Existing>,
    new_id: String,
) -> Outcome {
    match existing {
        Some(existing) if !existing.same_tenant => {
            Outcome::Refused(Rejection::ZtdDeviceAssignedToOtherTenant.into())
        }
        Some(existing) if existing.batch_id == imported.batch_id => {
            Outcome::Refused(Rejection::ZtdDeviceDuplicated.into())
        }
        Some(_) => Outcome::Refused(Rejection::ZtdDeviceAlreadyAssigned.into()),
        None => Outcome::Registered(Box::new(register(imported, identity, new_id))),
    }
}

/// The serial number that the hardware report holds, where the client sent another one.
#[must_use]
pub fn other_serial_number<'i>(imported: &ImportedDevice, identity: &'i Identity) -> Option<&'i str> {
    let reported = identity.report.serial_number.as_deref()?;
    let differs =
        !imported.serial_number.is_empty() && !is_same_serial_number(reported, &imported.serial_number);
    differs.then_some(reported)
}

fn register(imported: &ImportedDevice, identity: Identity, id: String) -> Device {
    let report = identity.report;
    let sent = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    // Where the hash was read, it decides who the device is; what the client wrote is kept with the import.
    let serial_number = report.serial_number.or_else(|| sent(&imported.serial_number)).unwrap_or_default();
    Device {
        id,
        key: identity.key,
        batch_id: imported.batch_id.clone(),
        serial_number,
        product_key: sent(&imported.product_key).or(report.product_key_id).unwrap_or_default(),
        group_tag: imported.group_tag.clone(),
        user_principal_name: imported.assigned_user_principal_name.clone(),
        manufacturer: report.manufacturer.unwrap_or_default(),
        model: report.product_name.unwrap_or_default(),
        sku_number: report.sku_number.unwrap_or_default(),
        system_family: report.system_family.unwrap_or_default(),
    }
}
