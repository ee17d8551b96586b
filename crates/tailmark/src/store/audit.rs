//! The audit log: what was done, by whom, to what.
//!
//! A [`Writer`](super::Writer) reaches the database through `Audited` alone, which records one event in the unit of work
//! that it does: whatever is committed has one, and what is refused or rolled back has none. The worker and the seed, which
//! have doors of their own, record theirs by `record`. Events never hold hardware hashes or passwords.
//! Source: `auditEvent` of Microsoft Graph; what activities, resources and properties are called follows recorded answers
//! (`Create DeviceEnrollmentConfiguration`, `wipe ManagedDevice`).

use std::borrow::Cow;
use std::sync::Arc;

use autopilot::model::Version;
use odata::sql::{Scalar, Statement};
use odata::value::DateTimeOffset;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::db::{Db, Tx};
use super::{Error, Queue};
use crate::ids;

/// The most resources that one event names: as many as the worker settles at a time.
pub const MOST_RESOURCES: usize = 200;
/// The longest value of a property that is recorded, in characters; of a longer one its beginning.
const LONGEST_VALUE: usize = 1024;
/// Component and category of everything that is done here.
pub const ENROLLMENT: &str = "Enrollment";

/// Types of resources.
pub(super) const UPLOAD: &str = "ImportedWindowsAutopilotDeviceIdentityUpload";
pub(super) const IMPORTED_DEVICE: &str = "ImportedWindowsAutopilotDeviceIdentity";
pub(super) const DEVICE: &str = "WindowsAutopilotDeviceIdentity";
pub(super) const PROFILE: &str = "WindowsAutopilotDeploymentProfile";
pub(super) const SETTINGS: &str = "WindowsAutopilotSettings";

/// Who does something.
#[derive(Clone, Debug)]
pub struct Actor {
    /// `ItPro` for a user, `Application` for an application by itself, `System` for the service.
    pub kind: &'static str,
    /// Scopes or roles of the token.
    pub permissions: Vec<String>,
    /// The application's id.
    pub application_id: Option<String>,
    /// The application's name.
    pub application_name: Option<String>,
    /// The user's name.
    pub user_principal_name: Option<String>,
    /// The name of the service principal, where an application acts by itself.
    pub service_principal_name: Option<String>,
    /// From where, as far as it is known.
    pub ip_address: Option<String>,
    /// The user's id.
    pub user_id: Option<String>,
}

/// How something is done, `activityOperationType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the published words")]
pub enum Operation {
    Create,
    Patch,
    Delete,
    Action,
}

/// Something that is done.
#[derive(Clone, Debug)]
pub struct Activity {
    /// By whom.
    pub actor: Actor,
    /// By which it is found again: the request's.
    pub correlation_id: Uuid,
    /// How.
    pub operation: Operation,
    /// `Create`, or the name of an action.
    pub verb: String,
    /// The type of what it is done to, as events write it: `WindowsAutopilotDeviceIdentity`.
    pub resource_type: String,
}

impl Operation {
    fn text(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Patch => "Patch",
            Self::Delete => "Delete",
            Self::Action => "Action",
        }
    }
}

impl Activity {
    /// Something that the service does by itself.
    pub(super) fn of_tailmark(operation: Operation, verb: &str, resource_type: &str) -> Self {
        let actor = Actor {
            kind: "System",
            permissions: Vec::new(),
            application_id: None,
            application_name: Some("Tailmark".to_owned()),
            user_principal_name: None,
            service_principal_name: None,
            ip_address: None,
            user_id: None,
        };
        Self {
            actor,
            correlation_id: Uuid::new_v4(),
            operation,
            verb: verb.to_owned(),
            resource_type: resource_type.to_owned(),
        }
    }
}

/// The database for one activity of one tenant: no unit of work without its event.
#[derive(Clone, Debug)]
pub(super) struct Audited {
    db: Db,
    tenant: String,
    activity: Arc<Activity>,
    clock: fn() -> DateTimeOffset,
}

impl Audited {
    pub(super) fn new(db: Db, tenant: String, activity: Activity, clock: fn() -> DateTimeOffset) -> Self {
        Self { db, tenant, activity: Arc::new(activity), clock }
    }

    /// Does something in a transaction, and records it there with the resources that the work names.
    ///
    /// # Errors
    /// What the work says, or why it could not be committed; in both cases nothing is stored.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Tx<'_>, &mut Trail) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (tenant, activity) = (self.tenant.clone(), Arc::clone(&self.activity));
        let moment = Moment::at((self.clock)().ticks);
        self.db
            .write(move |tx| {
                let mut trail = Trail::default();
                let done = work(tx, &mut trail)?;
                record(tx, &tenant, &moment, &activity, trail)?;
                Ok(done)
            })
            .await
    }
}

/// An event's id and time; units of work, which may run again, are given them.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    id: String,
    ticks: i64,
}

impl Moment {
    pub(super) fn at(ticks: i64) -> Self {
        Self { id: ids::next(), ticks }
    }
}

/// What an activity has touched so far.
#[derive(Debug, Default)]
pub(super) struct Trail {
    resources: Vec<Json>,
    /// How many more than are named, and of which type the last one was.
    more: usize,
    more_type: String,
    /// What the records of an import have in common.
    import_id: Option<String>,
}

impl Trail {
    /// One more resource: its type, its id, what people call it, and what has changed about it.
    pub(super) fn touched(&mut self, resource_type: &str, id: &str, name: &str, changes: Changes) {
        if self.resources.len() < MOST_RESOURCES {
            self.resources.push(resource(Some(name), resource_type, Some(id), changes.0));
        } else {
            self.more += 1;
            resource_type.clone_into(&mut self.more_type);
        }
    }

    /// By which `importId` the records of an import are found that are not named.
    pub(super) fn imported_as(&mut self, import_id: &str) {
        self.import_id = Some(import_id.to_owned());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// The resources, the last one standing for those that are not named.
    fn into_json(mut self) -> Json {
        if self.more > 0 {
            let name = format!("and {} more", self.more);
            let import = self.import_id.as_deref().map(|id| property("importId", None, Some(id)));
            self.resources.push(resource(Some(&name), &self.more_type, None, import.into_iter().collect()));
        }
        Json::Array(self.resources)
    }
}

fn resource(name: Option<&str>, resource_type: &str, id: Option<&str>, changes: Vec<Json>) -> Json {
    json!({
        "displayName": name, "type": resource_type, "auditResourceType": resource_type, "resourceId": id,
        "modifiedProperties": Json::Array(changes),
    })
}

/// What has changed about a resource.
#[derive(Debug, Default)]
pub(super) struct Changes(Vec<Json>);

impl Changes {
    /// Nothing that is worth a word.
    pub(super) fn none() -> Self {
        Self::default()
    }

    /// A property, if its value is another one now.
    pub(super) fn of(mut self, name: &str, old: Option<&str>, new: Option<&str>) -> Self {
        if old != new {
            self.0.push(property(name, old, new));
        }
        self
    }

    /// Properties that were to be changed, by what their columns held before, in the same order.
    pub(super) fn asked(before: &[Scalar], new: &[(&str, &Option<String>)]) -> Self {
        before.iter().zip(new).fold(Self::none(), |changes, (old, (name, new))| {
            let old = match old {
                Scalar::Text(text) => Some(text.as_str()),
                _ => None,
            };
            changes.of(name, old, new.as_deref().or(old))
        })
    }

    /// A property of something new, if it says anything.
    pub(super) fn with(self, name: &str, value: &str) -> Self {
        self.of(name, None, Some(value).filter(|value| !value.is_empty()))
    }

    /// A property whose value is nobody's business, if it is another one now.
    pub(super) fn hidden(mut self, name: &str, is_changed: bool) -> Self {
        if is_changed {
            self.0.push(property(name, None, None));
        }
        self
    }

    /// The members of a kept entity that are not what they were.
    pub(super) fn between(old: &Map<String, Json>, new: &Map<String, Json>) -> Self {
        let text = |members: &Map<String, Json>, name: &str| match members.get(name) {
            None | Some(Json::Null) => None,
            Some(Json::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        };
        let gone = old.keys().filter(|name| !new.contains_key(*name));
        new.keys().chain(gone).fold(Self::none(), |changes, name| {
            changes.of(name, text(old, name).as_deref(), text(new, name).as_deref())
        })
    }
}

/// A property as events name it: with a capital.
fn property(name: &str, old: Option<&str>, new: Option<&str>) -> Json {
    json!({ "displayName": capital(name), "oldValue": old.map(cut), "newValue": new.map(cut) })
}

fn cut(value: &str) -> &str {
    value.char_indices().nth(LONGEST_VALUE).map_or(value, |(end, _)| value.get(..end).unwrap_or(value))
}

/// A name with a capital, as events write those of types and properties.
#[must_use]
pub fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// A member of an enum type, by its number.
pub(super) fn member(enumeration: &str, number: i64) -> String {
    let found = Version::Beta.model().find_enum(enumeration).and_then(|(_, ty)| ty.name_of(number));
    found.map_or_else(|| number.to_string(), Cow::into_owned)
}

/// Records an activity in the transaction that does it.
pub(super) fn record(
    tx: &Tx<'_>,
    tenant: &str,
    moment: &Moment,
    activity: &Activity,
    trail: Trail,
) -> Result<(), Error> {
    let name = format!("{} {}", activity.verb, activity.resource_type);
    let actor = &activity.actor;
    let document = json!({
        "displayName": name,
        "componentName": ENROLLMENT,
        "activity": null,
        "activityType": name,
        "activityOperationType": activity.operation.text(),
        "activityResult": "Success",
        "correlationId": activity.correlation_id,
        "category": ENROLLMENT,
        "actor": {
            "type": actor.kind,
            "auditActorType": actor.kind,
            "userPermissions": actor.permissions,
            "applicationId": actor.application_id,
            "applicationDisplayName": actor.application_name,
            "userPrincipalName": actor.user_principal_name,
            "servicePrincipalName": actor.service_principal_name,
            "ipAddress": actor.ip_address,
            "userId": actor.user_id,
            "userRoleScopeTags": [],
            "remoteTenantId": null,
            "remoteUserId": null,
        },
        "resources": trail.into_json(),
    });
    tx.run(&Statement::new(
        "INSERT INTO audit_events (tenant, id, activity_ticks, activity_type, actor_type, document)
         VALUES ($1, $2, $3, $4, $5, $6)",
        vec![
            tenant.into(),
            moment.id.as_str().into(),
            moment.ticks.into(),
            name.as_str().into(),
            actor.kind.into(),
            document.to_string().into(),
        ],
    ))?;
    Ok(())
}

impl Queue {
    /// Forgets at most so many events from before a time; says how many there were.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_events(&self, before: i64, most: i64) -> Result<usize, Error> {
        self.db
            .write(move |tx| {
                tx.run(&Statement::new(
                    "DELETE FROM audit_events WHERE (tenant, id) IN (
                        SELECT tenant, id FROM audit_events WHERE activity_ticks < $1 ORDER BY activity_ticks LIMIT $2)",
                    vec![before.into(), most.into()],
                ))
            })
            .await
    }
}
