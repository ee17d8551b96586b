//! Uploads: save, change, delete.

use autopilot::device_record::DeviceRecord;
use autopilot::hardware_identifier::HardwareIdentifier;
use autopilot::upload::{Upload, UploadChange};
use odata::sql::{Scalar, Statement};
use odata::value::DateTimeOffset;

use super::audit::{Changes, UPLOAD, member};
use super::condition::met;
use super::db::{Row, Tx};
use super::imports::{insert, trace};
use super::{Error, Reader, Writer};

impl Writer {
    /// Stores a new upload with its devices, wholly or not at all.
    ///
    /// # Errors
    /// The database's.
    pub async fn save_upload(&self, upload: Upload) -> Result<(), Error> {
        let tenant = self.tenant.clone();
        let has_devices = !upload.devices.is_empty();
        self.units
            .write(move |tx, trail| {
                save(tx, &tenant, &upload)?;
                let (created, status) = (upload.created.to_string(), upload_status(upload.declared_status));
                let changes = Changes::none().with("createdDateTimeUtc", &created).with("status", &status);
                trail.touched(UPLOAD, &upload.id, &upload.id, changes);
                for device in &upload.devices {
                    insert(tx, &tenant, device)?;
                }
                trace(trail, &upload.devices);
                tx.announce()
            })
            .await?;
        if has_devices {
            self.work.notify_one();
        }
        Ok(())
    }

    /// Changes what a client may change about an upload.
    ///
    /// # Errors
    /// The database's, or that there is no such upload.
    pub async fn update_upload(&self, id: &str, change: UploadChange) -> Result<(), Error> {
        let (tenant, id, condition) = (self.tenant.clone(), id.to_owned(), self.condition.clone());
        self.units
            .write(move |tx, trail| {
                met(condition.as_ref(), tx, &tenant)?;
                let before = tx.row(&Statement::new(
                    "SELECT created_ticks, created_offset, declared_status FROM uploads WHERE tenant = $1 AND id = $2",
                    vec![tenant.as_str().into(), id.as_str().into()],
                ))?;
                trail.touched(UPLOAD, &id, &id, changes(before.as_deref().unwrap_or_default(), &change));
                let changed = tx.run(&Statement::new(
                    "UPDATE uploads SET created_ticks = COALESCE($3, created_ticks),
                        created_offset = COALESCE($4, created_offset),
                        declared_status = COALESCE($5, declared_status)
                     WHERE tenant = $1 AND id = $2",
                    vec![
                        tenant.as_str().into(),
                        id.as_str().into(),
                        change.created.map(|created| created.ticks).into(),
                        change.created.map(|created| i64::from(created.offset_minutes)).into(),
                        change.declared_status.into(),
                    ],
                ))?;
                found(changed)
            })
            .await
    }

    /// Deletes an upload with its import records. Registered devices stay.
    ///
    /// # Errors
    /// The database's, or that there is no such upload.
    pub async fn delete_upload(&self, id: &str) -> Result<(), Error> {
        let (tenant, id, condition) = (self.tenant.clone(), id.to_owned(), self.condition.clone());
        self.units
            .write(move |tx, trail| {
                met(condition.as_ref(), tx, &tenant)?;
                trail.touched(UPLOAD, &id, &id, Changes::none());
                found(tx.run(&Statement::new(
                    "DELETE FROM uploads WHERE tenant = $1 AND id = $2",
                    vec![tenant.as_str().into(), id.as_str().into()],
                ))?)
            })
            .await
    }
}

impl Reader {
    /// The devices of an upload as the lines of a hash file, in the order of their arrival.
    ///
    /// # Errors
    /// The database's, or that there is no such upload.
    pub async fn upload_records(&self, id: &str) -> Result<Vec<DeviceRecord>, Error> {
        let (tenant, id) = (self.tenant.clone(), id.to_owned());
        self.db
            .read(move |tx| {
                let key = || vec![tenant.as_str().into(), id.as_str().into()];
                let upload = tx.row(&Statement::new("SELECT 1 FROM uploads WHERE tenant = $1 AND id = $2", key()))?;
                if upload.is_none() {
                    return Err(Error::NotFound);
                }
                let mut records = Vec::new();
                tx.each(
                    &Statement::new(
                        "SELECT d.serial_number, d.product_key, d.group_tag, d.assigned_user_principal_name, h.bytes
                         FROM imported_devices d LEFT JOIN hardware_hashes h
                            ON h.tenant = d.tenant AND h.imported_device_id = d.id
                         WHERE d.tenant = $1 AND d.upload_id = $2 ORDER BY d.id",
                        key(),
                    ),
                    |row| {
                        records.push(record(row));
                        Ok(())
                    },
                )?;
                Ok(records)
            })
            .await
    }
}

fn record(row: Row) -> DeviceRecord {
    let mut columns = row.into_iter();
    let mut text = || match columns.next() {
        Some(Scalar::Text(text)) => text,
        Some(Scalar::Blob(bytes)) => HardwareIdentifier::from_bytes(bytes).to_base64(),
        _ => String::new(),
    };
    DeviceRecord {
        serial_number: text(),
        product_key: text(),
        group_tag: text(),
        assigned_user: text(),
        hardware_hash: text(),
    }
}

/// What a change makes of the columns that hold creation and status.
fn changes(before: &[Scalar], change: &UploadChange) -> Changes {
    let [Scalar::Integer(ticks), Scalar::Integer(offset), Scalar::Integer(status)] = before else {
        return Changes::none();
    };
    let before = DateTimeOffset { ticks: *ticks, offset_minutes: i16::try_from(*offset).unwrap_or_default() };
    let created = [before, change.created.unwrap_or(before)].map(|created| created.to_string());
    let status = [*status, change.declared_status.unwrap_or(*status)].map(upload_status);
    Changes::none().of("createdDateTimeUtc", Some(&created[0]), Some(&created[1])).of(
        "status",
        Some(&status[0]),
        Some(&status[1]),
    )
}

fn upload_status(number: i64) -> String {
    member("importedWindowsAutopilotDeviceIdentityUploadStatus", number)
}

/// Stores an upload without its devices, and says whether it did; one that is there already is left as it is.
pub(super) fn save(tx: &Tx<'_>, tenant: &str, upload: &Upload) -> Result<bool, Error> {
    let saved = tx.run(&Statement::new(
        "INSERT INTO uploads (tenant, id, created_ticks, created_offset, declared_status)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        vec![
            tenant.into(),
            upload.id.as_str().into(),
            upload.created.ticks.into(),
            i64::from(upload.created.offset_minutes).into(),
            upload.declared_status.into(),
        ],
    ))?;
    Ok(saved > 0)
}

/// Refuses devices for an upload that is not there or is final.
pub(super) fn accepts_devices(tx: &Tx<'_>, tenant: &str, id: &str) -> Result<(), Error> {
    let row = tx.row(&Statement::new(
        "SELECT EXISTS (SELECT 1 FROM imported_devices d WHERE d.tenant = u.tenant AND d.upload_id = u.id),
                EXISTS (SELECT 1 FROM imported_devices d
                        WHERE d.tenant = u.tenant AND d.upload_id = u.id AND d.status < 3)
         FROM uploads u WHERE u.tenant = $1 AND u.id = $2",
        vec![tenant.into(), id.into()],
    ))?;
    match row.as_deref() {
        None => Err(Error::NotFound),
        Some([Scalar::Integer(1), Scalar::Integer(0)]) => {
            Err(Error::Conflict("The upload is final: every one of its devices is complete or failed."))
        }
        Some(_) => Ok(()),
    }
}

/// One row was meant and one was changed.
pub(super) fn found(changed: usize) -> Result<(), Error> {
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}
