//! `$filter`, `$orderby`, `$select`, `$count` and their like on every collection and entity.

use autopilot::model::{READ_WRITE, READ_WRITE_MANAGED, Version};
use odata::model::{EntityType, Primitive, Type};
use serde_json::{Value, json};

use crate::support::{Answer, Caller, TestApp, hash, names};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

/// Records, uploads and devices with all that can be told apart.
async fn app() -> TestApp {
    let state = |status: &str, id: &str, code: i32, name: &str| {
        json!({
            "deviceImportStatus": status, "deviceRegistrationId": id, "deviceErrorCode": code, "deviceErrorName": name,
        })
    };
    let record = |id: &str, serial: &str, tag: &str, state: Value| json!({ "id": id, "serialNumber": serial, "groupTag": tag, "importId": format!("g-{tag}"), "state": state });
    let upload = |id: &str, created: &str, status: &str| json!({ "id": id, "createdDateTimeUtc": created, "status": status });
    let device = |id: &str, serial: &str, enrollment: &str, contact: &str| {
        json!({
            "id": id, "serialNumber": serial, "enrollmentState": enrollment, "lastContactedDateTime": contact,
            "displayName": format!("Device {serial}"),
        })
    };
    let mut hashed = record("r5", "100%_x", "ÄRGER", state("error", "", 802, "InvalidZtdHardwareHash"));
    hashed["hardwareIdentifier"] = json!(hash("x"));
    TestApp::seeded(&json!({ "deviceManagement": {
        UPLOADS: [
            upload("u1", "2016-12-31T23:59:45.8788427-08:00", "pending"),
            upload("u2", "2020-02-29T00:00:00Z", "complete"),
            upload("u3", "2024-06-01T12:00:00+02:00", "error"),
            upload("u4", "2024-06-01T10:00:00Z", "noUpload"),
        ],
        IMPORTED: [
            record("r1", "alpha", "Kiosk", state("complete", "d1", 0, "None")),
            record("r2", "Beta", "kiosk", state("error", "", 806, "ZtdDeviceAlreadyAssigned")),
            record("r3", "O'Neil", "", state("error", "", 808, "ZtdDeviceAssignedToOtherTenant")),
            record("r4", "a b+c&d", "x", state("complete", "d2", 0, "None")),
            hashed,
            record("r6", "", "日本", state("error", "", 803, "MissingZtdSerialNumberAndProductKey")),
        ],
        DEVICES: [
            device("d1", "alpha", "enrolled", "2025-03-01T08:00:00Z"),
            device("d2", "Beta", "notContacted", "0001-01-01T00:00:00Z"),
            device("d3", "gamma", "failed", "2024-12-31T23:59:59.9999999Z"),
        ],
    } }))
    .await
}

async fn ids(app: &TestApp, root: &str, collection: &str, query: &str) -> String {
    app.get(&format!("{root}/{collection}?{query}")).await.expect(200).each("id").join(" ")
}

#[tokio::test]
async fn filters_records() {
    let app = app().await;
    for root in ROOTS {
        for (filter, expected) in [
            ("serialNumber eq 'alpha'", "r1"),
            ("SerialNumber EQ 'alpha'", "r1"),
            ("'alpha' eq serialNumber", "r1"),
            ("serialNumber eq 'ALPHA'", ""),
            ("serialNumber eq 'O''Neil'", "r3"),
            ("serialNumber eq 'O%27%27Neil'", "r3"),
            ("serialNumber eq 'a%20b%2Bc%26d'", "r4"),
            ("serialNumber eq ''", "r6"),
            ("serialNumber ne ''", "r1 r2 r3 r4 r5"),
            ("serialNumber eq null", ""),
            ("serialNumber ne null", "r1 r2 r3 r4 r5 r6"),
            ("hardwareIdentifier eq null", "r1 r2 r3 r4 r6"),
            ("hardwareIdentifier ne null", "r5"),
            ("serialNumber in ('alpha','Beta','none')", "r1 r2"),
            ("serialNumber in ('alpha',null)", "r1"),
            ("not (serialNumber in ('alpha','Beta'))", "r3 r4 r5 r6"),
            ("groupTag eq 'Kiosk' or groupTag eq 'kiosk'", "r1 r2"),
            ("tolower(groupTag) eq 'kiosk'", "r1 r2"),
            ("toupper(groupTag) eq 'ÄRGER'", "r5"),
            ("tolower(groupTag) eq 'ärger'", "r5"),
            ("groupTag eq '%E6%97%A5%E6%9C%AC'", "r6"),
            ("length(groupTag) eq 2", "r6"),
            ("length(serialNumber) gt 5", "r3 r4 r5"),
            ("contains(serialNumber,'a')", "r1 r2 r4"),
            ("contains(serialNumber,'%25_')", "r5"),
            ("contains(serialNumber,'_')", "r5"),
            ("contains(serialNumber,'')", "r1 r2 r3 r4 r5 r6"),
            ("startswith(serialNumber,'a')", "r1 r4"),
            ("startswith(serialNumber,'A')", ""),
            ("endswith(serialNumber,'a')", "r1 r2"),
            ("endswith(serialNumber,'longer than any of them')", ""),
            ("contains(tolower(serialNumber),'BETA')", ""),
            ("contains(tolower(serialNumber),'beta')", "r2"),
            ("serialNumber gt 'b'", ""),
            ("serialNumber ge 'a' and serialNumber lt 'b'", "r1 r4"),
            ("state/deviceImportStatus eq 'complete'", "r1 r4"),
            ("state/deviceImportStatus eq 'COMPLETE'", "r1 r4"),
            (
                "state/deviceImportStatus eq microsoft.graph.importedWindowsAutopilotDeviceIdentityImportStatus'error'",
                "r2 r3 r5 r6",
            ),
            ("state/deviceImportStatus ne 'complete'", "r2 r3 r5 r6"),
            ("state/deviceImportStatus in ('error','unknown')", "r2 r3 r5 r6"),
            ("state/deviceErrorCode eq 806", "r2"),
            ("state/deviceErrorCode ge 803 and state/deviceErrorCode lt 808", "r2 r6"),
            ("state/deviceErrorCode in (802,808)", "r3 r5"),
            ("state/deviceErrorCode ne 0 and not contains(state/deviceErrorName,'Ztd')", ""),
            ("state/deviceRegistrationId eq 'd1'", "r1"),
            ("importId eq 'g-x'", "r4"),
            ("id eq 'r3'", "r3"),
            ("id gt 'r4'", "r5 r6"),
            ("true", "r1 r2 r3 r4 r5 r6"),
            ("false", ""),
            ("null", ""),
            ("serialNumber eq @p&@p='alpha'", "r1"),
            ("serialNumber eq @nothing", ""),
            ("(((id eq 'r1')))", "r1"),
            ("id eq 'r1' or id eq 'r2' and id eq 'r3'", "r1"),
            ("not startswith(id,'r') or id eq 'r2'", "r2"),
        ] {
            assert_eq!(ids(&app, root, IMPORTED, &format!("$filter={filter}")).await, expected, "{filter}");
            let count = app.get(&format!("{root}/{IMPORTED}/$count?$filter={filter}")).await.expect(200).text;
            assert_eq!(count, expected.split_whitespace().count().to_string(), "$count of {filter}");
        }
    }
}

#[tokio::test]
async fn filters_uploads() {
    let app = app().await;
    for root in ROOTS {
        for (filter, expected) in [
            ("status eq 'pending'", "u1"),
            ("status in ('complete','error')", "u2 u3"),
            ("createdDateTimeUtc eq 2017-01-01T07:59:45.8788427Z", "u1"),
            ("createdDateTimeUtc eq 2024-06-01T10:00:00Z", "u3 u4"),
            ("createdDateTimeUtc eq 2024-06-01T08:00:00-02:00", "u3 u4"),
            ("createdDateTimeUtc gt 2020-02-29T00:00:00Z", "u3 u4"),
            ("createdDateTimeUtc ge 2020-02-29", "u2 u3 u4"),
            ("createdDateTimeUtc lt 2017-01-01", ""),
            ("createdDateTimeUtc le '2020-02-29T00:00:00Z'", "u1 u2"),
            ("createdDateTimeUtc ne null", "u1 u2 u3 u4"),
        ] {
            assert_eq!(ids(&app, root, UPLOADS, &format!("$filter={filter}")).await, expected, "{filter}");
        }
    }
}

#[tokio::test]
async fn filters_devices() {
    let app = app().await;
    for root in ROOTS {
        for (filter, expected) in [
            ("enrollmentState eq 'enrolled'", "d1"),
            ("lastContactedDateTime eq 0001-01-01T00:00:00Z", "d2"),
            ("lastContactedDateTime lt 2025-01-01T00:00:00Z and enrollmentState ne 'notContacted'", "d3"),
            ("contains(displayName,'Device') and serialNumber gt 'alpha'", "d3"),
            ("managedDeviceId eq ''", "d1 d2 d3"),
        ] {
            assert_eq!(ids(&app, root, DEVICES, &format!("$filter={filter}")).await, expected, "{filter}");
        }
    }
}

#[tokio::test]
async fn orders() {
    let app = app().await;
    for root in ROOTS {
        for (collection, order, expected) in [
            (IMPORTED, "id desc", "r6 r5 r4 r3 r2 r1"),
            // By code points, whatever the database's language.
            (IMPORTED, "serialNumber", "r6 r5 r2 r3 r4 r1"),
            (IMPORTED, "serialNumber%20asc", "r6 r5 r2 r3 r4 r1"),
            (IMPORTED, "state/deviceErrorCode desc,id", "r3 r2 r6 r5 r1 r4"),
            (IMPORTED, "state/deviceImportStatus,id desc", "r4 r1 r6 r5 r3 r2"),
            (IMPORTED, "tolower(groupTag),id desc", "r3 r2 r1 r4 r5 r6"),
            (IMPORTED, "length(serialNumber) desc", "r4 r3 r5 r1 r2 r6"),
            (UPLOADS, "createdDateTimeUtc desc", "u3 u4 u2 u1"),
            (UPLOADS, "createdDateTimeUtc desc,id desc", "u4 u3 u2 u1"),
            (UPLOADS, "status", "u4 u1 u2 u3"),
            (DEVICES, "lastContactedDateTime", "d2 d3 d1"),
            (DEVICES, "enrollmentState desc", "d2 d3 d1"),
        ] {
            assert_eq!(ids(&app, root, collection, &format!("$orderby={order}")).await, expected, "{order}");
        }
    }
}

#[tokio::test]
async fn selects() {
    let app = app().await;
    for root in ROOTS {
        for (path, select, members, context) in [
            (IMPORTED, "id", vec!["id"], "(id)"),
            (IMPORTED, "serialNumber,id", vec!["id", "serialNumber"], "(serialNumber,id)"),
            (IMPORTED, "SERIALNUMBER", vec!["serialNumber"], "(serialNumber)"),
            (IMPORTED, "id,%20state", vec!["id", "state"], "(id,state)"),
            (IMPORTED, "state/deviceErrorCode", vec!["state"], "(state/deviceErrorCode)"),
            (UPLOADS, "status", vec!["@odata.type", "status"], "(status)"),
            (
                DEVICES,
                "displayName,serialNumber",
                vec!["serialNumber", "displayName"],
                "(displayName,serialNumber)",
            ),
        ] {
            let list = app.get(&format!("{root}/{path}?$select={select}")).await.expect(200);
            for entity in list.entities() {
                assert_eq!(names(&entity), members, "{path}?$select={select}");
            }
            let url = list.json()["@odata.context"].as_str().unwrap().to_owned();
            assert!(url.ends_with(&format!("/$metadata#deviceManagement/{path}{context}")), "{url}");
        }
        let state = app
            .get(&format!("{root}/{IMPORTED}/r1?$select=state/deviceErrorCode,state/deviceErrorName"))
            .await;
        let state = state.expect(200).json();
        assert_eq!(state["state"], json!({ "deviceErrorCode": 0, "deviceErrorName": "None" }));
        let all = app.get(&format!("{root}/{IMPORTED}/r1?$select=*")).await.expect(200).json();
        assert_eq!(names(&all).len(), 9);
    }
}

#[tokio::test]
async fn counts() {
    let app = app().await;
    for root in ROOTS {
        let members = |answer: &Answer| names(&answer.json()).join(" ");
        let list =
            app.get(&format!("{root}/{IMPORTED}?$count=true&$top=2&$filter=id ne 'r1'")).await.expect(200);
        assert_eq!(members(&list), "@odata.context @odata.count @odata.nextLink value");
        assert_eq!(list.json()["@odata.count"], 5, "of all that match");
        let list = app.get(&format!("{root}/{IMPORTED}?$count=false")).await.expect(200);
        assert_eq!(members(&list), "@odata.context value");
        let list = app
            .get(&format!("{root}/{IMPORTED}?$count=true&$top=1"))
            .header("accept", "application/json;odata.metadata=none")
            .await;
        assert_eq!(members(&list.expect(200)), "@odata.count @odata.nextLink value");
    }
}

#[tokio::test]
async fn skips_and_tops() {
    let app = app().await;
    for root in ROOTS {
        for (query, expected) in [
            ("$top=2", "r1 r2"),
            ("$skip=4", "r5 r6"),
            ("$skip=1&$top=2", "r2 r3"),
            ("$top=2&$skip=1&$orderby=id desc", "r5 r4"),
            ("$skip=1&$filter=id ne 'r2'", "r3 r4 r5 r6"),
            ("top=1&skip=1", "r2"),
            ("%24top=1", "r1"),
            ("$TOP=1", "r1"),
            ("$top=%201", "r1"),
            ("$format=json&$top=1", "r1"),
            ("$format=application/json&$top=1", "r1"),
        ] {
            assert_eq!(ids(&app, root, IMPORTED, query).await, expected, "{query}");
        }
    }
}

/// What the model says can be selected, ordered and filtered by can be: every property of every type.
#[tokio::test]
async fn every_property_is_queried() {
    let app = app().await;
    let caller = Caller::user(&[READ_WRITE, READ_WRITE_MANAGED]);
    for version in Version::ALL {
        let model = version.model();
        let root = format!("/{}/deviceManagement", version.segment());
        let management = model.entity(model.container.members[0].target);
        for navigation in &management.navigation {
            let ty: &EntityType = model.entity(navigation.target);
            let url = format!("{root}/{}", navigation.name);
            if !navigation.collection {
                continue;
            }
            for property in &ty.properties {
                let name = &property.name;
                let list = app.get(&format!("{url}?$select={name}")).by(&caller).await.expect(200);
                assert!(list.entities().iter().all(|entity| entity.get(name).is_some()), "{name}");
                let literal = match &property.ty {
                    Type::Primitive(Primitive::String) => "'x'".to_owned(),
                    Type::Primitive(Primitive::DateTimeOffset) => "2020-01-01T00:00:00Z".to_owned(),
                    Type::Enum(id) => format!("'{}'", model.enumeration(*id).members[0].0),
                    _ => continue,
                };
                app.get(&format!("{url}?$orderby={name} desc&$top=1")).by(&caller).await.expect(200);
                for operator in ["eq", "ne", "lt", "ge"] {
                    for path in [
                        format!("{url}?$filter={name} {operator} {literal}"),
                        format!("{url}/$count?$filter={name} {operator} null"),
                    ] {
                        app.get(&path).by(&caller).await.expect(200);
                    }
                }
            }
        }
    }
}

/// Each 400 says which option is at fault and where in it.
#[tokio::test]
async fn bad_options_are_refused() {
    let app = app().await;
    for root in ROOTS {
        for (query, target, position) in [
            ("$top=-1", "$top", Some(0)),
            ("$top=%2B1", "$top", Some(0)),
            ("$top=1.5", "$top", Some(0)),
            ("$top=1e3", "$top", Some(0)),
            ("$top=", "$top", Some(0)),
            ("$top", "$top", None),
            ("$top=ten", "$top", Some(0)),
            ("$top=99999999999999999999", "$top", Some(0)),
            ("$top=0x10", "$top", Some(0)),
            ("$skip=-1", "$skip", Some(0)),
            ("$skip=18446744073709551616", "$skip", Some(0)),
            ("$skip=null", "$skip", Some(0)),
            ("$count=yes", "$count", Some(0)),
            ("$count=1", "$count", Some(0)),
            ("$filter=", "$filter", Some(0)),
            ("$filter=(", "$filter", Some(1)),
            ("$filter=serialNumber", "$filter", Some(0)),
            ("$filter=serialNumber eq", "$filter", Some(15)),
            ("$filter=serialNumber eq 'x", "$filter", Some(16)),
            ("$filter=serialNumber eq 1", "$filter", Some(0)),
            ("$filter=colour eq 'x'", "colour", Some(0)),
            ("$filter=state/colour eq 'x'", "colour", Some(6)),
            ("$filter=state/deviceImportStatus eq 'done'", "$filter", Some(0)),
            ("$filter=state/deviceErrorCode eq 'many'", "$filter", Some(0)),
            ("$filter=contains(serialNumber)", "$filter", Some(0)),
            ("$filter=contains(serialNumber,1)", "$filter", Some(22)),
            ("$filter=frobnicate(serialNumber)", "$filter", Some(0)),
            ("$filter=serialNumber eq 'x' and", "$filter", Some(23)),
            ("$filter=serialNumber == 'x'", "$filter", None),
            ("$filter=%F0%28%8C%28", "$filter", None),
            ("$filter=%00", "$filter", Some(0)),
            ("$filter=id eq 'x'&$filter=id eq 'y'", "$filter", None),
            ("$top=1&top=1", "$top/top", None),
            ("$top=1&%24top=1", "$top", None),
            ("$orderby=", "$orderby", Some(0)),
            ("$orderby=colour", "colour", Some(0)),
            ("$orderby=serialNumber down", "$orderby", Some(13)),
            ("$orderby=hardwareIdentifier", "$orderby", Some(0)),
            ("$orderby=state", "$orderby", Some(0)),
            ("$orderby=id,", "$orderby", Some(3)),
            ("$select=", "$select", Some(0)),
            ("$select=colour", "colour", Some(0)),
            ("$select=id,colour", "colour", Some(3)),
            ("$select=state/colour", "colour", Some(6)),
            ("$select=serialNumber/length", "length", Some(13)),
            ("$expand=colour", "colour", Some(0)),
            ("$frobnicate=1", "$frobnicate", None),
            ("$", "$", None),
            ("$levels=1", "$levels", None),
            ("@p=", "@p", Some(0)),
            ("@1=2", "@1", None),
        ] {
            let answer = app.promptly(|| app.get(&format!("{root}/{IMPORTED}?{query}"))).await;
            assert_eq!(answer.status, 400, "{query}: {}", answer.text);
            answer.assert_is_error();
            assert_eq!(
                (answer.code().as_str(), answer.target().as_str()),
                ("BadRequest", target),
                "{query}: {}",
                answer.text
            );
            let found = answer.json()["error"]["innerError"]["position"].as_u64();
            if position.is_some() {
                assert_eq!(found, position, "{query}: {}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn options_of_collections_only() {
    let app = app().await;
    for root in ROOTS {
        for path in [format!("{UPLOADS}/u1"), format!("{IMPORTED}/r1"), format!("{DEVICES}/d1")] {
            for option in
                ["$filter=id eq 'x'", "$orderby=id", "$top=1", "$skip=1", "$count=true", "$skiptoken=x"]
            {
                let answer = app.get(&format!("{root}/{path}?{option}")).await.expect(400);
                answer.assert_is_error();
                assert_eq!(answer.target(), option.split('=').next().unwrap());
                assert!(
                    answer.message().contains("can be applied to collections only"),
                    "{}",
                    answer.message()
                );
            }
            app.get(&format!("{root}/{path}?$select=id")).await.expect(200);
        }
    }
}

/// Limits on what one request may ask for.
#[tokio::test]
async fn too_much_is_refused() {
    let app = app().await;
    let deep = format!("{}true{}", "(".repeat(40), ")".repeat(40));
    let nots = format!("{}true", "not ".repeat(2000));
    let wide = vec!["id eq 'x'"; 1100].join(" or ");
    let list = vec!["'x'"; 5000].join(",");
    for filter in [deep, nots, wide, format!("id in ({list})")] {
        let url = format!("{}/{IMPORTED}?$filter={filter}", ROOTS[0]);
        let answer = app.promptly(|| app.get(&url)).await.expect(400);
        answer.assert_is_error();
        assert!(answer.message().starts_with("The request is too complex"), "{}", answer.message());
    }
    let wide = vec!["id eq 'r1'"; 500].join(" or ");
    assert_eq!(ids(&app, ROOTS[0], IMPORTED, &format!("$filter={wide}")).await, "r1");
    let options = "a=1&".repeat(300);
    app.get(&format!("{}/{IMPORTED}?{options}", ROOTS[0])).await.expect(400).assert_is_error();
}
