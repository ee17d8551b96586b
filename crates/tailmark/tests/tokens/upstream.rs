//! An issuer elsewhere that does what a test tells it: rotate, fail, hang, talk garbage; and counts.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

/// How the issuer behaves.
#[derive(Debug, Clone, PartialEq)]
pub enum Mood {
    Good,
    Failing,
    Hanging,
    Garbage,
    Html,
    Redirecting,
    Endless,
    NoKeys,
    NoUsableKeys,
    OtherName,
    ForeignKeys,
}

pub const MISBEHAVING: [Mood; 10] = [
    Mood::Failing,
    Mood::Hanging,
    Mood::Garbage,
    Mood::Html,
    Mood::Redirecting,
    Mood::Endless,
    Mood::NoKeys,
    Mood::NoUsableKeys,
    Mood::OtherName,
    Mood::ForeignKeys,
];

pub struct Upstream {
    /// `http://127.0.0.1:port`
    pub address: String,
    mood: Mutex<Mood>,
    keys: Mutex<Vec<Value>>,
    cache_control: Mutex<Option<String>>,
    discoveries: AtomicUsize,
    key_fetches: AtomicUsize,
}

impl Upstream {
    pub async fn start(keys: Vec<Value>) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Arc::new(Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            mood: Mutex::new(Mood::Good),
            keys: Mutex::new(keys),
            cache_control: Mutex::default(),
            discoveries: AtomicUsize::new(0),
            key_fetches: AtomicUsize::new(0),
        });
        let routes = Router::new()
            .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery))
            .route("/elsewhere", get(discovery_moved))
            .route("/keys", get(keys_answer))
            .with_state(Arc::clone(&upstream));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        upstream
    }

    pub fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub fn publish(&self, keys: Vec<Value>) {
        *self.keys.lock().unwrap() = keys;
    }

    pub fn cache_control(&self, value: &str) {
        *self.cache_control.lock().unwrap() = Some(value.to_owned());
    }

    /// How often anything was fetched.
    pub fn fetches(&self) -> usize {
        self.discoveries.load(Ordering::SeqCst)
    }

    pub fn key_fetches(&self) -> usize {
        self.key_fetches.load(Ordering::SeqCst)
    }

    fn metadata(&self, tenant: &str, name: &str) -> Value {
        let shared = matches!(tenant, "common" | "organizations");
        let tenant = if shared { "{tenantid}" } else { tenant };
        json!({
            "issuer": format!("{name}/{tenant}/v2.0"),
            "jwks_uri": format!("{}/keys", self.address),
            "authorization_endpoint": format!("{}/{tenant}/oauth2/v2.0/authorize", self.address),
        })
    }
}

async fn discovery(State(upstream): State<Arc<Upstream>>, Path(tenant): Path<String>) -> Response {
    upstream.discoveries.fetch_add(1, Ordering::SeqCst);
    let mood = upstream.mood.lock().unwrap().clone();
    let mut metadata = upstream.metadata(&tenant, &upstream.address);
    match mood {
        Mood::Failing => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Mood::Hanging => std::future::pending().await,
        Mood::Garbage => return "{\"issuer\":".into_response(),
        Mood::Html => return "<html>sign in to the hotel</html>".into_response(),
        Mood::Redirecting => {
            return (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response();
        }
        Mood::OtherName => metadata = upstream.metadata(&tenant, "https://evil.example"),
        // An address that works (on Linux) and is none of loopback's.
        Mood::ForeignKeys => {
            metadata["jwks_uri"] =
                json!(format!("{}/keys", upstream.address.replace("127.0.0.1", "0.0.0.0")));
        }
        Mood::Good | Mood::Endless | Mood::NoKeys | Mood::NoUsableKeys => {}
    }
    metadata.to_string().into_response()
}

async fn discovery_moved(State(upstream): State<Arc<Upstream>>) -> Response {
    upstream.metadata("common", &upstream.address).to_string().into_response()
}

async fn keys_answer(State(upstream): State<Arc<Upstream>>) -> Response {
    upstream.key_fetches.fetch_add(1, Ordering::SeqCst);
    let mood = upstream.mood.lock().unwrap().clone();
    let keys = match mood {
        Mood::NoKeys => Vec::new(),
        Mood::NoUsableKeys => vec![
            json!({ "kty": "oct", "kid": "rsa", "k": "AAAA" }),
            json!({ "kty": "EC", "crv": "P-521", "kid": "ec", "x": "AA", "y": "AA" }),
        ],
        _ => upstream.keys.lock().unwrap().clone(),
    };
    // JSON all the same, so that only its size speaks against it.
    let padding = if mood == Mood::Endless { " ".repeat(1_000_000) } else { String::new() };
    let mut answer = format!("{}{padding}", json!({ "keys": keys })).into_response();
    if let Some(value) = upstream.cache_control.lock().unwrap().as_ref() {
        answer.headers_mut().insert(header::CACHE_CONTROL, value.parse().unwrap());
    }
    answer
}
