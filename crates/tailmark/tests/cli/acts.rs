//! Acts on many: by ids, from stdin, by a condition; asked about, tried dry, reported one by one.

use serde_json::{Value, json};

use super::{Desk, Ran, SERIALS, Service, devices};

/// A service with five devices, and their ids in the order of their serial numbers.
fn with_devices() -> (Service, Vec<String>) {
    let service = Service::start();
    service.desk.file("devices.csv", devices(&SERIALS));
    service.import(&["-q"]).ends(0);
    let ids = list(&service, "[].id");
    (service, serde_json::from_value(ids).unwrap())
}

fn list(service: &Service, query: &str) -> Value {
    service.desk.run(&["devices", "list", "--orderby", "serialNumber", "--query", query]).ends(0).json()
}

fn results(ran: &Ran) -> Vec<(Value, Value)> {
    ran.json().as_array().unwrap().iter().map(|row| (row["id"].clone(), row["result"].clone())).collect()
}

/// The service is not even asked: nobody listens there.
#[test]
fn without_a_terminal_nothing_is_destroyed_that_nobody_said_yes_to() {
    let desk = Desk::new();
    for set in ["uploads", "devices", "imported"] {
        desk.run(&[set, "delete", "8d639524"]).ends(2).says("--yes");
        desk.run(&[set, "delete", "--filter", "id ne ''"]).ends(2).says("--yes");
        desk.run_with_input(&[set, "delete", "-"], "8d639524\n").ends(2).says("--yes");
    }
    let by_filter = ["--filter", "groupTag eq 'Sales'"];
    desk.run(&[&["devices", "update", "--group-tag", "x"], &by_filter[..]].concat()).ends(2).says("--yes");
    desk.run(&[&["devices", "unassign-user"], &by_filter[..]].concat()).ends(2).says("--yes");
    desk.run(&["devices", "delete", "--yes"]).ends(2).says("ID");
    desk.run(&["devices", "delete", "x", "--filter", "y", "--yes"]).ends(2);
    desk.run(&["devices", "update", "x"]).ends(2).says("--group-tag");
    desk.run(&["devices", "assign-user", "x"]).ends(2).says("--user");
    desk.run_with_input(&["devices", "delete", "--yes", "-"], "FK-0001\tFabrikam\t1\n").ends(2).says("[].id");
}

#[test]
fn deletions_by_id_from_stdin_and_by_condition() {
    let (service, ids) = with_devices();
    let desk = &service.desk;
    let [first, second, third, ..] = &ids[..] else { panic!("{ids:?}") };

    let dry =
        desk.run(&["devices", "delete", first, "nothing", "--dry-run"]).ends(3).says("1 would be deleted");
    assert_eq!(
        results(&dry),
        [(json!(first), json!("would be deleted")), (json!("nothing"), json!("not found"))]
    );
    let filter = "contains(serialNumber,'FK-000')";
    let dry = desk.run(&["devices", "delete", "--filter", filter, "--dry-run"]).ends(0).json();
    assert_eq!(dry.as_array().unwrap().len(), 5);
    assert_eq!(dry[0]["result"], "would be deleted");
    assert_eq!(list(&service, "length(@)"), 5, "a dry run changes nothing");

    // Once each, however often they are named.
    let stdin = format!("{first}\n\n{first}\r\nnothing\n");
    let ran = desk.run_with_input(&["devices", "delete", "--yes", "-"], &stdin).ends(3).says("1 not found");
    assert_eq!(results(&ran), [(json!(first), json!("deleted")), (json!("nothing"), json!("not found"))]);
    let ran = desk.run(&["devices", "delete", "--yes", second, third]).ends(0).says("2 deleted");
    assert_eq!(ran.json().as_array().unwrap().len(), 2);
    let ran = desk.run(&["devices", "delete", "--filter", filter, "--yes", "-o", "tsv"]).ends(0);
    assert!(ran.out.starts_with("FK-0004\t") && ran.out.lines().count() == 2, "{ran:#?}");
    desk.run(&["devices", "delete", "--filter", filter, "--yes"]).ends(0).says("none");
    assert_eq!(list(&service, "[]"), json!([]));

    let uploads = desk.run(&["uploads", "list", "--query", "[].id", "-o", "json"]).ends(0);
    desk.run_with_input(&["uploads", "delete", "--yes", "-"], &uploads.out).ends(0).says("1 deleted");
    desk.run(&["imported", "list", "--query", "length(@)", "-o", "tsv"]).ends(0).prints("0\n");
    desk.run(&["imported", "delete", "nothing", "--yes"]).ends(3);
    desk.run(&["devices", "delete", "--filter", "colour eq 'red'", "--yes"]).ends(1).says("colour");
}

#[test]
fn devices_are_changed_and_what_is_not_named_stays() {
    let (service, ids) = with_devices();
    let desk = &service.desk;
    let facts = "[].[groupTag, displayName, userPrincipalName]";
    desk.run(&["devices", "update", &ids[0], "--group-tag", "New", "--dry-run"])
        .ends(0)
        .says("would be updated");
    assert_eq!(list(&service, facts)[0], json!(["Sales", "", ""]));
    desk.run(&["devices", "update", &ids[0], "--group-tag", "New", "--display-name", "N-1"]).ends(0);
    desk.run(&["devices", "assign-user", &ids[0], &ids[1], "--user", "ada@contoso.example"]).ends(0);
    assert_eq!(list(&service, facts)[0], json!(["New", "N-1", "ada@contoso.example"]));
    desk.run(&["devices", "update", &ids[0], "--group-tag", ""]).ends(0);
    assert_eq!(list(&service, facts)[0], json!(["", "N-1", "ada@contoso.example"]));
    let filter = ["--filter", "userPrincipalName eq 'ada@contoso.example'"];
    let ran = desk.run(&[&["devices", "unassign-user", "--yes"], &filter[..]].concat()).ends(0);
    assert_eq!(ran.json().as_array().unwrap().len(), 2);
    assert_eq!(list(&service, "[].userPrincipalName"), json!(["", "", "", "", ""]));

    let ran = desk.run(&["devices", "update", &ids[0], "nothing", "--group-tag", "A"]).ends(3);
    assert_eq!(ran.json()[1]["result"], "not found");
    let long = "x".repeat(3000);
    let ran = desk.run(&["devices", "update", &ids[0], "--group-tag", &long]).ends(5).says("1 failed");
    assert!(ran.json()[0]["problem"].as_str().unwrap().contains("2048"), "{ran:#?}");
}

/// What would be refused for everybody is tried once.
#[test]
fn an_act_stops_where_nobody_is_signed_in() {
    let (mut service, ids) = with_devices();
    service.desk.token = Some("eyJhbGciOiJub25lIn0.e30.".to_owned());
    let many: Vec<_> = (0..20).map(|number| format!("{number}\n")).collect();
    let input = format!("{}\n{}", ids[0], many.concat());
    let ran = service.desk.run_with_input(&["devices", "delete", "--yes", "-"], &input).ends(4);
    assert_eq!(results(&ran).last().unwrap().1, "not tried");
}

#[test]
fn a_synchronisation_is_begun_awaited_and_too_soon() {
    let service = Service::start();
    let desk = &service.desk;
    assert_eq!(desk.run(&["devices", "sync", "--dry-run"]).ends(0).json()["syncStatus"], "unknown");
    let done = desk.run(&["devices", "sync", "--wait", "--timeout", "60s"]).ends(0).json();
    assert_eq!(done["syncStatus"], "completed");
    desk.run(&["devices", "sync"]).ends(8).says("429");
}

#[test]
fn several_are_waited_for_with_progress_on_stderr() {
    let (service, ids) = with_devices();
    let desk = &service.desk;
    desk.file("again.csv", devices(&SERIALS[..2]));
    desk.file("more.csv", devices(&["FK-0006", "FK-0007"]));
    let upload = |file: &str| {
        let report = desk.run(&["import", file, "--no-wait"]).ends(0).json();
        report["uploads"][0].as_str().unwrap().to_owned()
    };
    let (again, more) = (upload("again.csv"), upload("more.csv"));
    let ran = desk.run(&["uploads", "wait", &more, &again, "--timeout", "60s"]).ends(5);
    let report = ran.json();
    assert_eq!((&report["complete"], &report["error"]), (&json!(2), &json!(2)));
    assert_eq!(report["files"][0]["file"], json!(more));
    let ran = ran
        .says(&format!("{more}: 2 of 2, 2 complete"))
        .says(&format!("{again}: 0 of 2 devices complete, 2 failed"));
    assert!(!ran.out.contains("of 2, "), "progress is for stderr");
    desk.run_with_input(&["uploads", "wait", "-", "--timeout", "60s"], &format!("{more}\n")).ends(0);
    desk.run(&["uploads", "wait", &more, "nothing"]).ends(3);
    let shown = desk.run(&["devices", "wait", &ids[0], &ids[1], "--query", "[].serialNumber"]).ends(0).json();
    assert_eq!(shown, json!(["FK-0001", "FK-0002"]));
    desk.run(&["devices", "wait", &ids[0], "nothing", "--timeout", "0s"]).ends(7).says("nothing");
}
