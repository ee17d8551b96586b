//! `autopilotEvents`

use autopilot::model::READ_WRITE_MANAGED;
use serde_json::json;

use crate::coverage::Route;
use crate::support::{Caller, TestApp};

pub const ROUTES: &[Route] = &[
    Route::get("autopilotEvents").in_beta().managed(),
    Route::get("autopilotEvents/$count").in_beta().managed(),
    Route::get("autopilotEvents/{event}").in_beta().managed(),
    Route::post("autopilotEvents", 201, "{}").in_beta().managed(),
    Route::patch("autopilotEvents/{event}", "{\"osVersion\":\"10\"}").in_beta().managed(),
    Route::delete("autopilotEvents/{event}").in_beta().managed(),
];

const EVENTS: &str = "/beta/deviceManagement/autopilotEvents";

#[tokio::test]
async fn are_kept_whole() {
    let app = TestApp::start().await;
    let caller = Caller::user(&[READ_WRITE_MANAGED]);
    let sent = json!({
        "@odata.type": "#microsoft.graph.deviceManagementAutopilotEvent", "deviceSerialNumber": "5CG1",
        "eventDateTime": "2026-11-01T10:00:00Z", "enrollmentType": "azureADJoinedWithWhiteGlove",
        "deploymentState": "successOnRetry", "deploymentDuration": "PT12M30.5S", "enrollmentState": "enrolled",
    });
    let made = app.post(EVENTS, &sent).by(&caller).await.expect(201);
    let body = made.json();
    for (name, value) in sent.as_object().unwrap().iter().filter(|(name, _)| !name.starts_with('@')) {
        assert_eq!(body[name], *value, "{name}");
    }
    // What was not said has the zero of its type.
    assert_eq!(body["accountSetupDuration"], "PT0S");
    assert_eq!((&body["accountSetupStatus"], &body["userId"]), (&json!("unknown"), &json!(null)));
    assert_eq!(body["deploymentEndDateTime"], "0001-01-01T00:00:00Z");
    let url = format!("{EVENTS}/{}", body["id"].as_str().unwrap());
    assert_eq!(app.get(&url).by(&caller).await.expect(200).json(), body);

    app.post(EVENTS, &json!({ "deploymentDuration": "PT1H", "deviceSerialNumber": "5CG2" }))
        .by(&caller)
        .await
        .expect(201);
    for (filter, serials) in [
        ("deploymentDuration gt duration'PT30M'", vec!["5CG2"]),
        ("eventDateTime ge 2026-01-01T00:00:00Z", vec!["5CG1"]),
        ("deploymentState eq 'successOnRetry'", vec!["5CG1"]),
        ("startswith(deviceSerialNumber,'5CG')", vec!["5CG1", "5CG2"]),
    ] {
        let url = format!("{EVENTS}?$orderby=deviceSerialNumber&$filter={filter}");
        assert_eq!(
            app.get(&url).by(&caller).await.expect(200).each("deviceSerialNumber"),
            serials,
            "{filter}"
        );
    }
    let changed =
        app.patch(&url, &json!({ "deploymentState": "failure" })).by(&caller).await.expect(200).json();
    assert_eq!(
        (&changed["deploymentState"], &changed["deviceSerialNumber"]),
        (&json!("failure"), &json!("5CG1"))
    );
    app.delete(&url).by(&caller).await.expect(204);
    app.get(&url).by(&caller).await.expect(404);
    let wrong = app.post(EVENTS, &json!({ "deploymentState": "splendid" })).by(&caller).await.expect(400);
    assert_eq!(wrong.target(), "deploymentState");
}
