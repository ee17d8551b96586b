//! Values separated by commas or tabs, for spreadsheets and for `cut` and `awk`.
//!
//! CSV has a heading and every member; cells that a spreadsheet would take for a formula get an apostrophe
//! in front, because serial numbers and group tags come from strangers (CWE-1236). TSV has the table's
//! columns, always all of them and without a heading, and never a tab or line break inside a cell.

use serde_json::Value;

use super::cell;
use super::columns::{Kind, Rows};

/// RFC 4180 with line feeds; what would steer a terminal is escaped only on a terminal.
pub(super) fn csv(value: &Value, terminal: bool) -> String {
    let rows = Rows::of_members(value);
    let shown = |text: &String| if terminal { cell::printable(text) } else { text.clone() };
    let mut out = String::new();
    let mut line = |cells: Vec<String>| {
        out.push_str(&cells.join(","));
        out.push('\n');
    };
    // Names of members are the service's own: `@odata.type` is no formula.
    if !rows.headings.is_empty() {
        line(rows.headings.iter().map(|text| quoted(&shown(text))).collect());
    }
    for cells in &rows.cells {
        let guarded = |text: &String| quoted(&autopilot::csv::write::spreadsheet_cell(&shown(text)));
        line(cells.iter().map(guarded).collect());
    }
    out
}

/// One row a line, one tab between two cells.
pub(super) fn tsv(value: &Value, kind: Kind) -> String {
    let mut out = String::new();
    for cells in Rows::of_all_columns(value, kind).cells {
        let cells: Vec<_> = cells.iter().map(|text| cell::printable(text)).collect();
        out.push_str(&cells.join("\t"));
        out.push('\n');
    }
    out
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_spreadsheet_runs_nothing() {
        let devices =
            json!([{ "serialNumber": "=cmd|' /C calc'!A0", "tag": "a,\"b\"" }, { "serialNumber": "\n@x" }]);
        insta::assert_snapshot!(csv(&devices, false), @r#"
        serialNumber,tag
        '=cmd|' /C calc'!A0,"a,""b"""
        "
        '@x",
        "#);
    }

    #[test]
    fn names_of_columns_are_left_as_they_are() {
        let uploads = json!([{ "@odata.type": "#microsoft.graph.x", "id": "-1" }]);
        assert_eq!(csv(&uploads, false), "@odata.type,id\n#microsoft.graph.x,'-1\n");
    }

    #[test]
    fn a_tab_inside_a_cell_is_no_column() {
        let uploads = json!([{ "id": "a\tb", "status": "pending" }]);
        assert_eq!(tsv(&uploads, Kind::Uploads), "a\\tb\t\tpending\n");
    }
}
