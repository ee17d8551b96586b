//! Two replicas on one PostgreSQL, and twenty faults: a replica killed, both, PostgreSQL killed, a replica stopped past its
//! lease.
//!
//! Nothing that was acknowledged is lost, no device is registered twice, what was final stays so, and what one replica
//! has acknowledged the other shows at once.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cluster::Cluster;
use crate::devices::{DEVICES, IMPORT, IMPORTED, import, sent};
use crate::program::{Service, Site, poll};

/// Devices of one request.
const DEVICES_EACH: usize = 40;
const FAULTS: usize = 20;

#[derive(Clone, Copy, Debug)]
enum Fault {
    KillFirst,
    KillSecond,
    KillBoth,
    KillDatabase,
    /// Stopped for longer than its lease, and then woken up.
    Stop,
}

const PLAN: [Fault; 5] =
    [Fault::KillFirst, Fault::Stop, Fault::KillDatabase, Fault::KillBoth, Fault::KillSecond];

struct World {
    cluster: Cluster,
    site: Site,
    replicas: Vec<Service>,
    requests: usize,
    acknowledged: HashSet<String>,
    /// Import record to final state, as first seen.
    finals: HashMap<String, Value>,
}

impl World {
    fn new(cluster: Cluster) -> Self {
        let mut site = Site::new();
        site.settings = vec![
            ("TAILMARK_DATABASE_URL", cluster.create().unwrap()),
            ("TAILMARK_IMPORT_LEASE", "1".to_owned()),
            // Every kill may meet the same device.
            ("TAILMARK_IMPORT_ATTEMPTS", "100".to_owned()),
        ];
        // Both at once, on an empty database.
        let (first, second) = (site.spawn(), site.spawn());
        let replicas = vec![first.ready(&site.token), second.ready(&site.token)];
        Self { cluster, site, replicas, requests: 0, acknowledged: HashSet::new(), finals: HashMap::new() }
    }

    /// Sends devices to a replica; says their tag, and whether it was acknowledged.
    fn send(&mut self, replica: usize) -> (String, bool) {
        let number = self.requests;
        self.requests += 1;
        let tag = format!("R{number:03}");
        let devices = sent(number * DEVICES_EACH..(number + 1) * DEVICES_EACH, &tag);
        let answer = self.replicas[replica].ask("POST", IMPORT, &import(&devices));
        let acknowledged = answer.is_ok_and(|answer| answer.status == 200);
        if acknowledged {
            self.acknowledged.insert(tag.clone());
        }
        (tag, acknowledged)
    }

    fn restart(&mut self, replica: usize) {
        let new = self.site.start();
        assert!(new.ready_after < Duration::from_secs(5), "ready after {:?}", new.ready_after);
        let old = std::mem::replace(&mut self.replicas[replica], new);
        old.process.kill();
    }

    fn fault(&mut self, fault: Fault) {
        match fault {
            Fault::KillFirst => self.restart(0),
            Fault::KillSecond => self.restart(1),
            Fault::KillBoth => {
                for service in self.replicas.drain(..) {
                    service.process.kill();
                }
                self.replicas = vec![self.site.start(), self.site.start()];
            }
            Fault::Stop => {
                self.replicas[0].process.signal("-STOP");
                // The other takes over what the stopped one has claimed, once the lease is over.
                let under_way = "state/deviceImportStatus in ('unknown','pending')";
                poll("the other replica's work", || {
                    (self.replicas[1].count(IMPORTED, under_way) == 0).then_some(())
                });
                self.replicas[0].process.signal("-CONT");
            }
            Fault::KillDatabase => {
                self.cluster.kill().unwrap();
                let since = Instant::now();
                for replica in &self.replicas {
                    let health = |path| replica.ask("GET", path, "").unwrap().status;
                    assert_eq!(replica.ask("GET", DEVICES, "").unwrap().status, 503);
                    assert_eq!((health("/healthz"), health("/readyz")), (200, 503));
                }
                assert!(since.elapsed() < Duration::from_secs(10), "503 after {:?}", since.elapsed());
                self.cluster.restart().unwrap();
                for replica in &self.replicas {
                    let ready = || replica.ask("GET", "/readyz", "").is_ok_and(|answer| answer.status == 200);
                    poll("the database again", || ready().then_some(()));
                }
            }
        }
    }

    /// Compares final states with those seen before, and keeps what is new.
    fn look(&mut self, replica: usize) {
        let filter = "state/deviceImportStatus in ('complete','error')";
        for record in self.replicas[replica].all(&format!("{IMPORTED}?$filter={filter}&$select=id,state")) {
            let (state, id) = (&record["state"], record["id"].as_str().unwrap().to_owned());
            assert_eq!(state["deviceImportStatus"], "complete", "{record}");
            let first = self.finals.entry(id).or_insert_with(|| state.clone());
            assert_eq!(first, state, "{record} had ended otherwise before");
        }
    }
}

#[test]
fn twenty_faults_lose_nothing_and_double_nothing() {
    let cluster = match Cluster::start() {
        Ok(cluster) => cluster,
        Err(reason) => {
            // Not by a macro: what those print is kept back.
            let _ = writeln!(std::io::stderr(), "not tested here: replicas on PostgreSQL ({reason})");
            return;
        }
    };
    let mut world = World::new(cluster);
    for (number, fault) in PLAN.into_iter().cycle().take(FAULTS).enumerate() {
        let (tag, acknowledged) = world.send(number % 2);
        assert!(acknowledged, "nothing was wrong before fault {number}");
        let there = world.replicas[1 - number % 2].count(IMPORTED, &format!("groupTag eq '{tag}'"));
        assert_eq!(there, DEVICES_EACH, "the other replica does not show what was acknowledged");
        world.fault(fault);
        world.look(number % 2);
    }
    let service = &world.replicas[0];
    let under_way = "state/deviceImportStatus in ('unknown','pending')";
    poll("the end of all imports", || (service.count(IMPORTED, under_way) == 0).then_some(()));
    world.look(1);

    let service = &world.replicas[0];
    for tag in &world.acknowledged {
        assert_eq!(service.count(IMPORTED, &format!("groupTag eq '{tag}'")), DEVICES_EACH, "{tag} was lost");
    }
    assert_eq!(world.acknowledged.len(), FAULTS);
    let devices = service.all(&format!("{DEVICES}?$select=id,serialNumber"));
    let serials: HashSet<&str> =
        devices.iter().map(|device| device["serialNumber"].as_str().unwrap()).collect();
    assert_eq!((devices.len(), serials.len()), (FAULTS * DEVICES_EACH, FAULTS * DEVICES_EACH));
    let named: HashSet<&str> =
        world.finals.values().map(|state| state["deviceRegistrationId"].as_str().unwrap()).collect();
    assert_eq!(named.len(), devices.len(), "every record names a device of its own");
    assert!(devices.iter().all(|device| named.contains(device["id"].as_str().unwrap())));
}
