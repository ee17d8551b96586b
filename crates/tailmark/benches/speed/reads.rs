//! Reads: an upload by its id, a page, a filter by an index, a search for a part of a text.

use crate::Options;
use crate::issuer::Issuer;
use crate::load::{Client, Entrant, Plan, Requests, Series, alternate, get as request, ratio, runtime};
use crate::memory;
use crate::program::Program;
use crate::report::Report;
use crate::stock::{DEVICES, IMPORTED, Stock, UPLOADS};

/// What of the uploads is asked for.
const SELECT: &str = "$select=id,groupTag,serialNumber,state&$top=100";

/// Tailmark, the hand-written server and the one that answers from memory.
struct Three {
    tailmark: Program,
    written: Program,
    memory: Program,
}

impl Three {
    fn start(stock: &Stock, requests: &Requests) -> Self {
        let tailmark = Program::tailmark(&stock.data, &[]);
        let written = Program::ceiling("written", &stock.database());
        agree(&tailmark, &written, requests);
        let file = stock.data.with_extension("answers.json");
        memory::record(&tailmark.address, requests.texts(), &file);
        Self { tailmark, written, memory: Program::ceiling("memory", &file) }
    }

    /// The three in alternating rounds.
    fn compare(&self, options: &Options, requests: &Requests) -> [Series; 3] {
        let cpu: [&dyn Fn() -> f64; 3] =
            [&|| self.tailmark.cpu(), &|| self.written.cpu(), &|| self.memory.cpu()];
        let names = ["Tailmark", "hand-written", "in memory"];
        let programs = [&self.tailmark, &self.written, &self.memory];
        let entrants: Vec<Entrant<'_>> = (0..3)
            .map(|index| Entrant {
                name: names[index],
                address: &programs[index].address,
                cpu: cpu[index],
                requests,
            })
            .collect();
        alternate(options.plan(), &entrants, &mut |_| {}).try_into().unwrap()
    }
}

impl Options {
    /// How long and how often, as asked for.
    pub fn plan(&self) -> Plan {
        Plan { rounds: self.rounds, seconds: self.seconds, connections: self.connections }
    }
}

/// The hand-written server gives the same values, else it would do something else.
fn agree(tailmark: &Program, written: &Program, requests: &Requests) {
    runtime().block_on(async {
        let mut ours = Client::connect(&tailmark.address).await.unwrap();
        let mut theirs = Client::connect(&written.address).await.unwrap();
        for request in requests.texts().iter().take(5) {
            let values = [&mut ours, &mut theirs].map(|client| client.ask(request));
            let [ours, theirs] = values;
            let (ours, theirs) = (ours.await.unwrap(), theirs.await.unwrap());
            let value = |body: &[u8]| -> serde_json::Value {
                let mut all: serde_json::Value = serde_json::from_slice(body).unwrap();
                all["value"].take()
            };
            assert_eq!(value(ours.body), value(theirs.body), "the hand-written server answers differently");
        }
    });
}

fn details(report: &mut Report, work: &str, series: &[Series; 3]) {
    for (name, series) in ["Tailmark", "hand-written", "in memory"].iter().zip(series) {
        report.detail(work, name, series);
    }
}

/// `GET …Uploads/{id}`, with a token that was seen before and with one that was not.
pub fn get(options: &Options, report: &mut Report) {
    let stock = options.stock();
    let token = stock.token();
    let uploads = stock.uploads(200);
    let path = |id: &String| format!("{UPLOADS}/{id}");
    let requests = Requests::repeated(uploads.iter().map(|id| request(&path(id), &token)).collect());
    let three = Three::start(&stock, &requests);
    let series = three.compare(options, &requests);
    details(report, "get", &series);
    let [tailmark, written, memory] = &series;
    report.at_most("one upload by id: CPU", 2.5, "× in memory", ratio(&tailmark.cpu, &memory.cpu));
    report.at_most("one upload by id: CPU", 1.4, "× hand-written", ratio(&tailmark.cpu, &written.cpu));
    report.at_least("one upload by id: throughput", 0.45, "× in memory", ratio(&tailmark.rate, &memory.rate));

    first_seen(options, report, &stock, &three.memory, &requests);
}

/// The same with tokens that were not seen before, signed as Microsoft signs its own.
fn first_seen(options: &Options, report: &mut Report, stock: &Stock, memory: &Program, seen: &Requests) {
    let issuer = Issuer::like(&stock.token());
    let settings =
        [("TAILMARK_AUTH_ISSUER", issuer.name.as_str()), ("TAILMARK_AUTH_ALLOW_HTTP_ISSUER", "true")];
    let tailmark = Program::tailmark(&stock.data, &settings);
    // More than one portion of requests is too much for the time: each token is signed first.
    let portion = 1500;
    let uploads = stock.uploads(200);
    let fresh = (0..portion * (options.rounds + 1)).map(|number| {
        let id = &uploads[number % uploads.len()];
        request(&format!("{UPLOADS}/{id}"), &issuer.token_of(&format!("user{number}@contoso.example")))
    });
    let fresh = Requests::once(fresh.collect(), portion, 200);
    let programs = [("Tailmark, new tokens (RS256)", &tailmark, &fresh), ("in memory", memory, seen)];
    let cpu: [&dyn Fn() -> f64; 2] = [&|| tailmark.cpu(), &|| memory.cpu()];
    let entrants: Vec<Entrant<'_>> = programs
        .iter()
        .zip(cpu)
        .map(|((name, program, requests), cpu)| Entrant { name, address: &program.address, cpu, requests })
        .collect();
    let series = alternate(options.plan(), &entrants, &mut |_| {});
    for (entrant, series) in entrants.iter().zip(&series) {
        report.detail("get, token seen for the first time", entrant.name, series);
    }
    let [tailmark, memory] = series.as_slice() else { return };
    let figure = ratio(&tailmark.cpu, &memory.cpu);
    report.at_most("one upload by id, token seen for the first time: CPU", 6.0, "× in memory", figure);
}

/// 100 devices of an upload with `$select`.
pub fn page(options: &Options, report: &mut Report) {
    let stock = options.stock();
    let token = stock.token();
    let path = |id: &String| format!("{UPLOADS}/{id}/deviceIdentities?{SELECT}");
    let requests = stock.uploads(50).iter().map(|id| request(&path(id), &token)).collect();
    let requests = Requests::repeated(requests);
    let series = Three::start(&stock, &requests).compare(options, &requests);
    details(report, "page of 100", &series);
    let [tailmark, written, _] = &series;
    let figure = ratio(&tailmark.cpu, &written.cpu);
    report.at_most("100 `deviceIdentities` with `$select`: CPU", 1.4, "× hand-written", figure);
}

/// `serialNumber eq '…'` over all imported devices.
pub fn filter(options: &Options, report: &mut Report) {
    let stock = options.stock();
    let token = stock.token();
    let path = |serial: String| format!("{IMPORTED}?$filter=serialNumber eq '{serial}'");
    let requests = stock.serial_numbers(500).map(|serial| request(&path(serial), &token)).collect();
    let requests = Requests::repeated(requests);
    let series = Three::start(&stock, &requests).compare(options, &requests);
    details(report, "filter", &series);
    let [tailmark, written, _] = &series;
    let figure = ratio(&tailmark.cpu, &written.cpu);
    report.at_most("`$filter=serialNumber eq '…'`: CPU", 1.6, "× hand-written", figure);
}

/// `contains(serialNumber,'…')` over all registered devices, in order, counted.
pub fn contains(options: &Options, report: &mut Report) {
    let stock = options.stock();
    let token = stock.token();
    let rest = "$orderby=serialNumber&$count=true&$top=50&$select=id,serialNumber,model";
    let path = |part: &str| format!("{DEVICES}?$filter=contains(serialNumber,'{part}')&{rest}");
    let requests = stock.serial_numbers(100).map(|serial| request(&path(&serial[2..5]), &token)).collect();
    let requests = Requests::repeated(requests);
    let series = Three::start(&stock, &requests).compare(options, &requests);
    details(report, "contains", &series);
    let [tailmark, written, _] = &series;
    let figure = ratio(&tailmark.cpu, &written.cpu);
    let work = "`contains(serialNumber,'…')` with `$orderby`, `$count`, `$top=50`: CPU";
    report.at_most(work, 0.1, "× the hand-written scan", figure);
}
