//! G3: what is acknowledged is on the disk. strace watches the program; where it is not installed, or may not watch, the test
//! says so and is left out.

use std::fs;
use std::process::Command;

use crate::devices::UPLOADS;
use crate::program::{Site, figure};

const REQUESTS: usize = 20;

#[test]
fn every_success_is_synced_before_it_is_told() {
    let mut site = Site::new();
    let trace = site.place("trace");
    let options =
        ["-f", "-qq", "-e", "trace=fsync,fdatasync,write,writev,sendto,sendmsg", "-e", "signal=none", "-o"];
    let strace = |end: &[&str]| {
        let options = options.map(str::to_owned);
        let trace = trace.to_str().unwrap().to_owned();
        [
            vec!["strace".to_owned()],
            end.iter().copied().map(str::to_owned).collect(),
            options.to_vec(),
            vec![trace],
        ]
        .concat()
    };
    let line = strace(&[]);
    if !Command::new(&line[0])
        .args(&line[1..])
        .arg("true")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        println!("left out, for there is no strace that may watch a program (Debian's package `strace`)");
        return;
    }
    // As a grandchild, so that the program is our child and gets our signals.
    site.starter = strace(&["-D"]);
    let mut service = site.start();
    for _ in 0..REQUESTS {
        // Without devices, so that the worker has nothing to sync meanwhile.
        assert_eq!(service.post(UPLOADS, "{}").status, 201);
    }
    service.process.terminate();
    assert_eq!(service.process.ended().0.code(), Some(0));
    let trace = fs::read_to_string(&trace).unwrap();
    let (mut told, mut is_synced) = (0, false);
    for line in trace.lines() {
        if line.contains("sync") && line.ends_with("= 0") {
            is_synced = true;
        } else if line.contains("\"HTTP/1.1 201") {
            assert!(is_synced, "answer {told} came before its sync");
            (told, is_synced) = (told + 1, false);
        }
    }
    assert_eq!(told, REQUESTS, "{trace:.2000}");
    figure("G3", format_args!("{told} of {REQUESTS} synced before the answer"));
}
