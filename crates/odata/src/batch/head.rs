//! Heads: the headers of a body part, and the request line and headers of the message inside it.
//!
//! Comes in: bytes that begin with a head. Goes out: what it says, and the bytes behind it. Lines end with CRLF or LF.
//! Specification: RFC 9112, 3 and 5, by `httparse`; the request line is read here, because batches may have what
//! HTTP forbids in it: relative addresses, blanks, no version.

use httparse::Status;

use crate::error::Error;

/// The longest head, in bytes.
const LONGEST: usize = 64 * 1024;
/// The most headers of one request: as many as the server takes in a request by itself.
pub(super) const MOST: usize = 100;

pub(super) type Headers = Vec<(String, String)>;

/// Splits a head, the empty line at its end included, from what is behind it. Without an empty line all is head.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), Error> {
    let within = bytes.get(..LONGEST).unwrap_or(bytes);
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', within) {
        let line = within.get(start..end).unwrap_or_default();
        if line.is_empty() || line == b"\r" {
            return Ok(bytes.split_at(end + 1));
        }
        start = end + 1;
    }
    if bytes.len() > LONGEST {
        return Err(Error::too_complex(format_args!("a head in the batch is longer than {LONGEST} bytes")));
    }
    Ok((bytes, &[]))
}

/// The headers that the bytes begin with, and what is behind them.
pub(super) fn headers(bytes: &[u8]) -> Result<(Headers, &[u8]), Error> {
    let (head, behind) = split(bytes)?;
    Ok((fields(head)?, behind))
}

/// Method, address and headers of a request, and its body.
pub(super) fn request(bytes: &[u8]) -> Result<(String, String, Headers, &[u8]), Error> {
    let bytes = bytes.trim_ascii_start();
    let (head, body) = split(bytes)?;
    let (line, rest) = match memchr::memchr(b'\n', head) {
        Some(end) => head.split_at(end + 1),
        None => (head, [].as_slice()),
    };
    let line = std::str::from_utf8(line).map_err(|_| Error::syntax("A request line is not UTF-8."))?.trim();
    let malformed = || Error::syntax("A request line is not `METHOD url HTTP/1.1`.");
    let (method, rest_of_line) = line.split_once(' ').ok_or_else(malformed)?;
    let url = match rest_of_line.rsplit_once(' ') {
        Some((url, "HTTP/1.1" | "HTTP/1.0")) => url,
        _ => rest_of_line,
    };
    if url.trim().is_empty() {
        return Err(malformed());
    }
    Ok((method.to_ascii_uppercase(), url.trim().to_owned(), fields(rest)?, body))
}

/// Header fields up to the empty line, which may be missing.
fn fields(head: &[u8]) -> Result<Headers, Error> {
    let mut complete = head.to_vec();
    complete.extend_from_slice(b"\r\n\r\n");
    let mut found = [httparse::EMPTY_HEADER; MOST];
    let found = match httparse::parse_headers(&complete, &mut found) {
        Ok(Status::Complete((_, found))) => found,
        Ok(Status::Partial) => return Err(Error::syntax("The headers of a part have no end.")),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Error::too_complex(format_args!("a part has more than {MOST} headers")));
        }
        Err(error) => return Err(Error::syntax(format!("The headers of a part cannot be read: {error}."))),
    };
    let text = |value: &[u8]| std::str::from_utf8(value).map(|value| value.trim().to_owned());
    found
        .iter()
        .map(|field| Ok((field.name.to_owned(), text(field.value)?)))
        .collect::<Result<_, std::str::Utf8Error>>()
        .map_err(|_| Error::syntax("A header of a part is not UTF-8."))
}

/// Whether a header can be sent as it is.
pub(super) fn is_sendable(name: &str, value: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty()
        && name.bytes().all(is_token)
        && value.bytes().all(|byte| byte == b'\t' || (byte >= 0x20 && byte != 0x7f))
}

/// Headers of a request by itself that have no meaning in one of a batch: who asks and how bytes travel is said once,
/// by the batch.
pub(super) fn belongs_to_batch(name: &str) -> bool {
    const NAMES: [&str; 15] = [
        "authorization",
        "connection",
        "content-length",
        "cookie",
        "expect",
        "from",
        "host",
        "keep-alive",
        "max-forwards",
        "proxy-authorization",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}
