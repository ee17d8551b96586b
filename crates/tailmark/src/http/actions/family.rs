//! The actions around devices: many at once, profiles, corporate identifiers, synchronisation.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use odata::Value;
use odata::json::read::{Datum, Record};
use odata::json::write_structures;
use odata::model::{Operation, Type};
use odata::query::Resource;
use serde_json::{Map, Value as Json, json};

use super::super::error::Error;
use super::super::{Exchange, documents};
use crate::access::Grant;
use crate::clock;
use crate::store::{Document, Documents};

/// Units of 100 ns in a second.
const TICKS_PER_SECOND: i64 = 10_000_000;
/// `failed` and `accepted` of `windowsAutopilotDeviceDeletionState`.
const FAILED: i64 = 1;
const ACCEPTED: i64 = 2;

/// `deleteDevices`: the devices with these serial numbers, of a profile's where it is called on these.
pub(super) async fn delete_devices(
    exchange: &Exchange,
    grant: &Grant,
    resource: &Resource<'_>,
    action: &Operation,
    mut sent: Record<'_>,
) -> Result<Response<Body>, Error> {
    let serial_numbers = texts(&mut sent, "serialNumbers")?;
    let profile = resource.owner_key();
    let deleted = exchange.writer(grant, resource).delete_devices(profile, serial_numbers).await?;
    let mut states = Vec::new();
    for one in deleted {
        let state = |id: Option<&str>, state: i64, message: Option<&str>| {
            members(json!({
                "serialNumber": one.serial_number, "deviceRegistrationId": id,
                "deletionState": state, "errorMessage": message,
            }))
        };
        if one.ids.is_empty() {
            states.push(state(None, FAILED, Some("No device with this serial number is registered.")));
        }
        states.extend(one.ids.iter().map(|id| state(Some(id), ACCEPTED, None)));
    }
    Ok(structures(exchange, action, &states))
}

/// `sync` of the settings.
pub(super) async fn sync(
    exchange: &Exchange,
    grant: &Grant,
    resource: &Resource<'_>,
) -> Result<Response<Body>, Error> {
    let now = clock::now().ticks;
    let time = i64::try_from(exchange.app.config.emulation.sync_time).unwrap_or(i64::MAX);
    let due = now.saturating_add(time.saturating_mul(TICKS_PER_SECOND));
    exchange.writer(grant, resource).begin_sync(now, due).await?;
    Ok(exchange.respond_empty())
}

/// `assign` of a deployment profile: to these devices, whatever their groups say.
pub(super) async fn assign(
    exchange: &Exchange,
    grant: &Grant,
    resource: &Resource<'_>,
    mut sent: Record<'_>,
) -> Result<Response<Body>, Error> {
    // Reached through one of its devices a profile has no key.
    let profile = resource.key().ok_or_else(|| exchange.no_route(resource))?;
    let devices = texts(&mut sent, "deviceIds")?;
    exchange.writer(grant, resource).choose_profile(profile, devices).await?;
    Ok(exchange.respond_empty())
}

/// `hasPayloadLinks`: which of these profiles are assigned to anyone.
pub(super) async fn has_payload_links(
    exchange: &Exchange,
    grant: &Grant,
    action: &Operation,
    mut sent: Record<'_>,
) -> Result<Response<Body>, Error> {
    let ids = texts(&mut sent, "payloadIds")?;
    let links = exchange.app.store.reader(grant).linked_profiles(ids.clone()).await?;
    let items: Vec<Map<String, Json>> = ids
        .iter()
        .zip(links)
        .map(|(id, is_linked)| {
            let error = is_linked.is_none().then_some("There is no such deployment profile.");
            // 0 is `direct`.
            let sources: &[i64] = if is_linked == Some(true) { &[0] } else { &[] };
            members(json!({
                "payloadId": id, "hasLink": is_linked.unwrap_or_default(), "error": error, "sources": sources,
            }))
        })
        .collect();
    Ok(structures(exchange, action, &items))
}

/// `importDeviceIdentityList`: many corporate identifiers.
pub(super) async fn import_identifiers(
    exchange: &Exchange,
    grant: &Grant,
    resource: &Resource<'_>,
    action: &Operation,
    mut sent: Record<'_>,
) -> Result<Response<Body>, Error> {
    const OVERWRITE: &str = "overwriteImportedDeviceIdentities";
    let Some(Datum::Value(Value::Boolean(overwrite))) = sent.take(OVERWRITE) else {
        return Err(missing(OVERWRITE));
    };
    let identifiers = identifiers(exchange, &mut sent)?;
    let faulty = identifiers.iter().filter(|one| !is_valid(&one.members)).count();
    if faulty > 0 {
        let text = format!("Invalid Device Identifier parameter found for {faulty} import records!");
        return Err(Error::Refused(text));
    }
    let taken = exchange.writer(grant, resource).import_identifiers(identifiers, overwrite).await?;
    let results: Vec<Map<String, Json>> = taken
        .into_iter()
        .map(|one| {
            let mut result = with_id(one.id, one.members);
            result.insert("status".to_owned(), one.stored.into());
            result
        })
        .collect();
    Ok(structures(exchange, action, &results))
}

/// `searchExistingIdentities`: those of these corporate identifiers that are there.
pub(super) async fn search_identifiers(
    exchange: &Exchange,
    grant: &Grant,
    action: &Operation,
    mut sent: Record<'_>,
) -> Result<Response<Body>, Error> {
    let sought = identifiers(exchange, &mut sent)?.into_iter().map(|one| one.members).collect();
    let found = exchange.app.store.reader(grant).existing_identifiers(sought).await?;
    let found: Vec<Map<String, Json>> = found.into_iter().map(|(id, members)| with_id(id, members)).collect();
    Ok(structures(exchange, action, &found))
}

fn identifiers(exchange: &Exchange, sent: &mut Record<'_>) -> Result<Vec<Document>, Error> {
    const NAME: &str = "importedDeviceIdentities";
    let records = sent.take_records(NAME).ok_or_else(|| missing(NAME))?;
    let now = clock::now();
    let open =
        |record: &Record<'_>| documents::opened(Documents::Identifiers, record, None, exchange.version, now);
    Ok(records.iter().map(open).collect())
}

fn is_valid(identifier: &Map<String, Json>) -> bool {
    let (kind, text) = autopilot::corporate_identifier::key(identifier);
    autopilot::corporate_identifier::is_valid(kind, &text)
}

fn with_id(id: String, mut members: Map<String, Json>) -> Map<String, Json> {
    members.insert("id".to_owned(), id.into());
    members
}

fn members(object: Json) -> Map<String, Json> {
    match object {
        Json::Object(members) => members,
        _ => Map::new(),
    }
}

/// The answer of an action that returns structures.
fn structures(exchange: &Exchange, action: &Operation, all: &[Map<String, Json>]) -> Response<Body> {
    let element = match &action.returns {
        Some(Type::Collection(element)) => (**element).clone(),
        other => other.clone().unwrap_or(Type::Primitive(odata::model::Primitive::String)),
    };
    let model = exchange.version.model();
    let written = write_structures(model, &element, all, &exchange.plain_writing(&exchange.path));
    exchange.respond(StatusCode::OK, written)
}

/// A parameter that is a collection of texts.
fn texts(sent: &mut Record<'_>, name: &str) -> Result<Vec<String>, Error> {
    match sent.take(name) {
        Some(Datum::Values(values)) => Ok(values.iter().map(Value::text).collect()),
        _ => Err(missing(name)),
    }
}

fn missing(name: &str) -> Error {
    odata::Error::invalid(format!("The parameter '{name}' is missing.")).in_target(name).into()
}
