//! Who gets which profile, row by row.

use autopilot::assignment::{Assignment, Candidate, Group, Membership, Status, Target, Targeted, Targeting};
use autopilot::corporate_identifier::is_valid;
use autopilot::deployment_profile::name_template;

fn group(id: &str) -> Target {
    Target::Group(id.to_owned())
}

fn targeting(profiles: &[(&str, &[Target])]) -> Targeting {
    let profiles = profiles
        .iter()
        .map(|(id, targets)| Targeted { profile: (*id).to_owned(), targets: targets.to_vec() })
        .collect();
    let known = |id: &str, members| Group { id: id.to_owned(), members };
    let groups = vec![
        known("tagged", Membership::GroupTag("Kiosk".to_owned())),
        known("ordered", Membership::PurchaseOrder("PO-7".to_owned())),
        known("listed", Membership::Devices(vec!["d1".to_owned()])),
        known("all", Membership::Registered),
    ];
    Targeting { profiles, groups }
}

#[test]
fn the_first_that_fits_is_intended() {
    let excluded = Target::Excluded("listed".to_owned());
    let plain = Candidate { id: "d1", group_tag: "kiosk", purchase_order: "po-7", chosen: None };
    let rows: &[(&str, Targeting, Candidate<'_>, Option<&str>)] = &[
        ("nothing", targeting(&[]), plain, None),
        ("a group by tag", targeting(&[("p", &[group("tagged")])]), plain, Some("p")),
        ("a group by order", targeting(&[("p", &[group("ordered")])]), plain, Some("p")),
        ("a group by list", targeting(&[("p", &[group("LISTED")])]), plain, Some("p")),
        ("every registered device", targeting(&[("p", &[group("all")])]), plain, Some("p")),
        ("an unknown group is a tag", targeting(&[("p", &[group("Kiosk")])]), plain, Some("p")),
        ("another tag", targeting(&[("p", &[group("Sales")])]), plain, None),
        ("no tag, no group", targeting(&[("p", &[group("")])]), Candidate::default(), None),
        (
            "the older of two",
            targeting(&[("p", &[group("all")]), ("q", &[group("tagged")])]),
            plain,
            Some("p"),
        ),
        (
            "a group before everyone",
            targeting(&[("p", &[Target::AllDevices]), ("q", &[group("tagged")])]),
            plain,
            Some("q"),
        ),
        ("an exclusion", targeting(&[("p", &[Target::AllDevices, excluded.clone()])]), plain, None),
        (
            "an exclusion from one of two",
            targeting(&[("p", &[group("tagged"), excluded]), ("q", &[Target::AllDevices])]),
            plain,
            Some("q"),
        ),
        (
            "what was chosen",
            targeting(&[("p", &[group("tagged")]), ("q", &[])]),
            Candidate { chosen: Some("q"), ..plain },
            Some("q"),
        ),
        (
            "what was chosen and is gone",
            targeting(&[("p", &[group("tagged")])]),
            Candidate { chosen: Some("gone"), ..plain },
            Some("p"),
        ),
    ];
    for (name, targeting, device, intended) in rows {
        assert_eq!(targeting.intended(device), *intended, "{name}");
    }
}

#[test]
fn a_profile_goes_its_way() {
    let state = |status, profile: Option<&str>, intended: Option<&str>| Assignment {
        status,
        profile: profile.map(str::to_owned),
        intended: intended.map(str::to_owned),
    };
    let none = Assignment::NONE;
    let pending = state(Status::Pending, None, Some("p"));
    let synced = state(Status::InSync, Some("p"), Some("p"));
    for (name, from, intended, to) in [
        ("nothing for nothing", &none, None, none.clone()),
        ("first", &none, Some("p"), pending.clone()),
        ("still", &pending, Some("p"), pending.clone()),
        ("no more", &pending, None, none.clone()),
        ("taken away", &synced, None, none.clone()),
        ("kept", &synced, Some("p"), synced.clone()),
        ("another", &synced, Some("q"), state(Status::OutOfSync, Some("p"), Some("q"))),
        ("back", &state(Status::OutOfSync, Some("p"), Some("q")), Some("p"), synced.clone()),
    ] {
        assert_eq!(from.intending(intended), to, "{name}");
    }
    for status in [Status::InSync, Status::OutOfSync, Status::NotAssigned, Status::Pending] {
        assert_eq!(Status::of_number(status.number()), status);
    }
}

#[test]
fn the_published_membership_rules_are_read() {
    for (rule, membership) in [
        (r#"(device.devicePhysicalIDs -any (_ -startsWith "[ZTDid]"))"#, Some(Membership::Registered)),
        (
            r#"(device.devicePhysicalIds -any (_ -eq "[OrderID]:179887111881"))"#,
            Some(Membership::GroupTag("179887111881".to_owned())),
        ),
        (
            r#"(device.devicePhysicalIds -any (_ -eq "[PurchaseOrderId]:76222342342"))"#,
            Some(Membership::PurchaseOrder("76222342342".to_owned())),
        ),
        (r#"(device.devicePhysicalIds -any (_ -eq "[HWID]:1"))"#, None),
        (r#"(device.deviceOwnership -eq "Company")"#, None),
        ("device.devicePhysicalIds", None),
        ("", None),
    ] {
        assert_eq!(Membership::of_rule(rule), membership, "{rule}");
    }
}

#[test]
fn name_templates() {
    for template in [
        "",
        "PC-1",
        "SHOP-%RAND:5%",
        "%SERIAL%",
        "A-%SERIAL%",
        "1234567%SERIAL%",
        "%rand:15%x".trim_end_matches('x'),
        "a2345678901234b",
    ] {
        let fits = name_template(template);
        // A name of drawn digits alone is one of digits alone.
        assert_eq!(fits.is_ok(), template != "%rand:15%", "{template}: {fits:?}");
    }
    for (template, word) in [
        ("HAS BLANK", "' '"),
        ("ÄRGER", "'Ä'"),
        ("a23456789012345b", "15 characters"),
        ("12345678%SERIAL%", "7 other"),
        ("%RAND:16%", "%RAND:x%"),
        ("%RAND:0%", "%RAND:x%"),
        ("%RAND:x%", "%RAND:x%"),
        ("%HOSTNAME%", "macros"),
        ("A-%SERIAL", "not closed"),
        ("%RAND:2%-%RAND:2%", "one macro"),
        ("A234567890%RAND:6%", "15 characters"),
        ("123", "digits only"),
        ("12%RAND:3%", "digits only"),
    ] {
        let fault = name_template(template).unwrap_err();
        assert_eq!(fault.property, "deviceNameTemplate");
        assert!(fault.message.contains(word), "{template}: {fault}");
    }
}

#[test]
fn corporate_identifiers() {
    for (kind, identifier, valid) in [
        (1, "490154203237518", true),
        (1, "49015420323751", true),
        (1, "4901542032375", false),
        (1, "49015420323751x", false),
        (2, "5CG1", true),
        (2, " ", false),
        (3, "Contoso,Slate 7,5CG1", true),
        (3, "Contoso;Slate, 7;5CG1", true),
        (3, "Contoso,Slate 7", false),
        (3, "Contoso,,5CG1", false),
        (3, "Contoso,Slate,7,5CG1", false),
        (0, "5CG1", false),
        (9, "5CG1", false),
    ] {
        assert_eq!(is_valid(kind, identifier), valid, "{kind} {identifier}");
    }
}
