//! How far imports are: as numbers, and as a stream of events while a page is open.
//!
//! Server-sent events (HTML, *Server-sent events*). A stream ends when the import is over, when the service stops, or
//! after a while; browsers then ask again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Path;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::{Map, Value, json};

use super::Console;
use super::api::{Api, UPLOADS, address, entity, text};
use super::filters::{end, moment};
use super::refusal::Refusal;
use super::visitor::Visitor;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(700);
/// How many looks a stream has.
const LOOKS: u32 = 200;
/// How many uploads are watched at a time.
const WATCHED: &str = "10";

/// The states of an import record, with the console's words for them.
pub const STATES: [(&str, &str); 5] = [
    ("unknown", "Under way"),
    ("pending", "Pending"),
    ("partial", "Partial"),
    ("complete", "Complete"),
    ("error", "Refused"),
];

/// How far an upload is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The upload.
    pub id: String,
    /// What to call it.
    pub name: String,
    /// When it began.
    pub created: String,
    /// Devices in it.
    pub total: u64,
    /// Of which final.
    pub done: u64,
    /// How many in each state of [`STATES`].
    pub states: [u64; 5],
}

impl Progress {
    /// Counts an upload's devices.
    ///
    /// # Errors
    /// The API's refusal.
    pub async fn of(api: &Api, upload: &Value) -> Result<Self, Refusal> {
        let id = text(upload, "/id");
        let apply = "groupby((state/deviceImportStatus),aggregate($count as number))";
        let devices = format!("{}/deviceIdentities", entity(UPLOADS, id));
        let groups = api.all(&address(&devices, &[("$apply", apply)]), STATES.len()).await?;
        let mut states = [0; 5];
        for ((name, _), count) in STATES.iter().zip(&mut states) {
            let group = groups.iter().find(|group| text(group, "/state/deviceImportStatus") == *name);
            *count = group.and_then(|group| group.get("number")?.as_u64()).unwrap_or_default();
        }
        Ok(Self::with(upload, states))
    }

    /// Of an upload that was read with what [`counted`] asks for.
    pub fn read(upload: &Value) -> Self {
        let count = |(name, _): (&str, &str)| upload.get(name).and_then(Value::as_u64).unwrap_or_default();
        Self::with(upload, STATES.map(count))
    }

    fn with(upload: &Value, states: [u64; 5]) -> Self {
        let [unknown, pending, ..] = states;
        let total: u64 = states.iter().sum();
        let id = text(upload, "/id");
        Self {
            id: id.to_owned(),
            name: end(id).to_owned(),
            created: moment(text(upload, "/createdDateTimeUtc")),
            total,
            done: total - unknown - pending,
            states,
        }
    }

    fn told(&self) -> Value {
        let counts =
            STATES.iter().zip(self.states).map(|((name, _), count)| ((*name).to_owned(), count.into()));
        json!({ "id": self.id, "total": self.total, "done": self.done, "states": counts.collect::<Map<_, _>>() })
    }
}

/// `$select` and `$compute` of a list of uploads, each with how many of its devices are in which state.
pub fn counted() -> (String, String) {
    let count = |(name, _)| {
        format!("deviceIdentities/$count($filter=state/deviceImportStatus eq '{name}') as {name}")
    };
    let names = STATES.map(|(name, _)| name).join(",");
    (format!("id,createdDateTimeUtc,status,{names}"), STATES.map(count).join(","))
}

/// How far the imports under way are.
///
/// # Errors
/// The API's refusal.
pub async fn pending(api: &Api) -> Result<Vec<Progress>, Refusal> {
    let (select, compute) = counted();
    let options = [
        ("$filter", "status eq 'pending'"),
        ("$orderby", "createdDateTimeUtc desc"),
        ("$select", &*select),
        ("$compute", &*compute),
        ("$top", WATCHED),
    ];
    let found = api.get(&address(UPLOADS, &options)).await?;
    let uploads = found.get("value").and_then(Value::as_array).into_iter().flatten();
    let mut pending: Vec<_> = uploads.map(Progress::read).collect();
    // One without devices is not under way: it waits for its first.
    pending.retain(|progress| progress.total > 0);
    Ok(pending)
}

/// `GET /console/progress`
pub async fn all(visitor: Visitor) -> Response {
    follow(&visitor, None)
}

/// `GET /console/uploads/{id}/progress`
pub async fn one(visitor: Visitor, Path(id): Path<String>) -> Response {
    follow(&visitor, Some(id))
}

fn follow(visitor: &Visitor, upload: Option<String>) -> Response {
    let (api, upload) = (visitor.api.clone(), Arc::new(upload));
    stream(&visitor.console, move || {
        let (api, upload) = (api.clone(), Arc::clone(&upload));
        async move { look(&api, (*upload).as_deref()).await.ok() }
    })
}

async fn look(api: &Api, upload: Option<&str>) -> Result<(Value, bool), Refusal> {
    let (uploads, is_over) = match upload {
        Some(id) => {
            let upload = api.get(&address(&entity(UPLOADS, id), &[])).await?;
            let is_over = text(&upload, "/status") != "pending";
            (vec![Progress::of(api, &upload).await?], is_over)
        }
        None => {
            let uploads = pending(api).await?;
            let is_over = uploads.is_empty();
            (uploads, is_over)
        }
    };
    let told: Vec<Value> = uploads.iter().map(Progress::told).collect();
    Ok((json!({ "items": told, "over": is_over }), is_over))
}

/// What each look sees, and whether that is the end, as a stream of events. It ends where a look sees nothing, too.
pub fn stream<L>(console: &Console, look: impl Fn() -> L + Send + 'static) -> Response
where
    L: Future<Output = Option<(Value, bool)>> + Send + 'static,
{
    let first = Some((look, console.stop.clone(), 0));
    let events = stream::unfold(first, |state| async {
        let (look, mut stop, looks) = state?;
        if looks > 0 {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = stop.wait_for(|stop| *stop) => return None,
            }
        }
        let seen = look();
        let (told, is_over) = seen.await?;
        let event = Event::default().event("progress").data(told.to_string());
        let goes_on = !is_over && looks + 1 < LOOKS;
        Some((Ok::<_, Infallible>(event), goes_on.then_some((look, stop, looks + 1))))
    });
    Sse::new(events).into_response()
}
