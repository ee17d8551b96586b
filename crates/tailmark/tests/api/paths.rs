//! Addresses below an entity: properties, bare values, references, type casts.

use serde_json::{Value, json};

use crate::support::{Answer, Caller, FABRIKAM, TestApp, names};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

async fn app() -> TestApp {
    let record = json!({
        "id": "r1", "serialNumber": "S/1", "groupTag": "",
        "state": { "deviceImportStatus": "error", "deviceErrorCode": 806, "deviceErrorName": "ZtdDeviceAlreadyAssigned" },
    });
    TestApp::seeded(&json!({ "deviceManagement": {
        UPLOADS: [
            { "id": "u1", "createdDateTimeUtc": "2016-12-31T23:59:45.8788427-08:00", "status": "pending" },
            { "id": "u2", "createdDateTimeUtc": "2020-02-29T00:00:00Z", "status": "noUpload" },
        ],
        IMPORTED: [record],
        DEVICES: [{ "id": "d1", "serialNumber": "S/1" }],
    } }))
    .await
}

fn context(answer: &Answer) -> String {
    let json = answer.json();
    json["@odata.context"].as_str().unwrap().split_once("/$metadata").unwrap().1.to_owned()
}

#[tokio::test]
async fn a_property_is_answered_under_value() {
    let app = app().await;
    for root in ROOTS {
        for (path, expected, fragment) in [
            (format!("{IMPORTED}/r1/serialNumber"), json!("S/1"), format!("{IMPORTED}('r1')/serialNumber")),
            (
                format!("{IMPORTED}('r1')/SerialNumber"),
                json!("S/1"),
                format!("{IMPORTED}('r1')/serialNumber"),
            ),
            (
                format!("{IMPORTED}/r1/state/deviceErrorCode"),
                json!(806),
                format!("{IMPORTED}('r1')/state/deviceErrorCode"),
            ),
            (
                format!("{UPLOADS}/u1/createdDateTimeUtc"),
                json!("2016-12-31T23:59:45.8788427-08:00"),
                format!("{UPLOADS}('u1')/createdDateTimeUtc"),
            ),
            (format!("{UPLOADS}/u1/status"), json!("pending"), format!("{UPLOADS}('u1')/status")),
        ] {
            let answer = app.get(&format!("{root}/{path}")).await.expect(200);
            assert_eq!(names(&answer.json()), ["@odata.context", "value"], "{path}");
            assert_eq!(answer.json()["value"], expected, "{path}");
            assert_eq!(context(&answer), format!("#deviceManagement/{fragment}"));
        }
        // A complex property is the object itself.
        let state = app.get(&format!("{root}/{IMPORTED}/r1/state")).await.expect(200);
        assert_eq!(state.json()["deviceErrorName"], "ZtdDeviceAlreadyAssigned");
        assert_eq!(context(&state), format!("#deviceManagement/{IMPORTED}('r1')/state"));
        let part = app.get(&format!("{root}/{IMPORTED}/r1/state?$select=deviceErrorCode")).await.expect(200);
        assert_eq!(names(&part.json()), ["@odata.context", "deviceErrorCode"]);
    }
}

/// Null has no body, bare or not.
#[tokio::test]
async fn null_is_no_content() {
    let app = app().await;
    for root in ROOTS {
        for path in ["hardwareIdentifier", "hardwareIdentifier/$value"] {
            let answer = app.get(&format!("{root}/{IMPORTED}/r1/{path}")).await.expect(204);
            assert_eq!((answer.text.as_str(), answer.header("content-type")), ("", ""), "{path}");
        }
    }
}

#[tokio::test]
async fn a_bare_value_is_text() {
    let app = app().await;
    for root in ROOTS {
        for (path, expected) in [
            (format!("{IMPORTED}/r1/serialNumber/$value"), "S/1"),
            (format!("{IMPORTED}/r1/groupTag/$value"), ""),
            (format!("{IMPORTED}/r1/state/deviceImportStatus/$value"), "error"),
            (format!("{IMPORTED}/r1/state/deviceErrorCode/$value"), "806"),
            (format!("{UPLOADS}/u1/createdDateTimeUtc/$value"), "2016-12-31T23:59:45.8788427-08:00"),
        ] {
            for accept in ["*/*", "text/plain", "application/json"] {
                let answer = app.get(&format!("{root}/{path}")).header("accept", accept).await.expect(200);
                assert_eq!(answer.text, expected, "{path}");
                assert_eq!(answer.header("content-type"), "text/plain;charset=utf-8", "{path}");
            }
        }
        for path in [
            format!("{UPLOADS}/u1/$value"),
            format!("{IMPORTED}/r1/state/$value"),
            format!("{IMPORTED}/r1/serialNumber/$value/$value"),
            format!("{IMPORTED}/r1/serialNumber/length"),
            format!("{IMPORTED}/r1/serialNumber?$top=1"),
            format!("{IMPORTED}/r1/serialNumber/$value?$select=x"),
        ] {
            app.get(&format!("{root}/{path}")).await.expect(400).assert_is_error();
        }
        for path in [format!("{IMPORTED}/r2/serialNumber"), format!("{IMPORTED}/r2/serialNumber/$value")] {
            assert_eq!(app.get(&format!("{root}/{path}")).await.expect(404).code(), "ResourceNotFound");
        }
    }
}

#[tokio::test]
async fn references_are_addresses() {
    let app = app().await;
    for root in ROOTS {
        let address = |key: &str| format!("{}{root}/{UPLOADS}('{key}')", app.base);
        let list = app.get(&format!("{root}/{UPLOADS}/$ref")).await.expect(200);
        assert_eq!(context(&list), "#Collection($ref)");
        assert_eq!(
            list.entities(),
            [json!({ "@odata.id": address("u1") }), json!({ "@odata.id": address("u2") })]
        );
        let filtered = app.get(&format!("{root}/{UPLOADS}/$ref?$filter=id eq 'u2'")).await.expect(200);
        assert_eq!(filtered.each("@odata.id"), [address("u2")]);
        let one = app.get(&format!("{root}/{UPLOADS}/u1/$ref")).await.expect(200);
        assert_eq!(context(&one), "#$ref");
        assert_eq!(one.json()["@odata.id"], address("u1"));
        app.get(&format!("{root}/{UPLOADS}/none/$ref")).await.expect(404).assert_is_error();
        app.get(&format!("{root}/{UPLOADS}/$ref?$select=id")).await.expect(400).assert_is_error();
        // What a reference says can be read.
        app.get(&address("u1")).await.expect(200);
    }
}

#[tokio::test]
async fn casts_to_the_same_type_change_nothing_and_others_name_nothing() {
    let app = app().await;
    for root in ROOTS {
        let ty = "microsoft.graph.importedWindowsAutopilotDeviceIdentityUpload";
        assert_eq!(app.get(&format!("{root}/{UPLOADS}/{ty}")).await.expect(200).each("id"), ["u1", "u2"]);
        app.get(&format!("{root}/{UPLOADS}/u1/{ty}")).await.expect(200);
        for other in ["microsoft.graph.windowsAutopilotDeviceIdentity", "microsoft.graph.entity"] {
            let answer = app.get(&format!("{root}/{UPLOADS}/u1/{other}")).await.expect(400);
            assert_eq!(answer.message(), format!("Resource not found for the segment '{other}'."));
        }
    }
}

#[tokio::test]
async fn a_filter_in_the_path_narrows() {
    let app = app().await;
    for root in ROOTS {
        let list = app.get(&format!("{root}/{UPLOADS}/$filter(id eq 'u2')")).await.expect(200);
        assert_eq!(list.each("id"), ["u2"]);
        let count =
            app.get(&format!("{root}/{UPLOADS}/$filter(status eq 'pending')/$count")).await.expect(200);
        assert_eq!(count.text, "1");
        // What it leaves out is not there to be changed, so nothing is.
        for (method, path) in [
            ("DELETE", format!("{UPLOADS}/$filter(id eq 'u2')('u1')")),
            ("PATCH", format!("{UPLOADS}/$filter(id eq 'u2')('u1')")),
            ("POST", format!("{UPLOADS}/$filter(id eq 'u2')")),
            ("POST", format!("{IMPORTED}/$filter(id eq 'x')/import")),
        ] {
            let answer = app.ask(method, &format!("{root}/{path}")).text("{}").await.expect(501);
            assert!(answer.message().contains("$filter"), "{}", answer.message());
        }
    }
    assert_eq!(app.everything().await.len(), 4);
}

/// Reading a part takes what reading the whole does.
#[tokio::test]
async fn parts_need_the_permission_of_the_whole() {
    let app = app().await;
    for root in ROOTS {
        for (path, of_uploads) in [
            (format!("{UPLOADS}/u1/status"), true),
            (format!("{UPLOADS}/u1/status/$value"), true),
            (format!("{UPLOADS}/$ref"), true),
            (format!("{UPLOADS}/u1/$ref"), true),
            (format!("{UPLOADS}/u1/deviceIdentities/$ref"), true),
            (format!("{IMPORTED}/r1/state/deviceErrorCode"), false),
            (format!("{DEVICES}/d1/serialNumber/$value"), false),
            (format!("{DEVICES}/$ref"), false),
        ] {
            let url = format!("{root}/{path}");
            let read = autopilot::model::READ;
            app.get(&url).by(&Caller::user(&[read])).await.expect(200);
            app.get(&url).by(&Caller::user(&["User.Read"])).await.expect(403);
            app.get(&url).by(&Caller::personal()).await.expect(403);
            app.get(&url).by_nobody().await.expect(401);
            let application = app.get(&url).by(&Caller::application(&[read])).await;
            assert_eq!(application.status, if of_uploads { 403 } else { 200 }, "{url}");
            let stranger = app.get(&url).by(&Caller::writer().of(FABRIKAM)).await;
            let is_list =
                url.ends_with(&format!("{UPLOADS}/$ref")) || url.ends_with(&format!("{DEVICES}/$ref"));
            assert_eq!(stranger.status, if is_list { 200 } else { 404 }, "{url}");
            assert!(!is_list || stranger.entities() == Vec::<Value>::new());
        }
    }
}

/// Nothing is written to a part of an entity.
#[tokio::test]
async fn parts_are_not_written() {
    let app = app().await;
    let before = app.everything().await;
    for root in ROOTS {
        for path in [
            format!("{UPLOADS}/u1/status"),
            format!("{UPLOADS}/u1/status/$value"),
            format!("{UPLOADS}/u1/$ref"),
            format!("{UPLOADS}/$ref"),
            format!("{IMPORTED}/r1/state"),
        ] {
            for method in ["POST", "PATCH", "PUT", "DELETE"] {
                let answer =
                    app.ask(method, &format!("{root}/{path}")).text("{\"value\":1}").await.expect(400);
                assert_eq!(answer.code(), "No method match route template");
            }
        }
    }
    assert_eq!(app.everything().await, before);
}
