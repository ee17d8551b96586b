//! Registered devices that no import made: those of a seed, and those that are created by themselves.
//!
//! Without a hash, who a device is follows from serial number and product key.

use autopilot::device::Device;
use autopilot::import_status::ImportStatus;
use autopilot::imported_device::{ImportState, ImportedDevice};
use autopilot::registration::{HashRule, identify};
use odata::json::read::{Datum, Record};
use odata::sql::{Scalar, Statement};

use super::audit::{Changes, DEVICE};
use super::db::Tx;
use super::profiles::{Whom, assign};
use super::{Error, Writer, devices};

/// A device with the columns that registering by a hash does not set.
#[derive(Clone, Debug)]
pub struct NewDevice {
    device: Device,
    change: Vec<(&'static str, Scalar)>,
}

impl NewDevice {
    /// Its id, and its serial number.
    #[must_use]
    pub fn names(&self) -> (&str, &str) {
        (&self.device.id, &self.device.serial_number)
    }

    /// Reads `windowsAutopilotDeviceIdentity`.
    #[must_use]
    pub fn read(id: String, mut sent: Record<'_>) -> Self {
        let mut text = |name| sent.take_string(name).unwrap_or_default();
        let record = ImportedDevice {
            id: id.clone(),
            upload_id: None,
            batch_id: id.clone(),
            import_id: id.clone(),
            serial_number: text("serialNumber"),
            product_key: text("productKey"),
            group_tag: text("groupTag"),
            assigned_user_principal_name: text("userPrincipalName"),
            hardware_identifier: None,
            state: ImportState::first(ImportStatus::Unknown),
        };
        // A device that says nothing of itself is told by its id.
        let key = identify(&record, HashRule::Checked).map_or_else(|_| padded(&id), |identity| identity.key);
        let device = Device {
            id,
            key,
            batch_id: record.batch_id,
            serial_number: record.serial_number,
            product_key: record.product_key,
            group_tag: record.group_tag,
            user_principal_name: record.assigned_user_principal_name,
            manufacturer: text("manufacturer"),
            model: text("model"),
            sku_number: text("skuNumber"),
            system_family: text("systemFamily"),
        };
        let mut change: Vec<(&'static str, Scalar)> = Vec::new();
        for (column, name) in TEXTS {
            change.extend(sent.take_string(name).map(|text| (*column, text.into())));
        }
        for (column, name) in ENUMS {
            change.extend(sent.take_integer(name).map(|number| (*column, number.into())));
        }
        for (column, name) in INSTANTS {
            if let Some(Datum::Value(odata::Value::DateTimeOffset(instant))) = sent.take(name) {
                change.push((*column, instant.ticks.into()));
            }
        }
        Self { device, change }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.device.id
    }
}

fn padded(id: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key.iter_mut().zip(id.bytes().filter(|byte| *byte != b'-')).for_each(|(place, byte)| *place = byte);
    key
}

/// An update of one column, and the property whose value it takes.
const TEXTS: &[(&str, &str)] = &[
    (
        "UPDATE devices SET purchase_order_identifier = $3 WHERE tenant = $1 AND id = $2",
        "purchaseOrderIdentifier",
    ),
    ("UPDATE devices SET addressable_user_name = $3 WHERE tenant = $1 AND id = $2", "addressableUserName"),
    ("UPDATE devices SET resource_name = $3 WHERE tenant = $1 AND id = $2", "resourceName"),
    (
        "UPDATE devices SET azure_ad_device_id = $3 WHERE tenant = $1 AND id = $2",
        "azureActiveDirectoryDeviceId",
    ),
    ("UPDATE devices SET azure_ad_device_id = $3 WHERE tenant = $1 AND id = $2", "azureAdDeviceId"),
    ("UPDATE devices SET managed_device_id = $3 WHERE tenant = $1 AND id = $2", "managedDeviceId"),
    ("UPDATE devices SET display_name = $3 WHERE tenant = $1 AND id = $2", "displayName"),
    ("UPDATE devices SET device_account_upn = $3 WHERE tenant = $1 AND id = $2", "deviceAccountUpn"),
    (
        "UPDATE devices SET device_account_password = $3 WHERE tenant = $1 AND id = $2",
        "deviceAccountPassword",
    ),
    ("UPDATE devices SET device_friendly_name = $3 WHERE tenant = $1 AND id = $2", "deviceFriendlyName"),
];

const ENUMS: &[(&str, &str)] = &[
    ("UPDATE devices SET enrollment_state = $3 WHERE tenant = $1 AND id = $2", "enrollmentState"),
    (
        "UPDATE devices SET profile_status = $3 WHERE tenant = $1 AND id = $2",
        "deploymentProfileAssignmentStatus",
    ),
    (
        "UPDATE devices SET profile_detail = $3 WHERE tenant = $1 AND id = $2",
        "deploymentProfileAssignmentDetailedStatus",
    ),
    ("UPDATE devices SET remediation_state = $3 WHERE tenant = $1 AND id = $2", "remediationState"),
    (
        "UPDATE devices SET userless_enrollment_status = $3 WHERE tenant = $1 AND id = $2",
        "userlessEnrollmentStatus",
    ),
];

const INSTANTS: &[(&str, &str)] = &[
    ("UPDATE devices SET last_contacted_ticks = $3 WHERE tenant = $1 AND id = $2", "lastContactedDateTime"),
    (
        "UPDATE devices SET profile_assigned_ticks = $3 WHERE tenant = $1 AND id = $2",
        "deploymentProfileAssignedDateTime",
    ),
    (
        "UPDATE devices SET remediation_modified_ticks = $3 WHERE tenant = $1 AND id = $2",
        "remediationStateLastModifiedDateTime",
    ),
];

impl Writer {
    /// Registers a device without importing it.
    ///
    /// # Errors
    /// The database's, or that it is registered already, by this tenant or by another.
    pub async fn register_device(&self, new: NewDevice) -> Result<(), Error> {
        let (tenant, due) = (self.tenant.clone(), self.due());
        self.units
            .write(move |tx, trail| {
                if new.device.serial_number.is_empty() && new.device.product_key.is_empty() {
                    return Err(Error::Refused {
                        text: "A device needs a serial number or a product key.",
                        phrase: "MissingZtdSerialNumberAndProductKey",
                    });
                }
                let newest = devices::newest(tx)?;
                match registered_by(tx, &new)? {
                    Some(owner) if owner == tenant => {
                        return Err(Error::Refused {
                            text: "The device is registered already.",
                            phrase: "ZtdDeviceAlreadyAssigned",
                        });
                    }
                    Some(_) => {
                        return Err(Error::Refused {
                            text: "The device is registered by another tenant.",
                            phrase: "ZtdDeviceAssignedToOtherTenant",
                        });
                    }
                    None => store(tx, &tenant, &new)?,
                }
                let device = &new.device;
                let changes = Changes::none()
                    .with("serialNumber", &device.serial_number)
                    .with("productKey", &device.product_key)
                    .with("groupTag", &device.group_tag)
                    .with("userPrincipalName", &device.user_principal_name)
                    .with("manufacturer", &device.manufacturer)
                    .with("model", &device.model);
                trail.touched(DEVICE, &device.id, &device.serial_number, changes);
                devices::index_after(tx, newest)?;
                assign(tx, &tenant, Whom::After(newest), due)
            })
            .await?;
        self.work.notify_one();
        Ok(())
    }
}

/// Stores a device of a seed, unless it is there already; says whether it did.
pub(super) fn seed(tx: &Tx<'_>, tenant: &str, new: &NewDevice) -> Result<bool, Error> {
    let there = tx.row(&Statement::new(
        "SELECT 1 FROM devices WHERE tenant = $1 AND id = $2",
        vec![tenant.into(), new.device.id.as_str().into()],
    ))?;
    if there.is_some() || registered_by(tx, new)?.is_some() {
        return Ok(false);
    }
    store(tx, tenant, new)?;
    Ok(true)
}

fn registered_by(tx: &Tx<'_>, new: &NewDevice) -> Result<Option<String>, Error> {
    let row = tx.row(&Statement::new(
        "SELECT tenant FROM devices WHERE key = $1",
        vec![new.device.key.to_vec().into()],
    ))?;
    Ok(match row.as_deref() {
        Some([Scalar::Text(tenant)]) => Some(tenant.clone()),
        _ => None,
    })
}

fn store(tx: &Tx<'_>, tenant: &str, new: &NewDevice) -> Result<(), Error> {
    devices::insert(tx, tenant, &new.device)?;
    for (update, value) in &new.change {
        tx.run(&Statement::new(update, vec![tenant.into(), new.device.id.as_str().into(), value.clone()]))?;
    }
    Ok(())
}
