//! `POST …Uploads/{id}/deviceIdentities/import`

use serde_json::{Value, json};

use crate::coverage::Route;
use crate::support::{TestApp, bare, hashed};
use crate::{IMPORTED, JSON, ROOTS, UPLOADS};

pub const ROUTES: &[Route] = &[Route::post(
    "importedWindowsAutopilotDeviceIdentityUploads/{upload}/deviceIdentities/import",
    200,
    "{\"importedWindowsAutopilotDeviceIdentities\":[{\"serialNumber\":\"A-1\"}]}",
)
.users_only()];

async fn upload(app: &TestApp, root: &str) -> (String, String) {
    let id = app.post(&format!("{root}/{UPLOADS}"), &json!({})).await.expect(201).id();
    (format!("{root}/{UPLOADS}/{id}/deviceIdentities/import"), id)
}

#[tokio::test]
async fn answers_the_records_as_they_were_sent() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let (url, id) = upload(&app, root).await;
        let devices = [hashed(&format!("{root}-1")), bare(&format!("{root}-2"), "PK")];
        let body = json!({ "importedWindowsAutopilotDeviceIdentities": devices });
        let answer = app.post(&url, &body).await.expect(200);
        answer.assert_common_headers();
        assert_eq!(answer.header("content-type"), JSON);
        assert_eq!(answer.each("serialNumber"), [1, 2].map(|n| format!("{root}-{n}")));
        assert_eq!(answer.each("importId"), [id.as_str(), &id]);
        for device in answer.entities() {
            assert_eq!(device["hardwareIdentifier"], Value::Null, "not handed back");
            assert_eq!(device["state"]["deviceImportStatus"], "unknown");
        }
        let ids = answer.each("id");
        app.settled().await;
        let all = app.get(url.strip_suffix("/import").unwrap()).await.expect(200);
        assert_eq!(all.each("id"), ids);
        let by_import =
            app.get(&format!("{root}/{IMPORTED}?$filter=importId eq '{id}'&$select=id,state")).await;
        assert_eq!(by_import.expect(200).each("id"), ids);
        let status = app.get(&format!("{root}/{UPLOADS}/{id}")).await.expect(200).json();
        assert_eq!(status["value"]["status"], "complete");
    }
}

#[tokio::test]
async fn has_long_names() {
    let app = TestApp::start().await;
    app.hold_imports();
    let body = json!({ "importedWindowsAutopilotDeviceIdentities": [bare("1", "")] });
    for root in ROOTS {
        let (url, _) = upload(&app, root).await;
        for name in ["microsoft.graph.import", "graph.import", "Import", "import()"] {
            app.post(&format!("{}/{name}", url.strip_suffix("/import").unwrap()), &body).await.expect(200);
        }
    }
}

#[tokio::test]
async fn is_all_or_nothing() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let (url, _) = upload(&app, root).await;
        let mut devices: Vec<Value> = (0..9).map(|n| bare(&n.to_string(), "")).collect();
        devices[6] = json!({ "serialNumber": ["6"] });
        let body = json!({ "importedWindowsAutopilotDeviceIdentities": devices });
        let answer = app.post(&url, &body).await.expect(400);
        assert_eq!(answer.target(), "importedWindowsAutopilotDeviceIdentities[6].serialNumber");
        assert_eq!(
            app.get(url.strip_suffix("/import").unwrap()).await.expect(200).entities(),
            Vec::<Value>::new()
        );
    }
}

/// Several requests into one upload: its devices are those of all of them.
#[tokio::test]
async fn adds_to_what_is_there() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let (url, _) = upload(&app, root).await;
        for part in [["1", "2"], ["3", "4"]] {
            let body =
                json!({ "importedWindowsAutopilotDeviceIdentities": part.map(|serial| bare(serial, "")) });
            app.post(&url, &body).await.expect(200);
        }
        let all = app.get(url.strip_suffix("/import").unwrap()).await.expect(200);
        assert_eq!(all.each("serialNumber"), ["1", "2", "3", "4"]);
    }
}
