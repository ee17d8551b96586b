//! Changing many devices: what is chosen is shown with its number first, and changed only when that still holds.
//!
//! Each device is changed by itself, as clients of the API do, several at a time; what fails is listed with its reason
//! and does not keep the others from being changed.

use askama::Template;
use axum::body::Bytes;
use axum::http::Method;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::super::api::{Api, DEVICES, address, encoded, entity, here, text};
use super::super::filters;
use super::super::form::Fields;
use super::super::page::{self, Frame, Room};
use super::super::refusal::Refusal;
use super::super::visitor::Visitor;
use super::LIST;

/// How many devices are changed at once.
pub const MOST: usize = 10_000;
/// How many changes are under way at a time.
const AT_ONCE: usize = 32;
/// How many devices are shown before they are changed.
const SHOWN: usize = 20;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Tag,
    AssignUser,
    UnassignUser,
    Delete,
}

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
    done: u64,
    outcome: &'static str,
    failures: Vec<(String, String)>,
    back: String,
}

impl Change {
    fn named(name: &str) -> Result<Self, Refusal> {
        match name {
            "tag" => Ok(Self::Tag),
            "assign" => Ok(Self::AssignUser),
            "unassign" => Ok(Self::UnassignUser),
            "delete" => Ok(Self::Delete),
            _ => Err(Refusal::Form("It is not said what is to be done.".to_owned())),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::AssignUser => "assign",
            Self::UnassignUser => "unassign",
            Self::Delete => "delete",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Tag => "Set the group tag",
            Self::AssignUser => "Assign a user",
            Self::UnassignUser => "Unassign the user",
            Self::Delete => "Delete",
        }
    }

    fn outcome(self) -> &'static str {
        match self {
            Self::Tag => "have the new group tag",
            Self::AssignUser => "have the new user",
            Self::UnassignUser => "have no user any more",
            Self::Delete => "were deleted",
        }
    }

    async fn make(self, api: &Api, id: &str, fields: &Fields) -> Result<(), Refusal> {
        let device = entity(DEVICES, id);
        let act = |action: &str| address(&format!("{device}/{action}"), &[]);
        match self {
            Self::Tag => {
                let body = json!({ "groupTag": fields.one("value").trim() });
                api.post(&act("updateDeviceProperties"), &body).await?;
            }
            Self::AssignUser => {
                let user = fields.one("value").trim();
                let name = fields.one("name").trim();
                let name = if name.is_empty() { user } else { name };
                let body = json!({ "userPrincipalName": user, "addressableUserName": name });
                api.post(&act("assignUserToDevice"), &body).await?;
            }
            Self::UnassignUser => _ = api.post(&act("unassignUserFromDevice"), &json!({})).await?,
            Self::Delete => _ = api.ask(Method::DELETE, &address(&device, &[]), None).await?,
        }
        Ok(())
    }
}

/// What was chosen: devices by id, or all that match a filter.
struct Choice {
    ids: Vec<String>,
    matching: bool,
    filter: String,
}

impl Choice {
    fn of(fields: &Fields) -> Result<Self, Refusal> {
        let ids: Vec<String> = fields.all("id").map(str::to_owned).collect();
        let matching = fields.one("matching") == "yes";
        if ids.is_empty() && !matching {
            return Err(Refusal::Form("Choose devices first.".to_owned()));
        }
        if ids.len() > MOST {
            return Err(Refusal::Form(format!("At most {MOST} devices are changed at once.")));
        }
        Ok(Self { ids, matching, filter: fields.one("$filter").to_owned() })
    }

    async fn total(&self, api: &Api) -> Result<u64, Refusal> {
        if self.matching { api.count(DEVICES, &self.filter).await } else { Ok(self.ids.len() as u64) }
    }

    /// The devices, at most so many: id, serial number and group tag.
    async fn devices(&self, api: &Api, most: usize) -> Result<Vec<Value>, Refusal> {
        let select = ("$select", "id,serialNumber,groupTag");
        if self.matching {
            let options = [("$filter", &*self.filter), ("$orderby", "serialNumber"), select];
            return api.all(&address(DEVICES, &options), most).await;
        }
        let mut devices = Vec::new();
        for ids in self.ids.get(..most.min(self.ids.len())).unwrap_or_default().chunks(20) {
            let ids: Vec<String> = ids.iter().map(|id| super::super::api::literal(id)).collect();
            let filter = format!("id in ({})", ids.join(","));
            devices.extend(api.all(&address(DEVICES, &[("$filter", &filter), select]), most).await?);
        }
        Ok(devices)
    }

    fn back(&self) -> String {
        here(LIST, &[("$filter", &self.filter)])
    }
}

/// `POST /console/devices/select`: what would be done, and to which.
pub async fn select(visitor: Visitor, body: Bytes) -> Response {
    let result = selected(&visitor, &Fields::of_body(&body), "").await;
    visitor.answer(result)
}

async fn selected(visitor: &Visitor, fields: &Fields, notice: &'static str) -> Result<Response, Refusal> {
    let change = Change::named(fields.one("change"))?;
    let choice = Choice::of(fields)?;
    let total = choice.total(&visitor.api).await?;
    if total > MOST as u64 {
        let why = format!("{total} devices match; at most {MOST} are changed at once. Narrow the filter.");
        return Err(Refusal::Form(why));
    }
    let shown = choice.devices(&visitor.api, SHOWN).await?;
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
        shown: shown.iter().map(line).collect(),
        notice,
        filter: choice.filter,
        ids: if choice.matching { Vec::new() } else { choice.ids },
    };
    Ok(page::render(&page))
}

/// `POST /console/devices/change`
pub async fn change(visitor: Visitor, body: Bytes) -> Response {
    let result = changed(&visitor, &Fields::of_body(&body)).await;
    visitor.answer(result)
}

async fn changed(visitor: &Visitor, fields: &Fields) -> Result<Response, Refusal> {
    let change = Change::named(fields.one("change"))?;
    let choice = Choice::of(fields)?;
    let total = choice.total(&visitor.api).await?;
    if fields.one("total") != total.to_string() {
        return selected(visitor, fields, "Meanwhile other devices match. Look again before you go on.")
            .await;
    }
    if change == Change::AssignUser && fields.one("value").trim().is_empty() {
        return selected(visitor, fields, "Say which user.").await;
    }
    let devices = choice.devices(&visitor.api, MOST).await?;
    let changes = stream::iter(devices).map(|device| async move {
        let made = change.make(&visitor.api, text(&device, "/id"), fields).await;
        made.map_err(|refusal| (text(&device, "/serialNumber").to_owned(), refusal.reason()))
    });
    let outcomes: Vec<Result<(), (String, String)>> = changes.buffer_unordered(AT_ONCE).collect().await;
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
    let failures = outcomes.into_iter().filter_map(Result::err).collect();
    let frame = visitor.frame(Room::Devices, change.verb());
    Ok(page::render(&Changed { frame, done, outcome: change.outcome(), failures, back: choice.back() }))
}
