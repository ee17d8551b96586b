//! `GET importedWindowsAutopilotDeviceIdentities`

use serde_json::{Value, json};

use crate::coverage::Route;
use crate::support::{TestApp, bare, hash, hashed, names};
use crate::{IMPORTED, JSON, ROOTS, UPLOADS};

pub const ROUTES: &[Route] = &[Route::get("importedWindowsAutopilotDeviceIdentities")];

#[tokio::test]
async fn is_empty_at_first() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let list = app.get(&format!("{root}/{IMPORTED}")).await.expect(200);
        let context =
            format!("{}{}$metadata#deviceManagement/{IMPORTED}", app.base, &root[..root.len() - 16]);
        assert_eq!(list.text, format!("{{\"@odata.context\":\"{context}\",\"value\":[]}}"));
        assert_eq!(list.header("content-type"), JSON);
        assert_eq!(list.header("odata-version"), "4.0");
        list.assert_common_headers();
    }
}

/// Records of uploads and of themselves, in the order in which they came.
#[tokio::test]
async fn has_every_record_of_the_tenant() {
    let app = TestApp::start().await;
    app.hold_imports();
    app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &bare("1", "PK-1")).await.expect(201);
    let body = json!({ "deviceIdentities": [hashed("2")] });
    app.post(&format!("{}/{UPLOADS}", ROOTS[0]), &body).await.expect(201);
    let body = json!({ "importedWindowsAutopilotDeviceIdentities": [bare("3", ""), bare("4", "")] });
    app.post(&format!("{}/{IMPORTED}/import", ROOTS[0]), &body).await.expect(200);

    let v1 = app.get(&format!("{}/{IMPORTED}", ROOTS[0])).await.expect(200);
    assert_eq!(v1.each("serialNumber"), ["1", "2", "3", "4"]);
    let members = [
        "id",
        "groupTag",
        "serialNumber",
        "productKey",
        "importId",
        "hardwareIdentifier",
        "state",
        "assignedUserPrincipalName",
    ];
    for record in v1.entities() {
        assert_eq!(names(&record), members, "in the order of the metadata, without @odata.type");
        assert_eq!(record["hardwareIdentifier"], Value::Null);
    }
    let beta = app.get(&format!("{}/{IMPORTED}", ROOTS[1])).await.expect(200);
    assert_eq!(beta.entities(), v1.entities());
}

/// The hash is sent only where it is asked for, and then byte by byte.
#[tokio::test]
async fn has_hashes_on_request() {
    let app = TestApp::start().await;
    app.hold_imports();
    app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &hashed("1")).await.expect(201);
    for root in ROOTS {
        for select in ["hardwareIdentifier", "id,hardwareIdentifier"] {
            let list = app.get(&format!("{root}/{IMPORTED}?$select={select}")).await.expect(200);
            assert_eq!(list.each("hardwareIdentifier"), [hash("1")]);
        }
    }
}

/// The order of creation is kept under many records made at once.
#[tokio::test]
async fn is_in_the_order_of_arrival() {
    let app = TestApp::start().await;
    app.hold_imports();
    let devices: Vec<Value> = (0..300).map(|n| bare(&format!("{n:03}"), "")).collect();
    for part in devices.chunks(100) {
        let body = json!({ "importedWindowsAutopilotDeviceIdentities": part });
        app.post(&format!("{}/{IMPORTED}/import", ROOTS[0]), &body).await.expect(200);
    }
    let list = app.get(&format!("{}/{IMPORTED}", ROOTS[1])).await.expect(200);
    let expected: Vec<String> = (0..300).map(|n| format!("{n:03}")).collect();
    assert_eq!(list.each("serialNumber"), expected);
}
