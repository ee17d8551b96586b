//! `/console`: what there is, what goes on, what needs somebody.

use askama::Template;
use autopilot::rejection::Rejection;
use axum::response::Response;
use serde_json::Value;

use super::api::{Api, DEVICES, IMPORTED, UPLOADS, address, text};
use super::filters::{self, moment};
use super::page::{self, Frame, Room};
use super::progress::{self, Progress};
use super::refusal::Refusal;
use super::visitor::Visitor;

/// How many of the latest uploads are drawn.
const LATEST: usize = 12;
/// The charts' width, in their own units.
const WIDTH: u64 = 400;
/// The height of the chart of uploads.
const HEIGHT: u64 = 120;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    devices: u64,
    unassigned: u64,
    under_way: u64,
    failed: u64,
    pending: Vec<Progress>,
    attention: Vec<Note>,
    failures: Chart,
    latest: Chart,
}

struct Note {
    address: String,
    text: String,
}

struct Chart {
    height: u64,
    bars: Vec<Bar>,
}

struct Bar {
    label: String,
    meaning: String,
    count: u64,
    x: u64,
    y: u64,
    width: u64,
    height: u64,
}

/// `GET /console`
pub async fn page(visitor: Visitor) -> Response {
    let result = overview(&visitor).await;
    visitor.answer(result)
}

async fn overview(visitor: &Visitor) -> Result<Response, Refusal> {
    let api = &visitor.api;
    let (devices, unassigned, under_way, failures, pending, latest, attention) = tokio::try_join!(
        api.count(DEVICES, ""),
        api.count(DEVICES, "deploymentProfileAssignmentStatus eq 'notAssigned'"),
        api.count(UPLOADS, "status eq 'pending'"),
        failures(api),
        progress::pending(api),
        latest(api),
        attention(api),
    )?;
    let failed = failures.bars.iter().map(|bar| bar.count).sum();
    let mut frame = visitor.frame(Room::Overview, "Overview");
    frame.refresh = (!pending.is_empty()).then_some(5);
    let page =
        Overview { frame, devices, unassigned, under_way, failed, pending, attention, failures, latest };
    Ok(page::render(&page))
}

async fn failures(api: &Api) -> Result<Chart, Refusal> {
    let apply = "filter(state/deviceImportStatus eq 'error')\
        /groupby((state/deviceErrorCode),aggregate($count as number))";
    let groups = api.all(&address(IMPORTED, &[("$apply", apply)]), 100).await?;
    let mut found: Vec<(i64, u64)> = groups
        .iter()
        .map(|group| {
            let code = group.pointer("/state/deviceErrorCode").and_then(Value::as_i64);
            (code.unwrap_or_default(), group.get("number").and_then(Value::as_u64).unwrap_or_default())
        })
        .collect();
    found.sort_by_key(|(code, count)| (u64::MAX - count, *code));
    let most = found.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let bars = (0..).zip(found).map(|(place, (code, count))| Bar {
        label: code.to_string(),
        meaning: meaning(code).to_owned(),
        count,
        x: 0,
        y: place * 26 + 2,
        width: (count * (WIDTH - 110) / most).max(1),
        height: 18,
    });
    let bars: Vec<_> = bars.collect();
    Ok(Chart { height: 26 * bars.len() as u64, bars })
}

/// What a code means, in a sentence.
pub fn meaning(code: i64) -> &'static str {
    let code = i32::try_from(code).unwrap_or_default();
    Rejection::by_code(code).next().map_or("A code that is not published.", Rejection::meaning)
}

async fn latest(api: &Api) -> Result<Chart, Refusal> {
    let first = address(UPLOADS, &[("$orderby", "createdDateTimeUtc desc"), ("$top", &LATEST.to_string())]);
    let mut uploads = api.all(&first, LATEST).await?;
    uploads.reverse();
    let mut counted = Vec::new();
    for upload in &uploads {
        let count = api
            .count(&format!("{}/deviceIdentities", super::api::entity(UPLOADS, text(upload, "/id"))), "")
            .await?;
        counted.push((upload, count));
    }
    let most = counted.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let step = WIDTH / LATEST as u64;
    let bars = (0..).zip(counted).map(|(place, (upload, count))| {
        let height = (count * (HEIGHT - 4) / most).max(1);
        Bar {
            label: moment(text(upload, "/createdDateTimeUtc")),
            meaning: text(upload, "/id").to_owned(),
            count,
            x: place * step,
            y: HEIGHT - height,
            width: step - 6,
            height,
        }
    });
    Ok(Chart { height: HEIGHT, bars: bars.collect() })
}

async fn attention(api: &Api) -> Result<Vec<Note>, Refusal> {
    let options = [("$filter", "status eq 'error'"), ("$orderby", "createdDateTimeUtc desc"), ("$top", "5")];
    let uploads = api.all(&address(UPLOADS, &options), 5).await?;
    let mut notes: Vec<Note> = uploads
        .iter()
        .map(|upload| Note {
            address: format!("/console/uploads/{}", text(upload, "/id")),
            text: format!(
                "Some devices of the upload of {} were refused.",
                moment(text(upload, "/createdDateTimeUtc"))
            ),
        })
        .collect();
    let failed = api.count(DEVICES, "deploymentProfileAssignmentStatus eq 'failed'").await?;
    if failed > 0 {
        notes.push(Note {
            address: "/console/devices?$filter=deploymentProfileAssignmentStatus%20eq%20%27failed%27"
                .to_owned(),
            text: format!("{failed} devices could not be given their profile."),
        });
    }
    Ok(notes)
}
