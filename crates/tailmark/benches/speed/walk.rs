//! Everything by `@odata.nextLink`, 1,000 a page, one page after the other.

use std::time::Instant;

use crate::Options;
use crate::load::{Client, Series, get, ratio, runtime};
use crate::program::Program;
use crate::report::Report;
use crate::stock::{IMPORTED, Stock};

/// Entities of a page.
const PAGE: usize = 1000;

/// What the walks through one server's devices took.
#[derive(Default)]
struct Walks {
    /// For each page: CPU and time.
    series: Series,
    /// CPU seconds of all first tenths, and of all last ones.
    first: f64,
    last: f64,
}

/// The walk, on Tailmark and on the hand-written server; with `--million` at a million devices, too.
pub fn walk(options: &Options, report: &mut Report) {
    let [tailmark, written] = compare(options, report, &options.stock());
    let figure = ratio(&tailmark.series.rate, &written.series.rate);
    report.at_least("walk by `@odata.nextLink`: rows per second", 0.4, "× hand-written", figure);
    let figure = tailmark.last / tailmark.first;
    report.at_most("walk: CPU of the last tenth", 1.2, "× the first tenth", figure);
    if options.million {
        let [tailmark, _] = compare(options, report, &Stock::of(1_000_000));
        let figure = tailmark.last / tailmark.first;
        report.at_most("walk at 1,000,000: CPU of the last tenth", 1.2, "× the first tenth", figure);
    }
}

fn compare(options: &Options, report: &mut Report, stock: &Stock) -> [Walks; 2] {
    let programs = [Program::tailmark(&stock.data, &[]), Program::ceiling("written", &stock.database())];
    let token = stock.token();
    let mut all = [Walks::default(), Walks::default()];
    for _ in 0..options.rounds.min(5) {
        for (program, walks) in programs.iter().zip(&mut all) {
            once(program, &token, stock.devices / PAGE, walks);
        }
    }
    for (name, walks) in ["Tailmark", "hand-written"].iter().zip(&all) {
        report.detail(&format!("walk through {}: a page of 1,000", stock.devices), name, &walks.series);
    }
    all
}

fn once(program: &Program, token: &str, pages: usize, walks: &mut Walks) {
    runtime().block_on(async {
        let mut client = Client::connect(&program.address).await.unwrap();
        let (mut path, mut seen) = (Some(IMPORTED.to_owned()), 0);
        let (since, begun) = (Instant::now(), program.cpu());
        let mut at_last = begun;
        while let Some(here) = path.take() {
            let answer = client.ask(&get(&here, token)).await.unwrap();
            assert_eq!(answer.status, 200, "{}", answer.text());
            path = next(answer.text());
            seen += 1;
            if seen == pages / 10 {
                walks.first += program.cpu() - begun;
            }
            if seen == pages - pages / 10 {
                at_last = program.cpu();
            }
        }
        assert!((pages..=pages + 1).contains(&seen), "{seen} pages instead of {pages}");
        walks.last += program.cpu() - at_last;
        walks.series.cpu.push((program.cpu() - begun) / seen as f64 * 1e6);
        walks.series.rate.push(seen as f64 / since.elapsed().as_secs_f64());
    });
}

/// The path of the next page.
fn next(body: &str) -> Option<String> {
    let link = body.get(..2000)?.split("\"@odata.nextLink\":\"").nth(1)?.split('"').next()?;
    link.strip_prefix("http://tailmark.test").map(str::to_owned)
}
