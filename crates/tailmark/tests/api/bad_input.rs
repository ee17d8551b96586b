//! Bodies that are not taken: why, where, and that nothing of them is stored.

use serde_json::{Value, json};

use crate::support::{Answer, Caller, TestApp, bare};
use crate::{IMPORTED, ROOTS, UPLOADS};

async fn refused(app: &TestApp, url: &str, body: &str) -> Answer {
    let answer = app.promptly(|| app.ask("POST", url).text(body)).await.expect(400);
    answer.assert_is_error();
    answer.assert_common_headers();
    assert_eq!(answer.code(), "BadRequest", "{}", answer.text);
    answer
}

#[tokio::test]
async fn malformed_json_with_its_place() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for (body, place) in [
            ("", "line 1 column 0"),
            ("   ", "line 1 column 3"),
            ("{", "line 1 column 1"),
            ("{\n  \"serialNumber\": \"1\",\n}", "line 3 column 1"),
            ("{\"serialNumber\":\"1\"", "line 1 column 19"),
            ("{\"serialNumber\":\"1\"} x", "line 1 column 22"),
            ("{\"serialNumber\":\"1\"}{}", "line 1 column 21"),
            ("{'serialNumber':'1'}", "line 1 column 2"),
            ("{serialNumber:\"1\"}", "line 1 column 2"),
            ("{\"serialNumber\":\"\\x\"}", "line 1 column 19"),
            ("{\"serialNumber\":\"a\nb\"}", "line 2 column 0"),
            ("{\"serialNumber\":tru}", "line 1 column 20"),
            ("{\"serialNumber\":01}", "line 1 column 18"),
            ("\u{feff}{}", "line 1 column 1"),
            ("{\"serialNumber\":\"\\ud800\"}", "line 1 column"),
            ("{\"serialNumber\":\"\\udc00x\"}", "line 1 column"),
            ("{\"serialNumber\":\"\\ud800\\u0041\"}", "line 1 column"),
        ] {
            let answer = refused(&app, &format!("{root}/{IMPORTED}"), body).await;
            let message = answer.message();
            assert!(
                message.starts_with("Unable to read JSON request payload. Please ensure"),
                "{body}: {message}"
            );
            assert!(message.contains(place), "{body}: {message}");
        }
    }
    assert!(app.everything().await.is_empty());
}

#[tokio::test]
async fn bytes_that_are_no_text() {
    let app = TestApp::start().await;
    let url = format!("{}/{IMPORTED}", ROOTS[0]);
    for bytes in [
        b"{\"serialNumber\":\"\xff\"}".as_slice(),
        b"\xff\xfe{\0}\0",
        b"{\"\xc0\x80\":1}",
        &[0],
        b"PK\x03\x04",
    ] {
        let answer =
            app.ask("POST", &url).header("content-type", "application/json").bytes(bytes).await.expect(400);
        answer.assert_is_error();
    }
    assert!(app.everything().await.is_empty());
}

/// Wrong types, unknown and repeated members, nulls: each with the path of the member.
#[tokio::test]
async fn members_that_do_not_fit() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for (set, body, target) in [
            (IMPORTED, r#"{"serialNumber":7}"#, "serialNumber"),
            (IMPORTED, r#"{"serialNumber":true}"#, "serialNumber"),
            (IMPORTED, r#"{"serialNumber":["1"]}"#, "serialNumber"),
            (IMPORTED, r#"{"serialNumber":{"a":1}}"#, "serialNumber"),
            (IMPORTED, r#"{"serialNumber":1.5}"#, "serialNumber"),
            (IMPORTED, r#"{"hardwareIdentifier":[1,2,3]}"#, "hardwareIdentifier"),
            (IMPORTED, r#"{"hardwareIdentifier":7}"#, "hardwareIdentifier"),
            (IMPORTED, r#"{"state":"complete"}"#, "state"),
            (IMPORTED, r#"{"state":[]}"#, "state"),
            (IMPORTED, r#"{"state":{"deviceErrorCode":"many"}}"#, "state.deviceErrorCode"),
            (IMPORTED, r#"{"state":{"deviceErrorCode":1.5}}"#, "state.deviceErrorCode"),
            (IMPORTED, r#"{"state":{"deviceErrorCode":2147483648}}"#, "state.deviceErrorCode"),
            (IMPORTED, r#"{"state":{"deviceErrorCode":null}}"#, "state.deviceErrorCode"),
            (IMPORTED, r#"{"state":{"deviceImportStatus":"done"}}"#, "state.deviceImportStatus"),
            (IMPORTED, r#"{"state":{"deviceImportStatus":1}}"#, "state.deviceImportStatus"),
            (IMPORTED, r#"{"state":{"colour":"red"}}"#, "state.colour"),
            (IMPORTED, r#"{"colour":"red"}"#, "colour"),
            (IMPORTED, r#"{"":"x"}"#, ""),
            (IMPORTED, r#"{"deviceIdentities":[]}"#, "deviceIdentities"),
            (IMPORTED, r#"{"serialNumber":"1","serialNumber":"2"}"#, "serialNumber"),
            (IMPORTED, r#"{"serialNumber":"1","SerialNumber":"1"}"#, "serialNumber"),
            (IMPORTED, r##"{"@odata.type":"#microsoft.graph.user"}"##, "@odata.type"),
            (IMPORTED, r##"{"state":{"@odata.type":"#microsoft.graph.user"}}"##, "state.@odata.type"),
            (UPLOADS, r#"{"status":null}"#, "status"),
            (UPLOADS, r#"{"status":"done"}"#, "status"),
            (UPLOADS, r#"{"status":2}"#, "status"),
            (UPLOADS, r#"{"status":["pending"]}"#, "status"),
            (UPLOADS, r#"{"createdDateTimeUtc":null}"#, "createdDateTimeUtc"),
            (UPLOADS, r#"{"createdDateTimeUtc":0}"#, "createdDateTimeUtc"),
            (UPLOADS, r#"{"createdDateTimeUtc":"2024-02-30T00:00:00Z"}"#, "createdDateTimeUtc"),
            (UPLOADS, r#"{"createdDateTimeUtc":"2024-01-01"}"#, "createdDateTimeUtc"),
            (UPLOADS, r#"{"createdDateTimeUtc":"2024-01-01T25:00:00Z"}"#, "createdDateTimeUtc"),
            (UPLOADS, r#"{"createdDateTimeUtc":"2024-01-01T00:00:00"}"#, "createdDateTimeUtc"),
            (UPLOADS, r#"{"deviceIdentities":null}"#, "deviceIdentities"),
            (UPLOADS, r#"{"deviceIdentities":{}}"#, "deviceIdentities"),
            (
                UPLOADS,
                r#"{"deviceIdentities":[{},{"serialNumber":false}]}"#,
                "deviceIdentities[1].serialNumber",
            ),
            (
                UPLOADS,
                r#"{"deviceIdentities":[{},{"state":{"deviceErrorCode":"x"}}]}"#,
                "deviceIdentities[1].state.deviceErrorCode",
            ),
            (UPLOADS, r#"{"deviceIdentities":[null]}"#, "deviceIdentities[0]"),
            (UPLOADS, r#"{"serialNumber":"1"}"#, "serialNumber"),
        ] {
            let answer = refused(&app, &format!("{root}/{set}"), body).await;
            assert_eq!(answer.target(), target, "{body}: {}", answer.text);
        }
        for body in ["[]", "7", "\"x\"", "null", "true", "[{\"serialNumber\":\"1\"}]"] {
            refused(&app, &format!("{root}/{IMPORTED}"), body).await;
            refused(&app, &format!("{root}/{IMPORTED}/import"), body).await;
        }
    }
    assert!(app.everything().await.is_empty());
}

/// Texts that no database holds.
#[tokio::test]
async fn texts_with_a_null_character() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for member in
            ["serialNumber", "productKey", "groupTag", "importId", "assignedUserPrincipalName", "id"]
        {
            let answer =
                refused(&app, &format!("{root}/{IMPORTED}"), &format!(r#"{{"{member}":"a\u0000"}}"#)).await;
            assert_eq!(answer.target(), member);
            assert!(answer.message().contains("U+0000"), "{}", answer.message());
        }
    }
    assert!(app.everything().await.is_empty());
}

/// At the limit it is taken and comes back whole; one character more is not. Characters, not bytes.
#[tokio::test]
async fn lengths_are_limited() {
    let app = TestApp::start().await;
    app.hold_imports();
    let url = format!("{}/{IMPORTED}", ROOTS[1]);
    for (member, limit) in [
        ("serialNumber", 256),
        ("productKey", 128),
        ("groupTag", 2048),
        ("importId", 128),
        ("assignedUserPrincipalName", 1024),
    ] {
        for character in ["x", "ä", "😀"] {
            let longest = character.repeat(limit);
            let id = app.post(&url, &json!({ member: longest })).await.expect(201).id();
            assert_eq!(app.get(&format!("{url}/{id}")).await.expect(200).json()[member], longest);
            let before = app.everything().await;
            let body = json!({ member: character.repeat(limit + 1) }).to_string();
            let answer = refused(&app, &url, &body).await;
            assert_eq!(answer.target(), member);
            let words = format!("{} characters; at most {limit}", limit + 1);
            assert!(answer.message().contains(&words), "{}", answer.message());
            assert_eq!(app.everything().await, before);
        }
    }
    let hash = |bytes: usize| json!({ "serialNumber": "1", "hardwareIdentifier": "AAAA".repeat(bytes / 3) });
    app.post(&url, &hash(12_288)).await.expect(201);
    let answer = refused(&app, &url, &hash(12_291).to_string()).await;
    assert_eq!(answer.target(), "hardwareIdentifier");
}

/// A hash that is no Base64 is refused in Microsoft's words, and with it the whole request.
#[tokio::test]
async fn undecodable_hashes() {
    let app = TestApp::start().await;
    let bad = ["?", "AAA=A", "A", "T0EA*", "ÄÖ", "AA-A+A==", "AAAA=", "[1,2]", "=", " T0EA", "T0\nEA"];
    for root in ROOTS {
        for hash in bad {
            let device = json!({ "serialNumber": "1", "hardwareIdentifier": hash });
            let many = json!({ "importedWindowsAutopilotDeviceIdentities": [bare("0", ""), device] });
            for (url, body) in [
                (IMPORTED.to_owned(), &device),
                (format!("{IMPORTED}/import"), &many),
                (UPLOADS.to_owned(), &json!({ "deviceIdentities": [bare("0", ""), device] })),
            ] {
                let answer = refused(&app, &format!("{root}/{url}"), &body.to_string()).await;
                let words = format!("Cannot convert the literal '{hash}' to the expected type 'Edm.Binary'.");
                assert!(answer.message().starts_with(&words), "{}", answer.message());
                assert!(answer.target().ends_with("hardwareIdentifier"), "{}", answer.target());
            }
        }
    }
    assert!(app.everything().await.is_empty());
}

#[tokio::test]
async fn names_of_utf_8() {
    let app = TestApp::start().await;
    for content_type in [
        "application/json",
        "Application/JSON ; charset=UTF-8",
        "application/json;odata.metadata=minimal;charset=\"utf-8\"",
        "application/json; charset=us-ascii",
        "application/json; charset=utf8",
    ] {
        let url = format!("{}/{IMPORTED}", ROOTS[0]);
        app.ask("POST", &url).header("content-type", content_type).bytes(b"{}").await.expect(201);
    }
}

#[tokio::test]
async fn other_types_of_content() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let url = format!("{root}/{IMPORTED}");
        for content_type in [
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "application/jsonx",
            "text/json",
            "json",
            "",
            "application/json; charset=utf-16",
            "application/json;odata.metadata=minimal;CHARSET=\"iso-8859-1\"",
            "application/json; charset=",
        ] {
            let answer =
                app.ask("POST", &url).header("content-type", content_type).bytes(b"{}").await.expect(415);
            answer.assert_is_error();
            assert_eq!(answer.code(), "RequestBodyRead");
            assert!(
                answer.message().contains("A supported MIME type could not be found"),
                "{}",
                answer.message()
            );
        }
        let twice = app.ask("POST", &url).header("content-type", "application/json");
        let answer = twice.header("content-type", "text/plain").bytes(b"{}").await.expect(400);
        answer.assert_is_error();
        assert!(answer.message().contains("more than one Content-Type"), "{}", answer.message());
        for encoding in ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x"] {
            let answer =
                app.ask("POST", &url).header("content-encoding", encoding).text("{}").await.expect(415);
            answer.assert_is_error();
            assert_eq!(answer.code(), "UnsupportedContentEncoding");
        }
    }
    assert!(app.everything().await.is_empty());
}

const LIMIT: usize = 1000;

/// A body of exactly this many bytes.
fn body_of(bytes: usize) -> String {
    let frame = json!({ "groupTag": "" }).to_string().len();
    json!({ "groupTag": "x".repeat(bytes - frame) }).to_string()
}

#[tokio::test]
async fn bodies_are_limited_to_the_byte() {
    let app = TestApp::with(|config| config.http.max_body = LIMIT).await;
    app.hold_imports();
    for root in ROOTS {
        let url = format!("{root}/{IMPORTED}");
        app.ask("POST", &url).text(&body_of(LIMIT)).await.expect(201);
        let before = app.everything().await;
        let answer = app.ask("POST", &url).text(&body_of(LIMIT + 1)).await.expect(413);
        answer.assert_is_error();
        answer.assert_common_headers();
        assert_eq!(answer.code(), "RequestEntityTooLarge");
        assert!(answer.message().contains("1000 bytes"), "{}", answer.message());
        assert_eq!(app.everything().await, before);
    }
}

/// Without a length in the head the limit holds for what comes.
#[tokio::test]
async fn chunked_bodies_are_limited_to_the_byte() {
    let app = TestApp::with(|config| config.http.max_body = LIMIT).await;
    let bearer = app.token(&Caller::writer());
    let head = |more: &str| {
        format!(
            "POST {}/{IMPORTED} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {bearer}\r\n\
             Content-Type: application/json\r\nConnection: close\r\n{more}\r\n\r\n",
            ROOTS[0]
        )
    };
    for (bytes, size, status) in
        [(LIMIT, LIMIT, 201), (LIMIT, 7, 201), (LIMIT + 1, LIMIT + 1, 413), (LIMIT + 1, 7, 413)]
    {
        let mut request = head("Transfer-Encoding: chunked");
        for chunk in body_of(bytes).as_bytes().chunks(size) {
            request += &format!("{:x}\r\n{}\r\n", chunk.len(), std::str::from_utf8(chunk).unwrap());
        }
        let answer = app.raw(format!("{request}0\r\n\r\n").as_bytes()).await;
        assert_eq!(answer.status, status, "{bytes} in chunks of {size}: {}", answer.text);
        if status == 413 {
            answer.assert_is_error();
        }
    }
    assert_eq!(app.everything().await.len(), 2);
    // Announced, and never sent: refused at once.
    let answer = app.raw(head("Content-Length: 10737418240").as_bytes()).await.expect(413);
    answer.assert_is_error();
}

/// A body that ends before its length: nothing is stored.
#[tokio::test]
async fn bodies_that_are_cut_off() {
    let app = TestApp::start().await;
    let bearer = app.token(&Caller::writer());
    let request = format!(
        "POST {}/{IMPORTED} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {bearer}\r\n\
         Content-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n\
         15\r\n{{\"serialNumber\": \"1\"}}\r\nZZ\r\n",
        ROOTS[0]
    );
    let answer = app.raw(request.as_bytes()).await;
    assert!(matches!(answer.status, 0 | 400), "{answer:?}");
    assert!(app.everything().await.is_empty());
}

/// Nesting is limited, of annotations, too.
#[tokio::test]
async fn deep_json() {
    let app = TestApp::start().await;
    let url = format!("{}/{IMPORTED}", ROOTS[0]);
    for depth in [129, 10_000, 100_000] {
        for member in ["serialNumber", "colour", "state"] {
            let body = format!("{{\"{member}\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
            refused(&app, &url, &body).await;
        }
        let body = format!("{{\"@a.b\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let answer = app.ask("POST", &url).text(&body).await;
        assert!(matches!(answer.status, 201 | 400), "{answer:?}");
    }
}

/// An import record has no use for a value that the service computes, but a null does no harm there.
#[tokio::test]
async fn nulls_where_they_are_allowed() {
    let app = TestApp::start().await;
    app.hold_imports();
    for root in ROOTS {
        let body = json!({
            "id": null, "groupTag": null, "serialNumber": null, "productKey": null, "importId": null,
            "hardwareIdentifier": null, "state": null, "assignedUserPrincipalName": null,
        });
        let created = app.post(&format!("{root}/{IMPORTED}"), &body).await.expect(201).json();
        for member in ["groupTag", "serialNumber", "productKey", "assignedUserPrincipalName"] {
            assert_eq!(created[member], Value::String(String::new()), "{member}");
        }
        assert_eq!(created["importId"], created["id"]);
    }
}
