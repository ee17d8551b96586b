//! What is noted of a request on its way: for the figures, and for the trace.
//!
//! In: the request, and later what its address means. Out: one more [`Answered`], its time, and the fields of its span.
//! Routes are made of the model's names, keys stand as `{id}`; what clients write is in none, so there are only so many.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::body::Body;
use axum::http::{Method, Request, Response};
use odata::query::{Ending, Resource};
use tracing::Span;

use super::version_of;
use crate::telemetry::metrics::{Answered, Metrics};
use crate::telemetry::stage::span;
use crate::telemetry::traces;

/// As many navigations are in a route at most; the model leads round in circles.
const LONGEST_ROUTE: usize = 4;

/// The notes.
#[derive(Debug)]
pub struct Trail {
    since: Instant,
    method: &'static str,
    version: &'static str,
    route: OnceLock<String>,
    span: Span,
}

impl Trail {
    /// Begins with a request.
    pub fn begin(request: &Request<Body>) -> Arc<Self> {
        let method = name(request.method());
        let version = version_of(request.uri().path()).map_or("", |(version, _)| version.segment());
        let span = span!(
            "request",
            otel.kind = "server",
            otel.status_code = tracing::field::Empty,
            http.request.method = method,
            http.route = tracing::field::Empty,
            http.response.status_code = tracing::field::Empty
        );
        traces::follow(&span, request.headers());
        Arc::new(Self { since: Instant::now(), method, version, route: OnceLock::new(), span })
    }

    /// The request as a span; nothing where nobody traces.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// The request is for something that the model does not have.
    pub fn is_for(&self, route: &str) {
        self.route.get_or_init(|| route.to_owned());
    }

    /// The request is for this.
    pub fn leads_to(&self, resource: &Resource<'_>) {
        self.route.get_or_init(|| route(resource));
    }

    /// Ends with the answer.
    pub fn end(&self, metrics: &Metrics, response: &Response<Body>) {
        let route = self.route.get().cloned().unwrap_or_default();
        let status = response.status();
        if !self.span.is_disabled() {
            let slash = if self.version.is_empty() { "" } else { "/" };
            self.span.record("http.route", format!("{slash}{}{route}", self.version));
            self.span.record("http.response.status_code", status.as_u16());
            if status.is_server_error() {
                self.span.record("otel.status_code", "ERROR");
            }
        }
        let answered =
            Answered { method: self.method, version: self.version, route, status: status.as_u16() };
        metrics.answer(&answered, self.since.elapsed());
    }
}

fn name(method: &Method) -> &'static str {
    const NAMES: [&str; 7] = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"];
    NAMES.into_iter().find(|name| method == name).unwrap_or("other")
}

fn route(resource: &Resource<'_>) -> String {
    let mut route = String::new();
    for step in resource.steps.iter().take(LONGEST_ROUTE) {
        route.push('/');
        route.push_str(step.name());
        if !step.key.is_empty() {
            route.push_str("/{id}");
        }
    }
    if resource.steps.len() > LONGEST_ROUTE {
        route.push_str("/…");
    }
    match &resource.ending {
        Ending::Plain => {}
        Ending::Count => route.push_str("/$count"),
        Ending::References => route.push_str("/$ref"),
        Ending::Property { raw: false, .. } => route.push_str("/{property}"),
        Ending::Property { raw: true, .. } => route.push_str("/{property}/$value"),
        Ending::Operation(operation) => {
            route.push('/');
            route.push_str(&operation.name);
        }
    }
    route
}
