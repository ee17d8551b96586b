//! `/console/query`: the API by hand: an address, its answer as a table and as JSON, and `curl` to do it elsewhere.

use askama::Template;
use autopilot::model::Version;
use axum::extract::RawQuery;
use axum::http::Method;
use axum::response::Response;
use odata::model::Model;
use serde_json::Value;

use super::filters;
use super::form::Fields;
use super::page::{self, Frame, Room};
use super::refusal::Refusal;
use super::visitor::{Guest, Visitor};

/// What stands in the address bar at first.
const FIRST: &str = "/beta/deviceManagement/windowsAutopilotDeviceIdentities\
    ?$select=serialNumber,manufacturer,model,groupTag,enrollmentState&$top=10";
/// Rows and characters that are shown.
const ROWS: usize = 100;
const SHOWN: usize = 200_000;

#[derive(Template)]
#[template(path = "query.html")]
struct Query {
    frame: Frame,
    asked: String,
    status: u16,
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
    text: String,
    curl: String,
    addresses: Vec<String>,
    properties: String,
}

/// `GET /console/query`
pub async fn page(visitor: Visitor, guest: Guest, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::of_query(query.as_deref());
    let asked = Some(fields.one("address").trim()).filter(|asked| !asked.is_empty()).unwrap_or(FIRST);
    let result = answered(&visitor, asked, &guest.base).await;
    visitor.answer(result)
}

async fn answered(visitor: &Visitor, asked: &str, base: &str) -> Result<Response, Refusal> {
    let below = asked.strip_prefix(base).unwrap_or(asked);
    let is_of_api = Version::ALL.iter().any(|version| {
        below
            .strip_prefix('/')
            .and_then(|below| below.strip_prefix(version.segment()))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    });
    if !is_of_api {
        return Err(Refusal::Form("An address here begins with /beta or /v1.0.".to_owned()));
    }
    // As a browser's address bar: what may not stand in an address is encoded, what is encoded stays.
    let sent: String = below
        .chars()
        .map(|character| match character {
            ' ' => "%20".to_owned(),
            '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' => {
                super::api::encoded(&character.to_string())
            }
            other if other.is_ascii_graphic() => other.to_string(),
            other => super::api::encoded(&other.to_string()),
        })
        .collect();
    let answer = visitor.api.send(Method::GET, &sent, None).await?;
    let json: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let text = match &json {
        Some(json) => serde_json::to_string_pretty(json).unwrap_or_default(),
        None => String::from_utf8_lossy(&answer.body).into_owned(),
    };
    let (headings, rows) = table(json.as_ref());
    let model = Version::Beta.model();
    let page = Query {
        frame: visitor.frame(Room::Query, "Query"),
        asked: below.to_owned(),
        status: answer.status,
        headings,
        rows,
        text: text.chars().take(SHOWN).collect(),
        curl: format!("curl -H \"Authorization: Bearer $TOKEN\" \\\n  '{base}{}'", sent.replace('\'', "%27")),
        addresses: addresses(model),
        properties: properties(model),
    };
    Ok(page::render(&page))
}

/// A list of entities as a table; of their values those that are no objects.
fn table(json: Option<&Value>) -> (Vec<String>, Vec<Vec<String>>) {
    let entities = json.and_then(|json| json.get("value")).and_then(Value::as_array);
    let entities: Vec<_> = entities.into_iter().flatten().filter_map(Value::as_object).take(ROWS).collect();
    let mut headings: Vec<String> = Vec::new();
    for name in entities.iter().flat_map(|entity| entity.keys()) {
        if !name.contains('@') && !headings.contains(name) {
            headings.push(name.clone());
        }
    }
    let cell = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let rows = entities.iter().map(|entity| headings.iter().map(|name| cell(entity.get(name))).collect());
    let rows = rows.collect();
    (headings, rows)
}

/// The addresses of everything that is reached from the root.
fn addresses(model: &Model) -> Vec<String> {
    let management = model.entity_types().find(|ty| ty.name == "deviceManagement");
    let sets = management.into_iter().flat_map(|ty| &ty.navigation);
    sets.flat_map(|set| Version::ALL.map(|version| (version, set)))
        .filter(|(version, set)| {
            let mut known = version.model().entity_types().filter(|ty| ty.name == "deviceManagement");
            known.any(|ty| ty.navigation.iter().any(|known| known.name == set.name))
        })
        .map(|(version, set)| format!("/{}/deviceManagement/{}", version.segment(), set.name))
        .collect()
}

/// The names of the properties behind each set, as JSON for the script that completes them.
fn properties(model: &Model) -> String {
    let management = model.entity_types().find(|ty| ty.name == "deviceManagement");
    let sets = management.into_iter().flat_map(|ty| &ty.navigation).map(|set| {
        let properties = &model.entity(set.target).properties;
        let names = properties.iter().map(|property| Value::from(property.name.as_str()));
        (set.name.clone(), Value::Array(names.collect()))
    });
    Value::Object(sets.collect()).to_string()
}
