//! The console: pages for people at `/console`, rendered here, readable without script, with nothing from elsewhere.
//!
//! It is a client of the API like any other: it has the visitor's token and the service's router, and no other way to
//! the data. In come a browser's requests, out come pages; what they meet is in `guard`, who asks in `visitor`, each
//! room's pages in the file of its name. Texts of others reach a page through templates that escape them.

mod api;
mod cookie;
mod device;
mod devices;
mod files;
mod filters;
mod form;
mod guard;
mod import;
mod list;
mod overview;
mod page;
mod progress;
mod provider;
mod query;
mod refusal;
mod session;
mod sheet;
mod sign_in;
mod uploads;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use tokio::sync::watch;
use tower_service::Service as _;

use self::provider::Provider;
use self::refusal::Refusal;
use self::session::Sessions;
use self::visitor::Guest;
use crate::config::Config;

/// What every page can reach.
pub struct Console {
    /// The settings.
    config: Arc<Config>,
    /// The API.
    api: Router,
    /// Where people sign in.
    provider: Provider,
    /// Who has.
    sessions: Sessions,
    /// Whether the service is stopping.
    stop: watch::Receiver<bool>,
}

impl Console {
    /// A console in front of `api`; `embedded` is where this process reaches the embedded issuer.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn new(
        config: Arc<Config>,
        api: Router,
        embedded: &str,
        stop: watch::Receiver<bool>,
    ) -> Result<Self, reqwest::Error> {
        let provider = Provider::new(&config, embedded)?;
        let sessions = Sessions::new(config.console.idle, config.console.lifetime);
        Ok(Self { config, api, provider, sessions, stop })
    }
}

/// The console's addresses.
pub fn routes(console: Console) -> Router {
    let largest = console.config.http.max_body;
    let console = Arc::new(console);
    Router::new()
        .route("/console", get(overview::page))
        .route("/console/", get(|| async { Redirect::to("/console") }))
        .route("/console/progress", get(progress::all))
        .route("/console/sign-in", get(sign_in::page))
        .route("/console/sign-in/start", get(sign_in::set_out))
        .route("/console/signed-in", get(sign_in::come_back))
        .route("/console/sign-out", post(sign_in::sign_out))
        .route("/console/signed-out", get(sign_in::signed_out))
        .route("/console/theme", post(sign_in::theme))
        .route("/console/import", get(import::page).post(import::receive))
        .route("/console/import/{file}", get(import::preview).post(import::change))
        .route("/console/import/{file}/start", post(import::start))
        .route("/console/import/{file}/corrected.csv", get(import::corrected))
        .route("/console/uploads", get(uploads::list))
        .route("/console/uploads/filter", get(uploads::filtered))
        .route("/console/uploads/{id}", get(uploads::one))
        .route("/console/uploads/{id}/progress", get(progress::one))
        .route("/console/uploads/{id}/failed.csv", get(uploads::failed))
        .route("/console/uploads/{id}/delete", post(uploads::delete))
        .route("/console/devices", get(devices::list))
        .route("/console/devices/filter", get(devices::filtered))
        .route("/console/devices/sync", post(devices::sync))
        .route("/console/devices/select", post(devices::bulk::select))
        .route("/console/devices/change", post(devices::bulk::change))
        .route("/console/devices/changes/{id}", get(devices::bulk::page))
        .route("/console/devices/changes/{id}/progress", get(devices::bulk::progress))
        .route("/console/devices/changes/{id}/stop", post(devices::bulk::stop))
        .route("/console/devices/devices.csv", get(devices::export::sheet))
        .route("/console/devices/portal.csv", get(devices::export::portal))
        .route("/console/devices/{id}", get(device::page))
        .route("/console/query", get(query::page))
        .route("/console/console.css", get(files::style))
        .route("/console/console.js", get(files::script))
        .route("/console/icon.svg", get(files::icon))
        .route("/console/{*other}", get(nothing))
        .layer(DefaultBodyLimit::max(largest))
        .layer(from_fn_with_state(Arc::clone(&console), guard::guard))
        // No page: whatever else is asked there is the API's to refuse.
        .route("/", get(|| async { Redirect::to("/console") }).fallback(api))
        .with_state(console)
}

async fn api(State(console): State<Arc<Console>>, request: Request) -> Response {
    match console.api.clone().call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

async fn nothing(guest: Guest) -> Response {
    Refusal::NotFound.respond(guest.frame)
}
