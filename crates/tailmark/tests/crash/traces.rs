//! Traces: what a collector gets of one request.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::devices::IMPORTED;
use crate::program::{Site, answer};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A span as it arrives.
#[derive(Debug, Default)]
struct Span {
    trace: String,
    id: String,
    parent: String,
    name: String,
}

/// A collector on a free port, and what is sent to it: paths and bodies.
fn collector() -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let sender = sender.clone();
            thread::spawn(move || {
                let mut stream = BufReader::new(stream.unwrap());
                while let Some(delivery) = delivery(&mut stream) {
                    let _ = sender.send(delivery);
                }
            });
        }
    });
    (address, received)
}

/// One request, answered.
fn delivery(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first).ok().filter(|read| *read > 0)?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(said) = line.strip_prefix("content-length:") {
            length = said.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok()?;
    Some((first.split(' ').nth(1)?.to_owned(), body))
}

/// The fields of a Protobuf message that have a length, with their numbers.
fn fields(mut message: &[u8]) -> Vec<(u64, &[u8])> {
    fn varint(message: &mut &[u8]) -> u64 {
        let (mut number, mut shift) = (0, 0);
        while let Some((byte, rest)) = message.split_first() {
            *message = rest;
            number |= u64::from(byte & 127) << shift;
            shift += 7;
            if byte & 128 == 0 {
                break;
            }
        }
        number
    }
    let mut fields = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        let length = match key & 7 {
            0 => {
                varint(&mut message);
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut message)).unwrap(),
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (field, rest) = message.split_at(length);
        message = rest;
        if key & 7 == 2 {
            fields.push((key >> 3, field));
        }
    }
    fields
}

fn within<'m>(message: &'m [u8], path: &[u64]) -> Vec<&'m [u8]> {
    path.iter().fold(vec![message], |messages, number| {
        let inside = messages.into_iter().flat_map(fields);
        inside.filter(|(found, _)| found == number).map(|(_, field)| field).collect()
    })
}

/// The spans of an ExportTraceServiceRequest (opentelemetry-proto, `trace/v1/trace.proto`).
fn spans(body: &[u8]) -> Vec<Span> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let read = |message: &[u8]| {
        let mut span = Span::default();
        for (number, field) in fields(message) {
            match number {
                1 => span.trace = hex(field),
                2 => span.id = hex(field),
                4 => span.parent = hex(field),
                5 => span.name = String::from_utf8(field.to_vec()).unwrap(),
                _ => {}
            }
        }
        span
    };
    within(body, &[1, 2, 2]).into_iter().map(read).collect()
}

#[test]
fn a_request_is_a_span_of_the_callers_trace_and_its_stages_are_its_children() {
    let (address, received) = collector();
    let mut site = Site::new();
    site.settings.push(("OTEL_EXPORTER_OTLP_ENDPOINT", address));
    site.settings.push(("OTEL_BSP_SCHEDULE_DELAY", "50".to_owned()));
    let mut service = site.start();
    let head = service.head("GET", &format!("{IMPORTED}?$select=id"), 0);
    let (first, rest) = head.split_once("\r\n").unwrap();
    let mut stream = service.connect();
    write!(stream, "{first}\r\ntraceparent: 00-{TRACE}-{PARENT}-01\r\n{rest}").unwrap();
    assert_eq!(answer(stream).unwrap().status, 200);
    // Whose caller records nothing records nothing here.
    let mut stream = service.connect();
    write!(stream, "{first}\r\ntraceparent: 00-{}-{PARENT}-00\r\n{rest}", TRACE.replace('4', "5")).unwrap();
    assert_eq!(answer(stream).unwrap().status, 200);
    service.process.terminate();
    assert!(service.process.ended().0.success());

    let mut arrived = Vec::new();
    let mut text = String::new();
    while let Ok((path, body)) = received.recv_timeout(Duration::from_millis(500)) {
        assert_eq!(path, "/v1/traces");
        text.push_str(&String::from_utf8_lossy(&body));
        arrived.extend(spans(&body));
    }
    let request = arrived.iter().find(|span| span.parent == PARENT).unwrap_or_else(|| panic!("{arrived:#?}"));
    assert_eq!((&*request.trace, &*request.name), (TRACE, "request"));
    let inside: Vec<&Span> = arrived.iter().filter(|span| span.parent == request.id).collect();
    let mut names: Vec<&str> = inside.iter().map(|span| &*span.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["answer", "bind", "parse", "verify", "write"]);
    assert!(arrived.iter().all(|span| span.trace == TRACE), "{arrived:#?}");
    for said in ["service.name", "tailmark", "http.route", IMPORTED, "http.request.method", "GET"] {
        assert!(text.contains(said), "{said} is missing");
    }
    assert!(!text.contains("Bearer") && !text.contains(&site.token), "a token was sent");
}

#[test]
fn without_a_collector_that_answers_the_service_goes_on_and_ends_in_time() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut site = Site::new();
    site.settings.push(("TAILMARK_TELEMETRY_OTLP_ENDPOINT", format!("http://{nobody}")));
    let mut service = site.start();
    service.get(IMPORTED);
    service.process.terminate();
    let (status, after) = service.process.ended();
    assert!(status.success() && after < Duration::from_secs(4), "{status} after {after:?}");
}
