//! `tailmark hash`: what a hardware hash says about its machine, and whether it is whole.
//!
//! In: a file, or `-` for stdin, with a hash in Base64, the report's own bytes, or a hash file with many
//! devices. Out: manufacturer, model, serial number and more of each, and everything that is wrong.

use std::path::PathBuf;

use autopilot::hardware_identifier::{HardwareIdentifier, Inspection, Repair};
use clap::Args;
use serde_json::{Value, json};

use super::Common;
use super::import::read;
use crate::exit::Exit;
use crate::output::Kind;

const EXAMPLES: &str = "\
Examples:
  tailmark hash hash.txt
  tailmark hash devices.csv --query '[].{serial: serialNumber, model: model, ok: valid}' -o table
  pbpaste | tailmark hash -";

/// `tailmark hash`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct HashArgs {
    /// A file with a hash in Base64, a report's bytes or a hash file; - for stdin
    file: PathBuf,
}

/// Decodes and prints; exit code 6 when something is wrong with a hash.
pub fn run(args: &HashArgs, common: &Common) -> anyhow::Result<Exit> {
    let (result, valid) = described(&read::bytes(&args.file)?)?;
    common.output().show(&result, Kind::Hashes)?;
    Ok(if valid { Exit::Done } else { Exit::Invalid })
}

/// The one hash that the bytes are, or every hash of the hash file that they are.
fn described(bytes: &[u8]) -> anyhow::Result<(Value, bool)> {
    if bytes.starts_with(b"OA") && bytes.contains(&0) {
        return Ok(description(&HardwareIdentifier::from_bytes(bytes), &[]));
    }
    let text = String::from_utf8_lossy(bytes);
    match HardwareIdentifier::from_base64(text.trim()) {
        Ok((hash, repairs)) => Ok(description(&hash, &repairs)),
        Err(_) if text.contains([',', ';', '\t', '\0']) => {
            let (mut all, mut valid) = (Vec::new(), true);
            for (line, hash) in read::hashes(bytes)? {
                let (mut one, good) = match HardwareIdentifier::from_base64(&hash) {
                    Ok((hash, repairs)) => description(&hash, &repairs),
                    Err(error) => (json!({ "valid": false, "problems": [error.to_string()] }), false),
                };
                valid &= good;
                one.as_object_mut().map(|members| members.insert("line".to_owned(), line.into()));
                all.push(one);
            }
            Ok((Value::Array(all), valid))
        }
        Err(error) => Err(Exit::Invalid.because(format!("this is no hardware hash: {error}"))),
    }
}

fn description(hash: &HardwareIdentifier, repairs: &[Repair]) -> (Value, bool) {
    let Inspection { report, repair, faults } = hash.inspect();
    let valid = faults.is_empty();
    let description = json!({
        "valid": valid,
        "serialNumber": report.serial_number,
        "manufacturer": report.manufacturer,
        "model": report.product_name,
        "smbiosUuid": report.smbios_uuid.map(|uuid| uuid.to_string()),
        "productKeyId": report.product_key_id,
        "skuNumber": report.sku_number,
        "systemFamily": report.system_family,
        "tpmVersion": report.tpm_version,
        "osVersion": report.os_version,
        "processor": report.processor,
        "diskSerialNumber": report.disk_serial_number,
        "bytes": hash.bytes().len(),
        "problems": faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "repairs": repairs.iter().chain(&repair).map(ToString::to_string).collect::<Vec<_>>(),
    });
    (description, valid)
}
