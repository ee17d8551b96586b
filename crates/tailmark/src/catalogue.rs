//! The error catalogue: what each code means, how it comes about and what to do, with a page for each at `/docs/errors`.
//!
//! In: a code or a name as a client met it, of an import (`806`, `ZtdDeviceAlreadyAssigned`) or of the API
//! (`BadRequest`). Out: its entry, the address of its page, the page in HTML and in Markdown. The words of imports are
//! `autopilot::rejection`'s, as in `tailmark explain`; those of the API are in `refusals`. The pages need no token, no
//! script and nothing from elsewhere; the same texts are in `docs/errors`.

mod markdown;
mod page;
mod refusals;

use std::sync::LazyLock;

use autopilot::rejection::{Occasion, Rejection};

pub use self::markdown::markdown;
pub use self::page::routes;

/// Where the pages are.
pub const PLACE: &str = "/docs/errors";

/// One page: everything that has this number, or this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name in addresses: `806`, `BadRequest`.
    pub name: String,
    /// Of what it is a code.
    pub family: Family,
    /// What it may mean.
    pub reasons: Vec<Reason>,
}

/// Of what something is a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// An import and what comes after it: `state.deviceErrorCode`.
    Import,
    /// An answer of the API: `error.code`.
    Api,
}

/// One of the things that a code may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `deviceErrorName`, or `error.code`.
    pub code: &'static str,
    /// A second spelling that is met.
    pub other: Option<&'static str>,
    /// Where it is met, in a few words.
    pub met: String,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    /// How it mostly comes about.
    pub cause: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut entries: Vec<Entry> = Vec::new();
    for rejection in Rejection::ALL {
        let name = name_of(rejection);
        let reason = of_rejection(rejection);
        match entries.iter_mut().find(|entry| entry.name == name) {
            Some(entry) => entry.reasons.push(reason),
            None => entries.push(Entry { name, family: Family::Import, reasons: vec![reason] }),
        }
    }
    let refusals = refusals::ALL.iter().map(|refusal| Entry {
        name: refusal.code.split(' ').map(capitalised).collect(),
        family: Family::Api,
        reasons: vec![refusal.reason()],
    });
    entries.extend(refusals);
    entries
});

/// All entries: those of imports by number, then those of the API by status.
#[must_use]
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

/// The entry of a code or name, in any letter case and either spelling.
#[must_use]
pub fn find(code: &str) -> Option<&'static Entry> {
    let is = |candidate: &str| candidate.eq_ignore_ascii_case(code);
    let by_name = ENTRIES.iter().find(|entry| is(&entry.name));
    by_name.or_else(|| {
        let has = |reason: &Reason| is(reason.code) || reason.other.is_some_and(is);
        ENTRIES.iter().find(|entry| entry.reasons.iter().any(has))
    })
}

/// The address of a code's page below the service's own, if there is one: `/docs/errors/806`.
#[must_use]
pub fn address(code: &str) -> Option<String> {
    find(code).map(|entry| format!("{PLACE}/{}", entry.name))
}

/// The name in addresses: its number, else its name.
#[must_use]
pub fn name_of(rejection: Rejection) -> String {
    match rejection.code() {
        0 => rejection.name().to_owned(),
        code => code.to_string(),
    }
}

fn of_rejection(rejection: Rejection) -> Reason {
    let met = match rejection.occasion() {
        Occasion::Import => "the state of an imported device",
        Occasion::Change => "the answer to a change of a device or a profile",
        Occasion::Deletion => "the answer to a deletion",
        Occasion::Device => "the device itself, in its event log or on its screen",
    };
    Reason {
        code: rejection.name(),
        other: rejection.other_name(),
        met: met.to_owned(),
        meaning: rejection.meaning(),
        cause: rejection.cause(),
        remedy: rejection.remedy(),
    }
}

/// `match` as `Match`: some codes are sentences.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_page() {
        for (code, page) in [
            ("806", "/docs/errors/806"),
            ("ztddevicealreadyassigned", "/docs/errors/806"),
            ("ZtdDeviceDuplicated", "/docs/errors/806"),
            ("ZtdDeviceAssignedToAnotherTenant", "/docs/errors/808"),
            ("ZtdDeviceAlreadyDeleted", "/docs/errors/ZtdDeviceAlreadyDeleted"),
            ("BadRequest", "/docs/errors/BadRequest"),
            ("No method match route template", "/docs/errors/NoMethodMatchRouteTemplate"),
            ("nomethodmatchroutetemplate", "/docs/errors/NoMethodMatchRouteTemplate"),
        ] {
            assert_eq!(address(code).as_deref(), Some(page), "{code}");
        }
        assert_eq!((find("0"), find(""), find("../806")), (None, None, None));
        for (place, entry) in entries().iter().enumerate() {
            assert_eq!(find(&entry.name), Some(entry));
            let is_plain = |character: char| character.is_ascii_alphanumeric() || character == '_';
            assert!(entry.name.chars().all(is_plain), "{}", entry.name);
            assert!(entries()[..place].iter().all(|before| before.name != entry.name), "{}", entry.name);
        }
    }

    #[test]
    fn every_text_is_sentences() {
        for reason in entries().iter().flat_map(|entry| &entry.reasons) {
            for text in [reason.meaning, reason.cause, reason.remedy] {
                let begins = text.trim_start_matches('`').starts_with(char::is_uppercase);
                assert!(begins && text.ends_with('.'), "{text}");
                assert!(!text.contains("  ") && text.matches('`').count() % 2 == 0, "{text}");
            }
        }
    }
}
