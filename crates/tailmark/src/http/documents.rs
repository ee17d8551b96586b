//! What clients write of entities that are kept whole: deployment profiles and their assignments, events, corporate
//! identifiers.
//!
//! Comes in: a record that fits the model. Goes out: the entity as the store keeps it, with what the service decides.

use autopilot::deployment_profile;
use autopilot::model::Version;
use odata::json::read::{Record, complete};
use odata::sql::stored;
use odata::value::{DateTimeOffset, Value};
use serde_json::{Map, Value as Json};

use crate::ids;
use crate::store::{Document, Documents};

/// The group that stands for all devices in the ids of assignments, and the one for all licensed users.
const ALL_DEVICES: &str = "adadadad-808e-44e2-905a-0b7873a8a531";
const ALL_USERS: &str = "acacacac-9df4-4c7d-9d50-4ef0226f57a9";

/// A new entity out of what was sent.
pub fn opened(
    documents: Documents,
    sent: &Record<'_>,
    owner: Option<&str>,
    version: Version,
    now: DateTimeOffset,
) -> Document {
    let model = version.model();
    let mut members = sent.document(model, false);
    if documents == Documents::Profiles {
        deployment_profile::agree(&mut members);
    }
    stamp(documents, &mut members, now, true);
    let type_name = sent.ty().map(|ty| {
        complete(model, ty, &mut members);
        model.type_name(ty)
    });
    members.remove("id");
    let id = match (documents, owner) {
        (Documents::Assignments, Some(profile)) => format!("{profile}_{}_0", group(&members)),
        _ => ids::next(),
    };
    Document { id, owner: owner.map(str::to_owned), type_name: type_name.unwrap_or_default(), members }
}

/// What a client changes of an entity.
pub fn change(
    documents: Documents,
    sent: &Record<'_>,
    version: Version,
    now: DateTimeOffset,
) -> Map<String, Json> {
    let mut members = sent.document(version.model(), false);
    members.remove("id");
    if documents == Documents::Profiles {
        deployment_profile::agree(&mut members);
    }
    stamp(documents, &mut members, now, false);
    members
}

/// The times that the service keeps.
fn stamp(documents: Documents, members: &mut Map<String, Json>, now: DateTimeOffset, is_new: bool) {
    if !matches!(documents, Documents::Profiles | Documents::Identifiers) {
        return;
    }
    let now = stored::to_json(&Value::DateTimeOffset(now));
    if is_new {
        members.insert("createdDateTime".to_owned(), now.clone());
    }
    members.insert("lastModifiedDateTime".to_owned(), now);
}

/// The group that an assignment is for, as it stands in the assignment's id.
fn group(assignment: &Map<String, Json>) -> String {
    let target = assignment.get("target");
    let member = |name: &str| target?.get(name)?.as_str();
    match member("@odata.type").and_then(|name| name.rsplit('.').next()) {
        Some("allDevicesAssignmentTarget") => ALL_DEVICES.to_owned(),
        Some("allLicensedUsersAssignmentTarget") => ALL_USERS.to_owned(),
        _ => member("groupId").unwrap_or_default().to_owned(),
    }
}
