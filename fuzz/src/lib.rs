//! What fuzzing tries: bytes of a client into every place where the crate reads some.
//!
//! Each target takes any bytes and must come back without a panic, within a small stack, in time that grows with the
//! length of the input; what it has read it must be able to print and read again.

mod shop;

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use odata::batch::{self, Format, OnError, Response, Service};
use odata::bind::{self, Terms, Top};
use odata::json::{self, Envelope, MetadataLevel, Writing, read};
use odata::model::csdl;
use odata::profile::{GRAPH, ODATA, Version};
use odata::query::Cursor;
use odata::value::DateTimeOffset;
use odata::{Value, answer, skiptoken, sql, syntax};

/// The stack of a thread that reads requests may be as small as this.
const STACK: usize = 512 * 1024;
/// The longest input that is tried.
const LONGEST: usize = 8 * 1024;
/// What an input may take: this, and as much again for each of its bytes. Twenty times what is usual.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_micros(200));

type Job = (Vec<u8>, fn(&[u8]));

/// The thread that does the work, and the way back from it.
static WORKER: LazyLock<Mutex<(SyncSender<Job>, Receiver<()>)>> = LazyLock::new(|| {
    let (work, jobs) = sync_channel::<Job>(0);
    let (done, way_back) = sync_channel(0);
    let worker = move || {
        while let Ok((data, work)) = jobs.recv() {
            work(&data);
            if done.send(()).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().stack_size(STACK).spawn(worker).expect("a thread");
    Mutex::new((work, way_back))
});

/// Works on a small stack and within time.
pub fn within_limits(data: &[u8], work: fn(&[u8])) {
    let data = &data[..data.len().min(LONGEST)];
    let worker = WORKER.lock().expect("one input at a time");
    let began = Instant::now();
    // A panic aborts the process before it could come back.
    worker.0.send((data.to_vec(), work)).expect("the worker");
    worker.1.recv().expect("the worker");
    let (base, each) = PATIENCE;
    let allowed = base + each * u32::try_from(data.len()).unwrap_or(u32::MAX);
    assert!(began.elapsed() < allowed, "took {:?} for {} bytes", began.elapsed(), data.len());
}

fn text(data: &[u8]) -> Option<(&str, Option<&str>)> {
    let text = std::str::from_utf8(data).ok()?;
    Some(text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query))))
}

/// A URL is parsed; what was read prints, and reads back as the same.
pub fn url(data: &[u8]) {
    let Some((path, query)) = text(data) else { return };
    let Ok(request) = syntax::parse(path, query) else { return };
    let segments = request.path.iter().map(|segment| {
        let bytes = segment.to_string().into_bytes();
        bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>()
    });
    let (path, query) = (segments.collect::<Vec<_>>().join("/"), request.options.to_query());
    let again = syntax::parse(&path, Some(&query)).unwrap_or_else(|error| panic!("{request}: {error}"));
    // A custom option without name and value prints as nothing.
    let plain = |request: &syntax::Request| {
        let text = request.to_string();
        text.split(['?', '&']).filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(plain(&again), plain(&request), "reads back as something else");
}

/// The terms on which the targets bind.
fn terms(top: Top) -> Terms {
    let now = DateTimeOffset { ticks: 17_092_080_000_000_000, offset_minutes: 0 };
    Terms { default_page: 3, largest_page: 100, top, now }
}

/// A URL is bound to the shop and answered by a database that has nothing but prepares every statement.
pub fn bind(data: &[u8]) {
    let Some((first, data)) = data.split_first() else { return };
    let Some((path, query)) = text(data) else { return };
    let Ok(request) = syntax::parse(path, query) else { return };
    let profile = if first % 2 == 0 { &ODATA } else { &GRAPH };
    let Ok(mut query) = bind::bind(&shop::MODEL, &request, &terms(profile.top)) else { return };
    query.versions = profile.etags;
    let source = shop::SCHEMA.part_of("t");
    let longest = 20_000 + data.len() * 1000;
    let answered = answer::answer(&query, &source, &sql::SQLITE, &mut |statement| {
        assert!(statement.text().len() < longest, "{} bytes of SQL", statement.text().len());
        Ok(shop::run(statement))
    });
    let Some(answer) = answered.unwrap_or_else(|error: sql::Error| panic!("{error}")) else { return };
    let writing = Writing {
        service_root: "https://x".to_owned(),
        request_url: "https://x/y".to_owned(),
        metadata: [MetadataLevel::None, MetadataLevel::Minimal, MetadataLevel::Full][usize::from(first % 3)],
        envelope: Envelope::Bare,
        profile,
        version: if first % 2 == 0 { Version::V401 } else { Version::V4 },
        ieee754_compatible: first % 5 == 0,
    };
    let written = json::write(&query, &answer, &writing);
    if written.form == json::Form::Json {
        let parsed = serde_json::from_slice::<serde_json::Value>(&written.bytes);
        assert!(parsed.is_ok(), "{}", String::from_utf8_lossy(&written.bytes));
    }
}

/// A page token of a list with several keys: read as it is, or made from values and read again.
pub fn skiptoken(data: &[u8]) {
    let Some((first, data)) = data.split_first() else { return };
    let orders =
        ["$orderby=Price desc,Name", "$orderby=Rating,ID", "$orderby=year(ReleaseDate),contains(Name,'a')"];
    let order = orders[usize::from(first % 3)].replace(' ', "%20");
    let Ok(request) = syntax::parse("/Products", Some(&order)) else { return };
    let Ok(query) = bind::bind(&shop::MODEL, &request, &terms(Top::Limit)) else { return };
    let order = &query.listing.order;
    let text = String::from_utf8_lossy(data);
    let _ = skiptoken::read("Products", order, &text);
    let values = text.split('\n').map(|part| match part.as_bytes().first() {
        None => Value::Null,
        Some(b'i') => Value::Integer(part.len().try_into().unwrap_or(0)),
        Some(b'd') => Value::Double(part.get(1..).and_then(|digits| digits.parse().ok()).unwrap_or(0.5)),
        Some(b'n') => Value::Decimal(part.get(1..).unwrap_or_default().to_owned()),
        Some(b't') => Value::Boolean(true),
        Some(_) => Value::String(part.to_owned()),
    });
    let cursor = Cursor { values: values.collect(), seen: u64::from(*first) };
    let token = skiptoken::write("Products", order, &cursor);
    if let Ok(read) = skiptoken::read("Products", order, &token) {
        assert_eq!(skiptoken::write("Products", order, &read), token);
    }
}

/// A batch of either format and either set of rules, each of its requests answered.
pub fn batch(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let content_type =
        ["application/json", "multipart/mixed;boundary=b", "multipart/mixed; boundary=\"a b\""]
            [usize::from(first % 3)];
    let rules = if first % 2 == 0 { &batch::ODATA } else { &batch::GRAPH };
    let Ok(batch) = batch::parse(content_type, body, rules) else { return };
    let on_error = if first & 8 == 0 { OnError::Continue } else { OnError::Stop };
    let mut run = batch.run(Service::new("https://x", "/s"), on_error);
    run.answer_each(|request| Response {
        status: if request.body.is_empty() { 200 } else { 404 },
        headers: vec![("Content-Type".into(), "application/json".into())],
        body: b"{\"a\":1}".to_vec(),
    });
    let format = if first & 16 == 0 { Format::Json } else { Format::Multipart };
    let (_, body) = run.finish(format);
    if first & 16 == 0 {
        assert!(
            serde_json::from_slice::<serde_json::Value>(&body).is_ok(),
            "{}",
            String::from_utf8_lossy(&body)
        );
    }
}

/// The body of a write to any entity type, or of any action.
pub fn json_body(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let model = &*shop::MODEL;
    let place = usize::from(*first);
    let types: Vec<_> = model.entity_type_ids().collect();
    if let Some(ty) = types.get(place % (types.len() + 1)) {
        let _ = read::entity(model, *ty, body);
    } else if let Some(operation) = model.operations.get(place % model.operations.len().max(1)) {
        let _ = read::parameters(model, operation, body);
    }
}

/// A schema in XML; what was read is written, read and written again the same.
pub fn csdl(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(model) = csdl::read(text) else { return };
    let options = csdl::Options::new(csdl::Version::V401);
    let written = csdl::xml(&model, &options);
    let _ = csdl::json(&model, &options);
    let again = csdl::read(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(csdl::xml(&again, &options), written, "reads back as something else");
}
