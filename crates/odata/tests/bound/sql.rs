//! SQL, row by row: a URL, and the statement that answers it with its bound values.

use odata::Value;
use odata::query::Cursor;
use odata::sql::{self, Dialect, POSTGRES, SQLITE, Scalar, Schema, Source, Statement, Table};

use crate::database::{self, Database};
use crate::demo::{self, MODEL, SCHEMA, encode};

thread_local! {
    /// The tables without rows in PostgreSQL, where that is there.
    static EMPTY: Option<Database> = {
        let empty = database::open().into_iter().find(|database| matches!(database, Database::Postgres(_)));
        empty.inspect(|database| database.define(demo::TABLES))
    };
}

/// Runs a statement in PostgreSQL, which prepares it before it knows its values.
#[track_caller]
fn runs(write: impl FnOnce(&Dialect) -> Result<Statement, sql::Error>) {
    let statement = match write(&POSTGRES) {
        Err(sql::Error::Unsupported(_)) => return,
        statement => statement.unwrap(),
    };
    EMPTY.with(|empty| {
        if let Some(Err(error)) = empty.as_ref().map(|empty| empty.rows(&statement)) {
            panic!("{error}\n{}", told(&statement));
        }
    });
}

fn source() -> Source<'static> {
    SCHEMA.part_of("t")
}

/// The statement's text, with the bound values behind it.
fn told(statement: &Statement) -> String {
    let binds: Vec<String> = statement.binds().iter().map(scalar).collect();
    format!("{} [{}]", statement.text(), binds.join(", "))
}

fn scalar(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Null => "null".to_owned(),
        Scalar::Integer(number) => number.to_string(),
        Scalar::Real(number) => format!("{number:?}"),
        Scalar::Text(text) => format!("'{text}'"),
        Scalar::Blob(bytes) => format!("{bytes:?}"),
    }
}

/// Compares the statement that reads the entities.
#[track_caller]
fn check(rows: &[(&str, &str)]) {
    demo::compare(rows, |input| {
        let query = demo::query(input).unwrap();
        runs(|dialect| Ok(sql::entities(&query, &source(), dialect)?.statement));
        told(&sql::entities(&query, &source(), &SQLITE).unwrap().statement)
    });
}

/// Compares the condition of a filter, without the part that all statements have.
#[track_caller]
fn check_filter(rows: &[(&str, &str)]) {
    demo::compare(rows, |input| {
        let query = demo::query(&format!("/registry/people/$count?$filter={}", encode(input))).unwrap();
        runs(|dialect| sql::count(&query, &source(), dialect));
        let told = told(&sql::count(&query, &source(), &SQLITE).unwrap());
        let start = "SELECT COUNT(*) FROM people t0 WHERE t0.tenant = $1 AND ";
        told.strip_prefix(start).unwrap().replace("['t', ", "[").replace("['t']", "[]").replace("t0.", "")
    });
}

#[test]
fn lists_and_entities() {
    check(&[
        (
            "/registry/people?$select=id",
            "SELECT t0.id AS c0 FROM people t0 WHERE t0.tenant = $1 ORDER BY t0.id LIMIT $2 \
             ['t', 101]",
        ),
        (
            "/registry/people?$select=id,joined,home&$top=5&$skip=2",
            "SELECT t0.id AS c0, t0.joined AS c1, t0.joined_offset AS c2, t0.city AS c3, \
             t0.street AS c4, t0.paint AS c5 FROM people t0 WHERE t0.tenant = $1 ORDER BY \
             t0.id LIMIT $2 OFFSET $3 ['t', 6, 2]",
        ),
        (
            "/registry/people?$select=photo,mood",
            "SELECT (CASE WHEN t0.wild THEN 1 ELSE -1 END) AS c0, t0.photo AS c1, t0.id AS c2 \
             FROM people t0 WHERE t0.tenant = $1 ORDER BY t0.id LIMIT $2 ['t', 101]",
        ),
        (
            "/registry/people?$select=pets",
            "SELECT t0.id AS c0 FROM people t0 WHERE t0.tenant = $1 ORDER BY t0.id LIMIT $2 \
             ['t', 101]",
        ),
        (
            "/registry/people?$select=id&$top=0",
            "SELECT t0.id AS c0 FROM people t0 WHERE t0.tenant = $1 ORDER BY t0.id LIMIT $2 \
             ['t', 1]",
        ),
        (
            "/registry/people?$select=id&$skip=18446744073709551615&$top=1",
            "SELECT t0.id AS c0 FROM people t0 WHERE t0.tenant = $1 ORDER BY t0.id LIMIT $2 \
             OFFSET $3 ['t', 2, 9223372036854775807]",
        ),
        (
            "/registry/people?$select=id&$orderby=name desc,age,mood desc",
            "SELECT t0.id AS c0, t0.name AS c1, t0.age AS c2, (CASE WHEN t0.wild THEN 1 ELSE -1 \
             END) AS c3 FROM people t0 WHERE t0.tenant = $1 ORDER BY t0.name DESC NULLS LAST, \
             t0.age ASC NULLS FIRST, (CASE WHEN t0.wild THEN 1 ELSE -1 END) DESC, t0.id LIMIT $2 \
             ['t', 101]",
        ),
        (
            "/registry/people?$select=id&$orderby=contains(name,'a') desc,tolower(nick)",
            "SELECT t0.id AS c0, (instr(t0.name, $4) > 0) AS c1, unicode_lower(t0.nick) AS c2 \
             FROM people t0 WHERE t0.tenant = $1 ORDER BY (instr(t0.name, $2) > 0) DESC NULLS \
             LAST, unicode_lower(t0.nick), t0.id LIMIT $3 ['t', 'a', 101, 'a']",
        ),
        (
            "/registry/people?$select=id&$expand=pets",
            "SELECT t0.id AS c0 FROM people t0 WHERE t0.tenant = $1 ORDER BY t0.id LIMIT $2 \
             ['t', 101]",
        ),
        (
            "/registry/people('a')?$select=id",
            "SELECT t0.id AS c0 FROM people t0 WHERE t0.tenant = $1 AND t0.id = $2 ['t', 'a']",
        ),
        (
            "/registry/people('a')?$select=id&$expand=pets",
            "SELECT t0.id AS c0 FROM people t0 WHERE t0.tenant = $1 AND t0.id = $2 ['t', 'a']",
        ),
        (
            "/registry/people('a')/pets",
            "SELECT t0.id AS c0, t0.name AS c1, t0.weight AS c2 FROM people t1, pets t0 WHERE \
             t1.tenant = $1 AND t1.id = $2 AND t0.tenant = $3 AND t0.owner = t1.id ORDER BY t0.id \
             LIMIT $4 ['t', 'a', 't', 101]",
        ),
        (
            "/registry/people('a')/pets('b')",
            "SELECT t0.id AS c0, t0.name AS c1, t0.weight AS c2 FROM people t1, pets t0 WHERE \
             t1.tenant = $1 AND t1.id = $2 AND t0.tenant = $3 AND t0.owner = t1.id AND t0.id = $4 \
             ['t', 'a', 't', 'b']",
        ),
        (
            "/registry/people('a')/pets('b')/toys",
            "SELECT t0.id AS c0, t0.name AS c1 FROM people t2, pets t1, toys t0 WHERE \
             t2.tenant = $1 AND t2.id = $2 AND t1.tenant = $3 AND t1.owner = t2.id AND t1.id = $4 \
             AND t0.tenant = $5 AND t0.pet = t1.id ORDER BY t0.id LIMIT $6 ['t', 'a', 't', 'b', \
             't', 101]",
        ),
        (
            "/registry/people('a')/pets('b')/toys('c')",
            "SELECT t0.id AS c0, t0.name AS c1 FROM people t2, pets t1, toys t0 WHERE \
             t2.tenant = $1 AND t2.id = $2 AND t1.tenant = $3 AND t1.owner = t2.id AND t1.id = $4 \
             AND t0.tenant = $5 AND t0.pet = t1.id AND t0.id = $6 ['t', 'a', 't', 'b', 't', 'c']",
        ),
        (
            "/registry/lines(order=1,number=2)",
            "SELECT t0.\"order\" AS c0, t0.number AS c1, t0.text AS c2 FROM lines t0 WHERE \
             t0.tenant = $1 AND t0.\"order\" = $2 AND t0.number = $3 ['t', 1, 2]",
        ),
    ]);
    let url = "/registry/people";
    let query = demo::query(url).unwrap();
    let text = told(&sql::entities(&query, &source(), &SQLITE).unwrap().statement);
    assert!(!text.contains("photo"), "large values are read on request only: {text}");
}

#[test]
fn comparisons() {
    check_filter(&[
        // Where null and false mean the same, the plain operator.
        ("name eq 'x'", "(name = $2) ['x']"),
        ("nick eq 'x'", "(nick = $2) ['x']"),
        ("age lt 5", "(age < $2) [5]"),
        ("age ge 5", "(age >= $2) [5]"),
        ("size le 5.5", "(size <= $2) [5.5]"),
        ("age eq score", "(age IS NOT DISTINCT FROM score) []"),
        ("nick eq id", "(nick = id) []"),
        ("name ne 'x'", "(name IS DISTINCT FROM $2) ['x']"),
        ("nick ne 'x'", "(nick <> $2) ['x']"),
        ("name eq null", "(name IS NOT DISTINCT FROM $2) [null]"),
        ("nick eq null", "(nick = $2) [null]"),
        ("name ne null", "(name IS DISTINCT FROM $2) [null]"),
        ("null eq null", "($2 IS NOT DISTINCT FROM $3) [null, null]"),
        ("name lt null", "(name < $2) [null]"),
        ("name ge null", "COALESCE(name >= $2, name IS NULL AND $3 IS NULL) [null, null]"),
        ("age le score", "COALESCE(age <= score, age IS NULL AND score IS NULL) []"),
        ("1 eq 1.5", "($2 COLLATE odata_decimal = $3 COLLATE odata_decimal) ['1', '1.5']"),
        // Elsewhere the exact form.
        ("not (name eq 'x')", "(NOT (name IS NOT DISTINCT FROM $2)) ['x']"),
        ("not (nick eq 'x')", "(NOT (nick = $2)) ['x']"),
        ("not (age lt 5)", "(NOT COALESCE(age < $2, FALSE)) [5]"),
        ("not (size lt 5)", "(NOT (size < $2)) [5]"),
        ("not (age ge score)", "(NOT COALESCE(age >= score, age IS NULL AND score IS NULL)) []"),
        ("not (name ne 'x')", "(NOT (name IS DISTINCT FROM $2)) ['x']"),
        ("(age gt 1) eq active", "(COALESCE(age > $2, FALSE) = active) [1]"),
        ("(not active) eq null", "((NOT active) IS NOT DISTINCT FROM $2) [null]"),
        ("not (nick eq null)", "(NOT (nick IS NOT DISTINCT FROM $2)) [null]"),
    ]);
}

#[test]
fn values_are_bound_as_they_are_stored() {
    check_filter(&[
        ("name eq 'it''s \"x\" $1 ?'", "(name = $2) ['it's \"x\" $1 ?']"),
        ("vip eq true", "(vip = $2) [1]"),
        ("vip", "vip []"),
        ("not vip", "(NOT vip) []"),
        ("true", "$2 [1]"),
        ("null", "$2 [null]"),
        ("favourite eq 'deepBlue'", "(favourite = $2) [5]"),
        ("mood eq 'calm'", "((CASE WHEN wild THEN 1 ELSE -1 END) = $2) [-1]"),
        ("home/paint ne d.color'red'", "(paint IS DISTINCT FROM $2) [0]"),
        ("born lt 2020-01-31", "(born < $2) ['2020-01-31']"),
        ("wakes lt 07:30", "(wakes < $2) ['07:30:00']"),
        ("seen lt 1970-01-01T01:00:00.5+01:00", "(seen < $2) [5000000]"),
        ("joined ge 1970-01-02", "(joined >= $2) [864000000000]"),
        (
            "code eq 7F6C5B4A-0000-4000-8000-0123456789AB",
            "(code = $2) ['7f6c5b4a-0000-4000-8000-0123456789ab']",
        ),
        ("shift gt duration'PT1S'", "(shift > $2) [10000000]"),
        ("score lt 1e3", "(score < $2) [1000.0]"),
        ("score lt INF", "(score < $2) [inf]"),
        ("score ne NaN", "$2 [1]"),
        ("photo eq null", "(photo IS NOT DISTINCT FROM $2) [null]"),
    ]);
}

#[test]
fn membership() {
    check_filter(&[
        ("nick in ('a','b')", "(nick IN ($2, $3)) ['a', 'b']"),
        ("name in ('a','b')", "(name IN ($2, $3)) ['a', 'b']"),
        ("name in ('a',null)", "(name IN ($2) OR name IS NULL) ['a']"),
        ("nick in ('a',null)", "(nick IN ($2)) ['a']"),
        ("name in (null)", "(name IS NULL) []"),
        ("nick in (null,null)", "(1 = 0) []"),
        ("name in ()", "(1 = 0) []"),
        ("not (name in ('a'))", "(NOT COALESCE(name IN ($2), FALSE)) ['a']"),
        ("not (name in ('a',null))", "(NOT (name IN ($2) OR name IS NULL)) ['a']"),
        ("not (nick in ('a'))", "(NOT (nick IN ($2))) ['a']"),
        ("tolower(name) in ('a',null)", "COALESCE(unicode_lower(name) IN ($2), TRUE) ['a']"),
        ("(active and vip) in (true,null)", "COALESCE((active AND vip) IN ($2), TRUE) [1]"),
    ]);
}

#[test]
fn functions() {
    check_filter(&[
        ("contains(name,'50%_\\')", "(instr(name, $2) > 0) ['50%_\\']"),
        ("startswith(name,'a')", "(substr(name, 1, length($2)) = $3) ['a', 'a']"),
        ("endswith(nick,name)", "(substr(nick, length(nick) - length(name) + 1) = name) []"),
        ("length(name) ge 3", "(length(name) >= $2) [3]"),
        ("tolower(toupper(name)) eq 'x'", "(unicode_lower(unicode_upper(name)) = $2) ['x']"),
        ("not contains(name,'x')", "(NOT (instr(name, $2) > 0)) ['x']"),
        ("contains(name,null)", "$2 [null]"),
    ]);
}

#[test]
fn long_conditions_are_balanced() {
    check_filter(&[
        ("vip and active", "(vip AND active) []"),
        ("vip or active or vip or active or vip", "((vip OR active) OR (vip OR (active OR vip))) []"),
        (
            "not (vip and active or name eq 'x')",
            "(NOT ((vip AND active) OR (name IS NOT DISTINCT FROM $2))) ['x']",
        ),
    ]);
    let many = vec!["age eq 1"; 512].join(" or ");
    let query = demo::query(&format!("/registry/people?$filter={}", encode(&many))).unwrap();
    let text = sql::entities(&query, &source(), &SQLITE).unwrap().statement.text().to_owned();
    let depth = text.chars().scan(0_i32, |depth, character| {
        *depth += i32::from(character == '(') - i32::from(character == ')');
        Some(*depth)
    });
    assert_eq!(depth.max(), Some(10));
}

/// A condition inside a condition inside a condition stays as long as it was written.
#[test]
fn nothing_multiplies() {
    let nested = (0..9).fold("active".to_owned(), |inner, _| format!("(active and {inner}) in (true,null)"));
    let query = demo::query(&format!("/registry/people?$filter={}", encode(&nested))).unwrap();
    let text = sql::entities(&query, &source(), &SQLITE).unwrap().statement.text().to_owned();
    assert!(text.len() < 2000, "{}", text.len());
    let nested = (0..9).fold("active".to_owned(), |inner, _| format!("(active and {inner}) ge active"));
    let query = demo::query(&format!("/registry/people?$filter={}", encode(&nested))).unwrap();
    let text = sql::entities(&query, &source(), &SQLITE).unwrap().statement.text().to_owned();
    assert!(text.len() < 3000, "{}", text.len());
}

/// The condition behind a token: `name desc after null,'i'`.
#[track_caller]
fn check_after(rows: &[(&str, &str)]) {
    demo::compare(rows, |input| {
        let (orderby, values) = input.split_once(" after ").unwrap();
        let values = values.split(',').map(|value| match value.strip_prefix('\'') {
            Some(text) => Value::String(text.trim_end_matches('\'').to_owned()),
            None => value.parse().map_or(Value::Null, Value::Integer),
        });
        let url = format!("/registry/people?$select=id&$orderby={}&$skip=7", encode(orderby));
        let mut query = demo::query(&url).unwrap();
        query.after = Some(Cursor { values: values.collect(), seen: 5 });
        runs(|dialect| Ok(sql::entities(&query, &source(), dialect)?.statement));
        let told = told(&sql::entities(&query, &source(), &SQLITE).unwrap().statement);
        let (_, condition) = told.split_once(" WHERE t0.tenant = $1 AND ").unwrap();
        condition.replace("t0.", "")
    });
}

#[test]
fn lists_continue() {
    check_after(&[
        ("id after 'i'", "((id > $2)) ORDER BY id LIMIT $3 ['t', 'i', 101]"),
        ("id desc after 'i'", "((id < $2)) ORDER BY id DESC LIMIT $3 ['t', 'i', 101]"),
        (
            "nick after 'n','i'",
            "((nick > $2) OR (nick = $3 AND id > $4)) ORDER BY nick, id LIMIT $5 ['t', 'n', 'n', 'i', 101]",
        ),
        (
            "nick desc after 'n','i'",
            "((nick < $2) OR (nick = $3 AND id > $4)) ORDER BY nick DESC, id LIMIT $5 ['t', 'n', \
             'n', 'i', 101]",
        ),
        (
            "name after 'n','i'",
            "((name > $2) OR (name = $3 AND id > $4)) ORDER BY name ASC NULLS FIRST, id LIMIT $5 \
             ['t', 'n', 'n', 'i', 101]",
        ),
        (
            "name after null,'i'",
            "((name IS NOT NULL) OR (name IS NULL AND id > $2)) ORDER BY name ASC NULLS FIRST, id \
             LIMIT $3 ['t', 'i', 101]",
        ),
        (
            "name desc after 'n','i'",
            "(((name < $2 OR name IS NULL)) OR (name = $3 AND id > $4)) ORDER BY name DESC NULLS \
             LAST, id LIMIT $5 ['t', 'n', 'n', 'i', 101]",
        ),
        (
            "name desc after null,'i'",
            "((FALSE) OR (name IS NULL AND id > $2)) ORDER BY name DESC NULLS LAST, id LIMIT $3 \
             ['t', 'i', 101]",
        ),
        (
            "age desc,nick,mood desc after 1,'n',-1,'i'",
            "(((age < $2 OR age IS NULL)) OR (age = $3 AND nick > $4) OR (age = $5 AND nick = $6 \
             AND (CASE WHEN wild THEN 1 ELSE -1 END) < $7) OR (age = $8 AND nick = $9 AND (CASE \
             WHEN wild THEN 1 ELSE -1 END) = $10 AND id > $11)) ORDER BY age DESC NULLS LAST, nick, \
             (CASE WHEN wild THEN 1 ELSE -1 END) DESC, id LIMIT $12 ['t', 1, 1, 'n', 1, 'n', -1, 1, \
             'n', -1, 'i', 101]",
        ),
        (
            "length(name) after 3,'i'",
            "((length(name) > $2) OR (length(name) = $3 AND id > $4)) ORDER BY length(name) ASC \
             NULLS FIRST, id LIMIT $5 ['t', 3, 3, 'i', 101]",
        ),
    ]);
}

#[test]
fn counts_and_owners() {
    let count = |url: &str| told(&sql::count(&demo::query(url).unwrap(), &source(), &SQLITE).unwrap());
    let owner = |url: &str| {
        let query = demo::query(url).unwrap();
        let statement = sql::owner(&MODEL, &query.resource, &source(), &SQLITE).unwrap();
        if statement.is_some() {
            runs(|dialect| Ok(sql::owner(&MODEL, &query.resource, &source(), dialect)?.unwrap()));
        }
        statement.map_or("none".to_owned(), |statement| told(&statement))
    };
    demo::compare(
        &[
            ("/registry/people/$count", "SELECT COUNT(*) FROM people t0 WHERE t0.tenant = $1 ['t']"),
            (
                "/registry/people('a')/pets/$count?$filter=weight gt 1&$top=3",
                "SELECT COUNT(*) FROM people t1, pets t0 WHERE t1.tenant = $1 AND t1.id = $2 AND \
             t0.tenant = $3 AND t0.owner = t1.id AND (t0.weight > $4) ['t', 'a', 't', 1]",
            ),
            (
                "/registry/people?$count=true&$top=1&$skip=1&$filter=vip",
                "SELECT COUNT(*) FROM people t0 WHERE t0.tenant = $1 AND t0.vip ['t']",
            ),
            (
                "/registry/people('a')/pets('b')/toys/$count",
                "SELECT COUNT(*) FROM people t2, pets t1, toys t0 WHERE t2.tenant = $1 AND t2.id = \
             $2 AND t1.tenant = $3 AND t1.owner = t2.id AND t1.id = $4 AND t0.tenant = $5 AND \
             t0.pet = t1.id ['t', 'a', 't', 'b', 't']",
            ),
        ],
        count,
    );
    demo::compare(
        &[
            ("/registry/people", "none"),
            ("/registry/people('a')", "none"),
            (
                "/registry/people('a')/pets",
                "SELECT 1 FROM people t0 WHERE t0.tenant = $1 AND t0.id = $2 ['t', 'a']",
            ),
            (
                "/registry/people('a')/pets('b')",
                "SELECT 1 FROM people t0 WHERE t0.tenant = $1 AND t0.id = $2 ['t', 'a']",
            ),
            (
                "/registry/people('a')/pets('b')/toys",
                "SELECT 1 FROM people t1, pets t0 WHERE t1.tenant = $1 AND t1.id = $2 AND t0.tenant \
             = $3 AND t0.owner = t1.id AND t0.id = $4 ['t', 'a', 't', 'b']",
            ),
            ("/registry", "none"),
        ],
        owner,
    );
}

#[test]
fn expansions() {
    let keys = [Value::String("a".to_owned()), Value::String("b".to_owned())];
    let statements = |url: &str| {
        let query = demo::query(url).unwrap();
        let shape = &query.listing.shape;
        let expansion = &shape.expand[0];
        let ty = shape.entity_id().unwrap();
        let select = sql::expansion(&MODEL, ty, expansion, &keys, &source(), &SQLITE, false).unwrap();
        let count = sql::expansion_count(&MODEL, ty, expansion, &keys, &source(), &SQLITE).unwrap();
        for keys in [&keys[..], &[]] {
            runs(|dialect| {
                Ok(sql::expansion(&MODEL, ty, expansion, keys, &source(), dialect, false)?.statement)
            });
            runs(|dialect| sql::expansion_count(&MODEL, ty, expansion, keys, &source(), dialect));
        }
        format!("{} | {}", told(&select.statement), told(&count))
    };
    demo::compare(
        &[
            (
                "/registry/people?$expand=pets",
                "SELECT * FROM (SELECT t0.id AS c0, t0.name AS c1, t0.weight AS c2, t1.id AS c3, \
                 ROW_NUMBER() OVER (PARTITION BY t1.id ORDER BY t0.id) AS place FROM people t1, \
                 pets t0 WHERE t1.tenant = $1 AND t1.id IN ($2, $3) AND t0.tenant = $4 AND \
                 t0.owner = t1.id) numbered WHERE place > $5 AND place <= $6 ORDER BY place ['t', \
                 'a', 'b', 't', 0, 101] | SELECT t1.id, COUNT(*) FROM people t1, pets t0 WHERE \
                 t1.tenant = $1 AND t1.id IN ($2, $3) AND t0.tenant = $4 AND t0.owner = t1.id \
                 GROUP BY t1.id ['t', 'a', 'b', 't']",
            ),
            (
                "/registry/people('c')?$expand=pets($filter=weight gt 1;$orderby=name desc;$skip=2;$top=3)",
                "SELECT * FROM (SELECT t0.id AS c0, t0.name AS c1, t0.weight AS c2, t1.id AS c3, \
                 ROW_NUMBER() OVER (PARTITION BY t1.id ORDER BY t0.name DESC NULLS LAST, t0.id) \
                 AS place FROM people t1, pets t0 WHERE t1.tenant = $1 AND t1.id IN ($2, $3) AND \
                 t0.tenant = $4 AND t0.owner = t1.id AND (t0.weight > $5)) numbered WHERE place > \
                 $6 AND place <= $7 ORDER BY place ['t', 'a', 'b', 't', 1, 2, 6] | SELECT t1.id, \
                 COUNT(*) FROM people t1, pets t0 WHERE t1.tenant = $1 AND t1.id IN ($2, $3) AND \
                 t0.tenant = $4 AND t0.owner = t1.id AND (t0.weight > $5) GROUP BY t1.id ['t', \
                 'a', 'b', 't', 1]",
            ),
            (
                "/registry/people?$expand=pets($select=name;$expand=toys)",
                "SELECT * FROM (SELECT t0.name AS c0, t0.id AS c1, t1.id AS c2, ROW_NUMBER() OVER \
                 (PARTITION BY t1.id ORDER BY t0.id) AS place FROM people t1, pets t0 WHERE \
                 t1.tenant = $1 AND t1.id IN ($2, $3) AND t0.tenant = $4 AND t0.owner = t1.id) \
                 numbered WHERE place > $5 AND place <= $6 ORDER BY place ['t', 'a', 'b', 't', 0, \
                 101] | SELECT t1.id, COUNT(*) FROM people t1, pets t0 WHERE t1.tenant = $1 AND \
                 t1.id IN ($2, $3) AND t0.tenant = $4 AND t0.owner = t1.id GROUP BY t1.id ['t', \
                 'a', 'b', 't']",
            ),
        ],
        statements,
    );
    let query = demo::query("/registry/people?$expand=pets").unwrap();
    let shape = &query.listing.shape;
    let ty = shape.entity_id().unwrap();
    let none = sql::expansion(&MODEL, ty, &shape.expand[0], &[], &source(), &SQLITE, false).unwrap();
    assert!(none.statement.text().contains("t1.id IN (NULL)"), "no owners is no error");
}

/// Every statement names the owner of the data it reads, once for each table.
#[test]
fn every_table_is_pinned() {
    for (url, tables) in [
        ("/registry/people", 1),
        ("/registry/people('a')", 1),
        ("/registry/people('a')/pets", 2),
        ("/registry/people('a')/pets('b')/toys", 3),
        ("/registry/people('a')/pets('b')/toys('c')", 3),
        ("/registry/people?$filter=vip or not vip&$orderby=name", 1),
        ("/registry/people?$filter=pets/any(p:p/toys/$count gt 1) or pets/$count eq 0", 4),
        ("/registry/people('a')/pets('b')/toys?$filter=maker ne null or maker/id in (null)", 5),
        ("/registry/people/$filter(pets/all(p:p/weight gt 1))/$count", 2),
    ] {
        let query = demo::query(url).unwrap();
        let mut statements = vec![sql::entities(&query, &source(), &SQLITE).unwrap().statement];
        statements.push(sql::count(&query, &source(), &SQLITE).unwrap());
        for statement in statements {
            let text = statement.text();
            assert_eq!(text.matches(".tenant = $").count(), tables, "{text}");
            assert_eq!(statement.binds().iter().filter(|bind| **bind == "t".into()).count(), tables);
            // Nothing of a filter stands beside the pin but behind AND.
            let pin = |text: &str| text.starts_with(" WHERE t") && text[9..].starts_with(".tenant = $");
            let wheres: Vec<_> = text.match_indices(" WHERE ").collect();
            assert!(wheres.iter().all(|(place, _)| pin(&text[*place..])), "{text}");
        }
    }
    assert!(SCHEMA.whole().is_none(), "tables of many owners are never read whole");
}

#[test]
fn what_the_schema_lacks() {
    let error = |url: &str| {
        let query = demo::query(url).unwrap();
        sql::entities(&query, &source(), &SQLITE).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(error("/registry/samples"), Err("no table for the entity type 'sample'".to_owned()));
}

/// What PostgreSQL reads otherwise: the types of parameters, texts by their bytes, decimals as numbers, conditions that
/// are no numbers.
/// What an index of parts of texts is asked beforehand, and what a statement says that looks where it points to.
#[test]
fn an_index_of_parts_says_where_to_look() {
    let people = Table::new("people")
        .column("id", "{t}.id")
        .column("name", "{t}.name")
        .column("nick", "{t}.nick")
        .parts_found_by("name", "{t}.number", "SELECT rowid FROM parts WHERE parts MATCH 'name : ' || {q}");
    let schema = Schema::partitioned_by("tenant").table("registry", Table::new("")).table("person", people);
    let source = schema.part_of("t");
    let hinted = |filter: &str| {
        let query = demo::query(&format!("/registry/people?$select=id&$filter={}", encode(filter))).unwrap();
        let hinted = sql::hinted(&query, &source, &SQLITE).unwrap();
        let asking = sql::entities(&query, &source.asking_parts(), &SQLITE).unwrap().statement;
        (hinted.map(|statement| told(&statement)), told(&asking))
    };
    let (asked, told) = hinted("nick eq 'x' and contains(name,'a\"bc')");
    assert_eq!(
        asked.unwrap(),
        "SELECT COUNT(*) FROM (SELECT rowid FROM parts WHERE parts MATCH 'name : ' || $1 LIMIT $2) found \
         ['\"a\"\"bc\"', 2000]"
    );
    assert_eq!(
        told,
        "SELECT t0.id AS c0 FROM people t0 WHERE +t0.tenant = $1 AND t0.number IN \
         (SELECT rowid FROM parts WHERE parts MATCH 'name : ' || $2) AND ((t0.nick = $3) AND \
         (instr(t0.name, $4) > 0)) ORDER BY t0.id LIMIT $5 ['t', '\"a\"\"bc\"', 'x', 'a\"bc', 101]"
    );
    // Too short, of another property, or not what every row has.
    for filter in [
        "contains(name,'ab')",
        "contains(nick,'abc')",
        "not contains(name,'abc')",
        "contains(name,'abc') or nick eq 'x'",
    ] {
        let (asked, told) = hinted(filter);
        assert_eq!((asked, told.contains(" IN ")), (None, false), "{filter}: {told}");
    }
}

#[test]
fn other_words() {
    demo::compare(
        &[
            ("name gt 'x'", "(name COLLATE \"C\" > $2::text COLLATE \"C\") ['x']"),
            ("price in (1.5,null)", "((price)::numeric IN (($2::text)::numeric) OR price IS NULL) ['1.5']"),
            ("age lt 1e3", "(age < odata_exact($2::float8)) [1000.0]"),
            ("vip and active eq true", "((vip <> 0) AND ((active <> 0) = ($2::bigint <> 0))) [1]"),
            ("null eq code", "(NULL IS NOT DISTINCT FROM code COLLATE \"C\") []"),
            ("code in ()", "(1 = 0) []"),
            ("contains(name,'x')", "(strpos(name, $2::text) > 0) ['x']"),
            (
                "cast(age,Edm.String) eq '1'",
                "(odata_cast_text(age, $2::text, $3::text) COLLATE \"C\" = $4::text COLLATE \"C\") \
                 ['Int32', 'String', '1']",
            ),
            ("matchesPattern(name,'x')", "'matchesPattern' is not supported by the service's database"),
        ],
        |input| {
            let query = demo::query(&format!("/registry/people/$count?$filter={}", encode(input))).unwrap();
            let statement = match sql::count(&query, &source(), &POSTGRES) {
                Ok(statement) => told(&statement),
                Err(error) => return error.to_string(),
            };
            let start = "SELECT COUNT(*) FROM people t0 WHERE t0.tenant = $1::text AND ";
            let rest = statement.strip_prefix(start).unwrap();
            rest.replace("['t', ", "[").replace("['t']", "[]").replace("t0.", "")
        },
    );
}
