//! JSON out, row by row: a URL and an answer to it, and the body.

use odata::Value;
use odata::answer::{Answer, Cell, Entity, Expanded, Page};
use odata::json::{self, Envelope, MetadataLevel, Writing};
use odata::profile::{GRAPH, Version};
use odata::query::{Cursor, Query};
use odata::value::DateTimeOffset;

use crate::demo;

const ROOT: &str = "https://x/beta";

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn entity(values: &[Value]) -> Entity {
    Entity { values: cells(values), ..Entity::default() }
}

fn cells(values: &[Value]) -> Vec<Cell> {
    values.iter().cloned().map(Cell::One).collect()
}

/// One with a key and an expanded collection.
fn owner(key: &str, value: &str, owned: Page) -> Entity {
    Entity {
        key: vec![text(key)],
        values: cells(&[text(value)]),
        expanded: vec![Expanded::Page(owned)],
        ..Entity::default()
    }
}

fn page(entities: Vec<Entity>) -> Page {
    Page { entities, count: None, next: None }
}

/// Writes the answer and takes the service root out of it.
fn written(url: &str, answer: &Answer, metadata: MetadataLevel, envelope: Envelope) -> String {
    let query = demo::query(url).unwrap();
    let writing = Writing {
        service_root: ROOT.to_owned(),
        request_url: format!("{ROOT}{url}"),
        metadata,
        envelope,
        profile: &GRAPH,
        version: Version::V4,
        ieee754_compatible: false,
    };
    let body = String::from_utf8(json::write(&query, answer, &writing).bytes).unwrap();
    if !matches!(answer, Answer::Count(_)) {
        assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok(), "{body}");
    }
    body.replace(ROOT, "")
}

fn minimal(url: &str, answer: &Answer) -> String {
    written(url, answer, MetadataLevel::Minimal, Envelope::Bare)
}

fn bare(url: &str, answer: &Answer) -> String {
    written(url, answer, MetadataLevel::None, Envelope::Bare)
}

/// Compares context URLs, below the service root and `$metadata#`.
#[track_caller]
fn check_context(rows: &[(&str, &str)]) {
    demo::compare(rows, |url| {
        json::context(&demo::query(url).unwrap(), &GRAPH).strip_prefix("$metadata#").unwrap().to_owned()
    });
}

#[test]
fn context_urls() {
    check_context(&[
        ("/registry/people", "registry/people"),
        ("/registry/people('a')", "registry/people/$entity"),
        ("/registry/people/a", "registry/people/$entity"),
        ("/registry/people('a')?$select=name,id", "registry/people(name,id)/$entity"),
        ("/registry/people?$select=id,ID", "registry/people(id)"),
        ("/registry/people?$select=*", "registry/people(*)"),
        ("/registry/people?$select=home/city,home/paint", "registry/people(home/city,home/paint)"),
        ("/registry/people?$select=pets", "registry/people(pets)"),
        ("/registry/people('a')/pets", "registry/people('a')/pets"),
        ("/registry/people/a/pets", "registry/people('a')/pets"),
        ("/registry/people('O''Neil')/pets", "registry/people('O''Neil')/pets"),
        // A fragment is not percent-encoded (OData JSON Format 4.01 §4.6.1).
        ("/registry/people('a%20%C3%A9%2F')/pets", "registry/people('a é/')/pets"),
        ("/Registry/PEOPLE/a/pets('b')?$select=name", "registry/people('a')/pets(name)/$entity"),
        ("/registry/people('a')/pets('b')/toys", "registry/people('a')/pets('b')/toys"),
        (
            "/registry/people('a')/pets('b')/toys('c')/maker",
            "registry/people('a')/pets('b')/toys('c')/maker/$entity",
        ),
        ("/registry/people?$expand=pets", "registry/people(pets())"),
        ("/registry/people('a')?$expand=pets", "registry/people(pets())/$entity"),
        ("/registry/people?$expand=pets($select=name),reports", "registry/people(pets(name),reports())"),
        ("/registry/people?$expand=pets($expand=toys($select=id))", "registry/people(pets(toys(id)))"),
        ("/registry/people?$select=id&$expand=pets($select=name)", "registry/people(id,pets(name))"),
        ("/registry/people?$select=id,pets&$expand=pets", "registry/people(id,pets())"),
        ("/registry/people?$filter=vip&$orderby=name&$top=1&$count=true", "registry/people"),
        ("/registry/people/merge", "Collection(demo.registry.person)"),
        ("/registry/people('a')/stream", "Edm.String"),
        ("/registry", "registry/$entity"),
    ]);
}

#[test]
fn every_value() {
    let url = "/registry/samples?$select=binary,boolean,byte,date,datetimeoffset,decimal,double,duration,\
               guid,int16,int32,int64,sbyte,single,string,timeofday";
    let parse = |primitive, text: &str| Value::parse(primitive, text).unwrap();
    use odata::model::Primitive as P;
    let values = [
        parse(P::Binary, "-_8="),
        Value::Boolean(true),
        Value::Integer(255),
        parse(P::Date, "2020-02-29"),
        parse(P::DateTimeOffset, "2020-02-29T12:30:00.5-08:00"),
        parse(P::Decimal, "12345678901234567890.10"),
        Value::Double(1.5),
        parse(P::Duration, "P1DT0.5S"),
        parse(P::Guid, "7F6C5B4A-0000-4000-8000-0123456789AB"),
        Value::Integer(-32_768),
        Value::Integer(0),
        Value::Integer(i64::MIN),
        Value::Integer(-128),
        Value::Double(-0.25),
        text("x"),
        parse(P::TimeOfDay, "07:30"),
    ];
    assert_eq!(
        bare(url, &Answer::Page(page(vec![entity(&values)]))),
        r#"{"value":[{"binary":"+/8=","boolean":true,"byte":255,"date":"2020-02-29","#.to_owned()
            + r#""datetimeoffset":"2020-02-29T12:30:00.5-08:00","decimal":12345678901234567890.1,"double":1.5,"#
            + r#""duration":"P1DT0.5S","guid":"7f6c5b4a-0000-4000-8000-0123456789ab","int16":-32768,"int32":0,"#
            + r#""int64":-9223372036854775808,"sbyte":-128,"single":-0.25,"string":"x","timeofday":"07:30:00"}]}"#
    );
    let one = |property: &str, value: Value| {
        let url = format!("/registry/samples?$select={property}");
        let body = bare(&url, &Answer::Page(page(vec![entity(&[value])])));
        body.trim_start_matches("{\"value\":[{").trim_end_matches("}]}").to_owned()
    };
    for (property, value, expected) in [
        ("double", Value::Double(f64::INFINITY), r#""double":"INF""#),
        ("double", Value::Double(f64::NEG_INFINITY), r#""double":"-INF""#),
        ("double", Value::Double(f64::NAN), r#""double":"NaN""#),
        ("double", Value::Double(5.0), r#""double":5"#),
        ("double", Value::Double(1e-7), r#""double":0.0000001"#),
        (
            "datetimeoffset",
            Value::DateTimeOffset(DateTimeOffset::NEVER),
            r#""datetimeoffset":"0001-01-01T00:00:00Z""#,
        ),
        ("binary", Value::Binary(Vec::new()), r#""binary":"""#),
        ("string", Value::Null, r#""string":null"#),
        ("string", text(""), r#""string":"""#),
        (
            "string",
            text("\"\\/\u{8}\u{c}\n\r\t\u{1f}\u{7f}é😀\u{2028}"),
            "\"string\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u001f\u{7f}é😀\u{2028}\"",
        ),
        ("string", text("},\"x\":1,"), r#""string":"},\"x\":1,""#),
    ] {
        assert_eq!(one(property, value), expected);
    }
}

#[test]
fn entities_and_members() {
    let url = "/registry/people?$select=id,favourite,mood,home";
    let person = |favourite, mood| {
        let mut person = entity(&[text("a"), favourite, Value::Integer(mood)]);
        person.values.push(Cell::Members(cells(&[text("c"), text("s"), Value::Null])));
        person
    };
    let people = vec![person(Value::Integer(5), 1), person(Value::Null, 7)];
    assert_eq!(
        minimal(url, &Answer::Page(page(people))),
        r#"{"@odata.context":"/$metadata#registry/people(id,favourite,mood,home)","value":[{"id":"a","#
            .to_owned()
            + r#""favourite":"deepBlue","mood":"wild","home":{"city":"c","street":"s","paint":null}},"#
            + r#"{"id":"a","favourite":null,"mood":"7","home":{"city":"c","street":"s","paint":null}}]}"#
    );
    let homeless = Entity { values: vec![Cell::Members(cells(&[Value::Null]))], ..Entity::default() };
    assert_eq!(
        minimal("/registry/people('a')?$select=home/city", &Answer::Entity(homeless)),
        r#"{"@odata.context":"/$metadata#registry/people(home/city)/$entity","home":{"city":null}}"#
    );
    // Values not asked for are null rather than absent.
    let listed = demo::query("/registry/people").unwrap();
    let values: Vec<Value> = (0..20).map(|_| Value::Null).collect();
    assert_eq!(listed.listing.shape.properties.len(), 19);
    let body = bare("/registry/people", &Answer::Page(page(vec![entity(&values)])));
    assert!(body.contains(r#""photo":null"#), "{body}");
    // Nothing selected and nothing there.
    assert_eq!(
        bare("/registry/people?$select=pets", &Answer::Page(page(vec![entity(&[]), entity(&[])]))),
        r#"{"value":[{},{}]}"#
    );
    assert_eq!(bare("/registry/people?$select=pets", &Answer::Page(page(vec![]))), r#"{"value":[]}"#);
    assert_eq!(bare("/registry/people('a')?$select=pets", &Answer::Entity(entity(&[]))), "{}");
    assert_eq!(bare("/registry/people/$count", &Answer::Count(12)), "12");
}

#[test]
fn envelopes_and_levels() {
    let url = "/registry/reports('a')?$select=title";
    let answer = Answer::Entity(entity(&[text("t")]));
    let context = r#""@odata.context":"/$metadata#registry/reports(title)/$entity""#;
    let typed = r##""@odata.type":"#demo.registry.report","title":"t""##;
    for (metadata, envelope, expected) in [
        (MetadataLevel::Minimal, Envelope::Documented, format!("{{{context},\"value\":{{{typed}}}}}")),
        (MetadataLevel::Minimal, Envelope::Bare, format!("{{{context},{typed}}}")),
        (MetadataLevel::Minimal, Envelope::Both, format!("{{{context},{typed},\"value\":{{{typed}}}}}")),
        (MetadataLevel::None, Envelope::Documented, r#"{"value":{"title":"t"}}"#.to_owned()),
        (MetadataLevel::None, Envelope::Bare, r#"{"title":"t"}"#.to_owned()),
        (MetadataLevel::None, Envelope::Both, r#"{"title":"t","value":{"title":"t"}}"#.to_owned()),
    ] {
        assert_eq!(written(url, &answer, metadata, envelope), expected);
    }
    // A list of them, and one entity of another type, have none.
    let list = Answer::Page(page(vec![entity(&[text("t")])]));
    let listed =
        written("/registry/reports?$select=title", &list, MetadataLevel::Minimal, Envelope::Documented);
    assert_eq!(
        listed,
        format!("{{\"@odata.context\":\"/$metadata#registry/reports(title)\",\"value\":[{{{typed}}}]}}")
    );
    let one =
        written("/registry/people('a')?$select=name", &answer, MetadataLevel::None, Envelope::Documented);
    assert_eq!(one, r#"{"name":"t"}"#);
}

/// The links of a body, by the member that holds them.
fn links(body: &str) -> Vec<(String, String)> {
    fn collect(value: &serde_json::Value, found: &mut Vec<(String, String)>) {
        match value {
            serde_json::Value::Object(members) => {
                for (name, value) in members {
                    match value.as_str() {
                        Some(link) if name.ends_with("@odata.nextLink") => {
                            found.push((name.clone(), link.to_owned()));
                        }
                        _ => collect(value, found),
                    }
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&serde_json::from_str(body).unwrap(), &mut found);
    found
}

/// Follows a link: the query that it means, which must continue a list.
fn followed(link: &str) -> Query<'static> {
    let query = demo::query(link).unwrap();
    assert!(query.after.is_some(), "{link}");
    query
}

#[test]
fn counts_and_next_links() {
    let url = "/registry/people?$select=id&$count=true&$filter=name%20eq%20'%26'";
    let next = Some(Cursor { values: vec![text("a")], seen: 1 });
    let body = minimal(
        url,
        &Answer::Page(Page { entities: vec![entity(&[text("a")])], count: Some(7), next: next.clone() }),
    );
    let token = body.split("$skiptoken=").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert_eq!(
        body,
        r#"{"@odata.context":"/$metadata#registry/people(id)","@odata.count":7,"@odata.nextLink":""#
            .to_owned()
            + &format!(r#"{url}&$skiptoken={token}","value":[{{"id":"a"}}]}}"#)
    );
    assert_eq!(followed(&links(&body)[0].1).after, next);
    // Counts and links are there at every level; the last page has no link.
    let body = bare(url, &Answer::Page(Page { entities: vec![], count: Some(0), next: next.clone() }));
    assert!(body.starts_with(r#"{"@odata.count":0,"@odata.nextLink":"#), "{body}");
    let body = bare("/registry/people", &Answer::Page(Page { entities: vec![], count: None, next }));
    assert!(body.starts_with(r#"{"@odata.nextLink":"/registry/people?$skiptoken="#), "{body}");
}

#[test]
fn nested_counts_and_next_links() {
    let url = "/registry/people?$select=id&@w=5&$expand=pets($select=name;$top=1;$count=true;\
               $filter=weight%20gt%20@w;$orderby=name%20desc;$expand=toys($select=name))";
    for key in ["a", "O'Neil", "a/b", "%41+&?#é"] {
        let toys = Page {
            entities: vec![entity(&[text("z")])],
            count: None,
            next: Some(Cursor { values: vec![text("t")], seen: 1 }),
        };
        let pet = owner("p/q", "y", toys);
        let next = Cursor { values: vec![text("y"), text("p")], seen: 1 };
        let pets = Page { entities: vec![pet], count: Some(3), next: Some(next.clone()) };
        let person = owner(key, key, pets);
        let body = bare(url, &Answer::Page(page(vec![person])));
        let links = links(&body);
        let names: Vec<&str> = links.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["pets@odata.nextLink", "toys@odata.nextLink"]);
        let pets = followed(&links[0].1);
        assert_eq!(pets.after, Some(next));
        assert_eq!(pets.resource.owner_key(), Some(key));
        assert_eq!(pets.listing.page_size, 1);
        assert!(pets.listing.filter.is_some() && pets.listing.count);
        assert_eq!(pets.listing.shape.expand.len(), 1);
        let toys = followed(&links[1].1);
        assert_eq!(toys.resource.owner_key(), Some("p/q"));
        assert_eq!(toys.resource.steps[1].key[0].1, text(key));
    }
    let pet = |name: &str| owner(name, name, page(vec![]));
    let pets = Page { entities: vec![pet("x"), pet("y")], count: Some(2), next: None };
    let person = owner("a", "a", pets);
    assert_eq!(
        bare(url, &Answer::Page(page(vec![person]))),
        r#"{"value":[{"id":"a","pets@odata.count":2,"pets":[{"name":"x","toys":[]},{"name":"y","toys":[]}]}]}"#
    );
}
