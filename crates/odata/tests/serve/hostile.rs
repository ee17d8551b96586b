//! Models that were made to be awkward: names that are words of the language, keys of every type, types below types.
//!
//! A model is generated from a number, served, read back from what the service says of itself, and every address that
//! an answer shows is asked in turn.

use std::fmt::Write;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::answer::Service;
use crate::client::{Answer, ask, encoded, escaped, service};

/// Names that mean something in expressions, options or paths.
const NAMES: &[&str] = &[
    "eq",
    "ne",
    "and",
    "or",
    "not",
    "in",
    "has",
    "add",
    "mul",
    "div",
    "null",
    "true",
    "false",
    "any",
    "all",
    "desc",
    "asc",
    "filter",
    "select",
    "expand",
    "top",
    "count",
    "INF",
    "NaN",
    "it",
    "this",
    "root",
    "case",
    "cast",
    "isof",
    "contains",
    "length",
    "now",
    "year",
    "value",
    "name",
    "max",
    "with",
    "as",
    "from",
    "key",
    "select_",
    "_id",
    "Größe",
    "名",
    "x",
    "d",
    "group",
    "order",
    "table",
    "index",
    "Edm",
    "geo",
    "duration",
    "binary",
    "ref",
    "each",
    "entity",
    "crossjoin",
];

/// Key types, each with two values: as JSON, and as a literal.
const KEYS: &[(&str, [(&str, &str); 2])] = &[
    ("Edm.String", [("\"a'b/c %41?#&+\"", "'a''b/c %41?#&+'"), ("\"\"", "''")]),
    ("Edm.Int16", [("-32768", "-32768"), ("7", "7")]),
    (
        "Edm.Int64",
        [("9223372036854775807", "9223372036854775807"), ("-9223372036854775808", "-9223372036854775808")],
    ),
    ("Edm.Byte", [("255", "255"), ("0", "0")]),
    ("Edm.SByte", [("-128", "-128"), ("127", "127")]),
    ("Edm.Boolean", [("true", "true"), ("false", "false")]),
    (
        "Edm.Guid",
        [
            ("\"01234567-89ab-cdef-0123-456789abcdef\"", "01234567-89ab-cdef-0123-456789abcdef"),
            ("\"00000000-0000-0000-0000-000000000000\"", "00000000-0000-0000-0000-000000000000"),
        ],
    ),
    ("Edm.Date", [("\"2024-02-29\"", "2024-02-29"), ("\"0001-01-01\"", "0001-01-01")]),
    ("Edm.TimeOfDay", [("\"23:59:59.5\"", "23:59:59.5"), ("\"00:00:00\"", "00:00:00")]),
    (
        "Edm.DateTimeOffset",
        [
            ("\"2024-02-29T23:59:59.5Z\"", "2024-02-29T23:59:59.5Z"),
            ("\"0001-01-01T00:00:00Z\"", "0001-01-01T00:00:00Z"),
        ],
    ),
    ("Edm.Duration", [("\"P1DT2H\"", "duration'P1DT2H'"), ("\"-PT0.5S\"", "duration'-PT0.5S'")]),
    ("Edm.Decimal", [("12.5", "12.5"), ("-1", "-1")]),
    ("Odd.a.Kind", [("\"null\"", "Odd.a.Kind'null'"), ("\"eq\"", "Odd.a.Kind'eq'")]),
];

/// In an expression these are literals and an operator, unless they stand behind `$it/`.
const RESERVED: &[&str] = &["null", "true", "false", "INF", "NaN", "not"];

/// A property in an expression.
fn property(name: &str) -> String {
    if RESERVED.contains(&name) { format!("$it/{name}") } else { name.to_owned() }
}

/// A generated model with its entities.
struct World {
    xml: String,
    seed: String,
    /// Of the entity set the key properties, and of each entity the literals.
    keys: Vec<&'static str>,
    literals: Vec<Vec<&'static str>>,
    /// The other properties, all texts.
    names: Vec<&'static str>,
    set: &'static str,
}

/// Takes the next of a list that has not been taken, in an order that depends on the number.
struct Deck {
    names: Vec<&'static str>,
    number: u64,
}

impl Deck {
    fn below(&mut self, limit: usize) -> usize {
        self.number =
            self.number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.number >> 33).unwrap() % limit
    }

    fn name(&mut self) -> &'static str {
        let place = self.below(self.names.len());
        self.names.swap_remove(place)
    }
}

fn world(number: u64) -> World {
    let mut deck = Deck { names: NAMES.to_vec(), number };
    let (set, tree, inner, deepest) = (deck.name(), deck.name(), deck.name(), deck.name());
    let (parent, children, depth) = (deck.name(), deck.name(), 1 + deck.below(4));
    let count = 1 + deck.below(3);
    let chosen: Vec<_> = (0..count).map(|_| (deck.name(), &KEYS[deck.below(KEYS.len())])).collect();
    let names: Vec<_> = (0..=depth).map(|_| deck.name()).collect();
    let mut types = String::new();
    let keys: String = chosen.iter().map(|(name, _)| format!("<PropertyRef Name=\"{name}\"/>")).collect();
    let declared: String = chosen
        .iter()
        .map(|(name, (ty, _))| {
            let scale = if *ty == "Edm.Decimal" { " Scale=\"2\"" } else { "" };
            let scale = if *ty == "Edm.DateTimeOffset" || *ty == "Edm.TimeOfDay" {
                " Precision=\"3\""
            } else {
                scale
            };
            format!("<Property Name=\"{name}\" Type=\"{ty}\" Nullable=\"false\"{scale}/>")
        })
        .collect();
    for (level, name) in names.iter().enumerate() {
        let base = if level == 0 { String::new() } else { format!(" BaseType=\"Odd.a.T{}\"", level - 1) };
        write!(types, "<EntityType Name=\"T{level}\"{base}>").unwrap();
        if level == 0 {
            write!(types, "<Key>{keys}</Key>{declared}").unwrap();
        }
        write!(types, "<Property Name=\"{name}\" Type=\"Edm.String\"/>").unwrap();
        if level == 0 {
            write!(types, "<NavigationProperty Name=\"{inner}\" Type=\"Collection(Odd.b.Inner)\" ContainsTarget=\"true\"/>").unwrap();
        }
        types.push_str("</EntityType>");
    }
    let xml = format!(
        "<edmx:Edmx Version=\"4.01\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\"><edmx:DataServices>\
         <Schema Namespace=\"Odd.a\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\
         <EnumType Name=\"Kind\"><Member Name=\"null\" Value=\"0\"/><Member Name=\"eq\" Value=\"-5\"/></EnumType>{types}\
         <EntityType Name=\"Tree\"><Key><PropertyRef Name=\"id\"/></Key><Property Name=\"id\" Type=\"Edm.Int32\" Nullable=\"false\"/>\
         <NavigationProperty Name=\"{parent}\" Type=\"Odd.a.Tree\" Partner=\"{children}\"/>\
         <NavigationProperty Name=\"{children}\" Type=\"Collection(Odd.a.Tree)\" Partner=\"{parent}\"/></EntityType></Schema>\
         <Schema Namespace=\"Odd.b\" Alias=\"b\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\
         <EntityType Name=\"Inner\"><Key><PropertyRef Name=\"n\"/></Key><Property Name=\"n\" Type=\"Edm.String\" Nullable=\"false\"/>\
         <NavigationProperty Name=\"{deepest}\" Type=\"Collection(b.Leaf)\" ContainsTarget=\"true\"/></EntityType>\
         <EntityType Name=\"Leaf\"><Key><PropertyRef Name=\"k\"/></Key><Property Name=\"k\" Type=\"Odd.a.Kind\" Nullable=\"false\"/></EntityType>\
         <EntityContainer Name=\"c\"><EntitySet Name=\"{set}\" EntityType=\"Odd.a.T0\"/>\
         <EntitySet Name=\"{tree}\" EntityType=\"Odd.a.Tree\"><NavigationPropertyBinding Path=\"{parent}\" Target=\"{tree}\"/>\
         <NavigationPropertyBinding Path=\"{children}\" Target=\"{tree}\"/></EntitySet></EntityContainer></Schema>\
         </edmx:DataServices></edmx:Edmx>"
    );
    let mut entities = Vec::new();
    let mut literals = Vec::new();
    for (which, level) in [(0, 0), (1, depth)] {
        let mut entity = Map::new();
        if level > 0 {
            entity.insert("@odata.type".to_owned(), json!(format!("#Odd.a.T{level}")));
        }
        for (name, (_, values)) in &chosen {
            entity.insert((*name).to_owned(), serde_json::from_str(values[which].0).unwrap());
        }
        for name in &names[..=level] {
            entity.insert((*name).to_owned(), json!(format!("{name} of {which}")));
        }
        let leaves = json!([{ "k": "null" }, { "k": "eq" }]);
        entity
            .insert(inner.to_owned(), json!([{ "n": "it's", deepest: leaves }, { "n": "a/b", deepest: [] }]));
        entities.push(Value::Object(entity));
        literals.push(chosen.iter().map(|(_, (_, values))| values[which].1).collect());
    }
    let bind = format!("{parent}@odata.bind");
    let trees: Vec<Value> = (1..=4)
        .map(|id| {
            if id == 1 {
                json!({ "id": id })
            } else {
                json!({ "id": id, &bind: format!("{tree}({})", id / 2) })
            }
        })
        .collect();
    let seed = json!({ set: entities, tree: trees }).to_string();
    let keys = chosen.iter().map(|(name, _)| *name).collect();
    World { xml, seed, keys, literals, names, set }
}

#[track_caller]
fn fetch(service: &Service, target: &str) -> Answer {
    let answer = ask(service, "GET", target, &[("accept", "application/json;odata.metadata=full")], "");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// Asks every address that an answer shows.
fn follow(service: &Service, value: &Value, depth: usize) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| follow(service, one, depth)),
        Value::Object(members) => {
            for (name, value) in members {
                let is_link = name == "@odata.id" || name.ends_with("@odata.navigationLink");
                if let (true, Some(link)) = (is_link, value.as_str()) {
                    let target = link.strip_prefix("http://shop.test").unwrap();
                    let answer = ask(
                        service,
                        "GET",
                        target,
                        &[("accept", "application/json;odata.metadata=full")],
                        "",
                    );
                    assert!(matches!(answer.status, 200 | 204), "{answer:?}");
                    if let (true, Some(own)) =
                        (name == "@odata.id", answer.status.eq(&200).then(|| answer.json()))
                    {
                        assert_eq!(own["@odata.id"], *value);
                        assert_eq!(own["@odata.etag"], members["@odata.etag"]);
                    } else if depth > 0 && answer.status == 200 {
                        follow(service, &answer.json(), depth - 1);
                    }
                } else {
                    follow(service, value, depth);
                }
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_model_is_served(number in any::<u64>()) {
        let world = world(number);
        let service = service(&world.xml, &world.seed, 1000);
        let set = escaped(world.set);
        let all = fetch(&service, &format!("/{set}"));
        prop_assert_eq!(all.values().len(), 2, "{:?}", all);
        follow(&service, &all.json(), 3);
        // Its description describes the same.
        let xml = ask(&service, "GET", "/$metadata", &[], "").body;
        let again = self::service(&xml, &world.seed, 1000);
        prop_assert_eq!(&fetch(&again, &format!("/{set}")).body, &all.body);
        for entry in fetch(&service, "/").values() {
            let rows = fetch(&service, &format!("/{}", escaped(entry["url"].as_str().unwrap())));
            follow(&service, &rows.json(), 1);
        }
        // Keys in every form, and properties of any name in every option.
        for (which, literals) in world.literals.iter().enumerate() {
            let named: Vec<String> =
                world.keys.iter().zip(literals).map(|(name, literal)| format!("{}={}", escaped(name), encoded(literal))).collect();
            let one = fetch(&service, &format!("/{set}({})", named.join(",")));
            if let [literal] = literals.as_slice() {
                let short = fetch(&service, &format!("/{set}({})", encoded(literal)));
                prop_assert_eq!(&one.body, &short.body);
            }
            let conditions: Vec<String> =
                world.keys.iter().zip(literals).map(|(name, literal)| format!("{} eq {literal}", property(name))).collect();
            let found = fetch(&service, &format!("/{set}?$filter={}", encoded(&conditions.join(" and "))));
            prop_assert_eq!(found.values().len(), 1, "{:?}", found);
            prop_assert_eq!(&found.values()[0]["@odata.id"], &one.json()["@odata.id"]);
            let name = world.names[0];
            let value = format!("{name} of {which}");
            let filter = encoded(&format!("{0} eq '{value}' and not ({0} ne '{value}')", property(name)));
            let order = encoded(&format!("{} desc", property(name)));
            let options = format!("$filter={filter}&$orderby={order}&$select={}", encoded(name));
            let found = fetch(&service, &format!("/{set}?{options}"));
            prop_assert_eq!(found.values().len(), 1, "{:?}", found);
            prop_assert_eq!(&found.values()[0][name], &json!(value));
            let alone = fetch(&service, &format!("/{set}({})/{}", named.join(","), escaped(name)));
            prop_assert_eq!(&alone.json()["value"], &json!(value));
        }
        // Properties of the most derived type, through a cast.
        let (deep, last) = (world.names.len() - 1, world.names[world.names.len() - 1]);
        let filter = encoded(&format!("Odd.a.T{deep}/{last} eq '{last} of 1'"));
        prop_assert_eq!(fetch(&service, &format!("/{set}?$filter={filter}")).values().len(), 1);
        let cast = fetch(&service, &format!("/{set}/Odd.a.T{deep}?$select={}", encoded(last)));
        prop_assert_eq!(&cast.values()[0][last], &json!(format!("{last} of 1")));
        let expanded = fetch(&service, &format!("/{set}?$expand=*"));
        follow(&service, &expanded.json(), 1);
    }
}
