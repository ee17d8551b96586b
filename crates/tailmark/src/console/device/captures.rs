//! What differs between the captures of a device, of which no two are alike: each has its time.
//!
//! In come the import records of a device, out come the facts and the blocks of their hashes that are not the same in all.

use std::collections::BTreeMap;

use autopilot::hardware_identifier::HardwareIdentifier;

use super::{Came, hardware_facts, hash};
use crate::console::api::{Api, text};
use crate::console::refusal::Refusal;

/// Captures that are compared: the latest.
const COMPARED: usize = 5;
/// The block that has the time, and so is never the same.
const TIME: &str = "versions and time";
/// What another main board has another of.
const OF_BOARD: &str = "SMBIOS UUID";

/// Captures of one device beside each other.
#[derive(Default)]
pub struct Captures {
    /// When each came, the oldest first; empty where there are not two.
    pub headings: Vec<String>,
    /// What differs: its name, and what each capture says.
    pub differences: Vec<(String, Vec<String>)>,
    /// Whether one was taken with another main board.
    pub is_other_board: bool,
}

struct Capture {
    came: String,
    bytes: Vec<u8>,
    facts: Vec<(&'static str, String)>,
    blocks: BTreeMap<(u16, &'static str), Vec<u8>>,
}

impl Captures {
    /// Reads the hashes of records and compares those that are not the same capture.
    ///
    /// # Errors
    /// The API's refusal.
    pub async fn of(api: &Api, records: &[Came]) -> Result<Self, Refusal> {
        let mut captures: Vec<Capture> = Vec::new();
        for came in records.iter().rev() {
            let hash = hash(api, text(&came.record, "/id")).await?;
            let identifier = match HardwareIdentifier::from_base64(&hash) {
                Ok((identifier, _)) if !hash.is_empty() => identifier,
                _ => continue,
            };
            if captures.iter().all(|other| other.bytes != identifier.bytes()) {
                captures.push(Capture::new(came, identifier));
            }
            if captures.len() == COMPARED {
                break;
            }
        }
        captures.reverse();
        Ok(if captures.len() < 2 { Self::default() } else { Self::compare(&captures) })
    }

    fn compare(captures: &[Capture]) -> Self {
        let mut differences: Vec<(String, Vec<String>)> = Vec::new();
        let names = captures.iter().flat_map(|capture| capture.facts.iter().map(|(name, _)| *name));
        for name in names.filter(|name| *name != super::WRITER) {
            let values: Vec<String> = captures.iter().map(|capture| capture.fact(name)).collect();
            if differ(&values) && differences.iter().all(|(other, _)| other != name) {
                differences.push((name.to_owned(), values));
            }
        }
        let is_other_board = differences.iter().any(|(name, _)| name == OF_BOARD);
        let blocks: BTreeMap<_, ()> =
            captures.iter().flat_map(|capture| capture.blocks.keys().map(|block| (*block, ()))).collect();
        for (kind, name) in blocks.into_keys().filter(|(_, name)| *name != TIME) {
            let blocks: Vec<_> = captures.iter().map(|capture| capture.blocks.get(&(kind, name))).collect();
            let is_told = differences.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
            if differ(&blocks) && !is_told {
                let first = blocks.first().copied().flatten();
                let values = blocks.iter().map(|block| match block {
                    None => "none",
                    Some(block) if Some(*block) == first => "as in the first",
                    Some(_) => "another",
                });
                differences.push((format!("Block {kind}: {name}"), values.map(str::to_owned).collect()));
            }
        }
        let headings = captures.iter().map(|capture| capture.came.clone()).collect();
        Self { headings, differences, is_other_board }
    }
}

fn differ<T: PartialEq>(values: &[T]) -> bool {
    values.windows(2).any(|pair| matches!(pair, [one, other] if one != other))
}

impl Capture {
    fn new(came: &Came, identifier: HardwareIdentifier) -> Self {
        let report = identifier.inspect().report;
        let mut blocks: BTreeMap<_, Vec<u8>> = BTreeMap::new();
        for record in &report.records {
            let data = identifier.bytes().get(record.at..record.at + record.length).unwrap_or_default();
            blocks.entry((record.kind, record.name())).or_default().extend_from_slice(data);
        }
        let came = if came.when.is_empty() { "Imported by itself".to_owned() } else { came.when.clone() };
        Self { came, bytes: identifier.into_bytes(), facts: hardware_facts(report), blocks }
    }

    fn fact(&self, name: &str) -> String {
        let found = self.facts.iter().find(|(fact, _)| *fact == name);
        found.map_or_else(|| "none".to_owned(), |(_, value)| value.clone())
    }
}
