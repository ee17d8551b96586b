//! Taking devices out: a sheet for people, safe in every spreadsheet program, and the strict file that the portal takes.

use std::collections::HashMap;

use autopilot::csv::DeviceRecord;
use autopilot::csv::write::spreadsheet_cell;
use axum::extract::RawQuery;
use axum::response::Response;
use serde_json::Value;

use super::super::api::{Api, DEVICES, IMPORTED, address, literal, text};
use super::super::form::Fields;
use super::super::import::strict;
use super::super::list::Column;
use super::super::page;
use super::super::refusal::Refusal;
use super::super::visitor::Visitor;
use super::COLUMNS;

/// The most rows that the portal takes in one file.
pub const PORTAL_ROWS: u64 = autopilot::csv::write::PORTAL_ROWS as u64;
/// The most devices in a sheet.
const MOST: usize = 200_000;

/// `GET /console/devices/devices.csv`
pub async fn sheet(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::of_query(query.as_deref());
    let select = COLUMNS.map(|column| column.order).join(",");
    let options = [("$filter", fields.one("$filter")), ("$orderby", "serialNumber"), ("$select", &*select)];
    let devices = visitor.api.all(&address(DEVICES, &options), MOST).await;
    let result = devices.map(|devices| {
        let mut out = line(COLUMNS.iter().map(|column| column.name));
        for device in &devices {
            let cell = |column: &Column| device.get(column.order).and_then(Value::as_str).unwrap_or_default();
            out += &line(COLUMNS.iter().map(cell));
        }
        page::file("devices.csv", "text/csv; charset=utf-8", out.into_bytes())
    });
    visitor.answer(result)
}

fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<String> =
        cells.map(|cell| format!("\"{}\"", spreadsheet_cell(cell).replace('"', "\"\""))).collect();
    cells.join(",") + "\r\n"
}

/// `GET /console/devices/portal.csv`
pub async fn portal(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let result = records(&visitor.api, &Fields::of_query(query.as_deref())).await;
    visitor.answer(result.map(|records| strict("portal.csv", records.iter())))
}

async fn records(api: &Api, fields: &Fields) -> Result<Vec<DeviceRecord>, Refusal> {
    let part: u64 = fields.one("part").parse().unwrap_or(1);
    let skip = (part.clamp(1, 100_000) - 1).saturating_mul(PORTAL_ROWS).to_string();
    let top = PORTAL_ROWS.to_string();
    let options = [
        ("$filter", fields.one("$filter")),
        ("$orderby", "serialNumber"),
        ("$select", "id,serialNumber,productKey,groupTag,userPrincipalName"),
        ("$skip", &skip),
        ("$top", &top),
    ];
    let devices = api.all(&address(DEVICES, &options), autopilot::csv::write::PORTAL_ROWS).await?;
    let hashes = hashes(api, &devices).await?;
    let record = |device: &Value| {
        let text = |name: &str| text(device, name).to_owned();
        DeviceRecord {
            serial_number: text("/serialNumber"),
            product_key: text("/productKey"),
            hardware_hash: hashes.get(&text("/id")).cloned().unwrap_or_default(),
            group_tag: text("/groupTag"),
            assigned_user: text("/userPrincipalName"),
        }
    };
    Ok(devices.iter().map(record).collect())
}

/// The hardware hashes with which devices were imported, by the devices' ids.
async fn hashes(api: &Api, devices: &[Value]) -> Result<HashMap<String, String>, Refusal> {
    let mut hashes = HashMap::new();
    for devices in devices.chunks(50) {
        let ids: Vec<String> = devices.iter().map(|device| literal(text(device, "/id"))).collect();
        let filter = format!("state/deviceRegistrationId in ({})", ids.join(","));
        let options = [("$filter", &*filter), ("$select", "state,hardwareIdentifier")];
        for record in api.all(&address(IMPORTED, &options), usize::MAX).await? {
            let id = text(&record, "/state/deviceRegistrationId").to_owned();
            hashes.insert(id, text(&record, "/hardwareIdentifier").to_owned());
        }
    }
    Ok(hashes)
}
