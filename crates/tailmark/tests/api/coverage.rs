//! Every route of the model has tests: what each module says it covers, compared with what there is.
//!
//! A module lists its routes in `ROUTES` with what the published pages say of them; `auth` holds the service to that
//! for every caller. A route that is in the model and in no list shows up here.

use std::collections::BTreeSet;

use autopilot::model::Version;
use odata::model::{EntityTypeId, Model, OperationKind, Type};

/// A route, and what its published page says of it.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub method: &'static str,
    /// Below `deviceManagement`; a key is `{upload}`, `{record}` or `{device}`, after what it is the key of.
    pub path: &'static str,
    /// A body that is accepted.
    pub body: Option<&'static str>,
    /// The status of success.
    pub success: u16,
    /// What a signed-in user needs.
    pub delegated: Needs,
    /// What an application by itself needs.
    pub application: Needs,
}

/// What a caller needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// No permission is enough.
    Impossible,
    /// The reading permission, or more.
    Read,
    /// The permission to read and write.
    ReadWrite,
}

impl Route {
    const fn new(method: &'static str, path: &'static str, success: u16, needs: Needs) -> Self {
        Self { method, path, body: None, success, delegated: needs, application: needs }
    }

    pub const fn get(path: &'static str) -> Self {
        Self::new("GET", path, 200, Needs::Read)
    }

    pub const fn post(path: &'static str, success: u16, body: &'static str) -> Self {
        Self { body: Some(body), ..Self::new("POST", path, success, Needs::ReadWrite) }
    }

    pub const fn patch(path: &'static str, body: &'static str) -> Self {
        Self { body: Some(body), ..Self::new("PATCH", path, 200, Needs::ReadWrite) }
    }

    pub const fn delete(path: &'static str) -> Self {
        Self::new("DELETE", path, 204, Needs::ReadWrite)
    }

    /// Of the uploads' family: their pages say that applications are not supported.
    pub const fn users_only(self) -> Self {
        Self { application: Needs::Impossible, ..self }
    }

    pub const fn needing(self, needs: Needs) -> Self {
        Self { delegated: needs, ..self }
    }

    pub const fn application_needing(self, needs: Needs) -> Self {
        Self { application: needs, ..self }
    }

    /// The path with these keys.
    pub fn at(&self, upload: &str, record: &str, device: &str) -> String {
        self.path.replace("{upload}", upload).replace("{record}", record).replace("{device}", device)
    }

    /// Whether it is about one thing that there is already.
    pub fn has_key(&self) -> bool {
        self.path.contains('{')
    }

    fn anonymous(&self) -> String {
        format!("{} {}", self.method, self.at("{id}", "{id}", "{id}"))
    }
}

/// Every route that some module tests.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    [crate::uploads::ROUTES, crate::imported_devices::ROUTES, crate::devices::ROUTES]
        .into_iter()
        .flatten()
        .copied()
        .flatten()
}

/// Every route that the model has.
fn modelled(version: Version) -> BTreeSet<String> {
    let model = version.model();
    let mut routes = BTreeSet::new();
    for singleton in &model.container.members {
        below(model, singleton.target, "", &mut routes);
    }
    routes
}

fn below(model: &Model, owner: EntityTypeId, path: &str, routes: &mut BTreeSet<String>) {
    for navigation in &model.entity(owner).navigation {
        let set = format!("{path}{}", navigation.name);
        let one = if navigation.collection { format!("{set}/{{id}}") } else { set.clone() };
        let acts = &navigation.acts;
        if acts.read.is_some() {
            routes.insert(format!("GET {one}"));
            if navigation.collection {
                routes.insert(format!("GET {set}"));
                routes.insert(format!("GET {set}/$count"));
            }
        }
        if acts.insert.is_some() {
            routes.insert(format!("POST {set}"));
        }
        if acts.update.is_some() {
            routes.insert(format!("PATCH {one}"));
        }
        if acts.delete.is_some() {
            routes.insert(format!("DELETE {one}"));
        }
        let target = Type::Entity(navigation.target);
        for operation in &model.operations {
            let method = if operation.kind == OperationKind::Function { "GET" } else { "POST" };
            if operation.binding.as_ref() == Some(&target) {
                routes.insert(format!("{method} {one}/{}", operation.name));
            } else if operation.binding == Some(target.clone().collection()) {
                routes.insert(format!("{method} {set}/{}", operation.name));
            }
        }
        below(model, navigation.target, &format!("{one}/"), routes);
    }
}

fn listed<'r>(version: Version, routes: impl Iterator<Item = &'r String>) -> String {
    routes.map(|route| format!("{} {route}\n", version.segment())).collect()
}

#[test]
fn every_route_of_the_model_has_tests() {
    let tested: BTreeSet<String> = routes().map(Route::anonymous).collect();
    let mut uncovered = String::new();
    let mut unknown = String::new();
    for version in Version::ALL {
        let modelled = modelled(version);
        assert!(modelled.len() > 20, "the model has few routes: {modelled:?}");
        uncovered += &listed(version, modelled.difference(&tested));
        unknown += &listed(version, tested.difference(&modelled));
    }
    insta::assert_snapshot!(uncovered, @"");
    insta::assert_snapshot!(unknown, @"");
}

#[test]
fn no_route_is_listed_twice() {
    let mut seen = BTreeSet::new();
    for route in routes() {
        assert!(seen.insert(route.anonymous()), "{} is listed twice", route.anonymous());
    }
}
