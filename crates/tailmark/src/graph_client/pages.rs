//! Collections, page by page, and the query strings that ask for them.
//!
//! A next link is followed as it stands, as the paging page demands, but only to the same origin (the
//! token goes with it) and only once: a service that hands out a circle would keep a client for ever.
//!
//! <https://learn.microsoft.com/graph/paging>

use std::collections::HashSet;

use reqwest::Url;
use serde_json::Value;

use super::{Error, GraphClient};

/// The pages of one collection.
#[derive(Debug)]
pub struct Pages<'a> {
    client: &'a GraphClient,
    next: Option<Url>,
    seen: HashSet<Url>,
}

impl<'a> Pages<'a> {
    pub(super) fn new(client: &'a GraphClient, first: Url) -> Pages<'a> {
        Pages { client, next: Some(first), seen: HashSet::new() }
    }

    /// The next page's entities; a page may be empty and still be followed by another.
    pub async fn next(&mut self) -> Result<Option<Vec<Value>>, Error> {
        let Some(url) = self.next.take() else { return Ok(None) };
        let mut page = self.client.page(url.clone()).await?;
        if let Some(link) = page.get("@odata.nextLink").and_then(Value::as_str) {
            let link = url.join(link).map_err(|_| Error::Address(link.to_owned()))?;
            if link.origin() != self.client.base().origin() {
                return Err(Error::ForeignLink { host: link.host_str().unwrap_or_default().to_owned() });
            }
            self.seen.insert(url);
            if self.seen.contains(&link) {
                return Err(Error::Circle);
            }
            self.next = Some(link);
        }
        match page.get_mut("value").map(Value::take) {
            Some(Value::Array(entities)) => Ok(Some(entities)),
            _ => Err(Error::NotACollection),
        }
    }

    /// Everything that is left, up to a number of entities.
    pub async fn collect(mut self, at_most: usize) -> Result<Vec<Value>, Error> {
        let mut all = Vec::new();
        while all.len() < at_most {
            let Some(page) = self.next().await? else { break };
            all.extend(page);
        }
        all.truncate(at_most);
        Ok(all)
    }
}

/// `?name=value&…` with values escaped and names left readable; empty when there is nothing to ask.
pub fn query(options: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in options {
        text.push(if text.is_empty() { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        text.push_str(&escaped(value));
    }
    text
}

/// A value as it may stand in a path segment or a query.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b','
            | b'\''
            | b'('
            | b')' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A string literal of the query language, its quotation marks doubled.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_names_are_not() {
        let filter = format!("serialNumber eq {}", literal("O'Neill & Söhne +1/2"));
        let text = query(&[("$filter", filter.as_str()), ("$top", "5")]);
        assert_eq!(text, "?$filter=serialNumber%20eq%20'O''Neill%20%26%20S%C3%B6hne%20%2B1%2F2'&$top=5");
        assert_eq!(query(&[]), "");
    }
}
