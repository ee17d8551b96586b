//! What can go wrong between here and the service, in words for people.
//!
//! The device-management services put a JSON document as text inside `error.message`, sometimes twice;
//! [`Refused`] takes it apart down to the sentence and keeps the request ids that support asks for.
//! No error holds a token or a request body.
//!
//! <https://learn.microsoft.com/graph/errors>

use std::fmt;

use reqwest::header::{HeaderMap, LINK};
use reqwest::{Response, Url};
use serde_json::Value;

use super::sign_in;
use crate::exit::Exit;

/// Why there is no answer, or none that can be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `--server` or a link is no address: `localhost:4280` without a scheme.
    #[error("not a usable address: {0}")]
    Address(String),
    /// The TLS machinery did not start.
    #[error("cannot set up the HTTP client")]
    Setup(#[source] reqwest::Error),
    /// The body to send is not JSON: an internal fault.
    #[error("cannot write the request body")]
    Body(#[source] serde_json::Error),
    /// Nobody listens there, or the connection broke.
    #[error("cannot reach {server}: {reason}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// The innermost cause.
        reason: String,
        /// Whether the request certainly never left.
        unsent: bool,
    },
    /// Nobody is signed in.
    #[error(transparent)]
    SignIn(#[from] sign_in::Error),
    /// 4xx or 5xx.
    #[error("{0}")]
    Refused(Box<Refused>),
    /// 429, 503 or 504 until patience ended.
    #[error("the service is too busy, after {attempts} attempt{}: {last}", if *attempts == 1 { "" } else { "s" })]
    Throttled {
        /// How often the request was sent.
        attempts: u32,
        /// The last answer.
        last: Box<Refused>,
    },
    /// Success, and a body that is no JSON: a proxy's page, for instance.
    #[error("the answer ({status}) is not JSON: is this the address of the service?")]
    NotJson {
        /// The HTTP status.
        status: u16,
        /// Where reading stopped.
        source: serde_json::Error,
    },
    /// A collection without `value`.
    #[error("the answer is not a collection: it has no \"value\" array")]
    NotACollection,
    /// `$count=true` without `@odata.count`.
    #[error("the answer has no @odata.count")]
    NoCount,
    /// A next link to another host, where the token must not go.
    #[error(
        "the next page is at another address ({host}), where the token must not go; check http.public_url"
    )]
    ForeignLink {
        /// The other host.
        host: String,
    },
    /// A next link that was followed before.
    #[error("the service's next links run in a circle")]
    Circle,
}

/// What a refused deletion is called where there is nothing to delete any more; the first is spelled as it is sent.
const GONE: &[&str] = &["ZtdDeviceDeletionInProgess", "ZtdDeviceAlreadyDeleted"];

impl Error {
    pub(super) fn from_transport(error: reqwest::Error) -> Error {
        let server = error.url().map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        let mut reason = if error.is_timeout() { "no answer in time".to_owned() } else { String::new() };
        let unsent = error.is_connect();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            reason = inner.to_string();
            cause = inner.source();
        }
        if reason.is_empty() {
            reason = error.without_url().to_string();
        }
        Error::Unreachable { server, reason, unsent }
    }

    /// The exit code that belongs to it.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Address(_) => Exit::Usage,
            Error::Throttled { .. } => Exit::Throttled,
            Error::SignIn(error) => error.exit(),
            Error::Refused(refused) => match refused.status {
                401 | 403 => Exit::SignIn,
                404 => Exit::NotFound,
                // Intune's words for a device that is gone, or is going.
                400 if GONE.contains(&refused.code.as_str()) => Exit::NotFound,
                _ => Exit::Failure,
            },
            _ => Exit::Failure,
        }
    }

    /// Whether it says that the thing is not there.
    pub fn is_not_found(&self) -> bool {
        self.exit() == Exit::NotFound
    }

    /// The refusal in it, if the service answered at all.
    pub fn refusal(&self) -> Option<&Refused> {
        match self {
            Error::Refused(refused) | Error::Throttled { last: refused, .. } => Some(refused),
            _ => None,
        }
    }
}

/// A refusal of the service, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// `error.code`.
    pub code: String,
    /// The sentence for people.
    pub message: String,
    /// `error.target`: which part of the request is meant.
    pub target: Option<String>,
    /// The service's id of the request, or else the one this client made up.
    pub request_id: String,
    /// Whose request it was.
    pub holder: Holder,
    /// Where more is said about the code, if the service has a page of it.
    pub help: Option<String>,
}

/// Whose request was refused, for the hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// No token went along.
    Nobody,
    /// The token was given.
    OfToken,
    /// The token came of a sign-in at Microsoft's service.
    SignedIn,
}

impl Refused {
    pub(super) async fn read(
        url: &Url,
        client_request_id: &str,
        response: Response,
        holder: Holder,
    ) -> Refused {
        let status = response.status();
        let of_service = response.headers().get("request-id").and_then(|id| id.to_str().ok());
        let request_id = of_service.unwrap_or(client_request_id).to_owned();
        let help = help(response.headers());
        let body = response.bytes().await.unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let error = body.get("error").unwrap_or(&Value::Null);
        let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
        let (mut code, mut message) = unwrap_message(text("code"), text("message"));
        if code.is_empty() {
            code = status.canonical_reason().unwrap_or("Unknown").replace(' ', "");
        }
        if message.is_empty() {
            message = format!("no explanation from {}", url.path());
        }
        let target = error.get("target").and_then(Value::as_str).map(str::to_owned);
        Refused { status: status.as_u16(), code, message, target, request_id, holder, help }
    }

    fn hint(&self) -> Option<&'static str> {
        match (self.status, self.holder) {
            (401, Holder::SignedIn) => Some("`tailmark logout` and sign in again"),
            (403, Holder::SignedIn) => Some(
                "the application or user lacks DeviceManagementServiceConfig.ReadWrite.All, or an administrator's consent to it",
            ),
            (401, Holder::Nobody) => {
                Some("set TAILMARK_TOKEN or give --token-file; `tailmark token` prints one")
            }
            (401, Holder::OfToken) => Some("the token may have expired; `tailmark token` prints a new one"),
            (403, _) => Some("the token lacks the permission; see `tailmark token --help`"),
            _ => None,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} {}", printable(&self.message), self.status, printable(&self.code))?;
        if let Some(target) = &self.target {
            write!(f, ", {}", printable(target))?;
        }
        write!(f, ", request-id {})", printable(&self.request_id))?;
        if let Some(hint) = self.hint() {
            write!(f, "\n  hint: {hint}")?;
        }
        self.help.as_ref().map_or(Ok(()), |page| write!(f, "\n  see {}", printable(page)))
    }
}

fn printable(text: &str) -> String {
    crate::output::cell::printable(text)
}

/// The address of the link that helps (RFC 8288 §3, relation `help`).
fn help(headers: &HeaderMap) -> Option<String> {
    let links = headers.get_all(LINK).iter().filter_map(|link| link.to_str().ok());
    let address = |link: &str| {
        let (address, parameters) = link.strip_prefix('<')?.split_once('>')?;
        parameters.contains("rel=\"help\"").then(|| address.to_owned())
    };
    links.filter_map(address).next()
}

/// Code and sentence under as many layers of JSON-in-a-string as there are.
fn unwrap_message(code: &str, message: &str) -> (String, String) {
    let (mut code, mut message) = (code.to_owned(), message.to_owned());
    for _ in 0..4 {
        let Ok(Value::Object(inner)) = serde_json::from_str::<Value>(&message) else { break };
        let text = |name: &str| inner.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(inner_code) = text("ErrorCode").or(text("CustomApiErrorPhrase")) {
            code = inner_code.to_owned();
        }
        let Some(inner_message) = text("Message").or(text("message")) else { break };
        message = inner_message.to_owned();
    }
    let sentence = message.split(" - Operation ID (for customer support)").next().unwrap_or(&message);
    (code, sentence.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_is_found_under_two_layers() {
        let envelope = serde_json::json!({
            "_version": 3,
            "Message": "Application is not authorized - Operation ID (for customer support): 0 - Activity ID: 1 - Url: https://x",
            "CustomApiErrorPhrase": "", "RetryAfter": null, "ErrorSourceService": "", "HttpHeaders": "{}",
        });
        let plain = ("Forbidden".to_owned(), "Application is not authorized".to_owned());
        assert_eq!(unwrap_message("Forbidden", &envelope.to_string()), plain);
        let twice =
            serde_json::json!({ "ErrorCode": "Forbidden", "Message": envelope.to_string(), "Target": null });
        assert_eq!(unwrap_message("UnknownError", &twice.to_string()), plain);
        assert_eq!(unwrap_message("BadRequest", "Bad \"x\"").1, "Bad \"x\"");
    }
}
