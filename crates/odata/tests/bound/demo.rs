//! A registry of people, their pets and the pets' toys: one of everything that a model can have.

use std::sync::LazyLock;

use odata::bind::{Terms, Top, bind};
use odata::model::{
    Acts, Model, NavigationProperty, Operation, Parameter, Permission, Primitive, Property, Type,
};
use odata::query::Query;
use odata::sql::{Join, Schema, Table};
use odata::value::DateTimeOffset;
use odata::{Error, syntax};

/// Pages of the demo hold 100 entities, and never more than 1000; it is noon of 2024-02-29.
pub const TERMS: Terms = Terms {
    default_page: 100,
    largest_page: 1000,
    top: Top::PageSize,
    now: DateTimeOffset { ticks: 17_092_080_000_000_000, offset_minutes: 0 },
};

/// The model.
pub static MODEL: LazyLock<Model> = LazyLock::new(model);

/// Its tables, each with a column `tenant`.
pub static SCHEMA: LazyLock<Schema> = LazyLock::new(schema);

/// Parses and binds a URL of the demo.
pub fn query(url: &str) -> Result<Query<'static>, Error> {
    query_on(url, &TERMS)
}

/// Parses and binds on other terms.
pub fn query_on(url: &str, terms: &Terms) -> Result<Query<'static>, Error> {
    let (path, query) = match url.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (url, None),
    };
    bind(&MODEL, &syntax::parse(path, query)?, terms)
}

/// An error as the tests write it: `Invalid $filter 0..5: message`.
pub fn told(error: &Error) -> String {
    let mut told = format!("{:?}", error.kind);
    if let Some(target) = &error.target {
        told.push_str(&format!(" {target}"));
    }
    if let Some(span) = &error.span {
        told.push_str(&format!(" {span:?}"));
    }
    format!("{told}: {error}")
}

/// A text as a query option's value.
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~'(),/:@$".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

/// Holds each row's input against what it should become, and shows all rows that differ.
#[track_caller]
pub fn compare(rows: &[(&str, &str)], outcome: impl Fn(&str) -> String) {
    let differ = rows.iter().filter_map(|(input, expected)| {
        let actual = outcome(input);
        (actual != *expected).then(|| format!("\n   input {input}\nexpected {expected}\n  actual {actual}\n"))
    });
    let differ: String = differ.collect();
    assert!(differ.is_empty(), "{differ}");
}

fn primitive(name: &str, primitive: Primitive) -> Property {
    Property::new(name, Type::Primitive(primitive))
}

/// The model, to be changed.
pub fn model() -> Model {
    let mut model = Model::new("demo.registry", Some("d"));
    let color = model.add_enum("color", &[("red", 0), ("green", 1), ("deepBlue", 5)]);
    let mood = model.add_enum("mood", &[("calm", -1), ("wild", 1)]);
    let address = model.add_complex(
        "address",
        vec![
            Property::string("city", 20),
            Property::string("street", 20).required(),
            Property::new("paint", Type::Enum(color)),
        ],
    );
    let thing = model.add_entity("thing", &["id"], vec![Property::string("id", 36).required().computed()]);
    let person = model.extend_entity(
        "person",
        thing,
        vec![
            Property::string("name", 5),
            Property::string("nick", 5).required(),
            primitive("age", Primitive::Int32),
            primitive("size", Primitive::Int64).required(),
            primitive("score", Primitive::Double),
            primitive("active", Primitive::Boolean),
            primitive("vip", Primitive::Boolean).required(),
            Property::new("favourite", Type::Enum(color)),
            Property::new("mood", Type::Enum(mood)).required(),
            primitive("born", Primitive::Date),
            primitive("wakes", Primitive::TimeOfDay),
            primitive("seen", Primitive::DateTimeOffset),
            primitive("joined", Primitive::DateTimeOffset).required(),
            primitive("code", Primitive::Guid),
            primitive("shift", Primitive::Duration),
            primitive("price", Primitive::Decimal),
            primitive("photo", Primitive::Binary).at_most(4).on_request(),
            Property::new("home", Type::Complex(address)),
        ],
    );
    let pet = model.extend_entity(
        "pet",
        thing,
        vec![Property::string("name", 20), primitive("weight", Primitive::Int32)],
    );
    let maker = model.extend_entity("maker", thing, vec![]);
    let toy = model.extend_entity("toy", thing, vec![Property::string("name", 20).required()]);
    let report = model.extend_entity("report", thing, vec![Property::string("title", 20)]);
    let line = model.add_entity(
        "line",
        &["order", "number"],
        vec![
            primitive("order", Primitive::Int32).required(),
            primitive("number", Primitive::Int16).required(),
            Property::string("text", 20),
        ],
    );
    let sample = model.extend_entity("sample", thing, samples());
    model.entity_mut(report).always_typed = true;

    let contained = |name, target| NavigationProperty::contained(name, target, Acts::default());
    model.entity_mut(person).navigation =
        vec![contained("pets", pet), contained("reports", report).enveloped()];
    model.entity_mut(pet).navigation.push(contained("toys", toy));
    let single = NavigationProperty { collection: false, ..contained("maker", maker) };
    model.entity_mut(toy).navigation.push(single);
    model.entity_mut(maker).navigation.push(contained("toys", toy));
    let registry = model.add_entity("registry", &[], vec![]);
    model.entity_mut(registry).navigation = vec![
        contained("people", person),
        contained("reports", report).enveloped(),
        contained("lines", line),
        contained("samples", sample),
    ];
    model.add_singleton("registry", registry);

    let people = Type::Entity(person).collection();
    let text = Type::Primitive(Primitive::String);
    let nobody = Permission::default;
    let operations = [
        Operation::action(
            "merge",
            people.clone(),
            vec![
                Parameter::new("people", people.clone()),
                Parameter::new("tags", text.clone().collection()),
                Parameter::new("sizes", Type::Primitive(Primitive::Int32).collection()),
            ],
            nobody(),
        )
        .returning(people),
        Operation::action("greet", Type::Entity(person), vec![Parameter::string("text", 5)], nobody()),
        Operation::action("reset", Type::Entity(person), vec![], nobody()),
        Operation::function("stream", Type::Entity(person), text, nobody()),
    ];
    operations.into_iter().for_each(|operation| model.add_operation(operation));
    model
}

/// A property of every primitive type.
fn samples() -> Vec<Property> {
    let all = [
        Primitive::Binary,
        Primitive::Boolean,
        Primitive::Byte,
        Primitive::Date,
        Primitive::DateTimeOffset,
        Primitive::Decimal,
        Primitive::Double,
        Primitive::Duration,
        Primitive::Guid,
        Primitive::Int16,
        Primitive::Int32,
        Primitive::Int64,
        Primitive::SByte,
        Primitive::Single,
        Primitive::String,
        Primitive::TimeOfDay,
    ];
    all.into_iter().map(|kind| primitive(&kind.name().to_lowercase(), kind)).collect()
}

/// The tables that the schema speaks of.
pub const TABLES: &str = "
    CREATE TABLE people (tenant TEXT, id TEXT, name TEXT, nick TEXT, age INTEGER, size INTEGER, score REAL,
        active INTEGER, vip INTEGER, favourite INTEGER, wild BOOLEAN, born TEXT, wakes TEXT, seen INTEGER,
        joined INTEGER, joined_offset INTEGER, code TEXT, shift INTEGER, price TEXT, photo BLOB, city TEXT, street TEXT,
        paint INTEGER);
    CREATE TABLE pets (tenant TEXT, id TEXT, name TEXT, weight INTEGER, owner TEXT);
    CREATE TABLE toys (tenant TEXT, id TEXT, name TEXT, pet TEXT, maker TEXT);
    CREATE TABLE makers (tenant TEXT, id TEXT);
    CREATE TABLE reports (tenant TEXT, id TEXT, title TEXT, about TEXT);
    CREATE TABLE lines (tenant TEXT, \"order\" INTEGER, number INTEGER, text TEXT);";

fn schema() -> Schema {
    Schema::partitioned_by("tenant")
        .table(
            "registry",
            Table::new("").join("people", Join::All).join("reports", Join::All).join("lines", Join::All),
        )
        .table(
            "person",
            Table::new("people")
                .column("id", "{t}.id")
                .column("name", "{t}.name")
                .column("nick", "{t}.nick")
                .column("age", "{t}.age")
                .column("size", "{t}.size")
                .column("score", "{t}.score")
                .column("active", "{t}.active")
                .column("vip", "{t}.vip")
                .column("favourite", "{t}.favourite")
                .column("mood", "(CASE WHEN {t}.wild THEN 1 ELSE -1 END)")
                .column("born", "{t}.born")
                .column("wakes", "{t}.wakes")
                .column("seen", "{t}.seen")
                .zoned("joined", "{t}.joined", "{t}.joined_offset")
                .column("code", "{t}.code")
                .column("shift", "{t}.shift")
                .column("price", "{t}.price")
                .column("photo", "{t}.photo")
                .column("home/city", "{t}.city")
                .column("home/street", "{t}.street")
                .column("home/paint", "{t}.paint")
                .join("pets", Join::On("{t}.owner = {o}.id".into()))
                .join("reports", Join::On("{t}.about = {o}.id".into())),
        )
        .table(
            "pet",
            Table::new("pets")
                .column("id", "{t}.id")
                .column("name", "{t}.name")
                .column("weight", "{t}.weight")
                .join("toys", Join::On("{t}.pet = {o}.id".into())),
        )
        .table(
            "toy",
            Table::new("toys")
                .column("id", "{t}.id")
                .column("name", "{t}.name")
                .join("maker", Join::On("{t}.id = {o}.maker".into())),
        )
        .table(
            "maker",
            Table::new("makers").column("id", "{t}.id").join("toys", Join::On("{t}.maker = {o}.id".into())),
        )
        .table("report", Table::new("reports").column("id", "{t}.id").column("title", "{t}.title"))
        .table(
            "line",
            Table::new("lines")
                .told_apart_by("{t}.\"order\" || ',' || {t}.number")
                .column("order", "{t}.\"order\"")
                .column("number", "{t}.number")
                .column("text", "{t}.text"),
        )
}
