//! The multipart format, read: parts between boundaries, a request each, or a change set, which has parts itself.
//!
//! Lines end with CRLF or LF, ids stand outside or inside the request, and a request may end without an empty line:
//! clients differ. A change set inside a change set is an error, so nothing nests deeper than two.
//! Specification: OData 4.01 Protocol, 11.7.7 "Multipart Batch Format"; RFC 2046, 5.1.

use memchr::memmem;

use super::json::too_many;
use super::names::Names;
use super::{Batch, Format, Group, Part, Rules, another_caller, essence, head, header};
use crate::error::Error;

/// The longest boundary (RFC 2046).
const LONGEST_BOUNDARY: usize = 70;

pub(super) fn batch(content_type: &str, body: &[u8], rules: &Rules) -> Result<Batch, Error> {
    let most = rules.max_requests.min(Rules::LARGEST);
    let mut reading = Reading { names: Names::new(rules), requests: Vec::new(), most };
    for (number, part) in parts(&boundary(content_type)?, body, most)?.into_iter().enumerate() {
        reading.part(part).map_err(|error| error.in_target(&format!("part {}", number + 1)))?;
    }
    let Reading { names, requests, .. } = reading;
    Ok(Batch { format: Format::Multipart, rules: *rules, requests, groups: names.groups })
}

struct Reading<'r> {
    names: Names<'r>,
    requests: Vec<Part>,
    most: usize,
}

impl Reading<'_> {
    /// A request, or a change set.
    fn part(&mut self, part: &[u8]) -> Result<(), Error> {
        let (headers, content) = head::headers(part)?;
        let content_type = header(&headers, "content-type").unwrap_or_default();
        if essence(content_type) != "multipart/mixed" {
            return self.request(&headers, content, None);
        }
        let (start, number) = (self.requests.len(), self.names.groups.len());
        for operation in parts(&boundary(content_type)?, content, self.most)? {
            let (headers, content) = head::headers(operation)?;
            self.request(&headers, content, Some(number))?;
        }
        let members = start..self.requests.len();
        if !members.is_empty() {
            self.names.groups.push(Group { name: format!("changeset{}", number + 1), members });
        }
        Ok(())
    }

    fn request(&mut self, outer: &head::Headers, content: &[u8], group: Option<usize>) -> Result<(), Error> {
        let at = self.requests.len();
        if at == self.most {
            return Err(too_many(self.most));
        }
        let content_type = header(outer, "content-type").unwrap_or_default();
        if essence(content_type) != "application/http" {
            return Err(Error::invalid(format!(
                "A part is application/http, or multipart/mixed outside change sets, not '{content_type}'."
            )));
        }
        let (method, url, headers, body) = head::request(content)?;
        let id = header(outer, "content-id").or_else(|| header(&headers, "content-id")).map(str::to_owned);
        match &id {
            Some(id) => self.names.request(id, at)?,
            None if group.is_some() => {
                return Err(Error::invalid("A request in a change set has no Content-ID."));
            }
            None => {}
        }
        let (body, mut fault) = content_of(&headers, body);
        let authorization = header(&headers, "authorization").map(str::to_owned);
        let says_again = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("authorization");
        if header(&headers, "proxy-authorization").is_some() || headers.iter().filter(says_again).count() > 1
        {
            fault = Some(another_caller());
        }
        let host = header(&headers, "host").map(str::to_owned);
        let body = body.to_vec();
        let mut part = Part { id, method, url, host, authorization, body, group, fault, ..Part::default() };
        part.take_headers(headers);
        self.requests.push(part);
        Ok(())
    }
}

/// The body, without the line end that clients put behind it, where its length is said.
fn content_of<'b>(headers: &head::Headers, body: &'b [u8]) -> (&'b [u8], Option<Error>) {
    if header(headers, "transfer-encoding").is_some() {
        return (&[], Some(Error::invalid("A request in a batch cannot have a Transfer-Encoding.")));
    }
    let Some(length) = header(headers, "content-length") else {
        // A request that needs no body ends with empty lines.
        let blank = body.iter().all(u8::is_ascii_whitespace);
        return (if blank { &[] } else { body }, None);
    };
    match length.parse().ok().and_then(|length: usize| body.get(..length)) {
        Some(body) => (body, None),
        None => (
            &[],
            Some(Error::invalid("The Content-Length of a request in the batch is not that of its body.")),
        ),
    }
}

/// The parameter `boundary`.
fn boundary(content_type: &str) -> Result<String, Error> {
    let parameter = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').trim_end())
    });
    let boundary = parameter.unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    if boundary.is_empty() || boundary.len() > LONGEST_BOUNDARY || !boundary.bytes().all(allowed) {
        return Err(Error::invalid(format!(
            "multipart/mixed needs a parameter 'boundary' of 1 to {LONGEST_BOUNDARY} characters."
        )));
    }
    Ok(boundary.to_owned())
}

/// What stands between the delimiters. Before the first and behind the last is nothing that counts.
fn parts<'b>(boundary: &str, body: &'b [u8], most: usize) -> Result<Vec<&'b [u8]>, Error> {
    let delimiter = format!("--{boundary}");
    let (mut parts, mut start) = (Vec::new(), None);
    for at in memmem::find_iter(body, delimiter.as_bytes()) {
        let (before, behind) = body.split_at(at);
        if !(before.is_empty() || before.ends_with(b"\n")) {
            continue;
        }
        let behind = behind.get(delimiter.len()..).unwrap_or_default();
        let is_last = behind.starts_with(b"--");
        let line_end = if is_last { Some(0) } else { line_end(behind) };
        // Another boundary may begin with this one.
        let Some(line_end) = line_end else { continue };
        if let Some(start) = start {
            if parts.len() == most {
                return Err(too_many(most));
            }
            parts.push(without_line_end(before.get(start..).unwrap_or_default()));
        }
        if is_last {
            return Ok(parts);
        }
        start = Some(at + delimiter.len() + line_end);
    }
    Err(Error::syntax(format!("The multipart body does not end with the line '{delimiter}--'.")))
}

/// Where the next line begins, when there are only blanks before it.
fn line_end(bytes: &[u8]) -> Option<usize> {
    let blanks = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    (bytes.get(blanks) == Some(&b'\n')).then_some(blanks + 1)
}

/// The line end before a delimiter belongs to the delimiter.
fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}
