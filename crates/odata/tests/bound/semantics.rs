//! Generated queries: what databases answer to the SQL is what the oracle answers to the same question.
//!
//! `ODATA_QUERIES` says how many, all of them asked of every database that is there, `ODATA_SEED` where to begin: each
//! query has a seed of its own, which is printed where the two disagree, and by which it comes again.

use std::cell::RefCell;
use std::rc::Rc;

use odata::Value;
use odata::answer::{Answer, Cell, Expanded, Page, answer};
use odata::bind::{Terms, Top};
use odata::json::{self, Envelope, MetadataLevel, Writing};
use odata::profile::{ODATA, Version};
use odata::sql::{self, Source, functions};

use crate::database::Database;
use crate::demo::{TERMS, encode};
use crate::generate::{Chance, Generator, Shape, world};
use crate::oracle::decimal::Decimal;
use crate::oracle::{self, Fault, Key, Node, Scope, Set, Val, World};
use crate::world;

const ITEMS: usize = 40;
/// Queries that are asked of one world.
const IN_ONE_WORLD: u64 = 200;

#[derive(Debug, PartialEq)]
enum Failure {
    Schema(String),
    /// A value that there is not: the request is at fault.
    Evaluation,
    Database(String),
    /// What a database cannot do.
    Unsupported(&'static str),
}

impl From<sql::Error> for Failure {
    fn from(error: sql::Error) -> Self {
        match error {
            sql::Error::Unsupported(name) => Self::Unsupported(name),
            error => Self::Schema(error.to_string()),
        }
    }
}

impl Failure {
    fn of_database(text: String) -> Self {
        let is_evaluation = text.starts_with(functions::PREFIX) || text == "integer overflow";
        if is_evaluation { Self::Evaluation } else { Self::Database(text) }
    }
}

/// How a question went.
enum Outcome {
    Same,
    /// It has no answer: a division by zero, an overflow.
    WithoutValue,
    /// It has one, but SQLite calculated with a value that no row has: where a condition says that a column equals a
    /// constant, it puts the constant into the others before it looks at rows.
    Early,
    /// PostgreSQL did: it looks at conditions in the order of what they cost.
    EarlyInPostgres,
    /// PostgreSQL cannot say.
    Unsupported,
}

impl Outcome {
    fn early(database: &Database) -> Self {
        match database {
            Database::Sqlite(_) => Self::Early,
            Database::Postgres(_) => Self::EarlyInPostgres,
        }
    }

    fn of<T>(wanted: &Result<T, Fault>) -> Self {
        if wanted.is_ok() { Self::Same } else { Self::WithoutValue }
    }
}

type Stock = (World, Vec<Database>);

thread_local! {
    static LAST: RefCell<Option<(u64, Rc<Stock>)>> = const { RefCell::new(None) };
}

/// The world that a query with this seed is asked of.
fn stock(seed: u64) -> Rc<Stock> {
    let number = seed / IN_ONE_WORLD;
    LAST.with_borrow_mut(|last| {
        if let Some((known, stock)) = last
            && *known == number
        {
            return Rc::clone(stock);
        }
        let worlds = [number, !number].map(|seed| world(&mut Chance(seed), ITEMS));
        let databases = world::databases(&worlds[0], &worlds[1]);
        let [world, _] = worlds;
        let stock = Rc::new((world, databases));
        *last = Some((number, Rc::clone(&stock)));
        stock
    })
}

/// Asks so many questions, and shows where two answers differ.
#[track_caller]
fn ask(parts: u64, question: impl Fn(&mut Chance, (&World, &[Database])) -> Result<Outcome, String>) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let count = number("ODATA_QUERIES").unwrap_or(3000).div_ceil(parts);
    let first = number("ODATA_SEED").unwrap_or(0);
    let (mut wrong, mut without_value, mut early, mut unsupported) = (Vec::new(), 0, [0; 2], 0);
    let (mut asked, is_wanted) = (0, number("ODATA_QUERIES").is_some());
    for seed in first..first + count {
        let stock = stock(seed);
        let (world, databases) = &*stock;
        // A server takes its time: unless more is wanted, it is asked every fourth question.
        let some = if is_wanted || seed % 4 == 0 { databases.len() } else { 1 };
        asked += if some > 1 { 1 } else { 0 };
        match question(&mut Chance(seed), (world, &databases[..some])) {
            Ok(Outcome::Same) => {}
            Ok(Outcome::WithoutValue) => without_value += 1,
            Ok(Outcome::Early) => early[0] += 1,
            Ok(Outcome::EarlyInPostgres) => early[1] += 1,
            Ok(Outcome::Unsupported) => unsupported += 1,
            Err(error) => wrong.push(format!("ODATA_SEED={seed} ODATA_QUERIES=1\n{error}\n")),
        }
    }
    if count > 1 {
        eprintln!(
            "{count} questions from {first}, {without_value} without an answer, {early:?} refused too early; \
             {asked} also asked of PostgreSQL, {unsupported} not supported there"
        );
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(8)].join("\n")
    );
    assert!(early[0] * 500 <= count && early[1] * 100 <= asked, "{early:?} of {count} were refused");
    assert!(count < 100 || without_value * 4 < count, "{without_value} of {count} have no answer");
}

/// Options as a query, encoded, with the values of their aliases.
fn encoded(options: &[(&str, String)], aliases: &[String]) -> String {
    let options = options.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    let aliases = aliases.iter().enumerate().map(|(number, value)| format!("@p{number}={}", encode(value)));
    options.chain(aliases).collect::<Vec<_>>().join("&")
}

fn ordered(keys: &[Key], aliases: &mut Vec<String>) -> Option<String> {
    let keys: Vec<String> = keys
        .iter()
        .map(|(node, descending)| format!("{}{}", node.text(aliases), if *descending { " desc" } else { "" }))
        .collect();
    (!keys.is_empty()).then(|| keys.join(","))
}

fn page(url: &str, terms: &Terms, source: &Source<'_>, database: &Database) -> Result<Page, Failure> {
    let query = world::query(url, terms).map_err(|error| Failure::Schema(format!("{error:?}")))?;
    match answer(&query, source, database.dialect(), &mut |statement| {
        database.rows(statement).map_err(Failure::of_database)
    })? {
        Some(Answer::Page(page)) => Ok(page),
        other => Err(Failure::Schema(format!("{other:?}"))),
    }
}

/// The first value of each entity, which is its id.
fn ids(page: &Page) -> Vec<String> {
    let id = |cell: &Cell| match cell {
        Cell::One(value) => value.text(),
        other => panic!("{other:?}"),
    };
    page.entities.iter().map(|entity| id(&entity.values[0])).collect()
}

/// Every database, with both ways that it keeps the world in.
fn all_ways(databases: &[Database]) -> impl Iterator<Item = (&Database, &'static str, Source<'static>)> {
    databases.iter().flat_map(|database| {
        world::sources(database).into_iter().map(move |(way, source)| (database, way, source))
    })
}

fn id_of(world: &World, set: Set, place: usize) -> String {
    oracle::functions::text(&world.sets[&set][place].values["id"]).unwrap()
}

/// A value of the crate as one of the oracle.
fn val(value: &Value) -> Val {
    match value {
        Value::Null => Val::Null,
        Value::Boolean(truth) => Val::Truth(*truth),
        Value::Integer(number) => Val::Int(*number),
        Value::Double(number) => Val::Real(*number),
        Value::Decimal(digits) => Val::Dec(Decimal::parse(digits).unwrap()),
        Value::DateTimeOffset(instant) => Val::Instant(instant.ticks, 0),
        Value::Duration(ticks) => Val::Span(*ticks),
        other => Val::Text(other.text()),
    }
}

fn same(value: &Value, wanted: &Val) -> bool {
    match (val(value), wanted) {
        (Val::Int(number), Val::Member(wanted)) => number == *wanted,
        (Val::Text(text), Val::Day(_) | Val::Clock(_)) => Some(text) == oracle::functions::text(wanted),
        (value, wanted) => oracle::compare("eq", &value, wanted),
    }
}

#[test]
fn lists_agree_with_the_oracle() {
    ask(2, |chance, (world, databases)| {
        let (set, shape, name) = chance.of(&[
            (Set::Items, Shape::Item, "items"),
            (Set::Items, Shape::Item, "items"),
            (Set::Makers, Shape::Maker, "makers"),
        ]);
        let mut generator = Generator::new(chance, shape);
        let (filter, keys) = (generator.condition(3), generator.keys());
        let kind = generator.chance.of(crate::generate::SORTED);
        let computed = generator.value(kind, 3);
        let aliases = &mut Vec::new();
        let mut options = vec![("$filter", filter.text(aliases)), ("$count", "true".to_owned())];
        options.extend(ordered(&keys, aliases).map(|keys| ("$orderby", keys)));
        options.push(("$compute", format!("{} as x", computed.text(aliases))));
        options.push(("$select", "id,x".to_owned()));
        let url = format!("/{name}?{}", encoded(&options, aliases));
        let wanted = oracle::answer(world, set, &filter, &keys).and_then(|places| {
            let with_value = places
                .into_iter()
                .map(|place| Ok((id_of(world, set, place), computed.value(&Scope::of(world, set, place))?)));
            with_value.collect::<Result<Vec<_>, Fault>>()
        });
        for (database, way, source) in all_ways(databases) {
            let told = |what: String| {
                let text = world::query(&url, &TERMS).ok().map(|query| {
                    sql::entities(&query, &source, database.dialect())
                        .map(|select| select.statement.text().to_owned())
                });
                format!("{} {way} {options:?} {aliases:?}\n{what}\n{text:?}", database.name())
            };
            let found = page(&url, &TERMS, &source, database);
            match (&found, &wanted) {
                (Ok(_) | Err(Failure::Evaluation), Err(Fault)) => {}
                (Err(Failure::Evaluation), Ok(_)) => return Ok(Outcome::early(database)),
                (Err(Failure::Unsupported(_)), _) => return Ok(Outcome::Unsupported),
                (Ok(found), Ok(wanted)) => {
                    let all: Vec<&String> = wanted.iter().map(|(id, _)| id).collect();
                    if ids(found).iter().collect::<Vec<_>>() != all {
                        return Err(told(format!("found {:?}\nwants {all:?}", ids(found))));
                    }
                    assert_eq!(found.count, Some(u64::try_from(wanted.len()).unwrap()));
                    for (entity, (id, wanted)) in found.entities.iter().zip(wanted) {
                        let found = entity.computed[0].as_ref().unwrap();
                        if !same(found, wanted) {
                            return Err(told(format!("{id}: found {found:?}, wants {wanted:?}")));
                        }
                    }
                }
                _ => return Err(told(format!("found {found:?}\nwants {wanted:?}"))),
            }
        }
        Ok(Outcome::of(&wanted))
    });
}

/// All pages of a list, each continued as a client would: by the link in the one before.
fn pages(
    url: &str,
    size: u64,
    source: &Source<'_>,
    database: &Database,
) -> Result<Vec<Vec<String>>, Failure> {
    let terms = Terms { default_page: size, top: Top::Limit, ..TERMS };
    let (mut url, mut pages) = (url.to_owned(), Vec::new());
    loop {
        let query =
            world::query(&url, &terms).map_err(|error| Failure::Schema(format!("{error:?} {url}")))?;
        let page = page(&url, &terms, source, database)?;
        pages.push(ids(&page));
        if page.next.is_none() {
            return Ok(pages);
        }
        let plain = url.split("&$skiptoken=").next().unwrap().to_owned();
        let writing = Writing {
            service_root: "https://x".to_owned(),
            request_url: format!("https://x{plain}"),
            metadata: MetadataLevel::None,
            envelope: Envelope::Bare,
            profile: &ODATA,
            version: Version::V401,
            ieee754_compatible: false,
        };
        let body = json::write(&query, &Answer::Page(page), &writing).bytes;
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        url = body["@nextLink"].as_str().unwrap().strip_prefix("https://x").unwrap().to_owned();
        assert!(pages.len() <= ITEMS, "pages without end: {url}");
    }
}

#[test]
fn pages_are_the_list_in_pieces() {
    ask(4, |chance, (world, databases)| {
        let size = 1 + chance.below(12);
        let (skip, top) =
            (chance.percent(20).then(|| chance.below(50)), chance.percent(20).then(|| chance.below(50)));
        let mut generator = Generator::new(chance, Shape::Item);
        let keys = generator.keys();
        let filter = match generator.chance.percent(30) {
            true => generator.condition(1),
            false => Node::Literal("true".to_owned(), Val::Truth(true)),
        };
        let aliases = &mut Vec::new();
        let mut options = vec![("$filter", filter.text(aliases)), ("$select", "id".to_owned())];
        options.extend(ordered(&keys, aliases).map(|keys| ("$orderby", keys)));
        options.extend(skip.map(|skip| ("$skip", skip.to_string())));
        options.extend(top.map(|top| ("$top", top.to_string())));
        let url = format!("/items?{}", encoded(&options, aliases));
        let wanted = oracle::answer(world, Set::Items, &filter, &keys).map(|places| {
            let some = places.into_iter().skip(skip.unwrap_or(0)).take(top.unwrap_or(usize::MAX));
            some.map(|place| id_of(world, Set::Items, place)).collect::<Vec<_>>()
        });
        for (database, way, source) in all_ways(databases) {
            let found = pages(&url, u64::try_from(size).unwrap(), &source, database);
            match (&found, &wanted) {
                (Ok(_) | Err(Failure::Evaluation), Err(Fault)) => {}
                (Err(Failure::Evaluation), Ok(_)) => return Ok(Outcome::early(database)),
                (Err(Failure::Unsupported(_)), _) => return Ok(Outcome::Unsupported),
                (Ok(found), Ok(wanted)) if found.concat() == *wanted => {
                    // No empty page at the end.
                    assert_eq!(found.len(), wanted.len().div_ceil(size).max(1), "{options:?}");
                }
                _ => {
                    return Err(format!(
                        "{} {way} {options:?} {aliases:?}\nfound {found:?}\nwants {wanted:?}",
                        database.name()
                    ));
                }
            }
        }
        Ok(Outcome::of(&wanted))
    });
}

#[test]
fn expansions_agree_with_the_oracle() {
    ask(4, |chance, (world, databases)| {
        let (owners, name, navigation, set, shape) = chance.of(&[
            (Set::Items, "items", "parts", Set::Parts, Shape::Part),
            (Set::Makers, "makers", "items", Set::Items, Shape::Item),
        ]);
        let (skip, top) = (chance.below(3), chance.below(6));
        let mut generator = Generator::inside(chance, shape);
        let (filter, keys) = (generator.condition(2), generator.keys());
        let aliases = &mut Vec::new();
        let mut inside = vec![format!("$filter={}", filter.text(aliases))];
        inside.extend(ordered(&keys, aliases).map(|keys| format!("$orderby={keys}")));
        inside.extend([format!("$skip={skip};$top={top};$select=id;$count=true")]);
        let options =
            [("$expand", format!("{navigation}({})", inside.join(";"))), ("$select", "id".to_owned())];
        let url = format!("/{name}?{}", encoded(&options, aliases));
        let all = oracle::answer(world, set, &filter, &keys);
        for (database, way, source) in all_ways(databases) {
            let found = page(&url, &TERMS, &source, database);
            let (found, all) = match (found, &all) {
                (Ok(_) | Err(Failure::Evaluation), Err(Fault)) => continue,
                (Err(Failure::Evaluation), Ok(_)) => return Ok(Outcome::early(database)),
                (Err(Failure::Unsupported(_)), _) => return Ok(Outcome::Unsupported),
                (Ok(found), Ok(all)) => (found, all),
                (found, _) => {
                    return Err(format!("{} {way} {options:?} {aliases:?}\n{found:?}", database.name()));
                }
            };
            assert_eq!(found.entities.len(), world.sets[&owners].len());
            for (entity, owner) in found.entities.iter().zip(ids(&found)) {
                let Expanded::Page(found) = &entity.expanded[0] else { panic!("{entity:?}") };
                let reference = if set == Set::Parts { "#item" } else { "#maker" };
                let is_owned =
                    |place: &&usize| world.sets[&set][**place].values[reference] == Val::Text(owner.clone());
                let owned: Vec<usize> = all.iter().filter(is_owned).copied().collect();
                let wanted: Vec<String> =
                    owned.iter().skip(skip).take(top).map(|place| id_of(world, set, *place)).collect();
                let has_more = top > 0 && owned.len() > skip + top;
                let count = u64::try_from(owned.len()).unwrap();
                if ids(found) != wanted || found.count != Some(count) || found.next.is_some() != has_more {
                    return Err(format!(
                        "{} {way} {options:?} {aliases:?}\nof {owner} found {found:?}\nwants {wanted:?}",
                        database.name()
                    ));
                }
            }
        }
        Ok(Outcome::of(&all))
    });
}
