//! POST to a collection, PATCH and DELETE of an entity: the acts that are not actions.

use std::sync::Arc;

use autopilot::device::DeviceChange;
use autopilot::device_record::Field;
use autopilot::imported_device::{self, ImportedDevice, Place};
use autopilot::upload::{Upload, UploadChange};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use odata::Value;
use odata::answer::{Answer, Cell, Entity};
use odata::json::read::{Datum, Record};
use odata::json::{self, Envelope};
use odata::query::{Ending, Query, Resource, Selected};

use super::body::with_group_tags;
use super::error::Error;
use super::{Exchange, actions, conditions, documents};
use crate::access::{Act, Grant};
use crate::config::compat::Strictness;
use crate::store::{Condition, Documents, ImportedDeviceChange, NewDevice, SettingsChange};
use crate::telemetry::stage::Stage;
use crate::{clock, ids};

/// What is written to: each set has acts of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    Uploads,
    DevicesOfUpload,
    ImportedDevices,
    Devices,
    Settings,
    Kept(Documents),
}

impl Set {
    fn of(resource: &Resource<'_>) -> Option<Self> {
        // Two steps are the singleton and a set of its own; deeper ones are reached through an owner with a key.
        let is_deep = resource.steps.len() > 2;
        match resource.navigation()?.name.as_str() {
            "importedWindowsAutopilotDeviceIdentityUploads" => Some(Self::Uploads),
            "deviceIdentities" => Some(Self::DevicesOfUpload),
            "importedWindowsAutopilotDeviceIdentities" => Some(Self::ImportedDevices),
            "windowsAutopilotDeviceIdentities" => Some(Self::Devices),
            "windowsAutopilotSettings" => Some(Self::Settings),
            "windowsAutopilotDeploymentProfiles" => Some(Self::Kept(Documents::Profiles)),
            "assignments" if is_deep && resource.owner_key().is_some() => {
                Some(Self::Kept(Documents::Assignments))
            }
            "autopilotEvents" => Some(Self::Kept(Documents::Events)),
            "importedDeviceIdentities" => Some(Self::Kept(Documents::Identifiers)),
            _ => None,
        }
    }
}

/// Answers a POST, PATCH or DELETE.
///
/// # Errors
/// What is wrong with it; then nothing has changed.
pub async fn write(exchange: &Exchange, body: Body) -> Result<Response<Body>, Error> {
    let parsed = || odata::syntax::parse(&exchange.path, exchange.query.as_deref());
    let request = exchange.stage(Stage::Parse, parsed)?;
    let bound = || odata::bind::resource(exchange.version.model(), &request.path);
    let resource = exchange.stage(Stage::Bind, bound)?;
    exchange.trail.leads_to(&resource);
    odata::bind::without_options(&request)?;
    if resource.steps.iter().any(|step| step.filter.is_some()) {
        return Err(odata::Error::unsupported("The path segment '$filter' in a request that writes").into());
    }
    if let (Ending::Operation(operation), &Method::POST) = (&resource.ending, &exchange.method) {
        return actions::call_action(exchange, &resource, operation, body).await;
    }
    let act = match exchange.method {
        Method::POST => Act::Insert,
        Method::PATCH => Act::Update,
        Method::DELETE => Act::Delete,
        _ => return Err(exchange.no_route(&resource)),
    };
    let set = Set::of(&resource).ok_or_else(|| exchange.no_route(&resource))?;
    exchange.judge(&resource, &request.options);
    let is_lenient = exchange.app.config.compat.strictness == Strictness::Lenient;
    let allowed = match (set, act) {
        // Documented until 2021 and not routed by the service: whoever may delete such an entity may change it.
        (Set::ImportedDevices | Set::Devices, Act::Update) if is_lenient => Act::Delete,
        _ => act,
    };
    let grant = Grant::check(&exchange.caller, &resource, allowed)
        .map_err(|denied| exchange.denied(denied, &resource))?;
    match act {
        Act::Insert => insert(exchange, &grant, set, &resource, body).await,
        Act::Update => update(exchange, &grant, set, &resource, body).await,
        Act::Delete | Act::Read | Act::Call => delete(exchange, &grant, set, &resource).await,
    }
}

async fn insert(
    exchange: &Exchange,
    grant: &Grant,
    set: Set,
    resource: &Resource<'_>,
    body: Body,
) -> Result<Response<Body>, Error> {
    let writer = exchange.writer(grant, resource);
    let sent = entity(exchange, resource, body).await?;
    let first = exchange.app.config.import.profile.into();
    match set {
        Set::Uploads => {
            let upload = Upload::open(sent, clock::now(), first, ids::next);
            let path = entity_path(resource, &upload.id);
            writer.save_upload(upload).await?;
            let response = read_back(exchange, grant, &path, StatusCode::CREATED).await?;
            Ok(located(response, exchange, &path))
        }
        Set::DevicesOfUpload | Set::ImportedDevices => {
            let upload_id = resource.owner_key().filter(|_| set == Set::DevicesOfUpload);
            let id = ids::next();
            let batch_id = upload_id.map_or_else(ids::next, str::to_owned);
            let place = Place { id, upload_id: upload_id.map(str::to_owned), batch_id };
            let device = ImportedDevice::open(sent, place, first);
            writer.save_imports(upload_id, vec![device.clone()]).await?;
            let path = entity_path(resource, &device.id);
            let query = query(exchange, &path)?;
            let answer = Answer::Entity(sent_back(&query, &device));
            let writing = exchange.plain_writing(&path);
            let body = exchange.stage(Stage::Write, || json::write(&query, &answer, &writing));
            Ok(located(exchange.shown(StatusCode::CREATED, body), exchange, &path))
        }
        Set::Devices => {
            let id = ids::next();
            let path = entity_path(resource, &id);
            writer.register_device(NewDevice::read(id, sent)).await?;
            let response = read_back(exchange, grant, &path, StatusCode::CREATED).await?;
            Ok(located(response, exchange, &path))
        }
        Set::Kept(kept) => {
            let owner = resource.owner_key().filter(|_| kept == Documents::Assignments);
            let document = documents::opened(kept, &sent, owner, exchange.version, clock::now());
            let path = entity_path(resource, &document.id);
            writer.insert_document(kept, document).await?;
            let response = read_back(exchange, grant, &path, StatusCode::CREATED).await?;
            Ok(located(response, exchange, &path))
        }
        Set::Settings => Err(exchange.no_route(resource)),
    }
}

async fn update(
    exchange: &Exchange,
    grant: &Grant,
    set: Set,
    resource: &Resource<'_>,
    body: Body,
) -> Result<Response<Body>, Error> {
    let writer = exchange.writer(grant, resource).provided(condition(exchange, resource)?);
    let mut sent = entity(exchange, resource, body).await?;
    if set == Set::Settings {
        writer.update_settings(settings_change(&mut sent)).await?;
        return read_back(exchange, grant, &entity_path(resource, ""), StatusCode::OK).await;
    }
    let id = resource.key().ok_or(Error::NotFound)?;
    match set {
        Set::Uploads => {
            let change = UploadChange::read(&mut sent);
            if sent.has("deviceIdentities") {
                let message = "Devices cannot be changed through their upload; address each by its own path.";
                return Err(odata::Error::invalid(message).in_target("deviceIdentities").into());
            }
            writer.update_upload(id, change).await?;
        }
        Set::DevicesOfUpload => {
            let upload_id = resource.owner_key().ok_or(Error::NotFound)?;
            writer.update_import(Some(upload_id), id, change_of(&mut sent)).await?;
        }
        Set::ImportedDevices => writer.update_import(None, id, change_of(&mut sent)).await?,
        Set::Devices => writer.update_device(id, DeviceChange::of_parameters(sent)).await?,
        Set::Kept(kept) => {
            let owner = resource.owner_key().filter(|_| kept == Documents::Assignments);
            let change = documents::change(kept, &sent, exchange.version, clock::now());
            writer.change_document(kept, owner, id, change).await?;
        }
        Set::Settings => {}
    }
    read_back(exchange, grant, &entity_path(resource, id), StatusCode::OK).await
}

async fn delete(
    exchange: &Exchange,
    grant: &Grant,
    set: Set,
    resource: &Resource<'_>,
) -> Result<Response<Body>, Error> {
    let writer = exchange.writer(grant, resource).provided(condition(exchange, resource)?);
    let id = resource.key().ok_or(Error::NotFound)?;
    match set {
        Set::Uploads => writer.delete_upload(id).await?,
        Set::DevicesOfUpload => writer.delete_import(resource.owner_key(), id).await?,
        Set::ImportedDevices => writer.delete_import(None, id).await?,
        Set::Devices => writer.delete_device(id).await?,
        Set::Kept(kept) => {
            let owner = resource.owner_key().filter(|_| kept == Documents::Assignments);
            writer.delete_document(kept, owner, id).await?;
        }
        Set::Settings => return Err(exchange.no_route(resource)),
    }
    Ok(exchange.respond_empty())
}

/// The body as an entity of the addressed type: an imported device, or an upload with some.
async fn entity(exchange: &Exchange, resource: &Resource<'_>, body: Body) -> Result<Record<'static>, Error> {
    let body = with_group_tags(exchange.body(body).await?);
    let (model, ty) = (exchange.version.model(), resource.entity_type().ok_or(Error::NotFound)?);
    let read = if exchange.method == Method::PATCH { json::read::change } else { json::read::entity };
    Ok(read(model, ty, &body)?)
}

fn settings_change(sent: &mut Record<'_>) -> SettingsChange {
    let mut instant = |name| match sent.take(name) {
        Some(Datum::Value(Value::DateTimeOffset(instant))) => Some(instant),
        _ => None,
    };
    SettingsChange {
        last_sync: instant("lastSyncDateTime"),
        last_manual_sync_trigger: instant("lastManualSyncTriggerDateTime"),
        sync_status: sent.take_integer("syncStatus"),
    }
}

/// What a PATCH says about an imported device: absent members stay, null empties.
fn change_of(sent: &mut Record<'_>) -> ImportedDeviceChange {
    let mut text = |field: Field| {
        sent.has(field.property()).then(|| sent.take_string(field.property()).unwrap_or_default())
    };
    ImportedDeviceChange {
        serial_number: text(Field::SerialNumber),
        product_key: text(Field::ProductKey),
        group_tag: text(Field::GroupTag),
        assigned_user_principal_name: text(Field::AssignedUser),
        hardware_identifier: sent
            .has(Field::HardwareHash.property())
            .then(|| imported_device::hardware_identifier(sent)),
    }
}

/// The path of one entity of the addressed collection, keys in parentheses and percent-encoded: those of a seed may
/// be any text.
fn entity_path(resource: &Resource<'_>, id: &str) -> String {
    let mut path = String::new();
    let last = resource.steps.len().saturating_sub(1);
    for (index, step) in resource.steps.iter().enumerate() {
        path.push('/');
        path.push_str(step.name());
        let own = step.key.first().map(|(_, key)| key.text());
        let key = if index == last && !id.is_empty() { Some(id.to_owned()) } else { own };
        path.extend(key.map(|key| format!("('{}')", encoded(&key))));
    }
    path
}

fn encoded(key: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    key.replace('\'', "''").bytes().fold(String::new(), |mut encoded, byte| {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

fn query(exchange: &Exchange, path: &str) -> Result<Query<'static>, Error> {
    let request = odata::syntax::parse(path, None)?;
    Ok(odata::bind::bind(exchange.version.model(), &request, &exchange.terms())?)
}

fn versioned(exchange: &Exchange, path: &str) -> Result<Query<'static>, Error> {
    Ok(Query { versions: true, ..query(exchange, path)? })
}

/// What the request's headers ask of the entity that it changes.
pub(super) fn condition(exchange: &Exchange, resource: &Resource<'_>) -> Result<Option<Condition>, Error> {
    let conditions = conditions::of(&exchange.headers)?;
    // Below an owner other than the tenant, it is the path that says whose it is.
    let is_needed = !conditions.is_empty() || resource.steps.len() > 2;
    if !is_needed {
        return Ok(None);
    }
    // The only one of its kind has no key.
    let id = resource.key().unwrap_or_default();
    Ok(Some(Condition { entity: Arc::new(versioned(exchange, &entity_path(resource, id))?), conditions }))
}

/// The entity as it is now, at the root of the JSON.
async fn read_back(
    exchange: &Exchange,
    grant: &Grant,
    path: &str,
    status: StatusCode,
) -> Result<Response<Body>, Error> {
    let query = Arc::new(versioned(exchange, path)?);
    let answer = exchange.app.store.reader(grant).answer(Arc::clone(&query)).await?.ok_or(Error::NotFound)?;
    let writing = json::Writing { envelope: Envelope::Bare, ..exchange.plain_writing(path) };
    let written = exchange.stage(Stage::Write, || json::write(&query, &answer, &writing));
    let response = exchange.shown(status, written);
    Ok(conditions::tagged(response, conditions::version(&answer)))
}

/// What was sent, as an entity: it is stored, and nothing has happened to it yet.
pub(super) fn sent_back(query: &Query<'_>, device: &ImportedDevice) -> Entity {
    let properties = &query.listing.shape.properties;
    let values = properties.iter().map(|selected| cell_of(selected, "", device)).collect();
    Entity { values, ..Entity::default() }
}

fn cell_of(selected: &Selected<'_>, owner: &str, device: &ImportedDevice) -> Cell {
    let path = format!("{owner}{}", selected.property.name);
    if selected.members.is_empty() {
        return Cell::One(device.value(&path));
    }
    let owner = format!("{path}/");
    Cell::Members(selected.members.iter().map(|member| cell_of(member, &owner, device)).collect())
}

fn located(mut response: Response<Body>, exchange: &Exchange, path: &str) -> Response<Body> {
    if let Ok(location) = HeaderValue::from_str(&format!("{}{path}", exchange.service_root())) {
        // Without a body it is the only thing that says which entity that is (OData Part 1 §8.3.4).
        if response.status() == StatusCode::NO_CONTENT {
            response.headers_mut().insert("odata-entityid", location.clone());
        }
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
