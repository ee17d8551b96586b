//! What is answered without the service: to plain HTTP on a port that speaks TLS, and when a limit of the connection is
//! passed.
//!
//! In: what of a request is known by then. Out: the error in the shape of all of them, or what must be had before TLS can
//! be trusted.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header};
use odata::profile;

use super::correlation::{CLIENT_REQUEST_ID, Correlation};
use super::error::{Asked, Error};

/// These addresses, and for every other one an error that says what is wrong.
pub fn router(addresses: Router) -> Router {
    addresses.fallback(refuse)
}

async fn refuse(request: Request<Body>) -> Response<Body> {
    let error =
        odata::Error::invalid("This port speaks TLS: the address begins with https://, not with http://.");
    Unserved::of(&request).refuse(error.into())
}

/// A request that the service does not see, or does not answer in time.
pub(super) struct Unserved {
    method: Method,
    uri: Uri,
    client_request_id: Option<HeaderValue>,
    is_cross_origin: bool,
}

impl Unserved {
    /// What is kept of a request; cheap, for every request is one until it is answered.
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            client_request_id: request.headers().get(&CLIENT_REQUEST_ID).cloned(),
            is_cross_origin: request.headers().contains_key(header::ORIGIN),
        }
    }

    /// The answer.
    pub(super) fn refuse(self, error: Error) -> Response<Body> {
        let mut headers = HeaderMap::new();
        if let Some(id) = self.client_request_id {
            headers.insert(&CLIENT_REQUEST_ID, id);
        }
        let asked = Asked {
            method: self.method,
            path: self.uri.path().to_owned(),
            base: String::new(),
            challenge: String::new(),
            correlation: Arc::new(Correlation::new(&headers)),
            profile: &profile::GRAPH,
            version: profile::Version::V4,
            config: Arc::default(),
            verdict: Arc::default(),
            is_cross_origin: self.is_cross_origin,
        };
        super::conclude(Err(error), &asked)
    }
}
