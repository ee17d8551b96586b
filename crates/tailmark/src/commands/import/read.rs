//! Reading hash files: from bytes in any form to devices that can be sent, and everything found on the way.
//!
//! In: files, or stdin. Out: the devices with slips of form repaired, each with its file and line, and every
//! problem in the order of files and lines. What is a problem is decided in `autopilot::check`; the service
//! and the console decide by the same code.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context;
use autopilot::check::{self, Problem, Severity};
use autopilot::csv::{self, DeviceRecord, Field};
use serde_json::{Map, Value};

use crate::exit::Exit;
use crate::output::{Output, cell};

/// How many problems are told on stderr before the rest is counted.
const TOLD: usize = 40;

/// A device that can be sent.
#[derive(Clone, Debug)]
pub struct Device {
    /// The file it came from.
    pub file: String,
    /// Its line there.
    pub line: u64,
    /// Its texts, slips of form repaired.
    pub record: DeviceRecord,
}

impl Device {
    /// The device as the API takes it; with an importId where the route has one.
    pub fn body(&self, import_id: Option<&str>) -> Value {
        let texts = Field::ALL.iter().map(|field| (field.property(), self.record.text(*field)));
        let given = texts.chain(import_id.map(|id| ("importId", id))).filter(|(_, text)| !text.is_empty());
        Value::Object(given.map(|(name, text)| (name.to_owned(), text.into())).collect::<Map<_, _>>())
    }
}

/// What was read from all files.
#[derive(Debug, Default)]
pub struct Reading {
    /// The devices.
    pub devices: Vec<Device>,
    /// The files, in the order in which they were named.
    pub files: Vec<InFile>,
    found: Vec<(String, Problem)>,
}

/// What was read from one file.
#[derive(Clone, Debug)]
pub struct InFile {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub digest: String,
    /// Which of the devices are in it.
    pub devices: Range<usize>,
}

/// Reads and checks files; `-` is stdin.
pub fn files(paths: &[PathBuf]) -> anyhow::Result<Reading> {
    let mut reading = Reading::default();
    for path in paths {
        let name = if is_stdin(path) { "stdin".to_owned() } else { path.display().to_string() };
        reading.take(&name, &bytes(path)?);
    }
    reading.compare_files();
    Ok(reading)
}

/// The bytes of a file; `-` is stdin.
pub fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    if is_stdin(path) {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read stdin")?;
        Ok(bytes)
    } else {
        std::fs::read(path).map_err(|error| Exit::unreadable(path, &error))
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads the sample that is part of the program, or the file of that name in the current folder.
pub fn sample(path: &str, built_in: &[u8]) -> Reading {
    let mut reading = Reading::default();
    let bytes = std::fs::read(path);
    reading.take(path, bytes.as_deref().unwrap_or(built_in));
    reading
}

/// The hashes of a hash file with their lines, as they stand there.
pub fn hashes(bytes: &[u8]) -> anyhow::Result<Vec<(u64, String)>> {
    let sheet = csv::read(bytes);
    if sheet.rows.is_empty() {
        return Err(Exit::Invalid.because("this is neither a hardware hash nor a hash file"));
    }
    Ok(sheet.rows.into_iter().map(|row| (row.line, row.record.hardware_hash)).collect())
}

impl Reading {
    fn take(&mut self, file: &str, bytes: &[u8]) {
        let sheet = csv::read(bytes);
        self.found.extend(check::check_sheet(&sheet).into_iter().map(|problem| (file.to_owned(), problem)));
        let first = self.devices.len();
        let rows = check::corrected(&sheet).into_iter();
        self.devices.extend(rows.map(|row| Device {
            file: file.to_owned(),
            line: row.line,
            record: row.record,
        }));
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
        self.files.push(InFile {
            name: file.to_owned(),
            digest: digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect(),
            devices: first..self.devices.len(),
        });
    }

    /// A device that is in two files is found here; one that is twice in a file was found before.
    fn compare_files(&mut self) {
        let mut seen: HashMap<&str, &Device> = HashMap::new();
        for device in &self.devices {
            let serial = device.record.serial_number.as_str();
            if serial.is_empty() || check::is_placeholder(serial) {
                continue;
            }
            let first = *seen.entry(serial).or_insert(device);
            if first.file != device.file {
                let message = format!("the serial number is in {}, line {}, too", first.file, first.line);
                let problem = Problem::warning("serial-duplicate", message).line(device.line);
                let problem = problem.on(Field::SerialNumber).fix("Leave one line for each device.");
                self.found.push((device.file.clone(), problem));
            }
        }
    }

    /// Whether a device would be refused.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// Every problem as a row of the output.
    pub fn problems(&self) -> Value {
        let row = |(file, problem): &(String, Problem)| {
            let mut row = Map::from_iter([("file".to_owned(), file.as_str().into())]);
            if let Value::Object(found) = problem.json() {
                row.extend(found);
            }
            Value::Object(row)
        };
        self.found.iter().map(row).collect()
    }

    /// How much was read and how much of it is wrong, in a sentence.
    pub fn summary(&self) -> String {
        let counted =
            |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let kinds = [
            (Severity::Error, "error", "errors"),
            (Severity::Warning, "warning", "warnings"),
            (Severity::Repaired, "slip of form repaired", "slips of form repaired"),
        ];
        let found = kinds.map(|(severity, one, many)| (self.count(severity), one, many));
        let found = found.iter().filter(|(count, ..)| *count > 0);
        let found: Vec<_> = found.map(|(count, one, many)| counted(*count, one, many)).collect();
        let devices = counted(self.devices.len(), "device", "devices");
        let files = counted(self.files.len(), "file", "files");
        let found = if found.is_empty() { "nothing wrong".to_owned() } else { found.join(", ") };
        format!("{devices} in {files}: {found}")
    }

    /// Tells every problem on stderr as `file:line:column`, errors first, in a form that editors follow.
    pub fn say_problems(&self, output: &Output) {
        let mut found: Vec<_> = self.found.iter().collect();
        found.sort_by_key(|(_, problem)| problem.severity);
        for (file, problem) in found.iter().take(TOLD) {
            let number = |number: Option<u64>| number.map(|number| format!(":{number}")).unwrap_or_default();
            let column = problem.column.as_ref();
            let place =
                number(column.and_then(|column| column.number).and_then(|number| u64::try_from(number).ok()));
            let name = column.map(|column| format!("{}: ", column.name)).unwrap_or_default();
            let (line, severity) = (number(problem.line), problem.severity);
            let text =
                format!("{file}{line}{place}: {severity}: {name}{} [{}]", problem.message, problem.code);
            output.say(&cell::printable(&text));
            if let Some(fix) = &problem.fix {
                output.say(&format!("    {}", cell::printable(fix)));
            }
        }
        if found.len() > TOLD {
            output.say(&format!("… and {} more; `tailmark check` shows all", found.len() - TOLD));
        }
        output.say(&self.summary());
    }

    fn count(&self, severity: Severity) -> usize {
        self.found.iter().filter(|(_, problem)| problem.severity == severity).count()
    }
}

/// Writes the strict files that the portal takes; does not write over a file unless told to.
pub fn write_strict(reading: &Reading, out: &Path, replace: bool) -> anyhow::Result<Vec<PathBuf>> {
    let records = reading.devices.iter().map(|device| &device.record);
    let files = csv::write::portal_files(records).map_err(|error| {
        let device = error.row.checked_sub(1).and_then(|at| reading.devices.get(at));
        let place = device.map(|device| format!("{}:{}: ", device.file, device.line)).unwrap_or_default();
        Exit::Invalid.because(format!("{place}{error}"))
    })?;
    let mut written = Vec::new();
    for (number, bytes) in (1..).zip(files) {
        let path = if number == 1 { out.to_owned() } else { numbered(out, number) };
        let mut options = OpenOptions::new();
        options.write(true).create(replace).create_new(!replace).truncate(replace);
        let file = options.open(&path).and_then(|mut file| file.write_all(&bytes));
        file.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Exit::Usage.because(format!("{} exists already; --yes writes over it", path.display()))
            }
            _ => anyhow::Error::new(error).context(format!("cannot write {}", path.display())),
        })?;
        written.push(path);
    }
    Ok(written)
}

/// `devices.csv` as `devices-2.csv`.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension =
        path.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}-{number}{extension}"))
}
