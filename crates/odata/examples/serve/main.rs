//! A read-only OData service for any model: `serve --model MODEL.xml --seed SEED.json --listen 127.0.0.1:8080`.
//!
//! The model is CSDL XML, the seed JSON: `{"EntitySet": [entities…], "Singleton": entity}`. Everything a GET can ask
//! is the library's; here are a socket, an SQLite database in memory and the order of things.

mod answer;
mod store;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Request, Response};
use clap::Parser;
use odata::model::csdl;

use answer::Service;
use store::Store;

/// Serves any model, read-only, from memory.
#[derive(Parser)]
struct Arguments {
    /// The model: CSDL XML.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop.xml"))]
    model: PathBuf,
    /// The entities to begin with, and after every POST to /Reseed: JSON.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop.json"))]
    seed: PathBuf,
    /// Where to listen; port 0 is any free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The most entities in a page.
    #[arg(long, default_value_t = 1000)]
    page_size: u64,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let mut model = csdl::read(&read(&arguments.model)?)?;
    store::search_all_texts(&mut model);
    let seed = serde_json::from_str(&read(&arguments.seed)?)?;
    let store = Mutex::new(Store::open(&model, seed)?);
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    let address = listener.local_addr()?;
    let service = Arc::new(Service { model, store, page_size: arguments.page_size, address });
    println!("Serving {} on http://{address}/", arguments.model.display());
    axum::serve(listener, Router::new().fallback(handle).with_state(service)).await?;
    Ok(())
}

async fn handle(State(service): State<Arc<Service>>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 16 << 20).await.unwrap_or_else(|_| Bytes::new());
    // SQLite works on this thread: a request is a few of its statements.
    tokio::task::block_in_place(|| service.respond(&head, &body))
}
