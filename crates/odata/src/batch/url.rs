//! URLs of requests in a batch: relative, from the host, absolute, or with an earlier request's entity in front.
//!
//! Comes in: a URL as written. Goes out: path and query below the host of this service. What belongs to another host
//! is refused; nothing is ever fetched.
//! Specification: OData 4.01 Protocol, 11.7.7.1; OData JSON Format 4.01, 19.1; RFC 3986, 4.

use super::rules::LeadingSlash;
use crate::error::Error;

/// The addresses of the service that does a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// What its absolute addresses begin with, no slash at the end: `https://host:1234`. More than one where it is
    /// known under several names.
    pub bases: Vec<String>,
    /// The service root that the batch was sent to, below the base: `/service`; empty for the base itself.
    pub root: String,
    /// Every service root of the host, that one included.
    pub roots: Vec<String>,
}

/// Top-level system resources, which are never ids of requests.
const SYSTEM: [&str; 7] = ["$all", "$batch", "$crossjoin", "$entity", "$id", "$metadata", "$root"];

impl Service {
    /// A host with one service.
    #[must_use]
    pub fn new(base: &str, root: &str) -> Self {
        Self { bases: vec![base.to_owned()], root: root.to_owned(), roots: vec![root.to_owned()] }
    }

    /// Path and query below the host.
    pub(super) fn resolve(
        &self,
        url: &str,
        host: Option<&str>,
        slash: LeadingSlash,
    ) -> Result<String, Error> {
        let url = &encoded(url);
        if is_absolute(url) {
            return self.below_base(url).ok_or_else(|| elsewhere(url));
        }
        if let Some(host) = host
            && !self.bases.iter().any(|base| authority(base).eq_ignore_ascii_case(host))
        {
            return Err(elsewhere(host));
        }
        if url.starts_with("//") {
            return Err(elsewhere(url));
        }
        if !url.starts_with('/') {
            return Ok(format!("{}/{url}", self.root));
        }
        let is_below = |root: &&String| {
            let rest = url
                .get(root.len()..)
                .filter(|_| url.get(..root.len()).is_some_and(|start| start.eq_ignore_ascii_case(root)));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        };
        match slash {
            LeadingSlash::Host => Ok(self.without_prefix(url)),
            LeadingSlash::ServiceRoot if self.roots.iter().any(|root| is_below(&root)) => Ok(url.clone()),
            LeadingSlash::ServiceRoot => Ok(format!("{}{url}", self.root)),
        }
    }

    /// What stands behind the service's own address in an absolute one.
    fn below_base(&self, url: &str) -> Option<String> {
        self.bases.iter().find_map(|base| {
            let (start, rest) = url.split_at_checked(base.len())?;
            // `http://host` is no beginning of `http://host.elsewhere` or `http://host@elsewhere`.
            (start.eq_ignore_ascii_case(base) && rest.starts_with('/')).then(|| rest.to_owned())
        })
    }

    /// A path from the host without the part that bases have.
    fn without_prefix(&self, url: &str) -> String {
        let prefixes = self.bases.iter().filter_map(|base| {
            let behind = base.split_once("://")?.1;
            behind.find('/').and_then(|slash| behind.get(slash..))
        });
        let mut rests = prefixes.filter_map(|prefix| url.strip_prefix(prefix));
        rests.find(|rest| rest.starts_with('/')).unwrap_or(url).to_owned()
    }
}

/// The id that a URL begins with, `$1/Orders`, and what is behind it.
pub(super) fn reference(url: &str) -> Option<(&str, &str)> {
    let end = url.find(['/', '?']).unwrap_or(url.len());
    let (segment, rest) = url.split_at(end);
    let segment_is_system = SYSTEM.iter().any(|name| segment.eq_ignore_ascii_case(name));
    // `$crossjoin(A,B)`, `$entity?$id=`
    let is_call = segment.contains('(');
    let id = segment.strip_prefix('$').filter(|id| !id.is_empty());
    id.filter(|_| !segment_is_system && !is_call).map(|id| (id, rest))
}

fn is_absolute(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

fn authority(base: &str) -> &str {
    let behind = base.split_once("://").map_or(base, |(_, behind)| behind);
    behind.split('/').next().unwrap_or_default()
}

/// Clients leave blanks and other letters as they are, where an address by itself could not have them.
pub(super) fn encoded(url: &str) -> String {
    let url = url.trim();
    let url = url.split('#').next().unwrap_or_default();
    url.bytes().fold(String::with_capacity(url.len()), |mut encoded, byte| {
        if byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

fn elsewhere(url: &str) -> Error {
    let quote: String = url.chars().take(200).collect();
    Error::invalid(format!("'{quote}' is not an address of this service, and batches reach no other."))
        .in_target("url")
}
