//! Several hundred bad requests, generated: none is our fault, all are told in the error shape, nothing is stored.

use serde_json::{Value, json};

use crate::support::{Answer, TestApp, hashed};
use crate::{DEVICES, IMPORTED, ROOTS, UPLOADS};

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Numerical Recipes' generator; its upper bits are good enough.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len())]
    }
}

#[track_caller]
fn assert_is_the_clients_fault(answer: &Answer) {
    let fault = (400..500).contains(&answer.status) || answer.status == 501;
    assert!(fault, "{} answered {}: {}", answer.asked, answer.status, answer.text);
    answer.assert_is_error();
    answer.assert_common_headers();
}

/// Pieces of expressions, legal by themselves and not in every order.
const PIECES: &[&str] = &[
    "serialNumber",
    "id",
    "state/deviceErrorCode",
    "state",
    "eq",
    "ne",
    "gt",
    "and",
    "or",
    "not",
    "in",
    "(",
    ")",
    "'x'",
    "'",
    "''",
    "1",
    "-1",
    "1.5",
    "null",
    "true",
    "contains(",
    "startswith(serialNumber,",
    ",",
    "2024-01-01T00:00:00Z",
    "@p",
    "$it",
    "$root",
    "%00",
    "%ff",
    "%27",
    "%",
    "+",
    "any(x:x)",
    "/",
    ";",
    "[1]",
    "{}",
    "duration'P1D'",
    "9e999",
    "99999999999999999999",
    "datetime'x'",
    "INF",
    "--",
    "\u{1F600}",
];

#[tokio::test]
async fn bad_queries() {
    let app = TestApp::start().await;
    let mut dice = Dice(1);
    let (mut asked, mut good) = (0, 0);
    while asked < 300 {
        let pieces: Vec<&str> = (0..1 + dice.roll(9)).map(|_| *dice.pick(PIECES)).collect();
        let option = *dice.pick(&[
            "$filter",
            "$orderby",
            "$select",
            "$expand",
            "$top",
            "$skip",
            "$count",
            "$skiptoken",
            "filter",
        ]);
        let set = *dice.pick(&[UPLOADS, IMPORTED, DEVICES]);
        let blank = *dice.pick(&[" ", "", "%20", "+"]);
        let url = format!("{}/{set}?{option}={}", dice.pick(&ROOTS), pieces.join(blank));
        let answer = app.promptly(|| app.get(&url)).await;
        if answer.status == 200 {
            good += 1;
            assert!(good < 200, "too many of these are good");
            continue;
        }
        asked += 1;
        assert_is_the_clients_fault(&answer);
    }
}

#[tokio::test]
async fn bad_paths() {
    let app = TestApp::start().await;
    let mut dice = Dice(2);
    let segments = [
        "deviceManagement",
        UPLOADS,
        IMPORTED,
        DEVICES,
        "deviceIdentities",
        "import",
        "$count",
        "$value",
        "$ref",
        "$metadata",
        "x",
        "('x')",
        "%2F",
        "%27",
        "..",
        "%2e%2e",
        "",
        "(",
        "microsoft.graph.import",
        "$filter(true)",
        "$each",
        "%ff",
        "%00",
        "autopilotDeviceStream",
        "updateDeviceProperties",
        "a".repeat(300).leak(),
        "@p",
        "import(x=1)",
    ];
    let methods = ["GET", "POST", "PATCH", "PUT", "DELETE", "TRACE", "OPTIONS", "FOO"];
    let mut asked = 0;
    while asked < 300 {
        let path: Vec<&str> = (0..1 + dice.roll(6)).map(|_| *dice.pick(&segments)).collect();
        let method = *dice.pick(&methods);
        let url = format!("/{}/{}", dice.pick(&["beta", "v1.0", "v9", ""]), path.join("/"));
        let answer = app.promptly(|| app.ask(method, &url).text("{\"colour\":1}")).await;
        if answer.status < 300 {
            continue;
        }
        asked += 1;
        assert_is_the_clients_fault(&answer);
    }
    assert!(app.everything().await.is_empty());
}

/// Good bodies, damaged: a byte changed, a piece cut out or doubled, a value replaced.
#[tokio::test]
async fn bad_bodies() {
    let app = TestApp::start().await;
    app.hold_imports();
    let mut dice = Dice(3);
    let device = json!({
        "@odata.type": "#microsoft.graph.importedWindowsAutopilotDeviceIdentity",
        "serialNumber": "SN-1", "productKey": "PK", "groupTag": "tag", "hardwareIdentifier": "T0EAAAAA",
        "state": { "deviceImportStatus": "pending", "deviceErrorCode": 0 },
    });
    let bodies = [
        (IMPORTED.to_owned(), device.clone()),
        (
            format!("{IMPORTED}/import"),
            json!({ "importedWindowsAutopilotDeviceIdentities": [device, hashed("2")] }),
        ),
        (
            UPLOADS.to_owned(),
            json!({ "createdDateTimeUtc": "2024-01-01T00:00:00Z", "deviceIdentities": [device] }),
        ),
    ];
    let strange = [
        "null",
        "7",
        "-1",
        "1e400",
        "true",
        "[]",
        "{}",
        "\"\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "[[]]",
        "\"x\"",
        "}",
        "]",
        ",",
    ];
    let (mut asked, mut stored) = (0, 0);
    while asked < 300 {
        let (path, body) = dice.pick(&bodies);
        let mut text = body.to_string();
        let at = dice.roll(text.len().min(400));
        match dice.roll(4) {
            0 => text.truncate(at),
            1 => text
                .replace_range(at..=at, dice.pick::<&str>(&["\u{0}", "\"", "{", "}", "\\", "x", "\u{ff}"])),
            2 => text.insert_str(at, dice.pick::<&str>(&strange)),
            _ => {
                let place = text
                    .char_indices()
                    .filter(|(_, c)| *c == ':')
                    .nth(dice.roll(8))
                    .map_or(0, |(at, _)| at + 1);
                text.insert_str(place, &format!("{},\"y\":", dice.pick(&strange)));
            }
        }
        let url = format!("{}/{path}", dice.pick(&ROOTS));
        let answer = app.promptly(|| app.ask("POST", &url).text(&text)).await;
        if answer.status < 300 {
            // Damage that does no harm: within a text.
            let _: Value = serde_json::from_str(&text).expect("what is taken is JSON");
            stored = app.entities().await;
            continue;
        }
        asked += 1;
        assert_is_the_clients_fault(&answer);
        assert_eq!(app.entities().await, stored, "{text}");
    }
}

/// Headers of all kinds: refused or ignored, never a failure of ours.
#[tokio::test]
async fn bad_headers() {
    let app = TestApp::start().await;
    let url = format!("{}/{UPLOADS}", ROOTS[0]);
    let long = "x".repeat(5000);
    let values = [
        "",
        "x",
        ";;;",
        ",,,",
        "\"",
        "a=b=c",
        "*/*;q=x",
        "application/json;q=",
        "0",
        "-1",
        "é",
        "envelope==",
        &long,
    ];
    for name in [
        "accept",
        "prefer",
        "content-type",
        "client-request-id",
        "if-match",
        "odata-version",
        "range",
        "x-http-method-override",
    ] {
        for value in values {
            let answer = app.promptly(|| app.get(&url).header(name, value)).await;
            if answer.status != 200 {
                assert_is_the_clients_fault(&answer);
            }
        }
    }
}
