//! Writes, each synced before it is answered: imports, and the way from accepted to final.

use std::time::Instant;

use crate::Options;
use crate::load::{Client, Entrant, Plan, Requests, Series, alternate, post, ratio, runtime};
use crate::program::Program;
use crate::report::Report;
use crate::stock::{IMPORTED, Stock, import_of, new_device, settle};

/// Devices of one body.
const BODY: usize = 500;
/// Requests of one `$batch`.
const BATCH: usize = 20;

/// 500 in a body, one by one, 20 in a batch.
pub fn import(options: &Options, report: &mut Report) {
    let stock = options.stock();
    let copies = [stock.copy("tailmark"), stock.copy("written")];
    let [ours, theirs] = &copies;
    let tailmark = Program::tailmark(&ours.data, &[]);
    let written = Program::ceiling("written", &theirs.database());
    let site = Site { tailmark: &tailmark, written: &written, token: &ours.token() };

    let path = format!("{IMPORTED}/import");
    let many = site.compare(options, 10, 4, 200, &|token| post(&path, token, &import_of(BODY)));
    let single = site.compare(options, 1500, 16, 201, &|token| post(IMPORTED, token, &new_device()));
    let alone = site.compare(options, 150, 1, 201, &|token| post(IMPORTED, token, &new_device()));
    for (work, [ours, theirs]) in [
        ("import: 500 in a body", &many),
        ("import: one by one", &single),
        ("import: one by one, one client", &alone),
    ] {
        report.detail(work, "Tailmark", ours);
        report.detail(work, "hand-written", theirs);
    }
    let batches = site.batches(options);
    report.detail("import: 20 in a `$batch`", "Tailmark", &batches);

    let figure = ratio(&many[0].rate, &many[1].rate);
    report.at_least("import, 500 in a body: rows per second", 0.5, "× hand-written", figure);
    let figure = ratio(&single[0].rate, &single[1].rate);
    report.at_least("import, one by one: rows per second", 0.6, "× hand-written", figure);
    let figure = ratio(&alone[0].rate, &alone[1].rate);
    report.at_least("import, one by one, a single client: rows per second", 0.6, "× hand-written", figure);
    let per_row = |series: &Series, rows: usize| {
        series.rate.iter().map(|rate| 1.0 / (rate * rows as f64)).collect::<Vec<_>>()
    };
    let figure = ratio(&per_row(&batches, BATCH), &per_row(&many[0], BODY));
    report.at_most("import, 20 in a `$batch`: time per row", 2.0, "× 500 in a body", figure);

    drop((tailmark, written));
    copies.into_iter().for_each(Stock::remove);
}

struct Site<'a> {
    tailmark: &'a Program,
    written: &'a Program,
    token: &'a str,
}

impl Site<'_> {
    /// Tailmark and the hand-written server in turn, so many requests in a round. What Tailmark has accepted becomes
    /// final before the next turn.
    fn compare(
        &self,
        options: &Options,
        portion: usize,
        connections: usize,
        status: u16,
        request: &dyn Fn(&str) -> Vec<u8>,
    ) -> [Series; 2] {
        let requests = || {
            let all = (0..portion * (rounds(options) + 1)).map(|_| request(self.token)).collect();
            Requests::once(all, portion, status)
        };
        let (ours, theirs) = (requests(), requests());
        let (our_cpu, their_cpu) = (|| self.tailmark.cpu(), || self.written.cpu());
        let entrants = [
            Entrant { name: "Tailmark", address: &self.tailmark.address, cpu: &our_cpu, requests: &ours },
            Entrant {
                name: "hand-written",
                address: &self.written.address,
                cpu: &their_cpu,
                requests: &theirs,
            },
        ];
        let plan = Plan { rounds: rounds(options), seconds: options.seconds, connections };
        let mut between = |_: usize| settle(&self.tailmark.address, self.token);
        alternate(plan, &entrants, &mut between).try_into().unwrap()
    }

    fn batches(&self, options: &Options) -> Series {
        let portion = 25;
        let all = (0..portion * (rounds(options) + 1)).map(|_| {
            let requests = (0..BATCH).map(|id| {
                let path = IMPORTED.trim_start_matches("/beta");
                format!(
                    "{{\"id\":\"{id}\",\"method\":\"POST\",\"url\":\"{path}\",\"headers\":\
                     {{\"Content-Type\":\"application/json\"}},\"body\":{}}}",
                    new_device()
                )
            });
            let requests = requests.collect::<Vec<_>>().join(",");
            post("/beta/$batch", self.token, &format!("{{\"requests\":[{requests}]}}"))
        });
        let requests = Requests::once(all.collect(), portion, 200);
        let cpu = || self.tailmark.cpu();
        let entrant =
            Entrant { name: "Tailmark", address: &self.tailmark.address, cpu: &cpu, requests: &requests };
        let plan = Plan { rounds: rounds(options), seconds: options.seconds, connections: 4 };
        let mut between = |_: usize| settle(&self.tailmark.address, self.token);
        alternate(plan, &[entrant], &mut between).pop().unwrap_or_default()
    }
}

/// Bodies are large and kept until they are sent: fewer rounds than of reads.
fn rounds(options: &Options) -> usize {
    options.rounds.min(5)
}

/// From accepted to final: 10,000 devices, at 10,000 registered and at as many as there are.
pub fn pipeline(options: &Options, report: &mut Report) {
    let small = final_after(&Stock::of(10_000), report);
    let at = final_after(&options.stock(), report);
    report.at_most("pipeline, 10,000 devices accepted to final", 10.0, "s", at.0);
    if options.million {
        let large = final_after(&Stock::of(1_000_000), report);
        let work = "pipeline at 1,000,000 registered: CPU per device";
        report.at_most(work, 1.1, "× at 10,000", large.1 / small.1);
    } else {
        let work = format!("pipeline at {} registered: CPU per device", options.devices);
        report.at_most(&work, 1.1, "× at 10,000", at.1 / small.1);
    }
}

/// Seconds until 10,000 devices are final, from the first request on, and CPU seconds of it; the middle of three.
fn final_after(stock: &Stock, report: &mut Report) -> (f64, f64) {
    let copy = stock.copy("pipeline");
    let tailmark = Program::tailmark(&copy.data, &[]);
    let token = copy.token();
    let mut series = Series::default();
    for _ in 0..3 {
        let bodies: Vec<Vec<u8>> =
            (0..20).map(|_| post(&format!("{IMPORTED}/import"), &token, &import_of(BODY))).collect();
        let (since, before) = (Instant::now(), tailmark.cpu());
        runtime().block_on(async {
            let mut client = Client::connect(&tailmark.address).await.unwrap();
            for body in &bodies {
                assert_eq!(client.ask(body).await.unwrap().status, 200);
            }
        });
        settle(&tailmark.address, &token);
        let devices = (20 * BODY) as f64;
        series.cpu.push((tailmark.cpu() - before) / devices * 1e6);
        series.rate.push(devices / since.elapsed().as_secs_f64());
    }
    let work = format!("pipeline at {} registered: a device", stock.devices);
    report.detail(&work, "Tailmark", &series);
    drop(tailmark);
    copy.remove();
    (10_000.0 / crate::load::median(&series.rate), crate::load::median(&series.cpu))
}
