//! Many connections: slow ones, dropped ones, and those who ask all the time. Others are served as if they were not there.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::devices::{IMPORTED, UPLOADS, sent, upload};
use crate::program::{Service, Site, figure, in_full, poll};

/// What most of some requests take at most: the time below which 99 of 100 are.
fn slowest(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

/// So many requests, by four at a time; none may fail.
fn asked(service: &Service, requests: usize) -> Duration {
    let ask = || {
        let since = Instant::now();
        let answer = service.ask("GET", &format!("{IMPORTED}?$top=5"), "").unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        since.elapsed()
    };
    let four = || (0..requests / 4).map(|_| ask()).collect::<Vec<_>>();
    let mut times: Vec<Duration> = thread::scope(|scope| {
        let threads = [(); 4].map(|()| scope.spawn(four));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    slowest(&mut times)
}

/// G9.
#[test]
fn slow_clients_hurt_nobody() {
    let site = Site::new().with("TAILMARK_HTTP_HEADER_TIMEOUT", &if in_full() { 10 } else { 2 });
    let service = site.start();
    assert_eq!(service.post(UPLOADS, &upload(&sent(0..10, ""))).status, 201);
    asked(&service, 40);
    let (requests, clients) = (if in_full() { 2_000 } else { 200 }, 250);
    let idle = asked(&service, requests);

    let half_a_body = format!("{}{{", service.head("POST", UPLOADS, 100_000));
    let unread = service.head("GET", "/beta/$metadata", 0).replace("Connection: close\r\n", "").repeat(50);
    let kinds = [
        "",
        "GET /healthz HTTP/1.1\r\nHost",
        &half_a_body,
        &unread,
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    ];
    let began = Instant::now();
    let mut slow: Vec<TcpStream> = (0..clients)
        .map(|number| {
            let mut stream = service.connect();
            stream.write_all(kinds[number % kinds.len()].as_bytes()).unwrap();
            stream
        })
        .collect();
    let is_over = AtomicBool::new(false);
    let crowded = thread::scope(|scope| {
        let trickle = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                for (number, stream) in
                    slow.iter_mut().enumerate().filter(|(number, _)| (1..3).contains(&(number % 5)))
                {
                    // Fails once it has been dropped.
                    let _ = stream.write_all(if number % 5 == 1 { b"x" } else { b" " });
                }
                thread::sleep(Duration::from_millis(200));
            }
        });
        let crowded = asked(&service, requests);
        is_over.store(true, Ordering::Relaxed);
        trickle.join().unwrap();
        crowded
    });
    // Those with half a head, or none, are gone after the time that a head may take.
    for stream in slow.iter_mut().enumerate().filter(|(number, _)| number % 5 < 2).map(|(_, stream)| stream) {
        // Reset or closed is the same here.
        let ended = stream.read(&mut [0; 64]).map_err(|error| error.kind());
        assert!(matches!(ended, Ok(0) | Err(ErrorKind::ConnectionReset)), "half a head is kept: {ended:?}");
    }
    let gone = began.elapsed();
    let ratio = crowded.as_secs_f64() / idle.as_secs_f64();
    figure(
        "G9",
        format_args!(
            "0 errors, p99 {idle:.1?} alone and {crowded:.1?} with {clients} slow clients: {ratio:.2}x; the last half head gone after {gone:.1?}"
        ),
    );
}

/// G10.
#[test]
fn dropped_connections_leave_nothing_behind() {
    const CONNECTIONS: usize = 3_000;
    let site = Site::new();
    let service = site.start();
    service.get("/readyz");
    let before = service.process.descriptors();
    let half_a_body = format!("{}{{", service.head("POST", UPLOADS, 100_000));
    let starts =
        ["", "GET /hea", &half_a_body, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "\u{16}\u{3}\u{1}"];
    let refused = AtomicUsize::new(0);
    let since = Instant::now();
    thread::scope(|scope| {
        for part in 0..8 {
            let (starts, refused, service) = (&starts, &refused, &service);
            scope.spawn(move || {
                for number in (part..CONNECTIONS).step_by(8) {
                    match TcpStream::connect(&service.address) {
                        // Dropped at once; what was not read makes it a reset.
                        Ok(mut stream) => _ = stream.write_all(starts[number % starts.len()].as_bytes()),
                        Err(_) => _ = refused.fetch_add(1, Ordering::Relaxed),
                    }
                }
            });
        }
    });
    let took = since.elapsed();
    let refused = refused.into_inner();
    assert!(refused * 100 < CONNECTIONS, "{refused} of {CONNECTIONS} were refused");
    service.get("/readyz");
    let after = poll("the descriptors that were there before", || {
        let now = service.process.descriptors();
        // The service's own to its issuer come and go.
        now.zip(before).is_none_or(|(now, before)| now <= before + 4).then_some(now)
    });
    figure(
        "G10",
        format_args!(
            "{refused} of {CONNECTIONS} refused in {took:.1?}; descriptors {before:?} before, {after:?} after"
        ),
    );
}

/// G12: many devices in one upload while many ask how far it is.
#[test]
fn a_big_upload_under_pollers() {
    let (devices, pollers) = if in_full() { (10_000, 150) } else { (1_000, 30) };
    let site = Site::new();
    let service = site.start();
    let body = upload(&sent(0..devices, ""));
    assert_eq!(service.post(UPLOADS, &upload(&sent(900_000..900_001, ""))).status, 201);
    service.get(&format!("{UPLOADS}?$top=1"));
    let before = service.process.largest_memory();
    let is_over = AtomicBool::new(false);
    let asked = AtomicUsize::new(0);
    let under_way = "state/deviceImportStatus in ('unknown','pending')";
    let (accepted, settled) = thread::scope(|scope| {
        for _ in 0..pollers {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let answer =
                        service.ask("GET", &format!("{UPLOADS}?$top=1&$select=id,status"), "").unwrap();
                    assert_eq!(answer.status, 200, "{answer:?}");
                    asked.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(100));
                }
            });
        }
        let since = Instant::now();
        let answer = service.post(UPLOADS, &body);
        assert_eq!(answer.status, 201, "{:.300}", answer.body);
        let accepted = since.elapsed();
        poll("the end of the import", || (service.count(IMPORTED, under_way) == 0).then_some(()));
        is_over.store(true, Ordering::Relaxed);
        (accepted, since.elapsed())
    });
    assert_eq!(service.count(IMPORTED, "state/deviceImportStatus eq 'complete'"), devices + 1);
    assert!(settled < Duration::from_secs(30), "all final after {settled:?}");
    let growth = service.process.largest_memory().zip(before).map(|(after, before)| (after - before) >> 20);
    figure(
        "G12",
        format_args!(
            "{devices} devices ({} MiB) under {pollers} pollers, {asked:?} requests, 0 errors: accepted in {accepted:.1?}, final in {settled:.1?}, memory grew by {growth:?} MiB",
            body.len() >> 20
        ),
    );
}
