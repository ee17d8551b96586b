//! `windowsAutopilotDeploymentProfiles`: create, change, delete, `hasPayloadLinks`

use serde_json::{Value, json};

use crate::coverage::{Needs, Route};
use crate::support::{TestApp, names};

pub const ROUTES: &[Route] = &[
    Route::get("windowsAutopilotDeploymentProfiles").in_beta(),
    Route::get("windowsAutopilotDeploymentProfiles/$count").in_beta(),
    Route::get("windowsAutopilotDeploymentProfiles/{profile}").in_beta(),
    Route::post("windowsAutopilotDeploymentProfiles", 201, PROFILE).in_beta(),
    Route::patch("windowsAutopilotDeploymentProfiles/{profile}", "{\"description\":\"x\"}").in_beta(),
    Route::delete("windowsAutopilotDeploymentProfiles/{profile}").in_beta(),
    Route::post("windowsAutopilotDeploymentProfiles/hasPayloadLinks", 200, "{\"payloadIds\":[]}")
        .in_beta()
        .needing(Needs::Read)
        .application_needing(Needs::Read),
];

const PROFILE: &str = "{\"@odata.type\":\"#microsoft.graph.azureADWindowsAutopilotDeploymentProfile\",\
                       \"displayName\":\"One\"}";
pub const PROFILES: &str = "/beta/deviceManagement/windowsAutopilotDeploymentProfiles";

pub fn profile(name: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile", "displayName": name })
}

/// What a provider for Terraform sends, and what it reads back.
#[tokio::test]
async fn are_created_whole() {
    let app = TestApp::start().await;
    let sent = json!({
        "@odata.type": "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile",
        "displayName": "Shop floor", "description": "For kiosks", "locale": "de-DE", "deviceType": "windowsPc",
        "hardwareHashExtractionEnabled": true, "preprovisioningAllowed": true, "deviceNameTemplate": "SHOP-%RAND:5%",
        "roleScopeTagIds": ["0"],
        "outOfBoxExperienceSetting": {
            "privacySettingsHidden": true, "eulaHidden": true, "userType": "standard", "deviceUsageType": "shared",
            "keyboardSelectionPageSkipped": true, "escapeLinkHidden": true,
        },
        "enrollmentStatusScreenSettings": { "hideInstallationProgress": true, "installProgressTimeoutInMinutes": 90 },
    });
    let made = app.post(PROFILES, &sent).await.expect(201);
    let body = made.json();
    for (name, value) in sent.as_object().unwrap() {
        if name != "enrollmentStatusScreenSettings" {
            assert_eq!(body[name], *value, "{name}");
        }
    }
    assert_eq!(body["enrollmentStatusScreenSettings"]["blockDeviceSetupRetryByUser"], false);
    // The older names of the same things.
    assert_eq!((&body["language"], &body["extractHardwareHash"]), (&json!("de-DE"), &json!(true)));
    assert_eq!(body["enableWhiteGlove"], true);
    assert_eq!(body["outOfBoxExperienceSettings"]["hideEULA"], true);
    assert_eq!(body["outOfBoxExperienceSettings"]["userType"], "standard");
    assert!(body["createdDateTime"].as_str().unwrap() > "2026");
    assert_eq!(names(&body)[..2], ["@odata.context", "@odata.type"]);

    let url = format!("{PROFILES}/{}", body["id"].as_str().unwrap());
    assert_eq!(app.get(&url).await.expect(200).json(), body);
    assert_eq!(app.get(made.header("location")).await.expect(200).json()["id"], body["id"]);
    let narrowed = app
        .get(&format!(
            "{PROFILES}?$select=displayName,deviceType&$filter=outOfBoxExperienceSetting/eulaHidden eq true"
        ))
        .await;
    assert_eq!(narrowed.expect(200).each("displayName"), ["Shop floor"]);
}

/// What is not sent stays; a change of one member of a setting leaves the others; older names mean the newer.
#[tokio::test]
async fn are_changed_in_part() {
    let app = TestApp::start().await;
    let made = app.post(PROFILES, &profile("One")).await.expect(201).json();
    let url = format!("{PROFILES}/{}", made["id"].as_str().unwrap());
    let experience = json!({ "outOfBoxExperienceSettings": { "hideEULA": true, "userType": "standard" } });
    app.patch(&url, &experience).await.expect(200);
    let changed = app
        .patch(&url, &json!({ "outOfBoxExperienceSetting": { "eulaHidden": false }, "description": "d" }))
        .await;
    let body = changed.expect(200).json();
    assert_eq!(body["outOfBoxExperienceSettings"]["hideEULA"], false);
    assert_eq!(body["outOfBoxExperienceSettings"]["userType"], "standard");
    assert_eq!((&body["displayName"], &body["description"]), (&json!("One"), &json!("d")));
    assert_eq!(body["createdDateTime"], made["createdDateTime"]);
    assert!(body["lastModifiedDateTime"].as_str() >= made["lastModifiedDateTime"].as_str());
    // Typed or not.
    app.patch(&url, &profile("Two")).await.expect(200);
    app.delete(&url).await.expect(204);
    app.get(&url).await.expect(404);
    app.patch(&url, &json!({})).await.expect(404);
}

#[tokio::test]
async fn bad_profiles_are_refused() {
    let app = TestApp::start().await;
    let with = |name: &str, value: Value| {
        let mut profile = profile("One");
        profile[name] = value;
        profile
    };
    for (body, target) in [
        (json!({ "displayName": "No type" }), "@odata.type"),
        (json!({ "@odata.type": "#microsoft.graph.windowsAutopilotDeploymentProfile" }), "@odata.type"),
        (json!({ "@odata.type": "#microsoft.graph.importedDeviceIdentity" }), "@odata.type"),
        (with("displayName", json!("")), "displayName"),
        (with("displayName", json!("x".repeat(201))), "displayName"),
        (with("deviceNameTemplate", json!("HAS BLANK")), "deviceNameTemplate"),
        (with("deviceNameTemplate", json!("TOO-LONG-%SERIAL%")), "deviceNameTemplate"),
        (with("deviceNameTemplate", json!("%RAND:3%%SERIAL%")), "deviceNameTemplate"),
        (with("deviceNameTemplate", json!("12345")), "deviceNameTemplate"),
        (with("deviceType", json!("toaster")), "deviceType"),
        (
            with("outOfBoxExperienceSetting", json!({ "eulaHidden": "yes" })),
            "outOfBoxExperienceSetting.eulaHidden",
        ),
        (
            with("hybridAzureADJoinSkipConnectivityCheck", json!(true)),
            "hybridAzureADJoinSkipConnectivityCheck",
        ),
    ] {
        let answer = app.post(PROFILES, &body).await.expect(400);
        answer.assert_is_error();
        assert_eq!(answer.target(), target, "{body}: {answer:?}");
    }
    assert_eq!(app.get(&format!("{PROFILES}/$count")).await.expect(200).text, "0");
    let hybrid = json!({
        "displayName": "Hybrid", "hybridAzureADJoinSkipConnectivityCheck": true,
        "@odata.type": "microsoft.graph.activeDirectoryWindowsAutopilotDeploymentProfile",
    });
    let made = app.post(PROFILES, &hybrid).await.expect(201).json();
    assert_eq!(made["hybridAzureADJoinSkipConnectivityCheck"], true);
    let cast = format!("{PROFILES}/microsoft.graph.activeDirectoryWindowsAutopilotDeploymentProfile");
    assert_eq!(app.get(&cast).await.expect(200).each("displayName"), ["Hybrid"]);
}

/// Which profiles are assigned; one that is cannot be deleted.
#[tokio::test]
async fn payload_links_say_what_is_in_use() {
    let app = TestApp::start().await;
    let used = app.post(PROFILES, &profile("Used")).await.expect(201).id();
    let free = app.post(PROFILES, &profile("Free")).await.expect(201).id();
    let target = json!({ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } });
    let assignment = app.post(&format!("{PROFILES}/{used}/assignments"), &target).await.expect(201).id();
    let asked = json!({ "payloadIds": [used, free, "nothing"] });
    let links = app.post(&format!("{PROFILES}/hasPayloadLinks"), &asked).await.expect(200);
    assert_eq!(links.each("payloadId"), [used.as_str(), free.as_str(), "nothing"]);
    assert_eq!(links.each("hasLink"), ["true", "false", "false"]);
    assert_eq!(links.entities()[0]["sources"], json!(["direct"]));
    assert!(links.entities()[2]["error"].is_string());

    let refused = app.delete(&format!("{PROFILES}/{used}")).await.expect(400);
    assert!(refused.intune_message().contains("assigned"), "{refused:?}");
    app.delete(&format!("{PROFILES}/{used}/assignments/{assignment}")).await.expect(204);
    app.delete(&format!("{PROFILES}/{used}")).await.expect(204);
}
