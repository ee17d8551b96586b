//! The tables: goal, figure and verdict of each row, and what was measured of each server.

use std::time::Instant;

use crate::Options;
use crate::load::{Series, median};
use crate::program::load_average;

/// What is said in the end.
pub struct Report {
    rows: Vec<Row>,
    details: Vec<String>,
    since: Instant,
    load: String,
}

struct Row {
    work: String,
    goal: String,
    figure: String,
    holds: bool,
}

impl Report {
    /// Nothing yet.
    pub fn begin() -> Self {
        Self { rows: Vec::new(), details: Vec::new(), since: Instant::now(), load: load_average() }
    }

    /// A figure that may not be above its goal.
    pub fn at_most(&mut self, work: &str, goal: f64, unit: &str, figure: f64) {
        self.row(work, "≤", goal, unit, figure, figure <= goal);
    }

    /// A figure that may not be below its goal.
    pub fn at_least(&mut self, work: &str, goal: f64, unit: &str, figure: f64) {
        self.row(work, "≥", goal, unit, figure, figure >= goal);
    }

    fn row(&mut self, work: &str, relation: &str, goal: f64, unit: &str, figure: f64, holds: bool) {
        let figure = if figure < 0.1 { format!("{figure:.3}") } else { format!("{figure:.2}") };
        eprintln!("  {work}: {figure} {unit} ({relation} {goal})");
        let goal = format!("{relation} {goal} {unit}");
        self.rows.push(Row { work: work.to_owned(), goal, figure, holds });
    }

    /// What was measured of one server: CPU and speed, the middle of the rounds with the least and the most.
    pub fn detail(&mut self, work: &str, server: &str, series: &Series) {
        let spread = |figures: &[f64], places: usize| {
            let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
            let most = figures.iter().copied().fold(0.0, f64::max);
            format!("{:.places$} ({least:.places$} to {most:.places$})", median(figures))
        };
        let places = if median(&series.cpu) < 100.0 { 1 } else { 0 };
        let (cpu, rate) = (spread(&series.cpu, places), spread(&series.rate, 0));
        let line = format!("| {work} | {server} | {cpu} | {rate} | {} |", load_average());
        eprintln!("  {line}");
        self.details.push(line);
    }

    /// Prints both tables as Markdown.
    pub fn print(&self, options: &Options) {
        println!("| work | goal | figure | verdict |\n|---|---|---|---|");
        for Row { work, goal, figure, holds } in &self.rows {
            println!("| {work} | {goal} | {figure} | {} |", if *holds { "reached" } else { "**missed**" });
        }
        println!(
            "\n| work | server | CPU, µs per request | requests per second | load |\n|---|---|---|---|---|"
        );
        self.details.iter().for_each(|line| println!("{line}"));
        println!(
            "\n{} rounds of {} s, {} connections, {} devices; load average {} in the beginning, {} in the end; {:.0} s in all.",
            options.rounds,
            options.seconds,
            options.connections,
            options.devices,
            self.load,
            load_average(),
            self.since.elapsed().as_secs_f64(),
        );
    }

    /// Whether every goal was reached.
    pub fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.holds)
    }
}
