//! `/_tailmark/uploads/{id}/source`: from which file an upload came, and from which of its lines each device.
//!
//! Who reads a hash file says it with PUT, once the upload is there; GET says the same to everybody who may read the
//! upload, so that a device that was refused can be found in the file. `?$select=fileName` leaves the lines out. It is
//! replaced by the next PUT and goes with its upload, so there is nothing to delete. Graph has nothing like it: there the
//! file is forgotten.

mod body;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use odata::query::Resource;
use serde_json::{Value, json};

use super::Exchange;
use super::error::Error;
use crate::access::{Act, Grant};

const START: &str = "/_tailmark/uploads/";
const END: &str = "/source";
/// The address in figures and traces.
const ROUTE: &str = "/_tailmark/uploads/{id}/source";
const UPLOADS: &str = "/deviceManagement/importedWindowsAutopilotDeviceIdentityUploads";

/// The path below a service root of the upload whose source has this address, so that its key is read and its
/// permissions are found as those of any upload.
pub fn upload(address: &str) -> Option<String> {
    let id = address.strip_prefix(START)?.strip_suffix(END)?;
    (!id.is_empty() && !id.contains('/')).then(|| format!("{UPLOADS}/{id}"))
}

/// Answers a request whose path is the one of [`upload`].
///
/// # Errors
/// The method, the caller, the query, the body, or that there is nothing.
pub async fn answer(exchange: &Exchange, body: Body) -> Result<Response<Body>, Error> {
    exchange.trail.is_for(ROUTE);
    exchange.verdict.get_or_init(|| "Microsoft Graph has no such address");
    let act = match exchange.method {
        Method::GET | Method::HEAD => Act::Read,
        Method::PUT => Act::Update,
        _ => return Err(Error::Method("GET, HEAD, PUT")),
    };
    // What cannot be the key of an upload is the key of none.
    let request = odata::syntax::parse(&exchange.path, None).map_err(|_| Error::NotFound)?;
    let resource = odata::bind::resource(exchange.version.model(), &request.path);
    let resource = resource.map_err(|_| Error::NotFound)?;
    let id = resource.key().ok_or(Error::NotFound)?;
    let grant = Grant::check(&exchange.caller, &resource, act)
        .map_err(|denied| exchange.denied(denied, &resource))?;
    match act {
        Act::Update => put(exchange, &grant, &resource, id, body).await,
        _ => get(exchange, &grant, id).await,
    }
}

async fn get(exchange: &Exchange, grant: &Grant, id: &str) -> Result<Response<Body>, Error> {
    let reader = exchange.app.store.reader(grant);
    let query = exchange.query.as_deref().unwrap_or_default();
    let text = match &*percent_encoding::percent_decode_str(query).decode_utf8_lossy() {
        "" => {
            let source = reader.source(id).await?.ok_or(Error::NotFound)?;
            // The lines are JSON already, and may be many.
            format!("{{\"fileName\":{},\"lines\":{}}}", Value::from(source.file_name), source.lines)
        }
        "$select=fileName" => {
            let file_name = reader.source_file_name(id).await?.ok_or(Error::NotFound)?;
            json!({ "fileName": file_name }).to_string()
        }
        _ => return Err(odata::Error::invalid("The only query option here is '$select=fileName'.").into()),
    };
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

async fn put(
    exchange: &Exchange,
    grant: &Grant,
    resource: &Resource<'_>,
    id: &str,
    body: Body,
) -> Result<Response<Body>, Error> {
    if exchange.query.as_deref().is_some_and(|query| !query.is_empty()) {
        return Err(odata::Error::invalid("PUT takes no query options here.").into());
    }
    let sent = exchange.body(body).await?;
    let devices = exchange.app.store.reader(grant).devices_in_upload(id).await?.ok_or(Error::NotFound)?;
    let source = body::read(&sent, devices)?;
    exchange.writer(grant, resource).save_source(id, source).await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}
