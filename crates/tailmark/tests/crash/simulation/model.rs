//! What must be in the database: a small account of the pipeline, kept beside it.
//!
//! [`Model::expected`] says how a unit of work has to be answered, [`Model::apply`] what it does. After each commit
//! [`Model::compare`] reads the database, row by row. It also holds what needs no account to be wrong: a key that is there
//! twice, and a final state that changes.

use std::collections::{BTreeMap, BTreeSet};

use autopilot::hardware_identifier::HardwareIdentifier;
use autopilot::rejection::Rejection;
use rusqlite::Connection;
use tailmark::store::Error;

use super::stock::{Content, group_tag, kinds, tenant};

pub type Id = String;

/// Records that are claimed at once, at most.
const CHUNK: usize = 200;

/// One unit of work.
#[derive(Clone, Debug)]
pub enum Act {
    Migrate,
    TakeOver,
    Import { tenant: usize, upload: Option<Id>, batch: Id, records: Vec<(Id, Content)> },
    Upload { tenant: usize, id: Id, records: Vec<(Id, Content)> },
    Change { tenant: usize, id: Id, content: Content },
    DeleteRecord { tenant: usize, id: Id },
    DeleteUpload { tenant: usize, id: Id },
    Register { tenant: usize, id: Id, content: Content },
    DeleteDevice { tenant: usize, id: Id },
    Claim { holder: u64, now: i64, lease: i64 },
    Settle { holder: u64, records: Vec<Id> },
    Deliver,
}

/// What a unit of work found or did, beyond that it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    It,
    /// Records with the number of attempts.
    Claimed(Vec<(Id, i64)>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    UnderWay,
    Complete(Id),
    Refused(Rejection),
}

#[derive(Clone, Debug)]
pub struct Record {
    pub tenant: usize,
    pub upload: Option<Id>,
    batch: Id,
    pub content: Content,
    attempts: i64,
    lease: Option<i64>,
    holder: Option<u64>,
    pub state: State,
}

#[derive(Clone, Debug)]
pub struct Device {
    pub tenant: usize,
    key: [u8; 32],
    batch: Id,
    content: Content,
}

#[derive(Default)]
pub struct Model {
    attempts: i64,
    pub uploads: BTreeMap<Id, usize>,
    pub records: BTreeMap<Id, Record>,
    pub devices: BTreeMap<Id, Device>,
    deleted: BTreeSet<(usize, Id)>,
    /// Final states as they were first seen in the database.
    finals: BTreeMap<Id, (i64, Id, i64, String)>,
    /// Registration ids, of whichever record.
    registrations: BTreeSet<Id>,
    pub stale: u64,
    pub given_up: u64,
    pub registered: u64,
    pub refused: u64,
}

impl Model {
    pub fn new(attempts: i64) -> Self {
        Self { attempts, ..Self::default() }
    }

    /// How it must be answered where nothing fails: by the kind of its refusal, if any.
    pub fn expected(&self, act: &Act) -> Option<&'static str> {
        let record = |tenant: &usize, id: &Id| self.records.get(id).filter(|record| record.tenant == *tenant);
        match act {
            Act::Import { tenant, upload: Some(upload), .. } => {
                if self.uploads.get(upload) != Some(tenant) {
                    return Some("not found");
                }
                let mut members =
                    self.records.values().filter(|record| record.upload.as_ref() == Some(upload)).peekable();
                let has_any = members.peek().is_some();
                (has_any && members.all(|record| record.state != State::UnderWay)).then_some("conflict")
            }
            Act::Change { tenant, id, .. } => match record(tenant, id) {
                None => Some("not found"),
                Some(record) => (record.state != State::UnderWay).then_some("conflict"),
            },
            Act::DeleteRecord { tenant, id } => record(tenant, id).is_none().then_some("not found"),
            Act::DeleteUpload { tenant, id } => (self.uploads.get(id) != Some(tenant)).then_some("not found"),
            Act::Register { content, .. } => {
                let key = kinds()[content.kind].identity.ok();
                self.devices.values().any(|device| Some(device.key) == key).then_some("refused")
            }
            Act::DeleteDevice { tenant, id } => {
                if self.devices.get(id).is_some_and(|device| device.tenant == *tenant) {
                    None
                } else if self.deleted.contains(&(*tenant, id.clone())) {
                    Some("refused")
                } else {
                    Some("not found")
                }
            }
            _ => None,
        }
    }

    /// Does what was answered with success. What was registered gets its id from the database.
    pub fn apply(
        &mut self,
        act: &Act,
        done: &Done,
        registered: &BTreeMap<[u8; 32], Id>,
    ) -> Result<(), String> {
        match act {
            Act::Migrate | Act::Deliver => {}
            Act::TakeOver => {
                for record in self.records.values_mut().filter(|record| record.state == State::UnderWay) {
                    if record.lease.take().is_some() {
                        (record.holder, record.attempts) = (None, record.attempts - 1);
                    }
                }
            }
            Act::Import { tenant, upload, batch, records } => {
                self.insert(*tenant, upload.as_ref(), batch, records);
            }
            Act::Upload { tenant, id, records } => {
                self.uploads.insert(id.clone(), *tenant);
                self.insert(*tenant, Some(id), id, records);
            }
            Act::Change { id, content, .. } => {
                if let Some(record) = self.records.get_mut(id) {
                    (record.content, record.holder, record.lease) = (*content, None, None);
                }
            }
            Act::DeleteRecord { id, .. } => _ = self.records.remove(id),
            Act::DeleteUpload { id, .. } => {
                self.uploads.remove(id);
                self.records.retain(|_, record| record.upload.as_ref() != Some(id));
            }
            Act::Register { tenant, id, content } => {
                let Ok(key) = kinds()[content.kind].identity else { return Ok(()) };
                let device = Device { tenant: *tenant, key, batch: id.clone(), content: *content };
                self.devices.insert(id.clone(), device);
            }
            Act::DeleteDevice { tenant, id } => {
                self.devices.remove(id);
                self.deleted.insert((*tenant, id.clone()));
            }
            Act::Claim { holder, now, lease } => {
                let claimed = self.claim(*holder, *now, *lease);
                if *done != Done::Claimed(claimed.clone()) {
                    return Err(format!("claimed were {done:?}, free were {claimed:?}"));
                }
            }
            Act::Settle { holder, records } => {
                for id in records {
                    self.settle(*holder, id, registered)?;
                }
            }
        }
        Ok(())
    }

    fn insert(&mut self, tenant: usize, upload: Option<&Id>, batch: &Id, records: &[(Id, Content)]) {
        for (id, content) in records {
            let record = Record {
                tenant,
                upload: upload.cloned(),
                batch: batch.clone(),
                content: *content,
                attempts: 0,
                lease: None,
                holder: None,
                state: State::UnderWay,
            };
            self.records.insert(id.clone(), record);
        }
    }

    fn claim(&mut self, holder: u64, now: i64, lease: i64) -> Vec<(Id, i64)> {
        let mut claimed = Vec::new();
        for (id, record) in &mut self.records {
            let is_held = record.lease.is_some_and(|end| now < end && end <= now + 2 * lease);
            if record.state == State::UnderWay && !is_held && claimed.len() < CHUNK {
                record.attempts += 1;
                (record.holder, record.lease) = (Some(holder), Some(now + lease));
                claimed.push((id.clone(), record.attempts));
            }
        }
        claimed
    }

    fn settle(&mut self, holder: u64, id: &Id, registered: &BTreeMap<[u8; 32], Id>) -> Result<(), String> {
        let Some(record) = self.records.get_mut(id) else { return Ok(()) };
        if record.holder != Some(holder) || record.state != State::UnderWay {
            self.stale += 1;
            return Ok(());
        }
        record.lease = None;
        let identity = &kinds()[record.content.kind].identity;
        let known = |key| self.devices.values().find(|device| device.key == key);
        record.state = match identity {
            _ if record.attempts > self.attempts => {
                self.given_up += 1;
                State::Refused(Rejection::StorageError)
            }
            Err(rejection) => State::Refused(*rejection),
            Ok(key) => match known(*key) {
                Some(device) if device.tenant != record.tenant => {
                    State::Refused(Rejection::ZtdDeviceAssignedToOtherTenant)
                }
                Some(device) if device.batch == record.batch => {
                    State::Refused(Rejection::ZtdDeviceDuplicated)
                }
                Some(_) => State::Refused(Rejection::ZtdDeviceAlreadyAssigned),
                None => {
                    let Some(device) = registered.get(key) else {
                        return Err(format!("{id} was settled, and its device is not registered"));
                    };
                    if !self.registrations.insert(device.clone()) {
                        return Err(format!("{device} is the registration of two records"));
                    }
                    let (tenant, batch) = (record.tenant, record.batch.clone());
                    let content = record.content;
                    self.devices.insert(device.clone(), Device { tenant, key: *key, batch, content });
                    State::Complete(device.clone())
                }
            },
        };
        match record.state {
            State::Complete(_) => self.registered += 1,
            _ => self.refused += 1,
        }
        Ok(())
    }

    /// Whether the database holds just this.
    pub fn compare(&mut self, database: &Connection) -> Result<(), String> {
        self.compare_records(database).map_err(|error| error.to_string())??;
        self.compare_devices(database).map_err(|error| error.to_string())??;
        let uploads = list(database, "SELECT id, tenant FROM uploads ORDER BY id").map_err(said)?;
        let expected: Vec<_> = self.uploads.iter().map(|(id, owner)| (id.clone(), tenant(*owner))).collect();
        if uploads == expected { Ok(()) } else { Err(format!("uploads are {uploads:?}, not {expected:?}")) }
    }

    fn compare_records(&mut self, database: &Connection) -> rusqlite::Result<Result<(), String>> {
        let mut query = database.prepare_cached(
            "SELECT d.id, d.tenant, d.upload_id, d.batch_id, d.import_id, d.serial_number, d.product_key,
                d.group_tag, d.attempts, d.status, d.registration_id, d.error_code, d.error_name, h.bytes
             FROM imported_devices d LEFT JOIN hardware_hashes h
                ON h.tenant = d.tenant AND h.imported_device_id = d.id
             ORDER BY d.id",
        )?;
        let mut rows = query.query([])?;
        let mut expected = self.records.iter();
        while let Some(row) = rows.next()? {
            let id: Id = row.get(0)?;
            let state: (i64, Id, i64, String) = (row.get(9)?, row.get(10)?, row.get(11)?, row.get(12)?);
            match self.finals.get(&id) {
                Some(before) if *before != state => {
                    return Ok(Err(format!("the final state of {id} was {before:?} and is {state:?}")));
                }
                None if state.0 >= 3 => _ = self.finals.insert(id.clone(), state.clone()),
                _ => {}
            }
            let Some((expected_id, record)) = expected.next() else {
                return Ok(Err(format!("there is a record {id} too many")));
            };
            if id != *expected_id {
                return Ok(Err(format!("there is {id} where {expected_id} should be")));
            }
            let kind = &kinds()[record.content.kind];
            let state_expected = match &record.state {
                State::UnderWay => (0, String::new(), 0, String::new()),
                State::Complete(device) => (3, device.clone(), 0, "None".to_owned()),
                State::Refused(rejection) => {
                    (4, String::new(), i64::from(rejection.code()), rejection.name().to_owned())
                }
            };
            if state != state_expected {
                return Ok(Err(format!("{id} is {state:?} and should be {state_expected:?}")));
            }
            let attempts: i64 = row.get(8)?;
            if attempts != record.attempts {
                return Ok(Err(format!("{id} has {attempts} attempts and should have {}", record.attempts)));
            }
            let is_as_sent = row.get::<_, String>(1)? == tenant(record.tenant)
                && row.get::<_, Option<Id>>(2)? == record.upload
                && row.get::<_, Id>(3)? == record.batch
                && row.get::<_, Id>(4)? == *record.upload.as_ref().unwrap_or(&id)
                && row.get::<_, String>(5)? == kind.serial_number
                && row.get::<_, String>(6)? == kind.product_key
                && row.get::<_, String>(7)? == group_tag(record.content.tag)
                && row.get_ref(13)?.as_blob_or_null()? == kind.hash.as_ref().map(HardwareIdentifier::bytes);
            if !is_as_sent {
                return Ok(Err(format!("{id} is not as it was sent: {:?}", record.content)));
            }
        }
        Ok(match expected.next() {
            Some((id, _)) => Err(format!("{id} is missing")),
            None => Ok(()),
        })
    }

    fn compare_devices(&self, database: &Connection) -> rusqlite::Result<Result<(), String>> {
        let mut query = database.prepare_cached(
            "SELECT id, tenant, key, batch_id, serial_number, group_tag FROM devices ORDER BY id",
        )?;
        let (mut rows, mut expected, mut keys) = (query.query([])?, self.devices.iter(), BTreeSet::new());
        while let Some(row) = rows.next()? {
            let id: Id = row.get(0)?;
            let key: [u8; 32] = row.get(2)?;
            if !keys.insert(key) {
                return Ok(Err(format!("the device {id} is registered twice")));
            }
            let Some((expected_id, device)) = expected.next() else {
                return Ok(Err(format!("there is a device {id} too many")));
            };
            let is_right = id == *expected_id
                && row.get::<_, String>(1)? == tenant(device.tenant)
                && key == device.key
                && row.get::<_, Id>(3)? == device.batch
                && row.get::<_, String>(4)? == kinds()[device.content.kind].registered
                && row.get::<_, String>(5)? == group_tag(device.content.tag);
            if !is_right {
                return Ok(Err(format!("the device {id} is not {expected_id}: {device:?}")));
            }
        }
        Ok(match expected.next() {
            Some((id, _)) => Err(format!("the device {id} is missing")),
            None => Ok(()),
        })
    }
}

/// The registered devices, by key.
pub fn registered(database: &Connection) -> Result<BTreeMap<[u8; 32], Id>, String> {
    let mut query = database.prepare_cached("SELECT key, id FROM devices").map_err(said)?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(said)?;
    rows.collect::<rusqlite::Result<_>>().map_err(said)
}

/// Rows of two texts.
pub fn list(database: &Connection, query: &str) -> rusqlite::Result<Vec<(String, String)>> {
    let mut query = database.prepare_cached(query)?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub fn said(error: rusqlite::Error) -> String {
    error.to_string()
}

/// The kind of a refusal; nothing where it is the database that failed.
pub fn refusal(error: &Error) -> Option<&'static str> {
    match error {
        Error::NotFound => Some("not found"),
        Error::Conflict(_) => Some("conflict"),
        Error::Refused { .. } => Some("refused"),
        _ => None,
    }
}
