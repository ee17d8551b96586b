//! Devices in uploads over time: the API counts them by day or by hour, a chart and a table show them.
//!
//! Two requests, however many uploads there are: whether any is older than a day, and the numbers of each part of the
//! time. Both read uploads and the statuses of their devices alone. Times are UTC.

use odata::value::DateTimeOffset;
use serde_json::Value;

use super::super::api::{Api, UPLOADS, address};
use super::super::filters::thousands;
use super::super::refusal::Refusal;
use crate::clock;

/// Seconds.
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// How many days or hours are shown.
const DAYS: usize = 14;
const HOURS: usize = 24;

/// The chart's size, in its own units, and what is left free around the bars.
const WIDTH: u64 = 640;
const LEFT: u64 = 46;
const RIGHT: u64 = 4;
const TOP: u64 = 18;
const HEIGHT: u64 = 180;
/// At most so many lines are above the axis.
const LINES: u64 = 4;

/// What has become of devices: class, name.
const OUTCOMES: [(&str, &str); 3] =
    [("complete", "Complete"), ("error", "Refused"), ("unknown", "Under way")];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The chart.
pub struct Throughput {
    /// Whether its parts are hours, not days.
    pub is_hourly: bool,
    /// Days or hours, the oldest first.
    pub parts: Vec<Part>,
    /// What is written at the axis of numbers, and at which height.
    pub lines: Vec<(String, u64)>,
    /// Class, name and number of devices of each outcome.
    pub outcomes: Vec<(&'static str, &'static str, u64)>,
    /// All devices.
    pub total: u64,
    /// What it shows, in a sentence.
    pub said: String,
}

/// A day or an hour.
pub struct Part {
    /// When: `26 Nov`, `26 Nov 14:00`.
    pub when: String,
    /// What stands below its bar, in two lines.
    pub below: [String; 2],
    /// Its devices.
    pub total: u64,
    /// As they stand on the bar.
    pub written: String,
    /// By outcome.
    pub counts: [u64; 3],
    /// The middle of its bar.
    pub middle: u64,
    /// The left edge and the width of its bar.
    pub left: u64,
    /// The width of its bar.
    pub width: u64,
    /// Where its bar ends above.
    pub top: u64,
    /// Class, upper edge and height of what the bar is made of.
    pub pieces: Vec<(&'static str, u64, u64)>,
}

/// The parts of the time that are counted.
#[derive(Clone, Copy, Debug)]
struct Parts {
    /// When the first begins, in seconds since 1970.
    begin: i64,
    /// How long each is.
    length: i64,
    number: usize,
}

impl Parts {
    /// The last `number` parts of a length, the current one among them.
    fn until(now: i64, length: i64, number: usize) -> Self {
        let back = i64::try_from(number).unwrap_or_default() - 1;
        Self { begin: now - now.rem_euclid(length) - back * length, length, number }
    }

    fn start(self, part: usize) -> i64 {
        self.begin + self.length * i64::try_from(part).unwrap_or_default()
    }

    /// `$apply` that counts the devices of each part's uploads.
    fn apply(self) -> String {
        let time = |part| DateTimeOffset::utc_from_unix(self.start(part), 0);
        let number = |part: usize| format!("createdDateTimeUtc lt {}:{part},", time(part + 1));
        let numbers: String = (0..self.number - 1).map(number).collect();
        let count = |state: &str, name: &str| {
            format!("deviceIdentities/$count($filter=state/deviceImportStatus eq '{state}') as {name}")
        };
        format!(
            "filter(createdDateTimeUtc ge {} and createdDateTimeUtc lt {})\
             /compute(case({numbers}true:{}) as part,{},{},deviceIdentities/$count as all)\
             /groupby((part),aggregate(complete with sum as complete,refused with sum as refused,all with sum as all))",
            time(0),
            time(self.number),
            self.number - 1,
            count("complete", "complete"),
            count("error", "refused"),
        )
    }
}

/// Asks the API.
///
/// # Errors
/// The API's refusal.
pub async fn throughput(api: &Api) -> Result<Throughput, Refusal> {
    let now = clock::unix_seconds();
    let hours = Parts::until(now, HOUR, HOURS);
    let older = format!("createdDateTimeUtc lt {}", DateTimeOffset::utc_from_unix(hours.begin, 0));
    let is_hourly = api.count(UPLOADS, &older).await? == 0;
    let parts = if is_hourly { hours } else { Parts::until(now, DAY, DAYS) };
    let found = api.get(&address(UPLOADS, &[("$apply", &parts.apply())])).await?;
    let mut counts = vec![[0; 3]; parts.number];
    for group in found.get("value").and_then(Value::as_array).into_iter().flatten() {
        let [part, complete, refused, all] = ["part", "complete", "refused", "all"]
            .map(|name| group.get(name).and_then(Value::as_u64).unwrap_or_default());
        if let Some(count) = usize::try_from(part).ok().and_then(|part| counts.get_mut(part)) {
            *count = [complete, refused, all.saturating_sub(complete + refused)];
        }
    }
    Ok(drawn(parts, &counts))
}

/// The chart of what was counted in each part.
fn drawn(parts: Parts, counts: &[[u64; 3]]) -> Throughput {
    let is_hourly = parts.length == HOUR;
    let most = counts.iter().map(|count| count.iter().sum()).max().unwrap_or(0);
    let step = step(most);
    let highest = most.div_ceil(step).max(1);
    let scale = |count: u64| count * HEIGHT / (highest * step);
    let floor = TOP + HEIGHT;
    // An hour's bar is too narrow for a number of four digits.
    let whole = if is_hourly { 999 } else { 9_999 };
    let room = (WIDTH - LEFT - RIGHT) / (parts.number as u64).max(1);
    let width = room * 2 / 3;
    let shown: Vec<Part> = (0..)
        .zip(0..)
        .zip(counts)
        .map(|((place, part), counts)| {
            let left = LEFT + room * place + (room - width) / 2;
            let (mut top, mut pieces) = (floor, Vec::new());
            for ((class, _), count) in OUTCOMES.iter().zip(counts) {
                if *count > 0 {
                    // Few among many are seen, too.
                    let height = scale(*count).max(2);
                    top = top.saturating_sub(height);
                    // With a gap, so that it is not the colour alone that tells them apart.
                    let gap = u64::from(height > 3 && !pieces.is_empty());
                    pieces.push((*class, top, height - gap));
                }
            }
            let total = counts.iter().sum();
            let (when, below) = labels(parts, part);
            let written = if total > 0 { compact(total, whole) } else { String::new() };
            let middle = left + width / 2;
            Part { when, below, total, written, counts: *counts, middle, left, width, top, pieces }
        })
        .collect();
    let lines = (0..=highest).map(|line| (compact(line * step, 9_999), floor - scale(line * step)));
    let sum = |outcome: usize| counts.iter().filter_map(|count| count.get(outcome)).sum();
    let outcomes: Vec<_> =
        (0..).zip(OUTCOMES).map(|(place, (class, name))| (class, name, sum(place))).collect();
    let total = outcomes.iter().map(|(_, _, count)| count).sum();
    let said = said(is_hourly, &shown, &outcomes, total);
    Throughput { is_hourly, lines: lines.collect(), outcomes, total, said, parts: shown }
}

fn said(is_hourly: bool, parts: &[Part], outcomes: &[(&str, &str, u64)], total: u64) -> String {
    let when = |part: Option<&Part>| part.map(|part| part.when.clone()).unwrap_or_default();
    let outcomes: Vec<_> = outcomes
        .iter()
        .map(|(_, name, count)| format!("{} {}", thousands(*count), name.to_lowercase()))
        .collect();
    let most = parts.iter().max_by_key(|part| part.total);
    format!(
        "From {} to {}: {} devices, {}. The {} with most is {}, with {}.",
        when(parts.first()),
        when(parts.last()),
        thousands(total),
        outcomes.join(", "),
        if is_hourly { "hour" } else { "day" },
        when(most),
        thousands(most.map_or(0, |part| part.total)),
    )
}

/// When a part is, and what stands below its bar.
fn labels(parts: Parts, part: usize) -> (String, [String; 2]) {
    let text = DateTimeOffset::utc_from_unix(parts.start(part), 0).to_string();
    let piece = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let (day, hour) = (piece(8, 10).trim_start_matches('0'), piece(11, 13));
    let month: usize = piece(5, 7).parse().unwrap_or_default();
    let month = MONTHS.get(month.saturating_sub(1)).copied().unwrap_or_default();
    if parts.length == DAY {
        let names_month = part == 0 || day == "1";
        let second = if names_month { month } else { "" };
        return (format!("{day} {month}"), [day.to_owned(), second.to_owned()]);
    }
    // Each third hour, since there is no room for more; a day's name where it begins, and at the left.
    let first =
        if parts.start(part).rem_euclid(3 * HOUR) == 0 { format!("{hour}:00") } else { String::new() };
    let begins = hour == "00" || part == 0 && parts.start(1).rem_euclid(DAY) != 0;
    let second = if begins { format!("{day} {month}") } else { String::new() };
    (format!("{day} {month} {hour}:00"), [first, second])
}

/// From line to line: one, two or five of a power of ten, so that few lines suffice.
fn step(most: u64) -> u64 {
    let mut unit: u64 = 1;
    loop {
        let step = [1, 2, 5].map(|factor| unit.saturating_mul(factor));
        match step.into_iter().find(|step| step.saturating_mul(LINES) >= most) {
            Some(step) => return step,
            None => unit = unit.saturating_mul(10),
        }
    }
}

/// A number in few characters: those beyond `whole` in thousands or millions, cut off.
fn compact(number: u64, whole: u64) -> String {
    let (unit, letter) = match number {
        number if number <= whole => return thousands(number),
        1_000_000.. => (1_000_000, "M"),
        _ => (1_000, "k"),
    };
    let (ones, tenths) = (number / unit, number % unit / (unit / 10));
    if ones < 10 && tenths > 0 { format!("{ones}.{tenths}{letter}") } else { format!("{ones}{letter}") }
}

#[cfg(test)]
mod tests {
    use super::{DAY, DAYS, HEIGHT, HOUR, HOURS, Parts, TOP, compact, drawn, step};

    /// 2026-11-26T14:30:00Z
    const NOW: i64 = 1_795_703_400;

    #[test]
    fn lines_are_round_and_few() {
        for (most, expected) in
            [(0, 1), (1, 1), (4, 1), (5, 2), (20, 5), (21, 10), (240, 100), (7_143, 2_000), (100_000, 50_000)]
        {
            assert_eq!(step(most), expected, "{most}");
        }
        for most in 1..5_000_u64 {
            assert!((1..=4).contains(&most.div_ceil(step(most))), "{most}");
        }
        assert!(step(u64::MAX) >= u64::MAX / 5);
    }

    #[test]
    fn numbers_are_short() {
        for (number, whole, expected) in [
            (999, 999, "999"),
            (1_250, 999, "1.2k"),
            (1_250, 9_999, "1,250"),
            (12_999, 9_999, "12k"),
            (200_000, 9_999, "200k"),
            (1_500_000, 9_999, "1.5M"),
            (2_000_000, 9_999, "2M"),
        ] {
            assert_eq!(compact(number, whole), expected);
        }
    }

    #[test]
    fn days_and_hours_are_named() {
        let days = drawn(Parts::until(NOW, DAY, DAYS), &[[0; 3]; DAYS]);
        let names: Vec<_> = days.parts.iter().map(|part| part.when.as_str()).collect();
        assert_eq!((names[0], names[13]), ("13 Nov", "26 Nov"));
        assert_eq!(days.parts[0].below, ["13", "Nov"]);
        let hours = drawn(Parts::until(NOW, HOUR, HOURS), &[[0; 3]; HOURS]);
        assert_eq!(hours.parts[0].when, "25 Nov 15:00");
        let below: Vec<_> = hours.parts.iter().map(|part| part.below.join(" ")).collect();
        assert_eq!(below[..4], ["15:00 25 Nov", " ", " ", "18:00 "]);
        assert_eq!((&*below[9], &*below[23]), ("00:00 26 Nov", " "));
        // Where the day begins beside it, the first name would be in its way.
        let hours = drawn(Parts::until(NOW - 16 * HOUR, HOUR, HOURS), &[[0; 3]; HOURS]);
        assert_eq!((&*hours.parts[0].below[1], &*hours.parts[1].below[1]), ("", "25 Nov"));
    }

    #[test]
    fn bars_are_as_high_as_their_numbers() {
        let mut counts = [[0; 3]; DAYS];
        (counts[0], counts[1], counts[2]) = ([100, 0, 0], [100, 50, 50], [399, 1, 0]);
        let chart = drawn(Parts::until(NOW, DAY, DAYS), &counts);
        let floor = TOP + HEIGHT;
        assert_eq!(
            chart.lines.iter().map(|line| &*line.0).collect::<Vec<_>>(),
            ["0", "100", "200", "300", "400"]
        );
        assert_eq!(chart.lines.first().map(|line| line.1), Some(floor));
        assert_eq!(chart.lines.last().map(|line| line.1), Some(TOP));
        assert_eq!(chart.parts[0].pieces, [("complete", floor - HEIGHT / 4, HEIGHT / 4)]);
        let classes: Vec<_> = chart.parts[1].pieces.iter().map(|piece| piece.0).collect();
        assert_eq!(
            (classes.as_slice(), chart.parts[1].written.as_str()),
            (&["complete", "error", "unknown"][..], "200")
        );
        // One of 400 is seen.
        assert_eq!(chart.parts[2].pieces[1].2, 2);
        assert_eq!((chart.total, chart.parts[3].pieces.len()), (700, 0));
        assert!(chart.said.ends_with("The day with most is 15 Nov, with 400."), "{}", chart.said);
    }
}
