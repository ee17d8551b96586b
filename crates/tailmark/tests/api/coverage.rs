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
    /// Below `deviceManagement`; a key is `{upload}`, `{record}`, `{device}`, …, after what it is the key of.
    pub path: &'static str,
    /// In beta only.
    pub beta: bool,
    /// Opened by the permissions of managed devices.
    pub managed: bool,
    /// Opened by the permissions of apps, too.
    pub audited: bool,
    /// A body that is accepted; `#n#` in it stands for another text each time.
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
        Self {
            method,
            path,
            beta: false,
            managed: false,
            audited: false,
            body: None,
            success,
            delegated: needs,
            application: needs,
        }
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

    pub const fn in_beta(self) -> Self {
        Self { beta: true, ..self }
    }

    pub const fn managed(self) -> Self {
        Self { managed: true, ..self }
    }

    pub const fn audited(self) -> Self {
        Self { audited: true, ..self }
    }

    /// Whether it is there below this root.
    pub fn is_below(&self, root: &str) -> bool {
        !self.beta || root.contains("/beta/")
    }

    /// The path with the key that `key` says for each name.
    pub fn at<'k>(&self, key: impl Fn(&str) -> &'k str) -> String {
        let mut path = String::new();
        for (index, part) in self.path.split(['{', '}']).enumerate() {
            path.push_str(if index % 2 == 0 { part } else { key(part) });
        }
        path
    }

    /// Whether it is about one thing that there is already.
    pub fn has_key(&self) -> bool {
        self.path.replace("{category}", "").contains('{')
    }

    fn anonymous(&self) -> String {
        format!("{} {}", self.method, self.at(|_| "{id}"))
    }
}

/// Every route that some module tests.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    [
        crate::uploads::ROUTES,
        crate::imported_devices::ROUTES,
        crate::devices::ROUTES,
        crate::family::ROUTES,
        &[crate::audit::ROUTES],
    ]
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
        below(model, &[singleton.target], "", &mut routes);
    }
    routes
}

/// `owners` are the types on the way: where one comes again, what is below it has been seen.
fn below(model: &Model, owners: &[EntityTypeId], path: &str, routes: &mut BTreeSet<String>) {
    let owner = owners[owners.len() - 1];
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
            if !navigation.contains_target {
                continue;
            }
            let names = operation.parameters.iter().map(|parameter| format!("{}='{{id}}'", parameter.name));
            let names = names.collect::<Vec<_>>().join(",");
            let is_in_address = operation.kind == OperationKind::Function && !names.is_empty();
            let parameters = if is_in_address { format!("({names})") } else { String::new() };
            if operation.binding.as_ref() == Some(&target) {
                routes.insert(format!("{method} {one}/{}{parameters}", operation.name));
            } else if navigation.collection && operation.binding == Some(target.clone().collection()) {
                routes.insert(format!("{method} {set}/{}{parameters}", operation.name));
            }
        }
        // Below what lives elsewhere is what is there anyway.
        if navigation.contains_target && !owners.contains(&navigation.target) {
            let owners: Vec<EntityTypeId> = owners.iter().copied().chain([navigation.target]).collect();
            below(model, &owners, &format!("{one}/"), routes);
        }
    }
}

fn listed<'r>(version: Version, routes: impl Iterator<Item = &'r String>) -> String {
    routes.map(|route| format!("{} {route}\n", version.segment())).collect()
}

#[test]
fn every_route_of_the_model_has_tests() {
    let mut uncovered = String::new();
    let mut unknown = String::new();
    for version in Version::ALL {
        let modelled = modelled(version);
        let root = format!("/{}/", version.segment());
        let tested: BTreeSet<String> =
            routes().filter(|route| route.is_below(&root)).map(Route::anonymous).collect();
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
