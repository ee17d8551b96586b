//! SIGTERM: whoever says nothing does not hold the end up, and whoever is being answered is not cut off.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::devices::{IMPORTED, UPLOADS, sent, upload};
use crate::program::{Service, Site, answer, poll};

const PROMPT: Duration = Duration::from_secs(2);

/// The end has come, in time and without complaint.
#[track_caller]
fn ends(mut service: Service) {
    let (status, after) = service.process.ended();
    assert_eq!(status.code(), Some(0));
    assert!(after < PROMPT, "it took {after:?}");
}

fn sending(service: &Service, text: &str) -> TcpStream {
    let mut stream = service.connect();
    stream.write_all(text.as_bytes()).unwrap();
    stream
}

/// Waits until the service has stopped listening.
fn closed(service: &Service) {
    poll("the closed port", || TcpStream::connect(&service.address).is_err().then_some(()));
}

#[test]
fn idle_and_half_open_connections_do_not_delay_the_end() {
    let site = Site::new();
    let service = site.start();
    let silent = service.connect();
    let mut idle = sending(&service, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    let half_a_head = sending(&service, "GET /healthz HTTP/1.1\r\nHos");
    let head = service.head("POST", UPLOADS, 1000);
    let half_a_body = sending(&service, &format!("{head}{{\"deviceIden"));
    let mut once_more = sending(&service, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    for stream in [&mut idle, &mut once_more] {
        assert_ne!(stream.read(&mut [0; 1024]).unwrap(), 0);
    }
    once_more.write_all(b"GET /healthz HT").unwrap();
    assert_eq!(service.get("/healthz").body, "ok");
    service.process.terminate();
    ends(service);
    drop((silent, idle, half_a_head, half_a_body, once_more));
}

#[test]
fn a_signal_during_the_start_ends_it_cleanly() {
    let site = Site::new();
    for _ in 0..3 {
        let mut process = site.spawn();
        poll("the opened database", || process.has_open(&site.database()).then_some(()));
        process.terminate();
        let (status, after) = process.ended();
        assert_eq!(status.code(), Some(0), "{status}");
        assert!(after < PROMPT, "it took {after:?}");
    }
}

#[test]
fn a_request_that_is_still_arriving_is_answered() {
    let site = Site::new();
    let service = site.start();
    let body = upload(&sent(0..300, "last"));
    let (first, rest) = body.split_at(body.len() / 2);
    let mut stream = sending(&service, &format!("{}{first}", service.head("POST", UPLOADS, body.len())));
    // The head has arrived when a later request has been answered.
    assert_eq!(service.get("/healthz").body, "ok");
    service.process.terminate();
    closed(&service);
    stream.write_all(rest.as_bytes()).unwrap();
    assert_eq!(answer(stream).unwrap().status, 201);
    ends(service);
    let service = site.start();
    poll("the devices", || {
        (service.count(IMPORTED, "state/deviceImportStatus eq 'complete'") == 300).then_some(())
    });
}

#[test]
fn an_answer_under_way_is_not_cut() {
    let site = Site::new();
    let service = site.start();
    // More than the buffers between two sockets hold.
    let body = upload(&sent(0..4_000, ""));
    let created = service.post(UPLOADS, &body);
    assert_eq!(created.status, 201);
    let created: serde_json::Value = serde_json::from_str(&created.body).unwrap();
    let path = format!("{UPLOADS}/{}/autopilotDeviceStream", created["id"].as_str().unwrap());
    let mut stream = sending(&service, &service.head("GET", &path, 0));
    let mut first = [0; 5];
    stream.read_exact(&mut first).unwrap();
    service.process.terminate();
    closed(&service);
    let mut text = Vec::from(first);
    stream.read_to_end(&mut text).unwrap();
    assert!(text.len() > 4_000 * 4_000, "cut after {} bytes", text.len());
    assert!(text.ends_with(b"\"}"));
    ends(service);
}
