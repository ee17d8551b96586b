//! What fuzzing tries: bytes of a client into every place where some are read.
//!
//! Each target takes any bytes and must come back without a panic, within a small stack (`fuzz/run` sets it), in time that
//! grows with the length of the input; what it has read it must be able to print and read again.

mod caller;
pub mod devices;
/// As much of it as `caller` needs.
mod issuer {
    pub const PERSONAL_TENANT: uuid::Uuid = uuid::Uuid::from_u128(0x9188_040d_6c67_4c5b_b112_36a3_04b6_6dad);
}
#[path = "../../crates/tailmark/src/jwt.rs"]
#[expect(dead_code, reason = "nothing is signed or verified here")]
mod jwt;
mod shop;
pub mod token;

use std::time::{Duration, Instant};

use odata::batch::{self, Format, OnError, Response, Service};
use odata::bind::{self, Terms, Top};
use odata::json::read::{self, Datum};
use odata::json::{self, Envelope, MetadataLevel, Writing};
use odata::model::{Primitive, Type, csdl};
use odata::profile::{GRAPH, ODATA, Version};
use odata::query::Cursor;
use odata::value::DateTimeOffset;
use odata::{Value, answer, skiptoken, sql, syntax};

/// The longest input that is tried.
const LONGEST: usize = 8 * 1024;
/// What an input may take: this, and as much again for each of its bytes. Twenty times what is usual where the crate is
/// optimised.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_micros(20));
/// How much slower the crate is where it is not optimised.
const SLOWNESS: u32 = if cfg!(debug_assertions) { 10 } else { 1 };
/// How often an input is timed before it is called slow: something else may have been in the way.
const TIMES: usize = 5;

/// Works within time.
pub fn within_limits(data: &[u8], work: fn(&[u8])) {
    let data = &data[..data.len().min(LONGEST)];
    let (base, each) = PATIENCE;
    let allowed = (base + each * u32::try_from(data.len()).unwrap_or(u32::MAX)) * SLOWNESS;
    let mut took = Duration::MAX;
    for _ in 0..TIMES {
        let began = Instant::now();
        work(data);
        took = took.min(began.elapsed());
        if took < allowed {
            return;
        }
    }
    panic!("took {took:?} for {} bytes", data.len());
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
    let again = match syntax::parse(&path, Some(&query)) {
        Ok(again) => again,
        // Printing puts parentheses where precedence says it, and each is a level.
        Err(error) if error.kind == odata::ErrorKind::TooComplex => return,
        Err(error) => panic!("{request}: {error}"),
    };
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
    // Two rows first, then one for each of what is expanded: eight levels of two were hundreds.
    let mut rows = 2;
    let answered = answer::answer(&query, &source, &sql::SQLITE, &mut |statement| {
        assert!(statement.text().len() < longest, "{} bytes of SQL", statement.text().len());
        Ok(shop::run(statement, std::mem::replace(&mut rows, 1)))
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

/// Orders of products, in URLs.
const ORDERS: [&str; 3] = [
    "$orderby=Price%20desc,Name",
    "$orderby=Released,Color%20desc,Changed",
    "$orderby=year(Released)%20desc,contains(Name,'a')",
];

/// Text of a client is no page token, unless it is one of ours. One made from values is read as these, for its own list
/// and order alone, and not where a character is another.
pub fn skiptoken(data: &[u8]) {
    let Some((first, data)) = data.split_first() else { return };
    let place = usize::from(*first) % ORDERS.len();
    let [order, other] = [place, (place + 1) % ORDERS.len()].map(|place| {
        let request = syntax::parse("/Products", Some(ORDERS[place])).expect("an order");
        bind::bind(&shop::MODEL, &request, &terms(Top::Limit)).expect("an order").listing.order
    });
    let text = String::from_utf8_lossy(data);
    if let Ok(cursor) = skiptoken::read("Products", &order, &text) {
        assert_eq!(skiptoken::write("Products", &order, &cursor), text);
    }
    let texts = text.split('\n').chain(std::iter::repeat("")).zip(&order);
    let values = texts.map(|(text, key)| value(text, key.expr.ty.as_ref()));
    let cursor = Cursor { values: values.collect(), seen: u64::from(*first) };
    let token = skiptoken::write("Products", &order, &cursor);
    let read = skiptoken::read("Products", &order, &token).expect("a token of ours");
    assert_eq!(skiptoken::write("Products", &order, &read), token);
    assert_eq!(format!("{read:?}"), format!("{cursor:?}"));
    assert!(skiptoken::read("Suppliers", &order, &token).is_err(), "read for another list: {token}");
    assert!(skiptoken::read("Products", &other, &token).is_err(), "read for another order: {token}");
    let altered: String = token
        .char_indices()
        .map(|(at, character)| match character {
            'A' if at == data.len() % token.len() => 'B',
            _ if at == data.len() % token.len() => 'A',
            character => character,
        })
        .collect();
    assert!(skiptoken::read("Products", &order, &altered).is_err(), "read although altered: {altered}");
}

/// A value of a type, or null where the text is not one.
fn value(text: &str, ty: Option<&Type>) -> Value {
    let primitive = match ty {
        Some(Type::Primitive(Primitive::String)) if !text.is_empty() => {
            return Value::String(text.to_owned());
        }
        Some(Type::Primitive(primitive)) => *primitive,
        Some(Type::Enum(_)) => Primitive::Int64,
        _ => return Value::Null,
    };
    match Value::parse(primitive, text) {
        // Rows have no offsets.
        Some(Value::DateTimeOffset(instant)) => {
            Value::DateTimeOffset(DateTimeOffset { offset_minutes: 0, ..instant })
        }
        value => value.unwrap_or(Value::Null),
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

/// The body of a write to any entity type, or of any action. What is read of it are values of the declared types.
pub fn json_body(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let model = &*shop::MODEL;
    let place = usize::from(*first);
    let types: Vec<_> = model.entity_type_ids().collect();
    if let Some(ty) = types.get(place % (types.len() + 1)) {
        let Ok(mut record) = read::entity(model, *ty, body) else { return };
        for property in &model.entity(*ty).properties {
            if let (Type::Primitive(ty), Some(Datum::Value(value))) =
                (&property.ty, record.take(&property.name))
            {
                let text = value.text();
                match value {
                    // What the service decides may be sent as null.
                    Value::Null => {
                        assert!(property.nullable || property.computed, "{} is null", property.name)
                    }
                    _ => assert_eq!(Value::parse(*ty, &text).map(|value| value.text()), Some(text)),
                }
            }
        }
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
