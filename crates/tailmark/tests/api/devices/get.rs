//! `GET windowsAutopilotDeviceIdentities/{id}`

use serde_json::json;

use crate::coverage::Route;
use crate::support::{Caller, FABRIKAM, TestApp, hash};
use crate::{DEVICES, IMPORTED, JSON, ROOTS};

pub const ROUTES: &[Route] = &[Route::get("windowsAutopilotDeviceIdentities/{device}")];

async fn device(app: &TestApp) -> String {
    let body = json!({
        "serialNumber": "SN-1",
        "hardwareIdentifier": hash("SN-1"),
        "productKey": "00329-00000-00003-AA606",
        "groupTag": "Kiosk",
        "assignedUserPrincipalName": "ann@contoso.example",
    });
    let url = format!("{}/{IMPORTED}", ROOTS[0]);
    let record = app.post(&url, &body).await.expect(201).id();
    app.settled().await;
    let record = app.get(&format!("{url}/{record}")).await.expect(200).json();
    record["state"]["deviceRegistrationId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn has_what_was_sent_and_what_the_hash_says() {
    let app = TestApp::start().await;
    let id = device(&app).await;
    let v1 = app.get(&format!("{}/{DEVICES}/{id}", ROOTS[0])).await.expect(200);
    insta::assert_snapshot!(v1.shown(), @r##"
    {
      "@odata.context": "{base}/v1.0/$metadata#deviceManagement/windowsAutopilotDeviceIdentities/$entity",
      "id": "<id 1>",
      "groupTag": "Kiosk",
      "purchaseOrderIdentifier": "",
      "serialNumber": "SN-1",
      "productKey": "00329-00000-00003-AA606",
      "manufacturer": "Contoso",
      "model": "Slate 7",
      "enrollmentState": "notContacted",
      "lastContactedDateTime": "0001-01-01T00:00:00Z",
      "addressableUserName": "",
      "userPrincipalName": "ann@contoso.example",
      "resourceName": "",
      "skuNumber": "SLATE-7-16",
      "systemFamily": "Slate",
      "azureActiveDirectoryDeviceId": "",
      "managedDeviceId": "",
      "displayName": ""
    }
    "##);
    let beta = app.get(&format!("{}/{DEVICES}/{id}", ROOTS[1])).await.expect(200);
    insta::assert_snapshot!(beta.shown(), @r##"
    {
      "@odata.context": "{base}/beta/$metadata#deviceManagement/windowsAutopilotDeviceIdentities/$entity",
      "id": "<id 1>",
      "deploymentProfileAssignmentStatus": "notAssigned",
      "deploymentProfileAssignmentDetailedStatus": "none",
      "deploymentProfileAssignedDateTime": "0001-01-01T00:00:00Z",
      "groupTag": "Kiosk",
      "purchaseOrderIdentifier": "",
      "serialNumber": "SN-1",
      "productKey": "00329-00000-00003-AA606",
      "manufacturer": "Contoso",
      "model": "Slate 7",
      "enrollmentState": "notContacted",
      "lastContactedDateTime": "0001-01-01T00:00:00Z",
      "addressableUserName": "",
      "userPrincipalName": "ann@contoso.example",
      "resourceName": "",
      "skuNumber": "SLATE-7-16",
      "systemFamily": "Slate",
      "azureActiveDirectoryDeviceId": "",
      "azureAdDeviceId": "",
      "managedDeviceId": "",
      "displayName": "",
      "deviceAccountUpn": "",
      "deviceAccountPassword": "",
      "deviceFriendlyName": "",
      "remediationState": "unknown",
      "remediationStateLastModifiedDateTime": "0001-01-01T00:00:00Z",
      "userlessEnrollmentStatus": "unknown"
    }
    "##);
    for answer in [v1, beta] {
        assert_eq!(answer.header("content-type"), JSON);
        assert_eq!(answer.header("odata-version"), "4.0");
        answer.assert_common_headers();
    }
}

/// Scripts wait for the first letters of a text.
#[tokio::test]
async fn has_a_profile_status_that_is_a_text() {
    let app = TestApp::start().await;
    let id = device(&app).await;
    let device = app.get(&format!("{}/{DEVICES}/{id}", ROOTS[1])).await.expect(200).json();
    assert!(device["deploymentProfileAssignmentStatus"].is_string());
}

#[tokio::test]
async fn is_the_tenants_own() {
    let app = TestApp::start().await;
    let id = device(&app).await;
    for root in ROOTS {
        let url = format!("{root}/{DEVICES}/{id}");
        app.get(&url).by(&Caller::reader().of(FABRIKAM)).await.expect(404);
        app.get(&url).by(&Caller::reader()).await.expect(200);
    }
}

/// The real service has no route for it either.
#[tokio::test]
async fn is_not_patched() {
    let app = TestApp::start().await;
    let id = device(&app).await;
    for root in ROOTS {
        let answer =
            app.patch(&format!("{root}/{DEVICES}/{id}"), &json!({ "groupTag": "x" })).await.expect(400);
        assert_eq!(answer.code(), "No method match route template");
        assert_eq!(
            answer.message(),
            format!(
                "No OData route exists that match template ~/singleton/navigation/key with http verb PATCH for request \
                 {root}/{DEVICES}/{id}."
            )
        );
    }
}
