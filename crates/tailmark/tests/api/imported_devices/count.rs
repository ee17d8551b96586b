//! `GET importedWindowsAutopilotDeviceIdentities/$count`

use serde_json::json;

use crate::coverage::Route;
use crate::support::{TestApp, bare};
use crate::{IMPORTED, ROOTS, UPLOADS};

pub const ROUTES: &[Route] = &[Route::get("importedWindowsAutopilotDeviceIdentities/$count")];

#[tokio::test]
async fn is_a_plain_number() {
    let app = TestApp::start().await;
    app.hold_imports();
    let body = json!({ "deviceIdentities": [bare("1", ""), bare("2", "")] });
    let upload = app.post(&format!("{}/{UPLOADS}", ROOTS[0]), &body).await.expect(201).id();
    app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &bare("3", "")).await.expect(201);
    for root in ROOTS {
        let count = app.get(&format!("{root}/{IMPORTED}/$count")).await.expect(200);
        assert_eq!(count.text, "3");
        assert_eq!(count.header("content-type"), "text/plain;charset=utf-8");
        assert_eq!(count.header("odata-version"), "4.0");
        count.assert_common_headers();
        let of_upload = app.get(&format!("{root}/{UPLOADS}/{upload}/deviceIdentities/$count")).await;
        assert_eq!(of_upload.expect(200).text, "2");
    }
}

/// Filters count; paging, order and shape do not.
#[tokio::test]
async fn is_of_what_matches() {
    let app = TestApp::start().await;
    app.hold_imports();
    for serial in ["A1", "A2", "B1"] {
        app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &bare(serial, "")).await.expect(201);
    }
    for root in ROOTS {
        for (query, count) in [
            ("?$filter=startswith(serialNumber,'A')", "2"),
            ("?$filter=serialNumber eq 'C'", "0"),
            ("?$top=1", "3"),
            ("?$skip=2", "3"),
            ("?$top=1&$skip=1&$orderby=serialNumber&$select=id&$filter=contains(serialNumber,'1')", "2"),
        ] {
            let url = format!("{root}/{IMPORTED}/$count{query}");
            assert_eq!(app.get(&url).await.expect(200).text, count, "{query}");
        }
    }
}

/// Clients that ask for JSON everywhere get the number all the same.
#[tokio::test]
async fn is_plain_text_whatever_is_accepted() {
    let app = TestApp::start().await;
    let url = format!("{}/{IMPORTED}/$count", ROOTS[0]);
    for accept in ["text/plain", "*/*", "application/json", "text/*, application/json;q=0.1"] {
        let count = app.get(&url).header("accept", accept).await.expect(200);
        assert_eq!((count.text.as_str(), count.header("content-type")), ("0", "text/plain;charset=utf-8"));
    }
    app.get(&url).header("accept", "image/png").await.expect(406).assert_is_error();
}
