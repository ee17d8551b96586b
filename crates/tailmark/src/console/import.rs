//! `/console/import`: a file is dropped, looked at before anything is stored, put right, and imported.

use std::sync::Arc;

use askama::Template;
use autopilot::check::{Column, Problem, Severity};
use autopilot::csv::{DeviceRecord, Field, write};
use axum::body::Bytes;
use axum::extract::{FromRequest as _, Multipart, Path, Request};
use axum::http::Method;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::{Value, json};

use super::api::{UPLOADS, address, source, text};
use super::filters;
use super::form::Fields;
use super::page::{self, Frame, Room};
use super::refusal::Refusal;
use super::session;
use super::sheet::{self, Waiting};
use super::visitor::Visitor;

/// How many problems, and how many rows, a page shows.
const SHOWN: usize = 200;
/// How many devices of a file are shown as they are.
const SAMPLE: usize = 10;
/// How many rows can be put right on the page.
const EDITED: usize = 50;

#[derive(Template)]
#[template(path = "import.html")]
struct Import {
    frame: Frame,
    waiting: Option<Arc<Waiting>>,
}

#[derive(Template)]
#[template(path = "preview.html")]
struct Preview<'a> {
    frame: Frame,
    file: &'a Waiting,
    total: u64,
    good: u64,
    errors: u64,
    warnings: u64,
    repaired: u64,
    problems: Vec<Found<'a>>,
    hidden: u64,
    bad: Vec<Bad<'a>>,
    sample: Vec<&'a (u64, DeviceRecord)>,
}

struct Found<'a> {
    severity: String,
    line: String,
    column: String,
    problem: &'a Problem,
}

/// A row that would be refused, to be put right.
struct Bad<'a> {
    line: u64,
    cells: Vec<(Field, &'a str, bool)>,
    /// What is wrong with it, and what to do.
    why: Vec<String>,
}

/// `GET /console/import`
pub async fn page(visitor: Visitor) -> Response {
    let frame = visitor.frame(Room::Import, "Import devices");
    page::render(&Import { frame, waiting: visitor.session.last() })
}

/// `POST /console/import`: a file arrives.
pub async fn receive(visitor: Visitor, request: Request) -> Response {
    let result = read(&visitor, request).await;
    visitor.answer(result)
}

async fn read(visitor: &Visitor, request: Request) -> Result<Response, Refusal> {
    let unreadable =
        |error: &dyn std::fmt::Display| Refusal::Form(format!("The file did not arrive: {error}"));
    let mut parts = Multipart::from_request(request, &()).await.map_err(|error| unreadable(&error))?;
    while let Some(part) = parts.next_field().await.map_err(|error| unreadable(&error))? {
        if part.name() != Some("file") {
            continue;
        }
        let name = part.file_name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(|error| unreadable(&error))?;
        if name.is_empty() && bytes.is_empty() {
            break;
        }
        let id = session::random()?;
        let waiting = Arc::new(aside(move || sheet::read(id, &name, &bytes)).await?);
        let to = format!("/console/import/{}", waiting.id);
        visitor.console.sessions.wait(&visitor.session, waiting)?;
        return Ok(Redirect::to(&to).into_response());
    }
    Err(Refusal::Form("Choose a file first.".to_owned()))
}

/// Checking a long file takes a while, in which others are served.
async fn aside(check: impl FnOnce() -> Waiting + Send + 'static) -> Result<Waiting, Refusal> {
    tokio::task::spawn_blocking(check).await.map_err(|_| Refusal::Panicked)
}

/// `GET /console/import/{file}`
pub async fn preview(visitor: Visitor, Path(id): Path<String>) -> Response {
    let Some(file) = visitor.session.waiting(&id) else {
        return visitor.answer(Err(Refusal::NotFound));
    };
    let count = |severity| file.count(severity) as u64;
    let mut problems: Vec<_> = file.problems.iter().collect();
    problems.sort_by_key(|problem| problem.severity);
    let bad = file.sheet.rows.iter().filter(|row| file.bad.contains(&row.line)).take(EDITED);
    let bad = bad.map(|row| {
        let is_of_row =
            |problem: &&Problem| problem.line == Some(row.line) && problem.severity == Severity::Error;
        let errors: Vec<&Problem> = file.problems.iter().filter(is_of_row).collect();
        let field_of = |problem: &&Problem| problem.column.as_ref().and_then(|column| column.field);
        let wrong = |field| errors.iter().any(|problem| field_of(problem) == Some(field));
        let cells = Field::ALL.map(|field| (field, row.record.text(field), wrong(field)));
        Bad {
            line: row.line,
            cells: cells.to_vec(),
            why: errors.iter().map(|problem| why(problem)).collect(),
        }
    });
    page::render(&Preview {
        frame: visitor.frame(Room::Import, format!("Check {}", file.name)),
        total: file.sheet.rows.len() as u64,
        good: file.good.len() as u64,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        repaired: count(Severity::Repaired),
        hidden: problems.len().saturating_sub(SHOWN) as u64,
        problems: problems.into_iter().take(SHOWN).map(found).collect(),
        bad: bad.collect(),
        sample: file.good.iter().take(SAMPLE).collect(),
        file: &file,
    })
}

/// What is wrong, and what to do, in one line.
fn why(problem: &Problem) -> String {
    let mut text = problem.message.to_string();
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    match &problem.fix {
        Some(fix) => format!("{text}. {fix}"),
        None => format!("{text}."),
    }
}

fn found(problem: &Problem) -> Found<'_> {
    let place = |column: &Column| match column.number {
        Some(number) => format!("{number}, {column}"),
        None => column.to_string(),
    };
    Found {
        severity: problem.severity.to_string(),
        line: problem.line.map(|line| line.to_string()).unwrap_or_default(),
        column: problem.column.as_ref().map(place).unwrap_or_default(),
        problem,
    }
}

/// `POST /console/import/{file}`: rows were put right.
pub async fn change(visitor: Visitor, Path(id): Path<String>, body: Bytes) -> Response {
    let Some(file) = visitor.session.waiting(&id) else {
        return visitor.answer(Err(Refusal::NotFound));
    };
    let checked = aside(move || file.changed(&Fields::of_body(&body))).await;
    let kept = checked.and_then(|file| visitor.console.sessions.wait(&visitor.session, Arc::new(file)));
    visitor.answer(kept.map(|()| Redirect::to(&format!("/console/import/{id}")).into_response()))
}

/// `POST /console/import/{file}/start`
pub async fn start(visitor: Visitor, Path(id): Path<String>) -> Response {
    let result = import(&visitor, &id).await;
    visitor.answer(result)
}

async fn import(visitor: &Visitor, id: &str) -> Result<Response, Refusal> {
    let file = visitor.session.waiting(id).ok_or(Refusal::NotFound)?;
    let good = &file.good;
    if good.is_empty() {
        return Err(Refusal::Form("No device of the file can be imported.".to_owned()));
    }
    let devices: Vec<Value> = good.iter().map(|(_, record)| sheet::body(record)).collect();
    let upload = visitor.api.post(&address(UPLOADS, &[]), &json!({ "deviceIdentities": devices })).await?;
    let upload = text(&upload, "/id");
    // Where that fails, the upload is there all the same, and its page is without lines.
    let _ = visitor.api.ask(Method::PUT, &source(upload, &[]), Some(&file.source())).await;
    visitor.session.forget();
    Ok(Redirect::to(&format!("/console/uploads/{upload}")).into_response())
}

/// `GET /console/import/{file}/corrected.csv`: the file that the portal takes.
pub async fn corrected(visitor: Visitor, Path(id): Path<String>) -> Response {
    let Some(file) = visitor.session.waiting(&id) else {
        return visitor.answer(Err(Refusal::NotFound));
    };
    strict("corrected.csv", file.good.iter().map(|(_, record)| record))
}

/// A file that the portal takes, where these devices can be written as one; else one with quotation marks.
pub fn strict<'r>(name: &str, records: impl Iterator<Item = &'r DeviceRecord> + Clone) -> Response {
    let bytes = match write::portal_files(records.clone()) {
        Ok(mut files) if files.len() == 1 => files.remove(0),
        _ => write::device_stream(records).into_bytes(),
    };
    page::file(name, "text/csv", bytes)
}
