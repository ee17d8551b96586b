//! `$expand=deviceIdentities(…)` of uploads.

use serde_json::{Value, json};

use crate::support::{Answer, TestApp, bare, hash, hashed, names};
use crate::{IMPORTED, ROOTS, UPLOADS};

async fn uploads(app: &TestApp) -> Vec<String> {
    let mut ids = Vec::new();
    for (name, number) in [("a", 3), ("b", 0), ("c", 2)] {
        let devices: Vec<Value> = (0..number).map(|n| bare(&format!("{name}{n}"), "")).collect();
        let body = json!({ "createdDateTimeUtc": "2024-01-01T00:00:00Z", "deviceIdentities": devices });
        ids.push(app.post(&format!("{}/{UPLOADS}", ROOTS[0]), &body).await.expect(201).id());
    }
    app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &bare("alone", "")).await.expect(201);
    ids
}

fn serials(upload: &Value) -> Vec<&str> {
    let devices = upload["deviceIdentities"].as_array().unwrap();
    devices.iter().map(|device| device["serialNumber"].as_str().unwrap()).collect()
}

async fn expanded(app: &TestApp, root: &str, query: &str) -> Answer {
    app.get(&format!("{root}/{UPLOADS}?{query}")).await.expect(200)
}

#[tokio::test]
async fn of_one_upload() {
    let app = TestApp::start().await;
    app.hold_imports();
    let ids = uploads(&app).await;
    for root in ROOTS {
        let answer =
            app.get(&format!("{root}/{UPLOADS}/{}?$expand=deviceIdentities", ids[2])).await.expect(200);
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.shown().replace("v1.0", "beta"), @r##"
            {
              "@odata.context": "{base}/beta/$metadata#deviceManagement/importedWindowsAutopilotDeviceIdentityUploads(deviceIdentities())/$entity",
              "value": {
                "@odata.type": "#microsoft.graph.importedWindowsAutopilotDeviceIdentityUpload",
                "id": "<id 1>",
                "createdDateTimeUtc": "2024-01-01T00:00:00Z",
                "status": "pending",
                "deviceIdentities": [
                  {
                    "id": "<id 2>",
                    "groupTag": "",
                    "serialNumber": "c0",
                    "productKey": "",
                    "importId": "<id 1>",
                    "hardwareIdentifier": null,
                    "state": {
                      "deviceImportStatus": "unknown",
                      "deviceRegistrationId": "",
                      "deviceErrorCode": 0,
                      "deviceErrorName": ""
                    },
                    "assignedUserPrincipalName": ""
                  },
                  {
                    "id": "<id 3>",
                    "groupTag": "",
                    "serialNumber": "c1",
                    "productKey": "",
                    "importId": "<id 1>",
                    "hardwareIdentifier": null,
                    "state": {
                      "deviceImportStatus": "unknown",
                      "deviceRegistrationId": "",
                      "deviceErrorCode": 0,
                      "deviceErrorName": ""
                    },
                    "assignedUserPrincipalName": ""
                  }
                ]
              }
            }
            "##);
        }
        let bare = app
            .get(&format!("{root}/{UPLOADS}/{}?$expand=deviceIdentities", ids[2]))
            .header("prefer", "envelope=bare")
            .await
            .expect(200);
        assert_eq!(serials(&bare.json()), ["c0", "c1"]);
    }
}

#[tokio::test]
async fn of_many_uploads() {
    let app = TestApp::start().await;
    app.hold_imports();
    uploads(&app).await;
    for root in ROOTS {
        let list = expanded(&app, root, "$expand=deviceIdentities").await;
        let entities = list.entities();
        let each: Vec<Vec<&str>> = entities.iter().map(serials).collect();
        assert_eq!(each, [vec!["a0", "a1", "a2"], vec![], vec!["c0", "c1"]]);
        assert!(
            list.json()["@odata.context"]
                .as_str()
                .unwrap()
                .ends_with(&format!("{UPLOADS}(deviceIdentities())"))
        );
        for upload in entities {
            for device in upload["deviceIdentities"].as_array().unwrap() {
                assert_eq!(device["importId"], upload["id"]);
                assert_eq!(device["hardwareIdentifier"], Value::Null);
            }
        }
    }
}

#[tokio::test]
async fn with_options_inside() {
    let app = TestApp::start().await;
    app.hold_imports();
    uploads(&app).await;
    for root in ROOTS {
        for (options, expected) in [
            ("$top=1", [vec!["a0"], vec![], vec!["c0"]]),
            ("$top=0", [vec![], vec![], vec![]]),
            ("$skip=1", [vec!["a1", "a2"], vec![], vec!["c1"]]),
            ("$skip=1;$top=1", [vec!["a1"], vec![], vec!["c1"]]),
            ("$orderby=serialNumber desc", [vec!["a2", "a1", "a0"], vec![], vec!["c1", "c0"]]),
            ("$orderby=serialNumber desc;$top=1", [vec!["a2"], vec![], vec!["c1"]]),
            ("$filter=endswith(serialNumber,'1')", [vec!["a1"], vec![], vec!["c1"]]),
            (
                "$filter=startswith(serialNumber,'a') and not (serialNumber eq 'a1')",
                [vec!["a0", "a2"], vec![], vec![]],
            ),
            (
                "$select=serialNumber;$filter=state/deviceImportStatus eq 'unknown'",
                [vec!["a0", "a1", "a2"], vec![], vec!["c0", "c1"]],
            ),
            ("filter=serialNumber eq 'c0'", [vec![], vec![], vec!["c0"]]),
        ] {
            let list = expanded(&app, root, &format!("$expand=deviceIdentities({options})")).await;
            let entities = list.entities();
            assert_eq!(entities.iter().map(serials).collect::<Vec<_>>(), expected, "{options}");
        }
    }
}

#[tokio::test]
async fn counts_inside() {
    let app = TestApp::start().await;
    app.hold_imports();
    uploads(&app).await;
    for root in ROOTS {
        let list =
            expanded(&app, root, "$expand=deviceIdentities($count=true;$top=1;$filter=serialNumber ne 'a0')")
                .await;
        assert_eq!(
            list.each("deviceIdentities@odata.count"),
            ["2", "0", "2"],
            "of all that match, not of the page"
        );
    }
}

#[tokio::test]
async fn selects_inside() {
    let app = TestApp::start().await;
    app.hold_imports();
    let body = json!({ "deviceIdentities": [hashed("1")] });
    app.post(&format!("{}/{UPLOADS}", ROOTS[0]), &body).await.expect(201);
    for root in ROOTS {
        let query = "$select=id&$expand=deviceIdentities($select=serialNumber,hardwareIdentifier,state/deviceErrorCode)";
        let list = expanded(&app, root, query).await;
        let upload = list.entities().remove(0);
        assert_eq!(names(&upload), ["@odata.type", "id", "deviceIdentities"]);
        let device = &upload["deviceIdentities"][0];
        assert_eq!(
            *device,
            json!({ "serialNumber": "1", "hardwareIdentifier": hash("1"), "state": { "deviceErrorCode": 0 } })
        );
    }
}

/// Pages of the outer list have the inner ones as well.
#[tokio::test]
async fn on_every_page() {
    let app = TestApp::start().await;
    app.hold_imports();
    uploads(&app).await;
    for root in ROOTS {
        let mut page = expanded(&app, root, "$top=1&$expand=deviceIdentities($select=serialNumber)").await;
        let mut each = Vec::new();
        loop {
            assert!(each.len() < 9, "the links go in a circle");
            each.push(page.entities().iter().map(|upload| serials(upload).len()).sum::<usize>());
            let Some(link) = page.json().get("@odata.nextLink").map(|link| link.as_str().unwrap().to_owned())
            else {
                break;
            };
            page = app.get(&link).await.expect(200);
        }
        assert_eq!(each, [3, 0, 2]);
    }
}

/// The devices of an upload that do not fit a page are not lost: a link leads to the rest.
#[tokio::test]
async fn has_a_link_to_the_rest() {
    let app = TestApp::start().await;
    app.hold_imports();
    let ids = uploads(&app).await;
    for root in ROOTS {
        let list = expanded(&app, root, "$expand=deviceIdentities($top=1;$orderby=serialNumber desc)").await;
        let upload = list.entities().remove(0);
        let link =
            upload["deviceIdentities@odata.nextLink"].as_str().unwrap_or_else(|| panic!("no link: {upload}"));
        let start = format!("{}{root}/{UPLOADS}", app.base);
        assert!(link.starts_with(&start) && link.contains(&ids[0]), "{link}");
        let (mut rest, mut link) = (Vec::new(), Some(link.to_owned()));
        while let Some(at) = link {
            assert!(rest.len() < 9, "the links go in a circle");
            let page = app.get(&at).await.expect(200);
            rest.extend(page.each("serialNumber"));
            link = page.json().get("@odata.nextLink").map(|link| link.as_str().unwrap().to_owned());
        }
        assert_eq!(rest, ["a1", "a0"]);
        assert!(list.entities()[1].get("deviceIdentities@odata.nextLink").is_none());
    }
}

#[tokio::test]
async fn of_what_cannot_be_expanded() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for (path, query, status) in [
            (UPLOADS, "$expand=nothing", 400),
            (UPLOADS, "$expand=status", 400),
            (UPLOADS, "$expand=deviceIdentities(select=)", 400),
            (UPLOADS, "$expand=deviceIdentities($select=nothing)", 400),
            (UPLOADS, "$expand=deviceIdentities($filter=nothing eq 1)", 400),
            (UPLOADS, "$expand=deviceIdentities($top=-1)", 400),
            (UPLOADS, "$expand=deviceIdentities($skiptoken=x)", 400),
            (UPLOADS, "$expand=deviceIdentities(", 400),
            (UPLOADS, "$expand=deviceIdentities($expand=owner)", 400),
            (UPLOADS, "$expand=deviceIdentities,deviceIdentities", 400),
            (IMPORTED, "$expand=upload", 400),
        ] {
            let answer = app.get(&format!("{root}/{path}?{query}")).await;
            assert_eq!(answer.status, status, "{query}: {}", answer.text);
            answer.assert_is_error();
            assert!(!answer.target().is_empty(), "{query}: {}", answer.text);
        }
    }
}
