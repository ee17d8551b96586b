//! Page tokens: what was written is read again, and nothing else is.

use odata::query::Cursor;
use odata::skiptoken::{read, write};
use odata::value::DateTimeOffset;
use odata::{ErrorKind, Value};

use crate::demo::{self, told};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn order(orderby: &str) -> Vec<odata::query::Order<'static>> {
    demo::query(&format!("/registry/people?$orderby={orderby}")).unwrap().listing.order
}

#[test]
fn every_type_survives() {
    use odata::model::Primitive as P;
    let parse = |primitive, text: &str| Value::parse(primitive, text).unwrap();
    let rows = [
        ("name", text("it's \"é😀\u{0}\n")),
        ("name", text("")),
        ("name", Value::Null),
        ("size", Value::Integer(i64::MIN)),
        ("size", Value::Integer(i64::MAX)),
        ("age", Value::Integer(-1)),
        ("age", Value::Null),
        ("score", Value::Double(0.3)),
        ("score", Value::Double(-0.0)),
        ("score", Value::Double(f64::INFINITY)),
        ("score", Value::Double(f64::NEG_INFINITY)),
        ("score", Value::Double(f64::MIN_POSITIVE)),
        ("vip", Value::Boolean(true)),
        ("active", Value::Boolean(false)),
        ("favourite", Value::Integer(5)),
        ("mood", Value::Integer(-1)),
        ("born", parse(P::Date, "0001-01-01")),
        ("wakes", parse(P::TimeOfDay, "23:59:59.9999999")),
        ("seen", Value::DateTimeOffset(DateTimeOffset { ticks: i64::MIN, offset_minutes: 0 })),
        ("joined", Value::DateTimeOffset(DateTimeOffset::NEVER)),
        ("code", parse(P::Guid, "ffffffff-0000-4000-8000-0123456789ab")),
        ("shift", Value::Duration(-1)),
        ("home/paint", Value::Integer(0)),
        ("tolower(name)", text("x")),
        ("length(name)", Value::Integer(3)),
        ("contains(name,'x')", Value::Boolean(true)),
    ];
    for (orderby, value) in rows {
        let order = order(orderby);
        let cursor = Cursor { values: vec![value, text("i")], seen: u64::MAX };
        let token = write("registry/people", &order, &cursor);
        assert!(token.bytes().all(|byte| ALPHABET.contains(&byte)), "{token}");
        assert_eq!(read("registry/people", &order, &token), Ok(cursor), "{orderby}");
    }
}

#[test]
fn every_change_is_refused() {
    let order = order("name desc,age");
    let cursor = Cursor { values: vec![text("n"), Value::Integer(1), text("i")], seen: 10 };
    let token = write("registry/people", &order, &cursor);
    let read = |token: &str| read("registry/people", &order, token);
    assert_eq!(read(&token), Ok(cursor));
    for place in 0..token.len() {
        for byte in ALPHABET.iter().chain(b"=+/ .%~") {
            let mut bytes = token.clone().into_bytes();
            if bytes[place] == *byte {
                continue;
            }
            bytes[place] = *byte;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(read(&changed).is_err(), "{changed} at {place}");
        }
    }
    for length in 0..token.len() {
        assert!(read(&token[..length]).is_err(), "cut at {length}");
        assert!(read(&token[length + 1..]).is_err(), "cut to {length}");
    }
    for byte in ALPHABET.iter().chain(b"= ") {
        let more = char::from(*byte);
        assert!(read(&format!("{token}{more}")).is_err(), "longer by {more}");
        assert!(read(&format!("{more}{token}")).is_err(), "longer by {more}");
    }
    assert!(read(&format!("{token}{token}")).is_err());
    assert!(read("é").is_err());
}

#[test]
fn tokens_belong_to_their_list_and_order() {
    let values = || vec![text("n"), text("i")];
    let cursor = Cursor { values: values(), seen: 0 };
    let token = write("registry/people", &order("name"), &cursor);
    assert!(read("registry/people", &order("name"), &token).is_ok());
    for (list, orderby) in [
        ("registry/People", "name"),
        ("registry/people('a')/pets", "name"),
        ("", "name"),
        ("registry/people", "name desc"),
        ("registry/people", "nick"),
        ("registry/people", "tolower(name)"),
        ("registry/people", "home/city"),
        ("registry/people", "id"),
        ("registry/people", "name,id desc"),
        ("registry/people", "name,age"),
        ("registry/people", "id,name"),
    ] {
        assert!(read(list, &order(orderby), &token).is_err(), "{list} {orderby}");
    }
    // Functions are told apart by what they are called with.
    let token = write(
        "l",
        &order("contains(name,'x')"),
        &Cursor { values: vec![Value::Boolean(true), text("i")], seen: 0 },
    );
    assert!(read("l", &order("contains(name,'x')"), &token).is_ok());
    for orderby in
        ["contains(name,'y')", "contains(nick,'x')", "startswith(name,'x')", "contains(name,'x') desc"]
    {
        assert!(read("l", &order(orderby), &token).is_err(), "{orderby}");
    }
}

/// Even with the right digest, the values must be of the types of the order.
#[test]
fn values_of_another_type_are_refused() {
    let order = order("age,vip");
    for values in [
        vec![],
        vec![Value::Integer(1)],
        vec![Value::Integer(1), Value::Boolean(true)],
        vec![Value::Integer(1), Value::Boolean(true), text("i"), text("j")],
        vec![text("1"), Value::Boolean(true), text("i")],
        vec![Value::Integer(1), Value::Integer(1), text("i")],
        vec![Value::Integer(1), Value::Boolean(true), Value::Integer(1)],
    ] {
        let token = write("l", &order, &Cursor { values, seen: 0 });
        assert!(read("l", &order, &token).is_err());
    }
    let token = write("l", &order, &Cursor { values: vec![Value::Null, Value::Null, Value::Null], seen: 0 });
    assert!(read("l", &order, &token).is_ok());
}

#[test]
fn requests_with_tokens() {
    let token = write("registry/people", &order("id"), &Cursor { values: vec![text("i")], seen: 5 });
    let after = |url: &str| demo::query(&url.replace("TOKEN", &token)).map(|query| query.after.is_some());
    assert_eq!(after("/registry/people?$skiptoken=TOKEN"), Ok(true));
    assert_eq!(after("/REGISTRY/people?$count=true&$top=3&$skip=2&$filter=vip&$SkipToken=TOKEN"), Ok(true));
    for url in [
        "/registry/people?$orderby=name&$skiptoken=TOKEN",
        "/registry/people?$skiptoken=TOKENx",
        "/registry/people?$skiptoken=x",
        "/registry/people('a')/pets?$skiptoken=TOKEN",
        "/registry/people/$count?$skiptoken=TOKEN",
        "/registry/people?$skiptoken='TOKEN'",
    ] {
        let error = after(url).unwrap_err();
        assert_eq!((error.kind, error.target.as_deref()), (ErrorKind::Invalid, Some("$skiptoken")), "{url}");
    }
    let error = demo::query("/registry/people?$skiptoken=x").err().unwrap();
    assert_eq!(
        told(&error),
        "Invalid $skiptoken: Invalid value 'x' for query option '$skiptoken'; a token of this very list, \
         unaltered, is expected."
    );
}
