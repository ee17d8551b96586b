//! What became of a part that was sent and not answered: because the program was killed, the connection broke,
//! or a gateway lost patience.
//!
//! The service is asked by the part's mark, which was chosen and written down before it was sent: the importId
//! of its records, or the time at which its upload says that it was created. What may still be on its way is
//! asked for again for a while before it is sent a second time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::journal::{Journal, Part, State};
use super::read::Device;
use super::report::name;
use super::send::Route;
use crate::commands::set::Set;
use crate::graph_client::{Error, GraphClient, pages};

/// For how long a request that nobody waits for may go on at the service.
const UNDER_WAY: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(250);

/// What the service has of a part.
#[derive(Debug, Default)]
pub struct Arrived {
    /// The upload.
    pub upload: Option<String>,
    /// Which device of the file an import record belongs to.
    pub records: HashMap<String, usize>,
    /// The devices of the file that are missing.
    pub missing: Vec<usize>,
}

/// Asks for a part until it is there or cannot come any more.
pub async fn ask(
    client: &GraphClient,
    route: Route,
    part: &Part,
    devices: &[Device],
) -> Result<Arrived, Error> {
    let start = Instant::now();
    loop {
        let arrived = match route {
            Route::Upload => upload(client, part).await?,
            Route::Import | Route::Each => records(client, part, devices).await?,
        };
        if arrived.missing.is_empty() || start.elapsed() >= UNDER_WAY {
            return Ok(arrived);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether the service has anything of what an earlier run sent and it took.
pub async fn is_there(client: &GraphClient, journal: &Journal) -> Result<bool, Error> {
    for part in journal.parts().iter().filter(|part| part.state == State::Taken) {
        let is_there = match &part.upload {
            Some(id) => match client.get(&Set::Uploads.entity(id)).await {
                Err(error) if !error.is_not_found() => return Err(error),
                answer => answer.is_ok(),
            },
            None => !client.pages(&of_group(part))?.collect(1).await?.is_empty(),
        };
        if is_there {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An upload comes whole or not at all; one with another number of devices is somebody else's.
async fn upload(client: &GraphClient, part: &Part) -> Result<Arrived, Error> {
    let filter = format!("createdDateTimeUtc eq {}", part.mark);
    let path = format!("{}{}", Set::Uploads.path(), pages::query(&[("$filter", &filter)]));
    for upload in client.pages(&path)?.collect(usize::MAX).await? {
        let Some(id) = upload.get("id").and_then(Value::as_str) else { continue };
        let devices = client.count(&format!("{}/deviceIdentities", Set::Uploads.entity(id)), None).await?;
        if devices == part.devices.len() as u64 {
            return Ok(Arrived { upload: Some(id.to_owned()), ..Arrived::default() });
        }
    }
    Ok(Arrived { missing: part.devices.clone().collect(), ..Arrived::default() })
}

async fn records(client: &GraphClient, part: &Part, devices: &[Device]) -> Result<Arrived, Error> {
    let records = client.pages(&of_group(part))?.collect(usize::MAX).await?;
    Ok(matched(&records, part, devices))
}

/// Where the records of a part are listed.
fn of_group(part: &Part) -> String {
    let filter = format!("importId eq {}", pages::literal(&part.mark));
    format!("{}{}", Set::Imported.path(), pages::query(&[("$filter", &filter)]))
}

/// A device that is in a file twice was sent twice, so each record answers for one line.
fn matched(records: &[Value], part: &Part, devices: &[Device]) -> Arrived {
    let mut there: HashMap<&str, Vec<&str>> = HashMap::new();
    for record in records {
        let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
        there.entry(name(text("serialNumber"), text("productKey"))).or_default().push(text("id"));
    }
    let mut arrived = Arrived::default();
    for at in part.devices.clone() {
        let Some(device) = devices.get(at) else { continue };
        let ids = there.get_mut(name(&device.record.serial_number, &device.record.product_key));
        match ids.and_then(Vec::pop) {
            Some(id) => _ = arrived.records.insert(id.to_owned(), at),
            None => arrived.missing.push(at),
        }
    }
    arrived
}

#[cfg(test)]
mod tests {
    use autopilot::csv::DeviceRecord;
    use serde_json::json;

    use super::*;

    #[test]
    fn each_record_answers_for_one_line() {
        let device = |(line, serial): (u64, &str)| Device {
            file: "a.csv".to_owned(),
            line,
            record: DeviceRecord { serial_number: serial.to_owned(), ..DeviceRecord::default() },
        };
        let devices: Vec<_> = [(2, "A"), (3, "B"), (4, "A"), (5, "C")].map(device).into();
        let part = Part { devices: 0..4, state: State::Begun, mark: "m".to_owned(), upload: None };
        // Without a product key of the client's, the real service answers with one of its own.
        let record = |id: &str, serial: &str| json!({ "id": id, "serialNumber": serial, "productKey": id });
        let arrived = matched(&[record("1", "A"), record("2", "C")], &part, &devices);
        assert_eq!(arrived.missing, [1, 2]);
        assert_eq!(arrived.records, HashMap::from([("1".to_owned(), 0), ("2".to_owned(), 3)]));
        assert_eq!(matched(&[], &part, &devices).missing.len(), 4);
    }
}
