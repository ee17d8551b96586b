//! The API as the console sees it: requests with the visitor's own token, through the service's own router.
//!
//! In comes an address, out comes JSON or the API's refusal. Nothing else leads from the console to the data, so it
//! can do what any client of the same user can do, and no more.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, header};
use http_body_util::BodyExt as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tower_service::Service as _;

use super::refusal::Refusal;
use crate::origin::Peer;
use crate::tls::Transport;

/// The family's import records.
pub const IMPORTED: &str = "importedWindowsAutopilotDeviceIdentities";
/// Its uploads.
pub const UPLOADS: &str = "importedWindowsAutopilotDeviceIdentityUploads";
/// Its registered devices.
pub const DEVICES: &str = "windowsAutopilotDeviceIdentities";

/// RFC 3986 §2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The API, asked by one visitor.
#[derive(Clone, Debug)]
pub struct Api {
    /// The service's router.
    pub router: Router,
    /// The visitor's token.
    pub token: String,
    /// The host by which the visitor called us.
    pub host: HeaderValue,
    /// How.
    pub transport: Transport,
    /// From where.
    pub peer: Option<Peer>,
}

/// The API's answer, whatever it is.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// A text as a part of an address.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// A text as a literal of OData.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// An address of the API: a path below `deviceManagement` and query options, those with an empty value left out.
pub fn address(path: &str, options: &[(&str, &str)]) -> String {
    here(&format!("/beta/deviceManagement/{path}"), options)
}

/// An address of the console, options with an empty value left out.
pub fn here(path: &str, options: &[(&str, &str)]) -> String {
    let options = options.iter().filter(|(_, value)| !value.is_empty());
    let options: Vec<String> = options.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if options.is_empty() { path.to_owned() } else { format!("{path}?{}", options.join("&")) }
}

/// The address of one entity.
pub fn entity(set: &str, id: &str) -> String {
    format!("{set}/{}", encoded(id))
}

/// The address of what is known of the file that an upload came from.
pub fn source(upload: &str, options: &[(&str, &str)]) -> String {
    here(&format!("/_tailmark/uploads/{}/source", encoded(upload)), options)
}

impl Api {
    /// Sends a request as it is.
    ///
    /// # Errors
    /// The address is none.
    pub async fn send(&self, method: Method, address: &str, body: Option<&Value>) -> Result<Answer, Refusal> {
        self.send_preferring(method, address, body, None).await
    }

    async fn send_preferring(
        &self,
        method: Method,
        address: &str,
        body: Option<&Value>,
        prefer: Option<HeaderValue>,
    ) -> Result<Answer, Refusal> {
        let mut request = Request::builder()
            .method(method)
            .uri(address)
            .header(header::HOST, &self.host)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header("prefer", prefer.unwrap_or(HeaderValue::from_static("envelope=bare")))
            .extension(self.transport);
        if let Some(peer) = self.peer {
            request = request.extension(peer);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map(|body| Body::from(body.to_string())).unwrap_or_default();
        let request = request.body(body).map_err(|_| Refusal::Form("That is no address.".to_owned()))?;
        let (head, body) = match self.router.clone().call(request).await {
            Ok(response) => response.into_parts(),
            Err(never) => match never {},
        };
        // Our own bodies are in memory and cannot break off.
        let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
        Ok(Answer { status: head.status.as_u16(), body })
    }

    /// Sends a request and takes what it answers.
    ///
    /// # Errors
    /// The API's refusal.
    pub async fn ask(&self, method: Method, address: &str, body: Option<&Value>) -> Result<Value, Refusal> {
        taken(&self.send(method, address, body).await?)
    }

    /// A page of a list, of so many entities.
    ///
    /// # Errors
    /// The API's refusal.
    pub async fn page(&self, address: &str, size: &str) -> Result<Value, Refusal> {
        let size = HeaderValue::from_str(&format!("envelope=bare, odata.maxpagesize={size}"));
        let answer = self.send_preferring(Method::GET, address, None, size.ok()).await?;
        taken(&answer)
    }

    /// GET.
    ///
    /// # Errors
    /// The API's refusal.
    pub async fn get(&self, address: &str) -> Result<Value, Refusal> {
        self.ask(Method::GET, address, None).await
    }

    /// POST.
    ///
    /// # Errors
    /// The API's refusal.
    pub async fn post(&self, address: &str, body: &Value) -> Result<Value, Refusal> {
        self.ask(Method::POST, address, Some(body)).await
    }

    /// How many there are.
    ///
    /// # Errors
    /// The API's refusal.
    pub async fn count(&self, set: &str, filter: &str) -> Result<u64, Refusal> {
        let answer = self.get(&address(&format!("{set}/$count"), &[("$filter", filter)])).await?;
        Ok(answer.as_u64().unwrap_or_default())
    }

    /// All entities of a list, page by page, up to so many.
    ///
    /// # Errors
    /// The API's refusal.
    pub async fn all(&self, first: &str, most: usize) -> Result<Vec<Value>, Refusal> {
        let mut address = first.to_owned();
        let mut all = Vec::new();
        loop {
            let mut page = self.get(&address).await?;
            if let Some(Value::Array(entities)) = page.get_mut("value") {
                all.append(entities);
            }
            match next_link(&page) {
                Some(next) if all.len() < most => address = next,
                _ => break,
            }
        }
        all.truncate(most);
        Ok(all)
    }
}

fn taken(answer: &Answer) -> Result<Value, Refusal> {
    let json = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    if answer.status < 400 {
        return Ok(json);
    }
    Err(match answer.status {
        401 => Refusal::SignedOut,
        404 => Refusal::NotFound,
        status => {
            let text = |name| json.pointer(name).and_then(Value::as_str).unwrap_or_default();
            Refusal::Api(status, text("/error/code").to_owned(), plain(text("/error/message")))
        }
    })
}

/// The next page of a list: its address below the host.
pub fn next_link(page: &Value) -> Option<String> {
    let link = page.get("@odata.nextLink").and_then(Value::as_str)?;
    link.find("/beta/").and_then(|start| link.get(start..)).map(str::to_owned)
}

/// The token of the next page of a list.
pub fn skiptoken(page: &Value) -> Option<String> {
    let link = next_link(page)?;
    let query = link.split_once('?')?.1;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, token) = pairs.find(|(name, _)| name.ends_with("skiptoken"))?;
    percent_encoding::percent_decode_str(token).decode_utf8().ok().map(Into::into)
}

/// Intune's message, which is JSON text inside `message`; others are as they are.
fn plain(message: &str) -> String {
    let inner = serde_json::from_str::<Value>(message).ok();
    let inner = inner.as_ref().and_then(|inner| inner.get("Message")).and_then(Value::as_str);
    inner.unwrap_or(message).to_owned()
}

/// A text of an entity; empty where it has none.
pub fn text<'v>(entity: &'v Value, pointer: &str) -> &'v str {
    entity.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
