//! `GET importedWindowsAutopilotDeviceIdentities/{id}`

use serde_json::json;

use crate::coverage::Route;
use crate::support::{Caller, FABRIKAM, TestApp, hash, hashed, names};
use crate::{IMPORTED, JSON, ROOTS};

pub const ROUTES: &[Route] = &[Route::get("importedWindowsAutopilotDeviceIdentities/{record}")];

#[tokio::test]
async fn is_at_the_root_of_the_json() {
    let app = TestApp::start().await;
    let id = app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &hashed("SN-1")).await.expect(201).id();
    app.settled().await;
    for root in ROOTS {
        let found = app.get(&format!("{root}/{IMPORTED}/{id}")).await.expect(200);
        insta::allow_duplicates! {
            let shown = found.shown().replace("v1.0", "beta").replace(&hash("SN-1"), "{hash}");
            insta::assert_snapshot!(shown, @r##"
            {
              "@odata.context": "{base}/beta/$metadata#deviceManagement/importedWindowsAutopilotDeviceIdentities/$entity",
              "id": "<id 1>",
              "groupTag": "",
              "serialNumber": "SN-1",
              "productKey": "",
              "importId": "<id 1>",
              "hardwareIdentifier": "{hash}",
              "state": {
                "deviceImportStatus": "complete",
                "deviceRegistrationId": "<id 2>",
                "deviceErrorCode": 0,
                "deviceErrorName": "None"
              },
              "assignedUserPrincipalName": ""
            }
            "##);
        }
        assert_eq!(found.header("content-type"), JSON);
        assert_eq!(found.header("odata-version"), "4.0");
        found.assert_common_headers();
        let other = app.get(&format!("{root}/{IMPORTED}('{id}')")).await.expect(200);
        assert_eq!(other.text, found.text);
        let preferring =
            app.get(&format!("{root}/{IMPORTED}/{id}")).header("prefer", "envelope=documented").await;
        assert_eq!(preferring.expect(200).text, found.text, "the envelope is the uploads' alone");
    }
}

/// `?$select=id,state`, which clients poll with.
#[tokio::test]
async fn is_polled() {
    let app = TestApp::start().await;
    let id = app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &hashed("SN-1")).await.expect(201).id();
    app.settled().await;
    for root in ROOTS {
        let found = app.get(&format!("{root}/{IMPORTED}/{id}?$select=id,state")).await.expect(200).json();
        assert_eq!(names(&found), ["@odata.context", "id", "state"]);
        assert!(
            found["@odata.context"].as_str().unwrap().ends_with(&format!("{IMPORTED}(id,state)/$entity"))
        );
        assert_eq!(found["state"]["deviceImportStatus"], "complete");
    }
}

/// Every text comes back as it was sent: no trimming, no folding, no normalising.
#[tokio::test]
async fn texts_come_back_byte_by_byte() {
    let app = TestApp::start().await;
    app.hold_imports();
    let texts = [
        "",
        " ",
        "  both ends  ",
        "\ttab\r\nlines\u{b}",
        "ÄÖÜß",
        "e\u{301} \u{e9}",
        "İıſK",
        "\u{feff}bom",
        "𝕊𝔼ℝ𝕀𝔸𝕃",
        "'quoted' \"twice\" \\n",
        "100%_*",
        "null",
        "<b>&amp;</b>",
        "\u{200b}\u{202e}",
        "\u{1}\u{7f}\u{85}",
        "'; DROP TABLE devices; --",
        "=cmd|' /C calc'!A0",
    ];
    for root in ROOTS {
        for text in texts {
            let body = json!({
                "serialNumber": text, "productKey": text, "groupTag": text, "assignedUserPrincipalName": text,
                "importId": text,
            });
            let created = app.post(&format!("{root}/{IMPORTED}"), &body).await.expect(201);
            let found = app.get(&format!("{root}/{IMPORTED}/{}", created.id())).await.expect(200).json();
            for member in ["serialNumber", "productKey", "groupTag", "assignedUserPrincipalName"] {
                assert_eq!(found[member], text, "{member}");
                assert_eq!(created.json()[member], text, "{member}");
            }
            let import_id = if text.is_empty() { created.id() } else { text.to_owned() };
            assert_eq!(found["importId"], import_id);
        }
    }
}

#[tokio::test]
async fn is_the_tenants_own() {
    let app = TestApp::start().await;
    let url = format!("{}/{IMPORTED}", ROOTS[0]);
    let id = app.post(&url, &hashed("SN-1")).await.expect(201).id();
    app.get(&format!("{url}/{id}")).by(&Caller::reader().of(FABRIKAM)).await.expect(404);
    app.get(&format!("{url}/{id}")).by(&Caller::reader()).await.expect(200);
}
