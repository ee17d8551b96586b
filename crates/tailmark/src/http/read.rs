//! GET anything: parse, bind, answer, write.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use odata::json;
use odata::negotiate::Kind;
use odata::query::Ending;

use super::Exchange;
use super::actions;
use super::error::Error;
use crate::access::{Act, Grant};

/// Answers a GET.
///
/// # Errors
/// What is wrong with it, or that there is no such entity.
pub async fn get(exchange: &mut Exchange) -> Result<Response<Body>, Error> {
    let request = odata::syntax::parse(&exchange.path, exchange.query.as_deref())?;
    if let Some(format) = &request.options.format {
        exchange.wants = exchange.wants.clone().with_format(format);
    }
    let query = Arc::new(odata::bind::bind(exchange.version.model(), &request, &exchange.terms())?);
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
    let answer =
        exchange.app.store.reader(&grant).answer(Arc::clone(&query)).await?.ok_or(Error::NotFound)?;
    let written = json::write(&query, &answer, &exchange.writing(&request));
    Ok(exchange.respond(StatusCode::OK, written))
}
