//! What lists share: a filter of fields, headings that sort, and how many rows a page has. All of it stands in the
//! address, so that a link shows the same.

pub mod filter;

use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::Value;

use super::api::{here, skiptoken};
use super::form::Fields;
use super::refusal::Refusal;
use filter::{Field, Filter, Question};

/// How many rows a page usually has. A browser draws 25 in half the time that 50 take.
const USUAL: &str = "25";
/// How many it may have.
const ROWS: [&str; 4] = [USUAL, "50", "100", "200"];

/// A list of the console.
#[derive(Debug)]
pub struct List {
    /// Where it is.
    pub place: &'static str,
    /// The fields of its filter.
    pub questions: &'static [Question],
    /// An example of what no field can say.
    pub hint: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// Its order where none is asked for.
    pub usual: &'static str,
}

/// A column of a list.
#[derive(Debug)]
pub struct Column {
    /// Its heading.
    pub name: &'static str,
    /// By what it is sorted, as OData writes it; empty where it is not.
    pub order: &'static str,
    /// Whether it has numbers: they stand at the right, and the largest come first.
    pub is_number: bool,
}

/// A list as it is asked for.
#[derive(Debug)]
pub struct Asked {
    list: &'static List,
    /// `$filter`
    pub filter: String,
    order: String,
    rows: &'static str,
    token: String,
}

/// What stands around a list's rows.
#[derive(Debug)]
pub struct Around {
    /// Where the list is.
    pub place: &'static str,
    /// The filter, whole.
    pub filter: String,
    /// The order that was asked for.
    pub order: String,
    /// How many rows a page has; empty where it is as many as usual.
    pub rows: &'static str,
    /// The filter's fields.
    pub fields: Vec<Field>,
    /// What they cannot say.
    pub rest: String,
    /// An example of that.
    pub hint: &'static str,
    /// The headings.
    pub headings: Vec<Heading>,
    /// The address of the first page, where this is another.
    pub first: Option<String>,
    /// The address of the next page.
    pub next: Option<String>,
    /// Pages of other sizes; none where all rows fit the smallest.
    pub sizes: Vec<Size>,
    /// Why the API refuses what is asked; empty where it does not.
    pub problem: String,
    /// Where more is said about that.
    pub help: Option<String>,
}

/// The heading of a column.
#[derive(Debug)]
pub struct Heading {
    /// What it says.
    pub name: &'static str,
    /// The address of the list, sorted by it; empty where it is not sorted by.
    pub address: String,
    /// `ascending`, `descending` or `none`.
    pub sorted: &'static str,
    /// Whether numbers stand below it.
    pub is_number: bool,
}

/// How many rows a page could have.
#[derive(Debug)]
pub struct Size {
    /// So many.
    pub rows: &'static str,
    /// The address of the list.
    pub address: String,
    /// Whether it has so many.
    pub is_current: bool,
}

impl Column {
    /// A column of texts.
    pub const fn new(name: &'static str, order: &'static str) -> Self {
        Self { name, order, is_number: false }
    }

    /// A column of numbers.
    pub const fn of_numbers(name: &'static str, order: &'static str) -> Self {
        Self { name, order, is_number: true }
    }
}

/// A number of rows as an address has it: the usual one is left out.
fn told(rows: &'static str) -> &'static str {
    if rows == USUAL { "" } else { rows }
}

impl Asked {
    /// Of an address. A number of rows that is not to choose is the usual one.
    pub fn of(list: &'static List, fields: &Fields) -> Self {
        let [filter, order, token] =
            ["$filter", "$orderby", "$skiptoken"].map(|name| fields.one(name).to_owned());
        let rows = ROWS.into_iter().find(|rows| *rows == fields.one("rows")).unwrap_or(USUAL);
        Self { list, filter, order, rows, token }
    }

    /// How many rows a page has.
    pub fn rows(&self) -> &'static str {
        self.rows
    }

    /// The options of the request: filter, order and place.
    pub fn options(&self) -> [(&str, &str); 3] {
        [("$filter", &self.filter), ("$orderby", self.order()), ("$skiptoken", &self.token)]
    }

    fn order(&self) -> &str {
        if self.order.is_empty() { self.list.usual } else { &self.order }
    }

    fn address(&self, order: &str, rows: &'static str, token: &str) -> String {
        let options =
            [("$filter", &*self.filter), ("$orderby", order), ("rows", told(rows)), ("$skiptoken", token)];
        here(self.list.place, &options)
    }

    fn heading(&self, column: &'static Column) -> Heading {
        let descending = format!("{} desc", column.order);
        let sorted = match self.order() {
            _ if column.order.is_empty() => "none",
            order if order == column.order => "ascending",
            order if order == descending => "descending",
            _ => "none",
        };
        let next = match (sorted, column.is_number) {
            ("ascending", _) | ("none", true) => &descending,
            _ => column.order,
        };
        let address = if column.order.is_empty() { String::new() } else { self.address(next, self.rows, "") };
        Heading { name: column.name, address, sorted, is_number: column.is_number }
    }

    /// What stands around a page of the list; `total` is how many match.
    pub fn around(&self, page: &Value, total: u64, refusal: Option<&Refusal>) -> Around {
        let Filter { fields, rest } = Filter::parse(self.list.questions, &self.filter);
        let size = |rows: &'static str| Size {
            rows,
            address: self.address(&self.order, rows, ""),
            is_current: rows == self.rows,
        };
        let fits = USUAL.parse().is_ok_and(|least: u64| total <= least);
        Around {
            place: self.list.place,
            filter: self.filter.clone(),
            order: self.order.clone(),
            rows: told(self.rows),
            fields,
            rest,
            hint: self.list.hint,
            headings: self.list.columns.iter().map(|column| self.heading(column)).collect(),
            first: (!self.token.is_empty()).then(|| self.address(&self.order, self.rows, "")),
            next: skiptoken(page).map(|next| self.address(&self.order, self.rows, &next)),
            sizes: if fits { Vec::new() } else { ROWS.map(size).into() },
            problem: refusal.map(Refusal::reason).unwrap_or_default(),
            help: refusal.and_then(Refusal::help),
        }
    }
}

/// The fields of the form become one filter in the address.
pub fn filtered(list: &'static List, query: Option<&str>) -> Response {
    let fields = Fields::of_query(query);
    let filter = Filter::of_fields(list.questions, &fields).text();
    let asked = Asked { filter, ..Asked::of(list, &fields) };
    Redirect::to(&asked.address(&asked.order, asked.rows, "")).into_response()
}
