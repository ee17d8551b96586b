//! What a request that writes does, as the audit log has it: by whom, by which application, from where, to what.
//!
//! Comes in: the exchange and what its path addresses. Goes out: the [`Activity`] without which the store lets nobody
//! write.

use autopilot::model::Version;
use axum::http::Method;
use odata::model::{Operation as Bound, OperationKind};
use odata::query::{Ending, Resource};
use odata::value::guid;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::Exchange;
use super::caller::{Caller, CallerKind};
use crate::access::Grant;
use crate::store::Writer;
use crate::store::audit::{Activity, Actor, ENROLLMENT, Operation, capital};

impl Exchange {
    /// The store, for what this request does to a resource.
    #[must_use]
    pub fn writer(&self, grant: &Grant, resource: &Resource<'_>) -> Writer {
        self.app.store.writer(grant, self.activity(resource))
    }

    fn activity(&self, resource: &Resource<'_>) -> Activity {
        let model = self.version.model();
        let named = resource.entity_type().map(|id| capital(&model.entity(id).name));
        let (operation, verb) = match (&resource.ending, &self.method) {
            (Ending::Operation(action), _) => (Operation::Action, action.name.as_str()),
            (_, &Method::DELETE) => (Operation::Delete, "Delete"),
            (_, &Method::PATCH | &Method::PUT) => (Operation::Patch, "Patch"),
            _ => (Operation::Create, "Create"),
        };
        // The published type is a GUID; what other ids clients may send is in the log of requests.
        let ids = [&self.correlation.client_request_id, &self.correlation.request_id];
        Activity {
            actor: Actor { ip_address: self.peer.map(|peer| peer.to_string()), ..actor(&self.caller) },
            correlation_id: ids.into_iter().find_map(|id| guid(id)).unwrap_or(Uuid::nil()),
            operation,
            verb: verb.to_owned(),
            resource_type: named.unwrap_or_default(),
        }
    }
}

fn actor(caller: &Caller) -> Actor {
    let is_application = caller.kind == CallerKind::Application;
    Actor {
        kind: if is_application { "Application" } else { "ItPro" },
        permissions: caller.permissions.clone(),
        application_id: caller.app.clone(),
        application_name: caller.app_name.clone(),
        user_principal_name: caller.user.clone().filter(|_| !is_application),
        // An application's own id is the first of its principal's names.
        service_principal_name: caller.app.clone().filter(|_| is_application),
        ip_address: None,
        user_id: Some(caller.subject.clone()).filter(|_| !is_application),
    }
}

/// `getAuditCategories`
pub(super) fn categories() -> Vec<String> {
    vec![ENROLLMENT.to_owned()]
}

/// `getAuditActivityTypes`: what callers can do here, in the words of events, and what the service does by itself.
pub(super) fn activity_types(version: Version, category: &str) -> Vec<String> {
    if !category.eq_ignore_ascii_case(ENROLLMENT) {
        return Vec::new();
    }
    let model = version.model();
    let mut types: Vec<String> = ["Seed DeviceManagement", "assign WindowsAutopilotDeploymentProfile"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    for navigation in model.entity_types().flat_map(|ty| &ty.navigation) {
        let (acts, name) = (&navigation.acts, capital(&model.entity(navigation.target).name));
        let done = [("Create", &acts.insert), ("Patch", &acts.update), ("Delete", &acts.delete)];
        types.extend(
            done.into_iter().filter(|(_, act)| act.is_some()).map(|(verb, _)| format!("{verb} {name}")),
        );
        let target = odata::model::Type::Entity(navigation.target);
        let bound = [target.clone(), target.collection()];
        let actions =
            bound.iter().flat_map(|binding| model.operations_bound_to(binding)).filter(|one| writes(one));
        types.extend(actions.map(|action| format!("{} {name}", action.name)));
    }
    types.sort();
    types.dedup();
    types
}

/// Whether an operation changes anything: two actions are questions whose parameters are too long for an address.
fn writes(operation: &Bound) -> bool {
    operation.kind == OperationKind::Action
        && !matches!(operation.name.as_str(), "hasPayloadLinks" | "searchExistingIdentities")
}

/// A list of texts, as the answer of a function.
pub(super) fn texts(exchange: &Exchange, texts: Vec<String>) -> Vec<u8> {
    let mut answer = Map::new();
    if exchange.wants.metadata != odata::json::MetadataLevel::None {
        let context = format!("{}/$metadata#Collection(Edm.String)", exchange.service_root());
        answer.insert(format!("{}context", exchange.wants.version.prefix()), context.into());
    }
    answer.insert("value".to_owned(), texts.into());
    Json::Object(answer).to_string().into_bytes()
}
