//! The outcome of an import: totals, and every failed device with its line and what to do about it.
//!
//! The service does not know lines, and it does not give a hardware hash back; a failed record finds its
//! line by the id that the service answered, or else by serial number and product key. A table shows what
//! failed and a sentence for each file and for all; JSON and YAML hold the whole report, CSV and lines of JSON
//! one failed device a row.

use std::collections::HashMap;

use autopilot::rejection::Rejection;
use serde::Serialize;
use serde_json::Value;

use super::read::Device;
use super::watch::{Counts, End, Ended, Under, Watched, in_state};
use crate::exit::Exit;
use crate::graph_client::error::Refused;
use crate::graph_client::{self, GraphClient, pages};
use crate::output::{Kind, Output, cell};

/// A device that was not registered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The file it came from, if it is known.
    pub file: Option<String>,
    /// Its line there.
    pub line: Option<u64>,
    /// Its serial number.
    pub serial_number: String,
    /// The id of its import record, if one was made.
    pub id: Option<String>,
    /// `deviceErrorCode`, such as 806.
    pub code: Option<i64>,
    /// `deviceErrorName`, such as `ZtdDeviceAlreadyAssigned`.
    pub name: String,
    /// What it means, in a sentence.
    pub meaning: String,
    /// What to do.
    pub remedy: String,
}

impl Failure {
    /// A device that the service did not even take.
    pub fn refused(device: &Device, refused: &Refused) -> Failure {
        Failure {
            file: Some(device.file.clone()),
            line: Some(device.line),
            serial_number: device.record.serial_number.clone(),
            name: refused.code.clone(),
            meaning: refused.message.clone(),
            ..Failure::default()
        }
    }

    fn of_record(record: &Value, device: Option<&Device>) -> Failure {
        let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let code = record.pointer("/state/deviceErrorCode").and_then(Value::as_i64);
        let name = text("/state/deviceErrorName");
        let by_code = || code.and_then(|code| Rejection::by_code(i32::try_from(code).ok()?).next());
        let known = Rejection::by_name(name).or_else(by_code);
        Failure {
            file: device.map(|device| device.file.clone()),
            line: device.map(|device| device.line),
            serial_number: text("/serialNumber").to_owned(),
            id: Some(text("/id").to_owned()),
            code,
            name: if name.is_empty() { known.map(Rejection::name).unwrap_or_default() } else { name }
                .to_owned(),
            meaning: known.map(Rejection::meaning).unwrap_or_default().to_owned(),
            remedy: known.map_or("ask whoever runs the service", Rejection::remedy).to_owned(),
        }
    }
}

/// Fetches the failed records and finds their lines.
pub async fn failures(
    client: &GraphClient,
    watched: &Watched,
    devices: &[Device],
    records: &HashMap<String, usize>,
) -> Result<Vec<Failure>, graph_client::Error> {
    let mut lines = Lines::new(devices, records);
    let mut failures = Vec::new();
    for (path, condition) in watched.parts(client) {
        // The real service does not filter by state.
        let filter = match condition {
            Some(condition) if client.is_real() => condition,
            condition => in_state("error", condition.as_deref()),
        };
        let mut pages = client.pages(&format!("{path}{}", pages::query(&[("$filter", &filter)])))?;
        while let Some(page) = pages.next().await? {
            let has_failed = |record: &&Value| {
                record.pointer("/state/deviceImportStatus").is_some_and(|state| state == "error")
            };
            let failed = page.iter().filter(has_failed);
            failures.extend(failed.map(|record| Failure::of_record(record, lines.device(record))));
        }
    }
    Ok(failures)
}

/// Finds the device that a record is about.
struct Lines<'a> {
    devices: &'a [Device],
    records: &'a HashMap<String, usize>,
    by_name: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Lines<'a> {
    fn new(devices: &'a [Device], records: &'a HashMap<String, usize>) -> Lines<'a> {
        let mut by_name = HashMap::<_, Vec<usize>>::new();
        for (at, device) in devices.iter().enumerate() {
            let record = &device.record;
            by_name.entry(name(&record.serial_number, &record.product_key)).or_default().push(at);
        }
        Lines { devices, records, by_name }
    }

    fn device(&mut self, record: &Value) -> Option<&'a Device> {
        let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
        if let Some(at) = self.records.get(text("id")) {
            return self.devices.get(*at);
        }
        let same = self.by_name.get_mut(name(text("serialNumber"), text("productKey")))?;
        // Of a device that is in the import twice the first line is registered and the later ones fail.
        let at = if same.len() > 1 { same.pop() } else { same.last().copied() };
        self.devices.get(at?)
    }
}

/// What a device is called: its serial number, or its product key where it has none.
pub(super) fn name<'a>(serial_number: &'a str, product_key: &'a str) -> &'a str {
    if serial_number.is_empty() { product_key } else { serial_number }
}

/// What became of one file, or of what was watched under one name.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The file, or the id.
    file: String,
    devices: u64,
    complete: u64,
    error: u64,
    pending: u64,
    /// The uploads that were made of it.
    uploads: Vec<String>,
    /// The importIds of its records.
    import_ids: Vec<String>,
}

impl Outcome {
    /// With the devices that the service did not take at all.
    pub fn new(under: &Under, counts: Counts, refused: u64) -> Outcome {
        let (uploads, import_ids) = match &under.watched {
            Watched::Uploads(ids) => (ids.clone(), Vec::new()),
            Watched::Groups(ids) => (Vec::new(), ids.clone()),
        };
        Outcome {
            file: under.name.clone(),
            devices: counts.total + refused,
            complete: counts.complete,
            error: counts.error + refused,
            pending: counts.pending(),
            uploads,
            import_ids,
        }
    }
}

/// Everything there is to say about an import.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    devices: u64,
    complete: u64,
    error: u64,
    pending: u64,
    seconds: f64,
    /// The uploads that were made.
    uploads: Vec<String>,
    /// The importIds of the records.
    import_ids: Vec<String>,
    files: Vec<Outcome>,
    failed: Vec<Failure>,
    #[serde(skip)]
    resume: String,
    #[serde(skip)]
    end: End,
}

impl Report {
    /// Puts together how it ended, file by file, and what failed.
    pub fn new(ended: &Ended, files: Vec<Outcome>, mut failed: Vec<Failure>) -> Report {
        let sum = |of: fn(&Outcome) -> u64| files.iter().map(of).sum::<u64>();
        let ids = |of: fn(&Outcome) -> &Vec<String>| {
            files.iter().flat_map(|file| of(file).clone()).collect::<Vec<_>>()
        };
        failed.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        let (uploads, import_ids) = (ids(|file| &file.uploads), ids(|file| &file.import_ids));
        let watched = match uploads.is_empty() {
            true => Watched::Groups(import_ids.clone()),
            false => Watched::Uploads(uploads.clone()),
        };
        Report {
            devices: sum(|file| file.devices),
            complete: sum(|file| file.complete),
            error: sum(|file| file.error),
            pending: sum(|file| file.pending),
            seconds: (ended.took.as_secs_f64() * 100.0).round() / 100.0,
            resume: watched.resume(),
            uploads,
            import_ids,
            files,
            failed,
            end: ended.end,
        }
    }

    /// The same, where the same command goes on with it.
    pub fn resumed_by_command(mut self) -> Report {
        "run the same command again to go on".clone_into(&mut self.resume);
        self
    }

    /// The exit code of the whole import.
    pub fn exit(&self) -> Exit {
        match self.end {
            End::Interrupted => Exit::Interrupted,
            End::TimedOut => Exit::StillPending,
            End::Settled | End::NotWatched if self.error > 0 => Exit::SomeFailed,
            End::Settled | End::NotWatched => Exit::Done,
        }
    }

    /// The uploads that were made.
    pub fn uploads(&self) -> &[String] {
        &self.uploads
    }

    /// The outcome of each file in a line, where there are several.
    pub fn lines(&self) -> Vec<String> {
        if self.files.len() < 2 {
            return Vec::new();
        }
        let line = |file: &Outcome| {
            let Outcome { file: name, devices, complete, error, pending, .. } = file;
            let mut text = match self.end {
                End::NotWatched => format!("{name}: {devices} devices sent"),
                _ => format!("{name}: {complete} of {devices} devices complete"),
            };
            if *error > 0 {
                text.push_str(&format!(", {error} failed"));
            }
            if *pending > 0 && self.end != End::NotWatched {
                text.push_str(&format!(", {pending} pending"));
            }
            cell::printable(&text)
        };
        self.files.iter().map(line).collect()
    }

    /// The outcome in a sentence.
    pub fn sentence(&self) -> String {
        let Report { devices, complete, error, pending, seconds, resume, .. } = self;
        let mut text = match self.end {
            End::NotWatched => format!("{devices} devices sent"),
            _ => format!("{complete} of {devices} devices complete"),
        };
        if *error > 0 {
            text.push_str(&format!(", {error} failed"));
        }
        match self.end {
            End::Settled => text.push_str(&format!(", in {seconds} s")),
            End::NotWatched => text.push_str(&format!("; {resume}")),
            End::TimedOut => text.push_str(&format!(", {pending} pending when time was up; {resume}")),
            End::Interrupted => text.push_str(&format!("; interrupted: {resume}")),
        }
        text
    }
}

/// Prints the report and gives its exit code.
pub fn show(output: &Output, report: &Report) -> anyhow::Result<Exit> {
    if output.wants_rows() {
        output.show(&serde_json::to_value(&report.failed)?, Kind::Failures)?;
        if output.is_table() {
            for remedy in remedies(&report.failed) {
                output.line(&remedy)?;
            }
        }
    } else {
        output.show(&serde_json::to_value(report)?, Kind::Plain)?;
    }
    report.lines().iter().for_each(|line| output.say(line));
    output.say(&report.sentence());
    Ok(report.exit())
}

/// What to do about each kind of failure, once.
fn remedies(failed: &[Failure]) -> Vec<String> {
    let mut kinds: Vec<(&Failure, usize)> = Vec::new();
    for failure in failed {
        match kinds.iter_mut().find(|(first, _)| first.name == failure.name && first.remedy == failure.remedy)
        {
            Some((_, count)) => *count += 1,
            None => kinds.push((failure, 1)),
        }
    }
    let told = kinds.into_iter().filter(|(failure, _)| !failure.remedy.is_empty());
    told.map(|(Failure { code, name, remedy, .. }, count)| {
        let code = code.map(|code| format!("{code} ")).unwrap_or_default();
        let devices = if count == 1 { "1 device".to_owned() } else { format!("{count} devices") };
        cell::printable(&format!("{code}{name} ({devices}): {remedy}"))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use autopilot::csv::DeviceRecord;
    use serde_json::json;

    use super::*;

    fn device(line: u64, serial_number: &str) -> Device {
        let record = DeviceRecord { serial_number: serial_number.to_owned(), ..DeviceRecord::default() };
        Device { file: "devices.csv".to_owned(), line, record }
    }

    #[test]
    fn a_record_finds_its_line_by_id_or_else_by_serial_number() {
        let devices = [device(2, "A"), device(3, "B"), device(4, "B"), device(5, "")];
        let records = HashMap::from([("id-1".to_owned(), 3)]);
        let mut lines = Lines::new(&devices, &records);
        let mut line = |id: &str, serial: &str| {
            lines.device(&json!({ "id": id, "serialNumber": serial })).map(|device| device.line)
        };
        assert_eq!(line("id-1", "A"), Some(5));
        assert_eq!(line("x", "A"), Some(2));
        assert_eq!(line("x", "B"), Some(4), "of two the later one fails");
        assert_eq!(line("x", "B"), Some(3));
        assert_eq!(line("x", "C"), None);
    }

    #[test]
    fn a_failure_says_what_to_do() {
        let state = json!({ "deviceImportStatus": "error", "deviceErrorCode": 806, "deviceErrorName": "" });
        let record = json!({ "id": "x", "serialNumber": "A", "state": state });
        let failure = Failure::of_record(&record, Some(&device(2, "A")));
        assert_eq!(
            (failure.line, failure.code, failure.name.as_str()),
            (Some(2), Some(806), "ZtdDeviceAlreadyAssigned")
        );
        assert_eq!(remedies(&[failure.clone(), failure.clone()]).len(), 1);
        assert!(remedies(&[failure]).concat().starts_with("806 ZtdDeviceAlreadyAssigned (1 device): "));
    }
}
