//! Stores what a seed file says, ids and states as given.
//!
//! An entity without an id gets one that follows from its place in the file, the same at every start.

use std::sync::Arc;

use autopilot::deployment_profile;
use autopilot::import_status::ImportStatus;
use autopilot::imported_device::{ImportState, ImportedDevice, Place};
use autopilot::model::Version;
use autopilot::upload::Upload;
use odata::json::read::{Datum, Record, complete};
use odata::sql::Statement;
use tokio::sync::Notify;
use uuid::Builder;

use super::audit::{Activity, Changes, DEVICE, IMPORTED_DEVICE, Moment, Operation, Trail, UPLOAD, record};
use super::db::Db;
use super::documents::{self, Document, Documents};
use super::new_device::{self, NewDevice};
use super::profiles::{self, Whom};
use super::{Error, devices, imports, uploads};
use crate::{clock, ids};

/// The store, for whoever starts the program with a seed.
#[derive(Clone, Debug)]
pub struct Seeding {
    db: Db,
    work: Arc<Notify>,
}

impl Seeding {
    pub(super) fn new(db: Db, work: Arc<Notify>) -> Self {
        Self { db, work }
    }

    /// Stores the entities of one tenant; those that are there already stay as they are. `groups` are ids, and groups of
    /// devices as the seed has them.
    ///
    /// # Errors
    /// The database's.
    pub async fn load(
        &self,
        tenant: &str,
        mut sent: Record<'_>,
        groups: Vec<(String, String)>,
    ) -> Result<(), Error> {
        let now = clock::now().ticks;
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
        let devices: Vec<NewDevice> = records("windowsAutopilotDeviceIdentities")
            .into_iter()
            .map(|(mut sent, place)| NewDevice::read(given_id(&mut sent, &place), sent))
            .collect();
        let mut documents = Vec::new();
        for (sent, place) in records("windowsAutopilotDeploymentProfiles") {
            documents.extend(profile(sent, &place));
        }
        for (name, kind) in
            [("autopilotEvents", Documents::Events), ("importedDeviceIdentities", Documents::Identifiers)]
        {
            let own = records(name).into_iter().map(|(sent, place)| (kind, document(sent, &place, None)));
            documents.extend(own);
        }
        let tenant = tenant.to_owned();
        let moment = Moment::at(now);
        self.db
            .write(move |tx| {
                let mut trail = Trail::default();
                for upload in &uploads {
                    if uploads::save(tx, &tenant, upload)? {
                        trail.touched(UPLOAD, &upload.id, &upload.id, Changes::none());
                    }
                }
                for device in uploads.iter().flat_map(|upload| &upload.devices).chain(&imported) {
                    if imports::insert(tx, &tenant, device)? {
                        trail.touched(IMPORTED_DEVICE, &device.id, &device.serial_number, Changes::none());
                    }
                }
                for (id, group) in &groups {
                    tx.run(&Statement::new(
                        "INSERT INTO device_groups (tenant, id, document) VALUES ($1, $2, $3)
                         ON CONFLICT (tenant, id) DO UPDATE SET document = $3",
                        vec![tenant.as_str().into(), id.as_str().into(), group.as_str().into()],
                    ))?;
                }
                for (kind, document) in &documents {
                    if documents::insert(tx, &tenant, *kind, document)? {
                        documents::touched(&mut trail, *kind, document, Changes::none());
                    }
                }
                let newest = devices::newest(tx)?;
                for device in &devices {
                    if new_device::seed(tx, &tenant, device)? {
                        let (id, serial_number) = device.names();
                        trail.touched(DEVICE, id, serial_number, Changes::none());
                    }
                }
                devices::index_after(tx, newest)?;
                profiles::assign(tx, &tenant, Whom::Everyone, now)?;
                if trail.is_empty() {
                    return Ok(());
                }
                let activity = Activity::of_tailmark(Operation::Create, "Seed", "DeviceManagement");
                record(tx, &tenant, &moment, &activity, trail)
            })
            .await?;
        self.work.notify_one();
        Ok(())
    }
}

impl Seeding {
    /// Deletes everything that one tenant has, or all of them.
    ///
    /// # Errors
    /// The database's; then nothing is deleted.
    pub async fn clear(&self, tenant: Option<String>) -> Result<(), Error> {
        self.db
            .write(move |tx| {
                let delete = |text| tx.run(&Statement::new(text, vec![tenant.clone().into()]));
                delete("DELETE FROM imported_devices WHERE CAST($1 AS TEXT) IS NULL OR tenant = $1")?;
                delete("DELETE FROM uploads WHERE CAST($1 AS TEXT) IS NULL OR tenant = $1")?;
                delete("DELETE FROM devices WHERE CAST($1 AS TEXT) IS NULL OR tenant = $1")?;
                delete("DELETE FROM deleted_devices WHERE CAST($1 AS TEXT) IS NULL OR tenant = $1")?;
                delete("DELETE FROM deployment_profiles WHERE CAST($1 AS TEXT) IS NULL OR tenant = $1")?;
                delete("DELETE FROM autopilot_events WHERE CAST($1 AS TEXT) IS NULL OR tenant = $1")?;
                delete("DELETE FROM corporate_identifiers WHERE CAST($1 AS TEXT) IS NULL OR tenant = $1")?;
                delete("DELETE FROM autopilot_settings WHERE CAST($1 AS TEXT) IS NULL OR tenant = $1")?;
                delete("DELETE FROM audit_events WHERE CAST($1 AS TEXT) IS NULL OR tenant = $1")?;
                delete("DELETE FROM device_groups WHERE CAST($1 AS TEXT) IS NULL OR tenant = $1")?;
                Ok(())
            })
            .await
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

/// A deployment profile and its assignments.
fn profile(mut sent: Record<'_>, place: &str) -> Vec<(Documents, Document)> {
    let assignments = sent.take_records("assignments").unwrap_or_default();
    let mut profile = document(sent, place, None);
    deployment_profile::agree(&mut profile.members);
    let owner = profile.id.clone();
    let mut all = vec![(Documents::Profiles, profile)];
    for (index, assignment) in assignments.into_iter().enumerate() {
        let assignment = document(assignment, &format!("{place}/{index}"), Some(&owner));
        all.push((Documents::Assignments, assignment));
    }
    all
}

fn document(mut sent: Record<'_>, place: &str, owner: Option<&str>) -> Document {
    let id = given_id(&mut sent, place);
    let model = Version::Beta.model();
    let mut members = sent.document(model, true);
    let type_name = sent.ty().map(|ty| {
        complete(model, ty, &mut members);
        model.type_name(ty)
    });
    members.remove("id");
    Document { id, owner: owner.map(str::to_owned), type_name: type_name.unwrap_or_default(), members }
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
