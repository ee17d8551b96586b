//! Which column is which: by the names in the header, or by the shape of the cells where there is none.
//!
//! In: the lines of a file. Out: the columns of the five texts, which kind of header it is, what is odd.
//! Names are compared without letter case, blanks and signs; `names` lists the known ones.
//! Source: Intune's and Partner Center's headers as in <https://learn.microsoft.com/en-us/autopilot/add-devices>;
//! `OrderID` and the spellings of community scripts.

use super::lines::Line;
use crate::device_record::Field;
use crate::problem::{Problem, shown};
use std::fmt;

/// The kind of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Header {
    /// Intune's columns, in Intune's order, in any letter case.
    Intune,
    /// Partner Center's: with manufacturer and model instead of group tag and user.
    PartnerCenter,
    /// Of older scripts: `OrderID` for the group tag.
    OrderId,
    /// Names that we know, in another order or spelling.
    Other,
    /// None: the columns were recognised by what is in them.
    Missing,
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Intune => "Intune",
            Self::PartnerCenter => "Partner Center",
            Self::OrderId => "OrderID",
            Self::Other => "other",
            Self::Missing => "missing",
        })
    }
}

/// The numbers of the columns of the five texts, counted from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Columns {
    serial_number: Option<usize>,
    product_key: Option<usize>,
    hardware_hash: Option<usize>,
    group_tag: Option<usize>,
    assigned_user: Option<usize>,
}

impl Columns {
    /// The column of a text; none if the file has none.
    pub fn number(&self, field: Field) -> Option<usize> {
        match field {
            Field::SerialNumber => self.serial_number,
            Field::ProductKey => self.product_key,
            Field::HardwareHash => self.hardware_hash,
            Field::GroupTag => self.group_tag,
            Field::AssignedUser => self.assigned_user,
        }
    }

    pub(super) fn set(&mut self, field: Field, number: Option<usize>) {
        *match field {
            Field::SerialNumber => &mut self.serial_number,
            Field::ProductKey => &mut self.product_key,
            Field::HardwareHash => &mut self.hardware_hash,
            Field::GroupTag => &mut self.group_tag,
            Field::AssignedUser => &mut self.assigned_user,
        } = number;
    }
}

/// What was found out about a file's columns.
pub(super) struct Recognised {
    pub header: Header,
    /// None when nothing in the file tells which column is which.
    pub columns: Option<Columns>,
    pub order_id: Option<usize>,
    /// How many lines are header.
    pub header_lines: usize,
    /// How many cells a row may have.
    pub width: Option<usize>,
    pub problems: Vec<Problem>,
}

pub(super) fn recognise(lines: &[Line]) -> Recognised {
    match lines.first() {
        Some(first) if is_header(first) => by_names(first),
        Some(first) => by_shape(first, lines.get(1)),
        None => Recognised {
            header: Header::Missing,
            columns: None,
            order_id: None,
            header_lines: 0,
            width: None,
            problems: Vec::new(),
        },
    }
}

/// Whether the first line consists of names rather than of a device.
fn is_header(line: &Line) -> bool {
    let known = known_names(line);
    known > 1 || known == 1 && !cells(line).any(looks_like_hash)
}

/// Whether a later line is a header; one name alone may be a group tag, `Tag`.
pub(super) fn is_header_again(line: &Line) -> bool {
    known_names(line) > 1
}

fn known_names(line: &Line) -> usize {
    cells(line).filter(|cell| is_known(cell)).count()
}

fn cells(line: &Line) -> impl Iterator<Item = &str> {
    (1..=line.width()).map(|number| line.cell(number))
}

/// Whether a cell is a name that headers have.
pub(super) fn is_known(name: &str) -> bool {
    named(name).is_some()
}

/// What a name in a header stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Of(Field),
    OrderId,
    Maker,
    Model,
}

fn named(name: &str) -> Option<Name> {
    // The longest known name is far shorter; hashes end here.
    if name.len() > 80 {
        return None;
    }
    let letters: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    Some(match letters.as_str() {
        "deviceserialnumber" | "serialnumber" | "serial" | "serialno" | "devicesn" | "biosserialnumber" => {
            Name::Of(Field::SerialNumber)
        }
        "windowsproductid" | "productid" | "productkey" | "productkeyid" | "pkid" | "windowsproductkey" => {
            Name::Of(Field::ProductKey)
        }
        "hardwarehash" | "hash" | "devicehash" | "hardwareidentifier" | "devicehardwaredata" | "hwhash"
        | "autopilothash" | "4khh" => Name::Of(Field::HardwareHash),
        "grouptag" | "devicegrouptag" | "tag" => Name::Of(Field::GroupTag),
        "assigneduser" | "assigneduserprincipalname" | "userprincipalname" | "upn" | "assignedto" => {
            Name::Of(Field::AssignedUser)
        }
        "orderid" | "orderidentifier" => Name::OrderId,
        "manufacturername" | "manufacturer" => Name::Maker,
        "devicemodel" | "model" => Name::Model,
        _ => return None,
    })
}

fn by_names(line: &Line) -> Recognised {
    let names: Vec<(usize, &str, Option<Name>)> =
        (1..=line.width()).map(|number| (number, line.cell(number), named(line.cell(number)))).collect();
    let has = |name| names.iter().any(|(_, _, each)| *each == Some(name));
    let is_partner = has(Name::Maker) && has(Name::Model) && has(Name::Of(Field::HardwareHash));
    let mut columns = Columns::default();
    let mut order_id = None;
    let mut order = Vec::new();
    let mut problems = Vec::new();
    for (number, text, name) in &names {
        let problem = match name {
            Some(Name::Of(field)) if columns.number(*field).is_some() => Some(duplicate(text, *field)),
            Some(Name::Of(field)) => {
                columns.set(*field, Some(*number));
                order.push(*field);
                (*text != field.header()).then(|| misspelt(text, *field))
            }
            Some(Name::OrderId) if order_id.is_none() => {
                order_id = Some(*number);
                if !has(Name::Of(Field::GroupTag)) {
                    order.push(Field::GroupTag);
                }
                let message = format!("{} is what older scripts call the group tag", shown(text));
                Some(Problem::repaired("header-order-id", message).fix("Read as \"Group Tag\"."))
            }
            Some(Name::Maker) if is_partner => {
                let message = "these are Partner Center's columns; the portal takes Intune's";
                let fix = "Manufacturer and model were left out; the hash has both in it.";
                Some(Problem::repaired("header-partner-center", message).fix(fix))
            }
            Some(Name::Model) if is_partner => None,
            Some(_) | None => {
                let message = format!("the portal takes no column {}", shown(text));
                Some(Problem::repaired("header-column-unknown", message).fix("The column was left out."))
            }
        };
        problems.extend(problem.map(|problem| problem.line(line.number).column(*number, *text)));
    }
    problems.extend(missing(&columns).map(|problem| problem.line(line.number)));
    if !Field::ALL.starts_with(&order)
        && problems.iter().all(|problem| problem.code != "header-column-missing")
    {
        let message = "the columns are not in the order of Intune's header, or one in between is missing";
        let fix = "Read by their names; the corrected file has Intune's columns.";
        problems.push(Problem::repaired("header-order", message).line(line.number).fix(fix));
    }
    let header = if is_partner {
        Header::PartnerCenter
    } else if order_id.is_some() {
        Header::OrderId
    } else if Field::ALL.starts_with(&order)
        && order.len() >= 3
        && names
            .iter()
            .zip(Field::ALL)
            .all(|((_, text, _), field)| text.trim().eq_ignore_ascii_case(field.header()))
        && names.len() == order.len()
    {
        Header::Intune
    } else {
        Header::Other
    };
    Recognised {
        header,
        columns: Some(columns),
        order_id,
        header_lines: 1,
        width: Some(line.width()),
        problems,
    }
}

fn misspelt(text: &str, field: Field) -> Problem {
    let message = format!("the portal wants this column to be called \"{}\", to the letter", field.header());
    Problem::repaired("header-name", message).on(field).fix(format!("{} was read as that.", shown(text)))
}

fn duplicate(text: &str, field: Field) -> Problem {
    let message = format!("{} is a second column for \"{}\"", shown(text), field.header());
    Problem::warning("header-column-duplicate", message).on(field).fix("The first one counts.")
}

/// A file without serial numbers, or without hashes and product keys, imports nothing.
fn missing(columns: &Columns) -> impl Iterator<Item = Problem> {
    let lacks = |field| columns.number(field).is_none();
    let serial = lacks(Field::SerialNumber).then_some(Field::SerialNumber);
    let hash = (lacks(Field::HardwareHash) && lacks(Field::ProductKey)).then_some(Field::HardwareHash);
    serial.into_iter().chain(hash).map(|field| {
        let message = format!("the header has no column \"{}\"", field.header());
        let fix = match field {
            Field::HardwareHash => {
                "Export the hashes from the devices; a list of devices from the portal has none."
            }
            _ => "Add the column.",
        };
        Problem::error("header-column-missing", message).on(field).fix(fix)
    })
}

fn by_shape(first: &Line, second: Option<&Line>) -> Recognised {
    let hash_of = |line: &Line| (1..=line.width()).find(|number| looks_like_hash(line.cell(*number)));
    let (line, header_lines, hash) = match (
        hash_of(first),
        second.and_then(|line| Some((line, hash_of(line)?))),
    ) {
        (Some(hash), _) => (first, 0, hash),
        (None, Some((line, hash))) => (line, 1, hash),
        (None, None) => {
            let fix = match first.width() {
                2 | 3 => {
                    "A list of manufacturer, model and serial number is for corporate identifiers, which are \
                     imported elsewhere in the portal."
                }
                _ => "Export the hashes from the devices again, with the header.",
            };
            let message =
                "there is no header that we know and no hardware hash, so nothing tells the columns apart";
            let problem = Problem::error("file-not-hashes", message).line(first.number).fix(fix);
            return Recognised {
                header: Header::Missing,
                columns: None,
                order_id: None,
                header_lines: 0,
                width: None,
                problems: vec![problem],
            };
        }
    };
    let columns = columns_around(line, hash);
    let message = match header_lines {
        0 => "there is no header".to_owned(),
        _ => format!("the first line, {} and so on, is no header that we know", shown(first.cell(1))),
    };
    let problem = Problem::repaired("header-missing", message)
        .line(first.number)
        .fix("The columns were recognised by what is in them; check that they are right.");
    Recognised {
        header: Header::Missing,
        columns: Some(columns),
        order_id: None,
        header_lines,
        width: None,
        problems: vec![problem],
    }
}

/// Serial number before the hash, product id between them, group tag and user after it.
fn columns_around(line: &Line, hash: usize) -> Columns {
    let mut columns = Columns { hardware_hash: Some(hash), ..Columns::default() };
    let serial = if hash == 1 { 2 } else { 1 };
    columns.serial_number = Some(serial);
    columns.product_key = (hash > 2).then_some(2);
    let after = serial.max(hash) + 1;
    let width = line.width().max(after + 1);
    let user = (after..=width).find(|number| line.cell(*number).contains('@')).unwrap_or(after + 1);
    columns.assigned_user = Some(user);
    columns.group_tag = (after..=width).find(|number| *number != user);
    columns
}

/// Long, and starting as `OA` does in Base64, once or twice encoded.
fn looks_like_hash(cell: &str) -> bool {
    let cell = cell.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '='));
    cell.len() >= 100 && (cell.starts_with("T0") || cell.starts_with("VD"))
        || cell.len() >= 1_000 && !cell.contains(' ')
}
