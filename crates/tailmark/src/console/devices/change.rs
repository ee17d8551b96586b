//! One change of registered devices: what is done to each, in words and as requests.

use axum::http::Method;
use serde_json::json;

use super::super::api::{Api, DEVICES, address, entity};
use super::super::form::Fields;
use super::super::refusal::Refusal;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The group tag is set, or taken away where the new one is empty.
    Tag,
    /// A user is assigned.
    AssignUser,
    /// The user is taken away.
    UnassignUser,
    /// The device is not registered any more.
    Delete,
}

impl Change {
    /// By the name that forms use.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn named(name: &str) -> Result<Self, Refusal> {
        match name {
            "tag" => Ok(Self::Tag),
            "assign" => Ok(Self::AssignUser),
            "unassign" => Ok(Self::UnassignUser),
            "delete" => Ok(Self::Delete),
            _ => Err(Refusal::Form("It is not said what is to be done.".to_owned())),
        }
    }

    /// The name that forms use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::AssignUser => "assign",
            Self::UnassignUser => "unassign",
            Self::Delete => "delete",
        }
    }

    /// What is asked for.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Tag => "Set the group tag",
            Self::AssignUser => "Assign a user",
            Self::UnassignUser => "Unassign the user",
            Self::Delete => "Delete",
        }
    }

    /// What is so afterwards of so many devices.
    pub fn outcome(self, devices: u64) -> &'static str {
        match (self, devices) {
            (Self::Tag, 1) => "has the new group tag",
            (Self::Tag, _) => "have the new group tag",
            (Self::AssignUser, 1) => "has the new user",
            (Self::AssignUser, _) => "have the new user",
            (Self::UnassignUser, 1) => "has no user any more",
            (Self::UnassignUser, _) => "have no user any more",
            (Self::Delete, 1) => "is deleted",
            (Self::Delete, _) => "are deleted",
        }
    }

    /// Changes a device, with what the form says beside.
    ///
    /// # Errors
    /// The API's refusal.
    pub async fn make(self, api: &Api, id: &str, fields: &Fields) -> Result<(), Refusal> {
        let device = entity(DEVICES, id);
        let act = |action: &str| address(&format!("{device}/{action}"), &[]);
        match self {
            Self::Tag => {
                let body = json!({ "groupTag": fields.one("value").trim() });
                api.post(&act("updateDeviceProperties"), &body).await?;
            }
            Self::AssignUser => {
                let user = fields.one("value").trim();
                let name = fields.one("name").trim();
                let name = if name.is_empty() { user } else { name };
                let body = json!({ "userPrincipalName": user, "addressableUserName": name });
                api.post(&act("assignUserToDevice"), &body).await?;
            }
            Self::UnassignUser => _ = api.post(&act("unassignUserFromDevice"), &json!({})).await?,
            Self::Delete => _ = api.ask(Method::DELETE, &address(&device, &[]), None).await?,
        }
        Ok(())
    }
}
