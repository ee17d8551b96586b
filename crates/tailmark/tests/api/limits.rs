//! R13: how slow, how many and how large a connection may be; at each limit and beyond it.
//!
//! A time that is not the one tried is long, so that it is the one tried that ends the connection.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tailmark::config::http::Http;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Caller, Secured, TestApp};
use crate::{DEVICES, IMPORTED, ROOTS};

/// The limit that is tried.
const LIMIT: Duration = Duration::from_secs(1);
/// By then at the latest, on a busy machine.
const LATEST: Duration = Duration::from_secs(8);
const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

async fn app(change: impl FnOnce(&mut Http)) -> TestApp {
    TestApp::with(|config| {
        let http = &mut config.http;
        (http.header_timeout, http.body_timeout, http.idle_timeout, http.request_timeout) =
            (600, 600, 600, 600);
        change(http);
    })
    .await
}

async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// The next answer of a connection that goes on after it.
async fn next(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if length == Some(body.len()) {
                return text;
            }
        }
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await.unwrap();
        assert_ne!(read, 0, "closed after {text:?}");
        bytes.extend_from_slice(&piece[..read]);
    }
}

/// What still comes until the connection is closed, which must be neither before the limit nor long after it.
async fn ends(stream: &mut (impl AsyncRead + Unpin), since: Instant) -> String {
    let mut bytes = Vec::new();
    // Reset or closed is the same here.
    let ended = tokio::time::timeout(LATEST, stream.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok(), "still open after {:?}", since.elapsed());
    assert!(since.elapsed() >= LIMIT, "ended after {:?}", since.elapsed());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[track_caller]
fn is_error(answer: &str, status: &str, code: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["error"]["code"], code);
    assert!(body["error"]["innerError"]["request-id"].is_string(), "{body}");
    assert!(answer.contains("\r\ncontent-type: application/json\r\n"), "{answer}");
}

#[tokio::test]
async fn heads_arrive_in_time() {
    let app = app(|http| http.header_timeout = 1).await;
    let since = Instant::now();
    let mut silent = connect(&app).await;
    let mut half = connect(&app).await;
    half.write_all(b"GET /healthz HTTP/1.1\r\nHos").await.unwrap();
    // Something now and then is not enough.
    let (mut slow_answers, mut slow) = connect(&app).await.into_split();
    let trickle = tokio::spawn(async move {
        for byte in HEALTH.iter().cycle().take(200) {
            // Fails once it is closed.
            let _ = slow.write_all(&[*byte]).await;
            if *byte == b'x' {
                break;
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        slow
    });
    // A second request is held to it, too, from its first byte on.
    let mut second = connect(&app).await;
    second.write_all(HEALTH).await.unwrap();
    next(&mut second).await;
    second.write_all(b"GET /hea").await.unwrap();
    for stream in [&mut silent, &mut half, &mut second] {
        assert_eq!(ends(stream, since).await, "");
    }
    assert_eq!(ends(&mut slow_answers, since).await, "");
    drop(trickle.await);
}

#[tokio::test]
async fn who_is_answered_may_be_idle_for_a_while() {
    let app = app(|http| (http.header_timeout, http.idle_timeout) = (1, 2)).await;
    let mut stream = connect(&app).await;
    for _ in 0..2 {
        stream.write_all(HEALTH).await.unwrap();
        next(&mut stream).await;
        // Longer than a head may take, shorter than idleness may last.
        tokio::time::sleep(Duration::from_millis(1200)).await;
    }
    let since = Instant::now();
    stream.write_all(HEALTH).await.unwrap();
    next(&mut stream).await;
    assert_eq!(ends(&mut stream, since).await, "");
}

fn post(app: &TestApp, more: &str) -> Vec<u8> {
    let bearer = app.token(&Caller::writer());
    let (root, more) = (ROOTS[0], if more.is_empty() { String::new() } else { format!("{more}\r\n") });
    format!(
        "POST {root}/{IMPORTED} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {bearer}\r\n\
         Content-Type: application/json\r\n{more}\r\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn bodies_go_on_arriving() {
    let app = app(|http| http.body_timeout = 1).await;
    app.hold_imports();
    let body = json!({ "serialNumber": "1" }).to_string();
    let head = post(&app, &format!("Content-Length: {}", body.len()));
    // In pieces, each in time.
    let mut stream = connect(&app).await;
    stream.write_all(&head).await.unwrap();
    for piece in body.as_bytes().chunks(body.len().div_ceil(3)) {
        tokio::time::sleep(Duration::from_millis(450)).await;
        stream.write_all(piece).await.unwrap();
    }
    assert!(next(&mut stream).await.starts_with("HTTP/1.1 201"), "pieces in time");
    let stored = app.everything().await;

    let chunked = post(&app, "Transfer-Encoding: chunked");
    for (head, start) in [(&head, "{"), (&head, ""), (&chunked, "5\r\n{\"ser\r\n"), (&chunked, "")] {
        let since = Instant::now();
        let mut stream = connect(&app).await;
        stream.write_all(head).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let answer = ends(&mut stream, since).await;
        is_error(&answer, "408", "RequestTimeout");
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    }
    assert_eq!(app.everything().await, stored);
}

#[tokio::test]
async fn requests_end_in_time() {
    let app = app(|http| http.request_timeout = 1).await;
    // Each piece in time, all of them not.
    let since = Instant::now();
    let (mut answer, mut body) = connect(&app).await.into_split();
    body.write_all(&post(&app, "Content-Length: 1000")).await.unwrap();
    let trickle = tokio::spawn(async move {
        while since.elapsed() < 2 * LIMIT && body.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        body
    });
    is_error(&ends(&mut answer, since).await, "408", "RequestTimeout");
    drop(trickle.await);
    assert!(app.everything().await.is_empty());
}

/// Whoever does not take an answer has it taken away.
#[tokio::test]
async fn answers_are_taken_in_time() {
    let app = app(|http| http.body_timeout = 1).await;
    let bearer = app.token(&Caller::writer());
    let request = format!(
        "GET {}/$metadata HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {bearer}\r\n\r\n",
        ROOTS[1].trim_end_matches("/deviceManagement"),
    );
    let (answers, mut requests) = connect(&app).await.into_split();
    // As many as fill what lies between the two; then nothing is read, until it is too late.
    let since = Instant::now();
    let asked = async { while requests.write_all(request.as_bytes()).await.is_ok() {} };
    assert!(tokio::time::timeout(3 * LATEST, asked).await.is_ok(), "still open after {:?}", since.elapsed());
    assert!(since.elapsed() >= LIMIT);
    drop(answers);
    app.get("/healthz").await.expect(200);
}

#[tokio::test]
async fn connections_wait_for_a_place() {
    let app = app(|http| http.max_connections = 2).await;
    // Those of the service itself, which fetches its issuer's keys.
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(&app).await;
        stream.write_all(HEALTH).await.unwrap();
        match tokio::time::timeout(LIMIT, next(&mut stream)).await {
            Ok(_) => held.push(stream),
            Err(_) => break,
        }
    }
    assert!(!held.is_empty());
    let mut waiting = connect(&app).await;
    waiting.write_all(HEALTH).await.unwrap();
    assert!(
        tokio::time::timeout(Duration::from_millis(300), next(&mut waiting)).await.is_err(),
        "a third one"
    );
    held.pop();
    assert!(next(&mut waiting).await.starts_with("HTTP/1.1 200"));
}

/// A head of exactly so many bytes.
fn head_of(bytes: usize) -> Vec<u8> {
    let frame = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: \r\n\r\n".len();
    let filler = "y".repeat(bytes - frame);
    format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: {filler}\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn heads_are_limited_to_the_byte() {
    const LARGEST: usize = 64 * 1024;
    let app = TestApp::start().await;
    assert_eq!(app.raw(&head_of(LARGEST)).await.status, 200);
    assert_eq!(app.raw(&head_of(LARGEST + 1)).await.status, 431);
    // Refused while it is still arriving.
    let mut stream = connect(&app).await;
    let endless = async { while stream.write_all(&[b'y'; 4096]).await.is_ok() {} };
    assert!(tokio::time::timeout(LATEST, endless).await.is_ok(), "an endless head is not refused");

    let many = |headers: usize| {
        let rest = "X: y\r\n".repeat(headers - 2);
        format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{rest}\r\n").into_bytes()
    };
    assert_eq!(app.raw(&many(100)).await.status, 200);
    assert_eq!(app.raw(&many(101)).await.status, 431);
}

#[tokio::test]
async fn settings_of_nought_are_refused() {
    type Change = fn(&mut Http);
    let changes: [(&str, Change); 5] = [
        ("http.header_timeout", |http| http.header_timeout = 0),
        ("http.body_timeout", |http| http.body_timeout = 0),
        ("http.idle_timeout", |http| http.idle_timeout = 0),
        ("http.request_timeout", |http| http.request_timeout = 0),
        ("http.max_connections", |http| http.max_connections = 0),
    ];
    for (name, change) in changes {
        let started = TestApp::try_with(|config| change(&mut config.http)).await;
        let error = started.err().unwrap().to_string();
        assert!(error.starts_with(&format!("{name} is 0")), "{error}");
    }
}

/// HTTP/2, frame by frame (RFC 9113 §4.1).
mod frames {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
    pub const END_STREAM: u8 = 1;
    pub const END_HEADERS: u8 = 4;
    pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags];
        frame.extend_from_slice(&stream.to_be_bytes());
        frame.extend_from_slice(payload);
        frame
    }

    /// A header that stands in no table (RFC 7541 §6.2.2), without compression.
    pub fn header(name: &str, value: &str) -> Vec<u8> {
        let mut bytes = vec![0];
        for text in [name, value] {
            // An integer with a prefix of seven bits (§5.1).
            match text.len() {
                length @ 0..127 => bytes.push(length as u8),
                length => {
                    let mut rest = length - 127;
                    bytes.push(127);
                    while rest >= 128 {
                        bytes.push((rest % 128) as u8 | 128);
                        rest /= 128;
                    }
                    bytes.push(rest as u8);
                }
            }
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }

    pub fn head(method: &str, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
        let own = [(":method", method), (":scheme", "https"), (":authority", "localhost"), (":path", path)];
        own.iter().chain(more).flat_map(|(name, value)| header(name, value)).collect()
    }
}

/// What a server says: kind, stream and payload of each frame until it closes, or says no more.
async fn heard(stream: &mut (impl AsyncRead + Unpin)) -> Vec<(u8, u32, Vec<u8>)> {
    let mut bytes = Vec::new();
    let _ = tokio::time::timeout(LATEST, stream.read_to_end(&mut bytes)).await;
    let (mut frames, mut rest) = (Vec::new(), bytes.as_slice());
    while let Some((head, behind)) = rest.split_at_checked(9) {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let Some((payload, behind)) = behind.split_at_checked(length) else { break };
        let stream = u32::from_be_bytes(head[5..9].try_into().unwrap());
        frames.push((head[3], stream, payload.to_vec()));
        rest = behind;
    }
    frames
}

async fn second_version(site: &Secured) -> impl AsyncRead + AsyncWrite + Send + Unpin + use<> {
    let mut stream = site.handshake(site.connect().await, "localhost", &["h2"]).await.unwrap();
    stream.write_all(frames::PREFACE).await.unwrap();
    stream.write_all(&frames::frame(frames::SETTINGS, 0, 0, &[])).await.unwrap();
    stream
}

async fn secured(change: impl FnOnce(&mut Http)) -> Secured {
    Secured::with(|config| change(&mut config.http)).await
}

/// The service says its limits, and ends the connection of whoever floods it.
#[tokio::test]
async fn floods_of_http_2_end_their_connection() {
    use frames::{CONTINUATION, END_HEADERS, END_STREAM, GOAWAY, HEADERS, RST_STREAM, SETTINGS, frame, head};

    let site = secured(|http| http.header_timeout = 2).await;
    let ready = head("GET", "/healthz", &[]);
    let asked_and_taken_back = |stream: u32| {
        let mut both = frame(HEADERS, END_HEADERS | END_STREAM, stream, &ready);
        both.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
        both
    };
    // Rapid reset, CVE-2023-44487.
    let resets: Vec<u8> = (0..2_000).flat_map(|number| asked_and_taken_back(2 * number + 1)).collect();
    // A head without an end, CVE-2024-27316 and its like.
    let mut endless = frame(HEADERS, 0, 1, &ready);
    for _ in 0..2_000 {
        endless.extend(frame(CONTINUATION, 0, 1, &frames::header("x", &"y".repeat(100))));
    }
    let mut empty = frame(HEADERS, 0, 1, &ready);
    (0..20_000).for_each(|_| empty.extend(frame(CONTINUATION, 0, 1, &[])));
    for (name, flood) in [("resets", resets), ("a head without end", endless), ("empty frames", empty)] {
        let (mut said, mut stream) = tokio::io::split(second_version(&site).await);
        let sending = tokio::spawn(async move {
            // Fails once it is closed.
            let _ = stream.write_all(&flood).await;
            stream
        });
        let said = heard(&mut said).await;
        let settings = &said.iter().find(|(kind, ..)| *kind == SETTINGS).unwrap().2;
        let setting = |number: u8| {
            let found = settings.chunks(6).find(|setting| setting[1] == number).unwrap();
            u32::from_be_bytes(found[2..6].try_into().unwrap())
        };
        assert_eq!((setting(3), setting(6)), (100, 64 * 1024), "streams and bytes of a head");
        let goodbye = said.iter().find(|(kind, ..)| *kind == GOAWAY);
        let reason = goodbye.map(|(.., payload)| u32::from_be_bytes(payload[4..8].try_into().unwrap()));
        // ENHANCE_YOUR_CALM, PROTOCOL_ERROR or COMPRESSION_ERROR.
        assert!(matches!(reason, Some(1 | 9 | 11)), "{name}: {reason:?}");
        drop(sending.await);
    }
    let answer = site.client().get(site.url("/readyz")).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
}

#[tokio::test]
async fn heads_of_http_2_are_limited() {
    let site = secured(|_| {}).await;
    let client = site.client();
    let with = |headers: usize, length: usize| {
        let request = (0..headers).fold(client.get(site.url("/healthz")), |request, number| {
            request.header(format!("x-{number}"), "y".repeat(length))
        });
        request.send()
    };
    assert_eq!(with(90, 10).await.unwrap().status().as_u16(), 200);
    let refused = with(110, 10).await.unwrap();
    assert_eq!(refused.status().as_u16(), 431);
    let body: Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert_eq!(body["error"]["code"], "RequestHeaderFieldsTooLarge");
    // Those that are too large do not leave a client that knows the limit.
    match with(50, 2_000).await {
        Ok(answer) => assert_eq!(answer.status().as_u16(), 431),
        Err(error) => assert!(!error.is_timeout(), "{error:?}"),
    }
}

/// Bodies that stop, and answers that nobody takes.
#[tokio::test]
async fn streams_of_http_2_go_on() {
    use frames::{DATA, END_HEADERS, END_STREAM, HEADERS, SETTINGS, WINDOW_UPDATE, frame, head};

    let site = secured(|http| {
        (http.header_timeout, http.idle_timeout) = (600, 600);
        (http.body_timeout, http.request_timeout) = (1, 1);
    })
    .await;
    let bearer = format!("Bearer {}", site.token());
    let more = [("authorization", &*bearer), ("content-type", "application/json")];
    let path = format!("{}/{IMPORTED}", ROOTS[0]);
    let (mut said, mut stream) = tokio::io::split(second_version(&site).await);
    stream.write_all(&frame(HEADERS, END_HEADERS, 1, &head("POST", &path, &more))).await.unwrap();
    stream.write_all(&frame(DATA, 0, 1, b"{")).await.unwrap();
    // A window of nothing, and an answer that does not fit in.
    stream.write_all(&frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0])).await.unwrap();
    stream.write_all(&frame(WINDOW_UPDATE, 0, 1, &4_096_u32.to_be_bytes())).await.unwrap();
    let path = format!("{}/{DEVICES}", ROOTS[0]);
    let get = frame(HEADERS, END_HEADERS | END_STREAM, 3, &head("GET", &path, &more));
    stream.write_all(&get).await.unwrap();
    let since = Instant::now();
    let said = heard(&mut said).await;
    assert!(since.elapsed() >= LIMIT && since.elapsed() < LATEST, "{:?}", since.elapsed());
    let refused = said.iter().find(|(kind, stream, _)| (*kind, *stream) == (DATA, 1)).unwrap();
    let refused = String::from_utf8_lossy(&refused.2);
    assert!(refused.contains("\"RequestTimeout\""), "{refused}");
    assert!(!said.iter().any(|(kind, stream, data)| (*kind, *stream) == (DATA, 3) && !data.is_empty()));
}

#[tokio::test]
async fn who_asks_nothing_by_http_2_is_let_go() {
    let site = secured(|http| (http.header_timeout, http.idle_timeout) = (600, 1)).await;
    let ready = frames::head("GET", "/healthz", &[]);
    let (mut said, mut stream) = tokio::io::split(second_version(&site).await);
    let get = frames::frame(frames::HEADERS, frames::END_HEADERS | frames::END_STREAM, 1, &ready);
    let since = Instant::now();
    stream.write_all(&get).await.unwrap();
    let said = heard(&mut said).await;
    assert!(since.elapsed() >= LIMIT && since.elapsed() < LATEST, "{:?}", since.elapsed());
    assert!(said.iter().any(|(kind, ..)| *kind == frames::GOAWAY));
    drop(stream);
}
