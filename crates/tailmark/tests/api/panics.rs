//! R23: a request that panics is one request's failure.

use std::convert::Infallible;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, header};
use futures_util::stream;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tailmark::config::Config;
use tailmark::http::caller::{Embedded, Verifier};
use tailmark::http::{self, App};
use tailmark::store::{Place, Store};
use tailmark::telemetry::metrics::Metrics;
use tower_service::Service as _;

use crate::support::{Caller, TestApp};
use crate::{IMPORTED, ROOTS};

/// The service's own router, handed a request whose body does what no body does: nothing in the program can be made to
/// panic from outside. It unwinds without a panic's message, of which `.ci/run` finds none in what tests print.
#[tokio::test]
async fn a_request_that_panics_is_answered() {
    let site = TestApp::start().await;
    let (config, store) = (Config::default(), Store::open(&Place::Memory).await.unwrap());
    let embedded = Embedded { address: site.base.clone(), base: site.issuer().base().to_owned() };
    let verifier = Arc::new(Verifier::new(&config.auth, Some(&embedded)).unwrap());
    let metrics = Arc::new(Metrics::new(store.metrics(), verifier.metrics()));
    let app =
        App { config: Arc::new(config), store, verifier, metrics: Arc::clone(&metrics), throttle: None };
    let mut router = http::router(app, Router::new());
    let bearer = format!("Bearer {}", site.token(&Caller::writer()));
    let url = format!("{}/{IMPORTED}", ROOTS[0]);
    let request = |method: Method, body: Body| {
        let request = Request::builder().method(method).uri(&url).header(header::HOST, "localhost");
        let request = request.header(header::AUTHORIZATION, &bearer);
        request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap()
    };
    let bomb = || -> Poll<Option<Result<Bytes, Infallible>>> { resume_unwind(Box::new("SECRET")) };
    for number in 1..=3 {
        let body = Body::from_stream(stream::poll_fn(move |_| bomb()));
        let answer = router.call(request(Method::POST, body)).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(head.status, 500, "{text}");
        let said: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(said["error"]["code"], "InternalServerError");
        assert_eq!(said["error"]["innerError"]["request-id"], head.headers["request-id"].to_str().unwrap());
        assert!(!text.contains("SECRET"), "{text}");
        let figures = metrics.print();
        let counted = format!("\ntailmark_panics_total{{room=\"http\"}} {number}\n");
        assert!(figures.contains(&counted), "{figures}");

        let next = router.call(request(Method::GET, Body::empty())).await.unwrap();
        assert_eq!(next.status(), 200);
    }
    assert!(metrics.print().contains("status=\"500\"} 3\n"));
}
