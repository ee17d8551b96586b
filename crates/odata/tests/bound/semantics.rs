//! Generated queries: what SQLite answers to the SQL is what the oracle answers to the same question.

use odata::Value;
use odata::answer::Cell;
use odata::bind::Terms;
use odata::query::{Cursor, Query};
use odata::skiptoken;
use odata::sql::{self, SQLITE, Scalar, Select, Source, Statement};
use odata::syntax::{MAX_DEPTH, MAX_OPERATORS, MAX_TOKENS};
use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::types::Value as Stored;

use crate::demo::{self, MODEL, SCHEMA, TERMS, encode};
use crate::generate::{self, PEOPLE, PETS};
use crate::oracle::{self, Key, Node, Row, Val};
use crate::sqlite;

/// People in the demo's table; twice as many are in it, but the others are another tenant's.
const PEOPLE_COUNT: usize = 60;
const PETS_COUNT: usize = 60;

thread_local! {
    static DATABASE: Connection = database();
}

fn database() -> Connection {
    let connection = sqlite::open();
    connection
        .execute_batch(
            "CREATE TABLE people (tenant TEXT NOT NULL, id TEXT NOT NULL, name TEXT, nick TEXT NOT NULL,
                 age INTEGER,
                 size INTEGER NOT NULL, score REAL, active INTEGER, vip INTEGER NOT NULL, favourite INTEGER,
                 wild INTEGER NOT NULL, born TEXT, wakes TEXT, seen INTEGER, joined INTEGER NOT NULL,
                 joined_offset INTEGER NOT NULL DEFAULT 0, code TEXT, shift INTEGER, price TEXT, photo BLOB,
                 city TEXT, street TEXT NOT NULL, paint INTEGER, PRIMARY KEY (tenant, id)) STRICT;
             CREATE INDEX people_name ON people (tenant, name, id);
             CREATE TABLE pets (tenant TEXT NOT NULL, id TEXT NOT NULL, name TEXT, weight INTEGER,
                 owner TEXT NOT NULL, PRIMARY KEY (tenant, id)) STRICT;",
        )
        .unwrap();
    for tenant in ["t", "other"] {
        for row in generate::people(PEOPLE_COUNT) {
            let mut columns: Vec<(&str, Stored)> =
                PEOPLE.iter().map(|(path, column, _)| (*column, stored(&row[path]))).collect();
            for (column, value) in &mut columns {
                if *column == "wild" {
                    *value = Stored::Integer(i64::from(*value == Stored::Integer(1)));
                }
            }
            columns.extend(["price", "photo"].map(|path| (path, stored(&row[path]))));
            insert(&connection, "people", tenant, &columns);
        }
        for row in generate::pets(PETS_COUNT) {
            let columns: Vec<(&str, Stored)> =
                row.iter().map(|(path, value)| (*path, stored(value))).collect();
            insert(&connection, "pets", tenant, &columns);
        }
    }
    connection
}

fn stored(value: &Val) -> Stored {
    match value {
        Val::Null => Stored::Null,
        Val::Truth(truth) => Stored::Integer(i64::from(*truth)),
        Val::Int(number) | Val::Count(number) => Stored::Integer(*number),
        Val::Real(number) => Stored::Real(*number),
        Val::Text(text) => Stored::Text(text.clone()),
        Val::Bytes(bytes) => Stored::Blob(bytes.clone()),
    }
}

fn insert(connection: &Connection, table: &str, tenant: &str, columns: &[(&str, Stored)]) {
    let names: Vec<&str> = columns.iter().map(|(column, _)| *column).collect();
    let places = vec!["?"; columns.len()].join(", ");
    let text = format!("INSERT INTO {table} (tenant, {}) VALUES ('{tenant}', {places})", names.join(", "));
    connection.execute(&text, rusqlite::params_from_iter(columns.iter().map(|(_, value)| value))).unwrap();
}

fn run(statement: &Statement) -> Vec<Vec<Scalar>> {
    DATABASE.with(|database| {
        sqlite::rows(database, statement).unwrap_or_else(|error| panic!("{error}: {}", statement.text()))
    })
}

fn source() -> Source<'static> {
    SCHEMA.part_of("t")
}

fn rows(select: &Select<'_>) -> Vec<sql::Row> {
    run(&select.statement).into_iter().map(|row| select.layout.row(row).unwrap()).collect()
}

/// The first selected value of each row, which is the id.
fn ids(rows: &[sql::Row]) -> Vec<String> {
    rows.iter().map(id).collect()
}

fn id(row: &sql::Row) -> String {
    one(&row.values[0]).text()
}

fn one(cell: &Cell) -> Value {
    match cell {
        Cell::One(value) => value.clone(),
        other => panic!("{other:?}"),
    }
}

fn entities(query: &Query<'_>) -> Vec<sql::Row> {
    rows(&sql::entities(query, &source(), &SQLITE).unwrap())
}

fn id_of(row: &Row) -> String {
    match &row["id"] {
        Val::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

fn expected(rows: &[Row], filter: &Node, keys: &[Key]) -> Vec<String> {
    oracle::answer(rows, filter, keys).into_iter().map(id_of).collect()
}

/// The options of a question, and the parameter aliases that they use.
fn options(filter: &Node, keys: &[Key], separator: &str) -> (String, String) {
    let mut aliases = Vec::new();
    let mut options = format!("$filter={}", filter.text(&mut aliases));
    let keys: Vec<String> = keys
        .iter()
        .map(|(node, descending)| {
            format!("{}{}", node.text(&mut aliases), if *descending { " desc" } else { "" })
        })
        .collect();
    if !keys.is_empty() {
        options.push_str(&format!("{separator}$orderby={}", keys.join(",")));
    }
    let aliases = aliases.iter().enumerate().map(|(number, value)| format!("&@p{number}={}", encode(value)));
    (options, aliases.collect())
}

/// `$filter` and `$orderby` of a list, encoded.
fn list_options(filter: &Node, keys: &[Key]) -> String {
    let (options, aliases) = options(filter, keys, "\n");
    let options = options.split('\n').map(|option| {
        let (name, value) = option.split_once('=').unwrap();
        format!("{name}={}", encode(value))
    });
    format!("{}{aliases}", options.collect::<Vec<_>>().join("&"))
}

fn cases(least: u32) -> ProptestConfig {
    // PROPTEST_CASES asks for more.
    let config = ProptestConfig::default();
    ProptestConfig { cases: config.cases.max(least), failure_persistence: None, ..config }
}

proptest! {
    #![proptest_config(cases(2500))]

    #[test]
    fn lists_agree_with_the_oracle(filter in generate::condition(PEOPLE), keys in generate::keys(PEOPLE)) {
        let people = generate::people(PEOPLE_COUNT);
        let url = format!("/registry/people?{}&$select=id&$count=true", list_options(&filter, &keys));
        let query = demo::query(&url).map_err(|error| TestCaseError::fail(format!("{error:?}\n{url}")))?;
        let select = sql::entities(&query, &source(), &SQLITE).unwrap();
        let wanted = expected(&people, &filter, &keys);
        let (text, binds) = (select.statement.text(), select.statement.binds());
        prop_assert_eq!(ids(&rows(&select)), wanted.clone(), "{}\n{}\n{:?}", url, text, binds);
        let count = run(&sql::count(&query, &source(), &SQLITE).unwrap());
        prop_assert_eq!(count, vec![vec![Scalar::Integer(wanted.len() as i64)]]);
    }
}

/// All pages of a list, each continued as a client would: by the token in the link of the one before.
fn pages(url: &str, page_size: u64) -> Vec<Vec<String>> {
    let terms = Terms { default_page: page_size, ..TERMS };
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let query = demo::query_on(&format!("{url}{token}"), &terms).unwrap();
        let mut rows = entities(&query);
        let size = usize::try_from(query.listing.page_size).unwrap();
        let has_more = rows.len() > size;
        rows.truncate(size);
        pages.push(ids(&rows));
        let Some(last) = rows.last().filter(|_| has_more) else { return pages };
        let cursor = Cursor { values: last.order.clone(), seen: 0 };
        let list = query.resource.canonical();
        token = format!("&$skiptoken={}", skiptoken::write(&list, &query.listing.order, &cursor));
        assert!(pages.len() <= PEOPLE_COUNT, "pages without end: {url}");
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn pages_are_the_list_in_pieces(
        filter in prop::option::weighted(0.3, generate::condition(PEOPLE)),
        keys in generate::keys(PEOPLE),
        page_size in 1_u64..25,
        as_top in any::<bool>(),
        skip in prop::option::weighted(0.2, 0_u64..70),
    ) {
        let people = generate::people(PEOPLE_COUNT);
        let filter = filter.unwrap_or(Node::Literal("true".to_owned(), Val::Truth(true)));
        let mut url = format!("/registry/people?{}&$select=id", list_options(&filter, &keys));
        if as_top {
            url.push_str(&format!("&$top={page_size}"));
        }
        if let Some(skip) = skip {
            url.push_str(&format!("&$skip={skip}"));
        }
        let pages = pages(&url, page_size);
        let skipped = usize::try_from(skip.unwrap_or(0)).unwrap();
        let wanted: Vec<String> = expected(&people, &filter, &keys).into_iter().skip(skipped).collect();
        prop_assert_eq!(pages.concat(), wanted.clone(), "{}", url);
        let full = wanted.len().div_ceil(usize::try_from(page_size).unwrap()).max(1);
        prop_assert_eq!(pages.len(), full, "no empty page at the end: {}", url);
    }

    #[test]
    fn expansions_agree_with_the_oracle(
        filter in generate::condition(PETS),
        keys in generate::keys(PETS),
        skip in 0_usize..5,
        top in 0_usize..6,
    ) {
        let pets = generate::pets(PETS_COUNT);
        let (options, aliases) = options(&filter, &keys, ";");
        let inside = encode(&format!("{options};$skip={skip};$top={top};$select=id;$count=true"));
        let url = format!("/registry/people?$expand=pets({inside}){aliases}");
        let query = demo::query(&url).map_err(|error| TestCaseError::fail(format!("{error:?}\n{url}")))?;
        let shape = &query.listing.shape;
        let people = entities(&query);
        let owners: Vec<Value> = people.iter().map(|row| row.identity.clone()).collect();
        prop_assert_eq!(owners.len(), PEOPLE_COUNT);
        let expansion = &shape.expand[0];
        let ty = shape.entity_id().unwrap();
        let select = sql::expansion(&MODEL, ty, expansion, &owners, &source(), &SQLITE, false).unwrap();
        let found = rows(&select);
        let count = sql::expansion_count(&MODEL, ty, expansion, &owners, &source(), &SQLITE);
        let counts = run(&count.unwrap());
        for owner in &owners {
            let is_owned = |row: &&Row| matches!(&row["owner"], Val::Text(key) if *key == owner.text());
            let owned: Vec<Row> = pets.iter().filter(is_owned).cloned().collect();
            let all = expected(&owned, &filter, &keys);
            // One more than the page, which tells that there is another.
            let wanted: Vec<String> = all.iter().skip(skip).take(top + 1).cloned().collect();
            let found: Vec<String> = found
                .iter()
                .filter(|row| row.owner.as_ref() == Some(owner))
                .map(id)
                .collect();
            prop_assert_eq!(found, wanted, "{} of {}\n{}", url, owner, select.statement.text());
            let count = counts.iter().find(|row| row[0] == owner.text().into()).map(|row| row[1].clone());
            let wanted = (!all.is_empty()).then_some(Scalar::Integer(all.len() as i64));
            prop_assert_eq!(count, wanted);
        }
    }
}

/// An empty page links nowhere, least of all to itself.
#[test]
fn empty_pages_end_the_list() {
    assert_eq!(pages("/registry/people?$top=0", 10), [Vec::<String>::new()]);
    assert_eq!(pages("/registry/people?$skip=60", 10), [Vec::<String>::new()]);
    assert_eq!(
        pages("/registry/people?$skip=18446744073709551615&$top=18446744073709551615", 10),
        [Vec::<String>::new()]
    );
    assert_eq!(pages("/registry/people?$top=18446744073709551615&$select=id", 10)[0].len(), PEOPLE_COUNT);
}

/// Rows that come and go between two pages move no other row over the edge.
#[test]
fn pages_stand_still_while_rows_come_and_go() {
    let url = "/registry/people?$select=id&$filter=size ge -9223372036854775808&$orderby=size,name desc";
    let first = demo::query_on(url, &Terms { default_page: 10, largest_page: 10, ..TERMS }).unwrap();
    let before = entities(&first);
    let all = ids(&entities(&demo::query(url).unwrap()));
    let cursor = Cursor { values: before[9].order.clone(), seen: 10 };
    let token = skiptoken::write("registry/people", &first.listing.order, &cursor);
    let (gone, last) = (id(&before[3]), id(&before[9]));
    DATABASE.with(|database| {
        database.execute("DELETE FROM people WHERE tenant = 't' AND id IN (?, ?)", [&gone, &last]).unwrap();
        let new = "INSERT INTO people (tenant, id, nick, size, vip, wild, joined, street)
                   VALUES ('t', 'new', '', -9223372036854775808, 0, 0, 0, '')";
        database.execute(new, []).unwrap();
    });
    let second = demo::query(&format!("{url}&$skiptoken={token}")).unwrap();
    assert_eq!(ids(&entities(&second)), all[10..]);
}

/// The deepest and longest expressions that the parser lets through are no burden for the database.
#[test]
fn the_largest_filters_can_be_run() {
    let answered = |filter: &str| {
        let query = demo::query(&format!("/registry/people?$select=id&$filter={}", encode(filter)));
        entities(&query.unwrap_or_else(|error| panic!("{error}: {}", &filter[..60]))).len()
    };
    let deep = format!("{}vip", "not ".repeat(MAX_DEPTH - 1));
    assert_eq!(answered(&deep), PEOPLE_COUNT / 2);
    let mut mixed = "age ge score".to_owned();
    for level in 0..MAX_DEPTH - 2 {
        mixed = match level % 3 {
            0 => format!("(active and {mixed})"),
            1 => format!("({mixed} or vip eq null)"),
            _ => format!("not {mixed}"),
        };
    }
    answered(&mixed);
    let long = vec!["age ge 1"; MAX_OPERATORS / 2].join(" and ");
    assert!(answered(&long) > 0);
    let list: Vec<String> = (0..MAX_TOKENS / 2 - 10).map(|number| number.to_string()).collect();
    assert!(answered(&format!("age in ({})", list.join(","))) > 0);
    let keys = vec!["tolower(name) desc,toupper(home/city)"; 16].join(",");
    assert_eq!(
        pages(&format!("/registry/people?$select=id&$orderby={keys}"), 7).concat().len(),
        PEOPLE_COUNT
    );
}

/// Values come back as they were stored.
#[test]
fn rows_are_read_back() {
    let query = demo::query("/registry/people?$select=*,photo&$orderby=id").unwrap();
    let mut people = generate::people(PEOPLE_COUNT);
    people.sort_by_key(id_of);
    let rows = entities(&query);
    assert_eq!(rows.len(), people.len());
    let leaves = |cells: &[Cell]| -> Vec<Value> {
        let leaf = |cell: &Cell| match cell {
            Cell::One(value) => vec![value.clone()],
            Cell::Members(cells) => cells.iter().map(one).collect(),
            Cell::Counted(..) => panic!("no collection"),
        };
        cells.iter().flat_map(leaf).collect()
    };
    for (row, person) in rows.iter().zip(&people) {
        let mut values = leaves(&row.values).into_iter();
        for property in &MODEL.entity(query.listing.shape.entity_id().unwrap()).properties {
            let paths = match property.name.as_str() {
                "home" => vec!["home/city", "home/street", "home/paint"],
                name => vec![name],
            };
            for path in paths {
                let (value, wanted) = (values.next().unwrap(), &person[path]);
                let same = match (&value, wanted) {
                    (Value::Null, Val::Null) => true,
                    (Value::Boolean(value), Val::Truth(wanted)) => value == wanted,
                    (Value::Integer(value), Val::Int(wanted) | Val::Count(wanted)) => value == wanted,
                    (Value::Duration(value), Val::Count(wanted)) => value == wanted,
                    (Value::DateTimeOffset(value), Val::Count(wanted)) => value.ticks == *wanted,
                    (Value::Double(value), Val::Real(wanted)) => value == wanted,
                    (Value::Binary(value), Val::Bytes(wanted)) => value == wanted,
                    (value, Val::Text(wanted)) => value.text() == *wanted,
                    _ => false,
                };
                assert!(same, "{path}: {value:?} for {wanted:?}");
            }
        }
    }
}
