//! Rules of deployment profiles.
//!
//! In: a profile as the JSON text that is kept of it. Out: what is wrong with it, or the profile with its older and newer
//! properties in agreement.
//! Source: `windowsAutopilotDeploymentProfile` of Microsoft Graph (limits, and the pairs of deprecated and newer
//! properties); the name rules are those that the Intune portal states.

use serde_json::{Map, Value as Json};

use crate::fault::Fault;

/// The longest name of a computer, in characters.
const LONGEST_COMPUTER_NAME: usize = 15;
/// How many characters a template with `%SERIAL%` may have beside it.
const BESIDE_SERIAL: usize = 7;

/// An older property and the newer one that says the same.
const PAIRS: &[(&str, &str)] = &[
    ("language", "locale"),
    ("extractHardwareHash", "hardwareHashExtractionEnabled"),
    ("enableWhiteGlove", "preprovisioningAllowed"),
];

/// The same for the members of `outOfBoxExperienceSettings` and `outOfBoxExperienceSetting`.
const EXPERIENCE: &[(&str, &str)] = &[
    ("hidePrivacySettings", "privacySettingsHidden"),
    ("hideEULA", "eulaHidden"),
    ("userType", "userType"),
    ("deviceUsageType", "deviceUsageType"),
    ("skipKeyboardSelectionPage", "keyboardSelectionPageSkipped"),
    ("hideEscapeLink", "escapeLinkHidden"),
];

/// Makes a change say the same in older and newer properties: whichever was sent decides, and the newer where both were.
pub fn agree(change: &mut Map<String, Json>) {
    for (older, newer) in PAIRS {
        if let Some(value) = change.get(*newer).filter(|value| !value.is_null()).cloned() {
            change.insert((*older).to_owned(), value);
        } else if let Some(value) = change.get(*older).cloned() {
            change.insert((*newer).to_owned(), value);
        }
    }
    let translated =
        |from: &Json, place: fn(&(&'static str, &'static str)) -> (&'static str, &'static str)| {
            let members = EXPERIENCE.iter().map(place);
            let pairs =
                members.filter_map(|(from_name, to_name)| Some((to_name, from.get(from_name)?.clone())));
            Json::Object(pairs.map(|(name, value)| (name.to_owned(), value)).collect())
        };
    if let Some(newer) = change.get("outOfBoxExperienceSetting").filter(|newer| newer.is_object()) {
        let older = translated(newer, |(older, newer)| (*newer, *older));
        change.insert("outOfBoxExperienceSettings".to_owned(), older);
    } else if let Some(older) = change.get("outOfBoxExperienceSettings").filter(|older| older.is_object()) {
        let newer = translated(older, |(older, newer)| (*older, *newer));
        change.insert("outOfBoxExperienceSetting".to_owned(), newer);
    }
}

/// Checks a whole profile.
///
/// # Errors
/// What is wrong, with the property at fault.
pub fn check(profile: &Map<String, Json>) -> Result<(), Fault> {
    let text = |name: &str| profile.get(name).and_then(Json::as_str).unwrap_or_default();
    if text("displayName").trim().is_empty() {
        return Err(Fault::new("displayName", "A deployment profile needs a name."));
    }
    name_template(text("deviceNameTemplate"))
}

/// Checks the template of computer names: letters, digits and hyphens, at most one of `%SERIAL%` and `%RAND:x%`.
///
/// # Errors
/// What is wrong.
pub fn name_template(template: &str) -> Result<(), Fault> {
    let fault = |message: &str| Err(Fault::new("deviceNameTemplate", message));
    if template.is_empty() {
        return Ok(());
    }
    let (mut beside, mut drawn, mut macros) = (String::new(), 0, 0);
    for (index, part) in template.split('%').enumerate() {
        if index % 2 == 0 {
            beside.push_str(part);
            continue;
        }
        macros += 1;
        let upper = part.to_ascii_uppercase();
        match upper.strip_prefix("RAND:").map(str::parse::<usize>) {
            Some(Ok(digits)) if (1..=LONGEST_COMPUTER_NAME).contains(&digits) => drawn = digits,
            None if upper == "SERIAL" => {
                if template.chars().count() > "%SERIAL%".len() + BESIDE_SERIAL {
                    return fault("A name template with %SERIAL% may have 7 other characters.");
                }
            }
            _ => {
                return fault(
                    "The only macros of a name template are %SERIAL% and %RAND:x% with x from 1 to 15.",
                );
            }
        }
    }
    if template.matches('%').count() % 2 == 1 {
        return fault("A macro of the name template is not closed with '%'.");
    }
    if macros > 1 {
        return fault("A name template has at most one macro.");
    }
    if let Some(wrong) = beside.chars().find(|one| !(one.is_ascii_alphanumeric() || *one == '-')) {
        return fault(&format!("A computer's name has letters, digits and hyphens only, not '{wrong}'."));
    }
    if beside.len() + drawn > LONGEST_COMPUTER_NAME {
        return fault("A computer's name has at most 15 characters.");
    }
    if beside.chars().all(|one| one.is_ascii_digit()) && (macros == 0 || drawn > 0) {
        return fault("A computer's name may not consist of digits only.");
    }
    Ok(())
}
