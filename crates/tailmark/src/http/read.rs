//! GET anything: parse, bind, answer, write. A query may also come in the body of a POST.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Response, StatusCode, header};
use odata::json;
use odata::negotiate::Kind;
use odata::query::{Ending, Query};

use super::error::Error;
use super::negotiate::joined;
use super::{Exchange, actions, body, conditions, cursor};
use crate::access::{Act, Grant};
use crate::telemetry::stage::Stage;

/// The longest query in a body, in bytes.
const LONGEST_QUERY: usize = 1024 * 1024;

/// Answers a GET.
///
/// # Errors
/// What is wrong with it, or that there is no such entity.
pub async fn get(exchange: &mut Exchange) -> Result<Response<Body>, Error> {
    let quirky = cursor::meant(exchange);
    let asked = quirky.as_deref().or(exchange.query.as_deref());
    let request = exchange.stage(Stage::Parse, || odata::syntax::parse(&exchange.path, asked))?;
    if let Some(format) = &request.options.format {
        exchange.wants = exchange.wants.clone().with_format(format);
    }
    let mut query = exchange
        .stage(Stage::Bind, || odata::bind::bind(exchange.version.model(), &request, &exchange.terms()))?;
    exchange.trail.leads_to(&query.resource);
    exchange.judge(&query.resource, &request.options);
    if let Ending::Operation(operation) = query.resource.ending {
        return actions::call_function(exchange, &query.resource, operation).await;
    }
    let grant = Grant::check(&exchange.caller, &query.resource, Act::Read)
        .map_err(|denied| exchange.denied(denied, &query.resource))?;
    match query.resource.ending {
        // Clients ask for JSON by habit, and get the number.
        Ending::Count | Ending::Property { raw: true, .. } => {
            exchange.wants.accepting(Kind::Text).or_else(|_| exchange.wants.accepting(Kind::Json))?;
        }
        _ => exchange.wants.accepting(Kind::Json)?,
    }
    let conditions = conditions::of(&exchange.headers)?;
    let has_tag = conditions::are_for(&query);
    query.versions = has_tag || exchange.profile.etags;
    let query = Arc::new(query);
    let mut answer =
        exchange.app.store.reader(&grant).answer(Arc::clone(&query)).await?.ok_or(Error::NotFound)?;
    let link = quirky.and_then(|_| cursor::link(exchange, &query, &mut answer));
    let version = conditions::version(&answer).filter(|_| has_tag);
    if version.is_some_and(|version| conditions.miss(version)) {
        return Err(Error::ConditionNotMet);
    }
    if version.is_some_and(|version| conditions.exclude(version)) {
        return Ok(conditions::not_modified(conditions::tagged(exchange.respond_empty(), version)));
    }
    let mut written =
        exchange.stage(Stage::Write, || json::write(&query, &answer, &exchange.writing(&request)));
    if let Some(link) = link {
        written.bytes.pop();
        written.bytes.extend(format!(",\"@odata.nextLink\":{}}}", serde_json::json!(link)).into_bytes());
    }
    let response = exchange.applied(exchange.respond(StatusCode::OK, written), &honoured(exchange, &query));
    Ok(conditions::tagged(response, version))
}

/// The preferences that the answer to a GET honours.
fn honoured(exchange: &Exchange, query: &Query<'_>) -> Vec<String> {
    let preferences = &exchange.wants.preferences;
    let mut honoured = Vec::new();
    if let Some(size) = preferences.max_page_size.filter(|_| query.resource.is_list()) {
        let prefix = exchange.wants.version.prefix().trim_start_matches('@');
        honoured.push(format!("{prefix}maxpagesize={size}"));
    }
    let is_enveloped = query.resource.navigation().is_some_and(|navigation| navigation.envelope)
        && !query.resource.is_collection()
        && matches!(query.resource.ending, Ending::Plain);
    honoured.extend(preferences.envelope.filter(|_| is_enveloped).map(|envelope| {
        let name = match envelope {
            json::Envelope::Documented => "documented",
            json::Envelope::Bare => "bare",
            json::Envelope::Both => "both",
        };
        format!("envelope={name}")
    }));
    honoured
}

/// Whether a path ends in `/$query`.
pub fn is_query(path: &str) -> bool {
    query_of(path).is_some()
}

fn query_of(path: &str) -> Option<&str> {
    let (before, last) = path.trim_end_matches('/').rsplit_once('/')?;
    ["$query", "%24query"].iter().any(|name| last.eq_ignore_ascii_case(name)).then_some(before)
}

/// Answers a POST to `…/$query`: the GET whose query is in the body (OData URL Conventions 4.01 §5.3).
///
/// # Errors
/// What is wrong with the body, or with the GET.
pub async fn query(exchange: &mut Exchange, sent: Body) -> Result<Response<Body>, Error> {
    let content_type = joined(&exchange.headers, header::CONTENT_TYPE);
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("text/plain") {
        return Err(Error::QueryType(content_type));
    }
    let limit = exchange.app.config.http.max_body.min(LONGEST_QUERY);
    let sent = body::whole(&exchange.headers, sent, limit).await?;
    let sent = String::from_utf8(sent).map_err(|_| Error::Unreadable("it is not UTF-8".to_owned()))?;
    let parts = [exchange.query.take().unwrap_or_default(), sent.trim().to_owned()];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    exchange.query = (!parts.is_empty()).then(|| parts.join("&"));
    exchange.path = query_of(&exchange.path).unwrap_or_default().to_owned();
    exchange.method = Method::GET;
    get(exchange).await
}
