//! The import queue: rows of `imported_devices` that are not final.
//!
//! A worker *claims* rows for the time of a lease and gets a fencing token with each. It *settles* them in one
//! transaction that registers devices and closes records; a row whose token has moved on is left alone, so a
//! worker that wakes up after its lease changes nothing. Settling decides with what is registered at that moment,
//! under the same transaction: no device is registered twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use autopilot::hardware_identifier::HardwareIdentifier;
use autopilot::import_status::ImportStatus;
use autopilot::imported_device::{ImportState, ImportedDevice};
use autopilot::registration::{Existing, Identity, Outcome, Refusal, decide};
use odata::sql::{Scalar, Statement};
use tokio::sync::Notify;
use uuid::{Uuid, Version};

use super::audit::{Activity, Changes, DEVICE, Moment, Operation, Trail, record};
use super::db::{Db, Row, Tx};
use super::devices;
use super::profiles::{Whom, assign};
use super::{Engine, Error};
use crate::telemetry::metrics::StoreMetrics;

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
    ($locking:literal, $hash:expr) => {
        concat!(
            "UPDATE imported_devices SET claim = claim + 1, attempts = attempts + 1, lease_until = $2
             WHERE (tenant, id) IN (
                SELECT tenant, id FROM imported_devices
                WHERE status < 3 AND (lease_until IS NULL OR lease_until <= $1 OR lease_until > $3)
                ORDER BY id LIMIT $4 ",
            $locking,
            ")
             RETURNING tenant, id, upload_id, batch_id, import_id, serial_number, product_key, group_tag,
                assigned_user_principal_name, attempts, claim, ",
            $hash
        )
    };
}

/// The hash of a claimed record.
macro_rules! hash {
    () => {
        "(SELECT h.bytes FROM hardware_hashes h
            WHERE h.tenant = imported_devices.tenant AND h.imported_device_id = imported_devices.id)"
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

    /// Rings, as whoever queues something does.
    #[cfg(test)]
    pub fn ring(&self) {
        self.work.notify_one();
    }

    /// Claims at most `most` records, oldest first, for `lease` units of 100 ns from `now`.
    ///
    /// Programs that share a database go by its clock, whatever `now` is: theirs never quite agree. A lease that ends a whole
    /// lease later than a new one would was given before the clock was set back: it counts for nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn claim(&self, most: i64, now: i64, lease: i64) -> Result<Vec<Claim>, Error> {
        let (mut claims, until) = self
            .db
            .write(move |tx| {
                let (claim, now) = match tx.engine() {
                    Engine::Sqlite => (claim!("", hash!()), now),
                    // Others that claim at the same time get what is left.
                    Engine::Postgres => (claim!("FOR UPDATE SKIP LOCKED", "NULL"), database_time(tx)?),
                };
                let until = now.saturating_add(lease);
                let absurd = until.saturating_add(lease);
                let rows = tx.rows(&Statement::new(
                    claim,
                    vec![now.into(), until.into(), absurd.into(), most.into()],
                ))?;
                let mut claims: Vec<Claim> = rows.into_iter().map(claimed).collect::<Result<_, _>>()?;
                claims.sort_by(|a, b| a.device.id.cmp(&b.device.id));
                Ok((claims, until))
            })
            .await?;
        if self.db.engine() == Engine::Postgres && !claims.is_empty() {
            self.read_hashes(&mut claims, until).await?;
        }
        let metrics = &self.db.metrics().imports;
        metrics.claimed.inc_by(count(claims.len()));
        metrics.retaken.inc_by(count(claims.iter().filter(|claim| claim.attempts > 1).count()));
        Ok(claims)
    }

    /// Reads the hashes of what was claimed with leases until then. Not while claiming: a program that is stopped while the
    /// server has much to send to it keeps its transaction open, and its locks, for as long as it is stopped.
    async fn read_hashes(&self, claims: &mut [Claim], until: i64) -> Result<(), Error> {
        let rows = self.db.read(move |tx| {
            tx.rows(&Statement::new(
                "SELECT h.tenant, h.imported_device_id, h.bytes FROM hardware_hashes h
                 JOIN imported_devices d ON d.tenant = h.tenant AND d.id = h.imported_device_id
                 WHERE d.status < 3 AND d.lease_until = $1",
                vec![until.into()],
            ))
        });
        let mut hashes = BTreeMap::new();
        for row in rows.await? {
            if let Ok([Scalar::Text(tenant), Scalar::Text(id), Scalar::Blob(bytes)]) =
                <[Scalar; 3]>::try_from(row)
            {
                hashes.insert((tenant, id), bytes);
            }
        }
        for claim in claims {
            let bytes = hashes.remove(&(claim.tenant.clone(), claim.device.id.clone()));
            claim.device.hardware_identifier = bytes.map(HardwareIdentifier::from_bytes);
        }
        Ok(())
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
        let moment = Moment::at(now);
        let settled = self
            .db
            .write(move |tx| {
                let (newest, mut settled) = (devices::newest(tx)?, Vec::new());
                let mut trails: BTreeMap<&str, Trail> = BTreeMap::new();
                for (claim, identity) in examined.iter() {
                    let trail = trails.entry(&claim.tenant).or_default();
                    let code = settle(tx, claim, identity, new_id, trail)?;
                    settled.extend(code.map(|code| (code, since_accepted(&claim.device.id, now))));
                }
                devices::index_after(tx, newest)?;
                let activity = Activity::of_tailmark(Operation::Create, "Create", DEVICE);
                for (tenant, trail) in trails {
                    assign(tx, tenant, Whom::After(newest), due)?;
                    if !trail.is_empty() {
                        record(tx, tenant, &moment, &activity, trail)?;
                    }
                }
                Ok(settled)
            })
            .await?;
        let metrics = &self.db.metrics().imports;
        settled.iter().for_each(|(code, time)| metrics.settle(*code, *time));
        Ok(settled.len())
    }

    /// How many records of all tenants are not final.
    ///
    /// # Errors
    /// The database's.
    pub async fn under_way(&self) -> Result<i64, Error> {
        let count = |tx: &Tx<'_>| {
            let row = tx
                .row(&Statement::new("SELECT COUNT(*) FROM imported_devices WHERE status < 3", Vec::new()))?;
            match row.as_deref() {
                Some([Scalar::Integer(count)]) => Ok(*count),
                _ => Err(Error::Inconsistent("a count is no number".to_owned())),
            }
        };
        self.db.read(count).await
    }

    /// What it counts.
    #[must_use]
    pub fn metrics(&self) -> &StoreMetrics {
        self.db.metrics()
    }

    /// Gives back what an earlier run of this program had claimed; for a database that only one program uses.
    ///
    /// # Errors
    /// The database's.
    pub async fn take_over(&self) -> Result<(), Error> {
        if self.db.engine() == Engine::Postgres {
            return Ok(());
        }
        let given_back = self
            .db
            .write(|tx| {
                tx.run(&Statement::new(
                    "UPDATE imported_devices SET claim = claim + 1, attempts = attempts - 1, lease_until = NULL
                     WHERE status < 3 AND lease_until IS NOT NULL",
                    Vec::new(),
                ))
            })
            .await?;
        self.db.metrics().imports.retaken.inc_by(count(given_back));
        Ok(())
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// The time by the database's clock, in units of 100 ns since 1970.
fn database_time(tx: &Tx<'_>) -> Result<i64, Error> {
    const TIME: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 10000000 AS BIGINT)";
    match tx.row(&Statement::new(TIME, Vec::new()))?.as_deref() {
        Some([Scalar::Integer(time)]) => Ok(*time),
        _ => Err(Error::Database("the database does not tell the time".to_owned())),
    }
}

/// How long ago a record was accepted: its id says when, where it is one of ours.
fn since_accepted(id: &str, now: i64) -> Option<Duration> {
    let id = Uuid::try_parse(id).ok().filter(|id| id.get_version() == Some(Version::SortRand))?;
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    let now = Duration::from_nanos(u64::try_from(now).ok()?.checked_mul(100)?);
    // Clocks of two machines never quite agree.
    Some(now.saturating_sub(Duration::new(seconds, nanoseconds)))
}

/// Settles one record and says with which code; nothing where someone else holds it now.
fn settle(
    tx: &Tx<'_>,
    claim: &Claim,
    identity: &Result<Identity, Refusal>,
    new_id: fn() -> String,
    trail: &mut Trail,
) -> Result<Option<i32>, Error> {
    let held = tx.row(&Statement::new(
        "SELECT 1 FROM imported_devices WHERE tenant = $1 AND id = $2 AND claim = $3 AND status < 3",
        vec![claim.tenant.as_str().into(), claim.device.id.as_str().into(), claim.token.into()],
    ))?;
    if held.is_none() {
        return Ok(None);
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
            trail.touched(DEVICE, &device.id, &device.serial_number, Changes::none());
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
    Ok(Some(state.error_code))
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
