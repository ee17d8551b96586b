//! Batches: read, done step by step against a service that answers by the URL, and written.

use odata::batch::{
    Batch, Format, GRAPH, ODATA, OnError, Request, Response, Rules, Run, Service, Step, parse,
};
use proptest::prelude::*;

fn service() -> Service {
    let roots = vec!["/v1.0".to_owned(), "/beta".to_owned()];
    Service { bases: vec!["http://host:1234".to_owned()], root: "/beta".to_owned(), roots }
}

fn json(requests: &str, rules: &Rules) -> Result<Batch, odata::Error> {
    parse("application/json", format!("{{\"requests\":[{requests}]}}").as_bytes(), rules)
}

fn multipart(lines: &str) -> Result<Batch, odata::Error> {
    parse("multipart/mixed; boundary=\"b\"", lines.replace('\n', "\r\n").as_bytes(), &ODATA)
}

fn response(status: u16, content_type: &str, body: &str) -> Response {
    let headers = if content_type.is_empty() {
        vec![]
    } else {
        vec![("content-type".to_owned(), content_type.to_owned())]
    };
    Response { status, headers, body: body.as_bytes().to_vec() }
}

/// What the service answers: by the last word of the path.
fn respond(request: &Request) -> Response {
    let path = request.target.split('?').next().unwrap_or_default();
    if path.ends_with("missing") {
        return response(404, "application/json", r#"{"error":{}}"#);
    }
    if path.ends_with("$count") {
        return response(200, "text/plain", "7");
    }
    if path.ends_with("picture") {
        return response(200, "image/png", "\u{1}?>");
    }
    match request.method.as_str() {
        "POST" => {
            let mut created = response(201, "application/json;charset=utf-8", r#"{"made":1}"#);
            created.headers.push(("location".to_owned(), format!("http://host:1234{path}('new')")));
            created
        }
        "GET" => response(200, "application/json", r#"{"read":1}"#),
        _ => response(204, "", ""),
    }
}

/// Does a batch and says what was done: a word or a target for each step.
fn walk(batch: Batch, on_error: OnError) -> (Vec<String>, Run) {
    let mut run = batch.run(service(), on_error);
    let mut steps = Vec::new();
    loop {
        let step = run.next();
        match &step {
            Step::Ask(request) => {
                let body = String::from_utf8_lossy(&request.body);
                let headers: String =
                    request.headers.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                steps
                    .push(format!("{} {}{headers} {body}", request.method, request.target).trim().to_owned());
                run.answer(respond(request));
            }
            Step::Refuse(error) => {
                steps.push(format!("refuse: {}", error.message));
                run.answer(response(400, "application/json", "{}"));
            }
            Step::Skip(_) => {
                steps.push("skip".to_owned());
                run.answer(response(424, "", ""));
            }
            Step::Begin => steps.push("begin".to_owned()),
            Step::Commit => steps.push("commit".to_owned()),
            Step::RollBack => steps.push("roll back".to_owned()),
            Step::Done => return (steps, run),
        }
    }
}

#[track_caller]
fn steps(batch: Result<Batch, odata::Error>) -> Vec<String> {
    let batch = batch.unwrap();
    let on_error = batch.on_error();
    walk(batch, on_error).0
}

fn answered(batch: Result<Batch, odata::Error>, format: Format) -> String {
    let batch = batch.unwrap();
    let on_error = batch.on_error();
    String::from_utf8(walk(batch, on_error).1.finish(format).1).unwrap()
}

#[track_caller]
fn refused(batch: Result<Batch, odata::Error>) -> String {
    let error = batch.unwrap_err();
    format!("{}: {}", error.target.unwrap_or_default(), error.message)
}

fn get(id: &str, url: &str) -> String {
    format!(r#"{{"id":"{id}","method":"GET","url":"{url}"}}"#)
}

// URLs.

/// Where a URL goes, under both rules.
fn target(url: &str) -> [String; 2] {
    [&GRAPH, &ODATA].map(|rules| steps(json(&get("1", url), rules)).remove(0))
}

#[test]
fn urls_are_below_the_service() {
    let same = |url: &str, expected: &str| {
        assert_eq!(target(url), [format!("GET {expected}"), format!("GET {expected}")], "{url}");
    };
    same("people", "/beta/people");
    same("people?$filter=name eq 'a'", "/beta/people?$filter=name%20eq%20'a'");
    same("/beta/people", "/beta/people");
    same("/v1.0/people", "/v1.0/people");
    same("http://host:1234/beta/people", "/beta/people");
    same("HTTP://HOST:1234/v1.0/people", "/v1.0/people");
    assert_eq!(target("/people"), ["GET /beta/people", "GET /people"]);
    assert_eq!(target("/betapeople"), ["GET /beta/betapeople", "GET /betapeople"]);
}

#[test]
fn urls_of_elsewhere_are_refused() {
    for url in [
        "http://elsewhere/beta/people",
        "https://host:1234/beta/people",
        "http://host:1234.elsewhere/beta/people",
        "http://host:1234@elsewhere/people",
        "http://host:12345/beta",
        "http://host:1234",
        "//elsewhere/people",
        "file:///etc/passwd",
    ] {
        for step in target(url) {
            assert!(step.starts_with("refuse: "), "{url} went to {step}");
        }
    }
}

#[test]
fn a_prefix_of_the_base_is_known() {
    let service = Service::new("https://host/odata", "/service");
    let ask =
        |url: &str| match json(&get("1", url), &ODATA).unwrap().run(service.clone(), OnError::Stop).next() {
            Step::Ask(request) => request.target,
            other => format!("{other:?}"),
        };
    assert_eq!(ask("https://host/odata/service/people"), "/service/people");
    assert_eq!(ask("/odata/service/people"), "/service/people");
    assert_eq!(ask("people"), "/service/people");
}

// JSON.

#[test]
fn json_is_read_and_written() {
    let requests = format!(
        r#"{},{{"id":2,"method":"post","url":"people","unknown":[{{}}],"headers":{{"Content-Type":"application/json","Authorization":"x"}},"body":{{"a": 1.50}}}},{}"#,
        get("1", "people/$count"),
        get("C", "picture"),
    );
    let batch = || json(&requests, &GRAPH);
    assert_eq!(batch().unwrap().len(), 3);
    assert_eq!(
        steps(batch()),
        [
            "GET /beta/people/$count",
            r#"POST /beta/people Content-Type=application/json {"a": 1.50}"#,
            "GET /beta/picture"
        ]
    );
    assert_eq!(
        answered(batch(), Format::Json),
        concat!(
            r#"{"responses":[{"id":"1","status":200,"headers":{"Content-Type":"text/plain"},"body":"7"},"#,
            r#"{"id":"2","status":201,"headers":{"Content-Type":"application/json;charset=utf-8","#,
            r#""Location":"http://host:1234/beta/people('new')"},"body":{"made":1}},"#,
            r#"{"id":"C","status":200,"headers":{"Content-Type":"image/png"},"body":"AT8-"}]}"#
        )
    );
    let lower = answered(json(&get("1", "people"), &ODATA), Format::Json);
    assert!(lower.contains(r#""headers":{"content-type":"application/json"}"#), "{lower}");
}

#[test]
fn bodies_are_what_their_type_says() {
    let sent = |headers: &str, body: &str, rules| {
        steps_or_error(json(
            &format!(r#"{{"id":"1","method":"PUT","url":"x","headers":{{{headers}}},"body":{body}}}"#),
            rules,
        ))
    };
    let text = r#""content-type":"text/plain;charset=utf-8""#;
    assert_eq!(sent(text, r#""a\nb""#, &GRAPH), "PUT /beta/x content-type=text/plain;charset=utf-8 a\nb");
    for encoded in ["AT8-", "AT8+", "AT8-\\n"] {
        let answer = sent(r#""Content-Type":"image/png""#, &format!("\"{encoded}\""), &GRAPH);
        let expected = "PUT /beta/x Content-Type=image/png \u{1}?>";
        assert_eq!(answer == expected, !encoded.contains('n'), "{encoded}: {answer}");
    }
    assert_eq!(sent("", "null", &GRAPH), "PUT /beta/x");
    assert_eq!(sent("", "{}", &ODATA), "PUT /beta/x {}");
    assert_eq!(
        sent("", "{}", &GRAPH),
        "requests[0]: Write request id : 1 does not contain Content-Type header or body."
    );
    assert_eq!(
        sent(r#""Content-Type":"image/png""#, "{}", &GRAPH),
        "requests[0]: A body of the type 'image/png' is sent as a string."
    );
}

fn steps_or_error(batch: Result<Batch, odata::Error>) -> String {
    match batch {
        Ok(batch) => steps(Ok(batch)).remove(0),
        error => refused(error),
    }
}

#[test]
fn malformed_json_is_refused_with_its_place() {
    let row = |body: &str| {
        let error = parse("application/json", body.as_bytes(), &GRAPH).unwrap_err();
        let place = error.span.map(|span| span.start);
        (error.target.unwrap_or_default(), place, error.message)
    };
    let (target, place, message) = row(r#"{"requests":[{"id":"1","method":"GET"}]}"#);
    assert_eq!((target.as_str(), place), ("requests[0]", Some(37)));
    assert_eq!(message, "Invalid batch payload format: missing field `url` at position 37.");
    assert_eq!(row("{\"requests\":\n[{]}").1, Some(15));
    assert_eq!(row("").1, Some(0));
    for body in [
        "[]",
        "{}",
        r#"{"requests":{}}"#,
        r#"{"requests":[1]}"#,
        r#"{"requests":[],"requests":[]}"#,
        r#"{"requests":[{"id":"1","id":"2","method":"GET","url":"x"}]}"#,
        r#"{"requests":[{"id":true,"method":"GET","url":"x"}]}"#,
        r#"{"requests":[{"id":"","method":"GET","url":"x"}]}"#,
        r#"{"requests":[{"id":"a\r\nb","method":"GET","url":"x"}]}"#,
        r#"{"requests":[{"id":"1","method":"GET","url":"x","headers":{"a":"1","A":"2"}}]}"#,
        r#"{"requests":[{"id":"1","method":"GET","url":"x","headers":{"Content-Type":"application/json"},"body":{}}]}"#,
    ] {
        assert!(parse("application/json", body.as_bytes(), &GRAPH).is_err(), "{body}");
    }
    assert!(parse("text/plain", b"{}", &GRAPH).is_err());
}

#[test]
fn twenty_are_enough_for_graph() {
    let many = |count: usize| (0..count).map(|n| get(&n.to_string(), "x")).collect::<Vec<_>>().join(",");
    assert_eq!(json(&many(20), &GRAPH).unwrap().len(), 20);
    assert_eq!(
        refused(json(&many(21), &GRAPH)),
        "requests: Number of batch request steps exceeds the maximum value of 20."
    );
    assert_eq!(json(&many(1000), &ODATA).unwrap().len(), 1000);
    assert!(json(&many(1001), &ODATA).is_err());
}

#[test]
fn ids_are_unique() {
    let two = |rules| json(&format!("{},{}", get("a", "x"), get("A", "x")), rules);
    assert_eq!(refused(two(&GRAPH)), "requests[1]: The request id 'A' is not unique in the batch.");
    assert!(two(&ODATA).is_ok());
    let integer = format!(r#"{},{{"id":1,"method":"GET","url":"x"}}"#, get("1", "x"));
    assert!(json(&integer, &ODATA).is_err());
}

// Dependencies.

fn waiting(id: &str, url: &str, on: &str) -> String {
    format!(r#"{{"id":"{id}","method":"GET","url":"{url}","dependsOn":[{on}]}}"#)
}

#[test]
fn what_depends_on_a_failure_is_skipped() {
    let requests = [get("1", "missing"), waiting("2", "x", "\"1\""), waiting("3", "x", "2")].join(",");
    assert_eq!(steps(json(&requests, &GRAPH)), ["GET /beta/missing", "skip", "skip"]);
    let requests = [get("1", "x"), waiting("2", "x", "\"1\""), waiting("3", "missing", "\"1\"")].join(",");
    assert_eq!(steps(json(&requests, &GRAPH)), ["GET /beta/x", "GET /beta/x", "GET /beta/missing"]);
}

#[test]
fn dependencies_point_backwards() {
    for on in ["\"2\"", "\"1\"", "\"nobody\""] {
        let requests = [waiting("1", "x", on), get("2", "x")].join(",");
        let name = on.trim_matches('"');
        assert_eq!(
            refused(json(&requests, &ODATA)),
            format!(
                "requests[0]: Invalid dependency for request Id 1: '{name}' is not the id of a preceding request."
            )
        );
    }
}

#[test]
fn graph_takes_no_mixture() {
    let mixed = [get("1", "x"), waiting("2", "x", "\"1\""), get("3", "x")].join(",");
    assert_eq!(refused(json(&mixed, &GRAPH)), ": Batch should be either fully sequential or fully parallel");
    assert_eq!(steps(json(&mixed, &ODATA)).len(), 3);
}

#[test]
fn conditions_are_not_done() {
    let requests = r#"{"id":"1","method":"GET","url":"x","if":"$0/$succeeded"}"#;
    assert_eq!(steps(json(requests, &ODATA)), ["skip"]);
}

// Groups.

fn grouped(id: &str, method: &str, url: &str, group: &str) -> String {
    format!(r#"{{"id":"{id}","method":"{method}","url":"{url}","atomicityGroup":"{group}"}}"#)
}

#[test]
fn a_group_is_done_between_begin_and_commit() {
    let requests = [
        get("0", "x"),
        grouped("1", "POST", "x", "g"),
        grouped("2", "DELETE", "y", "g"),
        waiting("3", "x", "\"g\""),
    ]
    .join(",");
    assert_eq!(
        steps(json(&requests, &ODATA)),
        ["GET /beta/x", "begin", "POST /beta/x", "DELETE /beta/y", "commit", "GET /beta/x"]
    );
    let answer = answered(json(&requests, &ODATA), Format::Json);
    assert!(answer.contains(r#"{"id":"2","atomicityGroup":"g","status":204}"#), "{answer}");
}

#[test]
fn a_group_that_fails_is_undone_and_told_so() {
    let requests = [
        grouped("1", "POST", "x", "g"),
        grouped("2", "PATCH", "missing", "g"),
        grouped("3", "POST", "x", "g"),
        waiting("4", "x", "\"g\""),
    ]
    .join(",");
    assert_eq!(
        steps(json(&requests, &ODATA)),
        ["begin", "POST /beta/x", "PATCH /beta/missing", "roll back", "skip", "skip", "skip"]
    );
    let answer = answered(json(&requests, &ODATA), Format::Json);
    let statuses: Vec<&str> = answer.split("\"status\":").skip(1).filter_map(|rest| rest.get(..3)).collect();
    assert_eq!(statuses, ["424", "404", "424", "424"]);
}

#[test]
fn a_group_that_reads_needs_no_transaction() {
    let requests = [grouped("1", "GET", "x", "g"), grouped("2", "GET", "missing", "g")].join(",");
    assert_eq!(steps(json(&requests, &ODATA)), ["GET /beta/x", "GET /beta/missing", "skip"]);
}

#[test]
fn a_group_that_cannot_last_has_failed() {
    let requests = [grouped("1", "POST", "x", "g"), grouped("2", "POST", "x", "g"), get("3", "x")].join(",");
    let mut run = json(&requests, &ODATA).unwrap().run(service(), OnError::Continue);
    let mut skipped = 0;
    loop {
        match run.next() {
            Step::Ask(request) => run.answer(respond(&request)),
            Step::Commit => run.fail(response(507, "", "")),
            Step::Skip(_) => {
                skipped += 1;
                run.answer(response(424, "", ""));
            }
            Step::Done => break,
            Step::Begin => {}
            step @ (Step::Refuse(_) | Step::RollBack) => panic!("{step:?}"),
        }
    }
    assert_eq!(skipped, 1);
    let answer = String::from_utf8(run.finish(Format::Json).1).unwrap();
    assert!(answer.starts_with(r#"{"responses":[{"id":"1","atomicityGroup":"g","status":507}"#), "{answer}");
    assert!(answer.contains(r#""status":424}"#) && answer.contains(r#""status":200"#), "{answer}");
}

#[test]
fn groups_stand_together_and_have_names_of_their_own() {
    let apart = [grouped("1", "POST", "x", "g"), get("2", "x"), grouped("3", "POST", "x", "g")].join(",");
    assert!(refused(json(&apart, &ODATA)).contains("do not stand together"));
    let same = [grouped("1", "POST", "x", "g"), get("g", "x")].join(",");
    assert!(refused(json(&same, &ODATA)).contains("not unique"));
}

#[test]
fn without_transactions_a_writing_group_is_501() {
    let requests = [grouped("1", "POST", "x", "g"), grouped("2", "POST", "x", "g"), get("3", "x")].join(",");
    let mut run = json(&requests, &ODATA).unwrap().run(service(), OnError::Continue);
    let mut asked = 0;
    run.answer_each(|request| {
        asked += 1;
        respond(request)
    });
    let answer = String::from_utf8(run.finish(Format::Json).1).unwrap();
    assert_eq!(asked, 1);
    assert!(answer.contains("501") && answer.contains("424") && answer.contains("200"), "{answer}");
}

// References.

#[test]
fn an_entity_that_was_made_is_referred_to() {
    let made = r#"{"id":"1","method":"POST","url":"x"}"#;
    let requests = [made.to_owned(), waiting("2", "$1/parts?$top=1", "\"1\"")].join(",");
    assert_eq!(steps(json(&requests, &ODATA)), ["POST /beta/x", "GET /beta/x('new')/parts?$top=1"]);
    // Graph has nothing of the kind.
    assert_eq!(steps(json(&requests, &GRAPH)), ["POST /beta/x", "GET /beta/$1/parts?$top=1"]);
    let unsaid = [made.to_owned(), get("2", "$1/parts")].join(",");
    assert!(steps(json(&unsaid, &ODATA)).remove(1).starts_with("refuse: '$1' is no request"));
    let read = [get("1", "x(7)?$top=1"), waiting("2", "$1/parts", "\"1\"")].join(",");
    assert_eq!(steps(json(&read, &ODATA)), ["GET /beta/x(7)?$top=1", "GET /beta/x(7)/parts"]);
    assert_eq!(steps(json(&get("1", "$metadata"), &ODATA)), ["GET /beta/$metadata"]);
}

// Multipart.

const CHANGES: &str = "preamble
--b
Content-Type: application/http

GET x HTTP/1.1
Host: host:1234


--b
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: application/http
Content-ID: 1

POST /beta/x HTTP/1.1
Host: host:1234
Content-Type: application/json
Content-Length: 2

{}
--c
Content-Type: application/http
Content-ID: 2

POST $1/parts HTTP/1.1
Content-Type: application/json

{\"a\":\"--c\"}
--c--
--b
Content-Type: application/http

GET http://host:1234/beta/x?$filter=a eq 1
--b--
epilogue";

#[test]
fn multipart_is_read_and_written() {
    assert_eq!(
        steps(multipart(CHANGES)),
        [
            "GET /beta/x",
            "begin",
            "POST /beta/x Content-Type=application/json {}",
            "POST /beta/x('new')/parts Content-Type=application/json {\"a\":\"--c\"}",
            "commit",
            "GET /beta/x?$filter=a%20eq%201",
        ]
    );
    let (content_type, body) = walk(multipart(CHANGES).unwrap(), OnError::Stop).1.finish(Format::Multipart);
    let boundary = content_type.strip_prefix("multipart/mixed; boundary=batchresponse_").unwrap();
    let body = String::from_utf8(body).unwrap().replace(boundary, "T").replace("\r\n", "\n");
    assert_eq!(
        body,
        "--batchresponse_T
Content-Type: application/http
Content-Transfer-Encoding: binary

HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 10

{\"read\":1}
--batchresponse_T
Content-Type: multipart/mixed; boundary=changesetresponse_T_0

--changesetresponse_T_0
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 1

HTTP/1.1 201 Created
Content-Type: application/json;charset=utf-8
Location: http://host:1234/beta/x('new')
Content-Length: 10

{\"made\":1}
--changesetresponse_T_0
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 2

HTTP/1.1 201 Created
Content-Type: application/json;charset=utf-8
Location: http://host:1234/beta/x('new')/parts('new')
Content-Length: 10

{\"made\":1}
--changesetresponse_T_0--
--batchresponse_T
Content-Type: application/http
Content-Transfer-Encoding: binary

HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 10

{\"read\":1}
--batchresponse_T--
"
    );
}

#[test]
fn lines_may_end_with_a_line_feed_alone() {
    let batch = parse("multipart/mixed;boundary=b", CHANGES.as_bytes(), &ODATA);
    assert_eq!(steps(batch), steps(multipart(CHANGES)));
}

#[test]
fn a_change_set_that_fails_has_one_answer_and_is_the_last() {
    let failing = CHANGES.replace("$1/parts", "missing");
    assert_eq!(
        steps(multipart(&failing)),
        [
            "GET /beta/x",
            "begin",
            "POST /beta/x Content-Type=application/json {}",
            "POST /beta/missing Content-Type=application/json {\"a\":\"--c\"}",
            "roll back",
            "skip",
        ]
    );
    let answer = answered(multipart(&failing), Format::Multipart);
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{answer}");
    assert!(answer.contains("Content-ID: 2\r\n\r\nHTTP/1.1 404 Not Found\r\n"), "{answer}");
    assert!(!answer.contains("changeset"), "{answer}");
    // The preference goes on.
    let (steps, run) = walk(multipart(&failing).unwrap(), OnError::Continue);
    assert_eq!(steps.last().unwrap(), "GET /beta/x?$filter=a%20eq%201");
    let answer = String::from_utf8(run.finish(Format::Multipart).1).unwrap();
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 3, "{answer}");
}

#[test]
fn json_may_stop_and_the_formats_may_be_exchanged() {
    let requests = [get("1", "missing"), get("2", "x")].join(",");
    let (_, run) = walk(json(&requests, &GRAPH).unwrap(), OnError::Stop);
    let answer = String::from_utf8(run.finish(Format::Multipart).1).unwrap();
    assert!(answer.contains("Content-ID: 1\r\n") && !answer.contains("Content-ID: 2"), "{answer}");
    let answer = answered(multipart(CHANGES), Format::Json);
    assert!(answer.starts_with(r#"{"responses":[{"status":200,"#), "{answer}");
    assert!(answer.contains(r#"{"id":"1","atomicityGroup":"changeset1","status":201,"#), "{answer}");
}

fn one_part(head_and_message: &str) -> Result<Batch, odata::Error> {
    multipart(&format!("--b\n{head_and_message}\n--b--\n"))
}

#[test]
fn parts_that_are_no_requests_are_refused() {
    for body in ["", "--b", "--b--x--", "--b\n\n--b--", "--bb\n--bb--"] {
        // The third ends before it begins and has no parts.
        assert_eq!(multipart(body).is_ok(), body == "--b--x--", "{body}");
    }
    let http = "Content-Type: application/http\n\n";
    for part in [
        "Content-Type: text/plain\n\nGET x HTTP/1.1\n",
        "GET x HTTP/1.1",
        "Content-Type: application/http\n\n",
        "Content-Type: application/http\n\nGET",
        "Content-Type: application/http\n\nGET x HTTP/1.1\nno colon\n",
        "Content-Type: multipart/mixed\n\n--c--",
        "Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: application/http\n\nPOST x HTTP/1.1\n--c--",
        "Content-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: multipart/mixed; boundary=d\n\n--d--\n--c--",
    ] {
        assert!(refused(one_part(part)).starts_with("part 1: "), "{part}");
    }
    for boundary in ["", "; boundary=", "; boundary=\"ä\"", &format!("; boundary={}", "x".repeat(71))] {
        assert!(parse(&format!("multipart/mixed{boundary}"), b"", &ODATA).is_err(), "{boundary}");
    }
    let many = "x: y\n".repeat(101);
    assert!(refused(one_part(&format!("{http}GET x HTTP/1.1\n{many}"))).contains("more than 100 headers"));
    let long = format!("{http}GET x{} HTTP/1.1", "y".repeat(70_000));
    assert!(refused(one_part(&long)).contains("longer than"));
}

#[test]
fn delimiters_stand_at_the_beginning_of_a_line() {
    let part = "Content-Type: application/http\n\nPUT x HTTP/1.1\n\nx --b\n--bb\n\ny";
    assert_eq!(steps(one_part(part)), ["PUT /beta/x x --b\r\n--bb\r\n\r\ny"]);
}

#[test]
fn faults_of_one_request_are_its_own() {
    for (head, reason) in [
        ("Authorization: Bearer x\n", "Authorization"),
        ("Proxy-Authorization: Bearer x\n", "Authorization"),
        ("Host: elsewhere\n", "no address of this service"),
        ("Transfer-Encoding: chunked\n", "Transfer-Encoding"),
        ("Content-Length: 99\n", "Content-Length"),
    ] {
        let part = format!("Content-Type: application/http\n\nGET /beta/x HTTP/1.1\n{head}\n");
        let reason = reason.replace("no address", "not an address");
        let step = steps(one_part(&part)).remove(0);
        assert!(step.starts_with("refuse: ") && step.contains(&reason), "{head}: {step}");
    }
}

#[test]
fn requests_may_repeat_who_asks_but_not_say_another() {
    let asked = |head: &str, sent: Option<&str>| {
        let part = format!("Content-Type: application/http\n\nGET /beta/x HTTP/1.1\n{head}\n");
        let batch = one_part(&part).unwrap().sent_with(sent);
        let on_error = batch.on_error();
        walk(batch, on_error).0.remove(0)
    };
    let same = "authorization: Bearer x\n";
    assert_eq!(asked(same, Some("Bearer x")), "GET /beta/x");
    for (head, sent) in [
        (same, Some("Bearer y")),
        (same, None),
        ("Authorization: Bearer x\nAuthorization: Bearer x\n", Some("Bearer x")),
        ("Authorization: Bearer x\nAuthorization: Bearer y\n", Some("Bearer x")),
        ("Authorization:\n", Some("Bearer x")),
        ("Authorization: Bearer x\nProxy-Authorization: Bearer x\n", Some("Bearer x")),
    ] {
        assert!(asked(head, sent).starts_with("refuse: "), "{head:?} in {sent:?}");
    }
    // It is the batch that says who asks: no request brings it along.
    assert_eq!(asked("", Some("Bearer x")), "GET /beta/x");
}

// Whatever comes in.

fn do_anything(batch: Result<Batch, odata::Error>) {
    if let Ok(batch) = batch {
        for format in [Format::Json, Format::Multipart] {
            let on_error = batch.on_error();
            let _ = walk(batch.clone(), on_error).1.finish(format);
        }
    }
}

/// A text that is nearly a batch: a piece of it replaced by something else.
fn broken(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    (
        0..text.len(),
        0..8_usize,
        prop_oneof![Just(String::new()), "[\\x00-\\x7f]{0,3}", "[-\"\\[\\]{},:b\r\n$/0-3]{1,6}"],
    )
        .prop_map(move |(start, length, piece)| {
            let mut bytes = text.replace('\n', "\r\n").into_bytes();
            bytes.splice(start..(start + length).min(text.len()), piece.into_bytes());
            bytes
        })
}

const REQUESTS: &str = r#"{"requests":[
{"id":"1","method":"POST","url":"/x","atomicityGroup":"g","headers":{"Content-Type":"application/json"},"body":{"a":[1]}},
{"id":"2","method":"GET","url":"$1/y?$top=1","dependsOn":["1"],"atomicityGroup":"g"},
{"id":3,"method":"GET","url":"http://host:1234/beta/missing","dependsOn":["g","2"]}]}"#;

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for content_type in ["application/json", "multipart/mixed;boundary=b"] {
            do_anything(parse(content_type, &bytes, &ODATA));
        }
    }

    #[test]
    fn no_broken_json_makes_it_panic(bytes in broken(REQUESTS)) {
        for rules in [GRAPH, ODATA] {
            do_anything(parse("application/json", &bytes, &rules));
        }
    }

    #[test]
    fn no_broken_multipart_makes_it_panic(bytes in broken(CHANGES)) {
        do_anything(parse("multipart/mixed;boundary=b", &bytes, &ODATA));
    }
}
