//! `GET …Uploads/{id}/autopilotDeviceStream`, a read that the reading permission does not open.

use serde_json::json;

use crate::coverage::{Needs, Route};
use crate::support::{TestApp, bare, hash};
use crate::{JSON, ROOTS, UPLOADS};

pub const ROUTES: &[Route] =
    &[Route::get("importedWindowsAutopilotDeviceIdentityUploads/{upload}/autopilotDeviceStream")
        .users_only()
        .needing(Needs::ReadWrite)];

const HEADER: &str = "Device Serial Number,Windows Product ID,Hardware Hash,Group Tag,Assigned User\r\n";

#[tokio::test]
async fn has_the_devices_as_lines() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let devices = json!([
            { "serialNumber": "SN-1", "hardwareIdentifier": hash("SN-1"), "groupTag": "tag",
              "assignedUserPrincipalName": "ann@contoso.example" },
            bare(" a,b\"c ", "PK"),
        ]);
        let body = json!({ "deviceIdentities": devices });
        let id = app.post(&format!("{root}/{UPLOADS}"), &body).await.expect(201).id();
        let url = format!("{root}/{UPLOADS}/{id}/autopilotDeviceStream");
        let stream = app.get(&url).await.expect(200);
        assert_eq!(
            stream.json(),
            json!({
                "@odata.context": format!("{}{}$metadata#Edm.String", app.base, &root[..root.len() - 16]),
                "value": format!(
                    "{HEADER}SN-1,,{},tag,ann@contoso.example\r\n\" a,b\"\"c \",PK,,,\r\n", hash("SN-1")
                ),
            })
        );
        assert_eq!(stream.header("content-type"), JSON);
        assert_eq!(stream.header("odata-version"), "4.0");
        stream.assert_common_headers();
        for name in ["microsoft.graph.autopilotDeviceStream", "autopilotDeviceStream()"] {
            let other = app.get(&url.replace("autopilotDeviceStream", name)).await.expect(200);
            assert_eq!(other.text, stream.text);
        }
        let bare = app.get(&url).header("accept", "application/json;odata.metadata=none").await.expect(200);
        assert_eq!(bare.json(), json!({ "value": stream.json()["value"] }));
    }
}

#[tokio::test]
async fn of_an_empty_upload_is_the_header() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let id = app.post(&format!("{root}/{UPLOADS}"), &json!({})).await.expect(201).id();
        let stream = app.get(&format!("{root}/{UPLOADS}/{id}/autopilotDeviceStream")).await.expect(200);
        assert_eq!(stream.json()["value"], HEADER);
    }
}

#[tokio::test]
async fn is_read_only() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let id = app.post(&format!("{root}/{UPLOADS}"), &json!({})).await.expect(201).id();
        let url = format!("{root}/{UPLOADS}/{id}/autopilotDeviceStream");
        for method in ["POST", "PATCH", "PUT", "DELETE"] {
            let answer = app.ask(method, &url).text("{}").await.expect(400);
            assert_eq!(answer.code(), "No method match route template", "{method}");
            answer.assert_is_error();
        }
    }
}
