//! What it takes to be there: the start, memory idle and under load.

use crate::Options;
use crate::load::{Entrant, Requests, alternate, get, median};
use crate::program::Program;
use crate::report::Report;
use crate::stock::{IMPORTED, UPLOADS};

/// The start, and memory before and after the same load.
pub fn standing(options: &Options, report: &mut Report) {
    let stock = options.stock();
    let starts: Vec<f64> = (0..options.rounds)
        .map(|_| {
            let program = Program::tailmark(&stock.data, &[]);
            let ready_after = program.ready_after.as_secs_f64();
            program.stop();
            ready_after * 1000.0
        })
        .collect();
    report.at_most("start", 50.0, "ms", median(&starts));

    let tailmark = Program::tailmark(&stock.data, &[]);
    let written = Program::ceiling("written", &stock.database());
    report.at_most("memory, idle", 20.0, "MiB", tailmark.memory("VmRSS"));

    let token = stock.token();
    let mut texts: Vec<Vec<u8>> =
        stock.uploads(100).iter().map(|id| get(&format!("{UPLOADS}/{id}"), &token)).collect();
    texts.extend(
        stock
            .serial_numbers(500)
            .map(|serial| get(&format!("{IMPORTED}?$filter=serialNumber eq '{serial}'"), &token)),
    );
    texts.extend(stock.uploads(100).iter().map(|id| {
        get(
            &format!("{UPLOADS}/{id}/deviceIdentities?$select=id,groupTag,serialNumber,state&$top=100"),
            &token,
        )
    }));
    texts.extend((0..10).map(|_| get(IMPORTED, &token)));
    let requests = Requests::repeated(texts);
    let (ours, theirs) = (|| tailmark.cpu(), || written.cpu());
    let entrants = [
        Entrant { name: "Tailmark", address: &tailmark.address, cpu: &ours, requests: &requests },
        Entrant { name: "hand-written", address: &written.address, cpu: &theirs, requests: &requests },
    ];
    let series = alternate(options.plan(), &entrants, &mut |_| {});
    for (entrant, series) in entrants.iter().zip(&series) {
        report.detail("a mixture of reads", entrant.name, series);
    }
    let [ours, theirs] = [&tailmark, &written].map(|program| program.memory("VmRSS"));
    let work = format!("memory under load ({ours:.1} MiB against {theirs:.1} MiB)");
    report.at_most(&work, 1.3, "× hand-written", ours / theirs);
}
