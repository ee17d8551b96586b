//! Registered devices: register, change, delete.

use autopilot::device::{Device, DeviceChange};
use odata::sql::{Scalar, Statement};
use odata::value::DateTimeOffset;

use super::condition::met;
use super::db::Tx;
use super::uploads::found;
use super::{Error, Writer};

impl Writer {
    /// Changes what is named and leaves the rest.
    ///
    /// # Errors
    /// The database's, or that there is no such device.
    pub async fn update_device(&self, id: &str, change: DeviceChange) -> Result<(), Error> {
        let (tenant, id, condition) = (self.tenant.clone(), id.to_owned(), self.condition.clone());
        self.db
            .write(move |tx| {
                met(condition.as_ref(), tx, &tenant)?;
                found(tx.run(&Statement::new(
                    "UPDATE devices SET user_principal_name = COALESCE($3, user_principal_name),
                        addressable_user_name = COALESCE($4, addressable_user_name),
                        group_tag = COALESCE($5, group_tag), display_name = COALESCE($6, display_name),
                        device_account_upn = COALESCE($7, device_account_upn),
                        device_account_password = COALESCE($8, device_account_password),
                        device_friendly_name = COALESCE($9, device_friendly_name)
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
                    ],
                ))?)
            })
            .await
    }

    /// Deletes a registered device; it can be imported anew. Import records stay.
    ///
    /// # Errors
    /// The database's, or that there is no such device.
    // Differs: at once, and 404 where there is none. The real service takes up to half an hour and answers 400.
    pub async fn delete_device(&self, id: &str) -> Result<(), Error> {
        let (tenant, id, condition) = (self.tenant.clone(), id.to_owned(), self.condition.clone());
        self.db
            .write(move |tx| {
                met(condition.as_ref(), tx, &tenant)?;
                found(tx.run(&Statement::new(
                    "DELETE FROM devices WHERE tenant = $1 AND id = $2",
                    vec![tenant.as_str().into(), id.as_str().into()],
                ))?)
            })
            .await
    }
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
