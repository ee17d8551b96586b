//! `POST /$batch`: several requests in one, each answered as if it had come by itself.

use serde_json::{Value, json};

use tailmark::config::compat::ProfileName;

use crate::support::{Answer, Caller, FABRIKAM, TestApp, bare, hashed};
use crate::{DEVICES, IMPORTED, JSON, ROOTS, UPLOADS};

const BATCHES: [&str; 2] = ["/v1.0/$batch", "/beta/$batch"];

fn get(id: &str, path: &str) -> Value {
    json!({ "id": id, "method": "GET", "url": path })
}

fn post(id: &str, path: &str, body: &Value) -> Value {
    json!({
        "id": id, "method": "POST", "url": path, "headers": { "Content-Type": "application/json" }, "body": body
    })
}

fn batch(requests: &[Value]) -> Value {
    json!({ "requests": requests })
}

fn imported() -> String {
    format!("/deviceManagement/{IMPORTED}")
}

/// The responses of a batch that was done.
#[track_caller]
fn responses(answer: Answer) -> Vec<Value> {
    let answer = answer.expect(200);
    answer.assert_common_headers();
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("odata-version"), "4.0");
    answer.json()["responses"].as_array().unwrap().clone()
}

#[track_caller]
fn statuses(answer: Answer) -> Vec<(String, u64)> {
    let status = |part: Value| (part["id"].as_str().unwrap().to_owned(), part["status"].as_u64().unwrap());
    responses(answer).into_iter().map(status).collect()
}

fn message(part: &Value) -> &str {
    part["body"]["error"]["message"].as_str().unwrap_or_else(|| panic!("no error: {part}"))
}

async fn count(app: &TestApp, collection: &str) -> String {
    app.get(&format!("{}/{collection}/$count", ROOTS[1])).await.expect(200).text
}

// JSON.

#[tokio::test]
async fn reads_creates_and_imports_in_one() {
    for (url, root) in BATCHES.into_iter().zip(ROOTS) {
        let app = TestApp::start().await;
        let known = app.post(&format!("{root}/{IMPORTED}"), &bare("KNOWN", "")).await.expect(201).id();
        let requests = [
            get("list", &format!("{}?$select=id&$top=1", imported())),
            get("one", &format!("{}/{known}", imported())),
            post("made", &imported(), &bare("MADE", "")),
            post("many", &format!("{}/import", imported()), &json!({ IMPORTED: [hashed("A"), hashed("B")] })),
            get("count", &format!("{}/$count", imported())),
        ];
        let parts = responses(app.post(url, &batch(&requests)).await);
        let ids: Vec<&str> = parts.iter().filter_map(|part| part["id"].as_str()).collect();
        assert_eq!(ids, ["list", "one", "made", "many", "count"]);
        assert_eq!(parts[0]["body"]["value"], json!([{ "id": known }]));
        assert_eq!(parts[1]["body"]["serialNumber"], "KNOWN");
        assert_eq!(parts[2]["status"], 201);
        let id = parts[2]["body"]["id"].as_str().unwrap();
        assert_eq!(parts[2]["headers"]["Location"], format!("{}{root}/{IMPORTED}('{id}')", app.base));
        assert_eq!(parts[3]["body"]["value"].as_array().unwrap().len(), 2);
        assert_eq!(parts[4]["body"], "4");
        assert_eq!(parts[4]["headers"]["Content-Type"], "text/plain;charset=utf-8");
        app.settled().await;
        assert_eq!(count(&app, IMPORTED).await, "4");
    }
}

#[tokio::test]
async fn an_answer_is_what_it_is_by_itself() {
    let app = TestApp::start().await;
    let url = format!("{}/{IMPORTED}?$count=true&$top=3", ROOTS[1]);
    let alone = app.get(&url).await.expect(200);
    let part = responses(app.post(BATCHES[1], &batch(&[get("1", &url)])).await).remove(0);
    assert_eq!(part["body"], alone.json());
    assert_eq!(part["headers"]["Content-Type"], JSON);
    assert_eq!(part["headers"]["OData-Version"], "4.0");
    let mut names: Vec<String> = alone.headers.keys().map(ToString::to_string).collect();
    names.retain(|name| name != "content-length" && name != "date");
    let mut in_batch: Vec<String> =
        part["headers"].as_object().unwrap().keys().map(|name| name.to_lowercase()).collect();
    names.sort();
    in_batch.sort();
    assert_eq!(in_batch, names);
}

#[tokio::test]
async fn each_request_has_an_id_of_its_own() {
    let app = TestApp::start().await;
    let mut second = get("2", &imported());
    second["headers"] = json!({ "client-request-id": "mine" });
    let body = batch(&[get("1", &imported()), second]);
    let answer = app.post(BATCHES[1], &body).header("client-request-id", "outer").await;
    let own = answer.header("request-id").to_owned();
    let parts = responses(answer);
    let [first, second] = [0, 1].map(|at| parts[at]["headers"]["request-id"].as_str().unwrap().to_owned());
    assert!(first != second && first != own && second != own);
    assert_eq!(parts[0]["headers"]["client-request-id"], "outer");
    assert_eq!(parts[1]["headers"]["client-request-id"], "mine");
}

#[tokio::test]
async fn one_failure_does_not_spoil_the_rest() {
    let app = TestApp::start().await;
    let requests = [
        get("ok", &imported()),
        get("absent", &format!("{}/nope", imported())),
        post("forbidden", &imported(), &bare("X", "")),
        get("wrong", &format!("{}?$filter=a b", imported())),
        get("unknown", "/people"),
        json!({ "id": "method", "method": "brew", "url": imported() }),
        json!({ "id": "head", "method": "HEAD", "url": imported() }),
        get("count", &format!("{}/$count", imported())),
    ];
    let answer = app.post(BATCHES[1], &batch(&requests)).by(&Caller::reader()).await;
    let parts = responses(answer);
    let statuses: Vec<u64> = parts.iter().filter_map(|part| part["status"].as_u64()).collect();
    assert_eq!(statuses, [200, 404, 403, 400, 400, 405, 200, 200]);
    for part in &parts[1..6] {
        let inner = &part["body"]["error"]["innerError"];
        assert_eq!(inner["request-id"], part["headers"]["request-id"]);
    }
    assert_eq!(parts[6].get("body"), None);
    assert!(message(&parts[2]).contains("scopes: DeviceManagementServiceConfig.ReadWrite.All"));
    assert_eq!(count(&app, IMPORTED).await, "0");
}

#[tokio::test]
async fn urls_come_in_every_form_that_clients_send() {
    let app = TestApp::start().await;
    let path = format!("deviceManagement/{IMPORTED}?%24top=1&$filter=serialNumber eq 'x'");
    for url in [
        path.clone(),
        format!("/{path}"),
        format!("/beta/{path}"),
        format!("/v1.0/{path}"),
        format!("{}/beta/{path}", app.base),
        format!("/DeviceManagement/{IMPORTED}"),
    ] {
        assert_eq!(
            statuses(app.post(BATCHES[1], &batch(&[get("1", &url)])).await),
            [("1".to_owned(), 200)],
            "{url}"
        );
    }
}

#[tokio::test]
async fn urls_of_elsewhere_are_refused() {
    let app = TestApp::start().await;
    for url in [
        "https://graph.microsoft.com/beta/deviceManagement",
        "http://169.254.169.254/latest/meta-data",
        "//elsewhere/beta",
        &format!("{}.elsewhere/beta", app.base),
        &format!("{}@elsewhere/beta", app.base),
    ] {
        let part = responses(app.post(BATCHES[1], &batch(&[get("1", url)])).await).remove(0);
        assert_eq!(part["status"], 400, "{url}");
        assert!(message(&part).contains("is not an address of this service"), "{part}");
        assert_eq!(part["body"]["error"]["innerError"]["target"], "url");
    }
    // What stands beside the API is not part of it.
    let part = responses(app.post(BATCHES[1], &batch(&[get("1", &format!("{}/healthz", app.base))])).await)
        .remove(0);
    assert_eq!(part["status"], 404);
    let long = format!("/deviceManagement/{}", "x".repeat(70_000));
    let part = responses(app.post(BATCHES[1], &batch(&[get("1", &long)])).await).remove(0);
    assert_eq!(part["status"], 400);
}

#[tokio::test]
async fn the_configured_address_is_ours_too() {
    let app = TestApp::with(|config| config.http.public_url = "https://graph.example".to_owned()).await;
    for base in ["https://graph.example", &app.base] {
        let url = format!("{base}/beta{}", imported());
        let part = responses(app.post(BATCHES[1], &batch(&[get("1", &url)])).await).remove(0);
        assert_eq!(part["status"], 200, "{part}");
        assert!(part["body"]["@odata.context"].as_str().unwrap().starts_with("https://graph.example/beta/"));
    }
}

#[tokio::test]
async fn a_batch_in_a_batch_is_refused() {
    let app = TestApp::start().await;
    for url in ["/$batch", "$batch", "/%24Batch/", "/v1.0/$batch"] {
        let inner = post("1", url, &batch(&[post("1", &imported(), &bare("X", ""))]));
        let part = responses(app.post(BATCHES[1], &batch(&[inner])).await).remove(0);
        assert_eq!(
            (part["status"].as_u64(), message(&part)),
            (Some(400), "A batch cannot be part of a batch."),
            "{url}"
        );
    }
    assert_eq!(count(&app, IMPORTED).await, "0");
}

/// What is wrong with a batch as a whole: it is refused, and nothing of it is done.
#[tokio::test]
async fn malformed_batches_are_refused_whole() {
    let app = TestApp::start().await;
    let make = || post("1", &imported(), &bare("X", ""));
    let many: Vec<Value> = (0..21).map(|n| get(&n.to_string(), &imported())).collect();
    let mut waiting = get("2", &imported());
    waiting["dependsOn"] = json!(["1"]);
    let mut early = make();
    early["dependsOn"] = json!(["2"]);
    let mut untyped = make();
    untyped["headers"] = json!({});
    let rows = [
        (batch(&many), "Number of batch request steps exceeds the maximum value of 20."),
        (batch(&[make(), get("a", "x"), get("A", "x")]), "The request id 'A' is not unique in the batch."),
        (
            batch(&[make(), waiting, get("3", "x")]),
            "Batch should be either fully sequential or fully parallel",
        ),
        (
            batch(&[early, get("2", "x")]),
            "Invalid dependency for request Id 1: '2' is not the id of a preceding request.",
        ),
        (batch(&[untyped]), "Write request id : 1 does not contain Content-Type header or body."),
        (
            json!({ "requests": [make(), { "id": "2" }] }),
            "Invalid batch payload format: missing field `method` at",
        ),
        (json!({}), "Invalid batch payload format: missing field `requests` at"),
    ];
    for (body, expected) in rows {
        let answer = app.post(BATCHES[1], &body).await.expect(400);
        answer.assert_is_error();
        assert!(answer.message().starts_with(expected), "{}", answer.message());
    }
    let answer = app.ask("POST", BATCHES[1]).text("{\"requests\":[{\"id\":]}").await.expect(400);
    answer.assert_is_error();
    assert_eq!(answer.json()["error"]["innerError"]["position"], 19);
    let answer = app.post(BATCHES[1], &json!({ "requests": [{ "id": "2" }] })).await.expect(400);
    assert_eq!(answer.target(), "requests[0]");
    assert_eq!(count(&app, IMPORTED).await, "0");
    let integer = json!({ "requests": [{ "id": 7, "method": "get", "url": imported() }] });
    assert_eq!(statuses(app.post(BATCHES[1], &integer).await), [("7".to_owned(), 200)]);
}

#[tokio::test]
async fn the_batch_as_such_is_a_request_like_others() {
    let app = TestApp::with(|config| config.http.max_body = 1000).await;
    let body = batch(&[get("1", &imported())]);
    app.post("/v2/$batch", &body).await.expect(404).assert_is_error();
    app.post(BATCHES[1], &body).by_nobody().await.expect(401).assert_is_error();
    app.post(BATCHES[1], &body).header("accept", "text/html").await.expect(406).assert_is_error();
    app.post(BATCHES[1], &body).header("content-encoding", "gzip").await.expect(415).assert_is_error();
    let large = json!({ "requests": [], "blank": "x".repeat(1000) });
    app.post(BATCHES[1], &large).await.expect(413).assert_is_error();
    let typed = app.ask("POST", BATCHES[1]).header("content-type", "text/plain").bytes(b"{}").await;
    assert!(typed.expect(415).message().contains("'application/json', 'multipart/mixed'"));
    assert_eq!(statuses(app.post(BATCHES[0], &batch(&[])).await), []);
}

/// The batch's token is the one of all requests, whatever they bring.
#[tokio::test]
async fn the_token_is_that_of_the_batch() {
    let app = TestApp::start().await;
    let mut request = post("1", &imported(), &bare("X", ""));
    request["headers"]["Authorization"] = json!(format!("Bearer {}", app.token(&Caller::writer())));
    request["headers"]["Host"] = json!("elsewhere");
    let answer = app.post(BATCHES[1], &batch(&[request.clone()])).by(&Caller::reader()).await;
    assert_eq!(statuses(answer), [("1".to_owned(), 403)]);
    let other = Caller::writer().of(FABRIKAM);
    assert_eq!(statuses(app.post(BATCHES[1], &batch(&[request])).by(&other).await), [("1".to_owned(), 201)]);
    assert_eq!(count(&app, IMPORTED).await, "0");
}

#[tokio::test]
async fn what_depends_on_a_failure_is_not_done() {
    let app = TestApp::start().await;
    let mut second = post("2", &imported(), &bare("X", ""));
    second["dependsOn"] = json!(["1"]);
    let mut third = get("3", &imported());
    third["dependsOn"] = json!(["2"]);
    let requests = [get("1", &format!("{}/nope", imported())), second.clone(), third.clone()];
    let parts = responses(app.post(BATCHES[1], &batch(&requests)).await);
    assert_eq!([&parts[1]["status"], &parts[2]["status"]], [&json!(424), &json!(424)]);
    assert_eq!(parts[1]["body"]["error"]["code"], "FailedDependency");
    assert_eq!(count(&app, IMPORTED).await, "0");
    let requests = [get("1", &imported()), second, third];
    let parts = responses(app.post(BATCHES[1], &batch(&requests)).await);
    assert_eq!(parts[2]["body"]["value"][0]["serialNumber"], "X");
}

#[tokio::test]
async fn stops_at_the_first_error_when_asked() {
    let app = TestApp::start().await;
    let body = batch(&[get("1", "/nope"), post("2", &imported(), &bare("X", ""))]);
    let answer = app.post(BATCHES[1], &body).header("prefer", "continue-on-error=false").await;
    assert_eq!(answer.header("preference-applied"), "continue-on-error=false");
    assert_eq!(statuses(answer), [("1".to_owned(), 400)]);
    assert_eq!(count(&app, IMPORTED).await, "0");
}

/// The standard's rules where Graph's are others: absolute paths, ids, dependencies, references, names of headers.
#[tokio::test]
async fn the_standard_has_rules_of_its_own() {
    let app = TestApp::with(|config| config.compat.profile = ProfileName::Odata).await;
    let uploads = format!("deviceManagement/{UPLOADS}");
    let mut referring = get("A", "$a/deviceIdentities");
    referring["dependsOn"] = json!(["a"]);
    let mut requests = vec![
        json!({ "id": "a", "method": "post", "url": uploads, "body": {} }),
        referring,
        get("host", &imported()),
        get("root", &format!("/beta{}?$top=0", imported())),
    ];
    requests.extend((0..30).map(|n| get(&n.to_string(), &imported()[1..])));
    let ask = app.post(BATCHES[1], &batch(&requests)).header("odata-maxversion", "4.01");
    let answer = ask.header("accept", "application/json;metadata=none").await.expect(200);
    assert_eq!(answer.header("odata-version"), "4.01");
    let parts = answer.json()["responses"].as_array().unwrap().clone();
    let statuses: Vec<u64> = parts.iter().filter_map(|part| part["status"].as_u64()).collect();
    assert_eq!(statuses[..4], [201, 200, 404, 200], "{parts:?}");
    assert_eq!(statuses[4..], [200; 30]);
    // The batch's version and form hold for its requests.
    assert_eq!(parts[3]["headers"]["odata-version"], "4.01");
    assert_eq!(parts[3]["body"], json!({ "value": [] }));
}

// Groups.

fn in_group(mut request: Value) -> Value {
    request["atomicityGroup"] = json!("group");
    request
}

#[tokio::test]
async fn a_group_is_stored_wholly() {
    let app = TestApp::start().await;
    let uploads = format!("/deviceManagement/{UPLOADS}");
    let requests = [
        in_group(post("1", &uploads, &json!({ "deviceIdentities": [hashed("A")] }))),
        in_group(post("2", &imported(), &hashed("B"))),
        // Sees what the group wrote so far.
        in_group(get("3", &format!("{}/$count", imported()))),
        get("4", &format!("{}/$count", imported())),
    ];
    let parts = responses(app.post(BATCHES[1], &batch(&requests)).await);
    let statuses: Vec<&Value> = parts.iter().map(|part| &part["status"]).collect();
    assert_eq!(statuses, [201, 201, 200, 200]);
    assert_eq!((&parts[2]["body"], &parts[3]["body"]), (&json!("2"), &json!("2")));
    assert_eq!(parts[0]["atomicityGroup"], "group");
    // The worker heard of it.
    app.settled().await;
    assert_eq!(count(&app, DEVICES).await, "2");
}

#[tokio::test]
async fn a_group_with_a_failure_is_not_stored_at_all() {
    let app = TestApp::start().await;
    let uploads = format!("/deviceManagement/{UPLOADS}");
    let requests = [
        in_group(post("1", &uploads, &json!({ "deviceIdentities": [hashed("A")] }))),
        in_group(post("2", &imported(), &json!({ "serialNumber": 5 }))),
        in_group(post("3", &imported(), &hashed("B"))),
        post("4", &imported(), &hashed("C")),
    ];
    let before = app.everything().await;
    let parts = responses(app.post(BATCHES[1], &batch(&requests)).await);
    let statuses: Vec<&Value> = parts.iter().map(|part| &part["status"]).collect();
    assert_eq!(statuses, [424, 400, 424, 201]);
    assert!(message(&parts[0]).contains("another one of its group failed"), "{}", parts[0]);
    assert_eq!(before.len(), 0);
    app.settled().await;
    let everything = app.everything().await;
    assert_eq!(everything.iter().map(|thing| &thing["serialNumber"]).collect::<Vec<_>>(), ["C", "C"]);
}

/// Groups wait for each other, and other requests for them.
#[tokio::test]
async fn groups_of_many_callers_come_one_after_the_other() {
    let app = TestApp::start().await;
    let group = |n: usize| {
        let make =
            |part: usize| in_group(post(&part.to_string(), &imported(), &bare(&format!("{n}-{part}"), "")));
        let mut requests: Vec<Value> = (0..5).map(make).collect();
        if n % 2 == 1 {
            requests.push(in_group(get("5", &format!("{}/nope", imported()))));
        }
        batch(&requests)
    };
    let bodies: Vec<Value> = (0..12).map(group).collect();
    let asking = bodies.iter().map(|body| app.post(BATCHES[1], body).into_future());
    let single = app.post(&format!("{}/{IMPORTED}", ROOTS[1]), &bare("single", ""));
    let (answers, single) = tokio::join!(futures_util::future::join_all(asking), single);
    single.expect(201);
    for (n, answer) in answers.into_iter().enumerate() {
        let expected = if n % 2 == 1 { 424 } else { 201 };
        assert_eq!(responses(answer)[0]["status"], expected, "{n}");
    }
    assert_eq!(count(&app, IMPORTED).await, "31");
}

// Multipart.

async fn send(app: &TestApp, body: &str, prefer: Option<&str>) -> Answer {
    let body = body.replace('\n', "\r\n");
    let ask = app.ask("POST", BATCHES[1]).header("content-type", "multipart/mixed; boundary=batch");
    let ask = match prefer {
        Some(prefer) => ask.header("prefer", prefer),
        None => ask,
    };
    ask.bytes(body.as_bytes()).await
}

/// The status lines of a multipart answer, and what it is made of.
#[track_caller]
fn lines(answer: &Answer) -> Vec<String> {
    assert!(answer.header("content-type").starts_with("multipart/mixed; boundary=batchresponse_"));
    let kept = |line: &&str| {
        line.starts_with("HTTP/1.1 ") || line.starts_with("Content-ID") || line.contains("boundary=")
    };
    let known = |line: &str| line.split(" boundary=").next().unwrap_or_default().to_owned();
    answer.text.lines().filter(kept).map(known).collect()
}

fn change_set(second: &str) -> String {
    format!(
        "--batch
Content-Type: application/http

GET deviceManagement/{IMPORTED}/nope HTTP/1.1


--batch
Content-Type: multipart/mixed; boundary=changes

--changes
Content-Type: application/http
Content-ID: 1

POST /beta/deviceManagement/{UPLOADS} HTTP/1.1
Content-Type: application/json

{{}}
--changes
Content-Type: application/http
Content-ID: 2

POST $1/deviceIdentities HTTP/1.1
Content-Type: application/json

{second}
--changes--
--batch
Content-Type: application/http

GET deviceManagement/{IMPORTED}/$count HTTP/1.1


--batch--
"
    )
}

#[tokio::test]
async fn multipart_stops_at_the_first_error() {
    let app = TestApp::start().await;
    let answer = send(&app, &change_set(r#"{"serialNumber":"A"}"#), None).await.expect(200);
    answer.assert_common_headers();
    assert_eq!(answer.header("preference-applied"), "");
    assert_eq!(lines(&answer), ["HTTP/1.1 404 Not Found"]);
    assert_eq!(count(&app, UPLOADS).await, "0");
}

#[tokio::test]
async fn a_change_set_is_done_with_references() {
    let app = TestApp::start().await;
    let answer =
        send(&app, &change_set(r#"{"serialNumber":"A"}"#), Some("continue-on-error")).await.expect(200);
    assert_eq!(answer.header("preference-applied"), "continue-on-error=true");
    assert_eq!(
        lines(&answer),
        [
            "HTTP/1.1 404 Not Found",
            "Content-Type: multipart/mixed;",
            "Content-ID: 1",
            "HTTP/1.1 201 Created",
            "Content-ID: 2",
            "HTTP/1.1 201 Created",
            "HTTP/1.1 200 OK"
        ]
    );
    assert!(answer.text.contains("Content-Type: text/plain;charset=utf-8\r\n"), "{}", answer.text);
    assert_eq!((count(&app, UPLOADS).await, count(&app, IMPORTED).await), ("1".to_owned(), "1".to_owned()));
}

#[tokio::test]
async fn a_change_set_that_fails_leaves_nothing() {
    let app = TestApp::start().await;
    let answer = send(&app, &change_set("{"), Some("odata.continue-on-error=true")).await.expect(200);
    assert_eq!(
        lines(&answer),
        ["HTTP/1.1 404 Not Found", "Content-ID: 2", "HTTP/1.1 400 Bad Request", "HTTP/1.1 200 OK"]
    );
    assert_eq!(count(&app, UPLOADS).await, "0");
}

#[tokio::test]
async fn a_multipart_batch_that_cannot_be_read_is_refused() {
    let app = TestApp::start().await;
    for body in ["", "--batch\nContent-Type: application/http\n\nGET x HTTP/1.1\n"] {
        send(&app, body, None).await.expect(400).assert_is_error();
    }
}

/// o.js and @odata/client write the batch's token into every part; nobody else's is taken.
#[tokio::test]
async fn parts_may_repeat_the_token_of_the_batch() {
    let app = TestApp::start().await;
    let (reader, writer) = (app.token(&Caller::reader()), app.token(&Caller::writer()));
    let post = |token: &str| {
        format!(
            "--batch\r\nContent-Type: application/http\r\n\r\nPOST {} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\n\r\n{{\"serialNumber\":\"SN-1\"}}\r\n--batch--",
            imported()
        )
    };
    for (of_batch, of_part, status) in [
        (&reader, &writer, "400 Bad Request"),
        (&writer, &reader, "400 Bad Request"),
        (&reader, &reader, "403 Forbidden"),
        (&writer, &writer, "201 Created"),
    ] {
        let ask = app.ask("POST", BATCHES[1]).header("content-type", "multipart/mixed; boundary=batch");
        let ask = ask.by_nobody().header("authorization", &format!("Bearer {of_batch}"));
        let answer = ask.bytes(post(of_part).as_bytes()).await.expect(200);
        assert_eq!(lines(&answer), [format!("HTTP/1.1 {status}")]);
    }
    assert_eq!(count(&app, IMPORTED).await, "1");
}

#[tokio::test]
async fn the_answer_comes_in_the_format_that_is_accepted() {
    let app = TestApp::start().await;
    let body = batch(&[get("1", &imported())]);
    let answer = app.post(BATCHES[1], &body).header("accept", "multipart/mixed").await.expect(200);
    assert_eq!(lines(&answer), ["Content-ID: 1", "HTTP/1.1 200 OK"]);
    let part = format!(
        "--batch\nContent-Type: application/http\n\nGET deviceManagement/{IMPORTED} HTTP/1.1\n\n--batch--"
    );
    let ask = app.ask("POST", BATCHES[1]).header("content-type", "multipart/mixed;boundary=batch");
    let answer = ask.header("accept", "application/json").bytes(part.as_bytes()).await;
    assert_eq!(responses(answer)[0]["status"], 200);
}
