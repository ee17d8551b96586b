//! `Prefer`: what a client would rather have, and whether it got it.

use serde_json::json;

use crate::support::{TestApp, names};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

#[tokio::test]
async fn pages_are_no_larger_than_preferred() {
    let app = TestApp::start().await;
    let devices: Vec<_> = (0..5).map(|number| json!({ "serialNumber": format!("S-{number}") })).collect();
    let body = json!({ "deviceIdentities": devices });
    let upload = app.post(&format!("{}/{UPLOADS}", ROOTS[0]), &body).await.expect(201).id();
    for root in ROOTS {
        let url = format!("{root}/{IMPORTED}");
        for preference in ["odata.maxpagesize=2", "maxpagesize=2", "Maxpagesize=\"2\", return=minimal"] {
            let page = app.get(&url).header("prefer", preference).await.expect(200);
            assert_eq!(page.entities().len(), 2, "{preference}");
            assert_eq!(page.header("preference-applied"), "odata.maxpagesize=2");
            let next = page.json()["@odata.nextLink"].as_str().unwrap().to_owned();
            assert_eq!(app.get(&next).await.expect(200).entities().len(), 3, "a link carries no header");
        }
        let page = app.get(&format!("{url}?$top=1")).header("prefer", "maxpagesize=2").await.expect(200);
        assert_eq!(page.entities().len(), 1, "the smaller one counts");
        for preference in ["maxpagesize=0", "maxpagesize=-1", "maxpagesize=many", "maxpagesize"] {
            let page = app.get(&url).header("prefer", preference).await.expect(200);
            assert_eq!((page.entities().len(), page.header("preference-applied")), (5, ""), "{preference}");
        }
        let one = app.get(&format!("{root}/{UPLOADS}/{upload}")).header("prefer", "maxpagesize=2").await;
        assert_eq!(one.expect(200).header("preference-applied"), "");
    }
}

#[tokio::test]
async fn writes_show_as_much_as_preferred() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        for (path, body) in
            [(UPLOADS, json!({ "status": "pending" })), (IMPORTED, json!({ "serialNumber": "S" }))]
        {
            let url = format!("{root}/{path}");
            let minimal = app.post(&url, &body).header("prefer", "return=minimal").await.expect(204);
            assert_eq!((minimal.text.as_str(), minimal.header("content-type")), ("", ""));
            assert_eq!(minimal.header("preference-applied"), "return=minimal");
            assert_eq!(minimal.header("odata-entityid"), minimal.header("location"));
            assert_eq!(minimal.header("odata-version"), "4.0");
            app.get(minimal.header("location")).await.expect(200);

            let whole = app.post(&url, &body).header("prefer", "return=representation").await.expect(201);
            assert_eq!(whole.header("preference-applied"), "return=representation");
            assert_eq!(whole.header("odata-entityid"), "");
            assert!(names(&whole.json()).contains(&"id"));
            assert_eq!(app.post(&url, &body).await.expect(201).header("preference-applied"), "");
        }
        let upload = app.post(&format!("{root}/{UPLOADS}"), &json!({})).await.expect(201).id();
        let url = format!("{root}/{UPLOADS}/{upload}");
        let change = json!({ "status": "pending" });
        let minimal = app.patch(&url, &change).header("prefer", "return=minimal").await.expect(204);
        assert_eq!(minimal.header("preference-applied"), "return=minimal");
        assert_eq!(minimal.header("etag"), app.get(&url).await.expect(200).header("etag"));
        assert_eq!(minimal.header("location"), "");
        let whole = app.patch(&url, &change).header("prefer", "return=representation").await.expect(200);
        assert_eq!((whole.id(), whole.header("preference-applied")), (upload, "return=representation"));

        let import = json!({ IMPORTED: [{ "serialNumber": "A" }, { "serialNumber": "B" }] });
        let all = format!("{root}/{IMPORTED}/import");
        let minimal = app.post(&all, &import).header("prefer", "return=minimal").await.expect(204);
        assert_eq!((minimal.text.as_str(), minimal.header("preference-applied")), ("", "return=minimal"));
        // There is nothing to show here in any case.
        let deleted = app.delete(&url).header("prefer", "return=representation").await.expect(204);
        assert_eq!(deleted.header("preference-applied"), "");
    }
}

/// What is not done is not claimed.
#[tokio::test]
async fn other_preferences_are_ignored() {
    let app = TestApp::start().await;
    let url = format!("{}/{DEVICES}", ROOTS[1]);
    for preference in [
        "respond-async",
        "respond-async, wait=10",
        "odata.include-annotations=\"*\"",
        "allow-entityreferences",
        ",,",
        "\"",
    ] {
        let answer = app.get(&url).header("prefer", preference).await.expect(200);
        assert_eq!(answer.header("preference-applied"), "", "{preference}");
        assert_eq!(answer.header("vary"), "Accept, OData-MaxVersion, Prefer");
    }
}
