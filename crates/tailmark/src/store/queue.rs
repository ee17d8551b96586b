//! The import queue: rows of `imported_devices` that are not final.
//!
//! A worker *claims* rows for the time of a lease and gets a fencing token with each. It *settles* them in one
//! transaction that registers devices and closes records; a row whose token has moved on is left alone, so a
//! worker that wakes up after its lease changes nothing. Settling decides with what is registered at that moment,
//! under the same transaction: no device is registered twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use autopilot::hardware_identifier::HardwareIdentifier;
use autopilot::import_status::ImportStatus;
use autopilot::imported_device::{ImportState, ImportedDevice};
use autopilot::registration::{Existing, Identity, Outcome, Refusal, decide};
use odata::sql::{Scalar, Statement};
use tokio::sync::Notify;

use super::db::{Db, Row, Tx};
use super::devices;
use super::profiles::{Whom, assign};
use super::{Engine, Error};

/// The rows under way, for the worker.
#[derive(Clone, Debug)]
pub struct Queue {
    pub(super) db: Db,
    work: Arc<Notify>,
    pub(super) assignment_time: i64,
}

/// A record that the worker may settle.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Whose it is.
    pub tenant: String,
    /// The record.
    pub device: ImportedDevice,
    /// How often it was claimed, this time included.
    pub attempts: i64,
    token: i64,
}

/// A claimed record and who its device is, or why it cannot be registered.
pub type Examined = (Claim, Result<Identity, Refusal>);

/// Takes the oldest records that nobody holds.
macro_rules! claim {
    ($locking:literal) => {
        concat!(
            "UPDATE imported_devices SET claim = claim + 1, attempts = attempts + 1, lease_until = $2
             WHERE (tenant, id) IN (
                SELECT tenant, id FROM imported_devices
                WHERE status < 3 AND (lease_until IS NULL OR lease_until <= $1 OR lease_until > $3)
                ORDER BY id LIMIT $4 ",
            $locking,
            ")
             RETURNING tenant, id, upload_id, batch_id, import_id, serial_number, product_key, group_tag,
                assigned_user_principal_name, attempts, claim,
                (SELECT h.bytes FROM hardware_hashes h
                 WHERE h.tenant = imported_devices.tenant AND h.imported_device_id = imported_devices.id)"
        )
    };
}

impl Queue {
    pub(super) fn new(db: Db, work: Arc<Notify>, assignment_time: i64) -> Self {
        Self { db, work, assignment_time }
    }

    /// Returns when something may have been queued.
    pub async fn rung(&self) {
        self.work.notified().await;
    }

    /// Claims at most `most` records, oldest first, for `lease` units of 100 ns from `now`.
    ///
    /// A lease that ends a whole lease later than a new one would was given before the clock was set back: it counts
    /// for nothing. Nearer ones are respected, since the clocks of two workers never quite agree.
    ///
    /// # Errors
    /// The database's.
    pub async fn claim(&self, most: i64, now: i64, lease: i64) -> Result<Vec<Claim>, Error> {
        let until = now.saturating_add(lease);
        let absurd = until.saturating_add(lease);
        self.db
            .write(move |tx| {
                let claim = match tx.engine() {
                    Engine::Sqlite => claim!(""),
                    // Others that claim at the same time get what is left.
                    Engine::Postgres => claim!("FOR UPDATE SKIP LOCKED"),
                };
                let rows = tx.rows(&Statement::new(
                    claim,
                    vec![now.into(), until.into(), absurd.into(), most.into()],
                ))?;
                let mut claims: Vec<Claim> = rows.into_iter().map(claimed).collect::<Result<_, _>>()?;
                claims.sort_by(|a, b| a.device.id.cmp(&b.device.id));
                Ok(claims)
            })
            .await
    }

    /// Settles examined records in one transaction. `new_id` names devices. Says how many were settled: those whose
    /// token has moved on are not among them.
    ///
    /// # Errors
    /// The database's; then none is settled.
    pub async fn settle(
        &self,
        examined: Arc<Vec<Examined>>,
        now: i64,
        new_id: fn() -> String,
    ) -> Result<usize, Error> {
        let due = now.saturating_add(self.assignment_time);
        self.db
            .write(move |tx| {
                let (newest, mut settled) = (devices::newest(tx)?, 0);
                for (claim, identity) in examined.iter() {
                    settled += usize::from(settle(tx, claim, identity, new_id)?);
                }
                devices::index_after(tx, newest)?;
                let tenants: BTreeSet<&str> =
                    examined.iter().map(|(claim, _)| claim.tenant.as_str()).collect();
                tenants.into_iter().try_for_each(|tenant| assign(tx, tenant, Whom::After(newest), due))?;
                Ok(settled)
            })
            .await
    }

    /// Gives back what an earlier run of this program had claimed; for a database that only one program uses.
    ///
    /// # Errors
    /// The database's.
    pub async fn take_over(&self) -> Result<(), Error> {
        if self.db.engine() == Engine::Postgres {
            return Ok(());
        }
        self.db
            .write(|tx| {
                tx.run(&Statement::new(
                    "UPDATE imported_devices SET claim = claim + 1, attempts = attempts - 1, lease_until = NULL
                     WHERE status < 3 AND lease_until IS NOT NULL",
                    Vec::new(),
                ))
                .map(drop)
            })
            .await
    }
}

/// Settles one record; false where someone else holds it now.
fn settle(
    tx: &Tx<'_>,
    claim: &Claim,
    identity: &Result<Identity, Refusal>,
    new_id: fn() -> String,
) -> Result<bool, Error> {
    let held = tx.row(&Statement::new(
        "SELECT 1 FROM imported_devices WHERE tenant = $1 AND id = $2 AND claim = $3 AND status < 3",
        vec![claim.tenant.as_str().into(), claim.device.id.as_str().into(), claim.token.into()],
    ))?;
    if held.is_none() {
        return Ok(false);
    }
    let outcome = match identity {
        Ok(identity) => {
            let existing = existing(tx, &claim.tenant, identity)?;
            decide(&claim.device, identity.clone(), existing.as_ref(), new_id())
        }
        Err(refusal) => Outcome::Refused(refusal.clone()),
    };
    let (state, detail) = match outcome {
        Outcome::Registered(device) => {
            devices::insert(tx, &claim.tenant, &device)?;
            (ImportState::complete(device.id), String::new())
        }
        Outcome::Refused(refusal) => (ImportState::refused(refusal.rejection), refusal.detail),
    };
    tx.run(&Statement::new(
        "UPDATE imported_devices SET status = $3, registration_id = $4, error_code = $5, error_name = $6,
            error_detail = $7, lease_until = NULL
         WHERE tenant = $1 AND id = $2",
        vec![
            claim.tenant.as_str().into(),
            claim.device.id.as_str().into(),
            state.status.number().into(),
            state.registration_id.into(),
            i64::from(state.error_code).into(),
            state.error_name.into(),
            detail.into(),
        ],
    ))?;
    Ok(true)
}

fn existing(tx: &Tx<'_>, tenant: &str, identity: &Identity) -> Result<Option<Existing>, Error> {
    let row = tx.row(&Statement::new(
        "SELECT tenant, batch_id FROM devices WHERE key = $1",
        vec![identity.key.to_vec().into()],
    ))?;
    Ok(match row.as_deref() {
        Some([Scalar::Text(owner), Scalar::Text(batch_id)]) => {
            Some(Existing { same_tenant: owner == tenant, batch_id: batch_id.clone() })
        }
        _ => None,
    })
}

fn claimed(row: Row) -> Result<Claim, Error> {
    let mut columns = row.into_iter();
    let mut next = || columns.next().unwrap_or(Scalar::Null);
    let mut text = || match next() {
        Scalar::Text(text) => Some(text),
        _ => None,
    };
    let (tenant, id, upload_id) = (text(), text(), text());
    let inconsistent = || Error::Inconsistent("a column of imported_devices is null".to_owned());
    let mut required = || text().ok_or_else(inconsistent);
    let device = ImportedDevice {
        id: id.ok_or_else(inconsistent)?,
        upload_id,
        batch_id: required()?,
        import_id: required()?,
        serial_number: required()?,
        product_key: required()?,
        group_tag: required()?,
        assigned_user_principal_name: required()?,
        hardware_identifier: None,
        state: ImportState::first(ImportStatus::Unknown),
    };
    let (attempts, token, hash) = (next(), next(), next());
    let (Scalar::Integer(attempts), Scalar::Integer(token)) = (attempts, token) else {
        return Err(inconsistent());
    };
    let hardware_identifier = match hash {
        Scalar::Blob(bytes) => Some(HardwareIdentifier::from_bytes(bytes)),
        _ => None,
    };
    let device = ImportedDevice { hardware_identifier, ..device };
    Ok(Claim { tenant: tenant.ok_or_else(inconsistent)?, device, attempts, token })
}
