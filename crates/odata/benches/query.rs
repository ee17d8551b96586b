//! What the language costs: parse, bind and translate ten typical queries, beside the time that SQLite needs for each
//! over 10,000 rows in memory; and how the cost grows with the length and the depth of a query.
//!
//! Figures are medians in microseconds; growth is the ratio of a query to one half as long. `cargo bench -p odata`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot go on ends here")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use odata::bind::{Terms, Top, bind};
use odata::model::{Acts, Model, NavigationProperty, Primitive, Property, Type};
use odata::sql::{self, Join, SQLITE, Scalar, Schema, Statement, Table, functions};
use odata::syntax::parse;
use odata::value::DateTimeOffset;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

const ROWS: i64 = 10_000;

const QUERIES: &[(&str, &str)] = &[
    ("/directory/devices", "$filter=serial eq 'S-004242'"),
    ("/directory/devices", "$filter=contains(serial,'4242')&$orderby=serial&$top=50"),
    ("/directory/devices", "$filter=maker eq 'Altwerk' and number gt 5000&$select=id,serial&$top=100"),
    ("/directory/devices", "$filter=startswith(serial,'S-00') or maker in ('Altwerk','Heron')&$top=10"),
    ("/directory/devices", "$orderby=maker desc,number&$skip=100&$top=20&$count=true"),
    ("/directory/devices('d4242')", "$select=id,serial,maker"),
    ("/directory/devices/$count", "$filter=number lt 100"),
    ("/directory/devices", "$compute=number mul 2 as double&$filter=double gt 19990&$select=id,double"),
    ("/directory/devices", "$apply=groupby((maker),aggregate(number with sum as total,$count as n))"),
    ("/directory/devices", "$filter=not endswith(tolower(serial),'42') and number mod 7 eq 3&$top=100"),
];

const TERMS: Terms = Terms {
    default_page: 100,
    largest_page: 1000,
    top: Top::PageSize,
    now: DateTimeOffset { ticks: 0, offset_minutes: 0 },
};

fn main() {
    let (model, schema, connection) = (model(), schema(), database());
    println!("{:>8} {:>8} {:>10} {:>10} {:>10}  query", "parse", "bind", "translate", "together", "SQLite");
    for (path, options) in QUERIES {
        let request = parse(path, Some(options)).unwrap();
        let query = bind(&model, &request, &TERMS).unwrap();
        let statement = translate(&query, &schema);
        let parsed = median(|| drop(black_box(parse(path, Some(options)).unwrap())));
        let bound = median(|| drop(black_box(bind(&model, &request, &TERMS).unwrap())));
        let translated = median(|| drop(black_box(translate(&query, &schema))));
        let answered = median(|| assert!(run(&connection, &statement) <= 1001));
        let together = parsed + bound + translated;
        println!(
            "{:>8.2} {:>8.2} {:>10.2} {:>10.2} {:>10.1}  {path}?{options}",
            micros(parsed),
            micros(bound),
            micros(translated),
            micros(together),
            micros(answered)
        );
    }
    growth(
        &model,
        &schema,
        "length, conditions joined by 'or'",
        &|size| {
            let parts: Vec<String> = (0..size).map(|number| format!("number eq {number}")).collect();
            parts.join(" or ")
        },
        &[64, 128, 256, 512],
    );
    growth(
        &model,
        &schema,
        "depth, 'not' in parentheses",
        &|size| format!("{}vip{}", "not (".repeat(size), ")".repeat(size)),
        &[3, 6, 12],
    );
}

/// How much longer a query takes that is twice as large.
fn growth(model: &Model, schema: &Schema, what: &str, text: &dyn Fn(usize) -> String, sizes: &[usize]) {
    let mut before: Option<Duration> = None;
    for size in sizes {
        let options = format!("$filter={}", text(*size));
        let took = median(|| {
            let request = parse("/directory/devices", Some(&options)).unwrap();
            let query = bind(model, &request, &TERMS).unwrap();
            black_box(translate(&query, schema));
        });
        let ratio = before.map_or(String::new(), |before| {
            format!(", {:.2} times the one half as large", took.as_secs_f64() / before.as_secs_f64())
        });
        println!("{what}: {size}: {:.2} µs{ratio}", micros(took));
        before = Some(took);
    }
}

fn translate(query: &odata::query::Query<'_>, schema: &Schema) -> Statement {
    let source = schema.whole().unwrap();
    if matches!(query.resource.ending, odata::query::Ending::Count) {
        return sql::count(query, &source, &SQLITE).unwrap();
    }
    sql::entities(query, &source, &SQLITE).unwrap().statement
}

/// The median of rounds of a few hundred calls each.
fn median(work: impl Fn()) -> Duration {
    let once = Instant::now();
    work();
    let calls = (Duration::from_millis(4).as_nanos() / once.elapsed().as_nanos().max(1)).clamp(1, 500);
    let calls = u32::try_from(calls).unwrap();
    let mut rounds: Vec<Duration> = (0..25)
        .map(|_| {
            let began = Instant::now();
            (0..calls).for_each(|_| work());
            began.elapsed() / calls
        })
        .collect();
    rounds.sort();
    rounds[rounds.len() / 2]
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn model() -> Model {
    let mut model = Model::new("bench", None);
    let device = model.add_entity(
        "device",
        &["id"],
        vec![
            Property::string("id", 36).required(),
            Property::string("serial", 50).required(),
            Property::string("maker", 50),
            Property::new("number", Type::Primitive(Primitive::Int32)).required(),
            Property::new("vip", Type::Primitive(Primitive::Boolean)).required(),
        ],
    );
    let directory = model.add_entity("directory", &[], vec![]);
    let devices = NavigationProperty::contained("devices", device, Acts::default());
    model.entity_mut(directory).navigation.push(devices);
    model.add_singleton("directory", directory);
    model
}

fn schema() -> Schema {
    Schema::new().table("directory", Table::new("").join("devices", Join::All)).table(
        "device",
        Table::new("devices")
            .column("id", "{t}.id")
            .column("serial", "{t}.serial")
            .column("maker", "{t}.maker")
            .column("number", "{t}.number")
            .column("vip", "{t}.vip"),
    )
}

fn database() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for function in functions::FUNCTIONS {
        let arguments = i32::try_from(function.arguments).unwrap();
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection
            .create_scalar_function(function.name, arguments, flags, move |context| {
                let values: Vec<Scalar> =
                    (0..context.len()).map(|index| scalar(context.get::<Value>(index).unwrap())).collect();
                Ok((function.call)(&values).map_or(Value::Null, value))
            })
            .unwrap();
    }
    connection
        .execute_batch(
            "CREATE TABLE devices (id TEXT PRIMARY KEY, serial TEXT NOT NULL, maker TEXT, number INTEGER NOT NULL,
                vip INTEGER NOT NULL) WITHOUT ROWID;
             CREATE INDEX serials ON devices (serial);",
        )
        .unwrap();
    for number in 0..ROWS {
        let maker = ["Altwerk", "Heron", "Brightmere"][usize::try_from(number % 3).unwrap()];
        let (id, serial) = (format!("d{number}"), format!("S-{number:06}"));
        let insert = "INSERT INTO devices VALUES (?1, ?2, ?3, ?4, ?5)";
        connection.execute(insert, params![id, serial, maker, number, number % 2]).unwrap();
    }
    connection
}

fn run(connection: &Connection, statement: &Statement) -> usize {
    let mut prepared = connection.prepare_cached(statement.text()).unwrap();
    for index in 1..=prepared.parameter_count() {
        let name = prepared.parameter_name(index).unwrap();
        let bind = &statement.binds()[name[1..].parse::<usize>().unwrap() - 1];
        prepared.raw_bind_parameter(index, value(bind.clone())).unwrap();
    }
    let mut rows = prepared.raw_query();
    let mut number = 0;
    while rows.next().unwrap().is_some() {
        number += 1;
    }
    number
}

fn value(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Integer(number) => Value::Integer(number),
        Scalar::Real(number) => Value::Real(number),
        Scalar::Text(text) => Value::Text(text),
        Scalar::Blob(bytes) => Value::Blob(bytes),
    }
}

fn scalar(value: Value) -> Scalar {
    match value {
        Value::Null => Scalar::Null,
        Value::Integer(number) => Scalar::Integer(number),
        Value::Real(number) => Scalar::Real(number),
        Value::Text(text) => Scalar::Text(text),
        Value::Blob(bytes) => Scalar::Blob(bytes),
    }
}
