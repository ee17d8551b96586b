//! `POST /_tailmark/check`: what is wrong with a hash file, as the command line and the console say it.
//!
//! In: the bytes of a file, in any form that people have. Out: every problem with line, column, code and remedy; nothing
//! is stored and nothing of the tenant is read. Whoever may read import records may ask. Graph has nothing like it: there
//! a row is judged when it is imported, by a code in its state.

use autopilot::check::{Severity, check_sheet};
use autopilot::csv;
use autopilot::model::Version;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, header};
use odata::bind::Terms;
use odata::profile;
use serde_json::{Value, json};

use super::body;
use super::caller::Caller;
use super::error::Error;
use crate::access::{Act, Grant};
use crate::clock;
use crate::config::Config;

/// Where files are sent.
pub const ADDRESS: &str = "/_tailmark/check";

/// The permission is the one to read these.
const RECORDS: &str = "/deviceManagement/importedWindowsAutopilotDeviceIdentities";
/// The most problems in an answer; of a file in which every row is wrong the first ones are enough.
const MOST: usize = 10_000;

/// Checks the file in a request's body.
///
/// # Errors
/// The method, the caller, the type or the size of the body.
pub async fn answer(
    config: &Config,
    caller: &Caller,
    parts: &Parts,
    body: Body,
) -> Result<Response<Body>, Error> {
    if parts.method != Method::POST {
        return Err(Error::Method("POST"));
    }
    permit(caller)?;
    is_file(&parts.headers)?;
    let bytes = body::whole(&parts.headers, body, config.http.max_body).await?;
    // A long file takes a while, in which others are served.
    let judged = tokio::task::spawn_blocking(move || judge(&bytes)).await.map_err(|_| Error::Panicked)?;
    let mut response = Response::new(Body::from(judged.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn permit(caller: &Caller) -> Result<(), Error> {
    let terms = Terms { default_page: 1, largest_page: 1, top: profile::GRAPH.top, now: clock::now() };
    let request = odata::syntax::parse(RECORDS, None)?;
    let query = odata::bind::bind(Version::Beta.model(), &request, &terms)?;
    Grant::check(caller, &query.resource, Act::Read).map_err(Error::Denied)?;
    Ok(())
}

/// A hash file says that it is one, or nothing; which characters it has is seen from its bytes.
fn is_file(headers: &HeaderMap) -> Result<(), Error> {
    let Some(found) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let found = found.to_str().unwrap_or_default();
    let essence = found.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // Browsers take a CSV file for the third where a spreadsheet program is installed.
    let taken = ["text/csv", "text/plain", "application/vnd.ms-excel", "application/octet-stream"];
    if taken.contains(&&*essence) { Ok(()) } else { Err(Error::FileType(found.to_owned())) }
}

fn judge(bytes: &[u8]) -> Value {
    let sheet = csv::read(bytes);
    let problems = check_sheet(&sheet);
    let count = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
    json!({
        "devices": sheet.rows.len(),
        "errors": count(Severity::Error),
        "warnings": count(Severity::Warning),
        "repaired": count(Severity::Repaired),
        "omitted": problems.len().saturating_sub(MOST),
        "problems": problems.iter().take(MOST).map(autopilot::check::Problem::json).collect::<Vec<_>>(),
    })
}
