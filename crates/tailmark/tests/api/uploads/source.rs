//! `/_tailmark/uploads/{id}/source`: from which file and lines an upload came. No route of the model.

use autopilot::model::{READ, READ_WRITE};
use serde_json::{Map, Value, json};

use crate::support::{Ask, Caller, FABRIKAM, TestApp, bare};
use crate::{ROOTS, UPLOADS};

/// An upload of devices with these serial numbers, and the address of its source.
async fn uploaded(app: &TestApp, serial_numbers: &[&str]) -> String {
    let devices: Vec<Value> = serial_numbers.iter().map(|serial| bare(serial, "")).collect();
    let body = json!({ "deviceIdentities": devices });
    let upload = app.post(&format!("{}/{UPLOADS}", ROOTS[1]), &body).await.expect(201);
    address(&upload.id())
}

fn address(upload: &str) -> String {
    format!("/_tailmark/uploads/{upload}/source")
}

fn put<'a>(app: &'a TestApp, url: &str, body: &Value) -> Ask<'a> {
    app.ask("PUT", url).json(body)
}

fn laptops() -> Value {
    json!({ "fileName": "laptops.csv", "lines": { "A": 2, "B": 17 } })
}

#[tokio::test]
async fn what_was_said_is_answered_until_the_upload_goes() {
    let app = TestApp::start().await;
    let url = uploaded(&app, &["A", "B"]).await;
    app.get(&url).await.expect(404).assert_is_error();
    let done = put(&app, &url, &laptops()).await.expect(204);
    assert_eq!((done.text.as_str(), done.header("content-type")), ("", ""));
    done.assert_common_headers();
    let found = app.get(&url).await.expect(200);
    assert_eq!(found.text, laptops().to_string(), "compact, and nothing else");
    assert_eq!(found.header("content-type"), "application/json");
    found.assert_common_headers();
    for query in ["?$select=fileName", "?%24select=fileName"] {
        let name = app.get(&format!("{url}{query}")).await.expect(200);
        assert_eq!(name.json(), json!({ "fileName": "laptops.csv" }));
    }
    let head = app.ask("HEAD", &url).await.expect(200);
    assert_eq!((head.text.as_str(), head.header("content-length")), ("", &*found.text.len().to_string()));

    // It is said anew as a whole, with another order of members and nothing of an earlier line.
    put(&app, &url, &json!({ "lines": {}, "fileName": "" })).await.expect(204);
    assert_eq!(app.get(&url).await.expect(200).json(), json!({ "fileName": "", "lines": {} }));

    // Nothing of it is in the upload, and it is no new version of it.
    let upload = url.replace("/_tailmark/uploads", &format!("{}/{UPLOADS}", ROOTS[1]));
    let upload = upload.trim_end_matches("/source");
    let before = app.get(upload).await.expect(200);
    assert!(!before.text.contains("ource"), "{}", before.text);
    put(&app, &url, &laptops()).await.expect(204);
    assert_eq!(app.get(upload).await.expect(200).header("etag"), before.header("etag"));

    app.delete(upload).await.expect(204);
    app.get(&url).await.expect(404);
    put(&app, &url, &laptops()).await.expect(404).assert_is_error();
}

#[tokio::test]
async fn the_permissions_and_the_tenant_are_the_uploads() {
    let app = TestApp::start().await;
    let url = uploaded(&app, &["A", "B"]).await;
    put(&app, &url, &laptops()).await.expect(204);
    let (user, application) = (Caller::user, Caller::application);
    for (caller, read, write) in [
        (user(&[READ_WRITE]), 200, 204),
        (user(&[READ]), 200, 403),
        (user(&["openid"]), 403, 403),
        // Applications by themselves have no uploads.
        (application(&[READ_WRITE]), 403, 403),
        (Caller::personal(), 403, 403),
        (Caller::writer().of(FABRIKAM), 404, 404),
    ] {
        assert_eq!(app.get(&url).by(&caller).await.status, read, "{caller:?}");
        assert_eq!(app.get(&format!("{url}?$select=fileName")).by(&caller).await.status, read, "{caller:?}");
        let answer = put(&app, &url, &laptops()).by(&caller).await;
        assert_eq!(answer.status, write, "{caller:?}: {answer:?}");
    }
    for answer in [app.get(&url).by_nobody().await, put(&app, &url, &laptops()).by_nobody().await] {
        answer.expect(401).assert_is_error();
    }
}

#[tokio::test]
async fn addresses_methods_and_options() {
    let app = TestApp::start().await;
    let url = uploaded(&app, &["A", "B"]).await;
    for method in ["POST", "PATCH", "DELETE", "QUERY", "OPTIONS"] {
        let refused = app.ask(method, &url).await.expect(405);
        refused.assert_is_error();
        assert_eq!(refused.header("allow"), "GET, HEAD, PUT", "{method}");
    }
    let odd =
        ["none", "%00", "%ff", "%zz", "$count", "$ref", "('x')", "a%2Fb", "a'b", "deviceIdentities", "."];
    let long = "x".repeat(3000);
    for id in odd.into_iter().chain([&*long]) {
        for answer in [app.get(&address(id)).await, put(&app, &address(id), &laptops()).await] {
            assert_eq!(answer.status, 404, "{answer:?}");
            answer.assert_is_error();
        }
    }
    for path in ["", "/", "/x", "/x/y/source", "//source", "/x/source/"] {
        app.get(&format!("/_tailmark/uploads{path}")).await.expect(404).assert_is_error();
    }
    app.get(&format!("{}/{url}", ROOTS[1])).await.expect(400);
    put(&app, &url, &laptops()).await.expect(204);
    for query in ["$select=lines", "$select=fileName,lines", "$filter=true", "x=y", "$select=%ff"] {
        app.get(&format!("{url}?{query}")).await.expect(400).assert_is_error();
    }
    put(&app, &format!("{url}?$select=fileName"), &laptops()).await.expect(400).assert_is_error();
    assert_eq!(app.get(&url).await.expect(200).json(), laptops(), "nothing has changed");
}

#[tokio::test]
async fn what_is_wrong_names_the_property() {
    let app = TestApp::start().await;
    let url = uploaded(&app, &["A", "B"]).await;
    put(&app, &url, &laptops()).await.expect(204);
    let of_lines = |lines: &str| format!("{{\"fileName\":\"x\",\"lines\":{lines}}}");
    let named = |name: &str| format!("{{\"fileName\":{name},\"lines\":{{}}}}");
    let deep = "[".repeat(100_000);
    let bodies = [
        // No JSON, or none of ours.
        (String::new(), ""),
        ("{".to_owned(), ""),
        ("nonsense".to_owned(), ""),
        ("[]".to_owned(), ""),
        ("null".to_owned(), ""),
        (deep.clone(), ""),
        ("{}".to_owned(), "fileName"),
        ("{\"fileName\":\"x\"}".to_owned(), "lines"),
        ("{\"lines\":{}}".to_owned(), "fileName"),
        (format!("{} ]", laptops()), ""),
        ("{\"fileName\":\"x\",\"lines\":{},\"colour\":\"red\"}".to_owned(), "colour"),
        ("{\"FileName\":\"x\",\"lines\":{}}".to_owned(), "FileName"),
        ("{\"fileName\":\"x\",\"lines\":{},\"lines\":{}}".to_owned(), "lines"),
        ("{\"fileName\":\"x\",\"fileName\":\"x\",\"lines\":{}}".to_owned(), "fileName"),
        // The name.
        (named("7"), "fileName"),
        (named("null"), "fileName"),
        (named(&deep), "fileName"),
        (named("\"a\\u0000b\""), "fileName"),
        (named("\"\\ud800\""), ""),
        (named(&format!("\"{}\"", "ä".repeat(201))), "fileName"),
        // The lines.
        (of_lines("null"), "lines"),
        (of_lines("[17]"), "lines"),
        (of_lines("\"A\""), "lines"),
        (of_lines(&format!("{{\"A\":{}", "{\"A\":".repeat(100_000))), "lines"),
        (of_lines("{\"A\":0}"), "lines"),
        (of_lines("{\"A\":-1}"), "lines"),
        (of_lines("{\"A\":2.5}"), "lines"),
        (of_lines("{\"A\":\"17\"}"), "lines"),
        (of_lines("{\"A\":[17]}"), "lines"),
        (of_lines("{\"A\":null}"), "lines"),
        (of_lines("{\"A\":9007199254740993}"), "lines"),
        (of_lines("{\"A\":99999999999999999999}"), "lines"),
        (of_lines("{\"A\":1e999}"), ""),
        (of_lines("{\"A\":1,\"A\":2}"), "lines"),
        (of_lines("{\"A\":1,\"\\u0041\":1}"), "lines"),
        (of_lines("{\"a\\u0000b\":1}"), "lines"),
        (of_lines(&format!("{{\"{}\":1}}", "x".repeat(257))), "lines"),
        // More than there are devices.
        (of_lines("{\"A\":1,\"B\":2,\"C\":3}"), "lines"),
    ];
    for (body, target) in bodies {
        let answer = app.ask("PUT", &url).text(&body).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        answer.assert_is_error();
        assert_eq!(answer.target(), target, "{answer:?}");
        assert!(answer.text.len() < 1_000, "what was sent is not sent back: {answer:?}");
    }
    // Nobody's name is as long as this.
    let long = format!("{{\"{}\":1}}", "x".repeat(100_000));
    let answer = app.ask("PUT", &url).text(&long).await.expect(400);
    assert!(answer.text.len() < 1_000, "{answer:?}");
    let answer = app.ask("PUT", &url).bytes(b"{\"fileName\":\"\xff\",\"lines\":{}}").await.expect(400);
    answer.assert_is_error();
    app.ask("PUT", &url).header("content-type", "text/csv").bytes(b"{}").await.expect(415).assert_is_error();
    assert_eq!(app.get(&url).await.expect(200).json(), laptops(), "nothing has changed");

    let small = TestApp::with(|config| config.http.max_body = 1_000).await;
    let url = uploaded(&small, &["A", "B"]).await;
    put(&small, &url, &laptops()).await.expect(204);
    let large = format!("{}{}", laptops(), " ".repeat(1_000));
    small.ask("PUT", &url).text(&large).await.expect(413).assert_is_error();
}

#[tokio::test]
async fn any_text_and_many_lines_come_back() {
    let app = TestApp::start().await;
    let (longest, odd) = ("𝄞".repeat(256), "<script>\"'&\\\u{1}\u{2028}\u{7f} ’é");
    let url = uploaded(&app, &[&longest, odd, "", "$ref"]).await;
    let last = 1_u64 << 53;
    let name = format!("../{}", "𝄞".repeat(197));
    let sent = json!({ "fileName": name, "lines": { (&*longest): last, odd: 1, "": 3, "$ref": 4 } });
    put(&app, &url, &sent).await.expect(204);
    assert_eq!(app.get(&url).await.expect(200).json(), sent);

    let serials: Vec<String> = (0..3_000).map(|number| format!("SN-{number:04}")).collect();
    let serials: Vec<&str> = serials.iter().map(String::as_str).collect();
    let url = uploaded(&app, &serials).await;
    let lines: Map<String, Value> =
        serials.iter().zip(2..).map(|(serial, line)| ((*serial).to_owned(), json!(line))).collect();
    let sent = json!({ "fileName": "many.csv", "lines": lines });
    put(&app, &url, &sent).await.expect(204);
    assert_eq!(app.get(&url).await.expect(200).json(), sent);
}

#[tokio::test]
async fn it_is_a_change_of_the_upload_in_the_audit_log() {
    let app = TestApp::start().await;
    let url = uploaded(&app, &["A", "B"]).await;
    let newest = || async {
        let events = format!("{}/auditEvents?$orderby=id desc&$top=1", ROOTS[1]);
        app.get(&events).await.expect(200).entities().remove(0)
    };
    app.settled().await;
    for (name, old) in [("one.csv", json!(null)), ("two.csv", json!("one.csv"))] {
        let sent = json!({ "fileName": name, "lines": { "A": 2 } });
        let answer = put(&app, &url, &sent).await.expect(204);
        let event = newest().await;
        assert_eq!(event["correlationId"], answer.header("request-id"));
        assert_eq!(event["activityType"], "Patch ImportedWindowsAutopilotDeviceIdentityUpload");
        let resource = &event["resources"][0];
        assert_eq!(address(resource["resourceId"].as_str().unwrap()), url);
        let change = json!([{ "displayName": "SourceFileName", "oldValue": old, "newValue": name }]);
        assert_eq!(resource["modifiedProperties"], change);
    }
    let before = newest().await["id"].clone();
    put(&app, &url, &json!({})).await.expect(400);
    put(&app, &address("none"), &laptops()).await.expect(404);
    assert_eq!(newest().await["id"], before, "what is refused leaves none");
}
