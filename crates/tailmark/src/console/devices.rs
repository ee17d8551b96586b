//! `/console/devices`: everything registered, in Intune's columns and words; filters are OData's and stand in the
//! address.

pub mod bulk;
mod change;
mod choice;
pub mod export;
pub mod job;

use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::{Value, json};

use super::api::{self, DEVICES, address, here};
use super::filters::{self, moment};
use super::form::Fields;
use super::list::filter::{Choice, Question, Takes};
use super::list::{self, Around, Asked, Column, List};
use super::page::{self, Frame, Room};
use super::refusal::Refusal;
use super::visitor::Visitor;
use job::Job;

/// Where the API says when it was last synchronised.
const SETTINGS: &str = "windowsAutopilotSettings";
/// The profile statuses to choose from.
const STATUSES: [Choice; 4] = [
    ("notAssigned", "Not assigned"),
    ("pending", "Assigning"),
    ("assignedInSync", "Assigned"),
    ("failed", "Failed"),
];

/// The enrollment states to choose from.
const ENROLLMENTS: [Choice; 5] = [
    ("notContacted", "Not contacted"),
    ("enrolled", "Enrolled"),
    ("pendingReset", "Pending reset"),
    ("failed", "Failed"),
    ("blocked", "Blocked"),
];

/// The columns: Intune's heading, the API's property.
const COLUMNS: [Column; 9] = [
    Column::new("Serial number", "serialNumber"),
    Column::new("Manufacturer", "manufacturer"),
    Column::new("Model", "model"),
    Column::new("Group tag", "groupTag"),
    Column::new("Profile status", "deploymentProfileAssignmentStatus"),
    Column::new("Purchase order", "purchaseOrderIdentifier"),
    Column::new("Assigned user", "userPrincipalName"),
    Column::new("Enrollment state", "enrollmentState"),
    Column::new("Last contacted", "lastContactedDateTime"),
];

/// The list.
pub static LIST: List = List {
    place: "/console/devices",
    questions: &[
        text("serial", "Serial number", "contains(serialNumber,", ")"),
        text("manufacturer", "Manufacturer", "contains(manufacturer,", ")"),
        text("model", "Model", "contains(model,", ")"),
        text("tag", "Group tag", "groupTag eq ", ""),
        code("status", "Profile status", "deploymentProfileAssignmentStatus eq ", &STATUSES),
        text("order", "Purchase order", "purchaseOrderIdentifier eq ", ""),
        text("user", "Assigned user", "contains(userPrincipalName,", ")"),
        code("enrollment", "Enrollment state", "enrollmentState eq ", &ENROLLMENTS),
        CONTACTED,
    ],
    hint: "startswith(model,'Latitude') or startswith(model,'Precision')",
    columns: &COLUMNS,
    usual: "serialNumber",
};

/// Those that have never been contacted are among them.
const CONTACTED: Question = Question {
    name: "contacted",
    label: "Contacted before",
    hint: "2026-11-26",
    takes: Takes::Day,
    before: "lastContactedDateTime lt ",
    after: "T00:00:00Z",
};

const fn text(
    name: &'static str,
    label: &'static str,
    before: &'static str,
    after: &'static str,
) -> Question {
    let hint = if after.is_empty() { "is …" } else { "contains …" };
    Question { name, label, hint, takes: Takes::Text, before, after }
}

const fn code(
    name: &'static str,
    label: &'static str,
    before: &'static str,
    choices: &'static [Choice],
) -> Question {
    Question { name, label, hint: "", takes: Takes::OneOf(choices), before, after: "" }
}

#[derive(Template)]
#[template(path = "devices.html")]
struct Devices {
    frame: Frame,
    list: Around,
    synced: String,
    devices: Vec<Device>,
    total: u64,
    sheet: String,
    parts: Vec<(u64, String)>,
    change: Option<Under>,
}

/// The latest change of this session.
struct Under {
    address: String,
    id: String,
    done: u64,
    total: u64,
    has_ended: bool,
}

struct Device {
    id: String,
    serial_number: String,
    cells: Vec<Cell>,
}

struct Cell {
    text: String,
    state: &'static str,
    /// What it says in full; empty where it does.
    whole: String,
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

/// `GET /console/devices/filter`
pub async fn filtered(RawQuery(query): RawQuery) -> Response {
    list::filtered(&LIST, query.as_deref())
}

async fn listed(visitor: &Visitor, fields: &Fields) -> Result<Response, Refusal> {
    let asked = Asked::of(&LIST, fields);
    let filter = &*asked.filter;
    // No more than is shown: SQLite has all of that in one index.
    let select = COLUMNS.map(|column| column.order).join(",") + ",id";
    let [filtered, ordered, from] = asked.options();
    let devices = address(DEVICES, &[filtered, ordered, from, ("$select", &*select)]);
    let settings = address(SETTINGS, &[]);
    let answers = tokio::try_join!(
        visitor.api.page(&devices, asked.rows()),
        visitor.api.count(DEVICES, filter),
        visitor.api.get(&settings)
    );
    let (found, total, settings, refusal) = match answers {
        Ok((found, total, settings)) => (found, total, settings, None),
        // What was typed stays, to be put right.
        Err(refusal @ Refusal::Api(400, ..)) => (Value::Null, 0, Value::Null, Some(refusal)),
        Err(refusal) => return Err(refusal),
    };
    let parts = total.div_ceil(export::PORTAL_ROWS).min(20);
    let part = |part: u64| {
        let number = part.to_string();
        (part, here("/console/devices/portal.csv", &[filtered, ("part", &number)]))
    };
    let page = Devices {
        frame: visitor.frame(Room::Devices, "Devices"),
        list: asked.around(&found, total, refusal.as_ref()),
        synced: synced(&settings),
        devices: found.get("value").and_then(Value::as_array).into_iter().flatten().map(device).collect(),
        total,
        sheet: here("/console/devices/devices.csv", &[filtered]),
        parts: (1..=parts).map(part).collect(),
        change: visitor.session.last_change().map(|job| under(&job)),
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
        ["/lastManualSyncTriggerDateTime", "/lastSyncDateTime"].map(|name| moment(api::text(settings, name)));
    match (api::text(settings, "/syncStatus"), asked.is_empty(), done.is_empty()) {
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
    visitor.answer(asked.map(|_| Redirect::to(LIST.place).into_response()))
}

fn device(entity: &Value) -> Device {
    let cell = |column: &Column| {
        let found = api::text(entity, &format!("/{}", column.order));
        let (text, state, whole) = match column.order {
            "deploymentProfileAssignmentStatus" => {
                let (word, state) = profile_status(found);
                (word.to_owned(), state, String::new())
            }
            "enrollmentState" => (enrollment_state(found).to_owned(), "", String::new()),
            // The day is enough to read, and all columns have room.
            "lastContactedDateTime" => {
                let whole = moment(found);
                (whole.chars().take(10).collect(), "", whole)
            }
            _ if filters::is_long(found) => (found.to_owned(), "", found.to_owned()),
            _ => (found.to_owned(), "", String::new()),
        };
        Cell { text, state, whole }
    };
    Device {
        id: api::text(entity, "/id").to_owned(),
        serial_number: api::text(entity, "/serialNumber").to_owned(),
        cells: COLUMNS.iter().skip(1).map(cell).collect(),
    }
}
