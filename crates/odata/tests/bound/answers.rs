//! Whole answers, row by row: a URL, and the body that a small stock gives. Both ways of keeping it give the same bytes.

mod apply;
mod pages;
mod paths;
mod shapes;

use std::collections::BTreeMap;

use odata::answer::{Answer, answer};
use odata::bind::Terms;
use odata::json::{self, Envelope, Form, MetadataLevel, Writing};
use odata::profile::{GRAPH, ODATA, Profile};
use odata::query::Query;
use odata::sql::functions;

use crate::database::Database;
use crate::demo::{self, TERMS};
use crate::oracle::decimal::Decimal;
use crate::oracle::{Entity, Set, Val, World};
use crate::world;

const ROOT: &str = "https://x";

thread_local! {
    static DATABASES: Vec<Database> = world::databases(&stock(), &stock());
}

fn entity<const N: usize>(type_name: &'static str, values: [(&'static str, Val); N]) -> Entity {
    Entity { type_name, values: values.into() }
}

fn text(text: &str) -> Val {
    Val::Text(text.to_owned())
}

fn texts(all: &[&str]) -> Val {
    Val::List(all.iter().map(|one| text(one)).collect())
}

fn decimal(digits: &str) -> Val {
    Val::Dec(Decimal::parse(digits).unwrap())
}

fn place(city: &str, zip: i64) -> Val {
    // Half past ten, two hours east of Greenwich.
    let at = Val::Instant(15_829_722_000_000_000, 120);
    Val::Struct(BTreeMap::from([
        ("city", text(city)),
        ("zip", Val::Int(zip)),
        ("at", at),
        ("paint", Val::Member(8)),
    ]))
}

/// Three items, one of them a gadget; two makers; four parts.
fn stock() -> World {
    let item = |type_name, id: &str, name: Val, total, maker: &str, next: Val| {
        let mut item = entity(
            type_name,
            [
                ("id", text(id)),
                ("name", name),
                ("title", text(&format!("The {id}"))),
                ("total", Val::Int(total)),
                ("cost", decimal("1.5")),
                ("live", Val::Truth(true)),
                ("made", Val::Instant(0, 0)),
                ("place", place("Bonn", 53_111)),
                ("spot", Val::Null),
                ("tags", texts(&[])),
                ("nums", Val::List(vec![])),
                ("sums", Val::List(vec![])),
                ("times", Val::List(vec![])),
                ("places", Val::List(vec![])),
                ("#maker", text(maker)),
                ("#next", next),
            ],
        );
        for name in [
            "count", "small", "ratio", "price", "open", "color", "rights", "born", "opens", "seen", "span",
            "code", "photo", "power", "volts",
        ] {
            item.values.insert(name, Val::Null);
        }
        item
    };
    let mut ant = item("stock.item", "a", text("ant"), 9_007_199_254_740_993, "m", text("b"));
    ant.values.extend([
        ("count", Val::Int(3)),
        ("price", decimal("10.5")),
        ("ratio", Val::Real(0.1)),
        ("open", Val::Truth(false)),
        ("color", Val::Member(16)),
        ("rights", Val::Member(5)),
        ("seen", Val::Instant(0, -90)),
        ("photo", Val::Bytes(vec![0, 0])),
        ("spot", place("Köln", 50_667)),
        ("tags", texts(&["x", "y", "z", "x"])),
        ("nums", Val::List(vec![Val::Int(3), Val::Null, Val::Int(-1)])),
        ("sums", Val::List(vec![decimal("0.1"), decimal("12345678901234567890.5")])),
        ("times", Val::List(vec![Val::Instant(0, 60)])),
        ("places", Val::List(vec![place("Ulm", 1), place("Aue", 2)])),
    ]);
    let mut bee = item("stock.gadget", "b", text("bee"), 2, "m", Val::Null);
    bee.values.extend([
        ("count", Val::Int(5)),
        ("price", decimal("9.25")),
        ("power", Val::Int(7)),
        ("volts", Val::Real(f64::INFINITY)),
        ("nums", Val::List(vec![Val::Int(3)])),
    ]);
    let cow = item("stock.item", "c/d", Val::Null, 2, "n", text("c/d"));
    let part = |id: &str, label: &str, weight, item: &str| {
        entity(
            "stock.part",
            [
                ("id", text(id)),
                ("label", text(label)),
                ("weight", weight),
                ("price", decimal("2.50")),
                ("when", Val::Instant(0, 330)),
                ("#item", text(item)),
            ],
        )
    };
    let maker = |id: &str, name: &str, rank| {
        let values = [("id", text(id)), ("name", text(name)), ("rank", rank), ("marks", texts(&["x"]))];
        entity("stock.maker", values)
    };
    let sets = [
        (Set::Items, vec![ant, bee, cow]),
        (
            Set::Parts,
            vec![
                part("p", "leg", Val::Int(4), "a"),
                part("q", "eye", Val::Null, "a"),
                part("r", "leg", Val::Int(1), "a"),
                part("s", "wing", Val::Int(4), "b"),
            ],
        ),
        (Set::Makers, vec![maker("m", "Mill", Val::Int(1)), maker("n", "Nest", Val::Null)]),
    ];
    World { sets: sets.into() }
}

/// How an answer is wanted.
#[derive(Clone, Copy)]
pub struct Wanted {
    profile: &'static Profile,
    metadata: MetadataLevel,
    ieee754_compatible: bool,
    page: u64,
}

/// As the standard has it, with nothing but values.
pub const BARE: Wanted =
    Wanted { profile: &ODATA, metadata: MetadataLevel::None, ieee754_compatible: false, page: 100 };

/// As the standard has it, with what clients cannot know.
pub const MINIMAL: Wanted = Wanted { metadata: MetadataLevel::Minimal, ..BARE };

/// As Graph has it.
pub const OF_GRAPH: Wanted = Wanted { profile: &GRAPH, ..MINIMAL };

/// The body of the answer, without the service root.
fn body(url: &str, wanted: Wanted) -> String {
    let Wanted { profile, metadata, ieee754_compatible, page } = wanted;
    let terms = Terms { default_page: page, top: profile.top, ..TERMS };
    let url =
        demo::encode(url).replace("%25", "%").replace("%3F", "?").replace("%3D", "=").replace("%26", "&");
    let mut query = match world::query(&url, &terms) {
        Ok(query) => query,
        Err(error) => return demo::told(&error),
    };
    query.versions = profile.etags;
    let writing = Writing {
        service_root: ROOT.to_owned(),
        request_url: format!(
            "{ROOT}{}",
            url.split(['?', '&'])
                .filter(|part| !part.starts_with("$skiptoken"))
                .enumerate()
                .fold(String::new(), |url, (place, part)| url + ["", "?", "&"][place.min(2)] + part,)
        ),
        metadata,
        envelope: Envelope::Bare,
        profile,
        version: profile.newest,
        ieee754_compatible,
    };
    let bodies: Vec<_> = DATABASES.with(|databases| {
        let ways = databases.iter().flat_map(|database| {
            world::sources(database).into_iter().map(move |(way, source)| (database, way, source))
        });
        let told = ways.map(|(database, way, source)| {
            let answer = answer(&query, &source, database.dialect(), &mut |statement| {
                database.rows(statement).map_err(|text| {
                    assert!(text.starts_with(functions::PREFIX), "{text}\n{}", statement.text());
                    Failure::Evaluation(text)
                })
            });
            (database.name(), way, written(&query, answer, &writing))
        });
        told.filter_map(|(name, way, body)| Some((name, way, body?))).collect()
    });
    let (_, _, first) = &bodies[0];
    for (database, way, body) in &bodies {
        assert_eq!(first, body, "{url} {database} {way}");
    }
    first.clone()
}

/// The body; nothing where the database cannot say.
fn written(query: &Query<'_>, answer: Result<Option<Answer>, Failure>, writing: &Writing) -> Option<String> {
    Some(match answer {
        Err(Failure::Evaluation(text)) => text,
        Err(Failure::Unsupported) => return None,
        Ok(None) => "404".to_owned(),
        Ok(Some(answer)) => {
            let written = json::write(query, &answer, writing);
            let text = String::from_utf8(written.bytes).unwrap();
            match written.form {
                Form::Json => {
                    let parsed = serde_json::from_str::<serde_json::Value>(&text);
                    assert!(parsed.is_ok(), "{text}");
                    text.replace(ROOT, "")
                }
                Form::Text => format!("text {text}"),
                Form::Bytes => format!("bytes {:?}", text.as_bytes()),
                Form::Nothing => "204".to_owned(),
            }
        }
    })
}

enum Failure {
    Evaluation(String),
    Unsupported,
}

impl From<odata::sql::Error> for Failure {
    fn from(error: odata::sql::Error) -> Self {
        match error {
            odata::sql::Error::Unsupported(_) => Self::Unsupported,
            error => panic!("{error}"),
        }
    }
}

/// Compares bodies.
#[track_caller]
pub fn check(wanted: Wanted, rows: &[(&str, &str)]) {
    demo::compare(rows, |url| body(url, wanted));
}
