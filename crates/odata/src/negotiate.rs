//! What form of answer a request wants: `Accept`, `$format`, `OData-MaxVersion`, `Prefer`.
//!
//! In: the texts of headers, several of one name joined by commas. Out: [`Wants`], which says how to write and what to
//! call it. What cannot be had is an error, never another form than was asked for.
//! Specification: RFC 9110 §12.5.1; RFC 7240; OData Part 1 §8.1.5, §8.2; OData JSON Format 4.01 §3.

use crate::json::{Envelope, MetadataLevel};
use crate::profile::{Profile, Version};

/// The headers that say it, as they were sent; empty where they were not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// `Accept`
    pub accept: &'a str,
    /// `Prefer`
    pub prefer: &'a str,
    /// `OData-Version`
    pub version: &'a str,
    /// `OData-MaxVersion`
    pub max_version: &'a str,
}

/// The form of answer that a request wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wants {
    /// How much control information.
    pub metadata: MetadataLevel,
    /// Whether 64-bit and decimal numbers are written as texts.
    pub ieee754_compatible: bool,
    /// The version of the answer.
    pub version: Version,
    /// `Prefer`
    pub preferences: Preferences,
    /// Which kinds of body are accepted, the best of each first.
    accepted: Vec<Range>,
}

/// `Prefer`, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// `maxpagesize=50`
    pub max_page_size: Option<u64>,
    /// `return=minimal`, `return=representation`
    pub returned: Option<Return>,
    /// `continue-on-error`
    pub continue_on_error: Option<bool>,
    /// `include-annotations="*"`
    pub include_annotations: Option<String>,
    /// `envelope=bare`
    pub envelope: Option<Envelope>,
}

/// What a request that changes something wants back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// Nothing.
    Minimal,
    /// The entity as it is now.
    Representation,
}

/// Why a request cannot be answered in the form it asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// None of the accepted kinds: 406.
    #[error("None of the media types '{0}' can be answered here.")]
    NotAcceptable(String),
    /// A version that there is not: 400.
    #[error("The OData version '{0}' is not supported; '4.0' and '4.01' are.")]
    Version(String),
}

/// A kind of body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An OData payload, metadata or another document in JSON.
    Json,
    /// Metadata in XML.
    Xml,
    /// A bare value as text.
    Text,
    /// Bytes.
    Bytes,
    /// The answer to a batch.
    Multipart,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Range {
    essence: String,
    parameters: Vec<(String, String)>,
}

impl Wants {
    /// Reads the headers.
    ///
    /// # Errors
    /// Where they name a version that there is not.
    pub fn of(asked: &Asked<'_>, profile: &Profile) -> Result<Self, Refusal> {
        let version = version(asked, profile)?;
        let mut wants = Self {
            metadata: MetadataLevel::Minimal,
            ieee754_compatible: false,
            version,
            preferences: Preferences::of(asked.prefer),
            accepted: ranges(asked.accept),
        };
        wants.settle();
        Ok(wants)
    }

    /// `$format`, which counts for more than `Accept` (OData Part 1 §11.2.12).
    #[must_use]
    pub fn with_format(mut self, format: &str) -> Self {
        self.accepted = match format.to_ascii_lowercase().as_str() {
            "json" => ranges("application/json"),
            "xml" => ranges("application/xml"),
            "atom" => ranges("application/atom+xml"),
            _ => ranges(format),
        };
        if self.accepted.is_empty() {
            self.accepted = vec![Range { essence: format.to_owned(), parameters: Vec::new() }];
        }
        self.settle();
        self
    }

    /// Takes over what the best JSON range says.
    fn settle(&mut self) {
        let Some(range) = self.accepted.iter().find(|range| range.is(Kind::Json)) else { return };
        (self.metadata, self.ieee754_compatible) = (range.level().unwrap_or_default(), range.ieee754());
    }

    /// Refuses a request that does not accept this kind of body.
    ///
    /// # Errors
    /// Where it accepts other kinds only.
    pub fn accepting(&self, kind: Kind) -> Result<(), Refusal> {
        if self.accepted.is_empty() || self.accepted.iter().any(|range| range.is(kind)) {
            return Ok(());
        }
        let all: Vec<&str> = self.accepted.iter().map(|range| range.essence.as_str()).collect();
        Err(Refusal::NotAcceptable(all.join(", ")))
    }

    /// Whether JSON is wanted rather than XML, where there are both.
    #[must_use]
    pub fn prefers_json(&self) -> bool {
        let named =
            |kind| self.accepted.iter().position(|range| range.is(kind) && !range.essence.ends_with("/*"));
        match (named(Kind::Json), named(Kind::Xml)) {
            (Some(json), Some(xml)) => json < xml,
            (json, _) => json.is_some(),
        }
    }

    /// The media type of an answer in JSON.
    #[must_use]
    pub fn json_type(&self, profile: &Profile) -> String {
        let level = match self.metadata {
            MetadataLevel::None => "none",
            MetadataLevel::Minimal => "minimal",
            MetadataLevel::Full => "full",
        };
        let prefix = if self.version == Version::V4 { "odata." } else { "" };
        if profile.full_media_type {
            return format!(
                "application/json;{prefix}metadata={level};{prefix}streaming=true;IEEE754Compatible={};charset=utf-8",
                self.ieee754_compatible
            );
        }
        let ieee754 = if self.ieee754_compatible { ";IEEE754Compatible=true" } else { "" };
        format!("application/json;{prefix}metadata={level}{ieee754}")
    }
}

impl Preferences {
    fn of(prefer: &str) -> Self {
        let mut preferences = Self::default();
        for preference in listed(prefer, ',') {
            let preference = preference.split(';').next().unwrap_or_default();
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            let name = name.trim().to_ascii_lowercase();
            let value = value.trim().trim_matches('"');
            // The first of several counts (RFC 7240 §2).
            match name.strip_prefix("odata.").unwrap_or(&name) {
                "maxpagesize" => {
                    let size = value.parse().ok().filter(|size| *size > 0);
                    preferences.max_page_size = preferences.max_page_size.or(size);
                }
                "return" => {
                    let returned = match value.to_ascii_lowercase().as_str() {
                        "minimal" => Some(Return::Minimal),
                        "representation" => Some(Return::Representation),
                        _ => None,
                    };
                    preferences.returned = preferences.returned.or(returned);
                }
                "continue-on-error" => {
                    let on = !value.eq_ignore_ascii_case("false");
                    preferences.continue_on_error = preferences.continue_on_error.or(Some(on));
                }
                "include-annotations" => {
                    preferences.include_annotations.get_or_insert_with(|| value.to_owned());
                }
                "envelope" => {
                    let envelope = match value.to_ascii_lowercase().as_str() {
                        "documented" => Some(Envelope::Documented),
                        "bare" => Some(Envelope::Bare),
                        "both" => Some(Envelope::Both),
                        _ => None,
                    };
                    preferences.envelope = preferences.envelope.or(envelope);
                }
                _ => {}
            }
        }
        preferences
    }
}

impl Range {
    fn is(&self, kind: Kind) -> bool {
        // `;q=0` means never.
        if self.quality() <= 0.0 {
            return false;
        }
        match (kind, self.essence.as_str()) {
            (Kind::Json, "*/*" | "application/*" | "application/json") => self.is_known_json(),
            (Kind::Xml, "*/*" | "application/*" | "application/xml") => true,
            (Kind::Xml, "text/xml") => true,
            (Kind::Text, "*/*" | "text/*" | "text/plain") => true,
            (Kind::Multipart, "*/*" | "multipart/*" | "multipart/mixed") => true,
            (Kind::Bytes, "*/*" | "application/*" | "application/octet-stream") => true,
            _ => false,
        }
    }

    /// Whether every parameter is one of JSON's, with a value that there is: another form must not be answered.
    fn is_known_json(&self) -> bool {
        self.parameters.iter().all(|(name, value)| match name.strip_prefix("odata.").unwrap_or(name) {
            "metadata" => self.level().is_some(),
            "streaming" | "exponentialdecimals" => matches!(value.as_str(), "true" | "false"),
            "ieee754compatible" => matches!(value.as_str(), "true" | "false"),
            "charset" => matches!(value.as_str(), "utf-8" | "utf8" | "us-ascii"),
            "q" => true,
            _ => false,
        })
    }

    fn parameter(&self, wanted: &str) -> Option<&str> {
        let found =
            self.parameters.iter().find(|(name, _)| name.strip_prefix("odata.").unwrap_or(name) == wanted);
        found.map(|(_, value)| value.as_str())
    }

    fn level(&self) -> Option<MetadataLevel> {
        Some(match self.parameter("metadata") {
            None | Some("minimal") => MetadataLevel::Minimal,
            Some("none") => MetadataLevel::None,
            Some("full") => MetadataLevel::Full,
            Some(_) => return None,
        })
    }

    fn ieee754(&self) -> bool {
        self.parameter("ieee754compatible") == Some("true")
    }

    fn quality(&self) -> f32 {
        self.parameter("q").and_then(|value| value.parse().ok()).unwrap_or(1.0)
    }
}

/// The version of the answer: the newest that both sides know; 4.0 where the client does not say.
fn version(asked: &Asked<'_>, profile: &Profile) -> Result<Version, Refusal> {
    let refused = |text: &str| Err(Refusal::Version(text.to_owned()));
    match asked.version.trim() {
        "" | "4.0" | "4.01" => {}
        other => return refused(other),
    }
    let max = asked.max_version.trim();
    let number = match max {
        "" => return Ok(Version::V4),
        text => match text
            .split_once('.')
            .and_then(|(major, minor)| Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?)))
        {
            Some(number) => number,
            None => return refused(max),
        },
    };
    match number {
        (..4, _) => refused(max),
        (4, 0) => Ok(Version::V4),
        _ => Ok(profile.newest),
    }
}

/// Media ranges, the most wanted first.
fn ranges(accept: &str) -> Vec<Range> {
    let mut ranges: Vec<Range> = listed(accept, ',')
        .into_iter()
        .map(|range| {
            let mut parts = listed(range, ';').into_iter();
            let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let parameters = parts.filter_map(|parameter| {
                let (name, value) = parameter.split_once('=')?;
                let value = value.trim().trim_matches('"').to_ascii_lowercase();
                Some((name.trim().to_ascii_lowercase(), value))
            });
            Range { essence, parameters: parameters.collect() }
        })
        .filter(|range| !range.essence.is_empty())
        .collect();
    ranges.sort_by(|one, other| other.quality().total_cmp(&one.quality()));
    ranges
}

/// The parts of a list, in which quoted texts are not divided.
fn listed(text: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    text.split(|character| {
        if character == '"' {
            is_quoted = !is_quoted;
        }
        character == separator && !is_quoted
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
    .collect()
}
