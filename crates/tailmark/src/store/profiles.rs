//! Which profile every device has: what follows from assignments, tags and groups, and what is due.
//!
//! [`assign`] belongs to the transaction that changes any of these; a device is then `pending` (or out of sync) until
//! [`Queue::deliver`] finds that its time has come. Both say the same however often they are done.

use std::collections::BTreeMap;

use autopilot::assignment::{Assignment, Candidate, Group, Membership, Status, Target, Targeted, Targeting};
use odata::sql::{Scalar, Statement};
use serde_json::{Map, Value as Json};

use super::audit::{Activity, Changes, DEVICE, Moment, Operation, PROFILE, Trail, record};
use super::db::{Row, Tx};
use super::documents::parse;
use super::imports::text;
use super::{Error, Queue, Reader, Writer};

/// Whose profiles are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whom<'a> {
    /// Every device of the tenant.
    Everyone,
    /// The devices with higher numbers than this.
    After(i64),
    /// One device.
    One(&'a str),
}

impl Writer {
    /// Gives a profile to these devices, whatever their tags and groups say.
    ///
    /// # Errors
    /// The database's, that there is no such profile, or that one of the devices is not there: then nothing is changed.
    pub async fn choose_profile(&self, profile: &str, devices: Vec<String>) -> Result<(), Error> {
        let (tenant, profile, due) = (self.tenant.clone(), profile.to_owned(), self.due());
        self.units
            .write(move |tx, trail| {
                if !exists(tx, &tenant, &profile)? {
                    return Err(Error::NotFound);
                }
                trail.touched(PROFILE, &profile, &profile, Changes::none());
                for device in &devices {
                    let chosen = tx.row(&Statement::new(
                        "UPDATE devices SET chosen_profile_id = $3 WHERE tenant = $1 AND id = $2 RETURNING serial_number",
                        vec![tenant.as_str().into(), device.as_str().into(), profile.as_str().into()],
                    ))?;
                    let Some(chosen) = chosen else {
                        return Err(Error::refused("One of the devices is not registered."));
                    };
                    let changes = Changes::none().with("intendedDeploymentProfile", &profile);
                    trail.touched(DEVICE, device, text(chosen.first()), changes);
                    assign(tx, &tenant, Whom::One(device), due)?;
                }
                Ok(())
            })
            .await?;
        self.work.notify_one();
        Ok(())
    }
}

impl Reader {
    /// Of each of these profiles whether it is assigned to anyone; nothing where there is no such profile.
    ///
    /// # Errors
    /// The database's.
    pub async fn linked_profiles(&self, ids: Vec<String>) -> Result<Vec<Option<bool>>, Error> {
        let tenant = self.tenant.clone();
        self.db
            .read(move |tx| {
                let linked = ids.iter().map(|id| match exists(tx, &tenant, id)? {
                    true => is_assigned(tx, &tenant, id).map(Some),
                    false => Ok(None),
                });
                linked.collect()
            })
            .await
    }
}

impl Queue {
    /// Gives devices the profiles that are due, and ends synchronisations that are over. Says how many there were.
    ///
    /// What would be due later than twice the time that it takes was begun before the clock was set back: it is due, too.
    ///
    /// # Errors
    /// The database's.
    pub async fn deliver(&self, now: i64) -> Result<usize, Error> {
        let moment = Moment::at(now);
        let absurd = now.saturating_add(self.assignment_time.saturating_mul(2));
        self.db
            .write(move |tx| {
                // What waits can be seen without a write.
                let waiting = tx.row(&Statement::new(
                    "SELECT 1 WHERE EXISTS (SELECT 1 FROM devices WHERE profile_due_ticks <= $1)
                        OR EXISTS (SELECT 1 FROM devices WHERE profile_due_ticks > $2)
                        OR EXISTS (SELECT 1 FROM autopilot_settings WHERE sync_due_ticks <= $1
                            OR sync_due_ticks - $1 > 2 * (sync_due_ticks - last_manual_ticks))",
                    vec![now.into(), absurd.into()],
                ))?;
                if waiting.is_none() {
                    return Ok(0);
                }
                let devices = tx.rows(&Statement::new(
                    "UPDATE devices SET profile_id = intended_profile_id, profile_status = 1, profile_detail = 0,
                        profile_assigned_ticks = $1, profile_due_ticks = NULL
                     WHERE profile_due_ticks <= $1 OR profile_due_ticks > $2
                     RETURNING tenant, id, serial_number, profile_id",
                    vec![now.into(), absurd.into()],
                ))?;
                record_delivery(tx, &moment, &devices)?;
                let settings = tx.run(&Statement::new(
                    "UPDATE autopilot_settings SET sync_status = 2, last_sync_ticks = $1, sync_due_ticks = NULL,
                        version = version + 1
                     WHERE sync_due_ticks <= $1 OR sync_due_ticks - $1 > 2 * (sync_due_ticks - last_manual_ticks)",
                    vec![now.into()],
                ))?;
                Ok(devices.len() + settings)
            })
            .await
    }
}

/// Records for each tenant that devices have the profiles which were intended for them.
fn record_delivery(tx: &Tx<'_>, moment: &Moment, devices: &[Row]) -> Result<(), Error> {
    let mut trails: BTreeMap<&str, Trail> = BTreeMap::new();
    for device in devices {
        let [tenant, id, serial_number, profile] = [0, 1, 2, 3].map(|place| text(device.get(place)));
        let changes = Changes::none().with("deploymentProfile", profile);
        trails.entry(tenant).or_default().touched(DEVICE, id, serial_number, changes);
    }
    let activity = Activity::of_tailmark(Operation::Action, "assign", PROFILE);
    trails.into_iter().try_for_each(|(tenant, trail)| record(tx, tenant, moment, &activity, trail))
}

macro_rules! devices {
    ($which:literal) => {
        concat!(
            "SELECT id, group_tag, purchase_order_identifier, chosen_profile_id, profile_id, intended_profile_id, ",
            "profile_status FROM devices WHERE tenant = $1 AND ",
            $which
        )
    };
}

/// Looks anew at which profiles devices are to have; those that change are due at `due`.
pub(super) fn assign(tx: &Tx<'_>, tenant: &str, whom: Whom<'_>, due: i64) -> Result<(), Error> {
    let targeting = targeting(tx, tenant)?;
    if targeting.profiles.is_empty() && !matches!(whom, Whom::Everyone) {
        return Ok(());
    }
    let (text, which): (_, Scalar) = match whom {
        Whom::Everyone => (devices!("number > $2"), (-1).into()),
        Whom::After(number) => (devices!("number > $2"), number.into()),
        Whom::One(id) => (devices!("id = $2"), id.into()),
    };
    let mut changed: Vec<(String, Assignment)> = Vec::new();
    tx.each(&Statement::new(text, vec![tenant.into(), which]), |row| {
        let device = Device::of(row);
        let intended = targeting.intended(&device.candidate());
        let next = device.assignment.intending(intended);
        if next != device.assignment {
            changed.push((device.id, next));
        }
        Ok(())
    })?;
    for (id, next) in changed {
        let due = matches!(next.status, Status::Pending | Status::OutOfSync).then_some(due);
        tx.run(&Statement::new(
            "UPDATE devices SET profile_status = $3, profile_id = $4, intended_profile_id = $5, profile_due_ticks = $6
             WHERE tenant = $1 AND id = $2",
            vec![
                tenant.into(),
                id.into(),
                next.status.number().into(),
                next.profile.into(),
                next.intended.into(),
                due.into(),
            ],
        ))?;
    }
    Ok(())
}

/// The content of a profile has changed: who has it has an older one.
pub(super) fn outdate(tx: &Tx<'_>, tenant: &str, profile: &str, due: i64) -> Result<(), Error> {
    tx.run(&Statement::new(
        "UPDATE devices SET profile_status = $3, profile_due_ticks = $4 WHERE tenant = $1 AND profile_id = $2",
        vec![tenant.into(), profile.into(), Status::OutOfSync.number().into(), due.into()],
    ))?;
    Ok(())
}

/// Whether a profile has assignments, or was given to a device by itself.
pub(super) fn is_assigned(tx: &Tx<'_>, tenant: &str, profile: &str) -> Result<bool, Error> {
    let row = tx.row(&Statement::new(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM profile_assignments WHERE tenant = $1 AND owner = $2)
            OR EXISTS (SELECT 1 FROM devices WHERE tenant = $1 AND chosen_profile_id = $2)",
        vec![tenant.into(), profile.into()],
    ))?;
    Ok(row.is_some())
}

/// Whether there is a profile.
pub(super) fn exists(tx: &Tx<'_>, tenant: &str, profile: &str) -> Result<bool, Error> {
    let row = tx.row(&Statement::new(
        "SELECT 1 FROM deployment_profiles WHERE tenant = $1 AND id = $2",
        vec![tenant.into(), profile.into()],
    ))?;
    Ok(row.is_some())
}

fn targeting(tx: &Tx<'_>, tenant: &str) -> Result<Targeting, Error> {
    let rows = tx.rows(&Statement::new(
        "SELECT p.id, a.document FROM deployment_profiles p
            LEFT JOIN profile_assignments a ON a.tenant = p.tenant AND a.owner = p.id
         WHERE p.tenant = $1 ORDER BY p.number",
        vec![tenant.into()],
    ))?;
    let mut profiles: Vec<Targeted> = Vec::new();
    for row in rows {
        let mut columns = row.into_iter();
        let (Some(Scalar::Text(profile)), Some(assignment)) = (columns.next(), columns.next()) else {
            continue;
        };
        if profiles.last().is_none_or(|last| last.profile != profile) {
            profiles.push(Targeted { profile, targets: Vec::new() });
        }
        if let (Scalar::Text(text), Some(last)) = (assignment, profiles.last_mut()) {
            last.targets.extend(target(&parse(&text)?));
        }
    }
    let groups = if profiles.is_empty() { Vec::new() } else { groups(tx, tenant)? };
    Ok(Targeting { profiles, groups })
}

fn target(assignment: &Map<String, Json>) -> Option<Target> {
    let target = assignment.get("target")?;
    let name = target.get("@odata.type")?.as_str()?.rsplit('.').next()?;
    let group = || target.get("groupId").and_then(Json::as_str).unwrap_or_default().to_owned();
    match name {
        "allDevicesAssignmentTarget" => Some(Target::AllDevices),
        "groupAssignmentTarget" => Some(Target::Group(group())),
        "exclusionGroupAssignmentTarget" => Some(Target::Excluded(group())),
        // Users are no devices.
        _ => None,
    }
}

fn groups(tx: &Tx<'_>, tenant: &str) -> Result<Vec<Group>, Error> {
    let rows = tx.rows(&Statement::new(
        "SELECT id, document FROM device_groups WHERE tenant = $1",
        vec![tenant.into()],
    ))?;
    let mut groups = Vec::new();
    for row in rows {
        if let [Scalar::Text(id), Scalar::Text(text)] = row.as_slice() {
            groups.push(Group { id: id.clone(), members: membership(&parse(text)?) });
        }
    }
    Ok(groups)
}

/// By its rule, else by the list of its members.
fn membership(group: &Map<String, Json>) -> Membership {
    let rule = group.get("membershipRule").and_then(Json::as_str);
    rule.and_then(Membership::of_rule).unwrap_or_else(|| {
        let members = group.get("members").and_then(Json::as_array).into_iter().flatten();
        Membership::Devices(members.filter_map(Json::as_str).map(str::to_owned).collect())
    })
}

struct Device {
    id: String,
    group_tag: String,
    purchase_order: String,
    chosen: Option<String>,
    assignment: Assignment,
}

impl Device {
    fn of(row: Row) -> Self {
        let mut columns = row.into_iter();
        let mut text = || match columns.next() {
            Some(Scalar::Text(text)) => Some(text),
            _ => None,
        };
        let (id, group_tag, purchase_order) = (text(), text(), text());
        let (chosen, profile, intended) = (text(), text(), text());
        let status = match columns.next() {
            Some(Scalar::Integer(number)) => Status::of_number(number),
            _ => Status::NotAssigned,
        };
        Self {
            id: id.unwrap_or_default(),
            group_tag: group_tag.unwrap_or_default(),
            purchase_order: purchase_order.unwrap_or_default(),
            chosen,
            assignment: Assignment { status, profile, intended },
        }
    }

    fn candidate(&self) -> Candidate<'_> {
        Candidate {
            id: &self.id,
            group_tag: &self.group_tag,
            purchase_order: &self.purchase_order,
            chosen: self.chosen.as_deref(),
        }
    }
}
