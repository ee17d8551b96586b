//! `windowsAutopilotSettings` and its `sync`

use serde_json::json;

use crate::coverage::Route;
use crate::support::{Caller, FABRIKAM, TestApp};

pub const ROUTES: &[Route] = &[
    Route::get("windowsAutopilotSettings").in_beta(),
    Route::patch("windowsAutopilotSettings", "{}").in_beta(),
    Route::post("windowsAutopilotSettings/sync", 204, "").in_beta(),
];

const SETTINGS: &str = "/beta/deviceManagement/windowsAutopilotSettings";
const NEVER: &str = "0001-01-01T00:00:00Z";

#[tokio::test]
async fn every_tenant_has_some() {
    let app = TestApp::start().await;
    let settings = app.get(SETTINGS).await.expect(200);
    assert_eq!(settings.header("tailmark-verdict"), "accepted");
    let body = settings.json();
    assert_eq!(
        body["@odata.context"],
        format!("{}/beta/$metadata#deviceManagement/windowsAutopilotSettings/$entity", app.base)
    );
    assert_eq!((&body["syncStatus"], &body["lastSyncDateTime"]), (&json!("unknown"), &json!(NEVER)));
    let other = app.get(SETTINGS).by(&Caller::reader().of(FABRIKAM)).await.expect(200).json();
    assert_ne!(other["id"], body["id"]);
    let one = app.get(&format!("{SETTINGS}?$select=syncStatus")).await.expect(200).json();
    assert_eq!(one["syncStatus"], "unknown");
    assert_eq!(app.get(&format!("{SETTINGS}/syncStatus")).await.expect(200).json()["value"], "unknown");
    app.get("/v1.0/deviceManagement/windowsAutopilotSettings").await.expect(400);
}

/// 204 and then 429 for ten minutes, with the time that is left; one tenant does not keep another from it.
#[tokio::test]
async fn synchronises_once_in_ten_minutes() {
    let app = TestApp::start().await;
    let sync = format!("{SETTINGS}/sync");
    // As PowerShell sends it: without a body, without a media type.
    let done = app.ask("POST", &sync).await.expect(204);
    assert_eq!(done.text, "");
    app.until(SETTINGS, |settings| settings["syncStatus"] == "completed").await;
    let settings = app.get(SETTINGS).await.expect(200).json();
    for instant in ["lastSyncDateTime", "lastManualSyncTriggerDateTime"] {
        assert!(settings[instant].as_str().unwrap() > "2026", "{settings}");
    }
    let soon = app.ask("POST", &sync).await.expect(429);
    assert_eq!((soon.code().as_str(), soon.phrase().as_str()), ("TooManyRequests", ""));
    let seconds: u64 = soon.header("retry-after").parse().unwrap();
    assert!((1..=600).contains(&seconds), "{soon:?}");
    app.ask("POST", &sync).by(&Caller::writer().of(FABRIKAM)).await.expect(204);
}

#[tokio::test]
async fn refuses_a_second_while_one_is_under_way() {
    let app = TestApp::with(|config| config.emulation.sync_time = 3600).await;
    let sync = format!("{SETTINGS}/sync");
    app.ask("POST", &sync).await.expect(204);
    assert_eq!(app.get(SETTINGS).await.expect(200).json()["syncStatus"], "inProgress");
    assert_eq!(app.ask("POST", &sync).await.expect(409).code(), "Conflict");
}

#[tokio::test]
async fn is_changed() {
    let app = TestApp::start().await;
    let sent = json!({
        "@odata.type": "#microsoft.graph.windowsAutopilotSettings", "syncStatus": "failed",
        "lastSyncDateTime": "2026-01-02T03:04:05Z",
    });
    let changed = app.patch(SETTINGS, &sent).await.expect(200);
    let body = changed.json();
    assert_eq!(
        (&body["syncStatus"], &body["lastSyncDateTime"]),
        (&json!("failed"), &json!("2026-01-02T03:04:05Z"))
    );
    assert_eq!(body["lastManualSyncTriggerDateTime"], NEVER);
    let old = app.patch(SETTINGS, &json!({})).header("if-match", "W/\"0\"").await.expect(412);
    assert_eq!(old.code(), "ConditionNotMet");
    app.patch(SETTINGS, &json!({})).header("if-match", changed.header("etag")).await.expect(200);
    app.patch(SETTINGS, &json!({ "syncStatus": "done" })).await.expect(400);
    app.delete(SETTINGS).await.expect(400);
}
