//! `{"fileName": "laptops.csv", "lines": {"SERIAL": 17}}`, checked while it is read.
//!
//! In: the bytes of a body. Out: what is kept, or an error that names the property at fault. No more is held of a body
//! than the upload has devices, whatever it goes on with.

use std::collections::BTreeMap;
use std::fmt;

use autopilot::check::MAX_SERIAL_NUMBER;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use crate::http::error::Error;
use crate::store::UploadSource;

/// The longest name of a file, in characters.
const LONGEST_NAME: usize = 200;
/// The last line: as far as every JSON reader counts exactly (RFC 8259 §6).
const LAST_LINE: u64 = 1 << 53;
/// Names of clients quoted in a message are cut after this many characters.
const LONGEST_QUOTE: usize = 100;

const FILE_NAME: &str = "fileName";
const LINES: &str = "lines";

/// Reads where an upload of so many devices comes from.
///
/// # Errors
/// Where the body is no JSON, or does not say that.
pub fn read(body: &[u8], devices: usize) -> Result<UploadSource, Error> {
    let mut reading = Reading { devices, at: "", fault: None };
    let mut json = serde_json::Deserializer::from_slice(body);
    let sent = Members(&mut reading).deserialize(&mut json).and_then(|sent| json.end().map(|()| sent));
    let (file_name, lines) = sent.map_err(|error| reading.fault(&error))?;
    let lines = serde_json::to_string(&lines).map_err(|_| Error::Panicked)?;
    Ok(UploadSource { file_name, lines })
}

/// What is known on the way through a body.
struct Reading {
    /// The most lines that there may be.
    devices: usize,
    /// The property whose value is being read; empty between them.
    at: &'static str,
    fault: Option<odata::Error>,
}

impl Reading {
    /// Says what is wrong with a property, in place of the reader's own words.
    fn refuse<E: serde::de::Error>(&mut self, property: &str, message: String) -> E {
        self.fault = Some(odata::Error::invalid(message).in_target(property));
        E::custom("refused")
    }

    /// The reader's words could quote a value of any length, so they are told of what is no JSON alone.
    fn fault(self, error: &serde_json::Error) -> Error {
        if let Some(fault) = self.fault {
            return fault.into();
        }
        if !error.is_data() {
            return Error::Unreadable(error.to_string());
        }
        let what = match self.at {
            FILE_NAME => "The property 'fileName' is not a text",
            LINES => "The property 'lines' is not an object of whole numbers, from 1, by serial number",
            _ => "The body is not an object",
        };
        let (line, column) = (error.line(), error.column());
        let fault = odata::Error::invalid(format!("{what}: see line {line}, column {column} of the body."));
        if self.at.is_empty() { fault.into() } else { fault.in_target(self.at).into() }
    }

    fn checked_name<E: serde::de::Error>(&mut self, name: String) -> Result<String, E> {
        if is_longer(&name, LONGEST_NAME) {
            return Err(self.refuse(FILE_NAME, format!("A name has at most {LONGEST_NAME} characters.")));
        }
        self.without_null(FILE_NAME, name)
    }

    fn checked_serial_number<E: serde::de::Error>(&mut self, text: String) -> Result<String, E> {
        if is_longer(&text, MAX_SERIAL_NUMBER) {
            let message = format!("A serial number has at most {MAX_SERIAL_NUMBER} characters.");
            return Err(self.refuse(LINES, message));
        }
        self.without_null(LINES, text)
    }

    /// PostgreSQL keeps no text with it, and no other text may have it either.
    fn without_null<E: serde::de::Error>(&mut self, property: &str, text: String) -> Result<String, E> {
        if text.contains('\0') {
            return Err(self.refuse(property, "The value contains the character U+0000.".to_owned()));
        }
        Ok(text)
    }
}

fn is_longer(text: &str, most: usize) -> bool {
    text.len() > most && text.chars().nth(most).is_some()
}

/// The whole body.
struct Members<'r>(&'r mut Reading);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = (String, BTreeMap<String, u64>);

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = (String, BTreeMap<String, u64>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Self(reading) = self;
        let (mut file_name, mut lines) = (None, None);
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                FILE_NAME if file_name.is_none() => {
                    reading.at = FILE_NAME;
                    file_name = Some(reading.checked_name(map.next_value()?)?);
                }
                LINES if lines.is_none() => {
                    reading.at = LINES;
                    lines = Some(map.next_value_seed(Lines(&mut *reading))?);
                }
                FILE_NAME | LINES => {
                    let message = format!("The property '{name}' was sent more than once.");
                    return Err(reading.refuse(&name, message));
                }
                _ => {
                    let name: String = name.chars().take(LONGEST_QUOTE).collect();
                    let message =
                        format!("The property '{name}' does not exist; there are 'fileName' and 'lines'.");
                    return Err(reading.refuse(&name, message));
                }
            }
            reading.at = "";
        }
        let missing = |name: &str| format!("The property '{name}' is missing.");
        let file_name = file_name.ok_or_else(|| reading.refuse::<A::Error>(FILE_NAME, missing(FILE_NAME)))?;
        let lines = lines.ok_or_else(|| reading.refuse::<A::Error>(LINES, missing(LINES)))?;
        Ok((file_name, lines))
    }
}

/// The value of `lines`.
struct Lines<'r>(&'r mut Reading);

impl<'de> DeserializeSeed<'de> for Lines<'_> {
    type Value = BTreeMap<String, u64>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Lines<'_> {
    type Value = BTreeMap<String, u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Self(reading) = self;
        let mut lines = BTreeMap::new();
        while let Some(serial_number) = map.next_key::<String>()? {
            let serial_number = reading.checked_serial_number(serial_number)?;
            let line: u64 = map.next_value()?;
            if !(1..=LAST_LINE).contains(&line) {
                return Err(reading.refuse(LINES, format!("Lines are numbered from 1 to {LAST_LINE}.")));
            }
            if lines.insert(serial_number, line).is_some() {
                return Err(reading.refuse(LINES, "A serial number has two lines.".to_owned()));
            }
            if lines.len() > reading.devices {
                let message =
                    format!("There are more lines than the upload has devices ({}).", reading.devices);
                return Err(reading.refuse(LINES, message));
            }
        }
        Ok(lines)
    }
}
