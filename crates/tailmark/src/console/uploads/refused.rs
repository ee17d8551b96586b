//! Why devices of an upload were refused: each code once, with cause and remedy, and its devices below.

use autopilot::rejection::Rejection;
use serde_json::Value;

use super::super::api::{Api, UPLOADS, address, entity, literal, text};
use super::super::refusal::Refusal;
use crate::catalogue;

/// Codes on a page.
const CODES: usize = 20;
/// Devices of a code on a page.
const SHOWN: usize = 100;

/// What the devices were refused for.
pub struct Group {
    /// `deviceErrorCode`
    pub code: i64,
    /// `deviceErrorName`
    pub name: String,
    /// Where more is said about it.
    pub help: Option<String>,
    /// How it mostly comes about.
    pub cause: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
    /// How many devices were.
    pub count: u64,
    /// The first of them.
    pub rows: Vec<Row>,
}

/// A refused device.
pub struct Row {
    /// Its line in the file; empty where that is not known.
    pub line: String,
    /// Its serial number.
    pub serial_number: String,
    /// Its group tag.
    pub group_tag: String,
    /// Its user.
    pub user: String,
}

/// What the devices of an upload were refused for, the most frequent first. Lines are not filled in.
///
/// # Errors
/// The API's refusal.
pub async fn groups(api: &Api, id: &str) -> Result<Vec<Group>, Refusal> {
    let devices = format!("{}/deviceIdentities", entity(UPLOADS, id));
    let apply = format!(
        "filter({})/groupby((state/deviceErrorCode,state/deviceErrorName),aggregate($count as number))",
        super::FAILED
    );
    let mut groups = Vec::new();
    for group in api.all(&address(&devices, &[("$apply", &apply)]), CODES).await? {
        let code = group.pointer("/state/deviceErrorCode").and_then(Value::as_i64).unwrap_or_default();
        let name = text(&group, "/state/deviceErrorName");
        let filter = format!(
            "{} and state/deviceErrorCode eq {code} and state/deviceErrorName eq {}",
            super::FAILED,
            literal(name)
        );
        let select = "id,serialNumber,groupTag,assignedUserPrincipalName";
        let records =
            api.all(&address(&devices, &[("$filter", &filter), ("$select", select)]), SHOWN).await?;
        let by_code = || Rejection::by_code(i32::try_from(code).unwrap_or_default()).next();
        let rejection = Rejection::by_name(name).or_else(by_code);
        groups.push(Group {
            code,
            name: name.to_owned(),
            help: rejection.and_then(|rejection| catalogue::address(rejection.name())),
            cause: rejection.map_or("This code is not published.", Rejection::cause),
            remedy: rejection.map_or("Ask who runs the service.", Rejection::remedy),
            count: group.get("number").and_then(Value::as_u64).unwrap_or_default(),
            rows: records.iter().map(row).collect(),
        });
    }
    groups.sort_by_key(|group| (u64::MAX - group.count, group.code));
    Ok(groups)
}

fn row(record: &Value) -> Row {
    Row {
        line: String::new(),
        serial_number: text(record, "/serialNumber").to_owned(),
        group_tag: text(record, "/groupTag").to_owned(),
        user: text(record, "/assignedUserPrincipalName").to_owned(),
    }
}
