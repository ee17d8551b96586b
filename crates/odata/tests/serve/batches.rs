//! Batches in both formats: Part 1 §11.7, JSON Format 4.01 §19.

use serde_json::{Value, json};

use crate::client::{Answer, SHOP, ask, get};

/// Sends a batch in JSON.
fn send(requests: &Value, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![("content-type", "application/json")];
    all.extend(headers);
    ask(&SHOP, "POST", "/$batch", &all, &json!({ "requests": requests }).to_string())
}

/// The responses of a batch in JSON.
#[track_caller]
fn responses(requests: &Value, headers: &[(&str, &str)]) -> Vec<Value> {
    send(requests, headers).ok()["responses"].as_array().unwrap().clone()
}

/// Sends a batch of parts, each with its request line.
fn multipart(parts: &[&str], headers: &[(&str, &str)]) -> Answer {
    let mut body = String::new();
    for part in parts {
        body.push_str("--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n");
        body.push_str(&part.replace('\n', "\r\n"));
        body.push_str("\r\n\r\n\r\n");
    }
    body.push_str("--b--\r\n");
    let mut all = vec![("content-type", "multipart/mixed;boundary=b")];
    all.extend(headers);
    ask(&SHOP, "POST", "/$batch", &all, &body)
}

#[test]
fn r40a_11_multipart() {
    let parts = [
        "GET Products(1)/Name/$value HTTP/1.1",
        "GET /Products/$count HTTP/1.1\nHost: shop.test",
        "GET http://shop.test/Store/Motto HTTP/1.1",
        "GET Products(1)/Description HTTP/1.1",
        "GET Products(99) HTTP/1.1",
        "GET Store HTTP/1.1",
    ];
    let answer = multipart(&parts, &[("prefer", "continue-on-error")]);
    answer.is(200);
    let boundary = answer.header("content-type").split("boundary=").nth(1).unwrap().trim_matches('"');
    assert!(answer.header("content-type").starts_with("multipart/mixed"));
    let bodies: Vec<&str> = answer.body.split(&format!("--{boundary}")).collect();
    // What is before the first and behind the last one is empty.
    assert_eq!(bodies.len(), 8, "{}", answer.body);
    for (body, (status, held)) in bodies[1..].iter().zip([
        ("200", "Cable 1.5m"),
        ("200", "8"),
        ("200", "Everything, once"),
        ("204", ""),
        ("404", "There is no such resource."),
        ("200", "#Store"),
    ]) {
        assert!(
            body.contains("Content-Type: application/http")
                || body.contains("content-type: application/http")
        );
        assert!(body.contains(&format!("HTTP/1.1 {status}")) && body.contains(held), "{body}");
    }
}

#[test]
fn r40a_11_multipart_stops_at_the_first_error() {
    let parts = ["GET Products(99) HTTP/1.1", "GET Products(1) HTTP/1.1"];
    assert_eq!(multipart(&parts, &[]).body.matches("HTTP/1.1 ").count(), 1);
    assert_eq!(
        multipart(&parts, &[("prefer", "odata.continue-on-error=true")]).body.matches("HTTP/1.1 ").count(),
        2
    );
    assert_eq!(
        multipart(&parts, &[("prefer", "continue-on-error=false")]).body.matches("HTTP/1.1 ").count(),
        1
    );
}

#[test]
fn r40a_11_change_sets() {
    // Nothing is changed here: a change set has one answer, which says so.
    let body = "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n--c\r\nContent-Type: application/http\r\n\
        Content-Transfer-Encoding: binary\r\nContent-ID: 1\r\n\r\nDELETE Products(1) HTTP/1.1\r\n\r\n\r\n--c\r\n\
        Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: 2\r\n\r\n\
        DELETE $1/Category HTTP/1.1\r\n\r\n\r\n--c--\r\n--b--\r\n";
    let answer = ask(&SHOP, "POST", "/$batch", &[("content-type", "multipart/mixed;boundary=b")], body);
    answer.is(200);
    assert_eq!(answer.body.matches("HTTP/1.1 501").count(), 1, "{}", answer.body);
    assert_eq!(answer.body.matches("HTTP/1.1 ").count(), 1, "{}", answer.body);
    get("/Products(1)").is(200);
}

#[test]
fn r41a_07_json() {
    let requests = json!([
        { "id": "a", "method": "get", "url": "Products(1)?$select=ID,Name" },
        { "id": "b", "method": "GET", "url": "/Products/$count" },
        { "id": "c", "method": "GET", "url": "http://shop.test/Products(1)/Description" },
        { "id": "d", "method": "GET", "url": "Nope" },
        { "id": "e", "method": "DELETE", "url": "Products(1)" },
        { "id": "f", "method": "GET", "url": "Samples(1)/Binary/$value" },
        { "id": "g", "method": "GET", "url": "Store", "headers": { "odata-maxversion": "4.01" } },
        { "id": "h", "method": "GET", "url": "Store", "headers": { "accept": "text/html" } },
    ]);
    let all = responses(&requests, &[]);
    let told: Vec<(&str, u64)> =
        all.iter().map(|one| (one["id"].as_str().unwrap(), one["status"].as_u64().unwrap())).collect();
    let expected =
        [("a", 200), ("b", 200), ("c", 204), ("d", 404), ("e", 405), ("f", 200), ("g", 200), ("h", 406)];
    assert_eq!(told, expected);
    assert_eq!(all[0]["body"]["Name"], "Cable 1.5m");
    assert_eq!(all[1]["body"], "8");
    assert!(all[2].get("body").is_none());
    assert_eq!(all[3]["body"]["error"]["code"], "404");
    assert_eq!(all[5]["body"], "AP_-");
    assert_eq!(all[6]["body"]["@context"], "http://shop.test/$metadata#Store");
    assert_eq!(all[6]["headers"]["odata-version"], "4.01");
}

#[test]
fn r41a_07_json_order_and_dependencies() {
    let requests = json!([
        { "id": "1", "method": "GET", "url": "Nope" },
        { "id": "2", "method": "GET", "url": "Store", "dependsOn": ["1"] },
        { "id": "3", "method": "GET", "url": "Store" },
        { "id": "4", "method": "GET", "url": "$3/Patron", "dependsOn": ["3"] },
    ]);
    let statuses = |headers: &[(&str, &str)]| -> Vec<u64> {
        responses(&requests, headers).iter().map(|one| one["status"].as_u64().unwrap()).collect()
    };
    assert_eq!(statuses(&[]), [404, 424, 200, 200]);
    let patron = responses(&requests, &[]).pop().unwrap();
    assert_eq!(patron["body"]["Login"], "ada");
    for (requests, status) in [
        (
            json!([{ "id": "1", "method": "GET", "url": "Store" }, { "id": "1", "method": "GET", "url": "Store" }]),
            400,
        ),
        (json!([{ "id": "1", "method": "GET" }]), 400),
        (json!([{ "id": "1", "method": "GET", "url": "Store", "dependsOn": ["9"] }]), 400),
        (json!({}), 400),
    ] {
        send(&requests, &[]).refused(status);
    }
    ask(&SHOP, "POST", "/$batch", &[("content-type", "text/plain")], "x").refused(415);
    ask(&SHOP, "POST", "/$batch", &[("content-type", "application/json")], "{").refused(400);
    assert_eq!(get("/$batch").is(405).header("allow"), "POST");
}

#[test]
fn r41a_07_one_format_asked_and_the_other_answered() {
    let answer = multipart(&["GET Store/Motto/$value HTTP/1.1"], &[("accept", "application/json")]);
    let responses = answer.ok()["responses"].clone();
    assert_eq!((&responses[0]["status"], &responses[0]["body"]), (&json!(200), &json!("Everything, once")));
    let back =
        send(&json!([{ "id": "1", "method": "GET", "url": "Store" }]), &[("accept", "multipart/mixed")]);
    assert!(back.header("content-type").starts_with("multipart/mixed"));
    assert!(back.body.contains("HTTP/1.1 200"));
}

#[test]
fn headers_of_the_batch_hold_inside() {
    let requests = json!([
        { "id": "1", "method": "GET", "url": "Products?$select=ID" },
        { "id": "2", "method": "GET", "url": "Store", "headers": { "odata-maxversion": "4.0" } },
    ]);
    let all = responses(&requests, &[("odata-maxversion", "4.01"), ("prefer", "maxpagesize=2")]);
    assert_eq!(all[0]["body"]["@context"], "http://shop.test/$metadata#Products(ID)");
    assert_eq!(all[0]["body"]["value"].as_array().unwrap().len(), 2);
    assert_eq!(all[1]["body"]["@odata.context"], "http://shop.test/$metadata#Store");
}
