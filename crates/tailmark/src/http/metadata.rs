//! What describes the service, for everybody: the service document, `$metadata`, and OpenAPI.
//!
//! Comes in: a GET without regard to who asks, as Graph has it. Goes out: documents of the model, which change with the
//! program only and are made once.
//! Specification: OData Part 1 §11.1; OData CSDL XML and JSON 4.01.

use std::collections::HashMap;
use std::sync::LazyLock;

use autopilot::model::Version;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, header};
use odata::json::MetadataLevel;
use odata::model::csdl::{self, Options, service_document};
use odata::negotiate::{Kind, Wants};
use odata::openapi::{self, About};
use odata::profile::{self, Profile};
use odata::syntax::SystemOption;

use super::conditions::{self, not_modified};
use super::error::Error;
use super::negotiate::ODATA_VERSION;
use crate::store::Conditions;

/// Where the service is described in OpenAPI.
pub const OPENAPI: &str = "/openapi.json";

/// A document at an address of its own below a service root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// What there is at the service root.
    Service,
    /// The model.
    Metadata,
}

/// A request for a document.
pub struct Visit<'a> {
    /// Of which version of the API.
    pub version: Version,
    /// The method.
    pub method: &'a Method,
    /// The query, as sent.
    pub query: Option<&'a str>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// What form of answer.
    pub wants: Wants,
    /// Whose manners are followed.
    pub profile: &'static Profile,
    /// The address of the service, without a slash at the end.
    pub base: &'a str,
}

/// How the model is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    Xml40,
    Xml401,
    Json,
}

/// A document as it is sent, and what tells it from others.
struct Made {
    text: String,
    tag: String,
}

static MODELS: LazyLock<HashMap<(Version, Form), Made>> = LazyLock::new(|| {
    let forms = [Form::Xml40, Form::Xml401, Form::Json];
    let all = Version::ALL.into_iter().flat_map(|version| forms.map(|form| (version, form)));
    all.map(|(version, form)| ((version, form), Made::new(model(version, form)))).collect()
});

impl Made {
    fn new(text: String) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        let tag = digest.as_ref().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        Self { text, tag }
    }
}

fn model(version: Version, form: Form) -> String {
    let csdl = if form == Form::Xml40 { csdl::Version::V40 } else { csdl::Version::V401 };
    let mut functions: Vec<String> =
        odata::bind::FUNCTIONS.iter().map(|function| function.name.to_owned()).collect();
    functions.dedup();
    let supports = ["BatchSupported", "KeyAsSegmentSupported", "QuerySegmentSupported"];
    let options = Options {
        protocol: Some("4.0 4.01".to_owned()),
        filter_functions: functions,
        supports: supports.map(str::to_owned).to_vec(),
        ..Options::new(csdl).with_acts().with_permissions()
    };
    match form {
        Form::Xml40 | Form::Xml401 => csdl::xml(version.model(), &options),
        Form::Json => csdl::json(version.model(), &options).to_string(),
    }
}

impl Document {
    /// The document at a path below a service root.
    pub fn at(path: &str) -> Option<Self> {
        let segment = path.strip_prefix('/').unwrap_or(path);
        if segment.is_empty() {
            return Some(Self::Service);
        }
        let segment = segment.strip_suffix('/').unwrap_or(segment);
        let names = ["$metadata", "%24metadata"];
        names.iter().any(|name| segment.eq_ignore_ascii_case(name)).then_some(Self::Metadata)
    }

    /// Its address below the service root.
    pub fn path(self) -> &'static str {
        match self {
            Self::Service => "/",
            Self::Metadata => "/$metadata",
        }
    }

    fn template(self) -> String {
        match self {
            Self::Service => "~",
            Self::Metadata => "~/$metadata",
        }
        .to_owned()
    }
}

/// Answers with a document.
///
/// # Errors
/// Where it is asked for in a form that there is not.
pub fn answer(document: Document, mut visit: Visit<'_>) -> Result<Response<Body>, Error> {
    if !matches!(*visit.method, Method::GET | Method::HEAD) {
        return Err(Error::NoRoute { template: document.template(), methods: vec!["GET", "HEAD"] });
    }
    let options = odata::syntax::parse("", visit.query)?.options;
    if let Some(given) = options.given.iter().find(|given| !is_heeded(given.option)) {
        let message = format!("The query option '{}' means nothing here.", given.spelling);
        return Err(odata::Error::invalid(message).in_target(&given.spelling).into());
    }
    if let Some(version) = options.schemaversion.as_deref().filter(|version| *version != "*") {
        return Err(odata::Error::no_schema_version(version).into());
    }
    if let Some(format) = &options.format {
        visit.wants = visit.wants.with_format(format);
    }
    match document {
        Document::Service => {
            visit.wants.accepting(Kind::Json)?;
            Ok(root(&visit))
        }
        Document::Metadata => metadata(&visit),
    }
}

fn is_heeded(option: SystemOption) -> bool {
    matches!(option, SystemOption::Format | SystemOption::Schemaversion)
}

fn root(visit: &Visit<'_>) -> Response<Body> {
    let version = visit.wants.version;
    let root = format!("{}/{}", visit.base, visit.version.segment());
    let prefix = version.prefix().trim_start_matches('@');
    let mut document = service_document(visit.version.model(), &root, prefix);
    if let (MetadataLevel::None, Some(members)) = (visit.wants.metadata, document.as_object_mut()) {
        members.retain(|name, _| name == "value");
    }
    respond(&visit.wants.json_type(visit.profile), Some(version), document.to_string())
}

fn metadata(visit: &Visit<'_>) -> Result<Response<Body>, Error> {
    let (form, content_type, version) = if visit.wants.prefers_json() {
        // There is no older CSDL in JSON.
        (Form::Json, "application/json", profile::Version::V401)
    } else {
        visit.wants.accepting(Kind::Xml)?;
        let version = visit.wants.version;
        let form = if version == profile::Version::V4 { Form::Xml40 } else { Form::Xml401 };
        (form, "application/xml", version)
    };
    let Some(made) = MODELS.get(&(visit.version, form)) else { return Err(Error::NotFound) };
    let response = respond(content_type, Some(version), made.text.clone());
    revalidated(response, &made.tag, &conditions::of(visit.headers)?)
}

/// Answers `/openapi.json`: of beta, unless `?version=v1.0` asks for the other.
///
/// # Errors
/// Where there is no such version, or the method is another.
pub fn openapi(asked: &Parts, base: &str) -> Result<Response<Body>, Error> {
    if !matches!(asked.method, Method::GET | Method::HEAD) {
        return Err(Error::NoRoute { template: "~".to_owned(), methods: vec!["GET", "HEAD"] });
    }
    let options = asked.uri.query().unwrap_or_default().split('&');
    let name = options.filter_map(|option| option.strip_prefix("version=")).next_back();
    let named = |name: &str| {
        let found = Version::ALL.into_iter().find(|version| version.segment().eq_ignore_ascii_case(name));
        found.ok_or_else(|| Error::NoVersion(name.to_ascii_lowercase()))
    };
    let version = name.map_or(Ok(Version::Beta), named)?;
    let about = About {
        servers: vec![format!("{base}/{}", version.segment())],
        description: Some("Windows Autopilot device import as Microsoft Graph has it.".to_owned()),
        ..About::new("Tailmark", version.segment())
    };
    let made = Made::new(openapi::document(version.model(), &about).to_string());
    let response = respond("application/json", None, made.text);
    revalidated(response, &made.tag, &conditions::of(&asked.headers)?)
}

/// A document that may be kept, if it is asked for again before it is used.
fn revalidated(
    mut response: Response<Body>,
    tag: &str,
    conditions: &Conditions,
) -> Result<Response<Body>, Error> {
    if conditions.miss(tag) {
        return Err(Error::ConditionNotMet);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let response = conditions::tagged(response, Some(tag));
    Ok(if conditions.exclude(tag) { not_modified(response) } else { response })
}

fn respond(content_type: &str, version: Option<profile::Version>, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    if let Some(version) = version {
        headers.insert(&ODATA_VERSION, HeaderValue::from_static(version.text()));
    }
    response
}
