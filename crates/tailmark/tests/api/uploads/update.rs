//! `PATCH …Uploads/{id}`

use serde_json::json;

use crate::coverage::Route;
use crate::support::{TestApp, bare, names};
use crate::{JSON, ROOTS, UPLOADS};

pub const ROUTES: &[Route] =
    &[Route::patch("importedWindowsAutopilotDeviceIdentityUploads/{upload}", "{\"status\":\"complete\"}")
        .users_only()];

#[tokio::test]
async fn answers_the_changed_upload() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let url = format!("{root}/{UPLOADS}");
        let created =
            app.post(&url, &json!({ "createdDateTimeUtc": "2024-01-01T00:00:00Z" })).await.expect(201);
        let url = format!("{url}/{}", created.id());
        let body = json!({
            "@odata.type": "#microsoft.graph.importedWindowsAutopilotDeviceIdentityUpload",
            "createdDateTimeUtc": "2025-06-01T08:30:00.5+02:00",
            "status": "complete",
        });
        let changed = app.patch(&url, &body).await.expect(200);
        let members = ["@odata.context", "@odata.type", "id", "createdDateTimeUtc", "status"];
        assert_eq!(names(&changed.json()), members, "at the root");
        assert_eq!(changed.json()["id"], created.id());
        assert_eq!(changed.json()["createdDateTimeUtc"], "2025-06-01T08:30:00.5+02:00");
        assert_eq!(changed.json()["status"], "complete");
        assert_eq!(changed.header("content-type"), JSON);
        changed.assert_common_headers();
        let found = app.get(&url).header("prefer", "envelope=bare").await.expect(200);
        assert_eq!(found.json(), changed.json());
    }
}

/// What is not named stays.
#[tokio::test]
async fn leaves_the_rest() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let url = format!("{root}/{UPLOADS}");
        let body = json!({ "createdDateTimeUtc": "2024-01-01T00:00:00-05:00", "status": "pending" });
        let before = app.post(&url, &body).await.expect(201).json();
        let url = format!("{url}/{}", before["id"].as_str().unwrap());
        for nothing in [json!({}), json!({ "id": "other" })] {
            assert_eq!(app.patch(&url, &nothing).await.expect(200).json(), before);
        }
        let status = app.patch(&url, &json!({ "status": "error" })).await.expect(200).json();
        assert_eq!(status["createdDateTimeUtc"], before["createdDateTimeUtc"]);
        let created = json!({ "createdDateTimeUtc": "2023-01-01T00:00:00Z" });
        assert_eq!(app.patch(&url, &created).await.expect(200).json()["status"], "error");
    }
}

/// From the first device on the status is theirs; what is sent is checked all the same.
#[tokio::test]
async fn cannot_declare_a_status_against_the_devices() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let body = json!({ "deviceIdentities": [bare(root, "")] });
        let id = app.post(&format!("{root}/{UPLOADS}"), &body).await.expect(201).id();
        app.settled().await;
        let url = format!("{root}/{UPLOADS}/{id}");
        assert_eq!(
            app.patch(&url, &json!({ "status": "pending" })).await.expect(200).json()["status"],
            "complete"
        );
        app.patch(&url, &json!({ "status": "done" })).await.expect(400);
    }
}

#[tokio::test]
async fn refuses_what_does_not_fit() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let id = app.post(&format!("{root}/{UPLOADS}"), &json!({})).await.expect(201).id();
        let url = format!("{root}/{UPLOADS}/{id}");
        let before = app.everything().await;
        for (body, target) in [
            (json!({ "status": null }), "status"),
            (json!({ "status": "done" }), "status"),
            (json!({ "createdDateTimeUtc": null }), "createdDateTimeUtc"),
            (json!({ "createdDateTimeUtc": "yesterday" }), "createdDateTimeUtc"),
            (json!({ "deviceIdentities": [bare("1", "")] }), "deviceIdentities"),
            (json!({ "colour": "red" }), "colour"),
            (json!({ "status": "complete", "@odata.type": "#microsoft.graph.user" }), "@odata.type"),
        ] {
            let answer = app.patch(&url, &body).await.expect(400);
            answer.assert_is_error();
            assert_eq!(answer.target(), target, "{}", answer.text);
        }
        assert_eq!(app.everything().await, before);
    }
}
