//! 429: who asks too often, per application and per tenant.
//!
//! The rule is tested without a clock in `src/http/throttle/limiter.rs`; here, that every request meets it and what it is
//! told. The numbers are small and the window is long, so that none of it hangs on time.

use serde_json::{Value, json};
use tailmark::config::Config;
use tailmark::config::compat::Quirk;

use crate::support::{Answer, Caller, FABRIKAM, TestApp, bare};
use crate::{IMPORTED, ROOTS};

fn few(config: &mut Config) {
    config.throttle.enabled = true;
    config.throttle.window = 3600;
    config.throttle.writes_per_app = 2;
    config.throttle.requests_per_app = 5;
    config.throttle.writes_per_tenant = 3;
    config.throttle.requests_per_tenant = 7;
}

fn imported() -> String {
    format!("{}/{IMPORTED}", ROOTS[1])
}

async fn write(app: &TestApp, caller: &Caller, status: u16) -> Answer {
    app.post(&imported(), &bare("SN", "")).by(caller).await.expect(status)
}

async fn read(app: &TestApp, caller: &Caller, status: u16) -> Answer {
    app.get(&imported()).by(caller).await.expect(status)
}

#[track_caller]
fn assert_is_throttled(answer: &Answer) {
    answer.assert_is_error();
    answer.assert_common_headers();
    assert_eq!(answer.code(), "TooManyRequests");
    assert_eq!(answer.message(), "Too many requests.");
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!((3000..=3600).contains(&seconds), "{seconds}");
}

async fn throttled(app: &TestApp) -> String {
    let figures = app.get("/metrics").by_nobody().await.expect(200).text;
    let lines = figures.lines().filter_map(|line| line.strip_prefix("tailmark_throttled_total"));
    lines.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn one_more_than_an_application_may() {
    let app = TestApp::with(few).await;
    let caller = Caller::writer();
    for _ in 0..2 {
        write(&app, &caller, 201).await;
    }
    assert_is_throttled(&write(&app, &caller, 429).await);
    let id = read(&app, &caller, 200).await.entities()[0]["id"].as_str().unwrap().to_owned();
    let one = format!("{}/{id}", imported());
    assert_is_throttled(&app.delete(&one).await.expect(429));
    assert_is_throttled(&app.post(&format!("{}/import", imported()), &json!({})).await.expect(429));
    // What asks for nothing but to be answered is a reading.
    let query = app.ask("POST", &format!("{}/$query", imported())).header("content-type", "text/plain");
    query.bytes(b"$top=1").await.expect(200);
    read(&app, &caller, 200).await;
    assert_is_throttled(&read(&app, &caller, 429).await);
    assert_eq!(throttled(&app).await, "{scope=\"application\"} 4 {scope=\"tenant\"} 0");
    // Without a token there is nobody to count.
    app.get("/beta/$metadata").by_nobody().await.expect(200);
    app.get(&imported()).by_nobody().await.expect(401);
}

#[tokio::test]
async fn one_more_than_a_tenant_may() {
    let app = TestApp::with(few).await;
    let first = Caller::writer();
    let second = Caller::writer().with_app("22222222-0000-4000-8000-000000000000");
    for caller in [&first, &first, &second] {
        write(&app, caller, 201).await;
    }
    assert_is_throttled(&write(&app, &second, 429).await);
    for caller in [&first, &first, &first, &second] {
        read(&app, caller, 200).await;
    }
    assert_is_throttled(&read(&app, &second, 429).await);
    assert_eq!(throttled(&app).await, "{scope=\"application\"} 0 {scope=\"tenant\"} 2");
    write(&app, &Caller::writer().of(FABRIKAM), 201).await;
}

#[tokio::test]
async fn requests_of_a_batch_count_one_by_one() {
    let app = TestApp::with(few).await;
    let post = |id: u8| {
        let headers = json!({ "Content-Type": "application/json" });
        let url = format!("/deviceManagement/{IMPORTED}");
        json!({ "id": id.to_string(), "method": "POST", "url": url, "headers": headers, "body": bare("SN", "") })
    };
    let batch = json!({ "requests": [post(1), post(2), post(3)] });
    let answer = app.post("/beta/$batch", &batch).await.expect(200).json();
    let parts = answer["responses"].as_array().unwrap();
    let statuses: Vec<&Value> = parts.iter().map(|part| &part["status"]).collect();
    assert_eq!(statuses, [201, 201, 429]);
    assert_eq!(parts[2]["body"]["error"]["code"], "TooManyRequests");
    assert!(parts[2]["headers"]["Retry-After"].as_str().unwrap().parse::<u64>().is_ok(), "{answer}");
    // The batch itself is not counted: it is answered still, and what is in it is not.
    for _ in 0..5 {
        let answer = app.post("/beta/$batch", &batch).await.expect(200).json();
        assert_eq!(answer["responses"][0]["status"], 429);
    }
}

#[tokio::test]
async fn who_has_waited_gets_in() {
    let app = TestApp::with(|config| {
        few(config);
        config.throttle.window = 1;
    })
    .await;
    let caller = Caller::writer();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let ask = async || app.post(&imported(), &bare("SN", "")).by(&caller).await;
    while ask().await.status != 429 {
        assert!(std::time::Instant::now() < until, "nothing was too much");
    }
    while ask().await.status != 201 {
        assert!(std::time::Instant::now() < until, "nothing got in again");
    }
}

#[tokio::test]
async fn the_settings_turn_it_off_and_hide_the_time() {
    let app = TestApp::with(|config| {
        few(config);
        config.throttle.enabled = false;
    })
    .await;
    for _ in 0..9 {
        write(&app, &Caller::writer(), 201).await;
    }
    let app = TestApp::with(|config| {
        few(config);
        config.throttle.requests_per_app = 0;
        config.compat.quirks = vec![Quirk::NoRetryAfter];
    })
    .await;
    assert!(read(&app, &Caller::writer(), 429).await.headers.get("retry-after").is_none());
}
