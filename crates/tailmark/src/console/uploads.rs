//! `/console/uploads`: what was brought in; and one upload, a page that stays: how far, how many, and why not.

mod refused;

use askama::Template;
use autopilot::check;
use autopilot::csv::{DeviceRecord, Field};
use axum::extract::{Path, RawQuery};
use axum::http::Method;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::Value;

use super::api::{Api, UPLOADS, address, entity, source, text};
use super::filters;
use super::form::Fields;
use super::import::strict;
use super::list::filter::{Choice, Question, Takes};
use super::list::{self, Around, Asked, Column, List};
use super::page::{self, Frame, Room};
use super::progress::{self, Progress, STATES};
use super::refusal::Refusal;
use super::visitor::Visitor;
use refused::Group;

/// Failed devices in a file.
const WRITTEN: usize = 20_000;
/// What a list says of the files that uploads came from.
const FILE_NAME: &str = "fileName";
const FAILED: &str = "state/deviceImportStatus eq 'error'";

/// What an upload's status is called.
const STATUSES: [Choice; 4] = [
    ("noUpload", "No devices yet"),
    ("pending", "Under way"),
    ("complete", "Complete"),
    ("error", "Some refused"),
];

/// The list.
pub static LIST: List = List {
    place: "/console/uploads",
    questions: &[
        question("id", "Upload", "contains …", Takes::Text, "contains(id,", ")"),
        question("from", "Created from", "2026-11-26", Takes::Day, "createdDateTimeUtc ge ", "T00:00:00Z"),
        // A tick before the next day.
        question(
            "until",
            "Created until",
            "2026-11-26",
            Takes::Day,
            "createdDateTimeUtc le ",
            "T23:59:59.9999999Z",
        ),
        question("status", "Status", "", Takes::OneOf(&STATUSES), "status eq ", ""),
        question("devices", "Devices", "at least …", Takes::Number, "deviceIdentities/$count ge ", ""),
        question(
            "serial",
            "Serial number in it",
            "contains …",
            Takes::Text,
            "deviceIdentities/any(d:contains(d/serialNumber,",
            "))",
        ),
    ],
    hint: "deviceIdentities/any(d:d/state/deviceErrorCode eq 806)",
    columns: &[
        Column::new("Upload", "id"),
        Column::new("Created", "createdDateTimeUtc"),
        Column::new("File", ""),
        Column::new("Status", "status"),
        Column::of_numbers("Devices", "deviceIdentities/$count"),
        Column::of_numbers(
            "Complete",
            "deviceIdentities/$count($filter=state/deviceImportStatus eq 'complete')",
        ),
        Column::of_numbers("Refused", "deviceIdentities/$count($filter=state/deviceImportStatus eq 'error')"),
    ],
    usual: "createdDateTimeUtc desc",
};

const fn question(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    takes: Takes,
    before: &'static str,
    after: &'static str,
) -> Question {
    Question { name, label, hint, takes, before, after }
}

#[derive(Template)]
#[template(path = "uploads.html")]
struct Uploads {
    frame: Frame,
    list: Around,
    uploads: Vec<Line>,
    total: u64,
}

struct Line {
    progress: Progress,
    status: Word,
    file: String,
}

/// A status: the API's word, and the console's.
pub struct Word {
    /// The API's.
    pub code: String,
    /// The console's.
    pub name: &'static str,
}

#[derive(Template)]
#[template(path = "upload.html")]
struct Upload {
    frame: Frame,
    progress: Progress,
    status: Word,
    file: String,
    counts: Vec<(&'static str, &'static str, u64)>,
    refused: Vec<Group>,
    failed: u64,
    devices: Vec<Imported>,
}

struct Imported {
    serial_number: String,
    group_tag: String,
    registration: String,
    state: Word,
}

/// An upload's status.
pub fn status(upload: &Value) -> Word {
    let code = text(upload, "/status").to_owned();
    let name = STATUSES.iter().find(|(status, _)| *status == code).map_or("", |(_, name)| *name);
    Word { code, name }
}

/// `GET /console/uploads`
pub async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let result = listed(&visitor, &Fields::of_query(query.as_deref())).await;
    visitor.answer(result)
}

/// `GET /console/uploads/filter`
pub async fn filtered(RawQuery(query): RawQuery) -> Response {
    list::filtered(&LIST, query.as_deref())
}

async fn listed(visitor: &Visitor, fields: &Fields) -> Result<Response, Refusal> {
    let asked = Asked::of(&LIST, fields);
    let (select, compute) = progress::counted();
    let [filtered, ordered, from] = asked.options();
    let options = [filtered, ordered, from, ("$select", &*select), ("$compute", &*compute)];
    let place = address(UPLOADS, &options);
    let answers =
        tokio::try_join!(visitor.api.page(&place, asked.rows()), visitor.api.count(UPLOADS, &asked.filter));
    let (found, total, refusal) = match answers {
        Ok((found, total)) => (found, total, None),
        // What was typed stays, to be put right.
        Err(refusal @ Refusal::Api(400, ..)) => (Value::Null, 0, Some(refusal)),
        Err(refusal) => return Err(refusal),
    };
    let mut uploads = Vec::new();
    for upload in found.get("value").and_then(Value::as_array).into_iter().flatten() {
        let progress = Progress::read(upload);
        let origin = origin(&visitor.api, &progress.id, FILE_NAME).await;
        let file = text(&origin, "/fileName").to_owned();
        uploads.push(Line { progress, status: status(upload), file });
    }
    let list = asked.around(&found, total, refusal.as_ref());
    let response =
        page::render(&Uploads { frame: visitor.frame(Room::Uploads, "Uploads"), list, uploads, total });
    Ok(match refusal {
        Some(refusal) => refusal.mark(response),
        None => response,
    })
}

/// From which file, and which lines unless less is selected, an upload came. Of many that is not known, and a page says
/// what it has.
async fn origin(api: &Api, upload: &str, select: &str) -> Value {
    api.get(&source(upload, &[("$select", select)])).await.unwrap_or_default()
}

/// `GET /console/uploads/{id}`
pub async fn one(visitor: Visitor, Path(id): Path<String>) -> Response {
    let result = shown(&visitor, &id).await;
    visitor.answer(result)
}

async fn shown(visitor: &Visitor, id: &str) -> Result<Response, Refusal> {
    let api = &visitor.api;
    let upload = api.get(&address(&entity(UPLOADS, id), &[])).await?;
    let progress = Progress::of(api, &upload).await?;
    let [_, _, _, _, failed] = progress.states;
    let origin = origin(api, id, if failed > 0 { "" } else { FILE_NAME }).await;
    let line = |serial_number: &str| {
        let line = origin.get("lines").and_then(|lines| lines.get(serial_number)?.as_u64());
        line.map(|line| line.to_string()).unwrap_or_default()
    };
    let mut refused = if failed > 0 { refused::groups(api, id).await? } else { Vec::new() };
    for row in refused.iter_mut().flat_map(|group| &mut group.rows) {
        row.line = line(&row.serial_number);
    }
    let devices = format!("{}/deviceIdentities", entity(UPLOADS, id));
    let devices = api.all(&address(&devices, &[("$top", "100")]), 100).await?;
    let status = status(&upload);
    let mut frame = visitor.frame(Room::Uploads, format!("Upload {}", progress.name));
    frame.refresh = (status.code == "pending" && progress.total > 0).then_some(3);
    let counts = STATES.iter().zip(progress.states).map(|((code, name), count)| (*code, *name, count));
    let counts =
        counts.filter(|(code, _, count)| *count > 0 || matches!(*code, "complete" | "error")).collect();
    let file = text(&origin, "/fileName").to_owned();
    let devices = devices.iter().map(imported).collect();
    Ok(page::render(&Upload { frame, status, file, counts, refused, failed, devices, progress }))
}

fn imported(record: &Value) -> Imported {
    let code = text(record, "/state/deviceImportStatus").to_owned();
    let name = STATES.iter().find(|(state, _)| *state == code).map_or("", |(_, name)| *name);
    Imported {
        serial_number: text(record, "/serialNumber").to_owned(),
        group_tag: text(record, "/groupTag").to_owned(),
        registration: text(record, "/state/deviceRegistrationId").to_owned(),
        state: Word { code, name },
    }
}

async fn failures(api: &Api, id: &str, select: &str, most: usize) -> Result<Vec<Value>, Refusal> {
    let devices = format!("{}/deviceIdentities", entity(UPLOADS, id));
    api.all(&address(&devices, &[("$filter", FAILED), ("$select", select)]), most).await
}

/// `GET /console/uploads/{id}/failed.csv`: the refused devices, repaired where that loses nothing.
pub async fn failed(visitor: Visitor, Path(id): Path<String>) -> Response {
    let select = "serialNumber,productKey,hardwareIdentifier,groupTag,assignedUserPrincipalName";
    let found = failures(&visitor.api, &id, select, WRITTEN).await;
    let result = found.map(|records| {
        let records: Vec<DeviceRecord> =
            records.iter().map(|record| check::corrected_record(&read(record))).collect();
        strict("failed.csv", records.iter())
    });
    visitor.answer(result)
}

/// An entity as a line of a file.
fn read(entity: &Value) -> DeviceRecord {
    let mut record = DeviceRecord::default();
    for field in Field::ALL {
        let found = entity.get(field.property()).and_then(Value::as_str).unwrap_or_default();
        found.clone_into(record.text_mut(field));
    }
    record
}

/// `POST /console/uploads/{id}/delete`
pub async fn delete(visitor: Visitor, Path(id): Path<String>) -> Response {
    let deleted = visitor.api.ask(Method::DELETE, &address(&entity(UPLOADS, &id), &[]), None).await;
    visitor.answer(deleted.map(|_| Redirect::to("/console/uploads").into_response()))
}
