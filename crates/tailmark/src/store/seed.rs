//! Stores what a seed file says, ids and states as given.
//!
//! An entity without an id gets one that follows from its place in the file, the same at every start.

use std::sync::Arc;

use autopilot::device::Device;
use autopilot::import_status::ImportStatus;
use autopilot::imported_device::{ImportState, ImportedDevice, Place};
use autopilot::registration::{HashRule, identify};
use autopilot::upload::Upload;
use odata::json::read::{Datum, Record};
use odata::sql::{Scalar, Statement};
use tokio::sync::Notify;
use uuid::Builder;

use super::db::{Db, Tx};
use super::{Error, devices, imports, uploads};
use crate::{clock, ids};

/// The store, for whoever starts the program with a seed.
#[derive(Clone, Debug)]
pub struct Seeding {
    db: Db,
    work: Arc<Notify>,
}

/// A device of a seed: its columns that registering does not set.
struct SeededDevice {
    device: Device,
    change: Vec<(&'static str, Scalar)>,
}

impl Seeding {
    pub(super) fn new(db: Db, work: Arc<Notify>) -> Self {
        Self { db, work }
    }

    /// Stores the entities of one tenant; those that are there already stay as they are.
    ///
    /// # Errors
    /// The database's.
    pub async fn load(&self, tenant: &str, mut sent: Record<'_>) -> Result<(), Error> {
        let mut records = |name: &str| {
            let records = sent.take_records(name).unwrap_or_default().into_iter().enumerate();
            let place = format!("{tenant}/{name}");
            records.map(move |(index, record)| (record, format!("{place}/{index}"))).collect::<Vec<_>>()
        };
        let uploads: Vec<Upload> = records("importedWindowsAutopilotDeviceIdentityUploads")
            .into_iter()
            .map(|(sent, place)| upload(sent, &place))
            .collect();
        let imported: Vec<ImportedDevice> = records("importedWindowsAutopilotDeviceIdentities")
            .into_iter()
            .map(|(sent, place)| imported(sent, &place, None))
            .collect();
        let devices: Vec<SeededDevice> = records("windowsAutopilotDeviceIdentities")
            .into_iter()
            .map(|(sent, place)| device(sent, &place))
            .collect();
        let tenant = tenant.to_owned();
        self.db
            .write(move |tx| {
                for upload in &uploads {
                    uploads::save(tx, &tenant, upload)?;
                    upload.devices.iter().try_for_each(|device| imports::insert(tx, &tenant, device))?;
                }
                imported.iter().try_for_each(|device| imports::insert(tx, &tenant, device))?;
                let newest = devices::newest(tx)?;
                devices.iter().try_for_each(|device| insert(tx, &tenant, device))?;
                devices::index_after(tx, newest)
            })
            .await?;
        self.work.notify_one();
        Ok(())
    }
}

/// The id that an entity says, else one that follows from its place in the file.
fn given_id(sent: &mut Record<'_>, place: &str) -> String {
    sent.take_string("id").filter(|id| !id.is_empty()).unwrap_or_else(|| {
        let digest = ring::digest::digest(&ring::digest::SHA256, place.as_bytes());
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest.as_ref()).for_each(|(byte, digest)| *byte = *digest);
        Builder::from_custom_bytes(bytes).into_uuid().to_string()
    })
}

fn upload(mut sent: Record<'_>, place: &str) -> Upload {
    let id = given_id(&mut sent, place);
    let devices = sent.take_records("deviceIdentities").unwrap_or_default().into_iter().enumerate();
    let devices =
        devices.map(|(index, device)| imported(device, &format!("{place}/{index}"), Some(&id))).collect();
    let first = Upload::open(sent, clock::now(), ImportStatus::Unknown, ids::next);
    Upload { id, devices, ..first }
}

fn imported(mut sent: Record<'_>, place: &str, upload_id: Option<&str>) -> ImportedDevice {
    let id = given_id(&mut sent, place);
    let state = match sent.take("state") {
        Some(Datum::Record(state)) => given_state(state),
        _ => ImportState::first(ImportStatus::Unknown),
    };
    let upload_id = upload_id.map(str::to_owned);
    let place = Place { batch_id: upload_id.clone().unwrap_or_else(|| id.clone()), id, upload_id };
    ImportedDevice { state, ..ImportedDevice::open(sent, place, ImportStatus::Unknown) }
}

fn given_state(mut state: Record<'_>) -> ImportState {
    ImportState {
        status: ImportStatus::of_number(state.take_integer("deviceImportStatus").unwrap_or_default()),
        registration_id: state.take_string("deviceRegistrationId").unwrap_or_default(),
        error_code: i32::try_from(state.take_integer("deviceErrorCode").unwrap_or_default())
            .unwrap_or_default(),
        error_name: state.take_string("deviceErrorName").unwrap_or_default(),
    }
}

/// A registered device. Without a hash, who it is follows from serial number and product key.
fn device(mut sent: Record<'_>, place: &str) -> SeededDevice {
    let id = given_id(&mut sent, place);
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
    SeededDevice { device, change }
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

fn insert(tx: &Tx<'_>, tenant: &str, seeded: &SeededDevice) -> Result<(), Error> {
    let there = tx.row(&Statement::new(
        "SELECT 1 FROM devices WHERE (tenant = $1 AND id = $2) OR key = $3",
        vec![tenant.into(), seeded.device.id.as_str().into(), seeded.device.key.to_vec().into()],
    ))?;
    if there.is_some() {
        return Ok(());
    }
    devices::insert(tx, tenant, &seeded.device)?;
    for (update, value) in &seeded.change {
        tx.run(&Statement::new(
            update,
            vec![tenant.into(), seeded.device.id.as_str().into(), value.clone()],
        ))?;
    }
    Ok(())
}
