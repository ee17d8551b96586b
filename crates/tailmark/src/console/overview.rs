//! `/console`: what there is, what goes on, what needs somebody.

mod throughput;

use askama::Template;
use autopilot::rejection::Rejection;
use axum::response::Response;
use serde_json::Value;

use super::api::{Api, DEVICES, IMPORTED, UPLOADS, address, here};
use super::filters::{self, thousands};
use super::page::{self, Frame, Room};
use super::progress::{self, Progress};
use super::refusal::Refusal;
use super::uploads::{self, Word};
use super::visitor::Visitor;
use crate::catalogue;
use throughput::Throughput;

/// How many of the latest uploads are listed.
const LATEST: &str = "8";

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
    refusals: Vec<Refused>,
    throughput: Throughput,
    latest: Vec<(Progress, Word)>,
}

struct Note {
    address: String,
    text: String,
}

/// How many devices were refused with a code.
struct Refused {
    code: i64,
    /// Where more is said about it.
    help: Option<String>,
    meaning: &'static str,
    count: u64,
    /// Of the most frequent one, in hundredths.
    share: u64,
    /// The uploads with such devices.
    uploads: String,
}

/// `GET /console`
pub async fn page(visitor: Visitor) -> Response {
    let result = overview(&visitor).await;
    visitor.answer(result)
}

async fn overview(visitor: &Visitor) -> Result<Response, Refusal> {
    let api = &visitor.api;
    let (devices, unassigned, under_way, refusals, pending, throughput, latest, attention) = tokio::try_join!(
        api.count(DEVICES, ""),
        api.count(DEVICES, "deploymentProfileAssignmentStatus eq 'notAssigned'"),
        api.count(UPLOADS, "status eq 'pending'"),
        refusals(api),
        progress::pending(api),
        throughput::throughput(api),
        latest(api),
        attention(api),
    )?;
    let mut frame = visitor.frame(Room::Overview, "Overview");
    frame.refresh = (!pending.is_empty()).then_some(5);
    let page = Overview {
        frame,
        devices,
        unassigned,
        under_way,
        failed: refusals.iter().map(|refused| refused.count).sum(),
        pending,
        attention,
        refusals,
        throughput,
        latest,
    };
    Ok(page::render(&page))
}

async fn refusals(api: &Api) -> Result<Vec<Refused>, Refusal> {
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
    let most = found.first().map_or(1, |(_, count)| (*count).max(1));
    let refused = |(code, count): (i64, u64)| {
        let filter = format!(
            "deviceIdentities/any(d:d/state/deviceImportStatus eq 'error' and d/state/deviceErrorCode eq {code})"
        );
        Refused {
            code,
            help: rejection(code).and_then(|rejection| catalogue::address(rejection.name())),
            meaning: meaning(code),
            count,
            share: (count * 100 / most).max(1),
            uploads: here(uploads::LIST.place, &[("$filter", &filter)]),
        }
    };
    Ok(found.into_iter().map(refused).collect())
}

fn rejection(code: i64) -> Option<Rejection> {
    Rejection::by_code(i32::try_from(code).unwrap_or_default()).next()
}

/// What a code means, in a sentence.
pub fn meaning(code: i64) -> &'static str {
    rejection(code).map_or("A code that is not published.", Rejection::meaning)
}

async fn latest(api: &Api) -> Result<Vec<(Progress, Word)>, Refusal> {
    let (select, compute) = progress::counted();
    let options = [
        ("$orderby", "createdDateTimeUtc desc"),
        ("$top", LATEST),
        ("$select", &*select),
        ("$compute", &*compute),
    ];
    let found = api.get(&address(UPLOADS, &options)).await?;
    let found = found.get("value").and_then(Value::as_array).into_iter().flatten();
    Ok(found.map(|upload| (Progress::read(upload), uploads::status(upload))).collect())
}

async fn attention(api: &Api) -> Result<Vec<Note>, Refusal> {
    let (select, compute) = progress::counted();
    let options = [
        ("$filter", "status eq 'error'"),
        ("$orderby", "createdDateTimeUtc desc"),
        ("$top", "5"),
        ("$select", &*select),
        ("$compute", &*compute),
    ];
    let found = api.get(&address(UPLOADS, &options)).await?;
    let uploads = found.get("value").and_then(Value::as_array).into_iter().flatten().map(Progress::read);
    let mut notes: Vec<Note> = uploads
        .map(|upload| {
            let [_, _, _, _, refused] = upload.states;
            let (refused, total) = (thousands(refused), thousands(upload.total));
            Note {
                address: format!("/console/uploads/{}", upload.id),
                text: format!(
                    "{refused} of {total} devices of the upload of {} were refused.",
                    upload.created
                ),
            }
        })
        .collect();
    let failed = api.count(DEVICES, "deploymentProfileAssignmentStatus eq 'failed'").await?;
    if failed > 0 {
        notes.push(Note {
            address: "/console/devices?$filter=deploymentProfileAssignmentStatus%20eq%20%27failed%27"
                .to_owned(),
            text: format!("{} devices could not be given their profile.", thousands(failed)),
        });
    }
    Ok(notes)
}
