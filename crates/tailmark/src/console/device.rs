//! `/console/devices/{id}`: one device: what is known of it, what has happened to it, what its hardware hash says, and
//! what other captures of it say.

mod captures;

use askama::Template;
use autopilot::check;
use autopilot::hardware_identifier::{HardwareIdentifier, HardwareReport};
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use serde_json::Value;

use super::api::{Api, DEVICES, IMPORTED, UPLOADS, address, encoded, entity, here, literal, text};
use super::devices::{enrollment_state, profile_status};
use super::filters::moment;
use super::form::Fields;
use super::overview::meaning;
use super::page::{self, Frame, Room};
use super::refusal::Refusal;
use super::visitor::Visitor;
use captures::Captures;

/// Import records of one device that are shown.
const RECORDS: usize = 50;
/// Events of one device that are shown.
const CHANGES: usize = 50;
/// What is said of the Windows that wrote a hash.
const WRITER: &str = "Windows that wrote it";
/// The audit log.
const EVENTS: &str = "auditEvents";

#[derive(Template)]
#[template(path = "device.html")]
struct Device {
    frame: Frame,
    id: String,
    facts: Vec<(&'static str, String)>,
    status: &'static str,
    state: &'static str,
    warnings: Vec<(String, String)>,
    timeline: Vec<Event>,
    hardware: Vec<(&'static str, String)>,
    faults: Vec<String>,
    captures: Captures,
    hash: String,
    is_shown: bool,
    json: String,
}

/// An import record, and when and with which upload it came, where that is known.
struct Came {
    record: Value,
    when: String,
    address: String,
}

struct Event {
    when: String,
    text: String,
    detail: String,
    address: String,
    failed: bool,
}

/// `GET /console/devices/{id}`
pub async fn page(visitor: Visitor, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let is_shown = Fields::of_query(query.as_deref()).one("hash") == "shown";
    let result = shown(&visitor, &id, is_shown).await;
    visitor.answer(result)
}

async fn shown(visitor: &Visitor, id: &str, is_shown: bool) -> Result<Response, Refusal> {
    let api = &visitor.api;
    let device = api.get(&address(&entity(DEVICES, id), &[])).await?;
    let serial_number = text(&device, "/serialNumber");
    let records = records(api, id, serial_number).await?;
    let own = records.iter().find(|came| text(&came.record, "/state/deviceRegistrationId") == id);
    let hash = match own {
        Some(own) => hash(api, text(&own.record, "/id")).await?,
        None => String::new(),
    };
    if is_shown && !hash.is_empty() {
        tracing::info!(device = id, user = visitor.session.identity.upn, "a hardware hash was shown");
    }
    let (hardware, faults) = hardware(&hash);
    let (status, state) = profile_status(text(&device, "/deploymentProfileAssignmentStatus"));
    let page = Device {
        frame: visitor.frame(Room::Devices, serial_number),
        id: id.to_owned(),
        facts: facts(&device),
        status,
        state,
        warnings: warnings(api, serial_number).await?,
        timeline: timeline(api, &device, &records).await?,
        hardware,
        faults,
        captures: Captures::of(api, &records).await?,
        hash,
        is_shown,
        json: serde_json::to_string_pretty(&device).unwrap_or_default(),
    };
    Ok(page::render(&page))
}

fn facts(device: &Value) -> Vec<(&'static str, String)> {
    let text = |name: &str| text(device, name).to_owned();
    let mut facts = vec![
        ("Serial number", text("/serialNumber")),
        ("Manufacturer", text("/manufacturer")),
        ("Model", text("/model")),
        ("Group tag", text("/groupTag")),
        ("Purchase order", text("/purchaseOrderIdentifier")),
        ("Product key", text("/productKey")),
        ("Device name", text("/displayName")),
        ("Assigned user", text("/userPrincipalName")),
        ("User-friendly name", text("/addressableUserName")),
        ("Date assigned", moment(&text("/deploymentProfileAssignedDateTime"))),
        ("Enrollment state", enrollment_state(&text("/enrollmentState")).to_owned()),
        ("Last contacted", moment(&text("/lastContactedDateTime"))),
        ("Associated Microsoft Entra device", text("/azureActiveDirectoryDeviceId")),
        ("Associated Intune device", text("/managedDeviceId")),
        ("Id", text("/id")),
    ];
    facts.retain(|(_, value)| !value.is_empty() && value != "00000000-0000-0000-0000-000000000000");
    facts
}

async fn records(api: &Api, id: &str, serial_number: &str) -> Result<Vec<Came>, Refusal> {
    let filter = format!(
        "serialNumber eq {} or state/deviceRegistrationId eq {}",
        literal(serial_number),
        literal(id)
    );
    let mut records = Vec::new();
    for record in api.all(&address(IMPORTED, &[("$filter", &filter)]), RECORDS).await? {
        let upload = text(&record, "/importId").to_owned();
        let found = match upload.as_str() {
            "" => Value::Null,
            // Imported by another route, or its upload was deleted.
            upload => api.get(&address(&entity(UPLOADS, upload), &[])).await.unwrap_or_default(),
        };
        let address =
            if found.is_null() { String::new() } else { format!("/console/uploads/{}", encoded(&upload)) };
        records.push(Came { record, when: moment(text(&found, "/createdDateTimeUtc")), address });
    }
    Ok(records)
}

async fn hash(api: &Api, record: &str) -> Result<String, Refusal> {
    let record =
        api.get(&address(&entity(IMPORTED, record), &[("$select", "id,hardwareIdentifier")])).await?;
    Ok(text(&record, "/hardwareIdentifier").to_owned())
}

async fn warnings(api: &Api, serial_number: &str) -> Result<Vec<(String, String)>, Refusal> {
    let mut warnings = Vec::new();
    if check::is_placeholder(serial_number) {
        let text = "This serial number is a placeholder that firmware has from its maker; other machines have it, too.";
        warnings.push((text.to_owned(), String::new()));
    }
    let filter = format!("serialNumber eq {}", literal(serial_number));
    let same = api.count(DEVICES, &filter).await?;
    if same > 1 {
        let text = format!("{same} registered devices have this serial number.");
        warnings.push((text, here("/console/devices", &[("$filter", &filter)])));
    }
    Ok(warnings)
}

async fn timeline(api: &Api, device: &Value, records: &[Came]) -> Result<Vec<Event>, Refusal> {
    let mut timeline = Vec::new();
    for Came { record, when, address } in records {
        let code = record.pointer("/state/deviceErrorCode").and_then(Value::as_i64).unwrap_or_default();
        let (words, detail, failed) = match text(record, "/state/deviceImportStatus") {
            "complete" => ("Imported".to_owned(), String::new(), false),
            "error" => (format!("Import refused with code {code}"), meaning(code).to_owned(), true),
            _ => ("Import under way".to_owned(), String::new(), false),
        };
        timeline.push(Event { when: when.clone(), text: words, detail, address: address.clone(), failed });
    }
    timeline.extend(changes(api, text(device, "/id")).await?);
    let later = [
        ("/deploymentProfileAssignedDateTime", "Profile assigned"),
        ("/lastContactedDateTime", "Last contacted Intune"),
        ("/remediationStateLastModifiedDateTime", "Remediation state changed"),
    ];
    for (name, words) in later {
        let when = moment(text(device, name));
        if !when.is_empty() {
            let (text, detail, address) = (words.to_owned(), String::new(), String::new());
            timeline.push(Event { when, text, detail, address, failed: false });
        }
    }
    timeline.sort_by(|one, other| one.when.cmp(&other.when));
    Ok(timeline)
}

/// Who has changed the device, from the audit log.
async fn changes(api: &Api, id: &str) -> Result<Vec<Event>, Refusal> {
    // What the service does by itself shows in the records and the device; and most of the log is that.
    let filter =
        format!("actor/auditActorType ne 'System' and resources/any(r:r/resourceId eq {})", literal(id));
    let query = [("$filter", filter.as_str()), ("$orderby", "activityDateTime desc"), ("$top", "50")];
    let events = api.all(&address(EVENTS, &query), CHANGES).await?;
    Ok(events.iter().map(|event| change(event, id)).collect())
}

fn change(event: &Value, id: &str) -> Event {
    let resources = event["resources"].as_array().into_iter().flatten();
    let own = resources.filter(|resource| text(resource, "/resourceId") == id);
    let properties = own.filter_map(|resource| resource["modifiedProperties"].as_array()).flatten();
    let changed: Vec<String> = properties
        .map(|property| {
            let (name, old, new) =
                (text(property, "/displayName"), text(property, "/oldValue"), text(property, "/newValue"));
            match (old, new) {
                ("", "") => name.to_owned(),
                ("", new) => format!("{name}: {new}"),
                (old, new) => format!("{name}: {old} → {new}"),
            }
        })
        .collect();
    let names = ["/actor/userPrincipalName", "/actor/applicationDisplayName", "/actor/applicationId"];
    let who =
        names.map(|name| text(event, name)).into_iter().find(|name| !name.is_empty()).unwrap_or("somebody");
    let verb = text(event, "/activityType").split(' ').next().unwrap_or_default();
    Event {
        when: moment(text(event, "/activityDateTime")),
        text: format!("{verb} by {who}"),
        detail: changed.join(", "),
        address: String::new(),
        failed: false,
    }
}

/// What a hash says, and what is wrong with it.
fn hardware(hash: &str) -> (Vec<(&'static str, String)>, Vec<String>) {
    let Ok((identifier, _)) = HardwareIdentifier::from_base64(hash) else {
        return (Vec::new(), vec!["It is not Base64.".to_owned()]);
    };
    if hash.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let inspection = identifier.inspect();
    let faults = inspection.faults.iter().map(ToString::to_string).collect();
    (hardware_facts(inspection.report), faults)
}

fn hardware_facts(report: HardwareReport) -> Vec<(&'static str, String)> {
    let facts = [
        ("Serial number", report.serial_number),
        ("Manufacturer", report.manufacturer),
        ("Product name", report.product_name),
        ("SMBIOS UUID", report.smbios_uuid.map(|uuid| uuid.to_string())),
        ("Product key id", report.product_key_id),
        ("SKU number", report.sku_number),
        ("System family", report.system_family),
        ("TPM", report.tpm_version),
        (WRITER, report.os_version),
        ("Processor", report.processor),
        ("Disk", report.disk_serial_number),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
