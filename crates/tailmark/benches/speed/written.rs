//! The second ceiling: axum and hand-written SQL on the same SQLite file. No OData, no token, no checks.
//!
//! It knows the handful of requests that the kit makes and nothing else. Reads run where the request is, on a connection
//! of each thread; writes are one transaction each, on the one connection that writes, synced as Tailmark syncs.

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path as Segment, RawQuery};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use tailmark::issuer::DEFAULT_TENANT;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use uuid::Uuid;

const ROOT: &str = "http://tailmark.test/beta/$metadata#deviceManagement";
const UPLOADS: &str = "/beta/deviceManagement/importedWindowsAutopilotDeviceIdentityUploads/{id}";
const IMPORTED: &str = "/beta/deviceManagement/importedWindowsAutopilotDeviceIdentities";
const DEVICES: &str = "/beta/deviceManagement/windowsAutopilotDeviceIdentities";
const PAGE: usize = 1000;

static FILE: OnceLock<String> = OnceLock::new();

thread_local! {
    static READER: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

fn tenant() -> &'static str {
    static TENANT: OnceLock<String> = OnceLock::new();
    TENANT.get_or_init(|| DEFAULT_TENANT.to_string())
}

/// Serves a database until it is killed.
pub fn serve(file: &Path) -> ! {
    FILE.set(file.to_str().unwrap().to_owned()).unwrap();
    let writer = Arc::new(Mutex::new(connect()));
    let one = Arc::clone(&writer);
    let router = Router::new()
        .route(UPLOADS, get(upload))
        .route(&format!("{UPLOADS}/deviceIdentities"), get(identities))
        .route(IMPORTED, get(imported).post(move |body: String| create(Arc::clone(&one), body)))
        .route(&format!("{IMPORTED}/import"), post(move |body: String| import(Arc::clone(&writer), body)))
        .route(DEVICES, get(devices))
        .layer(DefaultBodyLimit::disable());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("http://{}", listener.local_addr().unwrap());
        use axum::serve::ListenerExt as _;
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        axum::serve(listener, router).await.unwrap();
    });
    unreachable!("axum serves for ever")
}

fn connect() -> Connection {
    let connection = Connection::open(FILE.get().unwrap()).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    connection.set_prepared_statement_cache_capacity(64);
    connection
}

/// All rows of a query, read on this thread.
fn rows<T>(
    sql: &str,
    values: impl rusqlite::Params,
    row: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    READER.with_borrow_mut(|reader| {
        let connection = reader.get_or_insert_with(connect);
        let mut statement = connection.prepare_cached(sql).unwrap();
        let rows = statement.query_map(values, |found| row(found)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    })
}

/// What stands behind `name` in the query, and its quotes where it has some.
fn option(query: Option<String>, name: &str) -> String {
    let query = query.unwrap_or_default();
    let value = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
    let value = value.map(|(_, value)| value.into_owned()).unwrap_or_default();
    value.split('\'').nth(1).map_or_else(|| value.clone(), str::to_owned)
}

#[derive(Serialize)]
struct Enveloped<T> {
    #[serde(rename = "@odata.context")]
    context: String,
    #[serde(rename = "@odata.count", skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
    #[serde(rename = "@odata.nextLink", skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    value: T,
}

fn answer<T: Serialize>(set: &str, value: T) -> impl IntoResponse {
    counted(set, value, None, None)
}

fn counted<T: Serialize>(set: &str, value: T, count: Option<i64>, next: Option<String>) -> impl IntoResponse {
    let answer = Enveloped { context: format!("{ROOT}/{set}"), count, next, value };
    ([(header::CONTENT_TYPE, "application/json")], serde_json::to_vec(&answer).unwrap())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Upload {
    #[serde(rename = "@odata.type")]
    ty: &'static str,
    id: String,
    created_date_time_utc: String,
    status: &'static str,
}

async fn upload(Segment(id): Segment<String>) -> impl IntoResponse {
    let sql = "SELECT created_ticks, CASE
            WHEN NOT EXISTS (SELECT 1 FROM imported_devices d WHERE d.tenant = u.tenant AND d.upload_id = u.id)
                THEN declared_status
            WHEN EXISTS (SELECT 1 FROM imported_devices d WHERE d.tenant = u.tenant AND d.upload_id = u.id AND d.status < 3)
                THEN 1
            WHEN EXISTS (SELECT 1 FROM imported_devices d WHERE d.tenant = u.tenant AND d.upload_id = u.id AND d.status = 4)
                THEN 3
            ELSE 2 END
        FROM uploads u WHERE tenant = ?1 AND id = ?2";
    let found = rows(sql, params![tenant(), id], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, u8>(1)?)));
    let Some((ticks, status)) = found.first().copied() else { return StatusCode::NOT_FOUND.into_response() };
    let upload = Upload {
        ty: "#microsoft.graph.importedWindowsAutopilotDeviceIdentityUpload",
        id,
        created_date_time_utc: instant(ticks),
        status: ["noUpload", "pending", "complete", "error"][usize::from(status)],
    };
    answer("importedWindowsAutopilotDeviceIdentityUploads/$entity", upload).into_response()
}

fn instant(ticks: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ticks) * 100).unwrap();
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second, fraction) = time.to_hms_nano();
    let (month, fraction) = (u8::from(month), fraction / 100);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:07}Z")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct State {
    device_import_status: &'static str,
    device_registration_id: String,
    device_error_code: i64,
    device_error_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    id: String,
    group_tag: String,
    serial_number: String,
    state: State,
}

fn state(row: &Row<'_>, from: usize) -> rusqlite::Result<State> {
    Ok(State {
        device_import_status: ["unknown", "pending", "partial", "complete", "error"]
            [usize::from(row.get::<_, u8>(from)?)],
        device_registration_id: row.get(from + 1)?,
        device_error_code: row.get(from + 2)?,
        device_error_name: row.get(from + 3)?,
    })
}

async fn identities(Segment(id): Segment<String>) -> impl IntoResponse {
    let sql = "SELECT id, group_tag, serial_number, status, registration_id, error_code, error_name
        FROM imported_devices WHERE tenant = ?1 AND upload_id = ?2 ORDER BY id LIMIT 100";
    let found = rows(sql, params![tenant(), id], |row| {
        Ok(Identity {
            id: row.get(0)?,
            group_tag: row.get(1)?,
            serial_number: row.get(2)?,
            state: state(row, 3)?,
        })
    });
    answer("importedWindowsAutopilotDeviceIdentityUploads/deviceIdentities", found)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Imported {
    id: String,
    group_tag: String,
    serial_number: String,
    product_key: String,
    import_id: String,
    hardware_identifier: Option<String>,
    state: State,
    assigned_user_principal_name: String,
}

const COLUMNS: &str =
    "SELECT id, group_tag, serial_number, product_key, import_id, assigned_user_principal_name, status,
    registration_id, error_code, error_name FROM imported_devices WHERE tenant = ?1 AND ";

fn imported_row(row: &Row<'_>) -> rusqlite::Result<Imported> {
    Ok(Imported {
        id: row.get(0)?,
        group_tag: row.get(1)?,
        serial_number: row.get(2)?,
        product_key: row.get(3)?,
        import_id: row.get(4)?,
        hardware_identifier: None,
        assigned_user_principal_name: row.get(5)?,
        state: state(row, 6)?,
    })
}

/// With `$filter` those of one serial number, else a page behind `$skiptoken`.
async fn imported(RawQuery(query): RawQuery) -> impl IntoResponse {
    static OF_SERIAL: OnceLock<String> = OnceLock::new();
    static BEHIND: OnceLock<String> = OnceLock::new();
    let set = "importedWindowsAutopilotDeviceIdentities";
    if query.as_deref().is_some_and(|query| query.contains("filter")) {
        let sql = OF_SERIAL.get_or_init(|| format!("{COLUMNS} serial_number = ?2 ORDER BY id LIMIT 1001"));
        let found = rows(sql, params![tenant(), option(query, "$filter")], imported_row);
        return counted(set, found, None, None).into_response();
    }
    let sql = BEHIND.get_or_init(|| format!("{COLUMNS} id > ?2 ORDER BY id LIMIT 1000"));
    let found = rows(sql, params![tenant(), option(query, "$skiptoken")], imported_row);
    let last = found.last().filter(|_| found.len() == PAGE);
    let next = last.map(|last| format!("http://tailmark.test{IMPORTED}?$skiptoken={}", last.id));
    counted(set, found, None, next).into_response()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    id: String,
    serial_number: String,
    model: String,
}

async fn devices(RawQuery(query): RawQuery) -> impl IntoResponse {
    let part = option(query, "$filter");
    let sql = "SELECT id, serial_number, model FROM devices
        WHERE tenant = ?1 AND instr(serial_number, ?2) > 0 ORDER BY serial_number, id LIMIT 50";
    let found = rows(sql, params![tenant(), part], |row| {
        Ok(Device { id: row.get(0)?, serial_number: row.get(1)?, model: row.get(2)? })
    });
    let sql = "SELECT COUNT(*) FROM devices WHERE tenant = ?1 AND instr(serial_number, ?2) > 0";
    let count = rows(sql, params![tenant(), part], |row| row.get::<_, i64>(0)).first().copied();
    counted("windowsAutopilotDeviceIdentities", found, count, None)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    serial_number: String,
    hardware_identifier: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Import {
    imported_windows_autopilot_device_identities: Vec<Sent>,
}

async fn create(writer: Arc<Mutex<Connection>>, body: String) -> impl IntoResponse {
    let stored =
        tokio::task::spawn_blocking(move || save(&writer, vec![serde_json::from_str(&body).unwrap()]));
    let one = stored.await.unwrap().pop();
    (StatusCode::CREATED, answer("importedWindowsAutopilotDeviceIdentities/$entity", one))
}

async fn import(writer: Arc<Mutex<Connection>>, body: String) -> impl IntoResponse {
    let stored = tokio::task::spawn_blocking(move || {
        let import: Import = serde_json::from_str(&body).unwrap();
        save(&writer, import.imported_windows_autopilot_device_identities)
    });
    answer("importedWindowsAutopilotDeviceIdentities", stored.await.unwrap())
}

/// Stores records with their hashes in one transaction.
fn save(writer: &Mutex<Connection>, sent: Vec<Sent>) -> Vec<Imported> {
    let decoded =
        sent.into_iter().map(|one| (one.serial_number, STANDARD.decode(one.hardware_identifier).unwrap()));
    let decoded: Vec<(String, Vec<u8>)> = decoded.collect();
    let mut connection = writer.lock().unwrap();
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let batch = Uuid::now_v7().to_string();
    let mut stored = Vec::with_capacity(decoded.len());
    {
        let mut record = transaction
            .prepare_cached(
                "INSERT INTO imported_devices (tenant, id, batch_id, import_id, serial_number, product_key, group_tag,
                    assigned_user_principal_name, status) VALUES (?1, ?2, ?3, ?3, ?4, '', '', '', 3)",
            )
            .unwrap();
        let mut hash = transaction
            .prepare_cached(
                "INSERT INTO hardware_hashes (tenant, imported_device_id, bytes) VALUES (?1, ?2, ?3)",
            )
            .unwrap();
        for (serial_number, bytes) in decoded {
            let id = Uuid::now_v7().to_string();
            record.execute(params![tenant(), id, batch, serial_number]).unwrap();
            hash.execute(params![tenant(), id, bytes]).unwrap();
            stored.push(Imported {
                id,
                group_tag: String::new(),
                serial_number,
                product_key: String::new(),
                import_id: batch.clone(),
                hardware_identifier: None,
                state: State {
                    device_import_status: "unknown",
                    device_registration_id: String::new(),
                    device_error_code: 0,
                    device_error_name: String::new(),
                },
                assigned_user_principal_name: String::new(),
            });
        }
    }
    transaction.commit().unwrap();
    stored
}
