//! What plain HTTP is answered on a port that speaks TLS: what must be had before TLS can be trusted, or an error.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, header};
use odata::profile;

use super::correlation::Correlation;
use super::error::Asked;

/// These addresses, and for every other one an error that says what is wrong.
pub fn router(addresses: Router) -> Router {
    addresses.fallback(refuse)
}

async fn refuse(request: Request<Body>) -> Response<Body> {
    let asked = Asked {
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        base: String::new(),
        challenge: String::new(),
        correlation: Arc::new(Correlation::new(request.headers())),
        profile: &profile::GRAPH,
        version: profile::Version::V4,
        config: Arc::default(),
        verdict: Arc::default(),
        is_cross_origin: request.headers().contains_key(header::ORIGIN),
    };
    let error =
        odata::Error::invalid("This port speaks TLS: the address begins with https://, not with http://.");
    super::conclude(Err(error.into()), &asked)
}
