//! Request bodies, row by row: JSON, and the record it becomes or the error it gets.

use odata::Error;
use odata::json::read::{self, Record};
use odata::model::EntityTypeId;
use proptest::prelude::*;

use crate::demo::{self, MODEL, told};

/// Reads `person {…}`: the name of an entity type or of an action, and a body.
fn read(name: &str, body: &[u8]) -> Result<Record<'static>, Error> {
    match MODEL.operations.iter().find(|operation| operation.name == name) {
        Some(operation) => read::parameters(&MODEL, operation, body),
        None => read::entity(&MODEL, entity_type(name), body),
    }
}

fn entity_type(name: &str) -> EntityTypeId {
    let of = |owner, navigation: &str| MODEL.entity(owner).navigation_property(navigation).unwrap().target;
    let registry = MODEL.member("registry").unwrap().target;
    let person = of(registry, "people");
    match name {
        "person" => person,
        "pet" => of(person, "pets"),
        "toy" => of(of(person, "pets"), "toys"),
        "sample" => of(registry, "samples"),
        other => panic!("{other}"),
    }
}

/// Compares records in a shortened debug form.
#[track_caller]
fn check(rows: &[(&str, &str)]) {
    demo::compare(rows, |input| {
        let (name, body) = input.split_once(' ').unwrap();
        match read(name, body.as_bytes()) {
            Ok(record) => format!("{record:?}").replace("Record { members: ", "").replace("] }", "]"),
            Err(error) => told(&error).replace(UNREADABLE, "no JSON: "),
        }
    });
}

/// What every such error begins with.
const UNREADABLE: &str = "Syntax: Unable to read JSON request payload. Please ensure Content-Type header is \
                          set and payload is of valid JSON format: ";

#[test]
fn every_type() {
    check(&[
        (r#"sample {"binary":"AAECAw=="}"#, "[(\"binary\", Value(Binary([0, 1, 2, 3])))]"),
        (r#"sample {"binary":"_-8"}"#, "[(\"binary\", Value(Binary([255, 239])))]"),
        (r#"sample {"boolean":true}"#, "[(\"boolean\", Value(Boolean(true)))]"),
        (
            r#"sample {"byte":255,"sbyte":-128,"int16":-32768,"int32":2147483647}"#,
            "[(\"byte\", Value(Integer(255))), (\"sbyte\", Value(Integer(-128))), (\"int16\", \
             Value(Integer(-32768))), (\"int32\", Value(Integer(2147483647)))]",
        ),
        (r#"sample {"int64":-9223372036854775808}"#, "[(\"int64\", Value(Integer(-9223372036854775808)))]"),
        (
            r#"sample {"date":"2020-02-29","timeofday":"07:30:00.5","duration":"-PT1H"}"#,
            "[(\"date\", Value(Date(2020-02-29))), (\"timeofday\", Value(TimeOfDay(7:30:00.5))), \
             (\"duration\", Value(Duration(-36000000000)))]",
        ),
        (
            r#"sample {"datetimeoffset":"2020-02-29T12:30:00+02:00"}"#,
            "[(\"datetimeoffset\", Value(DateTimeOffset(DateTimeOffset { ticks: 15829722000000000, \
             offset_minutes: 120 })))]",
        ),
        (r#"sample {"decimal":1}"#, "[(\"decimal\", Value(Decimal(\"1\")))]"),
        (
            r#"sample {"decimal":"12345678901234567890.0123456789"}"#,
            "[(\"decimal\", Value(Decimal(\"12345678901234567890.0123456789\")))]",
        ),
        (r#"sample {"decimal":1.5}"#, "[(\"decimal\", Value(Decimal(\"1.5\")))]"),
        (r#"sample {"decimal":-0.0}"#, "[(\"decimal\", Value(Decimal(\"0\")))]"),
        (r#"sample {"decimal":2e3}"#, "[(\"decimal\", Value(Decimal(\"2000\")))]"),
        (
            r#"sample {"double":1,"single":-1.5e300}"#,
            "[(\"double\", Value(Double(1.0))), (\"single\", Value(Double(-1.5e300)))]",
        ),
        (
            r#"sample {"double":"INF","single":"-INF"}"#,
            "[(\"double\", Value(Double(inf))), (\"single\", Value(Double(-inf)))]",
        ),
        (r#"sample {"double":-0.0}"#, "[(\"double\", Value(Double(-0.0)))]"),
        (
            r#"sample {"guid":"7F6C5B4A-0000-4000-8000-0123456789AB"}"#,
            "[(\"guid\", Value(Guid(7f6c5b4a-0000-4000-8000-0123456789ab)))]",
        ),
        (
            r#"sample {"string":"a\u0041\ud83d\ude00\"\\\/\b\f\n\r\t\u001f"}"#,
            "[(\"string\", Value(String(\"aA😀\\\"\\\\/\\u{8}\\u{c}\\n\\r\\t\\u{1f}\")))]",
        ),
        (
            r#"sample {"string":null,"binary":null,"int32":null,"double":null}"#,
            "[(\"string\", Value(Null)), (\"binary\", Value(Null)), (\"int32\", Value(Null)), \
             (\"double\", Value(Null))]",
        ),
        (
            r#"person {"favourite":"deepBlue","mood":"WILD"}"#,
            "[(\"favourite\", Value(Integer(5))), (\"mood\", Value(Integer(1)))]",
        ),
        (
            r#"person {"favourite":"5","mood":"-1"}"#,
            "[(\"favourite\", Value(Integer(5))), (\"mood\", Value(Integer(-1)))]",
        ),
        (
            r#"person {"home":{"city":"x","street":"y","paint":"red"}}"#,
            "[(\"home\", Record([(\"city\", Value(String(\"x\"))), (\"street\", \
             Value(String(\"y\"))), (\"paint\", Value(Integer(0)))]))]",
        ),
        (r#"person {"home":null,"HOME@x":1}"#, "[(\"home\", Value(Null))]"),
        (
            r#"person {"pets":[{"name":"x","toys":[{"name":"y"}]},{}]}"#,
            "[(\"pets\", Records([[(\"name\", Value(String(\"x\"))), (\"toys\", \
             Records([[(\"name\", Value(String(\"y\")))]]))], []]))]",
        ),
        (
            r#"merge {"people":[{"name":"x"}],"tags":["a","b"],"sizes":[1,2]}"#,
            "[(\"people\", Records([[(\"name\", Value(String(\"x\")))]])), (\"tags\", \
             Values([String(\"a\"), String(\"b\")])), (\"sizes\", Values([Integer(1), Integer(2)]))]",
        ),
        (r#"merge {"people":[],"tags":[]}"#, "[(\"people\", Records([])), (\"tags\", Values([]))]"),
        (r#"greet {"text":"x"}"#, "[(\"text\", Value(String(\"x\")))]"),
        (r#"greet {"Text":null}"#, "[(\"text\", Value(Null))]"),
        ("person {}", "[]"),
    ]);
}

#[test]
fn values_of_the_wrong_type() {
    check(&[
        (
            r#"sample {"binary":"a"}"#,
            "Invalid binary: Cannot convert the literal 'a' to the expected type 'Edm.Binary'.",
        ),
        (
            r#"sample {"binary":"a!=="}"#,
            "Invalid binary: Cannot convert the literal 'a!==' to the expected type 'Edm.Binary'.",
        ),
        (r#"sample {"binary":[1]}"#, "Invalid binary: Cannot read an array as 'Edm.Binary' at 'binary'."),
        (
            r#"sample {"boolean":"true"}"#,
            "Invalid boolean: Cannot read a string as 'Edm.Boolean' at 'boolean'.",
        ),
        (r#"sample {"boolean":1}"#, "Invalid boolean: Cannot read a number as 'Edm.Boolean' at 'boolean'."),
        (r#"sample {"byte":256}"#, "Invalid byte: The number 256 is out of the range of 'Edm.Byte'."),
        (r#"sample {"byte":-1}"#, "Invalid byte: The number -1 is out of the range of 'Edm.Byte'."),
        (r#"sample {"sbyte":-129}"#, "Invalid sbyte: The number -129 is out of the range of 'Edm.SByte'."),
        (r#"sample {"sbyte":128}"#, "Invalid sbyte: The number 128 is out of the range of 'Edm.SByte'."),
        (r#"sample {"int16":32768}"#, "Invalid int16: The number 32768 is out of the range of 'Edm.Int16'."),
        (
            r#"sample {"int32":2147483648}"#,
            "Invalid int32: The number 2147483648 is out of the range of 'Edm.Int32'.",
        ),
        (
            r#"sample {"int64":9223372036854775808}"#,
            "Invalid int64: The number 9223372036854775808 is out of the range of 'Edm.Int64'.",
        ),
        (
            r#"sample {"int64":123456789012345678901234567890}"#,
            "Invalid int64: Cannot read a number that is no integer of 64 bits as 'Edm.Int64' at 'int64'.",
        ),
        (
            r#"sample {"int32":1.0}"#,
            "Invalid int32: Cannot read a number that is no integer of 64 bits as 'Edm.Int32' at 'int32'.",
        ),
        (
            r#"sample {"int32":1e3}"#,
            "Invalid int32: Cannot read a number that is no integer of 64 bits as 'Edm.Int32' at 'int32'.",
        ),
        (r#"sample {"int32":"1"}"#, "Invalid int32: Cannot read a string as 'Edm.Int32' at 'int32'."),
        (
            r#"sample {"date":"29.02.2020"}"#,
            "Invalid date: Cannot convert the literal '29.02.2020' to the expected type 'Edm.Date'.",
        ),
        (
            r#"sample {"date":"2021-02-29"}"#,
            "Invalid date: Cannot convert the literal '2021-02-29' to the expected type 'Edm.Date'.",
        ),
        (
            r#"sample {"datetimeoffset":"2020-02-29T12:30:00"}"#,
            "Invalid datetimeoffset: Cannot convert the literal '2020-02-29T12:30:00' to the \
             expected type 'Edm.DateTimeOffset'.",
        ),
        (
            r#"sample {"datetimeoffset":1}"#,
            "Invalid datetimeoffset: Cannot read a number as 'Edm.DateTimeOffset' at 'datetimeoffset'.",
        ),
        (
            r#"sample {"decimal":"x"}"#,
            "Invalid decimal: Cannot convert the literal 'x' to the expected type 'Edm.Decimal'.",
        ),
        (
            r#"sample {"double":"x"}"#,
            "Invalid double: Cannot convert the literal 'x' to the expected type 'Edm.Double'.",
        ),
        (r#"sample {"double":1e400}"#, "no JSON: number out of range at line 1 column 15."),
        (
            r#"sample {"duration":"1h"}"#,
            "Invalid duration: Cannot convert the literal '1h' to the expected type 'Edm.Duration'.",
        ),
        (
            r#"sample {"guid":"7f6c5b4a"}"#,
            "Invalid guid: Cannot convert the literal '7f6c5b4a' to the expected type 'Edm.Guid'.",
        ),
        (r#"sample {"string":1}"#, "Invalid string: Cannot read a number as 'Edm.String' at 'string'."),
        (r#"sample {"string":{}}"#, "Invalid string: Cannot read an object as 'Edm.String' at 'string'."),
        (
            r#"sample {"timeofday":"24:00"}"#,
            "Invalid timeofday: Cannot convert the literal '24:00' to the expected type 'Edm.TimeOfDay'.",
        ),
        (
            r#"person {"favourite":"pink"}"#,
            "Invalid favourite: 'pink' is not a member of 'demo.registry.color', which has: red, \
             green, deepBlue.",
        ),
        (
            r#"person {"favourite":1}"#,
            "Invalid favourite: Cannot read a number as 'demo.registry.color' at 'favourite'.",
        ),
        (
            r#"person {"favourite":null,"mood":null}"#,
            "Invalid mood: Cannot read null as 'demo.registry.mood' at 'mood'.",
        ),
        (r#"person {"nick":null}"#, "Invalid nick: Cannot read null as 'Edm.String' at 'nick'."),
        (
            r#"person {"home":"x"}"#,
            "Invalid home: Cannot read a string as 'demo.registry.address' at 'home'.",
        ),
        (r#"person {"home":[]}"#, "Invalid home: Cannot read an array as 'demo.registry.address' at 'home'."),
        (
            r#"person {"home":{"street":null}}"#,
            "Invalid home.street: Cannot read null as 'Edm.String' at 'home.street'.",
        ),
        (
            r#"person {"home":{"city":{}}}"#,
            "Invalid home.city: Cannot read an object as 'Edm.String' at 'home.city'.",
        ),
        (
            r#"person {"pets":{}}"#,
            "Invalid pets: Cannot read an object as 'Collection(demo.registry.pet)' at 'pets'.",
        ),
        (
            r#"person {"pets":null}"#,
            "Invalid pets: Cannot read null as 'Collection(demo.registry.pet)' at 'pets'.",
        ),
        (
            r#"person {"pets":[null]}"#,
            "Invalid pets[0]: Cannot read null as 'demo.registry.pet' at 'pets[0]'.",
        ),
        (
            r#"person {"pets":["x"]}"#,
            "Invalid pets[0]: Cannot read a string as 'demo.registry.pet' at 'pets[0]'.",
        ),
        (
            r#"person {"pets":[{},{"toys":[{},{},{"name":1}]}]}"#,
            "Invalid pets[1].toys[2].name: Cannot read a number as 'Edm.String' at 'pets[1].toys[2].name'.",
        ),
        (
            r#"merge {"people":{}}"#,
            "Invalid people: Cannot read an object as 'Collection(demo.registry.person)' at 'people'.",
        ),
        (r#"merge {"tags":["a",null]}"#, "Invalid tags[1]: Cannot read null as 'Edm.String' at 'tags[1]'."),
        (
            r#"merge {"sizes":[1,2,"3"]}"#,
            "Invalid sizes[2]: Cannot read a string as 'Edm.Int32' at 'sizes[2]'.",
        ),
        (
            r#"merge {"people":[{"home":{"paint":"x"}}]}"#,
            "Invalid people[0].home.paint: 'x' is not a member of 'demo.registry.color', which has: \
             red, green, deepBlue.",
        ),
        (r#"toy {"maker":[]}"#, "Invalid maker: Cannot read an array as 'demo.registry.maker' at 'maker'."),
    ]);
}

#[test]
fn limits() {
    check(&[
        (r#"person {"name":"12345"}"#, "[(\"name\", Value(String(\"12345\")))]"),
        (r#"person {"name":"Straß"}"#, "[(\"name\", Value(String(\"Straß\")))]"),
        (r#"person {"name":"😀😀😀😀😀"}"#, "[(\"name\", Value(String(\"😀😀😀😀😀\")))]"),
        (r#"person {"name":"\u00e9\u00e9\u00e9\u00e9\u00e9"}"#, "[(\"name\", Value(String(\"ééééé\")))]"),
        (r#"person {"name":"123456"}"#, "Invalid name: The value has 6 characters; at most 5 are accepted."),
        (r#"person {"name":"Straße"}"#, "Invalid name: The value has 6 characters; at most 5 are accepted."),
        (r#"person {"photo":"AAECAw=="}"#, "[(\"photo\", Value(Binary([0, 1, 2, 3])))]"),
        (r#"person {"photo":"AAECAwQ="}"#, "Invalid photo: The value has 5 bytes; at most 4 are accepted."),
        (r#"greet {"text":"12345"}"#, "[(\"text\", Value(String(\"12345\")))]"),
        (r#"greet {"text":"123456"}"#, "Invalid text: The value has 6 characters; at most 5 are accepted."),
        (r#"person {"name":"a\u0000"}"#, "Invalid name: The value contains the character U+0000."),
        (
            r#"person {"home":{"city":"\u0000"}}"#,
            "Invalid home.city: The value contains the character U+0000.",
        ),
        (r#"merge {"tags":["\u0000"]}"#, "Invalid tags[0]: The value contains the character U+0000."),
        (
            r#"person {"favourite":"red\u0000"}"#,
            "Invalid favourite: 'red\0' is not a member of 'demo.registry.color', which has: red, \
             green, deepBlue.",
        ),
        (r#"person {"name":"\ud800"}"#, "no JSON: unexpected end of hex escape at line 1 column 16."),
        (r#"person {"name":"\ud800x"}"#, "no JSON: unexpected end of hex escape at line 1 column 16."),
        (r#"person {"name":"\udc00"}"#, "no JSON: lone leading surrogate in hex escape at line 1 column 15."),
        (
            r#"person {"name":"\ud800\ud800"}"#,
            "no JSON: lone leading surrogate in hex escape at line 1 column 21.",
        ),
        (r#"person {"\ud800":1}"#, "no JSON: unexpected end of hex escape at line 1 column 9."),
    ]);
    let long = "x".repeat(1_000_000);
    for body in [
        format!(r#"sample {{"binary":"{long}!"}}"#),
        format!(r#"sample {{"guid":"{long}"}}"#),
        format!(r#"sample {{"{long}":1}}"#),
        format!(r#"person {{"favourite":"{long}"}}"#),
        format!(r#"person {{"@odata.type":"{long}"}}"#),
        format!(r#"person "{long}""#),
    ] {
        let (name, body) = body.split_once(' ').unwrap();
        let error = read(name, body.as_bytes()).err().unwrap();
        assert!(told(&error).len() < 1000, "a client's text is quoted in part");
    }
}

#[test]
fn members() {
    check(&[
        (r#"person {"name":"x","name":"y"}"#, "Invalid name: The property 'name' was sent more than once."),
        (r#"person {"name":"x","NAME":"y"}"#, "Invalid name: The property 'name' was sent more than once."),
        (
            r#"person {"home":{"city":"x","city":"x"}}"#,
            "Invalid home.city: The property 'home.city' was sent more than once.",
        ),
        (
            r#"person {"pets":[{"name":"x"},{"name":"x","Name":"x"}]}"#,
            "Invalid pets[1].name: The property 'pets[1].name' was sent more than once.",
        ),
        (r#"greet {"text":"x","text":"y"}"#, "Invalid text: The property 'text' was sent more than once."),
        (
            r#"person {"nothing":1}"#,
            "Invalid nothing: The property 'nothing' does not exist on type 'demo.registry.person'. \
             Only properties that the type defines may be sent.",
        ),
        (
            r#"person {"home":{"nothing":1}}"#,
            "Invalid home.nothing: The property 'nothing' does not exist on type \
             'demo.registry.address'. Only properties that the type defines may be sent.",
        ),
        (
            r#"person {"pets":[{},{"nothing":[]}]}"#,
            "Invalid pets[1].nothing: The property 'nothing' does not exist on type \
             'demo.registry.pet'. Only properties that the type defines may be sent.",
        ),
        (
            r#"greet {"nothing":1}"#,
            "Invalid nothing: The property 'nothing' does not exist on type 'demo.registry.greet'. \
             Only properties that the type defines may be sent.",
        ),
        (
            r#"person {"":1}"#,
            "Invalid : The property '' does not exist on type 'demo.registry.person'. Only \
             properties that the type defines may be sent.",
        ),
        (
            r#"reset {"text":1}"#,
            "Invalid text: The property 'text' does not exist on type 'demo.registry.reset'. Only \
             properties that the type defines may be sent.",
        ),
    ]);
}

#[test]
fn annotations() {
    check(&[
        (
            r##"person {"@odata.type":"#demo.registry.person","name":"x"}"##,
            "[(\"name\", Value(String(\"x\")))]",
        ),
        (r#"person {"@odata.type":"demo.registry.Person"}"#, "[]"),
        (r##"person {"@type":"#d.person"}"##, "[]"),
        (
            r##"person {"name":"x","@odata.type":"#demo.registry.person"}"##,
            "[(\"name\", Value(String(\"x\")))]",
        ),
        (
            r##"person {"@odata.type":"#demo.registry.pet"}"##,
            "Invalid @odata.type: The type '#demo.registry.pet' is not 'demo.registry.person', \
             which is expected here.",
        ),
        (
            r##"person {"@odata.type":"person"}"##,
            "Invalid @odata.type: The type 'person' is not 'demo.registry.person', which is expected here.",
        ),
        (
            r#"person {"@odata.type":1}"#,
            "no JSON: invalid type: integer `1`, expected a string at line 1 column 16.",
        ),
        (r##"person {"home":{"@odata.type":"#demo.registry.address"}}"##, "[(\"home\", Record([]))]"),
        (
            r##"person {"home":{"@odata.type":"#demo.registry.person"}}"##,
            "Invalid home.@odata.type: The type '#demo.registry.person' is not \
             'demo.registry.address', which is expected here.",
        ),
        (
            r##"person {"pets":[{},{"@odata.type":"#demo.registry.toy"}]}"##,
            "Invalid pets[1].@odata.type: The type '#demo.registry.toy' is not 'demo.registry.pet', \
             which is expected here.",
        ),
        (
            r##"merge {"@odata.type":"#anything","people":[{"@odata.type":"#d.pet"}]}"##,
            "Invalid people[0].@odata.type: The type '#d.pet' is not 'demo.registry.person', which \
             is expected here.",
        ),
        (r#"person {"@odata.context":"x","@odata.id":{"a":[1,{}]},"@x":null,"name@odata.type":"y"}"#, "[]"),
        (
            r#"person {"pets@odata.count":5,"favourite@odata.type":"y","@odata.etag":"z","nothing@x.y":[]}"#,
            "[]",
        ),
    ]);
}

#[test]
fn what_is_no_json() {
    check(&[
        ("person ", "no JSON: EOF while parsing a value at line 1 column 0."),
        ("merge ", "no JSON: EOF while parsing a value at line 1 column 0."),
        ("reset ", "[]"),
        ("reset \n", "[]"),
        ("person []", "no JSON: invalid type: sequence, expected a JSON object at line 1 column 2."),
        ("person null", "no JSON: invalid type: null, expected a JSON object at line 1 column 4."),
        ("person 5", "no JSON: invalid type: integer `5`, expected a JSON object at line 1 column 1."),
        ("person \"x\"", "no JSON: invalid type: string, expected a JSON object at line 1 column 3."),
        ("person {} {}", "no JSON: trailing characters at line 1 column 4."),
        ("person {\"name\":\"x\",}", "no JSON: trailing comma at line 1 column 13."),
        ("person {\n  \"name\": \"x\"\n  \"age\": 1\n}", "no JSON: expected `,` or `}` at line 3 column 3."),
        ("person {name:1}", "no JSON: key must be a string at line 1 column 2."),
        ("person {\"name\":'x'}", "no JSON: expected value at line 1 column 9."),
        ("person {\"age\":01}", "no JSON: invalid number at line 1 column 9."),
        ("person {\"age\":NaN}", "no JSON: expected value at line 1 column 8."),
        (
            "person {\"name\":\"a\nb\"}",
            "no JSON: control character (\\u0000-\\u001F) found while parsing a string at line 2 column 0.",
        ),
        ("person {\"name\":\"\\x\"}", "no JSON: invalid escape at line 1 column 11."),
        ("person {\"@x\":[1,}", "no JSON: expected value at line 1 column 10."),
        ("person \u{feff}{}", "no JSON: expected value at line 1 column 1."),
    ]);
    let no_utf8 = read("person", b"{\"name\":\"\xff\"}").err().unwrap();
    assert!(told(&no_utf8).starts_with(UNREADABLE), "{no_utf8}");
}

const WHOLE: &str = r##" {"@odata.type":"#d.person","name":"\u00e9\ud83d\ude00","age":-1,"score":1.5e3,
    "vip":true,"favourite":null,"photo":"AAE=","home":{"city":"x","@x":{"a":[1,"b",null]}},
    "pets":[{"name":"y","toys":[{"name":"z"},{}]},{}]} "##;

/// A body that was cut off anywhere is refused, and so is one with a byte too many.
#[test]
fn cut_bodies() {
    assert!(read("person", WHOLE.as_bytes()).is_ok());
    let end = WHOLE.trim_end().len();
    for length in 0..end {
        let error = read("person", &WHOLE.as_bytes()[..length]).err();
        assert!(error.is_some(), "{}", &WHOLE.as_bytes()[..length].escape_ascii());
    }
    for byte in ["x", "}", "]", ",", "\0", "{}"] {
        assert!(read("person", format!("{WHOLE}{byte}").as_bytes()).is_err());
    }
}

/// Nesting is refused where it is too deep, whether it is looked at or skipped.
#[test]
fn deep_bodies() {
    let nested =
        |open: &str, close: &str, depth: usize| format!("{}{}", open.repeat(depth), close.repeat(depth));
    for depth in [200, 100_000] {
        for body in [
            nested("[", "]", depth),
            nested("{\"home\":", "}", depth),
            nested("{\"pets\":[", "]}", depth),
            format!("{{\"name\":{}}}", nested("[", "]", depth)),
            format!("{{\"home\":{}}}", nested("{\"city\":", "}", depth)),
        ] {
            assert!(read("person", body.as_bytes()).is_err(), "{}", &body[..40]);
        }
        // What is skipped is not built, so its depth costs nothing; it must be JSON all the same.
        let skipped = format!("{{\"@x\":{}}}", nested("[", "]", depth));
        assert!(read("person", skipped.as_bytes()).is_ok());
        let torn = format!("{{\"@x\":{}}}", "[".repeat(depth));
        assert!(read("person", torn.as_bytes()).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        for name in ["person", "sample", "merge", "reset"] {
            let _ = read(name, &bytes);
        }
    }

    #[test]
    fn a_changed_byte_never_panics(at in 0..WHOLE.len(), byte in any::<u8>()) {
        let mut bytes = WHOLE.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = read("person", &bytes);
    }

    #[test]
    fn mixed_tokens_never_panic(
        tokens in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ":", ",", "\"name\"", "\"home\"", "\"pets\"", "\"@odata.type\"", "\"photo\"",
            "\"#d.person\"", "\"\\ud800\"", "1", "-1.5e9", "1e999", "null", "true", "\"x\"", "\"favourite\"",
            " ", "\"",
        ]), 0..24),
    ) {
        let _ = read("person", format!("{{{}", tokens.concat()).as_bytes());
    }
}
