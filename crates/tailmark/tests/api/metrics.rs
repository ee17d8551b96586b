//! `GET /metrics`: the service's figures as Prometheus reads them.

use serde_json::json;
use tailmark::issuer::DEFAULT_TENANT;

use crate::support::{TestApp, hashed};
use crate::{DEVICES, IMPORTED, ROOTS};

/// The figures, well-formed.
async fn figures(app: &TestApp) -> String {
    let answer = app.get(&app.metrics_url()).by_nobody().await.expect(200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for line in answer.text.lines().filter(|line| !line.starts_with("# ")) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("tailmark_"), "{line}");
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
    answer.text
}

/// One of them.
#[track_caller]
fn of(figures: &str, sample: &str) -> f64 {
    let value = figures.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("no {sample} in\n{figures}")).parse().unwrap()
}

fn requests(method: &str, version: &str, route: &str, status: u16) -> String {
    format!(
        "tailmark_requests_total{{method=\"{method}\",version=\"{version}\",route=\"{route}\",status=\"{status}\"}}"
    )
}

#[tokio::test]
async fn requests_are_counted_by_what_they_are_for() {
    let app = TestApp::start().await;
    let imported = format!("/deviceManagement/{IMPORTED}");
    let id = app.post(&format!("/beta{imported}"), &hashed("SECRET-1")).await.expect(201).id();
    app.get(&format!("/v1.0{imported}/{id}")).await.expect(200);
    app.get(&format!("/v1.0{}('{id}')", imported.to_uppercase())).await.expect(200);
    app.get(&format!("/beta{imported}/SECRET-1?$select=id")).await.expect(404);
    app.get(&format!("/beta{imported}/$count?$filter=serialNumber eq 'SECRET-1'")).await.expect(200);
    app.get(&format!("/beta{imported}/{id}/serialNumber/$value")).await.expect(200);
    app.get("/beta/$metadata").by_nobody().await.expect(200);
    app.get("/beta/SECRET-2").await.expect(400);
    app.get("/SECRET-3").await.expect(404);
    app.get(&format!("/beta{imported}")).by_nobody().await.expect(401);
    app.ask("PURGE", &format!("/beta{imported}")).await.expect(405);
    let circle = "/windowsAutopilotDeploymentProfiles/x/assignedDevices/y/deploymentProfile".to_owned();
    app.get(&format!("/beta/deviceManagement{circle}/assignedDevices/z/deploymentProfile")).await.expect(404);

    let figures = figures(&app).await;
    let route = |ending: &str| format!("{imported}{ending}");
    for (sample, expected) in [
        (requests("POST", "beta", &imported, 201), 1.0),
        (requests("GET", "v1.0", &route("/{id}"), 200), 2.0),
        (requests("GET", "beta", &route("/{id}"), 404), 1.0),
        (requests("GET", "beta", &route("/$count"), 200), 1.0),
        (requests("GET", "beta", &route("/{id}/{property}/$value"), 200), 1.0),
        (requests("GET", "beta", "/$metadata", 200), 1.0),
        (requests("GET", "beta", "", 400), 1.0),
        (requests("GET", "", "", 404), 1.0),
        (requests("GET", "beta", "", 401), 1.0),
        (requests("other", "beta", "", 405), 1.0),
        (
            requests(
                "GET",
                "beta",
                "/deviceManagement/windowsAutopilotDeploymentProfiles/{id}/assignedDevices/{id}/deploymentProfile/…",
                404,
            ),
            1.0,
        ),
        ("tailmark_request_duration_seconds_count".to_owned(), 12.0),
        ("tailmark_stage_duration_seconds_count{stage=\"verify\"}".to_owned(), 10.0),
        ("tailmark_stage_duration_seconds_bucket{stage=\"verify\",le=\"+Inf\"}".to_owned(), 10.0),
        ("tailmark_tokens_total{cache=\"hit\"}".to_owned(), 8.0),
        ("tailmark_tokens_total{cache=\"miss\"}".to_owned(), 1.0),
        ("tailmark_key_fetches_total{outcome=\"ok\"}".to_owned(), 1.0),
        ("tailmark_key_fetches_total{outcome=\"error\"}".to_owned(), 0.0),
        ("tailmark_panics_total{room=\"http\"}".to_owned(), 0.0),
        ("tailmark_connections_refused_total".to_owned(), 0.0),
    ] {
        assert_eq!(of(&figures, &sample), expected, "{sample}");
    }
    for stage in ["parse", "bind", "answer", "write"] {
        let sample = format!("tailmark_stage_duration_seconds_count{{stage=\"{stage}\"}}");
        assert!(of(&figures, &sample) > 4.0, "{sample}");
    }
    assert!(of(&figures, "tailmark_connections_open") >= 1.0);
    // The worker may ask for work just then; nobody else does.
    assert!(of(&figures, "tailmark_store_queue_length{queue=\"writer\"}") <= 1.0);
    assert!(of(&figures, "tailmark_store_queue_wait_seconds_count{queue=\"writer\"}") >= 1.0);
    for secret in ["SECRET", &*id, &DEFAULT_TENANT.to_string(), "admin@"] {
        assert!(!figures.contains(secret), "{secret} is in\n{figures}");
    }
}

#[tokio::test]
async fn imports_are_counted_by_how_they_end() {
    let app = TestApp::start().await;
    app.hold_imports();
    let imported = format!("{}/{IMPORTED}", ROOTS[1]);
    for device in [hashed("A"), hashed("B")] {
        app.post(&imported, &device).await.expect(201);
    }
    let before = figures(&app).await;
    assert_eq!(of(&before, "tailmark_imports_under_way"), 2.0);
    assert_eq!(of(&before, "tailmark_import_duration_seconds_count"), 0.0);
    app.release_imports();
    app.settled().await;
    app.post(&imported, &hashed("A")).await.expect(201);
    app.post(&imported, &json!({ "hardwareIdentifier": "AAAA" })).await.expect(201);
    app.settled().await;
    let after = figures(&app).await;
    for (sample, expected) in [
        ("tailmark_imports_under_way", 0.0),
        ("tailmark_imports_claimed_total", 4.0),
        ("tailmark_imports_retaken_total", 0.0),
        ("tailmark_imports_settled_total{outcome=\"complete\",code=\"0\"}", 2.0),
        ("tailmark_imports_settled_total{outcome=\"error\",code=\"806\"}", 1.0),
        ("tailmark_imports_settled_total{outcome=\"error\",code=\"802\"}", 1.0),
        ("tailmark_import_duration_seconds_count", 4.0),
    ] {
        assert_eq!(of(&after, sample), expected, "{sample}");
    }
    assert!((0.0..60.0).contains(&of(&after, "tailmark_import_duration_seconds_sum")), "{after}");
}

#[tokio::test]
async fn requests_of_a_batch_are_counted_one_by_one() {
    let app = TestApp::start().await;
    let get = |id: u8| json!({ "id": id.to_string(), "method": "GET", "url": format!("/deviceManagement/{DEVICES}") });
    app.post("/v1.0/$batch", &json!({ "requests": [get(1), get(2)] })).await.expect(200);
    let figures = figures(&app).await;
    assert_eq!(of(&figures, &requests("POST", "v1.0", "/$batch", 200)), 1.0);
    assert_eq!(of(&figures, &requests("GET", "v1.0", &format!("/deviceManagement/{DEVICES}"), 200)), 2.0);
}

#[tokio::test]
async fn figures_are_where_the_settings_say() {
    let app = TestApp::with(|config| config.metrics.enabled = false).await;
    app.get("/metrics").by_nobody().await.expect(404);

    let app = TestApp::with(|config| config.metrics.listen = Some(([127, 0, 0, 1], 0).into())).await;
    assert!(!app.metrics_url().starts_with(&app.base));
    figures(&app).await;
    app.get("/metrics").by_nobody().await.expect(404);
}
