//! `POST importedWindowsAutopilotDeviceIdentities/import`

use serde_json::{Value, json};

use crate::coverage::Route;
use crate::support::{TestApp, bare, hashed};
use crate::{DEVICES, IMPORTED, JSON, ROOTS};

pub const ROUTES: &[Route] = &[Route::post(
    "importedWindowsAutopilotDeviceIdentities/import",
    200,
    "{\"importedWindowsAutopilotDeviceIdentities\":[{\"serialNumber\":\"A-1\"}]}",
)];

fn many(devices: &[Value]) -> Value {
    json!({ "importedWindowsAutopilotDeviceIdentities": devices })
}

#[tokio::test]
async fn answers_the_records_as_they_were_sent() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let mut first = hashed("1");
        first["importId"] = json!("aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa");
        first["groupTag"] = json!("tag");
        let answer = app.post(&format!("{root}/{IMPORTED}/import"), &many(&[first, bare("2", "PK")])).await;
        let answer = answer.expect(200);
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.shown().replace("v1.0", "beta"), @r##"
            {
              "@odata.context": "{base}/beta/$metadata#Collection(microsoft.graph.importedWindowsAutopilotDeviceIdentity)",
              "value": [
                {
                  "id": "<id 1>",
                  "groupTag": "tag",
                  "serialNumber": "1",
                  "productKey": "",
                  "importId": "<id 2>",
                  "hardwareIdentifier": null,
                  "state": {
                    "deviceImportStatus": "unknown",
                    "deviceRegistrationId": "",
                    "deviceErrorCode": 0,
                    "deviceErrorName": ""
                  },
                  "assignedUserPrincipalName": ""
                },
                {
                  "id": "<id 3>",
                  "groupTag": "",
                  "serialNumber": "2",
                  "productKey": "PK",
                  "importId": "<id 3>",
                  "hardwareIdentifier": null,
                  "state": {
                    "deviceImportStatus": "unknown",
                    "deviceRegistrationId": "",
                    "deviceErrorCode": 0,
                    "deviceErrorName": ""
                  },
                  "assignedUserPrincipalName": ""
                }
              ]
            }
            "##);
        }
        answer.assert_common_headers();
        assert_eq!(answer.header("content-type"), JSON);
        assert_eq!(answer.header("odata-version"), "4.0");
        assert_eq!(answer.header("location"), "");
    }
}

/// Clients group by an id of their own and ask for the group.
#[tokio::test]
async fn groups_by_the_clients_id() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let group = format!("group of {root}");
        let with_group = |serial: &str| {
            let mut device = bare(serial, "");
            device["importId"] = json!(group);
            device
        };
        let devices = [with_group("1"), with_group("2"), bare("3", "")];
        let answer = app.post(&format!("{root}/{IMPORTED}/import"), &many(&devices)).await.expect(200);
        let (ids, import_ids) = (answer.each("id"), answer.each("importId"));
        assert_eq!(import_ids, [group.as_str(), &group, &ids[2]], "the client's, else the record's own");
        let found = app.get(&format!("{root}/{IMPORTED}?$filter=importId eq '{group}'")).await.expect(200);
        assert_eq!(found.each("id"), ids[..2]);
    }
}

#[tokio::test]
async fn is_all_or_nothing() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for (bad, target) in [
            (json!({ "serialNumber": 7 }), "[6].serialNumber"),
            (json!({ "serialNumber": "7", "hardwareIdentifier": "%%%" }), "[6].hardwareIdentifier"),
            (json!({ "groupTag": "t".repeat(2049) }), "[6].groupTag"),
            (json!({ "state": { "deviceImportStatus": "done" } }), "[6].state.deviceImportStatus"),
            (json!(null), "[6]"),
            (json!("SN"), "[6]"),
        ] {
            let mut devices: Vec<Value> = (0..9).map(|n| bare(&n.to_string(), "")).collect();
            devices[6] = bad;
            let answer = app.post(&format!("{root}/{IMPORTED}/import"), &many(&devices)).await.expect(400);
            answer.assert_is_error();
            assert_eq!(answer.target(), format!("importedWindowsAutopilotDeviceIdentities{target}"));
            assert!(app.everything().await.is_empty());
        }
    }
}

#[tokio::test]
async fn of_none_is_nothing() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let answer = app.post(&format!("{root}/{IMPORTED}/import"), &many(&[])).await.expect(200);
        assert!(answer.entities().is_empty());
    }
    assert!(app.everything().await.is_empty());
}

/// The parameter must be there.
#[tokio::test]
async fn needs_its_parameter() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for body in ["{}", "", "{\"importedWindowsAutopilotDeviceIdentities\":null}"] {
            let answer = app.ask("POST", &format!("{root}/{IMPORTED}/import")).text(body).await.expect(400);
            answer.assert_is_error();
        }
        let answer = app.ask("POST", &format!("{root}/{IMPORTED}/import")).text("{}").await.expect(400);
        assert_eq!(answer.target(), "importedWindowsAutopilotDeviceIdentities");
    }
}

#[tokio::test]
async fn registers_every_device() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let devices: Vec<Value> = (0..250).map(|n| bare(&format!("{root}{n}"), "")).collect();
        let answer = app.post(&format!("{root}/{IMPORTED}/import"), &many(&devices)).await.expect(200);
        assert_eq!(answer.entities().len(), 250);
        app.settled().await;
        let filter = format!("$filter=startswith(serialNumber,'{root}')");
        assert_eq!(app.get(&format!("{root}/{DEVICES}/$count?{filter}")).await.expect(200).text, "250");
    }
}
