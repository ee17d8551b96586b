//! Registered devices: register, change, delete.

use autopilot::device::{Device, DeviceChange};
use odata::sql::{Scalar, Statement};
use odata::value::DateTimeOffset;

use super::audit::{Changes, DEVICE, member};
use super::condition::met;
use super::db::Tx;
use super::imports::text;
use super::profiles::{Whom, assign, exists};
use super::uploads::found;
use super::{Engine, Error, Writer};

/// How long the real service takes to remove a device, in units of 100 ns: half an hour.
const REMOVAL: i64 = 1800 * 10_000_000;

impl Writer {
    /// Changes what is named and leaves the rest.
    ///
    /// # Errors
    /// The database's, or that there is no such device.
    pub async fn update_device(&self, id: &str, change: DeviceChange) -> Result<(), Error> {
        let (tenant, id, condition) = (self.tenant.clone(), id.to_owned(), self.condition.clone());
        let due = self.due();
        let changes_tag = change.group_tag.is_some();
        self.units
            .write(move |tx, trail| {
                met(condition.as_ref(), tx, &tenant)?;
                let before =
                    tx.row(&Statement::new(BEFORE, vec![tenant.as_str().into(), id.as_str().into()]))?;
                let before = before.as_deref().unwrap_or_default();
                trail.touched(DEVICE, &id, text(before.first()), changes(before, &change));
                found(tx.run(&Statement::new(
                    "UPDATE devices SET user_principal_name = COALESCE($3, user_principal_name),
                        addressable_user_name = COALESCE($4, addressable_user_name),
                        group_tag = COALESCE($5, group_tag), display_name = COALESCE($6, display_name),
                        device_account_upn = COALESCE($7, device_account_upn),
                        device_account_password = COALESCE($8, device_account_password),
                        device_friendly_name = COALESCE($9, device_friendly_name),
                        resource_name = COALESCE($10, resource_name),
                        userless_enrollment_status = COALESCE($11, userless_enrollment_status)
                     WHERE tenant = $1 AND id = $2",
                    vec![
                        tenant.as_str().into(),
                        id.as_str().into(),
                        change.user_principal_name.clone().into(),
                        change.addressable_user_name.clone().into(),
                        change.group_tag.clone().into(),
                        change.display_name.clone().into(),
                        change.device_account_upn.clone().into(),
                        change.device_account_password.clone().into(),
                        change.device_friendly_name.clone().into(),
                        change.resource_name.clone().into(),
                        change.userless_enrollment_status.into(),
                    ],
                ))?)?;
                if changes_tag { assign(tx, &tenant, Whom::One(&id), due) } else { Ok(()) }
            })
            .await?;
        self.work.notify_one();
        Ok(())
    }

    /// Deletes a registered device; it can be imported anew. Import records stay.
    ///
    /// # Errors
    /// The database's, that there is no such device, or that it was deleted already.
    // Differs: at once. The real service takes up to half an hour, for which a second deletion is refused here, too.
    pub async fn delete_device(&self, id: &str) -> Result<(), Error> {
        let (tenant, id, condition) = (self.tenant.clone(), id.to_owned(), self.condition.clone());
        let now = self.now();
        self.units
            .write(move |tx, trail| {
                let done = met(condition.as_ref(), tx, &tenant)
                    .and_then(|()| delete(tx, &tenant, &id, now)?.ok_or(Error::NotFound));
                match done {
                    Ok(serial_number) => {
                        trail.touched(DEVICE, &id, &serial_number, Changes::none());
                        Ok(())
                    }
                    Err(Error::NotFound) => Err(gone(tx, &tenant, &id, now)?),
                    Err(error) => Err(error),
                }
            })
            .await
    }

    /// Deletes the registered devices with these serial numbers, of all or of those with a profile; says of each number whose device it was.
    ///
    /// # Errors
    /// The database's, or that there is no such profile; then none is deleted.
    pub async fn delete_devices(
        &self,
        profile: Option<&str>,
        serial_numbers: Vec<String>,
    ) -> Result<Vec<Deleted>, Error> {
        let (tenant, profile) = (self.tenant.clone(), profile.map(str::to_owned));
        let now = self.now();
        self.units
            .write(move |tx, trail| {
                if let Some(profile) = &profile
                    && !exists(tx, &tenant, profile)?
                {
                    return Err(Error::NotFound);
                }
                let mut deleted = Vec::with_capacity(serial_numbers.len());
                for serial_number in &serial_numbers {
                    let rows = tx.rows(&Statement::new(
                        "SELECT id FROM devices
                         WHERE tenant = $1 AND serial_number = $2 AND (CAST($3 AS TEXT) IS NULL OR profile_id = $3) ORDER BY id",
                        vec![tenant.as_str().into(), serial_number.as_str().into(), profile.clone().into()],
                    ))?;
                    let mut ids = Vec::new();
                    for row in rows {
                        if let [Scalar::Text(id)] = row.as_slice() {
                            delete(tx, &tenant, id, now)?;
                            trail.touched(DEVICE, id, serial_number, Changes::none());
                            ids.push(id.clone());
                        }
                    }
                    deleted.push(Deleted { serial_number: serial_number.clone(), ids });
                }
                Ok(deleted)
            })
            .await
    }
}

/// What became of a serial number whose devices were to be deleted.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// The serial number.
    pub serial_number: String,
    /// The ids of the devices that had it.
    pub ids: Vec<String>,
}

/// Why there is no device to delete: it was deleted before, or never there.
fn gone(tx: &Tx<'_>, tenant: &str, id: &str, now: i64) -> Result<Error, Error> {
    let deleted = tx.row(&Statement::new(
        "SELECT deleted_ticks FROM deleted_devices WHERE tenant = $1 AND id = $2",
        vec![tenant.into(), id.into()],
    ))?;
    Ok(match deleted.as_deref() {
        // So the real service spells it.
        Some([Scalar::Integer(deleted)]) if now.saturating_sub(*deleted) < REMOVAL => {
            Error::Refused { text: "An error has occurred", phrase: "ZtdDeviceDeletionInProgess" }
        }
        Some(_) => Error::Refused { text: "An error has occurred", phrase: "ZtdDeviceAlreadyDeleted" },
        None => Error::NotFound,
    })
}

/// What is recorded of a device before it is changed: how people call it, and what can be changed.
const BEFORE: &str =
    "SELECT serial_number, user_principal_name, addressable_user_name, group_tag, display_name,
        device_account_upn, device_friendly_name, resource_name, userless_enrollment_status
    FROM devices WHERE tenant = $1 AND id = $2";

fn changes(before: &[Scalar], change: &DeviceChange) -> Changes {
    let [_, texts @ .., Scalar::Integer(userless)] = before else { return Changes::none() };
    let new = [
        ("userPrincipalName", &change.user_principal_name),
        ("addressableUserName", &change.addressable_user_name),
        ("groupTag", &change.group_tag),
        ("displayName", &change.display_name),
        ("deviceAccountUpn", &change.device_account_upn),
        ("deviceFriendlyName", &change.device_friendly_name),
        ("resourceName", &change.resource_name),
    ];
    let status = [*userless, change.userless_enrollment_status.unwrap_or(*userless)]
        .map(|number| member("windowsAutopilotUserlessEnrollmentStatus", number));
    Changes::asked(texts, &new)
        .of("userlessEnrollmentStatus", Some(&status[0]), Some(&status[1]))
        .hidden("deviceAccountPassword", change.device_account_password.is_some())
}

/// Deletes a device and says its serial number, where there was one.
fn delete(tx: &Tx<'_>, tenant: &str, id: &str, now: i64) -> Result<Option<String>, Error> {
    let deleted = tx.row(&Statement::new(
        "DELETE FROM devices WHERE tenant = $1 AND id = $2 RETURNING serial_number",
        vec![tenant.into(), id.into()],
    ))?;
    let serial_number = deleted.map(|row| text(row.first()).to_owned());
    if serial_number.is_some() {
        tx.run(&Statement::new(
            // A seed may have brought it back since.
            "INSERT INTO deleted_devices (tenant, id, deleted_ticks) VALUES ($1, $2, $3)
             ON CONFLICT (tenant, id) DO UPDATE SET deleted_ticks = $3",
            vec![tenant.into(), id.into(), now.into()],
        ))?;
    }
    Ok(serial_number)
}

/// Stores a device that was just registered: never contacted, without a profile. `$search` does not know it before
/// [`index_after`].
pub(super) fn insert(tx: &Tx<'_>, tenant: &str, device: &Device) -> Result<(), Error> {
    // 4 is `notContacted` of the enrollment states, and `notAssigned` of the profile assignment's.
    tx.run(&Statement::new(
        "INSERT INTO devices (tenant, id, key, batch_id, group_tag, serial_number, product_key, manufacturer, model,
            user_principal_name, sku_number, system_family, enrollment_state, profile_status, profile_detail,
            remediation_state, userless_enrollment_status, last_contacted_ticks, profile_assigned_ticks,
            remediation_modified_ticks)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 4, 4, 0, 0, 0, $13, $13, $13)",
        vec![
            tenant.into(),
            device.id.as_str().into(),
            device.key.to_vec().into(),
            device.batch_id.as_str().into(),
            device.group_tag.as_str().into(),
            device.serial_number.as_str().into(),
            device.product_key.as_str().into(),
            device.manufacturer.as_str().into(),
            device.model.as_str().into(),
            device.user_principal_name.as_str().into(),
            device.sku_number.as_str().into(),
            device.system_family.as_str().into(),
            DateTimeOffset::NEVER.ticks.into(),
        ],
    ))?;
    Ok(())
}

/// The number of the newest device: later ones have higher numbers.
pub(super) fn newest(tx: &Tx<'_>) -> Result<i64, Error> {
    let row = tx.row(&Statement::new("SELECT COALESCE(MAX(number), 0) FROM devices", Vec::new()))?;
    match row.as_deref() {
        Some([Scalar::Integer(number)]) => Ok(*number),
        _ => Ok(0),
    }
}

/// Adds the devices after a number to what `$search` looks into: all that a unit of work inserts at once. SQLite writes
/// the index out before every statement that could fail half way, and so would for each of them.
pub(super) fn index_after(tx: &Tx<'_>, number: i64) -> Result<(), Error> {
    if tx.engine() == Engine::Postgres {
        // Its index is kept by the database itself.
        return Ok(());
    }
    tx.run(&Statement::new(
        "INSERT INTO devices_search (rowid, serial_number, group_tag, manufacturer, model, user_principal_name,
            addressable_user_name, display_name)
         SELECT number, serial_number, group_tag, manufacturer, model, user_principal_name, addressable_user_name,
            display_name
         FROM devices WHERE number > $1",
        vec![number.into()],
    ))?;
    Ok(())
}
