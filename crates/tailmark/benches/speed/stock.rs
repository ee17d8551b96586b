//! The databases: so many registered devices, made once through the API and kept in `target/speed`.
//!
//! Serial numbers are of seven letters and digits in no order, so that three of them are in a few devices only.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use autopilot::hardware_identifier::{HardwareFacts, HardwareIdentifier};
use rusqlite::{Connection, OpenFlags};
use tailmark::commands::token::{MintRequest, mint};
use uuid::Uuid;

use crate::load::{Client, get, post, runtime};
use crate::program::Program;

/// The uploads.
pub const UPLOADS: &str = "/beta/deviceManagement/importedWindowsAutopilotDeviceIdentityUploads";
/// The imported devices.
pub const IMPORTED: &str = "/beta/deviceManagement/importedWindowsAutopilotDeviceIdentities";
/// The registered devices.
pub const DEVICES: &str = "/beta/deviceManagement/windowsAutopilotDeviceIdentities";
/// Devices of one upload.
const UPLOAD: usize = 500;
/// From here on devices have no hashes.
const WITHOUT_HASHES: usize = 1_000_000;
/// Numbers of devices that are imported while something is measured.
static NEW: AtomicUsize = AtomicUsize::new(100_000_000);

/// A data folder with so many registered devices.
#[derive(Clone, Debug)]
pub struct Stock {
    /// How many.
    pub devices: usize,
    /// The data folder.
    pub data: PathBuf,
}

impl Stock {
    /// The kept one of this size, made first where it is not there.
    pub fn of(devices: usize) -> Self {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("speed");
        let stock = Self { devices, data: target.join(devices.to_string()) };
        let made = stock.data.join("made");
        if !made.exists() {
            let _ = fs::remove_dir_all(&stock.data);
            fs::create_dir_all(&stock.data).unwrap();
            stock.make();
            fs::write(made, "").unwrap();
        }
        stock
    }

    fn make(&self) {
        let since = Instant::now();
        let program = Program::tailmark(&self.data, &[]);
        fill(&program.address, &self.token(), self.devices);
        program.stop();
        // In one file, so that it can be copied.
        let connection = Connection::open(self.database()).unwrap();
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        eprintln!("  {} devices were made in {:.0} s", self.devices, since.elapsed().as_secs_f64());
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.data.join("tailmark.db")
    }

    /// A copy for rows that write; the next one takes its place.
    pub fn copy(&self, name: &str) -> Self {
        let data = self.data.with_file_name(format!("copy-{name}"));
        let _ = fs::remove_dir_all(&data);
        fs::create_dir_all(&data).unwrap();
        for file in fs::read_dir(&self.data).unwrap().flatten() {
            fs::copy(file.path(), data.join(file.file_name())).unwrap();
        }
        Self { devices: self.devices, data }
    }

    /// Takes the folder away.
    pub fn remove(self) {
        fs::remove_dir_all(self.data).unwrap();
    }

    /// A token that reads and writes.
    pub fn token(&self) -> String {
        mint(&self.data, MintRequest { expires_in: 86_400, ..MintRequest::default() }).unwrap()
    }

    /// Ids of uploads, from all over, at most so many.
    pub fn uploads(&self, most: usize) -> Vec<String> {
        let connection =
            Connection::open_with_flags(self.database(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let mut statement = connection.prepare("SELECT id FROM uploads ORDER BY id").unwrap();
        let all: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        all.iter().step_by((all.len() / most).max(1)).take(most).cloned().collect()
    }

    /// Serial numbers from all over, so many.
    pub fn serial_numbers(&self, number: usize) -> impl Iterator<Item = String> {
        let devices = self.devices;
        (0..number).map(move |index| serial_number(index * 7919 % devices))
    }
}

/// Imports so many devices, in uploads of 500, and waits until all are registered.
pub fn fill(address: &str, token: &str, devices: usize) {
    runtime().block_on(async {
        let mut client = Client::connect(address).await.unwrap();
        for first in (0..devices).step_by(UPLOAD) {
            let numbers = first..(first + UPLOAD).min(devices);
            let bodies: Vec<String> =
                numbers.map(|number| device(number, devices < WITHOUT_HASHES)).collect();
            let body = format!("{{\"deviceIdentities\":[{}]}}", bodies.join(","));
            let answer = client.ask(&post(UPLOADS, token, &body)).await.unwrap();
            assert_eq!(answer.status, 201, "{}", answer.text());
        }
    });
    settle(address, token);
    let registered = ask(address, token, &format!("{DEVICES}/$count"));
    let registered: usize = registered.trim_start_matches('\u{feff}').parse().unwrap();
    assert_eq!(registered, devices, "not every device was registered");
}

/// Waits until no import is under way, by the figures of the service (`NaN` is no answer): a query would look through all records.
pub fn settle(address: &str, token: &str) {
    let is_busy = || {
        let figures = ask(address, token, "/metrics");
        let under_way = figures.lines().find_map(|line| line.strip_prefix("tailmark_imports_under_way "));
        under_way.unwrap().parse::<f64>().unwrap() != 0.0
    };
    while is_busy() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn ask(address: &str, token: &str, path: &str) -> String {
    runtime().block_on(async {
        let mut client = Client::connect(address).await.unwrap();
        let request = get(path, token);
        client.ask(&request).await.unwrap().text().to_owned()
    })
}

/// The JSON of a device that is in no stock.
pub fn new_device() -> String {
    device(NEW.fetch_add(1, Ordering::Relaxed), true)
}

/// Devices as the body of `import`.
pub fn import_of(devices: usize) -> String {
    let devices: Vec<String> = (0..devices).map(|_| new_device()).collect();
    format!("{{\"importedWindowsAutopilotDeviceIdentities\":[{}]}}", devices.join(","))
}

fn device(number: usize, hash: bool) -> String {
    let serial_number = serial_number(number);
    if !hash {
        return format!("{{\"serialNumber\":\"{serial_number}\"}}");
    }
    let facts = HardwareFacts {
        serial_number: serial_number.clone(),
        manufacturer: "Fabrikam".to_owned(),
        product_name: "Notebook 7".to_owned(),
        smbios_uuid: Uuid::from_u128(number as u128 + 1),
        ..HardwareFacts::default()
    };
    let hash = HardwareIdentifier::encode(&facts).to_base64();
    format!("{{\"serialNumber\":\"{serial_number}\",\"hardwareIdentifier\":\"{hash}\"}}")
}

/// Another for each number: multiplied by an odd one modulo 2^35, no two are alike.
fn serial_number(number: usize) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKLMNPQRSTVWXY";
    let scrambled = (number as u64).wrapping_mul(0x5_1E37_79B9) % (1 << 35);
    (0..7).map(|place| char::from(DIGITS[(scrambled >> (5 * place)) as usize % 32])).collect()
}
