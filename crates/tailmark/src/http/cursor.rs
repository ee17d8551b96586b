//! The quirk `paging-by-serial`: a readable cursor in next links, as the real service was seen to make.
//!
//! `$skiptoken=LastSerialNumber%3d%27…%27%2cLastId%3d%27…%27` includes the last device of the page before, which so comes
//! twice, and a full page has a link even where nothing follows. Comes in: the query as sent. Goes out: one that means
//! the same in OData, and the link.

use odata::answer::Answer;
use odata::query::{Ending, Query};
use odata::value::Value;

use super::{Exchange, is_skiptoken};
use crate::config::compat::Quirk;

const DEVICES: &str = "windowsautopilotdeviceidentities";

/// The place that a cursor means.
struct Cursor {
    serial_number: String,
    id: String,
}

/// The query that is answered in the place of the one that was sent; nothing where the quirk is off or not meant.
pub fn meant(exchange: &Exchange) -> Option<String> {
    let path = exchange.path.trim_end_matches('/').to_ascii_lowercase();
    if !exchange.app.config.compat.has(Quirk::PagingBySerial) || !path.ends_with(DEVICES) {
        return None;
    }
    let sent: Vec<&str> = exchange.query.as_deref().unwrap_or_default().split('&').collect();
    let is_called = |option: &&&str, name: &str| {
        let option = option.to_ascii_lowercase();
        option.starts_with(&format!("${name}=")) || option.starts_with(&format!("%24{name}="))
    };
    if sent.iter().any(|option| is_called(&option, "orderby")) {
        return None;
    }
    let mut kept: Vec<String> = sent
        .iter()
        .filter(|option| !option.is_empty() && !is_skiptoken(option))
        .map(ToString::to_string)
        .collect();
    kept.push("$orderby=serialNumber,id".to_owned());
    if let Some(token) = sent.iter().find(|option| is_skiptoken(option)) {
        let cursor = Cursor::read(token)?;
        let (serial, id) = (quoted(&cursor.serial_number), quoted(&cursor.id));
        let place = format!(
            "(serialNumber%20gt%20{serial}%20or%20(serialNumber%20eq%20{serial}%20and%20id%20ge%20{id}))"
        );
        match kept.iter_mut().find(|option| is_called(&&option.as_str(), "filter")) {
            Some(filter) => {
                let (name, value) = filter.split_once('=').unwrap_or_default();
                *filter = format!("{name}=({value})%20and%20{place}");
            }
            None => kept.push(format!("$filter={place}")),
        }
    }
    Some(kept.join("&"))
}

/// Takes the library's own link from a page, and says which goes into its place.
pub fn link(exchange: &Exchange, query: &Query<'_>, answer: &mut Answer) -> Option<String> {
    let Answer::Page(page) = answer else { return None };
    let next = page.next.take();
    if !matches!(query.resource.ending, Ending::Plain) {
        return None;
    }
    let is_full = page.entities.len() as u64 >= query.listing.page_size;
    let cursor = match next.map(|next| next.values) {
        Some(values) => match values.as_slice() {
            [serial_number, id] => Cursor { serial_number: serial_number.text(), id: id.text() },
            _ => return None,
        },
        // One device that follows itself would go round for ever.
        None if is_full && page.entities.len() > 1 => {
            let properties = &query.listing.shape.properties;
            let place = properties.iter().position(|selected| selected.property.name == "serialNumber")?;
            let last = page.entities.last()?;
            match (last.values.get(place), last.key.first()) {
                (Some(odata::answer::Cell::One(serial_number)), Some(id)) => {
                    Cursor { serial_number: serial_number.text(), id: id.text() }
                }
                _ => return None,
            }
        }
        None => return None,
    };
    let mut url = format!("{}{}?", exchange.service_root(), exchange.path);
    let sent = exchange.query.as_deref().unwrap_or_default().split('&');
    for option in sent.filter(|option| !option.is_empty() && !is_skiptoken(option)) {
        url.push_str(option);
        url.push('&');
    }
    url.push_str(&cursor.write());
    Some(url)
}

impl Cursor {
    fn read(option: &str) -> Option<Self> {
        let url = reqwest::Url::parse(&format!("http://localhost/?{option}")).ok()?;
        let text = url.query_pairs().next()?.1.into_owned();
        let rest = text.strip_prefix("LastSerialNumber='")?.strip_suffix('\'')?;
        let (serial_number, id) = rest.split_once("',LastId='")?;
        let plain = |text: &str| text.replace("''", "'");
        Some(Self { serial_number: plain(serial_number), id: plain(id) })
    }

    fn write(&self) -> String {
        let literal = |text: &str| Value::String(text.to_owned()).text().replace('\'', "''");
        let text =
            format!("LastSerialNumber='{}',LastId='{}'", literal(&self.serial_number), literal(&self.id));
        format!("$skiptoken={}", lower_escapes(&text))
    }
}

/// Percent-encoded with lower-case hexadecimal digits, as they were seen.
fn lower_escapes(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02x}"));
        }
        encoded
    })
}

fn quoted(text: &str) -> String {
    lower_escapes(&format!("'{}'", text.replace('\'', "''")))
}
