//! G15: the clock jumps while imports are under way. libfaketime tells the program the time; where it is not installed the
//! test says so and is left out.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use autopilot::model::READ_WRITE;
use odata::value::DateTimeOffset;
use tailmark::clock;
use tailmark::issuer::{DEFAULT_TENANT, Issuer, TokenKind, TokenRequest};

use crate::devices::{DEVICES, IMPORT, IMPORTED, UPLOADS, import, sent};
use crate::program::{Service, Site, figure, poll};

const TICKS: i64 = 10_000_000;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// Each from the true time.
const JUMPS: [i64; 6] = [3 * DAY, -2 * HOUR, 400 * DAY, 370 * DAY, -30 * DAY, 0];
const EACH: usize = 250;
const IN_TIME: Duration = Duration::from_secs(60);

fn libfaketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
    let mut places = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    places.find(|place| place.exists())
}

/// A token that is good by the clock of the program.
fn token(site: &Site, jump: i64) -> String {
    let issuer = Issuer::open_or_create(&site.data(), "http://127.0.0.1:4280").unwrap();
    let kind = TokenKind::Delegated { user: "admin@contoso.example".to_owned() };
    let mut request = TokenRequest::new(DEFAULT_TENANT, kind, clock::unix_seconds() + jump);
    request.permissions = vec![READ_WRITE.to_owned()];
    issuer.sign(&request).unwrap()
}

#[test]
fn a_clock_that_jumps_stops_nothing_and_loses_nothing() {
    let Some(library) = libfaketime() else {
        println!("left out, for there is no libfaketime (Debian's package `faketime`)");
        return;
    };
    let site = Site::new();
    let time = site.place("time");
    fs::write(&time, "+0").unwrap();
    let site = site
        .with("LD_PRELOAD", &library.display())
        .with("FAKETIME_TIMESTAMP_FILE", &time.display())
        .with("FAKETIME_NO_CACHE", &1)
        // As in truth: what counts seconds since the start of the machine does not jump.
        .with("FAKETIME_DONT_FAKE_MONOTONIC", &1)
        .with("NO_FAKE_STAT", &1);
    let mut service = site.start();
    let mut requests = 0;
    let mut slowest = Duration::ZERO;
    let mut send = |service: &Service| {
        let devices = sent(requests * EACH..(requests + 1) * EACH, "");
        requests += 1;
        assert_eq!(service.post(IMPORT, &import(&devices)).status, 200);
    };
    let under_way = "state/deviceImportStatus in ('unknown','pending')";
    for jump in JUMPS {
        // Some of it is claimed, some not.
        send(&service);
        fs::write(&time, format!("{jump:+}")).unwrap();
        let since = Instant::now();
        service.token = token(&site, jump);
        send(&service);
        // The program does live at that time.
        let today = || {
            DateTimeOffset { ticks: (clock::unix_seconds() + jump) * TICKS, offset_minutes: 0 }.to_string()
        };
        let before = today();
        let created = service.post(UPLOADS, "{}");
        let days = [before, today()].map(|time| format!("\"createdDateTimeUtc\":\"{}", &time[..10]));
        assert!(days.iter().any(|day| created.body.contains(day)), "{days:?}: {created:?}");
        poll("the end of the imports", || (service.count(IMPORTED, under_way) == 0).then_some(()));
        assert!(since.elapsed() < IN_TIME, "{:?} after a jump to {jump} s", since.elapsed());
        slowest = slowest.max(since.elapsed());
        assert_eq!(service.get("/readyz").body, "ready");
    }
    // A program that was killed with work in hand goes on with it at another time.
    send(&service);
    service.process.kill();
    fs::write(&time, format!("{:+}", -7 * DAY)).unwrap();
    let mut service = site.start();
    service.token = token(&site, -7 * DAY);
    poll("the end of the imports", || (service.count(IMPORTED, under_way) == 0).then_some(()));
    let devices = requests * EACH;
    assert_eq!(service.count(IMPORTED, "state/deviceImportStatus eq 'complete'"), devices);
    assert_eq!(service.count(DEVICES, "serialNumber ne ''"), devices);
    service.process.terminate();
    assert_eq!(service.process.ended().0.code(), Some(0));
    figure(
        "G15",
        format_args!(
            "{} jumps and a restart, {devices} devices, 0 lost, all final at most {slowest:.1?} after a jump",
            JUMPS.len()
        ),
    );
}
