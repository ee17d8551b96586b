//! PostgreSQL beside SQLite: CPU of server and database together, and two replicas against one.
//!
//! The server is one of the kit's own, in a temporary folder, without `fsync`, as the tests have it.

use std::fs;
use std::time::Instant;

use crate::Options;
use crate::cluster::Cluster;
use crate::load::{Client, Entrant, Requests, alternate, get, post, ratio, runtime};
use crate::program::{Program, cpu_of_family};
use crate::report::Report;
use crate::stock::{IMPORTED, Stock, UPLOADS, fill, import_of, settle};

/// Registered devices: as many as the SQLite beside it has.
const DEVICES: usize = 10_000;

/// Get and filter on both, and imports by one and by two replicas.
pub fn postgres(options: &Options, report: &mut Report) {
    let cluster = match Cluster::start() {
        Ok(cluster) => cluster,
        Err(why) => {
            eprintln!("  there is no PostgreSQL here: {why}");
            return;
        }
    };
    reads(options, report, &cluster);
    replicas(report, &cluster);
}

fn reads(options: &Options, report: &mut Report, cluster: &Cluster) {
    let stock = Stock::of(DEVICES);
    let folder = stock.data.with_file_name("postgres");
    let other = folder_of(&stock, &folder);
    let url = cluster.create().unwrap();
    let on_postgres = Program::tailmark(&other.data, &[("TAILMARK_DATABASE_URL", &url)]);
    let on_sqlite = Program::tailmark(&stock.data, &[]);
    let token = other.token();
    fill(&on_postgres.address, &token, DEVICES);
    cluster.run(url.rsplit('/').next().unwrap_or_default(), "VACUUM ANALYZE").unwrap();

    let server = postmaster(&url);
    let (ours, theirs) = (|| on_postgres.cpu() + cpu_of_family(server), || on_sqlite.cpu());
    let uploads = |program: &Program, token: &str| {
        runtime().block_on(async {
            let mut client = Client::connect(&program.address).await.unwrap();
            let request = get(&format!("{UPLOADS}?$top=20&$select=id"), token);
            let answer: serde_json::Value =
                serde_json::from_slice(client.ask(&request).await.unwrap().body).unwrap();
            let ids = answer["value"].as_array().unwrap().iter().filter_map(|one| one["id"].as_str());
            ids.map(|id| format!("{UPLOADS}/{id}")).collect::<Vec<_>>()
        })
    };
    let filters: Vec<String> = stock
        .serial_numbers(200)
        .map(|serial| format!("{IMPORTED}?$filter=serialNumber eq '{serial}'"))
        .collect();
    let kinds = [
        ("one upload by id", uploads(&on_postgres, &token), uploads(&on_sqlite, &stock.token())),
        ("`$filter=serialNumber eq '…'`", filters.clone(), filters),
    ];
    for (work, on_one, on_other) in kinds {
        let requests = |paths: Vec<String>, token: &str| {
            Requests::repeated(paths.iter().map(|path| get(path, token)).collect())
        };
        let (asked, beside) = (requests(on_one, &token), requests(on_other, &stock.token()));
        let entrants = [
            Entrant { name: "PostgreSQL", address: &on_postgres.address, cpu: &ours, requests: &asked },
            Entrant { name: "SQLite", address: &on_sqlite.address, cpu: &theirs, requests: &beside },
        ];
        let series = alternate(options.plan(), &entrants, &mut |_| {});
        for (entrant, series) in entrants.iter().zip(&series) {
            report.detail(
                &format!("{work}, 10,000 devices"),
                &format!("Tailmark on {}", entrant.name),
                series,
            );
        }
        let [ours, theirs] = series.as_slice() else { continue };
        let work = format!("PostgreSQL, {work}: CPU of server and database");
        report.at_most(&work, 3.0, "× SQLite", ratio(&ours.cpu, &theirs.cpu));
    }
}

/// Rows per second until all are final, by two replicas against one, each on a database of its own.
fn replicas(report: &mut Report, cluster: &Cluster) {
    let stock = Stock::of(DEVICES);
    let folders = ["replica-1", "replica-2"].map(|name| folder_of(&stock, &stock.data.with_file_name(name)));
    let token = folders[0].token();
    let mut seconds = [Vec::new(), Vec::new()];
    for _ in 0..3 {
        for (number, seconds) in (1..=2).zip(&mut seconds) {
            let url = cluster.create().unwrap();
            let settings = [("TAILMARK_DATABASE_URL", url.as_str())];
            let replicas: Vec<Program> = folders
                .iter()
                .take(number)
                .map(|folder| Program::tailmark(&folder.data, &settings))
                .collect();
            let bodies: Vec<Vec<u8>> =
                (0..12).map(|_| post(&format!("{IMPORTED}/import"), &token, &import_of(500))).collect();
            let since = Instant::now();
            runtime().block_on(async {
                let work = replicas.iter().enumerate().map(|(index, replica)| {
                    let bodies = bodies.iter().skip(index).step_by(number);
                    async move {
                        let mut client = Client::connect(&replica.address).await.unwrap();
                        for body in bodies {
                            assert_eq!(client.ask(body).await.unwrap().status, 200);
                        }
                    }
                });
                futures_util::future::join_all(work).await;
            });
            settle(&replicas[0].address, &token);
            seconds.push(since.elapsed().as_secs_f64());
        }
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let work = format!("PostgreSQL, two replicas import 6,000 devices ({cores} cores for all): speed");
    report.at_least(&work, 1.6, "× one replica", ratio(&seconds[0], &seconds[1]));
}

/// A data folder with the same issuer, so that one token is good for both, and without a database.
fn folder_of(stock: &Stock, folder: &std::path::Path) -> Stock {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).unwrap();
    fs::copy(stock.data.join("issuer.json"), folder.join("issuer.json")).unwrap();
    Stock { devices: stock.devices, data: folder.to_owned() }
}

/// The first process of the server, from its folder, which its address names.
fn postmaster(url: &str) -> u32 {
    let host = url.split(['@', ':']).find(|part| part.contains("%2F")).unwrap_or_default();
    let file = format!("{}/data/postmaster.pid", host.replace("%2F", "/").replace("%25", "%"));
    fs::read_to_string(file).unwrap().lines().next().unwrap().parse().unwrap()
}
