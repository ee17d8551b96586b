//! `…Uploads/{id}/deviceIdentities`: the devices of an upload, one at a time.

use serde_json::{Value, json};

use crate::coverage::Route;
use crate::support::{TestApp, bare, hash, hashed, names};
use crate::{DEVICES, IMPORTED, JSON, ROOTS, UPLOADS};

pub const ROUTES: &[Route] = &[
    Route::get("importedWindowsAutopilotDeviceIdentityUploads/{upload}/deviceIdentities").users_only(),
    Route::get("importedWindowsAutopilotDeviceIdentityUploads/{upload}/deviceIdentities/$count").users_only(),
    Route::get("importedWindowsAutopilotDeviceIdentityUploads/{upload}/deviceIdentities/{record}")
        .users_only(),
    Route::post(
        "importedWindowsAutopilotDeviceIdentityUploads/{upload}/deviceIdentities",
        201,
        "{\"serialNumber\":\"A-1\"}",
    )
    .users_only(),
    Route::patch(
        "importedWindowsAutopilotDeviceIdentityUploads/{upload}/deviceIdentities/{record}",
        "{\"groupTag\":\"tag\"}",
    )
    .users_only(),
    Route::delete("importedWindowsAutopilotDeviceIdentityUploads/{upload}/deviceIdentities/{record}")
        .users_only(),
];

async fn upload(app: &TestApp, root: &str, devices: &[Value]) -> String {
    let body = json!({ "deviceIdentities": devices });
    let id = app.post(&format!("{root}/{UPLOADS}"), &body).await.expect(201).id();
    format!("{root}/{UPLOADS}/{id}/deviceIdentities")
}

#[tokio::test]
async fn adds_one() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let url = upload(&app, root, &[]).await;
        let body = json!({
            "serialNumber": "SN 1",
            "productKey": "PK",
            "groupTag": "tag",
            "assignedUserPrincipalName": "ann@contoso.example",
            "hardwareIdentifier": hash("SN 1"),
        });
        let added = app.post(&url, &body).await.expect(201);
        insta::allow_duplicates! {
            insta::assert_snapshot!(added.shown().replace("v1.0", "beta"), @r##"
            {
              "@odata.context": "{base}/beta/$metadata#deviceManagement/importedWindowsAutopilotDeviceIdentityUploads('<id 1>')/deviceIdentities/$entity",
              "id": "<id 2>",
              "groupTag": "tag",
              "serialNumber": "SN 1",
              "productKey": "PK",
              "importId": "<id 1>",
              "hardwareIdentifier": null,
              "state": {
                "deviceImportStatus": "unknown",
                "deviceRegistrationId": "",
                "deviceErrorCode": 0,
                "deviceErrorName": ""
              },
              "assignedUserPrincipalName": "ann@contoso.example"
            }
            "##);
        }
        added.assert_common_headers();
        assert_eq!(added.header("content-type"), JSON);
        let location = format!("{}{}('{}')", app.base, parenthesised(&url), added.id());
        assert_eq!(added.header("location"), location);

        let found = app.get(&location).await.expect(200);
        assert_eq!(found.json()["hardwareIdentifier"], body["hardwareIdentifier"], "byte by byte");
        assert_eq!(found.json()["@odata.context"], added.json()["@odata.context"]);
        let list = app.get(&url).await.expect(200);
        assert_eq!(list.each("id"), [added.id()]);
        assert!(list.entities()[0]["hardwareIdentifier"].is_null(), "lists have the hash on request only");
        let list = app.get(&format!("{url}?$select=id,hardwareIdentifier")).await.expect(200);
        assert_eq!(list.entities()[0]["hardwareIdentifier"], body["hardwareIdentifier"]);
        assert_eq!(app.get(&format!("{url}/$count")).await.expect(200).text, "1");
        // The same record, among all of the tenant.
        let among_all = app.get(&format!("{root}/{IMPORTED}/{}", added.id())).await.expect(200).json();
        assert_eq!(among_all["serialNumber"], "SN 1");
    }
}

/// `/a/Uploads/ID/b` as `/a/Uploads('ID')/b`
fn parenthesised(url: &str) -> String {
    let mut parts: Vec<String> = url.split('/').map(str::to_owned).collect();
    let id = parts.remove(4);
    parts[3].push_str(&format!("('{id}')"));
    parts.join("/")
}

#[tokio::test]
async fn lists_only_its_own() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let one = upload(&app, root, &[bare("1", ""), bare("2", "")]).await;
        let other = upload(&app, root, &[bare("3", "")]).await;
        assert_eq!(app.get(&one).await.expect(200).each("serialNumber"), ["1", "2"]);
        assert_eq!(app.get(&other).await.expect(200).each("serialNumber"), ["3"]);
        let id = app.get(&other).await.expect(200).each("id").remove(0);
        for wrong in [app.get(&format!("{one}/{id}")), app.delete(&format!("{one}/{id}"))] {
            wrong.await.expect(404).intune_message();
        }
        app.patch(&format!("{one}/{id}"), &json!({ "groupTag": "x" })).await.expect(404);
        assert_eq!(app.get(&format!("{other}/{id}")).await.expect(200).json()["groupTag"], "");
    }
}

#[tokio::test]
async fn changes_one_that_is_under_way() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let first = format!("{root}-first");
        let url = upload(&app, root, &[hashed(&first)]).await;
        let id = app.get(&url).await.expect(200).each("id").remove(0);
        let url = format!("{url}/{id}");

        let changed = app.patch(&url, &json!({ "groupTag": "new" })).await.expect(200);
        assert_eq!(changed.header("content-type"), JSON);
        let body = changed.json();
        assert_eq!(names(&body)[..3], ["@odata.context", "id", "groupTag"]);
        assert_eq!(
            (&body["groupTag"], &body["serialNumber"]),
            (&json!("new"), &json!(first)),
            "the rest stays"
        );
        assert_eq!(body["hardwareIdentifier"], hash(&first));

        // Not the id, the state or the import id; null empties.
        let sent = json!({
            "id": "other", "importId": "other", "groupTag": null,
            "state": { "deviceImportStatus": "complete", "deviceRegistrationId": "x", "deviceErrorCode": 1 },
        });
        let changed = app.patch(&url, &sent).await.expect(200).json();
        assert_eq!((&changed["id"], &changed["importId"]), (&body["id"], &body["importId"]));
        assert_eq!((&changed["groupTag"], &changed["state"]), (&json!(""), &body["state"]));

        // Another machine, which is what gets registered.
        let second = format!("{root}-second");
        let sent = json!({ "serialNumber": second, "hardwareIdentifier": hash(&second) });
        app.patch(&url, &sent).await.expect(200);
        app.release_imports();
        app.settled().await;
        let devices = app.get(&format!("{root}/{DEVICES}?$filter=startswith(serialNumber,'{root}')")).await;
        assert_eq!(devices.expect(200).each("serialNumber"), [second]);
        app.hold_imports();
    }
}

#[tokio::test]
async fn takes_a_hash_away() {
    let app = TestApp::start().await;
    app.hold_imports();
    for (root, none) in ROOTS.into_iter().zip([json!(null), json!("")]) {
        let url = upload(&app, root, &[hashed("1")]).await;
        let id = app.get(&url).await.expect(200).each("id").remove(0);
        let changed =
            app.patch(&format!("{url}/{id}"), &json!({ "hardwareIdentifier": none })).await.expect(200);
        assert_eq!(changed.json()["hardwareIdentifier"], Value::Null);
    }
}

/// What is final stays as it is.
#[tokio::test]
async fn does_not_change_a_final_one() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let url = upload(&app, root, &[bare(root, ""), bare("", "")]).await;
        app.settled().await;
        let before = app.get(&url).await.expect(200).entities();
        for record in &before {
            let url = format!("{url}/{}", record["id"].as_str().unwrap());
            let answer = app.patch(&url, &json!({ "serialNumber": "other" })).await.expect(409);
            answer.assert_common_headers();
            assert_eq!(answer.code(), "Conflict");
            assert_eq!(answer.intune_message(), "The device is final: it is complete or failed.");
        }
        assert_eq!(app.get(&url).await.expect(200).entities(), before);
    }
}

/// An upload that is final takes no more devices: one with failed devices neither.
#[tokio::test]
async fn adds_none_to_a_final_upload() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for device in [bare(root, ""), bare("", "")] {
            let url = upload(&app, root, &[device]).await;
            app.settled().await;
            let before = app.get(&url).await.expect(200).entities();
            let many = json!({ "importedWindowsAutopilotDeviceIdentities": [bare("9", "")] });
            for attempt in [app.post(&url, &bare("9", "")), app.post(&format!("{url}/import"), &many)] {
                let answer = attempt.await.expect(409);
                assert_eq!(answer.code(), "Conflict");
                assert_eq!(
                    answer.intune_message(),
                    "The upload is final: every one of its devices is complete or failed."
                );
            }
            assert_eq!(app.get(&url).await.expect(200).entities(), before);
        }
    }
}

/// A declared status closes nothing: only devices make an upload final.
#[tokio::test]
async fn adds_to_an_upload_that_is_declared_complete() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let id =
            app.post(&format!("{root}/{UPLOADS}"), &json!({ "status": "complete" })).await.expect(201).id();
        app.post(&format!("{root}/{UPLOADS}/{id}/deviceIdentities"), &bare(root, "")).await.expect(201);
    }
}

#[tokio::test]
async fn removes_one() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let url = upload(&app, root, &[bare("1", ""), bare("2", "")]).await;
        let ids = app.get(&url).await.expect(200).each("id");
        let deleted = app.delete(&format!("{url}/{}", ids[0])).await.expect(204);
        assert_eq!(deleted.text, "");
        app.get(&format!("{url}/{}", ids[0])).await.expect(404);
        app.get(&format!("{root}/{IMPORTED}/{}", ids[0])).await.expect(404);
        app.delete(&format!("{url}/{}", ids[0])).await.expect(404);
        assert_eq!(app.get(&url).await.expect(200).each("id"), ids[1..]);
    }
}
