//! Which columns a table of devices, uploads or problems has, and how any JSON becomes rows.
//!
//! Each kind of result has its columns in the order that administrators know from the portal. What has no
//! kind (the result of `--query`) gets a column for every member in order of appearance, nested members as
//! `state.deviceImportStatus`.

use serde_json::Value;

use super::cell;

/// What a result is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// windowsAutopilotDeviceIdentities
    Devices,
    /// importedWindowsAutopilotDeviceIdentities
    Imported,
    /// importedWindowsAutopilotDeviceIdentityUploads
    Uploads,
    /// What `check` found.
    Problems,
    /// Devices that an import could not register.
    Failures,
    /// Devices of an import with their outcome, for the demonstration.
    Outcomes,
    /// Decoded hardware hashes.
    Hashes,
    /// Error codes.
    Rejections,
    /// What became of each entity that a command acted on.
    Acts,
    /// Anything else.
    Plain,
}

/// A heading and the path of the member under it; paths are separated by dots.
type Column = (&'static str, &'static str);

const DEVICES: &[Column] = &[
    ("Serial number", "serialNumber"),
    ("Manufacturer", "manufacturer"),
    ("Model", "model"),
    ("Group tag", "groupTag"),
    ("Profile status", "deploymentProfileAssignmentStatus"),
    ("Assigned user", "userPrincipalName"),
    ("Enrollment", "enrollmentState"),
    ("Id", "id"),
];
const IMPORTED: &[Column] = &[
    ("Serial number", "serialNumber"),
    ("Group tag", "groupTag"),
    ("Assigned user", "assignedUserPrincipalName"),
    ("State", "state.deviceImportStatus"),
    ("Code", "state.deviceErrorCode"),
    ("Error", "state.deviceErrorName"),
    ("Id", "id"),
];
const UPLOADS: &[Column] = &[("Id", "id"), ("Created", "createdDateTimeUtc"), ("Status", "status")];
const PROBLEMS: &[Column] = &[
    ("File", "file"),
    ("Line", "line"),
    ("Column", "column"),
    ("Severity", "severity"),
    ("Code", "code"),
    ("Problem", "message"),
    ("Fix", "fix"),
];
const FAILURES: &[Column] = &[
    ("File", "file"),
    ("Line", "line"),
    ("Serial number", "serialNumber"),
    ("Code", "code"),
    ("Name", "name"),
    ("Meaning", "meaning"),
];
const OUTCOMES: &[Column] = &[
    ("Serial number", "serialNumber"),
    ("Manufacturer", "manufacturer"),
    ("Model", "model"),
    ("Group tag", "groupTag"),
    ("Assigned user", "assignedUserPrincipalName"),
    ("State", "state"),
    ("Error", "error"),
];
const HASHES: &[Column] = &[
    ("Line", "line"),
    ("Serial number", "serialNumber"),
    ("Manufacturer", "manufacturer"),
    ("Model", "model"),
    ("UUID", "smbiosUuid"),
    ("Product key", "productKeyId"),
    ("Valid", "valid"),
    ("Problems", "problems"),
];
const REJECTIONS: &[Column] =
    &[("Code", "code"), ("Name", "name"), ("Met at", "occasion"), ("Meaning", "meaning")];

const ACTS: &[Column] =
    &[("Serial number", "serialNumber"), ("Id", "id"), ("Result", "result"), ("Problem", "problem")];

impl Kind {
    fn columns(self) -> Option<&'static [Column]> {
        match self {
            Kind::Devices => Some(DEVICES),
            Kind::Imported => Some(IMPORTED),
            Kind::Uploads => Some(UPLOADS),
            Kind::Problems => Some(PROBLEMS),
            Kind::Failures => Some(FAILURES),
            Kind::Outcomes => Some(OUTCOMES),
            Kind::Hashes => Some(HASHES),
            Kind::Rejections => Some(REJECTIONS),
            Kind::Acts => Some(ACTS),
            Kind::Plain => None,
        }
    }
}

/// A result as text in rows. Without headings the rows have no names: an array of arrays.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The headings, if the columns have names.
    pub headings: Vec<String>,
    /// The cells, row by row.
    pub cells: Vec<Vec<String>>,
}

impl Rows {
    /// The columns of a kind; those that are empty in every row are left out, and so is
    /// the file where all rows are of one.
    pub fn of_kind(value: &Value, kind: Kind) -> Rows {
        let Some(columns) = kind.columns() else { return Rows::of_members(value) };
        let entities = entities(value);
        let filled = |path: &str| entities.iter().any(|entity| !cell::text(member(entity, path)).is_empty());
        let one_file =
            entities.windows(2).all(|pair| matches!(pair, [a, b] if member(a, "file") == member(b, "file")));
        let wanted = |path: &str| filled(path) && !(path == "file" && one_file);
        let columns: Vec<_> = columns.iter().filter(|(_, path)| wanted(path)).collect();
        Rows {
            headings: columns.iter().map(|(heading, _)| (*heading).to_owned()).collect(),
            cells: entities
                .iter()
                .map(|entity| columns.iter().map(|(_, path)| cell::text(member(entity, path))).collect())
                .collect(),
        }
    }

    /// Every column of a kind, empty or not: for programs, which count columns.
    pub fn of_all_columns(value: &Value, kind: Kind) -> Rows {
        let Some(columns) = kind.columns() else { return Rows::of_members(value) };
        let row =
            |entity: &&Value| columns.iter().map(|(_, path)| cell::text(member(entity, path))).collect();
        Rows {
            headings: columns.iter().map(|(_, path)| (*path).to_owned()).collect(),
            cells: entities(value).iter().map(row).collect(),
        }
    }

    /// A column for every member that occurs.
    pub fn of_members(value: &Value) -> Rows {
        let entities = entities(value);
        let flat: Vec<_> = entities.iter().map(|entity| flattened(entity)).collect();
        let mut headings: Vec<String> = Vec::new();
        for (name, _) in flat.iter().flatten() {
            if !headings.contains(name) {
                headings.push(name.clone());
            }
        }
        if entities.iter().any(|entity| !entity.is_object()) {
            let cells = entities.iter().map(|entity| match entity {
                Value::Array(parts) => parts.iter().map(cell::text).collect(),
                _ => vec![cell::text(entity)],
            });
            return Rows { headings: Vec::new(), cells: cells.collect() };
        }
        let pick = |members: &Vec<(String, String)>, heading: &String| {
            members.iter().find(|(name, _)| name == heading).map(|(_, text)| text.clone()).unwrap_or_default()
        };
        let cells =
            flat.iter().map(|members| headings.iter().map(|heading| pick(members, heading)).collect());
        Rows { cells: cells.collect(), headings }
    }
}

/// The members of one entity, those first that its kind shows in a table; without the empty ones.
pub fn properties(entity: &Value, kind: Kind) -> Vec<(String, String)> {
    let mut members = flattened(entity);
    members.retain(|(_, text)| !text.is_empty());
    let place = |path: &str| kind.columns()?.iter().position(|(_, shown)| *shown == path);
    members.sort_by_key(|(path, _)| place(path).unwrap_or(usize::MAX));
    members
}

/// The members of one object, nested ones with their path as name.
fn flattened(value: &Value) -> Vec<(String, String)> {
    let Some(members) = value.as_object() else { return Vec::new() };
    let mut flat = Vec::new();
    for (name, member) in members {
        if member.is_object() {
            flat.extend(flattened(member).into_iter().map(|(inner, text)| (format!("{name}.{inner}"), text)));
        } else {
            flat.push((name.clone(), cell::text(member)));
        }
    }
    flat
}

fn entities(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(entities) => entities.iter().collect(),
        Value::Null => Vec::new(),
        _ => vec![value],
    }
}

fn member<'a>(entity: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(entity, |value, name| value.get(name).unwrap_or(&Value::Null))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_kind_shows_its_columns_and_leaves_out_empty_ones() {
        let imported = json!([
            { "serialNumber": "1", "groupTag": "", "state": { "deviceImportStatus": "complete" } },
            { "serialNumber": "2", "groupTag": "", "state": { "deviceImportStatus": "error" } },
        ]);
        let rows = Rows::of_kind(&imported, Kind::Imported);
        assert_eq!(rows.headings, ["Serial number", "State"]);
        assert_eq!(rows.cells, [["1", "complete"], ["2", "error"]]);
        assert_eq!(Rows::of_all_columns(&imported, Kind::Imported).headings.len(), IMPORTED.len());
    }

    #[test]
    fn anything_else_shows_its_members() {
        let rows = Rows::of_members(&json!([{ "a": { "b": 1 } }, { "c": [1, 2] }]));
        assert_eq!(rows.headings, ["a.b", "c"]);
        assert_eq!(rows.cells, [["1", ""], ["", "1, 2"]]);
        assert_eq!(Rows::of_members(&json!([["x", 1], ["y", null]])).cells, [["x", "1"], ["y", ""]]);
        assert_eq!(Rows::of_members(&json!("one")).cells, [["one"]]);
    }
}
