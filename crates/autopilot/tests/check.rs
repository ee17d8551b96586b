//! Every mistake with its place: line, column, severity, code. Where a row has a correction, that too.

use autopilot::check::{
    CODES, MAX_ASSIGNED_USER, MAX_GROUP_TAG, MAX_HARDWARE_HASH, MAX_PRODUCT_KEY, MAX_SERIAL_NUMBER, Problem,
    Severity, check_record, check_sheet, corrected, corrected_record, is_placeholder, limit,
};
use autopilot::csv::{self, DeviceRecord, Field};
use autopilot::hardware_identifier::{HardwareFacts, HardwareIdentifier};
use base64::{Engine, prelude::BASE64_STANDARD};
use proptest::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;

const HEADER: &str = "Device Serial Number,Windows Product ID,Hardware Hash,Group Tag,Assigned User";

fn facts(serial_number: &str) -> HardwareFacts {
    HardwareFacts {
        serial_number: serial_number.to_owned(),
        manufacturer: "Corvid Systems".to_owned(),
        product_name: "Magpie X1".to_owned(),
        smbios_uuid: Uuid::from_bytes([7; 16]),
        product_key_id: "3300123456789".to_owned(),
        ..HardwareFacts::default()
    }
}

fn hash(serial_number: &str) -> String {
    HardwareIdentifier::encode(&facts(serial_number)).to_base64()
}

fn record(serial_number: &str) -> DeviceRecord {
    DeviceRecord {
        serial_number: serial_number.to_owned(),
        hardware_hash: hash(serial_number),
        ..DeviceRecord::default()
    }
}

/// `error serial-missing @Device Serial Number`
fn show(problem: &Problem) -> String {
    let line = problem.line.map_or_else(String::new, |line| format!("{line}"));
    let column = problem.column.as_ref();
    let number =
        column.and_then(|column| column.number).map_or_else(String::new, |number| format!(":{number}"));
    let place = format!("{line}{number}");
    let name = column.map_or_else(String::new, |column| format!(" @{}", column.name));
    format!("{place} {} {}{name}", problem.severity, problem.code).trim_start().to_owned()
}

/// Checks one field of a record that is right otherwise, and what the correction makes of it.
fn check(field: Field, text: &str, expected: &[&str], corrected: &str) {
    let mut record = record("5CV1234XYZ");
    text.clone_into(record.text_mut(field));
    let problems: Vec<String> = check_record(&record).iter().map(show).collect();
    let expected: Vec<String> = expected.iter().map(|each| format!("{each} @{}", field.header())).collect();
    assert_eq!(problems, expected, "{text:?}");
    assert_eq!(corrected_record(&record).text(field), corrected, "{text:?}");
}

#[test]
fn a_right_record_has_no_problems() {
    let record = DeviceRecord {
        product_key: "3300123456789".to_owned(),
        group_tag: "Berlin-Office".to_owned(),
        assigned_user: "amara.okafor@contoso.example".to_owned(),
        ..record("5CV1234XYZ")
    };
    assert_eq!(check_record(&record), []);
    assert_eq!(corrected_record(&record), record);
}

#[test]
fn serial_numbers() {
    let check = |text: &str, expected: &[&str], corrected: &str| {
        check(Field::SerialNumber, text, expected, corrected);
    };
    check("5cv1234xyz", &[], "5cv1234xyz");
    check("", &["error serial-missing"], "");
    check("  ", &["repaired cell-blanks", "error serial-missing"], "");
    check("OTHER", &["warning serial-mismatch"], "OTHER");
    check("None", &["warning serial-placeholder", "warning serial-mismatch"], "None");
    check("1.23E+11", &["error serial-scientific"], "1.23E+11");
    check("1,23457E+11", &["warning cell-comma", "error serial-scientific"], "1,23457E+11");
    check(
        &"x1".repeat(MAX_SERIAL_NUMBER / 2),
        &["warning serial-mismatch"],
        &"x1".repeat(MAX_SERIAL_NUMBER / 2),
    );
    let long = "ü".repeat(MAX_SERIAL_NUMBER + 1);
    check(&long, &["error serial-too-long"], &long);
    check("5CV1\u{0}234XYZ", &["error cell-control-character", "warning serial-mismatch"], "5CV1\u{0}234XYZ");
}

#[test]
fn what_spreadsheets_and_mail_leave() {
    let clean = "5CV1234XYZ";
    let check = |text: &str, expected: &[&str]| check(Field::SerialNumber, text, expected, clean);
    check(" 5CV1234XYZ", &["repaired cell-blanks"]);
    check("5CV1234XYZ\u{A0}", &["repaired cell-blanks"]);
    check("5CV1234XYZ\r\n", &["repaired cell-blanks"]);
    check("\"5CV1234XYZ\"", &["repaired cell-quoted"]);
    check("“5CV1234XYZ”", &["repaired cell-quoted"]);
    check("\"5CV1234XYZ", &["repaired cell-quoted"]);
    check("'5CV1234XYZ", &["repaired cell-apostrophe"]);
    check("'5CV1234XYZ'", &["repaired cell-apostrophe"]);
    check("=\"5CV1234XYZ\"", &["repaired cell-formula"]);
    check("5CV\u{200B}1234XYZ", &["repaired cell-invisible"]);
    check("\u{FEFF}5CV1234XYZ", &["repaired cell-invisible"]);
    check(
        " \"'5CV1234XYZ ' \"",
        &["repaired cell-blanks", "repaired cell-quoted", "repaired cell-apostrophe"],
    );
    check(
        "=\u{200B}\" 5CV1234XYZ\"",
        &["repaired cell-invisible", "repaired cell-formula", "repaired cell-blanks"],
    );
}

#[test]
fn leading_zeros() {
    let record = DeviceRecord { serial_number: "12345".to_owned(), ..record("0012345") };
    let problems = check_record(&record);
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["serial-leading-zeros"]);
    assert_eq!(corrected_record(&record).serial_number, "12345");
}

#[test]
fn placeholders() {
    for text in [
        "Default string",
        "To be filled by O.E.M.",
        "to be filled by OEM",
        "System Serial Number",
        "None",
        "N/A",
        "0",
        "00000000",
        "0000-0000",
        "XXXXXXXX",
        "1111111",
        "123456789",
        "Not Specified",
        "-",
        "...",
    ] {
        assert!(is_placeholder(text), "{text}");
    }
    for text in ["5CV1234XYZ", "1", "A", "00000001", "VMware-56 4d 00 00", "0123"] {
        assert!(!is_placeholder(text), "{text}");
    }
}

#[test]
fn product_keys() {
    let check =
        |text: &str, expected: &[&str], corrected: &str| check(Field::ProductKey, text, expected, corrected);
    check("", &[], "");
    check("3300123456789", &[], "3300123456789");
    check("9900000000001", &["warning product-key-mismatch"], "9900000000001");
    check("00330-80000-00000-AAOEM", &[], "00330-80000-00000-AAOEM");
    check("ABCDE-FGHJK-MNPQR-STVWX-Y2346", &[], "ABCDE-FGHJK-MNPQR-STVWX-Y2346");
    check("330012345678", &["warning product-key-shape"], "330012345678");
    check("Windows 11", &["warning product-key-shape"], "Windows 11");
    check("'3300123456789", &["repaired cell-apostrophe"], "3300123456789");
    let (at_limit, beyond) = ("1".repeat(MAX_PRODUCT_KEY), "1".repeat(MAX_PRODUCT_KEY + 1));
    check(&at_limit, &["warning product-key-shape"], &at_limit);
    check(&beyond, &["error product-key-too-long"], &beyond);
}

#[test]
fn group_tags() {
    let check =
        |text: &str, expected: &[&str], corrected: &str| check(Field::GroupTag, text, expected, corrected);
    check("Zürich 'West'", &[], "Zürich 'West'");
    check("'West'", &[], "'West'");
    check("-west", &[], "-west");
    check("'-west", &["repaired cell-apostrophe"], "-west");
    check("=west", &["warning cell-formula-start"], "=west");
    check("a, b", &["warning cell-comma"], "a, b");
    check("17\" screen", &["warning cell-comma"], "17\" screen");
    check("Ω", &["warning cell-not-ansi"], "Ω");
    check("a\nb", &["error cell-control-character"], "a\nb");
    let (at_limit, beyond) = ("ü".repeat(MAX_GROUP_TAG), "ü".repeat(MAX_GROUP_TAG + 1));
    check(&at_limit, &[], &at_limit);
    check(&beyond, &["error group-tag-too-long"], &beyond);
}

#[test]
fn users() {
    let check = |text: &str, expected: &[&str]| check(Field::AssignedUser, text, expected, text);
    for text in ["u@x.example", "amara.o'neil+test@sub.contoso.example", "u@münchen.example"] {
        check(text, &[]);
    }
    let shape = &["error assigned-user-shape"];
    for text in [
        "amara",
        "Amara Okafor",
        "CONTOSO\\amara",
        "u@contoso",
        "@x.example",
        "u@",
        "u@.example",
        "u@x..y",
        "u@@x.example",
        "u v@x.example",
        "u@x.example;v@x.example",
        "a <u@x.example>",
    ] {
        check(text, shape);
    }
    let tail = "@x.example";
    check(&format!("{}{tail}", "a".repeat(MAX_ASSIGNED_USER - tail.len())), &[]);
    check(
        &format!("{}{tail}", "a".repeat(MAX_ASSIGNED_USER + 1 - tail.len())),
        &["error assigned-user-too-long"],
    );
}

#[test]
fn hashes() {
    let check = |text: &str, expected: &[&str], corrected: &str| {
        check(Field::HardwareHash, text, expected, corrected);
    };
    let clean = hash("5CV1234XYZ");
    let with = |at: usize, text: &str| {
        let mut changed = clean.clone();
        changed.insert_str(at, text);
        changed
    };
    check(&clean, &[], &clean);
    check("", &["error hash-missing"], "");
    check(" ", &["error hash-missing"], "");
    check("T0E*", &["error hash-not-base64"], "T0E*");
    check(&with(7, "\0"), &["error hash-not-base64"], &with(7, "\0"));
    check(&with(500, "\r\n"), &["repaired hash-blanks"], &clean);
    check(&format!(" {clean}"), &["repaired hash-blanks"], &clean);
    check(&format!("\"{clean}\""), &["repaired cell-quoted"], &clean);
    check(&format!(" \"{clean}\""), &["repaired cell-blanks", "repaired cell-quoted"], &clean);
    check(&format!("=\"{clean}\""), &["repaired cell-formula"], &clean);
    check(&clean.replace('+', "-").replace('/', "_"), &["repaired hash-url-alphabet"], &clean);
    check(&clean[..3_998], &["repaired hash-not-padded"], &format!("{}==", &clean[..3_998]));
    check(&clean[..3_997], &["repaired hash-misaligned"], &format!("{}==", &clean[..3_998]));
    check(&format!("{clean}="), &["repaired hash-not-padded"], &clean);
    check(&BASE64_STANDARD.encode(&clean), &["repaired hash-encoded-twice"], &clean);
    check("Q29udG9zbw==", &["error hash-not-a-report"], "Q29udG9zbw==");
    check(&clean[..200], &["error hash-truncated"], &clean[..200]);
    check(&format!("{clean}{clean}"), &["error hash-bytes-after-checksum"], &format!("{clean}{clean}"));
    let (at_limit, beyond) = (
        format!("{clean}{}", "A".repeat(MAX_HARDWARE_HASH - 4_000)),
        format!("{clean}{}", "A".repeat(MAX_HARDWARE_HASH - 3_999)),
    );
    check(&at_limit, &[], &at_limit);
    check(&beyond, &["error hash-too-long"], &beyond);
    let nameless = HardwareIdentifier::encode(&HardwareFacts::default()).to_base64();
    check(&nameless, &["error hash-missing-serial-number", "error hash-missing-manufacturer"], &nameless);
}

#[test]
fn without_a_hash_a_product_key_will_do() {
    let record = DeviceRecord {
        serial_number: "5CV1234XYZ".to_owned(),
        product_key: "3300123456789".to_owned(),
        ..DeviceRecord::default()
    };
    assert_eq!(
        check_record(&record).iter().map(show).collect::<Vec<_>>(),
        ["warning hash-missing @Hardware Hash"]
    );
}

#[test]
fn sheets() {
    let check = |rows: &[&str], expected: &[&str]| {
        let text = format!("{HEADER}\r\n{}\r\n", rows.join("\r\n"));
        let problems: Vec<String> = check_sheet(&csv::read(text.as_bytes())).iter().map(show).collect();
        assert_eq!(problems, expected, "{rows:?}");
    };
    let row = |facts: &HardwareFacts| {
        format!("{},,{},,", facts.serial_number, HardwareIdentifier::encode(facts).to_base64())
    };
    let (first, other) = (facts("S1"), facts("S2"));
    let recaptured = HardwareFacts { captured: 1, ..first.clone() };
    let same_serial = HardwareFacts { smbios_uuid: Uuid::nil(), ..first.clone() };
    let unnamed = facts("None");
    let also_unnamed = HardwareFacts { smbios_uuid: Uuid::nil(), ..unnamed.clone() };

    check(&[&row(&first), &row(&other)], &[]);
    check(&[&row(&first), &row(&other), &row(&recaptured)], &["4:3 error device-duplicate @Hardware Hash"]);
    check(&[&row(&first), &row(&same_serial)], &["3:1 warning serial-duplicate @Device Serial Number"]);
    check(
        &[&row(&unnamed), &row(&also_unnamed)],
        &[
            "2:1 warning serial-placeholder @Device Serial Number",
            "3:1 warning serial-placeholder @Device Serial Number",
        ],
    );
    check(
        &["S1,3300123456789,,,", "S1,3300123456789,,,", "S1,3300123456780,,,"],
        &[
            "2:3 warning hash-missing @Hardware Hash",
            "3:3 warning hash-missing @Hardware Hash",
            "3:3 error device-duplicate @Hardware Hash",
            "4:3 warning hash-missing @Hardware Hash",
            "4:1 warning serial-duplicate @Device Serial Number",
        ],
    );
    // Two lines of one record, then a mistake: the line is the editor's.
    check(
        &[&row(&first), "\"S2\n\",,,,nobody"],
        &[
            "3 repaired file-quoted",
            "3:1 repaired cell-blanks @Device Serial Number",
            "3:3 error hash-missing @Hardware Hash",
            "3:5 error assigned-user-shape @Assigned User",
        ],
    );
    check(
        &[&row(&first), &format!("{},,S2,,", hash("S2"))],
        &["3:1 error columns-swapped @Device Serial Number"],
    );
}

#[test]
fn columns_are_told_by_the_number_in_the_file() {
    let text = format!("Group Tag,Hardware Hash,Device Serial Number\n=x,T0E*,{}\n", "S1");
    let problems: Vec<String> = check_sheet(&csv::read(text.as_bytes())).iter().map(show).collect();
    assert_eq!(
        problems,
        [
            "1 repaired header-order",
            "2:1 warning cell-formula-start @Group Tag",
            "2:2 error hash-not-base64 @Hardware Hash"
        ]
    );
}

#[test]
fn what_the_header_lacks_is_said_once() {
    let text = "Serial number,Group tag\nS1,Tag\nS2,Tag\n";
    let problems: Vec<&str> =
        check_sheet(&csv::read(text.as_bytes())).iter().map(|problem| problem.code).collect();
    assert_eq!(problems, ["header-name", "header-name", "header-column-missing"]);
}

#[test]
fn more_than_500_rows() {
    let file = |rows: usize| {
        let row = |number: usize| format!("S{number},,{},,\r\n", hash(&format!("S{number}")));
        let text = format!("{HEADER}\r\n{}", (1..=rows).map(row).collect::<String>());
        check_sheet(&csv::read(text.as_bytes())).iter().map(show).collect::<Vec<_>>()
    };
    assert_eq!(file(500), [] as [&str; 0]);
    assert_eq!(file(501), ["502 warning rows-over-500"]);
}

#[test]
fn the_corrected_file_is_what_the_portal_takes() {
    let text = format!("serial;hash\n '5CV1234XYZ;{}\n", &hash("5CV1234XYZ")[..3_998]);
    let records: Vec<DeviceRecord> =
        corrected(&csv::read(text.as_bytes())).into_iter().map(|row| row.record).collect();
    let files = csv::write::portal_files(&records).unwrap();
    assert_eq!(check_sheet(&csv::read(&files[0])), []);
}

#[test]
fn messages_are_for_people() {
    let record = DeviceRecord {
        hardware_hash: "T0E*".to_owned(),
        assigned_user: "amara\u{1b}[31m".to_owned(),
        ..record("1.23E+11")
    };
    let shown: Vec<String> = check_record(&record).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    Assigned User: character 6 is the control character \u{1b} (cell-control-character)
    Hardware Hash: the hash is not Base64: character 4 is "*", which is not Base64 (hash-not-base64)
    Device Serial Number: a spreadsheet has turned the serial number into the number "1.23E+11" (serial-scientific)
    Assigned User: "amara\u{1b}[31m" is no user principal name (assigned-user-shape)
    "#);
}

#[test]
fn a_problem_of_the_file_says_what_to_do() {
    for text in [
        format!("{HEADER}\r\n"),
        format!("{};\n", HEADER.replace(',', ";")),
        "a,b,c\n1,2,3\n".to_owned(),
        String::new(),
        format!("{HEADER}\r\n\"5CV,,{},,\r\n,,,,\r\n", hash("5CV")),
    ] {
        let problems = check_sheet(&csv::read(text.as_bytes()));
        assert!(!problems.is_empty());
        for problem in problems {
            assert!(problem.fix.as_ref().is_some_and(|fix| fix.ends_with('.')), "{problem}");
        }
    }
}

#[test]
fn codes_are_a_sorted_list() {
    assert!(CODES.is_sorted());
    let tests =
        [include_str!("check.rs"), include_str!("csv.rs"), include_str!("../examples/generate/files.rs")];
    let untested: Vec<&&str> =
        CODES.iter().filter(|code| !tests.iter().any(|text| text.contains(**code))).collect();
    assert!(untested.is_empty(), "{untested:?}");
    assert_eq!(CODES.len(), CODES.iter().collect::<BTreeSet<_>>().len());
    assert!(
        CODES
            .iter()
            .all(|code| code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
    );
    assert_eq!(Field::ALL.map(limit), [256, 128, 16_384, 2_048, 1_024]);
}

proptest! {
    #[test]
    fn a_correction_leaves_nothing_to_repair(cells in proptest::array::uniform5(
        "([ \"'=,A1@.]|\u{200B}|\u{A0}|\r\n|=\"|#|5E\\+1|Ω|\u{0}){0,12}"
    )) {
        let [serial_number, product_key, hardware_hash, group_tag, assigned_user] =
            cells.map(|cell| cell.replace('#', &hash("S1")[..3_990]));
        let record = DeviceRecord { serial_number, product_key, hardware_hash, group_tag, assigned_user };
        let once = corrected_record(&record);
        let left: Vec<&str> = check_record(&once)
            .iter()
            .filter(|problem| problem.severity == Severity::Repaired)
            .map(|problem| problem.code)
            .collect();
        prop_assert!(left.is_empty(), "{left:?} {record:?} {:?} {once:?} {:?}", record.hardware_hash, once.hardware_hash);
        prop_assert_eq!(corrected_record(&once), once);
    }

    #[test]
    fn nothing_panics(cells in proptest::array::uniform5(any::<String>())) {
        let [serial_number, product_key, hardware_hash, group_tag, assigned_user] = cells;
        let record = DeviceRecord { serial_number, product_key, hardware_hash, group_tag, assigned_user };
        for problem in check_record(&record) {
            prop_assert!(!problem.to_string().contains(char::is_control));
        }
    }

    #[test]
    fn no_file_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let sheet = csv::read(&bytes);
        check_sheet(&sheet);
        corrected(&sheet);
    }
}
