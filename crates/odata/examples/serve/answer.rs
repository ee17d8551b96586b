//! One request and its answer: documents, data, batches, and `POST /Reseed`.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Response, StatusCode, header};
use odata::answer::{self, Answer};
use odata::bind::{Terms, bind};
use odata::json::{self, Envelope, Form, Writing};
use odata::model::OperationKind;
use odata::model::{Model, csdl};
use odata::negotiate::{Asked, Kind, Refusal, Wants};
use odata::profile::ODATA;
use odata::query::Ending;
use odata::sql::{self, SQLITE, functions};
use odata::syntax::{self, Request, SystemOption};
use odata::value::DateTimeOffset;
use odata::{ErrorKind, batch};
use serde_json::json;

use crate::Failure;
use crate::store::Store;

/// What every request can reach.
pub struct Service {
    pub model: Model,
    pub store: Mutex<Store>,
    pub page_size: u64,
    pub address: SocketAddr,
}

/// Why there is no answer.
enum Refused {
    Request(odata::Error),
    Form(Refusal),
    NotFound,
    Method(&'static str),
    MediaType,
    Precondition(&'static str),
    Failed(Failure),
}

impl From<odata::Error> for Refused {
    fn from(error: odata::Error) -> Self {
        Self::Request(error)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Form(refusal)
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<sql::Error> for Refused {
    fn from(error: sql::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Service {
    /// Answers a request.
    pub fn respond(&self, head: &Parts, body: &Bytes) -> Response<Body> {
        let path_and_query = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let answered = match (&head.method, head.uri.path()) {
            (&Method::POST, "/Reseed") => self.reseed(),
            (&Method::POST, "/$batch" | "/%24batch") => self.batch(head, body),
            (&Method::POST, path) if path.ends_with("/$query") => {
                self.long_query(path, path_and_query, &head.headers, body)
            }
            (_, "/$batch" | "/%24batch") => Err(Refused::Method("POST")),
            (&Method::GET | &Method::HEAD, _) => self.get(path_and_query, &head.headers),
            _ => Err(Refused::Method("GET, HEAD")),
        };
        answered.unwrap_or_else(|refused| refusal(refused, &head.headers))
    }

    /// `POST …/$query`: a GET whose options are (also) in the body (OData URL Conventions 4.01 §4.17).
    fn long_query(
        &self,
        path: &str,
        target: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Response<Body>, Refused> {
        if !text(headers, "content-type").starts_with("text/plain") {
            return Err(Refused::MediaType);
        }
        let path = path.strip_suffix("/$query").unwrap_or(path);
        let options = [query_of(target).unwrap_or_default().as_bytes(), body].map(String::from_utf8_lossy);
        let options = options.iter().filter(|options| !options.is_empty()).map(AsRef::as_ref);
        self.get(&format!("{path}?{}", options.collect::<Vec<&str>>().join("&")), headers)
    }

    fn reseed(&self) -> Result<Response<Body>, Refused> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner).reseed(&self.model)?;
        Ok(response(StatusCode::OK, "text/plain", "4.01", b"reseeded".to_vec()))
    }

    /// The requests of a batch, each answered as if it had come by itself.
    fn batch(&self, head: &Parts, body: &Bytes) -> Result<Response<Body>, Refused> {
        let content_type = text(&head.headers, "content-type");
        let format = batch::Format::of(&content_type).ok_or(Refused::MediaType)?;
        // The answer comes in the format of the request, or in the other one where that is accepted.
        let format = batch::Format::of(&text(&head.headers, "accept")).unwrap_or(format);
        let outer = asked_version(&head.headers);
        let authorization = head.headers.get("authorization").and_then(|value| value.to_str().ok());
        let batch = batch::parse(&content_type, body, ODATA.batch)?.sent_with(authorization);
        let on_error = match self.wants(&head.headers)?.preferences.continue_on_error {
            Some(true) => batch::OnError::Continue,
            Some(false) => batch::OnError::Stop,
            None => batch.on_error(),
        };
        let mut run = batch.run(batch::Service::new(&self.base(&head.headers), ""), on_error);
        run.answer_each(|request| {
            let mut headers = HeaderMap::new();
            for (name, value) in &request.headers {
                if let (Ok(name), Ok(value)) = (name.parse::<header::HeaderName>(), value.parse()) {
                    headers.insert(name, value);
                }
            }
            // The batch's own Accept is for the batch as a whole.
            let inherited = ODATA.batch.inherited.iter().filter(|name| **name != "accept");
            for name in inherited.chain(&["host"]) {
                if let Some(value) = head.headers.get(*name) {
                    headers.entry(*name).or_insert_with(|| value.clone());
                }
            }
            let answered = match request.method.as_str() {
                "GET" | "HEAD" => self.get(&request.target, &headers),
                _ => Err(Refused::Method("GET, HEAD")),
            };
            plain(answered.unwrap_or_else(|refused| refusal(refused, &headers)))
        });
        let (content_type, body) = run.finish(format);
        Ok(response(StatusCode::OK, &content_type, outer, body))
    }

    /// Parse, bind, answer, write.
    fn get(&self, target: &str, headers: &HeaderMap) -> Result<Response<Body>, Refused> {
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let request = syntax::parse(path, query)?;
        let mut wants = self.wants(headers)?;
        if let Some(format) = &request.options.format {
            wants = wants.with_format(format);
        }
        let isolation = text(headers, "odata-isolation") + &text(headers, "isolation");
        if !isolation.is_empty() {
            return Err(Refused::Precondition("Snapshot isolation is not offered here."));
        }
        if let Some(version) = request.options.schemaversion.as_deref().filter(|version| *version != "*") {
            return Err(odata::Error::no_schema_version(version).into());
        }
        match request.path.as_slice() {
            [] => return self.service_document(&wants, headers),
            [only] if only.name == "$metadata" => return self.metadata(&wants),
            _ => {}
        }
        let size = wants.preferences.max_page_size.unwrap_or(self.page_size).min(self.page_size);
        let terms = Terms { default_page: size, largest_page: size, top: ODATA.top, now: now() };
        let mut query = bind(&self.model, &request, &terms)?;
        query.versions = true;
        if let Ending::Operation(operation) = query.resource.ending {
            return Err(match operation.kind {
                OperationKind::Action => Refused::Method("POST"),
                OperationKind::Function => {
                    odata::Error::unsupported(format!("The function '{}'", operation.name)).into()
                }
            });
        }
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let source = store.schema.whole().ok_or(Refused::NotFound)?;
        let run = &mut |statement: &sql::Statement| store.rows(statement).map_err(Refused::from);
        let answer = answer::answer(&query, &source, &SQLITE, run)?.ok_or(Refused::NotFound)?;
        let written =
            json::write(&query, &answer, &self.writing(path, query_of(target), &request, &wants, headers));
        let media_type = match written.form {
            Form::Json => {
                wants.accepting(Kind::Json)?;
                wants.json_type(&ODATA)
            }
            // The media type of a number of instances is not negotiated (OData Part 1 §11.2.10).
            Form::Text if matches!(query.resource.ending, Ending::Count) => {
                "text/plain;charset=utf-8".to_owned()
            }
            Form::Text => {
                wants.accepting(Kind::Text)?;
                "text/plain;charset=utf-8".to_owned()
            }
            Form::Bytes => {
                wants.accepting(Kind::Bytes)?;
                "application/octet-stream".to_owned()
            }
            Form::Nothing => {
                return Ok(response(StatusCode::NO_CONTENT, "", wants.version.text(), Vec::new()));
            }
        };
        let mut response = response(StatusCode::OK, &media_type, wants.version.text(), written.bytes);
        if let Answer::Entity(answer::Entity { version: Some(version), .. }) = &answer {
            let etag = json::etag(version);
            let names = |name| {
                let given = text(headers, name);
                let named = given.split(',').map(str::trim).any(|one| one == etag || one == "*");
                (!given.is_empty()).then_some(named)
            };
            if names("if-match") == Some(false) {
                return Err(Refused::Precondition("The entity is not as 'If-Match' says."));
            }
            if names("if-none-match") == Some(true) {
                *response.status_mut() = StatusCode::NOT_MODIFIED;
                *response.body_mut() = Body::empty();
                response.headers_mut().remove(header::CONTENT_TYPE);
            }
            if let Ok(value) = etag.parse() {
                response.headers_mut().insert(header::ETAG, value);
            }
        }
        if let Some(size) = wants.preferences.max_page_size
            && let Ok(value) = format!("maxpagesize={size}").parse()
        {
            response.headers_mut().insert("preference-applied", value);
        }
        Ok(response)
    }

    fn wants(&self, headers: &HeaderMap) -> Result<Wants, Refusal> {
        let (accept, prefer) = (text(headers, "accept"), text(headers, "prefer"));
        let (version, max_version) = (text(headers, "odata-version"), text(headers, "odata-maxversion"));
        let asked = Asked { accept: &accept, prefer: &prefer, version: &version, max_version: &max_version };
        Wants::of(&asked, &ODATA)
    }

    fn service_document(&self, wants: &Wants, headers: &HeaderMap) -> Result<Response<Body>, Refused> {
        wants.accepting(Kind::Json)?;
        let prefix = wants.version.prefix().trim_start_matches('@');
        let document = csdl::service_document(&self.model, &self.base(headers), prefix);
        Ok(response(
            StatusCode::OK,
            &wants.json_type(&ODATA),
            wants.version.text(),
            document.to_string().into(),
        ))
    }

    fn metadata(&self, wants: &Wants) -> Result<Response<Body>, Refused> {
        let version = if wants.version.text() == "4.0" { csdl::Version::V40 } else { csdl::Version::V401 };
        let options = csdl::Options { protocol: Some("4.0 4.01".to_owned()), ..csdl::Options::new(version) };
        let (media_type, document) = if wants.prefers_json() {
            ("application/json", csdl::json(&self.model, &options).to_string())
        } else {
            wants.accepting(Kind::Xml)?;
            ("application/xml", csdl::xml(&self.model, &options))
        };
        Ok(response(StatusCode::OK, media_type, wants.version.text(), document.into()))
    }

    fn base(&self, headers: &HeaderMap) -> String {
        match headers.get(header::HOST).and_then(|host| host.to_str().ok()) {
            Some(host) => format!("http://{host}"),
            None => format!("http://{}", self.address),
        }
    }

    fn writing(
        &self,
        path: &str,
        query: Option<&str>,
        request: &Request,
        wants: &Wants,
        headers: &HeaderMap,
    ) -> Writing {
        let token = request.options.spelling(SystemOption::Skiptoken);
        let is_token = |option: &&str| {
            let name = option.split('=').next().unwrap_or_default().replace("%24", "$");
            !option.is_empty() && token.is_none_or(|token| !name.eq_ignore_ascii_case(token))
        };
        let kept: Vec<&str> = query.unwrap_or_default().split('&').filter(is_token).collect();
        let separator = if kept.is_empty() { "" } else { "?" };
        Writing {
            service_root: self.base(headers),
            request_url: format!("{}{path}{separator}{}", self.base(headers), kept.join("&")),
            metadata: wants.metadata,
            envelope: Envelope::Bare,
            profile: &ODATA,
            version: wants.version,
            ieee754_compatible: wants.ieee754_compatible,
        }
    }
}

fn query_of(target: &str) -> Option<&str> {
    target.split_once('?').map(|(_, query)| query)
}

/// The version of errors and batches: what the client can read, as far as it says so.
fn asked_version(headers: &HeaderMap) -> &'static str {
    let max_version = text(headers, "odata-maxversion");
    let asked = Asked { max_version: &max_version, ..Asked::default() };
    Wants::of(&asked, &ODATA).map_or("4.0", |wants| wants.version.text())
}

/// The error as the standard writes it.
fn refusal(refused: Refused, headers: &HeaderMap) -> Response<Body> {
    let (status, message, target) = match refused {
        Refused::Request(error) => {
            let status = match error.kind {
                ErrorKind::NotFound => 404,
                ErrorKind::Unsupported => 501,
                ErrorKind::Syntax | ErrorKind::Invalid | ErrorKind::TooComplex => 400,
            };
            (status, error.message, error.target)
        }
        Refused::Form(refusal) => {
            let status = if matches!(refusal, Refusal::NotAcceptable(_)) { 406 } else { 400 };
            (status, refusal.to_string(), None)
        }
        Refused::NotFound => (404, "There is no such resource.".to_owned(), None),
        Refused::Method(allowed) => {
            let mut response = refusal(Refused::Form(Refusal::Version(String::new())), headers);
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            if let Ok(value) = allowed.parse() {
                response.headers_mut().insert(header::ALLOW, value);
            }
            *response.body_mut() = Body::from(told(405, "This method is not allowed here.", None));
            return response;
        }
        Refused::MediaType => {
            (415, "A batch is application/json or multipart/mixed, a query text/plain.".to_owned(), None)
        }
        Refused::Precondition(why) => (412, why.to_owned(), None),
        Refused::Failed(failure) => {
            let text = failure.to_string();
            match text.strip_prefix(functions::PREFIX) {
                Some(message) => (400, message.to_owned(), None),
                None if text == "integer overflow" => (400, "A sum is too large.".to_owned(), None),
                None => {
                    eprintln!("{text}");
                    (500, "The service failed.".to_owned(), None)
                }
            }
        }
    };
    let body = told(status, &message, target.as_deref());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = response(status, "application/json", asked_version(headers), body.into());
    response.headers_mut().insert(header::CONTENT_LANGUAGE, header::HeaderValue::from_static("en"));
    response
}

fn told(status: u16, message: &str, target: Option<&str>) -> String {
    let mut error = json!({ "code": status.to_string(), "message": message });
    if let (Some(target), Some(members)) = (target, error.as_object_mut()) {
        members.insert("target".to_owned(), target.into());
    }
    json!({ "error": error }).to_string()
}

fn response(status: StatusCode, media_type: &str, version: &str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    for (name, value) in [("content-type", media_type), ("odata-version", version)] {
        if let (false, Ok(value)) = (value.is_empty(), value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    let varies = header::HeaderValue::from_static("Accept, OData-MaxVersion, Prefer");
    response.headers_mut().insert(header::VARY, varies);
    response
}

/// A response as a batch holds it.
fn plain(response: Response<Body>) -> batch::Response {
    let (head, body) = response.into_parts();
    let headers = head.headers.iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
    let headers = headers.collect();
    // Bodies are in memory: reading one never waits.
    let body = futures_util::FutureExt::now_or_never(axum::body::to_bytes(body, usize::MAX));
    let body = body.and_then(Result::ok).map(|bytes| bytes.to_vec()).unwrap_or_default();
    batch::Response { status: head.status.as_u16(), headers, body }
}

/// All values of a header as one list.
fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",")
}

fn now() -> DateTimeOffset {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    DateTimeOffset::utc_from_unix(i64::try_from(now.as_secs()).unwrap_or(0), now.subsec_nanos())
}
