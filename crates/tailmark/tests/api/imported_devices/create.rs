//! `POST importedWindowsAutopilotDeviceIdentities`

use serde_json::{Value, json};

use crate::coverage::Route;
use crate::support::{TestApp, bare, hash, hashed};
use crate::{DEVICES, IMPORTED, JSON, ROOTS, UPLOADS};

pub const ROUTES: &[Route] =
    &[Route::post("importedWindowsAutopilotDeviceIdentities", 201, "{\"serialNumber\":\"A-1\"}")];

#[tokio::test]
async fn answers_what_was_sent() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let created = app.post(&format!("{root}/{IMPORTED}"), &hashed(root)).await.expect(201);
        insta::allow_duplicates! {
            insta::assert_snapshot!(created.shown().replace("v1.0", "beta"), @r##"
            {
              "@odata.context": "{base}/beta/$metadata#deviceManagement/importedWindowsAutopilotDeviceIdentities/$entity",
              "id": "<id 1>",
              "groupTag": "",
              "serialNumber": "/beta/deviceManagement",
              "productKey": "",
              "importId": "<id 1>",
              "hardwareIdentifier": null,
              "state": {
                "deviceImportStatus": "unknown",
                "deviceRegistrationId": "",
                "deviceErrorCode": 0,
                "deviceErrorName": ""
              },
              "assignedUserPrincipalName": ""
            }
            "##);
        }
        created.assert_common_headers();
        assert_eq!(created.header("content-type"), JSON);
        assert_eq!(created.header("odata-version"), "4.0");
        let location = format!("{}{root}/{IMPORTED}('{}')", app.base, created.id());
        assert_eq!(created.header("location"), location);
        assert_eq!(app.get(&location).await.expect(200).id(), created.id());
        assert_eq!(created.json()["importId"], created.id());
    }
}

/// The body that the community's scripts send, absent texts as empty ones and the state without `#`.
#[tokio::test]
async fn takes_what_scripts_send() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let body = format!(
            r##"{{
                "@odata.type": "#microsoft.graph.importedWindowsAutopilotDeviceIdentity",
                "groupTag": "Kiosk",
                "serialNumber": "SN 7",
                "productKey": "",
                "hardwareIdentifier": "{}",
                "assignedUserPrincipalName": "",
                "state": {{
                    "@odata.type": "microsoft.graph.importedWindowsAutopilotDeviceIdentityState",
                    "deviceImportStatus": "pending",
                    "deviceRegistrationId": "",
                    "deviceErrorCode": 0,
                    "deviceErrorName": ""
                }}
            }}"##,
            hash("SN 7")
        );
        let created = app.ask("POST", &format!("{root}/{IMPORTED}")).text(&body).await.expect(201).json();
        assert_eq!(created["groupTag"], "Kiosk");
        assert_eq!(created["state"]["deviceImportStatus"], "unknown", "which is what clients wait for");
    }
}

/// What the service decides may be sent, complete and final, and is not honoured; the import goes its way.
#[tokio::test]
async fn ids_and_states_are_the_services() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let sent = json!({
            "id": "11111111-1111-4111-8111-111111111111",
            "serialNumber": root,
            "state": {
                "deviceImportStatus": "error",
                "deviceRegistrationId": "22222222-2222-4222-8222-222222222222",
                "deviceErrorCode": 808,
                "deviceErrorName": "ZtdDeviceAssignedToOtherTenant",
            },
        });
        let created = app.post(&format!("{root}/{IMPORTED}"), &sent).await.expect(201);
        assert_ne!(created.id(), sent["id"]);
        assert_eq!(created.json()["state"]["deviceErrorCode"], 0);
        assert_eq!(created.json()["state"]["deviceImportStatus"], "unknown");
        app.settled().await;
        let found = app.get(&format!("{root}/{IMPORTED}/{}", created.id())).await.expect(200).json();
        assert_eq!(found["state"]["deviceImportStatus"], "complete");
        assert_ne!(found["state"]["deviceRegistrationId"], sent["state"]["deviceRegistrationId"]);
    }
}

/// The reading of names is lenient where clients are: letter case, annotations, no content type.
#[tokio::test]
async fn takes_other_spellings() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let url = format!("{root}/{IMPORTED}");
        for body in [
            r#"{"serialnumber":"1"}"#,
            r##"{"serialNumber":"1","serialNumber@odata.type":"#Edm.String","@odata.id":"x","@odata.etag":"y"}"##,
            r##"{"@odata.type":"#Microsoft.Graph.ImportedWindowsAutopilotDeviceIdentity","serialNumber":"1"}"##,
            " \r\n\t{\"serialNumber\" : \"1\"} \r\n",
        ] {
            let created = app.ask("POST", &url).text(body).await.expect(201);
            assert_eq!(created.json()["serialNumber"], "1", "{body}");
        }
        for content_type in
            ["application/json; charset=utf-8", "Application/JSON", "application/json;odata.metadata=full"]
        {
            let ask = app.ask("POST", &url).header("content-type", content_type);
            ask.bytes(br#"{"serialNumber":"1"}"#).await.expect(201);
        }
        app.ask("POST", &url).bytes(br#"{"serialNumber":"1"}"#).await.expect(201);
        app.ask("POST", &url).header("content-encoding", "identity").text("{}").await.expect(201);
    }
}

/// Standard and URL-safe alphabets, padded or not; what comes back is standard and padded.
#[tokio::test]
async fn takes_every_base64() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        for (sent, kept) in [
            ("+/+/", json!("+/+/")),
            ("-_-_", json!("+/+/")),
            ("AAECAw==", json!("AAECAw==")),
            ("AAECAw", json!("AAECAw==")),
            ("AAEC_w", json!("AAEC/w==")),
            ("", Value::Null),
        ] {
            let body = json!({ "serialNumber": "1", "hardwareIdentifier": sent });
            let id = app.post(&format!("{root}/{IMPORTED}"), &body).await.expect(201).id();
            let found = app.get(&format!("{root}/{IMPORTED}/{id}")).await.expect(200).json();
            assert_eq!(found["hardwareIdentifier"], kept, "{sent}");
        }
    }
}

/// Each request makes a record, equal or not.
#[tokio::test]
async fn makes_a_record_each_time() {
    let app = TestApp::start().await;
    app.hold_imports();
    let url = format!("{}/{IMPORTED}", ROOTS[0]);
    let first = app.post(&url, &bare("1", "")).await.expect(201).id();
    let second = app.post(&url, &bare("1", "")).await.expect(201).id();
    assert_ne!(first, second);
    assert_eq!(app.get(&url).await.expect(200).each("id"), [first, second]);
}

/// Until March 2021 the group tag was called so, and scripts still do.
#[tokio::test]
async fn the_group_tag_by_its_old_name() {
    let app = TestApp::start().await;
    app.hold_imports();
    for (at, root) in ROOTS.into_iter().enumerate() {
        let device = json!({ "serialNumber": "SN \\\"orderIdentifier\\\":", "orderIdentifier" : format!("\"Kiosk\" {at}") });
        let tag = |record: &Value| record["groupTag"].as_str().map(str::to_owned);
        let expected = Some(format!("\"Kiosk\" {at}"));
        let record = app.post(&format!("{root}/{IMPORTED}"), &device).await.expect(201).json();
        assert_eq!(tag(&record), expected);
        assert_eq!(record["serialNumber"], device["serialNumber"]);
        assert_eq!(record.get("orderIdentifier"), None);

        let body = json!({ "importedWindowsAutopilotDeviceIdentities": [device, device] });
        let records = app.post(&format!("{root}/{IMPORTED}/import"), &body).await.expect(200).entities();
        assert!(records.len() == 2 && records.iter().all(|record| tag(record) == expected), "{records:?}");

        let upload = app.post(&format!("{root}/{UPLOADS}"), &json!({ "deviceIdentities": [device] }));
        let devices = format!("{root}/{UPLOADS}/{}/deviceIdentities", upload.await.expect(201).id());
        let stored = app.get(&devices).await.expect(200).entities().remove(0);
        assert_eq!(tag(&stored), expected);
        let url = format!("{devices}/{}", stored["id"].as_str().unwrap());
        let changed = app.patch(&url, &json!({ "OrderIdentifier": "Lobby" })).await.expect(200).json();
        assert_eq!(changed["groupTag"], "Lobby");

        // Positions are those of the body as it was sent.
        let body = "{\"orderIdentifier\":\"x\",\"serialNumber\":tru}";
        let refused = app.ask("POST", &format!("{root}/{IMPORTED}")).text(body).await.expect(400);
        assert!(refused.message().contains("line 1 column 42"), "{}", refused.message());
        let both = json!({ "orderIdentifier": "x", "groupTag": "x" });
        assert_eq!(app.post(&format!("{root}/{IMPORTED}"), &both).await.expect(400).target(), "groupTag");
        let registered = format!("{root}/{DEVICES}/x/updateDeviceProperties");
        let refused = app.post(&registered, &json!({ "orderIdentifier": "x" })).await.expect(400);
        assert_eq!(refused.target(), "orderIdentifier");
    }
}
