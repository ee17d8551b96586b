//! Where the real service and its pages differ: `compat.strictness`, `Tailmark-Verdict`, `compat.quirks`, and what stands
//! in for a tenant (`emulation.*`).

use serde_json::{Value, json};
use tailmark::config::Config;
use tailmark::config::compat::{Quirk, Strictness};

use crate::support::{Caller, TestApp, hash};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

const VERDICT: &str = "tailmark-verdict";
const NOT_ROUTED: &str = "refused; reason=\"PATCH of identities is not routed\"";

fn lenient(config: &mut Config) {
    config.compat.strictness = Strictness::Lenient;
}

fn quirks(all: &[Quirk]) -> impl Fn(&mut Config) {
    move |config| config.compat.quirks = all.to_vec()
}

fn device(id: &str, serial: &str) -> Value {
    json!({ "id": id, "serialNumber": serial, "groupTag": "old" })
}

/// PATCH of identities was documented; the service does not route it. Lenient takes it, and says so.
#[tokio::test]
async fn identities_are_patched_where_that_is_lenient() {
    let seed = json!({ "deviceManagement": {
        DEVICES: [device("d", "SN-1")],
        IMPORTED: [{ "id": "r", "serialNumber": "SN-2", "groupTag": "old",
                     "state": { "deviceImportStatus": "pending", "deviceErrorCode": 0 } }],
    } });
    for root in ROOTS {
        let strict = TestApp::seeded(&seed).await;
        for path in [format!("{root}/{DEVICES}/d"), format!("{root}/{IMPORTED}/r")] {
            let refused = strict.patch(&path, &json!({ "groupTag": "new" })).await.expect(400);
            assert_eq!(
                (refused.code().as_str(), refused.header(VERDICT)),
                ("No method match route template", NOT_ROUTED)
            );
        }
        let app = TestApp::seeded_with(&seed, lenient).await;
        app.hold_imports();
        let patched =
            app.patch(&format!("{root}/{DEVICES}/d"), &json!({ "groupTag": "new" })).await.expect(200);
        assert_eq!(
            (&patched.json()["groupTag"], &patched.json()["serialNumber"]),
            (&json!("new"), &json!("SN-1"))
        );
        assert_eq!(patched.header(VERDICT), NOT_ROUTED);
        app.patch(&format!("{root}/{DEVICES}/d"), &json!({})).by(&Caller::reader()).await.expect(403);
        app.patch(&format!("{root}/{DEVICES}/nothing"), &json!({ "groupTag": "x" })).await.expect(404);
    }
}

/// Every answer says what the real service would have done.
#[tokio::test]
async fn answers_say_what_the_real_service_would_do() {
    let app = TestApp::start().await;
    for (path, status, verdict) in [
        (
            format!("/beta/deviceManagement/{UPLOADS}"),
            200,
            "refused; reason=\"beta has not routed uploads since July 2019\"",
        ),
        (format!("/v1.0/deviceManagement/{UPLOADS}"), 200, "refused; reason=\"v1.0 never routed uploads\""),
        (format!("/v1.0/deviceManagement/{DEVICES}"), 200, "accepted"),
        (format!("/v1.0/deviceManagement/{DEVICES}?$filter=contains(serialNumber,'x')"), 200, "accepted"),
        (
            format!("/v1.0/deviceManagement/{DEVICES}?$compute=length(serialNumber) as l&$select=l"),
            200,
            "refused; reason=\"Microsoft Graph does not answer this query option here\"",
        ),
        (format!("/v1.0/deviceManagement/{DEVICES}?$filter=x"), 400, "refused"),
        (format!("/v1.0/deviceManagement/{DEVICES}?$deltatoken=x"), 501, "unknown"),
        ("/v1.0/deviceManagement".to_owned(), 501, "unknown"),
        (
            "/beta/deviceManagement/windowsAutopilotDeploymentProfiles?$filter=displayName eq 'x'".to_owned(),
            200,
            "refused; reason=\"no property of deployment profiles supports $filter or $search\"",
        ),
    ] {
        let answer = app.get(&path).await.expect(status);
        assert_eq!(answer.header(VERDICT), verdict, "{path}");
    }
    let nobody = app.get(&format!("{}/{DEVICES}", ROOTS[0])).by_nobody().await.expect(401);
    assert_eq!(nobody.header(VERDICT), "refused");
    let batch = json!({ "requests": [{ "id": "1", "method": "GET", "url": format!("/deviceManagement/{UPLOADS}") }] });
    let answers = app.post("/beta/$batch", &batch).await.expect(200).json();
    let headers = answers["responses"][0]["headers"].as_object().unwrap();
    let verdict = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(VERDICT)).unwrap().1;
    assert!(verdict.as_str().unwrap().starts_with("refused; "), "{answers}");
}

/// The cursor can be read, repeats the last device, and a full page has a link even where nothing follows.
#[tokio::test]
async fn quirk_paging_by_serial() {
    let serials = ["A-1", "A-1x", "B'2", "C&3", "D"];
    let devices: Vec<Value> =
        serials.iter().enumerate().map(|(n, serial)| device(&format!("d{n}"), serial)).collect();
    let seed = json!({ "deviceManagement": { DEVICES: devices } });
    let app = TestApp::seeded_with(&seed, quirks(&[Quirk::PagingBySerial])).await;
    let mut url = format!("/v1.0/deviceManagement/{DEVICES}?$top=2&$filter=groupTag eq 'old'");
    let mut pages = Vec::new();
    for _ in 0..9 {
        let page = app.get(&url).await.expect(200);
        pages.push(page.each("serialNumber"));
        match page.json()["@odata.nextLink"].as_str() {
            Some(next) => {
                assert!(next.contains("$skiptoken=LastSerialNumber%3d%27"), "{next}");
                next.clone_into(&mut url);
            }
            None => break,
        }
    }
    assert_eq!(
        pages,
        [vec!["A-1", "A-1x"], vec!["A-1x", "B'2"], vec!["B'2", "C&3"], vec!["C&3", "D"], vec!["D"]]
    );
    // Off, a device comes once, and the cursor cannot be read.
    let plain = TestApp::seeded(&seed).await;
    let page = plain.get(&format!("/v1.0/deviceManagement/{DEVICES}?$top=2")).await.expect(200).json();
    assert!(!page["@odata.nextLink"].as_str().unwrap().contains("LastSerialNumber"));
}

#[tokio::test]
async fn quirk_no_retry_after() {
    let sync = "/beta/deviceManagement/windowsAutopilotSettings/sync";
    for (app, has) in
        [(TestApp::with(quirks(&[Quirk::NoRetryAfter])).await, false), (TestApp::start().await, true)]
    {
        app.ask("POST", sync).await.expect(204);
        app.until("/beta/deviceManagement/windowsAutopilotSettings", |settings| {
            settings["syncStatus"] == "completed"
        })
        .await;
        let soon = app.ask("POST", sync).await.expect(429);
        assert_eq!(!soon.header("retry-after").is_empty(), has);
    }
}

#[tokio::test]
async fn quirk_double_wrapped_errors() {
    let app = TestApp::with(quirks(&[Quirk::DoubleWrappedErrors])).await;
    let refused = app.get(&format!("{}/{DEVICES}", ROOTS[0])).by(&Caller::user(&[])).await.expect(403);
    assert_eq!(refused.code(), "UnknownError");
    let outer: Value = serde_json::from_str(&refused.message()).unwrap();
    assert_eq!(outer["ErrorCode"], "Forbidden");
    let inner: Value = serde_json::from_str(outer["Message"].as_str().unwrap()).unwrap();
    assert!(inner["Message"].as_str().unwrap().starts_with("Application is not authorized"));
}

#[tokio::test]
async fn a_tenant_is_reset_and_seeded() {
    let seed = json!({ "deviceManagement": { DEVICES: [device("d", "SN-1")] } });
    let app = TestApp::seeded_with(&seed, |config| config.emulation.enabled = true).await;
    let count = format!("{}/{DEVICES}/$count", ROOTS[0]);
    app.post(
        &format!("{}/{IMPORTED}", ROOTS[0]),
        &json!({ "serialNumber": "x", "hardwareIdentifier": hash("x") }),
    )
    .await
    .expect(201);
    app.settled().await;
    assert_eq!(app.get(&count).await.expect(200).text, "2");
    app.ask("POST", "/_tailmark/reset").by_nobody().await.expect(204);
    assert_eq!(app.get(&count).await.expect(200).text, "1");
    let more = json!([{ "deviceManagement": { DEVICES: [device("e", "SN-2")] } }]);
    app.post("/_tailmark/seed", &more).by_nobody().await.expect(204);
    assert_eq!(app.get(&count).await.expect(200).text, "2");
    // What a seed brings back is deleted like anything else, again and again.
    for _ in 0..2 {
        app.delete(&format!("{}/{DEVICES}/e", ROOTS[0])).await.expect(204);
        let again = app.delete(&format!("{}/{DEVICES}/e", ROOTS[0])).await.expect(400);
        assert_eq!(again.phrase(), "ZtdDeviceDeletionInProgess");
        app.post("/_tailmark/seed", &more).by_nobody().await.expect(204);
    }
    let serials = json!({ "serialNumbers": ["SN-2"] });
    let deleted = app.post(&format!("{}/{DEVICES}/deleteDevices", ROOTS[0]), &serials).await.expect(200);
    assert_eq!(deleted.each("deletionState"), ["accepted"]);
    let other = "/_tailmark/reset?tenant=20000000-0000-4000-8000-000000000002";
    app.ask("POST", other).by_nobody().await.expect(204);
    for (path, body) in
        [("/_tailmark/seed", "{"), ("/_tailmark/seed", "7"), ("/_tailmark/reset?tenant=x", "")]
    {
        let wrong = app.ask("POST", path).text(body).by_nobody().await.expect(400);
        assert_eq!(wrong.code(), "BadRequest");
    }
    // Off, it is an address like any other that is not there.
    TestApp::start().await.ask("POST", "/_tailmark/reset").by_nobody().await.expect(404);
}
