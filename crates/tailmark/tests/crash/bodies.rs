//! G11: bodies at their limit and beyond, announced and compressed ones; the memory that they cost.

use std::io::Write as _;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::devices::{IMPORTED, sent};
use crate::program::{Answer, Service, Site, answer, figure, in_full};

/// A body of exactly so many bytes: a device, and blanks.
fn body_of(bytes: usize) -> String {
    let device = sent(1..2, "")[0].to_string();
    let (start, end) = device.split_at(1);
    format!("{start}{}{end}", " ".repeat(bytes - device.len()))
}

/// Sends what comes, and reads the answer even where it comes before the end of what is sent.
fn exchange(service: &Service, head: &str, mut send: impl FnMut(&mut TcpStream) + Send) -> Answer {
    let mut stream = service.connect();
    stream.write_all(head.as_bytes()).unwrap();
    let reading = stream.try_clone().unwrap();
    thread::scope(|scope| {
        scope.spawn(move || send(&mut stream));
        answer(reading).unwrap()
    })
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.body.starts_with(&format!("{{\"error\":{{\"code\":\"{code}\"")), "{answer:?}");
}

#[test]
fn limits_are_exact_and_cost_no_memory() {
    // The service's own limit in full.
    let limit = if in_full() { 64 << 20 } else { 4 << 20 };
    let site = Site::new().with("TAILMARK_HTTP_MAX_BODY", &limit);
    let service = site.start();
    service.get("/readyz");
    let before = service.process.largest_memory();
    let chunked = || {
        let head = service.head("POST", IMPORTED, 0);
        head.replace("Content-Length: 0", "Transfer-Encoding: chunked")
    };
    let mut records = 0;
    for (bytes, is_taken) in [(limit, true), (limit + 1, false)] {
        let body = body_of(bytes);
        let plain = exchange(&service, &service.head("POST", IMPORTED, bytes), |stream| {
            // Fails where it was refused at its head.
            let _ = stream.write_all(body.as_bytes());
        });
        let pieces = exchange(&service, &chunked(), |stream| {
            for piece in body.as_bytes().chunks(60_000) {
                let size = format!("{:x}\r\n", piece.len());
                let sent =
                    [size.as_bytes(), piece, b"\r\n"].into_iter().try_for_each(|part| stream.write_all(part));
                if sent.is_err() {
                    return;
                }
            }
            let _ = stream.write_all(b"0\r\n\r\n");
        });
        for answer in [plain, pieces] {
            if is_taken {
                assert_eq!(answer.status, 201, "{answer:?}");
                records += 1;
            } else {
                is_refused(&answer, 413, "RequestEntityTooLarge");
            }
        }
    }
    // Announced and never sent.
    let since = Instant::now();
    for length in [10 << 30, usize::MAX >> 1] {
        is_refused(
            &exchange(&service, &service.head("POST", IMPORTED, length), |_| {}),
            413,
            "RequestEntityTooLarge",
        );
    }
    let announced = since.elapsed();
    assert!(announced < Duration::from_secs(10), "{announced:?}");
    // What would be large if somebody unpacked it: the same few bytes, whatever they are called.
    for encoding in ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x-gzip", "compress"] {
        let head = service.head("POST", IMPORTED, 1_000);
        let head = head.replace("\r\n\r\n", &format!("\r\nContent-Encoding: {encoding}\r\n\r\n"));
        let answer = exchange(&service, &head, |stream| _ = stream.write_all(&[0x1f; 1_000]));
        is_refused(&answer, 415, "UnsupportedContentEncoding");
    }
    assert_eq!(service.count(IMPORTED, "id ne ''"), records);
    let growth = service.process.largest_memory().zip(before).map(|(after, before)| (after - before) >> 20);
    // One body of the largest size is held whole while it is read.
    let allowed = (limit >> 20) + 32;
    assert!(growth.is_none_or(|growth| growth < allowed), "memory grew by {growth:?} MiB");
    figure(
        "G11",
        format_args!(
            "{limit} bytes taken, one more refused, plain and chunked; 10 GiB refused in {announced:.1?}; memory grew by {growth:?} MiB"
        ),
    );
}
