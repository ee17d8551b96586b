//! Imported devices: save, change, delete.

use autopilot::hardware_identifier::HardwareIdentifier;
use autopilot::imported_device::ImportedDevice;
use odata::sql::{Scalar, Statement};

use super::condition::met;
use super::db::Tx;
use super::uploads::{accepts_devices, found};
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
        self.db
            .write(move |tx| {
                if let Some(upload_id) = &upload_id {
                    accepts_devices(tx, &tenant, upload_id)?;
                }
                devices.iter().try_for_each(|device| insert(tx, &tenant, device))?;
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
        self.db
            .write(move |tx| {
                met(condition.as_ref(), tx, &tenant)?;
                let key = || vec![tenant.as_str().into(), upload_id.clone().into(), id.as_str().into()];
                let status = tx.row(&Statement::new(
                    "SELECT status FROM imported_devices
                     WHERE tenant = $1 AND id = $3 AND (CAST($2 AS TEXT) IS NULL OR upload_id = $2)",
                    key(),
                ))?;
                match status.as_deref() {
                    None => return Err(Error::NotFound),
                    Some([Scalar::Integer(status)]) if *status >= 3 => {
                        return Err(Error::Conflict("The device is final: it is complete or failed."));
                    }
                    Some(_) => {}
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
        let (tenant, condition) = (self.tenant.clone(), self.condition.clone());
        self.db
            .write(move |tx| {
                met(condition.as_ref(), tx, &tenant)?;
                found(tx.run(&Statement::new(
                    "DELETE FROM imported_devices
                     WHERE tenant = $1 AND id = $2 AND (CAST($3 AS TEXT) IS NULL OR upload_id = $3)",
                    binds.clone(),
                ))?)
            })
            .await
    }
}

/// Stores a record with its hash; one that is there already is left as it is.
pub(super) fn insert(tx: &Tx<'_>, tenant: &str, device: &ImportedDevice) -> Result<(), Error> {
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
    match &device.hardware_identifier {
        Some(hash) if inserted > 0 => insert_hash(tx, tenant, &device.id, hash),
        _ => Ok(()),
    }
}

fn insert_hash(tx: &Tx<'_>, tenant: &str, id: &str, hash: &HardwareIdentifier) -> Result<(), Error> {
    tx.run(&Statement::new(
        "INSERT INTO hardware_hashes (tenant, imported_device_id, bytes) VALUES ($1, $2, $3)",
        vec![tenant.into(), id.into(), hash.bytes().to_vec().into()],
    ))?;
    Ok(())
}
