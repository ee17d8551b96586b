//! G6: where a message ends is never in doubt. Framings that two readers could read differently are refused, or read in the
//! one right way; what is inside is never taken for a second request.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::devices::{DEVICES, IMPORTED};
use crate::program::{Service, Site};

/// What stands where only one of two readers sees a request.
const INSIDE: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
/// An answer's body, by which it is known that the request inside was taken for one.
const TAKEN: &str = "\r\n\r\nok";

/// What is to come of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// 400 or the like and the end of the connection, or the end alone.
    Refused,
    /// The same, or one answer.
    Either,
}
use Fate::{Either, Refused};

/// The headers of a request and what comes after its head.
fn messages() -> Vec<(Fate, String, String)> {
    let length = INSIDE.len();
    let chunk = format!("{length:x}\r\n{INSIDE}\r\n0\r\n\r\n");
    let (chunk, empty) = (chunk.as_str(), format!("0\r\n\r\n{INSIDE}"));
    let mut all: Vec<(Fate, String, String)> = Vec::new();
    // How long: the request inside stands behind what one reader takes for the end.
    let lengths = [
        (Refused, format!("Content-Length: 0\r\nContent-Length: {length}")),
        (Refused, format!("Content-Length: {length}\r\nContent-Length: 0")),
        (Refused, format!("Content-Length: 0, {length}")),
        (Refused, "Content-Length: +0".to_owned()),
        (Refused, "Content-Length: -1".to_owned()),
        (Refused, "Content-Length: 0x0".to_owned()),
        (Refused, "Content-Length: 0 0".to_owned()),
        (Refused, "Content-Length: 0;".to_owned()),
        (Refused, "Content-Length: 0e0".to_owned()),
        (Refused, "Content-Length: ".to_owned()),
        (Refused, "Content-Length: 18446744073709551616".to_owned()),
        (Refused, "Content-Length: 99999999999999999999999999".to_owned()),
        (Refused, "Content-Length: \u{ff10}".to_owned()),
        (Refused, "Content-Length : 0".to_owned()),
        (Refused, "Content-Length\t: 0".to_owned()),
        (Refused, " Content-Length: 0".to_owned()),
        (Refused, "Content-Length:\r\n 0".to_owned()),
        (Refused, "X: y\r\n Content-Length: 0".to_owned()),
        (Refused, "X: y\rContent-Length: 0".to_owned()),
        (Refused, "X: \0\r\nContent-Length: 0".to_owned()),
        (Refused, "X Y: z\r\nContent-Length: 0".to_owned()),
        (Refused, ": z\r\nContent-Length: 0".to_owned()),
        (Refused, "X\r\nContent-Length: 0".to_owned()),
    ];
    all.extend(lengths.map(|(fate, headers)| (fate, headers, INSIDE.to_owned())));
    // The same, where there is one right reading: the request inside is the body.
    let right = [
        format!("Content-Length: {length}\r\nContent-Length: {length}"),
        format!("Content-Length: {length}, {length}"),
        format!("Content-Length:{length}"),
        format!("Content-Length: \t {length} \t"),
        format!("Content-Length: 000{length}"),
        format!("X: y\nContent-Length: {length}"),
        format!("Transfer_Encoding: chunked\r\nContent-Length: {length}"),
        format!("X-Transfer-Encoding: chunked\r\nContent-Length: {length}"),
    ];
    all.extend(right.map(|headers| (Either, headers, INSIDE.to_owned())));
    // Lengths and chunks at once: one reader sees nothing and then a request, the other a body.
    for headers in [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked", empty.len()),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}", empty.len()),
        format!("Content-Length: {}\r\nTransfer-Encoding: CHUNKED", empty.len()),
        format!("Content-Length: {}\r\nTransfer-Encoding: \tchunked", empty.len()),
        format!("Content-Length: {}\r\nTransfer-Encoding:chunked", empty.len()),
        format!("Content-Length: {}\r\ntransfer-encoding: chunked\r\nTransfer-Encoding: x", empty.len()),
    ] {
        all.push((Refused, headers, empty.clone()));
    }
    // Encodings that are none, or not the last.
    for encoding in [
        "xchunked",
        "chunke",
        "chunked, gzip",
        "chunked, identity",
        "chunked, chunked",
        "gzip, chunked",
        "chunked x",
        "identity",
        "gzip",
        "chunked;q=1",
        "\"chunked\"",
        "",
        ",",
        "\u{b}chunked",
        "chunked\0",
        "chunked\u{a0}",
        "ch unked",
    ] {
        all.push((Refused, format!("Transfer-Encoding: {encoding}"), empty.clone()));
    }
    for headers in [
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        " Transfer-Encoding: chunked",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: x",
    ] {
        all.push((Refused, headers.to_owned(), empty.clone()));
    }
    for headers in [
        "Transfer-Encoding: chunked",
        "transfer-encoding: Chunked",
        "Transfer-Encoding: \t chunked \t",
        "X: y\nTransfer-Encoding: chunked",
        "Transfer-Encoding: , chunked",
    ] {
        all.push((Either, headers.to_owned(), chunk.to_owned()));
    }
    // Sizes of chunks.
    let sizes = [
        "G",
        "-1",
        "+5",
        "0x5",
        "",
        ";x",
        "5 5",
        "5\u{b}",
        "FFFFFFFFFFFFFFFFF",
        "10000000000000005",
        "5_",
        "\u{ff15}",
    ];
    let chunked = |fate, body: String| (fate, "Transfer-Encoding: chunked".to_owned(), body);
    all.extend(sizes.map(|size| chunked(Refused, format!("{size}\r\n12345\r\n0\r\n\r\n{INSIDE}"))));
    for body in [
        format!("5\r\n12345X\r\n0\r\n\r\n{INSIDE}"),
        format!("5\r\n123450\r\n\r\n{INSIDE}"),
        format!("5\r\n12345\n0\r\n\r\n{INSIDE}"),
        format!("5\rX12345\r\n0\r\n\r\n{INSIDE}"),
        format!("5;a\n12345\r\n0\r\n\r\n{INSIDE}"),
        format!("5\r\n12345\r\n0\r\nX\r\n\r\n{INSIDE}"),
        format!("5\r\n12345\r\n0\r\n X: y\r\n\r\n{INSIDE}"),
        format!("5;{}\r\n12345\r\n0\r\n\r\n{INSIDE}", "x".repeat(100_000)),
        format!("5\r\n12345\r\n0\r\n{}\r\n{INSIDE}", "X: y\r\n".repeat(2_000)),
    ] {
        all.push(chunked(Refused, body));
    }
    let inside = |size: String, end: &str| format!("{size}\r\n{INSIDE}\r\n0\r\n{end}\r\n");
    for body in [
        inside(format!("{length:X}"), ""),
        inside(format!("000000{length:x}"), ""),
        inside(format!("{length:x} "), ""),
        inside(format!("{length:x};a=b"), ""),
        inside(format!("{length:x};a=\"b\""), ""),
        inside(format!("{length:x}"), "X: y\r\n"),
        inside(format!("{length:x}"), "Content-Length: 5\r\n"),
        format!("{length:x}\n{INSIDE}\r\n0\r\n\r\n"),
    ] {
        all.push(chunked(Either, body));
    }
    all
}

/// Request lines and hosts.
const LINES: [(Fate, &str); 26] = [
    (Refused, "GET /readyz\r\n\r\n"),
    (Refused, "GET  /readyz HTTP/1.1\r\nHost: x\r\n\r\n"),
    (Refused, "GET /readyz  HTTP/1.1\r\nHost: x\r\n\r\n"),
    (Refused, " GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"),
    (Refused, "GET /readyz HTTP/1.1 x\r\nHost: x\r\n\r\n"),
    (Refused, "GET /readyz HTTP/1.2\r\nHost: x\r\n\r\n"),
    (Refused, "GET /readyz HTTP/11\r\nHost: x\r\n\r\n"),
    (Refused, "GET /readyz HTTP/3.0\r\nHost: x\r\n\r\n"),
    (Refused, "GET /readyz http/1.1\r\nHost: x\r\n\r\n"),
    (Refused, "GET /readyz HTTP/1.1\rHost: x\r\n\r\n"),
    (Refused, "GET /ready z HTTP/1.1\r\nHost: x\r\n\r\n"),
    (Refused, "GET /readyz\0 HTTP/1.1\r\nHost: x\r\n\r\n"),
    (Either, "GET readyz HTTP/1.1\r\nHost: x\r\n\r\n"),
    (Refused, "GE(T /readyz HTTP/1.1\r\nHost: x\r\n\r\n"),
    (Refused, "\u{feff}GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"),
    (Refused, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    (Refused, "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}"),
    (Refused, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0"),
    (Either, "\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"),
    (Either, "GET /readyz HTTP/1.1\nHost: x\n\n"),
    (Either, "GET http://x/readyz HTTP/1.1\r\nHost: x\r\n\r\n"),
    (Either, "GET http://y/readyz HTTP/1.1\r\nHost: x\r\n\r\n"),
    (Either, "GET /readyz HTTP/1.0\r\n\r\n"),
    (Either, "GET /readyz#x HTTP/1.1\r\nHost: x\r\n\r\n"),
    (
        Either,
        "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    ),
    (Either, "GET /readyz HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n"),
];

/// Sends it, waits for the end, and says how many answers there were and what the first one's status was.
fn fate(service: &Service, sent: &str, fate: Fate) {
    let mut stream = TcpStream::connect(&service.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // It may have been refused before all of it is sent.
    let _ = stream.write_all(sent.as_bytes());
    if fate == Either {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => bytes.extend_from_slice(&piece[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("not closed, {error}: {sent:?} got {:?}", String::from_utf8_lossy(&bytes)),
        }
    }
    let said = String::from_utf8_lossy(&bytes);
    let statuses: Vec<&str> = said
        .split("HTTP/1.")
        .skip(1)
        .filter_map(|answer| answer.get(2..5))
        .filter(|status| *status != "100")
        .collect();
    assert!(statuses.len() <= 1, "{} answers to {sent:?}: {said}", statuses.len());
    assert!(!said.contains(TAKEN), "what is inside {sent:?} was answered: {said}");
    let is_refused =
        statuses.iter().all(|status| status.starts_with('4') || matches!(*status, "501" | "505"));
    let is_answered = statuses.iter().all(|status| *status == "200");
    assert!(is_refused || fate == Either && is_answered, "{statuses:?} for {sent:?}");
}

#[test]
fn no_framing_hides_a_request() {
    let site = Site::new();
    let service = site.start();
    let messages = messages();
    let head = |token: &str| {
        let token =
            if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        format!(
            "POST {IMPORTED} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{token}",
            service.address
        )
    };
    // Who is refused for his token has had nothing read of the body; who has one has all of it read.
    for (expected, headers, body) in &messages {
        for token in ["", &service.token] {
            fate(&service, &format!("{}{headers}\r\n\r\n{body}", head(token)), *expected);
        }
        // What is good for HTTP/1.1 only is no better by an older version.
        if headers.contains("Transfer-Encoding: chunked") {
            let old = head("").replace("HTTP/1.1", "HTTP/1.0");
            fate(&service, &format!("{old}{headers}\r\n\r\n{body}"), *expected);
        }
    }
    for (expected, line) in LINES {
        fate(&service, line, expected);
    }
    let stored = service.get(&format!("{IMPORTED}?$select=id")).body;
    assert!(stored.contains("\"value\":[]"), "{stored}");
    assert_eq!(service.count(DEVICES, "serialNumber ne ''"), 0);
    crate::program::figure(
        "G6",
        format_args!("{} framings, 0 second requests", 2 * messages.len() + LINES.len()),
    );
}

/// Two requests in one piece are two requests, whatever has become of the first.
#[test]
fn requests_that_are_sent_together_are_answered_in_turn() {
    let site = Site::new();
    let service = site.start();
    let body = "x".repeat(20);
    let sent = format!(
        "POST {IMPORTED} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}{INSIDE}\
         GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = service.connect();
    stream.write_all(sent.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    let statuses: Vec<&str> = said.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    // A body that nobody wants is passed over, or is the end of the connection.
    assert!(matches!(statuses[..], ["401"] | ["401", "200", "200"]), "{said}");
}
