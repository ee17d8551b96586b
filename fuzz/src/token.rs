//! Tokens before their signature is checked: bytes of anybody.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::caller::{self, CallerKind};

/// Within the life of the seeds' tokens.
const NOW: i64 = 1_800_000_000;

/// Headers, or the two JSON parts of a token that is put together here. Who is believed to call is who the parts say, as
/// the plainest of readers sees them.
pub fn read(data: &[u8]) {
    let Some((first, data)) = data.split_first() else { return };
    if first % 4 == 0 {
        let mut headers = HeaderMap::new();
        for line in data.split(|byte| *byte == b'\n').take(4) {
            if let Ok(value) = HeaderValue::from_bytes(line) {
                headers.append(header::AUTHORIZATION, value);
            }
        }
        let _ = caller::read(&headers, NOW);
        return;
    }
    let mut parts = data.split(|byte| *byte == b'\n');
    let (head, payload) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let token = format!("Bearer {}.{}.AA", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(payload));
    let headers = HeaderMap::from_iter([(header::AUTHORIZATION, token.parse().expect("ASCII"))]);
    let Ok(unverified) = caller::read(&headers, NOW) else { return };
    let [head, payload] = [head, payload].map(|json| serde_json::from_slice::<Value>(json).expect("JSON"));
    assert_eq!(head["kid"], unverified.kid, "another key than the header names");
    assert!(head.get("crit").is_none() && head.get("b64").is_none(), "{head}");
    let caller = unverified.caller;
    let tenant = payload["tid"].as_str().expect("a tenant").to_ascii_lowercase();
    assert_eq!(caller.tenant.0.to_string(), tenant);
    assert!(payload["exp"].as_f64().is_some_and(|end| end > NOW as f64 - 61.0), "{payload}");
    for name in [&caller.app, &caller.user, &Some(caller.subject)]
        .into_iter()
        .flatten()
        .filter(|name| !name.is_empty())
    {
        let members = payload.as_object().expect("an object");
        assert!(members.values().any(|value| value == name), "{name} in {payload}");
    }
    let roles: Vec<&str> =
        payload["roles"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let scopes: Vec<&str> = payload["scp"].as_str().unwrap_or_default().split(' ').collect();
    for permission in &caller.permissions {
        let granted = if scopes == [""] { &roles } else { &scopes };
        assert!(granted.contains(&permission.as_str()), "{permission} in {payload}");
    }
    if caller.kind == CallerKind::Application {
        assert!(payload.get("scp").is_none(), "{payload}");
    }
}
