//! `POST …Uploads`

use serde_json::{Value, json};

use crate::coverage::Route;
use crate::support::{TestApp, bare, hashed, names};
use crate::{IMPORTED, JSON, ROOTS, UPLOADS};

pub const ROUTES: &[Route] =
    &[Route::post("importedWindowsAutopilotDeviceIdentityUploads", 201, "{\"status\":\"pending\"}")
        .users_only()];

/// The body of the published page, to the letter.
const SAMPLE: &str = r##"{
  "@odata.type": "#microsoft.graph.importedWindowsAutopilotDeviceIdentityUpload",
  "createdDateTimeUtc": "2016-12-31T23:59:45.8788427-08:00",
  "status": "pending"
}"##;

#[tokio::test]
async fn answers_the_published_sample() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let created = app.ask("POST", &format!("{root}/{UPLOADS}")).text(SAMPLE).await.expect(201);
        let body = created.json();
        assert_eq!(
            names(&body),
            ["@odata.context", "@odata.type", "id", "createdDateTimeUtc", "status"],
            "at the root, whatever GET does"
        );
        assert_eq!(
            body["@odata.context"],
            format!("{}{}$metadata#deviceManagement/{UPLOADS}/$entity", app.base, &root[..root.len() - 16])
        );
        assert_eq!(body["@odata.type"], "#microsoft.graph.importedWindowsAutopilotDeviceIdentityUpload");
        assert_eq!(body["createdDateTimeUtc"], "2016-12-31T23:59:45.8788427-08:00");
        assert_eq!(body["status"], "pending");
        created.assert_common_headers();
        assert_eq!(created.header("content-type"), JSON);
        assert_eq!(created.header("odata-version"), "4.0");
        let location = format!("{}{root}/{UPLOADS}('{}')", app.base, created.id());
        assert_eq!(created.header("location"), location);
        let found = app.get(&location).header("prefer", "envelope=bare").await.expect(200);
        assert_eq!(found.json(), body, "the location leads to what was answered");
    }
}

#[tokio::test]
async fn has_defaults() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for body in [json!({}), json!({ "id": null, "deviceIdentities": [] })] {
            let created = app.post(&format!("{root}/{UPLOADS}"), &body).await.expect(201).json();
            assert_eq!(created["status"], "noUpload");
            let time = created["createdDateTimeUtc"].as_str().unwrap();
            assert!(time.ends_with('Z') && time > "2020", "now, in UTC: {time}");
        }
    }
}

/// What the service decides may be sent and is not honoured.
#[tokio::test]
async fn ids_and_states_are_the_services() {
    let app = TestApp::start().await;
    app.hold_imports();
    let sent = json!({
        "id": "11111111-1111-4111-8111-111111111111",
        "deviceIdentities": [{
            "id": "22222222-2222-4222-8222-222222222222",
            "serialNumber": "1",
            "importId": "33333333-3333-4333-8333-333333333333",
            "state": {
                "@odata.type": "microsoft.graph.importedWindowsAutopilotDeviceIdentityState",
                "deviceImportStatus": "complete",
                "deviceRegistrationId": "44444444-4444-4444-8444-444444444444",
                "deviceErrorCode": 806,
                "deviceErrorName": "x",
            },
        }],
    });
    for root in ROOTS {
        let id = app.post(&format!("{root}/{UPLOADS}"), &sent).await.expect(201).id();
        assert_ne!(id, sent["id"]);
        let list = app.get(&format!("{root}/{UPLOADS}/{id}/deviceIdentities")).await.expect(200);
        let device = &list.entities()[0];
        assert_ne!(device["id"], sent["deviceIdentities"][0]["id"]);
        assert_eq!(device["importId"], id, "an upload's devices are imported with it");
        let state = json!({
            "deviceImportStatus": "unknown",
            "deviceRegistrationId": "",
            "deviceErrorCode": 0,
            "deviceErrorName": "",
        });
        assert_eq!(device["state"], state);
    }
}

#[tokio::test]
async fn takes_devices_with_it() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let devices: Vec<Value> = (0..3).map(|n| hashed(&format!("{root}-{n}"))).collect();
        let body = json!({ "status": "noUpload", "deviceIdentities": devices });
        let created = app.post(&format!("{root}/{UPLOADS}"), &body).await.expect(201);
        assert_eq!(created.json()["status"], "pending", "it has devices under way");
        assert!(created.json().get("deviceIdentities").is_none());
        let list = app.get(&format!("{root}/{UPLOADS}/{}/deviceIdentities", created.id())).await.expect(200);
        assert_eq!(list.each("serialNumber"), [0, 1, 2].map(|n| format!("{root}-{n}")), "in their order");
    }
}

/// One bad record among many: nothing is stored, not even the upload.
#[tokio::test]
async fn is_all_or_nothing() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let bad = [
            (json!({ "serialNumber": 7 }), "serialNumber"),
            (json!({ "serialNumber": "7", "hardwareIdentifier": "not base64!" }), "hardwareIdentifier"),
            (json!({ "serialNumber": "7".repeat(257) }), "serialNumber"),
            (json!({ "serialNumber": "7", "colour": "red" }), "colour"),
            (json!({ "serialNumber": "\u{0}" }), "serialNumber"),
        ];
        for (bad, member) in bad {
            let mut devices: Vec<Value> = (0..9).map(|n| bare(&n.to_string(), "")).collect();
            devices[6] = bad;
            let body = json!({ "deviceIdentities": devices });
            let answer = app.post(&format!("{root}/{UPLOADS}"), &body).await.expect(400);
            answer.assert_is_error();
            assert_eq!(answer.target(), format!("deviceIdentities[6].{member}"));
            assert!(app.everything().await.is_empty());
        }
    }
}

/// A thousand devices in one request, each of them stored and registered.
#[tokio::test]
async fn takes_many_devices() {
    let app = TestApp::start().await;
    let devices: Vec<Value> = (0..1000).map(|n| bare(&format!("MANY-{n:04}"), "")).collect();
    let url = format!("{}/{UPLOADS}", ROOTS[1]);
    let id = app.post(&url, &json!({ "deviceIdentities": devices })).await.expect(201).id();
    app.settled().await;
    assert_eq!(app.get(&format!("{url}/{id}")).await.expect(200).json()["value"]["status"], "complete");
    let count = app.get(&format!("{}/{IMPORTED}/$count?$filter=importId eq '{id}'", ROOTS[1])).await;
    assert_eq!(count.expect(200).text, "1000");
}
