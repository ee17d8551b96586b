//! `GET …Uploads`

use serde_json::json;

use crate::coverage::Route;
use crate::support::{TestApp, bare};
use crate::{JSON, ROOTS, UPLOADS};

pub const ROUTES: &[Route] = &[
    Route::get("importedWindowsAutopilotDeviceIdentityUploads").users_only(),
    Route::get("importedWindowsAutopilotDeviceIdentityUploads/$count").users_only(),
];

#[tokio::test]
async fn is_empty_at_first() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let list = app.get(&format!("{root}/{UPLOADS}")).await.expect(200);
        assert_eq!(
            list.text,
            format!(
                "{{\"@odata.context\":\"{}{}/$metadata#deviceManagement/{UPLOADS}\",\"value\":[]}}",
                app.base,
                root.trim_end_matches("/deviceManagement")
            )
        );
        list.assert_common_headers();
        assert_eq!(list.header("content-type"), JSON);
        assert_eq!(list.header("odata-version"), "4.0");
    }
}

#[tokio::test]
async fn has_every_upload_in_the_order_of_creation() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let url = format!("{root}/{UPLOADS}");
        app.post(&url, &json!({ "createdDateTimeUtc": "2030-01-01T00:00:00Z" })).await.expect(201);
        let body =
            json!({ "createdDateTimeUtc": "2020-01-01T00:00:00Z", "deviceIdentities": [bare("1", "")] });
        app.post(&url, &body).await.expect(201);
    }
    let list = app.get(&format!("{}/{UPLOADS}", ROOTS[1])).await.expect(200);
    insta::assert_snapshot!(list.shown(), @r##"
    {
      "@odata.context": "{base}/beta/$metadata#deviceManagement/importedWindowsAutopilotDeviceIdentityUploads",
      "value": [
        {
          "@odata.type": "#microsoft.graph.importedWindowsAutopilotDeviceIdentityUpload",
          "id": "<id 1>",
          "createdDateTimeUtc": "2030-01-01T00:00:00Z",
          "status": "noUpload"
        },
        {
          "@odata.type": "#microsoft.graph.importedWindowsAutopilotDeviceIdentityUpload",
          "id": "<id 2>",
          "createdDateTimeUtc": "2020-01-01T00:00:00Z",
          "status": "pending"
        },
        {
          "@odata.type": "#microsoft.graph.importedWindowsAutopilotDeviceIdentityUpload",
          "id": "<id 3>",
          "createdDateTimeUtc": "2030-01-01T00:00:00Z",
          "status": "noUpload"
        },
        {
          "@odata.type": "#microsoft.graph.importedWindowsAutopilotDeviceIdentityUpload",
          "id": "<id 4>",
          "createdDateTimeUtc": "2020-01-01T00:00:00Z",
          "status": "pending"
        }
      ]
    }
    "##);
    let other = app.get(&format!("{}/{UPLOADS}", ROOTS[0])).await.expect(200);
    assert_eq!(other.entities(), list.entities(), "both versions list the same");
}

/// The envelope of the published page is that of one upload.
#[tokio::test]
async fn has_no_envelope() {
    let app = TestApp::start().await;
    let url = format!("{}/{UPLOADS}", ROOTS[0]);
    app.post(&url, &json!({})).await.expect(201);
    let plain = app.get(&url).await.expect(200).text;
    for envelope in ["documented", "bare", "both"] {
        let list = app.get(&url).header("prefer", &format!("envelope={envelope}")).await.expect(200);
        assert_eq!(list.text, plain);
    }
}

#[tokio::test]
async fn counts() {
    let app = TestApp::start().await;
    for (number, root) in ROOTS.into_iter().enumerate() {
        let count = app.get(&format!("{root}/{UPLOADS}/$count")).await.expect(200);
        assert_eq!(
            (count.text.as_str(), count.header("content-type")),
            (number.to_string().as_str(), "text/plain;charset=utf-8")
        );
        app.post(&format!("{root}/{UPLOADS}"), &json!({})).await.expect(201);
    }
    let pending = app.get(&format!("{}/{UPLOADS}/$count?$filter=status eq 'pending'", ROOTS[0])).await;
    assert_eq!(pending.expect(200).text, "0");
}
