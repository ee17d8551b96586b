//! What an error says: status, code and words.

use axum::http::{StatusCode, header};
use odata::ErrorKind;
use odata::profile::Profile;
use serde_json::json;

use super::Asked;
use crate::access::Denied;
use crate::store;

/// What an error says.
pub(super) struct Told {
    pub status: StatusCode,
    pub code: String,
    pub message: String,
    pub target: Option<String>,
    pub position: Option<usize>,
    pub header: Option<(header::HeaderName, String)>,
    /// A name that says more than the code, and may have a page in the catalogue.
    pub help: Option<String>,
}

pub(super) fn request(profile: &Profile, error: odata::Error) -> Told {
    let (status, code) = match error.kind {
        ErrorKind::Unsupported => (StatusCode::NOT_IMPLEMENTED, "NotSupported"),
        ErrorKind::NotFound => match status(profile.unknown_segment) {
            StatusCode::NOT_FOUND => (StatusCode::NOT_FOUND, "ResourceNotFound"),
            other => (other, "BadRequest"),
        },
        ErrorKind::Syntax | ErrorKind::Invalid | ErrorKind::TooComplex => {
            (StatusCode::BAD_REQUEST, "BadRequest")
        }
    };
    Told {
        target: error.target,
        position: error.span.map(|span| span.start),
        ..plain(status, code, error.message)
    }
}

pub(super) fn stored(asked: &Asked, error: &store::Error) -> Told {
    match error {
        store::Error::Invalid(fault) => request(asked.profile, fault.clone().into()),
        store::Error::Refused { text, phrase } => {
            let told = phrased(asked, StatusCode::BAD_REQUEST, "BadRequest", text, phrase);
            Told { help: Some((*phrase).to_owned()), ..told }
        }
        store::Error::TooSoon(seconds) => Told {
            header: Some((header::RETRY_AFTER, seconds.to_string())),
            ..intune(
                asked,
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequests",
                "A synchronisation was asked for less than ten minutes ago",
            )
        },
        store::Error::Unsupported(_) => request(asked.profile, odata::Error::unsupported(error)),
        store::Error::Evaluation(message) => plain(StatusCode::BAD_REQUEST, "BadRequest", message.clone()),
        store::Error::Conflict(reason) => intune(asked, StatusCode::CONFLICT, "Conflict", reason),
        store::Error::Full | store::Error::ReadOnly => Told {
            header: Some((header::RETRY_AFTER, "30".to_owned())),
            ..intune(
                asked,
                StatusCode::INSUFFICIENT_STORAGE,
                "InsufficientStorage",
                "There is no space to store this",
            )
        },
        store::Error::Inconsistent(_) | store::Error::Panicked => intune(
            asked,
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "An internal server error has occurred",
        ),
        store::Error::NotFound => not_found(asked),
        store::Error::ConditionNotMet => condition_not_met(asked),
        store::Error::Busy
        | store::Error::Collision
        | store::Error::Closed
        | store::Error::Disk(_)
        | store::Error::Database(_) => unavailable(asked),
    }
}

pub(super) fn unavailable(asked: &Asked) -> Told {
    Told {
        header: Some((header::RETRY_AFTER, "2".to_owned())),
        ..intune(
            asked,
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            "The service is not available now",
        )
    }
}

pub(super) fn refused(denied: &Denied) -> String {
    match denied {
        Denied::ApplicationOnly => {
            "Application is not authorized to perform this operation as called in app only \
                                    context but does not have application permissions configured."
                .to_owned()
        }
        Denied::Missing(any_of) => format!(
            "Application is not authorized to perform this operation. Application must have one of the following \
             scopes: {}",
            any_of.join(", ")
        ),
        Denied::PersonalAccount | Denied::NoRoute => {
            "User is not authorized to perform this operation".to_owned()
        }
    }
}

pub(super) fn no_route(asked: &Asked, template: &str, methods: &[&str]) -> Told {
    let message = format!(
        "No OData route exists that match template {template} with http verb {} for request {}.",
        asked.method, asked.path
    );
    let status = status(asked.profile.wrong_method);
    let allow = (status == StatusCode::METHOD_NOT_ALLOWED).then(|| (header::ALLOW, methods.join(", ")));
    Told { header: allow, ..plain(status, "No method match route template", message) }
}

pub(super) fn not_found(asked: &Asked) -> Told {
    let text =
        if asked.profile.enveloped_errors { "An error has occurred" } else { "There is no such resource" };
    intune(asked, StatusCode::NOT_FOUND, "ResourceNotFound", text)
}

pub(super) fn condition_not_met(asked: &Asked) -> Told {
    let text = if asked.profile.enveloped_errors {
        "An error has occurred"
    } else {
        "The resource has changed: its ETag is not what the request asks for"
    };
    intune(asked, StatusCode::PRECONDITION_FAILED, "ConditionNotMet", text)
}

/// A status that a profile names.
pub(super) fn status(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::BAD_REQUEST)
}

pub(super) fn plain(status: StatusCode, code: &str, message: String) -> Told {
    Told { status, code: code.to_owned(), message, target: None, position: None, header: None, help: None }
}

/// What Intune says, without the word that stands for it in clients.
pub(super) fn intune(asked: &Asked, status: StatusCode, code: &str, text: &str) -> Told {
    phrased(asked, status, code, text, "")
}

/// Intune's own envelope: a JSON document as text, two blanks of indentation and CRLF. Without envelopes a sentence.
pub(super) fn phrased(asked: &Asked, status: StatusCode, code: &str, text: &str, phrase: &str) -> Told {
    if !asked.profile.enveloped_errors {
        return plain(status, code, format!("{}.", text.trim_end_matches('.')));
    }
    let named = if phrase.is_empty() { String::new() } else { format!(" - CustomApiErrorPhrase: {phrase}") };
    let message = format!(
        "{text} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: {} - \
         Url: {}{}{named}",
        asked.correlation.client_request_id, asked.base, asked.path
    );
    let document = format!(
        "{{\r\n  \"_version\": 3,\r\n  \"Message\": {},\r\n  \"CustomApiErrorPhrase\": {},\r\n  \"RetryAfter\": \
         null,\r\n  \"ErrorSourceService\": \"\",\r\n  \"HttpHeaders\": \"{{}}\"\r\n}}",
        json!(message),
        json!(phrase)
    );
    plain(status, code, document)
}

/// The same wrapped once more, as was seen of a gateway between (quirk `double-wrapped-errors`).
pub(super) fn wrapped(told: Told) -> Told {
    let message = format!(
        "{{\"ErrorCode\":{},\"Message\":{},\"Target\":null,\"Details\":null,\"InnerError\":null,\
         \"InstanceAnnotations\":[]}}",
        json!(told.code),
        json!(told.message)
    );
    Told { code: "UnknownError".to_owned(), message, ..told }
}
