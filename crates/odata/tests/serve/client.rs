//! A client without sockets: a request as text in, the whole answer out.

use std::sync::{LazyLock, Mutex};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request};
use futures_util::FutureExt;
use odata::model::csdl;
use serde_json::Value;

use crate::answer::Service;
use crate::store::{self, Store};

/// The schema and the entities of the shop.
pub const XML: &str = include_str!("../../examples/shop.xml");
pub const SEED: &str = include_str!("../../examples/shop.json");

/// The shop, with pages of three entities in [`SMALL`].
pub static SHOP: LazyLock<Service> = LazyLock::new(|| service(XML, SEED, 1000));
pub static SMALL: LazyLock<Service> = LazyLock::new(|| service(XML, SEED, 3));

/// A service over any model.
pub fn service(xml: &str, seed: &str, page_size: u64) -> Service {
    let mut model = csdl::read(xml).unwrap();
    store::search_all_texts(&mut model);
    let store = Mutex::new(Store::open(&model, serde_json::from_str(seed).unwrap()).unwrap());
    Service { model, store, page_size, address: ([127, 0, 0, 1], 80).into() }
}

/// An answer.
pub struct Answer {
    pub request: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// A header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{self:?}: {error}"))
    }

    /// What an answer of success holds.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()
    }

    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The message of an error, whose form is checked.
    #[track_caller]
    pub fn refused(&self, status: u16) -> String {
        self.is(status);
        let json = self.json();
        let members: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(members, ["error"], "{self:?}");
        let error = &json["error"];
        assert!(!error["code"].as_str().unwrap().is_empty(), "{self:?}");
        assert_eq!(self.header("content-language"), "en", "{self:?}");
        assert!(self.header("content-type").starts_with("application/json"), "{self:?}");
        let message = error["message"].as_str().unwrap();
        assert!(!message.is_empty(), "{self:?}");
        message.to_owned()
    }

    /// The entities or values of a collection.
    #[track_caller]
    pub fn values(&self) -> Vec<Value> {
        let json = self.ok();
        json["value"].as_array().unwrap_or_else(|| panic!("{self:?} is no collection")).clone()
    }

    /// One member of every entity, as one text.
    #[track_caller]
    pub fn all(&self, name: &str) -> String {
        let texts = self.values().into_iter().map(|entity| match &entity[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        texts.collect::<Vec<_>>().join(" ")
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{} {:?}\n{}", self.request, self.status, self.headers, self.body)
    }
}

/// GET from the shop.
pub fn get(target: &str) -> Answer {
    ask(&SHOP, "GET", target, &[], "")
}

/// GET with headers.
pub fn get_with(target: &str, headers: &[(&str, &str)]) -> Answer {
    ask(&SHOP, "GET", target, headers, "")
}

/// The keys of what a collection of products has.
#[track_caller]
pub fn ids(target: &str) -> String {
    get(target).all("ID")
}

/// Any request to any service.
pub fn ask(service: &Service, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(escaped(target));
    request = request.header("host", "shop.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap_or_else(|error| panic!("{target}: {error}")).into_parts();
    let (head_out, out) = service.respond(&head, &Bytes::copy_from_slice(body.as_bytes())).into_parts();
    Answer {
        request: format!("{method} {target} {headers:?}"),
        status: head_out.status.as_u16(),
        headers: head_out.headers,
        body: read(out),
    }
}

fn read(body: Body) -> String {
    let bytes = axum::body::to_bytes(body, usize::MAX).now_or_never().unwrap().unwrap();
    String::from_utf8(bytes.to_vec()).unwrap_or_else(|error| format!("{:?}", error.as_bytes()))
}

/// What cannot stand in a URL as it is, percent-encoded; what is encoded already stays.
pub fn escaped(target: &str) -> String {
    target.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
        escaped
    })
}

/// A text as a value in a URL: everything is encoded but letters and digits.
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
        escaped
    })
}
