//! The shop of the crate's examples, each entity type in a table with nothing in it.

use std::sync::LazyLock;

use odata::model::{Model, csdl};
use odata::sql::{Join, Scalar, Schema, Statement, Table, functions};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;

/// The model.
pub static MODEL: LazyLock<Model> = LazyLock::new(|| {
    csdl::read(include_str!("../../crates/odata/examples/shop.xml")).expect("the shop's schema")
});

/// A JSON text for each entity, in tables of many tenants.
pub static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    MODEL.entity_types().fold(Schema::partitioned_by("tenant"), |schema, ty| {
        let table = Table::new(format!("\"{}\"", ty.name))
            .document("{t}.document")
            .typed_by("{t}.type")
            .versioned_by(["{t}.version"]);
        let on = || Join::On("{t}.owner = {o}.id".into());
        let table =
            ty.navigation.iter().fold(table, |table, navigation| table.join(navigation.name.clone(), on()));
        // Navigation properties of complex ones.
        let below = ty.properties.iter().flat_map(|property| match property.ty.element() {
            odata::model::Type::Complex(id) => {
                let names = MODEL.complex(*id).navigation.iter();
                names.map(|navigation| format!("{}/{}", property.name, navigation.name)).collect()
            }
            _ => Vec::new(),
        });
        schema.table(ty.name.clone(), below.fold(table, |table, path| table.join(path, on())))
    })
});

thread_local! {
    static DATABASE: Connection = database();
}

fn database() -> Connection {
    let connection = Connection::open_in_memory().expect("a database");
    for function in functions::FUNCTIONS {
        let arguments = i32::try_from(function.arguments).unwrap_or(-1);
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection
            .create_scalar_function(function.name, arguments, flags, |_| Ok(Value::Null))
            .expect("a function");
    }
    connection.create_collation("odata_decimal", functions::compare_decimals).expect("a collation");
    for ty in MODEL.entity_types() {
        let create = format!("CREATE TABLE \"{}\" (tenant, id, owner, document, type, version)", ty.name);
        connection.execute_batch(&create).expect("a table");
    }
    connection
}

/// Prepares a statement, which must be SQL, and answers so many rows of nulls.
pub fn run(statement: &Statement, rows: usize) -> Vec<Vec<Scalar>> {
    let width = DATABASE.with(|database| match database.prepare(statement.text()) {
        Ok(prepared) => prepared.column_count(),
        Err(error) => panic!("{error}\n{}", statement.text()),
    });
    if statement.text().starts_with("SELECT COUNT") {
        return vec![vec![Scalar::Integer(2)]];
    }
    vec![vec![Scalar::Null; width]; rows]
}
