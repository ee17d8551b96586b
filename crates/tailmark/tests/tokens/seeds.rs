//! Seed files: JSON and YAML, what they say twice, and what is wrong with them.

use std::path::Path;

use serde_json::json;
use tailmark::issuer::DEFAULT_TENANT;
use tailmark::seed;

use super::forge::TENANT;
use super::house::{House, SCOPE, contoso};

fn here() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tokens")
}

#[test]
fn yaml_says_what_json_says() {
    let yaml = r"
# Comments are what YAML is chosen for.
- tenant: 5e4c1f66-0d0a-4c39-9a4a-6f1f5e4c1f66
  domains: [contoso.example]
  applications:
    - appId: 6b9f3b2e-0c4f-4d0e-9a55-1b1f4a6f7001
      displayName: Inventory
      passwordCredentials:
        - { secretText: s3cret, endDateTime: 2030-01-01T00:00:00Z }
      keyCredentials: [{ key: ec.crt.pem }]
      delegatedPermissions: [A]
  users:
    - userPrincipalName: ada@contoso.example
      passwordProfile: { password: '12' }
  deviceManagement:
    windowsAutopilotDeviceIdentities:
      - { id: d-1, serialNumber: '0012' }
- domains: [fabrikam.example]
";
    let tenants = seed::read(yaml, Some(&here())).unwrap();
    assert_eq!(
        (tenants[0].directory.id.to_string().as_str(), tenants[1].directory.id),
        (TENANT, DEFAULT_TENANT)
    );
    let json = json!([
        {
            "tenant": TENANT, "domains": ["contoso.example"],
            "applications": [{
                "appId": "6b9f3b2e-0c4f-4d0e-9a55-1b1f4a6f7001", "displayName": "Inventory",
                "passwordCredentials": [{ "secretText": "s3cret", "endDateTime": "2030-01-01T00:00:00Z" }],
                "keyCredentials": [{ "key": include_str!("ec.crt.pem") }],
                "delegatedPermissions": ["A"],
            }],
            "users": [{ "userPrincipalName": "ada@contoso.example", "passwordProfile": { "password": "12" } }],
            "deviceManagement": { "windowsAutopilotDeviceIdentities": [{ "id": "d-1", "serialNumber": "0012" }] },
        },
        { "domains": ["fabrikam.example"] },
    ]);
    let same = seed::read(&json.to_string(), Some(&here())).unwrap();
    assert_eq!(format!("{tenants:?}"), format!("{same:?}"));
    assert!(!format!("{tenants:?}").contains("s3cret"), "no secret is printed");
    assert_eq!(seed::read("tenant: 5e4c1f66-0d0a-4c39-9a4a-6f1f5e4c1f66", Some(&here())).unwrap().len(), 1);
}

/// With the place, or the name of what is wrong.
#[test]
fn bad_ones() {
    let application = |members: &str| format!("[{{\"applications\":[{{\"appId\":\"a\",{members}}}]}}]");
    for (seed, words) in [
        ("{\n \"users\": 5 }", "line 2 column 11"),
        ("{\"users\":[{\"upn\":\"x\"}]}", "unknown field `upn`"),
        ("tenant: x\n", "UUID"),
        ("users:\n  - userPrincipalName: a\n    colour: red\n", "line 3 column 5"),
        ("users: [\n", "line"),
        ("just words", "object"),
        ("", "object"),
        ("{\"users\":[{\"userPrincipalName\":\" \"}]}", "userPrincipalName of a user is empty"),
        (
            "{\"users\":[{\"userPrincipalName\":\"a\",\"passwordProfile\":{\"password\":\"\"}}]}",
            "password is empty",
        ),
        (&application("\"keyCredentials\":[{\"key\":\"missing.pem\"}]"), "missing.pem"),
        (&application("\"keyCredentials\":[{\"key\":\"rsa.pem\"}]"), "no certificate in PEM"),
        (
            &application(
                "\"keyCredentials\":[{\"key\":\"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\"}]",
            ),
            "not X.509",
        ),
        (&application("\"passwordCredentials\":[{\"secretText\":\"\"}]"), "secretText is empty"),
        (&application("\"passwordCredentials\":[{\"secretText\":\"x\",\"endDateTime\":\"soon\"}]"), "`soon`"),
        (&application("\"web\":{\"redirectUris\":[\"/back\"]}"), "`/back`"),
    ] {
        let error = seed::read(seed, Some(&here())).err().unwrap_or_else(|| panic!("{seed} was read"));
        let error = format!("{error:#}");
        assert!(error.contains(words), "{seed}: {error}");
    }
}

/// A text that came over the network has no folder.
#[test]
fn no_files_for_strangers() {
    let seed = json!({ "applications": [{ "appId": "a", "keyCredentials": [{ "key": here().join("ec.crt.pem") }] }] });
    assert!(seed::read(&seed.to_string(), Some(Path::new("/"))).is_ok());
    let error = format!("{:#}", seed::read(&seed.to_string(), None).unwrap_err());
    assert!(error.contains("no certificate in PEM"), "{error}");
}

/// The first word counts.
#[tokio::test]
async fn twice() {
    let mut second = contoso();
    second["applications"][0]["passwordCredentials"] = json!([{ "secretText": "second" }]);
    second["users"][0]["passwordProfile"]["password"] = json!("second");
    let house = House::seeded(&json!([contoso(), contoso(), second])).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", super::house::SERVICE),
        ("client_secret", super::house::SECRET),
        ("scope", SCOPE),
    ];
    house.token(&form).await.good();
    let form = super::house::changed(&form, "client_secret", Some("second"));
    house.token(&form).await.refused(401, "invalid_client", 7_000_215);
}
