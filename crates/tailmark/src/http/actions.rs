//! Actions and functions: the acts with a name of their own.

mod family;

use autopilot::csv::write::device_stream;
use autopilot::device::DeviceChange;
use autopilot::imported_device::{ImportedDevice, Place};
use axum::body::Body;
use axum::http::{Method, Response, StatusCode};
use odata::answer::{Answer, Page};
use odata::json::{self, read};
use odata::model::{Operation, OperationKind};
use odata::negotiate::Kind;
use odata::query::{Query, Resource};

use super::Exchange;
use super::activity::{activity_types, categories, texts};
use super::body::{with_group_tags, with_quoted_names};
use super::error::Error;
use super::write::{condition, sent_back};
use crate::access::{Act, Grant};
use crate::ids;
use crate::telemetry::stage::Stage;

/// The one parameter of `import`.
const DEVICES: &str = "importedWindowsAutopilotDeviceIdentities";

/// Calls a function with GET.
///
/// # Errors
/// What is wrong with the request.
pub async fn call_function(
    exchange: &Exchange,
    resource: &Resource<'_>,
    function: &Operation,
) -> Result<Response<Body>, Error> {
    if function.kind != OperationKind::Function {
        return Err(exchange.no_route(resource));
    }
    let grant = Grant::check(&exchange.caller, resource, Act::Call)
        .map_err(|denied| exchange.denied(denied, resource))?;
    exchange.wants.accepting(Kind::Json)?;
    match function.name.as_str() {
        "getAuditCategories" => Ok(exchange.respond_json(StatusCode::OK, texts(exchange, categories()))),
        "getAuditActivityTypes" => {
            let category =
                resource.arguments.first().map(|(_, category)| category.text()).unwrap_or_default();
            let types = activity_types(exchange.version, &category);
            Ok(exchange.respond_json(StatusCode::OK, texts(exchange, types)))
        }
        "autopilotDeviceStream" => autopilot_device_stream(exchange, &grant, resource).await,
        _ => Err(exchange.no_route(resource)),
    }
}

/// Calls an action with POST.
///
/// # Errors
/// What is wrong with the request; then nothing has changed.
pub async fn call_action(
    exchange: &Exchange,
    resource: &Resource<'_>,
    action: &'static Operation,
    body: Body,
) -> Result<Response<Body>, Error> {
    if action.kind != OperationKind::Action || exchange.method != Method::POST {
        return Err(exchange.no_route(resource));
    }
    let grant = Grant::check(&exchange.caller, resource, Act::Call)
        .map_err(|denied| exchange.denied(denied, resource))?;
    exchange.judge(resource, &odata::syntax::ast::Options::default());
    let mut body = exchange.body(body).await?;
    match action.name.as_str() {
        "updateDeviceProperties" => body = with_quoted_names(&body),
        "import" => body = with_group_tags(body),
        _ => {}
    }
    let sent = read::parameters(exchange.version.model(), action, &body)?;
    drop(body);
    match action.name.as_str() {
        "import" => import(exchange, &grant, resource, sent).await,
        "updateDeviceProperties" | "assignUserToDevice" | "assignResourceAccountToDevice" => {
            change(exchange, &grant, resource, DeviceChange::of_parameters(sent)).await
        }
        "unassignUserFromDevice" => change(exchange, &grant, resource, DeviceChange::without_user()).await,
        "unassignResourceAccountFromDevice" => {
            change(exchange, &grant, resource, DeviceChange::without_resource_account()).await
        }
        "allowNextEnrollment" => {
            change(exchange, &grant, resource, DeviceChange::allowing_next_enrollment()).await
        }
        "deleteDevices" => family::delete_devices(exchange, &grant, resource, action, sent).await,
        "sync" => family::sync(exchange, &grant, resource).await,
        "assign" => family::assign(exchange, &grant, resource, sent).await,
        "hasPayloadLinks" => family::has_payload_links(exchange, &grant, action, sent).await,
        "importDeviceIdentityList" => {
            family::import_identifiers(exchange, &grant, resource, action, sent).await
        }
        "searchExistingIdentities" => family::search_identifiers(exchange, &grant, action, sent).await,
        _ => Err(exchange.no_route(resource)),
    }
}

/// `import`: many devices, all or none, answered as they were sent.
async fn import(
    exchange: &Exchange,
    grant: &Grant,
    resource: &Resource<'_>,
    mut sent: read::Record<'_>,
) -> Result<Response<Body>, Error> {
    let records = sent.take_records(DEVICES).ok_or_else(|| {
        odata::Error::invalid(format!("The parameter '{DEVICES}' is missing.")).in_target(DEVICES)
    })?;
    let upload_id = resource.owner_key().map(str::to_owned);
    let batch_id = upload_id.clone().unwrap_or_else(ids::next);
    let first = exchange.app.config.import.profile.into();
    let devices: Vec<ImportedDevice> = records
        .into_iter()
        .map(|record| {
            let place = Place { id: ids::next(), upload_id: upload_id.clone(), batch_id: batch_id.clone() };
            ImportedDevice::open(record, place, first)
        })
        .collect();
    let request = odata::syntax::parse(&exchange.path, None)?;
    let query: Query<'static> = odata::bind::bind(exchange.version.model(), &request, &exchange.terms())?;
    let entities = devices.iter().map(|device| sent_back(&query, device)).collect();
    exchange.writer(grant, resource).save_imports(upload_id.as_deref(), devices).await?;
    let answer = Answer::Page(Page { entities, count: None, next: None });
    let writing = exchange.plain_writing(&exchange.path);
    let body = exchange.stage(Stage::Write, || json::write(&query, &answer, &writing));
    Ok(exchange.shown(StatusCode::OK, body))
}

async fn change(
    exchange: &Exchange,
    grant: &Grant,
    resource: &Resource<'_>,
    change: DeviceChange,
) -> Result<Response<Body>, Error> {
    let id = resource.key().ok_or(Error::NotFound)?;
    let writer = exchange.writer(grant, resource).provided(condition(exchange, resource)?);
    writer.update_device(id, change).await?;
    Ok(exchange.respond_empty())
}

/// `autopilotDeviceStream`: the upload's devices as the text of a hash file.
// Differs: what the stream holds was never published.
async fn autopilot_device_stream(
    exchange: &Exchange,
    grant: &Grant,
    resource: &Resource<'_>,
) -> Result<Response<Body>, Error> {
    let id = resource.key().ok_or(Error::NotFound)?;
    let records = exchange.app.store.reader(grant).upload_records(id).await?;
    let stream = tokio::task::spawn_blocking(move || device_stream(&records)).await;
    let stream = stream.map_err(|_| Error::Panicked)?;
    let context = match exchange.wants.metadata {
        json::MetadataLevel::Minimal | json::MetadataLevel::Full => {
            let prefix = exchange.wants.version.prefix();
            format!("\"{prefix}context\":\"{}/$metadata#Edm.String\",", exchange.service_root())
        }
        json::MetadataLevel::None => String::new(),
    };
    let body = format!("{{{context}\"value\":{}}}", serde_json::json!(stream));
    Ok(exchange.respond_json(StatusCode::OK, body.into_bytes()))
}
