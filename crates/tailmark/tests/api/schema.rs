//! Databases of every schema that there ever was are brought up to date, with everything in them.
//!
//! A schema is as many migrations as a program knew. `tests/fixtures/schema` keeps a database of each as SQL text, for either
//! engine: the migrations as they were, and between them rows such as a program of that time wrote. For a new migration
//! `SCHEMA_FIXTURES=write cargo test -p tailmark --test api schema` writes the next two; what has been released is never
//! written again.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use tailmark::store::Place;

use crate::support::{TestApp, hashed};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

/// Rows for the tables of a migration; whatever comes later has to carry them along.
const ROWS: &[&str] = &[
    // 1: an upload with its record and hash, and what came of it.
    "INSERT INTO uploads (tenant, id, created_ticks, created_offset, declared_status)
     VALUES ('{tenant}', 'u-1', 14832575458788427, -480, 1);
INSERT INTO imported_devices (tenant, id, upload_id, batch_id, import_id, serial_number, product_key, group_tag,
    assigned_user_principal_name, status, registration_id, error_name)
VALUES ('{tenant}', 'r-1', 'u-1', 'u-1', 'u-1', 'KEPT-1', '', 'Kiosk', 'ann@contoso.example', 3, 'd-1', 'None');
INSERT INTO hardware_hashes (tenant, imported_device_id, bytes) VALUES ('{tenant}', 'r-1', {hash});
INSERT INTO devices (tenant, id, key, batch_id, group_tag, serial_number, product_key, manufacturer, model,
    user_principal_name, sku_number, system_family, enrollment_state, profile_status, profile_detail, remediation_state,
    userless_enrollment_status, last_contacted_ticks, profile_assigned_ticks, remediation_modified_ticks)
VALUES ('{tenant}', 'd-1', {key}, 'u-1', 'Kiosk', 'KEPT-1', '', 'Altwerk GmbH', 'Feldbuch 15', 'ann@contoso.example', '', '',
    4, 4, 0, 0, 0, -621355968000000000, -621355968000000000, -621355968000000000);",
    // 2: a change that was seen.
    "UPDATE devices SET display_name = 'KIOSK-1' WHERE id = 'd-1';",
    // 3: nothing beside the indexes.
    "",
    // 4: one of each.
    "INSERT INTO deployment_profiles (tenant, id, owner, type, document)
VALUES ('{tenant}', 'p-1', '', 'microsoft.graph.azureADWindowsAutopilotDeploymentProfile', '{\"displayName\":\"Kept\"}');
INSERT INTO corporate_identifiers (tenant, id, owner, type, document)
VALUES ('{tenant}', 'i-1', '2:kept-1', 'microsoft.graph.importedDeviceIdentity',
    '{\"importedDeviceIdentifier\":\"KEPT-1\",\"importedDeviceIdentityType\":2}');
INSERT INTO autopilot_settings (tenant, sync_status, last_sync_ticks, last_manual_ticks)
VALUES ('{tenant}', 2, 17000000000000000, 17000000000000000);",
    // 5: an event.
    "INSERT INTO audit_events (tenant, id, activity_ticks, activity_type, actor_type, document)
VALUES ('{tenant}', 'e-1', 41024448000000000, 'Create WindowsAutopilotDeviceIdentity', 'System', '{}');",
    // 6: nothing beside an index.
    "",
    // 7: where the upload came from.
    "INSERT INTO upload_sources (tenant, upload_id, file_name, lines)
VALUES ('{tenant}', 'u-1', 'kept.csv', '{\"KEPT-1\":2}');",
    // 8: nothing beside an index.
    "",
];

const TENANT: &str = "10000000-0000-4000-8000-000000000001";
const ENGINES: [&str; 2] = ["sqlite", "postgres"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn fixture(engine: &str, version: usize) -> PathBuf {
    root().join(format!("crates/tailmark/tests/fixtures/schema/{engine}-{version:04}.sql"))
}

/// The migrations of an engine, in order.
fn migrations(engine: &str) -> Vec<String> {
    let files = fs::read_dir(root().join("migrations").join(engine)).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    // What may be run again and again is no migration.
    files.retain(|file| !file.ends_with("0001_functions.sql"));
    files.sort();
    files.into_iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// A database of a schema, as SQL.
fn made(engine: &str, version: usize) -> String {
    let digits =
        |text: String| if engine == "sqlite" { format!("X'{text}'") } else { format!("'\\x{text}'") };
    let hash = digits("00".repeat(16));
    let key = digits("ab".repeat(32));
    let mut sql = "CREATE TABLE schema_version (version INTEGER NOT NULL);\n".to_owned();
    for (migration, rows) in migrations(engine).iter().zip(ROWS).take(version) {
        let rows = rows.replace("{tenant}", TENANT).replace("{hash}", &hash).replace("{key}", &key);
        sql += &format!("\n{}\n\n{rows}\n", migration.trim());
    }
    sql + &format!("\nINSERT INTO schema_version VALUES ({version});\n")
}

#[test]
fn each_migration_has_its_fixtures() {
    for engine in ENGINES {
        let known = migrations(engine).len();
        assert_eq!(known, ROWS.len(), "{engine}: each migration needs rows that later ones carry along");
        for version in 1..=known {
            let (file, made) = (fixture(engine, version), made(engine, version));
            if std::env::var_os("SCHEMA_FIXTURES").is_some() {
                fs::write(&file, &made).unwrap();
            }
            let kept = fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(
                kept,
                made,
                "{} is not what the migrations make; see this test's head",
                file.display()
            );
        }
        assert!(!fixture(engine, known + 1).exists(), "{engine}: there is a fixture of no migration");
    }
}

/// The text of a kept database of the engine that the tests run on.
fn kept(place: &Place, version: usize) -> String {
    let engine = if matches!(place, Place::Postgres(_)) { "postgres" } else { "sqlite" };
    let functions = fs::read_to_string(root().join("migrations/postgres/0001_functions.sql")).unwrap();
    let kept = fs::read_to_string(fixture(engine, version)).unwrap();
    if engine == "postgres" { format!("{functions}\n{kept}") } else { kept }
}

#[tokio::test]
async fn every_schema_is_brought_up_to_date() {
    for version in 1..=ROWS.len() {
        let app = TestApp::on(|place| kept(place, version)).await.unwrap();
        let beta = ROOTS[1];
        let upload =
            app.get(&format!("{beta}/{UPLOADS}/u-1?$expand=deviceIdentities")).await.expect(200).json();
        let upload = &upload["value"];
        assert_eq!(
            (&upload["status"], &upload["createdDateTimeUtc"]),
            (&json!("complete"), &json!("2016-12-31T23:59:05.8788427-08:00")),
            "{version}"
        );
        let record = &upload["deviceIdentities"][0];
        assert_eq!(
            (&record["groupTag"], &record["state"]["deviceRegistrationId"]),
            (&json!("Kiosk"), &json!("d-1"))
        );
        let hash =
            app.get(&format!("{beta}/{IMPORTED}/r-1?$select=hardwareIdentifier")).await.expect(200).json();
        assert_eq!(hash["hardwareIdentifier"], "AAAAAAAAAAAAAAAAAAAAAA==");
        let device = app.get(&format!("{beta}/{DEVICES}/d-1")).await.expect(200).json();
        assert_eq!((&device["serialNumber"], &device["model"]), (&json!("KEPT-1"), &json!("Feldbuch 15")));
        assert_eq!(device["displayName"], if version >= 2 { "KIOSK-1" } else { "" });
        // What a later schema adds knows of what was there before.
        let found = app.get(&format!("{beta}/{DEVICES}?$search=\"feldbuch\"")).await.expect(200).each("id");
        assert_eq!(found, ["d-1"], "{version}");
        let profiles = app.get(&format!("{beta}/windowsAutopilotDeploymentProfiles")).await.expect(200);
        assert_eq!(profiles.each("displayName"), vec!["Kept"; usize::from(version >= 4)], "{version}");
        let settings = app.get(&format!("{beta}/windowsAutopilotSettings")).await.expect(200).json();
        assert_eq!(settings["syncStatus"], if version >= 4 { "completed" } else { "unknown" });
        let events = app.get(&format!("{beta}/auditEvents")).await.expect(200).each("id");
        assert_eq!(events, vec!["e-1"; usize::from(version >= 5)]);
        let source = app.get("/_tailmark/uploads/u-1/source").await;
        assert_eq!(source.status, if version >= 7 { 200 } else { 404 }, "{version}: {source:?}");
        let sent = json!({ "fileName": "kept.csv", "lines": { "KEPT-1": 2 } });
        if version >= 7 {
            assert_eq!(source.json(), sent);
        }
        // And it is written to as any other.
        app.ask("PUT", "/_tailmark/uploads/u-1/source").json(&sent).await.expect(204);
        app.post(&format!("{beta}/{IMPORTED}"), &hashed("NEW-1")).await.expect(201);
        app.settled().await;
        app.post(&format!("{beta}/{DEVICES}/d-1/updateDeviceProperties"), &json!({ "groupTag": "Later" }))
            .await
            .expect(204);
        let found = app.get(&format!("{beta}/{DEVICES}?$search=\"later\"")).await.expect(200).each("id");
        assert_eq!(found, ["d-1"], "{version}");
        let all = app.get(&format!("{beta}/{DEVICES}?$orderby=serialNumber")).await.expect(200);
        assert_eq!(all.each("serialNumber"), ["KEPT-1", "NEW-1"]);
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let newer = |place: &Place| {
        kept(place, ROWS.len()).replace("schema_version VALUES (", "schema_version VALUES (9")
    };
    let Err(error) = TestApp::on(newer).await else { panic!("it started") };
    let said = format!("{error:#}");
    assert!(said.contains("made by a newer program") && said.contains("version 9"), "{said}");
}
