//! What becomes of devices that are imported: every outcome from its real cause, seen through the API.

use std::sync::Arc;

use autopilot::registration::{HashRule, identify};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use tailmark::config::import::{HardwareHash, Profile};
use tailmark::store::Store;

use crate::support::{Caller, FABRIKAM, LONG_LEASE, TestApp, bare, hash, hashed, hashed_as};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

/// Imports one device and gives its record in the end.
async fn import(app: &TestApp, root: &str, device: &Value) -> Value {
    import_by(app, root, device, &Caller::writer()).await
}

async fn import_by(app: &TestApp, root: &str, device: &Value, caller: &Caller) -> Value {
    let url = format!("{root}/{IMPORTED}");
    let id = app.post(&url, device).by(caller).await.expect(201).id();
    app.settled().await;
    app.settled_for(FABRIKAM).await;
    app.get(&format!("{url}/{id}")).by(caller).await.expect(200).json()
}

async fn devices(app: &TestApp) -> Vec<Value> {
    app.get(&format!("{}/{DEVICES}", ROOTS[1])).await.expect(200).entities()
}

#[track_caller]
fn assert_refused(record: &Value, code: i32, name: &str) {
    let state = json!({
        "deviceImportStatus": "error", "deviceRegistrationId": "", "deviceErrorCode": code, "deviceErrorName": name,
    });
    assert_eq!(record["state"], state);
}

#[track_caller]
fn registered(record: &Value) -> String {
    let state = &record["state"];
    assert_eq!(state["deviceImportStatus"], "complete", "{state}");
    assert_eq!(state["deviceErrorCode"], 0);
    assert_eq!(state["deviceErrorName"], "None");
    let id = state["deviceRegistrationId"].as_str().unwrap();
    assert_eq!(id.len(), 36, "{state}");
    id.to_owned()
}

#[tokio::test]
async fn success_names_the_registered_device() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for device in [hashed(root), bare(root, "PK"), bare(root, ""), bare("", &format!("PK {root}"))] {
            let record = import(&app, root, &device).await;
            let id = registered(&record);
            let found = app.get(&format!("{root}/{DEVICES}/{id}")).await.expect(200).json();
            assert_eq!(found["serialNumber"], device["serialNumber"]);
        }
    }
    assert_eq!(devices(&app).await.len(), 8);
}

#[tokio::test]
async fn e802_where_the_hash_is_no_report() {
    let app = TestApp::start().await;
    let whole = hash("SN-1");
    let mut flipped = whole.clone().into_bytes();
    flipped[40] = if flipped[40] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    for (what, text) in [
        ("four bytes", "AAECAw=="),
        ("text", "SGVsbG8gd29ybGQ="),
        ("a changed checksum", &flipped),
        ("a cut", &whole[..200]),
        ("no serial number", &hash("")),
    ] {
        for root in ROOTS {
            let record =
                import(&app, root, &json!({ "serialNumber": "SN-1", "hardwareIdentifier": text })).await;
            assert_eq!(record["state"]["deviceErrorCode"], 802, "{what}");
            assert_refused(&record, 802, "InvalidZtdHardwareHash");
        }
    }
    assert!(devices(&app).await.is_empty());
}

/// Its device is the one inside, and what was sent comes back as it was sent.
#[tokio::test]
async fn a_hash_that_was_encoded_twice_is_read() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let once = hash(root);
        let twice = BASE64_STANDARD.encode(&once);
        let record = import(&app, root, &json!({ "serialNumber": "x", "hardwareIdentifier": twice })).await;
        let id = registered(&record);
        assert_eq!(record["hardwareIdentifier"], twice);
        let device = app.get(&format!("{root}/{DEVICES}/{id}")).await.expect(200).json();
        assert_eq!(device["serialNumber"], root);
        let again = json!({ "serialNumber": root, "hardwareIdentifier": once });
        assert_refused(&import(&app, root, &again).await, 806, "ZtdDeviceAlreadyAssigned");
    }
}

#[tokio::test]
async fn e803_where_nothing_identifies_the_device() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for device in [json!({}), bare("", ""), json!({ "groupTag": "x", "serialNumber": null })] {
            assert_refused(&import(&app, root, &device).await, 803, "MissingZtdSerialNumberAndProductKey");
        }
    }
    assert!(devices(&app).await.is_empty());
}

#[tokio::test]
async fn e806_where_the_tenant_has_it() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for device in [hashed(root), bare(root, "PK")] {
            let first = import(&app, root, &device).await;
            let id = registered(&first);
            assert_refused(&import(&app, root, &device).await, 806, "ZtdDeviceAlreadyAssigned");
            app.get(&format!("{root}/{DEVICES}/{id}")).await.expect(200);
            let record = app.get(&format!("{root}/{IMPORTED}/{}", first["id"].as_str().unwrap())).await;
            assert_eq!(record.expect(200).json()["state"], first["state"], "a final state never changes");
        }
    }
    assert_eq!(devices(&app).await.len(), 4);
}

#[tokio::test]
async fn e808_where_another_tenant_has_it() {
    let app = TestApp::start().await;
    let fabrikam = Caller::writer().of(FABRIKAM);
    for root in ROOTS {
        for device in [hashed(root), bare(root, "PK")] {
            let holder = registered(&import_by(&app, root, &device, &fabrikam).await);
            let refused = import(&app, root, &device).await;
            assert_refused(&refused, 808, "ZtdDeviceAssignedToOtherTenant");
            assert!(!refused.to_string().contains(&holder), "808 is all that is learnt");

            app.delete(&format!("{root}/{DEVICES}/{holder}")).by(&fabrikam).await.expect(204);
            registered(&import(&app, root, &device).await);
            assert_refused(
                &import_by(&app, root, &device, &fabrikam).await,
                808,
                "ZtdDeviceAssignedToOtherTenant",
            );
        }
    }
}

/// Twice in one upload or in one `import`: one of them is done.
#[tokio::test]
async fn a_device_counts_once_in_a_batch() {
    let app = TestApp::start().await;
    for (at, root) in ROOTS.into_iter().enumerate() {
        let twice = |name: &str| {
            let serial = format!("{name} {at}");
            vec![
                hashed(&serial),
                bare(&serial, "other identity"),
                hashed(&serial),
                bare(&serial, "other identity"),
            ]
        };
        let body = json!({ "deviceIdentities": twice("upload") });
        let upload = app.post(&format!("{root}/{UPLOADS}"), &body).await.expect(201).id();
        let body = json!({ "importedWindowsAutopilotDeviceIdentities": twice("import") });
        let ids = app.post(&format!("{root}/{IMPORTED}/import"), &body).await.expect(200).each("id");
        app.settled().await;
        let of_upload =
            app.get(&format!("{root}/{UPLOADS}/{upload}/deviceIdentities")).await.expect(200).entities();
        let mut of_import = Vec::new();
        for id in ids {
            of_import.push(app.get(&format!("{root}/{IMPORTED}/{id}")).await.expect(200).json());
        }
        for records in [of_upload, of_import] {
            registered(&records[0]);
            registered(&records[1]);
            assert_refused(&records[2], 806, "ZtdDeviceDuplicated");
            assert_refused(&records[3], 806, "ZtdDeviceDuplicated");
        }
        let upload = app.get(&format!("{root}/{UPLOADS}/{upload}")).await.expect(200).json();
        assert_eq!(upload["value"]["status"], "error");
    }
    assert_eq!(devices(&app).await.len(), 8);
}

/// Equal requests are not one batch, whatever `importId` says.
#[tokio::test]
async fn an_import_id_is_no_batch() {
    let app = TestApp::start().await;
    let mut device = hashed("SN-1");
    device["importId"] = json!("same");
    registered(&import(&app, ROOTS[0], &device).await);
    assert_refused(&import(&app, ROOTS[0], &device).await, 806, "ZtdDeviceAlreadyAssigned");
}

/// The hash decides who the device is; what was sent beside it stays with the record.
#[tokio::test]
async fn the_hash_decides_the_serial_number() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let real = format!("{root} real");
        let record = import(&app, root, &hashed_as("sticker", &real)).await;
        assert_eq!(record["serialNumber"], "sticker");
        let device = app.get(&format!("{root}/{DEVICES}/{}", registered(&record))).await.expect(200).json();
        assert_eq!(device["serialNumber"], real);
        assert_refused(
            &import(&app, root, &hashed_as("other", &real)).await,
            806,
            "ZtdDeviceAlreadyAssigned",
        );
        // Another machine with the same sticker, and one without a hash.
        registered(&import(&app, root, &hashed_as("sticker", &format!("{root} second"))).await);
        registered(&import(&app, root, &bare("sticker", root)).await);
    }
}

#[tokio::test]
async fn pending_where_the_profile_says_so() {
    let app = TestApp::with(|config| config.import.profile = Profile::Pending).await;
    app.hold_imports();
    for root in ROOTS {
        let created = app.post(&format!("{root}/{IMPORTED}"), &bare(root, "")).await.expect(201);
        assert_eq!(created.json()["state"]["deviceImportStatus"], "pending");
        let body = json!({ "importedWindowsAutopilotDeviceIdentities": [bare(root, "2")] });
        let many = app.post(&format!("{root}/{IMPORTED}/import"), &body).await.expect(200);
        assert_eq!(many.entities()[0]["state"]["deviceImportStatus"], "pending");
        let body = json!({ "deviceIdentities": [bare(root, "3")] });
        let upload = app.post(&format!("{root}/{UPLOADS}"), &body).await.expect(201).id();
        let list = app.get(&format!("{root}/{UPLOADS}/{upload}/deviceIdentities")).await.expect(200);
        assert_eq!(list.entities()[0]["state"]["deviceImportStatus"], "pending");
    }
    app.release_imports();
    app.settled().await;
    assert_eq!(devices(&app).await.len(), 6);
}

/// Any Base64 for a hash: devices are told apart by serial number and product key.
#[tokio::test]
async fn any_hash_where_the_setting_says_so() {
    let app = TestApp::with(|config| config.import.hardware_hash = HardwareHash::Any).await;
    for root in ROOTS {
        let device = json!({ "serialNumber": root, "hardwareIdentifier": "AAECAw==" });
        registered(&import(&app, root, &device).await);
        let other = json!({ "serialNumber": root, "hardwareIdentifier": hash("x") });
        assert_refused(&import(&app, root, &other).await, 806, "ZtdDeviceAlreadyAssigned");
        let other = json!({ "serialNumber": root, "productKey": "PK", "hardwareIdentifier": "AAECAw==" });
        registered(&import(&app, root, &other).await);
        let nobody = json!({ "hardwareIdentifier": hash("x") });
        assert_refused(&import(&app, root, &nobody).await, 803, "MissingZtdSerialNumberAndProductKey");
    }
}

/// What is under way when the service stops is done when it runs again.
#[tokio::test]
async fn goes_on_after_a_restart() {
    let app = TestApp::start().await;
    app.hold_imports();
    let id = app.post(&format!("{}/{IMPORTED}", ROOTS[0]), &hashed("SN-1")).await.expect(201).id();
    app.release_imports();
    let app = app.restarted(|_| {}).await;
    app.settled().await;
    registered(&app.get(&format!("{}/{IMPORTED}/{id}", ROOTS[0])).await.expect(200).json());
}

/// A worker whose claim was taken over, or whose record was changed meanwhile, settles nothing.
#[tokio::test]
async fn a_late_worker_changes_nothing() {
    let app = TestApp::start().await;
    app.hold_imports();
    let url = format!("{}/{UPLOADS}", ROOTS[1]);
    let body = json!({ "deviceIdentities": [hashed("A"), hashed("B")] });
    let url = format!("{url}/{}/deviceIdentities", app.post(&url, &body).await.expect(201).id());
    let ids = app.get(&url).await.expect(200).each("id");
    let other_process = Store::open(app.place()).await.unwrap();
    let queue = other_process.queue();
    let examine = |claims: Vec<tailmark::store::Claim>| {
        let examined = claims.into_iter().map(|claim| {
            let identity = identify(&claim.device, HashRule::Checked);
            (claim, identity)
        });
        Arc::new(examined.collect::<Vec<_>>())
    };

    let first = examine(claimed(&queue, 4 * LONG_LEASE).await);
    assert_eq!(first.len(), 2);
    let others = queue.claim(200, 0, 4 * LONG_LEASE).await.unwrap();
    assert!(others.is_empty(), "claimed records are nobody else's");
    let second = examine(claimed(&queue, LONG_LEASE).await);
    assert_eq!(second.len(), 2, "a lease that ends so late counts for nothing");
    assert_eq!(queue.settle(Arc::clone(&first), 0, tailmark::ids::next).await.unwrap(), 0, "taken over");
    assert!(devices(&app).await.is_empty());

    app.patch(&format!("{url}/{}", ids[0]), &json!({ "groupTag": "changed" })).await.expect(200);
    assert_eq!(
        queue.settle(Arc::clone(&second), 0, tailmark::ids::next).await.unwrap(),
        1,
        "one was changed"
    );
    let done = app.get(&format!("{url}/{}", ids[1])).await.expect(200).json();
    registered(&done);
    for late in [first, second] {
        assert_eq!(queue.settle(late, 0, tailmark::ids::next).await.unwrap(), 0, "final");
    }
    assert_eq!(app.get(&format!("{url}/{}", ids[1])).await.expect(200).json(), done);

    app.release_imports();
    app.settled().await;
    registered(&app.get(&format!("{url}/{}", ids[0])).await.expect(200).json());
    let tags: Vec<Value> = devices(&app).await.iter().map(|device| device["groupTag"].clone()).collect();
    assert_eq!(tags, ["", "changed"]);
}

/// What can be claimed. On PostgreSQL the service's own worker may have the rows locked for a moment, though it gets none.
async fn claimed(queue: &tailmark::store::Queue, lease: i64) -> Vec<tailmark::store::Claim> {
    for _ in 0..1000 {
        let claims = queue.claim(200, 0, lease).await.unwrap();
        if !claims.is_empty() {
            return claims;
        }
    }
    Vec::new()
}

/// A record that fails every time ends at last.
#[tokio::test]
async fn attempts_are_bounded() {
    let app = TestApp::with(|config| config.import.attempts = 0).await;
    assert_refused(&import(&app, ROOTS[0], &hashed("SN-1")).await, 640, "StorageError");
    assert!(devices(&app).await.is_empty());
}
