//! The manners of Graph and those of the standard: what differs between the two profiles, and `POST …/$query`.

use serde_json::json;
use tailmark::config::compat::ProfileName;

use crate::support::{Answer, Caller, TestApp, names};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

async fn odata() -> TestApp {
    TestApp::with(|config| config.compat.profile = ProfileName::Odata).await
}

/// The standard's form of an error (OData JSON Format 4.01 §21.1), with everything that goes with it.
#[track_caller]
fn assert_standard(answer: &Answer) {
    let body = answer.json();
    assert_eq!(names(&body), ["error"], "{}", answer.text);
    let members = names(&body["error"]).join(" ");
    assert!(
        ["code message innererror", "code message target innererror"].contains(&members.as_str()),
        "{members}: {}",
        answer.text
    );
    let message = body["error"]["message"].as_str().unwrap();
    assert!(!message.is_empty() && !message.contains("_version"), "{message}");
    assert!(body["error"]["innererror"].get("target").is_none());
    assert_eq!(body["error"]["innererror"]["request-id"], answer.header("request-id"));
    assert_eq!(answer.header("content-language"), "en");
    assert_eq!(answer.header("odata-version"), "4.0");
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test]
async fn errors_are_the_standards() {
    let app = odata().await;
    for root in ROOTS {
        let service = root.trim_end_matches("/deviceManagement");
        for (method, path, status, target) in [
            ("GET", format!("{service}/nothing"), 404, Some("nothing")),
            ("GET", format!("{root}/{UPLOADS}/x/nothing"), 404, Some("nothing")),
            ("PATCH", format!("{root}/{UPLOADS}/x/nothing"), 404, Some("nothing")),
            ("GET", format!("{root}/{UPLOADS}?$filter=nothing eq 1"), 400, Some("nothing")),
            ("GET", format!("{root}/{UPLOADS}?$top=x"), 400, Some("$top")),
            ("GET", format!("{root}/{UPLOADS}?$schemaversion=7"), 404, Some("$schemaversion")),
            ("GET", format!("{root}/{UPLOADS}?$index=1"), 501, Some("$index")),
            ("GET", root.to_string(), 501, None),
            ("PATCH", root.to_string(), 405, None),
            ("GET", format!("{root}/{UPLOADS}/x"), 404, None),
            ("GET", "/v3.0/deviceManagement".to_owned(), 404, None),
            ("PATCH", format!("{root}/{UPLOADS}/x"), 404, None),
            ("POST", format!("{root}/{UPLOADS}/x"), 405, None),
            ("TRACE", format!("{root}/{UPLOADS}/x"), 405, None),
        ] {
            let answer = app.ask(method, &path).text("{}").await;
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
            assert_standard(&answer);
            assert_eq!(answer.json()["error"]["target"].as_str(), target, "{method} {path}");
        }
        assert_standard(&app.get(&format!("{root}/{UPLOADS}")).by_nobody().await.expect(401));
        let refused = app.get(&format!("{root}/{UPLOADS}")).by(&Caller::personal()).await.expect(403);
        assert_standard(&refused);
        assert_eq!(refused.message(), "User is not authorized to perform this operation.");
        assert_eq!(app.get(&format!("{root}/{UPLOADS}/x")).await.message(), "There is no such resource.");
        assert_standard(
            &app.get(&format!("{root}/{UPLOADS}")).header("accept", "text/html").await.expect(406),
        );
        assert_standard(
            &app.get(&format!("{root}/{UPLOADS}")).header("odata-maxversion", "3.0").await.expect(400),
        );
    }
}

/// 405 says what is allowed instead.
#[tokio::test]
async fn what_is_allowed_is_named() {
    let app = odata().await;
    for root in ROOTS {
        let service = root.trim_end_matches("/deviceManagement");
        for (method, path, allow) in [
            ("PUT", format!("{root}/{UPLOADS}"), "GET, HEAD, POST"),
            ("DELETE", format!("{root}/{UPLOADS}"), "GET, HEAD, POST"),
            ("PUT", format!("{root}/{UPLOADS}/x"), "GET, HEAD, PATCH, DELETE"),
            ("POST", format!("{root}/{UPLOADS}/x/status"), "GET, HEAD"),
            ("DELETE", format!("{root}/{UPLOADS}/$count"), "GET, HEAD"),
            ("PATCH", format!("{root}/{UPLOADS}/x/$ref"), "GET, HEAD"),
            ("POST", format!("{root}/{UPLOADS}/x/autopilotDeviceStream"), "GET, HEAD"),
            ("PATCH", format!("{root}/{IMPORTED}/x"), "GET, HEAD, DELETE"),
            ("GET", format!("{root}/{IMPORTED}/import"), "POST"),
            ("PUT", format!("{root}/{DEVICES}"), "GET, HEAD, POST"),
            ("GET", format!("{root}/{DEVICES}/x/assignUserToDevice"), "POST"),
            ("POST", service.to_owned(), "GET, HEAD"),
            ("DELETE", format!("{service}/$metadata"), "GET, HEAD"),
        ] {
            let answer = app.ask(method, &path).text("{}").await;
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text);
            assert_eq!(answer.header("allow"), allow, "{method} {path}");
        }
    }
    // Graph's 400 has no such header.
    let graph = TestApp::start().await;
    let answer = graph.ask("PUT", &format!("{}/{UPLOADS}", ROOTS[0])).text("{}").await.expect(400);
    assert_eq!((answer.header("allow"), answer.header("odata-version")), ("", ""));
}

#[tokio::test]
async fn the_version_is_the_newest_that_both_know() {
    let app = odata().await;
    let url = format!("{}/{UPLOADS}?$count=true", ROOTS[1]);
    for (asked, answered, context) in [
        ("", "4.0", "@odata.context"),
        ("4.0", "4.0", "@odata.context"),
        ("4.01", "4.01", "@context"),
        ("4.9", "4.01", "@context"),
        ("5.0", "4.01", "@context"),
    ] {
        let ask = app.get(&url);
        let ask = if asked.is_empty() { ask } else { ask.header("odata-maxversion", asked) };
        let answer = ask.await.expect(200);
        assert_eq!(answer.header("odata-version"), answered, "{asked}");
        assert_eq!(names(&answer.json())[0], context, "{asked}");
    }
    let error = app.get("/beta/nothing").header("odata-maxversion", "4.01").await.expect(404);
    assert_eq!(error.header("odata-version"), "4.01");
    let graph = TestApp::start().await;
    let answer = graph.get(&url).header("odata-maxversion", "4.01").await.expect(200);
    assert_eq!(answer.header("odata-version"), "4.0");
}

/// `$top` is the whole, not a page of it.
#[tokio::test]
async fn top_is_the_limit() {
    let app = odata().await;
    let devices: Vec<_> = (0..5).map(|number| json!({ "serialNumber": format!("S-{number}") })).collect();
    app.post(&format!("{}/{UPLOADS}", ROOTS[0]), &json!({ "deviceIdentities": devices })).await.expect(201);
    let url = format!("{}/{IMPORTED}?$top=3", ROOTS[0]);
    let all = app.get(&url).await.expect(200);
    assert_eq!((all.entities().len(), all.json().get("@odata.nextLink")), (3, None));
    let page = app.get(&url).header("prefer", "maxpagesize=2").await.expect(200);
    assert_eq!(page.entities().len(), 2);
    let next = page.json()["@odata.nextLink"].as_str().unwrap().to_owned();
    let last = app.get(&next).await.expect(200);
    assert_eq!((last.entities().len(), last.json().get("@odata.nextLink")), (1, None));
}

#[tokio::test]
async fn batches_follow_the_profile() {
    let app = odata().await;
    let body = json!({ "requests": [
        { "id": "a", "method": "get", "url": "/beta/nothing", "headers": { "prefer": "x" } },
        { "id": "A", "method": "get", "url": format!("deviceManagement/{UPLOADS}") },
    ] });
    let answer = app.post("/beta/$batch", &body).await.expect(200);
    let responses = answer.json()["responses"].clone();
    assert_eq!((&responses[0]["status"], &responses[1]["status"]), (&json!(404), &json!(200)));
    assert_eq!(responses[0]["headers"]["content-language"], "en");
    assert!(responses[0]["body"]["error"]["innererror"].is_object(), "{responses}");
}

/// A query that is too long for an address comes in the body.
#[tokio::test]
async fn queries_come_in_bodies() {
    let app = TestApp::start().await;
    let body = json!({ "deviceIdentities": [{ "serialNumber": "S-1" }, { "serialNumber": "S-2" }] });
    app.post(&format!("{}/{UPLOADS}", ROOTS[0]), &body).await.expect(201);
    for root in ROOTS {
        let ask = |path: &str, query: &str| {
            app.ask("POST", &format!("{root}/{path}"))
                .header("content-type", "text/plain")
                .bytes(query.as_bytes())
        };
        let query = "$filter=serialNumber eq 'S-2'&$select=serialNumber";
        let found = ask(&format!("{IMPORTED}/$query"), query).await.expect(200);
        let same = app.get(&format!("{root}/{IMPORTED}?{query}")).await.expect(200);
        assert_eq!(found.text, same.text);
        let long = format!("$filter={}", vec!["serialNumber eq 'S-1'"; 500].join(" or "));
        assert_eq!(ask(&format!("{IMPORTED}/%24query"), &long).await.expect(200).entities().len(), 1);
        let both = ask(&format!("{IMPORTED}/$query?$top=1"), "$count=true").await.expect(200);
        assert_eq!((both.entities().len(), &both.json()["@odata.count"]), (1, &json!(2)));
        assert!(!both.json()["@odata.nextLink"].as_str().unwrap().contains("$query"));
        assert_eq!(ask(&format!("{IMPORTED}/$query"), "").await.expect(200).entities().len(), 2);
        assert_eq!(ask(&format!("{IMPORTED}/$count/$query"), "$filter=false").await.expect(200).text, "0");

        ask(&format!("{IMPORTED}/$query"), "$filter=(").await.expect(400).assert_is_error();
        ask(&format!("{IMPORTED}/$query?$top=1"), "$top=2").await.expect(400).assert_is_error();
        app.post(&format!("{root}/{IMPORTED}/$query"), &json!({})).await.expect(415).assert_is_error();
        ask(&format!("{IMPORTED}/$query"), "").by(&Caller::user(&["User.Read"])).await.expect(403);
        let url = format!("{root}/{IMPORTED}/$query");
        let bytes = app.ask("POST", &url).header("content-type", "text/plain").bytes(&[0xff]);
        bytes.await.expect(400).assert_is_error();
    }
}
