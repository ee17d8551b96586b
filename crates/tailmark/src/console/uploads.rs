//! `/console/uploads`: what was brought in; and one upload, a page that stays: how far, how many, and why not.

use askama::Template;
use autopilot::check;
use autopilot::csv::{DeviceRecord, Field};
use autopilot::rejection::Rejection;
use axum::extract::{Path, RawQuery};
use axum::http::Method;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::Value;

use super::api::{Api, UPLOADS, address, entity, skiptoken, source, text};
use super::filters;
use super::form::Fields;
use super::import::strict;
use super::page::{self, Frame, Room};
use super::progress::{Progress, STATES};
use super::refusal::Refusal;
use super::visitor::Visitor;
use crate::catalogue;

/// Uploads on a page.
const PAGE: &str = "25";
/// Failed devices on a page.
const SHOWN: usize = 200;
/// Failed devices in a file.
const WRITTEN: usize = 20_000;
/// What a list says of the files that uploads came from.
const FILE_NAME: &str = "fileName";
const FAILED: &str = "state/deviceImportStatus eq 'error'";

#[derive(Template)]
#[template(path = "uploads.html")]
struct Uploads {
    frame: Frame,
    filter: String,
    uploads: Vec<Line>,
    next: Option<String>,
    first: String,
    is_first: bool,
}

struct Line {
    progress: Progress,
    status: Word,
    file: String,
}

/// A status: the API's word, and the console's.
struct Word {
    code: String,
    name: &'static str,
}

#[derive(Template)]
#[template(path = "upload.html")]
struct Upload {
    frame: Frame,
    progress: Progress,
    status: Word,
    file: String,
    counts: Vec<(&'static str, &'static str, u64)>,
    failures: Vec<Failure>,
    failed: u64,
    devices: Vec<Imported>,
}

struct Imported {
    serial_number: String,
    group_tag: String,
    registration: String,
    state: Word,
}

struct Failure {
    line: String,
    serial_number: String,
    group_tag: String,
    code: i64,
    name: String,
    page: Option<String>,
    cause: &'static str,
    remedy: &'static str,
}

fn status(upload: &Value) -> Word {
    let code = text(upload, "/status").to_owned();
    let name = match code.as_str() {
        "noUpload" => "No devices yet",
        "pending" => "Under way",
        "complete" => "Complete",
        "error" => "Some refused",
        _ => "",
    };
    Word { code, name }
}

/// `GET /console/uploads`
pub async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let result = listed(&visitor, &Fields::of_query(query.as_deref())).await;
    visitor.answer(result)
}

async fn listed(visitor: &Visitor, asked: &Fields) -> Result<Response, Refusal> {
    let filter = asked.one("$filter");
    let token = asked.one("$skiptoken");
    let order = "createdDateTimeUtc desc";
    let options = [("$filter", filter), ("$orderby", order), ("$skiptoken", token)];
    let found = visitor.api.page(&address(UPLOADS, &options), PAGE).await?;
    let mut uploads = Vec::new();
    for upload in found.get("value").and_then(Value::as_array).into_iter().flatten() {
        let progress = Progress::of(&visitor.api, upload).await?;
        let origin = origin(&visitor.api, &progress.id, FILE_NAME).await;
        let file = text(&origin, "/fileName").to_owned();
        uploads.push(Line { progress, status: status(upload), file });
    }
    let next = skiptoken(&found)
        .map(|token| super::api::here("/console/uploads", &[("$filter", filter), ("$skiptoken", &token)]));
    let frame = visitor.frame(Room::Uploads, "Uploads");
    let is_first = token.is_empty();
    let first = super::api::here("/console/uploads", &[("$filter", filter)]);
    Ok(page::render(&Uploads { frame, filter: filter.to_owned(), uploads, next, first, is_first }))
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
    let failures = failures(api, id, "id,serialNumber,groupTag,state", SHOWN).await?;
    let origin = origin(api, id, if failures.is_empty() { FILE_NAME } else { "" }).await;
    let line = |serial_number: &str| {
        let line = origin.get("lines").and_then(|lines| lines.get(serial_number)?.as_u64());
        line.map(|line| line.to_string()).unwrap_or_default()
    };
    let failures: Vec<_> = failures.iter().map(|record| failure(record, &line)).collect();
    let devices = format!("{}/deviceIdentities", entity(UPLOADS, id));
    let devices = api.all(&address(&devices, &[("$top", "100")]), 100).await?;
    let status = status(&upload);
    let mut frame = visitor.frame(Room::Uploads, format!("Upload {}", progress.name));
    frame.refresh = (status.code == "pending" && progress.total > 0).then_some(3);
    let [_, _, _, _, failed] = progress.states;
    let counts = STATES.iter().zip(progress.states).map(|((code, name), count)| (*code, *name, count));
    let counts =
        counts.filter(|(code, _, count)| *count > 0 || matches!(*code, "complete" | "error")).collect();
    let file = text(&origin, "/fileName").to_owned();
    let devices = devices.iter().map(imported).collect();
    Ok(page::render(&Upload { frame, status, file, counts, failures, failed, devices, progress }))
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

fn failure(record: &Value, line: &dyn Fn(&str) -> String) -> Failure {
    let code = record.pointer("/state/deviceErrorCode").and_then(Value::as_i64).unwrap_or_default();
    let name = text(record, "/state/deviceErrorName");
    let by_code = || Rejection::by_code(i32::try_from(code).unwrap_or_default()).next();
    let rejection = Rejection::by_name(name).or_else(by_code);
    let serial_number = text(record, "/serialNumber");
    Failure {
        line: line(serial_number),
        serial_number: serial_number.to_owned(),
        group_tag: text(record, "/groupTag").to_owned(),
        code,
        name: name.to_owned(),
        page: rejection.and_then(|rejection| catalogue::address(rejection.name())),
        cause: rejection.map_or("This code is not published.", Rejection::cause),
        remedy: rejection.map_or("Ask who runs the service.", Rejection::remedy),
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
