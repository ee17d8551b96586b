//! The actions on a registered device, and `deleteDevices` on many.

use serde_json::{Value, json};

use crate::coverage::{Needs, Route};
use crate::support::{Answer, Caller, FABRIKAM, TestApp};
use crate::{DEVICES, ROOTS};

pub const ROUTES: &[Route] = &[
    Route::post(
        "windowsAutopilotDeviceIdentities/{device}/updateDeviceProperties",
        204,
        "{\"groupTag\":\"x\"}",
    ),
    Route::post(
        "windowsAutopilotDeviceIdentities/{device}/assignUserToDevice",
        204,
        "{\"userPrincipalName\":\"a@b.c\",\"addressableUserName\":\"A\"}",
    ),
    // Its page lets the reading permission do it.
    Route::post("windowsAutopilotDeviceIdentities/{device}/unassignUserFromDevice", 204, "{}")
        .needing(Needs::Read)
        .application_needing(Needs::Read),
    Route::post(
        "windowsAutopilotDeviceIdentities/{device}/assignResourceAccountToDevice",
        204,
        "{\"userPrincipalName\":\"a@b.c\",\"addressableUserName\":\"A\",\"resourceAccountName\":\"room\"}",
    )
    .in_beta(),
    Route::post("windowsAutopilotDeviceIdentities/{device}/unassignResourceAccountFromDevice", 204, "")
        .in_beta(),
    Route::post("windowsAutopilotDeviceIdentities/{device}/allowNextEnrollment", 204, "").in_beta(),
    Route::post("windowsAutopilotDeviceIdentities/deleteDevices", 200, "{\"serialNumbers\":[]}"),
];

const ID: &str = "0a0a0a0a-0000-4000-8000-000000000001";

async fn app() -> TestApp {
    let device = json!({
        "id": ID, "serialNumber": "SN-1", "groupTag": "old", "displayName": "Old name",
        "userPrincipalName": "old@contoso.example", "addressableUserName": "Old user",
    });
    TestApp::seeded(&json!({ "deviceManagement": { DEVICES: [device] } })).await
}

async fn call(app: &TestApp, root: &str, action: &str, body: &Value) -> Answer {
    app.post(&format!("{root}/{DEVICES}/{ID}/{action}"), body).await
}

async fn device(app: &TestApp) -> Value {
    app.get(&format!("{}/{DEVICES}/{ID}", ROOTS[1])).await.expect(200).json()
}

#[tokio::test]
async fn update_sets_what_is_sent_and_leaves_the_rest() {
    for root in ROOTS {
        let app = app().await;
        let before = device(&app).await;
        let done =
            call(&app, root, "updateDeviceProperties", &json!({ "groupTag": "new" })).await.expect(204);
        assert_eq!((done.text.as_str(), done.header("content-type")), ("", ""));
        done.assert_common_headers();
        let mut expected = before;
        expected["groupTag"] = json!("new");
        assert_eq!(device(&app).await, expected);

        let all = json!({
            "userPrincipalName": "ann@contoso.example", "addressableUserName": "Ann", "groupTag": "",
            "displayName": "KIOSK-1",
        });
        call(&app, root, "updateDeviceProperties", &all).await.expect(204);
        for (name, value) in all.as_object().unwrap() {
            expected[name] = value.clone();
        }
        assert_eq!(device(&app).await, expected);
        call(&app, root, "updateDeviceProperties", &json!({ "displayName": null })).await.expect(204);
        expected["displayName"] = json!("");
        assert_eq!(device(&app).await, expected, "null empties");
        call(&app, root, "updateDeviceProperties", &json!({})).await.expect(204);
        assert_eq!(device(&app).await, expected);
    }
}

/// Surface Hub's account is beta's; its password can be written and not read.
#[tokio::test]
async fn update_sets_an_account_in_beta_only() {
    let app = app().await;
    let body = json!({
        "deviceAccountUpn": "hub@contoso.example", "deviceAccountPassword": "secret", "deviceFriendlyName": "Hub",
    });
    let answer = call(&app, ROOTS[0], "updateDeviceProperties", &body).await.expect(400);
    assert_eq!(answer.target(), "deviceAccountUpn");
    call(&app, ROOTS[1], "updateDeviceProperties", &body).await.expect(204);
    let device = device(&app).await;
    assert_eq!(device["deviceAccountUpn"], "hub@contoso.example");
    assert_eq!(device["deviceFriendlyName"], "Hub");
    assert_eq!(device["deviceAccountPassword"], "");
}

#[tokio::test]
async fn assign_and_unassign() {
    let app = app().await;
    for root in ROOTS {
        let user = json!({ "userPrincipalName": "ann@contoso.example", "addressableUserName": "Ann" });
        call(&app, root, "assignUserToDevice", &user).await.expect(204);
        let assigned = device(&app).await;
        assert_eq!(assigned["userPrincipalName"], "ann@contoso.example");
        assert_eq!(assigned["addressableUserName"], "Ann");
        assert_eq!(assigned["groupTag"], "old");

        // No body and no content type, as clients call actions without parameters.
        let url = format!("{root}/{DEVICES}/{ID}/unassignUserFromDevice");
        let done = app.ask("POST", &url).await.expect(204);
        assert_eq!(done.text, "");
        let unassigned = device(&app).await;
        assert_eq!(
            (&unassigned["userPrincipalName"], &unassigned["addressableUserName"]),
            (&json!(""), &json!(""))
        );
        assert_eq!(unassigned["displayName"], "Old name");
        app.ask("POST", &url).header("content-type", "application/json").await.expect(204);
        app.ask("POST", &url).text("{}").await.expect(204);
    }
}

#[tokio::test]
async fn names_are_taken_in_every_spelling() {
    let app = app().await;
    for root in ROOTS {
        for name in [
            "UpdateDeviceProperties",
            "microsoft.graph.updateDeviceProperties",
            "graph.updateDeviceProperties",
        ] {
            let tag = format!("{root} {name}");
            call(&app, root, name, &json!({ "GroupTag": tag })).await.expect(204);
            assert_eq!(device(&app).await["groupTag"], tag);
        }
    }
}

/// The community's module writes the names of members without quotation marks.
#[tokio::test]
async fn member_names_need_no_quotation_marks() {
    let app = app().await;
    for root in ROOTS {
        let url = format!("{root}/{DEVICES}/{ID}/UpdateDeviceProperties");
        let body = "{\r\n    userPrincipalName: \"ann@contoso.example\",\r\n    groupTag: \"a: {b}\"\r\n}";
        app.ask("POST", &url).text(body).await.expect(204);
        assert_eq!(device(&app).await["groupTag"], "a: {b}");
        for broken in [
            "{ groupTag: x }",
            "{ groupTag \"x\" }",
            "{ group-tag: \"x\" }",
            "{ groupTag: \"x\" ",
            "groupTag",
        ] {
            app.ask("POST", &url).text(broken).await.expect(400).assert_is_error();
        }
        assert_eq!(device(&app).await["groupTag"], "a: {b}");
    }
}

/// A long body is answered as a short one is; reading it again from each of its bytes would take minutes.
#[tokio::test]
async fn long_bodies_are_answered() {
    let app = app().await;
    let url = format!("{}/{DEVICES}/{ID}/updateDeviceProperties", ROOTS[0]);
    for piece in [" ", "a", ",", "{", "a ", ",a"] {
        let answer = app.ask("POST", &url).text(&format!("{{{}}}", piece.repeat(200_000))).await;
        assert_eq!(answer.status, if piece == " " { 204 } else { 400 }, "{piece}");
    }
}

#[tokio::test]
async fn refuse_what_does_not_fit() {
    let app = app().await;
    let before = device(&app).await;
    for root in ROOTS {
        for (action, body, target) in [
            ("updateDeviceProperties", json!({ "serialNumber": "2" }), "serialNumber"),
            ("updateDeviceProperties", json!({ "groupTag": 7 }), "groupTag"),
            ("updateDeviceProperties", json!({ "groupTag": "t".repeat(2049) }), "groupTag"),
            ("updateDeviceProperties", json!({ "displayName": "n".repeat(257) }), "displayName"),
            ("updateDeviceProperties", json!({ "groupTag": "\u{0}" }), "groupTag"),
            ("assignUserToDevice", json!({ "groupTag": "x" }), "groupTag"),
            ("unassignUserFromDevice", json!({ "userPrincipalName": "x" }), "userPrincipalName"),
        ] {
            let answer = call(&app, root, action, &body).await.expect(400);
            answer.assert_is_error();
            assert_eq!(answer.target(), target);
        }
        for method in ["GET", "PATCH", "PUT", "DELETE"] {
            let url = format!("{root}/{DEVICES}/{ID}/assignUserToDevice");
            let answer = app.ask(method, &url).text("{}").await.expect(400);
            assert_eq!(answer.code(), "No method match route template", "{method}");
            assert!(answer.message().contains("~/singleton/navigation/key/action"), "{}", answer.message());
        }
        let answer = call(&app, root, "wipe", &json!({})).await.expect(400);
        assert_eq!(answer.message(), "Resource not found for the segment 'wipe'.");
    }
    assert_eq!(device(&app).await, before);
}

#[tokio::test]
async fn change_the_tenants_own_devices_only() {
    let app = app().await;
    let before = device(&app).await;
    for root in ROOTS {
        for action in ["updateDeviceProperties", "assignUserToDevice", "unassignUserFromDevice"] {
            let url = format!("{root}/{DEVICES}/{ID}/{action}");
            app.ask("POST", &url).text("{}").by(&Caller::writer().of(FABRIKAM)).await.expect(404);
        }
    }
    assert_eq!(device(&app).await, before);
}

/// A Surface Hub has an account of its own.
#[tokio::test]
async fn resource_accounts_come_and_go() {
    let app = app().await;
    let root = ROOTS.iter().find(|root| root.contains("beta")).unwrap();
    let account = json!({
        "userPrincipalName": "room@contoso.example", "addressableUserName": "Room", "resourceAccountName": "room-1",
    });
    call(&app, root, "assignResourceAccountToDevice", &account).await.expect(204);
    let assigned = device(&app).await;
    assert_eq!(
        (&assigned["userPrincipalName"], &assigned["resourceName"]),
        (&json!("room@contoso.example"), &json!("room-1"))
    );
    call(&app, root, "unassignResourceAccountFromDevice", &json!({})).await.expect(204);
    let unassigned = device(&app).await;
    assert_eq!((&unassigned["userPrincipalName"], &unassigned["resourceName"]), (&json!(""), &json!("")));
    assert_eq!(unassigned["groupTag"], "old");
    call(&app, root, "allowNextEnrollment", &json!({})).await.expect(204);
    assert_eq!(device(&app).await["userlessEnrollmentStatus"], "allowed");
}

/// Many go at once, by their serial numbers; of each it is said what became of it.
#[tokio::test]
async fn many_are_deleted_by_serial_number() {
    for root in ROOTS {
        let app = app().await;
        let body = json!({ "serialNumbers": ["SN-1", "SN-2"] });
        let answer = app.post(&format!("{root}/{DEVICES}/deleteDevices"), &body).await.expect(200);
        let context = "$metadata#Collection(microsoft.graph.deletedWindowsAutopilotDeviceState)";
        assert!(answer.json()["@odata.context"].as_str().unwrap().ends_with(context), "{answer:?}");
        assert_eq!(answer.each("serialNumber"), ["SN-1", "SN-2"]);
        assert_eq!(answer.each("deletionState"), ["accepted", "failed"]);
        assert_eq!(answer.entities()[0]["deviceRegistrationId"], ID);
        assert!(answer.entities()[1]["errorMessage"].as_str().unwrap().contains("registered"));
        assert!(answer.header("tailmark-verdict").starts_with("refused; reason="), "{answer:?}");
        app.get(&format!("{root}/{DEVICES}/{ID}")).await.expect(404);
        let none = app.post(&format!("{root}/{DEVICES}/deleteDevices"), &json!({})).await.expect(400);
        assert_eq!(none.target(), "serialNumbers");
    }
}
