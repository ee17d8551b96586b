//! Who may do what: every route, every kind of caller, both versions; and what counts as a token.
//!
//! What the pages say stands beside each module's tests, in its `ROUTES`. Nothing here reads the model.

use autopilot::model::{READ, READ_APPS, READ_MANAGED, READ_WRITE, READ_WRITE_APPS, READ_WRITE_MANAGED};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::coverage::{Needs, Route, routes};
use crate::support::{Answer, Caller, FABRIKAM, TestApp};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

const UNKNOWN: &str = "ffffffff-ffff-4fff-8fff-ffffffffffff";

/// A service with things to do something to, one set for each attempt.
pub struct World {
    pub app: TestApp,
    next: AtomicUsize,
}

/// The ids of things.
#[derive(Clone)]
pub struct Things {
    upload: String,
    record: String,
    upload_record: String,
    device: String,
    profile: String,
    owner: String,
    assignment: String,
    event: String,
    identity: String,
    audit: String,
}

impl Things {
    /// None of which is there.
    pub fn unknown() -> Self {
        let none = || UNKNOWN.to_owned();
        Self {
            upload: none(),
            record: none(),
            upload_record: none(),
            device: none(),
            profile: none(),
            owner: none(),
            assignment: none(),
            event: none(),
            identity: none(),
            audit: none(),
        }
    }
}

/// A profile that every device of the seed has.
const ASSIGNED: &str = "assigned-profile";
const AZURE_AD: &str = "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile";

impl World {
    pub async fn new() -> Self {
        let devices: Vec<Value> = (0..600)
            .map(|n| json!({ "id": format!("device-{n}"), "serialNumber": format!("SEED-{n}") }))
            .collect();
        let everyone = json!({ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } });
        let profile = json!({
            "@odata.type": AZURE_AD, "id": ASSIGNED, "displayName": "Everyone's", "assignments": [everyone],
        });
        let seed = json!({ "deviceManagement": {
            DEVICES: devices, "windowsAutopilotDeploymentProfiles": [profile],
        } });
        let app = TestApp::seeded(&seed).await;
        app.assigned(600).await;
        // Records must stay such that everything can be done to them.
        app.hold_imports();
        Self { app, next: AtomicUsize::new(0) }
    }

    /// New things for a route, or for any.
    pub async fn things(&self, route: Option<&Route>) -> Things {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let wanted = |key: &str| route.is_none_or(|route| route.path.contains(key));
        let made = async |is_wanted: bool, path: &str, body: Value| {
            if !is_wanted {
                return UNKNOWN.to_owned();
            }
            let caller = Caller::user(&[READ_WRITE, READ_WRITE_MANAGED]);
            let url = format!("/beta/deviceManagement/{path}");
            self.app.post(&url, &body).by(&caller).await.expect(201).id()
        };
        let sent = json!({ "deviceIdentities": [{ "serialNumber": format!("U-{n}") }] });
        let upload = made(wanted("{upload}"), UPLOADS, sent).await;
        let mut upload_record = UNKNOWN.to_owned();
        if upload != UNKNOWN {
            let url = format!("{}/{UPLOADS}/{upload}/deviceIdentities?$select=id", ROOTS[1]);
            upload_record = self.app.get(&url).await.expect(200).each("id").remove(0);
        }
        let record = made(wanted("{record}"), IMPORTED, json!({ "serialNumber": format!("R-{n}") })).await;
        let profiles = "windowsAutopilotDeploymentProfiles";
        let new = json!({ "@odata.type": AZURE_AD, "displayName": "Mine" });
        let profile = made(wanted("{profile}"), profiles, new.clone()).await;
        let owner = made(wanted("{assignment}"), profiles, new).await;
        let target = json!({ "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "g" });
        let assignments = format!("{profiles}/{owner}/assignments");
        let assignment = made(wanted("{assignment}"), &assignments, json!({ "target": target })).await;
        let identity = json!({
            "importedDeviceIdentifier": format!("I-{n}"), "importedDeviceIdentityType": "serialNumber",
        });
        let identity = made(wanted("{identity}"), "importedDeviceIdentities", identity).await;
        let event = made(wanted("{event}"), "autopilotEvents", json!({})).await;
        if wanted("/sync") {
            // Nothing stands against another synchronisation.
            let never =
                json!({ "syncStatus": "completed", "lastManualSyncTriggerDateTime": "0001-01-01T00:00:00Z" });
            self.app.patch("/beta/deviceManagement/windowsAutopilotSettings", &never).await.expect(200);
        }
        let mut audit = UNKNOWN.to_owned();
        if wanted("{audit}") {
            let url = "/beta/deviceManagement/auditEvents?$top=1&$select=id";
            audit = self.app.get(url).await.expect(200).each("id").remove(0);
        }
        let device = format!("device-{n}");
        Things { upload, record, upload_record, device, profile, owner, assignment, event, identity, audit }
    }

    pub async fn attempt(
        &self,
        root: &str,
        route: &Route,
        things: &Things,
        caller: Option<&Caller>,
    ) -> Answer {
        let is_below = |owner: &str| route.path.contains(owner);
        let path = route.at(|name| match name {
            "upload" => &things.upload,
            "record" if is_below("{upload}") => &things.upload_record,
            "record" => &things.record,
            "device" => &things.device,
            "profile" if is_below("{assignment}") => &things.owner,
            "profile" if is_below("{device}") && things.profile != UNKNOWN => ASSIGNED,
            "profile" => &things.profile,
            "assignment" => &things.assignment,
            "event" => &things.event,
            "identity" => &things.identity,
            "audit" => &things.audit,
            "category" => "Enrollment",
            other => panic!("no key for {other}"),
        });
        let path = format!("{root}/{path}");
        let mut ask = self.app.ask(route.method, &path);
        if let Some(body) = route.body {
            // A new one each time, for what must be there once only.
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            ask = ask.text(&body.replace("#n#", &format!("n-{n}")));
        }
        match caller {
            Some(caller) => ask.by(caller).await,
            None => ask.by_nobody().await,
        }
    }
}

fn scopes(needs: Needs, route: &Route) -> &'static [&'static str] {
    match (needs, route.managed) {
        (Needs::Read, _) if route.audited => &[READ_APPS, READ_WRITE_APPS, READ, READ_WRITE],
        (Needs::Impossible, _) => &[],
        (Needs::Read, false) => &[READ, READ_WRITE],
        (Needs::Read, true) => &[READ_MANAGED, READ_WRITE_MANAGED],
        (Needs::ReadWrite, false) => &[READ_WRITE],
        (Needs::ReadWrite, true) => &[READ_WRITE_MANAGED],
    }
}

/// The routes that are there below a root.
fn below(root: &str) -> impl Iterator<Item = &'static Route> {
    routes().filter(move |route| route.is_below(root))
}

fn named(route: &Route, root: &str) -> String {
    format!("{} {root}/{}", route.method, route.path)
}

#[tokio::test]
async fn callers_with_the_permission_may() {
    let world = World::new().await;
    let user: fn(&[&str]) -> Caller = Caller::user;
    for root in ROOTS {
        for route in below(root) {
            for (needs, caller) in [(route.delegated, user), (route.application, Caller::application)] {
                for scope in scopes(needs, route) {
                    let things = world.things(Some(route)).await;
                    let answer = world.attempt(root, route, &things, Some(&caller(&[scope]))).await;
                    assert_eq!(answer.status, route.success, "{}: {answer:?}", named(route, root));
                }
            }
        }
    }
}

/// A write with the reading permission, too little, none; nothing has changed afterwards.
#[tokio::test]
async fn callers_without_the_permission_may_not() {
    let world = World::new().await;
    let things = world.things(None).await;
    let before = world.app.everything().await;
    let strangers: [&[&str]; 5] = [
        &[],
        &["User.Read"],
        &["DeviceManagementServiceConfig.ReadWrite"],
        &["devicemanagementserviceconfig.readwrite.all"],
        &["DeviceManagementManagedDevices.ReadWrite.All"],
    ];
    for root in ROOTS {
        for route in below(root) {
            let other = if route.managed { [READ_WRITE] } else { [READ_WRITE_MANAGED] };
            let reading = if route.managed { [READ_MANAGED] } else { [READ] };
            for permissions in strangers.into_iter().chain([reading.as_slice(), other.as_slice()]) {
                if !scopes(route.delegated, route).iter().any(|scope| permissions.contains(scope)) {
                    let caller = Caller::user(permissions);
                    let answer = world.attempt(root, route, &things, Some(&caller)).await;
                    assert_forbidden(
                        &answer,
                        route,
                        root,
                        &format!(
                            "Application is not authorized to perform this operation. Application must have one of the \
                         following scopes: {}",
                            scopes(route.delegated, route).join(", ")
                        ),
                    );
                }
            }
        }
    }
    assert_eq!(world.app.everything().await, before);
}

#[tokio::test]
async fn applications_without_the_permission_may_not() {
    let world = World::new().await;
    let things = world.things(None).await;
    let before = world.app.everything().await;
    for root in ROOTS {
        for route in below(root) {
            for role in [
                "",
                "User.Read.All",
                READ,
                READ_WRITE,
                READ_MANAGED,
                READ_WRITE_MANAGED,
                READ_APPS,
                READ_WRITE_APPS,
            ] {
                if scopes(route.application, route).contains(&role) {
                    continue;
                }
                let roles = [role];
                let roles = if role.is_empty() { roles.get(1..) } else { roles.get(..) };
                let caller = Caller::application(roles.unwrap());
                let answer = world.attempt(root, route, &things, Some(&caller)).await;
                let message = if route.application == Needs::Impossible {
                    "Application is not authorized to perform this operation as called in app only context but does \
                     not have application permissions configured."
                        .to_owned()
                } else {
                    format!(
                        "Application is not authorized to perform this operation. Application must have one of the \
                         following scopes: {}",
                        scopes(route.application, route).join(", ")
                    )
                };
                assert_forbidden(&answer, route, root, &message);
            }
        }
    }
    assert_eq!(world.app.everything().await, before);
}

#[tokio::test]
async fn personal_accounts_may_nothing() {
    let world = World::new().await;
    let things = world.things(None).await;
    let before = world.app.everything().await;
    for root in ROOTS {
        for route in below(root) {
            let answer = world.attempt(root, route, &things, Some(&Caller::personal())).await;
            assert_forbidden(&answer, route, root, "User is not authorized to perform this operation");
        }
    }
    assert_eq!(world.app.everything().await, before);
}

#[tokio::test]
async fn nobody_may_nothing() {
    let world = World::new().await;
    let things = world.things(None).await;
    let before = world.app.everything().await;
    let expired = Caller::writer().expiring_in(-120);
    let elsewhere = Caller::writer().for_audience("https://vault.azure.net");
    for root in ROOTS {
        for route in below(root) {
            for (caller, message) in [
                (None, "Access token is empty."),
                (Some(&expired), "Lifetime validation failed, the token is expired."),
                (Some(&elsewhere), "Access token validation failure. Invalid audience."),
            ] {
                let answer = world.attempt(root, route, &things, caller).await;
                assert_eq!(answer.status, 401, "{}: {answer:?}", named(route, root));
                answer.assert_is_error();
                answer.assert_common_headers();
                assert_eq!(
                    (answer.code().as_str(), answer.message().as_str()),
                    ("InvalidAuthenticationToken", message)
                );
                assert!(answer.header("www-authenticate").starts_with("Bearer realm=\"\", "), "{answer:?}");
            }
        }
    }
    assert_eq!(world.app.everything().await, before);
}

/// Another tenant's things are not there, and what is done in one tenant stays there.
#[tokio::test]
async fn tenants_do_not_see_each_other() {
    let world = World::new().await;
    let things = world.things(None).await;
    let before = world.app.everything().await;
    let caller = Caller::user(&[READ_WRITE, READ_WRITE_MANAGED]).of(FABRIKAM);
    for root in ROOTS {
        for route in below(root) {
            let answer = world.attempt(root, route, &things, Some(&caller)).await;
            if route.has_key() {
                assert_not_found(&answer, route, root);
            } else {
                assert_eq!(answer.status, route.success, "{}: {answer:?}", named(route, root));
            }
        }
        for collection in [UPLOADS, IMPORTED, DEVICES] {
            let theirs = world.app.get(&format!("{root}/{collection}")).by(&caller).await.expect(200).text;
            for entity in &before {
                assert!(
                    !theirs.contains(entity["id"].as_str().unwrap()),
                    "{entity} of another tenant: {theirs}"
                );
            }
        }
    }
    assert_eq!(world.app.everything().await, before);
}

#[tokio::test]
async fn unknown_ids_are_not_found() {
    let world = World::new().await;
    let real = world.things(None).await;
    let before = world.app.everything().await;
    let nothing = Things::unknown();
    // The last key alone is wrong, and all of them.
    let half = Things {
        upload: real.upload.clone(),
        owner: real.owner.clone(),
        profile: real.profile.clone(),
        ..nothing.clone()
    };
    // A record of an upload through another upload, an assignment through another profile.
    let elsewhere = Things { upload: UNKNOWN.to_owned(), owner: real.profile.clone(), ..real };
    let caller = Caller::user(&[READ_WRITE, READ_WRITE_MANAGED]);
    for root in ROOTS {
        for route in below(root).filter(|route| route.has_key()) {
            assert_not_found(&world.attempt(root, route, &nothing, Some(&caller)).await, route, root);
            if ["{upload}", "{assignment}"].iter().any(|key| route.path.contains(key)) {
                assert_not_found(&world.attempt(root, route, &elsewhere, Some(&caller)).await, route, root);
            }
            if ["{record}", "{assignment}", "}/assignedDevices/{"].iter().any(|key| route.path.contains(key))
            {
                assert_not_found(&world.attempt(root, route, &half, Some(&caller)).await, route, root);
            }
        }
    }
    assert_eq!(world.app.everything().await, before);
}

fn assert_forbidden(answer: &Answer, route: &Route, root: &str, message: &str) {
    assert_eq!(answer.status, 403, "{}: {answer:?}", named(route, root));
    assert_eq!(answer.code(), "Forbidden");
    assert_eq!(answer.intune_message(), message, "{}", named(route, root));
    answer.assert_common_headers();
}

fn assert_not_found(answer: &Answer, route: &Route, root: &str) {
    assert_eq!(answer.status, 404, "{}: {answer:?}", named(route, root));
    assert_eq!(answer.code(), "ResourceNotFound");
    assert_eq!(answer.intune_message(), "An error has occurred", "{}", named(route, root));
    answer.assert_common_headers();
}

/// One of several scopes is enough; they are compared as a whole.
#[tokio::test]
async fn one_scope_of_many_is_enough() {
    let app = TestApp::start().await;
    let url = format!("{}/{UPLOADS}", ROOTS[0]);
    for permissions in [["User.Read", READ_WRITE], [READ, "openid"]] {
        app.get(&url).by(&Caller::user(&permissions)).await.expect(200);
    }
}

/// A token comes in one `Authorization` header and in no other way.
#[tokio::test]
async fn a_token_is_in_the_header_only() {
    let app = TestApp::start().await;
    let token = app.token(&Caller::writer());
    let url = format!("{}/{UPLOADS}", ROOTS[0]);
    let bearer = format!("Bearer {token}");
    app.get(&url).by_nobody().header("authorization", &bearer).await.expect(200);
    app.get(&url).by_nobody().header("authorization", &format!("bearer {token}")).await.expect(200);

    let refused = [
        app.get(&format!("{url}?access_token={token}")).by_nobody(),
        app.get(&url).by_nobody().header("cookie", &format!("access_token={token}")),
        app.get(&url).by_nobody().header("x-authorization", &bearer),
        app.get(&url).by_nobody().header("authorization", &token),
        app.get(&url).by_nobody().header("authorization", &format!("Basic {token}")),
        app.get(&url).by_nobody().header("authorization", "Bearer "),
        app.get(&url).by_nobody().header("authorization", "Bearer a.b.c"),
        app.get(&url).by_nobody().header("authorization", &format!("{bearer} {token}")),
        app.get(&url).by_nobody().header("authorization", &bearer).header("authorization", &bearer),
        app.get(&url).by_nobody().header("authorization", &format!("Bearer {}", "a".repeat(17_000))),
    ];
    for ask in refused {
        let answer = ask.await.expect(401);
        answer.assert_is_error();
        assert_eq!(answer.code(), "InvalidAuthenticationToken");
        assert!(!answer.text.contains(&token));
    }
}

/// A token is judged before anything else is said about the request: strangers learn nothing.
#[tokio::test]
async fn strangers_hear_of_the_token_first() {
    let app = TestApp::start().await;
    for (method, path) in [
        ("GET", "/beta/deviceManagement/nothing"),
        ("GET", "/beta/deviceManagement?$filter=("),
        ("PUT", "/v1.0/deviceManagement/importedWindowsAutopilotDeviceIdentities/1"),
        ("POST", "/v1.0/deviceManagement/importedWindowsAutopilotDeviceIdentities"),
    ] {
        app.ask(method, path).text("{").by_nobody().await.expect(401).assert_is_error();
    }
}
