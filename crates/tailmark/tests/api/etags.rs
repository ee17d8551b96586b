//! ETags: whoever writes may say what they have seen, and nothing is lost that another one has written since.

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

const ODATA: tailmark::config::compat::ProfileName = tailmark::config::compat::ProfileName::Odata;

fn seed() -> Value {
    json!({ "deviceManagement": {
        UPLOADS: [{ "id": "u1", "createdDateTimeUtc": "2020-02-29T00:00:00Z", "status": "noUpload" }],
        DEVICES: [{ "id": "d1", "serialNumber": "S-1" }],
    } })
}

/// An entity of each kind, with a change that a client can make to it.
async fn things(app: &TestApp, root: &str) -> Vec<(String, &'static str, String, Value)> {
    let body = json!({ "deviceIdentities": [{ "serialNumber": "U-1" }] });
    let upload = app.post(&format!("{root}/{UPLOADS}"), &body).await.expect(201).id();
    let list = app.get(&format!("{root}/{UPLOADS}/{upload}/deviceIdentities?$select=id")).await.expect(200);
    let record = format!("{root}/{UPLOADS}/{upload}/deviceIdentities/{}", list.each("id")[0]);
    let upload = format!("{root}/{UPLOADS}/u1");
    let device = format!("{root}/{DEVICES}/d1");
    let act = format!("{device}/updateDeviceProperties");
    vec![
        (upload.clone(), "PATCH", upload, json!({ "status": "pending" })),
        (record.clone(), "PATCH", record, json!({ "groupTag": "changed" })),
        (device, "POST", act, json!({ "groupTag": "changed" })),
    ]
}

fn tag(answer: &Answer) -> String {
    let tag = answer.header("etag").to_owned();
    assert!(tag.starts_with("W/\"") && tag.ends_with('"') && tag.len() > 4, "{tag:?}: {}", answer.asked);
    tag
}

#[tokio::test]
async fn a_change_changes_the_tag() {
    let app = TestApp::seeded(&seed()).await;
    app.hold_imports();
    for root in ROOTS {
        for (entity, method, act, change) in things(&app, root).await {
            let before = tag(&app.get(&entity).await.expect(200));
            assert_eq!(tag(&app.get(&entity).await.expect(200)), before, "reading changes nothing");
            let changed = app.ask(method, &act).json(&change).await;
            assert!(matches!(changed.status, 200 | 204), "{}: {}", changed.asked, changed.text);
            let after = tag(&app.get(&entity).await.expect(200));
            assert_ne!(after, before, "{entity}");
            if method == "PATCH" {
                assert_eq!(changed.header("etag"), after, "{entity}");
            }
        }
    }
}

/// Two clients read the same and change it: the second one hears that it has changed.
#[tokio::test]
async fn no_update_is_lost() {
    let app = TestApp::seeded(&seed()).await;
    app.hold_imports();
    for root in ROOTS {
        for (entity, method, act, change) in things(&app, root).await {
            let seen = tag(&app.get(&entity).await.expect(200));
            let first = app.ask(method, &act).json(&change).header("if-match", &seen).await;
            assert!(matches!(first.status, 200 | 204), "{}: {}", first.asked, first.text);
            let now = app.get(&entity).await.expect(200);
            let second = app.ask(method, &act).json(&json!({})).header("if-match", &seen).await.expect(412);
            assert_eq!(second.code(), "ConditionNotMet");
            assert_eq!(second.intune_message(), "An error has occurred");
            app.delete(&entity).header("if-match", &seen).await.expect(412).assert_is_error();
            assert_eq!(app.get(&entity).await.expect(200).text, now.text, "nothing has changed");
            // Weak or not, one of several, or any.
            for form in ["{}", "W/{}", "\"other\", W/{}", "*"] {
                let now = tag(&app.get(&entity).await.expect(200));
                let condition = form.replace("{}", now.trim_start_matches("W/"));
                let answer = app.ask(method, &act).json(&json!({})).header("if-match", &condition).await;
                assert!(matches!(answer.status, 200 | 204), "{condition}: {}", answer.text);
            }
            app.ask(method, &act).json(&json!({})).header("if-none-match", "*").await.expect(412);
        }
    }
}

#[tokio::test]
async fn tags_are_compared_weakly() {
    let app = TestApp::seeded(&seed()).await;
    for root in ROOTS {
        let url = format!("{root}/{DEVICES}/d1");
        let seen = tag(&app.get(&url).await.expect(200));
        let strong = seen.trim_start_matches("W/").to_owned();
        for condition in
            [seen.clone(), strong, format!("\"x\", {seen}"), format!("{seen},\"y,z\""), "*".to_owned()]
        {
            app.get(&url).header("if-match", &condition).await.expect(200);
            let same = app.get(&url).header("if-none-match", &condition).await.expect(304);
            assert_eq!((same.text.as_str(), same.header("etag")), ("", seen.as_str()));
            assert_eq!(same.header("content-type"), "");
            app.ask("HEAD", &url).header("if-none-match", &condition).await.expect(304);
        }
        app.get(&url).header("if-none-match", "W/\"other\"").await.expect(200);
        app.get(&url).header("if-match", "W/\"other\"").await.expect(412).assert_is_error();
        let part = app.get(&format!("{url}/serialNumber")).header("if-none-match", &seen).await;
        assert_eq!(part.expect(304).header("etag"), seen);
    }
}

/// What is more than one entity, or more than what is stored, has no tag of its own.
#[tokio::test]
async fn some_answers_have_no_tag() {
    let app = TestApp::seeded(&seed()).await;
    for root in ROOTS {
        for path in [
            UPLOADS.to_owned(),
            format!("{UPLOADS}/$count"),
            format!("{UPLOADS}/u1?$expand=deviceIdentities"),
            format!("{UPLOADS}/u1?$compute=length(id) as size"),
            format!("{UPLOADS}/u1/$ref"),
        ] {
            let answer = app.get(&format!("{root}/{path}")).header("if-none-match", "*").await.expect(200);
            assert_eq!(answer.header("etag"), "", "{path}");
        }
    }
}

#[tokio::test]
async fn malformed_conditions_are_refused() {
    let app = TestApp::seeded(&seed()).await;
    let before = app.everything().await;
    let url = format!("{}/{UPLOADS}/u1", ROOTS[1]);
    for name in ["if-match", "if-none-match"] {
        for condition in ["", "1", "W/1", "\"1", "w/\"1\"", "\"1\" \"2\"", "*,\"1\"", ","] {
            for method in ["GET", "PATCH", "DELETE"] {
                let answer = app.ask(method, &url).text("{}").header(name, condition).await;
                let answer = answer.expect(400);
                answer.assert_is_error();
                assert_eq!(answer.target(), name, "{condition}");
            }
        }
    }
    assert_eq!(app.everything().await, before);
    app.delete(&format!("{}/{UPLOADS}/none", ROOTS[1])).header("if-match", "*").await.expect(404);
    app.delete(&url).header("if-match", "*").await.expect(204);
}

/// What the worker makes of a record is a change, too; so is what becomes of an upload by its records.
#[tokio::test]
async fn states_are_part_of_the_tag() {
    let app = TestApp::start().await;
    app.hold_imports();
    let root = ROOTS[0];
    let body = json!({ "deviceIdentities": [{ "serialNumber": "U-1" }] });
    let upload =
        format!("{root}/{UPLOADS}/{}", app.post(&format!("{root}/{UPLOADS}"), &body).await.expect(201).id());
    let record = app.get(&format!("{upload}/deviceIdentities")).await.expect(200).each("id").remove(0);
    let record = format!("{root}/{IMPORTED}/{record}");
    let before = (tag(&app.get(&upload).await), tag(&app.get(&record).await));
    app.release_imports();
    app.settled().await;
    let after = (tag(&app.get(&upload).await), tag(&app.get(&record).await));
    assert!(after.0 != before.0 && after.1 != before.1, "{before:?} {after:?}");
    app.delete(&record).header("if-match", &before.1).await.expect(412);
    app.delete(&record).header("if-match", &after.1).await.expect(204);
}

/// In the body, too, where the standard's manners are followed.
#[tokio::test]
async fn bodies_have_tags_in_the_odata_profile() {
    let graph = TestApp::seeded(&seed()).await;
    let text = graph.get(&format!("{}/{DEVICES}", ROOTS[0])).await.expect(200).text;
    assert!(!text.contains("@odata.etag"), "{text}");

    let app = TestApp::with(|config| {
        let file = config.data.join("seed.json");
        std::fs::write(&file, seed().to_string()).unwrap();
        config.seed = vec![file];
        config.compat.profile = ODATA;
    })
    .await;
    for path in [format!("{DEVICES}/d1"), format!("{UPLOADS}/u1")] {
        let one =
            app.get(&format!("{}/{path}", ROOTS[1])).header("prefer", "envelope=bare").await.expect(200);
        assert_eq!(one.json()["@odata.etag"], one.header("etag"));
    }
    let list = app.get(&format!("{}/{UPLOADS}?$expand=deviceIdentities", ROOTS[1])).await.expect(200);
    assert!(list.entities()[0]["@odata.etag"].is_string(), "{}", list.text);
    let groups = "$apply=groupby((status),aggregate($count as number))";
    let groups = app.get(&format!("{}/{UPLOADS}?{groups}", ROOTS[1])).await.expect(200);
    assert!(!groups.text.contains("etag"), "{}", groups.text);
}
