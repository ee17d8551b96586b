//! `DELETE …Uploads/{id}`

use serde_json::json;

use crate::coverage::Route;
use crate::support::{TestApp, bare};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

pub const ROUTES: &[Route] =
    &[Route::delete("importedWindowsAutopilotDeviceIdentityUploads/{upload}").users_only()];

#[tokio::test]
async fn answers_nothing_and_it_is_gone() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let id = app.post(&format!("{root}/{UPLOADS}"), &json!({})).await.expect(201).id();
        let kept = app.post(&format!("{root}/{UPLOADS}"), &json!({})).await.expect(201).id();
        let url = format!("{root}/{UPLOADS}/{id}");
        let deleted = app.delete(&url).await.expect(204);
        assert_eq!((deleted.text.as_str(), deleted.header("content-type")), ("", ""));
        deleted.assert_common_headers();
        app.get(&url).await.expect(404);
        app.delete(&url).await.expect(404);
        app.get(&format!("{root}/{UPLOADS}/{kept}")).await.expect(200);
    }
}

/// The records of an upload go with it; the devices that they registered stay, and so do the others' records.
#[tokio::test]
async fn takes_the_records_and_leaves_the_devices() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let alone = app
            .post(&format!("{root}/{IMPORTED}"), &bare(&format!("{root}-alone"), ""))
            .await
            .expect(201)
            .id();
        let body =
            json!({ "deviceIdentities": [bare(&format!("{root}-1"), ""), bare(&format!("{root}-2"), "")] });
        let url = format!(
            "{root}/{UPLOADS}/{}",
            app.post(&format!("{root}/{UPLOADS}"), &body).await.expect(201).id()
        );
        app.settled().await;
        let records = app.get(&format!("{url}/deviceIdentities")).await.expect(200);
        app.delete(&url).await.expect(204);

        for record in records.entities() {
            let id = record["id"].as_str().unwrap();
            app.get(&format!("{root}/{IMPORTED}/{id}")).await.expect(404);
            let registered = record["state"]["deviceRegistrationId"].as_str().unwrap();
            app.get(&format!("{root}/{DEVICES}/{registered}")).await.expect(200);
        }
        app.get(&format!("{url}/deviceIdentities")).await.expect(404);
        app.get(&format!("{root}/{IMPORTED}/{alone}")).await.expect(200);
    }
}

/// With devices under way: they are not imported any more.
#[tokio::test]
async fn ends_what_is_under_way() {
    let app = TestApp::start().await;
    app.hold_imports();
    let url = format!("{}/{UPLOADS}", ROOTS[1]);
    let body = json!({ "deviceIdentities": [bare("1", "")] });
    let id = app.post(&url, &body).await.expect(201).id();
    app.delete(&format!("{url}/{id}")).await.expect(204);
    app.release_imports();
    // What comes later is done, so the worker has been round.
    app.post(&format!("{}/{IMPORTED}", ROOTS[1]), &bare("2", "")).await.expect(201);
    app.settled().await;
    let devices = app.get(&format!("{}/{DEVICES}", ROOTS[1])).await.expect(200);
    assert_eq!(devices.each("serialNumber"), ["2"]);
}
