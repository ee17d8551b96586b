//! The settings entity of a tenant, and its synchronisation.

use odata::sql::{Scalar, Statement};
use odata::value::DateTimeOffset;

use super::audit::{Changes, SETTINGS, member};
use super::condition::met;
use super::db::Tx;
use super::{Error, Writer};

/// How long after one synchronisation the next may be asked for, in units of 100 ns: ten minutes, as its page says.
const BETWEEN: i64 = 600 * 10_000_000;
/// `inProgress`
const IN_PROGRESS: i64 = 1;

/// What a client changes about the settings; nothing is left as it is.
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "the properties of the same names")]
pub struct SettingsChange {
    pub sync_status: Option<i64>,
    pub last_sync: Option<DateTimeOffset>,
    pub last_manual_sync_trigger: Option<DateTimeOffset>,
}

impl Writer {
    /// Begins a synchronisation that is over at `due`.
    ///
    /// # Errors
    /// The database's; 409 while one is under way, 429 within ten minutes of the one before.
    pub async fn begin_sync(&self, now: i64, due: i64) -> Result<(), Error> {
        let tenant = self.tenant.clone();
        self.units
            .write(move |tx, trail| {
                let change = SettingsChange { sync_status: Some(IN_PROGRESS), ..SettingsChange::default() };
                trail.touched(SETTINGS, &tenant, &tenant, changes(tx, &tenant, &change)?);
                let row = tx.row(&Statement::new(
                    "SELECT sync_status, last_manual_ticks FROM autopilot_settings WHERE tenant = $1",
                    vec![tenant.as_str().into()],
                ))?;
                match row.as_deref() {
                    Some([Scalar::Integer(IN_PROGRESS), _]) => {
                        return Err(Error::Conflict("A synchronisation is already in progress."));
                    }
                    Some([_, Scalar::Integer(last)]) if (0..BETWEEN).contains(&now.saturating_sub(*last)) => {
                        let left = last.saturating_add(BETWEEN).saturating_sub(now);
                        let seconds = u64::try_from(left / 10_000_000 + 1).unwrap_or(1);
                        return Err(Error::TooSoon(seconds));
                    }
                    _ => {}
                }
                tx.run(&Statement::new(
                    "INSERT INTO autopilot_settings (tenant, sync_status, last_sync_ticks, last_manual_ticks,
                        sync_due_ticks)
                     VALUES ($1, 1, $2, $3, $4)
                     ON CONFLICT (tenant) DO UPDATE SET sync_status = 1, last_manual_ticks = $3, sync_due_ticks = $4,
                        version = autopilot_settings.version + 1",
                    vec![
                        tenant.as_str().into(),
                        DateTimeOffset::NEVER.ticks.into(),
                        now.into(),
                        due.into(),
                    ],
                ))?;
                Ok(())
            })
            .await?;
        self.work.notify_one();
        Ok(())
    }

    /// Changes the settings.
    ///
    /// # Errors
    /// The database's.
    pub async fn update_settings(&self, change: SettingsChange) -> Result<(), Error> {
        let (tenant, condition) = (self.tenant.clone(), self.condition.clone());
        self.units
            .write(move |tx, trail| {
                met(condition.as_ref(), tx, &tenant)?;
                trail.touched(SETTINGS, &tenant, &tenant, changes(tx, &tenant, &change)?);
                tx.run(&Statement::new(
                    "INSERT INTO autopilot_settings (tenant, sync_status, last_sync_ticks, last_manual_ticks)
                     VALUES ($1, COALESCE(CAST($3 AS BIGINT), 0), COALESCE(CAST($4 AS BIGINT), $2),
                        COALESCE(CAST($5 AS BIGINT), $2))
                     ON CONFLICT (tenant) DO UPDATE SET
                        sync_status = COALESCE(CAST($3 AS BIGINT), autopilot_settings.sync_status),
                        last_sync_ticks = COALESCE(CAST($4 AS BIGINT), autopilot_settings.last_sync_ticks),
                        last_manual_ticks = COALESCE(CAST($5 AS BIGINT), autopilot_settings.last_manual_ticks),
                        sync_due_ticks = CASE WHEN CAST($3 AS BIGINT) IS NULL THEN autopilot_settings.sync_due_ticks END,
                        version = autopilot_settings.version + 1",
                    vec![
                        tenant.as_str().into(),
                        DateTimeOffset::NEVER.ticks.into(),
                        change.sync_status.into(),
                        change.last_sync.map(|instant| instant.ticks).into(),
                        change.last_manual_sync_trigger.map(|instant| instant.ticks).into(),
                    ],
                ))?;
                Ok(())
            })
            .await
    }
}

/// What a change makes of the settings.
fn changes(tx: &Tx<'_>, tenant: &str, change: &SettingsChange) -> Result<Changes, Error> {
    let row = tx.row(&Statement::new(
        "SELECT sync_status, last_sync_ticks, last_manual_ticks FROM autopilot_settings WHERE tenant = $1",
        vec![tenant.into()],
    ))?;
    let never = DateTimeOffset::NEVER.ticks;
    let (status, sync, manual) = match row.as_deref() {
        Some([Scalar::Integer(status), Scalar::Integer(sync), Scalar::Integer(manual)]) => {
            (*status, *sync, *manual)
        }
        _ => (0, never, never),
    };
    let named = |number| member("windowsAutopilotSyncStatus", number);
    let text = |ticks| DateTimeOffset { ticks, offset_minutes: 0 }.to_string();
    let instant = |changes: Changes, name, old, new: Option<DateTimeOffset>| {
        changes.of(name, Some(&text(old)), Some(&text(new.map_or(old, |new| new.ticks))))
    };
    let new_status = named(change.sync_status.unwrap_or(status));
    let changes = Changes::none().of("syncStatus", Some(&named(status)), Some(&new_status));
    let changes = instant(changes, "lastSyncDateTime", sync, change.last_sync);
    Ok(instant(changes, "lastManualSyncTriggerDateTime", manual, change.last_manual_sync_trigger))
}
