//! `GET windowsAutopilotDeviceIdentities`

use serde_json::{Value, json};

use crate::coverage::Route;
use crate::support::{Caller, FABRIKAM, TestApp, hashed, names};
use crate::{DEVICES, IMPORTED, JSON, ROOTS};

pub const ROUTES: &[Route] = &[
    Route::get("windowsAutopilotDeviceIdentities"),
    Route::get("windowsAutopilotDeviceIdentities/$count"),
    Route::post("windowsAutopilotDeviceIdentities", 201, "{\"serialNumber\":\"#n#\"}"),
];

#[tokio::test]
async fn has_registered_devices() {
    let app = TestApp::start().await;
    for serial in ["1", "2"] {
        app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &hashed(serial)).await.expect(201);
        app.settled().await;
    }
    for root in ROOTS {
        let list = app.get(&format!("{root}/{DEVICES}")).await.expect(200);
        assert_eq!(list.each("serialNumber"), ["1", "2"]);
        assert_eq!(list.header("content-type"), JSON);
        assert_eq!(list.header("odata-version"), "4.0");
        list.assert_common_headers();
        assert_eq!(app.get(&format!("{root}/{DEVICES}/$count")).await.expect(200).text, "2");
    }
}

/// What v1.0 has, and what only beta has.
#[tokio::test]
async fn versions_differ_in_their_properties() {
    let app = TestApp::start().await;
    app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &hashed("1")).await.expect(201);
    app.settled().await;
    let v1 = app.get(&format!("{}/{DEVICES}", ROOTS[0])).await.expect(200).entities().remove(0);
    let beta = app.get(&format!("{}/{DEVICES}", ROOTS[1])).await.expect(200).entities().remove(0);
    let only: Vec<&str> = names(&beta).into_iter().filter(|name| v1.get(name).is_none()).collect();
    assert_eq!(
        only,
        [
            "deploymentProfileAssignmentStatus",
            "deploymentProfileAssignmentDetailedStatus",
            "deploymentProfileAssignedDateTime",
            "azureAdDeviceId",
            "deviceAccountUpn",
            "deviceAccountPassword",
            "deviceFriendlyName",
            "remediationState",
            "remediationStateLastModifiedDateTime",
            "userlessEnrollmentStatus",
        ]
    );
    for (name, value) in v1.as_object().unwrap() {
        assert_eq!(beta[name], *value, "{name}");
    }
    // What v1.0 does not have is not there for filters and selections either.
    app.get(&format!("{}/{DEVICES}?$select=remediationState", ROOTS[0])).await.expect(400);
    app.get(&format!("{}/{DEVICES}?$filter=remediationState eq 'unknown'", ROOTS[0])).await.expect(400);
    app.get(&format!("{}/{DEVICES}?$orderby=azureAdDeviceId", ROOTS[0])).await.expect(400);
    app.get(&format!("{}/{DEVICES}?$filter=remediationState eq 'unknown'", ROOTS[1])).await.expect(200);
}

/// The queries that clients are known to send.
#[tokio::test]
async fn is_queried_as_clients_do() {
    let app = TestApp::start().await;
    let devices: Vec<Value> = ["SN-1", "SN-2", "XX-3"].map(hashed).to_vec();
    let body = json!({ "importedWindowsAutopilotDeviceIdentities": devices });
    app.post(&format!("{}/{IMPORTED}/import", ROOTS[0]), &body).await.expect(200);
    app.settled().await;
    for root in ROOTS {
        for (query, serials) in [
            ("/?$filter=contains(serialNumber,'SN-')", vec!["SN-1", "SN-2"]),
            ("?%24filter=contains(serialNumber%2C%27SN-%27)", vec!["SN-1", "SN-2"]),
            ("?$filter=serialNumber+eq+'SN-2'", vec!["SN-2"]),
            ("?$filter=serialNumber%20eq%20%27SN-2%27", vec!["SN-2"]),
            ("?$top=999", vec!["SN-1", "SN-2", "XX-3"]),
            ("?$filter=enrollmentState eq 'notContacted'", vec!["SN-1", "SN-2", "XX-3"]),
            ("?$filter=lastContactedDateTime lt 2000-01-01T00:00:00Z", vec!["SN-1", "SN-2", "XX-3"]),
        ] {
            let list = app.get(&format!("{root}/{DEVICES}{query}")).await.expect(200);
            assert_eq!(list.each("serialNumber"), serials, "{query}");
        }
    }
}

/// A device is also registered by itself; an id of the client's counts for nothing.
#[tokio::test]
async fn takes_new_devices() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let url = format!("{root}/{DEVICES}");
        let sent =
            json!({ "id": "mine", "serialNumber": root, "groupTag": "Kiosk", "displayName": "Front desk" });
        let made = app.post(&url, &sent).await.expect(201);
        let body = made.json();
        assert_ne!(body["id"], "mine");
        assert_eq!((&body["groupTag"], &body["displayName"]), (&json!("Kiosk"), &json!("Front desk")));
        assert_eq!(body["enrollmentState"], "notContacted");
        let read = app.get(made.header("location")).await.expect(200).json();
        assert_eq!(read, body);
        let again = app.post(&url, &sent).await.expect(400);
        assert!(again.intune_message().contains("registered already"));
        assert_eq!(again.phrase(), "ZtdDeviceAlreadyAssigned");
        let elsewhere = app.post(&url, &sent).by(&Caller::writer().of(FABRIKAM)).await.expect(400);
        assert_eq!(elsewhere.phrase(), "ZtdDeviceAssignedToOtherTenant");
        let nobody = app.post(&url, &json!({ "groupTag": "Kiosk" })).await.expect(400);
        assert_eq!(nobody.phrase(), "MissingZtdSerialNumberAndProductKey");
    }
}
