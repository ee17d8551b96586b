//! The one door from what went wrong to status and Graph's error envelope. No other file chooses an error status.
//!
//! Three forms, as the real service has them: the gateway's plain message (what is wrong with the request itself),
//! Intune's message, which is JSON text inside `message` (what the service behind it refuses), and the router's
//! `No method match route template`. `innerError` carries the property and the position at fault where known, and a `Link`
//! leads to the code's page in the catalogue.
//! Source: Microsoft Graph, *Error responses*; recorded answers of Intune.

mod told;

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use odata::profile::{Profile, Version};
use serde_json::json;

use self::told::{
    Told, condition_not_met, intune, no_route, not_found, plain, refused, request, stored, unavailable,
    wrapped,
};
use super::caller::TokenRefusal;
use super::correlation::Correlation;
use super::negotiate::ODATA_VERSION;
use crate::access::Denied;
use crate::config::Config;
use crate::config::compat::Quirk;
use crate::{catalogue, clock, store};

/// Why a request was not done.
#[derive(Debug)]
pub enum Error {
    /// The token is missing or not believed.
    Token(TokenRefusal),
    /// The caller may not.
    Denied(Denied),
    /// The request does not fit the language or the model.
    Request(odata::Error),
    /// There is no such version of the API, or no such address at all.
    NoVersion(String),
    /// There is no such entity for this tenant.
    NotFound,
    /// Nothing is done with this method there.
    NoRoute {
        /// `~/singleton/navigation/key`
        template: String,
        /// Those with which something is done.
        methods: Vec<&'static str>,
    },
    /// The method is none of these, which are used there.
    Method(&'static str),
    /// The body is larger than the limit, in bytes.
    TooLarge(usize),
    /// The head has more headers than are taken.
    Head,
    /// The body is encoded for its way in another manner than `chunked`.
    Framing,
    /// The body did not arrive in time.
    TooSlow,
    /// The answer was not there in time.
    Late,
    /// The body's media type.
    MediaType(String),
    /// The media type of a batch.
    BatchType(String),
    /// The media type of a query in a body.
    QueryType(String),
    /// The media type of a hash file.
    FileType(String),
    /// The entity is not, or is, of a version that the request names.
    ConditionNotMet,
    /// Intune refuses it, for this reason.
    Refused(String),
    /// A request of a batch that was not done, for this reason.
    FailedDependency(&'static str),
    /// The body is compressed in a way that is not understood.
    ContentEncoding(String),
    /// The request accepts no form that there is.
    NotAcceptable(String),
    /// The body ended too early or could not be read.
    Unreadable(String),
    /// The version of OData.
    Version(String),
    /// It is one too many; after so many seconds another gets in.
    Throttled(u64),
    /// The `Host` header.
    Host,
    /// The store.
    Store(store::Error),
    /// A bug.
    Panicked,
}

impl From<odata::Error> for Error {
    fn from(error: odata::Error) -> Self {
        Self::Request(error)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound => Self::NotFound,
            store::Error::ConditionNotMet => Self::ConditionNotMet,
            other => Self::Store(other),
        }
    }
}

impl From<TokenRefusal> for Error {
    fn from(refusal: TokenRefusal) -> Self {
        Self::Token(refusal)
    }
}

/// What the error door needs to know of the request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method.
    pub method: Method,
    /// The address below the host.
    pub path: String,
    /// The ids that answers carry.
    pub correlation: Arc<Correlation>,
    /// The address of the service, without a slash at the end.
    pub base: String,
    /// The `WWW-Authenticate` of a refusal.
    pub challenge: String,
    /// Whose manners are followed.
    pub profile: &'static Profile,
    /// The version of OData that the answer would have had.
    pub version: Version,
    /// The settings.
    pub config: Arc<Config>,
    /// Why the real service would not take the request, once that is known.
    pub verdict: Arc<OnceLock<&'static str>>,
    /// Whether a page of another origin asks.
    pub is_cross_origin: bool,
}

impl Error {
    /// The answer, and a line in the log where it is our fault or a token's.
    #[must_use]
    pub fn respond(self, asked: &Asked) -> Response<Body> {
        if let Self::Store(error) = &self
            && !error.is_clients()
        {
            tracing::error!(%error, request_id = %asked.correlation.request_id, "the store failed a request");
        }
        if let Self::Token(refusal) = &self {
            let reason = refusal.reason();
            tracing::info!(reason, request_id = %asked.correlation.request_id, "a token was refused");
        }
        let told = self.told(asked);
        let profile = asked.profile;
        let help =
            told.help.as_deref().and_then(catalogue::address).or_else(|| catalogue::address(&told.code));
        let mut inner = json!({
            "date": date(),
            "request-id": asked.correlation.request_id,
            "client-request-id": asked.correlation.client_request_id,
        });
        if let Some(members) = inner.as_object_mut() {
            // Differs: Graph's innerError has neither of these two.
            let target = told.target.clone().filter(|_| !profile.complete_errors);
            members.extend(target.map(|target| ("target".to_owned(), target.into())));
            members.extend(told.position.map(|position| ("position".to_owned(), position.into())));
        }
        let target = told.target.filter(|_| profile.complete_errors);
        let target = target.map(|target| format!("\"target\":{},", json!(target))).unwrap_or_default();
        // The published order of members, which a map would not keep.
        let body = format!(
            "{{\"error\":{{\"code\":{},\"message\":{},{target}\"{}\":{inner}}}}}",
            json!(told.code),
            json!(told.message),
            profile.inner_error
        );
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = told.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if profile.complete_errors {
            headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("en"));
            headers.insert(&ODATA_VERSION, HeaderValue::from_static(asked.version.text()));
        }
        // RFC 8288: beside the body, whose members are Graph's.
        if let Some(page) = help.filter(|_| !asked.base.is_empty())
            && let Ok(link) = HeaderValue::from_str(&format!("<{}{page}>; rel=\"help\"", asked.base))
        {
            headers.append(header::LINK, link);
        }
        let hides = |name: &header::HeaderName| {
            *name == header::RETRY_AFTER && asked.config.compat.has(Quirk::NoRetryAfter)
        };
        if let Some((name, value)) = told.header.filter(|(name, _)| !hides(name))
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            headers.insert(name, value);
        }
        response
    }

    fn told(self, asked: &Asked) -> Told {
        match self {
            // Not the token's fault: its issuer has never answered.
            Self::Token(TokenRefusal::KeysUnavailable) => unavailable(asked),
            Self::Token(refusal) => Told {
                header: Some((header::WWW_AUTHENTICATE, asked.challenge.clone())),
                ..plain(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", refusal.to_string())
            },
            Self::Denied(Denied::NoRoute) => no_route(asked, "~/singleton", &[]),
            Self::Denied(denied) => {
                let told = intune(asked, StatusCode::FORBIDDEN, "Forbidden", &refused(&denied));
                if asked.config.compat.has(Quirk::DoubleWrappedErrors) { wrapped(told) } else { told }
            }
            Self::Request(error) => request(asked.profile, error),
            Self::NoVersion(segment) => {
                plain(StatusCode::NOT_FOUND, "ResourceNotFound", format!("Invalid version: {segment}"))
            }
            Self::NotFound => not_found(asked),
            Self::NoRoute { template, methods } => no_route(asked, &template, &methods),
            Self::Method(allowed) => Told {
                header: Some((header::ALLOW, allowed.to_owned())),
                ..plain(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "Request_BadRequest",
                    "Specified HTTP method is not allowed for the request target.".to_owned(),
                )
            },
            Self::TooLarge(limit) => plain(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLarge",
                format!("The request body is larger than {limit} bytes, the most that is accepted."),
            ),
            Self::Head => plain(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "RequestHeaderFieldsTooLarge",
                "The request has more headers than are accepted.".to_owned(),
            ),
            Self::Framing => Told {
                header: Some((header::CONNECTION, "close".to_owned())),
                ..plain(
                    StatusCode::BAD_REQUEST,
                    "BadRequest",
                    "The only Transfer-Encoding that is accepted is 'chunked', once.".to_owned(),
                )
            },
            Self::TooSlow => Told {
                header: Some((header::CONNECTION, "close".to_owned())),
                ..plain(
                    StatusCode::REQUEST_TIMEOUT,
                    "RequestTimeout",
                    "The request body did not arrive in time.".to_owned(),
                )
            },
            Self::Late => plain(
                StatusCode::GATEWAY_TIMEOUT,
                "GatewayTimeout",
                "The request was not answered in time; it may have been done all the same.".to_owned(),
            ),
            Self::MediaType(found) => plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "RequestBodyRead",
                format!(
                    "A supported MIME type could not be found that matches the content type of the request. The \
                     supported type 'application/json' does not match the content type '{found}'."
                ),
            ),
            Self::BatchType(found) => plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "RequestBodyRead",
                format!(
                    "A supported MIME type could not be found that matches the content type of the request. None of \
                     the supported types 'application/json', 'multipart/mixed' matches the content type '{found}'."
                ),
            ),
            Self::QueryType(found) => plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "RequestBodyRead",
                format!(
                    "A supported MIME type could not be found that matches the content type of the request. The \
                     supported type 'text/plain' does not match the content type '{found}'."
                ),
            ),
            Self::FileType(found) => plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "RequestBodyRead",
                format!(
                    "A supported MIME type could not be found that matches the content type of the request. The \
                     supported type 'text/csv' does not match the content type '{found}'."
                ),
            ),
            Self::ConditionNotMet => condition_not_met(asked),
            Self::Refused(text) => intune(asked, StatusCode::BAD_REQUEST, "BadRequest", &text),
            Self::FailedDependency(reason) => {
                plain(StatusCode::FAILED_DEPENDENCY, "FailedDependency", reason.to_owned())
            }
            Self::ContentEncoding(found) => plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UnsupportedContentEncoding",
                format!("The content encoding '{found}' is not supported; send the body as it is."),
            ),
            Self::NotAcceptable(found) => plain(
                StatusCode::NOT_ACCEPTABLE,
                "NotAcceptable",
                format!("None of the accepted formats '{found}' is supported here."),
            ),
            Self::Unreadable(reason) => plain(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                format!("The request body cannot be read: {reason}."),
            ),
            Self::Version(message) => plain(StatusCode::BAD_REQUEST, "BadRequest", message),
            Self::Throttled(seconds) => Told {
                header: Some((header::RETRY_AFTER, seconds.to_string())),
                ..plain(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "Too many requests.".to_owned())
            },
            Self::Host => plain(
                StatusCode::BAD_REQUEST,
                "BadRequest",
                "The Host header is missing or malformed.".to_owned(),
            ),
            Self::Store(error) => stored(asked, &error),
            Self::Panicked => intune(
                asked,
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerError",
                "An internal server error has occurred",
            ),
        }
    }
}

/// UTC to the second, without the `Z`, as the real service writes it.
fn date() -> String {
    let now = clock::now().to_string();
    now.get(..19).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
