//! Assignments of deployment profiles, `assign`, and the life of a device's profile

use serde_json::{Value, json};

use super::deployment_profiles::{PROFILES, profile};
use crate::coverage::{Needs, Route};
use crate::support::{TestApp, hashed};
use crate::{DEVICES, IMPORTED};

pub const ROUTES: &[Route] = &[
    Route::post("windowsAutopilotDeploymentProfiles/{profile}/assign", 204, "{\"deviceIds\":[]}").in_beta(),
    Route::get("windowsAutopilotDeploymentProfiles/{profile}/assignments").in_beta(),
    Route::get("windowsAutopilotDeploymentProfiles/{profile}/assignments/$count").in_beta(),
    Route::get("windowsAutopilotDeploymentProfiles/{profile}/assignments/{assignment}").in_beta(),
    Route::post("windowsAutopilotDeploymentProfiles/{profile}/assignments", 201, TARGET).in_beta(),
    Route::patch("windowsAutopilotDeploymentProfiles/{profile}/assignments/{assignment}", TARGET).in_beta(),
    Route::delete("windowsAutopilotDeploymentProfiles/{profile}/assignments/{assignment}").in_beta(),
    Route::get("windowsAutopilotDeploymentProfiles/{profile}/assignedDevices").in_beta(),
    Route::get("windowsAutopilotDeploymentProfiles/{profile}/assignedDevices/$count").in_beta(),
    Route::get("windowsAutopilotDeploymentProfiles/{profile}/assignedDevices/{device}").in_beta(),
    Route::post(
        "windowsAutopilotDeploymentProfiles/{profile}/assignedDevices/{device}/updateDeviceProperties",
        204,
        "{\"groupTag\":\"x\"}",
    )
    .in_beta(),
    Route::post(
        "windowsAutopilotDeploymentProfiles/{profile}/assignedDevices/{device}/assignUserToDevice",
        204,
        "{\"userPrincipalName\":\"a@b.c\",\"addressableUserName\":\"A\"}",
    )
    .in_beta(),
    Route::post(
        "windowsAutopilotDeploymentProfiles/{profile}/assignedDevices/{device}/unassignUserFromDevice",
        204,
        "{}",
    )
    .in_beta()
    .needing(Needs::Read)
    .application_needing(Needs::Read),
    Route::post(
        "windowsAutopilotDeploymentProfiles/{profile}/assignedDevices/{device}/assignResourceAccountToDevice",
        204,
        "{\"resourceAccountName\":\"room\"}",
    )
    .in_beta(),
    Route::post(
        "windowsAutopilotDeploymentProfiles/{profile}/assignedDevices/{device}/unassignResourceAccountFromDevice",
        204,
        "",
    )
    .in_beta(),
    Route::post(
        "windowsAutopilotDeploymentProfiles/{profile}/assignedDevices/{device}/allowNextEnrollment",
        204,
        "",
    )
    .in_beta(),
    Route::post(
        "windowsAutopilotDeploymentProfiles/{profile}/assignedDevices/deleteDevices",
        200,
        "{\"serialNumbers\":[]}",
    )
    .in_beta(),
    Route::get("windowsAutopilotDeploymentProfiles/{profile}/assignedDevices/{device}/deploymentProfile").in_beta(),
    Route::get("windowsAutopilotDeploymentProfiles/{profile}/assignedDevices/{device}/intendedDeploymentProfile")
        .in_beta(),
    Route::get("windowsAutopilotDeviceIdentities/{device}/deploymentProfile").in_beta(),
    Route::get("windowsAutopilotDeviceIdentities/{device}/intendedDeploymentProfile").in_beta(),
];

const TARGET: &str =
    "{\"target\":{\"groupId\":\"#n#\",\"@odata.type\":\"#microsoft.graph.groupAssignmentTarget\"}}";

const STATUS: &str = "deploymentProfileAssignmentStatus";

fn group(id: &str) -> Value {
    json!({ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id } })
}

fn everyone() -> Value {
    json!({ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } })
}

async fn made(app: &TestApp, name: &str, targets: &[Value]) -> String {
    let id = app.post(PROFILES, &profile(name)).await.expect(201).id();
    for target in targets {
        app.post(&format!("{PROFILES}/{id}/assignments"), target).await.expect(201);
    }
    id
}

fn device(id: &str) -> String {
    format!("/beta/deviceManagement/{DEVICES}/{id}")
}

fn seed(devices: &[(&str, &str)]) -> Value {
    let devices = devices.iter().map(|(id, tag)| json!({ "id": id, "serialNumber": id, "groupTag": tag }));
    json!({ "deviceManagement": { DEVICES: devices.collect::<Vec<_>>() } })
}

/// A device that is imported with a tag goes from `notAssigned` through `pending` to `assignedInSync`.
#[tokio::test]
async fn a_tagged_import_gets_its_profile() {
    let app = TestApp::start().await;
    let kiosk = made(&app, "Kiosks", &[group("Kiosk")]).await;
    let mut sent = hashed("SN-1");
    sent["groupTag"] = json!("kiosk");
    app.post(&format!("/beta/deviceManagement/{IMPORTED}"), &sent).await.expect(201);
    app.assigned(1).await;
    let list =
        format!("/beta/deviceManagement/{DEVICES}?$expand=deploymentProfile,intendedDeploymentProfile");
    let found = app.get(&list).await.expect(200).entities().remove(0);
    assert_eq!(
        (&found[STATUS], &found["deploymentProfile"]["id"]),
        (&json!("assignedInSync"), &json!(kiosk))
    );
    assert_eq!(
        found["deploymentProfile"]["@odata.type"],
        "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile"
    );
    assert_eq!(found["intendedDeploymentProfile"]["displayName"], "Kiosks");
    assert!(found["deploymentProfileAssignedDateTime"].as_str().unwrap() > "2026");
    assert_eq!(
        app.get(&format!("{PROFILES}/{kiosk}/assignedDevices")).await.expect(200).each("serialNumber"),
        ["SN-1"]
    );
    let one = format!("{}/deploymentProfile", device(found["id"].as_str().unwrap()));
    assert_eq!(app.get(&one).await.expect(200).json()["displayName"], "Kiosks");
}

#[tokio::test]
async fn a_device_is_pending_for_as_long_as_it_takes() {
    let app = TestApp::with(|config| config.emulation.assignment_time = 3600).await;
    made(&app, "Everyone's", &[everyone()]).await;
    app.post(&format!("/beta/deviceManagement/{IMPORTED}"), &hashed("SN-1")).await.expect(201);
    app.settled().await;
    let list =
        format!("/beta/deviceManagement/{DEVICES}?$expand=deploymentProfile,intendedDeploymentProfile");
    let found = app.get(&list).await.expect(200).entities().remove(0);
    assert_eq!(found[STATUS], "pending");
    assert_eq!(
        (&found["deploymentProfile"], &found["intendedDeploymentProfile"]["displayName"]),
        (&json!(null), &json!("Everyone's"))
    );
    assert_eq!(found["deploymentProfileAssignedDateTime"], "0001-01-01T00:00:00Z");
    let none = format!("{}/deploymentProfile", device(found["id"].as_str().unwrap()));
    assert_eq!(app.get(&none).await.expect(204).text, "");
}

/// Groups before everyone, exclusions before both, and what `assign` says before all of it.
#[tokio::test]
async fn the_nearest_profile_wins() {
    let app = TestApp::seeded(&seed(&[("a", "Kiosk"), ("b", "Office"), ("c", ""), ("d", "Lab")])).await;
    let everyones = made(&app, "Everyone's", &[everyone()]).await;
    let kiosks = made(&app, "Kiosks", &[group("Kiosk")]).await;
    let lab = json!({ "target": { "@odata.type": "microsoft.graph.exclusionGroupAssignmentTarget", "groupId": "lab" } });
    let excluded = app.post(&format!("{PROFILES}/{everyones}/assignments"), &lab).await.expect(201).json();
    assert_eq!(excluded["id"], format!("{everyones}_lab_0"));
    let profile_of = async |id: &str| {
        let profile = app.get(&format!("{}/intendedDeploymentProfile", device(id))).await;
        if profile.status == 204 { String::new() } else { profile.expect(200).id() }
    };
    assert_eq!(profile_of("a").await, kiosks);
    assert_eq!(profile_of("b").await, everyones);
    assert_eq!(profile_of("c").await, everyones);
    assert_eq!(profile_of("d").await, "");
    app.assigned(3).await;

    // Another tag, another profile: out of sync until it is there.
    let update = format!("{}/updateDeviceProperties", device("b"));
    app.post(&update, &json!({ "groupTag": "KIOSK" })).await.expect(204);
    assert_eq!(profile_of("b").await, kiosks);
    app.assigned(3).await;

    app.post(&format!("{PROFILES}/{kiosks}/assign"), &json!({ "deviceIds": ["c", "d"] })).await.expect(204);
    assert_eq!((profile_of("c").await, profile_of("d").await), (kiosks.clone(), kiosks.clone()));
    app.assigned(4).await;
    let wrong =
        app.post(&format!("{PROFILES}/{kiosks}/assign"), &json!({ "deviceIds": ["a", "nothing"] })).await;
    assert!(wrong.expect(400).intune_message().contains("not registered"));

    // Without its assignment a profile is nobody's.
    app.delete(&format!("{PROFILES}/{everyones}/assignments/{everyones}_lab_0")).await.expect(204);
    let all = app.get(&format!("{PROFILES}/{everyones}/assignments")).await.expect(200).each("id").remove(0);
    app.delete(&format!("{PROFILES}/{everyones}/assignments/{all}")).await.expect(204);
    assert_eq!(profile_of("a").await, kiosks);
    assert_eq!(app.get(&device("a")).await.expect(200).json()[STATUS], "assignedInSync");
}

/// Groups of a seed find their devices by the rules that are published for Autopilot, or by a list.
#[tokio::test]
async fn seeded_groups_have_members() {
    let mut seed = seed(&[("a", "Kiosk"), ("b", ""), ("c", "")]);
    seed["groups"] = json!([
        { "id": "g-tag", "displayName": "Tagged", "membershipRule": "(device.devicePhysicalIds -any (_ -eq \"[OrderID]:Kiosk\"))" },
        { "id": "g-all", "membershipRule": "(device.devicePhysicalIDs -any (_ -startsWith \"[ZTDid]\"))" },
        { "id": "g-one", "members": ["b"] },
    ]);
    let app = TestApp::seeded(&seed).await;
    let tagged = made(&app, "Tagged", &[group("g-tag")]).await;
    let one = made(&app, "One", &[group("g-one")]).await;
    let all = made(&app, "All", &[group("g-all")]).await;
    app.assigned(3).await;
    for (id, profile) in [("a", &tagged), ("b", &one), ("c", &all)] {
        assert_eq!(app.get(&format!("{}/deploymentProfile", device(id))).await.expect(200).id(), *profile);
    }
    seed["groups"][0]["membershipRule"] = json!("(user.department -eq \"Sales\")");
    let unknown = TestApp::try_with(|config| {
        let file = config.data.join("seed.json");
        std::fs::write(&file, seed.to_string()).unwrap();
        config.seed = vec![file];
    });
    assert!(unknown.await.is_err_and(|error| format!("{error:#}").contains("g-tag")));
}

/// A profile that has changed is out of sync until its devices have the new one.
#[tokio::test]
async fn a_changed_profile_is_given_out_anew() {
    let app = TestApp::seeded(&seed(&[("a", "")])).await;
    let id = made(&app, "One", &[everyone()]).await;
    app.assigned(1).await;
    let before = app.get(&device("a")).await.expect(200).json();
    app.patch(&format!("{PROFILES}/{id}"), &json!({ "description": "another" })).await.expect(200);
    app.assigned(1).await;
    let assigned = "deploymentProfileAssignedDateTime";
    let after = app.until(&device("a"), |device| device[assigned] != before[assigned]).await;
    assert_eq!(after[STATUS], "assignedInSync");
}

#[tokio::test]
async fn bad_assignments_are_refused() {
    let app = TestApp::start().await;
    let id = made(&app, "One", &[]).await;
    let url = format!("{PROFILES}/{id}/assignments");
    for (body, target) in [
        (json!({}), "target"),
        (json!({ "target": null }), "target"),
        (json!({ "target": { "groupId": "g" } }), "target.@odata.type"),
        (
            json!({ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget", "groupId": "g" } }),
            "target.groupId",
        ),
        (json!({ "target": {} }), "target.@odata.type"),
        (
            json!({ "target": { "@odata.type": "#microsoft.graph.outOfBoxExperienceSetting" } }),
            "target.@odata.type",
        ),
        (json!({ "target": "everyone" }), "target"),
    ] {
        let answer = app.post(&url, &body).await.expect(400);
        assert_eq!(answer.target(), target, "{body}: {answer:?}");
    }
    app.post(&url, &group("g")).await.expect(201);
    assert_eq!(app.post(&url, &group("g")).await.expect(409).code(), "Conflict");
    app.post(&format!("{PROFILES}/nothing/assignments"), &group("g")).await.expect(404);
}
