//! From which file and lines the devices of an upload come, told to the service, so that the console's page of the
//! upload says it for a device that is refused.
//!
//! Tailmark alone has an address for it. What goes wrong with it keeps nobody from importing.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::journal::Part;
use super::send::Job;
use crate::graph_client::{GraphClient, pages};
use crate::output::Output;

/// The longest name of a file that the service takes, in characters.
const LONGEST_NAME: usize = 200;

/// Tells where the devices of a part come from that the service has as this upload; telling it again changes nothing.
pub async fn tell(client: &GraphClient, output: &Output, job: &Job, part: &Part, upload: &str) {
    if client.is_real() {
        return;
    }
    let devices = job.devices.get(part.devices.clone()).unwrap_or_default();
    // Of a serial number that is there twice it is the last line: the first device is registered.
    let lines = devices.iter().map(|device| (device.record.serial_number.clone(), device.line.into()));
    let body = json!({ "fileName": own_name(&job.file), "lines": lines.collect::<Map<String, Value>>() });
    let path = format!("../_tailmark/uploads/{}/source", pages::escaped(upload));
    match client.put(&path, &body).await {
        // A service that is none of Tailmark's, or an older one.
        Err(error) if error.is_not_found() => {}
        Err(error) => {
            output.say(&format!("warning: {}: the console will not know its lines: {error}", job.file));
        }
        Ok(_) => {}
    }
}

/// The name without its folders, which are nobody else's business.
fn own_name(file: &str) -> String {
    let name = Path::new(file).file_name().map_or(file.into(), |name| name.to_string_lossy());
    name.chars().take(LONGEST_NAME).collect()
}
