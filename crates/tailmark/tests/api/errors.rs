//! Refusals: their shapes, headers and words. What is wrong with bodies is in `bad_input`.

use serde_json::json;

use crate::support::{Caller, TestApp};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

const HOST: &str = "graph.example";

#[tokio::test]
async fn a_plain_error() {
    let app = TestApp::start().await;
    let answer =
        app.get("/v1.0/deviceManagement/nothing").header("client-request-id", "mine").await.expect(400);
    answer.assert_is_error();
    answer.assert_common_headers();
    let id = answer.header("request-id");
    let date = answer.json()["error"]["innerError"]["date"].as_str().unwrap().to_owned();
    assert_eq!(
        answer.text,
        format!(
            "{{\"error\":{{\"code\":\"BadRequest\",\"message\":\"Resource not found for the segment 'nothing'.\",\
             \"innerError\":{{\"date\":\"{date}\",\"request-id\":\"{id}\",\"client-request-id\":\"mine\",\
             \"target\":\"nothing\",\"position\":18}}}}}}"
        )
    );
}

#[tokio::test]
async fn an_error_of_intune() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let url = format!("{root}/{UPLOADS}/none");
        let answer = app.get(&url).header("client-request-id", "mine").await.expect(404);
        assert_eq!(answer.code(), "ResourceNotFound");
        assert_eq!(answer.intune_message(), "An error has occurred");
        assert_eq!(
            answer.message(),
            format!(
                "{{\r\n  \"_version\": 3,\r\n  \"Message\": \"An error has occurred - Operation ID (for customer \
                 support): 00000000-0000-0000-0000-000000000000 - Activity ID: mine - Url: {}{url}\",\r\n  \
                 \"CustomApiErrorPhrase\": \"\",\r\n  \"RetryAfter\": null,\r\n  \"ErrorSourceService\": \"\",\r\n  \
                 \"HttpHeaders\": \"{{}}\"\r\n}}",
                app.base
            )
        );
    }
}

/// The client's id comes back; where there is none, or one that nobody would send, ours does.
#[tokio::test]
async fn requests_have_ids() {
    let app = TestApp::start().await;
    let url = format!("{}/{UPLOADS}", ROOTS[0]);
    let longest = "x".repeat(128);
    for sent in ["1", "c1d8e3f0-1111-4222-8333-444455556666", "with blanks", &longest] {
        let answer = app.get(&url).header("client-request-id", sent).await.expect(200);
        assert_eq!(answer.header("client-request-id"), sent);
        assert_ne!(answer.header("request-id"), sent);
    }
    let too_long = "x".repeat(129);
    for sent in ["", &too_long] {
        let answer = app.get(&url).header("client-request-id", sent).await.expect(200);
        assert_eq!(answer.header("client-request-id"), answer.header("request-id"));
    }
    let first = app.get(&url).await.expect(200);
    let second = app.get(&url).await.expect(200);
    assert_eq!(first.header("client-request-id"), first.header("request-id"));
    assert_ne!(first.header("request-id"), second.header("request-id"));
    let created = app.post(&url, &json!({})).header("client-request-id", "mine").await.expect(201);
    assert_eq!(created.header("client-request-id"), "mine");
    let deleted = app.delete(&format!("{url}/{}", created.id())).header("client-request-id", "mine").await;
    assert_eq!(deleted.expect(204).header("client-request-id"), "mine");
}

#[tokio::test]
async fn unknown_versions_are_not_found() {
    let app = TestApp::start().await;
    for (path, segment) in [
        ("/v2.0/deviceManagement", "v2.0"),
        ("/v1/deviceManagement", "v1"),
        ("/deviceManagement", "devicemanagement"),
        ("//beta/deviceManagement", ""),
        ("/beta%2FdeviceManagement", "beta%2fdevicemanagement"),
    ] {
        let answer = app.get(path).await.expect(404);
        answer.assert_is_error();
        assert_eq!(
            (answer.code(), answer.message()),
            ("ResourceNotFound".to_owned(), format!("Invalid version: {segment}"))
        );
    }
}

#[tokio::test]
async fn unknown_segments_are_bad_requests() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for (path, segment) in [
            ("/devices", "devices"),
            ("/deviceManagement2", "deviceManagement2"),
            (
                "/deviceManagement/importedWindowsAutopilotDeviceIdentity",
                "importedWindowsAutopilotDeviceIdentity",
            ),
            ("/deviceManagement/windowsAutopilotDeviceIdentities/1/nothing", "nothing"),
            ("/deviceManagement/windowsAutopilotDeviceIdentities/1/deviceIdentities", "deviceIdentities"),
            ("/deviceManagement/importedWindowsAutopilotDeviceIdentities/$count/more", "more"),
            ("/deviceManagement('1')", "deviceManagement"),
            (
                "/deviceManagement/windowsAutopilotDeviceIdentities('1','2')",
                "windowsAutopilotDeviceIdentities",
            ),
            (
                "/deviceManagement/windowsAutopilotDeviceIdentities(key='1')",
                "windowsAutopilotDeviceIdentities",
            ),
            ("/deviceManagement/microsoft.graph.import", "microsoft.graph.import"),
        ] {
            let path = format!("{}{path}", root.trim_end_matches("/deviceManagement"));
            for method in ["GET", "POST", "PATCH", "PUT", "DELETE"] {
                let answer = app.ask(method, &path).text("{}").await.expect(400);
                answer.assert_is_error();
                assert_eq!(answer.code(), "BadRequest", "{method} {path}");
                assert_eq!(answer.message(), format!("Resource not found for the segment '{segment}'."));
                assert_eq!(answer.target(), segment);
            }
        }
    }
}

/// What a path is good for, and what not: the router's own words.
#[tokio::test]
async fn methods_without_a_route() {
    let app = TestApp::start().await;
    let key = "ffffffff-ffff-4fff-8fff-ffffffffffff";
    for root in ROOTS {
        for (method, path, template) in [
            ("PATCH", String::new(), "~/singleton"),
            ("PATCH", format!("/{UPLOADS}"), "~/singleton/navigation"),
            ("DELETE", format!("/{UPLOADS}"), "~/singleton/navigation"),
            ("PUT", format!("/{UPLOADS}"), "~/singleton/navigation"),
            ("POST", format!("/{UPLOADS}/{key}"), "~/singleton/navigation/key"),
            ("PUT", format!("/{UPLOADS}/{key}"), "~/singleton/navigation/key"),
            (
                "PUT",
                format!("/{UPLOADS}/{key}/deviceIdentities/{key}"),
                "~/singleton/navigation/key/navigation/key",
            ),
            ("POST", format!("/{UPLOADS}/$count"), "~/singleton/navigation/$count"),
            ("DELETE", format!("/{IMPORTED}"), "~/singleton/navigation"),
            ("PATCH", format!("/{IMPORTED}/{key}"), "~/singleton/navigation/key"),
            ("PUT", format!("/{IMPORTED}/{key}"), "~/singleton/navigation/key"),
            ("POST", format!("/{IMPORTED}/{key}"), "~/singleton/navigation/key"),
            ("GET", format!("/{IMPORTED}/import"), "~/singleton/navigation/action"),
            ("PATCH", format!("/{DEVICES}/{key}"), "~/singleton/navigation/key"),
            ("GET", format!("/{DEVICES}/{key}/assignUserToDevice"), "~/singleton/navigation/key/action"),
        ] {
            let path = format!("{root}{path}");
            let answer = app.ask(method, &path).text("{}").await.expect(400);
            answer.assert_is_error();
            assert_eq!(answer.code(), "No method match route template");
            assert_eq!(
                answer.message(),
                format!(
                    "No OData route exists that match template {template} with http verb {method} for request {path}."
                )
            );
        }
    }
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for path in ["", "/windowsAutopilotDeviceIdentities", "/nothing"] {
            for method in ["TRACE", "OPTIONS", "QUERY", "MKCOL", "get"] {
                let answer = app.ask(method, &format!("{root}{path}")).await.expect(405);
                answer.assert_is_error();
                answer.assert_common_headers();
                assert_eq!(answer.code(), "Request_BadRequest");
                assert_eq!(answer.header("allow"), "GET, HEAD, POST, PATCH, DELETE");
            }
        }
    }
}

/// A page of any origin may ask, with its own token, and read the answer.
#[tokio::test]
async fn pages_of_other_origins_may_ask() {
    let app = TestApp::start().await;
    let url = format!("{}/{DEVICES}", ROOTS[0]);
    let origin = ("origin", "https://tool.example");
    let preflight = app.ask("OPTIONS", &url).by_nobody().header(origin.0, origin.1);
    let preflight = preflight
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "authorization,content-type")
        .await
        .expect(204);
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    assert_eq!(preflight.header("access-control-allow-headers"), "authorization,content-type");
    assert!(preflight.header("access-control-allow-methods").contains("PATCH"));
    for ask in [app.get(&url), app.get(&url).by_nobody()] {
        let answer = ask.header(origin.0, origin.1).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(answer.header("access-control-expose-headers").contains("Retry-After"));
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
    // Without an origin nobody is let in.
    app.ask("OPTIONS", &url).header("access-control-request-method", "GET").await.expect(405);
}

/// Where an answer comes from, as Graph says it; the standard's profile has no such header.
#[tokio::test]
async fn answers_say_where_they_come_from() {
    let app = TestApp::start().await;
    let url = format!("{}/{DEVICES}", ROOTS[0]);
    for answer in [app.get(&url).await, app.get(&url).by_nobody().await] {
        let said: serde_json::Value = serde_json::from_str(answer.header("x-ms-ags-diagnostic")).unwrap();
        assert_eq!(said["ServerInfo"]["DataCenter"], "Tailmark");
        assert_eq!(answer.header("strict-transport-security"), "", "there is no TLS");
    }
    let proxied =
        TestApp::with(|config| "https://graph.example".clone_into(&mut config.http.public_url)).await;
    assert_eq!(proxied.get(&url).await.header("strict-transport-security"), "max-age=31536000");
}

/// Legal OData that is not done: 501, and its name.
#[tokio::test]
async fn unsupported_features_are_named() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for (path, name) in [
            (format!("/{UPLOADS}?$deltatoken=x"), "'$deltatoken'"),
            (format!("/{UPLOADS}?deltatoken=x"), "'deltatoken'"),
            (format!("/{UPLOADS}?$index=1"), "'$index'"),
            (format!("/{UPLOADS}/$each"), "'$each'"),
        ] {
            let answer = app.get(&format!("{root}{path}")).await.expect(501);
            answer.assert_is_error();
            assert_eq!(answer.code(), "NotSupported");
            let message = answer.message();
            assert!(message.contains(name), "{path}: {message}");
            assert!(message.ends_with(" is not supported by the service."), "{path}: {message}");
        }
    }
}

/// Query options mean nothing where something is written.
#[tokio::test]
async fn options_of_writes_are_not_ignored() {
    let app = TestApp::start().await;
    for root in ROOTS {
        for option in ["$select=id", "$expand=deviceIdentities", "$top=1", "$filter=id eq '1'", "select=id"] {
            let answer = app.post(&format!("{root}/{UPLOADS}?{option}"), &json!({})).await.expect(501);
            answer.assert_is_error();
            assert_eq!(answer.target(), option.split('=').next().unwrap());
        }
        app.post(&format!("{root}/{UPLOADS}?custom=1"), &json!({})).await.expect(201);
    }
    assert_eq!(app.everything().await.len(), 2);
}

#[tokio::test]
async fn no_form_that_is_accepted() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let url = format!("{root}/{UPLOADS}");
        for accept in
            ["text/html", "application/xml", "application/json;q=0", "application/json;odata.metadata=no"]
        {
            let answer = app.get(&url).header("accept", accept).await.expect(406);
            answer.assert_is_error();
            assert_eq!(answer.code(), "NotAcceptable");
        }
        for format in ["atom", "xml", "text/html", "application/json;odata.metadata=some"] {
            let answer =
                app.get(&format!("{url}?$format={format}")).header("accept", "*/*").await.expect(406);
            assert_eq!(answer.code(), "NotAcceptable");
        }
        for accept in [
            "*/*",
            "application/*",
            "text/html, application/json;q=0.5",
            "APPLICATION/JSON",
            "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
        ] {
            app.get(&url).header("accept", accept).await.expect(200);
        }
    }
}

/// The `Host` header becomes part of answers, so it must be one.
#[tokio::test]
async fn bad_hosts_are_refused() {
    let app = TestApp::start().await;
    let bearer = app.token(&Caller::writer());
    let path = format!("{}/{UPLOADS}", ROOTS[0]);
    let request = |hosts: &str| {
        format!("GET {path} HTTP/1.1\r\n{hosts}Authorization: Bearer {bearer}\r\nConnection: close\r\n\r\n")
    };
    for host in [HOST, "graph.example:8080", "[::1]:4280", "127.0.0.1"] {
        let answer = app.raw(request(&format!("Host: {host}\r\n")).as_bytes()).await.expect(200);
        let context = answer.json()["@odata.context"].as_str().unwrap().to_owned();
        assert!(context.starts_with(&format!("http://{host}/v1.0/$metadata")), "{context}");
    }
    let long = "a".repeat(300);
    for host in ["", "a b", "a/b", "a\\b", "user@host", "a\"b", "<script>", "a,b", "ä", "a?b#c", &long] {
        let answer = app.raw(request(&format!("Host: {host}\r\n")).as_bytes()).await;
        assert_eq!(answer.status, 400, "{host}: {}", answer.text);
        answer.assert_is_error();
    }
    for hosts in ["", "Host: graph.example\r\nHost: other.example\r\n"] {
        let answer = app.raw(request(hosts).as_bytes()).await;
        assert_eq!(answer.status, 400, "{hosts}: {}", answer.text);
        answer.assert_is_error();
    }
}

/// Addresses in answers are the caller's, or the configured ones; forwarding headers are anybody's.
#[tokio::test]
async fn addresses_are_as_configured() {
    let app = TestApp::with(|config| config.http.public_url = "https://graph.example/".to_owned()).await;
    let context =
        |answer: crate::support::Answer| answer.json()["@odata.context"].as_str().unwrap().to_owned();
    let url = format!("{}/{UPLOADS}", ROOTS[1]);
    let created = app.post(&url, &json!({})).await.expect(201);
    assert!(created.header("location").starts_with("https://graph.example/beta/deviceManagement/"));
    assert!(context(created).starts_with("https://graph.example/beta/$metadata"));

    let app = TestApp::start().await;
    let answer = app.get(&url);
    let answer = answer.header("x-forwarded-host", "evil.example").header("x-forwarded-proto", "https");
    let answer = answer.header("forwarded", "host=evil.example;proto=https").await.expect(200);
    assert!(context(answer).starts_with(&format!("{}/beta/", app.base)));
}
