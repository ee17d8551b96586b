//! `deviceManagement/auditEvents`: who did what, when, to what.
//!
//! That every write leaves one event is tried on every route that some module lists, so that a new route without one fails
//! here.

use autopilot::model::{READ_WRITE, READ_WRITE_MANAGED};
use serde_json::{Value, json};

use crate::auth::{Things, World};
use crate::coverage::{Needs, Route, routes};
use crate::support::{Answer, Caller, FABRIKAM, TestApp, bare, hashed};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

pub const ROUTES: &[Route] = &[
    Route::get("auditEvents").audited(),
    Route::get("auditEvents/$count").audited(),
    Route::get("auditEvents/{audit}").audited(),
    Route::get("auditEvents/getAuditCategories").audited(),
    Route::get("auditEvents/getAuditActivityTypes(category='{category}')").audited(),
];

const EVENTS: &str = "/beta/deviceManagement/auditEvents";
/// Actions that are questions: their parameters are too long for an address.
const QUESTIONS: &[&str] = &["hasPayloadLinks", "searchExistingIdentities"];

fn writes(route: &Route) -> bool {
    route.method != "GET" && !QUESTIONS.iter().any(|name| route.path.ends_with(name))
}

/// The events of one request.
async fn events_of(app: &TestApp, answer: &Answer) -> Vec<Value> {
    let id = answer.header("request-id");
    app.get(&format!("{EVENTS}?$filter=correlationId eq {id}")).await.expect(200).entities()
}

/// The newest event.
async fn newest(app: &TestApp) -> Value {
    app.get(&format!("{EVENTS}?$orderby=id desc&$top=1")).await.expect(200).entities().remove(0)
}

/// The events of some activity.
async fn activities(app: &TestApp, activity: &str) -> Vec<Value> {
    let url = format!("{EVENTS}?$filter=activityType eq '{activity}'&$orderby=activityDateTime,id");
    app.get(&url).await.expect(200).entities()
}

fn changes(event: &Value) -> Vec<(String, Value, Value)> {
    let text = |change: &Value, name: &str| change[name].clone();
    let one = |change: &Value| {
        let name = change["displayName"].as_str().unwrap().to_owned();
        (name, text(change, "oldValue"), text(change, "newValue"))
    };
    event["resources"][0]["modifiedProperties"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn every_write_leaves_one_event() {
    let world = World::new().await;
    let callers: [fn(&[&str]) -> Caller; 2] = [Caller::user, Caller::application];
    for root in ROOTS {
        for route in routes().filter(|route| route.is_below(root)) {
            for (kind, needs) in [(0, route.delegated), (1, route.application)] {
                if needs == Needs::Impossible {
                    continue;
                }
                let caller = callers[kind](&[READ_WRITE, READ_WRITE_MANAGED]);
                let things = world.things(Some(route)).await;
                let answer = world.attempt(root, route, &things, Some(&caller)).await;
                assert_eq!(answer.status, route.success, "{answer:?}");
                let events = events_of(&world.app, &answer).await;
                assert_eq!(
                    events.len(),
                    usize::from(writes(route)),
                    "{} {}: {events:?}",
                    route.method,
                    route.path
                );
                let Some(event) = events.first() else { continue };
                let operation = match route.method {
                    "PATCH" => "Patch",
                    "DELETE" => "Delete",
                    _ if route.success == 201 => "Create",
                    _ => "Action",
                };
                assert_eq!(event["activityOperationType"], operation, "{event}");
                assert_eq!(event["actor"]["auditActorType"], ["ItPro", "Application"][kind], "{event}");
                // None that is there has to be meant, or is there to be written over.
                let may_touch_none = ["deleteDevices", "importDeviceIdentityList"];
                if !may_touch_none.iter().any(|name| route.path.ends_with(name)) {
                    let id = &event["resources"][0]["resourceId"];
                    assert!(id.as_str().is_some_and(|id| !id.is_empty()), "{event}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_refused_leaves_none() {
    let world = World::new().await;
    let caller = Caller::user(&[READ_WRITE, READ_WRITE_MANAGED]);
    let count = || async { world.app.get(&format!("{EVENTS}/$count")).await.expect(200).text };
    let before = count().await;
    for root in ROOTS {
        for route in routes().filter(|route| route.is_below(root) && writes(route)) {
            if route.has_key() {
                world.attempt(root, route, &Things::unknown(), Some(&caller)).await.expect(404);
            }
            let refused = Route { body: route.body.map(|_| "{\"nonsense\":1}"), ..*route };
            let answer = world.attempt(root, &refused, &Things::unknown(), Some(&caller)).await;
            assert!((400..500).contains(&answer.status), "{answer:?}");
            world.attempt(root, route, &Things::unknown(), Some(&Caller::user(&[]))).await.expect(403);
        }
    }
    assert_eq!(count().await, before);
}

#[tokio::test]
async fn of_a_group_that_fails_there_are_none() {
    let app = TestApp::start().await;
    let one = |id: &str, body: Value| {
        json!({
            "id": id, "method": "POST", "url": format!("/deviceManagement/{IMPORTED}"), "atomicityGroup": "g",
            "headers": { "Content-Type": "application/json" }, "body": body,
        })
    };
    let id = "11111111-2222-4333-8444-555555555555";
    let send = async |second: Value| {
        let requests = json!({ "requests": [one("1", bare("A", "")), one("2", second)] });
        app.post("/beta/$batch", &requests).header("client-request-id", id).await.expect(200);
        let url = format!("{EVENTS}/$count?$filter=correlationId eq {id}");
        app.get(&url).await.expect(200).text
    };
    assert_eq!(send(json!({ "nonsense": 1 })).await, "0");
    assert_eq!(send(bare("B", "")).await, "2", "each request of the batch is an act");
}

#[tokio::test]
async fn an_event_says_who_did_what_to_what() {
    for root in ROOTS {
        let device = json!({ "id": "d", "serialNumber": "SN-1", "groupTag": "old", "displayName": "Same" });
        let app = TestApp::seeded(&json!({ "deviceManagement": { DEVICES: [device] } })).await;
        let sent = json!({ "groupTag": "new", "displayName": "Same", "deviceAccountPassword": "S3cret!" });
        let sent =
            if root.contains("beta") { sent } else { json!({ "groupTag": "new", "displayName": "Same" }) };
        let url = format!("{root}/{DEVICES}/d/updateDeviceProperties");
        let answer = app.post(&url, &sent).await.expect(204);
        let listed = app.get(&format!("{root}/auditEvents?$orderby=id desc&$top=1")).await.expect(200);
        assert!(!listed.text.contains("S3cret"), "{listed:?}");
        let event = listed.entities().remove(0);
        let id = event["id"].as_str().unwrap();
        let mut alone = app.get(&format!("{root}/auditEvents/{id}")).await.expect(200).json();
        alone.as_object_mut().unwrap().remove("@odata.context");
        assert_eq!(alone, event);
        for (name, value) in [
            ("displayName", json!("updateDeviceProperties WindowsAutopilotDeviceIdentity")),
            ("componentName", json!("Enrollment")),
            ("activity", json!(null)),
            ("activityType", json!("updateDeviceProperties WindowsAutopilotDeviceIdentity")),
            ("activityOperationType", json!("Action")),
            ("activityResult", json!("Success")),
            ("correlationId", json!(answer.header("request-id"))),
            ("category", json!("Enrollment")),
        ] {
            assert_eq!(event[name], value, "{name}");
        }
        let actor = &event["actor"];
        assert_eq!(
            (&actor["userPrincipalName"], &actor["ipAddress"], &actor["servicePrincipalName"]),
            (&json!("admin@contoso.example"), &json!("127.0.0.1"), &json!(null))
        );
        assert_eq!(actor["userPermissions"], json!([READ_WRITE]));
        assert!(actor["userId"].is_string() && actor["applicationId"].is_string(), "{actor}");
        assert_eq!(actor.get("type").is_some(), root.contains("beta"));
        assert_eq!(
            (&event["resources"][0]["resourceId"], &event["resources"][0]["displayName"]),
            (&json!("d"), &json!("SN-1"))
        );
        let mut expected = vec![("GroupTag".to_owned(), json!("old"), json!("new"))];
        if root.contains("beta") {
            expected.push(("DeviceAccountPassword".to_owned(), json!(null), json!(null)));
        }
        assert_eq!(changes(&event), expected);
        // As tools look for what happened to something.
        for filter in [
            "resources/any(r:r/resourceId eq 'd')",
            "actor/userPrincipalName eq 'admin@contoso.example' and activityOperationType eq 'Action'",
            "resources/any(r:r/modifiedProperties/any(p:p/displayName eq 'GroupTag' and p/newValue eq 'new'))",
        ] {
            let found = app.get(&format!("{root}/auditEvents?$filter={filter}")).await.expect(200);
            assert!(found.each("id").contains(&id.to_owned()), "{filter}: {found:?}");
        }
    }
}

#[tokio::test]
async fn the_address_is_the_connections_unless_a_proxy_is_trusted() {
    let chain = "198.51.100.1, 203.0.113.9, 127.0.0.1";
    let here: std::net::IpAddr = "127.0.0.1".parse().unwrap();
    for (trusted, sent, expected) in [
        (vec![], chain, "127.0.0.1"),
        (vec![here], chain, "203.0.113.9"),
        (vec![here], "nonsense", "127.0.0.1"),
        (vec![here], "198.51.100.1, nonsense, 127.0.0.1", "127.0.0.1"),
        (vec!["203.0.113.9".parse().unwrap()], chain, "127.0.0.1"),
    ] {
        let app = TestApp::with(|config| config.http.trusted_proxies = trusted).await;
        let url = format!("{}/{IMPORTED}", ROOTS[0]);
        let made = app.post(&url, &bare("A", "")).header("x-forwarded-for", sent).await.expect(201);
        let events = events_of(&app, &made).await;
        assert_eq!(events[0]["actor"]["ipAddress"], expected, "{sent}");
    }
}

#[tokio::test]
async fn each_kind_of_change_is_told() {
    let app = TestApp::start().await;
    app.hold_imports();
    let beta = ROOTS[1];
    let record =
        app.post(&format!("{beta}/{UPLOADS}"), &json!({ "deviceIdentities": [hashed("H-1")] })).await;
    let upload = record.expect(201).id();
    let made = newest(&app).await;
    assert_eq!(made["activityType"], "Create ImportedWindowsAutopilotDeviceIdentityUpload");
    assert_eq!(made["resources"][1]["displayName"], "H-1");
    let hash = hashed("H-1")["hardwareIdentifier"].as_str().unwrap()[..40].to_owned();
    assert!(!made.to_string().contains(&hash), "a hash is nobody's business: {made}");

    let record = app.get(&format!("{beta}/{UPLOADS}/{upload}/deviceIdentities")).await.expect(200).each("id");
    let record = format!("{beta}/{UPLOADS}/{upload}/deviceIdentities/{}", record[0]);
    let change = json!({ "groupTag": "T", "hardwareIdentifier": hashed("H-2")["hardwareIdentifier"] });
    app.patch(&record, &change).await.expect(200);
    let expected = vec![
        ("GroupTag".to_owned(), json!(""), json!("T")),
        ("HardwareIdentifier".to_owned(), json!(null), json!(null)),
    ];
    assert_eq!(changes(&newest(&app).await), expected);
    app.patch(&format!("{beta}/{UPLOADS}/{upload}"), &json!({ "status": "pending" })).await.expect(200);
    let expected = vec![("Status".to_owned(), json!("noUpload"), json!("pending"))];
    assert_eq!(changes(&newest(&app).await), expected);

    let profiles = format!("{beta}/windowsAutopilotDeploymentProfiles");
    let azure = "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile";
    let sent = json!({ "@odata.type": azure, "displayName": "One" });
    let profile = app.post(&profiles, &sent).await.expect(201).id();
    let made = newest(&app).await;
    assert_eq!(made["activityType"], "Create WindowsAutopilotDeploymentProfile");
    assert_eq!(made["resources"][0]["auditResourceType"], "AzureADWindowsAutopilotDeploymentProfile");
    assert!(changes(&made).contains(&("DisplayName".to_owned(), json!(null), json!("One"))), "{made}");
    app.patch(&format!("{profiles}/{profile}"), &json!({ "description": "Mine" })).await.expect(200);
    let changed = changes(&newest(&app).await);
    assert!(changed.contains(&("Description".to_owned(), json!(null), json!("Mine"))), "{changed:?}");
    assert!(changed.iter().any(|(name, ..)| name == "LastModifiedDateTime"), "{changed:?}");
    assert!(changed.iter().all(|(name, ..)| name != "DisplayName"), "{changed:?}");

    app.post(&format!("{beta}/windowsAutopilotSettings/sync"), &json!({})).await.expect(204);
    let synced = activities(&app, "sync WindowsAutopilotSettings").await;
    assert_eq!(changes(&synced[0]), vec![("SyncStatus".to_owned(), json!("unknown"), json!("inProgress"))]);
}

#[tokio::test]
async fn an_import_of_many_is_one_event() {
    let app = TestApp::start().await;
    let devices: Vec<Value> = (0..450)
        .map(|n| json!({ "serialNumber": format!("M-{n}"), "productKey": "", "importId": "batch-7" }))
        .collect();
    app.post(&format!("{}/{IMPORTED}/import", ROOTS[0]), &json!({ IMPORTED: devices })).await.expect(200);
    let acts = activities(&app, "import ImportedWindowsAutopilotDeviceIdentity").await;
    assert_eq!(acts.len(), 1);
    let resources = acts[0]["resources"].as_array().unwrap();
    assert_eq!(resources.len(), 201, "as many as are named, and one for the others");
    assert_eq!(resources[0]["displayName"], "M-0");
    assert_eq!(resources[200]["displayName"], "and 250 more");
    assert_eq!(resources[200]["modifiedProperties"][0]["newValue"], "batch-7");
    assert!(acts[0].to_string().len() < 64 * 1024);

    // The worker says of each which device it became.
    app.settled().await;
    let registered = activities(&app, "Create WindowsAutopilotDeviceIdentity").await;
    let named: usize = registered.iter().map(|event| event["resources"].as_array().unwrap().len()).sum();
    assert_eq!(named, 450);
    assert_eq!(registered[0]["actor"]["applicationDisplayName"], "Tailmark");
    assert_eq!(registered[0]["actor"]["auditActorType"], "System");
    let id = app
        .get(&format!("{}/{DEVICES}?$filter=serialNumber eq 'M-449'", ROOTS[0]))
        .await
        .expect(200)
        .each("id");
    let filter = format!("resources/any(r:r/resourceId eq '{}')", id[0]);
    let found = app.get(&format!("{EVENTS}?$filter={filter}")).await.expect(200).entities();
    assert_eq!(found.len(), 1, "{found:?}");
}

#[tokio::test]
async fn a_seed_is_told_once_and_profiles_when_they_come() {
    let everyone = json!({ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } });
    let profile = json!({
        "@odata.type": "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile", "id": "p",
        "displayName": "Everyone's", "assignments": [everyone],
    });
    let device = json!({ "id": "d", "serialNumber": "SN-1" });
    let seed = json!({ "deviceManagement": {
        DEVICES: [device], "windowsAutopilotDeploymentProfiles": [profile],
    } });
    let app = TestApp::seeded(&seed).await;
    app.assigned(1).await;
    let app = app
        .restarted(|config| {
            config.seed = vec![config.data.join("seed.json")];
        })
        .await;
    let seeded = activities(&app, "Seed DeviceManagement").await;
    assert_eq!(seeded.len(), 1, "{seeded:?}");
    assert_eq!(seeded[0]["resources"].as_array().unwrap().len(), 3, "profile, assignment, device");
    let assigned = activities(&app, "assign WindowsAutopilotDeploymentProfile").await;
    assert_eq!(assigned.len(), 1, "{assigned:?}");
    assert_eq!(changes(&assigned[0]), vec![("DeploymentProfile".to_owned(), json!(null), json!("p"))]);
}

#[tokio::test]
async fn events_are_the_tenants_own_and_for_reading_only() {
    let app = TestApp::start().await;
    let url = format!("{}/{IMPORTED}", ROOTS[0]);
    app.post(&url, &bare("A", "")).await.expect(201);
    let id = newest(&app).await["id"].as_str().unwrap().to_owned();
    let stranger = Caller::writer().of(FABRIKAM);
    assert_eq!(app.get(EVENTS).by(&stranger).await.expect(200).entities(), Vec::<Value>::new());
    app.get(&format!("{EVENTS}/{id}")).by(&stranger).await.expect(404);
    for root in ROOTS {
        let events = format!("{root}/auditEvents");
        for answer in [
            app.post(&events, &json!({ "displayName": "Made up" })).await,
            app.patch(&format!("{events}/{id}"), &json!({ "displayName": "Made up" })).await,
            app.delete(&format!("{events}/{id}")).await,
        ] {
            assert!(answer.expect(400).text.contains("No method match route template"));
        }
    }
}

#[tokio::test]
async fn old_events_are_forgotten() {
    let app = TestApp::start().await;
    app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &bare("OLD", "")).await.expect(201);
    app.settled().await;
    app.age_events();
    let app = app.restarted(|config| config.audit.retention_days = 0).await;
    assert_eq!(app.get(&format!("{EVENTS}/$count")).await.expect(200).text, "2", "0 is for ever");
    let app = app.restarted(|_| {}).await;
    let gone = format!("{EVENTS}?$filter=activityDateTime lt 2000-01-01T00:00:00Z&$count=true&$top=0");
    app.until(&gone, |page| page["@odata.count"] == 0).await;
    app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &bare("NEW", "")).await.expect(201);
    let left = app.get(&format!("{EVENTS}?$filter=activityOperationType eq 'Create'")).await.expect(200);
    assert!(!left.entities().is_empty());
}

#[tokio::test]
async fn functions_name_categories_and_activities() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let events = format!("{root}/auditEvents");
        let categories = app.get(&format!("{events}/getAuditCategories")).await.expect(200).json();
        assert_eq!(categories["value"], json!(["Enrollment"]));
        assert!(categories["@odata.context"].as_str().unwrap().ends_with("$metadata#Collection(Edm.String)"));
        for path in [
            "getAuditActivityTypes(category='Enrollment')",
            "microsoft.graph.getAuditActivityTypes(category='Enrollment')",
            "getAuditActivityTypes(category=@c)?@c='Enrollment'",
        ] {
            let types = app.get(&format!("{events}/{path}")).await.expect(200).json();
            let types = types["value"].as_array().unwrap();
            for known in [
                "Create WindowsAutopilotDeviceIdentity",
                "import ImportedWindowsAutopilotDeviceIdentity",
                "updateDeviceProperties WindowsAutopilotDeviceIdentity",
            ] {
                assert!(types.contains(&json!(known)), "{path}: {known} of {types:?}");
            }
        }
        let other = app.get(&format!("{events}/getAuditActivityTypes(category='Role')")).await.expect(200);
        assert_eq!(other.json()["value"], json!([]));
        for (path, status) in [
            ("getAuditActivityTypes", 400),
            ("getAuditActivityTypes()", 400),
            ("getAuditActivityTypes(category=null)", 400),
            ("getAuditActivityTypes(category=@c)", 400),
            ("getAuditActivityTypes(kind='x')", 400),
            ("getAuditActivityTypes('x')", 400),
            ("getAuditActivityTypes(category='x',kind='y')", 400),
            ("getAuditCategories(category='x')", 400),
            ("getAuditActivityTypes(category=concat('a','b'))", 400),
            ("getAuditActivityTypes(category=@c)?@c=concat('a','b')", 501),
        ] {
            let answer = app.get(&format!("{events}/{path}")).await;
            assert_eq!(answer.status, status, "{answer:?}");
        }
    }
}
