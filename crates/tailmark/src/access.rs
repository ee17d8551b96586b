//! May this caller do that? The answer is a [`Grant`], and the store opens to nothing else.
//!
//! What an act needs stands in the model beside the thing it is done to; scopes and roles are compared to the
//! letter. A grant carries the tenant, so whoever has one can reach that tenant's data only.

use odata::model::{NavigationProperty, OperationKind, Permission};
use odata::query::{Ending, Resource, Step};

use crate::http::caller::{Caller, CallerKind, Tenant};

/// Permission, checked, for one tenant.
#[derive(Clone, Debug)]
pub struct Grant {
    tenant: Tenant,
}

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// GET
    Read,
    /// POST to a collection
    Insert,
    /// PATCH
    Update,
    /// DELETE
    Delete,
    /// An action or a function
    Call,
}

/// Why there is no grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Nobody can do this there.
    NoRoute,
    /// Personal accounts are not supported.
    PersonalAccount,
    /// Applications by themselves are not supported there.
    ApplicationOnly,
    /// The token has none of these.
    Missing(Vec<String>),
}

impl Grant {
    /// The tenant whose data it opens.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        self.tenant
    }

    /// Checks that `caller` may do `act` to `resource`.
    ///
    /// # Errors
    /// Why not.
    pub fn check(caller: &Caller, resource: &Resource<'_>, act: Act) -> Result<Self, Denied> {
        let permission = permission(resource, act).ok_or(Denied::NoRoute)?;
        let sufficient = match caller.kind {
            CallerKind::Personal => return Err(Denied::PersonalAccount),
            CallerKind::Delegated => &permission.delegated,
            // An application goes no further than it could read on the way.
            CallerKind::Application
                if ways(resource).any(|navigation| closed_to_applications(&navigation.acts)) =>
            {
                return Err(Denied::ApplicationOnly);
            }
            CallerKind::Application => &permission.application,
        };
        if sufficient.is_empty() {
            return Err(Denied::ApplicationOnly);
        }
        if caller.permissions.iter().any(|held| sufficient.contains(held)) {
            return Ok(Self { tenant: caller.tenant });
        }
        Err(Denied::Missing(sufficient.clone()))
    }
}

/// The methods with which something is done to a resource, whoever asks.
#[must_use]
pub fn methods(resource: &Resource<'_>) -> Vec<&'static str> {
    if let Ending::Operation(operation) = &resource.ending {
        return match operation.kind {
            OperationKind::Action => vec!["POST"],
            OperationKind::Function => vec!["GET", "HEAD"],
        };
    }
    let all = [
        (Act::Read, "GET"),
        (Act::Read, "HEAD"),
        (Act::Insert, "POST"),
        (Act::Update, "PATCH"),
        (Act::Delete, "DELETE"),
    ];
    let done = all.into_iter().filter(|(act, _)| permission(resource, *act).is_some());
    done.map(|(_, method)| method).collect()
}

/// The navigation properties that a path leads along.
fn ways<'m>(resource: &Resource<'m>) -> impl Iterator<Item = &'m NavigationProperty> {
    resource.steps.iter().filter_map(Step::navigation)
}

fn closed_to_applications(acts: &odata::model::Acts) -> bool {
    acts.read.as_ref().is_some_and(|read| read.application.is_empty())
}

fn permission<'m>(resource: &Resource<'m>, act: Act) -> Option<&'m Permission> {
    match (act, &resource.ending) {
        (Act::Call, Ending::Operation(operation)) => Some(&operation.permission),
        (Act::Call, _) | (_, Ending::Operation(_)) => None,
        (Act::Read, _) => resource.navigation()?.acts.read.as_ref(),
        (_, Ending::Count | Ending::References | Ending::Property { .. }) => None,
        (Act::Insert, _) if resource.is_collection() => resource.navigation()?.acts.insert.as_ref(),
        (Act::Update, _) if !resource.is_collection() => resource.navigation()?.acts.update.as_ref(),
        (Act::Delete, _) if !resource.is_collection() => resource.navigation()?.acts.delete.as_ref(),
        _ => None,
    }
}
