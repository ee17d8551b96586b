//! How long a request takes in this crate, beside what SQLite needs for it: `cargo bench -p odata`.
//!
//! Ten queries as clients send them, against ten thousand rows in memory; then expressions that grow in depth and in
//! length, for which the time for each part should stay the same. Figures are medians.

#![expect(clippy::unwrap_used, reason = "what fails here is the bench")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use odata::bind::{Terms, Top, bind};
use odata::model::{Acts, Model, NavigationProperty, Primitive, Property, Type};
use odata::sql::{self, Join, SQLITE, Scalar, Schema, Source, Statement, Table, functions};
use odata::syntax;
use odata::value::DateTimeOffset;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value, ValueRef};

const ROWS: usize = 10_000;
const TERMS: Terms = Terms {
    default_page: 100,
    largest_page: 1000,
    top: Top::PageSize,
    now: DateTimeOffset { ticks: 0, offset_minutes: 0 },
};

const QUERIES: &[(&str, &str)] = &[
    ("page", "/devices?$top=50"),
    ("one", "/devices('0000007')"),
    ("key in a filter", "/devices?$filter=serialNumber%20eq%20'S0000042'"),
    (
        "three conditions",
        "/devices?$filter=contains(tolower(model),'book')%20and%20price%20gt%2010.5%20and%20seen%20ne%20null",
    ),
    ("order and count", "/devices?$orderby=seen%20desc,model&$top=50&$count=true"),
    ("selected", "/devices?$select=id,serialNumber,home/city&$filter=startswith(serialNumber,'S00001')"),
    ("list of twenty", "/devices?$filter=size%20in%20(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20)"),
    ("any", "/devices?$filter=apps/any(a:a/name%20eq%20'app7'%20and%20a/size%20gt%203)"),
    ("expanded", "/devices?$top=50&$expand=apps($select=name;$top=5;$orderby=size%20desc)"),
    (
        "grouped",
        "/devices?$apply=filter(size%20gt%205)/groupby((model),aggregate($count%20as%20n,size%20with%20sum%20as%20s))",
    ),
];

fn main() {
    let (model, schema, database) = (model(), schema(), database());
    println!("{:18}{:>10}{:>10}{:>10}{:>10}{:>14}", "", "parse", "bind", "translate", "all", "SQLite");
    for (name, url) in QUERIES {
        let [parse, bind, translate] = stages(&model, &schema, url);
        let statement = statement(&model, &schema.part_of("t"), url);
        let run = median(9, || run(&database, &statement));
        let all = parse + bind + translate;
        println!(
            "{name:18}{:>10}{:>10}{:>10}{:>10}{:>14}",
            told(parse),
            told(bind),
            told(translate),
            told(all),
            told(run)
        );
    }
    println!("\nTime for each part, as a ratio to that of the shortest:");
    let repeated =
        |part: &str, by: &str, count: usize| format!("/devices?$filter={}", vec![part; count].join(by));
    growth(&model, &schema, "conjuncts", &[8, 64, 512], |count| {
        repeated("size%20eq%201", "%20and%20", count)
    });
    growth(&model, &schema, "depth", &[4, 8, 16, 30], |depth| {
        format!("/devices?$filter={}active", "not%20".repeat(depth))
    });
    growth(&model, &schema, "nested conditions", &[3, 6, 12], |depth| {
        let nested = (0..depth).fold("active".to_owned(), |inner, _| format!("({inner}%20ge%20active)"));
        format!("/devices?$filter={nested}")
    });
    growth(&model, &schema, "list", &[8, 64, 512, 2000], |count| {
        let list: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        format!("/devices?$filter=size%20in%20({})", list.join(","))
    });
    growth(&model, &schema, "keys of an order", &[4, 8, 16, 32], |count| {
        format!("/devices?$orderby={}", vec!["tolower(model)"; count].join(","))
    });
    growth(&model, &schema, "computed", &[4, 16, 64], |count| {
        let items: Vec<String> =
            (0..count).map(|number| format!("size%20add%20{number}%20as%20c{number}")).collect();
        format!("/devices?$compute={}", items.join(","))
    });
    growth(&model, &schema, "stages", &[4, 16, 64], |count| {
        format!("/devices?$apply={}", vec!["filter(size%20gt%201)"; count].join("/"))
    });
}

/// The median time of parsing, binding and translating.
fn stages(model: &Model, schema: &Schema, url: &str) -> [Duration; 3] {
    let source = schema.part_of("t");
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let request = syntax::parse(path, query).unwrap();
    let bound = bind(model, &request, &TERMS).unwrap();
    [
        median(301, || syntax::parse(black_box(path), query).unwrap()),
        median(301, || bind(model, black_box(&request), &TERMS).unwrap()),
        median(301, || sql::entities(black_box(&bound), &source, &SQLITE).unwrap().statement),
    ]
}

fn statement(model: &Model, source: &Source<'_>, url: &str) -> Statement {
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let query = bind(model, &syntax::parse(path, query).unwrap(), &TERMS).unwrap();
    sql::entities(&query, source, &SQLITE).unwrap().statement
}

fn median<T>(times: usize, work: impl Fn() -> T) -> Duration {
    let mut taken: Vec<Duration> = (0..times)
        .map(|_| {
            let began = Instant::now();
            black_box(work());
            began.elapsed()
        })
        .collect();
    taken.sort();
    taken[times / 2]
}

fn told(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos < 1_000_000 {
        format!("{}.{} µs", nanos / 1000, nanos % 1000 / 100)
    } else {
        format!("{} ms", nanos / 1_000_000)
    }
}

/// Prints how the time for each part grows.
fn growth(model: &Model, schema: &Schema, name: &str, sizes: &[usize], url: impl Fn(usize) -> String) {
    let mut line = format!("{name:18}");
    let mut first = None;
    for size in sizes {
        let all: Duration = stages(model, schema, &url(*size)).iter().sum();
        let each = all.as_nanos() * 100 / u128::try_from(*size).unwrap();
        let ratio = each * 100 / *first.get_or_insert(each);
        line.push_str(&format!("{size:>8}: {:>4}.{:02}", ratio / 100, ratio % 100));
    }
    println!("{line}");
}

fn primitive(name: &str, primitive: Primitive) -> Property {
    Property::new(name, Type::Primitive(primitive))
}

fn model() -> Model {
    let mut model = Model::new("bench", None);
    let home = model.add_complex("place", vec![Property::string("city", 20), Property::string("street", 20)]);
    let app = model.add_entity(
        "app",
        &["id"],
        vec![
            Property::string("id", 9).required(),
            Property::string("name", 20),
            primitive("size", Primitive::Int32),
        ],
    );
    let device = model.add_entity(
        "device",
        &["id"],
        vec![
            Property::string("id", 9).required(),
            Property::string("serialNumber", 20),
            Property::string("model", 20),
            primitive("size", Primitive::Int32),
            primitive("price", Primitive::Decimal),
            primitive("active", Primitive::Boolean),
            primitive("seen", Primitive::DateTimeOffset),
            Property::new("home", Type::Complex(home)),
        ],
    );
    let apps = NavigationProperty::contained("apps", app, Acts::default());
    model.entity_mut(device).navigation.push(apps);
    model.add_entity_set("devices", device, Acts::default());
    model
}

fn schema() -> Schema {
    let column = |table: Table, name: &'static str| table.column(name, format!("{{t}}.{name}"));
    let device = ["id", "serialNumber", "model", "size", "price", "active", "seen"]
        .into_iter()
        .fold(Table::new("devices"), column)
        .column("home/city", "{t}.city")
        .column("home/street", "{t}.street")
        .join("apps", Join::On("{t}.owner = {o}.id".into()));
    let app = ["id", "name", "size"].into_iter().fold(Table::new("apps"), column);
    Schema::partitioned_by("tenant").table("device", device).table("app", app)
}

fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for function in functions::FUNCTIONS {
        let (arguments, call) = (i32::try_from(function.arguments).unwrap(), function.call);
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection
            .create_scalar_function(function.name, arguments, flags, move |context| {
                let values: Vec<Scalar> =
                    (0..context.len()).map(|index| scalar(context.get_raw(index))).collect();
                if values.contains(&Scalar::Null) {
                    return Ok(Value::Null);
                }
                call(&values)
                    .map(|value| stored(&value))
                    .map_err(|error| rusqlite::Error::UserFunctionError(Box::new(error)))
            })
            .unwrap();
    }
    connection.create_collation("odata_decimal", functions::compare_decimals).unwrap();
    connection
        .execute_batch(&format!(
            "CREATE TABLE devices (tenant TEXT, id TEXT, serialNumber TEXT, model TEXT, size INTEGER, price TEXT,
                 active INTEGER, seen INTEGER, city TEXT, street TEXT, PRIMARY KEY (tenant, id)) STRICT;
             CREATE UNIQUE INDEX devices_serial ON devices (tenant, serialNumber);
             CREATE TABLE apps (tenant TEXT, id TEXT, owner TEXT, name TEXT, size INTEGER,
                 PRIMARY KEY (tenant, id)) STRICT;
             CREATE INDEX apps_owner ON apps (tenant, owner);
             WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < {ROWS} - 1)
             INSERT INTO devices SELECT 't', printf('%07d', n), printf('S%07d', n * 7919 % {ROWS}),
                 CASE n % 5 WHEN 0 THEN 'Book ' ELSE 'Pad ' END || n % 20, n % 1000, n % 100 || '.5', n % 2,
                 CASE n % 10 WHEN 0 THEN NULL ELSE n * 10000000 END, 'City ' || n % 50, 'Street' FROM n;
             INSERT INTO apps SELECT 't', 'a' || id, id, 'app' || size % 10, size % 7 FROM devices;"
        ))
        .unwrap();
    connection
}

/// All rows of a statement, and how many they are.
fn run(connection: &Connection, statement: &Statement) -> usize {
    let mut prepared = connection.prepare(statement.text()).unwrap();
    for index in 1..=prepared.parameter_count() {
        let number: usize = prepared.parameter_name(index).unwrap()[1..].parse().unwrap();
        prepared.raw_bind_parameter(index, stored(&statement.binds()[number - 1])).unwrap();
    }
    let mut rows = prepared.raw_query();
    let mut count = 0;
    while rows.next().unwrap().is_some() {
        count += 1;
    }
    count
}

fn stored(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Integer(number) => Value::Integer(*number),
        Scalar::Real(number) => Value::Real(*number),
        Scalar::Text(text) => Value::Text(text.clone()),
        Scalar::Blob(bytes) => Value::Blob(bytes.clone()),
    }
}

fn scalar(value: ValueRef<'_>) -> Scalar {
    match value {
        ValueRef::Null => Scalar::Null,
        ValueRef::Integer(number) => Scalar::Integer(number),
        ValueRef::Real(number) => Scalar::Real(number),
        ValueRef::Text(text) => Scalar::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Scalar::Blob(bytes.to_vec()),
    }
}
