//! Imported devices: save, change, delete.

use autopilot::hardware_identifier::HardwareIdentifier;
use autopilot::imported_device::ImportedDevice;
use odata::sql::{Scalar, Statement};

use super::audit::{Changes, IMPORTED_DEVICE, Trail, UPLOAD};
use super::condition::met;
use super::db::Tx;
use super::uploads::accepts_devices;
use super::{Error, Writer};

/// What a client changes about a device that is not final yet; nothing is left as it is.
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "the properties of the same names")]
pub struct ImportedDeviceChange {
    pub serial_number: Option<String>,
    pub product_key: Option<String>,
    pub group_tag: Option<String>,
    pub assigned_user_principal_name: Option<String>,
    /// A new hash, or none any more.
    pub hardware_identifier: Option<Option<HardwareIdentifier>>,
}

impl Writer {
    /// Stores devices to be imported, all or none. Those of an upload are refused where it is not there or final.
    ///
    /// # Errors
    /// The database's, or that the upload takes no devices.
    pub async fn save_imports(
        &self,
        upload_id: Option<&str>,
        devices: Vec<ImportedDevice>,
    ) -> Result<(), Error> {
        let (tenant, upload_id) = (self.tenant.clone(), upload_id.map(str::to_owned));
        self.units
            .write(move |tx, trail| {
                if let Some(upload_id) = &upload_id {
                    accepts_devices(tx, &tenant, upload_id)?;
                    trail.touched(UPLOAD, upload_id, upload_id, Changes::none());
                }
                for device in &devices {
                    insert(tx, &tenant, device)?;
                }
                trace(trail, &devices);
                tx.announce()
            })
            .await?;
        self.work.notify_one();
        Ok(())
    }

    /// Changes an import record, one of an upload or any, for as long as it is not final. Whoever is at work on it starts anew.
    ///
    /// # Errors
    /// The database's, that there is no such device, or that it is final.
    pub async fn update_import(
        &self,
        upload_id: Option<&str>,
        id: &str,
        change: ImportedDeviceChange,
    ) -> Result<(), Error> {
        let (tenant, upload_id, id) = (self.tenant.clone(), upload_id.map(str::to_owned), id.to_owned());
        let condition = self.condition.clone();
        self.units
            .write(move |tx, trail| {
                met(condition.as_ref(), tx, &tenant)?;
                let key = || vec![tenant.as_str().into(), upload_id.clone().into(), id.as_str().into()];
                let before = tx.row(&Statement::new(
                    "SELECT status, serial_number, product_key, group_tag, assigned_user_principal_name
                     FROM imported_devices
                     WHERE tenant = $1 AND id = $3 AND (CAST($2 AS TEXT) IS NULL OR upload_id = $2)",
                    key(),
                ))?;
                match before.as_deref() {
                    None => return Err(Error::NotFound),
                    Some([Scalar::Integer(status), ..]) if *status >= 3 => {
                        return Err(Error::Conflict("The device is final: it is complete or failed."));
                    }
                    Some([_, before @ ..]) => {
                        let new = [
                            ("serialNumber", &change.serial_number),
                            ("productKey", &change.product_key),
                            ("groupTag", &change.group_tag),
                            ("assignedUserPrincipalName", &change.assigned_user_principal_name),
                        ];
                        let changes = Changes::asked(before, &new)
                            .hidden("hardwareIdentifier", change.hardware_identifier.is_some());
                        trail.touched(IMPORTED_DEVICE, &id, text(before.first()), changes);
                    }
                    Some([]) => {}
                }
                let mut binds: Vec<Scalar> = key();
                binds.extend([
                    change.serial_number.clone().into(),
                    change.product_key.clone().into(),
                    change.group_tag.clone().into(),
                    change.assigned_user_principal_name.clone().into(),
                ]);
                tx.run(&Statement::new(
                    "UPDATE imported_devices SET serial_number = COALESCE($4, serial_number),
                        product_key = COALESCE($5, product_key), group_tag = COALESCE($6, group_tag),
                        assigned_user_principal_name = COALESCE($7, assigned_user_principal_name),
                        claim = claim + 1, lease_until = NULL
                     WHERE tenant = $1 AND id = $3 AND (CAST($2 AS TEXT) IS NULL OR upload_id = $2)",
                    binds,
                ))?;
                if let Some(hash) = &change.hardware_identifier {
                    tx.run(&Statement::new(
                        "DELETE FROM hardware_hashes WHERE tenant = $1 AND imported_device_id = $2",
                        vec![tenant.as_str().into(), id.as_str().into()],
                    ))?;
                    hash.iter().try_for_each(|hash| insert_hash(tx, &tenant, &id, hash))?;
                }
                Ok(())
            })
            .await?;
        self.work.notify_one();
        Ok(())
    }

    /// Deletes an import record, one of an upload or any. The registered device stays.
    ///
    /// # Errors
    /// The database's, or that there is no such record.
    pub async fn delete_import(&self, upload_id: Option<&str>, id: &str) -> Result<(), Error> {
        let binds: Vec<Scalar> = vec![self.tenant.as_str().into(), id.into(), upload_id.into()];
        let id = id.to_owned();
        let (tenant, condition) = (self.tenant.clone(), self.condition.clone());
        self.units
            .write(move |tx, trail| {
                met(condition.as_ref(), tx, &tenant)?;
                let deleted = tx.row(&Statement::new(
                    "DELETE FROM imported_devices
                     WHERE tenant = $1 AND id = $2 AND (CAST($3 AS TEXT) IS NULL OR upload_id = $3)
                     RETURNING serial_number",
                    binds.clone(),
                ))?;
                let deleted = deleted.ok_or(Error::NotFound)?;
                trail.touched(IMPORTED_DEVICE, &id, text(deleted.first()), Changes::none());
                Ok(())
            })
            .await
    }
}

/// Notes new records: what one says, of several who they are.
pub(super) fn trace(trail: &mut Trail, devices: &[ImportedDevice]) {
    let is_common = |first: &ImportedDevice| devices.iter().all(|other| other.import_id == first.import_id);
    if let Some(first) = devices.first().filter(|first| is_common(first)) {
        trail.imported_as(&first.import_id);
    }
    for device in devices {
        let changes = match devices {
            [_] => Changes::none()
                .with("serialNumber", &device.serial_number)
                .with("productKey", &device.product_key)
                .with("groupTag", &device.group_tag)
                .with("assignedUserPrincipalName", &device.assigned_user_principal_name)
                .with("importId", &device.import_id)
                .hidden("hardwareIdentifier", device.hardware_identifier.is_some()),
            _ => Changes::none(),
        };
        trail.touched(IMPORTED_DEVICE, &device.id, &device.serial_number, changes);
    }
}

/// A column that is a text.
pub(super) fn text(column: Option<&Scalar>) -> &str {
    match column {
        Some(Scalar::Text(text)) => text,
        _ => "",
    }
}

/// Stores a record with its hash, and says whether it did; one that is there already is left as it is.
pub(super) fn insert(tx: &Tx<'_>, tenant: &str, device: &ImportedDevice) -> Result<bool, Error> {
    let inserted = tx.run(&Statement::new(
        "INSERT INTO imported_devices (tenant, id, upload_id, batch_id, import_id, serial_number, product_key,
            group_tag, assigned_user_principal_name, status, registration_id, error_code, error_name)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING",
        vec![
            tenant.into(),
            device.id.as_str().into(),
            device.upload_id.clone().into(),
            device.batch_id.as_str().into(),
            device.import_id.as_str().into(),
            device.serial_number.as_str().into(),
            device.product_key.as_str().into(),
            device.group_tag.as_str().into(),
            device.assigned_user_principal_name.as_str().into(),
            device.state.status.number().into(),
            device.state.registration_id.as_str().into(),
            i64::from(device.state.error_code).into(),
            device.state.error_name.as_str().into(),
        ],
    ))?;
    if let (Some(hash), true) = (&device.hardware_identifier, inserted > 0) {
        insert_hash(tx, tenant, &device.id, hash)?;
    }
    Ok(inserted > 0)
}

fn insert_hash(tx: &Tx<'_>, tenant: &str, id: &str, hash: &HardwareIdentifier) -> Result<(), Error> {
    tx.run(&Statement::new(
        "INSERT INTO hardware_hashes (tenant, imported_device_id, bytes) VALUES ($1, $2, $3)",
        vec![tenant.into(), id.into(), hash.bytes().to_vec().into()],
    ))?;
    Ok(())
}
