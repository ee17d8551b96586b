//! A stock of items, their parts and makers: a model with every kind of value, kept in two ways. In one every property
//! has a column, in the other there is one JSON text for each entity.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use odata::bind::{Terms, bind};
use odata::model::{Acts, EnumType, Model, NavigationProperty, Primitive, Property, Type};
use odata::query::Query;
use odata::sql::{Extract, Join, Scalar, Schema, Source, Table};
use odata::{Error, syntax};

use crate::database::{self, Database};
use crate::oracle::calendar::instant_text;
use crate::oracle::functions::{COLORS, RIGHTS};
use crate::oracle::{Entity, Set, Val, World};

/// The model.
pub static MODEL: LazyLock<Model> = LazyLock::new(model);

/// A column for every property, in tables of many tenants.
pub static COLUMNS: LazyLock<Schema> = LazyLock::new(columns);

/// A JSON text for every entity.
static DOCUMENTS: LazyLock<Schema> =
    LazyLock::new(|| documents(|table, name| format!("json_extract({{{table}}}.document, '$.\"#{name}\"')")));

/// The same, where members of JSON texts are reached by their names.
static NAMED_DOCUMENTS: LazyLock<Schema> =
    LazyLock::new(|| documents(|table, name| format!("(CAST({{{table}}}.document AS JSON) ->> '#{name}')")));

/// Both ways.
pub fn sources(database: &Database) -> [(&'static str, Source<'static>); 2] {
    let documents = match database.dialect().extract {
        Extract::Path(..) => &DOCUMENTS,
        Extract::Names(..) => &NAMED_DOCUMENTS,
    };
    [("columns", COLUMNS.part_of("t")), ("documents", documents.whole().unwrap())]
}

/// Parses and binds.
pub fn query(url: &str, terms: &Terms) -> Result<Query<'static>, Error> {
    let (path, query) = match url.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (url, None),
    };
    bind(&MODEL, &syntax::parse(path, query)?, terms)
}

fn primitive(name: &str, primitive: Primitive) -> Property {
    Property::new(name, Type::Primitive(primitive))
}

fn many(name: &str, of: Type) -> Property {
    Property { nullable: true, ..Property::new(name, of.collection()) }
}

fn members(all: &[(&str, i64)]) -> Vec<(String, i64)> {
    all.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect()
}

fn model() -> Model {
    let mut model = Model::new("stock", None);
    let color = Type::Enum(model.add_enum("color", COLORS));
    let rights = Type::Enum(model.push_enum(EnumType {
        namespace: "stock".to_owned(),
        name: "rights".to_owned(),
        underlying: Primitive::Int32,
        is_flags: true,
        members: members(RIGHTS),
    }));
    let place = Type::Complex(model.add_complex(
        "place",
        vec![
            Property::string("city", 50),
            primitive("zip", Primitive::Int32),
            primitive("at", Primitive::DateTimeOffset),
            Property::new("paint", color.clone()),
        ],
    ));
    let text = || Type::Primitive(Primitive::String);
    let maker = model.add_entity(
        "maker",
        &["id"],
        vec![
            Property::string("id", 9).required(),
            Property::string("name", 50).searchable(),
            primitive("rank", Primitive::Int32),
            many("marks", text()),
        ],
    );
    let item = model.add_entity(
        "item",
        &["id"],
        vec![
            Property::string("id", 9).required(),
            Property::string("name", 50).searchable(),
            Property::string("title", 50).required().searchable(),
            primitive("count", Primitive::Int32),
            primitive("total", Primitive::Int64).required(),
            primitive("small", Primitive::Byte),
            primitive("ratio", Primitive::Double),
            primitive("price", Primitive::Decimal),
            primitive("cost", Primitive::Decimal).required(),
            primitive("open", Primitive::Boolean),
            primitive("live", Primitive::Boolean).required(),
            Property::new("color", color),
            Property::new("rights", rights),
            primitive("born", Primitive::Date),
            primitive("opens", Primitive::TimeOfDay),
            primitive("seen", Primitive::DateTimeOffset),
            primitive("made", Primitive::DateTimeOffset).required(),
            primitive("span", Primitive::Duration),
            primitive("code", Primitive::Guid),
            primitive("photo", Primitive::Binary),
            Property::new("place", place.clone()).required(),
            Property::new("spot", place.clone()),
            many("tags", text()),
            many("nums", Type::Primitive(Primitive::Int32)),
            many("sums", Type::Primitive(Primitive::Decimal)),
            many("times", Type::Primitive(Primitive::DateTimeOffset)),
            many("places", place),
        ],
    );
    let part = model.add_entity(
        "part",
        &["id"],
        vec![
            Property::string("id", 9).required(),
            Property::string("label", 50).searchable(),
            primitive("weight", Primitive::Int32),
            primitive("price", Primitive::Decimal),
            primitive("when", Primitive::DateTimeOffset),
        ],
    );
    let navigation = |name, target, collection, bound: &str| NavigationProperty {
        collection,
        nullable: true,
        contains_target: bound.is_empty(),
        ..NavigationProperty::contained(name, target, Acts::default())
    };
    model.entity_mut(item).navigation = vec![
        navigation("maker", maker, false, "makers"),
        navigation("next", item, false, "items"),
        navigation("parts", part, true, ""),
    ];
    model.entity_mut(part).navigation = vec![navigation("item", item, false, "items")];
    model.entity_mut(maker).navigation = vec![navigation("items", item, true, "items")];
    model.entity_mut(item).alternate_keys = vec![vec!["title".to_owned()]];
    model.extend_entity(
        "gadget",
        item,
        vec![primitive("power", Primitive::Int32), primitive("volts", Primitive::Double)],
    );
    let bindings = |all: &[(&str, &str)]| -> Vec<(String, String)> {
        all.iter().map(|(path, set)| ((*path).to_owned(), (*set).to_owned())).collect()
    };
    for (name, ty, bound) in [
        ("items", item, bindings(&[("maker", "makers"), ("next", "items")])),
        ("makers", maker, bindings(&[("items", "items")])),
    ] {
        model.container.members.push(NavigationProperty {
            bindings: bound,
            ..NavigationProperty::contained(name, ty, Acts::default())
        });
    }
    model
}

const ITEM: &[&str] = &[
    "id", "name", "title", "count", "total", "small", "ratio", "price", "cost", "open", "live", "color",
    "rights", "born", "opens", "made", "span", "code", "photo", "spot", "tags", "nums", "sums", "times",
    "places", "power", "volts",
];
const PART: &[&str] = &["id", "label", "weight", "price"];
const MAKER: &[&str] = &["id", "name", "rank", "marks"];

fn joined(
    items: Table,
    parts: Table,
    makers: Table,
    reference: fn(&'static str, &'static str) -> String,
) -> [(&'static str, Table); 3] {
    let on = |left: String, right: String| Join::On(format!("{left} = {right}").into());
    let key = |table: &str| format!("{{{table}}}.id");
    [
        (
            "item",
            items
                .typed_by("{t}.type")
                .versioned_by(["{t}.version"])
                .join("maker", on(key("t"), reference("o", "maker")))
                .join("next", on(key("t"), reference("o", "next")))
                .join("parts", on(reference("t", "item"), key("o"))),
        ),
        ("part", parts.join("item", on(key("t"), reference("o", "item")))),
        ("maker", makers.join("items", on(reference("t", "maker"), key("o")))),
    ]
}

fn columns() -> Schema {
    let table = |name: &'static str, properties: &[&'static str]| {
        properties.iter().fold(Table::new(name), |table, property| {
            table.column(*property, format!("{{t}}.\"{property}\""))
        })
    };
    let zoned = |table: Table, path: &'static str, column: &str| {
        table.zoned(path, format!("{{t}}.\"{column}\""), format!("{{t}}.\"{column}_offset\""))
    };
    let items = zoned(zoned(table("items", ITEM), "seen", "seen"), "place/at", "place_at")
        .column("place/city", "{t}.place_city")
        .column("place/zip", "{t}.place_zip")
        .column("place/paint", "{t}.place_paint");
    let parts = zoned(table("parts", PART), "when", "when");
    let tables =
        joined(items, parts, table("makers", MAKER), |table, name| format!("{{{table}}}.\"#{name}\""));
    tables.into_iter().fold(Schema::partitioned_by("tenant"), |schema, (ty, table)| schema.table(ty, table))
}

fn documents(reference: fn(&'static str, &'static str) -> String) -> Schema {
    let table = |name: &'static str| Table::new(name).column("id", "{t}.id").document("{t}.document");
    let tables =
        joined(table("item_documents"), table("part_documents"), table("maker_documents"), reference);
    tables.into_iter().fold(Schema::new(), |schema, (ty, table)| schema.table(ty, table))
}

/// Databases with the world in both ways, and another world of another tenant beside it.
pub fn databases(world: &World, other: &World) -> Vec<Database> {
    let databases = database::open();
    databases.iter().for_each(|database| fill(database, world, other));
    databases
}

fn fill(database: &Database, world: &World, other: &World) {
    database.define(
            "CREATE TABLE items (tenant TEXT, id TEXT, type TEXT, version INTEGER DEFAULT 7, name TEXT, title TEXT,
                 count INTEGER, total INTEGER, small INTEGER, ratio REAL, price TEXT, cost TEXT, open INTEGER,
                 live INTEGER, color INTEGER, rights INTEGER, born TEXT, opens TEXT, seen INTEGER,
                 seen_offset INTEGER, made INTEGER, span INTEGER, code TEXT, photo BLOB, place_city TEXT,
                 place_zip INTEGER, place_at INTEGER, place_at_offset INTEGER, place_paint INTEGER, spot TEXT,
                 tags TEXT, nums TEXT, sums TEXT, times TEXT, places TEXT, power INTEGER, volts REAL,
                 \"#maker\" TEXT, \"#next\" TEXT, PRIMARY KEY (tenant, id)) STRICT;
             CREATE TABLE parts (tenant TEXT, id TEXT, label TEXT, weight INTEGER, price TEXT, \"when\" INTEGER,
                 when_offset INTEGER, \"#item\" TEXT, PRIMARY KEY (tenant, id)) STRICT;
             CREATE TABLE makers (tenant TEXT, id TEXT, name TEXT, rank INTEGER, marks TEXT,
                 PRIMARY KEY (tenant, id)) STRICT;
             CREATE TABLE item_documents (id TEXT PRIMARY KEY, type TEXT, version INTEGER DEFAULT 7,
                 document TEXT) STRICT;
             CREATE TABLE part_documents (id TEXT PRIMARY KEY, document TEXT) STRICT;
             CREATE TABLE maker_documents (id TEXT PRIMARY KEY, document TEXT) STRICT;",
        );
    for (tenant, world) in [("t", world), ("other", other)] {
        for (set, name) in [(Set::Items, "item"), (Set::Parts, "part"), (Set::Makers, "maker")] {
            for entity in &world.sets[&set] {
                insert(database, &format!("{name}s"), &row(tenant, set, entity));
                if tenant == "t" {
                    let mut row = BTreeMap::from([
                        ("id".to_owned(), stored(&entity.values["id"])),
                        ("document".to_owned(), Scalar::Text(json(&Val::Struct(entity.values.clone())))),
                    ]);
                    if set == Set::Items {
                        row.insert("type".to_owned(), Scalar::Text(entity.type_name.to_owned()));
                    }
                    insert(database, &format!("{name}_documents"), &row);
                }
            }
        }
    }
    database.weigh("items, parts, makers, item_documents, part_documents, maker_documents");
}

fn row(tenant: &str, set: Set, entity: &Entity) -> BTreeMap<String, Scalar> {
    let mut row = BTreeMap::from([("tenant".to_owned(), Scalar::Text(tenant.to_owned()))]);
    if set == Set::Items {
        row.insert("type".to_owned(), Scalar::Text(entity.type_name.to_owned()));
    }
    let mut add = |name: String, value: &Val| {
        if let (Val::Instant(_, offset), true) = (value, name != "made") {
            row.insert(format!("{name}_offset"), Scalar::Integer(*offset));
        }
        row.insert(name, stored(value));
    };
    for (name, value) in &entity.values {
        match value {
            Val::Struct(members) if *name == "place" => {
                members.iter().for_each(|(member, value)| add(format!("place_{member}"), value));
            }
            value => add((*name).to_owned(), value),
        }
    }
    row
}

fn insert(database: &Database, table: &str, row: &BTreeMap<String, Scalar>) {
    let names: Vec<String> = row.keys().map(|name| format!("\"{name}\"")).collect();
    let places = (1..=row.len()).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    let text = format!("INSERT INTO {table} ({}) VALUES ({places})", names.join(", "));
    database.change(&text, &row.values().cloned().collect::<Vec<_>>());
}

fn stored(value: &Val) -> Scalar {
    match value {
        Val::Null => Scalar::Null,
        Val::Truth(truth) => Scalar::Integer(i64::from(*truth)),
        Val::Int(number) | Val::Member(number) | Val::Span(number) | Val::Instant(number, _) => {
            Scalar::Integer(*number)
        }
        Val::Real(number) => Scalar::Real(*number),
        Val::Bytes(bytes) => Scalar::Blob(bytes.clone()),
        Val::List(_) | Val::Struct(_) => Scalar::Text(json(value)),
        other => Scalar::Text(crate::oracle::functions::text(other).unwrap()),
    }
}

/// As values are kept inside JSON texts.
fn json(value: &Val) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match value {
        Val::Null => "null".to_owned(),
        Val::Truth(truth) => truth.to_string(),
        Val::Int(number) | Val::Member(number) | Val::Span(number) => number.to_string(),
        Val::Real(number) if number.is_finite() => format!("{number:?}"),
        Val::Real(number) => quoted(if *number > 0.0 { "INF" } else { "-INF" }),
        Val::Instant(ticks, offset) => quoted(&instant_text(*ticks, *offset)),
        // Only zeros: an alphabet of one letter.
        Val::Bytes(bytes) => quoted(["", "AA==", "AAA=", "AAAA"][bytes.len()]),
        Val::List(members) => {
            format!("[{}]", members.iter().map(json).collect::<Vec<_>>().join(","))
        }
        Val::Struct(members) => {
            let members = members.iter().map(|(name, value)| format!("{}:{}", quoted(name), json(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        other => quoted(&crate::oracle::functions::text(other).unwrap()),
    }
}
