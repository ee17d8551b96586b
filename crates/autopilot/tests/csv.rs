//! Files as people have them: what is read from each, and which notices it deserves.

use autopilot::csv::write::{PORTAL_ROWS, device_stream, fits_portal, portal_files, spreadsheet_cell};
use autopilot::csv::{self, Delimiter, DeviceRecord, Encoding, Field, MAX_ROWS, Sheet};
use autopilot::hardware_identifier::{HardwareFacts, HardwareIdentifier};
use proptest::prelude::*;

fn hash() -> String {
    let facts = HardwareFacts {
        serial_number: "S1".to_owned(),
        manufacturer: "Corvid Systems".to_owned(),
        ..HardwareFacts::default()
    };
    HardwareIdentifier::encode(&facts).to_base64()
}

/// Everything that was read, in a few lines; a hash shows as `#`.
fn show(sheet: &Sheet) -> String {
    let form = sheet.form;
    let mark = if form.byte_order_mark { " with mark" } else { "" };
    let mut text = format!("{}{mark}, {}, {} header\n", form.encoding, form.delimiter, form.header);
    for row in &sheet.rows {
        let cells = Field::ALL.map(|field| {
            let number =
                row.columns.number(field).map_or_else(|| "-".to_owned(), |number| number.to_string());
            format!("{number}:{}", row.record.text(field).replace(&hash(), "#").escape_debug())
        });
        text += &format!("{} | {}\n", row.line, cells.join(" | "));
    }
    for problem in &sheet.problems {
        let line = problem.line.map_or_else(|| "-".to_owned(), |line| line.to_string());
        let column = problem.column.as_ref();
        let number =
            column.and_then(|column| column.number).map_or_else(String::new, |number| format!(":{number}"));
        text += &format!("{line}{number} {} {}\n", problem.severity, problem.code);
    }
    text
}

fn read(text: &str) -> String {
    let text = text.replace('#', &hash()).replace(&format!("{}TYPE", hash()), "#TYPE");
    show(&csv::read(text.as_bytes()))
}

const HEADER: &str = "Device Serial Number,Windows Product ID,Hardware Hash,Group Tag,Assigned User";
const CLEAN: &str = "UTF-8, comma, Intune header\n2 | 1:S1 | 2: | 3:# | 4:Tag | 5:u@x.example\n";

#[test]
fn headers() {
    let check = |header: &str, row: &str, expected: &str| {
        assert_eq!(read(&format!("{header}\r\n{row}\r\n")), expected, "{header}");
    };
    check(HEADER, "S1,,#,Tag,u@x.example", CLEAN);
    check(
        "Device Serial Number,Windows Product ID,Hardware Hash",
        "S1,,#",
        "UTF-8, comma, Intune header\n2 | 1:S1 | 2: | 3:# | -: | -:\n",
    );
    check(
        "Device Serial Number,Windows Product ID,Hardware Hash,Group Tag",
        "S1,,#",
        "UTF-8, comma, Intune header\n2 | 1:S1 | 2: | 3:# | 4: | -:\n",
    );
    check(
        "device serial number, Windows Product ID ,HARDWARE HASH,Group Tag,Assigned User",
        "S1,,#,Tag,u@x.example",
        "UTF-8, comma, Intune header\n2 | 1:S1 | 2: | 3:# | 4:Tag | 5:u@x.example\n\
         1:1 repaired header-name\n1:2 repaired header-name\n1:3 repaired header-name\n",
    );
    check(
        "Device Serial Number,Windows Product ID,Hardware Hash,Manufacturer name,Device model",
        "S1,,#,Corvid,X1",
        "UTF-8, comma, Partner Center header\n2 | 1:S1 | 2: | 3:# | -: | -:\n1:4 repaired header-partner-center\n",
    );
    check(
        "Device Serial Number,Windows Product ID,Hardware Hash,OrderID",
        "S1,,#,Tag",
        "UTF-8, comma, OrderID header\n2 | 1:S1 | 2: | 3:# | 4:Tag | -:\n1:4 repaired header-order-id\n",
    );
    check(
        "Device Serial Number,Windows Product ID,Hardware Hash,Group Tag,Assigned User,OrderID",
        "S1,,#,,u@x.example,Old\r\nS2,,#,New,,Old",
        "UTF-8, comma, OrderID header\n2 | 1:S1 | 2: | 3:# | 6:Old | 5:u@x.example\n\
         3 | 1:S2 | 2: | 3:# | 4:New | 5:\n1:6 repaired header-order-id\n",
    );
    check(
        "Hardware Hash,Serial Number,UPN,Tag",
        "#,S1,u@x.example,Tag",
        "UTF-8, comma, other header\n2 | 2:S1 | -: | 1:# | 4:Tag | 3:u@x.example\n1:2 repaired header-name\n\
         1:3 repaired header-name\n1:4 repaired header-name\n1 repaired header-order\n",
    );
    check(
        &format!("{HEADER},Purchase Order"),
        "S1,,#,Tag,u@x.example,PO1",
        "UTF-8, comma, other header\n2 | 1:S1 | 2: | 3:# | 4:Tag | 5:u@x.example\n\
         1:6 repaired header-column-unknown\n",
    );
    check(
        &format!("{HEADER},group tag"),
        "S1,,#,Tag,u@x.example,Other",
        "UTF-8, comma, other header\n2 | 1:S1 | 2: | 3:# | 4:Tag | 5:u@x.example\n\
         1:6 warning header-column-duplicate\n",
    );
    check(
        "Serial number,Manufacturer,Model,Group tag",
        "S1,Corvid,X1,Tag",
        "UTF-8, comma, other header\n2 | 1:S1 | -: | -: | 4:Tag | -:\n1:1 repaired header-name\n\
         1:2 repaired header-column-unknown\n1:3 repaired header-column-unknown\n1:4 repaired header-name\n\
         1 error header-column-missing\n",
    );
    check(
        "Hardware Hash,Group Tag",
        "#,Tag",
        "UTF-8, comma, other header\n2 | -: | -: | 1:# | 2:Tag | -:\n1 error header-column-missing\n",
    );
}

#[test]
fn no_header() {
    let check = |text: &str, expected: &str| assert_eq!(read(text), expected, "{text}");
    check(
        "S1,,#,Tag,u@x.example\nS2,,#,,\n",
        "UTF-8, comma, missing header\n1 | 1:S1 | 2: | 3:# | 4:Tag | 5:u@x.example\n\
         2 | 1:S2 | 2: | 3:# | 4: | 5:\n1 repaired header-missing\n",
    );
    check(
        "S1;#;u@x.example;Tag\n",
        "UTF-8, semicolon, missing header\n1 | 1:S1 | -: | 2:# | 4:Tag | 3:u@x.example\n\
         1 repaired file-delimiter\n1 repaired header-missing\n",
    );
    check(
        "#,S1\n",
        "UTF-8, comma, missing header\n1 | 2:S1 | -: | 1:# | 3: | 4:\n1 repaired header-missing\n",
    );
    check(
        "Seriennummer,Produkt,Kennung\nS1,,#\n",
        "UTF-8, comma, missing header\n2 | 1:S1 | 2: | 3:# | 4: | 5:\n1 repaired header-missing\n",
    );
    check("Corvid Systems,Magpie X1,S1\n", "UTF-8, comma, missing header\n1 error file-not-hashes\n");
    check("<html>\n<body>\n", "UTF-8, comma, missing header\n1 error file-not-hashes\n");
}

#[test]
fn encodings() {
    let text = format!("{HEADER}\r\nS1,,{},Zürich,u@x.example\r\n", hash());
    let wide = |to_bytes: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(to_bytes).collect() };
    let with = |mark: &[u8], body: &[u8]| [mark, body].concat();
    let ansi: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let check = |bytes: Vec<u8>, encoding: Encoding, mark: bool, problems: &[&str]| {
        let sheet = csv::read(&bytes);
        assert_eq!((sheet.form.encoding, sheet.form.byte_order_mark), (encoding, mark));
        let codes: Vec<&str> = sheet.problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, problems);
        assert_eq!(sheet.rows.len(), 1);
        assert_eq!(sheet.rows[0].record.group_tag, "Zürich");
        assert_eq!(sheet.rows[0].record.hardware_hash, hash());
        assert_eq!(sheet.rows[0].line, 2);
    };
    check(text.clone().into_bytes(), Encoding::Utf8, false, &["file-encoding"]);
    check(with(b"\xEF\xBB\xBF", text.as_bytes()), Encoding::Utf8, true, &["file-encoding"]);
    check(wide(u16::to_le_bytes), Encoding::Utf16Le, false, &["file-encoding"]);
    check(wide(u16::to_be_bytes), Encoding::Utf16Be, false, &["file-encoding"]);
    check(with(b"\xFF\xFE", &wide(u16::to_le_bytes)), Encoding::Utf16Le, true, &["file-encoding"]);
    check(with(b"\xFE\xFF", &wide(u16::to_be_bytes)), Encoding::Utf16Be, true, &["file-encoding"]);
    check(ansi, Encoding::Windows1252, false, &[]);
}

#[test]
fn line_breaks_and_lines() {
    let check = |line_break: &str, rows: &str, lines: &[u64]| {
        let text = format!("{HEADER}\n{rows}").replace('\n', line_break).replace('#', &hash());
        let sheet = csv::read(text.as_bytes());
        let found: Vec<u64> = sheet.rows.iter().map(|row| row.line).collect();
        assert_eq!(found, lines, "{line_break:?} {rows:?}");
        assert!(sheet.rows.iter().all(|row| row.record.serial_number.starts_with('S')));
    };
    for line_break in ["\r\n", "\n", "\r"] {
        check(line_break, "S1,,#,,\nS2,,#,,\n", &[2, 3]);
        check(line_break, "S1,,#,,\nS2,,#,,", &[2, 3]);
        check(line_break, "\n\nS1,,#,,\n\nS2,,#,,\n\n", &[4, 6]);
        check(line_break, "S1,,\"#\n#\",,\nS2,,#,,\n", &[2, 4]);
        check(line_break, "S1,,#,\"a\n\nb\",\n\nS2,,#,,\n", &[2, 6]);
    }
    let text = format!("\n  \n{HEADER}\nS1,,{},,\n", hash());
    assert_eq!(csv::read(text.as_bytes()).rows[0].line, 4);
}

#[test]
fn delimiters_and_first_lines() {
    let check = |text: &str, expected: &str| assert_eq!(read(text), expected, "{text}");
    let row = "S1,,#,Tag,u@x.example";
    let expected = |line: u64, delimiter: &str, problems: &str| {
        format!(
            "UTF-8, {delimiter}, Intune header\n{line} | 1:S1 | 2: | 3:# | 4:Tag | 5:u@x.example\n{problems}"
        )
    };
    let with = |sign: &str| format!("{HEADER}\n{row}\n").replace(',', sign);
    check(&with(";"), &expected(2, "semicolon", "1 repaired file-delimiter\n"));
    check(&with("\t"), &expected(2, "tab", "1 repaired file-delimiter\n"));
    check(
        &format!("sep=;\n{}", with(";")),
        &expected(3, "semicolon", "1 repaired file-separator-line\n2 repaired file-delimiter\n"),
    );
    check(&format!("\"sep=,\"\r\n{}", with(",")), &expected(3, "comma", "1 repaired file-separator-line\n"));
    check(
        &format!("#TYPE Selected.System.Management.ManagementObject\r\n{}", with(",")),
        &expected(3, "comma", "1 repaired file-type-line\n"),
    );
}

#[test]
fn quotes() {
    let check = |rows: &str, expected: &str| {
        assert_eq!(
            read(&format!("{HEADER}\n{rows}\n")),
            format!("UTF-8, comma, Intune header\n{expected}"),
            "{rows}"
        );
    };
    check(
        "\"S1\",\"\",\"#\",\"Tag\",\"u@x.example\"",
        "2 | 1:S1 | 2: | 3:# | 4:Tag | 5:u@x.example\n2 repaired file-quoted\n",
    );
    check("S1,,#,\"a, \"\"b\"\"\",", "2 | 1:S1 | 2: | 3:# | 4:a, \\\"b\\\" | 5:\n2 repaired file-quoted\n");
    // Not closed, in the middle: the rows after it are not lost.
    check(
        "S1,,#,Tag,\nS2,,#,\"Tag,\nS3,,#,Tag,",
        "2 | 1:S1 | 2: | 3:# | 4:Tag | 5:\n3 | 1:S2 | 2: | 3:# | 4:\\\"Tag | 5:\n\
         4 | 1:S3 | 2: | 3:# | 4:Tag | 5:\n3 repaired file-quote-unclosed\n",
    );
    check("\"S1,,#,Tag,", "2 | 1:\\\"S1 | 2: | 3:# | 4:Tag | 5:\n2 repaired file-quote-unclosed\n");
    // Two of them, which look like one pair.
    check(
        "S1,,#,\"Tag,\n\"S2\",,#,\"Tag,",
        "2 | 1:S1 | 2: | 3:# | 4:\\\"Tag | 5:\n3 | 1:S2 | 2: | 3:# | 4:\\\"Tag | 5:\n\
         2 repaired file-quote-unclosed\n",
    );
    // An inch sign is no quotation mark that opens a cell.
    check("S1,,#,17\" screen,", "2 | 1:S1 | 2: | 3:# | 4:17\\\" screen | 5:\n2 repaired file-quoted\n");
}

#[test]
fn rows() {
    let check = |rows: &str, expected: &str| {
        assert_eq!(
            read(&format!("{HEADER}\n{rows}\n")),
            format!("UTF-8, comma, Intune header\n{expected}"),
            "{rows}"
        );
    };
    let one = "2 | 1:S1 | 2: | 3:# | 4: | 5:\n";
    check("S1,,#", one);
    check("S1,,#,,,,,", one);
    check("S1,,#,,,,x", &format!("{one}2:7 error row-too-long\n"));
    check("S1,,#\n,,,,\n , ,,,\n", &format!("{one}3 repaired row-blank\n"));
    check(
        &format!("S1,,#\n{HEADER}\nS2,,#"),
        &format!("{one}4 | 1:S2 | 2: | 3:# | 4: | 5:\n3 repaired header-repeated\n"),
    );
    // Cells are as in the file: `check` trims them.
    check(" S1 ,,#,=1+1,", "2 | 1: S1  | 2: | 3:# | 4:=1+1 | 5:\n");
}

#[test]
fn no_devices() {
    let check = |bytes: &[u8], expected: &[&str]| {
        let sheet = csv::read(bytes);
        let codes: Vec<&str> = sheet.problems.iter().map(|problem| problem.code).collect();
        assert_eq!((codes.as_slice(), sheet.rows.len()), (expected, 0));
    };
    check(b"", &["file-empty"]);
    check(b" \r\n \r\n", &["file-empty"]);
    check(b"\xEF\xBB\xBF", &["file-empty"]);
    check(HEADER.as_bytes(), &["file-no-rows"]);
    check(b"PK\x03\x04\x14\0\x06\0", &["file-not-text"]);
    check(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", &["file-not-text"]);
    check(&[0, 1, 2, 3, 4, 5, 6, 7], &["file-not-text"]);
}

#[test]
fn too_many_rows() {
    let rows = |count: usize| format!("{HEADER}\n{}", "S1,,T0E=\n".repeat(count));
    let at_limit = csv::read(rows(MAX_ROWS).as_bytes());
    assert_eq!((at_limit.rows.len(), at_limit.problems.len()), (MAX_ROWS, 0));
    let beyond = csv::read(rows(MAX_ROWS + 1).as_bytes());
    assert_eq!(beyond.rows.len(), MAX_ROWS);
    let problem = &beyond.problems[0];
    assert_eq!((problem.code, problem.line), ("file-too-many-rows", Some(MAX_ROWS as u64 + 2)));

    let codes = |text: String| -> Vec<(&str, Option<u64>)> {
        csv::read(text.as_bytes()).problems.iter().map(|problem| (problem.code, problem.line)).collect()
    };
    let blank = ",\n".repeat(2 * MAX_ROWS);
    assert_eq!(
        codes(format!("{HEADER}\n{blank}")),
        [("file-too-many-rows", None), ("file-no-rows", None), ("row-blank", Some(2))]
    );
    assert_eq!(codes(format!("{HEADER}\nS1,,T0E=\n{}", ",".repeat(1_001))), [("file-not-hashes", Some(3))]);
    assert_eq!(
        codes("sep=|\n".repeat(1_000_000)),
        [("file-separator-line", Some(1)), ("file-not-hashes", Some(2))]
    );
}

fn record(cells: [&str; 5]) -> DeviceRecord {
    let [serial_number, product_key, hardware_hash, group_tag, assigned_user] = cells.map(str::to_owned);
    DeviceRecord { serial_number, product_key, hardware_hash, group_tag, assigned_user }
}

#[test]
fn the_portal_file_is_strict() {
    let written = portal_files(&[record(["S1", "", "T0E=", "Zürich", "u@x.example"])]).unwrap();
    assert_eq!(written, [[HEADER.as_bytes(), b"\r\nS1,,T0E=,Z\xFCrich,u@x.example\r\n"].concat()]);
    assert_eq!(portal_files(&[]).unwrap(), Vec::<Vec<u8>>::new());

    let many = vec![record(["S1", "", "T0E=", "", ""]); 2 * PORTAL_ROWS + 1];
    let sizes: Vec<usize> = portal_files(&many)
        .unwrap()
        .iter()
        .map(|file| file.iter().filter(|byte| **byte == b'\n').count())
        .collect();
    assert_eq!(sizes, [PORTAL_ROWS + 1, PORTAL_ROWS + 1, 2]);

    for (text, found) in [("a,b", ','), ("a\"b", '"'), ("a\nb", '\n'), ("aΩb", 'Ω')] {
        assert!(!fits_portal(found));
        let records = [record(["S1", "", "", "", ""]), record(["S2", "", "", text, ""])];
        let fault = portal_files(&records).unwrap_err();
        assert_eq!((fault.row, fault.field, fault.found), (2, Field::GroupTag, found));
    }
}

#[test]
fn the_stream_reads_back() {
    let records = [
        record(["S1", "", "T0E=", "a, \"b\"; c", "u@x.example"]),
        record([" S2 ", "3300123456789", "T0E=", "=1+1", ""]),
    ];
    let text = device_stream(&records);
    assert_eq!(
        text,
        format!(
            "{HEADER}\r\nS1,,T0E=,\"a, \"\"b\"\"; c\",u@x.example\r\n\" S2 \",3300123456789,T0E=,=1+1,\r\n"
        )
    );
    let read: Vec<DeviceRecord> = csv::read(text.as_bytes()).rows.into_iter().map(|row| row.record).collect();
    assert_eq!(read, records);
}

#[test]
fn spreadsheet_cells() {
    let check = |text: &str, expected: &str| assert_eq!(spreadsheet_cell(text), expected, "{text:?}");
    check("", "");
    check("Tag", "Tag");
    check("a=b", "a=b");
    check("=1+1", "'=1+1");
    check("+1", "'+1");
    check("-1", "'-1");
    check("@x", "'@x");
    check("\tx", "'\tx");
    check("\rx", "'\rx");
    check("  =1", "'  =1");
    check("\u{A0}=1", "'\u{A0}=1");
    check("a\n=1", "a\n'=1");
    check("a\r\n =1\r\nb", "a\r\n' =1\r\nb");
    check("＝1", "'＝1");
}

#[test]
fn a_record_shows_no_hash() {
    let shown = format!("{:?}", record(["S1", "", "T0EGBA", "Tag", ""]));
    assert!(!shown.contains("T0EGBA"), "{shown}");
    assert!(shown.contains("6 characters"), "{shown}");
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        csv::read(&bytes);
    }

    #[test]
    fn no_text_panics(text in "([\",;\t\r\n =A#S]|Serial Number|Hash|Tag|sep=|#TYPE|\u{fc}){0,60}") {
        let sheet = csv::read(text.replace('#', &hash()).as_bytes());
        let lines: Vec<u64> = sheet.rows.iter().map(|row| row.line).collect();
        prop_assert!(lines.is_sorted(), "{lines:?}");
        let last = text.chars().filter(|c| matches!(c, '\r' | '\n')).count() as u64 + 1;
        prop_assert!(lines.iter().all(|line| *line >= 1 && *line <= last), "{lines:?} {last}");
    }

    #[test]
    fn any_form_reads_to_the_same_rows(
        tags in proptest::collection::vec("[A-Za-z][A-Za-z0-9 ,;.'-]{0,20}[a-z]", 1..5),
        delimiter in prop_oneof![Just(Delimiter::Comma), Just(Delimiter::Semicolon), Just(Delimiter::Tab)],
        line_break in prop_oneof![Just("\r\n"), Just("\n"), Just("\r")],
        encoding in 0..5,
    ) {
        let sign = match delimiter { Delimiter::Comma => ',', Delimiter::Semicolon => ';', Delimiter::Tab => '\t' };
        let mut text = HEADER.replace(',', &sign.to_string()) + line_break;
        for tag in &tags {
            text += &format!("S1{sign}{sign}{}{sign}\"{tag}\"{sign}{line_break}", hash());
        }
        let wide: Vec<u16> = text.encode_utf16().collect();
        let bytes: Vec<u8> = match encoding {
            0 => text.into_bytes(),
            1 => ["\u{FEFF}".as_bytes(), text.as_bytes()].concat(),
            2 => wide.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
            3 => wide.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            _ => [0xFEFF].iter().chain(&wide).flat_map(|unit| unit.to_le_bytes()).collect(),
        };
        let sheet = csv::read(&bytes);
        prop_assert_eq!(sheet.form.delimiter, delimiter);
        let read: Vec<String> = sheet.rows.iter().map(|row| row.record.group_tag.clone()).collect();
        prop_assert_eq!(read, tags);
        prop_assert!(sheet.rows.iter().zip(2..).all(|(row, line)| row.line == line));
    }
}
