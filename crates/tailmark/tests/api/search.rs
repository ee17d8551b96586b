//! `$search`: in registered devices by an index, in import records without one, and alike in both.

use autopilot::model::Version;
use odata::model::{Primitive, Property, Type};
use serde_json::json;

use crate::support::{Caller, FABRIKAM, TestApp, hashed};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

async fn app() -> TestApp {
    let device = |id: &str, serial: &str, make: &str, model: &str, tag: &str, user: &str| {
        json!({
            "id": id, "serialNumber": serial, "manufacturer": make, "model": model, "groupTag": tag,
            "userPrincipalName": user, "displayName": format!("{make} of {user}"),
        })
    };
    let record = |id: &str, serial: &str, tag: &str, user: &str| {
        json!({
            "id": id, "serialNumber": serial, "groupTag": tag, "assignedUserPrincipalName": user,
            "state": { "deviceImportStatus": "complete", "deviceErrorCode": 0, "deviceErrorName": "None" },
        })
    };
    let contoso = json!({ "deviceManagement": {
        UPLOADS: [{ "id": "u1", "createdDateTimeUtc": "2020-02-29T00:00:00Z", "status": "noUpload" }],
        DEVICES: [
            device("d1", "ABC-001", "Fabrikam", "Notebook 7", "Kiosk", "ada@contoso.example"),
            device("d2", "ABC-002", "Contoso", "Tablet \"X\"", "Ärger", "eve@contoso.example"),
            device("d3", "XYZ-100%", "Fabrikam", "Notebook 9", "日本語版", "ADA@contoso.example"),
        ],
        IMPORTED: [
            record("r1", "ABC-001", "Kiosk", "ada@contoso.example"),
            record("r2", "ABC-002", "Ärger", "eve@contoso.example"),
            record("r3", "XYZ-100%", "日本語版", "ADA@contoso.example"),
        ],
    } });
    let fabrikam = json!({ "tenant": FABRIKAM, "deviceManagement": {
        DEVICES: [device("f1", "ABC-777", "Fabrikam", "Notebook 7", "Kiosk", "ada@fabrikam.example")],
    } });
    TestApp::seeded(&json!([contoso, fabrikam])).await
}

async fn ids(app: &TestApp, url: &str) -> String {
    app.get(url).await.expect(200).each("id").join(" ")
}

/// `contains` in the same index: it finds words in any letter case, and what it finds is looked at.
#[tokio::test]
async fn contains_is_exact_where_an_index_helps() {
    let app = app().await;
    for (filter, expected) in [
        ("contains(serialNumber,'ABC')", "d1 d2"),
        ("contains(serialNumber,'abc')", ""),
        ("contains(serialNumber,'BC-002')", "d2"),
        ("contains(serialNumber,'00')", "d1 d2 d3"),
        ("contains(serialNumber,'100%25')", "d3"),
        ("contains(model,'\"X\"')", "d2"),
        ("contains(model,'note')", ""),
        ("contains(userPrincipalName,'ADA')", "d3"),
        ("contains(groupTag,'日本語')", "d3"),
        ("contains(groupTag,'Ärg') and contains(serialNumber,'ABC')", "d2"),
        ("contains(manufacturer,'ABC')", ""),
        ("not contains(serialNumber,'ABC')", "d3"),
        ("contains(serialNumber,'ABC') or contains(model,'Notebook 9')", "d1 d2 d3"),
    ] {
        let url = format!(
            "/beta/deviceManagement/{DEVICES}?$filter={}&$orderby=serialNumber",
            filter.replace(' ', "%20")
        );
        assert_eq!(ids(&app, &url).await, expected, "{filter}");
        let counted = app.get(&format!("{url}&$count=true&$top=1")).await.expect(200);
        let number = expected.split_whitespace().count();
        assert_eq!(counted.json()["@odata.count"], json!(number), "{filter}");
    }
}

#[tokio::test]
async fn words_are_found_wherever_they_stand() {
    let app = app().await;
    for root in ROOTS {
        for (search, devices, records) in [
            ("ABC", "d1 d2", "r1 r2"),
            ("abc", "d1 d2", "r1 r2"),
            ("bc-00", "d1 d2", "r1 r2"),
            ("ada", "d1 d3", "r1 r3"),
            ("kiosk", "d1", "r1"),
            ("ärger", "d2", "r2"),
            ("日本語", "d3", "r3"),
            ("00", "d1 d2 d3", "r1 r2 r3"),
            ("100%25", "d3", "r3"),
            ("\"001\"", "d1", "r1"),
            ("ABC AND ada", "d1", "r1"),
            ("ABC ada", "d1", "r1"),
            ("kiosk OR 日本語", "d1 d3", "r1 r3"),
            ("NOT ABC", "d3", "r3"),
            ("ada NOT kiosk", "d3", "r3"),
            ("(kiosk OR ärger) AND ABC", "d1 d2", "r1 r2"),
            ("nowhere", "", ""),
        ] {
            let url = |collection: &str| format!("{root}/{collection}?$search={search}");
            assert_eq!(ids(&app, &url(DEVICES)).await, devices, "{search}");
            assert_eq!(ids(&app, &url(IMPORTED)).await, records, "{search}");
        }
        for (search, expected) in [
            ("fabrikam", "d1 d3"),
            ("\"notebook 7\"", "d1"),
            ("\"Fabrikam Notebook\"", ""),
            ("'tablet \"x'", "d2"),
            ("\"book 7\" OR tablet", "d1 d2"),
        ] {
            assert_eq!(ids(&app, &format!("{root}/{DEVICES}?$search={search}")).await, expected, "{search}");
        }
        let count = app.get(&format!("{root}/{DEVICES}/$count?$search=fabrikam")).await.expect(200);
        assert_eq!(count.text, "2");
        let both = format!("{root}/{DEVICES}?$search=fabrikam&$filter=groupTag eq 'Kiosk'&$count=true");
        let both = app.get(&both).await.expect(200);
        assert_eq!(
            (both.each("id").join(" "), both.json()["@odata.count"].as_u64()),
            ("d1".to_owned(), Some(1))
        );
        let page = app.get(&format!("{root}/{DEVICES}?$search=fabrikam&$top=1")).await.expect(200);
        let next = page.json()["@odata.nextLink"].as_str().unwrap().to_owned();
        assert_eq!(ids(&app, &next).await, "d3");
        // Nothing in them is text that a person would look for.
        let answer = app.get(&format!("{root}/{UPLOADS}?$search=x")).await.expect(501);
        assert!(answer.message().contains("'$search'"), "{}", answer.message());
        for search in ["", "AND", "(", "\"", "a AND"] {
            let answer = app.get(&format!("{root}/{DEVICES}?$search={search}")).await;
            assert!(matches!(answer.status, 200 | 400), "{search}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn tenants_search_their_own() {
    let app = app().await;
    for root in ROOTS {
        let url = format!("{root}/{DEVICES}?$search=notebook");
        assert_eq!(ids(&app, &url).await, "d1 d3");
        let theirs = app.get(&url).by(&Caller::writer().of(FABRIKAM)).await.expect(200);
        assert_eq!(theirs.each("id"), ["f1"]);
        let count =
            app.get(&format!("{root}/{DEVICES}/$count?$search=NOT kiosk")).by(&Caller::writer().of(FABRIKAM));
        assert_eq!(count.await.expect(200).text, "0");
    }
}

/// What is registered, changed and deleted is found as it is now.
#[tokio::test]
async fn the_index_follows() {
    let app = TestApp::start().await;
    let root = ROOTS[1];
    app.post(&format!("{root}/{IMPORTED}"), &hashed("FOLLOWED-1")).await.expect(201);
    app.settled().await;
    let url = |search: &str| format!("{root}/{DEVICES}?$search={search}");
    let id = ids(&app, &url("followed")).await;
    assert_eq!(id.len(), 36, "{id}");
    let change = json!({ "groupTag": "Reception", "displayName": "Front desk" });
    app.post(&format!("{root}/{DEVICES}/{id}/updateDeviceProperties"), &change).await.expect(204);
    for search in ["followed", "reception", "\"front desk\""] {
        assert_eq!(ids(&app, &url(search)).await, id, "{search}");
    }
    let change = json!({ "groupTag": "Office" });
    app.post(&format!("{root}/{DEVICES}/{id}/updateDeviceProperties"), &change).await.expect(204);
    assert_eq!(
        (ids(&app, &url("reception")).await, ids(&app, &url("office")).await),
        (String::new(), id.clone())
    );
    app.delete(&format!("{root}/{DEVICES}/{id}")).await.expect(204);
    assert_eq!(ids(&app, &url("followed")).await, "");
}

/// The model says what is searchable, and the index holds the same: each text is found, or is not, by its property.
#[tokio::test]
async fn the_index_holds_what_the_model_says() {
    for version in Version::ALL {
        let model = version.model();
        let management = model.entity(model.container.members[0].target);
        for collection in [DEVICES, IMPORTED] {
            let target = management.navigation_property(collection).unwrap().target;
            let is_text = |property: &&Property| property.ty == Type::Primitive(Primitive::String);
            let texts: Vec<_> = model.entity(target).properties.iter().filter(is_text).collect();
            let mut entity = json!({});
            for (number, property) in texts.iter().enumerate() {
                entity[&property.name] = format!("text-{number}-").into();
            }
            let app = TestApp::seeded(&json!({ "deviceManagement": { collection: [entity] } })).await;
            assert!(texts.iter().any(|property| property.searchable), "{collection}");
            for (number, property) in texts.iter().enumerate() {
                let url =
                    format!("/{}/deviceManagement/{collection}?$search=text-{number}-", version.segment());
                let found = app.get(&url).await.expect(200).entities().len();
                assert_eq!(found == 1, property.searchable, "{collection} {}", property.name);
            }
        }
    }
}
