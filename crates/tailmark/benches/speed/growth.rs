//! The same requests at 10,000, 100,000 and, where asked for, 1,000,000 devices.

use crate::Options;
use crate::load::{Entrant, Requests, Series, alternate, get, ratio};
use crate::program::Program;
use crate::report::Report;
use crate::stock::{DEVICES, IMPORTED, Stock, UPLOADS};

/// The paths that are asked for, given what is there.
type Paths = dyn Fn(&Stock) -> Vec<String>;

/// Each kind of request with its goal, on all sizes in alternating rounds.
pub fn growth(options: &Options, report: &mut Report) {
    let mut sizes = vec![10_000, 100_000];
    sizes.extend(options.million.then_some(1_000_000));
    let stocks: Vec<Stock> = sizes.into_iter().map(Stock::of).collect();
    let programs: Vec<Program> = stocks.iter().map(|stock| Program::tailmark(&stock.data, &[])).collect();
    let kinds: [(&str, f64, &Paths); 5] = [
        ("one upload by id", 1.3, &|stock| {
            stock.uploads(20).iter().map(|id| format!("{UPLOADS}/{id}")).collect()
        }),
        ("`$filter=serialNumber eq '…'`", 1.3, &|stock| {
            let serials = stock.serial_numbers(200);
            serials.map(|serial| format!("{IMPORTED}?$filter=serialNumber eq '{serial}'")).collect()
        }),
        ("the first 100 imported devices", 1.5, &|_| vec![format!("{IMPORTED}?$top=100")]),
        ("100 registered devices by serial number", 1.5, &|_| {
            vec![format!("{DEVICES}?$orderby=serialNumber&$top=100")]
        }),
        ("the list of uploads, 20 of them", 1.5, &|_| vec![format!("{UPLOADS}?$top=20")]),
    ];
    for (work, goal, paths) in kinds {
        let series = compare(options, &stocks, &programs, paths);
        for (stock, series) in stocks.iter().zip(&series) {
            report.detail(work, &format!("Tailmark, {} devices", stock.devices), series);
        }
        let (Some(least), Some(most), Some(stock)) = (series.first(), series.last(), stocks.last()) else {
            continue;
        };
        let work = format!("{work} at {} devices: CPU", stock.devices);
        report.at_most(&work, goal, "× at 10,000", ratio(&most.cpu, &least.cpu));
    }
}

fn compare(options: &Options, stocks: &[Stock], programs: &[Program], paths: &Paths) -> Vec<Series> {
    let requests: Vec<Requests> = stocks
        .iter()
        .map(|stock| {
            let token = stock.token();
            Requests::repeated(paths(stock).iter().map(|path| get(path, &token)).collect())
        })
        .collect();
    let cpu: Vec<_> = programs.iter().map(|program| move || program.cpu()).collect();
    let entrants: Vec<Entrant<'_>> = programs
        .iter()
        .zip(&cpu)
        .zip(&requests)
        .map(|((program, cpu), requests)| Entrant {
            name: "Tailmark",
            address: &program.address,
            cpu,
            requests,
        })
        .collect();
    alternate(options.plan(), &entrants, &mut |_| {})
}
