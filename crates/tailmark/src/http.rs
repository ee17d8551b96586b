//! The HTTP room: what a request meets, in this order.
//!
//! ids (`correlation`) → version of the API → what describes the service, for everybody (`metadata`) → token (`caller`)
//! → how often (`throttle`) → method → `read`, `write`, `actions` or `batch`, whose requests come in here again → the
//! answer, or the one error door (`error`). Addresses below a service root are OData's and parsed by it: there are no
//! routes per resource.

mod actions;
mod activity;
mod batch;
mod body;
pub mod caller;
mod check;
mod conditions;
pub mod correlation;
mod cors;
mod cursor;
mod documents;
pub mod error;
pub mod keys;
pub mod listen;
mod metadata;
pub mod metrics;
mod negotiate;
mod plain;
mod read;
mod source;
pub mod throttle;
mod trail;
mod verdict;
mod write;

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use autopilot::model::Version;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use axum::routing::get;
use futures_util::FutureExt as _;
use odata::bind::Terms;
use odata::json::Writing;
use odata::negotiate::Wants;
use odata::profile::{self, Profile};
use odata::query::Resource;
use odata::syntax::ast;
use tracing::Instrument as _;

use crate::access::{self, Denied};
use crate::clock;
use crate::config::Config;
use crate::origin;
use crate::store::Store;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::stage::Stage;
use crate::tls::Transport;
use caller::{Caller, Verifier};
use correlation::Correlation;
use error::{Asked, Error};
use throttle::Throttle;
use trail::Trail;

/// The most entities in a page: as many as the real service's pages hold.
const PAGE: u64 = 1000;
/// The methods of the API.
const METHODS: &str = "GET, HEAD, POST, PATCH, DELETE";

/// Where an answer comes from, in the words that support at Microsoft asks for.
const DIAGNOSTIC: &str = r#"{"ServerInfo":{"DataCenter":"Tailmark","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"tailmark"}}"#;

static DIAGNOSTIC_HEADER: HeaderName = HeaderName::from_static("x-ms-ags-diagnostic");

/// What every request can reach.
#[derive(Clone)]
pub struct App {
    /// The settings.
    pub config: Arc<Config>,
    /// The data.
    pub store: Store,
    /// The judge of tokens.
    pub verifier: Arc<Verifier>,
    /// The figures.
    pub metrics: Arc<Metrics>,
    /// Who asks too often, where that is looked at.
    pub throttle: Option<Arc<Throttle>>,
}

/// One request to the API, as far as it got: who asks, for which version, and what form of answer.
pub struct Exchange {
    /// What every request can reach.
    pub app: App,
    /// Who asks.
    pub caller: Arc<Caller>,
    /// Which version of the API.
    pub version: Version,
    /// The method.
    pub method: Method,
    /// The path below the service root, as sent.
    pub path: String,
    /// The query, as sent.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// What form of answer.
    pub wants: Wants,
    /// Whose manners are followed.
    pub profile: &'static Profile,
    /// The address of the service, without a slash at the end.
    pub base: String,
    /// How the request reached us.
    pub transport: Transport,
    /// From which address, where that is known.
    pub peer: Option<IpAddr>,
    /// The ids by which the request is found again.
    pub correlation: Arc<Correlation>,
    /// Why the real service would not take the request, once that is known.
    pub verdict: Arc<OnceLock<&'static str>>,
    /// What is noted of it.
    pub trail: Arc<Trail>,
}

/// The service: the API, and what stands beside it.
pub fn router(app: App, beside: Router) -> Router {
    let own = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .fallback(api)
        .with_state(app);
    own.merge(beside)
}

/// Ready when the database answers.
async fn ready(State(app): State<App>) -> Result<&'static str, StatusCode> {
    app.store.version().await.map(|_| "ready").map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}

/// Every request to the API, and its traces.
async fn api(State(app): State<App>, request: Request<Body>) -> Response<Body> {
    let trail = Trail::begin(&request);
    let metrics = Arc::clone(&app.metrics);
    let response = answered(app, request, Arc::clone(&trail)).instrument(trail.span().clone()).await;
    trail.end(&metrics, &response);
    response
}

async fn answered(app: App, request: Request<Body>, trail: Arc<Trail>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let correlation = Arc::new(Correlation::new(&parts.headers));
    let base = origin::base(&app.config, &parts);
    let (transport, peer) = (origin::transport(&parts), origin::client(&app.config, &parts));
    let profile: &'static Profile = app.config.compat.profile.into();
    let wants = negotiate::wants(&parts.headers, profile);
    let verifier = Arc::clone(&app.verifier);
    let mut asked = Asked {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        base: base.clone().unwrap_or_default(),
        challenge: String::new(),
        correlation: Arc::clone(&correlation),
        profile,
        version: wants.as_ref().map_or(profile::Version::V4, |wants| wants.version),
        config: Arc::clone(&app.config),
        verdict: Arc::default(),
        is_cross_origin: parts.headers.contains_key(header::ORIGIN),
    };
    if let Some(response) = cors::preflight(&parts.method, &parts.headers) {
        return conclude(Ok(response), &asked);
    }
    let (verdict, panics) = (Arc::clone(&asked.verdict), app.metrics.panics.clone());
    let is_in_batch = parts.extensions.get::<batch::Inside>().is_some();
    let exchange = async move {
        if parts.uri.path().eq_ignore_ascii_case(metadata::OPENAPI) {
            trail.is_for(metadata::OPENAPI);
            let base = base.ok_or(Error::Host)?;
            return metadata::openapi(&parts, &base);
        }
        if parts.uri.path() == check::ADDRESS {
            base.ok_or(Error::Host)?;
            let caller = app.verifier.verify(&parts.headers, clock::unix_seconds()).await?;
            return check::answer(&app.config, &caller, &parts, body).await;
        }
        let of_upload = source::upload(parts.uri.path());
        let (version, path) = match &of_upload {
            Some(path) => (Version::Beta, path.as_str()),
            None => version_of(parts.uri.path())?,
        };
        let base = base.ok_or(Error::Host)?;
        if let Some(document) = metadata::Document::at(path) {
            trail.is_for(document.path());
            let visit = metadata::Visit {
                version,
                method: &parts.method,
                query: parts.uri.query(),
                headers: &parts.headers,
                wants: wants?,
                profile,
                base: &base,
            };
            return metadata::answer(document, visit);
        }
        let verified = app.verifier.verify(&parts.headers, clock::unix_seconds());
        let caller = app.metrics.stages.wait(Stage::Verify, verified).await?;
        if let Some(throttle) = &app.throttle {
            throttle.admit(&caller, &parts.method, path)?;
        }
        let mut exchange = Exchange {
            wants: wants?,
            profile,
            app,
            caller,
            version,
            path: path.to_owned(),
            query: parts.uri.query().map(str::to_owned),
            method: parts.method,
            headers: parts.headers,
            base,
            transport,
            peer,
            correlation,
            verdict,
            trail,
        };
        match exchange.method {
            _ if of_upload.is_some() => source::answer(&exchange, body).await,
            Method::GET | Method::HEAD => read::get(&mut exchange).await,
            Method::POST if batch::is_addressed(&exchange.path) => {
                if is_in_batch {
                    return Err(odata::Error::invalid("A batch cannot be part of a batch.").into());
                }
                batch::answer(&exchange, body).await
            }
            Method::POST if read::is_query(&exchange.path) => read::query(&mut exchange, body).await,
            Method::POST | Method::PATCH | Method::PUT | Method::DELETE => {
                write::write(&exchange, body).await
            }
            _ => Err(Error::Method(METHODS)),
        }
    };
    // A panic is one request's failure; its message is on standard error.
    let result = AssertUnwindSafe(exchange).catch_unwind().await.unwrap_or_else(|_| {
        panics.inc();
        Err(Error::Panicked)
    });
    if matches!(result, Err(Error::Token(_))) {
        asked.challenge = verifier.www_authenticate(&asked.base);
    }
    conclude(result, &asked)
}

/// What every answer has, and its line in the log.
fn conclude(result: Result<Response<Body>, Error>, asked: &Asked) -> Response<Body> {
    let correlation = &asked.correlation;
    let mut response = result.unwrap_or_else(|error| error.respond(asked));
    verdict::tell(&mut response, asked.verdict.get().copied());
    let headers = response.headers_mut();
    correlation.label(headers);
    if asked.is_cross_origin {
        cors::allow(headers);
    }
    // Not for localhost: it would bind every port of the machine, whoever listens there.
    if asked.base.starts_with("https:") && !asked.base.starts_with("https://localhost") {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if asked.profile.enveloped_errors {
        headers.insert(&DIAGNOSTIC_HEADER, HeaderValue::from_static(DIAGNOSTIC));
    }
    // Differs: Graph says no-cache and Vary: Accept-Encoding.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, OData-MaxVersion, Prefer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    tracing::info!(
        method = asked.method.as_str(),
        path = asked.path,
        status = response.status().as_u16(),
        request_id = correlation.request_id,
        client_request_id = correlation.client_request_id,
        "answered"
    );
    response
}

/// The version that an address names, and the path below its root.
fn version_of(path: &str) -> Result<(Version, &str), Error> {
    let below = path.strip_prefix('/').unwrap_or(path);
    let (segment, mut rest) = below.find('/').map_or((below, ""), |slash| below.split_at(slash));
    // Microsoft's SDK for Python joins a root that ends in a slash with a path that begins with one (msgraph-beta-sdk
    // 1.66).
    while let Some(fewer) = rest.strip_prefix('/').filter(|fewer| fewer.starts_with('/')) {
        rest = fewer;
    }
    let version = Version::ALL.into_iter().find(|version| version.segment().eq_ignore_ascii_case(segment));
    version.map(|version| (version, rest)).ok_or_else(|| Error::NoVersion(segment.to_ascii_lowercase()))
}

impl Exchange {
    /// The address of the service root, without a slash at the end.
    #[must_use]
    pub fn service_root(&self) -> String {
        format!("{}/{}", self.base, self.version.segment())
    }

    /// How the answer to a GET is written; its next link is this request's address with another `$skiptoken`.
    #[must_use]
    pub fn writing(&self, request: &ast::Request) -> Writing {
        let mut url = format!("{}{}", self.service_root(), self.path);
        let spelling = request.options.spelling(odata::syntax::SystemOption::Skiptoken);
        let kept: Vec<&str> = self
            .query
            .as_deref()
            .unwrap_or_default()
            .split('&')
            .filter(|option| !(option.is_empty() || spelling.is_some() && is_skiptoken(option)))
            .collect();
        if !kept.is_empty() {
            url.push('?');
            url.push_str(&kept.join("&"));
        }
        Writing {
            envelope: self
                .wants
                .preferences
                .envelope
                .unwrap_or_else(|| self.app.config.compat.upload_envelope.into()),
            request_url: url,
            ..self.plain_writing("")
        }
    }

    /// How an answer without next link is written.
    #[must_use]
    pub fn plain_writing(&self, path: &str) -> Writing {
        Writing {
            service_root: self.service_root(),
            request_url: format!("{}{path}", self.service_root()),
            metadata: self.wants.metadata,
            envelope: odata::json::Envelope::Bare,
            profile: self.profile,
            version: self.wants.version,
            ieee754_compatible: self.wants.ieee754_compatible,
        }
    }

    /// Does a part of what the request takes.
    pub fn stage<T>(&self, stage: Stage, act: impl FnOnce() -> T) -> T {
        self.app.metrics.stages.run(stage, act)
    }

    /// Whether the request changes nothing.
    #[must_use]
    pub fn reads(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }

    /// On which terms its query is bound.
    #[must_use]
    pub fn terms(&self) -> Terms {
        let asked = self.wants.preferences.max_page_size.unwrap_or(PAGE);
        Terms { default_page: PAGE, largest_page: asked.min(PAGE), top: self.profile.top, now: clock::now() }
    }

    /// The error of a path on which this method does nothing.
    #[must_use]
    pub fn no_route(&self, resource: &Resource<'_>) -> Error {
        Error::NoRoute { template: resource.template(), methods: access::methods(resource) }
    }

    /// The error of a caller who may not.
    #[must_use]
    pub fn denied(&self, denied: Denied, resource: &Resource<'_>) -> Error {
        let reads = [Method::GET, Method::HEAD].contains(&self.method);
        match denied {
            // The real service answers it, with settings of other families.
            Denied::NoRoute if reads && resource.steps.len() == 1 => {
                let name = resource.navigation().map(|singleton| singleton.name.as_str()).unwrap_or_default();
                odata::Error::unsupported(format_args!("'{name}' by itself")).into()
            }
            Denied::NoRoute => self.no_route(resource),
            denied => Error::Denied(denied),
        }
    }

    /// The request's JSON body, within the limit.
    ///
    /// # Errors
    /// Where it is of another type, too large or cut off.
    pub async fn body(&self, body: Body) -> Result<Vec<u8>, Error> {
        body::json(&self.headers, body, self.app.config.http.max_body).await
    }
}

/// Whether a part of the query is the page token, however it is spelled.
fn is_skiptoken(option: &str) -> bool {
    let name = option.split('=').next().unwrap_or_default().to_ascii_lowercase();
    matches!(name.trim_start_matches("%24").trim_start_matches('$'), "skiptoken")
}
