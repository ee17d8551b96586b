//! `GET …Uploads/{id}`, whose published page shows the upload under a member `value`.

use serde_json::{Value, json};
use tailmark::config::compat::UploadEnvelope;

use crate::coverage::Route;
use crate::support::{Caller, FABRIKAM, TestApp, bare, names};
use crate::{JSON, ROOTS, UPLOADS};

pub const ROUTES: &[Route] =
    &[Route::get("importedWindowsAutopilotDeviceIdentityUploads/{upload}").users_only()];

const MEMBERS: [&str; 4] = ["@odata.type", "id", "createdDateTimeUtc", "status"];

async fn upload(app: &TestApp) -> String {
    let body = json!({ "createdDateTimeUtc": "2024-02-29T12:00:00Z", "status": "pending" });
    app.post(&format!("{}/{UPLOADS}", ROOTS[1]), &body).await.expect(201).id()
}

#[tokio::test]
async fn answers_as_its_page_shows() {
    let app = TestApp::start().await;
    let id = upload(&app).await;
    let beta = app.get(&format!("{}/{UPLOADS}/{id}", ROOTS[1])).await.expect(200);
    insta::assert_snapshot!(beta.shown(), @r##"
    {
      "@odata.context": "{base}/beta/$metadata#deviceManagement/importedWindowsAutopilotDeviceIdentityUploads/$entity",
      "value": {
        "@odata.type": "#microsoft.graph.importedWindowsAutopilotDeviceIdentityUpload",
        "id": "<id 1>",
        "createdDateTimeUtc": "2024-02-29T12:00:00Z",
        "status": "pending"
      }
    }
    "##);
    beta.assert_common_headers();
    assert_eq!(beta.header("content-type"), JSON);
    assert_eq!(beta.header("odata-version"), "4.0");
    assert_eq!(beta.header("preference-applied"), "");
    let v1 = app.get(&format!("{}/{UPLOADS}/{id}", ROOTS[0])).await.expect(200);
    assert_eq!(v1.text, beta.text.replace("/beta/", "/v1.0/"));
}

/// One entity, however its address is written.
#[tokio::test]
async fn has_many_addresses() {
    let app = TestApp::start().await;
    let id = upload(&app).await;
    let plain = app.get(&format!("/beta/deviceManagement/{UPLOADS}/{id}")).await.expect(200).text;
    for url in [
        format!("/beta/deviceManagement/{UPLOADS}('{id}')"),
        format!("/beta/deviceManagement/{UPLOADS}(id='{id}')"),
        format!("/beta/deviceManagement/{UPLOADS}(%27{id}%27)"),
        format!("/beta/deviceManagement/{UPLOADS}/{id}/"),
        format!("/beta/devicemanagement/{}/{id}", UPLOADS.to_lowercase()),
        format!("/BETA/DeviceManagement/{UPLOADS}/{id}"),
    ] {
        assert_eq!(app.get(&url).await.expect(200).text, plain, "{url}");
    }
}

#[tokio::test]
async fn the_envelope_is_as_preferred() {
    let app = TestApp::start().await;
    let id = upload(&app).await;
    for root in ROOTS {
        let url = format!("{root}/{UPLOADS}/{id}");
        for (preference, envelope, members) in [
            ("envelope=documented", "documented", vec!["@odata.context", "value"]),
            ("envelope=bare", "bare", [&["@odata.context"], MEMBERS.as_slice()].concat()),
            ("envelope=both", "both", [&["@odata.context"], MEMBERS.as_slice(), &["value"]].concat()),
            ("Envelope=\"bare\"", "bare", [&["@odata.context"], MEMBERS.as_slice()].concat()),
            ("return=minimal, envelope=bare", "bare", [&["@odata.context"], MEMBERS.as_slice()].concat()),
        ] {
            let answer = app.get(&url).header("prefer", preference).await.expect(200);
            let body = answer.json();
            assert_eq!(names(&body), members, "{preference}");
            assert_eq!(answer.header("preference-applied"), format!("envelope={envelope}"), "{preference}");
            if envelope != "bare" {
                assert_eq!(names(&body["value"]), MEMBERS, "{preference}");
            }
            if envelope == "both" {
                assert_eq!(body["value"]["id"], body["id"]);
            }
        }
        for preference in ["envelope=other", "envelope", "respond-async"] {
            let answer = app.get(&url).header("prefer", preference).await.expect(200);
            assert_eq!(names(&answer.json()), ["@odata.context", "value"], "{preference}");
            assert_eq!(answer.header("preference-applied"), "", "{preference}");
        }
    }
}

#[tokio::test]
async fn the_envelope_is_as_configured() {
    for (setting, members) in [
        (UploadEnvelope::Bare, [&["@odata.context"], MEMBERS.as_slice()].concat()),
        (UploadEnvelope::Both, [&["@odata.context"], MEMBERS.as_slice(), &["value"]].concat()),
    ] {
        let app = TestApp::with(|config| config.compat.upload_envelope = setting).await;
        let url = format!("{}/{UPLOADS}/{}", ROOTS[1], upload(&app).await);
        assert_eq!(names(&app.get(&url).await.expect(200).json()), members);
        let documented = app.get(&url).header("prefer", "envelope=documented").await.expect(200).json();
        assert_eq!(names(&documented), ["@odata.context", "value"]);
    }
}

#[tokio::test]
async fn selects_inside_the_envelope() {
    let app = TestApp::start().await;
    let url = format!("{}/{UPLOADS}/{}", ROOTS[1], upload(&app).await);
    let answer = app.get(&format!("{url}?$select=status,id")).await.expect(200);
    insta::assert_snapshot!(answer.shown(), @r##"
    {
      "@odata.context": "{base}/beta/$metadata#deviceManagement/importedWindowsAutopilotDeviceIdentityUploads(status,id)/$entity",
      "value": {
        "@odata.type": "#microsoft.graph.importedWindowsAutopilotDeviceIdentityUpload",
        "id": "<id 1>",
        "status": "pending"
      }
    }
    "##);
}

/// `odata.metadata=none` leaves out everything that begins with `@odata`, but the links.
#[tokio::test]
async fn without_metadata() {
    let app = TestApp::start().await;
    let url = format!("{}/{UPLOADS}/{}", ROOTS[0], upload(&app).await);
    let answer = app.get(&url).header("accept", "application/json;odata.metadata=none").await.expect(200);
    assert_eq!(names(&answer.json()), ["value"]);
    assert_eq!(names(&answer.json()["value"]), ["id", "createdDateTimeUtc", "status"]);
    assert!(answer.header("content-type").contains("odata.metadata=none"), "{answer:?}");
}

#[tokio::test]
async fn head_has_the_headers_of_get() {
    let app = TestApp::start().await;
    let url = format!("{}/{UPLOADS}/{}", ROOTS[0], upload(&app).await);
    let (get, head) = (app.get(&url).await.expect(200), app.ask("HEAD", &url).await.expect(200));
    assert_eq!(head.text, "");
    for name in ["content-type", "odata-version", "cache-control"] {
        assert_eq!(head.header(name), get.header(name));
    }
    app.ask("HEAD", &format!("{url}x")).await.expect(404);
}

/// A status of its own while the upload has no devices, theirs from the first one on.
#[tokio::test]
async fn status_follows_the_devices() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let serials = ["A", "B"].map(|serial| format!("{root}{serial}"));
        let url = format!("{root}/{UPLOADS}/{}", upload(&app).await);
        let status = async || app.get(&url).await.expect(200).json()["value"]["status"].clone();
        assert_eq!(status().await, "pending");
        app.patch(&url, &json!({ "status": "error" })).await.expect(200);
        assert_eq!(status().await, "error");

        let added =
            app.post(&format!("{url}/deviceIdentities"), &bare(&serials[0], "")).await.expect(201).id();
        app.post(&format!("{url}/deviceIdentities"), &bare(&serials[1], "")).await.expect(201);
        assert_eq!(status().await, "pending", "a device is under way");
        app.patch(&url, &json!({ "status": "noUpload" })).await.expect(200);
        assert_eq!(status().await, "pending", "what is declared does not count any more");

        app.release_imports();
        app.settled().await;
        assert_eq!(status().await, "complete");
        app.delete(&format!("{url}/deviceIdentities/{added}")).await.expect(204);
        assert_eq!(status().await, "complete");
        app.hold_imports();
    }
}

#[tokio::test]
async fn status_is_error_when_a_device_failed() {
    let app = TestApp::start().await;
    let body: Value = json!({ "deviceIdentities": [bare("GOOD", ""), bare("", "")] });
    let id = app.post(&format!("{}/{UPLOADS}", ROOTS[1]), &body).await.expect(201).id();
    app.settled().await;
    for root in ROOTS {
        let upload = app.get(&format!("{root}/{UPLOADS}/{id}")).await.expect(200).json();
        assert_eq!(upload["value"]["status"], "error");
    }
}

#[tokio::test]
async fn is_the_tenants_own() {
    let app = TestApp::start().await;
    let url = format!("{}/{UPLOADS}/{}", ROOTS[0], upload(&app).await);
    app.get(&url).by(&Caller::reader().of(FABRIKAM)).await.expect(404);
    app.get(&url).by(&Caller::reader()).await.expect(200);
}
