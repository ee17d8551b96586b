//! A seed file, and the published page read back to the letter.

use serde_json::{Value, json};

use crate::support::{Answer, Caller, FABRIKAM, TestApp, bare, names};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

const SAMPLE_ID: &str = "8d639524-9524-8d63-2495-638d2495638d";

fn sample() -> Value {
    json!({
        "deviceManagement": {
            UPLOADS: [{
                "id": SAMPLE_ID,
                "createdDateTimeUtc": "2016-12-31T23:59:45.8788427-08:00",
                "status": "pending",
            }],
        },
    })
}

/// *Get importedWindowsAutopilotDeviceIdentityUpload*: the page that started it.
#[tokio::test]
async fn the_published_sample_is_answered_to_the_letter() {
    let app = TestApp::seeded(&sample()).await;
    for root in ROOTS {
        let answer =
            app.get(&format!("{root}/{UPLOADS}/{SAMPLE_ID}")).by(&Caller::reader()).await.expect(200);
        let version = &root[1..root.len() - 17];
        assert_eq!(
            answer.text,
            format!(
                "{{\"@odata.context\":\"{}/{version}/$metadata#deviceManagement/{UPLOADS}/$entity\",\"value\":{{\
                 \"@odata.type\":\"#microsoft.graph.importedWindowsAutopilotDeviceIdentityUpload\",\
                 \"id\":\"8d639524-9524-8d63-2495-638d2495638d\",\
                 \"createdDateTimeUtc\":\"2016-12-31T23:59:45.8788427-08:00\",\
                 \"status\":\"pending\"}}}}",
                app.base
            )
        );
        assert_eq!(names(&answer.json()), ["@odata.context", "value"]);
        assert_eq!(names(&answer.json()["value"]), ["@odata.type", "id", "createdDateTimeUtc", "status"]);
        assert!(answer.header("content-type").starts_with("application/json"));
    }
}

#[tokio::test]
async fn loading_it_twice_changes_nothing() {
    let seed = json!([
        sample(),
        {
            "tenant": FABRIKAM,
            "domains": ["fabrikam.example"],
            "deviceManagement": {
                UPLOADS: [
                    { "id": "u-1", "deviceIdentities": [{ "id": "r-1", "serialNumber": "1" }] },
                    { "status": "pending" },
                ],
                IMPORTED: [{
                    "id": "r-2",
                    "serialNumber": "2",
                    "state": {
                        "deviceImportStatus": "error", "deviceRegistrationId": "", "deviceErrorCode": 808,
                        "deviceErrorName": "ZtdDeviceAssignedToOtherTenant",
                    },
                }],
                DEVICES: [{
                    "id": "d-1", "serialNumber": "3", "groupTag": "seeded", "enrollmentState": "enrolled",
                    "lastContactedDateTime": "2025-01-01T00:00:00Z", "deploymentProfileAssignmentStatus": "assignedInSync",
                    "displayName": "KIOSK",
                }, { "serialNumber": "without an id" }],
            },
        },
    ]);
    let app = TestApp::seeded(&seed).await;
    let fabrikam = Caller::writer().of(FABRIKAM);
    app.settled_for(FABRIKAM).await;
    let all = async |app: &TestApp| {
        let mut all = Vec::new();
        for collection in [UPLOADS, IMPORTED, DEVICES] {
            let list = app.get(&format!("{}/{collection}", ROOTS[1])).by(&fabrikam).await;
            all.push(list.expect(200).entities());
        }
        all
    };
    let before = all(&app).await;
    assert_eq!(before[1].iter().map(|record| record["id"].clone()).collect::<Vec<_>>(), ["r-1", "r-2"]);
    assert_eq!(before[1][1]["state"]["deviceErrorCode"], 808, "a state is taken as given");
    let seeded = before[2].iter().find(|device| device["id"] == "d-1").unwrap();
    for (name, value) in seed[1]["deviceManagement"][DEVICES][0].as_object().unwrap() {
        assert_eq!(seeded[name], *value);
    }

    let change = json!({ "groupTag": "changed" });
    app.post(&format!("{}/{DEVICES}/d-1/updateDeviceProperties", ROOTS[0]), &change)
        .by(&fabrikam)
        .await
        .expect(204);
    let before = all(&app).await;
    let file = app.file("seed.json");
    let app = app.restarted(|config| config.seed = vec![file]).await;
    app.settled_for(FABRIKAM).await;
    assert_eq!(all(&app).await, before, "what is there stays as it is, changed or not");
}

/// A seeded device is registered: importing it again says so.
#[tokio::test]
async fn seeded_devices_are_registered() {
    let app = TestApp::seeded(&json!({ "deviceManagement": { DEVICES: [bare("1", "PK")] } })).await;
    let id = app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &bare("1", "PK")).await.expect(201).id();
    app.settled().await;
    let record = app.get(&format!("{}/{IMPORTED}/{id}", ROOTS[0])).await.expect(200).json();
    assert_eq!(record["state"]["deviceErrorCode"], 806);
}

/// Ids of a seed are any text: they can be read, changed and deleted all the same.
#[tokio::test]
async fn seeded_ids_are_any_text() {
    let ids = ["o'neil", "50%", "a b", "ä/ö", "x?y#z", "$count", "import"];
    let uploads: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
    let app = TestApp::seeded(&json!({ "deviceManagement": { UPLOADS: uploads } })).await;
    let encoded = ["o%27%27neil", "50%25", "a%20b", "%C3%A4%2F%C3%B6", "x%3Fy%23z", "%24count", "import"];
    for root in ROOTS {
        for (id, encoded) in ids.into_iter().zip(encoded) {
            let url = format!("{root}/{UPLOADS}('{encoded}')");
            assert_eq!(app.get(&url).await.expect(200).json()["value"]["id"], id);
            let changed = app.patch(&url, &json!({ "status": "error" })).await.expect(200);
            assert_eq!(changed.json()["id"], id);
        }
    }
    for encoded in encoded {
        app.delete(&format!("{}/{UPLOADS}('{encoded}')", ROOTS[1])).await.expect(204);
    }
    assert!(app.everything().await.is_empty());
}

const READER: &str = "
domains: [contoso.example]
applications:
  - appId: reader
    delegatedPermissions: [DeviceManagementServiceConfig.Read.All]
users:
  - userPrincipalName: ada@contoso.example
    passwordProfile: { password: '1234' }
deviceManagement:
  windowsAutopilotDeviceIdentities:
    - { id: d-1, serialNumber: '0012' }
";

async fn as_ada(app: &TestApp) -> Answer {
    let form =
        "grant_type=password&client_id=reader&username=ada%40contoso.example&password=1234&scope=.default";
    app.ask("POST", "/10000000-0000-4000-8000-000000000001/oauth2/v2.0/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .bytes(form.as_bytes())
        .by_nobody()
        .await
}

/// Who is in a seed may sign in, and then call with what was granted and nothing else.
#[tokio::test]
async fn who_is_seeded_can_sign_in_and_call() {
    let app = TestApp::try_with(|config| {
        let file = config.data.join("seed.yaml");
        std::fs::write(&file, READER).unwrap();
        config.seed = vec![file];
    })
    .await
    .unwrap();
    let signed_in = as_ada(&app).await.expect(200).json();
    let token = format!("Bearer {}", signed_in["access_token"].as_str().unwrap());
    let url = format!("{}/{DEVICES}", ROOTS[0]);
    let devices = app.get(&url).by_nobody().header("authorization", &token).await.expect(200).entities();
    assert_eq!(devices[0]["serialNumber"], "0012");
    let change = app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &bare("1", "PK"));
    change.by_nobody().header("authorization", &token).await.expect(403);
}

/// A running service learns who may sign in, and forgets it.
#[tokio::test]
async fn who_is_seeded_later_can_sign_in_until_a_reset() {
    let app = TestApp::try_with(|config| config.emulation.enabled = true).await.unwrap();
    as_ada(&app).await.expect(400);
    app.ask("POST", "/_tailmark/seed").by_nobody().bytes(READER.as_bytes()).await.expect(204);
    as_ada(&app).await.expect(200);
    app.ask("POST", "/_tailmark/reset").by_nobody().await.expect(204);
    as_ada(&app).await.expect(400);
}

/// A seed that does not fit keeps the service from starting and says where.
#[tokio::test]
async fn a_bad_seed_is_refused() {
    for (seed, words) in [
        ("{", "EOF"),
        ("7", "object"),
        (r#"{"tenant":"nobody"}"#, "UUID"),
        (r#"{"colour":"red"}"#, "colour"),
        (
            r#"{"deviceManagement":{"importedWindowsAutopilotDeviceIdentityUploads":[{"status":"done"}]}}"#,
            "status",
        ),
    ] {
        let error = TestApp::try_with(|config| {
            let file = config.data.join("seed.json");
            std::fs::write(&file, seed).unwrap();
            config.seed = vec![file];
        })
        .await
        .err()
        .unwrap_or_else(|| panic!("{seed} was loaded"));
        let error = format!("{error:#}");
        assert!(error.contains("seed.json") && error.contains(words), "{seed}: {error}");
    }
}
