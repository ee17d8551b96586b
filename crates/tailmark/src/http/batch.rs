//! POST to `$batch`: each request in it is answered as if it had come by itself.
//!
//! Comes in: the batch, with the caller's token. Every request in it goes through the same door as those by themselves
//! (`super::api`), with that token, the same host and ids of its own; nothing is sent over a network. Goes out: one
//! answer with all of theirs. The language of batches is `odata::batch`'s; what writes together is a unit of the store.

use std::pin::Pin;

use autopilot::model::Version;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::BodyExt as _;
use odata::batch::{self, Format, OnError, Service, Step};
use odata::negotiate::Kind;

use super::correlation::{CLIENT_REQUEST_ID, Correlation};
use super::error::{Asked, Error};
use super::negotiate::{ODATA_VERSION, joined};
use super::{App, Exchange, METHODS, api, body, conclude};
use crate::origin::Peer;
use crate::store::Unit;

/// Marks a request that came in a batch.
#[derive(Clone, Copy, Debug)]
pub struct Inside;

/// Whether a path below the service root is that of batches.
pub fn is_addressed(path: &str) -> bool {
    let segment = path.strip_prefix('/').unwrap_or(path);
    let segment = segment.strip_suffix('/').unwrap_or(segment);
    ["$batch", "%24batch"].iter().any(|name| segment.eq_ignore_ascii_case(name))
}

/// Answers a batch.
///
/// # Errors
/// What is wrong with it as a whole; then nothing of it is done.
pub async fn answer(exchange: &Exchange, body: Body) -> Result<Response<Body>, Error> {
    exchange.trail.is_for("/$batch");
    let content_type = joined(&exchange.headers, header::CONTENT_TYPE);
    let format = Format::of(&content_type).ok_or_else(|| Error::BatchType(content_type.clone()))?;
    let answered_as = form_of_answer(exchange, format)?;
    let body = body::whole(&exchange.headers, body, exchange.app.config.http.max_body).await?;
    let authorization = exchange.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let batch = batch::parse(&content_type, &body, exchange.profile.batch)?.sent_with(authorization);
    drop(body);
    let goes_on = exchange.wants.preferences.continue_on_error;
    let on_error = match goes_on {
        Some(true) => OnError::Continue,
        Some(false) => OnError::Stop,
        None => batch.on_error(),
    };
    let mut run = batch.run(service(exchange), on_error);
    let mut unit: Option<Unit> = None;
    loop {
        match run.next() {
            Step::Ask(request) => {
                let store = unit.as_ref().map_or(&exchange.app.store, Unit::store).clone();
                run.answer(ask(exchange, App { store, ..exchange.app.clone() }, request).await);
            }
            Step::Refuse(error) => run.answer(told(exchange, error.into()).await),
            Step::Skip(reason) => run.answer(told(exchange, Error::FailedDependency(reason)).await),
            Step::Begin => match exchange.app.store.unit() {
                Ok(begun) => unit = Some(begun),
                Err(error) => run.fail(told(exchange, error.into()).await),
            },
            Step::Commit => {
                if let Some(unit) = unit.take()
                    && let Err(error) = unit.keep().await
                {
                    run.fail(told(exchange, error.into()).await);
                }
            }
            Step::RollBack => drop(unit.take()),
            Step::Done => break,
        }
    }
    let (content_type, body) = run.finish(answered_as);
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(&ODATA_VERSION, HeaderValue::from_static(exchange.wants.version.text()));
    if let Ok(content_type) = HeaderValue::from_str(&content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    if let Some(goes_on) = goes_on {
        let applied = if goes_on { "continue-on-error=true" } else { "continue-on-error=false" };
        headers.insert("preference-applied", HeaderValue::from_static(applied));
    }
    Ok(response)
}

/// The request's own format where it is accepted, else the other.
fn form_of_answer(exchange: &Exchange, own: Format) -> Result<Format, Error> {
    let kind = |format| if format == Format::Json { Kind::Json } else { Kind::Multipart };
    exchange.wants.accepting(kind(own)).map(|()| own).or_else(|_| {
        let other = if own == Format::Json { Format::Multipart } else { Format::Json };
        Ok(exchange.wants.accepting(kind(other)).map(|()| other)?)
    })
}

/// Our own addresses: as configured, and as the client called us.
fn service(exchange: &Exchange) -> Service {
    let mut bases = vec![exchange.base.clone()];
    let host = exchange.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    bases.extend(host.map(|host| format!("{}://{host}", exchange.transport.scheme())));
    let root = |version: Version| format!("/{}", version.segment());
    Service { bases, root: root(exchange.version), roots: Version::ALL.map(root).to_vec() }
}

/// The answer to one request, from the door that those by themselves come through.
async fn ask(exchange: &Exchange, app: App, asked: batch::Request) -> batch::Response {
    let is_head = asked.method == "HEAD";
    let mut response = match request(exchange, asked) {
        Ok(request) => plain(through_the_door(app, request).await).await,
        Err(error) => told(exchange, error).await,
    };
    if is_head {
        response.body.clear();
    }
    response
}

/// A function with a named type of answer: the door leads to batches, and batches to the door.
fn through_the_door(
    app: App,
    request: Request<Body>,
) -> Pin<Box<dyn Future<Output = Response<Body>> + Send>> {
    Box::pin(api(State(app), request))
}

/// The request as it would have come by itself. Who asks, and of which host, the batch says.
fn request(exchange: &Exchange, asked: batch::Request) -> Result<Request<Body>, Error> {
    let malformed =
        |what: &str| odata::Error::invalid(format!("The {what} of a request in the batch is malformed."));
    let mut request = Request::new(Body::from(asked.body));
    *request.method_mut() =
        Method::from_bytes(asked.method.as_bytes()).map_err(|_| Error::Method(METHODS))?;
    *request.uri_mut() = asked.target.parse::<Uri>().map_err(|_| malformed("URL").in_target("url"))?;
    request.extensions_mut().insert(Inside);
    request.extensions_mut().insert(exchange.transport);
    if let Some(peer) = exchange.peer {
        request.extensions_mut().insert(Peer(peer));
    }
    let headers = request.headers_mut();
    for (name, value) in asked.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed("header"))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| malformed("header"))?;
        headers.append(name, value);
    }
    // Where it comes from is known.
    headers.remove("x-forwarded-for");
    for name in [header::HOST, header::AUTHORIZATION] {
        headers.remove(&name);
        for value in exchange.headers.get_all(&name) {
            headers.append(&name, value.clone());
        }
    }
    for &name in exchange.profile.batch.inherited {
        inherit(&exchange.headers, headers, name);
    }
    if let (Some(id), false) =
        (exchange.headers.get(&CLIENT_REQUEST_ID), headers.contains_key(&CLIENT_REQUEST_ID))
    {
        headers.insert(&CLIENT_REQUEST_ID, id.clone());
    }
    Ok(request)
}

/// Lets a header of the batch hold for a request in it that does not say otherwise.
fn inherit(outer: &HeaderMap, headers: &mut HeaderMap, name: &'static str) {
    let of_batch = joined(outer, name);
    let value = match name {
        // Of preferences the first of its name counts, so the request's own come first.
        "prefer" => {
            let belongs_to_batch = |preference: &&str| {
                let preference = preference.to_ascii_lowercase();
                preference.contains("continue-on-error") || preference.contains("respond-async")
            };
            let own = joined(headers, name);
            let others = of_batch.split(',').filter(|preference| !belongs_to_batch(preference));
            let all = std::iter::once(own.as_str()).chain(others).filter(|text| !text.is_empty());
            all.collect::<Vec<_>>().join(",")
        }
        _ if headers.contains_key(name) => return,
        // That one is about the batch's own answer.
        "accept" if of_batch.contains("multipart/") => return,
        _ => of_batch,
    };
    if let (false, Ok(value)) = (value.is_empty(), HeaderValue::from_str(&value)) {
        headers.insert(name, value);
    }
}

/// The answer to a request that does not get to the door.
async fn told(exchange: &Exchange, error: Error) -> batch::Response {
    let asked = Asked {
        method: exchange.method.clone(),
        path: format!("/{}{}", exchange.version.segment(), exchange.path),
        base: exchange.base.clone(),
        challenge: String::new(),
        profile: exchange.profile,
        version: exchange.wants.version,
        correlation: std::sync::Arc::new(Correlation::new(&exchange.headers)),
        config: std::sync::Arc::clone(&exchange.app.config),
        verdict: std::sync::Arc::default(),
        is_cross_origin: false,
    };
    plain(conclude(Err(error), &asked)).await
}

async fn plain(response: Response<Body>) -> batch::Response {
    let (head, body) = response.into_parts();
    // Our own bodies are in memory and cannot break off.
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    batch::Response { status: head.status.as_u16(), headers, body }
}
