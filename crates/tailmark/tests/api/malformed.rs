//! Malformed hash files, one mistake each: the console, the command line and `/_tailmark/check` say the same of each,
//! line by line, and what is left of it after that is what the service takes.

use std::fs;
use std::process::{Command, Stdio};

use autopilot::csv::{self, Field};
use autopilot::model::{READ, READ_WRITE};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::support::{Browser, Caller, TestApp, hash};
use crate::{IMPORTED, UPLOADS};

const HEADER: &str = "Device Serial Number,Windows Product ID,Hardware Hash,Group Tag,Assigned User";
const CHECK: &str = "/_tailmark/check";

/// A file with one mistake.
struct File {
    name: &'static str,
    bytes: Vec<u8>,
}

/// Makes files; each has machines that no other file has.
#[derive(Default)]
struct Generator {
    files: Vec<File>,
}

impl Generator {
    /// The serial number of a machine of the file that is being made.
    fn serial(&self, number: usize) -> String {
        format!("M{:02}N{number:03}", self.files.len())
    }

    /// A good row.
    fn row(&self, number: usize) -> String {
        let serial = self.serial(number);
        format!("{serial},,{},Sales,amara@contoso.example", hash(&serial))
    }

    fn bytes(&mut self, name: &'static str, bytes: impl Into<Vec<u8>>) {
        self.files.push(File { name, bytes: bytes.into() });
    }

    /// These lines, as they are.
    fn lines(&mut self, name: &'static str, lines: &[String]) {
        self.bytes(name, lines.iter().map(|line| format!("{line}\r\n")).collect::<String>());
    }

    /// A good file, changed as a whole.
    fn whole(&mut self, name: &'static str, change: impl FnOnce(String) -> Vec<u8>) {
        let text = format!("{HEADER}\r\n{}\r\n{}\r\n", self.row(1), self.row(2));
        self.bytes(name, change(text));
    }

    /// A good file with another header.
    fn header(&mut self, name: &'static str, header: &str) {
        self.whole(name, |text| text.replace(HEADER, header).into_bytes());
    }

    /// A good file of which one cell of the second row is changed.
    fn cell(&mut self, name: &'static str, column: usize, change: impl FnOnce(&str) -> String) {
        let good = self.row(2);
        let mut cells: Vec<&str> = good.split(',').collect();
        let changed = change(cells[column]);
        cells[column] = &changed;
        let lines = [HEADER.to_owned(), self.row(1), cells.join(","), self.row(3)];
        self.lines(name, &lines);
    }

    /// A good file of which the second row's hash is of other bytes.
    fn report(&mut self, name: &'static str, change: impl FnOnce(&mut Vec<u8>)) {
        self.cell(name, 2, |hash| {
            let mut bytes = BASE64_STANDARD.decode(hash).unwrap();
            change(&mut bytes);
            BASE64_STANDARD.encode(bytes)
        });
    }
}

fn generated() -> Vec<File> {
    let mut it = Generator::default();
    headers(&mut it);
    forms(&mut it);
    serial_numbers(&mut it);
    hashes(&mut it);
    other_cells(&mut it);
    no_hash_files(&mut it);
    it.files
}

fn headers(it: &mut Generator) {
    it.header("header in small letters", &HEADER.to_lowercase());
    it.header("a column by another name", &HEADER.replace("Device Serial Number", "Serial No"));
    it.header("a column twice", &HEADER.replace("Assigned User", "Group Tag"));
    it.whole("no header", |text| text.split_once("\r\n").unwrap().1.into());
    it.whole("the column of the hash is missing", |text| text.replace(",Hardware Hash", ",Comment").into());
    it.whole("one column more", |text| {
        let lines =
            text.lines().map(|line| format!("{line},{}\r\n", if line == HEADER { "Room" } else { "7" }));
        lines.collect::<String>().into()
    });
    it.whole("the columns in another order", |text| {
        let turned = |line: &str| line.rsplit(',').collect::<Vec<_>>().join(",") + "\r\n";
        text.lines().map(turned).collect::<String>().into()
    });
    it.header("the group tag's old name", &HEADER.replace("Group Tag", "OrderID"));
    it.header(
        "Partner Center's columns",
        &HEADER.replace("Group Tag,Assigned User", "Manufacturer name,Device model"),
    );
    let lines = [HEADER.to_owned(), it.row(1), HEADER.to_owned(), it.row(2)];
    it.lines("two files put together", &lines);
}

fn forms(it: &mut Generator) {
    it.whole("semicolons", |text| text.replace(',', ";").into());
    it.whole("tabs", |text| text.replace(',', "\t").into());
    it.whole("a line for spreadsheets", |text| format!("sep=,\r\n{text}").into());
    it.whole("a line of PowerShell's", |text| format!("#TYPE Selected.Object\r\n{text}").into());
    it.whole("quotation marks", |text| {
        let quoted = |line: &str| format!("\"{}\"\r\n", line.replace(',', "\",\""));
        text.lines().map(quoted).collect::<String>().into()
    });
    it.cell("a quotation mark that nothing closes", 3, |tag| format!("\"{tag}"));
    it.whole("a byte order mark", |text| format!("\u{feff}{text}").into());
    it.whole("UTF-16", |text| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect());
    it.whole("UTF-16 without a mark", |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    it.whole("CR alone at the ends of lines", |text| text.replace("\r\n", "\r").into());
    it.whole("rows without text", |text| format!("{text},,,,\r\n,,,,\r\n").into());
}

fn serial_numbers(it: &mut Generator) {
    it.cell("no serial number", 0, |_| String::new());
    let unnamed = ["Default string", "", &hash("Default string"), "Sales", ""].join(",");
    let lines = [HEADER.to_owned(), it.row(1), unnamed];
    it.lines("a placeholder for a serial number", &lines);
    it.cell("a serial number that became a number", 0, |_| "1.23457E+11".to_owned());
    let lines = [HEADER.to_owned(), it.row(1), format!("34718265,,{},,", hash("0034718265"))];
    it.lines("zeros that were lost", &lines);
    it.cell("another machine's serial number", 0, |_| "OTHER42".to_owned());
    it.cell("a serial number that is too long", 0, |_| "A1".repeat(129));
    it.cell("blanks around a serial number", 0, |serial| format!(" {serial} "));
    it.cell("an apostrophe before a serial number", 0, |serial| format!("'{serial}"));
    let lines = [HEADER.to_owned(), it.row(1), it.row(2), it.row(1)];
    it.lines("a device twice", &lines);
    let (first, serial) = (it.row(1), it.serial(1));
    let lines = [HEADER.to_owned(), first, format!("{serial},3300123456789,,,")];
    it.lines("two devices with one serial number", &lines);
}

fn hashes(it: &mut Generator) {
    it.cell("no hash", 2, |_| String::new());
    it.cell("a hash that was cut", 2, |hash| hash[..200].to_owned());
    it.cell("a hash without padding", 2, |hash| hash[..3_998].to_owned());
    it.cell("a hash encoded twice", 2, |hash| BASE64_STANDARD.encode(hash));
    it.cell("a hash with a wrong character", 2, |hash| format!("{}*{}", &hash[..3], &hash[4..]));
    it.cell("a line break in a hash", 2, |hash| format!("\"{}\r\n{}\"", &hash[..2_000], &hash[2_000..]));
    it.cell("something else in place of a hash", 2, |_| BASE64_STANDARD.encode("not a report on a machine"));
    it.report("a hash with another checksum", |bytes| bytes[20] ^= 1);
    it.report("a hash with bytes behind it", |bytes| bytes.extend(b"OA"));
}

fn other_cells(it: &mut Generator) {
    it.cell("a group tag that is too long", 3, |_| "x".repeat(2_049));
    it.cell("a delimiter in a group tag", 3, |tag| format!("{tag}, Berlin"));
    it.cell("a formula in a group tag", 3, |_| "=1+1".to_owned());
    it.cell("a group tag that ANSI does not have", 3, |_| "Αθήνα".to_owned());
    it.cell("U+0000 in a group tag", 3, |tag| format!("{tag}\0"));
    it.cell("CR alone in a cell", 3, |tag| format!("\"{tag}\rBerlin\""));
    it.cell("a display name for a user", 4, |_| "Amara Okafor".to_owned());
    it.cell("no product key", 1, |_| "Windows 11 Pro".to_owned());
    it.whole("hash and serial number swapped", |text| {
        let mut lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        lines[2].swap(0, 2);
        lines.iter().map(|cells| cells.join(",") + "\r\n").collect::<String>().into()
    });
    let rows = (0..501).map(|number| it.row(number));
    let lines: Vec<String> = [HEADER.to_owned()].into_iter().chain(rows).collect();
    it.lines("501 rows", &lines);
}

fn no_hash_files(it: &mut Generator) {
    it.bytes("nothing", "");
    it.bytes("a header and nothing else", format!("{HEADER}\r\n"));
    it.bytes("bytes", (0..=255).collect::<Vec<u8>>());
    it.bytes("a workbook", b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml".to_vec());
    it.bytes("a web page", "<!DOCTYPE html>\r\n<html>\r\n<body>Sign in</body>\r\n</html>\r\n");
}

/// Line, column, severity, code.
type Finding = (Option<u64>, Option<u64>, String, String);

fn findings(problems: &Value) -> Vec<Finding> {
    let text = |problem: &Value, name: &str| problem[name].as_str().unwrap().to_owned();
    let finding = |problem: &Value| {
        let (line, column) = (problem["line"].as_u64(), problem["column"].as_u64());
        (line, column, text(problem, "severity"), text(problem, "code"))
    };
    let mut findings: Vec<_> = problems.as_array().unwrap().iter().map(finding).collect();
    findings.sort();
    findings
}

/// What the table of a page shows.
fn findings_of_page(page: &str) -> Vec<Finding> {
    let table =
        page.split_once("id=\"problems\"").map_or("", |(_, rest)| rest.split("</table>").next().unwrap());
    let between = |text: &str, start: &str, end: &str| {
        text.split_once(start).unwrap().1.split_once(end).unwrap().0.to_owned()
    };
    let finding = |row: &str| {
        let column = between(row, "</td><td>", "</td>");
        let column = column.split(',').next().and_then(|number| number.parse().ok());
        let line = between(row, "<td class=\"right\">", "</td>").parse().ok();
        (line, column, row.split('"').next().unwrap().to_owned(), between(row, "<code>", "</code>"))
    };
    let mut findings: Vec<_> = table.split("<span class=\"state ").skip(1).map(finding).collect();
    findings.sort();
    findings
}

/// `tailmark check FILE -o json`
fn by_command(folder: &std::path::Path, file: &File) -> Value {
    let path = folder.join("file.csv");
    fs::write(&path, &file.bytes).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tailmark"));
    let output = command.arg("check").arg(path).args(["-o", "json"]).stdin(Stdio::null()).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What becomes of the rows with errors where they are sent as they are.
async fn outcomes(app: &TestApp, file: &File, findings: &[Finding]) -> Vec<String> {
    let is_bad =
        |line: u64| findings.iter().any(|(at, _, severity, _)| *at == Some(line) && severity == "error");
    let rows = csv::read(&file.bytes).rows;
    let mut outcomes = Vec::new();
    for row in rows.iter().filter(|row| is_bad(row.line)) {
        let texts = Field::ALL.map(|field| (field.property().to_owned(), row.record.text(field)));
        let given = texts.into_iter().filter(|(_, text)| !text.is_empty());
        let body: Map<String, Value> = given.map(|(name, text)| (name, text.into())).collect();
        let answer = app.post(&format!("/beta/deviceManagement/{IMPORTED}"), &Value::Object(body)).await;
        if answer.status != 201 {
            outcomes.push(format!("{} {}", answer.status, answer.code()));
            continue;
        }
        app.settled().await;
        let state = app.get(&format!("/beta/deviceManagement/{IMPORTED}/{}", answer.id())).await;
        let state = state.expect(200).json()["state"].clone();
        outcomes.push(match state["deviceImportStatus"].as_str() {
            Some("complete") => "taken".to_owned(),
            _ => format!("{} {}", state["deviceErrorCode"], state["deviceErrorName"].as_str().unwrap()),
        });
    }
    outcomes
}

#[tokio::test]
async fn console_command_line_and_api_say_the_same() {
    let (app, mut browser) = Browser::signed_in().await;
    let folder = tempfile::tempdir().unwrap();
    let files = generated();
    assert!(files.len() >= 40, "{}", files.len());
    let mut said = Vec::new();
    for file in &files {
        let page = browser.send_file("/console/import", "file.csv", &file.bytes).await;
        page.shows(&["Check file.csv"]);
        let answer = app.ask("POST", CHECK).header("content-type", "text/csv").bytes(&file.bytes).await;
        let answer = answer.expect(200).json();
        let by_api = findings(&answer["problems"]);
        let by_command = by_command(folder.path(), file);
        assert_eq!(findings(&by_command), by_api, "{}: command line, API", file.name);
        assert_eq!(findings_of_page(&page.text), by_api, "{}: console, API", file.name);
        // Every word is the same, not the codes alone.
        let words = |problems: &Value| {
            let texts = |problem: &Value| (problem["message"].clone(), problem["fix"].clone());
            problems.as_array().unwrap().iter().map(texts).collect::<Vec<_>>()
        };
        assert_eq!(words(&by_command), words(&answer["problems"]), "{}", file.name);

        // What the page offers to import is what the service takes.
        let start = format!("{}/start", page.path());
        if page.text.contains(&format!("\"{start}\"")) {
            let upload = browser.post(&start, &[]).await;
            upload.shows(&["Upload "]);
            app.settled().await;
            browser.get(&upload.path()).await.shows(&["Complete"]);
            let id = upload.path().rsplit('/').next().unwrap().to_owned();
            let upload = app.get(&format!("/beta/deviceManagement/{UPLOADS}/{id}")).await.expect(200).json();
            assert_eq!(upload["value"]["status"], "complete", "{}", file.name);
        }
        said.push(file.name.to_owned());
        for (line, column, severity, code) in &by_api {
            let number = |number: &Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
            said.push(format!("  {}:{} {severity} {code}", number(line), number(column)));
        }
        said.extend(
            outcomes(&app, file, &by_api).await.into_iter().map(|outcome| format!("  sent: {outcome}")),
        );
    }
    insta::assert_snapshot!(said.join("\n"), @"
    header in small letters
      1:1 repaired header-name
      1:2 repaired header-name
      1:3 repaired header-name
      1:4 repaired header-name
      1:5 repaired header-name
    a column by another name
      1:1 repaired header-name
    a column twice
      1:5 warning header-column-duplicate
    no header
      1:- repaired header-missing
    the column of the hash is missing
      1:- repaired header-order
      1:3 repaired header-column-unknown
      2:- error hash-missing
      3:- error hash-missing
      sent: taken
      sent: taken
    one column more
      1:6 repaired header-column-unknown
    the columns in another order
      1:- repaired header-order
    the group tag's old name
      1:4 repaired header-order-id
    Partner Center's columns
      1:4 repaired header-partner-center
    two files put together
      3:- repaired header-repeated
    semicolons
      1:- repaired file-delimiter
    tabs
      1:- repaired file-delimiter
    a line for spreadsheets
      1:- repaired file-separator-line
    a line of PowerShell's
      1:- repaired file-type-line
    quotation marks
      1:- repaired file-quoted
    a quotation mark that nothing closes
      3:- repaired file-quote-unclosed
      3:4 repaired cell-quoted
    a byte order mark
      -:- repaired file-encoding
    UTF-16
      -:- repaired file-encoding
    UTF-16 without a mark
      -:- repaired file-encoding
    CR alone at the ends of lines
    rows without text
      4:- repaired row-blank
    no serial number
      3:1 error serial-missing
      sent: taken
    a placeholder for a serial number
      3:1 warning serial-placeholder
    a serial number that became a number
      3:1 error serial-scientific
      sent: taken
    zeros that were lost
      3:1 warning serial-leading-zeros
    another machine's serial number
      3:1 warning serial-mismatch
    a serial number that is too long
      3:1 error serial-too-long
      sent: 400 BadRequest
    blanks around a serial number
      3:1 repaired cell-blanks
    an apostrophe before a serial number
      3:1 repaired cell-apostrophe
    a device twice
      4:3 error device-duplicate
      sent: 806 ZtdDeviceAlreadyAssigned
    two devices with one serial number
      3:1 warning serial-duplicate
      3:3 warning hash-missing
    no hash
      3:3 error hash-missing
      sent: taken
    a hash that was cut
      3:3 error hash-truncated
      sent: 802 InvalidZtdHardwareHash
    a hash without padding
      3:3 repaired hash-not-padded
    a hash encoded twice
      3:3 repaired hash-encoded-twice
    a hash with a wrong character
      3:3 error hash-not-base64
      sent: 400 BadRequest
    a line break in a hash
      3:- repaired file-quoted
      3:3 repaired hash-blanks
    something else in place of a hash
      3:3 error hash-not-a-report
      sent: 802 InvalidZtdHardwareHash
    a hash with another checksum
      3:3 error hash-checksum-mismatch
      sent: 802 InvalidZtdHardwareHash
    a hash with bytes behind it
      3:3 error hash-bytes-after-checksum
      sent: 802 InvalidZtdHardwareHash
    a group tag that is too long
      3:4 error group-tag-too-long
      sent: 400 BadRequest
    a delimiter in a group tag
      3:5 error assigned-user-shape
      3:5 repaired cell-blanks
      3:6 error row-too-long
      sent: taken
    a formula in a group tag
      3:4 warning cell-formula-start
    a group tag that ANSI does not have
      -:- repaired file-encoding
      3:4 warning cell-not-ansi
    U+0000 in a group tag
      3:4 error cell-control-character
      sent: 400 BadRequest
    CR alone in a cell
      3:- repaired file-quoted
      3:4 error cell-control-character
      sent: taken
    a display name for a user
      3:5 error assigned-user-shape
      sent: taken
    no product key
      3:2 warning product-key-shape
    hash and serial number swapped
      3:1 error columns-swapped
      sent: 400 BadRequest
    501 rows
      502:- warning rows-over-500
    nothing
      -:- error file-empty
    a header and nothing else
      -:- error file-no-rows
    bytes
      -:- error file-not-text
    a workbook
      -:- error file-not-text
    a web page
      1:- error file-not-hashes
    ");
}

#[tokio::test]
async fn a_file_is_checked_for_those_who_may_read() {
    let app = TestApp::start().await;
    let file = format!("{HEADER}\r\nS1,,T0E*,,\r\n");
    let ask = |kind: &str| app.ask("POST", CHECK).header("content-type", kind).bytes(file.as_bytes());
    let answer = ask("text/csv; charset=utf-8").await.expect(200);
    assert_eq!(answer.header("content-type"), "application/json");
    answer.assert_common_headers();
    let found = answer.json();
    assert_eq!(
        json!([found["devices"], found["errors"], found["warnings"], found["repaired"], found["omitted"]]),
        json!([1, 1, 0, 0, 0])
    );
    insta::assert_snapshot!(found["problems"][0].to_string(), @r#"{"line":2,"column":3,"columnName":"Hardware Hash","severity":"error","code":"hash-not-base64","message":"the hash is not Base64: character 4 is \"*\", which is not Base64","fix":"Capture the hash on the device again, and keep the file out of spreadsheets."}"#);
    for caller in [Caller::user(&[READ]), Caller::application(&[READ]), Caller::application(&[READ_WRITE])] {
        ask("text/csv").by(&caller).await.expect(200);
    }
    app.ask("POST", CHECK).bytes(file.as_bytes()).await.expect(200);
    ask("text/csv").by_nobody().await.expect(401).assert_is_error();
    ask("text/csv").by(&Caller::user(&["openid"])).await.expect(403).assert_is_error();
    let wrong = ask("application/json").await.expect(415);
    wrong.assert_is_error();
    assert!(wrong.message().contains("'text/csv'"), "{}", wrong.text);
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let refused = app.ask(method.as_str(), CHECK).await.expect(405);
        assert_eq!(refused.header("allow"), "POST");
    }
    assert!(app.everything().await.is_empty());

    let small = TestApp::with(|config| config.http.max_body = 100).await;
    small.ask("POST", CHECK).bytes(&[b'x'; 101]).await.expect(413).assert_is_error();

    // Of a file with more problems than anybody reads there are the first ones.
    let rows = "x,,,,\r\n".repeat(11_000);
    let long =
        app.ask("POST", CHECK).bytes(format!("{HEADER}\r\n{rows}").as_bytes()).await.expect(200).json();
    let (shown, omitted) = (long["problems"].as_array().unwrap().len(), long["omitted"].as_u64().unwrap());
    assert!(shown == 10_000 && omitted > 1_000, "{shown} {omitted}");
}
