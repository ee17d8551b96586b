//! The error catalogue: a page for each code, and a link to it from each error.

use autopilot::rejection::Rejection;
use serde_json::json;
use tailmark::catalogue::{self, Family};

use crate::support::{Answer, Browser, Secured, TestApp};
use crate::{DEVICES, IMPORTED};

/// The page that an answer leads to, below the service's address.
#[track_caller]
fn help(answer: &Answer) -> String {
    let link = answer.header("link");
    let address = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"help\""));
    let address = address.unwrap_or_else(|| panic!("{}\nhas no link: {link:?}", answer.asked));
    address.strip_prefix(&answer.base).unwrap_or_else(|| panic!("{address} is elsewhere")).to_owned()
}

#[tokio::test]
async fn every_code_has_a_page_for_everybody() {
    let app = TestApp::start().await;
    let list = app.get("/docs/errors").by_nobody().await.expect(200);
    for entry in catalogue::entries() {
        let page = app.get(&format!("/docs/errors/{}", entry.name)).by_nobody().await.expect(200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        let policy = page.header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        for outside in ["<script", "<style", " style=", "http://", "https://"] {
            assert!(!page.text.contains(outside), "{outside} in {}", page.text);
        }
        assert!(list.text.contains(&format!("href=\"errors/{}\"", entry.name)), "{}", entry.name);
        for reason in &entry.reasons {
            let plain = |text: &str| text.replace('\'', "&#39;").replace('"', "&#34;");
            assert!(page.text.contains(reason.code), "{}", page.text);
            for text in [reason.meaning, reason.cause, reason.remedy] {
                let html = text.split('`').enumerate().fold(String::new(), |html, (place, part)| {
                    html + &if place % 2 == 1 { format!("<code>{}</code>", plain(part)) } else { plain(part) }
                });
                assert!(page.text.contains(&html), "{html} in {}", page.text);
            }
        }
    }
    for (address, code) in [("ztddevicealreadyassigned", "806"), ("ZtdDeviceAssignedToAnotherTenant", "808")]
    {
        let page = app.get(&format!("/docs/errors/{address}")).by_nobody().await.expect(200);
        assert!(page.text.contains(&format!("<h1>{code}</h1>")), "{}", page.text);
    }
    let style = app.get("/docs/errors/style.css").by_nobody().await.expect(200);
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    let nothing = app.get("/docs/errors/%3Cscript%3E").by_nobody().await.expect(404);
    assert!(!nothing.text.contains("<script"), "{}", nothing.text);
    assert_eq!(app.get("/docs/errors/").by_nobody().await.status, 200);
    // Without the console they are there as well.
    let bare = TestApp::with(|config| config.console.enabled = false).await;
    bare.get("/docs/errors/806").by_nobody().await.expect(200);
}

#[tokio::test]
async fn every_error_leads_to_its_page() {
    let app = TestApp::with(|config| config.http.max_body = 1000).await;
    let records = format!("/beta/deviceManagement/{IMPORTED}");
    let sync = "/beta/deviceManagement/windowsAutopilotSettings/sync";
    app.ask("POST", sync).await.expect(204);
    let settings = sync.trim_end_matches("/sync");
    app.until(settings, |settings| settings["syncStatus"] == "completed").await;
    let long = json!({ "serialNumber": "x".repeat(1000) });
    for (answer, status, page) in [
        (app.get(&records).by_nobody().await, 401, "InvalidAuthenticationToken"),
        (app.get(&format!("{records}?$filter=x")).await, 400, "BadRequest"),
        (app.get(&format!("{records}/nope")).await, 404, "ResourceNotFound"),
        (app.get("/v3/x").await, 404, "ResourceNotFound"),
        (app.patch(&format!("{records}/x"), &json!({})).await, 400, "NoMethodMatchRouteTemplate"),
        (app.ask("TRACE", &records).await, 405, "Request_BadRequest"),
        (app.post(&records, &long).await, 413, "RequestEntityTooLarge"),
        (
            app.ask("POST", &records).header("content-type", "text/xml").bytes(b"x").await,
            415,
            "RequestBodyRead",
        ),
        (app.get("/beta/deviceManagement").await, 501, "NotSupported"),
        (app.ask("POST", sync).await, 429, "TooManyRequests"),
    ] {
        let answer = answer.expect(status);
        // The body is Graph's to the letter: the link is beside it.
        answer.assert_is_error();
        assert_eq!(help(&answer), format!("/docs/errors/{page}"));
        let shown = app.get(&help(&answer)).by_nobody().await.expect(200);
        assert!(shown.text.contains(&answer.code()), "{}", shown.text);
    }
    let good = app.get(&records).await.expect(200);
    assert_eq!(good.header("link"), "");
    let other_origin = app.get(&format!("{records}/nope")).header("origin", "https://x.example").await;
    assert!(other_origin.header("access-control-expose-headers").contains("Link"));
}

#[tokio::test]
async fn a_refusal_by_name_leads_to_that_name() {
    let app = TestApp::start().await;
    let device = json!({ "serialNumber": "S1", "manufacturer": "Contoso" });
    let devices = format!("/beta/deviceManagement/{DEVICES}");
    app.post(&devices, &device).await.expect(201);
    let refused = app.post(&devices, &device).await.expect(400);
    assert_eq!(help(&refused), "/docs/errors/806", "{}", refused.text);
}

#[tokio::test]
async fn the_link_is_at_the_address_by_which_the_service_is_known() {
    let app =
        TestApp::with(|config| config.http.public_url = "https://graph.example/tailmark/".to_owned()).await;
    let answer = app.get(&format!("/beta/deviceManagement/{IMPORTED}/nope")).await.expect(404);
    let page = "<https://graph.example/tailmark/docs/errors/ResourceNotFound>; rel=\"help\"";
    assert_eq!(answer.header("link"), page);
    // The pages themselves name no address, so they hold below that one.
    let page = app.get("/docs/errors/806").by_nobody().await.expect(200);
    assert!(!page.text.contains("href=\"/"), "{}", page.text);

    let site = Secured::start().await;
    let client = site.builder().build().unwrap();
    let answer = client.get(site.url("/beta/deviceManagement")).send().await.unwrap();
    let link = answer.headers()["link"].to_str().unwrap().to_owned();
    let address = link.strip_prefix('<').unwrap().split_once('>').unwrap().0.to_owned();
    assert!(address.starts_with(&format!("{}/docs/", site.running.base_url)), "{address}");
    assert_eq!(client.get(address).send().await.unwrap().status().as_u16(), 200);

    // Who does not say which host is told of none.
    let app = TestApp::start().await;
    let hostless = app.raw(b"GET /beta/x HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n").await;
    assert_eq!((hostless.status, hostless.header("link")), (400, ""));
}

#[tokio::test]
async fn the_console_leads_there() {
    let (app, mut browser) = Browser::signed_in().await;
    let device = json!({ "serialNumber": "S1", "productKey": "1" });
    let uploads = format!("/beta/deviceManagement/{}", crate::UPLOADS);
    for _ in 0..2 {
        app.post(&uploads, &json!({ "deviceIdentities": [&device] })).await.expect(201);
        app.settled().await;
    }
    browser.get("/console").await.shows(&["href=\"/docs/errors/806\""]);
    let refused = app.get(&format!("{uploads}?$filter=status eq 'error'")).await.expect(200);
    let id = refused.entities()[0]["id"].as_str().unwrap().to_owned();
    browser.get(&format!("/console/uploads/{id}")).await.shows(&["href=\"/docs/errors/806\""]);
    browser.get("/docs/errors/806").await.shows(&["ZtdDeviceAlreadyAssigned"]);
    let page = browser.get("/console/devices?$filter=nothing").await;
    assert!(page.status == 400 && page.text.contains("href=\"/docs/errors/BadRequest\""), "{}", page.text);
}

#[test]
fn the_words_are_those_of_the_command_line() {
    for rejection in Rejection::ALL {
        let entry = catalogue::find(rejection.name()).unwrap();
        assert_eq!((entry.family, &entry.name), (Family::Import, &catalogue::name_of(rejection)));
        let reason = entry.reasons.iter().find(|reason| reason.code == rejection.name()).unwrap();
        assert_eq!(
            (reason.meaning, reason.cause, reason.remedy),
            (rejection.meaning(), rejection.cause(), rejection.remedy())
        );
    }
}
