//! Changing many devices: what is chosen is shown with its number first, and changed only when that still holds; then a
//! page that stays says how far it is, and in the end what failed and why.
//!
//! Each device is changed by itself, as clients of the API do; what fails does not keep the others from being changed.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::Value;

use super::super::api::{encoded, text};
use super::super::filters;
use super::super::form::Fields;
use super::super::page::{self, Frame, Room};
use super::super::progress;
use super::super::refusal::Refusal;
use super::super::visitor::Visitor;
use super::LIST;
use super::change::Change;
use super::choice::Choice;
use super::job::{End, Job};

/// How many devices are shown before they are changed.
const SHOWN: usize = 20;
/// How many failures a page shows.
const FAILURES: usize = 200;
/// A change that ends within this time is seen at its end at once.
const SOON: Duration = Duration::from_millis(1500);

#[derive(Template)]
#[template(path = "bulk.html")]
struct Bulk {
    frame: Frame,
    change: Change,
    verb: &'static str,
    matching: bool,
    filter: String,
    ids: Vec<String>,
    total: u64,
    shown: Vec<(String, String, String)>,
    notice: &'static str,
    back: String,
}

#[derive(Template)]
#[template(path = "changed.html")]
struct Changed {
    frame: Frame,
    id: String,
    total: u64,
    done: u64,
    failed: u64,
    /// Devices that were neither changed nor refused.
    left: u64,
    outcome: &'static str,
    failures: Vec<(String, String)>,
    end: Option<End>,
    back: String,
}

/// `POST /console/devices/select`: what would be done, and to which.
pub async fn select(visitor: Visitor, body: Bytes) -> Response {
    let result = selected(&visitor, &Fields::of_body(&body), "").await;
    visitor.answer(result)
}

async fn selected(visitor: &Visitor, fields: &Fields, notice: &'static str) -> Result<Response, Refusal> {
    let change = Change::named(fields.one("change"))?;
    let choice = Choice::of(fields)?;
    let (total, mut shown) = (choice.total(&visitor.api).await?, Vec::new());
    let mut walk = choice.walk();
    while shown.len() < SHOWN {
        let Some(devices) = walk.next(&visitor.api).await? else { break };
        shown.extend(devices);
    }
    let line = |device: &Value| {
        let [id, serial, tag] = ["/id", "/serialNumber", "/groupTag"].map(|name| text(device, name));
        (encoded(id), serial.to_owned(), tag.to_owned())
    };
    let page = Bulk {
        frame: visitor.frame(Room::Devices, change.verb()),
        change,
        verb: change.verb(),
        back: choice.back(),
        matching: choice.matching,
        total,
        shown: shown.iter().take(SHOWN).map(line).collect(),
        notice,
        ids: if choice.matching { Vec::new() } else { choice.ids.clone() },
        filter: choice.filter,
    };
    Ok(page::render(&page))
}

/// `POST /console/devices/change`
pub async fn change(visitor: Visitor, body: Bytes) -> Response {
    let result = begin(&visitor, Fields::of_body(&body)).await;
    visitor.answer(result)
}

async fn begin(visitor: &Visitor, fields: Fields) -> Result<Response, Refusal> {
    let change = Change::named(fields.one("change"))?;
    let choice = Choice::of(&fields)?;
    let total = choice.total(&visitor.api).await?;
    if fields.one("total") != total.to_string() {
        let notice = "Meanwhile other devices match. Look again before you go on.";
        return selected(visitor, &fields, notice).await;
    }
    if change == Change::AssignUser && fields.one("value").trim().is_empty() {
        return selected(visitor, &fields, "Say which user.").await;
    }
    let job = Arc::new(Job::new(change, choice, total, fields)?);
    visitor.session.begin_change(Arc::clone(&job))?;
    let (session, console) = (Arc::clone(&visitor.session), Arc::clone(&visitor.console));
    tokio::spawn(Arc::clone(&job).run(session, console, visitor.api.clone()));
    job.wait(SOON).await;
    Ok(Redirect::to(&place(&job)).into_response())
}

/// The address of a change.
pub fn place(job: &Job) -> String {
    format!("{}/changes/{}", LIST.place, job.id)
}

/// `GET /console/devices/changes/{id}`: how far it is, and what came of it.
pub async fn page(visitor: Visitor, Path(id): Path<String>) -> Response {
    let Some(job) = visitor.session.change(&id) else { return visitor.answer(Err(Refusal::NotFound)) };
    let state = job.state();
    let mut frame = visitor.frame(Room::Devices, job.change.verb());
    frame.refresh = state.end.is_none().then_some(3);
    page::render(&Changed {
        frame,
        total: job.total,
        done: state.done,
        failed: state.failed,
        left: job.total.saturating_sub(state.done + state.failed),
        outcome: job.change.outcome(state.done),
        failures: state.failures.into_iter().take(FAILURES).collect(),
        end: state.end,
        back: job.choice.back(),
        id,
    })
}

/// `GET /console/devices/changes/{id}/progress`
pub async fn progress(visitor: Visitor, Path(id): Path<String>) -> Response {
    let Some(job) = visitor.session.change(&id) else { return visitor.answer(Err(Refusal::NotFound)) };
    progress::stream(&visitor.console, move || ready(Some(job.told())))
}

/// `POST /console/devices/changes/{id}/stop`
pub async fn stop(visitor: Visitor, Path(id): Path<String>) -> Response {
    let Some(job) = visitor.session.change(&id) else { return visitor.answer(Err(Refusal::NotFound)) };
    job.stop();
    job.wait(SOON).await;
    Redirect::to(&place(&job)).into_response()
}
