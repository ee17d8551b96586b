//! `DELETE importedWindowsAutopilotDeviceIdentities/{id}`

use serde_json::json;

use crate::coverage::Route;
use crate::support::{TestApp, bare};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

pub const ROUTES: &[Route] = &[Route::delete("importedWindowsAutopilotDeviceIdentities/{record}")];

/// As clients do once they have read the result: the registered device stays.
#[tokio::test]
async fn leaves_the_device() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let url = format!("{root}/{IMPORTED}");
        let id = app.post(&url, &bare(root, "")).await.expect(201).id();
        app.settled().await;
        let record = app.get(&format!("{url}/{id}")).await.expect(200).json();
        let deleted = app.delete(&format!("{url}/{id}")).await.expect(204);
        assert_eq!((deleted.text.as_str(), deleted.header("content-type")), ("", ""));
        deleted.assert_common_headers();
        app.get(&format!("{url}/{id}")).await.expect(404);
        app.delete(&format!("{url}/{id}")).await.expect(404);
        let device = record["state"]["deviceRegistrationId"].as_str().unwrap();
        app.get(&format!("{root}/{DEVICES}/{device}")).await.expect(200);
    }
}

/// A record that is deleted before its turn is not imported.
#[tokio::test]
async fn ends_the_import() {
    let app = TestApp::start().await;
    app.hold_imports();
    let url = format!("{}/{IMPORTED}", ROOTS[1]);
    let id = app.post(&url, &bare("1", "")).await.expect(201).id();
    app.post(&url, &bare("2", "")).await.expect(201);
    app.delete(&format!("{url}/{id}")).await.expect(204);
    app.release_imports();
    app.settled().await;
    let devices = app.get(&format!("{}/{DEVICES}", ROOTS[1])).await.expect(200);
    assert_eq!(devices.each("serialNumber"), ["2"]);
}

/// A record of an upload is one of the tenant's records, too.
#[tokio::test]
async fn reaches_the_records_of_uploads() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let body = json!({ "deviceIdentities": [bare("1", ""), bare("2", "")] });
        let upload = app.post(&format!("{root}/{UPLOADS}"), &body).await.expect(201).id();
        let url = format!("{root}/{UPLOADS}/{upload}/deviceIdentities");
        let ids = app.get(&url).await.expect(200).each("id");
        app.delete(&format!("{root}/{IMPORTED}/{}", ids[0])).await.expect(204);
        assert_eq!(app.get(&url).await.expect(200).each("id"), ids[1..]);
    }
}

/// Clients send headers that mean nothing here.
#[tokio::test]
async fn takes_the_headers_of_clients() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let id = app.post(&format!("{root}/{IMPORTED}"), &bare("1", "")).await.expect(201).id();
        let url = format!("{root}/{IMPORTED}/{id}");
        app.get(&url).header("content-type", "application/json").await.expect(200);
        let ask = app.delete(&url).header("content-type", "application/json").header("accept", "*/*");
        ask.header("odata-maxversion", "4.0").header("consistencylevel", "eventual").await.expect(204);
    }
}
