//! `/console/devices`: everything registered, in Intune's columns and words; filters are OData's and stand in the
//! address.

pub mod bulk;
mod change;
mod choice;
pub mod export;
mod filter;
pub mod job;

use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::{Value, json};

use super::api::{DEVICES, address, here, skiptoken, text};
use super::filters::{self, moment};
use super::form::Fields;
use super::page::{self, Frame, Room};
use super::refusal::Refusal;
use super::visitor::Visitor;
use filter::{Field, Filter};
use job::Job;

/// Devices on a page.
const PAGE: &str = "50";
/// Where the API says when it was last synchronised.
const SETTINGS: &str = "windowsAutopilotSettings";
/// Where the list is.
const LIST: &str = "/console/devices";

/// The columns: Intune's heading, the API's property.
const COLUMNS: [(&str, &str); 9] = [
    ("Serial number", "serialNumber"),
    ("Manufacturer", "manufacturer"),
    ("Model", "model"),
    ("Group tag", "groupTag"),
    ("Profile status", "deploymentProfileAssignmentStatus"),
    ("Purchase order", "purchaseOrderIdentifier"),
    ("Assigned user", "userPrincipalName"),
    ("Enrollment state", "enrollmentState"),
    ("Last contacted", "lastContactedDateTime"),
];

#[derive(Template)]
#[template(path = "devices.html")]
struct Devices {
    frame: Frame,
    filter: String,
    order: String,
    fields: Vec<Field>,
    rest: String,
    headings: Vec<Heading>,
    synced: String,
    devices: Vec<Device>,
    total: u64,
    next: Option<String>,
    first: Option<String>,
    sheet: String,
    parts: Vec<(u64, String)>,
    change: Option<Under>,
    /// Why the API refuses what is asked, and where more is said about that.
    problem: String,
    help: Option<String>,
}

/// The latest change of this session.
struct Under {
    address: String,
    id: String,
    done: u64,
    total: u64,
    has_ended: bool,
}

struct Heading {
    name: &'static str,
    address: String,
    sorted: &'static str,
}

struct Device {
    id: String,
    serial_number: String,
    cells: Vec<Cell>,
}

struct Cell {
    text: String,
    state: &'static str,
}

/// A profile status in Intune's words, and how it is coloured.
pub fn profile_status(code: &str) -> (&'static str, &'static str) {
    match code {
        "assignedInSync" | "assignedUnkownSyncState" => ("Assigned", "assigned"),
        "assignedOutOfSync" => ("Assigned (out of sync)", "assigned"),
        "notAssigned" => ("Not assigned", "none"),
        "pending" => ("Assigning", "pending"),
        "failed" => ("Failed", "failed"),
        _ => ("Unknown", "none"),
    }
}

/// An enrollment state in Intune's words.
pub fn enrollment_state(code: &str) -> &'static str {
    match code {
        "enrolled" => "Enrolled",
        "pendingReset" => "Pending reset",
        "failed" => "Failed",
        "notContacted" => "Not contacted",
        "blocked" => "Blocked",
        _ => "Unknown",
    }
}

/// `GET /console/devices`
pub async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let result = listed(&visitor, &Fields::of_query(query.as_deref())).await;
    visitor.answer(result)
}

/// `GET /console/devices/filter`: the fields of the form become one filter in the address.
pub async fn filtered(RawQuery(query): RawQuery) -> Response {
    let fields = Fields::of_query(query.as_deref());
    let filter = Filter::of_fields(&fields).text();
    Redirect::to(&here(LIST, &[("$filter", &filter), ("$orderby", fields.one("$orderby"))])).into_response()
}

async fn listed(visitor: &Visitor, asked: &Fields) -> Result<Response, Refusal> {
    let [filter, order, token] = ["$filter", "$orderby", "$skiptoken"].map(|name| asked.one(name));
    let usual = if order.is_empty() { "serialNumber" } else { order };
    // No more than is shown: SQLite has all of that in one index.
    let select = COLUMNS.map(|(_, property)| property).join(",") + ",id";
    let options = [("$filter", filter), ("$orderby", usual), ("$skiptoken", token), ("$select", &*select)];
    let list = address(DEVICES, &options);
    let settings = address(SETTINGS, &[]);
    let asked = tokio::try_join!(
        visitor.api.page(&list, PAGE),
        visitor.api.count(DEVICES, filter),
        visitor.api.get(&settings)
    );
    let (found, total, settings, refusal) = match asked {
        Ok((found, total, settings)) => (found, total, settings, None),
        // What was typed stays, to be put right.
        Err(refusal @ Refusal::Api(400, ..)) => (Value::Null, 0, Value::Null, Some(refusal)),
        Err(refusal) => return Err(refusal),
    };
    let devices = found.get("value").and_then(Value::as_array).into_iter().flatten().map(device).collect();
    let next = skiptoken(&found);
    let next =
        next.map(|next| here(LIST, &[("$filter", filter), ("$orderby", order), ("$skiptoken", &next)]));
    let first = (!token.is_empty()).then(|| here(LIST, &[("$filter", filter), ("$orderby", order)]));
    let parsed = Filter::parse(filter);
    let parts = total.div_ceil(export::PORTAL_ROWS).min(20);
    let part = |part: u64| {
        let number = part.to_string();
        (part, here("/console/devices/portal.csv", &[("$filter", filter), ("part", &number)]))
    };
    let page = Devices {
        frame: visitor.frame(Room::Devices, "Devices"),
        filter: filter.to_owned(),
        order: order.to_owned(),
        rest: parsed.rest.clone(),
        fields: parsed.fields(),
        headings: COLUMNS.map(|(name, property)| heading(name, property, filter, usual)).into(),
        synced: synced(&settings),
        devices,
        total,
        next,
        first,
        sheet: here("/console/devices/devices.csv", &[("$filter", filter)]),
        parts: (1..=parts).map(part).collect(),
        change: visitor.session.last_change().map(|job| under(&job)),
        help: refusal.as_ref().and_then(Refusal::help),
        problem: refusal.as_ref().map(Refusal::reason).unwrap_or_default(),
    };
    let response = page::render(&page);
    Ok(match refusal {
        Some(refusal) => refusal.mark(response),
        None => response,
    })
}

fn under(job: &Job) -> Under {
    let state = job.state();
    let (address, id, done) = (bulk::place(job), job.id.clone(), state.done + state.failed);
    Under { address, id, done, total: job.total, has_ended: state.end.is_some() }
}

/// When Intune was last asked for news, in a few words; empty where it never was.
fn synced(settings: &Value) -> String {
    let [asked, done] =
        ["/lastManualSyncTriggerDateTime", "/lastSyncDateTime"].map(|name| moment(text(settings, name)));
    match (text(settings, "/syncStatus"), asked.is_empty(), done.is_empty()) {
        ("inProgress", ..) => format!("Synchronising since {asked}"),
        ("failed", ..) => format!("The synchronisation of {asked} failed"),
        (_, _, false) => format!("Last synchronised {done}"),
        (_, false, _) => format!("Synchronisation asked for {asked}"),
        _ => String::new(),
    }
}

/// `POST /console/devices/sync`
pub async fn sync(visitor: Visitor) -> Response {
    let asked = visitor.api.post(&address(&format!("{SETTINGS}/sync"), &[]), &json!({})).await;
    visitor.answer(asked.map(|_| Redirect::to(LIST).into_response()))
}

fn heading(name: &'static str, property: &str, filter: &str, order: &str) -> Heading {
    let descending = format!("{property} desc");
    let (sorted, next) = match order {
        order if order == property => ("ascending", descending.as_str()),
        order if order == descending => ("descending", property),
        _ => ("none", property),
    };
    Heading { name, sorted, address: here(LIST, &[("$filter", filter), ("$orderby", next)]) }
}

fn device(entity: &Value) -> Device {
    let cell = |(_, property): &(&str, &str)| {
        let found = text(entity, &format!("/{property}"));
        match *property {
            "deploymentProfileAssignmentStatus" => {
                let (word, state) = profile_status(found);
                Cell { text: word.to_owned(), state }
            }
            "enrollmentState" => Cell { text: enrollment_state(found).to_owned(), state: "" },
            "lastContactedDateTime" => Cell { text: moment(found), state: "" },
            _ => Cell { text: found.to_owned(), state: "" },
        }
    };
    Device {
        id: text(entity, "/id").to_owned(),
        serial_number: text(entity, "/serialNumber").to_owned(),
        cells: COLUMNS.iter().skip(1).map(cell).collect(),
    }
}
