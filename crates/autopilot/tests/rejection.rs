//! The table of reasons: numbers, names, and words for each.

use autopilot::rejection::{Occasion, Rejection};
use std::collections::BTreeSet;

#[test]
fn the_table() {
    let rows: Vec<String> = Rejection::ALL
        .iter()
        .map(|each| {
            let published = each.published_code().map_or_else(|| "-".to_owned(), |code| code.to_string());
            format!("{} {published} {} {}", each.code(), each.name(), each.occasion())
        })
        .collect();
    insta::assert_snapshot!(rows.join("\n"), @"
    640 640 StorageError import
    801 801 InvalidZtdRequestBody import
    802 802 InvalidZtdHardwareHash import
    802 - HashNot4k import
    803 803 MissingZtdSerialNumberAndProductKey import
    806 806 ZtdDeviceAlreadyAssigned import
    806 - ZtdDeviceDuplicated import
    807 807 ZtdDeviceIsNotRegistered change
    808 808 ZtdDeviceAssignedToOtherTenant import
    809 809 ZtdProfileIsNotRegistered change
    810 810 ZtdProfileAssignedToOtherTenant change
    811 811 ZtdDeviceRegisteredByOtherTenant deletion
    812 812 ZtdDeviceNotFound import
    813 813 ZtdDeviceIsNotUnique import
    814 814 ZtdDeviceAlreadyAadRegistered import
    815 815 ZtdDeviceHasNoAssignedProfile device
    908 908 HardwareMismatchDetected device
    908 908 SerialNumberMismatch device
    908 908 ProductKeyIdMismatch device
    0 - ZtdDeviceDeletionInProgess deletion
    0 - ZtdDeviceAlreadyDeleted deletion
    ");
}

#[test]
fn by_code() {
    let check = |code: i32, names: &[&str]| {
        let found: Vec<&str> = Rejection::by_code(code).map(Rejection::name).collect();
        assert_eq!(found, names, "{code}");
    };
    check(640, &["StorageError"]);
    check(802, &["InvalidZtdHardwareHash", "HashNot4k"]);
    check(806, &["ZtdDeviceAlreadyAssigned", "ZtdDeviceDuplicated"]);
    check(908, &["HardwareMismatchDetected", "SerialNumberMismatch", "ProductKeyIdMismatch"]);
    check(0, &[]);
    check(804, &[]);
}

#[test]
fn by_name() {
    let check =
        |name: &str, expected: Option<Rejection>| assert_eq!(Rejection::by_name(name), expected, "{name}");
    check("ztddevicealreadyassigned", Some(Rejection::ZtdDeviceAlreadyAssigned));
    check(" ZtdDeviceAssignedToAnotherTenant ", Some(Rejection::ZtdDeviceAssignedToOtherTenant));
    check("ZtdDeviceDeletionInProgress", Some(Rejection::ZtdDeviceDeletionInProgess));
    check("", None);
    check("Nothing", None);
    for each in Rejection::ALL {
        check(each.name(), Some(each));
    }
}

#[test]
fn every_reason_has_words() {
    let names: BTreeSet<&str> = Rejection::ALL.iter().map(|each| each.name()).collect();
    assert_eq!(names.len(), Rejection::ALL.len());
    for each in Rejection::ALL {
        for text in [each.meaning(), each.cause(), each.remedy()] {
            assert!(
                text.ends_with('.') && text.starts_with(char::is_uppercase) && !text.contains("  "),
                "{text}"
            );
        }
    }
    assert_eq!(Rejection::ZtdDeviceDuplicated.occasion(), Occasion::Import);
    assert_eq!(Rejection::ZtdDeviceAlreadyAssigned.to_string(), "806 ZtdDeviceAlreadyAssigned");
    assert_eq!(Rejection::ZtdDeviceAlreadyDeleted.to_string(), "ZtdDeviceAlreadyDeleted");
}
