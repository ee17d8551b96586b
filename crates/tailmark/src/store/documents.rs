//! Entities that are kept whole, as a JSON text each: insert, change, delete.
//!
//! Whatever of it decides which profile devices have is followed by the assignment of profiles, in the same transaction.

use autopilot::fault::Fault;
use autopilot::{corporate_identifier, deployment_profile};
use odata::json::read::merge;
use odata::sql::{Scalar, Statement};
use serde_json::{Map, Value as Json};

use super::audit::{Changes, Trail, capital};
use super::condition::met;
use super::db::Tx;
use super::profiles::{self, Whom};
use super::uploads::found;
use super::{Error, Writer};

/// What may be there once only.
const ONCE: &str = "There is one like this already.";

/// Which entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Documents {
    /// Deployment profiles.
    Profiles,
    /// The assignments of one deployment profile.
    Assignments,
    /// Autopilot events.
    Events,
    /// Corporate identifiers.
    Identifiers,
}

/// An entity that is kept whole.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its id.
    pub id: String,
    /// The id of the entity that it belongs to, where it does.
    pub owner: Option<String>,
    /// The full name of its entity type.
    pub type_name: String,
    /// Every property but the id, as [`odata::sql::stored`] says.
    pub members: Map<String, Json>,
}

/// The statements of one table.
struct Statements {
    insert: &'static str,
    find: &'static str,
    replace: &'static str,
    delete: &'static str,
}

macro_rules! statements {
    ($table:literal) => {
        Statements {
            insert: concat!(
                "INSERT INTO ",
                $table,
                " (tenant, id, owner, type, document) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
            ),
            find: concat!(
                "SELECT document, type FROM ",
                $table,
                " WHERE tenant = $1 AND id = $2 AND (CAST($3 AS TEXT) IS NULL OR owner = $3)"
            ),
            replace: concat!(
                "UPDATE ",
                $table,
                " SET document = $4, owner = $5, version = version + 1",
                " WHERE tenant = $1 AND id = $2 AND (CAST($3 AS TEXT) IS NULL OR owner = $3)"
            ),
            delete: concat!(
                "DELETE FROM ",
                $table,
                " WHERE tenant = $1 AND id = $2 AND (CAST($3 AS TEXT) IS NULL OR owner = $3)"
            ),
        }
    };
}

impl Documents {
    fn statements(self) -> &'static Statements {
        const PROFILES: Statements = statements!("deployment_profiles");
        const ASSIGNMENTS: Statements = statements!("profile_assignments");
        const EVENTS: Statements = statements!("autopilot_events");
        const IDENTIFIERS: Statements = statements!("corporate_identifiers");
        match self {
            Self::Profiles => &PROFILES,
            Self::Assignments => &ASSIGNMENTS,
            Self::Events => &EVENTS,
            Self::Identifiers => &IDENTIFIERS,
        }
    }

    /// What stands in the column `owner`: for corporate identifiers what must be there once only.
    fn owner(self, owner: Option<&str>, members: &Map<String, Json>) -> String {
        match self {
            Self::Identifiers => {
                let (kind, text) = corporate_identifier::key(members);
                format!("{kind}:{text}")
            }
            _ => owner.unwrap_or_default().to_owned(),
        }
    }

    /// What people call one.
    pub(super) fn name(self, members: &Map<String, Json>) -> &str {
        let property = match self {
            Self::Profiles => "displayName",
            Self::Assignments => "sourceId",
            Self::Events => "deviceSerialNumber",
            Self::Identifiers => "importedDeviceIdentifier",
        };
        members.get(property).and_then(Json::as_str).unwrap_or_default()
    }

    fn check(self, members: &Map<String, Json>) -> Result<(), Error> {
        let is_valid = |members| {
            let (kind, text) = corporate_identifier::key(members);
            corporate_identifier::is_valid(kind, &text)
        };
        let faulty = match self {
            Self::Profiles => deployment_profile::check(members),
            Self::Identifiers if !is_valid(members) => {
                Err(Fault::new("importedDeviceIdentifier", "This is no identifier of the type that it says."))
            }
            Self::Assignments if !members.get("target").is_some_and(Json::is_object) => {
                Err(Fault::new("target", "An assignment needs a target."))
            }
            _ => Ok(()),
        };
        faulty.map_err(Error::Invalid)
    }

    fn decides_about_devices(self) -> bool {
        matches!(self, Self::Profiles | Self::Assignments)
    }
}

impl Writer {
    /// Stores a new entity.
    ///
    /// # Errors
    /// The database's, what is wrong with the entity, that its owner is not there, or that there is one like it.
    pub async fn insert_document(&self, documents: Documents, document: Document) -> Result<(), Error> {
        documents.check(&document.members)?;
        let (tenant, due) = (self.tenant.clone(), self.due());
        self.units
            .write(move |tx, trail| {
                if let (Documents::Assignments, Some(owner)) = (documents, &document.owner) {
                    kept(tx, &tenant, Documents::Profiles, owner, None)?;
                }
                if !insert(tx, &tenant, documents, &document)? {
                    return Err(Error::Conflict(ONCE));
                }
                touched(trail, documents, &document, Changes::between(&Map::new(), &document.members));
                if documents.decides_about_devices() {
                    profiles::assign(tx, &tenant, Whom::Everyone, due)?;
                }
                Ok(())
            })
            .await?;
        self.work.notify_one();
        Ok(())
    }

    /// Changes the members of an entity that are named and leaves the rest.
    ///
    /// # Errors
    /// The database's, that there is no such entity, or what would be wrong with it afterwards.
    pub async fn change_document(
        &self,
        documents: Documents,
        owner: Option<&str>,
        id: &str,
        change: Map<String, Json>,
    ) -> Result<(), Error> {
        let (tenant, owner, id) = (self.tenant.clone(), owner.map(str::to_owned), id.to_owned());
        let (condition, due) = (self.condition.clone(), self.due());
        self.units
            .write(move |tx, trail| {
                met(condition.as_ref(), tx, &tenant)?;
                let before = kept(tx, &tenant, documents, &id, owner.as_deref())?;
                let mut document = before.members.clone();
                merge(&mut document, change.clone());
                documents.check(&document)?;
                touched(trail, documents, &before, Changes::between(&before.members, &document));
                let new_owner = documents.owner(owner.as_deref(), &document);
                if documents == Documents::Identifiers && is_taken(tx, &tenant, &id, &new_owner)? {
                    return Err(Error::Conflict(ONCE));
                }
                let mut binds = key(&tenant, &id, owner.as_deref());
                binds.extend([Json::Object(document).to_string().into(), new_owner.into()]);
                found(tx.run(&Statement::new(documents.statements().replace, binds))?)?;
                if documents == Documents::Profiles {
                    profiles::outdate(tx, &tenant, &id, due)?;
                }
                if documents.decides_about_devices() {
                    profiles::assign(tx, &tenant, Whom::Everyone, due)?;
                }
                Ok(())
            })
            .await?;
        self.work.notify_one();
        Ok(())
    }

    /// Deletes an entity. A profile that is assigned stays.
    ///
    /// # Errors
    /// The database's, that there is no such entity, or that it is in use.
    pub async fn delete_document(
        &self,
        documents: Documents,
        owner: Option<&str>,
        id: &str,
    ) -> Result<(), Error> {
        let (tenant, owner, id) = (self.tenant.clone(), owner.map(str::to_owned), id.to_owned());
        let (condition, due) = (self.condition.clone(), self.due());
        self.units
            .write(move |tx, trail| {
                met(condition.as_ref(), tx, &tenant)?;
                let before = kept(tx, &tenant, documents, &id, owner.as_deref())?;
                touched(trail, documents, &before, Changes::none());
                if documents == Documents::Profiles && profiles::is_assigned(tx, &tenant, &id)? {
                    return Err(Error::refused(
                        "The deployment profile is assigned; delete its assignments first.",
                    ));
                }
                let binds = key(&tenant, &id, owner.as_deref());
                found(tx.run(&Statement::new(documents.statements().delete, binds))?)?;
                if documents.decides_about_devices() {
                    profiles::assign(tx, &tenant, Whom::Everyone, due)?;
                }
                Ok(())
            })
            .await?;
        self.work.notify_one();
        Ok(())
    }
}

/// Stores an entity; says whether there was none like it.
pub(super) fn insert(
    tx: &Tx<'_>,
    tenant: &str,
    documents: Documents,
    document: &Document,
) -> Result<bool, Error> {
    let owner = documents.owner(document.owner.as_deref(), &document.members);
    let inserted = tx.run(&Statement::new(
        documents.statements().insert,
        vec![
            tenant.into(),
            document.id.as_str().into(),
            owner.into(),
            document.type_name.as_str().into(),
            Json::Object(document.members.clone()).to_string().into(),
        ],
    ))?;
    Ok(inserted > 0)
}

/// Whether another corporate identifier says the same.
fn is_taken(tx: &Tx<'_>, tenant: &str, id: &str, owner: &str) -> Result<bool, Error> {
    let row = tx.row(&Statement::new(
        "SELECT 1 FROM corporate_identifiers WHERE tenant = $1 AND owner = $3 AND id <> $2",
        vec![tenant.into(), id.into(), owner.into()],
    ))?;
    Ok(row.is_some())
}

/// Notes an entity, under the name of its own type.
pub(super) fn touched(trail: &mut Trail, documents: Documents, document: &Document, changes: Changes) {
    let kind = capital(document.type_name.rsplit(['.', '#']).next().unwrap_or_default());
    let name = Some(documents.name(&document.members)).filter(|name| !name.is_empty());
    trail.touched(&kind, &document.id, name.unwrap_or(&document.id), changes);
}

/// An entity as it is kept.
fn kept(
    tx: &Tx<'_>,
    tenant: &str,
    documents: Documents,
    id: &str,
    owner: Option<&str>,
) -> Result<Document, Error> {
    let find = Statement::new(documents.statements().find, key(tenant, id, owner));
    match tx.row(&find)?.as_deref() {
        Some([Scalar::Text(text), Scalar::Text(type_name)]) => Ok(Document {
            id: id.to_owned(),
            owner: owner.map(str::to_owned),
            type_name: type_name.clone(),
            members: parse(text)?,
        }),
        _ => Err(Error::NotFound),
    }
}

/// A kept JSON text.
pub(super) fn parse(text: &str) -> Result<Map<String, Json>, Error> {
    serde_json::from_str(text).map_err(|error| Error::Inconsistent(error.to_string()))
}

fn key(tenant: &str, id: &str, owner: Option<&str>) -> Vec<Scalar> {
    vec![tenant.into(), id.into(), owner.into()]
}
