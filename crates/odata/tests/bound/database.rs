//! The databases that statements are run on, as a store uses them: SQLite, and PostgreSQL where its programs are.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use odata::sql::{Dialect, POSTGRES, SQLITE, Scalar, Statement};
use postgres::types::{IsNull, ToSql, Type, private::BytesMut};
use postgres::{Client, NoTls};
use rusqlite::Connection;

use crate::cluster::Cluster;
use crate::{memory, sqlite};

/// An open database.
pub enum Database {
    Sqlite(Connection),
    Postgres(Box<RefCell<Server>>),
}

/// A connection to PostgreSQL.
pub struct Server {
    /// Nothing while it is dropped.
    client: Option<Client>,
    prepared: HashMap<String, postgres::Statement>,
}

/// Connections that nobody uses: they cannot be closed while a thread ends.
static IDLE: Mutex<Vec<Client>> = Mutex::new(Vec::new());

/// The crate's functions for PostgreSQL.
const FUNCTIONS: &str = include_str!("../../../../migrations/postgres/0001_functions.sql");

/// The one server of this process, with a database that has the functions.
static SERVER: LazyLock<Option<(Cluster, String)>> = LazyLock::new(|| {
    let cluster = match Cluster::start_in(memory::place()) {
        Ok(cluster) => cluster,
        Err(reason) => {
            // Not by a macro, whose lines are only shown of tests that fail.
            let _ = writeln!(std::io::stderr(), "not tested here: PostgreSQL ({reason})");
            return None;
        }
    };
    let url = cluster.create().unwrap();
    Client::connect(&url, NoTls).unwrap().batch_execute(FUNCTIONS).unwrap();
    Some((cluster, url))
});

/// An empty database on each server that is there.
pub fn open() -> Vec<Database> {
    static SCHEMAS: AtomicUsize = AtomicUsize::new(0);
    let mut all = vec![Database::Sqlite(sqlite::open())];
    if let Some((_, url)) = &*SERVER {
        let idle = IDLE.lock().unwrap().pop();
        let mut client = idle.unwrap_or_else(|| Client::connect(url, NoTls).unwrap());
        let schema = format!("world_{}", SCHEMAS.fetch_add(1, Ordering::Relaxed));
        client
            .batch_execute(&format!(
                "CREATE SCHEMA {schema}; SET search_path = {schema}, public; SET jit = off"
            ))
            .unwrap();
        let server = Server { client: Some(client), prepared: HashMap::new() };
        all.push(Database::Postgres(Box::new(RefCell::new(server))));
    }
    all
}

impl Database {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    pub fn dialect(&self) -> &'static Dialect {
        match self {
            Self::Sqlite(_) => &SQLITE,
            Self::Postgres(_) => &POSTGRES,
        }
    }

    /// Runs statements without parameters. Types are written as SQLite has them.
    pub fn define(&self, sql: &str) {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(sql).unwrap(),
            Self::Postgres(server) => {
                let sql = sql
                    .replace(" TEXT", " TEXT COLLATE \"C\"")
                    .replace(" INTEGER", " BIGINT")
                    .replace(" REAL", " DOUBLE PRECISION")
                    .replace(" BLOB", " BYTEA")
                    .replace(") STRICT", ")");
                server.borrow_mut().client().batch_execute(&sql).unwrap();
            }
        }
    }

    /// Lets the database know how much is in its tables, as it does by itself after a while.
    pub fn weigh(&self, tables: &str) {
        if let Self::Postgres(server) = self {
            server.borrow_mut().client().batch_execute(&format!("ANALYZE {tables}")).unwrap();
        }
    }

    /// Runs a statement that changes something.
    pub fn change(&self, sql: &str, binds: &[Scalar]) {
        match self {
            Self::Sqlite(connection) => {
                let values = binds.iter().map(sqlite::stored);
                connection.execute(sql, rusqlite::params_from_iter(values)).unwrap();
            }
            Self::Postgres(server) => {
                server.borrow_mut().rows(sql, binds).unwrap();
            }
        }
    }

    /// What a function gives, or what the database says.
    pub fn call(&self, name: &str, arguments: &[Scalar]) -> Result<Scalar, String> {
        let Self::Postgres(server) = self else { panic!("SQLite's functions are Rust's") };
        let placeholder = |(index, argument): (usize, &Scalar)| match argument {
            Scalar::Null => "NULL".to_owned(),
            Scalar::Integer(_) => format!("${}::bigint", index + 1),
            Scalar::Real(_) => format!("${}::float8", index + 1),
            Scalar::Text(_) => format!("${}::text", index + 1),
            Scalar::Blob(_) => format!("${}::bytea", index + 1),
        };
        let placeholders: Vec<String> = arguments.iter().enumerate().map(placeholder).collect();
        let rows =
            server.borrow_mut().rows(&format!("SELECT {name}({})", placeholders.join(", ")), arguments)?;
        Ok(rows[0][0].clone())
    }

    /// All rows of a statement, or what the database says.
    pub fn rows(&self, statement: &Statement) -> Result<Vec<Vec<Scalar>>, String> {
        match self {
            Self::Sqlite(connection) => {
                sqlite::rows(connection, statement).map_err(|error| error.to_string())
            }
            Self::Postgres(server) => server.borrow_mut().rows(statement.text(), statement.binds()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.prepared.clear();
        IDLE.lock().unwrap().extend(self.client.take());
    }
}

impl Server {
    fn client(&mut self) -> &mut Client {
        self.client.as_mut().unwrap()
    }

    fn rows(&mut self, sql: &str, binds: &[Scalar]) -> Result<Vec<Vec<Scalar>>, String> {
        let said = |error: postgres::Error| match error.as_db_error() {
            Some(error) => error.message().to_owned(),
            None => format!("{error:?}"),
        };
        if self.prepared.len() > 100 {
            self.prepared.clear();
        }
        let prepared = match self.prepared.get(sql) {
            Some(prepared) => prepared.clone(),
            None => {
                let prepared = self.client().prepare(sql).map_err(said)?;
                self.prepared.insert(sql.to_owned(), prepared.clone());
                prepared
            }
        };
        let binds: Vec<Bound<'_>> = binds.iter().map(Bound).collect();
        let binds: Vec<&(dyn ToSql + Sync)> = binds.iter().map(|bound| bound as _).collect();
        let rows = self.client().query(&prepared, &binds).map_err(said)?;
        Ok(rows.iter().map(|row| (0..row.len()).map(|column| scalar(row, column)).collect()).collect())
    }
}

#[derive(Debug)]
struct Bound<'s>(&'s Scalar);

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.0 {
            Scalar::Null => Ok(IsNull::Yes),
            Scalar::Integer(number) => number.to_sql(ty, out),
            Scalar::Real(number) => number.to_sql(ty, out),
            Scalar::Text(text) => text.to_sql(ty, out),
            Scalar::Blob(bytes) => bytes.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let fits = match self.0 {
            Scalar::Null => true,
            Scalar::Integer(_) => *ty == Type::INT8,
            Scalar::Real(_) => *ty == Type::FLOAT8,
            Scalar::Text(_) => *ty == Type::TEXT,
            Scalar::Blob(_) => *ty == Type::BYTEA,
        };
        if fits { self.to_sql(ty, out) } else { Err(format!("{:?} is no {ty}", self.0).into()) }
    }
}

fn scalar(row: &postgres::Row, column: usize) -> Scalar {
    let ty = row.columns()[column].type_();
    match *ty {
        Type::INT8 => row.get::<_, Option<i64>>(column).into(),
        Type::INT4 => row.get::<_, Option<i32>>(column).map(i64::from).into(),
        Type::BOOL => row.get::<_, Option<bool>>(column).map(i64::from).into(),
        Type::FLOAT8 => row.get::<_, Option<f64>>(column).map_or(Scalar::Null, Scalar::Real),
        Type::TEXT => row.get::<_, Option<String>>(column).into(),
        Type::BYTEA => row.get::<_, Option<Vec<u8>>>(column).into(),
        _ => panic!("a column of the type {ty}"),
    }
}
