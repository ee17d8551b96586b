//! GET anything: parse, bind, answer, write.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use odata::bind::Paging;
use odata::json;
use odata::query::Ending;

use super::Exchange;
use super::actions;
use super::error::Error;
use super::negotiate::respond_text;
use crate::access::{Act, Grant};

/// A page holds as many as the real service's pages did.
pub const PAGING: Paging = Paging { default: 1000, largest: 1000 };

/// Answers a GET.
///
/// # Errors
/// What is wrong with it, or that there is no such entity.
pub async fn get(exchange: &Exchange) -> Result<Response<Body>, Error> {
    let request = odata::syntax::parse(&exchange.path, exchange.query.as_deref())?;
    let query = Arc::new(odata::bind::bind(exchange.version.model(), &request, PAGING)?);
    if let Ending::Operation(operation) = query.resource.ending {
        return actions::call_function(exchange, &query.resource, operation).await;
    }
    let grant = Grant::check(&exchange.caller, &query.resource, Act::Read)
        .map_err(|denied| exchange.denied(denied, &query.resource))?;
    let is_count = matches!(query.resource.ending, Ending::Count);
    if is_count {
        exchange.wants.text(&exchange.headers)?;
    } else {
        exchange.wants.json(&exchange.headers)?;
    }
    let answer =
        exchange.app.store.reader(&grant).answer(Arc::clone(&query)).await?.ok_or(Error::NotFound)?;
    let body = json::write(&query, &answer, &exchange.writing(&request));
    Ok(if is_count { respond_text(body) } else { exchange.wants.respond(StatusCode::OK, body) })
}
