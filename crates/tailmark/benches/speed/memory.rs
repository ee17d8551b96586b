//! The first ceiling: hyper alone, which gives recorded answers from memory.
//!
//! In: a JSON file of answers as Tailmark gave them. Out: for each path and query the same status, headers and bytes.
//! Nothing is looked at but the address.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::load::{Client, runtime};

/// An answer to give again.
#[derive(Deserialize, Serialize)]
struct Recorded {
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// Asks a server for each of these, and keeps what it says in a file.
pub fn record(address: &str, requests: &[Vec<u8>], file: &Path) {
    let recorded: Vec<Recorded> = runtime().block_on(async {
        let (mut client, mut recorded) = (Client::connect(address).await.unwrap(), Vec::new());
        for request in requests {
            let path = std::str::from_utf8(request).unwrap().split(' ').nth(1).unwrap().to_owned();
            let answer = client.ask(request).await.unwrap();
            let headers = answer.head.lines().filter_map(|line| line.split_once(": "));
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            recorded.push(Recorded { path, headers, body: answer.text().to_owned() });
        }
        recorded
    });
    fs::write(file, serde_json::to_vec(&recorded).unwrap()).unwrap();
}

/// Serves what is in a file until it is killed.
pub fn serve(file: &Path) -> ! {
    let recorded: Vec<Recorded> = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let answers: HashMap<String, (HeaderMap, Bytes)> = recorded
        .into_iter()
        .map(|one| {
            // These two are hyper's own.
            let kept =
                one.headers.iter().filter(|(name, _)| !["date", "content-length"].contains(&name.as_str()));
            let headers = kept.map(|(name, value)| {
                (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())
            });
            (one.path, (headers.collect(), one.body.into()))
        })
        .collect();
    let answers = Arc::new(answers);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("http://{}", listener.local_addr().unwrap());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let answers = Arc::clone(&answers);
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let answer = answer(&answers, &request);
                    async move { Ok::<_, Infallible>(answer) }
                });
                // A client that goes away is no error.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    })
}

fn answer(
    answers: &HashMap<String, (HeaderMap, Bytes)>,
    request: &Request<Incoming>,
) -> Response<Full<Bytes>> {
    let path = request.uri().path_and_query().map(hyper::http::uri::PathAndQuery::as_str).unwrap_or_default();
    let Some((headers, body)) = answers.get(path) else {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let mut response = Response::new(Full::new(body.clone()));
    response.headers_mut().clone_from(headers);
    response
}
