//! The console, as a browser without script sees it.

use autopilot::csv;
use autopilot::hardware_identifier::{HardwareFacts, HardwareIdentifier};
use autopilot::model::READ;
use odata::value::DateTimeOffset;
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tailmark::clock::unix_seconds;
use uuid::Uuid;

use crate::support::{Browser, Caller, Page, Secured, TestApp, hash, hashed, machine};
use crate::{DEVICES, UPLOADS};

const HOSTILE: &str = "<script>alert(1)</script>\"'&";

/// The pages of somebody who has signed in.
const PAGES: [&str; 5] =
    ["/console", "/console/import", "/console/uploads", "/console/devices", "/console/query"];

fn file(rows: &[(&str, &str, &str)]) -> String {
    let mut text = "Device Serial Number,Windows Product ID,Hardware Hash,Group Tag\r\n".to_owned();
    for (serial_number, hash, tag) in rows {
        text += &format!("{serial_number},,{hash},{tag}\r\n");
    }
    text
}

async fn registered(app: &TestApp, count: usize) {
    let devices: Vec<_> = (0..count).map(|number| hashed(&format!("SN{number:04}"))).collect();
    let body = json!({ "deviceIdentities": devices });
    app.post(&format!("/beta/deviceManagement/{UPLOADS}"), &body).await.expect(201);
    app.settled().await;
}

#[tokio::test]
async fn signing_in_and_out() {
    let (_app, mut browser) = Browser::start().await;
    let page = browser.get("/").await;
    page.shows(&["Sign in to Tailmark"]);
    assert_eq!(page.path(), "/console/sign-in");
    assert!(!page.text.contains("issuer.json"), "the password was chosen");
    Browser::of(&TestApp::start().await).get("/console/sign-in").await.shows(&["issuer.json"]);
    for path in PAGES {
        assert_eq!(browser.get(path).await.path(), "/console/sign-in", "{path}");
    }
    let page = browser.sign_in().await;
    page.shows(&["Overview", "Administrator", "admin@contoso.example"]);
    assert_eq!(page.path(), "/console");
    assert!(!page.text.contains("eyJ"), "a token is on the page");
    let session = browser.cookies.clone();
    assert_eq!(session.len(), 1, "{session:?}");

    let page = browser.post("/console/sign-out", &[]).await;
    page.shows(&["You have signed out"]);
    assert!(browser.cookies.is_empty());
    // The session has ended here, too, not in the browser alone.
    browser.cookies = session;
    assert_eq!(browser.get("/console").await.path(), "/console/sign-in");
}

#[tokio::test]
async fn a_sign_in_is_its_browsers_own() {
    let (app, mut browser) = Browser::start().await;
    browser.get("/console/sign-in/start?to=https://elsewhere.example/").await;
    let visit = browser.cookies.clone();
    // The state is another's.
    let page = browser.get("/console/signed-in?code=x&state=y").await;
    assert_eq!(page.status, 400, "{}", page.text);
    // It is over with the first try.
    browser.cookies = visit;
    assert_eq!(browser.get("/console/signed-in?code=x&state=y").await.status, 400);
    // No browser that set out.
    assert_eq!(Browser::of(&app).get("/console/signed-in?code=x&state=y").await.status, 400);
    // Where to go afterwards is here.
    let page = browser.get("/console/sign-in?to=//elsewhere.example").await;
    page.shows(&["start?to=%2Fconsole\""]);
    assert_eq!(browser.sign_in().await.path(), "/console");
}

#[tokio::test]
async fn every_page_says_what_it_allows() {
    let (_app, mut browser) = Browser::signed_in().await;
    let all = PAGES.iter().chain(&["/console/nothing", "/console/console.css", "/console/signed-out"]);
    for path in all {
        let page = browser.get(path).await;
        let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(header("referrer-policy"), "same-origin");
        assert_eq!(header("x-content-type-options"), "nosniff");
        for inline in ["<style", " style=", " onclick=", "<script>", "http://", "https://"] {
            let text = page.text.replace("http://www.w3.org/2000/svg", "");
            let text = text.replace(&browser.base, "");
            assert!(path.ends_with(".css") || !text.contains(inline), "{path} has {inline}");
        }
    }
    assert_eq!(browser.get("/console/nothing").await.status, 404);
    // Files are kept for as long as they are the same.
    let page = browser.get("/console").await;
    for (start, file) in [("href=\"", "/console/console.css"), ("src=\"", "/console/console.js")] {
        let address = page.text.split(start).find(|rest| rest.starts_with(file)).unwrap();
        let address = address.split('"').next().unwrap();
        let kept = |page: &Page| page.headers["cache-control"].to_str().unwrap().contains("immutable");
        assert!(kept(&browser.get(address).await), "{address}");
        assert!(!kept(&browser.get(file).await) && !kept(&browser.get(&format!("{file}?other")).await));
    }
}

#[tokio::test]
async fn changes_come_from_its_own_pages() {
    let (app, mut browser) = Browser::signed_in().await;
    registered(&app, 1).await;
    for path in [
        "/console/sign-out",
        "/console/theme",
        "/console/import",
        "/console/devices/select",
        "/console/devices/change",
        "/console/devices/changes/x/stop",
        "/console/devices/sync",
        "/console/uploads/x/delete",
    ] {
        for origin in [None, Some("null"), Some("https://elsewhere.example")] {
            let page = browser.once(Method::POST, path, None, origin).await;
            assert_eq!(page.status, 403, "{path} from {origin:?}: {}", page.text);
        }
    }
    browser.get("/console").await.shows(&["Administrator"]);
}

#[tokio::test]
async fn a_file_is_seen_put_right_and_imported() {
    let (app, mut browser) = Browser::signed_in().await;
    let good = hash("GOOD1");
    let rows = [
        ("GOOD1", &*good, "Berlin"),
        ("BAD1", "not base64!", "Berlin"),
        ("BAD2", "", "Berlin"),
        ("", &hash("")[..40], "Berlin"),
    ];
    let page = browser.send_file("/console/import", "laptops.csv", file(&rows).as_bytes()).await;
    page.shows(&["Check laptops.csv", "Import 1 device, leave out 3", "hash-not-base64", "hash-missing"]);
    // Nothing is stored yet.
    assert!(app.everything().await.is_empty());
    let preview = page.path();

    let (first, second) = (hash("BAD1"), hash("BAD2"));
    let right = [("hardwareIdentifier-3", &*first), ("hardwareIdentifier-4", &*second), ("drop-5", "yes")];
    let page = browser.post(&preview, &right).await;
    page.shows(&["Import 3 devices<", "Nothing is wrong with this file"]);
    let strict = browser.get(&format!("{preview}/corrected.csv")).await;
    assert_eq!(csv::read(strict.text.as_bytes()).rows.len(), 3);

    let page = browser.post(&format!("{preview}/start"), &[]).await;
    page.shows(&["Upload ", "laptops.csv", "of 3 devices are done"]);
    app.settled().await;
    let upload = page.path();
    browser.get(&upload).await.shows(&["Complete", ">3</span> of 3", "BAD2"]);
    // The file has gone.
    assert_eq!(browser.get(&preview).await.status, 404);
    let events = browser.get(&format!("{upload}/progress")).await;
    events.shows(&["event: progress", "\"done\":3", "\"over\":true"]);

    // Once more: each is refused, says why and on which line, and can be taken away.
    let rows = [("GOOD1", &*good, "Berlin")];
    let page = browser.send_file("/console/import", "again.csv", file(&rows).as_bytes()).await;
    let page = browser.post(&format!("{}/start", page.path()), &[]).await;
    app.settled().await;
    let upload = page.path();
    browser.get(&upload).await.shows(&[
        "Some refused",
        "806",
        "ZtdDeviceAlreadyAssigned",
        ">2<",
        "1 device<",
    ]);
    let failed = browser.get(&format!("{upload}/failed.csv")).await;
    let sheet = csv::read(failed.text.as_bytes());
    assert_eq!(sheet.rows[0].record.serial_number, "GOOD1");
    assert_eq!(sheet.rows[0].record.hardware_hash, good);
    browser.get("/console").await.shows(&["1 of 1 devices of the upload", "<code>806</code>"]);
    browser.post(&format!("{upload}/delete"), &[]).await.shows(&["Uploads"]);
    assert_eq!(browser.get(&upload).await.status, 404);
}

/// A device's hash is another one each time; its page says in what.
#[tokio::test]
async fn captures_of_a_device_are_compared() {
    let (app, mut browser) = Browser::signed_in().await;
    let capture = async |facts: HardwareFacts| {
        let hash = HardwareIdentifier::encode(&facts).to_base64();
        let devices = json!([{ "serialNumber": facts.serial_number, "hardwareIdentifier": hash }]);
        let body = json!({ "deviceIdentities": devices });
        app.post(&format!("/beta/deviceManagement/{UPLOADS}"), &body).await.expect(201);
        app.settled().await;
    };
    capture(machine("SN1")).await;
    capture(machine("SN1")).await;
    let id = app.get(&format!("/beta/deviceManagement/{DEVICES}")).await.entities()[0]["id"].clone();
    let address = format!("/console/devices/{}", id.as_str().unwrap());
    let page = browser.get(&address).await;
    assert!(!page.text.contains("Captures"), "the same capture twice is one");

    capture(HardwareFacts { captured: 1, os_build: 19045, ..machine("SN1") }).await;
    browser.get(&address).await.shows(&["2 captures, which differ in nothing but their time"]);

    capture(HardwareFacts { disk_serial_number: "D2 & <D3>".into(), captured: 2, ..machine("SN1") }).await;
    let page = browser.get(&address).await;
    page.shows(&[
        "the 3 latest captures differ",
        "<th scope=\"row\">Disk</th>",
        "<td>none</td>",
        "D2 &#38; &#60;D3&#62;",
    ]);
    assert!(!page.text.contains("main board") && !page.text.contains("Windows that wrote it</th>"));

    capture(HardwareFacts { smbios_uuid: Uuid::from_u128(7), ..machine("SN1") }).await;
    browser
        .get(&address)
        .await
        .shows(&["Not all are of one main board", "<th scope=\"row\">SMBIOS UUID</th>"]);
    // The oldest is left out.
    for captured in 3..6 {
        capture(HardwareFacts { captured, ..machine("SN1") }).await;
    }
    browser
        .get(&address)
        .await
        .shows(&["the 5 latest captures differ", "<th scope=\"row\">SMBIOS UUID</th>"]);
}

/// From which file and lines an upload came is kept with it, whoever said it.
#[tokio::test]
async fn lines_outlive_the_service() {
    let (app, mut browser) = Browser::signed_in().await;
    registered(&app, 3).await;
    let (first, third) = (hash("SN0000"), hash("SN0002"));
    let rows = [("SN0000", &*first, ""), ("NEW1", &hash("NEW1"), ""), ("SN0002", &third, "")];
    let page = browser.send_file("/console/import", "laptops.csv", file(&rows).as_bytes()).await;
    let upload = browser.post(&format!("{}/start", page.path()), &[]).await.path();
    // One by somebody else, whose texts are texts.
    let device = json!({ "serialNumber": HOSTILE, "hardwareIdentifier": first });
    let body = json!({ "deviceIdentities": [device] });
    let other = app.post(&format!("/beta/deviceManagement/{UPLOADS}"), &body).await.expect(201).id();
    let source = json!({ "fileName": HOSTILE, "lines": { HOSTILE: 41 } });
    app.ask("PUT", &format!("/_tailmark/uploads/{other}/source")).json(&source).await.expect(204);
    app.settled().await;

    let password = crate::support::PASSWORD.to_owned();
    let app = app.restarted(|config| config.auth.client_secret = Some(password.into())).await;
    let mut browser = Browser::of(&app);
    browser.sign_in().await;
    let page = browser.get(&upload).await;
    page.shows(&["2 refused", "<dd>laptops.csv</dd>"]);
    for (line, serial_number) in [(2, "SN0000"), (4, "SN0002")] {
        page.shows(&[&format!("<td class=\"right\">{line}</td><th scope=\"row\">{serial_number}</th>")]);
    }
    let page = browser.get(&format!("/console/uploads/{other}")).await;
    page.shows(&["<td class=\"right\">41</td>", "<dd>&#60;script&#62;"]);
    let list = browser.get("/console/uploads").await;
    list.shows(&[">laptops.csv</td>", "&#60;script&#62;"]);
    assert!(!page.text.contains("<script>alert") && !list.text.contains("<script>alert"));
}

#[tokio::test]
async fn refusals_are_explained_once() {
    let record = |number: usize| {
        let (code, name) =
            if number < 130 { (806, "ZtdDeviceAlreadyAssigned") } else { (4242, "SomethingNew") };
        json!({
            "id": format!("r{number:04}"), "serialNumber": format!("SN{number:04}"), "groupTag": "Tag",
            "assignedUserPrincipalName": format!("user{number}@contoso.example"),
            "state": { "deviceImportStatus": "error", "deviceErrorCode": code, "deviceErrorName": name },
        })
    };
    let now = DateTimeOffset::utc_from_unix(unix_seconds() - 3 * 86_400, 0).to_string();
    let upload = json!({
        "id": "u1", "createdDateTimeUtc": now, "status": "pending",
        "deviceIdentities": (0..133).map(record).collect::<Vec<_>>(),
    });
    let secret = "a password".to_owned();
    let seed = json!({ "deviceManagement": { UPLOADS: [upload] } });
    let app = TestApp::seeded_with(&seed, |config| config.auth.client_secret = Some(secret.into())).await;
    let mut browser = Browser::of(&app);
    let page = browser.sign_in().await;
    // The overview: by code, and on its day.
    page.shows(&[
        "133 of 133 devices of the upload",
        ">130</a>",
        "A code that is not published.",
        "Devices uploaded, by day",
        "133 devices, 0 complete, 133 refused, 0 under way.",
        "class=\"bar error\"",
    ]);
    let uploads = page.link("deviceErrorCode%20eq%20806");
    browser.get(&uploads).await.shows(&["1 upload<"]);

    let page = browser.get("/console/uploads/u1").await;
    page.shows(&[
        "130 devices<",
        "3 devices<",
        "SN0099",
        "The first 100 are shown",
        "user132@contoso.example",
    ]);
    for (text, count) in [
        ("Somebody imported it before", 1),
        ("This code is not published.", 1),
        ("<code>806</code>", 1),
        ("SN0100", 0),
    ] {
        assert_eq!(page.text.matches(text).count(), count, "{text}");
    }
}

#[tokio::test]
async fn the_overview_counts_by_hour_at_first() {
    let (app, mut browser) = Browser::signed_in().await;
    browser.get("/console").await.shows(&["There was no import yet", "No upload yet.", "None yet."]);
    registered(&app, 3).await;
    let page = browser.get("/console").await;
    page.shows(&[
        "Devices uploaded, by hour",
        "3 devices, 3 complete, 0 refused, 0 under way.",
        "class=\"bar complete\"",
        ">3</text>",
        "Every import has ended well",
    ]);
    // What is older than all that is shown makes days of the hours, and is none of them.
    let old = json!({ "createdDateTimeUtc": "2016-12-31T23:59:45Z", "deviceIdentities": [hashed("OLD")] });
    app.post(&format!("/beta/deviceManagement/{UPLOADS}"), &old).await.expect(201);
    app.settled().await;
    browser.get("/console").await.shows(&[
        "Devices uploaded, by day",
        "3 devices, 3 complete",
        "2016-12-31 23:59:45",
    ]);
}

#[tokio::test]
async fn devices_are_filtered_chosen_and_changed() {
    let (app, mut browser) = Browser::signed_in().await;
    registered(&app, 120).await;
    let page = browser.get("/console/devices").await;
    page.shows(&["120 devices", "SN0000", "Contoso", "Slate 7", "Next page"]);
    assert!(!page.text.contains("SN0025"), "one page has 25");
    browser.get(&page.link("skiptoken")).await.shows(&["SN0025", "First page"]);

    let page = browser.get("/console/devices/filter?contacted=2026-02-01").await;
    page.shows(&["120 devices", "value=\"2026-02-01\""]);
    let page = browser.get("/console/devices/filter?serial=SN00&rest=").await;
    assert_eq!(page.url.query(), Some("$filter=contains%28serialNumber%2C%27SN00%27%29"));
    page.shows(&["100 devices", "value=\"SN00\""]);

    // What is mistyped stays, with why it is not taken.
    let page = browser.get("/console/devices?$filter=groupTag%20eqq").await;
    assert_eq!(page.status, 400);
    for text in ["BadRequest: Syntax error", "value=\"groupTag eqq\"", "action=\"/console/devices/filter\""] {
        assert!(page.text.contains(text), "{text} is not in {}", page.text);
    }

    let filter = "contains(serialNumber,'SN00')";
    let chosen = [("change", "tag"), ("matching", "yes"), ("$filter", filter)];
    browser.post("/console/devices/select", &chosen).await.shows(&["All 100 devices", "and 80 more"]);
    let change = [&chosen[..], &[("total", "99"), ("value", "Oslo")]].concat();
    browser.post("/console/devices/change", &change).await.shows(&["Meanwhile other devices match"]);
    let change = [&chosen[..], &[("total", "100"), ("value", "Oslo")]].concat();
    browser.post("/console/devices/change", &change).await.shows(&["100 devices have the new group tag"]);
    let count = format!("/beta/deviceManagement/{DEVICES}/$count?$filter=groupTag eq 'Oslo'");
    assert_eq!(app.get(&count).await.text, "100");

    let list = app.get(&format!("/beta/deviceManagement/{DEVICES}?$filter=serialNumber eq 'SN0119'")).await;
    let id = list.entities()[0]["id"].as_str().unwrap().to_owned();
    let address = format!("/console/devices/{id}");
    let user = [
        ("change", "assign"),
        ("id", &*id),
        ("total", "1"),
        ("value", "ada@contoso.example"),
        ("name", "Ada"),
    ];
    browser.post("/console/devices/change", &user).await.shows(&["1 device has the new user"]);
    let page = browser.get(&address).await;
    page.shows(&["SN0119", "ada@contoso.example", "Imported", "Product name", "Slate 7", "not shown"]);
    let hash = hash("SN0119");
    assert!(!page.text.contains(&hash), "the hash is redacted");
    browser.get(&format!("{address}?hash=shown")).await.shows(&[&hash]);

    let sheet = browser.get("/console/devices/portal.csv?part=1&$filter=serialNumber%20eq%20'SN0119'").await;
    let rows = csv::read(sheet.text.as_bytes()).rows;
    assert_eq!((rows.len(), &*rows[0].record.hardware_hash), (1, &*hash));
    assert_eq!(rows[0].record.assigned_user, "ada@contoso.example");

    let gone = [("change", "delete"), ("id", &*id), ("total", "1")];
    browser.post("/console/devices/select", &gone).await.shows(&["Delete 1 device?", "SN0119"]);
    browser.post("/console/devices/change", &gone).await.shows(&["1 device is deleted"]);
    assert_eq!(browser.get(&address).await.status, 404);
    let page = browser.post("/console/devices/change", &gone).await;
    page.shows(&["0 devices are deleted", "1 was not there any more"]);
}

#[tokio::test]
async fn a_page_has_as_many_rows_as_is_asked_for() {
    let (app, mut browser) = Browser::signed_in().await;
    registered(&app, 120).await;
    let rows = |page: &Page| page.text.matches("<th scope=\"row\"").count();
    for (asked, expected) in
        [("", 25), ("25", 25), ("50", 50), ("100", 100), ("200", 120), ("26", 25), ("x", 25), ("-1", 25)]
    {
        let page = browser.get(&format!("/console/devices?rows={asked}")).await;
        page.shows(
            &["Rows on a page", &format!(" aria-current=\"true\">{}<", expected.min(100))]
                [..usize::from(asked != "200") + 1],
        );
        assert_eq!(rows(&page), expected, "{asked:?}");
    }
    // The filter, the order and the next page keep it.
    let page = browser.get("/console/devices/filter?serial=SN&rows=50&$orderby=model").await;
    let query = page.url.query().unwrap();
    assert!(query.contains("rows=50") && query.contains("orderby=model"), "{query}");
    for link in ["skiptoken", "$orderby=groupTag&", "rows=50\""] {
        let page = browser.get(&page.link(link)).await;
        let query = page.url.query().unwrap();
        assert!(query.contains("rows=50") && query.contains("$filter=contains"), "{query}");
        assert_eq!(rows(&page), 50);
    }
    // Where all fit there is nothing to choose.
    let page = browser.get("/console/devices/filter?serial=SN000").await;
    assert!(rows(&page) == 10 && !page.text.contains("Rows on a page"), "{}", page.text);
}

#[tokio::test]
async fn uploads_are_filtered_and_sorted() {
    let upload = |id: &str, day: &str, states: &[&str]| {
        let device = |(place, state): (usize, &&str)| json!({ "id": format!("{id}{place}"), "serialNumber": format!("SN-{id}{place}"), "state": { "deviceImportStatus": state } });
        let devices: Vec<_> = states.iter().enumerate().map(device).collect();
        json!({ "id": id, "createdDateTimeUtc": day, "status": "noUpload", "deviceIdentities": devices })
    };
    let seed = json!({ "deviceManagement": { UPLOADS: [
        upload("one", "2026-11-01T00:00:00Z", &["complete", "error", "error"]),
        upload("two", "2026-11-02T23:59:59.9999999Z", &["complete", "complete", "complete", "complete"]),
        upload("three", "2026-11-03T01:00:00+02:00", &[]),
        upload("four", "2026-11-03T00:00:00Z", &["error"]),
    ] } });
    let secret = "a password".to_owned();
    let app = TestApp::seeded_with(&seed, |config| config.auth.client_secret = Some(secret.into())).await;
    let mut browser = Browser::of(&app);
    browser.sign_in().await;
    let shown = |page: &Page| -> String {
        assert!(page.status < 300, "{}", page.text);
        let rows = page.text.split("<th scope=\"row\"><a href=\"/console/uploads/").skip(1);
        rows.filter_map(|row| row.split('"').next()).collect::<Vec<_>>().join(" ")
    };
    for (query, expected) in [
        ("", "four two three one"),
        ("status=error", "four one"),
        ("from=2026-11-02", "four two three"),
        ("until=2026-11-02", "two three one"),
        ("from=2026-11-02&until=2026-11-02", "two three"),
        ("serial=-two3", "two"),
        ("serial=O'Neil", ""),
        ("devices=3", "two one"),
        ("id=hre", "three"),
        ("status=error&rest=id+eq+'one'+or+id+eq+'two'", "one"),
        ("$orderby=id", "four one three two"),
    ] {
        let page = browser.get(&format!("/console/uploads/filter?{query}")).await;
        assert_eq!((page.path().as_str(), shown(&page).as_str()), ("/console/uploads", expected), "{query}");
    }
    let page = browser.get("/console/uploads/filter?status=error&from=2026-11-01").await;
    page.shows(&[
        "2 uploads",
        "value=\"error\" selected>Some refused",
        "type=\"text\" name=\"from\" value=\"2026-11-01\"",
    ]);
    // Each heading but that of the file, which the console alone knows, leads to the list in its order.
    let mut page = browser.get("/console/uploads").await;
    page.shows(&["aria-sort=\"descending\""]);
    for (heading, expected) in [
        ("Created", "one three two four"),
        ("Created", "four two three one"),
        ("Status", "three two four one"),
        ("Devices", "two one four three"),
        ("Devices", "three four one two"),
        ("Complete", "two one four three"),
        ("Refused", "one four three two"),
    ] {
        page = browser.get(&page.link_named(heading)).await;
        assert_eq!(shown(&page), expected, "{heading}");
    }
    assert!(!page.text.contains(">File</a>"));
    for wrong in ["from=2026-02-30", "from=yesterday", "devices=many", "rest=status+eqq"] {
        let page = browser.get(&format!("/console/uploads/filter?{wrong}")).await;
        assert!(
            page.status == 400 && page.text.contains("The API does not take this"),
            "{wrong}: {}",
            page.text
        );
    }
}

/// Devices of one group tag, without an import.
fn tagged(count: usize) -> serde_json::Value {
    let devices: Vec<_> = (0..count)
        .map(|number| json!({ "id": format!("{number:08}"), "serialNumber": format!("SN{number:04}"), "groupTag": "Old" }))
        .collect();
    json!({ "deviceManagement": { "windowsAutopilotDeviceIdentities": devices } })
}

/// All devices with the tag `Old` are to get another; the page that says how far that is.
async fn retag(browser: &mut Browser, total: &str) -> Page {
    let filter = "groupTag eq 'Old'";
    let fields =
        [("change", "tag"), ("matching", "yes"), ("$filter", filter), ("total", total), ("value", "New")];
    browser.post("/console/devices/change", &fields).await
}

#[tokio::test]
async fn a_long_change_is_followed_to_its_end() {
    let secret = "a password".to_owned();
    let set = |config: &mut tailmark::config::Config| config.auth.client_secret = Some(secret.into());
    let app = TestApp::seeded_with(&tagged(1100), set).await;
    let mut browser = Browser::of(&app);
    browser.sign_in().await;
    // More than one portion, of devices that match no more as soon as they are changed.
    let place = retag(&mut browser, "1100").await.path();
    let events = browser.get(&format!("{place}/progress")).await;
    events.shows(&["event: progress", "\"done\":1100", "\"over\":true"]);
    // Whoever reloads it sees the same.
    for _ in 0..2 {
        browser.get(&place).await.shows(&["1,100 devices have the new group tag"]);
    }
    let count = format!("/beta/deviceManagement/{DEVICES}/$count?$filter=groupTag eq 'New'");
    assert_eq!(app.get(&count).await.text, "1100");
    browser.get("/console/devices").await.shows(&["What came of the last change", &place]);
    let mut other = Browser::of(&app);
    other.sign_in().await;
    for path in [place.clone(), format!("{place}/progress")] {
        assert_eq!(other.get(&path).await.status, 404, "another session sees {path}");
    }
}

#[tokio::test]
async fn a_long_change_is_stopped() {
    let secret = "a password".to_owned();
    let set = |config: &mut tailmark::config::Config| {
        config.auth.client_secret = Some(secret.into());
        // After ten it waits for the API.
        config.throttle.enabled = true;
        config.throttle.window = 3600;
        config.throttle.writes_per_app = 10;
    };
    let app = TestApp::seeded_with(&tagged(40), set).await;
    let mut browser = Browser::of(&app);
    browser.sign_in().await;
    let page = retag(&mut browser, "40").await;
    page.shows(&[">10</span> of 40 devices are done", "http-equiv=\"refresh\""]);
    let place = page.path();
    browser.get("/console/devices").await.shows(&[
        "A change is under way",
        ">10</span> of 40 devices",
        &place,
    ]);
    let page = retag(&mut browser, "30").await;
    assert!(page.status == 400 && page.text.contains("Another change of yours"), "{}", page.text);
    let page = browser.post(&format!("{place}/stop"), &[]).await;
    page.shows(&["10 devices have the new group tag", "It was stopped; 30 devices are as they were"]);
    assert_eq!(page.path(), place);
}

#[tokio::test]
async fn intune_is_asked_for_news() {
    let (app, mut browser) = Browser::signed_in().await;
    let page = browser.get("/console/devices").await;
    page.shows(&["action=\"/console/devices/sync\""]);
    assert!(!page.text.contains("ynchronis"), "{}", page.text);
    browser.post("/console/devices/sync", &[]).await.shows(&["ynchronis", " UTC</small><button>Sync"]);
    let settings = "/beta/deviceManagement/windowsAutopilotSettings";
    app.until(settings, |settings| settings["syncStatus"] == "completed").await;
    // Not twice within ten minutes, as Intune has it.
    let page = browser.post("/console/devices/sync", &[]).await;
    assert!(
        page.status == 429 && page.text.contains("href=\"/docs/errors/TooManyRequests\""),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn hostile_texts_are_texts() {
    let (app, mut browser) = Browser::signed_in().await;
    let device = json!({ "serialNumber": HOSTILE, "hardwareIdentifier": hash(HOSTILE), "groupTag": "=1+1" });
    let body = json!({ "deviceIdentities": [device] });
    let upload = app.post(&format!("/beta/deviceManagement/{UPLOADS}"), &body).await.expect(201).json();
    app.settled().await;
    let id = upload["id"].as_str().unwrap();
    let list = app.get(&format!("/beta/deviceManagement/{DEVICES}")).await;
    let device = list.entities()[0]["id"].as_str().unwrap().to_owned();
    for path in [
        "/console/devices".to_owned(),
        format!("/console/devices/{device}"),
        format!("/console/uploads/{id}"),
        "/console/query".to_owned(),
        format!("/console/devices?$filter=groupTag%20ne%20'{}'", "%3Cscript%3Ealert(1)%3C/script%3E"),
        "/console/query?address=/beta/%3Cscript%3Ealert(1)".to_owned(),
        "/console/sign-in?to=/console/%22%3E%3Cscript%3Ealert(1)".to_owned(),
    ] {
        let page = browser.get(&path).await;
        assert!(!page.text.contains("<script>alert"), "{path}: {}", page.text);
    }
    let sheet = browser.get("/console/devices/devices.csv").await;
    sheet.shows(&["\"'=1+1\""]);
    // And back in, to the letter.
    let page = browser
        .send_file("/console/import", "<b>.csv", format!("Serial Number\r\n{HOSTILE}\r\n").as_bytes())
        .await;
    assert!(!page.text.contains("<b>") && !page.text.contains("<script>alert"), "{}", page.text);
}

#[tokio::test]
async fn the_query_page_asks_the_api() {
    let (app, mut browser) = Browser::signed_in().await;
    registered(&app, 2).await;
    let address =
        format!("/beta/deviceManagement/{DEVICES}?$filter=serialNumber eq 'SN0001'&$select=serialNumber");
    let mut url = reqwest::Url::parse(&format!("{}/console/query", browser.base)).unwrap();
    url.query_pairs_mut().append_pair("address", &address);
    browser.get(url.as_str()).await.shows(&["Answer: 200", "<td>SN0001</td>", "curl -H", "%27SN0001%27"]);
    let page = browser.get("/console/query?address=/beta/deviceManagement/nothing").await;
    page.shows(&["Answer: 400"]);
    for elsewhere in ["https://elsewhere.example/beta", "/console", "/betamax", "//x/beta"] {
        let page = browser.get(&format!("/console/query?address={elsewhere}")).await;
        assert_eq!(page.status, 400, "{elsewhere}: {}", page.text);
    }
}

#[tokio::test]
async fn nobody_sees_another_tenants() {
    let (app, mut browser) = Browser::signed_in().await;
    let other = Caller::writer().of(crate::support::FABRIKAM);
    let body = json!({ "deviceIdentities": [hashed("THEIRS")] });
    let upload = app.post(&format!("/beta/deviceManagement/{UPLOADS}"), &body).by(&other).await.expect(201);
    app.settled_for(crate::support::FABRIKAM).await;
    let list = app.get(&format!("/beta/deviceManagement/{DEVICES}")).by(&other).await;
    let upload = upload.json()["id"].as_str().unwrap().to_owned();
    let device = list.entities()[0]["id"].as_str().unwrap().to_owned();
    for path in [format!("/console/uploads/{upload}"), format!("/console/devices/{device}")] {
        assert_eq!(browser.get(&path).await.status, 404, "{path}");
    }
    assert!(!browser.get("/console/devices").await.text.contains("THEIRS"));
    let gone = [("change", "delete"), ("id", &*device), ("total", "1")];
    browser.post("/console/devices/change", &gone).await.shows(&["0 devices are deleted"]);
    app.get(&format!("/beta/deviceManagement/{DEVICES}/{device}")).by(&other).await.expect(200);
}

#[tokio::test]
async fn a_reader_cannot_change_anything() {
    let secret = "a password".to_owned();
    let app = TestApp::with(|config| {
        config.auth.client_secret = Some(secret.into());
        config.console.scope = format!("openid https://graph.microsoft.com/{READ}");
    })
    .await;
    let mut browser = Browser::of(&app);
    browser.sign_in().await.shows(&["Overview"]);
    registered(&app, 1).await;
    let rows = [("NEW", &*hash("NEW"), "")];
    let page = browser.send_file("/console/import", "a.csv", file(&rows).as_bytes()).await;
    let page = browser.post(&format!("{}/start", page.path()), &[]).await;
    assert_eq!(page.status, 403, "{}", page.text);
    let all = [("change", "delete"), ("matching", "yes"), ("total", "1")];
    let page = browser.post("/console/devices/change", &all).await;
    page.shows(&["Forbidden", "1 device is as it was"]);
}

#[tokio::test]
async fn the_theme_is_kept() {
    let (_app, mut browser) = Browser::start().await;
    let page = browser.post("/console/theme", &[("theme", "dark"), ("to", "/console/sign-in")]).await;
    page.shows(&["data-theme=\"dark\"", "Sign in to Tailmark"]);
    let page = browser.post("/console/theme", &[("theme", "auto"), ("to", "https://x.example")]).await;
    assert!(!page.text.contains("data-theme"));
}

#[tokio::test]
async fn cookies_behind_tls_are_of_this_host_alone() {
    let secured = Secured::with(|config| {
        config.auth.client_secret = Some("a password".to_owned().into());
    })
    .await;
    let http = secured.builder().redirect(Policy::none()).build().unwrap();
    let step = async |request: RequestBuilder| {
        let answer = request.header("origin", &secured.running.base_url).send().await.unwrap();
        let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (header("set-cookie").unwrap_or_default(), header("location").unwrap())
    };
    let (visit, there) = step(http.get(secured.url("/console/sign-in/start"))).await;
    assert!(visit.starts_with("__Host-") && visit.contains("; Secure"), "{visit}");
    let (path, query) = there.split_once('?').unwrap();
    let form = format!("{query}&user=admin%40contoso.example&password=a+password&decision=approve");
    let form = http.post(secured.url(path)).body(form);
    let (_, back) = step(form.header("content-type", "application/x-www-form-urlencoded")).await;
    let visit = visit.split(';').next().unwrap().to_owned();
    let answer = http.get(back).header("cookie", visit).send().await.unwrap();
    assert_eq!(answer.headers()["location"], "/console");
    let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().collect();
    let session = cookies.last().unwrap().to_str().unwrap();
    assert!(session.starts_with("__Host-tailmark-session=") && session.contains("; Secure"), "{session}");
    let session = session.split(';').next().unwrap().to_owned();
    let page = http.get(secured.url("/console")).header("cookie", session).send().await.unwrap();
    assert_eq!(page.status(), 200);
}

#[tokio::test]
async fn there_need_not_be_one() {
    let app = TestApp::with(|config| config.console.enabled = false).await;
    app.get("/console").by_nobody().await.expect(404);
    app.get("/").by_nobody().await.expect(404);
    let app = TestApp::start().await;
    app.ask("DELETE", "/").await.expect(404).assert_is_error();
}
