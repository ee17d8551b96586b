//! The client against a service that answers from a script, over real sockets.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response as Answer};
use serde_json::json;

use super::*;
use crate::exit::Exit;

type Script = Arc<Mutex<(VecDeque<Answer>, Vec<Request>)>>;

fn install_provider() {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

async fn serve(answers: Vec<Answer>) -> (String, Script) {
    install_provider();
    let script = Script::new(Mutex::new((answers.into(), Vec::new())));
    let app = axum::Router::new()
        .fallback(|State(script): State<Script>, request: Request| async move {
            let mut script = script.lock().unwrap();
            script.1.push(request);
            script.0.pop_front().unwrap_or_else(|| StatusCode::IM_A_TEAPOT.into_response())
        })
        .with_state(Arc::clone(&script));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, script)
}

fn client(address: &str) -> GraphClient {
    let retry = Retry { attempts: 3, first_pause: Duration::from_millis(1), ..Retry::default() };
    GraphClient::new(address, Token::parse("secret-token"), retry).unwrap()
}

fn answer(status: u16, headers: &[(&'static str, &str)], body: impl serde::Serialize) -> Answer {
    let mut answer = serde_json::to_string(&body).unwrap().into_response();
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
        .headers_mut()
        .extend(headers.iter().map(|(n, v)| (HeaderName::from_static(n), v.parse().unwrap())));
    answer
}

fn asked(script: &Script) -> Vec<String> {
    script.lock().unwrap().1.iter().map(|request| format!("{} {}", request.method(), request.uri())).collect()
}

#[tokio::test]
async fn an_entity_is_found_in_every_envelope() {
    let entity = json!({ "id": "1", "status": "pending" });
    let documented = answer(200, &[], json!({ "@odata.context": "c", "value": entity }));
    let both =
        answer(200, &[], json!({ "@odata.context": "c", "id": "1", "status": "pending", "value": entity }));
    let (address, script) = serve(vec![documented, both, answer(200, &[], entity.clone())]).await;
    for _ in 0..3 {
        assert_eq!(client(&address).get("uploads/1").await.unwrap(), entity);
    }
    let requests = &script.lock().unwrap().1;
    let headers = requests.first().unwrap().headers();
    assert_eq!(headers["authorization"], "Bearer secret-token");
    assert_eq!(headers["prefer"], "envelope=bare");
    assert_ne!(headers["client-request-id"], requests[1].headers()["client-request-id"]);
    assert_eq!(requests[0].uri(), "/beta/uploads/1");
}

#[test]
fn the_members_of_an_entity_keep_their_order() {
    for text in [
        r#"{"@odata.context":"c","id":"1","b":1,"a":2,"c":3}"#,
        r#"{"@odata.context":"c","id":"1","value":{"id":"1"},"b":1,"a":2,"c":3}"#,
        r#"{"@odata.context":"c","value":{"id":"1","b":1,"a":2,"c":3}}"#,
    ] {
        let entity = unwrapped(serde_json::from_str(text).unwrap());
        assert_eq!(entity.to_string(), r#"{"id":"1","b":1,"a":2,"c":3}"#);
    }
}

#[tokio::test]
async fn throttled_requests_are_repeated_and_in_the_end_given_up() {
    let busy = |status| answer(status, &[("retry-after", "0.001")], json!({}));
    let (address, script) = serve(vec![busy(429), busy(503), answer(201, &[], json!({ "id": "1" }))]).await;
    assert_eq!(client(&address).post("uploads", &json!({})).await.unwrap()["id"], "1");
    assert_eq!(asked(&script).len(), 3);

    let (address, _) = serve(vec![busy(429), busy(429), busy(504), busy(429)]).await;
    let error = client(&address).get("devices").await.unwrap_err();
    assert_eq!(error.exit(), Exit::Throttled);
    assert!(error.to_string().contains("after 3 attempts"), "{error}");
}

#[tokio::test]
async fn a_post_that_may_have_arrived_is_not_repeated() {
    for headers in [&[][..], &[("retry-after", "0")]] {
        let (address, script) = serve(vec![answer(504, headers, json!({}))]).await;
        assert_eq!(client(&address).post("uploads", &json!({})).await.unwrap_err().exit(), Exit::Failure);
        assert_eq!(asked(&script), ["POST /beta/uploads"]);
    }
}

#[tokio::test]
async fn a_refusal_says_what_to_do_and_never_the_token() {
    let body =
        json!({ "error": { "code": "InvalidAuthenticationToken", "message": "Lifetime validation failed" } });
    let (address, _) = serve(vec![answer(401, &[("request-id", "r-1")], body)]).await;
    let error = client(&address).get("devices").await.unwrap_err();
    assert_eq!(error.exit(), Exit::SignIn);
    insta::assert_snapshot!(error, @r"
    Lifetime validation failed (401 InvalidAuthenticationToken, request-id r-1)
      hint: the token may have expired; `tailmark token` prints a new one
    ");
    assert!(!format!("{error:?} {:?}", client(&address)).contains("secret-token"));
}

#[tokio::test]
async fn next_links_are_followed_to_the_end() {
    let (address, script) = serve(Vec::new()).await;
    let link = format!("{address}/beta/devices?$top=2&$skiptoken=a%2Bb");
    script.lock().unwrap().0 = VecDeque::from([
        answer(200, &[], json!({ "value": [1, 2], "@odata.nextLink": link })),
        answer(200, &[], json!({ "value": [], "@odata.nextLink": format!("{link}c") })),
        answer(200, &[], json!({ "value": [3] })),
    ]);
    let all = client(&address).pages("devices?$top=2").unwrap().collect(usize::MAX).await.unwrap();
    assert_eq!(all, [1, 2, 3]);
    assert_eq!(asked(&script)[1], "GET /beta/devices?$top=2&$skiptoken=a%2Bb");
}

#[tokio::test]
async fn the_token_does_not_leave_and_circles_end() {
    let elsewhere =
        json!({ "value": [1], "@odata.nextLink": "http://elsewhere.example/beta/devices?$skiptoken=1" });
    let (address, script) = serve(vec![answer(200, &[], elsewhere)]).await;
    let error = client(&address).pages("devices").unwrap().collect(usize::MAX).await.unwrap_err();
    assert!(matches!(error, Error::ForeignLink { .. }), "{error}");
    let circle = json!({ "value": [1], "@odata.nextLink": format!("{address}/beta/devices") });
    script.lock().unwrap().0.push_back(answer(200, &[], circle));
    let error = client(&address).pages("devices").unwrap().collect(usize::MAX).await.unwrap_err();
    assert!(matches!(error, Error::Circle), "{error}");
}

#[tokio::test]
async fn nobody_there() {
    install_provider();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = client(&format!("http://{closed}")).get("devices").await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("cannot reach http://{closed}: ")) && text.contains("refused"),
        "{text}"
    );
}

#[test]
fn addresses() {
    install_provider();
    let base = |server: &str| {
        GraphClient::new(server, Token::parse("t"), Retry::default()).map(|c| c.base().to_string())
    };
    assert_eq!(base("http://127.0.0.1:4280").unwrap(), "http://127.0.0.1:4280/beta/");
    assert_eq!(base("https://graph.microsoft.com/beta/").unwrap(), "https://graph.microsoft.com/beta/");
    assert!(
        base("localhost:4280").is_err() && base("http://me:pw@host").is_err() && base("file:///x").is_err()
    );
    let exposes = |server: &str| client(server).exposes_token();
    assert!(exposes("http://tailmark:4280") && !exposes("http://[::1]:4280") && !exposes("https://tailmark"));
    assert!(Token::parse("a b").is_none() && Token::parse(" Bearer x\n").is_some());
}
