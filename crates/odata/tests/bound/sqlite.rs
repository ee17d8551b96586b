//! SQLite as the store uses it: the crate's functions and collation registered, statements run to their rows.

use odata::sql::{Scalar, Statement, functions};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value, ValueRef};

/// An empty database.
pub fn open() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    for function in functions::FUNCTIONS {
        let arguments = i32::try_from(function.arguments).unwrap();
        let call = function.call;
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
    connection.set_prepared_statement_cache_capacity(64);
    connection
}

/// All rows of a statement.
pub fn rows(connection: &Connection, statement: &Statement) -> Result<Vec<Vec<Scalar>>, rusqlite::Error> {
    let mut prepared = connection.prepare_cached(statement.text())?;
    for index in 1..=prepared.parameter_count() {
        let number: usize = prepared.parameter_name(index).unwrap()[1..].parse().unwrap();
        prepared.raw_bind_parameter(index, stored(&statement.binds()[number - 1]))?;
    }
    let width = prepared.column_count();
    let mut rows = prepared.raw_query();
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push((0..width).map(|column| scalar(row.get_ref_unwrap(column))).collect());
    }
    Ok(all)
}

pub fn stored(scalar: &Scalar) -> Value {
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
        ValueRef::Text(text) => Scalar::Text(String::from_utf8(text.to_vec()).unwrap()),
        ValueRef::Blob(bytes) => Scalar::Blob(bytes.to_vec()),
    }
}
