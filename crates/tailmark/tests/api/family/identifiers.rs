//! `importedDeviceIdentities`, `importDeviceIdentityList`, `searchExistingIdentities`

use serde_json::{Value, json};

use crate::coverage::{Needs, Route};
use crate::support::{Caller, FABRIKAM, TestApp};

pub const ROUTES: &[Route] = &[
    Route::get("importedDeviceIdentities").in_beta(),
    Route::get("importedDeviceIdentities/$count").in_beta(),
    Route::get("importedDeviceIdentities/{identity}").in_beta(),
    Route::post("importedDeviceIdentities", 201, ONE).in_beta(),
    Route::post("importedDeviceIdentities/importDeviceIdentityList", 200, LIST).in_beta(),
    Route::post("importedDeviceIdentities/searchExistingIdentities", 200, SOUGHT)
        .in_beta()
        .needing(Needs::Read)
        .application_needing(Needs::Read),
    Route::patch("importedDeviceIdentities/{identity}", "{\"description\":\"x\"}").in_beta(),
    Route::delete("importedDeviceIdentities/{identity}").in_beta(),
];

const LIST: &str = "{\"importedDeviceIdentities\":[],\"overwriteImportedDeviceIdentities\":false}";
const ONE: &str = "{\"importedDeviceIdentifier\":\"#n#\",\"importedDeviceIdentityType\":\"serialNumber\"}";
const SOUGHT: &str = "{\"importedDeviceIdentities\":[]}";
const IDENTITIES: &str = "/beta/deviceManagement/importedDeviceIdentities";

fn identity(kind: &str, identifier: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.importedDeviceIdentity", "importedDeviceIdentifier": identifier,
        "importedDeviceIdentityType": kind, "platform": "windows", "description": identifier,
    })
}

#[tokio::test]
async fn are_created_once() {
    let app = TestApp::start().await;
    let made = app.post(IDENTITIES, &identity("serialNumber", "5CG1234")).await.expect(201).json();
    assert_eq!((&made["platform"], &made["enrollmentState"]), (&json!("windows"), &json!("unknown")));
    assert!(made["createdDateTime"].as_str().unwrap() > "2026");
    assert_eq!(made["lastContactedDateTime"], "0001-01-01T00:00:00Z");
    assert_eq!(
        app.post(IDENTITIES, &identity("serialNumber", "5cg1234")).await.expect(409).code(),
        "Conflict"
    );
    app.post(IDENTITIES, &identity("serialNumber", "5CG1234"))
        .by(&Caller::writer().of(FABRIKAM))
        .await
        .expect(201);

    let url = format!("{IDENTITIES}/{}", made["id"].as_str().unwrap());
    // What the service decides is not the client's to say.
    let change = json!({ "description": null, "createdDateTime": "2000-01-01T00:00:00Z" });
    let changed = app.patch(&url, &change).await.expect(200).json();
    assert_eq!(
        (&changed["description"], &changed["createdDateTime"]),
        (&json!(null), &made["createdDateTime"])
    );
    let wrong = app.patch(&url, &json!({ "importedDeviceIdentifier": " " })).await.expect(400);
    assert_eq!(wrong.target(), "importedDeviceIdentifier");
    // It may not become what another is; itself in other letters it may.
    app.post(IDENTITIES, &identity("serialNumber", "5CG9")).await.expect(201);
    let taken = json!({ "importedDeviceIdentifier": "5cg9" });
    assert_eq!(app.patch(&url, &taken).await.expect(409).code(), "Conflict");
    app.patch(&url, &json!({ "importedDeviceIdentifier": "5cg1234" })).await.expect(200);
    app.delete(&url).await.expect(204);
    app.get(&url).await.expect(404);
}

/// As the community's script sends maker, model and serial number; those that are there are told from the new.
#[tokio::test]
async fn are_imported_in_lists() {
    let app = TestApp::start().await;
    let url = format!("{IDENTITIES}/importDeviceIdentityList");
    let import = async |identities: Vec<Value>, overwrite: bool| {
        let body = json!({
            "importedDeviceIdentities": identities, "overwriteImportedDeviceIdentities": overwrite,
        });
        app.post(&url, &body).await
    };
    let three = vec![
        identity("manufacturerModelSerial", "Contoso,Slate 7,5CG1"),
        identity("imei", "490154203237518"),
        identity("serialNumber", "5CG9"),
    ];
    let first = import(three.clone(), false).await.expect(200);
    assert_eq!(
        first.json()["@odata.context"],
        format!("{}/beta/$metadata#Collection(microsoft.graph.importedDeviceIdentityResult)", app.base)
    );
    assert_eq!(first.each("status"), ["true", "true", "true"]);
    assert_eq!(first.each("importedDeviceIdentityType"), ["manufacturerModelSerial", "imei", "serialNumber"]);
    let second = import(three.clone(), false).await.expect(200);
    assert_eq!(second.each("status"), ["false", "false", "false"]);
    assert_eq!(second.each("id"), first.each("id"));
    let mut other = identity("serialNumber", "5CG9");
    other["description"] = json!("written over");
    let third = import(vec![other], true).await.expect(200);
    assert_eq!(
        (third.each("status"), third.each("description")),
        (vec!["true".into()], vec!["written over".into()])
    );
    assert_eq!(app.get(&format!("{IDENTITIES}/$count")).await.expect(200).text, "3");

    let sought = json!({ "importedDeviceIdentities": [identity("imei", "490154203237518"), identity("imei", "12345678901234")] });
    let found = app
        .post(&format!("{IDENTITIES}/searchExistingIdentities"), &sought)
        .by(&Caller::reader())
        .await
        .expect(200);
    assert_eq!(found.each("importedDeviceIdentifier"), ["490154203237518"]);
    assert_eq!(found.each("id"), [first.each("id")[1].clone()]);

    // One that is wrong keeps out all.
    let refused =
        import(vec![identity("imei", "1"), identity("serialNumber", "new")], false).await.expect(400);
    assert_eq!(refused.intune_message(), "Invalid Device Identifier parameter found for 1 import records!");
    assert_eq!(app.get(&format!("{IDENTITIES}/$count")).await.expect(200).text, "3");
    let missing = app.post(&url, &json!({ "importedDeviceIdentities": [] })).await.expect(400);
    assert_eq!(missing.target(), "overwriteImportedDeviceIdentities");
}
