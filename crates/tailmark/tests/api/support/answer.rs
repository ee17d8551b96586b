//! What came back.

use std::collections::HashMap;

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer of the service, and what was asked.
#[derive(Debug)]
pub struct Answer {
    pub asked: String,
    pub base: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// Itself, where the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.asked, self.text);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| {
            panic!("{}\nanswered {} and no JSON ({error}):\n{}", self.asked, self.status, self.text)
        })
    }

    /// The header's text; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The member `id`.
    #[track_caller]
    pub fn id(&self) -> String {
        self.json()["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{}\nno id in {}", self.asked, self.text))
            .to_owned()
    }

    /// The entities of a collection.
    #[track_caller]
    pub fn entities(&self) -> Vec<Value> {
        let body = self.json();
        let value = body["value"].as_array();
        value.unwrap_or_else(|| panic!("{}\nno collection in {}", self.asked, self.text)).clone()
    }

    /// One member of each entity of a collection, as text.
    #[track_caller]
    pub fn each(&self, member: &str) -> Vec<String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.entities().iter().map(|entity| text(&entity[member])).collect()
    }

    /// `error.message`
    #[track_caller]
    pub fn message(&self) -> String {
        self.json()["error"]["message"]
            .as_str()
            .unwrap_or_else(|| panic!("no error: {}", self.text))
            .to_owned()
    }

    /// `error.code`
    #[track_caller]
    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_else(|| panic!("no error: {}", self.text)).to_owned()
    }

    /// `error.innerError.target`
    #[track_caller]
    pub fn target(&self) -> String {
        self.json()["error"]["innerError"]["target"].as_str().unwrap_or_default().to_owned()
    }

    /// Holds the answer to the shape of every error: `R22` of the guarantees.
    #[track_caller]
    pub fn assert_is_error(&self) {
        let context = || format!("{}\n{} {}", self.asked, self.status, self.text);
        assert_eq!(self.header("content-type"), "application/json", "{}", context());
        let body = self.json();
        assert_eq!(names(&body), ["error"], "{}", context());
        assert_eq!(names(&body["error"]), ["code", "message", "innerError"], "{}", context());
        let inner = &body["error"]["innerError"];
        assert_eq!(names(inner)[..3], ["date", "request-id", "client-request-id"], "{}", context());
        assert_eq!(inner["request-id"], self.header("request-id"), "{}", context());
        assert_eq!(inner["client-request-id"], self.header("client-request-id"), "{}", context());
        let date = inner["date"].as_str().unwrap();
        assert!(date.len() == 19 && date.as_bytes()[10] == b'T', "{}", context());
        for text in [&body["error"]["code"], &body["error"]["message"]] {
            assert!(text.as_str().is_some_and(|text| !text.is_empty()), "{}", context());
        }
        for leak in ["SELECT ", "sqlite", "crates/", "panicked", ".rs:", "RUST_BACKTRACE"] {
            assert!(!self.text.contains(leak), "{leak} leaks: {}", context());
        }
    }

    /// Holds the answer to Intune's envelope inside `error.message`, and gives its text.
    #[track_caller]
    pub fn intune_message(&self) -> String {
        self.assert_is_error();
        let message = self.message();
        assert!(message.starts_with("{\r\n  \"_version\": 3,\r\n  \"Message\": \""), "{message}");
        let document: Value = serde_json::from_str(&message).unwrap();
        let members = [
            "_version",
            "Message",
            "CustomApiErrorPhrase",
            "RetryAfter",
            "ErrorSourceService",
            "HttpHeaders",
        ];
        assert_eq!(names(&document), members);
        assert_eq!(document["HttpHeaders"], "{}");
        let text = document["Message"].as_str().unwrap();
        let (text, rest) = text.split_once(" - Operation ID (for customer support): ").unwrap();
        assert!(rest.contains(self.header("client-request-id")), "{rest}");
        text.to_owned()
    }

    /// The word that clients know a refusal of Intune's by.
    #[track_caller]
    pub fn phrase(&self) -> String {
        let document: Value = serde_json::from_str(&self.message()).unwrap();
        document["CustomApiErrorPhrase"].as_str().unwrap().to_owned()
    }

    /// Headers that every answer has.
    #[track_caller]
    pub fn assert_common_headers(&self) {
        assert_eq!(self.header("request-id").len(), 36, "{}", self.asked);
        assert!(!self.header("client-request-id").is_empty(), "{}", self.asked);
        assert_eq!(self.header("cache-control"), "no-store", "{}", self.asked);
        assert_eq!(self.header("x-content-type-options"), "nosniff", "{}", self.asked);
        assert_eq!(self.header("access-control-allow-origin"), "", "{}", self.asked);
    }

    /// The body, indented, with the service's address, GUIDs and the time of an error made the same in every run.
    #[track_caller]
    pub fn shown(&self) -> String {
        let text = serde_json::to_string_pretty(&self.json()).unwrap().replace(&self.base, "{base}");
        let mut seen: HashMap<String, usize> = HashMap::new();
        let (mut shown, mut rest) = (String::new(), text.as_str());
        while let Some(first) = rest.chars().next() {
            if let Some(guid) = rest.get(..36).filter(|text| is_guid(text)) {
                let next = seen.len() + 1;
                let number = *seen.entry(guid.to_owned()).or_insert(next);
                shown.push_str(&format!("<id {number}>"));
                rest = &rest[36..];
            } else {
                shown.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        shown
    }
}

/// The names of an object's members in their order.
pub fn names(object: &Value) -> Vec<&str> {
    object.as_object().map(|members| members.keys().map(String::as_str).collect()).unwrap_or_default()
}

fn is_guid(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}
